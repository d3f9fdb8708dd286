//! One annotation as far as it is kept, and what of it is not.
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

/// A number or a text that names an image or a category: both are met in the wild, also mixed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Id, D::Error> {
        let raw = <&RawValue>::deserialize(json)?;
        Id::of(raw.get()).ok_or_else(|| D::Error::custom("a whole number or a text is expected"))
    }
}

impl Id {
    /// The number or the text that a JSON value is. A whole number may be of any size, and written as `7.0`, as tables with
    /// gaps write it.
    pub fn of(json: &str) -> Option<Id> {
        if json.starts_with('"') {
            return serde_json::from_str(json).ok().map(Id);
        }
        let whole = json.strip_suffix(".0").unwrap_or(json);
        let digits = whole.strip_prefix('-').unwrap_or(whole);
        (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| Id(whole.to_string()))
    }
}

/// What is known of an annotation.
#[derive(Default, Debug)]
pub struct Annotation<'t> {
    pub image: Option<Id>,
    pub category: Option<Id>,
    pub bbox: Option<&'t RawValue>,
    pub crowd: bool,
    pub ignore: bool,
    /// Attributes that are true, sorted: these are flags of the box.
    pub flags: Vec<String>,
    /// What it holds besides, by the rules that tell of it.
    pub besides: Vec<&'static str>,
}

/// Attributes that converters write as 0 and 1, as Pascal VOC has them.
const NUMBERED: [&str; 4] = ["crowd", "difficult", "occluded", "truncated"];

/// As much of an annotation that cannot be read as says which image it is of.
#[derive(Deserialize)]
pub struct Of {
    pub image_id: Id,
}

/// Keys that are kept, or say nothing besides: an annotation's number, and areas and counts that follow from the rest.
const KNOWN: [&str; 3] = ["id", "area", "num_keypoints"];

impl<'de: 't, 't> Deserialize<'de> for Annotation<'t> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(AnnotationVisitor(PhantomData))
    }
}

struct AnnotationVisitor<'t>(PhantomData<&'t ()>);

impl<'de: 't, 't> Visitor<'de> for AnnotationVisitor<'t> {
    type Value = Annotation<'t>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an annotation")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Annotation<'t>, A::Error> {
        let mut out = Annotation::default();
        let mut seen: Vec<String> = Vec::new();
        while let Some(key) = object.next_key::<String>()? {
            if seen.contains(&key) {
                return Err(A::Error::custom("a key of an annotation stands twice"));
            }
            match key.as_str() {
                "image_id" => out.image = object.next_value()?,
                "category_id" => out.category = object.next_value()?,
                "bbox" => out.bbox = object.next_value()?,
                "iscrowd" => out.crowd = truth(object.next_value()?),
                "ignore" => out.ignore = truth(object.next_value()?),
                "segmentation" => out.note("coco.segmentation", object.next_value()?),
                "keypoints" => out.note("coco.keypoints", object.next_value()?),
                "attributes" => out.attributes(object.next_value()?),
                known if KNOWN.contains(&known) => drop(object.next_value::<IgnoredAny>()?),
                _ => out.note("coco.other", object.next_value()?),
            }
            seen.push(key);
        }
        Ok(out)
    }
}

impl Annotation<'_> {
    /// Notes what is not kept, unless there is nothing in it.
    fn note(&mut self, rule: &'static str, value: &RawValue) {
        let nothing = matches!(value.get(), "null" | "[]" | "{}" | "\"\"");
        if !nothing && !self.besides.contains(&rule) {
            self.besides.push(rule);
        }
    }

    /// Takes the attributes that are true; false says that a flag is missing, and another value cannot be kept.
    fn attributes(&mut self, value: &RawValue) {
        let Ok(all) = serde_json::from_str::<BTreeMap<String, &RawValue>>(value.get()) else {
            return self.note("coco.attributes", value);
        };
        for (name, value) in all {
            match value.get() {
                "true" => self.flags.push(name),
                "1" if NUMBERED.contains(&name.as_str()) => self.flags.push(name),
                "false" => {}
                "0" if NUMBERED.contains(&name.as_str()) => {}
                _ => self.note("coco.attributes", value),
            }
        }
    }

    /// The flags of its box. `ignore` is what converters make of `difficult`. In a release a difficult object has `iscrowd`
    /// as well, so that evaluations do not count it: there the attributes say what it is.
    pub fn all_flags(&self) -> Vec<String> {
        let has = |flag: &str| self.flags.iter().any(|f| f == flag);
        let difficult = self.ignore && !has("difficult");
        let crowd = self.crowd && !has("crowd") && !has("difficult");
        let more = [difficult.then_some("difficult"), crowd.then_some("crowd")].into_iter().flatten().map(String::from);
        let mut flags: Vec<String> = self.flags.iter().cloned().chain(more).collect();
        flags.sort();
        flags
    }

    /// x, y, width and height, finite; `None` where there is no box.
    pub fn sides(&self) -> Option<Result<[f64; 4], ()>> {
        let text = self.bbox.map(RawValue::get).filter(|t| !matches!(*t, "null" | "[]"))?;
        let sides = serde_json::from_str::<[f64; 4]>(text).ok();
        Some(sides.filter(|s| s.iter().all(|x| x.is_finite())).ok_or(()))
    }
}

fn truth(value: &RawValue) -> bool {
    !matches!(value.get(), "0" | "false" | "null" | "0.0")
}

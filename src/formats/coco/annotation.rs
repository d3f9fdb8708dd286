//! One annotation as far as it is kept, and what of it is not.
use crate::formats::options::Options;
use crate::formats::sidecar::{id_flag, keeps_ids, truth};
use crate::model::attributes::flagged;
use crate::model::keypoints::Keypoint;
use crate::model::masks::{Mask, checked, unpacked};
use crate::model::points::Point;
use crate::model::polygons::{Part, Polygon, Ring};
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

/// A number or a text that names an image or a category: both are met in the wild, also mixed, so that the text `7` is the
/// number 7.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Id {
    Whole(i64),
    /// Every other text, among them numbers beyond 64 bits and those that are written in another way, as `007`.
    Text(String),
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Id::Whole(n) => n.fmt(f),
            Id::Text(text) => f.write_str(text),
        }
    }
}

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
            let text: Cow<str> = serde_json::from_str::<Key>(json).ok()?.0;
            return Some(Id::named(&text));
        }
        let whole = json.strip_suffix(".0").unwrap_or(json);
        is_whole(whole).then(|| Id::named(whole))
    }

    /// What a text names.
    pub fn named(text: &str) -> Id {
        let digits = text.strip_prefix('-').unwrap_or(text);
        // one number is written in one way
        let plain = is_whole(text) && !digits.starts_with('0') || text == "0";
        match text.parse() {
            Ok(n) if plain => Id::Whole(n),
            _ => Id::Text(text.to_string()),
        }
    }
}

/// Whether a text is a whole number, of any size.
fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// A key or a text, which is not copied where nothing in it is escaped.
#[derive(Deserialize)]
struct Key<'t>(#[serde(borrow)] Cow<'t, str>);

/// What is known of an annotation.
#[derive(Default, Debug)]
pub struct Annotation<'t> {
    pub image: Option<Id>,
    pub category: Option<Id>,
    /// x, y, width and height, finite, or that there is a box which is none; nothing where there is no box.
    pub sides: Option<Result<[f64; 4], ()>>,
    /// It has a key for a box, whatever stands there.
    boxed: bool,
    pub segmentation: Option<&'t RawValue>,
    pub keypoints: Option<&'t RawValue>,
    /// What somebody wrote of the image.
    pub caption: Option<&'t RawValue>,
    pub crowd: bool,
    pub ignore: bool,
    /// Attributes that are true, sorted: these are flags of the box.
    pub flags: Vec<String>,
    /// Attributes that are a text or a number, which are flags if somebody reads them.
    pub valued: Vec<(String, String)>,
    /// Its number, for people.
    pub id: Option<Id>,
    pub area: Option<f64>,
    /// What it holds besides, by the rules that tell of it.
    pub besides: Vec<&'static str>,
}

/// Attributes that converters write as 0 and 1, or in words, as Pascal VOC has them.
const FLAGS: [&str; 4] = ["crowd", "difficult", "occluded", "truncated"];

/// As much of an annotation that cannot be read as says which image it is of.
#[derive(Deserialize)]
pub struct Of {
    pub image_id: Id,
}

/// Its own number, if that can be read.
#[derive(Deserialize)]
pub struct Own {
    pub id: Id,
}

/// Keys that say nothing besides: counts that follow from the rest.
const KNOWN: [&str; 1] = ["num_keypoints"];

/// The keys that are looked for, the most frequent first.
const READ: [&str; 12] = [
    "id",
    "image_id",
    "category_id",
    "bbox",
    "area",
    "iscrowd",
    "segmentation",
    "keypoints",
    "num_keypoints",
    "attributes",
    "ignore",
    "caption",
];

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
        let (mut known, mut others): (u16, Vec<Cow<str>>) = (0, Vec::new());
        while let Some(Key(key)) = object.next_key()? {
            let twice = match READ.iter().position(|read| *read == key) {
                Some(place) => {
                    let before = known;
                    known |= 1 << place;
                    before == known
                }
                None => others.contains(&key),
            };
            if twice {
                return Err(A::Error::custom("a key of an annotation stands twice"));
            }
            match key.as_ref() {
                "image_id" => out.image = object.next_value()?,
                "category_id" => out.category = object.next_value()?,
                "bbox" => out.boxed(object.next_value()?),
                "id" => out.id = Id::of(object.next_value::<&RawValue>()?.get()),
                "area" => out.area = serde_json::from_str(object.next_value::<&RawValue>()?.get()).ok(),
                "iscrowd" => out.crowd = out.flag(object.next_value()?),
                "ignore" => out.ignore = out.flag(object.next_value()?),
                "segmentation" => {
                    let outline = object.next_value()?;
                    out.note("coco.segmentation", outline);
                    out.segmentation = Some(outline);
                }
                "keypoints" => {
                    let points = object.next_value()?;
                    out.note("coco.keypoints", points);
                    out.keypoints = Some(points);
                }
                "caption" => out.caption = Some(object.next_value()?),
                "attributes" => out.attributes(object.next_value()?),
                known if KNOWN.contains(&known) => drop(object.next_value::<IgnoredAny>()?),
                _ => {
                    out.note("coco.other", object.next_value()?);
                    others.push(key);
                }
            }
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

    /// Takes the sides of its box.
    fn boxed(&mut self, value: Option<&RawValue>) {
        self.boxed = value.is_some();
        let text = value.map(RawValue::get).filter(|text| *text != "[]");
        let finite = |sides: &[f64; 4]| sides.iter().all(|x| x.is_finite());
        self.sides = text.map(|text| serde_json::from_str(text).ok().filter(finite).ok_or(()));
    }

    /// Takes the attributes that are true; false says that a flag is missing, and another value cannot be kept.
    fn attributes(&mut self, value: &RawValue) {
        let Ok(all) = serde_json::from_str::<BTreeMap<String, &RawValue>>(value.get()) else {
            return self.note("coco.attributes", value);
        };
        for (name, value) in all {
            let set = match value.get() {
                "true" => Some(true),
                "false" => Some(false),
                _ if FLAGS.contains(&name.as_str()) => word(value),
                _ => None,
            };
            match set {
                Some(true) => self.flags.push(name),
                Some(false) => {}
                None => match valued(value).filter(|text| !text.is_empty()) {
                    Some(text) => self.valued.push((name, text)),
                    None => self.note("coco.attributes", value),
                },
            }
        }
    }

    /// Makes flags of the attributes that somebody reads, and notes those that nobody does. Where ids are kept, one among the attributes,
    /// as a release has it, comes before the number of the annotation.
    pub fn choose(&mut self, options: &Options) {
        for (name, value) in std::mem::take(&mut self.valued) {
            match options.keeps(&name) || name == "id" && keeps_ids(options) {
                true => self.flags.push(format!("{name}={value}")),
                false if self.besides.contains(&"coco.attributes") => {}
                false => self.besides.push("coco.attributes"),
            }
        }
        let named = flagged(&self.flags, "id").is_some();
        self.flags.extend(id_flag(self.id.as_ref().map(Id::to_string), options).filter(|_| !named));
        self.flags.sort();
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

    /// A flag, in whatever spelling; what is neither yes nor no is noted, and taken for no.
    fn flag(&mut self, value: &RawValue) -> bool {
        let set = word(value);
        if set.is_none() && !self.besides.contains(&"coco.flag") {
            self.besides.push("coco.flag");
        }
        set.unwrap_or(false)
    }

    /// Whether it states an area that is not that of its box. One with an outline has the outline's, which goes with it.
    pub fn other_area(&self) -> bool {
        let outlined = self.besides.contains(&"coco.segmentation");
        let Some(Ok([_, _, w, h])) = self.sides.filter(|_| !outlined) else { return false };
        self.area.is_some_and(|area| (area - w * h).abs() > 1.0_f64.max(0.01 * w * h))
    }

    /// Its outline as polygons; an error says by its rule why there is none.
    pub fn outline(&self) -> Result<Vec<Part>, &'static str> {
        let text = self.segmentation.map(RawValue::get).unwrap_or("null");
        if text.starts_with('{') {
            return Err("coco.rle");
        }
        let lists = serde_json::from_str::<Vec<Vec<f64>>>(text).map_err(|_| "coco.outline")?;
        let parts: Option<Vec<Part>> = lists.iter().map(|flat| Some(vec![ring(flat)?])).collect();
        parts.filter(|parts| !parts.is_empty()).ok_or("coco.outline")
    }

    /// Its points, of x, y and how they are seen in turn.
    pub fn points(&self) -> Option<Vec<Keypoint>> {
        let flat: Vec<f64> = serde_json::from_str(self.keypoints?.get()).ok()?;
        let (threes, rest) = flat.as_chunks::<3>();
        let point = |[x, y, seen]: &[f64; 3]| match seen {
            0.0 => Some(Keypoint::NONE),
            1.0 | 2.0 if x.is_finite() && y.is_finite() => Some(Keypoint { x: *x, y: *y, seen: *seen as u32 }),
            _ => None,
        };
        threes.iter().map(point).collect::<Option<Vec<_>>>().filter(|all| rest.is_empty() && !all.is_empty())
    }

    /// Whether it is a text about the whole image, which has no place on it. Some writers give it the number of a category that is none.
    pub fn is_caption(&self) -> bool {
        let placed = self.boxed || self.segmentation.is_some() || self.keypoints.is_some();
        self.caption.is_some() && self.sides.is_none() && (self.category.is_none() || !placed)
    }

    /// The text of a caption; `None` where it is no text, or says nothing.
    pub fn text(&self) -> Option<String> {
        let text: String = serde_json::from_str(self.caption?.get()).ok()?;
        (!text.trim().is_empty()).then_some(text)
    }
}

/// A mask as COCO writes it: the size as height and width, and runs as a list or a text.
#[derive(Deserialize)]
struct Packed<'t> {
    size: [u32; 2],
    #[serde(borrow)]
    counts: &'t RawValue,
}

impl Annotation<'_> {
    /// Its outline as a mask on an image of this size; an error says by its rule why there is none.
    pub fn mask(&self, class: &str, size: Option<[u32; 2]>) -> Result<Mask, &'static str> {
        let (class, flags) = (class.to_string(), self.all_flags());
        let text = self.segmentation.map(RawValue::get).unwrap_or("null");
        if !text.starts_with('{') {
            let polygon = Polygon { class, parts: self.outline()?, flags };
            return size.and_then(|size| Mask::of(&polygon, size)).ok_or("coco.mask");
        }
        let packed: Packed = serde_json::from_str(text).map_err(|_| "coco.mask")?;
        let counts = packed.counts.get();
        let runs = match serde_json::from_str::<String>(counts) {
            Ok(text) => unpacked(&text).map_err(|_| "coco.mask")?,
            Err(_) => serde_json::from_str(counts).map_err(|_| "coco.mask")?,
        };
        let [height, width] = packed.size;
        if size.is_some_and(|size| size != [width, height]) {
            return Err("coco.mask");
        }
        let runs = checked(&runs, [width, height]).map_err(|_| "coco.mask")?;
        Ok(Mask { class, width, height, runs, flags })
    }
}

/// A ring of x and y in turn; a last point that repeats the first is left out. `None` for what is no list of points.
fn ring(flat: &[f64]) -> Option<Ring> {
    let (pairs, rest) = flat.as_chunks::<2>();
    let mut ring: Ring = pairs.iter().map(|[x, y]| Point { x: *x, y: *y }).collect();
    if ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    (rest.is_empty() && !ring.is_empty() && flat.iter().all(|c| c.is_finite())).then_some(ring)
}

/// Whether a flag is set, written as a number, a text or a value of its own.
/// The text of a value that is a text or a number.
fn valued(value: &RawValue) -> Option<String> {
    match serde_json::from_str(value.get()).ok()? {
        serde_json::Value::String(text) => Some(text.trim().to_string()),
        serde_json::Value::Number(_) => Some(value.get().to_string()),
        _ => None,
    }
}

fn word(value: &RawValue) -> Option<bool> {
    truth(value.get().trim_matches('"'))
}

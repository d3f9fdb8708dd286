//! Are labels enough, and even? Classes by split, annotations a sample, spans, boxes, and classes that stand together.
use super::numbers::{Sizes, Spread, of_floats};
use super::seen::{Seen, living};
use crate::engine::state::Partition;
use crate::manifest;
use crate::model::boxes::Box2;
use crate::model::spans::Span;
use crate::model::votes::{annotations, each_class, is_nothing};
use crate::report::show::Column;
use crate::stage::{Fault, Role, is_default};
use crate::stages::label::declaration::Declaration;
use crate::stages::label::kinds;
use crate::table::{ArrayRef, Cell, DataType, Value, list, texts, value_at};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Classes that are told one by one.
const CLASSES: usize = 200;
/// Classes that are told in pairs.
const PAIRED: usize = 12;
/// Rows and columns of the picture of where boxes lie.
pub const PLACES: usize = 8;

#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Task {
    pub task: String,
    /// The kind of task.
    pub kind: String,
    /// The version of the guideline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guideline: Option<String>,
    pub splits: BTreeMap<String, Held>,
    /// In the order of the manifest, then by name; of ratings none.
    pub classes: Vec<Class>,
    /// Classes that are not told.
    pub more: u64,
    /// Annotations a sample that has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a_sample: Option<Spread>,
    /// Characters of a span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lengths: Option<Spread>,
    /// Ratings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratings: Option<Spread>,
    /// The sides of boxes: the square root of the area in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sides: Option<Spread>,
    /// How many boxes have their middle in each of 8 x 8 parts of the picture, row by row; empty of tasks without boxes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<u64>,
    /// Samples in which two classes stand, both at once.
    pub pairs: Vec<(String, String, u64)>,
}

#[derive(Serialize, schemars::JsonSchema, Debug, Default, Clone, Copy)]
pub struct Held {
    pub samples: u64,
    /// Nobody labelled them.
    pub unlabelled: u64,
    /// Somebody looked and found nothing.
    pub empty: u64,
    pub annotations: u64,
    /// `[split] hide` hides their answers: nothing else is told of them.
    #[serde(skip_serializing_if = "is_default")]
    pub hidden: u64,
}

#[derive(Serialize, schemars::JsonSchema, Debug, Default, Clone)]
pub struct Class {
    pub class: String,
    pub annotations: u64,
    pub samples: u64,
    /// Annotations of each split.
    pub by_split: BTreeMap<String, u64>,
}

#[derive(Default)]
struct Counted {
    splits: BTreeMap<String, Held>,
    classes: BTreeMap<String, Class>,
    a_sample: Sizes,
    lengths: Sizes,
    ratings: Vec<f64>,
    sides: Sizes,
    places: Vec<u64>,
    pairs: BTreeMap<(String, String), u64>,
}

pub fn of(seen: &Seen) -> Result<Vec<Task>, Fault> {
    let mut out = Vec::new();
    for column in &seen.samples.columns {
        let Some(Role::Label { task, kind, classes }) = seen.roles.get(&column.name) else { continue };
        if column.hidden {
            continue;
        }
        let mut all = Counted::default();
        let scale = kinds::answering(&column.ty).is_some_and(|k| k.scale || k.prose);
        seen.each(|_, part| counted(seen, part, column, (scale, classes)), |own| all.merge(own))?;
        let rated = kinds::answering(&column.ty).is_some_and(|k| k.scale);
        out.push(all.task(task, kind, (classes, rated), guideline(seen, task)));
    }
    Ok(out)
}

fn guideline(seen: &Seen, task: &str) -> Option<String> {
    let (_, table) = seen.project.manifest.table(&["label", task])?;
    let declared: Declaration = manifest::read(table).ok()?;
    declared.guideline.map(|g| g.version.get().clone())
}

fn counted(
    seen: &Seen,
    part: &Partition,
    column: &Column,
    (no_classes, order): (bool, &[String]),
) -> Result<Counted, Fault> {
    let mut out = Counted::default();
    let (array, veiled) = (seen.array(part, &column.name)?, seen.splits_without(&column.name));
    let of_splits = seen.column("split").map(|_| seen.array(part, "split")).transpose()?;
    let splits = of_splits.as_ref().map(|array| array.as_ref().map(|a| texts(a.as_ref())).unwrap_or_default());
    let split_of = |row: u32| match &splits {
        Some(of) => of.get(row as usize).copied().flatten().unwrap_or("none"),
        None => "all",
    };
    if column.ty == DataType::Utf8 {
        out.texts(part, array.as_ref(), split_of, &veiled, (no_classes, order));
        return Ok(out);
    }
    let size = [seen.array(part, "width")?, seen.array(part, "height")?];
    let (spans, boxes) = (column.ty == list(Span::ty()), column.ty == list(Box2::ty()));
    for row in living(part) {
        let value = array.as_ref().map_or(Value::Null, |a| value_at(a.as_ref(), row as usize));
        let split = split_of(row);
        if veiled.contains(split) {
            out.hide(split, 1);
            continue;
        }
        out.add(split, &value, 1, (no_classes, order));
        let Value::List(items) = &value else { continue };
        if spans {
            items
                .iter()
                .filter_map(Span::from_value)
                .for_each(|s| out.lengths.add(i64::from(s.end.saturating_sub(s.start))));
        } else if boxes {
            let side = |a: &Option<crate::table::ArrayRef>| match a.as_ref().map(|a| value_at(a.as_ref(), row as usize))
            {
                Some(Value::Int(n)) => Some(n as f64),
                _ => None,
            };
            let [width, height] = &size;
            out.boxes(items, side(width).zip(side(height)));
        }
    }
    Ok(out)
}

impl Counted {
    /// Answers that are texts, such as the classes of a classification: equal ones of a split are counted before they are taken apart.
    fn texts<'a>(
        &mut self,
        part: &Partition,
        array: Option<&'a ArrayRef>,
        split_of: impl Fn(u32) -> &'a str,
        veiled: &BTreeSet<&str>,
        (no_classes, order): (bool, &[String]),
    ) {
        let answers = array.map(|a| texts(a.as_ref())).unwrap_or_default();
        let mut met: HashMap<(&str, Option<&str>), u64> = HashMap::new();
        for row in living(part) {
            *met.entry((split_of(row), answers.get(row as usize).copied().flatten())).or_default() += 1;
        }
        for ((split, answer), times) in met {
            match veiled.contains(split) {
                true => self.hide(split, times),
                false => {
                    let value = answer.map_or(Value::Null, |text| Value::Text(text.into()));
                    self.add(split, &value, times, (no_classes, order));
                }
            }
        }
    }

    /// So many samples whose answer is hidden.
    fn hide(&mut self, split: &str, times: u64) {
        let held = self.splits.entry(split.to_string()).or_default();
        (held.samples, held.hidden) = (held.samples + times, held.hidden + times);
    }

    /// So many samples with this answer.
    fn add(&mut self, split: &str, value: &Value, times: u64, (no_classes, order): (bool, &[String])) {
        let held = match self.splits.get_mut(split) {
            Some(held) => held,
            None => self.splits.entry(split.to_string()).or_default(),
        };
        held.samples += times;
        match value {
            Value::Null => {
                held.unlabelled += times;
                return;
            }
            nothing if is_nothing(nothing) => held.empty += times,
            Value::Float(rating) => self.ratings.extend((0..times).map(|_| *rating)),
            _ => {}
        }
        let n = annotations(value);
        held.annotations += n as u64 * times;
        self.a_sample.add_times(n as i64, times); // 0 where somebody looked and found nothing
        if no_classes {
            return;
        }
        let mut met: BTreeSet<String> = BTreeSet::new();
        each_class(value, &mut |class| {
            if !self.classes.contains_key(class) {
                self.classes.insert(class.to_string(), Class { class: class.to_string(), ..Class::default() });
            }
            let Some(own) = self.classes.get_mut(class) else { return };
            own.annotations += times;
            *own.by_split.entry(split.to_string()).or_default() += times;
            if met.insert(class.to_string()) {
                own.samples += times;
            }
        });
        let met: Vec<&String> = met.iter().filter(|c| order.iter().take(PAIRED).any(|o| o == *c)).collect();
        for (k, a) in met.iter().enumerate() {
            for b in met.iter().skip(k + 1) {
                *self.pairs.entry(((*a).clone(), (*b).clone())).or_default() += times;
            }
        }
    }

    fn boxes(&mut self, items: &[Value], size: Option<(f64, f64)>) {
        for b in items.iter().filter_map(Box2::from_value).filter(Box2::has_area) {
            self.sides.add(((b.x2 - b.x1) * (b.y2 - b.y1)).sqrt().round() as i64);
            let Some((width, height)) = size.filter(|(w, h)| *w > 0.0 && *h > 0.0) else { continue };
            let part = |middle: f64, of: f64| ((middle / of * PLACES as f64) as usize).min(PLACES - 1);
            let place = part((b.y1 + b.y2) / 2.0, height) * PLACES + part((b.x1 + b.x2) / 2.0, width);
            self.places.resize(PLACES * PLACES, 0);
            if let Some(n) = self.places.get_mut(place) {
                *n += 1;
            }
        }
    }

    fn merge(&mut self, other: Counted) {
        for (split, held) in other.splits {
            let own = self.splits.entry(split).or_default();
            own.samples += held.samples;
            own.unlabelled += held.unlabelled;
            own.empty += held.empty;
            own.annotations += held.annotations;
            own.hidden += held.hidden;
        }
        for (name, class) in other.classes {
            let own =
                self.classes.entry(name).or_insert_with_key(|name| Class { class: name.clone(), ..Class::default() });
            own.annotations += class.annotations;
            own.samples += class.samples;
            class.by_split.into_iter().for_each(|(split, n)| *own.by_split.entry(split).or_default() += n);
        }
        self.a_sample.merge(other.a_sample);
        self.lengths.merge(other.lengths);
        self.sides.merge(other.sides);
        self.ratings.extend(other.ratings);
        self.places.resize(self.places.len().max(other.places.len()), 0);
        self.places.iter_mut().zip(other.places).for_each(|(own, n)| *own += n);
        other.pairs.into_iter().for_each(|(pair, n)| *self.pairs.entry(pair).or_default() += n);
    }

    fn task(mut self, task: &str, kind: &str, (order, rated): (&[String], bool), guideline: Option<String>) -> Task {
        let mut classes: Vec<Class> = Vec::new();
        for class in order {
            let own = self.classes.remove(class);
            classes.push(own.unwrap_or_else(|| Class { class: class.clone(), ..Class::default() }));
        }
        classes.extend(self.classes.into_values());
        let more = classes.len().saturating_sub(CLASSES) as u64;
        classes.truncate(CLASSES);
        // of ratings, and of tasks with one answer a sample, that number says nothing
        let several = self.a_sample.0.keys().any(|n| *n > 1);
        Task {
            task: task.into(),
            kind: kind.into(),
            guideline,
            splits: self.splits,
            classes,
            more,
            a_sample: self.a_sample.spread().filter(|_| several),
            lengths: self.lengths.spread(),
            ratings: of_floats(self.ratings).filter(|_| rated),
            sides: self.sides.spread(),
            places: self.places,
            pairs: self.pairs.into_iter().map(|((a, b), n)| (a, b, n)).collect(),
        }
    }
}

//! `[clean.label_outliers]`: annotations whose size, shape, length or number is far from what is usual.
//!
//! ```toml
//! [clean]
//! label_outliers = { task = "cells", measures = ["size", "aspect", "count"], k = 3, action = "review" }
//! ```
//!
//! It stands behind the labels. Reads `label.TASK` (of spans the text as well). What is usual is learned from the data set, for each
//! class by itself and on the scale of logarithms: an annotation is told where its measure lies more than `k` times the range
//! between the quartiles beyond them (Tukey's fences), and at least a factor of two. Each is a finding (`label.outlier`), and its
//! sample waits for review unless `action` says otherwise; what a person decided for `label.TASK` answers it, too.
//!
//! Facts: `compared` (annotations), `outliers` (those that are told), `with_outliers` (samples that have one), `unjudged` (annotations of
//! classes with fewer than `min`, or without an extent); table `limits` (class, measure, annotations, lower and upper limit,
//! outliers). Finding: `label.few`, a measure of which no class has `min` annotations. Limits: what is wrong throughout is usual; sizes are in
//! pixels, so pictures of different resolutions widen the limits.
use super::label_inconsistent::Action;
use super::tasks::task_of;
use crate::diag::Diagnostic;
use crate::manifest::Decimal;
use crate::manifest::values::At;
use crate::measure::fences::{Fences, log, size};
use crate::measure::shapes::Placed;
use crate::model::boxes::Box2;
use crate::model::keypoints::Keypoints;
use crate::model::masks::Mask;
use crate::model::polygons::Polygon;
use crate::model::quads::Quad;
use crate::model::spans::Span;
use crate::stage::*;
use crate::table::Cell;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Finds annotations that are much larger, smaller, longer or of another form than those of their class, and samples with far more
/// annotations than others.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// The task, `cells` for `[label.cells]`: one of spans or of shapes on pictures.
    pub task: At<String>,
    /// What happens to a sample with an outlier.
    #[serde(default)]
    pub action: Action,
    /// What is measured. Default: all that the kind of task has.
    #[schemars(length(min = 1))]
    pub measures: Option<Vec<At<Measure>>>,
    /// How many ranges between the quartiles beyond them the limits lie, on the scale of logarithms. Default 3, Tukey's outer fence; 1.5 is
    /// his inner one. A limit is at least a factor of two away from its quartile, whatever `k` is.
    #[schemars(range(min = 0.5, max = 100))]
    pub k: Option<At<Decimal>>,
    /// How many annotations a class has at least, to be judged. Default 30.
    #[schemars(range(min = 5))]
    pub min: Option<u32>,
}

/// What is measured of annotations.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The area of a shape, in pixels; of keypoints that of the box around them.
    Size,
    /// The width of the box around a shape by its height.
    Aspect,
    /// The characters of a span.
    Length,
    /// How many annotations a sample has; only what is far more than usual is told. Samples without any are left out.
    Count,
}

const ALL: [Measure; 4] = [Measure::Size, Measure::Aspect, Measure::Length, Measure::Count];

impl Measure {
    fn name(self) -> &'static str {
        ["size", "aspect", "length", "count"][self as usize]
    }

    fn of(place: u8) -> Option<Measure> {
        ALL.get(usize::from(place)).copied()
    }

    /// A value for people, with its unit.
    fn told(self, x: f64) -> String {
        match self {
            Measure::Size => format!("an area of {} pixels", short(x)),
            Measure::Aspect => format!("{} times as wide as high", short(x)),
            Measure::Length => format!("{} characters", short(x)),
            Measure::Count => format!("{} annotations", short(x)),
        }
    }
}

/// A number with three digits that say something.
fn short(x: f64) -> String {
    match x {
        x if x >= 100.0 => format!("{x:.0}"),
        x if x >= 10.0 => trimmed(format!("{x:.1}")),
        x => trimmed(format!("{x:.2}")),
    }
}

fn trimmed(text: String) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

pub const ENTRY: Entry =
    Entry::row::<Stage>("clean/label_outliers", KEY, declare).schema(|g| g.subschema_for::<Declaration>());

const KEY: &str = "clean.label_outliers";
const SPANS: &str = "ner";
const K: f64 = 3.0;
const LABELS_MIN: u32 = 30;

/// Classes and extents of the annotations of each sample.
type Extents = Vec<Option<Vec<(String, Option<Extent>)>>>;
/// How the labels of a kind are read.
type Reads = fn(&Rows, &str) -> Result<Extents, Fault>;
/// The kinds of shapes, and how a column of each is read.
const SHAPES: [(&str, Reads); 5] = [
    ("object_detection", shapes::<Box2>),
    ("oriented_detection", shapes::<Quad>),
    ("instance_segmentation", shapes::<Polygon>),
    ("masks", shapes::<Mask>),
    ("keypoints", shapes::<Keypoints>),
];

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(d) = check.read::<Declaration>() else { return Vec::new() };
    let Some(task) = task_of(check, &d.task) else { return Vec::new() };
    let has: &[Measure] = match task.kind.as_str() {
        SPANS => &[Measure::Length, Measure::Count],
        kind if SHAPES.iter().any(|s| s.0 == kind) => &[Measure::Size, Measure::Aspect, Measure::Count],
        _ => &[],
    };
    if has.is_empty() {
        let message = format!("the answers of [{}] have no size", task.label);
        check.bad(Diagnostic::error("T0727", d.task.span(), message).label("it takes spans, or shapes on pictures"));
        return Vec::new();
    }
    for measure in d.measures.iter().flatten().filter(|m| !has.contains(m.get())) {
        let names = has.iter().map(|m| m.name()).collect::<Vec<_>>().join(", ");
        let problem =
            Diagnostic::error("T0219", measure.span(), format!("`{}` has no meaning here", measure.get().name()));
        check.bad(problem.label(format!("of this task: {names}")));
    }
    let measures = d.measures.as_ref().map_or(has.to_vec(), |named| named.iter().map(|m| *m.get()).collect());
    let ports = Ports {
        table: "samples".into(),
        reads: vec![task.label.clone()],
        drops: d.action == Action::Review,
        ..Ports::default()
    };
    let map = Map {
        label: task.label.clone(),
        kind: task.kind.clone(),
        classes: task.classes.clone(),
        measures: measures.clone(),
    };
    let gather = Gather {
        classes: task.classes,
        measures,
        k: d.k.map_or(K, |k| k.get().to_f64()),
        min: d.min.unwrap_or(LABELS_MIN),
    };
    let apply = Apply { action: d.action, shapes: task.kind != SPANS };
    let answered_by = Some(task.label);
    vec![Plan { answered_by, ..Plan::row::<Stage>(ports, &map, &gather, &apply) }]
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    label: String,
    #[serde(default, skip_serializing_if = "is_default")]
    kind: String,
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    measures: Vec<Measure>,
}

#[derive(Serialize, Deserialize, Default)]
struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    measures: Vec<Measure>,
    #[serde(default, skip_serializing_if = "is_default")]
    k: f64,
    #[serde(default, skip_serializing_if = "is_default")]
    min: u32,
}

#[derive(Serialize, Deserialize, Default)]
struct Apply {
    #[serde(default, skip_serializing_if = "is_default")]
    action: Action,
    /// Annotations are objects on a picture.
    #[serde(default, skip_serializing_if = "is_default")]
    shapes: bool,
}

/// How large an annotation is.
struct Extent {
    size: f64,
    aspect: f64,
    length: f64,
}

fn shapes<S: Placed>(rows: &Rows, label: &str) -> Result<Extents, Fault>
where
    Vec<S>: Cell,
{
    let extent = |shape: &S| {
        let [x1, y1, x2, y2] = shape.around()?;
        Some(Extent { size: shape.area(), aspect: (x2 - x1) / (y2 - y1), length: 0.0 })
    };
    let of = |shapes: Vec<S>| shapes.iter().map(|s| (s.class().to_string(), extent(s))).collect();
    Ok(rows.cells::<Vec<S>>(label)?.into_iter().map(|shapes| shapes.map(of)).collect())
}

fn spans(rows: &Rows, label: &str) -> Result<Extents, Fault> {
    let extent = |s: &Span| Extent { size: 0.0, aspect: 0.0, length: f64::from(s.end.saturating_sub(s.start)) };
    let of = |spans: Vec<Span>| spans.iter().map(|s| (s.class.clone(), Some(extent(s)))).collect();
    Ok(rows.cells::<Vec<Span>>(label)?.into_iter().map(|spans| spans.map(of)).collect())
}

/// A measure of an annotation, or of a whole sample.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Measured {
    class: u16,
    measure: Measure,
    item: u32,
    /// The logarithm of the value, which is no number where there is nothing to measure.
    log: f64,
}

/// The class of a measure of whole samples.
const SAMPLE: u16 = u16::MAX;

impl Measured {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.class.to_le_bytes());
        out.push(self.measure as u8);
        out.extend(self.item.to_le_bytes());
        out.extend(self.log.to_le_bytes());
    }

    /// All measures of a sample.
    fn all(bytes: &[u8]) -> impl Iterator<Item = Measured> {
        bytes.as_chunks::<15>().0.iter().filter_map(|chunk| {
            let (class, rest) = chunk.split_first_chunk()?;
            let (measure, rest) = rest.split_first()?;
            let (item, rest) = rest.split_first_chunk()?;
            Some(Measured {
                class: u16::from_le_bytes(*class),
                measure: Measure::of(*measure)?,
                item: u32::from_le_bytes(*item),
                log: f64::from_le_bytes(*rest.first_chunk()?),
            })
        })
    }
}

/// An annotation that is told, or a sample where it has no number.
#[derive(Serialize, Deserialize)]
struct Told {
    item: Option<u32>,
    class: String,
    say: String,
}

struct Stage;

impl RowStage for Stage {
    const MAP: u32 = 1;
    const USES: &'static [&'static str] = &["libm 0.2"];
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Map;
    type Gather = Gather;
    type Apply = Apply;

    /// An entry a sample, all under one key.
    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let read = SHAPES.iter().find(|s| s.0 == p.kind).map_or(spans as Reads, |s| s.1);
        let place = |class: &str| p.classes.iter().position(|c| c == class);
        for (row, all) in read(rows, &p.label)?.into_iter().enumerate() {
            let (Some(all), mut out) = (all, Vec::new()) else { continue };
            if p.measures.contains(&Measure::Count) && !all.is_empty() {
                let log = log(all.len() as f64).unwrap_or(f64::NAN);
                Measured { class: SAMPLE, measure: Measure::Count, item: 0, log }.write(&mut out);
            }
            for (item, (class, extent)) in all.iter().enumerate() {
                let Some(class) = place(class) else { continue };
                for measure in p.measures.iter().filter(|m| **m != Measure::Count) {
                    let value = |e: &Extent| match measure {
                        Measure::Size => e.size,
                        Measure::Aspect => e.aspect,
                        Measure::Length | Measure::Count => e.length,
                    };
                    let log = extent.as_ref().and_then(|e| log(value(e))).unwrap_or(f64::NAN);
                    Measured { class: class as u16, measure: *measure, item: item as u32, log }.write(&mut out);
                }
            }
            summary.put([], row, out);
        }
        Ok(Delta::default())
    }
}

/// A class and a measure of it.
type Key = (u16, Measure);

/// What is usual of a class.
struct Usual {
    fences: Option<Fences>,
    annotations: u64,
    outliers: u64,
}

impl Stage {
    /// The numbers of all annotations are in memory, eight bytes each.
    fn gather(p: &Gather, hits: &Hits, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut numbers: BTreeMap<Key, Vec<f64>> = BTreeMap::new();
        let (mut annotations, mut unjudged) = (BTreeSet::new(), BTreeSet::new());
        for (n, hit) in hits.iter().enumerate() {
            if n.is_multiple_of(1 << 12) {
                context.tools.go_on()?;
            }
            for one in Measured::all(&hit.value) {
                numbers.entry((one.class, one.measure)).or_default().extend(Some(one.log).filter(|log| !log.is_nan()));
            }
        }
        let mut usual: BTreeMap<Key, Usual> = BTreeMap::new();
        for (key, mut numbers) in numbers {
            let annotations = numbers.len() as u64;
            let enough = annotations >= u64::from(p.min);
            let fences = if enough { Fences::of(&mut numbers, p.k, std::f64::consts::LN_2) } else { None };
            usual.insert(key, Usual { fences, annotations, outliers: 0 });
        }
        let (mut told, mut samples) = (0u64, 0u64);
        for (n, hit) in hits.iter().enumerate() {
            let mut own: Vec<Told> = Vec::new();
            for one in Measured::all(&hit.value) {
                let annotation = (n, one.item);
                if one.class != SAMPLE {
                    annotations.insert(annotation);
                }
                let Some(usual) = usual.get_mut(&(one.class, one.measure)) else { continue };
                let Some(fences) = usual.fences.filter(|_| !one.log.is_nan()) else {
                    if one.class != SAMPLE {
                        unjudged.insert(annotation);
                    }
                    continue;
                };
                let fewer = one.measure == Measure::Count && one.log < fences.low;
                if fences.passed(one.log) && !fewer {
                    usual.outliers += 1;
                    own.push(p.told(&one, fences));
                }
            }
            if !own.is_empty() {
                (told, samples) = (told + own.len() as u64, samples + 1);
                out.put_json(hit.at, &own)?;
            }
        }
        out.fact("compared", annotations.len() as u64);
        out.fact("unjudged", unjudged.len() as u64);
        out.fact("outliers", told);
        out.fact("with_outliers", samples);
        p.limits(&usual, out);
        Ok(())
    }

    fn apply(p: &Apply, _: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        for decided in slice.each::<Vec<Told>>() {
            let (row, told) = decided?;
            for Told { item, class, say } in told {
                let what = if p.shapes { "object" } else { "span" };
                let say = item.map_or(say.clone(), |item| format!("{what} {}, `{class}`: {say}", item + 1));
                delta.event(row, p.action.act(), KEY, "label.outlier", say);
            }
        }
        Ok(delta)
    }
}

impl Gather {
    fn name(&self, class: u16) -> &str {
        self.classes.get(usize::from(class)).map_or("", String::as_str)
    }

    fn told(&self, one: &Measured, fences: Fences) -> Told {
        let [x, low, high] = [one.log, fences.low, fences.high].map(size);
        let usual = match one.measure {
            Measure::Count => format!("usual are at most {}", short(high)),
            _ => format!("usual are {} to {}", short(low), short(high)),
        };
        let item = Some(one.item).filter(|_| one.class != SAMPLE);
        Told { item, class: self.name(one.class).to_string(), say: format!("{}; {usual}", one.measure.told(x)) }
    }

    /// Tells what is usual, and which measures say nothing for want of annotations.
    fn limits(&self, usual: &BTreeMap<Key, Usual>, out: &mut Verdicts) {
        let row = |((class, measure), usual): (&Key, &Usual)| {
            let limit = |of: fn(Fences) -> f64| usual.fences.map_or("-".into(), |f| short(size(of(f))));
            let low = if *measure == Measure::Count { "-".into() } else { limit(|f| f.low) };
            let high = limit(|f| f.high);
            let n = [usual.annotations, usual.outliers].map(|n| n.to_string());
            let [annotations, outliers] = n;
            vec![self.name(*class).to_string(), measure.name().to_string(), annotations, low, high, outliers]
        };
        let columns = ["class", "measure", "annotations", "low", "high", "outliers"].map(String::from).to_vec();
        out.fact("limits", Fact::Table { columns, rows: usual.iter().map(row).collect() });
        for measure in &self.measures {
            if !usual.iter().any(|(key, usual)| key.1 == *measure && usual.fences.is_some()) {
                let say = format!(
                    "no class has {} annotations of which `{}` is known: nothing was judged by it",
                    self.min,
                    measure.name()
                );
                out.remark(format!("{KEY}.min"), "label.few", say);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::testing::{Bytes, gathered, rows};

    fn square(class: &str, side: f64) -> Box2 {
        Box2 { class: class.into(), x1: 0.0, y1: 0.0, x2: side, y2: side, flags: Vec::new() }
    }

    fn mapped(pictures: Vec<Option<Vec<Box2>>>) -> (Summary, Gather) {
        let (tools, mut summary) = (Bytes::default(), Summary::default());
        let measures = vec![Measure::Size, Measure::Aspect, Measure::Count];
        let (kind, classes) = ("object_detection".to_string(), vec!["a".to_string(), "b".to_string()]);
        let map = Map { label: "label.x".into(), kind, classes: classes.clone(), measures: measures.clone() };
        Stage::map(&map, &rows(&tools, &[("label.x", Cell::build(pictures))]), &mut summary).unwrap();
        (summary, Gather { classes, measures, k: 3.0, min: 5 })
    }

    /// The quartiles of the logarithms of 100, 121, 144, 169, 196 and 10,000 are 4.8393 and 5.2411 (numpy, type 7): usual is what lies between
    /// exp(4.8393 - 3 x 0.4018) = 37.9 and exp(5.2411 + 3 x 0.4018) = 630.4.
    #[test]
    fn what_is_far_from_the_quartiles_of_its_class_is_told() {
        let usual = (10..15).map(|side| Some(vec![square("a", f64::from(side))]));
        let odd = vec![square("a", 100.0), square("b", 1000.0), square("a", 0.0)];
        let (summary, gather) = mapped(usual.chain([Some(odd), Some(Vec::new()), None]).collect());
        let out = gathered::<Stage>(&gather, &summary);
        let fact = |name: &str| out.facts.get(name).unwrap().to_string();
        assert_eq!([fact("compared"), fact("outliers"), fact("with_outliers"), fact("unjudged")], ["8", "2", "1", "2"]);
        let slice = out.slice(0);
        let delta =
            Stage::apply(&Apply { action: Action::Report, shapes: true }, &rows(&Bytes::default(), &[]), &slice)
                .unwrap();
        let said: Vec<(u32, &str)> = delta.events.iter().map(|e| (e.row, e.say.as_str())).collect();
        assert_eq!(said.len(), 2);
        assert_eq!(said[0], (5, "3 annotations; usual are at most 2"));
        assert!(
            said[1].1.starts_with("object 1, `a`: an area of 10000 pixels; usual are 37.9 to 630"),
            "{}",
            said[1].1
        );
    }

    #[test]
    fn too_few_annotations_are_told_and_judge_nothing() {
        let (summary, gather) =
            mapped((1..5).map(|side| Some(vec![square("a", f64::from(side * side * side))])).collect());
        let out = gathered::<Stage>(&gather, &summary);
        assert_eq!(out.facts.get("outliers").unwrap().to_string(), "0");
        assert_eq!(out.facts.get("unjudged").unwrap().to_string(), "4");
        let told: Vec<&str> = out.told.iter().map(|t| t.say.as_str()).collect();
        assert_eq!(told.len(), 3);
        assert!(told[0].starts_with("no class has 5 annotations of which `size` is known"), "{}", told[0]);
    }

    #[test]
    fn numbers_for_people() {
        let all = [0.333333, 2.5, 3.0, 41.23, 100.4, 22500.0].map(short);
        assert_eq!(all, ["0.33", "2.5", "3", "41.2", "100", "22500"]);
    }
}

//! What `[leakage]` may say, and what is wrong with it.
use super::records::{Gather, Kind, Map, SHARED};
use crate::diag::{Diagnostic, suggest};
use crate::manifest::Decimal;
use crate::manifest::Threshold;
use crate::manifest::splits::Splits;
use crate::manifest::values::At;
use crate::model::images::Image;
use crate::model::sounds::Sound;
use crate::model::spans::Span;
use crate::stage::*;
use crate::table::{Cell, DataType, list};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Measures what the splits have in common and how they differ.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// The columns of which two equal samples are the same: all of them together. Default: the texts of the samples, their picture
    /// and their sound.
    pub exact: Option<Vec<At<String>>>,
    /// Columns of which no value may stand in two splits; of a list each item counts. Default: those of `[split] group`.
    pub group: Option<Vec<At<String>>>,
    /// Columns that say where a sample comes from: its file, its page, its recording. No value may stand in two splits.
    #[serde(default)]
    pub origin: Vec<At<String>>,
    /// Tasks of which it is counted who answered in several splits.
    #[serde(default)]
    pub annotator: Vec<At<String>>,
    /// Tasks of spans of which it is counted how many mentions of the other splits have words that are mentioned in the first.
    #[serde(default)]
    pub entities: Vec<At<String>>,
    /// The column that says when: no sample of the first split should be later than one of the others.
    pub time: Option<At<String>>,
    /// Columns whose values are compared between the splits: numbers by Kolmogorov-Smirnov, others by chi-squared; of a list each
    /// item counts. Default: all labels with classes, and all numbers.
    pub shift: Option<Vec<At<String>>>,
    /// Columns by which a small model tries to tell the splits apart (adversarial validation). Default: none.
    #[serde(default)]
    pub adversarial: Vec<At<String>>,
    /// Bounds on facts of this step, as `"shift.psi" = { max = 0.1 }`; a number means at least. `exact.samples`, `near.samples`,
    /// `group.samples` and `origin.samples` are 0 at most unless something else is said.
    #[serde(default)]
    pub gates: BTreeMap<String, At<Threshold>>,
}

/// A declaration with its columns settled.
pub struct Declared {
    pub map: Map,
    pub gather: Gather,
    pub gates: Vec<Gate>,
}

/// The column that tells which samples are near duplicates of each other.
const CLUSTERS: &str = "clean.near_duplicates";

const CODE: &str = "T0792";

pub fn declared(check: &mut Check) -> Option<Declared> {
    let d: Declaration = check.read()?;
    let Some(split) = Splits::of(check.manifest).filter(|_| check.column("samples", "split").is_some()) else {
        let problem = Diagnostic::error(CODE, check.span.clone(), "nothing can leak: the samples have no splits");
        check.bad(problem.label("needs [split]"));
        return None;
    };
    let map = mapped(check, &d, &split);
    let kinds = kinds(&map);
    let (mut splits, mut tasks) = (split.ratios.keys().cloned().collect::<Vec<String>>(), Vec::new());
    splits.sort();
    let of = |column: &String| column.split_once('.').map_or(column.clone(), |(_, task)| task.to_string());
    tasks.extend(map.votes.iter().chain(&map.spans).map(|column| (column.clone(), of(column))));
    let first = splits.iter().find(|s| *s == "train").or(splits.first()).cloned().unwrap_or_default();
    let gather = Gather { first, splits, kinds, tasks, shift: map.shift.clone() };
    let gates = gates(check, &d, &gather, &map);
    Some(Declared { map, gather, gates })
}

/// The columns that are named, once each: what is named twice would count twice.
fn known(check: &mut Check, named: &[At<String>]) -> Vec<String> {
    once(check, named);
    named.iter().filter(|name| check.known(name).is_some()).map(|name| name.get().clone()).collect()
}

/// Notes what is named a second time.
fn once(check: &mut Check, named: &[At<String>]) {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for name in named.iter().filter(|name| !seen.insert(name.as_str())) {
        let problem = Diagnostic::error(CODE, name.span(), format!("`{}` is named twice", name.get()));
        check.bad(problem.label("take it out"));
    }
}

fn mapped(check: &mut Check, d: &Declaration, split: &Splits) -> Map {
    let exact = match &d.exact {
        Some(named) => known(check, named),
        None => {
            let whole = |c: &(&str, &Column)| !c.1.inner && (c.1.ty == Image::ty() || c.1.ty == Sound::ty());
            let media: Vec<String> = check.columns_of("samples").filter(whole).map(|c| c.0.to_string()).collect();
            check.plain_texts(None).into_iter().chain(media).collect()
        }
    };
    let group = match &d.group {
        Some(named) => known(check, named),
        None => split.group.iter().filter(|name| check.column("samples", name).is_some()).cloned().collect(),
    };
    let shift = match &d.shift {
        Some(named) => known(check, named),
        None => {
            let number = |ty: &DataType| ty.is_integer() || ty.is_floating();
            let folds = check.manifest.table(&["split", "folds"]).is_some();
            let is = |c: &(&str, &Column)| {
                let plain = !c.1.inner && !c.0.contains('.') && number(&c.1.ty);
                // a transcription has no classes: each is a value of its own
                let label = matches!(c.1.role, Role::Label { .. }) && !matches!(c.1.ty, DataType::Struct(_));
                (label || plain) && !(folds && is_fold(c.0))
            };
            check.columns_of("samples").filter(is).map(|c| c.0.to_string()).collect()
        }
    };
    let spans = tasks(check, &d.entities, "label");
    let spans: Vec<String> = spans
        .into_iter()
        .filter(|column| {
            let fits = check.column("samples", column) == Some(&list(Span::ty()));
            if !fits {
                let span =
                    d.entities.iter().find(|t| column.ends_with(t.as_str())).map_or(check.span.clone(), At::span);
                let problem = Diagnostic::error(CODE, span, format!("`{column}` holds no spans of a text"));
                check.problems.push(problem.label("entities are spans"));
            }
            fits
        })
        .collect();
    Map {
        exact,
        near: check.column("samples", CLUSTERS).map(|_| CLUSTERS.to_string()),
        group,
        origin: known(check, &d.origin),
        votes: tasks(check, &d.annotator, "votes"),
        text: if spans.is_empty() { None } else { check.text_of_spans() },
        spans,
        time: d.time.as_ref().filter(|time| check.known(time).is_some()).map(|time| time.get().clone()),
        shift,
        adversarial: known(check, &d.adversarial),
    }
}

/// Whether a column says which fold a sample is in: it is drawn within its split.
fn is_fold(column: &str) -> bool {
    let drawn = |rest: &str| rest.is_empty() || rest.strip_prefix('_').is_some_and(|n| n.parse::<u32>().is_ok());
    column.strip_prefix("fold").is_some_and(drawn)
}

/// The columns of tasks that are named.
fn tasks(check: &mut Check, named: &[At<String>], of: &str) -> Vec<String> {
    once(check, named);
    let mut out = Vec::new();
    for task in named {
        let column = format!("{of}.{}", task.get());
        if check.column("samples", &column).is_some() {
            out.push(column);
            continue;
        }
        let tasks: Vec<String> = check.manifest.instances(&["label"]).into_iter().map(|found| found.0).collect();
        let problem = Diagnostic::error(CODE, task.span(), format!("there is no task `{}`", task.get()));
        check.bad(problem.label(suggest(task, tasks.iter().map(String::as_str))));
    }
    out
}

/// What is measured.
fn kinds(map: &Map) -> Vec<Kind> {
    let all = [
        (Kind::Exact, !map.exact.is_empty()),
        (Kind::Near, map.near.is_some()),
        (Kind::Group, !map.group.is_empty()),
        (Kind::Origin, !map.origin.is_empty()),
        (Kind::Time, map.time.is_some()),
        (Kind::Seen, !map.adversarial.is_empty()),
    ];
    all.into_iter().filter(|(_, measured)| *measured).map(|(kind, _)| kind).collect()
}

/// A fact on which a gate may stand.
struct Bound {
    name: String,
    /// What is wrong where it does not hold.
    say: String,
    /// The columns of whose values it tells.
    columns: Vec<String>,
}

fn bounded(of: &Gather, map: &Map) -> Vec<Bound> {
    let mut all: Vec<Bound> = Vec::new();
    let mut put = |name: String, say: &str, columns: &[String]| {
        all.push(Bound { name, say: say.to_string(), columns: columns.to_vec() });
    };
    for kind in of.kinds.iter().filter(|kind| **kind != Kind::Seen) {
        let (name, say) = (kind.name(), format!("{}: see which with `tamis show leakage --findings`", kind.say()));
        put(format!("{name}.samples"), &say, &[]);
        if SHARED.contains(kind) {
            put(format!("{name}.values"), &say, &[]);
        }
    }
    if of.kinds.contains(&Kind::Seen) {
        let say = "a small model tells the splits apart, or it could not be asked";
        put("adversarial".into(), say, &map.adversarial);
        let others = of.splits.iter().filter(|s| **s != of.first);
        others.for_each(|s| put(format!("adversarial.{s}"), say, &map.adversarial));
    }
    for (column, task) in &of.tasks {
        if column.starts_with("votes.") {
            let say = "annotators answered in several splits: a model may learn their habits";
            put(format!("annotator.{task}.shared"), say, &[]);
        } else {
            let say = "mentions of other splits have words that are mentioned in what is trained on";
            put(format!("entities.{task}.share"), say, std::slice::from_ref(column));
        }
    }
    if !of.shift.is_empty() {
        let say = "the values of the splits differ: see how with `tamis show leakage`";
        ["shift.psi", "shift.differing"].iter().for_each(|name| put(name.to_string(), say, &of.shift));
        of.shift.iter().for_each(|column| put(format!("shift.psi.{column}"), say, std::slice::from_ref(column)));
    }
    all
}

fn gates(check: &mut Check, d: &Declaration, of: &Gather, map: &Map) -> Vec<Gate> {
    let known = bounded(of, map);
    let mut out = Vec::new();
    for (name, bound) in &d.gates {
        let Some(known) = known.iter().find(|k| k.name == *name) else {
            let help = suggest(name, known.iter().map(|k| k.name.as_str()));
            let message = format!("[leakage] measures no `{name}`");
            check.bad(Diagnostic::error(CODE, bound.span(), message).label(help));
            continue;
        };
        let (key, fact) = (format!("leakage.gates.{name}"), format!("leakage.{name}"));
        let mut gate = Gate::at_most(key, fact, Decimal::default(), bound.span());
        (gate.min, gate.max) = (bound.min, bound.max);
        // what no single sample has done is in no finding
        let counts = name.ends_with(".samples") || name.ends_with(".values");
        let look = if counts { "tamis show leakage --findings" } else { "tamis show leakage" };
        out.push(gate.say(known.say.clone()).look(look).tells(known.columns.clone()));
    }
    for kind in SHARED.iter().filter(|kind| of.kinds.contains(kind)) {
        let name = format!("{}.samples", kind.name());
        if d.gates.contains_key(&name) {
            continue;
        }
        let say = known.iter().find(|k| k.name == name).map(|k| k.say.clone()).unwrap_or_default();
        let (key, fact) = (format!("leakage.{}", kind.name()), format!("leakage.{name}"));
        let gate = Gate::at_most(key, fact, Decimal::default(), check.span.clone());
        out.push(gate.say(say).look("tamis show leakage --findings"));
    }
    out
}

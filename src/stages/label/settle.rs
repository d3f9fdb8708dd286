//! `label.TASK`: the votes of each sample become its label.
//!
//! ```toml
//! [label.similarity]
//! aggregate = { method = "median" }
//! unlabelled = "missing"
//! ```
//!
//! Reads `votes.TASK`; writes `label.TASK` and `status.TASK`: `source` (one answer, from a column), `aggregated`
//! (votes), `held` (answers that should agree and do not). Without answers both are null; with `unlabelled =
//! "negative"` a sample that nobody was asked about has the label `[]`. Finding: `label.disagreement`.
//! Facts: `labelled`, `unlabelled`, `votes`, and `count.CLASS`, the annotations (or labels) of a class.
//! Limits: ratings are counted where they are whole numbers.
use super::declaration::{Unlabelled, checked};
use super::kinds::kind::{Kind, Method};
use super::rows::{Note, tell};
use crate::measure::aggregate::{lower_median, majority};
use crate::model::votes::{Vote, each_class};
use crate::stage::*;
use crate::table::value::column;
use crate::table::{Cell, Value, utf8, value_at};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub const ENTRY: Entry = Entry::row::<Stage>("label", "label.*", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(task) = checked(check) else { return Vec::new() };
    let method = task.method();
    let sources: Vec<String> = task.columns().map(|(name, _, _)| name.clone()).collect();
    let may_differ = sources.len() > 1 || task.files().next().is_some();
    let map = Map {
        task: task.name.clone(),
        kind: task.kind(),
        method,
        classes: if method == Method::Majority { task.classes() } else { Vec::new() },
        sources,
        unlabelled: task.declared.unlabelled,
    };
    vec![Plan::map::<Stage>(
        Ports {
            table: "samples".into(),
            reads: vec![task.votes().0],
            writes: writes([
                (format!("label.{}", task.name), task.label()),
                (format!("status.{}", task.name), Column::new(utf8()).inner().harmless()),
            ]),
            drops: method == Method::Single && may_differ,
            ..Ports::default()
        },
        &map,
    )]
}

/// The rule by which votes become a label.
#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    task: String,
    #[serde(default, skip_serializing_if = "is_default")]
    kind: &'static Kind,
    #[serde(default, skip_serializing_if = "is_default")]
    method: Method,
    /// The classes in the declared order, which decides ties.
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
    /// The names of sources that are columns.
    #[serde(default, skip_serializing_if = "is_default")]
    sources: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    unlabelled: Unlabelled,
}

struct Stage;

impl RowStage for Stage {
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    type Map = Map;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let votes = rows.column(&format!("votes.{}", p.task))?;
        let mut delta = Delta::default();
        let (mut labels, mut states) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for row in 0..rows.len() {
            let votes = Vote::list(&value_at(votes.as_ref(), row));
            let mut notes = Vec::new();
            let (label, status) = p.settle(votes.as_deref(), &mut notes);
            tell(&mut delta, row, notes);
            count(summary, row, votes.map_or(0, |v| v.len()), &label);
            labels.push(label);
            states.push(status.map_or(Value::Null, |s| Value::Text(s.into())));
        }
        if labels.iter().any(|l| *l != Value::Null) {
            delta.write(format!("label.{}", p.task), column(&(p.kind.answer)(), &labels).map_err(Fault::Bug)?);
            delta.write(format!("status.{}", p.task), column(&utf8(), &states).map_err(Fault::Bug)?);
        }
        Ok(delta)
    }
}

impl Stage {
    fn gather(_: &Nothing, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let (mut rows, mut votes) = ([0u64; 2], 0u64);
        let mut classes: BTreeMap<String, u64> = BTreeMap::new();
        for hit in hits.iter() {
            let n = number(&hit.value);
            match hit.key.split_first() {
                Some((b'c', class)) => *classes.entry(String::from_utf8_lossy(class).into_owned()).or_default() += n,
                key => {
                    rows[usize::from(matches!(key, Some((b'l', _))))] += 1;
                    votes += n;
                }
            }
        }
        let [unlabelled, labelled] = rows;
        out.fact("labelled", labelled);
        out.fact("unlabelled", unlabelled);
        out.fact("votes", votes);
        for (class, n) in classes {
            out.fact(format!("count.{class}"), n);
        }
        Ok(())
    }
}

/// Adds an entry for the row (key `l` with a label, `u` without; value: its votes) and one for each class in its label
/// (key `c` and the class; value: how often).
fn count(summary: &mut Summary, row: usize, votes: usize, label: &Value) {
    summary.put(if *label == Value::Null { b"u" } else { b"l" }, row, (votes as u64).to_be_bytes());
    for (class, n) in classes(label) {
        summary.put([b"c".as_slice(), class.as_bytes()].concat(), row, n.to_be_bytes());
    }
}

/// Counts how often a label names each class. A rating counts as a class if it is a whole number.
fn classes(label: &Value) -> BTreeMap<String, u64> {
    let mut out = BTreeMap::new();
    if !matches!(label, Value::Float(x) if x.fract() != 0.0) {
        each_class(label, &mut |class| *out.entry(class.to_string()).or_default() += 1);
    }
    out
}

fn number(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_be_bytes)
}

impl Map {
    /// Returns the label and the status of a row.
    fn settle(&self, votes: Option<&[Vote]>, notes: &mut Vec<Note>) -> (Value, Option<&'static str>) {
        let Some(votes) = votes else {
            return match self.unlabelled {
                Unlabelled::Negative => (Value::List(Vec::new()), Some("source")),
                Unlabelled::Missing => (Value::Null, None),
            };
        };
        let given: Vec<&Vote> = votes.iter().filter(|v| v.answer != Value::Null).collect();
        let Some((first, others)) = given.split_first() else { return (Value::Null, None) };
        let (label, status) = match self.method {
            Method::Single if others.iter().any(|v| v.answer != first.answer) => {
                let say = format!("{} answers differ; the first annotator's stands", given.len());
                let key = format!("label.{}.aggregate", self.task);
                notes.push(Note::new(Act::Review, key, "label.disagreement", say));
                (Some(first.answer.clone()), "held")
            }
            Method::Single => (Some(first.answer.clone()), "aggregated"),
            Method::Majority => {
                let answers: Vec<&str> = given.iter().filter_map(|v| v.answer.text()).collect();
                (majority(&answers, &self.classes).map(Value::Text), "aggregated")
            }
            Method::Median => {
                let mut answers: Vec<f64> = given.iter().filter_map(|v| f64::from_value(&v.answer)).collect();
                (lower_median(&mut answers).map(Value::Float), "aggregated")
            }
        };
        let source = others.is_empty() && self.sources.contains(&first.origin);
        match label {
            Some(label) => (label, Some(if source { "source" } else { status })),
            None => (Value::Null, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kinds::named;
    use super::super::testing::{Bytes, rows, rules, spans, vote, votes};
    use super::*;
    use crate::table::{ArrayRef, texts};

    fn map(kind: &str, method: Method) -> Map {
        let kind = named(kind).unwrap();
        Map { task: "t".into(), kind, method, sources: names(&["col"]), ..Map::default() }
    }

    /// Labels and states of rows of (annotator, source, answer).
    fn run(p: &Map, of: Vec<Option<Vec<Vote>>>) -> (Vec<Value>, Vec<Option<String>>, Delta, Summary) {
        let mut summary = Summary::default();
        let blobs = Bytes::default();
        let n = of.len();
        let delta = Stage::map(p, &rows(&blobs, vec![("votes.t", votes(p.kind, of))]), &mut summary).unwrap();
        let label = delta.columns.get("label.t");
        let labels: Vec<Value> = (0..n).map(|i| label.map_or(Value::Null, |a| value_at(a.as_ref(), i))).collect();
        let text = |a: &ArrayRef| texts(a.as_ref()).into_iter().map(|t| t.map(str::to_string)).collect::<Vec<_>>();
        let states = delta.columns.get("status.t").map(text).unwrap_or_default();
        (labels, states, delta, summary)
    }

    fn status(of: &[&str]) -> Vec<Option<String>> {
        of.iter().map(|s| Some(s.to_string()).filter(|s| !s.is_empty())).collect()
    }

    #[test]
    fn the_lower_median_of_ratings() {
        let votes = |of: &[f64]| Some(of.iter().map(|x| vote(&format!("a{x}"), "crowd", Value::Float(*x))).collect());
        let rows = vec![votes(&[4.0, 1.0]), votes(&[5.0, 2.0, 5.0, 3.0]), votes(&[]), None, votes(&[1.0])];
        let (labels, states, delta, _) = run(&map("rating", Method::Median), rows);
        let want = [Value::Float(1.0), Value::Float(3.0), Value::Null, Value::Null, Value::Float(1.0)];
        assert_eq!(labels, want);
        assert_eq!(states, status(&["aggregated", "aggregated", "", "", "aggregated"]));
        assert!(delta.events.is_empty());
    }

    #[test]
    fn the_class_with_most_votes_and_ties_in_declared_order() {
        let votes = |of: &[&str]| Some(of.iter().map(|c| vote("a", "crowd", Value::Text(c.to_string()))).collect());
        let p = Map { classes: names(&["B", "A"]), ..map("classification", Method::Majority) };
        let (labels, _, _, _) = run(&p, vec![votes(&["A", "B"]), votes(&["A", "B", "A"])]);
        assert_eq!(labels, [Value::Text("B".into()), Value::Text("A".into())]);
    }

    #[test]
    fn answers_that_differ_are_held() {
        let (one, two) = (spans(&[("A", 0, 1)]), spans(&[]));
        let rows = vec![
            Some(vec![vote("a", "col", one.clone()), vote("b", "w", two.clone())]),
            Some(vec![vote("a", "col", one.clone()), vote("b", "w", one.clone())]),
            Some(vec![vote("a", "col", two.clone())]),
            Some(vec![vote("a", "w", Value::Null)]),
        ];
        let (labels, states, delta, _) = run(&map("ner", Method::Single), rows);
        assert_eq!(labels, [one.clone(), one, two, Value::Null]);
        assert_eq!(states, status(&["held", "aggregated", "source", ""]));
        assert_eq!(rules(&delta), [(0, "label.disagreement")]);
        assert_eq!(delta.events[0].act, Act::Review);
    }

    #[test]
    fn nobody_asked_is_null_or_negative() {
        let (labels, _, delta, _) = run(&map("ner", Method::Single), vec![None]);
        assert_eq!((labels, delta.columns.len()), (vec![Value::Null], 0));
        let p = Map { unlabelled: Unlabelled::Negative, ..map("ner", Method::Single) };
        let (labels, states, _, _) = run(&p, vec![None]);
        assert_eq!((labels, states), (vec![Value::List(vec![])], status(&["source"])));
        assert_eq!(text(&Map::default()), "{}");
    }

    #[test]
    fn facts_count_rows_votes_and_classes() {
        let rows = vec![Some(vec![vote("a", "col", spans(&[("A", 0, 1), ("A", 2, 3), ("B", 4, 5)]))]), None];
        let (_, _, _, summary) = run(&map("ner", Method::Single), rows);
        let out = crate::stage::testing::gathered::<Stage>(&Nothing {}, &summary);
        let facts: Vec<(String, String)> = out.facts.into_iter().map(|(n, f)| (n, f.to_string())).collect();
        let want = [("count.A", "2"), ("count.B", "1"), ("labelled", "1"), ("unlabelled", "1"), ("votes", "1")];
        assert_eq!(facts, want.map(|(n, f)| (n.to_string(), f.to_string())));
    }
}

//! Fixtures for the tests of this folder.
#[cfg(test)]
use super::kinds::kind::{Kind, Reading, Respond};
use super::rows::Note;
use crate::model::boxes::Box2;
use crate::model::spans::Span;
use crate::model::votes::Vote;
use crate::stage::{Delta, Rows};
use crate::table::value::column;
use crate::table::{ArrayRef, Cell, Value, value_at};
use std::collections::BTreeMap;

pub use crate::stage::testing::Bytes;

/// Rows of these columns.
pub fn rows<'a>(bytes: &'a Bytes, columns: Vec<(&str, ArrayRef)>) -> Rows<'a> {
    crate::stage::testing::rows(bytes, &columns)
}

/// A vote under guideline 1.0.0.
pub fn vote(annotator: &str, origin: &str, answer: Value) -> Vote {
    Vote { annotator: annotator.into(), origin: origin.into(), guideline: "1.0.0".into(), answer, lost: 0 }
}

/// A column of votes; `None` where nobody was asked.
pub fn votes(kind: &Kind, rows: Vec<Option<Vec<Vote>>>) -> ArrayRef {
    let list = |votes: Vec<Vote>| Value::List(votes.into_iter().map(Vote::into_value).collect());
    let rows: Vec<Value> = rows.into_iter().map(|r| r.map_or(Value::Null, list)).collect();
    column(&Vote::list_of(&(kind.answer)()), &rows).unwrap()
}

/// The votes of a row that a step wrote, as (annotator, answer).
pub fn written(delta: &Delta, name: &str, row: usize) -> Option<Vec<(String, Value)>> {
    let votes = Vote::list(&value_at(delta.columns.get(name)?.as_ref(), row))?;
    Some(votes.into_iter().map(|v| (v.annotator, v.answer)).collect())
}

pub fn rules(delta: &Delta) -> Vec<(u32, &str)> {
    delta.events.iter().map(|e| (e.row, e.rule.as_str())).collect()
}

pub fn spans(of: &[(&str, u32, u32)]) -> Value {
    let span = |(class, start, end): &(&str, u32, u32)| Span { class: class.to_string(), start: *start, end: *end };
    of.iter().map(span).collect::<Vec<_>>().into_value()
}

pub fn pixels(class: &str, at: [f64; 4], flags: &[&str]) -> Box2 {
    let [x1, y1, x2, y2] = at;
    Box2 { class: class.into(), x1, y1, x2, y2, flags: flags.iter().map(|f| f.to_string()).collect() }
}

/// The rules of notes, in their order.
pub fn rules_of(notes: &[Note]) -> Vec<&'static str> {
    notes.iter().map(|n| n.rule).collect()
}

/// A reading of answers of the source `x` for the task `t`, without tokens and edits.
pub fn asking(map: &BTreeMap<String, String>) -> Reading<'_> {
    let (tokens, edits, notes, lost, scheme) = Default::default();
    let (text, unit) = Default::default();
    Reading {
        task: "t",
        source: "x",
        map,
        names: &[],
        separator: None,
        scheme,
        bio: Respond::Drop,
        tokens,
        edits,
        text,
        unit,
        frame: None,
        target: None,
        attribute: None,
        tiled: false,
        unplaced: false,
        open: true,
        notes,
        lost,
    }
}

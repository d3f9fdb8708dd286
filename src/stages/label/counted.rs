//! The facts of a task: how many samples have a label, how many answers count, and how often each class stands in a label.
use super::rows::Note;
use crate::model::votes::{Vote, each_class};
use crate::stage::*;
use crate::table::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the facts are told of.
#[derive(Serialize, Deserialize, Default)]
pub struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    pub task: String,
    /// The declared classes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub classes: Vec<String>,
    /// They are candidates, of which some may never be the best.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ranked: bool,
    /// A step before this one tells how far the annotators agree.
    #[serde(default, skip_serializing_if = "is_default")]
    pub measured: bool,
}

/// What a row adds to the facts.
#[derive(Serialize, Deserialize, Default, Clone, Copy)]
struct Tally {
    labelled: bool,
    incomplete: bool,
    tie: bool,
    /// Answers that count.
    votes: u64,
}

impl Gather {
    pub fn gather(&self, hits: &Hits, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let (mut rows, mut votes, mut incomplete, mut ties) = ([0u64; 2], 0u64, 0u64, 0u64);
        let mut classes: BTreeMap<String, u64> = self.classes.iter().map(|c| (c.clone(), 0)).collect();
        for hit in hits.iter() {
            if let Some((b'c', class)) = hit.key.split_first() {
                *classes.entry(String::from_utf8_lossy(class).into_owned()).or_default() += number(&hit.value);
                continue;
            }
            let row: Tally = serde_json::from_slice(&hit.value).map_err(|e| Fault::Bug(e.to_string()))?;
            rows[usize::from(row.labelled)] += 1;
            incomplete += u64::from(row.incomplete);
            ties += u64::from(row.tie);
            votes += row.votes;
        }
        let [unlabelled, labelled] = rows;
        let unused = self.classes.iter().filter(|c| labelled > 0 && !self.ranked && classes.get(*c) == Some(&0));
        let unused: Vec<String> = unused.map(|c| format!("`{c}`")).collect();
        if !unused.is_empty() {
            let say = format!(
                "{} of {} declared classes are in no label: {}",
                unused.len(),
                self.classes.len(),
                unused.join(", ")
            );
            out.remark(format!("label.{}.classes", self.task), "class.unused", say);
        }
        if self.measured {
            out.fact("agreement", context.fact(&format!("label.{}/agreement.value", self.task))?.clone());
        }
        out.fact("labelled", labelled);
        out.fact("unlabelled", unlabelled);
        out.fact("votes", votes);
        out.fact("incomplete", incomplete);
        out.fact("ties", ties);
        for (class, n) in classes {
            out.fact(format!("count.{class}"), n);
        }
        Ok(())
    }
}

/// Adds an entry for the row and one for each class in its label (key `c` and the class; value: how often).
pub fn count(summary: &mut Summary, row: usize, votes: &[Vote], label: &Value, notes: &[Note]) {
    let tally = Tally {
        labelled: *label != Value::Null,
        incomplete: notes.iter().any(|n| n.rule == "label.incomplete"),
        tie: notes.iter().any(|n| n.rule == "label.tie"),
        votes: votes.iter().filter(|v| v.answer != Value::Null).count() as u64,
    };
    summary.put(b"r", row, serde_json::to_vec(&tally).unwrap_or_default());
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

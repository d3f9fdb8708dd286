//! How good are the models? The scores of each `[train.NAME]`: of samples that a model had not learned of, and of those that the split
//! kept from it.
use super::agreement::Asked;
use super::seen::Seen;
use crate::manifest::Threshold;
use crate::stage::{Fact, is_default};
use serde::Serialize;
use std::collections::BTreeMap;

/// Scores in the order in which they are told; of the last ones less is better.
const SCORES: [&str; 12] = [
    "map",
    "map50",
    "map75",
    "f1",
    "accuracy",
    "precision",
    "recall",
    "macro_f1",
    "token_accuracy",
    "log_loss",
    "calibration_error",
    "brier",
];

/// What was scored by one step.
#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Scored {
    /// `train.base/check`, of all samples; `train.base`, of those of the test.
    pub step: String,
    /// Samples that were scored, and samples with a label and no prediction.
    pub samples: u64,
    pub without: u64,
    pub scores: Vec<Score>,
    pub gates: Vec<Asked>,
    pub by_class: Vec<ClassScore>,
    /// Given and predicted class, and how many samples: pairs that differ, most first.
    pub confused: Vec<(String, String, u64)>,
    /// `[split] hide` hides answers, so nothing is told by class.
    #[serde(skip_serializing_if = "is_default")]
    pub answers_hidden: bool,
}

#[derive(Serialize, schemars::JsonSchema, Debug)]
pub struct Score {
    pub name: &'static str,
    /// A decimal, or why there is none.
    pub value: Fact,
    /// 95 % of the values when samples are drawn anew.
    pub interval: Option<(f64, f64)>,
}

#[derive(Serialize, schemars::JsonSchema, Debug)]
pub struct ClassScore {
    pub class: String,
    pub given: u64,
    pub predicted: u64,
    /// Of found boxes none: how many are right depends on how much must be shared.
    pub right: Option<u64>,
    /// The name and the value of each score, a decimal or `undefined`: precision, recall and F1, or mean average precision.
    pub scores: Vec<(String, String)>,
}

pub fn of(seen: &Seen) -> Vec<Scored> {
    let mut out = Vec::new();
    for (step, run) in seen.s.steps.iter().zip(&seen.built.runs) {
        if !step.name.starts_with("train.") || !run.facts.contains_key("by_class") {
            continue;
        }
        let asked = |gate: &crate::stage::Gate| Asked {
            key: gate.key.clone(),
            line: seen.line(&gate.key),
            want: Threshold { min: gate.min, max: gate.max }.to_string(),
        };
        let veiled = step.plan.ports.reads.iter().filter_map(|c| c.strip_prefix("label.")).any(|task| seen.veils(task));
        let confused = rows(&run.facts, "confused").into_iter().filter_map(pair);
        out.push(Scored {
            step: step.name.clone(),
            samples: count(&run.facts, "samples"),
            without: count(&run.facts, "without"),
            scores: SCORES.into_iter().filter_map(|name| score(&run.facts, name)).collect(),
            gates: step.plan.gates.iter().map(asked).collect(),
            by_class: if veiled { Vec::new() } else { classes(&run.facts) },
            confused: if veiled { Vec::new() } else { confused.collect() },
            answers_hidden: veiled,
        });
    }
    out
}

/// The scores of each class.
fn classes(facts: &BTreeMap<String, Fact>) -> Vec<ClassScore> {
    match facts.get("by_class") {
        Some(Fact::Table { columns, rows }) => rows.iter().filter_map(|row| class(columns, row.clone())).collect(),
        _ => Vec::new(),
    }
}

/// A number of things.
pub fn count(facts: &BTreeMap<String, Fact>, name: &str) -> u64 {
    match facts.get(name) {
        Some(Fact::Int(n)) => u64::try_from(*n).unwrap_or(0),
        _ => 0,
    }
}

/// A decimal.
pub fn decimal(facts: &BTreeMap<String, Fact>, name: &str) -> Option<f64> {
    match facts.get(name)? {
        Fact::Decimal(text) => text.parse().ok(),
        _ => None,
    }
}

/// The rows of a table.
pub fn rows(facts: &BTreeMap<String, Fact>, name: &str) -> Vec<Vec<String>> {
    match facts.get(name) {
        Some(Fact::Table { rows, .. }) => rows.clone(),
        _ => Vec::new(),
    }
}

/// Three first cells, of which the last is a number.
pub fn pair(row: Vec<String>) -> Option<(String, String, u64)> {
    let mut cells = row.into_iter();
    Some((cells.next()?, cells.next()?, cells.next()?.parse().ok()?))
}

fn score(facts: &BTreeMap<String, Fact>, name: &'static str) -> Option<Score> {
    let end = |end: &str| decimal(facts, &format!("{name}_{end}"));
    Some(Score { name, value: facts.get(name)?.clone(), interval: end("low").zip(end("high")) })
}

fn class(names: &[String], row: Vec<String>) -> Option<ClassScore> {
    let mut cells: BTreeMap<&str, String> = names.iter().map(String::as_str).zip(row).collect();
    let mut number = |name: &str| cells.remove(name)?.parse().ok();
    let (given, predicted, right) = (number("given")?, number("predicted")?, number("right"));
    let class = cells.remove("class")?;
    let score = |name: &String| Some((name.clone(), cells.get(name.as_str())?.clone()));
    Some(ClassScore { class, given, predicted, right, scores: names.iter().filter_map(score).collect() })
}

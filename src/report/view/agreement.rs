//! Do people agree, and on what do they not? The facts of each `[label.TASK.agreement]`, and what to make of them.
use super::seen::Seen;
use crate::manifest::Threshold;
use crate::report::agreement::Agreed;
use crate::report::quadrants::scores;
use crate::stage::{Fact, Fault, is_default};
use crate::stages::label::agreement::Looking;
use serde::Serialize;

#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Agreement {
    pub task: String,
    pub metric: &'static str,
    /// The coefficients, the one that is asked for first.
    pub values: Vec<(String, Fact)>,
    /// The interval of the first one, with 95 % confidence.
    pub interval: Option<(f64, f64)>,
    pub gates: Vec<Asked>,
    /// Samples with several answers, and with one.
    pub shared: u64,
    pub single: u64,
    pub annotators: u64,
    pub pairs: u64,
    /// The lowest first.
    pub by_class: Vec<Line>,
    pub by_annotator: Vec<Line>,
    pub by_pair: Vec<Line>,
    /// Of the answers under each version of the guideline.
    #[serde(skip_serializing_if = "is_default")]
    pub by_version: Vec<Line>,
    /// Each class with its agreement, what the model of `[clean.label_errors]` makes of it, the quadrant and what to do first.
    #[serde(skip_serializing_if = "is_default")]
    pub quadrants: Vec<Vec<String>>,
    /// Each annotator with answers an hour, agreement, the quadrant and what to do first, where files of votes say what answers took.
    #[serde(skip_serializing_if = "is_default")]
    pub by_pace: Vec<Vec<String>>,
    /// `[split] hide` hides answers of the task, so nothing is told by class.
    #[serde(skip_serializing_if = "is_default")]
    pub answers_hidden: bool,
    /// What this measure does not say here.
    pub advice: Vec<&'static str>,
}

#[derive(Serialize, schemars::JsonSchema, Debug)]
pub struct Asked {
    pub key: String,
    pub line: usize,
    pub want: String,
}

/// The agreement of a class, of an annotator, or of two.
#[derive(Serialize, schemars::JsonSchema, Debug, PartialEq)]
pub struct Line {
    pub names: Vec<String>,
    /// Answers, pairs of answers or samples that it rests on.
    pub of: String,
    /// A decimal, or why there is none.
    pub agreement: String,
}

impl Line {
    pub fn value(&self) -> Option<f64> {
        self.agreement.parse().ok()
    }
}

pub fn of(seen: &Seen) -> Result<Vec<Agreement>, Fault> {
    let mut out = Vec::new();
    for (step, run) in seen.s.steps.iter().zip(&seen.built.runs) {
        let task = step.name.strip_prefix("label.").and_then(|name| name.strip_suffix("/agreement"));
        let Some(task) = task.filter(|_| !run.facts.is_empty()) else { continue };
        let metric = Looking::of(&step.plan)?.metric();
        let scores = scores(seen.s, seen.built, task);
        let agreed = Agreed { task, metric, facts: &run.facts, gates: &step.plan.gates, scores };
        let fact = |name: &str| run.facts.get(name).cloned();
        let decimal = |name: &str| match fact(name)? {
            Fact::Decimal(text) => text.parse::<f64>().ok(),
            _ => None,
        };
        let count = |name: &str| match fact(name) {
            Some(Fact::Int(n)) => u64::try_from(n).unwrap_or(0),
            _ => 0,
        };
        let others = ["percent", "gwet_ac1"].into_iter().filter(|name| *name != metric.name());
        let mut values: Vec<(String, Fact)> =
            fact("value").into_iter().map(|value| (metric.name().to_string(), value)).collect();
        values.extend(others.filter_map(|name| Some((name.to_string(), fact(name)?))));
        let asked = |gate: &crate::stage::Gate| Asked {
            key: gate.key.clone(),
            line: seen.line(&gate.key),
            want: Threshold { min: gate.min, max: gate.max }.to_string(),
        };
        out.push(Agreement {
            task: task.into(),
            metric: metric.name(),
            values,
            interval: decimal("low").zip(decimal("high")),
            gates: step.plan.gates.iter().map(asked).collect(),
            shared: count("shared"),
            single: count("single"),
            annotators: count("annotators"),
            pairs: count("pairs"),
            by_class: lines(fact("by_class").filter(|_| !seen.veils(task)), 1),
            answers_hidden: seen.veils(task),
            by_annotator: lines(fact("by_annotator"), 1),
            by_pair: lines(fact("by_pair"), 2),
            by_version: lines(fact("by_version"), 1),
            quadrants: if seen.veils(task) { Vec::new() } else { agreed.in_quadrants() },
            by_pace: match fact("by_pace") {
                Some(Fact::Table { rows, .. }) => rows,
                _ => Vec::new(),
            },
            advice: agreed.advice(),
        });
    }
    Ok(out)
}

/// The rows of a table of facts whose first `named` cells are names.
fn lines(table: Option<Fact>, named: usize) -> Vec<Line> {
    let Some(Fact::Table { rows, .. }) = table else { return Vec::new() };
    let line = |row: Vec<String>| {
        let mut cells = row.into_iter();
        let names: Vec<String> = cells.by_ref().take(named).collect();
        Some(Line { names, of: cells.next()?, agreement: cells.next()? })
    };
    rows.into_iter().filter_map(line).collect()
}

//! Labels that look odd beside the other labels: those that the same words or the same text have elsewhere
//! (`[clean.label_inconsistent]`), and shapes and spans that are unusually large, long or many (`[clean.label_outliers]`).
use super::models::{count, pair, rows};
use super::samples::{self, Card, Pictures};
use super::seen::Seen;
use crate::engine::ledger;
use crate::engine::state::StepRun;
use crate::stage::{Fault, is_default};
use serde::Serialize;
use std::collections::BTreeSet;

/// The steps, and the rule of a sample that each doubts.
pub const INCONSISTENT: &str = "clean.label_inconsistent";
pub const OUTLIERS: &str = "clean.label_outliers";
const STEPS: [(&str, &str); 2] = [(INCONSISTENT, "label.inconsistent"), (OUTLIERS, "label.outlier")];
/// Samples that are shown.
const SHOWN: usize = 12;

#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Doubts {
    pub step: String,
    pub line: usize,
    pub task: String,
    /// Annotations that were compared, and those that are doubted.
    pub compared: u64,
    pub doubted: u64,
    /// Values that have several classes; annotations that could not be judged; samples with a doubted annotation, where it is counted.
    pub values: u64,
    pub unjudged: u64,
    pub samples: u64,
    /// A class, the most frequent class of the same value, and how many annotations, most first.
    pub pairs: Vec<(String, String, u64)>,
    /// What is usual: class, measure, annotations, the lowest and the highest usual value, and how many lie beyond.
    pub limits: Vec<[String; 6]>,
    /// `[split] hide` hides answers of the task, so nothing is told by class.
    #[serde(skip_serializing_if = "is_default")]
    pub answers_hidden: bool,
    pub first: Vec<Card>,
}

pub fn of(seen: &Seen) -> Result<Vec<Doubts>, Fault> {
    let mut out = Vec::new();
    for (step, run) in seen.s.steps.iter().zip(&seen.built.runs) {
        let Some((name, rule)) = STEPS.into_iter().find(|(name, _)| step.name == *name) else { continue };
        if !run.facts.contains_key("compared") {
            continue;
        }
        let task = step.plan.ports.reads.iter().find_map(|c| c.strip_prefix("label.")).unwrap_or_default();
        let (facts, veiled) = (&run.facts, seen.veils(task));
        let told = |name: &str| rows(facts, name).into_iter().filter(|_| !veiled);
        let doubted = if name == OUTLIERS { "outliers" } else { "told" };
        out.push(Doubts {
            step: step.name.clone(),
            line: seen.line(name),
            task: task.to_string(),
            compared: count(facts, "compared"),
            doubted: count(facts, doubted),
            values: count(facts, "inconsistent"),
            unjudged: count(facts, "unjudged"),
            samples: count(facts, "with_outliers"),
            pairs: told("pairs").filter_map(pair).collect(),
            limits: told("limits").filter_map(|row| row.try_into().ok()).collect(),
            answers_hidden: veiled,
            first: if veiled { Vec::new() } else { first(seen, run, rule)? },
        });
    }
    Ok(out)
}

/// The first samples that a step spoke of.
fn first(seen: &Seen, run: &StepRun, rule: &str) -> Result<Vec<Card>, Fault> {
    let mut all: Vec<(usize, u32)> = Vec::new();
    for (n, part) in seen.samples.parts.iter().enumerate() {
        let Some(own) = run.part(&part.uid).filter(|own| own.outcomes.iter().any(|o| o.2.events.is_some())) else {
            continue;
        };
        let rows: BTreeSet<u32> =
            ledger::events(seen.s, own)?.into_iter().filter(|e| e.rule == rule).map(|e| e.row).collect();
        all.extend(rows.into_iter().map(|row| (n, row)));
        if all.len() >= SHOWN {
            break;
        }
    }
    all.truncate(SHOWN);
    Ok(samples::cards(seen, &all, Pictures::Left)?.into_iter().map(|(_, card)| card).collect())
}

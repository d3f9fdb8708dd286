//! Which labels are wrong? What `[clean.label_errors]` estimates, between which classes, and the samples that it doubts most.
use super::models::{count, decimal, pair, rows};
use super::samples::{self, Card, Pictures};
use super::seen::Seen;
use crate::engine::ledger;
use crate::stage::{Fault, is_default};
use crate::table::{Cell, value_at};
use serde::Serialize;

/// The step, and the rule of a sample that it doubts.
const STEP: &str = "clean.label_errors";
const SUSPECT: &str = "label.suspect";
/// Samples that are shown.
const SHOWN: usize = 12;

#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Issues {
    pub task: String,
    /// The share of labels (of spans: tags) that are probably wrong, and 95 % of its values when samples are drawn anew.
    pub noise: Option<f64>,
    pub interval: Option<(f64, f64)>,
    /// The share of labels that the model gives, too.
    pub agreeing: Option<f64>,
    /// Samples that were compared; doubted; asked about; decided by people; with a label and no prediction.
    pub compared: u64,
    pub suspects: u64,
    pub asked: u64,
    pub decided: u64,
    pub without: u64,
    /// Given and likely class, and how many labels, most first.
    pub pairs: Vec<(String, String, u64)>,
    /// `[split] hide` hides answers of the task, so nothing is told by class.
    #[serde(skip_serializing_if = "is_default")]
    pub answers_hidden: bool,
    /// Of spans: what is wrong, and how many tags.
    pub faults: Vec<(String, u64)>,
    /// The samples that are doubted most, with their quality: 0 hardly to be trusted, to 1.
    pub worst: Vec<Doubted>,
}

#[derive(Serialize, schemars::JsonSchema, Debug)]
pub struct Doubted {
    pub quality: f64,
    pub card: Card,
}

pub fn of(seen: &Seen) -> Result<Option<Issues>, Fault> {
    let found = seen.s.steps.iter().zip(&seen.built.runs).find(|(step, _)| step.name == STEP);
    let Some((step, run)) = found.filter(|(_, run)| run.facts.contains_key("suspects")) else { return Ok(None) };
    let facts = &run.facts;
    let quality = step.plan.ports.writes.iter().find_map(|w| w.0.strip_prefix("label_quality."));
    let task = quality.unwrap_or_default().to_string();
    let fault = |row: Vec<String>| {
        let mut cells = row.into_iter();
        Some((cells.next()?, cells.next()?.parse().ok()?))
    };
    let worst = worst(seen, run, &format!("label_quality.{task}"))?;
    let veiled = seen.veils(&task);
    let pairs = rows(facts, "pairs").into_iter().filter(|_| !veiled).filter_map(pair).collect();
    Ok(Some(Issues {
        task,
        noise: decimal(facts, "label_noise"),
        interval: decimal(facts, "label_noise_low").zip(decimal(facts, "label_noise_high")),
        agreeing: decimal(facts, "agreeing"),
        compared: count(facts, "compared"),
        suspects: count(facts, "suspects"),
        asked: count(facts, "asked"),
        decided: count(facts, "decided"),
        without: count(facts, "without"),
        pairs,
        answers_hidden: veiled,
        faults: rows(facts, "faults").into_iter().filter_map(fault).filter(|f: &(String, u64)| f.1 > 0).collect(),
        worst,
    }))
}

/// The samples that are doubted most. Nothing is told where words of a step may name samples that must not be named.
fn worst(seen: &Seen, run: &crate::engine::state::StepRun, column: &str) -> Result<Vec<Doubted>, Fault> {
    let mut all: Vec<(f64, usize, u32)> = Vec::new();
    for (n, part) in seen.samples.parts.iter().enumerate() {
        let Some(own) = run.part(&part.uid) else { continue };
        if own.outcomes.iter().all(|o| o.2.events.is_none()) {
            continue;
        }
        let Some(array) = seen.array(part, column)? else { continue };
        for e in ledger::events(seen.s, own)?.into_iter().filter(|e| e.rule == SUSPECT) {
            if let Some(quality) = f64::from_value(&value_at(array.as_ref(), e.row as usize)) {
                all.push((quality, n, e.row));
            }
        }
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    all.truncate(SHOWN);
    let rows: Vec<(usize, u32)> = all.iter().map(|(_, n, row)| (*n, *row)).collect();
    let cards = samples::cards(seen, &rows, Pictures::Left)?.into_iter();
    let quality = |at: (usize, u32)| all.iter().find(|(_, n, row)| (*n, *row) == at).map_or(0.0, |a| a.0);
    Ok(cards.map(|(at, card)| Doubted { quality: quality(at), card }).collect())
}

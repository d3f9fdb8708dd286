//! What should be labelled next? The samples that `[active]` chooses of those without a label.
use super::models::count;
use super::samples::{self, Card, Pictures};
use super::seen::Seen;
use crate::engine::ledger;
use crate::manifest;
use crate::stage::Fault;
use crate::stages::active::Declaration;
use serde::Serialize;

const STEP: &str = "active";
const CHOSEN: &str = "active.chosen";
/// Samples that are shown.
const SHOWN: usize = 12;

#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Wanted {
    pub task: String,
    /// The models that are asked.
    pub from: Vec<String>,
    /// Samples without a label; chosen; of these at random; without a prediction.
    pub candidates: u64,
    pub chosen: u64,
    pub at_random: u64,
    pub without: u64,
    /// The first of them, with why each was chosen.
    pub first: Vec<Card>,
}

pub fn of(seen: &Seen) -> Result<Option<Wanted>, Fault> {
    let found = seen.s.steps.iter().zip(&seen.built.runs).find(|(step, _)| step.name == STEP);
    let Some((_, run)) = found.filter(|(_, run)| run.facts.contains_key("candidates")) else { return Ok(None) };
    let declared =
        seen.project.manifest.table(&[STEP]).and_then(|(_, table)| manifest::read::<Declaration>(table).ok());
    let Some(declared) = declared else { return Ok(None) };
    let mut rows = Vec::new();
    for (n, part) in seen.samples.parts.iter().enumerate() {
        let Some(own) = run.part(&part.uid).filter(|p| p.outcomes.iter().any(|o| o.2.events.is_some())) else {
            continue;
        };
        let chosen = ledger::events(seen.s, own)?.into_iter().filter(|e| e.rule == CHOSEN);
        rows.extend(chosen.map(|e| (n, e.row)));
    }
    rows.truncate(SHOWN);
    let first = samples::cards(seen, &rows, Pictures::Left)?.into_iter().map(|(_, card)| card).collect();
    Ok(Some(Wanted {
        task: declared.task.get().clone(),
        from: declared.from.iter().map(|name| name.get().clone()).collect(),
        candidates: count(&run.facts, "candidates"),
        chosen: count(&run.facts, "chosen"),
        at_random: count(&run.facts, "at_random"),
        without: count(&run.facts, "without"),
        first,
    }))
}

//! What was found and masked: numbers of each step of `[privacy]`, never a value.
use super::seen::Seen;
use crate::stage::Fact;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize, schemars::JsonSchema, Debug)]
pub struct Counted {
    pub step: String,
    pub line: usize,
    /// Numbers and small tables, by name.
    pub facts: BTreeMap<String, Fact>,
}

pub fn of(seen: &Seen) -> Vec<Counted> {
    let steps = seen.s.steps.iter().zip(&seen.built.runs);
    let own = steps.filter(|(step, run)| step.path.starts_with("privacy") && !run.facts.is_empty());
    own.map(|(step, run)| Counted { step: step.name.clone(), line: seen.line(&step.path), facts: run.facts.clone() })
        .collect()
}

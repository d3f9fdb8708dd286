//! What is wrong with the data: by rule, with the key responsible and where the first ones stand.
use super::seen::Seen;
use crate::engine::ledger::{self, Tally};
use crate::engine::told::Answer;
use crate::report::place::Places;
use crate::stage::{Act, Fault};
use serde::Serialize;
use std::collections::BTreeMap;

/// Places that are told of a rule.
const PLACES: usize = 5;

#[derive(Serialize, schemars::JsonSchema, Debug)]
pub struct Rule {
    pub step: String,
    /// `finding`, `review`, `fail`, `dropped` or `merged`.
    pub act: &'static str,
    pub rule: String,
    pub key: String,
    pub line: usize,
    /// Samples that it is about; 0 where it is about a table as a whole, or about rows that belong to no sample.
    pub samples: u64,
    /// How often it spoke.
    pub times: u64,
    /// Where the first ones stand; none where places may not be shown.
    pub places: Vec<String>,
}

pub fn of(seen: &Seen) -> Result<Vec<Rule>, Fault> {
    let mut out = Vec::new();
    let places = Places { s: seen.s, built: seen.built };
    for (i, (step, run)) in
        seen.s.steps.iter().zip(&seen.built.runs).enumerate().filter(|(_, (_, r))| r.answer() == Answer::Fresh)
    {
        let tally = Tally::of(seen.s, step, run)?;
        let told = |act: &str| act != "changed";
        let mut found: BTreeMap<(&'static str, String, String), Vec<String>> = BTreeMap::new();
        // rules that are told; the places of others need not be looked up
        let mut open: usize = tally.reasons.keys().filter(|r| told(r.0)).count() * PLACES;
        // a place names the sample, whose id may be anything that was collected
        let may = !seen.ids_hidden || step.plan.scan.is_some();
        for (k, part) in run.parts.iter().enumerate().filter(|_| may) {
            if open == 0 || part.outcomes.iter().all(|o| o.2.events.is_none()) {
                continue;
            }
            for e in ledger::events(seen.s, part)?.into_iter().filter(|e| e.act != Act::Change) {
                let own = found.entry((ledger::act_name(&e.act), e.rule.clone(), e.key.clone())).or_default();
                if own.len() < PLACES {
                    own.push(places.of(i, (k, part), &e)?);
                    open -= 1;
                }
            }
        }
        for ((act, rule, key), n) in tally.reasons.iter().filter(|r| told(r.0.0)) {
            let places = found.remove(&(*act, rule.clone(), key.clone())).unwrap_or_default();
            out.push(Rule {
                step: step.name.clone(),
                act,
                rule: rule.clone(),
                key: key.clone(),
                line: seen.line(key),
                samples: n.samples,
                times: n.times,
                places,
            });
        }
    }
    Ok(out)
}

//! What do the filters do? Of each rule of `[clean]` and `[schema]` how many samples it removed or named, and which rules
//! name the same ones.
use super::seen::Seen;
use crate::engine::ledger;
use crate::engine::state::PartRun;
use crate::stage::{Act, Fault};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Rules that are told in pairs.
const PAIRED: usize = 12;

#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Quality {
    pub filters: Vec<Filter>,
    /// Samples that two rules named both, by the numbers of the rules in `filters`.
    pub both: Vec<(usize, usize, u64)>,
}

#[derive(Serialize, schemars::JsonSchema, Debug, Default, Clone)]
pub struct Filter {
    pub step: String,
    pub rule: String,
    pub key: String,
    pub line: usize,
    /// Samples that it removed.
    pub removed: u64,
    /// Samples that it named and that stayed, or wait.
    pub flagged: u64,
}

/// A rule: the number of its step, its name and its key.
type Id = (usize, String, String);

/// Of each partition the rules that named a row.
type Named = BTreeMap<String, BTreeMap<u32, BTreeSet<Id>>>;

pub fn of(seen: &Seen) -> Result<Quality, Fault> {
    let filters = ["clean.", "schema"];
    let mut all: BTreeMap<Id, Filter> = BTreeMap::new();
    let mut both: BTreeMap<[Id; 2], u64> = BTreeMap::new();
    let mut named: Named = BTreeMap::new();
    for (i, (step, run)) in seen.s.steps.iter().zip(&seen.built.runs).enumerate() {
        let own = step.plan.ports.table == "samples" && step.plan.ports.into.is_none();
        if !own || !filters.iter().any(|f| step.name.starts_with(f)) {
            continue;
        }
        for part in &run.parts {
            for (row, rule, key, left) in said(seen, part)? {
                let id = (i, rule.clone(), key.clone());
                let rows = named.entry(part.uid.clone()).or_default().entry(row).or_default();
                if !rows.insert(id.clone()) {
                    continue;
                }
                let line = seen.line(&key);
                let fresh = || Filter { step: step.name.clone(), rule, key, line, ..Filter::default() };
                let filter = all.entry(id).or_insert_with(fresh);
                filter.removed += u64::from(left);
                filter.flagged += u64::from(!left);
            }
        }
    }
    for rules in named.values().flat_map(BTreeMap::values).filter(|rules| rules.len() > 1) {
        let rules: Vec<_> = rules.iter().collect();
        for (k, a) in rules.iter().enumerate() {
            for b in rules.iter().skip(k + 1) {
                *both.entry([(*a).clone(), (*b).clone()]).or_default() += 1;
            }
        }
    }
    let place: BTreeMap<&Id, usize> = all.keys().enumerate().map(|(n, id)| (id, n)).collect();
    let pair = |([a, b], n): (&[Id; 2], &u64)| {
        let (a, b) = (*place.get(a)?, *place.get(b)?);
        (a < PAIRED && b < PAIRED).then_some((a, b, *n))
    };
    let both = both.iter().filter_map(pair).collect();
    Ok(Quality { filters: all.into_values().collect(), both })
}

/// Row, rule, key, and whether the row left for it.
fn said(seen: &Seen, part: &PartRun) -> Result<Vec<(u32, String, String, bool)>, Fault> {
    if part.outcomes.iter().all(|o| o.2.events.is_none()) {
        return Ok(Vec::new());
    }
    let dead: BTreeSet<u32> = part.dead.iter().map(|d| d.0).collect();
    let events = ledger::events(seen.s, part)?.into_iter().filter(|e| e.act != Act::Change);
    let leaves = |act: &Act| matches!(act, Act::Drop { .. } | Act::Merge(_));
    Ok(events.map(|e| (e.row, e.rule, e.key, leaves(&e.act) && dead.contains(&e.row))).collect())
}

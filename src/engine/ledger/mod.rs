//! The ledger and the conservation of rows: per step and partition `in + born = out + dropped`, and for each release
//! `collected + born = released + excluded + dropped + merged + held`.
pub mod codec;

use super::scan;
use super::session::Session;
use super::state::{Bin, Built, Counts, PartRun, Partition, StepRun, parents_of};
use super::step::Step;
use crate::stage::{Act, Event, Fault, Remark};
use crate::table::{self, Living};
use serde::Serialize;
use std::collections::BTreeMap;

/// The terms of the balance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// Records found by the scan, also those that no reader could parse.
    pub collected: u64,
    pub born: u64,
    pub released: u64,
    pub excluded: u64,
    pub dropped: u64,
    pub merged: u64,
    pub held: u64,
}

impl Balance {
    pub fn holds(&self) -> bool {
        self.collected + self.born == self.released + self.excluded + self.dropped + self.merged + self.held
    }
}

/// The balance of a release of `released` samples; without one, all that live are counted as excluded.
pub fn balance(steps: &[Step], built: &Built, samples: &str, released: u64) -> Balance {
    let mut b = Balance { released, ..Balance::default() };
    let mut sampled = 0;
    for (step, run) in steps.iter().zip(&built.runs) {
        let into_samples = step.plan.ports.into.as_deref() == Some(samples);
        for part in &run.parts {
            if into_samples {
                b.collected += part.records.unwrap_or(0);
                sampled += part.dead.len() as u64;
                b.dropped += part.outcomes.iter().map(|o| u64::from(o.2.counts.drops)).sum::<u64>();
            } else if step.plan.ports.table == samples {
                for (_, bin) in &part.dead {
                    match bin {
                        Bin::Dropped => b.dropped += 1,
                        Bin::Merged => b.merged += 1,
                        Bin::Held => b.held += 1,
                        Bin::Sampled => sampled += 1,
                    }
                }
            }
        }
    }
    let parts = built.tables.get(samples).map(|t| t.parts.as_slice()).unwrap_or_default();
    let born = parts.iter().filter_map(|p| p.origin.as_ref()).filter(|o| o.same_table);
    b.born = born.map(|o| u64::from(o.alive)).sum();
    let alive: u64 = parts.iter().map(|p| u64::from(p.alive())).sum();
    b.excluded = alive.saturating_sub(released) + sampled;
    b
}

/// Whether each partition of each step keeps its rows: what came in lives on, or is in a bin of this step.
pub fn partitions_hold(built: &Built, samples: &str) -> Result<(), String> {
    let Some(table) = built.tables.get(samples) else { return Ok(()) };
    for part in &table.parts {
        let dead: usize = built.runs.iter().filter_map(|r| r.part(&part.uid)).map(|p| p.dead.len()).sum();
        let came = part.origin.as_ref().map_or(part.rows.unwrap_or(0), |o| o.alive);
        if part.alive() as usize + dead != came as usize {
            return Err(format!("{}: {came} rows, {} live, {dead} left", part.uid, part.alive()));
        }
    }
    Ok(())
}

/// An event with the row it speaks of, for a living row (at that step).
pub fn events(s: &Session, part: &PartRun) -> Result<Vec<Event>, Fault> {
    let mut living = part.before.living.clone();
    let mut out = Vec::new();
    for (_, _, outcome) in &part.outcomes {
        for e in s.events(outcome)? {
            if living.as_ref().is_none_or(|l: &Living| l.is(e.row)) {
                out.push(e);
            }
        }
        let dead: Vec<u32> = outcome.acts.iter().filter(|a| !matches!(a.1, 'r' | 'h')).map(|a| a.0).collect();
        living = living.map(|l| l.without(dead));
    }
    Ok(out)
}

/// How many findings a step has, counting living rows alone.
pub fn findings(s: &Session, run: &StepRun) -> Result<u64, Fault> {
    Ok((run.unmatched.len() + remarks(run).len()) as u64 + count(s, run, |c| c.findings, is_finding)?)
}

/// How many of them the manifest says that the build fails of.
pub fn fails(s: &Session, run: &StepRun) -> Result<u64, Fault> {
    count(s, run, |c| c.fails, |act| *act == Act::Fail)
}

/// Counts events at living rows; uses the stored count if no row of the partition is dead.
fn count(s: &Session, run: &StepRun, of: fn(&Counts) -> u32, is: fn(&Act) -> bool) -> Result<u64, Fault> {
    let counted = |part: &PartRun| match (of(&part.counts()), &part.before.living) {
        (0, _) => Ok(0),
        (n, Some(Living::All(_))) => Ok(u64::from(n)),
        _ => Ok(events(s, part)?.iter().filter(|e| is(&e.act)).count() as u64),
    };
    run.parts.iter().map(counted).sum()
}

/// What a step found of its table as a whole.
pub fn remarks(run: &StepRun) -> &[Remark] {
    run.decided.as_ref().map_or(&[], |(_, decided)| &decided.told)
}

pub fn is_finding(act: &Act) -> bool {
    matches!(act, Act::Finding | Act::Review | Act::Hold | Act::Fail)
}

/// What happened at a step, counted by (kind, rule, key).
pub fn tally(s: &Session, step: &Step, run: &StepRun) -> Result<BTreeMap<(&'static str, String, String), u64>, Fault> {
    let mut out = BTreeMap::new();
    for part in run.parts.iter().filter(|p| p.outcomes.iter().any(|o| o.2.events.is_some())) {
        for e in events(s, part)? {
            *out.entry((act_name(&e.act), e.rule, e.key)).or_insert(0) += 1;
        }
    }
    for remark in remarks(run) {
        *out.entry(("finding", remark.rule.clone(), remark.key.clone())).or_insert(0) += 1;
    }
    if let Some((rule, key)) = step.plan.ports.right.as_ref().and_then(|r| r.unmatched.clone())
        && !run.unmatched.is_empty()
    {
        *out.entry(("finding", rule, key)).or_insert(0) += run.unmatched.len() as u64;
    }
    Ok(out)
}

pub fn act_name(act: &Act) -> &'static str {
    match act {
        Act::Change => "changed",
        Act::Finding => "finding",
        Act::Review | Act::Hold => "review",
        Act::Fail => "fail",
        Act::Drop { .. } => "dropped",
        Act::Merge(_) => "merged",
    }
}

/// Where a unit's record stands, or the line of it that is meant (0: where it begins). `None`: nobody knows.
pub fn place(
    s: &Session,
    built: &Built,
    step: usize,
    uid: &str,
    row: u32,
    (record, line): (u32, u32),
) -> Result<Option<String>, Fault> {
    let source = s.steps.get(step).and_then(|step| step.plan.scan.as_ref());
    let scanned = built.runs.get(step).and_then(|run| run.scanned.as_ref());
    let part = uid.rsplit_once(':').and_then(|(_, part)| part.parse().ok());
    let (Some(source), Some(scanned), Some(part)) = (source, scanned, part) else { return Ok(None) };
    let units = scanned.units(part)?;
    Ok(units.get(row as usize).map(|unit| scan::place(s.world, unit, record, line, source)))
}

/// Where a row of a table was born: file and line, through its parents. `None`: it was born of no file.
pub fn origin(s: &Session, built: &Built, part: &Partition, row: u32) -> Result<Option<String>, Fault> {
    let Some(origin) = part.origin.as_ref() else { return Ok(None) };
    let Some(parents) = origin.parents else { return Ok(None) };
    let parents = parents_of(&s.bytes(parents)?);
    let Some((unit, record)) = parents.get((origin.first + row) as usize).copied() else { return Ok(None) };
    if let Some(parent) = built.tables.get(&origin.table).and_then(|t| t.parts.iter().find(|p| p.uid == origin.uid))
        && parent.origin.is_some()
    {
        return self::origin(s, built, parent, unit);
    }
    place(s, built, origin.step, &origin.uid, unit, (record, 0))
}

/// The id of a row; `None` where the partition has none.
pub fn id(s: &Session, part: &Partition, row: u32) -> Result<Option<String>, Fault> {
    let Some(digest) = part.columns.get("id").copied().flatten() else { return Ok(None) };
    let ids = s.array(digest)?;
    Ok(table::texts(ids.as_ref()).get(row as usize).copied().flatten().map(Into::into))
}

//! The ledger and the conservation of rows: per step and partition `in + born = out + dropped`, and for each release
//! `collected + born = released + excluded + dropped + merged + held`.
mod said;
mod tally;

pub use said::{act_name, bin_name, decisive, events, remarks};
pub use tally::{Reason, Tally, Times, fails, findings, found, kind};

use super::scan;
use super::session::Session;
use super::state::{Bin, Built, Partition, parents_of};
use super::step::Step;
use crate::stage::Fault;
use crate::table;
use serde::Serialize;
use std::collections::BTreeMap;

/// The terms of the balance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
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

/// Where rows of one partition were born, as [`origin`] says it of one; each unit is opened once.
pub fn origins(s: &Session, built: &Built, part: &Partition, rows: &[u32]) -> Result<Vec<Option<String>>, Fault> {
    let mut out = vec![None; rows.len()];
    let Some(origin) = part.origin.as_ref() else { return Ok(out) };
    let Some(parents) = origin.parents else { return Ok(out) };
    let parents = parents_of(&s.bytes(parents)?);
    let of = |row: &u32| parents.get((origin.first + row) as usize).copied();
    let parent = built.tables.get(&origin.table).and_then(|t| t.parts.iter().find(|p| p.uid == origin.uid));
    if let Some(parent) = parent.filter(|parent| parent.origin.is_some()) {
        let known: Vec<(usize, u32)> = rows.iter().enumerate().filter_map(|(n, row)| Some((n, of(row)?.0))).collect();
        let rows: Vec<u32> = known.iter().map(|k| k.1).collect();
        for ((n, _), place) in known.iter().zip(origins(s, built, parent, &rows)?) {
            out[*n] = place;
        }
        return Ok(out);
    }
    let source = s.steps.get(origin.step).and_then(|step| step.plan.scan.as_ref());
    let scanned = built.runs.get(origin.step).and_then(|run| run.scanned.as_ref());
    let own = origin.uid.rsplit_once(':').and_then(|(_, part)| part.parse().ok());
    let (Some(source), Some(scanned), Some(own)) = (source, scanned, own) else { return Ok(out) };
    let units = scanned.units(own)?;
    let mut by_unit: BTreeMap<u32, Vec<(usize, u32)>> = BTreeMap::new();
    for (n, (unit, record)) in rows.iter().enumerate().filter_map(|(n, row)| Some((n, of(row)?))) {
        by_unit.entry(unit).or_default().push((n, record));
    }
    for (unit, records) in by_unit {
        let Some(unit) = units.get(unit as usize) else { continue };
        let numbers: Vec<u32> = records.iter().map(|r| r.1).collect();
        for ((n, _), place) in records.iter().zip(scan::places(s.world, unit, &numbers, source)) {
            out[*n] = Some(place);
        }
    }
    Ok(out)
}

/// The id of a row; `None` where the partition has none.
pub fn id(s: &Session, part: &Partition, row: u32) -> Result<Option<String>, Fault> {
    let Some(digest) = part.columns.get("id").copied().flatten() else { return Ok(None) };
    let ids = s.array(digest)?;
    Ok(table::texts(ids.as_ref()).get(row as usize).copied().flatten().map(Into::into))
}

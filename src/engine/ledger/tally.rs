//! What happened at steps, counted in samples. A sample that several rules name, or one rule several times, counts once;
//! each rule says beside that how many samples it names, and how many times.
use super::said::{act_name, events, remarks};
use crate::engine::scan::Unit;
use crate::engine::session::Session;
use crate::engine::state::{Counts, PartRun, StepRun};
use crate::engine::step::Step;
use crate::stage::{Act, Event, Fault};
use crate::table::Living;
use std::collections::{BTreeMap, BTreeSet};

/// What was done or found, by which rule and key: (`dropped`, `fields.chars`, `clean.fields.text.chars_min`).
pub type Reason = (&'static str, String, String);

/// How often a rule spoke, and of how many samples. What is said of a table as a whole, or of a row that belongs to no
/// sample, is said of none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    pub samples: u64,
    pub times: u64,
}

/// What happened at one or several steps of a table.
#[derive(Default)]
pub struct Tally {
    pub reasons: BTreeMap<Reason, Times>,
    /// Of each kind the samples: by partition, as [`sample_of`] numbers them.
    samples: BTreeMap<&'static str, BTreeMap<String, Vec<u64>>>,
}

impl Tally {
    /// What happened at one step.
    pub fn of(s: &Session, step: &Step, run: &StepRun) -> Result<Tally, Fault> {
        let mut out = Tally::default();
        out.add(s, step, run)?;
        Ok(out)
    }

    /// Adds what happened at a step of the same table.
    pub fn add(&mut self, s: &Session, step: &Step, run: &StepRun) -> Result<(), Fault> {
        let mut heads: BTreeSet<(Reason, String)> = BTreeSet::new();
        for (k, part) in run.parts.iter().enumerate().filter(|(_, p)| p.outcomes.iter().any(|o| o.2.events.is_some())) {
            let mut named: BTreeMap<Reason, Vec<u64>> = BTreeMap::new();
            let mut of_files = Vec::new();
            for e in events(s, part)? {
                let sample = sample_of(step, &e);
                let of_file = is_finding(&e.act) && is_of_file(step, &e.rule);
                let reason = (act_name(&e.act), e.rule, e.key);
                match of_file {
                    true => of_files.push((reason, e.row)),
                    false => named.entry(reason).or_default().push(sample),
                }
            }
            let units = if of_files.is_empty() { Vec::new() } else { units(run, k)? };
            heads.extend(of_files.into_iter().map(|(reason, row)| (reason, name_of(&units, row))));
            for (reason, mut of) in named {
                let times = self.reasons.entry(reason.clone()).or_default();
                times.times += of.len() as u64;
                of.sort_unstable();
                of.dedup();
                times.samples += of.len() as u64;
                let all = self.samples.entry(kind(reason.0)).or_default().entry(part.uid.clone()).or_default();
                all.extend(of);
                all.sort_unstable();
                all.dedup();
            }
        }
        for (reason, _) in heads {
            self.reasons.entry(reason).or_default().times += 1;
        }
        for remark in remarks(run) {
            self.reasons.entry(("finding", remark.rule.clone(), remark.key.clone())).or_default().times += 1;
        }
        if let Some((rule, key)) = step.plan.ports.right.as_ref().and_then(|r| r.unmatched.clone())
            && !run.unmatched.is_empty()
        {
            self.reasons.entry(("finding", rule, key)).or_default().times += run.unmatched.len() as u64;
        }
        Ok(())
    }

    /// The samples of a kind of act, each once.
    pub fn samples(&self, kind: &str) -> u64 {
        self.samples.get(kind).map_or(0, |parts| parts.values().map(|of| of.len() as u64).sum())
    }
}

/// The kind by which samples are counted: a finding that fails the build is a finding.
pub fn kind(act: &'static str) -> &'static str {
    if act == "fail" { "finding" } else { act }
}

/// How many findings a step has: the living samples that it found something at, each once, and what it found of the table
/// as a whole, of rows that belong to no sample, or of files alone.
pub fn findings(s: &Session, step: &Step, run: &StepRun) -> Result<u64, Fault> {
    let mut n = (run.unmatched.len() + remarks(run).len()) as u64;
    let mut heads = BTreeSet::new();
    for (k, part) in run.parts.iter().enumerate() {
        if let Some(known) = known(part) {
            n += known;
            continue;
        }
        let all = events(s, part)?;
        let found: Vec<&Event> = all.iter().filter(|e| is_finding(&e.act)).collect();
        let (of_files, of_samples): (Vec<&Event>, Vec<&Event>) =
            found.into_iter().partition(|e| is_of_file(step, &e.rule));
        n += of_samples.into_iter().map(|e| sample_of(step, e)).collect::<BTreeSet<_>>().len() as u64;
        let units = if of_files.is_empty() { Vec::new() } else { units(run, k)? };
        heads.extend(of_files.into_iter().map(|e| (e.rule.clone(), e.key.clone(), name_of(&units, e.row))));
    }
    Ok(n + heads.len() as u64)
}

/// Rules about the header of a file, which each part of it that is read by itself breaks again.
const HEADS: [&str; 2] = ["column.extra", "column.missing"];

fn is_of_file(step: &Step, rule: &str) -> bool {
    step.plan.scan.is_some() && HEADS.contains(&rule)
}

/// The parts of files that a partition of a reader holds.
fn units(run: &StepRun, k: usize) -> Result<Vec<Unit>, Fault> {
    Ok(run.scanned.as_ref().map(|scanned| scanned.units(k)).transpose()?.unwrap_or_default())
}

fn name_of(units: &[Unit], row: u32) -> String {
    units.get(row as usize).map_or(row.to_string(), Unit::name)
}

/// How many samples of them the manifest says that the build fails of.
pub fn fails(s: &Session, step: &Step, run: &StepRun) -> Result<u64, Fault> {
    let failing = run.parts.iter().filter(|part| part.counts().fails > 0);
    failing.map(|part| distinct(s, step, part, |act| *act == Act::Fail)).sum()
}

fn is_finding(act: &Act) -> bool {
    matches!(act, Act::Finding | Act::Review | Act::Hold | Act::Fail)
}

/// The samples with a finding, if that is known without reading events: no row was dead, and no later kernel found any.
fn known(part: &PartRun) -> Option<u64> {
    let found = |c: &Counts| (c.findings == 0 || c.found > 0).then_some(u64::from(c.found));
    let Some((first, later)) = part.outcomes.split_first() else { return Some(0) };
    let counts = &first.2.counts;
    match part.before.living {
        _ if part.counts().findings == 0 => Some(0),
        Some(Living::All(_)) if later.iter().all(|o| o.2.counts.findings == 0) => found(counts),
        _ => None,
    }
}

fn distinct(s: &Session, step: &Step, part: &PartRun, is: fn(&Act) -> bool) -> Result<u64, Fault> {
    let mut of: Vec<u64> = events(s, part)?.iter().filter(|e| is(&e.act)).map(|e| sample_of(step, e)).collect();
    of.sort_unstable();
    of.dedup();
    Ok(of.len() as u64)
}

/// A number for the sample that an event is about: a row, or of a reader a record of its row.
fn sample_of(step: &Step, e: &Event) -> u64 {
    number(step.plan.ports.into.is_some(), e)
}

fn number(reads_records: bool, e: &Event) -> u64 {
    u64::from(e.row) << 32 | if reads_records { u64::from(e.record) } else { 0 }
}

/// The samples that events find something at, each once.
pub fn found(reads_records: bool, events: &[Event]) -> u32 {
    let is_of_file = |e: &Event| reads_records && HEADS.contains(&e.rule.as_str());
    let found = events.iter().filter(|e| is_finding(&e.act) && !is_of_file(e));
    let mut of: Vec<u64> = found.map(|e| number(reads_records, e)).collect();
    of.sort_unstable();
    of.dedup();
    of.len() as u32
}

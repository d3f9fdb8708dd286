//! What happened at steps, counted in samples. A sample that several rules name, or one rule several times, counts once;
//! each rule says beside that how many samples it names, and how many times.
use super::said::{act_name, events, remarks};
use crate::engine::session::Session;
use crate::engine::state::{Counts, PartRun, StepRun};
use crate::engine::step::Step;
use crate::stage::{Act, Event, Fault};
use crate::table::Living;
use std::collections::BTreeMap;

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
        for part in run.parts.iter().filter(|p| p.outcomes.iter().any(|o| o.2.events.is_some())) {
            let mut named: BTreeMap<Reason, Vec<u64>> = BTreeMap::new();
            for e in events(s, part)? {
                let sample = sample_of(step, &e);
                named.entry((act_name(&e.act), e.rule, e.key)).or_default().push(sample);
            }
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
/// as a whole or of rows that belong to no sample.
pub fn findings(s: &Session, step: &Step, run: &StepRun) -> Result<u64, Fault> {
    let mut n = (run.unmatched.len() + remarks(run).len()) as u64;
    for part in &run.parts {
        n += match known(part) {
            Some(n) => n,
            None => distinct(s, step, part, is_finding)?,
        };
    }
    Ok(n)
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
    let mut of: Vec<u64> = events.iter().filter(|e| is_finding(&e.act)).map(|e| number(reads_records, e)).collect();
    of.sort_unstable();
    of.dedup();
    of.len() as u32
}

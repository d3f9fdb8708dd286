//! Facts and gates: named numbers of steps, and bounds that the manifest sets on them.
use super::ledger::{self, Tally};
use super::lost::{self, MANY};
use super::open;
use super::session::Session;
use super::state::{Built, PartRun, StepRun};
use super::step::Step;
use crate::diag::suggest;
use crate::manifest::{Decimal, Threshold};
use crate::stage::{Fact, Fault, Gate};

/// A gate with what it measured.
#[derive(Clone, Debug)]
pub struct Judged {
    pub gate: Gate,
    pub got: Fact,
    pub pass: bool,
    /// The fact that is told beside, where the gate names one and does not hold.
    pub beside: Option<Fact>,
}

impl Judged {
    pub fn want(&self) -> String {
        Threshold { min: self.gate.min, max: self.gate.max }.to_string()
    }
}

/// The step that gives a fact: the one with the longest name that the fact's name begins with.
pub fn giver(steps: &[Step], name: &str) -> Option<usize> {
    let fits = |(_, step): &(usize, &Step)| name.strip_prefix(&step.name).is_some_and(|r| r.starts_with('.'));
    steps.iter().enumerate().filter(fits).max_by_key(|(_, step)| step.name.len()).map(|(i, _)| i)
}

/// A fact by its full name; undefined if no step gives it.
pub fn fact_or_none(s: &Session, built: &Built, name: &str) -> Result<Fact, Fault> {
    Ok(fact(s, built, name)?.unwrap_or_else(|| Fact::Undefined(unknown(s, built, name))))
}

/// Why there is no such fact, with the name that was perhaps meant.
fn unknown(s: &Session, built: &Built, name: &str) -> String {
    let Some(i) = giver(s.steps, name) else { return "no step gives it".into() };
    let own = name.get(s.steps[i].name.len() + 1..).unwrap_or_default();
    let known = built.runs[i].facts.keys().map(String::as_str).chain(EVERY_STEP);
    format!("{} gives no fact `{own}`; {}", s.steps[i].name, suggest(own, known))
}

/// A fact by its full name, `STEP.NAME`: a stage's own, or one that every step has (`samples`, `findings`, `fails`,
/// `dropped`, `held`, `given`, `rejected`, `rejected_share`, `rejected_share_of_many`, `files_lost`,
/// `files_lost_by_name`, `found.RULE`: samples that a rule of findings named; of a step that opens pictures `unread.NAME`, `unread_share.NAME`, `unread_over.NAME`; of the choice of a release `waiting`, its samples that wait for a decision; of a join `unmatched_share`, and `lost_share`, which counts what findings are told of, too).
/// `None`: no step gives it.
pub fn fact(s: &Session, built: &Built, name: &str) -> Result<Option<Fact>, Fault> {
    let given = giver(s.steps, name).and_then(|i| Some((s.steps.get(i)?, built.runs.get(i)?)));
    let Some((step, run)) = given else { return Ok(None) };
    let own = name.get(step.name.len() + 1..).unwrap_or_default();
    if run.skipped || run.fault.is_some() {
        return Ok(Some(Fact::Undefined("the step did not run".into())));
    }
    match run.facts.get(own) {
        Some(fact) => Ok(Some(fact.clone())),
        None => of_every_step(s, built, step, run, own),
    }
}

/// Names of facts that every step has and that a goal may ask for.
const EVERY_STEP: [&str; 8] =
    ["samples", "findings", "fails", "dropped", "held", "given", "rejected", "rejected_share"];

/// A fact that every step has.
fn of_every_step(s: &Session, built: &Built, step: &Step, run: &StepRun, own: &str) -> Result<Option<Fact>, Fault> {
    if let Some((fact, source)) = own.split_once('.').filter(|(fact, _)| fact.starts_with("unread")) {
        return unread(s, built, (step, run), fact, source);
    }
    if let Some(rule) = own.strip_prefix("found.") {
        let tally = Tally::of(s, step, run)?;
        let of = tally.reasons.iter().filter(|((_, own, _), _)| own == rule);
        return Ok(Some(of.map(|(_, times)| times.samples.max(times.times.min(1))).sum::<u64>().into()));
    }
    let dead = |bin| run.parts.iter().flat_map(|p| &p.dead).filter(|d| d.1 == bin).count() as u64;
    let sum = |f: fn(&super::state::Counts) -> u32| run.parts.iter().map(|p| u64::from(f(&p.counts()))).sum::<u64>();
    let records: u64 = run.parts.iter().filter_map(|p| p.records).sum();
    // a dropped record that took lines of its file with it counts for each of them, and an empty row for none
    let (more, empty) = if own.starts_with("rejected") { lost::weighed(s, run)? } else { (0, 0) };
    let records = (records + more).saturating_sub(empty);
    let rejected = || if step.plan.ports.into.is_some() { (sum(|c| c.drops) + more).saturating_sub(empty) } else { 0 };
    let born =
        |p: &PartRun| p.outcomes.iter().filter_map(|o| o.2.born.as_ref()).map(|b| u64::from(b.rows)).sum::<u64>();
    let given = || run.parts.iter().map(born).sum::<u64>();
    Ok(Some(match own {
        "findings" => ledger::findings(s, step, run)?.into(),
        "fails" => ledger::fails(s, step, run)?.into(),
        "dropped" => dead(super::state::Bin::Dropped).into(),
        "held" => dead(super::state::Bin::Held).into(),
        "given" => given().into(),
        "rejected" => rejected().into(),
        // of fewer than ten rejected records nobody can say that the source as a whole is read wrongly
        "rejected_share_of_many" if rejected() < MANY => Fact::Int(0),
        "rejected_share_of_many" => share(rejected(), records),
        // for the provenance of a release; no gate stands on it
        "scanned" => match &run.scanned {
            Some(of) => Fact::Table {
                columns: ["files", "bytes", "blake3"].map(String::from).to_vec(),
                rows: vec![vec![of.files.to_string(), of.bytes.to_string(), of.digest.hex()]],
            },
            None => return Ok(None),
        },
        "waiting" => {
            match step.name.strip_suffix("/select").map(|marker| open::waiting(s, built, marker)).transpose()? {
                Some(Some(n)) => n.into(),
                Some(None) => Fact::Undefined("which samples it holds is not known".into()),
                None => return Ok(None),
            }
        }
        "files_lost" => lost::files(s, step, run)?.0.into(),
        "files_lost_by_name" => lost::by_name(s, step, run)?,
        "rejected_share" if records == 0 => Fact::Undefined("there are no records".into()),
        "rejected_share" => share(rejected(), records),
        "unmatched_share" | "lost_share" => {
            let right = step.plan.ports.right.as_ref().and_then(|right| built.tables.get(&right.table));
            let rows = right.map_or(0, |t| t.parts.iter().map(|p| u64::from(p.alive())).sum::<u64>());
            let told = if own == "lost_share" { sum(|c| c.findings) } else { 0 };
            // of one row several things may be told
            let lost = (run.unmatched.len() as u64 + told).min(rows);
            if rows == 0 { Fact::Int(0) } else { share(lost, rows) }
        }
        "samples" => built
            .tables
            .get(step.plan.ports.into.as_ref().unwrap_or(&step.plan.ports.table))
            .map_or(0, |t| t.parts.iter().map(|p| u64::from(p.alive())).sum::<u64>())
            .into(),
        _ => return Ok(None),
    }))
}

/// Pictures of a source that a step could not read, with what was rejected while the source was read.
fn unread(s: &Session, built: &Built, of: (&Step, &StepRun), fact: &str, source: &str) -> Result<Option<Fact>, Fault> {
    let (unread, rules) = lost::unread(s, built, of, source)?;
    let path = format!("collect.{source}");
    let own = |step: &Step| step.path == path && step.plan.ports.into.is_some() && step.plan.scan.is_some();
    let (mut records, mut rejected) = (0, 0);
    for (_, run) in s.steps.iter().zip(&built.runs).filter(|(step, _)| own(step)) {
        records += run.parts.iter().filter_map(|p| p.records).sum::<u64>();
        rejected += run.parts.iter().map(|p| u64::from(p.counts().drops)).sum::<u64>();
    }
    let all = if unread == 0 { 0 } else { unread + rejected };
    Ok(Some(match fact {
        "unread" => all.into(),
        "unread_share" => share(all, records.max(1)),
        "unread_over" if all < MANY || all * 10 <= records => Fact::Int(0),
        "unread_over" => Fact::Undefined(format!("{unread} of {records} pictures: {rules}")),
        _ => return Ok(None),
    }))
}

/// To six decimals, rounded up, so that a limit on it is never passed by rounding.
fn share(n: u64, of: u64) -> Fact {
    let millionths = (u128::from(n) * 1_000_000).div_ceil(u128::from(of));
    Fact::Decimal(format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000))
}

/// Measures a gate; a fact that is undefined or that nobody gives does not pass.
pub fn judge(s: &Session, built: &Built, gate: &Gate) -> Result<Judged, Fault> {
    let got = fact_or_none(s, built, &gate.fact)?;
    let value = match &got {
        Fact::Int(i) => Some(Decimal::from(*i)),
        Fact::Decimal(d) => Decimal::parse(d).ok(),
        Fact::Undefined(_) | Fact::Table { .. } => None,
    };
    let pass = value.is_some_and(|v| gate.min.is_none_or(|m| v >= m) && gate.max.is_none_or(|m| v <= m));
    let beside = gate.beside.as_ref().filter(|_| !pass).map(|name| fact_or_none(s, built, name)).transpose()?;
    Ok(Judged { gate: gate.clone(), got, pass, beside })
}

//! Where samples went: how many each step kept, and every loss with the key responsible.
use super::seen::Seen;
use crate::engine::ledger::{self, Balance};
use crate::engine::state::{Bin, PartRun, StepRun};
use crate::engine::step::Step;
use crate::engine::told::Answer;
use crate::stage::{Act, Event, Fact, Fault};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Flow {
    /// Records that the scan found.
    pub collected: u64,
    /// In the order of the steps; those that can lose nothing are left out.
    pub rungs: Vec<Rung>,
    /// By release; under `-` where none is declared.
    pub balance: BTreeMap<String, Balance>,
}

/// What a step kept and lost.
#[derive(Serialize, schemars::JsonSchema, Debug)]
pub struct Rung {
    pub step: String,
    /// Samples behind the step; of a source, the samples that it gave.
    pub kept: u64,
    pub lost: u64,
    /// It is a source: what it kept adds to the samples of the sources before it.
    pub source: bool,
    pub losses: Vec<Loss>,
}

#[derive(Serialize, schemars::JsonSchema, Debug)]
pub struct Loss {
    /// `dropped`, `merged` or `held`.
    pub how: &'static str,
    pub rule: String,
    pub key: String,
    /// Of the manifest; 0 where the key has none.
    pub line: usize,
    pub samples: u64,
}

type Losses = BTreeMap<(&'static str, String, String), u64>;

pub fn of(seen: &Seen) -> Result<Flow, Fault> {
    let mut out = Flow::default();
    for (step, run) in seen.s.steps.iter().zip(&seen.built.runs).filter(|(_, run)| run.answer() == Answer::Fresh) {
        let into = step.plan.ports.into.as_deref() == Some("samples");
        if into {
            out.collected += run.parts.iter().filter_map(|p| p.records).sum::<u64>();
        } else if step.plan.ports.table != "samples" || !step.plan.ports.drops {
            continue;
        }
        let mut losses = Losses::new();
        for part in &run.parts {
            if into { rejected(seen, part, &mut losses)? } else { left(seen, part, &mut losses)? }
        }
        let lost = losses.values().sum();
        let kept = if into { given(run) } else { kept(run) };
        out.rungs.push(rung(seen, step, (kept, lost), losses));
    }
    let balance = |released| ledger::balance(seen.s.steps, seen.built, "samples", released);
    for (step, run) in seen.s.steps.iter().zip(&seen.built.runs) {
        if let (Some(name), Some(Fact::Int(n))) = (&step.plan.folder, run.facts.get("samples")) {
            let released = u64::try_from(*n).unwrap_or(0);
            out.balance.insert(name.clone(), balance(released));
        }
    }
    // of a build that stopped before its end nobody knows how many samples live
    if out.balance.is_empty() && seen.built.fresh() {
        out.balance.insert("-".into(), balance(0));
    }
    Ok(out)
}

fn rung(seen: &Seen, step: &Step, (kept, lost): (u64, u64), losses: Losses) -> Rung {
    let mut losses: Vec<Loss> = losses
        .into_iter()
        .map(|((how, rule, key), samples)| Loss { how, rule, line: seen.line(&key), key, samples })
        .collect();
    losses.sort_by_key(|loss| std::cmp::Reverse(loss.samples)); // equal ones stay in the order of their names
    Rung { step: step.name.clone(), kept, lost, source: step.plan.ports.into.is_some(), losses }
}

fn given(run: &StepRun) -> u64 {
    let born =
        |p: &PartRun| p.outcomes.iter().filter_map(|o| o.2.born.as_ref()).map(|b| u64::from(b.rows)).sum::<u64>();
    run.parts.iter().map(born).sum()
}

fn kept(run: &StepRun) -> u64 {
    let left = |p: &PartRun| u64::from(p.before.alive()).saturating_sub(p.dead.len() as u64);
    run.parts.iter().map(left).sum()
}

/// Records that a reader dropped, each for the first reason that it gave.
fn rejected(seen: &Seen, part: &PartRun, out: &mut Losses) -> Result<(), Fault> {
    if part.outcomes.iter().all(|o| o.2.counts.drops == 0) {
        return Ok(());
    }
    let events = ledger::events(seen.s, part)?;
    for e in events.iter().filter(|e| matches!(e.act, Act::Drop { .. })) {
        *out.entry(("dropped", e.rule.clone(), e.key.clone())).or_default() += 1;
    }
    Ok(())
}

/// Rows that died at a step, each for the event that decided it.
fn left(seen: &Seen, part: &PartRun, out: &mut Losses) -> Result<(), Fault> {
    if part.dead.is_empty() {
        return Ok(());
    }
    let events = ledger::events(seen.s, part)?;
    let mut of: BTreeMap<u32, Vec<&Event>> = BTreeMap::new();
    events.iter().for_each(|e| of.entry(e.row).or_default().push(e));
    for (row, bin) in part.dead.iter().filter(|d| d.1 != Bin::Sampled) {
        let e = of.get(row).and_then(|own| ledger::decisive(own, *bin));
        let (rule, key) = e.map(|e| (e.rule.clone(), e.key.clone())).unwrap_or_default();
        *out.entry((ledger::bin_name(*bin), rule, key)).or_default() += 1;
    }
    Ok(())
}

//! The walk over the steps, in registry order. A plan and a build are the same walk: a plan looks every key up and
//! leaves unknown what a kernel would have to say; a build runs exactly what the look-up did not find.
//!
//! `turn` holds what all kinds of step share; each kind has a room of its own.
mod join;
mod regroup;
mod row;
mod turn;
mod whole;

use super::gate;
use super::graph::Graph;
use super::scan;
use super::session::Session;
use super::state::{Built, Mode, Partition, StepRun, Tables};
use super::step::Step;
use super::told::{Answer, Sink};
use crate::stage::{Fact, Fault, Kernels};
use std::collections::{BTreeMap, BTreeSet};
use turn::Turn;

/// How the walk goes on after a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    Go,
    /// A gate failed or a file could not be read: what depends on the step is skipped. The rest runs, so that one build
    /// tells every mistake that it can find.
    Without,
    /// All that is left is skipped.
    Stop,
}

/// Walks the steps. After each, `judge` says how to go on.
pub fn walk(
    s: &Session,
    mode: Mode,
    wanted: &BTreeSet<usize>,
    sink: Sink,
    judge: &mut dyn FnMut(usize, &Built) -> Next,
) -> Built {
    let mut built = Built::default();
    let mut stopped = false;
    let mut missing = Missing { steps: s.steps, graph: None, of: BTreeSet::new() };
    for (i, step) in s.steps.iter().enumerate() {
        let skipped = stopped || !wanted.contains(&i) || missing.touches(i);
        let mut run = StepRun { skipped, ..StepRun::default() };
        if !run.skipped {
            let facts = facts(s, step, &built);
            let turn = facts.map(|facts| Turn { s, mode, wanted, i, step, sink, facts });
            let done = turn.and_then(|turn| take(&turn, &mut built.tables, &mut run));
            run.fault = done.err();
            run.settled = mode == Mode::Build;
            if run.fault.is_some() {
                unknown_from(step, &mut built.tables);
                run.may = true;
            }
        }
        built.runs.push(run);
        match if skipped { Next::Go } else { judge(i, &built) } {
            Next::Go => {}
            Next::Without => missing.add(i),
            Next::Stop => stopped = true,
        }
    }
    built
}

/// The steps that failed, with all that depends on them.
struct Missing<'s> {
    steps: &'s [Step],
    /// Made at the first failure.
    graph: Option<Graph>,
    of: BTreeSet<usize>,
}

impl Missing<'_> {
    fn add(&mut self, i: usize) {
        self.graph.get_or_insert_with(|| Graph::new(self.steps));
        self.of.insert(i);
    }

    /// Whether a step depends on one that is missing; then it is missing too.
    fn touches(&mut self, i: usize) -> bool {
        let Some(graph) = &self.graph else { return false };
        let touches = graph.sources(i).iter().any(|source| self.of.contains(&source.0));
        if touches {
            self.of.insert(i);
        }
        touches
    }
}

/// The facts that a step reads; `None` if one is not known before another step has run.
fn facts(s: &Session, step: &Step, built: &Built) -> Result<Option<BTreeMap<String, Fact>>, Fault> {
    let of = |name: &String| {
        let giver = gate::giver(&s.steps[..built.runs.len()], name).and_then(|i| built.runs.get(i));
        let known = giver.is_none_or(|run| run.answer() == Answer::Fresh || run.settled);
        known.then(|| Ok((name.clone(), gate::fact_or_none(s, built, name)?))).transpose()
    };
    step.plan.ports.facts.iter().map(of).collect()
}

/// What a step that failed would have written is unknown.
fn unknown_from(step: &Step, tables: &mut Tables) {
    let ports = &step.plan.ports;
    if let Some(into) = &ports.into {
        tables.entry(into.clone()).or_default().parts.push(Partition::unknown(step.name.clone()));
    }
    for part in tables.get_mut(&ports.table).map(|t| t.parts.iter_mut()).into_iter().flatten() {
        if ports.into.is_none() {
            part.columns.extend(ports.writes.iter().map(|w| (w.0.clone(), None)));
            part.living = part.living.take().filter(|_| !ports.drops && !ports.bears);
        }
    }
}

/// A step's turn: what it reads from outside becomes tables, then it goes as its kind goes.
fn take(turn: &Turn, tables: &mut Tables, run: &mut StepRun) -> Result<(), Fault> {
    for (path, digest, len) in &turn.step.plan.files {
        turn.s.know_file(&scan::Unit::whole(path, *digest, *len));
    }
    if let Some(literal) = &turn.step.plan.literal {
        turn.literal(literal, tables);
    }
    if let Some(source) = &turn.step.plan.scan {
        let scanned = turn.s.scan(turn.i, source)?;
        turn.s.go_on()?;
        turn.units(&scanned, &source.table, tables);
        run.scanned = Some(scanned);
    }
    match turn.step.entry.kernels {
        Kernels::Row { .. } => turn.row(tables, run),
        Kernels::Join { .. } => turn.join(tables, run),
        Kernels::Whole { .. } => turn.whole(tables, run),
        Kernels::Regroup => turn.regroup(tables, run),
    }
}

//! What was done: the steps, what they read from each other, and the parameters that differ from their defaults.
use super::seen::Seen;
use crate::engine::graph::Graph;
use crate::engine::ledger;
use crate::engine::state::StepRun;
use crate::stage::{Fault, Kernel};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Serialize, Debug, Default)]
pub struct Pipeline {
    pub steps: Vec<Node>,
    pub edges: Vec<Edge>,
}

#[derive(Serialize, Debug)]
pub struct Node {
    pub step: String,
    /// The table of dataset.toml that it comes from, and its line.
    pub path: String,
    pub line: usize,
    /// `built`, `skipped` or `failed`.
    pub state: &'static str,
    pub findings: u64,
    /// Parameters that differ from their defaults, as JSON; those that hold paths or names of files are in it too.
    pub parameters: String,
}

/// A step reads what another one wrote.
#[derive(Serialize, Debug)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    /// The columns, or `*` where it must know which rows are left.
    pub columns: String,
}

pub fn of(seen: &Seen) -> Result<Pipeline, Fault> {
    let mut out = Pipeline::default();
    let graph = Graph::new(seen.s.steps);
    for (i, (step, run)) in seen.s.steps.iter().zip(&seen.built.runs).enumerate() {
        let findings = if run.skipped { 0 } else { ledger::findings(seen.s, step, run)? };
        let of = [Kernel::Map, Kernel::Gather, Kernel::Apply].map(|k| step.plan.params(k));
        let told: Vec<&str> = of.into_iter().filter(|p| !matches!(*p, "{}" | "null" | "")).collect();
        out.steps.push(Node {
            step: step.name.clone(),
            path: step.path.clone(),
            line: seen.line(&step.path),
            state: state(run),
            findings,
            parameters: told.join(" "),
        });
        let mut from: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        graph.sources(i).into_iter().for_each(|(from_step, why)| from.entry(from_step).or_default().push(why));
        out.edges.extend(from.into_iter().map(|(from, why)| Edge { from, to: i, columns: why.join(", ") }));
    }
    Ok(out)
}

fn state(run: &StepRun) -> &'static str {
    match run {
        run if run.fault.is_some() => "failed",
        run if run.skipped || (run.runs > 0 && run.parts.iter().any(|p| p.outcomes.is_empty())) => "skipped",
        _ => "built",
    }
}

/// A graph to be drawn: boxes in layers.
#[derive(Debug, Default)]
pub struct Drawn {
    /// What stands in a box, the index of its first step, and its layer and place there.
    pub boxes: Vec<(String, usize, usize, usize)>,
    /// Between boxes by their numbers.
    pub lines: Vec<(usize, usize)>,
}

/// Steps of one table are one box where there are more steps than this.
const SINGLE: usize = 60;

impl Pipeline {
    /// Layers by the longest path from the sources.
    pub fn drawn(&self) -> Drawn {
        let folded = self.steps.len() > SINGLE;
        let mut number: BTreeMap<&str, usize> = BTreeMap::new();
        let mut names: Vec<(&str, usize)> = Vec::new();
        let mut own = Vec::new();
        for (i, node) in self.steps.iter().enumerate() {
            let name = if folded { node.path.as_str() } else { node.step.as_str() };
            let n = *number.entry(name).or_insert_with(|| {
                names.push((name, i));
                names.len() - 1
            });
            own.push(n);
        }
        let at = |i: usize| own.get(i).copied().unwrap_or(0);
        let lines: BTreeSet<(usize, usize)> =
            self.edges.iter().map(|e| (at(e.from), at(e.to))).filter(|(a, b)| a != b).collect();
        // the steps stand in an order in which each reads from earlier ones alone; folded tables may read from each other
        let mut layer = vec![0usize; names.len()];
        for _ in 0..if folded { 2 } else { 1 } {
            for e in &self.edges {
                let (a, b) = (at(e.from), at(e.to));
                let before = layer.get(a).copied().unwrap_or(0);
                if let Some(own) = layer.get_mut(b).filter(|_| a < b) {
                    *own = (*own).max(before + 1);
                }
            }
        }
        let mut filled: BTreeMap<usize, usize> = BTreeMap::new();
        let place = |((name, first), layer): (&(&str, usize), &usize)| {
            let place = filled.entry(*layer).or_default();
            *place += 1;
            (name.to_string(), *first, *layer, *place - 1)
        };
        Drawn { boxes: names.iter().zip(&layer).map(place).collect(), lines: lines.into_iter().collect() }
    }
}

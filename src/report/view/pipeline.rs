//! What was done: the steps, what they read from each other, and the parameters that differ from their defaults.
use super::seen::Seen;
use crate::engine::graph::Graph;
use crate::engine::ledger;
use crate::engine::state::StepRun;
use crate::engine::told::Answer;
use crate::stage::{Fault, Kernel};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Pipeline {
    pub steps: Vec<Node>,
    pub edges: Vec<Edge>,
}

#[derive(Serialize, schemars::JsonSchema, Debug)]
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
#[derive(Serialize, schemars::JsonSchema, Debug)]
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
        let findings = if state(run) != "built" { 0 } else { ledger::findings(seen.s, step, run)? };
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
    match run.answer() {
        _ if run.fault.is_some() => "failed",
        Answer::Fresh if !run.skipped => "built",
        _ => "skipped",
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
        Drawn { boxes: names.iter().zip(&layer).map(place).collect(), lines: direct(&lines, names.len()) }
    }
}

/// The lines without those that other lines lead along as well.
fn direct(lines: &BTreeSet<(usize, usize)>, boxes: usize) -> Vec<(usize, usize)> {
    let mut to: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); boxes];
    // all that each box leads to, from the last one on; of folded tables lines may lead back, and are drawn as they are
    for (a, b) in lines.iter().rev().filter(|(a, b)| a < b) {
        let beyond = to.get(*b).cloned().unwrap_or_default();
        if let Some(own) = to.get_mut(*a) {
            own.insert(*b);
            own.extend(beyond);
        }
    }
    let detour = |a: usize, b: usize| {
        let next = lines.range((a, 0)..(a + 1, 0)).map(|l| l.1).filter(|n| *n != b && *n > a);
        next.into_iter().any(|n| to.get(n).is_some_and(|t| t.contains(&b)))
    };
    lines.iter().copied().filter(|(a, b)| a > b || !detour(*a, *b)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_drawn_where_no_other_way_leads() {
        let lines = [(0, 1), (1, 2), (0, 2), (2, 3), (0, 3), (1, 3), (3, 1)].into();
        assert_eq!(direct(&lines, 4), [(0, 1), (1, 2), (2, 3), (3, 1)]);
    }
}

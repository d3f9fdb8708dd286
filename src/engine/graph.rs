//! The graph of the steps, made of their ports alone (owner of petgraph): each step reads the last writer, in registry
//! order, of each column it reads; a step that counts rows depends on every step that may drop some.
use super::step::Step;
use crate::stage::{Kernel, Kernels};
use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{BTreeMap, BTreeSet};

/// Steps as nodes, reasons as edges: the column, or `*` for living rows.
pub struct Graph {
    graph: DiGraph<usize, String>,
    nodes: Vec<NodeIndex>,
}

impl Graph {
    pub fn new(steps: &[Step]) -> Graph {
        let mut graph = DiGraph::new();
        let nodes: Vec<NodeIndex> = (0..steps.len()).map(|i| graph.add_node(i)).collect();
        let mut writers: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
        for (i, step) in steps.iter().enumerate() {
            let mut sources: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
            for (table, column) in reads(step) {
                for writer in writers.get(&(table, column.clone())).into_iter().flatten() {
                    sources.entry(*writer).or_default().insert(column.clone());
                }
            }
            for fact in &step.plan.ports.facts {
                let giver = (0..i).filter(|g| gives(&steps[*g], fact)).max_by_key(|g| steps[*g].name.len());
                if let Some(giver) = giver {
                    sources.entry(giver).or_default().insert(fact.clone());
                }
            }
            for (from, columns) in sources {
                let reason = columns.into_iter().collect::<Vec<_>>().join(" ");
                graph.add_edge(nodes[from], nodes[i], reason);
            }
            for (table, column, adds) in writes(step) {
                let of = writers.entry((table, column)).or_default();
                if !adds {
                    of.clear();
                }
                of.push(i);
            }
        }
        Graph { graph, nodes }
    }

    /// The steps given and all that they depend on.
    pub fn needed(&self, of: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let mut out = BTreeSet::new();
        let mut open: Vec<usize> = of.into_iter().collect();
        while let Some(i) = open.pop() {
            if out.insert(i) {
                open.extend(self.sources(i).into_iter().map(|s| s.0));
            }
        }
        out
    }

    /// What a step reads, and from whom, in order.
    pub fn sources(&self, i: usize) -> Vec<(usize, String)> {
        let Some(node) = self.nodes.get(i) else { return Vec::new() };
        let edges = self.graph.edges_directed(*node, Direction::Incoming);
        let mut out: Vec<(usize, String)> =
            edges.map(|e| (self.graph[petgraph::visit::EdgeRef::source(&e)], e.weight().clone())).collect();
        out.sort();
        out
    }
}

/// Whether a fact's name is one of this step's.
fn gives(step: &Step, fact: &str) -> bool {
    fact.strip_prefix(&step.name).is_some_and(|rest| rest.starts_with('.'))
}

/// (table, column) pairs that a step depends on.
fn reads(step: &Step) -> Vec<(String, String)> {
    let ports = &step.plan.ports;
    let own = |c: &String| (ports.table.clone(), c.clone());
    let mut out: Vec<_> = match &step.plan.regroup {
        Some(r) => {
            let columns = ports.reads.iter().chain(&r.by).chain(&r.only);
            columns.map(|c| (r.table.clone(), c.clone())).collect()
        }
        None => ports.reads.iter().chain(&ports.apply_reads).map(own).collect(),
    };
    if let Some(r) = &ports.right {
        out.push(own(&r.on));
        out.extend(r.reads.iter().chain([&r.key, &"*".to_string()]).map(|c| (r.table.clone(), c.clone())));
    }
    if counts_rows(step) {
        let table = step.plan.regroup.as_ref().map_or(&ports.table, |r| &r.table);
        out.push((table.clone(), "*".into()));
    }
    // the rows themselves: every step needs whoever bore them
    let table = step.plan.regroup.as_ref().map_or(&ports.table, |r| &r.table);
    out.push((table.clone(), "id".into()));
    out
}

/// (table, column, whether other writers stay) that a step gives.
fn writes(step: &Step) -> Vec<(String, String, bool)> {
    let ports = &step.plan.ports;
    let bears = ports.into.is_some();
    let table = ports.into.as_ref().unwrap_or(&ports.table);
    let mut out: Vec<_> = ports.writes.iter().map(|w| (table.clone(), w.0.clone(), bears)).collect();
    if bears || ports.bears {
        out.push((table.clone(), "id".into(), true));
    }
    if step.plan.regroup.is_some() {
        out.extend(ports.reads.iter().chain([&"id".to_string()]).map(|c| (table.clone(), c.clone(), false)));
    }
    if ports.drops || bears || ports.bears {
        out.push((table.clone(), "*".into(), true));
    }
    out
}

/// Whether a step's result depends on which rows live.
fn counts_rows(step: &Step) -> bool {
    let whole = matches!(step.entry.kernels, Kernels::Whole { .. } | Kernels::Regroup);
    whole || step.maps_living() || step.entry.card.has(Kernel::Gather)
}

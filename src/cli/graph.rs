//! `tamis graph`
use super::project::{Failure, Project};
use super::{Context, json, say};
use crate::engine::graph::Graph;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(clap::Args)]
pub struct Args {
    /// How it is written
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// One JSON object
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

/// What `--json` says.
#[derive(Serialize, JsonSchema)]
pub struct Told {
    /// In the order in which they run.
    steps: Vec<Node>,
}

#[derive(Serialize, JsonSchema)]
struct Node {
    name: String,
    /// The line of dataset.toml that declares it.
    line: usize,
    reads: Vec<Edge>,
}

/// A step whose result another one reads.
#[derive(Serialize, JsonSchema)]
struct Edge {
    step: String,
    /// The column or fact that is read; `*` where only samples that are dropped matter.
    why: String,
}

#[derive(clap::ValueEnum, Clone, Copy)]
enum Format {
    Text,
    Mermaid,
    Dot,
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let project = Project::open(c.dir.as_deref())?;
    let steps = &project.assembled.steps;
    let graph = Graph::new(steps);
    let edges = || (0..steps.len()).flat_map(|i| graph.sources(i).into_iter().map(move |(from, why)| (from, i, why)));
    if args.json {
        let reads = |i| graph.sources(i).into_iter();
        let edge = |(from, why): (usize, String)| Some(Edge { step: steps.get(from)?.name.clone(), why });
        let line = |i: usize| steps.get(i).map_or(0, |s| project.manifest.line(s.span.start));
        let node = |(i, name)| Node { name, line: line(i), reads: reads(i).filter_map(edge).collect() };
        json(&Told { steps: steps.iter().map(|s| s.name.clone()).enumerate().map(node).collect() });
        return Ok(0);
    }
    let mut out = String::new();
    match args.format {
        Format::Text => {
            for (i, step) in steps.iter().enumerate() {
                out.push_str(&format!("{}\n", step.name));
                for (from, why) in graph.sources(i) {
                    out.push_str(&format!("    {:<28} {why}\n", steps[from].name));
                }
            }
        }
        Format::Mermaid => {
            out.push_str("flowchart LR\n");
            steps.iter().enumerate().for_each(|(i, s)| out.push_str(&format!("  s{i}[\"{}\"]\n", s.name)));
            edges().for_each(|(a, b, why)| out.push_str(&format!("  s{a} -->|\"{why}\"| s{b}\n")));
        }
        Format::Dot => {
            out.push_str("digraph tamis {\n  rankdir=LR;\n  node [shape=box];\n");
            steps.iter().enumerate().for_each(|(i, s)| out.push_str(&format!("  s{i} [label=\"{}\"];\n", s.name)));
            edges().for_each(|(a, b, why)| out.push_str(&format!("  s{a} -> s{b} [label=\"{why}\"];\n")));
            out.push_str("}\n");
        }
    }
    say(&out);
    Ok(0)
}

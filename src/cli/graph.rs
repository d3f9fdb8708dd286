//! `tamis graph`
use super::project::{Failure, Project};
use super::{Context, say};
use crate::engine::graph::Graph;

#[derive(clap::Args)]
pub struct Args {
    /// How it is written
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
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

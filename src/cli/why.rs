//! `tamis why STEP`
use super::project::{Failure, Options, Project};
use super::{Context, say};
use crate::engine::build::Mode;
use crate::engine::event::Answer;
use crate::engine::graph::Graph;
use crate::engine::record::Record;
use crate::engine::why::{self, Why};
use crate::report::terminal::{number, plural};
use crate::report::why::{changed, values_shown};

#[derive(clap::Args)]
pub struct Args {
    /// The step, as `tamis graph` names it
    step: String,
    /// Show values that hold personal data
    #[arg(long)]
    raw: bool,
    /// Records to a partition on average; for tests
    #[arg(long, hide = true, default_value_t = 4096, value_name = "N")]
    partition_target: usize,
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let project = Project::open(c.dir.as_deref())?;
    let options = Options { target: args.partition_target.max(2), ..Options::default() };
    let wanted = project.wanted(std::slice::from_ref(&args.step))?;
    let steps = &project.assembled.steps;
    let named = |i: &usize| steps[*i].name == args.step;
    let last = *wanted
        .iter()
        .rev()
        .find(|i| named(i))
        .or(wanted.last())
        .ok_or_else(|| Failure::Usage("no such step".into()))?;
    let record = Record::load(&project.world);
    // what a masking step reads is raw although what it writes is not: with [privacy] values are shown on request alone
    let private = project.manifest.table(&["privacy"]).is_some();
    let graph = Graph::new(steps);
    let text = project.look(&options, Mode::Look, |s, built| {
        let mut out = String::new();
        let mut i = last;
        let mut seen = std::collections::BTreeSet::new();
        // a step that waits for another is explained by that one
        while seen.insert(i) {
            let w = why::why(s, built, i, record.as_ref());
            let raw = private && !args.raw;
            out.push_str(&told(&steps[i].name, built.runs[i].answer(), built.runs[i].runs, &w, values_shown(raw)));
            let earlier =
                graph.sources(i).into_iter().map(|e| e.0).filter(|e| built.runs[*e].answer() != Answer::Fresh);
            match earlier.min() {
                Some(next) if !w.new && (w.unknown || w.nothing()) => {
                    out.push_str(&format!("because of {}:\n", steps[next].name));
                    i = next;
                }
                _ => break,
            }
        }
        out
    })?;
    say(&text);
    Ok(0)
}

fn told(step: &str, answer: Answer, runs: usize, w: &Why, values: bool) -> String {
    if w.new {
        return format!("{step} would run: it was never built here\n");
    }
    let head = match answer {
        Answer::Fresh => format!("{step} is fresh\n"),
        Answer::May => format!("{step} may run, after what it reads\n"),
        Answer::Runs if w.heads.is_empty() => {
            format!("{step} would run on {} of {}, because\n", number(runs as u64), plural(w.of as u64, "partition"))
        }
        Answer::Runs => format!("{step} would run, because\n"),
    };
    head + &changed(w, values)
}

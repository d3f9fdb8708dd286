//! `tamis why STEP`
use super::project::{Failure, Options, Project};
use super::{Context, say};
use crate::engine::Step;
use crate::engine::graph::Graph;
use crate::engine::record::Record;
use crate::engine::state::{Mode, StepRun};
use crate::engine::told::Answer;
use crate::engine::why::{self, Why};
use crate::report::terminal::{number, plural};
use crate::report::why::{changed, values_shown};
use crate::stage::{Fault, Kernel};

/// Rows are compared of at most so many partitions; where more changed, that is told alone.
const MOST: usize = 512;

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
            let w = why::why(s, built, i, record.as_ref(), MOST)?;
            let raw = private && !args.raw;
            out.push_str(&told(&steps[i], &built.runs[i], &w, values_shown(raw)));
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
        Ok::<_, Fault>(out)
    })??;
    say(&text);
    Ok(0)
}

fn told(step: &Step, run: &StepRun, w: &Why, values: bool) -> String {
    let name = &step.name;
    if w.new {
        return format!("{name} would run: it was never built here\n");
    }
    let head = match run.answer() {
        Answer::Fresh => format!("{name} is fresh\n"),
        Answer::May => format!("{name} may run, after what it reads\n"),
        Answer::Runs if w.heads.is_empty() => format!("{name} would {}, because\n", work(step, run, w.of)),
        Answer::Runs => format!("{name} would run, because\n"),
    };
    head + &changed(w, values)
}

/// `run on 2 of 16 partitions, then gather`: what there is to do on `of` partitions.
fn work(step: &Step, run: &StepRun, of: usize) -> String {
    let gathers = step.entry.card.has(Kernel::Gather) && run.decided.is_none();
    // a gather is among the tasks only where all that it is given is known
    let known = run.parts.iter().all(|p| p.before.living.is_some() && !p.outcomes.is_empty());
    let runs = run.runs.saturating_sub(usize::from(gathers && known));
    let all = plural(of as u64, "partition");
    match (runs, gathers) {
        (0, true) => format!("gather {all}"),
        (n, true) => format!("run on {} of {all}, then gather", number(n as u64)),
        (n, false) => format!("run on {} of {all}", number(n as u64)),
    }
}

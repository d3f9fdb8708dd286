//! `tamis why STEP`
use super::pager::say;
use super::project::{Failure, Options, Project};
use super::{Context, json};
use crate::engine::Step;
use crate::engine::graph::Graph;
use crate::engine::record::Record;
use crate::engine::state::{Mode, StepRun};
use crate::engine::told::Answer;
use crate::engine::why::{self, EXAMPLES, RowChange, Why};
use crate::report::lang;
use crate::report::terminal::{number, plural};
use crate::report::why::{changed, values_shown};
use crate::stage::{Fault, Kernel};
use crate::table::Value;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Rows are compared of at most so many partitions; where more changed, that is told alone.
const MOST: usize = 512;

#[derive(clap::Args)]
pub struct Args {
    /// The step, as `tamis graph` names it
    step: String,
    /// Show values that hold personal data
    #[arg(long)]
    raw: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Records to a partition on average; for tests
    #[arg(long, hide = true, default_value_t = 4096, value_name = "N")]
    partition_target: usize,
}

/// What `--json` says.
#[derive(Serialize, JsonSchema)]
pub struct Told {
    /// The step that was asked for, then those that it waits for, each because of the next.
    steps: Vec<Reason>,
}

/// What changed for a step since the last build.
#[derive(Serialize, JsonSchema)]
struct Reason {
    step: String,
    answer: Answer,
    /// Tasks that would run, as far as they are known.
    runs: usize,
    /// It was not in the last build.
    new: bool,
    /// It waits for what an earlier step gives.
    waits: bool,
    /// Lines of its recipes' heads that changed.
    heads: Vec<Changed>,
    /// Columns, with the samples in which each changed.
    columns: BTreeMap<String, Column>,
    added: u64,
    removed: u64,
    /// Other samples live than before.
    living: bool,
}

#[derive(Serialize, JsonSchema)]
struct Changed {
    before: String,
    now: String,
}

#[derive(Serialize, JsonSchema)]
struct Column {
    samples: u64,
    /// The first few.
    examples: Vec<Row>,
}

#[derive(Serialize, JsonSchema)]
struct Row {
    id: String,
    /// File and line.
    place: Option<String>,
    /// Values; `null` where they are not stored, or may hold personal data.
    before: Option<serde_json::Value>,
    now: Option<serde_json::Value>,
}

fn reason(step: &Step, run: &StepRun, w: &Why, values: bool) -> Reason {
    let value = |v: &Option<Value>| v.as_ref().filter(|_| values).map(Value::json);
    let row =
        |r: &RowChange| Row { id: r.id.clone(), place: r.place.clone(), before: value(&r.before), now: value(&r.now) };
    let column = |rows: &Vec<RowChange>| Column {
        samples: rows.len() as u64,
        examples: rows.iter().take(EXAMPLES).map(row).collect(),
    };
    Reason {
        step: step.name.clone(),
        answer: run.answer(),
        runs: run.runs,
        new: w.new,
        waits: w.unknown,
        heads: w.heads.iter().map(|(before, now)| Changed { before: before.clone(), now: now.clone() }).collect(),
        columns: w.columns.iter().map(|(name, rows)| (name.clone(), column(rows))).collect(),
        added: w.added.len() as u64,
        removed: w.removed.len() as u64,
        living: w.living,
    }
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
    let (text, reasons) = project.look(&options, Mode::Look, |s, built| {
        let (mut out, mut reasons) = (String::new(), Vec::new());
        let mut i = last;
        let mut seen = std::collections::BTreeSet::new();
        // a step that waits for another is explained by that one
        while seen.insert(i) {
            let w = why::why(s, built, i, record.as_ref(), MOST)?;
            let raw = private && !args.raw;
            reasons.push(reason(&steps[i], &built.runs[i], &w, values_shown(raw)));
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
        Ok::<_, Fault>((out, reasons))
    })??;
    if args.json {
        json(&Told { steps: reasons });
    } else {
        say(&lang::lines(&text));
    }
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

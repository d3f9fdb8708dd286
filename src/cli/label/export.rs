//! `tamis label export TASK`: a file for a labelling tool, with the samples that are asked for and the answers so far.
use super::tool::{FILE_MAX, Item, Job, Tool};
use super::tools::Name;
use crate::cli::answers::{Answered, Task};
use crate::cli::{Context, say};
use crate::engine::ledger;
use crate::engine::session::Session;
use crate::engine::state::Built;
use crate::engine::step::Step;
use crate::manifest::Decimal;
use crate::model::votes::Vote;
use crate::project::{Failure, Options, Project};
use crate::report::show::raw_columns;
use crate::report::terminal::plural;
use crate::stage::{Act, Event, Fault};
use crate::table::{Value, texts};
use std::collections::{BTreeMap, BTreeSet};

#[derive(clap::Args)]
pub struct Args {
    /// The task, `topic` of [label.topic]
    task: String,
    /// The tool that shall read the file
    #[arg(long, value_enum)]
    tool: Name,
    /// Only samples whose answers agree too little, are tied, wait for review, are decided on something older, or that
    /// nobody answered
    #[arg(long, value_enum)]
    only: Option<Only>,
    /// The file to write; else one in tasks/
    #[arg(long, value_name = "FILE")]
    out: Option<String>,
    /// Write texts that may hold personal data
    #[arg(long)]
    raw: bool,
    /// Records to a partition on average; for tests
    #[arg(long, hide = true, default_value_t = 4096, value_name = "N")]
    partition_target: usize,
}

#[derive(clap::ValueEnum, Clone, Copy, PartialEq)]
pub enum Only {
    LowAgreement,
    Ties,
    Queue,
    Stale,
    Unlabelled,
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let project = Project::open(c.dir.as_deref())?;
    let task = Task::find(&project, &args.task)?;
    let options = Options { target: args.partition_target.max(2), ..Options::default() };
    let tool = args.tool.tool();
    if !(tool.fits)(task.declared.task) {
        let name = task.declared.task.name;
        return Err(Failure::Usage(format!("{} shows no answers of a task of the kind `{name}`", tool.name)));
    }
    let (items, all) = project.plan(&options, |s, built| items(&project, &task, s, built, args.only, args.raw))??;
    let job = job(&task);
    let out = args.out.clone().unwrap_or_else(|| format!("tasks/{}.{}", task.name, tool.ending));
    let package = (tool.write)(&job, &items);
    keep(&project, &out, &package)?;
    write(&project, &out, &package)?;
    say(&format!("{out}   {} of {all}\n", plural(items.len() as u64, "sample")));
    if let Some((ending, setup)) = tool.setup {
        let beside = format!("{}.{ending}", out.rsplit_once('.').map_or(out.as_str(), |o| o.0));
        write(&project, &beside, &setup(&job))?;
        say(&format!("{beside}   how {} shows them\n", tool.name));
    }
    say(&next(&task, tool, &out));
    Ok(0)
}

/// What to type once somebody has answered.
fn next(task: &Task, tool: &Tool, out: &str) -> String {
    format!("then: tamis label import {} {out} --tool {} --by NAME\n", task.name, tool.name)
}

/// Keeps a file that is there and says something else under a number: somebody may have answered in it.
fn keep(project: &Project, path: &str, text: &str) -> Result<(), Failure> {
    if project.world.place(path).is_none() || !project.world.exists(path) {
        return Ok(());
    }
    let there = project.world.read(path, FILE_MAX).map_err(|e| Failure::World(format!("{path}: {e}")))?;
    if there == text.as_bytes() {
        return Ok(());
    }
    let numbered = (1..).map(|n: u32| format!("{path}.{n}")).find(|other| !project.world.exists(other));
    let Some(kept) = numbered else { return Ok(()) };
    project.world.replace(&kept, &there).map_err(|e| Failure::World(format!("{kept}: {e}")))?;
    say(&format!("{path} was there: it is kept as {kept}\n"));
    Ok(())
}

fn write(project: &Project, path: &str, text: &str) -> Result<(), Failure> {
    if project.world.place(path).is_none() {
        return Err(Failure::Usage(format!("{path} leaves the project")));
    }
    project.world.replace(path, text.as_bytes()).map_err(|e| Failure::World(format!("{path}: {e}")))
}

/// A task as tools are told of it.
pub fn job(task: &Task) -> Job {
    let declared = &task.declared;
    Job {
        kind: declared.task,
        classes: declared.classes.iter().map(|c| c.get().clone()).collect(),
        scale: declared.scale.as_ref().map(|s| (s.min.get().to_string(), s.max.get().to_string())),
        guideline: declared.guideline.as_ref().map_or(String::new(), |g| g.version.get().clone()),
    }
}

/// The samples that are asked for, and how many there are.
pub fn items(
    project: &Project,
    task: &Task,
    s: &Session,
    built: &Built,
    only: Option<Only>,
    raw: bool,
) -> Result<(Vec<Item>, usize), Failure> {
    let Some(samples) = task.samples(project, s, built)? else {
        return Err(Failure::Usage("the answers are not known before a build: tamis build".into()));
    };
    let content = task.content(s, &task.snapshot(project, built, true));
    // answers in free words may hold personal data as texts do
    let shown = content.into_iter().chain([format!("votes.{}", task.name)]);
    let unseen = raw_columns(project, "samples", task.votes + 1);
    if let Some(name) = shown.into_iter().find(|name| !raw && unseen.contains(name)) {
        return Err(Failure::Usage(format!("`{name}` may hold personal data: --raw writes it all the same")));
    }
    let waiting = match only {
        Some(Only::Queue) => Some(waiting(task, s, built, |_| true)?),
        Some(Only::Stale) => Some(waiting(task, s, built, |rule| rule == "review.stale")?),
        _ => None,
    };
    let least = least(task);
    let wanted = |a: &&Answered| match only {
        None => true,
        Some(Only::LowAgreement) => a.agreement.as_ref().is_some_and(|own| below(own, least)),
        Some(Only::Ties) => tied(&a.votes),
        Some(Only::Unlabelled) => a.votes.iter().all(|v| v.answer == Value::Null),
        Some(Only::Queue | Only::Stale) => waiting.as_ref().is_some_and(|ids| ids.contains(&a.id)),
    };
    if only == Some(Only::LowAgreement) && task.agreement.is_none() {
        let say = format!("the agreement of label.{0} is not measured: it needs [label.{0}.agreement]", task.name);
        return Err(Failure::Usage(say));
    }
    // what waits although somebody decided is asked again; else a decided label needs no more answers
    let again = matches!(only, None | Some(Only::Queue | Only::Stale));
    let named = raw || project.manifest.table(&["privacy"]).is_none();
    let wanted = samples.iter().filter(wanted).filter(|a| again || !a.decided);
    Ok((wanted.map(|a| item(a, named)).collect(), samples.len()))
}

/// A sample for a tool. With `[privacy]` annotators are numbers: their names may be those of people.
fn item(a: &Answered, named: bool) -> Item {
    let given = a.votes.iter().filter(|v| v.answer != Value::Null).enumerate();
    Item {
        id: a.id.clone(),
        text: a.content.text().map(str::to_string),
        seen: a.seen.clone(),
        agreement: a.agreement.clone(),
        votes: given
            .map(|(n, v)| (if named { v.annotator.clone() } else { format!("annotator {}", n + 1) }, v.answer.json()))
            .collect(),
    }
}

/// What the answers to a sample must agree to: what is asked of all of them, else that they are the same.
fn least(task: &Task) -> Decimal {
    let declared = task.declared.agreement.as_ref().and_then(|a| a.min.as_ref());
    declared.map_or(Decimal::from(1u64), |min| *min.get())
}

fn below(own: &str, least: Decimal) -> bool {
    Decimal::parse(own).is_ok_and(|own| own < least)
}

/// Whether several answers have most votes.
fn tied(votes: &[Vote]) -> bool {
    let mut times: BTreeMap<String, u64> = BTreeMap::new();
    for vote in votes.iter().filter(|v| v.answer != Value::Null) {
        *times.entry(vote.answer.json().to_string()).or_default() += 1;
    }
    let most = times.values().max().copied().unwrap_or(0);
    times.values().filter(|n| **n == most).count() > 1
}

/// Steps that ask for labels of a task which they are not steps of.
const LABEL_READERS: [&str; 2] = ["clean.label_errors", "active"];
/// The rule of samples that are worth labelling next.
const CHOSEN: &str = "active.chosen";

/// The samples that a step of the task wants a person to look at, or one that finds labels to doubt or to give, and about which
/// nobody decided.
fn waiting(task: &Task, s: &Session, built: &Built, rule: fn(&str) -> bool) -> Result<BTreeSet<String>, Fault> {
    let mut out = BTreeSet::new();
    let path = format!("label.{}", task.name);
    let reads = |step: &Step| LABEL_READERS.contains(&step.path.as_str()) && step.plan.ports.reads.contains(&path);
    for (step, run) in s.steps.iter().zip(&built.runs).filter(|(step, _)| step.path == path || reads(step)) {
        for part in &run.parts {
            let Some(ids) = part.before.columns.get("id").copied().flatten() else { continue };
            let ids = s.array(ids)?;
            let ids = texts(ids.as_ref());
            let waits = |e: &Event| matches!(e.act, Act::Review | Act::Hold) || e.rule == CHOSEN;
            for e in ledger::events(s, part)?.into_iter().filter(waits) {
                let id = ids.get(e.row as usize).copied().flatten().unwrap_or_default();
                if rule(&e.rule) && s.review.of(step, id).is_none() {
                    out.insert(id.to_string());
                }
            }
        }
    }
    Ok(out)
}

//! `tamis label import TASK FILE`: what came back from a labelling tool, as decisions of one person or as one annotator's answers.
//!
//! Only answers of the same person to the same samples are replaced, and told. Everything is written to files of the project, for git: tamis commits nothing.
use super::crowd;
use super::said::{Imported, Written};
use super::taken::{add, complain, good, nothing, tell};
use super::tool::{Back, FILE_MAX, Job, Read, Said};
use super::tools::Name;
use crate::cli::{Context, aside, json, say, warn};
use crate::project::{Failure, Options, Project};
use crate::report::terminal::{number, plural};
use crate::review::file::{self, named};
use crate::review::task::Task;
use crate::stages::label::decided::answer_text;
use crate::world::World;
use std::collections::BTreeSet;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    /// The task, `topic` of [label.topic]
    task: String,
    /// The file that the tool gave
    file: String,
    /// The tool that wrote it
    #[arg(long, value_enum)]
    tool: Name,
    /// Who answered, or the name of a batch of many workers: lower-case letters, digits and hyphens; it names the file
    #[arg(long, value_name = "NAME")]
    by: String,
    /// What the answers are: decisions that settle a label, or one more annotator's answers
    #[arg(long = "as", value_enum, default_value_t = Kind::Decisions)]
    kind: Kind,
    /// Workers of a platform whose answers take less than this in the median are screened: their answers are not taken
    #[arg(long, value_name = "SECONDS")]
    min_seconds: Option<u64>,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Records to a partition on average; for tests
    #[arg(long, hide = true, default_value_t = 4096, value_name = "N")]
    partition_target: usize,
}

#[derive(clap::ValueEnum, Clone, Copy, PartialEq)]
enum Kind {
    Decisions,
    Answers,
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    named(&args.by)?;
    aside(args.json);
    let project = Project::open(c.dir.as_deref())?;
    let task = Task::find(&project, &args.task)?;
    let bytes = handed(c, &project, &args.file).map_err(|e| Failure::World(format!("{}: {e}", args.file)))?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::Usage(format!("{} is not UTF-8", args.file)))?;
    let tool = args.tool.tool();
    let unread = |say| Failure::Usage(format!("{}: {say}", args.file));
    let options = Options { target: args.partition_target.max(2), ..Options::default() };
    let ids: Option<BTreeSet<String>> = project.plan(&options, |s, built| task.ids(&project, s, built))??;
    let Some(ids) = ids else {
        return Err(Failure::Usage("the samples are not known before a build: tamis build".into()));
    };
    if let Some(read) = tool.crowd {
        asks_for_answers(args)?;
        let batch = read(&Job::of(&task), &text).map_err(unread)?;
        return end(args, &task, crowd::import(&project, &task, (batch, &args.by), &ids, args.min_seconds)?);
    }
    if args.min_seconds.is_some() {
        return Err(Failure::Usage(format!("{} does not say how long an answer took: --min-seconds", tool.name)));
    }
    let Read { back, mut wrong, untouched, skipped, open, told } =
        (tool.read)(&Job::of(&task), &text).map_err(unread)?;
    let back = match tool.find {
        Some(find) => find(&ids, back, &mut wrong),
        None => back,
    };
    let good = good(&task, back, &ids, &mut wrong);
    let written = match args.kind {
        Kind::Decisions => decisions(&project, &task, &args.by, &good)?,
        Kind::Answers => answers(&project, &task, &args.by, &good, &mut wrong)?,
    };
    written.iter().for_each(|written| say(&written.line));
    let samples = |n: u64| plural(n, "sample");
    if untouched > 0 {
        let say_so = "came back with the label that went out: nobody is taken to have decided about them";
        say(&format!("{} {say_so}\n", samples(untouched)));
    }
    if skipped > 0 {
        say(&format!("{} passed over by who was asked: no answer\n", samples(skipped)));
    }
    if open > 0 {
        say(&format!("{} without an answer\n", samples(open)));
    }
    told.iter().for_each(|line| say(&format!("{line}\n")));
    let found = written.is_some();
    let Written { path, taken, replaced, .. } = written.unwrap_or_default();
    let path = found.then_some(path);
    let own = Imported { path, taken, replaced, untouched, skipped, open, wrong, told, ..Imported::default() };
    end(args, &task, own)
}

/// Tells complaints, and says the object: with any complaint the import is not whole.
fn end(args: &Args, task: &Task, own: Imported) -> Result<i32, Failure> {
    let own = Imported { task: task.name.clone(), by: args.by.clone(), ..own };
    if args.json {
        json(&own);
    }
    if own.path.is_none() {
        complain(&args.file, &own.wrong);
        return Err(nothing(&args.file));
    }
    tell(&args.file, &own.wrong)
}

/// The file of a tool: below the project, or wherever a browser has put it. It is no input of a build.
pub fn handed(c: &Context, project: &Project, file: &str) -> std::io::Result<Vec<u8>> {
    if project.world.place(file).is_some() {
        return project.world.read(file, FILE_MAX);
    }
    let path = c.dir.as_deref().map_or_else(PathBuf::new, PathBuf::from).join(file);
    match (path.parent(), path.file_name().and_then(|name| name.to_str())) {
        (Some(folder), Some(name)) => World::new(folder).read(name, FILE_MAX),
        _ => Err(std::io::ErrorKind::NotFound.into()),
    }
}

/// Many workers decide nothing: what they say are answers.
fn asks_for_answers(args: &Args) -> Result<(), Failure> {
    match args.kind {
        Kind::Answers => Ok(()),
        Kind::Decisions => {
            Err(Failure::Usage("many workers answered, and nobody of them decides: --as answers".into()))
        }
    }
}

/// Writes decisions to the file of a person, and says where nothing reads it. Gives what is to be told; nothing where there is no decision.
pub fn decisions(project: &Project, task: &Task, by: &str, good: &[Back]) -> Result<Option<Written>, Failure> {
    if good.is_empty() {
        return Ok(None);
    }
    let (path, replaced) = file::decide(project, &format!("label.{}", task.name), by, good)?;
    if !file::is_read(project, &path) {
        warn("tamis: dataset.toml does not read it: [review] files = [\"reviews/*.jsonl\"]\n");
    }
    let again = if replaced > 0 { format!(", {} replaced", number(replaced)) } else { String::new() };
    let taken = good.len() as u64;
    let line = format!("{path}   {} by {by}{again}\n", plural(taken, "line"));
    Ok(Some(Written { path, taken, replaced, line }))
}

/// Adds answers to the votes of one annotator. Gives what is to be told; nothing where there is no answer.
fn answers(
    project: &Project,
    task: &Task,
    by: &str,
    good: &[Back],
    wrong: &mut Vec<String>,
) -> Result<Option<Written>, Failure> {
    let mut all = Vec::new();
    for one in good {
        match &one.said {
            Said::Label(value) => all.push([one.id.clone(), by.to_string(), answer_text(value)]),
            _ => wrong.push(format!("sample {}: keep and drop are decisions, and no answers", one.id)),
        }
    }
    if all.is_empty() {
        return Ok(None);
    }
    let (path, merged) = add(project, task, by, &all)?;
    let counts = [(merged.new, "new"), (merged.replaced, "replaced"), (merged.same, "as before")];
    let counts: Vec<String> =
        counts.iter().filter(|c| c.0 > 0).map(|(n, word)| format!("{} {word}", number(*n))).collect();
    let stay = if merged.stay > 0 { format!("; {} of before stay", number(merged.stay)) } else { String::new() };
    let lines = plural(all.len() as u64, "line");
    let line = format!("{path}   {lines} by {by}: {}{stay}\n", counts.join(", "));
    Ok(Some(Written { path, taken: all.len() as u64, replaced: merged.replaced, line }))
}

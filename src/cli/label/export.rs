//! `tamis label export TASK`: a file for a labelling tool, with the samples that are asked for and the answers so far.
use super::csv;
use super::pack::Pack;
use super::people::{People, packages};
use super::said::{Beside, Exported, Package};
use super::shares::Overlap;
use super::tool::{Item, Job, Tool};
use super::tools::Name;
use super::written::{beside, write};
use crate::cli::{Context, aside, json, say, warn};
use crate::project::{Failure, Options, Project};
use crate::report::terminal::plural;
use crate::review::queue::{Only, items, unseen};
use crate::review::task::Task;

#[derive(clap::Args)]
pub struct Args {
    /// The task, `topic` of [label.topic]
    task: String,
    /// The tool that shall read the file
    #[arg(long, value_enum)]
    tool: Name,
    /// Only samples whose answers agree too little, are tied, may be wrong, wait for review, are decided on something older, or
    /// that nobody answered
    #[arg(long, value_enum)]
    only: Option<Only>,
    /// The file to write; else one in tasks/
    #[arg(long, value_name = "FILE")]
    out: Option<String>,
    /// Write a package for each of so many annotators, or of those that are named, as `kim,lee`: without the answers so far
    #[arg(long, value_name = "N|NAMES")]
    annotators: Option<People>,
    /// How many of them answer each sample, as `2`, or which share of the samples all of them answer, as `20%`
    #[arg(long, value_name = "K", default_value = "20%", requires = "annotators")]
    overlap: Overlap,
    /// A file of ids, one a line: samples whose answer is known, and that all of them are given
    #[arg(long, value_name = "FILE", requires = "annotators")]
    gold: Option<String>,
    /// Write texts that may hold personal data
    #[arg(long)]
    raw: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Records to a partition on average; for tests
    #[arg(long, hide = true, default_value_t = 4096, value_name = "N")]
    partition_target: usize,
}

/// The names that `--only` takes.
impl clap::ValueEnum for Only {
    fn value_variants<'a>() -> &'a [Only] {
        &[Only::LowAgreement, Only::Ties, Only::Errors, Only::Queue, Only::Stale, Only::Unlabelled]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(match self {
            Only::LowAgreement => "low-agreement",
            Only::Ties => "ties",
            Only::Queue => "queue",
            Only::Stale => "stale",
            Only::Errors => "errors",
            Only::Unlabelled => "unlabelled",
        }))
    }
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    aside(args.json);
    let project = Project::open(c.dir.as_deref())?;
    let task = Task::find(&project, &args.task)?;
    let options = Options { target: args.partition_target.max(2), ..Options::default() };
    let tool = args.tool.tool();
    let job = Job::of(&task);
    fits(tool, &job)?;
    let out = args.out.clone().unwrap_or_else(|| format!("tasks/{}.{}", task.name, tool.ending));
    let pack = Pack { project: &project, tool, job: &job };
    let mut told = Exported { task: task.name.clone(), tool: tool.name.into(), ..Exported::default() };
    let left = project.plan(&options, |s, built| -> Result<_, Failure> {
        let (mut items, all) = items(&project, &task, s, built, args.only, args.raw)?;
        if items.is_empty() {
            let all = plural(all as u64, "sample");
            return Err(Failure::Differs(format!("none of {all} is to be labelled: nothing was written")));
        }
        if tool.pictures_of(&job).is_some() {
            unseen(&project, &task, ["image".to_string()].into_iter(), args.raw)?;
        }
        pack.share(s, &out, &mut items)?;
        (told.samples, told.of) = (items.len() as u64, all as u64);
        match &args.annotators {
            Some(people) => {
                let write = &mut |path: &str, own: Vec<Item>| pack.write(s, path, own);
                let (packages, shared) = packages(
                    &project,
                    (&task, tool),
                    items.clone(),
                    &out,
                    (people, args.overlap, args.gold.as_deref()),
                    write,
                )?;
                (told.packages, told.shared) = (packages, Some(shared));
            }
            None => {
                pack.write(s, &out, items.clone())?;
                say(&format!("{out}   {} of {all}\n", plural(items.len() as u64, "sample")));
                told.losses = (tool.losses)(&job, &items);
                told.losses.iter().for_each(|loss| warn(&format!("tamis: {loss}\n")));
                told.packages.push(Package { path: out.clone(), samples: told.samples, annotator: None });
            }
        }
        Ok(items)
    })??;
    if let Some(pictures) = tool.pictures_of(&job) {
        let folder = if pictures.own && args.annotators.is_some() { "-NAME/" } else { "/" };
        say(&format!("{}{folder}   {}\n", beside(&out), pictures.how));
        told.pictures = Some(Beside { path: format!("{}{folder}", beside(&out)), how: pictures.how.into() });
    }
    if let Some((ending, setup)) = tool.setup {
        let beside = format!("{}.{ending}", beside(&out));
        write(&project, &beside, &setup(&job, &left))?;
        say(&format!("{beside}   how {} shows them\n", tool.name));
        told.setup = Some(beside);
    }
    if tool.name == csv::TOOL.name {
        csv::how(&job).iter().for_each(|how| say(how));
    }
    if args.annotators.is_none() {
        say(&next(&task, tool, &out));
    }
    if args.json {
        json(&told);
    }
    Ok(0)
}

/// Refuses a tool that cannot show answers of the task.
fn fits(tool: &Tool, job: &Job) -> Result<(), Failure> {
    if (tool.fits)(job) {
        return Ok(());
    }
    let about = job.target.as_ref().map_or(String::new(), |t| format!(" about those of the kind `{}`", t.kind.name));
    let say = format!("{} shows no answers of a task of the kind `{}`{about}", tool.name, job.kind.name);
    Err(Failure::Usage(say))
}

/// What to type once somebody has answered.
fn next(task: &Task, tool: &Tool, out: &str) -> String {
    match tool.crowd {
        None => format!("then: tamis label import {} {out} --tool {} --by NAME\n", task.name, tool.name),
        Some(_) => {
            format!("then: tamis label import {} RESULTS --tool {} --by BATCH --as answers\n", task.name, tool.name)
        }
    }
}

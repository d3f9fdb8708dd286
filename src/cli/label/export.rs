//! `tamis label export TASK`: a file for a labelling tool, with the samples that are asked for and the answers so far.
use super::csv;
use super::people::{People, packages};
use super::shares::Overlap;
use super::tool::{Item, Job, Tool};
use super::tools::Name;
use super::written::{beside, one, write};
use crate::cli::{Context, say};
use crate::engine::session::Session;
use crate::project::{Failure, Options, Project};
use crate::report::terminal::plural;
use crate::review::queue::{Only, items};
use crate::review::task::Task;

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
    /// Records to a partition on average; for tests
    #[arg(long, hide = true, default_value_t = 4096, value_name = "N")]
    partition_target: usize,
}

/// The names that `--only` takes.
impl clap::ValueEnum for Only {
    fn value_variants<'a>() -> &'a [Only] {
        &[Only::LowAgreement, Only::Ties, Only::Queue, Only::Stale, Only::Unlabelled]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(match self {
            Only::LowAgreement => "low-agreement",
            Only::Ties => "ties",
            Only::Queue => "queue",
            Only::Stale => "stale",
            Only::Unlabelled => "unlabelled",
        }))
    }
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
    let out = args.out.clone().unwrap_or_else(|| format!("tasks/{}.{}", task.name, tool.ending));
    let pictures = (tool.pictures)(task.declared.task);
    let (items, all) = project.plan(&options, |s, built| -> Result<_, Failure> {
        let (mut items, all) = items(&project, &task, s, built, args.only, args.raw)?;
        if pictures {
            write_pictures(&project, s, &out, &mut items)?;
        }
        Ok((items, all))
    })??;
    if items.is_empty() {
        return Err(Failure::Differs(format!(
            "none of {} is to be labelled: nothing was written",
            plural(all as u64, "sample")
        )));
    }
    let job = Job::of(&task);
    if let Some(people) = &args.annotators {
        packages(&project, (&task, tool, &job), items, &out, (people, args.overlap, args.gold.as_deref()))?;
    } else {
        one(&project, &out, &(tool.write)(&job, &items))?;
        say(&format!("{out}   {} of {all}\n", plural(items.len() as u64, "sample")));
    }
    if pictures {
        say(&format!(
            "{}/   their pictures; Label Studio reads them where LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT is this project\n",
            beside(&out)
        ));
    }
    if let Some((ending, setup)) = tool.setup {
        let beside = format!("{}.{ending}", beside(&out));
        write(&project, &beside, &setup(&job))?;
        say(&format!("{beside}   how {} shows them\n", tool.name));
    }
    if tool.name == csv::TOOL.name {
        csv::how(&job).iter().for_each(|how| say(how));
    }
    if args.annotators.is_none() {
        say(&next(&task, tool, &out));
    }
    Ok(0)
}

/// Writes the pictures of samples into a folder beside the file, each under a number and the ending of its format. A sample whose picture has
/// no known sides cannot be shown.
fn write_pictures(project: &Project, s: &Session, out: &str, items: &mut [Item]) -> Result<(), Failure> {
    if project.world.place(out).is_none() {
        return Err(Failure::Usage(format!("{out} leaves the project")));
    }
    for (n, item) in items.iter_mut().enumerate() {
        let Some(picture) = &mut item.picture else {
            let help = "add a table `[preprocess]`, which decodes pictures";
            return Err(Failure::Usage(format!("the size of the picture of {} is not known: {help}", item.id)));
        };
        picture.path = format!("{}/{:06}.{}", beside(out), n + 1, picture.image.format);
        let bytes = s.open(picture.image.blob)?;
        let written = project.world.replace(&picture.path, &bytes);
        written.map_err(|e| Failure::World(format!("{}: {e}", picture.path)))?;
    }
    Ok(())
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

//! `tamis guideline diff OLD NEW`: which classes a change of the guideline touches, and how many labels, before it is made.
use super::{Context, json, say};
use crate::model::votes::each_class;
use crate::project::{Failure, Options, Project};
use crate::report::show::grid;
use crate::report::terminal::plural;
use crate::review::task::Task;
use crate::stages::label::guideline::{Change, compare};
use crate::table::Value;
use clap::Subcommand;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Which classes another text of a guideline touches, and how many labels
    Diff(Diff),
}

#[derive(clap::Args)]
struct Diff {
    /// The document as it is
    old: String,
    /// The document as it shall be
    new: String,
    /// The task whose guideline it is; else the one whose document is either of them
    #[arg(long, value_name = "TASK")]
    task: Option<String>,
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
    /// In the declared order.
    classes: Vec<Class>,
    /// Samples that hold a class whose section changes.
    touched: u64,
    /// All samples with answers or without.
    samples: u64,
}

#[derive(Serialize, JsonSchema)]
struct Class {
    class: String,
    /// In words: whether its section is the same, was changed, added or removed.
    change: &'static str,
    /// Answers that name it, and samples that hold it.
    labels: u64,
    samples: u64,
}

/// The longest document, in bytes.
const DOCUMENT_MAX: u64 = 4 << 20;

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let Verb::Diff(diff) = &args.verb;
    let project = Project::open(c.dir.as_deref())?;
    let task = match &diff.task {
        Some(name) => Task::find(&project, name)?,
        None => by_document(&project, diff)?,
    };
    let read = |path: &String| {
        let bytes = project.world.read(path, DOCUMENT_MAX).map_err(|e| Failure::World(format!("{path}: {e}")))?;
        String::from_utf8(bytes).map_err(|_| Failure::Usage(format!("{path} is not UTF-8")))
    };
    let classes: Vec<String> = task.declared.classes.iter().map(|c| c.get().clone()).collect();
    let changes = compare(&read(&diff.old)?, &read(&diff.new)?, &classes);
    let options = Options { target: diff.partition_target.max(2), ..Options::default() };
    let samples = project.plan(&options, |s, built| task.samples(&project, s, built))??;
    let Some(samples) = samples else {
        return Err(Failure::Usage("the answers are not known before a build: tamis build".into()));
    };
    let (mut labels, mut touched): (BTreeMap<String, u64>, BTreeMap<String, u64>) = Default::default();
    let mut any = 0u64;
    for sample in &samples {
        let mut own: BTreeSet<String> = BTreeSet::new();
        for vote in sample.votes.iter().filter(|v| v.answer != Value::Null) {
            each_class(&vote.answer, &mut |class| {
                *labels.entry(class.to_string()).or_default() += 1;
                own.insert(class.to_string());
            });
        }
        any +=
            u64::from(own.iter().any(|class| changes.iter().any(|(c, change)| c == class && *change != Change::Same)));
        own.into_iter().for_each(|class| *touched.entry(class).or_default() += 1);
    }
    let count = |of: &BTreeMap<String, u64>, class: &str| of.get(class).copied().unwrap_or(0);
    if diff.json {
        let class = |(class, change): &(String, Change)| Class {
            class: class.clone(),
            change: change.say(),
            labels: count(&labels, class),
            samples: count(&touched, class),
        };
        let classes = changes.iter().map(class).collect();
        json(&Told { classes, touched: any, samples: samples.len() as u64 });
        return Ok(0);
    }
    let line = |(class, change): &(String, Change)| {
        vec![
            class.clone(),
            change.say().to_string(),
            count(&labels, class).to_string(),
            count(&touched, class).to_string(),
        ]
    };
    let head = vec![["class", "section", "labels", "samples"].map(String::from).to_vec()];
    say(&grid(&[head, changes.iter().map(line).collect()].concat()));
    say(&format!("  {} of {} hold a class whose section changes\n", plural(any, "sample"), samples.len()));
    if changes.iter().any(|(_, change)| *change != Change::Same) {
        say("  answers to these classes were given under another text: raise the major version of the guideline\n");
    }
    Ok(0)
}

/// The task whose document is one of the two.
fn by_document(project: &Project, diff: &Diff) -> Result<Task, Failure> {
    let mut found = Vec::new();
    for (name, ..) in project.manifest.instances(&["label"]) {
        let task = Task::find(project, &name)?;
        let own = |path: &str| path == diff.old || path == diff.new;
        if task.declared.guideline.as_ref().is_some_and(|g| own(g.document.get())) {
            found.push(task);
        }
    }
    match found.len() {
        1 => found.pop().ok_or_else(|| Failure::Bug("a task vanished".into())),
        0 => Err(Failure::Usage("neither is the document of a task: --task says whose guideline it is".into())),
        _ => Err(Failure::Usage("it is the document of several tasks: --task says which is meant".into())),
    }
}

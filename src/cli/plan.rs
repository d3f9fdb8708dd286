//! `tamis plan`: what was planned beside what was built; no kernel runs.
use super::{Context, json, say};
use crate::project::{Failure, Options, Project};
use crate::report::lang::{self, Lang};
use crate::report::plan::{gather, known, template};

/// Where the template goes if the manifest names no plan.
const DOCUMENT: &str = "docs/plan.md";

#[derive(clap::Args)]
pub struct Args {
    /// One JSON object
    #[arg(long, conflicts_with = "template")]
    json: bool,
    /// Write the construction plan's document with a heading for each field; a document that is there stays
    #[arg(long)]
    template: bool,
    /// End with 1 where a target is not met or not known, or a field of the document is blank
    #[arg(long, conflicts_with = "template")]
    check: bool,
    /// Records to a partition on average; for tests
    #[arg(long, hide = true, default_value_t = 4096, value_name = "N")]
    partition_target: usize,
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let project = Project::open(c.dir.as_deref())?;
    if args.template {
        return write(&project);
    }
    let options = Options { target: args.partition_target.max(2), ..Options::default() };
    let plan = project.plan(&options, |s, built| gather(&project, s, built))??;
    if args.json {
        json(&plan);
    } else {
        say(&plan.text());
    }
    let open = plan.unmet + plan.unknown + plan.blanks > 0;
    Ok(i32::from(args.check && open))
}

/// Writes the document where `[plan] document` says, or to `docs/plan.md`, unless there is one.
fn write(project: &Project) -> Result<i32, Failure> {
    let named = project
        .manifest
        .table(&["plan"])
        .and_then(|(_, t)| Some(t.get_ref().as_table()?.get("document")?.get_ref().as_str()?.to_string()));
    let path = named.clone().unwrap_or_else(|| DOCUMENT.to_string());
    if project.world.is_file(&path) {
        return Err(Failure::Usage(format!("{path} is there already; tamis writes over no plan")));
    }
    let text = template(&known(project, lang::chosen() == Lang::Ko));
    project.world.replace(&path, text.as_bytes()).map_err(|e| Failure::World(format!("{path}: {e}")))?;
    say(&format!("{path} is written: fill its fields in\n"));
    if named.is_none() {
        say(&format!("name it in dataset.toml: [plan] document = \"{path}\"\n"));
    }
    Ok(0)
}

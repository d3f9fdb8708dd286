//! `tamis trace SAMPLE`: one sample's whole story.
use super::pager::say;
use super::{Context, json};
use crate::project::{Failure, Options, Project};
use crate::report::teller::{Teller, find};
use crate::report::trace::Story;
use crate::stage::Fault;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(clap::Args)]
pub struct Args {
    /// The id of a sample, released or not
    sample: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Show values that may hold personal data
    #[arg(long)]
    raw: bool,
    /// Records to a partition on average; for tests
    #[arg(long, hide = true, default_value_t = 4096, value_name = "N")]
    partition_target: usize,
}

/// What `--json` says.
#[derive(Serialize, JsonSchema)]
pub struct Whole {
    /// As it was asked for.
    id: String,
    /// A story for each row that has the id, living ones first.
    rows: Vec<Story>,
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let project = Project::open(c.dir.as_deref())?;
    let options = Options { target: args.partition_target.max(2), ..Options::default() };
    let stories = project.plan(&options, |s, built| -> Result<_, Failure> {
        let teller = Teller { project: &project, s, built, raw: args.raw };
        let rows = find(s, built, &args.sample)?;
        let stories: Result<Vec<Story>, Fault> =
            rows.iter().map(|(part, row)| teller.story(&args.sample, part, *row)).collect();
        Ok(stories?)
    })??;
    if args.json {
        json(&Whole { id: args.sample.clone(), rows: stories });
    } else {
        let texts: Vec<String> = stories.iter().map(|t| t.text(&project.manifest.file)).collect();
        say(&texts.join("\n"));
    }
    Ok(0)
}

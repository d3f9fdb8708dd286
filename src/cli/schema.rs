//! `tamis schema`: what a manifest may hold, for editors and for people.
use super::{Context, say_as_is, schemas};
use crate::assemble;
use crate::diag::suggest;
use crate::project::Failure;
use crate::report::reference;
use crate::stages::registry;

#[derive(clap::Args)]
pub struct Args {
    /// The reference as Markdown instead of the JSON Schema
    #[arg(long)]
    markdown: bool,
    /// The schema of what a verb says with --json: status, why, guideline-diff, ...
    #[arg(long, value_name = "VERB", conflicts_with = "markdown")]
    of: Option<String>,
}

pub fn run(_: &Context, args: &Args) -> Result<i32, Failure> {
    if let Some(verb) = &args.of {
        let all = schemas::SCHEMAS;
        let found = all.iter().find(|s| s.0 == verb).ok_or_else(|| {
            let help = suggest(verb, all.iter().map(|s| s.0));
            Failure::Usage(format!("`{verb}` is no verb that speaks JSON: {help}"))
        })?;
        let text = serde_json::to_string_pretty(&(found.1)()).map_err(|e| Failure::Bug(e.to_string()))?;
        say_as_is(&format!("{text}\n"));
        return Ok(0);
    }
    let schema = assemble::schema(&registry());
    if args.markdown {
        say_as_is(&reference::markdown(&schema));
    } else {
        let text = serde_json::to_string_pretty(&schema).map_err(|e| Failure::Bug(e.to_string()))?;
        say_as_is(&format!("{text}\n"));
    }
    Ok(0)
}

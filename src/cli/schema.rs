//! `tamis schema`: what a manifest may hold, for editors and for people.
use super::{Context, say};
use crate::assemble;
use crate::project::Failure;
use crate::report::reference;
use crate::stages::registry;

#[derive(clap::Args)]
pub struct Args {
    /// The reference as Markdown instead of the JSON Schema
    #[arg(long)]
    markdown: bool,
}

pub fn run(_: &Context, args: &Args) -> Result<i32, Failure> {
    let schema = assemble::schema(&registry());
    if args.markdown {
        say(&reference::markdown(&schema));
    } else {
        let text = serde_json::to_string_pretty(&schema).map_err(|e| Failure::Bug(e.to_string()))?;
        say(&format!("{text}\n"));
    }
    Ok(0)
}

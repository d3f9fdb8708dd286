//! `tamis check`
use super::project::{Failure, Project};
use super::{Context, say, warn};
use crate::engine::scan::find;
use crate::report::terminal::plural;
use crate::report::{diagnostic, lang};

#[derive(clap::Args)]
pub struct Args {
    /// One line a problem: file:line:column: code: message
    #[arg(long)]
    short: bool,
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let project = match Project::open(c.dir.as_deref()) {
        Err(Failure::Declaration(manifest, problems)) if args.short => {
            problems.iter().for_each(|p| say(&diagnostic::short(&manifest, p)));
            return Ok(2);
        }
        other => other?,
    };
    let warnings = &project.assembled.warnings;
    if args.short {
        warnings.iter().for_each(|p| say(&diagnostic::short(&project.manifest, p)));
    } else if !warnings.is_empty() {
        warn(&diagnostic::render(&project.manifest, warnings, false));
    }
    if !c.quiet {
        let sources = project.assembled.steps.iter().filter_map(|s| s.plan.scan.as_ref());
        let of: u64 = sources.filter_map(|s| find::count(&project.world, s).ok()).sum();
        let told = diagnostic::summary(warnings);
        let told = if told.is_empty() { lang::text("no problem").into_owned() } else { told };
        let steps = plural(project.assembled.steps.len() as u64, "step");
        say(&lang::lines(&format!("{told}   {steps}, {} matched\n", plural(of, "file"))));
    }
    Ok(0)
}

//! `tamis check`
use super::project::{self, Failure, Project};
use super::{Context, from_here, json, say, say_as_is, warn_as_is};
use crate::diag::Diagnostic;
use crate::engine::scan::find;
use crate::manifest::Manifest;
use crate::report::problems::{self, Checked};
use crate::report::terminal::plural;
use crate::report::{diagnostic, lang};

#[derive(clap::Args)]
pub struct Args {
    /// For people, one line a problem, one JSON object, annotations of a pull request on GitHub, or SARIF 2.1.0
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    output_format: Output,
    /// One line a problem: file:line:column: code: message
    #[arg(long, conflicts_with_all = ["output_format", "json"])]
    short: bool,
    /// One JSON object
    #[arg(long, conflicts_with = "output_format")]
    json: bool,
}

#[derive(clap::ValueEnum, Clone, Copy, PartialEq)]
enum Output {
    Text,
    Short,
    Json,
    Github,
    Sarif,
}

impl Args {
    fn output(&self) -> Output {
        match (self.short, self.json) {
            (true, _) => Output::Short,
            (_, true) => Output::Json,
            _ => self.output_format,
        }
    }
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let output = args.output();
    let project = match Project::open(c.dir.as_deref()) {
        Err(Failure::Declaration(manifest, found)) if output != Output::Text => {
            tell(c, output, &manifest, &found, Checked { exit: 2, ..Checked::default() })?;
            return Ok(2);
        }
        other => other?,
    };
    let warnings = &project.assembled.warnings;
    let steps = project.assembled.steps.len() as u64;
    let sources = project.assembled.steps.iter().filter_map(|s| s.plan.scan.as_ref());
    let files = || sources.filter_map(|s| find::count(&project.world, s).ok()).sum::<u64>();
    match output {
        Output::Json => {
            let known = Checked { steps: Some(steps), files: Some(files()), ..Checked::default() };
            tell(c, output, &project.manifest, warnings, known)?;
            return Ok(0);
        }
        Output::Github | Output::Sarif => {
            tell(c, output, &project.manifest, warnings, Checked::default())?;
            return Ok(0);
        }
        Output::Short => tell(c, output, &project.manifest, warnings, Checked::default())?,
        Output::Text if !warnings.is_empty() => warn_as_is(&diagnostic::render(&project.manifest, warnings, false)),
        Output::Text => {}
    }
    if !c.quiet {
        let told = diagnostic::summary(warnings);
        let told = if told.is_empty() { lang::text("no problem").into_owned() } else { told };
        let steps = plural(steps, "step");
        say(&format!("{told}   {steps}, {} matched\n", plural(files(), "file")));
    }
    Ok(0)
}

/// Problems for another program. Messages are in English whatever the language: only people read others.
fn tell(c: &Context, output: Output, m: &Manifest, found: &[Diagnostic], known: Checked) -> Result<(), Failure> {
    if matches!(output, Output::Text | Output::Short) {
        found.iter().for_each(|p| say_as_is(&diagnostic::short(m, p)));
        return Ok(());
    }
    let file = from_here(&project::find(c.dir.as_deref())?, &m.file);
    let all = problems::problems(m, &file, found);
    match output {
        Output::Github => say_as_is(&problems::github(&all)),
        Output::Sarif => json(&problems::sarif(&all)),
        _ => json(&Checked { problems: all, ..known }),
    }
    Ok(())
}

//! `tamis trust`
use super::project::{Failure, Project};
use super::{Context, say};
use crate::engine::Step;
use crate::report::shown;
use crate::report::terminal::plural;
use crate::stage::Program;
use std::io::{IsTerminal, Write};

#[derive(clap::Args)]
pub struct Args {
    /// Trust what is shown without being asked, where nobody sits at a terminal
    #[arg(long)]
    yes: bool,
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let project = Project::open(c.dir.as_deref())?;
    let all = project.assembled.steps.iter().filter_map(|s| Some((s, s.plan.program.as_ref()?)));
    let (old, new): (Vec<_>, Vec<_>) = all.partition(|(_, program)| project.world.trusts(program));
    if new.is_empty() {
        say(&match old.len() as u64 {
            0 => "no step runs a program\n".to_string(),
            n => format!("trusted already: {}\n", plural(n, "step")),
        });
        return Ok(0);
    }
    say("these programs would run on this machine as you, and may do whatever you may:\n");
    for (step, program) in &new {
        say(&told(&project, step, program));
    }
    if !args.yes && !agreed()? {
        say("nothing is trusted that was not before\n");
        return Ok(1);
    }
    for (_, program) in &new {
        project.world.trust(program).map_err(|e| Failure::World(e.to_string()))?;
        project.world.ask_version(program).map_err(Failure::World)?;
    }
    say(&format!("trusted in this checkout, until one of their files changes: {}\n", plural(new.len() as u64, "step")));
    Ok(0)
}

/// What would run, and what it is made of.
fn told(project: &Project, step: &Step, program: &Program) -> String {
    let line = |text: &str| shown::line(text).into_owned();
    let mut out = format!("\n  {} ({}:{})\n", step.name, project.manifest.file, project.manifest.line(step.span.start));
    let mut put = |word: &str, text: &str| out.push_str(&format!("    {word:<10} {text}\n"));
    let run: Vec<String> = program.run.iter().map(|part| line(&format!("{part:?}"))).collect();
    put("runs", &run.join(" "));
    if let Some(found) = &program.found {
        put("which is", &format!("{}, asked once for its --version", line(found)));
    }
    for (path, digest, bytes) in &step.plan.files {
        put("file", &format!("{} ({}) blake3 {}", line(path), plural(*bytes, "byte"), digest.hex()));
    }
    if !program.env.is_empty() {
        put("is given", &format!("the variables {}", line(&program.env.join(", "))));
    }
    let reads: Vec<&str> = step.plan.ports.reads.iter().map(String::as_str).collect();
    put("reads", &line(&reads.join(", ")));
    let limits = program.limits;
    put("limits", &format!("{} s for an answer, {} MiB of memory a process", limits.seconds, limits.memory >> 20));
    out
}

fn agreed() -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage("nobody can be asked here: `tamis trust --yes` trusts what is shown above".into()));
    }
    say("\ntrust them in this checkout? [y/N] ");
    std::io::stdout().flush().map_err(|e| Failure::World(e.to_string()))?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(|e| Failure::World(e.to_string()))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

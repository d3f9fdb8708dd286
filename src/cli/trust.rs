//! `tamis trust`
use super::project::{Failure, Project};
use super::{Context, aside, json, say};
use crate::digest::Digest;
use crate::engine::Step;
use crate::report::shown;
use crate::report::terminal::plural;
use crate::stage::{Endpoint, Program};
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{IsTerminal, Write};

#[derive(clap::Args)]
pub struct Args {
    /// Trust what is shown without being asked, where nobody sits at a terminal
    #[arg(long)]
    yes: bool,
    /// One JSON object; nobody is asked, and without --yes nothing becomes trusted
    #[arg(long)]
    json: bool,
}

/// What `--json` says.
#[derive(Serialize, JsonSchema)]
pub struct Told {
    /// Whether all of them are trusted now.
    trusted: bool,
    /// Steps that run programs as the user who calls.
    steps: Vec<Runs>,
    /// Where `tamis update` sends texts of the project.
    endpoints: Vec<Asks>,
}

/// What a step runs.
#[derive(Serialize, JsonSchema)]
struct Runs {
    step: String,
    /// The line of the manifest.
    line: usize,
    /// Whether it was trusted before.
    before: bool,
    /// The program and its arguments.
    run: Vec<String>,
    /// The file that is run, where it lies outside of the project.
    found: Option<String>,
    files: Vec<Held>,
    /// Variables of the environment that it is given.
    env: Vec<String>,
    /// The columns that it reads.
    reads: Vec<String>,
    /// Seconds for an answer, and bytes of memory of a process.
    seconds: u64,
    memory: u64,
}

/// A file of a program.
#[derive(Serialize, JsonSchema)]
struct Held {
    path: String,
    bytes: u64,
    blake3: String,
}

/// Where texts are sent.
#[derive(Serialize, JsonSchema)]
struct Asks {
    name: String,
    /// Whether it was trusted before.
    before: bool,
    /// `null` where the variable that names it is not set.
    url: Option<String>,
    /// The variables that name the address and hold the key.
    url_env: Option<String>,
    key_env: Option<String>,
    /// The file of the prompt that is sent.
    sends: String,
}

impl Told {
    fn of(project: &Project) -> Told {
        let all = project.assembled.steps.iter().filter_map(|s| Some((s, s.plan.program.as_ref()?)));
        let steps: Vec<Runs> = all.map(|(step, program)| Runs::of(project, step, program)).collect();
        let asks = |(name, endpoint): (String, Endpoint)| Asks {
            before: project.world.trusts_endpoint(&endpoint),
            url: Some(endpoint.url).filter(|url| !url.is_empty()),
            url_env: endpoint.url_env,
            key_env: endpoint.key_env,
            sends: endpoint.sends,
            name,
        };
        let endpoints: Vec<Asks> = project.endpoints().into_iter().map(asks).collect();
        let trusted = steps.iter().all(|s| s.before) && endpoints.iter().all(|e| e.before);
        Told { trusted, steps, endpoints }
    }
}

impl Runs {
    fn of(project: &Project, step: &Step, program: &Program) -> Runs {
        let held = |(path, digest, bytes): &(String, Digest, u64)| Held {
            path: path.clone(),
            bytes: *bytes,
            blake3: digest.hex(),
        };
        Runs {
            step: step.name.clone(),
            line: project.manifest.line(step.span.start),
            before: project.world.trusts(program),
            run: program.run.clone(),
            found: program.found.clone(),
            files: step.plan.files.iter().map(held).collect(),
            env: program.env.clone(),
            reads: step.plan.ports.reads.to_vec(),
            seconds: program.limits.seconds,
            memory: program.limits.memory,
        }
    }
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let project = Project::open(c.dir.as_deref())?;
    aside(args.json);
    let told = Told::of(&project);
    let exit = settle(&project, args)?;
    if args.json {
        json(&Told { trusted: exit == 0, ..told });
    }
    Ok(exit)
}

/// Shows what is not trusted yet, asks, and trusts it.
fn settle(project: &Project, args: &Args) -> Result<i32, Failure> {
    let all = project.assembled.steps.iter().filter_map(|s| Some((s, s.plan.program.as_ref()?)));
    let (old, new): (Vec<_>, Vec<_>) = all.partition(|(_, program)| project.world.trusts(program));
    let (known, asked): (Vec<_>, Vec<_>) =
        project.endpoints().into_iter().partition(|(_, endpoint)| project.world.trusts_endpoint(endpoint));
    let count = |programs: usize, endpoints: usize| {
        let parts = [(programs as u64, "step"), (endpoints as u64, "endpoint")];
        let told: Vec<String> = parts.iter().filter(|p| p.0 > 0).map(|(n, what)| plural(*n, what)).collect();
        told.join(", ")
    };
    if new.is_empty() && asked.is_empty() {
        say(&match old.len() + known.len() {
            0 => "no step runs a program, and none asks a model\n".to_string(),
            _ => format!("trusted already: {}\n", count(old.len(), known.len())),
        });
        return Ok(0);
    }
    if !new.is_empty() {
        say("these programs would run on this machine as you, and may do whatever you may:\n");
    }
    for (step, program) in &new {
        say(&told(project, step, program));
    }
    if !asked.is_empty() {
        say("`tamis update` would send texts of this project to these endpoints:\n");
    }
    for (name, endpoint) in &asked {
        say(&told_endpoint(name, endpoint));
    }
    if !args.yes && (args.json || !agreed()?) {
        say("nothing is trusted that was not before\n");
        return Ok(1);
    }
    for (_, program) in &new {
        project.world.trust(program).map_err(|e| Failure::World(e.to_string()))?;
        project.world.ask_version(program).map_err(Failure::World)?;
    }
    for (_, endpoint) in &asked {
        if endpoint.url.is_empty() {
            let name = endpoint.url_env.as_deref().unwrap_or_default();
            return Err(Failure::Usage(format!(
                "the variable {name} names no address that could be trusted; set it first"
            )));
        }
        project.world.trust_endpoint(endpoint).map_err(|e| Failure::World(e.to_string()))?;
    }
    let count = count(new.len(), asked.len());
    say(&format!("trusted in this checkout, until one of their files or addresses changes: {count}\n"));
    Ok(0)
}

/// Where texts would be sent, and with what.
fn told_endpoint(name: &str, endpoint: &Endpoint) -> String {
    let mut out = format!("\n  {name}\n");
    let mut put = |word: &str, text: &str| out.push_str(&format!("    {word:<10} {}\n", shown::line(text)));
    match (endpoint.url.is_empty(), &endpoint.url_env) {
        (true, Some(variable)) => put("asks", &format!("nobody: the variable {variable} is not set")),
        (false, Some(variable)) => put("asks", &format!("{}, as the variable {variable} says", endpoint.url)),
        _ => put("asks", &endpoint.url),
    }
    put("is sent", &format!("the prompt {} with texts and labels of the split train", endpoint.sends));
    if let Some(variable) = &endpoint.key_env {
        put("and", &format!("the value of the variable {variable}, as the key"));
    }
    out
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

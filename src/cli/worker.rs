//! `tamis worker`: does jobs of a build that come over standard input (`spec/scale.md`).
use super::Context;
use crate::exec::worker::serve;
use crate::exec::workers::{Link, Met, Terms, Workers};
use crate::project::Failure;
use crate::stages::registry;
use crate::world::worker::this_command;
use std::time::Duration;

#[derive(clap::Args)]
pub struct Args {}

pub fn run(_: &Context, _: &Args) -> Result<i32, Failure> {
    serve(&registry(), &mut std::io::stdin(), &mut std::io::stdout())
        .map(|()| 0)
        .map_err(|e| Failure::World(format!("the pipe to the build is lost: {e}")))
}

/// How long nothing may come of any worker before the build does the work itself.
const PATIENCE: Duration = Duration::from_secs(30);

/// Workers that are this command again, on this machine.
pub fn own(workers: usize, jobs: usize) -> Result<Workers, Failure> {
    let command = this_command().map_err(|e| Failure::World(format!("this command is not found: {e}")))?;
    let terms = Terms { workers, raw: true, patience: PATIENCE };
    Ok(Workers::new(&registry(), jobs, terms, Box::new(move || Link::process(&command, &["worker"]))))
}

/// What is told of workers that went otherwise than they should; nothing if none did.
pub fn told(met: &Met) -> String {
    let mut out = String::new();
    let of = [
        (met.ended, "workers that ended before their answer was whole; their work was done all the same"),
        (met.lied, "workers whose results were not what they told; their work was done all the same"),
        (met.slow, "jobs that were done here because their worker took too long"),
    ];
    for (n, say) in of.iter().filter(|of| of.0 > 0) {
        out.push_str(&format!("{n} {say}\n"));
    }
    if let Some(say) = &met.last {
        out.push_str(&format!("the last of these workers {say}\n"));
    }
    out
}

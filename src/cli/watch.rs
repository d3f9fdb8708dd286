//! `tamis watch`: builds whenever a file of the project changes, until it is stopped.
use super::{Context, build, fail, interrupt, say};
use crate::engine::session::Stop;
use crate::engine::watch::Watch;
use crate::project::{self, Failure, Project};

#[derive(clap::Args)]
#[group(id = "watch")]
pub struct Args {
    #[command(flatten)]
    build: build::Args,
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let root = project::find(c.dir.as_deref())?;
    let stop = interrupt::listen().map_err(|e| Failure::World(format!("signals: {e}")))?;
    let watch = Watch::new(&root).map_err(Failure::World)?;
    let here = Context { dir: Some(root), lang: None, ..c.clone() };
    loop {
        once(&here, &args.build, &stop);
        // what is read is asked of the manifest as it is now; while that is wrong, any edit may mend it
        let project = Project::open(here.dir.as_deref()).ok();
        let reads = |path: &str| project.as_ref().is_none_or(|p| p.reads(path));
        if !watch.changed(reads, || stop.asked() > 0) {
            return Ok(stop.asked() as i32);
        }
    }
}

/// A build that fails is told, and the watch goes on: somebody may be in the middle of a line.
fn once(c: &Context, args: &build::Args, stop: &Stop) {
    let exit = match build::once(c, args, stop.clone()) {
        Ok(exit) => exit,
        Err(failure) => fail(c, &failure, args.json),
    };
    if !c.quiet && !args.json && stop.asked() == 0 {
        say(if exit == 0 { "watching; Ctrl-C ends it\n" } else { "waiting for the next edit; Ctrl-C ends it\n" });
    }
}

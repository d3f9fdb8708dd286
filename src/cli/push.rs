//! `tamis push`: sends what the last build made, and what is not raw, to the remote that the user names.
use super::{Context, interrupt, json, say, warn};
use crate::engine::store::{self, Far, Met, Pushed, Store, Unpushed};
use crate::project::{Failure, Project, remote};
use crate::report::{remote as words, terminal};
use schemars::JsonSchema;
use serde::Serialize;
use std::io;

#[derive(clap::Args)]
pub struct Args {
    /// Send also what is there, and write over it: heals a remote that is damaged
    #[arg(long)]
    anew: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What `--json` says.
#[derive(Serialize, JsonSchema)]
pub struct Whole {
    remote: String,
    pushed: Pushed,
    met: Met,
    /// Why it ended early; what was sent stays sent.
    failure: Option<String>,
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let stop = interrupt::listen().map_err(|e| Failure::World(format!("signals: {e}")))?;
    let project = Project::open(c.dir.as_deref())?;
    let store = Store::read(&project.world)?;
    let Some(keys) = store.keys_used(&project.world) else {
        return Err(Failure::Usage("this checkout has not completed a build: `tamis build` first".into()));
    };
    let far = remote::open(&project.world)?;
    let done = store::push(&store, keys, &far, &dataset(&project), args.anew, &|| stop.asked() > 0);
    let (pushed, failure) = apart(done, &far);
    let all_raw = failure.is_none() && words::is_all_raw(&pushed);
    if args.json {
        let (remote, met) = (far.name().to_string(), far.met());
        json(&Whole { remote, pushed, met, failure: failure.clone().or(all_raw.then(|| words::ALL_RAW.into())) });
    } else {
        if !c.quiet {
            say(&words::pushed(far.name(), &pushed));
        }
        tell_trouble(&far);
    }
    match failure {
        _ if stop.asked() > 0 => Err(Failure::Stopped(stop.asked() as i32)),
        Some(say) if !args.json => Err(Failure::World(say)),
        Some(_) => Ok(3),
        None if all_raw && !args.json => Err(Failure::Differs(words::ALL_RAW.into())),
        None => Ok(i32::from(all_raw)),
    }
}

/// The name under which a remote keeps what is pushed.
pub fn dataset(project: &Project) -> String {
    terminal::dataset(project).name.get().clone()
}

/// What was sent, and why not all of it.
pub fn apart(done: Result<Pushed, Unpushed>, far: &Far) -> (Pushed, Option<String>) {
    match done {
        Ok(pushed) => (pushed, None),
        Err(Unpushed { pushed, why }) if why.kind() == io::ErrorKind::Interrupted => {
            (pushed, Some("stopped; what was sent is kept, and `tamis push` goes on".into()))
        }
        Err(Unpushed { pushed, why }) => {
            (pushed, Some(format!("{}: {why}; what was sent is kept, and `tamis push` goes on", far.name())))
        }
    }
}

/// Says what went wrong at remotes.
pub fn tell_trouble(far: &Far) {
    let met = far.met();
    if words::is_troubled(&met) {
        warn(&words::met(far.name(), &met));
    }
}

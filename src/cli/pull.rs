//! `tamis pull`: brings what the remotes hold of this data set into the store.
use super::push::{dataset, tell_trouble};
use super::{Context, interrupt, json, say};
use crate::engine::store::{self, Met, Pulled, Store};
use crate::project::{Failure, Project, remote};
use crate::report::remote as words;
use schemars::JsonSchema;
use serde::Serialize;
use std::io;

#[derive(clap::Args)]
pub struct Args {
    /// Bring also what was pushed for other data sets
    #[arg(long)]
    all: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What `--json` says.
#[derive(Serialize, JsonSchema)]
pub struct Whole {
    remote: String,
    pulled: Pulled,
    met: Met,
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let stop = interrupt::listen().map_err(|e| Failure::World(format!("signals: {e}")))?;
    let project = Project::open(c.dir.as_deref())?;
    let far = remote::open(&project.world)?;
    let store = Store::write(&project.world)?;
    let name = dataset(&project);
    let of = if args.all { None } else { Some(name.as_str()) };
    let pulled = store::pull(&store, &far, of, &|| stop.asked() > 0).map_err(|e| match e.kind() {
        io::ErrorKind::Interrupted => Failure::Stopped(stop.asked() as i32),
        _ => Failure::World(format!("the store: {e}")),
    })?;
    let met = far.met();
    let whole = pulled.absent == 0 && met.failed == 0;
    let empty = pulled == Pulled::default();
    if args.json {
        json(&Whole { remote: far.name().into(), pulled, met });
    } else {
        if !c.quiet {
            say(&words::pulled(far.name(), &pulled));
        }
        tell_trouble(&far);
    }
    match (whole, empty) {
        (false, _) => Ok(3),
        (true, true) if !args.json => {
            Err(Failure::Differs(format!("{} holds nothing of the data set `{name}`", far.name())))
        }
        (true, empty) => Ok(i32::from(empty)),
    }
}

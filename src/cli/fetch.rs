//! `tamis fetch`: brings what dataset.lock pins and the store does not hold. It changes no line of the lock, and refuses
//! what has become something else.
use super::Context;
use super::update::Way;
use crate::project::Failure;
use crate::project::update::Fetching;

#[derive(clap::Args)]
pub struct Args {
    /// Only what these sources fetch, by the NAME of `[collect.NAME]`
    names: Vec<String>,
    #[command(flatten)]
    way: Way,
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    args.way.online("fetch")?;
    let fetching = Fetching::open(c.dir.as_deref())?;
    let options = args.way.options(&args.names)?;
    let done = args.way.heard(c, &|hear| fetching.fetch(&options, hear))?;
    args.way.end(c, &done)
}

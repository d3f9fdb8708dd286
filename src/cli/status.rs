//! `tamis status`: what stands, without running a kernel.
use super::{Context, json, say};
use crate::engine::ledger;
use crate::engine::lock::Lock;
use crate::engine::state::Built;
use crate::project::{Failure, Options, Project};
use crate::report::standing::gather;
use crate::report::status::Status;

#[derive(clap::Args)]
pub struct Args {
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Records to a partition on average; for tests
    #[arg(long, hide = true, default_value_t = 4096, value_name = "N")]
    partition_target: usize,
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let project = Project::open(c.dir.as_deref())?;
    let options = Options { target: args.partition_target.max(2), ..Options::default() };
    let lock = Lock::load(&project.world).map_err(Failure::World)?;
    let (status, lost) = project.plan(&options, |s, built| -> Result<_, Failure> {
        let status = gather(&project, &lock, s, built)?;
        let lost = lost(built, &status);
        Ok((status, lost))
    })??;
    if args.json {
        json(&status);
    } else {
        say(&status.text());
    }
    lost.map_or(Ok(0), |say| Err(Failure::Bug(say)))
}

/// The samples that no bin accounts for: our bug.
fn lost(built: &Built, status: &Status) -> Option<String> {
    if !status.fresh {
        return None;
    }
    let unbalanced = status.balance.iter().find(|(_, b)| !b.holds());
    let unbalanced = unbalanced.map(|(name, _)| format!("the balance of {name} does not hold"));
    unbalanced
        .or_else(|| ledger::partitions_hold(built, "samples").err().map(|say| format!("samples were lost: {say}")))
}

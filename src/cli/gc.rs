//! `tamis gc`: removes from the store what no checkout's last build needs. What was fetched stays, unless it is asked for.
use super::privacy::sample::SHEET;
use super::{Context, json, say, warn};
use crate::engine::effect::Used;
use crate::engine::store::{self, Collected, Wish};
use crate::project::{self, Failure, update};
use crate::report::terminal::{bytes, number, plural};
use crate::world::World;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(clap::Args)]
pub struct Args {
    /// Tell what would go, and remove nothing
    #[arg(long)]
    dry_run: bool,
    /// Remove also everything made before masking, although the last build used it, and the sheet of `privacy sample`; what a build needs
    /// is made again
    #[arg(long)]
    raw: bool,
    /// Remove also what was fetched and no checkout's dataset.lock names; it may not be had again
    #[arg(long)]
    fetched: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What `--json` says.
#[derive(Serialize, JsonSchema)]
pub struct Whole {
    #[serde(flatten)]
    store: Collected,
    /// What was fetched, where `--fetched` asked for it.
    fetched: Option<Used>,
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let world = World::new(project::find(c.dir.as_deref())?);
    let wish = Wish { dry_run: args.dry_run, raw: args.raw };
    let waits = || warn("waiting for those that have the store open\n");
    let done = store::collect(&world, wish, waits)?;
    let fetched = match args.fetched {
        true => Some(update::sweep(&world, &done.checkouts, args.dry_run)?),
        false => None,
    };
    let sheet = args.raw && world.exists(SHEET);
    if sheet && !args.dry_run {
        world.remove(SHEET).map_err(|e| Failure::World(format!("{SHEET}: {e}")))?;
    }
    if args.json {
        json(&Whole { store: done, fetched });
    } else if !c.quiet {
        say(&told(&done, args));
        if sheet {
            let goes = if args.dry_run { "would go" } else { "removed" };
            say(&format!("{SHEET} {goes}: it shows raw text\n"));
        }
        if let Some(used) = fetched {
            let goes = if args.dry_run { "would go" } else { "removed" };
            let (removed, freed) = (plural(used.removed, "fetched file"), bytes(used.bytes));
            say(&format!("{removed} {goes} ({freed}), {} kept\n", number(used.kept)));
        }
    }
    Ok(0)
}

fn told(c: &Collected, args: &Args) -> String {
    let (would, goes) = if args.dry_run { ("would be ", "would go") } else { ("", "removed") };
    let mut out = format!(
        "{} and {} {goes}, {} and {} kept   {} -> {}\n",
        plural(c.objects_removed, "object"),
        plural(c.results_removed, "result"),
        number(c.objects_kept),
        number(c.results_kept),
        bytes(c.before),
        bytes(c.after),
    );
    if c.damaged > 0 {
        let what = plural(c.damaged, "object");
        out.push_str(&format!(
            "  {what} {would}left out as damaged, with what was made of them: built again when needed\n"
        ));
    }
    for checkout in &c.checkouts {
        out.push_str(&format!("  kept: the last build of {checkout}\n"));
    }
    for checkout in &c.gone {
        out.push_str(&format!("  {would}forgotten: {checkout}, which is gone or uses another store\n"));
    }
    for checkout in &c.copied {
        out.push_str(&format!(
            "  kept: the last build of {checkout}, of which this folder is a copy; a build here lets it go\n"
        ));
    }
    if c.checkouts.is_empty() && c.copied.is_empty() {
        out.push_str("  no checkout has completed a build: nothing is kept\n");
    }
    if args.raw {
        out.push_str("  raw files in place are yours and stay; `tamis status` says where they are\n");
    }
    out
}

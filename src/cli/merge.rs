//! `tamis merge-driver`: what git calls to put two branches' `dataset.lock` or decisions together (`spec/team.md`).
mod merged;

use super::{Context, warn};
use crate::engine::lock::{self, Lock};
use crate::project::Failure;
use crate::report::shown;
use crate::world::World;
use merged::Merged;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Args {
    /// The file as both branches had it: %O
    base: PathBuf,
    /// The file of this branch, which is written: %A
    ours: PathBuf,
    /// The file of the other branch: %B
    theirs: PathBuf,
    /// What the file is called in the project: %P
    path: String,
}

/// The longest file that is merged, in bytes.
const MOST: u64 = 1 << 30;

pub fn run(_: &Context, args: &Args) -> Result<i32, Failure> {
    let [base, ours, theirs] = [&args.base, &args.ours, &args.theirs].map(|path| text(path));
    let (base, ours, theirs) = (base?, ours?, theirs?);
    let named = Path::new(&args.path).file_name().is_some_and(|name| name == lock::PATH);
    let merged = if named {
        let of = |text: &str| Lock::parse(&args.path, text).map_err(Failure::World);
        merged::locks(&of(&base)?, &of(&ours)?, &of(&theirs)?)
    } else if args.path.ends_with(".jsonl") {
        merged::decisions(&base, &ours, &theirs).map_err(|say| Failure::World(format!("{}: {say}", args.path)))?
    } else {
        let say = format!("{} is neither {} nor a file of decisions (.jsonl)", args.path, lock::PATH);
        return Err(Failure::Usage(say));
    };
    let (world, name) = beside(&args.ours)?;
    world.replace(&name, merged.text.as_bytes()).map_err(|e| Failure::World(format!("{}: {e}", args.path)))?;
    tell(&args.path, &merged);
    Ok(i32::from(!merged.conflicts.is_empty()))
}

/// Git says which files they are: they may lie anywhere.
fn beside(path: &Path) -> Result<(World, String), Failure> {
    let whole = std::path::absolute(path).map_err(|e| Failure::Usage(e.to_string()))?;
    let name = whole.file_name().and_then(|n| n.to_str()).map(String::from);
    let name = name.ok_or_else(|| Failure::Usage(format!("{} names no file", path.display())))?;
    Ok((World::new(whole.parent().unwrap_or(Path::new("/"))), name))
}

fn text(path: &Path) -> Result<String, Failure> {
    let (world, name) = beside(path)?;
    let bytes = world.read(&name, MOST).map_err(|e| Failure::World(format!("{}: {e}", path.display())))?;
    String::from_utf8(bytes).map_err(|_| Failure::World(format!("{} is not UTF-8", path.display())))
}

fn tell(path: &str, merged: &Merged) {
    let line = |say: &String| format!("{}: {}\n", shown::line(path), shown::line(say));
    merged.notes.iter().chain(&merged.conflicts).for_each(|say| warn(&line(say)));
}

//! `tamis store`: check the store, or share one between checkouts.
use super::{Context, say};
use crate::engine::effect::Objects;
use crate::engine::store::{self, Verified};
use crate::project::{self, Failure};
use crate::report::terminal::{bytes, number, plural};
use crate::world::World;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Read every object and result; exit 1 if any is not as it was written
    Verify,
    /// Share the store in a folder with other checkouts from now on
    Use {
        /// The folder; made if it is missing
        folder: PathBuf,
    },
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let world = World::new(project::find(c.dir.as_deref())?);
    match &args.verb {
        Verb::Verify => {
            let v = store::verify(&world)?;
            say(&told(&v));
            let damaged = fetched(&world)?;
            Ok(i32::from(v.damaged > 0 || v.torn > 0 || damaged))
        }
        Verb::Use { folder } => {
            let folder = std::path::absolute(folder).map_err(|e| Failure::Usage(e.to_string()))?;
            let folder = folder.to_str().ok_or_else(|| Failure::Usage("the folder's name is not UTF-8".into()))?;
            store::share(&world, folder).map_err(|e| Failure::World(format!("{folder}: {e}")))?;
            if !c.quiet {
                say(&format!(
                    "this checkout uses the store in {folder}; .tamis/packs and .tamis/index may be deleted\n"
                ));
            }
            Ok(0)
        }
    }
}

/// Reads what was fetched; whether any of it is damaged.
fn fetched(world: &World) -> Result<bool, Failure> {
    let failed = |e: std::io::Error| Failure::World(format!("the store: {e}"));
    let (sound, damaged) = Objects::of(world).and_then(|o| o.verify()).map_err(failed)?;
    if sound > 0 || !damaged.is_empty() {
        say(&format!("{} read\n", plural(sound + damaged.len() as u64, "fetched file")));
    }
    for path in &damaged {
        say(&format!("  {path} is not as it came: remove it, then `tamis fetch`\n"));
    }
    Ok(!damaged.is_empty())
}

fn told(v: &Verified) -> String {
    let mut out =
        format!("{} ({}) and {} read\n", plural(v.objects, "object"), bytes(v.bytes), plural(v.results, "result"));
    if v.damaged > 0 {
        out.push_str(&format!(
            "  {} not as written, or gone: the next build that needs one makes it again\n",
            number(v.damaged)
        ));
    }
    if v.torn > 0 {
        out.push_str(&format!(
            "  {} of the index belong to no whole commit: the next build cuts them off\n",
            bytes(v.torn)
        ));
    }
    if v.damaged + v.torn == 0 {
        out.push_str("  sound\n");
    }
    out
}

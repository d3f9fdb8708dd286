//! `tamis store`: check the store, share one between checkouts, or write what a crawl pinned in it as an archive.
use super::{Context, aside, json, say};
use crate::engine::effect::{Archived, Objects};
use crate::engine::store::{self, Verified};
use crate::project::update::Fetching;
use crate::project::{self, Failure};
use crate::report::terminal::{bytes, number, plural};
use crate::world::World;
use schemars::JsonSchema;
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Read every object and result; exit 1 if any is not as it was written
    Verify {
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Share the store in a folder with other checkouts from now on
    Use {
        /// The folder; made if it is missing
        folder: PathBuf,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Write the pages and pictures of a crawl that dataset.lock pins as WARC, a format that archives of the web read
    Warc {
        /// The source that crawls, by the NAME of `[collect.NAME]`
        name: String,
        /// The file to write, such as site.warc.gz; it must not be there
        file: PathBuf,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
}

/// Writes a crawl as WARC, and tells what is in it and what is not.
fn warc(c: &Context, name: &str, file: &Path, asked: bool) -> Result<i32, Failure> {
    aside(asked);
    let file = std::path::absolute(file).map_err(|e| Failure::Usage(e.to_string()))?;
    let done = Fetching::open(c.dir.as_deref())?.archive(name, &file)?;
    if !c.quiet {
        say(&format!(
            "{}: {}, {}, {} robots.txt; left out or not had, and so without bytes: {}\n",
            file.display(),
            plural(done.pages, "page"),
            plural(done.images, "picture"),
            number(done.robots),
            number(done.without),
        ));
    }
    if asked {
        json(&Archive { file: file.display().to_string(), records: done });
    }
    Ok(0)
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let world = World::new(project::find(c.dir.as_deref())?);
    match &args.verb {
        Verb::Verify { json: asked } => {
            let v = store::verify(&world)?;
            let fetched = fetched(&world)?;
            let sound = v.damaged == 0 && v.torn == 0 && fetched.damaged.is_empty();
            if *asked {
                json(&Whole { store: v, fetched });
            } else {
                say(&told(&v));
                tell(&fetched);
            }
            Ok(i32::from(!sound))
        }
        Verb::Use { folder, json: asked } => {
            aside(*asked);
            let folder = std::path::absolute(folder).map_err(|e| Failure::Usage(e.to_string()))?;
            let folder = folder.to_str().ok_or_else(|| Failure::Usage("the folder's name is not UTF-8".into()))?;
            store::share(&world, folder).map_err(|e| Failure::World(format!("{folder}: {e}")))?;
            if !c.quiet {
                say(&format!(
                    "this checkout uses the store in {folder}; .tamis/packs and .tamis/index may be deleted\n"
                ));
            }
            if *asked {
                json(&Shared { folder });
            }
            Ok(0)
        }
        Verb::Warc { name, file, json } => warc(c, name, file, *json),
    }
}

/// What `--json` says of a store that is shared from now on.
#[derive(Serialize, JsonSchema)]
pub struct Shared<'f> {
    /// The whole path of its folder.
    folder: &'f str,
}

/// What `--json` says of a crawl that was written as WARC.
#[derive(Serialize, JsonSchema)]
pub struct Archive {
    /// The whole path of the file.
    file: String,
    #[serde(flatten)]
    records: Archived,
}

/// What `--json` says.
#[derive(Serialize, JsonSchema)]
pub struct Whole {
    #[serde(flatten)]
    store: Verified,
    fetched: Fetched,
}

/// What was found of the files that were fetched.
#[derive(Serialize, JsonSchema)]
struct Fetched {
    /// Files that are as they came.
    sound: u64,
    /// The paths of those that are not.
    damaged: Vec<String>,
}

/// Reads what was fetched.
fn fetched(world: &World) -> Result<Fetched, Failure> {
    let failed = |e: std::io::Error| Failure::World(format!("the store: {e}"));
    let (sound, damaged) = Objects::of(world).and_then(|o| o.verify()).map_err(failed)?;
    Ok(Fetched { sound, damaged })
}

fn tell(fetched: &Fetched) {
    let read = fetched.sound + fetched.damaged.len() as u64;
    if read > 0 {
        say(&format!("{} read\n", plural(read, "fetched file")));
    }
    for path in &fetched.damaged {
        say(&format!("  {path} is not as it came: remove it, then `tamis fetch`\n"));
    }
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

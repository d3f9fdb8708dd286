//! `tamis fmt`: dataset.toml in the one layout. It says what it said, comments included.
use super::{Context, json, say, warn};
use crate::manifest::layout::formatted;
use crate::manifest::{self};
use crate::project::{Failure, MANIFEST, find};
use crate::stages::registry;
use crate::world::World;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(clap::Args)]
pub struct Args {
    /// Change nothing; end with 1 if something would change
    #[arg(long)]
    check: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What `--json` says.
#[derive(Serialize, JsonSchema)]
pub struct Told {
    file: &'static str,
    /// It was, or with `--check` is, laid out in another way.
    changed: bool,
    /// It was written.
    written: bool,
}

/// Tables that no stage reads, and before which table of a stage they stand.
const OTHERS: [(&str, &str); 3] = [("dataset", "collect"), ("plan", "collect"), ("review", "split")];

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let world = World::new(find(c.dir.as_deref())?);
    let bytes = world.read(MANIFEST, 64 << 20).map_err(|e| Failure::World(format!("{MANIFEST}: {e}")))?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::Usage(format!("{MANIFEST} is not UTF-8")))?;
    if let Err(problems) = manifest::parse(MANIFEST, text.as_str().into()) {
        let empty = manifest::parse(MANIFEST, "".into()).map_err(|_| Failure::Bug("an empty manifest".into()))?;
        return Err(Failure::Declaration(empty.with_text(text.as_str().into()), problems));
    }
    let tables = tables();
    let order: Vec<&str> = tables.iter().map(String::as_str).collect();
    let laid = formatted(&text, &order).map_err(|say| Failure::Usage(format!("{MANIFEST}: {say}")))?;
    let told = |changed, written| json(&Told { file: MANIFEST, changed, written });
    if laid == text {
        if args.json {
            told(false, false);
        } else if !c.quiet {
            say(&format!("{MANIFEST} is as it should be\n"));
        }
        return Ok(0);
    }
    if args.check && args.json {
        told(true, false);
        return Ok(1);
    }
    if args.check {
        warn(&format!("tamis: {MANIFEST} would be laid out anew: tamis fmt\n"));
        return Ok(1);
    }
    world.replace(MANIFEST, laid.as_bytes()).map_err(|e| Failure::World(e.to_string()))?;
    if args.json {
        told(true, true);
    } else if !c.quiet {
        say(&format!("{MANIFEST} is laid out anew\n"));
    }
    Ok(0)
}

/// Tables in the order of the pipeline.
fn tables() -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for entry in registry() {
        let first = entry.path.split('.').next().unwrap_or_default().to_string();
        if !out.contains(&first) {
            out.push(first);
        }
    }
    for (name, before) in OTHERS {
        let at = out.iter().position(|t| t == before).unwrap_or(0);
        out.insert(at, name.to_string());
    }
    out
}

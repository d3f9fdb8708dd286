//! `tamis verify DIR --audit`: what an audit of a folder tells, in words or as JSON.
use crate::audit::told::Fault;
use crate::audit::{self, Told};
use crate::cli::{json, say};
use crate::exec::local::Local;
use crate::project::Failure;
use crate::report::shown;
use crate::report::terminal::{number, plural};
use crate::world::World;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// What `--json` says. Without a sample nothing was audited, and the exit is 1.
#[derive(Serialize, JsonSchema)]
pub struct Audited {
    folder: String,
    /// Whether there is a release.json, so that files were compared with their sums as well.
    release: bool,
    files: u64,
    bytes: u64,
    /// Each once, in however many formats it is.
    samples: u64,
    /// How many rows, annotated files or pictures there are of each kind of file, by what the names of its files have in common.
    rows: BTreeMap<String, u64>,
    /// How files differ from what was released.
    differences: Vec<String>,
    faults: Vec<Fault>,
    /// Faults of each rule that are not among `faults`.
    more: BTreeMap<String, u64>,
    /// What was looked at, in words.
    checked: Vec<String>,
    /// What could not be looked at, and why.
    unchecked: Vec<String>,
}

/// Audits a folder; differences that plain `verify` found come first.
pub fn run(
    world: &World,
    folder: &str,
    before: Option<Vec<String>>,
    as_json: bool,
    quiet: bool,
) -> Result<i32, Failure> {
    let (seen, told) = audit::audit(world, &Local::new(0)).map_err(|e| Failure::World(e.to_string()))?;
    if as_json {
        let (release, differences) = (before.is_some(), before.unwrap_or_default());
        let bad = told.count() > 0 || !differences.is_empty() || seen.samples == 0;
        let more = told.more.iter().map(|(rule, n)| (rule.to_string(), *n)).collect();
        json(&Audited {
            folder: folder.into(),
            release,
            files: seen.files,
            bytes: seen.bytes,
            samples: seen.samples,
            rows: seen.rows,
            differences,
            faults: told.faults,
            more,
            checked: told.checked,
            unchecked: told.unchecked,
        });
        return Ok(i32::from(bad));
    }
    for line in before.iter().flatten() {
        say(&format!("{}\n", shown::line(line)));
    }
    told.faults.iter().for_each(|fault| say(&format!("{}\n", shown::line(&fault.line()))));
    told.more.iter().for_each(|(rule, n)| say(&format!("and {} more of {rule}\n", number(*n))));
    if !quiet {
        looked(&told);
    }
    let rows: u64 = seen.rows.values().sum();
    let once = match rows > seen.samples {
        true => format!(" (each once: {} in {} kinds of files)", plural(rows, "row"), seen.rows.len()),
        false => String::new(),
    };
    let about = format!("{}, {}{once}", plural(seen.files, "file"), plural(seen.samples, "sample"));
    let n = told.count() + before.as_ref().map_or(0, |b| b.len() as u64);
    if n > 0 {
        return Err(Failure::Differs(format!("{folder}: {} ({about})", plural(n, "fault"))));
    }
    if seen.samples == 0 {
        return Err(Failure::Differs(format!("{folder}: no sample was found in {about}: nothing was audited")));
    }
    say(&format!(
        "ok: {about}; {} looked at, {} not\n",
        plural(told.checked.len() as u64, "thing"),
        number(told.unchecked.len() as u64)
    ));
    Ok(0)
}

fn looked(told: &Told) {
    told.checked.iter().for_each(|what| say(&format!("  looked at: {}\n", shown::line(what))));
    told.unchecked.iter().for_each(|what| say(&format!("  not looked at: {}\n", shown::line(what))));
}

//! `tamis privacy sample --raw`: a table for a spreadsheet, a row a question. It shows raw text, so it lies below `.tamis`, which git
//! ignores and `tamis gc --raw` clears, or where the user says, readable for its owner alone.
use crate::cli::label::csv::{guarded, line};
use crate::cli::{Context, aside, json, say, warn};
use crate::measure::exact::above;
use crate::project::{Failure, Options, Project};
use crate::report::terminal::{number, plural};
use crate::review::privacy::{Drawn, Looked, Sheet, Wanted, answered};
use crate::world::World;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where the sheet lies if nothing else is said.
pub const SHEET: &str = ".tamis/privacy-sample.csv";

/// Folders of what is committed or released.
const OPEN: [&str; 4] = ["reviews", "out", "releases", "pins"];

/// Stands before what was seen, since a spreadsheet would read some digests as numbers.
pub const SEEN: &str = "seen-";

/// The columns of the sheet.
pub const HEAD: [&str; 7] = ["id", "kind", "detector", "text", "verdict", "note", "seen"];

#[derive(clap::Args)]
pub struct Args {
    /// Samples in which something was found; each type of [privacy.detect] has as many as the others, as far as it has so many
    #[arg(long, default_value_t = 100, value_name = "N")]
    hits: usize,
    /// Samples in which nothing was found: if none of 300 leaks, fewer than 1 % do
    #[arg(long, default_value_t = 300, value_name = "N")]
    clean: usize,
    /// The file to write, readable for its owner alone; else .tamis/privacy-sample.csv, which `tamis gc --raw` removes
    #[arg(long, value_name = "FILE")]
    out: Option<String>,
    /// Write texts with the personal data that was found in them
    #[arg(long)]
    raw: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Records to a partition on average; for tests
    #[arg(long, hide = true, default_value_t = 4096, value_name = "N")]
    partition_target: usize,
}

/// What `--json` says; of texts and values nothing.
#[derive(Serialize, JsonSchema)]
pub struct Told {
    /// The sheet that was written.
    path: String,
    questions: u64,
    /// By type of personal data, samples that hold one.
    kinds: BTreeMap<String, Share>,
    /// Samples in which nothing was found.
    clean: Share,
    /// Questions that were answered already, and samples that the detectors dropped.
    answered: u64,
    dropped: u64,
}

/// How many were drawn of how many.
#[derive(Serialize, JsonSchema)]
struct Share {
    drawn: u64,
    of: u64,
}

impl Told {
    fn of(path: &str, sheet: &Sheet) -> Told {
        let kinds = sheet.kinds.iter().map(|(kind, (of, n))| (kind.to_string(), Share { drawn: *n as u64, of: *of }));
        let clean = sheet.rows.iter().filter(|row| row.detector.is_none()).count() as u64;
        Told {
            path: path.into(),
            questions: sheet.rows.len() as u64,
            kinds: kinds.collect(),
            clean: Share { drawn: clean, of: sheet.clean },
            answered: sheet.answered,
            dropped: sheet.dropped,
        }
    }
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    aside(args.json);
    let project = Project::open(c.dir.as_deref())?;
    if !args.raw {
        return Err(Failure::Usage(
            "the sheet shows personal data as it was found: --raw writes it all the same".into(),
        ));
    }
    let (world, name) = place(c, &project, args.out.as_deref().unwrap_or(SHEET))?;
    let shown = args.out.as_deref().unwrap_or(SHEET);
    if world.exists(&name) {
        return Err(Failure::Usage(format!("{shown} is there: import what was answered in it, and remove it")));
    }
    let done = answered(&project.world)?;
    let options = Options { target: args.partition_target.max(2), ..Options::default() };
    let wanted = Wanted { hits: args.hits, clean: args.clean };
    let sheet = project
        .plan(&options, |s, built| Looked::of(&project, s, built).and_then(|looked| looked.draw(&wanted, &done)))??;
    if sheet.rows.is_empty() {
        tell(&sheet, args);
        return Err(Failure::Usage("there is nothing left to ask about, and no sheet was written".into()));
    }
    let rows = sheet.rows.iter().map(row);
    let text: String = std::iter::once(line(HEAD.into_iter())).chain(rows).collect();
    world.private(&name, text.as_bytes()).map_err(|e| Failure::World(format!("{shown}: {e}")))?;
    say(&format!("{shown}   {}\n", plural(sheet.rows.len() as u64, "question")));
    tell(&sheet, args);
    say(
        "column verdict: right, or wrong if anything marked is no personal data of the type; where nothing was found right, or leak\n",
    );
    say(&format!("it shows raw text: give it to nobody else\nthen: tamis privacy import {shown} --by NAME\n"));
    if args.json {
        json(&Told::of(shown, &sheet));
    }
    Ok(0)
}

fn row(drawn: &Drawn) -> String {
    let kind = if drawn.detector.is_some() { "hit" } else { "clean" };
    let (id, text) = (guarded(&drawn.id), guarded(&drawn.text));
    let detector = guarded(drawn.detector.as_deref().unwrap_or_default());
    let seen = format!("{SEEN}{}", drawn.seen);
    let cells = [&id, kind, &detector, &text, "", "", &seen];
    line(cells.into_iter())
}

/// What was drawn out of what, and what was not.
fn tell(sheet: &Sheet, args: &Args) {
    for (kind, (all, n)) in &sheet.kinds {
        say(&format!("  {kind:<20} {} of {} that hold one\n", number(*n as u64), number(*all)));
    }
    let clean = sheet.rows.iter().filter(|row| row.detector.is_none()).count() as u64;
    let hits = sheet.rows.len() as u64 - clean;
    let all = number(sheet.clean);
    match clean {
        0 => say(&format!("  {:<20} 0 of {all} in which nothing was found\n", "nothing")),
        n => say(&format!(
            "  {:<20} {} of {all} in which nothing was found: if none of them leaks, at most {:.2} % do\n",
            "nothing",
            number(n),
            above(0, n, 0.05) * 100.0
        )),
    }
    if sheet.answered > 0 {
        say(&format!("  {} answered already, and not asked again\n", plural(sheet.answered, "question")));
    }
    if sheet.dropped > 0 {
        let what = plural(sheet.dropped, "sample");
        say(&format!("  {what} dropped by [privacy.detect] for what they hold: nobody is asked about them\n"));
    }
    for (got, asked, what) in [(hits, args.hits, "hits"), (clean, args.clean, "texts without a hit")] {
        if got < asked as u64 {
            warn(&format!(
                "tamis: {} {what} were asked for, and {} are left to ask about\n",
                number(asked as u64),
                number(got)
            ));
        }
    }
}

/// The folder that is written to, and the path in it: below the project, but where nothing is committed or released, or outside of it.
fn place(c: &Context, project: &Project, out: &str) -> Result<(World, String), Failure> {
    let root = project.world.root().canonicalize().map_err(|e| Failure::World(e.to_string()))?;
    let refuse = |folder: &str| {
        Err(Failure::Usage(format!("{out} lies in {folder}/, where nothing raw may stand: name a file outside of it")))
    };
    if let Some(place) = project.world.place(out) {
        let inside = place.strip_prefix(project.world.root()).unwrap_or(&place);
        return match first(inside).filter(|folder| OPEN.contains(folder)) {
            Some(folder) => refuse(folder),
            None => {
                if first(inside) != Some(".tamis") {
                    warn(&format!("tamis: {out} lies in the project: keep it out of git\n"));
                }
                Ok((project.world.at(project.world.root()), out.to_string()))
            }
        };
    }
    let path = c.dir.as_deref().map_or_else(PathBuf::new, PathBuf::from).join(out);
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Err(Failure::Usage(format!("{out} names no file")));
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let folder = folder.canonicalize().map_err(|e| Failure::World(format!("{out}: {e}")))?;
    match folder.strip_prefix(&root).ok().and_then(first).filter(|folder| OPEN.contains(folder)) {
        Some(folder) => refuse(folder),
        None => Ok((World::new(folder), name.to_string())),
    }
}

/// The first folder of a path.
fn first(path: &Path) -> Option<&str> {
    path.components().next()?.as_os_str().to_str()
}

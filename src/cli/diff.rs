//! `tamis diff A B`: how two releases differ, sample by sample. Needs no project, but where the newer one is the present
//! build of one, its ledger says why samples are gone.
mod card;
pub mod cells;
pub mod folder;
mod join;
mod pinned;
mod present;
mod reasons;
mod sides;

use super::pager::say;
use super::{Context, json};
use crate::project::Failure;
use crate::report::difference::{Difference, Example, Pair};
use crate::report::lang;
use crate::report::show::value_text;
use crate::table::{texts, value_at};
use folder::{Folder, Go, Rows};
use join::Reading;
pub use sides::is_earlier;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

#[derive(clap::Args)]
pub struct Args {
    /// The older one: a release's folder, NAME@VERSION (as frozen), NAME (as built last), or a revision of git, REVISION or
    /// REVISION:NAME, which is built from nothing in a folder of its own; else what was frozen last
    old: Option<String>,
    /// The newer one; else the last build of the same release
    new: Option<String>,
    /// Counts alone
    #[arg(long, conflicts_with_all = ["json", "markdown"])]
    stat: bool,
    /// One JSON object
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// At most ten lines, for a pull request
    #[arg(long)]
    markdown: bool,
    /// With --json: at most so many samples by name
    #[arg(long, default_value_t = 1000, value_name = "N")]
    limit: usize,
}

/// Characters of a value that an example has.
const WIDE: usize = 2000;

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let out = match pinned::difference(c, args)? {
        Some(out) => out,
        None => of_folders(c, args)?,
    };
    if args.json {
        json(&out);
    } else if args.markdown {
        say(&out.markdown());
    } else if args.stat {
        say(&lang::lines(&out.stat()));
    } else {
        say(&lang::lines(&out.text()));
    }
    Ok(i32::from(!out.same))
}

/// The difference of two releases whose files are there.
fn of_folders(c: &Context, args: &Args) -> Result<Difference, Failure> {
    let sides = sides::of(c, args)?;
    let [old, new] = [sides[0].open()?, sides[1].open()?];
    let most = if args.json { args.limit } else { 0 };
    let damage = [old.damage()?, new.damage()?].concat();
    let (mut out, [gone, come]) = compare(&old, &new, most)?;
    out.same &= damage.is_empty();
    for say in damage.into_iter().rev() {
        out.notes.insert(0, format!("damaged: {say}; `tamis verify` tells more"));
    }
    present::tell(c, &sides, &mut out);
    if !args.stat {
        reasons::tell(c, [(&old, gone, "removed"), (&new, come, "added")], &mut out);
        out.examples = examples(&old, &new, &out)?;
    }
    Ok(out)
}

/// What differs from an older release in the last build of the same release.
pub fn against(c: &Context, old: &str) -> Result<Difference, Failure> {
    let args = Args { old: Some(old.to_string()), new: None, stat: false, json: true, markdown: false, limit: 0 };
    told(c, &args, false)
}

/// What differs between two releases of the project in a folder, each `NAME@VERSION` or `NAME`, for a page.
#[cfg_attr(not(feature = "serve"), expect(dead_code, reason = "pages of a server ask for it"))]
pub fn between(root: &Path, [old, new]: [&str; 2]) -> Result<Difference, Failure> {
    let c = Context { dir: Some(root.into()), member: None, quiet: true, lang: None, colour: false };
    let [old, new] = [old, new].map(|name| Some(name.to_string()));
    let args = Args { old, new, stat: false, json: true, markdown: false, limit: 0 };
    match pinned::difference(&c, &args)? {
        Some(out) => Ok(out),
        None => told(&c, &args, true),
    }
}

/// `late` asks whether a side that is what was built last is what a build would make now.
fn told(c: &Context, args: &Args, late: bool) -> Result<Difference, Failure> {
    let sides = sides::of(c, args)?;
    let [old, new] = [sides[0].open()?, sides[1].open()?];
    let (mut out, [gone, come]) = compare(&old, &new, 0)?;
    if late {
        present::tell(c, &sides, &mut out);
    }
    reasons::tell(c, [(&old, gone, "removed"), (&new, come, "added")], &mut out);
    out.examples = examples(&old, &new, &out)?;
    Ok(out)
}

// ---- comparing -------------------------------------------------------------------------------------------------------

/// The comparison, and the ids that one side has alone.
type Compared = (Difference, [BTreeSet<String>; 2]);

fn compare(old: &Folder, new: &Folder, most: usize) -> Result<Compared, Failure> {
    let named = |f: &Folder| f.page.ids.clone().unwrap_or("source".into());
    let known = named(old) == named(new) && named(old) != "sequence" && old.has_ids() && new.has_ids();
    let read = old.has_values() && new.has_values();
    if !known && !read {
        let say =
            "cannot be compared: samples have no ids in common, and one of them is only in formats without all values";
        return Err(Failure::Usage(format!("{} and {} {say}", old.side.name, new.side.name)));
    }
    let (mut out, rest) = joined(old, new, known, most)?;
    if known && read && named(old) == "keyed" && out.samples.added > 0 && out.samples.added == out.new.samples {
        let (mut out, rest) = joined(old, new, false, most)?;
        let say = "no keyed id is in both: they were made with different keys";
        out.notes.insert(0, say.into());
        return Ok((out, rest));
    }
    if !known {
        let why =
            if named(old) == "sequence" || named(new) == "sequence" { "ids are numbers of rows" } else { "ids differ" };
        let say = format!("compared by content, since {why}: a changed sample is one removed and one added");
        out.notes.insert(0, say);
    }
    Ok((out, rest))
}

fn joined(old: &Folder, new: &Folder, by_id: bool, most: usize) -> Result<Compared, Failure> {
    let mut out = Difference {
        old: old.side.clone(),
        new: new.side.clone(),
        compared_by: if by_id { "id" } else { "content" },
        ..Difference::default()
    };
    let splits: BTreeSet<&String> = old.page.splits.keys().chain(new.page.splits.keys()).collect();
    let splits: Vec<String> = splits.into_iter().cloned().collect();
    let rows = |f: &Folder, split: &str| f.page.splits.get(split).map_or(0, |s| s.rows);
    out.splits = splits.iter().map(|s| (s.clone(), Pair { old: rows(old, s), new: rows(new, s) })).collect();
    out.values_compared = old.has_values() && new.has_values();
    (out.gates, out.sources) = card::compare(&old.card, &new.card);
    let names = columns(old, new, &mut out);
    let places = |f: &Folder| names.iter().filter_map(|name| f.column(name)).collect();
    let reading = |folder| Reading { folder, common: places(folder), by_id, splits: &splits };
    let rest = join::join([reading(old), reading(new)], &names, most, &mut out)?;
    let (a, b) = (&out.old, &out.new);
    let roots = a.content_root == b.content_root && a.files_root == b.files_root;
    out.same = roots && !out.differs_in_samples() && out.columns.is_same();
    Ok((out, rest))
}

/// Tells which columns differ; returns those whose values are compared.
fn columns(old: &Folder, new: &Folder, out: &mut Difference) -> Vec<String> {
    let own = |f: &Folder| -> BTreeMap<String, String> {
        let unknown = || f.page.columns.iter().map(|c| (c.clone(), String::new())).collect();
        let typed = f.columns.iter().map(|c| (c.name.clone(), c.holds.clone()));
        if f.columns.is_empty() { unknown() } else { typed.collect() }
    };
    let (was, is) = (own(old), own(new));
    out.columns.added = is.keys().filter(|c| !was.contains_key(*c)).cloned().collect();
    out.columns.removed = was.keys().filter(|c| !is.contains_key(*c)).cloned().collect();
    for side in [old, new].iter().filter(|f| !f.has_values()) {
        let say = format!("values are not compared: {} is read in {} alone", side.side.name, side.format);
        out.notes.push(say);
    }
    let mut names = Vec::new();
    if !old.has_values() || !new.has_values() {
        return names;
    }
    for (column, holds) in was.iter().filter(|(c, _)| *c != "id" && *c != "split") {
        match is.get(column) {
            Some(now) if now == holds => names.push(column.clone()),
            Some(now) => {
                let pair = Pair { old: holds.clone(), new: now.clone() };
                out.columns.retyped.insert(column.clone(), pair);
            }
            None => {}
        }
    }
    names
}

/// Of each changed column the first samples by id, with what they held and hold.
fn examples(old: &Folder, new: &Folder, out: &Difference) -> Result<Vec<Example>, Failure> {
    let mut wanted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (column, ids) in &out.first_changed {
        for id in ids {
            wanted.entry(id).or_default().push(column);
        }
    }
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let (was, is) = (looked_up(old, &wanted)?, looked_up(new, &wanted)?);
    let mut examples = Vec::new();
    for ((column, id), value) in was {
        let now = is.get(&(column.clone(), id.clone())).cloned().unwrap_or_default();
        examples.push(Example { column, id, old: value, new: now });
    }
    Ok(examples)
}

/// Values by column and id, as texts.
fn looked_up(
    folder: &Folder,
    wanted: &BTreeMap<&str, Vec<&str>>,
) -> Result<BTreeMap<(String, String), String>, Failure> {
    let (mut out, mut left) = (BTreeMap::new(), wanted.len());
    let Some(place) = folder.column("id") else { return Ok(out) };
    folder.each(&mut |_, rows| {
        let Rows::Values(arrays) = rows else { return Ok(Go::Stop) };
        let ids = arrays.get(place).map(|array| texts(array.as_ref())).unwrap_or_default();
        for (row, id) in ids.into_iter().enumerate() {
            let Some((id, columns)) = id.and_then(|id| Some((id, wanted.get(id)?))) else { continue };
            for column in columns {
                let Some(array) = folder.column(column).and_then(|n| arrays.get(n)) else { continue };
                let value = value_text(&value_at(array.as_ref(), row));
                let value = value.chars().take(WIDE).collect();
                out.insert((column.to_string(), id.to_string()), value);
            }
            left = left.saturating_sub(1);
        }
        Ok(if left == 0 { Go::Stop } else { Go::On })
    })?;
    Ok(out)
}

//! A release that is there as its pin alone, against one whose files are there: a fresh clone tells what a build changes without
//! the frozen folders, which git need not hold.
use super::Args;
use super::present;
use super::sides::{self, frozen_last};
use crate::cli::Context;
use crate::cli::pin::change::compare;
use crate::cli::pin::{self, Key, Pin};
use crate::cli::release::pins;
use crate::project::{self, Failure, Project};
use crate::report::difference::{Difference, Moved, Pair, Side};
use crate::world::World;
use std::collections::BTreeMap;

/// The comparison, where the older release is there as a pin and not as a folder.
pub fn difference(c: &Context, args: &Args) -> Result<Option<Difference>, Failure> {
    let Ok(root) = project::find(c.dir.as_deref()) else { return Ok(None) };
    let name = match &args.old {
        Some(name) => name.clone(),
        None => match frozen_last(Some(&root)) {
            Ok(name) => name,
            Err(_) => return Ok(None),
        },
    };
    if sides::folder(Some(&root), &name).is_ok() {
        return Ok(None);
    }
    let Some(path) = pins::named(&root, &name) else { return Ok(None) };
    let old = Pin::read(&World::new(&root), &path)?;
    let asked = args.new.as_deref().unwrap_or(&old.release);
    let new = sides::side(c, Some(&root), asked, Some(old.release.clone()))?;
    let folder = new.open()?;
    let key = match old.digests.as_str() {
        "plain" => Key::Plain,
        _ => {
            let project = Project::open(c.dir.as_deref())?;
            pins::key(&project.manifest, &project.world)
        }
    };
    let (now, samples) = pin::make(&folder, old.labels.clone(), &key, false)?;
    let change = compare(&old, &now, &samples);
    let mut out =
        Difference { old: pinned(&path, &old), new: folder.side.clone(), compared_by: "id", ..Difference::default() };
    out.notes
        .push(format!("compared with {path}: it does not hold what samples said, so changed columns are not told"));
    out.notes.extend(change.blind.iter().map(|say| format!("samples are not compared one by one: {say}")));
    if change.parts > 0 {
        let say = format!(
            "in {} parts of the release samples were edited, moved, removed or many added; how many is not known",
            change.parts
        );
        out.notes.push(say);
    }
    out.samples.added = change.added;
    out.samples.removed = change.removed;
    out.samples.changed = change.edited;
    out.samples.moved = change.moved;
    let gone = change.touched + change.removed;
    out.samples.same = old.rows().saturating_sub(gone);
    out.added = change.added_in.clone();
    out.removed = change.removed_in.clone();
    let moved = change.moved_between.iter();
    out.moved = moved.map(|((from, to), n)| Moved { from: from.clone(), to: to.clone(), samples: *n }).collect();
    let splits: Vec<&String> = old.splits.keys().chain(now.splits.keys()).collect();
    let rows = |of: &Pin, split: &str| of.splits.get(split).copied().unwrap_or(0);
    out.splits = splits.iter().map(|s| (s.to_string(), Pair { old: rows(&old, s), new: rows(&now, s) })).collect();
    columns(&old, &now, &mut out);
    out.same = !change.content && !change.packaging;
    present::tell(c, &[new], &mut out);
    Ok(Some(out))
}

fn pinned(path: &str, old: &Pin) -> Side {
    Side {
        name: path.to_string(),
        dataset: old.dataset.clone(),
        release: old.release.clone(),
        version: old.version.clone(),
        license: old.license.clone(),
        formats: old.formats.clone(),
        content_root: old.content_root.clone(),
        files_root: old.files_root.clone(),
        samples: old.rows(),
        ..Side::default()
    }
}

fn columns(old: &Pin, new: &Pin, out: &mut Difference) {
    out.columns.added = new.columns.keys().filter(|c| !old.columns.contains_key(*c)).cloned().collect();
    out.columns.removed = old.columns.keys().filter(|c| !new.columns.contains_key(*c)).cloned().collect();
    for (name, was) in &old.columns {
        if let Some(is) = new.columns.get(name).filter(|is| *is != was) {
            out.columns.retyped.insert(name.clone(), Pair { old: was.clone(), new: is.clone() });
        }
    }
    for (column, was) in &old.values {
        let Some(is) = new.values.get(column) else { continue };
        let count = |of: &BTreeMap<String, u64>, value: &String| of.get(value).copied().unwrap_or(0);
        let pairs = was.keys().chain(is.keys()).map(|v| (v.clone(), Pair { old: count(was, v), new: count(is, v) }));
        let changed: BTreeMap<String, Pair<u64>> = pairs.filter(|(_, p)| p.old != p.new).collect();
        if !changed.is_empty() {
            out.values.insert(column.clone(), changed);
        }
    }
}

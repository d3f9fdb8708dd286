//! The pin of a release, and whether its version says how much it changes (`cli/pin`).
use crate::cli::diff::folder::Folder;
use crate::cli::page::Page;
use crate::cli::pin::change::{Change, Level, Version, compare};
use crate::cli::pin::drift::{NOTABLE, drift};
use crate::cli::pin::{self, Key, Pin};
use crate::diag::Diagnostic;
use crate::digest::Digest;
use crate::manifest::Manifest;
use crate::manifest::sections::Privacy;
use crate::project::{Failure, Project};
use crate::stage::secret;
use crate::stages::label::declaration::declared_classes;
use crate::world::World;
use std::collections::BTreeMap;
use std::path::Path;

/// What digests of a pin are derived for.
const CONTEXT: &str = "tamis pins 1";

/// Formats out of which every sample is read with its id or with all of its values.
const WITH_IDS: [&str; 5] = ["parquet", "arrow", "jsonl", "image_folder", "conll"];

/// A candidate that may be frozen as its version.
pub struct Ready {
    pub pin: Pin,
    /// What it changes, for people.
    pub told: String,
}

/// What digests of samples are made with, as `[privacy]` says. Whoever has not the key compares without them.
pub fn key(manifest: &Manifest, world: &World) -> Key {
    declared_key(manifest, world).unwrap_or(Key::None)
}

/// The same; a key that is declared and not there, or too short, is a failure: a pin without digests would tell nothing of
/// samples ever after.
fn declared_key(manifest: &Manifest, world: &World) -> Result<Key, Failure> {
    let Some((_, table)) = manifest.table(&["privacy"]) else { return Ok(Key::Plain) };
    let privacy: Privacy = crate::manifest::read(table).unwrap_or_default();
    let Some(from) = privacy.key else { return Ok(Key::None) };
    let read = secret::read(world, &from).map_err(|(message, say)| {
        Failure::Usage(format!("{message} ({say}): [privacy] declares one, and pins know samples by it"))
    })?;
    Ok(Key::Secret(Digest::derive(CONTEXT, &read)))
}

/// Reads the candidate, compares it with the pin of the version before, and demands a version that says how much changed.
pub fn candidate(project: &Project, name: &str, version: &str) -> Result<Ready, Failure> {
    let world = &project.world;
    let place = format!("out/{name}");
    let release = world.at(world.root().join(&place));
    let page = Page::read(&release)?;
    let mut classes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (task, of) in declared_classes(&project.manifest) {
        let column = format!("label_{}", task.replace('.', "_"));
        if page.columns.contains(&column) && !of.is_empty() {
            classes.insert(column, of);
        }
    }
    let personal = project.manifest.table(&["privacy"]).is_some();
    let ids = page.formats.iter().any(|f| WITH_IDS.contains(&f.as_str()));
    let (pin, samples) = if ids {
        let folder = Folder::open(&world.root().join(&place), &place)?;
        pin::make(&folder, classes, &declared_key(&project.manifest, world)?, personal)?
    } else {
        let list = release.read("B3SUMS", 1 << 30).map_err(|e| Failure::World(e.to_string()))?;
        (Pin { labels: classes, ..pin::bare(&page, Digest::of(&list).hex()) }, Vec::new())
    };
    let Some(own) = Version::parse(version) else {
        let told = format!("  `{version}` is no version of three numbers, so it is not compared with earlier ones\n");
        return Ok(Ready { pin, told });
    };
    let before = pin::all(world, name).into_iter().rev().find(|(v, _)| *v < own);
    let Some((before, path)) = before else { return Ok(Ready { pin, told: String::new() }) };
    let old = Pin::read(world, &path)?;
    let change = compare(&old, &pin, &samples);
    let (level, why) = change.level();
    let least = before.next(level);
    if Version::parse(&least).is_some_and(|least| own.numbers < least.numbers) {
        return Err(too_small(project, &old.version, version, &least, (level, why.as_slice())));
    }
    Ok(Ready { told: told(&old, &pin, &change, level, &why), pin })
}

fn too_small(project: &Project, before: &str, version: &str, least: &str, (level, why): (Level, &[String])) -> Failure {
    let span = project.manifest.span_of("dataset.version").unwrap_or(0..0);
    let problem =
        Diagnostic::error("T0660", span, format!("version {version} is too small for what changed since {before}"))
            .label(format!("a {} change: {}", level.name(), why.join("; ")))
            .help(format!("version = \"{least}\" or more"));
    Failure::Declaration(project.manifest.clone(), vec![problem])
}

fn told(old: &Pin, new: &Pin, change: &Change, level: Level, why: &[String]) -> String {
    let mut out = format!("  since {}: {} change: {}\n", old.version, level.name(), why.join("; "));
    if level == Level::Same {
        out = format!("  since {}: the same content and files\n", old.version);
    }
    if change.added > 0 && level == Level::Major {
        out.push_str(&format!("  {} added besides\n", change.added));
    }
    let all = drift(old, new);
    let far: Vec<_> = all.iter().filter(|d| d.psi >= NOTABLE).collect();
    far.iter().take(10).for_each(|d| out.push_str(&format!("  shifted: {}\n", d.line())));
    if far.len() > 10 {
        out.push_str(&format!("  and {} more columns\n", far.len() - 10));
    }
    if far.is_empty() && !all.is_empty() {
        out.push_str(&format!("  no column shifted by a PSI of {NOTABLE} or more\n"));
    }
    out
}

/// Writes the pin of a release that was frozen.
pub fn write(world: &World, name: &str, version: &str, pin: &Pin) -> Result<(), Failure> {
    world.replace(&pin::path(name, version), pin.text().as_bytes()).map_err(|e| Failure::World(e.to_string()))
}

/// The release that a pin is of, if there is one for `NAME@VERSION`.
pub fn named(root: &Path, name: &str) -> Option<String> {
    let (release, version) = name.split_once('@')?;
    let path = pin::path(release, version);
    let plain = !release.contains('/') && !version.contains('/') && !version.contains("..");
    (plain && root.join(&path).is_file()).then_some(path)
}

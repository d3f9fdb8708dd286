//! `privacy.detect/ids`: ids that are made of paths or taken from a column are released as they are, and nothing masks them. The
//! detectors look at them, part by part of a path, and what they find fails the build.
//!
//! Finding: `privacy.id`, which tells what was found and not where or how it reads. Limits: nothing is looked for where no release
//! calls samples by the ids of their source, or where `[privacy] harmless` names `id`.
use super::detectors::Finder;
use super::sought::Sought;
use crate::digest::Digest;
use crate::formats::named;
use crate::manifest::Decimal;
use crate::manifest::sections::Privacy;
use crate::manifest::{Declared, read};
use crate::stage::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

pub const ENTRY: Entry = Entry::row::<Stage>("privacy/ids", "privacy.detect", declare);

const STEP: &str = "privacy.detect/ids";

fn declare(check: &mut Check) -> Vec<Plan> {
    let privacy: Privacy = check.section(&["privacy"]);
    if privacy.harmless.iter().any(|name| name.as_str() == "id") {
        return Vec::new();
    }
    let sources = sources(check);
    let Some((sought, files)) = Sought::again(check).filter(|_| !sources.is_empty()) else { return Vec::new() };
    let gate = Gate::at_most("privacy.detect", format!("{STEP}.fails"), Decimal::default(), check.span.clone())
        .say("ids hold what [privacy.detect] looks for, and are released")
        .look(format!(
            "tamis show {STEP} --findings; `ids = \"keyed\"` in the release calls samples otherwise, and [privacy] \
             harmless = [\"id\"] lets the ids out"
        ));
    let ports = Ports { table: "samples".into(), reads: names(&["id", "source"]), ..Ports::default() };
    let files = files.into_values().collect();
    vec![Plan { gates: vec![gate], files, ..Plan::map::<Stage>(ports, &Map { sources, sought }).word("ids") }]
}

/// Ids that say nothing of a sample by themselves.
const MADE: [&str; 2] = ["content", "position"];

/// As much of a source as says what its ids are made of.
#[derive(Deserialize)]
struct Source {
    id: Option<String>,
    open: Option<Files>,
    direct: Option<Files>,
}

#[derive(Deserialize)]
struct Files {
    format: String,
}

/// As much of a release as says what it calls samples.
#[derive(Deserialize)]
struct Release {
    ids: Option<String>,
}

/// The sources whose ids are made of paths or taken from a column, where some release calls samples by them.
fn sources(check: &Check) -> Vec<String> {
    let as_collected = |table: &Declared| read::<Release>(table).is_ok_and(|r| r.ids.is_none_or(|ids| ids == "source"));
    if !check.manifest.instances(&["release"]).iter().any(|(_, _, table)| as_collected(table)) {
        return Vec::new();
    }
    let speaks = |table: &Declared| {
        let Ok(source) = read::<Source>(table) else { return false };
        let files = source.open.or(source.direct);
        // where a file is a sample it is called by its path, unless the manifest says otherwise
        let usual = files
            .and_then(|files| named(&files.format))
            .is_some_and(|f| f.reader.as_ref().is_none_or(|r| r.id == "path"));
        source.id.map_or(usual, |id| !MADE.contains(&id.as_str()))
    };
    let all = check.manifest.instances(&["collect"]).into_iter();
    all.filter(|(_, _, table)| speaks(table)).map(|(name, ..)| name).collect()
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    /// The sources whose ids say something of their samples.
    #[serde(default, skip_serializing_if = "is_default")]
    sources: Vec<String>,
    #[serde(flatten)]
    sought: Sought,
}

struct Stage;

impl RowStage for Stage {
    const MAP: u32 = 2;
    type Map = Map;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let finder = p.sought.finder(&|digest: Digest| rows.blob(digest))?;
        let sources = rows.texts("source")?;
        for (row, id) in rows.texts("id")?.into_iter().enumerate() {
            let own = sources.get(row).and_then(Option::as_ref).is_some_and(|source| p.sources.contains(source));
            let kinds = found(&finder, id.filter(|_| own).as_deref().unwrap_or_default());
            if !kinds.is_empty() {
                let say = format!("its id holds {}", kinds.join(", "));
                delta.event(row, Act::Fail, "privacy.detect", "privacy.id", say);
            }
        }
        Ok(delta)
    }
}

/// What is found in the parts of a path, each with what stands before its extension, as it is and with `_` for a space.
fn found(finder: &Finder, id: &str) -> Vec<String> {
    let mut kinds = BTreeSet::new();
    for part in id.split('/').filter(|part| !part.is_empty()) {
        let stem = part.rsplit_once('.').map_or(part, |(stem, _)| stem);
        for text in [part, stem, &stem.replace('_', " ")] {
            kinds.extend(finder.find(text).iter().map(|hit| finder.name(hit).to_string()));
        }
    }
    kinds.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::privacy::detectors::DETECTORS;

    #[test]
    fn parts_of_paths_are_searched() {
        let versions = DETECTORS.iter().map(|d| (d.name.to_string(), d.version)).collect();
        let sought = Sought { versions, ..Sought::default() };
        let finder = sought.finder(&|_| Err(Fault::Bug("no words".into()))).unwrap();
        let of = |id: &str| found(&finder, id);
        assert_eq!(of("raw/kim@example.com/010-1234-5678.txt"), ["email", "phone"]);
        assert_eq!(of("raw/scan_010-1234-5678_2.png"), ["phone"]);
        assert!(of("raw/train/000000391895.jpg").is_empty() && of("").is_empty());
    }
}

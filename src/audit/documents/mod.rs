//! What tells of the files: descriptions, cards, citations. Each is checked against what its specification demands, against
//! the files, and against the others.
mod card;
mod citation;
mod claims;
mod coverage;
mod crates;
mod croissant;
mod datapackage;
mod facts;
mod provenance;
mod sources;
mod spdx;
mod tables;

pub use card::{Card, read as card};
pub use facts::{Facts, list, text};

use super::kinds::{Document, Kind};
use super::told::Told;
use claims::Claims;

/// Checks every document.
pub fn check(facts: &Facts, cards: &[Card], told: &mut Told) {
    let mut claims = Claims::of(facts.folder.has("release.json"));
    for (path, kind) in facts.kinds {
        if *kind == Kind::Coco {
            annotations(facts, path, &mut claims, told);
        }
        let Kind::Document(kind) = kind else { continue };
        empty(facts, path, told);
        let name = match kind {
            Document::Card | Document::Text | Document::YoloIndex => continue,
            Document::Release => {
                release(facts, path, &mut claims, told);
                "release.json"
            }
            Document::Croissant => {
                croissant::check(facts, path, &mut claims, told);
                "Croissant"
            }
            Document::DataPackage => {
                datapackage::check(facts, path, &mut claims, told);
                "Data Package"
            }
            Document::Crate => {
                crates::check(facts, path, &mut claims, told);
                "RO-Crate"
            }
            Document::DataCite => {
                citation::datacite(facts, path, &mut claims, told);
                "DataCite"
            }
            Document::Citation => {
                citation::cff(facts, path, &mut claims, told);
                "CITATION.cff"
            }
            Document::Spdx => {
                spdx::check(facts, path, &mut claims, told);
                "SPDX"
            }
            Document::Provenance => {
                provenance::check(facts, path, told);
                "provenance"
            }
            Document::Licence => {
                licence(facts, path, &mut claims, told);
                "licence"
            }
        };
        told.checked(format!("{path} ({name})"));
    }
    if facts.folder.has(sources::PAGE) && facts.folder.has("release.json") {
        sources::page(facts, &mut claims, told);
    }
    if facts.folder.has(DATASHEET) && facts.folder.has("release.json") {
        let text = facts.folder.text(DATASHEET, told).unwrap_or_default();
        let version = text.lines().next().and_then(|title| title.rsplit(' ').next());
        claims.version(DATASHEET, "version in the title", version.filter(|v| v.split('.').count() == 3));
    }
    for card in cards {
        card.check(facts, &mut claims, told);
        told.checked(format!("{} (card)", card.path));
    }
    claims.compare(told);
}

/// The answers to the questions of Datasheets for Datasets.
const DATASHEET: &str = "DATASHEET.md";

/// A document that is there says something.
fn empty(facts: &Facts, path: &str, told: &mut Told) {
    if facts.folder.get(path).is_some_and(|entry| entry.size == 0) && !path.starts_with("LICENSES/") {
        told.fault("document.empty", path, "", "", "is empty");
    }
}

/// What a file of COCO says of its version and of the licence that all its pictures have.
fn annotations(facts: &Facts, path: &str, claims: &mut Claims, told: &mut Told) {
    let (version, licenses) = super::coco::about(facts.folder, path);
    // "1.0" is of the annotations, and no version of a release
    let version = version.filter(|version| version.split('.').count() == 3);
    claims.version(path, "info.version", version.as_deref());
    if let [one] = licenses.as_slice() {
        claims.license(path, "licenses", Some(one), told);
    }
}

fn release(facts: &Facts, path: &str, claims: &mut Claims, told: &mut Told) {
    let Some(json) = facts.folder.json(path, told) else { return };
    claims.name(path, "dataset", text(&json, "dataset"));
    claims.version(path, "version", text(&json, "version"));
    claims.license(path, "license", text(&json, "license"), told);
}

/// The text of a licence, at the root alone: below `LICENSES/` lies the evidence of sources.
fn licence(facts: &Facts, path: &str, claims: &mut Claims, told: &mut Told) {
    if path.contains('/') {
        return;
    }
    let Some(text) = facts.folder.text(path, told) else { return };
    use crate::model::license::{by_text, by_words, of_value};
    let first = text.lines().find_map(|line| of_value(line.trim()));
    if let Some(found) = by_text(&text).or(first).or_else(|| by_words(&text)) {
        claims.license(path, "", Some(&found), told);
    }
}

//! `[release.NAME]`: a frozen set of files that any other tool can read.
//!
//! ```toml
//! [release.public]
//! formats = ["parquet", { format = "conll", label = "ner" }]
//! columns = ["id", "text", "label.ner", "split"]
//! ```
//!
//! `select` says which samples belong to it; `anonymity` generalises its columns until nobody is found in it, where that is asked;
//! the engine regroups them by split (`rows`); one step a format makes each
//! piece's fragments (`encode.parquet`, and `encode.images` where images are released); `counts` counts what the card tells;
//! `mapped` calls classes as the release wants them; `hide` takes the answers of a benchmark out of it, and `answers` lays them elsewhere; `allowed` tells of decisions about licences; the last page joins the fragments and adds card, sums, attribution and roots. Dots in column names become `_`. A sample without one of the released labels is left out
//! and counted.
mod allowed;
pub mod anonymity;
mod attributes;
mod called;
mod certified;
mod columns;
mod conflicts;
mod counted;
mod counts;
mod declaration;
mod documents;
mod encode;
mod hide;
mod ids;
mod images;
mod made;
mod mapped;
mod page;
mod readers;
mod relations;
mod represented;
mod select;
mod terms;
mod withheld;

pub use terms::unknown_terms;

use crate::manifest::{self, Manifest};
use crate::stage::Entry;

pub use columns::RELEASED_ID;

/// Where the pages of the report lie in a frozen release that asks for them. `SHA256SUMS` has its sum and `B3SUMS` has not: the pages
/// tell of a release, roots and all, and are no part of it.
pub const REPORT: &str = "report.html";

/// Of a release that asks for a report: whether its columns leave it as they were collected. Nothing where it asks for none.
pub fn reported(manifest: &Manifest, name: &str) -> Option<bool> {
    let (_, table) = manifest.table(&["release", name])?;
    let declared = manifest::read::<declaration::Declaration>(table).ok()?;
    declared.report.then_some(declared.anonymity.is_none())
}

pub const ENTRIES: &[Entry] = &[
    allowed::ENTRY,
    select::ENTRY,
    anonymity::ENTRY,
    select::ROWS,
    anonymity::GENERALISED,
    mapped::ENTRY,
    ids::ENTRY,
    hide::ENTRY,
    hide::ANSWERS,
    images::ENTRY,
    encode::ENTRY,
    counts::ENTRY,
    page::ENTRY,
];

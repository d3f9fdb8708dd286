//! `[collect.NAME]`: raw files become samples.
//!
//! ```toml
//! [collect.pairs]
//! open = { files = ["raw/pairs.jsonl"], format = "jsonl" }
//! fields = { sentence1 = "sentence1", origin = "meta.source" }
//! id = "id"
//! license = "CC-BY-SA-4.0"
//! ```
//!
//! Formats are listed in `formats/mod.rs`: of records (`read`), of images (`images`), of annotations beside images
//! (`sidecars`, then `objects`, and `placed` where places are shares). `.gz` and `.zst` are read. Writes the fields, `id`, `source`, `image`, and what a format
//! adds (`tokens`, `objects`). What no reader can parse is in the ledger with file and line, and `max_rejects` decides.
mod answered;
mod beside;
mod brought;
mod classes;
pub mod consent;
mod crawl;
pub mod declaration;
mod doubts;
mod effect;
mod fetch;
mod fetched;
mod files;
mod heads;
pub mod ids;
mod images;
mod lacking;
pub mod licences;
mod met;
mod named;
mod objects;
mod pictures;
mod placed;
mod read;
mod released;
mod sheet;
mod shown;
mod sidecars;
mod terms;

use crate::stage::Entry;

pub const ENTRIES: &[Entry] = &[
    images::ENTRY,
    sidecars::ENTRY,
    read::ENTRY,
    brought::ROWS,
    brought::ENTRY,
    brought::ALONE,
    objects::ENTRY,
    objects::SHARED,
    placed::ENTRY,
    pictures::ENTRY,
];

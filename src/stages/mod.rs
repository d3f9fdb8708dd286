//! The registry: a line per stage, in the order of the pipeline. The key path of a stage is the path of its file.
pub mod clean;
pub mod collect;
pub mod label;
pub mod preprocess;
pub mod privacy;
pub mod release;
pub mod schema;
pub mod split;

use crate::stage::Entry;

/// All stages. Each step reads the last writer before it, in this order, of each column that it reads.
pub const REGISTRY: &[&[Entry]] = &[
    collect::ENTRIES,
    &[collect::ids::ENTRY],
    &[schema::ENTRY],
    preprocess::ENTRIES,
    &[privacy::detect::ENTRY],
    &[clean::chat::ENTRY],
    &[clean::fields::ENTRY],
    &[clean::exact_duplicates::ENTRY],
    &[clean::stated_size::ENTRY, clean::stated_size::UNDECLARED],
    label::ENTRIES,
    split::ENTRIES,
    release::ENTRIES,
];

/// The registry as one list.
pub fn registry() -> Vec<Entry> {
    REGISTRY.concat()
}

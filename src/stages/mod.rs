//! The registry: a line per stage, in the order of the pipeline. The key path of a stage is the path of its file.
pub mod active;
pub mod augment;
pub mod clean;
pub mod collect;
pub mod ethics;
pub mod label;
pub mod leakage;
pub mod preprocess;
pub mod privacy;
pub mod release;
pub mod sample;
pub mod schema;
pub mod split;
pub mod train;
pub mod transform;

use crate::stage::Entry;

/// All stages. Each step reads the last writer before it, in this order, of each column that it reads.
pub const REGISTRY: &[&[Entry]] = &[
    collect::ENTRIES,
    &[collect::ids::ENTRY],
    &[collect::consent::ENTRY, collect::licences::ENTRY],
    &[transform::AFTER_COLLECT],
    &[schema::ENTRY],
    &[transform::AFTER_SCHEMA],
    preprocess::ENTRIES,
    &[transform::AFTER_PREPROCESS],
    &[privacy::operators::ENTRY],
    &[privacy::detect::ENTRY, privacy::ids::ENTRY],
    &[privacy::checked::ANSWERS, privacy::checked::ENTRY],
    &[transform::AFTER_PRIVACY],
    &[clean::chat::ENTRY],
    &[clean::quality::FIELDS, clean::quality::QUALITY, clean::picture_quality::ENTRY],
    &[clean::exact_duplicates::ENTRY],
    &[clean::against::ENTRY, clean::near_duplicates::ENTRY, clean::near_pictures::ENTRY],
    &[clean::repeated_passages::ANCHORS, clean::repeated_passages::ENTRY],
    &[clean::stated_size::ENTRY, clean::stated_size::UNDECLARED],
    &[transform::AFTER_CLEAN],
    label::ENTRIES,
    &[privacy::images::ENTRY],
    &[transform::AFTER_LABEL],
    &[clean::near_duplicates::labels::ENTRY, clean::label_inconsistent::ENTRY, clean::label_outliers::ENTRY],
    train::ENTRIES,
    &[clean::label_errors::ENTRY, clean::label_errors::boxes::ENTRY],
    &[active::ENTRY],
    &[ethics::ENTRY],
    split::ENTRIES,
    &[leakage::ENTRY],
    &[sample::ENTRY],
    augment::ENTRIES,
    &[augment::SYNTHESIZE_DRAW, privacy::written::ENTRY, augment::SYNTHESIZE],
    train::AFTER_SPLIT,
    release::ENTRIES,
];

/// The registry as one list.
pub fn registry() -> Vec<Entry> {
    REGISTRY.concat()
}

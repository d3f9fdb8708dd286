//! The scan: files become units (stretches of consecutive records, or whole small files), units become partitions, and
//! a table beside them remembers where each unit lies. Nothing of it enters a recipe but digests, so a line inserted
//! on top of a large file changes one partition.
//!
//! An unchanged source costs one walk over its folders: the table of the last scan is used as it stands, and no list of
//! its files is made.
mod again;
mod bytes;
mod contexts;
pub mod find;
mod follow;
mod parts;
mod place;
mod read;
mod table;
mod units;

pub use follow::{Way, forget, scan};
pub use place::{place, places};
pub use table::{Reader, put_text};
pub use units::{Head, Scanned, Unit, open_unit};

//! WebDataset: tar archives in which the files of a sample have one name and differ behind its first dot: `KEY.jpg`, `KEY.json`.
//! They are read (`read.rs`) and written (`write.rs`).
mod read;
mod write;

use super::format::Format;

pub use read::{PARTS_OF_PICTURES, sample_parts};

pub const FORMAT: Format = Format {
    options: read::OPTIONS,
    reader: Some(read::READER),
    writer: Some(write::WRITER),
    ..Format::new("webdataset", "Tar archives of samples, as WebDataset reads them.")
};

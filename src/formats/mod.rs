//! Formats: bytes to records and back. Nothing here opens a file or knows of stages.
//!
//! A format is a value, [`Format`], and [`FORMATS`] lists all of them: what a manifest may name, what diagnostics
//! suggest and what the reference says is made of this list. To add one, write its file and add its line. What a reader
//! cannot read comes back as a [`Wrong`], whose words hold counts, names and positions, never the text of a record.
pub mod archive;
pub mod arrow;
pub mod back;
pub mod batches;
pub mod chat;
pub mod cut;
pub mod doubt;
pub mod encoding;
pub mod file_name;
pub mod format;
pub mod frames;
pub mod guard;
pub mod held;
#[cfg(feature = "crawl")]
pub mod html;
pub mod image;
pub mod infer;
pub mod json;
pub mod lines;
pub mod met;
pub mod metadata;
#[cfg(test)]
mod mutated;
mod nuls;
pub mod once;
pub mod options;
pub mod packing;
pub mod pixels;
pub mod pointer;
pub mod reader;
#[cfg(test)]
mod round;
#[cfg(test)]
mod round_others;
#[cfg(test)]
mod round_texts;
pub mod sidecar;
pub mod small;
pub mod spelling;
mod spelt;
mod strays;
pub mod swallowed;
pub mod tokens;
pub mod unread;
pub mod veil;
pub mod writer;
pub mod yaml;

pub mod aihub;
mod annotated;
pub mod audio;
mod boxes_csv;
pub mod coco;
pub mod conll;
pub mod csv;
pub mod csv_fields;
mod csv_look;
pub mod csv_write;
pub mod cvat;
mod dota;
pub mod image_folder;
mod image_objects;
pub mod json_array;
pub mod jsonl;
mod jsonl_zst;
pub mod label_studio;
pub mod labelme;
pub mod parquet;
mod speech;
pub mod sqlite;
pub mod squad;
mod standoff;
pub mod tar;
pub mod text;
pub mod voc;
pub mod warc;
pub mod webdataset;
mod xml;
pub mod yolo;
pub mod zip;

pub use cut::Cut;
pub use encoding::Wrong;
pub use format::Format;
pub use options::Options;

/// All formats, in the order in which a release lists its own.
pub const FORMATS: &[Format] = &[
    parquet::FORMAT,
    arrow::FORMAT,
    jsonl::FORMAT,
    jsonl_zst::FORMAT,
    json_array::FORMAT,
    label_studio::FORMAT,
    squad::FORMAT,
    csv::CSV,
    csv::TSV,
    conll::FORMAT,
    conll::conll2003::FORMAT,
    conll::conllu::FORMAT,
    sqlite::FORMAT,
    text::FORMAT,
    text::LINES,
    text::PARAGRAPHS,
    coco::FORMAT,
    image_folder::FORMAT,
    image_objects::FORMAT,
    voc::FORMAT,
    labelme::FORMAT,
    cvat::FORMAT,
    yolo::FORMAT,
    dota::FORMAT,
    boxes_csv::FORMAT,
    webdataset::FORMAT,
    audio::FORMAT,
    speech::textgrid::FORMAT,
    speech::manifest::FORMAT,
    speech::kaldi::FORMAT,
    standoff::brat::FORMAT,
    standoff::webanno::FORMAT,
    annotated::doccano::FORMAT,
    annotated::prodigy::FORMAT,
    annotated::spacy::FORMAT,
    aihub::FORMAT,
    warc::FORMAT,
];

/// What columns hold of the types that files have, for the reference.
pub const TYPES: &str = include_str!("types.md");

/// The format of a name.
pub fn named(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|f| f.name == name)
}

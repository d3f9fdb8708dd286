//! The recognisers: each tells of a file, by its name and its beginning, whether it is of one format, and with which keys.
//! To add one, write its file and add its line; the first that knows a file has it, so the strict ones stand first. Each
//! has a case in `tests/new/`.
pub mod annotated;
mod arrow;
mod audio;
mod boxes_csv;
mod brat;
mod coco;
mod conll;
mod conllu;
mod csv;
mod cvat;
mod dialect;
mod dota;
pub mod header;
mod image_folder;
mod json;
mod jsonl;
mod kaldi;
mod label_studio;
mod labelme;
mod parquet;
pub mod recogniser;
mod speech_manifest;
mod squad;
mod text;
mod textgrid;
mod tsv;
mod voc;
pub mod warc;
mod webanno;
mod webdataset;
mod yolo;

use super::folder::Beginning;
use crate::formats::{Format, named};
use recogniser::{Key, Recogniser};

pub const RECOGNISERS: &[Recogniser] = &[
    image_folder::RECOGNISER,
    audio::RECOGNISER,
    warc::RECOGNISER,
    webdataset::RECOGNISER,
    webanno::RECOGNISER,
    textgrid::RECOGNISER,
    brat::RECOGNISER,
    kaldi::RECOGNISER,
    parquet::RECOGNISER,
    arrow::RECOGNISER,
    voc::RECOGNISER,
    cvat::RECOGNISER,
    coco::RECOGNISER,
    labelme::RECOGNISER,
    label_studio::RECOGNISER,
    squad::RECOGNISER,
    json::RECOGNISER,
    speech_manifest::RECOGNISER,
    annotated::PRODIGY,
    annotated::DOCCANO,
    annotated::SPACY,
    jsonl::RECOGNISER,
    conllu::RECOGNISER,
    dota::RECOGNISER,
    yolo::RECOGNISER,
    conll::RECOGNISER,
    tsv::RECOGNISER,
    boxes_csv::RECOGNISER,
    csv::RECOGNISER,
    text::RECOGNISER,
];

/// The format of a file, with its keys.
pub fn of(b: &Beginning) -> Option<(&'static Format, Vec<Key>)> {
    RECOGNISERS.iter().find_map(|r| Some((named(r.format)?, (r.sees)(b)?)))
}

/// Whether a format is of pictures or sounds by themselves.
pub fn is_media(format: &Format) -> bool {
    format.name == "image_folder" || format.sounds
}

/// What ids of a format may be taken from besides its columns.
pub fn ids(format: &Format) -> &'static [&'static str] {
    RECOGNISERS.iter().find(|r| r.format == format.name).map_or(&[], |r| r.ids)
}

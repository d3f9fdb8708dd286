//! Arrow IPC: files, by the six bytes at their begin, and streams, which are known by their name and begin with a mark.
use super::recogniser::{Key, Recogniser};
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "arrow", sees, ids: &[] };

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    let called = ["arrow", "arrows", "feather", "ipc"].contains(&b.file.extension().as_str());
    let stream = called && b.bytes.starts_with(&[0xff; 4]);
    ((b.bytes.starts_with(b"ARROW1") || stream) && !b.packed).then(Vec::new)
}

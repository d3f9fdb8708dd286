//! Sounds: WAV and FLAC, by how they begin. What the header says is read by a build.
use super::recogniser::{Key, Recogniser};
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "audio", sees, ids: &[] };

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    let wave = (b.bytes.starts_with(b"RIFF") || b.bytes.starts_with(b"RF64")) && b.bytes.get(8..12) == Some(b"WAVE");
    (!b.packed && (wave || b.bytes.starts_with(b"fLaC"))).then(Vec::new)
}

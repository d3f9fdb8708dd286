//! WARC: a file that begins with the head of a record.
use super::recogniser::{Key, Recogniser};
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "warc", sees, ids: &["record"] };

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    let first = b.bytes.split(|byte| *byte == b'\n').next()?;
    let is_version =
        first.strip_prefix(b"WARC/")?.trim_ascii_end().iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    is_version.then(Vec::new)
}

//! TextGrid of Praat: the first words say what it is, in UTF-8 or UTF-16.
use super::recogniser::{Key, Recogniser};
use crate::formats::encoding;
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "textgrid", sees, ids: &[] };

/// Bytes in which the head stands.
const HEAD: usize = 200;

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    let head = b.bytes.get(..HEAD.min(b.bytes.len() & !1)).unwrap_or_default();
    let wide = matches!(head, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    let text = match wide {
        true => encoding::decoded(head, "utf-16").ok()?.into_owned(),
        false => String::from_utf8_lossy(head).into_owned(),
    };
    let all = ["\"ooTextFile", "\"TextGrid\""].iter().all(|word| text.contains(word));
    (all && !b.packed).then(Vec::new)
}

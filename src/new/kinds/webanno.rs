//! WebAnno TSV 3: the first line says what it is.
use super::recogniser::{Key, Recogniser};
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "webanno", sees, ids: &[] };

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    let text = b.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&b.bytes);
    (!b.packed && text.starts_with(b"#FORMAT=WebAnno TSV 3")).then(Vec::new)
}

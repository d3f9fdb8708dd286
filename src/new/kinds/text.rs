//! Text: what is called so and is UTF-8, unless it is documentation or a list of names.
use super::recogniser::{Key, Recogniser, is_document};
use crate::formats::encoding;
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "text", sees, ids: &[] };

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    let is = b.file.extension() == "txt" && !is_document(b.file) && !b.packed && encoding::is_text(&b.bytes, b.whole);
    is.then(Vec::new)
}

//! Text: what is called so and is text, unless it is documentation or a list of names.
use super::recogniser::{Key, Recogniser, encoding, is_document};
use crate::formats::encoding::is_text;
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "text", sees, ids: &[] };

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    if b.file.extension() != "txt" || is_document(b.file) || b.packed {
        return None;
    }
    let key = encoding(b)?;
    (key.is_some() || is_text(&b.bytes, b.whole)).then(|| key.into_iter().collect())
}

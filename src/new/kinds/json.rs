//! JSON arrays: a list whose first item is an object.
use super::recogniser::{Key, Recogniser};
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "json", sees, ids: &[] };

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    let text = std::str::from_utf8(b.bytes.get(..4096).unwrap_or(&b.bytes).trim_ascii_start());
    let text = match &text {
        Ok(text) => text,
        Err(e) => std::str::from_utf8(b.bytes.get(..e.valid_up_to())?).ok()?,
    };
    let list = text.trim_start_matches('\u{feff}').trim_start().strip_prefix('[')?;
    (list.trim_start().starts_with('{') && !b.packed).then(Vec::new)
}

//! LabelMe: a JSON object with `shapes` and the path of an image.
use super::recogniser::{Key, Recogniser};
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "labelme", sees, ids: &[] };

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    let text = String::from_utf8_lossy(&b.bytes);
    let object = b.file.extension() == "json" && text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    // an image that is held in the file may hide what stands behind it
    let own = text.contains("\"shapes\"") && (text.contains("\"imagePath\"") || text.contains("\"imageData\""));
    (object && !b.packed && own).then(Vec::new)
}

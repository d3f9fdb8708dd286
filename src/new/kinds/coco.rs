//! COCO: a JSON object with lists of images and of annotations.
use super::recogniser::{Key, Recogniser};
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "coco", sees, ids: &[] };

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    if b.file.extension() != "json" || b.packed {
        return None;
    }
    let text = String::from_utf8_lossy(&b.bytes);
    let object = text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    // where the file is longer than what was read, the annotations may stand behind
    let has = |key: &str| text.contains(&format!("\"{key}\""));
    let all = has("annotations") && (has("categories") || has("caption"));
    (object && has("images") && has("file_name") && (all || !b.whole)).then(Vec::new)
}

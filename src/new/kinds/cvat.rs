//! CVAT: XML whose root is `annotations`, with images or the tracks of a video.
use super::recogniser::{Key, Recogniser};
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "cvat", sees, ids: &[] };

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    if b.file.extension() != "xml" || b.packed {
        return None;
    }
    let text = String::from_utf8_lossy(&b.bytes);
    let root = text.split('<').map(str::trim_end).find(|tag| tag.starts_with(|c: char| c.is_alphabetic()))?;
    let is_root = root.split(|c: char| c == '>' || c.is_whitespace()).next() == Some("annotations");
    // the list of labels may be longer than the beginning
    let own = ["<image ", "<track ", "<meta>"].iter().any(|tag| text.contains(tag));
    (is_root && own).then(Vec::new)
}

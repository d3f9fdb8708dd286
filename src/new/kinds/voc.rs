//! Pascal VOC: XML whose root is `annotation` and which holds boxes by corners, or says which image it belongs to.
use super::recogniser::{Key, Recogniser};
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "voc", sees, ids: &[] };

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    if b.file.extension() != "xml" || b.packed {
        return None;
    }
    let text = String::from_utf8_lossy(&b.bytes);
    let root = text.split('<').map(str::trim_end).find(|tag| tag.starts_with(|c: char| c.is_alphabetic()))?;
    let is_root = root.split(|c: char| c == '>' || c.is_whitespace()).next() == Some("annotation");
    // LabelMe has the same root and draws polygons
    let own = text.contains("<bndbox>") || (text.contains("<size>") && !text.contains("<polygon>"));
    if !is_root || !own {
        return None;
    }
    let zero = ["xmin", "ymin"].iter().any(|side| text.contains(&format!("<{side}>0</{side}>")));
    Some(if zero { vec![Key::new("voc_base", 0, "a box begins at pixel 0")] } else { Vec::new() })
}

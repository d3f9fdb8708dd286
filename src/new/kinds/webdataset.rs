//! WebDataset: an archive whose first files have one name, and differ behind its first dot.
use super::recogniser::{Key, Recogniser};
use crate::formats::tar;
use crate::formats::webdataset::{PARTS_OF_PICTURES, sample_parts};
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "webdataset", sees, ids: &["__key__"] };

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    let parts = sample_parts(&b.bytes);
    let is_picture = |part: &&String| PARTS_OF_PICTURES.contains(&part.rsplit('.').next().unwrap_or(part.as_str()));
    if !tar::is_archive(&b.file.path) || parts.len() < 2 || parts.iter().all(|part| is_picture(&part)) {
        return None;
    }
    let several = parts.iter().filter(is_picture).count() > 1;
    let why = match several {
        true => "the first of several parts that are pictures; the others are left out, and told",
        false => "the part of the first sample that is a picture; others may have another one: `jpg, png`",
    };
    // a plain `jpg` before `mask.jpg`
    let plain = parts.iter().find(|part| is_picture(part) && !part.contains('.'));
    let picture = plain.or_else(|| parts.iter().find(is_picture)).map(|part| Key::new("pictures", part.as_str(), why));
    Some(picture.into_iter().collect())
}

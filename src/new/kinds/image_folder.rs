//! Images, by the suffix of their name and their first bytes.
use super::recogniser::{Key, Recogniser};
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "image_folder", sees, ids: &[] };

const ENDS: &[&str] = &["jpg", "jpeg", "png", "gif", "bmp", "tif", "tiff", "webp"];

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    const STARTS: &[&[u8]] = &[b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF"];
    let is = ENDS.contains(&b.file.extension().as_str()) && STARTS.iter().any(|s| b.bytes.starts_with(s));
    (is && !b.packed).then(Vec::new)
}

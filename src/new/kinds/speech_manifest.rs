//! Manifests of speech: JSON Lines whose objects name a sound and say what is said in it.
use super::recogniser::{Key, Recogniser};
use crate::formats::json::{Json, parse, select};
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "speech_manifest", sees, ids: &["sound"] };

/// Lines that are looked at.
const LINES: usize = 50;

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    (super::jsonl::RECOGNISER.sees)(b)?;
    let bytes = b.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&b.bytes);
    let mut lines: Vec<&[u8]> = bytes.split(|c| *c == b'\n').filter(|l| !l.trim_ascii().is_empty()).collect();
    if !b.whole && lines.len() > 1 {
        lines.pop(); // it goes on behind what was read
    }
    let objects: Vec<Json> = lines.into_iter().take(LINES).filter_map(|line| parse(line, 64).ok()).collect();
    let text = |object: &Json, key: &str| matches!(select(object, key), Some(Json::Text(_)));
    let says = |object: &&Json| text(object, "audio_filepath") && text(object, "text");
    (!objects.is_empty() && objects.iter().filter(says).count() * 10 >= objects.len() * 9).then(Vec::new)
}

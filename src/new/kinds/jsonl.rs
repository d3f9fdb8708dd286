//! JSON Lines: the first lines are objects of JSON, each by itself.
use super::recogniser::{Key, Recogniser};
use crate::formats::json::{Json, parse};
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "jsonl", sees, ids: &[] };

/// Lines that are looked at.
const LINES: usize = 20;

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    let mut lines: Vec<&[u8]> = b.bytes.split(|c| *c == b'\n').collect();
    if !b.whole && lines.len() > 1 {
        lines.pop(); // it goes on behind what was read
    }
    let some = lines.into_iter().filter(|l| !l.trim_ascii().is_empty()).take(LINES);
    let (mut good, mut bad) = (0, 0);
    for line in some {
        match parse(line, 64) {
            Ok(Json::Object(_)) => good += 1,
            _ => bad += 1,
        }
    }
    // a single object may be the settings of some program, unless the file is called otherwise
    let called = ["jsonl", "ndjson", "jsonlines"].contains(&b.file.extension().as_str());
    (good > bad && (good > 1 || called)).then(Vec::new)
}

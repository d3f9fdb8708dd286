//! DOTA: lines of eight numbers, a class and perhaps a number, behind a head that some files have.
use super::recogniser::{Key, Recogniser};
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "dota", sees, ids: &[] };

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    if b.file.extension() != "txt" || b.packed {
        return None;
    }
    let end = if b.whole { b.bytes.len() } else { b.bytes.iter().rposition(|byte| *byte == b'\n')? };
    let text = std::str::from_utf8(b.bytes.get(..end)?).ok()?;
    let is_head = |line: &&str| line.starts_with("imagesource:") || line.starts_with("gsd:");
    let lines = text.trim_start_matches('\u{feff}').lines().filter(|line| !line.trim().is_empty());
    let mut lines = lines.filter(|line| !is_head(line)).peekable();
    lines.peek()?;
    lines.all(is_object).then(Vec::new)
}

fn is_object(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let number = |word: &&str| word.parse::<f64>().is_ok_and(f64::is_finite);
    let places = words.get(..8).is_some_and(|places| places.iter().all(number));
    let class = words.get(8).is_some_and(|word| !number(word));
    places && class && (words.len() == 9 || words.len() == 10 && words.last().is_some_and(number))
}

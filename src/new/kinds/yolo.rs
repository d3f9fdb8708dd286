//! YOLO: text of numbers, a line an object, in a folder of labels. `data.yaml` beside them names the classes.
use super::recogniser::{Key, Recogniser};
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "yolo", sees, ids: &[] };

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    if b.file.extension() != "txt" || b.packed {
        return None;
    }
    let text = std::str::from_utf8(b.bytes.get(..end(b)?)?).ok()?;
    let mut lines = text.trim_start_matches('\u{feff}').lines().filter(|line| !line.trim().is_empty()).peekable();
    lines.peek()?;
    lines.all(is_object).then(Vec::new)
}

/// Where the last whole line of the beginning ends.
fn end(b: &Beginning) -> Option<usize> {
    if b.whole { Some(b.bytes.len()) } else { b.bytes.iter().rposition(|byte| *byte == b'\n') }
}

/// Whether a line is the number of a class and shares.
fn is_object(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let class = words.next().is_some_and(|word| word.len() <= 5 && word.bytes().all(|b| b.is_ascii_digit()));
    let share = |word: &str| word.parse::<f64>().is_ok_and(|c| (-0.01..=1.01).contains(&c));
    let shares: Vec<bool> = words.map(share).collect();
    class && (shares.len() == 4 || shares.len() >= 6) && shares.into_iter().all(|good| good)
}

//! brat: files called `.ann` whose lines are an id and what it says.
use super::recogniser::{Key, Recogniser};
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "brat", sees, ids: &[] };

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    if b.file.extension() != "ann" || b.packed {
        return None;
    }
    let text = String::from_utf8_lossy(&b.bytes);
    let mut lines = text.trim_start_matches('\u{feff}').lines().filter(|line| !line.trim().is_empty()).peekable();
    lines.peek()?;
    lines.take(50).all(is_line).then(Vec::new)
}

fn is_line(line: &str) -> bool {
    let id = line.split('\t').next().unwrap_or_default();
    let number = id.get(1..).is_some_and(|n| n.chars().all(|c| c.is_ascii_alphanumeric()));
    line.contains('\t') && id.starts_with(['T', 'R', 'E', 'A', 'M', 'N', '#', '*']) && number
}

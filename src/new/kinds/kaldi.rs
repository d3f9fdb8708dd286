//! Kaldi: the file that is called `text`, a name and what is said a line, sorted by the names.
use super::recogniser::{Key, Recogniser};
use crate::formats::encoding;
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "kaldi", sees, ids: &["utterance"] };

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    if b.file.name() != "text" || b.packed {
        return None;
    }
    let text = encoding::text(encoding::lines(&b.bytes, b.whole)).ok()?;
    let names: Vec<&str> = text.lines().map(|line| line.split([' ', '\t']).next().unwrap_or_default()).collect();
    let spoken = text.lines().filter(|line| line.split_whitespace().count() > 1).count();
    let good =
        !names.is_empty() && names.iter().all(|n| !n.is_empty()) && names.is_sorted() && spoken * 2 > names.len();
    good.then(Vec::new)
}

//! TSV: values parted by tabulators, in files that are called so.
use super::dialect::{self, Choices};
use super::recogniser::{Key, Recogniser};
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "tsv", sees, ids: &[] };

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    if !["tsv", "tab"].contains(&b.file.extension().as_str()) {
        return None;
    }
    dialect::of(b, &Choices { format: "tsv", delimiters: &["\t"], quotes: &["", "\""] })
}

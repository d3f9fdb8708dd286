//! CSV and what is like it: values parted by a comma, a semicolon, a tabulator or a bar.
use super::dialect::{self, Choices};
use super::recogniser::{Key, Recogniser};
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "csv", sees, ids: &[] };

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    if !["csv", "tsv", "tab", "data"].contains(&b.file.extension().as_str()) {
        return None;
    }
    dialect::of(b, &Choices { format: "csv", delimiters: &[",", ";", "\t", "|"], quotes: &["\"", ""] })
}

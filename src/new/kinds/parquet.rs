//! Parquet, by the four bytes at its begin.
use super::recogniser::{Key, Recogniser};
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "parquet", sees, ids: &[] };

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    (b.bytes.starts_with(b"PAR1") && !b.packed).then(Vec::new)
}

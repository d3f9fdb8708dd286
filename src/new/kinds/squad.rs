//! Questions about texts, nested as SQuAD has them.
use super::recogniser::{Key, Recogniser};
use crate::formats::squad::is_squad;
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "squad", sees, ids: &[] };

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    (!b.packed && is_squad(&b.bytes)).then(Vec::new)
}

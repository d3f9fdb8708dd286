//! CoNLL-U with entities: ten columns parted by tabulators, the first of which numbers the words, and tags under a key in MISC.
//! Files whose tags stand in a column of their own are `conll`, and those without tags of entities are no data set of them.
use super::recogniser::{Key, Recogniser, is_document};
use crate::formats::conll::conllu::TAG_KEY;
use crate::formats::encoding;
use crate::formats::options::Takes;
use crate::new::folder::Beginning;
use crate::new::tags::is_tag;
use std::collections::BTreeMap;

pub const RECOGNISER: Recogniser = Recogniser { format: "conllu", sees, ids: &["comment:sent_id", "comment:id"] };

/// Lines that are looked at.
const LINES: usize = 5000;

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    if is_document(b.file) {
        return None;
    }
    let text = encoding::text(encoding::lines(&b.bytes, b.whole)).ok()?;
    let token = |l: &&str| !l.trim().is_empty() && !l.starts_with('#');
    let rows: Vec<Vec<&str>> = text.lines().filter(token).take(LINES).map(|l| l.split('\t').collect()).collect();
    let numbered = |r: &Vec<&str>| r.first().is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()));
    if rows.is_empty() || !rows.iter().all(|r| r.len() == 10 && numbered(r)) {
        return None;
    }
    let key = tag_key(rows.iter().filter_map(|r| r.last().copied()))?;
    let Takes::Text { default } = TAG_KEY.takes else { return None };
    let said = Key::new(TAG_KEY.name, key, "tags of entities stand under it in MISC");
    Some(if key == default { Vec::new() } else { vec![said] })
}

/// The key of MISC whose values are all tags, and that has most of them.
fn tag_key<'m>(misc: impl Iterator<Item = &'m str>) -> Option<&'m str> {
    let mut of: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
    for (key, value) in misc.flat_map(|cell| cell.split('|')).filter_map(|pair| pair.split_once('=')) {
        let own = of.entry(key).or_insert((0, true));
        own.0 += usize::from(value != "O");
        own.1 &= is_tag(value);
    }
    let tags = of.into_iter().filter(|(_, (n, all))| *all && *n > 0);
    tags.max_by_key(|(_, (n, _))| *n).map(|(key, _)| key)
}

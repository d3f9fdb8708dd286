//! What may stand in place of something: a ring of entries, each at a place made of its own words. One more entry changes only
//! the draws that fall right before it, so few children change when a sample comes or goes.
use crate::digest::Draws;
use std::collections::BTreeMap;

/// Words that were seen, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub text: String,
    /// The id of the sample that has them; empty where they come of a list.
    pub owner: String,
}

/// Entries by kind: a class, or what a word is.
#[derive(Default)]
pub struct Pool(BTreeMap<String, Vec<(u64, Entry)>>);

impl Pool {
    /// Different texts by kind; of equal ones the owner with the least id. `seed` and `purpose` place them.
    pub fn distinct(seed: u64, purpose: &str, of: impl IntoIterator<Item = (String, Entry)>) -> Pool {
        let mut met: BTreeMap<(String, String), String> = BTreeMap::new();
        for (kind, Entry { text, owner }) in of {
            let least = met.entry((kind, text)).or_insert_with(|| owner.clone());
            if owner < *least {
                *least = owner;
            }
        }
        Pool::placed(
            seed,
            purpose,
            met.into_iter().map(|((kind, text), owner)| (kind, String::new(), Entry { text, owner })),
        )
    }

    /// Every occurrence by kind, so that frequent words are drawn as often as they are met; `place` tells occurrences of one
    /// sample apart.
    pub fn frequent(seed: u64, purpose: &str, of: impl IntoIterator<Item = (String, usize, Entry)>) -> Pool {
        Pool::placed(
            seed,
            purpose,
            of.into_iter().map(|(kind, at, entry)| (kind, format!("{}/{at}", entry.owner), entry)),
        )
    }

    fn placed(seed: u64, purpose: &str, of: impl Iterator<Item = (String, String, Entry)>) -> Pool {
        let draws = Draws::new(seed, purpose);
        let mut out: BTreeMap<String, Vec<(u64, Entry)>> = BTreeMap::new();
        for (kind, place, entry) in of {
            let at = draws.of(&format!("{place}\u{0}{}", entry.text));
            out.entry(kind).or_default().push((at, entry));
        }
        for ring in out.values_mut() {
            ring.sort_by(|a, b| (a.0, &a.1.text, &a.1.owner).cmp(&(b.0, &b.1.text, &b.1.owner)));
        }
        Pool(out)
    }

    /// The entry at a drawn number whose text is not this one; `None` where there is no other.
    pub fn other(&self, kind: &str, drawn: u64, not: &str) -> Option<&Entry> {
        let ring = self.0.get(kind)?;
        let from = ring.partition_point(|e| e.0 < drawn);
        let all = ring.iter().skip(from).chain(ring.iter().take(from));
        all.map(|e| &e.1).find(|e| e.text != not)
    }

    pub fn kinds(&self) -> impl Iterator<Item = (&str, usize)> {
        self.0.iter().map(|(kind, ring)| (kind.as_str(), ring.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Pool {
        let entry = |w: &&str| ("PS".to_string(), Entry { text: w.to_string(), owner: format!("of {w}") });
        Pool::distinct(1, "test", words.iter().map(entry))
    }

    #[test]
    fn a_new_entry_changes_few_draws() {
        let words: Vec<String> = (0..200).map(|n| format!("w{n}")).collect();
        let all: Vec<&str> = words.iter().map(String::as_str).collect();
        let (less, more) = (of(&all[..199]), of(&all));
        let draws: Vec<u64> = (0..10_000).map(crate::digest::mix).collect();
        let changed = draws.iter().filter(|d| less.other("PS", **d, "") != more.other("PS", **d, "")).count();
        assert!((1..300).contains(&changed), "{changed} of 10,000 for one of 200");
        let mut times = BTreeMap::new();
        draws.iter().for_each(|d| *times.entry(&more.other("PS", *d, "").unwrap().text).or_insert(0) += 1);
        assert!(times.len() > 180, "most are drawn: {}", times.len());
    }

    #[test]
    fn what_stands_there_is_not_drawn() {
        let two = of(&["a", "b"]);
        assert!((0..100).all(|d| two.other("PS", crate::digest::mix(d), "a").unwrap().text == "b"));
        assert_eq!((of(&["a"]).other("PS", 7, "a"), two.other("LC", 7, "a")), (None, None));
    }
}

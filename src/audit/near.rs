//! Texts that are nearly the same: the sets of their character trigrams share at least four fifths. Pairs are found exactly,
//! by the rarest trigrams of each text; a bound on how many texts share one keeps hostile texts from taking forever.
use crate::measure::names::composed;
use crate::measure::ngrams::{Grams, set};
use std::collections::HashMap;

/// The least share of trigrams, in hundredths.
const LEAST: usize = 80;
/// Texts that may share a rare trigram and still be compared with each other.
const SHARED: usize = 2000;
/// Pairs of texts that are compared, at most.
const COMPARED: usize = 20_000_000;
/// Pairs that are told.
const PAIRS: usize = 10_000;

pub struct Near {
    /// Two texts by their numbers, and how much of their trigrams they share, in hundredths.
    pub pairs: Vec<(u32, u32, usize)>,
    /// Not all were compared.
    pub left_out: bool,
}

/// A text as it is compared: composed, in lower case, letters and digits alone.
pub fn plain(text: &str) -> String {
    composed(text).chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Pairs of texts that are nearly the same, among those that `asked` wants to know of.
pub fn pairs(texts: &[(u32, String)], asked: &dyn Fn(u32, u32) -> bool) -> Near {
    let mut sets: Vec<Vec<u64>> = texts.iter().map(|(_, t)| set(t, Grams::Characters(3))).collect();
    let mut often: HashMap<u64, u32> = HashMap::new();
    sets.iter().flatten().for_each(|g| *often.entry(*g).or_default() += 1);
    for own in &mut sets {
        own.sort_by_key(|g| (often.get(g).copied().unwrap_or(0), *g));
    }
    let mut index: HashMap<u64, Vec<u32>> = HashMap::new();
    let mut out = Near { pairs: Vec::new(), left_out: false };
    let mut compared = 0;
    for (n, own) in sets.iter().enumerate() {
        let prefix = own.len() - (own.len() * LEAST).div_ceil(100) + 1;
        let mut met: Vec<u32> = Vec::new();
        for gram in own.iter().take(prefix) {
            let list = index.entry(*gram).or_default();
            met.extend(list.iter());
            if list.len() < SHARED {
                list.push(n as u32);
            } else {
                out.left_out = true;
            }
        }
        met.sort_unstable();
        met.dedup();
        for other in met {
            let (Some(theirs), Some(a), Some(b)) = (sets.get(other as usize), texts.get(other as usize), texts.get(n))
            else {
                continue;
            };
            if !asked(a.0, b.0) || out.pairs.len() >= PAIRS {
                continue;
            }
            compared += 1;
            if compared > COMPARED {
                out.left_out = true;
                return out;
            }
            let share = shared(own, theirs, &often);
            if share >= LEAST {
                out.pairs.push((a.0, b.0, share));
            }
        }
    }
    out
}

/// The Jaccard share of two sets that are sorted by how rare their members are, in hundredths.
fn shared(a: &[u64], b: &[u64], often: &HashMap<u64, u32>) -> usize {
    let (short, long) = (a.len().min(b.len()), a.len().max(b.len()));
    if short * 100 < long * LEAST {
        return 0;
    }
    let key = |g: &u64| (often.get(g).copied().unwrap_or(0), *g);
    let (mut i, mut j, mut both) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        match key(x).cmp(&key(y)) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => (i, j, both) = (i + 1, j + 1, both + 1),
        }
    }
    both * 100 / (a.len() + b.len() - both).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_texts_are_found() {
        let texts: Vec<(u32, String)> = [
            "The quick brown fox jumps over the lazy dog by the river bank.",
            "Nothing here is like anything else that was written.",
            "the quick brown fox jumps over the lazy dog by the river banks",
        ]
        .iter()
        .enumerate()
        .map(|(n, t)| (n as u32, plain(t)))
        .collect();
        let found = pairs(&texts, &|_, _| true);
        assert_eq!(found.pairs.iter().map(|p| (p.0, p.1)).collect::<Vec<_>>(), [(0, 2)]);
        assert!(pairs(&texts, &|_, _| false).pairs.is_empty());
    }
}

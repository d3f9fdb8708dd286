//! The n-grams of a text as a set of hashes: what near duplicates are compared by.
//!
//! A text is taken in lower case (Unicode's default mapping). Words are the longest stretches without Unicode white space;
//! the characters of n-grams of characters are all but white space, so that spacing does not count. A text with fewer
//! than n of them is one n-gram as a whole; one with none of them has no n-grams. Hashes have 48 bits: of two texts with a
//! thousand n-grams each, less than one pair in a hundred million shares one by chance.
use crate::digest::{cut_hash, mix};

/// What n-grams are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grams {
    /// So many words in a row.
    Words(usize),
    /// So many characters in a row.
    Characters(usize),
}

/// Bytes of a hash as it is kept.
pub const WIDTH: usize = 6;

/// The version of the tables behind [`str::to_lowercase`] and [`char::is_whitespace`].
pub const USES: &[&str] = &["unicode-std 17.0"];

/// The hashes of a text's n-grams, ascending, each once.
pub fn set(text: &str, grams: Grams) -> Vec<u64> {
    let lower = text.to_lowercase();
    let (units, n): (Vec<u64>, usize) = match grams {
        Grams::Words(n) => (lower.split_whitespace().map(|w| cut_hash(w.as_bytes())).collect(), n),
        Grams::Characters(n) => {
            (lower.chars().filter(|c| !c.is_whitespace()).map(|c| mix(u64::from(u32::from(c)) + 1)).collect(), n)
        }
    };
    let n = n.clamp(1, units.len().max(1));
    let mut out: Vec<u64> = rolled(&units, n);
    out.sort_unstable();
    out.dedup();
    out
}

/// A hash of each `n` numbers in a row: a polynomial of them, of which each step takes one away and adds one.
pub fn rolled(units: &[u64], n: usize) -> Vec<u64> {
    const BASE: u64 = 0x9E37_79B9_7F4A_7C15;
    let highest = (1..n).fold(1u64, |power, _| power.wrapping_mul(BASE));
    let mut sum = 0u64;
    let mut out = Vec::with_capacity((units.len() + 1).saturating_sub(n));
    for (i, unit) in units.iter().enumerate() {
        if let Some(gone) = i.checked_sub(n).and_then(|gone| units.get(gone)) {
            sum = sum.wrapping_sub(gone.wrapping_mul(highest));
        }
        sum = sum.wrapping_mul(BASE).wrapping_add(*unit);
        if i + 1 >= n {
            out.push(mix(sum) >> (64 - 8 * WIDTH));
        }
    }
    out
}

/// The hashes of several texts together, one after another in [`WIDTH`] bytes each.
pub fn packed<'t>(texts: impl Iterator<Item = &'t str>, grams: Grams) -> Vec<u8> {
    let mut all: Vec<u64> = texts.flat_map(|text| set(text, grams)).collect();
    all.sort_unstable();
    all.dedup();
    all.iter().flat_map(|hash| hash.to_le_bytes().into_iter().take(WIDTH)).collect()
}

/// The hashes that [`packed`] wrote.
pub fn unpacked(bytes: &[u8]) -> impl ExactSizeIterator<Item = u64> {
    bytes.as_chunks::<WIDTH>().0.iter().map(|[a, b, c, d, e, f]| u64::from_le_bytes([*a, *b, *c, *d, *e, *f, 0, 0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// How many n-grams two texts have, and how many they share, by sets of texts.
    fn plainly(a: &str, b: &str, n: usize) -> (usize, usize, usize) {
        let of = |text: &str| -> BTreeSet<String> {
            let lower = text.to_lowercase();
            let words: Vec<&str> = lower.split_whitespace().collect();
            if words.len() < n && !words.is_empty() {
                return BTreeSet::from([words.join(" ")]);
            }
            words.windows(n).map(|w| w.join(" ")).collect()
        };
        let (a, b) = (of(a), of(b));
        (a.len(), b.len(), a.intersection(&b).count())
    }

    fn hashed(a: &str, b: &str, n: usize) -> (usize, usize, usize) {
        let (a, b) = (set(a, Grams::Words(n)), set(b, Grams::Words(n)));
        (a.len(), b.len(), a.iter().filter(|x| b.contains(x)).count())
    }

    #[test]
    fn sets_of_hashes_are_sets_of_texts() {
        let texts = [
            "the quick brown fox jumps over the lazy dog",
            "The quick brown fox jumped over the lazy dog",
            "the quick\n brown  fox",
            "a a a a a a a a",
            "",
            "  ",
            "한국어 문장 은 띄어쓰기 가 다를 수 있다",
        ];
        for (a, b) in texts.iter().flat_map(|a| texts.iter().map(move |b| (a, b))) {
            for n in [1, 2, 3, 5] {
                assert_eq!(hashed(a, b, n), plainly(a, b, n), "{a:?} {b:?} {n}");
            }
        }
    }

    #[test]
    fn spacing_does_not_count_among_characters() {
        let of = |text| set(text, Grams::Characters(3));
        assert_eq!(of("띄어쓰기가 다르다"), of("띄어 쓰기 가다르다"));
        assert_ne!(of("띄어쓰기가 다르다"), of("띄어쓰기는 다르다"));
        assert_eq!((of("ab").len(), of(" \t").len()), (1, 0));
    }

    #[test]
    fn what_is_packed_comes_back() {
        let bytes = packed(["a b c", "b c d"].into_iter(), Grams::Words(2));
        let back: Vec<u64> = unpacked(&bytes).collect();
        assert_eq!((bytes.len(), back.len()), (3 * WIDTH, 3));
        let mut all = [set("a b c", Grams::Words(2)), set("b c d", Grams::Words(2))].concat();
        all.sort_unstable();
        all.dedup();
        assert_eq!(back, all);
        let (major, minor, _) = char::UNICODE_VERSION;
        assert_eq!(USES, [format!("unicode-std {major}.{minor}")]);
    }
}

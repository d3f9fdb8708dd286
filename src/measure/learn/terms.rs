//! What logistic regression sees of a text: words and pairs of words, and runs of one to four characters within words, hashed into
//! two spaces of buckets (Weinberger et al. 2009), weighed by how often they stand in the text and how rare they are.
use crate::digest::mix;
use std::collections::BTreeMap;

/// Buckets of one space.
const BUCKETS: u32 = 1 << 18;
/// Words, then characters.
pub const SPACE: usize = 2 * BUCKETS as usize;
/// Runs of characters are at most so long.
const RUN_MAX: usize = 4;

/// The buckets of a text, ascending, and how often each was met.
pub type Terms = Vec<(u32, u32)>;

fn add(hash: u64, c: char) -> u64 {
    mix(hash.rotate_left(23) ^ u64::from(u32::from(c) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

/// The terms of a text, in lower case and parted by white space.
pub fn terms(text: &str) -> Terms {
    let lower = text.to_lowercase();
    let mut met: BTreeMap<u32, u32> = BTreeMap::new();
    let mut count = |space: u32, hash: u64| {
        let bucket = space * BUCKETS + (hash % u64::from(BUCKETS)) as u32;
        *met.entry(bucket).or_default() += 1;
    };
    let mut before: Option<u64> = None;
    for word in lower.split_whitespace() {
        let own = word.chars().fold(1, add);
        count(0, own);
        if let Some(before) = before {
            count(0, mix(before ^ own.rotate_left(17)));
        }
        before = Some(own);
        let padded: Vec<char> = std::iter::once(' ').chain(word.chars()).chain([' ']).collect();
        for start in 0..padded.len() {
            let mut hash = 2;
            for c in padded.iter().skip(start).take(RUN_MAX) {
                hash = add(hash, *c);
                count(1, hash);
            }
        }
    }
    met.into_iter().collect()
}

/// What terms weigh: learned of texts, so that no other text tells anything.
pub struct Weighing {
    /// By bucket, how rare it is; nothing for one that was not met.
    rare: Vec<f64>,
}

impl Weighing {
    /// Of so many texts.
    pub fn of(texts: &[&Terms]) -> Weighing {
        let mut with = vec![0u32; SPACE];
        texts.iter().flat_map(|t| t.iter()).for_each(|(bucket, _)| with[*bucket as usize] += 1);
        let all = texts.len() as f64 + 1.0;
        let rare = with.into_iter().map(|n| if n == 0 { 0.0 } else { libm::log(all / (f64::from(n) + 1.0)) + 1.0 });
        Weighing { rare: rare.collect() }
    }

    /// The weighed terms of a text; those of each space have the length 1. What was not met before is left out.
    pub fn weigh(&self, terms: &Terms) -> Vec<(u32, f64)> {
        let weight =
            |(bucket, n): &(u32, u32)| (*bucket, (1.0 + libm::log(f64::from(*n))) * self.rare[*bucket as usize]);
        let mut out: Vec<(u32, f64)> = terms.iter().map(weight).filter(|(_, w)| *w > 0.0).collect();
        let middle = out.partition_point(|(bucket, _)| *bucket < BUCKETS);
        let (words, characters) = out.split_at_mut(middle);
        for space in [words, characters] {
            let length = space.iter().map(|(_, w)| w * w).sum::<f64>().sqrt();
            space.iter_mut().for_each(|(_, w)| *w /= length);
        }
        out
    }
}

//! Hashes that differ in few bits from a given one, without comparing with all.
//!
//! A hash is four bands of 16 bits. Two that differ in at most 7 bits have a band in which they differ in at most one; of at
//! most 11, one in which they differ in at most two. So looking up a band with each one bit, or each two, turned finds all.

const BANDS: u32 = 4;

/// How far away hashes are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// At most 7 bits differ.
    Seven,
    /// At most 11 bits differ.
    Eleven,
}

impl Reach {
    fn bits(self) -> u32 {
        match self {
            Reach::Seven => 7,
            Reach::Eleven => 11,
        }
    }

    /// What is turned in a band.
    fn turns(self) -> impl Iterator<Item = u16> {
        let one = |bit: u32| 1u16 << bit;
        let two = (0..16).flat_map(move |a| (0..a).map(move |b| one(a) | one(b)));
        let more = (self == Reach::Eleven).then_some(two);
        std::iter::once(0).chain((0..16).map(one)).chain(more.into_iter().flatten())
    }
}

/// Hashes, to be looked up.
pub struct Index {
    hashes: Vec<u64>,
    bands: Vec<Band>,
}

/// The hashes by their value in one band.
struct Band {
    /// Where those of each value begin in `places`.
    starts: Vec<u32>,
    places: Vec<u32>,
}

fn part(hash: u64, band: u32) -> u16 {
    (hash >> (band * 16)) as u16
}

impl Band {
    fn of(hashes: &[u64], band: u32) -> Band {
        let mut places: Vec<u32> = (0u32..).take(hashes.len()).collect();
        let value = |place: &u32| hashes.get(*place as usize).map_or(0, |hash| part(*hash, band));
        places.sort_by_key(value);
        let mut starts = vec![0u32; (1 << 16) + 1];
        for place in &places {
            starts.get_mut(usize::from(value(place)) + 1).iter_mut().for_each(|n| **n += 1);
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        Band { starts, places }
    }

    fn with(&self, value: u16) -> &[u32] {
        let at = |n: usize| self.starts.get(n).copied().unwrap_or(0) as usize;
        self.places.get(at(usize::from(value))..at(usize::from(value) + 1)).unwrap_or_default()
    }
}

impl Index {
    pub fn new(hashes: Vec<u64>) -> Index {
        let bands = (0..BANDS).map(|band| Band::of(&hashes, band)).collect();
        Index { hashes, bands }
    }

    /// Tells of each hash within reach its place and how many bits differ; of one that several bands find, several times.
    pub fn near(&self, hash: u64, reach: Reach, mut found: impl FnMut(u32, u32)) {
        for (n, band) in (0..BANDS).zip(&self.bands) {
            for turned in reach.turns() {
                for place in band.with(part(hash, n) ^ turned) {
                    let off = self.hashes.get(*place as usize).map_or(64, |other| (hash ^ other).count_ones());
                    if off <= reach.bits() {
                        found(*place, off);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::mix;
    use std::collections::BTreeSet;

    #[test]
    fn all_within_reach_are_found_and_no_others() {
        let hashes: Vec<u64> = (0..400u64)
            .map(|n| {
                let turned = (0..n % 14).fold(0u64, |bits, k| bits | 1 << (mix(n * 31 + k) % 64));
                mix(n / 40) ^ turned
            })
            .collect();
        let index = Index::new(hashes.clone());
        for reach in [Reach::Seven, Reach::Eleven] {
            let mut pairs = 0;
            for hash in &hashes {
                let mut got = BTreeSet::new();
                index.near(*hash, reach, |place, off| {
                    got.insert((place, off));
                });
                let all = (0u32..).zip(&hashes).map(|(place, other)| (place, (hash ^ other).count_ones()));
                let want: BTreeSet<(u32, u32)> = all.filter(|(_, off)| *off <= reach.bits()).collect();
                assert_eq!(got, want);
                pairs += want.len();
            }
            assert!(pairs > 1000, "{pairs}");
        }
    }
}

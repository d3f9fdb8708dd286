//! Passages that stand in several texts, found exactly in two steps that each look at one text alone.
//!
//! Anchors are chosen by winnowing (Schleimer, Wilkerson and Aiken 2003): of each stretch of windows of half a passage the one with
//! the least hash, of equals the last. Two texts with a passage in common choose a common anchor inside of it, wherever it stands in
//! them. Only around anchors that several texts have are whole passages compared, by the first 128 bits of their BLAKE3: that two
//! passages are taken for the same by chance need not be reckoned with.
use super::ngrams;
use crate::digest::{Digest, mix};
use std::collections::BTreeSet;

/// Characters of the windows of which anchors are chosen, for passages of `n`.
pub fn window(n: usize) -> usize {
    n.div_ceil(2).max(1)
}

/// The anchors of a text: the hash of a window, and where it begins, in characters.
pub fn anchors(text: &[char], n: usize) -> Vec<(u64, u32)> {
    if text.len() < n {
        return Vec::new();
    }
    let k = window(n);
    let units: Vec<u64> = text.iter().map(|c| mix(u64::from(u32::from(*c)) + 1)).collect();
    let hashes = ngrams::rolled(&units, k);
    let stretch = n - k + 1;
    let mut out: Vec<(u64, u32)> = Vec::new();
    // places of hashes that may yet be the least, ascending in both
    let mut open: std::collections::VecDeque<(u64, usize)> = std::collections::VecDeque::new();
    for (at, hash) in hashes.iter().enumerate() {
        while open.back().is_some_and(|(last, _)| last >= hash) {
            open.pop_back();
        }
        open.push_back((*hash, at));
        while open.front().is_some_and(|(_, first)| first + stretch <= at) {
            open.pop_front();
        }
        let least = open.front().filter(|_| at + 1 >= stretch);
        if let Some((hash, at)) = least.filter(|(_, at)| out.last().is_none_or(|last| last.1 as usize != *at)) {
            out.push((*hash, *at as u32));
        }
    }
    out
}

/// A passage by its hash.
pub type Passage = [u8; 16];

/// The passages of `n` characters that hold one of some anchors: their hashes, and where they begin.
pub fn around(text: &[char], anchors: &[u32], n: usize) -> Vec<(Passage, u32)> {
    let Some(last) = text.len().checked_sub(n) else { return Vec::new() };
    let reach = n - window(n);
    let mut starts: BTreeSet<usize> = BTreeSet::new();
    for at in anchors.iter().map(|at| *at as usize) {
        starts.extend(at.saturating_sub(reach)..=at.min(last));
    }
    let mut bytes = String::new();
    let passage = |at: usize| {
        bytes.clear();
        bytes.extend(text.get(at..at + n).unwrap_or_default());
        let hash = Digest::of(bytes.as_bytes()).0.first_chunk::<16>().copied().unwrap_or_default();
        (hash, at as u32)
    };
    starts.into_iter().map(passage).collect()
}

/// Passages of `n` characters that begin at ascending places, as stretches that do not touch.
pub fn stretches(starts: &[u32], n: u32) -> Vec<(u32, u32)> {
    let mut out: Vec<(u32, u32)> = Vec::new();
    for start in starts {
        match out.last_mut() {
            Some((_, end)) if *start <= *end => *end = start.saturating_add(n),
            _ => out.push((*start, start.saturating_add(n))),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_texts_with_a_common_passage_have_a_common_anchor_in_it() {
        let mut state = 3u64;
        let mut draw = |below: u64| {
            state = mix(state.wrapping_add(0x9E37_79B9_7F4A_7C15));
            state % below
        };
        for round in 0..300 {
            let letters = 1 + round % 5;
            let mut text =
                |len: u64| -> Vec<char> { (0..len).map(|_| char::from(b'a' + draw(letters) as u8)).collect() };
            let (shared, a, b) = (text(12), text(15), text(7));
            for n in [1, 2, 3, 7, 12] {
                let one = [a.clone(), shared.clone(), b.clone()].concat();
                let two = [b.clone(), shared.clone(), a.clone()].concat();
                let of = |text: &[char]| -> BTreeSet<u64> { anchors(text, n).into_iter().map(|a| a.0).collect() };
                let own: Vec<u64> = anchors(&shared, n).into_iter().map(|a| a.0).collect();
                assert!(!own.is_empty());
                assert!(own.iter().all(|hash| of(&one).contains(hash) && of(&two).contains(hash)), "{round} {n}");
            }
        }
    }

    #[test]
    fn stretches_do_not_touch() {
        assert_eq!(stretches(&[0, 1, 2, 7, 20], 5), [(0, 12), (20, 25)]);
        assert_eq!(stretches(&[], 5), []);
    }
}

//! Whether a text overlaps one of a few others, such as those of a test set: it is the same, nearly the same, or has a long
//! enough passage in common with one. All three are decided exactly.
//!
//! Texts are compared in lower case; for sameness and passages without white space, so that spacing does not count. Passages are
//! found by blocks: the texts of the set are cut into blocks of half a passage, and whatever has a passage in common with one of them
//! has a whole block in common. A block that is met by its hash is compared, and lengthened to both sides.
use super::ngrams::{self, Grams};
use super::similar::{Jaccard, Threshold};
use crate::digest::{cut_hash, mix};
use std::collections::HashMap;

/// What overlaps are looked for.
#[derive(Clone, Copy, Debug)]
pub struct Want {
    pub grams: Grams,
    pub threshold: Threshold,
    /// Characters of a passage; 0 looks for none.
    pub passage: usize,
}

/// How a text overlaps one of the set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Overlap {
    Same,
    Near(Jaccard),
    /// So many characters, white space apart.
    Passage(usize),
}

/// The texts of a set, made ready to be looked up.
pub struct Known {
    want: Want,
    /// The n-grams of each document.
    sets: Vec<Vec<u64>>,
    /// How many documents have an n-gram.
    counts: HashMap<u64, u32>,
    /// The documents that have an n-gram among their rarest.
    rare: HashMap<u64, Vec<u32>>,
    /// Texts by their hash without white space.
    whole: HashMap<u64, Vec<u32>>,
    /// The characters of each text with its document.
    texts: Vec<(u32, Vec<char>)>,
    /// Where a block stands: text and offset.
    blocks: HashMap<u64, Vec<(u32, u32)>>,
}

/// A text in lower case without white space.
fn plain(text: &str) -> Vec<char> {
    text.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect()
}

fn units(text: &[char]) -> Vec<u64> {
    text.iter().map(|c| mix(u64::from(u32::from(*c)) + 1)).collect()
}

fn hash_of(text: &[char]) -> u64 {
    cut_hash(text.iter().collect::<String>().as_bytes())
}

impl Known {
    /// Of documents, each with its texts.
    pub fn of(want: Want, documents: &[Vec<String>]) -> Known {
        let (counts, rare, whole, blocks) = Default::default();
        let mut known = Known { want, sets: Vec::new(), counts, rare, whole, texts: Vec::new(), blocks };
        for (number, document) in (0u32..).zip(documents) {
            let packed = ngrams::packed(document.iter().map(String::as_str), want.grams);
            let set: Vec<u64> = ngrams::unpacked(&packed).collect();
            set.iter().for_each(|gram| *known.counts.entry(*gram).or_default() += 1);
            known.sets.push(set);
            for text in document.iter().map(|text| plain(text)).filter(|text| !text.is_empty()) {
                known.add(number, text);
            }
        }
        for number in 0..known.sets.len() {
            let first = known.sets.get(number).map(|set| known.first(set)).unwrap_or_default();
            first.into_iter().for_each(|gram| known.rare.entry(gram).or_default().push(number as u32));
        }
        known
    }

    fn block(&self) -> usize {
        self.want.passage.div_ceil(2)
    }

    fn add(&mut self, number: u32, text: Vec<char>) {
        let (at, block) = (self.texts.len() as u32, self.block());
        self.whole.entry(hash_of(&text)).or_default().push(at);
        if block > 0 && text.len() >= self.want.passage {
            let own = units(&text);
            for (n, chunk) in own.chunks_exact(block).enumerate() {
                for hash in ngrams::rolled(chunk, block) {
                    self.blocks.entry(hash).or_default().push((at, (n * block) as u32));
                }
            }
        }
        self.texts.push((number, text));
    }

    /// The rarest n-grams of a set, as many as the threshold asks for; of two sets that are so similar these share one.
    fn first(&self, set: &[u64]) -> Vec<u64> {
        let mut ranked: Vec<(u32, u64)> =
            set.iter().map(|gram| (self.counts.get(gram).copied().unwrap_or(0), *gram)).collect();
        ranked.sort_unstable();
        ranked.truncate(self.want.threshold.prefix(set.len()));
        ranked.into_iter().map(|(_, gram)| gram).collect()
    }

    /// How a document overlaps one of the set, and which; the strongest kind first, of equals the first of the set.
    pub fn overlap(&self, document: &[&str]) -> Option<(usize, Overlap)> {
        let texts: Vec<Vec<char>> = document.iter().map(|t| plain(t)).filter(|t| !t.is_empty()).collect();
        self.same(&texts).or_else(|| self.near(document)).or_else(|| texts.iter().find_map(|text| self.passage(text)))
    }

    fn same(&self, texts: &[Vec<char>]) -> Option<(usize, Overlap)> {
        texts.iter().find_map(|text| {
            let own = self.whole.get(&hash_of(text))?;
            let others = own.iter().filter_map(|at| self.texts.get(*at as usize));
            others.filter(|(_, other)| other == text).map(|(number, _)| (*number as usize, Overlap::Same)).next()
        })
    }

    fn near(&self, document: &[&str]) -> Option<(usize, Overlap)> {
        let packed = ngrams::packed(document.iter().copied(), self.want.grams);
        let set: Vec<u64> = ngrams::unpacked(&packed).collect();
        let mut numbers: Vec<u32> =
            self.first(&set).iter().filter_map(|gram| self.rare.get(gram)).flatten().copied().collect();
        numbers.sort_unstable();
        numbers.dedup();
        let mut best: Option<(usize, Jaccard)> = None;
        for number in numbers {
            let Some(other) = self.sets.get(number as usize) else { continue };
            let near = self.want.threshold.reached(&set, other);
            if let Some(near) = near.filter(|near| best.is_none_or(|(_, most)| *near > most)) {
                best = Some((number as usize, near));
            }
        }
        best.map(|(number, near)| (number, Overlap::Near(near)))
    }

    fn passage(&self, text: &[char]) -> Option<(usize, Overlap)> {
        let block = self.block();
        if block == 0 || text.len() < self.want.passage {
            return None;
        }
        for (at, hash) in ngrams::rolled(&units(text), block).iter().enumerate() {
            for (number, offset) in self.blocks.get(hash).into_iter().flatten() {
                let Some((document, other)) = self.texts.get(*number as usize) else { continue };
                let shared = shared(text, at, other, *offset as usize);
                if shared >= self.want.passage {
                    return Some((*document as usize, Overlap::Passage(shared)));
                }
            }
        }
        None
    }
}

/// How many characters two texts have in common around two places.
fn shared(a: &[char], at: usize, b: &[char], other: usize) -> usize {
    let (before, behind) = (a.get(..at).unwrap_or_default(), a.get(at..).unwrap_or_default());
    let (rival_before, rival_behind) = (b.get(..other).unwrap_or_default(), b.get(other..).unwrap_or_default());
    let left = before.iter().rev().zip(rival_before.iter().rev()).take_while(|(x, y)| x == y).count();
    let right = behind.iter().zip(rival_behind).take_while(|(x, y)| x == y).count();
    left + right
}

#[cfg(test)]
mod tests {
    use super::*;

    fn want(passage: usize) -> Want {
        Want { grams: Grams::Words(2), threshold: Threshold { num: 4, den: 5 }, passage }
    }

    fn known(passage: usize, texts: &[&str]) -> Known {
        let documents: Vec<Vec<String>> = texts.iter().map(|t| vec![t.to_string()]).collect();
        Known::of(want(passage), &documents)
    }

    #[test]
    fn what_is_the_same_or_near_is_found() {
        let of = known(0, &["one two three four five six seven eight nine ten", "너무 짧다", ""]);
        assert_eq!(of.overlap(&["ONE two\nthree four five six seven eight nine ten"]), Some((0, Overlap::Same)));
        assert_eq!(of.overlap(&["onetwo three fourfive six seven eight nine ten"]), Some((0, Overlap::Same)));
        assert_eq!(of.overlap(&["너무짧다"]), Some((1, Overlap::Same)));
        let near = of.overlap(&["one two three four five six seven eight nine ten eleven"]);
        assert_eq!(near, Some((0, Overlap::Near(Jaccard { shared: 9, all: 10 }))));
        assert_eq!(of.overlap(&["one two three four x y z"]), None);
        assert_eq!(of.overlap(&["", " "]), None);
    }

    /// The longest stretch that two texts have in common, by comparing all places.
    fn longest(a: &[char], b: &[char]) -> usize {
        let mut most = 0;
        let mut last = vec![0usize; b.len() + 1];
        for x in a {
            let mut row = vec![0usize; b.len() + 1];
            for (j, y) in b.iter().enumerate() {
                row[j + 1] = if x == y { last[j] + 1 } else { 0 };
                most = most.max(row[j + 1]);
            }
            last = row;
        }
        most
    }

    #[test]
    fn passages_are_those_that_all_places_show() {
        let mut state = 7u64;
        let mut draw = |below: u64| {
            state = mix(state.wrapping_add(0x9E37_79B9_7F4A_7C15));
            state % below
        };
        let (mut yes, mut no) = (0, 0);
        for _ in 0..400 {
            let mut text = |len: u64| -> String { (0..len).map(|_| char::from(b'a' + draw(4) as u8)).collect() };
            let (left, shared, right, a, b) = (text(9), text(14), text(9), text(11), text(5));
            let of = format!("{left}{shared}{right}");
            let passage = 3 + draw(16) as usize;
            let known = known(passage, &[&of]);
            let cut = draw(15) as usize;
            let other = format!("{a} {} {b}", &shared[..cut]);
            let (x, y) = (plain(&of), plain(&other));
            let found = known.texts.first().and_then(|_| known.passage(&y)).is_some();
            assert_eq!(found, longest(&x, &y) >= passage, "{of} {other} {passage}");
            if found { yes += 1 } else { no += 1 }
        }
        assert!(yes > 50 && no > 50, "{yes} {no}");
    }
}

//! How a text became another: which words were replaced by which, found by the longest common sequence of words (Hunt and
//! McIlroy, "An algorithm for differential file comparison", 1976, in its plain form of dynamic programming).

/// More cells than this are not compared: then everything between what both begin and end with was replaced.
const CELLS_MAX: usize = 4_000_000;

/// In the old text the characters `start..end` were replaced by `len` characters. In ascending order; none overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub start: u32,
    pub end: u32,
    pub len: u32,
}

/// What was replaced, in words: a run of letters and digits, or any other single character.
pub fn changes(old: &str, new: &str) -> Vec<Change> {
    let (a, b) = (words(old), words(new));
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a_rest, b_rest) = (a.get(head..).unwrap_or_default(), b.get(head..).unwrap_or_default());
    let tail = a_rest.iter().rev().zip(b_rest.iter().rev()).take_while(|(x, y)| x == y).count();
    let a_mid = a_rest.get(..a_rest.len() - tail).unwrap_or_default();
    let b_mid = b_rest.get(..b_rest.len() - tail).unwrap_or_default();
    let mut out = Changed { at: length(a.get(..head).unwrap_or_default()), out: Vec::new() };
    let (mut i, mut j) = (0, 0);
    for (x, y) in common(a_mid, b_mid) {
        out.replaced(a_mid.get(i..x).unwrap_or_default(), b_mid.get(j..y).unwrap_or_default());
        out.at += length(a_mid.get(x..=x).unwrap_or_default());
        (i, j) = (x + 1, y + 1);
    }
    out.replaced(a_mid.get(i..).unwrap_or_default(), b_mid.get(j..).unwrap_or_default());
    out.out
}

struct Changed {
    /// Characters of the old text so far.
    at: u32,
    out: Vec<Change>,
}

impl Changed {
    fn replaced(&mut self, old: &[&str], new: &[&str]) {
        let (start, len) = (self.at, length(new));
        self.at += length(old);
        if !old.is_empty() || !new.is_empty() {
            self.out.push(Change { start, end: self.at, len });
        }
    }
}

fn length(words: &[&str]) -> u32 {
    words.iter().map(|w| w.chars().count() as u32).sum()
}

fn words(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut inside = false;
    for (i, c) in text.char_indices() {
        let joins = c.is_alphanumeric() && inside;
        if !joins && i > start {
            out.extend(text.get(start..i));
            start = i;
        }
        inside = c.is_alphanumeric();
    }
    out.extend(text.get(start..).filter(|w| !w.is_empty()));
    out
}

/// The places of the words that both have, in order.
fn common(a: &[&str], b: &[&str]) -> Vec<(usize, usize)> {
    let width = b.len() + 1;
    if a.len().saturating_add(1).saturating_mul(width) > CELLS_MAX {
        return Vec::new();
    }
    // longest[i][j]: of the words behind i and j
    let mut longest = vec![0u32; (a.len() + 1) * width];
    let at = |longest: &[u32], i: usize, j: usize| longest.get(i * width + j).copied().unwrap_or(0);
    for (i, x) in a.iter().enumerate().rev() {
        for (j, y) in b.iter().enumerate().rev() {
            let best = match x == y {
                true => at(&longest, i + 1, j + 1) + 1,
                false => at(&longest, i + 1, j).max(at(&longest, i, j + 1)),
            };
            if let Some(cell) = longest.get_mut(i * width + j) {
                *cell = best;
            }
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        if x == y {
            out.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if at(&longest, i + 1, j) >= at(&longest, i, j + 1) {
            i += 1;
        } else {
            j += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(old: &str, new: &str) -> Vec<(u32, u32, u32)> {
        changes(old, new).into_iter().map(|c| (c.start, c.end, c.len)).collect()
    }

    #[test]
    fn words_are_replaced_by_words() {
        assert_eq!(of("a b c", "a b c"), []);
        assert_eq!(of("", "ab"), [(0, 0, 2)]);
        assert_eq!(of("ab", ""), [(0, 2, 0)]);
        assert_eq!(of("Foo Bar met 김철수", "foo bar met 김철수"), [(0, 3, 3), (4, 7, 3)]);
        assert_eq!(of("one two three", "one 2 three four"), [(4, 7, 1), (13, 13, 5)]);
        assert_eq!(of("가나  다", "가나 다"), [(3, 4, 0)]);
    }

    #[test]
    fn what_was_changed_gives_the_new_text() {
        let (old, new) = ("the cat, the dog and the bird", "a cat and some dogs, the bird");
        let (chars, fresh): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
        let (mut out, mut at) = (Vec::new(), 0);
        for c in changes(old, new) {
            out.extend_from_slice(&chars[at..c.start as usize]);
            let from = out.len();
            out.extend_from_slice(&fresh[from..from + c.len as usize]);
            at = c.end as usize;
        }
        out.extend_from_slice(&chars[at..]);
        assert_eq!(out.into_iter().collect::<String>(), new);
    }
}

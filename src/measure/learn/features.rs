//! What a chain sees of each token: hashes of words, parts of words, shapes and neighbours. Each feature is the hash of the
//! number of its template and of what stands there.
use crate::digest::mix;
/// A feature: what is hashed so far.
#[derive(Clone, Copy)]
struct Feature(u64);

impl Feature {
    fn of(template: u64) -> Feature {
        Feature(mix(template.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    }

    fn and(self, part: u64) -> Feature {
        Feature(mix(self.0.rotate_left(23) ^ part.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    }
}

/// The template of what stands so far from the token.
fn template(base: u64, off: isize) -> Feature {
    Feature::of(base.wrapping_add_signed(off as i64))
}

/// What stands outside of the text.
const OUTSIDE: u64 = 0x11_0000;

fn word_hash(of: impl Iterator<Item = char>) -> u64 {
    of.fold(0, |h, c| mix(h.rotate_left(23) ^ u64::from(u32::from(c) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)))
}

/// Kinds of characters.
fn kind(c: Option<&char>) -> u64 {
    match c {
        None => 0,
        Some(c) if c.is_whitespace() => 1,
        Some(c) if c.is_ascii_digit() => 2,
        Some('가'..='힣') => 3,
        Some(c) if c.is_ascii_uppercase() => 4,
        Some(c) if c.is_ascii_lowercase() => 5,
        Some('\u{4E00}'..='\u{9FFF}') => 6,
        Some(c) if c.is_alphabetic() => 7,
        Some(c) if c.is_numeric() => 8,
        Some(_) => 9,
    }
}

/// The last consonant of a Hangul syllable (0: none), which decides the form of the particle behind it; of others what they
/// are is no such number.
fn final_consonant(c: Option<&char>) -> u64 {
    match c {
        Some(c @ '가'..='힣') => u64::from((u32::from(*c) - 0xAC00) % 28),
        _ => 100,
    }
}

/// The hash of a prefix or suffix of a word never runs over so many characters.
const WORD_MAX: usize = 64;

/// The features of each character.
pub fn of_characters(text: &[char]) -> Vec<Vec<u64>> {
    let words = Words::of(text);
    (0..text.len()).map(|at| of_character(text, &words, at)).collect()
}

/// Where the word of each character begins and ends; a blank is in none.
struct Words {
    /// By character: first and last of its word, exclusive.
    around: Vec<(usize, usize)>,
    /// By character: the hashes of the words before and behind it.
    beside: Vec<(u64, u64)>,
    /// By character: the hashes of its word, of its beginning up to here, of its end from here.
    own: Vec<[u64; 3]>,
}

impl Words {
    fn of(text: &[char]) -> Words {
        let mut bounds: Vec<(usize, usize)> = Vec::new();
        for at in (0..text.len()).filter(|at| !text[*at].is_whitespace()) {
            match bounds.last_mut() {
                Some((_, end)) if *end == at => *end = at + 1,
                _ => bounds.push((at, at + 1)),
            }
        }
        let n = text.len();
        let (mut around, mut beside) = (vec![(0, 0); n], vec![(OUTSIDE, OUTSIDE); n]);
        let mut own = vec![[OUTSIDE; 3]; n];
        let hashes: Vec<u64> = bounds.iter().map(|(a, b)| word_hash(text[*a..*b].iter().copied())).collect();
        for (w, (start, end)) in bounds.iter().enumerate() {
            let before = w.checked_sub(1).and_then(|w| hashes.get(w)).copied().unwrap_or(OUTSIDE);
            let behind = hashes.get(w + 1).copied().unwrap_or(OUTSIDE);
            for at in *start..*end {
                around[at] = (*start, *end);
                beside[at] = (before, behind);
                let first = &text[(*start).max((at + 1).saturating_sub(WORD_MAX))..at + 1];
                let last = &text[at..(*end).min(at + WORD_MAX)];
                own[at] = [hashes[w], word_hash(first.iter().copied()), word_hash(last.iter().copied())];
            }
        }
        Words { around, beside, own }
    }
}

fn of_character(text: &[char], words: &Words, at: usize) -> Vec<u64> {
    let there = |off: isize| at.checked_add_signed(off).and_then(|i| text.get(i));
    let code = |off: isize| there(off).map_or(OUTSIDE, |c| u64::from(u32::from(*c)));
    let mut out = Vec::with_capacity(34);
    for off in -3..=3 {
        out.push(template(0, off).and(code(off)).0);
    }
    for off in -3..=2 {
        out.push(template(16, off).and(code(off)).and(code(off + 1)).0);
    }
    for off in -3..=1 {
        out.push(template(32, off).and(code(off)).and(code(off + 1)).and(code(off + 2)).0);
    }
    let mut pattern = Feature::of(56);
    for off in -2..=2 {
        let kind = kind(there(off));
        out.push(template(48, off).and(kind).0);
        pattern = pattern.and(kind);
    }
    out.push(pattern.0);
    let [word, beginning, end] = words.own[at];
    out.extend([(57, word), (58, beginning), (59, end)].map(|(template, hash)| Feature::of(template).and(hash).0));
    let (start, behind) = words.around[at];
    let far = |n: usize| n.min(6) as u64;
    let (left, right) = (at.saturating_sub(start), behind.saturating_sub(at));
    out.extend([(60, far(left)), (61, far(right))].map(|(template, n)| Feature::of(template).and(n).0));
    let (previous, next) = words.beside[at];
    out.extend([(62, previous), (63, next)].map(|(template, hash)| Feature::of(template).and(hash).0));
    out.push(Feature::of(64).and(final_consonant(there(-1))).and(code(0)).0);
    out
}

/// The features of each word of a sentence.
pub fn of_words(words: &[&str]) -> Vec<Vec<u64>> {
    let seen: Vec<Word> = words.iter().map(|w| Word::of(w)).collect();
    (0..seen.len()).map(|at| of_word(&seen, at)).collect()
}

/// What is seen of a word.
struct Word {
    own: u64,
    lower: Vec<char>,
    lower_hash: u64,
    shape: u64,
    capital: bool,
    capitals: bool,
    digit: bool,
}

impl Word {
    fn of(word: &str) -> Word {
        let chars: Vec<char> = word.chars().take(WORD_MAX).collect();
        let lower: Vec<char> = chars.iter().flat_map(|c| c.to_lowercase()).collect();
        let mut shape: Vec<char> = chars.iter().map(|c| shape_of(*c)).collect();
        shape.dedup();
        let letters = chars.iter().filter(|c| c.is_alphabetic()).count();
        Word {
            own: word_hash(chars.iter().copied()),
            lower_hash: word_hash(lower.iter().copied()),
            shape: word_hash(shape.into_iter()),
            capital: chars.first().is_some_and(|c| c.is_uppercase()),
            capitals: letters > 1 && chars.iter().filter(|c| c.is_alphabetic()).all(|c| c.is_uppercase()),
            digit: chars.iter().any(|c| c.is_numeric()),
            lower,
        }
    }
}

fn shape_of(c: char) -> char {
    match c {
        c if c.is_uppercase() => 'X',
        '가'..='힣' => 'h',
        c if c.is_alphabetic() => 'x',
        c if c.is_numeric() => 'd',
        c => c,
    }
}

fn of_word(words: &[Word], at: usize) -> Vec<u64> {
    let there = |off: isize| at.checked_add_signed(off).and_then(|i| words.get(i));
    let lower = |off: isize| there(off).map_or(OUTSIDE, |w| w.lower_hash);
    let shape = |off: isize| there(off).map_or(OUTSIDE, |w| w.shape);
    let mut out = Vec::with_capacity(36);
    let Some(word) = words.get(at) else { return out };
    out.push(Feature::of(100).and(word.own).0);
    for n in 1..=4.min(word.lower.len()) {
        let (first, last) = (word.lower.iter().take(n), word.lower.iter().skip(word.lower.len() - n));
        out.push(Feature::of(100 + n as u64).and(word_hash(first.copied())).0);
        out.push(Feature::of(110 + n as u64).and(word_hash(last.copied())).0);
    }
    for off in -2..=2 {
        out.push(template(130, off).and(lower(off)).0);
        out.push(template(140, off).and(shape(off)).0);
    }
    for off in [-1, 0] {
        out.push(template(150, off).and(lower(off)).and(lower(off + 1)).0);
    }
    out.push(Feature::of(160).and(shape(-1)).and(shape(0)).and(shape(1)).0);
    let flags = [(161, word.capitals), (162, word.capital), (163, word.capital && at > 0), (164, word.digit)];
    out.extend(flags.iter().filter(|f| f.1).map(|(template, _)| Feature::of(*template).0));
    out.push(Feature::of(165).0);
    out
}

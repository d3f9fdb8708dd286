//! What a text repeats: lines, paragraphs, n-grams of words (Gopher, table A1).
use super::{Measured, Ratio, Statistic};
use std::collections::{HashMap, HashSet};

pub const STATISTICS: &[Statistic] = &[
    Statistic::share(
        "repeated_line_ratio",
        "share of lines that stood in the text before (Gopher drops above 0.3)",
        |m| repeated(m.lines()).0,
    ),
    Statistic::share(
        "repeated_line_chars",
        "share of characters in lines that stood in the text before (Gopher drops above 0.2, FineWeb above 0.01)",
        |m| Ratio::of(repeated(m.lines()).1, m.chars()),
    ),
    Statistic::share(
        "repeated_paragraph_ratio",
        "share of paragraphs that stood in the text before (Gopher drops above 0.3)",
        |m| repeated(&paragraphs(m)).0,
    ),
    Statistic::share(
        "repeated_paragraph_chars",
        "share of characters in paragraphs that stood in the text before (Gopher drops above 0.2)",
        |m| Ratio::of(repeated(&paragraphs(m)).1, m.chars()),
    ),
    Statistic::share(
        "top_2gram_chars",
        "share of characters in the most frequent pair of words, if it stands there twice (Gopher drops above 0.2)",
        |m| top(m, 2),
    ),
    Statistic::share(
        "top_3gram_chars",
        "share of characters in the most frequent three words in a row, if they stand there twice (Gopher drops above 0.18)",
        |m| top(m, 3),
    ),
    Statistic::share(
        "top_4gram_chars",
        "share of characters in the most frequent four words in a row, if they stand there twice (Gopher drops above 0.16)",
        |m| top(m, 4),
    ),
    Statistic::share(
        "repeated_5gram_chars",
        "share of characters in five words in a row that stood in the text before (Gopher drops above 0.15)",
        |m| again(m, 5),
    ),
    Statistic::share(
        "repeated_6gram_chars",
        "share of characters in six words in a row that stood in the text before (Gopher drops above 0.14)",
        |m| again(m, 6),
    ),
    Statistic::share(
        "repeated_7gram_chars",
        "share of characters in seven words in a row that stood in the text before (Gopher drops above 0.13)",
        |m| again(m, 7),
    ),
    Statistic::share(
        "repeated_8gram_chars",
        "share of characters in eight words in a row that stood in the text before (Gopher drops above 0.12)",
        |m| again(m, 8),
    ),
    Statistic::share(
        "repeated_9gram_chars",
        "share of characters in nine words in a row that stood in the text before (Gopher drops above 0.11)",
        |m| again(m, 9),
    ),
    Statistic::share(
        "repeated_10gram_chars",
        "share of characters in ten words in a row that stood in the text before (Gopher drops above 0.1)",
        |m| again(m, 10),
    ),
];

/// The words of a text by number, equal ones by the same, and how many characters each has.
pub struct Numbered {
    of: Vec<u32>,
    chars: Vec<usize>,
}

impl Measured<'_> {
    fn numbered(&self) -> &Numbered {
        self.numbered.get_or_init(|| {
            let mut numbers: HashMap<&str, u32> = HashMap::new();
            let mut number = |word| {
                let next = numbers.len() as u32;
                *numbers.entry(word).or_insert(next)
            };
            let of = self.words().iter().map(|word| number(word)).collect();
            Numbered { of, chars: self.words().iter().map(|word| word.chars().count()).collect() }
        })
    }
}

/// Stretches between empty lines.
fn paragraphs<'t>(m: &Measured<'t>) -> Vec<&'t str> {
    m.text.split("\n\n").map(|p| p.trim_matches('\n')).filter(|p| !p.trim().is_empty()).collect()
}

/// The share of parts that are there for at least the second time, and how many characters these have.
fn repeated(parts: &[&str]) -> (Ratio, usize) {
    let mut seen = HashSet::new();
    let again: Vec<&&str> = parts.iter().filter(|part| !seen.insert(**part)).collect();
    (Ratio::of(again.len(), parts.len()), again.iter().map(|part| part.chars().count()).sum())
}

/// Characters of the most frequent n-gram, of several the one that comes first, with the blanks between its words, as often
/// as it is there.
fn top(m: &Measured, n: usize) -> Ratio {
    let words = m.numbered();
    let mut counts: HashMap<&[u32], (usize, usize)> = HashMap::new();
    for (at, gram) in words.of.windows(n).enumerate() {
        counts.entry(gram).or_insert((0, at)).0 += 1;
    }
    let most = counts.into_values().filter(|(count, _)| *count > 1).max_by_key(|(count, at)| (*count, usize::MAX - at));
    let chars = most.map_or(0, |(count, at)| count * (chars_of(words, at, n) + n - 1));
    Ratio::of(chars.min(m.chars()), m.chars())
}

/// Characters of n-grams that stood there before; the next one begins behind it.
fn again(m: &Measured, n: usize) -> Ratio {
    let words = m.numbered();
    let mut seen = HashSet::new();
    let (mut at, mut chars) = (0, 0);
    while let Some(gram) = words.of.get(at..at + n) {
        at += if seen.insert(gram) {
            1
        } else {
            chars += chars_of(words, at, n);
            n
        };
    }
    Ratio::of(chars, m.chars())
}

fn chars_of(words: &Numbered, at: usize, n: usize) -> usize {
    words.chars.get(at..at + n).unwrap_or_default().iter().sum()
}

#[cfg(test)]
mod tests {
    use super::super::{Measured, Ratio, statistic};

    fn of(name: &str, text: &str) -> (u64, u64) {
        let Ratio { num, den } = (statistic(name).unwrap().of)(&Measured::new(text));
        (num, den)
    }

    #[test]
    fn lines_and_paragraphs_that_stood_there_before() {
        let text = "one\ntwo\n\none\n\n\none\ntwo\n";
        assert_eq!(of("repeated_line_ratio", text), (3, 5));
        assert_eq!(of("repeated_line_chars", text), (9, 23));
        assert_eq!(of("repeated_paragraph_ratio", text), (1, 3));
        assert_eq!(of("repeated_paragraph_chars", text), (7, 23));
    }

    #[test]
    fn n_grams_that_stand_there_more_than_once() {
        let text = "a b a b a b c d";
        assert_eq!(of("top_2gram_chars", text), (9, 15), "`a b` three times");
        assert_eq!(of("top_2gram_chars", "a b c d"), (0, 7), "none stands there twice");
        assert_eq!(of("top_3gram_chars", text), (10, 15), "`a b a` comes first");
        let text = "1 2 3 4 5 1 2 3 4 5 1 2 3 4 5 6";
        assert_eq!(of("repeated_5gram_chars", text), (10, 31));
        assert_eq!(of("repeated_6gram_chars", text), (6, 31));
        assert_eq!(of("repeated_10gram_chars", text), (10, 31));
    }
}

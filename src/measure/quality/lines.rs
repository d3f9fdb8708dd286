//! Lines and sentences.
use super::{Measured, Ratio, Statistic};

pub const STATISTICS: &[Statistic] = &[
    Statistic::number("lines", "lines, without empty ones", |m| Ratio::of(m.lines().len(), 1)),
    Statistic::share(
        "bullet_line_ratio",
        "share of lines that begin with `•`, `-` or `*` and a blank, or with `‣`, `▪`, `·` or `–` (Gopher drops above 0.9)",
        |m| of_lines(m, begins_as_item),
    ),
    Statistic::share(
        "ellipsis_line_ratio",
        "share of lines that end in `…` or `...` (Gopher drops above 0.3)",
        |m| of_lines(m, |line| line.ends_with('…') || line.ends_with("...")),
    ),
    Statistic::share(
        "line_end_punctuation_ratio",
        "share of lines that end a sentence: in `.`, `?`, `!`, `…`, their full-width forms, or a closing quote (FineWeb keeps \
         0.12 and more)",
        |m| of_lines(m, |line| line.ends_with(ENDS) || line.ends_with(QUOTES)),
    ),
    Statistic::share("short_line_ratio", "share of lines of at most 30 characters (FineWeb drops above 0.67)", |m| {
        of_lines(m, |line| line.chars().nth(30).is_none())
    }),
    Statistic::number("newlines_per_word", "line breaks per word (FineWeb drops above 0.3)", |m| {
        Ratio::of(m.text.matches('\n').count(), m.words().len())
    }),
    Statistic::number(
        "sentences",
        "words that end a sentence: in `.`, `?`, `!`, `…` or their full-width forms, a closing quote or bracket aside (C4 drops \
         pages with fewer than 5)",
        sentences,
    ),
];

const ENDS: [char; 8] = ['.', '?', '!', '…', '。', '！', '？', '．'];
const QUOTES: [char; 8] = ['"', '\'', '”', '’', '」', '』', '»', '›'];

/// Of the lines without white space at their ends.
fn of_lines(m: &Measured, which: fn(&str) -> bool) -> Ratio {
    Ratio::of(m.lines().iter().filter(|line| which(line.trim())).count(), m.lines().len())
}

fn begins_as_item(line: &str) -> bool {
    let rest = line.trim_start_matches(['•', '-', '*']);
    let sign = rest.len() < line.len() && (rest.is_empty() || rest.starts_with(char::is_whitespace));
    sign || line.starts_with(['•', '‣', '▪', '·', '–'])
}

fn sentences(m: &Measured) -> Ratio {
    let bare = |word: &str| word.trim_end_matches(QUOTES).trim_end_matches([')', ']', '}']).ends_with(ENDS);
    Ratio::of(m.words().iter().filter(|word| bare(word)).count(), 1)
}

#[cfg(test)]
mod tests {
    use super::super::{Measured, Ratio, statistic};

    fn of(name: &str, text: &str) -> (u64, u64) {
        let Ratio { num, den } = (statistic(name).unwrap().of)(&Measured::new(text));
        (num, den)
    }

    #[test]
    fn lines_are_counted_by_how_they_begin_and_end() {
        let text = "- one\n\n  • two\n-three\n* four...\n\"five.\"\r\nsix and some more words, so that this is long…\n";
        assert_eq!(of("lines", text), (6, 1));
        assert_eq!(of("bullet_line_ratio", text), (3, 6));
        assert_eq!(of("ellipsis_line_ratio", text), (2, 6));
        assert_eq!(of("line_end_punctuation_ratio", text), (3, 6));
        assert_eq!(of("short_line_ratio", text), (5, 6));
        assert_eq!(of("newlines_per_word", "a b\nc\n"), (2, 3));
        assert_eq!(of("sentences", "Hi. \"Go!\" she said (really?). 그렇다。 3.5 no"), (4, 1));
    }
}

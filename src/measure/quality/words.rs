//! Characters and words.
use super::{Measured, Ratio, Statistic};

pub const STATISTICS: &[Statistic] = &[
    Statistic::number("chars", "characters (Unicode scalar values)", |m| Ratio::of(m.chars(), 1)),
    Statistic::number("words", "words, separated by Unicode white space", |m| Ratio::of(m.words().len(), 1)),
    Statistic::number(
        "mean_word_length",
        "characters that are not white space, per word (Gopher keeps 3 to 10 for English)",
        mean_word_length,
    ),
    Statistic::number("longest_word", "characters of the longest word (C4 drops lines above 1,000)", |m| {
        Ratio::of(m.words().iter().map(|word| word.chars().count()).max().unwrap_or(0), 1)
    }),
    Statistic::number(
        "symbol_ratio",
        "`#` per word or ellipses (`…` or `...`) per word, whichever is more (Gopher drops above 0.1)",
        symbol_ratio,
    ),
    Statistic::share(
        "alphabetic_word_ratio",
        "share of words with at least one letter of any script (Gopher keeps 0.8 and more)",
        |m| Ratio::of(m.words().iter().filter(|w| w.contains(char::is_alphabetic)).count(), m.words().len()),
    ),
    Statistic::number(
        "stop_words",
        "different words among `the`, `be`, `to`, `of`, `and`, `that`, `have` and `with`, in lower case (Gopher keeps 2 and \
         more, for English)",
        |m| Ratio::of(STOP_WORDS.iter().filter(|stop| m.words().contains(stop)).count(), 1),
    ),
    Statistic::share("digit_ratio", "share of characters that are digits 0 to 9", |m| {
        Ratio::of(m.text.bytes().filter(u8::is_ascii_digit).count(), m.chars())
    }),
    Statistic::share("white_space_ratio", "share of characters that are Unicode white space", |m| {
        Ratio::of(m.text.chars().filter(|c| c.is_whitespace()).count(), m.chars())
    }),
    Statistic::share("hangul_ratio", "share of letters that are Hangul syllables or jamo", |m| letters(m, is_hangul)),
    Statistic::share("jamo_ratio", "share of letters that are single Korean jamo, as in `ㅋㅋ`", |m| {
        letters(m, |c| matches!(c, '\u{3131}'..='\u{318e}' | '\u{ffa0}'..='\u{ffdc}'))
    }),
    Statistic::number(
        "repeated_char_max",
        "length of the longest run of one character other than white space",
        repeated_char_max,
    ),
];

const STOP_WORDS: [&str; 8] = ["the", "be", "to", "of", "and", "that", "have", "with"];

fn mean_word_length(m: &Measured) -> Ratio {
    Ratio::of(m.text.chars().filter(|c| !c.is_whitespace()).count(), m.words().len())
}

fn symbol_ratio(m: &Measured) -> Ratio {
    let signs = m.text.matches('#').count();
    let ellipses = m.text.matches('…').count() + m.text.matches("...").count();
    Ratio::of(signs.max(ellipses), m.words().len())
}

fn letters(m: &Measured, which: fn(char) -> bool) -> Ratio {
    let letters = || m.text.chars().filter(|c| c.is_alphabetic());
    Ratio::of(letters().filter(|c| which(*c)).count(), letters().count())
}

/// Letters of the Hangul blocks: syllables, conjoining jamo with both extensions, compatibility and half-width jamo.
fn is_hangul(c: char) -> bool {
    matches!(c, '가'..='\u{d7a3}' | '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}' | '\u{a960}'..='\u{a97c}'
        | '\u{d7b0}'..='\u{d7fb}' | '\u{ffa0}'..='\u{ffdc}')
}

fn repeated_char_max(m: &Measured) -> Ratio {
    let (mut longest, mut run, mut last) = (0, 0, None);
    for c in m.text.chars() {
        run = if last == Some(c) { run + 1 } else { 1 };
        last = Some(c);
        if !c.is_whitespace() {
            longest = run.max(longest);
        }
    }
    Ratio::of(longest, 1)
}

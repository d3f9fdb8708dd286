//! Statistics of one text, for rules such as "at most one digit in five characters".
//!
//! Each is a [`Ratio`] of two counts, so that a limit written as a decimal is compared exactly. The names are those of
//! published filters where there is one: *Gopher* is Rae et al. 2021, "Scaling Language Models: Methods, Analysis &
//! Insights from Training Gopher", appendix A.1. A character is a Unicode scalar value, a word a longest stretch
//! without Unicode white space; so normalise first where decomposed Hangul is to be expected.
use std::cmp::Ordering;

/// A fraction of two counts. The denominator is at least 1: of nothing, every share is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    pub num: u64,
    pub den: u64,
}

impl Ratio {
    fn of(num: usize, den: usize) -> Ratio {
        Ratio { num: num as u64, den: den.max(1) as u64 }
    }

    /// How this ratio stands to the decimal `mantissa / 10^scale`, exactly, by long division digit for digit.
    pub fn compare_decimal(&self, mantissa: i128, scale: u32) -> Ordering {
        let Ok(limit) = u128::try_from(mantissa) else { return Ordering::Greater };
        let den = u128::from(self.den.max(1));
        let unit = 10u128.checked_pow(scale);
        let (whole, mut fraction) = unit.map_or((0, limit), |unit| (limit / unit, limit % unit));
        let (own, mut rest) = (u128::from(self.num) / den, u128::from(self.num) % den);
        if own != whole {
            return own.cmp(&whole);
        }
        for place in (0..scale).rev() {
            let digit = 10u128.checked_pow(place).map_or(0, |unit| {
                let digit = fraction / unit;
                fraction %= unit;
                digit
            });
            if rest * 10 / den != digit {
                return (rest * 10 / den).cmp(&digit);
            }
            rest = rest * 10 % den;
        }
        rest.cmp(&0)
    }
}

/// A statistic that rules may name.
pub struct Statistic {
    pub name: &'static str,
    /// One sentence for the reference.
    pub doc: &'static str,
    pub of: fn(&str) -> Ratio,
}

/// All of them; a new one is one entry here.
pub const STATISTICS: &[Statistic] = &[
    Statistic { name: "chars", doc: "Characters (Unicode scalar values).", of: chars },
    Statistic { name: "words", doc: "Words, separated by Unicode white space.", of: words },
    Statistic {
        name: "mean_word_length",
        doc: "Characters that are not white space, per word (Gopher keeps 3 to 10 for English).",
        of: mean_word_length,
    },
    Statistic {
        name: "symbol_ratio",
        doc: "`#` per word or ellipses (`…` or `...`) per word, whichever is more (Gopher drops above 0.1).",
        of: symbol_ratio,
    },
    Statistic {
        name: "alphabetic_word_ratio",
        doc: "Words with at least one letter of any script, per word (Gopher keeps 0.8 and more).",
        of: alphabetic_word_ratio,
    },
    Statistic { name: "digit_ratio", doc: "Digits 0 to 9 per character.", of: digit_ratio },
    Statistic { name: "hangul_ratio", doc: "Hangul syllables and jamo per letter of any script.", of: hangul_ratio },
    Statistic {
        name: "repeated_char_max",
        doc: "Length of the longest run of one character other than white space.",
        of: repeated_char_max,
    },
];

/// The statistic of that name.
pub fn statistic(name: &str) -> Option<&'static Statistic> {
    STATISTICS.iter().find(|s| s.name == name)
}

fn chars(text: &str) -> Ratio {
    Ratio::of(text.chars().count(), 1)
}

fn words(text: &str) -> Ratio {
    Ratio::of(text.split_whitespace().count(), 1)
}

fn mean_word_length(text: &str) -> Ratio {
    let visible = text.chars().filter(|c| !c.is_whitespace()).count();
    Ratio::of(visible, text.split_whitespace().count())
}

fn symbol_ratio(text: &str) -> Ratio {
    let signs = text.matches('#').count();
    let ellipses = text.matches('…').count() + text.matches("...").count();
    Ratio::of(signs.max(ellipses), text.split_whitespace().count())
}

fn alphabetic_word_ratio(text: &str) -> Ratio {
    let (mut words, mut with_letter) = (0, 0);
    for word in text.split_whitespace() {
        words += 1;
        with_letter += usize::from(word.contains(char::is_alphabetic));
    }
    Ratio::of(with_letter, words)
}

fn digit_ratio(text: &str) -> Ratio {
    Ratio::of(text.bytes().filter(u8::is_ascii_digit).count(), text.chars().count())
}

fn hangul_ratio(text: &str) -> Ratio {
    let (mut letters, mut hangul) = (0, 0);
    for c in text.chars().filter(|c| c.is_alphabetic()) {
        letters += 1;
        hangul += usize::from(is_hangul(c));
    }
    Ratio::of(hangul, letters)
}

/// Letters of the Hangul blocks: syllables, conjoining jamo with both extensions, compatibility and half-width jamo.
fn is_hangul(c: char) -> bool {
    matches!(c, '가'..='\u{d7a3}' | '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}' | '\u{a960}'..='\u{a97c}'
        | '\u{d7b0}'..='\u{d7fb}' | '\u{ffa0}'..='\u{ffdc}')
}

fn repeated_char_max(text: &str) -> Ratio {
    let (mut longest, mut run, mut last) = (0, 0, None);
    for c in text.chars() {
        run = if last == Some(c) { run + 1 } else { 1 };
        last = Some(c);
        if !c.is_whitespace() {
            longest = run.max(longest);
        }
    }
    Ratio::of(longest, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, text: &str) -> (u64, u64) {
        let ratio = (statistic(name).expect("a known name").of)(text);
        (ratio.num, ratio.den)
    }

    #[test]
    fn each_statistic_counts_what_it_says() {
        assert_eq!(of("chars", "한국 a"), (4, 1));
        assert_eq!(of("words", " 나는\u{3000}학교에 간다\n"), (3, 1));
        assert_eq!(of("mean_word_length", "나는 학교에"), (5, 2));
        assert_eq!(of("symbol_ratio", "#a #b 그래서... 아… ...... #c"), (4, 6));
        assert_eq!(of("symbol_ratio", "#a ## b"), (3, 3));
        assert_eq!(of("alphabetic_word_ratio", "가 1 - b2"), (2, 4));
        assert_eq!(of("digit_ratio", "2024년"), (4, 5));
        assert_eq!(of("hangul_ratio", "한글 abc ㅋ 12!"), (3, 6));
        assert_eq!(of("repeated_char_max", "ㅋㅋㅋㅋ  a        bb"), (4, 1));
    }

    #[test]
    fn of_nothing_every_share_is_zero() {
        for statistic in STATISTICS {
            assert_eq!((statistic.of)(""), Ratio { num: 0, den: 1 }, "{}", statistic.name);
            assert!((statistic.of)(" \n").den >= 1, "{}", statistic.name);
        }
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = STATISTICS.iter().map(|s| s.name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|w| w[0] < w[1]));
    }

    #[test]
    fn ratios_compare_exactly_with_decimals() {
        let compare = |num, den, mantissa, scale| Ratio { num, den }.compare_decimal(mantissa, scale);
        assert_eq!(compare(1, 10, 1, 1), Ordering::Equal);
        assert_eq!(compare(1, 3, 333_333, 6), Ordering::Greater);
        assert_eq!(compare(1, 3, 333_334, 6), Ordering::Less);
        assert_eq!(compare(7, 2, 3, 0), Ordering::Greater);
        assert_eq!(compare(7, 2, 35, 1), Ordering::Equal);
        assert_eq!(compare(0, 1, -1, 0), Ordering::Greater);
        assert_eq!(compare(0, 1, 0, 36), Ordering::Equal);
        assert_eq!(compare(u64::MAX, u64::MAX, 10i128.pow(36), 36), Ordering::Equal);
        assert_eq!(compare(u64::MAX - 1, u64::MAX, 10i128.pow(36), 36), Ordering::Less);
        assert_eq!(compare(1, u64::MAX, 1, 60), Ordering::Greater);
    }
}

//! Statistics of one text, for rules such as "at most one digit in five characters".
//!
//! Each is a [`Ratio`] of two counts, so that a limit written as a decimal is compared exactly. The names are those of
//! published filters where there is one: *Gopher* is Rae et al. 2021, "Scaling Language Models: Methods, Analysis &
//! Insights from Training Gopher", appendix A.1; *C4* is Raffel et al. 2020, section 2.2; *FineWeb* is Penedo et al. 2024,
//! section 3.6. A character is a Unicode scalar value, a word a longest stretch without Unicode white space; so normalise
//! first where decomposed Hangul is to be expected. A line stands between line breaks, a paragraph between empty lines;
//! those of white space alone do not count.
mod damage;
mod language;
mod lines;
mod profiles;
mod repetition;
mod words;

pub use profiles::{PROFILES, Profile, profile};
use std::cell::OnceCell;
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

    /// The ratio for people: to three digits behind the point, rounded down.
    pub fn rounded(&self) -> String {
        let thousandths = u128::from(self.num) * 1000 / u128::from(self.den.max(1));
        let text = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
        text.trim_end_matches('0').trim_end_matches('.').to_string()
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
    /// What it counts, as a clause of the reference without its first article.
    pub doc: &'static str,
    /// It is at most 1.
    pub share: bool,
    pub of: fn(&Measured) -> Ratio,
}

impl Statistic {
    /// A share of a whole.
    const fn share(name: &'static str, doc: &'static str, of: fn(&Measured) -> Ratio) -> Statistic {
        Statistic { name, doc, share: true, of }
    }

    /// A count, or a mean.
    const fn number(name: &'static str, doc: &'static str, of: fn(&Measured) -> Ratio) -> Statistic {
        Statistic { name, doc, share: false, of }
    }
}

/// All of them; a new one is one entry in one of these lists.
pub const STATISTICS: &[&[Statistic]] =
    &[words::STATISTICS, lines::STATISTICS, repetition::STATISTICS, damage::STATISTICS, language::STATISTICS];

pub fn statistics() -> impl Iterator<Item = &'static Statistic> {
    STATISTICS.iter().copied().flatten()
}

/// The statistic of that name.
pub fn statistic(name: &str) -> Option<&'static Statistic> {
    statistics().find(|s| s.name == name)
}

/// A text, and what several statistics look at, found out once.
pub struct Measured<'t> {
    pub text: &'t str,
    chars: OnceCell<usize>,
    words: OnceCell<Vec<&'t str>>,
    lines: OnceCell<Vec<&'t str>>,
    numbered: OnceCell<repetition::Numbered>,
    language: OnceCell<Option<(whatlang::Lang, u64)>>,
}

impl<'t> Measured<'t> {
    pub fn new(text: &'t str) -> Measured<'t> {
        Measured {
            text,
            chars: OnceCell::new(),
            words: OnceCell::new(),
            lines: OnceCell::new(),
            numbered: OnceCell::new(),
            language: OnceCell::new(),
        }
    }

    fn chars(&self) -> usize {
        *self.chars.get_or_init(|| self.text.chars().count())
    }

    fn words(&self) -> &[&'t str] {
        self.words.get_or_init(|| self.text.split_whitespace().collect())
    }

    /// Without those of white space alone.
    fn lines(&self) -> &[&'t str] {
        self.lines.get_or_init(|| self.text.lines().filter(|line| !line.trim().is_empty()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, text: &str) -> (u64, u64) {
        let ratio = (statistic(name).expect("a known name").of)(&Measured::new(text));
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

    /// What another program says of real pages: see tests/fixtures/quality.
    #[test]
    fn statistics_are_as_the_reference_has_them() {
        let lines =
            |text: &'static str| text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let documents = lines(include_str!("../../../tests/fixtures/quality/documents.jsonl"));
        let expected = lines(include_str!("../../../tests/fixtures/quality/expected.jsonl"));
        let mut compared = std::collections::BTreeSet::new();
        for (document, expected) in documents.zip(expected) {
            assert_eq!(document["id"], expected["id"]);
            let measured = Measured::new(document["text"].as_str().unwrap());
            for (name, want) in expected["statistics"].as_object().unwrap() {
                let Ratio { num, den } = (statistic(name).expect(name).of)(&measured);
                assert_eq!(serde_json::json!([num, den]), *want, "{name} of {}", document["id"]);
                compared.insert(name.clone());
            }
        }
        let left: Vec<&str> = statistics().map(|s| s.name).filter(|name| !compared.contains(*name)).collect();
        let left: Vec<&str> = left.into_iter().filter(|name| !name.starts_with("language_")).collect();
        assert_eq!(left, ["mojibake"], "not compared");
    }

    #[test]
    fn of_nothing_every_share_is_zero() {
        for statistic in statistics() {
            assert_eq!((statistic.of)(&Measured::new("")), Ratio { num: 0, den: 1 }, "{}", statistic.name);
            assert!((statistic.of)(&Measured::new(" \n")).den >= 1, "{}", statistic.name);
        }
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = statistics().map(|s| s.name).collect();
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
        let rounded = |num, den| Ratio { num, den }.rounded();
        assert_eq!([rounded(2, 3), rounded(20, 1), rounded(0, 1), rounded(1, 4)], ["0.666", "20", "0", "0.25"]);
    }
}

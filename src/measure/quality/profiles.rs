//! Published lists of limits under their names. Words are stretches between white space, whatever the published filter uses.

/// A named list of limits.
pub struct Profile {
    pub name: &'static str,
    pub doc: &'static str,
    /// A statistic, its smallest and its largest value as decimals.
    pub limits: &'static [(&'static str, Option<&'static str>, Option<&'static str>)],
}

pub const PROFILES: &[Profile] = &[
    Profile {
        name: "cleanvision",
        doc: "Of pictures: dark, light, of odd aspect and of low information by the thresholds of cleanvision 0.3, grey ones, \
              pictures nearly of one shade and letterboxes. What is blurred and what is large depends on the pictures: \
              `sharpness_min` and `megapixels_min` are yours.",
        limits: &[
            ("aspect_ratio", Some("0.35"), None),
            ("border_ratio", None, Some("0.2")),
            ("brightness_p5", None, Some("0.95")),
            ("brightness_p99", Some("0.32"), None),
            ("entropy", Some("3"), None),
            ("grey_ratio", None, Some("0.999")),
            ("uniform_ratio", None, Some("0.9")),
        ],
    },
    Profile {
        name: "gopher",
        doc: "The quality and repetition rules of Gopher (Rae et al. 2021, appendix A.1.1), for English prose.",
        limits: &[
            ("words", Some("50"), Some("100000")),
            ("mean_word_length", Some("3"), Some("10")),
            ("symbol_ratio", None, Some("0.1")),
            ("bullet_line_ratio", None, Some("0.9")),
            ("ellipsis_line_ratio", None, Some("0.3")),
            ("alphabetic_word_ratio", Some("0.8"), None),
            ("stop_words", Some("2"), None),
            ("repeated_line_ratio", None, Some("0.3")),
            ("repeated_paragraph_ratio", None, Some("0.3")),
            ("repeated_line_chars", None, Some("0.2")),
            ("repeated_paragraph_chars", None, Some("0.2")),
            ("top_2gram_chars", None, Some("0.2")),
            ("top_3gram_chars", None, Some("0.18")),
            ("top_4gram_chars", None, Some("0.16")),
            ("repeated_5gram_chars", None, Some("0.15")),
            ("repeated_6gram_chars", None, Some("0.14")),
            ("repeated_7gram_chars", None, Some("0.13")),
            ("repeated_8gram_chars", None, Some("0.12")),
            ("repeated_9gram_chars", None, Some("0.11")),
            ("repeated_10gram_chars", None, Some("0.1")),
        ],
    },
    Profile {
        name: "c4",
        doc: "What C4 (Raffel et al. 2020) drops whole pages for: fewer than 5 sentences, `{`, `lorem ipsum`, a word of more \
              than 1,000 characters. Its rules for single lines are not part of it.",
        limits: &[
            ("sentences", Some("5"), None),
            ("curly_brackets", None, Some("0")),
            ("lorem_ipsum", None, Some("0")),
            ("longest_word", None, Some("1000")),
        ],
    },
    Profile {
        name: "fineweb",
        doc: "The rules that FineWeb (Penedo et al. 2024) adds to those of Gopher and C4.",
        limits: &[
            ("line_end_punctuation_ratio", Some("0.12"), None),
            ("short_line_ratio", None, Some("0.67")),
            ("repeated_line_chars", None, Some("0.01")),
            ("newlines_per_word", None, Some("0.3")),
        ],
    },
];

/// The profile of that name.
pub fn profile(name: &str) -> Option<&'static Profile> {
    PROFILES.iter().find(|p| p.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::quality::statistic;

    #[test]
    fn profiles_name_statistics() {
        for (name, min, max) in PROFILES.iter().flat_map(|p| p.limits) {
            let known = statistic(name).is_some() || crate::measure::pictures::statistics::statistic(name).is_some();
            assert!(known && (min.is_some() || max.is_some()), "{name}");
        }
        assert!(profile("gopher").is_some() && profile("goofer").is_none());
    }
}

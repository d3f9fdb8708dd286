//! The language of the pages for people, the card and the datasheet. They are written in English where they arise; `ko.txt`
//! has each sentence beside its Korean one, with `{}` for what differs.
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

const KOREAN: &str = include_str!("ko.txt");

/// A language of the pages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Words {
    korean: bool,
}

impl Words {
    /// The first of the languages of the samples that is Korean or English decides; without one it is English.
    pub fn of(languages: &[String]) -> Words {
        let first =
            languages.iter().map(|l| l.split('-').next().unwrap_or_default()).find(|l| ["ko", "en"].contains(l));
        Words { korean: first == Some("ko") }
    }

    pub fn korean(self) -> bool {
        self.korean
    }

    /// A sentence or a phrase in the language; what has no entry stays as it is.
    pub fn say(self, english: &str) -> Cow<'_, str> {
        if !self.korean {
            return english.into();
        }
        table().say(english).unwrap_or_else(|| english.to_string()).into()
    }
}

struct Table {
    whole: HashMap<&'static str, &'static str>,
    /// What stands between the places of the English sentence, and the Korean one.
    patterns: Vec<(Vec<&'static str>, &'static str)>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut of = Table { whole: HashMap::new(), patterns: Vec::new() };
        for entry in KOREAN.split("\n\n") {
            let mut lines = entry.lines().filter(|line| !line.starts_with('#'));
            let (Some(english), Some(korean)) = (lines.next(), lines.next()) else { continue };
            match english.contains("{}") {
                true => of.patterns.push((english.split("{}").collect(), korean)),
                false => drop(of.whole.insert(english, korean)),
            }
        }
        of
    })
}

impl Table {
    fn say(&self, english: &str) -> Option<String> {
        if let Some(korean) = self.whole.get(english) {
            return Some(korean.to_string());
        }
        self.patterns.iter().find_map(|(parts, korean)| {
            let own = places(english, parts)?;
            let put = |text: String, (n, value): (usize, &&str)| text.replace(&format!("{{{n}}}"), value);
            Some(own.iter().enumerate().fold(korean.to_string(), put))
        })
    }
}

/// What stands at the places between fixed parts of a sentence.
fn places<'t>(text: &'t str, parts: &[&str]) -> Option<Vec<&'t str>> {
    let (first, rest) = parts.split_first()?;
    let mut left = text.strip_prefix(first)?;
    let mut out = Vec::new();
    for (n, part) in rest.iter().enumerate() {
        let last = n + 1 == rest.len();
        let (own, behind) = match (last, part.is_empty()) {
            (true, _) => (left.strip_suffix(part)?, ""),
            (false, true) => return None,
            (false, false) => left.split_once(part)?,
        };
        out.push(own);
        left = behind;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_both_languages_decides() {
        let of = |all: &[&str]| Words::of(&all.iter().map(|l| l.to_string()).collect::<Vec<_>>()).korean();
        assert!(of(&["ko"]) && of(&["ko-KR", "en"]) && of(&["de", "ko"]));
        assert!(!of(&[]) && !of(&["en", "ko"]) && !of(&["de"]));
    }

    #[test]
    fn places_go_from_one_sentence_to_the_other() {
        assert_eq!(places("Kind: ner.", &["Kind: ", "."]), Some(vec!["ner"]));
        assert_eq!(places("a to b", &["", " to ", ""]), Some(vec!["a", "b"]));
        assert_eq!(places("Kind of ner.", &["Kind: ", "."]), None);
        for (parts, korean) in &table().patterns {
            let used = (0..parts.len() - 1).all(|n| korean.contains(&format!("{{{n}}}")));
            assert!(used, "{parts:?} {korean}");
        }
        assert!(table().whole.len() > 20);
    }
}

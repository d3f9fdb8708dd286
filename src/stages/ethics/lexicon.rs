//! Lists of words: which texts have one of them.
//!
//! A line is a word, or several parted by blanks; `#` begins a remark. Case does not count. A word is a longest stretch of letters
//! and digits; one in Hangul is met where a word begins with it, since particles stand behind it.
use std::collections::HashSet;

/// The built-in list: coarse words of English and Korean that few texts need.
pub const DEFAULT: &str = include_str!("default.txt");

/// The longest file of a list, in bytes.
pub const FILE_MAX: u64 = 1 << 18;

/// The longest entry, in words.
const WORDS_MAX: usize = 8;

/// A list, ready to be looked for.
pub struct Lexicon {
    whole: HashSet<String>,
    /// Entries whose last word goes on behind them.
    begun: HashSet<String>,
    words: usize,
    /// The longest last word of those, in characters.
    last: usize,
}

/// The entries of a list, or the line that is too long.
pub fn entries(text: &str) -> Result<Vec<String>, usize> {
    let mut out: Vec<String> = Vec::new();
    for (n, line) in text.trim_start_matches('\u{FEFF}').lines().enumerate() {
        let words = words(line.split('#').next().unwrap_or_default());
        if words.len() > WORDS_MAX {
            return Err(n + 1);
        }
        out.extend((!words.is_empty()).then(|| words.join(" ")));
    }
    out.sort();
    out.dedup();
    Ok(out)
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase).collect()
}

fn is_hangul(c: char) -> bool {
    matches!(c, '\u{AC00}'..='\u{D7A3}' | '\u{3131}'..='\u{318E}' | '\u{1100}'..='\u{11FF}')
}

impl Lexicon {
    pub fn of(entries: &[String]) -> Lexicon {
        let (begun, whole): (HashSet<String>, HashSet<String>) =
            entries.iter().cloned().partition(|e| e.chars().next_back().is_some_and(is_hangul));
        let last = |e: &String| e.split(' ').next_back().map_or(0, |w| w.chars().count());
        Lexicon {
            words: entries.iter().map(|e| e.split(' ').count()).max().unwrap_or(0),
            last: begun.iter().map(last).max().unwrap_or(0),
            whole,
            begun,
        }
    }

    /// Whether a text has one of the words.
    pub fn meets(&self, text: &str) -> bool {
        let words = words(text);
        (0..words.len()).any(|from| {
            let mut so_far = String::new();
            words.iter().skip(from).take(self.words).any(|word| {
                let before = so_far.len();
                so_far.push_str(word);
                if self.whole.contains(&so_far) {
                    return true;
                }
                let ends = word.char_indices().map(|(at, c)| at + c.len_utf8()).take(self.last);
                let met =
                    ends.into_iter().any(|end| so_far.get(..before + end).is_some_and(|t| self.begun.contains(t)));
                so_far.push(' ');
                met
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_met_whole_in_english_and_begun_in_korean() {
        let list = Lexicon::of(&entries("Fool # a remark\n\n# nothing\nsilly old man\n바보\n").unwrap());
        for text in ["You FOOL!", "a silly, old man", "바보라고 했다", "그 바보는"] {
            assert!(list.meets(text), "{text}");
        }
        for text in ["foolish", "an old man, silly", "왕바보", "", "silly old"] {
            assert!(!list.meets(text), "{text}");
        }
        assert_eq!(entries("a b c d e f g h i"), Err(1));
        assert!(!Lexicon::of(&[]).meets("anything"));
    }

    #[test]
    fn the_built_in_list_reads() {
        let own = entries(DEFAULT).unwrap();
        assert!(own.len() > 20, "{}", own.len());
        let list = Lexicon::of(&own);
        assert!(
            list.meets("What an idiot.") && list.meets("저런 멍청이가") && !list.meets("The patient was discharged.")
        );
    }
}

//! Where words lie in a text: the word boundaries of Unicode (UAX 29), which need no dictionary. A run of letters or digits is a
//! word, a mark is one, and white space is none. Korean comes apart at its spaces, Chinese and Japanese character by character.
use unicode_segmentation::UnicodeSegmentation;

/// What the result depends on.
pub const USES: &[&str] = &["unicode-segmentation 1.13"];

/// The words of a text as (start, end) in characters, end exclusive, in their order.
pub fn words(text: &str) -> Vec<(usize, usize)> {
    let (mut out, mut at) = (Vec::new(), 0);
    for part in text.split_word_bounds() {
        let start = at;
        at += part.chars().count();
        if !part.chars().all(char::is_whitespace) {
            out.push((start, at));
        }
    }
    out
}

/// Where sentences of a text end, in characters, behind their white space; the end of the text is the last. A full stop behind
/// an abbreviation ends a sentence, too: UAX 29 knows no words.
pub fn sentence_ends(text: &str) -> Vec<usize> {
    let mut at = 0;
    let end = |part: &str| {
        at += part.chars().count();
        at
    };
    text.split_sentence_bounds().map(end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        let chars: Vec<char> = text.chars().collect();
        words(text).into_iter().map(|(a, b)| chars[a..b].iter().collect()).collect()
    }

    /// The examples of UAX 29, section 4, and what the module says.
    #[test]
    fn words_are_those_of_unicode() {
        let quick = "The quick (\u{201c}brown\u{201d}) fox can\u{2019}t jump 32.3 feet, right?";
        let want = [
            "The",
            "quick",
            "(",
            "\u{201c}",
            "brown",
            "\u{201d}",
            ")",
            "fox",
            "can\u{2019}t",
            "jump",
            "32.3",
            "feet",
            ",",
            "right",
            "?",
        ];
        assert_eq!(of(quick), want);
        assert_eq!(of("이순신은 조선, 1545년"), ["이순신은", "조선", ",", "1545년"]);
        assert_eq!(of(" \t\n"), Vec::<String>::new());
        assert_eq!(of("東京\u{a0}e\u{301}t"), ["東", "京", "e\u{301}t"]);
    }

    #[test]
    fn sentences_end_behind_their_white_space() {
        assert_eq!(sentence_ends("나는 간다. 너는? It is 3.5 m.\nNo"), [7, 11, 24, 26]);
        assert!(sentence_ends("").is_empty());
    }
}

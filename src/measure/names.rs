//! Names as people and file systems spell them. Unicode calls two texts the same that differ in their normal form alone:
//! macOS writes file names decomposed, most other systems composed.
use std::borrow::Cow;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// What a result depends on for which names are brought to their normal form: the version of the tables.
pub const USES: &[&str] = &["unicode 18.0"];

/// A name in normal form C. Names of one form are one name.
pub fn composed(name: &str) -> Cow<'_, str> {
    if is_nfc(name) { name.into() } else { name.nfc().collect::<String>().into() }
}

/// What a name looks like: in normal form C, without white space at its ends, and with a single blank for any other.
/// Names that look alike are easily taken for each other.
pub fn look(name: &str) -> Cow<'_, str> {
    let own = composed(name);
    let plain = |c: char| !c.is_whitespace();
    if own.chars().all(plain) {
        return own;
    }
    own.split_whitespace().collect::<Vec<_>>().join(" ").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_one_and_names_that_look_alike() {
        let decomposed = "\u{1100}\u{1169}.jpg";
        assert_eq!(composed(decomposed), "고.jpg");
        assert!(matches!(composed("고.jpg"), Cow::Borrowed(_)));
        assert_eq!(look(" a\t b "), "a b");
        assert_eq!((look("a b"), look("ab")), ("a b".into(), "ab".into()));
    }
}

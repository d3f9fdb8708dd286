//! What a terminal is given. Names and values come from files that anybody may have made: characters that move the
//! cursor, change colours or titles, or turn the order of a text around are shown as escapes, never sent. Every printer
//! goes through here.
use crate::diag::acts;
use std::borrow::Cow;
use std::fmt::Write;

/// A text that is to stand within a line: line breaks and tabs are escaped too.
pub fn line(text: &str) -> Cow<'_, str> {
    escaped(text, acts)
}

/// Lines that are written already: their breaks and tabs stay.
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| acts(c) && c != '\n' && c != '\t')
}

fn escaped(text: &str, acts: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if !acts(c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => drop(write!(out, "\\u{{{:x}}}", u32::from(c))),
        }
    }
    Cow::Owned(out)
}

/// JSON with the same characters as escapes of JSON: the values stay what they are.
pub fn json(text: &str) -> Cow<'_, str> {
    // outside of its texts JSON has none of them but line breaks
    let within = |c: char| acts(c) && c != '\n';
    if !text.contains(within) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if within(c) {
            let _ = write!(out, "\\u{:04x}", u32::from(c)); // all of them have four digits at most
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// A text of as many bytes in which nothing acts: for a window onto a file, in which places are counted in bytes.
pub fn still(text: &str) -> Cow<'_, str> {
    let acts = |c: char| acts(c) && !matches!(c, '\n' | '\r' | '\t');
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let still = |c: char| match (acts(c), c.len_utf8()) {
        (false, _) => c,
        (true, 1) => '?',
        (true, 2) => '\u{bf}',
        (true, _) => char::REPLACEMENT_CHARACTER,
    };
    Cow::Owned(text.chars().map(still).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_is_sent() {
        let text = "a\u{1b}]0;t\u{7}\u{9b}31m\u{202e}\n가\t";
        assert_eq!(line(text), "a\\u{1b}]0;t\\u{7}\\u{9b}31m\\u{202e}\\n가\\t");
        assert_eq!(lines(text), "a\\u{1b}]0;t\\u{7}\\u{9b}31m\\u{202e}\n가\t");
        assert_eq!(still(text).len(), text.len());
        assert!(!still(text).contains(['\u{1b}', '\u{9b}', '\u{202e}']));
        assert!(matches!(line("plain 가"), Cow::Borrowed(_)));
        let value = serde_json::json!({ text: [text] });
        let told = json(&value.to_string()).into_owned();
        assert!(!told.contains(acts));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&told).unwrap(), value);
    }
}

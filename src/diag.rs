//! Diagnostics: something wrong *in the declaration*, at a token of `dataset.toml`.
//!
//! Every stage reports all it finds; nothing here prints. `report::diagnostic` turns these into text or JSON.
use std::ops::Range;

/// Whether the build may start in spite of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
}

/// One problem at its place, in the user's words, with the remedy and a stable code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// `T0103`; the first two digits name the area (`spec/manifest.md` lists them).
    pub code: &'static str,
    pub severity: Severity,
    /// One sentence without a full stop.
    pub message: String,
    /// Bytes of the manifest's text.
    pub span: Range<usize>,
    /// What stands under the token.
    pub label: String,
    pub help: Option<String>,
    /// Other tokens that take part, each with its label.
    pub related: Vec<(Range<usize>, String)>,
}

impl Diagnostic {
    pub fn error(code: &'static str, span: Range<usize>, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            severity: Severity::Error,
            message: message.into(),
            span,
            label: String::new(),
            help: None,
            related: Vec::new(),
        }
    }

    pub fn warning(code: &'static str, span: Range<usize>, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
    }

    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub fn related(mut self, span: Range<usize>, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }
}

/// Whether a terminal, a page or a reader of one would take a character for something else than what it looks like: control
/// characters of both sets, breaks of lines, and marks that turn the direction of a text around.
pub fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The name among `known` that was probably meant: smallest Damerau-Levenshtein distance, whatever the case of letters;
/// at most 1 for a name of up to 4 letters, else `1 + max(len) / 4`. Of equals the one in the same case.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let (lower, len) = (name.to_lowercase(), name.chars().count());
    let most = |k: &str| if len <= 4 { 1 } else { 1 + len.max(k.chars().count()) / 4 };
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(&lower, &k.to_lowercase()), k))
        .filter(|(d, k)| *d <= most(k))
        .map(|(d, k)| (d, strsim::damerau_levenshtein(name, k), k))
        .min()
        .map(|(_, _, k)| k)
}

/// `did you mean `x`?`, or the list of what is known.
pub fn suggest<'a>(name: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(k) = nearest(name, known.clone()) {
        return format!("did you mean `{k}`?");
    }
    let mut all: Vec<&str> = known.into_iter().collect();
    all.sort_unstable();
    if all.is_empty() { "nothing is known here".into() } else { format!("known here: {}", all.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_case_of_letters_does_not_matter() {
        assert_eq!(nearest("nfc", ["NFC", "NFKC"]), Some("NFC"));
        assert_eq!(nearest("tex", ["Text", "text"]), Some("text"));
        assert_eq!(nearest("TEX", ["TEXT", "text"]), Some("TEXT"));
    }

    #[test]
    fn short_names_differ_in_one_letter() {
        assert_eq!(nearest("drpo", ["drop", "keep"]), Some("drop"));
        assert_eq!(nearest("yolo", ["coco", "jsonl"]), None);
        assert_eq!(nearest("shorter", ["shorten", "short"]), Some("shorten"));
        assert_eq!(suggest("yolo", ["jsonl", "coco"]), "known here: coco, jsonl");
    }
}

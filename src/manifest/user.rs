//! The user's own settings, `~/.config/tamis/config.toml`: where stores of others lie. A project never says that.
//!
//! ```toml
//! [remote]
//! place = "s3://bucket/prefix"
//! fallback = "/mnt/main"
//! ```
use super::{parse, read_root};
use crate::diag::{Diagnostic, Severity};
use serde::Deserialize;

/// The user's settings.
#[derive(Deserialize, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    #[serde(default)]
    pub remote: Places,
}

/// Where results lie elsewhere.
#[derive(Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Places {
    /// Read, and written by `tamis push`.
    pub place: Option<String>,
    /// Read where the first has nothing.
    pub fallback: Option<String>,
}

impl Settings {
    /// Reads the file; an error names the line.
    pub fn parse(file: &str, text: &str) -> Result<Settings, String> {
        let said = |of: &Diagnostic| {
            let line = text.bytes().take(of.span.start).filter(|b| *b == b'\n').count() + 1;
            format!("{file}:{line}: {}", of.message)
        };
        let manifest = parse(file, text.into()).map_err(|problems| {
            let first = problems.iter().find(|p| p.severity == Severity::Error);
            first.map_or_else(|| format!("{file} is not TOML"), said)
        })?;
        read_root(&manifest).map_err(|p| said(&p))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_and_mistakes_told_with_their_line() {
        let both = Settings::parse("f", "[remote]\nplace = \"/a\"\nfallback = \"/b\"\n").unwrap();
        assert_eq!(both.remote, Places { place: Some("/a".into()), fallback: Some("/b".into()) });
        assert_eq!(Settings::parse("f", "").unwrap().remote, Places::default());
        for (text, line) in
            [("\n[remote]\nurl = \"/a\"\n", "f:3: "), ("[remote]\nplace = 1\n", "f:2: "), ("x", "f:1: ")]
        {
            let say = Settings::parse("f", text).unwrap_err();
            assert!(say.starts_with(line), "{text:?} {say}");
        }
    }
}

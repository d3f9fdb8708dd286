//! What a format is: a value that says what it is called and what it can do. Each capability may be missing.
use super::reader::Reader;
use super::sidecar::Sidecar;
use super::writer::Writer;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt;

/// A format that a manifest may name.
pub struct Format {
    /// The name in the manifest and in `release.json`.
    pub name: &'static str,
    /// One line on what such a file is, for the reference.
    pub doc: &'static str,
    /// The keys that may stand beside `format` in a source, because this format reads them.
    pub options: &'static [Choice],
    /// How files of records become samples.
    pub reader: Option<Reader>,
    /// Each image file is a sample, and the source names them as `images`.
    pub images: bool,
    /// How files of annotations beside images are read.
    pub sidecar: Option<Sidecar>,
    /// How a release writes the format.
    pub writer: Option<Writer>,
}

impl Format {
    /// A format that can do nothing yet: the others are written as what they have more than it.
    pub const fn new(name: &'static str, doc: &'static str) -> Format {
        Format { name, doc, options: &[], reader: None, images: false, sidecar: None, writer: None }
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A key that a format reads beside `format`.
pub struct Choice {
    pub name: &'static str,
    /// One line for the reference, with the default.
    pub doc: &'static str,
    pub takes: Takes,
}

/// Which values a key takes, and its default.
#[derive(Clone, Copy)]
pub enum Takes {
    Text { default: &'static str },
    Whole { min: u64, max: u64, default: u64 },
}

impl Choice {
    pub fn default(&self) -> Json {
        match self.takes {
            Takes::Text { default } => default.into(),
            Takes::Whole { default, .. } => default.into(),
        }
    }
}

/// What a manifest says for the keys of a format. Values that are the default are left out, so that writing a default
/// down is no change.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(transparent)]
pub struct Options(BTreeMap<String, Json>);

impl Options {
    pub fn of(given: impl IntoIterator<Item = (String, Json)>, choices: &[Choice]) -> Options {
        let is_default =
            |(name, value): &(String, Json)| choices.iter().any(|c| c.name == name && c.default() == *value);
        Options(given.into_iter().filter(|g| !is_default(g)).collect())
    }

    pub fn text<'o>(&'o self, choice: &'o Choice) -> &'o str {
        let default = if let Takes::Text { default } = choice.takes { default } else { "" };
        self.0.get(choice.name).and_then(Json::as_str).unwrap_or(default)
    }

    pub fn whole(&self, choice: &Choice) -> u64 {
        let default = if let Takes::Whole { default, .. } = choice.takes { default } else { 0 };
        self.0.get(choice.name).and_then(Json::as_u64).unwrap_or(default)
    }
}

//! The keys that a format reads beside `format` in a source: which there are, and what a manifest says for them.
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

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

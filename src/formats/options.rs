//! The keys that a format reads beside `format` in a source: which there are, and what a manifest says for them.
use crate::model::shape::Shape;
use crate::model::shapes::{Drawing, drawings};
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
    Text {
        default: &'static str,
    },
    /// One ASCII character that is neither a letter nor a digit, or nothing.
    Mark {
        default: &'static str,
    },
    /// One of some words, the first of which is the default.
    Word {
        of: &'static [&'static str],
    },
    Whole {
        min: u64,
        max: u64,
        default: u64,
    },
    /// Any number of texts; none by default.
    Texts,
}

impl Choice {
    pub fn default(&self) -> Json {
        match self.takes {
            Takes::Text { default } | Takes::Mark { default } => default.into(),
            Takes::Word { of } => of.first().copied().unwrap_or_default().into(),
            Takes::Whole { default, .. } => default.into(),
            Takes::Texts => Json::Array(Vec::new()),
        }
    }

    /// What is wrong with a value that has the right type.
    pub fn wrong(&self, value: &Json) -> Option<&'static str> {
        let text = value.as_str().unwrap_or_default();
        match self.takes {
            Takes::Mark { .. }
                if text.len() > 1 || text.contains(|c: char| c.is_alphanumeric() || "\r\n".contains(c)) =>
            {
                Some("not one ASCII character that is neither a letter, a digit nor a line end")
            }
            _ => None,
        }
    }
}

/// The key of the columns of shapes.
const SHAPES: &str = "shapes";

/// The key of the attributes of shapes.
const ATTRIBUTES: &str = "attributes";

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

    /// With the columns of shapes, besides boxes, that some task reads: readers give no others. No manifest says this key.
    pub fn with_shapes(mut self, columns: Vec<String>) -> Options {
        if !columns.is_empty() {
            self.0.insert(SHAPES.into(), columns.into());
        }
        self
    }

    /// The columns of shapes that are read.
    pub fn shapes(&self) -> Vec<&'static Drawing> {
        let named = self.0.get(SHAPES).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        let names: Vec<String> = named.iter().filter_map(Json::as_str).map(String::from).collect();
        drawings(&names)
    }

    /// Whether shapes of this kind are read.
    pub fn wants<S: Shape>(&self) -> bool {
        self.shapes().iter().any(|d| d.column == S::COLUMN)
    }

    /// With the attributes of shapes that some task reads, which readers keep as flags, `severity=major`. No manifest says this key.
    pub fn with_attributes(mut self, names: Vec<String>) -> Options {
        if !names.is_empty() {
            self.0.insert(ATTRIBUTES.into(), names.into());
        }
        self
    }

    /// Whether the value of this attribute is kept.
    pub fn keeps(&self, attribute: &str) -> bool {
        let named = self.0.get(ATTRIBUTES).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        named.iter().any(|name| name == attribute)
    }

    pub fn text<'o>(&'o self, choice: &'o Choice) -> &'o str {
        let default = match choice.takes {
            Takes::Text { default } | Takes::Mark { default } => default,
            Takes::Word { of } => of.first().copied().unwrap_or_default(),
            Takes::Whole { .. } | Takes::Texts => "",
        };
        self.0.get(choice.name).and_then(Json::as_str).unwrap_or(default)
    }

    /// The byte of a [`Takes::Mark`].
    pub fn mark(&self, choice: &Choice) -> Option<u8> {
        self.text(choice).bytes().next()
    }

    pub fn texts(&self, choice: &Choice) -> Vec<String> {
        let items = self.0.get(choice.name).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(Json::as_str).map(String::from).collect()
    }

    pub fn whole(&self, choice: &Choice) -> u64 {
        let default = if let Takes::Whole { default, .. } = choice.takes { default } else { 0 };
        self.0.get(choice.name).and_then(Json::as_u64).unwrap_or(default)
    }
}

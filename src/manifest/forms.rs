//! The form that `[preprocess]` brings texts to.
use super::values::At;
use crate::measure::normalise::{Changes, Control, Form, Whitespace, normalise};
use crate::model::edits::Edit;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq)]
pub enum Unicode {
    /// Canonical composition: the same characters, written in one way.
    #[serde(rename = "NFC")]
    Nfc,
    /// Compatibility composition: full-width letters, ligatures and the like become plain ones too.
    #[serde(rename = "NFKC")]
    Nfkc,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Spaces {
    /// Nothing.
    #[default]
    Keep,
    /// Each run becomes one space, line breaks too; at both ends of the text it goes.
    Collapse,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Controls {
    /// Nothing.
    #[default]
    Keep,
    /// They go, except those that are white space; so does the byte order mark.
    Remove,
}

/// A text in a form, how it came to it, and what was changed; `None` if it has the form already.
pub fn formed(
    text: &str,
    unicode: Option<Unicode>,
    whitespace: Spaces,
    control: Controls,
) -> Option<(String, Vec<Edit>, Changes)> {
    let form = unicode.map(|u| match u {
        Unicode::Nfc => Form::Nfc,
        Unicode::Nfkc => Form::Nfkc,
    });
    let whitespace = match whitespace {
        Spaces::Keep => Whitespace::Keep,
        Spaces::Collapse => Whitespace::Collapse,
    };
    let control = match control {
        Controls::Keep => Control::Keep,
        Controls::Remove => Control::Remove,
    };
    normalise(text, form, whitespace, control)
}

/// What `[preprocess]` says of texts, for a step that makes texts of its own.
#[derive(Serialize, Deserialize, Clone, Debug, Default)]
pub struct Forms {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unicode: Option<Unicode>,
    #[serde(default)]
    pub whitespace: Spaces,
    #[serde(default)]
    pub control: Controls,
    /// The columns that it is said of; without it all texts of `[schema]`.
    #[serde(default, skip_serializing)]
    pub fields: Option<Vec<At<String>>>,
}

impl Forms {
    /// Whether a text column is brought to this form.
    pub fn is_of(&self, column: &str) -> bool {
        self.fields.as_ref().is_none_or(|fields| fields.iter().any(|field| field.as_str() == column))
    }

    pub fn formed(&self, text: &str) -> Option<(String, Vec<Edit>)> {
        formed(text, self.unicode, self.whitespace, self.control).map(|(text, edits, _)| (text, edits))
    }
}

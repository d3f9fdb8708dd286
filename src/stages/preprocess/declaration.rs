//! The table `[preprocess]`.
use crate::manifest::values::At;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Brings texts to one form and decodes images. An empty table decodes images alone.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// The Unicode normal form of texts (UAX #15). Default: as collected.
    pub unicode: Option<Unicode>,
    /// What happens to white space in texts. Default: `keep`.
    pub whitespace: Option<Spaces>,
    /// What happens to control characters in texts. Default: `keep`.
    pub control: Option<Controls>,
    /// The columns whose texts are changed: texts, and lists and objects that hold some. Default: all fields of `[schema]` that
    /// are texts or lists of them.
    #[schemars(length(min = 1))]
    pub fields: Option<Vec<At<String>>>,
    /// Most pixels of an image (width times height); a larger one is dropped before it is decoded.
    /// Default: 100,000,000.
    #[schemars(range(min = 1))]
    pub image_pixels_max: Option<u64>,
}

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

//! What a detector is, and what it finds.
use super::text::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of personal data and how to find it.
pub struct Detector {
    /// The name in `types = [...]`.
    pub name: &'static str,
    /// What is found, for the reference.
    pub doc: &'static str,
    /// Raised when the same text may give other hits.
    pub version: u32,
    /// What masking writes in place of a hit.
    pub mask: &'static str,
    /// Appends what is found in a text, with bytes of its plain form; what is found may overlap.
    pub(super) find: fn(&Text, &mut Vec<Found>),
}

/// How sure a detector is of what it found.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// The shape alone.
    Possible,
    /// The shape with the usual separators, or with a word beside it that says what it is.
    #[default]
    Likely,
    /// The shape and its check digits, or two independent signs.
    Certain,
}

use Confidence::{Certain, Likely, Possible};

impl Confidence {
    pub fn raised(self) -> Confidence {
        match self {
            Possible => Likely,
            Likely | Certain => Certain,
        }
    }

    pub fn lowered(self) -> Confidence {
        match self {
            Certain => Likely,
            Likely | Possible => Possible,
        }
    }
}

/// Something found: bytes of the plain form of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub start: usize,
    pub end: usize,
    pub confidence: Confidence,
}

/// Something found by a type of the list: the bytes `start..end` of the text itself, on character borders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    pub start: usize,
    pub end: usize,
    /// The place of its type among the types that are looked for.
    pub kind: usize,
    pub confidence: Confidence,
}

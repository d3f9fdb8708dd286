//! What a detector finds, and how sure it is.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

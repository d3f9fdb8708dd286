//! Tokens: where each word stands in a text.
use super::cells::record_of;
use crate::table::value::{build_numbers, read_numbers};
use crate::table::{Array, ArrayRef, Cell, DataType, Value, record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A token's place in the text: Unicode scalar offsets, end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub start: u32,
    pub end: u32,
}

impl Cell for Token {
    fn ty() -> DataType {
        record(&[("start", DataType::UInt32), ("end", DataType::UInt32)])
    }
    fn into_value(self) -> Value {
        record_of([("start", self.start.into_value()), ("end", self.end.into_value())])
    }
    fn from_value(v: &Value) -> Option<Self> {
        Some(Token { start: u32::from_value(v.field("start"))?, end: u32::from_value(v.field("end"))? })
    }
    fn build(cells: Vec<Option<Self>>) -> ArrayRef {
        build_numbers(cells, Self::ty(), |t| [t.start, t.end])
    }
    fn read(array: &dyn Array) -> Vec<Option<Self>> {
        read_numbers(array, |[start, end]| Token { start, end })
    }
}

/// What a token is where none were collected.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Made {
    /// Each character that is no white space.
    #[default]
    Characters,
    /// Each word, by the word boundaries of Unicode (UAX 29); a mark is one, too.
    Words,
}

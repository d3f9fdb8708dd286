//! Images in place.
use super::cells::record_of;
use crate::digest::Digest;
use crate::table::{Cell, DataType, Value, blob, record, utf8};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An image in place: its bytes by digest.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    pub blob: Digest,
    /// `jpeg`, `png`, ...: by the file's name until it is decoded.
    pub format: String,
    pub bytes: i64,
}

/// How a place in an image is hidden.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Veil {
    /// It becomes black, so that nothing is left of it.
    #[default]
    Fill,
    /// It becomes at most 6 x 6 squares of one colour.
    Pixelate,
    /// The same squares, with colours that run into each other.
    Blur,
}

impl Cell for Image {
    fn ty() -> DataType {
        record(&[("blob", blob()), ("format", utf8()), ("bytes", DataType::Int64)])
    }
    fn into_value(self) -> Value {
        record_of([
            ("blob", Value::Blob(self.blob)),
            ("format", self.format.into_value()),
            ("bytes", Value::Int(self.bytes)),
        ])
    }
    fn from_value(v: &Value) -> Option<Self> {
        let bytes = match v.field("bytes") {
            Value::Int(i) => *i,
            _ => return None,
        };
        Some(Image { blob: Digest::from_value(v.field("blob"))?, format: v.field("format").text()?.into(), bytes })
    }
}

//! Sounds in place.
use super::cells::record_of;
use crate::digest::Digest;
use crate::table::{Cell, DataType, Value, blob, record, utf8};

/// A sound in place: its bytes by digest.
#[derive(Clone, Debug, PartialEq)]
pub struct Sound {
    pub blob: Digest,
    /// What the file is by its content: `wav` or `flac`.
    pub container: String,
    pub bytes: i64,
}

impl Cell for Sound {
    fn ty() -> DataType {
        record(&[("blob", blob()), ("container", utf8()), ("bytes", DataType::Int64)])
    }
    fn into_value(self) -> Value {
        record_of([
            ("blob", Value::Blob(self.blob)),
            ("container", self.container.into_value()),
            ("bytes", Value::Int(self.bytes)),
        ])
    }
    fn from_value(v: &Value) -> Option<Self> {
        let Value::Int(bytes) = v.field("bytes") else { return None };
        let container = v.field("container").text()?.into();
        Some(Sound { blob: Digest::from_value(v.field("blob"))?, container, bytes: *bytes })
    }
}

//! Spans of text, each with a class.
use super::cells::record_of;
use crate::table::{Cell, DataType, Value, record, utf8};

/// An entity: Unicode scalar offsets, end exclusive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub start: u32,
    pub end: u32,
    pub class: String,
}

impl Cell for Span {
    fn ty() -> DataType {
        record(&[("class", utf8()), ("start", DataType::UInt32), ("end", DataType::UInt32)])
    }
    fn into_value(self) -> Value {
        record_of([
            ("class", self.class.into_value()),
            ("start", self.start.into_value()),
            ("end", self.end.into_value()),
        ])
    }
    fn from_value(v: &Value) -> Option<Self> {
        let at = |n| u32::from_value(v.field(n));
        Some(Span { class: v.field("class").text()?.into(), start: at("start")?, end: at("end")? })
    }
}

//! Answers in free words: what somebody says to a question, or of a picture.
use super::cells::record_of;
use crate::table::{Cell, DataType, Value, list, record, utf8};

/// What somebody says, in one way or several. Empty: that there is no answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    pub text: Vec<String>,
}

impl Cell for Reply {
    fn ty() -> DataType {
        record(&[("text", list(utf8()))])
    }
    fn into_value(self) -> Value {
        record_of([("text", self.text.into_value())])
    }
    fn from_value(v: &Value) -> Option<Self> {
        Some(Reply { text: Vec::from_value(v.field("text"))? })
    }
}

//! Transcripts: what is said in a recording, as a whole and, where somebody timed it, piece by piece.
use super::cells::record_of;
use crate::table::{Cell, DataType, Value, list, record, utf8};

/// A piece of a recording in seconds from its begin, and what is said there; nothing is said where the text is empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    pub start: f64,
    pub end: f64,
    pub text: String,
}

/// What is said in a recording. Without segments it is not timed.
#[derive(Clone, Debug, PartialEq)]
pub struct Transcript {
    pub text: String,
    pub segments: Option<Vec<Segment>>,
}

impl Segment {
    /// Whether both times are numbers, and the start lies before the end.
    pub fn lasts(&self) -> bool {
        self.start.is_finite() && self.end.is_finite() && self.start < self.end
    }
}

impl Cell for Segment {
    fn ty() -> DataType {
        record(&[("start", DataType::Float64), ("end", DataType::Float64), ("text", utf8())])
    }
    fn into_value(self) -> Value {
        record_of([
            ("start", Value::Float(self.start)),
            ("end", Value::Float(self.end)),
            ("text", self.text.into_value()),
        ])
    }
    fn from_value(v: &Value) -> Option<Self> {
        let at = |n| f64::from_value(v.field(n));
        Some(Segment { start: at("start")?, end: at("end")?, text: v.field("text").text()?.into() })
    }
}

impl Cell for Transcript {
    fn ty() -> DataType {
        record(&[("text", utf8()), ("segments", list(Segment::ty()))])
    }
    fn into_value(self) -> Value {
        let segments = self.segments.map_or(Value::Null, Vec::into_value);
        record_of([("text", self.text.into_value()), ("segments", segments)])
    }
    fn from_value(v: &Value) -> Option<Self> {
        let segments = match v.field("segments") {
            Value::Null => None,
            segments => Some(Vec::from_value(segments)?),
        };
        Some(Transcript { text: v.field("text").text()?.into(), segments })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{array_of, cells};

    #[test]
    fn transcripts_stand_in_a_column() {
        let segment = Segment { start: 0.5, end: 1.25, text: "so".into() };
        let of = |segments| Some(Transcript { text: "so it is".into(), segments });
        let all = vec![of(None), of(Some(vec![])), of(Some(vec![segment])), None];
        assert_eq!(cells::<Transcript>(array_of(all.clone()).as_ref()), all);
    }
}

//! Annotations: spans of text, boxes on images, and votes, each of which is one annotator's whole answer.
//! Null = not labelled; `[]` = looked, nothing there; never exchanged.
use super::edits::Edit;
use crate::digest::Digest;
use crate::table::value::{build_numbers, read_numbers};
use crate::table::{Array, ArrayRef, Cell, DataType, Value, blob, list, record, utf8};

fn fields<const N: usize>(of: [(&str, Value); N]) -> Value {
    Value::Struct(of.into_iter().map(|(n, v)| (n.to_string(), v)).collect())
}

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
        fields([("class", self.class.into_value()), ("start", self.start.into_value()), ("end", self.end.into_value())])
    }
    fn from_value(v: &Value) -> Option<Self> {
        let at = |n| u32::from_value(v.field(n));
        Some(Span { class: v.field("class").text()?.into(), start: at("start")?, end: at("end")? })
    }
}

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
        fields([("start", self.start.into_value()), ("end", self.end.into_value())])
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

impl Cell for Edit {
    fn ty() -> DataType {
        record(&[("start", DataType::UInt32), ("end", DataType::UInt32), ("len", DataType::UInt32)])
    }
    fn into_value(self) -> Value {
        fields([("start", self.start.into_value()), ("end", self.end.into_value()), ("len", self.len.into_value())])
    }
    fn from_value(v: &Value) -> Option<Self> {
        let at = |n| u32::from_value(v.field(n));
        Some(Edit { start: at("start")?, end: at("end")?, len: at("len")? })
    }
    fn build(cells: Vec<Option<Self>>) -> ArrayRef {
        build_numbers(cells, Self::ty(), |e| [e.start, e.end, e.len])
    }
    fn read(array: &dyn Array) -> Vec<Option<Self>> {
        read_numbers(array, |[start, end, len]| Edit { start, end, len })
    }
}

/// A bounding box in pixels, 0-based, end exclusive.
#[derive(Clone, Debug, PartialEq)]
pub struct Box2 {
    pub class: String,
    pub x1: f64,
    pub y1: f64,
    pub x2: f64,
    pub y2: f64,
    /// `difficult`, `truncated`, `occluded` where the source says so.
    pub flags: Vec<String>,
}

impl Cell for Box2 {
    fn ty() -> DataType {
        let f = DataType::Float64;
        record(&[
            ("class", utf8()),
            ("x1", f.clone()),
            ("y1", f.clone()),
            ("x2", f.clone()),
            ("y2", f),
            ("flags", list(utf8())),
        ])
    }
    fn into_value(self) -> Value {
        fields([
            ("class", self.class.into_value()),
            ("x1", Value::Float(self.x1)),
            ("y1", Value::Float(self.y1)),
            ("x2", Value::Float(self.x2)),
            ("y2", Value::Float(self.y2)),
            ("flags", self.flags.into_value()),
        ])
    }
    fn from_value(v: &Value) -> Option<Self> {
        let at = |n| f64::from_value(v.field(n));
        let flags = Vec::from_value(v.field("flags"))?;
        let class = v.field("class").text()?.into();
        Some(Box2 { class, x1: at("x1")?, y1: at("y1")?, x2: at("x2")?, y2: at("y2")?, flags })
    }
}

/// One annotator's whole answer to one sample; `answer` has the task's type and is null where it was skipped.
#[derive(Clone, Debug, PartialEq)]
pub struct Vote {
    pub annotator: String,
    /// The key below `from` that it came by.
    pub origin: String,
    /// The version of the guideline it was given under.
    pub guideline: String,
    pub answer: Value,
}

impl Vote {
    /// The type of a list of votes.
    pub fn list_of(answer: &DataType) -> DataType {
        list(record(&[("annotator", utf8()), ("origin", utf8()), ("guideline", utf8()), ("answer", answer.clone())]))
    }

    pub fn into_value(self) -> Value {
        fields([
            ("annotator", self.annotator.into_value()),
            ("origin", self.origin.into_value()),
            ("guideline", self.guideline.into_value()),
            ("answer", self.answer),
        ])
    }

    pub fn from_value(v: &Value) -> Option<Vote> {
        let text = |n: &str| v.field(n).text().map(str::to_string);
        let answer = v.field("answer").clone();
        Some(Vote { annotator: text("annotator")?, origin: text("origin")?, guideline: text("guideline")?, answer })
    }

    /// The votes of a slot; `None` where nobody was asked.
    pub fn list(v: &Value) -> Option<Vec<Vote>> {
        match v {
            Value::List(l) => Some(l.iter().filter_map(Vote::from_value).collect()),
            _ => None,
        }
    }
}

/// An image in place: its bytes by digest.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    pub blob: Digest,
    /// `jpeg`, `png`, ...: by the file's name until it is decoded.
    pub format: String,
    pub bytes: i64,
}

impl Cell for Image {
    fn ty() -> DataType {
        record(&[("blob", blob()), ("format", utf8()), ("bytes", DataType::Int64)])
    }
    fn into_value(self) -> Value {
        fields([
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

/// The kinds of task and what an answer to each looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Spans of the text, each with a class.
    #[default]
    Ner,
    /// Boxes on the image, each with a class.
    ObjectDetection,
    /// One class.
    Classification,
    /// A number on a scale.
    Rating,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Ner => "ner",
            Kind::ObjectDetection => "object_detection",
            Kind::Classification => "classification",
            Kind::Rating => "rating",
        }
    }

    pub fn answer(self) -> DataType {
        match self {
            Kind::Ner => list(Span::ty()),
            Kind::ObjectDetection => list(Box2::ty()),
            Kind::Classification => utf8(),
            Kind::Rating => DataType::Float64,
        }
    }
}

/// The classes named in an answer, sorted, each once: the stratum of a list label.
pub fn classes_of(answer: &Value) -> Vec<String> {
    let mut out: Vec<String> = match answer {
        Value::List(l) => l.iter().filter_map(|v| v.field("class").text().map(str::to_string)).collect(),
        Value::Text(t) => vec![t.clone()],
        Value::Float(f) => vec![format!("{f}")],
        _ => Vec::new(),
    };
    out.sort();
    out.dedup();
    out
}

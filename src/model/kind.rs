//! The kinds of task.
use super::boxes::Box2;
use super::spans::Span;
use crate::table::{Cell, DataType, list, utf8};

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

//! Points on images.
use super::cells::record_of;
use crate::table::{Cell, DataType, Value, record};

/// A point in pixels, 0-based, from the top left corner of the image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

impl Cell for Point {
    fn ty() -> DataType {
        record(&[("x", DataType::Float64), ("y", DataType::Float64)])
    }
    fn into_value(self) -> Value {
        record_of([("x", Value::Float(self.x)), ("y", Value::Float(self.y))])
    }
    fn from_value(v: &Value) -> Option<Self> {
        Some(Point { x: f64::from_value(v.field("x"))?, y: f64::from_value(v.field("y"))? })
    }
}

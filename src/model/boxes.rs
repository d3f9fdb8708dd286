//! Bounding boxes on images, each with a class.
use super::cells::record_of;
use super::frames::Frame;
use super::points::Point;
use super::shape::{Moved, Shape};
use crate::table::{Cell, DataType, Value, list, record, utf8};

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

impl Box2 {
    /// Left, top, right, bottom.
    pub fn corners(&self) -> [f64; 4] {
        [self.x1, self.y1, self.x2, self.y2]
    }

    /// Whether all coordinates are numbers and enclose something.
    pub fn has_area(&self) -> bool {
        [self.x1, self.y1, self.x2, self.y2].iter().all(|c| c.is_finite()) && self.x1 < self.x2 && self.y1 < self.y2
    }

    /// Whether the box passes a side of an image of this width and height.
    pub fn passes(&self, (w, h): (f64, f64)) -> bool {
        self.x1 < 0.0 || self.y1 < 0.0 || self.x2 > w || self.y2 > h
    }

    /// The part of the box inside of an image of this width and height; it may have no area.
    pub fn cut(self, (w, h): (f64, f64)) -> Box2 {
        Box2 { x1: self.x1.max(0.0), y1: self.y1.max(0.0), x2: self.x2.min(w), y2: self.y2.min(h), ..self }
    }
}

impl Shape for Box2 {
    const COLUMN: &'static str = "objects";
    const LOST: &'static str = "objects_lost";

    fn class(&mut self) -> &mut String {
        &mut self.class
    }

    fn moved(mut self, frame: &Frame) -> Moved<Box2> {
        let whole = self.has_area();
        let [a, b] = [(self.x1, self.y1), (self.x2, self.y2)].map(|(x, y)| frame.point(Point { x, y }));
        if !whole && !self.flags.iter().any(|f| f == "degenerate") {
            self.flags.push("degenerate".into()); // exchanged corners would pass for a box once they are put in order
        }
        let moved = Box2 { x1: a.x.min(b.x), y1: a.y.min(b.y), x2: a.x.max(b.x), y2: a.y.max(b.y), ..self };
        if !whole || !frame.cuts() || !moved.passes(frame.size()) {
            return Moved::Whole(moved);
        }
        let cut = moved.cut(frame.size());
        if cut.has_area() { Moved::Cut(cut) } else { Moved::Gone }
    }

    fn around(&self) -> Option<[f64; 4]> {
        self.has_area().then_some([self.x1, self.y1, self.x2, self.y2])
    }
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
        record_of([
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

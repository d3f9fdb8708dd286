//! Keypoints on images: an object with its class, its box, and the places of its joints or marks.
use super::boxes::Box2;
use super::cells::record_of;
use super::frames::Frame;
use super::points::Point;
use super::polygons::bounds;
use super::shape::{Moved, Shape};
use crate::table::{Cell, DataType, Value, list, record, utf8};
use serde::{Deserialize, Serialize};

/// One point of an object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Keypoint {
    pub x: f64,
    pub y: f64,
    /// 0: not labelled, and then x and y are 0; 1: labelled but hidden; 2: labelled and visible.
    pub seen: u32,
}

impl Keypoint {
    /// A point that is not labelled.
    pub const NONE: Keypoint = Keypoint { x: 0.0, y: 0.0, seen: 0 };
}

/// An object with its points, in the order in which the task names them.
#[derive(Clone, Debug, PartialEq)]
pub struct Keypoints {
    pub class: String,
    /// The box around the object: left, top, right, bottom.
    pub reach: [f64; 4],
    pub points: Vec<Keypoint>,
    /// `difficult`, `truncated`, `occluded`, `crowd` where the source says so.
    pub flags: Vec<String>,
}

/// What the points of a task are called, and which of them lines join, counted from 1 as COCO does.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct Skeleton {
    pub names: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<[u32; 2]>,
}

impl Keypoints {
    /// Its box, without points.
    pub fn boxed(&self) -> Box2 {
        let ([x1, y1, x2, y2], flags) = (self.reach, self.flags.clone());
        Box2 { class: self.class.clone(), x1, y1, x2, y2, flags }
    }

    /// How many points are labelled.
    pub fn labelled(&self) -> usize {
        self.points.iter().filter(|p| p.seen > 0).count()
    }

    /// Points outside of an image of this width and height are not labelled; gives how many those are.
    pub fn within(&mut self, (w, h): (f64, f64)) -> usize {
        let out = |p: &Keypoint| p.seen > 0 && !((0.0..=w).contains(&p.x) && (0.0..=h).contains(&p.y));
        let outside = self.points.iter_mut().filter(|p| out(p));
        outside.map(|p| *p = Keypoint::NONE).count()
    }
}

impl Shape for Keypoints {
    const COLUMN: &'static str = "objects.keypoints";
    const LOST: &'static str = "objects.keypoints_lost";

    fn class(&mut self) -> &mut String {
        &mut self.class
    }

    fn moved(mut self, frame: &Frame) -> Moved<Keypoints> {
        for p in self.points.iter_mut().filter(|p| p.seen > 0) {
            let moved = frame.point(Point { x: p.x, y: p.y });
            (p.x, p.y) = (moved.x, moved.y);
        }
        let (moved, mut cut) = match self.boxed().moved(frame) {
            Moved::Whole(b) => (b, false),
            Moved::Cut(b) => (b, true),
            Moved::Gone | Moved::Lost => return Moved::Gone,
        };
        if frame.cuts() {
            cut |= self.within(frame.size()) > 0;
        }
        let moved = Keypoints { reach: [moved.x1, moved.y1, moved.x2, moved.y2], flags: moved.flags, ..self };
        if cut { Moved::Cut(moved) } else { Moved::Whole(moved) }
    }

    /// Its box, and the points outside of it.
    fn around(&self) -> Option<[f64; 4]> {
        let [x1, y1, x2, y2] = self.reach;
        let seen = self.points.iter().filter(|p| p.seen > 0).map(|p| Point { x: p.x, y: p.y });
        bounds(&[Point { x: x1, y: y1 }, Point { x: x2, y: y2 }].into_iter().chain(seen).collect::<Vec<_>>())
    }
}

impl Cell for Keypoint {
    fn ty() -> DataType {
        record(&[("x", DataType::Float64), ("y", DataType::Float64), ("seen", DataType::UInt32)])
    }

    fn into_value(self) -> Value {
        record_of([("x", Value::Float(self.x)), ("y", Value::Float(self.y)), ("seen", self.seen.into_value())])
    }

    fn from_value(v: &Value) -> Option<Self> {
        let at = |name: &str| f64::from_value(v.field(name));
        Some(Keypoint { x: at("x")?, y: at("y")?, seen: u32::from_value(v.field("seen"))? })
    }
}

impl Cell for Keypoints {
    fn ty() -> DataType {
        let f = DataType::Float64;
        record(&[
            ("class", utf8()),
            ("x1", f.clone()),
            ("y1", f.clone()),
            ("x2", f.clone()),
            ("y2", f),
            ("points", list(Keypoint::ty())),
            ("flags", list(utf8())),
        ])
    }

    fn into_value(self) -> Value {
        let [x1, y1, x2, y2] = self.reach.map(Value::Float);
        record_of([
            ("class", self.class.into_value()),
            ("x1", x1),
            ("y1", y1),
            ("x2", x2),
            ("y2", y2),
            ("points", self.points.into_value()),
            ("flags", self.flags.into_value()),
        ])
    }

    fn from_value(v: &Value) -> Option<Self> {
        let at = |name: &str| f64::from_value(v.field(name));
        let reach = [at("x1")?, at("y1")?, at("x2")?, at("y2")?];
        let (points, flags) = (Vec::from_value(v.field("points"))?, Vec::from_value(v.field("flags"))?);
        Some(Keypoints { class: v.field("class").text()?.into(), reach, points, flags })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_move_and_what_falls_out_is_not_labelled() {
        let p = |x, y, seen| Keypoint { x, y, seen };
        let person = Keypoints {
            class: "person".into(),
            reach: [0.0, 0.0, 10.0, 8.0],
            points: vec![p(1.0, 1.0, 2), Keypoint::NONE, p(9.0, 7.0, 1)],
            flags: Vec::new(),
        };
        assert_eq!(Keypoints::from_value(&person.clone().into_value()), Some(person.clone()));
        let turned = Frame { turn: 3, ..Frame::still([10, 8]) };
        let Moved::Whole(upside) = person.clone().moved(&turned) else { panic!("it is whole") };
        assert_eq!(upside.points, [p(9.0, 7.0, 2), Keypoint::NONE, p(1.0, 1.0, 1)]);
        let part = Frame { part: [0, 0, 5, 8], present: [10, 16], ..Frame::still([10, 8]) };
        let Moved::Cut(cut) = person.clone().moved(&part) else { panic!("it is cut") };
        assert_eq!(
            (cut.points, cut.reach),
            (vec![p(2.0, 2.0, 2), Keypoint::NONE, Keypoint::NONE], [0.0, 0.0, 10.0, 16.0])
        );
        let small = Keypoints { reach: [0.0, 0.0, 2.0, 2.0], ..person };
        let away = Frame { part: [5, 0, 5, 8], present: [5, 8], ..Frame::still([10, 8]) };
        assert_eq!(small.moved(&away), Moved::Gone);
    }
}

//! Rotated boxes on images, each with a class: four corners, so that they move exactly with every change of the picture.
use super::cells::record_of;
use super::frames::Frame;
use super::polygons::{Point, crosses, has_area};
use super::shapes::{Moved, Shape};
use crate::table::{Cell, DataType, Value, list, record, utf8};

/// A box in any direction.
#[derive(Clone, Debug, PartialEq)]
pub struct Quad {
    pub class: String,
    /// In turn around the box; the first two are its own top side.
    pub corners: [Point; 4],
    /// `difficult`, `truncated`, `occluded` where the source says so.
    pub flags: Vec<String>,
}

impl Quad {
    /// Whether the corners go around something in one turn.
    pub fn is_sound(&self) -> bool {
        has_area(&self.corners) && !crosses(&self.corners)
    }

    /// Whether a corner passes a side of an image of this width and height.
    pub fn passes(&self, (w, h): (f64, f64)) -> bool {
        self.corners.iter().any(|p| p.x < 0.0 || p.y < 0.0 || p.x > w || p.y > h)
    }

    /// Whether the middle lies in an image of this width and height.
    pub fn is_in(&self, (w, h): (f64, f64)) -> bool {
        let sum = self.corners.iter().fold(Point { x: 0.0, y: 0.0 }, |sum, p| Point { x: sum.x + p.x, y: sum.y + p.y });
        let middle = Point { x: sum.x / 4.0, y: sum.y / 4.0 };
        (0.0..=w).contains(&middle.x) && (0.0..=h).contains(&middle.y)
    }
}

impl Shape for Quad {
    const COLUMN: &'static str = "objects.oriented";
    const LOST: &'static str = "objects.oriented_lost";

    /// What is left of a box that a side cuts is no box: it is lost if its middle is there, and gone if it is not.
    fn moved(self, frame: &Frame) -> Moved<Quad> {
        let moved = Quad { corners: self.corners.map(|p| frame.point(p)), ..self };
        match frame.cuts() && moved.is_sound() && moved.passes(frame.size()) {
            false => Moved::Whole(moved),
            true if moved.is_in(frame.size()) => Moved::Lost,
            true => Moved::Gone,
        }
    }
}

impl Cell for Quad {
    fn ty() -> DataType {
        record(&[("class", utf8()), ("corners", list(Point::ty())), ("flags", list(utf8()))])
    }

    fn into_value(self) -> Value {
        record_of([
            ("class", self.class.into_value()),
            ("corners", self.corners.to_vec().into_value()),
            ("flags", self.flags.into_value()),
        ])
    }

    fn from_value(v: &Value) -> Option<Self> {
        let corners = Vec::from_value(v.field("corners"))?.try_into().ok()?;
        Some(Quad { class: v.field("class").text()?.into(), corners, flags: Vec::from_value(v.field("flags"))? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quad(of: [(f64, f64); 4]) -> Quad {
        Quad { class: "ship".into(), corners: of.map(|(x, y)| Point { x, y }), flags: Vec::new() }
    }

    #[test]
    fn a_box_moves_or_is_no_box() {
        let tilted = quad([(4.0, 0.0), (8.0, 4.0), (6.0, 6.0), (2.0, 2.0)]);
        assert!(tilted.is_sound() && !tilted.passes((8.0, 6.0)));
        assert!(!quad([(0.0, 0.0), (4.0, 4.0), (4.0, 0.0), (0.0, 4.0)]).is_sound(), "its sides cross");
        let turned = Frame { turn: 6, part: [0, 0, 8, 10], present: [16, 10], ..Frame::still([10, 8]) };
        let want = quad([(16.0, 4.0), (8.0, 8.0), (4.0, 6.0), (12.0, 2.0)]);
        assert_eq!(tilted.clone().moved(&turned), Moved::Whole(want));
        let part = |left, width| Frame { part: [left, 0, width, 8], present: [width, 8], ..Frame::still([10, 8]) };
        assert_eq!(tilted.clone().moved(&part(3, 7)), Moved::Lost);
        assert_eq!(tilted.clone().moved(&part(7, 3)), Moved::Gone);
        assert_eq!(Quad::from_value(&tilted.clone().into_value()), Some(tilted));
    }
}

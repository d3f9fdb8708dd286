//! Rotated boxes on images, each with a class: four corners, so that they move exactly with every change of the picture.
use super::cells::record_of;
use super::frames::Frame;
use super::points::Point;
use super::polygons::{bounds, crosses, has_area};
use super::shape::{Moved, Shape};
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

    /// The corners of a box that is turned clockwise about its middle by so many degrees.
    pub fn turned([x1, y1, x2, y2]: [f64; 4], degrees: f64) -> [Point; 4] {
        let (sin, cos) = match degrees.rem_euclid(360.0) {
            0.0 => (0.0, 1.0),
            90.0 => (1.0, 0.0),
            180.0 => (0.0, -1.0),
            270.0 => (-1.0, 0.0),
            other => (libm::sin(other.to_radians()), libm::cos(other.to_radians())),
        };
        let (cx, cy) = ((x1 + x2) / 2.0, (y1 + y2) / 2.0);
        [(x1, y1), (x2, y1), (x2, y2), (x1, y2)].map(|(x, y)| {
            let (dx, dy) = (x - cx, y - cy);
            Point { x: cx + dx * cos - dy * sin, y: cy + dx * sin + dy * cos }
        })
    }

    /// The box that was turned, and by how many degrees from 0 to 360; `None` where the corners are not those of a rectangle,
    /// clockwise on the screen.
    pub fn upright(&self) -> Option<([f64; 4], f64)> {
        let [a, b, c, d] = self.corners;
        let (along, down) = ([b.x - a.x, b.y - a.y], [d.x - a.x, d.y - a.y]);
        let length = |[x, y]: [f64; 2]| (x * x + y * y).sqrt();
        let (width, height) = (length(along), length(down));
        let near = |x: f64| x.abs() <= 1e-9 * (width + height) * (width + height);
        let square = near(along[0] * down[0] + along[1] * down[1]);
        let closed = near((b.x + d.x - a.x - c.x) * width) && near((b.y + d.y - a.y - c.y) * width);
        if !square || !closed || along[0] * down[1] - along[1] * down[0] <= 0.0 {
            return None;
        }
        let (cx, cy) = ((a.x + c.x) / 2.0, (a.y + c.y) / 2.0);
        let degrees = match along {
            [x, 0.0] if x > 0.0 => 0.0,
            [_, 0.0] => 180.0,
            [0.0, y] if y > 0.0 => 90.0,
            [0.0, _] => 270.0,
            [x, y] => libm::atan2(y, x).to_degrees().rem_euclid(360.0),
        };
        Some(([cx - width / 2.0, cy - height / 2.0, cx + width / 2.0, cy + height / 2.0], degrees))
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

    fn class(&mut self) -> &mut String {
        &mut self.class
    }

    /// What is left of a box that a side cuts is no box: it is lost if its middle is there, and gone if it is not.
    fn moved(self, frame: &Frame) -> Moved<Quad> {
        let moved = Quad { corners: self.corners.map(|p| frame.point(p)), ..self };
        match frame.cuts() && moved.is_sound() && moved.passes(frame.size()) {
            false => Moved::Whole(moved),
            true if moved.is_in(frame.size()) => Moved::Lost,
            true => Moved::Gone,
        }
    }

    fn around(&self) -> Option<[f64; 4]> {
        bounds(&self.corners)
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

    /// Corners that datumaro 1.13 gives for a box of CVAT.
    #[test]
    fn corners_of_a_turned_box() {
        let corners = Quad::turned([100.0, 50.0, 200.0, 90.0], 30.0);
        let want = [(116.69872981077806, 27.679491924311225), (203.30127018922195, 77.67949192431122)];
        for (own, (x, y)) in corners.iter().zip(want) {
            assert!((own.x - x).abs() < 1e-9 && (own.y - y).abs() < 1e-9, "{own:?}");
        }
        for degrees in [0.0, 30.0, 90.0, 123.456, 180.0, 270.0, 359.0] {
            let of = Quad { corners: Quad::turned([100.0, 50.0, 200.0, 90.0], degrees), ..quad([(0.0, 0.0); 4]) };
            let (sides, own) = of.upright().unwrap();
            let near = sides.iter().zip([100.0, 50.0, 200.0, 90.0]).all(|(a, b)| (a - b).abs() < 1e-9);
            assert!(near && (own - degrees).abs() < 1e-9, "{degrees}: {sides:?} {own}");
        }
        assert_eq!(quad([(0.0, 0.0), (4.0, 0.0), (5.0, 3.0), (1.0, 3.0)]).upright(), None);
        assert_eq!(
            quad([(0.0, 0.0), (0.0, 3.0), (4.0, 3.0), (4.0, 0.0)]).upright(),
            None,
            "it goes round the other way"
        );
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

//! How a present picture came of the one that shapes were drawn on, and how points move with it.
use super::cells::record_of;
use super::points::Point;
use crate::table::{Cell, DataType, Value, record};

/// What was done to a picture since its shapes were drawn: it was turned, then a part was cut out, then that was made
/// larger or smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Width and height in pixels of the picture that shapes were drawn on.
    pub drawn: [u32; 2],
    /// The EXIF orientation, 1 to 8, by which it was turned; 1 where it was not.
    pub turn: u32,
    /// Left, top, width and height of the part, in pixels of the turned picture.
    pub part: [u32; 4],
    /// Width and height of the present picture.
    pub present: [u32; 2],
}

impl Frame {
    /// A picture to which nothing was done.
    pub fn still([width, height]: [u32; 2]) -> Frame {
        Frame { drawn: [width, height], turn: 1, part: [0, 0, width, height], present: [width, height] }
    }

    /// Shapes whose places are shares of a picture of this size.
    pub fn shares([width, height]: [u32; 2]) -> Frame {
        Frame { present: [width, height], ..Frame::still([1, 1]) }
    }

    /// Width and height of the turned picture.
    pub fn turned(&self) -> [u32; 2] {
        let [width, height] = self.drawn;
        if swaps(self.turn) { [height, width] } else { [width, height] }
    }

    /// Whether something of the turned picture was left out.
    pub fn cuts(&self) -> bool {
        let [width, height] = self.turned();
        self.part != [0, 0, width, height]
    }

    /// Whether every point is where it was.
    pub fn is_still(&self) -> bool {
        *self == Frame::still(self.drawn)
    }

    /// Width and height of the present picture.
    pub fn size(&self) -> (f64, f64) {
        let [width, height] = self.present;
        (width.into(), height.into())
    }

    /// Where a point is in the present picture; it may be outside of it.
    pub fn point(&self, p: Point) -> Point {
        let [w, h] = self.drawn.map(f64::from);
        let (x, y) = match self.turn {
            2 => (w - p.x, p.y),
            3 => (w - p.x, h - p.y),
            4 => (p.x, h - p.y),
            5 => (p.y, p.x),
            6 => (h - p.y, p.x),
            7 => (h - p.y, w - p.x),
            8 => (p.y, w - p.x),
            _ => (p.x, p.y),
        };
        let [left, top, width, height] = self.part.map(f64::from);
        let (to_width, to_height) = self.size();
        Point { x: (x - left) * to_width / width, y: (y - top) * to_height / height }
    }
}

impl Frame {
    /// Where a point of the present picture was drawn.
    pub fn back(&self, p: Point) -> Point {
        let [left, top, width, height] = self.part.map(f64::from);
        let (to_width, to_height) = self.size();
        let (x, y) = (p.x * width / to_width + left, p.y * height / to_height + top);
        let [w, h] = self.drawn.map(f64::from);
        let (x, y) = match self.turn {
            2 => (w - x, y),
            3 => (w - x, h - y),
            4 => (x, h - y),
            5 => (y, x),
            6 => (y, h - x),
            7 => (w - y, h - x),
            8 => (w - y, x),
            _ => (x, y),
        };
        Point { x, y }
    }
}

/// The column with the id of the picture that a sample is a tile of.
pub const TILE_OF: &str = "tile_of";

/// Whether an EXIF orientation exchanges width and height.
pub fn swaps(orientation: u32) -> bool {
    (5..=8).contains(&orientation)
}

impl Cell for Frame {
    fn ty() -> DataType {
        let n = DataType::UInt32;
        record(&NAMES.map(|name| (name, n.clone())))
    }

    fn into_value(self) -> Value {
        let ([width, height], [left, top, part_width, part_height]) = (self.drawn, self.part);
        let [to_width, to_height] = self.present;
        let all = [width, height, self.turn, left, top, part_width, part_height, to_width, to_height];
        let mut all = all.into_iter().map(|n| Value::Int(n.into()));
        record_of(NAMES.map(|name| (name, all.next().unwrap_or(Value::Null))))
    }

    fn from_value(v: &Value) -> Option<Self> {
        let at = |name: &str| u32::from_value(v.field(name));
        Some(Frame {
            drawn: [at("width")?, at("height")?],
            turn: at("turn")?,
            part: [at("left")?, at("top")?, at("part_width")?, at("part_height")?],
            present: [at("to_width")?, at("to_height")?],
        })
    }
}

const NAMES: [&str; 9] =
    ["width", "height", "turn", "left", "top", "part_width", "part_height", "to_width", "to_height"];

#[cfg(test)]
mod tests {
    use super::*;

    /// The corners of a picture of 4 x 3, as its pixels are stored, and where each orientation shows them (EXIF 2.3, tag
    /// 0x0112): 6, for example, has the first row at the right side.
    #[test]
    fn corners_turn_as_exif_says() {
        let corners = |turn: u32| {
            let frame = Frame { turn, ..Frame::still([4, 3]) };
            let [width, height] = frame.turned();
            let frame = Frame { part: [0, 0, width, height], present: [width, height], ..frame };
            [(0.0, 0.0), (4.0, 0.0), (0.0, 3.0)].map(|(x, y)| {
                let p = frame.point(Point { x, y });
                (p.x, p.y)
            })
        };
        assert_eq!(corners(1), [(0.0, 0.0), (4.0, 0.0), (0.0, 3.0)]);
        assert_eq!(corners(2), [(4.0, 0.0), (0.0, 0.0), (4.0, 3.0)], "the first column at the right");
        assert_eq!(corners(3), [(4.0, 3.0), (0.0, 3.0), (4.0, 0.0)], "upside down");
        assert_eq!(corners(4), [(0.0, 3.0), (4.0, 3.0), (0.0, 0.0)], "the first row at the bottom");
        assert_eq!(corners(5), [(0.0, 0.0), (0.0, 4.0), (3.0, 0.0)], "rows are columns");
        assert_eq!(corners(6), [(3.0, 0.0), (3.0, 4.0), (0.0, 0.0)], "the first row at the right");
        assert_eq!(corners(7), [(3.0, 4.0), (3.0, 0.0), (0.0, 4.0)]);
        assert_eq!(corners(8), [(0.0, 4.0), (0.0, 0.0), (3.0, 4.0)], "the first row at the left");
    }

    #[test]
    fn places_go_there_and_back() {
        for turn in 1..=8 {
            let frame = Frame { turn, part: [1, 1, 2, 2], present: [8, 4], ..Frame::still([4, 3]) };
            let p = frame.back(frame.point(Point { x: 0.75, y: 2.5 }));
            assert_eq!((p.x, p.y), (0.75, 2.5), "{turn}");
        }
    }

    #[test]
    fn a_frame_stands_in_a_column() {
        let frame = Frame { drawn: [9, 8], turn: 6, part: [1, 2, 4, 5], present: [40, 50] };
        assert_eq!(Frame::from_value(&frame.into_value()), Some(frame));
        assert!(frame.cuts() && !frame.is_still() && Frame::still([3, 4]).is_still());
        let p = frame.point(Point { x: 3.0, y: 4.0 });
        assert_eq!((p.x, p.y), (30.0, 10.0));
    }
}

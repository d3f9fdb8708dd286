//! Polygons on images, each with a class: an outline and its holes.
use super::cells::record_of;
use crate::table::{Cell, DataType, Value, list, record, utf8};

/// A point in pixels, 0-based, from the top left corner of the image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

/// A closed line through points; the last one is joined with the first and does not repeat it.
pub type Ring = Vec<Point>;

/// A polygon: the first ring is its outline, the others are holes in it. The column is laid out as GeoArrow's polygons.
#[derive(Clone, Debug, PartialEq)]
pub struct Polygon {
    pub class: String,
    pub rings: Vec<Ring>,
    /// `difficult`, `truncated`, `occluded` where the source says so.
    pub flags: Vec<String>,
}

/// Rings of more points are not looked at for crossings, which would take too long in a hostile file.
pub const CROSSING_MAX: usize = 4096;

/// Whether a ring has an area, beyond what rounding could make of none: it turns around something, or crosses itself.
pub fn has_area(ring: &[Point]) -> bool {
    let finite = ring.iter().all(|p| p.x.is_finite() && p.y.is_finite());
    let Some(origin) = ring.first().filter(|_| finite && ring.len() >= 3) else { return false };
    let (mut sum, mut size) = (0.0, 0.0);
    for (a, b) in edges(ring) {
        let (left, right) = ((a.x - origin.x) * (b.y - origin.y), (a.y - origin.y) * (b.x - origin.x));
        sum += left - right;
        size += left.abs() + right.abs();
    }
    sum.abs() > size * f64::EPSILON * ring.len() as f64 || crosses(ring)
}

/// Whether two edges of a ring certainly cross each other. That two touch, or meet in a point of the ring, is no
/// crossing.
pub fn crosses(ring: &[Point]) -> bool {
    if ring.len() > CROSSING_MAX {
        return false;
    }
    let mut edges: Vec<(Point, Point)> = edges(ring).collect();
    let ends = |e: &(Point, Point)| (e.0.x.min(e.1.x), e.0.x.max(e.1.x));
    edges.sort_by(|a, b| ends(a).0.total_cmp(&ends(b).0));
    edges.iter().enumerate().any(|(i, edge)| {
        let last = ends(edge).1;
        let near = edges.iter().skip(i + 1).take_while(|other| ends(other).0 <= last);
        near.into_iter().any(|other| cross(edge, other))
    })
}

fn edges(ring: &[Point]) -> impl Iterator<Item = (Point, Point)> {
    ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| (*a, *b))
}

fn cross((a, b): &(Point, Point), (c, d): &(Point, Point)) -> bool {
    side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0
}

/// On which side of the line from `a` to `b` a point lies: 1, -1, or 0 where rounding leaves it open.
fn side(a: &Point, b: &Point, c: &Point) -> i8 {
    let (left, right) = ((b.x - a.x) * (c.y - a.y), (b.y - a.y) * (c.x - a.x));
    let open = (left.abs() + right.abs()) * 2.0 * f64::EPSILON;
    i8::from(left - right > open) - i8::from(right - left > open)
}

/// The part of a ring inside of an image of this width and height (Sutherland and Hodgman 1974); it may have no area.
/// Where the ring leaves the image several times, its parts are joined along the image's sides.
pub fn cut(ring: &[Point], (w, h): (f64, f64)) -> Ring {
    let at_x = |x: f64| move |a: &Point, b: &Point| Point { x, y: a.y + (b.y - a.y) * ((x - a.x) / (b.x - a.x)) };
    let at_y = |y: f64| move |a: &Point, b: &Point| Point { x: a.x + (b.x - a.x) * ((y - a.y) / (b.y - a.y)), y };
    let ring = cut_side(ring, |p| p.x >= 0.0, at_x(0.0));
    let ring = cut_side(&ring, |p| p.x <= w, at_x(w));
    let ring = cut_side(&ring, |p| p.y >= 0.0, at_y(0.0));
    let mut ring = cut_side(&ring, |p| p.y <= h, at_y(h));
    ring.dedup();
    ring
}

fn cut_side(ring: &[Point], inside: impl Fn(&Point) -> bool, meet: impl Fn(&Point, &Point) -> Point) -> Ring {
    let mut out = Vec::with_capacity(ring.len());
    for (a, b) in edges(ring) {
        match (inside(&a), inside(&b)) {
            (true, true) => out.push(b),
            (true, false) => out.push(meet(&a, &b)),
            (false, true) => out.extend([meet(&a, &b), b]),
            (false, false) => {}
        }
    }
    out
}

impl Polygon {
    /// Whether a point passes a side of an image of this width and height.
    pub fn passes(&self, (w, h): (f64, f64)) -> bool {
        self.rings.iter().flatten().any(|p| p.x < 0.0 || p.y < 0.0 || p.x > w || p.y > h)
    }
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

impl Cell for Polygon {
    fn ty() -> DataType {
        record(&[("class", utf8()), ("rings", list(list(Point::ty()))), ("flags", list(utf8()))])
    }
    fn into_value(self) -> Value {
        record_of([
            ("class", self.class.into_value()),
            ("rings", self.rings.into_value()),
            ("flags", self.flags.into_value()),
        ])
    }
    fn from_value(v: &Value) -> Option<Self> {
        let class = v.field("class").text()?.into();
        let (rings, flags) = (Vec::from_value(v.field("rings"))?, Vec::from_value(v.field("flags"))?);
        Some(Polygon { class, rings, flags })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{array_of, cells};

    fn ring(of: &[(f64, f64)]) -> Ring {
        of.iter().map(|(x, y)| Point { x: *x, y: *y }).collect()
    }

    #[test]
    fn a_ring_has_an_area_or_none() {
        assert!(has_area(&ring(&[(0.0, 0.0), (4.0, 0.0), (0.0, 3.0)])));
        assert!(has_area(&ring(&[(0.0, 0.0), (10.0, 10.0), (10.0, 0.0), (0.0, 10.0)])), "a bow tie encloses two");
        assert!(!has_area(&ring(&[(0.0, 0.0), (4.0, 0.0)])));
        assert!(!has_area(&ring(&[(0.1, 0.1), (0.2, 0.2), (0.3, 0.3), (0.7, 0.7)])), "on one line, but for rounding");
        assert!(!has_area(&ring(&[(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (9.0, 0.0)])), "there and back");
        assert!(!has_area(&ring(&[(0.0, 0.0), (4.0, f64::NAN), (0.0, 3.0)])));
        assert!(has_area(&ring(&[(1e6, 1e6), (1e6 + 1e-3, 1e6), (1e6, 1e6 + 1e-3)])), "small and far away");
    }

    #[test]
    fn crossings_are_certain() {
        assert!(crosses(&ring(&[(0.0, 0.0), (10.0, 10.0), (10.0, 0.0), (0.0, 10.0)])));
        assert!(!crosses(&ring(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)])));
        let touching = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (5.0, 0.0), (0.0, 10.0)];
        assert!(!crosses(&ring(&touching)), "a corner on an edge");
        let star: Vec<(f64, f64)> = [(50.0, 0.0), (80.0, 90.0), (0.0, 35.0), (100.0, 35.0), (20.0, 90.0)].into();
        assert!(crosses(&ring(&star)));
        assert!(!crosses(&ring(&[(0.0, 0.0), (5.0, 5.0), (10.0, 0.0), (5.0, 9.0)])), "concave");
    }

    #[test]
    fn rings_are_cut_at_the_sides_of_the_image() {
        let cut_at_5 = |of: &[(f64, f64)]| cut(&ring(of), (5.0, 5.0));
        let inside = [(1.0, 1.0), (4.0, 1.0), (4.0, 4.0)];
        assert_eq!(cut_at_5(&inside).len(), 3);
        let mut square = cut_at_5(&[(-5.0, -5.0), (9.0, -5.0), (9.0, 9.0), (-5.0, 9.0)]);
        square.sort_by(|a, b| (a.x, a.y).partial_cmp(&(b.x, b.y)).unwrap());
        assert_eq!(square, ring(&[(0.0, 0.0), (0.0, 5.0), (5.0, 0.0), (5.0, 5.0)]));
        assert!(cut_at_5(&[(6.0, 6.0), (9.0, 6.0), (9.0, 9.0)]).is_empty());
        assert!(!has_area(&cut_at_5(&[(5.0, 1.0), (9.0, 1.0), (9.0, 4.0), (5.0, 4.0)])), "it touches the side");
    }

    #[test]
    fn polygons_stand_in_a_column() {
        let rings = vec![ring(&[(0.0, 0.5), (4.0, 0.0), (0.0, 3.0)]), ring(&[(0.5, 0.5), (1.0, 0.5), (0.5, 1.0)])];
        let polygon = Polygon { class: "cell".into(), rings, flags: vec!["occluded".into()] };
        let column = array_of([Some(vec![polygon.clone()]), None, Some(vec![])]);
        assert_eq!(cells::<Vec<Polygon>>(column.as_ref()), [Some(vec![polygon]), None, Some(vec![])]);
    }
}

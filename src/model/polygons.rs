//! Polygons on images, each with a class: one or several parts, each an outline and its holes.
use super::cells::record_of;
use super::frames::Frame;
use super::points::Point;
use super::shape::{Moved, Shape};
use crate::table::{Cell, DataType, Value, list, record, utf8};
use std::collections::BTreeMap;

/// A closed line through points; the last one is joined with the first and does not repeat it.
pub type Ring = Vec<Point>;

/// A part of a polygon: the first ring is its outline, the others are holes in it.
pub type Part = Vec<Ring>;

/// One object as its parts, which are several where something stands before it. The column is laid out as GeoArrow's
/// multipolygons.
#[derive(Clone, Debug, PartialEq)]
pub struct Polygon {
    pub class: String,
    pub parts: Vec<Part>,
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

/// What lies of a ring inside of an image of this width and height: several rings where it leaves the image several times. They
/// may have no area.
pub fn cut(ring: &[Point], (w, h): (f64, f64)) -> Vec<Ring> {
    let mut rings = vec![ring.to_vec()];
    for side in [Side::Left, Side::Right(w), Side::Top, Side::Bottom(h)] {
        rings = rings.iter().flat_map(|ring| side.cut(ring)).collect();
    }
    rings.iter_mut().for_each(|ring| {
        ring.dedup();
        if ring.len() > 1 && ring.first() == ring.last() {
            ring.pop();
        }
    });
    rings.retain(|ring| !ring.is_empty());
    rings
}

/// A side of an image, and where it lies.
#[derive(Clone, Copy)]
enum Side {
    Left,
    Right(f64),
    Top,
    Bottom(f64),
}

impl Side {
    /// How far inside a point lies; below 0 it is outside.
    fn depth(self, p: &Point) -> f64 {
        match self {
            Side::Left => p.x,
            Side::Right(w) => w - p.x,
            Side::Top => p.y,
            Side::Bottom(h) => h - p.y,
        }
    }

    /// Where the line from one point to another meets the side.
    fn meet(self, a: &Point, b: &Point) -> Point {
        let at_x = |x: f64| Point { x, y: a.y + (b.y - a.y) * ((x - a.x) / (b.x - a.x)) };
        let at_y = |y: f64| Point { x: a.x + (b.x - a.x) * ((y - a.y) / (b.y - a.y)), y };
        match self {
            Side::Left => at_x(0.0),
            Side::Right(w) => at_x(w),
            Side::Top => at_y(0.0),
            Side::Bottom(h) => at_y(h),
        }
    }

    /// Where a point on the side lies along it.
    fn along(self, p: &Point) -> f64 {
        match self {
            Side::Left | Side::Right(_) => p.y,
            Side::Top | Side::Bottom(_) => p.x,
        }
    }

    /// The parts of a ring on the inner side. A ring is a way that comes in and goes out in turn: each such stretch is joined, along
    /// the side, with the one that begins beside its end, so that what lies between two stretches outside is in none of
    /// them.
    fn cut(self, ring: &[Point]) -> Vec<Ring> {
        let inside = |p: &Point| self.depth(p) >= 0.0;
        let Some(first) = ring.iter().position(|p| !inside(p)) else { return vec![ring.to_vec()] };
        let mut stretches: Vec<Ring> = Vec::new();
        let way = ring.iter().cycle().skip(first).take(ring.len() + 1);
        for (a, b) in way.clone().zip(way.skip(1)) {
            match (inside(a), inside(b)) {
                (false, true) => stretches.push(vec![self.meet(a, b), *b]),
                (true, true) => stretches.last_mut().into_iter().for_each(|s| s.push(*b)),
                (true, false) => stretches.last_mut().into_iter().for_each(|s| s.push(self.meet(a, b))),
                (false, false) => {}
            }
        }
        let partners = self.partners(&stretches);
        match partners {
            Some(next) => joined(stretches, &next),
            // it crosses itself on the side: all stretches as one ring have the same area by the even-odd rule
            None => vec![stretches.concat()],
        }
    }

    /// Of each stretch the one that begins beside its end; `None` where ends lie beside ends.
    fn partners(self, stretches: &[Ring]) -> Option<Vec<usize>> {
        let mut ends: Vec<(f64, bool, usize)> = Vec::with_capacity(2 * stretches.len());
        for (n, stretch) in stretches.iter().enumerate() {
            ends.push((self.along(stretch.first()?), true, n));
            ends.push((self.along(stretch.last()?), false, n));
        }
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut next = vec![0; stretches.len()];
        for pair in ends.as_chunks::<2>().0 {
            let ([(_, true, to), (_, false, from)] | [(_, false, from), (_, true, to)]) = pair else { return None };
            *next.get_mut(*from)? = *to;
        }
        Some(next)
    }
}

/// Stretches as rings, each followed by its next one.
fn joined(stretches: Vec<Ring>, next: &[usize]) -> Vec<Ring> {
    let mut taken = vec![false; stretches.len()];
    let mut out = Vec::new();
    for start in 0..stretches.len() {
        let (mut ring, mut at) = (Vec::new(), start);
        while let Some(seen) = taken.get_mut(at).filter(|seen| !**seen) {
            *seen = true;
            ring.extend(stretches.get(at).into_iter().flatten().copied());
            at = next.get(at).copied().unwrap_or(start);
        }
        if !ring.is_empty() {
            out.push(ring);
        }
    }
    out
}

/// Whether a point lies in a ring, by the even-odd rule.
fn holds(ring: &[Point], p: &Point) -> bool {
    let over =
        |(a, b): &(Point, Point)| (a.y > p.y) != (b.y > p.y) && p.x < (b.x - a.x) * ((p.y - a.y) / (b.y - a.y)) + a.x;
    edges(ring).filter(over).count() % 2 == 1
}

/// Twice the area that a ring encloses, positive where it turns clockwise on the screen (the shoelace formula).
fn twice_area(ring: &[Point]) -> f64 {
    let origin = ring.first().copied().unwrap_or(Point { x: 0.0, y: 0.0 });
    edges(ring).map(|(a, b)| (a.x - origin.x) * (b.y - origin.y) - (a.y - origin.y) * (b.x - origin.x)).sum()
}

/// The area that a ring encloses.
pub fn area(ring: &[Point]) -> f64 {
    twice_area(ring).abs() / 2.0
}

/// The least box around some points, as left, top, right, bottom.
pub fn bounds<'p>(points: impl IntoIterator<Item = &'p Point>) -> Option<[f64; 4]> {
    points.into_iter().fold(None, |bounds, p| {
        let [x1, y1, x2, y2] = bounds.unwrap_or([p.x, p.y, p.x, p.y]);
        Some([x1.min(p.x), y1.min(p.y), x2.max(p.x), y2.max(p.y)])
    })
}

impl Polygon {
    fn points(&self) -> impl Iterator<Item = &Point> {
        self.parts.iter().flatten().flatten()
    }

    /// Whether a point passes a side of an image of this width and height.
    pub fn passes(&self, (w, h): (f64, f64)) -> bool {
        self.points().any(|p| p.x < 0.0 || p.y < 0.0 || p.x > w || p.y > h)
    }

    /// The area of all parts without their holes. Where parts overlap, that counts twice.
    pub fn area(&self) -> f64 {
        let part =
            |part: &Part| part.iter().enumerate().map(|(i, r)| if i == 0 { area(r) } else { -area(r) }).sum::<f64>();
        self.parts.iter().map(part).sum()
    }

    /// The least box around it, as left, top, right, bottom.
    pub fn bounds(&self) -> Option<[f64; 4]> {
        bounds(self.points())
    }

    /// How many holes its parts have.
    pub fn holes(&self) -> usize {
        self.parts.iter().map(|part| part.len().saturating_sub(1)).sum()
    }

    /// What lies inside of an image of this width and height; it may have no part.
    pub fn cut(self, size: (f64, f64)) -> Polygon {
        let inside = |ring: &Ring| -> Vec<Ring> { cut(ring, size).into_iter().filter(|r| has_area(r)).collect() };
        let mut parts = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let Some((outline, holes)) = part.split_first() else { continue };
            let mut own: Vec<Part> = inside(outline).into_iter().map(|ring| vec![ring]).collect();
            for hole in holes.iter().flat_map(inside) {
                // it lies in one of the rings that are left of the outline
                let around = |part: &Part| part.first().is_some_and(|r| hole.iter().any(|p| holds(r, p)));
                let at = own.iter().position(around).unwrap_or(0);
                own.get_mut(at).into_iter().for_each(|part| part.push(hole.clone()));
            }
            parts.extend(own);
        }
        Polygon { parts, ..self }
    }
}

/// Polygons with the numbers of their groups: those of one class and one group become parts of the first of them.
pub fn grouped(outlines: Vec<(Option<i64>, Polygon)>) -> Vec<Polygon> {
    let mut first: BTreeMap<(String, i64), usize> = BTreeMap::new();
    let mut all: Vec<Polygon> = Vec::new();
    for (group, polygon) in outlines {
        let key = group.map(|group| (polygon.class.clone(), group));
        let at = key.as_ref().and_then(|key| first.get(key)).copied();
        match at.and_then(|at| all.get_mut(at)) {
            Some(whole) => {
                whole.parts.extend(polygon.parts);
                whole.flags.extend(polygon.flags);
                whole.flags.sort();
                whole.flags.dedup();
            }
            None => {
                key.map(|key| first.insert(key, all.len()));
                all.push(polygon);
            }
        }
    }
    all
}

impl Shape for Polygon {
    const COLUMN: &'static str = "objects.polygons";
    const LOST: &'static str = "objects.polygons_lost";

    fn class(&mut self) -> &mut String {
        &mut self.class
    }

    fn moved(mut self, frame: &Frame) -> Moved<Polygon> {
        self.parts.iter_mut().flatten().flatten().for_each(|p| *p = frame.point(*p));
        let sound = |p: &Polygon| p.parts.iter().all(|part| part.first().is_some_and(|outline| has_area(outline)));
        // what has no area is told where annotations are checked
        if !frame.cuts() || !sound(&self) || !self.passes(frame.size()) {
            return Moved::Whole(self);
        }
        let cut = self.cut(frame.size());
        if cut.parts.is_empty() { Moved::Gone } else { Moved::Cut(cut) }
    }

    fn around(&self) -> Option<[f64; 4]> {
        self.bounds()
    }
}

impl Cell for Polygon {
    fn ty() -> DataType {
        record(&[("class", utf8()), ("parts", list(list(list(Point::ty())))), ("flags", list(utf8()))])
    }
    fn into_value(self) -> Value {
        record_of([
            ("class", self.class.into_value()),
            ("parts", self.parts.into_value()),
            ("flags", self.flags.into_value()),
        ])
    }
    fn from_value(v: &Value) -> Option<Self> {
        let class = v.field("class").text()?.into();
        let (parts, flags) = (Vec::from_value(v.field("parts"))?, Vec::from_value(v.field("flags"))?);
        Some(Polygon { class, parts, flags })
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
        let cut_at_5 = |of: &[(f64, f64)]| cut(&ring(of), (5.0, 5.0)).concat();
        let inside = [(1.0, 1.0), (4.0, 1.0), (4.0, 4.0)];
        assert_eq!(cut_at_5(&inside).len(), 3);
        let mut square = cut_at_5(&[(-5.0, -5.0), (9.0, -5.0), (9.0, 9.0), (-5.0, 9.0)]);
        square.sort_by(|a, b| (a.x, a.y).partial_cmp(&(b.x, b.y)).unwrap());
        assert_eq!(square, ring(&[(0.0, 0.0), (0.0, 5.0), (5.0, 0.0), (5.0, 5.0)]));
        assert!(cut_at_5(&[(6.0, 6.0), (9.0, 6.0), (9.0, 9.0)]).is_empty());
        assert!(!has_area(&cut_at_5(&[(5.0, 1.0), (9.0, 1.0), (9.0, 4.0), (5.0, 4.0)])), "it touches the side");
    }

    #[test]
    fn what_leaves_the_image_several_times_is_several_rings() {
        // a comb with two teeth, whose back lies outside
        let comb = [(1.0, 1.0), (2.0, 1.0), (2.0, 7.0), (3.0, 7.0), (3.0, 1.0), (4.0, 1.0), (4.0, 9.0), (1.0, 9.0)];
        let teeth = cut(&ring(&comb), (5.0, 5.0));
        assert_eq!(teeth.iter().map(|tooth| (tooth.len(), area(tooth))).collect::<Vec<_>>(), [(4, 4.0), (4, 4.0)]);
        let parts = vec![vec![ring(&comb), ring(&[(3.25, 2.0), (3.75, 2.0), (3.75, 6.0), (3.25, 6.0)])]];
        let cut = Polygon { class: "c".into(), parts, flags: Vec::new() }.cut((5.0, 5.0));
        let rings: Vec<usize> = cut.parts.iter().map(Vec::len).collect();
        assert!(cut.area() == 6.5 && (rings == [1, 2] || rings == [2, 1]), "{rings:?}");
    }

    #[test]
    fn a_polygon_moves_with_its_picture() {
        let square = ring(&[(1.0, 1.0), (9.0, 1.0), (9.0, 9.0), (1.0, 9.0)]);
        let hole = ring(&[(2.0, 2.0), (4.0, 2.0), (4.0, 4.0), (2.0, 4.0)]);
        let far = ring(&[(18.0, 8.0), (20.0, 8.0), (20.0, 10.0)]);
        let polygon = Polygon { class: "c".into(), parts: vec![vec![square, hole], vec![far]], flags: Vec::new() };
        assert_eq!((polygon.area(), polygon.bounds(), polygon.holes()), (62.0, Some([1.0, 1.0, 20.0, 10.0]), 1));
        let frame = Frame { part: [0, 0, 10, 5], present: [30, 10], ..Frame::still([20, 10]) };
        let Moved::Cut(cut) = polygon.clone().moved(&frame) else { panic!("it is cut") };
        // 8 x 4 without 2 x 2, three times as wide and twice as high; the other part lies outside
        assert_eq!((cut.parts.len(), cut.area(), cut.bounds()), (1, (32.0 - 4.0) * 6.0, Some([3.0, 2.0, 27.0, 10.0])));
        let turned = Frame { turn: 6, part: [0, 0, 10, 20], present: [10, 20], ..Frame::still([20, 10]) };
        let Moved::Whole(whole) = polygon.clone().moved(&turned) else { panic!("it is whole") };
        assert_eq!((whole.area(), whole.bounds()), (62.0, Some([0.0, 1.0, 9.0, 20.0])));
        let away = Frame { part: [11, 0, 5, 5], present: [5, 5], ..Frame::still([20, 10]) };
        assert_eq!(polygon.moved(&away), Moved::Gone);
    }

    #[test]
    fn polygons_stand_in_a_column() {
        let rings = vec![ring(&[(0.0, 0.5), (4.0, 0.0), (0.0, 3.0)]), ring(&[(0.5, 0.5), (1.0, 0.5), (0.5, 1.0)])];
        let polygon = Polygon { class: "cell".into(), parts: vec![rings], flags: vec!["occluded".into()] };
        let column = array_of([Some(vec![polygon.clone()]), None, Some(vec![])]);
        assert_eq!(cells::<Vec<Polygon>>(column.as_ref()), [Some(vec![polygon]), None, Some(vec![])]);
    }
}

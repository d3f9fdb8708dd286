//! Areas of boxes, polygons and masks, and how much of their union two of them have in common.
use crate::model::boxes::Box2;
use crate::model::keypoints::Keypoints;
use crate::model::masks::Mask;
use crate::model::points::Point;
use crate::model::polygons::{Polygon, Ring, bounds};
use crate::model::quads::Quad;

/// A shape in a plane.
pub trait Area {
    /// The area.
    fn area(&self) -> f64;
    /// The area that it has in common with another one.
    fn common(&self, other: &Self) -> f64;

    /// Intersection over union, 0 to 1; 0 where neither has an area.
    fn iou(&self, other: &Self) -> f64 {
        let common = self.common(other);
        let union = self.area() + other.area() - common;
        if union > 0.0 { (common / union).clamp(0.0, 1.0) } else { 0.0 }
    }
}

/// A shape with a class and an upright box around it.
pub trait Placed: Area {
    fn class(&self) -> &str;
    /// The box around it as `[x1, y1, x2, y2]`; `None` where there is nothing to be around.
    fn around(&self) -> Option<[f64; 4]>;
}

macro_rules! placed {
    ($shape:ty, $around:expr) => {
        impl Placed for $shape {
            fn class(&self) -> &str {
                &self.class
            }

            fn around(&self) -> Option<[f64; 4]> {
                let around: fn(&$shape) -> Option<[f64; 4]> = $around;
                around(self)
            }
        }
    };
}

placed!(Box2, |b| Some([b.x1, b.y1, b.x2, b.y2]));
placed!(Polygon, Polygon::bounds);
placed!(Mask, Mask::bounds);
placed!(Quad, |q| bounds(&q.corners));
placed!(Keypoints, |k| k.boxed().around());

/// Left, top, right, bottom of an upright box.
impl Area for [f64; 4] {
    fn area(&self) -> f64 {
        let [x1, y1, x2, y2] = self;
        (x2 - x1).max(0.0) * (y2 - y1).max(0.0)
    }

    fn common(&self, other: &[f64; 4]) -> f64 {
        let ([ax1, ay1, ax2, ay2], [bx1, by1, bx2, by2]) = (self, other);
        (ax2.min(*bx2) - ax1.max(*bx1)).max(0.0) * (ay2.min(*by2) - ay1.max(*by1)).max(0.0)
    }
}

impl Area for Box2 {
    fn area(&self) -> f64 {
        self.corners().area()
    }

    fn common(&self, other: &Box2) -> f64 {
        self.corners().common(&other.corners())
    }
}

/// What is inside is as the even-odd rule has it for all rings together, so holes are outside, of a ring that crosses itself
/// each part is inside, and parts are taken as lying beside each other.
impl Area for Polygon {
    fn area(&self) -> f64 {
        inside(&[&self.parts.concat()])
    }

    fn common(&self, other: &Polygon) -> f64 {
        inside(&[&self.parts.concat(), &other.parts.concat()])
    }
}

impl Area for Quad {
    fn area(&self) -> f64 {
        inside(&[&vec![self.corners.to_vec()]])
    }

    fn common(&self, other: &Quad) -> f64 {
        inside(&[&vec![self.corners.to_vec()], &vec![other.corners.to_vec()]])
    }
}

/// Of objects with points their boxes count.
impl Area for Keypoints {
    fn area(&self) -> f64 {
        self.boxed().area()
    }

    fn common(&self, other: &Keypoints) -> f64 {
        self.boxed().common(&other.boxed())
    }
}

/// In pixels. Masks of images of different sizes have nothing in common.
impl Area for Mask {
    fn area(&self) -> f64 {
        Mask::area(self) as f64
    }

    fn common(&self, other: &Mask) -> f64 {
        if (self.width, self.height) != (other.width, other.height) {
            return 0.0;
        }
        let (mut own, mut others) = (self.inside().peekable(), other.inside().peekable());
        let mut pixels = 0u64;
        while let (Some((a, b)), Some((c, d))) = (own.peek().copied(), others.peek().copied()) {
            pixels += (b.min(d) + 1).saturating_sub(a.max(c));
            if b <= d {
                own.next()
            } else {
                others.next()
            };
        }
        pixels as f64
    }
}

/// An edge, from its upper to its lower end; it is not level.
#[derive(Clone, Copy)]
struct Edge {
    top: Point,
    foot: Point,
}

impl Edge {
    /// Where the edge is at this height.
    fn at(&self, y: f64) -> f64 {
        let share = (y - self.top.y) / (self.foot.y - self.top.y);
        self.top.x + (self.foot.x - self.top.x) * share
    }
}

/// The area that lies inside of all of these shapes: it is cut at each height where an edge begins, ends or crosses another,
/// and what lies between two such heights is made of trapezia.
fn inside(shapes: &[&Vec<Ring>]) -> f64 {
    let edges: Vec<Vec<Edge>> = shapes.iter().map(|rings| rings.iter().flat_map(edges).collect()).collect();
    let all: Vec<Edge> = edges.iter().flatten().copied().collect();
    let mut heights: Vec<f64> = all.iter().flat_map(|e| [e.top.y, e.foot.y]).collect();
    for (i, a) in all.iter().enumerate() {
        heights.extend(all.iter().skip(i + 1).filter_map(|b| crossing(a, b)));
    }
    heights.sort_by(f64::total_cmp);
    heights.dedup();
    let mut area = 0.0;
    for slab in heights.windows(2) {
        let [above, below] = slab else { continue };
        let middle = above + (below - above) / 2.0;
        let within: Vec<Vec<(f64, f64)>> = edges.iter().map(|own| stretches(own, middle)).collect();
        let common = within.into_iter().reduce(|a, b| both(&a, &b)).unwrap_or_default();
        area += common.iter().map(|(from, to)| to - from).sum::<f64>() * (below - above);
    }
    area
}

fn edges(ring: &Ring) -> Vec<Edge> {
    let pairs = ring.iter().zip(ring.iter().cycle().skip(1));
    let edge = |(a, b): (&Point, &Point)| match a.y.total_cmp(&b.y) {
        std::cmp::Ordering::Less => Some(Edge { top: *a, foot: *b }),
        std::cmp::Ordering::Greater => Some(Edge { top: *b, foot: *a }),
        std::cmp::Ordering::Equal => None,
    };
    pairs.filter_map(edge).collect()
}

/// The height at which two edges cross.
fn crossing(a: &Edge, b: &Edge) -> Option<f64> {
    let (top, foot) = (a.top.y.max(b.top.y), a.foot.y.min(b.foot.y));
    if top >= foot {
        return None;
    }
    let (above, below) = (a.at(top) - b.at(top), a.at(foot) - b.at(foot));
    ((above < 0.0) != (below < 0.0) && above != below).then(|| top + (foot - top) * (above / (above - below)))
}

/// From where to where a horizontal line is inside of a shape.
fn stretches(edges: &[Edge], y: f64) -> Vec<(f64, f64)> {
    let mut met: Vec<f64> = edges.iter().filter(|e| e.top.y < y && y < e.foot.y).map(|e| e.at(y)).collect();
    met.sort_by(f64::total_cmp);
    met.chunks_exact(2).filter_map(|c| Some((*c.first()?, *c.get(1)?))).collect()
}

fn both(a: &[(f64, f64)], b: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let all = a.iter().flat_map(|x| b.iter().map(move |y| (x.0.max(y.0), x.1.min(y.1))));
    all.filter(|(from, to)| from < to).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polygon(of: &[(f64, f64)]) -> Polygon {
        let ring = of.iter().map(|(x, y)| Point { x: *x, y: *y }).collect();
        Polygon { class: String::new(), parts: vec![vec![ring]], flags: Vec::new() }
    }

    fn near(got: f64, want: f64) {
        assert!((got - want).abs() < 1e-9, "{got}, and not {want}");
    }

    /// The values of pycocotools 2.0.11 and shapely 2.2.0 for the same shapes.
    #[test]
    fn shares_of_unions_are_those_of_other_programs() {
        let xywh = |x: f64, y: f64, w: f64, h: f64| Box2 {
            class: String::new(),
            x1: x,
            y1: y,
            x2: x + w,
            y2: y + h,
            flags: Vec::new(),
        };
        near(xywh(10.0, 10.0, 30.0, 20.0).iou(&xywh(20.0, 15.0, 30.0, 25.0)), 0.285714285714286);
        let arrow = polygon(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (5.0, 4.0), (0.0, 10.0)]);
        near(arrow.iou(&polygon(&[(2.0, 2.0), (12.0, 2.0), (12.0, 8.0), (2.0, 8.0)])), 0.364590622813);
        // a rectangle of 40 x 20 around (50, 50), and the same turned by 30 degrees
        let (c, s) = (0.866_025_403_784_438_6, 0.5);
        let corner = |(x, y): &(f64, f64)| (50.0 + x * c - y * s, 50.0 + x * s + y * c);
        let plain = [(-20.0, -10.0), (20.0, -10.0), (20.0, 10.0), (-20.0, 10.0)];
        let turned: Vec<(f64, f64)> = plain.iter().map(corner).collect();
        let plain: Vec<(f64, f64)> = plain.iter().map(|(x, y)| (50.0 + x, 50.0 + y)).collect();
        let got = polygon(&plain).iou(&polygon(&turned));
        assert!((got - 0.623309678232).abs() < 1e-9, "{got}");
    }

    /// Boxes of 20 pictures by four annotators: the means that were computed of them by hand-written formulas in another program
    /// (tests/fixtures/agreement/README.md).
    #[test]
    fn the_agreement_of_four_annotators_on_boxes() {
        let path = format!("{}/tests/fixtures/agreement/labelme-boxes.csv", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        let mut of: std::collections::BTreeMap<(String, String), Box2> = Default::default();
        let head: Vec<&str> = text.lines().next().unwrap().split(',').collect();
        let at = |name: &str| head.iter().position(|h| *h == name).unwrap();
        for row in text.lines().skip(1).map(|l| l.split(',').collect::<Vec<_>>()) {
            let number = |name: &str| row[at(name)].parse::<f64>().unwrap();
            let (x1, y1, x2, y2) = (number("x1"), number("y1"), number("x2"), number("y2"));
            let shape = Box2 { class: String::new(), x1, y1, x2, y2, flags: Vec::new() };
            of.insert((row[at("item")].to_string(), row[at("annotator")].to_string()), shape);
        }
        let (mut sum, mut pairs) = (0.0, 0.0);
        for ((image, by), a) in &of {
            for (_, b) in of.iter().filter(|((other, who), _)| other == image && who > by) {
                (sum, pairs) = (sum + a.iou(b), pairs + 1.0);
            }
        }
        assert_eq!(pairs, 120.0);
        near(sum / pairs, 0.93060642589032);
    }

    #[test]
    fn holes_and_crossings_are_as_the_even_odd_rule_has_them() {
        let bow = polygon(&[(0.0, 0.0), (10.0, 10.0), (10.0, 0.0), (0.0, 10.0)]);
        near(Area::area(&bow), 50.0);
        let square = polygon(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]);
        let mut holed = square.clone();
        let hole = polygon(&[(2.0, 2.0), (4.0, 2.0), (4.0, 4.0), (2.0, 4.0)]);
        holed.parts[0].extend(hole.parts[0].clone());
        near(Area::area(&holed), 96.0);
        near(holed.iou(&square), 0.96);
        near(holed.iou(&holed), 1.0);
        near(square.iou(&polygon(&[(20.0, 20.0), (30.0, 20.0), (30.0, 30.0)])), 0.0);
        near(polygon(&[]).iou(&polygon(&[])), 0.0);
    }

    #[test]
    fn masks_and_rotated_boxes_have_areas_too() {
        let mask =
            |runs: &[u32]| Mask { class: String::new(), width: 4, height: 3, runs: runs.to_vec(), flags: Vec::new() };
        let (a, b) = (mask(&[2, 5, 1, 2, 2]), mask(&[4, 4, 4]));
        near(Area::area(&a), 7.0);
        near(a.common(&b), 3.0);
        near(a.iou(&b), 3.0 / 8.0);
        near(mask(&[0, 12]).iou(&mask(&[12])), 0.0);
        let turned = |cx: f64, cy: f64, w: f64, h: f64, degrees: f64| Quad {
            class: String::new(),
            corners: Quad::turned([cx - w / 2.0, cy - h / 2.0, cx + w / 2.0, cy + h / 2.0], degrees),
            flags: Vec::new(),
        };
        let first = turned(50.0, 50.0, 40.0, 20.0, 0.0);
        near(first.iou(&turned(50.0, 50.0, 40.0, 20.0, 30.0)), 0.623_309_678_232);
        near(first.iou(&turned(60.0, 55.0, 30.0, 30.0, 45.0)), 0.407_394_464_127);
    }
}

//! Shapes of CVAT, and what they are here.
use crate::formats::options::Options;
use crate::formats::sidecar::{Document, Note};
use crate::model::boxes::Box2;
use crate::model::masks::{Mask, checked};
use crate::model::points::Point;
use crate::model::polygons::{Polygon, Ring, bounds, grouped};
use crate::model::quads::Quad;
use std::collections::BTreeMap;

/// Where a shape is.
#[derive(Clone, Debug, PartialEq)]
pub enum Figure {
    /// Left, top, right, bottom, and by how many degrees it is turned clockwise about its middle.
    Box([f64; 4], f64),
    Polygon(Ring),
    /// The box around it; nothing else here holds an ellipse.
    Ellipse([f64; 4]),
    /// Left, top, width and height of its part of the image, and runs along the rows of that part.
    Mask([u32; 4], Vec<u32>),
}

/// A shape with what is said of it.
#[derive(Clone, Debug)]
pub struct Found {
    pub class: String,
    pub figure: Figure,
    pub flags: Vec<String>,
    pub group: Option<i64>,
}

/// An image under way.
#[derive(Default)]
pub struct Page {
    pub document: Document,
    pub told: BTreeMap<&'static str, u32>,
    /// Polygons in the file's order, each with its group.
    outlines: Vec<(Option<i64>, Polygon)>,
}

impl Page {
    pub fn note(&mut self, rule: &'static str) {
        *self.told.entry(rule).or_default() += 1;
    }

    /// A shape that nothing can be made of.
    pub fn lose(&mut self, options: &Options, rule: &'static str) {
        self.note(rule);
        self.document.lost += 1;
        options.shapes().iter().for_each(|d| self.document.shapes.lose_of(d.column, 1));
    }

    pub fn add(&mut self, found: Found, options: &Options) {
        let Some(reach) = found.reach() else { return self.lose(options, "cvat.shape") };
        let size = [self.document.width, self.document.height].map(|n| n.and_then(|n| u32::try_from(n).ok()));
        let wants = (options.wants::<Polygon>(), options.wants::<Quad>(), options.wants::<Mask>());
        if wants.0 {
            match found.polygon() {
                Some(polygon) => self.outlines.push((found.group, polygon)),
                None => self.lose_to::<Polygon>(),
            }
        }
        if wants.1 {
            match found.quad() {
                Some(quad) => self.document.shapes.add(quad),
                None => self.lose_to::<Quad>(),
            }
        }
        if wants.2 {
            match size[0].zip(size[1]).and_then(|(w, h)| found.mask([w, h])) {
                Some(mask) => self.document.shapes.add(mask),
                None => self.lose_to::<Mask>(),
            }
        }
        let plain = matches!(found.figure, Figure::Box(_, turn) if turn == 0.0);
        if !plain && wants == (false, false, false) {
            self.note("cvat.outline");
        }
        let [x1, y1, x2, y2] = reach;
        let mut flags = found.flags;
        flags.extend((x1 >= x2 || y1 >= y2).then(|| "degenerate".to_string()));
        self.document.boxes.push(Box2 { class: found.class, x1, y1, x2, y2, flags });
    }

    fn lose_to<S: crate::model::shape::Shape>(&mut self) {
        self.document.shapes.lose::<S>();
        self.note("cvat.kind");
    }

    /// The document, once all of its shapes are there: polygons of one class and one group are parts of the first of them.
    pub fn finish(mut self, line: u32) -> Document {
        let outlines = std::mem::take(&mut self.outlines);
        grouped(outlines).into_iter().for_each(|polygon| self.document.shapes.add(polygon));
        for (rule, n) in std::mem::take(&mut self.told) {
            let say = match rule {
                "cvat.attributes" => "with attributes that are neither true nor false, which are not kept",
                "cvat.tag" => "classes of the image as a whole, which are not kept",
                "cvat.outline" => "outlines, masks or rotated boxes, of which the box is kept",
                "cvat.kind" => "shapes that the columns which are read cannot hold, which are lost to them",
                "cvat.track" => "tracks between shapes of different sorts, which are lost",
                _ => "shapes that cannot be read or are lines, points, skeletons or cuboids, which are lost",
            };
            self.document.notes.push(Note { rule, say: format!("{n} {say}"), line });
        }
        self.document
    }
}

impl Found {
    /// The least box around it.
    fn reach(&self) -> Option<[f64; 4]> {
        match &self.figure {
            Figure::Box(sides, 0.0) | Figure::Ellipse(sides) => Some(*sides),
            Figure::Box(sides, turn) => bounds(&Quad::turned(*sides, *turn)),
            Figure::Polygon(ring) => bounds(ring),
            Figure::Mask([left, top, ..], _) => {
                let [x1, y1, x2, y2] = self.part()?.bounds()?;
                let (left, top) = (f64::from(*left), f64::from(*top));
                Some([x1 + left, y1 + top, x2 + left, y2 + top])
            }
        }
    }

    pub fn polygon(&self) -> Option<Polygon> {
        let ring = match &self.figure {
            Figure::Box(sides, turn) => Quad::turned(*sides, *turn).to_vec(),
            Figure::Polygon(ring) => ring.clone(),
            Figure::Ellipse(_) | Figure::Mask(..) => return None,
        };
        Some(Polygon { class: self.class.clone(), parts: vec![vec![ring]], flags: self.flags.clone() })
    }

    pub fn quad(&self) -> Option<Quad> {
        let Figure::Box(sides, turn) = &self.figure else { return None };
        Some(Quad { class: self.class.clone(), corners: Quad::turned(*sides, *turn), flags: self.flags.clone() })
    }

    pub fn mask(&self, size: [u32; 2]) -> Option<Mask> {
        match &self.figure {
            Figure::Mask([left, top, ..], _) => {
                let part = self.part()?;
                let frame = [*left, *top];
                part.within(frame, size)
            }
            _ => Mask::of(&self.polygon()?, size),
        }
    }

    /// A mask on its own part of the image.
    fn part(&self) -> Option<Mask> {
        let Figure::Mask([_, _, width, height], runs) = &self.figure else { return None };
        // runs along the rows are runs down the columns of the picture with its sides exchanged
        let lying = Mask {
            class: self.class.clone(),
            width: *height,
            height: *width,
            runs: checked(runs, [*height, *width]).ok()?,
            flags: self.flags.clone(),
        };
        Some(lying.transposed()).filter(Mask::is_sound)
    }
}

/// `x,y;x,y;...`
pub fn ring(text: &str) -> Option<Ring> {
    let point = |pair: &str| {
        let (x, y) = pair.split_once(',')?;
        let of = |c: &str| c.trim().parse::<f64>().ok().filter(|c| c.is_finite());
        Some(Point { x: of(x)?, y: of(y)? })
    };
    text.split(';').map(point).collect()
}

/// The figure a part of the way from one to another; `None` where they are of different sorts.
pub fn between(a: &Figure, b: &Figure, share: f64) -> Option<Figure> {
    let mix = |a: f64, b: f64| a + (b - a) * share;
    match (a, b) {
        (Figure::Box(p, turn), Figure::Box(q, other)) => {
            let [x1, y1, x2, y2] = p;
            let [u1, v1, u2, v2] = q;
            Some(Figure::Box(
                [mix(*x1, *u1), mix(*y1, *v1), mix(*x2, *u2), mix(*y2, *v2)],
                turned(*turn, *other, share),
            ))
        }
        (Figure::Polygon(p), Figure::Polygon(q)) if p.len() == q.len() => {
            let points = p.iter().zip(q).map(|(a, b)| Point { x: mix(a.x, b.x), y: mix(a.y, b.y) });
            Some(Figure::Polygon(points.collect()))
        }
        (Figure::Ellipse([x1, y1, x2, y2]), Figure::Ellipse([u1, v1, u2, v2])) => {
            Some(Figure::Ellipse([mix(*x1, *u1), mix(*y1, *v1), mix(*x2, *u2), mix(*y2, *v2)]))
        }
        (a, b) => (a == b).then(|| a.clone()),
    }
}

/// The turn between two, by the shorter way, from 0 to 360 degrees.
fn turned(from: f64, to: f64, share: f64) -> f64 {
    let way = (to - from + 180.0).rem_euclid(360.0) - 180.0;
    (from + way * share).rem_euclid(360.0)
}

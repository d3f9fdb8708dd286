//! The columns of shapes that a source gives besides boxes.
use super::boxes::Box2;
use super::frames::Frame;
use super::keypoints::Keypoints;
use super::masks::Mask;
use super::polygons::Polygon;
use super::quads::Quad;
use super::shape::{Moved, Shape};
use crate::table::{DataType, Value, list, utf8};

/// A column of shapes as a source gives it.
pub struct Drawing {
    pub column: &'static str,
    pub lost: &'static str,
    pub ty: fn() -> DataType,
    /// A cell of it in another frame, of which nothing is cut.
    pub placed: fn(Value, &Frame) -> Value,
}

const fn drawing<S: Shape>() -> Drawing {
    Drawing { column: S::COLUMN, lost: S::LOST, ty: list_of::<S>, placed: placed::<S> }
}

fn list_of<S: Shape>() -> DataType {
    list(S::ty())
}

/// A cell of shapes in another frame, of which nothing is cut.
pub fn placed<S: Shape>(cell: Value, frame: &Frame) -> Value {
    let Value::List(shapes) = cell else { return cell };
    let moved = |shape: Value| match S::from_value(&shape)?.moved(frame) {
        Moved::Whole(shape) | Moved::Cut(shape) => Some(shape.into_value()),
        Moved::Gone | Moved::Lost => None,
    };
    Value::List(shapes.into_iter().filter_map(moved).collect())
}

/// The column of texts that people wrote of a picture. They lie on no pixels, so that they stay as they are where it is cut or turned.
pub const CAPTIONS: &str = "objects.captions";

/// The columns that a source gives besides boxes, where a task reads them. A new shape is its file and its line here.
pub static DRAWINGS: &[Drawing] = &[
    drawing::<Polygon>(),
    drawing::<Mask>(),
    drawing::<Quad>(),
    drawing::<Keypoints>(),
    Drawing { column: CAPTIONS, lost: "objects.captions_lost", ty: || list(utf8()), placed: |texts, _| texts },
];

/// The class of each shape of a cell, and the smallest upright box around it: left, top, right, bottom. A shape that covers
/// nothing has none.
pub type Around = Vec<(String, Option<[f64; 4]>)>;

fn all_around<S: Shape>(cell: &Value) -> Option<Around> {
    let Value::List(shapes) = cell else { return None };
    let of = |shape: &Value| {
        let mut shape = S::from_value(shape)?;
        Some((shape.class().clone(), shape.around()))
    };
    shapes.iter().map(of).collect()
}

/// Where a shape is seen in the present picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Seen {
    /// In the smallest upright box around it: left, top, right, bottom.
    At([f64; 4]),
    /// On nothing that is kept of the picture.
    Outside,
    /// It covers nothing.
    Nowhere,
}

fn seen_as<S: Shape>(shape: &Value, frame: Option<&Frame>) -> Option<Seen> {
    let shape = S::from_value(shape)?;
    let moved = match frame {
        Some(frame) => shape.moved(frame),
        None => Moved::Whole(shape),
    };
    Some(match moved {
        Moved::Whole(shape) | Moved::Cut(shape) => shape.around().map_or(Seen::Nowhere, Seen::At),
        Moved::Gone => Seen::Outside,
        Moved::Lost => Seen::Nowhere,
    })
}

/// Where a shape of any kind is seen, whose picture may have become another one; `None` if it is no shape.
pub fn seen(shape: &Value, frame: Option<&Frame>) -> Option<Seen> {
    let readers = [seen_as::<Box2>, seen_as::<Polygon>, seen_as::<Mask>, seen_as::<Quad>, seen_as::<Keypoints>];
    readers.into_iter().find_map(|read| read(shape, frame))
}

/// Reads the places of the shapes in a cell; `None` where it is null.
pub type Places = fn(&Value) -> Option<Around>;

/// What reads the places of the shapes in a column of this type; `None` if it holds no shapes.
pub fn places(ty: &DataType) -> Option<Places> {
    let readers: [(DataType, Places); 5] = [
        (list_of::<Box2>(), all_around::<Box2>),
        (list_of::<Polygon>(), all_around::<Polygon>),
        (list_of::<Mask>(), all_around::<Mask>),
        (list_of::<Quad>(), all_around::<Quad>),
        (list_of::<Keypoints>(), all_around::<Keypoints>),
    ];
    readers.into_iter().find(|(own, _)| own == ty).map(|(_, reader)| reader)
}

/// The columns of these names, in the order of the list.
pub fn drawings(names: &[String]) -> Vec<&'static Drawing> {
    DRAWINGS.iter().filter(|d| names.iter().any(|name| name == d.column)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::masks::{packed, ring_runs};
    use super::super::points::Point;
    use super::*;
    use serde::Deserialize;

    /// Values of other programs; the file says how they were made.
    #[derive(Deserialize)]
    struct Reference {
        covered: Vec<Covered>,
        moved: Vec<Change>,
    }

    #[derive(Deserialize)]
    struct Covered {
        size: [u32; 2],
        ring: Vec<f64>,
        packed: String,
    }

    #[derive(Deserialize)]
    struct Change {
        drawn: [u32; 2],
        turn: u32,
        part: [u32; 4],
        present: [u32; 2],
        ring: Vec<f64>,
        area: f64,
        bounds: Option<[f64; 4]>,
    }

    fn reference() -> Reference {
        serde_json::from_str(include_str!("shapes.json")).unwrap()
    }

    fn ring(of: &[f64]) -> Vec<Point> {
        of.chunks(2).map(|p| Point { x: p[0], y: p[1] }).collect()
    }

    #[test]
    fn rings_cover_the_pixels_that_pycocotools_says() {
        for of in reference().covered {
            let runs = ring_runs(&ring(&of.ring), of.size).unwrap();
            assert_eq!(packed(&runs), of.packed, "{:?} in {:?}", of.ring, of.size);
        }
    }

    /// Under 1e-9 of the picture's area and sides.
    #[test]
    fn polygons_move_as_shapely_says() {
        for of in reference().moved {
            let frame = Frame { drawn: of.drawn, turn: of.turn, part: of.part, present: of.present };
            let polygon = Polygon { class: "c".into(), parts: vec![vec![ring(&of.ring)]], flags: Vec::new() };
            let moved = match polygon.moved(&frame) {
                Moved::Whole(p) | Moved::Cut(p) => Some(p),
                Moved::Gone | Moved::Lost => None,
            };
            let (w, h) = frame.size();
            assert!(moved.as_ref().is_none_or(|p| !p.passes((w, h))), "it leaves the picture");
            let area = moved.as_ref().map_or(0.0, Polygon::area);
            assert!((area - of.area).abs() <= 1e-9 * w * h, "{frame:?}: {area} is not {}", of.area);
            for (own, want) in moved.and_then(|p| p.bounds()).into_iter().flatten().zip(of.bounds.into_iter().flatten())
            {
                assert!((own - want).abs() <= 1e-9 * w.max(h), "{frame:?}: {own} is not {want}");
            }
        }
    }
}

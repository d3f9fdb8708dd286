//! What all shapes on pictures have in common: the column that they come in, and that they move with the pixels.
use super::frames::Frame;
use super::masks::Mask;
use super::polygons::Polygon;
use super::quads::Quad;
use crate::table::{Cell, DataType, Value, list};

/// A shape on a picture.
pub trait Shape: Cell {
    /// The column of samples in which formats give lists of them.
    const COLUMN: &'static str;
    /// The column that counts what a format could not keep of it.
    const LOST: &'static str;

    /// The shape in the present picture.
    fn moved(self, frame: &Frame) -> Moved<Self>;
}

/// What became of a shape whose picture changed.
#[derive(Clone, Debug, PartialEq)]
pub enum Moved<S> {
    /// It is there as it was.
    Whole(S),
    /// What lay outside of the part that was kept is cut off.
    Cut(S),
    /// It lies outside of the part that was kept.
    Gone,
    /// Some of it is there, which cannot be said in a shape of its kind.
    Lost,
}

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

/// The columns that a source gives besides boxes, where a task reads them. A new shape is its file and its line here.
pub static DRAWINGS: &[Drawing] = &[drawing::<Polygon>(), drawing::<Mask>(), drawing::<Quad>()];

/// The columns of these names, in the order of the list.
pub fn drawings(names: &[String]) -> Vec<&'static Drawing> {
    DRAWINGS.iter().filter(|d| names.iter().any(|name| name == d.column)).collect()
}

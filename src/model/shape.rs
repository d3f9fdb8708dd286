//! What all shapes on pictures have in common: the column that they come in, and that they move with the pixels.
use super::frames::Frame;
use crate::table::Cell;

/// A shape on a picture.
pub trait Shape: Cell {
    /// The column of samples in which formats give lists of them.
    const COLUMN: &'static str;
    /// The column that counts what a format could not keep of it.
    const LOST: &'static str;

    /// What it is said to be.
    fn class(&mut self) -> &mut String;

    /// The shape in the present picture.
    fn moved(self, frame: &Frame) -> Moved<Self>;

    /// Left, top, right and bottom of the smallest upright box around it, in pixels; `None` where it covers nothing, or a
    /// coordinate is no number.
    fn around(&self) -> Option<[f64; 4]>;
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

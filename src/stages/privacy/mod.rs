//! `[privacy]`: steps that take personal data out of the samples, and the detectors that find it.
mod actions;
pub mod checked;
mod declaration;
pub mod detect;
pub mod detectors;
pub mod ids;
pub mod images;
mod keys;
pub mod operators;
mod sought;
mod surrogates;
pub mod written;

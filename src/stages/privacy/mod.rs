//! `[privacy]`: steps that take personal data out of the samples, and the detectors that find it.
pub mod detect;
pub mod detectors;

//! New samples out of labelled ones: texts whose labels move along because each change says what it replaces.
//!
//! Everything here is a function of its arguments. What is drawn comes from streams of numbers that the caller keys by seed, id
//! and copy, so that the same sample gives the same child wherever it stands.
mod doc;
mod korean;
mod layers;
mod ops;
mod pictures;
mod pool;
mod typing;

pub use doc::{Change, Doc, Unit, changed, units};
pub use korean::{agreed, swapped};
pub use layers::{Mix, Other, Others, boxes, hidden};
pub use ops::{Made, Noise, Op, Shared, Template, made};
pub use pictures::{Layer, Picture, Ways, turns};
pub use pool::{Entry, Pool};

/// A share of one, in millionths.
pub const ONE: u64 = 1_000_000;

/// Whether a number drawn over u64 falls into a share of so many millionths.
pub fn hits(drawn: u64, share: u64) -> bool {
    (drawn >> 32) * ONE < share << 32
}

//! What a picture looks like in few bytes, and which pictures look alike, also when one is mirrored, turned or cut.
//!
//! A picture becomes [`SIDE`] x [`SIDE`] means of its luma ([`Small`]), whatever its shape. Candidates are found by hashes of
//! 64 signs of its cosine transform ([`hash`], after the published "pHash": Zauner 2010), of the whole and of smaller windows
//! that a cut may have left ([`windows`]). No pair is taken for its hashes: [`likeness`] compares the small pictures themselves.
pub mod hash;
pub mod likeness;
pub mod near;
pub mod small;
pub mod statistics;

pub use hash::{Hashes, windows};
pub use small::{SIDE, Small};

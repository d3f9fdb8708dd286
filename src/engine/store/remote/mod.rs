//! Results and objects of a store elsewhere, for other checkouts: what is not raw is pushed, and found by whoever builds the
//! same. Layout and promises: `spec/store.md`.
pub(super) mod far;
mod pull;
mod push;
mod segment;

pub use far::{Far, Met};
pub use pull::{Pulled, pull};
pub use push::{Pushed, Unpushed, push};

//! How good predictions are: spans and classes that are right, and how far probabilities can be trusted.
mod classes;
mod probabilities;
#[cfg(test)]
mod reference_tests;
mod spans;

pub use classes::Confusion;
pub use probabilities::{Reliability, Trust};
pub use spans::Found;

//! How good predictions are: spans and classes that are right, and how far probabilities can be trusted.
mod classes;
mod detection;
mod points;
mod probabilities;
#[cfg(test)]
mod reference_tests;
mod spans;
mod texts;

pub use classes::Confusion;
pub use detection::{Detected, Detections, Given, Pictured, Precision};
pub use points::oks;
pub use probabilities::{Reliability, Trust};
pub use spans::Found;
pub use texts::{ErrorRate, edits};

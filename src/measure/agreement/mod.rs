//! Agreement between annotators: the published coefficients on counts, and intervals by resampling.
//!
//! All are (observed - expected) / (1 - expected) with different ideas of what chance alone would give. Answers come as
//! [`Units`]: how often each category was given to each thing that was judged. Sums are of integers, or of floats in the
//! order of the distinct patterns of counts, so that neither the order of rows nor of threads changes a bit.
//!
//! A coefficient that the data cannot give is [`Undefined`] with the reason: never NaN, never 0 and never 1 in its place.
//! Sources of the formulas: Cohen 1960 and 1968, Scott 1955, Fleiss 1971, Krippendorff 2011, Gwet 2008 and 2014,
//! Brennan and Prediger 1981.
mod bootstrap;
mod coefficients;
mod matching;
mod pairs;
mod sets;
mod units;

pub use bootstrap::{Interval, interval};
pub use coefficients::{Coefficient, Level, SETS_MAX, Weights};
pub use matching::{Match, best, greatest};
pub use pairs::Pair;
pub use sets::{all_apart, apart, set_of, set_text};
pub use units::Units;

/// Why a coefficient has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undefined {
    /// Nothing was judged by two annotators.
    NoOverlap,
    /// All answers are of one category, so that chance alone would agree as well.
    NoVariation,
    /// A measure of distance over more different values than can be compared with each other.
    ManyValues,
    /// The ratio scale has no negative numbers.
    Negative,
}

impl Undefined {
    /// The reason in words.
    pub fn say(self) -> &'static str {
        match self {
            Undefined::NoOverlap => "nothing was answered by two annotators",
            Undefined::NoVariation => "all answers are the same, so that chance alone would agree as well",
            Undefined::ManyValues => "there are too many different values to compare each with each",
            Undefined::Negative => "a ratio scale has no negative values",
        }
    }
}

#[cfg(test)]
mod reference_tests;

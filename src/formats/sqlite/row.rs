//! What a database gives, and how much it may do for it.
use crate::formats::encoding::Wrong;

/// Steps of SQLite's machine that a query may take.
#[cfg(feature = "database")]
pub const STEPS_MAX: u64 = 4_000_000_000;

/// A row of the answer.
pub struct Row {
    /// The row as an object of JSON, in the order of the query; what JSON cannot hold is null in it.
    pub object: Result<String, Wrong>,
    /// Columns whose value is lost, and why.
    pub lost: Vec<(String, &'static str)>,
}

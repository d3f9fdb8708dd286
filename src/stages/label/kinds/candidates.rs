//! What kinds of task say whose answers hold declared candidates against each other.
use super::super::metric::Scale;
use crate::table::Value;

/// What a kind with candidates says beside what every kind says.
pub struct Candidates {
    /// What a coefficient counts of tasks with these candidates, in their order.
    pub categories: fn(&[String]) -> Vec<String>,
    /// The level of measurement of these categories.
    pub level: Scale,
    /// Answers may be names between which the declared separator stands.
    pub separated: bool,
    /// An answer as one word that most may give.
    pub word: fn(&Value) -> String,
}

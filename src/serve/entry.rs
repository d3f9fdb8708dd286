//! A question that waits for a person, as the list of all questions has it.
use crate::review::ask::Asked;

/// A sample about which somebody is asked, and where it stands.
pub struct Entry {
    pub key: String,
    pub asked: Asked,
    /// Among the samples as they are shown.
    pub place: Option<(usize, u32)>,
    /// How much it is worth to ask: 0 to 1.
    pub worth: f64,
}

//! What a detector is.
use super::hit::Found;
use super::text::Text;

/// A kind of personal data and how to find it.
pub struct Detector {
    /// The name in `types = [...]`.
    pub name: &'static str,
    /// What is found, for the reference.
    pub doc: &'static str,
    /// Raised when the same text may give other hits.
    pub version: u32,
    /// What masking writes in place of a hit.
    pub mask: &'static str,
    /// Appends what is found in a text, with bytes of its plain form; what is found may overlap.
    pub(super) find: fn(&Text, &mut Vec<Found>),
}

//! What a detector is, and what it finds.

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
    /// Appends the hits in `text`, in order and without overlaps among themselves.
    pub find: fn(&str, &mut Vec<Hit>),
}

/// Something found: the bytes `start..end` of the text, on character borders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    pub start: usize,
    pub end: usize,
    pub detector: &'static str,
}

//! What another spelling changes in a text.

/// The bytes `start..end` become a character, or nothing.
pub(super) struct Change {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) with: Option<char>,
}

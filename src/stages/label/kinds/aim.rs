//! A shape or a span of another label, which answers may be about.
/// A shape or a span of another label: its class, and where it is; a shape that covers nothing is nowhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Aim {
    pub class: String,
    pub at: Place,
}

/// Where a shape or a span is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    Nowhere,
    /// The first character, and the one behind the last.
    Span(u32, u32),
    /// Left, top, right and bottom of the smallest upright box around it.
    Box([f64; 4]),
}

//! The documents of a release: pages for people and for hubs of data sets.
pub mod attribution;
pub mod card;
pub mod croissant;
mod told;
mod yaml;

use crate::diag::acts;
pub use told::{GateCard, LabelCard, PageCard};

/// A text of one line without what a terminal or a page would obey.
pub fn still(text: &str) -> String {
    text.chars().map(|c| if acts(c) { ' ' } else { c }).collect()
}

/// A text of several lines without it; nothing in it is a tag of HTML.
pub fn paragraphs(text: &str) -> String {
    let still: String = text.chars().map(|c| if acts(c) && c != '\n' { ' ' } else { c }).collect();
    still.replace('<', "&lt;")
}

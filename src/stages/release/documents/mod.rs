//! The documents of a release: pages for people and for hubs of data sets.
pub mod attribution;
pub mod card;
mod told;
mod yaml;

pub use told::{GateCard, LabelCard, PageCard};

/// A text of one line without what a terminal or a page would obey: control characters, and those that turn the direction
/// of writing.
pub fn still(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || turns(c) { ' ' } else { c }).collect()
}

/// A text of several lines, of which only the line ends are kept of what a page would obey.
pub fn paragraphs(text: &str) -> String {
    text.chars()
        .map(|c| if (c.is_control() && c != '\n') || turns(c) { ' ' } else { c })
        .collect::<String>()
        .replace('<', "&lt;")
}

fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

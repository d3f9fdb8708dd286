//! The documents of a release: pages for people, and descriptions for programs and catalogues. All are written from one
//! [`description::Description`]; [`list::DOCUMENTS`] lists those that a release may have besides the card and the attribution.
pub mod attribution;
pub mod card;
mod certificate;
mod citation;
mod croissant;
mod datacite;
mod datapackage;
mod datasheet;
pub mod description;
pub mod list;
mod markdown;
mod provenance;
mod ro_crate;
mod spdx;
mod told;
pub mod wanted;
mod words;
mod yaml;

use crate::diag::acts;
pub use told::{GateCard, LabelCard, PageCard, said_of};

/// A text of one line without what a terminal or a page would obey.
pub fn still(text: &str) -> String {
    text.chars().map(|c| if acts(c) { ' ' } else { c }).collect()
}

/// A text of several lines without it; nothing in it is a tag of HTML.
pub fn paragraphs(text: &str) -> String {
    let still: String = text.chars().map(|c| if acts(c) && c != '\n' { ' ' } else { c }).collect();
    still.replace('<', "&lt;")
}

/// JSON with its line end.
fn json(value: &serde_json::Value) -> Vec<u8> {
    let mut out = serde_json::to_vec_pretty(value).unwrap_or_default();
    out.push(b'\n');
    out
}

/// The same object without keys that say nothing.
fn said(mut value: serde_json::Value) -> serde_json::Value {
    if let serde_json::Value::Object(of) = &mut value {
        let empty = |v: &serde_json::Value| {
            v.is_null() || v.as_array().is_some_and(Vec::is_empty) || v.as_str().is_some_and(str::is_empty)
        };
        of.retain(|_, v| !empty(v));
    }
    value
}

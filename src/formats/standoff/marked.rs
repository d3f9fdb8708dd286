//! Spans, relations and attributes as JSON: as a file of votes has them, so that the kinds of task read them by what they
//! have. What no span in one part can be stands in the list without places, and so is counted as lost where it is read.
use crate::formats::writer::{Needs, Place, Writer, one_after_another, scattered};
use serde_json::{Value as Json, json};

/// What the writers of this folder need: spans on their text, and the relations between them.
pub const NEEDS: Needs = Needs { label: &["ner"], text: true, relations: true, ..Needs::NONE };

/// What they share: a file for each sample.
pub const WRITER: Writer = Writer {
    version: 1,
    uses: &[],
    files: "",
    doc: "",
    needs: NEEDS,
    encode: super::webanno_write::encode,
    outline: scattered,
    join: one_after_another,
    samples: None,
    values: None,
    place: Place::File,
    table: false,
    loses: &["ner"],
    index: None,
};

/// A span in characters; `text` is what it covers, as its file says.
pub fn span(class: Option<&str>, (start, end): (u64, u64), text: Option<&str>) -> Json {
    let mut out = json!({ "class": class, "start": start, "end": end });
    if let (Some(text), Json::Object(object)) = (text, &mut out) {
        object.insert("text".into(), text.into());
    }
    out
}

/// A span that lies in several parts.
pub fn parted(class: &str, parts: &[(u64, u64)]) -> Json {
    json!({ "class": class, "parts": parts.iter().map(|(start, end)| json!([start, end])).collect::<Vec<_>>() })
}

/// An annotation that could not be read.
pub fn unread() -> Json {
    json!({ "class": null })
}

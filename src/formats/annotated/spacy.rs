//! `spacy`: JSON Lines of texts with places, as projects of spaCy have them before they are made a `DocBin`. Words and keys:
//! see the head of the folder.
//!
//! `entities` are the spans, or else those of the only group in `spans`; a group of several is taken as `spans.NAME`. The
//! classes are those of `cats` whose score is at least a half. Findings: `spacy.groups` (several groups, none of which is
//! taken), `annotated.several`. Limits: a line that is a list (`["text", {..}]`) is dropped as no object.
//!
//! Written with `entities`, or with `spans.sc` where spans overlap, since spaCy holds no two entities on one token.
use super::said::{Said, columns, items, read, span_of, ty};
use super::write;
use crate::formats::cut::Split;
use crate::formats::encoding::ENCODING;
use crate::formats::format::Format;
use crate::formats::json::{Json, select};
use crate::formats::lines::cut_text;
use crate::formats::reader::{Offers, Reader, Selects, adds_nothing};
use crate::formats::writer::Writer;

pub const FORMAT: Format = Format {
    options: &[ENCODING],
    beside: Some(["id", "stem", "spans"]),
    reader: Some(Reader {
        version: 0,
        uses: &[],
        cut: |options| cut_text(options, Split::Lines),
        id: "content",
        own_id: None,
        selects: Selects::Names,
        text: |_| "text",
        ty,
        adds: adds_nothing,
        read: |ask, unit, out| read(ask, unit, out, says, TAKEN),
        offers: Offers::Columns(|options, len, at| columns(options, len, at, says, TAKEN)),
    }),
    writer: Some(Writer { files: "spacy/SPLIT.jsonl", encode: write::spacy, ..write::WRITER }),
    ..Format::new("spacy", "JSON Lines of texts with `entities` or groups of `spans`, as spaCy takes them.")
};

const TAKEN: &[&str] = &["entities", "spans", "cats"];

fn says(object: &Json) -> Said {
    let mut out = Said::default();
    out.spans = match (items(object, "entities"), select(object, "spans")) {
        (Some(all), _) => Some(all.iter().map(span_of).collect()),
        (None, Some(Json::Object(groups))) => match groups.as_slice() {
            [(_, Json::Array(all))] => Some(all.iter().map(span_of).collect()),
            [] => Some(Vec::new()),
            many => {
                out.tell("spacy.groups", many.len(), "groups of spans, of which none is taken; `spans.NAME` takes one");
                None
            }
        },
        (None, Some(Json::Array(all))) => Some(all.iter().map(span_of).collect()),
        _ => None,
    };
    if let Some(Json::Object(cats)) = select(object, "cats") {
        let holds = |score: &Json| match score {
            Json::Bool(yes) => *yes,
            Json::Int(n) => *n >= 1,
            Json::Float(score) => *score >= 0.5,
            _ => false,
        };
        out.classes = Some(cats.iter().filter(|(_, score)| holds(score)).map(|(name, _)| name.to_string()).collect());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::json::parse;
    use serde_json::json;

    #[test]
    fn entities_groups_and_cats() {
        let of = |line: &str| says(&parse(line.as_bytes(), 9).unwrap());
        let said = of(r#"{"text": "Kim", "entities": [[0, 3, "P"]], "cats": {"A": 1.0, "B": 0.2}}"#);
        assert_eq!(said.spans, Some(vec![json!({"start": 0, "end": 3, "class": "P"})]));
        assert_eq!(said.classes, Some(vec!["A".to_string()]));
        assert_eq!(of(r#"{"spans": {"sc": [[0, 1, "P"], [0, 2, "Q"]]}}"#).spans.map(|s| s.len()), Some(2));
        let said = of(r#"{"spans": {"a": [], "b": []}}"#);
        assert_eq!((said.spans, said.told[0].0), (None, "spacy.groups"));
    }
}

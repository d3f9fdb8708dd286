//! `spacy`: JSON Lines of texts with places, as projects of spaCy have them before they are made a `DocBin`. Words and keys:
//! see the head of the folder.
//!
//! `entities`, or the `ents` of `Doc.to_json`, are the spans; where there are none, those of the only group in `spans`. A group
//! of several is taken as `spans.NAME`. The classes are those of `cats` whose score is at least a half. Findings:
//! `spacy.groups` (groups that are not taken), `annotated.several`, `annotated.more` (links of entities).
//!
//! The form in which spaCy is trained, `["text", {"entities": [..]}]`, is the same object with that `text`, a line each, or with `layout =
//! "list"` all in one list.
//!
//! Written with `entities`, or with `spans.sc` where spans overlap, since spaCy holds no two entities on one token.
use super::said::{Said, Way, columns_of, items, lines, listing, ty, whole_lines};
use super::write;
use crate::formats::cut::{Cut, Holds, Split};
use crate::formats::encoding::ENCODING;
use crate::formats::format::Format;
use crate::formats::json::{Json, select};
use crate::formats::json_array::objects;
use crate::formats::lines::cut_text;
use crate::formats::options::{Choice, Takes};
use crate::formats::reader::{Offers, Reader, Selects, adds_nothing};
use crate::formats::writer::Writer;
use serde_json::value::RawValue;
use std::borrow::Cow;

pub const FORMAT: Format = Format {
    options: &[ENCODING, LAYOUT],
    beside: Some(["id", "stem", "spans"]),
    given: Some("text"),
    reader: Some(Reader {
        version: 2, // pairs of a text and its object
        uses: &[],
        cut: |options| match options.text(&LAYOUT) {
            "list" => Cut::Document(Holds::Many),
            _ => cut_text(options, Split::Lines),
        },
        id: "content",
        own_id: None,
        selects: Selects::Names,
        text: |_| "text",
        ty,
        adds: adds_nothing,
        read: |ask, unit, out| match ask.options.text(&LAYOUT) {
            "list" => listing(ask, unit, out, WAY),
            _ => lines(ask, unit, out, WAY),
        },
        offers: Offers::Columns(|options, len, at| match options.text(&LAYOUT) {
            "list" => columns_of(options, len, at, (says, TAKEN), &|head, _| objects(head).map(own).collect()),
            _ => columns_of(options, len, at, (says, TAKEN), &|head, off| whole_lines(head, off).map(own).collect()),
        }),
    }),
    writer: Some(Writer { files: "spacy/SPLIT.jsonl", encode: write::spacy, ..write::WRITER }),
    ..Format::new("spacy", "JSON Lines of texts with `entities` or groups of `spans`, as spaCy takes them.")
};

/// How the records of a file are written.
const LAYOUT: Choice = Choice {
    name: "layout",
    doc: "How the records of a file are written, for `spacy`: `lines`, one a line, or `list`, all in one JSON list. Default `lines`.",
    takes: Takes::Word { of: &["lines", "list"] },
};

const WAY: Way = Way { says, taken: TAKEN, object: paired };

/// A pair of a text and an object, as the training of spaCy takes it, as the object with that text. What is no such pair stays as it is, and is
/// told as no object.
fn paired(own: &[u8]) -> Cow<'_, [u8]> {
    let pair = || {
        let text = std::str::from_utf8(own).ok()?.trim_start_matches('\u{feff}').trim();
        let (text, object) =
            serde_json::from_str::<(&RawValue, &RawValue)>(text.strip_prefix('[').map(|_| text)?).ok()?;
        let inner = object.get().strip_prefix('{')?.trim_start();
        let comma = if inner.starts_with('}') { "" } else { ", " };
        text.get().starts_with('"').then(|| format!("{{\"text\": {}{comma}{inner}", text.get()).into_bytes())
    };
    pair().map_or(own.into(), Cow::Owned)
}

fn own(bytes: &[u8]) -> Vec<u8> {
    paired(bytes).into_owned()
}

const TAKEN: &[&str] = &["entities", "ents", "spans", "cats"];

const SEVERAL: &str = "groups of spans, of which none is taken; `spans.NAME` takes one";

fn says(object: &Json) -> Said {
    let mut out = Said::default();
    let groups: Option<Vec<&[Json]>> = match select(object, "spans") {
        Some(Json::Object(groups)) => {
            let lists =
                groups.iter().filter_map(|(_, g)| if let Json::Array(all) = g { Some(all.as_slice()) } else { None });
            Some(lists.collect())
        }
        Some(Json::Array(all)) => Some(vec![all]),
        _ => None,
    };
    // a `Doc` of spaCy may have an empty list of entities where its spans stand in a group
    let filled = || groups.iter().flatten().filter(|group| !group.is_empty()).copied();
    match (items(object, "entities").or(items(object, "ents")), groups.as_deref()) {
        (Some(all), _) if !all.is_empty() => {
            out.tell("spacy.groups", filled().count(), "groups of spans beside entities; `spans.NAME` takes one");
            out.mark(all);
        }
        (Some(_), _) => match filled().collect::<Vec<_>>().as_slice() {
            [] => out.mark(&[]),
            [one] => out.mark(one),
            many => out.tell("spacy.groups", many.len(), SEVERAL),
        },
        (None, Some([])) => out.mark(&[]),
        (None, Some([one])) => out.mark(one),
        (None, Some(many)) => out.tell("spacy.groups", many.len(), SEVERAL),
        (None, None) => {}
    }
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

    #[test]
    fn a_text_beside_its_object_is_in_it() {
        let of = |line: &str| String::from_utf8(own(line.as_bytes())).unwrap();
        assert_eq!(of(r#" ["Kim \" ran", { "entities": []}]"#), r#"{"text": "Kim \" ran", "entities": []}"#);
        assert_eq!(of(r#"["Kim", {}]"#), r#"{"text": "Kim"}"#);
        for other in [r#"{"text": "Kim"}"#, r#"["Kim", []]"#, r#"[1, {}]"#, r#"["Kim", {}, 1]"#, "["] {
            assert_eq!(of(other), other);
        }
    }

    /// What `Doc.to_json` writes: `ents` always, and groups of spans beside them.
    #[test]
    fn documents_of_spacy_itself() {
        let of = |line: &str| says(&parse(line.as_bytes(), 9).unwrap());
        let said = of(r#"{"text": "Kim", "ents": [{"start": 0, "end": 3, "label": "P"}], "tokens": [{"id": 0}]}"#);
        assert_eq!(said.spans, Some(vec![json!({"start": 0, "end": 3, "class": "P"})]));
        let said = of(r#"{"ents": [], "spans": {"sc": [{"start": 0, "end": 3, "label": "P", "kb_id": ""}], "x": []}}"#);
        assert_eq!((said.spans.map(|s| s.len()), said.told), (Some(1), vec![]));
        let said =
            of(r#"{"ents": [{"start": 0, "end": 1, "label": "P", "kb_id": "Q1"}], "spans": {"sc": [[0, 1, "Q"]]}}"#);
        assert_eq!(
            said.told.iter().map(|t| (t.0, t.1)).collect::<Vec<_>>(),
            [("spacy.groups", 1), ("annotated.more", 1)]
        );
        assert_eq!(of(r#"{"ents": [], "spans": {}}"#).spans, Some(vec![]));
    }
}

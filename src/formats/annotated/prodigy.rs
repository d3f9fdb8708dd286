//! `prodigy`: JSON Lines as Prodigy writes its data sets. Words and keys: see the head of the folder.
//!
//! A line that was not accepted is no answer, and counted (`prodigy.answer`): with most recipes a rejected one is no "nothing
//! there". The annotator is `_annotator_id`, or else `_session_id`. Classes are those of `accept`, or the `label` of an
//! accepted line. Findings: `prodigy.shapes` (spans on pictures), `prodigy.sound` (spans on sounds), which are not read;
//! `annotated.relations`, `annotated.several`.
//!
//! Written with the text and the spans of an `ner` label, and the relations between them, `answer` and hashes left out. Relations name spans and no tokens.
use super::said::{Said, columns, items, read, relation, span_of, texts, ty};
use super::write;
use crate::formats::cut::Split;
use crate::formats::encoding::ENCODING;
use crate::formats::format::Format;
use crate::formats::json::{Json, select};
use crate::formats::lines::cut_text;
use crate::formats::reader::{Offers, Reader, Record, Selects, adds_nothing};
use crate::formats::writer::Writer;

pub const FORMAT: Format = Format {
    options: &[ENCODING],
    beside: Some(["_input_hash", "annotator", "spans"]),
    given: Some("text"),
    reader: Some(Reader {
        version: 2, // ends of relations are spans
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
    writer: Some(Writer {
        files: "prodigy/SPLIT.jsonl",
        needs: write::RELATED,
        encode: write::prodigy,
        ..write::WRITER
    }),
    ..Format::new("prodigy", "JSON Lines of Prodigy: a text with spans, choices and relations, a line for each answer.")
};

const TAKEN: &[&str] = &["spans", "tokens", "relations", "label", "accept", "options", "audio_spans"];

fn says(object: &Json) -> Said {
    let mut out = Said {
        annotator: Record::text(object, "_annotator_id").or_else(|| Record::text(object, "_session_id")),
        ..Said::default()
    };
    let answer = Record::text(object, "answer");
    if answer.as_deref().is_some_and(|answer| answer != "accept") {
        out.tell("prodigy.answer", 1, "lines that were rejected or passed over, which are no answers");
        return out;
    }
    if let Some(all) = items(object, "spans") {
        let drawn = |span: &&Json| select(span, "points").is_some() || select(span, "start").is_none();
        let shapes = all.iter().filter(drawn).count();
        out.tell("prodigy.shapes", shapes, "spans on a picture, which are not read");
        // a file of pictures has no spans of a text
        if shapes == 0 || shapes < all.len() {
            out.mark(all);
        }
    }
    out.classes = match (items(object, "accept"), select(object, "label")) {
        (Some(all), _) => texts(all),
        (None, Some(Json::Text(label))) => Some(vec![label.to_string()]),
        _ => None,
    };
    if let Some(relations) = items(object, "relations") {
        let end = |r: &Json, span: &str, token: &str| match select(r, span) {
            Some(own @ Json::Object(_)) => span_of(own),
            _ => select(r, token).map(Json::tree).unwrap_or_default(),
        };
        let one = |r: &Json| relation(select(r, "label"), end(r, "head_span", "head"), end(r, "child_span", "child"));
        out.relations = Some(relations.iter().map(one).collect());
    }
    out.tell(
        "prodigy.sound",
        items(object, "audio_spans").map_or(0, <[Json]>::len),
        "spans on a sound, which are not read",
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::json::parse;
    use serde_json::json;

    #[test]
    fn accepted_lines_are_answers_and_others_are_told() {
        let of = |line: &str| says(&parse(line.as_bytes(), 9).unwrap());
        let said = of(
            r#"{"text": "Kim ran", "spans": [{"start": 0, "end": 3, "token_start": 0, "token_end": 0, "label": "P"}],
            "answer": "accept", "_session_id": "d-kim"}"#,
        );
        assert_eq!(said.spans, Some(vec![json!({"start": 0, "end": 3, "class": "P"})]));
        assert_eq!(said.annotator.as_deref(), Some("d-kim"));
        let said = of(r#"{"text": "a", "spans": [], "answer": "reject"}"#);
        assert_eq!((said.spans, said.told[0].0), (None, "prodigy.answer"));
        let said = of(r#"{"text": "a b", "spans": [], "relations": [{"head": 0, "child": 1, "label": "of",
            "head_span": {"start": 0, "end": 1, "label": "P"}, "child_span": {"start": 2, "end": 3, "label": null}}]}"#);
        let ends = json!([{"start": 0, "end": 1, "class": "P"}, {"start": 2, "end": 3, "class": null}]);
        assert_eq!(said.relations, Some(vec![json!({"type": "of", "from": ends[0], "to": ends[1]})]));
        assert_eq!(of(r#"{"accept": ["A", "B"], "answer": "accept"}"#).classes.map(|c| c.len()), Some(2));
        assert_eq!(of(r#"{"label": "A", "answer": "accept"}"#).classes, Some(vec!["A".to_string()]));
        let said = of(r#"{"image": "a.png", "spans": [{"label": "A", "points": [[0, 0], [1, 1]]}]}"#);
        assert_eq!((said.spans, said.told[0].0), (None, "prodigy.shapes"));
    }
}

//! `doccano`: JSON Lines as doccano exports them. Words and keys: see the head of the folder.
//!
//! Read are `label` and `labels` (spans, classes, or texts that were written), `entities`, `cats`, `relations`, and the
//! `annotations` of older versions, with their user. A file is of one annotator, whose name it has. Findings: `doccano.users`
//! (several of them in one line), `doccano.shapes` (boxes and outlines on pictures, which are not read),
//! `doccano.comments`, `annotated.relations` (that no field takes), `annotated.several` (classes where one is asked for). Places
//! count characters; if the project counted graphemes, nothing in the file says so.
//!
//! Written with the text and the spans of an `ner` label, and the relations between them.
use super::said::{Said, columns, items, read, relation, span_of, texts, ty};
use super::write;
use crate::formats::cut::Split;
use crate::formats::encoding::ENCODING;
use crate::formats::format::Format;
use crate::formats::json::{Json, select};
use crate::formats::lines::cut_text;
use crate::formats::reader::{Offers, Reader, Record, Selects, adds_nothing};
use crate::formats::writer::Writer;
use serde_json::Value as Tree;
use std::collections::BTreeMap;

pub const FORMAT: Format = Format {
    options: &[ENCODING],
    beside: Some(["id", "stem", "spans"]),
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
        files: "doccano/SPLIT.jsonl",
        needs: write::RELATED,
        encode: write::doccano,
        ..write::WRITER
    }),
    ..Format::new("doccano", "JSON Lines of doccano: a text with spans, classes and relations.")
};

/// Keys that the words stand for.
const TAKEN: &[&str] = &["label", "labels", "entities", "cats", "relations", "Comments", "annotator", "annotations"];

fn says(object: &Json) -> Said {
    let mut out = Said::default();
    for key in ["label", "labels", "entities", "cats"] {
        match select(object, key) {
            Some(Json::Text(one)) => out.classes.get_or_insert_default().push(one.to_string()),
            Some(Json::Array(all)) => match texts(all) {
                Some(_) if all.is_empty() => {
                    // nothing there: which of the two was asked, the other lines say
                    out.spans.get_or_insert_default();
                    if key != "entities" {
                        out.classes.get_or_insert_default();
                    }
                }
                Some(classes) => out.classes.get_or_insert_default().extend(classes),
                None => out.mark(all),
            },
            _ => {}
        }
    }
    if let Some(relations) = items(object, "relations") {
        let entities = ["entities", "label", "labels"].iter().find_map(|key| items(object, key)).unwrap_or_default();
        let numbered = entities.iter().filter_map(|e| Some((Record::text(e, "id")?, span_of(e))));
        let spans: BTreeMap<String, Tree> = numbered.collect();
        let end = |r: &Json, key: &str| {
            let span = Record::text(r, key).and_then(|id| spans.get(&id).cloned());
            span.or_else(|| select(r, key).map(Json::tree)).unwrap_or_default()
        };
        let one = |r: &Json| relation(select(r, "type"), end(r, "from_id"), end(r, "to_id"));
        out.relations = Some(relations.iter().map(one).collect());
    }
    let shapes = ["bbox", "segmentation"].iter().filter_map(|key| items(object, key)).map(<[Json]>::len).sum();
    out.tell("doccano.shapes", shapes, "boxes and outlines on a picture, which are not read");
    let comments = items(object, "Comments").map_or(0, <[Json]>::len);
    out.tell("doccano.comments", comments, "comments, which are not kept");
    out.annotator = Record::text(object, "annotator");
    older(object, &mut out);
    out
}

/// What `annotations` say, the list that older versions of doccano write: spans or classes, each with its user.
fn older(object: &Json, out: &mut Said) {
    let Some(all) = items(object, "annotations") else { return };
    let (spans, classes): (Vec<&Json>, Vec<&Json>) =
        all.iter().partition(|a| select(a, "start_offset").is_some() || select(a, "label").is_none());
    if all.is_empty() || !spans.is_empty() {
        spans.iter().for_each(|span| out.mark(std::slice::from_ref(*span)));
        out.spans.get_or_insert_default();
    }
    if all.is_empty() || !classes.is_empty() {
        let names = classes.iter().filter_map(|class| Record::text(*class, "label"));
        out.classes.get_or_insert_default().extend(names);
    }
    let mut users: Vec<String> = all.iter().filter_map(|a| Record::text(a, "user")).collect();
    users.sort_unstable();
    users.dedup();
    if users.len() > 1 {
        out.tell(
            "doccano.users",
            users.len(),
            "people whose annotations stand in one line and are taken as one answer",
        );
    }
    out.annotator = out.annotator.take().or(users.pop().filter(|_| users.is_empty()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::json::parse;
    use serde_json::json;

    #[test]
    fn labels_are_spans_or_classes_by_what_they_hold() {
        let of = |line: &str| says(&parse(line.as_bytes(), 9).unwrap());
        let said = of(r#"{"text": "a", "label": [[0, 1, "X"], 5]}"#);
        assert_eq!(said.spans, Some(vec![json!({"start": 0, "end": 1, "class": "X"}), json!({"class": null})]));
        let said = of(r#"{"text": "a", "entities": [[0, 1, "C"]], "cats": ["flight"]}"#);
        assert_eq!((said.spans.map(|s| s.len()), said.classes), (Some(1), Some(vec!["flight".to_string()])));
        let said = of(r#"{"entities": [{"id": 0, "start_offset": 0, "end_offset": 6, "label": "ORG"}],
            "relations": [{"id": 0, "from_id": 0, "to_id": 1, "type": "by"}], "Comments": ["hm"]}"#);
        let span = json!({"start": 0, "end": 6, "class": "ORG"});
        assert_eq!(
            said.relations,
            Some(vec![json!({"type": "by", "from": span, "to": 1})]),
            "no entity has the number 1"
        );
        assert_eq!(said.told, [("doccano.comments", 1, "comments, which are not kept")]);
        let said = of(r#"{"text": "a", "annotations": [{"label": 7, "start_offset": 0, "end_offset": 1, "user": 3}]}"#);
        assert_eq!(said.spans, Some(vec![json!({"start": 0, "end": 1, "class": 7})]));
        assert_eq!(said.annotator.as_deref(), Some("3"));
        let said = of(r#"{"annotations": [{"label": "A", "user": 1}, {"label": "B", "user": 2}]}"#);
        assert_eq!((said.classes.map(|c| c.len()), said.annotator, said.told[0].0), (Some(2), None, "doccano.users"));
        assert_eq!(of(r#"{"text": "a"}"#), Said::default());
        assert_eq!(of(r#"{"label": []}"#).spans, Some(vec![]));
    }
}

//! JSON Lines of label tools for texts: what the lines say their spans by is that of one tool. Lines without a span are JSON
//! Lines like others.
use super::recogniser::{Key, Recogniser};
use crate::formats::json::{Json, parse, select};
use crate::new::folder::Beginning;

pub const PRODIGY: Recogniser = Recogniser { format: "prodigy", sees: |b| sees(b, prodigy), ids: &[] };
pub const DOCCANO: Recogniser = Recogniser { format: "doccano", sees: |b| sees(b, doccano), ids: &[] };
pub const SPACY: Recogniser = Recogniser { format: "spacy", sees: |b| sees(b, spacy), ids: &[] };

/// The formats of these lines, which have their spans in `spans`.
pub const FORMATS: &[&str] = &["prodigy", "doccano", "spacy", "webanno"];

/// Lines that are looked at.
const LINES: usize = 200;

/// Whether lines are objects, and some hold spans in the way of the tool, most of these beside a text.
fn sees(b: &Beginning, says: fn(&Json) -> bool) -> Option<Vec<Key>> {
    (super::jsonl::RECOGNISER.sees)(b)?;
    let bytes = b.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&b.bytes);
    let mut lines: Vec<&[u8]> = bytes.split(|c| *c == b'\n').filter(|l| !l.trim_ascii().is_empty()).collect();
    if !b.whole && lines.len() > 1 {
        lines.pop(); // it goes on behind what was read
    }
    let objects: Vec<Json> = lines.into_iter().take(LINES).filter_map(|line| parse(line, 64).ok()).collect();
    let of_text = |object: &&Json| matches!(select(object, "text"), Some(Json::Text(_)));
    let (with, without): (Vec<&Json>, Vec<&Json>) = objects.iter().filter(|o| says(o)).partition(of_text);
    (with.len() > without.len()).then(Vec::new)
}

fn items<'j, 'l>(object: &'j Json<'l>, key: &str) -> &'j [Json<'l>] {
    if let Some(Json::Array(items)) = select(object, key) { items } else { &[] }
}

/// `[start, end, class]`.
fn is_triple(item: &Json) -> bool {
    matches!(item, Json::Array(parts) if matches!(parts.as_slice(), [Json::Int(_), Json::Int(_), Json::Text(_), ..]))
}

/// An object with two ends, as whole numbers, and a class.
fn is_marked(item: &Json, start: &str, end: &str) -> bool {
    let at = |key: &str| matches!(select(item, key), Some(Json::Int(_)));
    at(start) && at(end) && matches!(select(item, "label"), Some(Json::Text(_)))
}

fn prodigy(object: &Json) -> bool {
    const ANSWERS: [&str; 3] = ["accept", "reject", "ignore"];
    let hashed = ["_input_hash", "_task_hash"].iter().any(|key| select(object, key).is_some());
    let answered = matches!(select(object, "answer"), Some(Json::Text(a)) if ANSWERS.contains(&a.as_ref()));
    let linked = items(object, "relations").iter().any(|r| select(r, "head_span").is_some());
    (hashed || answered || linked) && items(object, "spans").iter().any(|span| is_marked(span, "start", "end"))
}

fn doccano(object: &Json) -> bool {
    let span = |item: &Json| is_triple(item) || is_marked(item, "start_offset", "end_offset");
    let intent = matches!(select(object, "cats"), Some(Json::Array(_)));
    let entities = items(object, "entities").iter();
    let own = ["label", "labels"].iter().flat_map(|key| items(object, key));
    own.into_iter().any(span)
        || entities.clone().any(|item| is_marked(item, "start_offset", "end_offset") || (intent && is_triple(item)))
}

fn spacy(object: &Json) -> bool {
    let span = |item: &Json| is_triple(item) || is_marked(item, "start", "end");
    let grouped = match select(object, "spans") {
        Some(Json::Object(groups)) => groups.iter().any(|(_, g)| matches!(g, Json::Array(all) if all.iter().any(span))),
        _ => items(object, "spans").iter().any(span),
    };
    grouped || ["entities", "ents"].iter().any(|key| items(object, key).iter().any(span))
}

//! What an annotator said by one control, as one answer.
use crate::formats::json::{Json, select};
use crate::formats::reader::Record;
use serde_json::{Value as Tree, json};
use std::collections::BTreeMap;

/// An answer as a file of votes would have it, and what of it is lost: by rule, how many results, and why.
#[derive(Debug, Default, PartialEq)]
pub struct Answer {
    pub answer: Option<String>,
    pub lost: Vec<(&'static str, usize, &'static str)>,
}

/// What a result says.
enum Meaning {
    Spans(Vec<Tree>),
    /// The whole answer, one way or another.
    Whole(Vec<String>),
    Lost(&'static str, &'static str),
}

use Meaning::{Lost, Spans, Whole};

/// Keys of a value that say where in the sample it lies.
const PLACES: &[&str] = &["start", "end", "x", "y", "points", "vertices", "ranges", "rle"];

/// What is said of boxes, outlines, marks in sound, choices of a taxonomy and the like.
const UNMADE: &str =
    "results of a kind that no answer is made of, which are lost; shapes on pictures can be exported as COCO";

const UNREAD: Meaning = Lost("studio.value", "results whose value cannot be read, which are lost");

/// The answer that the results of one control are. A region has several results of one id where controls about it stand beside
/// the one that marks it; of one control it is one annotation.
pub fn of(results: &[&Json]) -> Answer {
    let mut out = Answer::default();
    let (mut spans, mut whole): (Vec<(Option<String>, Tree)>, Vec<String>) = (Vec::new(), Vec::new());
    let written = results.iter().all(|result| Record::text(*result, "type").as_deref() == Some("textarea"));
    let chosen = results.iter().all(|result| Record::text(*result, "type").as_deref() == Some("choices"));
    for result in results {
        match meaning(result) {
            Spans(all) => {
                let id = Record::text(*result, "id");
                let more = all.into_iter().map(|span| (id.clone(), span));
                let new: Vec<_> = more.filter(|s| s.0.is_none() || !spans.contains(s)).collect();
                spans.extend(new);
            }
            Whole(values) => whole.extend(values),
            Lost(rule, say) => out.lost.push((rule, 1, say)),
        }
    }
    match (spans.is_empty(), whole.as_slice()) {
        (true, []) => {}
        (true, [one]) => out.answer = Some(one.clone()),
        // several classes, which a task of one class does not take
        (true, all) if chosen => out.answer = Some(json!(all).to_string()),
        // several texts, which a task of one text does not take
        (true, all) if written => out.answer = Some(json!({ "text": all }).to_string()),
        (true, _) => {
            out.lost.push(("studio.several", 1, "answers of several values where one is asked for, which are lost"));
        }
        (false, others) => {
            if !others.is_empty() {
                out.lost.push(("studio.kind", others.len(), "values beside spans of one control, which are lost"));
            }
            let spans: Vec<Tree> = spans.into_iter().map(|(_, span)| span).collect();
            out.answer = Some(Tree::from(spans).to_string());
        }
    }
    out
}

fn meaning(result: &Json) -> Meaning {
    let (Some(kind), Some(value)) = (Record::text(result, "type"), select(result, "value")) else { return UNREAD };
    let has = |key: &&str| select(value, key).is_some();
    match kind.as_str() {
        // sound is marked in seconds
        "labels" if has(&"channel") || has(&"x") || select(result, "original_length").is_some() => {
            Lost("studio.kind", UNMADE)
        }
        "labels" => spans(value),
        "choices" | "rating" | "number" | "textarea" | "pairwise" | "ranker" if PLACES.iter().any(has) => {
            Lost("studio.region", "results about a region, and not about the sample, which are lost")
        }
        "choices" => texts(value, "choices"),
        "textarea" => texts(value, "text"),
        "rating" | "number" => Record::text(value, &kind).map_or(UNREAD, |n| Whole(vec![n])),
        "pairwise" => Record::text(value, "selected").map_or(UNREAD, |side| Whole(vec![side])),
        "ranker" => ranked(value),
        _ => Lost("studio.kind", UNMADE),
    }
}

/// The one list of a ranking, the best first, as a JSON list. Buckets that items were sorted into are no ranking.
fn ranked(value: &Json) -> Meaning {
    let Some(Json::Object(buckets)) = select(value, "ranker") else { return UNREAD };
    let empty = |list: &&Json| matches!(list, Json::Array(items) if items.is_empty());
    let lists: Vec<&Json> = buckets.iter().map(|(_, list)| list).filter(|list| !empty(list)).collect();
    match lists.as_slice() {
        [Json::Array(items)] if items.iter().all(|item| matches!(item, Json::Text(_) | Json::Int(_))) => {
            Whole(vec![Tree::from(items.iter().map(Json::tree).collect::<Vec<_>>()).to_string()])
        }
        [] | [_] => UNREAD,
        _ => Lost("studio.buckets", "items sorted into several buckets, which are no ranking and are lost"),
    }
}

/// Whether a result is a relation.
fn is_relation(result: &Json) -> bool {
    Record::text(result, "type").as_deref() == Some("relation")
}

/// The controls whose regions relations come from.
pub fn related(results: &[Json]) -> Vec<String> {
    let from: Vec<String> =
        results.iter().filter(|r| is_relation(r)).filter_map(|r| Record::text(r, "from_id")).collect();
    let of = |r: &&Json| Record::text(*r, "id").is_some_and(|id| from.contains(&id));
    results.iter().filter(of).filter_map(|r| Record::text(r, "from_name")).collect()
}

/// The relations between the spans that the results of one control mark. One that goes both ways is two.
pub fn of_relations(results: &[Json], own: &[&Json]) -> Answer {
    let mut spans_of: BTreeMap<String, Tree> = BTreeMap::new();
    for result in own {
        if let (Some(id), Spans(all)) = (Record::text(*result, "id"), meaning(result))
            && let Some(first) = all.into_iter().next()
        {
            spans_of.entry(id).or_insert(first);
        }
    }
    let (mut all, mut gone) = (Vec::new(), 0);
    for relation in results.iter().filter(|r| is_relation(r)) {
        let end = |key: &str| Record::text(relation, key).and_then(|id| spans_of.get(&id));
        let (from, to) = match (end("from_id"), end("to_id")) {
            (Some(from), Some(to)) => (from, to),
            (None, None) => continue, // of another control
            _ => {
                gone += 1;
                continue;
            }
        };
        let labels = match select(relation, "labels") {
            Some(Json::Array(labels)) if !labels.is_empty() => labels.iter().map(Json::tree).collect(),
            _ => vec![Tree::Null],
        };
        let direction = Record::text(relation, "direction").unwrap_or_default();
        for class in labels {
            let one = |from: &Tree, to: &Tree| json!({ "class": class, "from": from, "to": to });
            all.extend((direction != "left").then(|| one(from, to)));
            all.extend(["left", "bi"].contains(&direction.as_str()).then(|| one(to, from)));
        }
    }
    let answer = (!all.is_empty()).then(|| Tree::from(all).to_string());
    let say = "relations of which an end is no span of the control, which are lost";
    let lost = if gone > 0 { vec![("studio.end", gone, say)] } else { Vec::new() };
    Answer { answer, lost }
}

/// A text, or a list of texts.
fn texts(value: &Json, key: &str) -> Meaning {
    let text = |of: &Json| if let Json::Text(text) = of { Some(text.to_string()) } else { None };
    let all: Option<Vec<String>> = match select(value, key) {
        Some(Json::Array(items)) => items.iter().map(text).collect(),
        Some(one) => text(one).map(|one| vec![one]),
        None => None,
    };
    all.map_or(UNREAD, Whole)
}

/// A span for each of its labels; one without a label has no class.
fn spans(value: &Json) -> Meaning {
    let at = |key: &str| select(value, key).map_or(Tree::Null, Json::tree);
    let span = |class: Tree| {
        let mut span = json!({ "start": at("start"), "end": at("end"), "class": class });
        if let (Some(Json::Text(text)), Some(object)) = (select(value, "text"), span.as_object_mut()) {
            object.insert("text".into(), text.as_ref().into());
        }
        span
    };
    match select(value, "labels") {
        Some(Json::Array(labels)) if !labels.is_empty() => Spans(labels.iter().map(|l| span(l.tree())).collect()),
        _ => Spans(vec![span(Tree::Null)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::json::parse;

    /// The answer of results that are written as JSON, and the rules of what was lost.
    fn answer(results: &str) -> (Option<String>, Vec<(&'static str, usize)>) {
        let object = format!("{{\"result\": {results}}}");
        let object = parse(object.as_bytes(), 64).unwrap();
        let Some(Json::Array(results)) = select(&object, "result") else { panic!("a list") };
        let Answer { answer, lost } = of(&results.iter().collect::<Vec<_>>());
        (answer, lost.into_iter().map(|(rule, n, _)| (rule, n)).collect())
    }

    #[test]
    fn results_become_one_answer() {
        let choice = |of: &str| format!(r#"{{"type": "choices", "value": {{"choices": {of}}}}}"#);
        assert_eq!(answer(&format!("[{}]", choice(r#"["good"]"#))), (Some("good".into()), vec![]));
        assert_eq!(answer(&format!("[{}]", choice(r#"["a", "b"]"#))), (Some(r#"["a","b"]"#.into()), vec![]));
        let texts = r#"[{"type": "textarea", "value": {"text": ["a", "b"]}}]"#;
        assert_eq!(answer(texts), (Some(r#"{"text":["a","b"]}"#.into()), vec![]));
        let both = r#"[{"type": "textarea", "value": {"text": "a"}}, {"type": "number", "value": {"number": 1}}]"#;
        assert_eq!(answer(both), (None, vec![("studio.several", 1)]));
        assert_eq!(answer(&format!("[{}]", choice("[1]"))), (None, vec![("studio.value", 1)]));
        assert_eq!(answer(r#"[{"type": "rating", "value": {"rating": 4}}]"#), (Some("4".into()), vec![]));
        assert_eq!(answer(r#"[{"type": "textarea", "value": {"text": ["it ran"]}}]"#), (Some("it ran".into()), vec![]));
        let side = r#"[{"type": "pairwise", "value": {"selected": "left"}}]"#;
        assert_eq!(answer(side), (Some("left".into()), vec![]));
        let ranked = |of: &str| answer(&format!(r#"[{{"type": "ranker", "value": {{"ranker": {of}}}}}]"#));
        assert_eq!(ranked(r#"{"_": ["b", "a"]}"#), (Some(r#"["b","a"]"#.into()), vec![]));
        assert_eq!(ranked(r#"{"good": ["b"], "bad": ["a"]}"#), (None, vec![("studio.buckets", 1)]));
        assert_eq!(ranked(r#"{"_": [["b"]]}"#), (None, vec![("studio.value", 1)]));
        assert_eq!(answer("[]"), (None, vec![]), "nothing was given, and nothing is lost");
    }

    #[test]
    fn spans_are_one_for_each_label_and_one_for_each_region() {
        let span =
            r#"{"id": "r", "type": "labels", "value": {"start": 0, "end": 3, "text": "Kim", "labels": ["A", "B"]}}"#;
        let both = r#"[{"class":"A","end":3,"start":0,"text":"Kim"},{"class":"B","end":3,"start":0,"text":"Kim"}]"#;
        assert_eq!(answer(&format!("[{span}]")), (Some(both.into()), vec![]));
        assert_eq!(answer(&format!("[{span}, {span}]")), (Some(both.into()), vec![]), "the same region");
        let bare = r#"[{"type": "labels", "value": {"start": 0, "end": 3}}]"#;
        assert_eq!(answer(bare), (Some(r#"[{"class":null,"end":3,"start":0}]"#.into()), vec![]));
    }

    #[test]
    fn relations_have_the_spans_of_their_control() {
        let results = r#"[{"id": "a", "from_name": "ner", "type": "labels", "value": {"start": 0, "end": 3, "labels": ["P"]}},
            {"id": "b", "from_name": "ner", "type": "labels", "value": {"start": 7, "end": 9, "labels": ["O"]}},
            {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right", "labels": ["of"]},
            {"type": "relation", "from_id": "a", "to_id": "b", "direction": "left", "labels": ["by", "at"]},
            {"type": "relation", "from_id": "a", "to_id": "c", "direction": "bi", "labels": []}]"#;
        let object = format!("{{\"result\": {results}}}");
        let object = parse(object.as_bytes(), 64).unwrap();
        let Some(Json::Array(results)) = select(&object, "result") else { panic!("a list") };
        let own: Vec<&Json> = results.iter().filter(|r| select(r, "from_name").is_some()).collect();
        let Answer { answer, lost } = of_relations(results, &own);
        let all: Tree = serde_json::from_str(&answer.unwrap()).unwrap();
        let classes: Vec<(&str, u64)> = all
            .as_array()
            .unwrap()
            .iter()
            .map(|r| (r["class"].as_str().unwrap(), r["from"]["start"].as_u64().unwrap()))
            .collect();
        assert_eq!(classes, [("of", 0), ("by", 7), ("at", 7)]);
        assert_eq!((lost[0].0, lost[0].1, related(results)), ("studio.end", 1, vec!["ner".to_string()]));
    }

    #[test]
    fn what_no_answer_is_made_of_is_lost() {
        for (result, rule) in [
            (r#"{"type": "rectanglelabels", "value": {"x": 1, "rectanglelabels": ["A"]}}"#, "studio.kind"),
            (r#"{"type": "labels", "value": {"start": 0.5, "end": 1, "channel": 0, "labels": ["A"]}}"#, "studio.kind"),
            (r#"{"type": "choices", "value": {"start": 0, "end": 1, "choices": ["A"]}}"#, "studio.region"),
            (r#"{"type": "rating", "value": {}}"#, "studio.value"),
            (r#"{"value": {}}"#, "studio.value"),
        ] {
            assert_eq!(answer(&format!("[{result}]")), (None, vec![(rule, 1)]), "{result}");
        }
    }
}

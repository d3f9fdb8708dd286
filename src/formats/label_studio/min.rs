//! JSON_MIN, the short export: an object for each annotation, in which the keys of the task's data, those of the controls and those of
//! the annotation stand side by side. Objects of one `id` are annotations of one task, wherever they stand; the task is made of
//! them as the long export has it.
//!
//! A control's value is a list of results without their types, one choice or one text as it is, or several choices as
//! `{"choices": [...]}`. Nothing tells controls from data. A key is one whose value has such a form, or differs among the annotations of
//! a task, or is missing in some of them; or that stands where the export writes controls: between `id` and `annotator`, where data stands in
//! front of `id`. What a field takes from `answers.NAME` is one, too. Relations are not in this export.
use crate::formats::json::{Json, select};
use crate::formats::reader::Record;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Keys that are the annotation's own.
const OWN: &[&str] = &["id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement"];

/// Keys of a result that stand in its value here.
const LIFTED: &[&str] = &["id", "original_width", "original_height", "image_rotation", "original_length"];

/// Whether an object of a file of Label Studio is an annotation of this export.
pub fn is_min(object: &Json) -> bool {
    let has = |key: &str| select(object, key).is_some();
    let task = matches!(select(object, "data"), Some(Json::Object(_)));
    !task && (has("annotation_id") || has("annotator"))
}

/// Whether an object of any file is one.
pub fn is_surely_min(object: &Json) -> bool {
    is_min(object) && select(object, "annotation_id").is_some() && select(object, "annotator").is_some()
}

/// The annotations of one task, and their places.
type Group<'l> = (Vec<usize>, Vec<Json<'l>>);

/// The tasks that annotations are of, in the order in which they are met, each with the places of its annotations. An annotation
/// that names no task is one of its own. `None` where an object is something else. `asked` are controls besides those that are seen to be.
pub fn tasks<'l>(objects: Vec<Json<'l>>, asked: &[&str]) -> Option<Vec<(Vec<usize>, Json<'l>)>> {
    if objects.is_empty() || !objects.iter().all(is_min) {
        return None;
    }
    let (mut groups, mut known): (Vec<Group<'l>>, BTreeMap<String, usize>) = Default::default();
    for (n, object) in objects.into_iter().enumerate() {
        let own = Record::text(&object, "id");
        match own.as_ref().and_then(|id| known.get(id)).and_then(|at| groups.get_mut(*at)) {
            Some((places, all)) => {
                places.push(n);
                all.push(object);
            }
            None => {
                known.extend(own.map(|id| (id, groups.len())));
                groups.push((vec![n], vec![object]));
            }
        }
    }
    let mut all: BTreeSet<String> = groups.iter().flat_map(|(_, objects)| controls(objects)).collect();
    all.extend(asked.iter().map(|name| name.to_string()));
    Some(groups.into_iter().map(|(places, objects)| (places, task(objects, &all))).collect())
}

/// The keys that are controls of a task with these annotations.
fn controls(objects: &[Json]) -> BTreeSet<String> {
    let mut met: BTreeMap<&str, Vec<&Json>> = BTreeMap::new();
    let mut out = BTreeSet::new();
    for object in objects {
        let Json::Object(entries) = object else { continue };
        let at = |name: &str| entries.iter().position(|(key, _)| key == name);
        let between = at("id").filter(|id| *id > 0).zip(at("annotator").or(at("annotation_id")));
        for (n, (key, value)) in entries.iter().enumerate().filter(|(_, (key, _))| !OWN.contains(&key.as_ref())) {
            met.entry(key).or_default().push(value);
            if is_value(value) || between.is_some_and(|(id, by)| id < n && n < by) {
                out.insert(key.to_string());
            }
        }
    }
    let differs = |values: &[&Json]| values.len() < objects.len() || values.windows(2).any(|w| w[0] != w[1]);
    out.extend(met.into_iter().filter(|(_, values)| differs(values)).map(|(key, _)| key.to_string()));
    out
}

/// Whether a value has a form that only controls give.
fn is_value(value: &Json) -> bool {
    match value {
        Json::Array(items) => !items.is_empty() && items.iter().all(|item| kind(item).is_some()),
        Json::Object(_) => kind(value) == Some("choices"),
        _ => false,
    }
}

/// The type of a result by its value: the key of its classes, or of what was said.
fn kind<'v>(value: &'v Json) -> Option<&'v str> {
    let Json::Object(entries) = value else { return None };
    let has = |key: &str| entries.iter().any(|(own, _)| own == key);
    let named = entries.iter().map(|(key, _)| key.as_ref()).find(|key| key.ends_with("labels") && *key != "labels");
    let plain = ["choices", "rating", "number", "taxonomy", "ranker", "labels"].into_iter().find(|key| has(key));
    let shape = || match (has("rle"), has("points"), has("width") && has("height")) {
        (true, ..) => Some("brush"),
        (_, true, _) => Some("polygon"),
        (.., true) => Some("rectangle"),
        _ => None,
    };
    let rest = || if has("selected") { Some("pairwise") } else { has("text").then_some("textarea") };
    named.or(plain).or_else(shape).or_else(rest)
}

/// The task that annotations are of.
fn task<'l>(objects: Vec<Json<'l>>, controls: &BTreeSet<String>) -> Json<'l> {
    let (mut id, mut data, mut annotations) = (None, Vec::new(), Vec::new());
    for object in objects {
        let Json::Object(entries) = object else { continue };
        let (mut own, mut results) = (Vec::new(), Vec::new());
        for (key, value) in entries {
            match key.as_ref() {
                "id" => id = id.or(Some(value)),
                "annotator" => own.push((Cow::from("completed_by"), value)),
                "annotation_id" => own.push((Cow::from("id"), value)),
                name if OWN.contains(&name) => own.push((key, value)),
                name if controls.contains(name) => results.extend(said(&key, value)),
                name if data.iter().any(|(known, _): &(Cow<str>, Json)| known == name) => {}
                _ => data.push((key, value)),
            }
        }
        own.push((Cow::from("result"), Json::Array(results)));
        annotations.push(Json::Object(own));
    }
    let id = id.map(|id| (Cow::from("id"), id));
    let rest = [(Cow::from("data"), Json::Object(data)), (Cow::from("annotations"), Json::Array(annotations))];
    Json::Object(id.into_iter().chain(rest).collect())
}

/// The results of a control's value.
fn said<'l>(name: &Cow<'l, str>, value: Json<'l>) -> Vec<Json<'l>> {
    match value {
        Json::Null => Vec::new(),
        Json::Array(items) => items.into_iter().map(|item| result(name, item, "textarea", "text")).collect(),
        one => vec![result(name, one, "choices", "choices")],
    }
}

/// A result as the long export has it; a plain text is one of type `plain`, under this key.
fn result<'l>(name: &Cow<'l, str>, value: Json<'l>, plain: &'static str, key: &'static str) -> Json<'l> {
    let (kind, value, lifted) = match value {
        Json::Object(entries) => {
            let value = Json::Object(entries);
            let kind = kind(&value).unwrap_or("unknown").to_string();
            let lift = |key: &&str| Some((Cow::from(key.to_string()), select(&value, key)?.clone()));
            let lifted: Vec<(Cow<'l, str>, Json<'l>)> = LIFTED.iter().filter_map(lift).collect();
            (kind, value, lifted)
        }
        number @ (Json::Int(_) | Json::Large(_) | Json::Float(_)) => {
            ("number".into(), Json::Object(vec![("number".into(), number)]), Vec::new())
        }
        text => (plain.into(), Json::Object(vec![(key.into(), Json::Array(vec![text]))]), Vec::new()),
    };
    let own = [(Cow::from("from_name"), Json::Text(name.clone())), (Cow::from("type"), Json::Text(kind.into()))];
    Json::Object(own.into_iter().chain([(Cow::from("value"), value)]).chain(lifted).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::json::parse;

    fn made(list: &[&str], asked: &[&str]) -> Vec<serde_json::Value> {
        let objects = list.iter().map(|one| parse(one.as_bytes(), 64).unwrap()).collect();
        tasks(objects, asked).unwrap().iter().map(|(_, task)| task.tree()).collect()
    }

    #[test]
    fn annotations_of_one_id_are_one_task_wherever_they_stand() {
        let all = made(
            &[
                r#"{"text": "Kim ran", "id": 7, "ner": [{"start": 0, "end": 3, "text": "Kim", "labels": ["PER"]}], "topic": "sport",
                    "annotator": 1, "annotation_id": 11, "lead_time": 2.5}"#,
                r#"{"text": "so", "id": 8, "topic": {"choices": ["a", "b"]}, "annotator": 1, "annotation_id": 12}"#,
                r#"{"text": "Kim ran", "id": 7, "annotator": "lee@example.org", "annotation_id": 13}"#,
            ],
            &[],
        );
        assert_eq!((all.len(), &all[0]["id"], &all[0]["data"]["text"]), (2, &7.into(), &"Kim ran".into()));
        assert_eq!(all[0]["data"].as_object().unwrap().len(), 1, "controls are no data: {}", all[0]["data"]);
        let results = |task: usize, n: usize| all[task]["annotations"][n]["result"].as_array().unwrap().clone();
        let first = results(0, 0);
        let of = |r: &serde_json::Value| (r["from_name"].to_string(), r["type"].to_string());
        assert_eq!(of(&first[0]), ("\"ner\"".into(), "\"labels\"".into()));
        assert_eq!(first[1]["value"], serde_json::json!({ "choices": ["sport"] }));
        assert_eq!((results(0, 1).len(), &all[0]["annotations"][1]["completed_by"]), (0, &"lee@example.org".into()));
        assert_eq!(results(1, 0)[0]["value"], serde_json::json!({ "choices": ["a", "b"] }));
    }

    #[test]
    fn boxes_ratings_and_texts_have_their_types() {
        let all = made(
            &[
                r#"{"image": "a.png", "id": 1, "box": [{"x": 1, "y": 2, "width": 3, "height": 4, "rectanglelabels": ["A"],
                    "original_width": 10, "original_height": 20}], "stars": [{"rating": 4}], "said": "it ran",
                    "more": ["x", "y"], "annotator": 1, "annotation_id": 2}"#,
            ],
            &[],
        );
        let results = all[0]["annotations"][0]["result"].as_array().unwrap();
        let types: Vec<&str> = results.iter().map(|r| r["type"].as_str().unwrap()).collect();
        assert_eq!(types, ["rectanglelabels", "rating", "choices", "textarea", "textarea"]);
        assert_eq!((&results[0]["original_width"], &results[0]["value"]["x"]), (&10.into(), &1.into()));
    }

    #[test]
    fn what_nothing_tells_is_a_control_where_it_is_asked_for() {
        let list = [r#"{"id": 1, "text": "so", "annotator": 1, "annotation_id": 2, "topic": "law"}"#];
        assert_eq!(made(&list, &[])[0]["data"]["topic"], "law");
        let asked = &made(&list, &["topic"])[0];
        assert_eq!(
            (&asked["data"]["topic"], asked["annotations"][0]["result"].as_array().unwrap().len()),
            (&serde_json::Value::Null, 1)
        );
        assert!(tasks(vec![parse(br#"{"data": {}, "annotation_id": 1, "annotator": 2}"#, 9).unwrap()], &[]).is_none());
    }
}

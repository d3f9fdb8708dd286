//! Which columns answer tasks: those whose numbers may be read as names, and the shapes, besides boxes, that are read of
//! annotations. Others would only cost time.
use crate::formats::Format;
use crate::manifest::read;
use crate::model::boxes::Box2;
use crate::model::shape::Shape;
use crate::stage::Check;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// As much of a task as says which columns hold its classes.
#[derive(Deserialize, Default)]
struct Task {
    #[serde(default)]
    task: String,
    #[serde(default)]
    from: BTreeMap<String, Answers>,
}

/// How a column answers a task, key by key.
pub type Answers = BTreeMap<String, serde_json::Value>;

/// The columns that answer tasks of some kinds, in some way.
pub fn columns(check: &Check, kind: &dyn Fn(&str) -> bool, way: &dyn Fn(&Answers) -> bool) -> BTreeSet<String> {
    let tasks = check.manifest.instances(&["label"]).into_iter();
    let tasks = tasks.filter_map(|(_, _, table)| read::<Task>(table).ok()).filter(|t| kind(&t.task));
    let answers = tasks.flat_map(|task| task.from.into_values()).filter(|of| way(of));
    answers.filter_map(|of| Some(of.get("column")?.as_str()?.to_string())).collect()
}

/// The columns of shapes that the annotations of a format can give and that some task reads.
pub fn wanted(check: &Check, format: &Format) -> Vec<String> {
    let read = columns(check, &|_| true, &|_| true);
    format.draws.iter().filter(|column| read.contains(**column)).map(|column| column.to_string()).collect()
}

/// The attributes of shapes that some task reads of a column that a format can give.
pub fn attributes(check: &Check, format: &Format) -> Vec<String> {
    let tasks = check.manifest.instances(&["label"]).into_iter().filter_map(|(_, _, table)| read::<Task>(table).ok());
    let text = |of: &Answers, key: &str| Some(of.get(key)?.as_str()?.to_string());
    let gives = |column: &String| column == Box2::COLUMN || format.draws.contains(&column.as_str());
    let answers =
        tasks.flat_map(|task| task.from.into_values()).filter(|of| text(of, "column").is_some_and(|c| gives(&c)));
    let names: BTreeSet<String> = answers.filter_map(|of| text(&of, "attribute")).collect();
    names.into_iter().filter(|_| format.attributed).collect()
}

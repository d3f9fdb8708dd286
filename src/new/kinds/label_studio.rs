//! Label Studio: a list of objects that have `data` that is an object, and annotations; or of those of its short export (JSON_MIN). What a task was called
//! before it was given to the tool, as a release names it, stands in its `data`.
use super::recogniser::{Key, Recogniser};
use crate::formats::json::{Json, parse, select};
use crate::formats::json_array::{head, objects};
use crate::formats::label_studio::min::is_surely_min;
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "label_studio", sees, ids: &["data.id"] };

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    (super::json::RECOGNISER.sees)(b)?;
    let list = head(&b.bytes)?;
    let mut tasks = objects(&list).filter_map(|item| parse(item, 64).ok()).peekable();
    tasks.peek()?;
    let is_task = |task: &Json| {
        let said = ["annotations", "completions", "predictions"].iter().any(|key| select(task, key).is_some());
        said && matches!(select(task, "data"), Some(Json::Object(_)))
    };
    tasks.all(|task| is_task(&task) || is_surely_min(&task)).then(Vec::new)
}

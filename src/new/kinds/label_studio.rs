//! Label Studio: a list of objects, the first of which has `data` that is an object, and annotations. What a task was called
//! before it was given to the tool, as a release names it, stands in its `data`.
use super::recogniser::{Key, Recogniser};
use crate::formats::json::{Json, parse, select};
use crate::formats::json_array::{head, objects};
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
    tasks.all(|task| is_task(&task)).then(Vec::new)
}

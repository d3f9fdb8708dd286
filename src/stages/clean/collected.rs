//! The classes that samples were collected with, so that a duplicate which goes is held against the sample that stays: of two with
//! different classes one is wrong, and nobody sees it once the other is gone (`label.conflict`, on the sample that stays).
//!
//! Limits: classes are taken from columns of the samples. The votes of files meet samples behind this step; those about a
//! sample that went meet none, which is told there (`vote.unmatched`).
use crate::stage::*;
use crate::table::{DataType, Value, value_at};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Kinds whose answers are about the whole sample and can be the same or not.
const KINDS: [&str; 2] = ["classification", "classes"];

/// A column that answers a task.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct Collected {
    pub task: String,
    pub column: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    map: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    class_names: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    separator: Option<String>,
    /// The classes of the task; what is none of them is told where answers are checked, and not here.
    classes: Vec<String>,
}

/// The columns of samples that answer tasks of one or several classes.
pub fn columns(check: &Check) -> Vec<Collected> {
    let fits = |ty: &DataType| match ty {
        DataType::List(item) => matches!(item.data_type(), DataType::Utf8 | DataType::Int64),
        ty => matches!(ty, DataType::Utf8 | DataType::Int64),
    };
    let mut out = Vec::new();
    for (name, _, table) in check.manifest.instances(&["label"]) {
        // what is wrong with it is told where it is checked
        let Ok(task) = crate::manifest::read::<Task>(table) else { continue };
        let gold = task.gold.map(|gold| gold.from);
        for (from, answers) in task.from {
            let column = answers.column.filter(|_| KINDS.contains(&task.task.as_str()) && gold.as_ref() != Some(&from));
            let Some(column) = column.filter(|own| check.column("samples", own).is_some_and(fits)) else { continue };
            out.push(Collected {
                task: format!("label.{name}"),
                column,
                map: answers.map,
                class_names: answers.class_names,
                separator: answers.separator,
                classes: task.classes.clone(),
            });
        }
    }
    out
}

/// What of `[label.TASK]` says where its classes stand.
#[derive(Deserialize)]
struct Task {
    task: String,
    #[serde(default)]
    classes: Vec<String>,
    #[serde(default)]
    from: BTreeMap<String, Answers>,
    gold: Option<Gold>,
}

/// A source of answers.
#[derive(Deserialize)]
struct Answers {
    column: Option<String>,
    #[serde(default)]
    map: BTreeMap<String, String>,
    #[serde(default)]
    class_names: Vec<String>,
    separator: Option<String>,
}

/// The source whose answers measure the others.
#[derive(Deserialize)]
struct Gold {
    from: String,
}

/// The classes of each row as text, which [`Classes`] reads back: those of each column, or nothing.
pub fn of_rows(columns: &[Collected], rows: &Rows) -> Result<Vec<String>, Fault> {
    let arrays = columns.iter().map(|c| rows.column(&c.column)).collect::<Result<Vec<_>, Fault>>()?;
    let of = |row: usize| {
        let all = columns.iter().zip(&arrays).map(|(c, array)| c.classes(&value_at(array.as_ref(), row)));
        serde_json::to_string(&all.collect::<Vec<_>>()).map_err(|e| Fault::Bug(e.to_string()))
    };
    (0..rows.len()).map(|row| if columns.is_empty() { Ok(String::new()) } else { of(row) }).collect()
}

impl Collected {
    /// The classes of a cell, in the order of their names; `None` where it holds none.
    fn classes(&self, cell: &Value) -> Option<String> {
        let parts: Vec<String> = match cell {
            Value::Text(text) => match serde_json::from_str::<Vec<String>>(text) {
                Ok(list) => list,
                Err(_) => match &self.separator {
                    Some(sign) => text.split(sign.as_str()).map(str::to_string).collect(),
                    None => vec![text.clone()],
                },
            },
            Value::List(items) => items.iter().filter_map(Value::key_text).collect(),
            other => other.key_text().into_iter().collect(),
        };
        let name = |part: &String| {
            let name = part.trim();
            let name = name.parse::<usize>().ok().and_then(|n| self.class_names.get(n)).map_or(name, String::as_str);
            let name = self.map.get(name).map_or(name, String::as_str).to_lowercase();
            self.classes.iter().find(|class| class.to_lowercase() == name).cloned()
        };
        let mut all: Vec<String> = parts.iter().filter_map(name).collect();
        all.sort();
        all.dedup();
        (!all.is_empty()).then(|| all.join("`, `"))
    }
}

/// What is said of a sample that stays: in a task it has one class, and samples that went had another one.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Conflict {
    task: String,
    class: String,
    other: String,
    /// The first of them.
    id: String,
    /// How many more there are.
    more: u64,
}

impl Conflict {
    /// In words; `like` says how the two texts are alike.
    pub fn say(&self, like: &str) -> String {
        let more = if self.more > 0 { format!(" and of {} more", self.more) } else { String::new() };
        format!("{} is `{}`, and `{}` of {}{more}, which is {like}", self.task, self.class, self.other, self.id)
    }
}

/// The tasks whose classes are compared, in the order of their columns.
pub fn tasks(columns: &[Collected]) -> Vec<String> {
    columns.iter().map(|c| c.task.clone()).collect()
}

/// Holds the classes of samples that go, by their ids, against those of the one that stays.
pub fn conflicts<'s>(
    tasks: &[String],
    kept: &str,
    gone: impl IntoIterator<Item = (&'s str, &'s str)>,
) -> Vec<Conflict> {
    let read = |text: &str| serde_json::from_str::<Vec<Option<String>>>(text).unwrap_or_default();
    let own = read(kept);
    let mut out: BTreeMap<(usize, String), Conflict> = BTreeMap::new();
    for (id, classes) in gone {
        for (n, other) in read(classes).into_iter().enumerate() {
            let (Some(task), Some(Some(class)), Some(other)) = (tasks.get(n), own.get(n), other) else { continue };
            if *class == other {
                continue;
            }
            let new =
                || Conflict { task: task.clone(), class: class.clone(), other: other.clone(), id: id.into(), more: 0 };
            out.entry((n, other.clone())).and_modify(|c| c.more += 1).or_insert_with(new);
        }
    }
    out.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_compared_as_the_task_knows_them() {
        let one = Collected {
            map: [("dog".to_string(), "D".to_string())].into(),
            separator: Some(";".into()),
            class_names: vec!["cat".into(), "dog".into()],
            classes: vec!["cat".into(), "D".into()],
            ..Collected::default()
        };
        let text = |t: &str| one.classes(&Value::Text(t.into()));
        assert_eq!((text("other"), text("Cat")), (None, Some("cat".into())), "only classes of the task are told");
        assert_eq!((text("dog; cat"), text("[\"cat\", \"dog\"]")), (Some("D`, `cat".into()), Some("D`, `cat".into())));
        assert_eq!((text(" "), one.classes(&Value::Null), one.classes(&Value::Int(1))), (None, None, Some("D".into())));
    }

    #[test]
    fn each_other_class_is_told_once() {
        let tasks = ["label.x".to_string()];
        let gone = [("b", "[\"short\"]"), ("c", "[\"long\"]"), ("d", "[\"short\"]"), ("e", "[null]"), ("f", "")];
        let said: Vec<String> = conflicts(&tasks, "[\"long\"]", gone).iter().map(|c| c.say("the same")).collect();
        assert_eq!(said, ["label.x is `long`, and `short` of b and of 1 more, which is the same"]);
        assert!(conflicts(&tasks, "[null]", gone).is_empty() && conflicts(&[], "", gone).is_empty());
    }
}

//! Categories: which class each number stands for.
use super::annotation::Id;
use crate::formats::sidecar::Note;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A category of the file.
#[derive(Deserialize)]
pub struct Category {
    pub id: Id,
    pub name: String,
    #[serde(default)]
    supercategory: Option<serde_json::Value>,
}

/// Names by the numbers of categories. A name that two numbers have is one class; of a number that two names have nobody
/// knows which is meant, so it has none, and its boxes are lost. Both are told.
pub fn classes<'c>(of: &'c [Category], notes: &mut Vec<Note>) -> BTreeMap<&'c Id, &'c str> {
    let mut out: BTreeMap<&Id, &str> = BTreeMap::new();
    let mut unsure: BTreeMap<&Id, [&str; 2]> = BTreeMap::new();
    for c in of {
        let first = *out.entry(&c.id).or_insert(c.name.trim());
        if first != c.name.trim() {
            unsure.entry(&c.id).or_insert([first, c.name.trim()]);
        }
    }
    for (id, [first, second]) in unsure {
        let say = format!("the number {id} is that of `{first}` and of `{second}`: its annotations are lost");
        notes.push(Note { rule: "coco.category", say, line: 0 });
        out.remove(id);
    }
    let mut names: Vec<&str> = of.iter().map(|c| c.name.trim()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() < of.len() {
        let say = format!("{} categories, {} names: those of one name are one class", of.len(), names.len());
        notes.push(Note { rule: "coco.category", say, line: 0 });
    }
    let above = |c: &&Category| {
        let own = c.supercategory.as_ref().and_then(|s| s.as_str()).map(str::trim);
        own.is_some_and(|own| !own.is_empty() && own != c.name.trim() && own != "none")
    };
    let above = of.iter().filter(above).count();
    if above > 0 {
        let say = format!("{above} categories have a supercategory, which is not kept");
        notes.push(Note { rule: "coco.supercategory", say, line: 0 });
    }
    out
}

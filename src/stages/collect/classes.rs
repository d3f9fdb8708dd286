//! Columns of whole numbers whose files say what each number stands for, as data sets of the Hugging Face hub do: where a
//! text is wanted, the names are read.
use super::declaration::Collect;
use super::doubts::{FILES, look};
use super::shown::Fields;
use crate::diag::Diagnostic;
use crate::formats::reader::NAMES;
use crate::manifest::read;
use crate::manifest::sections::SchemaSection;
use crate::stage::*;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// As much of a task as says which columns hold its classes.
#[derive(Deserialize, Default)]
struct Task {
    #[serde(default)]
    task: String,
    #[serde(default)]
    from: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
}

/// Reads names in place of numbers, where a field is a text or a category, or holds the classes of a task whose source says
/// nothing of numbers itself (`map`, `names`).
pub fn read_names(check: &mut Check, c: &Collect, fields: &mut Fields) {
    let Some(classes) = c.format.classes else { return };
    let wanted = wanted(check);
    let open: Vec<String> = fields
        .iter()
        .filter(|(name, (_, ty))| wanted.contains(*name) && ["utf8", "i64"].contains(&ty.as_str()))
        .map(|(_, (selector, _))| selector.clone())
        .collect();
    let Some(reader) = c.files.reader(c.format).filter(|_| !open.is_empty()) else { return };
    let source = c.source(check, &c.files.files, "units", (reader.cut)(&c.options), false);
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in (check.files)(&source).iter().take(FILES) {
        // a file that cannot be opened is told when it is read
        for (column, names) in look(check, path, &classes).unwrap_or_default() {
            let first = all.entry(column.clone()).or_insert_with(|| names.clone());
            if *first != names && open.contains(&column) {
                let message =
                    format!("the numbers of `{column}` stand for other classes in {path} than in the first file");
                let problem = Diagnostic::error("T0361", source.span.clone(), message);
                check.bad(problem.label("make them a source of their own"));
                return;
            }
        }
    }
    for (_, (selector, ty)) in fields.iter_mut().filter(|(name, _)| wanted.contains(*name)) {
        if let Some(names) = all.get(selector).filter(|_| ["utf8", "i64"].contains(&ty.as_str())) {
            *ty = format!("{NAMES}{}", serde_json::Value::from(names.clone()));
        }
    }
}

/// The fields that are wanted as texts.
fn wanted(check: &Check) -> BTreeSet<String> {
    let schema: SchemaSection = check.section(&["schema"]);
    let texts = schema.0.into_iter().filter(|(_, f)| f.category.is_some() || f.text.is_some()).map(|(name, _)| name);
    let tasks = check.manifest.instances(&["label"]).into_iter();
    let tasks = tasks.filter_map(|(_, _, table)| read::<Task>(table).ok()).filter(|t| t.task == "classification");
    let answers = tasks.flat_map(|task| task.from.into_values());
    let open = answers.filter(|of| !of.contains_key("map") && !of.contains_key("names"));
    let columns = open.filter_map(|of| Some(of.get("column")?.as_str()?.to_string()));
    texts.chain(columns).collect()
}

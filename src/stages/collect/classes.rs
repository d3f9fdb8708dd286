//! Columns of whole numbers whose files say what each number stands for, as data sets of the Hugging Face hub do: where a
//! text is wanted, the names are read.
use super::answered::{Answers, columns};
use super::declaration::Collect;
use super::doubts::{FILES, look};
use super::shown::Fields;
use crate::diag::Diagnostic;
use crate::formats::reader::NAMES;
use crate::manifest::sections::SchemaSection;
use crate::stage::*;
use std::collections::{BTreeMap, BTreeSet};

/// So many names of classes are shown.
const NAMED: usize = 100;

/// Reads names in place of numbers, where a field is a text or a category, or holds the classes of a task whose source says
/// nothing of numbers itself (`map`, `names`).
pub fn read_names(check: &mut Check, c: &Collect, fields: &mut Fields) {
    let Some(classes) = c.format.classes else { return };
    let wanted = wanted(check);
    let schema: SchemaSection = check.section(&["schema"]);
    let open: Vec<String> = fields
        .iter()
        .filter(|(_, (_, ty))| ["utf8", "i64", "list<i64>"].contains(&ty.as_str()))
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
    let answered = columns(check, &|_| true, &|_| true);
    let open = |name: &String| !answered.contains(name) && !schema.0.contains_key(name);
    for (name, (selector, ty)) in fields.iter().filter(|(name, _)| open(name)) {
        if let Some(names) = all.get(selector).filter(|_| ["i64", "list<i64>"].contains(&ty.as_str())) {
            let message = format!("the numbers of `{name}` stand for classes, whose names are not kept");
            let problem = Diagnostic::warning("T0362", source.span.clone(), message);
            let names = serde_json::Value::from(names.iter().take(NAMED).cloned().collect::<Vec<_>>());
            let label = match ty.as_str() {
                "i64" => format!("say {name} = {{ category = {{ values = {names} }} }} in [schema]"),
                _ => format!("they stand for {names}, from 0 on: note that where the data is described"),
            };
            check.bad(problem.label(label));
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
    let open = |of: &Answers| !of.contains_key("map") && !of.contains_key("names");
    texts.chain(columns(check, &|task| task == "classification", &open)).collect()
}

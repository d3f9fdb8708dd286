//! What the classes of labels are called in a release (`[release.NAME.map.TASK]`).
use crate::diag::{Diagnostic, suggest};
use crate::manifest::read;
use crate::manifest::values::At;
use crate::stage::{Check, Role};
use std::collections::BTreeMap;

/// Kinds of tasks whose answers name candidates, or spans that have classes of their own.
const UNMAPPED: [&str; 3] = ["preference", "ranking", "relations"];

/// Of each task what its classes are called.
pub type Declared = BTreeMap<String, BTreeMap<String, At<String>>>;

/// Of each label among the released columns what its classes are called; what cannot be is told.
pub fn checked(check: &mut Check, map: &Declared, columns: &[String]) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut out = BTreeMap::new();
    for (task, names) in map {
        let (label, key) = (format!("label.{task}"), format!("{}.map.{task}", check.path));
        let span = check.manifest.span_of(&key).unwrap_or_else(|| check.span.clone());
        let role = check.columns.get("samples").and_then(|of| of.get(&label)).map(|column| column.role.clone());
        let Some(Role::Label { kind, classes, .. }) = role.filter(|_| columns.contains(&label)) else {
            let released = columns.iter().filter_map(|c| c.strip_prefix("label."));
            let help = suggest(task, released);
            let problem = Diagnostic::error("T0804", span, format!("{} releases no `{label}`", check.path));
            check.bad(problem.label("no such label").help(help));
            continue;
        };
        if classes.is_empty() || UNMAPPED.contains(&kind.as_str()) {
            let problem =
                Diagnostic::error("T0804", span, format!("`{label}` has no classes that could be called otherwise"));
            check.bad(problem.label("remove it"));
            continue;
        }
        for (class, to) in names {
            if !classes.contains(class) {
                let message = format!("`{class}` is no class of {label}");
                let problem = Diagnostic::error("T0804", to.span(), message);
                check.bad(problem.label(suggest(class, classes.iter().map(String::as_str))));
            } else if to.trim().is_empty() {
                let problem = Diagnostic::error("T0804", to.span(), format!("`{class}` would be called nothing"));
                check.bad(
                    problem
                        .label("an empty name")
                        .help("leave samples out by `require`, or classes by a task of their own"),
                );
            }
        }
        out.insert(label, names.iter().map(|(class, to)| (class.clone(), to.get().clone())).collect());
    }
    out
}

/// The classes of a label in this release, in the declared order of the first that is called so.
pub fn classes_of(check: &Check, label: &str) -> Vec<String> {
    let role = check.columns.get("samples").and_then(|of| of.get(label)).map(|column| &column.role);
    let Some(Role::Label { classes, .. }) = role else { return Vec::new() };
    let task = label.strip_prefix("label.").unwrap_or(label);
    let table = check.manifest.table(&["release", &check.instance, "map", task]);
    let map: BTreeMap<String, String> = table.and_then(|(_, table)| read(table).ok()).unwrap_or_default();
    let mut out: Vec<String> = Vec::new();
    for class in classes {
        let called = map.get(class).unwrap_or(class);
        if !out.contains(called) {
            out.push(called.clone());
        }
    }
    out
}

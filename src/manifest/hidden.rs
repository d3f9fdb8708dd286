//! Which columns a release leaves out of which splits, so that the answers of a benchmark stay with who made it. Read leniently,
//! for stages and reports; what is wrong in the table is told by `[split]`.
use super::Manifest;
use std::collections::{BTreeMap, BTreeSet};

/// What `[split] hide` says: patterns of columns by split.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hidden(BTreeMap<String, Vec<String>>);

impl Hidden {
    pub fn of(manifest: &Manifest) -> Hidden {
        let table = manifest.table(&["split", "hide"]).and_then(|(_, table)| table.get_ref().as_table());
        let texts = |value: &super::Declared| -> Vec<String> {
            let all = value.get_ref().as_array();
            all.into_iter().flatten().filter_map(|v| v.get_ref().as_str().map(String::from)).collect()
        };
        let of = table.into_iter().flat_map(|of| of.iter());
        Hidden(of.map(|(split, patterns)| (split.get_ref().to_string(), texts(patterns))).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The splits that it names.
    pub fn splits(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    /// Of each split the columns among these that it hides, in their order. What is derived of the label of a task is hidden with
    /// it.
    pub fn columns(&self, manifest: &Manifest, columns: &[String]) -> BTreeMap<String, Vec<String>> {
        let of = |(split, patterns): (&String, &Vec<String>)| {
            let own: Vec<String> = columns.iter().filter(|c| hides(manifest, patterns, c)).cloned().collect();
            (split.clone(), own)
        };
        self.0.iter().map(of).filter(|(_, own)| !own.is_empty()).collect()
    }

    /// Whether a column is hidden in a split.
    pub fn hides(&self, manifest: &Manifest, split: &str, column: &str) -> bool {
        self.0.get(split).is_some_and(|patterns| hides(manifest, patterns, column))
    }
}

/// What stands before the name of a task in columns that are derived of its label.
pub(super) const DERIVED: [&str; 4] = ["votes.", "status.", "confidence.", "classes."];

fn hides(manifest: &Manifest, patterns: &[String], column: &str) -> bool {
    let named = |column: &str| patterns.iter().any(|p| fits(p, column));
    if named(column) {
        return true;
    }
    if let Some(task) = DERIVED.iter().find_map(|prefix| column.strip_prefix(prefix)) {
        return named(&format!("label.{task}"));
    }
    if let Some(sample) = column.strip_prefix("weight.") {
        let by = manifest
            .table(&["sample", sample])
            .and_then(|(_, table)| Some(table.get_ref().as_table()?.get("weight")?.get_ref().as_str()?.to_string()));
        return by.is_some_and(|by| named(&by));
    }
    false
}

/// Whether a pattern names a column; a `*` stands for anything.
pub fn fits(pattern: &str, column: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == column };
    let Some(mut column) = column.strip_prefix(first) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return column.ends_with(part);
        }
        match column.split_once(part) {
            Some((_, behind)) => column = behind,
            None => return false,
        }
    }
    true
}

/// The columns of the samples that answers to tasks are read from, with the labels that they answer.
pub fn answering(manifest: &Manifest) -> BTreeSet<(String, String)> {
    let mut out = BTreeSet::new();
    for (task, _, table) in manifest.instances(&["label"]) {
        let from = table.get_ref().as_table().and_then(|table| table.get("from")?.get_ref().as_table());
        for (_, source) in from.into_iter().flat_map(|from| from.iter()) {
            let column = source.get_ref().as_table().and_then(|source| source.get("column")?.get_ref().as_str());
            out.extend(column.map(|column| (column.to_string(), format!("label.{task}"))));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything() {
        let all = [
            ("label.*", "label.ner", true),
            ("label.*", "labels", false),
            ("*", "x", true),
            ("a", "a", true),
            ("a", "ab", false),
            ("*.ner", "label.ner", true),
            ("l*l.*r", "label.ner", true),
            ("l*x*r", "label.ner", false),
        ];
        for (pattern, column, fit) in all {
            assert_eq!(fits(pattern, column), fit, "{pattern} {column}");
        }
    }
}

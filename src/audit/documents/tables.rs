//! The tables of a card that tamis wrote: how many samples each split has, and how often each class stands in it.
use super::super::ledger::Counts;
use super::super::told::Told;
use super::facts::Facts;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Compares the tables of a card with `release.json` and with what was read of the tables of the release.
pub fn check(facts: &Facts, path: &str, whole: &str, told: &mut Told) {
    let mut quiet = Told::default(); // what does not read is told where the document is checked
    let release = facts.folder.has("release.json").then(|| facts.folder.json("release.json", &mut quiet)).flatten();
    let Some(release) = release else { return };
    splits(path, whole, &release, told);
    if release.get("hidden").is_none() {
        let tables = classes(facts, whole);
        for table in &tables {
            compare(facts, path, table, tables.len() == 1, told);
        }
    }
}

fn cells(line: &str) -> Vec<String> {
    let plain = |cell: &str| cell.trim().replace('\\', "");
    line.trim().trim_matches('|').split(" | ").map(plain).collect()
}

fn number(cell: &str) -> Option<u64> {
    cell.replace([',', ' '], "").parse().ok()
}

/// The rows of each split, below `| split | samples |`.
fn splits(path: &str, whole: &str, release: &Json, told: &mut Told) {
    let Some(splits) = release.get("splits").and_then(Json::as_object) else { return };
    let mut table = false;
    for line in whole.lines() {
        let cells = cells(line);
        match cells.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["split" | "분할", "samples" | "샘플 수"] => table = true,
            [split, rows] if table && line.starts_with("| ") => {
                let Some(there) = splits.get(*split).and_then(|own| own.get("rows")?.as_u64()) else { continue };
                if number(rows) != Some(there) {
                    let say = format!("says {rows}, and release.json says {there}");
                    told.fault("document.count", path, "table of splits", *split, say);
                }
            }
            _ => table &= line.starts_with("|---"),
        }
    }
}

/// A table of classes: of which label, and by class and split how often.
struct Classes {
    label: String,
    splits: Vec<String>,
    said: BTreeMap<(String, String), u64>,
}

fn classes(facts: &Facts, whole: &str) -> Vec<Classes> {
    let mut out: Vec<Classes> = Vec::new();
    let (mut label, mut columns): (Option<String>, Vec<Option<String>>) = (None, Vec::new());
    for line in whole.lines() {
        if let Some(head) = line.strip_prefix("## ") {
            let own = head.strip_prefix("Label `").or_else(|| head.strip_prefix("라벨 `"));
            label = own.and_then(|rest| rest.split('`').next()).map(String::from);
            columns.clear();
            continue;
        }
        let cells = cells(line);
        let (Some(label), Some(first)) = (&label, cells.first()) else { continue };
        if first == "class" || first == "클래스" {
            let split = |name: &String| facts.splits.names.contains(name).then(|| name.clone());
            columns = cells.iter().skip(1).map(split).collect();
            let splits = columns.iter().flatten().cloned().collect();
            out.push(Classes { label: label.clone(), splits, said: BTreeMap::new() });
        } else if line.starts_with("| ") && !columns.is_empty() {
            let Some(own) = out.last_mut() else { continue };
            for (split, n) in columns.iter().zip(cells.iter().skip(1)) {
                if let (Some(split), Some(n)) = (split, number(n)) {
                    own.said.insert((first.clone(), split.clone()), n);
                }
            }
        } else if !line.starts_with("|---") {
            columns.clear();
        }
    }
    out
}

/// Compares a table with each format that holds the label whole; of one label alone objects and spans are its own.
fn compare(facts: &Facts, path: &str, table: &Classes, alone: bool, told: &mut Told) {
    let whole = |family: &str| ["parquet/", "jsonl/", "arrow/"].iter().any(|start| family.starts_with(start));
    let own = |field: &str| field == table.label || (alone && (field == "objects" || field == "entities"));
    for ((family, _), counted) in facts.classes.iter().filter(|((family, field), _)| whole(family) && own(field)) {
        let there = |class: &str, split: &str| at(counted, split, class);
        let found = counted.iter().filter(|(split, _)| table.splits.contains(*split));
        let mut all: BTreeSet<(&str, &str)> =
            found.flat_map(|(split, of)| of.keys().map(move |class| (class.as_str(), split.as_str()))).collect();
        all.extend(table.said.keys().map(|(class, split)| (class.as_str(), split.as_str())));
        let says = |class: &str, split: &str| table.said.get(&(class.into(), split.into())).copied().unwrap_or(0);
        let odd: Vec<&(&str, &str)> = all.iter().filter(|(c, s)| says(c, s) != there(c, s)).collect();
        if odd.len() == all.len() && !all.is_empty() {
            told.unchecked(format!("{path}: classes of `{}`: none is counted as in {family}", table.label));
            continue;
        }
        for (class, split) in odd {
            let (says, there) = (says(class, split), there(class, split));
            let say =
                format!("says that `{class}` stands {says} times in `{split}`, and in {family} it does {there} times");
            told.fault("document.count", path, &table.label, *class, say);
        }
        told.checked(format!("{path}: classes of `{}` counted in {family}", table.label));
    }
}

fn at(counted: &Counts, split: &str, class: &str) -> u64 {
    counted.get(split).and_then(|of| of.get(class)).copied().unwrap_or(0)
}

//! Whether a document that tells of files tells of all that are like them, and whether it calls a file by the split that it is of.
use super::super::folder::folder_of;
use super::super::kinds::{Kind, usual};
use super::super::told::Told;
use super::facts::Facts;
use std::collections::BTreeSet;

/// Whether a file holds samples, pictures or annotations.
fn is_data(kind: Kind) -> bool {
    !matches!(kind, Kind::Document(_) | Kind::Sums | Kind::Signature | Kind::Other)
}

/// Files of data that a document leaves out, although it tells of others of their kind in their folder, or of most files. What lies
/// below a folder of `folders` is told by the folder.
pub fn uncovered(
    facts: &Facts,
    (path, field): (&str, &str),
    covered: &BTreeSet<String>,
    folders: &[String],
    wanted: &dyn Fn(Kind) -> bool,
    told: &mut Told,
) {
    let below = |file: &str| folders.iter().any(|folder| file.starts_with(folder.as_str()));
    let all: Vec<(&String, Kind)> =
        facts.kinds.iter().map(|(p, k)| (p, *k)).filter(|(_, k)| is_data(*k) && wanted(*k)).collect();
    let known = |file: &String| covered.contains(file) || below(file);
    let told_of = all.iter().filter(|(file, _)| known(file)).count();
    let alike: BTreeSet<(&str, Kind)> =
        all.iter().filter(|(f, _)| covered.contains(*f)).map(|(f, kind)| (folder_of(f), *kind)).collect();
    for (file, kind) in all.iter().filter(|(file, _)| !known(file)) {
        if alike.contains(&(folder_of(file), *kind)) {
            let say = format!("does not tell of {file}, and tells of other files of its folder");
            told.fault("document.uncovered", path, *file, field, say);
        } else if told_of * 2 > all.len() {
            let say = format!("does not tell of {file}, and tells of most files");
            told.fault("document.uncovered", path, *file, field, say);
        }
    }
}

/// The split that a word of a name says: `ner-train` is of `train`.
fn said(name: &str) -> Option<&'static str> {
    let mut words = name.split(|c: char| !c.is_alphanumeric()).filter_map(usual);
    let first = words.next()?;
    words.all(|other| other == first).then_some(first)
}

/// A name by which a document calls a file says no other split than that of the file.
pub fn split_of_name(facts: &Facts, path: &str, row: &str, field: &str, name: &str, file: &str, told: &mut Told) {
    let Some(own) = facts.splits.of(file) else { return };
    if let (Some(word), Some(split)) = (said(name), usual(&own))
        && word != split
    {
        let say = format!("`{name}` is by its name of `{word}`, and {file} is of `{own}`");
        told.fault("document.splits", path, row, field, say);
    }
}

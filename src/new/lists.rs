//! Files that list which samples are in which split, an id a line, as `ImageSets/Main/train.txt` of Pascal VOC.
use super::columns::ids;
use super::folder::Folder;
use super::guess::Guess;
use super::names::{means, slug};
use crate::formats::sidecar::stem_of;
use std::collections::{BTreeMap, BTreeSet};

/// The lists of each split, and how many samples stand in none.
#[derive(Debug, Default)]
pub struct Lists {
    pub of: BTreeMap<String, Vec<String>>,
    pub others: usize,
}

/// The lists of a folder: files that are called like a split and of which each line is the id of a sample. Nothing where a sample stands
/// in those of two splits.
pub fn lists(folder: &Folder, guesses: &[Guess], unread: &mut Vec<(String, String)>) -> Option<Lists> {
    let prefixed = |g: &Guess| {
        let prefix = g.prefix.clone().unwrap_or_default();
        ids(&g.source, &g.id).into_iter().map(move |id| format!("{prefix}{id}"))
    };
    let all: BTreeSet<String> = guesses.iter().flat_map(prefixed).collect();
    let taken: BTreeSet<&String> = guesses.iter().flat_map(|g| g.source.paths()).collect();
    let mut out = Lists::default();
    let mut split_of: BTreeMap<String, String> = BTreeMap::new();
    for file in folder.files.iter().filter(|f| f.extension() == "txt" && !taken.contains(&f.path)) {
        let name = stem_of(file.name());
        let Some(b) = means(name).and_then(|_| folder.beginning(file).ok()).filter(|b| b.whole) else { continue };
        let text = String::from_utf8_lossy(&b.bytes);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        if lines.is_empty() || !lines.iter().all(|line| all.contains(*line)) {
            continue;
        }
        let split = Some(slug(name)).filter(|split| !split.is_empty()).or(means(name).map(String::from))?;
        for line in lines {
            if split_of.insert(line.to_string(), split.clone()).is_some_and(|before| before != split) {
                return None;
            }
        }
        out.of.entry(split).or_default().push(file.path.clone());
    }
    out.others = all.len() - split_of.len();
    (out.of.len() > 1).then(|| {
        unread.retain(|(path, _)| !out.of.values().flatten().any(|list| list == path));
        out
    })
}

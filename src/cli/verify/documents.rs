//! What stands in a release besides its samples: documents must be read by others as what their names say, and what is hidden
//! must be what systems leave behind.
use super::{Check, failed, written};
use crate::formats::once::Once;
use crate::formats::writer::split_of;
use crate::formats::yaml;
use crate::project::Failure;
use std::collections::BTreeSet;
use std::io;

/// The longest document that is read.
const DOCUMENT: u64 = 1 << 30;

/// What systems, and tools that copy a release, leave behind: hidden files and folders that nobody takes for data.
const LEFT: [&str; 14] = [
    ".DS_Store",
    ".Spotlight-V100",
    ".TemporaryItems",
    ".Trashes",
    ".cache",
    ".directory",
    ".dvc",
    ".dvcignore",
    ".fseventsd",
    ".git",
    ".gitattributes",
    ".gitignore",
    ".gitkeep",
    ".localized",
];

/// The card of a release.
const CARD: &str = "README.md";

impl Check<'_> {
    /// What the card of this release would say and this one does not: its head, and which release it is of.
    fn lacks(&self, text: &str) -> Option<String> {
        let p = self.page;
        if p.dataset.is_empty() {
            return None; // what is no whole release has no card to be held against
        }
        let title = format!("# {} {}", p.dataset, p.version);
        if yaml::front_matter(text).is_none() {
            return Some(format!("{CARD} is not the card of this release: the head between `---` is missing"));
        }
        let titled = text.lines().any(|line| line.trim_end() == title);
        (!titled).then(|| format!("{CARD} is not the card of this release: the line `{title}` is missing"))
    }

    /// Documents in JSON, and the heads of cards and citations, are read.
    pub(super) fn documents(&mut self, there: &BTreeSet<String>) -> Result<(), Failure> {
        let held = |path: &String| written().any(|(_, writer)| split_of(writer.files, path).is_some());
        for path in there.iter().filter(|path| !held(path)) {
            let name = path.rsplit('/').next().unwrap_or_default();
            let json = [".json", ".jsonld"].iter().any(|end| name.ends_with(end));
            let text = json || [".md", ".cff", ".txt", ".html"].iter().any(|end| name.ends_with(end));
            if text && self.files.get(path.as_str()).is_some_and(|(_, len)| *len == 0) {
                self.wrong.push(format!("{path} is empty: no document of a release is"));
                continue;
            }
            if !json && name != "README.md" && name != "CITATION.cff" {
                continue;
            }
            let bytes = self.world.read(path, DOCUMENT).map_err(|e| failed(path, &e))?;
            let read = match std::str::from_utf8(&bytes) {
                Err(e) => Err(format!("it is no UTF-8 from byte {} on", e.valid_up_to())),
                Ok(text) if json => {
                    serde_json::from_str::<Once>(text).map(drop).map_err(|e| format!("it is no JSON: {e}"))
                }
                Ok(text) if name == "README.md" => head(text),
                Ok(text) => yaml::parse(text).map(drop).map_err(|(line, say)| format!("line {line} is no YAML: {say}")),
            };
            self.wrong.extend(read.err().map(|say| format!("{path} does not read: {say}")));
            if path == CARD
                && let Ok(text) = std::str::from_utf8(&bytes)
            {
                let lacks = self.lacks(text);
                self.wrong.extend(lacks);
            }
        }
        let made = !self.page.dataset.is_empty();
        let gone = [CARD, "ATTRIBUTION.md"].into_iter().filter(|name| made && !there.contains(*name));
        self.wrong.extend(gone.map(|name| format!("missing: {name} (every release has one)")));
        Ok(())
    }

    /// Hidden files and folders, which no list of the release has.
    pub(super) fn hidden(&mut self, listed: &BTreeSet<String>) -> Result<(), Failure> {
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            let mut names = match self.world.names(&folder) {
                Ok(names) => names,
                Err(e) if e.kind() == io::ErrorKind::NotADirectory => continue,
                Err(e) => return Err(failed(&folder, &e)),
            };
            names.sort();
            for name in names {
                let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
                let left = LEFT.contains(&name.as_str()) || name.starts_with("._") || name == "Thumbs.db";
                if name.starts_with('.') && !left {
                    self.wrong.push(format!("extra: {path} (hidden, and in no list)"));
                } else if !left && !listed.contains(&path) {
                    folders.push(path);
                }
            }
        }
        Ok(())
    }
}

/// The head of a card between its lines `---`, which loaders read.
fn head(text: &str) -> Result<(), String> {
    match yaml::front_matter(text) {
        Some(head) => yaml::parse(head).map(drop).map_err(|(line, say)| format!("line {} is no YAML: {say}", line + 1)),
        None if text.trim_start_matches('\u{feff}').starts_with("---") => Err("its head has no end".into()),
        None => Ok(()),
    }
}

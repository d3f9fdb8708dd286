//! The file of a workspace, and how a manifest names what members of it released.
//!
//! ```toml
//! # workspace.toml
//! [members]
//! base = "base"
//! ner = "sets/ner"
//! ```
//!
//! A manifest names a release by a text: `base` is the one that the member has built last, `base:public` the one of
//! `[release.public]`, `base:public@1.0.0` the frozen version, and `releases/public-1.0.0` a folder of the project itself.
use super::values::At;
use super::{Manifest, parse, read_root};
use crate::diag::{Diagnostic, Severity};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Component, Path};

/// The file that makes a folder a workspace.
pub const FILE: &str = "workspace.toml";

/// Members of a workspace by name, with their folders below it.
#[derive(Deserialize, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct Workspace {
    pub members: BTreeMap<String, String>,
}

impl Workspace {
    /// Reads the file; an error names the line.
    pub fn parse(text: &str) -> Result<Workspace, String> {
        let said = |text: &str, of: &Diagnostic| {
            let line = text.bytes().take(of.span.start).filter(|b| *b == b'\n').count() + 1;
            format!("{FILE}:{line}: {}", of.message)
        };
        let manifest = parse(FILE, text.into()).map_err(|problems| {
            let first = problems.iter().find(|p| p.severity == Severity::Error);
            first.map_or_else(|| format!("{FILE} is not TOML"), |p| said(text, p))
        })?;
        let holds = "it holds a table of names and folders: [members] base = \"base\"";
        let workspace: Workspace = read_root(&manifest).map_err(|p| format!("{}; {holds}", said(text, &p)))?;
        for (name, folder) in &workspace.members {
            if !is_name(name) {
                return Err(format!("{FILE}: `{name}` cannot name a member: letters, digits, `-` and `_` of ASCII"));
            }
            if !is_inside(folder) {
                return Err(format!("{FILE}: the folder of `{name}` leaves the workspace; it lies below {FILE}"));
            }
        }
        Ok(workspace)
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn is_inside(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|c| matches!(c, Component::Normal(_)))
}

/// A release that a manifest names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// What a member released: the candidate in its `out`, or a frozen version.
    Member { member: String, release: Option<String>, version: Option<String> },
    /// A folder of the project.
    Folder(String),
}

impl Of {
    /// Reads the text that names a release; an error says what is wrong.
    pub fn parse(text: &str) -> Result<Of, String> {
        if text.contains('/') {
            let inside = is_inside(text) && !text.contains(['+', '\\']);
            return if inside { Ok(Of::Folder(text.into())) } else { Err("this path leaves the project".into()) };
        }
        let (member, rest) = text.split_once(':').map_or((text, None), |(member, rest)| (member, Some(rest)));
        let (release, version) = match rest.map(|rest| rest.split_once('@').unwrap_or((rest, ""))) {
            None => (None, None),
            Some((release, "")) => (Some(release.to_string()), None),
            Some((release, version)) => (Some(release.to_string()), Some(version.to_string())),
        };
        let plain = |word: &Option<String>| word.as_ref().is_none_or(|w| is_step(w));
        match is_name(member) && plain(&release) && plain(&version) {
            true => Ok(Of::Member { member: member.into(), release, version }),
            false => Err("MEMBER, MEMBER:RELEASE, MEMBER:RELEASE@VERSION, or a folder of the project".into()),
        }
    }
}

/// One step of a path, and nothing that leads elsewhere.
fn is_step(word: &str) -> bool {
    !word.is_empty() && !word.starts_with('.') && !word.contains(['/', '\\', '*', '?', '[', '{'])
}

/// Under which name the files of a release are seen, as those that were fetched are: `fetched:NAME/...`.
pub fn mounted(text: &str) -> String {
    format!("@{}", text.replace('/', "+"))
}

/// A release that a manifest names, and the text that names it.
#[derive(Clone, Debug)]
pub struct Named {
    pub text: String,
    pub of: Of,
}

/// All releases that a manifest names, each once. What cannot be read is told by the stage whose table it stands in.
pub fn named(manifest: &Manifest) -> Vec<Named> {
    let mut texts: Vec<String> = Vec::new();
    for (_, _, table) in manifest.instances(&["collect"]) {
        let of = table.get_ref().as_table().and_then(|t| t.get("dataset"));
        texts.extend(of.and_then(|v| v.get_ref().as_str()).map(str::to_string));
    }
    let table = manifest.table(&["clean", "near_duplicates"]).and_then(|(_, table)| table.get_ref().as_table());
    let all = table.and_then(|t| t.get("against")).and_then(|v| v.get_ref().as_array());
    texts.extend(all.into_iter().flatten().filter_map(|v| Some(v.get_ref().as_str()?.to_string())));
    texts.sort();
    texts.dedup();
    texts.into_iter().filter_map(|text| Some(Named { of: Of::parse(&text).ok()?, text })).collect()
}

/// What is wrong with a text that names a release, at its place.
pub fn check(named: &At<String>) -> Option<Diagnostic> {
    let say = Of::parse(named).err()?;
    let problem = Diagnostic::error("T0721", named.span(), format!("`{}` names no release", named.get()));
    Some(problem.label(say))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_names_its_members() {
        let of = Workspace::parse("[members]\nbase = \"base\"\nner = \"sets/ner\"\n").unwrap();
        assert_eq!(of.members["ner"], "sets/ner");
        for (text, want) in [
            ("[members]\nbase = \"../base\"\n", "leaves the workspace"),
            ("[members]\nbase = \"/base\"\n", "leaves the workspace"),
            ("[members]\n\"a b\" = \"base\"\n", "cannot name a member"),
            ("members = 3\n", "workspace.toml:1"),
            ("[members]\na = \"a\"\n[more]\nx = 1\n", "workspace.toml"),
            ("[members\n", "workspace.toml:1"),
        ] {
            let say = Workspace::parse(text).unwrap_err();
            assert!(say.contains(want), "{text}: {say}");
        }
    }

    #[test]
    fn releases_are_named_by_one_text() {
        let member = |member: &str, release: Option<&str>, version: Option<&str>| Of::Member {
            member: member.into(),
            release: release.map(String::from),
            version: version.map(String::from),
        };
        assert_eq!(Of::parse("base"), Ok(member("base", None, None)));
        assert_eq!(Of::parse("base:all"), Ok(member("base", Some("all"), None)));
        assert_eq!(Of::parse("base:all@1.0.0"), Ok(member("base", Some("all"), Some("1.0.0"))));
        assert_eq!(Of::parse("releases/all-1.0.0"), Ok(Of::Folder("releases/all-1.0.0".into())));
        for wrong in ["", "../x", "/abs/x", "a/../b", "a b", "base:", "base:..@1", "base:*"] {
            assert!(Of::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(mounted("releases/all-1.0.0"), "@releases+all-1.0.0");
    }
}

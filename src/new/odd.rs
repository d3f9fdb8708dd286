//! What a few samples say otherwise than all others: it takes no task away, and is told with the place where it stands.
use super::folder::Folder;
use std::collections::BTreeMap;

/// How often a class is there, and where first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Times {
    pub n: usize,
    pub first: Option<String>,
}

impl Times {
    pub fn add(&mut self, place: impl FnOnce() -> Option<String>) {
        if self.n == 0 {
            self.first = place();
        }
        self.n += 1;
    }
}

/// Odd values that are named one by one.
const NAMED: usize = 5;

/// Where a value stands first in some files of lines, as `FILE:LINE`; without the line where the file has none, or is read no
/// further than its beginning.
pub fn place(folder: &Folder, files: &[&String], value: &str) -> Option<String> {
    let parts = |c: char| c.is_whitespace() || matches!(c, '"' | ',' | '[' | ']' | '<' | '>');
    for path in files {
        let Some(file) = folder.files.iter().find(|f| f.path == **path) else { continue };
        let Ok(b) = folder.beginning(file) else { continue };
        let text = String::from_utf8_lossy(&b.bytes);
        if let Some(at) = text.lines().position(|line| line.split(parts).any(|part| part == value)) {
            return Some(format!("{path}:{}", at + 1));
        }
    }
    None
}

/// What is said of tags that no scheme has, among many that one has.
pub fn tags(folder: &Folder, files: &[&String], odd: &BTreeMap<String, usize>) -> Vec<String> {
    let say = |(tag, times): (&String, &usize)| {
        let place = place(folder, files, tag).unwrap_or_else(|| "a file that holds no lines".into());
        format!("what the tag `{tag}` means ({times} in all, the first in {place}): it is no tag of the scheme")
    };
    let mut out: Vec<String> = odd.iter().take(NAMED).map(say).collect();
    if odd.len() > NAMED {
        let more = odd.len() - NAMED;
        out.push(format!(
            "what {more} other tags mean, which are no tags of the scheme: a build tells the place of each"
        ));
    }
    out
}

/// What is said where so many tags are of no scheme that no task is made of any.
pub fn no_scheme(folder: &Folder, files: &[&String], odd: &BTreeMap<String, usize>) -> Option<(String, String)> {
    let first = files.first()?.to_string();
    let why = match odd.iter().max_by_key(|(_, n)| **n) {
        Some((tag, _)) => {
            let place = place(folder, files, tag).unwrap_or_default();
            format!(
                "no task is made of its tags, which are of no scheme, as `{tag}` ({place}): a tag is `O`, or `B-`, `I-`, `E-` \
                 or `S-` and a class"
            )
        }
        None => "no task is made of its tags, which are of two schemes at once: `E-` and `S-` are of BIOES, `L-` and `U-` of \
                 BILOU"
            .into(),
    };
    Some((first, why))
}

/// What is said of images that lie beside the folders of the classes.
pub fn beside(stray: &[&String]) -> Vec<String> {
    let say = |path: &&String| format!("which class {path} is of: it lies beside the folders of the classes");
    let mut out: Vec<String> = stray.iter().take(NAMED).map(say).collect();
    if stray.len() > NAMED {
        let more = stray.len() - NAMED;
        out.push(format!("which class {more} other images are of: they lie beside the folders of the classes, too"));
    }
    out
}

/// What is said of values that cannot be classes, among many that are.
pub fn no_classes(column: &str, odd: &[String]) -> Option<String> {
    let first: String = odd.first()?.chars().take(40).collect();
    let n = odd.len();
    Some(format!(
        "what {n} values of `{column}` mean, the first of which begins `{first}`: they are too long for classes"
    ))
}

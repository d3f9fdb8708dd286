//! What a folder in the layout of the Hugging Face Hub says of itself, in the front matter of its README.
use super::folder::Folder;
use super::licence::{front_matter, values_of};
use std::collections::BTreeMap;

/// What the front matter says.
#[derive(Default, Debug, PartialEq)]
pub struct Front {
    /// The file that it stands in.
    pub file: String,
    pub languages: Vec<String>,
    /// The names of classes that a column of numbers stands for, by the column.
    pub classes: BTreeMap<String, Vec<String>>,
}

pub fn front(folder: &Folder) -> Front {
    let readme = folder.files.iter().find(|f| f.path.eq_ignore_ascii_case("readme.md"));
    let Some(b) = readme.and_then(|f| folder.beginning(f).ok()) else { return Front::default() };
    let text = String::from_utf8_lossy(&b.bytes);
    let Some(front) = front_matter(&text) else { return Front::default() };
    Front { file: b.file.path.clone(), languages: values_of(front, "language"), classes: classes(front) }
}

/// The names of classes: `- name: label`, and below it `class_label:` with lines `'0': neg`.
fn classes(front: &str) -> BTreeMap<String, Vec<String>> {
    let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (mut column, mut within) = (String::new(), None);
    let plain = |t: &str| t.trim().trim_matches(['"', '\'']).to_string();
    for line in front.lines() {
        let depth = line.len() - line.trim_start().len();
        let bare = line.trim();
        if let Some(name) = bare.strip_prefix("- name:") {
            (column, within) = (plain(name), None);
        } else if bare == "class_label:" || bare == "names:" {
            within = Some(depth);
        } else if let Some((number, name)) = bare.split_once(':').filter(|_| within.is_some_and(|d| depth > d)) {
            let own = out.entry(column.clone()).or_default();
            if plain(number).parse() == Ok(own.len()) {
                own.push(plain(name));
            }
        } else {
            within = None;
        }
    }
    out.retain(|_, names| !names.is_empty());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_classes_are_read() {
        let front = "license: mit\ndataset_info:\n  features:\n  - name: text\n    dtype: string\n  - name: label\n    dtype:\n      class_label:\n        names:\n          '0': neg\n          '1': pos\n  splits:\n  - name: train\n    num_bytes: 5\n";
        let want = BTreeMap::from([("label".to_string(), vec!["neg".to_string(), "pos".to_string()])]);
        assert_eq!(classes(front), want);
    }
}

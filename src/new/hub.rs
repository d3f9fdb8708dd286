//! What a folder in the layout of the Hugging Face Hub says of itself, in the front matter of its README.
use super::folder::Folder;
use crate::formats::yaml;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What the front matter says.
#[derive(Default, Debug, PartialEq)]
pub struct Front {
    /// The file that it stands in.
    pub file: String,
    /// All of it.
    pub of: Json,
    pub languages: Vec<String>,
    /// What the data set is called for people.
    pub title: Option<String>,
    /// The names of classes that a column of numbers stands for, by the column.
    pub classes: BTreeMap<String, Vec<String>>,
    /// Why it cannot be read.
    pub wrong: Option<String>,
}

pub fn front(folder: &Folder) -> Front {
    let readme = folder.files.iter().find(|f| f.path.eq_ignore_ascii_case("readme.md"));
    let Some(b) = readme.and_then(|f| folder.beginning(f).ok()) else { return Front::default() };
    let text = String::from_utf8_lossy(&b.bytes);
    yaml::front_matter(&text).map_or_else(Front::default, |front| read(&b.file.path, front))
}

fn read(file: &str, front: &str) -> Front {
    let file = file.to_string();
    let of = match yaml::parse(front) {
        Ok(of) => of,
        Err((line, say)) => {
            let wrong = format!(
                "line {} cannot be read as YAML ({say}), so that nothing is known of its configurations, classes and languages",
                line + 1
            );
            return Front { file, wrong: Some(wrong), ..Front::default() };
        }
    };
    let languages = of.get("language").map(texts).unwrap_or_default();
    let title = of.get("pretty_name").and_then(Json::as_str).map(str::trim).filter(|t| !t.is_empty()).map(String::from);
    let mut classes = BTreeMap::new();
    infos(&of).for_each(|info| info.get("features").into_iter().for_each(|features| named(features, &mut classes)));
    Front { file, of, languages, title, classes, wrong: None }
}

/// A text, or the texts of a list.
pub fn texts(of: &Json) -> Vec<String> {
    match of {
        Json::String(text) => vec![text.clone()],
        Json::Array(all) => all.iter().filter_map(Json::as_str).map(String::from).collect(),
        _ => Vec::new(),
    }
}

/// What `dataset_info` says: one object, or one for each configuration.
fn infos(of: &Json) -> impl Iterator<Item = &Json> {
    let all: Vec<&Json> = match of.get("dataset_info") {
        Some(Json::Array(all)) => all.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    all.into_iter()
}

/// The names of the classes of each feature, in the order of their numbers.
fn named(features: &Json, out: &mut BTreeMap<String, Vec<String>>) {
    for feature in features.as_array().into_iter().flatten() {
        let Some(column) = feature.get("name").and_then(Json::as_str) else { continue };
        let names = classes(feature, 0).filter(|names| !names.is_empty());
        names.into_iter().for_each(|names| _ = out.entry(column.to_string()).or_insert(names));
    }
}

/// The classes of a feature or of the items of its list, however deep they lie.
fn classes(of: &Json, depth: usize) -> Option<Vec<String>> {
    const DEPTH: usize = 8;
    if let Some(names) = of.get("class_label").and_then(|label| label.get("names")) {
        return match names {
            Json::Array(_) => Some(texts(names)),
            Json::Object(all) => (0..all.len()).map(|n| Some(all.get(&n.to_string())?.as_str()?.to_string())).collect(),
            _ => None,
        };
    }
    let inner = ["dtype", "sequence", "list"].iter().filter_map(|key| of.get(*key));
    inner.filter(|_| depth < DEPTH).find_map(|inner| classes(inner, depth + 1))
}

impl Front {
    /// How many samples it says that each split of a configuration has; of a configuration without a name, where only one is told.
    pub fn examples(&self, config: Option<&str>) -> BTreeMap<String, u64> {
        let all: Vec<&Json> = infos(&self.of).collect();
        let called = |info: &&&Json| {
            info.get("config_name").and_then(Json::as_str).unwrap_or("default") == config.unwrap_or("default")
        };
        let own = match all.as_slice() {
            [one] if config.is_none() || one.get("config_name").is_none() => Some(*one),
            all => all.iter().find(called).copied(),
        };
        let splits = own.and_then(|info| info.get("splits")?.as_array()).into_iter().flatten();
        let of = |split: &Json| {
            let n = split.get("num_examples")?.as_str()?.parse().ok()?;
            Some((split.get("name")?.as_str()?.to_string(), n))
        };
        splits.filter_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_classes_and_numbers_of_samples_are_read() {
        let block = "license: mit\npretty_name: A set\ndataset_info:\n  features:\n  - name: text\n    dtype: string\n  - name: label\n    dtype:\n      class_label:\n        names:\n          '0': neg\n          '1': pos\n  splits:\n  - name: train\n    num_bytes: 5\n    num_examples: 7\n";
        let flow = "pretty_name: \"A set\"\ndataset_info: {features: [{name: text, dtype: string}, {name: label, dtype: {class_label: {names: [neg, pos]}}}], splits: [{name: train, num_examples: 7}]}\n";
        let classes = BTreeMap::from([("label".to_string(), vec!["neg".to_string(), "pos".to_string()])]);
        for text in [block, flow] {
            let front = read("README.md", text);
            assert_eq!((&front.classes, front.title.as_deref()), (&classes, Some("A set")), "{text}");
            assert_eq!(front.examples(None), BTreeMap::from([("train".to_string(), 7)]), "{text}");
        }
        let tags = read(
            "README.md",
            "dataset_info:\n- config_name: a\n  features:\n  - name: tags\n    sequence:\n      class_label:\n        names:\n          '0': O\n          '1': B-X\n  splits:\n  - {name: test, num_examples: 3}\n- config_name: b\n",
        );
        assert_eq!(tags.classes["tags"], ["O", "B-X"]);
        assert_eq!(
            (tags.examples(Some("a")).len(), tags.examples(Some("b")).len(), tags.examples(None).len()),
            (1, 0, 0)
        );
        assert!(read("README.md", "a: 1\na: 2\n").wrong.is_some_and(|say| say.contains("line 3")));
    }
}

//! Which files of a folder in the layout of the Hugging Face Hub are one data set, and which split each is in: `configs` in the
//! front matter of its README names them by patterns.
use super::folder::{File, Folder};
use super::licence::front_matter;
use super::names::split_of_path;
use crate::engine::scan::find::Matcher;
use std::collections::{BTreeMap, BTreeSet};

/// Which split each file is in, and which files are of no data set here.
#[derive(Default)]
pub struct Parts {
    splits: BTreeMap<String, String>,
    /// Files that are left out, each with the reason.
    pub others: BTreeMap<String, String>,
    /// What the README says of files that are not here.
    pub told: Vec<(String, String)>,
}

impl Parts {
    /// The split of a file: as the README says, else by its own name (where `own`) or the nearest folder above.
    pub fn split(&self, path: &str, own: bool) -> Option<String> {
        self.splits.get(path).cloned().or_else(|| split_of_path(path, own))
    }
}

/// A configuration as it is declared.
#[derive(Debug, Default, PartialEq)]
struct Config {
    name: String,
    usual: bool,
    dir: String,
    files: Vec<Entry>,
}

/// Patterns of the files of one split.
#[derive(Debug, Default, PartialEq)]
struct Entry {
    split: String,
    paths: Vec<String>,
}

pub fn parts(folder: &Folder) -> Parts {
    let readme = folder.files.iter().find(|f| f.path.eq_ignore_ascii_case("readme.md"));
    let Some(b) = readme.and_then(|f| folder.beginning(f).ok()) else { return Parts::default() };
    let text = String::from_utf8_lossy(&b.bytes);
    let configs = front_matter(&text).map(declared).unwrap_or_default();
    chosen(&b.file.path, &configs, &folder.files)
}

/// The files of the configuration that the library `datasets` would take without a name, else of the first that has files.
fn chosen(readme: &str, configs: &[Config], files: &[File]) -> Parts {
    let mut out = Parts::default();
    let of: Vec<BTreeMap<String, String>> =
        configs.iter().map(|config| matched(readme, config, files, &mut out.told)).collect();
    let has = |n: &usize| of.get(*n).is_some_and(|files| !files.is_empty());
    let usual = |c: &Config| c.usual || c.name == "default";
    let first = configs.iter().position(usual).filter(has).or_else(|| (0..configs.len()).find(has));
    let Some((config, own)) = first.and_then(|n| configs.get(n).zip(of.get(n))) else { return out };
    let name = &config.name;
    for (other, theirs) in configs.iter().zip(&of) {
        for path in theirs.keys().filter(|path| !own.contains_key(*path)) {
            let say = format!(
                "{readme} has it in the configuration `{}`, and this project is made of `{name}`: make another of it, in a \
                 folder of its own",
                other.name
            );
            out.others.entry(path.clone()).or_insert(say);
        }
    }
    // what lies beside files of one kind and is of no configuration is no data of it
    let ends: BTreeSet<String> = files.iter().filter(|f| own.contains_key(&f.path)).map(File::extension).collect();
    for file in files.iter().filter(|f| ends.contains(&f.extension()) && !own.contains_key(&f.path)) {
        let say = format!("no configuration of {readme} names it");
        out.others.entry(file.path.clone()).or_insert(say);
    }
    out.splits = own.iter().filter(|(_, split)| !split.is_empty()).map(|(p, s)| (p.clone(), s.clone())).collect();
    out
}

/// The files of a configuration with their splits, which may be empty. Patterns that match nothing are told.
fn matched(
    readme: &str,
    config: &Config,
    files: &[File],
    told: &mut Vec<(String, String)>,
) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let whole = [Entry { split: String::new(), paths: vec!["**".into()] }];
    let entries = if config.files.is_empty() && !config.dir.is_empty() { &whole } else { config.files.as_slice() };
    for entry in entries {
        for path in &entry.paths {
            let dir = config.dir.trim_matches('/');
            let full = if dir.is_empty() { path.clone() } else { format!("{dir}/{path}") };
            let fits = fits(&full);
            let own = files.iter().filter(|f| f.path != readme && fits(&f.path));
            let own: Vec<&File> = own.collect();
            if own.is_empty() {
                let say = format!(
                    "the configuration `{}` names `{full}`, and no file here is called so; the rest of it is read",
                    config.name
                );
                told.push((readme.to_string(), say));
            }
            for file in own {
                out.entry(file.path.clone()).or_insert(entry.split.clone());
            }
        }
    }
    out
}

/// Whether a path matches a pattern, which may be a folder: all that lies below it.
fn fits(pattern: &str) -> impl Fn(&str) -> bool + use<> {
    let bare = pattern.trim_start_matches("./").trim_end_matches('/');
    let globs = [bare.to_string(), format!("{bare}/**")];
    let globs: Vec<Matcher> = globs.iter().filter_map(|glob| Matcher::of(glob)).collect();
    move |path: &str| globs.iter().any(|glob| glob.is_match(path))
}

/// The configurations of a front matter. Files that name no split are all in `train`, as `datasets` has them.
fn declared(front: &str) -> Vec<Config> {
    let lines = front.lines().skip_while(|l| !l.starts_with("configs:")).skip(1);
    let own = |l: &&str| l.starts_with([' ', '-', '\t']) || l.trim().is_empty();
    let mut out: Vec<Config> = Vec::new();
    let mut outer = None;
    let mut list = false; // the lines below are patterns
    for line in lines.take_while(own).filter(|l| !l.trim().is_empty() && !l.trim_start().starts_with('#')) {
        let depth = line.len() - line.trim_start().len();
        let bare = line.trim();
        let (item, bare) = bare.strip_prefix("- ").map_or((false, bare), |rest| (true, rest.trim()));
        if item && depth <= *outer.get_or_insert(depth) {
            out.push(Config::default());
            list = false;
        }
        let Some(config) = out.last_mut() else { continue };
        let Some((key, value)) = keyed(bare) else {
            // an item of a list of patterns
            if !list || config.files.is_empty() {
                config.files.push(Entry { split: "train".into(), paths: Vec::new() });
                list = true;
            }
            config.files.last_mut().into_iter().for_each(|e| e.paths.extend(words(bare)));
            continue;
        };
        let inner = item && Some(depth) > outer;
        if inner && ["split", "path"].contains(&key) {
            config.files.push(Entry::default());
        }
        list = key == "path" && value.is_empty();
        match key {
            "config_name" => config.name = plain(value),
            "default" => config.usual = value == "true",
            "data_dir" => config.dir = plain(value),
            "data_files" if !value.is_empty() => {
                config.files.push(Entry { split: "train".into(), paths: words(value) });
            }
            "split" => config.files.last_mut().into_iter().for_each(|e| e.split = plain(value)),
            "path" => config.files.last_mut().into_iter().for_each(|e| e.paths.extend(words(value))),
            _ => {}
        }
    }
    out
}

/// `key: value` of a word; a pattern is none.
fn keyed(bare: &str) -> Option<(&str, &str)> {
    let (key, value) = bare.split_once(':')?;
    let word = !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    (word && (value.is_empty() || value.starts_with(' '))).then(|| (key, value.trim()))
}

fn plain(text: &str) -> String {
    text.trim().trim_matches(['"', '\'']).to_string()
}

/// One text, or the texts of a list in brackets.
fn words(value: &str) -> Vec<String> {
    let all = match value.strip_prefix('[') {
        Some(list) => list.trim_end_matches(']').split(',').map(plain).collect(),
        None => vec![plain(value)],
    };
    all.into_iter().filter(|text: &String| !text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(paths: &[&str]) -> Vec<File> {
        paths.iter().map(|p| File { path: p.to_string(), size: 1 }).collect()
    }

    const FRONT: &str = "license: mit\nconfigs:\n- config_name: small\n  data_files:\n  - split: train\n    path: \"a/tr-*\"\n  \
                         - split: held\n    path:\n    - a/x.csv\n    - a/y.csv\n- config_name: all\n  default: true\n  data_files: \
                         \"b/*.csv\"\ntags:\n- x\n";

    #[test]
    fn configurations_are_read() {
        let entry = |split: &str, paths: &[&str]| Entry {
            split: split.into(),
            paths: paths.iter().map(|p| p.to_string()).collect(),
        };
        let small = Config {
            name: "small".into(),
            files: vec![entry("train", &["a/tr-*"]), entry("held", &["a/x.csv", "a/y.csv"])],
            ..Config::default()
        };
        let all =
            Config { name: "all".into(), usual: true, files: vec![entry("train", &["b/*.csv"])], ..Config::default() };
        assert_eq!(declared(FRONT), [small, all]);
        let listed = declared(
            "configs:\n  - config_name: x\n    data_dir: d\n    data_files:\n      - a.csv\n      - 'b.csv'\n",
        );
        assert_eq!(listed[0].files, [entry("train", &["a.csv", "b.csv"])]);
        assert_eq!((listed[0].dir.as_str(), declared("license: mit\n").len()), ("d", 0));
    }

    #[test]
    fn the_usual_configuration_is_taken_and_others_are_told() {
        let all = files(&["README.md", "a/tr-1.csv", "a/x.csv", "b/1.csv", "b/2.csv", "c.csv", "c.txt"]);
        let parts = chosen("README.md", &declared(FRONT), &all);
        assert_eq!(parts.split("b/1.csv", true).as_deref(), Some("train"));
        let others: Vec<&String> = parts.others.keys().collect();
        assert_eq!(others, ["a/tr-1.csv", "a/x.csv", "c.csv"]);
        assert!(parts.others["a/x.csv"].contains("`small`") && parts.others["c.csv"].contains("no configuration"));
        assert!(parts.told.len() == 1 && parts.told[0].1.contains("a/y.csv"), "{:?}", parts.told);
        let parts = chosen("README.md", &declared(FRONT)[..1], &all);
        assert_eq!(parts.split("a/x.csv", true).as_deref(), Some("held"));
        let none = chosen("README.md", &[], &all);
        assert!(none.others.is_empty() && none.split("test/x.csv", true).as_deref() == Some("test"));
    }
}

//! Which files of a folder in the layout of the Hugging Face Hub are one data set, and which split each is in: `configs` in the
//! front matter of its README names them by patterns.
use super::folder::{File, Folder};
use super::hub::{Front, texts};
use super::kinds::is_media;
use super::names::split_of_path;
use crate::engine::scan::find::Matcher;
use crate::formats::Format;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Which split each file is in, and which files are of no data set here.
#[derive(Default)]
pub struct Parts {
    /// The README that says so.
    readme: String,
    /// The configuration whose files are taken.
    pub name: Option<String>,
    /// Its files, each with the split that it is in, which may be empty.
    own: BTreeMap<String, String>,
    /// Files that are left out, each with the reason.
    pub others: BTreeMap<String, String>,
    /// What the README says of files that are not here.
    pub told: Vec<(String, String)>,
}

impl Parts {
    /// The split of a file: as the README says, else by its own name (where `own`) or the nearest folder above.
    pub fn split(&self, path: &str, own: bool) -> Option<String> {
        let said = self.own.get(path).filter(|split| !split.is_empty()).cloned();
        said.or_else(|| split_of_path(path, own))
    }

    /// Why a file of a known format is no data of the configuration: it names others. Pictures and sounds may be named by what the
    /// configuration has, and stay.
    pub fn foreign(&self, path: &str, format: &Format) -> Option<String> {
        let named = self.own.is_empty() || self.own.contains_key(path) || is_media(format);
        (!named).then(|| format!("no configuration of {} names it", self.readme))
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

pub fn parts(folder: &Folder, front: &Front) -> Parts {
    let mut told = Vec::new();
    let configs = declared(&front.of, &mut told);
    let mut out = chosen(&front.file, &configs, &folder.files);
    let wrong = front.wrong.iter().chain(&told).map(|say| (front.file.clone(), say.clone()));
    out.told.extend(wrong);
    out
}

/// The files of the configuration that the library `datasets` would take without a name, else of the first that has files.
fn chosen(readme: &str, configs: &[Config], files: &[File]) -> Parts {
    let mut out = Parts { readme: readme.to_string(), ..Parts::default() };
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
    out.own = own.clone();
    out.name = Some(name.clone());
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

/// The configurations of a front matter, and what of them is in no form that is known. Files that name no split are all in `train`,
/// as `datasets` has them.
fn declared(front: &Json, told: &mut Vec<String>) -> Vec<Config> {
    let Some(configs) = front.get("configs") else { return Vec::new() };
    let all: Vec<&Json> = match configs {
        Json::Array(all) => all.iter().collect(),
        one => vec![one],
    };
    let mut out = Vec::new();
    for (n, one) in all.into_iter().enumerate() {
        let text = |key: &str| one.get(key).and_then(Json::as_str).unwrap_or_default().to_string();
        let name = if text("config_name").is_empty() { "default".to_string() } else { text("config_name") };
        let files = match one.get("data_files") {
            None | Some(Json::Null) => Some(Vec::new()),
            Some(files) => entries(files),
        };
        match files.filter(|_| one.is_object()) {
            Some(files) => out.push(Config { name, usual: text("default") == "true", dir: text("data_dir"), files }),
            None => told.push(format!(
                "the configuration that stands as number {} of `configs` is in no form that is known, and is not followed",
                n + 1
            )),
        }
    }
    out
}

/// What `data_files` says: a pattern, patterns, a list of splits with patterns, or an object of splits.
fn entries(files: &Json) -> Option<Vec<Entry>> {
    let usual = |paths: Vec<String>| Entry { split: "train".into(), paths };
    match files {
        Json::String(_) => Some(vec![usual(texts(files))]),
        Json::Object(splits) => {
            let one = |(split, paths): (&String, &Json)| {
                let paths = texts(paths);
                (!paths.is_empty()).then(|| Entry { split: split.clone(), paths })
            };
            splits.iter().map(one).collect()
        }
        Json::Array(items) => {
            let mut out: Vec<Entry> = Vec::new();
            for item in items {
                match item {
                    Json::String(path) => match out.last_mut().filter(|_| items.iter().all(Json::is_string)) {
                        Some(last) => last.paths.push(path.clone()),
                        None => out.push(usual(vec![path.clone()])),
                    },
                    item => {
                        let paths = item.get("path").map(texts).filter(|paths| !paths.is_empty())?;
                        let split = item.get("split").and_then(Json::as_str).unwrap_or("train").to_string();
                        out.push(Entry { split, paths });
                    }
                }
            }
            Some(out)
        }
        _ => None,
    }
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

    fn of(front: &str) -> Vec<Config> {
        let mut told = Vec::new();
        let out = declared(&crate::formats::yaml::parse(front).unwrap(), &mut told);
        assert_eq!(told, Vec::<String>::new(), "{front}");
        out
    }

    fn entry(split: &str, paths: &[&str]) -> Entry {
        Entry { split: split.into(), paths: paths.iter().map(|p| p.to_string()).collect() }
    }

    #[test]
    fn configurations_are_read() {
        let small = Config {
            name: "small".into(),
            files: vec![entry("train", &["a/tr-*"]), entry("held", &["a/x.csv", "a/y.csv"])],
            ..Config::default()
        };
        let all =
            Config { name: "all".into(), usual: true, files: vec![entry("train", &["b/*.csv"])], ..Config::default() };
        assert_eq!(of(FRONT), [small, all]);
        let listed =
            of("configs:\n  - config_name: x\n    data_dir: d\n    data_files:\n      - a.csv\n      - 'b.csv'\n");
        assert_eq!(listed[0].files, [entry("train", &["a.csv", "b.csv"])]);
        assert_eq!((listed[0].dir.as_str(), of("license: mit\n").len()), ("d", 0));
    }

    #[test]
    fn configurations_are_read_however_yaml_writes_them() {
        let want = [entry("train", &["en/train-*"]), entry("test", &["en/test-*", "en/more.csv"])];
        for files in [
            "\n  - {split: train, path: en/train-*}\n  - {split: test, path: [en/test-*, en/more.csv]}",
            " [{split: train, path: 'en/train-*'}, {split: \"test\", path: [\"en/test-*\", en/more.csv]}]",
            "\n  - split: train\n    path:\n    - en/train-*\n  - path: [en/test-*,\n      en/more.csv]\n    split: test",
        ] {
            let front = format!(
                "configs:\n- config_name: en\n  data_files:{files}\n- {{config_name: ko, data_files: ko/*.csv}}\n"
            );
            let all = of(&front);
            assert_eq!((all.len(), all[0].name.as_str(), all[1].name.as_str()), (2, "en", "ko"), "{front}");
            assert_eq!(all[0].files, want, "{front}");
            assert_eq!(all[1].files, [entry("train", &["ko/*.csv"])], "{front}");
        }
        let whole = of(
            "configs: [{config_name: a, default: true, data_files: {train: [x.csv], dev: y.csv}}, {config_name: b, data_dir: d}]\n",
        );
        assert_eq!(whole[0].files, [entry("dev", &["y.csv"]), entry("train", &["x.csv"])]);
        assert!(whole[0].usual && whole[1].dir == "d");
        let mut told = Vec::new();
        let odd =
            crate::formats::yaml::parse("configs:\n- config_name: a\n  data_files:\n  - split: train\n- b\n").unwrap();
        assert_eq!((declared(&odd, &mut told).len(), told.len()), (0, 2));
    }

    #[test]
    fn the_usual_configuration_is_taken_and_others_are_told() {
        let all = files(&["README.md", "a/tr-1.csv", "a/x.csv", "b/1.csv", "b/2.csv", "c.csv", "c.txt"]);
        let parts = chosen("README.md", &of(FRONT), &all);
        assert_eq!(parts.split("b/1.csv", true).as_deref(), Some("train"));
        let others: Vec<&String> = parts.others.keys().collect();
        assert_eq!(others, ["a/tr-1.csv", "a/x.csv", "c.csv"]);
        assert!(parts.others["a/x.csv"].contains("`small`") && parts.others["c.csv"].contains("no configuration"));
        assert!(parts.told.len() == 1 && parts.told[0].1.contains("a/y.csv"), "{:?}", parts.told);
        let parts = chosen("README.md", &of(FRONT)[..1], &all);
        assert_eq!(parts.split("a/x.csv", true).as_deref(), Some("held"));
        let none = chosen("README.md", &[], &all);
        assert!(none.others.is_empty() && none.split("test/x.csv", true).as_deref() == Some("test"));
    }
}

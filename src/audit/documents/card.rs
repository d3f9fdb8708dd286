//! `README.md`: the card of a data set for hubs. Its front matter names files, columns, classes and counts.
use super::super::cells::Ty;
use super::super::folder::Folder;
use super::super::glob::Glob;
use super::super::kinds::{Names, Said, Splits};
use super::super::told::Told;
use super::claims::Claims;
use super::facts::{Facts, list, stands, text};
use crate::formats::yaml;
use crate::model::license::{of_hubs, of_value};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// A card, read.
pub struct Card {
    pub path: String,
    front: Json,
    whole: String,
}

/// A config: its name, and the globs of each split.
struct Config {
    name: String,
    row: String,
    splits: Vec<(String, Vec<String>)>,
}

/// Reads a card; what it says of splits and classes is told to who reads tables.
pub fn read(folder: &Folder, path: &str, splits: &mut Splits, names: &mut Names, told: &mut Told) -> Option<Card> {
    let whole = folder.text(path, told)?;
    let Some(front) = yaml::front_matter(&whole) else {
        match folder.has("release.json") {
            true => {
                told.fault("document.missing", path, "", "", "has no front matter, and the card of a release has one")
            }
            false => told.unchecked(format!("{path}: the card has no front matter")),
        }
        return None;
    };
    let front = match yaml::parse(front) {
        Ok(front) => front,
        Err((line, say)) => {
            told.fault("document.yaml", path, format!("line {}", line + 1), "", say);
            return None;
        }
    };
    let card = Card { path: path.to_string(), front, whole };
    for config in card.configs() {
        for (split, globs) in &config.splits {
            splits.said.extend(globs.iter().map(|g| (Glob::new(g), split.clone())));
        }
    }
    names.said.extend(card.classes());
    Some(card)
}

impl Card {
    fn configs(&self) -> Vec<Config> {
        let mut out = Vec::new();
        for (n, config) in list(&self.front, "configs").into_iter().enumerate() {
            let globs = |v: &Json| -> Vec<String> {
                match v {
                    Json::String(t) => vec![t.clone()],
                    Json::Array(all) => all.iter().filter_map(Json::as_str).map(String::from).collect(),
                    _ => Vec::new(),
                }
            };
            let mut splits = Vec::new();
            for (m, files) in list(config, "data_files").into_iter().enumerate() {
                match files {
                    Json::String(t) => splits.push(("train".to_string(), vec![t.clone()])),
                    files => {
                        let split = text(files, "split").map_or(format!("data_files[{m}]"), String::from);
                        splits.push((split, files.get("path").map(globs).unwrap_or_default()));
                    }
                }
            }
            out.push(Config {
                name: text(config, "config_name").unwrap_or("default").into(),
                row: format!("configs[{n}]"),
                splits,
            });
        }
        out
    }

    fn infos(&self) -> Vec<(String, &Json)> {
        let name = |info: &Json| text(info, "config_name").unwrap_or("default").to_string();
        list(&self.front, "dataset_info").into_iter().map(|info| (name(info), info)).collect()
    }

    /// The classes that fields of numbers stand for, with the globs of the files that have them.
    fn classes(&self) -> Vec<Said> {
        let configs = self.configs();
        let mut out = Vec::new();
        for (name, info) in self.infos() {
            let mut of = BTreeMap::new();
            features(info.get("features"), "", &mut |field, feature| {
                if let Some(names) = class_names(feature) {
                    of.insert(field.to_string(), names);
                }
            });
            let own = configs.iter().filter(|c| c.name == name).flat_map(|c| &c.splits).flat_map(|(_, g)| g);
            out.push((own.map(|g| Glob::new(g)).collect(), of));
        }
        out.extend(self.labels().into_iter().map(|(field, names)| (vec![Glob::new("**")], [(field, names)].into())));
        out
    }

    /// The tables of classes that a card of tamis has below `## Label`, or in Korean below `## 라벨`.
    fn labels(&self) -> Vec<(String, Vec<String>)> {
        let mut out: Vec<(String, Vec<String>)> = Vec::new();
        let (mut label, mut table) = (None, false);
        for line in self.whole.lines() {
            if let Some(head) = line.strip_prefix("## ") {
                let own = head.strip_prefix("Label `").or_else(|| head.strip_prefix("라벨 `"));
                label = own.and_then(|rest| rest.split('`').next()).map(String::from);
                table = false;
            } else if line.starts_with("| class |") || line.starts_with("| 클래스 |") {
                table = true;
            } else if !line.starts_with('|') {
                table = false;
            } else if let (Some(label), true) = (&label, table) {
                let first = line.trim_start_matches('|').split(" | ").next().unwrap_or_default().trim();
                if first.starts_with("---") || first.contains('\\') || first.contains('&') {
                    continue;
                }
                match out.iter_mut().find(|(own, _)| own == label) {
                    Some((_, names)) => names.push(first.to_string()),
                    None => out.push((label.clone(), vec![first.to_string()])),
                }
            }
        }
        // a name that Markdown writes otherwise would be missing
        let odd = self.whole.contains("\\|") || self.whole.contains("&#");
        if odd { Vec::new() } else { out }
    }

    /// The version of the data set that the page names: in its title, or in words, `Version 1.2.0`, if these name one alone.
    fn versions(&self) -> Vec<String> {
        let version =
            |word: &str| word.split('.').count() == 3 && word.split('.').all(|part| part.parse::<u32>().is_ok());
        let mut found = BTreeSet::new();
        let body = self.whole.splitn(3, "---").nth(2).unwrap_or_default();
        for line in body.lines() {
            if let Some(title) = line.strip_prefix("# ") {
                found.extend(title.rsplit(' ').next().filter(|word| version(word)).map(String::from));
            } else if !line.starts_with(['|', '#', '>', '-', '`']) {
                let words = line.match_indices("Version ").filter_map(|(at, word)| line.get(at + word.len()..));
                let first =
                    words.filter_map(|rest| rest.split([' ', ',', ';']).next().map(|w| w.trim_end_matches('.')));
                found.extend(first.filter(|word| version(word)).map(String::from));
            }
        }
        if found.len() == 1 { found.into_iter().collect() } else { Vec::new() }
    }

    pub fn check(&self, facts: &Facts, claims: &mut Claims, told: &mut Told) {
        let path = self.path.as_str();
        match list(&self.front, "license").as_slice() {
            [] => told.fault("document.missing", path, "", "license", "is missing, and cards of data sets demand it"),
            [one] => {
                let said = one.as_str().unwrap_or_default();
                let said = match text(&self.front, "license_name").filter(|_| said == "other") {
                    Some(name) if of_value(name).is_some() => name,
                    _ => of_hubs(said).unwrap_or(said),
                };
                let named = said == "other" || said == "unknown";
                match of_value(said).is_none() && !named {
                    true => told.fault(
                        "document.value",
                        path,
                        "",
                        "license",
                        format!("`{said}` is no licence that is known"),
                    ),
                    false => claims.license(path, "license", Some(said), told),
                }
            }
            _ => told.unchecked(format!("{path}: several licences are not compared with those of other documents")),
        }
        super::sources::card(path, &self.whole, claims);
        super::tables::check(facts, path, &self.whole, told);
        let languages: Vec<&str> = list(&self.front, "language").into_iter().filter_map(Json::as_str).collect();
        claims.languages(path, "language", &languages);
        for version in &self.versions() {
            claims.version(path, "version in the text", Some(version));
        }
        claims.title(path, "pretty_name", text(&self.front, "pretty_name"));
        let mut rows = BTreeMap::new();
        for config in self.configs() {
            self.config(facts, &config, &mut rows, told);
        }
        for (name, info) in self.infos() {
            self.info(facts, &name, info, &rows, told);
        }
        self.sizes(&rows, told);
    }

    /// Counts the rows of the files of each split.
    fn config(
        &self,
        facts: &Facts,
        config: &Config,
        rows: &mut BTreeMap<(String, String), (u64, Vec<String>)>,
        told: &mut Told,
    ) {
        if config.splits.is_empty() {
            told.unchecked(format!("{}: {} names no files", self.path, config.row));
        }
        for (split, globs) in &config.splits {
            let field = format!("data_files.{split}");
            if globs.is_empty() {
                told.fault("document.missing", &self.path, &config.row, &field, "has no path");
            }
            let (mut n, mut files) = (0, Vec::new());
            for pattern in globs.iter().filter(|p| !p.contains("://")) {
                let glob = Glob::new(pattern);
                let mut own = facts.folder.files.keys().filter(|p| glob.fits(p)).peekable();
                if own.peek().is_none() {
                    told.fault("document.path", &self.path, &config.row, &field, format!("{pattern} fits no file"));
                }
                for file in own {
                    n += facts.tables.get(file).map_or(0, |t| t.rows);
                    files.push(file.clone());
                    let of = file.split('/').rev().find_map(|part| {
                        part.split(|c: char| !c.is_alphanumeric()).find_map(super::super::kinds::usual)
                    });
                    if let (Some(of), Some(said)) = (of, super::super::kinds::usual(split))
                        && of != said
                    {
                        let say = format!("{file} is by its name of `{of}`");
                        told.fault("document.splits", &self.path, &config.row, &field, say);
                    }
                }
            }
            rows.insert((config.name.clone(), split.clone()), (n, files));
        }
    }

    /// Features are the columns of the files, and counts are those of their rows.
    fn info(
        &self,
        facts: &Facts,
        name: &str,
        info: &Json,
        rows: &BTreeMap<(String, String), (u64, Vec<String>)>,
        told: &mut Told,
    ) {
        let row = format!("dataset_info.{name}");
        let own = rows.iter().filter(|((config, _), _)| config == name);
        for split in list(info, "splits") {
            let Some(named) = text(split, "name") else { continue };
            let Some(said) = text(split, "num_examples").and_then(|t| t.parse::<u64>().ok()) else { continue };
            match rows.get(&(name.to_string(), named.to_string())) {
                Some((n, files))
                    if *n != said && files.iter().all(|f| facts.tables.get(f).is_some_and(|t| t.whole)) =>
                {
                    let say = format!("says {said} examples of `{named}`, and its files have {n}");
                    told.fault("document.count", &self.path, &row, "splits.num_examples", say);
                }
                Some(_) => {}
                None => told.fault(
                    "document.splits",
                    &self.path,
                    &row,
                    "splits",
                    format!("`{named}` is no split of the config"),
                ),
            }
        }
        let columns: Vec<(String, String)> = {
            let mut all = Vec::new();
            for feature in list(info, "features") {
                if let Some(n) = text(feature, "name") {
                    all.push((n.to_string(), dtype(feature)));
                }
            }
            all
        };
        if columns.is_empty() {
            return;
        }
        let files: Vec<&String> = own.flat_map(|(_, (_, files))| files).collect();
        for file in files {
            let Some(table) = facts.tables.get(file).filter(|t| t.whole && t.rows > 0) else { continue };
            let beside = beside_files(file, &columns);
            for (column, ty) in &columns {
                match table.column(beside.get(column.as_str()).map_or(column, |own| own)) {
                    None => {
                        told.fault("document.column", &self.path, &row, column, format!("is no column of {file}"));
                    }
                    Some(own) if !fits(ty, own) => {
                        let say = format!("is `{ty}`, and {file} has {}", own.words());
                        told.fault("document.type", &self.path, &row, column, say);
                    }
                    Some(_) => {}
                }
            }
            let known = |c: &String| columns.iter().any(|(n, _)| beside.get(n.as_str()).unwrap_or(n) == c);
            for (column, _) in table.columns.iter().filter(|(c, _)| !known(c)) {
                told.fault(
                    "document.column",
                    &self.path,
                    &row,
                    column,
                    format!("is a column of {file} and no feature"),
                );
            }
        }
    }

    /// `size_categories` holds the number of rows.
    fn sizes(&self, rows: &BTreeMap<(String, String), (u64, Vec<String>)>, told: &mut Told) {
        let said: Vec<&str> = list(&self.front, "size_categories").into_iter().filter_map(Json::as_str).collect();
        if said.is_empty() || rows.is_empty() {
            return;
        }
        let mut configs: BTreeMap<&String, u64> = BTreeMap::new();
        rows.iter().for_each(|((config, _), (n, _))| *configs.entry(config).or_default() += n);
        let all: u64 = configs.values().sum();
        let counts: Vec<u64> = configs.values().copied().chain([all]).collect();
        let bounds = |word: &str| -> Option<(u64, u64)> {
            let number = |t: &str| {
                let unit = [('K', 1_000), ('M', 1_000_000), ('B', 1_000_000_000), ('T', 1_000_000_000_000)];
                let (digits, times) = unit.iter().find_map(|(u, n)| Some((t.strip_suffix(*u)?, *n))).unwrap_or((t, 1));
                digits.parse::<u64>().ok().map(|n| n * times)
            };
            if let Some(most) = word.strip_prefix("n<") {
                return Some((0, number(most)?));
            }
            if let Some(least) = word.strip_prefix("n>") {
                return Some((number(least)?, u64::MAX));
            }
            let (least, most) = word.split_once("<n<")?;
            Some((number(least)?, number(most)?))
        };
        let within =
            |word: &&str| bounds(word).is_none_or(|(least, most)| counts.iter().any(|n| (least..=most).contains(n)));
        for word in said.iter().filter(|word| !within(word)) {
            told.fault(
                "document.count",
                &self.path,
                "",
                "size_categories",
                format!("says {word}, and there are {all} rows"),
            );
        }
    }
}

/// Walks the features of `dataset_info`: each with its path.
fn features(of: Option<&Json>, path: &str, tell: &mut dyn FnMut(&str, &Json)) {
    for feature in of.and_then(Json::as_array).into_iter().flatten() {
        let Some(name) = text(feature, "name") else { continue };
        let own = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
        tell(&own, feature);
        for key in ["struct", "list", "sequence"] {
            features(feature.get(key).filter(|v| v.is_array()), &own, tell);
            features(feature.get(key).and_then(|v| v.get("struct")).filter(|v| v.is_array()), &own, tell);
        }
    }
}

/// The names of a class label, wherever it stands in a feature.
fn class_names(feature: &Json) -> Option<Vec<String>> {
    let inner = ["dtype", "list", "sequence"].iter().find_map(|key| feature.get(key)).filter(|v| v.is_object());
    let own = feature.get("class_label").or_else(|| inner.and_then(|v| v.get("class_label")));
    let Some(own) = own else {
        return inner.and_then(|v| if v.is_object() && v != feature { class_names(v) } else { None });
    };
    match own.get("names")? {
        Json::Object(names) => {
            let mut all: Vec<(usize, String)> =
                names.iter().filter_map(|(n, v)| Some((n.parse().ok()?, v.as_str()?.to_string()))).collect();
            all.sort();
            let whole = all.iter().enumerate().all(|(n, (own, _))| n == *own);
            whole.then(|| all.into_iter().map(|(_, name)| name).collect())
        }
        Json::Array(names) => names.iter().map(|v| v.as_str().map(String::from)).collect(),
        _ => None,
    }
}

/// The type of a feature in one word; `list` where it is one of several.
fn dtype(feature: &Json) -> String {
    if stands(feature, "list") || stands(feature, "sequence") {
        return "list".into();
    }
    match feature.get("dtype") {
        Some(Json::String(t)) => t.clone(),
        Some(Json::Object(o)) if o.contains_key("class_label") => "int64".into(),
        _ if stands(feature, "struct") => "struct".into(),
        _ => String::new(),
    }
}

/// The columns that loaders of folders make of names of files: `image` of `file_name`, `mask` of `mask_file_name`.
fn beside_files<'c>(file: &str, columns: &'c [(String, String)]) -> BTreeMap<&'c str, String> {
    let name = file.rsplit('/').next().unwrap_or(file);
    if !name.starts_with("metadata.") {
        return BTreeMap::new();
    }
    let own = |(column, dtype): &'c (String, String)| match dtype.as_str() {
        "image" | "audio" | "video" if column == dtype => Some((column.as_str(), "file_name".to_string())),
        "image" | "audio" | "video" => Some((column.as_str(), format!("{column}_file_name"))),
        _ => None,
    };
    columns.iter().filter_map(own).collect()
}

fn fits(dtype: &str, ty: &Ty) -> bool {
    match dtype {
        "string" | "large_string" => matches!(ty, Ty::Text | Ty::Null),
        "list" => matches!(ty, Ty::List(_) | Ty::Null | Ty::Struct(_)),
        "struct" => matches!(ty, Ty::Struct(_) | Ty::Null),
        "image" | "audio" => matches!(ty, Ty::Struct(_) | Ty::Bytes | Ty::Text | Ty::Null),
        "bool" => matches!(ty, Ty::Bool | Ty::Null),
        own if own.starts_with("int") || own.starts_with("uint") => matches!(ty, Ty::Int | Ty::Null),
        own if own.starts_with("float") => matches!(ty, Ty::Float | Ty::Int | Ty::Null),
        _ => true,
    }
}

//! What each file of a folder is, of which split, and to which files it belongs.
use super::folder::{Folder, extension, folder_of, is_picture, name_of};
use super::glob::Glob;
use std::collections::BTreeMap;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Parquet,
    Arrow,
    /// One JSON object a line.
    Lines,
    /// A list of JSON objects.
    Array,
    Csv,
    Tsv,
    /// A token and its tag a line.
    Conll,
    /// `-DOCSTART-` before each sample, four columns.
    Conll2003,
    Conllu,
    Coco,
    Yolo,
    Voc,
    LabelMe,
    Cvat,
    /// WebDataset, or any archive of tar.
    Tar,
    Picture,
    /// What tells of the others: see [`Document`].
    Document(Document),
    /// Sums of other files.
    Sums,
    /// A signature, or a key.
    Signature,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Document {
    Release,
    Card,
    Croissant,
    DataPackage,
    Crate,
    DataCite,
    Citation,
    Spdx,
    Provenance,
    Licence,
    /// The classes and folders of YOLO.
    YoloIndex,
    Text,
}

/// Bytes of the beginning of a JSON file that it is told by.
const HEAD: usize = 1 << 16;

/// What a file is, by its name and, for JSON and XML, by its beginning.
pub fn kind(folder: &Folder, path: &str) -> Kind {
    use Document::*;
    let name = name_of(path).to_ascii_lowercase();
    let document = match name.as_str() {
        "release.json" => Some(Release),
        "readme.md" if !path.contains('/') => Some(Card),
        "croissant.json" => Some(Croissant),
        "datapackage.json" => Some(DataPackage),
        "ro-crate-metadata.json" => Some(Crate),
        "datacite.json" => Some(DataCite),
        "citation.cff" => Some(Citation),
        "data.yaml" | "dataset.yaml" => Some(YoloIndex),
        crate::model::certificate::FILE => Some(Text),
        n if n == "spdx.json" || n.ends_with(".spdx.json") => Some(Spdx),
        n if n.contains("intoto") || n.contains("in-toto") => Some(Provenance),
        n if ["license", "licence", "copying"].iter().any(|l| n.starts_with(l)) => Some(Licence),
        _ => None,
    };
    if let Some(document) = document {
        return Kind::Document(document);
    }
    if path.starts_with("LICENSES/") {
        return Kind::Document(Licence); // the evidence that a source names, in whatever form
    }
    if matches!(name.as_str(), "sha256sums" | "b3sums" | "sha256sums.txt" | "b3sums.txt" | "md5sums" | "sha1sums") {
        return Kind::Sums;
    }
    match extension(path).as_deref() {
        Some("parquet" | "pq") => Kind::Parquet,
        Some("arrow" | "feather") => Kind::Arrow,
        Some("jsonl" | "ndjson") => Kind::Lines,
        Some("csv") => Kind::Csv,
        Some("tsv") => Kind::Tsv,
        Some("conll" | "bio" | "iob" | "iob2") if path.contains("conll2003") => Kind::Conll2003,
        Some("conll" | "bio" | "iob" | "iob2") => Kind::Conll,
        Some("conllu") => Kind::Conllu,
        Some("tar") => Kind::Tar,
        Some("minisig" | "pub" | "sig" | "asc" | "pem") => Kind::Signature,
        Some("json") => of_json(folder, path),
        Some("xml") => of_xml(folder, path),
        Some("txt") if path.split('/').any(|part| part == "labels") => Kind::Yolo,
        Some("md" | "txt" | "yaml" | "yml" | "toml" | "html" | "pdf" | "cff") => Kind::Document(Text),
        _ if is_picture(path) => Kind::Picture,
        _ => Kind::Other,
    }
}

fn head(folder: &Folder, path: &str) -> String {
    let size = folder.get(path).map_or(0, |e| e.size).min(HEAD as u64) as usize;
    let read = folder.file(path).and_then(|open| open.read(size, 0)).unwrap_or_default();
    String::from_utf8_lossy(&read).into_owned()
}

fn of_json(folder: &Folder, path: &str) -> Kind {
    let head = head(folder, path);
    let has = |key: &str| head.contains(&format!("\"{key}\""));
    match head.trim_start_matches('\u{feff}').trim_start().as_bytes().first() {
        Some(b'[') => Kind::Array,
        Some(b'{') if has("shapes") && (has("imagePath") || has("imageWidth")) => Kind::LabelMe,
        Some(b'{') if has("_type") && head.contains("in-toto.io/Statement") => Kind::Document(Document::Provenance),
        Some(b'{') if has("images") || (has("annotations") && has("categories")) => Kind::Coco,
        Some(b'{') if path.contains("annotations/") || name_of(path).starts_with("instances_") => Kind::Coco,
        _ => Kind::Other,
    }
}

fn of_xml(folder: &Folder, path: &str) -> Kind {
    let head = head(folder, path);
    if head.contains("<annotations") {
        Kind::Cvat
    } else if head.contains("<annotation") {
        Kind::Voc
    } else {
        Kind::Other
    }
}

/// How splits are called, and what each name means.
const SPLITS: [(&str, &str); 12] = [
    ("train", "train"),
    ("training", "train"),
    ("tr", "train"),
    ("val", "validation"),
    ("valid", "validation"),
    ("validation", "validation"),
    ("dev", "validation"),
    ("devel", "validation"),
    ("test", "test"),
    ("testing", "test"),
    ("eval", "test"),
    ("evaluation", "test"),
];

/// The usual name of a split.
pub fn usual(word: &str) -> Option<&'static str> {
    let lower = word.to_lowercase();
    SPLITS.iter().find(|(own, _)| *own == lower).map(|(_, usual)| *usual)
}

/// Which split a file is of, by what documents say, else by a word of its path.
#[derive(Default)]
pub struct Splits {
    /// Of globs, in order.
    pub said: Vec<(Glob, String)>,
    /// Names that documents declare, as they are.
    pub names: Vec<String>,
    /// Of files that are known one by one.
    pub exact: BTreeMap<String, String>,
}

impl Splits {
    pub fn of(&self, path: &str) -> Option<String> {
        if let Some(split) = self.exact.get(path) {
            return Some(split.clone());
        }
        if let Some((_, split)) = self.said.iter().find(|(glob, _)| glob.fits(path)) {
            return Some(self.called(split));
        }
        let parts: Vec<&str> = path.split('/').rev().collect();
        for part in parts {
            // the longest declared name first: `train-small` before `train`
            let mut own: Vec<&String> = self.names.iter().filter(|n| stands_in(part, n)).collect();
            own.sort_by_key(|n| std::cmp::Reverse(n.len()));
            if let Some(name) = own.first() {
                return Some(name.to_string());
            }
            let mut words = part.split(|c: char| !c.is_alphanumeric());
            if let Some(split) = words.find_map(usual) {
                return Some(self.called(split));
            }
        }
        None
    }

    /// A split by the name that documents declare, where they declare one that means the same.
    pub fn called(&self, name: &str) -> String {
        if self.names.iter().any(|own| own == name) {
            return name.to_string();
        }
        let mut same = self.names.iter().filter(|own| usual(own).is_some() && usual(own) == usual(name));
        match (same.next(), same.next()) {
            (Some(own), None) => own.clone(),
            _ => usual(name).unwrap_or(name).to_string(),
        }
    }
}

/// Whether a name stands in a part of a path, with no letter or digit beside it.
fn stands_in(part: &str, name: &str) -> bool {
    part.match_indices(name).any(|(at, _)| {
        let before = part.get(..at).and_then(|t| t.chars().next_back());
        let behind = part.get(at + name.len()..).and_then(|t| t.chars().next());
        [before, behind].into_iter().flatten().all(|c| !c.is_alphanumeric())
    })
}

/// What files that hold the same of other splits, or other parts of it, have in common: the path with `SPLIT` and `N`.
pub fn family(kind: Kind, path: &str, split: Option<&str>) -> String {
    let scattered = matches!(kind, Kind::Yolo | Kind::Voc | Kind::LabelMe | Kind::Picture);
    let own = if scattered { format!("{}/", folder_of(path)) } else { path.to_string() };
    let mut out = String::new();
    for (i, part) in own.split('/').enumerate() {
        if i > 0 {
            out.push('/');
        }
        let named = split.filter(|s| stands_in(part, s)).map(|s| part.replacen(s, "SPLIT", 1));
        let part = named.unwrap_or_else(|| {
            let word = part.split(|c: char| !c.is_alphanumeric()).find(|w| usual(w).is_some());
            word.map_or(part.to_string(), |w| part.replacen(w, "SPLIT", 1))
        });
        let mut digit = false;
        for c in part.chars() {
            if !c.is_ascii_digit() {
                out.push(c);
            } else if !digit {
                out.push('N');
            }
            digit = c.is_ascii_digit();
        }
    }
    out
}

/// What a document says of the files that some globs meet: by field, the names of classes that its numbers stand for.
pub type Said = (Vec<Glob>, BTreeMap<String, Vec<String>>);

/// The names of classes that a field of numbers stands for.
#[derive(Default)]
pub struct Names {
    /// By file, then by field.
    pub files: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// By globs, then by field.
    pub said: Vec<Said>,
    /// Classes of objects that documents declare, wherever they stand; none where nothing declares them.
    pub objects: BTreeMap<String, String>,
}

impl Names {
    /// Of a field of a file; a field of another config has the same names where no config holds the file.
    pub fn of(&self, file: &str, field: &str) -> Option<&[String]> {
        if let Some(names) = self.files.get(file).and_then(|fields| fields.get(field)) {
            return Some(names);
        }
        let own = self.said.iter().filter(|(globs, _)| globs.iter().any(|g| g.fits(file)));
        if let Some(names) = own.filter_map(|(_, fields)| fields.get(field)).next() {
            return Some(names);
        }
        let mut all = self.said.iter().filter_map(|(_, fields)| fields.get(field));
        let Some(first) = all.next() else { return self.called(field) };
        all.all(|other| other == first).then_some(first)
    }

    /// The names of the one field whose last part is called so: archives and lines have no features of their own.
    fn called(&self, field: &str) -> Option<&[String]> {
        let last = |path: &str| path.rsplit('.').next() == Some(field);
        let fields = self.said.iter().flat_map(|(_, fields)| fields);
        let mut all = fields.filter(|(path, _)| path.contains('.') && last(path)).map(|(_, names)| names);
        let first = all.next()?;
        all.all(|other| other == first).then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_and_families_of_paths() {
        let mut splits = Splits::default();
        let of = |splits: &Splits, path: &str| splits.of(path);
        assert_eq!(of(&splits, "data/ner/train-00000-of-00001.parquet").as_deref(), Some("train"));
        assert_eq!(of(&splits, "1.Training/TL/a.json").as_deref(), Some("train"));
        assert_eq!(of(&splits, "annotations/instances_val2017.json"), None);
        assert_eq!(of(&splits, "strain/a.csv"), None);
        splits.names = vec!["train".into(), "train-small".into(), "val".into()];
        assert_eq!(of(&splits, "jsonl/train-small-00000.jsonl").as_deref(), Some("train-small"));
        assert_eq!(of(&splits, "images/valid/metadata.jsonl").as_deref(), Some("val"));
        assert_eq!(
            family(Kind::Parquet, "data/train-00000-of-00001.parquet", Some("train")),
            "data/SPLIT-N-of-N.parquet"
        );
        assert_eq!(family(Kind::Voc, "voc/val/a1.xml", Some("val")), "voc/SPLIT/");
    }
}

//! What the documents of a release are made of: one set of plain values. Each document renders it, and none knows a number, a
//! name, a licence or a date from anywhere else, so that no two of them disagree.
use super::told::{LabelCard, PageCard};
use super::words::Words;
use crate::formats::writer::{Writer, is_scattered, split_of, split_with};
use crate::model::license;
use crate::model::questions;
use crate::stage::{Fact, OutFile};
use crate::stages::release::columns::released_name;
use crate::stages::release::counted::Counts;
use crate::stages::release::terms::SourceCard;
use crate::table::{DataType, types};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What was found out of a release's rows.
#[derive(Serialize, Deserialize, Default)]
pub struct Told {
    /// Samples of each split.
    pub counts: BTreeMap<String, u64>,
    /// What was counted of each split, and of all of them.
    pub counted: BTreeMap<String, Counts>,
    pub all: Counts,
    /// 64 hex digits.
    pub content_root: String,
    /// The sources with samples in the release, under the licences that these have.
    pub sources: Vec<SourceCard>,
    /// What earlier steps measured, by the names of the facts.
    pub facts: BTreeMap<String, Fact>,
}

/// A release as its documents know it.
pub struct Description<'d> {
    pub card: &'d PageCard,
    pub told: &'d Told,
    /// The files with their sums, as far as they are made when a document is written.
    pub files: &'d [OutFile],
}

/// Files that are told of together: pictures, and formats with a file for each sample.
pub struct Folder {
    /// `images/train`.
    pub path: String,
    pub files: u64,
    pub bytes: u64,
}

impl Description<'_> {
    /// What the release is called: `DATASET-RELEASE`.
    pub fn name(&self) -> String {
        format!("{}-{}", self.card.dataset, self.card.release)
    }

    pub fn words(&self) -> Words {
        self.card.words()
    }

    pub fn samples(&self) -> u64 {
        self.told.counts.values().sum()
    }

    /// The name that the licence has in the list of SPDX, if it is a single one of it.
    pub fn license_name(&self) -> Option<&'static str> {
        license::full_name(self.card.license.as_deref()?)
    }

    /// Where the text of the licence stands, if it is a single one of SPDX's list.
    pub fn license_address(&self) -> Option<String> {
        license::address(self.card.license.as_deref()?)
    }

    /// The answer to a question of the datasheet, as the manifest gives it.
    pub fn answer(&self, question: &str) -> Option<&str> {
        debug_assert!(questions::named(question).is_some(), "{question}");
        self.card.answers.get(question).map(String::as_str)
    }

    /// Who publishes it: who is said to, else the first of its creators.
    pub fn publisher(&self) -> Option<&str> {
        self.card.publisher.as_deref().or_else(|| self.card.creators.first().map(|c| c.name.as_str()))
    }

    /// The address of its DOI.
    pub fn doi_address(&self) -> Option<String> {
        self.card.doi.as_ref().map(|doi| format!("https://doi.org/{doi}"))
    }

    /// A moment of the day on which it is published, as `2026-01-31T00:00:00Z`.
    pub fn moment(&self) -> Option<String> {
        self.card.date.as_ref().map(|date| format!("{date}T00:00:00Z"))
    }

    /// What the manifest says it is, and of a benchmark what is asked of who finds it.
    pub fn about(&self) -> Option<String> {
        let all: Vec<String> = self.card.description.clone().into_iter().chain(self.card.plea()).collect();
        (!all.is_empty()).then(|| all.join("\n\n"))
    }

    /// How it is to be cited: as the manifest says, else an entry of BibTeX where somebody is named and a date is said.
    pub fn citation(&self) -> Option<String> {
        self.card.citation.clone().or_else(|| self.bibtex())
    }

    fn bibtex(&self) -> Option<String> {
        let p = self.card;
        let year = p.date.as_ref()?.get(..4)?;
        let plain = |text: &str| {
            let bare = text.replace(['{', '}', '\\'], " ");
            ["&", "%", "$", "#", "_"].iter().fold(bare, |text, sign| text.replace(sign, &format!("\\{sign}")))
        };
        // in braces a name is not parted at its `and`
        let name = |c: &super::told::Creator| match c.organization {
            true => format!("{{{}}}", plain(&c.name)),
            false => plain(&c.name),
        };
        let names: Vec<String> = p.creators.iter().map(name).collect();
        let key = p.dataset.replace('-', "_");
        let doi = p.doi.as_ref().map_or(String::new(), |doi| format!(", doi={{{}}}", plain(doi)));
        (!names.is_empty()).then(|| {
            let (author, title) = (names.join(" and "), plain(&p.dataset));
            format!(
                "@misc{{{key}, author={{{author}}}, title={{{title}}}, version={{{}}}, year={{{year}}}{doi}}}",
                p.version
            )
        })
    }

    /// A fact as it stands in a text; `-` where it is a table, undefined or not there.
    pub fn measured(&self, name: &str) -> String {
        match self.told.facts.get(name) {
            Some(fact @ (Fact::Int(_) | Fact::Decimal(_))) => fact.to_string(),
            _ => "-".into(),
        }
    }

    pub fn fact(&self, name: &str) -> Option<&Fact> {
        self.told.facts.get(name)
    }

    /// A number, where it was measured.
    pub fn number(&self, name: &str) -> Option<String> {
        self.fact(name).filter(|f| matches!(f, Fact::Int(_) | Fact::Decimal(_))).map(Fact::to_string)
    }

    /// What was measured of a label, each with what it is called; nothing of an anonymous release's, which tells of no sample
    /// that it does not hold.
    pub fn quality<'l>(&self, label: &'l LabelCard) -> Vec<(&'l str, String)> {
        let of = |(say, fact): &'l (String, String)| Some((say.as_str(), self.number(fact)?));
        label.quality.iter().filter(|_| self.card.tells_of_all(label)).filter_map(of).collect()
    }

    /// Each released column with its name in the files and what it holds ([`in_words`] tells it to people).
    pub fn columns(&self) -> Vec<(String, &str)> {
        let holds = |c: &String| self.card.holds.get(c).map_or("utf8", String::as_str);
        self.card.columns.iter().map(|c| (released_name(c), holds(c))).collect()
    }

    /// Whether a column holds pictures.
    pub fn has_images(&self) -> bool {
        self.card.holds.values().any(|h| h == "image")
    }

    /// The format that a file is of; pictures are of none.
    pub fn format_of(&self, path: &str) -> Option<&'static str> {
        let is = |w: &Writer| split_with(w.files, path).is_some() || w.index.is_some_and(|(own, _)| own == path);
        let formats = self.card.formats.iter().filter_map(|f| crate::formats::named(f));
        formats.filter_map(|f| Some((f.name, f.writer.as_ref()?))).find(|(_, w)| is(w)).map(|(name, _)| name)
    }

    /// The files of formats that are told of one by one.
    pub fn data(&self) -> impl Iterator<Item = &OutFile> {
        self.files.iter().filter(|f| self.format_of(&f.path).is_some() && self.folder_of(&f.path).is_none())
    }

    /// Every file that is told of one by one.
    pub fn listed(&self) -> impl Iterator<Item = &OutFile> {
        self.files.iter().filter(|f| self.folder_of(&f.path).is_none())
    }

    /// The folder that stands for a file, where there may be as many files as samples: `images/SPLIT`, `labels/SPLIT`.
    fn folder_of<'p>(&self, path: &'p str) -> Option<&'p str> {
        let scattered = |w: &Writer| is_scattered(w.files) && split_with(w.files, path).is_some();
        let one = self.card.writers().any(|w| !is_scattered(w.files) && split_of(w.files, path).is_some());
        if one || !(self.is_picture(path) || self.card.writers().any(scattered)) {
            return None;
        }
        let end = path.match_indices('/').nth(1)?.0;
        path.get(..end)
    }

    /// Whether a file is an image that lies beside the files of a format.
    fn is_picture(&self, path: &str) -> bool {
        let within = |folder: &str| {
            let (before, behind) = folder.split_once("SPLIT").unwrap_or((folder, ""));
            let rest = path.strip_prefix(before).and_then(|rest| rest.split_once('/'));
            rest.is_some_and(|(_, rest)| rest.starts_with(behind.trim_start_matches('/')))
        };
        self.format_of(path).is_none() && self.card.pictures().into_iter().any(within)
    }

    pub fn folders(&self) -> Vec<Folder> {
        let mut of: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for (file, path) in self.files.iter().filter_map(|f| Some((f, self.folder_of(&f.path)?))) {
            let own = of.entry(path).or_default();
            *own = (own.0 + 1, own.1 + file.content.len());
        }
        of.into_iter().map(|(path, (files, bytes))| Folder { path: path.into(), files, bytes }).collect()
    }

    /// Bytes of all data: files of formats and pictures, without documents and lists of sums.
    pub fn bytes(&self) -> u64 {
        let data = self.files.iter().filter(|f| self.format_of(&f.path).is_some() || self.is_picture(&f.path));
        data.map(|f| f.content.len()).sum()
    }

    /// Of each format how many files it has, and their bytes; pictures beside them stand under `images`.
    pub fn sizes(&self) -> BTreeMap<&'static str, (u64, u64)> {
        let mut out: BTreeMap<&'static str, (u64, u64)> = BTreeMap::new();
        for f in self.files {
            let images = self.is_picture(&f.path).then_some("images");
            if let Some(of) = self.format_of(&f.path).or(images) {
                let own = out.entry(of).or_default();
                *own = (own.0 + 1, own.1 + f.content.len());
            }
        }
        out
    }

    /// The tasks that it is for, as hubs of data sets call them.
    pub fn tasks(&self) -> Vec<&'static str> {
        let images = self.has_images();
        let of = |kind: &str| match (kind, images) {
            ("ner", _) => "token-classification",
            ("object_detection" | "oriented_detection", _) => "object-detection",
            ("instance_segmentation" | "masks", _) => "image-segmentation",
            ("keypoints", _) => "keypoint-detection",
            ("classification" | "classes", true) => "image-classification",
            ("classification" | "classes" | "rating", false) => "text-classification",
            ("transcription", _) if self.card.holds.values().any(|h| h == "audio") => "automatic-speech-recognition",
            ("transcription", true) => "image-to-text",
            _ => "other",
        };
        let mut all: BTreeSet<&'static str> = self.card.labels.iter().map(|l| of(&l.kind)).collect();
        // turns of conversations, and pairs of answers of which one is preferred
        if self.card.holds.values().any(|h| h.contains("role") && h.contains("content")) {
            all.insert("text-generation");
        }
        if all.is_empty() {
            all.insert("other");
        }
        all.into_iter().collect()
    }

    /// Between which powers of ten the number of samples lies, as hubs write it.
    pub fn size_category(&self) -> &'static str {
        match self.samples() {
            0..1_000 => "n<1K",
            1_000..10_000 => "1K<n<10K",
            10_000..100_000 => "10K<n<100K",
            100_000..1_000_000 => "100K<n<1M",
            1_000_000..10_000_000 => "1M<n<10M",
            10_000_000..100_000_000 => "10M<n<100M",
            100_000_000..1_000_000_000 => "100M<n<1B",
            _ => "n>1B",
        }
    }

    /// Whom and what a source is: its name with title, author and address, as far as they are said.
    pub fn source_title(&self, source: &SourceCard) -> String {
        source.names.title.clone().or_else(|| source.attribution.clone()).unwrap_or_else(|| source.name.clone())
    }
}

/// What a column holds, for people: `list of {class: text, start: u32}`.
pub fn in_words(holds: &str) -> String {
    fn of(ty: &DataType) -> String {
        match ty {
            DataType::Utf8 => "text".into(),
            DataType::Boolean => "true or false".into(),
            DataType::Int64 => "whole number".into(),
            DataType::Float64 => "number".into(),
            DataType::List(item) => format!("list of {}", of(item.data_type())),
            DataType::Struct(fields) => {
                let own: Vec<String> = fields.iter().map(|f| format!("{}: {}", f.name(), of(f.data_type()))).collect();
                format!("{{{}}}", own.join(", "))
            }
            other => types::text(other),
        }
    }
    types::parse(holds).map_or_else(|| holds.to_string(), |(ty, _)| of(&ty))
}

/// The type of a file, by its name.
pub fn media_type(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    match name.rsplit('.').next().unwrap_or_default() {
        "parquet" => "application/vnd.apache.parquet",
        "jsonl" => "application/jsonlines",
        "zst" => "application/zstd",
        "json" => "application/json",
        "csv" => "text/csv",
        "arrow" => "application/vnd.apache.arrow.file",
        "xml" => "application/xml",
        "yaml" | "cff" => "application/yaml",
        "tar" => "application/x-tar",
        "md" => "text/markdown",
        _ => "text/plain",
    }
}

/// A path as it may stand in an address: what would end or part one is escaped; letters of any script stay.
pub fn in_address(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        match c {
            ' ' | '%' | '<' | '>' | '"' | '{' | '}' | '|' | '\\' | '^' | '`' | '#' | '?' | '[' | ']' | ':' => {
                out.push_str(&format!("%{:02X}", u32::from(c)))
            }
            c => out.push(c),
        }
    }
    out
}

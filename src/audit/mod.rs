//! Audit: what the files of a release say, read back and compared: with the documents that tell of them, with each other, and
//! with themselves. Needs no project, and no release of tamis: any folder of data is looked at as far as it is known.
//!
//! A folder is read in passes: all bytes once for their sums; documents that say what splits and classes are called; every
//! table, file of annotations and archive, sample by sample; then what compares samples with each other (`ledger`), and
//! documents with files. Nothing in it is trusted: sizes are bounded, no path leaves the folder, and what cannot be looked at
//! is told.
mod boxed;
mod cells;
mod certificate;
mod coco;
mod documents;
mod fields;
mod folder;
mod glob;
mod kinds;
mod ledger;
mod names;
mod near;
mod normal;
mod personal;
mod read;
mod sample;
mod shape;
mod shards;
mod sidecars;
mod sums;
mod tags;
pub mod told;

pub use told::{Fault, Told};

use crate::formats::{FORMATS, yaml};
use crate::stage::Executor;
use crate::world::World;
use cells::Table;
use certificate::Certified;
use documents::Facts;
use folder::{Folder, extension, is_picture};
use kinds::{Document, Kind, Names, Splits, family};
use ledger::Ledger;
use normal::Normal;
use personal::Personal;
use sample::{Outside, Sample};
use sidecars::Pictures;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// What was audited, in numbers.
#[derive(serde::Serialize, Default)]
pub struct Seen {
    pub files: u64,
    pub bytes: u64,
    /// Each once, in however many formats it is.
    pub samples: u64,
    /// How many rows, annotated files or pictures there are of each kind of file, by what the names of its files have in common.
    pub rows: BTreeMap<String, u64>,
}

/// Looks at everything in a folder.
pub fn audit(world: &World, executor: &dyn Executor) -> io::Result<(Seen, Told)> {
    let mut told = Told::default();
    let folder = Folder::open(world, executor, &mut told)?;
    let kinds: BTreeMap<String, Kind> = folder.files.keys().map(|p| (p.clone(), kinds::kind(&folder, p))).collect();
    sums::check(&folder, &kinds, &mut told);
    names::check(&folder, &mut told);
    pictures(&folder, &mut told);
    let mut audit = Audit {
        folder: &folder,
        kinds: &kinds,
        splits: Splits::default(),
        names: Names::default(),
        ledger: Ledger::default(),
        personal: Personal::new(),
        normal: Normal::default(),
        tables: BTreeMap::new(),
        named: BTreeSet::new(),
        certified: Certified::default(),
        yolo: Vec::new(),
        seen: BTreeMap::new(),
        released: BTreeSet::new(),
    };
    audit.certified = Certified::read(&folder, &mut told);
    audit.release(&mut told);
    let cards = audit.cards(&mut told);
    audit.classes(&mut told);
    let pictures = Pictures::of(&folder, &|p| audit.splits.of(p));
    for (path, kind) in &kinds {
        audit.file(path, *kind, &pictures, &mut told);
    }
    audit.unnamed(&mut told);
    let Audit { splits, ledger, personal, normal, tables, seen: rows, released, certified, .. } = audit;
    certified.finish(!ledger.broken.is_empty(), &mut told);
    let classes = ledger.counted();
    let mut same = ledger.finish(&mut told);
    // the formats of a release hold its samples, also where nothing of them can be compared
    let released: Vec<&String> = released.iter().filter(|own| rows.contains_key(*own)).collect();
    same.extend(released.iter().zip(released.iter().skip(1)).map(|(a, b)| (a.to_string(), b.to_string())));
    personal.finish(&mut told);
    normal.finish(&mut told);
    let facts = Facts { folder: &folder, kinds: &kinds, tables: &tables, splits: &splits, classes: &classes };
    documents::check(&facts, &cards, &mut told);
    let samples = each_once(&rows, &same);
    let seen = Seen { files: folder.files.len() as u64, bytes: folder.bytes, samples, rows };
    Ok((seen, told.finish()))
}

/// How many samples there are where some families of files hold the same ones: of those the one that holds most tells it.
fn each_once(rows: &BTreeMap<String, u64>, same: &[(String, String)]) -> u64 {
    let mut groups: BTreeMap<&str, &str> = rows.keys().map(|own| (own.as_str(), own.as_str())).collect();
    for (a, b) in same {
        if let (Some(to), Some(from)) = (groups.get(a.as_str()).copied(), groups.get(b.as_str()).copied()) {
            groups.values_mut().filter(|of| **of == from).for_each(|of| *of = to);
        }
    }
    let mut most: BTreeMap<&str, u64> = BTreeMap::new();
    for (own, group) in groups {
        let (n, of) = (rows.get(own).copied().unwrap_or(0), most.entry(group).or_default());
        *of = n.max(*of);
    }
    most.values().sum()
}

/// Pictures are pictures, and of the kind that their names say.
fn pictures(folder: &Folder, told: &mut Told) {
    for (path, entry) in &folder.files {
        if let Some(Err(say)) = &entry.picture {
            told.fault("picture.broken", path, "", "", format!("is no picture: {say}"));
        }
    }
}

struct Audit<'a, 'w> {
    folder: &'a Folder<'w>,
    kinds: &'a BTreeMap<String, Kind>,
    splits: Splits,
    names: Names,
    ledger: Ledger,
    personal: Personal,
    normal: Normal,
    tables: BTreeMap<String, Table>,
    /// Pictures that some file names.
    named: BTreeSet<String>,
    /// What is certified of the splits.
    certified: Certified,
    /// The names that each list of YOLO numbers.
    yolo: Vec<(String, Numbered)>,
    /// How many rows, annotated files or pictures each family has.
    seen: BTreeMap<String, u64>,
    /// The families of files that a format of the release writes for its splits.
    released: BTreeSet<String>,
}

/// What a list of YOLO says of the lines of its files: the classes that they number, and how many points follow a box.
#[derive(Clone, Default)]
struct Numbered {
    names: Vec<String>,
    points: i64,
}

impl Audit<'_, '_> {
    /// The splits that `release.json` names.
    fn release(&mut self, told: &mut Told) {
        let Some(json) = self.folder.has("release.json").then(|| self.folder.json("release.json", told)).flatten()
        else {
            return;
        };
        if let Some(splits) = json.get("splits").and_then(|s| s.as_object()) {
            self.splits.names = splits.keys().cloned().collect();
        }
        // the files of each split, as the formats of a release name them
        let writers = FORMATS.iter().filter_map(|f| f.writer.as_ref());
        for writer in writers {
            let split = |p: &&String| crate::formats::writer::split_of(writer.files, p).is_some();
            for path in self.folder.files.keys().filter(split) {
                if let Some(own) = crate::formats::writer::split_of(writer.files, path)
                    && self.splits.names.iter().any(|n| n == own)
                {
                    self.splits.exact.insert(path.clone(), own.to_string());
                }
            }
        }
    }

    fn cards(&mut self, told: &mut Told) -> Vec<documents::Card> {
        let paths: Vec<&String> =
            self.kinds.iter().filter(|(_, k)| **k == Kind::Document(Document::Card)).map(|(p, _)| p).collect();
        let mut out = Vec::new();
        for path in paths {
            out.extend(documents::card(self.folder, path, &mut self.splits, &mut self.names, told));
        }
        out
    }

    /// The classes of objects that cards, lists of YOLO and files of COCO declare, and those that tables note.
    fn classes(&mut self, told: &mut Told) {
        let mut of: BTreeMap<String, String> = BTreeMap::new();
        for (path, kind) in self.kinds {
            match kind {
                Kind::Coco => {
                    for name in coco::categories(self.folder, path).into_values() {
                        of.entry(name).or_insert_with(|| path.clone());
                    }
                }
                Kind::Document(Document::YoloIndex) => {
                    let list = self.yolo(path, told);
                    for name in &list.names {
                        of.entry(name.clone()).or_insert_with(|| path.clone());
                    }
                    self.yolo.push((path.clone(), list));
                }
                Kind::Parquet | Kind::Arrow => self.noted(path, *kind),
                _ => {}
            }
        }
        self.names.objects = of;
    }

    /// Classes that a table itself notes, as `datasets` writes them.
    fn noted(&mut self, path: &str, kind: Kind) {
        let format =
            if kind == Kind::Parquet { &crate::formats::parquet::FORMAT } else { &crate::formats::arrow::FORMAT };
        let (Some(classes), Ok(open)) = (format.classes, self.folder.file(path)) else { return };
        let read = |at: u64, len: u64| open.read(usize::try_from(len).map_err(io::Error::other)?, at);
        let found = classes(open.stat().size, &read);
        if !found.is_empty() {
            self.names.files.insert(path.to_string(), found.into_iter().collect());
        }
    }

    /// The names that a list of YOLO numbers.
    fn yolo(&self, path: &str, told: &mut Told) -> Numbered {
        let Some(text) = self.folder.text(path, told) else { return Numbered::default() };
        let json = match yaml::parse(&text) {
            Ok(json) => json,
            Err((line, say)) => {
                told.fault("document.yaml", path, format!("line {line}"), "", say);
                return Numbered::default();
            }
        };
        let names: Vec<String> = match json.get("names") {
            Some(serde_json::Value::Array(all)) => all.iter().filter_map(|v| v.as_str().map(String::from)).collect(),
            Some(serde_json::Value::Object(all)) => {
                let mut of: Vec<(usize, String)> =
                    all.iter().filter_map(|(n, v)| Some((n.parse().ok()?, v.as_str()?.to_string()))).collect();
                of.sort();
                if of.iter().enumerate().any(|(n, (own, _))| n != *own) {
                    told.fault("document.value", path, "", "names", "its numbers are not 0, 1, 2 and so on");
                }
                of.into_iter().map(|(_, name)| name).collect()
            }
            _ => Vec::new(),
        };
        if let Some(nc) =
            documents::text(&json, "nc").and_then(|t| t.parse::<usize>().ok()).filter(|n| *n != names.len())
        {
            told.fault(
                "document.count",
                path,
                "",
                "nc",
                format!("says {nc} classes, and there are {} names", names.len()),
            );
        }
        for key in ["train", "val", "test"] {
            let Some(place) = documents::text(&json, key) else { continue };
            let base = documents::text(&json, "path").filter(|p| !p.starts_with('/') && *p != ".");
            let place = base.map_or(place.to_string(), |b| format!("{}/{place}", b.trim_end_matches('/')));
            let plain = place.trim_start_matches("./").trim_start_matches("../").trim_end_matches('/').to_string();
            let there = self.folder.files.keys().any(|f| *f == plain || f.starts_with(&format!("{plain}/")));
            if !there && !self.folder.files.is_empty() && !place.contains("://") {
                told.fault("document.path", path, "", key, format!("names {place}, which is not there"));
            }
        }
        let shape = documents::list(&json, "kpt_shape");
        let points = shape.first().and_then(|n| n.as_str()?.parse().ok()).unwrap_or(0);
        Numbered { names, points }
    }

    /// Reads a file and notes its samples.
    fn file(&mut self, path: &str, kind: Kind, pictures: &Pictures, told: &mut Told) {
        let split = self.splits.of(path);
        let own = family(kind, path, split.as_deref());
        if self.splits.exact.contains_key(path) {
            self.released.insert(own.clone());
        }
        let before = told.of("table.unread") + told.of("annotation.unread") + told.of("archive.broken");
        match kind {
            Kind::Parquet
            | Kind::Arrow
            | Kind::Lines
            | Kind::Array
            | Kind::Csv
            | Kind::Tsv
            | Kind::Conll
            | Kind::Conll2003
            | Kind::Conllu => self.table(path, kind, split.as_deref(), &own, told),
            Kind::Coco => self.coco(path, split.as_deref(), &own, pictures, told),
            Kind::Yolo | Kind::Voc | Kind::LabelMe | Kind::Cvat => {
                self.sidecar((path, kind), split.as_deref(), &own, pictures, told)
            }
            Kind::Tar => self.shard(path, split.as_deref(), &own, told),
            Kind::Other => told.unchecked(format!("{path}: files of this kind are not read")),
            Kind::Picture | Kind::Document(_) | Kind::Sums | Kind::Signature => {}
        }
        if told.of("table.unread") + told.of("annotation.unread") + told.of("archive.broken") > before {
            self.ledger.broken.insert(path.to_string());
        }
    }

    fn note(&mut self, family: &str, path: &str, place: &str, sample: &Sample, told: &mut Told) {
        *self.seen.entry(family.to_string()).or_default() += 1;
        self.personal.search(path, place, sample, told);
        self.normal.look(family, path, place, sample);
        if let Some(name) = &sample.pictured
            && let Some(own) = self.folder.beside(path, name)
        {
            self.named.insert(own.to_string());
        }
        self.ledger.add(family, path, place, sample);
    }

    fn table(&mut self, path: &str, kind: Kind, split: Option<&str>, family: &str, told: &mut Told) {
        let mut outside = Outside::default();
        let (names, splits) = (std::mem::take(&mut self.names), std::mem::take(&mut self.splits));
        let mut certified = std::mem::take(&mut self.certified);
        let folder = self.folder;
        let reading = shape::Reading { folder, file: path, split, names: &names, splits: &splits };
        // cells of CSV are texts, and tokens are no rows
        let counted = matches!(kind, Kind::Parquet | Kind::Arrow | Kind::Lines);
        let table = read::table(folder, path, kind, told, &mut |place, row, told| {
            if counted {
                certified.add(family, split, &row);
            }
            let mut sample = reading.sample(place, &row, &mut outside, told);
            if matches!(kind, Kind::Conll | Kind::Conll2003 | Kind::Conllu) {
                sample.fields.clear(); // tokens and tags, which are compared as text and entities
            }
            self.note(family, path, place, &sample, told);
        });
        (self.names, self.splits, self.certified) = (names, splits, certified);
        outside.tell(path, told);
        told.checked(format!("{family}: rows, labels and pictures"));
        self.tables.insert(path.to_string(), table);
    }

    fn coco(&mut self, path: &str, split: Option<&str>, family: &str, pictures: &Pictures, told: &mut Told) {
        let splits = std::mem::take(&mut self.splits);
        let others = BTreeMap::new();
        let folder = self.folder;
        let reading = coco::Reading { folder, file: path, split, splits: &splits, pictures, declared: &others };
        let mut found = Vec::new();
        reading.read(told, &mut |place, sample| found.push((place.to_string(), sample.clone())));
        self.splits = splits;
        for (place, sample) in found {
            self.note(family, path, &place, &sample, told);
        }
        told.checked(format!("{family}: images, annotations and categories"));
    }

    fn sidecar(
        &mut self,
        (path, kind): (&str, Kind),
        split: Option<&str>,
        family: &str,
        pictures: &Pictures,
        told: &mut Told,
    ) {
        let near = |list: &str| list.bytes().zip(path.bytes()).take_while(|(a, b)| a == b).count();
        let list = self.yolo.iter().max_by_key(|(list, _)| near(list)).map(|(_, own)| own.clone());
        let Numbered { names: classes, points } = list.unwrap_or_default();
        let mut outside = Outside::default();
        let mut found = Vec::new();
        let objects = std::mem::take(&mut self.names.objects);
        let folder = self.folder;
        let reading = sidecars::Reading {
            folder,
            pictures,
            file: path,
            kind,
            split,
            classes: &classes,
            points,
            declared: &objects,
        };
        reading.read(told, &mut outside, &mut |place, sample| found.push((place.to_string(), sample.clone())));
        self.names.objects = objects;
        outside.tell(path, told);
        for (place, sample) in found {
            self.note(family, path, &place, &sample, told);
        }
        told.checked(format!("{family}: annotations"));
    }

    fn shard(&mut self, path: &str, split: Option<&str>, family: &str, told: &mut Told) {
        let all = shards::members(self.folder, path, told);
        let mut outside = Outside::default();
        let (names, splits) = (std::mem::take(&mut self.names), std::mem::take(&mut self.splits));
        let folder = self.folder;
        let reading = shape::Reading { folder, file: path, split, names: &names, splits: &splits };
        shards::samples(&reading, &all, told, &mut outside, &mut |place, sample, told| {
            self.note(family, path, place, &sample, told);
        });
        (self.names, self.splits) = (names, splits);
        outside.tell(path, told);
        told.checked(format!("{family}: files of archives"));
    }

    /// Pictures that nothing names, in folders of which others are named; where a folder names none of its pictures, they are
    /// samples themselves.
    fn unnamed(&mut self, told: &mut Told) {
        let folders: BTreeSet<String> = self.named.iter().map(|p| folder::folder_of(p).to_string()).collect();
        let paths: Vec<String> = self.folder.files.keys().filter(|p| is_picture(p)).cloned().collect();
        for path in paths {
            if self.named.contains(&path) {
                continue;
            }
            if folders.contains(folder::folder_of(&path)) {
                told.fault(
                    "picture.unnamed",
                    &path,
                    "",
                    "",
                    "is named by no file of the release, and other pictures of its folder are",
                );
            }
            let split = self.splits.of(&path);
            let entry = self.folder.get(&path);
            let size = entry.and_then(|e| e.picture.as_ref()?.as_ref().ok().copied());
            let picture = entry.map(|e| sample::Picture { digest: e.b3, size });
            let own = Sample { split: split.clone(), picture, ..Sample::default() };
            let name =
                format!("{} {}", family(Kind::Picture, &path, split.as_deref()), extension(&path).unwrap_or_default());
            if !folders.contains(folder::folder_of(&path)) {
                self.ledger.add(&name, &path, "", &own);
                *self.seen.entry(name).or_default() += 1;
            }
        }
    }
}

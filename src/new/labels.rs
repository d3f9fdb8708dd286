//! Which answers of annotators came with the data: classes in a column, in the names of folders or in files of votes,
//! spans of a text, boxes on images.
use super::columns::{Fields, Id, Type, ids};
use super::folder::Folder;
use super::found::{Found, Source, top};
use super::names::{slug, unlike, words};
use super::sample::Column;
use super::yaml_names;
use crate::formats::Options;
use crate::formats::reader::Unit;
use crate::formats::sidecar::stem_of;
use crate::manifest::values::is_line;
use crate::stages::label::declaration::formats;
use crate::table::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

/// Classes that a task may have to be proposed.
const CLASSES: usize = 64;
/// Bytes of a file of boxes that are read for its classes, and how many such files.
const BOXES_MAX: u64 = 32 << 20;
const BOX_FILES: usize = 5000;

/// A task as it will be declared.
#[derive(Debug, Default)]
pub struct Label {
    pub name: String,
    pub task: &'static str,
    pub classes: Vec<String>,
    pub scale: Option<(i64, i64)>,
    /// What whole numbers stand for in the source.
    pub class_names: Vec<String>,
    /// Names of the source and what they are called.
    pub map: Vec<(String, String)>,
    pub scheme: Option<&'static str>,
    pub from: Answers,
    /// Why this is a task.
    pub why: String,
    /// All answers were seen, so the list of classes is complete.
    pub whole: bool,
}

/// Where the answers of a task are.
#[derive(Debug)]
pub enum Answers {
    Column(String),
    Votes { files: Vec<String>, format: &'static str, item: String, annotator: String, label: String },
}

impl Default for Answers {
    fn default() -> Answers {
        Answers::Column(String::new())
    }
}

impl Label {
    /// The column that the label takes the place of in a release.
    pub fn column(&self) -> Option<&str> {
        match &self.from {
            Answers::Column(column) => Some(column),
            Answers::Votes { .. } => None,
        }
    }
}

/// The sources with what was found of them.
pub struct Read<'s> {
    pub source: &'s Source,
    pub fields: &'s Fields,
}

/// All tasks but those of votes.
pub fn labels(folder: &Folder, of: &[Read], class_names: &BTreeMap<String, Vec<String>>) -> Vec<Label> {
    let mut out = Vec::new();
    out.extend(boxes(folder, of));
    out.extend(folders(of));
    out.extend(spans(of));
    out.extend(classes(of, class_names));
    let mut taken = Vec::new();
    for label in &mut out {
        label.name = unlike(if label.name.is_empty() { "label" } else { &label.name }, &taken);
        taken.push(label.name.clone());
    }
    out
}

// ---- boxes and folders -----------------------------------------------------------------------------------------------

fn boxes(folder: &Folder, of: &[Read]) -> Option<Label> {
    let with = || of.iter().filter(|r| r.source.format.sidecar.is_some() && !r.source.files.is_empty());
    with().next()?;
    let (mut classes, mut whole, mut looked) = (Vec::new(), true, 0);
    for read in with() {
        for path in &read.source.files {
            looked += 1;
            let found = if looked > BOX_FILES { None } else { classes_of_file(folder, read.source, path) };
            whole &= found.is_some();
            for class in found.into_iter().flatten().filter(|c| is_line(c)) {
                if !classes.contains(&class) {
                    classes.push(class);
                }
            }
        }
    }
    classes.sort();
    let mut why = "boxes came with the files beside the images".to_string();
    let numbered = with().all(|r| r.source.format.shares);
    let mut class_names = Vec::new();
    if let Some((file, names)) = yaml_names::names(folder).filter(|_| numbered)
        && names.iter().all(|name| is_line(name))
        && classes.iter().all(|class| class.parse::<usize>().is_ok_and(|n| n < names.len()))
    {
        why = format!("{why}, the names of their classes with {file}");
        classes = names.clone();
        class_names = names;
    }
    let from = Answers::Column("objects".into());
    (!classes.is_empty()).then(|| Label {
        name: "objects".into(),
        task: "object_detection",
        classes,
        class_names,
        from,
        why,
        whole,
        ..Label::default()
    })
}

/// The classes of the boxes in a file; `None` where they cannot be told.
fn classes_of_file(folder: &Folder, source: &Source, path: &str) -> Option<BTreeSet<String>> {
    let sidecar = source.format.sidecar.as_ref()?;
    let open = folder.world.open(path).ok()?;
    let mut bytes = Vec::new();
    let read = crate::formats::packing::decompressor(path, Box::new(open.reader().ok()?));
    read.take(BOXES_MAX + 1).read_to_end(&mut bytes).ok()?;
    if bytes.len() as u64 > BOXES_MAX {
        return None;
    }
    let stem = stem_of(crate::formats::packing::inner_name(path)).to_string();
    let unit = Unit { row: 0, bytes: &bytes, context: None, path, stem: &stem };
    let documents = (sidecar.read)(&Options::default(), 64, &unit).ok()?;
    let boxes = documents.of.into_iter().filter_map(Result::ok).flat_map(|d| d.boxes);
    Some(boxes.map(|b| b.class).collect())
}

/// Classes that are the folders of images.
fn folders(of: &[Read]) -> Option<Label> {
    let images = || of.iter().filter(|r| r.source.is_images() && r.source.format.sidecar.is_none());
    let mut classes = BTreeSet::new();
    for read in images() {
        let top = top(read.source.images.iter());
        for path in &read.source.images {
            let parent = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            if parent == top {
                return None; // some images lie beside the folders
            }
            classes.insert(parent.rsplit('/').next().unwrap_or_default().to_string());
        }
    }
    let good = classes.len() > 1 && classes.len() <= CLASSES && classes.iter().all(|c| is_line(c));
    let why = "images lie in a folder for each class".to_string();
    good.then(|| Label {
        name: "class".into(),
        task: "classification",
        classes: classes.into_iter().collect(),
        from: Answers::Column("class".into()),
        why,
        whole: true,
        ..Label::default()
    })
}

// ---- spans -----------------------------------------------------------------------------------------------------------

fn spans(of: &[Read]) -> Option<Label> {
    let is = |f: &&super::columns::Field, r: &Read| {
        let column = r.source.sample.columns.get(f.column);
        column.is_some_and(|c| holds_spans(c) || (r.source.format.name == "conll" && f.name == "tags"))
    };
    let (name, tags) = of.iter().find_map(|r| {
        let field = r.fields.all.iter().find(|f| is(f, r))?;
        Some((field.name.clone(), field.name == "tags" && r.source.format.name == "conll"))
    })?;
    if !tags && !of.iter().any(|r| on_text(r, &name)) {
        return None;
    }
    let mut classes: Vec<String> = Vec::new();
    let (mut marks, mut whole) = (Marks::default(), true);
    for r in of {
        let Some(column) =
            r.fields.all.iter().find(|f| f.name == name).and_then(|f| r.source.sample.columns.get(f.column))
        else {
            continue;
        };
        whole &= r.source.sample.whole;
        for value in column.there() {
            let Value::List(items) = value else { continue };
            marks.sentence(items);
            for item in items {
                let class = match item {
                    Value::Text(tag) => tag.split_once('-').map(|t| t.1),
                    other => other.field("class").text(),
                };
                let class = class.filter(|c| is_line(c) && !c.is_empty());
                if let Some(class) = class.filter(|c| !classes.iter().any(|own| own == c)) {
                    classes.push(class.to_string());
                }
            }
        }
    }
    classes.sort();
    let scheme = if tags { marks.scheme()? } else { None };
    let why = if tags {
        "each token has a tag that says in which entity it stands"
    } else {
        "objects with a class, a start and an end"
    };
    let good = !classes.is_empty() && classes.len() <= CLASSES;
    let from = Answers::Column(name);
    good.then(|| Label {
        name: "entities".into(),
        task: "ner",
        classes,
        scheme,
        from,
        why: why.into(),
        whole,
        ..Label::default()
    })
}

/// Whether spans lie on the text that `ner` would take: the field `text`, else the first text by its name.
fn on_text(r: &Read, name: &str) -> bool {
    let column = |f: &super::columns::Field| r.source.sample.columns.get(f.column);
    let texts = || r.fields.all.iter().filter(|f| f.ty == Type::Text);
    let text = texts().find(|f| f.name == "text").or(texts().min_by_key(|f| f.name.as_str())).and_then(column);
    let spans = r.fields.all.iter().find(|f| f.name == name).and_then(column);
    let (Some(text), Some(spans)) = (text, spans) else { return false };
    let (mut all, mut beyond) = (0, 0);
    for (value, text) in spans.values.iter().zip(&text.values) {
        let (Value::List(items), Some(text)) = (value, text.text()) else { continue };
        let len = text.chars().count() as i64;
        all += items.len();
        beyond += items.iter().filter(|i| !matches!(i.field("end"), Value::Int(end) if *end <= len)).count();
    }
    all > 0 && beyond * 10 <= all
}

/// Whether the values are lists of objects as `ner` reads them.
fn holds_spans(column: &Column) -> bool {
    let ty = crate::table::types::parse(&column.ty).map(|t| t.0);
    let has = |name: &str, ty: &str| column.ty.contains(&format!(":{name} {ty}"));
    ty.is_some()
        && column.ty.starts_with("list<struct<")
        && has("class", "utf8")
        && has("start", "i64")
        && has("end", "i64")
}

/// Whether a column looks like spans of a text.
pub fn almost_spans(source: &Source, field: &super::columns::Field) -> bool {
    let column = source.sample.columns.get(field.column);
    column.is_some_and(|c| {
        let tags = words(&c.name).any(|w| w == "tags" || w == "entities") && source.format.name != "conll";
        let places = ["start", "end"].iter().all(|at| c.ty.contains(&format!(":{at} i64")));
        c.ty.starts_with("list<") && (tags || places)
    })
}

/// What the tags of sentences show of their scheme.
#[derive(Default)]
struct Marks {
    /// `I-` behind nothing of its class.
    open: bool,
    /// `B-` behind nothing of its class.
    first: bool,
    ends: bool,
    other: bool,
}

impl Marks {
    fn sentence(&mut self, items: &[Value]) {
        let mut before = "O";
        for tag in items.iter().filter_map(Value::text) {
            let class = |t: &str| t.split_once('-').map_or(String::new(), |t| t.1.to_string());
            let goes_on = before != "O" && class(before) == class(tag);
            match tag.split('-').next() {
                Some("I") => self.open |= !goes_on,
                Some("B") => self.first |= !goes_on,
                Some("E" | "S") => self.ends = true,
                Some("O") => {}
                _ => self.other = true,
            }
            before = tag;
        }
    }

    /// The scheme where it is not the default; `None` for one that is not read.
    fn scheme(&self) -> Option<Option<&'static str>> {
        match (self.other, self.ends, self.first, self.open) {
            (true, ..) => None,
            (_, true, ..) => Some(Some("bioes")),
            (_, _, false, true) => Some(Some("iob1")),
            _ => Some(None),
        }
    }
}

// ---- classes ---------------------------------------------------------------------------------------------------------

const WORDS: &[&str] = &[
    "label",
    "class",
    "category",
    "target",
    "topic",
    "intent",
    "sentiment",
    "emotion",
    "stance",
    "genre",
    "verdict",
    "gold",
];

/// A column whose name says that it holds classes, and whose values are few.
fn classes(of: &[Read], names: &BTreeMap<String, Vec<String>>) -> Option<Label> {
    let fields = || of.iter().flat_map(|r| r.fields.all.iter().map(move |f| (r, f)));
    let rank = |f: &super::columns::Field| words(&f.name).filter_map(|w| WORDS.iter().position(|own| *own == w)).min();
    let mut candidates: Vec<(usize, String)> = fields().filter_map(|(_, f)| Some((rank(f)?, f.name.clone()))).collect();
    candidates.sort();
    candidates.into_iter().find_map(|(_, name)| {
        let own = fields().filter(|(r, f)| f.name == name && r.source.format.sidecar.is_none());
        let columns: Vec<(&Read, Type, &Column)> =
            own.filter_map(|(r, f)| Some((r, f.ty, r.source.sample.columns.get(f.column)?))).collect();
        class_label(&name, &columns, names.get(&name))
    })
}

fn class_label(name: &str, columns: &[(&Read, Type, &Column)], names: Option<&Vec<String>>) -> Option<Label> {
    let ok = columns.iter().all(|(_, ty, _)| matches!(ty, Type::Text | Type::Int | Type::Bool));
    let values: Vec<String> = columns.iter().flat_map(|(_, _, c)| c.there().filter_map(Value::key_text)).collect();
    let whole = columns.iter().all(|(r, _, _)| r.source.sample.whole);
    let classes: BTreeSet<&String> = values.iter().collect();
    let many = classes.len() > CLASSES || classes.len() * 2 > values.len().max(4);
    let fits = classes.iter().all(|c| is_line(c) && !c.trim().is_empty() && c.len() <= 100);
    // where not all was seen, the later half must bring nothing new
    let early: BTreeSet<&String> = values.iter().take(values.len() / 2).collect();
    if !ok || !fits || many || classes.len() < 2 || (!whole && early.len() < classes.len()) {
        return None;
    }
    let mut classes: Vec<String> = classes.into_iter().cloned().collect();
    if classes.iter().all(|c| c.parse::<i64>().is_ok()) {
        classes.sort_by_key(|c| c.parse::<i64>().unwrap_or(i64::MAX));
    }
    let mut map = Vec::new();
    if let Some(names) = names.filter(|n| classes.iter().all(|c| c.parse::<usize>().is_ok_and(|i| i < n.len()))) {
        map = names
            .iter()
            .enumerate()
            .map(|(i, name)| (i.to_string(), name.clone()))
            .filter(|(i, _)| classes.contains(i))
            .collect();
        classes = names.clone();
    }
    let why = format!("`{name}` is called so and has {} values among {}", classes.len(), values.len());
    Some(Label {
        name: slug(name),
        task: "classification",
        classes,
        map,
        from: Answers::Column(name.into()),
        why,
        whole,
        ..Label::default()
    })
}

// ---- votes -----------------------------------------------------------------------------------------------------------

const ITEMS: &[&str] = &[
    "item",
    "item_id",
    "task",
    "task_id",
    "sample",
    "sample_id",
    "example_id",
    "unit_id",
    "text_id",
    "question",
    "image",
    "id",
];
const ANNOTATORS: &[&str] = &[
    "annotator",
    "annotator_id",
    "worker",
    "worker_id",
    "workerid",
    "rater",
    "rater_id",
    "coder",
    "labeler",
    "labeller",
    "judge",
    "user",
    "user_id",
];
const ANSWERS: &[&str] =
    &["label", "answer", "response", "rating", "score", "vote", "value", "category", "class", "judgement", "judgment"];

/// The columns of item, annotator and answer, if a source has all three.
fn vote_columns(source: &Source) -> Option<[&Column; 3]> {
    let readable = formats().any(|(f, _)| f.name == source.format.name) && source.keys.is_empty();
    let find = |names: &[&str]| {
        let at = |c: &Column| names.iter().position(|n| *n == c.name.to_lowercase());
        source.sample.columns.iter().filter_map(|c| Some((at(c)?, c))).min_by_key(|(n, _)| *n).map(|(_, c)| c)
    };
    if !readable {
        return None;
    }
    let [item, annotator, label] = [find(ITEMS)?, find(ANNOTATORS)?, find(ANSWERS)?];
    let items: BTreeSet<String> = item.there().filter_map(Value::key_text).collect();
    (items.len() < item.values.len()).then_some([item, annotator, label])
}

/// Takes the files of votes out of what was found, where other samples have the ids that they name.
pub fn votes(found: &mut Found) -> Vec<Label> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(source) = found.sources.get(at) {
        let Some(label) = vote_columns(source).and_then(|columns| vote_label(source, columns, &found.sources)) else {
            at += 1;
            continue;
        };
        let taken: Vec<String> = out.iter().map(|l: &Label| l.name.clone()).collect();
        out.push(Label { name: unlike(&label.name, &taken), ..label });
        found.sources.remove(at);
    }
    out
}

fn vote_label(source: &Source, [item, annotator, label]: [&Column; 3], all: &[Source]) -> Option<Label> {
    let items: BTreeSet<String> = item.there().filter_map(Value::key_text).collect();
    let met = |s: &Source| ids(s, &super::columns::id(s)).intersection(&items).count();
    let others = all.iter().filter(|s| s.name != source.name && vote_columns(s).is_none());
    others.map(met).max().filter(|met| *met * 2 >= items.len())?;
    let values: Vec<String> = label.there().filter_map(Value::key_text).collect();
    let numbers: Vec<f64> = values.iter().filter_map(|v| v.trim().parse().ok()).collect();
    let fraction = |v: &String| v.trim().parse::<f64>().is_ok_and(|n| n.fract() != 0.0);
    let same = |c: &&Column| c.name == label.name;
    let means = all
        .iter()
        .flat_map(|s| &s.sample.columns)
        .filter(same)
        .any(|c| c.there().filter_map(Value::key_text).any(|v| fraction(&v)));
    let rated = means || ["rating", "score"].contains(&label.name.to_lowercase().as_str());
    let distinct: BTreeSet<String> = values.iter().cloned().collect();
    let whole = source.sample.whole;
    let of = || Label {
        from: Answers::Votes {
            files: source.files.clone(),
            format: source.format.name,
            item: item.name.clone(),
            annotator: annotator.name.clone(),
            label: label.name.clone(),
        },
        name: if source.name.is_empty() { "label".into() } else { slug(&label.name) },
        whole,
        ..Label::default()
    };
    if rated && numbers.len() == values.len() {
        let edge = |of: fn(f64, f64) -> f64, start: f64| numbers.iter().copied().fold(start, of);
        let scale = (edge(f64::min, f64::INFINITY).floor() as i64, edge(f64::max, f64::NEG_INFINITY).ceil() as i64);
        let why = "several annotators gave numbers, of which there are means or which are called ratings".to_string();
        return Some(Label { task: "rating", scale: Some(scale), why, ..of() });
    }
    let good = distinct.len() > 1 && distinct.len() <= CLASSES && distinct.iter().all(|c| is_line(c) && !c.is_empty());
    let mut classes: Vec<String> = distinct.into_iter().collect();
    if numbers.len() == values.len() {
        classes.sort_by(|a, b| a.parse::<f64>().unwrap_or(0.0).total_cmp(&b.parse().unwrap_or(0.0)));
    }
    let why = "each row is the answer of one annotator".to_string();
    good.then(|| Label { task: "classification", classes, why, ..of() })
}

/// Ids of sources that meet answers by their ids must stay as they are.
pub fn meets(label: &Label, id: &Id) -> bool {
    matches!(label.from, Answers::Votes { .. }) && matches!(id, Id::Column { .. } | Id::Stem | Id::Path)
}

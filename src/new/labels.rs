//! Which answers of annotators came with the data: classes in a column, in the names of folders or in files of votes,
//! spans of a text, boxes on images.
use super::apart;
use super::columns::{self, Field, Fields, Type, field_name, is_tagged};
use super::drawn::{Drawn, Skeleton};
use super::folder::Folder;
use super::found::{Sheet, Source, top};
use super::kinds::recogniser::Key;
use super::marks::{Marks, class_of};
use super::names::{slug, unlike, words};
use super::odd::{self, Times};
use super::sample::{Column, Sample};
use super::tags;
use super::yaml_names;
use crate::manifest::values::is_line;
use crate::model::shapes::CAPTIONS;
use crate::table::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Classes that a task may have to be proposed.
pub const CLASSES: usize = 64;
/// The columns of shapes that files beside images give, with their tasks.
const DRAWN: [(&str, &str); 6] = [
    ("objects.keypoints", "keypoints"),
    ("objects", "object_detection"),
    ("objects.polygons", "instance_segmentation"),
    ("objects.oriented", "oriented_detection"),
    ("objects.masks", "masks"),
    (CAPTIONS, "answer"),
];
/// How many files of annotations are read for their classes and shapes.
const BOX_FILES: usize = 5000;

/// A task as it will be declared.
#[derive(Debug, Default)]
pub struct Label {
    pub name: String,
    pub task: &'static str,
    pub classes: Vec<String>,
    pub scale: Option<(i64, i64)>,
    /// Names of the source and what they are called.
    pub map: Vec<(String, String)>,
    /// The data itself lists the classes.
    pub stated: bool,
    /// What whole numbers stand for in the source.
    pub names: Vec<String>,
    pub scheme: Option<&'static str>,
    /// The points of objects that have such.
    pub points: Option<Skeleton>,
    pub from: Answers,
    /// Why this is a task.
    pub why: String,
    /// All answers were seen, so the list of classes is complete.
    pub whole: bool,
    /// What some samples say otherwise than the others, with the first place of each.
    pub odd: Vec<String>,
    /// Some objects have no such shape, and are of another task.
    pub partly: bool,
    /// Further columns with answers, each of another annotator.
    pub more: Vec<String>,
    /// The column stays in a release, beside the label.
    pub stays: bool,
    /// How often each class is there, as far as that was seen.
    pub times: BTreeMap<String, Times>,
}

/// Where the answers of a task are.
#[derive(Debug)]
pub enum Answers {
    Column(String),
    Votes {
        files: Vec<String>,
        format: &'static str,
        keys: Vec<Key>,
        item: String,
        annotator: String,
        label: String,
        /// Rows without an answer.
        empty: usize,
    },
    /// Files that are named as the samples are of which they say something.
    Beside {
        files: Vec<String>,
        format: &'static str,
        /// By their paths without the suffix.
        by_place: bool,
    },
}

impl Default for Answers {
    fn default() -> Answers {
        Answers::Column(String::new())
    }
}

impl Label {
    /// Its answers are shapes of the files beside images.
    pub fn is_drawn(&self) -> bool {
        matches!(&self.from, Answers::Column(column) if DRAWN.contains(&(column.as_str(), self.task)))
    }

    /// Its answers are boxes of a table beside images.
    pub fn is_in_sheet(&self) -> bool {
        self.task == "object_detection" && self.column() == Some(apart::BOXES_FIELD)
    }

    /// Whether the label takes the place of a column in a release.
    pub fn takes(&self, column: &str) -> bool {
        !self.stays && (self.column() == Some(column) || self.more.iter().any(|own| own == column))
    }

    /// The column that holds the answers, or the first of them.
    pub fn column(&self) -> Option<&str> {
        match &self.from {
            Answers::Column(column) => Some(column),
            Answers::Votes { .. } | Answers::Beside { .. } => None,
        }
    }
}

/// The sources with what was found of them.
pub struct Read<'s> {
    pub source: &'s Source,
    pub fields: &'s Fields,
}

/// All tasks but those of votes, behind those of columns that hold the answers of several annotators.
pub fn labels(
    folder: &Folder,
    of: &[Read],
    class_names: &BTreeMap<String, Vec<String>>,
    answered: Vec<Label>,
    asked: Option<Label>,
    unread: &mut Vec<(String, String)>,
) -> Vec<Label> {
    let mut out = answered;
    out.extend(boxes(folder, of, unread).into_iter().flatten());
    out.extend(in_sheets(of));
    out.extend(folders(of));
    out.extend(spans(folder, of, class_names, unread));
    out.extend(asked);
    out.extend(classes(of, class_names));
    if !out.iter().any(|label| label.task == "classification") {
        out.extend(sheet_classes(of, class_names));
    }
    let mut taken = Vec::new();
    for label in &mut out {
        label.name = unlike(if label.name.is_empty() { "label" } else { &label.name }, &taken);
        taken.push(label.name.clone());
    }
    out
}

// ---- boxes and folders -----------------------------------------------------------------------------------------------

fn boxes(folder: &Folder, of: &[Read], unread: &mut Vec<(String, String)>) -> Option<Vec<Label>> {
    let drawn = |r: &Read| r.source.is_images() || !r.source.format.answers;
    let with =
        || of.iter().filter(|r| r.source.format.sidecar.is_some() && !r.source.files.is_empty()).filter(|r| drawn(r));
    with().next()?;
    let (mut drawn, mut looked) = (Drawn::default(), 0);
    for read in with() {
        for path in &read.source.files {
            looked += 1;
            match looked > BOX_FILES {
                true => drawn.partly = true,
                false => drawn.read(folder, read.source, path),
            }
        }
    }
    if with().any(|r| r.source.format.shares) {
        yaml_names::point_names(folder)
            .into_iter()
            .for_each(|names| drawn.states(Skeleton { names, stated: true, ..Skeleton::default() }));
    }
    let whole = !drawn.partly;
    let captions = (drawn.captions > 0).then(|| Label {
        name: "captions".into(),
        task: "answer",
        from: Answers::Column(CAPTIONS.into()),
        why: "people wrote texts of the images".into(),
        whole: true,
        ..Label::default()
    });
    let (task, column, called) = drawn.task();
    let points = drawn.skeleton().filter(|_| task == "keypoints");
    let mut classes: Vec<String> = drawn.classes.iter().filter(|class| is_line(class)).cloned().collect();
    let mut why = format!("{called} came with the files beside the images");
    let numbered = with().all(|r| r.source.format.shares);
    let (mut class_names, mut map) = (Vec::new(), Vec::new());
    let tops: Vec<String> = with().map(|r| top(r.source.files.iter())).collect();
    // a number without a name is told when the boxes are checked
    if numbered
        && let Some((file, names)) = numbers(folder, &tops, unread)?
        && names.values().all(|name| is_line(name))
    {
        why = format!("{why}, the names of their classes with {file}");
        classes = names.values().cloned().collect();
        match names.keys().copied().eq(0..names.len()) {
            true => class_names = classes.clone(),
            false => map = names.into_iter().map(|(n, name)| (n.to_string(), name)).collect(),
        }
    }
    let from = Answers::Column(column.into());
    let pointed = Some(beside_boxes(&drawn)).filter(|_| task == "object_detection" && !numbered).flatten();
    let objects = (!classes.is_empty()).then(|| Label {
        name: "objects".into(),
        task,
        classes,
        names: class_names,
        map,
        points,
        from,
        why,
        whole,
        times: drawn.times,
        ..Label::default()
    });
    Some(objects.into_iter().chain(pointed).chain(captions).collect())
}

/// The points of some objects, where others are boxes alone.
fn beside_boxes(drawn: &Drawn) -> Option<Label> {
    let classes = drawn.pointed()?;
    let good = !classes.is_empty() && classes.iter().all(|class| is_line(class));
    good.then(|| Label {
        name: "keypoints".into(),
        task: "keypoints",
        classes,
        points: drawn.skeleton(),
        from: Answers::Column("objects.keypoints".into()),
        why: "some of the boxes have points".into(),
        whole: !drawn.partly,
        partly: true,
        ..Label::default()
    })
}

/// Boxes in a table beside the images.
fn in_sheets(of: &[Read]) -> Option<Label> {
    let all = || of.iter().filter_map(|r| r.source.sheet.as_ref()?.boxes.as_ref());
    let classes: BTreeSet<String> = all().flat_map(|(classes, _)| classes.iter().cloned()).collect();
    (!classes.is_empty()).then(|| Label {
        name: "objects".into(),
        task: "object_detection",
        classes: classes.into_iter().collect(),
        from: Answers::Column(apart::BOXES_FIELD.into()),
        why: "a table beside the images has boxes".into(),
        whole: all().all(|(_, whole)| *whole),
        ..Label::default()
    })
}

/// The names that numbers of classes stand for, with their file; `None` where files contradict each other, which is told.
fn numbers(folder: &Folder, of: &[String], unread: &mut Vec<(String, String)>) -> Option<Option<yaml_names::Listed>> {
    let named = yaml_names::names(folder, of, unread);
    named.map_err(|told| unread.push(told)).ok()
}

/// Classes that are the folders of images.
fn folders(of: &[Read]) -> Option<Label> {
    let images = || of.iter().filter(|r| r.source.is_images() && r.source.format.sidecar.is_none());
    let (mut times, mut stray, mut all) = (BTreeMap::<String, Times>::new(), Vec::new(), 0);
    for read in images() {
        let top = top(read.source.images.iter());
        for path in &read.source.images {
            let parent = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            all += 1;
            if parent == top {
                stray.push(path);
            } else {
                let class = parent.rsplit('/').next().unwrap_or_default().to_string();
                times.entry(class).or_default().add(|| Some(path.clone()));
            }
        }
    }
    if stray.len() * 5 > all {
        return None; // the folders are no classes of these
    }
    let good = times.len() > 1 && times.len() <= CLASSES && times.keys().all(|c| is_line(c));
    let why = "images lie in a folder for each class".to_string();
    good.then(|| Label {
        name: "class".into(),
        task: "classification",
        classes: times.keys().cloned().collect(),
        times,
        from: Answers::Column("class".into()),
        why,
        whole: true,
        odd: odd::beside(&stray),
        ..Label::default()
    })
}

// ---- spans -----------------------------------------------------------------------------------------------------------

/// How a column holds the entities of a text.
enum Form {
    Objects,
    /// A tag for each token; and what numbers stand for.
    Tags(Vec<String>),
}

fn form(r: &Read, field: &Field, class_names: &BTreeMap<String, Vec<String>>) -> Option<Form> {
    let column = r.source.sample.columns.get(field.column)?;
    if is_tagged(r.source.format) && field.name == "tags" {
        return Some(Form::Tags(Vec::new()));
    }
    if holds_spans(column) {
        return Some(Form::Objects);
    }
    let tokens = tags::tokens(&r.source.keys)?;
    let tokens = r.source.sample.columns.iter().find(|c| c.name == tokens)?;
    let stated = class_names.get(&column.name).filter(|_| column.names.is_empty());
    let column = Column { names: stated.unwrap_or(&column.names).clone(), ..column.clone() };
    tags::is_tags(&column, tokens).then_some(Form::Tags(column.names))
}

fn spans(
    folder: &Folder,
    of: &[Read],
    class_names: &BTreeMap<String, Vec<String>>,
    unread: &mut Vec<(String, String)>,
) -> Option<Label> {
    // of several columns of tags, as of phrases and of entities, the one that is called so
    let rank = |f: &Field| usize::from(!words(&f.name).any(|w| ["ner", "entities", "entity"].contains(&w.as_str())));
    let fields = of.iter().flat_map(|r| r.fields.all.iter().map(move |f| (r, f)));
    let all = fields.filter_map(|(r, f)| Some((rank(f), f.name.clone(), form(r, f, class_names)?)));
    let (_, name, form) = all.min_by_key(|(rank, ..)| *rank)?;
    let numbers = match form {
        Form::Objects if !of.iter().any(|r| on_text(r, &name)) => return None,
        Form::Objects => None,
        Form::Tags(names) => Some(names),
    };
    let mut seen = Seen { whole: true, ..Seen::default() };
    for r in of {
        let field = r.fields.all.iter().find(|f| f.name == name);
        if let Some(column) = field.and_then(|f| r.source.sample.columns.get(f.column)) {
            seen.add(r, column, numbers.as_deref().unwrap_or_default());
        }
    }
    let files: Vec<&String> = of.iter().flat_map(|r| &r.source.files).collect();
    let scheme = match seen.marks.scheme() {
        _ if numbers.is_none() => None,
        Some(scheme) => scheme,
        None => {
            unread.extend(odd::no_scheme(folder, &files, &seen.odd));
            return None;
        }
    };
    seen.take(scheme);
    let why = if numbers.is_some() {
        "each token has a tag that says in which entity it stands"
    } else {
        "objects with a class, a start and an end"
    };
    let names = numbers.unwrap_or_default();
    seen.classes.extend(names.iter().filter_map(|n| class_of(n)).map(String::from));
    let good = !seen.classes.is_empty() && seen.classes.len() <= CLASSES;
    let from = Answers::Column(name);
    good.then(|| Label {
        name: "entities".into(),
        task: "ner",
        classes: seen.classes.into_iter().collect(),
        whole: seen.whole || !names.is_empty(),
        stated: !names.is_empty(),
        names,
        scheme,
        from,
        why: why.into(),
        odd: odd::tags(folder, &files, &seen.odd),
        times: seen.times,
        ..Label::default()
    })
}

/// What the answers of a column show.
#[derive(Default)]
struct Seen {
    classes: BTreeSet<String>,
    times: BTreeMap<String, Times>,
    marks: Marks,
    whole: bool,
    /// Tags that no scheme has, with how often they occur.
    odd: BTreeMap<String, usize>,
    /// The same of tags that only BIOES or BILOU has.
    marked: BTreeMap<String, usize>,
}

impl Seen {
    fn add(&mut self, r: &Read, column: &Column, names: &[String]) {
        self.whole &= r.source.sample.whole;
        let begins = |tag: &str| tag.starts_with(['B', 'S', 'U']);
        let tag = |item: &Value| match item {
            Value::Int(n) => usize::try_from(*n).ok().and_then(|n| names.get(n)).cloned(),
            other => other.text().map(String::from),
        };
        for (row, value) in column.values.iter().enumerate() {
            let Value::List(items) = value else { continue };
            let tags: Vec<String> = items.iter().filter_map(tag).collect();
            self.marks.sentence(&tags);
            for tag in tags.iter().filter(|tag| !tags::is_tag(tag)) {
                *self.odd.entry(tag.clone()).or_default() += 1;
            }
            for tag in tags.iter().filter(|tag| tags::is_tag(tag) && tag.starts_with(['E', 'S', 'L', 'U'])) {
                *self.marked.entry(tag.clone()).or_default() += 1;
            }
            let objects = items.iter().filter_map(|item| item.field("class").text());
            let first = tags.iter().filter(|tag| tags::is_tag(tag) && begins(tag)).filter_map(|tag| class_of(tag));
            for class in first.chain(objects.clone()) {
                self.times.entry(class.to_string()).or_default().add(|| r.source.sample.place(row));
            }
            let tagged = tags.iter().filter(|tag| tags::is_tag(tag)).filter_map(|tag| class_of(tag));
            let classes = tagged.chain(objects);
            self.classes.extend(classes.filter(|c| is_line(c) && !c.is_empty()).map(String::from));
        }
    }

    /// Counts the tags of another scheme than the one that is taken as odd.
    fn take(&mut self, scheme: Option<&str>) {
        let own: &[char] = match scheme {
            Some("bioes") => &['E', 'S'],
            Some("bilou") => &['L', 'U'],
            _ => &[],
        };
        let marked = std::mem::take(&mut self.marked);
        self.odd.extend(marked.into_iter().filter(|(tag, _)| !tag.starts_with(own)));
    }
}

/// Whether spans lie on the text that `ner` would take: the field `text`, else the first text by its name.
fn on_text(r: &Read, name: &str) -> bool {
    let column = |f: &Field| r.source.sample.columns.get(f.column);
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
pub fn almost_spans(source: &Source, field: &Field) -> bool {
    let column = source.sample.columns.get(field.column);
    column.is_some_and(|c| {
        let tags = words(&c.name).any(|w| w == "tags" || w == "entities") && !is_tagged(source.format);
        let places = ["start", "end"].iter().all(|at| c.ty.contains(&format!(":{at} i64")));
        c.ty.starts_with("list<") && (tags || places)
    })
}

// ---- classes ---------------------------------------------------------------------------------------------------------

/// As many names of classes as a file may give to a column.
const NAMED: usize = 1000;

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
    let rank = |f: &Field| words(&f.name).filter_map(|w| WORDS.iter().position(|own| *own == w)).min();
    let mut candidates: Vec<(usize, String)> = fields().filter_map(|(_, f)| Some((rank(f)?, f.name.clone()))).collect();
    candidates.sort();
    candidates.into_iter().find_map(|(_, name)| {
        let plain = |r: &Read| r.source.format.sidecar.is_none() || r.source.format.answers;
        let own = fields().filter(|(r, f)| f.name == name && plain(r));
        let columns: Vec<(&Sample, Type, &Column)> =
            own.filter_map(|(r, f)| Some((&r.source.sample, f.ty, r.source.sample.columns.get(f.column)?))).collect();
        class_label(&name, &columns, names.get(&name))
    })
}

/// The same of a table beside images, sounds or texts.
fn sheet_classes(of: &[Read], names: &BTreeMap<String, Vec<String>>) -> Option<Label> {
    let sheets = || of.iter().filter_map(|r| r.source.sheet.as_ref());
    let columns = || sheets().flat_map(|sheet| sheet.sample.columns.iter().map(move |c| (sheet, c)));
    let rank = |c: &Column| words(&c.name).filter_map(|w| WORDS.iter().position(|own| *own == w)).min();
    let own = |sheet: &Sheet, c: &Column| sheet.columns.contains(&c.name) && c.name != apart::BOXES;
    let mut candidates: Vec<(usize, &String)> =
        columns().filter(|(sheet, c)| own(sheet, c)).filter_map(|(_, c)| Some((rank(c)?, &c.name))).collect();
    candidates.sort();
    candidates.into_iter().find_map(|(_, name)| {
        let field = field_name(name)?;
        let of = columns().filter(|(_, c)| c.name == *name);
        let all: Vec<(&Sample, Type, &Column)> =
            of.filter_map(|(sheet, c)| Some((&sheet.sample, columns::plain_type(c)?, c))).collect();
        class_label(&field, &all, names.get(name))
    })
}

fn class_label(name: &str, columns: &[(&Sample, Type, &Column)], names: Option<&Vec<String>>) -> Option<Label> {
    let named = columns.iter().find(|(_, _, c)| !c.names.is_empty()).map(|(_, _, c)| &c.names);
    let ok = columns.iter().all(|(_, ty, _)| matches!(ty, Type::Text | Type::Int | Type::Bool));
    // an empty cell is no answer
    let said =
        |c: &&&Column| c.there().filter_map(Value::key_text).filter(|v| !v.trim().is_empty()).collect::<Vec<_>>();
    let fits = |value: &String| is_line(value) && value.len() <= 100;
    let (values, odd): (Vec<String>, Vec<String>) = columns.iter().flat_map(|(_, _, c)| said(&c)).partition(fits);
    let whole = columns.iter().all(|(sample, _, _)| sample.whole);
    let classes: BTreeSet<&String> = values.iter().collect();
    let many = classes.len() > CLASSES || classes.len() * 2 > values.len().max(4);
    let fits = odd.len() * 100 <= values.len();
    // where not all was seen, the later half must bring nothing new
    let early: BTreeSet<&String> = values.iter().take(values.len() / 2).collect();
    let open = many || classes.len() < 2 || (!whole && early.len() < classes.len());
    let declared = named.is_some_and(|names| names.len() <= NAMED && names.iter().all(|n| is_line(n) && !n.is_empty()));
    if !ok || !fits || values.is_empty() || if named.is_some() { !declared } else { open } {
        return None;
    }
    if let Some(names) = named {
        let why = format!("`{name}` holds numbers, and the file says which class each stands for");
        return Some(Label { stated: true, ..class_task(name, names.clone(), Vec::new(), why, true) });
    }
    let (mut map, trimmed) = spaced(&classes);
    let mut classes: Vec<String> = trimmed.into_iter().collect();
    if classes.iter().all(|c| c.parse::<i64>().is_ok()) {
        classes.sort_by_key(|c| c.parse::<i64>().unwrap_or(i64::MAX));
    }
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
    let odd = odd::no_classes(name, &odd).into_iter().collect();
    Some(Label { odd, times: times(columns), ..class_task(name, classes, map, why, whole) })
}

/// How often each value is there, and where first.
fn times(columns: &[(&Sample, Type, &Column)]) -> BTreeMap<String, Times> {
    let mut out: BTreeMap<String, Times> = BTreeMap::new();
    for (sample, _, column) in columns {
        for (row, value) in column.values.iter().enumerate() {
            let Some(class) = value.key_text() else { continue };
            out.entry(class).or_default().add(|| sample.place(row));
        }
    }
    out
}

fn class_task(name: &str, classes: Vec<String>, map: Vec<(String, String)>, why: String, whole: bool) -> Label {
    let from = Answers::Column(name.into());
    Label { name: slug(name), task: "classification", classes, map, from, why, whole, ..Label::default() }
}

/// Classes without the spaces around them, and what is mapped where the same class is written with them and without.
fn spaced(classes: &BTreeSet<&String>) -> (Vec<(String, String)>, BTreeSet<String>) {
    let bare: BTreeSet<String> = classes.iter().map(|c| c.trim().to_string()).collect();
    if bare.len() == classes.len() {
        return (Vec::new(), classes.iter().map(|c| c.to_string()).collect());
    }
    let map = classes.iter().filter(|c| c.trim() != c.as_str()).map(|c| (c.to_string(), c.trim().to_string()));
    (map.collect(), bare)
}

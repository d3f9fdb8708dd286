//! `collect.NAME` for images with files beside them: images are met by their documents. No document: null (nobody
//! looked); a document without boxes: [] (looked, nothing there); what could not be read is counted in `objects_lost`, and
//! an image of which nothing could be read has null there. The
//! same holds of each column of further shapes (`objects.polygons`) that a task reads. Findings, with the format's name in front: `voc.missing` (an
//! image without document), `voc.unmatched` (a document without image), `voc.twice` (two documents of one image: the sample
//! waits for review, and what the first one does not have is lost), `coco.folder` (a document names its image with a folder that is not the image's), `coco.ambiguous`
//! (one document fits several images: it is taken for none of them).
use super::beside::{named, placed};
use super::declaration::declared;
use crate::formats::sidecar::stem_of;
use crate::measure::names::composed;
use crate::model::boxes::Box2;
use crate::model::shapes::{CAPTIONS, Drawing, drawings};
use crate::stage::*;
use crate::table::value::column;
use crate::table::{ArrayRef, Cell, DataType, Value, list, utf8, value_at};
use serde::{Deserialize, Serialize};

pub const ENTRY: Entry = Entry::join::<Objects>("collect/objects", "collect.*", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(c) = declared(check) else { return Vec::new() };
    if !c.files.beside(c.format) {
        return Vec::new();
    }
    let key = format!("{}.{}.files", check.path, c.by);
    let shapes = c.options.shapes();
    let mut reads = names(&["id", "source", "beside_path", "objects", "objects_lost", "objects_of", "stated_size"]);
    let mut brings = names(&["key", "image", "width", "height", "objects", "lost"]);
    let mut writes = writes([
        ("objects", Column::new(list(Box2::ty())).inner()),
        ("objects_lost", Column::new(DataType::UInt32).inner()),
        ("objects_of", Column::new(utf8()).inner().harmless()),
        ("stated_size", Column::new(list(DataType::Int64)).inner()),
    ]);
    for (column, ty) in drawn(&shapes) {
        reads.push(column.into());
        brings.push(column.into());
        writes.push((column.into(), Column::new(ty).inner()));
    }
    reads.retain(|n| n == "id" || n == "source" || check.column("samples", n).is_some());
    let meet = Meet {
        source: check.instance.clone(),
        key: key.clone(),
        format: c.format.name.into(),
        shapes: named_of(&shapes),
    };
    vec![Plan::join::<Objects>(
        Ports {
            table: "samples".into(),
            reads,
            writes,
            drops: true,
            right: Some(Right {
                table: format!("{}/documents", check.path),
                key: "key".into(),
                on: "beside".into(),
                reads: brings,
                unmatched: Some((format!("{}.unmatched", c.format.name), key)),
            }),
            ..Ports::default()
        },
        &meet,
    )]
}

/// The columns of shapes, each with the one that counts what is lost of it.
fn drawn(shapes: &[&'static Drawing]) -> Vec<(&'static str, DataType)> {
    shapes.iter().flat_map(|d| [(d.column, (d.ty)()), (d.lost, DataType::UInt32)]).collect()
}

fn named_of(shapes: &[&'static Drawing]) -> Vec<String> {
    shapes.iter().map(|d| d.column.to_string()).collect()
}

#[derive(Serialize, Deserialize, Default)]
struct Meet {
    #[serde(default, skip_serializing_if = "is_default")]
    source: String,
    #[serde(default, skip_serializing_if = "is_default")]
    key: String,
    /// The format whose name stands in front of the rules.
    #[serde(default, skip_serializing_if = "is_default")]
    format: String,
    /// The columns of shapes besides boxes.
    #[serde(default, skip_serializing_if = "is_default")]
    shapes: Vec<String>,
}

struct Objects;

/// What is written besides shapes of further kinds.
const COLUMNS: [&str; 4] = ["objects", "objects_lost", "objects_of", "stated_size"];

impl JoinStage for Objects {
    const JOIN: u32 = 6; // texts of several documents
    type Join = Meet;

    fn join(p: &Meet, left: &Rows, matches: &[Vec<usize>], right: &Rows) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let (sources, paths) = (left.texts("source")?, left.texts("beside_path")?);
        let shapes = drawn(&drawings(&p.shapes));
        let documents = Documents::read(right, &shapes)?;
        let before = |name: &str| -> Result<Option<ArrayRef>, Fault> {
            if left.names().any(|n| n == name) { left.column(name).map(Some) } else { Ok(None) }
        };
        let types = [list(Box2::ty()), DataType::UInt32, utf8(), list(DataType::Int64)];
        let columns: Vec<(&str, DataType)> = COLUMNS.into_iter().zip(types).chain(shapes).collect();
        let was: Vec<Option<ArrayRef>> = columns.iter().map(|(name, _)| before(name)).collect::<Result<_, Fault>>()?;
        let mut after: Vec<Vec<Value>> = columns.iter().map(|_| Vec::with_capacity(left.len())).collect();
        for (row, hits) in matches.iter().enumerate() {
            let values = match sources.get(row).and_then(|s| s.as_deref()) == Some(&p.source) {
                true => {
                    let path = paths.get(row).and_then(|p| p.as_deref()).unwrap_or_default();
                    p.taken(row, path, hits, &documents, &mut delta)
                }
                false => was.iter().map(|c| c.as_ref().map_or(Value::Null, |a| value_at(a.as_ref(), row))).collect(),
            };
            after.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
        }
        for ((name, ty), values) in columns.iter().zip(&after) {
            delta.write(*name, column(ty, values).map_err(Fault::Bug)?);
        }
        Ok(delta)
    }
}

/// The documents that were brought to a partition.
struct Documents {
    keys: Vec<Option<String>>,
    images: Vec<Option<String>>,
    /// width, height, objects, lost
    columns: [ArrayRef; 4],
    /// Shapes besides boxes, and how many of each are lost.
    shapes: Vec<ArrayRef>,
}

impl Documents {
    fn read(right: &Rows, shapes: &[(&'static str, DataType)]) -> Result<Documents, Fault> {
        let columns = ["width", "height", "objects", "lost"].map(|name| right.column(name));
        let [width, height, objects, lost] = columns;
        let columns = [width?, height?, objects?, lost?];
        let shapes = shapes.iter().map(|(name, _)| right.column(name)).collect::<Result<_, Fault>>()?;
        Ok(Documents { keys: right.texts("key")?, images: right.texts("image")?, columns, shapes })
    }

    fn text(of: &[Option<String>], hit: usize) -> &str {
        of.get(hit).and_then(|t| t.as_deref()).unwrap_or_default()
    }

    /// Whether a document says anything of annotations.
    fn tells(&self, hit: usize) -> bool {
        let [_, _, objects, lost] = self.columns.each_ref().map(|c| value_at(c.as_ref(), hit));
        objects != Value::Null || matches!(lost, Value::Int(n) if n > 0)
    }

    /// Whether a document names its image as its path ends; one that names it by its file alone does so everywhere.
    fn agrees(&self, hit: usize, path: &str) -> bool {
        let Some(Some(image)) = self.images.get(hit) else { return true };
        let (path, image) = (placed(path, stem_of(path)), named(image));
        let (path, image) = (composed(&path), composed(&image));
        path.strip_suffix(&*image).is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
    }
}

impl Meet {
    fn tell(&self, delta: &mut Delta, row: usize, act: Act, rule: &str, say: &str) {
        delta.event(row, act, &self.key, format!("{}.{rule}", self.format), say);
    }

    /// Whether texts about pictures are read.
    fn has_captions(&self) -> bool {
        self.shapes.iter().any(|name| name == CAPTIONS)
    }

    /// The objects of an image, how many were lost, whose they are, the size that is stated, and shapes of further kinds.
    fn taken(&self, row: usize, path: &str, hits: &[usize], of: &Documents, delta: &mut Delta) -> Vec<Value> {
        let any = format!("{}//", self.source);
        let (own, unread): (Vec<usize>, Vec<usize>) =
            hits.iter().copied().partition(|h| Documents::text(&of.keys, *h) != any);
        // the more of the path a document names, the surer it is meant
        let length = |h: &usize| Documents::text(&of.images, *h).split(['/', '\\']).count();
        let agree: Vec<usize> = own.iter().copied().filter(|h| of.agrees(*h, path)).collect();
        let longest = agree.iter().map(length).max();
        let best: Vec<usize> = agree.into_iter().filter(|h| Some(length(h)) == longest).collect();
        let meant = if best.is_empty() { &own } else { &best };
        if meant.len() < own.len() || best.is_empty() && !own.is_empty() {
            let say = "a document names the image with another folder; one that names the image's own counts first";
            self.tell(delta, row, Act::Finding, "folder", say);
        }
        let all = meant;
        // one that says nothing of annotations stands back behind one that does
        let telling: Vec<usize> = meant.iter().copied().filter(|h| of.tells(*h)).collect();
        let meant = if telling.is_empty() { meant } else { &telling };
        let Some(first) = meant.first() else {
            self.tell(delta, row, Act::Finding, "missing", "an image without a document");
            let lost = if unread.is_empty() { Value::Null } else { 1u32.into_value() };
            let shapes = self.shapes.iter().flat_map(|_| [Value::Null, lost.clone()]);
            return [Value::Null, lost.clone(), Value::Null, Value::Null].into_iter().chain(shapes).collect();
        };
        // texts of several documents stand beside each other
        let others = if telling.is_empty() && self.has_captions() { &[] } else { meant.get(1..).unwrap_or_default() };
        let [width, height, objects, lost] = of.columns.each_ref().map(|c| value_at(c.as_ref(), *first));
        let [_, _, boxes, _] = &of.columns;
        let beside = only_in(boxes, *first, others);
        if !others.is_empty() {
            let say = match beside {
                0 => "two documents of one image; the first is taken".to_string(),
                n => format!("two documents of one image; the first is taken, and {n} annotations of others are lost"),
            };
            self.tell(delta, row, Act::Review, "twice", &say);
        }
        let size = match (width, height) {
            (Value::Int(w), Value::Int(h)) => Value::List(vec![Value::Int(w), Value::Int(h)]),
            _ => Value::Null,
        };
        let document = format!("{}/{}", Documents::text(&of.keys, *first), Documents::text(&of.images, *first));
        // each column of shapes has beside it how many are lost
        let mut gone = beside;
        let shapes = of.shapes.iter().enumerate().map(|(n, c)| match n.is_multiple_of(2) {
            _ if self.shapes.get(n / 2).is_some_and(|name| name == CAPTIONS) => said_in(c, all),
            true => {
                gone = only_in(c, *first, others);
                value_at(c.as_ref(), *first)
            }
            false => more(value_at(c.as_ref(), *first), gone),
        });
        let lost = more(lost, beside);
        [objects, lost, Value::Text(document), size].into_iter().chain(shapes).collect()
    }
}

/// The texts of all documents, each once, and how many of them are lost in all; null where none says anything.
fn said_in(of: &ArrayRef, all: &[usize]) -> Value {
    let mut out = Value::Null;
    for hit in all {
        out = match (out, value_at(of.as_ref(), *hit)) {
            (own, Value::Null) => own,
            (Value::Null, other) => other,
            (Value::Int(lost), Value::Int(more)) => Value::Int(lost.saturating_add(more)),
            (Value::List(mut own), Value::List(other)) => {
                let new: Vec<Value> = other.into_iter().filter(|text| !own.contains(text)).collect();
                own.extend(new);
                Value::List(own)
            }
            (own, _) => own,
        };
    }
    out
}

/// How many shapes other documents of an image have that the first one does not.
fn only_in(of: &ArrayRef, first: usize, others: &[usize]) -> u32 {
    let items = |hit: usize| if let Value::List(items) = value_at(of.as_ref(), hit) { items } else { Vec::new() };
    let own = items(first);
    others.iter().flat_map(|hit| items(*hit)).filter(|item| !own.contains(item)).count() as u32
}

/// A number of lost annotations, and some more.
fn more(lost: Value, n: u32) -> Value {
    match lost {
        Value::Int(lost) => Value::Int(lost.saturating_add(i64::from(n))),
        none if n == 0 => none,
        _ => n.into_value(),
    }
}

pub const SHARED: Entry = Entry::row::<Shared>("collect/shared", "collect.*", declare_shared);

/// Images that are known by their place may share a document.
fn declare_shared(check: &mut Check) -> Vec<Plan> {
    let Some(c) = declared(check) else { return Vec::new() };
    if !c.files.beside(c.format) || c.id == "stem" {
        return Vec::new();
    }
    let key = format!("{}.{}.files", check.path, c.by);
    let shapes = c.options.shapes();
    let meet = Meet { source: check.instance.clone(), key, format: c.format.name.into(), shapes: named_of(&shapes) };
    let columns = [("objects", list(Box2::ty())), ("objects_lost", DataType::UInt32)];
    let columns: Vec<(&str, DataType)> = columns.into_iter().chain(drawn(&shapes)).collect();
    let ports = Ports {
        table: "samples".into(),
        reads: names(&["source", "objects_of"]),
        apply_reads: columns.iter().map(|c| c.0.to_string()).collect(),
        writes: columns.into_iter().map(|(name, ty)| (name.to_string(), Column::new(ty).inner())).collect(),
        ..Ports::default()
    };
    vec![Plan::row::<Shared>(ports, &Of { source: check.instance.clone() }, &Nothing {}, &meet).word("shared")]
}

#[derive(Serialize, Deserialize, Default)]
struct Of {
    #[serde(default, skip_serializing_if = "is_default")]
    source: String,
}

struct Shared;

impl RowStage for Shared {
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Of;
    type Gather = Nothing;
    type Apply = Meet;

    fn map(p: &Of, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let (sources, of) = (rows.texts("source")?, rows.texts("objects_of")?);
        for (row, (source, document)) in sources.iter().zip(&of).enumerate() {
            if let Some(document) = document.as_ref().filter(|_| source.as_ref() == Some(&p.source)) {
                summary.put(document, row, []);
            }
        }
        Ok(Delta::default())
    }
}

impl Shared {
    fn gather(_: &Nothing, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        out.put_repeated(hits);
        Ok(())
    }

    fn apply(p: &Meet, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let say = "its document fits other images, too; `file_name` must tell them apart";
        for row in slice.rows.keys().map(|row| *row as usize) {
            p.tell(&mut delta, row, Act::Finding, "ambiguous", say);
        }
        let shapes = drawn(&drawings(&p.shapes));
        let columns = [("objects", list(Box2::ty())), ("objects_lost", DataType::UInt32)].into_iter().chain(shapes);
        for (name, ty) in columns {
            let before = rows.column(name)?;
            let gone = if ty == DataType::UInt32 { 1u32.into_value() } else { Value::Null };
            let cell = |row: usize| match slice.rows.contains_key(&(row as u32)) {
                true => gone.clone(),
                false => value_at(before.as_ref(), row),
            };
            let cells: Vec<Value> = (0..rows.len()).map(cell).collect();
            delta.write(name, column(&ty, &cells).map_err(Fault::Bug)?);
        }
        Ok(delta)
    }
}

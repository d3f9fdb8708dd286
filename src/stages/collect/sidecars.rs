//! `collect.NAME/documents`: files of annotations beside images become a table of documents, one an image. Each file is
//! read from its bytes alone. Findings and drops are those of the format; what is dropped leaves a trace, so that its image
//! does not pass for one that nobody looked at, or that shows nothing.
use super::beside::Keys;
use super::declaration::declared;
use crate::digest::Digest;
use crate::formats::cut::Holds;
use crate::formats::reader::Unit;
use crate::formats::sidecar::{Document, Note, Shapes, Sidecar};
use crate::formats::{Cut, Options, Wrong, named, pointer, unread};
use crate::model::boxes::Box2;
use crate::model::shapes::{CAPTIONS, Drawing};
use crate::stage::*;
use crate::table::value::column;
use crate::table::{Cell, DataType, Value, array_of, list, utf8};
use arrow_array::Int64Array;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub const ENTRY: Entry = Entry::row::<Documents>("collect/documents", "collect.*", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(c) = declared(check) else { return Vec::new() };
    let Some(sidecar) = c.format.sidecar.as_ref().filter(|_| c.files.beside(c.format)) else { return Vec::new() };
    let source = c.source(check, &c.files.files, "files", Cut::Document(sidecar.holds), false);
    let mut writes = writes([
        ("key", utf8()),
        ("image", utf8()),
        ("width", DataType::Int64),
        ("height", DataType::Int64),
        ("objects", list(Box2::ty())),
        ("lost", DataType::UInt32),
    ]);
    for drawing in c.options.shapes() {
        writes.push((drawing.column.into(), (drawing.ty)().into()));
        writes.push((drawing.lost.into(), DataType::UInt32.into()));
    }
    let word = "documents".to_string();
    let step = format!("{}/{word}", check.path);
    let parse = Parse {
        source: check.instance.clone(),
        format: c.format.name.into(),
        reader: sidecar.version,
        keys: Keys::of(&c, &check.instance, false),
        depth_max: c.depth_max(),
        options: c.options.clone(),
    };
    let ports = Ports {
        table: source.table.clone(),
        reads: names(&["blob", "path", "stem", "reject"]),
        writes,
        traces: true,
        into: Some(format!("{}/documents", check.path)),
        ..Ports::default()
    };
    let gates = c.gates(check, &step);
    vec![Plan { gates, scan: Some(source), ..Plan::map::<Documents>(ports, &parse).word(word) }]
}

#[derive(Serialize, Deserialize, Default)]
struct Parse {
    #[serde(default, skip_serializing_if = "is_default")]
    source: String,
    #[serde(default, skip_serializing_if = "is_default")]
    format: String,
    /// The version of the format's reader.
    #[serde(default, skip_serializing_if = "is_default")]
    reader: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    keys: Keys,
    #[serde(default, skip_serializing_if = "is_default")]
    depth_max: usize,
    /// The format's own keys.
    #[serde(flatten)]
    options: Options,
}

impl Parse {
    fn sidecar(&self) -> Result<&'static Sidecar, Fault> {
        let bug = || Fault::Bug(format!("there is no reader of `{}` beside images", self.format));
        named(&self.format).and_then(|f| f.sidecar.as_ref()).ok_or_else(bug)
    }
}

struct Documents;

impl RowStage for Documents {
    const MAP: u32 = 5; // 5: what to write for an encoding
    type Map = Parse;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Parse, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let sidecar = p.sidecar()?;
        let (blobs, rejects) = (rows.cells::<Digest>("blob")?, rows.texts("reject")?);
        let (paths, stems) = (rows.texts("path")?, rows.texts("stem")?);
        let key = format!("collect.{}.format", p.source);
        let mut out =
            Beside { key, shapes: p.options.shapes().into_iter().map(Drawn::of).collect(), ..Beside::default() };
        for (row, blob) in blobs.into_iter().enumerate() {
            let at = |v: &[Option<String>]| v.get(row).cloned().flatten().unwrap_or_default();
            let (path, stem) = (at(&paths), at(&stems));
            // a file of one image is about that image even if it cannot be read; one of many may be about any
            let own = match sidecar.holds {
                Holds::One => p.keys.of_document(None, &path, &stem),
                Holds::Many => p.keys.any(),
            };
            if let Some(Some(rule)) = rejects.get(row) {
                out.delta.at(row, 0, Act::DROP, &out.key, rule, unread::words(rule));
                out.trace(row, 0, own);
                continue;
            }
            let bytes = rows.blob(blob.unwrap_or_default())?;
            if let Some(say) = pointer::told(&bytes) {
                out.broken(row, 0, own, &Wrong::new(pointer::RULE, say));
                continue;
            }
            let unit = Unit { row, bytes: &bytes, context: None, path: &path, stem: &stem };
            match (sidecar.read)(&p.options, p.depth_max, &unit) {
                Err(wrong) => out.broken(row, 0, own, &wrong),
                Ok(documents) => {
                    out.notes(row, 0, &documents.notes);
                    for (n, document) in documents.of.into_iter().enumerate() {
                        let key = |image: &Option<String>| match image {
                            Some(image) => p.keys.of_document(Some(image), &path, &stem),
                            None => own.clone(),
                        };
                        match document {
                            Ok(document) => out.document(row, n, key(&document.image), document),
                            Err(broken) => out.broken(row, n, key(&broken.image), &broken.wrong),
                        }
                    }
                }
            }
        }
        out.finish()
    }
}

/// The documents of a partition of files, column by column.
#[derive(Default)]
struct Beside {
    delta: Delta,
    /// The key of the manifest that is responsible.
    key: String,
    keys: Vec<Option<String>>,
    images: Vec<Option<String>>,
    widths: Vec<Option<i64>>,
    heights: Vec<Option<i64>>,
    objects: Vec<Option<Vec<Box2>>>,
    lost: Vec<Option<u32>>,
    shapes: Vec<Drawn>,
}

/// A column of shapes besides boxes.
struct Drawn {
    drawing: &'static Drawing,
    cells: Vec<Value>,
    lost: Vec<Option<u32>>,
}

impl Drawn {
    fn of(drawing: &'static Drawing) -> Drawn {
        Drawn { drawing, cells: Vec::new(), lost: Vec::new() }
    }
}

impl Beside {
    /// Drops a document that cannot be read, and leaves a trace of it.
    fn broken(&mut self, row: usize, record: usize, key: String, wrong: &Wrong) {
        self.delta.at(row, record, Act::DROP, &self.key, wrong.rule, &wrong.say);
        self.delta.at_line(wrong.line);
        self.trace(row, record, key);
    }

    /// Something is said of an image that nobody can read: it has annotations, and they are lost.
    fn trace(&mut self, row: usize, record: usize, key: String) {
        let mut shapes = Shapes::default();
        self.shapes.iter().for_each(|column| shapes.lose_of(column.drawing.column, 1));
        self.bear(row, record, key, Document { lost: 1, shapes, unlabelled: true, ..Document::default() });
    }

    fn notes(&mut self, row: usize, record: usize, notes: &[Note]) {
        for note in notes {
            self.delta.at(row, record, Act::Finding, &self.key, note.rule, &note.say);
            self.delta.at_line(note.line);
        }
    }

    fn document(&mut self, row: usize, record: usize, key: String, d: Document) {
        self.notes(row, record, &d.notes);
        self.bear(row, record, key, d);
    }

    fn bear(&mut self, row: usize, record: usize, key: String, mut d: Document) {
        for column in &mut self.shapes {
            let (cell, lost) = d.shapes.take(column.drawing.column);
            let told = !d.unlabelled && (!d.shapeless || column.drawing.column == CAPTIONS);
            column.cells.push(if told { cell } else { Value::Null });
            column.lost.push(Some(lost));
        }
        self.delta.born.parents.push((row as u32, record as u32));
        self.keys.push(Some(key));
        self.images.push(d.image);
        self.widths.push(d.width);
        self.heights.push(d.height);
        self.objects.push(Some(d.boxes).filter(|_| !d.unlabelled && !d.shapeless));
        self.lost.push(Some(d.lost));
    }

    fn finish(mut self) -> Result<Delta, Fault> {
        if !self.keys.is_empty() {
            let columns = &mut self.delta.born.columns;
            columns.insert("key".into(), array_of(self.keys.clone()));
            columns.insert("id".into(), array_of(self.keys));
            columns.insert("image".into(), array_of(self.images));
            columns.insert("width".into(), Arc::new(Int64Array::from(self.widths)));
            columns.insert("height".into(), Arc::new(Int64Array::from(self.heights)));
            columns.insert("objects".into(), array_of(self.objects));
            columns.insert("lost".into(), array_of(self.lost));
            for Drawn { drawing, cells, lost } in self.shapes {
                columns.insert(drawing.column.into(), column(&(drawing.ty)(), &cells).map_err(Fault::Bug)?);
                columns.insert(drawing.lost.into(), array_of(lost));
            }
        }
        Ok(self.delta)
    }
}

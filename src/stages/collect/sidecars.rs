//! `collect.NAME/documents`: files of annotations beside images become a table of documents, one an image. Each file is
//! read from its bytes alone. Findings and drops are those of the format.
use super::declaration::{declared, reject_words};
use crate::digest::Digest;
use crate::formats::reader::Unit;
use crate::formats::sidecar::{Document, Note, Sidecar};
use crate::formats::{Cut, Options, Wrong, named};
use crate::model::boxes::Box2;
use crate::stage::*;
use crate::table::{Cell, DataType, array_of, list, utf8};
use arrow_array::Int64Array;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub const ENTRY: Entry = Entry::row::<Documents>("collect/documents", "collect.*", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(c) = declared(check) else { return Vec::new() };
    let Some(sidecar) = c.format.sidecar.as_ref().filter(|_| c.files.beside(c.format)) else { return Vec::new() };
    let source = c.source(check, &c.files.files, "files", Cut::Document(sidecar.holds), false);
    let writes = writes([
        ("stem", utf8()),
        ("width", DataType::Int64),
        ("height", DataType::Int64),
        ("objects", list(Box2::ty())),
    ]);
    let word = "documents".to_string();
    let step = format!("{}/{word}", check.path);
    let parse = Parse {
        source: check.instance.clone(),
        format: c.format.name.into(),
        reader: sidecar.version,
        prefix: c.prefix.clone(),
        depth_max: c.depth_max(),
        options: c.options.clone(),
    };
    let ports = Ports {
        table: source.table.clone(),
        reads: names(&["blob", "stem", "reject"]),
        writes,
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
    prefix: String,
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
    const MAP: u32 = 3;
    type Map = Parse;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Parse, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let sidecar = p.sidecar()?;
        let (blobs, stems, rejects) = (rows.cells::<Digest>("blob")?, rows.texts("stem")?, rows.texts("reject")?);
        let mut out = Beside { key: format!("collect.{}.format", p.source), prefix: &p.prefix, ..Beside::default() };
        for (row, blob) in blobs.into_iter().enumerate() {
            let stem = stems.get(row).cloned().flatten().unwrap_or_default();
            if let Some(Some(rule)) = rejects.get(row) {
                out.delta.at(row, 0, Act::DROP, &out.key, rule, reject_words(rule));
                continue;
            }
            let bytes = rows.blob(blob.unwrap_or_default())?;
            let unit = Unit { row, bytes: &bytes, context: None, path: "", stem: &stem };
            match (sidecar.read)(&p.options, p.depth_max, &unit) {
                Err(wrong) => out.drop(row, 0, &wrong),
                Ok(documents) => {
                    out.notes(row, 0, &documents.notes);
                    for (n, document) in documents.of.into_iter().enumerate() {
                        match document {
                            Ok(document) => out.document(row, n, document),
                            Err(wrong) => out.drop(row, n, &wrong),
                        }
                    }
                }
            }
        }
        Ok(out.finish())
    }
}

/// The documents of a partition of files, column by column.
#[derive(Default)]
struct Beside<'p> {
    delta: Delta,
    /// The key of the manifest that is responsible.
    key: String,
    prefix: &'p str,
    ids: Vec<Option<String>>,
    widths: Vec<Option<i64>>,
    heights: Vec<Option<i64>>,
    objects: Vec<Option<Vec<Box2>>>,
}

impl Beside<'_> {
    fn drop(&mut self, row: usize, record: usize, wrong: &Wrong) {
        self.delta.at(row, record, Act::DROP, &self.key, wrong.rule, &wrong.say);
        self.delta.at_line(wrong.line);
    }

    fn notes(&mut self, row: usize, record: usize, notes: &[Note]) {
        for note in notes {
            self.delta.at(row, record, Act::Finding, &self.key, note.rule, &note.say);
            self.delta.at_line(note.line);
        }
    }

    fn document(&mut self, row: usize, record: usize, d: Document) {
        self.notes(row, record, &d.notes);
        self.delta.born.parents.push((row as u32, record as u32));
        self.ids.push(Some(format!("{}{}", self.prefix, d.stem)));
        self.widths.push(d.width);
        self.heights.push(d.height);
        self.objects.push(Some(d.boxes));
    }

    fn finish(mut self) -> Delta {
        if !self.ids.is_empty() {
            let columns = &mut self.delta.born.columns;
            columns.insert("stem".into(), array_of(self.ids.clone()));
            columns.insert("id".into(), array_of(self.ids));
            columns.insert("width".into(), Arc::new(Int64Array::from(self.widths)));
            columns.insert("height".into(), Arc::new(Int64Array::from(self.heights)));
            columns.insert("objects".into(), array_of(self.objects));
        }
        self.delta
    }
}

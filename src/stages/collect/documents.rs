//! `collect.NAME/documents` for Pascal VOC: each XML is parsed by itself, from its bytes alone, into a table of
//! documents. Findings: `voc.filename` (the file names another image; the XML's own name wins). Dropped: what is no
//! such XML (`xml`, `xml.doctype`, `xml.depth`, `voc.box`, `encoding`, ...).
//!
//! Boxes are pixels, 0-based, end exclusive: with `voc_base = 1` they are (xmin - 1, ymin - 1, xmax, ymax). A box with
//! xmin >= xmax or ymin >= ymax as written has the flag `degenerate` under either base.
use super::{Format, declared};
use crate::digest::Digest;
use crate::formats::{lines::Split, voc};
use crate::model::boxes::Box2;
use crate::stage::*;
use crate::table::{Cell, DataType, array_of, list, utf8};
use arrow_array::Int64Array;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub const ENTRY: Entry = Entry::row::<Documents>("collect/documents", "collect.*", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(c) = declared(check) else { return Vec::new() };
    if c.files.format != Format::Voc || c.files.files.is_empty() {
        return Vec::new();
    }
    let source = c.source(check, &c.files.files, "xml", Split::Whole, false);
    let writes = writes([
        ("stem", utf8()),
        ("width", DataType::Int64),
        ("height", DataType::Int64),
        ("objects", list(Box2::ty())),
    ]);
    let table = source.table.clone();
    let word = "documents".to_string();
    let step = format!("{}/{word}", check.path);
    vec![Plan {
        gates: c.gates(check, &step),
        scan: Some(source),
        ..Plan::map::<Documents>(
            Ports {
                table,
                reads: names(&["blob", "stem", "reject"]),
                writes,
                into: Some(format!("{}/documents", check.path)),
                ..Ports::default()
            },
            &Parse {
                source: check.instance.clone(),
                zero_based: c.files.voc_base == Some(0),
                prefix: c.prefix.clone(),
                depth_max: c.depth_max(),
            },
        )
        .word(word)
    }]
}

#[derive(Serialize, Deserialize, Default)]
struct Parse {
    #[serde(default, skip_serializing_if = "is_default")]
    source: String,
    #[serde(default, skip_serializing_if = "is_default")]
    zero_based: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    prefix: String,
    #[serde(default, skip_serializing_if = "is_default")]
    depth_max: usize,
}

struct Documents;

impl RowStage for Documents {
    const MAP: u32 = 2;
    type Map = Parse;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Parse, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let (blobs, stems, rejects) = (rows.cells::<Digest>("blob")?, rows.texts("stem")?, rows.texts("reject")?);
        let key = format!("collect.{}.format", p.source);
        let (mut ids, mut widths, mut heights, mut objects) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (row, blob) in blobs.into_iter().enumerate() {
            let stem = stems.get(row).cloned().flatten().unwrap_or_default();
            if let Some(Some(rule)) = rejects.get(row) {
                delta.at(row, 0, Act::DROP, &key, rule, "the file cannot be read as data");
                continue;
            }
            let bytes = rows.blob(blob.unwrap_or_default())?;
            match voc::parse(&bytes, p.depth_max) {
                Err(wrong) => {
                    delta.at(row, 0, Act::DROP, &key, wrong.rule, format!("line {}: {}", wrong.line, wrong.say))
                }
                Ok(d) => {
                    if d.filename.as_deref().is_some_and(|n| stem_of(n) != stem) {
                        delta.at(
                            row,
                            0,
                            Act::Finding,
                            &key,
                            "voc.filename",
                            "<filename> names another image; the file's own name wins",
                        );
                    }
                    delta.born.parents.push((row as u32, 0));
                    ids.push(Some(format!("{}{stem}", p.prefix)));
                    widths.push(d.width);
                    heights.push(d.height);
                    objects.push(Some(d.objects.into_iter().map(|o| pixels(p, o)).collect::<Vec<_>>()));
                }
            }
        }
        if ids.is_empty() {
            return Ok(delta);
        }
        let columns = &mut delta.born.columns;
        columns.insert("stem".into(), array_of(ids.clone()));
        columns.insert("id".into(), array_of(ids));
        columns.insert("width".into(), Arc::new(Int64Array::from(widths)));
        columns.insert("height".into(), Arc::new(Int64Array::from(heights)));
        columns.insert("objects".into(), array_of(objects));
        Ok(delta)
    }
}

fn stem_of(name: &str) -> &str {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    name.rsplit_once('.').map_or(name, |(s, _)| s)
}

/// A box in tamis's pixels.
fn pixels(p: &Parse, o: voc::Object) -> Box2 {
    let shift = if p.zero_based { 0.0 } else { 1.0 };
    let mut flags = o.flags;
    if o.x1 >= o.x2 || o.y1 >= o.y2 {
        flags.push("degenerate".into());
    }
    Box2 { class: o.class, x1: o.x1 - shift, y1: o.y1 - shift, x2: o.x2, y2: o.y2, flags }
}

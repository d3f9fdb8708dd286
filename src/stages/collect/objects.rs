//! `collect.NAME` for images with files beside them: images are met by their documents. No document: null (nobody
//! looked); a document without boxes: [] (looked, nothing there). Findings, with the format's name in front:
//! `voc.missing` (an image without document), `voc.unmatched` (a document without image), `voc.twice` (two documents of
//! one image: the sample waits for review).
use super::declaration::declared;
use crate::model::boxes::Box2;
use crate::stage::*;
use crate::table::value::column;
use crate::table::{Cell, DataType, Value, list, value_at};
use serde::{Deserialize, Serialize};

pub const ENTRY: Entry = Entry::join::<Objects>("collect/objects", "collect.*", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(c) = declared(check) else { return Vec::new() };
    if !c.files.beside(c.format) {
        return Vec::new();
    }
    let key = format!("{}.{}.files", check.path, c.by);
    vec![Plan::join::<Objects>(
        Ports {
            table: "samples".into(),
            reads: names(&["id", "source", "objects", "stated_size"])
                .into_iter()
                .filter(|n| n == "id" || n == "source" || check.column("samples", n).is_some())
                .collect(),
            writes: writes([
                ("objects", Column::new(list(Box2::ty())).inner()),
                ("stated_size", Column::new(list(DataType::Int64)).inner()),
            ]),
            drops: true,
            right: Some(Right {
                table: format!("{}/documents", check.path),
                key: "stem".into(),
                on: "id".into(),
                reads: names(&["width", "height", "objects"]),
                unmatched: Some((format!("{}.unmatched", c.format.name), key.clone())),
            }),
            ..Ports::default()
        },
        &Meet { source: check.instance.clone(), key, format: c.format.name.into() },
    )]
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
}

struct Objects;

impl JoinStage for Objects {
    const JOIN: u32 = 2;
    type Join = Meet;

    fn join(p: &Meet, left: &Rows, matches: &[Vec<usize>], right: &Rows) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let sources = left.texts("source")?;
        let (widths, heights, boxes) = (right.column("width")?, right.column("height")?, right.column("objects")?);
        let before = |name: &str| -> Result<Option<_>, Fault> {
            if left.names().any(|n| n == name) { left.column(name).map(Some) } else { Ok(None) }
        };
        let (objects_before, size_before) = (before("objects")?, before("stated_size")?);
        let was =
            |c: &Option<crate::table::ArrayRef>, row| c.as_ref().map_or(Value::Null, |a| value_at(a.as_ref(), row));
        let (mut objects, mut sizes) = (Vec::new(), Vec::new());
        for (row, hits) in matches.iter().enumerate() {
            if sources.get(row).and_then(|s| s.as_deref()) != Some(&p.source) {
                objects.push(was(&objects_before, row));
                sizes.push(was(&size_before, row));
                continue;
            }
            match hits.first() {
                None => delta.event(
                    row,
                    Act::Finding,
                    &p.key,
                    format!("{}.missing", p.format),
                    "an image without a document",
                ),
                Some(_) if hits.len() > 1 => {
                    let say = "two documents of one image; the first is taken";
                    delta.event(row, Act::Review, &p.key, format!("{}.twice", p.format), say);
                }
                Some(_) => {}
            }
            let first = |a: &crate::table::ArrayRef| hits.first().map_or(Value::Null, |h| value_at(a.as_ref(), *h));
            objects.push(first(&boxes));
            sizes.push(match (first(&widths), first(&heights)) {
                (Value::Int(w), Value::Int(h)) => Value::List(vec![Value::Int(w), Value::Int(h)]),
                _ => Value::Null,
            });
        }
        delta.write("objects", column(&list(Box2::ty()), &objects).map_err(Fault::Bug)?);
        delta.write("stated_size", column(&list(DataType::Int64), &sizes).map_err(Fault::Bug)?);
        Ok(delta)
    }
}

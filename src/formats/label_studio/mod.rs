//! Label Studio: a JSON list of tasks, as its exports in JSON and JSON_MIN have them. Each task is a sample; beside `images` its shapes are those of
//! the picture that it names (`shapes.rs`).
//!
//! | selector | gives |
//! |---|---|
//! | `data.KEY` | what the task shows, `data.text` |
//! | `answers.NAME` | what each annotator said by the control of this name: a vote of each for a task |
//! | `predictions.NAME` | the same of predictions, under the names of their models |
//! | `relations.NAME` | what each annotator said of relations between the spans of the control of this name |
//! | another key | what the task says there, `id`, `meta.batch` |
//!
//! An annotator is an address, a name, or the number of an account. An annotation that was skipped (`was_cancelled`) is no
//! answer. Spans (`labels`) are objects with `start`, `end`, `text` and `class`, a span with several labels one for each; a
//! choice, a rating, a number, a side of a pair, a list in order and a text are themselves. Whoever submitted an annotation without anything by
//! the control gave nothing: a task of spans reads that as none there, others as no answer. All else is lost to the answer, and
//! counted there.
//!
//! The short export, JSON_MIN, has an object for each annotation (`min.rs`): those of one `id` are one sample, and the selectors are the same.
//!
//! Findings: `studio.skipped`, `studio.annotator` (an annotation does not say whose it is), `studio.annotation` (one that is
//! none), `studio.kind` (results of a kind that no answer is made of, such as boxes), `studio.region` (results about a region,
//! and not about the sample), `studio.buckets` (items sorted into buckets, which are no ranking), `studio.several` (several values where one is asked for), `studio.value` (a value that cannot be
//! read), `studio.relations` (relations that no field takes), `studio.end` (relations of which an end is no span
//! of the control, which are lost). Dropped: what a JSON list drops, and `studio.task` (an object
//! that is neither a task nor an annotation of JSON_MIN).
mod answer;
pub mod brush;
pub mod min;
mod pictures;
pub mod shapes;
mod task;
mod write;

use super::cut::members::ReadAt;
use super::cut::{Cut, Holds};
use super::encoding::{ENCODING, Wrong};
use super::format::Format;
use super::json::{Json, parse, select};
use super::options::Options;
use super::reader::{Ask, From, Offers, Reader, Records, Seen, Selects, Unit, no_tokens};
use super::sidecar::{SHAPE_IDS, Sidecar};
use super::writer::{Needs, Place, Writer, length_alone};
use super::{infer, json_array};
use crate::model::masks::Mask;
use crate::model::polygons::Polygon;
use crate::model::quads::Quad;
use crate::model::shape::Shape;
use crate::model::votes::Said;
use crate::table::{Cell, DataType, list, types};
pub use pictures::{UPLOADS, uploads};
use std::cell::RefCell;
use task::{ANSWERS, PREDICTIONS, RELATIONS, Task, said};

pub const FORMAT: Format = Format {
    options: &[ENCODING, UPLOADS, SHAPE_IDS],
    answers: true,
    images: true,
    draws: &[Polygon::COLUMN, Quad::COLUMN, Mask::COLUMN],
    sidecar: Some(Sidecar { version: 3, holds: Holds::Many, read: shapes::read }),
    reader: Some(Reader {
        version: 4, // relations between spans, several choices and texts, rankings, the short export
        uses: &[],
        cut: |_| Cut::Document(Holds::Many),
        id: "id",
        own_id: None,
        selects: Selects::Names,
        text: no_tokens,
        ty,
        adds: |_, _| Vec::new(),
        read,
        offers: Offers::Columns(columns),
    }),
    writer: Some(Writer {
        version: 1,
        uses: &[],
        files: "label_studio/SPLIT.json",
        doc: "a list of tasks, `data` with `id` and `text`, and the label as an annotation by the control `label`; relations between \
              spans, too. Needs an `ner`, `classification`, `classes` or `rating` label",
        needs: Needs {
            label: &["ner", "classification", "classes", "rating"],
            text: true,
            relations: true,
            ..Needs::NONE
        },
        encode: write::encode,
        outline: length_alone,
        join: write::join,
        samples: Some(write::samples),
        values: None,
        place: Place::Nowhere,
        table: false,
        loses: &["ner"],
        index: None,
    }),
    ..Format::new(
        "label_studio",
        "Tasks of Label Studio as its exports in JSON and JSON-MIN have them: `data.KEY` is what a task shows, and `answers.NAME` what each \
         annotator said by the control NAME.",
    )
};

fn ty(_: &Options, selector: &str) -> Option<DataType> {
    said(selector).map(|_| list(Said::ty()))
}

fn read(ask: &Ask, unit: &Unit, out: &mut Records) {
    let short: RefCell<Vec<Short>> = RefCell::default();
    json_array::each(ask, unit, out, &|out, (unit, n, bytes), object| {
        if min::is_min(object) {
            return short.borrow_mut().push(Short { n, line: out.line, bytes: bytes.to_vec() });
        }
        if !matches!(select(object, "data"), Some(Json::Object(_))) {
            let say = "this is neither a task, which has `data`, nor an annotation of the short export, which has `annotator` \
                       or `annotation_id`";
            let line = out.line;
            return out.reject_line(unit, n, &Wrong::new("studio.task", say).at(line));
        }
        take(ask, out, (unit, n, bytes), object);
    });
    read_short(ask, unit, out, &short.into_inner());
}

/// An annotation of the short export.
struct Short {
    n: usize,
    line: u32,
    bytes: Vec<u8>,
}

/// Makes each task a sample of which the short export has annotations.
fn read_short(ask: &Ask, unit: &Unit, out: &mut Records, of: &[Short]) {
    let asked: Vec<&str> = ask.fields.iter().filter_map(|field| control(&field.from)).collect();
    let objects = of.iter().filter_map(|one| parse(&one.bytes, ask.depth_max).ok()).collect();
    for (places, task) in min::tasks(objects, &asked).unwrap_or_default() {
        let own: Vec<&Short> = places.iter().filter_map(|place| of.get(*place)).collect();
        let Some(first) = own.first() else { continue };
        out.line = first.line;
        let bytes = own.iter().map(|one| one.bytes.as_slice()).collect::<Vec<_>>().join(&b","[..]);
        take(ask, out, (unit, first.n, &bytes), &task);
    }
    out.line = 0;
}

/// The control that a field takes answers from.
fn control(from: &From) -> Option<&str> {
    if let From::Record(selector) = from { said(selector).map(|(_, name)| name) } else { None }
}

fn take(ask: &Ask, out: &mut Records, (unit, n, bytes): (&Unit, usize, &[u8]), object: &Json) {
    let task = Task::of(ask, object);
    let line = out.line;
    if out.take(unit, n, bytes, &task) {
        for (rule, say) in task.told() {
            out.finding(unit, n, line, rule, say);
        }
    }
}

/// What the first tasks show: their ids, what they show to annotators, and the controls that somebody used.
fn columns(options: &Options, _: u64, read: &ReadAt) -> Result<Vec<Seen>, String> {
    json_array::first(options, read, |objects| {
        let short = min::tasks(objects.clone(), &[]);
        let tasks = short.map_or(objects, |short| short.into_iter().map(|(_, task)| task).collect());
        let shown = infer::objects(tasks.iter().filter_map(|task| select(task, "data").cloned()));
        let shown = shown.into_iter().map(|(name, ty)| (format!("data.{name}"), ty));
        let own = infer::objects(tasks.iter().cloned()).into_iter().filter(|(name, _)| name == "id");
        let controls = [ANSWERS, PREDICTIONS, RELATIONS].into_iter().flat_map(|gives| {
            let names = gives.controls(&tasks).into_iter();
            names.map(move |name| (format!("{}{name}", gives.prefix), types::text(&list(Said::ty()))))
        });
        own.chain(shown).chain(controls).collect()
    })
}

//! Label Studio: a JSON list of tasks, as its export in JSON has them. Each task is a sample; beside `images` its shapes are those of
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
//! Findings: `studio.skipped`, `studio.annotator` (an annotation does not say whose it is), `studio.annotation` (one that is
//! none), `studio.kind` (results of a kind that no answer is made of, such as boxes), `studio.region` (results about a region,
//! and not about the sample), `studio.buckets` (items sorted into buckets, which are no ranking), `studio.several` (several values where one is asked for), `studio.value` (a value that cannot be
//! read), `studio.relations` (relations that no field takes), `studio.end` (relations of which an end is no span
//! of the control, which are lost). Dropped: what a JSON list drops, and `studio.task` (an object
//! without `data`, such as those of an export as JSON_MIN).
mod answer;
mod shapes;
mod task;
mod write;

use super::cut::members::ReadAt;
use super::cut::{Cut, Holds};
use super::encoding::{ENCODING, Wrong};
use super::format::Format;
use super::json::{Json, select};
use super::options::Options;
use super::reader::{Ask, Offers, Reader, Records, Seen, Selects, Unit, no_tokens};
use super::sidecar::Sidecar;
use super::writer::{Needs, Place, Writer, length_alone};
use super::{infer, json_array};
use crate::model::masks::Mask;
use crate::model::polygons::Polygon;
use crate::model::quads::Quad;
use crate::model::shape::Shape;
use crate::model::votes::Said;
use crate::table::{Cell, DataType, list, types};
pub use shapes::{UPLOADS, uploads};
use task::{ANSWERS, PREDICTIONS, RELATIONS, Task, said};

pub const FORMAT: Format = Format {
    options: &[ENCODING, UPLOADS],
    answers: true,
    images: true,
    draws: &[Polygon::COLUMN, Quad::COLUMN, Mask::COLUMN],
    sidecar: Some(Sidecar { version: 1, holds: Holds::Many, read: shapes::read }),
    reader: Some(Reader {
        version: 4, // relations between spans, several choices and texts, rankings
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
        "Tasks of Label Studio as its export in JSON has them: `data.KEY` is what a task shows, and `answers.NAME` what each \
         annotator said by the control NAME.",
    )
};

fn ty(_: &Options, selector: &str) -> Option<DataType> {
    said(selector).map(|_| list(Said::ty()))
}

fn read(ask: &Ask, unit: &Unit, out: &mut Records) {
    json_array::each(ask, unit, out, &|out, (unit, n, bytes), object| {
        if !matches!(select(object, "data"), Some(Json::Object(_))) {
            let say = "a task has `data`, which this object has not; an export as JSON_MIN is read with `format = \"json\"`, \
                       its answers as files of votes";
            let line = out.line;
            return out.reject_line(unit, n, &Wrong::new("studio.task", say).at(line));
        }
        let task = Task::of(ask, object);
        let line = out.line;
        if out.take(unit, n, bytes, &task) {
            for (rule, say) in task.told() {
                out.finding(unit, n, line, rule, say);
            }
        }
    });
}

/// What the first tasks show: their ids, what they show to annotators, and the controls that somebody used.
fn columns(options: &Options, _: u64, read: &ReadAt) -> Result<Vec<Seen>, String> {
    json_array::first(options, read, |tasks| {
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

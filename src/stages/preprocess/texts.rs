//! `preprocess`: texts are brought to one form, and edit lists tell how they came to it.
use super::declaration::Declaration;
use crate::diag::Diagnostic;
use crate::manifest::forms::{Controls, Spaces, Unicode, formed};
use crate::measure::names;
use crate::measure::normalise::Changes;
use crate::model::edits::{Edit, edits_of, since_collected};
use crate::stage::*;
use crate::table::{ArrayRef, DataType, array_of, text_column, texts, within};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub(super) fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(d) = check.read::<Declaration>() else { return Vec::new() };
    let before = check.problems.len();
    let fields = check.text_fields(d.fields.as_deref());
    if check.problems.len() > before {
        return Vec::new();
    }
    let (whitespace, control) = (d.whitespace.unwrap_or_default(), d.control.unwrap_or_default());
    let p = Map { unicode: d.unicode, whitespace, control, fields };
    if !p.changes() {
        return Vec::new();
    }
    if p.fields.is_empty() {
        let problem = Diagnostic::error("T0321", check.span.clone(), "there is no text to normalise");
        check.bad(problem.label("needs `fields`, or a text field in [schema]"));
        return Vec::new();
    }
    let edits: Vec<String> = p.fields.iter().map(|f| edits_of(f)).collect();
    let known = edits.iter().filter(|e| check.column("samples", e).is_some());
    let reads = p.fields.iter().chain(known).cloned().collect();
    let writes = check.changed_texts(&p.fields);
    vec![Plan::map::<Texts>(Ports { table: "samples".into(), reads, writes, ..Ports::default() }, &p)]
}

/// The form that texts are brought to.
#[derive(Serialize, Deserialize, Default)]
pub(super) struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) unicode: Option<Unicode>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) whitespace: Spaces,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) control: Controls,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) fields: Vec<String>,
}

/// A text in its normal form, and how it came to it.
#[derive(Default)]
struct Done {
    text: String,
    edits: Vec<Edit>,
    changes: Changes,
}

impl Map {
    fn changes(&self) -> bool {
        self.unicode.is_some() || self.whitespace != Spaces::Keep || self.control != Controls::Keep
    }

    /// The texts of lists and objects, on which no span lies. What is told of a row is of all its texts together.
    fn within(&self, field: &str, column: &ArrayRef, delta: &mut Delta) {
        let mut told: BTreeMap<usize, Done> = BTreeMap::new();
        let made = within::changed(column, &mut |row, text| {
            let done = self.of(text)?;
            let all = told.entry(row).or_insert_with(|| Done { text: "-".into(), ..Done::default() });
            all.changes.unicode += done.changes.unicode;
            all.changes.whitespace += done.changes.whitespace;
            all.changes.control += done.changes.control;
            if done.text.is_empty() {
                all.text.clear();
            }
            Some(done.text)
        });
        told.iter().for_each(|(row, done)| tell(field, *row, done, delta));
        made.into_iter().for_each(|made| delta.write(field, made));
    }

    /// `None` if the text is normal already.
    fn of(&self, text: &str) -> Option<Done> {
        let (text, edits, changes) = formed(text, self.unicode, self.whitespace, self.control)?;
        Some(Done { text, edits, changes })
    }
}

pub(super) struct Texts;

impl RowStage for Texts {
    const USES: &'static [&'static str] = names::USES;
    const MAP: u32 = 1;
    type Map = Map;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        for field in &p.fields {
            let collected = rows.column(field)?;
            if *collected.data_type() != DataType::Utf8 {
                p.within(field, &collected, &mut delta);
                continue;
            }
            let before = texts(collected.as_ref());
            let done: Vec<Option<Done>> = before.iter().map(|t| p.of((*t)?)).collect();
            if done.iter().all(Option::is_none) {
                continue;
            }
            for (row, done) in done.iter().enumerate() {
                if let Some(done) = done {
                    tell(field, row, done, &mut delta);
                }
            }
            let so_far = rows.cells_if_any::<Vec<Edit>>(&edits_of(field))?;
            let edits = so_far.into_iter().zip(&done);
            let edits = edits.map(|(old, new)| since_collected(old, new.as_ref().map(|d| d.edits.as_slice())));
            delta.write(edits_of(field), array_of(edits));
            let after = before.iter().zip(&done).map(|(old, new)| new.as_ref().map(|d| d.text.as_str()).or(*old));
            delta.write(field, text_column(after));
        }
        Ok(delta)
    }
}

fn tell(field: &str, row: usize, done: &Done, delta: &mut Delta) {
    let Changes { unicode, whitespace, control } = done.changes;
    let kinds = [
        ("control", control, "control characters removed from"),
        ("unicode", unicode, "characters brought to the normal form in"),
        ("whitespace", whitespace, "white space collapsed in"),
    ];
    for (kind, runs, what) in kinds.into_iter().filter(|k| k.1 > 0) {
        let unit = if runs == 1 { "run" } else { "runs" };
        let say = format!("{runs} {unit} of {what} {field}");
        delta.event(row, Act::Change, format!("preprocess.{kind}"), format!("text.{kind}"), say);
    }
    if done.text.is_empty() {
        let key = if whitespace > 0 { "preprocess.whitespace" } else { "preprocess.control" };
        delta.event(row, Act::Finding, key, "text.empty", format!("nothing is left of {field}"));
    }
}

//! `[release.NAME]`: a frozen set of files that any other tool can read.
//!
//! ```toml
//! [release.public]
//! formats = ["parquet", "conll"]
//! columns = ["id", "text", "label.ner", "split"]
//! ```
//!
//! Four kernels: `select` says which samples belong to it; the engine regroups them by split; `encode` makes
//! each piece's fragments; the last page joins them, numbers what must be numbered, and adds sums, attribution and
//! roots. Dots in column names become `_`. A sample without one of the released labels is left out and counted.
mod encode;
mod page;

use crate::diag::{Diagnostic, suggest};
use crate::manifest::sections::{Dataset, Privacy};
use crate::manifest::values::{AllOr, At};
use crate::model::license;
use crate::stage::*;
use crate::table::DataType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Files made of the samples that are left.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// In which formats, each in a folder of its own.
    #[schemars(length(min = 1))]
    pub formats: Vec<At<Format>>,
    /// Which columns, or `"all"`. Default: `id`, the fields of `[schema]`, all labels, `split`.
    pub columns: Option<AllOr<At<String>>>,
    /// Only samples of sources under one of these licences; others are left out and counted. Default: all.
    pub licenses: Option<Vec<At<String>>>,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// `parquet/SPLIT-00000.parquet`
    #[default]
    Parquet,
    /// `jsonl/SPLIT-00000.jsonl`
    Jsonl,
    /// `conll/SPLIT.conll`: a token and its BIO tag a line. Needs an `ner` label.
    Conll,
    /// `coco/instances_SPLIT.json`, images under `images/SPLIT/`. Needs an `object_detection` label.
    Coco,
    /// `images/SPLIT/ID.ext` and `metadata.jsonl`.
    ImageFolder,
}

impl Format {
    pub fn name(self) -> &'static str {
        ["parquet", "jsonl", "conll", "coco", "image_folder"][self as usize]
    }
}

pub const ENTRIES: &[Entry] = &[
    Entry::row::<Select>("release/select", "release.*", declare_select).schema(|g| g.subschema_for::<Declaration>()),
    Entry::regroup("release/rows", "release.*", declare_rows),
    encode::ENTRY,
    page::ENTRY,
];

/// How many ids on either side a cut of a release's pieces looks at.
const WINDOW: usize = 4096;

/// A declaration with its columns settled.
pub(crate) struct Release {
    pub formats: Vec<Format>,
    pub columns: Vec<String>,
    /// Columns that a format needs though they are not released.
    pub extra: Vec<String>,
    pub licenses: Option<Vec<String>>,
    /// The field that tokens and spans belong to.
    pub spans: Option<String>,
}

impl Release {
    pub fn marker(check: &Check) -> String {
        check.path.clone()
    }

    pub fn rows_table(check: &Check) -> String {
        format!("{}/rows", check.path)
    }

    pub fn all(&self) -> Vec<String> {
        let mut out = [self.columns.clone(), self.extra.clone(), vec!["id".into()]].concat();
        out.sort();
        out.dedup();
        out
    }
}

pub(crate) fn declared(check: &mut Check) -> Option<Release> {
    let d: Declaration = check.read()?;
    let mut formats: Vec<Format> = d.formats.iter().map(|f| *f.get()).collect();
    formats.sort();
    formats.dedup();
    let columns = columns(check, &d);
    check_licenses(check, &d);
    let known = check.columns;
    let label = |kind: &str| columns.iter().find(|c| is_label(known, c, kind));
    let spans = text_of_spans(check);
    let edits = spans.as_ref().map(|t| format!("edits.{t}"));
    let mut extra = vec!["source"]; // who must be named
    for f in &d.formats {
        match *f.get() {
            Format::Conll if label("ner").is_none() => needs(check, f, "an `ner` label among its columns"),
            Format::Coco if label("object_detection").is_none() => {
                needs(check, f, "an `object_detection` label among its columns")
            }
            Format::Conll => extra.extend(["tokens"].into_iter().chain(spans.as_deref()).chain(edits.as_deref())),
            Format::Coco | Format::ImageFolder if check.column("samples", "image").is_none() => {
                needs(check, f, "images")
            }
            Format::Coco if check.column("samples", "width").is_none() => {
                needs(check, f, "the size of images, which [preprocess] finds out")
            }
            Format::Coco => extra.extend(["image", "width", "height"]),
            Format::ImageFolder => extra.push("image"),
            _ => {}
        }
    }
    check_held(check, &d, &columns);
    let known = known.get("samples");
    let extra: Vec<String> =
        extra.into_iter().map(String::from).filter(|e| known.is_some_and(|k| k.contains_key(e))).collect();
    // what only a format writes is released too
    let mut written = columns.clone();
    written.extend(extra.iter().filter(|e| !columns.contains(e)).cloned());
    check_raw(check, &d, &written);
    let licenses = d.licenses.map(|l| l.iter().map(|l| l.get().clone()).collect());
    Some(Release { formats, columns, extra, licenses, spans })
}

fn text_of_spans(check: &Check) -> Option<String> {
    let is_text = |name: &str| check.column("samples", name) == Some(&crate::table::utf8());
    let fields: crate::manifest::sections::SchemaSection = check.section(&["schema"]);
    crate::manifest::sections::text_of_spans(check.manifest, &fields, is_text)
}

/// Whether a column is the label of a task of that kind.
fn is_label(known: &Columns, column: &str, kind: &str) -> bool {
    let column = known.get("samples").and_then(|of| of.get(column));
    column.is_some_and(|c| matches!(&c.role, Role::Label { kind: own, .. } if own == kind))
}

/// A label that no format of the release holds would be gone from every file.
fn check_held(check: &mut Check, d: &Declaration, columns: &[String]) {
    if d.formats.is_empty() || d.formats.iter().any(|f| !matches!(f.get(), Format::Conll | Format::Coco)) {
        return; // it holds every column
    }
    let held = d.formats.iter().filter_map(|f| {
        let kind = if *f.get() == Format::Conll { "ner" } else { "object_detection" };
        columns.iter().find(|c| is_label(check.columns, c, kind))
    });
    let held: Vec<&String> = held.collect();
    let known = check.columns.get("samples");
    let role = |c: &String| known.and_then(|of| of.get(c)).map(|c| &c.role);
    let is_label = |c: &&String| matches!(role(c), Some(Role::Label { .. }));
    for label in columns.iter().filter(is_label).filter(|c| !held.contains(c)) {
        let named = match &d.columns {
            Some(AllOr::List(list)) => list.iter().find(|c| c.get() == label).map(At::span),
            _ => None,
        };
        let span = named.or(d.formats.first().map(At::span)).unwrap_or(check.span.clone());
        let message = format!("no format of {} can hold `{label}`", check.path);
        let problem = Diagnostic::error("T0350", span, message).label("it would be in no file");
        check.problems.push(problem.help("add `jsonl` or `parquet`, or name `columns` without it"));
    }
}

fn needs(check: &mut Check, format: &At<Format>, what: &str) {
    let message = format!("the format {} needs {what}", format.name());
    check.bad(Diagnostic::error("T0350", format.span(), message).label("cannot be written"));
}

fn columns(check: &mut Check, d: &Declaration) -> Vec<String> {
    let Some(of) = check.columns.get("samples") else { return Vec::new() };
    let fields: crate::manifest::sections::SchemaSection = check.section(&["schema"]);
    match &d.columns {
        Some(AllOr::List(list)) => {
            let mut out = Vec::new();
            for (i, c) in list.iter().enumerate() {
                if let Some(first) = list.iter().take(i).find(|f| *f == c) {
                    let message = format!("the column `{}` stands twice", c.get());
                    let problem = Diagnostic::error("T0210", c.span(), message).label("again");
                    check.problems.push(problem.related(first.span(), "first here"));
                } else if of.contains_key(c.get()) || c.as_str() == "id" {
                    out.push(c.get().clone());
                } else {
                    let help = suggest(c, of.iter().filter(|c| !c.1.inner).map(|c| c.0.as_str()));
                    let message = format!("no step gives the column `{}`", c.get());
                    check.problems.push(Diagnostic::error("T0310", c.span(), message).label(help));
                }
            }
            out
        }
        Some(AllOr::All) => of.iter().filter(|c| !c.1.inner).map(|c| c.0.clone()).collect(),
        None => {
            let usual = |(n, c): &(&String, &Column)| {
                matches!(c.role, Role::Label { .. }) || *n == "split" || *n == "id" || fields.0.contains_key(*n)
            };
            of.iter().filter(usual).map(|c| c.0.clone()).collect()
        }
    }
}

fn check_licenses(check: &mut Check, d: &Declaration) {
    for expression in d.licenses.iter().flatten() {
        if let Err(say) = license::check(expression) {
            check.bad(Diagnostic::error("T0401", expression.span(), "this is no licence expression").label(say));
        }
    }
}

/// With `[privacy]`, nothing is released that no privacy step has seen.
fn check_raw(check: &mut Check, d: &Declaration, columns: &[String]) {
    let privacy: Privacy = check.section(&["privacy"]);
    if check.manifest.table(&["privacy", "detect"]).is_none() {
        let unknown = privacy.unknown_harmless(check.manifest, &check.names("samples"));
        check.problems.extend(unknown); // else told by [privacy.detect]
    }
    let harmless: Vec<&str> = privacy.harmless.iter().map(|h| h.as_str()).collect();
    let unseen = columns.iter().filter(|c| check.is_raw("samples", c) && !harmless.contains(&c.as_str()));
    for column in unseen.cloned().collect::<Vec<String>>() {
        let named = match &d.columns {
            Some(AllOr::List(list)) => list.iter().find(|c| *c.get() == column).map(At::span),
            _ => None,
        };
        let span = named.unwrap_or(check.span.clone());
        let problem = Diagnostic::error(
            "T0421",
            span,
            format!("`{column}` may hold personal data that no privacy step has seen"),
        );
        let help = format!("let [privacy.detect] cover it, or say [privacy] harmless = [\"{column}\"]");
        check.problems.push(problem.label("released as collected").help(help));
    }
}

fn declare_select(check: &mut Check) -> Vec<Plan> {
    let Some(r) = declared(check) else { return Vec::new() };
    let labels: Vec<String> = r.columns.iter().filter(|c| c.starts_with("label.")).cloned().collect();
    let left_out = left_out_sources(check, &r);
    let pictures = r.formats.iter().any(|f| matches!(f, Format::Coco | Format::ImageFolder));
    let image = (pictures && check.column("samples", "image").is_some()).then(|| "image".to_string());
    let needed: Vec<String> = labels.into_iter().chain(image).collect();
    let mut reads = needed.clone();
    reads.extend((!left_out.is_empty()).then(|| "source".to_string()));
    let marker = Release::marker(check);
    vec![
        Plan::map::<Select>(
            Ports {
                table: "samples".into(),
                reads,
                writes: vec![(marker.clone(), Column::new(DataType::Boolean).inner())],
                ..Ports::default()
            },
            &Choice { marker, labels: needed, left_out },
        )
        .word("select"),
    ]
}

/// Sources whose licence is not among those that the release takes.
fn left_out_sources(check: &Check, r: &Release) -> Vec<String> {
    let Some(allowed) = &r.licenses else { return Vec::new() };
    let sources = sources(check).into_iter();
    sources
        .filter(|s| !allowed.iter().any(|a| license::terms(&s.license).contains(a) || *a == s.license))
        .map(|s| s.name)
        .collect()
}

/// A source as far as a release tells of it.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub(crate) struct SourceCard {
    pub name: String,
    pub license: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub attribution: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub evidence: Option<String>,
}

/// What the sources' tables say, whatever else stands in them.
pub(crate) fn sources(check: &Check) -> Vec<SourceCard> {
    let get = |table: &Declared, key: &str| -> Option<String> {
        let value = table.get_ref().as_table()?.get(key)?;
        Some(value.get_ref().as_str()?.to_string())
    };
    let card = |(name, _, table): (String, _, &Declared)| SourceCard {
        license: get(table, "license").unwrap_or_default(),
        attribution: get(table, "attribution"),
        evidence: get(table, "evidence"),
        name,
    };
    check.manifest.instances(&["collect"]).into_iter().map(card).collect()
}

fn declare_rows(check: &mut Check) -> Vec<Plan> {
    let Some(r) = declared(check) else { return Vec::new() };
    vec![
        Plan::regroup(
            Ports { table: Release::rows_table(check), reads: r.all(), ..Ports::default() },
            Regroup {
                table: "samples".into(),
                by: check.column("samples", "split").is_some().then(|| "split".into()),
                only: Some(Release::marker(check)),
                window: WINDOW,
            },
        )
        .word("rows"),
    ]
}

#[derive(Serialize, Deserialize, Default)]
struct Choice {
    #[serde(default, skip_serializing_if = "is_default")]
    marker: String,
    /// Columns that a sample must have to belong to the release: its labels, and its image where images are released.
    #[serde(default, skip_serializing_if = "is_default")]
    labels: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    left_out: Vec<String>,
}

struct Select;

impl RowStage for Select {
    const MAP: u32 = 1;
    type Map = Choice;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Choice, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let mut within = vec![true; rows.len()];
        for label in &p.labels {
            let labels = rows.column(label)?;
            for (row, own) in within.iter_mut().enumerate() {
                *own &= !arrow_array::Array::is_null(&labels, row);
            }
        }
        if !p.left_out.is_empty() {
            for (own, source) in within.iter_mut().zip(rows.texts("source")?) {
                *own &= !source.is_some_and(|s| p.left_out.contains(&s));
            }
        }
        let mut delta = Delta::default();
        delta.write(p.marker.clone(), Arc::new(arrow_array::BooleanArray::from(within)));
        Ok(delta)
    }
}

/// A column's name in released files: a dot means a nested path to readers of Parquet.
pub(crate) fn released_name(column: &str) -> String {
    column.replace('.', "_")
}

/// What a page says of the data set.
pub(crate) fn dataset(check: &Check) -> Dataset {
    check.section(&["dataset"])
}

/// Facts of a release by split.
pub(crate) type Counts = BTreeMap<String, u64>;

//! `train.NAME/read`: files of predictions, one sample a record, become a table that samples are joined with.
//!
//! ```toml
//! [train.mine]
//! task = "topic"
//! predictions = { files = ["preds/*.parquet"], fields = { item = "id", probabilities = "p" } }
//! ```
//!
//! Reads `blob`, `context`, `reject` of the scanned units; writes `item` and, as JSON, `probabilities` (of a task of boxes the found
//! boxes) and `tokens`. Every record bears a
//! row or is dropped with its reason: what cannot be read (`json`, `csv.ragged`, ...), `column.missing` (the file lacks a named
//! column), `prediction.item` (it names no sample), `prediction.empty` (it holds no probabilities). Limits: records of 16 MiB,
//! JSON of 64 levels.
use super::declaration::{Fields, Predictions, Trained, checked};
use crate::diag::Diagnostic;
use crate::digest::Digest;
use crate::formats::packing::inner_name;
use crate::formats::reader::{Ask, Field, Found, From, Reader, Records, Selects, Told, Unit, WRITTEN};
use crate::formats::{FORMATS, Format, Options, named, unread};
use crate::manifest::values::At;
use crate::stage::*;
use crate::table::{array_of, bytes_at, cells, utf8};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub const ENTRY: Entry = Entry::row::<Read>("train/read", "train.*", declare);

/// The longest record, in bytes.
const RECORD_MAX: u64 = 16 << 20;
/// The deepest nesting of JSON.
const DEPTH_MAX: usize = 64;

/// What a record says.
const ITEM: &str = "item";
const PROBABILITIES: &str = "probabilities";
const TOKENS: &str = "tokens";

/// The formats that files of predictions may have: those whose records name what they hold.
fn formats() -> impl Iterator<Item = &'static Format> {
    let of_names = |f: &Format| {
        let reader = f.reader.as_ref().filter(|r| matches!(r.selects, Selects::Names));
        reader.is_some_and(|r| (r.adds)(&Options::default(), &[]).is_empty())
    };
    FORMATS.iter().filter(move |f| !f.answers && of_names(f))
}

/// The declared format, or the one that the first file's name tells.
fn format_of(check: &mut Check, p: &Predictions) -> Option<&'static Format> {
    let first = p.files.first()?;
    let (name, span) = match &p.format {
        Some(name) => (name.as_str(), name.span()),
        None => (inner_name(first).rsplit_once('.').map_or("", |n| n.1), first.span()),
    };
    let found = formats().find(|f| f.name == name);
    if found.is_none() {
        let (message, label) = match p.format.is_some() {
            true => ("predictions are not read from this format", "no such format"),
            false => ("the name does not tell how this file is read", "needs `format`"),
        };
        let known = formats().map(|f| f.name).collect::<Vec<_>>().join(", ");
        check.bad(Diagnostic::error("T0218", span, message).label(label).help(format!("one of {known}")));
    }
    found
}

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(trained) = checked(check) else { return Vec::new() };
    let Some(p) = &trained.declared.predictions else { return Vec::new() };
    format_of(check, p).and_then(|format| plan(check, &trained, p, format)).into_iter().collect()
}

fn plan(check: &Check, trained: &Trained, p: &Predictions, format: &'static Format) -> Option<Plan> {
    let reader = format.reader.as_ref()?;
    let fields = &p.fields;
    let named = |given: Option<&str>, usual: &str| given.unwrap_or(usual).to_string();
    let map = Map {
        source: trained.key("predictions"),
        format: format.name.into(),
        reader: reader.version,
        uses: names(reader.uses),
        item: named(fields.item.as_deref(), "id"),
        probabilities: match trained.boxes {
            true => named(fields.boxes.as_ref().map(|b| b.as_str()), "boxes"),
            false => named(fields.probabilities.as_ref().map(|p| p.as_str()), PROBABILITIES),
        },
        by_class: fields.bbox.as_ref().map_or_else(|| fields.by_class.clone(), |bbox| one_box(fields, bbox.as_str())),
        tokens: fields.tokens.as_ref().map(|t| t.get().clone()),
        options: Options::default(),
    };
    let table = format!("{}/units", trained.path);
    let source = Source {
        name: map.source.clone(),
        table: table.clone(),
        globs: p.files.iter().map(|g| g.get().clone()).collect(),
        spans: p.files.iter().map(|g| g.span()).collect(),
        exclude: Vec::new(),
        cut: (reader.cut)(&map.options),
        record_max: RECORD_MAX,
        images: false,
        span: p.files.first().map_or_else(|| check.span.clone(), |g| g.span()),
    };
    let ports = Ports {
        table,
        reads: names(&["blob", "context", "reject"]),
        writes: writes([ITEM, PROBABILITIES, TOKENS].map(|n| (n, utf8()))),
        into: Some(format!("{}/predictions", trained.path)),
        ..Ports::default()
    };
    let say = format!("more predictions of [{}] cannot be read than may be lost", trained.path);
    let gates = vec![trained.lost_gate(check, format!("{}/read.rejected_share", trained.path), &say)];
    Some(Plan { gates, scan: Some(source), ..Plan::map::<Read>(ports, &map).word("read") })
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    /// The key path of the table of files.
    #[serde(default, skip_serializing_if = "is_default")]
    source: String,
    #[serde(default, skip_serializing_if = "is_default")]
    format: String,
    /// The version of the format's reader.
    #[serde(default, skip_serializing_if = "is_default")]
    reader: u32,
    /// What the format's reader depends on besides our code.
    #[serde(default, skip_serializing_if = "is_default")]
    uses: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    item: String,
    #[serde(default, skip_serializing_if = "is_default")]
    probabilities: String,
    #[serde(default, skip_serializing_if = "is_default")]
    by_class: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "is_default")]
    tokens: Option<String>,
    /// The format's own keys.
    #[serde(flatten)]
    options: Options,
}

/// What a record that is one box says of it, and where.
fn one_box(fields: &Fields, bbox: &str) -> BTreeMap<String, String> {
    let named = |given: &Option<At<String>>, usual: &str| given.as_ref().map_or(usual, |g| g.as_str()).to_string();
    let class = named(&fields.class, "category_id");
    let score = named(&fields.score, "score");
    [("bbox", bbox.to_string()), ("class", class), ("score", score)].map(|(k, v)| (k.to_string(), v)).into()
}

/// The name of the field that holds the probability of a class, or a part of a box.
fn of_class(class: &str) -> String {
    format!("p.{class}")
}

impl Map {
    fn reader(&self) -> Result<&'static Reader, Fault> {
        let bug = || Fault::Bug(format!("there is no reader of `{}`", self.format));
        named(&self.format).and_then(|f| f.reader.as_ref()).ok_or_else(bug)
    }

    fn ask(&self) -> Ask {
        let field = |name: &str, selector: &String| Field {
            name: name.into(),
            from: From::Record(selector.clone()),
            ty: WRITTEN.into(),
        };
        let mut fields = vec![field(ITEM, &self.item)];
        match self.by_class.is_empty() {
            true => fields.push(field(PROBABILITIES, &self.probabilities)),
            false => fields.extend(self.by_class.iter().map(|(class, column)| field(&of_class(class), column))),
        }
        fields.extend(self.tokens.iter().map(|selector| field(TOKENS, selector)));
        Ask {
            id: None,
            make_id: |_, _| Err("predictions are given their ids from what they say".into()),
            prefix: String::new(),
            fields,
            seen: Vec::new(),
            options: self.options.clone(),
            record_max: RECORD_MAX,
            depth_max: DEPTH_MAX,
        }
    }
}

struct Read;

/// What a reader tells of a column that a file does not have.
const COLUMN: &str = "column.missing";

impl RowStage for Read {
    const MAP: u32 = 2; // 2: what to write for an encoding
    type Map = Map;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let (reader, ask) = (p.reader()?, p.ask());
        let mut out = Records::new(&ask, Vec::new());
        let (blobs, rejects) = (rows.cells::<Digest>("blob")?, rows.texts("reject")?);
        let contexts = rows.column("context")?;
        for (row, blob) in blobs.into_iter().enumerate() {
            if let Some(Some(rule)) = rejects.get(row) {
                out.drop_at(row, 0, 0, rule, unread::words(rule));
                continue;
            }
            let bytes = rows.blob(blob.unwrap_or_default())?;
            let unit = Unit { row, bytes: &bytes, context: bytes_at(contexts.as_ref(), row), path: "", stem: "" };
            unread::read(reader, &ask, &unit, &mut out);
        }
        Ok(cast(p, out.finish().map_err(Fault::Bug)?))
    }
}

/// Bears a row for each record that names a sample and holds probabilities.
fn cast(p: &Map, found: Found) -> Delta {
    let texts = |name: &str| found.columns.get(name).map(|a| cells::<String>(a.as_ref())).unwrap_or_default();
    let (items, tokens) = (texts(ITEM), texts(TOKENS));
    let whole = texts(PROBABILITIES);
    let classes: Vec<(&String, Vec<Option<String>>)> = p.by_class.keys().map(|c| (c, texts(&of_class(c)))).collect();
    let at = |of: &[Option<String>], n: usize| of.get(n).cloned().flatten().filter(|t| !t.trim().is_empty());
    // a unit whose file lacks a column that is needed has no record of use
    let lacks: BTreeMap<usize, &Told> =
        found.told.iter().rev().filter(|t| t.rule == COLUMN).map(|t| (t.row, t)).collect();
    let mut told: Vec<Told> = found.told.iter().filter(|t| t.rule != COLUMN).cloned().collect();
    let (mut born, mut kept): (Born, [Vec<Option<String>>; 3]) = Default::default();
    for (n, parent) in found.parents.iter().enumerate() {
        let probabilities = match classes.is_empty() {
            true => at(&whole, n),
            false => together(&classes, n),
        };
        let (unit, record) = (parent.0 as usize, parent.1 as usize);
        let mut lose = |rule: &str, say: &str| {
            let (rule, say) = (rule.to_string(), say.to_string());
            told.push(Told { row: unit, record, line: 0, drops: true, rule, say, field: None });
        };
        match (lacks.get(&unit), at(&items, n), probabilities) {
            (Some(lack), _, _) => lose(COLUMN, &lack.say),
            (_, None, _) => lose("prediction.item", "it names no sample"),
            (_, _, None) => lose("prediction.empty", "it holds no probabilities"),
            (_, Some(item), Some(probabilities)) => {
                born.parents.push(*parent);
                let row = [Some(item), Some(probabilities), at(&tokens, n)];
                kept.iter_mut().zip(row).for_each(|(column, cell)| column.push(cell));
            }
        }
    }
    let mut delta = Delta { born, ..Delta::default() };
    told.sort_by_key(|t| (t.row, t.record));
    for t in told {
        let of = if t.rule == COLUMN || t.rule.starts_with("prediction.") { "fields" } else { "files" };
        let act = if t.drops { Act::DROP } else { Act::Finding };
        delta.at(t.row, t.record, act, format!("{}.{of}", p.source), t.rule, t.say);
    }
    let [items, probabilities, tokens] = kept;
    if !items.is_empty() {
        delta.born.columns.insert("id".into(), array_of(items.clone()));
        for (name, column) in [(ITEM, items), (PROBABILITIES, probabilities), (TOKENS, tokens)] {
            delta.born.columns.insert(name.into(), array_of(column));
        }
    }
    delta
}

/// The columns of classes as one object of JSON, an empty cell as null; `None` where all of them are empty.
fn together(classes: &[(&String, Vec<Option<String>>)], n: usize) -> Option<String> {
    let number = |text: &str| text.parse::<f64>().map_or_else(|_| text.into(), serde_json::Value::from);
    let cell = |texts: &Vec<Option<String>>| texts.get(n).and_then(Option::as_deref).map(str::trim).map(str::to_string);
    let cells: Vec<(&String, Option<String>)> =
        classes.iter().map(|(class, texts)| (*class, cell(texts).filter(|t| !t.is_empty()))).collect();
    let there = cells.iter().any(|(_, cell)| cell.is_some());
    let value = |cell: Option<String>| cell.map_or(serde_json::Value::Null, |text| number(&text));
    let all = cells.into_iter().map(|(class, cell)| (class.clone(), value(cell)));
    there.then(|| serde_json::Value::Object(all.collect()).to_string())
}

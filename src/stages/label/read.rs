//! `label.TASK/read.X`: files of votes, one vote a row, become a table that samples are joined with.
//!
//! ```toml
//! [label.similarity.from.crowd]
//! files = ["raw/labels.csv"]
//! format = "csv"
//! fields = { item = "item", annotator = "annotator", label = "label" }
//! ```
//!
//! Reads `blob`, `context`, `reject` of the scanned units; writes `item`, `annotator`, `answer` (the text of the label
//! as written) and the id `ITEM/ANNOTATOR`. Every record bears one row or is dropped with its reason: what cannot be
//! read (`encoding`, `csv.ragged`, `csv.quote`, `json`, ...), `csv.header`, `csv.column` (the header lacks a named
//! column), `vote.item`, `vote.annotator`, `vote.empty`. Limits: records of 16 MiB, JSON of 64 levels.
use super::declaration::{Answers, Declaration, Format, Task, checked};
use crate::diag::Diagnostic;
use crate::digest::Digest;
use crate::formats::csv::{self, Header};
use crate::formats::lines::{self, Split};
use crate::formats::{Wrong, inner_name, jsonl};
use crate::manifest::values::At;
use crate::stage::*;
use crate::table::{Value, array_of, list, types, utf8, value_at};
use serde::{Deserialize, Serialize};

pub const ENTRY: Entry =
    Entry::row::<Read>("label/read", "label.*", declare).schema(|g| g.subschema_for::<Declaration>());

/// The longest record, in bytes.
const RECORD_MAX: u64 = 16 << 20;
/// The deepest nesting of JSON.
const DEPTH_MAX: usize = 64;

impl Format {
    fn split(self) -> Split {
        match self {
            Format::Jsonl => Split::Lines,
            _ => Split::Csv { delimiter: self.delimiter() },
        }
    }

    fn delimiter(self) -> u8 {
        if self == Format::Tsv { b'\t' } else { b',' }
    }
}

/// The declared format, or the one that the first file's name tells.
fn format_of(answers: &Answers) -> Option<Format> {
    let first = answers.files.as_ref()?.first()?;
    let by_name = || match inner_name(first).rsplit_once('.')?.1 {
        "csv" => Some(Format::Csv),
        "tsv" => Some(Format::Tsv),
        "jsonl" => Some(Format::Jsonl),
        _ => None,
    };
    answers.format.or_else(by_name)
}

/// Globs, format and join key of a source that is files.
fn check_files(check: &mut Check, answers: &Answers, files: &[At<String>]) {
    for glob in files {
        check.glob(glob);
    }
    if format_of(answers).is_none() {
        let span = files.first().map_or_else(|| check.span.clone(), At::span);
        let problem = Diagnostic::error("T0218", span, "the name does not tell how this file is read");
        check.bad(problem.label("needs `format`").help("`csv`, `tsv` or `jsonl`"));
    }
    let Some(on) = answers.on.as_ref().filter(|on| on.as_str() != "id") else { return };
    let Some(Column { ty, .. }) = check.known(on) else { return };
    if ty != utf8() && ty != list(utf8()) {
        let problem = Diagnostic::error("T0315", on.span(), format!("`{}` cannot be a join key", on.get()));
        check.bad(problem.label(format!("this column is {}, not text", types::text(&ty))));
    }
}

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(task) = checked(check) else { return Vec::new() };
    for (_, answers, files) in task.files() {
        check_files(check, answers, files);
    }
    task.files().map(|(name, answers, files)| plan(check, &task, name, answers, files)).collect()
}

fn plan(check: &Check, task: &Task, name: &str, answers: &Answers, files: &[At<String>]) -> Plan {
    let format = format_of(answers).unwrap_or_default();
    let fields = answers.fields.clone().unwrap_or_default();
    let field = |given: Option<String>, default: &str| given.unwrap_or_else(|| default.to_string());
    let map = Map {
        source: task.key(&format!("from.{name}")),
        format,
        item: field(fields.item, "item"),
        annotator: field(fields.annotator, "annotator"),
        label: field(fields.label, "label"),
    };
    let table = format!("{}/units.{name}", task.path);
    let source = Source {
        name: map.source.clone(),
        table: table.clone(),
        globs: files.iter().map(|g| g.get().clone()).collect(),
        spans: files.iter().map(At::span).collect(),
        exclude: Vec::new(),
        split: format.split(),
        record_max: RECORD_MAX,
        images: false,
        span: files.first().map_or_else(|| check.span.clone(), At::span),
    };
    Plan {
        scan: Some(source),
        ..Plan::map::<Read>(
            Ports {
                table,
                reads: names(&["blob", "context", "reject"]),
                writes: writes(["item", "annotator", "answer"].map(|n| (n, utf8()))),
                into: Some(format!("{}/from.{name}", task.path)),
                ..Ports::default()
            },
            &map,
        )
        .word(format!("read.{name}"))
    }
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    /// The key path of the source, `label.ner.from.crowd`.
    #[serde(default, skip_serializing_if = "is_default")]
    source: String,
    #[serde(default, skip_serializing_if = "is_default")]
    format: Format,
    #[serde(default, skip_serializing_if = "is_default")]
    item: String,
    #[serde(default, skip_serializing_if = "is_default")]
    annotator: String,
    #[serde(default, skip_serializing_if = "is_default")]
    label: String,
}

struct Read;

impl RowStage for Read {
    const MAP: u32 = 2;
    type Map = Map;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let mut out = Votes::new(p);
        let (blobs, rejects) = (rows.cells::<Digest>("blob")?, rows.texts("reject")?);
        let contexts = rows.column("context")?;
        for (row, blob) in blobs.into_iter().enumerate() {
            if let Some(Some(rule)) = rejects.get(row) {
                out.refuse(row, 0, rule, "it cannot be read as data");
                continue;
            }
            let bytes = rows.blob(blob.unwrap_or_default())?;
            let context = match value_at(contexts.as_ref(), row) {
                Value::Bytes(b) => Some(b),
                _ => None,
            };
            out.unit(row, &bytes, context.as_deref());
        }
        Ok(out.finish())
    }
}

/// The votes read from one partition of units, column by column.
struct Votes<'p> {
    p: &'p Map,
    delta: Delta,
    items: Vec<Option<String>>,
    annotators: Vec<Option<String>>,
    answers: Vec<Option<String>>,
}

impl<'p> Votes<'p> {
    fn new(p: &'p Map) -> Self {
        Votes { p, delta: Delta::default(), items: Vec::new(), annotators: Vec::new(), answers: Vec::new() }
    }

    fn refuse(&mut self, row: usize, record: usize, rule: &str, say: &str) {
        let of = if rule == "csv.column" || rule.starts_with("vote.") { "fields" } else { "files" };
        self.delta.at(row, record, Act::DROP, format!("{}.{of}", self.p.source), rule, say);
    }

    fn unit(&mut self, row: usize, bytes: &[u8], context: Option<&[u8]>) {
        let columns = columns(self.p, context);
        let mut rest = bytes;
        for (r, record) in lines::split(&self.p.format.split(), bytes, RECORD_MAX).iter().enumerate() {
            let (own, after) = rest.split_at_checked(record.len as usize).unwrap_or((rest, &[]));
            rest = after;
            let vote = columns.as_ref().map_err(Wrong::clone).and_then(|c| vote(self.p, own, c.as_ref()));
            match vote {
                Ok(vote) => self.bear(row, r, vote),
                Err(wrong) => self.refuse(row, r, wrong.rule, &wrong.say),
            }
        }
    }

    fn bear(&mut self, row: usize, record: usize, [item, annotator, answer]: [String; 3]) {
        self.delta.born.parents.push((row as u32, record as u32));
        self.items.push(Some(item));
        self.annotators.push(Some(annotator));
        self.answers.push(Some(answer));
    }

    fn finish(mut self) -> Delta {
        if self.items.is_empty() {
            return self.delta;
        }
        let id = |(i, a): (&Option<String>, &Option<String>)| Some(format!("{}/{}", i.as_ref()?, a.as_ref()?));
        let ids: Vec<Option<String>> = self.items.iter().zip(&self.annotators).map(id).collect();
        let born = &mut self.delta.born.columns;
        born.insert("id".into(), array_of(ids));
        born.insert("item".into(), array_of(self.items));
        born.insert("annotator".into(), array_of(self.annotators));
        born.insert("answer".into(), array_of(self.answers));
        self.delta
    }
}

/// The header of a file and where the named columns stand in it.
struct Columns {
    header: Header,
    at: [usize; 3],
}

/// `None` for a format without a header.
fn columns(p: &Map, context: Option<&[u8]>) -> Result<Option<Columns>, Wrong> {
    if p.format == Format::Jsonl {
        return Ok(None);
    }
    let context = context.ok_or_else(|| Wrong::new("csv.header", "the file has no header"))?;
    let header = csv::header(context, p.format.delimiter())?;
    let place = |name: &String| {
        let found = header.0.iter().position(|n| n == name);
        found.ok_or_else(|| Wrong::new("csv.column", format!("the header has no column `{name}`")))
    };
    let at = [place(&p.item)?, place(&p.annotator)?, place(&p.label)?];
    Ok(Some(Columns { header, at }))
}

/// Item, annotator and answer of a record; none of them is empty.
fn vote(p: &Map, bytes: &[u8], columns: Option<&Columns>) -> Result<[String; 3], Wrong> {
    let vote = match columns {
        Some(c) => {
            let values = csv::record(bytes, p.format.delimiter(), &c.header)?;
            c.at.map(|i| values.get(i).cloned().unwrap_or_default())
        }
        None => {
            let object = jsonl::parse(bytes, DEPTH_MAX)?;
            [&p.item, &p.annotator, &p.label].map(|s| written(jsonl::select(&object, s)))
        }
    };
    let [item, annotator, answer] = &vote;
    let empty = [
        (item, "vote.item", "it names no sample"),
        (annotator, "vote.annotator", "it does not say who answered"),
        (answer, "vote.empty", "it holds no answer"),
    ];
    let wrong = empty.into_iter().find(|(value, _, _)| value.trim().is_empty()).map(|(_, rule, say)| (rule, say));
    match wrong {
        Some((rule, say)) => Err(Wrong::new(rule, say)),
        None => Ok(vote),
    }
}

/// A JSON value as the text of a cell: texts as they are, others as they are written, null as nothing.
fn written(value: Option<&jsonl::Json>) -> String {
    match value {
        None | Some(jsonl::Json::Null) => String::new(),
        Some(jsonl::Json::Text(text)) => text.to_string(),
        Some(other) => other.tree().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Bytes, rows};
    use super::*;
    use arrow_array::BinaryArray;
    use std::sync::Arc;

    fn map(format: Format) -> Map {
        let name = |n: &str| n.to_string();
        Map { source: "label.t.from.x".into(), format, item: name("i"), annotator: name("by"), label: name("l") }
    }

    fn read(p: &Map, unit: &[u8], header: Option<&[u8]>, reject: Option<&str>) -> Delta {
        let digest = Digest::of(unit);
        let blobs = Bytes([(digest, unit.to_vec())].into());
        let columns = vec![
            ("blob", array_of([Some(digest)])),
            ("context", Arc::new(BinaryArray::from_iter([header])) as crate::table::ArrayRef),
            ("reject", array_of([reject.map(String::from)])),
        ];
        Read::map(p, &rows(&blobs, columns), &mut Summary::default()).unwrap()
    }

    fn dropped(delta: &Delta) -> Vec<(u32, &str)> {
        delta.events.iter().map(|e| (e.record, e.rule.as_str())).collect()
    }

    fn column(delta: &Delta, name: &str) -> Vec<Option<String>> {
        crate::table::cells(delta.born.columns[name].as_ref())
    }

    #[test]
    fn each_record_of_a_csv_bears_a_vote_or_is_dropped() {
        let unit = b"a,s1,3\nb,s1,\n,s2,3\nb,,4\nb,s2\nb,\"s,2\",x\n";
        let delta = read(&map(Format::Csv), unit, Some(b"by,i,l\n"), None);
        let want = [(1, "vote.empty"), (2, "vote.annotator"), (3, "vote.item"), (4, "csv.ragged")];
        assert_eq!(dropped(&delta), want);
        assert_eq!(delta.born.parents, [(0, 0), (0, 5)]);
        assert_eq!(column(&delta, "id"), [Some("s1/a".to_string()), Some("s,2/b".into())]);
        assert_eq!(column(&delta, "answer"), [Some("3".to_string()), Some("x".into())]);
        assert_eq!(delta.events[0].key, "label.t.from.x.fields");
    }

    #[test]
    fn without_a_named_column_every_record_is_dropped() {
        let delta = read(&map(Format::Tsv), b"a\t1\nb\t2\n", Some(b"by\tl\n"), None);
        assert_eq!(dropped(&delta), [(0, "csv.column"), (1, "csv.column")]);
        assert!(delta.born.parents.is_empty() && delta.born.columns.is_empty());
    }

    #[test]
    fn json_lines_take_paths_and_any_value() {
        let p = Map { annotator: "meta.by".into(), ..map(Format::Jsonl) };
        let unit = br#"{"i": 7, "meta": {"by": "a"}, "l": [{"class": "A"}]}
{"i": "s", "meta": {}, "l": 1}
not json
"#;
        let delta = read(&p, unit, None, None);
        assert_eq!(dropped(&delta), [(1, "vote.annotator"), (2, "json")]);
        assert_eq!(column(&delta, "item"), [Some("7".to_string())]);
        assert_eq!(column(&delta, "answer"), [Some(r#"[{"class":"A"}]"#.to_string())]);
    }

    #[test]
    fn a_rejected_unit_is_one_drop() {
        let delta = read(&map(Format::Csv), b"", None, Some("record.too_large"));
        assert_eq!(dropped(&delta), [(0, "record.too_large")]);
        assert_eq!(delta.events[0].key, "label.t.from.x.files");
    }

    #[test]
    fn default_parameters_are_empty_text() {
        assert_eq!(text(&Map::default()), "{}");
    }
}

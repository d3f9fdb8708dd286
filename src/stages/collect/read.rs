//! `collect.NAME` for formats of records: each record of a unit bears one sample, or is dropped with its reason.
//!
//! Reads `blob`, `context`, `reject`, and `path` or `stem` only where the manifest selects them. Findings:
//! `field.type` (the value is not of the type that `[schema]` gives; it becomes null). Dropped records:
//! `record.too_large`, `encoding`, `json`, `json.depth`, `csv.ragged`, `conll.columns`, `id.missing`, `id.invalid`, ...
use super::{Collect, Format, declared, field_type, make_id};
use crate::digest::Digest;
use crate::formats::jsonl::{self, Json};
use crate::formats::lines::{self, Split};
use crate::formats::{Wrong, conll, csv, encoding};
use crate::model::tokens::Token;
use crate::stage::*;
use crate::table::value::column;
use crate::table::{Builder, Cell, Value, list, text_column, utf8};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub const ENTRY: Entry = Entry::row::<Read>("collect/read", "collect.*", declare);

/// How a format's files are split into records.
pub fn split_of(c: &Collect) -> Option<Split> {
    match c.files.format {
        Format::Jsonl => Some(Split::Lines),
        Format::Csv => Some(Split::Csv { delimiter: b',' }),
        Format::Tsv => Some(Split::Csv { delimiter: b'\t' }),
        Format::Conll => Some(Split::Blocks { comment: Some(c.files.comment.clone().unwrap_or_else(|| "#".into())) }),
        Format::Text => Some(Split::Whole),
        Format::ImageFolder | Format::Voc => None,
    }
}

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(c) = declared(check) else { return Vec::new() };
    let Some(split) = split_of(&c) else { return Vec::new() };
    let schema = check.section(&["schema"]);
    let mut fields = BTreeMap::new();
    let mut writes = writes([("source", Column::new(utf8()).harmless())]);
    for (name, selector) in &c.declared.fields {
        let ty = field_type(&schema, name, selector, c.files.format);
        let tokens = c.files.format == Format::Conll && selector.as_str() == "tokens";
        let role = if tokens { Role::Text } else { Role::Plain };
        writes.push((name.clone(), Column::new(ty.clone()).role(role)));
        fields.insert(name.clone(), (selector.get().clone(), crate::table::types::text(&ty)));
        if tokens {
            writes.push(("tokens".into(), Column::new(list(Token::ty())).role(Role::Tokens).inner()));
        }
    }
    let source = c.source(check, &c.files.files, "units", split, false);
    let mut reads = names(&["blob", "context", "reject"]);
    let used = |s: &str| c.id == s || c.declared.fields.values().any(|f| f.as_str() == s);
    reads.extend(["path", "stem"].into_iter().filter(|s| used(s)).map(String::from));
    let (step, table) = (check.path.clone(), source.table.clone());
    vec![Plan {
        gates: c.gates(check, &step),
        scan: Some(source),
        ..Plan::map::<Read>(
            Ports { table, reads, writes, into: Some("samples".into()), ..Ports::default() },
            &Parse {
                source: check.instance.clone(),
                format: c.files.format,
                fields,
                id: c.id.clone(),
                prefix: c.prefix.clone(),
                record_max: c.record_max(),
                depth_max: c.depth_max(),
                comment: c.files.comment.clone(),
                join: c.files.join.clone(),
                columns: c.files.columns,
            },
        )
    }]
}

#[derive(Serialize, Deserialize, Default)]
struct Parse {
    #[serde(default, skip_serializing_if = "is_default")]
    source: String,
    #[serde(default, skip_serializing_if = "is_default")]
    format: Format,
    /// column -> (selector, type)
    #[serde(default, skip_serializing_if = "is_default")]
    fields: BTreeMap<String, (String, String)>,
    #[serde(default, skip_serializing_if = "is_default")]
    id: String,
    #[serde(default, skip_serializing_if = "is_default")]
    prefix: String,
    #[serde(default, skip_serializing_if = "is_default")]
    record_max: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    depth_max: usize,
    #[serde(default, skip_serializing_if = "is_default")]
    comment: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    join: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    columns: Option<usize>,
}

impl Parse {
    fn split(&self) -> Split {
        match self.format {
            Format::Csv => Split::Csv { delimiter: b',' },
            Format::Tsv => Split::Csv { delimiter: b'\t' },
            Format::Conll => Split::Blocks { comment: Some(self.comment()) },
            Format::Text | Format::ImageFolder | Format::Voc => Split::Whole,
            Format::Jsonl => Split::Lines,
        }
    }

    fn comment(&self) -> String {
        self.comment.clone().unwrap_or_else(|| "#".into())
    }

    fn delimiter(&self) -> u8 {
        if self.format == Format::Tsv { b'\t' } else { b',' }
    }
}

struct Read;

impl RowStage for Read {
    const MAP: u32 = 2;
    type Map = Parse;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Parse, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let mut out = Collected::new(p);
        let blobs = rows.cells::<Digest>("blob")?;
        let contexts = rows.column("context")?;
        let rejects = rows.texts("reject")?;
        let own = |name: &str| if rows.names().any(|n| n == name) { rows.texts(name) } else { Ok(Vec::new()) };
        let (paths, stems) = (own("path")?, own("stem")?);
        for (row, blob) in blobs.into_iter().enumerate() {
            if let Some(Some(rule)) = rejects.get(row) {
                out.reject(row, 0, rule, reject_words(rule));
                continue;
            }
            let at = |v: &[Option<String>]| v.get(row).cloned().flatten().unwrap_or_default();
            let bytes = rows.blob(blob.unwrap_or_default())?;
            let context = match crate::table::value_at(contexts.as_ref(), row) {
                Value::Bytes(b) => Some(b),
                _ => None,
            };
            out.unit(row, &bytes, context.as_deref(), Place { path: at(&paths), stem: at(&stems) });
        }
        out.finish()
    }
}

fn reject_words(rule: &str) -> &'static str {
    match rule {
        "record.too_large" => "the record is longer than record_max",
        "file.truncated" => "the compressed file breaks off",
        "file.compression" => "the compressed file is damaged",
        "path.link" => "a link that leads out of the project, nowhere or in a circle",
        "path.encoding" => "the file's name is not UTF-8",
        _ => "it cannot be read as data",
    }
}

/// What of a file's place the manifest may select.
struct Place {
    path: String,
    stem: String,
}

/// The samples of one partition of units, column by column.
struct Collected<'p> {
    p: &'p Parse,
    delta: Delta,
    ids: Builder,
    fields: Vec<FieldColumn<'p>>,
    tokens: Vec<Value>,
}

/// A column that is taken from records.
struct FieldColumn<'p> {
    name: &'p str,
    selector: &'p str,
    /// As text, and as Arrow has it.
    ty: &'p str,
    values: Builder,
}

impl<'p> Collected<'p> {
    fn new(p: &'p Parse) -> Self {
        let column = |(name, (selector, ty)): (&'p String, &'p (String, String))| {
            let of = crate::table::types::parse(ty).map_or(utf8(), |t| t.0);
            let own = selector.strip_prefix("column:").filter(|_| p.format != Format::Conll);
            FieldColumn { name, selector: own.unwrap_or(selector), ty, values: Builder::new(&of) }
        };
        let fields = p.fields.iter().map(column).collect();
        Collected { p, delta: Delta::default(), ids: Builder::new(&utf8()), fields, tokens: Vec::new() }
    }

    fn key(&self, of: &str) -> String {
        format!("collect.{}.{of}", self.p.source)
    }

    fn reject(&mut self, row: usize, record: usize, rule: &str, say: impl Into<String>) {
        let key = self.key(match rule {
            "record.too_large" => "record_max",
            r if r.starts_with("id.") => "id",
            r if r.ends_with(".depth") => "depth_max",
            _ => "format",
        });
        self.delta.at(row, record, Act::DROP, key, rule, say);
    }

    fn unit(&mut self, row: usize, bytes: &[u8], context: Option<&[u8]>, place: Place) {
        let header = match context.map(|c| csv::header(strip_bom(c), self.p.delimiter())) {
            Some(Ok(h)) => Some(h),
            Some(Err(wrong)) => {
                let n = lines::split(&self.p.split(), bytes, self.p.record_max).len();
                return (0..n).for_each(|r| self.reject(row, r, wrong.rule, format!("in the header: {}", wrong.say)));
            }
            None => None,
        };
        let mut at = 0usize;
        for (r, len) in lines::lengths(&self.p.split(), bytes, self.p.record_max).into_iter().enumerate() {
            let end = at + len as usize;
            let own = bytes.get(at..end).unwrap_or_default();
            at = end;
            match parse(self.p, own, header.as_ref()) {
                Err(wrong) => {
                    self.reject(row, r, wrong.rule, wrong.say);
                    if self.p.format == Format::Conll {
                        self.delta.at_line(wrong.line); // a record of many lines: which of them
                    }
                }
                Ok(parsed) => self.record(row, r, own, &parsed, &place),
            }
        }
    }

    fn record(&mut self, row: usize, r: usize, bytes: &[u8], parsed: &Parsed, place: &Place) {
        let id = match self.p.id.as_str() {
            "path" => Some(place.path.clone()),
            "stem" => Some(place.stem.clone()),
            "content" => Some(Digest::of(bytes).hex()[..32].to_string()),
            selector => parsed.text(selector.strip_prefix("column:").unwrap_or(selector)),
        };
        let Some(id) = id else {
            return self.reject(row, r, "id.missing", format!("there is no `{}` to be the id", self.p.id));
        };
        let id = match make_id(&self.p.prefix, &id) {
            Ok(id) => id,
            Err(say) => return self.reject(row, r, "id.invalid", say),
        };
        self.delta.born.parents.push((row as u32, r as u32));
        self.ids.text(&id);
        let p = self.p;
        let mut tokens = Value::Null;
        for column in &mut self.fields {
            let done = match column.selector {
                "path" => {
                    column.values.text(&place.path);
                    Ok(())
                }
                "stem" => {
                    column.values.text(&place.stem);
                    Ok(())
                }
                "tokens" if p.format == Format::Conll => {
                    let (text, places) = parsed.joined(p.join.as_deref().unwrap_or(" "));
                    tokens = places;
                    column.values.value(text);
                    Ok(())
                }
                selector => parsed.put(selector, column.ty, &mut column.values),
            };
            if let Err(say) = done {
                column.values.value(Value::Null);
                let (key, name) = (format!("collect.{}.fields.{}", p.source, column.name), column.name);
                self.delta.at(row, r, Act::Finding, key, "field.type", format!("{name}: {say}"));
            }
        }
        if p.format == Format::Conll {
            self.tokens.push(tokens);
        }
    }

    fn finish(mut self) -> Result<Delta, Fault> {
        let n = self.delta.born.parents.len();
        if n == 0 {
            return Ok(self.delta);
        }
        let born = &mut self.delta.born.columns;
        born.insert("id".into(), self.ids.finish().map_err(Fault::Bug)?);
        born.insert("source".into(), text_column(std::iter::repeat_n(Some(self.p.source.as_str()), n)));
        for field in self.fields {
            born.insert(field.name.to_string(), field.values.finish().map_err(Fault::Bug)?);
        }
        if self.p.format == Format::Conll && self.p.fields.values().any(|f| f.0 == "tokens") {
            born.insert("tokens".into(), column(&list(Token::ty()), &self.tokens).map_err(Fault::Bug)?);
        }
        Ok(self.delta)
    }
}

fn strip_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(encoding::BOM.as_bytes()).unwrap_or(bytes)
}

/// A record as its format gives it.
enum Parsed<'r> {
    Json(Json<'r>),
    Row(Vec<String>, Vec<String>),
    Sentence(conll::Sentence),
    Text(String),
}

fn parse<'r>(p: &Parse, bytes: &'r [u8], header: Option<&csv::Header>) -> Result<Parsed<'r>, Wrong> {
    match p.format {
        Format::Jsonl => jsonl::parse(bytes, p.depth_max).map(Parsed::Json),
        Format::Csv | Format::Tsv => {
            let header = header.ok_or_else(|| Wrong::new("csv.header", "the file has no header"))?;
            Ok(Parsed::Row(header.0.clone(), csv::record(bytes, p.delimiter(), header)?))
        }
        Format::Conll => {
            let bytes = strip_bom(bytes);
            conll::sentence(bytes, Some(&p.comment()), p.columns).map(Parsed::Sentence)
        }
        _ => encoding::text(strip_bom(bytes)).map(|t| Parsed::Text(t.to_string())),
    }
}

impl Parsed<'_> {
    /// A selected value as text, for ids.
    fn text(&self, selector: &str) -> Option<String> {
        match self {
            Parsed::Json(v) => match jsonl::select(v, selector)? {
                Json::Text(t) => Some(t.to_string()),
                Json::Int(n) => Some(n.to_string()),
                Json::Large(n) => Some(n.to_string()),
                Json::Float(f) => serde_json::Number::from_f64(*f).map(|n| n.to_string()),
                _ => None,
            },
            _ => match self.value(selector, "utf8") {
                Ok(Value::Text(t)) => Some(t),
                _ => None,
            },
        }
        .filter(|t| !t.is_empty())
    }

    /// Puts a selected value of a type into a column; null where there is none. An error says why it is not of the
    /// type, and nothing was put.
    fn put(&self, selector: &str, ty: &str, to: &mut Builder) -> Result<(), String> {
        if let (Parsed::Json(v), "utf8") = (self, ty)
            && let Some(Json::Text(t)) = jsonl::select(v, selector)
        {
            to.text(t); // the most frequent, without a copy
            return Ok(());
        }
        self.value(selector, ty).map(|v| to.value(v))
    }

    /// A selected value of a type, in the same way.
    fn value(&self, selector: &str, ty: &str) -> Result<Value, String> {
        match self {
            Parsed::Json(v) => jsonl::select(v, selector).map_or(Ok(Value::Null), |v| from_json(v, ty)),
            Parsed::Row(names, values) => {
                let at = names.iter().position(|n| n == selector);
                at.and_then(|i| values.get(i)).map_or(Ok(Value::Null), |t| from_text(t, ty))
            }
            Parsed::Sentence(s) => sentence_value(s, selector, ty),
            Parsed::Text(t) => from_text(t, ty),
        }
    }

    /// The tokens of a sentence as one text, and where each stands in it.
    fn joined(&self, join: &str) -> (Value, Value) {
        let Parsed::Sentence(s) = self else { return (Value::Null, Value::Null) };
        let (mut text, mut places, mut at) = (String::new(), Vec::new(), 0u32);
        let gap = join.chars().count() as u32;
        for (i, token) in s.tokens.iter().enumerate() {
            if i > 0 {
                text.push_str(join);
                at += gap;
            }
            let end = at + token.chars().count() as u32;
            places.push(Token { start: at, end }.into_value());
            text.push_str(token);
            at = end;
        }
        (Value::Text(text), Value::List(places))
    }
}

fn sentence_value(s: &conll::Sentence, selector: &str, ty: &str) -> Result<Value, String> {
    let texts = |v: &[String]| Value::List(v.iter().cloned().map(Value::Text).collect());
    if selector == "tags" {
        return Ok(texts(&s.tags));
    }
    if let Some(n) = selector.strip_prefix("comment:").and_then(|n| n.parse().ok()) {
        return conll::comment_field(s, n).map_or(Ok(Value::Null), |t| from_text(t, ty));
    }
    if let Some(n) = selector.strip_prefix("column:").and_then(|n| n.parse::<usize>().ok()) {
        let column = match (n, s.columns.is_empty()) {
            (1, true) => Some(&s.tokens),
            (2, true) => Some(&s.tags),
            _ => s.columns.get(n.saturating_sub(1)),
        };
        return Ok(column.map_or(Value::Null, |c| Value::Text(c.join(" "))));
    }
    Ok(Value::Null)
}

fn from_json(v: &Json, ty: &str) -> Result<Value, String> {
    match (v, ty) {
        (Json::Null, _) => Ok(Value::Null),
        (Json::Text(t), "utf8") => Ok(Value::Text(t.to_string())),
        (Json::Int(n), "i64") => Ok(Value::Int(*n)),
        (Json::Large(_) | Json::Float(_), "i64") => Err("not a whole number of 64 bits".into()),
        (Json::Int(n), "f64") => Ok(Value::Float(*n as f64)),
        (Json::Large(n), "f64") => Ok(Value::Float(*n as f64)),
        (Json::Float(f), "f64") => Ok(Value::Float(*f)),
        (Json::Bool(b), "bool") => Ok(Value::Bool(*b)),
        (other, _) => Err(format!("{} where {} is expected", kind(other), words(ty))),
    }
}

fn kind(v: &Json) -> &'static str {
    match v {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Int(_) | Json::Large(_) | Json::Float(_) => "a number",
        Json::Text(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

fn words(ty: &str) -> &'static str {
    match ty {
        "i64" => "a whole number",
        "f64" => "a number",
        "bool" => "true or false",
        _ => "text",
    }
}

fn from_text(t: &str, ty: &str) -> Result<Value, String> {
    let wrong = || format!("text where {} is expected", words(ty));
    match ty {
        "utf8" => Ok(Value::Text(t.to_string())),
        _ if t.is_empty() => Ok(Value::Null),
        "i64" => t.trim().parse().map(Value::Int).map_err(|_| wrong()),
        "f64" => match t.trim().parse::<f64>() {
            Ok(f) if f.is_finite() => Ok(Value::Float(f)),
            Ok(_) => Err("NaN or infinity where a number is expected".into()),
            Err(_) => Err(wrong()),
        },
        "bool" => match t {
            "true" | "True" | "1" => Ok(Value::Bool(true)),
            "false" | "False" | "0" => Ok(Value::Bool(false)),
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

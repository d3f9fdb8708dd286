//! The first records of a file, read by the very reader that a build would use: what a guess rests on.
use super::folder::Beginning;
use crate::formats::batches::hold::NO_TEXT;
use crate::formats::cut::members::List;
use crate::formats::cut::{Cut, Holds, text};
use crate::formats::infer::{HEAD, settled};
use crate::formats::json_array;
use crate::formats::reader::{Ask, Field, From, NAMES, Offers, Reader, Records, Selects, Told, UNHELD, Unit};
use crate::formats::sidecar::stem_of;
use crate::formats::squad;
use crate::formats::{Format, Options};
use crate::report::lang;
use crate::table::{Value, value_at};
use std::collections::BTreeMap;

/// Records that are looked at.
pub const RECORDS: usize = 50_000;

/// The largest row group that is looked into, in bytes; of a larger one the columns are known, and no value.
const GROUP_MAX: u64 = 16 << 20;

/// What the beginning of a file shows.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    pub columns: Vec<Column>,
    /// Records that were read.
    pub rows: usize,
    /// Records that could not be read.
    pub rejected: usize,
    /// Things that a reader had to say of records that it read.
    pub told: usize,
    /// The first record that could not be read: its place, and why.
    pub first: Option<String>,
    /// These are all records of the file.
    pub whole: bool,
    /// Where its records lie, file by file.
    pub places: Vec<Places>,
}

/// Where the records of a file lie that were looked at.
#[derive(Clone, Debug)]
pub struct Places {
    pub path: String,
    pub rows: usize,
    /// The line, from 1, at which each begins, where they are cut by lines.
    pub lines: Vec<u64>,
}

impl Sample {
    /// Where a record lies: `FILE:LINE`, or `FILE, record N` in a file that is not cut by lines.
    pub fn place(&self, row: usize) -> Option<String> {
        let mut before = 0;
        for of in &self.places {
            if let Some(own) = row.checked_sub(before).filter(|own| *own < of.rows) {
                return Some(match of.lines.get(own) {
                    Some(line) => format!("{}:{line}", of.path),
                    None => format!("{}, record {}", of.path, own + 1),
                });
            }
            before += of.rows;
        }
        None
    }
}

/// A column with its first values.
#[derive(Clone, Debug)]
pub struct Column {
    /// As the records name it.
    pub name: String,
    /// The type in canonical text, or `written`.
    pub ty: String,
    /// What the whole numbers 0, 1 and so on stand for in it, where the file says so. A column of such numbers is one of these
    /// texts; in lists they stay numbers.
    pub names: Vec<String>,
    pub values: Vec<Value>,
}

impl Column {
    /// The values that are there.
    pub fn there(&self) -> impl Iterator<Item = &Value> {
        self.values.iter().filter(|v| **v != Value::Null)
    }
}

/// Reads the beginning of a file in a format: all columns that it shows, and what `more` selects.
pub fn of(b: &Beginning, format: &Format, options: &Options, more: &[&str]) -> Result<Sample, String> {
    let Some(reader) = &format.reader else { return Ok(Sample::default()) };
    let mut fields = fields(b, reader, options)?;
    let names = named(b, format, &mut fields);
    let besides = |s: &&str| Field { name: s.to_string(), from: From::of(s, reader.selects), ty: "utf8".into() };
    fields.extend(more.iter().map(besides));
    let ask = Ask {
        id: None,
        make_id: |_, id| Ok(id.to_string()),
        prefix: String::new(),
        fields: fields.iter().filter(|f| !f.ty.starts_with(UNHELD)).map(asked).collect(),
        seen: Vec::new(),
        options: options.clone(),
        record_max: HEAD,
        depth_max: 64,
    };
    let column = |f: Field, values: Vec<Value>| {
        let ty = if f.ty.starts_with(NAMES) { "utf8".to_string() } else { f.ty };
        Column { names: names.get(&f.name).cloned().unwrap_or_default(), name: f.name, ty, values }
    };
    let Some(piece) = piece(b, &(reader.cut)(options))? else {
        let columns = fields.into_iter().map(|f| column(f, Vec::new()));
        return Ok(Sample { columns: columns.collect(), ..Sample::default() });
    };
    let stem = stem_of(b.file.name()).to_string();
    let context = piece.context.as_deref();
    let unit = Unit { row: 0, bytes: &piece.bytes, context, path: &b.file.path, stem: &stem };
    let mut records = Records::new(&ask, (reader.adds)(options, &selected(&ask.fields)));
    (reader.read)(&ask, &unit, &mut records);
    let found = records.finish()?;
    let rows = found.parents.len();
    let values = |name: &str| {
        found.columns.get(name).map(|a| (0..rows.min(RECORDS)).map(|row| value_at(a.as_ref(), row)).collect())
    };
    let columns = fields.into_iter().map(|mut f| {
        let own: Vec<Value> = values(&f.name).unwrap_or_default();
        if own.iter().all(|v| *v == Value::Null) && holds_bytes(&f.name, &found.told) {
            f.ty = format!("{UNHELD}bytes (binary)");
        }
        column(f, own)
    });
    let rejected = found.told.iter().filter(|t| t.drops).count();
    let first = found.told.iter().find(|t| t.drops).map(|t| placed(t, &piece.begins, &b.file.path));
    let told = found.told.len() - rejected;
    let lines = found.parents.iter().map_while(|(_, record)| piece.begins.get(*record as usize).copied()).collect();
    let places = vec![Places { path: b.file.path.clone(), rows: rows.min(RECORDS), lines }];
    let whole = piece.whole && rows <= RECORDS;
    Ok(Sample { columns: columns.collect(), rows, rejected, told, first, whole, places })
}

/// What is wrong with a record, behind its place.
fn placed(told: &Told, begins: &[u64], path: &str) -> String {
    let begin = begins.get(told.record).copied();
    match begin.map_or(0, |line| line - 1) + u64::from(if begin.is_some() { told.line.max(1) } else { told.line }) {
        0 => format!("{path}: {}", lang::text(&told.say)),
        line => format!("{path}:{line}: {}", lang::text(&told.say)),
    }
}

/// Whether a reader found bytes in a column, and no text.
fn holds_bytes(name: &str, told: &[Told]) -> bool {
    told.iter().any(|t| t.field.as_deref() == Some(name) && t.say.contains(NO_TEXT))
}

/// A field as a build would ask for it: of a column that shows nothing it is a text.
fn asked(field: &Field) -> Field {
    Field { ty: settled(field.ty.clone()), ..field.clone() }
}

/// The columns whose whole numbers stand for classes, as the file says; where such a number is a value of its own, the field
/// becomes its name.
fn named(b: &Beginning, format: &Format, fields: &mut [Field]) -> BTreeMap<String, Vec<String>> {
    let Some(classes) = format.classes else { return BTreeMap::new() };
    let named: BTreeMap<String, Vec<String>> = b.with_read(|read| classes(b.length(), read)).into_iter().collect();
    for field in fields.iter_mut().filter(|f| f.ty == "i64") {
        if let Some(names) = named.get(&field.name) {
            field.ty = format!("{NAMES}{}", serde_json::Value::from(names.clone()));
        }
    }
    named
}

fn selected(fields: &[Field]) -> Vec<&str> {
    fields.iter().filter_map(|f| if let From::Record(name) = &f.from { Some(name.as_str()) } else { None }).collect()
}

/// All that the records of a file show.
fn fields(b: &Beginning, reader: &Reader, options: &Options) -> Result<Vec<Field>, String> {
    let all = match reader.offers {
        Offers::Nothing => Vec::new(),
        Offers::Words(words) => words
            .iter()
            .map(|(name, from)| (name.to_string(), from.to_string(), fixed(reader, options, from)))
            .collect(),
        Offers::Columns(of) => {
            let seen = b.with_read(|read| of(options, b.length(), read))?;
            seen.into_iter().map(|(name, ty)| (name.clone(), name, ty)).collect::<Vec<_>>()
        }
    };
    let from = |selector: String| match reader.selects {
        Selects::Names => From::Record(selector),
        words => From::of(&selector, words),
    };
    Ok(all.into_iter().map(|(name, selector, ty)| Field { name, from: from(selector), ty }).collect())
}

fn fixed(reader: &Reader, options: &Options, word: &str) -> String {
    (reader.ty)(options, word).map_or("utf8".to_string(), |ty| crate::table::types::text(&ty))
}

/// What a reader is given of a file.
struct Piece {
    bytes: Vec<u8>,
    context: Option<Vec<u8>>,
    /// The lines, from 1, at which the records begin, where they are cut by lines.
    begins: Vec<u64>,
    whole: bool,
}

/// The first whole records; `None` where they cannot be had without reading more.
fn piece(b: &Beginning, cut: &Cut) -> Result<Option<Piece>, String> {
    match cut {
        Cut::Text(split) => Ok(Some(first_records(b, split))),
        Cut::Document(_) if b.whole => {
            Ok(Some(Piece { bytes: b.bytes.clone(), context: None, begins: Vec::new(), whole: true }))
        }
        Cut::Document(Holds::One) => Ok(None),
        Cut::Document(Holds::Many) => {
            let head = json_array::head(&b.bytes).or_else(|| squad::head(&b.bytes));
            Ok(head.map(|bytes| Piece { bytes, context: None, begins: Vec::new(), whole: false }))
        }
        Cut::Members(members) => {
            let mut all = Vec::new();
            let done = match members.list {
                List::Anywhere(list) => b.with_read(|read| list(b.length(), read, &mut all)),
                List::Stream(list) => list(&mut b.bytes.as_slice(), &mut all),
            };
            let streams = matches!(members.list, List::Stream(_)); // its end may lie behind the beginning, or be missing
            done.or_else(|e| if streams && !(b.whole && all.is_empty()) { Ok(()) } else { Err(e) })
                .map_err(|e| e.to_string())?;
            let whole = all.len() == 1 && (b.whole || !streams);
            let Some(first) = all.into_iter().next().filter(|m| m.len <= GROUP_MAX && m.reject.is_none()) else {
                return Ok(None);
            };
            let bytes = b.with_read(|read| read(first.offset, first.len)).map_err(|e| e.to_string())?;
            Ok(Some(Piece { bytes, context: first.context, begins: Vec::new(), whole }))
        }
    }
}

fn first_records(b: &Beginning, split: &text::Split) -> Piece {
    let records = text::split(split, &b.bytes, HEAD);
    let header = usize::from(records.first().is_some_and(|r| r.header));
    // the last one may go on behind what was read
    let all = if b.whole { records.len() } else { records.len().saturating_sub(1) };
    let taken = all.min(RECORDS + header);
    let len = |n: usize| records.iter().take(n).map(|r| r.len as usize).sum::<usize>();
    let (from, to) = (len(header), len(taken));
    let part = |from: usize, to: usize| b.bytes.get(from..to.max(from)).unwrap_or_default().to_vec();
    let context = (header == 1).then(|| part(0, from));
    let mut line = 1;
    let all = records.iter().map(|r| {
        line += u64::from(r.lines);
        line - u64::from(r.lines)
    });
    let begins = all.skip(header).collect();
    Piece { bytes: part(from, to), context, begins, whole: b.whole && taken == records.len() }
}

//! Tables read row by row, whatever format they are in.
use super::cells::{Table, Ty, of_json};
use super::folder::{Folder, WHOLE};
use super::kinds::Kind;
use super::shape::is_plain;
use super::told::Told;
use crate::formats::conll::sentence::{Layout, sentence};
use crate::formats::csv_fields::{fields, header, record};
use crate::formats::cut::quoted::Dialect;
use crate::formats::{arrow, parquet};
use crate::table::{Value, value_at};
use arrow_array::RecordBatch;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

/// The longest record of a file of text.
const RECORD: u64 = 64 << 20;
/// How a place in a file of text is called.
const LINE: &str = "line";

/// Hands over each row of a table: its place (`row 3`, `line 7`) and its values.
pub type Tell<'t> = &'t mut dyn FnMut(&str, Value, &mut Told);

/// Reads a table to its end; what does not read is a fault at its place.
pub fn table(folder: &Folder, path: &str, kind: Kind, told: &mut Told, tell: Tell) -> Table {
    let mut table = Table { whole: true, ..Table::default() };
    let done = match kind {
        Kind::Parquet | Kind::Arrow => columns(folder, path, kind, &mut table, told, tell),
        Kind::Lines => lines(folder, path, &mut table, told, tell),
        Kind::Array => array(folder, path, &mut table, told, tell),
        Kind::Csv | Kind::Tsv => separated(folder, path, kind, &mut table, told, tell),
        Kind::Conll | Kind::Conll2003 | Kind::Conllu => sentences(folder, path, kind, &mut table, told, tell),
        _ => Ok(()),
    };
    if let Err(say) = done {
        told.fault("table.unread", path, format!("row {}", table.rows + 1), "", say);
        table.whole = false;
    }
    table
}

fn columns(
    folder: &Folder,
    path: &str,
    kind: Kind,
    table: &mut Table,
    told: &mut Told,
    tell: Tell,
) -> Result<(), String> {
    let open = Arc::new(folder.file(path).map_err(|e| e.to_string())?);
    let len = open.stat().size;
    if kind == Kind::Arrow {
        let read = |at: u64, n: u64| open.read(usize::try_from(n).map_err(std::io::Error::other)?, at);
        return arrow::rows(len, &read, &mut |batch| each(batch, table, told, tell));
    }
    let at: parquet::rows::At = Arc::new(move |at, len| open.read(len, at));
    let about = parquet::rows::about(len, at.clone())?;
    table.columns = about.columns.into_iter().map(|name| (name, Ty::Null)).collect();
    for (column, ty) in about.unread {
        told.unchecked(format!("{path}: `{column}` holds {ty}, which is not looked at"));
    }
    parquet::rows::rows(len, at, &mut |batch| each(batch, table, told, tell))?;
    match about.rows == table.rows {
        true => Ok(()),
        false => Err(format!("the footer says that there are {} rows, and there are {}", about.rows, table.rows)),
    }
}

fn each(batch: &RecordBatch, table: &mut Table, told: &mut Told, tell: Tell) -> Result<(), String> {
    let schema = batch.schema();
    for row in 0..batch.num_rows() {
        let cells = schema.fields().iter().zip(batch.columns());
        let row = Value::Struct(cells.map(|(f, a)| (f.name().clone(), value_at(a.as_ref(), row))).collect());
        table.add(&row);
        tell(&format!("row {}", table.rows), row, told);
    }
    Ok(())
}

/// A reader of text, of which no record is longer than [`RECORD`].
fn text(folder: &Folder, path: &str) -> Result<BufReader<impl Read + use<>>, String> {
    let reader = folder.file(path).and_then(|open| open.reader()).map_err(|e| e.to_string())?;
    Ok(BufReader::with_capacity(1 << 20, reader))
}

/// The next line with its end; nothing at the end of the file.
fn line(input: &mut impl BufRead, to: &mut Vec<u8>) -> Result<bool, String> {
    to.clear();
    let n = input.take(RECORD).read_until(b'\n', to).map_err(|e| e.to_string())?;
    if n as u64 == RECORD { Err(format!("a line is longer than {} MiB", RECORD >> 20)) } else { Ok(n > 0) }
}

fn lines(folder: &Folder, path: &str, table: &mut Table, told: &mut Told, tell: Tell) -> Result<(), String> {
    let (mut input, mut bytes, mut n) = (text(folder, path)?, Vec::new(), 0u64);
    while line(&mut input, &mut bytes)? {
        n += 1;
        let own = bytes.strip_prefix("\u{feff}".as_bytes()).filter(|_| n == 1).unwrap_or(&bytes);
        if own.trim_ascii().is_empty() {
            continue;
        }
        let place = format!("{LINE} {n}");
        match serde_json::from_slice::<serde_json::Value>(own) {
            Ok(json) if json.is_object() => {
                let row = of_json(json);
                table.add(&row);
                tell(&place, row, told);
            }
            Ok(_) => told.fault("table.row", path, place, "", "is no JSON object"),
            Err(e) => told.fault("table.row", path, place, "", format!("is no JSON: {e}")),
        }
    }
    Ok(())
}

fn array(folder: &Folder, path: &str, table: &mut Table, told: &mut Told, tell: Tell) -> Result<(), String> {
    let bytes = folder.world.read(path, WHOLE).map_err(|e| e.to_string())?;
    let all: Vec<serde_json::Value> = serde_json::from_slice(&bytes).map_err(|e| format!("is no list of JSON: {e}"))?;
    for (n, json) in all.into_iter().enumerate() {
        let place = format!("item {n}");
        if !json.is_object() {
            told.unchecked(format!("{path}: it is a list of values that are no objects"));
            break;
        }
        let row = of_json(json);
        table.add(&row);
        tell(&place, row, told);
    }
    Ok(())
}

fn separated(
    folder: &Folder,
    path: &str,
    kind: Kind,
    table: &mut Table,
    told: &mut Told,
    tell: Tell,
) -> Result<(), String> {
    let dialect = Dialect::quoted(if kind == Kind::Tsv { b'\t' } else { b',' });
    let (mut input, mut bytes, mut n) = (text(folder, path)?, Vec::new(), 0u64);
    table.written = true;
    let (mut names, mut whole, mut start) = (None, Vec::new(), 0);
    while line(&mut input, &mut bytes)? {
        n += 1;
        if whole.is_empty() {
            start = n;
        }
        whole.extend_from_slice(&bytes);
        if whole.len() as u64 > RECORD {
            return Err(format!("a record is longer than {} MiB", RECORD >> 20));
        }
        // a quote that is open goes on in the next line
        let open = whole.iter().filter(|b| **b == b'"').count() % 2 == 1;
        let blank = whole.trim_ascii().is_empty();
        if open || blank {
            if blank {
                whole.clear();
            }
            continue;
        }
        let own = std::mem::take(&mut whole);
        let place = format!("{LINE} {start}");
        let Some(names) = &names else {
            let read = header(&own, "utf-8", &dialect).map_err(|wrong| wrong.say)?;
            table.columns = read.0.iter().map(|name| (name.clone(), Ty::Null)).collect();
            names = Some(read);
            continue;
        };
        match record(&own, "utf-8", &dialect, names) {
            Ok(values) => {
                let cells = names.0.iter().cloned().zip(values.values.into_iter().map(Value::Text));
                let row = Value::Struct(cells.collect());
                table.add(&row);
                tell(&place, meant(row), told);
            }
            Err(wrong) => {
                let got = fields(&String::from_utf8_lossy(&own), &dialect).map_or(0, |v| v.values.len());
                let field = if got > 0 { format!("{got} values") } else { String::new() };
                told.fault("table.row", path, place, field, wrong.say);
            }
        }
    }
    if !whole.is_empty() {
        told.fault("table.row", path, format!("{LINE} {start}"), "", "a quote is opened and never closed");
    }
    Ok(())
}

/// A row of texts as it is meant: a list or an object of JSON in a cell is one. A cell of a plain column stays a text.
fn meant(row: Value) -> Value {
    let Value::Struct(cells) = row else { return row };
    let read = |(name, cell): (String, Value)| match &cell {
        Value::Text(text) if text.starts_with(['[', '{']) && !is_plain(&name) => {
            let own = serde_json::from_str(text).map_or(cell, of_json);
            (name, own)
        }
        _ => (name, cell),
    };
    Value::Struct(cells.into_iter().map(read).collect())
}

/// Sentences: blocks of lines between empty ones. A row has `id`, `tokens` and `tags`.
fn sentences(
    folder: &Folder,
    path: &str,
    kind: Kind,
    table: &mut Table,
    told: &mut Told,
    tell: Tell,
) -> Result<(), String> {
    let (mut input, mut bytes, mut n) = (text(folder, path)?, Vec::new(), 0u64);
    let (mut block, mut start) = (Vec::new(), 1);
    loop {
        let more = line(&mut input, &mut bytes)?;
        n += u64::from(more);
        let blank = bytes.iter().all(|b| matches!(b, b'\r' | b'\n'));
        if more && !blank {
            if block.is_empty() {
                start = n;
            }
            block.extend_from_slice(&bytes);
            if block.len() as u64 > RECORD {
                return Err(format!("a sentence is longer than {} MiB", RECORD >> 20));
            }
            continue;
        }
        let own = std::mem::take(&mut block);
        let marks = own.starts_with(b"-DOCSTART-") && own.iter().filter(|b| **b == b'\n').count() < 2;
        if !own.is_empty() && !marks {
            one(path, kind, start, &own, table, told, tell);
        }
        if !more {
            return Ok(());
        }
    }
}

fn one(path: &str, kind: Kind, start: u64, block: &[u8], table: &mut Table, told: &mut Told, tell: Tell) {
    let first = block.split(|b| *b == b'\n').find(|l| !l.is_empty() && !l.starts_with(b"#")).unwrap_or_default();
    let tabs = first.iter().filter(|b| **b == b'\t').count();
    let own = |n: usize| if tabs > 0 { tabs + 1 } else { n };
    let layout = match kind {
        Kind::Conllu => Layout { columns: 10, token: 2, tag: 10, key: "NER", ..Layout::default() },
        Kind::Conll2003 => Layout { comment: "", columns: 4, token: 1, tag: 4, ..Layout::default() },
        _ => {
            let columns = own(first.split(|b| *b == b' ').filter(|w| !w.is_empty()).count().max(1));
            Layout { columns: columns.max(2), token: 1, tag: columns.max(2), ..Layout::default() }
        }
    };
    let place = format!("{LINE} {start}");
    let sentence = match sentence(block, &layout) {
        Ok(sentence) => sentence,
        Err(wrong) => {
            let at = start + u64::from(wrong.line.saturating_sub(1));
            return told.fault("table.row", path, format!("{LINE} {at}"), "", wrong.say);
        }
    };
    let texts = |all: &[String]| Value::List(all.iter().map(|t| Value::Text(t.clone())).collect());
    let mut row = Vec::new();
    let id =
        ["id = ", "sent_id = "].iter().find_map(|mark| sentence.comments.iter().find_map(|c| c.strip_prefix(mark)));
    if let Some(id) = id {
        row.push(("id".to_string(), Value::Text(id.to_string())));
    }
    if let Some(text) = sentence.comments.iter().find_map(|c| c.strip_prefix("text = ")) {
        row.push(("text".to_string(), Value::Text(text.to_string())));
    }
    row.push(("tokens".to_string(), texts(&sentence.tokens)));
    row.push(("tags".to_string(), texts(&sentence.tags)));
    let row = Value::Struct(row);
    table.add(&row);
    tell(&place, row, told);
}

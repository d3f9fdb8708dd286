//! Writing CSV by RFC 4180: UTF-8 without a byte order mark, a header, lines that end with a newline. A missing value is an empty
//! field and an empty text is `""`, so that they read back as what they are; what is nested, a number or a truth value stands as
//! JSON writes it.
//!
//! Values stay as they are: a text that a spreadsheet would take for a formula is not changed, and is told (`csv.formula`), as is
//! one with a NUL character, at which readers of CSV stop (`csv.nul`), and one that pandas takes for a missing value unless it is
//! told otherwise, such as `NA` or an empty text (`csv.missing`).
use super::back::{BATCH, Back, Part, Tell, Values, taken, value};
use super::writer::{Chunk, Join, Lost, Needs, Place, Sheet, Writer};
use crate::table::slots::{Slots, Style};
use crate::table::{Array, DataType, Value};
use arrow_array::StringArray;
use arrow_array::cast::AsArray;
use std::io::BufRead;

pub const WRITER: Writer = Writer {
    version: 3, // 2: texts with a NUL are told; 3: texts that pandas takes for missing values
    uses: &[],
    files: "csv/SPLIT-NNNNN.csv",
    doc: "RFC 4180 in UTF-8; lists and objects stand as JSON. Texts that a spreadsheet would run stay as they are, and are told",
    needs: Needs { columns: true, nameless: true, flat: true, ..Needs::NONE },
    encode: |sheet, lost| Ok(encode(sheet, lost)),
    outline: header,
    join,
    samples: Some(samples),
    values: Some(Values { pieces: false, read: values }),
    place: Place::Row,
    table: true,
    loses: &[],
    index: None,
};

/// A record with more bytes is refused, not held.
const RECORD_MAX: usize = 1 << 30;

/// A column: its texts as they are, or any other values as JSON.
enum Column<'c> {
    Texts(&'c StringArray),
    Json(Slots<'c>),
}

impl<'c> Column<'c> {
    fn of(array: &'c dyn Array) -> Column<'c> {
        match array.as_string_opt::<i32>() {
            Some(texts) if *array.data_type() == DataType::Utf8 => Column::Texts(texts),
            _ => Column::Json(Slots::of(array, Style::Released)),
        }
    }

    /// Appends the field of a row; says whether it is a text that a spreadsheet would run, whether it holds a NUL, and whether
    /// pandas takes it for a missing value.
    fn put(&self, row: usize, cell: &mut Vec<u8>, out: &mut Vec<u8>) -> [bool; 3] {
        match self {
            Column::Texts(texts) if row >= texts.len() || texts.is_null(row) => [false; 3],
            Column::Texts(texts) => {
                let text = texts.value(row);
                field(text.as_bytes(), out);
                let runs = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
                [runs, memchr::memchr(0, text.as_bytes()).is_some(), is_missing(text)]
            }
            Column::Json(slots) => {
                cell.clear();
                slots.put(row, cell);
                if cell != b"null" {
                    field(cell, out);
                }
                [false; 3]
            }
        }
    }
}

fn encode(sheet: &Sheet, lost: &mut Vec<Lost>) -> Vec<u8> {
    let mut out = Vec::new();
    for (n, (name, _)) in sheet.columns.iter().enumerate() {
        out.extend_from_slice(if n > 0 { b"," } else { b"" });
        field(name.as_bytes(), &mut out);
    }
    out.push(b'\n');
    let columns: Vec<(&str, Column)> =
        sheet.columns.iter().map(|(name, array)| (name.as_str(), Column::of(array.as_ref()))).collect();
    let mut cell = Vec::new();
    for row in 0..sheet.rows {
        let mut told: [Vec<&str>; 3] = Default::default();
        for (n, (name, column)) in columns.iter().enumerate() {
            out.extend_from_slice(if n > 0 { b"," } else { b"" });
            let is = column.put(row, &mut cell, &mut out);
            told.iter_mut().zip(is).for_each(|(names, is)| names.extend(is.then_some(*name)));
        }
        out.push(b'\n');
        for ((rule, say), names) in TOLD.into_iter().zip(told).filter(|(_, names)| !names.is_empty()) {
            lost.push(Lost { row, rule, say: format!("{say} {}", names.join(", ")) });
        }
    }
    out
}

/// What is told of a text that is written, and in front of the names of its columns.
const TOLD: [(&str, &str); 3] = [
    ("csv.formula", "a spreadsheet would run what stands in"),
    ("csv.nul", "readers of CSV stop at the NUL character that stands in"),
    (MISSING, "pandas takes for a missing value, unless it is called with keep_default_na=False, what stands in"),
];

/// The rule of a text that pandas takes for a missing value.
pub const MISSING: &str = "csv.missing";

/// The texts that pandas takes for missing values, an empty one besides.
const NA: [&str; 18] = [
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL",
    "NaN", "None", "n/a", "nan", "null",
];

fn is_missing(text: &str) -> bool {
    text.is_empty() || (text.len() <= 8 && NA.contains(&text))
}

/// A value between quotes where it must be; an empty one always, since nothing stands for a missing value.
fn field(value: &[u8], out: &mut Vec<u8>) {
    let plain = !value.is_empty() && !value.iter().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r'));
    if plain && value.first() != Some(&b' ') && value.last() != Some(&b' ') {
        return out.extend_from_slice(value);
    }
    out.push(b'"');
    for byte in value {
        out.extend_from_slice(if *byte == b'"' { b"\"\"" } else { std::slice::from_ref(byte) });
    }
    out.push(b'"');
}

/// The header of a fragment, with its line end: what joining must know of it.
fn header(fragment: &[u8]) -> &[u8] {
    let mut quoted = false;
    let end = fragment.iter().position(|b| {
        quoted ^= *b == b'"';
        *b == b'\n' && !quoted
    });
    fragment.get(..end.map_or(fragment.len(), |end| end + 1)).unwrap_or(fragment)
}

/// The first fragment with its header, and the others without.
fn join(join: &Join) -> Result<Vec<Chunk>, String> {
    let mut out = Vec::new();
    for (piece, (len, own)) in join.outlines.iter().enumerate() {
        let from = if piece == 0 { 0 } else { own.len() as u64 };
        let rest = len.checked_sub(from).ok_or("a fragment is shorter than its header")?;
        if rest > 0 {
            out.push(Chunk::Fragment { piece, from, len: rest });
        }
    }
    Ok(out)
}

/// A field as it stands in a released file.
#[derive(Debug, PartialEq)]
struct Cell {
    text: String,
    quoted: bool,
}

/// Hands over each record of a file, the header first. It reads what [`encode`] writes, and refuses anything else: quotes
/// within a plain field, text behind a closing quote, a quote that is never closed.
fn each_record(input: &mut dyn BufRead, tell: &mut dyn FnMut(Vec<Cell>) -> Result<(), String>) -> Result<(), String> {
    let (mut line, mut number) = (Vec::new(), 0u64);
    loop {
        line.clear();
        loop {
            let before = line.len();
            input.read_until(b'\n', &mut line).map_err(|e| e.to_string())?;
            let closed = line.iter().filter(|b| **b == b'"').count() % 2 == 0;
            if closed || line.len() == before {
                break;
            }
            if line.len() > RECORD_MAX {
                return Err(format!("record {} is longer than {RECORD_MAX} bytes", number + 1));
            }
        }
        if line.is_empty() {
            return Ok(());
        }
        number += 1;
        let own = line.strip_suffix(b"\n").ok_or_else(|| format!("record {number} has no line end"))?;
        tell(cells(own).map_err(|say| format!("record {number}: {say}"))?)?;
    }
}

fn cells(record: &[u8]) -> Result<Vec<Cell>, String> {
    let text = std::str::from_utf8(record).map_err(|_| "is not UTF-8".to_string())?;
    let (mut out, mut rest) = (Vec::new(), text);
    loop {
        let (cell, behind) = match rest.strip_prefix('"') {
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                let (own, behind) = rest.split_at(end);
                if own.contains('"') {
                    return Err("a quote within a field that does not begin with one".into());
                }
                (Cell { text: own.to_string(), quoted: false }, behind)
            }
            Some(inner) => quoted(inner)?,
        };
        out.push(cell);
        match behind.strip_prefix(',') {
            Some(next) => rest = next,
            None if behind.is_empty() => return Ok(out),
            None => return Err("text behind a closing quote".into()),
        }
    }
}

/// A field up to its closing quote, and what follows that.
fn quoted(inner: &str) -> Result<(Cell, &str), String> {
    let (mut text, mut rest) = (String::new(), inner);
    loop {
        let end = rest.find('"').ok_or("a quote is never closed")?;
        let (own, behind) = rest.split_at(end);
        text.push_str(own);
        rest = behind.get(1..).unwrap_or_default();
        match rest.strip_prefix('"') {
            Some(next) => {
                text.push('"');
                rest = next;
            }
            None => return Ok((Cell { text, quoted: true }, rest)),
        }
    }
}

/// The id of each record.
fn samples(input: &mut dyn BufRead, tell: &mut dyn FnMut(Option<&str>)) -> Result<(), String> {
    let (mut columns, mut id) = (None, None);
    each_record(input, &mut |cells| {
        match columns {
            None => {
                columns = Some(cells.len());
                id = cells.iter().position(|c| c.text == "id");
            }
            Some(n) if n != cells.len() => {
                return Err(format!("a record of {} fields under a header of {n}", cells.len()));
            }
            Some(_) => tell(id.and_then(|id| cells.get(id)).map(|c| c.text.as_str())),
        }
        Ok(())
    })?;
    columns.map(|_| ()).ok_or_else(|| "has no header".to_string())
}

/// The values of all columns.
fn values(input: &mut dyn BufRead, back: &Back, tell: Tell) -> Result<(), String> {
    let mut rows: Vec<Vec<Value>> = back.columns.iter().map(|_| Vec::new()).collect();
    let (mut head, mut held) = (false, 0);
    each_record(input, &mut |cells| {
        if !head {
            head = true;
            let names = cells.iter().map(|c| &c.text);
            let same = names.eq(back.columns.iter().map(|c| &c.name));
            return if same { Ok(()) } else { Err("its header is not the columns of release.json".into()) };
        }
        if cells.len() != back.columns.len() {
            return Err(format!("a record of {} fields under a header of {}", cells.len(), back.columns.len()));
        }
        for ((column, cell), values) in back.columns.iter().zip(cells).zip(&mut rows) {
            let ty = column.ty();
            values.push(match ty {
                _ if cell.text.is_empty() && !cell.quoted => Value::Null,
                DataType::Utf8 => Value::Text(cell.text),
                _ => {
                    let wrong = || format!("has another type in `{}`", column.name);
                    let json = serde_json::from_str(&cell.text).map_err(|_| wrong())?;
                    value(&json, &ty).ok_or_else(wrong)?
                }
            });
        }
        held += 1;
        if held == BATCH {
            held = 0;
            tell(Part::Rows(taken(back, &mut rows)?))?;
        }
        Ok(())
    })?;
    if held > 0 { tell(Part::Rows(taken(back, &mut rows)?)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::super::back::Released;
    use super::*;
    use crate::table::{ArrayRef, array_of, list, types, utf8};

    fn sheet() -> Sheet {
        let texts = ["a", "b, \"c\"", "", "line\nbreak", "=1+1", " 가 "].map(|t| Some(t.to_string()));
        let mut texts: Vec<Option<String>> = texts.to_vec();
        texts.push(None);
        let lists: Vec<Option<Vec<String>>> = (0..7).map(|n| (n != 2).then(|| vec!["x".to_string(); n])).collect();
        let numbers: Vec<Option<f64>> = (0..7).map(|n| (n != 3).then_some(n as f64 - 2.0)).collect();
        let columns: Vec<(String, ArrayRef)> = vec![
            ("id".into(), array_of(texts)),
            ("of, these".into(), array_of(lists)),
            ("n".into(), array_of(numbers)),
        ];
        Sheet { rows: 7, columns, ..Sheet::default() }
    }

    #[test]
    fn what_is_written_reads_back() {
        let (sheet, mut lost) = (sheet(), Vec::new());
        let bytes = encode(&sheet, &mut lost);
        assert_eq!(lost.iter().map(|l| (l.row, l.rule)).collect::<Vec<_>>(), [(2, "csv.missing"), (4, "csv.formula")]);
        let text = std::str::from_utf8(&bytes).unwrap();
        assert!(
            text.starts_with("id,\"of, these\",n\na,[],-2.0\n\"b, \"\"c\"\"\",\"[\"\"x\"\"]\",-1.0\n\"\",,0.0\n"),
            "{text}"
        );
        assert!(text.ends_with("\n,\"[\"\"x\"\",\"\"x\"\",\"\"x\"\",\"\"x\"\",\"\"x\"\",\"\"x\"\"]\",4.0\n"), "{text}");
        let held = [utf8(), list(utf8()), DataType::Float64].map(|t| types::text(&t));
        let columns: Vec<Released> =
            sheet.columns.iter().zip(held).map(|((name, _), holds)| Released { name: name.clone(), holds }).collect();
        let back = Back { columns: &columns, picture: &|_| None };
        let mut got: Vec<Vec<ArrayRef>> = Vec::new();
        values(&mut bytes.as_slice(), &back, &mut |part| {
            if let Part::Rows(rows) = part {
                got.push(rows);
            }
            Ok(())
        })
        .unwrap();
        let [rows] = got.as_slice() else { panic!("{} batches", got.len()) };
        for ((name, want), got) in sheet.columns.iter().zip(rows) {
            assert_eq!(format!("{want:?}"), format!("{got:?}"), "{name}");
        }
    }

    #[test]
    fn fragments_are_joined_under_one_header() {
        let bytes = encode(&sheet(), &mut Vec::new());
        let head = header(&bytes);
        assert_eq!(head, b"id,\"of, these\",n\n");
        let odd =
            Sheet { columns: vec![("a\nb".into(), array_of([Some("x".to_string())]))], rows: 1, ..Sheet::default() };
        assert_eq!(header(&encode(&odd, &mut Vec::new())), b"\"a\nb\"\n");
    }

    #[test]
    fn what_is_no_released_csv_is_refused() {
        for bad in ["a,b\n1,2", "a\nx\"y\n", "a\n\"x\"y\n", "a\n\"x\n", "a,b\n1\n", ""] {
            assert!(samples(&mut bad.as_bytes(), &mut |_| {}).is_err(), "{bad:?}");
        }
        let mut ids = Vec::new();
        samples(&mut "n,id\n1,a\n2,\"b\"\n".as_bytes(), &mut |id| ids.push(id.map(String::from))).unwrap();
        assert_eq!(ids, [Some("a".to_string()), Some("b".to_string())]);
    }
}

//! CSV and TSV by RFC 4180: the same quotes for both. The delimiter is an ASCII character. A quote opens at the start
//! of a field only; elsewhere it is text. Carriage returns and newlines at the end of a record are never data.
//!
//! Dropped records: `encoding`, `csv.header` (every record of a file whose header is wrong), `csv.ragged`, `csv.quote`.
use super::cut::members::ReadAt;
use super::cut::quoted::Field;
use super::cut::text::lengths;
use super::cut::{Cut, Split};
use super::encoding::{BOM, Wrong, line_at, text};
use super::format::Format;
use super::infer::HEAD;
use super::reader::{
    Ask, Field as Asked, From, Offers, Reader, Record, Records, Seen, Selects, Unit, WRITTEN, adds_nothing,
    as_declared, each_record, from_text, strip_bom,
};
use crate::table::{Builder, Value};

pub const CSV: Format =
    Format { reader: Some(reader(b',', read_csv)), ..Format::new("csv", "RFC 4180 with a header.") };
pub const TSV: Format =
    Format { reader: Some(reader(b'\t', read_tsv)), ..Format::new("tsv", "The same with tabulators.") };

const fn reader(delimiter: u8, read: fn(&Ask, &Unit, &mut Records)) -> Reader {
    Reader {
        version: 1, // `column:path` is a column, not the file's path
        uses: &[],
        cut: match delimiter {
            b'\t' => |_| Cut::Text(Split::Csv { delimiter: b'\t' }),
            _ => |_| Cut::Text(Split::Csv { delimiter: b',' }),
        },
        id: "content",
        selects: Selects::Names,
        text: None,
        ty: as_declared,
        adds: adds_nothing,
        read,
        offers: Offers::Columns(match delimiter {
            b'\t' => |_, _, bytes| columns(bytes, b'\t'),
            _ => |_, _, bytes| columns(bytes, b','),
        }),
    }
}

fn read_csv(ask: &Ask, unit: &Unit, out: &mut Records) {
    read(ask, unit, out, b',');
}

fn read_tsv(ask: &Ask, unit: &Unit, out: &mut Records) {
    read(ask, unit, out, b'\t');
}

fn read(ask: &Ask, unit: &Unit, out: &mut Records, delimiter: u8) {
    let split = Split::Csv { delimiter };
    let missing = || Wrong::new("csv.header", "the file has no header");
    let header = unit.context.ok_or_else(missing).and_then(|c| {
        let wrong = |wrong: Wrong| Wrong { say: format!("in the header: {}", wrong.say), ..wrong };
        header(strip_bom(c), delimiter).map_err(wrong)
    });
    let header = header.and_then(|h| all_there(ask, &h).map(|()| h));
    if let Ok(Header(names)) = &header {
        out.header(unit, names, |column| names.iter().any(|n| n == column));
    }
    for (n, own) in each_record(ask, &split, unit.bytes) {
        let record = header.as_ref().map_err(Wrong::clone).and_then(|h| Ok((h, record(own, delimiter, h)?)));
        match record {
            Ok((Header(names), values)) => drop(out.take(unit, n, own, &Row { names, values })),
            Err(wrong) => out.reject(unit, n, &wrong),
        }
    }
}

/// The columns of a file's header. Nothing in it tells their types.
fn columns(read: &ReadAt, delimiter: u8) -> Result<Vec<Seen>, String> {
    let head = read(0, HEAD).map_err(|e| e.to_string())?;
    let split = Split::Csv { delimiter };
    let len = lengths(&split, &head, HEAD).first().map_or(0, |len| *len as usize);
    let Header(names) = header(strip_bom(head.get(..len).unwrap_or_default()), delimiter).map_err(|wrong| wrong.say)?;
    Ok(names.into_iter().map(|name| (name, "utf8".to_string())).collect())
}

/// Whether the header has every column that is wanted as it is written. Rule `csv.column`.
fn all_there(ask: &Ask, Header(names): &Header) -> Result<(), Wrong> {
    let missing = |f: &&Asked| match &f.from {
        From::Record(name) => f.ty == WRITTEN && !names.contains(name),
        _ => false,
    };
    match ask.fields.iter().find(missing) {
        Some(Asked { from: From::Record(name), .. }) => {
            Err(Wrong::new("csv.column", format!("the header has no column `{name}`")))
        }
        _ => Ok(()),
    }
}

/// A record with the names of its columns.
struct Row<'h> {
    names: &'h [String],
    values: Vec<String>,
}

impl Row<'_> {
    fn get(&self, name: &str) -> Option<&String> {
        self.values.get(self.names.iter().position(|n| n == name)?)
    }
}

impl Record for Row<'_> {
    fn text(&self, selector: &str) -> Option<String> {
        self.get(selector).filter(|t| !t.is_empty()).cloned()
    }

    fn put(&self, selector: &str, ty: &str, to: &mut Builder) -> Result<(), String> {
        match self.get(selector) {
            Some(text) if ty == "utf8" => to.text(text),
            Some(text) => to.value(from_text(text, ty)?),
            None => to.value(Value::Null),
        }
        Ok(())
    }

    fn has(&self, selector: &str) -> bool {
        self.names.iter().any(|n| n == selector)
    }

    fn names(&self) -> Vec<String> {
        self.names.to_vec()
    }
}

/// Stands for any byte of a character that cannot be structure.
const NOT_ASCII: u8 = 0x80;

/// Names of the columns, in the file's order, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header(pub Vec<String>);

/// The first record of a file. Rule `csv.header` for a repeated name, `csv.quote` for a quote left open.
pub fn header(bytes: &[u8], delimiter: u8) -> Result<Header, Wrong> {
    let names = fields(text(bytes)?, delimiter)?;
    let earlier = |(i, name): (usize, &String)| Some((i, names.iter().take(i).position(|n| n == name)?));
    match names.iter().enumerate().find_map(earlier) {
        Some((i, first)) => {
            let say = format!("column {} repeats the name of column {}", i + 1, first + 1);
            Err(Wrong::new("csv.header", say))
        }
        None => Ok(Header(names)),
    }
}

/// One value per column of `header`. Rule `csv.ragged` for another number of them.
pub fn record(bytes: &[u8], delimiter: u8, header: &Header) -> Result<Vec<String>, Wrong> {
    let text = text(bytes)?;
    let values = fields(text, delimiter)?;
    if values.len() == header.0.len() {
        return Ok(values);
    }
    let say = format!("{} values, the header names {} columns", values.len(), header.0.len());
    Err(Wrong::new("csv.ragged", say).at(line_at(bytes, text.len() - behind_blank(text).len())))
}

/// The fields of one record, which may stand between blank lines.
fn fields(text: &str, delimiter: u8) -> Result<Vec<String>, Wrong> {
    let line = behind_blank(text.strip_prefix(BOM).unwrap_or(text)).trim_end_matches(['\r', '\n']);
    if !line.contains('"') {
        return Ok(line.split(char::from(delimiter)).map(str::to_string).collect());
    }
    unquoted(line, delimiter)
}

/// The fields of a record that has quotes, walked by the same grammar that told where the record ends.
fn unquoted(line: &str, delimiter: u8) -> Result<Vec<String>, Wrong> {
    let (mut values, mut value, mut field) = (Vec::new(), String::new(), Field::Start);
    for c in line.chars() {
        let byte = if c.is_ascii() { c as u8 } else { NOT_ASCII };
        let next = field.step(byte, delimiter);
        match (field, next) {
            (Field::Start | Field::Begin, Field::Quoted) | (Field::Quoted, Field::Closing) => {}
            (_, Field::Begin) => values.push(std::mem::take(&mut value)),
            _ => value.push(c),
        }
        field = next;
    }
    if field == Field::Quoted {
        return Err(Wrong::new("csv.quote", "a quote is opened and never closed"));
    }
    values.push(value);
    Ok(values)
}

/// The text behind the blank lines that it begins with.
fn behind_blank(mut text: &str) -> &str {
    while let Some(rest) = text.strip_prefix('\n').or_else(|| text.strip_prefix("\r\n")) {
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::cut::text::split;

    fn names(bytes: &str) -> Header {
        header(bytes.as_bytes(), b',').unwrap()
    }

    #[test]
    fn headers() {
        assert_eq!(names("\u{feff}\"a b\",c\r\n").0, ["a b", "c"]);
        assert_eq!(names("\n\r\na,\n").0, ["a", ""]);
        let repeated = header("\u{feff}a,b,a\n".as_bytes(), b',').unwrap_err();
        assert_eq!((repeated.rule, repeated.say.as_str()), ("csv.header", "column 3 repeats the name of column 1"));
        assert_eq!(header(b"a\tb\n", b'\t').unwrap().0, ["a", "b"]);
    }

    #[test]
    fn values() {
        let head = names("a,b\n");
        let read = |bytes: &str| record(bytes.as_bytes(), b',', &head);
        assert_eq!(read("\"x\n\"\"y\"\"\", z \r\n").unwrap(), ["x\n\"y\"", " z "]);
        assert_eq!(read("5\" disk,\n\n").unwrap(), ["5\" disk", ""]);
        assert_eq!(read("\"\",\"\r\n\"\r\n").unwrap(), ["", "\r\n"]);
        let ragged = read("\r\n1,2,3\n").unwrap_err();
        assert_eq!((ragged.rule, ragged.line), ("csv.ragged", 2));
        assert_eq!(ragged.say, "3 values, the header names 2 columns");
        assert_eq!(read("1,\"2\n3,4\n").unwrap_err().rule, "csv.quote");
        assert_eq!(record(b"\xb1\xe8,1\n", b',', &head).unwrap_err().rule, "encoding");
    }

    #[test]
    fn tabs_have_quotes_too() {
        let head = header(b"a\tb\n", b'\t').unwrap();
        assert_eq!(record(b"\"x\ty\"\t1,5\n", b'\t', &head).unwrap(), ["x\ty", "1,5"]);
    }

    /// The splitter's grammar and the crate's agree on where records end and what is in them.
    #[test]
    fn the_crate_agrees() {
        const PIECES: [&str; 6] = ["a", ",", "\"", "\n", "b c", "\"\""];
        for n in 0..PIECES.len().pow(6) {
            let text: String = (0..6).map(|i| PIECES[n / PIECES.len().pow(i) % PIECES.len()]).collect();
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .terminator(csv::Terminator::Any(b'\n'))
                .from_reader(text.as_bytes());
            let theirs: Vec<Vec<String>> =
                reader.records().map(|r| r.unwrap().iter().map(str::to_string).collect()).collect();
            let mut rest = text.as_str();
            let mut ours = Vec::new();
            for record in split(&Split::Csv { delimiter: b',' }, text.as_bytes(), u64::MAX) {
                let (bytes, after) = rest.split_at(record.len as usize);
                ours.push(fields(bytes, b','));
                rest = after;
            }
            if ours.iter().all(Result::is_ok) {
                let ours: Vec<Vec<String>> = ours.into_iter().map(Result::unwrap).collect();
                assert_eq!(ours, theirs, "{text:?}");
            } else {
                assert_eq!(ours.len(), theirs.len(), "{text:?}");
            }
        }
    }
}

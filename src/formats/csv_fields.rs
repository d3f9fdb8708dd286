//! The values of a record of CSV, and the names in a header, by a dialect.
use super::cut::quoted::{Dialect, Field, line_end, separator};
use super::encoding::{self, BOM, Wrong, line_at, not_wide};
use super::options::{Choice, Takes};
use super::swallowed;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

pub const NAMES: Choice = Choice {
    name: "names",
    doc: "the names of all columns, for files without a header. Default: the first record of a file names them.",
    takes: Takes::Texts,
};

pub const SKIP: Choice = Choice {
    name: "skip",
    doc: "how many lines stand at the top of each file that are no data, as a title or remarks; with `names` also the header that \
          these take the place of. Default 0.",
    takes: Takes::Whole { min: 0, max: 1000, default: 0 },
};

pub const TOTALS: Choice = Choice {
    name: "totals",
    doc: "what the first cell of a row says that sums up others, such as `합계` and `Total`: such a row is no sample. It is dropped \
          (`csv.total`) and counts for no loss. Default: nothing.",
    takes: Takes::Texts,
};

/// Whether a row is one of those that sum up others: the first of its cells that holds something says so.
pub fn is_total(values: &[String], totals: &[String]) -> bool {
    let first = values.iter().map(|value| value.trim()).find(|value| !value.is_empty());
    !totals.is_empty() && first.is_some_and(|first| totals.iter().any(|total| total.trim() == first))
}

/// Stands for any byte of a character that cannot be structure.
const NOT_ASCII: u8 = 0x80;

/// Names of the columns, in the file's order, each once; several may have none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header(pub Vec<String>);

/// The values of a record.
#[derive(Debug, Default, PartialEq)]
pub struct Values {
    pub values: Vec<String>,
    /// Some value keeps quotes around it.
    pub kept: bool,
}

/// The first record of a file, behind a line `sep=;` if there is one. Rule `csv.header` for a repeated name or another
/// delimiter, `csv.quote` for a quote left open.
pub fn header(bytes: &[u8], encoding: &str, dialect: &Dialect) -> Result<Header, Wrong> {
    let text = encoding::decoded(bytes, encoding)?;
    not_wide(&text)?;
    let text = behind_skipped(&text, dialect.skip);
    if let Some((mark, _)) = separator(text.as_bytes()).filter(|(mark, _)| *mark != dialect.delimiter) {
        let say = format!("the first line says that `{}` parts the values: declare `delimiter`", char::from(mark));
        return Err(Wrong::new("csv.header", say));
    }
    let names = fields(behind_separator(text), dialect)?.values;
    let mut first: BTreeMap<&String, usize> = BTreeMap::new();
    let earlier = |(i, name)| match first.entry(name) {
        Entry::Occupied(first) => Some((i, *first.get())),
        Entry::Vacant(place) => {
            place.insert(i);
            None
        }
    };
    match names.iter().enumerate().filter(|(_, name)| !name.is_empty()).find_map(earlier) {
        Some((i, first)) => {
            let say = format!("column {} repeats the name of column {}", i + 1, first + 1);
            Err(Wrong::new("csv.header", say))
        }
        None => Ok(Header(names)),
    }
}

/// One value per column of `header`. Rule `csv.ragged` for another number of them.
pub fn record(bytes: &[u8], encoding: &str, dialect: &Dialect, header: &Header) -> Result<Values, Wrong> {
    let text = encoding::decoded(bytes, encoding)?;
    let own = behind_separator(&text);
    let first = line_at(text.as_bytes(), text.len() - behind_blank(own).len());
    let values = fields(own, dialect).map_err(|wrong| wrong.at(first))?;
    if values.values.len() == header.0.len() {
        return Ok(values);
    }
    let lines = behind_blank(own).trim_end_matches(['\r', '\n']).lines().count();
    let more = if lines > 1 { format!("; {}", swallowed::words(lines)) } else { String::new() };
    let say = format!("{} values, the header names {} columns{more}", values.values.len(), header.0.len());
    Err(Wrong::new("csv.ragged", say).at(first))
}

/// The values of a record as texts.
pub fn values(text: &str, dialect: &Dialect) -> Result<Vec<String>, Wrong> {
    fields(behind_separator(text), dialect).map(|read| read.values)
}

/// What stands behind lines that are no data.
pub fn behind_skipped(text: &str, lines: u16) -> &str {
    let end = (0..lines).fold(0, |at, _| line_end(text.as_bytes(), at));
    text.get(end..).unwrap_or_default()
}

/// What stands behind the line that says what parts the values. It is cut together with the record behind it.
fn behind_separator(text: &str) -> &str {
    let text = text.strip_prefix(BOM).unwrap_or(text);
    separator(text.as_bytes()).and_then(|(_, len)| text.get(len..)).unwrap_or(text)
}

/// The fields of one record, which may stand between blank lines.
pub fn fields(text: &str, dialect: &Dialect) -> Result<Values, Wrong> {
    let line = behind_blank(text.strip_prefix(BOM).unwrap_or(text)).trim_end_matches(['\r', '\n']);
    let marks = [dialect.quote, dialect.escape];
    if !line.bytes().any(|b| marks.contains(&Some(b))) {
        let values: Vec<String> = line.split(char::from(dialect.delimiter)).map(str::to_string).collect();
        let kept = values.iter().any(|v| is_kept(v, dialect));
        return Ok(Values { values, kept });
    }
    unquoted(line, dialect)
}

/// Whether a value that nothing was taken off begins and ends with a quote.
fn is_kept(value: &str, dialect: &Dialect) -> bool {
    let quote = char::from(dialect.quote.unwrap_or(b'"'));
    let bare = value.trim();
    bare.len() > 1 && bare.starts_with(quote) && bare.ends_with(quote)
}

/// The fields of a record that has quotes, walked by the same grammar that told where the record ends.
fn unquoted(line: &str, dialect: &Dialect) -> Result<Values, Wrong> {
    let (mut out, mut value, mut field, mut quoted) = (Values::default(), String::new(), Field::Start, false);
    let lines = line.lines().count();
    for c in line.chars() {
        let byte = if c.is_ascii() { c as u8 } else { NOT_ASCII };
        let next = field.step(byte, dialect);
        match (field, next) {
            (_, Field::Behind) => return Err(Wrong::new("csv.quote", behind(lines))),
            (Field::Escape { .. }, _) => {
                if !dialect.special(byte) {
                    value.extend(dialect.escape.map(char::from)); // it takes no meaning away, so it is data itself
                }
                value.push(c);
            }
            (_, Field::Escape { .. }) | (Field::Quoted, Field::Closing) => {}
            (Field::Start | Field::Return | Field::Begin, Field::Quoted) => quoted = true,
            (_, Field::Begin) => {
                out.kept |= !quoted && is_kept(&value, dialect);
                out.values.push(std::mem::take(&mut value));
                quoted = false;
            }
            _ => value.push(c),
        }
        field = next;
    }
    match field {
        Field::Quoted | Field::Escape { quoted: true } => {
            let say = format!("a quote is opened and never closed: {}", swallowed::words(lines));
            return Err(Wrong::new(if lines > 1 { "csv.endless" } else { "csv.quote" }, say));
        }
        Field::Escape { quoted: false } => value.extend(dialect.escape.map(char::from)),
        _ => {}
    }
    out.kept |= !quoted && is_kept(&value, dialect);
    out.values.push(value);
    Ok(out)
}

/// What is said of text behind a closing quote, which is where a quote that was meant as text ends, too.
fn behind(lines: usize) -> String {
    let more = if lines > 1 { format!("; {}", swallowed::words(lines)) } else { String::new() };
    format!(
        "text stands behind a closing quote{more}: a quote in a value is doubled, or `escape` or `quote` say otherwise"
    )
}

/// The text behind the blank lines that it begins with.
pub fn behind_blank(text: &str) -> &str {
    text.trim_start_matches(['\r', '\n'])
}

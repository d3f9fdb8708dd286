//! CSV by RFC 4180, and TSV as its media type has it: without quotes. Other dialects are declared: `delimiter`, `quote`,
//! `escape`, `names` (a file without a header), `skip` (lines above it), `encoding`. A quote opens at the start of a field only; elsewhere it is
//! text. A carriage return alone ends a record as a newline does; at the end of a record neither is ever data. A first line
//! `sep=;`, as spreadsheets write it, is no record: it belongs to the one behind it.
//!
//! Dropped records: `csv.empty` (a row of which no cell holds anything) and `csv.total` (a row that sums up others, as `totals` says), which count for no loss, `encoding`, `csv.header` (every record of a file whose header is wrong), `csv.ragged`, `csv.quote` (a
//! quote that is never closed, or text behind the closing one), `csv.endless` (a quote that is never closed and takes the rest
//! of the file with it: the file counts as lost). Finding: `csv.quotes` (a value keeps the quotes around it,
//! since they do not quote in this dialect).
use super::csv_fields::{Header, NAMES, SKIP, TOTALS, Values, behind_skipped, header, is_total, record, values};
use super::csv_look::{CSV_SAYS, TSV_SAYS, doubts};
use super::csv_write::WRITER;
use super::cut::members::ReadAt;
use super::cut::quoted::{Dialect, line_end};
use super::cut::text::lengths;
use super::cut::{Cut, Split};
use super::encoding::{self, ENCODING, Wrong};
use super::format::Format;
use super::infer::{BEYOND, HEAD};
use super::lines::{cut_text, each_record, each_unit};
use super::options::{Choice, Options, Takes};
use super::reader::{
    Ask, Offers, Reader, Record, Records, Seen, Selects, Unit, adds_nothing, as_declared, no_tokens, strip_bom,
};
use super::spelling::{DATE, DECIMAL, FALSE, NULL, Spelling, THOUSANDS, TRUE};
use super::swallowed::{EMPTY, TOTAL};
use crate::table::{Builder, Value};
use std::collections::BTreeMap;

const DELIMITER: Choice = Choice {
    name: "delimiter",
    doc: "what stands between two values, such as the semicolon of some spreadsheets. Default `,`.",
    takes: Takes::Mark { default: "," },
};
const TAB: Choice = Choice { takes: Takes::Mark { default: "\t" }, ..DELIMITER };
pub(super) const QUOTE: Choice = Choice {
    name: "quote",
    doc: "what opens and closes a value that holds delimiters or line ends; \"\" if nothing does. Default `\"`.",
    takes: Takes::Mark { default: "\"" },
};
const NO_QUOTE: Choice = Choice {
    name: "quote",
    doc: "what opens and closes a value that holds tabulators or line ends. Default: nothing does.",
    takes: Takes::Mark { default: "" },
};
const ESCAPE: Choice = Choice {
    name: "escape",
    doc: "what stands in front of a delimiter, a quote, a line end or itself that is data, such as `\\`. Default: nothing; \
          a quote is doubled.",
    takes: Takes::Mark { default: "" },
};

pub const CSV: Format = Format {
    options: &[DELIMITER, QUOTE, ESCAPE, NAMES, SKIP, TOTALS, ENCODING, NULL, TRUE, FALSE, DECIMAL, THOUSANDS, DATE],
    unfit: |options| unfit(options, &dialect(options, &DELIMITER, &QUOTE)),
    doubts: |options, len, read| doubts(options, &dialect(options, &DELIMITER, &QUOTE), CSV_SAYS, len, read),
    reader: Some(Reader {
        cut: |options| cut_text(options, Split::Csv(dialect(options, &DELIMITER, &QUOTE))),
        read: |ask, unit, out| read(ask, unit, out, &dialect(&ask.options, &DELIMITER, &QUOTE)),
        offers: Offers::Columns(|options, _, bytes| columns(options, &dialect(options, &DELIMITER, &QUOTE), bytes)),
        ..READER
    }),
    writer: Some(WRITER),
    ..Format::new("csv", "RFC 4180 with a header.")
};
pub const TSV: Format = Format {
    options: &[NO_QUOTE, ESCAPE, NAMES, SKIP, TOTALS, ENCODING, NULL, TRUE, FALSE, DECIMAL, THOUSANDS, DATE],
    unfit: |options| unfit(options, &dialect(options, &TAB, &NO_QUOTE)),
    doubts: |options, len, read| doubts(options, &dialect(options, &TAB, &NO_QUOTE), TSV_SAYS, len, read),
    reader: Some(Reader {
        cut: |options| cut_text(options, Split::Csv(dialect(options, &TAB, &NO_QUOTE))),
        read: |ask, unit, out| read(ask, unit, out, &dialect(&ask.options, &TAB, &NO_QUOTE)),
        offers: Offers::Columns(|options, _, bytes| columns(options, &dialect(options, &TAB, &NO_QUOTE), bytes)),
        ..READER
    }),
    ..Format::new("tsv", "Values parted by tabulators, with a header and without quotes.")
};

const READER: Reader = Reader {
    version: 5, // 2: dialects, carriage returns, spellings; 3: `sep=;`; 4: numbers that would be rounded; 5: empty rows, `8,000`
    uses: &[],
    cut: |_| Cut::Text(Split::Whole),
    id: "content",
    own_id: None,
    selects: Selects::Names,
    text: no_tokens,
    ty: as_declared,
    adds: adds_nothing,
    read: |_, _, _| {},
    offers: Offers::Nothing,
};

fn dialect(options: &Options, delimiter: &Choice, quote: &Choice) -> Dialect {
    Dialect {
        delimiter: options.mark(delimiter).unwrap_or(b','),
        quote: options.mark(quote),
        escape: options.mark(&ESCAPE),
        header: options.texts(&NAMES).is_empty(),
        skip: u16::try_from(options.whole(&SKIP)).unwrap_or(u16::MAX),
    }
}

fn unfit(options: &Options, d: &Dialect) -> Option<(&'static str, &'static str)> {
    let names = options.texts(&NAMES);
    if options.texts(&TOTALS).iter().any(|total| total.trim().is_empty()) {
        return Some(("totals", "a blank calls no row"));
    }
    if options.text(&DELIMITER).is_empty() {
        return Some(("delimiter", "something must part the values"));
    }
    if d.quote == Some(d.delimiter) {
        return Some(("quote", "the same as the delimiter"));
    }
    if d.escape == Some(d.delimiter) {
        return Some(("escape", "the same as the delimiter"));
    }
    if names.iter().enumerate().any(|(i, n)| names.iter().take(i).any(|m| m == n)) {
        return Some(("names", "one name stands twice"));
    }
    let half = |mark: u8| mark >= b'@' && encoding::halves(options.text(&ENCODING));
    if [Some(d.delimiter), d.quote, d.escape].into_iter().flatten().any(half) {
        return Some(("encoding", "in it the delimiter, the quote or the escape can be half of another character"));
    }
    Spelling::unfit(options)
}

fn read(ask: &Ask, unit: &Unit, out: &mut Records, dialect: &Dialect) {
    each_unit(ask, unit, out, |unit, encoding, out| {
        let whole = encoding::is_wide(ask.options.text(&ENCODING)) && (dialect.header || dialect.skip > 0);
        if !whole {
            return rows(ask, unit, encoding, out, dialect);
        }
        // the header of a whole file is its first record
        let len = lengths(&Split::Csv(*dialect), unit.bytes, ask.record_max).first().map_or(0, |len| *len as usize);
        let (head, bytes) = unit.bytes.split_at_checked(len).unwrap_or((unit.bytes, &[]));
        out.next(head);
        rows(ask, &Unit { bytes, context: Some(head).filter(|h| !h.is_empty()), ..*unit }, encoding, out, dialect);
    });
}

fn rows(ask: &Ask, unit: &Unit, encoding: &str, out: &mut Records, dialect: &Dialect) {
    let split = Split::Csv(*dialect);
    let (spelling, totals) = (Spelling::of(&ask.options), ask.options.texts(&TOTALS));
    let header = names(ask, unit, dialect, encoding);
    let names = header.as_ref().map_or(&[][..], |header| header.0.as_slice());
    let places: Places = names.iter().enumerate().rev().map(|(n, name)| (name.as_str(), n)).collect();
    if header.is_ok() {
        out.header(unit, names, |column| places.contains_key(column));
    }
    for (n, own) in each_record(ask, &split, unit.bytes) {
        out.next(own);
        let values = header.as_ref().map_err(Wrong::clone).and_then(|h| record(own, encoding, dialect, h));
        match (values, &header) {
            (Ok(Values { values, .. }), _) if is_empty(&values) => {
                out.reject(unit, n, &Wrong::new(EMPTY, "no cell of the row holds anything"));
            }
            (Ok(Values { values, .. }), _) if is_total(&values, &totals) => {
                out.reject(unit, n, &Wrong::new(TOTAL, "the row sums up others, as `totals` says"));
            }
            (Ok(Values { values, kept }), Ok(_)) => {
                let taken = out.take(unit, n, own, &Row { names, places: &places, values, spelling: &spelling });
                if taken && kept {
                    out.finding(unit, n, out.line, "csv.quotes", KEPT);
                }
            }
            (Err(wrong), _) => out.reject_line(unit, n, &wrong),
            (Ok(_), Err(_)) => {}
        }
    }
}

/// Whether a row of several cells holds nothing, as spreadsheets write them behind the last one.
fn is_empty(values: &[String]) -> bool {
    values.len() > 1 && values.iter().all(|value| value.trim().is_empty())
}

/// The columns of a file's header, or those that are declared. Nothing in them tells their types.
fn columns(options: &Options, dialect: &Dialect, read: &ReadAt) -> Result<Vec<Seen>, String> {
    let names = if dialect.header {
        let head = read(0, HEAD).map_err(|e| e.to_string())?;
        let wide = encoding::is_wide(options.text(&ENCODING));
        let (head, encoding) = match wide {
            true => (encoding::head(&head, options.text(&ENCODING)).into_owned(), "utf-8"),
            false => (head, options.text(&ENCODING)),
        };
        let len = lengths(&Split::Csv(*dialect), &head, HEAD).first().map_or(0, |len| *len as usize);
        if head.len() as u64 >= HEAD && (len == 0 || len == head.len()) {
            return Err(BEYOND.into());
        }
        let first = strip_bom(head.get(..len).unwrap_or_default());
        header(first, encoding, dialect).map_err(|wrong| wrong.say)?.0
    } else {
        options.texts(&NAMES)
    };
    Ok(names.into_iter().map(|name| (name, "utf8".to_string())).collect())
}

/// The dialect of CSV or of TSV that the keys declare.
pub fn declared(options: &Options, tsv: bool) -> Dialect {
    match tsv {
        true => dialect(options, &TAB, &NO_QUOTE),
        false => dialect(options, &DELIMITER, &QUOTE),
    }
}

/// The values of the first records of a file behind what is skipped, in the dialect that the keys declare, and how many lines
/// the file has up to their end.
pub fn top(options: &Options, tsv: bool, head: &[u8], records: usize) -> Option<(Vec<Vec<String>>, u16)> {
    let dialect = declared(options, tsv);
    let (mut rest, mut out, mut lines) = (head, Vec::new(), 0u16);
    for (n, len) in lengths(&Split::Csv(dialect), head, HEAD).into_iter().take(records).enumerate() {
        let (own, behind) = rest.split_at_checked(len as usize)?;
        rest = behind;
        let text = encoding::decoded(strip_bom(own), options.text(&ENCODING)).ok()?;
        let mut at = 0;
        while at < text.len() {
            at = line_end(text.as_bytes(), at);
            lines = lines.saturating_add(1);
        }
        out.push(values(behind_skipped(&text, if n == 0 { dialect.skip } else { 0 }), &dialect).ok()?);
    }
    Some((out, lines))
}

const KEPT: &str =
    "a value keeps the quotes around it: `quote` declares what quotes, and nothing may stand before a quote";

/// The names of the columns: as declared, else by the first record of the file.
fn names(ask: &Ask, unit: &Unit, dialect: &Dialect, encoding: &str) -> Result<Header, Wrong> {
    if !dialect.header {
        return Ok(Header(ask.options.texts(&NAMES)));
    }
    let missing = || Wrong::new("csv.header", "the file has no header");
    let bytes = unit.context.ok_or_else(missing)?;
    let wrong = |wrong: Wrong| Wrong { say: format!("in the header: {}", wrong.say), ..wrong }.at(0);
    if encoding != "utf-8" {
        encoding::decoded(bytes, encoding).map_err(wrong)?; // the mark of another encoding
    }
    let names = header(strip_bom(bytes), encoding, dialect).map_err(wrong)?;
    if !ask.seen.is_empty() && names.0.iter().all(|name| !ask.seen.contains(name)) {
        let say = "the header has none of the columns that the first files have";
        return Err(Wrong::new("csv.header", say).at(0));
    }
    Ok(names)
}

/// Where each column stands, the first of those without a name.
type Places<'h> = BTreeMap<&'h str, usize>;

/// A record with the names of its columns.
struct Row<'h> {
    names: &'h [String],
    places: &'h Places<'h>,
    values: Vec<String>,
    spelling: &'h Spelling,
}

impl Row<'_> {
    fn get(&self, name: &str) -> Option<&String> {
        self.values.get(*self.places.get(name)?)
    }
}

impl Record for Row<'_> {
    fn text(&self, selector: &str) -> Option<String> {
        self.get(selector).filter(|t| !t.is_empty() && !self.spelling.is_null(t)).cloned()
    }

    fn put(&self, selector: &str, ty: &str, to: &mut Builder) -> Result<(), String> {
        match self.get(selector) {
            Some(text) if ty == "utf8" && !self.spelling.is_null(text) => to.text(text),
            Some(text) => to.value(self.spelling.value(text, ty)?),
            None => to.value(Value::Null),
        }
        Ok(())
    }

    fn has(&self, selector: &str) -> bool {
        self.places.contains_key(selector)
    }

    fn names(&self) -> Vec<String> {
        self.names.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::csv_fields::fields;
    use crate::formats::cut::text::split;

    const COMMAS: Dialect = Dialect::quoted(b',');
    const TABS: Dialect = Dialect { quote: None, ..Dialect::quoted(b'\t') };

    fn names(bytes: &str) -> Header {
        header(bytes.as_bytes(), "utf-8", &COMMAS).unwrap()
    }

    fn record(bytes: &[u8], dialect: &Dialect, header: &Header) -> Result<Vec<String>, Wrong> {
        super::record(bytes, "utf-8", dialect, header).map(|v| v.values)
    }

    #[test]
    fn headers() {
        assert_eq!(names("\u{feff}\"a b\",c\r\n").0, ["a b", "c"]);
        assert_eq!(names("\n\r\na,\n").0, ["a", ""]);
        let repeated = header("\u{feff}a,b,a\n".as_bytes(), "utf-8", &COMMAS).unwrap_err();
        assert_eq!((repeated.rule, repeated.say.as_str()), ("csv.header", "column 3 repeats the name of column 1"));
        assert_eq!(header(b"a\tb\n", "utf-8", &TABS).unwrap().0, ["a", "b"]);
    }

    #[test]
    fn values() {
        let head = names("a,b\n");
        let read = |bytes: &str| record(bytes.as_bytes(), &COMMAS, &head);
        assert_eq!(read("\"x\n\"\"y\"\"\", z \r\n").unwrap(), ["x\n\"y\"", " z "]);
        assert_eq!(read("5\" disk,\n\n").unwrap(), ["5\" disk", ""]);
        assert_eq!(read("\"\",\"\r\n\"\r\n").unwrap(), ["", "\r\n"]);
        let ragged = read("\r\n1,2,3\n").unwrap_err();
        assert_eq!((ragged.rule, ragged.line), ("csv.ragged", 2));
        assert_eq!(ragged.say, "3 values, the header names 2 columns");
        assert_eq!(read("1,\"2\n3,4\n").unwrap_err().rule, "csv.endless");
        assert_eq!(read("1,\"2\n").unwrap_err().rule, "csv.quote");
        assert_eq!(record(b"\xb1\xe8,1\n", &COMMAS, &head).unwrap_err().rule, "encoding");
    }

    #[test]
    fn tabs_have_no_quotes_and_what_looks_like_them_is_told() {
        let head = header(b"a\tb\n", "utf-8", &TABS).unwrap();
        let read = |bytes: &str| super::record(bytes.as_bytes(), "utf-8", &TABS, &head).unwrap();
        assert_eq!(read("\"We left\t1,5\n"), Values { values: vec!["\"We left".into(), "1,5".into()], kept: false });
        assert!(read("\"Yes\"\t1\n").kept);
        let quoted = Dialect::quoted(b'\t');
        assert_eq!(record(b"\"x\ty\"\t1,5\n", &quoted, &head).unwrap(), ["x\ty", "1,5"]);
    }

    #[test]
    fn text_behind_a_closing_quote_is_no_record() {
        let head = names("a,b\n");
        let read = |bytes: &str, dialect: &Dialect| record(bytes.as_bytes(), dialect, &head);
        for text in ["1,\"2\\\" pipe\"\n", "\"a\"b,1\n", "\"a\" ,1\n"] {
            assert_eq!(read(text, &COMMAS).unwrap_err().rule, "csv.quote", "{text}");
        }
        let escaped = Dialect { escape: Some(b'\\'), ..COMMAS };
        assert_eq!(read("1,\"2\\\" pi\\pe\"\n", &escaped).unwrap(), ["1", "2\" pi\\pe"]);
        assert_eq!(read("a\\,b,\\N\n", &escaped).unwrap(), ["a,b", "\\N"]);
        let spaced = super::record(b"1, \"x\"\n", "utf-8", &COMMAS, &head).unwrap();
        assert!(spaced.kept && spaced.values == ["1", " \"x\""]);
        assert!(!super::record(b"1,\"\"\"x\"\"\"\n", "utf-8", &COMMAS, &head).unwrap().kept);
    }

    #[test]
    fn values_in_another_encoding() {
        let head = Header(vec!["a".into(), "b".into()]);
        let (bytes, _, _) = encoding_rs::EUC_KR.encode("똠방각하;호\n");
        let semicolons = Dialect::quoted(b';');
        assert_eq!(super::record(&bytes, "cp949", &semicolons, &head).unwrap().values, ["똠방각하", "호"]);
        assert_eq!(super::record(b"\xff\xff;1\n", "cp949", &semicolons, &head).unwrap_err().rule, "encoding");
    }

    #[test]
    fn carriage_returns_alone_end_records() {
        let text = "a,b\r1,\"x\ry\"\r\r2,z\r\n3,w\r";
        let records = split(&Split::Csv(COMMAS), text.as_bytes(), u64::MAX);
        assert_eq!(records.iter().map(|r| r.len).collect::<Vec<_>>(), [4, 8, 6, 4]);
        assert_eq!(record(b"\r2,z\r\n", &COMMAS, &names("a,b\r")).unwrap(), ["2", "z"]);
    }

    /// Lines above the header are passed over however the bytes come, and only at the top.
    #[test]
    fn lines_at_the_top_are_skipped() {
        let text = "A \"title\r\nof 2024\r\n\r\na,b\r\n1,2\r\n3,\"4\n5\"\r\n";
        for (header, skip, lens) in
            [(true, 2, vec![26, 5, 9]), (false, 4, vec![26, 5, 9]), (true, 0, vec![10, 9, 7, 5, 9])]
        {
            let dialect = Dialect { header, skip, ..COMMAS };
            let records = split(&Split::Csv(dialect), text.as_bytes(), u64::MAX);
            assert_eq!(records.iter().map(|r| r.len).collect::<Vec<_>>(), lens, "{header} {skip}");
            assert!(records[0].header && records.iter().skip(1).all(|r| !r.header));
            let mut pieces = Vec::new();
            let mut splitter = crate::formats::cut::text::Splitter::new(&Split::Csv(dialect), u64::MAX);
            text.as_bytes().chunks(3).for_each(|block| splitter.push(block, &mut pieces));
            splitter.finish(&mut pieces);
            assert_eq!(pieces, records);
        }
        let dialect = Dialect { skip: 2, ..COMMAS };
        assert_eq!(header(&text.as_bytes()[..26], "utf-8", &dialect).unwrap().0, ["a", "b"]);
        let further = split(&Split::Csv(dialect).further(), b"1,2\n3,4\n", u64::MAX);
        assert_eq!(further.len(), 2);
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
            for record in split(&Split::Csv(COMMAS), text.as_bytes(), u64::MAX) {
                let (bytes, after) = rest.split_at(record.len as usize);
                ours.push(fields(bytes, &COMMAS).map(|f| f.values));
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

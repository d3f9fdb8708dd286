//! Cutting a stream of bytes into records, block by block, without holding a record.
//!
//! Every byte belongs to exactly one record: blank lines (and, between CoNLL sentences, comments) go to the record
//! behind them, at the end of the file to the last one. So cutting the bytes of some consecutive records again, alone,
//! gives the same records, and a reader may be given any run of them. Only a file that holds nothing but such lines
//! has no record at all.
use super::quoted::{Dialect, Field, SEPARATOR_MAX, Skip, separator};
use super::warc::Frames;
use crate::digest::CutHasher;
use crate::formats::conll::sentence::{JUDGED, is_aside, is_blank};
use crate::formats::encoding;
use memchr::{memchr, memchr_iter, memchr2, memchr3};

/// What a splitter keeps of a line that goes on in the next block.
const HEAD: usize = JUDGED;
const BOM_LEN: u64 = encoding::BOM.len() as u64;

/// One record: where it ends, and what decides about cuts. Its bytes follow those of the record before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Bytes, with the terminator and the blank lines or comments before it.
    pub len: u64,
    /// Lines, counted like `len`: the next record starts that many lines further down.
    pub lines: u32,
    /// The cut hash of the bytes.
    pub hash: u64,
    /// Longer than allowed: not to be read.
    pub oversize: bool,
    /// The first record of what was cut as CSV. In a run from the middle of a file it is an ordinary record.
    pub header: bool,
}

/// Where records end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Split {
    /// A record per line that is not blank; a blank line is empty or one carriage return.
    Lines,
    /// RFC 4180: at a newline outside quotes, and at a carriage return alone.
    Csv(Dialect),
    /// CoNLL: at a blank line behind at least one token. In front of the first, lines that begin with `comment` are none.
    Blocks { comment: Option<String> },
    /// WARC: as long as the head of a record says. What is no page lies in front of the record behind it.
    Warc,
    /// All bytes are one record, even none.
    Whole,
}

/// The records of `bytes`; see [`Splitter`].
pub fn split(split: &Split, bytes: &[u8], record_max: u64) -> Vec<Record> {
    let mut records = Vec::new();
    let mut splitter = Splitter::new(split, record_max);
    splitter.push(bytes, &mut records);
    splitter.finish(&mut records);
    records
}

/// The lengths in bytes of the same records, for whoever needs no hashes.
pub fn lengths(split: &Split, bytes: &[u8], record_max: u64) -> Vec<u64> {
    let mut records = Vec::new();
    let mut splitter = Splitter { hashes: false, ..Splitter::new(split, record_max) };
    splitter.push(bytes, &mut records);
    splitter.finish(&mut records);
    records.iter().map(|r| r.len).collect()
}

/// What is counted of a record while its bytes go by.
#[derive(Clone, Default)]
struct Open {
    hasher: CutHasher,
    len: u64,
    newlines: u64,
    /// The last byte is not a newline: one more line has begun.
    torn: bool,
}

impl Open {
    fn take(&mut self, bytes: &[u8], newlines: u64, hashes: bool) {
        if let Some(last) = bytes.last() {
            if hashes {
                self.hasher.update(bytes);
            }
            self.len += bytes.len() as u64;
            self.newlines += newlines;
            self.torn = *last != b'\n';
        }
    }

    /// A carriage return ended the last line.
    fn end_line(&mut self) {
        self.newlines += 1;
        self.torn = false;
    }

    fn record(&self, record_max: u64, header: bool) -> Record {
        Record {
            len: self.len,
            lines: u32::try_from(self.newlines + u64::from(self.torn)).unwrap_or(u32::MAX),
            hash: self.hasher.finish(),
            oversize: self.len > record_max,
            header,
        }
    }
}

/// What a line means for the record it lies in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Blank,
    /// A comment or a document mark between CoNLL sentences.
    Aside,
    Content,
}

/// Takes a file's bytes in blocks of any size and gives its records, a record behind: the last one waits for what may
/// still join it.
pub struct Splitter {
    split: Split,
    record_max: u64,
    /// Whether cut hashes are wanted.
    hashes: bool,
    read: u64,
    open: Open,
    /// `open` holds more than blank lines and asides.
    solid: bool,
    /// The record before `open`, as it ended, and as it would be together with `open`.
    held: Option<(Record, Open)>,
    /// The start of a line that goes on in the next block.
    head: Vec<u8>,
    line_seen: bool,
    record_seen: bool,
    /// What is open begins with a line that says what parts the values.
    separated: bool,
    skip: Skip,
    field: Field,
    frames: Frames,
}

impl Splitter {
    /// `record_max` in bytes. Longer records are marked, and a quote left open in CSV ends at the next newline.
    pub fn new(split: &Split, record_max: u64) -> Splitter {
        Splitter {
            split: split.clone(),
            record_max,
            hashes: true,
            read: 0,
            open: Open::default(),
            solid: false,
            held: None,
            head: Vec::new(),
            line_seen: false,
            record_seen: false,
            separated: false,
            skip: Skip::of(if let Split::Csv(dialect) = split { dialect.skip } else { 0 }),
            field: Field::Start,
            frames: Frames::default(),
        }
    }

    /// The same for bytes that begin with a record from the middle of a file.
    pub fn within(self) -> Splitter {
        Splitter { line_seen: true, record_seen: true, read: BOM_LEN, skip: Skip::of(0), ..self }
    }

    /// The next bytes of the file; records that are complete go to `out`.
    pub fn push(&mut self, block: &[u8], out: &mut Vec<Record>) {
        match self.split {
            Split::Lines | Split::Blocks { .. } => self.push_lines(block, out),
            Split::Csv(dialect) => {
                let skipped = self.skip_lines(block, dialect.header);
                self.read += skipped as u64;
                let rest = block.get(skipped..).unwrap_or_default();
                self.push_csv(rest, &dialect, out);
                self.read -= skipped as u64;
            }
            Split::Warc => self.push_warc(block, out),
            Split::Whole => self.open.take(block, memchr_iter(b'\n', block).count() as u64, self.hashes),
        }
        self.read += block.len() as u64;
    }

    /// The end of the file: the rest of the records goes to `out`. The splitter is spent afterwards.
    pub fn finish(&mut self, out: &mut Vec<Record>) {
        if self.split == Split::Whole {
            return out.push(self.open.record(self.record_max, false));
        }
        if self.split == Split::Warc {
            self.finish_warc(out);
        }
        let lines = matches!(self.split, Split::Lines | Split::Blocks { .. });
        if lines && !self.head.is_empty() && self.judge(&self.head) == Line::Content {
            self.begin(out);
        }
        if self.solid {
            self.close();
        }
        if let Some((record, extended)) = self.held.take() {
            let joined = self.open.len > 0;
            out.push(if joined { extended.record(self.record_max, record.header) } else { record });
        }
    }

    /// The file breaks off here: the last record that is known to be whole goes to `out`.
    pub fn break_off(&mut self, out: &mut Vec<Record>) {
        out.extend(self.held.take().map(|(record, _)| record));
    }

    /// Content begins: what came before it belongs to this record, so the one before is complete.
    fn begin(&mut self, out: &mut Vec<Record>) {
        self.solid = true;
        out.extend(self.held.take().map(|(record, _)| record));
    }

    fn take(&mut self, bytes: &[u8], newlines: u64) {
        if !self.solid
            && let Some((_, extended)) = &mut self.held
        {
            extended.take(bytes, newlines, self.hashes);
        }
        self.open.take(bytes, newlines, self.hashes);
    }

    fn close(&mut self) {
        let first = !self.record_seen || std::mem::take(&mut self.separated);
        let header = matches!(self.split, Split::Csv(d) if d.header || d.skip > 0) && first;
        let open = std::mem::take(&mut self.open);
        self.held = Some((open.record(self.record_max, header), open));
        self.solid = false;
        self.record_seen = true;
    }

    fn push_lines(&mut self, block: &[u8], out: &mut Vec<Record>) {
        let mut rest = block;
        while let Some(end) = memchr(b'\n', rest) {
            let (line, after) = rest.split_at(end + 1);
            self.whole_line(line, out);
            rest = after;
        }
        if !rest.is_empty() {
            self.remember(rest);
            self.take(rest, 0);
        }
    }

    /// A line, or the rest of one, up to and with its newline.
    fn whole_line(&mut self, line: &[u8], out: &mut Vec<Record>) {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let means = if self.head.is_empty() {
            self.judge(text)
        } else {
            self.remember(text);
            self.judge(&self.head)
        };
        self.head.clear();
        self.line_seen = true;
        if means == Line::Content && !self.solid {
            self.begin(out);
        }
        self.take(line, 1);
        let ends = if self.split == Split::Lines { means == Line::Content } else { means == Line::Blank };
        if self.solid && ends {
            self.close();
        }
    }

    fn remember(&mut self, piece: &[u8]) {
        let room = HEAD - self.head.len().min(HEAD);
        self.head.extend(piece.iter().take(room));
    }

    fn judge(&self, line: &[u8]) -> Line {
        let mut line = line.get(..HEAD).unwrap_or(line);
        if !self.line_seen {
            line = line.strip_prefix(encoding::BOM.as_bytes()).unwrap_or(line);
        }
        match &self.split {
            Split::Blocks { .. } if is_blank(line) => Line::Blank,
            _ if line.is_empty() || line == b"\r" => Line::Blank,
            Split::Blocks { comment } if is_aside(line, comment.as_deref()) => Line::Aside,
            _ => Line::Content,
        }
    }

    /// Takes lines that are no data, so many bytes: they belong to the header behind them, or stand in its place.
    fn skip_lines(&mut self, block: &[u8], header: bool) -> usize {
        if self.skip.is_done() {
            return 0;
        }
        let (len, newlines) = self.skip.step(block);
        self.solid = len > 0 && !header && self.skip.is_done();
        self.take(block.get(..len).unwrap_or_default(), newlines);
        if self.solid {
            self.close();
        }
        len
    }

    fn push_csv(&mut self, block: &[u8], dialect: &Dialect, out: &mut Vec<Record>) {
        let (mut from, mut at, mut newlines) = (0, 0, 0);
        while let Some((next, byte)) = self.next_mark(block, at, dialect) {
            at = next + 1;
            if self.field == Field::Ended && byte != b'\n' {
                self.take_row(block.get(from..next).unwrap_or_default(), newlines);
                self.open.end_line();
                self.close_row();
                (from, newlines) = (next, 0);
            }
            let blank = self.field.blank();
            if blank && self.in_bom(next, byte) {
                continue;
            }
            let over = self.open.len + (at - from) as u64 > self.record_max;
            let before = self.field;
            self.field = before.step(byte, dialect);
            if blank && byte != b'\n' && !self.field.blank() {
                self.begin(out);
            }
            if byte == b'\n' {
                newlines += 1;
                if !blank && (over || self.field == Field::Start) {
                    self.take_row(block.get(from..at).unwrap_or_default(), newlines);
                    self.close_row();
                    (from, newlines) = (at, 0);
                }
            }
        }
        self.take_row(block.get(from..).unwrap_or_default(), newlines);
    }

    fn push_warc(&mut self, block: &[u8], out: &mut Vec<Record>) {
        let waiting = std::mem::take(&mut self.head);
        let joined = if waiting.is_empty() { Vec::new() } else { [&waiting, block].concat() };
        let mut rest = if waiting.is_empty() { block } else { &joined };
        while !rest.is_empty() {
            let Some(step) = self.frames.step(rest) else {
                self.head = rest.to_vec();
                return;
            };
            let (piece, after) = rest.split_at(step.len);
            if step.begins && !self.solid {
                self.begin(out);
            }
            self.take(piece, memchr_iter(b'\n', piece).count() as u64);
            if step.ends && self.solid {
                self.open.torn = false; // the record behind it begins on the same line
                self.close();
            }
            rest = after;
        }
    }

    /// The file ends within a head, or where a record could have begun.
    fn finish_warc(&mut self, out: &mut Vec<Record>) {
        let waiting = std::mem::take(&mut self.head);
        self.take(&waiting, 0);
        if self.frames.in_head() && !self.solid {
            self.begin(out);
        }
    }

    fn take_row(&mut self, bytes: &[u8], newlines: u64) {
        if !self.record_seen && self.head.len() < SEPARATOR_MAX {
            let room = SEPARATOR_MAX - self.head.len();
            self.head.extend(bytes.iter().take(room));
        }
        self.take(bytes, newlines);
    }

    /// The end of a record. A first line that says what parts the values belongs to the record behind it.
    fn close_row(&mut self) {
        self.field = Field::Start;
        let head = std::mem::take(&mut self.head);
        let own = head.strip_prefix(encoding::BOM.as_bytes()).unwrap_or(&head);
        if self.record_seen || separator(own).is_none_or(|(_, len)| len < own.len()) {
            self.close();
        } else {
            self.record_seen = true; // for the next line; it is still the first record
            self.separated = true;
        }
    }

    /// The next byte, from `at` on, that can change the state. In an open field that is a quote or the end of a line;
    /// whether a quote opens a field is then told by the byte before it.
    fn next_mark(&mut self, block: &[u8], at: usize, dialect: &Dialect) -> Option<(usize, u8)> {
        let rest = block.get(at..)?;
        let quote = dialect.quote.unwrap_or(b'\n');
        let skip = match self.field {
            _ if dialect.escape.is_some() => 0,
            Field::Plain | Field::Begin => {
                let skip = memchr3(quote, b'\r', b'\n', rest);
                match rest.get(..skip.unwrap_or(rest.len()))?.last() {
                    Some(last) if *last == dialect.delimiter => self.field = Field::Begin,
                    Some(_) => self.field = Field::Plain,
                    None => {}
                }
                skip?
            }
            Field::Quoted => memchr2(quote, b'\n', rest)?,
            _ => 0,
        };
        Some((at + skip, *rest.get(skip)?))
    }

    /// Whether the byte at `index` of this block is part of a byte order mark at the start of the file.
    fn in_bom(&self, index: usize, byte: u8) -> bool {
        let at = usize::try_from(self.read).unwrap_or(usize::MAX).saturating_add(index);
        encoding::BOM.as_bytes().get(at) == Some(&byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::cut_hash;

    const MAX: u64 = 1 << 20;

    fn blocks() -> Split {
        Split::Blocks { comment: Some("##".into()) }
    }

    fn csv() -> Split {
        Split::Csv(Dialect::quoted(b','))
    }

    fn texts(how: &Split, text: &str) -> Vec<String> {
        let mut rest = text.as_bytes();
        let mut out = Vec::new();
        for record in split(how, rest, MAX) {
            let (bytes, after) = rest.split_at(record.len as usize);
            assert_eq!(record.hash, cut_hash(bytes));
            out.push(String::from_utf8(bytes.to_vec()).unwrap());
            rest = after;
        }
        assert!(rest.is_empty() || out.is_empty());
        out
    }

    #[test]
    fn blank_lines_join_the_next_record_or_the_last() {
        assert_eq!(texts(&Split::Lines, "\n\ra\nb\r\n\r\n\nc\n\n\r\n"), ["\n\ra\n", "b\r\n", "\r\n\nc\n\n\r\n"]);
        assert_eq!(texts(&Split::Lines, "\u{feff}\na\n \nb"), ["\u{feff}\na\n", " \n", "b"]);
        assert_eq!(texts(&Split::Lines, "a\n\r"), ["a\n\r"]);
        assert!(texts(&Split::Lines, "\n\r\n").is_empty());
        assert!(texts(&Split::Lines, "").is_empty());
    }

    #[test]
    fn lines_are_counted() {
        let lines =
            |how: &Split, text: &str| split(how, text.as_bytes(), MAX).iter().map(|r| r.lines).collect::<Vec<_>>();
        assert_eq!(lines(&Split::Lines, "\n\na\nb"), [3, 1]);
        assert_eq!(lines(&Split::Lines, "a\n\n\r"), [3]);
        assert_eq!(lines(&csv(), "a,b\n\"x\ny\",z\n\n1,2"), [1, 2, 2]);
        assert_eq!(lines(&Split::Whole, "a\nb"), [2]);
    }

    #[test]
    fn csv_records_end_outside_quotes() {
        let text = "a,b\r\n\"x\n\"\"y\"\"\n\",1\n\n5\" disk,2\n\"a\"b\"\n";
        assert_eq!(texts(&csv(), text), ["a,b\r\n", "\"x\n\"\"y\"\"\n\",1\n", "\n5\" disk,2\n", "\"a\"b\"\n"]);
        assert_eq!(texts(&csv(), "\u{feff}\"a\nb\",c\n1,2\n\r\n"), ["\u{feff}\"a\nb\",c\n", "1,2\n\r\n"]);
        let headers: Vec<bool> = split(&csv(), b"\na\n1\n2\n", MAX).iter().map(|r| r.header).collect();
        assert_eq!(headers, [true, false, false]);
    }

    #[test]
    fn a_quote_left_open_ends_after_the_limit() {
        let text = "h\n\"abc\ndef\nghi\njkl\n1\n";
        let records = split(&csv(), text.as_bytes(), 8);
        assert_eq!(
            records.iter().map(|r| (r.len, r.oversize)).collect::<Vec<_>>(),
            [(2, false), (9, true), (4, false), (4, false), (2, false)]
        );
        assert!(split(&Split::Lines, b"123456789\n", 9)[0].oversize);
        assert!(!split(&Split::Lines, b"12345678\n", 9)[0].oversize);
    }

    #[test]
    fn sentences_end_at_empty_lines_only() {
        let text = "## head : \\t\n## x\tTAG\n\n## id\ta b\na\tO\n \tO\nb\tB-X\n\n\n## id2\tc\nc\tO\r\n\r\n## end\n\n";
        assert_eq!(
            texts(&blocks(), text),
            ["## head : \\t\n## x\tTAG\n\n## id\ta b\na\tO\n \tO\nb\tB-X\n\n", "\n## id2\tc\nc\tO\r\n\r\n## end\n\n"]
        );
        let plain = Split::Blocks { comment: None };
        assert_eq!(
            texts(&plain, "-DOCSTART- -X- O O\n\nEU B-ORG\n\nof O\n"),
            ["-DOCSTART- -X- O O\n\nEU B-ORG\n\n", "of O\n"]
        );
        let hash = Split::Blocks { comment: Some("#".into()) };
        assert_eq!(texts(&hash, "# id = 1\n#\tO\n\n#tag\tB-X\n"), ["# id = 1\n#\tO\n\n", "#tag\tB-X\n"]);
    }

    #[test]
    fn records_of_warc_are_as_long_as_they_say() {
        let record = |ty: &str, body: &str| {
            format!("WARC/1.0\r\nWARC-Type: {ty}\r\ncontent-length: {}\r\n\r\n{body}\r\n\r\n", body.len())
        };
        let (info, page, empty) =
            (record("warcinfo", "x: y"), record("response", "WARC/1.0\nno head"), record("resource", ""));
        let end = "\r\n\r\n";
        let cut = |text: &str| texts(&Split::Warc, text);
        let whole = |text: &str| text.strip_suffix(end).unwrap().to_string();
        assert_eq!(cut(&format!("{info}{page}{empty}")), [format!("{info}{}", whole(&page)), format!("{end}{empty}")]);
        // what is no page goes to the record behind it, at the end to the last one; where there is no page there is no record
        assert_eq!(cut(&format!("{page}{info}")), [format!("{page}{info}")]);
        assert!(cut(&info).is_empty());
        // a broken head takes what lies in front of the next one, and a head that breaks off is a record of its own
        let broken = "WARC/1.0\r\nWARC-Type: response\r\n\r\nlost\r\n";
        let all = cut(&format!("{broken}{page}WARC/1.0\r\nWARC-"));
        assert_eq!(all, [broken.to_string(), whole(&page), format!("{end}WARC/1.0\r\nWARC-")]);
        assert_eq!(cut("junk\nWAR"), ["junk\nWAR"]);
    }

    #[test]
    fn a_whole_file_is_one_record() {
        assert_eq!(texts(&Split::Whole, "a\n\nb"), ["a\n\nb"]);
        assert_eq!(split(&Split::Whole, b"", MAX)[0].len, 0);
    }

    /// A small generator of texts that are full of what decides.
    struct Draw(u64);

    impl Draw {
        fn below(&mut self, n: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % n as u64) as usize
        }

        fn text(&mut self) -> Vec<u8> {
            const WARC: &str = "WARC/1.0\nWARC-Type: ";
            const PIECES: [&str; 18] = [
                "\n",
                "\r\n",
                "\r",
                "\"",
                "\"\"",
                ",",
                "\t",
                "##",
                "## c",
                " \tO",
                "a\tB-X",
                "-DOCSTART-",
                "x",
                "김",
                WARC,
                "request\n",
                "response\n",
                "Content-Length: 3\n\n",
            ];
            let mut out = if self.below(4) == 0 { encoding::BOM.to_string() } else { String::new() };
            for _ in 0..self.below(40) {
                out.push_str(PIECES[self.below(PIECES.len())]);
            }
            out.into_bytes()
        }
    }

    #[test]
    fn block_sizes_do_not_matter_and_runs_split_alike() {
        let mut draw = Draw(0x9e37_79b9_7f4a_7c15);
        for round in 0..25_000 {
            let text = draw.text();
            let how = [Split::Lines, csv(), blocks(), Split::Warc, Split::Whole][round % 5].clone();
            let record_max = [MAX, 6][draw.below(2)];
            let whole = split(&how, &text, record_max);
            let mut pieces = Vec::new();
            let mut splitter = Splitter::new(&how, record_max);
            let mut rest = &text[..];
            while !rest.is_empty() {
                let (block, after) = rest.split_at(1 + draw.below(rest.len()));
                splitter.push(block, &mut pieces);
                rest = after;
            }
            splitter.finish(&mut pieces);
            assert_eq!(whole, pieces, "{how:?} {:?}", String::from_utf8_lossy(&text));
            let sum: u64 = whole.iter().map(|r| r.len).sum();
            assert!(whole.is_empty() || sum == text.len() as u64);
            runs_split_alike(&how, &text, &whole, record_max, &mut draw);
        }
    }

    fn runs_split_alike(how: &Split, text: &[u8], whole: &[Record], record_max: u64, draw: &mut Draw) {
        if whole.is_empty() {
            return;
        }
        let first = draw.below(whole.len());
        let last = first + draw.below(whole.len() - first);
        let start: u64 = whole[..first].iter().map(|r| r.len).sum();
        let end: u64 = start + whole[first..=last].iter().map(|r| r.len).sum::<u64>();
        let run = split(how, &text[start as usize..end as usize], record_max);
        let plain = |records: &[Record]| records.iter().map(|r| (r.len, r.lines, r.hash)).collect::<Vec<_>>();
        assert_eq!(plain(&run), plain(&whole[first..=last]), "{how:?} {:?}", String::from_utf8_lossy(text));
    }
}

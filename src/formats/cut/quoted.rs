//! The grammar of CSV (RFC 4180) byte by byte, for cutting a file into records and a record into values.

/// How the values of a file are parted and quoted. All of them are ASCII characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    pub delimiter: u8,
    /// What opens and closes a value that may hold delimiters and line ends; `None` where nothing does.
    pub quote: Option<u8>,
    /// In front of a delimiter, a quote, a line end or itself: that character is data.
    pub escape: Option<u8>,
    /// The first record names the columns.
    pub header: bool,
    /// Lines in front of it that are no data.
    pub skip: u16,
}

impl Dialect {
    /// RFC 4180 with another delimiter.
    pub const fn quoted(delimiter: u8) -> Dialect {
        Dialect { delimiter, quote: Some(b'"'), escape: None, header: true, skip: 0 }
    }

    /// Whether `byte` has a meaning other than itself, so that an escape in front of it takes the meaning away.
    pub fn special(&self, byte: u8) -> bool {
        matches!(byte, b'\n' | b'\r') || byte == self.delimiter || Some(byte) == self.quote || Some(byte) == self.escape
    }
}

/// Lines at the top of a file that are no data, as they go by.
#[derive(Clone, Copy, Debug)]
pub struct Skip {
    left: u16,
    /// A carriage return ended what was read of the line; a newline behind it belongs to it.
    returned: bool,
}

impl Skip {
    pub fn of(left: u16) -> Skip {
        Skip { left, returned: false }
    }

    pub fn is_done(&self) -> bool {
        self.left == 0
    }

    /// How many of the next bytes are such lines, and how many lines end in them.
    pub fn step(&mut self, block: &[u8]) -> (usize, u64) {
        let (mut at, mut ended) = (0, 0);
        while let Some(rest) = block.get(at..).filter(|rest| self.left > 0 && !rest.is_empty()) {
            if std::mem::take(&mut self.returned) {
                at += usize::from(rest.starts_with(b"\n"));
            } else {
                let Some(end) = memchr::memchr2(b'\n', b'\r', rest) else { return (block.len(), ended) };
                at += end + 1;
                self.returned = rest.get(end) == Some(&b'\r');
            }
            if !self.returned {
                self.left -= 1;
                ended += 1;
            }
        }
        (at, ended)
    }
}

/// Where the line ends that begins at `from`: a newline, a carriage return, or both; the end of the bytes where nothing does.
pub fn line_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let Some(end) = memchr::memchr2(b'\n', b'\r', rest) else { return bytes.len() };
    from + end + if rest.get(end..).is_some_and(|r| r.starts_with(b"\r\n")) { 2 } else { 1 }
}

/// How long a line may be that says what parts the values, with a byte order mark before it.
pub const SEPARATOR_MAX: usize = 16;

/// Whether bytes begin with a line `sep=;`, as spreadsheets write it in front of the header: the delimiter, and how many
/// bytes the line has.
pub fn separator(bytes: &[u8]) -> Option<(u8, usize)> {
    let line = bytes.get(..SEPARATOR_MAX).unwrap_or(bytes);
    let end = memchr::memchr2(b'\n', b'\r', line)?;
    let (text, rest) = line.split_at_checked(end)?;
    let bare = text.strip_prefix(b"\"").and_then(|t| t.strip_suffix(b"\"")).unwrap_or(text);
    let [s, e, p, b'=', mark] = *bare else { return None };
    let says = [s, e, p].eq_ignore_ascii_case(b"sep") && mark.is_ascii() && !mark.is_ascii_alphanumeric();
    let ends = if rest.starts_with(b"\r\n") { 2 } else { 1 };
    says.then_some((mark, end + ends))
}

/// Where in a record the next byte stands: the grammar that tells data from structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// At the start of a record.
    Start,
    /// Behind a carriage return at the start, which is a blank line.
    Return,
    /// At the start of a later field.
    Begin,
    Plain,
    Quoted,
    /// Behind a quote within quotes: their end, or the first half of a doubled one.
    Closing,
    /// In text that stands behind a closing quote.
    Behind,
    /// Behind an escape, outside or inside of quotes.
    Escape {
        quoted: bool,
    },
    /// Behind a carriage return that ends the record: a newline still belongs to it, any other byte does not.
    Ended,
}

impl Field {
    /// The state behind `byte`. A newline outside quotes leads to `Start`.
    pub fn step(self, byte: u8, d: &Dialect) -> Field {
        let is = |mark: Option<u8>| mark == Some(byte);
        match self {
            Field::Ended if byte != b'\n' => return Field::Start.step(byte, d),
            Field::Escape { quoted: true } => return Field::Quoted,
            Field::Escape { quoted: false } => return Field::Plain,
            // a doubled quote is one, also where it is its own escape
            Field::Quoted if is(d.escape) && d.escape != d.quote => return Field::Escape { quoted: true },
            Field::Quoted => return if is(d.quote) { Field::Closing } else { Field::Quoted },
            _ => {}
        }
        let opens = matches!(self, Field::Start | Field::Return | Field::Begin | Field::Closing);
        match byte {
            b'\n' => Field::Start,
            b'\r' if self.blank() => Field::Return,
            b'\r' => Field::Ended,
            _ if opens && is(d.quote) => Field::Quoted,
            _ if byte == d.delimiter => Field::Begin,
            _ if is(d.escape) && d.escape != d.quote => Field::Escape { quoted: false },
            _ if matches!(self, Field::Closing | Field::Behind) => Field::Behind,
            _ => Field::Plain,
        }
    }

    /// Whether the record holds nothing but blank lines so far.
    pub fn blank(self) -> bool {
        matches!(self, Field::Start | Field::Return)
    }
}

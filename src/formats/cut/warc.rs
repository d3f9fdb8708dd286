//! Where the records of a WARC file lie (WARC 1.1, ISO 28500:2017): a head of named fields, an empty line, and as many bytes as
//! `Content-Length` says. What is no page (`warcinfo`, `request`, `metadata`, ...) belongs to the record behind it, as comments do
//! in other formats.
//!
//! A head that cannot be read begins a broken record, which ends where a line begins with `WARC/`: what lies behind
//! the damage is found again.
use memchr::memchr;

/// The types of records that hold what was fetched.
pub const CONTENT: [&str; 3] = ["response", "resource", "conversion"];
/// How a head begins.
pub const MARK: &[u8] = b"WARC/";
/// Bytes of a head at most.
pub const HEAD_MAX: usize = 64 << 10;

/// The fields of a head of WARC or of HTTP.
pub struct Head<'h> {
    /// `WARC/1.0`, or the status line.
    pub first: &'h str,
    fields: Vec<(&'h str, &'h str)>,
}

impl<'h> Head<'h> {
    /// Reads a head up to its empty line. Lines that go on are not joined: no field that is read here does.
    pub fn read(bytes: &'h [u8]) -> Option<Head<'h>> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.lines();
        let first = lines.next()?.trim();
        let fields = lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.trim(), value.trim()));
        Some(Head { first, fields: fields.collect() })
    }

    /// The value of a field, whatever the case of its name.
    pub fn get(&self, name: &str) -> Option<&'h str> {
        let found = self.fields.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| *value).filter(|value| !value.is_empty())
    }

    /// The values of all fields of a name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &'h str> {
        self.fields.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// The names of its fields.
    pub fn names(&self) -> impl Iterator<Item = &'h str> {
        self.fields.iter().map(|(name, _)| *name)
    }

    /// How many bytes belong to the head; `None` where it is none of a record.
    pub fn length(&self) -> Option<u64> {
        self.get("WARC-Type").filter(|_| self.first.as_bytes().starts_with(MARK))?;
        self.get("Content-Length")?.parse().ok()
    }

    /// Whether the record holds what was fetched.
    pub fn is_content(&self) -> bool {
        self.get("WARC-Type").is_some_and(|ty| CONTENT.iter().any(|own| own.eq_ignore_ascii_case(ty)))
    }
}

/// Where the head ends that begins `bytes`: behind its empty line.
pub fn head_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(end) = memchr(b'\n', bytes.get(at..)?) {
        let line = bytes.get(at..at + end)?;
        at += end + 1;
        if line.is_empty() || line == b"\r" {
            return Some(at);
        }
    }
    None
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// In front of a record, or in its head.
    Head,
    /// So many bytes of a body are left.
    Body(u64),
    /// Behind the end of a line of a broken record, or within a line of it.
    Broken { at_line: bool },
}

/// Takes bytes in pieces and says what they mean for records.
pub struct Frames {
    state: State,
    /// The head so far, and where its last line begins.
    head: Vec<u8>,
    line: usize,
}

/// What the next bytes are.
pub struct Step {
    pub len: usize,
    /// A record that counts begins with what was taken since the last one ended.
    pub begins: bool,
    /// The record ends behind these bytes.
    pub ends: bool,
}

impl Default for Frames {
    fn default() -> Frames {
        Frames { state: State::Head, head: Vec::new(), line: 0 }
    }
}

impl Frames {
    /// What the bytes to come begin with; `None` where more of them are needed.
    pub fn step(&mut self, rest: &[u8]) -> Option<Step> {
        let line = memchr(b'\n', rest).map(|end| end + 1);
        match self.state {
            State::Head => Some(self.head(rest.get(..line.unwrap_or(rest.len()))?, line.is_some())),
            State::Body(left) => {
                let len = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                let left = left - len as u64;
                self.state = if left == 0 { State::Head } else { State::Body(left) };
                Some(Step { len, begins: false, ends: left == 0 })
            }
            State::Broken { at_line: true } if rest.starts_with(MARK) => {
                self.state = State::Head;
                Some(Step { len: 0, begins: false, ends: true })
            }
            State::Broken { at_line: true } if MARK.starts_with(rest) => None,
            State::Broken { .. } => {
                self.state = State::Broken { at_line: line.is_some() };
                Some(Step { len: line.unwrap_or(rest.len()), begins: false, ends: false })
            }
        }
    }

    /// Whether the bytes end within a head.
    pub fn in_head(&self) -> bool {
        !self.head.is_empty()
    }

    /// A line of a head, or a part of one.
    fn head(&mut self, piece: &[u8], whole: bool) -> Step {
        let plain = Step { len: piece.len(), begins: false, ends: false };
        self.head.extend(piece);
        if !whole && self.head.len() <= HEAD_MAX {
            return plain;
        }
        let line = self.head.get(self.line..).unwrap_or_default();
        let blank = line == b"\n" || line == b"\r\n";
        if self.line == 0 && blank {
            self.head.clear();
            return plain;
        }
        if self.head.len() > HEAD_MAX || !self.head.starts_with(MARK) {
            return self.broken(plain, whole);
        }
        if !blank {
            self.line = self.head.len();
            return plain;
        }
        let found = Head::read(&self.head).and_then(|head| Some((head.length()?, head.is_content())));
        let Some((length, begins)) = found else { return self.broken(plain, whole) };
        self.head.clear();
        self.line = 0;
        self.state = if length == 0 { State::Head } else { State::Body(length) };
        Step { begins, ends: length == 0, ..plain }
    }

    fn broken(&mut self, plain: Step, at_line: bool) -> Step {
        self.head.clear();
        self.line = 0;
        self.state = State::Broken { at_line };
        Step { begins: true, ..plain }
    }
}

//! The grammar of CSV (RFC 4180) byte by byte, for cutting a file into records and a record into values.

/// Where in a record the next byte stands: the grammar that tells data from structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// At the start of a record.
    Start,
    /// Behind a carriage return at the start: a blank line if a newline follows.
    Return,
    /// At the start of a later field.
    Begin,
    Plain,
    Quoted,
    /// Behind a quote within quotes: their end, or the first half of a doubled one.
    Closing,
}

impl Field {
    /// The state behind `byte`. A newline outside quotes leads to `Start`.
    pub fn step(self, byte: u8, delimiter: u8) -> Field {
        match (self, byte) {
            (Field::Quoted, b'"') => Field::Closing,
            (Field::Quoted, _) => Field::Quoted,
            (_, b'\n') => Field::Start,
            (Field::Start, b'\r') => Field::Return,
            (Field::Start | Field::Begin | Field::Closing, b'"') => Field::Quoted,
            (_, byte) if byte == delimiter => Field::Begin,
            _ => Field::Plain,
        }
    }

    /// Whether the record holds nothing but blank lines so far.
    pub fn blank(self) -> bool {
        matches!(self, Field::Start | Field::Return)
    }
}

//! What a kernel gives back: columns written, rows born, bytes made, and what there is to say of its rows.
use crate::digest::Digest;
use crate::table::ArrayRef;
use serde::Serialize;
use std::collections::BTreeMap;

/// What happened to a row, by which key of the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Changed, within what the manifest asked for.
    Change,
    /// Something wrong in the data; the sample stays.
    Finding,
    /// To be looked at by a person; held back where `[review] hold` says so.
    Review,
    /// To be looked at by a person; held back until then, whatever `[review] hold` says.
    Hold,
    /// Wrong, and the manifest says that the build fails of it.
    Fail,
    /// Leaves the data set; perhaps in favour of the sample of that id.
    Drop { kept: Option<String> },
    /// Folded into the sample of that id.
    Merge(String),
}

impl Act {
    /// Leaves the data set for its own sake.
    pub const DROP: Act = Act::Drop { kept: None };
}

/// One entry of the ledger: no content, only where, what, by which key, and words that hold no data before masking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub row: u32,
    /// Which record of the row's unit, for readers. For others which vote it is about, from 1, or 0: of a join the right
    /// row, else the place among the votes of the row that the step read.
    pub record: u32,
    /// Which line of the record, from 1; 0 where that is not known.
    pub line: u32,
    pub act: Act,
    /// The TOML key responsible, `preprocess.whitespace`.
    pub key: String,
    /// What kind of thing, `box.degenerate`.
    pub rule: String,
    pub say: String,
}

/// What a kernel changes. Columns that are not written are shared with the input by digest, never copied.
#[derive(Clone, Debug, Default)]
pub struct Delta {
    pub columns: BTreeMap<String, ArrayRef>,
    pub events: Vec<Event>,
    pub born: Born,
    /// Bytes made here, that cells of the columns name by digest.
    pub(crate) blobs: BTreeMap<Digest, Vec<u8>>,
}

/// Rows born: into another table, or into the same one as a partition of their own behind the parent's.
#[derive(Clone, Debug, Default)]
pub struct Born {
    /// The parent's row and which of its records, in ascending order.
    pub parents: Vec<(u32, u32)>,
    /// Columns, among them `id`.
    pub columns: BTreeMap<String, ArrayRef>,
}

impl Delta {
    pub fn write(&mut self, column: impl Into<String>, array: ArrayRef) {
        self.columns.insert(column.into(), array);
    }

    /// Keeps bytes, an image for example, and gives the digest that a cell names them by.
    pub fn blob(&mut self, bytes: Vec<u8>) -> Digest {
        let digest = Digest::of(&bytes);
        self.blobs.insert(digest, bytes);
        digest
    }

    pub fn event(
        &mut self,
        row: usize,
        act: Act,
        key: impl Into<String>,
        rule: impl Into<String>,
        say: impl Into<String>,
    ) {
        self.at(row, 0, act, key, rule, say);
    }

    /// Adds an event of a record within a reader's unit.
    pub fn at(
        &mut self,
        row: usize,
        record: usize,
        act: Act,
        key: impl Into<String>,
        rule: impl Into<String>,
        say: impl Into<String>,
    ) {
        let (row, record) = (row as u32, record as u32);
        self.events.push(Event { row, record, line: 0, act, key: key.into(), rule: rule.into(), say: say.into() });
    }

    /// Says which vote the event is about that was added last: the right row of a join, or the place among the row's votes.
    pub fn about(&mut self, vote: usize) {
        if let Some(e) = self.events.last_mut() {
            e.record = vote as u32 + 1;
        }
    }

    /// Says on which line of its record, from 1, the event stands that was added last.
    pub fn at_line(&mut self, line: u32) {
        if let Some(e) = self.events.last_mut() {
            e.line = line;
        }
    }
}

/// The parents of born rows as bytes: row and record, u32 each.
pub fn parents_bytes(parents: &[(u32, u32)]) -> Vec<u8> {
    parents.iter().flat_map(|(a, b)| [a.to_le_bytes(), b.to_le_bytes()].concat()).collect()
}

pub fn parents_of(bytes: &[u8]) -> Vec<(u32, u32)> {
    let pair = |b: &[u8; 8]| {
        let [a, b, c, d, e, f, g, h] = *b;
        (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]))
    };
    bytes.as_chunks::<8>().0.iter().map(pair).collect()
}

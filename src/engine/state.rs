//! Tables while they are built. Everything may be unknown: a plan walks the same steps as a build and leaves unknown
//! what a kernel would have to say.
use crate::digest::Digest;
use crate::stage::Act;
use crate::table::{DataType, Living};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An ordered list of partitions.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub types: BTreeMap<String, DataType>,
    pub parts: Vec<Part>,
}

/// A partition: digests, and which rows live. `None` is unknown; a column that is missing is null in every row.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Names the partition from step to step within one build; in no key.
    pub uid: String,
    pub rows: Option<u32>,
    pub columns: BTreeMap<String, Option<Digest>>,
    pub living: Option<Living>,
    pub origin: Option<Origin>,
    /// The value that regroup gathered these rows by.
    pub group: Option<String>,
    /// Partitions whose rows come from the same place have near numbers; for the order of work, in no key.
    pub near: u32,
}

/// Where the rows of a partition were born.
#[derive(Clone, Debug)]
pub struct Origin {
    pub step: usize,
    pub table: String,
    pub uid: String,
    /// The object with the parents: a row and a record of the row's unit for each row here.
    pub parents: Option<Digest>,
    /// The rows were born in the table of their parents, and stand behind them in the order of the data.
    pub same_table: bool,
    /// Rows that lived when they were born: a row that is dead has no children.
    pub alive: u32,
}

impl Part {
    /// A partition of which nothing is known but that there may be one.
    pub fn unknown(uid: String) -> Part {
        Part { uid, ..Part::default() }
    }

    pub fn alive(&self) -> u32 {
        self.living.as_ref().map_or(0, Living::count)
    }
}

/// What a kernel gave for one partition, as kept in the index.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<(String, Digest)>,
    /// The object with all events, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Digest>,
    /// Rows that may leave: (row, d drop, m merge, r review).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acts: Vec<(u32, char)>,
    /// Events by kind: findings (with fails and reviews), changes, fails, rejected records.
    #[serde(default, skip_serializing_if = "Counts::is_empty")]
    pub counts: Counts,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub born: Option<BornRows>,
    /// Bytes that the kernel made and that cells of its columns name, with their lengths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blobs: Vec<(Digest, u64)>,
    /// At Sample grain the object with the keys of its rows, so that they live as long as this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<Digest>,
}

impl Outcome {
    /// All objects that it speaks of and that its task makes.
    pub fn objects(&self) -> impl Iterator<Item = Digest> {
        let born = self.born.iter().flat_map(|b| b.columns.iter().map(|c| c.1).chain([b.parents]));
        let own = self.columns.iter().map(|c| c.1).chain(self.events).chain(self.summary);
        own.chain(born).chain(self.blobs.iter().map(|b| b.0))
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub findings: u32,
    pub changes: u32,
    pub fails: u32,
    pub drops: u32,
}

impl Counts {
    fn is_empty(&self) -> bool {
        *self == Counts::default()
    }

    pub fn add(&mut self, act: &Act) {
        match act {
            Act::Change => self.changes += 1,
            Act::Finding | Act::Review => self.findings += 1,
            Act::Fail => {
                self.findings += 1;
                self.fails += 1;
            }
            Act::Drop { .. } | Act::Merge(_) => self.drops += 1,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BornRows {
    pub rows: u32,
    pub columns: Vec<(String, Digest)>,
    pub parents: Digest,
}

/// Why a row is no longer there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bin {
    Dropped,
    Merged,
    Held,
    /// Left out for quick work (`--sample`).
    Sampled,
}

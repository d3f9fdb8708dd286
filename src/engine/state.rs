//! Tables while they are built. Everything may be unknown: a plan walks the same steps as a build and leaves unknown
//! what a kernel would have to say.
use super::gather::Decided;
use super::scan::Scanned;
use super::told::Answer;
use crate::digest::Digest;
use crate::stage::{Act, Fact, Fault, Kernel, OutFile};
pub use crate::stage::{parents_bytes, parents_of};
use crate::table::{DataType, Living};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An ordered list of partitions.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub types: BTreeMap<String, DataType>,
    pub parts: Vec<Partition>,
}

/// A partition: digests, and which rows live. `None` is unknown; a column that is missing is null in every row.
#[derive(Clone, Debug, Default)]
pub struct Partition {
    /// Names the partition from step to step within one build; in no key.
    pub uid: String,
    pub rows: Option<u32>,
    pub columns: BTreeMap<String, Option<Digest>>,
    pub living: Option<Living>,
    pub origin: Option<Origin>,
    /// The value that regroup gathered these rows by.
    pub group: Option<String>,
    /// Orders work: tasks on the same source get neighbouring numbers. Not part of any key.
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
    /// Where the parent of the first row here stands among them; not 0 where rows were cut anew.
    pub first: u32,
}

impl Partition {
    /// A partition of which nothing is known but that there may be one.
    pub fn unknown(uid: String) -> Partition {
        Partition { uid, ..Partition::default() }
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
    /// Events by kind: findings (with fails and reviews), changes, fails, rejected records; and samples with findings.
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
    /// Samples with a finding, each once; 0 beside findings where a store that is older did not count them.
    #[serde(default)]
    pub found: u32,
}

impl Counts {
    fn is_empty(&self) -> bool {
        *self == Counts::default()
    }

    pub fn add(&mut self, act: &Act) {
        match act {
            Act::Change => self.changes += 1,
            Act::Finding | Act::Review | Act::Hold => self.findings += 1,
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

pub type Tables = BTreeMap<String, Table>;

/// How a step went on one partition.
#[derive(Clone, Debug, Default)]
pub struct PartRun {
    pub uid: String,
    /// The columns that the step was given, as they were; `None` is unknown.
    pub reads: Vec<(String, Option<Digest>)>,
    pub before: Partition,
    /// What each of its kernels gave.
    pub outcomes: Vec<(Kernel, Digest, Arc<Outcome>)>,
    pub dead: Vec<(u32, Bin)>,
    /// Records that a reader was given.
    pub records: Option<u64>,
}

impl PartRun {
    pub fn counts(&self) -> Counts {
        total(self.outcomes.iter().map(|o| o.2.as_ref()))
    }
}

/// Which right rows go to which left partition.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Exchange {
    /// For each left partition: how many right rows, and the digests of their columns.
    pub buckets: Vec<(u32, Vec<Digest>)>,
    /// Right rows that match nothing: (partition, row).
    pub unmatched: Vec<(u32, u32)>,
    /// The right rows themselves: (partition, row), for each left partition.
    pub rows: Vec<Vec<(u32, u32)>>,
}

impl Exchange {
    /// The (partition, row) of a right row that was brought to a left partition.
    pub fn right_row(&self, left: usize, n: usize) -> Option<(u32, u32)> {
        self.rows.get(left)?.get(n).copied()
    }
}

/// How a step went.
#[derive(Default)]
pub struct StepRun {
    pub skipped: bool,
    pub parts: Vec<PartRun>,
    /// Tasks that were not known.
    pub runs: usize,
    /// Something that it reads is unknown.
    pub may: bool,
    pub facts: BTreeMap<String, Fact>,
    pub decided: Option<(Digest, Decided)>,
    pub files: Vec<OutFile>,
    pub roots: Option<(Digest, Digest)>,
    pub scanned: Option<Arc<Scanned>>,
    /// Right rows that matched nothing: (partition's name, row).
    pub unmatched: Vec<(String, u32)>,
    /// Which right rows each partition was given.
    pub met: Option<Exchange>,
    pub fault: Option<Fault>,
    /// Its tasks have run, so that its facts are known.
    pub settled: bool,
}

impl StepRun {
    pub fn answer(&self) -> Answer {
        match (self.runs, self.may) {
            (0, false) => Answer::Fresh,
            (0, true) => Answer::May,
            _ => Answer::Runs,
        }
    }

    /// How the step went on the partition of that name.
    pub fn part(&self, uid: &str) -> Option<&PartRun> {
        self.parts.iter().find(|p| p.uid == uid)
    }
}

/// What a walk came to.
#[derive(Default)]
pub struct Built {
    pub tables: Tables,
    pub runs: Vec<StepRun>,
}

impl Built {
    pub fn fresh(&self) -> bool {
        self.runs.iter().all(|r| r.answer() == Answer::Fresh && r.fault.is_none())
    }
}

/// Whether kernels may run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// None.
    Plan,
    /// Those that read files, so that a person can be told which records changed; in memory alone.
    Look,
    /// All.
    Build,
}

/// Sum of counts over outcomes.
fn total<'o>(outcomes: impl IntoIterator<Item = &'o Outcome>) -> Counts {
    outcomes.into_iter().fold(Counts::default(), |mut t, o| {
        t.findings += o.counts.findings;
        t.changes += o.counts.changes;
        t.fails += o.counts.fails;
        t.drops += o.counts.drops;
        t.found += o.counts.found;
        t
    })
}

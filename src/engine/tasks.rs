//! Work as data: what a kernel is to be run on, and who can make which bytes again.
use super::scan::Scanned;
use super::state::Table;
use crate::digest::Digest;
use crate::stage::{Fact, Kernel, Output};
use crate::table::{ArrayRef, DataType, Living};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Who can make a digest's bytes again.
#[derive(Clone)]
pub enum Producer {
    Nulls(DataType, u32),
    Literal(ArrayRef),
    /// Columns of a source's partition.
    Units(Arc<Scanned>, usize),
    Task(Arc<Task>),
    Gather(Arc<GatherTask>),
    Run(Arc<RunTask>),
    /// Rows of other columns, in an order of their own.
    Take(Arc<Take>),
    /// A column of parents, taken for each row born: the column, and the object with the parents.
    Born(Digest, Digest),
}

/// A kernel's work on one partition: a recipe's inputs, and what finds their bytes.
#[derive(Clone, Default)]
pub struct Task {
    pub step: usize,
    pub part: Option<Kernel>,
    pub rows: u32,
    pub reads: Vec<(String, Digest)>,
    /// Living rows, where the kernel is given only those.
    pub living: Option<Living>,
    pub slice: Option<Digest>,
    /// What a gather concluded of the whole table; then there is a slice too, if only an empty one.
    pub all: Option<Digest>,
    /// The columns of the right rows that match.
    pub bucket: Option<(u32, Vec<(String, Digest)>)>,
    /// Records in the partition's units, for readers.
    pub records: Option<u64>,
    /// The one row of a larger task, at Sample grain; in no key.
    pub one_row: bool,
    /// Tasks that read the same have near numbers; in no key.
    pub near: u32,
}

/// A gather's inputs: the summary of each partition and its living rows, and the table, whose order of rows is theirs.
pub struct GatherTask {
    pub step: usize,
    pub inputs: Vec<(Digest, Living)>,
    /// Which partition of the table each input is of.
    pub of: Vec<usize>,
    /// The table, where its order of rows is not that of its partitions.
    pub table: Option<Table>,
    pub facts: BTreeMap<String, Fact>,
}

/// A whole stage's inputs: each piece's group, row count and columns.
pub struct RunTask {
    pub step: usize,
    pub pieces: Vec<PieceTask>,
    pub facts: BTreeMap<String, Fact>,
}

/// What a whole stage gave: its output, the object with the keys of its files' sums, and the partitions of its table.
pub struct Whole {
    pub output: Output,
    pub sums: Digest,
    pub table: Vec<GivenRows>,
}

/// A partition of the table that a whole stage gave.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct GivenRows {
    pub rows: u32,
    pub columns: Vec<(String, Digest)>,
}

/// A piece of a whole stage's input: its group, its rows, its columns.
pub type PieceTask = (String, u32, Vec<(String, Digest)>);

/// `rows` of the concatenation named by (source, row).
pub struct Take {
    pub ty: DataType,
    pub sources: Arc<[Digest]>,
    pub rows: TakeRows,
}

/// Which rows: (source, row), held or as JSON that is read when they are taken.
#[derive(Clone)]
pub enum TakeRows {
    Held(Arc<[(u32, u32)]>),
    Text(Arc<RawValue>),
}

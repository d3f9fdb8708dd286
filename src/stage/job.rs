//! A kernel's work as data, and who has it done. A job names a line of the registry, its parameters and the digests of
//! what it may read, so that it means the same in this process, in another and on another machine.
use super::{Delta, Fault, Kernel, Kernels, Meter, Rows, Slice, Summary, Tools, matching, slice_of};
use crate::digest::Digest;
use crate::table::{self, Living};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// One kernel on one partition, or on one row of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job<'a> {
    /// The line of the registry, [`super::Entry::name`].
    pub entry: Cow<'a, str>,
    pub kernel: Kernel,
    pub version: u32,
    /// Canonical parameters, with the secret or the program where the kernel is given one.
    pub params: Cow<'a, str>,
    pub rows: u32,
    /// The columns that the kernel may read, by digest.
    pub reads: Cow<'a, [(String, Digest)]>,
    /// Which rows count, where the kernel is to look at no others.
    pub living: Option<Cow<'a, Living>>,
    /// What a gather decided of the partition's rows.
    pub slice: Option<Digest>,
    /// What it concluded of the whole table.
    pub all: Option<Digest>,
    /// The rows of the right table that a join meets.
    pub right: Option<Bucket<'a>>,
    /// A gather reads what the map sums up.
    pub sums_up: bool,
    #[serde(skip)]
    pub leaves: Leaves,
}

/// The right rows of a join: the left column and the right one that are compared, and the columns of the rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket<'a> {
    pub on: Cow<'a, str>,
    pub key: Cow<'a, str>,
    pub rows: u32,
    pub columns: Cow<'a, [(String, Digest)]>,
}

/// Whether a job may be done outside of this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leaves {
    /// It asks a program of the user's, or is given a secret.
    #[default]
    Never,
    /// It reads what nothing has masked.
    Raw,
    Freely,
}

/// What a job gave.
#[derive(Clone, Debug, Default)]
pub struct Made {
    pub delta: Delta,
    pub summary: Option<Summary>,
    /// It was done outside of this process, whose meter did not see the kernel.
    pub far: bool,
}

impl Job<'_> {
    /// Does it here.
    pub fn call(&self, kernels: &Kernels, meter: &Meter, tools: &dyn Tools) -> Result<Made, Fault> {
        let rows = rows_of(self.rows, &self.reads, tools).of_living(self.living.as_deref());
        let mut summary = Summary::default();
        let delta = match (kernels, self.kernel) {
            (Kernels::Row { map, .. }, Kernel::Map) => map(meter, &self.params, &rows, &mut summary)?,
            (Kernels::Row { apply, .. }, Kernel::Apply) => {
                let slice = self.slice.ok_or_else(|| Fault::Bug("apply without a slice".into()))?;
                let all = self.all.map(|d| tools.blob(d)).transpose()?.unwrap_or_default();
                let slice = Slice { all, rows: slice_of(&tools.blob(slice)?) };
                apply(meter, &self.params, &rows, &slice)?
            }
            (Kernels::Join { join }, Kernel::Join) => {
                let bucket = self.right.as_ref().ok_or_else(|| Fault::Bug("joins nothing".into()))?;
                let right = rows_of(bucket.rows, &bucket.columns, tools);
                let matches = matching::matches(&bucket.on, &bucket.key, &rows, &right)?;
                join(meter, &self.params, &rows, &matches, &right)?
            }
            _ => return Err(Fault::Bug("has no such kernel".into())),
        };
        Ok(Made { delta, summary: self.sums_up.then_some(summary), far: false })
    }

    /// How many rows its kernel is counted with.
    pub fn counted(&self) -> usize {
        self.living.as_ref().map_or(self.rows, |l| l.count()) as usize
    }

    /// Whether it names the column.
    pub fn names_column(&self, digest: Digest) -> bool {
        self.columns().any(|d| d == digest)
    }

    /// Whether it names the bytes: as a decision, in its parameters, or in a cell of its columns.
    pub fn names_bytes(&self, digest: Digest, tools: &dyn Tools) -> Result<bool, Fault> {
        if self.slice == Some(digest) || self.all == Some(digest) || self.params.contains(&digest.hex()) {
            return Ok(true);
        }
        for column in self.columns() {
            if table::names_blob(tools.column(column)?.as_ref(), &digest.0) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn columns(&self) -> impl Iterator<Item = Digest> {
        let right = self.right.iter().flat_map(|b| b.columns.iter());
        self.reads.iter().chain(right).map(|c| c.1)
    }
}

fn rows_of<'t>(n: u32, columns: &[(String, Digest)], tools: &'t dyn Tools) -> Rows<'t> {
    Rows::new(n as usize, columns.iter().map(|(n, d)| (n.clone(), (*d, None))).collect(), tools)
}

/// Jobs of one kernel that are to be done, in any order. A job is put together only for who asks for it: doing it here
/// costs no copy.
pub trait Batch: Sync {
    /// How many there are.
    fn jobs(&self) -> usize;
    fn job(&self, i: usize) -> Option<Job<'_>>;
    /// What a job may ask for.
    fn tools(&self) -> &dyn Tools;
    /// Does a job on this thread.
    fn here(&self, i: usize) -> Result<Made, Fault>;
    /// Takes what a job gave; called once for each.
    fn done(&self, i: usize, made: Result<Made, Fault>);
}

/// Who has work done.
pub trait Executor: Sync {
    /// Runs `work(0) .. work(n - 1)` in this process, in any order, perhaps at once, and returns when all are done.
    fn each(&self, n: usize, work: &(dyn Fn(usize) + Sync));

    /// Has the jobs done, in any order, perhaps at once, and returns when all are done.
    fn run(&self, batch: &dyn Batch) {
        self.each(batch.jobs(), &|i| batch.done(i, batch.here(i)));
    }
}

impl std::fmt::Debug for dyn Executor + Send + Sync {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an executor")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_its_text() {
        let (a, b) = (Digest::of(b"a"), Digest::of(b"b"));
        let reads = [("text".to_string(), a)];
        let living = Living::All(5).without([1, 4]);
        let columns = [("id".to_string(), b)];
        let right = Bucket { on: "id".into(), key: "item".into(), rows: 2, columns: columns.as_slice().into() };
        let job = Job {
            entry: "clean/x".into(),
            kernel: Kernel::Join,
            version: 3,
            params: format!("{{\"files\":[\"{}\"]}}", Digest::of(b"file")).into(),
            rows: 5,
            reads: reads.as_slice().into(),
            living: Some(Cow::Borrowed(&living)),
            slice: Some(Digest::of(b"slice")),
            all: None,
            right: Some(right),
            sums_up: true,
            leaves: Leaves::Never,
        };
        let text = serde_json::to_string(&job).unwrap();
        assert_eq!(serde_json::from_str::<Job>(&text).unwrap(), job);
        assert_eq!(job.counted(), 3);
        assert!(job.names_column(a) && job.names_column(b) && !job.names_column(Digest::of(b"c")));
    }

    #[test]
    fn bytes_are_named_by_decisions_parameters_and_cells() {
        struct Columns(crate::stage::testing::Bytes, table::ArrayRef);
        impl Tools for Columns {
            fn blob(&self, digest: Digest) -> Result<Vec<u8>, Fault> {
                self.0.blob(digest)
            }
            fn column(&self, _: Digest) -> Result<table::ArrayRef, Fault> {
                Ok(self.1.clone())
            }
            fn ask(&self, p: &crate::stage::Program, q: &crate::stage::Question) -> Result<Vec<u8>, Fault> {
                self.0.ask(p, q)
            }
            fn each(&self, n: usize, work: &(dyn Fn(usize) + Sync)) {
                self.0.each(n, work);
            }
            fn go_on(&self) -> Result<(), Fault> {
                Ok(())
            }
        }
        let (held, file) = (Digest::of(b"picture"), Digest::of(b"file"));
        let cells = [None, Some(held.0)].into_iter();
        let cells = arrow_array::FixedSizeBinaryArray::try_from_sparse_iter_with_size(cells, 32).unwrap();
        let tools = Columns(Default::default(), std::sync::Arc::new(cells));
        let reads = [("image".to_string(), Digest::of(b"column"))];
        let job = Job {
            entry: "x".into(),
            kernel: Kernel::Map,
            version: 1,
            params: format!("{{\"file\":\"{}\"}}", file.hex()).into(),
            rows: 2,
            reads: reads.as_slice().into(),
            living: None,
            slice: None,
            all: None,
            right: None,
            sums_up: false,
            leaves: Leaves::Freely,
        };
        assert_eq!(job.names_bytes(held, &tools), Ok(true));
        assert_eq!(job.names_bytes(file, &tools), Ok(true));
        assert_eq!(job.names_bytes(Digest::of(b"a secret"), &tools), Ok(false));
    }
}

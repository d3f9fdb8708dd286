//! What a kernel is given: rows of the declared columns, and the tools that are its only door to anything else.
use super::Fact;
use crate::digest::Digest;
use crate::table::{ArrayRef, Living};
pub use crate::world::{Limits, Program, Question};
use std::collections::BTreeMap;

/// The rows that a kernel is given: the declared columns as Arrow arrays.
/// At Partition grain, and on the left side of a join, these are all rows of a partition, dead ones too; elsewhere the
/// living ones.
pub struct Rows<'a> {
    n: usize,
    columns: BTreeMap<String, (Digest, Option<ArrayRef>)>,
    /// Which rows live, where the kernel is to look at no others.
    living: Option<&'a Living>,
    tools: &'a dyn Tools,
}

/// A kernel's only door to what is not in its rows. All of it is determined by digests and arguments, so that a result
/// that was made with it may be remembered.
pub trait Tools: Sync {
    /// The bytes behind a digest, verified while they are read.
    fn blob(&self, digest: Digest) -> Result<Vec<u8>, Fault>;
    /// The column behind a digest.
    fn column(&self, digest: Digest) -> Result<ArrayRef, Fault>;
    /// Asks a program of the user's and gives the lines of its answer with the one that ends it. The program stays for further
    /// questions, in any order. Only one that the user has trusted runs.
    fn ask(&self, program: &Program, question: &Question) -> Result<Vec<u8>, Fault>;
    /// Runs `work(0) .. work(n - 1)` in any order, perhaps at once, and returns when all are done.
    fn each(&self, n: usize, work: &(dyn Fn(usize) + Sync));
    /// Runs `work` once so many bytes of memory are free for it beside what other threads have in hand; more than there is
    /// at all runs alone. `work` may not ask for room itself.
    fn with_room(&self, bytes: u64, work: &mut dyn FnMut()) {
        let _ = bytes;
        work();
    }
    /// An error once somebody asked to stop; a long kernel asks now and then.
    fn go_on(&self) -> Result<(), Fault>;
}

/// What a kernel that looks at all rows may ask for beside them.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub tools: &'a dyn Tools,
    facts: &'a BTreeMap<String, Fact>,
}

impl<'a> Context<'a> {
    pub fn new(tools: &'a dyn Tools, facts: &'a BTreeMap<String, Fact>) -> Context<'a> {
        Context { tools, facts }
    }

    /// A fact of an earlier step that the ports name.
    pub fn fact(&self, name: &str) -> Result<&'a Fact, Fault> {
        self.facts.get(name).ok_or_else(|| Fault::Bug(format!("read the fact `{name}`, which it did not declare")))
    }
}

/// Why a kernel could not answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The world failed: a file vanished, a disk is full. Exit 3.
    World(String),
    /// The stage broke the contract. Exit 4.
    Bug(String),
    /// The user, or the machine, asked to stop with this exit code; what was done is kept.
    Stopped(i32),
}

impl<'a> Rows<'a> {
    pub fn new(n: usize, columns: BTreeMap<String, (Digest, Option<ArrayRef>)>, tools: &'a dyn Tools) -> Rows<'a> {
        Rows { n, columns, living: None, tools }
    }

    /// The same rows, of which only the living ones count.
    pub fn of_living(self, living: Option<&'a Living>) -> Rows<'a> {
        Rows { living, ..self }
    }

    /// How many rows count.
    pub fn counted(&self) -> usize {
        self.living.map_or(self.n, |l| l.count() as usize)
    }

    /// Whether a row counts: all do, unless the ports ask for living rows alone.
    pub fn counts(&self, row: usize) -> bool {
        self.living.is_none_or(|l| l.is(row as u32))
    }

    pub fn len(&self) -> usize {
        self.n
    }

    pub fn is_empty(&self) -> bool {
        self.n == 0
    }

    pub fn tools(&self) -> &'a dyn Tools {
        self.tools
    }

    /// The names of the declared columns, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().map(String::as_str)
    }

    /// A declared column. Reading another is a bug of the stage, which the engine reports by its name.
    pub fn column(&self, name: &str) -> Result<ArrayRef, Fault> {
        match self.columns.get(name) {
            Some((_, Some(array))) => Ok(array.clone()),
            Some((digest, None)) => self.tools.column(*digest),
            None => Err(Fault::Bug(format!("read the column `{name}`, which it did not declare"))),
        }
    }

    /// The digest of a declared column, without its bytes.
    pub fn digest(&self, name: &str) -> Result<Digest, Fault> {
        let bug = || Fault::Bug(format!("read the column `{name}`, which it did not declare"));
        self.columns.get(name).map(|(d, _)| *d).ok_or_else(bug)
    }

    /// The cells of a declared column as a noun of the field.
    pub fn cells<T: crate::table::Cell>(&self, name: &str) -> Result<Vec<Option<T>>, Fault> {
        Ok(crate::table::cells(self.column(name)?.as_ref()))
    }

    /// The same of a column that a step declares only where an earlier step writes it; without it all are null.
    pub fn cells_if_any<T: crate::table::Cell>(&self, name: &str) -> Result<Vec<Option<T>>, Fault> {
        if self.columns.contains_key(name) { self.cells(name) } else { Ok((0..self.n).map(|_| None).collect()) }
    }

    /// The texts of a declared column.
    pub fn texts(&self, name: &str) -> Result<Vec<Option<String>>, Fault> {
        let a = self.column(name)?;
        Ok(crate::table::texts(a.as_ref()).into_iter().map(|t| t.map(Into::into)).collect())
    }

    /// The bytes of a blob, verified while they are read.
    pub fn blob(&self, digest: Digest) -> Result<Vec<u8>, Fault> {
        self.tools.blob(digest)
    }
}

/// One partition of a regrouped table: which group it belongs to, and its rows.
pub struct Piece<'a> {
    pub group: String,
    pub rows: Rows<'a>,
}

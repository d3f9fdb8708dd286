//! The contract. A stage says which columns it reads and writes and gives pure kernels; it never sees a key, a cache,
//! a path of this machine, a thread, a partition number or another stage. The engine never sees a stage's types:
//! between a declaration and its kernels there is only canonical text, so a kernel cannot read what its key does not hold.
mod files;

use crate::diag::Diagnostic;
use crate::digest::Digest;
use crate::manifest::Manifest;
use crate::manifest::values::At;
use crate::table::{ArrayRef, DataType};
use crate::world::World;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

pub use crate::manifest::Declared;
pub use files::{Chunk, Content, OutFile, Output, Sums};

/// What a kernel's result depends on besides its input. A version per part: a new `gather` keeps every map.
#[derive(Clone, Copy, Debug)]
pub struct Card {
    pub grain: Grain,
    pub versions: &'static [(Part, u32)],
    /// `unicode 17.0`, `image 0.25`: what a result depends on outside of the stage; compared with Cargo.lock by a test.
    pub uses: &'static [&'static str],
    /// Puts the living rows into the key and leaves dead rows out, where they are too dear.
    pub living_only: bool,
}

impl Card {
    pub const fn new(grain: Grain, versions: &'static [(Part, u32)]) -> Card {
        Card { grain, versions, uses: &[], living_only: false }
    }

    pub const fn uses(self, uses: &'static [&'static str]) -> Card {
        Card { uses, ..self }
    }

    pub fn version(&self, part: Part) -> u32 {
        self.versions.iter().find(|(p, _)| *p == part).map_or(0, |(_, v)| *v)
    }
}

/// `Sample`: each row is remembered by itself (decoding, models); such a kernel must not see a row's neighbours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grain {
    Partition,
    Sample,
}

/// The kernels that a step may have.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Map,
    Gather,
    Apply,
    Join,
    Run,
}

impl Part {
    pub const ALL: [Part; 5] = [Part::Map, Part::Gather, Part::Apply, Part::Join, Part::Run];

    pub fn name(self) -> &'static str {
        ["map", "gather", "apply", "join", "run"][self as usize]
    }
}

/// What a step reads and writes. The graph is made of these alone: in registry order, each step reads the last writer
/// of each column of its table.
#[derive(Clone, Debug, Default)]
pub struct Ports {
    pub table: String,
    /// Read by `map`, `join` or `run`; `id` is given to every kernel's `Rows::ids` only if it is named here.
    pub reads: Vec<String>,
    /// Read by `apply`.
    pub apply_reads: Vec<String>,
    pub writes: Vec<(String, DataType)>,
    /// The step may drop, merge or hold rows.
    pub drops: bool,
    /// Rows born go to another table instead of behind their parents.
    pub into: Option<String>,
    pub right: Option<Right>,
}

/// The other side of a join: the engine brings to each partition exactly the right rows whose `key` is among `on`.
#[derive(Clone, Debug)]
pub struct Right {
    pub table: String,
    /// A text column of the right table.
    pub key: String,
    /// A text column, or a list of texts, of the left table.
    pub on: String,
    pub reads: Vec<String>,
    /// Say of right rows that match nothing: the rule and the key responsible; `None` where that is no matter.
    pub unmatched: Option<(String, String)>,
}

/// What the engine knows of one partition and gives to a kernel: the declared columns, as Arrow arrays.
/// At Partition grain all rows, dead ones too; elsewhere the living ones.
pub struct Rows<'a> {
    n: usize,
    columns: BTreeMap<String, (Digest, Option<ArrayRef>)>,
    blobs: &'a dyn Blobs,
}

/// Opens the bytes behind a digest.
pub trait Blobs: Sync {
    fn open(&self, digest: Digest) -> Result<Vec<u8>, Fault>;
    /// The column behind a digest.
    fn column(&self, digest: Digest) -> Result<ArrayRef, Fault>;
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
    pub fn new(n: usize, columns: BTreeMap<String, (Digest, Option<ArrayRef>)>, blobs: &'a dyn Blobs) -> Rows<'a> {
        Rows { n, columns, blobs }
    }

    pub fn len(&self) -> usize {
        self.n
    }

    pub fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// The names of the declared columns, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().map(String::as_str)
    }

    /// A declared column. Reading another is a bug of the stage, which the engine reports by its name.
    pub fn column(&self, name: &str) -> Result<ArrayRef, Fault> {
        match self.columns.get(name) {
            Some((_, Some(array))) => Ok(array.clone()),
            Some((digest, None)) => self.blobs.column(*digest),
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

    /// The bytes of a blob, verified while read.
    pub fn blob(&self, digest: Digest) -> Result<Vec<u8>, Fault> {
        self.blobs.open(digest)
    }
}

/// What happened to a row, by which key of the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Changed, within what the manifest asked for.
    Change,
    /// Something wrong in the data; the sample stays.
    Finding,
    /// To be looked at by a person; held back where `[review] hold` says so.
    Review,
    /// Wrong, and the manifest says that the build fails of it.
    Fail,
    /// Leaves the data set.
    Drop,
    /// Folded into the sample of that id.
    Merge(String),
}

/// One entry of the ledger: no content, only where, what, by which key, and words that hold no data before masking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub row: u32,
    /// Which record of the row's unit, for readers.
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

/// What a kernel changes. Columns not written are shared with the input by digest, never copied.
#[derive(Clone, Debug, Default)]
pub struct Delta {
    pub columns: BTreeMap<String, ArrayRef>,
    pub events: Vec<Event>,
    pub born: Born,
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

    /// An event of a record within a reader's unit.
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
}

impl Delta {
    /// The line, from 1, within its record of the event added last.
    pub fn at_line(&mut self, line: u32) {
        if let Some(e) = self.events.last_mut() {
            e.line = line;
        }
    }
}

/// Entries (key, row, value) of one partition; the engine sorts and merges those of all partitions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Keys and values one after another.
    bytes: Vec<u8>,
    /// Where each entry begins, the length of its key, its row, the length of its value.
    places: Vec<(usize, u32, u32, u32)>,
}

impl Summary {
    pub fn put(&mut self, key: impl AsRef<[u8]>, row: usize, value: impl AsRef<[u8]>) {
        let (key, value) = (key.as_ref(), value.as_ref());
        self.places.push((self.bytes.len(), key.len() as u32, row as u32, value.len() as u32));
        self.bytes.extend(key);
        self.bytes.extend(value);
    }

    /// Key, row and value of each entry, sorted.
    pub fn sorted(&self) -> Vec<(&[u8], u32, &[u8])> {
        let of = |&(at, key, row, value): &(usize, u32, u32, u32)| {
            let rest = self.bytes.get(at..).unwrap_or_default();
            let (key, rest) = rest.split_at_checked(key as usize).unwrap_or_default();
            (key, row, rest.get(..value as usize).unwrap_or_default())
        };
        let mut out: Vec<_> = self.places.iter().map(of).collect();
        out.sort_unstable();
        out
    }

    /// What a gather is given of a table of this one partition.
    #[cfg(test)]
    pub(crate) fn hits(&self) -> Box<dyn Iterator<Item = Hit<'_>> + '_> {
        Box::new(self.sorted().into_iter().map(|(key, row, value)| Hit {
            key: key.into(),
            value: value.into(),
            at: Spot::plain(0, row),
        }))
    }
}

/// One entry of all runs merged by (key, order of the data). `at` is opaque: decisions may not depend on where
/// partitions end.
#[derive(Clone, Debug)]
pub struct Hit<'h> {
    pub key: Cow<'h, [u8]>,
    pub value: Cow<'h, [u8]>,
    pub at: Spot,
}

/// A row of the table. Spots are ordered as the rows are in the data, whatever partitions these lie in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spot {
    /// Where the row stands in the order of the data.
    pub(crate) rank: u64,
    pub(crate) part: u32,
    pub(crate) row: u32,
}

impl Spot {
    /// A row of a table whose partitions stand in the order of the data.
    pub(crate) fn plain(part: u32, row: u32) -> Spot {
        Spot { rank: u64::from(part) << 32 | u64::from(row), part, row }
    }
}

/// Makes the merged stream anew.
pub type Merge<'a> = dyn Fn() -> Box<dyn Iterator<Item = Hit<'a>> + 'a> + 'a;

/// The merged stream, as often as wanted: first counts, then decisions; never a collection of all of them.
pub struct Hits<'a>(pub(crate) &'a Merge<'a>);

impl<'a> Hits<'a> {
    pub fn iter(&self) -> Box<dyn Iterator<Item = Hit<'a>> + 'a> {
        (self.0)()
    }
}

/// Decisions about samples, sparse, and the facts of the step.
#[derive(Default, Debug)]
pub struct Verdicts {
    /// By partition: `row u32, length u32, what was decided`, as they came.
    slices: BTreeMap<u32, Vec<u8>>,
    pub(crate) facts: BTreeMap<String, Fact>,
}

/// The decisions of one partition: row -> what was decided.
pub type Slice = BTreeMap<u32, Vec<u8>>;

/// A slice of its bytes: `row u32, length u32, what was decided`, in any order.
pub(crate) fn slice_of(bytes: &[u8]) -> Slice {
    let mut rest = bytes;
    let next = move || {
        let (row, after) = rest.split_first_chunk::<4>()?;
        let (len, after) = after.split_first_chunk::<4>()?;
        let (say, after) = after.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        rest = after;
        Some((u32::from_le_bytes(*row), say.to_vec()))
    };
    std::iter::from_fn(next).collect()
}

impl Verdicts {
    pub fn put(&mut self, at: Spot, say: impl AsRef<[u8]>) {
        let (slice, say) = (self.slices.entry(at.part).or_default(), say.as_ref());
        slice.extend(at.row.to_le_bytes());
        slice.extend((say.len() as u32).to_le_bytes());
        slice.extend(say);
    }

    /// The partitions on which something was decided.
    pub(crate) fn parts(&self) -> impl Iterator<Item = u32> {
        self.slices.keys().copied()
    }

    /// What was decided on a partition's rows; of several decisions on one the last.
    pub(crate) fn slice(&self, part: u32) -> Slice {
        self.slices.get(&part).map(|b| slice_of(b)).unwrap_or_default()
    }

    pub fn fact(&mut self, name: impl Into<String>, fact: impl Into<Fact>) {
        self.facts.insert(name.into(), fact.into());
    }
}

/// A named number of a step: integer, decimal text (never a float), or undefined with a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    Int(i64),
    Decimal(String),
    Undefined(String),
}

impl From<u64> for Fact {
    fn from(n: u64) -> Fact {
        Fact::Int(n as i64)
    }
}

impl std::fmt::Display for Fact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fact::Int(i) => write!(f, "{i}"),
            Fact::Decimal(d) => f.write_str(d),
            Fact::Undefined(why) => write!(f, "undefined ({why})"),
        }
    }
}

/// One partition of a regrouped table: which group it belongs to, and its rows.
pub struct Piece<'a> {
    pub group: String,
    pub rows: Rows<'a>,
}

/// Canonical parameters: every field skips its default when written, so a key added later re-runs nothing.
pub trait Params: Serialize + DeserializeOwned + Default {}
impl<T: Serialize + DeserializeOwned + Default> Params for T {}

/// A stage that has no parameters for a part.
#[derive(Serialize, Deserialize, Default, Clone, Debug)]
pub struct Nothing {}

/// Partition by partition, with at most one look at all of them in between.
pub trait RowStage {
    const CARD: Card;
    /// Three disjoint parameter sets: a threshold that only `gather` reads re-maps nothing.
    type Map: Params;
    type Gather: Params;
    type Apply: Params;
    fn map(p: &Self::Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault>;
    fn gather(_: &Self::Gather, _: &Hits, _: &mut Verdicts) -> Result<(), Fault> {
        Ok(())
    }
    fn apply(_: &Self::Apply, _: &Rows, _: &Slice) -> Result<Delta, Fault> {
        Ok(Delta::default())
    }
}

/// Rows of one table met by the rows of another: annotations onto samples, votes onto items.
pub trait JoinStage {
    const CARD: Card;
    type Join: Params;
    /// `matches[i]`: the rows of `right` that belong to left row `i`, in the order of (key, right id).
    fn join(p: &Self::Join, left: &Rows, matches: &[Vec<usize>], right: &Rows) -> Result<Delta, Fault>;
}

/// All at once: the last page of a release. The engine puts the files together, finds out their sums, and remembers
/// those of each file by what it is made of.
pub trait WholeStage {
    const CARD: Card;
    type Run: Params;
    fn run(p: &Self::Run, pieces: &[Piece]) -> Result<Output, Fault>;
    /// The files that tell of all others, whose sums are known now, and the root over them.
    fn seal(p: &Self::Run, files: &[OutFile]) -> Result<(Vec<OutFile>, Digest), Fault>;
}

/// Counts what ran: the only way to a kernel leads past it.
#[derive(Default, Debug)]
pub struct Meter {
    calls: [AtomicU64; 5],
    rows: [AtomicU64; 5],
}

impl Meter {
    fn count(&self, part: Part, rows: usize) {
        self.calls[part as usize].fetch_add(1, Ordering::Relaxed);
        self.rows[part as usize].fetch_add(rows as u64, Ordering::Relaxed);
    }

    /// (calls, rows) of a part.
    pub fn read(&self, part: Part) -> (u64, u64) {
        (self.calls[part as usize].load(Ordering::Relaxed), self.rows[part as usize].load(Ordering::Relaxed))
    }
}

type MapFn = fn(&Meter, &str, &Rows, &mut Summary) -> Result<Delta, Fault>;
type GatherFn = fn(&Meter, &str, usize, &Hits, &mut Verdicts) -> Result<(), Fault>;
type ApplyFn = fn(&Meter, &str, &Rows, &Slice) -> Result<Delta, Fault>;
type JoinFn = fn(&Meter, &str, &Rows, &[Vec<usize>], &Rows) -> Result<Delta, Fault>;
type RunFn = fn(&Meter, &str, &[Piece]) -> Result<Output, Fault>;
type SealFn = fn(&str, &[OutFile]) -> Result<(Vec<OutFile>, Digest), Fault>;

/// A stage's kernels without its types.
#[derive(Clone, Copy)]
pub enum Kernels {
    Row {
        map: MapFn,
        gather: GatherFn,
        apply: ApplyFn,
    },
    Join {
        join: JoinFn,
    },
    Whole {
        run: RunFn,
        seal: SealFn,
    },
    /// The engine's own: cuts the living rows of each value of a column anew (`Plan::regroup`).
    Regroup,
}

/// A line of the registry.
#[derive(Clone, Copy)]
pub struct Entry {
    /// What recipes call the kernels, `label/check`; never changes.
    pub name: &'static str,
    /// The key path, `collect.*` or `clean.exact_duplicates`; several entries of one path are one table's kernels.
    pub path: &'static str,
    pub card: Card,
    /// The JSON Schema of the table; the first entry of a path brings it.
    pub schema: Option<fn(&mut schemars::SchemaGenerator) -> schemars::Schema>,
    /// From the table to plans, or diagnostics. The table is absent for steps that are always there.
    pub declare: fn(&mut Check) -> Vec<Plan>,
    pub kernels: Kernels,
}

/// A step to be: named by the entry's path and `word`.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Empty for PATH itself, else PATH/WORD.
    pub word: String,
    pub ports: Ports,
    /// The canonical parameters of map, gather, apply (or join, or run), in that order.
    pub params: [String; 3],
    /// Units of files that the engine scans into the step's table.
    pub scan: Option<Source>,
    /// A small table made of the declaration or of a committed file; it stands for the step's right table.
    pub literal: Option<Literal>,
    pub regroup: Option<Regroup>,
    /// A whole stage's folder below `out/`.
    pub folder: Option<String>,
    /// Gates over this step's facts and counts.
    pub gates: Vec<Gate>,
    /// Columns that hold nothing personal once this step has written them.
    pub masks: Vec<String>,
    /// Files named in the manifest that a kernel may open: (path, digest, bytes).
    pub files: Vec<(String, Digest, u64)>,
}

/// The living rows of each value of a column that another column lets in, in table order, cut anew by the hash of their ids.
#[derive(Clone, Debug)]
pub struct Regroup {
    pub table: String,
    /// The column of the group's name; without one all rows are one group, `all`.
    pub by: Option<String>,
    /// A column of truth values: rows where it is not true are left out.
    pub only: String,
    pub window: usize,
}

/// A right table whose rows are known while declaring.
#[derive(Clone, Debug)]
pub struct Literal {
    pub table: String,
    pub columns: BTreeMap<String, ArrayRef>,
    /// Where the rows come from, for people: one `file:line` a row, or empty.
    pub lines: Vec<String>,
}

/// A bound on a fact, and where the manifest says so.
#[derive(Clone, Debug)]
pub struct Gate {
    pub key: String,
    pub fact: String,
    pub min: Option<crate::manifest::Decimal>,
    pub max: Option<crate::manifest::Decimal>,
    pub span: std::ops::Range<usize>,
    /// What to type to see more.
    pub look: String,
}

/// Files that become units: rows of (path, stem, blob, context, records, reject).
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// The collect instance or label source, for `dataset.lock` and messages.
    pub name: String,
    pub table: String,
    pub globs: Vec<String>,
    /// Where each glob stands.
    pub spans: Vec<std::ops::Range<usize>>,
    pub exclude: Vec<String>,
    pub split: crate::formats::lines::Split,
    pub record_max: u64,
    /// Images are dearer than small files: narrower windows.
    pub images: bool,
    pub span: std::ops::Range<usize>,
}

/// The columns of a unit table.
pub fn unit_types() -> Vec<(String, DataType)> {
    use crate::table::{blob, utf8};
    [
        ("id", utf8()),
        ("blob", blob()),
        ("context", DataType::Binary),
        ("path", utf8()),
        ("stem", utf8()),
        ("bytes", DataType::Int64),
        ("records", DataType::UInt32),
        ("reject", utf8()),
    ]
    .map(|(n, t)| (n.to_string(), t))
    .into()
}

/// What a declaration is checked against: its table and instance, and what earlier steps gave.
pub struct Check<'a> {
    pub manifest: &'a Manifest,
    pub world: &'a World,
    /// The key path with the instance's name: `collect.klue`.
    pub path: String,
    /// The instance, `klue`, or empty.
    pub instance: String,
    /// Where the table stands.
    pub span: std::ops::Range<usize>,
    pub table: Option<&'a Declared>,
    /// Columns known so far, by table.
    pub columns: &'a BTreeMap<String, BTreeMap<String, DataType>>,
    /// Columns that may hold personal data and have not been through `[privacy]`.
    pub raw: &'a std::collections::BTreeSet<String>,
    pub problems: Vec<Diagnostic>,
}

impl Check<'_> {
    /// The stage's declaration, or `None` with the problem noted.
    pub fn read<T: DeserializeOwned>(&mut self) -> Option<T> {
        let table = self.table?;
        match crate::manifest::read(table) {
            Ok(d) => Some(d),
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    /// A fixed section or another stage's table.
    pub fn section<T: DeserializeOwned + Default>(&self, path: &[&str]) -> T {
        self.manifest.table(path).and_then(|(_, v)| crate::manifest::read(v).ok()).unwrap_or_default()
    }

    pub fn bad(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// A file that the manifest names must be there.
    pub fn file(&mut self, path: &At<String>, what: &str) {
        let problem = match self.world.place(path) {
            None => Diagnostic::error("T0304", path.span(), format!("{what} lies outside of the project"))
                .label("paths are relative to dataset.toml and stay below it"),
            Some(_) if !self.world.is_file(path) => {
                Diagnostic::error("T0303", path.span(), format!("{what} is not there")).label("no such file")
            }
            Some(_) => return,
        };
        self.bad(problem);
    }

    /// A glob must be one, and stay below the manifest.
    pub fn glob(&mut self, glob: &At<String>) {
        if self.world.place(glob).is_none() {
            let problem = Diagnostic::error("T0304", glob.span(), "this path leaves the project");
            self.bad(problem.label("paths are relative to dataset.toml and stay below it"));
        } else if let Err(e) = globset::Glob::new(glob) {
            self.bad(Diagnostic::error("T0307", glob.span(), "this is no glob").label(e.kind().to_string()));
        }
    }

    /// The type of a column of a table, if an earlier step writes it.
    pub fn column(&self, table: &str, name: &str) -> Option<&DataType> {
        self.columns.get(table)?.get(name)
    }

    pub fn names(&self, table: &str) -> Vec<&str> {
        self.columns.get(table).map(|c| c.keys().map(String::as_str).collect()).unwrap_or_default()
    }
}

/// A row stage's kernels, erased.
pub const fn row<S: RowStage>() -> Kernels {
    Kernels::Row {
        map: |m, p, rows, summary| {
            m.count(Part::Map, rows.len());
            S::map(&parse(p)?, rows, summary)
        },
        gather: |m, p, n, hits, out| {
            m.count(Part::Gather, n);
            S::gather(&parse(p)?, hits, out)
        },
        apply: |m, p, rows, slice| {
            m.count(Part::Apply, rows.len());
            S::apply(&parse(p)?, rows, slice)
        },
    }
}

/// A join stage's kernel, erased.
pub const fn join<S: JoinStage>() -> Kernels {
    Kernels::Join {
        join: |m, p, left, matches, right| {
            m.count(Part::Join, left.len());
            S::join(&parse(p)?, left, matches, right)
        },
    }
}

/// A whole stage's kernel, erased.
pub const fn whole<S: WholeStage>() -> Kernels {
    Kernels::Whole {
        run: |m, p, pieces| {
            m.count(Part::Run, pieces.iter().map(|p| p.rows.len()).sum());
            S::run(&parse(p)?, pieces)
        },
        seal: |p, files| S::seal(&parse(p)?, files),
    }
}

fn parse<P: Params>(text: &str) -> Result<P, Fault> {
    serde_json::from_str(text).map_err(|e| Fault::Bug(format!("parameters do not read back: {e}")))
}

/// Canonical text of parameters: JSON with sorted keys, defaults left out by each field's `skip_serializing_if`.
pub fn text<P: Params>(p: &P) -> String {
    serde_json::to_value(p).map(|v| v.to_string()).unwrap_or_default()
}

/// Shorthand for lists of column names.
pub fn names<S: AsRef<str>>(of: &[S]) -> Vec<String> {
    of.iter().map(|s| s.as_ref().to_string()).collect()
}

/// `true` where a field holds its default, for `skip_serializing_if`.
pub fn is_default<T: Default + PartialEq>(t: &T) -> bool {
    *t == T::default()
}

/// Runs `work(0) .. work(n - 1)` in any order, perhaps at once, and returns when all are done.
pub trait Executor: Sync {
    fn each(&self, n: usize, work: &(dyn Fn(usize) + Sync));
}

//! The kinds of stages as traits, and how a stage's kernels lose their types: the engine calls function pointers that
//! read canonical parameters. There is no other way to a kernel, so what is counted here is what ran.
use super::{Context, Delta, Fault, Hits, OutFile, Output, Piece, Rows, Slice, Summary, Verdicts};
use crate::digest::Digest;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::sync::atomic::{AtomicU64, Ordering};

/// The kernels that a step may have.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kernel {
    Map,
    Gather,
    Apply,
    Join,
    Run,
}

impl Kernel {
    pub const ALL: [Kernel; 5] = [Kernel::Map, Kernel::Gather, Kernel::Apply, Kernel::Join, Kernel::Run];

    pub fn name(self) -> &'static str {
        ["map", "gather", "apply", "join", "run"][self as usize]
    }
}

/// `Sample`: each row is remembered by itself (decoding, models); such a kernel must not see a row's neighbours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grain {
    Partition,
    Sample,
}

/// What a kernel's result depends on besides its input. Made from a stage's own constants, so that it names exactly the
/// kernels that the stage has.
#[derive(Clone, Copy, Debug)]
pub struct Card {
    pub grain: Grain,
    /// A version per kernel, 0 for one that the stage does not have: a new `gather` keeps every map.
    versions: [u32; 5],
    /// `unicode 17.0`, `image 0.25`: what a result depends on outside of the stage; compared with Cargo.lock by a test.
    pub uses: &'static [&'static str],
}

impl Card {
    pub(super) const NONE: Card = Card { grain: Grain::Partition, versions: [0; 5], uses: &[] };

    pub fn version(&self, kernel: Kernel) -> u32 {
        self.versions[kernel as usize]
    }

    pub fn has(&self, kernel: Kernel) -> bool {
        self.version(kernel) > 0
    }

    /// The same card with the grain that a declaration chose.
    pub fn grained(self, grain: Option<Grain>) -> Card {
        Card { grain: grain.unwrap_or(self.grain), ..self }
    }

    /// The same card with another version of a kernel; for tests.
    pub fn raised(mut self, kernel: Kernel, version: u32) -> Card {
        self.versions[kernel as usize] = version;
        self
    }
}

/// Canonical parameters: every field skips its default when written, so a key added later re-runs nothing.
pub trait Params: Serialize + DeserializeOwned + Default {}
impl<T: Serialize + DeserializeOwned + Default> Params for T {}

/// The parameters of a kernel that takes none, or that a stage does not have.
#[derive(Serialize, Deserialize, Default, Clone, Debug)]
pub struct Nothing {}

/// A gather with its version.
pub type GatherPart<S> = (u32, fn(&<S as RowStage>::Gather, &Hits, &Context, &mut Verdicts) -> Result<(), Fault>);

/// An apply with its version.
pub type ApplyPart<S> = (u32, fn(&<S as RowStage>::Apply, &Rows, &Slice) -> Result<Delta, Fault>);

/// Partition by partition, with at most one look at all of them in between.
pub trait RowStage: Sized {
    const GRAIN: Grain = Grain::Partition;
    const USES: &'static [&'static str] = &[];
    /// The version of `map`, from 1.
    const MAP: u32;
    /// Looks at the summaries of all partitions.
    const GATHER: Option<GatherPart<Self>> = None;
    /// Lets decisions take effect on a partition.
    const APPLY: Option<ApplyPart<Self>> = None;
    /// Three disjoint parameter sets: a threshold that only the gather reads re-maps nothing.
    type Map: Params;
    type Gather: Params;
    type Apply: Params;
    fn map(p: &Self::Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault>;
}

/// Rows of one table met by the rows of another: annotations onto samples, votes onto items.
pub trait JoinStage {
    const USES: &'static [&'static str] = &[];
    /// The version of `join`, from 1.
    const JOIN: u32;
    type Join: Params;
    /// `matches[i]`: the rows of `right` that belong to left row `i`, in the order of (key, right id).
    fn join(p: &Self::Join, left: &Rows, matches: &[Vec<usize>], right: &Rows) -> Result<Delta, Fault>;
}

/// All rows at once: the last page of a release, training. The engine puts the files together, finds out their sums, and
/// remembers those of each file by what it is made of.
pub trait WholeStage {
    const USES: &'static [&'static str] = &[];
    /// The version of `run`, from 1.
    const RUN: u32;
    type Run: Params;
    fn run(p: &Self::Run, pieces: &[Piece], context: &Context) -> Result<Output, Fault>;
    /// The files that tell of all others, whose sums are known now, and the root over them; `None` for a stage that
    /// gives no files. It is given what `run` told besides ([`Output::told`]).
    fn seal(_: &Self::Run, _: &[OutFile], _: &str) -> Result<Option<(Vec<OutFile>, Digest)>, Fault> {
        Ok(None)
    }
}

/// Counts what ran: the only way to a kernel leads past it, and what ran elsewhere is added when it comes back.
#[derive(Default, Debug)]
pub struct Meter {
    calls: [AtomicU64; 5],
    rows: [AtomicU64; 5],
}

impl Meter {
    pub(crate) fn count(&self, kernel: Kernel, rows: usize) {
        self.calls[kernel as usize].fetch_add(1, Ordering::Relaxed);
        self.rows[kernel as usize].fetch_add(rows as u64, Ordering::Relaxed);
    }

    /// (calls, rows) of a kernel.
    pub fn read(&self, kernel: Kernel) -> (u64, u64) {
        (self.calls[kernel as usize].load(Ordering::Relaxed), self.rows[kernel as usize].load(Ordering::Relaxed))
    }
}

type MapFn = fn(&Meter, &str, &Rows, &mut Summary) -> Result<Delta, Fault>;
type GatherFn = fn(&Meter, &str, usize, &Hits, &Context, &mut Verdicts) -> Result<(), Fault>;
type ApplyFn = fn(&Meter, &str, &Rows, &Slice) -> Result<Delta, Fault>;
type JoinFn = fn(&Meter, &str, &Rows, &[Vec<usize>], &Rows) -> Result<Delta, Fault>;
type RunFn = fn(&Meter, &str, &[Piece], &Context) -> Result<Output, Fault>;
type SealFn = fn(&str, &[OutFile], &str) -> Result<Option<(Vec<OutFile>, Digest)>, Fault>;

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

/// A row stage's card and kernels.
pub(super) const fn row<S: RowStage>() -> (Card, Kernels) {
    let gather = match S::GATHER {
        Some((version, _)) => version,
        None => 0,
    };
    let apply = match S::APPLY {
        Some((version, _)) => version,
        None => 0,
    };
    let card = Card { grain: S::GRAIN, versions: [S::MAP, gather, apply, 0, 0], uses: S::USES };
    let kernels = Kernels::Row {
        map: |m, p, rows, summary| {
            m.count(Kernel::Map, rows.counted());
            S::map(&parse(p)?, rows, summary)
        },
        gather: |m, p, n, hits, context, out| {
            let (_, gather) = S::GATHER.ok_or_else(missing)?;
            m.count(Kernel::Gather, n);
            gather(&parse(p)?, hits, context, out)
        },
        apply: |m, p, rows, slice| {
            let (_, apply) = S::APPLY.ok_or_else(missing)?;
            m.count(Kernel::Apply, rows.len());
            apply(&parse(p)?, rows, slice)
        },
    };
    (card, kernels)
}

fn missing() -> Fault {
    Fault::Bug("has no such kernel".into())
}

/// A join stage's card and kernel.
pub(super) const fn join<S: JoinStage>() -> (Card, Kernels) {
    let kernels = Kernels::Join {
        join: |m, p, left, matches, right| {
            m.count(Kernel::Join, left.len());
            S::join(&parse(p)?, left, matches, right)
        },
    };
    (Card { grain: Grain::Partition, versions: [0, 0, 0, S::JOIN, 0], uses: S::USES }, kernels)
}

/// A whole stage's card and kernel.
pub(super) const fn whole<S: WholeStage>() -> (Card, Kernels) {
    let kernels = Kernels::Whole {
        run: |m, p, pieces, context| {
            m.count(Kernel::Run, pieces.iter().map(|p| p.rows.len()).sum());
            S::run(&parse(p)?, pieces, context)
        },
        seal: |p, files, told| S::seal(&parse(p)?, files, told),
    };
    (Card { grain: Grain::Partition, versions: [0, 0, 0, 0, S::RUN], uses: S::USES }, kernels)
}

fn parse<P: Params>(text: &str) -> Result<P, Fault> {
    serde_json::from_str(text).map_err(|e| Fault::Bug(format!("parameters do not read back: {e}")))
}

/// Canonical text of parameters: JSON with sorted keys, defaults left out by each field's `skip_serializing_if`.
pub fn text<P: Params>(p: &P) -> String {
    serde_json::to_value(p).map(|v| v.to_string()).unwrap_or_default()
}

//! The contract between stages and the engine. A stage says which columns it reads and writes and gives pure kernels; it
//! never sees a key, a cache, a path of this machine, a thread, a partition number or another stage. The engine never
//! sees a stage's types: between a declaration and its kernels there is only canonical text, so a kernel cannot read
//! what its key does not hold.
//!
//! Reading order: `ports` (what a step reads and writes), `rows` (what a kernel is given), `delta` (what it gives back),
//! `gather` (decisions over all rows), `facts`, `files` (what a whole stage gives), `kernels` (the traits of stages, and
//! how they lose their types), `job` (a kernel's work as data, and who has it done), `secret` (what no recipe holds), `declare` (from a table of dataset.toml to plans of steps),
//! `dialect` (the keys of formats), `effect` (what is asked of the outside).
mod declare;
mod delta;
mod dialect;
mod effect;
pub(crate) mod events;
mod facts;
mod files;
mod gather;
mod job;
mod kernels;
mod matching;
mod parameters;
mod ports;
mod released;
mod rows;
pub mod secret;
#[cfg(test)]
pub mod testing;
mod unread_pictures;

pub use crate::manifest::Declared;
pub use declare::{
    Check, Columns, DecidedAt, Entry, Literal, Marks, ONE_GROUP, Plan, Regroup, Source, Tables, list_type, unit_types,
};
pub use delta::{Act, Born, Delta, Event, parents_bytes, parents_of};
pub use dialect::{Given, dialect, dialect_schema};
pub use effect::{Asks, Crawl, Effect, Endpoint, Layout, Listing, Price, Request};
pub use facts::{Fact, Gate};
pub use files::{Chunk, Content, OutFile, Output, Sums};
pub(crate) use gather::slice_of;
pub use gather::{Hit, Hits, Merge, Remark, Slice, Spot, Summary, Verdicts, entries};
pub use job::{Batch, Bucket, Executor, Job, Leaves, Made};
pub use kernels::{
    ApplyPart, Card, GatherPart, Grain, JoinStage, Kernel, Kernels, Meter, Nothing, Params, RowStage, WholeStage, text,
};
pub(crate) use matching::keys_at;
pub use ports::{Column, Ports, RESERVED, Right, Role, writes};
pub use rows::{Context, Fault, Limits, Piece, Program, Question, Rows, Tools};
pub use secret::Secret;
pub use unread_pictures::unread_pictures;

/// Lists column names.
pub fn names<S: AsRef<str>>(of: &[S]) -> Vec<String> {
    of.iter().map(|s| s.as_ref().to_string()).collect()
}

/// `true` where a field holds its default, for `skip_serializing_if`.
pub fn is_default<T: Default + PartialEq>(t: &T) -> bool {
    *t == T::default()
}

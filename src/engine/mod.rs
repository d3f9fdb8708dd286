//! The engine: graph, scan, plan, build, store. It knows tables and partitions, steps and recipes; no annotation, no
//! licence, no stage by name.
//!
//! Reading order: `step` (a stage as configured), `state` (tables while they are built), `tasks` (work as data), `recipe`
//! (keys), `store` (what is remembered), `scan` (files to units), `session`, `columns` (bytes by digest), `contract` and
//! `call` (a kernel called and checked), `samples`, `run` and `files` (tasks run), `programs` (processes of the user's), `order`, `meet` and `gather` (rows that
//! meet across partitions), `walk` (the steps one after another), `ahead` (what is run early, while its input is at hand), `anew`
//! (rows of documents cut by their ids),
//! `effect` (what is fetched from outside, before any build),
//! `gate`, `record` and `why`, `ledger`, `out`, `fresh` (a build that did nothing, remembered whole).
mod ahead;
mod anew;
mod call;
pub mod columns;
mod contract;
pub mod effect;
mod files;
pub mod fresh;
pub mod gate;
pub mod gather;
pub mod graph;
pub mod ledger;
pub mod lock;
pub mod lost;
mod meet;
pub mod open;
mod order;
pub mod out;
mod programs;
pub mod recipe;
pub mod record;
mod rooms;
pub mod run;
mod samples;
pub mod scan;
pub mod session;
pub mod state;
pub mod step;
pub mod store;
pub mod tasks;
pub mod told;
mod tools;
pub mod walk;
pub mod watch;
pub mod why;

pub use step::{Decision, Review, Step};

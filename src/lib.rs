//! tamis: a declarative, dataset-as-code build system. One `dataset.toml` says where data comes from, under which
//! licences, how it is cleansed, labelled, split and released; a build makes only what changed.
//!
//! Modules in reading order:
//! - [`diag`], [`digest`]: problems of a declaration; digests. [`measure`]: published mathematics. [`model`]: the nouns.
//! - [`manifest`]: text with places. [`world`]: the only door to the outside. [`formats`]: bytes and records.
//! - [`table`]: columns by digest, partitions. [`stage`]: the contract between stages and engine.
//! - [`stages`]: the registry, a line per stage. [`exec`]: who runs tasks. [`engine`]: graph, plan, build, store.
//! - [`assemble`]: manifest + registry -> steps. [`project`]: a folder opened, and its walk. [`report`]: views of events and facts.
//! - [`review`]: what people decide about samples. [`new`]: a folder of data looked at, and a manifest made of it.
//! - [`audit`]: a release looked at. [`sign`]: signatures.
//! - `serve` (feature): pages and questions over loopback. [`cli`]: a file per verb.
pub mod assemble;
pub mod audit;
pub mod cli;
pub mod diag;
pub mod digest;
pub mod engine;
pub mod exec;
pub mod formats;
pub mod manifest;
pub mod measure;
pub mod model;
pub mod new;
pub mod project;
pub mod report;
pub mod review;
#[cfg(feature = "serve")]
pub mod serve;
pub mod sign;
pub mod stage;
pub mod stages;
pub mod table;
pub mod world;

//! tamis: a declarative, dataset-as-code build system.
pub mod diag;
pub mod digest;
pub mod engine;
pub mod exec;
pub mod formats;
pub mod manifest;
pub mod measure;
pub mod model;
pub mod stage;
pub mod table;
pub mod world;

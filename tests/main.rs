//! The one integration binary. `harness` makes projects and runs the command; the others are tests.
mod anonymity;
mod audit;
mod augment;
<<<<<<< HEAD
mod boxes;
=======
#[cfg(feature = "remote")]
mod buckets;
>>>>>>> 9f07e8e1 (Keep a remote in a bucket of S3, behind the feature remote, and say how remotes are used)
mod cases;
mod consent;
mod contract;
mod crowd;
mod differences;
mod disk;
mod documents;
mod explain;
mod formats;
mod fresh;
mod goldens;
mod harness;
mod hostile;
mod incremental;
mod json;
mod kills;
mod licences;
mod memory;
mod mixes;
mod models;
mod mutations;
mod near;
mod network;
mod new;
mod operations;
mod pages;
mod pictures;
mod pins;
mod private;
mod properties;
mod races;
mod rebuild;
mod releases;
mod remote;
mod report;
mod schema;
#[cfg(feature = "serve")]
mod serve;
mod splits;
mod stories;
mod synthesize;
mod team;
mod tells;
mod tidy;
mod transform;
mod verbs;
mod workspace;

//! The one integration binary. `harness` makes projects and runs the command; the others are tests.
mod cases;
mod contract;
mod disk;
mod formats;
mod fresh;
mod goldens;
mod harness;
mod hostile;
mod incremental;
mod kills;
mod memory;
mod operations;
mod properties;
mod races;
mod schema;
mod stories;
mod tidy;

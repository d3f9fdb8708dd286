//! Executors: who runs tasks. They know neither steps nor tables.
pub mod local;

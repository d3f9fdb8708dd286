//! Executors: who runs tasks. They know neither steps nor tables. `local` has threads; `workers` gives jobs to other
//! processes, in each of which `worker` answers.
mod answer;
mod board;
mod frames;
pub mod local;
pub mod worker;
pub mod workers;

//! Rows that meet across partitions: right rows brought to the left partitions that ask for them by key, and living rows
//! of each group cut anew. The engine's own work: no kernel runs, so a plan may do it too.
pub mod join;
mod pieces;
pub mod regroup;

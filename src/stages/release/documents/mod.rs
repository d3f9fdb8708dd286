//! The documents of a release: pages for people and for hubs of data sets.
pub mod attribution;
pub mod card;
mod told;
mod yaml;

pub use told::{GateCard, LabelCard, PageCard};

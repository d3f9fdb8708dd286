//! The documents of a release: pages for people and for hubs of data sets.
pub mod attribution;
pub mod card;
mod told;

pub use told::PageCard;

//! `[release.NAME.anonymity]`: how well the table of a release hides the people it tells of, and what is generalised or left
//! out until it does. It works on exactly the rows and columns of that release; the samples themselves stay as they are.
//!
//! `release.NAME/anonymity` stands between `select` and `rows`: it decides which rows are suppressed and what stands in the
//! columns of the quasi-identifiers. `release.NAME/generalised` puts those columns in the place of the collected ones.
//! The mathematics is in [`crate::measure::anonymity`].
pub mod beside;
pub mod card;
pub mod declared;
mod facts;
mod params;
mod recode;
mod step;
mod tuples;
mod ways;

pub use step::{ENTRY, GENERALISED, SUPPRESSED};

//! How well a table hides the people it tells of: equivalence classes of its quasi-identifiers, the models that bound what
//! somebody may learn from a class, generalisation with as little loss as possible, and the risk of re-identification.
//!
//! Reading order: `ways` (how a value is generalised), `table` (distinct rows as numbers), `classes` (rows that look alike, and
//! what is measured of them), `models` (k-anonymity, l-diversity, t-closeness), `score` (how much is lost), `search` (the best
//! level of each quasi-identifier), `mondrian` (another generalisation for each part of the table).
//!
//! Definitions: k-anonymity Samarati 2001; l-diversity Machanavajjhala and others 2007; t-closeness Li and others 2007; basic
//! beta-likeness Cao and Karras 2012; delta-disclosure Brickell and Shmatikov 2008; loss as ARX computes it (Prasser and others);
//! the search climbs as Flash does (Kohlmayer and others 2012); Mondrian LeFevre and others 2006.
//!
//! All decisions are made on whole numbers, so that every machine decides alike.
mod classes;
mod held;
mod models;
mod mondrian;
mod score;
mod search;
mod table;
mod ways;

#[cfg(test)]
mod adult_tests;

pub use classes::{Classes, Measures, NONE, Risk, Values, references};
pub use held::Own;
pub use models::{Distance, Diversity, Model, Ratio, Reference};
pub use mondrian::{Boxed, Cell, mondrian};
pub use score::{Objective, loss};
pub use search::{Found, Lattice, search};
pub use table::{Attribute, Level, Sensitive, Table, Tuple};
pub use ways::{Calendar, STAR, Tree, Way, WrongTree};

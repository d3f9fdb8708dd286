//! A source with what is known of it.
use super::columns::{Fields, Id};
use super::found::Source;
use super::licence::Known;

/// What is known of a source besides its files.
pub struct Guess {
    pub source: Source,
    pub fields: Fields,
    pub id: Id,
    pub prefix: Option<String>,
    pub license: Known,
}

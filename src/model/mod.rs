//! The field's nouns as plain data.
pub mod edits;

//! The field's nouns as plain data.
pub mod annotation;
pub mod edits;
pub mod license;

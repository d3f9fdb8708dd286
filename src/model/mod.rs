//! The field's nouns as plain data, a file a noun, each with its cell of a column.
pub mod boxes;
mod cells;
pub mod days;
pub mod decisions;
pub mod edits;
pub mod frames;
pub mod images;
pub mod keypoints;
pub mod license;
pub mod masks;
pub mod messages;
pub mod polygons;
pub mod quads;
pub mod shapes;
pub mod spans;
pub mod tokens;
pub mod transcripts;
pub mod votes;

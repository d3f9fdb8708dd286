//! `[label.TASK.rules]`: what a guideline demands of answers beyond that they can be right at all. The rules of each kind of
//! task are a list of values, as its problems are.
pub mod attributes;
pub mod declared;
pub mod keypoints;
mod particles;
pub mod rule;
pub mod shapes;
pub mod spans;
mod spoken;
pub mod texts;

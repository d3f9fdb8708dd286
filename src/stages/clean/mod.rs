//! `[clean]`: which samples stay, judged by their content. A file per rule, each a table of its own.
pub mod against;
pub mod chat;
mod collected;
pub mod exact_duplicates;
pub mod label_errors;
pub mod label_inconsistent;
pub mod label_outliers;
pub mod near_duplicates;
pub mod near_pictures;
pub mod picture_quality;
pub mod quality;
pub mod repeated_passages;
pub mod stated_size;
mod tasks;

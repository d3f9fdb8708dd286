pub mod diag;
pub mod digest;
pub mod table;

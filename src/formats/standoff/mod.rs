//! Formats whose annotations stand off from the text: they name it by places.
pub mod brat;
mod brat_write;
mod layers;
mod marked;
pub mod webanno;
mod webanno_write;

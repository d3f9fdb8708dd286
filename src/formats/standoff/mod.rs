//! Formats whose annotations stand off from the text: they name it by places.
pub mod brat;
mod layers;
mod marked;
pub mod webanno;

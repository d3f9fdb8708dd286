//! Which shapes, besides boxes, are read of annotations: those whose column some task names. Others would only cost time.
use super::classes::columns;
use crate::formats::Format;
use crate::stage::Check;

/// The columns of shapes that the annotations of a format can give and that some task reads.
pub fn wanted(check: &Check, format: &Format) -> Vec<String> {
    let read = columns(check, &|_| true, &|_| true);
    format.draws.iter().filter(|column| read.contains(**column)).map(|column| column.to_string()).collect()
}

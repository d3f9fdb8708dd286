//! Tables of boxes: a CSV whose header has an image, a class and the places of a box, as the format knows them.
use super::recogniser::{Key, Recogniser};
use crate::formats::named;
use crate::formats::options::Options;
use crate::formats::reader::Unit;
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "boxes_csv", sees, ids: &[] };

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    if b.file.extension() != "csv" || b.packed {
        return None;
    }
    let end = if b.whole { b.bytes.len() } else { b.bytes.iter().rposition(|byte| *byte == b'\n')? + 1 };
    let unit = Unit { row: 0, bytes: b.bytes.get(..end)?, context: None, path: &b.file.path, stem: "" };
    let sidecar = named("boxes_csv")?.sidecar.as_ref()?;
    let read = (sidecar.read)(&Options::default(), 64, &unit).ok()?;
    let boxes: usize = read.of.iter().flatten().map(|document| document.boxes.len()).sum();
    let lost: u32 = read.of.iter().flatten().map(|document| document.lost).sum();
    (boxes > lost as usize).then(Vec::new)
}

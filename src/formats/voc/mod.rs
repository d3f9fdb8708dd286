//! Pascal VOC annotations: one XML document per image. Numbers are kept as written; what they are based on (0 or 1) is
//! for the manifest to say. `path` and `folder` are passed over.
//!
//! Boxes are pixels, 0-based, end exclusive: with `voc_base = 1` they are (xmin - 1, ymin - 1, xmax, ymax), so that xmin =
//! xmax is a box one pixel wide. A box with exchanged corners, without area, or with both corners the same (what a click
//! without a drag leaves behind) has the flag `degenerate`. Finding: `voc.filename` (the file names another image; its own
//! name wins), `voc.class` and `voc.box` (an object without a name or a whole box, which is lost by itself), `voc.element` (an
//! element that is not read and where an object may stand; it counts as lost), `voc.other` (parts, polygons and rotated
//! boxes, which are not kept), `voc.attributes` (what else an object says; attributes that are true are flags), `voc.flag` (a flag that is neither yes nor no).
mod read;
mod write;

use super::cut::Holds;
use super::format::Format;
use super::sidecar::Sidecar;
use super::writer::{Needs, Place, Writer, one_after_another, scattered};

pub const FORMAT: Format = Format {
    writer: Some(Writer {
        version: 1,
        uses: &[],
        files: "voc/SPLIT/NAME.xml",
        doc: "a file beside each image under `images/SPLIT/`, in whole pixels from 1. Needs an `object_detection` label",
        needs: Needs { label: &["object_detection"], images: true, sizes: true, answers: true, ..Needs::NONE },
        encode: write::encode,
        outline: scattered,
        join: one_after_another,
        samples: Some(write::samples),
        values: None,
        place: Place::File,
        table: false,
        loses: &["object_detection"],
        index: None,
    }),
    options: &[read::BASE],
    images: true,
    // 5: a broken object is lost by itself, flags in words, and what may be an object
    sidecar: Some(Sidecar { version: 7, holds: Holds::One, read: read::read }),
    ..Format::new("voc", "Images and Pascal VOC XML, met by the name of their files.")
};

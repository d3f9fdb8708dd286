//! LabelMe: a JSON file an image, with its shapes.
//!
//! Beside an image: rectangles (of two corners or of four) are boxes, and so are the least boxes around polygons, rotated rectangles, circles and masks.
//! Where a task reads `objects.polygons`, polygons and rectangles are polygons there, those of one class and one `group_id` the
//! parts of one; where one reads `objects.oriented`, rotated rectangles. Flags of a shape that are true are flags. Findings:
//! `labelme.image` (the file names another image; its own name wins), `labelme.flags` (flags of the image, which are not kept),
//! `labelme.other` (descriptions, flags that are neither true nor false, and groups where boxes are read, which are not kept), `labelme.outline` (nobody reads
//! outlines), `labelme.shape` (a shape that cannot be read, or is a line or a point, which is lost), `labelme.kind` (a shape
//! that polygons or rotated boxes cannot hold, which is lost to them). Dropped with the file: `encoding`, `json`, `json.depth`,
//! `labelme.file`.
mod read;
mod write;

use super::cut::Holds;
use super::format::Format;
use super::sidecar::Sidecar;
use super::writer::{Needs, Place, Writer, one_after_another, scattered};
use crate::model::polygons::Polygon;
use crate::model::quads::Quad;
use crate::model::shape::Shape;

/// The kinds of label that it holds.
const LABELS: &[&str] = &["object_detection", "instance_segmentation", "oriented_detection"];

pub const FORMAT: Format = Format {
    images: true,
    draws: &[Polygon::COLUMN, Quad::COLUMN],
    sidecar: Some(Sidecar { version: 3, holds: Holds::One, read: read::read }), // flags that are neither true nor false are told
    writer: Some(Writer {
        version: 1,
        uses: &[],
        files: "images/SPLIT/NAME.json",
        doc: "a file beside each image. Needs an `object_detection`, `instance_segmentation` or \
              `oriented_detection` label",
        needs: Needs { label: LABELS, images: true, sizes: true, answers: true, ..Needs::NONE },
        encode: write::encode,
        outline: scattered,
        join: one_after_another,
        samples: Some(write::samples),
        values: None,
        place: Place::File,
        table: false,
        loses: LABELS,
        index: None,
    }),
    ..Format::new("labelme", "Images and LabelMe JSON, met by the name of their files.")
};

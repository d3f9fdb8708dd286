//! YOLO as Ultralytics reads it: a text file an image, a line an object, its class as a number and its places as shares of
//! the image's sides. `data.yaml` names the classes and the folders of the splits.
//!
//! A file beside an image is its boxes: a line of five numbers is a box, one of seven or more a class and an outline, whose box
//! is kept, too. Classes are texts of whole numbers; `class_names` of a task says what they stand for. Where a task reads
//! `objects.polygons`, outlines are polygons there, and a box without one is lost to it; where one reads `objects.oriented`,
//! outlines of four points are rotated boxes. With `points = N` each line has N points behind its box, which are
//! `objects.keypoints`. A file without lines says that
//! nothing is there; an image without a file has no label. Findings: `yolo.class`, `yolo.number`, `yolo.confidence`,
//! `yolo.line` (lines that are lost), `yolo.segment` (nobody reads outlines), `yolo.outline`, `yolo.corners`, `yolo.points`
//! (nobody reads points), `yolo.no_points`. Dropped: `encoding`, `yolo.long`
//! with the file. A share within 0.000002 of the image's side is
//! taken for the side: that is how wrong six decimals may be. Limits: without `points`, lines of poses
//! look like outlines, and are read as such.
mod read;
mod write;

use super::cut::Holds;
use super::format::Format;
use super::sidecar::Sidecar;
use super::writer::{Needs, Place, Writer, one_after_another, scattered};
use crate::model::keypoints::Keypoints;
use crate::model::polygons::Polygon;
use crate::model::quads::Quad;
use crate::model::shape::Shape;

/// The kinds of label that it holds; of none of them their flags.
const LABELS: &[&str] = &["object_detection", "instance_segmentation", "oriented_detection", "keypoints"];

pub const FORMAT: Format = Format {
    images: true,
    options: &[read::POINTS],
    draws: &[Polygon::COLUMN, Quad::COLUMN, Keypoints::COLUMN],
    shares: true,
    sidecar: Some(Sidecar { version: 1, holds: Holds::One, read: read::read }),
    writer: Some(Writer {
        version: 1,
        uses: &[],
        files: "labels/SPLIT/NAME.txt",
        doc: "a file beside each image under `images/SPLIT/`, and `data.yaml`, as Ultralytics reads them. Needs an \
              `object_detection`, `instance_segmentation`, `oriented_detection` or `keypoints` label",
        needs: Needs { label: LABELS, classes: true, images: true, sizes: true, answers: true, ..Needs::NONE },
        encode: write::encode,
        outline: scattered,
        join: one_after_another,
        samples: Some(write::samples),
        values: None,
        place: Place::File,
        table: false,
        loses: LABELS,
        index: Some(("data.yaml", write::index)),
    }),
    ..Format::new("yolo", "Images and YOLO text files, met by the name of their files.")
};

//! CVAT 1.1: one XML file of many images with their shapes, or of the tracks of a video.
//!
//! Beside images: boxes are boxes, and so are the least boxes around rotated boxes, polygons, ellipses and masks. Where a task reads
//! `objects.polygons`, polygons and boxes are polygons there, those of one class and one group the parts of one; where one
//! reads `objects.oriented`, boxes; where one reads `objects.masks`, masks. `occluded` and attributes that are true are flags. Of a
//! video each frame is an image `frame_000000`; where a track has no shape for a frame, its box or its polygon of as many
//! points lies between those of the frames before and behind (`video.rs`). CVAT itself lists every frame when it exports a video, and those are read as they are.
//!
//! Findings: `cvat.attributes` (neither true nor false), `cvat.tag` (a class of the image), `cvat.outline` (nobody reads
//! outlines), which are not kept; `cvat.shape` (a shape that cannot be read, or is a line, a point, a skeleton or a cuboid, which is
//! lost), `cvat.kind` (a shape that polygons, masks or rotated boxes cannot hold, which is lost to them), `cvat.track` (frames of a track that lie between
//! shapes of different sorts, in which it is lost). Dropped: `encoding`, `xml`, `xml.doctype`, `xml.depth`, `cvat.root`,
//! `cvat.long` with the file.
mod images;
mod read;
mod shapes;
mod video;
mod write;

pub use images::{Drawn, Mark, images};
pub use shapes::{Figure, Found};
pub use write::{Pen, boxed, escaped, mask, polygons, quads, skeleton};

use super::cut::Holds;
use super::format::Format;
use super::sidecar::Sidecar;
use super::writer::{Needs, Place, Writer, length_alone};
use crate::model::masks::Mask;
use crate::model::polygons::Polygon;
use crate::model::quads::Quad;
use crate::model::shape::Shape;

/// The kinds of label that it holds.
const LABELS: &[&str] = &["object_detection", "instance_segmentation", "oriented_detection", "masks"];

pub const FORMAT: Format = Format {
    images: true,
    draws: &[Polygon::COLUMN, Quad::COLUMN, Mask::COLUMN],
    attributed: true,
    sidecar: Some(Sidecar {
        version: 3, // 2: tracks are seen to the end of their video; 3: references in values of attributes
        holds: Holds::Many,
        read: read::read,
    }),
    writer: Some(Writer {
        version: 2, // values of attributes
        uses: &["libm 0.2"],
        files: "cvat/SPLIT.xml",
        doc: "images under `images/SPLIT/`, as \"CVAT for images 1.1\". Needs an `object_detection`, \
              `instance_segmentation`, `oriented_detection` or `masks` label",
        needs: Needs { label: LABELS, images: true, sizes: true, answers: true, ..Needs::NONE },
        encode: write::encode,
        outline: length_alone,
        join: write::join,
        samples: Some(write::samples),
        values: None,
        place: Place::Nowhere,
        table: false,
        loses: &["instance_segmentation", "oriented_detection"],
        index: None,
    }),
    pictures: Some(write::pictures),
    ..Format::new("cvat", "Images and a file of \"CVAT for images 1.1\" or \"for video 1.1\", met by the names in it.")
};

//! COCO instances: one JSON file of images, boxes and categories. By itself each image of the file is a sample, its
//! fields are the keys of the image object, and its boxes are the column `objects`; beside `images` it gives them
//! their boxes, met by `file_name`.
//!
//! Boxes become pixels, 0-based, end exclusive, in the file's order; attributes that are true are flags, `ignore` is
//! `difficult`, a crowd has the flag `crowd`, a box without area `degenerate`. Where a task reads `objects.polygons`, outlines
//! are polygons there, each list of coordinates a part; where one reads `objects.masks`, they are masks, polygons by the
//! rule of pycocotools; where one reads `objects.keypoints`, keypoints; where one reads `objects.captions`, the texts of captions, all of an image.
//! An image without a caption has null there, and one of a file of captions alone has no `objects`: nobody looked for boxes. An annotation without them is lost to it. Findings, counted image by image:
//! `coco.outline`, `coco.rle` (lost to the polygons), `coco.mask` (lost to the masks), `coco.points` (lost to the keypoints), `coco.text` (lost to the captions), `coco.caption` (nobody reads captions), `coco.segmentation` (nobody reads outlines), `coco.keypoints`, `coco.attributes` (neither true nor false), `coco.other` (what a box of ours cannot
//! hold), `coco.area` (an area that is not the box's), `coco.flag` (an `iscrowd` or `ignore` that is neither yes nor no),
//! `coco.box` (an annotation without a box of four finite numbers), `coco.category` (one of no category in the file) and
//! `coco.annotation` (one that cannot be read): these three are lost, and counted as `objects_lost`; of the file:
//! `coco.annotations` (it has no `annotations`: nobody looked at its images), `coco.license` (images with a licence of their
//! own), `coco.supercategory`, `coco.ids` (ids of annotations that are not their places in the file, where ids are not kept), `coco.unmatched` (annotations of no image in it), `coco.annotation` (one of which nobody knows
//! the image), `coco.category` (names that repeat, or are missing), `coco.empty` (no image at all). Dropped: `encoding`,
//! `json`, `json.depth`, `coco.file` (not of this form) with the file; `coco.image` with
//! the image.
mod annotation;
mod category;
mod read;
mod write;

use super::cut::{Cut, Holds};
use super::format::Format;
use super::reader::{Offers, Reader, Selects, as_declared, no_tokens};
use super::sidecar::{SHAPE_IDS, Sidecar};
use super::writer::{Needs, Place, Writer, length_alone};
use crate::model::boxes::Box2;
use crate::model::keypoints::Keypoints;
use crate::model::masks::Mask;
use crate::model::polygons::Polygon;
use crate::model::shape::Shape;
use crate::model::shapes::CAPTIONS;
use crate::table::{Cell, DataType, list};

/// The shapes that its annotations have besides boxes.
const DRAWS: &[&str] = &[Polygon::COLUMN, Mask::COLUMN, Keypoints::COLUMN, CAPTIONS];

/// The kinds of label that it holds.
const LABELS: &[&str] =
    &["object_detection", "instance_segmentation", "masks", "keypoints", "oriented_detection", "answer"];

pub const FORMAT: Format = Format {
    images: true,
    draws: DRAWS,
    attributed: true,
    options: &[SHAPE_IDS],
    reader: Some(Reader {
        version: 8, // ids of annotations
        uses: &[],
        cut: |_| Cut::Document(Holds::Many),
        id: "file_name",
        own_id: None,
        selects: Selects::Names,
        text: no_tokens,
        ty: as_declared,
        adds: |options, _| {
            let shapes = options.shapes().into_iter().flat_map(|d| [(d.column, (d.ty)()), (d.lost, DataType::UInt32)]);
            [("objects", list(Box2::ty())), ("objects_lost", DataType::UInt32)].into_iter().chain(shapes).collect()
        },
        read: read::samples,
        offers: Offers::Nothing,
    }),
    sidecar: Some(Sidecar { version: 8, holds: Holds::Many, read: read::beside }),
    writer: Some(Writer {
        version: 3, // ids of annotations
        uses: &[],
        files: "coco/instances_SPLIT.json",
        doc: "images under `images/SPLIT/`. Needs an `object_detection`, \
              `instance_segmentation`, `masks`, `keypoints` or `oriented_detection` label, or an `answer`, whose texts are captions",
        needs: Needs { label: LABELS, images: true, sizes: true, ..Needs::NONE },
        encode: write::encode,
        outline: length_alone,
        join: write::join,
        samples: Some(write::samples),
        values: None,
        place: Place::Nowhere,
        table: false,
        loses: &["instance_segmentation", "oriented_detection", "answer"],
        index: None,
    }),
    pictures: Some(write::pictures),
    ..Format::new("coco", "Images and boxes of a file of COCO instances; with `images`, it stands beside them.")
};

//! YOLO as Ultralytics reads it: a text file an image, a line an object, its class as a number and its places as shares of
//! the image's sides. `data.yaml` names the classes and the folders of the splits.
mod write;

use super::format::Format;
use super::writer::{Needs, Place, Writer, one_after_another, scattered};

pub const FORMAT: Format = Format {
    writer: Some(Writer {
        version: 1,
        uses: &[],
        files: "labels/SPLIT/NAME.txt",
        doc: "a file beside each image under `images/SPLIT/`, and `data.yaml`, as Ultralytics reads them. Needs an \
              `object_detection` or `instance_segmentation` label",
        needs: Needs {
            label: &["object_detection", "instance_segmentation"],
            classes: true,
            images: true,
            sizes: true,
            ..Needs::NONE
        },
        encode: write::encode,
        outline: scattered,
        join: one_after_another,
        samples: Some(write::samples),
        values: None,
        place: Place::File,
        table: false,
        loses: &["object_detection", "instance_segmentation"],
        index: Some(("data.yaml", write::index)),
    }),
    ..Format::new("yolo", "Images and YOLO text files, met by the name of their files.")
};

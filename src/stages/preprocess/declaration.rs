//! The table `[preprocess]`.
use crate::manifest::forms::{Controls, Spaces, Unicode};
use crate::manifest::values::At;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Brings texts to one form and decodes images. An empty table decodes images alone.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// The Unicode normal form of texts (UAX #15). Default: as collected.
    pub unicode: Option<Unicode>,
    /// What happens to white space in texts. Default: `keep`.
    pub whitespace: Option<Spaces>,
    /// What happens to control characters in texts. Default: `keep`.
    pub control: Option<Controls>,
    /// The columns whose texts are changed: texts, and lists and objects that hold some. Default: all fields of `[schema]` that
    /// are texts or lists of them.
    #[schemars(length(min = 1))]
    pub fields: Option<Vec<At<String>>>,
    /// Most pixels of an image (width times height); a larger one is dropped before it is decoded.
    /// Default: 100,000,000.
    #[schemars(range(min = 1))]
    pub image_pixels_max: Option<u64>,
    /// What happens to images that a camera stored turned (EXIF orientation). Default: `keep`.
    pub orientation: Option<Turn>,
    /// Which picture the shapes of turned images were drawn on, where `orientation = "apply"`. Default: as the size says that
    /// the annotations state; where that does not tell, they are lost, and told (`image.drawn_on`).
    pub drawn_on: Option<DrawnOn>,
    /// The part of each image that is kept, in pixels of the image as it is shown. Shapes are cut with it; what lies outside
    /// is told. Default: all of it.
    pub crop: Option<Part>,
    /// The tiles that each image is cut into, after `crop`, where it is larger. The first tile keeps the id of the image, each other is
    /// `IMAGE#tile.ROW.COLUMN`, and all stay in one split. Shapes move onto every tile that they lie on, and are cut at its sides,
    /// which is told. Not together with `resize`.
    pub tile: Option<Tile>,
    /// The size that images are brought to, after `crop`. Shapes move with the pixels. Default: as they are.
    pub resize: Option<Resize>,
}

/// What happens to images that a camera stored turned.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// Nothing: pixels are as stored, and it is told.
    #[default]
    Keep,
    /// Pixels are turned, and shapes with them.
    Apply,
}

/// Which picture shapes were drawn on.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum DrawnOn {
    /// The pixels as they are stored.
    Stored,
    /// The picture as it is shown, turned.
    Shown,
}

/// A part of an image.
#[derive(Deserialize, JsonSchema, Clone, Copy, Debug)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Pixels that are left out at the left side. Default 0.
    #[serde(default)]
    pub left: u32,
    /// Pixels that are left out at the top. Default 0.
    #[serde(default)]
    pub top: u32,
    /// Width in pixels; of an image that ends before, what there is.
    #[schemars(range(min = 1))]
    pub width: u32,
    /// Height in pixels; of an image that ends before, what there is.
    #[schemars(range(min = 1))]
    pub height: u32,
}

/// The tiles that images are cut into.
#[derive(Deserialize, JsonSchema, Clone, Copy, Debug)]
#[serde(deny_unknown_fields)]
pub struct Tile {
    /// Width in pixels; of a narrower image what there is.
    #[schemars(range(min = 16, max = 65535))]
    pub width: u32,
    /// Height in pixels; of a lower image what there is.
    #[schemars(range(min = 16, max = 65535))]
    pub height: u32,
    /// Pixels that a tile shares with the next one, below the shorter side; the last tile may share more, since it ends where the
    /// image ends. Default 0.
    pub overlap: Option<u32>,
}

/// The size that images are brought to: `side_max`, or both `width` and `height`.
#[derive(Deserialize, JsonSchema, Clone, Copy, Debug)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-one-of" = [["side_max", "width"], ["side_max", "height"]]))]
pub struct Resize {
    /// Most pixels of the longer side; smaller images stay as they are, and the sides keep their ratio.
    #[schemars(range(min = 1, max = 65535))]
    pub side_max: Option<u32>,
    /// Width in pixels, whatever it was.
    #[schemars(range(min = 1, max = 65535))]
    pub width: Option<u32>,
    /// Height in pixels, whatever it was.
    #[schemars(range(min = 1, max = 65535))]
    pub height: Option<u32>,
}

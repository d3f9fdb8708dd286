//! Annotations in files of their own, beside the images that they belong to.
use super::cut::Holds;
use super::encoding::Wrong;
use super::options::{Choice, Options, Takes};
use super::reader::Unit;
use crate::model::boxes::Box2;
use crate::model::shape::Shape;
use crate::model::shapes::CAPTIONS;
use crate::table::Value;
use std::collections::BTreeMap;

/// How files of annotations beside images are read.
pub struct Sidecar {
    /// Raised when the reader gives other annotations than before.
    pub version: u32,
    /// Whether a file is of one image or of many.
    pub holds: Holds,
    /// The documents of a file, one an image; the file as a whole may be wrong, or single documents.
    pub read: fn(&Options, usize, &Unit) -> Result<Documents, Wrong>,
}

/// What a file of annotations holds.
#[derive(Default, Debug)]
pub struct Documents {
    pub of: Vec<Result<Document, Broken>>,
    /// What the file holds and belongs to none of the documents, or cannot be kept.
    pub notes: Vec<Note>,
}

/// Annotations that cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// The image that they are about, as the file names it, if that is known.
    pub image: Option<String>,
    pub wrong: Wrong,
}

/// The annotations of one image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// The image's file as the document names it, perhaps with folders; `None` where the document's own name tells it.
    pub image: Option<String>,
    /// The image's size in pixels, as the file states it.
    pub width: Option<i64>,
    pub height: Option<i64>,
    /// In the file's order. None at all means: looked, nothing there.
    pub boxes: Vec<Box2>,
    /// How many annotations could not be kept.
    pub lost: u32,
    /// Shapes besides boxes, as far as they are asked for.
    pub shapes: Shapes,
    /// Nobody looked: the document says nothing of annotations.
    pub unlabelled: bool,
    /// It has texts about the picture alone: nobody looked for shapes on it.
    pub shapeless: bool,
    pub notes: Vec<Note>,
}

/// Shapes of several kinds, by the column that they belong to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shapes(BTreeMap<&'static str, (Vec<Value>, u32)>);

impl Shapes {
    pub fn add<S: Shape>(&mut self, shape: S) {
        self.0.entry(S::COLUMN).or_default().0.push(shape.into_value());
    }

    /// Adds what somebody wrote of the picture.
    pub fn say(&mut self, text: String) {
        self.0.entry(CAPTIONS).or_default().0.push(Value::Text(text));
    }

    /// Counts an annotation that shapes of this kind lack.
    pub fn lose<S: Shape>(&mut self) {
        self.lose_of(S::COLUMN, 1);
    }

    pub fn lose_of(&mut self, column: &'static str, n: u32) {
        self.0.entry(column).or_default().1 += n;
    }

    /// The cell of a column, and how many are lost. Where nobody wrote a text, nobody said that there is none to write.
    pub fn take(&mut self, column: &str) -> (Value, u32) {
        let (shapes, lost) = self.0.remove(column).unwrap_or_default();
        let unsaid = shapes.is_empty() && column == CAPTIONS;
        (if unsaid { Value::Null } else { Value::List(shapes) }, lost)
    }
}

/// Something to be told of a document that stays.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    pub rule: &'static str,
    pub say: String,
    /// The line of the file, or 0.
    pub line: u32,
}

/// Whether ids of shapes are kept.
pub const SHAPE_IDS: Choice = Choice {
    name: "shape_ids",
    doc: "whether the ids that a tool gave its shapes are `left` out or `kept`: then each has the flag `id=17`, which `coco` and \
          `cvat` write back. Default `left`.",
    takes: Takes::Word { of: &["left", "kept"] },
};

/// Whether a source keeps the ids of its shapes.
pub fn keeps_ids(options: &Options) -> bool {
    options.text(&SHAPE_IDS) == "kept"
}

/// The flag of a shape that has an id, where ids are kept.
pub fn id_flag(id: Option<String>, options: &Options) -> Option<String> {
    id.filter(|id| !id.is_empty() && keeps_ids(options)).map(|id| format!("id={id}"))
}

/// What is told of a file so many of whose shapes or tracks have ids that are not kept.
pub fn not_kept(rule: &'static str, (n, what): (usize, &str), options: &Options) -> Option<Note> {
    let say = format!("{n} {what} have ids of their tool, which are not kept: `shape_ids = \"kept\"` keeps them");
    (n > 0 && !keeps_ids(options)).then_some(Note { rule, say, line: 0 })
}

/// Whether a flag is set, as annotation tools write it; `None` for what is neither yes nor no.
pub fn truth(text: &str) -> Option<bool> {
    let is = |words: &[&str]| words.iter().any(|word| text.trim().eq_ignore_ascii_case(word));
    if is(&["1", "1.0", "true", "yes", "y", "t"]) {
        return Some(true);
    }
    is(&["", "0", "0.0", "false", "no", "n", "f", "null", "none"]).then_some(false)
}

/// A file's name without its folders and its suffix.
pub fn stem_of(name: &str) -> &str {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    name.rsplit_once('.').map_or(name, |(s, _)| s)
}

//! A sample as the audit sees it, whatever format it came in, and what is checked of one by itself.
use super::fields::Said;
use super::folder::Size;
use super::told::Told;
use crate::digest::Digest;

/// An object in a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// `None` where the class is a number that nothing names.
    pub class: Option<String>,
    /// Left, top, width and height in pixels.
    pub at: [f64; 4],
    /// The part of the row that it stands in: `objects.bbox[0]`.
    pub field: String,
    /// It encloses another shape, which may lie outside of the picture.
    pub derived: bool,
    /// How far, in pixels, what its format rounds may have moved it.
    pub rounding: f64,
}

/// What whole pixels, and outlines of other shapes, are off by at most.
pub const PIXEL: f64 = 1.01;

/// An entity in a text, by characters, end exclusive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entity {
    pub class: String,
    pub start: u32,
    pub end: u32,
}

/// The picture of a sample.
#[derive(Clone, Debug)]
pub struct Picture {
    pub digest: Digest,
    pub size: Option<Size>,
}

/// A sample of a file.
#[derive(Clone, Default)]
pub struct Sample {
    pub id: Option<String>,
    pub split: Option<String>,
    pub picture: Option<Picture>,
    /// The picture as the row names it.
    pub pictured: Option<String>,
    pub objects: Option<Vec<Object>>,
    pub entities: Option<Vec<Entity>>,
    /// The text that entities lie on; of tokens without a text, the tokens with a space between them.
    pub text: Option<String>,
    /// Whether `text` is made of tokens.
    pub joined: bool,
    /// Where tokens begin and end in `text`, where they are known.
    pub tokens: Vec<(u32, u32)>,
    /// Classes of the sample as a whole, with their fields.
    pub classes: Vec<(String, String)>,
    /// Values that say which samples belong together, with their fields.
    pub groups: Vec<(String, String)>,
    /// All texts with their fields, for detectors.
    pub texts: Vec<(String, String)>,
    /// What else the sample is known by: its values without ids, labels and splits.
    pub values: String,
    /// Its longer texts together, as they are compared.
    pub long: Option<Said>,
    /// What each of its fields says, as it is compared.
    pub fields: Vec<(String, Said)>,
}

/// A box may reach so many pixels out of its picture: formats round.
const SLACK: f64 = 1.0;

/// Checks what can be told of objects by themselves.
pub fn objects(file: &str, row: &str, objects: &[Object], size: Option<Size>, told: &mut Told, outside: &mut Outside) {
    for object in objects {
        let [x, y, w, h] = object.at;
        if ![x, y, w, h].iter().all(|n| n.is_finite()) {
            told.fault("label.box_number", file, row, &object.field, "the box has a side that is no number");
            continue;
        }
        if w <= 0.0 || h <= 0.0 {
            let say = format!("the box has no area: it is {} wide and {} high", shown(w), shown(h));
            told.fault("label.box_empty", file, row, &object.field, say);
            continue;
        }
        let Some((width, height)) = size.map(Size::room) else { continue };
        outside.seen += 1;
        let slack = if object.derived { f64::MAX } else { SLACK };
        if x < -slack || y < -slack || x + w > width + slack || y + h > height + slack {
            let say = format!(
                "the box reaches from {}, {} to {}, {}, and the picture is {width} x {height}",
                shown(x),
                shown(y),
                shown(x + w),
                shown(y + h)
            );
            outside.found.push((row.to_string(), object.field.clone(), say));
        }
    }
}

/// Boxes of a file that reach out of their pictures: where most do, they are written in another way than it is read.
#[derive(Default)]
pub struct Outside {
    pub seen: usize,
    pub found: Vec<(String, String, String)>,
}

impl Outside {
    pub fn tell(self, file: &str, told: &mut Told) {
        if self.found.len() > 8 && self.found.len() * 2 > self.seen {
            let first = self.found.first().map_or("", |(_, field, _)| field.as_str());
            told.fault(
                "label.box_outside",
                file,
                "",
                first,
                format!(
                    "{} of {} boxes reach out of their pictures, read as left, top, width and height",
                    self.found.len(),
                    self.seen
                ),
            );
            return;
        }
        for (row, field, say) in self.found {
            told.fault("label.box_outside", file, row, field, say);
        }
    }
}

/// A number without digits that say nothing.
pub fn shown(n: f64) -> String {
    let text = format!("{n:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// Checks that entities lie in their text.
pub fn entities(
    file: &str,
    row: &str,
    field: &str,
    entities: &[(Entity, Option<String>)],
    text: &str,
    told: &mut Told,
) {
    let borders: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let length = borders.len() - 1;
    for (n, (entity, surface)) in entities.iter().enumerate() {
        let field = format!("{field}[{n}]");
        if entity.start >= entity.end {
            let say = format!("the span {}..{} holds no character", entity.start, entity.end);
            told.fault("label.span_empty", file, row, field, say);
            continue;
        }
        let ends = (borders.get(entity.start as usize), borders.get(entity.end as usize));
        let (Some(start), Some(end)) = ends else {
            let say = format!(
                "the span {}..{} reaches out of the text, which has {length} characters",
                entity.start, entity.end
            );
            told.fault("label.span_outside", file, row, field, say);
            continue;
        };
        let own = text.get(*start..*end).unwrap_or_default();
        if surface.as_ref().is_some_and(|surface| surface != own) {
            let say =
                format!("the span {}..{} is another text than the one written beside it", entity.start, entity.end);
            told.fault("label.span_surface", file, row, field, say);
        } else if own.trim().is_empty() {
            let say = format!("the span {}..{} is white space", entity.start, entity.end);
            told.fault("label.span_blank", file, row, field, say);
        }
    }
}

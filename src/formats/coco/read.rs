//! A file of instances as samples, and as the boxes of images beside it.
use super::annotation::{Annotation, Id, Of};
use crate::formats::encoding::{BOM, Wrong, line_at, text};
use crate::formats::json::{self, Json, deeper_than};
use crate::formats::options::Options;
use crate::formats::reader::{Ask, Records, Unit};
use crate::formats::sidecar::{Broken, Document, Documents, Note};
use crate::model::boxes::Box2;
use crate::table::Cell;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

/// The file as far as it is read; everything in it that may be long stays where it lies.
#[derive(Deserialize)]
struct File<'t> {
    #[serde(borrow)]
    images: Vec<&'t RawValue>,
    #[serde(borrow, default)]
    annotations: Vec<&'t RawValue>,
    #[serde(borrow, default)]
    categories: Vec<&'t RawValue>,
}

#[derive(Deserialize)]
struct Category {
    id: Id,
    name: String,
}

/// An image of the file with its boxes.
struct Image<'t> {
    raw: &'t RawValue,
    line: u32,
    object: Json<'t>,
    boxes: Vec<Box2>,
    /// Annotations of the image that could not be kept.
    lost: u32,
    notes: Vec<Note>,
}

/// The images of a file in its order, and what is to be told of the file.
struct Read<'t> {
    images: Vec<Result<Image<'t>, Broken>>,
    notes: Vec<Note>,
    /// The line of the first annotation that cannot be read, so that nobody knows which image it is of.
    unread: Option<u32>,
}

pub fn samples(ask: &Ask, unit: &Unit, out: &mut Records) {
    let read = match read(unit.bytes, ask.depth_max) {
        Ok(read) => read,
        Err(wrong) => return out.reject_line(unit, 0, &wrong),
    };
    for note in read.notes {
        out.finding(unit, 0, note.line, note.rule, note.say);
    }
    if let Some(line) = read.unread {
        out.finding(unit, 0, line, "coco.annotation", UNREAD);
    }
    for (n, image) in read.images.into_iter().enumerate() {
        match image {
            Err(broken) => out.reject_line(unit, n, &broken.wrong),
            Ok(image) => {
                out.line = image.line;
                if out.take(unit, n, image.raw.get().as_bytes(), &image.object) {
                    out.more("objects", image.boxes.into_value());
                    out.more("objects_lost", image.lost.into_value());
                    for note in image.notes {
                        out.finding(unit, n, note.line, note.rule, note.say);
                    }
                }
            }
        }
    }
    out.line = 0;
}

pub fn beside(_: &Options, depth_max: usize, unit: &Unit) -> Result<Documents, Wrong> {
    let read = read(unit.bytes, depth_max)?;
    let document = |image: Result<Image, Broken>| {
        let image = image?;
        let Some(name) = file_name(&image.object) else {
            let wrong = Wrong::new("coco.image", "an image without `file_name`").at(image.line);
            return Err(Broken { image: None, wrong });
        };
        let side = |key: &str| match json::select(&image.object, key) {
            Some(Json::Int(n)) => Some(*n),
            _ => None,
        };
        let (width, height) = (side("width"), side("height"));
        let Image { boxes, lost, notes, .. } = image;
        Ok(Document { image: Some(name), width, height, boxes, lost, notes })
    };
    let mut of: Vec<Result<Document, Broken>> = read.images.into_iter().map(document).collect();
    of.extend(
        read.unread.map(|line| Err(Broken { image: None, wrong: Wrong::new("coco.annotation", UNREAD).at(line) })),
    );
    Ok(Documents { of, notes: read.notes })
}

const UNREAD: &str = "annotations that cannot be read: it is not known which image they are of";

/// The file that an image object names.
fn file_name(object: &Json) -> Option<String> {
    match json::select(object, "file_name") {
        Some(Json::Text(name)) if !name.is_empty() => Some(name.to_string()),
        _ => None,
    }
}

fn read(bytes: &[u8], depth_max: usize) -> Result<Read<'_>, Wrong> {
    let text = text(bytes)?;
    let text = text.strip_prefix(BOM).unwrap_or(text);
    if deeper_than(text.as_bytes(), depth_max) {
        return Err(Wrong::new("json.depth", format!("nested deeper than {depth_max} levels")));
    }
    let file: File = serde_json::from_str(text).map_err(|e| match e.classify() {
        serde_json::error::Category::Data => Wrong {
            rule: "coco.file",
            say: "not a file of COCO instances: an object with `images`, `annotations`, `categories`".into(),
            line: u32::try_from(e.line()).unwrap_or(1),
        },
        _ => json::not_json(e),
    })?;
    let mut lines = Lines { text, at: 0, line: 1 };
    let mut notes = Vec::new();
    let categories: Vec<Category> = each(&file.categories);
    if categories.len() < file.categories.len() {
        let say = format!("{} categories without a number or a name", file.categories.len() - categories.len());
        notes.push(Note { rule: "coco.category", say, line: 0 });
    }
    let classes = classes(&categories, &mut notes);
    let mut by_id: HashMap<Id, usize> = HashMap::new();
    let mut images: Vec<Result<Image, Broken>> = Vec::with_capacity(file.images.len());
    for (n, raw) in file.images.iter().enumerate() {
        let line = lines.of(raw.get());
        let own = image(raw, line, depth_max);
        images.push(own.and_then(|(id, image)| match by_id.entry(id) {
            Entry::Vacant(place) => {
                place.insert(n);
                Ok(image)
            }
            Entry::Occupied(_) => {
                let wrong = Wrong::new("coco.image", "the number of an earlier image").at(line);
                Err(Broken { image: file_name(&image.object), wrong })
            }
        }));
    }
    if images.is_empty() {
        notes.push(Note { rule: "coco.empty", say: "the file holds no image".into(), line: 0 });
    }
    let mut lost = 0;
    let mut unread = None;
    for raw in &file.annotations {
        let read = serde_json::from_str::<Annotation>(raw.get());
        let of = match &read {
            Ok(annotation) => annotation.image.clone(),
            Err(_) => serde_json::from_str::<Of>(raw.get()).ok().map(|of| of.image_id),
        };
        match (of.as_ref().and_then(|id| by_id.get(id)).and_then(|n| images.get_mut(*n)), read) {
            (Some(of), Ok(annotation)) => add(of, &annotation, &classes),
            (Some(of), Err(_)) => lose(of, "coco.annotation"),
            (None, Err(_)) if of.is_none() => drop(unread.get_or_insert(lines.of(raw.get()))),
            (None, _) => lost += 1,
        }
    }
    if lost > 0 {
        let say = format!("{lost} annotations are of no image in the file");
        notes.push(Note { rule: "coco.unmatched", say, line: 0 });
    }
    images.iter_mut().flatten().for_each(Image::count);
    Ok(Read { images, notes, unread })
}

/// Counts an annotation of an image as lost.
fn lose(of: &mut Result<Image, Broken>, rule: &'static str) {
    if let Ok(image) = of {
        image.notes.push(Note { rule, say: String::new(), line: image.line });
        image.lost += 1;
    }
}

/// Those of some values that are what they should be.
fn each<'t, T: Deserialize<'t>>(of: &[&'t RawValue]) -> Vec<T> {
    of.iter().filter_map(|raw| serde_json::from_str(raw.get()).ok()).collect()
}

/// Names by the numbers of categories. A name that two numbers have is one class; that is told.
fn classes<'c>(of: &'c [Category], notes: &mut Vec<Note>) -> BTreeMap<&'c Id, &'c str> {
    let out: BTreeMap<&Id, &str> = of.iter().map(|c| (&c.id, c.name.trim())).collect();
    let mut names: Vec<&str> = of.iter().map(|c| c.name.trim()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() < of.len() {
        let say = format!("{} categories, {} names: those of one name are one class", of.len(), names.len());
        notes.push(Note { rule: "coco.category", say, line: 0 });
    }
    out
}

fn image<'t>(raw: &'t RawValue, line: u32, depth_max: usize) -> Result<(Id, Image<'t>), Broken> {
    let unread = |wrong: Wrong| Broken { image: None, wrong: wrong.at(line) };
    let object = json::parse(raw.get().as_bytes(), depth_max).map_err(unread)?;
    let id = match json::select(&object, "id") {
        Some(Json::Int(n)) => Id(n.to_string()),
        Some(Json::Large(n)) => Id(n.to_string()),
        Some(Json::Huge(n)) => Id(n.to_string()),
        Some(Json::Float(x)) if x.fract() == 0.0 && x.abs() < 1e15 => Id(format!("{x:.0}")),
        Some(Json::Text(t)) => Id(t.to_string()),
        _ => {
            let wrong = Wrong::new("coco.image", "an image without a number of its own").at(line);
            return Err(Broken { image: file_name(&object), wrong });
        }
    };
    Ok((id, Image { raw, line, object, boxes: Vec::new(), lost: 0, notes: Vec::new() }))
}

/// Adds an annotation to its image, or counts it as one that is lost.
fn add(of: &mut Result<Image, Broken>, annotation: &Annotation, classes: &BTreeMap<&Id, &str>) {
    let Ok(image) = of else { return };
    let line = image.line;
    let note = |rule| Note { rule, say: String::new(), line };
    image.notes.extend(annotation.besides.iter().map(|rule| note(rule)));
    let class = annotation.category.as_ref().and_then(|id| classes.get(id)).filter(|name| !name.is_empty());
    match (annotation.sides(), class) {
        (None | Some(Err(())), _) => lose(of, "coco.box"),
        (_, None) => lose(of, "coco.category"),
        (Some(Ok([x, y, w, h])), Some(class)) => {
            let degenerate = (!(w > 0.0 && h > 0.0)).then_some("degenerate");
            let mut flags = annotation.all_flags();
            flags.extend(degenerate.map(String::from));
            image.boxes.push(Box2 { class: class.to_string(), x1: x, y1: y, x2: x + w, y2: y + h, flags });
        }
    }
}

impl Image<'_> {
    /// Makes one note of each rule, with how often it was met.
    fn count(&mut self) {
        let mut of: BTreeMap<&'static str, usize> = BTreeMap::new();
        self.notes.iter().for_each(|n| *of.entry(n.rule).or_default() += 1);
        let line = self.line;
        let say = |rule: &str, n: usize| match rule {
            "coco.segmentation" => format!("{n} with an outline, of which the box is kept"),
            "coco.keypoints" => format!("{n} with keypoints, which are not kept"),
            "coco.attributes" => format!("{n} with attributes that are neither true nor false, which are not kept"),
            "coco.annotation" => format!("{n} that cannot be read, which are lost"),
            "coco.box" => format!("{n} without a box of four finite numbers, which are lost"),
            "coco.category" => format!("{n} of no category in the file, which are lost"),
            _ => format!("{n} with other keys, which are not kept"),
        };
        self.notes = of.into_iter().map(|(rule, n)| Note { rule, say: say(rule, n), line }).collect();
    }
}

/// Lines of places that mostly follow one another.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: u32,
}

impl Lines<'_> {
    /// The line on which a part of the text begins.
    fn of(&mut self, part: &str) -> u32 {
        let place = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize).min(self.text.len());
        if place < self.at {
            (self.at, self.line) = (0, 1);
        }
        let passed = self.text.as_bytes().get(self.at..place).unwrap_or_default();
        self.line = self.line.saturating_add(line_at(passed, passed.len()) - 1);
        self.at = place;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{"info": {}, "images": [
{"id": 7, "file_name": "train/a.jpg", "width": 9, "height": 8},
{"id": "8", "file_name": "b.jpg"},
{"id": 7, "file_name": "c.jpg"}],
"annotations": [
{"id": 1, "image_id": 7, "category_id": 2, "bbox": [1, 2, 3.5, 4], "area": 14, "segmentation": [[1,2,3,4,5,6]]},
{"id": 2, "image_id": 7, "category_id": 1, "bbox": [0, 0, 0, 4], "iscrowd": 1, "segmentation": {"counts": "x"}},
{"id": 3, "image_id": 7, "category_id": 1, "keypoints": [1, 2, 2], "segmentation": []},
{"id": 4, "image_id": 9, "category_id": 1, "bbox": [0, 0, 1, 1]}],
"categories": [{"id": 1, "name": "cell"}, {"id": 2, "name": "disc"}, {"id": 3, "name": "cell"}]}"#;

    fn documents(text: &str) -> Result<Documents, Wrong> {
        let unit = Unit { row: 0, bytes: text.as_bytes(), context: None, path: "", stem: "" };
        beside(&Options::default(), 64, &unit)
    }

    #[test]
    fn boxes_are_kept_and_the_rest_is_counted() {
        let read = documents(FILE).unwrap();
        let [Ok(a), Ok(b), Err(c)] = read.of.as_slice() else { panic!("{:?}", read.of) };
        assert_eq!((a.image.as_deref(), a.width, a.height, a.lost), (Some("train/a.jpg"), Some(9), Some(8), 1));
        let boxes: Vec<(&str, [f64; 4], Vec<&str>)> = a
            .boxes
            .iter()
            .map(|b| (b.class.as_str(), [b.x1, b.y1, b.x2, b.y2], b.flags.iter().map(String::as_str).collect()))
            .collect();
        assert_eq!(boxes[0], ("disc", [1.0, 2.0, 4.5, 6.0], vec![]));
        assert_eq!(boxes[1], ("cell", [0.0, 0.0, 0.0, 4.0], vec!["crowd", "degenerate"]));
        let told: Vec<(&str, &str, u32)> = a.notes.iter().map(|n| (n.rule, &n.say[..1], n.line)).collect();
        assert_eq!(told, [("coco.box", "1", 2), ("coco.keypoints", "1", 2), ("coco.segmentation", "2", 2)]);
        assert_eq!((b.image.as_deref(), b.boxes.len(), b.width), (Some("b.jpg"), 0, None));
        assert_eq!((c.image.as_deref(), c.wrong.rule, c.wrong.line), (Some("c.jpg"), "coco.image", 4));
        let rules: Vec<&str> = read.notes.iter().map(|n| n.rule).collect();
        assert_eq!(rules, ["coco.category", "coco.unmatched"]);
    }

    #[test]
    fn what_cannot_be_read() {
        let rule = |text: &str| documents(text).unwrap_err().rule;
        assert_eq!(rule("[1]"), "coco.file");
        assert_eq!(rule("{\"annotations\": []}"), "coco.file");
        assert_eq!(rule("{\"images\": ["), "json");
        assert_eq!(rule(&"[".repeat(100_000)), "json.depth");
        assert_eq!(documents("{\"images\": []}").unwrap().notes[0].rule, "coco.empty");
        let with = |bbox: &str, category: u8| {
            let text = format!(
                "{{\"images\": [{{\"id\": 1, \"file_name\": \"a\"}}], \"categories\": [{{\"id\": 1, \"name\": \"c\"}}],\n\
                 \"annotations\": [{{\"image_id\": 1, \"category_id\": {category}, \"bbox\": {bbox}}}]}}"
            );
            let document = documents(&text).unwrap().of.remove(0).unwrap();
            assert_eq!((document.boxes.len(), document.lost), (0, 1));
            document.notes[0].rule
        };
        assert_eq!(with("[1, 2, 3]", 1), "coco.box");
        assert_eq!(with("[1, 2, 3, \"4\"]", 1), "coco.box");
        assert_eq!(with("[1, 2, 3, 4]", 2), "coco.category");
    }
}

//! A file of instances as samples, and as the boxes of images beside it.
use super::annotation::{Annotation, Id, Of, Own};
use super::category::{Category, classes};
use crate::diag::nearest;
use crate::formats::encoding::{BOM, Wrong, line_at, text};
use crate::formats::json::{self, Json, deeper_than};
use crate::formats::options::Options;
use crate::formats::reader::{Ask, Records, Unit};
use crate::formats::sidecar::{Broken, Document, Documents, Note, Shapes, not_kept};
use crate::model::boxes::Box2;
use crate::model::keypoints::Keypoints;
use crate::model::masks::Mask;
use crate::model::polygons::Polygon;
use crate::model::shapes::CAPTIONS;
use crate::table::{Cell, Value};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

/// The file as far as it is read; everything in it that may be long stays where it lies.
#[derive(Deserialize)]
struct File<'t> {
    #[serde(borrow)]
    images: Vec<&'t RawValue>,
    /// Missing where nobody looked, as in the files that hold the images of a test.
    #[serde(borrow, default)]
    annotations: Option<Vec<&'t RawValue>>,
    #[serde(borrow, default)]
    licenses: Option<&'t RawValue>,
    #[serde(borrow, default)]
    categories: Vec<&'t RawValue>,
}

/// An image of the file with its boxes.
struct Image<'t> {
    raw: &'t RawValue,
    line: u32,
    object: Json<'t>,
    boxes: Vec<Box2>,
    /// Annotations of the image that could not be kept.
    lost: u32,
    shapes: Shapes,
    notes: Vec<Note>,
    /// It has captions; and other annotations.
    said: bool,
    drawn: bool,
    /// Annotations of which something is told, by rule.
    told: BTreeMap<&'static str, Vec<Option<Id>>>,
}

/// The images of a file in its order, and what is to be told of the file.
struct Read<'t> {
    images: Vec<Result<Image<'t>, Broken>>,
    notes: Vec<Note>,
    /// The line of the first annotation that cannot be read, so that nobody knows which image it is of.
    unread: Option<u32>,
    /// The file says nothing of annotations.
    unlabelled: bool,
    /// All annotations of the file are captions.
    shapeless: bool,
    /// How many images have a licence of their own.
    licensed: usize,
}

pub fn samples(ask: &Ask, unit: &Unit, out: &mut Records) {
    let read = match read(&ask.options, unit.bytes, ask.depth_max) {
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
            Ok(mut image) => {
                out.line = image.line;
                if out.take(unit, n, image.raw.get().as_bytes(), &image.object) {
                    let looked = !read.unlabelled && !read.shapeless;
                    out.more("objects", Some(image.boxes).filter(|_| looked).map_or(Value::Null, Cell::into_value));
                    out.more("objects_lost", image.lost.into_value());
                    for drawing in ask.options.shapes() {
                        let (shapes, lost) = image.shapes.take(drawing.column);
                        let told = looked || drawing.column == CAPTIONS && !read.unlabelled;
                        out.more(drawing.column, if told { shapes } else { Value::Null });
                        out.more(drawing.lost, lost.into_value());
                    }
                    for note in image.notes {
                        out.finding(unit, n, note.line, note.rule, note.say);
                    }
                }
            }
        }
    }
    out.line = 0;
}

pub fn beside(options: &Options, depth_max: usize, unit: &Unit) -> Result<Documents, Wrong> {
    let mut read = read(options, unit.bytes, depth_max)?;
    if read.licensed > 0 {
        let say =
            format!("{} images have a licence of their own; it is not kept, that of the source stands", read.licensed);
        read.notes.push(Note { rule: "coco.license", say, line: 0 });
    }
    let (unlabelled, shapeless) = (read.unlabelled, read.shapeless);
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
        let Image { boxes, lost, shapes, notes, .. } = image;
        Ok(Document { image: Some(name), width, height, boxes, lost, shapes, notes, unlabelled, shapeless })
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

fn read<'b>(options: &Options, bytes: &'b [u8], depth_max: usize) -> Result<Read<'b>, Wrong> {
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
    let unlabelled = file.annotations.is_none() && !images.is_empty();
    if unlabelled {
        let (note, lost) = unlooked(text);
        notes.push(note);
        images.iter_mut().flatten().for_each(|image| {
            image.lost = lost;
            options.shapes().iter().for_each(|d| image.shapes.lose_of(d.column, lost));
        });
    }
    let known = Known { by_id, classes, options };
    let (unread, strangers, numbered) = known.annotate(file.annotations.iter().flatten(), &mut images);
    notes.extend(not_kept("coco.ids", (numbered, "annotations"), options));
    let unread = unread.map(|raw| lines.of(raw.get()));
    if strangers > 0 {
        let say = format!("{strangers} annotations are of no image in the file");
        notes.push(Note { rule: "coco.unmatched", say, line: 0 });
    }
    images.iter_mut().flatten().for_each(Image::count);
    let licensed = licensed(&images, file.licenses);
    let any = |has: fn(&Image) -> bool| images.iter().flatten().any(has);
    let shapeless = any(|image| image.said) && !any(|image| image.drawn);
    Ok(Read { images, notes, unread, unlabelled, shapeless, licensed })
}

/// What annotations are read with.
struct Known<'k> {
    /// Places of images by their numbers.
    by_id: HashMap<Id, usize>,
    classes: BTreeMap<&'k Id, &'k str>,
    options: &'k Options,
}

impl Known<'_> {
    /// Adds each annotation to its image. Gives the first of which nobody knows the image, since it cannot be read, how many
    /// are of no image, and how many have an id that is not their place in the file, from 1, which would say nothing.
    fn annotate<'a, 't: 'a>(
        &self,
        all: impl Iterator<Item = &'a &'t RawValue>,
        images: &mut [Result<Image, Broken>],
    ) -> (Option<&'t RawValue>, usize, usize) {
        let (mut unread, mut strangers, mut numbered) = (None, 0, 0);
        for (place, raw) in (1i64..).zip(all) {
            let read = serde_json::from_str::<Annotation>(raw.get());
            let of = match &read {
                Ok(annotation) => annotation.image.clone(),
                Err(_) => own::<Of>(raw).map(|of| of.image_id),
            };
            match (of.as_ref().and_then(|id| self.by_id.get(id)).and_then(|n| images.get_mut(*n)), read) {
                (Some(Ok(of)), Ok(annotation)) if annotation.is_caption() => say(of, &annotation, self.options),
                (Some(Ok(of)), Ok(mut annotation)) => {
                    of.drawn = true;
                    numbered += usize::from(annotation.id.as_ref().is_some_and(|id| *id != Id::Whole(place)));
                    annotation.choose(self.options);
                    add(of, &annotation, &self.classes);
                    draw(of, &annotation, &self.classes, self.options);
                }
                (Some(Ok(of)), Err(_)) => {
                    of.lose("coco.annotation", own::<Own>(raw).map(|own| own.id));
                    self.options.shapes().iter().for_each(|d| of.shapes.lose_of(d.column, 1));
                }
                (Some(Err(_)), _) => {} // its image is told
                (None, Err(_)) if of.is_none() => drop(unread.get_or_insert(*raw)),
                (None, _) => strangers += 1,
            }
        }
        (unread, strangers, numbered)
    }
}

/// What is to be told of a file without annotations, and whether they may stand under another key, where they are lost.
fn unlooked(text: &str) -> (Note, u32) {
    let keys: BTreeMap<String, IgnoredAny> = serde_json::from_str(text).unwrap_or_default();
    let others = keys.keys().map(String::as_str).filter(|key| *key != "annotations");
    let (say, lost) = match nearest("annotations", others) {
        Some(near) => {
            (format!("the file has no `annotations`; did you mean that by `{near}`? What stands there is lost"), 1)
        }
        None => ("the file has no `annotations`: nobody looked at its images, which have no label".to_string(), 0),
    };
    (Note { rule: "coco.annotations", say, line: 0 }, lost)
}

/// A licence that images may have.
#[derive(Deserialize)]
struct License {
    id: Id,
    #[serde(default)]
    name: String,
    #[serde(default)]
    url: String,
}

/// How many images have a licence of their own that says something.
fn licensed(images: &[Result<Image, Broken>], licenses: Option<&RawValue>) -> usize {
    let listed: Vec<&RawValue> = licenses.and_then(own).unwrap_or_default();
    let listed: Vec<License> = each(&listed);
    let says = |l: &License| !l.name.trim().is_empty() || !l.url.trim().is_empty();
    let own = |image: &&Image| {
        let id = match json::select(&image.object, "license") {
            Some(Json::Int(n)) => n.to_string(),
            Some(Json::Text(t)) if !t.trim().is_empty() => t.to_string(),
            _ => return false,
        };
        let id = Id::named(&id);
        listed.iter().find(|l| l.id == id).map_or(id != Id::Whole(0), says)
    };
    images.iter().flatten().filter(own).count()
}

/// A value, if it is what it should be.
fn own<'t, T: Deserialize<'t>>(raw: &'t RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

/// Those of some values that are what they should be.
fn each<'t, T: Deserialize<'t>>(of: &[&'t RawValue]) -> Vec<T> {
    of.iter().filter_map(|raw| own(raw)).collect()
}

fn image<'t>(raw: &'t RawValue, line: u32, depth_max: usize) -> Result<(Id, Image<'t>), Broken> {
    let unread = |wrong: Wrong| Broken { image: None, wrong: wrong.at(line) };
    let object = json::parse(raw.get().as_bytes(), depth_max).map_err(unread)?;
    let id = match json::select(&object, "id") {
        Some(Json::Int(n)) => Id::Whole(*n),
        Some(Json::Large(n)) => Id::Text(n.to_string()),
        Some(Json::Huge(n)) => Id::Text(n.to_string()),
        Some(Json::Float(x)) if x.fract() == 0.0 && x.abs() < 1e15 => Id::named(&format!("{x:.0}")),
        Some(Json::Text(t)) => Id::named(t),
        _ => {
            let wrong = Wrong::new("coco.image", "an image without a number of its own").at(line);
            return Err(Broken { image: file_name(&object), wrong });
        }
    };
    let (boxes, shapes, notes, told) = Default::default();
    Ok((id, Image { raw, line, object, boxes, lost: 0, shapes, notes, said: false, drawn: false, told }))
}

/// The class of an annotation, if its category has a name.
fn class_of<'c>(annotation: &Annotation, classes: &BTreeMap<&'c Id, &'c str>) -> Option<&'c str> {
    annotation.category.as_ref().and_then(|id| classes.get(id)).copied().filter(|name| !name.is_empty())
}

/// Adds the box of an annotation to its image, or counts it as one that is lost.
fn add(image: &mut Image, annotation: &Annotation, classes: &BTreeMap<&Id, &str>) {
    if annotation.other_area() {
        image.tell("coco.area", annotation.id.clone());
    }
    match (annotation.sides, class_of(annotation, classes)) {
        (None | Some(Err(())), _) => image.lose("coco.box", annotation.id.clone()),
        (_, None) => image.lose("coco.category", annotation.id.clone()),
        (Some(Ok([x, y, w, h])), Some(class)) => {
            let degenerate = (!(w > 0.0 && h > 0.0)).then_some("degenerate");
            let mut flags = annotation.all_flags();
            flags.extend(degenerate.map(String::from));
            image.boxes.push(Box2 { class: class.to_string(), x1: x, y1: y, x2: x + w, y2: y + h, flags });
        }
    }
}

/// Adds what somebody wrote of the image, if that is asked for.
fn say(image: &mut Image, annotation: &Annotation, options: &Options) {
    image.said = true;
    annotation.besides.iter().for_each(|rule| image.tell(rule, annotation.id.clone()));
    if !options.shapes().iter().any(|d| d.column == CAPTIONS) {
        return image.tell("coco.caption", annotation.id.clone());
    }
    match annotation.text() {
        Some(text) => image.shapes.say(text),
        None => {
            image.tell("coco.text", annotation.id.clone());
            image.shapes.lose_of(CAPTIONS, 1);
        }
    }
}

/// Adds the shapes of an annotation that are asked for, and tells what else it holds.
fn draw(image: &mut Image, annotation: &Annotation, classes: &BTreeMap<&Id, &str>, options: &Options) {
    let (polygons, masks) = (options.wants::<Polygon>(), options.wants::<Mask>());
    let outlines = polygons || masks;
    let points = options.wants::<Keypoints>();
    let read = |rule: &str| outlines && rule == "coco.segmentation" || points && rule == "coco.keypoints";
    let besides = annotation.besides.iter().filter(|rule| !read(rule));
    besides.for_each(|rule| image.tell(rule, annotation.id.clone()));
    if annotation.caption.is_some() {
        image.tell("coco.other", annotation.id.clone()); // of an object, and not of the image
    }
    let Some(class) = class_of(annotation, classes) else {
        let drawn = options.shapes().into_iter().filter(|d| d.column != CAPTIONS);
        drawn.for_each(|d| image.shapes.lose_of(d.column, 1));
        return;
    };
    if points {
        match annotation.points().zip(annotation.sides.and_then(Result::ok)) {
            Some((points, [x, y, w, h])) => {
                let (class, flags) = (class.to_string(), annotation.all_flags());
                image.shapes.add(Keypoints { class, reach: [x, y, x + w, y + h], points, flags });
            }
            None => {
                image.tell("coco.points", annotation.id.clone());
                image.shapes.lose::<Keypoints>();
            }
        }
    }
    if masks {
        match annotation.mask(class, image.size()) {
            Ok(mask) => image.shapes.add(mask),
            Err(rule) => {
                image.tell(if rule == "coco.outline" { "coco.mask" } else { rule }, annotation.id.clone());
                image.shapes.lose::<Mask>();
            }
        }
    }
    if polygons {
        match annotation.outline() {
            Ok(parts) => {
                let flags = annotation.all_flags();
                image.shapes.add(Polygon { class: class.to_string(), parts, flags });
            }
            Err(rule) => {
                image.tell(rule, annotation.id.clone());
                image.shapes.lose::<Polygon>();
            }
        }
    }
}

impl Image<'_> {
    /// Width and height that the file states.
    fn size(&self) -> Option<[u32; 2]> {
        let side = |key: &str| match json::select(&self.object, key) {
            Some(Json::Int(n)) => u32::try_from(*n).ok().filter(|n| *n > 0),
            _ => None,
        };
        Some([side("width")?, side("height")?])
    }

    /// Notes that something is to be told of an annotation.
    fn tell(&mut self, rule: &'static str, id: Option<Id>) {
        self.told.entry(rule).or_default().push(id);
    }

    /// Counts an annotation as one whose box is lost.
    fn lose(&mut self, rule: &'static str, id: Option<Id>) {
        self.tell(rule, id);
        self.lost += 1;
    }

    /// Makes one note of each rule, with how often it was met.
    fn count(&mut self) {
        let line = self.line;
        let say = |rule: &str, n: usize| match rule {
            "coco.segmentation" => format!("{n} with an outline, of which the box is kept"),
            "coco.outline" => format!("{n} without an outline of polygons, which are lost to `objects.polygons`"),
            "coco.points" => format!("{n} without keypoints and a box, which are lost to `objects.keypoints`"),
            "coco.mask" => format!("{n} without a mask on the pixels of the image, which are lost to `objects.masks`"),
            "coco.rle" => format!("{n} whose outline is a mask, which are lost to `objects.polygons`"),
            "coco.caption" => {
                format!("{n} captions, which are not kept: a task of the kind `answer` takes them from `{CAPTIONS}`")
            }
            "coco.text" => format!("{n} captions that are no text, or an empty one, which are lost to `{CAPTIONS}`"),
            "coco.keypoints" => format!("{n} with keypoints, which are not kept"),
            "coco.attributes" => format!("{n} with attributes that are neither true nor false, which are not kept"),
            "coco.annotation" => format!("{n} that cannot be read, which are lost"),
            "coco.box" => format!("{n} without a box of four finite numbers, which are lost"),
            "coco.category" => format!("{n} of no category in the file, which are lost"),
            "coco.area" => format!("{n} with an area that is not that of the box, which is not kept"),
            "coco.flag" => format!("{n} with an `iscrowd` or `ignore` that is neither yes nor no, and is taken for no"),
            _ => format!("{n} with other keys, which are not kept"),
        };
        let image = json::select(&self.object, "id").and_then(|id| match id {
            Json::Int(n) => Some(format!("image {n}: ")),
            _ => None, // a text may be anything
        });
        let image = image.unwrap_or_default();
        let told = std::mem::take(&mut self.told).into_iter();
        self.notes = told
            .map(|(rule, ids)| Note { rule, say: format!("{image}{}{}", say(rule, ids.len()), named(&ids)), line })
            .collect();
    }
}

/// The numbers of the first annotations, for people; texts may be anything and are left out.
fn named(ids: &[Option<Id>]) -> String {
    const SHOWN: usize = 5;
    let number = |id: &&Id| matches!(id, Id::Whole(0..));
    let all: Vec<String> = ids.iter().flatten().filter(number).map(Id::to_string).collect();
    let more = if all.len() > SHOWN { ", ..." } else { "" };
    match all.get(..SHOWN.min(all.len())) {
        Some(shown) if !shown.is_empty() => format!(" (annotation {}{more})", shown.join(", ")),
        _ => String::new(),
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
        let told: Vec<(&str, &str, u32)> = a.notes.iter().map(|n| (n.rule, &n.say[..10], n.line)).collect();
        assert_eq!(
            told,
            [
                ("coco.box", "image 7: 1", 2),
                ("coco.keypoints", "image 7: 1", 2),
                ("coco.segmentation", "image 7: 2", 2)
            ]
        );
        assert!(a.notes[2].say.ends_with("(annotation 1, 2)"), "{}", a.notes[2].say);
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

    const CAPTIONED: &str = r#"{"images": [{"id": 1, "file_name": "a"}, {"id": 2, "file_name": "b"}], "annotations": [
{"id": 1, "image_id": 1, "caption": "a cat"}, {"id": 2, "image_id": 1, "category_id": 0, "caption": "it sits"},
{"id": 3, "image_id": 1, "caption": " "}, {"id": 4, "image_id": 1, "caption": null}, {"id": 5, "image_id": 9, "caption": "x"}]}"#;

    #[test]
    fn captions_are_texts_of_the_image_and_no_boxes() {
        let options = Options::default().with_shapes(vec![CAPTIONS.to_string(), "objects.polygons".to_string()]);
        let unit = |text: &'static str| Unit { row: 0, bytes: text.as_bytes(), context: None, path: "", stem: "" };
        let mut read = beside(&options, 64, &unit(CAPTIONED)).unwrap();
        let rules: Vec<&str> = read.notes.iter().map(|n| n.rule).collect();
        let [Ok(a), Ok(b)] = read.of.as_mut_slice() else { panic!("{:?}", read.of) };
        let texts = ["a cat", "it sits"].map(|t| Value::Text(t.into())).to_vec();
        assert_eq!((a.shapes.take(CAPTIONS), a.lost, a.shapeless), ((Value::List(texts), 2), 0, true));
        assert_eq!((a.notes.len(), a.notes[0].rule, a.shapes.take("objects.polygons").1), (1, "coco.text", 0));
        assert_eq!((b.shapes.take(CAPTIONS), b.shapeless, rules), ((Value::Null, 0), true, vec!["coco.unmatched"]));
        let unread = documents(CAPTIONED).unwrap();
        let told: Vec<&str> = unread.of[0].as_ref().unwrap().notes.iter().map(|n| n.rule).collect();
        assert_eq!(told, ["coco.caption"], "nobody reads them");
        let mixed =
            CAPTIONED.replace(r#""caption": null"#, r#""bbox": [0, 0, 2, 2], "category_id": 1, "caption": "of a box""#);
        let mixed = mixed.replace(r#"{"images""#, r#"{"categories": [{"id": 1, "name": "c"}], "images""#);
        let a = documents(&mixed).unwrap().of.remove(0).unwrap();
        assert_eq!((a.boxes.len(), a.shapeless), (1, false));
        assert!(a.notes.iter().any(|n| n.rule == "coco.other"), "the caption of a box is not kept");
    }

    /// The later name would be given to all boxes of the number.
    #[test]
    fn a_number_with_two_names_has_none() {
        let with = |second: &str| {
            let text = format!(
                r#"{{"images": [{{"id": 1, "file_name": "a"}}],
                "categories": [{{"id": 90, "name": "dog"}}, {{"id": 90, "name": "{second}"}}],
                "annotations": [{{"image_id": 1, "category_id": 90, "bbox": [1, 2, 3, 4]}}]}}"#
            );
            let read = documents(&text).unwrap();
            let told = read.notes.iter().any(|note| note.say.contains("that of `dog` and of `cat`"));
            let document = read.of.into_iter().next().unwrap().unwrap();
            (document.boxes.len(), document.lost, told)
        };
        assert_eq!(with("cat"), (0, 1, true));
        assert_eq!(with("dog "), (1, 0, false), "the same name twice");
    }

    #[test]
    fn nobody_looked_where_no_annotations_stand() {
        let image =
            r#""images": [{"id": 1, "file_name": "a", "license": 4}], "licenses": [{"id": 4, "name": "BY-NC"}]"#;
        let told = |more: &str| {
            let read = documents(&format!("{{{image}{more}}}")).unwrap();
            let rules: Vec<&str> = read.notes.iter().map(|n| n.rule).collect();
            let document = read.of[0].as_ref().unwrap();
            (document.unlabelled, document.lost, rules)
        };
        assert_eq!(told(""), (true, 0, vec!["coco.annotations", "coco.license"]));
        assert_eq!(told(r#", "annotation": [{}]"#), (true, 1, vec!["coco.annotations", "coco.license"]));
        assert_eq!(told(r#", "annotations": []"#), (false, 0, vec!["coco.license"]));
    }

    #[test]
    fn areas_and_crowds_in_other_spellings() {
        let told = |more: &str| {
            let text = format!(
                "{{\"images\": [{{\"id\": 1, \"file_name\": \"a\"}}], \"categories\": [{{\"id\": 1, \"name\": \"c\"}}],\n\
                 \"annotations\": [{{\"image_id\": 1, \"category_id\": 1, \"bbox\": [1, 2, 3, 4], {more}}}]}}"
            );
            let document = documents(&text).unwrap().of.remove(0).unwrap();
            (document.boxes[0].flags.len(), document.notes.first().map(|n| n.rule))
        };
        assert_eq!(told(r#""iscrowd": true, "area": 12"#), (1, None));
        assert_eq!(told(r#""iscrowd": "1", "area": 12.1"#), (1, None));
        assert_eq!(told(r#""iscrowd": "0", "area": null"#), (0, None));
        assert_eq!(told(r#""iscrowd": 2"#), (0, Some("coco.flag")));
        assert_eq!(told(r#""area": 25"#), (0, Some("coco.area")));
        assert_eq!(told(r#""area": 9, "segmentation": [[1, 2, 4, 2, 4, 6]]"#), (0, Some("coco.segmentation")));
    }
}

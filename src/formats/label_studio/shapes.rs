//! Tasks beside their pictures: the shapes of each task's first annotation that was not skipped. A task names its pictures in its
//! `data`: a path, an address, or a file of local storage (`/data/local-files/?d=...`). Which of several a shape is on says `pictures.rs`.
//!
//! Places are percent of the picture as it was shown; they become pixels of `original_width` and `original_height`. Rectangles are
//! boxes, and where a task reads them polygons or rotated boxes; polygons are polygons; brushes are masks. Of what is turned or
//! outlined the box around it counts as a box. Findings: `studio.annotators` (further annotations, which are not read here),
//! `studio.skipped`, `studio.shape` (a shape that cannot be read or is of a kind that is not read, which is lost), `studio.kind` (a
//! shape that the columns which are read cannot hold, which is lost to them), `studio.turned` (a picture that was shown turned,
//! whose shapes are lost), `studio.picture` (shapes of a task with several pictures, of which nothing says which they are on, which are
//! lost), `studio.pictures` (the first of several pictures was taken), `studio.ids` (ids of shapes, which are not kept), `studio.said` (results that are no shapes). Broken: `studio.task` (no picture is named).
use super::brush::unpacked;
use super::min::{self, is_min};
use super::pictures::{Picture, Shown};
use crate::formats::encoding::{BOM, Wrong, text};
use crate::formats::json::{self, Json, select};
use crate::formats::json_array::{Listed, listed};
use crate::formats::options::Options;
use crate::formats::reader::{Record, Unit};
use crate::formats::sidecar::{Broken, Document, Documents, Note, id_flag, not_kept};
use crate::model::boxes::Box2;
use crate::model::masks::Mask;
use crate::model::points::Point;
use crate::model::polygons::{Polygon, bounds};
use crate::model::quads::Quad;
use crate::model::shape::Shape;
use serde_json::Value as Tree;
use std::collections::BTreeMap;

pub fn read(options: &Options, depth_max: usize, unit: &Unit) -> Result<Documents, Wrong> {
    let text = text(unit.bytes)?;
    let tasks = listed(text.strip_prefix(BOM).unwrap_or(text).as_bytes())?;
    let (mut of, mut short, mut ids) = (Vec::new(), Vec::new(), 0);
    for item in tasks {
        match item_of(item, depth_max) {
            Ok((line, object)) if is_min(&object) => short.push((line, object)),
            Ok((line, task)) => of.extend(documents(line, &task, options, &mut ids)),
            Err(broken) => of.push(Err(broken)),
        }
    }
    let lines: Vec<u32> = short.iter().map(|(line, _)| *line).collect();
    for (places, task) in min::tasks(short.into_iter().map(|(_, object)| object).collect(), &[]).unwrap_or_default() {
        let line = places.first().and_then(|place| lines.get(*place)).copied().unwrap_or_default();
        of.extend(documents(line, &task, options, &mut ids));
    }
    Ok(Documents { of, notes: not_kept("studio.ids", (ids, "shapes"), options).into_iter().collect() })
}

/// An object of the list, with its line.
fn item_of<'b>(item: Listed<'b>, depth_max: usize) -> Result<(u32, Json<'b>), Broken> {
    let broken = |wrong: Wrong| Broken { image: None, wrong };
    let (line, bytes) = item.map_err(broken)?;
    Ok((line, json::parse(bytes, depth_max).map_err(|wrong| broken(wrong.at(line)))?))
}

fn list<'j, 'l>(of: &'j Json<'l>, key: &str) -> &'j [Json<'l>] {
    if let Some(Json::Array(items)) = select(of, key) { items } else { &[] }
}

fn is_set(of: &Json, key: &str) -> bool {
    select(of, key) == Some(&Json::Bool(true))
}

/// The shapes of a task, a document for each picture that they may be about; counts those that have an id.
fn documents(line: u32, task: &Json, options: &Options, ids: &mut usize) -> Vec<Result<Document, Broken>> {
    let all = match list(task, "annotations") {
        [] => list(task, "completions"),
        some => some,
    };
    let (skipped, given): (Vec<&Json>, Vec<&Json>) =
        all.iter().partition(|a| is_set(a, "was_cancelled") || is_set(a, "skipped"));
    let results = given.first().map(|annotation| list(annotation, "result")).unwrap_or_default();
    let shown = Shown::of(task, results, options);
    let document = |p: &Picture| Document { image: Some(p.path.clone()), ..Document::default() };
    let walk = |p: &Picture| Walk { document: document(p), ..Walk::default() };
    let mut walks: Vec<Walk> = shown.pictures.iter().map(walk).collect();
    let Some(first) = walks.first_mut() else {
        let say = "the task names no picture in its `data`";
        return vec![Err(Broken { image: None, wrong: Wrong::new("studio.task", say).at(line) })];
    };
    first.note("studio.skipped", skipped.len());
    first.note("studio.annotators", given.len().saturating_sub(1));
    first.note("studio.pictures", usize::from(shown.guessed));
    *ids += results.iter().filter(|r| is_shape(r) && Record::text(*r, "id").is_some()).count();
    for result in results {
        match shown.place_of(result).and_then(|place| walks.get_mut(place)) {
            Some(walk) => walk.result(result, results, options),
            // each of the pictures may lack it
            None if is_shape(result) => walks.iter_mut().for_each(|walk| walk.lose("studio.picture", options)),
            None => walks.iter_mut().take(1).for_each(|walk| walk.result(result, results, options)),
        }
    }
    let finish = |mut walk: Walk| {
        walk.document.unlabelled = given.is_empty();
        Ok(walk.finish())
    };
    walks.into_iter().map(finish).collect()
}

/// Whether a result is a shape, of a kind that is read or not.
fn is_shape(result: &Json) -> bool {
    let kind = Record::text(result, "type").unwrap_or_default();
    SHAPES.iter().any(|(name, _)| *name == kind) || OTHERS.contains(&kind.as_str())
}

#[derive(Default)]
struct Walk {
    document: Document,
    told: BTreeMap<&'static str, usize>,
}

/// Results that are read as shapes, by the key of their classes.
const SHAPES: &[(&str, &str)] = &[
    ("rectanglelabels", "rectanglelabels"),
    ("rectangle", "labels"),
    ("polygonlabels", "polygonlabels"),
    ("polygon", "labels"),
    ("brushlabels", "brushlabels"),
    ("brush", "labels"),
];

/// Results of shapes that are not read.
const OTHERS: &[&str] =
    &["ellipselabels", "ellipse", "keypointlabels", "keypoint", "videorectangle", "cuboidlabels", "vectorlabels"];

impl Walk {
    fn note(&mut self, rule: &'static str, n: usize) {
        if n > 0 {
            *self.told.entry(rule).or_default() += n;
        }
    }

    fn lose(&mut self, rule: &'static str, options: &Options) {
        self.note(rule, 1);
        self.document.lost += 1;
        options.shapes().iter().for_each(|d| self.document.shapes.lose_of(d.column, 1));
    }

    fn lose_to<S: Shape>(&mut self) {
        self.document.shapes.lose::<S>();
        self.note("studio.kind", 1);
    }

    fn result(&mut self, result: &Json, all: &[Json], options: &Options) {
        let kind = Record::text(result, "type").unwrap_or_default();
        let Some((_, key)) = SHAPES.iter().find(|(name, _)| *name == kind) else {
            return match OTHERS.contains(&kind.as_str()) {
                true => self.lose("studio.shape", options),
                // the classes of a region stand beside the shape
                false => self.note("studio.said", usize::from(kind != "labels")),
            };
        };
        let side = |key: &str| Record::text(result, key)?.parse::<u32>().ok().filter(|n| *n > 0);
        let Some(size) = side("original_width").zip(side("original_height")).map(|(w, h)| [w, h]) else {
            return self.lose("studio.shape", options);
        };
        self.document.width = self.document.width.or(Some(size[0].into()));
        self.document.height = self.document.height.or(Some(size[1].into()));
        if Record::text(result, "image_rotation").is_some_and(|turn| turn.parse::<f64>() != Ok(0.0)) {
            return self.lose("studio.turned", options);
        }
        let classes = classes(result, key, all);
        let Some(value) = select(result, "value").filter(|_| !classes.is_empty()) else {
            return self.lose("studio.shape", options);
        };
        for class in classes {
            match found_of(&kind, value, size, &class) {
                Some(found) => self.add(found.named(Record::text(result, "id"), options), size, options),
                None => self.lose("studio.shape", options),
            }
        }
    }

    fn add(&mut self, found: Found, size: [u32; 2], options: &Options) {
        let (class, mut flags, reach) = match &found {
            Found::Quad(quad) => (quad.class.clone(), quad.flags.clone(), bounds(&quad.corners)),
            Found::Polygon(polygon) => (polygon.class.clone(), polygon.flags.clone(), polygon.bounds()),
            Found::Mask(mask) => (mask.class.clone(), mask.flags.clone(), mask.bounds()),
        };
        let Some([x1, y1, x2, y2]) = reach else { return self.lose("studio.shape", options) };
        let outline = found.polygon();
        if options.wants::<Polygon>() {
            match &outline {
                Some(polygon) => self.document.shapes.add(polygon.clone()),
                None => self.lose_to::<Polygon>(),
            }
        }
        if options.wants::<Quad>() {
            match &found {
                Found::Quad(quad) => self.document.shapes.add(quad.clone()),
                _ => self.lose_to::<Quad>(),
            }
        }
        if options.wants::<Mask>() {
            let mask = match found {
                Found::Mask(mask) => Some(mask),
                _ => outline.and_then(|polygon| Mask::of(&polygon, size)),
            };
            match mask {
                Some(mask) => self.document.shapes.add(mask),
                None => self.lose_to::<Mask>(),
            }
        }
        flags.extend((x1 >= x2 || y1 >= y2).then(|| "degenerate".to_string()));
        self.document.boxes.push(Box2 { class, x1, y1, x2, y2, flags });
    }

    fn finish(mut self) -> Document {
        for (rule, n) in std::mem::take(&mut self.told) {
            let say = match rule {
                "studio.skipped" => "annotations that were skipped, which are no answers",
                "studio.annotators" => "further annotations, of which none is read here: the first one counts",
                "studio.kind" => "shapes that the columns which are read cannot hold, which are lost to them",
                "studio.turned" => "shapes on a picture that was shown turned, which are lost",
                "studio.pictures" => {
                    "task names several pictures; its shapes are taken for those of the first, as nothing says otherwise"
                }
                "studio.picture" => {
                    "shapes of a task with several pictures, of which nothing says which they are on: they are lost"
                }
                "studio.said" => "results that are no shapes, which are not kept",
                _ => "shapes that cannot be read or are of a kind that is not read, which are lost",
            };
            self.document.notes.push(Note { rule, say: format!("{n} {say}"), line: 0 });
        }
        self.document
    }
}

fn found_of(kind: &str, value: &Json, size: [u32; 2], class: &str) -> Option<Found> {
    match kind.trim_end_matches("labels") {
        "rectangle" => rectangle(value, size, class),
        "polygon" => polygon(value, size, class),
        _ => brush(value, size, class),
    }
}

/// The shape of a result that has one class; nothing where it has none that is read, or lies on a picture that was shown turned.
pub fn found(result: &Json) -> Option<Found> {
    let kind = Record::text(result, "type")?;
    let (_, key) = SHAPES.iter().find(|(name, _)| *name == kind)?;
    let side = |key: &str| Record::text(result, key)?.parse::<u32>().ok().filter(|n| *n > 0);
    let size = [side("original_width")?, side("original_height")?];
    if Record::text(result, "image_rotation").is_some_and(|turn| turn.parse::<f64>() != Ok(0.0)) {
        return None;
    }
    match classes(result, key, &[]).as_slice() {
        [class] => found_of(&kind, select(result, "value")?, size, class),
        _ => None,
    }
}

/// The classes of a region; where they stand in a result of their own, by its id.
fn classes(result: &Json, key: &str, all: &[Json]) -> Vec<String> {
    let of = |value: Option<&Json>| -> Vec<String> {
        let items = value.map(|value| list(value, key)).unwrap_or_default();
        items
            .iter()
            .filter_map(|item| if let Json::Text(class) = item { Some(class.to_string()) } else { None })
            .collect()
    };
    let own = of(select(result, "value"));
    if !own.is_empty() || key != "labels" {
        return own;
    }
    let id = Record::text(result, "id");
    let same = |other: &&Json| {
        Record::text(*other, "type").as_deref() == Some("labels") && id.is_some() && Record::text(*other, "id") == id
    };
    of(all.iter().find(same).and_then(|other| select(other, "value")))
}

/// A shape in pixels.
pub enum Found {
    /// Its corners from the upper left one on.
    Quad(Quad),
    Polygon(Polygon),
    Mask(Mask),
}

impl Found {
    /// The same with its id as a flag, if ids are kept.
    fn named(mut self, id: Option<String>, options: &Options) -> Found {
        let flags = match &mut self {
            Found::Quad(quad) => &mut quad.flags,
            Found::Polygon(polygon) => &mut polygon.flags,
            Found::Mask(mask) => &mut mask.flags,
        };
        flags.extend(id_flag(id, options));
        self
    }

    fn polygon(&self) -> Option<Polygon> {
        match self {
            Found::Quad(quad) => {
                let parts = vec![vec![quad.corners.to_vec()]];
                Some(Polygon { class: quad.class.clone(), parts, flags: quad.flags.clone() })
            }
            Found::Polygon(polygon) => Some(polygon.clone()),
            Found::Mask(_) => None,
        }
    }
}

fn number(of: &Json, key: &str) -> Option<f64> {
    Record::text(of, key)?.parse::<f64>().ok().filter(|n| n.is_finite())
}

/// A rectangle, turned clockwise about its upper left corner. Percent become pixels first: the sides scale differently.
fn rectangle(value: &Json, [width, height]: [u32; 2], class: &str) -> Option<Found> {
    let pixels = |key: &str, side: u32| Some(number(value, key)? / 100.0 * f64::from(side));
    let (x, y) = (pixels("x", width)?, pixels("y", height)?);
    let (w, h) = (pixels("width", width)?, pixels("height", height)?);
    let turn = number(value, "rotation").unwrap_or(0.0);
    let mut corners = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)].map(|(a, b)| Point { x: x + a, y: y + b });
    if turn % 360.0 != 0.0 {
        // about its corner is about its middle, and then moved until the corner is where it was
        corners = Quad::turned([x, y, x + w, y + h], turn);
    }
    let [first, ..] = corners;
    for corner in corners.iter_mut().filter(|_| first != Point { x, y }) {
        (corner.x, corner.y) = (corner.x + x - first.x, corner.y + y - first.y);
    }
    Some(Found::Quad(Quad { class: class.into(), corners, flags: Vec::new() }))
}

fn polygon(value: &Json, [width, height]: [u32; 2], class: &str) -> Option<Found> {
    let point = |pair: &Json| match pair.tree() {
        Tree::Array(pair) => match pair.as_slice() {
            [x, y] => {
                let (x, y) = (x.as_f64()?, y.as_f64()?);
                Some(Point { x: x / 100.0 * f64::from(width), y: y / 100.0 * f64::from(height) })
            }
            _ => None,
        },
        _ => None,
    };
    let ring: Vec<Point> = list(value, "points").iter().map(point).collect::<Option<_>>()?;
    let parts = vec![vec![ring]];
    let polygon = Polygon { class: class.into(), parts, flags: Vec::new() };
    polygon.parts.iter().flatten().all(|ring| ring.len() > 2).then_some(Found::Polygon(polygon))
}

/// A brush: runs of the bytes of four channels, of which the last says where it was drawn.
fn brush(value: &Json, size: [u32; 2], class: &str) -> Option<Found> {
    let byte = |item: &Json| if let Json::Int(n) = item { u8::try_from(*n).ok() } else { None };
    let bytes: Vec<u8> = list(value, "rle").iter().map(byte).collect::<Option<_>>()?;
    let pixels = u64::from(size[0]).checked_mul(u64::from(size[1]))?;
    let alpha = unpacked(&bytes, pixels.checked_mul(4)?)?;
    let (width, height) = (usize::try_from(size[0]).ok()?, usize::try_from(size[1]).ok()?);
    // masks run down the columns
    let (mut runs, mut inside, mut run) = (Vec::new(), false, 0u32);
    for at in (0..width).flat_map(|x| (0..height).map(move |y| y * width + x)) {
        let own = *alpha.get(at)?;
        if own != inside {
            runs.push(run);
            (run, inside) = (0, own);
        }
        run += 1;
    }
    runs.push(run);
    let mask = Mask { class: class.into(), width: size[0], height: size[1], runs, flags: Vec::new() };
    mask.is_sound().then_some(Found::Mask(mask))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::sidecar::SHAPE_IDS;
    use crate::table::{Cell, Value};

    fn documents(json: &str, columns: &[&str]) -> Vec<Result<Document, Broken>> {
        let columns = columns.iter().map(|c| c.to_string()).collect();
        let options = Options::default().with_shapes(columns);
        let unit = Unit { row: 0, bytes: json.as_bytes(), context: None, path: "", stem: "" };
        read(&options, 64, &unit).unwrap().of
    }

    fn task(result: &str) -> String {
        format!(
            r#"[{{"id": 1, "data": {{"image": "/data/local-files/?d=raw/%EA%B0%80.png"}}, "annotations": [{{"result": {result}}}]}}]"#
        )
    }

    /// Values of the SDK's own converter, which turns the pixels and not the percents.
    #[test]
    fn shapes_of_several_pictures_and_their_ids() {
        let rect = |id: &str, to: &str| {
            format!(
                r#"{{"id": "{id}", "to_name": "{to}", "type": "rectanglelabels", "original_width": 10, "original_height": 10,
                "value": {{"x": 10, "y": 10, "width": 50, "height": 50, "rectanglelabels": ["x"]}}}}"#
            )
        };
        let results = [rect("a1", "left"), rect("b", "right"), rect("c", "right"), rect("d", "none")].join(",");
        let json = format!(
            r#"[{{"data": {{"left": "l.png", "right": "r.png"}}, "annotations": [{{"result": [{results}]}}]}}]"#
        );
        for (word, note) in [("left", Some("studio.ids")), ("kept", None)] {
            let options = Options::of([(SHAPE_IDS.name.to_string(), word.into())], &[SHAPE_IDS]);
            let unit = Unit { row: 0, bytes: json.as_bytes(), context: None, path: "", stem: "" };
            let read = read(&options, 64, &unit).unwrap();
            let of: Vec<Document> = read.of.into_iter().map(Result::unwrap).collect();
            let seen: Vec<_> = of.iter().map(|d| (d.image.as_deref().unwrap(), d.boxes.len(), d.lost)).collect();
            assert_eq!(seen, [("l.png", 1, 1), ("r.png", 2, 1)], "the fourth may be on either");
            assert_eq!(of[1].boxes[1].flags, if note.is_none() { vec!["id=c"] } else { Vec::new() });
            assert!(of.iter().all(|d| d.notes.iter().any(|n| n.rule == "studio.picture")));
            assert_eq!(read.notes.first().map(|n| n.rule), note);
        }
    }

    #[test]
    fn rectangles_turn_about_their_corner() {
        let result = r#"[{"type": "rectanglelabels", "original_width": 400, "original_height": 200, "image_rotation": 0,
            "value": {"x": 20, "y": 10, "width": 30, "height": 20, "rotation": 30, "rectanglelabels": ["A"]}}]"#;
        let mut document = documents(&task(result), &["objects.oriented"]).remove(0).unwrap();
        assert_eq!(
            (document.image.as_deref(), document.width, document.height),
            (Some("raw/가.png"), Some(400), Some(200))
        );
        let b = &document.boxes[0];
        let want = [60.0, 20.0, 60.0 + 123.92304845413264, 20.0 + 94.64101615137756];
        assert!([b.x1, b.y1, b.x2, b.y2].iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-9), "{b:?}");
        let quads: Vec<Quad> = Vec::from_value(&document.shapes.take("objects.oriented").0).unwrap();
        let want = [
            (80.0, 20.0),
            (183.92304845413264, 80.0),
            (163.92304845413264, 114.64101615137756),
            (60.0, 54.64101615137755),
        ];
        let near =
            quads[0].corners.iter().zip(want).all(|(p, (x, y))| (p.x - x).abs() < 1e-9 && (p.y - y).abs() < 1e-9);
        assert!(near, "{quads:?}");
    }

    #[test]
    fn brushes_are_masks() {
        let rle = "[0, 0, 0, 48, 57, 27, 254, 19, 0, 159, 254, 216, 4, 127, 241, 128, 0]";
        let brush = |rle: &str| {
            format!(
                r#"[{{"type": "brushlabels", "original_width": 4, "original_height": 3,
                "value": {{"format": "rle", "rle": {rle}, "brushlabels": ["A"]}}}}]"#
            )
        };
        let mut document = documents(&task(&brush(rle)), &["objects.masks"]).remove(0).unwrap();
        let (cell, lost) = document.shapes.take("objects.masks");
        let masks: Vec<Mask> = Vec::from_value(&cell).unwrap();
        // rows 0000, 0110, 0010 run down their columns
        assert_eq!((masks[0].runs.as_slice(), lost), (&[4, 1, 2, 2, 3][..], 0));
        assert_eq!([document.boxes[0].x1, document.boxes[0].y2], [1.0, 3.0]);
        for broken in ["[0, 0, 0, 48, 57]", "[0, 0, 0, 44, 57, 27, 254, 19, 0, 159]", "[300]", "[]"] {
            let mut document = documents(&task(&brush(broken)), &["objects.masks"]).remove(0).unwrap();
            assert_eq!(
                (document.lost, document.shapes.take("objects.masks")),
                (1, (Value::List(vec![]), 1)),
                "{broken}"
            );
        }
        let values = unpacked(&[0, 0, 0, 32, 57, 27, 248, 96, 32, 64, 96, 146, 4, 225, 63, 250, 64, 224], 32).unwrap();
        assert_eq!(values, [true; 8], "runs of single values are read, too");
    }

    #[test]
    fn polygons_skipped_answers_and_what_is_no_shape() {
        let json = r#"[{"data": {"text": "x", "img": "https://a.org/p/1.jpg?x=1"}, "annotations": [
            {"was_cancelled": true, "result": []}, {"result": [
                {"id": "r", "type": "polygon", "original_width": 10, "original_height": 20, "value": {"points": [[0, 0], [50, 0], [50, 50]]}},
                {"id": "r", "type": "labels", "original_width": 10, "original_height": 20, "value": {"labels": ["B"]}},
                {"type": "keypointlabels", "original_width": 10, "original_height": 20, "value": {"x": 1, "y": 1}},
                {"type": "choices", "value": {"choices": ["good"]}}]}, {"result": []}]},
            {"data": {"image": "s3://b/k/2.PNG"}, "annotations": []}, {"data": {"text": "no picture"}}]"#;
        let mut all = documents(json, &["objects.polygons"]);
        let first = all.remove(0).unwrap();
        assert_eq!((first.image.as_deref(), first.boxes.len(), first.lost), (Some("p/1.jpg"), 1, 1));
        assert_eq!((first.boxes[0].class.as_str(), first.boxes[0].x2, first.boxes[0].y2), ("B", 5.0, 10.0));
        let rules: Vec<&str> = first.notes.iter().map(|n| n.rule).collect();
        assert_eq!(rules, ["studio.annotators", "studio.said", "studio.shape", "studio.skipped"]);
        let second = all.remove(0).unwrap();
        assert!(second.unlabelled && second.image.as_deref() == Some("k/2.PNG"));
        assert_eq!(all.remove(0).unwrap_err().wrong.rule, "studio.task");
    }
}

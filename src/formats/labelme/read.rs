//! A file as the annotations of its image.
use crate::formats::encoding::{BOM, Wrong, text};
use crate::formats::json::{self, deeper_than};
use crate::formats::options::Options;
use crate::formats::reader::Unit;
use crate::formats::sidecar::{Document, Documents, Note, stem_of};
use crate::measure::names::composed;
use crate::model::boxes::Box2;
use crate::model::points::Point;
use crate::model::polygons::{Polygon, Ring, bounds, grouped};
use crate::model::quads::Quad;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The file as far as it is read. Embedded images are passed over: the image beside it counts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File<'t> {
    #[serde(borrow)]
    shapes: Vec<&'t RawValue>,
    #[serde(default)]
    flags: Option<BTreeMap<String, serde_json::Value>>,
    #[serde(default)]
    image_path: Option<String>,
    #[serde(default)]
    image_width: Option<i64>,
    #[serde(default)]
    image_height: Option<i64>,
}

#[derive(Deserialize)]
struct Shape {
    label: String,
    points: Vec<[f64; 2]>,
    #[serde(default)]
    group_id: Option<i64>,
    #[serde(default)]
    description: Option<String>,
    /// Missing in files of old versions, where every shape is a polygon.
    #[serde(default)]
    shape_type: Option<String>,
    #[serde(default)]
    flags: Option<BTreeMap<String, serde_json::Value>>,
}

pub fn read(options: &Options, depth_max: usize, unit: &Unit) -> Result<Documents, Wrong> {
    let text = text(unit.bytes)?;
    let text = text.strip_prefix(BOM).unwrap_or(text);
    if deeper_than(text.as_bytes(), depth_max) {
        return Err(Wrong::new("json.depth", format!("nested deeper than {depth_max} levels")));
    }
    let file: File = serde_json::from_str(text).map_err(|e| match e.classify() {
        serde_json::error::Category::Data => Wrong {
            rule: "labelme.file",
            say: "not a file of LabelMe: an object with `shapes`".into(),
            line: u32::try_from(e.line()).unwrap_or(1),
        },
        _ => json::not_json(e),
    })?;
    let mut walk = Walk { polygons: options.wants::<Polygon>(), oriented: options.wants::<Quad>(), ..Walk::default() };
    walk.document.width = file.image_width;
    walk.document.height = file.image_height;
    if file.image_path.as_deref().is_some_and(|name| composed(stem_of(name)) != composed(unit.stem)) {
        walk.note("labelme.image");
    }
    if file.flags.iter().flatten().any(|(_, value)| says(value)) {
        walk.note("labelme.flags");
    }
    for raw in file.shapes {
        match serde_json::from_str::<Shape>(raw.get()) {
            Ok(shape) if !shape.label.trim().is_empty() => walk.shape(shape),
            _ => walk.lose(),
        }
    }
    walk.grouped();
    walk.tell();
    Ok(Documents { of: vec![Ok(walk.document)], notes: Vec::new() })
}

#[derive(Default)]
struct Walk {
    polygons: bool,
    oriented: bool,
    document: Document,
    /// Polygons in the file's order, each with its group.
    outlines: Vec<(Option<i64>, Polygon)>,
    told: BTreeMap<&'static str, u32>,
}

impl Walk {
    fn note(&mut self, rule: &'static str) {
        *self.told.entry(rule).or_default() += 1;
    }

    /// A shape that nothing can be made of.
    fn lose(&mut self) {
        self.note("labelme.shape");
        self.document.lost += 1;
        self.lose_outline(false);
        self.lose_corners(false);
    }

    fn lose_outline(&mut self, told: bool) {
        if self.polygons {
            self.document.shapes.lose::<Polygon>();
            if told {
                self.note("labelme.kind");
            }
        }
    }

    fn lose_corners(&mut self, told: bool) {
        if self.oriented {
            self.document.shapes.lose::<Quad>();
            if told {
                self.note("labelme.kind");
            }
        }
    }

    fn shape(&mut self, shape: Shape) {
        let points: Ring = shape.points.iter().map(|[x, y]| Point { x: *x, y: *y }).collect();
        if !points.iter().all(|p| p.x.is_finite() && p.y.is_finite()) {
            return self.lose();
        }
        let kind = shape.shape_type.as_deref().unwrap_or("polygon");
        let reach = match (kind, points.as_slice()) {
            ("rectangle", [_, _] | [_, _, _, _]) | ("oriented_rectangle" | "rotation", [_, _, _, _]) => bounds(&points),
            ("polygon", [_, _, _, ..]) => bounds(&points),
            ("circle", [middle, rim]) => {
                let r = ((rim.x - middle.x) * (rim.x - middle.x) + (rim.y - middle.y) * (rim.y - middle.y)).sqrt();
                Some([middle.x - r, middle.y - r, middle.x + r, middle.y + r])
            }
            // both corners of a mask lie in it
            ("mask", [_, _]) => bounds(&points).map(|[x1, y1, x2, y2]| [x1, y1, x2 + 1.0, y2 + 1.0]),
            _ => None,
        };
        let Some([x1, y1, x2, y2]) = reach else { return self.lose() };
        // a flag is true; another value that says something is none
        let valued = shape.flags.iter().flatten().any(|(_, value)| says(value) && *value != true);
        let described = shape.description.is_some_and(|d| !d.is_empty());
        let told = described || valued || shape.group_id.is_some() && !self.polygons;
        if told {
            self.note("labelme.other");
        }
        let class = shape.label.trim().to_string();
        let mut flags: Vec<String> =
            shape.flags.into_iter().flatten().filter(|(_, v)| *v == true).map(|(name, _)| name).collect();
        match (kind, <[Point; 4]>::try_from(points.as_slice())) {
            ("oriented_rectangle" | "rotation", Ok(corners)) if self.oriented => {
                self.document.shapes.add(Quad { class: class.clone(), corners, flags: flags.clone() });
            }
            _ => self.lose_corners(true),
        }
        match kind {
            "circle" | "mask" => self.lose_outline(true),
            _ => {
                let ring = if kind == "rectangle" { corners([x1, y1, x2, y2]) } else { points };
                let polygon = Polygon { class: class.clone(), parts: vec![vec![ring]], flags: flags.clone() };
                self.outlines.push((shape.group_id, polygon));
            }
        }
        if kind != "rectangle" && !self.polygons && !self.oriented {
            self.note("labelme.outline");
        }
        flags.extend((x1 >= x2 || y1 >= y2).then(|| "degenerate".to_string()));
        self.document.boxes.push(Box2 { class, x1, y1, x2, y2, flags });
    }

    /// Polygons of one class and one group become parts of the first of them.
    fn grouped(&mut self) {
        if !self.polygons {
            return;
        }
        let outlines = std::mem::take(&mut self.outlines);
        grouped(outlines).into_iter().for_each(|polygon| self.document.shapes.add(polygon));
    }

    fn tell(&mut self) {
        for (rule, n) in std::mem::take(&mut self.told) {
            let say = match rule {
                "labelme.image" => "`imagePath` names another image; the file's own name wins".to_string(),
                "labelme.flags" => "flags of the image, which are not kept".to_string(),
                "labelme.other" => format!(
                    "{n} with a description, a group or a flag that is neither true nor false, which is not kept"
                ),
                "labelme.outline" => format!("{n} outlines, of which the box is kept"),
                "labelme.kind" => format!("{n} of another kind than outlines or rotated boxes, which are lost to them"),
                _ => format!("{n} that cannot be read or are lines or points, which are lost"),
            };
            self.document.notes.push(Note { rule, say, line: 0 });
        }
    }
}

/// Whether a flag says something: it is there, and not false.
fn says(value: &serde_json::Value) -> bool {
    use serde_json::Value;
    !matches!(value, Value::Null | Value::Bool(false)) && value.as_str() != Some("")
}

/// The corners of a box, in turn.
fn corners([x1, y1, x2, y2]: [f64; 4]) -> Ring {
    [(x1, y1), (x2, y1), (x2, y2), (x1, y2)].map(|(x, y)| Point { x, y }).to_vec()
}

/// Whether bytes read as such a file, as far as readers of LabelMe look.
pub fn is_file(bytes: &[u8]) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Whole {
        version: String,
        shapes: Vec<Shape>,
        image_path: String,
        image_data: Option<IgnoredAny>,
        image_height: u32,
        image_width: u32,
    }
    let whole: Whole = serde_json::from_slice(bytes).map_err(|e| format!("does not read: {e}"))?;
    let named = !whole.version.is_empty() && !whole.image_path.is_empty() && whole.image_data.is_none();
    let right = |s: &Shape| match s.shape_type.as_deref() {
        Some("rectangle") => s.points.len() == 2,
        Some("oriented_rectangle") => s.points.len() == 4,
        Some("polygon") => s.points.len() >= 3,
        _ => false,
    };
    if !named || whole.image_height == 0 || whole.image_width == 0 || !whole.shapes.iter().all(right) {
        return Err("is no file of LabelMe".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{"version": "5.5.0", "flags": {"night": true, "day": false}, "shapes": [
        {"label": "car", "points": [[8, 6], [2, 1]], "shape_type": "rectangle", "group_id": null, "flags": {"truncated": true}},
        {"label": "car", "points": [[0, 0], [4, 0], [0, 4]], "shape_type": "polygon", "group_id": 1, "flags": {}},
        {"label": "car", "points": [[5, 5], [9, 5], [5, 9]], "group_id": 1, "description": "far"},
        {"label": "bus", "points": [[4, 0], [8, 4], [6, 6], [2, 2]], "shape_type": "oriented_rectangle", "flags": {"colour": "red", "far": false, "near": null, "note": ""}},
        {"label": "sun", "points": [[5, 5], [8, 9]], "shape_type": "circle"},
        {"label": "dot", "points": [[5, 5]], "shape_type": "point"},
        {"label": "", "points": [[5, 5], [1, 1]], "shape_type": "rectangle"},
        {"label": "m", "points": [[1, 1], [3, 4]], "shape_type": "mask", "mask": "x"}],
        "imagePath": "..\\img\\other.jpg", "imageData": null, "imageHeight": 10, "imageWidth": 12}"#;

    fn document(shapes: &[&str]) -> Document {
        let unit = Unit { row: 0, bytes: FILE.as_bytes(), context: None, path: "", stem: "a" };
        let options = Options::default().with_shapes(shapes.iter().map(|s| s.to_string()).collect());
        read(&options, 64, &unit).unwrap().of.remove(0).unwrap()
    }

    fn told(d: &Document) -> Vec<(&str, &str)> {
        d.notes.iter().map(|n| (n.rule, n.say.split(' ').next().unwrap_or_default())).collect()
    }

    #[test]
    fn every_shape_is_a_box_or_lost() {
        let d = document(&[]);
        let boxes: Vec<(&str, [f64; 4])> =
            d.boxes.iter().map(|b| (b.class.as_str(), [b.x1, b.y1, b.x2, b.y2])).collect();
        let want = [
            ("car", [2.0, 1.0, 8.0, 6.0]),
            ("car", [0.0, 0.0, 4.0, 4.0]),
            ("car", [5.0, 5.0, 9.0, 9.0]),
            ("bus", [2.0, 0.0, 8.0, 6.0]),
            ("sun", [0.0, 0.0, 10.0, 10.0]),
            ("m", [1.0, 1.0, 4.0, 5.0]),
        ];
        assert_eq!(boxes, want);
        assert_eq!((d.boxes[0].flags.as_slice(), d.lost, d.width), (&["truncated".to_string()][..], 2, Some(12)));
        let want = [
            ("labelme.flags", "flags"),
            ("labelme.image", "`imagePath`"),
            ("labelme.other", "3"),
            ("labelme.outline", "5"),
            ("labelme.shape", "2"),
        ];
        assert_eq!(told(&d), want);
    }

    #[test]
    fn groups_are_parts_of_one() {
        let mut d = document(&["objects.polygons"]);
        let (polygons, lost) = d.shapes.take("objects.polygons");
        let polygons: Vec<Polygon> = crate::table::Cell::from_value(&polygons).unwrap();
        let parts: Vec<(&str, usize)> = polygons.iter().map(|p| (p.class.as_str(), p.parts.len())).collect();
        assert_eq!((parts, lost), (vec![("car", 1), ("car", 2), ("bus", 1)], 4));
        let mut d = document(&["objects.oriented"]);
        let (quads, lost) = d.shapes.take("objects.oriented");
        assert!(matches!(quads, crate::table::Value::List(all) if all.len() == 1));
        assert_eq!(lost, 7);
    }

    /// As tools that go on from LabelMe write them.
    #[test]
    fn rectangles_have_two_corners_or_four() {
        let text = r#"{"shapes": [
            {"label": "a", "points": [[2, 1], [8, 1], [8, 6], [2, 6]], "shape_type": "rectangle"},
            {"label": "b", "points": [[4, 0], [8, 4], [6, 6], [2, 2]], "shape_type": "rotation", "direction": 0.8},
            {"label": "c", "points": [[2, 1], [8, 1], [8, 6]], "shape_type": "rectangle"}],
            "imagePath": "a.png", "imageHeight": 10, "imageWidth": 12}"#;
        let unit = Unit { row: 0, bytes: text.as_bytes(), context: None, path: "", stem: "a" };
        let options = Options::default().with_shapes(vec!["objects.oriented".into()]);
        let mut d = read(&options, 64, &unit).unwrap().of.remove(0).unwrap();
        let boxes: Vec<[f64; 4]> = d.boxes.iter().map(|b| [b.x1, b.y1, b.x2, b.y2]).collect();
        assert_eq!((boxes, d.lost), (vec![[2.0, 1.0, 8.0, 6.0], [2.0, 0.0, 8.0, 6.0]], 1));
        assert!(matches!(d.shapes.take("objects.oriented").0, crate::table::Value::List(all) if all.len() == 1));
    }

    #[test]
    fn what_is_no_such_file() {
        let rule = |text: &str| {
            let unit = Unit { row: 0, bytes: text.as_bytes(), context: None, path: "", stem: "a" };
            read(&Options::default(), 16, &unit).unwrap_err().rule
        };
        assert_eq!((rule("{}"), rule("[1]"), rule("{")), ("labelme.file", "labelme.file", "json"));
        assert_eq!(rule(&"[".repeat(1000)), "json.depth");
    }
}

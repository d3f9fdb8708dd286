//! Written files: each lies beside its image, which it names and does not hold. Parts of a polygon are shapes of one `group_id`.
//!
//! Losses: holes, which are filled (`labelme.holes`), and that nobody looked at an image (`labelme.unlabelled`).
use super::read::is_file;
use crate::formats::writer::{Lost, Sheet, scatter};
use crate::model::boxes::Box2;
use crate::model::points::Point;
use crate::model::polygons::Polygon;
use crate::model::quads::Quad;
use serde_json::{Value, json};
use std::io::{BufRead, Read};

/// The version of LabelMe whose files are written.
const VERSION: &str = "5.5.0";

/// A file for each row that has an image.
pub fn encode(sheet: &Sheet, lost: &mut Vec<Lost>) -> Result<Vec<u8>, String> {
    let (widths, heights) = (sheet.cells::<u32>("width"), sheet.cells::<u32>("height"));
    let rows: Vec<Option<Vec<Value>>> = if sheet.holds::<Polygon>("label") {
        let rows = sheet.cells::<Vec<Polygon>>("label").into_iter().enumerate();
        rows.map(|(row, of)| of.map(|of| polygons(row, &of, lost))).collect()
    } else if sheet.holds::<Quad>("label") {
        sheet.cells::<Vec<Quad>>("label").into_iter().map(|of| of.map(|of| of.iter().map(quad).collect())).collect()
    } else {
        sheet.cells::<Vec<Box2>>("label").into_iter().map(|of| of.map(|of| of.iter().map(boxed).collect())).collect()
    };
    let mut files = Vec::with_capacity(sheet.rows);
    for (row, (name, shapes)) in sheet.cells::<String>("file").into_iter().zip(rows).enumerate() {
        let Some(name) = name else { continue };
        let side = |of: &[Option<u32>]| of.get(row).copied().flatten().unwrap_or(0);
        if shapes.is_none() {
            let say = "nobody looked at it, and it would be taken for an image with nothing on it".into();
            lost.push(Lost { row, rule: "labelme.unlabelled", say });
        }
        let file = json!({
            "version": VERSION, "flags": {}, "shapes": shapes.unwrap_or_default(), "imagePath": name.rsplit('/').next(),
            "imageData": null, "imageHeight": side(&heights), "imageWidth": side(&widths),
        });
        let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
        files.push((format!("{stem}.json"), format!("{file}\n").into_bytes()));
    }
    Ok(scatter(&files))
}

fn shape(label: &str, kind: &str, points: Vec<[f64; 2]>, flags: &[String], group: Option<usize>) -> Value {
    let flags: serde_json::Map<String, Value> = flags.iter().map(|f| (f.clone(), true.into())).collect();
    json!({
        "label": label, "points": points, "group_id": group, "description": "", "shape_type": kind, "flags": flags,
        "mask": null,
    })
}

fn pairs(of: &[Point]) -> Vec<[f64; 2]> {
    of.iter().map(|p| [p.x, p.y]).collect()
}

fn boxed(b: &Box2) -> Value {
    shape(&b.class, "rectangle", vec![[b.x1, b.y1], [b.x2, b.y2]], &b.flags, None)
}

fn quad(q: &Quad) -> Value {
    shape(&q.class, "oriented_rectangle", pairs(&q.corners), &q.flags, None)
}

fn polygons(row: usize, of: &[Polygon], lost: &mut Vec<Lost>) -> Vec<Value> {
    let holes = of.iter().filter(|p| p.holes() > 0).count();
    if holes > 0 {
        lost.push(Lost { row, rule: "labelme.holes", say: format!("{holes} objects have holes, which are filled") });
    }
    let mut out = Vec::new();
    for (n, polygon) in of.iter().enumerate() {
        let group = (polygon.parts.len() > 1).then_some(n + 1);
        let outlines = polygon.parts.iter().filter_map(|part| part.first());
        out.extend(outlines.map(|ring| shape(&polygon.class, "polygon", pairs(ring), &polygon.flags, group)));
    }
    out
}

/// Longest file of one image.
const FILE_MAX: u64 = 1 << 28;

/// The one sample of a file, once it reads.
pub fn samples(input: &mut dyn BufRead, tell: &mut dyn FnMut(Option<&str>)) -> Result<(), String> {
    let mut bytes = Vec::new();
    input.take(FILE_MAX).read_to_end(&mut bytes).map_err(|e| format!("does not read: {e}"))?;
    is_file(&bytes)?;
    tell(None);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::options::Options;
    use crate::formats::reader::Unit;
    use crate::formats::writer::{listed, scattered};
    use crate::model::shape::Shape;
    use crate::table::{Cell, array_of};

    fn ring(of: &[(f64, f64)]) -> Vec<Point> {
        of.iter().map(|(x, y)| Point { x: *x, y: *y }).collect()
    }

    /// What is read of a file that was written of one row, and what was lost.
    fn round<T: Shape>(label: Vec<T>) -> (Vec<T>, Vec<&'static str>)
    where
        Vec<T>: Cell,
    {
        let mut sheet = Sheet { rows: 1, ..Sheet::default() };
        sheet.roles.insert("label".into(), array_of([Some(label)]));
        sheet.roles.insert("file".into(), array_of([Some("k/x.jpg".to_string())]));
        sheet.roles.insert("width".into(), array_of([Some(10u32)]));
        sheet.roles.insert("height".into(), array_of([Some(20u32)]));
        let mut lost = Vec::new();
        let all = encode(&sheet, &mut lost).unwrap();
        let (name, from, len) = listed(scattered(&all)).unwrap().remove(0);
        assert_eq!(name, "k/x.json");
        let bytes = &all[from as usize..(from + len) as usize];
        samples(&mut &bytes[..], &mut |_| ()).unwrap();
        let unit = Unit { row: 0, bytes, context: None, path: "", stem: "x" };
        let options = Options::default().with_shapes(vec![T::COLUMN.to_string()]);
        let mut read = super::super::read::read(&options, 64, &unit).unwrap().of.remove(0).unwrap();
        let cell = if T::COLUMN == "objects" { read.boxes.into_value() } else { read.shapes.take(T::COLUMN).0 };
        (Vec::from_value(&cell).unwrap(), lost.into_iter().map(|l| l.rule).collect())
    }

    #[test]
    fn what_is_written_is_read_back() {
        let b = Box2 { class: "a".into(), x1: 1.5, y1: 2.0, x2: 3.0, y2: 4.25, flags: vec!["difficult".into()] };
        assert_eq!(round(vec![b.clone()]), (vec![b], vec![]));
        let corners = [(4.0, 0.0), (8.0, 4.0), (6.0, 6.0), (2.0, 2.0)].map(|(x, y)| Point { x, y });
        let q = Quad { class: "a".into(), corners, flags: Vec::new() };
        assert_eq!(round(vec![q.clone()]), (vec![q], vec![]));
        let (one, two) = (ring(&[(0.0, 0.0), (4.0, 0.5), (0.0, 4.0)]), ring(&[(5.0, 5.0), (9.0, 5.0), (9.0, 9.0)]));
        let p = |parts| Polygon { class: "a".into(), parts, flags: Vec::new() };
        let both = vec![p(vec![vec![one.clone()], vec![two.clone()]]), p(vec![vec![two.clone()]])];
        assert_eq!(round(both.clone()), (both, vec![]));
        let holed = p(vec![vec![two.clone(), ring(&[(7.0, 6.0), (8.0, 6.0), (8.0, 7.0)])]]);
        assert_eq!(round(vec![holed]), (vec![p(vec![vec![two]])], vec!["labelme.holes"]));
    }
}

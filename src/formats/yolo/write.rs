//! Written lines: `class x y width height` of a box with its middle, `class x1 y1 x2 y2 ...` of a polygon, and of the corners of a
//! rotated box; of an object with points `class x y width height` and `x y seen` of each point.
//!
//! What a line cannot hold is a loss: flags (`yolo.flags`), holes, which are filled (`yolo.holes`), several parts, which are
//! joined by lines without width (`yolo.parts`), and that nobody looked at an image (`yolo.unlabelled`): a file without lines,
//! or no file, says that nothing is there.
use crate::formats::writer::{Index, Lost, Sheet, scatter};
use crate::model::boxes::Box2;
use crate::model::keypoints::{Keypoint, Keypoints};
use crate::model::points::Point;
use crate::model::polygons::{Polygon, Ring};
use crate::model::quads::Quad;
use std::io::{BufRead, Read};

/// A file for each row that has an image.
pub fn encode(sheet: &Sheet, lost: &mut Vec<Lost>) -> Result<Vec<u8>, String> {
    let (widths, heights) = (sheet.cells::<u32>("width"), sheet.cells::<u32>("height"));
    let rows = if sheet.holds::<Polygon>("label") {
        sheet.cells::<Vec<Polygon>>("label").into_iter().map(|of| of.map(|of| drawn(&of))).collect::<Vec<_>>()
    } else if sheet.holds::<Keypoints>("label") {
        sheet.cells::<Vec<Keypoints>>("label").into_iter().map(|of| of.map(|of| drawn(&of))).collect()
    } else if sheet.holds::<Quad>("label") {
        sheet.cells::<Vec<Quad>>("label").into_iter().map(|of| of.map(|of| drawn(&of))).collect()
    } else {
        sheet.cells::<Vec<Box2>>("label").into_iter().map(|of| of.map(|of| drawn(&of))).collect()
    };
    let mut files = Vec::with_capacity(sheet.rows);
    for (row, (name, objects)) in sheet.cells::<String>("file").into_iter().zip(rows).enumerate() {
        let side = |of: &[Option<u32>]| of.get(row).copied().flatten().filter(|n| *n > 0).map(f64::from);
        let Some(name) = name else { continue };
        let mut lose = |rule, say: String| lost.push(Lost { row, rule, say });
        if objects.is_none() {
            lose(
                "yolo.unlabelled",
                "nobody looked at it, and it would be taken for an image with nothing on it".into(),
            );
        }
        let mut out = String::new();
        let objects = objects.unwrap_or_default();
        if let Some((width, height)) = side(&widths).zip(side(&heights)) {
            objects.iter().try_for_each(|object| line(object, (width, height), &sheet.classes, &mut out))?;
        } else if !objects.is_empty() {
            lose("yolo.size", "the size of its image is not known, so that no place is a share of it".into());
        }
        for (rule, what) in [
            ("yolo.flags", "objects have flags, which are not kept"),
            ("yolo.holes", "objects have holes, which are filled"),
            ("yolo.parts", "objects have several parts, which are joined by lines without width"),
        ] {
            let n = objects.iter().filter(|o| o.lost.contains(&rule)).count();
            if n > 0 {
                lose(rule, format!("{n} {what}"));
            }
        }
        let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
        files.push((format!("{stem}.txt"), out.into_bytes()));
    }
    Ok(scatter(&files))
}

/// An object of a line.
struct Object {
    class: String,
    places: Places,
    lost: Vec<&'static str>,
}

enum Places {
    /// Left, top, right, bottom.
    Box([f64; 4]),
    Outline(Ring),
    /// A box and points.
    Points([f64; 4], Vec<Keypoint>),
}

trait Draw {
    fn draw(&self) -> Object;
}

fn drawn<T: Draw>(of: &[T]) -> Vec<Object> {
    of.iter().map(Draw::draw).collect()
}

fn flags(of: &[String]) -> Vec<&'static str> {
    if of.is_empty() { Vec::new() } else { vec!["yolo.flags"] }
}

impl Draw for Box2 {
    fn draw(&self) -> Object {
        let places = Places::Box([self.x1, self.y1, self.x2, self.y2]);
        Object { class: self.class.clone(), places, lost: flags(&self.flags) }
    }
}

impl Draw for Polygon {
    fn draw(&self) -> Object {
        let mut lost = flags(&self.flags);
        lost.extend((self.holes() > 0).then_some("yolo.holes"));
        lost.extend((self.parts.len() > 1).then_some("yolo.parts"));
        let outlines = self.parts.iter().filter_map(|part| part.first());
        let places = Places::Outline(outlines.fold(Vec::new(), |all, ring| joined(&all, ring)));
        Object { class: self.class.clone(), places, lost }
    }
}

impl Draw for Quad {
    fn draw(&self) -> Object {
        let places = Places::Outline(self.corners.to_vec());
        Object { class: self.class.clone(), places, lost: flags(&self.flags) }
    }
}

impl Draw for Keypoints {
    fn draw(&self) -> Object {
        let places = Places::Points(self.reach, self.points.clone());
        Object { class: self.class.clone(), places, lost: flags(&self.flags) }
    }
}

/// Points that are compared when parts are joined; longer outlines are joined at their first points.
const NEAR_MAX: usize = 4096;

/// Two rings as one: from the nearest point of the first to that of the second, around it, and back.
fn joined(first: &[Point], second: &[Point]) -> Ring {
    let many = first.len().saturating_mul(second.len()) > NEAR_MAX * NEAR_MAX;
    let (mut at, mut least) = ((0, 0), f64::INFINITY);
    for (i, a) in first.iter().enumerate().take(if many { 1 } else { first.len() }) {
        for (j, b) in second.iter().enumerate().take(if many { 1 } else { second.len() }) {
            let far = (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y);
            if far < least {
                (at, least) = ((i, j), far);
            }
        }
    }
    if first.is_empty() {
        return second.to_vec();
    }
    let (before, after) = first.split_at((at.0 + 1).min(first.len()));
    let around = second.iter().cycle().skip(at.1).take(second.len() + 1);
    before.iter().chain(around).chain(before.last()).chain(after).copied().collect()
}

/// Adds a line.
fn line(object: &Object, (width, height): (f64, f64), classes: &[String], out: &mut String) -> Result<(), String> {
    let class = classes.iter().position(|c| *c == object.class);
    let class = class.ok_or_else(|| format!("the class `{}` has no number", object.class))?;
    let boxed = |[x1, y1, x2, y2]: [f64; 4]| {
        vec![(x1 + x2) / 2.0 / width, (y1 + y2) / 2.0 / height, (x2 - x1) / width, (y2 - y1) / height]
    };
    let places: Vec<f64> = match &object.places {
        Places::Box(sides) => boxed(*sides),
        Places::Points(sides, points) => {
            let points = points.iter().flat_map(|p| [p.x / width, p.y / height, p.seen.into()]);
            boxed(*sides).into_iter().chain(points).collect()
        }
        Places::Outline(ring) => ring.iter().flat_map(|p| [p.x / width, p.y / height]).collect(),
    };
    let places: String = places.iter().map(|c| format!(" {c}")).collect();
    out.push_str(&format!("{class}{places}\n"));
    Ok(())
}

/// `data.yaml`. Readers demand `train` and `val`: where no split is called so, another stands for it, which a comment says.
/// Names are in double quotes as JSON has them, which YAML reads alike.
pub fn index(of: &Index) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut out = format!("# {}\n", of.title);
    if !of.license.is_empty() {
        out.push_str(&format!("license: {}\n", quoted(of.license)));
    }
    let named = |names: &[&str]| of.splits.iter().map(|s| s.0).find(|split| names.contains(split));
    let first = of.splits.first().map_or("all", |s| s.0);
    let train = named(&["train", "training"]).unwrap_or(first);
    let val = named(&["val", "valid", "validation", "dev"]).or_else(|| named(&["test"])).unwrap_or(train);
    let test = named(&["test"]);
    for (key, split) in [("train", Some(train)), ("val", Some(val)), ("test", test)] {
        let Some(split) = split else { continue };
        let stands = match (key, split) {
            ("val", split) if split == train => "  # there is no split for validation: this is the one for training",
            ("val", "test") => "  # there is no split for validation: this is the one for tests",
            _ => "",
        };
        out.push_str(&format!("{key}: {}{stands}\n", quoted(&format!("images/{split}"))));
    }
    for (split, _) in of.splits.iter().filter(|s| ![Some(train), Some(val), test].contains(&Some(s.0))) {
        out.push_str(&format!("# not read by the names above: images/{split}\n"));
    }
    if !of.skeleton.names.is_empty() {
        out.push_str(&format!("kpt_shape: [{}, 3]\n", of.skeleton.names.len()));
        let names: Vec<String> = of.skeleton.names.iter().map(|name| quoted(name)).collect();
        out.push_str(&format!("# points: {}\n", names.join(", ")));
    }
    out.push_str(&format!("nc: {}\nnames:\n", of.classes.len()));
    of.classes.iter().enumerate().for_each(|(i, class)| out.push_str(&format!("  {i}: {}\n", quoted(class))));
    out
}

/// Longest file of one image.
const FILE_MAX: u64 = 1 << 28;

/// The one sample of a file, once all of its lines are numbers.
pub fn samples(input: &mut dyn BufRead, tell: &mut dyn FnMut(Option<&str>)) -> Result<(), String> {
    let mut text = String::new();
    input.take(FILE_MAX).read_to_string(&mut text).map_err(|e| format!("does not read: {e}"))?;
    for (n, line) in text.lines().enumerate() {
        let numbers: Option<Vec<f64>> = line.split(' ').map(|word| word.parse().ok()).collect();
        let inside = |c: &f64| (-0.01..=1.01).contains(c);
        let whole = |all: &Vec<f64>| {
            let (class, places) = all.split_first()?;
            let outline = all.len() == 5 || all.len() >= 7 && places.len().is_multiple_of(2);
            let shares = outline && places.iter().all(inside);
            let points = places.get(4..).filter(|p| !p.is_empty() && p.len().is_multiple_of(3)).unwrap_or_default();
            let mut seen = points.chunks(3).map(|p| p.last().is_some_and(|v| [0.0, 1.0, 2.0].contains(v)));
            let posed = !points.is_empty() && seen.all(|seen| seen);
            ((shares || posed) && class.fract() == 0.0 && *class >= 0.0).then_some(())
        };
        numbers.as_ref().and_then(whole).ok_or_else(|| format!("line {}: no object of YOLO", n + 1))?;
    }
    tell(None);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::writer::{listed, scattered};
    use crate::table::{ArrayRef, Cell, array_of};
    use std::collections::BTreeMap;

    /// The files by name, and what was lost of which row.
    type Written = (Vec<(String, String)>, Vec<(usize, &'static str)>);

    fn written<T: Cell>(labels: Vec<Option<Vec<T>>>) -> Written
    where
        Vec<T>: Cell,
    {
        let n = labels.len();
        let names: Vec<Option<String>> = (0..n).map(|i| Some(format!("c{i}/x.jpg"))).collect();
        let roles: BTreeMap<String, ArrayRef> = [
            ("label".to_string(), array_of(labels)),
            ("file".to_string(), array_of(names)),
            ("width".to_string(), array_of(vec![Some(10u32); n])),
            ("height".to_string(), array_of(vec![Some(20u32); n])),
        ]
        .into();
        let classes = ["a", "b"].map(String::from).to_vec();
        let sheet = Sheet { rows: n, roles, classes, ..Sheet::default() };
        let mut lost = Vec::new();
        let all = encode(&sheet, &mut lost).unwrap();
        let files = listed(scattered(&all)).unwrap().into_iter();
        let text = |from: u64, len: u64| String::from_utf8_lossy(&all[from as usize..(from + len) as usize]).into();
        let files = files.map(|(name, from, len)| (name, text(from, len))).collect();
        (files, lost.into_iter().map(|l| (l.row, l.rule)).collect())
    }

    #[test]
    fn boxes_are_lines_of_shares() {
        let of = |class: &str, [x1, y1, x2, y2]: [f64; 4], flags: &[&str]| Box2 {
            class: class.into(),
            x1,
            y1,
            x2,
            y2,
            flags: flags.iter().map(|f| f.to_string()).collect(),
        };
        let rows = vec![
            Some(vec![of("b", [1.0, 2.0, 3.0, 6.0], &[]), of("a", [0.0, 0.0, 10.0, 20.0], &["difficult"])]),
            Some(vec![]),
            None,
        ];
        let (files, lost) = written(rows);
        assert_eq!(files[0], ("c0/x.txt".into(), "1 0.2 0.2 0.2 0.2\n0 0.5 0.5 1 1\n".into()));
        assert_eq!((files[1].1.as_str(), files[2].1.as_str()), ("", ""));
        assert_eq!(lost, [(0, "yolo.flags"), (2, "yolo.unlabelled")]);
        for (file, good) in [(files[0].1.as_str(), true), ("", true), ("0 1 1 1\n", false), ("0 0.5 0.5 2 1\n", false)]
        {
            let mut n = 0;
            assert_eq!((samples(&mut file.as_bytes(), &mut |_| n += 1).is_ok(), n), (good, i32::from(good)), "{file}");
        }
    }

    #[test]
    fn polygons_are_one_ring_each() {
        let ring = |of: &[(f64, f64)]| of.iter().map(|(x, y)| Point { x: *x, y: *y }).collect::<Ring>();
        let near = ring(&[(0.0, 0.0), (4.0, 0.0), (0.0, 4.0)]);
        let far = ring(&[(9.0, 9.0), (5.0, 0.0), (9.0, 0.0)]);
        let hole = ring(&[(1.0, 1.0), (2.0, 1.0), (1.0, 2.0)]);
        let parts = vec![vec![near, hole], vec![far]];
        let (files, lost) = written(vec![Some(vec![Polygon { class: "a".into(), parts, flags: Vec::new() }])]);
        let want = "0 0 0 0.4 0 0.5 0 0.9 0 0.9 0.45 0.5 0 0.4 0 0 0.2\n";
        assert_eq!((files[0].1.as_str(), lost), (want, vec![(0, "yolo.holes"), (0, "yolo.parts")]));
    }

    #[test]
    fn data_yaml_names_splits_and_classes() {
        let classes = ["a: b".to_string(), "ㄱ\"".into()];
        let none = Default::default();
        let of = |splits: &[(&str, u64)]| {
            index(&Index { title: "x 1.0.0", license: "MIT", splits, classes: &classes, skeleton: &none })
        };
        let all = of(&[("test", 1), ("train", 3), ("valid", 1)]);
        let want = "# x 1.0.0\nlicense: \"MIT\"\ntrain: \"images/train\"\nval: \"images/valid\"\ntest: \"images/test\"\nnc: 2\n\
                    names:\n  0: \"a: b\"\n  1: \"ㄱ\\\"\"\n";
        assert_eq!(all, want);
        let one = of(&[("all", 1), ("rest", 1)]);
        assert!(one.contains("train: \"images/all\"\nval: \"images/all\"  # there is no split"), "{one}");
        assert!(one.contains("# not read by the names above: images/rest\n"));
    }
}

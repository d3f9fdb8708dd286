//! A text file as the annotations of one image. Places stay shares here: the size of the image is not known.
use crate::formats::encoding::{BOM, Wrong, text};
use crate::formats::options::{Choice, Options, Takes};
use crate::formats::reader::Unit;
use crate::formats::sidecar::{Document, Documents, Note};
use crate::model::boxes::Box2;
use crate::model::keypoints::{Keypoint, Keypoints};
use crate::model::points::Point;
use crate::model::polygons::{Polygon, bounds};
use crate::model::quads::Quad;
use std::collections::BTreeMap;

/// Most lines of a file.
const LINES_MAX: usize = 1 << 20;

pub fn read(options: &Options, _: usize, unit: &Unit) -> Result<Documents, Wrong> {
    let text = text(unit.bytes)?;
    let text = text.strip_prefix(BOM).unwrap_or(text);
    let (polygons, oriented) = (options.wants::<Polygon>(), options.wants::<Quad>());
    let (keypoints, points) = (options.wants::<Keypoints>(), options.whole(&POINTS) as usize);
    let mut file = File { polygons, oriented, keypoints, points, ..File::default() };
    for (n, line) in text.lines().enumerate() {
        if n >= LINES_MAX {
            return Err(Wrong::new("yolo.long", format!("more than {LINES_MAX} lines")).at(n as u32));
        }
        if !line.trim().is_empty() {
            file.line(n as u32 + 1, line);
        }
    }
    file.tell();
    Ok(Documents { of: vec![Ok(file.document)], notes: Vec::new() })
}

#[derive(Default)]
struct File {
    /// Outlines are asked for.
    polygons: bool,
    /// Rotated boxes are asked for.
    oriented: bool,
    /// Keypoints are asked for.
    keypoints: bool,
    /// How many points an object has, if the manifest says that it has any.
    points: usize,
    document: Document,
    /// How often each thing is told, and the line of the first.
    told: BTreeMap<&'static str, (u32, u32)>,
}

impl File {
    fn line(&mut self, n: u32, line: &str) {
        match object(line, self.points) {
            Err(rule) => {
                self.note(rule, n);
                self.document.lost += 1;
                self.lose_outline();
                if self.keypoints {
                    self.document.shapes.lose::<Keypoints>();
                }
            }
            Ok((class, Places::Box(b))) => {
                self.lose_points(n);
                self.document.boxes.push(self.boxed(class, b));
                if self.polygons || self.oriented {
                    self.note("yolo.outline", n);
                }
                self.lose_outline();
            }
            Ok((class, Places::Points(b, points))) => {
                let own = self.boxed(class, b);
                if self.keypoints {
                    let (class, flags) = (own.class.clone(), own.flags.clone());
                    self.document.shapes.add(Keypoints { class, reach: b, points, flags });
                } else {
                    self.note("yolo.points", n);
                }
                self.document.boxes.push(own);
                self.lose_outline();
            }
            Ok((class, Places::Outline(ring))) => {
                self.lose_points(n);
                let corners = if self.oriented { <[Point; 4]>::try_from(ring.as_slice()).ok() } else { None };
                if let Some(corners) = corners {
                    let class = class.clone();
                    self.document.shapes.add(Quad { class, corners, flags: Vec::new() });
                } else if self.oriented {
                    self.note("yolo.corners", n);
                    self.document.shapes.lose::<Quad>();
                }
                if !self.polygons && !self.oriented {
                    self.note("yolo.segment", n);
                }
                self.document.boxes.push(self.boxed(class.clone(), bounds(&ring).unwrap_or_default()));
                if self.polygons {
                    self.document.shapes.add(Polygon { class, parts: vec![vec![ring]], flags: Vec::new() });
                }
            }
        }
    }

    fn lose_points(&mut self, n: u32) {
        if self.keypoints {
            self.note("yolo.no_points", n);
            self.document.shapes.lose::<Keypoints>();
        }
    }

    fn lose_outline(&mut self) {
        if self.polygons {
            self.document.shapes.lose::<Polygon>();
        }
        if self.oriented {
            self.document.shapes.lose::<Quad>();
        }
    }

    fn boxed(&self, class: String, [x1, y1, x2, y2]: [f64; 4]) -> Box2 {
        let flags = if x1 < x2 && y1 < y2 { Vec::new() } else { vec!["degenerate".to_string()] };
        Box2 { class, x1, y1, x2, y2, flags }
    }

    fn note(&mut self, rule: &'static str, line: u32) {
        self.told.entry(rule).or_insert((0, line)).0 += 1;
    }

    fn tell(&mut self) {
        for (rule, (n, line)) in std::mem::take(&mut self.told) {
            let say = match rule {
                "yolo.class" => "lines whose class is no whole number, which are lost",
                "yolo.confidence" => "lines of six numbers, as predictions have them, which are lost",
                "yolo.number" => "lines with something that is no finite number, which are lost",
                "yolo.outline" => "boxes without an outline, which are lost where outlines or rotated boxes are read",
                "yolo.corners" => "outlines of other than four points, which are lost to `objects.oriented`",
                "yolo.points" => "objects with points, of which the box is kept",
                "yolo.no_points" => "lines without points, which are lost to `objects.keypoints`",
                "yolo.segment" => "outlines, of which the box is kept",
                _ => "lines that are neither a class and a box nor a class and an outline, which are lost",
            };
            self.document.notes.push(Note { rule, say: format!("{n} {say}"), line });
        }
    }
}

enum Places {
    /// Left, top, right, bottom.
    Box([f64; 4]),
    Outline(Vec<Point>),
    Points([f64; 4], Vec<Keypoint>),
}

/// How many points each object has.
pub const POINTS: Choice = Choice {
    name: "points",
    doc: "how many points a line has behind its box, each of two numbers or of three; 0 if lines have outlines instead. Default 0.",
    takes: Takes::Whole { min: 0, max: 10_000, default: 0 },
};

/// The class and the places of a line; an error says by its rule what it lacks.
fn object(line: &str, points: usize) -> Result<(String, Places), &'static str> {
    let mut words = line.split_whitespace();
    let class = words.next().and_then(whole).ok_or("yolo.class")?;
    let number = |word: &str| word.parse::<f64>().ok().filter(|c| c.is_finite());
    let numbers: Vec<f64> = words.map(number).collect::<Option<_>>().ok_or("yolo.number")?;
    let places = match numbers.as_slice() {
        [x, y, w, h] => Places::Box([x - w / 2.0, y - h / 2.0, x + w / 2.0, y + h / 2.0].map(snapped)),
        [x, y, w, h, rest @ ..] if points > 0 => {
            let reach = [x - w / 2.0, y - h / 2.0, x + w / 2.0, y + h / 2.0].map(snapped);
            Places::Points(reach, pose(rest, points).ok_or("yolo.line")?)
        }
        [_, _, _, _, _] => return Err("yolo.confidence"),
        many if many.len() >= 6 && many.len().is_multiple_of(2) => {
            let (pairs, _) = many.as_chunks::<2>();
            Places::Outline(pairs.iter().map(|[x, y]| Point { x: snapped(*x), y: snapped(*y) }).collect())
        }
        _ => return Err("yolo.line"),
    };
    Ok((class, places))
}

/// Points of two numbers, of which one below 0 is not labelled, or of three.
fn pose(numbers: &[f64], points: usize) -> Option<Vec<Keypoint>> {
    let point = |of: &[f64]| match of {
        [x, y] if *x < 0.0 || *y < 0.0 => Some(Keypoint::NONE),
        [_, _, 0.0] => Some(Keypoint::NONE),
        [x, y] => Some(Keypoint { x: snapped(*x), y: snapped(*y), seen: 2 }),
        [x, y, seen] if [1.0, 2.0].contains(seen) => {
            Some(Keypoint { x: snapped(*x), y: snapped(*y), seen: *seen as u32 })
        }
        _ => None,
    };
    let each = [2, 3].into_iter().find(|each| numbers.len() == each * points)?;
    numbers.chunks(each).map(point).collect()
}

/// A share that passes a side of the image by no more than six decimals may be wrong by: that is the side.
fn snapped(share: f64) -> f64 {
    const ROUNDED: f64 = 2e-6;
    if (-ROUNDED..0.0).contains(&share) {
        0.0
    } else if share > 1.0 && share <= 1.0 + ROUNDED {
        1.0
    } else {
        share
    }
}

/// The number of a class, also if written as `2.0`.
fn whole(word: &str) -> Option<String> {
    let digits = word.split_once('.').map_or(Some(word), |(n, zeros)| zeros.bytes().all(|b| b == b'0').then_some(n))?;
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str, shapes: &[&str]) -> Document {
        let unit = Unit { row: 0, bytes: text.as_bytes(), context: None, path: "", stem: "" };
        let options = Options::default().with_shapes(shapes.iter().map(|s| s.to_string()).collect());
        read(&options, 64, &unit).unwrap().of.remove(0).unwrap()
    }

    #[test]
    fn boxes_are_read_by_their_middle() {
        let d = document("\u{feff}1 0.5 0.5 0.25 1\r\n\n 0.0\t0.25 0.25 0 0.5\n", &[]);
        let boxes: Vec<(&str, [f64; 4], usize)> =
            d.boxes.iter().map(|b| (b.class.as_str(), [b.x1, b.y1, b.x2, b.y2], b.flags.len())).collect();
        assert_eq!(boxes, [("1", [0.375, 0.0, 0.625, 1.0], 0), ("0", [0.25, 0.0, 0.25, 0.5], 1)]);
        assert_eq!((d.lost, d.notes.len()), (0, 0));
        let d = document("2 0.133333 0.3 0.266667 0.2\n0 0.9 0.5 0.3 1\n", &[]);
        assert_eq!((d.boxes[0].x1, d.boxes[1].x2 > 1.0), (0.0, true), "six decimals, and a box that is outside");
        assert_eq!(document("", &[]), Document::default(), "looked, nothing there");
    }

    #[test]
    fn outlines_are_polygons_and_boxes() {
        let text = "2 0 0 1 0 0.5 0.5\n0 0.5 0.5 1 1\n";
        let mut d = document(text, &["objects.polygons"]);
        assert_eq!((d.boxes.len(), d.boxes[0].y2, d.lost), (2, 0.5, 0));
        let (polygons, lost) = d.shapes.take("objects.polygons");
        assert_eq!((lost, d.notes[0].rule, d.notes[0].line), (1, "yolo.outline", 2));
        assert!(matches!(polygons, crate::table::Value::List(all) if all.len() == 1));
        assert_eq!(document(text, &[]).notes[0].rule, "yolo.segment");
    }

    #[test]
    fn points_stand_behind_the_box() {
        let read = |text: &str, shapes: &[&str]| {
            let unit = Unit { row: 0, bytes: text.as_bytes(), context: None, path: "", stem: "" };
            let options = Options::of([("points".to_string(), 2.into())], &[POINTS]);
            let options = options.with_shapes(shapes.iter().map(|s| s.to_string()).collect());
            super::read(&options, 64, &unit).unwrap().of.remove(0).unwrap()
        };
        let text = "0 0.5 0.5 1 1 0.25 0.5 2 0 0 0\n0 0.5 0.5 1 1 0.25 0.5 -1 0.5\n0 0.5 0.5 1 1\n0 0.5 0.5 1 1 0.5 0.5 3 0 0 0\n";
        let mut d = read(text, &["objects.keypoints"]);
        let (points, lost) = d.shapes.take("objects.keypoints");
        let points: Vec<Keypoints> = crate::table::Cell::from_value(&points).unwrap();
        assert_eq!(points.iter().map(Keypoints::labelled).collect::<Vec<_>>(), [1, 1]);
        assert_eq!((lost, d.lost, d.boxes.len()), (2, 1, 3), "a box without points is a box");
        assert_eq!(read("0 0.5 0.5 1 1 0.25 0.5 0.5 0.5\n", &[]).notes[0].rule, "yolo.points");
    }

    #[test]
    fn a_line_is_lost_by_itself() {
        let d = document(
            "cat 0 0 1 1\n0 0 0 1 nan\n0 0 0 1 1 0.9\n0 1 1\n0 1 1 1 1 1 1 1\n-1 0 0 1 1\n1 0.5 0.5 1 1\n",
            &[],
        );
        let told: Vec<(&str, &str, u32)> = d.notes.iter().map(|n| (n.rule, &n.say[..1], n.line)).collect();
        assert_eq!(
            told,
            [("yolo.class", "2", 1), ("yolo.confidence", "1", 3), ("yolo.line", "2", 4), ("yolo.number", "1", 2)]
        );
        assert_eq!((d.boxes.len(), d.lost), (1, 6));
    }
}

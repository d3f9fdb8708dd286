//! A text file as the annotations of one image. Places stay shares here: the size of the image is not known.
use crate::formats::encoding::{BOM, Wrong, text};
use crate::formats::options::Options;
use crate::formats::reader::Unit;
use crate::formats::sidecar::{Document, Documents, Note};
use crate::model::boxes::Box2;
use crate::model::polygons::{Point, Polygon, bounds};
use crate::model::quads::Quad;
use std::collections::BTreeMap;

/// Most lines of a file.
const LINES_MAX: usize = 1 << 20;

pub fn read(options: &Options, _: usize, unit: &Unit) -> Result<Documents, Wrong> {
    let text = text(unit.bytes)?;
    let text = text.strip_prefix(BOM).unwrap_or(text);
    let (polygons, oriented) = (options.wants::<Polygon>(), options.wants::<Quad>());
    let mut file = File { polygons, oriented, ..File::default() };
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
    document: Document,
    /// How often each thing is told, and the line of the first.
    told: BTreeMap<&'static str, (u32, u32)>,
}

impl File {
    fn line(&mut self, n: u32, line: &str) {
        match object(line) {
            Err(rule) => {
                self.note(rule, n);
                self.document.lost += 1;
                self.lose_outline();
            }
            Ok((class, Places::Box(b))) => {
                self.document.boxes.push(self.boxed(class, b));
                if self.polygons || self.oriented {
                    self.note("yolo.outline", n);
                }
                self.lose_outline();
            }
            Ok((class, Places::Outline(ring))) => {
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
}

/// The class and the places of a line; an error says by its rule what it lacks.
fn object(line: &str) -> Result<(String, Places), &'static str> {
    let mut words = line.split_whitespace();
    let class = words.next().and_then(whole).ok_or("yolo.class")?;
    let number = |word: &str| word.parse::<f64>().ok().filter(|c| c.is_finite());
    let numbers: Vec<f64> = words.map(number).collect::<Option<_>>().ok_or("yolo.number")?;
    let places = match numbers.as_slice() {
        [x, y, w, h] => Places::Box([x - w / 2.0, y - h / 2.0, x + w / 2.0, y + h / 2.0].map(snapped)),
        [_, _, _, _, _] => return Err("yolo.confidence"),
        many if many.len() >= 6 && many.len().is_multiple_of(2) => {
            let (pairs, _) = many.as_chunks::<2>();
            Places::Outline(pairs.iter().map(|[x, y]| Point { x: snapped(*x), y: snapped(*y) }).collect())
        }
        _ => return Err("yolo.line"),
    };
    Ok((class, places))
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
    fn a_line_is_lost_by_itself() {
        let d = document("cat 0 0 1 1\n0 0 0 1 nan\n0 0 0 1 1 0.9\n0 1 1\n0 1 1 1 1 1 1 1\n-1 0 0 1 1\n1 0.5 0.5 1 1\n", &[]);
        let told: Vec<(&str, &str, u32)> = d.notes.iter().map(|n| (n.rule, &n.say[..1], n.line)).collect();
        assert_eq!(
            told,
            [("yolo.class", "2", 1), ("yolo.confidence", "1", 3), ("yolo.line", "2", 4), ("yolo.number", "1", 2)]
        );
        assert_eq!((d.boxes.len(), d.lost), (1, 6));
    }
}

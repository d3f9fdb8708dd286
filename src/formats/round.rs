//! Every format of annotations that is written and read: what is written comes back as it was, or the row is told as a loss by a
//! rule that the format declares.
#[cfg(test)]
use super::cut::Holds;
use super::options::Options;
use super::reader::Unit;
use super::writer::{Chunk, Join, Lost, Sheet, is_scattered, listed, scattered};
use super::{FORMATS, Format};
use crate::digest::draw;
use crate::model::boxes::Box2;
use crate::model::frames::Frame;
use crate::model::keypoints::{Keypoint, Keypoints};
use crate::model::masks::Mask;
use crate::model::points::Point;
use crate::model::polygons::{Polygon, Ring};
use crate::model::quads::Quad;
use crate::model::shape::Shape;
use crate::model::shapes::placed;
use crate::table::{Cell, Value, array_of};
use std::collections::BTreeSet;

const ROWS: usize = 60;
const CLASSES: [&str; 3] = ["a", "b & \"c\"", "고양이"];
/// Points of an object.
const POINTS: usize = 3;

/// The rules by which each format says what it lost.
const DECLARED: &[(&str, &[&str])] = &[
    ("coco", &["coco.holes", "coco.none", "coco.rotation"]),
    ("cvat", &["cvat.corners", "cvat.holes"]),
    ("labelme", &["labelme.holes"]),
    ("voc", &["voc.flags", "voc.rounded"]),
    ("yolo", &["yolo.flags", "yolo.holes", "yolo.parts"]),
];

pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 += 1;
        draw(12, "round", &self.0.to_string()) % n
    }

    /// Below `most`, mostly no whole number.
    fn place(&mut self, most: u32) -> f64 {
        let whole = self.below(3) == 0;
        let n = self.below(u64::from(most) * 1000);
        if whole { (n / 1000) as f64 } else { n as f64 / 1000.0 }
    }

    fn class(&mut self) -> String {
        CLASSES[self.below(3) as usize].into()
    }

    fn flags(&mut self) -> Vec<String> {
        let all = ["crowd", "difficult", "occluded", "truncated"].into_iter();
        all.filter(|_| self.below(8) == 0).map(String::from).collect()
    }

    /// A triangle in a cell of its own, so that it has an area.
    fn ring(&mut self, [w, h]: [u32; 2]) -> Ring {
        let (x, y) = (self.place(w - 5), self.place(h - 5));
        let more = self.below(2) == 0;
        let corner = more.then_some((0.5, 4.0));
        [(0.0, 0.0), (4.0, 0.5), (3.5, 4.5)]
            .into_iter()
            .chain(corner)
            .map(|(a, b)| Point { x: x + a, y: y + b })
            .collect()
    }
}

trait Drawn: Shape + Clone {
    fn drawn(dice: &mut Dice, size: [u32; 2]) -> Self;
}

impl Drawn for Box2 {
    fn drawn(dice: &mut Dice, [w, h]: [u32; 2]) -> Box2 {
        let (x1, y1) = (dice.place(w - 5), dice.place(h - 5));
        let (x2, y2) = (x1 + 1.0 + dice.place(4), y1 + 1.0 + dice.place(4));
        Box2 { class: dice.class(), x1, y1, x2, y2, flags: dice.flags() }
    }
}

impl Drawn for Polygon {
    fn drawn(dice: &mut Dice, size: [u32; 2]) -> Polygon {
        let mut parts = vec![vec![dice.ring(size)]];
        if dice.below(4) == 0 {
            parts.push(vec![dice.ring(size)]);
        }
        if dice.below(5) == 0 {
            let hole = parts[0][0].iter().map(|p| Point { x: p.x * 0.5 + 1.0, y: p.y * 0.5 + 1.0 }).collect();
            parts[0].push(hole);
        }
        Polygon { class: dice.class(), parts, flags: dice.flags() }
    }
}

impl Drawn for Quad {
    fn drawn(dice: &mut Dice, [w, h]: [u32; 2]) -> Quad {
        let (x, y) = (dice.place(w - 9), dice.place(h - 9));
        let corners = [(2.0, 0.0), (8.0, 4.0), (6.0, 7.0), (0.0, 3.0)].map(|(a, b)| Point { x: x + a, y: y + b });
        Quad { class: dice.class(), corners, flags: dice.flags() }
    }
}

impl Drawn for Mask {
    fn drawn(dice: &mut Dice, size: [u32; 2]) -> Mask {
        Mask::of(&Polygon::drawn(dice, size), size).unwrap()
    }
}

impl Drawn for Keypoints {
    fn drawn(dice: &mut Dice, [w, h]: [u32; 2]) -> Keypoints {
        let own = Box2::drawn(dice, [w, h]);
        let point = |dice: &mut Dice| match dice.below(3) {
            0 => Keypoint::NONE,
            seen => Keypoint { x: dice.place(w), y: dice.place(h), seen: seen as u32 },
        };
        let points = (0..POINTS).map(|_| point(dice)).collect();
        Keypoints { class: own.class, reach: [own.x1, own.y1, own.x2, own.y2], points, flags: own.flags }
    }
}

/// The cells that are read of files in a format, and what their writer lost.
fn through<T: Drawn>(format: &Format, labels: &[Vec<T>], sizes: &[[u32; 2]]) -> (Vec<Value>, Vec<Lost>)
where
    Vec<T>: Cell,
{
    let writer = format.writer.as_ref().unwrap();
    let mut sheet = Sheet { rows: labels.len(), classes: CLASSES.map(String::from).to_vec(), ..Sheet::default() };
    sheet.roles.insert("label".into(), array_of(labels.iter().map(|of| Some(of.clone()))));
    sheet.roles.insert("file".into(), array_of((0..labels.len()).map(|i| Some(format!("p{i}.png")))));
    sheet.roles.insert("width".into(), array_of(sizes.iter().map(|s| Some(s[0]))));
    sheet.roles.insert("height".into(), array_of(sizes.iter().map(|s| Some(s[1]))));
    let mut lost = Vec::new();
    let all = (writer.encode)(&sheet, &mut lost).unwrap();
    let files: Vec<Vec<u8>> = if is_scattered(writer.files) {
        let files = listed(scattered(&all)).unwrap();
        files.into_iter().map(|(_, from, len)| all[from as usize..(from + len) as usize].to_vec()).collect()
    } else {
        let fragment = |_| Ok(all.clone());
        let (outlines, skeleton) = (vec![(all.len() as u64, Vec::new())], Default::default());
        let (title, version, license, classes) = ("t 1.0.0", "1.0.0", "MIT", sheet.classes.as_slice());
        let of = Join {
            split: "s",
            title,
            version,
            license,
            classes,
            skeleton: &skeleton,
            hidden: false,
            outlines,
            fragment: &fragment,
        };
        let one = |chunk| match chunk {
            Chunk::Bytes(bytes) => bytes,
            Chunk::Fragment { .. } => panic!("this format is joined of texts"),
        };
        vec![(writer.join)(&of).unwrap().into_iter().flat_map(one).collect()]
    };
    let sidecar = format.sidecar.as_ref().unwrap();
    let points = (T::COLUMN == Keypoints::COLUMN).then(|| ("points".to_string(), POINTS.into()));
    let options = Options::of(points, format.options).with_shapes(vec![T::COLUMN.to_string()]);
    let mut cells = Vec::new();
    for (n, bytes) in files.iter().enumerate() {
        let stem = format!("p{n}");
        let unit = Unit { row: 0, bytes, context: None, path: "", stem: &stem };
        for document in (sidecar.read)(&options, 64, &unit).unwrap().of {
            let mut document = document.unwrap();
            let cell = match T::COLUMN {
                "objects" => document.boxes.into_value(),
                column => document.shapes.take(column).0,
            };
            let size = sizes[cells.len()];
            cells.push(if format.shares { named(placed::<T>(cell, &Frame::shares(size))) } else { cell });
        }
        assert_eq!(sidecar.holds == Holds::One, is_scattered(writer.files));
    }
    (cells, lost)
}

/// Shapes whose class is a number, with the name that it stands for.
fn named(cell: Value) -> Value {
    let Value::List(mut shapes) = cell else { return cell };
    for shape in &mut shapes {
        let Value::Struct(fields) = shape else { continue };
        for (_, value) in fields.iter_mut().filter(|f| f.0 == "class") {
            *value = Value::Text(CLASSES[value.text().unwrap().parse::<usize>().unwrap()].into());
        }
    }
    Value::List(shapes)
}

/// Equal but for what comes of writing a place as a share, and reading it again.
fn near(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => (a - b).abs() < 1e-9,
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| near(a, b)),
        (Value::Struct(a), Value::Struct(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((n, a), (m, b))| n == m && near(a, b))
        }
        (a, b) => a == b,
    }
}

/// The kinds of label that are shapes, and the columns in which formats give them.
pub const SHAPES: [(&str, &str); 5] = [
    ("object_detection", Box2::COLUMN),
    ("instance_segmentation", Polygon::COLUMN),
    ("oriented_detection", Quad::COLUMN),
    ("masks", Mask::COLUMN),
    ("keypoints", Keypoints::COLUMN),
];

/// Whether a format writes shapes of a kind and reads them beside pictures.
pub fn is_both(f: &Format, kind: &str) -> bool {
    let writes = f.writer.as_ref().is_some_and(|w| w.needs.images && w.needs.label.contains(&kind));
    let column = SHAPES.iter().find(|(name, _)| *name == kind).map(|(_, column)| *column);
    writes && f.sidecar.is_some() && column.is_some_and(|c| c == Box2::COLUMN || f.draws.contains(&c))
}

fn round<T: Drawn>(kind: &str)
where
    Vec<T>: Cell,
{
    let both = |f: &&Format| is_both(f, kind);
    let mut dice = Dice(kind.len() as u64 * 100_000);
    for format in FORMATS.iter().filter(both) {
        let sizes: Vec<[u32; 2]> = (0..ROWS).map(|_| [0, 0].map(|_| 20 + dice.below(600) as u32)).collect();
        let labels: Vec<Vec<T>> =
            sizes.iter().map(|size| (0..dice.below(5)).map(|_| T::drawn(&mut dice, *size)).collect()).collect();
        let (cells, lost) = through(format, &labels, &sizes);
        let declared = DECLARED.iter().find(|d| d.0 == format.name).map_or(&[][..], |d| d.1);
        let rules: BTreeSet<&str> = lost.iter().map(|l| l.rule).collect();
        assert!(rules.iter().all(|rule| declared.contains(rule)), "{} of {kind}: {rules:?}", format.name);
        assert_eq!(cells.len(), ROWS);
        let rows: BTreeSet<usize> = lost.iter().map(|l| l.row).collect();
        for (row, (cell, label)) in cells.iter().zip(labels).enumerate() {
            let want = label.into_value();
            assert!(rows.contains(&row) || near(cell, &want), "{} of {kind}: {cell:?} is not {want:?}", format.name);
        }
        assert!(rows.len() < ROWS, "{} of {kind} loses something of every row", format.name);
        for other in FORMATS.iter().filter(both) {
            on::<T>((format, other), (&cells, &rows), &sizes);
        }
    }
}

/// What was read of one format goes through another, and comes back as it was read or is told.
fn on<T: Drawn>((first, second): (&Format, &Format), (cells, lost): (&[Value], &BTreeSet<usize>), sizes: &[[u32; 2]])
where
    Vec<T>: Cell,
{
    let labels: Vec<Vec<T>> = cells.iter().map(|cell| Vec::from_value(cell).unwrap()).collect();
    let (again, more) = through(second, &labels, sizes);
    let rows: BTreeSet<usize> = lost.iter().copied().chain(more.iter().map(|l| l.row)).collect();
    assert_eq!(again.len(), cells.len());
    for (row, (cell, want)) in again.iter().zip(cells).enumerate() {
        let same = rows.contains(&row) || near(cell, want);
        assert!(same, "{} to {}: {cell:?} is not {want:?}", first.name, second.name);
    }
}

#[test]
fn what_is_written_comes_back_or_is_told() {
    round::<Box2>("object_detection");
    round::<Polygon>("instance_segmentation");
    round::<Quad>("oriented_detection");
    round::<Mask>("masks");
    round::<Keypoints>("keypoints");
}

/// What each format loses stands in its writer, too, so that the build asks `max_losses`.
#[test]
fn formats_that_lose_say_of_which_labels() {
    for (name, _) in DECLARED {
        let writer = super::named(name).and_then(|f| f.writer.as_ref()).unwrap();
        assert!(
            !writer.loses.is_empty() && writer.loses.iter().all(|kind| writer.needs.label.contains(kind)),
            "{name}"
        );
    }
}

/// Words that readers of numbers, JSON and tables look for.
const WORDS: [&[u8]; 12] =
    [b"1e308", b"-1", b"4294967295", b"nan", b"\"", b"[", b"{", b"]", b"\n", b"\xff", b"99999999999999999999", b"o"];

/// Bytes changed at random: each reader gives shapes, a finding or an error, whatever it is given.
#[test]
fn no_bytes_break_a_reader_of_shapes() {
    const COCO: &str = r#"{"images": [{"id": 1, "file_name": "p.png", "width": 4, "height": 3}], "categories": [{"id": 1, "name": "x"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 2, 2], "segmentation": [[0, 0, 4, 0, 4, 3]]},
        {"id": 2, "image_id": 1, "category_id": 1, "bbox": [0, 0, 2, 2], "segmentation": {"size": [3, 4], "counts": "426"}},
        {"id": 3, "image_id": 1, "category_id": 1, "bbox": [0, 0, 2, 2], "segmentation": {"size": [3, 4], "counts": [4, 2, 6]}},
        {"id": 4, "image_id": 1, "category_id": 1, "bbox": [0, 0, 2, 2], "keypoints": [1, 1, 2, 0, 0, 0]},
        {"id": 5, "image_id": 1, "caption": "so"}]}"#;
    const LABELME: &str = r#"{"shapes": [{"label": "x", "points": [[0, 0], [2, 2]], "shape_type": "rectangle", "group_id": 1},
        {"label": "x", "points": [[0, 0], [2, 0], [2, 2], [0, 2]], "shape_type": "oriented_rectangle"}], "imagePath": "p.png"}"#;
    const CVAT: &str = r#"<annotations><meta><size>3</size></meta><image id="0" name="p.png" width="4" height="3">
        <box label="x" occluded="1" xtl="0" ytl="1" xbr="2" ybr="2" rotation="30"><attribute name="a">true</attribute></box>
        <mask label="x" rle="1, 2, 1" left="1" top="1" width="2" height="2"/><polygon label="x" points="1,2;3,4;6,5"/></image>
        <track label="x"><box frame="0" outside="0" xtl="0" ytl="0" xbr="4" ybr="4"/>
        <box frame="2" outside="1" xtl="2" ytl="4" xbr="6" ybr="8"/></track></annotations>"#;
    const YOLO: &str = "1 0.5 0.5 0.25 1\n0 0 0 1 0 0.5 0.5 0.1 0.2\n2 0.5 0.5 1 1 0.5 0.5 2\n";
    const DOTA: &str = "imagesource:x\n0 0 4 0 4 2 0 2 plane 0\n1 0 2 1 1 2 0 1 ship 2\n";
    const TABLE: &str =
        "filename,width,height,class,xmin,ymin,xmax,ymax\nx.png,4,3,a,0,0,2,2\nx.png,4,3,\"b,c\",1,1,2,2\n,,,,,,,\n";
    const STUDIO: &str = r#"[{"data": {"i": "p.png"}, "annotations": [{"result": [
        {"type": "rectanglelabels", "original_width": 4, "original_height": 3, "value": {"x": 1, "y": 1, "width": 50, "height": 50, "rotation": 9, "rectanglelabels": ["x"]}},
        {"id": "a", "type": "polygon", "original_width": 4, "original_height": 3, "value": {"points": [[0, 0], [9, 0], [9, 9]]}},
        {"id": "a", "type": "labels", "value": {"labels": ["x"]}},
        {"type": "brushlabels", "original_width": 4, "original_height": 3, "value": {"rle": [0, 0, 0, 48, 57, 27, 254, 19, 0, 159, 254, 216, 4, 127, 241, 128, 0], "brushlabels": ["x"]}}]}]}]"#;
    let columns: Vec<String> = crate::model::shapes::DRAWINGS.iter().map(|d| d.column.to_string()).collect();
    let mut dice = Dice(7_000_000);
    for (name, seed) in [
        ("coco", COCO),
        ("cvat", CVAT),
        ("labelme", LABELME),
        ("yolo", YOLO),
        ("dota", DOTA),
        ("boxes_csv", TABLE),
        ("label_studio", STUDIO),
    ] {
        let format = super::named(name).unwrap();
        for round in 0..3000 {
            let mut bytes = seed.as_bytes().to_vec();
            for _ in 0..1 + dice.below(3) {
                let at = dice.below(bytes.len() as u64) as usize;
                let word = WORDS[dice.below(WORDS.len() as u64) as usize];
                match dice.below(4) {
                    0 => drop(bytes.splice(at..at, word.iter().copied())),
                    1 => bytes[at] ^= 1 << dice.below(8),
                    2 => drop(bytes.splice(at..(at + word.len()).min(bytes.len()), word.iter().copied())),
                    _ => drop(bytes.drain(at..(at + dice.below(9) as usize).min(bytes.len()))),
                }
            }
            let points = (round % 2 == 0 && name == "yolo").then(|| ("points".to_string(), 1.into()));
            let options = Options::of(points, format.options).with_shapes(columns.clone());
            let unit = Unit { row: 0, bytes: &bytes, context: None, path: "", stem: "p" };
            let read = (format.sidecar.as_ref().unwrap().read)(&options, 64, &unit);
            for mut document in read.into_iter().flat_map(|all| all.of).flatten() {
                for drawing in crate::model::shapes::DRAWINGS {
                    let (cell, _) = document.shapes.take(drawing.column);
                    (drawing.placed)(cell, &Frame { turn: 6, ..Frame::shares([3, 4]) });
                }
            }
        }
    }
}

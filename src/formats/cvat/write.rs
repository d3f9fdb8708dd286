//! Written files: the images of a split, numbered from 0. Flags besides `occluded` are attributes that are true. Parts of a polygon
//! have one group.
//!
//! Losses: holes, which are filled (`cvat.holes`), and rotated boxes whose corners are no rectangle, which become polygons
//! (`cvat.corners`).
use super::read::read;
use crate::formats::options::Options;
use crate::formats::reader::Unit;
use crate::formats::writer::{Chunk, Join, Lost, Sheet};
use crate::model::attributes::parted;
use crate::model::boxes::Box2;
use crate::model::masks::Mask;
use crate::model::points::Point;
use crate::model::polygons::Polygon;
use crate::model::quads::Quad;
use quick_xml::escape::escape;
use std::io::{BufRead, Read};

/// The number of an image, until its place in its split is known.
const OPEN: &str = "  <image id=\"\" name=\"";

/// An image an element, without its number and its split.
pub fn encode(sheet: &Sheet, lost: &mut Vec<Lost>) -> Result<Vec<u8>, String> {
    let (widths, heights) = (sheet.cells::<u32>("width"), sheet.cells::<u32>("height"));
    let rows: Vec<String> = if sheet.holds::<Polygon>("label") {
        let rows = sheet.cells::<Vec<Polygon>>("label").into_iter().enumerate();
        rows.map(|(row, of)| polygons(row, &of.unwrap_or_default(), lost, Pen::RELEASED)).collect()
    } else if sheet.holds::<Quad>("label") {
        let rows = sheet.cells::<Vec<Quad>>("label").into_iter().enumerate();
        rows.map(|(row, of)| quads(row, &of.unwrap_or_default(), lost, Pen::RELEASED)).collect()
    } else if sheet.holds::<Mask>("label") {
        sheet
            .cells::<Vec<Mask>>("label")
            .iter()
            .map(|of| of.iter().flatten().map(|m| mask(m, Pen::RELEASED)).collect())
            .collect()
    } else {
        sheet
            .cells::<Vec<Box2>>("label")
            .iter()
            .map(|of| of.iter().flatten().map(|b| boxed(b, Pen::RELEASED)).collect())
            .collect()
    };
    let mut out = String::new();
    for (row, (name, shapes)) in sheet.cells::<String>("file").into_iter().zip(rows).enumerate() {
        let side = |of: &[Option<u32>]| of.get(row).copied().flatten().unwrap_or(0);
        let name = name.unwrap_or_default();
        let (width, height) = (side(&widths), side(&heights));
        out.push_str(&format!(
            "{OPEN}{}\" width=\"{width}\" height=\"{height}\">\n{shapes}  </image>\n",
            escape(name.as_str())
        ));
    }
    Ok(out.into_bytes())
}

/// Who is said to have drawn shapes, and which lies over which.
#[derive(Clone, Copy)]
pub struct Pen {
    source: &'static str,
    z: Option<usize>,
}

impl Pen {
    /// Of a release: people drew them, all in one layer.
    const RELEASED: Pen = Pen { source: "manual", z: None };

    /// Of shapes that are given to be mended: each lies over those before it.
    pub fn given(n: usize) -> Pen {
        Pen { source: "auto", z: Some(n) }
    }

    fn next(self, n: usize) -> Pen {
        Pen { z: self.z.map(|z| z + n), ..self }
    }
}

/// A text within an element or an attribute.
pub fn escaped(text: &str) -> std::borrow::Cow<'_, str> {
    escape(text)
}

fn shape(element: &str, class: &str, more: &str, flags: &[String], pen: Pen) -> String {
    drawn(element, class, more, flags, ("", pen))
}

/// An element with elements within it.
fn drawn(element: &str, class: &str, more: &str, flags: &[String], (within, pen): (&str, Pen)) -> String {
    let occluded = u8::from(flags.iter().any(|f| f == "occluded"));
    let own: String = (flags.iter().filter(|f| *f != "occluded"))
        .map(|f| parted(f))
        .map(|(name, value)| (escape(name), escape(value.unwrap_or("true"))))
        .map(|(name, value)| format!("      <attribute name=\"{name}\">{value}</attribute>\n"))
        .collect();
    let (source, z) = (pen.source, pen.z.unwrap_or(0));
    let head = format!(
        "    <{element} label=\"{}\" source=\"{source}\" occluded=\"{occluded}\" {more} z_order=\"{z}\"",
        escape(class)
    );
    if own.is_empty() && within.is_empty() {
        format!("{head}/>\n")
    } else {
        format!("{head}>\n{own}{within}    </{element}>\n")
    }
}

/// A skeleton around elements that are its points.
pub fn skeleton(class: &str, points: &str, flags: &[String], pen: Pen) -> String {
    drawn("skeleton", class, "", flags, (points, pen))
}

pub fn boxed(b: &Box2, pen: Pen) -> String {
    sides([b.x1, b.y1, b.x2, b.y2], 0.0, (&b.class, &b.flags), pen)
}

fn sides([x1, y1, x2, y2]: [f64; 4], turn: f64, (class, flags): (&str, &[String]), pen: Pen) -> String {
    let turn = if turn == 0.0 { String::new() } else { format!(" rotation=\"{turn}\"") };
    shape("box", class, &format!("xtl=\"{x1}\" ytl=\"{y1}\" xbr=\"{x2}\" ybr=\"{y2}\"{turn}"), flags, pen)
}

fn points(of: &[Point]) -> String {
    of.iter().map(|p| format!("{},{}", p.x, p.y)).collect::<Vec<_>>().join(";")
}

fn outline(of: &[Point], group: Option<usize>, (class, flags): (&str, &[String]), pen: Pen) -> String {
    let group = group.map_or(String::new(), |n| format!(" group_id=\"{n}\""));
    shape("polygon", class, &format!("points=\"{}\"{group}", points(of)), flags, pen)
}

pub fn polygons(row: usize, of: &[Polygon], lost: &mut Vec<Lost>, pen: Pen) -> String {
    let holes = of.iter().filter(|p| p.holes() > 0).count();
    if holes > 0 {
        lost.push(Lost { row, rule: "cvat.holes", say: format!("{holes} objects have holes, which are filled") });
    }
    let mut out = String::new();
    for (n, polygon) in of.iter().enumerate() {
        let group = (polygon.parts.len() > 1).then_some(n + 1);
        let outlines = polygon.parts.iter().filter_map(|part| part.first());
        outlines.for_each(|ring| out.push_str(&outline(ring, group, (&polygon.class, &polygon.flags), pen.next(n))));
    }
    out
}

pub fn quads(row: usize, of: &[Quad], lost: &mut Vec<Lost>, pen: Pen) -> String {
    let skewed = of.iter().filter(|q| q.upright().is_none()).count();
    if skewed > 0 {
        let say = format!("{skewed} rotated boxes whose corners are no rectangle become polygons");
        lost.push(Lost { row, rule: "cvat.corners", say });
    }
    let one = |(n, q): (usize, &Quad)| match q.upright() {
        Some((of, turn)) => sides(of, turn, (&q.class, &q.flags), pen.next(n)),
        None => outline(&q.corners, None, (&q.class, &q.flags), pen.next(n)),
    };
    of.iter().enumerate().map(one).collect()
}

pub fn mask(m: &Mask, pen: Pen) -> String {
    let Some(([left, top], part)) = m.part() else { return String::new() };
    let (width, height) = (part.width, part.height);
    let runs: Vec<String> = part.transposed().runs.iter().map(u32::to_string).collect();
    let more =
        format!("rle=\"{}\" left=\"{left}\" top=\"{top}\" width=\"{width}\" height=\"{height}\"", runs.join(", "));
    shape("mask", &m.class, &more, &m.flags, pen)
}

/// All images of a split in one file.
pub fn join(of: &Join) -> Result<Vec<Chunk>, String> {
    let labels: String = of
        .classes
        .iter()
        .map(|c| {
            format!("<label><name>{}</name><type>any</type><attributes></attributes></label>\n", escape(c.as_str()))
        })
        .collect();
    let (mut images, mut n) = (String::new(), 0usize);
    for piece in 0..of.outlines.len() {
        let all = String::from_utf8((of.fragment)(piece)?).map_err(|e| e.to_string())?;
        for line in all.split_inclusive('\n') {
            match line.strip_prefix(OPEN) {
                Some(rest) => {
                    images.push_str(&format!("  <image id=\"{n}\" name=\"{}/{rest}", escape(of.split)));
                    n += 1;
                }
                None => images.push_str(line),
            }
        }
    }
    let title = escape(of.title);
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations>\n  <version>1.1</version>\n  <meta><task><name>{title}</name>\
         <size>{n}</size><mode>annotation</mode><labels>\n{labels}</labels></task></meta>\n{images}</annotations>\n"
    );
    Ok(vec![Chunk::Bytes(text.into_bytes())])
}

/// Longest file.
const FILE_MAX: u64 = 1 << 32;

fn images(input: &mut dyn BufRead) -> Result<Vec<String>, String> {
    let mut bytes = Vec::new();
    input.take(FILE_MAX).read_to_end(&mut bytes).map_err(|e| format!("does not read: {e}"))?;
    let unit = Unit { row: 0, bytes: &bytes, context: None, path: "", stem: "" };
    let read = read(&Options::default(), 16, &unit).map_err(|wrong| format!("line {}: {}", wrong.line, wrong.say))?;
    let mut out = Vec::new();
    for document in read.of {
        let document = document.map_err(|broken| broken.wrong.say)?;
        if document.lost > 0 {
            return Err(format!("has {} shapes that do not read", document.lost));
        }
        out.extend(document.image);
    }
    Ok(out)
}

/// Each image; its id is not in the file.
pub fn samples(input: &mut dyn BufRead, tell: &mut dyn FnMut(Option<&str>)) -> Result<(), String> {
    images(input)?.iter().for_each(|_| tell(None));
    Ok(())
}

/// The picture of each image.
pub fn pictures(input: &mut dyn BufRead, tell: &mut dyn FnMut(&str)) -> Result<(), String> {
    images(input)?.iter().for_each(|name| tell(name));
    Ok(())
}

//! `dota`: images, and a text file of rotated boxes beside each: eight numbers that are the corners in pixels, a class, and
//! perhaps whether it is difficult. Lines of a head (`imagesource:`, `gsd:`) are passed over.
//!
//! Gives the corners (`objects.oriented`) and the box around them. A file without a line is an image with nothing on it.
//! Findings: `dota.line` (a line that is no object, which is lost), `dota.number` (one with something that is no number, which
//! is lost), `dota.corners` (rotated boxes that no task reads, of which the box around them is kept).
use super::cut::Holds;
use super::encoding::{BOM, Wrong, text};
use super::format::Format;
use super::options::Options;
use super::reader::Unit;
use super::sidecar::{Document, Documents, Note, Sidecar, truth};
use crate::model::boxes::Box2;
use crate::model::points::Point;
use crate::model::polygons::bounds;
use crate::model::quads::Quad;
use crate::model::shape::Shape;

pub const FORMAT: Format = Format {
    images: true,
    draws: &[Quad::COLUMN],
    sidecar: Some(Sidecar { version: 0, holds: Holds::One, read }),
    ..Format::new(
        "dota",
        "Images and text files of DOTA: rotated boxes by their corners, met by the name of their files.",
    )
};

fn read(options: &Options, _: usize, unit: &Unit) -> Result<Documents, Wrong> {
    let text = text(unit.bytes)?;
    let oriented = options.wants::<Quad>();
    let (mut document, mut corners) = (Document::default(), (0, 0));
    for (n, line) in text.strip_prefix(BOM).unwrap_or(text).lines().enumerate() {
        let at = n as u32 + 1;
        if line.trim().is_empty() || line.starts_with("imagesource:") || line.starts_with("gsd:") {
            continue;
        }
        match object(line) {
            Err((rule, say)) => {
                document.notes.push(Note { rule, say: say.into(), line: at });
                document.lost += 1;
                if oriented {
                    document.shapes.lose::<Quad>();
                }
            }
            Ok(quad) => {
                let [x1, y1, x2, y2] = bounds(&quad.corners).unwrap_or_default();
                let mut flags = quad.flags.clone();
                flags.extend((x1 >= x2 || y1 >= y2).then(|| "degenerate".to_string()));
                flags.sort();
                document.boxes.push(Box2 { class: quad.class.clone(), x1, y1, x2, y2, flags });
                if oriented {
                    document.shapes.add(quad);
                } else {
                    corners = (corners.0 + 1, if corners.1 == 0 { at } else { corners.1 });
                }
            }
        }
    }
    if corners.0 > 0 {
        let say = format!("{} rotated boxes that no task reads, of which the box around them is kept", corners.0);
        document.notes.push(Note { rule: "dota.corners", say, line: corners.1 });
    }
    Ok(Documents { of: vec![Ok(document)], notes: Vec::new() })
}

/// The object of a line; an error is a rule and what is wrong.
fn object(line: &str) -> Result<Quad, (&'static str, &'static str)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (Some(places), Some(rest)) = (words.get(..8), words.get(8..)) else {
        return Err(("dota.line", "fewer than eight numbers and a class: what it says is lost"));
    };
    let number = |word: &&str| word.parse::<f64>().ok().filter(|c| c.is_finite());
    let numbers: Option<Vec<f64>> = places.iter().map(number).collect();
    let numbers = numbers.ok_or(("dota.number", "a corner that is no finite number: what the line says is lost"))?;
    let (class, difficult) = match rest {
        [class] => (*class, false),
        // above 1 it says how difficult
        [class, flag] => match flag.parse::<u32>().ok().map(|n| n > 0).or(truth(flag)) {
            Some(difficult) => (*class, difficult),
            None => return Err(("dota.line", "a last word that is no number: what the line says is lost")),
        },
        _ => return Err(("dota.line", "no class, or more words than one and a flag: what the line says is lost")),
    };
    let (pairs, _) = numbers.as_chunks::<2>();
    let corners: Vec<Point> = pairs.iter().map(|[x, y]| Point { x: *x, y: *y }).collect();
    let corners = <[Point; 4]>::try_from(corners).map_err(|_| ("dota.line", "other than four corners"))?;
    let flags = if difficult { vec!["difficult".to_string()] } else { Vec::new() };
    Ok(Quad { class: class.into(), corners, flags })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_corners_a_class_and_a_flag() {
        let text = "imagesource:GoogleEarth\ngsd:0.1\n0 0 4 0 4 2 0 2 plane 0\n1 0 2 1 1 2 0 1 ship 2\n1 2 3\n0 0 4 0 4 2 0 x plane\n\
                    0 0 1 0 1 1 0 1 a b c\n0 0 1 0 1 1 0 1 car\n";
        let read = |shapes: &[&str]| {
            let unit = Unit { row: 0, bytes: text.as_bytes(), context: None, path: "", stem: "" };
            let options = Options::default().with_shapes(shapes.iter().map(|s| s.to_string()).collect());
            super::read(&options, 64, &unit).unwrap().of.remove(0).unwrap()
        };
        let mut document = read(&[Quad::COLUMN]);
        let told: Vec<(&str, u32)> = document.notes.iter().map(|n| (n.rule, n.line)).collect();
        assert_eq!(told, [("dota.line", 5), ("dota.number", 6), ("dota.line", 7)]);
        let (quads, lost) = document.shapes.take(Quad::COLUMN);
        let quads: Vec<Quad> = crate::table::Cell::from_value(&quads).unwrap();
        assert_eq!((quads.len(), lost, document.lost), (3, 3, 3));
        assert_eq!((quads[1].class.as_str(), quads[1].flags.len()), ("ship", 1));
        assert_eq!((document.boxes[1].x1, document.boxes[1].x2), (0.0, 2.0));
        assert_eq!(read(&[]).notes.last().unwrap().rule, "dota.corners");
    }
}

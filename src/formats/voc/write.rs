//! Written Pascal VOC: an XML file an image, boxes in whole pixels from 1, both corners within the box.
//!
//! Losses: flags that VOC does not know (`voc.flags`), sides that are no whole pixels (`voc.rounded`: to the nearest, and a box
//! keeps at least one pixel), and that nobody looked at an image (`voc.unlabelled`: a file without objects says that nothing is
//! there). The depth of images is not known here and not written.
use super::read::parse;
use crate::formats::writer::{Lost, Sheet, scatter};
use crate::model::boxes::Box2;
use quick_xml::escape::escape;
use std::io::{BufRead, Read};

/// Flags that an object may have, in the order in which they are written.
const FLAGS: [&str; 3] = ["truncated", "difficult", "occluded"];

/// A file for each row that has an image.
pub fn encode(sheet: &Sheet, lost: &mut Vec<Lost>) -> Result<Vec<u8>, String> {
    let (widths, heights) = (sheet.cells::<u32>("width"), sheet.cells::<u32>("height"));
    let mut files = Vec::with_capacity(sheet.rows);
    let rows = sheet.cells::<String>("file").into_iter().zip(sheet.cells::<Vec<Box2>>("label"));
    for (row, (name, boxes)) in rows.enumerate() {
        let Some(name) = name else { continue };
        let side = |of: &[Option<u32>]| of.get(row).copied().flatten().unwrap_or(0);
        let mut lose = |rule, say: String| lost.push(Lost { row, rule, say });
        if boxes.is_none() {
            lose("voc.unlabelled", "nobody looked at it, and it would be taken for an image with nothing on it".into());
        }
        let boxes = boxes.unwrap_or_default();
        let other = |b: &&Box2| b.flags.iter().any(|flag| !FLAGS.contains(&flag.as_str()));
        let rounded = |b: &&Box2| [b.x1, b.y1, b.x2, b.y2].iter().any(|c| c.fract() != 0.0);
        for (rule, n, what) in [
            ("voc.flags", boxes.iter().filter(other).count(), "objects have flags that are not kept"),
            ("voc.rounded", boxes.iter().filter(rounded).count(), "boxes are moved to whole pixels"),
        ] {
            if n > 0 {
                lose(rule, format!("{n} {what}"));
            }
        }
        let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
        files.push((format!("{stem}.xml"), document(&name, [side(&widths), side(&heights)], &boxes).into_bytes()));
    }
    Ok(scatter(&files))
}

fn document(name: &str, [width, height]: [u32; 2], boxes: &[Box2]) -> String {
    let file = name.rsplit('/').next().unwrap_or(name);
    let mut out = format!(
        "<annotation>\n  <filename>{}</filename>\n  <size>\n    <width>{width}</width>\n    <height>{height}</height>\n  \
         </size>\n  <segmented>0</segmented>\n",
        escape(file)
    );
    for b in boxes {
        let [x1, y1] = [b.x1, b.y1].map(|c| c.round() + 1.0);
        let [x2, y2] = [b.x2.round().max(x1), b.y2.round().max(y1)];
        out.push_str(&format!("  <object>\n    <name>{}</name>\n    <pose>Unspecified</pose>\n", escape(&b.class)));
        for flag in FLAGS {
            out.push_str(&format!("    <{flag}>{}</{flag}>\n", u8::from(b.flags.iter().any(|f| f == flag))));
        }
        out.push_str(&format!(
            "    <bndbox>\n      <xmin>{x1}</xmin>\n      <ymin>{y1}</ymin>\n      <xmax>{x2}</xmax>\n      \
             <ymax>{y2}</ymax>\n    </bndbox>\n  </object>\n"
        ));
    }
    out + "</annotation>\n"
}

/// Longest file of one image.
const FILE_MAX: u64 = 1 << 28;

/// The one sample of a file, once it reads.
pub fn samples(input: &mut dyn BufRead, tell: &mut dyn FnMut(Option<&str>)) -> Result<(), String> {
    let mut bytes = Vec::new();
    input.take(FILE_MAX).read_to_end(&mut bytes).map_err(|e| format!("does not read: {e}"))?;
    let document = parse(&bytes, 16).map_err(|wrong| format!("line {}: {}", wrong.line, wrong.say))?;
    match document.lost.first() {
        Some(wrong) => Err(format!("line {}: {}", wrong.line, wrong.say)),
        None => {
            tell(None);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::writer::{listed, scattered};
    use crate::table::array_of;

    #[test]
    fn boxes_are_whole_pixels_from_one() {
        let of = |[x1, y1, x2, y2]: [f64; 4], flags: &[&str]| Box2 {
            class: "a<b".into(),
            x1,
            y1,
            x2,
            y2,
            flags: flags.iter().map(|f| f.to_string()).collect(),
        };
        let boxes = vec![of([0.0, 2.0, 10.0, 20.0], &["difficult", "crowd"]), of([1.2, 1.2, 1.4, 1.4], &[])];
        let mut sheet = Sheet { rows: 2, ..Sheet::default() };
        sheet.roles.insert("label".into(), array_of([Some(boxes), None]));
        sheet.roles.insert("file".into(), array_of([Some("k/x.jpg".to_string()), Some("y.png".into())]));
        sheet.roles.insert("width".into(), array_of([Some(10u32), Some(9)]));
        sheet.roles.insert("height".into(), array_of([Some(20u32), Some(9)]));
        let mut lost = Vec::new();
        let all = encode(&sheet, &mut lost).unwrap();
        let rules: Vec<(usize, &str)> = lost.iter().map(|l| (l.row, l.rule)).collect();
        assert_eq!(rules, [(0, "voc.flags"), (0, "voc.rounded"), (1, "voc.unlabelled")]);
        let files = listed(scattered(&all)).unwrap();
        assert_eq!((files[0].0.as_str(), files[1].0.as_str()), ("k/x.xml", "y.xml"));
        let of = |n: usize| &all[files[n].1 as usize..(files[n].1 + files[n].2) as usize];
        let read = parse(of(0), 16).unwrap();
        assert_eq!((read.filename.as_deref(), read.width, read.height), (Some("x.jpg"), Some(10), Some(20)));
        let sides: Vec<[f64; 4]> = read.objects.iter().map(|o| [o.x1, o.y1, o.x2, o.y2]).collect();
        assert_eq!(sides, [[1.0, 3.0, 10.0, 20.0], [2.0, 2.0, 2.0, 2.0]]);
        assert_eq!(
            (read.objects[0].class.as_str(), read.objects[0].flags.as_slice()),
            ("a<b", &["difficult".to_string()][..])
        );
        let mut n = 0;
        samples(&mut of(1), &mut |_| n += 1).unwrap();
        assert_eq!((n, samples(&mut &b"<annotation>"[..], &mut |_| ()).is_err()), (1, true));
    }
}

//! `image_objects`: image folders with boxes, as `datasets` reads them: `metadata.jsonl` beside the images names each by `file_name`
//! and has its boxes in `objects`, lists side by side: `bbox` (x, y, width, height in pixels) and `categories`, their classes.
//!
//! Losses: `image_objects.flags` (flags of boxes, which are not kept), `image_objects.unlabelled` (nobody looked at an image: its
//! `objects` are null). Read with `image_folder` and a `sheet`, whose column answers a task of boxes.
use super::format::Format;
use super::jsonl;
use super::writer::{Lost, Needs, Place, Sheet, Writer, length_alone, one_after_another};
use crate::model::boxes::Box2;
use serde_json::{Value as Json, json};

pub const FORMAT: Format = Format {
    writer: Some(Writer {
        version: 1,
        uses: &[],
        files: "image_objects/SPLIT/metadata.jsonl",
        doc: "images beside `metadata.jsonl`, which has the boxes of each in `objects`, as `datasets` and its trainers take them. \
              Needs an `object_detection` label",
        needs: Needs {
            label: &["object_detection"],
            images: true,
            sizes: true,
            pictures: Some("image_objects/SPLIT"),
            ..Needs::NONE
        },
        encode,
        outline: length_alone,
        join: one_after_another,
        samples: Some(jsonl::samples),
        values: None,
        place: Place::Line,
        table: false,
        loses: &["object_detection"],
        index: None,
    }),
    pictures: Some(jsonl::pictures),
    ..Format::new("image_objects", "Image folders with boxes in `metadata.jsonl`, as `datasets` has them.")
};

fn encode(sheet: &Sheet, lost: &mut Vec<Lost>) -> Result<Vec<u8>, String> {
    let (ids, names) = (sheet.cells::<String>("id"), sheet.cells::<String>("file"));
    let (widths, heights) = (sheet.cells::<u32>("width"), sheet.cells::<u32>("height"));
    let mut out = Vec::new();
    for (row, ((id, name), boxes)) in ids.into_iter().zip(names).zip(sheet.cells::<Vec<Box2>>("label")).enumerate() {
        let side = |of: &[Option<u32>]| of.get(row).copied().flatten();
        match &boxes {
            None => {
                let say = "nobody looked at it, and some readers take that for nothing there".into();
                lost.push(Lost { row, rule: "image_objects.unlabelled", say });
            }
            Some(boxes) => {
                let flagged = boxes.iter().filter(|b| !b.flags.is_empty()).count();
                if flagged > 0 {
                    let say = format!("{flagged} boxes have flags, which are not kept");
                    lost.push(Lost { row, rule: "image_objects.flags", say });
                }
            }
        }
        let objects = boxes.map_or(Json::Null, |boxes| {
            let bbox: Vec<[f64; 4]> = boxes.iter().map(|b| [b.x1, b.y1, b.x2 - b.x1, b.y2 - b.y1]).collect();
            let classes: Vec<&str> = boxes.iter().map(|b| b.class.as_str()).collect();
            json!({ "bbox": bbox, "categories": classes })
        });
        let line = json!({ "file_name": name, "id": id, "width": side(&widths), "height": side(&heights), "objects": objects });
        serde_json::to_writer(&mut out, &line).map_err(|e| e.to_string())?;
        out.push(b'\n');
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::array_of;

    #[test]
    fn boxes_are_lists_side_by_side() {
        let of = |flags: &[&str]| Box2 {
            class: "a".into(),
            x1: 1.0,
            y1: 2.0,
            x2: 4.5,
            y2: 6.0,
            flags: flags.iter().map(|f| f.to_string()).collect(),
        };
        let mut sheet = Sheet { rows: 2, ..Sheet::default() };
        sheet.roles.insert("id".into(), array_of(["p", "q"].map(|id| Some(id.to_string()))));
        sheet.roles.insert("file".into(), array_of(["p.png", "q.png"].map(|name| Some(name.to_string()))));
        sheet.roles.insert("label".into(), array_of([Some(vec![of(&[]), of(&["crowd"])]), None]));
        let mut lost = Vec::new();
        let lines = String::from_utf8(encode(&sheet, &mut lost).unwrap()).unwrap();
        let first: Json = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
        assert_eq!(first["objects"]["bbox"], json!([[1.0, 2.0, 3.5, 4.0], [1.0, 2.0, 3.5, 4.0]]));
        assert_eq!(
            lost.iter().map(|l| (l.row, l.rule)).collect::<Vec<_>>(),
            [(0, "image_objects.flags"), (1, "image_objects.unlabelled")]
        );
        assert!(lines.lines().nth(1).is_some_and(|line| line.contains("\"objects\":null")));
    }
}

//! The layout of Korean public data (AI Hub): of each split a folder 원천데이터 with the pictures and a folder 라벨링데이터 with a
//! JSON file for each, of the same name. AI Hub has no schema of its own; the keys are those that recur in its data sets: `info`,
//! `image`, `annotations` and `attributes`. A box is `bbox = [x, y, width, height]`, a polygon a list of its parts, each a list of
//! rings with the outer one first; a class is `class`. Every released column is in the file, and nothing is lost.
use super::format::Format;
use super::writer::{Needs, Place, Sheet, Writer, one_after_another, scatter, scattered};
use crate::model::boxes::Box2;
use crate::model::points::Point;
use crate::model::polygons::Polygon;
use crate::table::slots::{Slots, Style};
use crate::table::{ArrayRef, Cell, DataType, cells, list};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use std::io::{BufRead, Read};

pub const FORMAT: Format = Format {
    writer: Some(Writer {
        version: 1,
        uses: &[],
        files: "aihub/SPLIT/라벨링데이터/NAME.json",
        doc: "a JSON file for each picture, which lies in `aihub/SPLIT/원천데이터`, as Korean public data is laid out",
        needs: Needs {
            columns: true,
            images: true,
            sizes: true,
            pictures: Some("aihub/SPLIT/원천데이터"),
            ..Needs::NONE
        },
        encode: |sheet, _| encode(sheet),
        outline: scattered,
        join: one_after_another,
        samples: Some(samples),
        values: None,
        place: Place::File,
        table: false,
        loses: &[],
        index: None,
    }),
    ..Format::new("aihub", "The layout of Korean public data (AI Hub): 원천데이터 and 라벨링데이터.")
};

/// Longest file of one picture.
const FILE_MAX: u64 = 1 << 28;

/// A released column as its files hold it.
enum Column {
    Boxes(Vec<Option<Vec<Box2>>>),
    Polygons(Vec<Option<Vec<Polygon>>>),
    /// A label that is one class.
    Classes(Vec<Option<String>>),
    /// Anything else, as JSON.
    Plain(ArrayRef),
}

impl Column {
    fn of(name: &str, array: &ArrayRef) -> Column {
        let ty = array.data_type();
        if *ty == list(Box2::ty()) {
            Column::Boxes(cells(array.as_ref()))
        } else if *ty == list(Polygon::ty()) {
            Column::Polygons(cells(array.as_ref()))
        } else if *ty == DataType::Utf8 && name.starts_with("label_") {
            Column::Classes(cells(array.as_ref()))
        } else {
            Column::Plain(array.clone())
        }
    }

    /// The annotations of a row without their numbers; `None` where the column says nothing of the row.
    fn annotations(&self, row: usize) -> Option<Vec<Json>> {
        match self {
            Column::Boxes(of) => Some(of.get(row)?.as_ref()?.iter().map(boxed).collect()),
            Column::Polygons(of) => Some(of.get(row)?.as_ref()?.iter().map(outlined).collect()),
            Column::Classes(of) => Some(vec![json!({ "class": of.get(row)?.as_ref()? })]),
            Column::Plain(_) => None,
        }
    }
}

/// A file for each row that has a picture.
fn encode(sheet: &Sheet) -> Result<Vec<u8>, String> {
    let (widths, heights) = (sheet.cells::<u32>("width"), sheet.cells::<u32>("height"));
    let (names, ids) = (sheet.cells::<String>("file"), sheet.cells::<String>("id"));
    let own = |name: &str| !["id", "image", "width", "height"].contains(&name);
    let columns = sheet.columns.iter().filter(|c| own(&c.0));
    let columns: Vec<(&str, Column)> = columns.map(|(name, array)| (name.as_str(), Column::of(name, array))).collect();
    let mut files = Vec::with_capacity(sheet.rows);
    for (row, name) in names.iter().enumerate() {
        let Some(name) = name else { continue };
        let side = |of: &[Option<u32>]| of.get(row).copied().flatten();
        let (mut annotations, mut attributes) = (Vec::new(), Map::new());
        for (column, of) in &columns {
            match (of.annotations(row), of) {
                (Some(all), _) => {
                    for mut one in all {
                        one["id"] = (annotations.len() + 1).into();
                        one["task"] = column.strip_prefix("label_").unwrap_or(column).into();
                        annotations.push(one);
                    }
                }
                (None, Column::Plain(array)) => drop(attributes.insert(column.to_string(), plain(array, row)?)),
                // nobody looked: that is not the same as nothing being there
                (None, _) => drop(attributes.insert(column.to_string(), Json::Null)),
            }
        }
        let file = name.rsplit('/').next();
        let text = json!({
            "info": { "id": ids.get(row) },
            "image": { "file_name": file, "width": side(&widths), "height": side(&heights) },
            "annotations": annotations,
            "attributes": attributes,
        });
        let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
        files.push((format!("{stem}.json"), format!("{text}\n").into_bytes()));
    }
    Ok(scatter(&files))
}

fn plain(array: &ArrayRef, row: usize) -> Result<Json, String> {
    let mut out = Vec::new();
    Slots::of(array.as_ref(), Style::Released).put(row, &mut out);
    serde_json::from_slice(&out).map_err(|e| e.to_string())
}

fn boxed(b: &Box2) -> Json {
    let mut out = json!({ "class": b.class, "bbox": [b.x1, b.y1, b.x2 - b.x1, b.y2 - b.y1] });
    flagged(&mut out, &b.flags);
    out
}

fn outlined(p: &Polygon) -> Json {
    let ring = |of: &Vec<Point>| of.iter().map(|p| json!([p.x, p.y])).collect::<Vec<_>>();
    let parts: Vec<Vec<Vec<Json>>> = p.parts.iter().map(|part| part.iter().map(ring).collect()).collect();
    let mut out = json!({ "class": p.class, "polygon": parts });
    flagged(&mut out, &p.flags);
    out
}

fn flagged(out: &mut Json, flags: &[String]) {
    if !flags.is_empty() {
        out["flags"] = flags.into();
    }
}

/// As much of a file as tells its sample.
#[derive(Deserialize)]
struct Written {
    info: Info,
    image: Picture,
}

#[derive(Deserialize)]
struct Info {
    id: Option<String>,
}

#[derive(Deserialize)]
struct Picture {
    #[serde(rename = "file_name")]
    _file_name: String,
}

/// The one sample of a file.
fn samples(input: &mut dyn BufRead, tell: &mut dyn FnMut(Option<&str>)) -> Result<(), String> {
    let mut bytes = Vec::new();
    input.take(FILE_MAX).read_to_end(&mut bytes).map_err(|e| format!("does not read: {e}"))?;
    let file: Written = serde_json::from_slice(&bytes).map_err(|e| format!("does not read: {e}"))?;
    let _ = &file.image;
    tell(file.info.id.as_deref());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::writer::{listed, path, split_of};
    use super::*;
    use crate::table::array_of;

    #[test]
    fn a_file_for_each_picture() {
        let of = |b: f64| Box2 { class: "세포".into(), x1: 1.0, y1: 2.0, x2: b, y2: 5.0, flags: Vec::new() };
        let mut sheet = Sheet { rows: 2, ..Sheet::default() };
        let text = |of: &[&str]| array_of(of.iter().map(|t| Some(t.to_string())).collect::<Vec<_>>());
        sheet.roles.insert("id".into(), text(&["a", "b"]));
        sheet.roles.insert("file".into(), text(&["a.jpg", "b.png"]));
        sheet.roles.insert("width".into(), array_of([Some(10u32), Some(20)]));
        sheet.roles.insert("height".into(), array_of([Some(11u32), Some(21)]));
        sheet.columns = vec![
            ("id".into(), text(&["a", "b"])),
            ("label_cells".into(), array_of([Some(vec![of(4.0), of(6.5)]), None])),
            ("label_kind".into(), text(&["x", "y"])),
            ("place".into(), text(&["here", "there"])),
        ];
        let all = encode(&sheet).unwrap();
        let files = listed(scattered(&all)).unwrap();
        assert_eq!(files.iter().map(|f| f.0.as_str()).collect::<Vec<_>>(), ["a.json", "b.json"]);
        let read = |n: usize| -> Json {
            let (_, from, len) = &files[n];
            serde_json::from_slice(&all[*from as usize..(from + len) as usize]).unwrap()
        };
        let first = read(0);
        assert_eq!(first["image"], json!({ "file_name": "a.jpg", "width": 10, "height": 11 }));
        assert_eq!(
            first["annotations"][1],
            json!({ "id": 2, "task": "cells", "class": "세포", "bbox": [1.0, 2.0, 5.5, 3.0] })
        );
        assert_eq!(first["annotations"][2], json!({ "id": 3, "task": "kind", "class": "x" }));
        assert_eq!(first["attributes"], json!({ "place": "here" }));
        // nobody looked at the second
        assert_eq!(read(1)["attributes"], json!({ "place": "there", "label_cells": null }));
        let mut ids = Vec::new();
        samples(&mut first.to_string().as_bytes(), &mut |id| ids.push(id.map(String::from))).unwrap();
        assert_eq!(ids, [Some("a".to_string())]);
    }

    #[test]
    fn the_split_of_a_path() {
        let files = FORMAT.writer.as_ref().unwrap().files;
        assert_eq!(path(files, "train", 0).replace("NAME", "a"), "aihub/train/라벨링데이터/a.json");
        assert_eq!(split_of(files, "aihub/train/라벨링데이터/a.json"), Some("train"));
        assert_eq!(split_of(files, "aihub/train/원천데이터/a.json"), None);
    }
}

//! Shapes that are judged one by one: they go out with their numbers and with what was said of them, and come back by their numbers.
use super::super::tool::{Item, Job, Target, most};
use super::listed::{each, value};
use crate::formats::cvat::{Mark, Pen, boxed, mask, polygons, quads};
use crate::model::boxes::Box2;
use crate::model::masks::Mask;
use crate::model::polygons::Polygon;
use crate::model::quads::Quad;
use crate::table::Cell;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The attribute with the number of a shape.
pub const NUMBER: &str = "shape";
/// The attribute with what is said of it, and its value where nothing is.
pub const CLASS: &str = "label";
pub const SILENT: &str = "tamis: not judged";

/// The shapes of a sample, each with its number and what most said of it.
pub fn shapes(target: &Target, item: &Item) -> Option<String> {
    let said = most(&item.votes).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let class = |n: usize| said.iter().find(|one| one["shape"].as_u64() == Some(n as u64))?["class"].as_str();
    let flags = |n: usize| vec![format!("{CLASS}={}", class(n).unwrap_or(SILENT)), format!("{NUMBER}={n}")];
    let of = value(target.kind, &Json::Array(item.shapes.clone()))?;
    Some(match target.kind.name {
        "object_detection" => each(&of, |n, b: Box2| boxed(&Box2 { flags: flags(n), ..b }, Pen::given(n))),
        "instance_segmentation" => {
            let all: Vec<Polygon> = Vec::from_value(&of).unwrap_or_default();
            let all: Vec<Polygon> =
                all.into_iter().enumerate().map(|(n, p)| Polygon { flags: flags(n), ..p }).collect();
            polygons(0, &all, &mut Vec::new(), Pen::given(0))
        }
        "oriented_detection" => {
            let all: Vec<Quad> = Vec::from_value(&of).unwrap_or_default();
            let all: Vec<Quad> = all.into_iter().enumerate().map(|(n, q)| Quad { flags: flags(n), ..q }).collect();
            quads(0, &all, &mut Vec::new(), Pen::given(0))
        }
        _ => each(&of, |n, m: Mask| mask(&Mask { flags: flags(n), ..m }, Pen::given(n))),
    })
}

/// What is said of a shape.
fn class(mark: &Mark) -> Option<&str> {
    mark.attribute(CLASS).filter(|class| *class != SILENT)
}

/// What a shape says besides its place, where shapes are judged.
pub fn line(job: &Job, mark: &Mark) -> String {
    match job.target {
        Some(_) => format!(" {:?} {:?}", mark.attribute(NUMBER), class(mark)),
        None => String::new(),
    }
}

/// What somebody said of the shapes.
pub fn label(marks: &[&Mark]) -> Result<Json, String> {
    let mut said: BTreeMap<u32, (&str, &str)> = BTreeMap::new();
    for mark in marks {
        let Some(class) = class(mark) else { continue };
        let Some(number) = mark.attribute(NUMBER).and_then(|n| n.parse().ok()) else {
            return Err(format!("`{class}` is said of a shape that was not handed out: draw none"));
        };
        // parts of one shape all have its number
        let other = said.insert(number, (class, &mark.class)).filter(|(other, _)| *other != class);
        if let Some((other, _)) = other {
            return Err(format!("`{other}` and `{class}` are said of shape {number}, which one class is asked for of"));
        }
    }
    if said.is_empty() && !marks.is_empty() {
        return Err("nothing is said of any shape".into());
    }
    Ok(said.into_iter().map(|(shape, (class, of))| json!({ "shape": shape, "class": class, "of": of })).collect())
}

//! Shapes on pictures as Label Studio draws them: polygons, turned boxes, brushes, and objects with points.
//!
//! | answers | go out as |
//! |---|---|
//! | `instance_segmentation` | a polygon for each part; parts of one object have its number in their ids, and no hole goes out |
//! | `oriented_detection` | rectangles, turned about their upper left corner |
//! | `masks` | brushes, runs of pixels in four channels |
//! | `keypoints` | a rectangle for each object, and in it a point for each that is labelled; a hidden one has the word `hidden` in its `meta` |
//!
//! Places are percent of the picture; what comes back is in pixels, to a ten-thousandth. Flags are words of `meta`. Shapes are read as
//! exports are (`formats::label_studio::shapes`): one that an answer of the task cannot hold is a complaint.
use super::tool::{Item, Job, Picture};
use crate::formats::json::parse;
use crate::formats::label_studio::brush::packed;
use crate::formats::label_studio::shapes::{Found, found};
use crate::model::keypoints::{Keypoint, Keypoints};
use crate::model::masks::Mask;
use crate::model::points::Point;
use crate::model::polygons::{Polygon, grouped};
use crate::model::quads::Quad;
use crate::stages::label::decided::{answer, answer_text};
use crate::stages::label::kinds::kind::Kind;
use crate::table::{Cell, Value};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The kinds whose answers are such shapes, and what Label Studio calls the control that draws them.
const DRAWN: [(&str, &str); 4] = [
    ("instance_segmentation", "PolygonLabels"),
    ("oriented_detection", "RectangleLabels"),
    ("masks", "BrushLabels"),
    ("keypoints", "RectangleLabels"),
];

/// The word that a point has which is labelled and not visible.
const HIDDEN: &str = "hidden";

/// A box that is not turned, in percent of the picture.
pub fn box_region(n: usize, b: &Json, picture: &Picture) -> Json {
    let at = |name: &str| b[name].as_f64().unwrap_or_default();
    let [w, h] = picture.size.map(|side| f64::from(side.max(1)));
    let value = json!({
        "x": 100.0 * at("x1") / w, "y": 100.0 * at("y1") / h,
        "width": 100.0 * (at("x2") - at("x1")) / w, "height": 100.0 * (at("y2") - at("y1")) / h,
        "rotation": 0, "rectanglelabels": [b["class"]],
    });
    json!({
        "id": format!("r{n}"), "from_name": "label", "to_name": "image", "type": "rectanglelabels", "value": value,
        "original_width": picture.size[0], "original_height": picture.size[1], "image_rotation": 0,
        "meta": { "text": b["flags"].as_array().cloned().unwrap_or_default() },
    })
}

/// The control that draws answers of a kind, if they are such shapes.
pub fn control(kind: &Kind) -> Option<&'static str> {
    DRAWN.iter().find(|(name, _)| *name == kind.name).map(|(_, control)| *control)
}

/// The controls of a task, each with a line for each name that `line` writes.
pub fn controls(job: &Job, line: &dyn Fn(&str, &str) -> String) -> String {
    let Some(own) = control(job.kind) else { return String::new() };
    let of = |control: &str, name: &str, all: &[String]| {
        let lines: String = all.iter().map(|one| line("Label", one)).collect();
        format!("  <{control} name=\"{name}\" toName=\"image\">\n{lines}  </{control}>\n")
    };
    let points = if job.points.is_empty() { String::new() } else { of("KeyPointLabels", "point", &job.points) };
    of(own, "label", &job.classes) + &points
}

fn shapes<S>(job: &Job, given: &Json) -> Vec<S>
where
    Vec<S>: Cell,
{
    let value = answer(job.kind, &answer_text(given)).unwrap_or(Value::Null);
    Vec::<S>::from_value(&value).unwrap_or_default()
}

/// An answer as regions on the picture.
pub fn regions(job: &Job, given: &Json, picture: &Picture) -> Vec<Json> {
    match job.kind.name {
        "instance_segmentation" => {
            let all = shapes::<Polygon>(job, given);
            all.iter().enumerate().flat_map(|(n, p)| polygon(n, p, picture)).collect()
        }
        "oriented_detection" => {
            let all = shapes::<Quad>(job, given);
            all.iter().enumerate().filter_map(|(n, q)| turned(n, q, picture)).collect()
        }
        "masks" => {
            let all = shapes::<Mask>(job, given).into_iter().enumerate();
            all.filter_map(|(n, m)| brush(n, m, picture)).collect()
        }
        _ => {
            let all = shapes::<Keypoints>(job, given);
            all.iter().enumerate().flat_map(|(n, k)| object(job, n, k, picture)).collect()
        }
    }
}

/// What cannot go out of the answers so far.
pub fn losses(job: &Job, items: &[Item]) -> Vec<String> {
    let votes = || items.iter().flat_map(|item| item.votes.iter().map(move |(_, given)| (item, given)));
    let (n, say) = match job.kind.name {
        "instance_segmentation" => {
            let holes = |(_, given): (_, &Json)| shapes::<Polygon>(job, given).iter().map(|p| p.holes()).sum::<usize>();
            (votes().map(holes).sum::<usize>(), "holes of the answers so far are not shown: a polygon there has none")
        }
        "oriented_detection" => {
            let unfit =
                |(_, given): (_, &Json)| shapes::<Quad>(job, given).iter().filter(|q| q.upright().is_none()).count();
            (
                votes().map(unfit).sum(),
                "boxes of the answers so far are not shown: their corners are not those of a rectangle",
            )
        }
        "masks" => {
            let unfit = |(item, given): (&Item, &Json)| {
                let size = item.picture.as_ref().map(|p| p.size);
                shapes::<Mask>(job, given).iter().filter(|m| Some([m.width, m.height]) != size).count()
            };
            (
                votes().map(unfit).sum(),
                "masks of the answers so far are not shown: they have another size than their picture",
            )
        }
        _ => (0, ""),
    };
    if n > 0 { vec![format!("{n} {say}")] } else { Vec::new() }
}

fn region(id: String, (name, ty): (&str, &str), value: Json, (picture, words): (&Picture, &[String])) -> Json {
    json!({
        "id": id, "from_name": name, "to_name": "image", "type": ty, "value": value,
        "original_width": picture.size[0], "original_height": picture.size[1], "image_rotation": 0,
        "meta": { "text": words },
    })
}

/// Pixels as percent of the picture.
fn percent(picture: &Picture, p: Point) -> [f64; 2] {
    let [w, h] = picture.size.map(|side| f64::from(side.max(1)));
    [100.0 * p.x / w, 100.0 * p.y / h]
}

fn polygon(n: usize, of: &Polygon, picture: &Picture) -> Vec<Json> {
    let rings = of.parts.iter().filter_map(|part| part.first());
    let one = |(k, ring): (usize, &Vec<Point>)| {
        let id = if of.parts.len() > 1 { format!("object.{n}.{k}") } else { format!("r{n}") };
        let points: Vec<[f64; 2]> = ring.iter().map(|p| percent(picture, *p)).collect();
        let value = json!({ "points": points, "closed": true, "polygonlabels": [of.class] });
        region(id, ("label", "polygonlabels"), value, (picture, &of.flags))
    };
    rings.enumerate().map(one).collect()
}

fn rectangle(
    id: String,
    upper: Point,
    sides: [f64; 2],
    turn: f64,
    (class, flags, picture): (&str, &[String], &Picture),
) -> Json {
    let [x, y] = percent(picture, upper);
    let [w, h] = percent(picture, Point { x: sides[0], y: sides[1] });
    let value = json!({ "x": x, "y": y, "width": w, "height": h, "rotation": turn, "rectanglelabels": [class] });
    region(id, ("label", "rectanglelabels"), value, (picture, flags))
}

fn turned(n: usize, of: &Quad, picture: &Picture) -> Option<Json> {
    let ([x1, y1, x2, y2], turn) = of.upright()?;
    let [upper, ..] = of.corners;
    Some(rectangle(format!("r{n}"), upper, [x2 - x1, y2 - y1], turn, (&of.class, &of.flags, picture)))
}

fn brush(n: usize, of: Mask, picture: &Picture) -> Option<Json> {
    if [of.width, of.height] != picture.size {
        return None;
    }
    let (class, flags) = (of.class.clone(), of.flags.clone());
    let value = json!({ "format": "rle", "rle": packed(&of.transposed().runs), "brushlabels": [class] });
    Some(region(format!("r{n}"), ("label", "brushlabels"), value, (picture, &flags)))
}

/// An object: the box around it, and its points, which name it as what they are in.
fn object(job: &Job, n: usize, of: &Keypoints, picture: &Picture) -> Vec<Json> {
    let [x1, y1, x2, y2] = of.reach;
    let id = format!("r{n}");
    let around =
        rectangle(id.clone(), Point { x: x1, y: y1 }, [x2 - x1, y2 - y1], 0.0, (&of.class, &of.flags, picture));
    let mut out = vec![around];
    for (k, (name, p)) in job.points.iter().zip(&of.points).enumerate().filter(|(_, (_, p))| p.seen > 0) {
        let [x, y] = percent(picture, Point { x: p.x, y: p.y });
        let words = if p.seen == 1 { vec![HIDDEN.to_string()] } else { Vec::new() };
        let value = json!({ "x": x, "y": y, "width": 0.5, "keypointlabels": [name] });
        let mut point = region(format!("r{n}p{k}"), ("point", "keypointlabels"), value, (picture, &words));
        point["parentID"] = id.clone().into();
        out.push(point);
    }
    out
}

/// The answer that regions are.
pub fn read(job: &Job, results: &[Json]) -> Result<Json, String> {
    let is_shape = |r: &&Json| r["type"].as_str().is_some_and(|ty| ty.ends_with("labels") && ty != "labels");
    let own: Vec<&Json> = results.iter().filter(is_shape).collect();
    if job.kind.name == "keypoints" {
        return objects(job, &own).map(|all| all.into_value().json());
    }
    let mut outlines: Vec<(Option<i64>, Polygon)> = Vec::new();
    let (mut quads, mut masks) = (Vec::new(), Vec::new());
    for result in own {
        let (flags, class) = (words(result), class_of(result));
        let no =
            |what: &str| format!("the `{}` of `{class}` is no {what}", result["type"].as_str().unwrap_or_default());
        match (job.kind.name, shape(result)?) {
            ("instance_segmentation", Found::Polygon(polygon)) => {
                outlines.push((part_of(result), Polygon { flags, parts: rounded(polygon.parts), ..polygon }));
            }
            ("instance_segmentation", _) => return Err(no("polygon")),
            ("oriented_detection", Found::Quad(quad)) => {
                quads.push(Quad { flags, corners: quad.corners.map(near), ..quad });
            }
            ("oriented_detection", _) => return Err(no("rectangle")),
            (_, Found::Mask(mask)) => masks.push(Mask { flags, ..mask }),
            (_, _) => return Err(no("brush")),
        }
    }
    Ok(match job.kind.name {
        "instance_segmentation" => grouped(outlines).into_value().json(),
        "oriented_detection" => quads.into_value().json(),
        _ => masks.into_value().json(),
    })
}

/// The number of the object of which a region is one part of several, by the id that went out.
fn part_of(result: &Json) -> Option<i64> {
    result["id"].as_str()?.strip_prefix("object.")?.split_once('.')?.0.parse().ok()
}

fn shape(result: &Json) -> Result<Found, String> {
    let bytes = serde_json::to_vec(result).map_err(|e| e.to_string())?;
    let read = parse(&bytes, DEPTH_MAX).ok().and_then(|json| found(&json));
    read.ok_or_else(|| format!("a shape of `{}` cannot be read", class_of(result)))
}

/// The deepest nesting of a region.
const DEPTH_MAX: usize = 64;

fn class_of(result: &Json) -> &str {
    let key = result["type"].as_str().unwrap_or_default();
    result["value"][key][0].as_str().unwrap_or_default()
}

fn words(result: &Json) -> Vec<String> {
    let all = result["meta"]["text"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().filter_map(Json::as_str).map(str::to_string).collect()
}

/// To a ten-thousandth of a pixel.
fn near(p: Point) -> Point {
    let of = |c: f64| (c * 1e4).round_ties_even() / 1e4;
    Point { x: of(p.x), y: of(p.y) }
}

fn rounded(parts: Vec<Vec<Vec<Point>>>) -> Vec<Vec<Vec<Point>>> {
    let ring = |ring: Vec<Point>| ring.into_iter().map(near).collect();
    parts.into_iter().map(|part| part.into_iter().map(ring).collect()).collect()
}

/// Objects with their points: a point belongs to the rectangle that it is in, or to the only one.
fn objects(job: &Job, results: &[&Json]) -> Result<Vec<Keypoints>, String> {
    let mut all: Vec<Keypoints> = Vec::new();
    let mut at: BTreeMap<&str, usize> = BTreeMap::new();
    for result in results.iter().filter(|r| r["type"] == "rectanglelabels") {
        let Found::Quad(quad) = shape(result)? else { return Err("an object has no rectangle".into()) };
        let Some(([x1, y1, x2, y2], 0.0)) = quad.upright() else {
            return Err(format!("the box of `{}` is turned, which the box of an object cannot be", quad.class));
        };
        let [upper, lower] = [Point { x: x1, y: y1 }, Point { x: x2, y: y2 }].map(near);
        at.extend(result["id"].as_str().map(|id| (id, all.len())));
        let points = vec![Keypoint::NONE; job.points.len()];
        all.push(Keypoints {
            class: quad.class,
            reach: [upper.x, upper.y, lower.x, lower.y],
            points,
            flags: words(result),
        });
    }
    for result in results.iter().filter(|r| r["type"] != "rectanglelabels") {
        let name = class_of(result);
        let Some(place) = job.points.iter().position(|p| p == name).filter(|_| result["type"] == "keypointlabels")
        else {
            return Err(format!("`{name}` is no point of the task"));
        };
        let own = match result["parentID"].as_str().or(result["parent_id"].as_str()) {
            Some(id) => at.get(id).copied(),
            None => (all.len() == 1).then_some(0),
        };
        let Some(slot) = own.and_then(|own| all.get_mut(own)).and_then(|object| object.points.get_mut(place)) else {
            return Err(format!("the point `{name}` is in no box: drag it below its box in the list of regions"));
        };
        if *slot != Keypoint::NONE {
            return Err(format!("an object has the point `{name}` twice"));
        }
        *slot = point(result)?;
    }
    Ok(all)
}

fn point(result: &Json) -> Result<Keypoint, String> {
    let number = |of: &Json, key: &str| of[key].as_f64().ok_or(format!("a point has no `{key}`"));
    let (w, h) = (number(result, "original_width")?, number(result, "original_height")?);
    let (x, y) = (number(&result["value"], "x")?, number(&result["value"], "y")?);
    let p = near(Point { x: x / 100.0 * w, y: y / 100.0 * h });
    let seen = if words(result).iter().any(|word| word == HIDDEN) { 1 } else { 2 };
    Ok(Keypoint { x: p.x, y: p.y, seen })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::model::images::Image;
    use crate::stages::label::kinds::named;

    fn job(kind: &str) -> Job {
        let points = if kind == "keypoints" { vec!["nose".to_string(), "tail".into()] } else { Vec::new() };
        Job {
            kind: named(kind).unwrap(),
            classes: vec!["A & B".into()],
            scale: None,
            guideline: String::new(),
            separator: None,
            points,
            lines: Vec::new(),
            target: None,
        }
    }

    fn picture() -> Picture {
        let image = Image { blob: Digest::of(b"x"), format: "png".into(), bytes: 1 };
        Picture { image, size: [50, 40], path: "tasks/a.png".into() }
    }

    /// As an answer stands in a file, and as it comes back.
    fn round(kind: &str, answer: Json) -> (Json, Result<Json, String>) {
        let (job, value) = (job(kind), super::answer(named(kind).unwrap(), &answer_text(&answer)).unwrap());
        (value.json(), read(&job, &regions(&job, &answer, &picture())))
    }

    #[test]
    fn what_goes_out_comes_back() {
        let cases = [
            (
                "instance_segmentation",
                json!([{ "class": "A & B", "rings": [[[1, 2], [30, 2], [30, 20.125]]], "flags": ["crowd"] },
                       { "class": "A & B", "parts": [[[[1, 30], [9, 30], [9, 39]]], [[[20, 30], [29, 30], [29, 39]]]] }]),
            ),
            ("oriented_detection", json!([{ "class": "A & B", "corners": [[10, 10], [30, 10], [30, 20], [10, 20]] }])),
            ("masks", json!([{ "class": "A & B", "width": 50, "height": 40, "runs": [100, 10, 30, 10, 1850] }])),
            (
                "keypoints",
                json!([{ "class": "A & B", "points": [[1.5, 2, 2], [30, 20, 1]] },
                       { "class": "A & B", "points": [[0, 0, 0], [30, 20, 2]], "x1": 3, "y1": 3, "x2": 40, "y2": 30 }]),
            ),
            ("masks", json!([])),
        ];
        for (kind, answer) in cases {
            let (went, back) = round(kind, answer);
            assert_eq!(back, Ok(went), "{kind}");
        }
    }

    #[test]
    fn a_turned_box_comes_back_to_a_ten_thousandth() {
        let corners = Quad::turned([10.0, 10.0, 30.0, 20.0], 30.0).map(near);
        let given: Vec<[f64; 2]> = corners.iter().map(|p| [p.x, p.y]).collect();
        // rounded corners are those of no rectangle, to the last digit
        let exact = Quad::turned([10.0, 10.0, 30.0, 20.0], 30.0).map(|p| [p.x, p.y]);
        let job = job("oriented_detection");
        let out = regions(&job, &json!([{ "class": "A & B", "corners": exact }]), &picture());
        assert_eq!(out[0]["value"]["rotation"].as_f64().map(|r| (r * 1e6).round()), Some(30e6));
        let back = read(&job, &out).unwrap();
        let back = Vec::<Quad>::from_value(&super::answer(job.kind, &back.to_string()).unwrap()).unwrap();
        for (got, want) in back[0].corners.iter().zip(&given) {
            assert!((got.x - want[0]).abs() < 2e-4 && (got.y - want[1]).abs() < 2e-4, "{got:?} {want:?}");
        }
    }

    #[test]
    fn what_a_task_cannot_hold_is_a_complaint() {
        let (polygons, points) = (job("instance_segmentation"), job("keypoints"));
        let boxed = regions(
            &job("oriented_detection"),
            &json!([{ "class": "A & B", "corners": [[1, 1], [9, 1], [9, 9], [1, 9]] }]),
            &picture(),
        );
        assert_eq!(read(&polygons, &boxed).unwrap_err(), "the `rectanglelabels` of `A & B` is no polygon");
        let people = json!([{ "class": "A & B", "points": [[1, 2, 2], [5, 5, 2]] }, { "class": "A & B", "points": [[1, 2, 2], [5, 5, 2]] }]);
        let mut out = regions(&points, &people, &picture());
        out[1]["parentID"] = Json::Null;
        assert!(read(&points, &out).unwrap_err().contains("`nose` is in no box"));
        let first = out[0]["id"].clone();
        out[1]["parentID"] = first.clone();
        let mut again = out[4].clone();
        again["parentID"] = first;
        out.push(again);
        assert!(read(&points, &out).unwrap_err().contains("twice"));
        let holed =
            json!([{ "class": "A & B", "parts": [[[[0, 0], [30, 0], [30, 30]], [[20, 5], [25, 5], [25, 9]]]] }]);
        let item = Item {
            id: "a".into(),
            text: None,
            picture: Some(picture()),
            shapes: Vec::new(),
            seen: None,
            agreement: None,
            votes: vec![("kim".into(), holed)],
        };
        assert!(losses(&polygons, &[item])[0].starts_with("1 holes"));
    }
}

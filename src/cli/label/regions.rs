//! Shapes and spans that are judged one by one, for Label Studio: each is a region `sN`, N its place in the label of the other task, and a
//! choice of that region is what was said of it.
//!
//! What somebody draws, moves or calls otherwise is no answer: the regions are those of the other task. One that was not handed out is a
//! complaint where somebody chose something for it. An outline of several parts, or with holes, is shown by the outline of its first part, which is
//! told: what comes back names the shape by its number alone.
use super::markup::escaped;
use super::studio_shapes::box_region;
use super::tool::{Item, Job, Picture, Target, is_boxes, is_outlines, is_spans};
use crate::report::terminal::plural;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Types of regions, whose values have the class under the same name.
const CLASSES: [&str; 3] = ["rectanglelabels", "polygonlabels", "labels"];

/// Whether Label Studio shows the shapes that are judged.
pub fn fits(job: &Job) -> bool {
    job.target.as_ref().is_some_and(|t| is_boxes(t.kind) || is_outlines(t.kind) || is_spans(t.kind))
}

/// The regions of a sample, with what an answer says of them.
pub fn result(job: &Job, item: &Item, answer: &Json) -> Vec<Json> {
    let said = answer.as_array().map(Vec::as_slice).unwrap_or_default();
    let class = |n: usize| said.iter().find(|one| one["shape"].as_u64() == Some(n as u64)).map(|one| &one["class"]);
    let mut out = Vec::new();
    for (n, shape) in item.shapes.iter().enumerate() {
        let Some(region) = region(job, item, n, shape) else { continue };
        if let Some(class) = class(n) {
            let mut choice = region.clone();
            choice["from_name"] = "label".into();
            choice["type"] = "choices".into();
            if let Some(value) = choice["value"].as_object_mut() {
                value.retain(|key, _| !CLASSES.contains(&key.as_str()));
                value.insert("choices".into(), json!([class]));
            }
            out.extend([region, choice]);
        } else {
            out.push(region);
        }
    }
    out
}

fn region(job: &Job, item: &Item, n: usize, shape: &Json) -> Option<Json> {
    let drawn = job.drawn();
    let mut region = if is_spans(drawn) {
        span(item, shape)
    } else {
        let picture = item.picture.as_ref()?;
        if is_boxes(drawn) { box_region(n, shape, picture) } else { outline(shape, picture) }
    };
    region["id"] = format!("s{n}").into();
    region["from_name"] = "shape".into();
    Some(region)
}

fn span(item: &Item, span: &Json) -> Json {
    let at = |name: &str| span[name].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
    let (start, end) = (at("start"), at("end"));
    let text = item.text.as_deref().unwrap_or_default();
    let covered: String = text.chars().skip(start).take(end.saturating_sub(start)).collect();
    let value = json!({ "start": start, "end": end, "text": covered, "labels": [span["class"]] });
    json!({ "to_name": "text", "type": "labels", "value": value })
}

/// The outline of the first part, in percent of the picture.
fn outline(polygon: &Json, picture: &Picture) -> Json {
    let [w, h] = picture.size.map(|side| f64::from(side.max(1)));
    let ring = polygon["parts"][0][0].as_array().map(Vec::as_slice).unwrap_or_default();
    let share = |point: &Json, name: &str, side: f64| 100.0 * point[name].as_f64().unwrap_or_default() / side;
    let points: Vec<Json> = ring.iter().map(|p| json!([share(p, "x", w), share(p, "y", h)])).collect();
    json!({
        "to_name": "image", "type": "polygonlabels",
        "value": { "points": points, "closed": true, "polygonlabels": [polygon["class"]] },
        "original_width": picture.size[0], "original_height": picture.size[1], "image_rotation": 0,
    })
}

/// What Label Studio cannot show of the shapes.
pub fn losses(items: &[Item]) -> Vec<String> {
    let rings = |polygon: &Json| {
        let parts = polygon["parts"].as_array().map(Vec::as_slice).unwrap_or_default();
        parts.iter().filter_map(Json::as_array).map(Vec::len).sum::<usize>()
    };
    let most = items.iter().flat_map(|item| &item.shapes).filter(|shape| rings(shape) > 1).count() as u64;
    let say = "of several parts or with holes: only the outline of the first part is shown";
    if most > 0 { vec![format!("{} {say}", plural(most, "outline"))] } else { Vec::new() }
}

/// How Label Studio shows regions with a choice for each.
pub fn config(job: &Job, target: &Target) -> String {
    let (object, control) = if is_spans(target.kind) {
        ("  <Text name=\"text\" value=\"$text\" granularity=\"symbol\"/>\n", "Labels")
    } else {
        let control = if is_boxes(target.kind) { "RectangleLabels" } else { "PolygonLabels" };
        ("  <Image name=\"image\" value=\"$image\" zoom=\"true\"/>\n", control)
    };
    let to = if is_spans(target.kind) { "text" } else { "image" };
    let each = |tag: &str, classes: &[String]| {
        classes.iter().map(|c| format!("    <{tag} value=\"{}\"/>\n", escaped(c))).collect::<String>()
    };
    let (labels, choices) = (each("Label", &target.classes), each("Choice", &job.classes));
    format!(
        "<View>\n{object}  <{control} name=\"shape\" toName=\"{to}\">\n{labels}  </{control}>\n  \
         <Choices name=\"label\" toName=\"{to}\" perRegion=\"true\">\n{choices}  </Choices>\n</View>\n"
    )
}

/// What somebody said of the shapes.
pub fn label(results: &[Json]) -> Result<Json, String> {
    let mut called: BTreeMap<&str, &Json> = BTreeMap::new();
    for result in results {
        let class = CLASSES.iter().find(|kind| result["type"] == **kind).map(|kind| &result["value"][*kind][0]);
        if let (Some(id), Some(class)) = (result["id"].as_str(), class) {
            called.insert(id, class);
        }
    }
    let mut out = Vec::new();
    for result in results.iter().filter(|result| result["type"] == "choices") {
        let id = result["id"].as_str().unwrap_or_default();
        let number = id.strip_prefix('s').and_then(|n| n.parse::<u32>().ok());
        let Some(shape) = number else {
            return Err("something was chosen for a region that was not handed out: draw none".into());
        };
        let class = match result["value"]["choices"].as_array().map(Vec::as_slice) {
            Some([class]) => class,
            _ => return Err(format!("one class is asked for of shape {shape}")),
        };
        let mut one = json!({ "shape": shape, "class": class });
        if let Some(of) = called.get(id).filter(|of| of.is_string()) {
            one["of"] = (*of).clone();
        }
        out.push(one);
    }
    if out.is_empty() && !called.is_empty() {
        return Err("nothing was chosen for any shape".into());
    }
    Ok(Json::Array(out))
}

#[cfg(test)]
mod tests {
    use super::super::label_studio::TOOL;
    use super::super::tool::Said;
    use super::*;
    use crate::digest::Digest;
    use crate::model::images::Image;
    use crate::stages::label::kinds::named;

    fn job(target: &str) -> Job {
        Job {
            kind: named("attribute").unwrap(),
            classes: vec!["minor & so".into(), "major".into()],
            scale: None,
            guideline: String::new(),
            separator: None,
            points: Vec::new(),
            lines: Vec::new(),
            target: Some(Target { kind: named(target).unwrap(), classes: vec!["dent".into()] }),
        }
    }

    fn item(shapes: Json) -> Item {
        let image = Image { blob: Digest::of(b"x"), format: "png".into(), bytes: 1 };
        Item {
            id: "s1".into(),
            text: Some("I 😊 Kim".into()),
            picture: Some(Picture { image, size: [200, 100], path: "tasks/a/1.png".into() }),
            shapes: shapes.as_array().unwrap().clone(),
            seen: None,
            agreement: None,
            votes: vec![("kim".into(), json!([{ "shape": 1, "class": "major" }]))],
        }
    }

    #[test]
    fn what_is_said_of_shapes_comes_back_by_their_numbers() {
        let boxes = json!([{ "class": "dent", "x1": 0, "y1": 0, "x2": 20, "y2": 10, "flags": [] },
            { "class": "dent", "x1": 100, "y1": 50, "x2": 200, "y2": 100, "flags": [] }]);
        let ring = json!([{ "x": 0, "y": 0 }, { "x": 20, "y": 0 }, { "x": 0, "y": 10 }]);
        let outlines = json!([{ "class": "dent", "parts": [[ring], [ring]] }, { "class": "dent", "parts": [[ring]] }]);
        let spans = json!([{ "class": "dent", "start": 0, "end": 1 }, { "class": "dent", "start": 4, "end": 7 }]);
        for (target, shapes) in [("object_detection", boxes), ("instance_segmentation", outlines), ("ner", spans)] {
            let (job, item) = (job(target), item(shapes));
            assert!((TOOL.fits)(&job), "{target}");
            let mut tasks: Json = serde_json::from_str(&(TOOL.write)(&job, std::slice::from_ref(&item))).unwrap();
            let regions = tasks[0]["predictions"][0]["result"].clone();
            assert_eq!(regions.as_array().unwrap().len(), 3, "two shapes and one choice: {regions}");
            tasks[0]["annotations"] = json!([{ "completed_by": 7, "result": regions }]);
            let read = (TOOL.read)(&job, &tasks.to_string()).unwrap();
            let want = json!([{ "shape": 1, "class": "major", "of": "dent" }]);
            assert_eq!((&read.back[0].said, read.wrong.len()), (&Said::Label(want), 0), "{target}");
            let outlines = usize::from(target == "instance_segmentation");
            assert_eq!((TOOL.losses)(&job, std::slice::from_ref(&item)).len(), outlines, "{target}");
            let blind = Item { votes: Vec::new(), ..item };
            let package: Json = serde_json::from_str(&(TOOL.write)(&job, &[blind])).unwrap();
            let shown = package[0]["predictions"][0]["result"].as_array().unwrap();
            assert!(shown.len() == 2 && shown.iter().all(|r| r["type"] != "choices"), "{package}");
        }
    }

    #[test]
    fn places_are_those_of_the_picture_and_of_the_text() {
        let all = item(json!([{ "class": "dent", "x1": 100, "y1": 50, "x2": 200, "y2": 100, "flags": [] }]));
        let shown = &result(&job("object_detection"), &all, &Json::Null)[0]["value"];
        assert_eq!((&shown["x"], &shown["y"], &shown["width"]), (&json!(50.0), &json!(50.0), &json!(50.0)));
        let all = item(json!([{ "class": "dent", "start": 4, "end": 7 }]));
        assert_eq!(result(&job("ner"), &all, &Json::Null)[0]["value"]["text"], "Kim");
        let told = config(&job("ner"), job("ner").target.as_ref().unwrap());
        assert!(told.contains("perRegion=\"true\"") && told.contains("minor &#38; so"), "{told}");
    }

    #[test]
    fn what_was_not_handed_out_is_no_answer() {
        let choice = |id: &str, of: Json| json!({ "id": id, "type": "choices", "value": { "choices": of } });
        assert!(label(&[choice("xY3", json!(["major"]))]).unwrap_err().contains("not handed out"));
        assert!(label(&[choice("s0", json!(["major", "minor"]))]).unwrap_err().contains("shape 0"));
        assert_eq!(label(&[]), Ok(json!([])), "a sample without shapes");
        let region = json!({ "id": "s0", "type": "labels", "value": { "labels": ["dent"] } });
        assert!(label(&[region]).unwrap_err().contains("nothing was chosen"));
        assert!(!(TOOL.fits)(&job("masks")));
    }
}

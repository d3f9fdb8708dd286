//! Written instances: images and boxes numbered from 1 (an annotation of id 0 is never matched by pycocotools), `bbox` as
//! x, y, width, height in pixels, `area` the box's. A crowd and a difficult object have `iscrowd` 1, so that no evaluation
//! counts them; a difficult one has `ignore` 1 too, and each flag stands among the `attributes`. The supercategory of each
//! class is empty: readers that look for one demand the key.
//!
//! Polygons are lists of coordinates, a list a part; `area` is that of the parts, `bbox` the least box around them. COCO has no
//! holes in polygons: one that has some becomes a mask, by the rule of pycocotools, and is a loss (`coco.holes`); so is a
//! rotated box that becomes a polygon (`coco.rotation`). Texts are captions, an annotation each; that there is none is a loss (`coco.none`). Masks are written as packed runs.
use crate::formats::writer::{Chunk, Join, Lost, Sheet};
use crate::model::attributes::{flagged, parted};
use crate::model::boxes::Box2;
use crate::model::keypoints::Keypoints;
use crate::model::masks::{Mask, packed};
use crate::model::polygons::{Polygon, Ring};
use crate::model::quads::Quad;
use crate::model::replies::Reply;
use crate::table::Cell;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::io::BufRead;

/// An image a line with its boxes, as joining will number them.
pub fn encode(sheet: &Sheet, lost: &mut Vec<Lost>) -> Result<Vec<u8>, String> {
    let (mut widths, mut heights) = (sheet.cells::<u32>("width").into_iter(), sheet.cells::<u32>("height").into_iter());
    let sizes: Vec<[u32; 2]> = sheet
        .cells::<String>("file")
        .iter()
        .map(|_| [widths.next().flatten().unwrap_or(0), heights.next().flatten().unwrap_or(0)])
        .collect();
    let mut annotated = annotated(sheet, &sizes, lost).into_iter();
    let mut out = String::new();
    for (name, [width, height]) in sheet.cells::<String>("file").into_iter().zip(sizes) {
        let boxes = annotated.next().unwrap_or_default();
        let image = Image { file_name: name.unwrap_or_default(), width, height, boxes };
        out.push_str(&serde_json::to_string(&image).map_err(|e| e.to_string())?);
        out.push('\n');
    }
    Ok(out.into_bytes())
}

/// The annotations of each row.
fn annotated(sheet: &Sheet, sizes: &[[u32; 2]], lost: &mut Vec<Lost>) -> Vec<Vec<Annotated>> {
    if sheet.roles.get("label").is_some_and(|array| *array.data_type() == Reply::ty()) {
        let rows = sheet.cells::<Reply>("label").into_iter().enumerate();
        rows.map(|(row, of)| of.map_or(Vec::new(), |of| captions(row, of, lost))).collect()
    } else if sheet.holds::<Polygon>("label") {
        let rows = sheet.cells::<Vec<Polygon>>("label").into_iter().zip(sizes).enumerate();
        rows.map(|(row, (of, size))| outlined(row, of.unwrap_or_default(), *size, lost)).collect()
    } else if sheet.holds::<Quad>("label") {
        let rows = sheet.cells::<Vec<Quad>>("label").into_iter().map(Option::unwrap_or_default).enumerate();
        rows.map(|(row, of)| tilted(row, of, lost)).collect()
    } else if sheet.holds::<Keypoints>("label") {
        let rows = sheet.cells::<Vec<Keypoints>>("label").into_iter();
        rows.map(|of| of.unwrap_or_default().into_iter().map(Annotated::of_points).collect()).collect()
    } else if sheet.holds::<Mask>("label") {
        let rows = sheet.cells::<Vec<Mask>>("label").into_iter();
        rows.map(|of| of.unwrap_or_default().into_iter().map(Annotated::of_mask).collect()).collect()
    } else {
        let rows = sheet.cells::<Vec<Box2>>("label").into_iter();
        rows.map(|of| of.unwrap_or_default().into_iter().map(Annotated::of).collect()).collect()
    }
}

/// The texts of a row as captions. That there is no text is what a file of captions cannot say.
fn captions(row: usize, of: Reply, lost: &mut Vec<Lost>) -> Vec<Annotated> {
    if of.text.is_empty() {
        lost.push(Lost { row, rule: "coco.none", say: "that there is no answer, which COCO cannot say".into() });
    }
    let caption = |text: String| Annotated { caption: Some(text), ..Annotated::default() };
    of.text.into_iter().map(caption).collect()
}

/// The rotated boxes of a row as polygons of four points.
fn tilted(row: usize, of: Vec<Quad>, lost: &mut Vec<Lost>) -> Vec<Annotated> {
    if !of.is_empty() {
        let say = format!("{} rotated boxes, which become polygons", of.len());
        lost.push(Lost { row, rule: "coco.rotation", say });
    }
    let polygon = |q: Quad| Polygon { class: q.class, parts: vec![vec![q.corners.to_vec()]], flags: q.flags };
    of.into_iter().map(|q| Annotated::of_polygon(polygon(q))).collect()
}

/// The polygons of a row; those with holes as masks.
fn outlined(row: usize, of: Vec<Polygon>, size: [u32; 2], lost: &mut Vec<Lost>) -> Vec<Annotated> {
    let holes = of.iter().filter(|p| p.holes() > 0).count();
    if holes > 0 {
        let say = format!("{holes} polygons with holes, which become masks of whole pixels");
        lost.push(Lost { row, rule: "coco.holes", say });
    }
    let one = |p: Polygon| match Some(&p).filter(|p| p.holes() > 0).and_then(|p| Mask::of(p, size)) {
        Some(mask) => Annotated::of_mask(mask),
        None => Annotated::of_polygon(p),
    };
    of.into_iter().map(one).collect()
}

/// All images of a split in one file: their numbers and those of the boxes are known only here.
pub fn join(of: &Join) -> Result<Vec<Chunk>, String> {
    let mut images: Vec<Image> = Vec::new();
    for piece in 0..of.outlines.len() {
        let all = (of.fragment)(piece)?;
        for line in all.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
            images.push(serde_json::from_slice(line).map_err(|e| e.to_string())?);
        }
    }
    Ok(vec![Chunk::Bytes(write(&images, of).into_bytes())])
}

/// An image with its boxes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Image {
    file_name: String,
    width: u32,
    height: u32,
    boxes: Vec<Annotated>,
}

/// An object as class, x, y, width, height and flags, and its outline if it has one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Annotated {
    class: String,
    bbox: [f64; 4],
    flags: Vec<String>,
    /// Of the outline; else the box has its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    area: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    segmentation: Option<Value>,
    /// x, y and how it is seen of each point in turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keypoints: Option<Vec<f64>>,
    /// What somebody wrote of the image; such an annotation has nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    caption: Option<String>,
}

/// x, y, width and height of a box.
fn sides([x1, y1, x2, y2]: [f64; 4]) -> [f64; 4] {
    [x1, y1, x2 - x1, y2 - y1]
}

impl Annotated {
    fn of(b: Box2) -> Annotated {
        let bbox = sides([b.x1, b.y1, b.x2, b.y2]);
        Annotated { class: b.class, bbox, flags: b.flags, ..Annotated::default() }
    }

    fn of_points(o: Keypoints) -> Annotated {
        let flat = o.points.iter().flat_map(|p| [p.x, p.y, f64::from(p.seen)]).collect();
        Annotated { keypoints: Some(flat), ..Annotated::of(o.boxed()) }
    }

    fn of_polygon(p: Polygon) -> Annotated {
        let (bbox, area) = (sides(p.bounds().unwrap_or_default()), Some(p.area()));
        let flat = |ring: &Ring| Value::from_iter(ring.iter().flat_map(|p| [p.x, p.y]));
        let parts = p.parts.iter().filter_map(|part| part.first()).map(flat).collect();
        Annotated { class: p.class, bbox, flags: p.flags, area, segmentation: Some(parts), ..Annotated::default() }
    }

    fn of_mask(m: Mask) -> Annotated {
        let (bbox, area) = (sides(m.bounds().unwrap_or_default()), Some(m.area() as f64));
        let segmentation = Some(json!({ "size": [m.height, m.width], "counts": packed(&m.runs) }));
        Annotated { class: m.class, bbox, flags: m.flags, area, segmentation, ..Annotated::default() }
    }

    fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|f| f == flag)
    }

    /// The id that its tool gave it, where that is a number as readers take one.
    fn own_id(&self) -> Option<u64> {
        flagged(&self.flags, "id")?.parse().ok().filter(|id| (1..1 << 53).contains(id))
    }

    /// The annotation of these numbers. Its own id is an attribute, unless it is its number.
    fn json(&self, id: u64, [image, category]: [usize; 2]) -> Value {
        if let Some(caption) = &self.caption {
            return json!({ "id": id, "image_id": image, "caption": caption });
        }
        let [_, _, w, h] = self.bbox;
        let difficult = self.has("difficult");
        let mut out = json!({
            "id": id, "image_id": image, "category_id": category, "bbox": self.bbox,
            "area": self.area.unwrap_or(w * h), "iscrowd": u8::from(difficult || self.has("crowd")),
            "segmentation": self.segmentation.clone().unwrap_or(json!([])),
        });
        if difficult {
            out["ignore"] = 1.into();
        }
        if let Some(points) = &self.keypoints {
            let seen = points.iter().skip(2).step_by(3);
            out["num_keypoints"] = seen.filter(|seen| **seen > 0.0).count().into();
            out["keypoints"] = points.as_slice().into();
        }
        let says = |flag: &&String| **flag != format!("id={id}");
        let flags: Map<String, Value> = self.flags.iter().filter(says).map(|f| attribute(f)).collect();
        if !flags.is_empty() {
            out["attributes"] = flags.into();
        }
        out
    }
}

/// A flag as an attribute: true, or its value.
fn attribute(flag: &str) -> (String, Value) {
    let (name, value) = parted(flag);
    (name.to_string(), value.map_or(true.into(), Value::from))
}

/// The ids of all annotations, if each has one of its tool and no two are alike: cropped pictures may share an object.
fn own_ids(images: &[Image]) -> Option<Vec<u64>> {
    let ids: Vec<u64> = images.iter().flat_map(|image| &image.boxes).map(Annotated::own_id).collect::<Option<_>>()?;
    let different: HashSet<&u64> = ids.iter().collect();
    (different.len() == ids.len()).then_some(ids)
}

/// The file of one split; categories are numbered in the order of the declared classes.
fn write(images: &[Image], of: &Join) -> String {
    let (mut out_images, mut annotations) = (Vec::new(), Vec::new());
    let ids = own_ids(images);
    for (i, image) in images.iter().enumerate() {
        let file = format!("{}/{}", of.split, image.file_name);
        let (width, height) = (image.width, image.height);
        let mut own = json!({ "id": i + 1, "file_name": file, "width": width, "height": height });
        if !of.license.is_empty() {
            own["license"] = 1.into();
        }
        out_images.push(own);
        for annotated in &image.boxes {
            let category = of.classes.iter().position(|c| *c == annotated.class).map_or(0, |p| p + 1);
            let place = annotations.len();
            let id = ids.as_ref().and_then(|ids| ids.get(place)).copied().unwrap_or(place as u64 + 1);
            annotations.push(annotated.json(id, [i + 1, category]));
        }
    }
    let category = |(i, class): (usize, &String)| {
        let mut own = json!({ "id": i + 1, "name": class, "supercategory": "" });
        if !of.skeleton.names.is_empty() {
            own["keypoints"] = of.skeleton.names.as_slice().into();
            own["skeleton"] = json!(of.skeleton.lines);
        }
        own
    };
    let categories: Vec<_> = of.classes.iter().enumerate().map(category).collect();
    let info = json!({ "description": format!("{}, split {}", of.title, of.split), "version": of.version });
    let license = Some(of.license).filter(|l| !l.is_empty()).map(|l| json!({ "id": 1, "name": l, "url": "" }));
    let lines = |v: &[Value]| v.iter().map(ToString::to_string).collect::<Vec<_>>().join(",\n");
    let mut parts = vec![
        format!("\"info\": {info}"),
        format!("\"licenses\": [{}]", lines(license.as_slice())),
        format!("\"images\": [\n{}\n]", lines(&out_images)),
    ];
    // without this key a file says of no image what is on it
    if !of.hidden {
        parts.push(format!("\"annotations\": [\n{}\n]", lines(&annotations)));
    }
    // with this key readers look for a category of each annotation, which captions have not
    if !of.classes.is_empty() {
        parts.push(format!("\"categories\": [\n{}\n]", lines(&categories)));
    }
    format!("{{{}}}\n", parts.join(",\n"))
}

/// As much of a written file as is looked at again.
#[derive(Deserialize)]
struct Written {
    images: Vec<Named>,
    #[serde(default)]
    annotations: Vec<Drawn>,
    #[serde(default)]
    categories: Vec<Numbered>,
}

#[derive(Deserialize)]
struct Named {
    id: u64,
    file_name: String,
}

#[derive(Deserialize)]
struct Drawn {
    image_id: u64,
    /// Captions have none.
    category_id: Option<u64>,
}

#[derive(Deserialize)]
struct Numbered {
    id: u64,
}

fn written(input: &mut dyn BufRead) -> Result<Written, String> {
    let written: Written = serde_json::from_reader(input).map_err(|e| format!("does not read: {e}"))?;
    let images: HashSet<u64> = written.images.iter().map(|i| i.id).collect();
    let categories: HashSet<u64> = written.categories.iter().map(|c| c.id).collect();
    if images.len() < written.images.len() {
        return Err("numbers two images alike".into());
    }
    let known = |a: &&Drawn| images.contains(&a.image_id) && a.category_id.is_none_or(|c| categories.contains(&c));
    match written.annotations.iter().find(|a| !known(a)) {
        Some(Drawn { image_id, category_id: Some(category) }) => {
            Err(format!("has a box of image {image_id} and category {category}, not both of which it has"))
        }
        Some(Drawn { image_id, .. }) => Err(format!("has a caption of image {image_id}, which it does not have")),
        None => Ok(written),
    }
}

/// Each image; its id is not in the file.
pub fn samples(input: &mut dyn BufRead, tell: &mut dyn FnMut(Option<&str>)) -> Result<(), String> {
    written(input)?.images.iter().for_each(|_| tell(None));
    Ok(())
}

/// The picture of each image.
pub fn pictures(input: &mut dyn BufRead, tell: &mut dyn FnMut(&str)) -> Result<(), String> {
    written(input)?.images.iter().for_each(|image| tell(&image.file_name));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_from_one() {
        let flags = vec!["difficult".to_string(), "truncated".into()];
        let boxes = [Vec::new(), flags].map(|flags| Annotated {
            class: "b".into(),
            bbox: [1.0, 2.0, 3.0, 4.0],
            flags,
            ..Annotated::default()
        });
        let image = Image { file_name: "x.jpg".into(), width: 9, height: 8, boxes: boxes.into() };
        let classes = ["a".to_string(), "b".to_string()];
        let (title, version, license, outlines) = ("x 1.0.0", "1.0.0", "MIT", Vec::new());
        let fragment = |_| Ok(Vec::new());
        let of = Join {
            split: "train",
            title,
            version,
            license,
            classes: &classes,
            skeleton: &Default::default(),
            hidden: false,
            outlines,
            fragment: &fragment,
        };
        let text = write(&[image], &of);
        let v: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(v["annotations"][0]["id"], 1);
        assert_eq!(v["annotations"][0]["category_id"], 2);
        assert_eq!(v["annotations"][0]["area"], 12.0);
        assert_eq!((&v["annotations"][0]["iscrowd"], &v["annotations"][1]["iscrowd"]), (&json!(0), &json!(1)));
        assert_eq!(v["annotations"][1]["ignore"], 1);
        assert_eq!(v["annotations"][1]["attributes"], json!({ "difficult": true, "truncated": true }));
        assert_eq!(v["images"][0]["file_name"], "train/x.jpg");
        assert_eq!(v["categories"][0]["supercategory"], "");
        assert_eq!((&v["info"]["version"], &v["licenses"][0]["name"]), (&json!("1.0.0"), &json!("MIT")));
        assert!(text.starts_with("{\"info\": {") && text.contains("],\n\"categories\": [\n{"), "{text}");

        let mut lost = Vec::new();
        let boxes = captions(0, Reply { text: vec!["a \"cat\"".into(), "so".into()] }, &mut lost);
        captions(1, Reply { text: Vec::new() }, &mut lost);
        assert_eq!(lost.iter().map(|l| (l.row, l.rule)).collect::<Vec<_>>(), [(1, "coco.none")]);
        let image = Image { file_name: "x.jpg".into(), width: 9, height: 8, boxes };
        let text = write(&[image], &Join { classes: &[], ..of });
        let v: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(v["annotations"][1], json!({ "id": 2, "image_id": 1, "caption": "so" }));
        assert!(v.get("categories").is_none(), "readers would look for categories");
        assert_eq!(written(&mut text.as_bytes()).unwrap().annotations.len(), 2);
    }
}

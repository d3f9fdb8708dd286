//! What goes out to CVAT: the pictures with the answers so far as shapes, and the labels of the task.
use super::super::tool::{Item, Job, most};
use super::judged::{CLASS, NUMBER, SILENT, shapes};
use super::listed::{each, value};
use super::{DROP, LOOKED};
use crate::formats::cvat::{Pen, boxed, escaped as escape, mask, polygons, quads, skeleton as skeleton_of};
use crate::model::boxes::Box2;
use crate::model::keypoints::{Keypoint, Keypoints};
use crate::model::masks::Mask;
use crate::model::polygons::Polygon;
use crate::model::quads::Quad;
use crate::table::Cell;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// Flags that boxes of many data sets have.
const FLAGS: [&str; 3] = ["crowd", "difficult", "truncated"];

pub fn write(job: &Job, items: &[Item]) -> String {
    let mut images = String::new();
    for (n, item) in items.iter().enumerate() {
        let Some(picture) = &item.picture else { continue };
        let name = picture.path.rsplit_once('/').map_or(picture.path.as_str(), |p| p.1);
        let [width, height] = picture.size;
        images.push_str(&format!(
            "  <image id=\"{n}\" name=\"{}\" width=\"{width}\" height=\"{height}\">\n",
            escape(name)
        ));
        images.push_str(&given(job, item).unwrap_or_default());
        images.push_str("  </image>\n");
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations>\n  <version>1.1</version>\n  <meta>\n    <task>\n      \
         <size>{}</size>\n      <mode>annotation</mode>\n      <z_order>True</z_order>\n      <guideline>{}</guideline>\n      \
         <labels>\n{}      </labels>\n    </task>\n  </meta>\n{images}</annotations>\n",
        items.len(),
        escape(&job.guideline),
        told(&labelled(job, items))
    )
}

/// The answer that most gave, as shapes; `None` where nobody answered. Shapes that are judged stand there whoever answered.
pub fn given(job: &Job, item: &Item) -> Option<String> {
    if let Some(target) = &job.target {
        return shapes(target, item);
    }
    let given = value(job.kind, most(&item.votes)?)?;
    Some(match job.kind.name {
        "object_detection" => each(&given, |n, b: Box2| boxed(&b, Pen::given(n))),
        "instance_segmentation" => {
            polygons(0, &Vec::<Polygon>::from_value(&given).unwrap_or_default(), &mut Vec::new(), Pen::given(0))
        }
        "oriented_detection" => {
            quads(0, &Vec::<Quad>::from_value(&given).unwrap_or_default(), &mut Vec::new(), Pen::given(0))
        }
        "masks" => each(&given, |n, m: Mask| mask(&m, Pen::given(n))),
        "keypoints" => each(&given, |n, k: Keypoints| skeleton(job, &k, n)),
        _ => {
            let classes = given.text().map(|class| vec![class.to_string()]);
            let classes = classes.or_else(|| Vec::<String>::from_value(&given)).unwrap_or_default();
            classes.iter().map(|class| format!("    <tag label=\"{}\" source=\"auto\"/>\n", escape(class))).collect()
        }
    })
}

fn skeleton(job: &Job, of: &Keypoints, n: usize) -> String {
    let point = |(name, p): (&String, &Keypoint)| {
        let (out, hidden) = (u8::from(p.seen == 0), u8::from(p.seen == 1));
        format!(
            "      <points label=\"{}\" source=\"auto\" outside=\"{out}\" occluded=\"{hidden}\" points=\"{},{}\"/>\n",
            escape(name),
            p.x,
            p.y
        )
    };
    let points: String = job.points.iter().zip(&of.points).map(point).collect();
    skeleton_of(&of.class, &points, &of.flags, Pen::given(n))
}

/// A label as CVAT is told of it.
struct Label<'j> {
    name: &'j str,
    ty: &'static str,
    attributes: Vec<Attribute>,
    points: &'j [String],
}

/// An attribute of a label: what it is called, how it is asked for, and what it may be; the first of these is what it is by itself.
#[derive(Clone)]
struct Attribute {
    name: String,
    input: &'static str,
    values: Vec<String>,
}

impl Attribute {
    fn flag(name: &str) -> Attribute {
        Attribute { name: name.into(), input: "checkbox", values: ["false", "true"].map(String::from).to_vec() }
    }

    fn usual(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }
}

/// The number of a shape, and what is said of it.
fn judging(job: &Job) -> Vec<Attribute> {
    let classes = [SILENT.to_string()].into_iter().chain(job.classes.iter().cloned()).collect();
    vec![
        Attribute { name: CLASS.into(), input: "select", values: classes },
        Attribute { name: NUMBER.into(), input: "text", values: vec![String::new()] },
    ]
}

/// The classes with the flags that their shapes may have, and the tags of a picture.
fn labelled<'j>(job: &'j Job, items: &[Item]) -> Vec<Label<'j>> {
    let ty = match job.drawn().name {
        "object_detection" | "oriented_detection" => "rectangle",
        "instance_segmentation" => "polygon",
        "masks" => "mask",
        "keypoints" => "skeleton",
        _ => "tag",
    };
    let votes = items.iter().flat_map(|item| &item.votes).filter_map(|(_, answer)| answer.as_array());
    let flags = votes.flatten().filter_map(|one| one["flags"].as_array()).flatten().filter_map(Json::as_str);
    let flags: BTreeSet<&str> = flags.chain(FLAGS).filter(|f| *f != "occluded" && ty != "tag").collect();
    let flags: Vec<Attribute> = flags.into_iter().map(Attribute::flag).collect();
    let attributes = if job.target.is_some() { judging(job) } else { flags };
    let class = |name: &'j String| Label { name, ty, attributes: attributes.clone(), points: &job.points };
    let tag = |name: &'static str| Label { name, ty: "tag", attributes: Vec::new(), points: &[] };
    job.target
        .as_ref()
        .map_or(&job.classes, |target| &target.classes)
        .iter()
        .map(class)
        .chain([tag(LOOKED), tag(DROP)])
        .collect()
}

fn told(labels: &[Label]) -> String {
    let mut out = String::new();
    for label in labels {
        out.push_str(&element(label.name, label.ty, &label.attributes, None));
        label.points.iter().for_each(|point| out.push_str(&element(point, "points", &[], Some(label.name))));
    }
    out
}

fn element(name: &str, ty: &str, attributes: &[Attribute], parent: Option<&str>) -> String {
    let one = |of: &Attribute| {
        format!(
            "            <attribute>\n              <name>{}</name>\n              <mutable>False</mutable>\n              \
             <input_type>{}</input_type>\n              <default_value>{}</default_value>\n              \
             <values>{}</values>\n            </attribute>\n",
            escape(&of.name),
            of.input,
            escape(of.usual()),
            escape(&of.values.join("\n"))
        )
    };
    let attributes: String = attributes.iter().map(one).collect();
    let parent = parent.map_or(String::new(), |p| format!("          <parent>{}</parent>\n", escape(p)));
    format!(
        "        <label>\n          <name>{}</name>\n          <type>{ty}</type>\n          \
         <attributes>\n{attributes}          </attributes>\n{parent}        </label>\n",
        escape(name)
    )
}

/// The labels as CVAT takes them where a task is made: below "Raw".
pub fn labels(job: &Job, items: &[Item]) -> String {
    let one = |label: &Label| {
        let told = |of: &Attribute| json!({ "name": of.name, "mutable": false, "input_type": of.input, "default_value": of.usual(), "values": of.values });
        let attributes: Vec<Json> = label.attributes.iter().map(told).collect();
        let mut out = json!({ "name": label.name, "type": label.ty, "attributes": attributes });
        if !label.points.is_empty() {
            let point = |name: &String| json!({ "name": name, "type": "points", "attributes": [] });
            out["sublabels"] = label.points.iter().map(point).collect();
            out["svg"] = drawing(job).into();
        }
        out
    };
    let all: Vec<Json> = labelled(job, items).iter().map(one).collect();
    serde_json::to_string_pretty(&all).unwrap_or_default() + "\n"
}

/// The points of a skeleton in rows, each with its number, and the lines between them.
fn drawing(job: &Job) -> String {
    let across = (1..).find(|n| n * n >= job.points.len()).unwrap_or(1);
    let step = 100.0 / (across as f64 + 1.0);
    let place = |n: usize| (step * ((n % across) as f64 + 1.0), step * ((n / across) as f64 + 1.0));
    let line = |[from, to]: &[u32; 2]| {
        let of = |n: &u32| place((*n as usize).saturating_sub(1));
        let ((x1, y1), (x2, y2)) = (of(from), of(to));
        format!(
            "<line x1=\"{x1:.2}\" y1=\"{y1:.2}\" x2=\"{x2:.2}\" y2=\"{y2:.2}\" data-type=\"edge\" data-node-from=\"{from}\" data-node-to=\"{to}\"></line>"
        )
    };
    let point = |(n, name): (usize, &String)| {
        let ((x, y), n) = (place(n), n + 1);
        format!(
            "<circle r=\"1.5\" cx=\"{x:.2}\" cy=\"{y:.2}\" data-type=\"element node\" data-element-id=\"{n}\" data-node-id=\"{n}\" data-label-name=\"{}\"></circle>",
            escape(name)
        )
    };
    job.lines.iter().map(line).chain(job.points.iter().enumerate().map(point)).collect()
}

/// What CVAT cannot hold of the answers that go out.
pub fn losses(job: &Job, items: &[Item]) -> Vec<String> {
    let (mut holes, mut skewed) = (0, 0);
    let drawn = |item: &Item| match &job.target {
        Some(target) => value(target.kind, &Json::Array(item.shapes.clone())),
        None => value(job.kind, most(&item.votes)?),
    };
    for given in items.iter().filter_map(drawn) {
        match job.drawn().name {
            "instance_segmentation" => {
                holes += Vec::<Polygon>::from_value(&given).iter().flatten().filter(|p| p.holes() > 0).count();
            }
            "oriented_detection" => {
                skewed += Vec::<Quad>::from_value(&given).iter().flatten().filter(|q| q.upright().is_none()).count();
            }
            _ => {}
        }
    }
    let told = [
        (holes, "have holes, which CVAT fills"),
        (skewed, "have corners of no rectangle, and go out as polygons, which none of these is"),
    ];
    let objects = |n: usize| if n == 1 { "object".to_string() } else { "objects".to_string() };
    told.iter().filter(|(n, _)| *n > 0).map(|(n, say)| format!("{n} {} {say}", objects(*n))).collect()
}

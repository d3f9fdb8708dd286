//! What comes back from CVAT: what somebody drew on each picture, as answers to the task.
use super::super::tool::{Back, Job, Read, Said, is_class};
use super::{DROP, LOOKED, code, judged, marked, parts};
use crate::formats::cvat::{Drawn, Figure, Found, Mark, images};
use crate::model::boxes::Box2;
use crate::model::keypoints::{Keypoint, Keypoints};
use crate::model::masks::Mask;
use crate::model::points::Point;
use crate::model::polygons::{Polygon, bounds, grouped};
use crate::model::quads::Quad;
use crate::report::terminal::plural;
use crate::table::Cell;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

pub fn read(job: &Job, text: &str) -> Result<Read, String> {
    let mut out = Read::default();
    let mut others: BTreeMap<String, u64> = BTreeMap::new();
    let mut unkept = 0;
    let classes = job.target.as_ref().map_or(&job.classes, |target| &target.classes);
    for image in images(text)? {
        let name = match &image.subset {
            Some(subset) => format!("{subset}/{}", image.name),
            None => image.name.clone(),
        };
        let told = parts(&name);
        let (seen, went) = told.map_or((None, None), |n| (n.seen.map(str::to_string), n.went.map(str::to_string)));
        let has = |tag: &str| image.marks.iter().any(|m| m.element == "tag" && m.class == tag);
        let own = |m: &&Mark| classes.contains(&m.class);
        let marks: Vec<&Mark> = image.marks.iter().filter(own).collect();
        for mark in image.marks.iter().filter(|m| !own(m) && ![LOOKED, DROP].contains(&m.class.as_str())) {
            *others.entry(mark.class.clone()).or_default() += 1;
        }
        let back = |said: Said| Back { id: name.clone(), seen: seen.clone(), said, note: None, by: None };
        if has(DROP) {
            out.back.push(back(Said::Drop));
        } else if !has(LOOKED) && went.is_some_and(|went| went == marked(job, &image.marks)) {
            out.untouched += 1;
        } else if !has(LOOKED) && marks.is_empty() {
            out.open += 1;
        } else {
            match label(job, &image, &marks) {
                Ok(value) => {
                    // attributes of shapes that are judged are of the other task
                    let own = marks.iter().filter(|_| job.target.is_none());
                    unkept += own.map(|m| m.others() as u64).sum::<u64>();
                    out.back.push(back(Said::Label(value)));
                }
                Err(say) => out.wrong.push(format!("picture {name}: {say}")),
            }
        }
    }
    if !others.is_empty() {
        let n = others.values().sum();
        let names: Vec<String> = others.keys().map(|class| format!("`{}`", class.escape_debug())).collect();
        out.told.push(format!(
            "{} of labels that the task does not declare, not taken: {}",
            plural(n, "shape"),
            names.join(", ")
        ));
    }
    if unkept > 0 {
        let say = "that are neither true nor false, which answers do not hold";
        out.told.push(format!("{} {say}", plural(unkept, "attribute")));
    }
    if out.open > 0 {
        out.told.push(format!("a picture on which nothing stands is an answer where it has the tag `{LOOKED}`"));
    }
    Ok(out)
}

/// What stands on a picture under classes of the task.
fn label(job: &Job, image: &Drawn, marks: &[&Mark]) -> Result<Json, String> {
    let json = |value: crate::table::Value| value.json();
    let unfit = |m: &Mark, what: &str| format!("the `{}` of `{}` is no {what}", m.element, m.class);
    let found = |m: &Mark, what: &str| m.found().ok_or_else(|| unfit(m, what));
    if job.target.is_some() {
        return judged::label(marks);
    }
    match job.kind.name {
        "object_detection" => {
            let one = |m: &&Mark| upright(found(m, "upright box")?).ok_or_else(|| turned(m));
            marks.iter().map(one).collect::<Result<Vec<Box2>, _>>().map(|all| json(all.into_value()))
        }
        "instance_segmentation" => {
            let one = |m: &&Mark| {
                let found = found(m, "polygon")?;
                let polygon = found.polygon().ok_or_else(|| unfit(m, "polygon"))?;
                Ok((found.group, polygon))
            };
            let all = marks.iter().map(one).collect::<Result<Vec<(Option<i64>, Polygon)>, String>>()?;
            Ok(json(grouped(all).into_value()))
        }
        "oriented_detection" => {
            let one = |m: &&Mark| found(m, "box")?.quad().ok_or_else(|| unfit(m, "box"));
            marks.iter().map(one).collect::<Result<Vec<Quad>, _>>().map(|all| json(all.into_value()))
        }
        "masks" => {
            let size = image.width.zip(image.height).ok_or("the size of the picture is not said, which masks need")?;
            let one = |m: &&Mark| found(m, "mask")?.mask([size.0, size.1]).ok_or_else(|| unfit(m, "mask"));
            marks.iter().map(one).collect::<Result<Vec<Mask>, _>>().map(|all| json(all.into_value()))
        }
        "keypoints" => {
            let one = |m: &&Mark| skeleton(job, m);
            marks.iter().map(one).collect::<Result<Vec<Keypoints>, _>>().map(|all| json(all.into_value()))
        }
        _ => tags(job, marks),
    }
}

fn tags(job: &Job, marks: &[&Mark]) -> Result<Json, String> {
    if let Some(other) = marks.iter().find(|m| m.element != "tag") {
        return Err(format!("the `{}` of `{}` is no tag of the picture", other.element, other.class));
    }
    match (is_class(job.kind), marks) {
        (false, all) => Ok(all.iter().map(|m| m.class.clone()).collect()),
        (true, [one]) => Ok(json!(one.class)),
        (true, all) => Err(format!("{} tags where one class is asked for", all.len())),
    }
}

fn turned(m: &Mark) -> String {
    let turn = m.found().is_some_and(|f| matches!(f.figure, Figure::Box(..)));
    match turn {
        true => format!("a box of `{}` is turned, which upright boxes cannot be", m.class),
        false => format!("the `{}` of `{}` is no upright box", m.element, m.class),
    }
}

fn upright(found: Found) -> Option<Box2> {
    let Figure::Box([x1, y1, x2, y2], turn) = found.figure else { return None };
    (turn % 360.0 == 0.0).then_some(Box2 { class: found.class, x1, y1, x2, y2, flags: found.flags })
}

/// The points of a skeleton by their names, in the order of the task.
fn skeleton(job: &Job, of: &Mark) -> Result<Keypoints, String> {
    if of.element != "skeleton" {
        return Err(format!("the `{}` of `{}` is no skeleton", of.element, of.class));
    }
    let mut points = vec![Keypoint::NONE; job.points.len()];
    for mark in &of.points {
        let place = job.points.iter().position(|name| *name == mark.class).and_then(|n| points.get_mut(n));
        let Some(place) = place else {
            return Err(format!(
                "a skeleton of `{}` has a point `{}`, which the task does not name",
                of.class, mark.class
            ));
        };
        if mark.is("outside") {
            continue;
        }
        let at = mark
            .says("points")
            .and_then(|p| p.split_once(','))
            .and_then(|(x, y)| Some((x.trim().parse().ok()?, y.trim().parse().ok()?)));
        let Some((x, y)) = at.filter(|(x, y): &(f64, f64)| x.is_finite() && y.is_finite()) else {
            return Err(format!("the point `{}` of a skeleton lies nowhere", mark.class));
        };
        *place = Keypoint { x, y, seen: if mark.is("occluded") { 1 } else { 2 } };
    }
    let there: Vec<Point> = points.iter().filter(|p| p.seen > 0).map(|p| Point { x: p.x, y: p.y }).collect();
    let reach = bounds(&there).ok_or_else(|| format!("a skeleton of `{}` has no point in sight", of.class))?;
    Ok(Keypoints { class: of.class.clone(), reach, points, flags: of.flags() })
}

/// The samples that pictures are of: by what their names say, else by the names themselves, as far as these and the ids end with
/// the same folders.
pub fn find(ids: &BTreeSet<String>, back: Vec<Back>, wrong: &mut Vec<String>) -> Vec<Back> {
    let codes: BTreeMap<String, &String> = ids.iter().map(|id| (code(id), id)).collect();
    let mut ends: BTreeMap<&str, Option<&String>> = BTreeMap::new();
    for id in ids {
        let own: BTreeSet<&str> = tails(id).flat_map(forms).collect();
        own.into_iter().for_each(|end| _ = ends.entry(end).and_modify(|other| *other = None).or_insert(Some(id)));
    }
    let named = |name: &str| {
        let whole = forms(name).into_iter().find_map(|form| ids.get(form));
        let known = |form: &str| ends.get(form).copied();
        whole.map(Some).or_else(|| tails(name).find_map(|tail| forms(tail).into_iter().find_map(known)))
    };
    let mut out = Vec::new();
    for one in back {
        let name = one.id.as_str();
        let told = parts(name).and_then(|n| codes.get(n.code).map(|id| Some(*id)));
        match told.or_else(|| named(name)) {
            Some(Some(id)) => out.push(Back { id: id.clone(), ..one }),
            Some(None) => wrong.push(format!("picture {name}: several samples are called so")),
            None => wrong.push(format!("picture {name}: there is no sample of this name")),
        }
    }
    out
}

/// A path, and what is left of it behind each of its folders.
fn tails(path: &str) -> impl Iterator<Item = &str> {
    let starts = std::iter::once(0).chain(path.match_indices('/').map(|(at, _)| at + 1));
    starts.filter_map(|at| path.get(at..))
}

/// A name with its ending and without.
fn forms(name: &str) -> [&str; 2] {
    let bare = name.rsplit_once('.').filter(|(_, end)| !end.contains('/')).map_or(name, |(bare, _)| bare);
    [name, bare]
}

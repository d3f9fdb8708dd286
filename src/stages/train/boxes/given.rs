//! `train.NAME/folds` where found boxes come in files: each picture gets what the files say of it.
//!
//! Joins the rows of `train.NAME/read` by id. A record holds all boxes of a picture, or one. Writes `predicted.NAME`. Findings, each
//! kind once for a record: `prediction.unmatched` (it belongs to no sample), `prediction.shape` (no list of boxes, or no box: there is no prediction of the
//! picture), and those that a box is left out for: `prediction.class` (its class is none of the task), `prediction.number` (a score below 0
//! or above 1, or what is no number), `prediction.area` (it encloses nothing), `prediction.outside` (all of it lies outside of the picture),
//! `prediction.scale` (all of it lies within the first pixel, as shares of the sides do), `prediction.repeated` (its picture has the same one).
//! What passes a side of the picture stays as it is; where more than half of a box does, that is told (`prediction.beyond`): its numbers are
//! probably not left, top, width and height. Fact: `lost_share`, the share of predictions that one of these is told of.
use super::super::declaration::{Trained, checked};
use super::super::given::column_of;
use crate::model::detections::Detection;
use crate::stage::*;
use crate::table::{Cell, array_of, list};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashSet};

pub const ENTRY: Entry = Entry::join::<Given>("train/boxes/given", "train.*", declare);

/// A score may be above 1 by so much, as rounding leaves it; it counts as 1.
const ABOVE: f64 = 1e-6;

/// The column itself: places on the sample, and names of classes that the manifest declares.
pub fn column(trained: &Trained) -> Column {
    let task = trained.declared.task.get().clone();
    Column::new(list(Detection::ty())).role(Role::Predictions { task }).inner().harmless()
}

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(trained) = checked(check).filter(|trained| trained.boxes) else { return Vec::new() };
    let Some(p) = &trained.declared.predictions else { return Vec::new() };
    let sized = ["width", "height"].iter().all(|side| check.column("samples", side).is_some());
    let join = Join {
        name: trained.name.clone(),
        classes: trained.classes.clone(),
        names: p.class_names.iter().map(|(name, class)| (name.clone(), class.get().clone())).collect(),
        sized,
    };
    let key = trained.key("predictions.files");
    let right = Right {
        table: format!("{}/predictions", trained.path),
        key: "item".into(),
        on: "id".into(),
        reads: names(&["probabilities"]),
        unmatched: Some(("prediction.unmatched".into(), key)),
    };
    let reads = if sized { names(&["width", "height"]) } else { Vec::new() };
    let ports = Ports {
        table: "samples".into(),
        reads,
        writes: vec![(column_of(&trained.name), column(&trained))],
        right: Some(right),
        ..Ports::default()
    };
    let say = format!(
        "more predictions of [{}] belong to no sample, repeat another or are of no use than may be lost",
        trained.path
    );
    let gates = vec![trained.lost_gate(check, format!("{}/folds.lost_share", trained.path), &say)];
    vec![Plan { gates, ..Plan::join::<Given>(ports, &join).word("folds") }]
}

#[derive(Serialize, Deserialize, Default)]
struct Join {
    #[serde(default, skip_serializing_if = "is_default")]
    name: String,
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
    /// What the files call a class by.
    #[serde(default, skip_serializing_if = "is_default")]
    names: BTreeMap<String, String>,
    /// The sides of the pictures are known.
    #[serde(default, skip_serializing_if = "is_default")]
    sized: bool,
}

/// The boxes of a picture: their classes, corners and scores.
type Met = HashSet<(String, [u64; 5])>;

/// Why something is left out: a rule, and words.
type Why = (&'static str, String);

struct Given;

impl JoinStage for Given {
    const JOIN: u32 = 2; // a kind is told once of a record; boxes that repeat, lie within a pixel or mostly outside
    type Join = Join;

    fn join(p: &Join, left: &Rows, matches: &[Vec<usize>], right: &Rows) -> Result<Delta, Fault> {
        let told = right.texts("probabilities")?;
        let sizes = match p.sized {
            true => {
                let sides = [left.cells::<u32>("width")?, left.cells::<u32>("height")?];
                let [wide, high] = sides;
                wide.into_iter().zip(high).map(|(w, h)| Some((f64::from(w?), f64::from(h?)))).collect()
            }
            false => vec![None; left.len()],
        };
        let key = format!("train.{}.predictions.files", p.name);
        let (mut delta, mut column) = (Delta::default(), Vec::with_capacity(left.len()));
        for (row, hits) in matches.iter().enumerate() {
            let (mut found, mut met) = ((!hits.is_empty()).then(Vec::new), Met::new());
            for hit in hits {
                let told = match told.get(*hit).and_then(Option::as_deref) {
                    Some(text) => p.boxes(text, sizes.get(row).copied().flatten(), &mut found, &mut met),
                    None => vec![shape("nothing is there")],
                };
                for (rule, say) in told {
                    delta.event(row, Act::Finding, &key, rule, say);
                    delta.about(*hit);
                }
            }
            if let Some(boxes) = &mut found {
                boxes.sort_by(|a: &Detection, b| b.score.total_cmp(&a.score));
            }
            column.push(found);
        }
        if column.iter().any(Option::is_some) {
            delta.write(column_of(&p.name), array_of(column));
        }
        Ok(delta)
    }
}

fn shape(say: &str) -> Why {
    ("prediction.shape", say.into())
}

impl Join {
    /// Adds the boxes of a record, and gives what is to be told of it. A record that is no list makes nothing of the picture known.
    fn boxes(
        &self,
        text: &str,
        size: Option<(f64, f64)>,
        found: &mut Option<Vec<Detection>>,
        met: &mut Met,
    ) -> Vec<Why> {
        let list = match serde_json::from_str(text) {
            Ok(Json::Array(list)) => list,
            Ok(one @ Json::Object(_)) => vec![one],
            _ => {
                *found = None;
                return vec![shape("it is no list of boxes in JSON")];
            }
        };
        let mut whys = Vec::new();
        for one in &list {
            match self.one(one, size) {
                Ok(one) if !met.insert((one.class.clone(), bits(&one))) => {
                    let say = "the picture has the same box with the same score already";
                    whys.push(("prediction.repeated", say.to_string()));
                }
                Ok(one) => {
                    whys.extend(size.and_then(|size| beyond(&one, size)));
                    found.iter_mut().for_each(|all| all.push(one.clone()));
                }
                Err(why) => whys.push(why),
            }
        }
        together(whys, list.len())
    }

    fn one(&self, of: &Json, size: Option<(f64, f64)>) -> Result<Detection, Why> {
        let Json::Object(of) = of else { return Err(shape("a box is an object with `class`, `score` and `bbox`")) };
        let get = |names: &[&str]| names.iter().find_map(|name| of.get(*name));
        let class = match get(&["class", "label", "category", "category_id", "category_name"]) {
            Some(Json::String(name)) => name.clone(),
            // a column of a table may have made 7.0 of 7
            Some(Json::Number(number)) => number.as_f64().map_or_else(String::new, |x| x.to_string()),
            _ => return Err(("prediction.class", "a box without a class".into())),
        };
        let class = self.names.get(&class).unwrap_or(&class).clone();
        if !self.classes.contains(&class) {
            return Err(("prediction.class", "a name or number that is no class; see `class_names`".into()));
        }
        let score = number(get(&["score", "confidence"]).unwrap_or(&Json::Null))?;
        if !(0.0..=1.0 + ABOVE).contains(&score) {
            return Err(("prediction.number", format!("{score} is no score from 0 to 1")));
        }
        let [x1, y1, x2, y2] = match get(&["bbox"]) {
            Some(of) => sides(of).map(|[x, y, w, h]| [x, y, x + w, y + h])?,
            None => {
                let corner =
                    |name| number(of.get(name).ok_or_else(|| shape("a box has neither `bbox` nor `x1` to `y2`"))?);
                [corner("x1")?, corner("y1")?, corner("x2")?, corner("y2")?]
            }
        };
        if !(x1 < x2 && y1 < y2) {
            return Err(("prediction.area", format!("the box from ({x1}, {y1}) to ({x2}, {y2}) encloses nothing")));
        }
        if size.is_some_and(|(w, h)| x1 >= w || y1 >= h || x2 <= 0.0 || y2 <= 0.0) {
            return Err((
                "prediction.outside",
                format!("the box from ({x1}, {y1}) to ({x2}, {y2}) lies outside of the picture"),
            ));
        }
        if x2 <= 1.0 && y2 <= 1.0 && size.is_none_or(|(w, h)| w > 1.0 && h > 1.0) {
            let say = format!(
                "the box from ({x1}, {y1}) to ({x2}, {y2}) lies within a pixel: sides are pixels, and no shares"
            );
            return Err(("prediction.scale", say));
        }
        Ok(Detection { class, x1, y1, x2, y2, score: score.min(1.0) })
    }
}

fn bits(of: &Detection) -> [u64; 5] {
    [of.x1, of.y1, of.x2, of.y2, of.score].map(f64::to_bits)
}

/// Tells of a box of which more than half lies outside of the picture.
fn beyond(of: &Detection, (w, h): (f64, f64)) -> Option<Why> {
    let inside = (of.x2.min(w) - of.x1.max(0.0)) * (of.y2.min(h) - of.y1.max(0.0));
    let all = (of.x2 - of.x1) * (of.y2 - of.y1);
    let Detection { x1, y1, x2, y2, .. } = of;
    let say = format!("more than half of the box from ({x1}, {y1}) to ({x2}, {y2}) lies outside of the picture");
    (inside * 2.0 < all).then(|| ("prediction.beyond", format!("{say}: `bbox` is left, top, width and height")))
}

/// What is told of a record of so many boxes: each kind once, with how many there are and the first of them.
fn together(whys: Vec<Why>, boxes: usize) -> Vec<Why> {
    let mut kinds: Vec<(Why, usize)> = Vec::new();
    for why in whys {
        match kinds.iter_mut().find(|((rule, _), _)| *rule == why.0) {
            Some((_, n)) => *n += 1,
            None => kinds.push((why, 1)),
        }
    }
    let say = |((rule, say), n): (Why, usize)| match boxes {
        1 => (rule, say),
        _ => (rule, format!("{n} of {boxes} boxes: {say}")),
    };
    kinds.into_iter().map(say).collect()
}

/// Four numbers, in a list or in a text that is one.
fn sides(of: &Json) -> Result<[f64; 4], Why> {
    let read = match of {
        Json::String(text) => serde_json::from_str(text).unwrap_or(Json::Null),
        other => other.clone(),
    };
    let Some([x, y, w, h]) = read.as_array().map(Vec::as_slice) else {
        return Err(shape("`bbox` is a list of left, top, width and height"));
    };
    Ok([number(x)?, number(y)?, number(w)?, number(h)?])
}

/// A finite number of JSON, or the text of one.
fn number(value: &Json) -> Result<f64, Why> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|x: &f64| x.is_finite());
    number.ok_or_else(|| ("prediction.number", "what stands there is no number".to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<Vec<Detection>>, Option<&'static str>) {
        let p =
            Join { classes: names(&["a", "b"]), names: [("1".to_string(), "a".to_string())].into(), ..Join::default() };
        let mut found = Some(Vec::new());
        let lost = p.boxes(text, Some((100.0, 50.0)), &mut found, &mut Met::new());
        assert!(lost.len() < 2, "{lost:?}");
        let lost = lost.first().map(|why| why.0);
        (found, lost)
    }

    #[test]
    fn boxes_come_by_sides_or_corners_one_or_many() {
        let one = Detection { class: "a".into(), x1: 10.0, y1: 20.0, x2: 40.0, y2: 60.0, score: 0.5 };
        for text in [
            r#"[{"class":"a","score":0.5,"bbox":[10,20,30,40]}]"#,
            r#"{"category_id":1,"score":"0.5","bbox":"[10, 20, 30, 40]"}"#,
            r#"[{"label":"a","confidence":0.5,"x1":10,"y1":20,"x2":40,"y2":60}]"#,
        ] {
            assert_eq!(read(text), (Some(vec![one.clone()]), None), "{text}");
        }
        assert_eq!(read("[]"), (Some(Vec::new()), None), "nothing was found");
    }

    #[test]
    fn what_is_no_box_is_left_out_with_its_reason() {
        let cases = [
            (r#"[{"class":"c","score":0.5,"bbox":[1,2,3,4]}]"#, "prediction.class"),
            (r#"[{"category_id":2,"score":0.5,"bbox":[1,2,3,4]}]"#, "prediction.class"),
            (r#"[{"score":0.5,"bbox":[1,2,3,4]}]"#, "prediction.class"),
            (r#"[{"class":"a","score":1.5,"bbox":[1,2,3,4]}]"#, "prediction.number"),
            (r#"[{"class":"a","bbox":[1,2,3,4]}]"#, "prediction.number"),
            (r#"[{"class":"a","score":0.5,"bbox":[1,2,null,4]}]"#, "prediction.number"),
            (r#"[{"class":"a","score":0.5,"bbox":[1,2,0,4]}]"#, "prediction.area"),
            (r#"[{"class":"a","score":0.5,"bbox":[100,2,3,4]}]"#, "prediction.outside"),
            (r#"[{"class":"a","score":0.5,"bbox":[1,2,3]}]"#, "prediction.shape"),
            (r#"[{"class":"a","score":0.5}]"#, "prediction.shape"),
            (r#"[3]"#, "prediction.shape"),
            (r#"[{"class":"a","score":0.5,"bbox":[0.1,0.2,0.3,0.4]}]"#, "prediction.scale"),
        ];
        cases.iter().for_each(|(text, rule)| assert_eq!(read(text), (Some(Vec::new()), Some(*rule)), "{text}"));
        assert_eq!(read("nothing"), (None, Some("prediction.shape")));
    }

    #[test]
    fn a_record_is_told_of_once_and_what_repeats_or_lies_beyond_is_told() {
        let one = r#"{"class":"a","score":0.5,"bbox":[10,20,30,20]}"#;
        let (found, told) = read(&format!("[{one},{one}]"));
        assert_eq!((found.unwrap().len(), told), (1, Some("prediction.repeated")));
        // corners taken for left, top, width and height: most of the box is not in the picture
        let (found, told) = read(r#"[{"class":"a","score":0.5,"bbox":[60,20,90,40]}]"#);
        assert_eq!((found.unwrap().len(), told), (1, Some("prediction.beyond")), "told, and kept");
        let why = |rule, say: &str| (rule, say.to_string());
        let all = vec![why("a", "first"), why("b", "other"), why("b", "more")];
        assert_eq!(together(all, 9), vec![why("a", "1 of 9 boxes: first"), why("b", "2 of 9 boxes: other")]);
        assert_eq!(together(vec![why("a", "first")], 1), vec![why("a", "first")]);
    }
}

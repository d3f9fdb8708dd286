//! `train.NAME/folds` where found boxes come in files: each picture gets what the files say of it.
//!
//! Joins the rows of `train.NAME/read` by id. A record holds all boxes of a picture, or one. Writes `predicted.NAME`. Findings:
//! `prediction.unmatched` (it belongs to no sample), `prediction.shape` (no list of boxes, or no box: there is no prediction of the picture),
//! and those that a box is left out for: `prediction.class` (its class is none of the task), `prediction.number` (a score below 0 or above 1,
//! or what is no number), `prediction.area` (it encloses nothing), `prediction.outside` (all of it lies outside of the picture). What passes a side of
//! the picture stays as it is. Fact: `lost_share`, the share of predictions that one of these is told of.
use super::super::declaration::{Trained, checked};
use super::super::given::column_of;
use crate::model::detections::Detection;
use crate::stage::*;
use crate::table::{Cell, array_of, list};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

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
    let say = format!("more predictions of [{}] belong to no sample or are of no use than may be lost", trained.path);
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

/// Why something is left out: a rule, and words.
type Why = (&'static str, String);

struct Given;

impl JoinStage for Given {
    const JOIN: u32 = 1;
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
            let mut found = (!hits.is_empty()).then(Vec::new);
            for hit in hits {
                let lost = match told.get(*hit).and_then(Option::as_deref) {
                    Some(text) => p.boxes(text, sizes.get(row).copied().flatten(), &mut found),
                    None => vec![("prediction.shape", "nothing is there".to_string())],
                };
                for (rule, say) in lost {
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
    /// Adds the boxes of a record, and gives why others of it are left out. A record that is no list makes nothing of the picture known.
    fn boxes(&self, text: &str, size: Option<(f64, f64)>, found: &mut Option<Vec<Detection>>) -> Vec<Why> {
        let list = match serde_json::from_str(text) {
            Ok(Json::Array(list)) => list,
            Ok(one @ Json::Object(_)) => vec![one],
            _ => {
                *found = None;
                return vec![shape("it is no list of boxes in JSON")];
            }
        };
        let mut lost = Vec::new();
        for one in &list {
            match self.one(one, size) {
                Ok(one) => found.iter_mut().for_each(|all| all.push(one.clone())),
                Err(why) => lost.push(why),
            }
        }
        lost
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
        Ok(Detection { class, x1, y1, x2, y2, score: score.min(1.0) })
    }
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

    fn read(text: &str) -> (Option<Vec<Detection>>, Vec<&'static str>) {
        let p =
            Join { classes: names(&["a", "b"]), names: [("1".to_string(), "a".to_string())].into(), ..Join::default() };
        let mut found = Some(Vec::new());
        let lost = p.boxes(text, Some((100.0, 50.0)), &mut found).into_iter().map(|why| why.0).collect();
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
            assert_eq!(read(text), (Some(vec![one.clone()]), Vec::new()), "{text}");
        }
        assert_eq!(read("[]"), (Some(Vec::new()), Vec::new()), "nothing was found");
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
        ];
        cases.iter().for_each(|(text, rule)| assert_eq!(read(text), (Some(Vec::new()), vec![*rule]), "{text}"));
        assert_eq!(read("nothing"), (None, vec!["prediction.shape"]));
    }
}

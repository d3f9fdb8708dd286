//! `keypoints`: objects on an image, each with a class, a box, flags and the points that the task names. In pixels, 0-based.
//!
//! Judged object by object: an undeclared class; another number of points than the task names (`keypoints.count`); a box without
//! area (`box.degenerate`); a box or a labelled point outside of the image where its size is known (`keypoints.outside`).
use super::super::rules::keypoints::KEYPOINT_RULES;
use super::kind::*;
use super::shapes::{Own, each, in_words, on_picture};
use crate::model::keypoints::{Keypoint, Keypoints};
use crate::model::points::Point;
use crate::model::polygons::bounds;
use crate::table::{Cell, Value};

/// The fields of an annotation.
const NEEDS: Needs = &[CLASSES, &["points"]];

pub const KIND: Kind = Kind {
    points: true,
    rules: &KEYPOINT_RULES,
    ..on_picture::<Keypoints>(Own {
        name: "keypoints",
        say: "Objects on the image, each with a class, a box and named points.",
        form: "a list of objects with `class`, `points` (each `[x, y, seen]` in pixels from 0; `seen` is 0 for a point that is not \
           labelled, 1 for one that is hidden, 2 for one that is visible), and, if there are any, the box as `x1`, `y1`, `x2`, \
           `y2` (else the least around the labelled points) and `flags`.",
        takes: |ty| list_with(ty, &[CLASSES, &["points"]]),
        from_cell: |cell, reading| from_list(cell, reading, |items, reading| reading.shapes(items, object_of, NEEDS)),
        from_text: |text, reading| {
            from_json_list(text, reading, |items, reading| reading.shapes(items, object_of, NEEDS))
        },
        problems: &[
            CLASS,
            Problem::new("count", "Another number of points than the task names. Nothing can mend it."),
            Problem::new(
                "outside",
                "An object whose box or points pass a side of the image. `fix` cuts the box off, and such points are not labelled.",
            ),
            Problem::new("degenerate", "A box without area. Nothing can mend it."),
        ],
        judge: |answer, judge| each(answer, judge, judged),
        words,
    })
};

fn object_of(v: &Value) -> Option<Keypoints> {
    let Value::List(points) = v.field("points") else { return None };
    let points: Vec<Keypoint> = points.iter().map(point_of).collect::<Option<_>>()?;
    let side = |name: &str| number(v.field(name));
    let given = || Some([side("x1")?, side("y1")?, side("x2")?, side("y2")?]);
    let labelled: Vec<Point> = points.iter().filter(|p| p.seen > 0).map(|p| Point { x: p.x, y: p.y }).collect();
    let reach = given().or_else(|| bounds(&labelled))?;
    let flags = Vec::from_value(v.field("flags")).unwrap_or_default();
    Some(Keypoints { class: class_of(v)?, reach, points, flags })
}

/// `[x, y, seen]`, or an object of these; one that is not labelled lies nowhere.
fn point_of(v: &Value) -> Option<Keypoint> {
    let (x, y, seen) = match v {
        Value::List(three) => match three.as_slice() {
            [x, y, seen] => (x, y, seen),
            _ => return None,
        },
        other => (other.field("x"), other.field("y"), other.field("seen")),
    };
    let (x, y, seen) = (number(x)?, number(y)?, number(seen)?);
    match seen {
        0.0 => Some(Keypoint::NONE),
        1.0 | 2.0 => Some(Keypoint { x, y, seen: seen as u32 }),
        _ => None,
    }
}

fn judged(n: usize, o: Keypoints, judge: &mut Judge) -> Option<Keypoints> {
    let class = judge.class(&o.class, || format!("object {n}"))?;
    let mut o = Keypoints { class, ..o };
    if o.points.len() != judge.points {
        let say = format!("object {n} has {} points, the task names {}", o.points.len(), judge.points);
        judge.note("count", "keypoints.count", say);
        return None;
    }
    let finite = o.points.iter().all(|p| p.x.is_finite() && p.y.is_finite());
    if !finite || !o.boxed().has_area() {
        judge.note(
            "degenerate",
            "box.degenerate",
            format!("object {n} has a box without area, or a point that is nowhere"),
        );
        return None;
    }
    let Some((w, h)) = judge.size() else { return Some(o) };
    let (outside, over) = (o.within((w, h)), o.boxed().passes((w, h)));
    if outside == 0 && !over {
        return Some(o);
    }
    let what = if outside == 0 { "the box".into() } else { format!("{outside} points") };
    judge.note("outside", "keypoints.outside", format!("{what} of object {n} outside of the image of {w} x {h}"));
    let cut = o.boxed().cut((w, h));
    let reach = [cut.x1, cut.y1, cut.x2, cut.y2];
    (judge.mends("outside") && cut.has_area()).then_some(Keypoints { reach, ..o })
}

/// `person with 12 of 17 points (occluded)`
fn words(answer: &Value) -> String {
    fn one(o: &Keypoints) -> (String, &[String]) {
        (format!("{} with {} of {} points", o.class, o.labelled(), o.points.len()), o.flags.as_slice())
    }
    in_words(answer, one)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{asking, rules_of};
    use super::*;

    #[test]
    fn objects_are_read_and_judged() {
        let map = Default::default();
        let mut reading = asking(&map);
        let json = r#"[{"class": "person", "points": [[1, 2, 2], [0, 0, 0], [5, 6, 1]]},
            {"class": "person", "points": [[1, 2, 2], [4, 4, 2]]}, {"class": "person", "points": [[1, 2, 3], [4, 4, 2]]},
            {"class": "person", "points": [[1, 2, 2], [30, 4, 2], [2, 2, 2]], "x1": 0, "y1": 0, "x2": 40, "y2": 9},
            {"class": "person", "points": [[1, 2, 2], [0, 0, 0], [0, 0, 0]]}]"#;
        let answer = KIND.read_text(json, &mut reading).unwrap();
        assert_eq!(rules_of(&reading.notes), ["vote.shape"]);
        let (classes, bounds) = (["person".to_string()], [Some(10.0), Some(9.0)]);
        let problems = [("outside".to_string(), Respond::Fix)].into();
        let mut judge = Judge { bounds: &bounds, points: 3, ..Judge::unbound("t", &classes, &problems) };
        let good = (KIND.judge)(&answer, &mut judge).unwrap();
        assert_eq!(words(&good), "person with 2 of 3 points, person with 2 of 3 points");
        let all = Vec::<Keypoints>::from_value(&good).unwrap();
        assert_eq!((all[0].reach, all[1].reach), ([1.0, 2.0, 5.0, 6.0], [0.0, 0.0, 10.0, 9.0]));
        assert_eq!(rules_of(&judge.notes), ["keypoints.count", "keypoints.outside", "box.degenerate"]);
    }
}

//! `oriented_detection`: rotated boxes on an image, each with a class and flags, by their four corners. In pixels, 0-based.
//!
//! Judged box by box: an undeclared class; corners that enclose nothing or do not go around in turn (`box.degenerate`); a corner
//! outside of the image where its size is known (`box.outside`). Limits: the corners need not be those of a rectangle.
use super::kind::*;
use super::polygons::point_of;
use super::shapes::{Own, each, in_words, on_picture};
use crate::model::points::Point;
use crate::model::quads::Quad;
use crate::table::{Cell, Value};

/// The fields of an annotation.
const NEEDS: Needs = &[CLASSES, &["corners"]];

pub const KIND: Kind = on_picture::<Quad>(Own {
    name: "oriented_detection",
    say: "Rotated boxes on the image, each with a class.",
    form: "a list of objects with `class`, `corners` (four points `[x, y]` in pixels from 0, in turn around the box) and, if \
           there are any, `flags`.",
    takes: |ty| list_with(ty, &[CLASSES, &["corners"]]),
    from_cell: |cell, reading| from_list(cell, reading, |items, reading| reading.shapes(items, quad_of, NEEDS)),
    from_text: |text, reading| from_json_list(text, reading, |items, reading| reading.shapes(items, quad_of, NEEDS)),
    problems: &[
        CLASS,
        Problem::new(
            "outside",
            "A box of which a corner passes a side of the image. `fix` keeps it where its middle lies in the image: cut off, \
             it would be no box.",
        ),
        Problem::new(
            "degenerate",
            "A box without area, or whose corners do not go around in turn. Nothing can mend it.",
        ),
    ],
    judge: |answer, judge| each(answer, judge, judged),
    words,
});

/// A box; its flags may be missing, its numbers may be whole.
fn quad_of(v: &Value) -> Option<Quad> {
    let Value::List(corners) = v.field("corners") else { return None };
    let corners: Vec<Point> = corners.iter().map(point_of).collect::<Option<_>>()?;
    let flags = Vec::from_value(v.field("flags")).unwrap_or_default();
    Some(Quad { class: class_of(v)?, corners: corners.try_into().ok()?, flags })
}

fn judged(n: usize, q: Quad, judge: &mut Judge) -> Option<Quad> {
    let class = judge.class(&q.class, || format!("box {n}"))?;
    let q = Quad { class, ..q };
    if !q.is_sound() {
        judge.note("degenerate", "box.degenerate", format!("box {n} has no area, or its corners are not in turn"));
        return None;
    }
    let Some((w, h)) = judge.size().filter(|size| q.passes(*size)) else { return Some(q) };
    let within = q.is_in((w, h));
    let how = if within { "partly" } else { "mostly" };
    judge.note("outside", "box.outside", format!("box {n} lies {how} outside of the image of {w} x {h}"));
    (judge.mends("outside") && within).then_some(q)
}

/// `ship 1,2 3,4 5,6 7,8 (difficult)`
fn words(answer: &Value) -> String {
    fn one(q: &Quad) -> (String, &[String]) {
        let corners: String = q.corners.iter().map(|p| format!(" {},{}", p.x, p.y)).collect();
        (format!("{}{corners}", q.class), q.flags.as_slice())
    }
    in_words(answer, one)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{asking, rules_of};
    use super::*;

    #[test]
    fn boxes_are_read_and_judged() {
        let map = [("s".to_string(), "ship".to_string())].into();
        let mut reading = asking(&map);
        let json = r#"[{"class": "s", "corners": [[4, 0], [8, 4.5], [6, 6], [2, 2]]},
            {"class": "s", "corners": [[0, 0], [4, 4], [4, 0], [0, 4]]}, {"class": "s", "corners": [[0, 0], [4, 0], [4, 4]]},
            {"class": "s", "corners": [[6, 0], [12, 0], [12, 4], [6, 4]]}, {"class": "plane", "corners": [[0, 0], [1, 0], [1, 1], [0, 1]]}]"#;
        let answer = KIND.read_text(json, &mut reading).unwrap();
        assert_eq!(rules_of(&reading.notes), ["vote.shape"]);
        assert!(words(&answer).starts_with("ship 4,0 8,4.5 6,6 2,2, ship 0,0"), "{}", words(&answer));
        let (classes, bounds) = (["ship".to_string()], [Some(10.0), Some(8.0)]);
        for (problems, left) in [(Default::default(), 1), ([("outside".to_string(), Respond::Fix)].into(), 2)] {
            let mut judge = Judge { bounds: &bounds, ..Judge::unbound("t", &classes, &problems) };
            let good = (KIND.judge)(&answer, &mut judge).unwrap();
            assert!(matches!(good, Value::List(all) if all.len() == left));
            assert_eq!(rules_of(&judge.notes), ["box.degenerate", "box.outside", "class.undeclared"]);
        }
    }
}

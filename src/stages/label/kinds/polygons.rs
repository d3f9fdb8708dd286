//! `instance_segmentation`: polygons on an image, each with a class, parts, holes and flags. In pixels, 0-based.
//!
//! Judged ring by ring: an undeclared class; fewer than three points, no area or a coordinate that is no number
//! (`polygon.degenerate`); a ring that crosses itself (`polygon.crossing`); a point outside of the image where its size
//! is known (`polygon.outside`). Limits: whether holes lie inside of the outline, and whether holes or parts lie apart from
//! each other, is not judged; a crossing exactly in a corner is not seen; a ring of more than 4,096 points is not looked
//! at for crossings, which is told (`polygon.long`).
use super::kind::*;
use super::shapes::{Own, each, in_words, on_picture};
use crate::model::points::Point;
use crate::model::polygons::{CROSSING_MAX, Part, Polygon, Ring, crosses, has_area};
use crate::table::{Cell, Value};

/// The fields of an annotation.
const NEEDS: Needs = &[CLASSES, &["rings", "parts"]];

pub const KIND: Kind = on_picture::<Polygon>(Own {
    name: "instance_segmentation",
    say: "Polygons on the image, in one or several parts, with holes, each with a class.",
    form: "a list of objects with `class`, `rings` (the outline, then holes; each a list of points `[x, y]` in pixels from \
           0) or `parts` (a list of such `rings`) and, if there are any, `flags`.",
    takes: |ty| list_with(ty, &[CLASSES, &["parts", "rings"]]),
    from_cell: |cell, reading| from_list(cell, reading, |items, reading| reading.shapes(items, polygon_of, NEEDS)),
    from_text: |text, reading| from_json_list(text, reading, |items, reading| reading.shapes(items, polygon_of, NEEDS)),
    problems: &[
        CLASS,
        Problem::new("outside", "A polygon that passes a side of the image. `fix` cuts off what is outside."),
        Problem::new(
            "degenerate",
            "A ring of fewer than three points, without area, or with a coordinate that is no number. `fix` leaves such a \
             hole out, or such a part where there are others; nothing can mend the only outline.",
        ),
        Problem {
            name: "crossing",
            say: "A ring that crosses itself. `fix` keeps it: its inside is then as the even-odd rule has it.",
            default: Respond::Fix,
            reading: false,
        },
    ],
    judge: |answer, judge| each(answer, judge, judged),
    words,
});

/// A polygon; its flags may be missing, its numbers may be whole.
fn polygon_of(v: &Value) -> Option<Polygon> {
    let class = class_of(v)?;
    let flags = Vec::from_value(v.field("flags")).unwrap_or_default();
    let parts = match (v.field("parts"), v.field("rings")) {
        (Value::List(parts), _) => parts.iter().map(part_of).collect::<Option<_>>()?,
        (_, one) => vec![part_of(one)?],
    };
    Some(Polygon { class, parts, flags })
}

/// The outline of a part, and its holes.
fn part_of(v: &Value) -> Option<Part> {
    let Value::List(rings) = v else { return None };
    rings.iter().map(ring_of).collect()
}

/// A ring closes by itself: a last point that repeats the first one, as GeoJSON has it, is the first one.
fn ring_of(v: &Value) -> Option<Ring> {
    let Value::List(points) = v else { return None };
    let mut ring: Ring = points.iter().map(point_of).collect::<Option<_>>()?;
    if ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    Some(ring)
}

/// `[x, y]`, or an object with `x` and `y`.
pub fn point_of(v: &Value) -> Option<Point> {
    let (x, y) = match v {
        Value::List(pair) => match pair.as_slice() {
            [x, y] => (x, y),
            _ => return None,
        },
        other => (other.field("x"), other.field("y")),
    };
    Some(Point { x: number(x)?, y: number(y)? })
}

fn judged(n: usize, p: Polygon, judge: &mut Judge) -> Option<Polygon> {
    let class = judge.class(&p.class, || format!("polygon {n}"))?;
    let p = Polygon { class, parts: judged_parts(n, p.parts, judge)?, ..p };
    let Some((w, h)) = judge.size().filter(|size| p.passes(*size)) else { return Some(p) };
    let cut = p.cut((w, h));
    let how = if cut.parts.is_empty() { "wholly" } else { "partly" };
    judge.note("outside", "polygon.outside", format!("polygon {n} lies {how} outside of the image of {w} x {h}"));
    (judge.mends("outside") && !cut.parts.is_empty()).then_some(cut)
}

/// The parts of a polygon that are parts; `None` if the polygon goes.
fn judged_parts(n: usize, parts: Vec<Part>, judge: &mut Judge) -> Option<Vec<Part>> {
    let all = parts.len();
    let mut good = Vec::with_capacity(all);
    for (i, part) in parts.into_iter().enumerate() {
        let name = if all > 1 { format!("part {} of polygon {n}", i + 1) } else { format!("polygon {n}") };
        match judged_rings(&name, part, judge)? {
            part if part.is_empty() => {} // it is left out, and told
            part => good.push(part),
        }
    }
    if all == 0 {
        judge.note("degenerate", "polygon.degenerate", format!("polygon {n} has no outline"));
    }
    (!good.is_empty()).then_some(good)
}

/// The rings of a part that are rings, none if it is left out; `None` if its polygon goes.
fn judged_rings(name: &str, rings: Part, judge: &mut Judge) -> Option<Part> {
    let mut good = Vec::with_capacity(rings.len());
    if rings.is_empty() {
        judge.note("degenerate", "polygon.degenerate", format!("{name} has no outline"));
        return judge.mends("degenerate").then_some(good);
    }
    for (i, ring) in rings.into_iter().enumerate() {
        let what = || if i == 0 { name.to_string() } else { format!("hole {i} of {name}") };
        if !has_area(&ring) {
            judge.note("degenerate", "polygon.degenerate", format!("{} has no area", what()));
            if !judge.mends("degenerate") {
                return None;
            }
            if i == 0 {
                return Some(Vec::new());
            }
            continue;
        }
        if ring.len() > CROSSING_MAX {
            let say = format!("{} has {} points and is not looked at for crossings", what(), ring.len());
            judge.note("crossing", "polygon.long", say);
        } else if crosses(&ring) {
            judge.note("crossing", "polygon.crossing", format!("{} crosses itself", what()));
            if !judge.mends("crossing") {
                return None;
            }
        }
        good.push(ring);
    }
    Some(good)
}

/// `cell of 5 points with 1 hole (occluded)`
fn words(answer: &Value) -> String {
    fn one(p: &Polygon) -> (String, &[String]) {
        let points: usize = p.parts.iter().filter_map(|part| part.first()).map(Vec::len).sum();
        let holes = match p.holes() {
            0 => String::new(),
            1 => " with 1 hole".to_string(),
            n => format!(" with {n} holes"),
        };
        let parts = if p.parts.len() > 1 { format!(" in {} parts", p.parts.len()) } else { String::new() };
        (format!("{} of {points} points{parts}{holes}", p.class), p.flags.as_slice())
    }
    in_words(answer, one)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{asking, rules_of};
    use super::*;

    type Points<'p> = &'p [(f64, f64)];

    const SQUARE: Points = &[(1.0, 1.0), (9.0, 1.0), (9.0, 9.0), (1.0, 9.0)];
    const HOLE: Points = &[(2.0, 2.0), (3.0, 2.0), (2.0, 3.0)];
    const TIE: Points = &[(0.0, 0.0), (9.0, 9.0), (9.0, 0.0), (0.0, 9.0)];
    const LINE: Points = &[(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)];

    fn polygon(class: &str, rings: &[Points]) -> Polygon {
        let ring = |of: &Points| of.iter().map(|(x, y)| Point { x: *x, y: *y }).collect();
        Polygon { class: class.into(), parts: vec![rings.iter().map(ring).collect()], flags: Vec::new() }
    }

    /// What is left of the polygons in an image of 10 x 10, and the rules that were broken.
    fn judged(problems: &[(&str, Respond)], of: &[Polygon]) -> (Vec<Polygon>, Vec<&'static str>) {
        let classes = ["cell".to_string()];
        let problems = problems.iter().map(|(name, r)| (name.to_string(), *r)).collect();
        let bounds = [Some(10.0), Some(10.0)];
        let mut judge = Judge { bounds: &bounds, ..Judge::unbound("t", &classes, &problems) };
        let left = (KIND.judge)(&of.to_vec().into_value(), &mut judge).unwrap();
        (Vec::from_value(&left).unwrap(), rules_of(&judge.notes))
    }

    #[test]
    fn polygons_are_read_from_json_and_from_columns() {
        let map = [("c".to_string(), "cell".to_string())].into();
        let mut reading = asking(&map);
        let json = r#"[{"class": "c", "rings": [[[0, 0], [4, 0.5], [0, 3], [0, 0]], []]}, {"class": "c"},
                       {"class": "c", "rings": [[[0, 0], [4]]]}]"#;
        let mut want = polygon("cell", &[&[(0.0, 0.0), (4.0, 0.5), (0.0, 3.0)], &[]]);
        assert_eq!(KIND.read_text(json, &mut reading), Some(vec![want.clone()].into_value()));
        assert_eq!(rules_of(&reading.notes), ["vote.shape"]);
        assert!(reading.notes[0].say.contains("2 of 3"));
        want.flags = vec!["occluded".into()];
        let cell = vec![want].into_value();
        assert_eq!(KIND.read_cell(&cell, &mut reading), Some(cell));
    }

    #[test]
    fn what_encloses_nothing_goes() {
        let fine = polygon("cell", &[SQUARE, HOLE]);
        let all = [fine.clone(), polygon("cell", &[LINE]), polygon("cell", &[]), polygon("cell", &[SQUARE, LINE])];
        let (left, rules) = judged(&[], &all);
        assert_eq!((left, rules), (vec![fine.clone()], vec!["polygon.degenerate"; 3]));
        let (left, _) = judged(&[("degenerate", Respond::Fix)], &all);
        assert_eq!(left, [fine, polygon("cell", &[SQUARE])], "only a hole can be left out");
    }

    #[test]
    fn what_crosses_itself_stays_unless_it_shall_not() {
        let all = [polygon("cell", &[TIE]), polygon("other", &[SQUARE])];
        let (left, rules) = judged(&[("crossing", Respond::Fix)], &all);
        assert_eq!((left, rules), (vec![polygon("cell", &[TIE])], vec!["polygon.crossing", "class.undeclared"]));
        assert!(judged(&[("crossing", Respond::Drop)], &all).0.is_empty());
        let long: Vec<(f64, f64)> = (0..=CROSSING_MAX).map(|i| (i as f64 / 1e4, f64::from(i % 2 == 0))).collect();
        assert_eq!(judged(&[], &[polygon("cell", &[&long])]).1, ["polygon.long"]);
    }

    #[test]
    fn what_lies_outside_is_cut_off() {
        let wide: Points = &[(-2.0, 1.0), (5.0, 1.0), (5.0, 9.0), (-2.0, 9.0)];
        let away: Points = &[(20.0, 20.0), (30.0, 20.0), (20.0, 30.0)];
        let all = [polygon("cell", &[wide, HOLE]), polygon("cell", &[away])];
        assert_eq!(judged(&[], &all), (vec![], vec!["polygon.outside", "polygon.outside"]));
        let (left, _) = judged(&[("outside", Respond::Fix)], &all);
        assert_eq!(left.len(), 1);
        assert!(left[0].parts[0][0].iter().all(|p| p.x >= 0.0) && left[0].parts[0].len() == 2);
    }

    #[test]
    fn parts_go_one_by_one() {
        let of = |parts: &[Points]| Polygon {
            parts: parts.iter().flat_map(|p| polygon("", &[p]).parts).collect(),
            ..polygon("cell", &[])
        };
        let (left, rules) = judged(&[("degenerate", Respond::Fix)], &[of(&[SQUARE, LINE]), of(&[LINE, LINE])]);
        assert_eq!((left, rules), (vec![polygon("cell", &[SQUARE])], vec!["polygon.degenerate"; 3]));
        assert!(judged(&[], &[of(&[SQUARE, LINE])]).0.is_empty(), "a part that is lost is not left out unasked");
        let away: Points = &[(20.0, 20.0), (30.0, 20.0), (20.0, 30.0)];
        let (left, rules) = judged(&[("outside", Respond::Fix)], &[of(&[SQUARE, away])]);
        assert_eq!((left, rules), (vec![polygon("cell", &[SQUARE])], vec!["polygon.outside"]));
        let mut reading = asking(&NO_NAMES);
        let json = r#"[{"class": "cell", "parts": [[[[0, 0], [4, 0], [0, 3]]], [[[5, 5], [9, 5], [5, 9]]]]}]"#;
        let answer = KIND.read_text(json, &mut reading).unwrap();
        assert_eq!(words(&answer), "cell of 6 points in 2 parts");
    }

    static NO_NAMES: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();

    #[test]
    fn answers_in_words() {
        let mut holed = polygon("cell", &[SQUARE, HOLE]);
        holed.flags = vec!["occluded".into()];
        let answer = vec![holed, polygon("cell", &[HOLE])].into_value();
        assert_eq!(words(&answer), "cell of 4 points with 1 hole (occluded), cell of 3 points");
    }
}

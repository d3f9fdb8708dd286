//! `attribute`: a class for each shape or span of the label of another task, which `target` names.
//!
//! Given as objects with `class` and the shape: its place in the list of that label (`shape`, from 0), or the shape or span itself, as
//! its own kind is written. With `attribute` the class is the value of that attribute among the flags of a shape. A shape meets the one
//! with which it has most area in common, at least half of the union of their upright boxes; a span the same span.
//!
//! Findings: `attribute.unmet` (there is no such shape; a loss), `attribute.twice` (a shape is judged again in the same answer; a loss),
//! `attribute.unclear` (several spans are there, of other classes; a loss), `attribute.outside` (the shape is cropped off, and what was said of it
//! with it), `attribute.silent` (no shape of the sample has the attribute, so that nobody answered). Judged: an undeclared class.
use super::super::compared::{Compared, Unit};
use super::super::metric::OF_CLASSES;
use super::super::rules::attributes::ATTRIBUTE_RULES;
use super::super::voted;
#[cfg(test)]
use super::aim::Aim;
use super::aim::Place;
use super::boxes::box_of;
use super::kind::*;
use super::spans::{placed_one, stored_of};
use crate::measure::shapes::Area;
use crate::model::attributes::{self, Attribute, flagged};
use crate::model::shapes::{Seen, seen};
use crate::table::{Cell, Value};
use std::collections::{BTreeMap, BTreeSet};

pub const KIND: Kind = Kind {
    name: attributes::KIND,
    say: "A class for each shape or span of the label of another task.",
    form: "a list of objects with `class` and `shape`, the place of the shape in the list of the target's label, from 0; or with the shape \
           or the span itself in place of `shape`. Of files with `fields.shape` the class alone.",
    answer: Vec::<Attribute>::ty,
    takes: |ty| list_with(ty, &[CLASSES]),
    from_cell: |cell, reading| from_list(cell, reading, said_of),
    from_text,
    problems: &[CLASS],
    rules: ATTRIBUTE_RULES,
    bounds: &[],
    moves: None,
    joins: Some(joined),
    judge,
    classes: true,
    candidates: None,
    points: false,
    scale: false,
    on_text: false,
    on_shapes: true,
    names_ends: false,
    prose: false,
    methods: &[Method::Single, Method::Vote],
    vote: Some(voted::attributes),
    metrics: OF_CLASSES,
    compare,
    words,
};

/// From this share of their union on, two boxes are of one shape.
const SAME: f64 = 0.5;

/// Why nothing is said of a shape of the target.
enum Unmet {
    None,
    Unclear,
    /// It lies on nothing that is kept of the picture.
    Outside,
    /// It has not the form of an attribute, or lacks the one that is asked for.
    Formless,
    /// It has no such attribute, which is not asked of every shape.
    Silent,
}

/// One object, or a list of such, as JSON.
fn from_text(text: &str, reading: &mut Reading) -> Option<Value> {
    match json(text) {
        Some(one @ Value::Struct(_)) => Some(said_of(&[one], reading).into_value()),
        Some(all @ Value::List(_)) => from_list(&all, reading, said_of),
        _ => {
            let say = "the answer does not say of which shape it is; `fields.shape` of the source names what does";
            reading.lose("vote.shape", say);
            None
        }
    }
}

fn said_of(items: &[Value], reading: &mut Reading) -> Vec<Attribute> {
    let (mut out, mut not): (BTreeMap<u32, String>, [usize; 5]) = Default::default();
    let mut silent = 0;
    for item in items {
        match attribute(item, reading) {
            Ok(one) => match out.get(&one.shape) {
                Some(_) => not[4] += 1,
                None => drop(out.insert(one.shape, one.class)),
            },
            Err(Unmet::None) => not[0] += 1,
            Err(Unmet::Unclear) => not[1] += 1,
            Err(Unmet::Outside) => not[2] += 1,
            Err(Unmet::Formless) => not[3] += 1,
            Err(Unmet::Silent) => silent += 1,
        }
    }
    let all = items.len() - silent;
    let [unmet, unclear, outside, formless, twice] = not;
    let mut lose = |n: usize, rule: &'static str, say: &str| {
        if n > 0 {
            reading.lost += n as u32 - 1; // telling counts one
            reading.lose(rule, format!("{n} of {all} annotations {say}"));
        }
    };
    lose(unmet, "attribute.unmet", "are about a shape that the target's label does not have");
    lose(
        unclear,
        "attribute.unclear",
        "are about a place where the target's label has several; `of` may say the class of the one",
    );
    lose(
        formless,
        "vote.shape",
        "lack a field (the class, or what says of which shape it is), or one is of another type",
    );
    lose(twice, "attribute.twice", "are about a shape that the answer has judged already; the first stands");
    if outside > 0 {
        let say = format!("{outside} of {all} annotations are about shapes outside of what is kept of the picture");
        reading.note("attribute.outside", say);
    }
    out.into_iter().map(|(shape, class)| Attribute { shape, class }).collect()
}

fn attribute(item: &Value, reading: &mut Reading) -> Result<Attribute, Unmet> {
    let (own, of) = match reading.attribute {
        Some(name) => {
            let flags: Vec<String> = Vec::from_value(item.field("flags")).unwrap_or_default();
            let value = flagged(&flags, name).map(str::to_string).ok_or(Unmet::Silent)?;
            (value, class_of(item))
        }
        None => (class_of(item).ok_or(Unmet::Formless)?, class_name(item.field("of"))),
    };
    let class = reading.mapped(&own);
    let shape = match (shape_number(item.field("shape")), item.field("shape")) {
        (Some(shape), _) => numbered(shape, of.as_deref(), reading)?,
        (None, Value::Null) => drawn(item, of.as_deref(), reading)?,
        _ => return Err(Unmet::Formless),
    };
    Ok(Attribute { shape, class })
}

/// A number of a shape; tables write whole numbers with a point where a column has gaps.
fn shape_number(v: &Value) -> Option<u32> {
    class_name(v).and_then(|text| whole(&text)?.parse().ok())
}

/// The shape of that number, if the label has it and it is of the class that the answer says, if it says one.
fn numbered(shape: u32, of: Option<&str>, reading: &Reading) -> Result<u32, Unmet> {
    let Some(target) = &reading.target else { return Ok(shape) };
    let aim = usize::try_from(shape).ok().and_then(|n| target.get(n)).ok_or(Unmet::None)?;
    if of.is_none_or(|of| of == aim.class) { Ok(shape) } else { Err(Unmet::None) }
}

/// The shape that is drawn again, or the span that is marked again.
fn drawn(item: &Value, of: Option<&str>, reading: &mut Reading) -> Result<u32, Unmet> {
    if let Some(stored) = stored_of(item) {
        let before = reading.lost;
        let span = placed_one(stored, reading);
        reading.lost = before; // it counts as one that meets nothing
        let span = span.ok_or(Unmet::None)?;
        return same_span((span.start, span.end), of, reading);
    }
    let item = box_of(item).map_or_else(|| item.clone(), Cell::into_value);
    match seen(&item, reading.frame.as_ref()).ok_or(Unmet::Formless)? {
        Seen::At(own) => nearest_box(own, of, reading),
        Seen::Outside => Err(Unmet::Outside),
        Seen::Nowhere => Err(Unmet::None),
    }
}

/// What the class of a shape counts for: the one with that class is meant before others.
fn ranked<'a>(reading: &'a Reading, of: Option<&'a str>) -> impl Iterator<Item = (u32, bool, Place)> + 'a {
    let all = reading.target.iter().flatten().zip(0u32..);
    all.map(move |(aim, n)| (n, of.is_some_and(|of| of == aim.class), aim.at))
}

fn same_span(own: (u32, u32), of: Option<&str>, reading: &Reading) -> Result<u32, Unmet> {
    let there: Vec<(u32, bool)> =
        ranked(reading, of).filter(|(_, _, at)| *at == Place::Span(own.0, own.1)).map(|(n, of, _)| (n, of)).collect();
    let meant: Vec<u32> = there.iter().filter(|t| t.1).map(|t| t.0).collect();
    match (meant.as_slice(), there.as_slice()) {
        ([one], _) | (_, [(one, _)]) => Ok(*one),
        (_, []) => Err(Unmet::None),
        _ => Err(Unmet::Unclear),
    }
}

fn nearest_box(own: [f64; 4], of: Option<&str>, reading: &Reading) -> Result<u32, Unmet> {
    let common = ranked(reading, of).filter_map(|(n, same, at)| match at {
        Place::Box(at) => Some((own.iou(&at), same, n)),
        _ => None,
    });
    let near = common.filter(|(iou, _, _)| *iou >= SAME);
    // of several with as much in common the one of that class, then the first
    let best = near.max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(b.2.cmp(&a.2)));
    best.map(|(_, _, n)| n).ok_or(Unmet::None)
}

/// One answer of two about different shapes.
fn joined(a: &Value, b: &Value) -> Option<Value> {
    let [mut all, more]: [Vec<Attribute>; 2] = [Vec::from_value(a)?, Vec::from_value(b)?];
    let known: BTreeSet<u32> = all.iter().map(|one| one.shape).collect();
    if more.iter().any(|one| known.contains(&one.shape)) {
        return None;
    }
    all.extend(more);
    all.sort();
    Some(all.into_value())
}

fn judge(answer: &Value, judge: &mut Judge) -> Option<Value> {
    let mut good = Vec::new();
    for (i, one) in Vec::<Attribute>::from_value(answer)?.into_iter().enumerate() {
        judge.item = i + 1;
        let class = judge.class(&one.class, || format!("annotation {}", i + 1));
        good.extend(class.map(|class| Attribute { class, ..one }));
    }
    Some(good.into_value())
}

/// A shape that somebody judged is a thing to agree about.
fn compare(answers: &[&Value], _: super::super::metric::Metric, _: Option<u32>) -> Compared {
    let said = |a: &&Value| -> BTreeMap<u32, String> {
        Vec::<Attribute>::from_value(a).unwrap_or_default().into_iter().map(|one| (one.shape, one.class)).collect()
    };
    let answers: Vec<BTreeMap<u32, String>> = answers.iter().map(said).collect();
    let shapes: BTreeSet<u32> = answers.iter().flat_map(|a| a.keys().copied()).collect();
    let mut units: BTreeMap<Vec<Option<String>>, u64> = BTreeMap::new();
    for shape in shapes {
        *units.entry(answers.iter().map(|a| a.get(&shape).cloned()).collect()).or_default() += 1;
    }
    Compared { units: units.into_iter().map(|(of, n)| Unit(of, n)).collect(), ..Compared::default() }
}

/// `0: major, 2: minor`
fn words(answer: &Value) -> String {
    let all = Vec::<Attribute>::from_value(answer).unwrap_or_default();
    all.iter().map(|one| format!("{}: {}", one.shape, one.class)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::super::metric::Metric;
    use super::super::super::testing::{asking, pixels, rules_of};
    use super::*;
    use crate::model::edits::Edit;
    use crate::model::frames::Frame;

    fn said(of: &[(u32, &str)]) -> Value {
        of.iter()
            .map(|(shape, class)| Attribute { shape: *shape, class: class.to_string() })
            .collect::<Vec<_>>()
            .into_value()
    }

    fn aims(of: &[(&str, Place)]) -> Option<Vec<Aim>> {
        Some(of.iter().map(|(class, at)| Aim { class: class.to_string(), at: *at }).collect())
    }

    fn boxes() -> Option<Vec<Aim>> {
        aims(&[("a", Place::Box([0., 0., 10., 10.])), ("b", Place::Nowhere), ("b", Place::Box([20., 0., 30., 10.]))])
    }

    #[test]
    fn numbers_and_drawings_meet_shapes() {
        let map = [("bad".to_string(), "major".to_string())].into();
        let mut reading = Reading { target: boxes(), ..asking(&map) };
        let text = r#"[{"shape": 0, "class": "bad"}, {"x1": 21, "y1": 0, "x2": 30, "y2": 10, "class": "minor"},
            {"bbox": [50, 0, 9, 9], "class": "minor"}, {"shape": 3, "class": "minor"}, {"shape": 2.0, "class": "major"},
            {"class": "minor"}, {"shape": 0, "of": "b", "class": "minor"}]"#;
        assert_eq!(KIND.read_text(text, &mut reading), Some(said(&[(0, "major"), (2, "minor")])));
        assert_eq!(
            (reading.lost, rules_of(&reading.notes)),
            (5, vec!["attribute.unmet", "vote.shape", "attribute.twice"])
        );
        let mut reading = Reading { target: boxes(), ..asking(&map) };
        assert_eq!(KIND.read_text(r#"{"shape": "1", "class": "bad"}"#, &mut reading), Some(said(&[(1, "major")])));
        assert_eq!((KIND.read_text("bad", &mut reading), rules_of(&reading.notes)), (None, vec!["vote.shape"]));
    }

    #[test]
    fn spans_move_and_meet_the_same_span() {
        let map = Default::default();
        let target = aims(&[("P", Place::Span(6, 8)), ("Q", Place::Span(6, 8)), ("P", Place::Span(0, 3))]);
        let edits = vec![Edit { start: 4, end: 6, len: 1 }];
        let mut reading = Reading { target, edits, ..asking(&map) };
        let text = r#"[{"start": 7, "end": 9, "class": "sure", "of": "Q"}, {"start": 7, "end": 9, "class": "sure"},
            {"start": 0, "end": 3, "class": "unsure"}, {"start": 0, "end": 2, "class": "sure"}]"#;
        assert_eq!(KIND.read_text(text, &mut reading), Some(said(&[(1, "sure"), (2, "unsure")])));
        assert_eq!((reading.lost, rules_of(&reading.notes)), (2, vec!["attribute.unmet", "attribute.unclear"]));
    }

    #[test]
    fn attributes_of_flags_follow_their_shape_into_a_part_of_the_picture() {
        let map = Default::default();
        let frame = Some(Frame { part: [10, 0, 40, 20], present: [40, 20], ..Frame::still([60, 20]) });
        let mut reading = Reading { target: boxes(), attribute: Some("severity"), frame, ..asking(&map) };
        let all = vec![
            pixels("b", [30., 0., 40., 10.], &["severity=major"]),
            pixels("b", [0., 0., 8., 10.], &["severity=minor"]),
            pixels("b", [30., 0., 40., 10.], &["occluded"]),
        ];
        assert_eq!(KIND.read_cell(&all.into_value(), &mut reading), Some(said(&[(2, "major")])));
        assert_eq!((reading.lost, rules_of(&reading.notes)), (0, vec!["attribute.outside"]));
    }

    #[test]
    fn each_shape_is_voted_about_and_agreed_on() {
        let answers = [said(&[(0, "a"), (1, "b")]), said(&[(0, "b")]), said(&[(0, "b"), (1, "a")])];
        let all: Vec<&Value> = answers.iter().collect();
        let voted = voted::attributes(&all);
        assert_eq!((voted.label, voted.ties, voted.outvoted), (said(&[(0, "b"), (1, "b")]), 1, 1));
        let some = |c: &str| Some(c.to_string());
        let units = compare(&all, Metric::KrippendorffAlpha, None).units;
        let want = [Unit(vec![some("a"), some("b"), some("b")], 1), Unit(vec![some("b"), None, some("a")], 1)];
        assert_eq!(units, want);
        assert_eq!(joined(&answers[1], &said(&[(1, "a")])), Some(said(&[(0, "b"), (1, "a")])));
        assert_eq!(joined(&answers[0], &answers[1]), None);
        assert_eq!(words(&answers[0]), "0: a, 1: b");
    }

    #[test]
    fn undeclared_classes_go() {
        let (classes, problems) = (["a".to_string()], Default::default());
        let mut judge = Judge::unbound("t", &classes, &problems);
        assert_eq!((KIND.judge)(&said(&[(0, "a"), (1, "x")]), &mut judge), Some(said(&[(0, "a")])));
        assert_eq!(rules_of(&judge.notes), ["class.undeclared"]);
    }
}

//! `object_detection`: boxes on an image, each with a class and flags. In pixels, 0-based, end exclusive.
//!
//! Judged: an undeclared class, no area, a side outside of the image where its size is known. Limits: no rotation.
use super::super::voted;
use super::kind::*;
use super::shapes::{Own, each, in_words, on_picture};
use crate::model::boxes::Box2;
use crate::table::{Cell, Value};

/// The fields of an annotation.
const NEEDS: Needs = &[CLASSES, &["x1", "bbox"], &["y1", "bbox"], &["x2", "bbox"], &["y2", "bbox"]];

pub const KIND: Kind = Kind {
    methods: &[Method::Single, Method::BoxFusion],
    vote: Some(voted::boxes),
    ..on_picture::<Box2>(Own {
        name: "object_detection",
        say: "Boxes on the image, each with a class.",
        form: "a list of objects with `class`, `x1`, `y1`, `x2`, `y2` (pixels from 0, end exclusive) \
           and, if there are any, `flags`; or with `bbox`, a list of x, y, width and height, in place of the four, as tables beside \
           pictures have it: `{ bbox = [[..]], categories = [..] }`.",
        takes: |ty| match list_with(ty, &[CLASSES, &["bbox"]]) {
            Take::Yes => Take::Yes,
            _ => list_with(ty, &[CLASSES, &["x1"], &["y1"], &["x2"], &["y2"]]),
        },
        from_cell: |cell, reading| from_list(cell, reading, |items, reading| reading.shapes(items, box_of, NEEDS)),
        from_text: |text, reading| from_json_list(text, reading, |items, reading| reading.shapes(items, box_of, NEEDS)),
        problems: &[
            CLASS,
            Problem::new("outside", "A box that passes a side of the image. `fix` cuts off what is outside."),
            Problem::new(
                "degenerate",
                "A box without area, with its corners exchanged, or with a coordinate that is no number; nothing can mend it.",
            ),
        ],
        judge: |answer, judge| each(answer, judge, judged),
        words,
    })
};

/// A box; its flags may be missing, its numbers may be whole.
pub(super) fn box_of(v: &Value) -> Option<Box2> {
    let class = class_of(v)?;
    let flags = Vec::from_value(v.field("flags")).unwrap_or_default();
    let [x1, y1, x2, y2] = match v.field("bbox") {
        Value::List(sides) => match sides.iter().map(number).collect::<Option<Vec<f64>>>()?.as_slice() {
            [x, y, width, height] => [*x, *y, x + width, y + height],
            _ => return None,
        },
        _ => {
            let at = |name| number(v.field(name));
            [at("x1")?, at("y1")?, at("x2")?, at("y2")?]
        }
    };
    Some(Box2 { class, x1, y1, x2, y2, flags })
}

fn judged(n: usize, b: Box2, judge: &mut Judge) -> Option<Box2> {
    let class = judge.class(&b.class, || format!("box {n}"))?;
    let b = Box2 { class, ..b };
    if b.flags.iter().any(|f| f == "degenerate") || !b.has_area() {
        judge.note("degenerate", "box.degenerate", format!("box {n} has no area, or its corners are exchanged"));
        return None;
    }
    let Some((w, h)) = judge.size().filter(|size| b.passes(*size)) else { return Some(b) };
    let cut = b.cut((w, h));
    let how = if cut.has_area() { "partly" } else { "wholly" };
    judge.note("outside", "box.outside", format!("box {n} lies {how} outside of the image of {w} x {h}"));
    (judge.mends("outside") && cut.has_area()).then_some(cut)
}

/// `RBC 1,2 3,4 (difficult)`
fn words(answer: &Value) -> String {
    fn one(b: &Box2) -> (String, &[String]) {
        (format!("{} {},{} {},{}", b.class, b.x1, b.y1, b.x2, b.y2), b.flags.as_slice())
    }
    in_words(answer, one)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{asking, pixels, rules_of};
    use super::*;

    #[test]
    fn a_box_that_cannot_be_read_says_why() {
        let map = Default::default();
        let said = |json: &str| {
            let mut reading = asking(&map);
            KIND.read_text(json, &mut reading);
            reading.notes.first().map(|n| n.say.clone()).unwrap_or_default()
        };
        let whole = r#"{"class": "a", "x1": 0, "y1": 0, "x2": 1, "y2": 1}"#;
        let of = |bad: &str| said(&format!("[{whole}, {bad}]"));
        let begins = "1 of 2 annotations cannot be read: ";
        assert_eq!(of(r#"{"class": "a", "x1": 0, "y1": 0}"#), format!("{begins}annotation 2 has no `x2`"));
        assert_eq!(of(r#"{"x1": 0, "y1": 0}"#), format!("{begins}annotation 2 has no `class`"));
        assert_eq!(of("7"), format!("{begins}annotation 2 is a number, not an object"));
        let text = r#"{"class": "a", "x1": 0, "y1": "1,5", "x2": 1, "y2": 2}"#;
        assert_eq!(of(text), format!("{begins}annotation 2 has a text as `y1`"));
        let several = r#"{"label": ["a", "b"], "bbox": [0, 0, 1, 1]}"#;
        assert_eq!(of(several), format!("{begins}annotation 2 has a list as `label`"));
        let short = r#"{"label": "a", "bbox": [0, 0, 1]}"#;
        assert!(of(short).ends_with("one of `label`, `bbox` has another form"), "{}", of(short));
    }

    #[test]
    fn numbers_may_be_whole_and_classes_are_mapped() {
        let map = [("dog".to_string(), "D".to_string())].into();
        let mut reading = asking(&map);
        let json = r#"[{"class": "dog", "x1": 0, "y1": 0.5, "x2": 2, "y2": 2}, {"class": "cat", "x1": 0}]"#;
        let answer = KIND.read_text(json, &mut reading).unwrap();
        assert_eq!(answer, vec![pixels("D", [0.0, 0.5, 2.0, 2.0], &[])].into_value());
        assert_eq!(rules_of(&reading.notes), ["vote.shape"]);
    }

    /// The columns of `objects` as image folders of `datasets` have them: lists side by side.
    #[test]
    fn boxes_of_a_table_beside_pictures_are_read() {
        let map = Default::default();
        let json = r#"{"id": [7, 8], "bbox": [[302.0, 109.0, 73.0, 52.0], [1, 2, 3, 4]], "categories": [0, "cat"], "area": [1, 12]}"#;
        let want = vec![pixels("0", [302.0, 109.0, 375.0, 161.0], &[]), pixels("cat", [1.0, 2.0, 4.0, 6.0], &[])];
        assert_eq!(KIND.read_text(json, &mut asking(&map)), Some(want.into_value()));
        assert_eq!(KIND.read_text(r#"[{"class": "a", "bbox": [1, 2, 3]}]"#, &mut asking(&map)), None);
        let ty = crate::table::types::parse("struct<bbox list<list<f64>>, categories list<i64>>");
        assert!(ty.is_none_or(|(ty, _)| (KIND.takes)(&ty) == Take::Yes));
    }

    #[test]
    fn boxes_are_cut_or_dropped() {
        let boxes = vec![
            pixels("RBC", [-1.0, 2.0, 5.0, 12.0], &["difficult"]),
            pixels("RBC", [20.0, 20.0, 30.0, 30.0], &[]),
            pixels("WBC", [1.0, 1.0, 2.0, 2.0], &["degenerate"]),
            pixels("WBC", [3.0, 3.0, 3.0, 4.0], &[]),
            pixels("WBC", [f64::NAN, 3.0, 3.0, 4.0], &[]),
            pixels("Sickle", [1.0, 1.0, 2.0, 2.0], &[]),
            pixels("WBC", [0.0, 0.0, 10.0, 10.0], &[]),
        ]
        .into_value();
        let classes = ["RBC", "WBC"].map(String::from);
        let whole = pixels("WBC", [0.0, 0.0, 10.0, 10.0], &[]);
        let (problems, bounds) = (Default::default(), [Some(10.0), Some(10.0)]);
        let mut judge = Judge { bounds: &bounds, ..Judge::unbound("t", &classes, &problems) };
        assert_eq!((KIND.judge)(&boxes, &mut judge), Some(vec![whole.clone()].into_value()));
        let found =
            ["box.outside", "box.outside", "box.degenerate", "box.degenerate", "box.degenerate", "class.undeclared"];
        assert_eq!(rules_of(&judge.notes), found);
        let problems = [("outside".to_string(), Respond::Fix)].into();
        let mut judge = Judge { bounds: &bounds, ..Judge::unbound("t", &classes, &problems) };
        let cut = pixels("RBC", [0.0, 2.0, 5.0, 10.0], &["difficult"]);
        assert_eq!((KIND.judge)(&boxes, &mut judge), Some(vec![cut, whole].into_value()));
        let mut judge = Judge { bounds: &[Some(10.0), None], ..Judge::unbound("t", &classes, &problems) };
        (KIND.judge)(&boxes, &mut judge);
        assert!(!rules_of(&judge.notes).contains(&"box.outside"), "an image of unknown size has no outside");
    }

    #[test]
    fn answers_in_words() {
        let cell = vec![pixels("RBC", [1.0, 2.0, 3.5, 4.0], &["difficult"])];
        assert_eq!(words(&cell.into_value()), "RBC 1,2 3.5,4 (difficult)");
    }
}

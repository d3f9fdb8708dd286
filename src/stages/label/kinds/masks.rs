//! `masks`: which pixels of an image belong to each object, with its class and flags, as lengths of runs.
//!
//! Judged mask by mask: an undeclared class; no pixel, or runs that do not add up to the pixels of its own size
//! (`mask.degenerate`); another size than the image's where that is known (`mask.size`).
use super::kind::*;
use super::shapes::{Own, each, in_words, on_picture};
use crate::model::masks::{Mask, checked, unpacked};
use crate::table::{Cell, Value};

/// The fields of an annotation.
const NEEDS: Needs = &[CLASSES, &["width"], &["height"], &["runs"]];

pub const KIND: Kind = on_picture::<Mask>(Own {
    name: "masks",
    say: "Masks on the image: the pixels of each object, with its class.",
    form: "a list of objects with `class`, `width`, `height`, `runs` (lengths of runs of pixels down the columns of the image, \
           outside and inside of the object in turn; or the text that COCO packs them into) and, if there are any, `flags`.",
    takes: |ty| list_with(ty, &[CLASSES, &["runs"]]),
    from_cell: |cell, reading| from_list(cell, reading, |items, reading| reading.shapes(items, mask_of, NEEDS)),
    from_text: |text, reading| from_json_list(text, reading, |items, reading| reading.shapes(items, mask_of, NEEDS)),
    problems: &[
        CLASS,
        Problem::new("size", "A mask of another width or height than the image. Nothing can mend it."),
        Problem::new("degenerate", "A mask of no pixel, or whose runs do not add up. Nothing can mend it."),
    ],
    judge: |answer, judge| each(answer, judge, judged),
    words,
});

/// A mask; its flags may be missing.
fn mask_of(v: &Value) -> Option<Mask> {
    let side = |name: &str| u32::from_value(v.field(name));
    let (width, height) = (side("width")?, side("height")?);
    let runs = match v.field("runs") {
        Value::Text(text) => unpacked(text).ok()?,
        list => Vec::from_value(list)?,
    };
    let runs = checked(&runs, [width, height]).unwrap_or(runs); // what does not add up is told where masks are judged
    let flags = Vec::from_value(v.field("flags")).unwrap_or_default();
    Some(Mask { class: class_of(v)?, width, height, runs, flags })
}

fn judged(n: usize, m: Mask, judge: &mut Judge) -> Option<Mask> {
    let class = judge.class(&m.class, || format!("mask {n}"))?;
    if !m.is_sound() {
        judge.note("degenerate", "mask.degenerate", format!("mask {n} has no pixel, or its runs do not add up"));
        return None;
    }
    let own = (f64::from(m.width), f64::from(m.height));
    if let Some((w, h)) = judge.size().filter(|size| *size != own) {
        let say = format!("mask {n} is of {} x {} pixels, the image has {w} x {h}", m.width, m.height);
        judge.note("size", "mask.size", say);
        return None;
    }
    Some(Mask { class, ..m })
}

/// `cell of 512 pixels (crowd)`
fn words(answer: &Value) -> String {
    fn one(m: &Mask) -> (String, &[String]) {
        (format!("{} of {} pixels", m.class, m.area()), m.flags.as_slice())
    }
    in_words(answer, one)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{asking, rules_of};
    use super::*;

    #[test]
    fn masks_are_read_and_judged() {
        let map = Default::default();
        let mut reading = asking(&map);
        let json = r#"[{"class": "a", "width": 3, "height": 4, "runs": "41211", "flags": ["crowd"]},
            {"class": "a", "width": 3, "height": 4, "runs": [4, 1]}, {"class": "a", "width": 3, "height": 4, "runs": [12]},
            {"class": "a", "width": 4, "height": 3, "runs": [0, 12]}, {"class": "b", "width": 3, "height": 4, "runs": [0, 12]},
            {"class": "a", "width": 3, "height": 4, "runs": "?!"}]"#;
        let answer = KIND.read_text(json, &mut reading).unwrap();
        assert_eq!(rules_of(&reading.notes), ["vote.shape"]);
        let (classes, problems, bounds) = (["a".to_string()], Default::default(), [Some(3.0), Some(4.0)]);
        let mut judge = Judge { bounds: &bounds, ..Judge::unbound("t", &classes, &problems) };
        let good = (KIND.judge)(&answer, &mut judge).unwrap();
        assert_eq!(words(&good), "a of 3 pixels (crowd)");
        let want = ["mask.degenerate", "mask.degenerate", "mask.size", "class.undeclared"];
        assert_eq!(rules_of(&judge.notes), want);
    }
}

//! Annotations that may be right, and are told since they seldom are: the same one twice, and boxes within one pixel.
use super::kinds::kind::Judge;
use super::rows::Note;
use crate::model::boxes::Box2;
use crate::stage::Act;
use crate::table::{Cell, Value};
use std::collections::HashSet;

/// Notes what is odd in an answer. Nothing of it goes.
pub fn tell(answer: &Value, judge: &mut Judge) {
    let Value::List(items) = answer else { return };
    let mut note = |rule: &'static str, say: String| {
        judge.notes.push(Note::new(Act::Finding, format!("label.{}.task", judge.task), rule, say));
    };
    let again = twice(items);
    if again > 0 {
        let say = format!("{again} of {} annotations: of the same class at the same place as one before", items.len());
        note("annotation.twice", say);
    }
    let boxes: Vec<Box2> = items.iter().filter_map(Box2::from_value).collect();
    if !boxes.is_empty() && boxes.len() == items.len() && boxes.iter().all(within_a_pixel) {
        let say = "all boxes lie within the first pixel: they look like shares of the image, and are taken for pixels";
        note("box.shares", say.into());
    }
}

/// How many annotations say what another one before them says, whatever their flags.
fn twice(items: &[Value]) -> usize {
    let mut seen: HashSet<String> = HashSet::new();
    let place = |item: &Value| match item {
        Value::Struct(fields) => {
            let own = fields.iter().filter(|(name, _)| name != "flags").cloned();
            Value::Struct(own.collect()).json().to_string()
        }
        other => other.json().to_string(),
    };
    items.iter().filter(|item| !seen.insert(place(item))).count()
}

/// Whether no side lies beyond the first pixel, and some side between pixels. Sides may be one less where the source counts
/// pixels from 1.
fn within_a_pixel(b: &Box2) -> bool {
    let sides = [b.x1, b.y1, b.x2, b.y2];
    sides.iter().all(|s| (-1.0..=1.0).contains(s)) && sides.iter().any(|s| s.fract() != 0.0)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{pixels, rules_of, spans};
    use super::*;

    fn told(answer: &Value) -> Vec<&'static str> {
        let (classes, problems) = (["RBC".to_string()], Default::default());
        let mut judge = Judge::unbound("t", &classes, &problems);
        tell(answer, &mut judge);
        rules_of(&judge.notes)
    }

    #[test]
    fn the_same_twice_and_shares_for_pixels() {
        let a = pixels("RBC", [1.0, 2.0, 3.0, 4.0], &[]);
        let difficult = pixels("RBC", [1.0, 2.0, 3.0, 4.0], &["difficult"]);
        assert_eq!(told(&vec![a.clone(), difficult].into_value()), ["annotation.twice"]);
        assert_eq!(told(&spans(&[("A", 0, 1), ("A", 0, 1)])), ["annotation.twice"]);
        assert_eq!(told(&spans(&[("A", 0, 1), ("B", 0, 1), ("A", 0, 2)])), [""; 0]);
        let share = pixels("RBC", [0.1, 0.2, 0.5, 1.0], &[]);
        assert_eq!(told(&vec![share.clone()].into_value()), ["box.shares"]);
        assert_eq!(told(&vec![pixels("RBC", [0.0, 0.0, 1.0, 1.0], &[])].into_value()), [""; 0]);
        assert_eq!(told(&vec![a, share].into_value()), [""; 0]);
    }
}

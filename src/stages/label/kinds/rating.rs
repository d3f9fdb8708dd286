//! `rating`: a number on a scale.
//!
//! Judged: a number outside of the scale, which takes its vote with it.
use super::super::compared::Compared;
use super::super::metric::OF_CLASSES;
use super::kind::*;
use crate::table::{Cell, DataType, Value};

pub const KIND: Kind = Kind {
    name: "rating",
    say: "A number on a scale.",
    form: "a number.",
    answer: f64::ty,
    takes,
    from_cell: |cell, reading| from_text(&cell.json().to_string(), reading),
    from_text,
    problems: &[Problem::new("outside", "A rating outside of the scale; its vote goes in any case.")],
    rules: &[],
    bounds: &[],
    moves: None,
    joins: None,
    judge,
    classes: false,
    candidates: None,
    points: false,
    scale: true,
    on_text: false,
    on_shapes: false,
    names_ends: false,
    prose: false,
    methods: &[Method::Median, Method::Single],
    vote: None,
    metrics: OF_CLASSES,
    compare: |answers, _, _| Compared::one(answers.iter().map(|a| a.key_text().unwrap_or_default()).collect()),
    words: |answer| answer.json().to_string(),
};

fn takes(ty: &DataType) -> Take {
    if matches!(ty, DataType::Utf8 | DataType::Int64 | DataType::Float64) { Take::Yes } else { Take::No }
}

fn from_text(text: &str, reading: &mut Reading) -> Option<Value> {
    let rating = rating(&reading.mapped(text));
    if rating.is_none() {
        reading.lose("vote.number", "the answer is not a number");
    }
    rating.map(Value::Float)
}

/// A finite number; zero has no sign.
fn rating(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|x| x.is_finite()).map(|x| x + 0.0)
}

fn judge(answer: &Value, judge: &mut Judge) -> Option<Value> {
    let rating = f64::from_value(answer)?;
    let (min, max) = (judge.min.map(|d| d.to_f64()), judge.max.map(|d| d.to_f64()));
    if rating >= min.unwrap_or(f64::NEG_INFINITY) && rating <= max.unwrap_or(f64::INFINITY) {
        return Some(Value::Float(rating));
    }
    judge.note("outside", "rating.outside", "a rating lies outside the scale; the vote does not count");
    None
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{asking, rules_of};
    use super::*;
    use crate::manifest::Decimal;

    #[test]
    fn numbers() {
        let want = [Some(1.0), Some(-2.5), Some(0.0), None, None, None];
        assert_eq!(["1", " -2.5 ", "-0", "NaN", "inf", "1,5"].map(rating), want);
        assert!(rating("-0").is_some_and(f64::is_sign_positive));
        let map = [("good".to_string(), "4".to_string())].into();
        let mut reading = asking(&map);
        assert_eq!(KIND.read_text("good", &mut reading), Some(Value::Float(4.0)));
        assert_eq!(KIND.read_cell(&Value::Float(2.5), &mut reading), Some(Value::Float(2.5)));
        assert_eq!(KIND.read_text("bad", &mut reading), None);
        assert_eq!(rules_of(&reading.notes), ["vote.number"]);
    }

    #[test]
    fn a_rating_outside_of_the_scale_takes_the_vote_with_it() {
        let (problems, scale) = (Default::default(), |n: i64| Some(Decimal::from(n)));
        let mut judge = Judge { min: scale(0), max: scale(5), ..Judge::unbound("t", &[], &problems) };
        let judged = [5.0, 0.0, 5.5, -1.0].map(|x| (KIND.judge)(&Value::Float(x), &mut judge));
        assert_eq!(judged, [Some(Value::Float(5.0)), Some(Value::Float(0.0)), None, None]);
        assert_eq!(rules_of(&judge.notes), ["rating.outside", "rating.outside"]);
    }
}

//! `classification`: one class for a sample.
//!
//! Judged: an undeclared class, which takes its vote with it.
use super::super::compared::Compared;
use super::super::metric::OF_CLASSES;
use super::kind::*;
use crate::table::{DataType, Value, utf8};

pub const KIND: Kind = Kind {
    name: "classification",
    say: "One class.",
    form: "a class, or a list of one class.",
    answer: utf8,
    takes,
    from_cell,
    from_text,
    problems: &[CLASS],
    rules: &[],
    bounds: &[],
    moves: None,
    joins: None,
    judge,
    classes: true,
    candidates: None,
    points: false,
    scale: false,
    on_text: false,
    on_shapes: false,
    names_ends: false,
    prose: false,
    methods: &[
        Method::Majority,
        Method::Single,
        Method::WeightedMajority,
        Method::DawidSkene,
        Method::OneCoin,
        Method::Mace,
    ],
    vote: None,
    metrics: OF_CLASSES,
    compare: |answers, _, _| Compared::one(answers.iter().map(|a| a.text().unwrap_or_default().to_string()).collect()),
    words: |answer| answer.text().unwrap_or_default().to_string(),
};

fn takes(ty: &DataType) -> Take {
    let one = |ty: &DataType| matches!(ty, DataType::Utf8 | DataType::Int64 | DataType::Float64 | DataType::Boolean);
    let list = matches!(ty, DataType::List(item) if one(item.data_type()));
    if one(ty) || list { Take::Yes } else { Take::No }
}

fn from_cell(cell: &Value, reading: &mut Reading) -> Option<Value> {
    let class = match cell {
        Value::List(classes) if classes.len() > 1 => {
            reading.lose("vote.shape", format!("{} classes where one is asked for", classes.len()));
            return None;
        }
        Value::List(one) => one.first().and_then(class_name),
        other => class_name(other),
    };
    class.map(|class| Value::Text(reading.mapped(&class)))
}

/// A class, or a list of classes as JSON.
fn from_text(text: &str, reading: &mut Reading) -> Option<Value> {
    match json(text).filter(|_| text.starts_with('[')) {
        Some(list) => from_cell(&list, reading),
        None => Some(Value::Text(reading.mapped(text))),
    }
}

fn judge(answer: &Value, judge: &mut Judge) -> Option<Value> {
    Some(Value::Text(judge.class(answer.text()?, || "the answer".into())?))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{asking, rules_of};
    use super::*;

    #[test]
    fn classes_are_mapped_and_empty_text_is_none() {
        let map = [("dog".to_string(), "D".to_string()), ("1".into(), "one".into())].into();
        let mut reading = asking(&map);
        assert_eq!(KIND.read_text("dog", &mut reading), Some(Value::Text("D".into())));
        assert_eq!(KIND.read_cell(&Value::Int(1), &mut reading), Some(Value::Text("one".into())));
        assert_eq!(KIND.read_cell(&Value::Bool(true), &mut reading), Some(Value::Text("true".into())));
        assert_eq!(KIND.read_text("", &mut reading), None);
        assert_eq!(rules_of(&reading.notes), ["vote.empty"]);
        let list = |of: &[&str]| Value::List(of.iter().map(|c| Value::Text(c.to_string())).collect());
        assert_eq!(KIND.read_cell(&list(&["dog"]), &mut reading), Some(Value::Text("D".into())));
        assert_eq!(KIND.read_text("[\"dog\"]", &mut reading), Some(Value::Text("D".into())));
        assert_eq!((KIND.read_text("[x]", &mut reading), reading.lost), (Some(Value::Text("[x]".into())), 0));
        assert_eq!((KIND.read_cell(&list(&["dog", "cat"]), &mut reading), reading.lost), (None, 1), "two are no class");
        assert_eq!((KIND.read_cell(&list(&[]), &mut reading), reading.lost), (None, 2), "none is no class");
    }

    #[test]
    fn a_class_that_is_not_declared_takes_the_vote_with_it() {
        let (classes, problems) = (["long".to_string()], Default::default());
        let mut judge = Judge::unbound("t", &classes, &problems);
        assert_eq!((KIND.judge)(&Value::Text("Long".into()), &mut judge), None);
        assert_eq!(rules_of(&judge.notes), ["class.undeclared"]);
        let problems = [("class".to_string(), Respond::Fix)].into();
        let fixed = (KIND.judge)(&Value::Text("Long".into()), &mut Judge::unbound("t", &classes, &problems));
        assert_eq!(fixed, Some(Value::Text("long".into())));
    }
}

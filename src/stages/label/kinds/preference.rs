//! `preference`: which of the declared candidates is better than all others; several may be as good, or all.
//!
//! Given as the name of a candidate, `tie`, names with `=` between them, a list of names, or an object with `chosen` and, if it says so,
//! `rejected`. Judged: a candidate that is not declared, which takes its vote with it. Who chooses all candidates chooses none.
use super::super::compared::Compared;
use super::super::metric::{OF_PREFERENCES, Scale};
use super::candidates::Candidates;
use super::kind::*;
use super::naming::{CANDIDATE, declared, is_tie, names, note_others, parts};
use crate::model::candidates::{Preference, TIE};
use crate::table::{Cell, DataType, Value};

pub const KIND: Kind = Kind {
    name: "preference",
    say: "Which of the candidates is better than the others, or that none is.",
    form: "the name of a candidate, `tie`, names with `=` between them, a list of names, or an object with `chosen` and `rejected`.",
    answer: Preference::ty,
    takes,
    from_cell,
    from_text,
    problems: &[CANDIDATE],
    rules: &[],
    bounds: &[],
    moves: None,
    joins: None,
    judge,
    classes: false,
    candidates: Some(&Candidates {
        categories: |candidates| candidates.iter().cloned().chain([TIE.to_string()]).collect(),
        level: Scale::Nominal,
        separated: false,
        word,
    }),
    points: false,
    scale: false,
    on_text: false,
    on_shapes: false,
    names_ends: false,
    prose: false,
    methods: &[Method::Majority, Method::Single],
    vote: None,
    metrics: OF_PREFERENCES,
    compare: |answers, _, _| Compared::one(answers.iter().map(|a| word(a)).collect()),
    words: word,
};

fn word(answer: &Value) -> String {
    Preference::from_value(answer).map_or(String::new(), |p| p.word())
}

fn takes(ty: &DataType) -> Take {
    let name = |ty: &DataType| matches!(ty, DataType::Utf8 | DataType::Int64 | DataType::Boolean);
    let takes = match ty {
        DataType::List(item) => name(item.data_type()),
        DataType::Struct(own) => own.find("chosen").is_some_and(|(_, f)| match f.data_type() {
            DataType::List(item) => name(item.data_type()),
            other => name(other),
        }),
        other => name(other),
    };
    if takes { Take::Yes } else { Take::No }
}

fn from_text(text: &str, reading: &mut Reading) -> Option<Value> {
    if text.trim_start().starts_with(['{', '['])
        && let Some(value) = json(text)
    {
        return from_cell(&value, reading);
    }
    // a name may hold a sign of its own
    let mapped = reading.mapped(text.trim());
    if is_tie(&mapped) {
        return Some(Preference { chosen: Vec::new() }.into_value());
    }
    let chosen = if mapped == text.trim() { parts(text, reading)? } else { vec![mapped] };
    preferred(chosen, &[], reading)
}

fn from_cell(cell: &Value, reading: &mut Reading) -> Option<Value> {
    match cell {
        Value::Struct(_) => {
            let chosen = match cell.field("chosen") {
                Value::Null => None,
                of => names(of, reading),
            };
            let (chosen, rejected) = (chosen?, names(cell.field("rejected"), reading)?);
            note_others(cell, ["chosen", "rejected"], reading);
            preferred(chosen, &rejected, reading)
        }
        Value::List(none) if none.is_empty() => {
            reading.lose("vote.shape", "an empty list says not whether the candidates are as good, which `tie` says");
            None
        }
        other => preferred(names(other, reading)?, &[], reading),
    }
}

/// The answer; none where a candidate is said to be better and worse at once.
fn preferred(mut chosen: Vec<String>, rejected: &[String], reading: &mut Reading) -> Option<Value> {
    if let [one] = chosen.as_slice()
        && is_tie(one)
    {
        chosen.clear();
    }
    chosen.sort();
    chosen.dedup();
    if chosen.iter().any(|name| rejected.contains(name)) || chosen.iter().any(|name| name.is_empty() || is_tie(name)) {
        reading.lose("vote.shape", "the answer prefers a candidate, and says something else of it at once");
        return None;
    }
    Some(Preference { chosen }.into_value())
}

fn judge(answer: &Value, judge: &mut Judge) -> Option<Value> {
    let mut chosen = Vec::new();
    for name in Preference::from_value(answer)?.chosen {
        chosen.push(declared(&name, judge)?);
    }
    chosen.sort();
    chosen.dedup();
    if judge.classes.iter().all(|candidate| chosen.contains(candidate)) {
        chosen.clear();
    }
    Some(Preference { chosen }.into_value())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{asking, rules_of};
    use super::*;

    fn chosen(of: &[&str]) -> Value {
        Preference { chosen: of.iter().map(|c| c.to_string()).collect() }.into_value()
    }

    #[test]
    fn a_preference_is_read_in_every_form() {
        let map = [("left", "a"), ("right", "b"), ("both", "tie")].map(|(k, v)| (k.to_string(), v.to_string())).into();
        let mut reading = asking(&map);
        let mut read = |text: &str| KIND.read_text(text, &mut reading);
        assert_eq!((read("left"), read(" b ")), (Some(chosen(&["a"])), Some(chosen(&["b"]))));
        assert_eq!(
            (read("both"), read("Tie"), read(r#"{"chosen": []}"#)),
            (Some(chosen(&[])), Some(chosen(&[])), Some(chosen(&[])))
        );
        assert_eq!(
            (read("c = left"), read(r#"["c", "left"]"#)),
            (Some(chosen(&["a", "c"])), Some(chosen(&["a", "c"])))
        );
        assert_eq!(read(r#"{"chosen": "left", "rejected": ["right"]}"#), Some(chosen(&["a"])));
        assert!(reading.notes.is_empty());
        let much = r#"{"chosen": "left", "rejected": null, "margin": 2, "why": null}"#;
        assert_eq!(KIND.read_text(much, &mut reading), Some(chosen(&["a"])));
        assert_eq!((rules_of(&reading.notes), reading.lost), (vec!["vote.fields"], 0));
        assert_eq!(KIND.read_cell(&Value::Int(2), &mut reading), Some(chosen(&["2"])));
        assert_eq!(KIND.read_cell(&chosen(&["b"]), &mut reading), Some(chosen(&["b"])));
    }

    #[test]
    fn what_contradicts_itself_is_no_answer() {
        let map = Default::default();
        let mut reading = asking(&map);
        let wrong = [
            r#"{"chosen": "a", "rejected": "a"}"#,
            "[]",
            "a =",
            r#"["a", "tie"]"#,
            r#"{"rejected": "a"}"#,
            r#"{"chosen": {}}"#,
        ];
        assert!(wrong.iter().all(|text| KIND.read_text(text, &mut reading).is_none()));
        assert_eq!((rules_of(&reading.notes), reading.lost), (vec!["vote.shape"; 6], 6));
    }

    #[test]
    fn who_chooses_all_chooses_none() {
        let (classes, problems) = (["a", "b"].map(String::from), Default::default());
        let mut judge = Judge::unbound("t", &classes, &problems);
        assert_eq!((KIND.judge)(&chosen(&["a", "b"]), &mut judge), Some(chosen(&[])));
        assert_eq!((KIND.judge)(&chosen(&["a"]), &mut judge), Some(chosen(&["a"])));
        assert_eq!(
            ((KIND.judge)(&chosen(&["A"]), &mut judge), rules_of(&judge.notes)),
            (None, vec!["candidate.undeclared"])
        );
        let problems = [("candidate".to_string(), Respond::Fix)].into();
        let mut judge = Judge::unbound("t", &classes, &problems);
        assert_eq!((KIND.judge)(&chosen(&["A"]), &mut judge), Some(chosen(&["a"])));
    }
}

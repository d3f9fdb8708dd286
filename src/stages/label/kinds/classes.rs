//! `classes`: any number of classes for a sample, each once, in the order of their names.
//!
//! Given as a list of classes, as JSON, or as one text with a declared `separator` between them. `[]` says that none fits; an empty
//! text says nothing. A class that stands twice counts once, which is told (`class.twice`). Judged: an undeclared class, which goes
//! by itself.
use super::super::compared::Compared;
use super::super::metric::OF_SETS;
use super::super::voted;
use super::kind::*;
use crate::table::{Cell, DataType, Value};

pub const KIND: Kind = Kind {
    name: "classes",
    say: "Any number of classes, each once.",
    form: "a list of classes, of which `[]` says that none fits, or one text with the classes between which `separator` stands; an \
           empty text says nothing.",
    answer: Vec::<String>::ty,
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
    methods: &[Method::Single, Method::Vote],
    vote: Some(voted::same::<String>),
    metrics: OF_SETS,
    compare: |answers, _, _| Compared::one(answers.iter().map(|a| set_text(a)).collect()),
    words: |answer| Vec::<String>::from_value(answer).unwrap_or_default().join(", "),
};

/// A list of classes as one category of a coefficient.
fn set_text(answer: &Value) -> String {
    crate::measure::agreement::set_text(Vec::from_value(answer).unwrap_or_default())
}

fn takes(ty: &DataType) -> Take {
    let one = |ty: &DataType| matches!(ty, DataType::Utf8 | DataType::Int64);
    let list = matches!(ty, DataType::List(item) if one(item.data_type()));
    if one(ty) || list { Take::Yes } else { Take::No }
}

/// The classes of a list as the source names them, or the one class that a number is.
fn from_cell(cell: &Value, reading: &mut Reading) -> Option<Value> {
    match cell {
        Value::List(items) => Some(classes(items, reading).into_value()),
        other => Some(vec![reading.mapped(&class_name(other)?)].into_value()),
    }
}

fn classes(items: &[Value], reading: &mut Reading) -> Vec<String> {
    let all = reading.shaped(items, class_name, &[]);
    let mut all: Vec<String> = all.iter().map(|class| reading.mapped(class)).collect();
    all.sort();
    let named = all.len();
    all.dedup();
    if all.len() < named {
        reading.note("class.twice", format!("{} of {named} classes stand in the answer already", named - all.len()));
    }
    all
}

/// A list as JSON, or classes with the separator between them; without a separator one class.
fn from_text(text: &str, reading: &mut Reading) -> Option<Value> {
    if let Some(list @ Value::List(_)) = json(text).filter(|_| text.trim_start().starts_with('[')) {
        return from_cell(&list, reading);
    }
    let Some(separator) = reading.separator else {
        return Some(vec![reading.mapped(text)].into_value());
    };
    let parts: Vec<&str> = text.split(separator).map(str::trim).collect();
    let named: Vec<Value> = parts.iter().filter(|part| !part.is_empty()).map(|p| Value::Text(p.to_string())).collect();
    // one at the end closes the list
    let empty = parts.len() - named.len() - usize::from(parts.last() == Some(&""));
    if empty > 0 || named.is_empty() {
        let say = format!("{} parts between separators name no class", empty.max(1));
        reading.lose("vote.shape", say);
    }
    Some(classes(&named, reading).into_value())
}

/// Signs that often stand between classes.
const SIGNS: [char; 3] = [';', ',', '|'];

/// What is to be said of a text that was taken for one class, where all that stands between such signs are classes.
pub fn unparted(text: &str, is_class: impl Fn(&str) -> bool) -> Option<String> {
    let parts = |sign: char| text.split(sign).map(str::trim).filter(|part| !part.is_empty());
    let sign = SIGNS.into_iter().find(|sign| parts(*sign).count() > 1 && parts(*sign).all(&is_class))?;
    Some(format!(
        "these are several classes: `separator = \"{sign}\"` of the source says so, or a list in JSON, `[\"a\", \"b\"]`"
    ))
}

fn judge(answer: &Value, judge: &mut Judge) -> Option<Value> {
    let mut good: Vec<String> = Vec::new();
    for (i, class) in Vec::<String>::from_value(answer)?.iter().enumerate() {
        judge.item = i + 1;
        let Some(own) = judge.class(class, || format!("class {} of the answer", i + 1)) else {
            let help = unparted(class, |part| judge.classes.iter().any(|c| c == part));
            judge.notes.last_mut().zip(help).into_iter().for_each(|(note, help)| note.say += &format!("; {help}"));
            continue;
        };
        let class = own;
        if good.contains(&class) {
            // once its case is mended it is another one of them
            judge.note("class", "class.twice", format!("class {} of the answer stands there already", i + 1));
        } else {
            good.push(class);
        }
    }
    good.sort();
    Some(good.into_value())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{asking, rules_of};
    use super::*;

    fn list(of: &[&str]) -> Value {
        of.iter().map(|c| c.to_string()).collect::<Vec<_>>().into_value()
    }

    #[test]
    fn lists_and_separated_texts_are_read() {
        let map = [("dog".to_string(), "D".to_string())].into();
        let mut reading = asking(&map);
        assert_eq!(KIND.read_text(r#"["dog", "cat"]"#, &mut reading), Some(list(&["D", "cat"])));
        assert_eq!(KIND.read_text("[]", &mut reading), Some(list(&[])), "none fits");
        assert_eq!(KIND.read_text("dog, cat", &mut reading), Some(list(&["dog, cat"])), "no separator is declared");
        assert_eq!(KIND.read_cell(&Value::List(vec![Value::Int(3)]), &mut reading), Some(list(&["3"])));
        assert_eq!((KIND.read_text("", &mut reading), reading.lost), (None, 0), "nothing is said");
        let mut reading = Reading { separator: Some(";"), ..asking(&map) };
        assert_eq!(KIND.read_text("wolf ; dog;", &mut reading), Some(list(&["D", "wolf"])));
        assert_eq!((KIND.read_text(r#"["a;b"]"#, &mut reading), reading.lost), (Some(list(&["a;b"])), 0));
        assert_eq!((KIND.read_text("a;b;a", &mut reading), reading.lost), (Some(list(&["a", "b"])), 0));
        assert_eq!(rules_of(&reading.notes), ["class.twice"]);
        assert_eq!((KIND.read_text("a;;b", &mut reading), reading.lost), (Some(list(&["a", "b"])), 1));
        assert_eq!((KIND.read_text(";", &mut reading), reading.lost), (None, 2), "a separator alone is no answer");
    }

    #[test]
    fn what_is_no_class_is_lost_and_told() {
        let map = Default::default();
        let mut reading = asking(&map);
        let cell = Value::List(vec![Value::Text("a".into()), Value::Null]);
        assert_eq!((KIND.read_cell(&cell, &mut reading), reading.lost), (Some(list(&["a"])), 1));
        assert_eq!(rules_of(&reading.notes), ["vote.shape"]);
    }

    #[test]
    fn an_undeclared_class_goes_and_the_others_stay() {
        let (classes, problems) = (["long".to_string(), "new".to_string()], Default::default());
        let mut judge = Judge::unbound("t", &classes, &problems);
        assert_eq!((KIND.judge)(&list(&["long", "new", "old"]), &mut judge), Some(list(&["long", "new"])));
        assert_eq!(rules_of(&judge.notes), ["class.undeclared"]);
        assert!(!judge.notes[0].say.contains("separator"));
        assert_eq!((KIND.judge)(&list(&["long; new"]), &mut judge), Some(list(&[])));
        assert!(judge.notes[1].say.contains("separator = \";\""), "{}", judge.notes[1].say);
        let sign = |text: &str| unparted(text, |part| ["a", "b"].contains(&part)).is_some();
        assert!(sign("a|b") && sign("b, a,") && !sign("a; c") && !sign("a") && !sign("a;"));
    }

    #[test]
    fn a_class_that_most_gave_stays() {
        let answers = [list(&["a", "b"]), list(&["a"]), list(&["a", "b", "c"])];
        let of = |n: usize| (KIND.vote.unwrap())(&answers.iter().take(n).collect::<Vec<_>>());
        assert_eq!((of(3).label, of(3).ties, of(3).outvoted), (list(&["a", "b"]), 0, 1));
        assert_eq!((of(2).label, of(2).ties), (list(&["a", "b"]), 1), "of two the first one's stand");
    }
}

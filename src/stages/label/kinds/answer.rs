//! `answer`: what somebody says in free words to a question, or of a picture: one text or several, such as captions.
//!
//! Given as a text, a list of texts, or an object with `text`; an object without any text says that there is no answer. Texts are brought
//! to composed form, which is told (`answer.composed`), as is what an object says besides (`answer.fields`) and a text that stands twice
//! (`answer.twice`), and JSON of another form (`answer.json`). Several answers of one annotator, such as a row for each caption of a picture, are one of several texts. Judged: a text
//! of white space alone (`empty`).
use super::super::compared;
use super::super::metric::OF_ANSWERS;
use super::kind::*;
use crate::measure::names::composed;
use crate::model::replies::Reply;
use crate::table::{Cell, DataType, Value};

pub const KIND: Kind = Kind {
    name: "answer",
    say: "What somebody says in free words, as one text or several.",
    form: "a text, a list of texts, or an object with `text`: a text or a list of them, of which an empty one says that there is no answer.",
    answer: Reply::ty,
    takes,
    from_cell,
    from_text,
    problems: &[Problem::new("empty", "A text of white space alone; nothing can mend it.")],
    rules: &[],
    bounds: &[],
    moves: None,
    joins: Some(joined),
    judge,
    classes: false,
    candidates: None,
    points: false,
    scale: false,
    on_text: false,
    on_shapes: false,
    names_ends: false,
    prose: true,
    methods: &[Method::All, Method::Single, Method::Majority, Method::Longest],
    vote: None,
    metrics: OF_ANSWERS,
    compare: |answers, metric, _| {
        let texts = |a: &&Value| Reply::from_value(a).map_or(Vec::new(), |r| r.text);
        compared::replies(&answers.iter().map(texts).collect::<Vec<_>>(), metric)
    },
    words,
};

fn words(answer: &Value) -> String {
    match Reply::from_value(answer) {
        Some(reply) if reply.text.is_empty() => "(there is no answer)".into(),
        reply => reply.map_or(String::new(), |r| r.text.join(" | ")),
    }
}

fn takes(ty: &DataType) -> Take {
    let texts = |ty: &DataType| match ty {
        DataType::List(item) => *item.data_type() == DataType::Utf8,
        other => *other == DataType::Utf8,
    };
    let takes = match ty {
        DataType::Struct(own) => own.find("text").is_some_and(|(_, f)| texts(f.data_type())),
        other => texts(other),
    };
    if takes { Take::Yes } else { Take::No }
}

/// A plain text, a JSON list of texts, of which an empty one says that there is no answer, or a JSON object with `text`; other JSON is a
/// text like any other, which is told.
fn from_text(text: &str, reading: &mut Reading) -> Option<Value> {
    let is_text = |v: &Value| matches!(v, Value::Text(_));
    match json(text).filter(|_| text.trim_start().starts_with(['{', '['])) {
        Some(Value::List(items)) if items.iter().all(is_text) => return from_cell(&Value::List(items), reading),
        Some(object @ Value::Struct(_)) if *object.field("text") != Value::Null => return from_cell(&object, reading),
        Some(_) => {
            reading.note("answer.json", "the answer is JSON of a form that answers do not have: it stands as a text")
        }
        None => {}
    }
    from_cell(&Value::Text(text.to_string()), reading)
}

/// Whether a note says of an answer how it is taken, and not that something of it is lost.
pub fn is_taken(rule: &str) -> bool {
    ["answer.composed", "answer.twice", "answer.json"].contains(&rule)
}

fn from_cell(cell: &Value, reading: &mut Reading) -> Option<Value> {
    let text = match cell {
        Value::Text(text) => vec![text.clone()],
        Value::List(items) => reading.shaped(items, |item| item.text().map(str::to_string), &[]),
        Value::Struct(fields) => {
            let others = fields.iter().filter(|(name, value)| name != "text" && *value != Value::Null).count();
            if others > 0 {
                let say = format!("{others} fields beside `text`, such as where a text begins, are left out");
                reading.note("answer.fields", say);
            }
            match cell.field("text") {
                Value::Text(text) => vec![text.clone()],
                Value::List(items) => reading.shaped(items, |item| item.text().map(str::to_string), &[]),
                _ => return None,
            }
        }
        _ => return None,
    };
    Some(Reply { text: different(text, reading) }.into_value())
}

/// What one annotator said in two answers; none where one of them is that there is no answer.
fn joined(one: &Value, other: &Value) -> Option<Value> {
    let texts = |v: &Value| Reply::from_value(v).map(|r| r.text).filter(|all| !all.is_empty());
    let mut text = texts(one)?;
    let new: Vec<String> = texts(other)?.into_iter().filter(|t| !text.contains(t)).collect();
    text.extend(new);
    Some(Reply { text }.into_value())
}

/// The texts in composed form, each once.
fn different(texts: Vec<String>, reading: &mut Reading) -> Vec<String> {
    let (all, mut out, mut changed) = (texts.len(), Vec::with_capacity(texts.len()), 0);
    for text in texts {
        let whole = composed(&text).into_owned();
        changed += usize::from(whole != text);
        if !out.contains(&whole) {
            out.push(whole);
        }
    }
    if changed > 0 {
        reading.note("answer.composed", format!("{changed} of {all} texts are brought to composed form (NFC)"));
    }
    if out.len() < all {
        reading.note("answer.twice", format!("{} of {all} texts stand in the answer already", all - out.len()));
    }
    out
}

fn judge(answer: &Value, judge: &mut Judge) -> Option<Value> {
    let all = Reply::from_value(answer)?.text;
    let empty = |text: &String| text.trim().is_empty();
    let gone = all.iter().filter(|text| empty(text)).count();
    if gone > 0 {
        judge.note("empty", "answer.empty", format!("{gone} of {} texts are white space alone", all.len()));
        if gone == all.len() {
            return None;
        }
    }
    Some(Reply { text: all.into_iter().filter(|text| !empty(text)).collect() }.into_value())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{asking, rules_of};
    use super::*;

    fn reply(of: &[&str]) -> Value {
        Reply { text: of.iter().map(|t| t.to_string()).collect() }.into_value()
    }

    #[test]
    fn texts_lists_and_objects_are_answers() {
        let map = Default::default();
        let mut reading = asking(&map);
        let mut read = |text: &str| KIND.read_text(text, &mut reading);
        assert_eq!(
            (read("a dog"), read(r#"["a dog", "it runs"]"#)),
            (Some(reply(&["a dog"])), Some(reply(&["a dog", "it runs"])))
        );
        assert_eq!(
            (read("{so}"), read("[]"), read(" [ ] ")),
            (Some(reply(&["{so}"])), Some(reply(&[])), Some(reply(&[])))
        );
        assert_eq!((read(r#"{"text": []}"#), read(r#"{"text": "a"}"#)), (Some(reply(&[])), Some(reply(&["a"]))));
        assert!(reading.notes.is_empty());
        for text in ["[12]", r#"["a", 3]"#, r#"{"text": null}"#, r#"{"a": 1}"#] {
            assert_eq!(KIND.read_text(text, &mut reading), Some(reply(&[text])));
        }
        assert_eq!((rules_of(&reading.notes), reading.lost), (vec!["answer.json"; 4], 0));
        reading.notes.clear();
        let squad = r#"{"text": ["a", "a", "b"], "answer_start": [1, 1, 7]}"#;
        assert_eq!(KIND.read_text(squad, &mut reading), Some(reply(&["a", "b"])));
        assert_eq!(KIND.read_text("e\u{301}", &mut reading), Some(reply(&["\u{e9}"])));
        assert_eq!(rules_of(&reading.notes), ["answer.fields", "answer.twice", "answer.composed"]);
        assert_eq!((KIND.read_text(r#"{"text": 3}"#, &mut reading), reading.lost), (None, 1));
    }

    #[test]
    fn several_answers_of_one_annotator_are_one() {
        assert_eq!(joined(&reply(&["a", "b"]), &reply(&["b", "c"])), Some(reply(&["a", "b", "c"])));
        assert_eq!(joined(&reply(&["a"]), &reply(&[])), None, "there is an answer, and there is none");
    }

    #[test]
    fn words_tell_an_answer_from_none() {
        assert_eq!((words(&reply(&["a", "b"])), words(&reply(&[]))), ("a | b".into(), "(there is no answer)".into()));
    }

    #[test]
    fn white_space_says_nothing() {
        let problems = Default::default();
        let mut judge = Judge::unbound("t", &[], &problems);
        assert_eq!((KIND.judge)(&reply(&["a", " "]), &mut judge), Some(reply(&["a"])));
        assert_eq!(
            ((KIND.judge)(&reply(&[" "]), &mut judge), (KIND.judge)(&reply(&[]), &mut judge)),
            (None, Some(reply(&[])))
        );
        assert_eq!(rules_of(&judge.notes), ["answer.empty"; 2]);
    }
}

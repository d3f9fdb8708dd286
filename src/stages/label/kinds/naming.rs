//! How answers name the declared candidates of their task.
use super::kind::*;
use crate::measure::names::composed;
use crate::model::candidates::TIE;
use crate::table::Value;

pub const CANDIDATE: Problem = Problem::new(
    "candidate",
    "A candidate that is not declared; its vote goes. `fix` finds the one that differs in case alone.",
);

/// The names that a value gives: a text, a number, or a list of such. `None` where one of them is none.
pub fn names(of: &Value, reading: &Reading) -> Option<Vec<String>> {
    let one = |v: &Value| Some(reading.mapped(class_name(v)?.trim()));
    match of {
        Value::Null => Some(Vec::new()),
        Value::List(items) => items.iter().map(one).collect(),
        other => Some(vec![one(other)?]),
    }
}

/// The names of a text between which `=` stands.
pub fn parts(text: &str, reading: &Reading) -> Option<Vec<String>> {
    let all: Vec<String> = text.split('=').map(|part| reading.mapped(part.trim())).collect();
    all.iter().all(|name| !name.is_empty()).then_some(all)
}

/// Tells how many fields an object has besides those that are read, which are left out with what they say.
pub fn note_others(object: &Value, read: [&str; 2], reading: &mut Reading) {
    let Value::Struct(fields) = object else { return };
    let others = fields.iter().filter(|(name, value)| !read.contains(&name.as_str()) && *value != Value::Null).count();
    if others > 0 {
        let [one, other] = read;
        let say =
            format!("{others} fields beside `{one}` and `{other}`, such as by how much one is better, are left out");
        reading.note("vote.fields", say);
    }
}

/// Whether a text says that no candidate is better.
pub fn is_tie(text: &str) -> bool {
    text.trim().eq_ignore_ascii_case(TIE)
}

/// The declared candidate that a name means, in whatever normal form it is written.
pub fn declared(name: &str, judge: &mut Judge) -> Option<String> {
    let same =
        |c: &&String| composed(c) == composed(name) || whole(name).is_some_and(|number| whole(c) == Some(number));
    if let Some(candidate) = judge.classes.iter().find(same) {
        return Some(candidate.clone());
    }
    let folded = |name: &str| composed(name.trim()).to_lowercase();
    let mut alike = judge.classes.iter().filter(|c| folded(c) == folded(name));
    let meant = alike.next().filter(|_| alike.next().is_none());
    let near =
        meant.map(String::as_str).or_else(|| crate::diag::nearest(name, judge.classes.iter().map(String::as_str)));
    let near = near.map_or(String::new(), |c| format!("; the nearest one that is: `{c}`"));
    let meant = meant.filter(|_| judge.mends("candidate")).cloned();
    let what = if judge.open { format!("the candidate `{name}`, which") } else { "a candidate that".to_string() };
    judge.note("candidate", "candidate.undeclared", format!("the answer names {what} is not declared{near}"));
    meant
}

//! Answers as values, shape by shape.
use crate::stages::label::decided::{answer, answer_text};
use crate::stages::label::kinds::kind::Kind;
use crate::table::{Cell, Value};
use serde_json::Value as Json;

/// An answer of a kind.
pub fn value(kind: &Kind, given: &Json) -> Option<Value> {
    answer(kind, &answer_text(given)).ok()
}

/// Every shape of a list, with its number.
pub fn each<T: Cell>(of: &Value, one: impl Fn(usize, T) -> String) -> String {
    let all = Vec::<T>::from_value(of).unwrap_or_default();
    all.into_iter().enumerate().map(|(n, own)| one(n, own)).collect()
}

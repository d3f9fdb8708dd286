//! Which rows of a bucket belong to which left row of a join. Keys are compared as they are; one that no left row has
//! meets those that differ from it in the Unicode normal form alone.
use super::{Fault, Rows};
use crate::measure::names::composed;
use crate::table::{ArrayRef, Value, value_at};
use std::collections::{HashMap, HashSet};

/// The join keys of a left row: its text or its number, or those of its list.
pub(crate) fn keys_at(array: &ArrayRef, row: usize) -> Vec<String> {
    match value_at(array.as_ref(), row) {
        Value::List(items) => items.iter().filter_map(Value::key_text).collect(),
        own => own.key_text().into_iter().collect(),
    }
}

/// For each left row the rows of the bucket that belong to it.
pub(super) fn matches(on: &str, key: &str, left: &Rows, bucket: &Rows) -> Result<Vec<Vec<usize>>, Fault> {
    let on = left.column(on)?;
    let keys: Vec<Vec<String>> = (0..left.len()).map(|row| keys_at(&on, row)).collect();
    let own: HashSet<&String> = keys.iter().flatten().collect();
    let (mut by_key, mut by_form): (HashMap<String, Vec<usize>>, HashMap<String, Vec<usize>>) = Default::default();
    for (i, key) in bucket.texts(key)?.into_iter().enumerate() {
        let key = key.unwrap_or_default();
        match own.contains(&key) {
            true => by_key.entry(key).or_default().push(i),
            false => by_form.entry(composed(&key).into_owned()).or_default().push(i),
        }
    }
    let of = |key: &String| {
        let otherwise = if by_form.is_empty() { None } else { by_form.get(&*composed(key)) };
        by_key.get(key).into_iter().chain(otherwise).flatten().copied().collect::<Vec<usize>>()
    };
    Ok(keys.iter().map(|keys| keys.iter().flat_map(of).collect()).collect())
}

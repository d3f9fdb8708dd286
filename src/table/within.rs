//! Texts within lists and objects: how each of them is looked at, and how a column comes to be that holds others.
use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ListArray, StructArray};
use arrow_schema::DataType;
use std::sync::Arc;

/// Another text for one that stands in a row; `None` leaves it as it is.
pub type Change<'c> = dyn FnMut(usize, &str) -> Option<String> + 'c;

/// The column with other texts, wherever they lie in it; `None` where every text stays as it is.
pub fn changed(array: &ArrayRef, change: &mut Change) -> Option<ArrayRef> {
    let rows: Vec<Option<usize>> = (0..array.len()).map(Some).collect();
    within(array, &rows, change)
}

/// `rows` says in which row of the column each slot lies; no row where the slot is not to be seen.
fn within(array: &ArrayRef, rows: &[Option<usize>], change: &mut Change) -> Option<ArrayRef> {
    match array.data_type() {
        DataType::Utf8 => texts(array, rows, change),
        DataType::List(field) => {
            let lists = array.as_list::<i32>();
            let mut inner = vec![None; lists.values().len()];
            for (slot, row) in rows.iter().enumerate().filter(|(slot, _)| lists.is_valid(*slot)) {
                let ends = lists.offsets().get(slot).zip(lists.offsets().get(slot + 1));
                let (start, end) = ends.map_or((0, 0), |(a, b)| (*a as usize, *b as usize));
                inner.get_mut(start..end).unwrap_or_default().fill(*row);
            }
            let values = within(lists.values(), &inner, change)?;
            let made = ListArray::try_new(field.clone(), lists.offsets().clone(), values, lists.nulls().cloned());
            made.ok().map(|list| Arc::new(list) as ArrayRef)
        }
        DataType::Struct(fields) => {
            let object = array.as_struct();
            let seen = rows.iter().enumerate().map(|(slot, row)| row.filter(|_| object.is_valid(slot)));
            let seen: Vec<Option<usize>> = seen.collect();
            let made: Vec<Option<ArrayRef>> = object.columns().iter().map(|c| within(c, &seen, change)).collect();
            if made.iter().all(Option::is_none) {
                return None;
            }
            let columns = made.into_iter().zip(object.columns()).map(|(new, old)| new.unwrap_or_else(|| old.clone()));
            let made = StructArray::try_new(fields.clone(), columns.collect(), object.nulls().cloned());
            made.ok().map(|object| Arc::new(object) as ArrayRef)
        }
        _ => None,
    }
}

fn texts(array: &ArrayRef, rows: &[Option<usize>], change: &mut Change) -> Option<ArrayRef> {
    let before = array.as_string::<i32>();
    let other = |(text, row): (Option<&str>, &Option<usize>)| change((*row)?, text?);
    let new: Vec<Option<String>> = before.iter().zip(rows).map(other).collect();
    if new.iter().all(Option::is_none) {
        return None;
    }
    let mut made = StringBuilder::new();
    before.iter().zip(&new).for_each(|(old, new)| made.append_option(new.as_deref().or(old)));
    Some(Arc::new(made.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::messages::Message;
    use crate::table::{array_of, cells};

    #[test]
    fn each_text_is_seen_with_its_row() {
        let turns = |texts: &[&str]| Some(texts.iter().map(|t| Message::new("user", *t)).collect::<Vec<_>>());
        let column: ArrayRef = array_of([turns(&["a", "b"]), None, turns(&[]), turns(&["c", "a"])]);
        let mut seen = Vec::new();
        let made = changed(&column, &mut |row, text| {
            seen.push((row, text.to_string()));
            (text == "a").then(|| "x".into())
        });
        let made = cells::<Vec<Message>>(made.unwrap().as_ref());
        assert_eq!(made, [turns(&["x", "b"]), None, turns(&[]), turns(&["c", "x"])]);
        seen.sort();
        let all = [(0, "a"), (0, "b"), (0, "user"), (0, "user"), (3, "a"), (3, "c"), (3, "user"), (3, "user")];
        assert_eq!(seen, all.map(|(row, text)| (row, text.to_string())));
        assert!(changed(&column, &mut |_, _| None).is_none());
        let sliced = column.slice(3, 1);
        let mut rows = Vec::new();
        changed(&sliced, &mut |row, _| {
            rows.push(row);
            None
        });
        assert_eq!(rows, [0, 0, 0, 0]);
    }
}

//! How many bytes of memory the values of rows take.
use super::ArrayRef;
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_schema::DataType;

/// Bytes of the values of rows `from .. to`: texts and lists by their content, others by their width.
pub fn weight(array: &ArrayRef, from: usize, to: usize) -> u64 {
    let (from, to) = (from.min(array.len()), to.min(array.len()));
    let rows = to.saturating_sub(from) as u64;
    match array.data_type() {
        DataType::Utf8 => between(array.as_string::<i32>().value_offsets(), from, to),
        DataType::Binary => between(array.as_binary::<i32>().value_offsets(), from, to),
        DataType::FixedSizeBinary(width) => rows * u64::try_from(*width).unwrap_or(0),
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            let at = |row: usize| list.value_offsets().get(row).and_then(|o| usize::try_from(*o).ok()).unwrap_or(0);
            weight(list.values(), at(from), at(to)) + 4 * rows
        }
        DataType::Struct(_) => array.as_struct().columns().iter().map(|c| weight(c, from, to)).sum(),
        _ => 8 * rows,
    }
}

fn between(offsets: &[i32], from: usize, to: usize) -> u64 {
    let at = |row: usize| offsets.get(row).map_or(0, |o| *o as u64);
    at(to).saturating_sub(at(from)) + 4 * to.saturating_sub(from) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Value, array_of, list, utf8, value::column};

    #[test]
    fn texts_and_lists_weigh_what_they_hold() {
        let texts = array_of([Some("abc".to_string()), None, Some("가나".to_string())]);
        assert_eq!([weight(&texts, 0, 1), weight(&texts, 1, 2), weight(&texts, 0, 3)], [7, 4, 21]);
        let item = |t: &str| Value::Text(t.into());
        let lists = column(&list(utf8()), &[Value::List(vec![item("ab"), item("c")]), Value::List(vec![])]).unwrap();
        assert_eq!([weight(&lists, 0, 1), weight(&lists, 1, 2)], [3 + 8 + 4, 4]);
        assert_eq!(weight(&texts.slice(1, 2), 0, 2), 4 + 10);
    }
}

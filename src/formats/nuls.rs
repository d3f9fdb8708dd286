//! NUL characters within texts. They are characters like others here and in every file that is written, but many programs take
//! one for the end of a text or refuse the file, so that the texts that hold one are told.
use crate::table::{Array, Value, value_at};
use arrow_array::cast::AsArray;

/// The rule of a value with such a text in it.
pub const RULE: &str = "text.nul";

/// What is said of it.
pub const SAY: &str = "a NUL character stands in the text, which many programs take for its end";

/// The rows of a column with a text that holds a NUL, be it within a list or an object.
pub fn rows(array: &dyn Array) -> Vec<usize> {
    if !any(array) {
        return Vec::new();
    }
    (0..array.len()).filter(|row| holds(&value_at(array, *row))).collect()
}

/// Whether some text of a column may hold one: what is no value of it is looked at, too.
fn any(array: &dyn Array) -> bool {
    if let Some(texts) = array.as_string_opt::<i32>() {
        return memchr::memchr(0, texts.value_data()).is_some();
    }
    if let Some(lists) = array.as_list_opt::<i32>() {
        return any(lists.values().as_ref());
    }
    array.as_struct_opt().is_some_and(|of| of.columns().iter().any(|own| any(own.as_ref())))
}

fn holds(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.contains('\0'),
        Value::List(items) => items.iter().any(holds),
        Value::Struct(entries) => entries.iter().any(|(_, value)| holds(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::value::column;
    use crate::table::{list, utf8};

    #[test]
    fn rows_with_a_nul_are_found_at_any_depth() {
        let text = |t: &str| Value::Text(t.into());
        let flat = column(&utf8(), &[text("a\0b"), Value::Null, text("c")]).unwrap();
        assert_eq!(rows(flat.as_ref()), [0]);
        let lists = [Value::List(vec![text("a")]), Value::List(vec![text("a"), text("\0")])];
        assert_eq!(rows(column(&list(utf8()), &lists).unwrap().as_ref()), [1]);
        assert_eq!(rows(column(&utf8(), &[text("a")]).unwrap().as_ref()), Vec::<usize>::new());
    }
}

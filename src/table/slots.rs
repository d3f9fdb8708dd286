//! Columns as JSON: the slot of a row is written where it lies, without a value in between.
use super::value::{Value, value_at};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ListArray, StringArray, StructArray};
use arrow_schema::DataType;
use serde::Serialize;

/// How JSON is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As it is released: fields in their order; a float keeps its point, so that a column has one type in every file.
    Released,
    /// As it is compared and hashed ([`Value::json`]): fields by name; `1.0` is `1`.
    Compared,
}

/// The slots of a column.
pub enum Slots<'a> {
    Texts(&'a StringArray),
    Lists(&'a ListArray, Box<Slots<'a>>),
    /// Each field with its name as it is written before a value.
    Structs(&'a StructArray, Vec<(Vec<u8>, Slots<'a>)>),
    Others(&'a dyn Array, Style),
}

impl<'a> Slots<'a> {
    pub fn of(array: &'a dyn Array, style: Style) -> Slots<'a> {
        let nested = match array.data_type() {
            DataType::Utf8 => array.as_string_opt().map(Slots::Texts),
            DataType::List(_) => {
                let lists = array.as_list_opt::<i32>();
                lists.map(|lists| Slots::Lists(lists, Box::new(Slots::of(lists.values(), style))))
            }
            DataType::Struct(_) => array.as_struct_opt().map(|own| Slots::Structs(own, fields(own, style))),
            _ => None,
        };
        nested.unwrap_or(Slots::Others(array, style))
    }

    /// Appends the slot of a row. JSON has no NaN and no infinity; they are null, and so is a row past the end.
    pub fn put(&self, row: usize, out: &mut Vec<u8>) {
        if row >= self.array().len() || self.array().is_null(row) {
            return out.extend_from_slice(b"null");
        }
        match self {
            Slots::Texts(array) => plain(array.value(row), out),
            Slots::Lists(array, items) => {
                let bounds = array.value_offsets().get(row..row + 2).unwrap_or_default();
                let (from, to) = (bounds.first().copied().unwrap_or(0), bounds.last().copied().unwrap_or(0));
                out.push(b'[');
                for item in from..to {
                    out.extend_from_slice(if item > from { b"," } else { b"" });
                    items.put(item as usize, out);
                }
                out.push(b']');
            }
            Slots::Structs(_, fields) => {
                out.push(b'{');
                for (n, (key, slots)) in fields.iter().enumerate() {
                    out.extend_from_slice(if n > 0 { b"," } else { b"" });
                    out.extend_from_slice(key);
                    slots.put(row, out);
                }
                out.push(b'}');
            }
            Slots::Others(array, style) => match value_at(*array, row) {
                Value::Float(f) if *style == Style::Released => plain(&f, out),
                other => plain(&other.json(), out),
            },
        }
    }

    fn array(&self) -> &dyn Array {
        match self {
            Slots::Texts(array) => *array,
            Slots::Lists(array, _) => *array,
            Slots::Structs(array, _) => *array,
            Slots::Others(array, _) => *array,
        }
    }
}

/// The fields of a struct, each with its name as it is written.
fn fields(own: &StructArray, style: Style) -> Vec<(Vec<u8>, Slots<'_>)> {
    let mut order: Vec<(&String, &dyn Array)> =
        own.fields().iter().zip(own.columns()).map(|(field, array)| (field.name(), array.as_ref())).collect();
    if style == Style::Compared {
        order.sort_by_key(|(name, _)| *name);
    }
    let key = |name: &str| {
        let mut key = Vec::new();
        plain(name, &mut key);
        key.push(b':');
        key
    };
    order.into_iter().map(|(name, array)| (key(name), Slots::of(array, style))).collect()
}

/// Appends a text, a number or a value that serde knows. Writing to memory does not fail.
pub fn plain<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    let before = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        out.truncate(before);
        out.extend_from_slice(b"null");
    }
}

/// Feeds a slot unambiguously into bytes that are to be hashed; returns how long its content is. Of an image the bytes
/// count, not its name.
pub fn feed(array: &dyn Array, row: usize, out: &mut Vec<u8>) -> u64 {
    if array.is_null(row) {
        out.push(b'n');
        return 0;
    }
    if let Some(texts) = array.as_string_opt::<i32>() {
        let text = texts.value(row);
        out.push(b't');
        out.extend((text.len() as u64).to_le_bytes());
        out.extend(text.as_bytes());
        return text.len() as u64;
    }
    if let Some(blob) = array.as_struct_opt().and_then(|of| of.column_by_name("blob"))
        && let Value::Blob(d) = value_at(blob.as_ref(), row)
    {
        out.push(b'b');
        out.extend(d.0);
        return 0;
    }
    out.push(b'j');
    let at = out.len();
    out.extend([0; 8]);
    Slots::of(array, Style::Compared).put(row, out);
    let len = (out.len() - at - 8) as u64;
    if let Some(place) = out.get_mut(at..at + 8) {
        place.copy_from_slice(&len.to_le_bytes());
    }
    len
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::value::column;
    use crate::table::{list, record, utf8};

    fn written(array: &dyn Array, style: Style) -> Vec<String> {
        let slots = Slots::of(array, style);
        let one = |row| {
            let mut out = Vec::new();
            slots.put(row, &mut out);
            String::from_utf8(out).unwrap()
        };
        (0..=array.len()).map(one).collect()
    }

    #[test]
    fn slots_are_written_where_they_lie() {
        let of = |ty: DataType, values: &[Value]| written(column(&ty, values).unwrap().as_ref(), Style::Released);
        let text = |t: &str| Value::Text(t.into());
        assert_eq!(of(utf8(), &[text("a\"\n"), Value::Null]), [r#""a\"\n""#, "null", "null"]);
        let floats = [Value::Float(1.0), Value::Float(0.1), Value::Float(f64::NAN)];
        assert_eq!(of(DataType::Float64, &floats), ["1.0", "0.1", "null", "null"]);
        let lists = [Value::List(vec![Value::Int(7), Value::Null]), Value::List(vec![]), Value::Null];
        assert_eq!(of(list(DataType::Int64), &lists), ["[7,null]", "[]", "null", "null"]);
    }

    #[test]
    fn what_is_compared_is_written_as_values_are() {
        let ty = list(record(&[("z", DataType::Float64), ("a", utf8()), ("b", list(DataType::Boolean))]));
        let one = |z: f64, a: &str| {
            let of =
                [("z", Value::Float(z)), ("a", Value::Text(a.into())), ("b", Value::List(vec![Value::Bool(true)]))];
            Value::Struct(of.map(|(name, v)| (name.to_string(), v)).to_vec())
        };
        let rows = [
            Value::List(vec![one(2.0, "한\u{1}"), Value::Null, one(0.5, "")]),
            Value::Null,
            Value::List(vec![one(f64::NAN, "x"), one(1e300, "y"), one(-0.0, "z")]),
        ];
        let array = column(&ty, &rows).unwrap();
        let want = |row: usize| value_at(array.as_ref(), row).json().to_string();
        assert_eq!(written(array.as_ref(), Style::Compared), (0..4).map(want).collect::<Vec<_>>());
        let behind = array.slice(2, 1);
        assert_eq!(written(behind.as_ref(), Style::Compared), [want(2), "null".into()]);
        let released = &written(array.as_ref(), Style::Released)[0];
        assert!(released.starts_with(r#"[{"z":2.0,"a":""#), "{released}");
    }
}

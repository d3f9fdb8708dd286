//! Digests of single values: two rows are compared by them, so nothing else of a row must be held.
use crate::digest::Digest;
use crate::table::{Array, DataType, value_at};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, UInt8Type, UInt32Type};

/// The digest of a value, short: only values of one column of one sample are compared with each other.
pub fn cell(array: &dyn Array, row: usize, buffer: &mut Vec<u8>) -> u64 {
    buffer.clear();
    feed(array, row, buffer);
    let [a, b, c, d, e, f, g, h, ..] = Digest::of(buffer).0;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// What stands for a sample: the digest of its id, or of all its values.
pub type Key = [u8; 16];

pub fn key(bytes: &[u8]) -> Key {
    let mut out = Key::default();
    out.iter_mut().zip(Digest::of(bytes).0).for_each(|(o, b)| *o = b);
    out
}

/// Writes a value so that no other value is written the same way.
pub fn feed(array: &dyn Array, row: usize, out: &mut Vec<u8>) {
    if row >= array.len() || array.is_null(row) {
        out.push(b'n');
        return;
    }
    let long = |tag: u8, bytes: &[u8], out: &mut Vec<u8>| {
        out.push(tag);
        out.extend((bytes.len() as u64).to_le_bytes());
        out.extend(bytes);
    };
    match array.data_type() {
        DataType::Utf8 => long(b't', array.as_string::<i32>().value(row).as_bytes(), out),
        DataType::Binary => long(b'y', array.as_binary::<i32>().value(row), out),
        DataType::FixedSizeBinary(_) => long(b'd', array.as_fixed_size_binary().value(row), out),
        DataType::Boolean => out.extend([b'b', u8::from(array.as_boolean().value(row))]),
        DataType::Int64 => number(array.as_primitive::<Int64Type>().value(row), out),
        DataType::Int32 => number(array.as_primitive::<Int32Type>().value(row).into(), out),
        DataType::UInt32 => number(array.as_primitive::<UInt32Type>().value(row).into(), out),
        DataType::UInt8 => number(array.as_primitive::<UInt8Type>().value(row).into(), out),
        DataType::Float64 => {
            out.push(b'f');
            out.extend(array.as_primitive::<Float64Type>().value(row).to_bits().to_le_bytes());
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            out.push(b'l');
            out.extend((items.len() as u64).to_le_bytes());
            (0..items.len()).for_each(|i| feed(items.as_ref(), i, out));
        }
        DataType::Struct(_) => {
            out.push(b's');
            array.as_struct().columns().iter().for_each(|c| feed(c.as_ref(), row, out));
        }
        _ => long(b'j', value_at(array, row).json().to_string().as_bytes(), out),
    }
}

fn number(n: i64, out: &mut Vec<u8>) {
    out.push(b'i');
    out.extend(n.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Value, list, record, utf8, value::column};

    #[test]
    fn other_values_have_other_digests() {
        let spans = list(record(&[("class", utf8()), ("start", DataType::UInt32)]));
        let span = |class: &str, start| {
            Value::Struct(vec![("class".into(), Value::Text(class.into())), ("start".into(), Value::Int(start))])
        };
        let values = [
            Value::Null,
            Value::List(Vec::new()),
            Value::List(vec![Value::Null]),
            Value::List(vec![span("a", 1)]),
            Value::List(vec![span("a", 1), span("a", 1)]),
            Value::List(vec![span("a1", 0)]),
        ];
        let array = column(&spans, &values).unwrap();
        let mut all: Vec<u64> = (0..values.len()).map(|row| cell(array.as_ref(), row, &mut Vec::new())).collect();
        let again: Vec<u64> = (0..values.len()).map(|row| cell(array.as_ref(), row, &mut Vec::new())).collect();
        assert_eq!(all, again);
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), values.len());
    }
}

//! Types of Arrow that lay values out in another way: texts with long offsets or in views, values by number, lists with long
//! offsets or of one length. They become the types that columns are made of, as Parquet gives them.
use crate::table::{Array, ArrayRef, DataType, types};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type};
use arrow_array::{BinaryArray, ListArray, RecordBatch, StringArray, StructArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{Field, Schema};
use std::sync::Arc;

/// The usual type for another; the same where there is none.
pub fn plain_type(ty: &DataType) -> DataType {
    match ty {
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::LargeBinary | DataType::BinaryView => DataType::Binary,
        DataType::Dictionary(_, values) => plain_type(values),
        DataType::List(of) | DataType::LargeList(of) | DataType::FixedSizeList(of, _) => {
            types::list(plain_type(of.data_type()))
        }
        DataType::Struct(fields) => {
            let field = |f: &Arc<Field>| Field::new(f.name(), plain_type(f.data_type()), true);
            DataType::Struct(fields.iter().map(field).collect())
        }
        other => other.clone(),
    }
}

/// A batch with columns of the usual types.
pub fn plain_batch(batch: &RecordBatch) -> Result<RecordBatch, String> {
    let columns = batch.columns().iter().map(plain).collect::<Result<Vec<_>, String>>()?;
    let schema = batch.schema();
    let field = |(f, array): (&Arc<Field>, &ArrayRef)| Field::new(f.name(), array.data_type().clone(), true);
    let fields: Vec<Field> = schema.fields().iter().zip(&columns).map(field).collect();
    let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options).map_err(|e| e.to_string())
}

fn plain(array: &ArrayRef) -> Result<ArrayRef, String> {
    let nulls = array.nulls().cloned();
    let say = |e: arrow_schema::ArrowError| e.to_string();
    Ok(match array.data_type() {
        DataType::LargeUtf8 => texts(array.as_string::<i64>().iter())?,
        DataType::Utf8View => texts(array.as_string_view().iter())?,
        DataType::LargeBinary => bytes(array.as_binary::<i64>().iter())?,
        DataType::BinaryView => bytes(array.as_binary_view().iter())?,
        DataType::Dictionary(key, _) => by_number(array, key)?,
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            listed(list.offsets().clone(), list.values(), nulls)?
        }
        DataType::LargeList(_) => {
            let list = array.as_list::<i64>();
            let short = list.offsets().iter().map(|n| i32::try_from(*n)).collect::<Result<Vec<i32>, _>>();
            let offsets = OffsetBuffer::new(short.map_err(|_| LARGE)?.into());
            listed(offsets, list.values(), nulls)?
        }
        DataType::FixedSizeList(_, n) => {
            let list = array.as_fixed_size_list();
            let offsets = OffsetBuffer::from_repeated_length(usize::try_from(*n).unwrap_or(0), list.len());
            listed(offsets, list.values(), nulls)?
        }
        DataType::Struct(fields) if !fields.is_empty() => {
            let columns = array.as_struct().columns().iter().map(plain).collect::<Result<Vec<_>, String>>()?;
            let field = |(f, c): (&Arc<Field>, &ArrayRef)| Field::new(f.name(), c.data_type().clone(), true);
            let fields = fields.iter().zip(&columns).map(field).collect();
            Arc::new(StructArray::try_new(fields, columns, nulls).map_err(say)?)
        }
        _ => array.clone(),
    })
}

const LARGE: &str = "more than 2 GiB in one column of a batch";

fn texts<'t>(of: impl Iterator<Item = Option<&'t str>> + Clone) -> Result<ArrayRef, String> {
    fits(of.clone().flatten().map(str::len))?;
    Ok(Arc::new(of.collect::<StringArray>()))
}

fn bytes<'t>(of: impl Iterator<Item = Option<&'t [u8]>> + Clone) -> Result<ArrayRef, String> {
    fits(of.clone().flatten().map(<[u8]>::len))?;
    Ok(Arc::new(of.collect::<BinaryArray>()))
}

/// What is short in a view or a dictionary may be very long written out.
fn fits(mut lengths: impl Iterator<Item = usize>) -> Result<(), String> {
    let all = lengths.try_fold(0usize, |sum, n| sum.checked_add(n).filter(|sum| i32::try_from(*sum).is_ok()));
    all.map(|_| ()).ok_or_else(|| LARGE.into())
}

fn listed(
    offsets: OffsetBuffer<i32>,
    values: &ArrayRef,
    nulls: Option<arrow_buffer::NullBuffer>,
) -> Result<ArrayRef, String> {
    let values = plain(values)?;
    let field = Arc::new(Field::new("item", values.data_type().clone(), true));
    Ok(Arc::new(ListArray::try_new(field, offsets, values, nulls).map_err(|e| e.to_string())?))
}

/// The values that numbers stand for.
fn by_number(array: &ArrayRef, key: &DataType) -> Result<ArrayRef, String> {
    macro_rules! taken {
        ($ty:ty) => {{
            let of = array.as_dictionary::<$ty>();
            let values = plain(of.values())?;
            if *values.data_type() == DataType::Utf8 {
                let held = values.as_string::<i32>();
                let keys = of.keys().iter().flatten().filter_map(|k| usize::try_from(k).ok());
                fits(keys.filter(|k| *k < held.len()).map(|k| held.value_length(k) as usize))?;
            } else if !values.data_type().is_primitive() {
                return Err("a dictionary of lists or objects".into());
            }
            arrow_select::take::take(values.as_ref(), of.keys(), None).map_err(|e| e.to_string())?
        }};
    }
    Ok(match key {
        DataType::Int8 => taken!(Int8Type),
        DataType::Int16 => taken!(Int16Type),
        DataType::Int32 => taken!(Int32Type),
        DataType::Int64 => taken!(Int64Type),
        DataType::UInt8 => taken!(UInt8Type),
        DataType::UInt16 => taken!(UInt16Type),
        DataType::UInt32 => taken!(UInt32Type),
        DataType::UInt64 => taken!(UInt64Type),
        other => return Err(format!("a dictionary with keys of {other}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Value, value_at};
    use arrow_array::types::Int32Type;
    use arrow_array::{
        BinaryViewArray, DictionaryArray, FixedSizeListArray, Int64Array, LargeListArray, LargeStringArray,
        StringViewArray,
    };

    #[test]
    fn values_stay_and_layouts_go() {
        let text = |t: &str| Value::Text(t.into());
        let long: ArrayRef = Arc::new(LargeStringArray::from(vec![Some("가"), None]));
        let views: ArrayRef = Arc::new(StringViewArray::from(vec![Some("a text that is longer than a view"), None]));
        let words: DictionaryArray<Int32Type> = [Some("b"), None, Some("a"), Some("b")].into_iter().collect();
        let words: ArrayRef = Arc::new(words);
        let lists: ArrayRef =
            Arc::new(LargeListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1), None]), None]));
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3, 4]));
        let field = Arc::new(Field::new("x", DataType::Int64, true));
        let pairs: ArrayRef = Arc::new(FixedSizeListArray::new(field, 2, numbers, None));
        let bytes: ArrayRef = Arc::new(BinaryViewArray::from(vec![Some(b"x".as_slice())]));
        let ints = |of: &[i64]| Value::List(of.iter().map(|n| Value::Int(*n)).collect());
        for (array, row, want) in [
            (&long, 0, text("가")),
            (&long, 1, Value::Null),
            (&views, 0, text("a text that is longer than a view")),
            (&words, 3, text("b")),
            (&words, 1, Value::Null),
            (&lists, 0, Value::List(vec![Value::Int(1), Value::Null])),
            (&lists, 1, Value::Null),
            (&pairs, 1, ints(&[3, 4])),
            (&bytes, 0, Value::Bytes(b"x".to_vec())),
        ] {
            let made = plain(array).unwrap();
            assert_eq!(made.data_type(), &plain_type(array.data_type()));
            assert_eq!(value_at(made.as_ref(), row), want);
        }
    }
}

//! Values: one slot of a column as plain data, for nested answers, JSON, `trace` and tests. Text columns are read
//! as Arrow arrays where speed counts; `Cell` carries the field's own nouns in and out of nested columns.
use super::types;
use crate::digest::Digest;
use arrow_array::builder::*;
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::*;
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::DataType;
use std::sync::Arc;

/// One slot.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    Blob(Digest),
    List(Vec<Value>),
    Struct(Vec<(String, Value)>),
}

impl Value {
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(t) => Some(t),
            _ => None,
        }
    }

    /// A field of a struct; null where there is none.
    pub fn field(&self, name: &str) -> &Value {
        match self {
            Value::Struct(f) => f.iter().find(|(n, _)| n == name).map_or(&Value::Null, |(_, v)| v),
            _ => &Value::Null,
        }
    }

    /// A value as a text by which equal values are known, whatever their type; `None` for null. A text is itself, a number
    /// is written in decimal, a list or a record as JSON.
    pub fn key_text(&self) -> Option<String> {
        match self {
            Value::Null => None,
            Value::Text(t) => Some(t.clone()),
            Value::Bytes(_) | Value::Blob(_) => self.json().as_str().map(str::to_string),
            other => Some(other.json().to_string()),
        }
    }

    /// As JSON: blobs as hex, a NaN as null.
    pub fn json(&self) -> serde_json::Value {
        use serde_json::Value as J;
        match self {
            Value::Null => J::Null,
            Value::Bool(b) => J::Bool(*b),
            Value::Int(i) => J::from(*i),
            Value::Float(f) if f.fract() == 0.0 && f.abs() < 1e15 => J::from(*f as i64),
            Value::Float(f) => J::from(*f),
            Value::Text(t) => J::from(t.as_str()),
            Value::Bytes(b) => J::from(b.iter().map(|b| format!("{b:02x}")).collect::<String>()),
            Value::Blob(d) => J::from(d.hex()),
            Value::List(l) => J::Array(l.iter().map(Value::json).collect()),
            Value::Struct(f) => J::Object(f.iter().map(|(n, v)| (n.clone(), v.json())).collect()),
        }
    }
}

/// The slot of a row; null past the end.
pub fn value_at(array: &dyn Array, row: usize) -> Value {
    if row >= array.len() || array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Boolean => Value::Bool(array.as_boolean().value(row)),
        DataType::Int64 => Value::Int(array.as_primitive::<Int64Type>().value(row)),
        DataType::Int32 => Value::Int(array.as_primitive::<Int32Type>().value(row).into()),
        DataType::Date32 => Value::Int(array.as_primitive::<Date32Type>().value(row).into()),
        DataType::UInt32 => Value::Int(array.as_primitive::<UInt32Type>().value(row).into()),
        DataType::UInt8 => Value::Int(array.as_primitive::<UInt8Type>().value(row).into()),
        DataType::Int8 => Value::Int(array.as_primitive::<Int8Type>().value(row).into()),
        DataType::Int16 => Value::Int(array.as_primitive::<Int16Type>().value(row).into()),
        DataType::UInt16 => Value::Int(array.as_primitive::<UInt16Type>().value(row).into()),
        DataType::Float32 => Value::Float(array.as_primitive::<Float32Type>().value(row).into()),
        DataType::Float64 => Value::Float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8 => Value::Text(array.as_string::<i32>().value(row).into()),
        DataType::Binary => Value::Bytes(array.as_binary::<i32>().value(row).into()),
        DataType::FixedSizeBinary(_) => {
            Digest::from_slice(array.as_fixed_size_binary().value(row)).map_or(Value::Null, Value::Blob)
        }
        DataType::List(_) => {
            let lists = array.as_list::<i32>();
            let ends = lists.offsets().get(row).zip(lists.offsets().get(row + 1));
            let (start, end) = ends.map_or((0, 0), |(a, b)| (*a as usize, *b as usize));
            Value::List((start..end).map(|i| value_at(lists.values().as_ref(), i)).collect())
        }
        DataType::Struct(fields) => {
            let s = array.as_struct();
            let slot = |(f, c): (&Arc<arrow_schema::Field>, &ArrayRef)| (f.name().clone(), value_at(c.as_ref(), row));
            Value::Struct(fields.iter().zip(s.columns()).map(slot).collect())
        }
        _ => Value::Null,
    }
}

/// A column of values. A value of another type than the column's is an error of the caller.
pub fn column(ty: &DataType, values: &[Value]) -> Result<ArrayRef, String> {
    column_of(ty, &values.iter().collect::<Vec<_>>())
}

/// The same of values that lie elsewhere, none of which is copied.
fn column_of(ty: &DataType, values: &[&Value]) -> Result<ArrayRef, String> {
    let wrong = |v: &Value| format!("{v:?} in a column of {}", types::text(ty));
    macro_rules! build {
        ($builder:expr, $pattern:pat => $out:expr) => {{
            let mut b = $builder;
            for v in values {
                match *v {
                    Value::Null => b.append_null(),
                    $pattern => b.append_value($out),
                    other => return Err(wrong(other)),
                }
            }
            Arc::new(b.finish()) as ArrayRef
        }};
    }
    Ok(match ty {
        DataType::Boolean => build!(BooleanBuilder::new(), Value::Bool(x) => *x),
        DataType::Int64 => build!(Int64Builder::new(), Value::Int(x) => *x),
        DataType::Int32 => build!(Int32Builder::new(), Value::Int(x) => *x as i32),
        DataType::Date32 => build!(Date32Builder::new(), Value::Int(x) => *x as i32),
        DataType::UInt32 => build!(UInt32Builder::new(), Value::Int(x) => *x as u32),
        DataType::UInt8 => build!(UInt8Builder::new(), Value::Int(x) => *x as u8),
        DataType::Float64 => build!(Float64Builder::new(), Value::Float(x) => *x),
        DataType::Utf8 => build!(StringBuilder::new(), Value::Text(x) => x),
        DataType::Binary => build!(BinaryBuilder::new(), Value::Bytes(x) => x),
        DataType::FixedSizeBinary(_) => {
            let slots = values.iter().map(|v| match *v {
                Value::Blob(d) => Some(d.0),
                _ => None,
            });
            let a = FixedSizeBinaryArray::try_from_sparse_iter_with_size(slots, 32);
            Arc::new(a.map_err(|e| e.to_string())?)
        }
        DataType::List(f) => {
            let (mut flat, mut offsets, mut valid) = (Vec::new(), vec![0i32], Vec::new());
            for v in values {
                valid.push(!matches!(v, Value::Null));
                match *v {
                    Value::List(items) => flat.extend(items),
                    Value::Null => {}
                    other => return Err(wrong(other)),
                }
                offsets.push(flat.len() as i32);
            }
            let child = column_of(f.data_type(), &flat)?;
            let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
            Arc::new(ListArray::try_new(f.clone(), offsets, child, nulls_of(valid)).map_err(|e| e.to_string())?)
        }
        DataType::Struct(fields) => {
            let mut children = Vec::new();
            for f in fields {
                let slots: Vec<&Value> = values.iter().map(|v| v.field(f.name())).collect();
                children.push(column_of(f.data_type(), &slots)?);
            }
            let valid = values.iter().map(|v| !matches!(v, Value::Null)).collect();
            Arc::new(StructArray::try_new(fields.clone(), children, nulls_of(valid)).map_err(|e| e.to_string())?)
        }
        other => return Err(format!("no column type: {other}")),
    })
}

fn nulls_of(valid: Vec<bool>) -> Option<NullBuffer> {
    valid.iter().any(|v| !v).then(|| NullBuffer::from(valid))
}

/// A noun of the field that can stand in a column. Those that stand there by the million build and read whole columns
/// in a way of their own; it must give what the slots one by one would.
pub trait Cell: Sized {
    fn ty() -> DataType;
    fn into_value(self) -> Value;
    fn from_value(v: &Value) -> Option<Self>;

    fn build(cells: Vec<Option<Self>>) -> ArrayRef {
        let values: Vec<Value> = cells.into_iter().map(|c| c.map_or(Value::Null, Self::into_value)).collect();
        column(&Self::ty(), &values).unwrap_or_else(|_| super::nulls(&Self::ty(), values.len()))
    }

    fn read(array: &dyn Array) -> Vec<Option<Self>> {
        (0..array.len()).map(|i| Self::from_value(&value_at(array, i))).collect()
    }
}

/// A record of whole numbers, each of 32 bits: builds and reads columns without a value a slot.
pub fn build_numbers<T, const N: usize>(cells: Vec<Option<T>>, ty: DataType, of: impl Fn(T) -> [u32; N]) -> ArrayRef {
    let valid = cells.iter().map(Option::is_some).collect();
    let mut children = [(); N].map(|()| Vec::with_capacity(cells.len()));
    for cell in cells {
        let numbers = cell.map_or([None; N], |c| of(c).map(Some));
        children.iter_mut().zip(numbers).for_each(|(child, n)| child.push(n));
    }
    let DataType::Struct(fields) = &ty else { return super::nulls(&ty, 0) };
    let children = children.map(|c| Arc::new(UInt32Array::from(c)) as ArrayRef);
    Arc::new(StructArray::new(fields.clone(), children.into(), nulls_of(valid)))
}

/// What [`build_numbers`] built; a column of another type has none.
pub fn read_numbers<T, const N: usize>(array: &dyn Array, of: impl Fn([u32; N]) -> T) -> Vec<Option<T>> {
    let children = array.as_struct_opt().map(|s| s.columns().iter().filter_map(|c| c.as_primitive_opt::<UInt32Type>()));
    let children: Option<[&UInt32Array; N]> = children.and_then(|c| c.collect::<Vec<_>>().try_into().ok());
    let (Some(s), Some(children)) = (array.as_struct_opt(), children) else {
        return (0..array.len()).map(|_| None).collect();
    };
    let whole = |i: usize| s.is_valid(i) && children.iter().all(|c| c.is_valid(i));
    (0..s.len()).map(|i| whole(i).then(|| of(children.map(|c| c.value(i))))).collect()
}

impl Cell for String {
    fn ty() -> DataType {
        types::utf8()
    }
    fn into_value(self) -> Value {
        Value::Text(self)
    }
    fn from_value(v: &Value) -> Option<Self> {
        v.text().map(Into::into)
    }
    fn build(cells: Vec<Option<Self>>) -> ArrayRef {
        Arc::new(StringArray::from_iter(cells))
    }
    fn read(array: &dyn Array) -> Vec<Option<Self>> {
        texts(array).into_iter().map(|t| t.map(Into::into)).collect()
    }
}

impl Cell for u32 {
    fn ty() -> DataType {
        DataType::UInt32
    }
    fn into_value(self) -> Value {
        Value::Int(self.into())
    }
    fn from_value(v: &Value) -> Option<Self> {
        match v {
            Value::Int(i) => u32::try_from(*i).ok(),
            _ => None,
        }
    }
}

impl Cell for f64 {
    fn ty() -> DataType {
        DataType::Float64
    }
    fn into_value(self) -> Value {
        Value::Float(self)
    }
    fn from_value(v: &Value) -> Option<Self> {
        match v {
            Value::Float(f) => Some(*f),
            _ => None,
        }
    }
}

impl Cell for Digest {
    fn ty() -> DataType {
        types::blob()
    }
    fn into_value(self) -> Value {
        Value::Blob(self)
    }
    fn from_value(v: &Value) -> Option<Self> {
        match v {
            Value::Blob(d) => Some(*d),
            _ => None,
        }
    }
}

impl<T: Cell> Cell for Vec<T> {
    fn ty() -> DataType {
        types::list(T::ty())
    }
    fn into_value(self) -> Value {
        Value::List(self.into_iter().map(T::into_value).collect())
    }
    fn from_value(v: &Value) -> Option<Self> {
        match v {
            Value::List(l) => l.iter().map(T::from_value).collect(),
            _ => None,
        }
    }
    fn build(cells: Vec<Option<Self>>) -> ArrayRef {
        let valid = cells.iter().map(Option::is_some).collect();
        let offsets = OffsetBuffer::from_lengths(cells.iter().map(|c| c.as_ref().map_or(0, Vec::len)));
        let child = T::build(cells.into_iter().flatten().flatten().map(Some).collect());
        let field = Arc::new(arrow_schema::Field::new("item", T::ty(), true));
        Arc::new(ListArray::new(field, offsets, child, nulls_of(valid)))
    }
    fn read(array: &dyn Array) -> Vec<Option<Self>> {
        let Some(lists) = array.as_list_opt::<i32>() else { return (0..array.len()).map(|_| None).collect() };
        let mut out = Vec::with_capacity(lists.len());
        let (first, last) = (lists.offsets().first() as usize, lists.offsets().last() as usize);
        let mut items = T::read(lists.values().slice(first, last - first).as_ref()).into_iter();
        for (i, length) in lists.offsets().lengths().enumerate() {
            let own: Option<Vec<T>> = items.by_ref().take(length).collect::<Vec<_>>().into_iter().collect();
            out.push(own.filter(|_| lists.is_valid(i)));
        }
        out
    }
}

/// A column of cells; `None` is null.
pub fn array_of<T: Cell>(cells: impl IntoIterator<Item = Option<T>>) -> ArrayRef {
    T::build(cells.into_iter().collect())
}

/// The cells of a column; null and what is no such cell are `None`.
pub fn cells<T: Cell>(array: &dyn Array) -> Vec<Option<T>> {
    T::read(array)
}

/// A column of texts that stand elsewhere.
pub fn text_column<'t>(texts: impl IntoIterator<Item = Option<&'t str>> + Clone) -> ArrayRef {
    let (mut rows, mut bytes) = (0, 0);
    for t in texts.clone() {
        rows += 1;
        bytes += t.map_or(0, str::len);
    }
    let mut b = StringBuilder::with_capacity(rows, bytes);
    texts.into_iter().for_each(|t| b.append_option(t));
    Arc::new(b.finish())
}

/// A column that is filled slot by slot, as cheaply as its type allows.
pub enum Builder {
    Texts(StringBuilder),
    Values(DataType, Vec<Value>),
}

impl Builder {
    pub fn new(ty: &DataType) -> Builder {
        match ty {
            DataType::Utf8 => Builder::Texts(StringBuilder::new()),
            other => Builder::Values(other.clone(), Vec::new()),
        }
    }

    /// A text; in a column of another type it is an error that `finish` tells.
    pub fn text(&mut self, text: &str) {
        match self {
            Builder::Texts(b) => b.append_value(text),
            Builder::Values(_, values) => values.push(Value::Text(text.into())),
        }
    }

    /// Any value, with the same restriction.
    pub fn value(&mut self, value: Value) {
        match (self, value) {
            (Builder::Texts(b), Value::Text(t)) => b.append_value(t),
            (Builder::Texts(b), Value::Null) => b.append_null(),
            (Builder::Values(_, values), value) => values.push(value),
            (texts, other) => {
                // what was built so far is of no use: `finish` must say what is wrong
                *texts = Builder::Values(DataType::Utf8, vec![other]);
            }
        }
    }

    pub fn finish(self) -> Result<ArrayRef, String> {
        match self {
            Builder::Texts(mut b) => Ok(Arc::new(b.finish())),
            Builder::Values(ty, values) => column(&ty, &values),
        }
    }
}

/// The slot of a binary column, where it lies.
pub fn bytes_at(array: &dyn Array, row: usize) -> Option<&[u8]> {
    let binary = array.as_binary_opt::<i32>()?;
    (row < binary.len() && binary.is_valid(row)).then(|| binary.value(row))
}

/// The slots of a text column; a column of another type has none.
pub fn texts(array: &dyn Array) -> Vec<Option<&str>> {
    match array.as_string_opt::<i32>() {
        Some(s) => s.iter().collect(),
        None => vec![None; array.len()],
    }
}

/// The text of one slot of a column of texts; `None` where it is null, and of other columns.
pub fn text_at(array: &dyn Array, row: usize) -> Option<&str> {
    let texts = array.as_string_opt::<i32>()?;
    (row < texts.len() && texts.is_valid(row)).then(|| texts.value(row))
}

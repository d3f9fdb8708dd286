//! The rows of a row group become samples, column by column.
use super::list::FIRST;
use crate::formats::encoding::Wrong;
use crate::formats::json::EXACT;
use crate::formats::reader::{Ask, Field, From, Records, Unit, WRITTEN};
use crate::formats::spelling::words;
use crate::formats::tokens::{self, JOIN, NO_TOKENS, joined};
use crate::table::{Array, ArrayRef, DataType, Value, nulls, take, utf8, value_at};
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{ArrowPrimitiveType, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::TimeUnit;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::file::metadata::ParquetMetaDataReader;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Rows that are decoded at a time.
const BATCH: usize = 8192;

pub fn read(ask: &Ask, unit: &Unit, out: &mut Records) {
    let mut group = Group { ask, unit, rows: 0, done: 0 };
    // what others wrote may make the library panic
    let read = catch_unwind(AssertUnwindSafe(|| group.read(out)));
    let say = match read {
        Ok(Ok(())) if group.done == group.rows => return,
        Ok(Ok(())) => "it holds fewer rows than the footer says".to_string(),
        Ok(Err(say)) if say.contains("Disabled feature") => {
            "compressed in a way that is not read: Zstandard, Snappy or none is".to_string()
        }
        Ok(Err(_)) | Err(_) => "the row group is damaged".to_string(),
    };
    for record in group.done..group.rows {
        out.reject(unit, record, &Wrong::new("parquet", &say));
    }
}

/// A row group that is being read.
struct Group<'g> {
    ask: &'g Ask,
    unit: &'g Unit<'g>,
    rows: usize,
    /// Rows that were taken or dropped.
    done: usize,
}

impl Group<'_> {
    fn read(&mut self, out: &mut Records) -> Result<(), String> {
        let about = self.unit.context.unwrap_or_default();
        let body = about.get(..about.len().saturating_sub(8)).unwrap_or_default();
        let metadata = ParquetMetaDataReader::decode_metadata(body).map_err(|e| e.to_string())?;
        self.rows = usize::try_from(metadata.file_metadata().num_rows()).unwrap_or(0);
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = ArrowReaderMetadata::try_new(Arc::new(metadata), options).map_err(|e| e.to_string())?;
        let schema = metadata.parquet_schema();
        let id = self.ask.id.as_ref();
        let wanted = self.ask.fields.iter().map(|f| &f.from).chain(id);
        let names: Vec<&str> =
            wanted.filter_map(|f| if let From::Record(name) = f { Some(name.as_str()) } else { None }).collect();
        let there = |name: &str| schema.columns().iter().any(|c| names_column(&c.path().string(), name));
        let columns: Vec<String> = schema.columns().iter().map(|c| c.path().string()).collect();
        out.header(self.unit, &columns, there);
        let mask = ProjectionMask::leaves(
            schema,
            schema.columns().iter().enumerate().filter_map(|(i, c)| {
                let path = c.path().string();
                names.iter().any(|n| names_column(&path, n)).then_some(i)
            }),
        );
        let bytes = Bytes::from([&[0; FIRST as usize], self.unit.bytes].concat());
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(bytes, metadata);
        let batches = reader.with_projection(mask).with_batch_size(BATCH).build().map_err(|e| e.to_string())?;
        for batch in batches {
            let batch = batch.map_err(|e| e.to_string())?;
            self.batch(&batch, out)?;
        }
        Ok(())
    }

    fn batch(&mut self, batch: &RecordBatch, out: &mut Records) -> Result<(), String> {
        let (n, first) = (batch.num_rows(), self.done);
        let ids = match &self.ask.id {
            Some(From::Record(name)) => column(batch, name).map_or(vec![None; n], |a| written(&a)),
            Some(From::Path) => vec![Some(self.unit.path.to_string()); n],
            Some(From::Stem) => vec![Some(self.unit.stem.to_string()); n],
            Some(From::Content) | None => vec![None; n],
        };
        let stay = out.take_ids(self.unit, first, &ids);
        let tokens = tokens::text(&self.ask.options);
        let spoken = (!tokens.is_empty() && self.ask.selects(tokens)).then(|| self.spoken(column(batch, tokens), n));
        if let Some(spoken) = &spoken {
            let places = stay.iter().map(|row| spoken.places.get(*row as usize).cloned().unwrap_or(Value::Null));
            places.for_each(|of| out.more("tokens", of));
        }
        for (i, field) in self.ask.fields.iter().enumerate() {
            let array = match (&field.from, &spoken) {
                (From::Record(name), Some(spoken)) if name == tokens => {
                    for row in &spoken.wrong {
                        out.field_finding(self.unit, first + row, "field.type", (&field.name, 1), NO_TOKENS);
                    }
                    Arc::new(StringArray::from_iter(spoken.texts.iter())) as ArrayRef
                }
                (from, _) => self.plain(from, field, batch, out),
            };
            out.put_array(i, if stay.len() == n { array } else { take(&array, &stay) })?;
        }
        self.done += n;
        Ok(())
    }

    /// The texts that the tokens of each row are.
    fn spoken(&self, tokens: Option<ArrayRef>, n: usize) -> Spoken {
        let mut out = Spoken::default();
        for row in 0..n {
            let value = tokens.as_ref().map_or(Value::Null, |of| value_at(of.as_ref(), row));
            let tokens: Option<Vec<&str>> = match &value {
                Value::List(items) => items.iter().map(Value::text).collect(),
                _ => None,
            };
            let made = tokens.map(|tokens| joined(&tokens, self.ask.options.text(&JOIN)));
            out.wrong.extend((made.is_none() && value != Value::Null).then_some(row));
            let (text, places) = made.map_or((None, Value::Null), |(text, places)| (Some(text), places));
            out.texts.push(text);
            out.places.push(places);
        }
        out
    }

    fn plain(&self, from: &From, field: &Field, batch: &RecordBatch, out: &mut Records) -> ArrayRef {
        let n = batch.num_rows();
        match from {
            From::Path => repeated(self.unit.path, n),
            From::Stem => repeated(self.unit.stem, n),
            From::Content => nulls(&utf8(), n),
            From::Record(name) => self.field(field, column(batch, name), n, out),
        }
    }

    /// A column as the field's type; what it cannot hold is told and null.
    fn field(&self, field: &Field, array: Option<ArrayRef>, n: usize, out: &mut Records) -> ArrayRef {
        let ty = crate::table::types::parse(&field.ty).map_or(utf8(), |t| t.0);
        let Some(array) = array else { return nulls(&ty, n) };
        let (made, lost) = match as_type(&array, &field.ty) {
            Some(done) => done,
            None => {
                let held = n - array.logical_null_count();
                if held > 0 {
                    let say =
                        format!("{} where {} is expected: {} are null", kind(&array), words(&field.ty), rows(held));
                    out.field_finding(self.unit, self.done, "field.type", (&field.name, held), &say);
                }
                return nulls(&ty, n);
            }
        };
        for (row, say) in lost {
            out.field_finding(self.unit, self.done + row, "field.type", (&field.name, 1), say);
        }
        made
    }
}

/// The texts of rows whose texts are tokens.
#[derive(Default)]
struct Spoken {
    texts: Vec<Option<String>>,
    /// Where the tokens of each stand in it.
    places: Vec<Value>,
    /// Rows in which something else stands.
    wrong: Vec<usize>,
}

fn rows(n: usize) -> String {
    if n == 1 { "1 row".into() } else { format!("{n} rows") }
}

/// Whether a leaf of the file is what a selector names, or lies below it.
fn names_column(path: &str, name: &str) -> bool {
    path == name || path.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
}

fn repeated(text: &str, n: usize) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, n)))
}

/// The column that a selector names: its own name, else a path through structs.
fn column(batch: &RecordBatch, name: &str) -> Option<ArrayRef> {
    if let Some(own) = batch.column_by_name(name) {
        return Some(own.clone());
    }
    let (mut at, mut rest) = name.match_indices('.').find_map(|(dot, _)| {
        let (step, rest) = (name.get(..dot)?, name.get(dot + 1..)?);
        Some((batch.column_by_name(step)?.clone(), rest))
    })?;
    loop {
        let of = at.as_struct_opt()?.clone();
        if let Some(own) = of.column_by_name(rest) {
            return Some(own.clone());
        }
        (at, rest) = rest.match_indices('.').find_map(|(dot, _)| {
            let (step, rest) = (rest.get(..dot)?, rest.get(dot + 1..)?);
            Some((of.column_by_name(step)?.clone(), rest))
        })?;
    }
}

/// A column of the type, and the rows that became null with the reason. `None`: no value of it is of that type.
type Made = (ArrayRef, Vec<(usize, &'static str)>);

fn as_type(array: &ArrayRef, ty: &str) -> Option<Made> {
    match (ty, array.data_type()) {
        ("utf8", DataType::Utf8) | ("bool", DataType::Boolean) | ("i64", DataType::Int64) => {
            Some((array.clone(), Vec::new()))
        }
        ("utf8", DataType::Binary) => Some(texts(array)),
        (WRITTEN, _) => Some(as_written(array)),
        _ if ty.starts_with("list<") || ty.starts_with("struct<") => nested(array, ty),
        ("utf8", DataType::Date32) => Some((Arc::new(StringArray::from(written(array))), Vec::new())),
        ("i64", DataType::Int8) => Some(whole::<Int8Type>(array)),
        ("i64", DataType::Int16) => Some(whole::<Int16Type>(array)),
        ("i64", DataType::Int32) => Some(whole::<Int32Type>(array)),
        ("i64", DataType::UInt8) => Some(whole::<UInt8Type>(array)),
        ("i64", DataType::UInt16) => Some(whole::<UInt16Type>(array)),
        ("i64", DataType::UInt32) => Some(whole::<UInt32Type>(array)),
        ("i64", DataType::UInt64) => Some(whole::<UInt64Type>(array)),
        ("i64", DataType::Float64) => Some(whole_real::<Float64Type>(array, |x| x)),
        ("i64", DataType::Float32) => Some(whole_real::<Float32Type>(array, f64::from)),
        ("i64", DataType::Float16) => Some(whole_real::<Float16Type>(array, f64::from)),
        ("f64", DataType::Float64) => Some(real::<Float64Type>(array, |x| x)),
        ("f64", DataType::Float32) => Some(real::<Float32Type>(array, f64::from)),
        ("f64", DataType::Float16) => Some(real::<Float16Type>(array, f64::from)),
        ("f64", DataType::Int64) => Some(real::<Int64Type>(array, |x| x as f64)),
        ("f64", _) => {
            let (whole, lost) = as_type(array, "i64")?;
            let (made, _) = real::<Int64Type>(&whole, |x| x as f64);
            Some((made, lost))
        }
        _ => None,
    }
}

/// Every value as text; what has no text is told.
fn as_written(array: &ArrayRef) -> Made {
    let texts = written(array);
    let gone = |(row, text): (usize, &Option<String>)| {
        let lost = text.is_none() && array.is_valid(row);
        lost.then_some((row, "a value of a type that has no text"))
    };
    let lost = texts.iter().enumerate().filter_map(gone).collect();
    (Arc::new(StringArray::from(texts)), lost)
}

/// Lists and structs in the types that are kept of what lies in them.
fn nested(array: &ArrayRef, ty: &str) -> Option<Made> {
    let ty = crate::table::types::parse(ty)?.0;
    let values: Vec<_> = (0..array.len()).map(|row| value_at(array.as_ref(), row)).collect();
    Some((crate::table::value::column(&ty, &values).ok()?, Vec::new()))
}

/// Bytes that are texts.
fn texts(array: &ArrayRef) -> Made {
    let mut lost = Vec::new();
    let mut made = Vec::with_capacity(array.len());
    for (row, bytes) in array.as_binary::<i32>().iter().enumerate() {
        let text = bytes.map(std::str::from_utf8);
        lost.extend(matches!(text, Some(Err(_))).then_some((row, "not UTF-8")));
        made.push(text.and_then(Result::ok));
    }
    (Arc::new(StringArray::from(made)), lost)
}

fn whole<T: ArrowPrimitiveType>(array: &ArrayRef) -> Made
where
    T::Native: TryInto<i64>,
{
    let mut lost = Vec::new();
    let number = |(row, n): (usize, Option<T::Native>)| {
        let n: Result<i64, _> = n?.try_into();
        n.map_err(|_| lost.push((row, "not a whole number of 64 bits"))).ok()
    };
    let made: Int64Array = array.as_primitive::<T>().iter().enumerate().map(number).collect();
    (Arc::new(made), lost)
}

/// Whole numbers of a column with a point, as tables keep them where there are gaps.
fn whole_real<T: ArrowPrimitiveType>(array: &ArrayRef, of: fn(T::Native) -> f64) -> Made {
    let mut lost = Vec::new();
    let number = |(row, n): (usize, Option<T::Native>)| {
        let n = of(n?);
        let whole = n.fract() == 0.0 && n.abs() <= EXACT;
        if !whole {
            lost.push((row, "not a whole number that is known exactly"));
        }
        whole.then_some(n as i64)
    };
    let made: Int64Array = array.as_primitive::<T>().iter().enumerate().map(number).collect();
    (Arc::new(made), lost)
}

fn real<T: ArrowPrimitiveType>(array: &ArrayRef, of: fn(T::Native) -> f64) -> Made {
    let mut lost = Vec::new();
    let number = |(row, n): (usize, Option<T::Native>)| {
        let n = of(n?);
        if !n.is_finite() {
            lost.push((row, "NaN or infinity where a number is expected"));
        }
        n.is_finite().then_some(n)
    };
    let made: Float64Array = array.as_primitive::<T>().iter().enumerate().map(number).collect();
    (Arc::new(made), lost)
}

/// Each value as text: texts as they are, days as dates, others as JSON has them.
fn written(array: &ArrayRef) -> Vec<Option<String>> {
    if array.data_type() == &DataType::Date32 {
        let days = array.as_primitive::<Date32Type>();
        return days.iter().map(|d| Some(crate::model::days::text(d?))).collect();
    }
    if let Some(moments) = moments(array) {
        return moments;
    }
    if let Some(decimals) = array.as_primitive_opt::<Decimal128Type>() {
        let text = |row| decimals.is_valid(row).then(|| decimals.value_as_string(row));
        return (0..decimals.len()).map(text).collect();
    }
    let number = if array.data_type().is_floating() { "f64" } else { "i64" };
    let (array, _) = as_type(array, number).unwrap_or((array.clone(), Vec::new()));
    let text = |row: usize| match value_at(array.as_ref(), row) {
        crate::table::Value::Null => None,
        crate::table::Value::Text(text) => Some(text),
        other => Some(other.json().to_string()),
    };
    (0..array.len()).map(text).collect()
}

/// Points in time as RFC 3339 has them, `2026-01-31T12:00:00.5Z`; without `Z` where the file names no zone.
fn moments(array: &ArrayRef) -> Option<Vec<Option<String>>> {
    let DataType::Timestamp(unit, zone) = array.data_type() else { return None };
    let (per_second, values): (i64, Vec<Option<i64>>) = match unit {
        TimeUnit::Second => (1, array.as_primitive::<TimestampSecondType>().iter().collect()),
        TimeUnit::Millisecond => (1_000, array.as_primitive::<TimestampMillisecondType>().iter().collect()),
        TimeUnit::Microsecond => (1_000_000, array.as_primitive::<TimestampMicrosecondType>().iter().collect()),
        TimeUnit::Nanosecond => (1_000_000_000, array.as_primitive::<TimestampNanosecondType>().iter().collect()),
    };
    let zone = if zone.is_some() { "Z" } else { "" };
    let text = |t: Option<i64>| {
        let (t, digits) = (t?, per_second.ilog10() as usize);
        let (seconds, part) = (t.div_euclid(per_second), t.rem_euclid(per_second));
        let (day, second) = (i32::try_from(seconds.div_euclid(86_400)).ok()?, seconds.rem_euclid(86_400));
        let part = format!("{part:0digits$}");
        let part =
            Some(part.trim_end_matches('0')).filter(|p| !p.is_empty()).map_or(String::new(), |p| format!(".{p}"));
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        Some(format!("{}T{hour:02}:{minute:02}:{second:02}{part}{zone}", crate::model::days::text(day)))
    };
    Some(values.into_iter().map(text).collect())
}

/// What stands where another type is expected.
fn kind(array: &ArrayRef) -> String {
    match array.data_type() {
        DataType::List(_) | DataType::LargeList(_) => "a list".into(),
        DataType::Struct(_) => "an object".into(),
        DataType::Boolean => "true or false".into(),
        DataType::Utf8 => "text".into(),
        other if other.is_numeric() => "a number".into(),
        other => format!("{other}"),
    }
}

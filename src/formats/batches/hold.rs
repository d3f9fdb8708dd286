//! Which types of Parquet a column of samples holds, and how values come into them. `spec/manifest.md` has the table.
//!
//! Nothing becomes null but what is told: each loss has a reason that names the type, once for a column and not for each
//! of its rows.
use crate::formats::json::EXACT;
use crate::formats::reader::{DAY, NAMES, WRITTEN};
use crate::formats::spelling::{self, INEXACT, is_exact};
use crate::model::days;
use crate::table::{Array, ArrayRef, DataType, Value, nulls, types, value_at};
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{ArrowPrimitiveType, Float64Array, Int64Array, ListArray, StringArray, StructArray};
use arrow_schema::{Field, TimeUnit};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Values that became null: by reason the rows, and how many of each.
pub type Lost = BTreeMap<String, BTreeMap<usize, usize>>;

fn lose(lost: &mut Lost, row: usize, why: &str) {
    match lost.get_mut(why) {
        Some(rows) => *rows.entry(row).or_default() += 1,
        None => drop(lost.insert(why.to_string(), BTreeMap::from([(row, 1)]))),
    }
}

/// The type in which a column is kept; an error is the name of a type that no column holds.
pub fn kept(ty: &DataType) -> Result<DataType, String> {
    match ty {
        DataType::Null => Ok(DataType::Null),
        DataType::Boolean => Ok(DataType::Boolean),
        t if t.is_integer() => Ok(DataType::Int64),
        t if t.is_floating() => Ok(DataType::Float64),
        DataType::Binary => Ok(DataType::Utf8), // what old writers call their texts; other bytes are told
        t if is_text(t) => Ok(DataType::Utf8),
        DataType::List(of) | DataType::Map(of, _) => {
            inner(of.data_type()).map(types::list).map_err(|of| format!("a list that holds {of}"))
        }
        DataType::Struct(fields) if !fields.is_empty() => {
            let field = |f: &Arc<Field>| {
                let held = |of: String| format!("an object that holds {of}");
                Ok(Field::new(f.name(), inner(f.data_type()).map_err(held)?, true))
            };
            Ok(DataType::Struct(fields.iter().map(field).collect::<Result<_, String>>()?))
        }
        other => Err(name(other)),
    }
}

/// The same within a list or an object. Bytes there are pictures and the like.
fn inner(ty: &DataType) -> Result<DataType, String> {
    if *ty == DataType::Binary { Err(name(ty)) } else { kept(ty) }
}

/// Whether values have a text of their own.
fn is_text(ty: &DataType) -> bool {
    matches!(
        ty,
        DataType::Utf8
            | DataType::Date32
            | DataType::Date64
            | DataType::Timestamp(..)
            | DataType::Time32(_)
            | DataType::Time64(_)
            | DataType::Decimal128(..)
            | DataType::Decimal256(..)
    )
}

/// What is said of bytes that a text was asked of.
pub const NO_TEXT: &str = "bytes (binary) that are no text in UTF-8";

/// What a type is called.
pub fn name(ty: &DataType) -> String {
    match ty {
        DataType::Null => "nothing".into(),
        DataType::Boolean => "true or false".into(),
        DataType::Utf8 => "text".into(),
        DataType::Binary => "bytes (binary)".into(),
        DataType::FixedSizeBinary(n) => format!("{n} bytes a row (fixed_len_byte_array)"),
        DataType::List(_) => "a list".into(),
        DataType::Map(..) => "a map".into(),
        DataType::Struct(_) => "an object".into(),
        DataType::Timestamp(..) => "a point in time (timestamp)".into(),
        DataType::Date32 | DataType::Date64 => "a day (date)".into(),
        DataType::Time32(_) | DataType::Time64(_) => "a time of day (time)".into(),
        DataType::Decimal128(..) | DataType::Decimal256(..) => "a decimal number (decimal)".into(),
        DataType::Interval(_) => "an interval".into(),
        t if t.is_integer() => "a whole number".into(),
        t if t.is_floating() => "a number".into(),
        other => other.to_string(),
    }
}

/// A column as the type of a field. `None`: no value of it can be of that type.
pub fn as_type(array: &ArrayRef, ty: &str, lost: &mut Lost) -> Option<ArrayRef> {
    match ty {
        DAY => day(array, lost),
        WRITTEN => as_written(array, lost),
        _ => match ty.strip_prefix(NAMES) {
            Some(names) => named(array, names, lost),
            None => into(array, &types::parse(ty)?.0, lost),
        },
    }
}

/// Numbers as the names that they stand for. -1 is what `datasets` writes where there is none.
fn named(array: &ArrayRef, names: &str, lost: &mut Lost) -> Option<ArrayRef> {
    if !array.data_type().is_numeric() || array.logical_null_count() == array.len() {
        return into(array, &DataType::Utf8, lost);
    }
    let names: Vec<String> = serde_json::from_str(names).ok()?;
    let numbers = whole(array, lost)?;
    let of = numbers.as_primitive::<Int64Type>().iter().enumerate();
    let name = |(row, n): (usize, Option<i64>)| {
        let n = n.filter(|n| *n != -1)?;
        let name = usize::try_from(n).ok().and_then(|n| names.get(n));
        if name.is_none() {
            lose(lost, row, "a number that stands for none of the classes that the file names");
        }
        name
    };
    Some(Arc::new(of.map(name).collect::<StringArray>()))
}

/// Every value as text: texts as they are, numbers and what lies in lists and objects as JSON.
fn as_written(array: &ArrayRef, lost: &mut Lost) -> Option<ArrayRef> {
    if *array.data_type() == DataType::UInt64 {
        let of = array.as_primitive::<UInt64Type>().iter();
        return Some(Arc::new(of.map(|n| Some(n?.to_string())).collect::<StringArray>()));
    }
    let made = into(array, &kept(array.data_type()).ok()?, lost)?;
    let text = |row: usize| match value_at(made.as_ref(), row) {
        Value::Null => None,
        Value::Text(text) => Some(text),
        other => Some(other.json().to_string()),
    };
    Some(Arc::new((0..made.len()).map(text).collect::<StringArray>()))
}

/// Values as one of the types that columns have.
fn into(array: &ArrayRef, ty: &DataType, lost: &mut Lost) -> Option<ArrayRef> {
    if *array.data_type() == DataType::Null || array.logical_null_count() == array.len() {
        return Some(nulls(ty, array.len()));
    }
    match ty {
        DataType::Null => None,
        DataType::Boolean => array.as_boolean_opt().map(|_| array.clone()),
        DataType::Int64 => whole(array, lost),
        DataType::Float64 => real(array, lost),
        DataType::Utf8 => text(array, lost),
        DataType::List(of) => list(array, of, lost),
        DataType::Struct(fields) => object(array, fields, lost),
        _ => None,
    }
}

fn list(array: &ArrayRef, of: &Arc<Field>, lost: &mut Lost) -> Option<ArrayRef> {
    let (values, offsets): (ArrayRef, _) = match array.data_type() {
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            (list.values().clone(), list.offsets().clone())
        }
        DataType::Map(..) => {
            let map = array.as_map();
            (Arc::new(map.entries().clone()), map.offsets().clone())
        }
        _ => return None,
    };
    let mut own = Lost::new();
    let values = into(&values, of.data_type(), &mut own)?;
    for (why, rows) in own {
        let lost = lost.entry(why).or_default();
        for (value, n) in rows {
            let row = offsets.partition_point(|start| *start as usize <= value).saturating_sub(1);
            *lost.entry(row).or_default() += n;
        }
    }
    let made = ListArray::try_new(of.clone(), offsets, values, array.nulls().cloned()).ok()?;
    Some(Arc::new(made))
}

fn object(array: &ArrayRef, fields: &arrow_schema::Fields, lost: &mut Lost) -> Option<ArrayRef> {
    let of = array.as_struct_opt()?;
    for (field, values) in of.fields().iter().zip(of.columns()) {
        if !fields.iter().any(|f| f.name() == field.name()) {
            let why = "an object has a key that the first files do not have";
            (0..values.len()).filter(|row| values.is_valid(*row)).for_each(|row| lose(lost, row, why));
        }
    }
    let column = |f: &Arc<Field>| match of.column_by_name(f.name()) {
        Some(values) => into(values, f.data_type(), lost),
        None => Some(nulls(f.data_type(), of.len())),
    };
    let columns = fields.iter().map(column).collect::<Option<Vec<_>>>()?;
    Some(Arc::new(StructArray::try_new(fields.clone(), columns, array.nulls().cloned()).ok()?))
}

/// Whole numbers: also numbers with a point whose fraction is zero, as tables keep them where there are gaps.
fn whole(array: &ArrayRef, lost: &mut Lost) -> Option<ArrayRef> {
    const BEYOND: &str = "a whole number beyond 64 bits";
    const PARTS: &str = "a number that is not whole, or not known exactly";
    macro_rules! each {
        ($ty:ty, $why:expr, $of:expr) => {{
            let of = array.as_primitive::<$ty>().iter().enumerate();
            let number = |(row, n): (usize, Option<<$ty as ArrowPrimitiveType>::Native>)| {
                let made: Option<i64> = $of(n?);
                if made.is_none() {
                    lose(lost, row, $why);
                }
                made
            };
            Arc::new(of.map(number).collect::<Int64Array>()) as ArrayRef
        }};
    }
    let exact = |x: f64| (x.fract() == 0.0 && x.abs() < EXACT).then_some(x as i64);
    Some(match array.data_type() {
        DataType::Int64 => array.clone(),
        DataType::Int8 => each!(Int8Type, BEYOND, |n: i8| Some(n.into())),
        DataType::Int16 => each!(Int16Type, BEYOND, |n: i16| Some(n.into())),
        DataType::Int32 => each!(Int32Type, BEYOND, |n: i32| Some(n.into())),
        DataType::UInt8 => each!(UInt8Type, BEYOND, |n: u8| Some(n.into())),
        DataType::UInt16 => each!(UInt16Type, BEYOND, |n: u16| Some(n.into())),
        DataType::UInt32 => each!(UInt32Type, BEYOND, |n: u32| Some(n.into())),
        DataType::UInt64 => each!(UInt64Type, BEYOND, |n: u64| n.try_into().ok()),
        DataType::Float64 => each!(Float64Type, PARTS, exact),
        DataType::Float32 => each!(Float32Type, PARTS, |n: f32| exact(n.into())),
        DataType::Float16 => each!(Float16Type, PARTS, |n| exact(f64::from(n))),
        DataType::Decimal128(..) | DataType::Decimal256(..) => {
            let of = decimals(array).into_iter().enumerate();
            let number = |(row, n): (usize, Option<String>)| {
                let n = n?;
                let (digits, fraction) = n.split_once('.').unwrap_or((&n, ""));
                let made = digits.parse().ok().filter(|_| fraction.bytes().all(|b| b == b'0'));
                if made.is_none() {
                    lose(lost, row, PARTS);
                }
                made
            };
            Arc::new(of.map(number).collect::<Int64Array>())
        }
        _ => return None,
    })
}

fn real(array: &ArrayRef, lost: &mut Lost) -> Option<ArrayRef> {
    const ODD: &str = "NaN or infinity where a number is expected";
    let values: Vec<Option<f64>> = match array.data_type() {
        DataType::Float64 => array.as_primitive::<Float64Type>().iter().collect(),
        DataType::Float32 => array.as_primitive::<Float32Type>().iter().map(|x| x.map(f64::from)).collect(),
        DataType::Float16 => array.as_primitive::<Float16Type>().iter().map(|x| x.map(f64::from)).collect(),
        DataType::UInt64 => {
            let of = array.as_primitive::<UInt64Type>().iter();
            exactly(of.map(|x| Some(Some(x?).filter(|n| is_exact((*n).into())).map(|n| n as f64))), lost)
        }
        DataType::Decimal128(..) | DataType::Decimal256(..) => {
            exactly(decimals(array).into_iter().map(|x| Some(spelling::real(&x?).ok())), lost)
        }
        _ => {
            let whole = whole(array, lost)?;
            let of = whole.as_primitive::<Int64Type>().iter();
            exactly(of.map(|x| Some(Some(x?).filter(|n| is_exact((*n).into())).map(|n| n as f64))), lost)
        }
    };
    let finite = |(row, x): (usize, Option<f64>)| {
        let finite = x.filter(|x| x.is_finite());
        if finite.is_none() && x.is_some() {
            lose(lost, row, ODD);
        }
        finite
    };
    Some(Arc::new(values.into_iter().enumerate().map(finite).collect::<Float64Array>()))
}

/// Numbers of each row that has one; those that would be rounded are lost.
fn exactly(of: impl Iterator<Item = Option<Option<f64>>>, lost: &mut Lost) -> Vec<Option<f64>> {
    let kept = |(row, x): (usize, Option<Option<f64>>)| {
        if x == Some(None) {
            lose(lost, row, INEXACT);
        }
        x.flatten()
    };
    of.enumerate().map(kept).collect()
}

fn text(array: &ArrayRef, lost: &mut Lost) -> Option<ArrayRef> {
    match array.data_type() {
        DataType::Utf8 => Some(array.clone()),
        DataType::Binary => {
            let of = array.as_binary::<i32>().iter().enumerate();
            let text = |(row, bytes): (usize, Option<&[u8]>)| {
                let text = std::str::from_utf8(bytes?).ok().map(String::from);
                if text.is_none() {
                    lose(lost, row, NO_TEXT);
                }
                text
            };
            Some(Arc::new(of.map(text).collect::<StringArray>()))
        }
        _ => texts(array).map(|texts| Arc::new(StringArray::from(texts)) as ArrayRef),
    }
}

/// Values that have a text of their own: days, points in time, times of day, decimal numbers.
fn texts(array: &ArrayRef) -> Option<Vec<Option<String>>> {
    match array.data_type() {
        DataType::Date32 => Some(array.as_primitive::<Date32Type>().iter().map(|d| Some(days::text(d?))).collect()),
        DataType::Date64 => {
            let of = array.as_primitive::<Date64Type>().iter();
            Some(of.map(|ms| Some(days::text(i32::try_from(ms?.div_euclid(86_400_000)).ok()?))).collect())
        }
        DataType::Timestamp(_, zone) => {
            let zone = if zone.is_some() { "Z" } else { "" };
            let text = |(day, clock): (String, String)| format!("{day}T{clock}{zone}");
            Some(moments(array)?.into_iter().map(|m| m.map(text)).collect())
        }
        DataType::Time32(_) | DataType::Time64(_) => clocks(array),
        DataType::Decimal128(..) | DataType::Decimal256(..) => Some(decimals(array)),
        _ => None,
    }
}

/// Days as texts: of a point in time that is a midnight its day, of a text that is a day itself.
fn day(array: &ArrayRef, lost: &mut Lost) -> Option<ArrayRef> {
    if array.logical_null_count() == array.len() {
        return Some(nulls(&DataType::Utf8, array.len()));
    }
    let (values, why): (Vec<Option<Result<String, ()>>>, &str) = match array.data_type() {
        DataType::Timestamp(..) => {
            let of = moments(array)?.into_iter();
            let midnight = |(day, clock): (String, String)| if clock == "00:00:00" { Ok(day) } else { Err(()) };
            (of.map(|m| m.map(midnight)).collect(), "a point in time that is no midnight (UTC) where a day is expected")
        }
        DataType::Utf8 | DataType::Binary => {
            let made = text(array, lost)?;
            let of = made.as_string::<i32>().iter();
            let is = |t: &str| if days::is_day(t) { Ok(t.to_string()) } else { Err(()) };
            (of.map(|t| t.map(is)).collect(), "text where a day such as 2026-01-31 is expected")
        }
        DataType::Date32 | DataType::Date64 => (texts(array)?.into_iter().map(|t| t.map(Ok)).collect(), ""),
        _ => return None,
    };
    let kept = |(row, value): (usize, Option<Result<String, ()>>)| match value? {
        Ok(day) => Some(day),
        Err(()) => {
            lose(lost, row, why);
            None
        }
    };
    Some(Arc::new(values.into_iter().enumerate().map(kept).collect::<StringArray>()))
}

fn decimals(array: &ArrayRef) -> Vec<Option<String>> {
    let of = |row: usize| match array.data_type() {
        _ if array.is_null(row) => None,
        DataType::Decimal128(..) => Some(array.as_primitive::<Decimal128Type>().value_as_string(row)),
        _ => Some(array.as_primitive::<Decimal256Type>().value_as_string(row)),
    };
    (0..array.len()).map(of).collect()
}

/// `05:06:07.5`
fn clock(second: i64, part: i64, digits: usize) -> String {
    let part = format!("{part:0digits$}");
    let part = Some(part.trim_end_matches('0')).filter(|p| !p.is_empty()).map_or(String::new(), |p| format!(".{p}"));
    format!("{:02}:{:02}:{:02}{part}", second / 3600, second / 60 % 60, second % 60)
}

/// How many units a second has, and the values.
fn ticks(array: &ArrayRef) -> Option<(i64, Vec<Option<i64>>)> {
    macro_rules! of {
        ($n:expr, $ty:ty) => {
            ($n, array.as_primitive::<$ty>().iter().map(|t| t.map(i64::from)).collect())
        };
    }
    Some(match array.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => of!(1, TimestampSecondType),
        DataType::Timestamp(TimeUnit::Millisecond, _) => of!(1_000, TimestampMillisecondType),
        DataType::Timestamp(TimeUnit::Microsecond, _) => of!(1_000_000, TimestampMicrosecondType),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => of!(1_000_000_000, TimestampNanosecondType),
        DataType::Time32(TimeUnit::Second) => of!(1, Time32SecondType),
        DataType::Time32(TimeUnit::Millisecond) => of!(1_000, Time32MillisecondType),
        DataType::Time64(TimeUnit::Microsecond) => of!(1_000_000, Time64MicrosecondType),
        DataType::Time64(TimeUnit::Nanosecond) => of!(1_000_000_000, Time64NanosecondType),
        _ => return None,
    })
}

/// Points in time as day and time of day.
fn moments(array: &ArrayRef) -> Option<Vec<Option<(String, String)>>> {
    let (per_second, values) = ticks(array)?;
    let of = |t: Option<i64>| {
        let t = t?;
        let (seconds, part) = (t.div_euclid(per_second), t.rem_euclid(per_second));
        let day = i32::try_from(seconds.div_euclid(86_400)).ok()?;
        Some((days::text(day), clock(seconds.rem_euclid(86_400), part, per_second.ilog10() as usize)))
    };
    Some(values.into_iter().map(of).collect())
}

fn clocks(array: &ArrayRef) -> Option<Vec<Option<String>>> {
    let (per_second, values) = ticks(array)?;
    let of = |t: Option<i64>| Some(clock(t? / per_second, t? % per_second, per_second.ilog10() as usize));
    Some(values.into_iter().map(of).collect())
}

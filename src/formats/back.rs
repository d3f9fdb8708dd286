//! Released values, read back in the types that the content root is taken of: what a release says of its values is
//! compared with what its files hold.
use super::once::Once;
use crate::digest::Digest;
use crate::model::days;
use crate::model::images::Image;
use crate::model::sounds::Sound;
use crate::table::value::column;
use crate::table::{Array, ArrayRef, Cell, DataType, Value, array_of, types, utf8};
use arrow_array::cast::AsArray;
use arrow_array::types::Date32Type;
use serde_json::Value as Json;
use std::io::BufRead;

/// A released column: its name in the files, and what it holds: `image`, `date` or a type as text.
pub struct Released {
    pub name: String,
    pub holds: String,
}

impl Released {
    /// The type that the content root is taken of.
    pub fn ty(&self) -> DataType {
        match self.holds.as_str() {
            "image" => Image::ty(),
            "audio" => Sound::ty(),
            "date" => utf8(),
            other => types::parse(other).map_or(utf8(), |t| t.0),
        }
    }
}

/// The columns that are read back, and the files of pictures that lie beside.
pub struct Back<'b> {
    pub columns: &'b [Released],
    /// Digest and length of a picture's file, by the name that its row gives it.
    pub picture: &'b dyn Fn(&str) -> Option<(Digest, u64)>,
}

/// A part of what a file holds.
pub enum Part {
    /// Some rows, an array for each column.
    Rows(Vec<ArrayRef>),
    /// A piece of the content root ends here.
    End,
}

/// How the values of a file are read back.
pub struct Values {
    /// Whether the file knows where the pieces of the content root end.
    pub pieces: bool,
    /// Hands over the values of a file, in order.
    pub read: fn(&mut dyn BufRead, &Back, Tell) -> Result<(), String>,
}

/// Is handed the parts of a file; an error of its own ends the reading.
pub type Tell<'t> = &'t mut dyn FnMut(Part) -> Result<(), String>;

/// Rows that are read at a time.
pub const BATCH: usize = 1024;

/// Hands over each line of a file, without its end; the first that is not as it should be ends it.
pub fn each_line(input: &mut dyn BufRead, tell: &mut dyn FnMut(&[u8]) -> Result<(), String>) -> Result<(), String> {
    let (mut line, mut n) = (Vec::new(), 0);
    while input.read_until(b'\n', &mut line).map_err(|e| e.to_string())? > 0 {
        n += 1;
        tell(line.strip_suffix(b"\n").unwrap_or(&line)).map_err(|say| format!("line {n} {say}"))?;
        line.clear();
    }
    Ok(())
}

/// The rows of a file of JSON Lines. With `beside`, pictures lie beside it: each row names its own by `file_name`.
pub fn of_lines(input: &mut dyn BufRead, back: &Back, beside: bool, tell: Tell) -> Result<(), String> {
    let mut rows: Vec<Vec<Value>> = back.columns.iter().map(|_| Vec::new()).collect();
    let mut held = 0;
    each_line(input, &mut |line| {
        let Once(object) = serde_json::from_slice(line).map_err(|e| format!("does not read: {e}"))?;
        let Json::Object(object) = object else { return Err("is no JSON object".into()) };
        let mut known = 0;
        for (c, values) in back.columns.iter().zip(&mut rows) {
            values.push(match (c.holds.as_str(), beside) {
                ("image", true) => pictured(object.get("file_name"), back)?,
                _ => {
                    known += 1;
                    let json = object.get(&c.name).ok_or_else(|| format!("has no `{}`", c.name))?;
                    value(json, &c.ty()).ok_or_else(|| format!("has another type in `{}`", c.name))?
                }
            });
        }
        if object.len() > known + usize::from(object.contains_key("file_name") && beside) {
            return Err("has a column that release.json does not name".into());
        }
        held += 1;
        if held == BATCH {
            held = 0;
            tell(Part::Rows(taken(back, &mut rows)?))?;
        }
        Ok(())
    })?;
    if held > 0 { tell(Part::Rows(taken(back, &mut rows)?)) } else { Ok(()) }
}

/// The rows that were read, as columns.
pub(super) fn taken(back: &Back, rows: &mut [Vec<Value>]) -> Result<Vec<ArrayRef>, String> {
    back.columns.iter().zip(rows).map(|(c, values)| column(&c.ty(), &std::mem::take(values))).collect()
}

/// The picture that a row names; none where it names none.
fn pictured(name: Option<&Json>, back: &Back) -> Result<Value, String> {
    let Some(name) = name else { return Ok(Value::Null) };
    let name = name.as_str().ok_or("names its picture by no text")?;
    let (blob, bytes) = (back.picture)(name).ok_or_else(|| format!("names {name}, which is not there"))?;
    Ok(image(blob, name, bytes).into_value())
}

/// An image by the name of its file, whose ending says what it is.
fn image(blob: Digest, name: &str, bytes: u64) -> Image {
    let end = name.rsplit_once('.').map_or("", |n| n.1);
    let format = if end == "jpg" { "jpeg" } else { end };
    Image { blob, format: format.into(), bytes: bytes as i64 }
}

/// A sound by the name of its file, whose ending says what it is.
fn sound(blob: Digest, name: &str, bytes: u64) -> Sound {
    let container = name.rsplit_once('.').map_or("", |n| n.1).into();
    Sound { blob, container, bytes: bytes as i64 }
}

/// A released JSON value as one of a column; `None` if it is of another type.
pub(super) fn value(json: &Json, ty: &DataType) -> Option<Value> {
    let within = |least: i64, most: i64| json.as_i64().filter(|n| (least..=most).contains(n)).map(Value::Int);
    Some(match (json, ty) {
        (Json::Null, _) => Value::Null,
        (Json::Bool(b), DataType::Boolean) => Value::Bool(*b),
        (Json::String(t), DataType::Utf8) => Value::Text(t.clone()),
        (Json::Number(_), DataType::Int64) => within(i64::MIN, i64::MAX)?,
        (Json::Number(_), DataType::Int32) => within(i32::MIN.into(), i32::MAX.into())?,
        (Json::Number(_), DataType::UInt32) => within(0, u32::MAX.into())?,
        (Json::Number(_), DataType::UInt8) => within(0, u8::MAX.into())?,
        (Json::Number(n), DataType::Float64) => Value::Float(n.as_f64()?),
        (Json::String(hex), DataType::Binary) => Value::Bytes(bytes(hex)?),
        (Json::String(hex), DataType::FixedSizeBinary(_)) => Value::Blob(Digest::parse(hex)?),
        (Json::Array(items), DataType::List(of)) => {
            Value::List(items.iter().map(|item| value(item, of.data_type())).collect::<Option<_>>()?)
        }
        (Json::Object(entries), DataType::Struct(fields)) if entries.len() == fields.len() => {
            let field = |f: &std::sync::Arc<arrow_schema::Field>| {
                Some((f.name().clone(), value(entries.get(f.name())?, f.data_type())?))
            };
            Value::Struct(fields.iter().map(field).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

/// Hex digits as bytes.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    let (pairs, odd) = hex.as_bytes().as_chunks::<2>();
    let digit = |b: u8| char::from(b).to_digit(16);
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? * 16 + digit(*low)?).ok();
    if odd.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

/// A column of a format that has types of its own for days and pictures, as the content root has it.
pub fn of_typed(array: &ArrayRef, holds: &str) -> Result<ArrayRef, String> {
    match (holds, array.data_type()) {
        ("date", DataType::Date32) => {
            let days = array.as_primitive::<Date32Type>().iter();
            Ok(array_of(days.map(|day| day.map(days::text))))
        }
        ("image", DataType::Struct(_)) => of_bytes(array, holds, image),
        ("audio", DataType::Struct(_)) => of_bytes(array, holds, sound),
        ("date" | "image" | "audio", other) => Err(format!("holds {other} where a {holds} is expected")),
        _ => Ok(array.clone()),
    }
}

/// A column of bytes with the names of their files, as nouns that name the bytes by their digest.
fn of_bytes<T: crate::table::Cell>(
    array: &ArrayRef,
    holds: &str,
    noun: fn(Digest, &str, u64) -> T,
) -> Result<ArrayRef, String> {
    let own = array.as_struct();
    let part = |name: &str| own.column_by_name(name).ok_or_else(|| format!("holds {holds} without `{name}`"));
    let (bytes, paths) = (part("bytes")?, part("path")?);
    let bytes = bytes.as_binary_opt::<i32>().ok_or_else(|| format!("holds {holds} whose bytes are no bytes"))?;
    let paths = paths.as_string_opt::<i32>().ok_or_else(|| format!("holds {holds} whose path is no text"))?;
    let one = |row: usize| {
        let there = own.is_valid(row) && bytes.is_valid(row) && paths.is_valid(row);
        let content = there.then(|| bytes.value(row))?;
        Some(noun(Digest::of(content), paths.value(row), content.len() as u64))
    };
    Ok(array_of((0..own.len()).map(one)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::slots::{Slots, Style};
    use crate::table::{list, record, value_at};

    #[test]
    fn what_is_written_reads_back() {
        let spans = list(record(&[("class", utf8()), ("start", DataType::UInt32), ("x", DataType::Float64)]));
        let span = Value::Struct(vec![
            ("class".into(), Value::Text("가\"".into())),
            ("start".into(), Value::Int(4_294_967_295)),
            ("x".into(), Value::Float(0.1)),
        ]);
        let all = [
            (spans, Value::List(vec![span, Value::Null])),
            (DataType::Int64, Value::Int(i64::MIN)),
            (DataType::Float64, Value::Float(-0.0)),
            (DataType::Binary, Value::Bytes(vec![0, 255])),
            (DataType::FixedSizeBinary(32), Value::Blob(Digest::of(b"x"))),
            (DataType::Boolean, Value::Bool(true)),
        ];
        for (ty, own) in all {
            let array = column(&ty, std::slice::from_ref(&own)).unwrap();
            let mut written = Vec::new();
            Slots::of(array.as_ref(), Style::Released).put(0, &mut written);
            let json: Json = serde_json::from_slice(&written).unwrap();
            assert_eq!(value(&json, &ty), Some(own), "{ty}");
        }
        assert_eq!(value(&Json::from(1u64 << 32), &DataType::UInt32), None);
        assert_eq!(value(&Json::from("x"), &DataType::Int64), None);
    }

    #[test]
    fn lines_are_read_in_batches_and_strange_ones_are_told() {
        let columns = ["id", "n"]
            .map(|name| Released { name: name.into(), holds: if name == "id" { "utf8".into() } else { "i64".into() } });
        let back = Back { columns: &columns, picture: &|_| None };
        let read = |text: &str| {
            let mut rows = Vec::new();
            let mut tell = |part| {
                if let Part::Rows(arrays) = part {
                    rows.push(arrays.first().map_or(0, |a: &ArrayRef| a.len()));
                }
                Ok(())
            };
            of_lines(&mut text.as_bytes(), &back, false, &mut tell).map(|()| rows)
        };
        let many: String = (0..BATCH + 1).map(|n| format!("{{\"id\": \"{n}\", \"n\": {n}}}\n")).collect();
        assert_eq!(read(&many), Ok(vec![BATCH, 1]));
        for wrong in ["{\"id\": \"a\"}\n", "{\"id\": \"a\", \"n\": 1.5}\n", "{\"id\": \"a\", \"n\": 1, \"m\": 2}\n"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn pictures_and_days_as_the_content_root_has_them() {
        let days = column(&DataType::Date32, &[Value::Int(0), Value::Null]).unwrap();
        let texts = of_typed(&days, "date").unwrap();
        assert_eq!(value_at(texts.as_ref(), 0), Value::Text("1970-01-01".into()));
        let ty = record(&[("bytes", DataType::Binary), ("path", utf8())]);
        let picture = vec![("bytes".into(), Value::Bytes(vec![1])), ("path".into(), Value::Text("a.jpg".into()))];
        let pictures = column(&ty, &[Value::Struct(picture), Value::Null]).unwrap();
        let images = of_typed(&pictures, "image").unwrap();
        let want = Image { blob: Digest::of(&[1]), format: "jpeg".into(), bytes: 1 };
        assert_eq!(Image::from_value(&value_at(images.as_ref(), 0)), Some(want));
        assert_eq!(value_at(images.as_ref(), 1), Value::Null);
        assert!(of_typed(&days, "image").is_err());
    }
}

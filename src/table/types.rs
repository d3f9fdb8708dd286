//! Column types and their text in digests (`spec/store.md`): `utf8`, `list<T>`, `struct<LEN:NAME T,...>`.
//! Arrow's data types serve as they are; a blob (a digest standing for bytes elsewhere) is a fixed-size binary of 32.
use arrow_schema::{DataType, Field, Fields, TimeUnit};
use std::sync::Arc;

pub fn utf8() -> DataType {
    DataType::Utf8
}

pub fn blob() -> DataType {
    DataType::FixedSizeBinary(32)
}

pub fn list(of: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", of, true)))
}

pub fn record(fields: &[(&str, DataType)]) -> DataType {
    DataType::Struct(fields.iter().map(|(n, t)| Field::new(*n, t.clone(), true)).collect::<Fields>())
}

const SIMPLE: &[(&str, DataType)] = &[
    ("null", DataType::Null),
    ("bool", DataType::Boolean),
    ("i8", DataType::Int8),
    ("i16", DataType::Int16),
    ("i32", DataType::Int32),
    ("i64", DataType::Int64),
    ("u8", DataType::UInt8),
    ("u16", DataType::UInt16),
    ("u32", DataType::UInt32),
    ("u64", DataType::UInt64),
    ("f32", DataType::Float32),
    ("f64", DataType::Float64),
    ("utf8", DataType::Utf8),
    ("binary", DataType::Binary),
    ("date32", DataType::Date32),
    ("blob", DataType::FixedSizeBinary(32)),
];

/// The type's canonical text; large, view, dictionary and run-end types are told as what they hold.
pub fn text(t: &DataType) -> String {
    match t {
        DataType::LargeUtf8 | DataType::Utf8View => "utf8".into(),
        DataType::LargeBinary | DataType::BinaryView => "binary".into(),
        DataType::Timestamp(TimeUnit::Microsecond, _) => "time_us".into(),
        DataType::Decimal128(p, s) => format!("decimal<{p},{s}>"),
        DataType::Dictionary(_, v) => text(v),
        DataType::RunEndEncoded(_, v) => text(v.data_type()),
        DataType::List(f) | DataType::LargeList(f) | DataType::ListView(f) | DataType::FixedSizeList(f, _) => {
            format!("list<{}>", text(f.data_type()))
        }
        DataType::Struct(fields) => {
            let inner: Vec<String> =
                fields.iter().map(|f| format!("{}:{} {}", f.name().len(), f.name(), text(f.data_type()))).collect();
            format!("struct<{}>", inner.join(","))
        }
        other => match SIMPLE.iter().find(|(_, t)| t == other) {
            Some((name, _)) => (*name).into(),
            None => format!("unsupported {other}"),
        },
    }
}

/// The type of a canonical text, and what follows it.
pub fn parse(text: &str) -> Option<(DataType, &str)> {
    if let Some(rest) = text.strip_prefix("list<") {
        let (inner, rest) = parse(rest)?;
        return Some((list(inner), rest.strip_prefix('>')?));
    }
    if let Some(mut rest) = text.strip_prefix("struct<") {
        let mut fields = Vec::new();
        while !rest.starts_with('>') {
            rest = rest.strip_prefix(',').unwrap_or(rest);
            let (len, after) = rest.split_once(':')?;
            let len: usize = len.parse().ok()?;
            let name = after.get(..len)?;
            let (t, after) = parse(after.get(len..)?.strip_prefix(' ')?)?;
            fields.push(Field::new(name, t, true));
            rest = after;
        }
        return Some((DataType::Struct(fields.into()), rest.strip_prefix('>')?));
    }
    if let Some(rest) = text.strip_prefix("decimal<") {
        let (p, rest) = rest.split_once(',')?;
        let (s, rest) = rest.split_once('>')?;
        return Some((DataType::Decimal128(p.parse().ok()?, s.parse().ok()?), rest));
    }
    if let Some(rest) = text.strip_prefix("time_us") {
        return Some((DataType::Timestamp(TimeUnit::Microsecond, None), rest));
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    SIMPLE.iter().find(|(n, _)| *n == name).map(|(_, t)| (t.clone(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let t = list(record(&[
            ("annotator", utf8()),
            ("items", list(record(&[("class", utf8()), ("start", DataType::UInt32)]))),
        ]));
        let s = text(&t);
        assert_eq!(s, "list<struct<9:annotator utf8,5:items list<struct<5:class utf8,5:start u32>>>>");
        assert_eq!(parse(&s), Some((t, "")));
        assert_eq!(parse("decimal<10,2>").map(|p| text(&p.0)), Some("decimal<10,2>".into()));
        assert_eq!(parse("strukt"), None);
    }
}

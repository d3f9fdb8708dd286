//! Which columns the records of a file have, and of which types, seen from the beginning of the file: for sources that
//! name no fields, and for fields that `[schema]` does not speak of.
use super::doubt::Doubt;
use super::json::Json;
use super::reader::{DAY, Seen, UNHELD, WRITTEN};
use super::spelling::is_exact;
use crate::table::{DataType, types};
use std::collections::BTreeMap;

/// How much of a file of text is looked at, in bytes.
pub const HEAD: u64 = 1 << 20;

/// Why a record that does not end within them shows nothing.
pub const BEYOND: &str = "its first record goes on behind its first MiB, and no further is looked: name the columns, as in fields = { text = \"text\" }";

/// How many records of it.
const RECORDS: usize = 1000;

/// How deep lists and objects keep their own types; what lies deeper is kept as JSON text.
const DEPTH: usize = 8;

/// How many keys an object may show; with more it is a map with keys of its own, and is kept as JSON text.
const KEYS: usize = 64;

/// The type of whole numbers of which one is not held exactly by a number with a point, as far as it is seen: beside such
/// numbers the column is text. Alone they are whole numbers like others.
const WIDE: &str = "u64";

/// The same type with all whole numbers in it marked so.
pub fn wide(ty: &DataType) -> DataType {
    whole(ty, &DataType::Int64, &DataType::UInt64)
}

/// The type with one kind of whole numbers for another.
fn whole(ty: &DataType, from: &DataType, to: &DataType) -> DataType {
    match ty {
        own if own == from => to.clone(),
        DataType::List(of) => types::list(whole(of.data_type(), from, to)),
        DataType::Struct(fields) => {
            let fields: Vec<(&str, DataType)> =
                fields.iter().map(|f| (f.name().as_str(), whole(f.data_type(), from, to))).collect();
            types::record(&fields)
        }
        other => other.clone(),
    }
}

/// The shape of a JSON value, or of several.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Nothing,
    Bool,
    Int,
    /// Whole numbers, one of which a number with a point does not hold exactly.
    Wide,
    Float,
    Text,
    List(Box<Shape>),
    Object(Vec<(String, Shape)>),
    /// Values of several shapes.
    Mixed,
}

impl Shape {
    fn of(value: &Json, depth: usize) -> Shape {
        match value {
            Json::Null => Shape::Nothing,
            Json::Bool(_) => Shape::Bool,
            Json::Int(n) if !is_exact((*n).into()) => Shape::Wide,
            Json::Int(_) => Shape::Int,
            Json::Float(x) if *x == 0.0 && x.is_sign_negative() => Shape::Int, // so `-0` is read
            Json::Large(_) | Json::Huge(_) => Shape::Mixed,
            Json::Float(_) | Json::Written(..) => Shape::Float,
            Json::Text(_) => Shape::Text,
            _ if depth == 0 => Shape::Mixed,
            Json::Array(items) => {
                let shapes = items.iter().map(|item| Shape::of(item, depth - 1));
                Shape::List(Box::new(shapes.fold(Shape::Nothing, Shape::with)))
            }
            Json::Object(entries) if entries.len() > KEYS => Shape::Mixed,
            Json::Object(entries) => {
                Shape::Object(entries.iter().map(|(k, v)| (k.to_string(), Shape::of(v, depth - 1))).collect())
            }
        }
    }

    /// The shape of values of both shapes.
    fn with(self, other: Shape) -> Shape {
        match (self, other) {
            (a, Shape::Nothing) | (Shape::Nothing, a) => a,
            (a, b) if a == b => a,
            (Shape::Int | Shape::Wide, Shape::Int | Shape::Wide) => Shape::Wide,
            (Shape::Int | Shape::Float, Shape::Int | Shape::Float) => Shape::Float,
            (Shape::List(a), Shape::List(b)) => Shape::List(Box::new(a.with(*b))),
            (Shape::Object(a), Shape::Object(b)) => merged(a, b),
            _ => Shape::Mixed,
        }
    }

    fn words(&self) -> &'static str {
        match self {
            Shape::Nothing => "nothing",
            Shape::Bool => "true or false",
            Shape::Wide => "a whole number that a number with a point does not hold exactly",
            Shape::Int | Shape::Float => "a number",
            Shape::Text => "text",
            Shape::List(of) if !of.is_plain() => "a list of several types",
            Shape::List(_) => "a list",
            Shape::Object(entries) if !entries.is_empty() && !self.is_plain() => {
                "an object with values that no column has"
            }
            Shape::Object(_) => "an object",
            Shape::Mixed => "a value that no column has",
        }
    }

    /// Whether it can be a column as it is.
    fn is_plain(&self) -> bool {
        match self {
            Shape::Nothing | Shape::Bool | Shape::Int | Shape::Wide | Shape::Float | Shape::Text => true,
            Shape::List(of) => of.is_plain(),
            Shape::Object(entries) => !entries.is_empty() && entries.iter().all(|(_, of)| of.is_plain()),
            Shape::Mixed => false,
        }
    }

    fn ty(&self) -> String {
        match self {
            Shape::Bool => "bool".into(),
            Shape::Int => "i64".into(),
            Shape::Wide => WIDE.into(),
            Shape::Float => "f64".into(),
            Shape::Nothing => "null".into(),
            Shape::Text | Shape::Mixed => "utf8".into(),
            Shape::List(of) => format!("list<{}>", of.ty()),
            Shape::Object(entries) => {
                let fields = entries.iter().map(|(name, of)| format!("{}:{name} {}", name.len(), of.ty()));
                format!("struct<{}>", fields.collect::<Vec<_>>().join(","))
            }
        }
    }
}

fn merged(mut a: Vec<(String, Shape)>, b: Vec<(String, Shape)>) -> Shape {
    for (name, shape) in b {
        match a.iter_mut().find(|(own, _)| *own == name) {
            Some((_, own)) => *own = std::mem::replace(own, Shape::Nothing).with(shape),
            None => a.push((name, shape)),
        }
    }
    if a.len() > KEYS { Shape::Mixed } else { Shape::Object(a) }
}

/// The columns of objects, in the order in which their keys first stand there.
pub fn objects<'l>(records: impl Iterator<Item = Json<'l>>) -> Vec<Seen> {
    let mut order: Vec<String> = Vec::new();
    let mut shapes: BTreeMap<String, Shape> = BTreeMap::new();
    for record in records.take(RECORDS) {
        let Json::Object(entries) = &record else { continue };
        for (key, value) in entries {
            let shape = Shape::of(value, DEPTH);
            match shapes.get_mut(key.as_ref()) {
                Some(own) => *own = std::mem::replace(own, Shape::Nothing).with(shape),
                None => {
                    order.push(key.to_string());
                    shapes.insert(key.to_string(), shape);
                }
            }
        }
    }
    let ty = |name: &String| shapes.get(name).filter(|s| s.is_plain()).map_or(WRITTEN.to_string(), Shape::ty);
    order.iter().map(|name| (name.clone(), ty(name))).collect()
}

/// The first record, from 1, in which a column holds a value of another type than before, or of one that no column has.
pub fn doubts<'l>(records: impl Iterator<Item = Json<'l>>) -> Vec<Doubt> {
    let mut shapes: BTreeMap<String, Shape> = BTreeMap::new();
    let mut out = Vec::new();
    for (n, record) in records.take(RECORDS).enumerate() {
        let Json::Object(entries) = &record else { continue };
        for (key, value) in entries {
            let own = shapes.entry(key.to_string()).or_insert(Shape::Nothing);
            let was = own.is_plain();
            let before_nothing = *own == Shape::Nothing;
            let before = std::mem::replace(own, Shape::Nothing);
            let has = match value {
                Json::Large(_) | Json::Huge(_) => "a whole number beyond 64 bits",
                _ => Shape::of(value, DEPTH).words(),
            };
            let had = before.words();
            *own = before.with(Shape::of(value, DEPTH));
            if was && !own.is_plain() && *own != Shape::Object(Vec::new()) {
                let say = match had == has {
                    _ if before_nothing => format!("holds {has} in record {}", n + 1),
                    true => format!("holds {has} in record {} that is like none before it", n + 1),
                    false => format!("holds {has} in record {}, and {had} before it", n + 1),
                };
                out.push(Doubt::several(key, say));
            }
        }
    }
    out
}

/// The columns of several files: each name once, in the order in which it is first seen. Numbers widen, objects take the
/// keys of all, and what one file shows nothing of is as the others have it; columns of types that no type has in common
/// are kept as they are written. What no file shows anything of is `null` there, also within lists; see [`settled`].
pub fn together(files: impl IntoIterator<Item = Vec<Seen>>) -> Vec<Seen> {
    let mut out: Vec<Seen> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (name, ty) in files.into_iter().flatten() {
        match places.get(&name).and_then(|at| out.get_mut(*at)) {
            Some(own) => own.1 = both(&own.1, &ty),
            None => {
                places.insert(name.clone(), out.len());
                out.push((name, ty));
            }
        }
    }
    out
}

fn both(a: &str, b: &str) -> String {
    if a == b || a.starts_with(UNHELD) {
        return a.into();
    }
    if b.starts_with(UNHELD) {
        return b.into();
    }
    let parse = |ty: &str| types::parse(ty).map(|parsed| parsed.0);
    match (parse(a), parse(b)) {
        (Some(a), Some(b)) => unified(&a, &b).map_or(WRITTEN.into(), |ty| types::text(&ty)),
        (Some(DataType::Null), None) => b.into(),
        (None, Some(DataType::Null)) => a.into(),
        (Some(DataType::Utf8), None) if b == DAY => a.into(),
        (None, Some(DataType::Utf8)) if a == DAY => b.into(),
        _ => WRITTEN.into(),
    }
}

/// The type that holds the values of two types.
fn unified(a: &DataType, b: &DataType) -> Option<DataType> {
    match (a, b) {
        (a, b) if a == b => Some(a.clone()),
        (DataType::Null, other) | (other, DataType::Null) => Some(other.clone()),
        (DataType::Int64, DataType::UInt64) | (DataType::UInt64, DataType::Int64) => Some(DataType::UInt64),
        (DataType::Int64 | DataType::Float64, DataType::Int64 | DataType::Float64) => Some(DataType::Float64),
        (DataType::List(a), DataType::List(b)) => unified(a.data_type(), b.data_type()).map(types::list),
        (DataType::Struct(a), DataType::Struct(b)) => {
            let mut fields: Vec<(String, DataType)> =
                a.iter().map(|f| (f.name().clone(), f.data_type().clone())).collect();
            for f in b {
                match fields.iter_mut().find(|own| own.0 == *f.name()) {
                    Some(own) => own.1 = unified(&own.1, f.data_type())?,
                    None => fields.push((f.name().clone(), f.data_type().clone())),
                }
            }
            let fields: Vec<(&str, DataType)> = fields.iter().map(|(name, ty)| (name.as_str(), ty.clone())).collect();
            (fields.len() <= KEYS).then(|| types::record(&fields))
        }
        _ => None,
    }
}

/// The type in which a column is kept: text, where no value was seen.
pub fn settled(ty: String) -> String {
    match types::parse(&ty) {
        Some((parsed, _)) => types::text(&filled(&whole(&parsed, &DataType::UInt64, &DataType::Int64))),
        None => ty,
    }
}

fn filled(ty: &DataType) -> DataType {
    match ty {
        DataType::Null => DataType::Utf8,
        DataType::List(of) => types::list(filled(of.data_type())),
        DataType::Struct(fields) => {
            let fields: Vec<(&str, DataType)> =
                fields.iter().map(|f| (f.name().as_str(), filled(f.data_type()))).collect();
            types::record(&fields)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::json::parse;

    fn seen(lines: &[&str]) -> Vec<(String, String)> {
        objects(lines.iter().map(|line| parse(line.as_bytes(), 64).unwrap()))
    }

    #[test]
    fn numbers_widen_and_several_shapes_stay_as_written() {
        let lines = [r#"{"b": 1, "a": null, "x": "t", "f": true}"#, r#"{"a": 2.5, "b": 3, "x": 4, "n": null}"#];
        let want = [("b", "i64"), ("a", "f64"), ("x", WRITTEN), ("f", "bool"), ("n", "null")];
        assert_eq!(seen(&lines), want.map(|(n, t)| (n.to_string(), t.to_string())));
        assert_eq!(seen(&[r#"{"a": 1}"#, r#"{"a": 1.5}"#])[0].1, "f64");
        assert_eq!(seen(&[r#"{"a": -0}"#, r#"{"a": 2}"#])[0].1, "i64");
    }

    #[test]
    fn lists_and_objects_keep_their_types() {
        let lines = [r#"{"t": ["a"], "s": [{"start": 0, "class": "x"}], "o": {}}"#, r#"{"t": [], "s": [{"end": 1}]}"#];
        let want = [("t", "list<utf8>"), ("s", "list<struct<5:start i64,5:class utf8,3:end i64>>"), ("o", WRITTEN)];
        assert_eq!(seen(&lines), want.map(|(n, t)| (n.to_string(), t.to_string())));
        assert_eq!(seen(&[r#"{"t": [1, "a"]}"#])[0].1, WRITTEN);
    }

    #[test]
    fn whole_numbers_that_would_be_rounded_make_a_column_text() {
        let wide = r#"{"a": 9007199254740993, "l": [9007199254740993], "o": {"u": 1}}"#;
        assert_eq!(seen(&[wide, r#"{"a": 1.5}"#])[0].1, WRITTEN);
        assert_eq!(seen(&[wide, r#"{"l": [0.5]}"#])[1].1, WRITTEN);
        assert_eq!(seen(&[r#"{"a": 9007199254740992}"#, r#"{"a": 1.5}"#])[0].1, "f64", "it is held exactly");
        assert_eq!(settled(seen(&[wide])[0].1.clone()), "i64");
        assert_eq!(settled(seen(&[wide])[1].1.clone()), "list<i64>");
        let two = |a: &str, b: &str| settled(both(a, b));
        assert_eq!((two("u64", "i64"), two("u64", "f64")), ("i64".to_string(), WRITTEN.to_string()));
        assert_eq!(two("struct<1:a u64>", "struct<1:a f64>"), WRITTEN);
    }

    #[test]
    fn the_record_that_differs_is_named() {
        let lines = [r#"{"a": 1, "l": [1], "o": {}}"#, r#"{"a": 2.5, "l": []}"#, r#"{"a": "x", "l": [1, "a"]}"#];
        let told = doubts(lines.iter().map(|line| parse(line.as_bytes(), 64).unwrap()));
        let told: Vec<String> = told.into_iter().map(|d| format!("{} {}", d.column, d.say)).collect();
        let want = [
            "a holds text in record 3, and a number before it",
            "l holds a list of several types in record 3, and a list before it",
        ];
        assert_eq!(told, want);
    }

    #[test]
    fn files_are_put_together() {
        let of = |name: &str, ty: &str| vec![(name.to_string(), ty.to_string())];
        let all = together([of("a", "i64"), of("b", "utf8"), of("a", "f64"), of("b", "bool")]);
        assert_eq!(all, [("a".to_string(), "f64".to_string()), ("b".into(), WRITTEN.into())]);
        let two = |a: &str, b: &str| settled(together([of("a", a), of("a", b)])[0].1.clone());
        assert_eq!(two("list<i64>", "list<f64>"), "list<f64>");
        assert_eq!(two("null", "i64"), "i64");
        assert_eq!(two("null", "null"), "utf8");
        assert_eq!(two("list<null>", "list<utf8>"), "list<utf8>");
        assert_eq!(two("list<null>", "list<null>"), "list<utf8>");
        assert_eq!(two("list<null>", "list<list<null>>"), "list<list<utf8>>");
        assert_eq!(two("struct<1:a i64>", "struct<1:a f64,1:b null>"), "struct<1:a f64,1:b utf8>");
        assert_eq!(two("list<i64>", "i64"), WRITTEN);
        assert_eq!(two("unheld bytes", "i64"), "unheld bytes");
    }
}

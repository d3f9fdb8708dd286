//! Which columns the records of a file have, and of which types, seen from the beginning of the file: for sources that
//! name no fields, and for fields that `[schema]` does not speak of.
use super::json::Json;
use super::reader::{Seen, WRITTEN};
use std::collections::BTreeMap;

/// How much of a file of text is looked at, in bytes.
pub const HEAD: u64 = 1 << 20;

/// How many records of it.
const RECORDS: usize = 1000;

/// How deep lists and objects keep their own types; what lies deeper is kept as JSON text.
const DEPTH: usize = 8;

/// How many keys an object may show; with more it is a map with keys of its own, and is kept as JSON text.
const KEYS: usize = 64;

/// The shape of a JSON value, or of several.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Nothing,
    Bool,
    Int,
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
            Json::Int(_) => Shape::Int,
            Json::Large(_) | Json::Huge(_) => Shape::Mixed,
            Json::Float(_) => Shape::Float,
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
            (Shape::Int | Shape::Float, Shape::Int | Shape::Float) => Shape::Float,
            (Shape::List(a), Shape::List(b)) => Shape::List(Box::new(a.with(*b))),
            (Shape::Object(a), Shape::Object(b)) => merged(a, b),
            _ => Shape::Mixed,
        }
    }

    /// Whether it can be a column as it is.
    fn is_plain(&self) -> bool {
        match self {
            Shape::Nothing | Shape::Bool | Shape::Int | Shape::Float | Shape::Text => true,
            Shape::List(of) => of.is_plain(),
            Shape::Object(entries) => !entries.is_empty() && entries.iter().all(|(_, of)| of.is_plain()),
            Shape::Mixed => false,
        }
    }

    /// The type of a column. Where nothing but empty lists were seen, what their items are is not known.
    fn column(&self) -> String {
        if matches!(self, Shape::List(of) if **of == Shape::Nothing) { EMPTY.into() } else { self.ty() }
    }

    fn ty(&self) -> String {
        match self {
            Shape::Bool => "bool".into(),
            Shape::Int => "i64".into(),
            Shape::Float => "f64".into(),
            Shape::Nothing | Shape::Text | Shape::Mixed => "utf8".into(),
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
    let ty = |name: &String| shapes.get(name).filter(|s| s.is_plain()).map_or(WRITTEN.to_string(), Shape::column);
    order.iter().map(|name| (name.clone(), ty(name))).collect()
}

/// The type of a column in which nothing but empty lists were seen.
pub const EMPTY: &str = "list<>";

/// The columns of several files: each name once, in the order in which it is first seen. Columns of several types are
/// kept as they are written.
pub fn together(files: impl IntoIterator<Item = Vec<Seen>>) -> Vec<Seen> {
    let mut out: Vec<Seen> = Vec::new();
    for (name, ty) in files.into_iter().flatten() {
        match out.iter_mut().find(|own| own.0 == name) {
            Some(own) if own.1 == ty || (ty == EMPTY && own.1.starts_with("list<")) => {}
            Some(own) if own.1 == EMPTY && ty.starts_with("list<") => own.1 = ty,
            Some(own) if [own.1.as_str(), &ty].iter().all(|t| ["i64", "f64"].contains(t)) => own.1 = "f64".into(),
            Some(own) => own.1 = WRITTEN.into(),
            None => out.push((name, ty)),
        }
    }
    out
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
        let want = [("b", "i64"), ("a", "f64"), ("x", WRITTEN), ("f", "bool"), ("n", "utf8")];
        assert_eq!(seen(&lines), want.map(|(n, t)| (n.to_string(), t.to_string())));
        assert_eq!(seen(&[r#"{"a": 1}"#, r#"{"a": 1.5}"#])[0].1, "f64");
    }

    #[test]
    fn lists_and_objects_keep_their_types() {
        let lines = [r#"{"t": ["a"], "s": [{"start": 0, "class": "x"}], "o": {}}"#, r#"{"t": [], "s": [{"end": 1}]}"#];
        let want = [("t", "list<utf8>"), ("s", "list<struct<5:start i64,5:class utf8,3:end i64>>"), ("o", WRITTEN)];
        assert_eq!(seen(&lines), want.map(|(n, t)| (n.to_string(), t.to_string())));
        assert_eq!(seen(&[r#"{"t": [1, "a"]}"#])[0].1, WRITTEN);
        assert_eq!(seen(&[r#"{"t": []}"#])[0].1, EMPTY);
    }

    #[test]
    fn files_are_put_together() {
        let of = |name: &str, ty: &str| vec![(name.to_string(), ty.to_string())];
        assert_eq!(together([of("a", EMPTY), of("a", "list<i64>"), of("a", EMPTY)]), of("a", "list<i64>"));
        let all = together([of("a", "i64"), of("b", "utf8"), of("a", "f64"), of("b", "bool")]);
        assert_eq!(all, [("a".to_string(), "f64".to_string()), ("b".into(), WRITTEN.into())]);
    }
}

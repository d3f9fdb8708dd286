//! Rows as plain values: of JSON, of CSV, and what is asked of them.
use crate::table::Value;
use serde_json::Value as Json;

/// A value of JSON as one of a column.
pub fn of_json(json: Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(b) => Value::Bool(b),
        Json::Number(n) => n.as_i64().map_or_else(|| Value::Float(n.as_f64().unwrap_or(f64::NAN)), Value::Int),
        Json::String(t) => Value::Text(t),
        Json::Array(items) => Value::List(items.into_iter().map(of_json).collect()),
        Json::Object(fields) => Value::Struct(fields.into_iter().map(|(n, v)| (n, of_json(v))).collect()),
    }
}

/// A number, also one that is written as text.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(n) => Some(*n as f64),
        Value::Float(f) => Some(*f),
        Value::Text(t) => t.trim().parse().ok(),
        _ => None,
    }
}

/// Four numbers.
pub fn four(value: &Value) -> Option<[f64; 4]> {
    match value {
        Value::List(items) if items.len() == 4 => {
            let mut out = [0.0; 4];
            for (slot, item) in out.iter_mut().zip(items) {
                *slot = number(item).filter(|_| !matches!(item, Value::Text(_)))?;
            }
            Some(out)
        }
        _ => None,
    }
}

/// The fields of an object.
pub fn fields(value: &Value) -> &[(String, Value)] {
    match value {
        Value::Struct(fields) => fields,
        _ => &[],
    }
}

/// The items of a list.
pub fn items(value: &Value) -> Option<&[Value]> {
    match value {
        Value::List(items) => Some(items),
        _ => None,
    }
}

/// The first field of these names that holds something.
pub fn first<'v>(value: &'v Value, names: &[&'static str]) -> Option<(&'static str, &'v Value)> {
    names.iter().map(|name| (*name, value.field(name))).find(|(_, v)| **v != Value::Null)
}

/// All texts of a value with the path of each, at most so deep.
pub fn texts<'v>(value: &'v Value, path: &str, tell: &mut dyn FnMut(&str, &'v str)) {
    match value {
        Value::Text(t) => tell(path, t),
        Value::List(all) => all.iter().for_each(|v| texts(v, path, tell)),
        Value::Struct(fields) => {
            for (name, v) in fields {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                texts(v, &inner, tell);
            }
        }
        _ => {}
    }
}

/// What a column holds, by its values.
#[derive(Clone, Debug, PartialEq)]
pub enum Ty {
    Null,
    Bool,
    Int,
    Float,
    Text,
    Bytes,
    List(Box<Ty>),
    Struct(Vec<(String, Ty)>),
    /// Values of several types.
    Mixed,
}

impl Ty {
    pub fn of(value: &Value) -> Ty {
        match value {
            Value::Null => Ty::Null,
            Value::Bool(_) => Ty::Bool,
            Value::Int(_) => Ty::Int,
            Value::Float(_) => Ty::Float,
            Value::Text(_) => Ty::Text,
            Value::Bytes(_) | Value::Blob(_) => Ty::Bytes,
            Value::List(items) => Ty::List(Box::new(items.iter().map(Ty::of).fold(Ty::Null, Ty::with))),
            Value::Struct(fields) => Ty::Struct(fields.iter().map(|(n, v)| (n.clone(), Ty::of(v))).collect()),
        }
    }

    /// The type of a value that is written as text.
    pub fn of_text(text: &str) -> Ty {
        let bare = text.trim();
        if bare.is_empty() {
            Ty::Null
        } else if bare.parse::<i64>().is_ok() {
            Ty::Int
        } else if bare.parse::<f64>().is_ok() {
            Ty::Float
        } else if matches!(bare, "true" | "false" | "True" | "False" | "TRUE" | "FALSE") {
            Ty::Bool
        } else {
            Ty::Text
        }
    }

    /// The type that holds both.
    pub fn with(self, other: Ty) -> Ty {
        match (self, other) {
            (Ty::Null, t) | (t, Ty::Null) => t,
            (Ty::Int, Ty::Float) | (Ty::Float, Ty::Int) => Ty::Float,
            (Ty::List(a), Ty::List(b)) => Ty::List(Box::new(a.with(*b))),
            (Ty::Struct(mut a), Ty::Struct(b)) => {
                for (name, ty) in b {
                    match a.iter_mut().find(|(n, _)| *n == name) {
                        Some((_, own)) => *own = std::mem::replace(own, Ty::Null).with(ty),
                        None => a.push((name, ty)),
                    }
                }
                Ty::Struct(a)
            }
            (a, b) if a == b => a,
            _ => Ty::Mixed,
        }
    }

    /// The type of the items of lists within lists.
    pub fn item(&self) -> &Ty {
        match self {
            Ty::List(of) => of.item(),
            other => other,
        }
    }

    pub fn words(&self) -> String {
        match self {
            Ty::Null => "nothing".into(),
            Ty::Bool => "truth values".into(),
            Ty::Int => "whole numbers".into(),
            Ty::Float => "numbers".into(),
            Ty::Text => "texts".into(),
            Ty::Bytes => "bytes".into(),
            Ty::List(of) => format!("lists of {}", of.words()),
            Ty::Struct(_) => "objects".into(),
            Ty::Mixed => "values of several types".into(),
        }
    }
}

/// What was read of a table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub columns: Vec<(String, Ty)>,
    pub rows: u64,
    /// Every value is written as text.
    pub written: bool,
    /// All rows were read.
    pub whole: bool,
}

impl Table {
    pub fn add(&mut self, row: &Value) {
        self.rows += 1;
        for (name, value) in fields(row) {
            let ty = match value {
                Value::Text(t) if self.written => Ty::of_text(t),
                value => Ty::of(value),
            };
            match self.columns.iter_mut().find(|(n, _)| n == name) {
                Some((_, own)) if *own == ty => {}
                Some((_, own)) => *own = std::mem::replace(own, Ty::Null).with(ty),
                None => self.columns.push((name.clone(), ty)),
            }
        }
    }

    pub fn column(&self, name: &str) -> Option<&Ty> {
        self.columns.iter().find(|(n, _)| n == name).map(|(_, ty)| ty)
    }
}

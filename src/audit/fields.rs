//! What a row says in each of its fields, so that two formats that hold the same samples can be held against each other: a class, a
//! number or a text that one of them says otherwise.
use super::cells::fields;
use crate::digest::cut_hash;
use crate::table::Value;
use std::collections::HashMap;

/// A value as it is compared: a hash, and in the last byte of what shape it is. Values of two shapes are written in two ways (a class
/// as its name and as its number, a day as a text and as a number), and nobody can say that they differ.
pub type Said = u64;

/// Nothing is said: null, or an empty text, which CSV does not tell from it.
const NOTHING: Said = 0;
/// Said in a way that no two formats share: bytes, and what stands for them.
const APART: Said = u64::MAX;
const NUMBER: u8 = 1;
const TEXT: u8 = 2;
/// A list without an item: it differs from any list that has some.
const EMPTY: u8 = 3;
/// Lists and objects have a shape from here on.
const NESTED: u8 = 16;

/// How deep a value is looked into.
const DEPTH: usize = 16;

/// What a row says, field by field. Fields of `left_out` are compared elsewhere.
pub fn of_row(row: &Value, left_out: &dyn Fn(&str) -> bool) -> Vec<(String, Said)> {
    let own = fields(row).iter().filter(|(name, _)| !left_out(name));
    own.map(|(name, value)| (name.clone(), said(value))).collect()
}

/// A text that stands for a field.
pub fn of_text(text: &str) -> Said {
    mark(cut_hash(text.as_bytes()), TEXT)
}

fn said(value: &Value) -> Said {
    match value {
        Value::Null => NOTHING,
        Value::Text(text) if text.is_empty() => NOTHING,
        Value::List(items) if items.is_empty() => mark(0, EMPTY),
        _ => {
            let (mut words, mut shape) = (String::new(), String::new());
            match write(value, &mut words, &mut shape, 0) {
                None => APART,
                Some(()) => mark(cut_hash(words.as_bytes()), byte(&shape)),
            }
        }
    }
}

fn mark(hash: u64, shape: u8) -> Said {
    match (hash & !0xFF) | u64::from(shape) {
        APART => APART - 0x100,
        said => said,
    }
}

/// The shape of a value as a number: plain values have their own.
fn byte(shape: &str) -> u8 {
    match shape {
        "n" => NUMBER,
        "t" => TEXT,
        nested => NESTED + (cut_hash(nested.as_bytes()) % u64::from(u8::MAX - NESTED)) as u8,
    }
}

/// Writes a value, and of what it is made, so that equal values are equal texts in whatever format they stood.
fn write(value: &Value, words: &mut String, shape: &mut String, depth: usize) -> Option<()> {
    if depth > DEPTH {
        return None;
    }
    match value {
        Value::Null => {}
        Value::Bytes(_) | Value::Blob(_) => return None,
        Value::Bool(true) => plain(words, shape, "true", "t"),
        Value::Bool(false) => plain(words, shape, "false", "t"),
        Value::Int(n) => plain(words, shape, &n.to_string(), "n"),
        Value::Float(n) => plain(words, shape, &decimal(*n)?, "n"),
        Value::Text(text) => match number(text) {
            Some(number) => plain(words, shape, &number, "n"),
            None if ["True", "TRUE", "False", "FALSE"].contains(&text.as_str()) => {
                plain(words, shape, &text.to_lowercase(), "t");
            }
            None => plain(words, shape, text, "t"),
        },
        Value::List(items) => {
            words.push('[');
            let mut shapes = Vec::new();
            for item in items {
                let mut own = String::new();
                write(item, words, &mut own, depth + 1)?;
                words.push('\u{1}');
                shapes.push(own);
            }
            words.push(']');
            shapes.sort();
            shapes.dedup();
            *shape += &format!("[{}]", shapes.join("|"));
        }
        Value::Struct(of) => {
            let mut of: Vec<&(String, Value)> = of.iter().filter(|(_, v)| *v != Value::Null).collect();
            of.sort_by(|a, b| a.0.cmp(&b.0));
            words.push('{');
            shape.push('{');
            for (name, own) in of {
                *words += &format!("{name}\u{1}");
                *shape += &format!("{name}\u{1}");
                write(own, words, shape, depth + 1)?;
                words.push('\u{1}');
            }
            words.push('}');
            shape.push('}');
        }
    }
    Some(())
}

fn plain(words: &mut String, shape: &mut String, text: &str, of: &str) {
    *words += text;
    *shape += of;
}

/// A number that a text is, as [`decimal`] writes it.
fn number(text: &str) -> Option<String> {
    if let Ok(n) = text.parse::<i64>() {
        return Some(n.to_string());
    }
    let digit = text.bytes().any(|b| b.is_ascii_digit());
    decimal(text.parse::<f64>().ok().filter(|_| digit)?)
}

/// The shortest digits of a number: a column of 32 bits holds 0.1 as others write it. `None` for what is none.
fn decimal(n: f64) -> Option<String> {
    let short = n as f32;
    match f64::from(short) == n {
        _ if !n.is_finite() => None,
        true => Some(short.to_string()),
        false => Some(n.to_string()),
    }
}

/// Names as numbers.
#[derive(Default)]
pub struct Pool {
    names: Vec<String>,
    of: HashMap<String, u32>,
}

impl Pool {
    pub fn number(&mut self, name: &str) -> u32 {
        if let Some(n) = self.of.get(name) {
            return *n;
        }
        let n = self.names.len() as u32;
        self.names.push(name.to_string());
        self.of.insert(name.to_string(), n);
        n
    }

    pub fn name(&self, n: u32) -> &str {
        self.names.get(n as usize).map_or("", String::as_str)
    }
}

/// The fields of each family of files.
#[derive(Default)]
pub struct Fields(HashMap<u32, Pool>);

impl Fields {
    /// What a row says, each field at its place.
    pub fn placed(&mut self, family: u32, row: &[(String, Said)]) -> Box<[Said]> {
        let pool = self.0.entry(family).or_default();
        let mut out = Vec::new();
        for (name, said) in row {
            let at = pool.number(name) as usize;
            if out.len() <= at {
                out.resize(at + 1, NOTHING);
            }
            out.get_mut(at).iter_mut().for_each(|slot| **slot = *said);
        }
        out.into()
    }

    /// The fields that two families have in common, with the place that each has in both.
    pub fn common(&self, a: u32, b: u32) -> Vec<(&str, usize, usize)> {
        let (Some(own), Some(other)) = (self.0.get(&a), self.0.get(&b)) else { return Vec::new() };
        let both = |(at, name)| Some((String::as_str(name), at, *other.of.get(name)? as usize));
        own.names.iter().enumerate().filter_map(both).collect()
    }
}

/// Whether two rows say the same in a field; `None` where nobody can tell.
pub fn alike(a: Option<&Said>, b: Option<&Said>) -> Option<bool> {
    let (a, b) = (*a.unwrap_or(&NOTHING), *b.unwrap_or(&NOTHING));
    let shape = |said: Said| (said & 0xFF) as u8;
    let nested = |said: Said| shape(said) >= NESTED;
    let empty = |said: Said| shape(said) == EMPTY && said != NOTHING;
    match (a, b) {
        (APART, _) | (_, APART) => None,
        _ if a == b => Some(true),
        // formats write a list without an item and nothing at all in the same way
        (NOTHING, other) | (other, NOTHING) => (!empty(other)).then_some(false),
        _ if empty(a) || empty(b) => (nested(a) || nested(b)).then_some(false),
        _ => (shape(a) == shape(b)).then_some(false),
    }
}

/// How often a field says otherwise in the second of two families, and where.
pub struct Unlike<T> {
    pub compared: usize,
    pub places: Vec<T>,
}

impl<T> Unlike<T> {
    pub fn none() -> Unlike<T> {
        Unlike { compared: 0, places: Vec::new() }
    }

    /// Where (nearly) all samples differ the field is of another meaning in each of the two.
    pub fn is_another(&self) -> bool {
        self.compared > 1 && self.places.len() * 10 >= self.compared * 9
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(t: &str) -> Value {
        Value::Text(t.into())
    }

    #[test]
    fn equal_values_are_alike_in_whatever_format_they_stand() {
        let list = |items: &[Value]| Value::List(items.to_vec());
        let object = |of: &[(&str, Value)]| Value::Struct(of.iter().map(|(n, v)| (n.to_string(), v.clone())).collect());
        for (a, b, want) in [
            (Value::Int(3), text("3"), Some(true)),
            (Value::Float(3.0), Value::Int(3), Some(true)),
            (Value::Float(f64::from(0.1f32)), text("0.1"), Some(true)),
            (Value::Float(0.1), Value::Float(f64::from(0.1f32)), Some(true)),
            (Value::Float(0.123_456_78), text("0.12345679"), Some(false)),
            (Value::Float(2.0), text("2.1"), Some(false)),
            (Value::Bool(true), text("True"), Some(true)),
            (text("a"), text("b"), Some(false)),
            (text("a"), Value::Null, Some(false)),
            (text(""), Value::Null, Some(true)),
            (text("a"), Value::Int(1), None),
            (Value::Bytes(vec![1]), text("a"), None),
            (list(&[]), Value::Null, None),
            (list(&[]), list(&[text("a")]), Some(false)),
            (list(&[text("a")]), list(&[text("b")]), Some(false)),
            (list(&[text("a"), text("b")]), list(&[text("ab")]), Some(false)),
            (list(&[text("a")]), list(&[Value::Int(0)]), None),
            (object(&[("x", Value::Int(1)), ("y", Value::Null)]), object(&[("x", text("1"))]), Some(true)),
            (object(&[("x", Value::Int(1))]), object(&[("x", Value::Int(2))]), Some(false)),
            (object(&[("x", Value::Int(1))]), object(&[("z", Value::Int(1))]), None),
        ] {
            assert_eq!(alike(Some(&said(&a)), Some(&said(&b))), want, "{a:?} {b:?}");
            assert_eq!(alike(Some(&said(&b)), Some(&said(&a))), want, "{b:?} {a:?}");
        }
    }

    #[test]
    fn fields_are_known_by_their_names() {
        let mut fields = Fields::default();
        let one = fields.placed(1, &[("a".into(), 5), ("b".into(), 6)]);
        let other = fields.placed(2, &[("b".into(), 6), ("c".into(), 7)]);
        assert_eq!((&*one, &*other), (&[5, 6][..], &[6, 7][..]));
        assert_eq!(fields.common(1, 2), [("b", 1, 0)]);
        assert_eq!(fields.common(1, 3), []);
    }
}

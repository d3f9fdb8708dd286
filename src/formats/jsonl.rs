//! JSON Lines: one object a line (RFC 8259), read strictly: no repeated keys, a bound on depth, no `NaN`.
use super::encoding::{BOM, Wrong, not_wide, text};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::RefCell;
use std::fmt;

/// The object on a line; blank lines around it, a byte order mark and a carriage return do not count.
///
/// Rules: `encoding` (also for UTF-16 whose bytes are UTF-8), `json.depth` (more than `depth_max` levels, the object
/// itself is one), `json` (not JSON), `json.object` (another value), `json.duplicate_key`.
pub fn parse(line: &[u8], depth_max: usize) -> Result<Value, Wrong> {
    let text = text(line)?;
    not_wide(text)?;
    let text = text.strip_prefix(BOM).unwrap_or(text);
    if deeper_than(text.as_bytes(), depth_max) {
        return Err(Wrong::new("json.depth", format!("nested deeper than {depth_max} levels")));
    }
    let repeated = RefCell::new(None);
    let mut json = serde_json::Deserializer::from_str(text);
    let value =
        Strict(&repeated).deserialize(&mut json).and_then(|value| json.end().map(|()| value)).map_err(not_json)?;
    if !value.is_object() {
        return Err(Wrong::new("json.object", format!("a record is a JSON object, this is {}", kind(&value))));
    }
    match repeated.into_inner() {
        Some(nth) => Err(Wrong::new("json.duplicate_key", format!("key {nth} of an object repeats an earlier one"))),
        None => Ok(value),
    }
}

/// The value that `selector` names: the key itself if there is one, else a path whose steps are parted by dots.
pub fn select<'a>(v: &'a Value, selector: &str) -> Option<&'a Value> {
    let object = v.as_object()?;
    if let Some(found) = object.get(selector) {
        return Some(found);
    }
    selector.match_indices('.').find_map(|(dot, _)| {
        let (step, rest) = (selector.get(..dot)?, selector.get(dot + 1..)?);
        select(object.get(step)?, rest)
    })
}

/// What is wrong and at which column of its line; the line itself is told as a place in the file.
fn not_json(error: serde_json::Error) -> Wrong {
    let full = error.to_string();
    let say = full.rsplit_once(" at line ").map_or(full.as_str(), |(say, _)| say);
    let say = format!("{say} at column {}", error.column());
    Wrong::new("json", say).at(u32::try_from(error.line().max(1)).unwrap_or(u32::MAX))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Counts brackets outside strings, so that hostile depth never reaches a recursive parser.
fn deeper_than(json: &[u8], depth_max: usize) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for byte in json {
        match (quoted, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => quoted = !quoted,
            (false, b'{' | b'[') => depth += 1,
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > depth_max {
            return true;
        }
    }
    false
}

/// Builds a `Value` and notes which key, from 1, is the first that an object repeats.
#[derive(Clone, Copy)]
struct Strict<'a>(&'a RefCell<Option<usize>>);

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }

    fn visit_i64<E: Error>(self, v: i64) -> Result<Value, E> {
        Ok(Value::Number(v.into()))
    }

    fn visit_u64<E: Error>(self, v: u64) -> Result<Value, E> {
        Ok(Value::Number(v.into()))
    }

    fn visit_f64<E: Error>(self, v: f64) -> Result<Value, E> {
        Number::from_f64(v).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E: Error>(self, v: &str) -> Result<Value, E> {
        Ok(Value::String(v.into()))
    }

    fn visit_string<E: Error>(self, v: String) -> Result<Value, E> {
        Ok(Value::String(v))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        let mut nth = 0;
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(self)?;
            nth += 1;
            if object.contains_key(&key) {
                self.0.borrow_mut().get_or_insert(nth);
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rule(line: &[u8]) -> &'static str {
        parse(line, 4).unwrap_err().rule
    }

    #[test]
    fn objects() {
        let line = "\u{feff}{\"a\": [1, -2, 1.5, null, true], \"b\": {\"김\": \"\\u0041\\\"\"}}\r\n";
        assert_eq!(parse(line.as_bytes(), 4).unwrap(), json!({"a": [1, -2, 1.5, null, true], "b": {"김": "A\""}}));
        assert_eq!(parse(b"\r\n\n{}", 4).unwrap(), json!({}));
    }

    #[test]
    fn what_is_refused() {
        assert_eq!(rule(b"[1]"), "json.object");
        assert_eq!(rule(b"1 2"), "json");
        assert_eq!(rule(b"{\"a\": NaN}"), "json");
        assert_eq!(rule(b"{\"a\": -Infinity}"), "json");
        assert_eq!(rule(b"{\"a\": 1e999}"), "json");
        assert_eq!(rule(b"{\"a\": 1} x"), "json");
        assert_eq!(rule(b"{\"a\": 1,"), "json");
        assert_eq!(rule(b"{\"a\": {\"b\": 1, \"b\": 1}}"), "json.duplicate_key");
        assert_eq!(rule(b"{\"a\": \"\xb1\xe8\"}"), "encoding");
        assert_eq!(parse(b"\n{\n x}", 4).unwrap_err().line, 3);
    }

    #[test]
    fn what_is_said_names_places_and_no_content() {
        let say = |line: &str| parse(line.as_bytes(), 4).unwrap_err().say;
        assert_eq!(say("{\"a\": 1, \"secret\": 2, \"secret\": 3}"), "key 3 of an object repeats an earlier one");
        assert_eq!(say("{\"a\": x}"), "expected value at column 7");
        assert_eq!(say("\u{feff}{\"a\": x}"), say("{\"a\": x}"));
        assert_eq!(say("\n\n{\"a\": x}"), say("{\"a\": x}"));
    }

    #[test]
    fn depth_is_counted_outside_strings_before_parsing() {
        assert!(parse(br#"{"a": [[["[{[{\"[{"]]]}"#, 4).is_ok());
        assert_eq!(rule(br#"{"a": [[[[1]]]]}"#), "json.depth");
        assert_eq!(parse("[".repeat(1_000_000).as_bytes(), 64).unwrap_err().rule, "json.depth");
        assert_eq!(parse("[".repeat(1_000).as_bytes(), 10_000).unwrap_err().rule, "json");
    }

    #[test]
    fn selectors() {
        let v = json!({"a": {"b": {"c": 1}, "b.c": 2}, "a.b": {"d": 3}, "x.y": 4, "n": null, "l": [0]});
        assert_eq!(select(&v, "a.b.c"), Some(&json!(2)));
        assert_eq!(select(&v, "a.b.d"), Some(&json!(3)));
        assert_eq!(select(&v, "x.y"), Some(&json!(4)));
        assert_eq!(select(&v, "n"), Some(&Value::Null));
        assert_eq!(select(&v, "l.0"), None);
        assert_eq!(select(&v, "a.z"), None);
    }
}

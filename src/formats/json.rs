//! JSON (RFC 8259), read strictly: no repeated keys, a bound on depth, no `NaN`.
use super::chat::{self, Form};
use super::encoding::{BOM, Wrong, line_at, not_wide, text};
use super::options::Options;
use super::reader::{Ask, DAY, From, Record, Records, Unit, WRITTEN, strip_bom};
use super::spelling::{INEXACT, Spelling, is_exact, real, words};
use super::spelt::{self, Spelt};
use super::tokens;
use crate::model::days;
use crate::table::{Builder, DataType, Value, types};
use arrow_schema::Field;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// A JSON value. Texts without escapes are those of the line: most of a record is never copied.
#[derive(Clone, Debug, PartialEq)]
pub enum Json<'l> {
    Null,
    Bool(bool),
    Int(i64),
    /// Above the numbers of `Int`.
    Large(u64),
    /// A whole number beyond 64 bits, as it is written.
    Huge(Cow<'l, str>),
    Float(f64),
    /// The same with its text, where a number with a point would be written in another way; only of [`parse_asked`].
    Written(f64, Cow<'l, str>),
    Text(Cow<'l, str>),
    Array(Vec<Json<'l>>),
    /// In the order of the line; no key stands twice.
    Object(Vec<(Cow<'l, str>, Json<'l>)>),
}

/// Values of a record at most, those within others too.
const VALUES_MAX: usize = 1_000_000;

/// The object on a line; blank lines around it, a byte order mark and a carriage return do not count.
///
/// Rules: `encoding` (also for UTF-16 whose bytes are UTF-8), `json.depth` (more than `depth_max` levels, the object
/// itself is one), `json.values` (more than `VALUES_MAX` of them: each takes far more memory than its text), `json` (not JSON), `json.object` (another value), `json.duplicate_key`.
pub fn parse(line: &[u8], depth_max: usize) -> Result<Json<'_>, Wrong> {
    parse_as(line, depth_max, false, &|_| false)
}

/// The object on a line as a reader is asked for it: a field that is kept as it is written has each number with its own
/// digits, `1.10` and `0.1000000000000000000001`.
pub fn parse_asked<'l>(line: &'l [u8], ask: &Ask) -> Result<Json<'l>, Wrong> {
    // a key that is asked for is named; another one may hold what nobody is to see
    let asked = |key: &str| {
        let own = |from: &From| matches!(from, From::Record(selector) if selector.split('.').any(|step| step == key));
        ask.fields.iter().map(|field| &field.from).chain(&ask.id).any(own)
    };
    parse_as(line, ask.depth_max, ask.fields.iter().any(|field| field.ty == WRITTEN), &asked)
}

fn parse_as<'l>(
    line: &'l [u8],
    depth_max: usize,
    written: bool,
    named: &dyn Fn(&str) -> bool,
) -> Result<Json<'l>, Wrong> {
    let text = text(line)?;
    not_wide(text)?;
    let text = text.strip_prefix(BOM).unwrap_or(text);
    if deeper_than(text.as_bytes(), depth_max) {
        return Err(Wrong::new("json.depth", format!("nested deeper than {depth_max} levels")));
    }
    if more_values_than(text.as_bytes(), VALUES_MAX) {
        return Err(Wrong::new("json.values", format!("more than {VALUES_MAX} values in one record")));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let mut value =
        Json::deserialize(&mut json).and_then(|value| json.end().map(|()| value)).map_err(|e| no_value(text, e))?;
    if value.any_float(&|f| written || f.abs() >= i64::MAX as f64) {
        value = serde_json::from_str(text).and_then(|raw| exact(raw, written)).map_err(not_json)?;
    }
    if !matches!(value, Json::Object(_)) {
        return Err(Wrong::new("json.object", format!("a record is a JSON object, this is {}", value.kind())));
    }
    match value.repeated() {
        Some(nth) => Err(twice(text, nth, named)),
        None => Ok(value),
    }
}

/// Where a key stands twice in one object, by its line; its name only where it may be told.
fn twice(text: &str, nth: usize, named: &dyn Fn(&str) -> bool) -> Wrong {
    let found = serde_json::from_str::<&RawValue>(text).ok().and_then(second);
    let key = found.as_ref().map(|(key, _)| &**key).filter(|key| named(key));
    let say = match key {
        Some(key) => format!("the key `{key}` stands twice in one object"),
        None => format!("key {nth} of an object repeats an earlier one"),
    };
    let at = found.map_or(0, |(_, value)| (value.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize));
    Wrong::new("json.duplicate_key", say).at(line_at(text.as_bytes(), at))
}

/// The first key that repeats one of its object, with its value where it lies in the text.
fn second(raw: &RawValue) -> Option<(Cow<'_, str>, &RawValue)> {
    match raw.get().as_bytes().first() {
        Some(b'[') => serde_json::from_str::<Vec<&RawValue>>(raw.get()).ok()?.into_iter().find_map(second),
        Some(b'{') => {
            let Entries(entries) = serde_json::from_str(raw.get()).ok()?;
            let mut seen = BTreeSet::<&str>::new();
            let again = entries.iter().position(|(key, _)| !seen.insert(key.as_ref()));
            match again {
                Some(at) => entries.into_iter().nth(at),
                None => entries.into_iter().find_map(|(_, value)| second(value)),
            }
        }
        _ => None,
    }
}

/// The same value with whole numbers beyond 64 bits as they are written, and with `written` those with a point, too. Few
/// records need it.
fn exact(raw: &RawValue, written: bool) -> serde_json::Result<Json<'_>> {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text)?;
            items.into_iter().map(|item| exact(item, written)).collect::<Result<_, _>>().map(Json::Array)
        }
        Some(b'{') => {
            let Entries(entries) = serde_json::from_str(text)?;
            let exact = |(key, value)| Ok((key, exact(value, written)?));
            entries.into_iter().map(exact).collect::<Result<_, _>>().map(Json::Object)
        }
        _ => {
            let whole = text.strip_prefix('-').unwrap_or(text).bytes().all(|b| b.is_ascii_digit());
            match serde_json::from_str(text)? {
                Json::Float(f) if whole && f != 0.0 => Ok(Json::Huge(text.into())),
                Json::Float(f) if written && shortest(f) != text => Ok(Json::Written(f, text.into())),
                value => Ok(value),
            }
        }
    }
}

/// A number with a point as JSON is written here.
fn shortest(f: f64) -> String {
    serde_json::Value::from(f).to_string()
}

/// The entries of an object, whose values stay where they lie.
struct Entries<'l>(Vec<(Cow<'l, str>, &'l RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Entries<'de>, A::Error> {
                let mut object = Vec::new();
                while let Some(Key(key)) = entries.next_key()? {
                    object.push((key, entries.next_value()?));
                }
                Ok(Entries(object))
            }
        }
        json.deserialize_map(Object)
    }
}

impl Json<'_> {
    /// Whether there is such a number with a point in it.
    fn any_float(&self, is: &dyn Fn(f64) -> bool) -> bool {
        match self {
            Json::Float(f) => is(*f),
            Json::Array(items) => items.iter().any(|item| item.any_float(is)),
            Json::Object(entries) => entries.iter().any(|(_, v)| v.any_float(is)),
            _ => false,
        }
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "a boolean",
            Json::Int(_) | Json::Large(_) | Json::Huge(_) | Json::Float(_) | Json::Written(..) => "a number",
            Json::Text(_) => "a string",
            Json::Array(_) => "an array",
            Json::Object(_) => "an object",
        }
    }

    /// The same as the library's tree, for whoever writes it.
    pub fn tree(&self) -> serde_json::Value {
        use serde_json::Value;
        match self {
            Json::Null => Value::Null,
            Json::Bool(b) => (*b).into(),
            Json::Int(n) => (*n).into(),
            Json::Large(n) => (*n).into(),
            Json::Huge(n) => n.parse::<f64>().unwrap_or_default().into(),
            Json::Float(f) | Json::Written(f, _) => (*f).into(),
            Json::Text(t) => t.as_ref().into(),
            Json::Array(items) => items.iter().map(Json::tree).collect(),
            Json::Object(entries) => entries.iter().map(|(k, v)| (k.to_string(), v.tree())).collect(),
        }
    }

    /// The value as JSON text, with keys in order and every number as it is.
    pub fn text_of(&self) -> String {
        match self {
            Json::Huge(n) | Json::Written(_, n) => n.to_string(),
            Json::Array(items) => format!("[{}]", items.iter().map(Json::text_of).collect::<Vec<_>>().join(",")),
            Json::Object(entries) => {
                let mut entries: Vec<_> = entries.iter().collect();
                entries.sort_by(|a, b| a.0.cmp(&b.0));
                let entry = |(key, value): &(Cow<str>, Json)| {
                    format!("{}:{}", serde_json::Value::from(key.as_ref()), value.text_of())
                };
                format!("{{{}}}", entries.into_iter().map(entry).collect::<Vec<_>>().join(","))
            }
            plain => plain.tree().to_string(),
        }
    }

    /// The first key, from 1, that repeats one of its object.
    fn repeated(&self) -> Option<usize> {
        match self {
            Json::Array(items) => items.iter().find_map(Json::repeated),
            Json::Object(entries) => {
                let inner = || entries.iter().find_map(|(_, v)| v.repeated());
                repeated_key(entries).or_else(inner)
            }
            _ => None,
        }
    }
}

/// Few keys are compared with each other, many are sorted.
fn repeated_key(entries: &[(Cow<str>, Json)]) -> Option<usize> {
    if entries.len() <= 16 {
        let mut numbered = entries.iter().enumerate();
        return numbered.find(|(i, (key, _))| entries.iter().take(*i).any(|e| e.0 == *key)).map(|(i, _)| i + 1);
    }
    let mut keys: Vec<(&str, usize)> = entries.iter().enumerate().map(|(i, e)| (e.0.as_ref(), i + 1)).collect();
    keys.sort_unstable();
    keys.windows(2).filter_map(|w| (w[0].0 == w[1].0).then_some(w[1].1)).min()
}

/// The value that `selector` names: the key itself if there is one, else a path whose steps are parted by dots.
pub fn select<'a, 'l>(v: &'a Json<'l>, selector: &str) -> Option<&'a Json<'l>> {
    let Json::Object(entries) = v else { return None };
    let get = |key: &str| entries.iter().find(|e| e.0 == key).map(|e| &e.1);
    if let Some(found) = get(selector) {
        return Some(found);
    }
    selector.match_indices('.').find_map(|(dot, _)| {
        let (step, rest) = (selector.get(..dot)?, selector.get(dot + 1..)?);
        select(get(step)?, rest)
    })
}

/// What stands where the path of a selector that names nothing should go on through an object, unless it is null.
fn blocked(v: &Json, selector: &str) -> Option<&'static str> {
    let Json::Object(entries) = v else { return None };
    selector.match_indices('.').find_map(|(dot, _)| {
        let (step, rest) = (selector.get(..dot)?, selector.get(dot + 1..)?);
        match &entries.iter().find(|e| e.0 == step)?.1 {
            Json::Null => None,
            inner @ Json::Object(_) => blocked(inner, rest),
            other => Some(found(other)),
        }
    })
}

impl Record for Json<'_> {
    const SPARSE: bool = true;

    fn text(&self, selector: &str) -> Option<String> {
        let text = match select(self, selector)? {
            Json::Text(t) => t.to_string(),
            Json::Int(n) => n.to_string(),
            Json::Large(n) => n.to_string(),
            Json::Huge(n) => n.to_string(),
            Json::Float(f) | Json::Written(f, _) => serde_json::Number::from_f64(*f).map(|n| n.to_string())?,
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    fn put(&self, selector: &str, ty: &str, to: &mut Builder) -> Result<(), String> {
        match select(self, selector) {
            Some(Json::Text(t)) if ty == "utf8" => to.text(t), // the most frequent, without a copy
            Some(value) => to.value(typed(value, ty)?),
            None => match blocked(self, selector) {
                Some(there) => return Err(format!("{there} where the path goes on through an object")),
                None => to.value(Value::Null),
            },
        }
        Ok(())
    }

    fn has(&self, selector: &str) -> bool {
        select(self, selector).is_some() || blocked(self, selector).is_some()
    }

    /// White space between the signs of JSON says nothing.
    fn content<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        let (mut quoted, mut escaped) = (false, false);
        let says = |byte: &&u8| {
            match (quoted, byte) {
                (true, _) if escaped => escaped = false,
                (true, b'\\') => escaped = true,
                (_, b'"') => quoted = !quoted,
                _ => {}
            }
            quoted || !byte.is_ascii_whitespace()
        };
        strip_bom(bytes).iter().filter(says).copied().collect::<Vec<u8>>().into()
    }

    fn names(&self) -> Vec<String> {
        let Json::Object(entries) = self else { return Vec::new() };
        entries.iter().map(|(key, _)| key.to_string()).collect()
    }
}

/// Makes an object a sample, with its conversation, or its tokens where a field is taken from them.
pub fn take(ask: &Ask, out: &mut Records, at: (&Unit, usize, &[u8]), object: &Json) {
    let Some(spelling) = spelt::declared(&ask.options) else { return take_as(ask, out, at, (object, object)) };
    let written = |selector: &str| match select(object, selector)? {
        Json::Text(text) => Some(text.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
        other => Some(other.text_of()),
    };
    take_as(ask, out, at, (object, &Spelt { of: object, spelling: &spelling, written }));
}

fn take_as<R: Record>(ask: &Ask, out: &mut Records, at: (&Unit, usize, &[u8]), (object, of): (&Json, &R)) {
    if let Some(form) = Form::of(&ask.options) {
        return chat::take(ask, form, out, at, of, &|key| select(object, key).map_or(Value::Null, plain));
    }
    tokens::take(ask, out, at, of, |selector| match select(object, selector) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Array(items)) => {
            let text = |item: &Json| if let Json::Text(t) = item { Ok(t.to_string()) } else { Err(()) };
            items.iter().map(text).collect::<Result<_, _>>().map(Some)
        }
        Some(_) => Err(()),
    });
}

/// What is wrong with the keys that a source of JSON declares.
pub fn unfit(options: &Options) -> Option<(&'static str, &'static str)> {
    chat::unfit(options).or_else(|| Spelling::unfit(options))
}

/// A JSON value by itself.
fn plain(v: &Json) -> Value {
    match v {
        Json::Null => Value::Null,
        Json::Bool(b) => Value::Bool(*b),
        Json::Int(n) => Value::Int(*n),
        Json::Large(n) => Value::Float(*n as f64),
        Json::Huge(n) => Value::Float(n.parse().unwrap_or_default()),
        Json::Float(f) | Json::Written(f, _) => Value::Float(*f),
        Json::Text(t) => Value::Text(t.to_string()),
        Json::Array(items) => Value::List(items.iter().map(plain).collect()),
        Json::Object(entries) => Value::Struct(entries.iter().map(|(k, v)| (k.to_string(), plain(v))).collect()),
    }
}

/// A JSON value as one of a column's type, which is told by its text ([`types::text`], [`DAY`]).
pub fn typed(v: &Json, ty: &str) -> Result<Value, String> {
    match (v, ty) {
        (Json::Null, _) => Ok(Value::Null),
        (Json::Text(t), "utf8" | WRITTEN) => Ok(Value::Text(t.to_string())),
        (Json::Text(t), DAY) if days::is_day(t) => Ok(Value::Text(t.to_string())),
        (Json::Text(t), DAY) if days::is_written(t) => Err(days::NO_DAY.into()),
        (Json::Text(_), DAY) => {
            Err("text where a day such as 2026-01-31 is expected: `date` declares how days are written".into())
        }
        (Json::Text(_), "bool") => {
            Err("text where true or false is expected: `true` and `false` declare other spellings".into())
        }
        (Json::Huge(n), "utf8" | WRITTEN) => Ok(Value::Text(n.to_string())),
        (other, WRITTEN) => Ok(Value::Text(other.text_of())),
        (Json::Written(f, _), _) => typed(&Json::Float(*f), ty),
        (Json::Int(n), "i64") => Ok(Value::Int(*n)),
        // writers of JSON that know one sort of number write `3.0`
        (Json::Float(f), "i64") if f.fract() == 0.0 && f.abs() < EXACT => Ok(Value::Int(*f as i64)),
        (Json::Large(_) | Json::Huge(_) | Json::Float(_), "i64") => Err("not a whole number of 64 bits".into()),
        (Json::Int(n), "f64") if !is_exact((*n).into()) => Err(INEXACT.into()),
        (Json::Large(n), "f64") if !is_exact((*n).into()) => Err(INEXACT.into()),
        (Json::Int(n), "f64") => Ok(Value::Float(*n as f64)),
        (Json::Large(n), "f64") => Ok(Value::Float(*n as f64)),
        (Json::Huge(n), "f64") => real(n).map(Value::Float),
        (Json::Float(f), "f64") => Ok(Value::Float(*f)),
        (Json::Bool(b), "bool") => Ok(Value::Bool(*b)),
        (other, _) if ty.starts_with("list<") || ty.starts_with("struct<") => {
            let (ty, _) = types::parse(ty).ok_or("a type that is not known")?;
            nested(other, &ty)
        }
        (other, _) => Err(format!("{} where {} is expected", found(other), words(ty))),
    }
}

/// Below this each whole number is a number of 64 bits with a point, too, and no other one is rounded to it: 2 to the
/// 53rd.
pub const EXACT: f64 = 9_007_199_254_740_992.0;

/// A list or an object as a column of such a type has it.
fn nested(v: &Json, ty: &DataType) -> Result<Value, String> {
    match (v, ty) {
        (Json::Null, _) => Ok(Value::Null),
        (Json::Array(items), DataType::List(of)) => {
            items.iter().map(|item| nested(item, of.data_type())).collect::<Result<_, _>>().map(Value::List)
        }
        (Json::Object(entries), DataType::Struct(fields)) => {
            let known = |key: &str| fields.iter().any(|f| f.name() == key);
            if let Some(at) = entries.iter().position(|e| !known(&e.0)) {
                return Err(format!("key {} of an object is one that no object before it had", at + 1));
            }
            let value = |f: &Arc<Field>| {
                let of = entries.iter().find(|e| e.0 == f.name().as_str());
                Ok((f.name().clone(), of.map_or(Ok(Value::Null), |e| nested(&e.1, f.data_type()))?))
            };
            fields.iter().map(value).collect::<Result<_, String>>().map(Value::Struct)
        }
        (other, DataType::List(_)) => Err(format!("{} where a list is expected", found(other))),
        (other, DataType::Struct(_)) => Err(format!("{} where an object is expected", found(other))),
        (other, plain) => typed(other, &types::text(plain)),
    }
}

/// What stands where another type is expected.
fn found(v: &Json) -> &'static str {
    match v {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Int(_) | Json::Large(_) | Json::Huge(_) | Json::Float(_) | Json::Written(..) => "a number",
        Json::Text(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

/// What is wrong and at which column of its line; the line itself is told as a place in the file.
pub fn not_json(error: serde_json::Error) -> Wrong {
    let full = error.to_string();
    let say = full.rsplit_once(" at line ").map_or(full.as_str(), |(say, _)| say);
    let say = format!("{say} at column {}", error.column());
    Wrong::new("json", say).at(u32::try_from(error.line().max(1)).unwrap_or(u32::MAX))
}

/// The same, with what is likely meant: words that no JSON has and programs write all the same, lines that are no records.
fn no_value(text: &str, error: serde_json::Error) -> Wrong {
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    let rest = line.get(error.column().saturating_sub(1)..).unwrap_or_default();
    let odd = ["NaN", "Infinity", "-Infinity"].into_iter().find(|word| rest.starts_with(word));
    let wrong = not_json(error);
    let why = match odd {
        Some(word) => format!("{word} is no JSON, write null where there is no value"),
        None if wrong.say.starts_with("trailing characters") => {
            "something stands behind the record, such as a comma or another record".into()
        }
        None if wrong.say.starts_with("EOF") => "the record breaks off, or goes on in the next line".into(),
        None if wrong.say.contains("hex escape") => {
            "an escape of four digits is missing some, or is half of a pair (\\ud83d alone is no character)".into()
        }
        None => return wrong,
    };
    Wrong { say: format!("{why}: {}", wrong.say), ..wrong }
}

/// Counts brackets outside strings, so that hostile depth never reaches a recursive parser.
pub fn deeper_than(json: &[u8], depth_max: usize) -> bool {
    if memchr::memchr2_iter(b'{', b'[', json).nth(depth_max).is_none() {
        return false; // so few brackets are never too deep, wherever they stand
    }
    let (mut depth, mut bytes) = (0usize, json.iter());
    // a loop of its own passes strings, which is twice as fast as one that asks at each byte where it is
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => pass_string(&mut bytes),
            b'{' | b'[' if depth == depth_max => return true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// Goes behind the end of a string that has begun.
fn pass_string<'b>(bytes: &mut impl Iterator<Item = &'b u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => _ = bytes.next(),
            _ => {}
        }
    }
}

/// Whether a text has more values than `most`: each begins the text, or stands behind a comma or an open bracket.
fn more_values_than(json: &[u8], most: usize) -> bool {
    // a value and its comma are two bytes at least
    json.len() > most && outside_strings(json).filter(|b| matches!(b, b',' | b'[' | b'{')).nth(most).is_some()
}

/// The bytes that belong to no string.
fn outside_strings(json: &[u8]) -> impl Iterator<Item = u8> {
    let (mut quoted, mut escaped) = (false, false);
    json.iter().copied().filter(move |byte| {
        match (quoted, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => quoted = !quoted,
            _ => return !quoted,
        }
        false
    })
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, v: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(v))
    }

    fn visit_i64<E: Error>(self, v: i64) -> Result<Json<'de>, E> {
        Ok(Json::Int(v))
    }

    fn visit_u64<E: Error>(self, v: u64) -> Result<Json<'de>, E> {
        Ok(i64::try_from(v).map_or(Json::Large(v), Json::Int))
    }

    fn visit_f64<E: Error>(self, v: f64) -> Result<Json<'de>, E> {
        if v.is_finite() { Ok(Json::Float(v)) } else { Err(E::custom("number out of range")) }
    }

    fn visit_borrowed_str<E: Error>(self, v: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(v)))
    }

    fn visit_str<E: Error>(self, v: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(v.into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json<'de>, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json<'de>, A::Error> {
        let mut object = Vec::new();
        while let Some(Key(key)) = entries.next_key()? {
            object.push((key, entries.next_value()?));
        }
        Ok(Json::Object(object))
    }
}

/// A key; borrowed where it has no escapes.
struct Key<'l>(Cow<'l, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        match json.deserialize_str(Any)? {
            Json::Text(key) => Ok(Key(key)),
            _ => Err(D::Error::custom("a key that is no string")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn rule(line: &[u8]) -> &'static str {
        parse(line, 4).unwrap_err().rule
    }

    #[test]
    fn objects() {
        let line = "\u{feff}{\"a\": [1, -2, 1.5, null, true], \"b\": {\"김\": \"\\u0041\\\"\"}}\r\n";
        assert_eq!(
            parse(line.as_bytes(), 4).unwrap().tree(),
            json!({"a": [1, -2, 1.5, null, true], "b": {"김": "A\""}})
        );
        assert_eq!(parse(b"\r\n\n{}", 4).unwrap().tree(), json!({}));
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
        assert_eq!(
            say("{\"a\": NaN}"),
            "NaN is no JSON, write null where there is no value: expected value at column 7"
        );
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
    fn values_are_counted_outside_strings_before_parsing() {
        let wide = |n: usize, item: &str| format!("{{\"a\": [{}]}}", vec![item; n].join(","));
        assert!(parse(wide(VALUES_MAX - 2, "1").as_bytes(), 4).is_ok());
        assert_eq!(rule(wide(VALUES_MAX, "1").as_bytes()), "json.values");
        assert_eq!(rule(format!("[{}]", vec!["[]"; VALUES_MAX].join(",")).as_bytes()), "json.values");
        assert!(parse(format!("{{\"a\": \"{}\"}}", ",[{".repeat(VALUES_MAX)).as_bytes(), 4).is_ok());
    }

    #[test]
    fn selectors() {
        let v = br#"{"a": {"b": {"c": 1}, "b.c": 2}, "a.b": {"d": 3}, "x.y": 4, "n": null, "l": [0]}"#;
        let v = parse(v, 4).unwrap();
        assert_eq!(select(&v, "a.b.c"), Some(&Json::Int(2)));
        assert_eq!(select(&v, "a.b.d"), Some(&Json::Int(3)));
        assert_eq!(select(&v, "x.y"), Some(&Json::Int(4)));
        assert_eq!(select(&v, "n"), Some(&Json::Null));
        assert_eq!(select(&v, "l.0"), None);
        assert_eq!(select(&v, "a.z"), None);
    }

    #[test]
    fn whole_numbers_beyond_64_bits_are_kept_as_they_are_written() {
        let line = r#"{"id": 123456789012345678901, "in": {"n": [-99999999999999999999, 1e20, 1.5]}, "m": 18446744073709551615}"#;
        let v = parse(line.as_bytes(), 4).unwrap();
        assert_eq!(v.text("id").as_deref(), Some("123456789012345678901"));
        let Some(Json::Array(n)) = select(&v, "in.n") else { panic!("a list") };
        assert_eq!(n, &[Json::Huge("-99999999999999999999".into()), Json::Float(1e20), Json::Float(1.5)]);
        assert_eq!(v.text("m").as_deref(), Some("18446744073709551615"));
        assert_eq!(typed(&n[0], WRITTEN), Ok(crate::table::Value::Text("-99999999999999999999".into())));
        assert_eq!(rule(format!("{{\"a\": {}}}", "9".repeat(400)).as_bytes()), "json");
    }

    #[test]
    fn content_does_not_know_how_it_is_laid_out() {
        let content = |bytes: &'static str| Json::Null.content(bytes.as_bytes()).into_owned();
        assert_eq!(content("\r\n {\"a b\":\t\"\\\" c\"}\r\n"), br#"{"a b":"\" c"}"#);
        assert_ne!(content(r#"{"a": "b c"}"#), content(r#"{"a": "bc"}"#));
    }

    /// Against `serde_json`'s own tree: bent records are taken and refused alike, and give the same values.
    #[test]
    fn bent_records_are_read_as_the_library_reads_them() {
        let whole = r#"{"a": [1, -0, 1e3, 0.1, 18446744073709551615, {"b": "김\u00e9\n\"x"}], "c": "\ud83d\ude0a", "d": true, "e": {}}"#;
        let pieces = ["\"", "\\", "{", "}", "[", "]", ",", ":", "1", "e", ".", "-", "\\u12", "\t", " ", "가"];
        let (mut good, mut bad) = (0, 0);
        for seed in 0..20_000u64 {
            let mut line = whole.to_string();
            for n in 0..crate::digest::draw(seed, "many", "") % 4 {
                let mut at = (crate::digest::draw(seed, "at", &n.to_string()) % line.len() as u64) as usize;
                while !line.is_char_boundary(at) {
                    at -= 1;
                }
                let piece = pieces[(crate::digest::draw(seed, "piece", &n.to_string()) % 16) as usize];
                if n == 0 && at + 1 < line.len() && line.is_char_boundary(at + 1) {
                    line.replace_range(at..at + 1, piece);
                } else {
                    line.insert_str(at, piece);
                }
            }
            match (parse(line.as_bytes(), 64), serde_json::from_str::<Value>(&line)) {
                (Ok(own), Ok(theirs)) => {
                    assert_eq!(own.tree(), theirs, "{line}");
                    good += 1;
                }
                (Err(wrong), theirs) => {
                    let ours_alone = ["json.duplicate_key", "json.object"].contains(&wrong.rule);
                    assert!(theirs.is_err() || ours_alone, "{line}: {wrong:?}");
                    bad += 1;
                }
                (Ok(_), Err(e)) => panic!("{line}: {e}"),
            }
        }
        assert!(good > 2_000 && bad > 2_000, "{good} {bad}");
    }
}

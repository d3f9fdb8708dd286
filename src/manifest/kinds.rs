//! What sort of value stands in the manifest, what sorts a schema admits, and the limits of numbers, all in words.
//!
//! Apart from `walk` because it knows neither tokens nor paths.
use std::cmp::Ordering;

use serde_json::Value as Json;
use toml::de::DeValue;

/// A set of sorts of TOML values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kinds(u8);

impl Kinds {
    pub(super) const TEXT: Kinds = Kinds(1);
    const WHOLE: Kinds = Kinds(2);
    const POINT: Kinds = Kinds(4);
    const FLAG: Kinds = Kinds(8);
    const DATE: Kinds = Kinds(16);
    const LIST: Kinds = Kinds(32);
    const TABLE: Kinds = Kinds(64);
    const NUMBER: Kinds = Kinds(2 | 4);
    const NONE: Kinds = Kinds(0);
    const ALL: Kinds = Kinds(127);

    /// Longest sets first: a number of either sort is one word.
    const WORDS: [(Kinds, &str); 8] = [
        (Kinds::TEXT, "text"),
        (Kinds::NUMBER, "a number"),
        (Kinds::WHOLE, "a whole number"),
        (Kinds::POINT, "a number with a point"),
        (Kinds::FLAG, "true or false"),
        (Kinds::DATE, "a date"),
        (Kinds::LIST, "a list"),
        (Kinds::TABLE, "a table"),
    ];

    pub(super) fn meet(self, other: Kinds) -> Kinds {
        Kinds(self.0 & other.0)
    }

    fn join(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn of_value(value: &DeValue<'_>) -> Kinds {
        match value {
            DeValue::String(_) => Kinds::TEXT,
            DeValue::Integer(_) => Kinds::WHOLE,
            DeValue::Float(_) => Kinds::POINT,
            DeValue::Boolean(_) => Kinds::FLAG,
            DeValue::Datetime(_) => Kinds::DATE,
            DeValue::Array(_) => Kinds::LIST,
            DeValue::Table(_) => Kinds::TABLE,
        }
    }

    /// The sorts that `schema` admits, `$ref` resolved in `root`; `null` is none, since TOML has no such value.
    pub(super) fn of_schema(root: &Json, schema: &Json) -> Kinds {
        if let Json::Bool(admits) = schema {
            return if *admits { Kinds::ALL } else { Kinds::NONE };
        }
        let of_list = |key: &str| schema.get(key).and_then(Json::as_array);
        let any = |list: &Vec<Json>| list.iter().fold(Kinds::NONE, |k, s| k.join(Kinds::of_schema(root, s)));
        let all = |list: &Vec<Json>| list.iter().fold(Kinds::ALL, |k, s| k.meet(Kinds::of_schema(root, s)));
        let constant = |list: &[Json]| list.iter().fold(Kinds::NONE, |k, c| k.join(Kinds::of_constant(c)));
        [
            schema.get("type").map(|t| Kinds::of_type(t, schema)),
            target(root, schema).map(|s| Kinds::of_schema(root, s)),
            of_list("anyOf").map(any),
            of_list("oneOf").map(any),
            of_list("allOf").map(all),
            constants(schema).map(constant),
        ]
        .into_iter()
        .flatten()
        .fold(Kinds::ALL, Kinds::meet)
    }

    fn of_type(name: &Json, schema: &Json) -> Kinds {
        let dated = matches!(schema.get("format").and_then(Json::as_str), Some("date" | "date-time" | "time"));
        match name {
            Json::Array(names) => names.iter().fold(Kinds::NONE, |k, n| k.join(Kinds::of_type(n, schema))),
            Json::String(name) => match name.as_str() {
                "string" if dated => Kinds::DATE,
                "string" => Kinds::TEXT,
                "integer" => Kinds::WHOLE,
                "number" => Kinds::NUMBER,
                "boolean" => Kinds::FLAG,
                "array" => Kinds::LIST,
                "object" => Kinds::TABLE,
                _ => Kinds::NONE,
            },
            _ => Kinds::ALL,
        }
    }

    fn of_constant(constant: &Json) -> Kinds {
        match constant {
            Json::Null => Kinds::NONE,
            Json::Bool(_) => Kinds::FLAG,
            Json::Number(_) => Kinds::NUMBER,
            Json::String(_) => Kinds::TEXT,
            Json::Array(_) => Kinds::LIST,
            Json::Object(_) => Kinds::TABLE,
        }
    }

    /// `text, a number or a table`.
    pub(super) fn words(self) -> String {
        let mut left = self;
        let mut words = Vec::new();
        for (kinds, word) in Kinds::WORDS {
            if left.meet(kinds) == kinds {
                words.push(word);
                left = Kinds(left.0 & !kinds.0);
            }
        }
        match words.split_last() {
            None => "nothing".into(),
            Some((last, [])) => (*last).into(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
        }
    }
}

/// What `$ref` points at.
pub(super) fn target<'s>(root: &'s Json, schema: &'s Json) -> Option<&'s Json> {
    root.pointer(schema.get("$ref")?.as_str()?.strip_prefix('#')?)
}

/// The values of `enum` or `const`, if the schema has one of them.
pub(super) fn constants(schema: &Json) -> Option<&[Json]> {
    let single = schema.get("const").map(std::slice::from_ref);
    single.or_else(|| schema.get("enum").and_then(Json::as_array).map(Vec::as_slice))
}

/// What stands there, in words: a number or flag as written, of anything longer only the sort.
pub(super) fn found(value: &DeValue<'_>) -> String {
    match value {
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        other => Kinds::of_value(other).words(),
    }
}

/// A number of the manifest: whole ones exactly.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    Whole(i128),
    Point(f64),
}

/// A keyword, its words, and how a number that keeps it compares with it.
type Limit = (&'static str, &'static str, fn(Ordering) -> bool);

const LIMITS: [Limit; 4] = [
    ("minimum", "at least", Ordering::is_ge),
    ("exclusiveMinimum", "more than", Ordering::is_gt),
    ("maximum", "at most", Ordering::is_le),
    ("exclusiveMaximum", "less than", Ordering::is_lt),
];

impl Number {
    /// `None` for what is no number, or is too large: TOML's whole numbers have 64 bits.
    pub(super) fn of_value(value: &DeValue<'_>) -> Option<Number> {
        match value {
            DeValue::Integer(n) => Some(Number::Whole(i64::from_str_radix(n.as_str(), n.radix()).ok()?.into())),
            DeValue::Float(x) => {
                let number: f64 = x.as_str().parse().ok()?;
                (number.is_finite() || x.as_str().contains(['i', 'n'])).then_some(Number::Point(number))
            }
            _ => None,
        }
    }

    pub(super) fn compare(self, bound: &serde_json::Number) -> Option<Ordering> {
        match (self, bound.as_i128()) {
            (Number::Whole(a), Some(b)) => Some(a.cmp(&b)),
            (Number::Whole(a), None) => (a as f64).partial_cmp(&bound.as_f64()?),
            (Number::Point(a), _) => a.partial_cmp(&bound.as_f64()?),
        }
    }

    /// The first limit of `schema` that the number breaks: `at least 0`.
    pub(super) fn broken_limit(self, schema: &Json) -> Option<String> {
        let declared = LIMITS.into_iter().find_map(|(key, words, keeps)| {
            let bound = schema.get(key).and_then(Json::as_number)?;
            let kept = self.compare(bound).is_some_and(keeps);
            (!kept).then(|| format!("{words} {}", plain(bound)))
        });
        declared.or_else(|| self.broken_width(schema.get("format")?.as_str()?))
    }

    /// The widths that schemars writes as `format` without a limit.
    fn broken_width(self, format: &str) -> Option<String> {
        let Number::Whole(n) = self else { return None };
        let (low, high) = match format {
            "uint32" => (0, i128::from(u32::MAX)),
            "int32" => (i32::MIN.into(), i32::MAX.into()),
            _ => return None,
        };
        match n {
            n if n < low => Some(format!("at least {low}")),
            n if n > high => Some(format!("at most {high}")),
            _ => None,
        }
    }
}

/// `1` also where the schema says `1.0`.
fn plain(bound: &serde_json::Number) -> String {
    match bound.as_f64() {
        Some(x) if bound.is_f64() => x.to_string(),
        _ => bound.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(text: &'static str) -> DeValue<'static> {
        DeValue::parse(text).unwrap().into_inner()
    }

    #[test]
    fn kinds_of_schemas_in_words() {
        let root = json!({ "$defs": { "A": { "oneOf": [{ "const": "x" }, { "type": "object" }] } } });
        let words = |schema: Json| Kinds::of_schema(&root, &schema).words();
        assert_eq!(words(json!({ "anyOf": [{ "$ref": "#/$defs/A" }, { "type": "null" }] })), "text or a table");
        assert_eq!(words(json!({ "type": ["integer", "null"] })), "a whole number");
        assert_eq!(words(json!({ "enum": ["a", 1, null] })), "text or a number");
        assert_eq!(words(json!({ "type": "string", "format": "date" })), "a date");
        assert_eq!(
            words(json!({ "anyOf": [{ "type": "number" }, { "type": "array" }, { "type": "string" }] })),
            "text, a number or a list"
        );
        assert_eq!(words(json!({ "$ref": "#/$defs/A", "type": "string" })), "text");
        assert_eq!((words(json!(false)).as_str(), Kinds::of_schema(&root, &json!({}))), ("nothing", Kinds::ALL));
    }

    #[test]
    fn limits_of_numbers() {
        let broken = |text, schema: Json| Number::of_value(&value(text)).and_then(|n| n.broken_limit(&schema));
        assert_eq!(broken("1.5", json!({ "minimum": 0.0, "maximum": 1.0 })), Some("at most 1".into()));
        assert_eq!(broken("1", json!({ "minimum": 0.0, "maximum": 1.0 })), None);
        assert_eq!(broken("0", json!({ "exclusiveMinimum": 0 })), Some("more than 0".into()));
        assert_eq!(broken("nan", json!({ "maximum": 1 })), Some("at most 1".into()));
        assert_eq!(broken("0x1_0000_0000", json!({ "format": "uint32" })), Some("at most 4294967295".into()));
        assert!(Number::of_value(&value("9223372036854775808")).is_none());
        assert!(Number::of_value(&value("1e999")).is_none());
        assert!(Number::of_value(&value("-inf")).is_some());
    }
}

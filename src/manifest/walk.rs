//! Finds everything in a manifest that does not fit its JSON Schema, in one pass, each at its token.
//!
//! serde stops at the first mistake, so the spanned tree is walked along the schema (draft 2020-12, as schemars 1
//! writes it) before anything is read. Each mistake is reported once, never its echo: a misspelt key is not also
//! missing. `pattern` and `uniqueItems` are left to the types. The schema may say more in keywords of its own:
//! - `"x-names": true`: the keys that `additionalProperties` admits are names, `[a-z0-9-]+`;
//! - `"x-one-of": [["a", "b"]]`: of each group exactly one key stands in the table;
//! - `"x-unless": { "a": "b" }`: the key `a` stands in the table unless `b` does;
//! - `"x-form": "name" | "version" | "language" | "date" | "address" | "doi" | "line"`: the form of a text, or of each in a list;
//! - `"x-help": "..."`: the remedy for a value of the wrong type.
use std::cmp::Ordering;
use std::ops::Range;

use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::kinds::{Kinds, Number, constants, found, target};
use super::values::{is_address, is_doi, is_language, is_line, is_name, is_version};
use crate::diag::{Diagnostic, nearest, suggest};
use crate::model::days::is_day;

/// All that is wrong with `doc` by `schema`, in the order of the text. `$ref` is resolved in `schema` itself.
///
/// `T0103` unknown key, `T0104` missing key, `T0105` wrong type, `T0106` out of range, `T0107` not one of the values,
/// `T0108` wrong length, `T0110` wrong form of a name or version, `T0111` not exactly one of a group of keys.
pub fn walk(doc: &Spanned<DeTable<'_>>, schema: &Json) -> Vec<Diagnostic> {
    let mut walk = Walk { root: schema, found: Vec::new() };
    walk.table("", doc.span(), doc.get_ref(), schema);
    walk.found.sort_by_key(|d| (d.span.start, d.span.end));
    walk.found.dedup();
    walk.found
}

type Value<'v> = Spanned<DeValue<'v>>;

struct Walk<'s> {
    root: &'s Json,
    found: Vec<Diagnostic>,
}

impl<'s> Walk<'s> {
    fn value(&mut self, path: &str, value: &Value<'_>, schema: &'s Json) {
        let accepted = Kinds::of_schema(self.root, schema);
        if accepted.meet(Kinds::of_value(value.get_ref())).is_empty() {
            return self.wrong_type(path, value, schema, accepted);
        }
        if let Some(target) = target(self.root, schema) {
            self.value(path, value, target);
        }
        for part in list(schema, "allOf") {
            self.value(path, value, part);
        }
        self.choose(path, value, list(schema, "anyOf"));
        self.choose(path, value, list(schema, "oneOf"));
        self.among(path, value, schema);
        match value.get_ref() {
            DeValue::String(text) => self.text(path, value.span(), text, schema),
            DeValue::Integer(_) | DeValue::Float(_) => self.number(path, value, schema),
            DeValue::Array(items) => self.list(path, value.span(), items, schema),
            DeValue::Table(table) => self.table(path, value.span(), table, schema),
            DeValue::Boolean(_) | DeValue::Datetime(_) => {}
        }
    }

    fn wrong_type(&mut self, path: &str, value: &Value<'_>, schema: &Json, accepted: Kinds) {
        let message = format!("`{path}`: expected {}, found {}", accepted.words(), found(value.get_ref()));
        let diagnostic = Diagnostic::error("T0105", value.span(), message).label(format!("not {}", accepted.words()));
        self.found.push(match remedy(self.root, schema) {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    }

    /// Walks along the branch that the value means; the types of at least one are known to fit.
    fn choose(&mut self, path: &str, value: &Value<'_>, branches: &'s [Json]) {
        let kind = Kinds::of_value(value.get_ref());
        let fits = |branch: &&Json| !Kinds::of_schema(self.root, branch).meet(kind).is_empty();
        let fitting: Vec<&'s Json> = branches.iter().filter(fits).collect();
        match (value.get_ref(), fitting.as_slice()) {
            (_, []) => {}
            (_, [only]) => self.value(path, value, only),
            (DeValue::String(text), many) => match texts_of_all(self.root, many) {
                Some(known) => self.text_among(path, value.span(), text, &known),
                None => self.closest(path, value, many),
            },
            (DeValue::Table(table), many) => match many.iter().map(|b| tag(self.root, b)).collect::<Option<Vec<_>>>() {
                Some(tags) => self.tagged(path, value, table, many, &tags),
                None => self.closest(path, value, many),
            },
            (_, many) => self.closest(path, value, many),
        }
    }

    /// The branch with the fewest mistakes, the first of equals.
    fn closest(&mut self, path: &str, value: &Value<'_>, branches: &[&'s Json]) {
        let trial = |branch: &&'s Json| {
            let mut walk = Walk { root: self.root, found: Vec::new() };
            walk.value(path, value, branch);
            walk.found
        };
        let best = branches.iter().map(trial).min_by_key(Vec::len);
        self.found.extend(best.unwrap_or_default());
    }

    /// Alternatives that each have one key: the key that stands there chooses.
    fn tagged(&mut self, path: &str, value: &Value<'_>, table: &DeTable<'_>, branches: &[&'s Json], tags: &[&'s str]) {
        let mut chosen = branches.iter().zip(tags).filter(|(_, tag)| table.contains_key(**tag)).map(|(b, _)| *b);
        match (chosen.next(), chosen.next()) {
            (Some(branch), None) => self.value(path, value, branch),
            (None, _) if !table.is_empty() => {
                for key in table.keys() {
                    self.unknown(path, key.span(), key.get_ref(), tags);
                }
            }
            _ => self.exactly_one(path, value.span(), table, tags),
        }
    }

    /// `enum` and `const`.
    fn among(&mut self, path: &str, value: &Value<'_>, schema: &'s Json) {
        let Some(known) = constants(schema) else { return };
        match value.get_ref() {
            DeValue::String(text) => {
                let known: Vec<&str> = known.iter().filter_map(|v| v.as_str()).collect();
                self.text_among(path, value.span(), text, &known);
            }
            other if known.iter().any(|v| same(other, v)) => {}
            other => {
                let known: Vec<String> = known.iter().filter(|v| !v.is_null()).map(Json::to_string).collect();
                let message = format!("{} is not a value of `{path}`", found(other));
                let help = format!("known here: {}", known.join(", "));
                self.found.push(Diagnostic::error("T0107", value.span(), message).label("not known here").help(help));
            }
        }
    }

    fn text_among(&mut self, path: &str, span: Range<usize>, text: &str, known: &[&str]) {
        if !known.contains(&text) {
            let message = format!("`{text}` is not a value of `{path}`");
            let help = suggest(text, known.iter().copied());
            self.found.push(Diagnostic::error("T0107", span, message).label("not known here").help(help));
        }
    }

    fn text(&mut self, path: &str, span: Range<usize>, text: &str, schema: &Json) {
        self.length(path, span.clone(), text.chars().count(), schema, ["minLength", "maxLength", "characters"]);
        self.form(path, span, text, schema);
    }

    fn form(&mut self, path: &str, span: Range<usize>, text: &str, schema: &Json) {
        let fault = match schema.get("x-form").and_then(Json::as_str) {
            Some("name") if !is_name(text) => "a name of a-z, 0-9 and `-`",
            Some("version") if !is_version(text) => "a version such as 0.3.0",
            Some("language") if !is_language(text) => "a language as BCP 47 writes it, such as `ko` or `en-GB`",
            Some("date") if !is_day(text) => "a date such as 2026-01-31",
            Some("address") if !is_address(text) => "an address that begins with https:// or http://",
            Some("doi") if !is_doi(text) => "a DOI such as 10.1234/abc",
            Some("line") if !is_line(text) => "one line of text, without tabs and other control characters",
            _ => return,
        };
        let found = if is_line(text) { format!(", found `{text}`") } else { String::new() };
        let message = format!("`{path}` must be {fault}{found}");
        self.found.push(Diagnostic::error("T0110", span, message).label(format!("not {fault}")));
    }

    fn length(&mut self, path: &str, span: Range<usize>, len: usize, schema: &Json, words: [&str; 3]) {
        let [min, max, unit] = words;
        let bound = |key: &str| schema.get(key).and_then(Json::as_u64).and_then(|n| usize::try_from(n).ok());
        let message = match (bound(min), bound(max)) {
            (Some(1..), _) if len == 0 => format!("`{path}` must not be empty"),
            (Some(n), _) if len < n => format!("`{path}` needs at least {n} {unit}, found {len}"),
            (_, Some(n)) if len > n => format!("`{path}` holds at most {n} {unit}, found {len}"),
            _ => return,
        };
        let label = if len == 0 { "empty".to_string() } else { format!("{len} {unit}") };
        self.found.push(Diagnostic::error("T0108", span, message).label(label));
    }

    fn number(&mut self, path: &str, value: &Value<'_>, schema: &Json) {
        let text = found(value.get_ref());
        let message = match Number::of_value(value.get_ref()) {
            None => format!("`{path}`: {text} is too large to be kept"),
            Some(number) => match number.broken_limit(schema) {
                Some(limit) => format!("`{path}` must be {limit}, found {text}"),
                None => return,
            },
        };
        self.found.push(Diagnostic::error("T0106", value.span(), message).label("out of range"));
    }

    fn list(&mut self, path: &str, span: Range<usize>, items: &[Value<'_>], schema: &'s Json) {
        self.length(path, span, items.len(), schema, ["minItems", "maxItems", "entries"]);
        if let Some(each) = schema.get("items") {
            for item in items {
                self.value(path, item, each);
            }
        }
        for (item, text) in items.iter().filter_map(|item| Some((item, item.get_ref().as_str()?))) {
            self.form(path, item.span(), text, schema);
        }
    }

    fn table(&mut self, path: &str, span: Range<usize>, table: &DeTable<'_>, schema: &'s Json) {
        self.length(path, span.clone(), table.len(), schema, ["minProperties", "maxProperties", "keys"]);
        let unknown = self.entries(path, table, schema);
        let meant = self.unknown_keys(path, table, &unknown, schema);
        self.missing(path, span.clone(), table, schema, &meant);
        for group in list(schema, "x-one-of").iter().filter_map(Json::as_array) {
            let group: Vec<&str> = group.iter().filter_map(Json::as_str).collect();
            if !group.iter().any(|key| meant.contains(key)) {
                self.exactly_one(path, span.clone(), table, &group);
            }
        }
    }

    /// Walks along every entry that the schema knows; gives the keys it does not know.
    fn entries(&mut self, path: &str, table: &DeTable<'_>, schema: &'s Json) -> Vec<(Range<usize>, String)> {
        let others = schema.get("additionalProperties");
        let names = schema.get("x-names") == Some(&Json::Bool(true));
        let mut unknown = Vec::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            match (schema.get("properties").and_then(|p| p.get(name)), others) {
                (Some(known), _) => self.value(&join(path, name), value, known),
                (None, None) => {}
                (None, Some(Json::Bool(false))) => unknown.push((key.span(), name.to_string())),
                (None, Some(other)) => {
                    if names {
                        self.name(path, key.span(), name);
                    }
                    self.value(&join(path, name), value, other);
                }
            }
        }
        unknown
    }

    fn name(&mut self, path: &str, span: Range<usize>, name: &str) {
        if !is_name(name) {
            let message = format!("`{name}` is not a name in {}", place(path));
            let help = "names are made of a-z, 0-9 and `-`";
            self.found.push(Diagnostic::error("T0110", span, message).label("not a name").help(help));
        }
    }

    /// Reports the unknown keys; gives the known ones that were probably meant, or the only one that is left to mean.
    fn unknown_keys<'k>(
        &mut self,
        path: &str,
        table: &DeTable<'_>,
        unknown: &[(Range<usize>, String)],
        schema: &'k Json,
    ) -> Vec<&'k str> {
        let properties = schema.get("properties").and_then(Json::as_object);
        let absent = properties.into_iter().flat_map(|p| p.keys()).filter(|k| !table.contains_key(k.as_str()));
        let absent: Vec<&str> = absent.map(String::as_str).collect();
        for (span, name) in unknown {
            // at the top a second table may be meant of a kind that is there: [release.b] beside [release.a]
            let all = properties.into_iter().filter(|_| path.is_empty()).flat_map(|p| p.keys()).map(String::as_str);
            let there = nearest(name, all).filter(|_| nearest(name, absent.iter().copied()).is_none());
            match there {
                Some(there) => self.unknown(path, span.clone(), name, &[there]),
                None => self.unknown(path, span.clone(), name, &absent),
            }
        }
        let only = if let [only] = absent.as_slice() { Some(*only) } else { None };
        unknown.iter().filter_map(|(_, name)| nearest(name, absent.iter().copied()).or(only)).collect()
    }

    fn unknown(&mut self, path: &str, span: Range<usize>, name: &str, absent: &[&str]) {
        if path.is_empty() && name == "remote" {
            let help = "set TAMIS_REMOTE, or `[remote] place` in ~/.config/tamis/config.toml";
            let message = "a project does not say where results are kept";
            self.found.push(Diagnostic::error("T0760", span, message).label("the user says that").help(help));
            return;
        }
        let message = format!("unknown key `{name}` {}", inside(path));
        let help = suggest(name, absent.iter().copied());
        self.found.push(Diagnostic::error("T0103", span, message).label("not known here").help(help));
    }

    fn missing(&mut self, path: &str, span: Range<usize>, table: &DeTable<'_>, schema: &Json, meant: &[&str]) {
        let unless = schema.get("x-unless").and_then(Json::as_object).into_iter().flatten();
        let unless = unless.filter(|(_, other)| other.as_str().is_none_or(|other| !table.contains_key(other)));
        let required = list(schema, "required").iter().filter_map(Json::as_str);
        for key in required.chain(unless.map(|(key, _)| key.as_str())) {
            if !table.contains_key(key) && !meant.contains(&key) {
                let message = format!("{} needs `{key}`", place(path));
                let label = format!("`{key}` is missing");
                self.found.push(Diagnostic::error("T0104", span.clone(), message).label(label));
            }
        }
    }

    /// Reports unless exactly one key of `group` stands in `table`.
    fn exactly_one(&mut self, path: &str, span: Range<usize>, table: &DeTable<'_>, group: &[&str]) {
        let mut keys: Vec<_> = table.keys().filter(|k| group.contains(&k.get_ref().as_ref())).collect();
        keys.sort_by_key(|k| k.span().start);
        let all = group.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
        match keys.as_slice() {
            [_] => {}
            [] => {
                let message = format!("{} needs one of {all}", place(path));
                self.found.push(Diagnostic::error("T0111", span, message).label("one of them is missing"));
            }
            [first, others @ ..] => {
                for key in others {
                    let message = format!("{} has both `{}` and `{}`", place(path), first.get_ref(), key.get_ref());
                    let diagnostic = Diagnostic::error("T0111", key.span(), message).label("only one may stand here");
                    let help = format!("keep one of {all}");
                    self.found.push(diagnostic.help(help).related(first.span(), "the other one"));
                }
            }
        }
    }
}

/// `path.key`, the key quoted where TOML would need it.
fn join(path: &str, key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let key = if bare { key.to_string() } else { format!("{key:?}") };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

fn place(path: &str) -> String {
    if path.is_empty() { "the manifest".into() } else { format!("[{path}]") }
}

fn inside(path: &str) -> String {
    if path.is_empty() { "at the top of the manifest".into() } else { format!("in [{path}]") }
}

fn list<'s>(schema: &'s Json, key: &str) -> &'s [Json] {
    schema.get(key).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

fn same(value: &DeValue<'_>, constant: &Json) -> bool {
    match (value, constant) {
        (DeValue::Boolean(a), Json::Bool(b)) => a == b,
        (_, Json::Number(b)) => Number::of_value(value).is_some_and(|a| a.compare(b) == Some(Ordering::Equal)),
        _ => false,
    }
}

/// `x-help` of the schema or of what it stands for.
fn remedy<'s>(root: &'s Json, schema: &'s Json) -> Option<&'s str> {
    if let Some(help) = schema.get("x-help").and_then(Json::as_str) {
        return Some(help);
    }
    let branches = list(schema, "anyOf").iter().chain(list(schema, "oneOf")).chain(list(schema, "allOf"));
    target(root, schema).into_iter().chain(branches).find_map(|s| remedy(root, s))
}

/// The texts that all the branches together admit; `None` if one of them admits any text.
fn texts_of_all<'s>(root: &'s Json, branches: &[&'s Json]) -> Option<Vec<&'s str>> {
    let each: Option<Vec<_>> = branches.iter().map(|b| texts(root, b)).collect();
    Some(each?.into_iter().flatten().collect())
}

fn texts<'s>(root: &'s Json, schema: &'s Json) -> Option<Vec<&'s str>> {
    if let Some(known) = constants(schema) {
        return Some(known.iter().filter_map(Json::as_str).collect());
    }
    if let Some(target) = target(root, schema) {
        return texts(root, target);
    }
    let text = |b: &&Json| !Kinds::of_schema(root, b).meet(Kinds::TEXT).is_empty();
    let branches: Vec<&Json> = list(schema, "anyOf").iter().chain(list(schema, "oneOf")).filter(text).collect();
    if branches.is_empty() { None } else { texts_of_all(root, &branches) }
}

/// The one key of a table that has exactly one: how an enum with content is written.
fn tag<'s>(root: &'s Json, schema: &'s Json) -> Option<&'s str> {
    let schema = target(root, schema).unwrap_or(schema);
    let properties = schema.get("properties").and_then(Json::as_object)?;
    let (key, [required]) = (properties.keys().next()?, list(schema, "required")) else { return None };
    (properties.len() == 1 && required == key.as_str()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::{JsonSchema, schema_for};
    use serde_json::json;

    /// Code, token and help of each diagnostic.
    fn faults(schema: &Json, text: &str) -> Vec<(&'static str, String, Option<String>)> {
        let doc = DeTable::parse(text).unwrap();
        walk(&doc, schema).into_iter().map(|d| (d.code, text[d.span].to_string(), d.help)).collect()
    }

    fn tokens(schema: &Json, text: &str) -> Vec<String> {
        faults(schema, text).into_iter().map(|(code, token, _)| format!("{code} {token}")).collect()
    }

    fn messages(schema: &Json, text: &str) -> Vec<String> {
        walk(&DeTable::parse(text).unwrap(), schema).into_iter().map(|d| d.message).collect()
    }

    fn of<T: JsonSchema>() -> Json {
        schema_for!(T).to_value()
    }

    #[derive(JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Rules {
        action: Action,
        keep: Option<Action>,
        #[schemars(range(min = 0.0, max = 1.0))]
        threshold: Option<f64>,
        #[schemars(length(min = 1))]
        on: Option<Vec<String>>,
        count: Option<u8>,
        how: Option<How>,
        #[serde(default)]
        inner: Vec<Inner>,
    }

    #[derive(JsonSchema)]
    #[serde(rename_all = "lowercase")]
    #[allow(dead_code)]
    enum Action {
        /// Away with it.
        Drop,
        /// Let a person see it.
        Review,
    }

    #[derive(JsonSchema)]
    #[serde(rename_all = "lowercase", deny_unknown_fields)]
    #[allow(dead_code)]
    enum How {
        Suppress,
        Intervals(Vec<u32>),
        Prefix { digits: u32 },
    }

    #[derive(JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Inner {
        name: String,
        more: Option<Box<Inner>>,
    }

    #[test]
    fn twelve_faults_of_one_table_are_found_at_once() {
        let text = r#"
acton = "drop"
keep = "drpo"
threshold = 1.5
on = []
count = 256
how = { interval = [1] }
nmae = 1
[[inner]]
name = 3
[[inner]]
more = { name = "a", more = { name = false } }
[[inner]]
name = "a"
mroe = {}
[[inner]]
name = "b"
more = { name = 2026-01-01 }
"#;
        let found = faults(&of::<Rules>(), text);
        let short: Vec<String> = found.iter().map(|(code, token, _)| format!("{code} {token}")).collect();
        let expected = [
            "T0103 acton",
            "T0107 \"drpo\"",
            "T0106 1.5",
            "T0108 []",
            "T0106 256",
            "T0103 interval",
            "T0103 nmae",
            "T0105 3",
            "T0104 [[inner]]",
            "T0105 false",
            "T0103 mroe",
            "T0105 2026-01-01",
        ];
        assert_eq!(short, expected);
        assert_eq!(found[0].2.as_deref(), Some("did you mean `action`?"));
        assert_eq!(found[1].2.as_deref(), Some("did you mean `drop`?"));
        assert_eq!(found[5].2.as_deref(), Some("did you mean `intervals`?"));
        assert_eq!(found[6].2.as_deref(), Some("known here: action"));
    }

    #[test]
    fn enums_with_content_are_chosen_by_their_key() {
        let schema = json!({ "type": "object", "additionalProperties": of::<How>() });
        assert!(
            tokens(&schema, "a = \"suppress\"\nb = { intervals = [5] }\nc = { prefix = { digits = 3 } }").is_empty()
        );
        let text = r#"
a = "supress"
b = { intervals = ["5"] }
c = { prefix = { digit = 3 } }
d = { intervals = [], prefix = {} }
e = {}
f = 1
"#;
        let expected = ["T0107 \"supress\"", "T0105 \"5\"", "T0103 digit", "T0111 prefix", "T0111 {}", "T0105 1"];
        assert_eq!(tokens(&schema, text), expected);
        assert_eq!(messages(&schema, "f = 1"), ["`f`: expected text or a table, found 1"]);
    }

    #[test]
    fn the_closest_of_several_shapes_is_reported() {
        let shapes = json!({ "anyOf": [
            { "type": "array", "items": { "type": "integer" } },
            { "type": "array", "items": { "type": "string" } },
            { "type": "object", "properties": { "a": {}, "b": {} }, "required": ["a", "b"] },
            { "type": "object", "properties": { "c": {}, "d": {} }, "required": ["c", "d"] },
        ] });
        let schema = json!({ "properties": { "x": shapes } });
        assert_eq!(tokens(&schema, "x = [\"a\", 1, \"b\"]"), ["T0105 1"]);
        assert_eq!(messages(&schema, "x = { c = 1 }"), ["[x] needs `d`"]);
    }

    #[test]
    fn own_keywords() {
        let schema = json!({ "properties": {
            "label": { "x-names": true, "additionalProperties": { "type": "object" } },
            "key": {
                "type": "object", "x-one-of": [["env", "file"]], "x-help": "name where it is",
                "properties": { "env": {}, "file": {} }, "additionalProperties": false
            },
            "version": { "type": "string", "x-form": "version" }
        } });
        assert_eq!(tokens(&schema, "label = { a-1 = {}, A_1 = {} }"), ["T0110 A_1"]);
        assert_eq!(messages(&schema, "key = {}"), ["[key] needs one of `env`, `file`"]);
        assert_eq!(tokens(&schema, "key = { file = 1, env = 2 }"), ["T0111 env"]);
        assert_eq!(tokens(&schema, "key = { flie = 1 }"), ["T0103 flie"]);
        assert_eq!(tokens(&schema, "version = \"1.0\""), ["T0110 \"1.0\""]);
        assert_eq!(faults(&schema, "key = 'k'"), [("T0105", "'k'".into(), Some("name where it is".into()))]);
    }

    #[test]
    fn a_misspelt_key_is_not_also_missing() {
        let schema = json!({
            "type": "object", "properties": { "min": {}, "max": {} }, "required": ["min", "max"],
            "additionalProperties": false
        });
        assert_eq!(messages(&schema, "min = 0\nmaks = 1"), ["unknown key `maks` at the top of the manifest"]);
        assert_eq!(tokens(&schema, "mix = 0\nmaks = 1").len(), 3);
    }

    #[test]
    fn the_root_and_odd_keys_are_named() {
        let schema = json!({ "properties": { "dataset": {} }, "required": ["dataset"], "additionalProperties": false });
        assert_eq!(messages(&schema, ""), ["the manifest needs `dataset`"]);
        assert_eq!(messages(&schema, "datset = 1"), ["unknown key `datset` at the top of the manifest"]);
        assert_eq!(join("a", "b.c"), "a.\"b.c\"");
    }

    #[test]
    fn numbers_flags_and_constants() {
        let schema = json!({ "additionalProperties": { "enum": [1, true, "x"] } });
        assert_eq!(
            tokens(&schema, "a = 1\nb = 1.0\nc = true\nd = \"x\"\ne = 2\nf = false\ng = []"),
            ["T0107 2", "T0107 false", "T0105 []"]
        );
        let whole = json!({ "additionalProperties": { "anyOf": [{ "type": "integer" }, { "type": "null" }] } });
        assert_eq!(tokens(&whole, "a = 9223372036854775808\nb = 1.0"), ["T0106 9223372036854775808", "T0105 1.0"]);
    }
}

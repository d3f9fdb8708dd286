//! What a program answers: a line of JSON for each row that it was given, in their order, then a line that says how many.
//!
//! ```json
//! {"id": "a", "tags": ["cat"], "$bear": [{"$key": "1", "tags": []}]}
//! {"id": "b", "$drop": "short"}
//! {"$rows": 2}
//! ```
//!
//! Nothing of an answer is believed: rows, ids, columns, types and reasons are compared with what was asked and declared.
use super::declaration::Kind;
use super::params::Map;
use crate::formats::json::{self, Json};
use crate::table::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Nesting of a line at most.
const DEPTH_MAX: usize = 64;
/// Bytes of an id at most, as of collected ones.
const ID_MAX: usize = 512;

/// What was answered of a partition's rows.
#[derive(Default)]
pub struct Answers {
    /// Of each written column a value a row; null where a row was not asked about, or dropped.
    pub values: BTreeMap<String, Vec<Value>>,
    /// Rows to drop, with the reason.
    pub dropped: BTreeMap<usize, String>,
    /// Samples born, in the order of their parents.
    pub born: Vec<Child>,
}

/// A sample made of another.
pub struct Child {
    /// The parent's row.
    pub parent: usize,
    pub id: String,
    /// Columns of its own; the others are its parent's.
    pub values: BTreeMap<String, Value>,
}

/// The answer about these rows, of a partition of so many; an error says what the program did wrong.
pub fn read(p: &Map, rows: usize, asked: &[(usize, &str)], answer: &[u8]) -> Result<Answers, String> {
    let mut out = Answers::default();
    for name in p.writes.keys() {
        out.values.insert(name.clone(), vec![Value::Null; rows]);
    }
    let (mut given, mut counted) = (0usize, None);
    for line in answer.split(|b| *b == b'\n') {
        if super::question::ends(line) {
            counted = serde_json::from_slice::<End>(line).ok();
            continue; // the last one
        }
        given += 1;
        let Some((row, id)) = asked.get(given - 1) else { continue };
        let say = |say: String| format!("gave a wrong answer for the sample `{id}`: {say}");
        let Json::Object(entries) = json::parse(line, DEPTH_MAX).map_err(|w| say(w.say))? else {
            return Err(say("no object".into()));
        };
        One { p, row: *row, id }.take(&entries, &mut out).map_err(say)?;
    }
    if given != asked.len() {
        return Err(format!("was asked about {} rows and answered {given}", asked.len()));
    }
    match counted {
        Some(End { rows }) if rows == given => Ok(out),
        Some(End { rows }) => Err(format!("answered {given} rows and says that they are {rows}")),
        None => Err("ended its answer with a line that does not say how many rows it has".into()),
    }
}

/// The line that ends an answer.
#[derive(serde::Deserialize)]
struct End {
    #[serde(rename = "$rows")]
    rows: usize,
}

/// One row that was asked about.
struct One<'a> {
    p: &'a Map,
    row: usize,
    id: &'a str,
}

type Entry<'l> = (Cow<'l, str>, Json<'l>);

impl One<'_> {
    fn take(&self, entries: &[Entry], out: &mut Answers) -> Result<(), String> {
        let (mut seen, mut named, mut dropped, mut bears) = (0, false, false, false);
        for (key, value) in entries {
            match key.as_ref() {
                "id" => match value {
                    Json::Text(id) if id == self.id => named = true,
                    _ => {
                        return Err(
                            "its `id` is another: rows are answered in the order in which they are given".into()
                        );
                    }
                },
                "$drop" if *value == Json::Null => {}
                "$drop" => {
                    out.dropped.insert(self.row, self.reason(value)?);
                    dropped = true;
                }
                "$bear" => {
                    self.children(value, out)?;
                    bears = true;
                }
                name => {
                    let value = self.value(name, value)?;
                    if let Some(slot) = out.values.get_mut(name).and_then(|column| column.get_mut(self.row)) {
                        *slot = value;
                    }
                    seen += 1;
                }
            }
        }
        if !named {
            return Err("it has no `id`".into());
        }
        if dropped && bears {
            return Err("it is dropped and bears samples".into());
        }
        if !dropped && seen < self.p.writes.len() {
            let given = |name: &&String| !entries.iter().any(|e| e.0 == name.as_str());
            let missing = self.p.writes.keys().find(given).map_or("", String::as_str);
            return Err(format!("`{missing}` is not there; a value that is unknown is null"));
        }
        Ok(())
    }

    fn reason(&self, value: &Json) -> Result<String, String> {
        match value {
            Json::Text(reason) if self.p.drops.iter().any(|d| d == reason) => Ok(reason.to_string()),
            Json::Text(_) => Err("the reason for which it is dropped is none of `drops`".into()),
            other => Err(format!("`$drop` is {}, not a reason", other.kind())),
        }
    }

    fn value(&self, name: &str, value: &Json) -> Result<Value, String> {
        let kind =
            self.p.writes.get(name).ok_or_else(|| format!("it has `{}`, which is not in `writes`", short(name)))?;
        typed(value, kind).map_err(|say| format!("`{name}` is {say}"))
    }

    fn children(&self, value: &Json, out: &mut Answers) -> Result<(), String> {
        let Json::Array(items) = value else { return Err("`$bear` is no list".into()) };
        if !self.p.bears && !items.is_empty() {
            return Err("it bears samples, which `bears` does not allow".into());
        }
        let mut keys = BTreeSet::new();
        for item in items {
            let Json::Object(entries) = item else { return Err("a sample born is no object".into()) };
            let (mut key, mut values) = (None, BTreeMap::new());
            for (name, value) in entries {
                match (name.as_ref(), value) {
                    ("$key", Json::Text(own)) => key = Some(own.to_string()),
                    ("$key", Json::Int(own)) => key = Some(own.to_string()),
                    (name, value) => drop(values.insert(name.to_string(), self.value(name, value)?)),
                }
            }
            let key = key.filter(|k| !k.is_empty()).ok_or("a sample born has no `$key`")?;
            let id = format!("{}#{}.{key}", self.id, self.p.name);
            if id.len() > ID_MAX || id.chars().any(char::is_control) {
                return Err(format!(
                    "the id of a sample born is longer than {ID_MAX} bytes or has a control character"
                ));
            }
            if !keys.insert(key) {
                return Err("two samples born have one `$key`".into());
            }
            out.born.push(Child { parent: self.row, id, values });
        }
        Ok(())
    }
}

fn typed(value: &Json, kind: &Kind) -> Result<Value, String> {
    let typed = json::typed(value, kind.text())?;
    match (kind, &typed) {
        (Kind::Category(values), Value::Text(text)) if !values.contains(text) => {
            Err(format!("none of its {} values", values.len()))
        }
        _ => Ok(typed),
    }
}

/// A name of the program's, not longer than is worth telling.
fn short(name: &str) -> String {
    name.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> Map {
        let writes = [("n", Kind::Int), ("tags", Kind::List(super::super::declaration::Of::Text))];
        Map {
            name: "t".into(),
            writes: writes.map(|(n, k)| (n.to_string(), k)).into(),
            drops: vec!["short".into()],
            bears: true,
            ..Map::default()
        }
    }

    fn of(text: &str) -> Result<Answers, String> {
        read(&map(), 3, &[(0, "a"), (2, "c")], text.as_bytes())
    }

    #[test]
    fn a_whole_answer() {
        let a = "{\"id\":\"a\",\"n\":1,\"tags\":[\"x\"],\"$bear\":[{\"$key\":\"k\",\"n\":7},{\"$key\":2}]}";
        let out = of(&format!("{a}\n{{\"id\":\"c\",\"$drop\":\"short\"}}\n{{\"$rows\":2}}")).unwrap();
        assert_eq!(out.values["n"], [Value::Int(1), Value::Null, Value::Null]);
        assert_eq!(out.dropped.get(&2).map(String::as_str), Some("short"));
        let born: Vec<(&str, Option<&Value>)> = out.born.iter().map(|c| (c.id.as_str(), c.values.get("n"))).collect();
        assert_eq!(born, [("a#t.k", Some(&Value::Int(7))), ("a#t.2", None)]);
    }

    #[test]
    fn what_is_no_answer_is_told() {
        let good = "{\"id\":\"a\",\"n\":1,\"tags\":null}";
        let told = |line: &str| of(&format!("{good}\n{line}\n{{\"$rows\":2}}")).err().unwrap_or_default();
        assert!(told("").contains("for the sample `c`"), "{}", told(""));
        let cases = [
            ("{\"id\":\"b\",\"n\":1,\"tags\":[]}", "its `id` is another"),
            ("{\"n\":1,\"tags\":[]}", "it has no `id`"),
            ("{\"id\":\"c\",\"tags\":[]}", "`n` is not there"),
            ("{\"id\":\"c\",\"n\":\"1\",\"tags\":[]}", "`n` is text where a whole number is expected"),
            ("{\"id\":\"c\",\"n\":1,\"tags\":[],\"more\":1}", "`more`, which is not in `writes`"),
            ("{\"id\":\"c\",\"$drop\":\"long\"}", "none of `drops`"),
            ("{\"id\":\"c\",\"$drop\":1}", "a number, not a reason"),
            ("{\"id\":\"c\",\"$drop\":\"short\",\"$bear\":[{\"$key\":\"1\"}]}", "is dropped and bears"),
            ("{\"id\":\"c\",\"n\":1,\"tags\":[],\"$bear\":[{}]}", "has no `$key`"),
            ("{\"id\":\"c\",\"n\":1,\"tags\":[],\"$bear\":[{\"$key\":1},{\"$key\":\"1\"}]}", "have one `$key`"),
            ("[1]", "a record is a JSON object"),
        ];
        for (line, want) in cases {
            assert!(told(line).contains(want), "{line}: {}", told(line));
        }
        let lost = of(&format!("{good}\n{{\"$rows\":1}}")).err();
        assert_eq!(lost.as_deref(), Some("was asked about 2 rows and answered 1"));
        assert!(of("{\"$rows\":2}").is_err_and(|say| say.ends_with("answered 0")));
        let two = format!("{good}\n{}", good.replace("\"a\"", "\"c\""));
        assert!(of(&format!("{two}\n{{\"$rows\": 2}}")).is_ok());
        assert!(of(&format!("{two}\n{{\"$rows\": 3}}")).is_err_and(|say| say.ends_with("says that they are 3")));
        assert!(of(&format!("{two}\n{{\"$rows\": two}}")).is_err());
    }
}

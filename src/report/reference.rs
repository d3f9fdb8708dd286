//! The reference of dataset.toml as Markdown, made of the JSON Schema that manifests are checked against: a section a
//! table in the order of the pipeline, a line a key. What it says are the doc comments of the declarations.
use crate::formats::TYPES;
use crate::stages::registry;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// How deep keys of tables within tables are followed.
const DEPTH: usize = 6;

/// Sections that belong to no stage, in the order of the file.
const FIRST: [&str; 4] = ["dataset", "plan", "review", "privacy"];

/// The reference; the same text for the same schema.
pub fn markdown(schema: &Json) -> String {
    let mut out = String::from(
        "# dataset.toml\n\nMade by `tamis schema --markdown`. `NAME` stands for a name of your own (`a-z`, `0-9`, `-`).\n\
         Unknown keys are refused. A dash under *default* means that nothing is set.\n",
    );
    let root = Reference { root: schema };
    out.push_str("\n## Top level\n\n");
    let own = root.keys(schema).into_iter().filter(|(_, node)| root.table(node).is_none());
    out.push_str(&grid(&own.map(|(name, node)| root.line(&name, schema, node, None)).collect::<Vec<_>>()));
    let sections = sections();
    for path in &sections {
        let parts: Vec<&str> = path.split('.').collect();
        if let Some(node) = root.at(&parts) {
            out.push_str(&root.section(path, node, &sections));
        }
    }
    out.push_str(TYPES);
    out
}

/// The key paths of all tables: the fixed ones, then the stages' in registry order.
fn sections() -> Vec<String> {
    let mut out: Vec<String> = FIRST.iter().map(|s| s.to_string()).collect();
    for entry in registry().iter().filter(|e| e.schema.is_some()) {
        if !out.iter().any(|p| p == entry.path) {
            out.push(entry.path.to_string());
        }
    }
    out
}

/// A key's line: key, type, default, what it says.
type Line = [String; 4];

fn grid(lines: &[Line]) -> String {
    let mut out = String::from("| key | type | default | |\n|---|---|---|---|\n");
    for [key, ty, default, say] in lines {
        let (ty, say) = (ty.replace('|', "\\|"), say.replace('|', "\\|"));
        out.push_str(&format!("| `{key}` | {ty} | {default} | {say} |\n"));
    }
    out
}

/// The schema, in which `$ref` is resolved.
struct Reference<'s> {
    root: &'s Json,
}

impl<'s> Reference<'s> {
    /// What a `$ref` points at, and its name.
    fn target(&self, node: &'s Json) -> Option<(&'s str, &'s Json)> {
        let name = node.get("$ref")?.as_str()?;
        Some((name, self.root.pointer(name.strip_prefix('#')?)?))
    }

    /// Every schema that a value may be checked against here: the node, what it refers to, its alternatives.
    fn branches(&self, node: &'s Json) -> Vec<&'s Json> {
        let mut out = Vec::new();
        let mut open = vec![node];
        while let Some(next) = open.pop().filter(|_| out.len() < 256) {
            out.push(next);
            let lists = ["allOf", "oneOf", "anyOf"].into_iter().filter_map(|k| next.get(k)?.as_array());
            let inner: Vec<&Json> = lists.flatten().collect();
            open.extend(inner.into_iter().rev());
            open.extend(self.target(next).map(|t| t.1));
        }
        out
    }

    /// The branch that is a table with keys or names of its own.
    fn table(&self, node: &'s Json) -> Option<&'s Json> {
        let own =
            |b: &&Json| b.get("properties").is_some() || b.get("additionalProperties").is_some_and(Json::is_object);
        self.branches(node).into_iter().find(own)
    }

    /// The node at a key path; `*` is any name.
    fn at(&self, path: &[&str]) -> Option<&'s Json> {
        path.iter().try_fold(self.root, |node, key| {
            let table = self.table(node)?;
            if *key == "*" { table.get("additionalProperties") } else { table.get("properties")?.get(*key) }
        })
    }

    /// The keys of a table: those that must be there first, then by name.
    fn keys(&self, table: &'s Json) -> Vec<(String, &'s Json)> {
        let Some(properties) = table.get("properties").and_then(Json::as_object) else { return Vec::new() };
        let mut out: Vec<(String, &Json)> = properties.iter().map(|(k, v)| (k.clone(), v)).collect();
        out.sort_by_key(|(k, _)| (!required(table, k), k.clone()));
        out
    }

    fn section(&self, path: &str, node: &'s Json, sections: &[String]) -> String {
        let mut out = format!("\n## `[{}]`\n", path.replace('*', "NAME"));
        let say = self.description(node);
        if !say.is_empty() {
            out.push_str(&format!("\n{say}\n"));
        }
        let short = self.values(node);
        if self.table(node).is_some() && !short.is_empty() {
            out.push_str(&format!("\nIn short a text: {}.\n", short.join("; ")));
        } else if let (Some((table, key)), false) = (path.rsplit_once('.'), short.is_empty()) {
            out.push_str(&format!("\nA text, the key `{key}` of `[{table}]`. One of: {}.\n", short.join("; ")));
        }
        let mut lines = Vec::new();
        let mut walk = Keys { reference: self, path, sections, seen: BTreeMap::new(), lines: &mut lines };
        walk.table("", node, 0);
        if !lines.is_empty() {
            out.push_str(&format!("\n{}", grid(&lines)));
        }
        out
    }

    fn line(&self, key: &str, table: &'s Json, node: &'s Json, same: Option<&str>) -> Line {
        let name = key.rsplit('.').next().unwrap_or(key);
        let default = match node.get("default") {
            _ if required(table, name) => "required".to_string(),
            Some(d) if !d.is_null() && !empty(d) => format!("`{d}`"),
            _ => "-".to_string(),
        };
        let ty = match same {
            Some(other) => format!("as `{other}`"),
            None => self.kind(node),
        };
        let mut say = self.description(node);
        let values = self.values(node);
        if !values.is_empty() {
            let sentence = if say.is_empty() { "" } else { " " };
            say.push_str(&format!("{sentence}One of: {}.", values.join("; ")));
        }
        [key.to_string(), ty, default, say]
    }

    /// What a key says of itself, else what its type says.
    fn description(&self, node: &'s Json) -> String {
        let own = |b: &&Json| b.get("description").and_then(Json::as_str).map(str::to_string);
        let mut at = Some(node);
        for _ in 0..DEPTH {
            let Some(here) = at else { break };
            if let Some(text) = own(&here) {
                return text.split_whitespace().collect::<Vec<_>>().join(" ");
            }
            at = self.target(here).map(|t| t.1).or_else(|| self.only(here));
        }
        String::new()
    }

    /// The one alternative beside null.
    fn only(&self, node: &'s Json) -> Option<&'s Json> {
        let list = node.get("anyOf")?.as_array()?;
        let mut real = list.iter().filter(|b| b.get("type").and_then(Json::as_str) != Some("null"));
        real.next().filter(|_| real.next().is_none())
    }

    /// The type in words: `text`, `whole number, 1 to 120`, `list of text`.
    fn kind(&self, node: &'s Json) -> String {
        let mut out: Vec<String> = Vec::new();
        for branch in self.branches(node) {
            for name in types(branch) {
                let word = match name {
                    "string" => "text".to_string(),
                    "integer" => format!("whole number{}", range(branch)),
                    "number" => format!("number{}", range(branch)),
                    "boolean" => "true or false".to_string(),
                    "array" => match branch.get("items") {
                        Some(items) => format!("list of {}", self.kind(items)),
                        None => "list".to_string(),
                    },
                    "object" => "table".to_string(),
                    _ => continue,
                };
                if !out.contains(&word) {
                    out.push(word);
                }
            }
        }
        if out.is_empty() { "text".into() } else { out.join(" or ") }
    }

    /// The texts that a value, or an item of a list, may be; each with what it means.
    fn values(&self, node: &'s Json) -> Vec<String> {
        let mut out = Vec::new();
        let mut seen = BTreeSet::new();
        let mut branches = self.branches(node);
        let inner: Vec<&Json> = branches.iter().filter_map(|b| b.get("items")).flat_map(|i| self.branches(i)).collect();
        branches.extend(inner);
        for branch in branches {
            let single = branch.get("const").into_iter();
            let several = branch.get("enum").and_then(Json::as_array).into_iter().flatten();
            for value in single.chain(several).filter(|v| !v.is_null() && seen.insert(v.to_string())) {
                let value = value.as_str().map_or(value.to_string(), str::to_string);
                out.push(match branch.get("const").and(branch.get("description")).and_then(Json::as_str) {
                    Some(say) => format!("`{value}` ({})", say.split_whitespace().collect::<Vec<_>>().join(" ")),
                    None => format!("`{value}`"),
                });
            }
        }
        out
    }
}

/// Collects the lines of a section.
struct Keys<'k, 's> {
    reference: &'k Reference<'s>,
    path: &'k str,
    sections: &'k [String],
    /// Tables that were told: `$ref` -> key.
    seen: BTreeMap<&'s str, String>,
    lines: &'k mut Vec<Line>,
}

impl<'s> Keys<'_, 's> {
    /// The keys of a table, each followed by those below it.
    fn table(&mut self, prefix: &str, node: &'s Json, depth: usize) {
        let Some(table) = self.reference.table(node).filter(|_| depth < DEPTH) else { return };
        for (name, inner) in self.reference.keys(table) {
            let key = format!("{prefix}{name}");
            if self.sections.iter().any(|s| *s == format!("{}.{key}", self.path)) {
                continue; // a section of its own
            }
            let same = self.same(&key, inner);
            self.lines.push(self.reference.line(&key, table, inner, same.as_deref()));
            if same.is_none() {
                self.below(&key, inner, depth);
            }
        }
        if let Some(any) = table.get("additionalProperties").filter(|a| a.is_object()) {
            let key = format!("{prefix}NAME");
            if self.sections.iter().any(|s| *s == format!("{}.*", self.path)) && prefix.is_empty() {
                return;
            }
            self.lines.push(self.reference.line(&key, table, any, None));
            self.below(&key, any, depth);
        }
    }

    /// Tables in a value, or in the items of a list.
    fn below(&mut self, key: &str, node: &'s Json, depth: usize) {
        let items = self.reference.branches(node).into_iter().find_map(|b| b.get("items"));
        let inner = items.filter(|i| self.reference.table(i).is_some()).unwrap_or(node);
        self.table(&format!("{key}."), inner, depth + 1);
    }

    /// The key under which the same table was told before.
    fn same(&mut self, key: &str, node: &'s Json) -> Option<String> {
        let name = self.reference.branches(node).into_iter().find_map(|b| {
            let (name, target) = self.reference.target(b)?;
            target.get("properties").map(|_| name)
        })?;
        let before = self.seen.get(name).cloned();
        if before.is_none() {
            self.seen.insert(name, key.to_string());
        }
        before
    }
}

fn required(table: &Json, key: &str) -> bool {
    table.get("required").and_then(Json::as_array).is_some_and(|list| list.iter().any(|k| k == key))
}

fn types(branch: &Json) -> Vec<&str> {
    match branch.get("type") {
        Some(Json::String(name)) => vec![name.as_str()],
        Some(Json::Array(names)) => names.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

/// `, 1 to 120`, `, at least 0`, or nothing.
fn range(branch: &Json) -> String {
    let of = |key: &str| branch.get(key).filter(|b| b.is_number()).map(plain);
    match (of("minimum"), of("maximum")) {
        (Some(min), Some(max)) => format!(", {min} to {max}"),
        (Some(min), None) => format!(", at least {min}"),
        (None, Some(max)) => format!(", at most {max}"),
        (None, None) => String::new(),
    }
}

/// A bound as people write it: 1, not 1.0.
fn plain(bound: &Json) -> String {
    match bound.as_f64() {
        Some(x) if x.fract() == 0.0 && x.abs() < 1e15 => format!("{}", x as i64),
        _ => bound.to_string(),
    }
}

/// A default that says nothing: an empty list, table or text.
fn empty(value: &Json) -> bool {
    match value {
        Json::Array(list) => list.is_empty(),
        Json::Object(table) => table.is_empty(),
        Json::String(text) => text.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_told_with_type_default_and_values() {
        let root = json!({
            "properties": { "preprocess": { "$ref": "#/$defs/P" } },
            "$defs": {
                "P": {
                    "description": "Changes\nof text.",
                    "type": "object",
                    "properties": {
                        "a": { "description": "Which form.", "default": "NFC", "$ref": "#/$defs/F" },
                        "n": { "type": ["integer", "null"], "minimum": 1, "maximum": 9.0 },
                        "t": { "anyOf": [{ "$ref": "#/$defs/T" }, { "type": "null" }] },
                        "u": { "anyOf": [{ "$ref": "#/$defs/T" }, { "type": "null" }] },
                        "z": { "type": "array", "items": { "type": "string" }, "default": [] }
                    },
                    "required": ["z"]
                },
                "F": { "oneOf": [
                    { "description": "Composed.", "type": "string", "const": "NFC" },
                    { "type": "string", "enum": ["none"] }
                ] },
                "T": { "description": "A | table.", "type": "object", "properties": { "x": { "type": "boolean" } } }
            }
        });
        let text = markdown(&root);
        for line in [
            "## `[preprocess]`\n\nChanges of text.\n",
            "| `a` | text | `\"NFC\"` | Which form. One of: `NFC` (Composed.); `none`. |",
            "| `n` | whole number, 1 to 9 | - |  |",
            "| `t` | table | - | A \\| table. |\n| `t.x` | true or false | - |  |\n| `u` | as `t` | - |",
            "| key | type | default | |\n|---|---|---|---|\n| `z` | list of text | required |  |",
        ] {
            assert!(text.contains(line), "{line}\n---\n{text}");
        }
    }

    #[test]
    fn every_section_of_the_registry_is_told() {
        let text = markdown(&crate::assemble::schema(&registry()));
        for path in sections() {
            assert!(text.contains(&format!("## `[{}]`\n", path.replace('*', "NAME"))), "{path}");
        }
        assert!(text.contains("| `name` | text | required |"), "{text}");
    }
}

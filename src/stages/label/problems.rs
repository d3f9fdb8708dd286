//! `[label.TASK] problems`: what happens to annotations that cannot be right.
use super::kinds::KINDS;
use super::kinds::kind::Respond;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The declared response to each problem of an annotation. The kinds say which problems there are.
#[derive(Deserialize, Clone, Debug, Default)]
#[serde(transparent)]
pub struct Problems(pub BTreeMap<String, Respond>);

impl JsonSchema for Problems {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Problems".into()
    }

    /// Makes a key for each problem of any kind. Its description joins what the kinds say of it; equal sentences stand
    /// once.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut properties = serde_json::Map::new();
        for problem in KINDS.iter().flat_map(|k| k.problems) {
            let same = KINDS.iter().filter_map(|k| k.problem(problem.name));
            let mut say: Vec<String> = Vec::new();
            for words in same.map(|p| p.say.to_string()) {
                if !say.contains(&words) {
                    say.push(words);
                }
            }
            say.push(format!("Default `{}`.", if problem.default == Respond::Fix { "fix" } else { "drop" }));
            let mut key = generator.subschema_for::<Respond>();
            key.insert("description".into(), say.join(" ").into());
            properties.insert(problem.name.into(), key.to_value());
        }
        json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
    }
}

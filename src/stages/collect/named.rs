//! The table `fields` of a source, in which the order counts.
use crate::manifest::values::At;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::json;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;

/// Fields with what each is taken from, or `"all"`, which is none.
#[derive(Clone, Debug, Default)]
pub struct Named(BTreeMap<String, At<String>>);

impl Named {
    /// The fields in the order in which the manifest names them.
    pub fn in_order(&self) -> Vec<(&String, &At<String>)> {
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_by_key(|(_, selector)| selector.span().start);
        all
    }
}

impl Deref for Named {
    type Target = BTreeMap<String, At<String>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Named, D::Error> {
        deserializer.deserialize_any(NamedVisitor)
    }
}

struct NamedVisitor;

impl<'de> Visitor<'de> for NamedVisitor {
    type Value = Named;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of fields, or \"all\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Named, E> {
        match text {
            "all" => Ok(Named::default()),
            _ => Err(E::custom(format!("`{text}` is neither a table of fields nor \"all\""))),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<Named, A::Error> {
        let mut of = BTreeMap::new();
        while let Some((name, selector)) = table.next_entry()? {
            of.insert(name, selector);
        }
        Ok(Named(of))
    }
}

impl JsonSchema for Named {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Named".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let table = json!({ "type": "object", "additionalProperties": { "type": "string" } });
        Schema::try_from(json!({ "anyOf": [{ "const": "all" }, table] })).unwrap_or_default()
    }
}

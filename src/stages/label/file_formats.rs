//! The formats that files of votes may have, and the keys of them that a source of answers may have.
use crate::formats::options::Choice;
use crate::formats::reader::{Reader, Selects};
use crate::formats::{FORMATS, Format, Options};
use crate::stage::dialect_schema;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The name of a format of votes: one whose records name what they hold.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(transparent)]
pub struct FormatName(pub String);

/// The formats that files of votes may have.
pub fn formats() -> impl Iterator<Item = (&'static Format, &'static Reader)> {
    let names = |f: &Format, r: &Reader| f.beside.is_some() || matches!(r.selects, Selects::Names);
    let of_names = move |f: &'static Format| Some((f, f.reader.as_ref().filter(|r| names(f, r))?));
    let all = FORMATS.iter().filter(|f| !f.answers).filter_map(of_names);
    all.filter(|(_, r)| (r.adds)(&Options::default(), &[]).is_empty())
}

/// The keys of these formats that say how three texts are read: who answered what of which sample.
pub fn keys() -> Vec<(&'static Format, &'static Choice)> {
    let all = formats().flat_map(|(f, _)| f.options.iter().map(move |choice| (f, choice)));
    all.filter(|(_, choice)| VOTES_KEYS.contains(&choice.name)).collect()
}

const VOTES_KEYS: &[&str] = &["delimiter", "quote", "escape", "names", "encoding", "null"];

/// Adds the keys of the formats to those of a source of answers.
pub fn dialect_keys(schema: &mut Schema) {
    if let Some(serde_json::Value::Object(properties)) = schema.get_mut("properties") {
        properties.extend(dialect_schema(&keys()));
    }
}

impl JsonSchema for FormatName {
    fn schema_name() -> Cow<'static, str> {
        "VotesFormat".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one =
            |(f, _): (&Format, &Reader)| serde_json::json!({ "const": f.name, "type": "string", "description": f.doc });
        let all: Vec<serde_json::Value> = formats().map(one).collect();
        Schema::try_from(serde_json::json!({ "oneOf": all })).unwrap_or_default()
    }
}

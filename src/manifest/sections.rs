//! The sections of a manifest that are no stages, the types of `[schema]`, and the schema of the whole manifest.
//!
//! The whole schema is put together at run time: [`base_schema`] holds what stands here, the registry of stages adds
//! each stage's own at its key path with [`insert`], and [`close`] adds the shared definitions. No struct lists the
//! stages. The doc comments below are the reference that users read.
use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Manifest;
use super::sources::Allow;
use super::values::{At, Decimal, Threshold};
use crate::diag::{Diagnostic, suggest};
use crate::model::questions::{QUESTIONS, Question};

/// What the data set is called and under what it is published.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// The name, of a-z, 0-9 and `-`. It names the releases.
    #[schemars(extend("x-form" = "name", "pattern" = "^[a-z0-9-]+$"))]
    pub name: At<String>,
    /// The version of the next release, `x.y.z`. A version that was released is never used again.
    #[schemars(extend("x-form" = "version", "pattern" = "^(0|[1-9][0-9]*)(\\.(0|[1-9][0-9]*)){2}$"))]
    pub version: At<String>,
    /// Languages of the samples as BCP 47 tags (`ko`, `en-GB`), for the dataset card.
    #[serde(default)]
    #[schemars(extend("x-form" = "language"))]
    pub languages: Vec<String>,
    /// The licence of what is released, an SPDX expression. What the licences of the sources forbid is refused.
    #[schemars(length(min = 1))]
    pub license: Option<At<String>>,
    /// Conflicts between licences about which people decided, each for one source. They are told in the card of each
    /// release and in the ledger; one that meets no conflict is told.
    #[serde(default)]
    pub allow: Vec<Allow>,
    /// One paragraph for the dataset card.
    pub description: Option<String>,
    /// Who made the data set, in the order in which they are to be named.
    #[serde(default)]
    pub creators: Vec<Creator>,
    /// The page of the data set.
    #[schemars(extend("x-form" = "address"))]
    pub url: Option<String>,
    /// The day on which it is published. Releases know of no other date.
    #[schemars(extend("x-form" = "date"))]
    pub date: Option<String>,
    /// Words by which it is found.
    #[serde(default)]
    #[schemars(inner(length(min = 1)), extend("x-form" = "line"))]
    pub keywords: Vec<String>,
    /// Where questions go: an address of mail or of a page.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub contact: Option<String>,
    /// How it is to be cited: a sentence, or an entry of BibTeX. Default: made of `creators`, `name`, `version` and `date`.
    #[schemars(length(min = 1))]
    pub citation: Option<String>,
    /// Its DOI, `10.1234/abc`.
    #[schemars(extend("x-form" = "doi"))]
    pub doi: Option<String>,
    /// Who publishes it. Default: the first of `creators`.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub publisher: Option<String>,
    /// Answers to questions of its datasheet that no number of the build answers. The card and descriptions for catalogues
    /// tell them, too. What is not answered is a blank, and is counted.
    #[serde(default)]
    pub datasheet: Datasheet,
}

/// Answers to the questions of a datasheet, by the names of the questions.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(transparent)]
pub struct Datasheet(pub BTreeMap<String, String>);

impl JsonSchema for Datasheet {
    fn schema_name() -> Cow<'static, str> {
        "Datasheet".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = |q: &Question| (q.name.to_string(), json!({ "type": "string", "minLength": 1, "description": q.en }));
        let all: Map<String, Value> = QUESTIONS.iter().map(one).collect();
        let say = "Answers to the questions of a datasheet, by the names of the questions.";
        let schema = json!({ "type": "object", "description": say, "properties": all, "additionalProperties": false });
        Schema::try_from(schema).unwrap_or_default()
    }
}

/// Somebody who made a data set.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Creator {
    /// The name of a person or an organization.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub name: String,
    /// Their page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-form" = "address"))]
    pub url: Option<String>,
    /// It is an organization and no person. Default false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub organization: bool,
}

/// What was planned, as far as it can be checked.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct PlanSection {
    /// The construction plan, a Markdown file below the manifest.
    #[schemars(length(min = 1))]
    pub document: Option<At<String>>,
    /// Headings that the document must have, each with text below it. None are demanded unless they stand here.
    #[serde(default)]
    pub headings: Vec<String>,
    /// Facts that a release must reach, as `"release.public.samples" = 4000`. A number means at least;
    /// `{ max = 0 }` and `{ min, max }` say otherwise. A fact that is undefined does not reach its goal.
    #[serde(default)]
    pub goals: BTreeMap<String, At<Threshold>>,
    /// Planned shares of the values of an attribute of `[ethics]`, as `sex = { female = 0.5, male = 0.5 }`; together exactly 1.
    #[serde(default)]
    pub targets: BTreeMap<String, At<BTreeMap<String, Decimal>>>,
    /// How far a share may be from its target, in `tamis plan`. Default 0.05.
    pub tolerance: Option<Decimal>,
    /// How many annotations of a class a task is to have at least, as `ner = { PS = 2000, LC = 1000 }`. `tamis plan` tells what
    /// was built beside it; a build does not fail for it.
    #[serde(default)]
    pub classes: BTreeMap<String, At<BTreeMap<String, u64>>>,
    /// How many samples each source is to give at least, as `klue = 5000`. As above.
    #[serde(default)]
    pub sources: BTreeMap<String, At<u64>>,
    /// The budget of labels: how many answers a task may ask for at most, as `ner = 15000`. As above.
    #[serde(default)]
    pub answers: BTreeMap<String, At<u64>>,
}

/// Labels that were decided before something changed.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum OnStale {
    /// The sample waits for a decision again, and has the label that its answers give.
    #[default]
    Reopen,
    /// The decision holds, and it is told.
    Keep,
}

/// Where people's decisions about single samples are kept.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// The file of decisions, JSON Lines, kept in git.
    #[schemars(length(min = 1))]
    pub file: Option<At<String>>,
    /// Globs of files of decisions: one file a person merges without conflict.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub files: Vec<At<String>>,
    /// What happens to a label that was decided on other answers or another text than there are now. Default `reopen`.
    #[serde(default)]
    pub on_stale: OnStale,
    /// Whether a sample that waits for a decision is kept out of every release.
    #[serde(default)]
    pub hold: bool,
}

// Stages stand in the same table (`[privacy.detect]`), so reading skips keys it does not know; the walk along the
// schema has refused those that no stage knows either.
/// What all privacy steps share. With this table nothing is released before they have seen it.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[schemars(extend("additionalProperties" = false))]
pub struct Privacy {
    /// Where the secret key of pseudonyms comes from. The key itself must not stand in the manifest.
    pub key: Option<KeyFrom>,
    /// Columns that hold nothing personal and may be released as collected.
    #[serde(default)]
    pub harmless: Vec<At<String>>,
}

impl Privacy {
    /// `T0310` at each harmless column that is none of the `known` ones and neither the label of a declared task nor derived of one.
    pub fn unknown_harmless(&self, manifest: &Manifest, known: &[&str]) -> Vec<Diagnostic> {
        let of_label = ["label."].iter().chain(&super::hidden::DERIVED);
        let label = |h: &str| {
            of_label
                .clone()
                .find_map(|p| h.strip_prefix(p))
                .is_some_and(|task| manifest.table(&["label", task]).is_some())
        };
        let unknown = self.harmless.iter().filter(|h| !known.contains(&h.as_str()) && !label(h));
        let told = |name: &At<String>| {
            let message = format!("no step gives the column `{}`", name.get());
            Diagnostic::error("T0310", name.span(), message).label(suggest(name, known.iter().copied()))
        };
        unknown.map(told).collect()
    }
}

/// Where a secret is read from: exactly one of the two.
#[derive(Deserialize, JsonSchema, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
#[schemars(extend(
    "x-one-of" = [["env", "file"]],
    "x-help" = "keep the secret out of the manifest: `{ env = \"NAME\" }` or `{ file = \"path\" }`"
))]
pub struct KeyFrom {
    /// The name of an environment variable.
    #[schemars(length(min = 1))]
    pub env: Option<String>,
    /// A file below the manifest, which git must ignore.
    #[schemars(length(min = 1))]
    pub file: Option<String>,
}

/// The columns of a sample, by name.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq)]
#[serde(transparent)]
pub struct SchemaSection(pub BTreeMap<String, Field>);

/// One column: exactly one type, and whether every sample must have it.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-one-of" = [["text", "int", "float", "bool", "date", "category", "image", "list"]]))]
pub struct Field {
    /// Text in Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<TextField>,
    /// A whole number of 64 bits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub int: Option<IntField>,
    /// A number with a point, 64 bits (IEEE 754).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub float: Option<FloatField>,
    /// True or false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bool: Option<Empty>,
    /// A day of the Gregorian calendar, `2026-01-31`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Empty>,
    /// One of a fixed set of texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<CategoryField>,
    /// An image file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageField>,
    /// Several values of one type, in their order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<ListField>,
    /// Whether a sample without this column is dropped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
}

/// Limits of a text.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct TextField {
    /// Fewest characters (Unicode scalar values).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chars_min: Option<u32>,
    /// Most characters (Unicode scalar values).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chars_max: Option<u32>,
}

impl TextField {
    /// Whether a text is as long as it may be.
    pub fn allows(&self, text: &str) -> bool {
        let chars = text.chars().count() as u64;
        self.chars_min.is_none_or(|min| chars >= u64::from(min))
            && self.chars_max.is_none_or(|max| chars <= u64::from(max))
    }
}

/// Limits of a whole number; both belong to it.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct IntField {
    /// Smallest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// Largest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
}

/// Limits of a number with a point; both belong to it.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct FloatField {
    /// Smallest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Largest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

/// A type without limits, written `{}`.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Empty {}

/// The texts that a category may be.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct CategoryField {
    /// All values, at least one.
    #[schemars(length(min = 1))]
    pub values: Vec<String>,
}

/// Several values of one type.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ListField {
    /// What the values are.
    pub of: Item,
}

/// What a list holds.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// Texts.
    Text,
    /// Whole numbers of 64 bits.
    Int,
    /// Numbers with a point.
    Float,
    /// True or false.
    Bool,
    /// Turns of a conversation: objects with `role` and `content`.
    Message,
}

/// Limits of an image.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ImageField {
    /// Fewest pixels of the shorter side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side_min: Option<u32>,
    /// Most pixels of the longer side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side_max: Option<u32>,
}

/// The schema of a manifest without stages. Written in place, so that [`insert`] can add to every table of it.
pub fn base_schema(generator: &mut SchemaGenerator) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "dataset.toml",
        "type": "object",
        "properties": {
            "tamis": { "type": "string", "description": "The least version of tamis that understands this file." },
            "dataset": Dataset::json_schema(generator),
            "plan": PlanSection::json_schema(generator),
            "review": Review::json_schema(generator),
            "privacy": Privacy::json_schema(generator)
        },
        "required": ["dataset"],
        "additionalProperties": false
    })
}

/// Adds the schema of a stage at its key path; `*` stands for the names of instances (`["label", "*"]`).
///
/// Tables on the way are made, closed against unknown keys, or extended. A table that other paths lead through must
/// be given in place (`T::json_schema`), since a `$ref` cannot be extended.
pub fn insert(root: &mut Value, path: &[&str], schema: Value) {
    *root = inserted(std::mem::take(root), path, schema);
}

/// Adds the definitions that the schemas refer to. To be called last.
pub fn close(root: &mut Value, generator: &mut SchemaGenerator) {
    insert_key(root, "$defs", Value::Object(generator.take_definitions(true)));
}

fn insert_key(schema: &mut Value, key: &str, value: Value) {
    if let Some(map) = schema.as_object_mut() {
        map.insert(key.into(), value);
    }
}

fn inserted(node: Value, path: &[&str], schema: Value) -> Value {
    let Some((first, rest)) = path.split_first() else { return merged(node, schema) };
    let mut table = opened(node);
    if *first == "*" {
        let inner = table.remove("additionalProperties").unwrap_or_default();
        table.insert("x-names".into(), true.into());
        table.insert("additionalProperties".into(), inserted(inner, rest, schema));
    } else {
        let mut properties = properties_of(&mut table);
        let inner = properties.remove(*first).unwrap_or_default();
        properties.insert((*first).into(), inserted(inner, rest, schema));
        table.insert("properties".into(), properties.into());
    }
    table.into()
}

/// The table that `node` is, or a new closed one.
fn opened(node: Value) -> Map<String, Value> {
    match node {
        Value::Object(table) => table,
        _ => Map::from_iter([("type".into(), "object".into()), ("additionalProperties".into(), false.into())]),
    }
}

fn properties_of(table: &mut Map<String, Value>) -> Map<String, Value> {
    match table.remove("properties") {
        Some(Value::Object(properties)) => properties,
        _ => Map::new(),
    }
}

/// `schema` where nothing stood; else `schema` with the keys and instances that paths added before it.
fn merged(node: Value, schema: Value) -> Value {
    let (Value::Object(mut old), Value::Object(mut new)) = (node, schema.clone()) else { return schema };
    let mut properties = properties_of(&mut old);
    properties.extend(properties_of(&mut new));
    let named = old.get("x-names").is_some();
    new.retain(|key, _| !(named && key == "additionalProperties"));
    old.extend(new);
    if !properties.is_empty() {
        old.insert("properties".into(), properties.into());
    }
    old.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::walk::walk;
    use crate::manifest::{Manifest, parse, read};

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Detect {
        types: Vec<String>,
        #[serde(default)]
        #[schemars(range(min = 0))]
        residual_max: u32,
    }

    fn schema() -> Value {
        let mut generator = SchemaGenerator::default();
        let mut root = base_schema(&mut generator);
        let detect = generator.subschema_for::<Detect>().to_value();
        insert(&mut root, &["privacy", "detect"], detect.clone());
        insert(&mut root, &["label", "*", "detect"], detect);
        insert(
            &mut root,
            &["label", "*"],
            json!({
                "type": "object",
                "properties": { "task": { "type": "string" } },
                "required": ["task"],
                "additionalProperties": false
            }),
        );
        insert(&mut root, &["schema"], generator.subschema_for::<SchemaSection>().to_value());
        close(&mut root, &mut generator);
        root
    }

    fn checked(text: &str) -> (Manifest, Vec<String>) {
        let manifest = parse("dataset.toml", text.into()).unwrap();
        let found = walk(&manifest.doc, &schema());
        let found = found.into_iter().map(|d| format!("{} {}", d.code, &text[d.span])).collect();
        (manifest, found)
    }

    const GOOD: &str = r#"
tamis = "0.1"
[dataset]
name = "ko-news"
version = "0.3.0"
license = "CC-BY-SA-4.0"
[plan]
document = "docs/plan.md"
goals = { "release.public.samples" = 4000, "clean.duplicates" = { max = 0.5 } }
[schema]
text = { text = { chars_min = 2 }, required = true }
age = { int = { min = 0, max = 120 } }
day = { date = {} }
[privacy]
key = { env = "TAMIS_KEY" }
[privacy.detect]
types = ["email"]
[label.ner]
task = "ner"
[label.ner.detect]
types = []
[review]
hold = true
"#;

    #[test]
    fn a_good_manifest_is_read() {
        let (m, found) = checked(GOOD);
        assert_eq!(found, Vec::<String>::new());
        let section = |name: &str| m.table(&[name]).unwrap().1;
        let dataset: Dataset = read(section("dataset")).unwrap();
        assert_eq!((dataset.name.as_str(), &GOOD[dataset.version.span()]), ("ko-news", "\"0.3.0\""));
        assert!(dataset.languages.is_empty() && dataset.license.is_some() && dataset.description.is_none());
        let plan: PlanSection = read(section("plan")).unwrap();
        assert_eq!(&GOOD[plan.goals["release.public.samples"].span()], "4000");
        assert_eq!(plan.goals["clean.duplicates"].to_string(), "at most 0.5");
        let privacy: Privacy = read(section("privacy")).unwrap();
        assert_eq!(privacy.key, Some(KeyFrom { env: Some("TAMIS_KEY".into()), file: None }));
        let fields: SchemaSection = read(section("schema")).unwrap();
        let json = serde_json::to_string(&fields).unwrap();
        assert_eq!(
            json,
            r#"{"age":{"int":{"min":0,"max":120}},"day":{"date":{}},"text":{"text":{"chars_min":2},"required":true}}"#
        );
        assert!(read::<Review>(section("review")).unwrap().hold);
    }

    #[test]
    fn every_planted_fault_is_found_at_its_token() {
        let (_, found) = checked(
            r#"
[dataset]
name = "Ko news"
versoin = "0.3.0"
languages = "ko"
[plan]
document = ""
goals = { a = "many" }
[schema]
text = { text = { chars_max = 5_000_000_000 }, required = 1 }
both = { int = {}, float = {} }
none = {}
kind = { category = { values = [] } }
[privacy]
key = "secret"
[privacy.detect]
residual_max = 99999999999999999999
[label.NER]
task = "ner"
[reviews]
"#,
        );
        assert_eq!(
            found,
            [
                "T0110 \"Ko news\"",
                "T0103 versoin",
                "T0105 \"ko\"",
                "T0108 \"\"",
                "T0105 \"many\"",
                "T0106 5_000_000_000",
                "T0105 1",
                "T0111 float",
                "T0111 {}",
                "T0108 []",
                "T0105 \"secret\"",
                "T0104 [privacy.detect]",
                "T0106 99999999999999999999",
                "T0110 NER",
                "T0103 reviews",
            ]
        );
    }

    #[test]
    fn schemas_are_inserted_in_any_order() {
        let root = schema();
        let at = |pointer: &str| root.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!(at("/properties/label/x-names"), true);
        assert_eq!(at("/properties/label/additionalProperties/properties/task/type"), "string");
        assert_eq!(at("/properties/label/additionalProperties/properties/detect/$ref"), "#/$defs/Detect");
        assert_eq!(at("/properties/privacy/properties/harmless/type"), "array");
        assert_eq!(at("/properties/privacy/properties/detect/$ref"), "#/$defs/Detect");
        assert_eq!(at("/properties/privacy/additionalProperties"), false);
        assert_eq!(at("/$defs/Threshold/anyOf/0/type"), "number");
    }
}

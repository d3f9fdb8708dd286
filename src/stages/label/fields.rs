//! Where a row of a file of answers says what.
use super::kinds::KINDS;
use schemars::{JsonSchema, Schema};
use serde::Deserialize;

/// Names of columns, or of JSONL keys and paths (`meta.by`).
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// Which sample is meant. Default `item`; of formats that lie beside their samples (`textgrid`, `brat`) `stem`, the name of
    /// the file; `path:stem` is its path without the suffix, for samples whose `id` is that, where names repeat in several folders.
    #[schemars(length(min = 1))]
    pub item: Option<String>,
    /// Who answered. Default `annotator`; of formats that lie beside their samples `folder`, the name of the folder that a file
    /// lies in.
    #[schemars(length(min = 1))]
    pub annotator: Option<String>,
    /// The answer. Default `label`, or what such a format gives. Lists and objects are columns of such, or JSON.
    #[schemars(length(min = 1), transform = forms)]
    pub label: Option<String>,
    /// Of which shape the answer is, for `attribute`: its place in the list of the target's label, from 0. Default: the answer says it.
    #[schemars(length(min = 1))]
    pub shape: Option<String>,
    /// How many seconds the answer took. Facts tell them of each annotator: `tamis show label.TASK --agreement --by annotator`.
    #[schemars(length(min = 1))]
    pub time: Option<String>,
    /// What was paid for it; likewise.
    #[schemars(length(min = 1))]
    pub pay: Option<String>,
}

/// Adds to the description of a key how the answers of each kind are written.
fn forms(schema: &mut Schema) {
    let own = schema.get("description").and_then(|d| d.as_str()).unwrap_or_default().to_string();
    let all = std::iter::once(own).chain(KINDS.iter().map(|k| format!("Of `{}`: {}", k.name, k.form)));
    schema.insert("description".into(), all.collect::<Vec<_>>().join(" ").into());
}

//! What a step of one's own is called with.
use super::declaration::Kind;
use crate::stage::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// All that an answer depends on, beside the rows; and the program, which is given for the call.
#[derive(Serialize, Deserialize, Default)]
pub struct Map {
    /// The name of the instance.
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub run: Vec<String>,
    /// What the program says of its version, where it lies outside of the project.
    #[serde(default, skip_serializing_if = "is_default")]
    pub says: Option<String>,
    /// The program's own files by path: digests of what they say.
    #[serde(default, skip_serializing_if = "is_default")]
    pub files: BTreeMap<String, String>,
    /// Variables that it is given: fingerprints of their values.
    #[serde(default, skip_serializing_if = "is_default")]
    pub env: BTreeMap<String, Option<String>>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub version: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub reads: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub writes: BTreeMap<String, Kind>,
    /// Columns of `writes` that were there before.
    #[serde(default, skip_serializing_if = "is_default")]
    pub over: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub drops: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub bears: bool,
    /// Never in a recipe.
    #[serde(default, skip_serializing)]
    pub program: Option<Program>,
}

//! What the kernels of `[ethics]` are told, and what they tell each other of a row.
use crate::manifest::Decimal;
use crate::stage::is_default;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Serialize, Deserialize, Default)]
pub struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    pub attributes: Vec<String>,
    /// What labels are called in facts.
    #[serde(default, skip_serializing_if = "is_default")]
    pub labels: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub lexicons: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub n_min: u64,
    /// By attribute and value the share that was planned.
    #[serde(default, skip_serializing_if = "is_default")]
    pub targets: BTreeMap<String, BTreeMap<String, Decimal>>,
}

/// What is known of a row: its value of each attribute, its class of each label, and in which lists it has a word.
pub type Key = (Vec<Option<String>>, Vec<Option<String>>, Vec<bool>);

//! What the documents of a release tell of it: the parameters of the last page.
use crate::formats::named;
use crate::formats::writer::Writer;
use crate::stage::is_default;
use crate::stages::release::declaration::SourceCard;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Serialize, Deserialize, Default)]
pub struct PageCard {
    #[serde(default, skip_serializing_if = "is_default")]
    pub dataset: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub version: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub license: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub languages: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub release: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub formats: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub columns: Vec<String>,
    /// The declared classes of the boxes, in their order.
    #[serde(default, skip_serializing_if = "is_default")]
    pub classes: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub sources: Vec<SourceCard>,
    /// path -> digest
    #[serde(default, skip_serializing_if = "is_default")]
    pub evidence: BTreeMap<String, String>,
}

impl PageCard {
    /// The writers of its formats.
    pub fn writers(&self) -> impl Iterator<Item = &'static Writer> {
        self.formats.iter().filter_map(|f| named(f)?.writer.as_ref())
    }

    /// Whether images are put beside the files of a format.
    pub fn images(&self) -> bool {
        self.writers().any(|w| w.needs.images)
    }
}

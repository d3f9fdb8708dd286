//! What `[privacy.detect]` looks for: the part of its recipe that a finder is made of.
use super::declaration::{Declaration, Dictionaries};
use super::detectors::{Confidence, Custom, Finder};
use crate::digest::Digest;
use crate::stage::{Check, Fault, is_default};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Serialize, Deserialize, Default)]
pub struct Sought {
    /// The detectors by name; another version is another result.
    #[serde(default, skip_serializing_if = "is_default")]
    pub versions: BTreeMap<String, u32>,
    /// How sure they must be, where it is not the default.
    #[serde(default, skip_serializing_if = "is_default")]
    pub confidence: BTreeMap<String, Confidence>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub regions: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub custom: BTreeMap<String, Custom>,
    /// Files of words, by their digests: no name stands in a recipe.
    #[serde(default, skip_serializing_if = "is_default")]
    pub dictionaries: BTreeMap<String, String>,
}

fn declared(check: &Check) -> Option<Declaration> {
    let (_, table) = check.manifest.table(&["privacy", "detect"])?;
    crate::manifest::read(table).ok()
}

impl Sought {
    /// What a table looks for, and the files that it needs; what is wrong with it is noted.
    pub(super) fn of(d: &Declaration, check: &mut Check) -> (Sought, Dictionaries) {
        let versions = d.versions(check);
        d.check_types(check, &versions);
        let (regions, custom, files) = (d.regions(check), d.customs(check), d.dictionaries(check));
        let confidence = d.confidence.iter().filter(|(_, least)| **least != Confidence::default());
        let sought = Sought {
            versions,
            confidence: confidence.map(|(name, least)| (name.clone(), *least)).collect(),
            regions: regions.into_iter().filter(|region| region != "KR").collect(),
            custom,
            dictionaries: files.iter().map(|(kind, (_, digest, _))| (kind.clone(), digest.hex())).collect(),
        };
        (sought, files)
    }

    /// What `[privacy.detect]` looks for in a column, for a step over texts that came later. What is wrong with
    /// `[privacy.detect]` is told by its own step.
    pub(super) fn elsewhere(check: &mut Check, column: &str) -> Option<(Sought, Dictionaries)> {
        let d = declared(check)?;
        let named = |fields: &Vec<_>| fields.iter().any(|f: &crate::manifest::values::At<String>| f.as_str() == column);
        if !d.fields.as_ref().is_none_or(named) {
            return None;
        }
        Some(Sought::again_of(&d, check))
    }

    /// What `[privacy.detect]` looks for, whatever its columns.
    pub(super) fn again(check: &mut Check) -> Option<(Sought, Dictionaries)> {
        let d = declared(check)?;
        Some(Sought::again_of(&d, check))
    }

    fn again_of(d: &Declaration, check: &mut Check) -> (Sought, Dictionaries) {
        let before = check.problems.len();
        let made = Sought::of(d, check);
        check.problems.truncate(before);
        made
    }

    /// The types that are looked for, by name.
    pub fn kinds(&self) -> Vec<String> {
        let mut all: Vec<String> =
            self.versions.keys().chain(self.custom.keys()).chain(self.dictionaries.keys()).cloned().collect();
        all.sort();
        all.dedup();
        all
    }

    /// What texts are searched with.
    pub fn finder(&self, blob: &dyn Fn(Digest) -> Result<Vec<u8>, Fault>) -> Result<Finder, Fault> {
        let mut finder = Finder::of_regions(&self.regions);
        let least = |name: &String| self.confidence.get(name).copied().unwrap_or_default();
        self.versions.keys().for_each(|name| finder.detector(name, least(name)));
        let bug = |e: String| Fault::Bug(format!("a declared expression or dictionary cannot be searched for: {e}"));
        for (name, custom) in &self.custom {
            finder.expression(name, custom, least(name)).map_err(bug)?;
        }
        for (name, digest) in &self.dictionaries {
            let digest = Digest::parse(digest).ok_or_else(|| bug(name.clone()))?;
            let words = blob(digest)?;
            finder.dictionary(name, std::str::from_utf8(&words).map_err(|e| bug(e.to_string()))?).map_err(bug)?;
        }
        Ok(finder)
    }
}

//! What the selectors of a source met: `map` notes it for each partition, `gather` adds it up. A selector that names
//! nothing in the whole source, or a column that the header of some file lacks, is a mistake in the manifest and not a
//! value that happens to be missing.
//!
//! Fact `missing.FIELD` (and `missing.id`): 0, or undefined with what was seen instead. A gate at the selector demands 0.
//! Finding: `field.missing` (a field that is `optional` met nothing).
use super::declaration::Collect;
use crate::diag::nearest;
use crate::formats::reader::{From, Met, Reader, SEEN};
use crate::formats::spelling::words;
use crate::manifest::Decimal;
use crate::manifest::values::At;
use crate::stage::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What the gather needs to know of the manifest.
#[derive(Serialize, Deserialize, Default)]
pub struct Wanted {
    /// By field: its selector and its type as text.
    #[serde(default, skip_serializing_if = "is_default")]
    fields: BTreeMap<String, (String, String)>,
    /// The first line of a file is taken for its header, but may be data: with `[privacy]` its names are not shown.
    #[serde(default, skip_serializing_if = "is_default")]
    private: bool,
    /// The fields that may be missing, with the key of each: that one met nothing is a finding.
    #[serde(default, skip_serializing_if = "is_default")]
    optional: BTreeMap<String, String>,
}

impl Wanted {
    /// The fields and the id that are taken from records by name.
    pub fn of(check: &Check, c: &Collect, reader: &Reader, fields: &BTreeMap<String, (String, String)>) -> Wanted {
        let by_name = |selector: &str| matches!(From::of_id(selector, reader.selects), From::Record(_));
        let id = ("id".to_string(), (c.id.clone(), "utf8".to_string()));
        let all = fields.iter().map(|(name, of)| (name.clone(), of.clone())).chain([id]);
        Wanted {
            fields: all.filter(|(_, (selector, _))| by_name(selector)).collect(),
            private: check.manifest.table(&["privacy"]).is_some(),
            optional: c
                .declared
                .optional
                .iter()
                .map(|name| (name.get().clone(), format!("{}.fields.{}", check.path, name.get())))
                .collect(),
        }
    }

    /// A gate at each selector.
    pub fn gates(&self, check: &Check, c: &Collect) -> Vec<Gate> {
        let gate = |name: &String| {
            let (span, key) = match name.as_str() {
                "id" => (c.declared.id.as_ref().map(At::span), "id".to_string()),
                _ => (c.declared.fields.get(name).map(At::span), format!("fields.{name}")),
            };
            let (path, span) = (&check.path, span.unwrap_or(check.span.clone()));
            Gate::at_most(format!("{path}.{key}"), format!("{path}.missing.{name}"), Decimal::default(), span)
                .say(format!("`{name}` of {path} cannot be taken from what the files hold"))
                .look(format!("tamis show {path} --findings"))
        };
        // a column that only some files show is no mistake where none was named
        let named = |name: &&String| !c.declared.fields.is_empty() || name.as_str() == "id";
        let needed = |name: &&String| !c.declared.optional.iter().any(|o| o.as_str() == name.as_str());
        self.fields.keys().filter(named).filter(needed).map(gate).collect()
    }

    /// Adds up what all partitions met.
    pub fn gather(&self, hits: &Hits, _: &Context, verdicts: &mut Verdicts) -> Result<(), Fault> {
        let mut all: BTreeMap<String, Met> = BTreeMap::new();
        for hit in hits.iter() {
            let met = serde_json::from_slice(&hit.value).map_err(|e| Fault::Bug(e.to_string()))?;
            all.entry(String::from_utf8_lossy(&hit.key).into_owned()).or_default().add(met);
        }
        for (name, (selector, ty)) in &self.fields {
            let met = all.get(name);
            let missing = met.and_then(|met| self.missing(selector, ty, met));
            // what a header lacks was told where it stands
            let told = met.is_some_and(|met| met.lacks > 0);
            if let (Some(key), Some(why), false) = (self.optional.get(name), &missing, told) {
                verdicts.remark(key, "field.missing", why);
            }
            verdicts.fact(format!("missing.{name}"), missing.map_or(Fact::Int(0), Fact::Undefined));
        }
        Ok(())
    }

    /// Why a selector is a mistake, if it is one.
    fn missing(&self, selector: &str, ty: &str, met: &Met) -> Option<String> {
        let seen = self.seen(selector, &met.seen);
        if met.lacks > 0 {
            return Some(format!("a file has no column `{selector}`; {seen}"));
        }
        if met.records > 0 && !met.has {
            return Some(format!("no record has `{selector}`; {seen}"));
        }
        let none = met.good == 0 && met.wrong > 0;
        none.then(|| format!("no value of `{selector}` is {}: all {} became null", words(ty), met.wrong))
    }

    fn seen(&self, selector: &str, seen: &BTreeSet<String>) -> String {
        let near = nearest(selector.trim(), seen.iter().map(String::as_str));
        let near = near.map_or(String::new(), |name| format!("; did you mean `{name}`?"));
        if self.private {
            return format!("there are {} other names, which [privacy] does not let be shown{near}", seen.len());
        }
        let names: Vec<String> = seen.iter().map(|name| format!("`{name}`")).collect();
        let more = if seen.len() == SEEN { ", ..." } else { "" };
        match names.is_empty() {
            true => "no names were seen".into(),
            false => format!("seen: {}{more}{near}", names.join(", ")),
        }
    }
}

/// Notes what the selectors met in a partition, at the first of its units.
pub fn note(summary: &mut Summary, met: &[(String, Met)]) -> Result<(), Fault> {
    for (name, met) in met {
        let value = serde_json::to_vec(met).map_err(|e| Fault::Bug(e.to_string()))?;
        summary.put(name, 0, &value);
    }
    Ok(())
}

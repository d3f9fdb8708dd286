//! What the selectors of a source met: `map` notes it for each partition, `gather` adds it up. A selector that names
//! nothing in the whole source, or a column that the header of some file lacks, is a mistake in the manifest and not a
//! value that happens to be missing.
//!
//! Fact `missing.FIELD` (and `missing.id`): 0, or undefined with what was seen instead. A gate at the selector demands 0.
//! Fact `lost.FIELD`: how many values of a field became null because they do not fit its type. Fact `values_lost`: 0, or
//! undefined with the fields that lost more than `max_lost_values`; a gate demands 0. Fact `values_null`: a row for each field
//! that lost some, however many may be lost: a release tells it.
//! Fact `absent.FIELD`: how many records do not have a field that others have, where there are some.
//! Findings: `field.missing` (a field that is `optional` met nothing), `field.absent` (a field that the manifest names and
//! that is neither `optional`, nor required by `[schema]`, nor an answer to a task is not in all records).
use super::answered;
use super::declaration::{Collect, SHEET};
use crate::diag::nearest;
use crate::formats::met::{Met, SEEN};
use crate::formats::reader::{From, Reader, Selects};
use crate::formats::spelling::words;
use crate::manifest::Decimal;
use crate::manifest::sections::SchemaSection;
use crate::manifest::values::At;
use crate::stage::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// From so many lost values on a tenth of a field is judged; more than half of them are too many in any case.
const MANY: u64 = 10;

/// The columns of `values_null`.
const NULL: [&str; 3] = ["field", "became null", "values that were there"];

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
    /// The fields that the manifest names and that are neither optional nor told of otherwise, with the key of each: that
    /// one is not in all records is a finding.
    #[serde(default, skip_serializing_if = "is_default")]
    needed: BTreeMap<String, String>,
    /// How many values of a field, or which share, may become null.
    #[serde(default, skip_serializing_if = "is_default")]
    most: Option<Decimal>,
    /// The manifest names the fields: each has a gate of its own.
    #[serde(default, skip_serializing_if = "is_default")]
    named: bool,
}

impl Wanted {
    /// The fields and the id that are taken from records by name.
    pub fn of(check: &Check, c: &Collect, reader: &Reader, fields: &BTreeMap<String, (String, String)>) -> Wanted {
        let by_name = |selector: &str| matches!(From::of_id(selector, reader.selects), From::Record(_));
        let id = ("id".to_string(), (c.id.clone(), "utf8".to_string()));
        let all = fields.iter().map(|(name, of)| (name.clone(), of.clone())).chain([id]);
        let key = |name: &String| (name.clone(), format!("{}.fields.{name}", check.path));
        let may = |name: &str, selector: &str| {
            c.declared.optional.iter().any(|o| o.get() == name) || is_of_head(reader, selector)
        };
        // an answer that is not there says that nobody was asked, and a required field is told of each sample
        let answers = answered::columns(check, &|_| true, &|_| true);
        let schema: SchemaSection = check.section(&["schema"]);
        let apart = |name: &String| answers.contains(name) || schema.0.get(name).is_some_and(|field| field.required);
        let named = c.declared.fields.iter().filter(|(name, _)| !apart(name));
        Wanted {
            needed: named.filter(|(name, selector)| !may(name, selector)).map(|(name, _)| key(name)).collect(),
            fields: all.filter(|(_, (selector, _))| by_name(selector)).collect(),
            private: check.manifest.table(&["privacy"]).is_some(),
            optional: fields
                .iter()
                .filter(|(name, (selector, _))| may(name, selector))
                .map(|(name, _)| key(name))
                .collect(),
            most: c.declared.max_lost_values.as_ref().map(|most| *most.get()),
            named: !c.declared.fields.is_empty(),
        }
    }

    /// A gate at each selector, and one over the values of all: the keys lie below one path, the facts are those of a step.
    pub fn gates(&self, check: &Check, c: &Collect, (path, step): (&str, &str)) -> Vec<Gate> {
        let gate = |name: &String| {
            let (span, key) = match name.as_str() {
                "id" => (c.declared.id.as_ref().map(At::span), if c.by == SHEET { "key" } else { "id" }.to_string()),
                _ => (c.declared.fields.get(name).map(At::span), format!("fields.{name}")),
            };
            let span = span.unwrap_or(c.span(check));
            let name_there = if key == "key" { "key" } else { name };
            Gate::at_most(format!("{path}.{key}"), format!("{step}.missing.{name}"), Decimal::default(), span)
                .say(format!("`{name_there}` of {path} cannot be taken from what the files hold"))
                .look(format!("tamis show {step} --findings"))
        };
        // a column that only some files show is no mistake where none was named
        let named = |name: &&String| !c.declared.fields.is_empty() || name.as_str() == "id";
        let needed = |name: &&String| !self.optional.contains_key(*name);
        let most = c.declared.max_lost_values.as_ref();
        let values = Gate::at_most(
            format!("{path}.max_lost_values"),
            format!("{step}.values_lost"),
            Decimal::default(),
            most.map_or(c.span(check), At::span),
        );
        let values = values
            .say(format!("too many values of {path} do not fit the type of their field, and became null"))
            .look(format!("tamis show {step} --findings; `max_lost_values` allows more"));
        let all = self.fields.keys().filter(named).filter(needed).map(gate);
        all.chain(self.fields.keys().any(|name| name != "id").then_some(values)).collect()
    }

    /// Adds up what all partitions met.
    pub fn gather(&self, hits: &Hits, _: &Context, verdicts: &mut Verdicts) -> Result<(), Fault> {
        let mut all: BTreeMap<String, Met> = BTreeMap::new();
        for hit in hits.iter() {
            let met = serde_json::from_slice(&hit.value).map_err(|e| Fault::Bug(e.to_string()))?;
            all.entry(String::from_utf8_lossy(&hit.key).into_owned()).or_default().add(met);
        }
        let (mut lost, mut null) = (Vec::new(), Vec::new());
        for (name, (selector, ty)) in &self.fields {
            let met = all.get(name);
            let missing = met.and_then(|met| self.missing(selector, ty, met));
            // what a header lacks was told where it stands
            let told = met.is_some_and(|met| met.lacks > 0);
            if let (Some(key), Some(why), false) = (self.optional.get(name), &missing, told) {
                verdicts.remark(key, "field.missing", why);
            }
            if let Some(met) = met.filter(|met| name != "id" && met.has && met.absent > 0) {
                verdicts.fact(format!("absent.{name}"), met.absent);
                if let Some(key) = self.needed.get(name) {
                    let (n, of) = (met.absent, met.records);
                    let say = format!(
                        "{n} of {of} records have no `{selector}`, which is null there; optional = [\"{name}\"] says that it may be"
                    );
                    verdicts.remark(key, "field.absent", say);
                }
            }
            if name != "id" {
                let told = missing.is_some() && self.named && !self.optional.contains_key(name);
                lost.extend(met.filter(|_| !told).and_then(|met| self.lost(name, ty, met)));
                verdicts.fact(format!("lost.{name}"), met.map_or(0, |met| met.wrong));
                let row = |met: &Met| vec![name.clone(), met.wrong.to_string(), (met.wrong + met.good).to_string()];
                null.extend(met.filter(|met| met.wrong > 0).map(row));
            }
            verdicts.fact(format!("missing.{name}"), missing.map_or(Fact::Int(0), Fact::Undefined));
        }
        let lost = if lost.is_empty() { Fact::Int(0) } else { Fact::Undefined(lost.join("; ")) };
        verdicts.fact("values_lost", lost);
        verdicts.fact("values_null", Fact::Table { columns: NULL.map(String::from).into(), rows: null });
        Ok(())
    }

    /// What is said of a field more of whose values became null than may.
    fn lost(&self, name: &str, ty: &str, met: &Met) -> Option<String> {
        let all = met.wrong + met.good;
        let share = Decimal::parse(&share(met.wrong, all)).unwrap_or_default();
        let over = match self.most {
            None => met.wrong * 2 > all || (met.wrong >= MANY && met.wrong * 10 > all),
            Some(most) if most < Decimal::from(1u64) && !most.is_zero() => share > most,
            Some(most) => Decimal::from(met.wrong) > most,
        };
        let wanted = words(ty);
        over.then(|| format!("{} of the {all} values of `{name}` are not {wanted} ({})", met.wrong, met.why))
    }

    /// Why a selector is a mistake, if it is one.
    fn missing(&self, selector: &str, ty: &str, met: &Met) -> Option<String> {
        let seen = seen(self.private, selector, &met.seen);
        if met.lacks > 0 {
            return Some(format!("a file has no column `{selector}`; {seen}"));
        }
        if met.records > 0 && !met.has {
            return Some(format!("no record has `{selector}`; {seen}"));
        }
        let none = met.good == 0 && met.wrong > 0;
        let (wanted, n, why) = (words(ty), met.wrong, &met.why);
        none.then(|| format!("no value of `{selector}` is {wanted}: all {n} became null ({why})"))
    }
}

/// Which names there are instead of one. With `[privacy]` they are not shown: the first line of a file may be data.
pub fn seen(private: bool, selector: &str, seen: &BTreeSet<String>) -> String {
    let near = nearest(selector.trim(), seen.iter().map(String::as_str));
    let near = near.map_or(String::new(), |name| format!("; did you mean `{name}`?"));
    if private {
        return format!("there are {} other names, which [privacy] does not let be shown{near}", seen.len());
    }
    let names: Vec<String> = seen.iter().take(SEEN).map(|name| format!("`{name}`")).collect();
    let more = if seen.len() >= SEEN { ", ..." } else { "" };
    match names.is_empty() {
        true => "no names were seen".into(),
        false => format!("seen: {}{more}{near}", names.join(", ")),
    }
}

/// Whether a selector names a field of a head, of which most are not in most heads: one that met nothing is a finding.
fn is_of_head(reader: &Reader, selector: &str) -> bool {
    const HEADS: [&str; 2] = ["http", "warc"];
    let Selects::Words { keyed, .. } = reader.selects else { return false };
    selector.split_once(':').is_some_and(|(word, _)| HEADS.contains(&word) && keyed.contains(&word))
}

/// A share to six decimals, rounded up.
fn share(n: u64, of: u64) -> String {
    let millionths = (u128::from(n) * 1_000_000).div_ceil(u128::from(of.max(1)));
    format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000)
}

/// Notes what the selectors met in a partition, at the first of its units.
pub fn note(summary: &mut Summary, met: &[(String, Met)]) -> Result<(), Fault> {
    for (name, met) in met {
        let value = serde_json::to_vec(met).map_err(|e| Fault::Bug(e.to_string()))?;
        summary.put(name, 0, &value);
    }
    Ok(())
}

//! `collect/licences`: the licence of each sample, and the samples that are under none that is taken.
//!
//! ```toml
//! [collect.pages]
//! fields = { text = "text", license = "meta.license" }
//! licenses_allowed = ["CC0-1.0", "CC-BY-4.0"]
//! ```
//!
//! Stands there where a source names `licenses_allowed`, or where a release has a column `license` that no source gives.
//! Reads `license` and `source`, writes `license` as an SPDX expression: the sample's own, else what its source claims.
//! Drops a sample whose licence is not among those allowed (`license.not_allowed`), whose licence is not known by its words
//! (`license.unknown`), or that has none (`license.missing`).
use crate::diag::Diagnostic;
use crate::manifest::sources::{Terms, terms};
use crate::manifest::values::At;
use crate::manifest::{Declared, Manifest};
use crate::model::license;
use crate::stage::*;
use crate::table::{DataType, text_column, utf8};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub const ENTRY: Entry = Entry::row::<Licences>("collect/licences", "collect", declare);

/// The column of the licences.
const LICENSE: &str = "license";

fn declare(check: &mut Check) -> Vec<Plan> {
    let sources = terms(check.manifest);
    check_names(check, &sources);
    let filtered = sources.iter().any(|s| s.allowed.is_some());
    let own = check.column("samples", LICENSE).cloned();
    if !filtered && (own.is_some() || !is_released(check.manifest)) {
        return Vec::new();
    }
    let own = own.filter(|ty| *ty == DataType::Utf8).is_some();
    for source in sources.iter().filter(|s| s.allowed.is_some() && !own) {
        let message = format!("collect.{} gives no text `license`", source.name);
        let problem = Diagnostic::error("T0446", source.span.clone(), message);
        check.bad(problem.label("nothing says which sample is under which").help("name a field of texts `license`"));
    }
    let of = |s: Terms| {
        let claim = s.allowed.is_none().then_some(s.license.clone()).or_else(|| claim(check.manifest, &s.name));
        (s.name, Claim { license: claim, allowed: s.allowed })
    };
    let map = Map { sources: sources.into_iter().map(of).collect(), own };
    let mut reads = names(&["source"]);
    reads.extend(own.then(|| LICENSE.to_string()));
    let ports = Ports {
        table: "samples".into(),
        reads,
        writes: writes([(LICENSE, Column::new(utf8()).harmless())]),
        drops: true,
        ..Ports::default()
    };
    vec![Plan::map::<Licences>(ports, &map).word("licences")]
}

/// What a source claims of all its samples, where it names `licenses_allowed` beside it.
fn claim(manifest: &Manifest, source: &str) -> Option<String> {
    let table = manifest.table(&["collect", source])?.1.get_ref().as_table()?;
    Some(table.get("license")?.get_ref().as_str()?.to_string())
}

/// Whether a release names the column.
fn is_released(manifest: &Manifest) -> bool {
    let names = |table: &Declared| -> Option<bool> {
        let columns = table.get_ref().as_table()?.get("columns")?.get_ref().as_array()?;
        Some(columns.iter().any(|c| c.get_ref().as_str() == Some(LICENSE)))
    };
    manifest.instances(&["release"]).into_iter().any(|(_, _, table)| names(table).unwrap_or(false))
}

/// The columns that hold the names of samples must be there.
fn check_names(check: &mut Check, sources: &[Terms]) {
    let columns = sources.iter().filter_map(|s| s.attribution.columns.as_ref());
    let named: Vec<At<String>> = columns.flat_map(|c| c.all().map(|(_, column)| column.clone())).collect();
    for name in named {
        let Some(column) = check.known(&name) else { continue };
        if column.ty != DataType::Utf8 {
            let problem = Diagnostic::error("T0322", name.span(), format!("`{}` is no text", name.get()));
            check.bad(problem.label("names are texts"));
        }
    }
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    sources: BTreeMap<String, Claim>,
    /// Samples have a licence of their own.
    #[serde(default, skip_serializing_if = "is_default")]
    own: bool,
}

#[derive(Serialize, Deserialize, Default, PartialEq)]
struct Claim {
    #[serde(default, skip_serializing_if = "is_default")]
    license: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    allowed: Option<Vec<String>>,
}

/// Why a sample is not taken: the rule, and what is said.
type Refused = (&'static str, String);

impl Claim {
    /// The licence of a sample, or why it is not taken.
    fn judged(&self, own: Option<&str>) -> Result<Option<String>, Refused> {
        let Some(allowed) = &self.allowed else {
            return Ok(own.map(str::to_string).or_else(|| self.license.clone()));
        };
        let own = own.map(str::trim).filter(|own| !own.is_empty());
        let known = match own {
            Some(own) => match license::of_value(own) {
                Some(known) => known,
                None => return Err(("license.unknown", "its licence is not known by its words".into())),
            },
            None => match &self.license {
                Some(claim) => claim.clone(),
                None => return Err(("license.missing", "it has no licence".into())),
            },
        };
        if license::is_among(&known, allowed) {
            return Ok(Some(known));
        }
        Err(("license.not_allowed", format!("{known} is not among the licences that are taken")))
    }
}

struct Licences;

impl RowStage for Licences {
    const MAP: u32 = 1;
    type Map = Map;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let own = if p.own { rows.texts(LICENSE)? } else { vec![None; rows.len()] };
        let (mut delta, mut out) = (Delta::default(), Vec::with_capacity(rows.len()));
        for (row, (source, own)) in rows.texts("source")?.into_iter().zip(own).enumerate() {
            let named = source.and_then(|source| Some((p.sources.get(&source)?, source)));
            let Some((claim, source)) = named else {
                out.push(own);
                continue;
            };
            match claim.judged(own.as_deref()) {
                Ok(license) => out.push(license),
                Err((rule, say)) => {
                    delta.event(row, Act::DROP, format!("collect.{source}.licenses_allowed"), rule, say);
                    out.push(None);
                }
            }
        }
        delta.write(LICENSE, text_column(out.iter().map(Option::as_deref)));
        Ok(delta)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_under_its_own_licence_or_under_that_of_its_source() {
        let allowed = Some(vec!["CC0-1.0".to_string(), "CC-BY-4.0".into()]);
        let pages = Claim { license: None, allowed: allowed.clone() };
        let of = |claim: &Claim, own: Option<&str>| claim.judged(own).map_err(|e| e.0);
        assert_eq!(of(&pages, Some("cc-by-4.0")), Ok(Some("CC-BY-4.0".into())));
        assert_eq!(of(&pages, Some("https://creativecommons.org/publicdomain/zero/1.0/")), Ok(Some("CC0-1.0".into())));
        assert_eq!(of(&pages, Some("GPL-3.0-only OR CC0-1.0")), Ok(Some("GPL-3.0-only OR CC0-1.0".into())));
        assert_eq!(of(&pages, Some("CC BY-NC 4.0")), Err("license.not_allowed"));
        assert_eq!(of(&pages, Some("all rights reserved")), Err("license.unknown"));
        assert_eq!(of(&pages, Some(" ")), Err("license.missing"));
        let claimed = Claim { license: Some("CC0-1.0".into()), allowed };
        assert_eq!(of(&claimed, None), Ok(Some("CC0-1.0".into())));
        let plain = Claim { license: Some("MIT".into()), allowed: None };
        assert_eq!((of(&plain, None), of(&plain, Some("x"))), (Ok(Some("MIT".into())), Ok(Some("x".into()))));
    }
}

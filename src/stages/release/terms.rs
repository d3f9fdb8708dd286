//! Under which terms the sources came: what a release tells of them, and which samples it takes.
use super::counted::Counts;
use crate::diag::{Diagnostic, Severity};
use crate::manifest::Manifest;
use crate::manifest::sections::Dataset;
use crate::manifest::sources::{self, Names, Terms};
use crate::manifest::values::At;
use crate::model::addresses::{is_web, published};
use crate::model::license;
use crate::stage::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The column of the licences of samples.
pub const LICENSE: &str = "license";

/// More licences of the samples of one source are told by what its table names.
const LICENSES_MAX: usize = 32;

/// A source as far as a release tells of it.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct SourceCard {
    pub name: String,
    pub license: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub attribution: Option<String>,
    #[serde(default, skip_serializing_if = "Names::is_empty")]
    pub names: Names,
    /// The columns with the names of single samples, by what they are.
    #[serde(default, skip_serializing_if = "is_default")]
    pub columns: BTreeMap<String, String>,
    /// Samples have licences of their own, in a column.
    #[serde(default, skip_serializing_if = "is_default")]
    pub licensed: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub evidence: Option<String>,
}

impl SourceCard {
    fn of(of: Terms) -> SourceCard {
        let a = of.attribution;
        let column = |(name, column): (&'static str, &At<String>)| (name.to_string(), column.get().clone());
        let columns = a.columns.as_ref().map(|c| c.all().map(column).collect()).unwrap_or_default();
        SourceCard {
            license: of.license,
            attribution: a.text,
            names: Names { title: a.title, author: a.author, source: a.source },
            columns,
            licensed: of.allowed.is_some(),
            evidence: of.evidence,
            name: of.name,
        }
    }

    /// Where the source is found on the web, as each document of a release names it.
    pub fn web(&self) -> Option<&str> {
        self.names.source.as_deref().filter(|source| is_web(source)).map(published)
    }

    /// The columns that a release reads to name its samples.
    pub fn reads(&self) -> Vec<String> {
        let license = self.licensed.then(|| LICENSE.to_string());
        self.columns.values().cloned().chain(license).collect()
    }

    /// The same with the licences under which its samples in the release are, and no others.
    pub fn within(&self, counts: &Counts) -> SourceCard {
        let own = counts.licenses.get(&self.name).filter(|own| (1..=LICENSES_MAX).contains(&own.len()));
        let license = own.map(|own| license::all_of(&own.keys().cloned().collect::<Vec<_>>()));
        SourceCard { license: license.unwrap_or_else(|| self.license.clone()), ..self.clone() }
    }
}

/// Licence, attribution and evidence of every source, read leniently from `[collect.*]`.
pub fn sources(check: &Check) -> Vec<SourceCard> {
    sources::terms(check.manifest).into_iter().map(SourceCard::of).collect()
}

/// What a page says of the data set.
pub fn dataset(check: &Check) -> Dataset {
    check.section(&["dataset"])
}

pub fn check_licenses(check: &mut Check, taken: Option<&[At<String>]>) {
    for expression in taken.into_iter().flatten() {
        if let Err(say) = license::check(expression) {
            check.bad(Diagnostic::error("T0401", expression.span(), "this is no licence expression").label(say));
        }
    }
}

/// What a release must say of its own licence, and what it can tell without judging any.
pub fn check_stated(check: &mut Check, taken: Option<&[At<String>]>) {
    check_licenses(check, taken);
    if dataset(check).license.is_none() {
        let message = format!("nothing says under which licence {} is released", check.path);
        let problem =
            Diagnostic::error("T0434", check.span.clone(), message).label("without a licence nobody may use it");
        return check.bad(problem.help("[dataset] license = \"CC-BY-4.0\", or another SPDX expression"));
    }
    for unknown in unknown_terms(check.manifest, &check.instance) {
        check.bad(Diagnostic { severity: Severity::Warning, ..unknown });
    }
    unnamed(check, taken);
}

/// Licences of which nothing is known (`NOASSERTION`): that of the data set, and those of the sources that a release
/// takes. A build warns of them; what is frozen, and given away, needs to know.
pub fn unknown_terms(manifest: &Manifest, release: &str) -> Vec<Diagnostic> {
    let own = manifest.table(&["release", release]).and_then(|(_, table)| table.get_ref().as_table());
    let allowed = own.and_then(|t| t.get("licenses")).and_then(|l| l.get_ref().as_array());
    let allowed: Option<Vec<&str>> = allowed.map(|all| all.iter().filter_map(|l| l.get_ref().as_str()).collect());
    let within = |s: Terms| Some((format!("collect.{}", s.name), s.span.clone(), s.within(allowed.as_deref())?));
    let sources = sources::terms(manifest).into_iter().filter_map(within);
    let dataset = manifest.span_of("dataset.license").map(|span| {
        let license = manifest.text.get(span.clone()).unwrap_or_default().trim_matches(['"', '\'']).to_string();
        ("dataset".to_string(), span, license)
    });
    let told = |(path, span, _): (String, _, String)| {
        let message = format!("nothing is known of the licence of {path}");
        let problem = Diagnostic::error("T0435", span, message).label("what is released must say it");
        problem.help("ask who made it, and write an SPDX expression; `LicenseRef-NAME` is one of your own")
    };
    dataset.into_iter().chain(sources).filter(|(_, _, license)| license::is_unknown(license)).map(told).collect()
}

/// Sources whose licence asks for the authors' names, and that name nobody.
fn unnamed(check: &mut Check, taken: Option<&[At<String>]>) {
    let silent = |s: &Terms| !s.names_somebody() && license::asks_for_names(&s.license);
    for source in taken_sources(check, taken).into_iter().filter(silent) {
        let message = format!("[collect.{}] says nobody who is to be named", source.name);
        let problem = Diagnostic::warning("T0437", source.span, message).label("this licence asks for it");
        check.bad(problem.help("attribution = \"WHO, WHAT, WHERE\"; it goes to ATTRIBUTION.md of the release"));
    }
}

fn texts(licenses: Option<&[At<String>]>) -> Option<Vec<&str>> {
    licenses.map(|all| all.iter().map(|l| l.as_str()).collect())
}

/// The sources that a release takes, each with the licence that holds for what it takes of them.
pub fn taken_sources(check: &Check, licenses: Option<&[At<String>]>) -> Vec<Terms> {
    let taken = texts(licenses);
    let within = |s: Terms| {
        let license = s.within(taken.as_deref())?;
        Some(Terms { license, ..s })
    };
    sources::terms(check.manifest).into_iter().filter_map(within).collect()
}

/// Sources whose licence is not among those that a release takes.
pub fn left_out_sources(check: &Check, licenses: Option<&[At<String>]>) -> Vec<String> {
    let taken = texts(licenses);
    let all = sources::terms(check.manifest).into_iter();
    all.filter(|s| s.within(taken.as_deref()).is_none()).map(|s| s.name).collect()
}

/// The sources of which a release takes some samples and not others, for the licence of each.
pub fn sorted_sources(check: &Check, licenses: Option<&[At<String>]>) -> Vec<String> {
    let Some(taken) = texts(licenses) else { return Vec::new() };
    let some = |s: &Terms| s.allowed.is_some() && s.within(Some(&taken)).is_some_and(|own| own != s.license);
    sources::terms(check.manifest).into_iter().filter(some).map(|s| s.name).collect()
}

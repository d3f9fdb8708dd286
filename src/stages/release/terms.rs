//! Under which terms the sources came, and whether the release keeps them.
use crate::diag::{Diagnostic, Severity};
use crate::manifest::Manifest;
use crate::manifest::sections::Dataset;
use crate::manifest::values::At;
use crate::model::license::{self, Broken};
use crate::stage::*;
use serde::{Deserialize, Serialize};

/// A source as far as a release tells of it.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct SourceCard {
    pub name: String,
    pub license: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub attribution: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub evidence: Option<String>,
}

/// Licence, attribution and evidence of every source, read leniently from `[collect.*]`.
pub fn sources(check: &Check) -> Vec<SourceCard> {
    sources_of(check.manifest)
}

fn sources_of(manifest: &Manifest) -> Vec<SourceCard> {
    let get = |table: &Declared, key: &str| -> Option<String> {
        let value = table.get_ref().as_table()?.get(key)?;
        Some(value.get_ref().as_str()?.to_string())
    };
    let card = |(name, _, table): (String, _, &Declared)| SourceCard {
        license: get(table, "license").unwrap_or_default(),
        attribution: get(table, "attribution"),
        evidence: get(table, "evidence"),
        name,
    };
    manifest.instances(&["collect"]).into_iter().map(card).collect()
}

/// What a page says of the data set.
pub fn dataset(check: &Check) -> Dataset {
    check.section(&["dataset"])
}

fn check_licenses(check: &mut Check, taken: Option<&[At<String>]>) {
    for expression in taken.into_iter().flatten() {
        if let Err(say) = license::check(expression) {
            check.bad(Diagnostic::error("T0401", expression.span(), "this is no licence expression").label(say));
        }
    }
}

/// What the licences of the sources forbid is refused.
pub fn check_terms(check: &mut Check, taken: Option<&[At<String>]>, columns: &[String]) {
    check_licenses(check, taken);
    let Some(license) = dataset(check).license else {
        let message = format!("nothing says under which licence {} is released", check.path);
        let problem =
            Diagnostic::error("T0434", check.span.clone(), message).label("without a licence nobody may use it");
        return check.bad(problem.help("[dataset] license = \"CC-BY-4.0\", or another SPDX expression"));
    };
    for unknown in unknown_terms(check.manifest, &check.instance) {
        check.bad(Diagnostic { severity: Severity::Warning, ..unknown });
    }
    unnamed(check, taken);
    let changes = |c: &String| check.columns_of("samples").any(|(_, own)| own.role == Role::Edits { of: c.clone() });
    let edited = columns.iter().find(|c| changes(c));
    let left_out = left_out_sources(check, taken);
    for source in sources(check).into_iter().filter(|s| !left_out.contains(&s.name)) {
        let Some(span) = check.manifest.span_of(&format!("collect.{}.license", source.name)) else { continue };
        let problem = match (license::broken(&source.license, &license, edited.is_some()), edited) {
            (Some((term, broken)), _) => refused(&term, broken, &license, edited),
            (None, None) if license::forbids_changes(&source.license) && !license::forbids_changes(&license) => {
                let message = format!("samples under {} may not be shared in changed form", source.license);
                let label = format!("a release under {} does not say so", license.get());
                check.bad(Diagnostic::warning("T0413", span, message).label(label));
                continue;
            }
            _ => continue,
        };
        let (code, message, help) = problem;
        let problem = Diagnostic::error(code, span, message).label(format!("the licence of {}", source.name));
        let help = format!("{help}, or leave the source out with `licenses`");
        check.bad(problem.related(license.span(), "the licence of the release").help(help));
    }
}

/// Licences of which nothing is known (`NOASSERTION`): that of the data set, and those of the sources that a release
/// takes. A build warns of them; what is frozen, and given away, needs to know.
pub fn unknown_terms(manifest: &Manifest, release: &str) -> Vec<Diagnostic> {
    let own = manifest.table(&["release", release]).and_then(|(_, table)| table.get_ref().as_table());
    let allowed = own.and_then(|t| t.get("licenses")).and_then(|l| l.get_ref().as_array());
    let allowed: Option<Vec<&str>> = allowed.map(|all| all.iter().filter_map(|l| l.get_ref().as_str()).collect());
    let takes = |s: &SourceCard| allowed.as_ref().is_none_or(|a| is_taken(s, a));
    let sources = sources_of(manifest).into_iter().filter(takes).map(|s| (format!("collect.{}", s.name), s.license));
    let of = |path: &str| manifest.span_of(&format!("{path}.license"));
    let dataset = of("dataset").and_then(|span| manifest.text.get(span)).unwrap_or_default().trim_matches(['"', '\'']);
    let all = std::iter::once(("dataset".to_string(), dataset.to_string())).chain(sources);
    all.filter(|(_, license)| license::is_unknown(license))
        .filter_map(|(path, _)| {
            let message = format!("nothing is known of the licence of {path}");
            let problem = Diagnostic::error("T0435", of(&path)?, message).label("what is released must say it");
            Some(problem.help("ask who made it, and write an SPDX expression; `LicenseRef-NAME` is one of your own"))
        })
        .collect()
}

/// Sources whose licence asks for the authors' names, and that name nobody.
fn unnamed(check: &mut Check, taken: Option<&[At<String>]>) {
    let left_out = left_out_sources(check, taken);
    let silent = |s: &SourceCard| s.attribution.is_none() && license::asks_for_names(&s.license);
    for source in sources(check).into_iter().filter(|s| silent(s) && !left_out.contains(&s.name)) {
        let Some(span) = check.manifest.span_of(&format!("collect.{}.license", source.name)) else { continue };
        let message = format!("[collect.{}] says nobody who is to be named", source.name);
        let problem = Diagnostic::warning("T0437", span, message).label("this licence asks for it");
        check.bad(problem.help("attribution = \"WHO, WHAT, WHERE\"; it goes to ATTRIBUTION.md of the release"));
    }
}

/// Code, message and remedy of a licence that would not be kept.
fn refused(term: &str, broken: Broken, release: &str, edited: Option<&String>) -> (&'static str, String, String) {
    match broken {
        Broken::NoDerivatives => {
            let text = edited.map_or("", |e| e.as_str());
            let message =
                format!("{term} lets nobody share a changed form, and `{text}` is changed before it is released");
            ("T0431", message, format!("leave `{text}` as it was collected"))
        }
        Broken::NonCommercial => {
            let message = format!("{term} allows non-commercial use alone, and {release} allows any");
            ("T0432", message, "release under a non-commercial licence".into())
        }
        Broken::ShareAlike => {
            let message = format!("{term} asks that what is made of it be released under {term}");
            ("T0412", message, format!("release under {term}"))
        }
        Broken::Attribution => {
            let message = format!("{term} asks that its authors be named, and {release} asks for nothing");
            ("T0433", message, "release under a licence that asks for attribution, such as CC-BY-4.0".into())
        }
    }
}

/// Sources whose licence is not among those that a release takes.
pub fn left_out_sources(check: &Check, licenses: Option<&[At<String>]>) -> Vec<String> {
    let Some(allowed) = licenses else { return Vec::new() };
    let allowed: Vec<&str> = allowed.iter().map(|a| a.as_str()).collect();
    sources(check).into_iter().filter(|s| !is_taken(s, &allowed)).map(|s| s.name).collect()
}

/// Whether the licence of a source is, or names, one of some.
fn is_taken(source: &SourceCard, allowed: &[&str]) -> bool {
    let terms = license::terms(&source.license);
    allowed.iter().any(|a| terms.iter().any(|t| t == a) || *a == source.license)
}

//! What a source says of its terms, checked: licence expressions, the evidence, and what has to be there.
use crate::diag::Diagnostic;
use crate::manifest::sections::Dataset;
use crate::manifest::sources::Consent;
use crate::manifest::values::At;
use crate::model::license;
use crate::stage::*;

/// What the table of a source says.
pub struct Stated<'d> {
    pub license: Option<&'d At<String>>,
    pub allowed: Option<&'d [At<String>]>,
    pub evidence: Option<&'d At<String>>,
    pub consent: Option<&'d Consent>,
    /// The data is the project's own.
    pub direct: bool,
    /// Whether it may give a field `license`.
    pub own: bool,
    /// Which fields it gives is for its files to say.
    pub all: bool,
}

pub fn check_terms(check: &mut Check, of: &Stated) {
    let dataset: Dataset = check.section(&["dataset"]);
    for expression in dataset.license.iter().chain(of.license).chain(of.allowed.unwrap_or_default()) {
        if let Err(say) = license::check(expression) {
            check.bad(Diagnostic::error("T0401", expression.span(), "this is no licence expression").label(say));
        }
    }
    check_own(check, of);
    if let Some(evidence) = of.evidence {
        check_evidence(check, evidence);
        check_agrees(check, of, evidence);
    }
    check_text(check, of);
    if let Some(consent) = of.consent {
        check.file(&consent.file, "the list of those who have withdrawn consent");
    }
}

/// Licences of single samples need a field to be read from, and somebody who says which are taken.
fn check_own(check: &mut Check, of: &Stated) {
    match of.allowed {
        Some(allowed) if !of.own => {
            let span = allowed.first().map_or(check.span.clone(), At::span);
            let message = format!("{} gives no field `license`", check.path);
            let problem = Diagnostic::error("T0446", span, message).label("nothing says which sample is under which");
            check.bad(problem.help("fields = { license = \"SELECTOR\", ... }, or say `license` of the whole source"));
        }
        None if of.own && !of.all => {
            let span = check.manifest.span_of(&format!("{}.fields.license", check.path)).unwrap_or_default();
            let message = format!("samples of {} have licences of their own", check.path);
            let problem = Diagnostic::warning("T0447", span, message).label("nothing says which of them are taken");
            check
                .bad(problem.help("licenses_allowed = [\"CC0-1.0\", \"CC-BY-4.0\"] drops the others, and counts them"));
        }
        _ => {}
    }
}

/// A release keeps a copy of the evidence, in one folder with that of the other sources.
fn check_evidence(check: &mut Check, evidence: &At<String>) {
    check.file(evidence, "the evidence of the licence");
    let size = check.world.stat(evidence).map_or(0, |stat| stat.size);
    if size > license::EVIDENCE_MAX {
        let message = format!("the evidence of the licence has {size} bytes");
        let label = format!("a release keeps a copy of at most {} MiB", license::EVIDENCE_MAX >> 20);
        check.bad(Diagnostic::error("T0051", evidence.span(), message).label(label));
    }
    let name = license::kept_as(&check.instance, evidence);
    for (other, _, table) in check.manifest.instances(&["collect"]) {
        let Some(theirs) = table.get_ref().as_table().and_then(|t| t.get("evidence")) else { continue };
        let same = theirs
            .get_ref()
            .as_str()
            .is_some_and(|e| license::kept_as(&other, e).to_lowercase() == name.to_lowercase());
        if same && other < check.instance {
            let message = format!("a release keeps this as `LICENSES/{name}`, and so that of collect.{other}");
            let problem = Diagnostic::error("T0052", evidence.span(), message).label("two files of one name");
            check.bad(problem.related(theirs.span(), "the other").help("give one of the files another name"));
        }
    }
}

/// The text of another licence is no evidence.
fn check_agrees(check: &mut Check, of: &Stated, evidence: &At<String>) {
    let Ok(bytes) = check.world.read(evidence, license::EVIDENCE_MAX) else { return };
    let beginning = bytes.get(..license::READ_FOR_NAME.min(bytes.len())).unwrap_or_default();
    let text = String::from_utf8_lossy(beginning);
    let Some(is) = license::by_text(&text) else { return };
    let claims: Vec<&At<String>> = of.license.into_iter().chain(of.allowed.unwrap_or_default()).collect();
    if claims.iter().flat_map(|c| license::terms(c)).any(|term| license::is_text_of(&is, &term)) {
        return;
    }
    let Some(claim) = claims.first() else { return };
    let message = format!("the evidence of {} is the text of {is}", check.path);
    let problem = Diagnostic::error("T0448", evidence.span(), message).label("another licence than the one claimed");
    check.bad(problem.related(claim.span(), "the claim").help(format!("license = \"{is}\", or another file")));
}

/// The text of a licence that nobody but the source knows must be somewhere.
fn check_text(check: &mut Check, of: &Stated) {
    let Some(claim) = of.license.filter(|_| of.evidence.is_none() && !of.direct) else { return };
    let own = |term: &String| term.starts_with("LicenseRef-") && license::rights::of(term).is_none();
    if let Some(term) = license::terms(claim).iter().find(|term| own(term)) {
        let message = format!("the text of {term} is nowhere");
        let problem = Diagnostic::warning("T0449", claim.span(), message).label("a licence of its own needs its text");
        check.bad(problem.help("evidence = \"FILE\" with the terms; a release keeps a copy"));
    }
}

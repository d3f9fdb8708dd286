//! Whether a release keeps what the licences of its sources ask for: a conflict is told at the line of the source's licence
//! and at the line that breaks it, with the cheapest ways out. What people decided about (`[dataset] allow`) is no conflict,
//! and stands in the card and in the ledger.
use super::terms::{check_stated, dataset, taken_sources};
use crate::diag::Diagnostic;
use crate::manifest::Declared;
use crate::manifest::sources::{Allow, Terms};
use crate::manifest::values::At;
use crate::model::license::{self, Rule};
use crate::stage::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::Range;

/// A decision about a conflict, as a card tells it.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct Allowed {
    pub rule: String,
    pub source: String,
    pub reason: String,
}

/// A step that changes what is released.
pub struct Adaptation {
    /// The column that is changed.
    pub column: String,
    /// The table whose step changes it.
    pub path: String,
    pub span: Range<usize>,
}

/// The steps whose changes make another work of what was collected: changed texts, pictures that were cut or in which places are hidden, what a step of one's own
/// writes over a field. A picture in another size or turned upright is the same work in another form, and so is a sample
/// beside which a label stands.
pub fn adaptations(check: &Check, columns: &[String]) -> Vec<Adaptation> {
    let edits = check.columns_of("samples").filter_map(|(_, own)| match &own.role {
        Role::Edits { of } => Some(of),
        _ => None,
    });
    let edited: BTreeSet<&String> = edits.collect();
    let texts: Vec<&String> = columns.iter().filter(|c| edited.contains(c)).collect();
    let mut out = Vec::new();
    for path in [&["privacy", "detect"][..], &["preprocess"]] {
        let Some((span, table)) = check.manifest.table(path) else { continue };
        let changed = texts.iter().filter(|c| covers(table, c));
        out.extend(changed.map(|c| Adaptation { column: c.to_string(), path: path.join("."), span: span.clone() }));
    }
    for (name, _, table) in check.manifest.instances(&["transform"]) {
        let writes = table.get_ref().as_table().and_then(|t| t.get("writes")).and_then(|w| w.get_ref().as_table());
        for (column, value) in writes.into_iter().flat_map(|w| w.iter()) {
            let column = column.get_ref().to_string();
            if columns.contains(&column) && is_collected(check, &column) {
                out.push(Adaptation { column, path: format!("transform.{name}"), span: value.span() });
            }
        }
    }
    for path in [&["preprocess", "crop"][..], &["privacy", "images", "boxes"]] {
        let Some((_, table)) = check.manifest.table(path).filter(|_| columns.iter().any(|c| c == "image")) else {
            continue;
        };
        out.push(Adaptation { column: "image".into(), path: path.join("."), span: table.span() });
    }
    for text in texts.iter().filter(|t| !out.iter().any(|a| a.column == ***t)).collect::<Vec<_>>() {
        out.push(Adaptation { column: text.to_string(), path: check.path.clone(), span: check.span.clone() });
    }
    out
}

/// Whether the fields that a table names hold a column, or it names none.
fn covers(table: &Declared, column: &str) -> bool {
    let fields = table.get_ref().as_table().and_then(|t| t.get("fields")).and_then(|f| f.get_ref().as_array());
    fields.is_none_or(|all| all.iter().any(|f| f.get_ref().as_str() == Some(column)))
}

/// Whether a source gives a column of this name.
fn is_collected(check: &Check, column: &str) -> bool {
    let gives = |table: &Declared| {
        let fields = table.get_ref().as_table().and_then(|t| t.get("fields")).and_then(|f| f.get_ref().as_table());
        fields.map_or(["text", "image"].contains(&column), |fields| fields.contains_key(column))
    };
    check.manifest.instances(&["collect"]).into_iter().any(|(_, _, table)| gives(table))
}

/// What the licences of the sources forbid is refused.
pub fn check_terms(check: &mut Check, taken: Option<&[At<String>]>, columns: &[String]) {
    check_stated(check, taken);
    let own = dataset(check);
    let Some(license) = own.license else { return };
    let changes = adaptations(check, columns);
    let sources = taken_sources(check, taken);
    for source in &sources {
        let allowed = rules_of(&own.allow, source);
        if let Some(broken) = license::broken(&source.license, &license, !changes.is_empty(), &allowed) {
            let problem = refused(source, broken, &license, &changes, &sources);
            check.bad(problem);
        }
    }
}

/// The rules that people decided about, of a source; what its terms leave open is for those who made the data to say.
fn rules_of(allow: &[Allow], source: &Terms) -> Vec<Rule> {
    let of = allow.iter().filter(|a| *a.source.get() == source.name).filter_map(|a| Rule::named(&a.rule));
    of.chain(source.own.then_some(Rule::Unsettled)).collect()
}

/// A conflict at its two lines, with its ways out.
fn refused(
    source: &Terms,
    (term, rule): (String, Rule),
    release: &At<String>,
    changes: &[Adaptation],
    sources: &[Terms],
) -> Diagnostic {
    let first = changes.first();
    let (code, message) = told(&term, rule, release, first);
    let problem = Diagnostic::error(code, source.span.clone(), message);
    let mut problem = problem.label(format!("the licence of {}", source.name));
    let mut ways = Vec::new();
    if rule == Rule::NoDerivatives && first.is_some() {
        for a in changes.iter().take(3) {
            problem = problem.related(a.span.clone(), format!("changes `{}`", a.column));
        }
        ways.extend(first.map(|a| format!("leave `{}` as it was collected", a.column)));
    } else {
        problem = problem.related(release.span(), "the licence of the release");
    }
    let all = || sources.iter().map(|s| s.license.as_str());
    let fits = license::outlets(all(), !changes.is_empty());
    let same: Vec<&String> = fits.iter().filter(|l| *l == &term).chain(&fits).collect();
    if let Some(fit) = same.first() {
        ways.push(format!("release under {fit}, which keeps every source's licence"));
    } else if let Some(other) = opponent(source, sources, !changes.is_empty()) {
        problem = problem.related(other.span.clone(), format!("no licence keeps this and {} together", source.name));
    }
    ways.push("leave the source out with `licenses`".into());
    let (rule, name) = (rule.name(), &source.name);
    ways.push(format!(
        "with a permission in writing, [dataset] allow = [{{ rule = \"{rule}\", source = \"{name}\", reason = \"...\" }}]"
    ));
    problem.help(ways.join(", or "))
}

/// Another source that no licence keeps together with this one.
fn opponent<'s>(source: &Terms, sources: &'s [Terms], adapted: bool) -> Option<&'s Terms> {
    let alone = |s: &Terms| !license::outlets([s.license.as_str()], adapted).is_empty();
    let fight =
        |other: &&Terms| license::outlets([source.license.as_str(), other.license.as_str()], adapted).is_empty();
    sources.iter().filter(|o| o.name != source.name && alone(o) && alone(source)).find(fight)
}

/// Code and message of a licence that would not be kept.
fn told(term: &str, rule: Rule, release: &str, change: Option<&Adaptation>) -> (&'static str, String) {
    match rule {
        Rule::Redistribute => ("T0440", format!("{term} lets nobody pass the data on")),
        Rule::NoDerivatives if change.is_none() => {
            ("T0413", format!("{term} lets nobody share a changed form, and {release} lets everybody"))
        }
        Rule::NoDerivatives => {
            let text = change.map_or("", |a| a.column.as_str());
            let why = match change.filter(|a| a.path == "privacy.detect") {
                Some(_) => "; what [privacy] asks for and what the licence allows contradict each other",
                None => "",
            };
            let message =
                format!("{term} lets nobody share a changed form, and `{text}` is changed before it is released{why}");
            ("T0431", message)
        }
        Rule::NonCommercial => ("T0432", format!("{term} allows non-commercial use alone, and {release} allows any")),
        Rule::Limits => ("T0441", format!("{term} sets limits of use that must be passed on, and {release} has none")),
        Rule::ShareAlike => ("T0412", format!("{term} asks that what is made of it be released under {term}")),
        Rule::Attribution => {
            ("T0433", format!("{term} asks that its authors be named, and {release} asks for nothing"))
        }
        Rule::Notice => ("T0442", format!("{term} asks that its notice be kept, and {release} asks for nothing")),
        Rule::Unsettled => ("T0443", format!("nothing is known of whether {term} allows a release under {release}")),
    }
}

/// The decisions that a release rests on.
pub fn allowed(check: &Check, taken: Option<&[At<String>]>, columns: &[String]) -> Vec<Allowed> {
    concerned(check, taken, columns).into_iter().map(|(allowed, _)| allowed).collect()
}

/// The decisions that a release rests on, each with the licences of samples that it is about; none where it is about the
/// whole source.
pub fn concerned(check: &Check, taken: Option<&[At<String>]>, columns: &[String]) -> Vec<(Allowed, Vec<String>)> {
    let own = dataset(check);
    let Some(license) = &own.license else { return Vec::new() };
    let sources = taken_sources(check, taken);
    let adapted = !adaptations(check, columns).is_empty();
    let meets = |a: &Allow| {
        let source = sources.iter().find(|s| s.name == *a.source.get())?;
        let others = Rule::ALL.into_iter().filter(|rule| rule.name() != a.rule.as_str());
        let others: Vec<Rule> = others.chain(source.own.then_some(Rule::Unsettled)).collect();
        let breaks = |of: &str| license::broken(of, license, adapted, &others).is_some();
        let held = |of: &&String| license::terms(&source.license).iter().any(|term| license::terms(of).contains(term));
        let some = source.allowed.iter().flatten().filter(held).filter(|of| breaks(of)).cloned().collect();
        breaks(&source.license).then_some(some)
    };
    let card =
        |a: &Allow| Allowed { rule: a.rule.get().clone(), source: a.source.get().clone(), reason: a.reason.clone() };
    own.allow.iter().filter_map(|a| Some((card(a), meets(a)?))).collect()
}

//! Tables that do not fit the schema: what of them is known all the same, so that they hide no mistake in another one.
use crate::diag::Diagnostic;
use crate::manifest::{Declared, Manifest};
use std::collections::{BTreeMap, BTreeSet};

/// Where the tables stand that do not fit the schema, and where in each of them something does not: what that means cannot
/// be told, and is not guessed.
pub fn broken(
    manifest: &Manifest,
    declared: impl Iterator<Item = usize>,
    wrong: &[Diagnostic],
) -> BTreeMap<usize, Vec<usize>> {
    let sections = ["dataset", "plan", "review", "privacy", "schema"].map(|s| manifest.table(&[s]).map(|t| t.0.start));
    let starts: BTreeSet<usize> = declared.chain(sections.into_iter().flatten()).collect();
    let mut out: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in wrong.iter().map(|d| d.span.start) {
        if let Some(start) = starts.range(..=at).next_back() {
            out.entry(*start).or_default().push(at);
        }
    }
    out
}

/// Whether a table says itself what the columns are called that it gives.
pub fn names_columns(table: Option<&Declared>) -> bool {
    let own = table.and_then(|table| table.get_ref().as_table());
    own.is_some_and(|own| {
        own.get("fields").is_some_and(|fields| fields.get_ref().is_table()) && !own.contains_key("sheet")
    })
}

/// The text from the beginning of a table on, up to the next header of a table that is not below it.
pub fn text_from(manifest: &Manifest, start: usize) -> &str {
    let text = manifest.text.get(start..).unwrap_or_default();
    let header = text.lines().next().unwrap_or_default().trim().trim_matches(['[', ']']);
    let next = text.match_indices("\n[").map(|(at, _)| at).find(|at| {
        let line = text.get(at + 1..).and_then(|t| t.lines().next()).unwrap_or_default();
        !line.trim_start_matches('[').starts_with(&format!("{header}."))
    });
    text.get(..next.unwrap_or(text.len())).unwrap_or(text)
}

/// Whether a problem may be an echo of a table that was left out: it is about columns, steps or facts that others give.
pub fn refers(code: &str) -> bool {
    let of_files = matches!(code, "T0312" | "T0313");
    !of_files
        && ["T0109", "T031", "T032", "T033", "T034", "T035", "T042", "T0446", "T05", "T0792"]
            .iter()
            .any(|c| code.starts_with(c))
}

//! Names that came with the data: of columns, and of the keys of objects. No step masks them, since a type is told of them
//! by every page, `show`, card and file of a release: what of them is personal data is refused before anything is built.
use super::declaration::{Declaration, Dictionaries};
use super::detectors::Finder;
use super::sought::Sought;
use crate::diag::Diagnostic;
use crate::digest::Digest;
use crate::manifest::sections::Privacy;
use crate::stage::{Check, Fault};
use crate::table::DataType;
use std::collections::BTreeSet;
use std::ops::Range;

/// How many columns are told one by one.
const TOLD: usize = 10;

/// Notes names in which something is found (`T0818`); a column that is said to be harmless is not looked at.
pub(super) fn check_names(check: &mut Check, d: &Declaration, sought: &Sought, files: &Dictionaries) {
    let Ok(finder) = sought.finder(&|digest| words(check, files, digest)) else { return };
    let privacy: Privacy = check.section(&["privacy"]);
    let harmless: BTreeSet<&str> = privacy.harmless.iter().map(|name| name.as_str()).collect();
    let mut bad = Vec::new();
    for (name, column) in check.columns.get("samples").into_iter().flatten() {
        if harmless.contains(name.as_str()) {
            continue;
        }
        if let Some(kind) = kind_in(&finder, name) {
            let message = format!("a column is called by what looks like personal data ({kind})");
            let help = "call it otherwise: fields = { my_column = \"its name in the files\" }";
            bad.push(problem(place(check, d, name), message).help(help));
        }
        let mut kinds = BTreeSet::new();
        keys(&finder, &column.ty, &mut kinds);
        if !kinds.is_empty() {
            let kinds = kinds.into_iter().collect::<Vec<_>>().join(", ");
            let message = format!("keys of the objects in `{name}` look like personal data ({kinds})");
            let help =
                "leave it out: `fields` names what is taken, also single values by their path (\"calls.minutes\")";
            bad.push(problem(place(check, d, name), message).help(help));
        }
    }
    let more = bad.len().saturating_sub(TOLD);
    bad.truncate(TOLD);
    if let Some(last) = bad.pop() {
        let last = if more > 0 { last.help(format!("so it is of {more} columns more")) } else { last };
        bad.push(last);
    }
    check.problems.extend(bad);
}

/// The text of a dictionary, by its digest.
fn words(check: &Check, files: &Dictionaries, digest: Digest) -> Result<Vec<u8>, Fault> {
    let of = files.values().find(|(_, own, _)| *own == digest);
    let (path, _, size) = of.ok_or_else(|| Fault::Bug("a dictionary is not known".into()))?;
    check.world.read(path, *size).map_err(|e| Fault::World(e.to_string()))
}

/// The type of what is found first in a name.
fn kind_in<'f>(finder: &'f Finder, name: &str) -> Option<&'f str> {
    let hit = finder.find(name).into_iter().next()?;
    Some(finder.name(&hit))
}

/// The types of what is found in the keys of a type, at any depth.
fn keys<'f>(finder: &'f Finder, ty: &DataType, out: &mut BTreeSet<&'f str>) {
    match ty {
        DataType::List(of) => keys(finder, of.data_type(), out),
        DataType::Struct(fields) => {
            for field in fields {
                out.extend(kind_in(finder, field.name()));
                keys(finder, field.data_type(), out);
            }
        }
        _ => {}
    }
}

/// Where `fields` names the column, else where the table stands.
fn place(check: &Check, d: &Declaration, name: &str) -> Range<usize> {
    let named = d.fields.iter().flatten().find(|field| field.as_str() == name);
    named.map_or(check.span.clone(), |field| field.span())
}

fn problem(span: Range<usize>, message: String) -> Diagnostic {
    Diagnostic::error("T0818", span, message).label("no step masks names, and every page tells them")
}

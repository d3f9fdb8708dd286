//! What the files of a source tell against what the manifest says of them, while it is checked.
use super::declaration::Collect;
use super::shown::Fields;
use crate::diag::Diagnostic;
use crate::formats::cut::members::ReadAt;
use crate::formats::doubt::{Doubt, LOOKED};
use crate::formats::packing::{head, inner_name, unread};
use crate::formats::reader::Reader;
use crate::formats::tar;
use crate::manifest::sections::SchemaSection;
use crate::stage::*;
use std::collections::{BTreeMap, BTreeSet};

/// So many files are looked at.
pub const FILES: usize = 64;

/// Tells each doubt once, with the files that it is about, at the key that is meant; of columns those that are taken, and
/// of columns of several types those that are kept as text for it.
pub fn tell(check: &mut Check, c: &Collect, reader: &Reader, (fields, mixed): (&Fields, &[String])) {
    if (c.format.unfit)(&c.options).is_some() {
        return; // keys that do not fit each other are told already
    }
    let source = c.source(check, &c.files.files, "units", (reader.cut)(&c.options), false);
    let files = (check.files)(&source);
    let schema: SchemaSection = check.section(&["schema"]);
    let silent = |column: &str| fields.iter().any(|(name, of)| of.0 == column && !schema.0.contains_key(name));
    let about = |doubt: &Doubt| match doubt.column.as_str() {
        "" => true,
        column if doubt.open => silent(column),
        column if doubt.mixed => mixed.iter().any(|own| own == column),
        column => fields.values().any(|of| of.0 == column),
    };
    let mut all: BTreeMap<Doubt, Vec<String>> = BTreeMap::new();
    for path in files.into_iter().take(FILES).filter(|path| !tar::is_archive(path)) {
        // a file that cannot be opened is told when it is read
        for doubt in of_file(check, c, &path, !mixed.is_empty()).unwrap_or_default().into_iter().filter(about) {
            all.entry(doubt).or_default().push(path.clone());
        }
    }
    let told: BTreeSet<String> = all.keys().filter(|d| d.mixed).map(|d| d.column.clone()).collect();
    for (doubt, files) in &all {
        tell_one(check, c, doubt, files);
    }
    for column in mixed.iter().filter(|column| !told.contains(*column)) {
        let doubt = Doubt::several(
            column,
            "holds values of several types, of one that no column has, or numbers that one type would round",
        );
        tell_one(check, c, &doubt, &[]);
    }
}

fn tell_one(check: &mut Check, c: &Collect, doubt: &Doubt, files: &[String]) {
    let declared = c.files.span_of(doubt.key);
    let fails = doubt.fails && !(doubt.key == "delimiter" && declared.is_some());
    let format = format!("{}.{}.format", check.path, c.by);
    let span = declared.or_else(|| check.manifest.span_of(&format)).unwrap_or(check.span.clone());
    let first = files.first().map_or(check.path.as_str(), String::as_str);
    let more = files.len().saturating_sub(1);
    let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
    let message = match doubt.column.as_str() {
        "" => format!("{first}{more} {}", doubt.say),
        column => format!("the column `{column}` of {first}{more} {}", doubt.say),
    };
    let problem = match fails {
        true => Diagnostic::error("T0361", span, message),
        false => Diagnostic::warning("T0362", span, message),
    };
    check.bad(problem.label(&doubt.help));
}

/// What speaks against a file; `several` asks for its columns of several types too, for which its records must be read.
fn of_file(check: &Check, c: &Collect, path: &str, several: bool) -> std::io::Result<Vec<Doubt>> {
    let packed = inner_name(path) != path;
    look(check, path, &|len, read| match unread(&read(0, 16.min(len)).unwrap_or_default()).filter(|_| !packed) {
        Some(packing) => {
            let help = "unpack it, or pack it as .gz or .zst; `exclude` leaves it out";
            vec![Doubt::fails("", format!("is packed by {packing}: so it is not read"), help)]
        }
        None if several => {
            [c.format.doubts, c.format.several].iter().flat_map(|of| of(&c.options, len, read)).collect()
        }
        None => (c.format.doubts)(&c.options, len, read),
    })
}

/// Looks at a file; of a packed one at its beginning.
pub fn look<T>(check: &Check, path: &str, of: &dyn Fn(u64, &ReadAt) -> T) -> std::io::Result<T> {
    let open = check.world.open(path)?;
    if inner_name(path) == path {
        let read = |at, len: u64| open.read(len.min(open.stat().size) as usize, at);
        return Ok(of(open.stat().size, &read));
    }
    let unpacked = |_, len: u64| head(path, Box::new(open.reader()?), len);
    Ok(of(LOOKED + 1, &unpacked))
}

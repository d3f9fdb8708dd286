//! What the files of a source tell against what the manifest says of them, while it is checked.
use super::declaration::Collect;
use crate::diag::Diagnostic;
use crate::formats::doubt::{Doubt, LOOKED};
use crate::formats::packing::{decompressor, inner_name};
use crate::formats::reader::Reader;
use crate::formats::tar;
use crate::stage::*;
use std::collections::BTreeMap;
use std::io::Read;

/// So many files are looked at.
const FILES: usize = 64;

/// Tells each doubt once, with the files that it is about, at the key that is meant.
pub fn tell(check: &mut Check, c: &Collect, reader: &Reader) {
    if (c.format.unfit)(&c.options).is_some() {
        return; // keys that do not fit each other are told already
    }
    let source = c.source(check, &c.files.files, "units", (reader.cut)(&c.options), false);
    let mut all: BTreeMap<Doubt, Vec<String>> = BTreeMap::new();
    for path in (check.files)(&source).into_iter().take(FILES).filter(|path| !tar::is_archive(path)) {
        // a file that cannot be opened is told when it is read
        for doubt in of_file(check, c, &path).unwrap_or_default() {
            all.entry(doubt).or_default().push(path.clone());
        }
    }
    for (doubt, files) in all {
        let declared = c.files.span_of(doubt.key);
        let fails = doubt.fails && !(doubt.key == "delimiter" && declared.is_some());
        let format = format!("{}.{}.format", check.path, c.by);
        let span = declared.or_else(|| check.manifest.span_of(&format)).unwrap_or(check.span.clone());
        let more = files.len() - 1;
        let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
        let message = format!("{}{more} {}", files.first().map_or("", String::as_str), doubt.say);
        let problem = match fails {
            true => Diagnostic::error("T0361", span, message),
            false => Diagnostic::warning("T0362", span, message),
        };
        check.bad(problem.label(doubt.help));
    }
}

fn of_file(check: &Check, c: &Collect, path: &str) -> std::io::Result<Vec<Doubt>> {
    let open = check.world.open(path)?;
    if inner_name(path) == path {
        let read = |at, len: u64| open.read(len.min(open.stat().size) as usize, at);
        return Ok((c.format.doubts)(&c.options, open.stat().size, &read));
    }
    let unpacked = |_, len: u64| {
        let mut head = Vec::new();
        decompressor(path, Box::new(open.reader()?)).take(len).read_to_end(&mut head)?;
        Ok(head)
    };
    Ok((c.format.doubts)(&c.options, LOOKED + 1, &unpacked))
}

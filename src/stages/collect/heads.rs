//! What the files of a source show at their beginning, while the manifest is checked.
use crate::formats::cut::members::ReadAt;
use crate::formats::infer::HEAD;
use crate::formats::packing::{decompressor, inner_name};
use crate::stage::{Check, Source};
use std::io::Read;

/// So many files are looked at; what only later files have is a finding when they are read.
const FILES: usize = 64;

/// What `of` finds in the first files; it is given the length of a file and what reads it. An error says why nothing can be
/// seen in any of them; what is wrong with one is told when it is read.
pub fn each<T>(
    check: &Check,
    source: &Source,
    of: &dyn Fn(u64, &ReadAt) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let (mut all, mut wrong) = (Vec::new(), None);
    for path in (check.files)(source).iter().take(FILES) {
        if inner_name(path).ends_with(".tar") || path.ends_with(".tgz") {
            return Err("in an archive they are not looked for".into());
        }
        match one(check, path, of) {
            Ok(found) => all.push(found),
            Err(say) => wrong = wrong.or(Some(format!("{path}: {say}"))),
        }
    }
    wrong.filter(|_| all.is_empty()).map_or(Ok(all), Err)
}

fn one<T>(check: &Check, path: &str, of: &dyn Fn(u64, &ReadAt) -> Result<T, String>) -> Result<T, String> {
    let open = check.world.open(path).map_err(|e| e.to_string())?;
    if inner_name(path) == path {
        let read = |at, len: u64| open.read(len.min(open.stat().size) as usize, at);
        return of(open.stat().size, &read);
    }
    let unpacked = |_, len: u64| {
        let mut head = Vec::new();
        decompressor(path, Box::new(open.reader()?)).take(len).read_to_end(&mut head)?;
        Ok(head)
    };
    of(HEAD + 1, &unpacked)
}

//! What the files of a source show at their beginning, while the manifest is checked.
use crate::formats::Cut;
use crate::formats::cut::members::ReadAt;
use crate::formats::infer::HEAD;
use crate::formats::packing::{head, inner_name};
use crate::formats::pointer;
use crate::stage::{Check, Source};
use std::io;

/// So many files are looked at; what only later files have is a finding when they are read.
const FILES: usize = 64;

/// Why nothing is seen, and what can be done about it.
#[derive(Debug, Clone)]
pub struct Unseen {
    pub say: String,
    pub help: &'static str,
}

impl Unseen {
    fn new(say: String, help: &'static str) -> Unseen {
        Unseen { say, help }
    }

    /// There is no file that could show anything; that is told where the files are named.
    pub fn absent() -> Unseen {
        Unseen::new("no file is there to show any".into(), "say in `files` which files there are")
    }

    /// There is nothing to be seen that is wrong.
    pub fn nothing(say: &str) -> Unseen {
        Unseen::new(say.into(), "name them: fields = { text = \"text\" }")
    }
}

/// What `of` finds in the first files; it is given the length of a file and what reads it. An error says why nothing can be
/// seen in any of them; what is wrong with one is told when it is read.
pub fn each<T>(
    check: &Check,
    source: &Source,
    of: &dyn Fn(u64, &ReadAt) -> Result<T, String>,
) -> Result<Vec<T>, Unseen> {
    Ok(each_named(check, source, of)?.into_iter().map(|(_, found)| found).collect())
}

/// The same with the name of each file.
pub fn each_named<T>(
    check: &Check,
    source: &Source,
    of: &dyn Fn(u64, &ReadAt) -> Result<T, String>,
) -> Result<Vec<(String, T)>, Unseen> {
    let (mut all, mut wrong) = (Vec::new(), None);
    for path in (check.files)(source).iter().take(FILES) {
        let reads_archives = matches!(&source.cut, Cut::Members(members) if members.archives);
        if !reads_archives && (inner_name(path).ends_with(".tar") || path.ends_with(".tgz")) {
            return Err(Unseen::nothing("in an archive they are not looked for"));
        }
        match one(check, path, of) {
            Ok(found) => all.push((path.clone(), found)),
            Err(e) => wrong = wrong.or(Some(Unseen { say: format!("{path}: {}", e.say), ..e })),
        }
    }
    wrong.filter(|_| all.is_empty()).map_or(Ok(all), Err)
}

fn one<T>(check: &Check, path: &str, of: &dyn Fn(u64, &ReadAt) -> Result<T, String>) -> Result<T, Unseen> {
    let anew = |e: io::Error| Unseen::new(e.to_string(), "get the file anew, or leave it out with `exclude`");
    let unfit =
        |say| Unseen::new(say, "say the `format` that the files have, mend them, or leave them out with `exclude`");
    let open = check.world.open(path).map_err(anew)?;
    let first = open.read(open.stat().size.min(pointer::LOOKED) as usize, 0).map_err(anew)?;
    if let Some(say) = pointer::told(&first) {
        return Err(Unseen::new(say.into(), "fetch the data, or leave the file out with `exclude`"));
    }
    if inner_name(path) == path {
        let read = |at, len: u64| open.read(len.min(open.stat().size) as usize, at);
        return of(open.stat().size, &read).map_err(unfit);
    }
    let damaged = |e: io::Error| match e.kind() {
        io::ErrorKind::UnexpectedEof => anew(io::Error::new(e.kind(), "the packed file breaks off")),
        _ => anew(io::Error::new(e.kind(), format!("the packed file is damaged, or none: {e}"))),
    };
    let head = open.reader().and_then(|reader| head(path, Box::new(reader), HEAD + 1)).map_err(damaged)?;
    let read = |_, len: u64| Ok(head.get(..len as usize).unwrap_or(&head).to_vec());
    of(HEAD + 1, &read).map_err(unfit)
}

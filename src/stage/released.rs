//! Releases that a manifest names, of other members of the workspace or of the project itself: their files.
use super::Check;
use crate::diag::Diagnostic;
use crate::manifest::values::At;
use crate::manifest::workspace::{check as check_name, mounted};
use crate::world::FETCHED;

/// The formats of a release that are read, the preferred first: its folder, the end of its files' names, how it is read.
const READ: [(&str, &str, &str); 4] = [
    ("jsonl", ".jsonl", "jsonl"),
    ("jsonl_zst", ".jsonl.zst", "jsonl"),
    ("parquet", ".parquet", "parquet"),
    ("csv", ".csv", "csv"),
];

impl Check<'_> {
    /// The files of a named release in a format that is read, and the format; `None`, with the problem noted, where there are none.
    pub fn released(&mut self, named: &At<String>) -> Option<(Vec<String>, &'static str)> {
        if let Some(problem) = check_name(named) {
            self.bad(problem);
            return None;
        }
        let name = mounted(named);
        let fetched = self.world.fetched();
        if let Some(lacking) = fetched.lacking(&name) {
            let (say, help) = (lacking.say.clone(), lacking.help.clone());
            let problem = Diagnostic::error("T0720", named.span(), format!("there is no release `{}`", named.get()));
            self.bad(problem.label(say).help(help));
            return None;
        }
        let paths = fetched.paths(&name);
        for (folder, end, format) in READ {
            let top = format!("{FETCHED}{name}/{folder}/");
            let own: Vec<String> = paths.iter().filter(|p| p.starts_with(&top) && p.ends_with(end)).cloned().collect();
            if !own.is_empty() {
                return Some((own, format));
            }
        }
        let message = format!("the release `{}` has no format that is read", named.get());
        let help = "formats = [\"jsonl\"], or jsonl_zst, parquet or csv, in its [release.NAME]";
        self.bad(Diagnostic::error("T0722", named.span(), message).label("no JSON Lines, Parquet or CSV").help(help));
        None
    }
}

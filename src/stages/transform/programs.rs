//! The program of a step: which file is run, which files of the project it is made of, and what of them a recipe holds.
use super::declaration::Declaration;
use super::python;
use crate::diag::Diagnostic;
use crate::digest::Digest;
use crate::manifest::values::At;
use crate::stage::*;
use crate::world::undotted;
use std::collections::BTreeMap;

/// Bytes of one of its files at most.
const FILE_MAX: u64 = 64 << 20;
/// Bytes of one answer at most: a partition's lines with room to spare.
const OUTPUT_MAX: u64 = 256 << 20;
const SECONDS: u64 = 60;
const MEMORY: u64 = 4 << 30;
/// How names of scripts end: an argument of such a name that is no file of the project is a slip.
const SCRIPTS: &[&str] = &[".py", ".sh", ".pl", ".rb", ".js", ".mjs", ".ts", ".R", ".jl", ".lua", ".php"];

/// A program with what a recipe and the engine need to know of it.
pub struct Found {
    pub program: Program,
    /// Digests of what the files say, by path.
    pub says: BTreeMap<String, String>,
    /// The files for the engine: path, digest, bytes.
    pub files: Vec<(String, Digest, u64)>,
    /// Fingerprints of the variables' values.
    pub env: BTreeMap<String, Option<String>>,
}

/// The program as it lies there now; `None` with the problem noted if something is missing.
pub fn find(check: &mut Check, d: &Declaration) -> Option<Found> {
    let before = check.problems.len();
    let first = d.run.first()?;
    let own = first.contains('/') && !first.starts_with('/');
    let mut files: Vec<At<String>> = d.files.clone();
    for (n, argument) in d.run.iter().enumerate() {
        let script = SCRIPTS.iter().any(|end| argument.ends_with(end)) && !argument.starts_with('-');
        let relative = !argument.starts_with('/');
        if (n == 0 && own) || (n > 0 && relative && (script || check.world.is_file(argument))) {
            files.push(argument.clone());
        }
    }
    if files.is_empty() && d.version.is_none() {
        let problem = Diagnostic::error("T0521", first.span(), "nothing tells what this program is");
        let help = "give `version` a text, and another one whenever the program gives other answers";
        check.bad(problem.label("no file of the project").help(help));
    }
    let found = if own { None } else { outside(check, first) };
    for name in &d.env {
        variable(check, name);
    }
    let mut of = Found { program: Program::default(), says: BTreeMap::new(), files: Vec::new(), env: BTreeMap::new() };
    for file in &files {
        of.file(check, file);
    }
    if check.problems.len() > before {
        return None;
    }
    for name in &d.env {
        let value = check.world.variable(name);
        let print = value.map(|v| Secret::derive("tamis transform variable", &v).fingerprint());
        of.env.insert(name.get().clone(), print);
    }
    let texts = |of: &[At<String>]| of.iter().map(|t| t.get().clone()).collect();
    let limits = Limits {
        seconds: d.time_max.as_ref().map_or(SECONDS, |t| t.get().0),
        memory: d.memory_max.as_ref().map_or(MEMORY, |m| m.get().0),
        output: OUTPUT_MAX,
    };
    let run: Vec<String> = texts(&d.run);
    of.program = Program { run, found, env: of.env.keys().cloned().collect(), limits, ..of.program };
    if of.program.found.is_some() {
        of.program.version = check.world.version(&of.program);
    }
    Some(of)
}

/// The file that is run where it is none of the project.
fn outside(check: &mut Check, name: &At<String>) -> Option<String> {
    let found = check.world.program_file(name);
    if found.is_none() {
        let message = format!("the program `{}` is not there", name.get());
        let label = if name.starts_with('/') { "no file that can be run" } else { "not in any folder of the PATH" };
        let help = "a program of the project is written with its folder: `steps/tag`, `./tag`";
        check.bad(Diagnostic::error("T0522", name.span(), message).label(label).help(help));
    }
    found
}

fn variable(check: &mut Check, name: &At<String>) {
    let good = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if name.is_empty() || !name.bytes().all(good) || name.starts_with(|c: char| c.is_ascii_digit()) {
        let problem = Diagnostic::error("T0523", name.span(), "this cannot name a variable of the environment");
        check.bad(
            problem.label("letters, digits and `_`").help("the name alone: its value is taken from where tamis runs"),
        );
    }
}

impl Found {
    /// One of its files, as it is now.
    fn file(&mut self, check: &mut Check, file: &At<String>) {
        let before = check.problems.len();
        check.file(file, "a file of the step");
        if check.problems.len() > before {
            return;
        }
        let path = undotted(file);
        let bytes = match check.world.read(&path, FILE_MAX) {
            Ok(bytes) => bytes,
            Err(e) => {
                let problem = Diagnostic::error("T0303", file.span(), "a file of the step cannot be read");
                return check.bad(problem.label(e.to_string()));
            }
        };
        let digest = Digest::of(&bytes);
        let says = if path.ends_with(".py") { Digest::of(&python::said(&bytes)) } else { digest };
        if self.program.files.insert(path.clone(), digest).is_none() {
            self.files.push((path.clone(), digest, bytes.len() as u64));
            self.says.insert(path, says.hex());
        }
    }
}

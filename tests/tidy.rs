//! The shape of the source as tests: layers, owners of crates, doors to the outside, sizes; and documents that must
//! agree with the code. The source is read as text. Each test lists all offenders, with file and line.
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Modules from the ground up: each imports from lower groups only, and two of one group never import each other.
const LAYERS: &[&[&str]] = &[
    &["digest", "diag", "sign"],
    &["model"],
    &["measure"],
    &["manifest", "world"],
    &["table"],
    &["formats"], // above tables: a reader gives columns, a writer is given them
    &["stage"],
    &["engine", "exec", "stages"],
    &["assemble"],
    &["project"],
    &["report"],
    &["review", "new", "audit"],
    &["serve"],
    &["cli"],
    &["main"],
];

/// (folder, what its files import from above, why they may).
const UPWARD: &[(&str, &str, &str)] = &[(
    "src/model/",
    "table",
    "says how each noun becomes a cell of a column; `table` knows no noun, so there is no circle",
)];

/// Outside crates with few owners: (name in code, files or folders that may name it).
const OWNERS: &[(&str, &[&str])] = &[
    ("clap", &["src/cli/"]),
    ("clap_complete", &["src/cli/completions.rs"]),
    ("clap_mangen", &["src/cli/completions.rs"]),
    ("anstream", &["src/cli/"]),
    ("indicatif", &["src/report/progress.rs"]),
    ("unicode_width", &["src/report/lang/"]),
    ("miette", &["src/report/diagnostic.rs"]),
    ("maud", &["src/report/html/"]),
    ("toml", &["src/manifest/"]),
    (
        "schemars",
        &[
            "src/manifest/",
            "src/model/",
            "src/stage/",
            "src/stages/",
            "src/assemble.rs",
            "src/report/",
            "src/cli/",
            "src/engine/",
            "src/audit/",
        ],
    ),
    ("petgraph", &["src/engine/graph.rs"]),
    ("rayon", &["src/exec/local.rs"]),
    ("blake3", &["src/digest.rs"]),
    ("strsim", &["src/diag.rs"]),
    ("spdx", &["src/model/license.rs", "src/model/license/"]),
    ("image", &["src/formats/image.rs", "src/formats/pixels.rs", "src/formats/small.rs", "src/formats/veil.rs"]),
    ("exif", &["src/formats/image.rs"]),
    ("parquet", &["src/formats/parquet/"]),
    ("arrow_ipc", &["src/formats/arrow/"]),
    ("flatbuffers", &["src/formats/arrow/"]),
    ("tar", &["src/formats/archive.rs", "src/formats/tar.rs", "src/formats/zip.rs", "src/formats/webdataset/write.rs"]),
    (
        "quick_xml",
        &[
            "src/formats/voc/",
            "src/formats/cvat/",
            "src/formats/xml.rs",
            "src/formats/html/embedded.rs",
            "src/formats/html/links.rs",
        ],
    ),
    ("html5ever", &["src/formats/html/tree.rs"]),
    ("chardetng", &["src/formats/html/decode.rs"]),
    ("flate2", &["src/formats/packing.rs", "src/formats/zip.rs", "src/formats/metadata.rs", "src/formats/warc/"]),
    ("zstd", &["src/formats/packing.rs", "src/formats/warc/body.rs"]),
    (
        "libm",
        &[
            "src/model/quads.rs",
            "src/measure/active.rs",
            "src/measure/anonymity/",
            "src/measure/association.rs",
            "src/measure/confident/",
            "src/measure/crowd/",
            "src/measure/exact.rs",
            "src/measure/fences.rs",
            "src/measure/learn/",
            "src/measure/pictures/",
            "src/measure/quotas.rs",
            "src/measure/scores/",
            "src/measure/shift.rs",
            "src/cli/pin/drift.rs",
        ],
    ),
    ("aho_corasick", &["src/stages/privacy/"]),
    ("regex_automata", &["src/stages/privacy/detectors/custom.rs"]),
    ("tokenizers", &["src/measure/tokenizer.rs"]),
    ("rusqlite", &["src/formats/sqlite/database.rs"]),
    ("httparse", &["src/serve/http.rs"]),
    ("encoding_rs", &["src/formats/encoding.rs", "src/formats/html/decode.rs"]),
    ("unicode_segmentation", &["src/measure/words.rs"]),
    ("unicode_normalization", &["src/measure/names.rs", "src/measure/normalise.rs"]),
    ("whatlang", &["src/measure/quality/"]),
    ("ureq", &["src/world/net.rs", "src/world/remote/wire.rs"]),
    ("object_store", &["src/world/remote/"]),
    ("tokio", &["src/world/remote/s3.rs"]),
    ("globset", &["src/engine/scan/find.rs", "src/stage/declare.rs"]),
    ("walkdir", &["src/world/"]),
    ("rustix", &["src/world/"]),
    ("notify", &["src/engine/watch.rs"]),
    ("signal_hook", &["src/cli/interrupt.rs"]),
    ("mimalloc", &["src/main.rs"]),
    ("sha1", &["src/digest.rs"]),
    ("sha2", &["src/digest.rs"]),
    ("minisign", &["src/sign.rs"]),
    ("simdutf8", &["src/table/codec.rs", "src/formats/encoding.rs"]),
];

/// What leads out of the program: (path, files or folders that may use it).
const DOORS: &[(&str, &[&str])] = &[
    ("std::fs", &["src/world/"]),
    // the folder that a command is called in; whether the user wants colour; which file this program is
    ("std::env", &["src/project.rs", "src/cli/mod.rs", "src/world/"]),
    // connections from this machine alone, and those that `tamis update` makes
    ("std::net", &["src/serve/", "src/world/"]),
    ("std::process::Command", &["src/world/git.rs", "src/world/process.rs", "src/world/worker.rs"]),
    ("SystemTime", &["src/world/"]),
    // how long a progress bar waits before it shows; how long a program of the user's, a request, or a server may take
    ("Instant", &["src/report/progress.rs", "src/world/process.rs", "src/world/net.rs", "src/serve/"]),
];

/// What ends the program, or prints past the reports.
const ABRUPT: &[&str] = &[
    ".unwrap()",
    ".expect(",
    "panic!",
    "todo!",
    "unimplemented!",
    "unreachable!",
    "println!",
    "eprintln!",
    "print!",
    "eprint!",
    "dbg!",
];

/// Lines of a file without its tests.
const FILE_MAX: usize = 600;
const FUNCTION_MAX: usize = 70;
/// Folders in which no files import each other in a ring: such files are one file in several pieces.
const RINGLESS: &[&str] = &["src/audit/", "src/engine/", "src/formats/", "src/new/", "src/stages/"];
const README_MAX: usize = 100;

/// The two commands that set a fresh machine up, as README.md and `.ci/run` give them.
const COMMANDS: [&str; 2] = ["cargo run --quiet -- -C examples/ner build", "cargo test"];

// ---- the source as text ----------------------------------------------------------------------------------------------

/// A file of `src/`.
struct Source {
    /// Relative to the package, `/`-separated.
    path: String,
    text: String,
    /// The text without comments and literals; lines stay where they are.
    code: String,
    /// How many lines are not tests: tests stand at the end of a file.
    own: usize,
}

impl Source {
    fn new(path: String, text: String) -> Source {
        let code = blank(&text);
        let all = code.lines().count();
        let tests = code.lines().position(|l| l.trim_start().starts_with("#[cfg(test)]"));
        let own = if path.ends_with("_tests.rs") || path.ends_with("/testing.rs") { 0 } else { tests.unwrap_or(all) };
        Source { path, text, code, own }
    }

    /// Lines of code that are not tests, numbered from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code.lines().take(self.own).enumerate().map(|(i, l)| (i + 1, l))
    }

    /// The module that the file is: `src/engine/mod.rs` is `engine`, `src/engine/scan.rs` is `engine`, `scan`.
    fn module(&self) -> Vec<&str> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        path.split('/').filter(|p| *p != "mod").collect()
    }

    /// Modules of this crate that a line names, from the root, with the line's number.
    fn imports(&self) -> Vec<(usize, Vec<String>)> {
        let module = self.module();
        let mut out = Vec::new();
        for (n, line) in self.lines() {
            for path in paths(line, "crate::") {
                out.push((n, path));
            }
            for path in paths(line, "super::") {
                let ups = 1 + path.iter().take_while(|p| *p == "super").count();
                let base = module.iter().take(module.len().saturating_sub(ups)).map(|m| m.to_string());
                out.push((n, base.chain(path.into_iter().skip(ups - 1)).collect()));
            }
        }
        out
    }

    /// The modules and items that the file's `use` statements name, from the root, each brace opened.
    fn uses(&self) -> Vec<Vec<String>> {
        let own: Vec<&str> = self.lines().map(|l| l.1).collect();
        let mut out = Vec::new();
        for statement in own.join(" ").split(';') {
            let Some(at) = words(statement, "use ").next() else { continue };
            let tree: String = statement[at + 4..].chars().filter(|c| !c.is_whitespace()).collect();
            open_braces(&tree, "", &mut out);
        }
        out.into_iter().filter_map(|path| self.rooted(&path)).collect()
    }

    /// A path as it stands in the file, from the root of the crate; `None` if it is of another crate.
    fn rooted(&self, path: &str) -> Option<Vec<String>> {
        let segments: Vec<&str> = path.split("::").collect();
        let ups = segments.iter().take_while(|s| **s == "super").count();
        let module = self.module();
        let base: Vec<&str> = match *segments.first()? {
            "crate" => Vec::new(),
            "self" => module,
            "super" => module[..module.len().saturating_sub(ups)].to_vec(),
            _ => return None,
        };
        let rest = segments.iter().skip(ups.max(1));
        Some(base.into_iter().chain(rest.copied()).map(String::from).collect())
    }

    /// The modules that the file declares and names items of: what a list takes from its rooms.
    fn rooms(&self) -> Vec<Vec<String>> {
        let module = self.module();
        let declared = self.lines().filter_map(|(_, l)| l.trim().strip_suffix(';')?.split_once("mod ").map(|m| m.1));
        let named = declared.filter(|name| self.lines().any(|(_, l)| words(l, &format!("{name}::")).next().is_some()));
        named.map(|name| module.iter().copied().chain([name]).map(String::from).collect()).collect()
    }

    /// Whether a `use` or `mod` makes the name one of this crate's own modules.
    fn has_local(&self, name: &str) -> bool {
        let own: Vec<&str> = self.lines().map(|l| l.1).collect();
        let own = own.join("\n");
        own.split(';').any(|statement| {
            let local = ["crate::", "super::", "self::"].iter().any(|r| statement.contains(&format!("use {r}")));
            let module = statement.trim_end().ends_with(&format!("mod {name}"));
            module || (local && words(statement, name).next().is_some())
        })
    }
}

/// The paths of a tree of imports: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn open_braces(tree: &str, base: &str, out: &mut Vec<String>) {
    let (mut depth, mut start) = (0, 0);
    for (i, c) in tree.char_indices().chain([(tree.len(), ',')]) {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if c != ',' || depth > 0 {
            continue;
        }
        let one = &tree[start..i];
        start = i + 1;
        match one.split_once('{') {
            Some((path, inner)) => open_braces(inner.strip_suffix('}').unwrap_or(inner), &format!("{base}{path}"), out),
            None if !one.is_empty() => out.push(format!("{base}{one}")),
            None => {}
        }
    }
}

/// All of `src/`, in path order.
fn sources() -> Vec<Source> {
    let mut out = Vec::new();
    let mut folders = vec!["src".to_string()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path.ends_with(".rs") {
                let text = read(&path);
                out.push(Source::new(path, text));
            }
        }
    }
    assert!(out.len() > 40, "the source was not found");
    out.sort_by(|a, b| a.path.cmp(&b.path));
    out
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Fails with all offenders, one a line.
fn none(rule: &str, offenders: Vec<String>) {
    assert!(offenders.is_empty(), "{rule}:\n  {}\n", offenders.join("\n  "));
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where `word` stands in a line as a word of its own, or as the end of a path.
fn words<'a>(line: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let whole = move |i: &usize| {
        let before = line[..*i].chars().next_back();
        let after = line[i + word.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(|c| is_word(c) && word.ends_with(is_word))
    };
    line.match_indices(word).map(|m| m.0).filter(whole)
}

/// The segments of each path that begins with `start` (`crate::` or `super::`); a brace ends it as `{`.
fn paths(line: &str, start: &str) -> Vec<Vec<String>> {
    let mut out = Vec::new();
    for (i, _) in line.match_indices(start) {
        if line[..i].chars().next_back().is_some_and(|c| is_word(c) || c == ':' || c == '$') {
            continue;
        }
        let mut segments = Vec::new();
        for segment in line[i + start.len()..].split("::") {
            let name: String = segment.chars().take_while(|c| is_word(*c)).collect();
            let whole = name.len() == segment.len();
            segments.push(if name.is_empty() { segment.chars().take(1).collect() } else { name });
            if !whole {
                break;
            }
        }
        out.push(segments);
    }
    out
}

/// The text with comments and literals made blank. Newlines stay, so that lines keep their numbers.
fn blank(text: &str) -> String {
    let c: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < c.len() {
        match silent(&c, i) {
            Some(end) => {
                let end = end.clamp(i + 1, c.len());
                out.extend(c[i..end].iter().map(|x| if *x == '\n' { '\n' } else { ' ' }));
                i = end;
            }
            None => {
                out.push(c[i]);
                i += 1;
            }
        }
    }
    out
}

/// Where the comment or literal that begins at `i` ends, exclusive.
fn silent(c: &[char], i: usize) -> Option<usize> {
    let find = |from: usize, what: &[char]| -> usize {
        let rest = c.get(from..).unwrap_or_default();
        rest.windows(what.len()).position(|w| w == what).map_or(c.len(), |p| from + p + what.len())
    };
    match (c[i], c.get(i + 1).copied()) {
        ('/', Some('/')) => Some(find(i, &['\n']) - usize::from(c[i..].contains(&'\n'))),
        ('/', Some('*')) => Some(find(i + 2, &['*', '/'])),
        ('"', _) => Some(text_end(c, i + 1)),
        ('b', Some('r')) if starts_word(c, i) => raw_end(c, i + 1),
        ('r', _) if starts_word(c, i) => raw_end(c, i),
        ('\'', Some('\\')) => Some(find(i + 3, &['\''])),
        ('\'', Some(_)) if c.get(i + 2) == Some(&'\'') => Some(i + 3),
        _ => None,
    }
}

fn starts_word(c: &[char], i: usize) -> bool {
    i == 0 || !c.get(i - 1).copied().is_some_and(is_word)
}

/// The end of a string whose first character stands at `i`.
fn text_end(c: &[char], mut i: usize) -> usize {
    while let Some(x) = c.get(i) {
        match x {
            '"' => return i + 1,
            '\\' => i += 2,
            _ => i += 1,
        }
    }
    c.len()
}

/// The end of a raw string whose `r` stands at `i`, if there is one.
fn raw_end(c: &[char], i: usize) -> Option<usize> {
    let marks = c[i + 1..].iter().take_while(|x| **x == '#').count();
    let first = i + 1 + marks;
    if c.get(first) != Some(&'"') {
        return None;
    }
    let mut end = vec!['"'];
    end.resize(1 + marks, '#');
    let rest = &c[first + 1..];
    Some(rest.windows(end.len()).position(|w| w == end).map_or(c.len(), |p| first + 1 + p + end.len()))
}

/// (first line, name, lines) of each function with a body.
fn functions(code: &str) -> Vec<(usize, String, usize)> {
    let mut out = Vec::new();
    for i in words(code, "fn ") {
        let name: String = code[i + 3..].chars().take_while(|c| is_word(*c)).collect();
        let Some(open) = body(code, i).filter(|_| !name.is_empty()) else { continue };
        let mut depth = 0usize;
        let close = code[open..].char_indices().find(|(_, c)| {
            match *c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let end = close.map_or(code.len(), |(p, _)| open + p);
        let lines = |part: &str| part.matches('\n').count() + 1;
        out.push((lines(&code[..i]), name, lines(&code[i..end])));
    }
    out
}

/// Where the body of the function at `from` opens; `None` if it has none.
fn body(code: &str, from: usize) -> Option<usize> {
    let mut depth = 0i32;
    for (p, c) in code[from..].char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ';' if depth == 0 => return None,
            '{' if depth == 0 => return Some(from + p),
            _ => {}
        }
    }
    None
}

// ---- shape -----------------------------------------------------------------------------------------------------------

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|l| l.contains(&module))
}

#[test]
fn imports_go_down_only() {
    let mut offenders = Vec::new();
    for s in sources().iter().filter(|s| s.path != "src/lib.rs") {
        let module = s.module();
        let own = module.first().copied().unwrap_or_default();
        let Some(from) = layer(own) else {
            offenders.push(format!("{}: the module `{own}` is in no layer", s.path));
            continue;
        };
        for (n, path) in s.imports() {
            let to = path.first().map(String::as_str).unwrap_or_default();
            let allowed = UPWARD.iter().any(|(of, what, _)| s.path.starts_with(of) && *what == to);
            match layer(to) {
                _ if to == own || allowed => {}
                None => {
                    offenders.push(format!("{}:{n}: `{}` is in no layer; one `use` a module", s.path, path.join("::")))
                }
                Some(l) if l >= from => {
                    offenders.push(format!("{}:{n}: `{own}` imports `{to}`, which is not below it", s.path))
                }
                Some(_) => {}
            }
        }
    }
    none("imports go down only", offenders);
}

/// Which of these files each file imports from, as indices.
fn edges(files: &[&Source]) -> Vec<BTreeSet<usize>> {
    let at = |path: &str| files.iter().position(|s| s.path == path);
    let file_of = |path: &[String]| {
        let candidates = (1..=path.len()).rev().flat_map(|n| {
            let joined = path[..n].join("/");
            [format!("src/{joined}.rs"), format!("src/{joined}/mod.rs")]
        });
        candidates.into_iter().find(|p| root().join(p).is_file()).and_then(|p| at(&p))
    };
    let of = |(i, s): (usize, &&Source)| {
        let inline = s.imports().into_iter().map(|(_, path)| path).chain(s.rooms());
        let all = s.uses().into_iter().chain(inline).filter(|p| p.last().is_none_or(|l| l != "{"));
        all.filter_map(|path| file_of(&path)).filter(|to| *to != i).collect()
    };
    files.iter().enumerate().map(of).collect()
}

/// All that can be reached from a file.
fn reached(edges: &[BTreeSet<usize>], from: usize) -> BTreeSet<usize> {
    let (mut out, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(i) = open.pop() {
        open.extend(edges[i].iter().filter(|to| out.insert(**to)));
    }
    out
}

#[test]
fn no_files_import_each_other_in_a_ring() {
    let all = sources();
    let files: Vec<&Source> = all.iter().filter(|s| RINGLESS.iter().any(|f| s.path.starts_with(f))).collect();
    let edges = edges(&files);
    let reach: Vec<BTreeSet<usize>> = (0..files.len()).map(|i| reached(&edges, i)).collect();
    let rings: BTreeSet<Vec<&str>> = (0..files.len())
        .filter(|i| reach[*i].contains(i))
        .map(|i| reach[i].iter().filter(|j| reach[**j].contains(&i)).map(|j| files[*j].path.as_str()).collect())
        .collect();
    none("no ring of files", rings.into_iter().map(|ring| ring.join(" ")).collect());
}

#[test]
fn no_stage_imports_another() {
    let mut offenders = Vec::new();
    for s in sources().iter().filter(|s| s.path.starts_with("src/stages/")) {
        let module = s.module();
        let Some(own) = module.get(1) else { continue }; // the registry names them all
        for (n, path) in s.imports() {
            if path.first().is_none_or(|p| p != "stages") || path.get(1).is_some_and(|p| p == own) {
                continue;
            }
            offenders.push(format!("{}:{n}: imports `{}`", s.path, path.join("::")));
        }
    }
    none("no stage imports a sibling; what it needs is a column or a fact", offenders);
}

#[test]
fn outside_crates_have_owners() {
    let mut offenders = Vec::new();
    for s in sources() {
        for (name, owners) in OWNERS {
            if owners.iter().any(|o| s.path.starts_with(o)) {
                continue;
            }
            let local = s.has_local(name);
            for (n, line) in s.lines() {
                let imported = line.trim_start().trim_start_matches("pub ").starts_with(&format!("use {name}::"));
                let inline = words(line, &format!("{name}::")).any(|i| !line[..i].ends_with(':'));
                if imported || (inline && !local) {
                    offenders.push(format!("{}:{n}: names `{name}`, which belongs to {}", s.path, owners.join(", ")));
                }
            }
        }
    }
    none("each big outside crate has its owner", offenders);
}

/// What maud escapes by itself is written past it only where tamis made it: the page's style and script, blocks, cards.
const PAST: [&str; 2] = ["src/report/html/page.rs", "src/report/html/live.rs"];

#[test]
fn pages_escape_what_they_are_given() {
    let mut offenders = Vec::new();
    for s in sources().iter().filter(|s| s.path.starts_with("src/report/html/") && !PAST.contains(&s.path.as_str())) {
        let found = s.lines().filter(|(_, line)| line.contains("PreEscaped"));
        offenders.extend(found.map(|(n, _)| format!("{}:{n}: PreEscaped", s.path)));
    }
    none("only page.rs and live.rs write text as it is", offenders);
}

#[test]
fn the_world_has_one_door() {
    let mut offenders = Vec::new();
    for s in sources() {
        for (n, line) in s.lines() {
            let closed = DOORS.iter().filter(|d| !d.1.iter().any(|o| s.path.starts_with(o)));
            for (what, _) in closed.filter(|d| words(line, d.0).next().is_some()) {
                offenders.push(format!("{}:{n}: uses {what}", s.path));
            }
            if line.contains("std::{") {
                offenders.push(format!("{}:{n}: one `use` a module of std, so that doors can be seen", s.path));
            }
        }
    }
    none("files, environment, network, processes and clocks go through `world`", offenders);
}

#[test]
fn nothing_ends_or_prints_abruptly() {
    let mut offenders = Vec::new();
    for s in sources() {
        for (n, line) in s.lines() {
            let found = ABRUPT.iter().filter(|what| {
                let own = |i: usize| what.starts_with('.') || !line[..i].chars().next_back().is_some_and(is_word);
                line.match_indices(**what).any(|m| own(m.0))
            });
            offenders.extend(found.map(|what| format!("{}:{n}: {what}", s.path)));
        }
    }
    none("no panic on data, no output past the reports", offenders);
}

#[test]
fn files_and_functions_are_short() {
    let mut offenders = Vec::new();
    for s in sources() {
        let lines = s.own;
        if lines > FILE_MAX {
            offenders.push(format!("{}:{FILE_MAX}: {lines} lines", s.path));
        }
        let long = functions(&s.code).into_iter().filter(|f| f.2 > FUNCTION_MAX);
        offenders.extend(long.map(|(n, name, lines)| format!("{}:{n}: `{name}` has {lines} lines", s.path)));
    }
    none(&format!("files of at most {FILE_MAX} lines, functions of at most {FUNCTION_MAX}"), offenders);
}

#[test]
fn every_file_says_what_it_is() {
    let mute = |s: &Source| {
        let first = s.text.lines().next().unwrap_or_default();
        first.strip_prefix("//!").is_none_or(|say| say.trim().len() < 4)
    };
    let offenders = sources().iter().filter(|s| mute(s)).map(|s| format!("{}:1", s.path)).collect();
    none("every file begins with `//!` and a sentence", offenders);
}

// ---- agreement -------------------------------------------------------------------------------------------------------

/// (file, line, token) of each `USES: ... = &["parquet 60", ...]` of a stage and `uses: &[...]` of a format.
fn tokens() -> Vec<(String, usize, String)> {
    let mut out = Vec::new();
    for s in sources() {
        let own: String = s.text.lines().take(s.own).map(|l| format!("{l}\n")).collect();
        let starts = ["const USES: &'static [&'static str] = &", " uses: &"];
        for (i, start) in starts.iter().flat_map(|start| own.match_indices(*start)) {
            let list = own[i + start.len()..].split(['[', ']', ';']).nth(1).unwrap_or_default();
            let line = own[..i].matches('\n').count() + 1;
            out.extend(list.split('"').skip(1).step_by(2).map(|t| (s.path.clone(), line, t.to_string())));
        }
    }
    out
}

/// Versions in Cargo.lock of a crate.
fn locked(lock: &str, name: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut lines = lock.lines();
    while let Some(line) = lines.next() {
        if line == format!("name = \"{name}\"") {
            let version = lines.next().and_then(|v| v.strip_prefix("version = \"")?.strip_suffix('"'));
            out.extend(version.map(String::from));
        }
    }
    out
}

#[test]
fn cards_use_what_is_locked() {
    let lock = read("Cargo.lock");
    let all = tokens();
    assert!(!all.is_empty(), "no card names what it uses");
    let mut offenders = Vec::new();
    for (file, n, token) in all {
        let (name, version) = token.split_once(' ').unwrap_or((token.as_str(), ""));
        let have = match name {
            "unicode" => {
                let (major, minor, patch) = unicode_normalization::UNICODE_VERSION;
                vec![format!("{major}.{minor}.{patch}")]
            }
            "unicode-std" => {
                let (major, minor, patch) = char::UNICODE_VERSION;
                vec![format!("{major}.{minor}.{patch}")]
            }
            _ => locked(&lock, name),
        };
        let fits = |v: &String| v == version || v.starts_with(&format!("{version}."));
        if version.is_empty() || !have.iter().any(fits) {
            offenders.push(format!("{file}:{n}: says `{token}`, there is {}", have.join(", ")));
        }
    }
    none("a card's `uses` are the versions that are built in", offenders);
}

#[test]
fn the_readme_is_short_and_sets_up_in_two_commands() {
    let text = read("README.md");
    let lines = text.lines().count();
    assert!(lines <= README_MAX, "README.md:{README_MAX}: {lines} lines");
    let block: Vec<&str> = text.lines().skip_while(|l| *l != "```sh").skip(1).take_while(|l| *l != "```").collect();
    assert_eq!(block, COMMANDS, "README.md: the first block of commands");
}

#[test]
fn the_reference_is_what_the_schema_says() {
    let schema = tamis::assemble::schema(&tamis::stages::registry());
    let made = tamis::report::reference::markdown(&schema);
    let there = read("spec/manifest.md");
    let same = there.lines().zip(made.lines()).take_while(|(a, b)| a == b).count();
    let remedy = "cargo run --quiet -- schema --markdown > spec/manifest.md";
    assert!(there == made, "spec/manifest.md:{}: differs from the code; write it again:\n  {remedy}\n", same + 1);
}

// ---- the reading itself ----------------------------------------------------------------------------------------------

#[test]
fn comments_and_literals_are_not_code() {
    let text = "a // b\n\"c\\\"d\" 'e' '\\'' r#\"f\"g\"# br\"h\" 'i str /* j\nk */ l";
    let code = blank(text);
    assert_eq!(code.split_whitespace().collect::<Vec<_>>(), ["a", "'i", "str", "l"]);
    assert_eq!(code.lines().count(), text.lines().count());
}

#[test]
fn functions_are_measured_to_their_last_brace() {
    let code = "fn a(x: [u8; 2]) -> u8 {\n  { }\n}\ntrait T {\n  fn b(&self);\n  fn c() { }\n}\nlet f: fn (u8);\n";
    assert_eq!(functions(code), [(1, "a".to_string(), 3), (6, "c".to_string(), 1)]);
}

#[test]
fn braces_of_imports_are_opened() {
    let s = Source::new(
        "src/engine/walk/row.rs".into(),
        "use super::turn::{Given, Turn};\nuse crate::{digest::Digest,\n  table::{self, x::Y}};\nuse std::io;\n".into(),
    );
    let got: Vec<String> = s.uses().into_iter().map(|p| p.join("::")).collect();
    assert_eq!(
        got,
        ["engine::walk::turn::Given", "engine::walk::turn::Turn", "digest::Digest", "table::self", "table::x::Y"]
    );
}

#[test]
fn imports_are_resolved_from_the_root() {
    let s = Source::new(
        "src/engine/scan.rs".into(),
        "use super::files::Files;\nuse crate::table::{self, x};\nsuper::super::world::W;\n".into(),
    );
    let got: Vec<(usize, String)> = s.imports().into_iter().map(|(n, p)| (n, p.join("::"))).collect();
    let want = [(1, "engine::files::Files"), (2, "table::{"), (3, "world::W")];
    assert_eq!(got, want.map(|(n, p)| (n, p.to_string())));
}

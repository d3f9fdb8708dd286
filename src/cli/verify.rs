//! `tamis verify DIR`: whether a release's files are what its own lists say. Needs no project, no store and no trust in
//! whoever made the folder.
use super::{Context, say};
use crate::digest::{BothSums, Digest};
use crate::formats::parquet;
use crate::project::Failure;
use crate::report::terminal::{number, plural};
use crate::world::{What, World};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    /// The folder of a release: out/NAME, or releases/NAME-VERSION
    folder: PathBuf,
}

/// The two lists of sums; they list every other file.
const SUMS: [&str; 2] = ["B3SUMS", "SHA256SUMS"];

pub fn run(_: &Context, args: &Args) -> Result<i32, Failure> {
    let folder = args.folder.display();
    let world = World::new(&args.folder);
    if !world.exists("release.json") {
        return Err(Failure::Usage(format!("{folder} is no release: there is no release.json in it")));
    }
    let page = Page::read(&world)?;
    let mut check = Check { world: &world, page: &page, wrong: Vec::new() };
    let (there, files_root) = check.sums()?;
    check.content();
    check.rows(&there)?;
    let disjoint = check.disjoint(&there)?;
    if !check.wrong.is_empty() {
        check.wrong.iter().for_each(|w| say(&format!("{w}\n")));
        let n = plural(check.wrong.len() as u64, "difference");
        return Err(Failure::Differs(format!("{folder} is not as it was released: {n}")));
    }
    let samples: u64 = page.splits.values().map(|s| s.rows).sum();
    let content = page.content_root.get(..8).unwrap_or_default();
    let files = plural((there.len() + SUMS.len()) as u64, "file");
    let roots = format!("content {content}, files {}", files_root.short());
    say(&format!("ok: {files}, {}, {roots}, {disjoint}\n", plural(samples, "sample")));
    Ok(0)
}

/// `release.json`, as far as it is checked.
#[derive(Deserialize)]
struct Page {
    formats: Vec<String>,
    splits: BTreeMap<String, Rows>,
    content: Vec<Line>,
    content_root: String,
}

#[derive(Deserialize)]
struct Rows {
    rows: u64,
}

#[derive(Deserialize)]
struct Line {
    split: String,
    column: String,
    digest: String,
}

impl Page {
    fn read(world: &World) -> Result<Page, Failure> {
        let bytes = world.read("release.json", 1 << 30).map_err(|e| failed("release.json", &e))?;
        serde_json::from_slice(&bytes).map_err(|e| Failure::Differs(format!("release.json does not read: {e}")))
    }
}

fn failed(path: &str, e: &io::Error) -> Failure {
    Failure::World(format!("{path}: {e}"))
}

/// Collects every difference instead of stopping at the first.
struct Check<'w> {
    world: &'w World,
    page: &'w Page,
    wrong: Vec<String>,
}

impl Check<'_> {
    /// Compares every file with both lists; gives the files apart from the lists, and the files root.
    fn sums(&mut self) -> Result<(BTreeSet<String>, Digest), Failure> {
        let [b3, sha] = SUMS;
        let (b3_text, sha_text) = (self.list(b3)?, self.list(sha)?);
        let (b3_sums, sha_sums) = (self.parse(b3, &b3_text), self.parse(sha, &sha_text));
        let there = self.there()?;
        for path in &there {
            let want = (b3_sums.get(path), sha_sums.get(path));
            if want == (None, None) {
                self.wrong.push(format!("extra: {path}"));
                continue;
            }
            let (b3_got, sha_got) = hashes(self.world, path).map_err(|e| failed(path, &e))?;
            for (list, want, got) in [(b3, want.0, b3_got), (sha, want.1, sha_got)] {
                match want {
                    None => self.wrong.push(format!("not in {list}: {path}")),
                    Some(w) if *w != got => self.wrong.push(format!("different: {path} ({list})")),
                    Some(_) => {}
                }
            }
        }
        let listed: BTreeSet<&String> = b3_sums.keys().chain(sha_sums.keys()).collect();
        self.wrong.extend(listed.into_iter().filter(|p| !there.contains(*p)).map(|p| format!("missing: {p}")));
        Ok((there, Digest::of(&b3_text)))
    }

    fn list(&mut self, name: &str) -> Result<Vec<u8>, Failure> {
        match self.world.read(name, 1 << 30) {
            Ok(bytes) => Ok(bytes),
            Err(e) if e.kind() == ErrorKind::NotFound => {
                self.wrong.push(format!("missing: {name}"));
                Ok(Vec::new())
            }
            Err(e) => Err(failed(name, &e)),
        }
    }

    /// `HEX  PATH` lines, by path.
    fn parse(&mut self, name: &str, text: &[u8]) -> BTreeMap<String, String> {
        let mut out = BTreeMap::new();
        for (n, line) in String::from_utf8_lossy(text).lines().enumerate() {
            match line.split_once("  ") {
                Some((hex, path)) => drop(out.insert(path.to_string(), hex.to_string())),
                None => self.wrong.push(format!("{name}:{}: not a sum and a path", n + 1)),
            }
        }
        out
    }

    /// The files of the folder, without the lists of sums.
    fn there(&mut self) -> Result<BTreeSet<String>, Failure> {
        let mut out = BTreeSet::new();
        for found in self.world.list("").map_err(|e| failed("the folder", &e))? {
            match found.what {
                What::File(_) if SUMS.contains(&found.path.as_str()) => {}
                What::File(_) => drop(out.insert(found.path)),
                What::Odd(_, say) => self.wrong.push(format!("odd: {}: {say}", found.path)),
            }
        }
        Ok(out)
    }

    /// The content root is the digest of release.json's own lines.
    fn content(&mut self) {
        let line = |l: &Line| format!("{} {} {}\n", l.split, l.column, l.digest);
        let lines: String = self.page.content.iter().map(line).collect();
        let root = Digest::of(lines.as_bytes()).hex();
        if root != self.page.content_root {
            let want = self.page.content_root.get(..8).unwrap_or_default();
            self.wrong.push(format!(
                "content root: release.json says {want}, its lines give {}",
                root.get(..8).unwrap_or_default()
            ));
        }
    }

    /// Each format holds as many samples of each split as release.json says.
    fn rows(&mut self, there: &BTreeSet<String>) -> Result<(), Failure> {
        let mut got: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for path in there {
            let Some((format, split)) = data(path) else { continue };
            let n = match self.count(format, path)? {
                Ok(n) => n,
                Err(say) => {
                    self.wrong.push(format!("{path}: {say}"));
                    continue;
                }
            };
            *got.entry((format, split)).or_default() += n;
        }
        let page = self.page;
        let counted = page.formats.iter().map(String::as_str).filter(|f| COUNTED.contains(f));
        let pairs = counted.flat_map(|f| page.splits.keys().map(move |s| (f, s.as_str())));
        let wanted: BTreeSet<(&str, &str)> = pairs.chain(got.keys().copied()).collect();
        for (format, split) in wanted {
            let want = page.splits.get(split).map_or(0, |s| s.rows);
            let n = got.get(&(format, split)).copied().unwrap_or(0);
            if n != want {
                let (n, want) = (number(n), number(want));
                self.wrong.push(format!("{format} has {n} samples of `{split}`, release.json says {want}"));
            }
        }
        Ok(())
    }

    /// The samples of a file, or what keeps it from being counted.
    fn count(&self, format: &str, path: &str) -> Result<Result<u64, String>, Failure> {
        if format == "parquet" {
            let bytes = self.world.read(path, u64::MAX).map_err(|e| failed(path, &e))?;
            return Ok(parquet::rows(&bytes));
        }
        let mut n = 0;
        let own = |line: &[u8]| if format == "conll" { conll_id(line).is_some() } else { !line.is_empty() };
        each_line(self.world, path, &mut |line| n += u64::from(own(line))).map_err(|e| failed(path, &e))?;
        Ok(Ok(n))
    }

    /// No sample is in two splits, and none twice; says so, or why it cannot be told.
    fn disjoint(&mut self, there: &BTreeSet<String>) -> Result<&'static str, Failure> {
        let of = |f: &'static str| there.iter().filter_map(move |p| Some((p, data(p)?))).filter(move |(_, d)| d.0 == f);
        let formats = ["parquet", "jsonl", "image_folder", "conll"];
        let mut readable = formats.into_iter().map(|f| (f, of(f).collect::<Vec<_>>()));
        let Some((format, files)) = readable.find(|(_, files)| !files.is_empty()) else {
            return Ok("splits not compared (no file holds the ids)");
        };
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        let mut without = 0u64;
        for (path, (_, split)) in files {
            let wrong = &mut self.wrong;
            let mut tell = |id: Option<String>| {
                let Some(id) = id else {
                    without += 1;
                    return;
                };
                match seen.get(&id) {
                    Some(other) if *other == split => wrong.push(format!("{id} is twice in `{split}`")),
                    Some(other) => wrong.push(format!("{id} is in `{other}` and in `{split}`")),
                    None => drop(seen.insert(id, split)),
                }
            };
            let read = match format {
                "parquet" => {
                    let bytes = self.world.read(path, u64::MAX).map_err(|e| failed(path, &e))?;
                    let found = parquet::each_text(bytes, "id", &mut |id| tell(id.map(String::from)));
                    if found == Ok(false) {
                        tell(None);
                    }
                    Ok(()) // one that does not read was told when its rows were counted
                }
                "conll" => each_line(self.world, path, &mut |l| conll_id(l).into_iter().for_each(|id| tell(Some(id)))),
                _ => each_line(self.world, path, &mut |l| {
                    if !l.is_empty() {
                        tell(json_id(l));
                    }
                }),
            };
            read.map_err(|e| failed(path, &e))?;
        }
        if without > 0 {
            return Ok("splits not compared (the ids are not among the released columns)");
        }
        Ok("splits disjoint")
    }
}

/// The formats whose samples can be counted.
const COUNTED: [&str; 4] = ["parquet", "jsonl", "conll", "image_folder"];

/// The format and the split of a data file, by its path.
fn data(path: &str) -> Option<(&'static str, &str)> {
    let (folder, name) = path.split_once('/')?;
    let numbered = |suffix: &str| name.strip_suffix(suffix)?.rsplit_once('-').map(|(split, _)| split);
    match folder {
        "parquet" => numbered(".parquet").map(|s| ("parquet", s)),
        "jsonl" => numbered(".jsonl").map(|s| ("jsonl", s)),
        "conll" => name.strip_suffix(".conll").map(|s| ("conll", s)),
        "images" => name.strip_suffix("/metadata.jsonl").map(|s| ("image_folder", s)),
        _ => None,
    }
}

/// BLAKE3 and SHA-256 of a file in one pass, in hex digits.
fn hashes(world: &World, path: &str) -> io::Result<(String, String)> {
    let mut input = world.open(path)?.reader()?;
    let mut both = BothSums::new();
    let mut block = vec![0; 1 << 20];
    loop {
        match input.read(&mut block) {
            Ok(0) => break,
            Ok(n) => both.update(block.get(..n).unwrap_or_default()),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    let (b3, sha) = both.finish();
    Ok((b3.hex(), sha))
}

/// Hands over each line of a file, without its end.
fn each_line(world: &World, path: &str, tell: &mut dyn FnMut(&[u8])) -> io::Result<()> {
    let mut input = BufReader::with_capacity(1 << 20, world.open(path)?.reader()?);
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        tell(line.strip_suffix(b"\n").unwrap_or(&line));
        line.clear();
    }
    Ok(())
}

/// The id of a released CoNLL sentence; a line of a token has a TAB.
fn conll_id(line: &[u8]) -> Option<String> {
    let id = line.strip_prefix(b"# id = ").filter(|id| !id.contains(&b'\t'))?;
    Some(String::from_utf8_lossy(id).into_owned())
}

fn json_id(line: &[u8]) -> Option<String> {
    let row: serde_json::Value = serde_json::from_slice(line).ok()?;
    Some(row.get("id")?.as_str()?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_files_by_their_paths() {
        assert_eq!(data("parquet/train-2-00000.parquet"), Some(("parquet", "train-2")));
        assert_eq!(data("jsonl/test-00000.jsonl"), Some(("jsonl", "test")));
        assert_eq!(data("conll/test.conll"), Some(("conll", "test")));
        assert_eq!(data("images/train/metadata.jsonl"), Some(("image_folder", "train")));
        assert_eq!(data("images/train/a.png"), None);
        assert_eq!(data("README.md"), None);
    }

    #[test]
    fn ids_in_lines() {
        assert_eq!(conll_id(b"# id = a#1"), Some("a#1".into()));
        assert_eq!(conll_id(b"# id = a\tO"), None);
        assert_eq!(json_id(br#"{"id": "x", "text": ""}"#), Some("x".into()));
        assert_eq!(json_id(b"{}"), None);
    }

    /// A small release, and what is said of it.
    fn verified(change: impl Fn(&World)) -> Result<i32, Failure> {
        let folder = tempfile::tempdir().map_err(|e| Failure::World(e.to_string()))?;
        let world = World::new(folder.path());
        let put = |path: &str, text: &str| world.replace(path, text.as_bytes()).map_err(|e| failed(path, &e));
        let jsonl = "{\"id\":\"a\"}\n";
        let lines = format!("train id {}\n", Digest::default());
        let page = serde_json::json!({
            "formats": ["jsonl"],
            "splits": { "train": { "rows": 1 } },
            "content": [{ "split": "train", "column": "id", "digest": Digest::default().hex() }],
            "content_root": Digest::of(lines.as_bytes()).hex(),
        })
        .to_string();
        put("jsonl/train-00000.jsonl", jsonl)?;
        put("release.json", &page)?;
        let (mut b3, mut sha) = (String::new(), String::new());
        for path in ["jsonl/train-00000.jsonl", "release.json"] {
            let (a, b) = hashes(&world, path).map_err(|e| failed(path, &e))?;
            b3.push_str(&format!("{a}  {path}\n"));
            sha.push_str(&format!("{b}  {path}\n"));
        }
        put("B3SUMS", &b3)?;
        put("SHA256SUMS", &sha)?;
        change(&world);
        run(&Context { dir: None, quiet: false }, &Args { folder: folder.path().to_path_buf() })
    }

    #[test]
    fn a_release_that_was_changed_is_told() {
        assert_eq!(verified(|_| {}).unwrap(), 0);
        let differs = |change: fn(&World)| matches!(verified(change), Err(Failure::Differs(_)));
        assert!(differs(|w| w.replace("jsonl/train-00000.jsonl", b"{\"id\":\"b\"}\n").unwrap()));
        assert!(differs(|w| w.replace("more.txt", b"").unwrap()));
        assert!(differs(|w| w.remove("SHA256SUMS").unwrap()));
        assert!(matches!(verified(|w| w.remove("release.json").unwrap()), Err(Failure::Usage(_))));
    }
}

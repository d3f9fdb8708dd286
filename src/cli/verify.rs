//! `tamis verify DIR`: whether a release's files are what its own lists say. Needs no project, no store and no trust in
//! whoever made the folder.
use super::{Context, say};
use crate::digest::{BothSums, Digest};
use crate::formats::FORMATS;
use crate::formats::writer::{Writer, split_of};
use crate::project::Failure;
use crate::report::terminal::{number, plural};
use crate::world::{What, World};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufReader, ErrorKind, Read};
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
    let disjoint = check.samples(&there)?;
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

    /// Each format holds as many samples of each split as release.json says; and in no format a sample is in two splits, or
    /// twice in one. Says whether the ids could be compared.
    fn samples(&mut self, there: &BTreeSet<String>) -> Result<&'static str, Failure> {
        let page = self.page;
        let (mut compared, mut held) = (false, false);
        for (format, writer) in written().filter(|(_, w)| w.samples.is_some()) {
            let mut got: BTreeMap<&str, u64> = page
                .splits
                .keys()
                .filter(|_| page.formats.iter().any(|f| f == format))
                .map(|s| (s.as_str(), 0))
                .collect();
            let mut seen: Option<BTreeMap<String, &str>> = (!compared).then(BTreeMap::new);
            let mut complete = true;
            for path in there {
                let Some(split) = split_of(writer.files, path) else { continue };
                held = true;
                let n = got.entry(split).or_default();
                complete &= self.each(writer, path, split, n, &mut seen)?;
            }
            compared |= complete && got.values().any(|n| *n > 0);
            for (split, n) in got {
                let want = page.splits.get(split).map_or(0, |s| s.rows);
                if n != want {
                    let (n, want) = (number(n), number(want));
                    self.wrong.push(format!("{format} has {n} samples of `{split}`, release.json says {want}"));
                }
            }
        }
        Ok(match (compared, held) {
            (true, _) => "splits disjoint",
            (_, true) => "splits not compared (the ids are not among the released columns)",
            (_, false) => "splits not compared (no file holds the ids)",
        })
    }

    /// Counts the samples of a file and, with `seen`, notes those that were met before; whether all of them have ids.
    fn each<'p>(
        &mut self,
        writer: &Writer,
        path: &str,
        split: &'p str,
        n: &mut u64,
        seen: &mut Option<BTreeMap<String, &'p str>>,
    ) -> Result<bool, Failure> {
        let Some(samples) = writer.samples else { return Ok(false) };
        let file = self.world.open(path).and_then(|open| open.reader()).map_err(|e| failed(path, &e))?;
        let mut complete = true;
        let mut wrong = Vec::new();
        let read = samples(&mut BufReader::with_capacity(1 << 20, file), &mut |id| {
            *n += 1;
            complete &= id.is_some();
            let (Some(id), Some(seen)) = (id, seen.as_mut()) else { return };
            match seen.get(id) {
                Some(other) if *other == split => wrong.push(format!("{id} is twice in `{split}`")),
                Some(other) => wrong.push(format!("{id} is in `{other}` and in `{split}`")),
                None => drop(seen.insert(id.to_string(), split)),
            }
        });
        self.wrong.extend(wrong);
        self.wrong.extend(read.err().map(|say| format!("{path}: {say}")));
        Ok(complete)
    }
}

/// The formats that a release may hold.
fn written() -> impl Iterator<Item = (&'static str, &'static Writer)> {
    FORMATS.iter().filter_map(|f| Some((f.name, f.writer.as_ref()?)))
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

#[cfg(test)]
mod tests {
    use super::*;

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

//! `tamis verify DIR`: whether a release's files are what its own lists say. Needs no project, no store and no trust in
//! whoever made the folder.
mod across;
mod answers;
pub mod audit;
mod documents;
pub mod signed;
mod values;

use super::page::{Line, Page, failed, written};
use super::{Context, say, say_as_is};
use crate::digest::{BothSums, Digest};
use crate::exec::local::Local;
use crate::formats::image;
use crate::formats::writer::{Writer, split_of};
use crate::project::Failure;
use crate::report::terminal::{number, plural};
use crate::report::{lang, shown};
use crate::stage::Executor;
use crate::stages::release::REPORT;
use crate::world::{What, World};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufReader, ErrorKind};
use std::path::PathBuf;
use std::sync::Mutex;

#[derive(clap::Args)]
pub struct Args {
    /// The folder of a release: out/NAME, or releases/NAME-VERSION; with -C, also as it is called within that folder. Or an
    /// archive of one: releases/NAME-VERSION.tar.zst; or the answers that one hides: hidden-answers/NAME
    folder: PathBuf,
    /// A public key of minisign (a file, or its line): the release must be signed by it
    #[arg(long, value_name = "PUB")]
    key: Option<String>,
    /// Look at the content too: labels, splits, documents, personal data; also of a folder that tamis did not make
    #[arg(long)]
    audit: bool,
    /// Compare the sums of all files alone, as fast as they can be read: what they hold is not looked at
    #[arg(long, conflicts_with = "audit")]
    sums: bool,
    /// With --audit: one JSON object
    #[arg(long, requires = "audit", conflicts_with = "sums")]
    json: bool,
}

/// The two lists of sums; they list every other file.
const SUMS: [&str; 2] = ["B3SUMS", "SHA256SUMS"];

/// The longest picture that is looked at.
const PICTURE: u64 = 1 << 30;

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let within = c.dir.as_ref().map(|dir| dir.join(&args.folder)).filter(|path| path.exists());
    let path = within.as_ref().unwrap_or(&args.folder);
    let name = path.display().to_string();
    let unpacked = if path.is_file() { Some(signed::unpacked(path, &name)?) } else { None };
    let world = unpacked.as_ref().map_or_else(|| World::new(path), |scratch| scratch.world.clone());
    let release = world.exists("release.json");
    let answers = !release && world.exists(answers::KEY);
    if !args.audit && !release && !answers {
        return Err(Failure::Usage(format!(
            "{name} is no release: there is no release.json in it; --audit looks at any folder of data"
        )));
    }
    if !world.root().is_dir() {
        return Err(Failure::Usage(format!("{name} is no folder and no archive")));
    }
    let by = signed::check(&world, args.key.as_deref())?;
    if args.audit {
        let before = if release { Some([plain(&world, false)?.1, by.wrong].concat()) } else { None };
        return audit::run(&world, &name, before, args.json, c.quiet);
    }
    let (ok, mut wrong) = if answers { answers::plain(&world, args.sums)? } else { plain(&world, args.sums)? };
    wrong.extend(by.wrong);
    if !wrong.is_empty() {
        wrong.iter().for_each(|w| say_as_is(&format!("{}\n", shown::line(&lang::text(w)))));
        let n = plural(wrong.len() as u64, "difference");
        return Err(Failure::Differs(format!("{name} is not as it was released: {n}")));
    }
    say(&format!("{ok}{}\n", by.say));
    Ok(0)
}

/// Checks a release against its own lists: what is said if all is well, and what is not. With `sums` no file is read back.
fn plain(world: &World, sums: bool) -> Result<(String, Vec<String>), Failure> {
    let page = match Page::read(world) {
        Ok(page) => page,
        Err(Failure::Differs(say)) => return Ok((String::new(), vec![say])),
        Err(other) => return Err(other),
    };
    let (files, unread, wrong) = Default::default();
    let mut check = Check { world, page: &page, files, unread, wrong };
    let (there, files_root) = check.sums()?;
    check.content();
    check.formats(&there);
    let read = match sums {
        true => "sums alone: what the files hold was not read".to_string(),
        false => {
            check.documents(&there)?;
            let disjoint = check.samples(&there)?;
            check.pictures(&there)?;
            let (values, across) = check.values(&there)?;
            let across = across.map_or(String::new(), |say| format!("{say}; "));
            format!("{disjoint}; {across}{values}")
        }
    };
    let samples = page.splits.values().fold(0, |n: u64, s| n.saturating_add(s.rows));
    let content = page.content_root.get(..8).unwrap_or_default();
    let files = plural((there.len() + SUMS.len()) as u64, "file");
    let roots = format!("content {content}, files {}", files_root.short());
    Ok((format!("ok: {files}, {}, {roots}; {read}", plural(samples, "sample")), check.wrong))
}

/// Collects every difference instead of stopping at the first.
struct Check<'w> {
    world: &'w World,
    page: &'w Page,
    /// Digest and length of each file.
    files: BTreeMap<String, (Digest, u64)>,
    /// The formats of which a file does not read.
    unread: BTreeSet<&'static str>,
    wrong: Vec<String>,
}

impl Check<'_> {
    /// Compares every file with both lists; gives the files apart from the lists, and the files root.
    fn sums(&mut self) -> Result<(BTreeSet<String>, Digest), Failure> {
        let there = self.there()?;
        let mut made = [String::new(), String::new()];
        let first = hashes(self.world, SUMS[0]).ok(); // the second list names the first; one that is missing is told below
        let mut first = first.map(|(_, sha, _)| format!("{sha}  {}\n", SUMS[0]));
        for (path, read) in self.read(&there)? {
            let (b3, sha, len) = read.map_err(|e| failed(&path, &e))?;
            if let Some(line) = first.take_if(|_| path.as_str() > SUMS[0]) {
                made[1].push_str(&line);
            }
            for ((list, made), sum) in SUMS.iter().zip(made.iter_mut()).zip([b3.hex(), sha]) {
                // the report tells the root that the first list has, and so it stands in the second alone
                if path != REPORT || *list != SUMS[0] {
                    made.push_str(&format!("{sum}  {path}\n"));
                }
            }
            self.files.insert(path, (b3, len));
        }
        made[1].extend(first);
        for (name, made) in SUMS.into_iter().zip(&made) {
            let before = self.wrong.len();
            let list = self.list(name)?;
            self.compare(name, &String::from_utf8_lossy(&list), made);
            if list != made.as_bytes() && self.wrong.len() == before {
                self.wrong.push(format!("{name} is not the list that the files give: {}", unlike(&list, made)));
            }
        }
        let [b3, _] = made;
        Ok((there, Digest::of(b3.as_bytes())))
    }

    /// Both sums of each file, on all threads; in the order of the paths.
    fn read(&self, there: &BTreeSet<String>) -> Result<BTreeMap<String, io::Result<Sums>>, Failure> {
        let paths: Vec<&String> = there.iter().collect();
        let found: Mutex<BTreeMap<String, io::Result<Sums>>> = Mutex::default();
        Local::new(0).each(paths.len(), &|i| {
            let Some(path) = paths.get(i) else { return };
            let sums = hashes(self.world, path);
            if let Ok(mut found) = found.lock() {
                found.insert(path.to_string(), sums);
            }
        });
        let found = found.into_inner().map_err(|_| Failure::Bug("a thread broke off".into()))?;
        match found.len() == there.len() {
            true => Ok(found),
            false => Err(Failure::Bug("a file was not read".into())),
        }
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

    /// Compares a list, of `HEX  PATH` lines, with that which the files give, path by path.
    fn compare(&mut self, name: &str, list: &str, made: &str) {
        let (mut listed, mut got) = (BTreeMap::new(), BTreeMap::new());
        for (n, line) in list.lines().enumerate() {
            match line.split_once("  ") {
                Some((hex, path)) => drop(listed.insert(path, hex)),
                None => self.wrong.push(format!("{name}:{}: not a sum and a path", n + 1)),
            }
        }
        got.extend(made.lines().filter_map(|line| line.split_once("  ")).map(|(hex, path)| (path, hex)));
        for (path, hex) in &got {
            match listed.get(path) {
                None if !list.is_empty() => self.wrong.push(format!("extra: {path} (not in {name})")),
                Some(other) if other != hex => self.wrong.push(format!("different: {path} ({name})")),
                _ => {}
            }
        }
        let gone = listed.keys().filter(|path| !got.contains_key(*path));
        self.wrong.extend(gone.map(|path| format!("missing: {path} (in {name})")));
    }

    /// The files of the folder, without the lists of sums.
    fn there(&mut self) -> Result<BTreeSet<String>, Failure> {
        let mut out = BTreeSet::new();
        let listed = self.world.list("").map_err(|e| failed("the folder", &e))?;
        self.hidden(&listed.iter().map(|found| found.path.clone()).collect())?;
        for found in listed {
            match found.what {
                What::File(_) if SUMS.contains(&found.path.as_str()) || found.path == signed::SIGNATURE => {}
                What::File(_) => drop(out.insert(found.path)),
                What::Odd(_, say) => self.wrong.push(format!("odd: {}: {say}", found.path)),
            }
        }
        Ok(out)
    }

    /// The content root is the digest of release.json's own lines, and these are of its splits and columns.
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
        let told: BTreeSet<(&str, &str)> =
            self.page.content.iter().map(|l| (l.split.as_str(), l.column.as_str())).collect();
        let known = |(split, column): &(&str, &str)| {
            self.page.splits.contains_key(*split) && self.page.columns.iter().any(|c| c == column)
        };
        if told.len() != self.page.content.len() || !told.iter().all(known) {
            self.wrong.push("release.json: its digests are not one for each split and column".into());
        }
    }

    /// Each format that release.json names is known, and no file is of another.
    fn formats(&mut self, there: &BTreeSet<String>) {
        for name in &self.page.formats {
            if !written().any(|(f, _)| f.name == name) {
                self.wrong.push(format!("release.json names the format `{name}`, which this tamis cannot check"));
            }
        }
        for (format, writer) in written().filter(|(f, _)| !self.page.has_format(f.name)) {
            let files = there.iter().filter(|path| split_of(writer.files, path).is_some());
            self.wrong.extend(files.map(|p| format!("{p} is {}, which release.json does not name", format.name)));
        }
        for (_, writer) in written() {
            let splits = there.iter().filter_map(|path| Some((path, split_of(writer.files, path)?)));
            let strange = splits.filter(|(_, split)| !self.page.splits.contains_key(*split));
            self.wrong.extend(strange.map(|(path, split)| format!("{path}: release.json has no split `{split}`")));
        }
    }

    /// Each format is read back, and holds as many samples of each split as release.json says; in none a sample is in two
    /// splits, or twice in one. Says whether the ids could be compared.
    fn samples(&mut self, there: &BTreeSet<String>) -> Result<&'static str, Failure> {
        let page = self.page;
        let (mut compared, mut held) = (None, false);
        for (format, writer) in written().filter(|(f, _)| page.has_format(f.name)) {
            let mut got: BTreeMap<&str, u64> = page.splits.keys().map(|s| (s.as_str(), 0)).collect();
            let mut read = Read { seen: BTreeMap::new(), complete: true, whole: true };
            for path in there {
                let Some(split) = split_of(writer.files, path) else { continue };
                held = true;
                let n = got.entry(split).or_default();
                self.each(writer, path, split, n, &mut read)?;
            }
            for (split, n) in got.iter().filter(|_| writer.samples.is_some() && read.whole) {
                let there = page.has_files(format.name, split);
                let want = page.splits.get(*split).filter(|_| there).map_or(0, |s| s.rows);
                if *n != want {
                    let (n, want) = (number(*n), number(want));
                    let name = format.name;
                    self.wrong.push(format!("{name} has {n} samples of `{split}`, release.json says {want}"));
                }
            }
            if !read.whole {
                self.unread.insert(format.name);
            }
            if !read.complete || read.seen.is_empty() {
                continue;
            }
            match &compared {
                None => compared = Some((format.name, read.seen)),
                Some((first, seen)) if read.whole && !alike(page, (first, seen), (format.name, &read.seen)) => {
                    self.wrong.push(format!("{first} and {} hold other samples", format.name));
                }
                Some(_) => {}
            }
        }
        Ok(match (compared, held) {
            (Some(_), _) => "splits disjoint by id",
            (_, true) => "splits not compared (the ids are not among the released columns)",
            (_, false) => "splits not compared (no file holds the ids)",
        })
    }

    /// Reads a file: counts its samples, and notes those that were met before.
    fn each<'p>(
        &mut self,
        writer: &Writer,
        path: &'p str,
        split: &'p str,
        n: &mut u64,
        read: &mut Read<'p>,
    ) -> Result<(), Failure> {
        let Some(samples) = writer.samples else { return Ok(()) };
        let mut wrong = Vec::new();
        let done = samples(&mut self.reader(path)?, &mut |id| {
            *n += 1;
            read.complete &= id.is_some();
            let Some(id) = id else { return };
            match read.seen.get(id) {
                Some(other) if *other == split => wrong.push(format!("{id} is twice in `{split}`")),
                Some(other) => wrong.push(format!("{id} is in `{other}` and in `{split}`")),
                None => drop(read.seen.insert(id.to_string(), split)),
            }
        });
        read.whole &= done.is_ok();
        self.wrong.extend(wrong);
        self.wrong.extend(done.err().map(|say| format!("{path}: {say}")));
        Ok(())
    }

    /// The pictures that the files name are there and open.
    fn pictures(&mut self, there: &BTreeSet<String>) -> Result<(), Failure> {
        let mut named = BTreeSet::new();
        for (format, writer) in written().filter(|(f, _)| self.page.has_format(f.name)) {
            let Some(pictures) = format.pictures else { continue };
            for path in there.iter().filter(|path| split_of(writer.files, path).is_some()) {
                let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                let mut gone = Vec::new();
                // what does not read was told as its samples were counted
                let _ = pictures(&mut self.reader(path)?, &mut |name| {
                    // beside the file that names it, or where the pictures of all splits lie
                    let places = [format!("{folder}/{name}"), format!("images/{name}"), name.to_string()];
                    match places.into_iter().find(|place| there.contains(place)) {
                        Some(place) => drop(named.insert(place)),
                        None => gone.push(format!("{path} names {name}, which is not there")),
                    }
                });
                self.wrong.extend(gone);
            }
        }
        for path in named {
            self.wrong.extend(no_picture(self.world, &path)?);
        }
        Ok(())
    }

    fn reader(&self, path: &str) -> Result<BufReader<impl io::Read + use<>>, Failure> {
        let file = self.world.open(path).and_then(|open| open.reader()).map_err(|e| failed(path, &e))?;
        Ok(BufReader::with_capacity(1 << 20, file))
    }
}

/// The ids of a format with their splits.
type Ids<'p> = BTreeMap<String, &'p str>;

/// Whether two formats hold the same samples of the splits that both have files of.
fn alike(page: &Page, (one, a): (&str, &Ids), (other, b): (&str, &Ids)) -> bool {
    let both = |split: &str| page.has_files(one, split) && page.has_files(other, split);
    let a = a.iter().filter(|(_, split)| both(split));
    a.eq(b.iter().filter(|(_, split)| both(split)))
}

/// Why a file is no picture, if it is none.
fn no_picture(world: &World, path: &str) -> Result<Option<String>, Failure> {
    let bytes = world.read(path, PICTURE).map_err(|e| failed(path, &e))?;
    Ok(image::look(&bytes).err().map(|wrong| format!("{path} is no picture: {}", wrong.say)))
}

/// The samples of a format, as far as they were read.
struct Read<'p> {
    /// The split of each id.
    seen: Ids<'p>,
    /// Every sample has an id.
    complete: bool,
    /// No file broke off.
    whole: bool,
}

/// Where a list of the same sums is another text.
fn unlike(list: &[u8], made: &str) -> String {
    if list.contains(&b'\r') {
        return "its lines end in CR LF".into();
    }
    let mut lines = list.split(|b| *b == b'\n').zip(made.split('\n'));
    match lines.position(|(a, b)| a != b.as_bytes()) {
        Some(n) => format!("line {} stands elsewhere or twice", n + 1),
        None => "its end is another".into(),
    }
}

/// BLAKE3 and SHA-256 (in hex digits) of a file, and its length.
type Sums = (Digest, String, u64);

/// Reads a file once.
fn hashes(world: &World, path: &str) -> io::Result<Sums> {
    let mut input = world.open(path)?.reader()?;
    let mut both = BothSums::new();
    let mut block = vec![0; 1 << 20];
    let mut len = 0;
    loop {
        match io::Read::read(&mut input, &mut block) {
            Ok(0) => break,
            Ok(n) => {
                both.update(block.get(..n).unwrap_or_default());
                len += n as u64;
            }
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    let (b3, sha) = both.finish();
    Ok((b3, sha, len))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small release, and what is said of it.
    fn verified(change: impl Fn(&World)) -> Result<i32, Failure> {
        verified_by(false, change)
    }

    fn verified_by(sums: bool, change: impl Fn(&World)) -> Result<i32, Failure> {
        let folder = tempfile::tempdir().map_err(|e| Failure::World(e.to_string()))?;
        let world = World::new(folder.path());
        let put = |path: &str, text: &str| world.replace(path, text.as_bytes()).map_err(|e| failed(path, &e));
        let jsonl = "{\"id\":\"a\"}\n";
        let lines = format!("train id {}\n", Digest::default());
        let page = serde_json::json!({
            "format": 1,
            "formats": ["jsonl"],
            "columns": ["id"],
            "splits": { "train": { "rows": 1 } },
            "content": [{ "split": "train", "column": "id", "digest": Digest::default().hex() }],
            "content_root": Digest::of(lines.as_bytes()).hex(),
        })
        .to_string();
        put("jsonl/train-00000.jsonl", jsonl)?;
        put("release.json", &page)?;
        let (mut b3, mut sha) = (String::new(), String::new());
        for path in ["jsonl/train-00000.jsonl", "release.json"] {
            let (a, b, _) = hashes(&world, path).map_err(|e| failed(path, &e))?;
            b3.push_str(&format!("{a}  {path}\n"));
            sha.push_str(&format!("{b}  {path}\n"));
        }
        put("B3SUMS", &b3)?;
        let (_, own, _) = hashes(&world, "B3SUMS").map_err(|e| failed("B3SUMS", &e))?;
        sha.insert_str(0, &format!("{own}  B3SUMS\n"));
        put("SHA256SUMS", &sha)?;
        change(&world);
        let context = Context { dir: None, member: None, quiet: false, lang: None, colour: false };
        run(&context, &Args { folder: folder.path().to_path_buf(), key: None, audit: false, sums, json: false })
    }

    #[test]
    fn a_page_in_a_pictures_place_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let world = World::new(folder.path());
        world.replace("a.jpg", b"<html>404</html>").unwrap();
        let numbers: Vec<u8> = [58, 0, 54, 40, 1, 1, 1 | 24 << 16, 0, 4, 0, 0, 0, 0, 0].map(u32::to_le_bytes).concat();
        world.replace("b.bmp", &[b"BM", numbers.as_slice()].concat()).unwrap();
        let told = |path: &str| no_picture(&world, path).unwrap_or_else(|_| panic!("{path} does not read"));
        assert!(told("a.jpg").is_some_and(|say| say.starts_with("a.jpg is no picture: ")));
        assert_eq!(told("b.bmp"), None);
        assert!(no_picture(&world, "c.png").is_err());
    }

    #[test]
    fn documents_that_nobody_can_read_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let world = World::new(folder.path());
        let page: Page = serde_json::from_value(serde_json::json!({
            "format": 1, "formats": [], "columns": [], "splits": {}, "content": [], "content_root": "",
        }))
        .unwrap();
        let told = |path: &str, text: &str| {
            world.replace(path, text.as_bytes()).unwrap();
            let (files, unread, wrong) = Default::default();
            let mut check = Check { world: &world, page: &page, files, unread, wrong };
            check.documents(&[path.to_string()].into()).unwrap_or_else(|_| panic!("{path} cannot be looked at"));
            check.wrong.len()
        };
        assert_eq!((told("croissant.json", "{}\n"), told("croissant.json", "{\n")), (0, 1));
        assert_eq!((told("README.md", "---\na: \"b\"\n---\n"), told("README.md", "# no head\n")), (0, 0));
        assert_eq!((told("README.md", "---\na: \"b\n---\n"), told("README.md", "---\na: b\n")), (1, 1));
        assert_eq!((told("README.md", "---\na: \"b\u{7f}\"\n---\n"), told("CITATION.cff", "a: [b\n")), (1, 1));
    }

    #[test]
    fn a_release_that_was_changed_is_told() {
        assert_eq!(verified(|_| {}).unwrap(), 0);
        let differs = |change: fn(&World)| matches!(verified(change), Err(Failure::Differs(_)));
        assert!(differs(|w| w.replace("jsonl/train-00000.jsonl", b"{\"id\":\"b\"}\n").unwrap()));
        assert!(differs(|w| w.replace("more.txt", b"").unwrap()));
        assert!(differs(|w| w.replace("jsonl/.train-00001.jsonl", b"").unwrap()));
        assert!(differs(|w| w.replace("empty/.more/a.txt", b"").unwrap()));
        assert_eq!(verified(|w| w.replace("jsonl/.DS_Store", b"").unwrap()).unwrap(), 0);
        assert!(differs(|w| w.remove("SHA256SUMS").unwrap()));
        let lists = |w: &World, change: fn(String) -> String| {
            let list = String::from_utf8(w.read("B3SUMS", 1 << 20).unwrap()).unwrap();
            w.replace("B3SUMS", change(list).as_bytes()).unwrap();
        };
        assert!(matches!(verified(|w| lists(w, |t| t.replace('\n', "\r\n"))), Err(Failure::Differs(_))));
        assert!(matches!(verified(|w| lists(w, |t| t.repeat(2))), Err(Failure::Differs(_))));
        assert!(matches!(verified(|w| lists(w, |t| t.trim_end().into())), Err(Failure::Differs(_))));
        let backwards = |t: String| t.lines().rev().map(|l| format!("{l}\n")).collect();
        assert!(matches!(verified(|w| lists(w, backwards)), Err(Failure::Differs(_))));
        assert!(matches!(verified(|w| w.remove("release.json").unwrap()), Err(Failure::Usage(_))));
    }

    #[test]
    fn sums_alone_tell_bytes_that_changed_and_nothing_of_what_they_hold() {
        assert_eq!(verified_by(true, |_| {}).unwrap(), 0);
        let changed = |w: &World| w.replace("jsonl/train-00000.jsonl", b"{\"id\":\"b\"}\n").unwrap();
        assert!(matches!(verified_by(true, changed), Err(Failure::Differs(_))));
        let broken = |w: &World| {
            let before = hashes(w, "jsonl/train-00000.jsonl").unwrap();
            let sha = hashes(w, "B3SUMS").unwrap();
            w.replace("jsonl/train-00000.jsonl", b"{\"id\n").unwrap();
            let after = hashes(w, "jsonl/train-00000.jsonl").unwrap();
            let list = |name: &str, changes: &[(String, String)]| {
                let mut text = String::from_utf8(w.read(name, 1 << 20).unwrap()).unwrap();
                changes.iter().for_each(|(old, new)| text = text.replace(old, new));
                w.replace(name, text.as_bytes()).unwrap();
            };
            list("B3SUMS", &[(before.0.hex(), after.0.hex())]);
            list("SHA256SUMS", &[(before.1, after.1), (sha.1, hashes(w, "B3SUMS").unwrap().1)]);
        };
        assert_eq!(verified_by(true, broken).unwrap(), 0);
        assert!(matches!(verified_by(false, broken), Err(Failure::Differs(_))));
    }
}

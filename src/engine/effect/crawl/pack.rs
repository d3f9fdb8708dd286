//! What a crawl collected, as files: the rows (`pages.jsonl` or `images.jsonl`), the pictures (`images/`), the pages as they
//! came (`raw/`), robots.txt as it was read (`robots/`), and what became of each address (`decisions.jsonl`). They stand in
//! the store like the members of an archive, under one digest.
use super::super::super::lock::FetchedLock;
use super::super::get::{Miss, Way};
use super::super::objects::{Member, Members, Part};
use super::log::{DECISIONS, Entry, KEPT, Kind, PASSED};
use crate::digest::Digest;
use crate::measure::urls::safe_name;
use crate::stage::{Crawl, Effect};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// What the bytes of a page are called.
pub fn raw(entry: &Entry) -> String {
    format!("raw/{}.html", entry.digest.get(..32).unwrap_or(&entry.digest))
}

/// A file of JSON Lines on its way.
struct Lines {
    part: Part,
}

impl Lines {
    fn begin(way: &Way, key: &str) -> io::Result<Lines> {
        let mut part = way.objects.part(key)?;
        way.objects.begin(&mut part, None)?;
        Ok(Lines { part })
    }

    fn put<T: Serialize>(&mut self, row: &T) -> io::Result<()> {
        let mut line = serde_json::to_vec(row).map_err(io::Error::other)?;
        line.push(b'\n');
        self.part.own.write_at(&line, self.part.len)?;
        self.part.len += line.len() as u64;
        Ok(())
    }
}

/// What the robots.txt of a server is called among the files of a crawl.
pub fn robots_name(host: &str) -> String {
    format!("robots/{}.txt", safe_name(host))
}

/// What is collected, as it comes.
pub struct Pack<'a> {
    way: &'a Way<'a>,
    rows: Lines,
    decisions: Lines,
    files: Vec<Member>,
    taken: BTreeSet<String>,
    /// The bytes of what is kept, by address.
    pub kept: BTreeMap<String, String>,
    /// How many addresses were left out, by rule.
    pub left: BTreeMap<String, u64>,
    /// The first address that was left out by each rule, and why.
    pub first: BTreeMap<String, String>,
}

impl<'a> Pack<'a> {
    pub fn begin(way: &'a Way<'a>, effect: &Effect) -> io::Result<Pack<'a>> {
        let lines = |what: &str| Lines::begin(way, &format!("{what} {}", effect.name));
        let (rows, decisions) = (lines("rows")?, lines("decisions")?);
        let (files, taken, kept, left, first) = Default::default();
        Ok(Pack { way, rows, decisions, files, taken, kept, left, first })
    }

    /// A row, and what it was read from.
    pub fn keep<T: Serialize>(&mut self, entry: &Entry, row: &T, path: &str) -> Result<(), Miss> {
        self.rows.put(row).map_err(Miss::Disk)?;
        self.kept.insert(entry.url.clone(), entry.digest.clone());
        self.file(path, entry);
        self.decide(entry, KEPT, "")
    }

    /// A file, whose bytes are in the store; whether there was none of this name.
    pub fn file(&mut self, path: &str, entry: &Entry) -> bool {
        let new = self.taken.insert(path.to_lowercase());
        if new {
            self.files.push(Member { path: path.into(), digest: entry.digest.clone(), bytes: entry.bytes });
        }
        new
    }

    /// An address that is left out, by a rule.
    pub fn leave(&mut self, entry: &Entry, rule: &str, say: &str) -> Result<(), Miss> {
        self.count(rule, 1);
        let why = if say.is_empty() { &entry.say } else { say };
        self.first.entry(rule.to_string()).or_insert_with(|| match why.contains(&entry.url) {
            true => why.to_string(),
            false => format!("{}: {why}", entry.url),
        });
        self.decide(entry, rule, say)
    }

    /// Addresses that are left out without a line for each.
    pub fn count(&mut self, rule: &str, n: u64) {
        if n > 0 {
            *self.left.entry(rule.to_string()).or_default() += n;
        }
    }

    fn decide(&mut self, entry: &Entry, decision: &str, say: &str) -> Result<(), Miss> {
        let say = if say.is_empty() { entry.say.clone() } else { say.to_string() };
        // when nothing came is not kept: a crawl that finds what it found before is the same
        let fetched = if entry.digest.is_empty() { String::new() } else { entry.fetched.clone() };
        let line = Entry { decision: decision.into(), say, fetched, ..entry.clone() };
        self.decisions.put(&line).map_err(Miss::Disk)
    }

    /// An address that was visited for the sake of what it leads to.
    pub fn passed(&mut self, entry: &Entry) -> Result<(), Miss> {
        self.decide(entry, PASSED, "")
    }

    /// The line of dataset.lock; all that it names is in the store.
    pub fn finish(mut self, crawl: &Crawl, robots: &BTreeMap<String, Digest>) -> Result<FetchedLock, Miss> {
        for (host, digest) in robots {
            let bytes = self.way.objects.open(*digest).map_err(Miss::Disk)?.stat().size;
            let entry = Entry { digest: digest.hex(), bytes, kind: Kind::Robots, ..Entry::default() };
            self.file(&robots_name(host), &entry);
        }
        let rows = if crawl.images { "images.jsonl" } else { "pages.jsonl" };
        for (path, lines) in [(rows, self.rows), (DECISIONS, self.decisions)] {
            let (digest, _) = super::super::objects::sums(&lines.part.own).map_err(Miss::Disk)?;
            self.files.push(Member { path: path.into(), digest: digest.hex(), bytes: lines.part.len });
            self.way.objects.keep(lines.part, digest).map_err(Miss::Disk)?;
        }
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        let list = serde_json::to_vec(&self.files).map_err(|e| Miss::Disk(io::Error::other(e)))?;
        let digest = Digest::of(&list);
        let bytes = self.files.iter().map(|m| m.bytes).sum();
        let members = Members { files: self.files, ..Members::default() };
        self.way.objects.put_members(digest, &members).map_err(Miss::Disk)?;
        let line = FetchedLock {
            path: Crawl::FOLDER.into(),
            unpack: true,
            digest: digest.hex(),
            bytes: Some(bytes),
            fetched: self.way.world.date(),
            globs: crawl.wanted(),
            left: self.left.iter().map(|(rule, n)| format!("{rule} {n}")).collect(),
            ..FetchedLock::default()
        };
        Ok(line)
    }
}

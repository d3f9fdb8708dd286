//! What was asked for, and what came: a line for each address. The log of a crawl that is under way is a file of the store;
//! that of one that came to its end is a part of what was pinned (`decisions.jsonl`), where each line also says what was
//! decided.
use super::super::super::lock::FetchedLock;
use super::super::super::store::FOLDER;
use super::super::get::Way;
use super::super::objects::Objects;
use crate::digest::Digest;
use crate::model::moments;
use crate::stage::{Crawl, Effect};
use crate::world::{How, Own, World};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

/// What became of each address, among the files of a crawl.
pub const DECISIONS: &str = "decisions.jsonl";
/// The decision on what became a sample.
pub const KEPT: &str = "kept";
/// The decision on what was visited for the sake of what it leads to.
pub const PASSED: &str = "passed";
/// The rule on what its owner reserves by TDMRep.
pub const TDM: &str = "reserved.tdm";
/// The rule on what the ai.txt of its server forbids.
pub const AI_TXT: &str = "reserved.ai_txt";
/// Seconds after which a line counts no more.
const VALID: i64 = 24 * 3600;
/// Bytes of a log that is read again.
const LOG_MAX: u64 = 1 << 30;

/// What is asked for.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    #[default]
    Page,
    Image,
    Robots,
    /// `/.well-known/tdmrep.json` and `/ai.txt`.
    Reservations,
}

/// What came of an address.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct Entry {
    pub url: String,
    pub kind: Kind,
    /// `kept`, or the rule by which it was left out.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub decision: String,
    /// The rule by which it was not asked for, or did not come.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub rule: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub say: String,
    /// Where redirects led.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The `Content-Type` as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub digest: String,
    pub bytes: u64,
    /// When it came (RFC 3339, UTC).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub fetched: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified: Option<String>,
    /// Values of `X-Robots-Tag`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The value of `tdm-reservation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reservation: Option<String>,
    /// Addresses of `Link: <...>; rel="license"`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<String>,
}

impl Entry {
    /// The bytes that came, if they are there.
    pub fn digest(&self, objects: &Objects) -> Option<Digest> {
        Digest::parse(&self.digest).filter(|digest| objects.has(*digest, self.bytes))
    }

    /// Whether nothing is missing of what it names.
    fn is_whole(&self, objects: &Objects) -> bool {
        self.digest.is_empty() || self.digest(objects).is_some()
    }

    fn is_fresh(&self, now: i64) -> bool {
        moments::micros(&self.fetched).is_some_and(|at| (0..VALID).contains(&(now - at / 1_000_000)))
    }
}

/// By kind and address.
pub type Entries = BTreeMap<(Kind, String), Entry>;

/// The log of a crawl that is under way.
pub struct Log {
    own: Own,
    at: u64,
    pub entries: Entries,
}

/// A crawl that asks in another way has another log.
fn path(effect: &Effect, crawl: &Crawl) -> String {
    let words = format!("{}\n{}\n{}", effect.name, effect.size_max, crawl.wanted().join("\n"));
    format!("{FOLDER}/crawl-{}", Digest::of(words.as_bytes()).short())
}

impl Log {
    /// Opens the log; what a stopped crawl left counts for a day.
    pub fn open(way: &Way, effect: &Effect, crawl: &Crawl) -> io::Result<Log> {
        let own = way.world.own(&path(effect, crawl), How::Edit)?;
        let bytes = own.read(own.len()?.min(LOG_MAX) as usize, 0)?;
        let now = way.world.now() / 1_000_000_000;
        // a line that a kill broke off does not read, and counts for nothing
        let lines = bytes.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice::<Entry>(line).ok());
        let good = lines.filter(|e| e.is_fresh(now) && e.is_whole(way.objects));
        let entries = good.map(|e| ((e.kind, e.url.clone()), e)).collect();
        Ok(Log { at: bytes.len() as u64, own, entries })
    }

    pub fn put(&mut self, entry: &Entry) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(entry).map_err(io::Error::other)?;
        bytes.insert(0, b'\n'); // behind a line that broke off
        bytes.push(b'\n');
        self.own.write_at(&bytes, self.at)?;
        self.at += bytes.len() as u64;
        self.entries.insert((entry.kind, entry.url.clone()), entry.clone());
        Ok(())
    }

    /// The crawl came to its end.
    pub fn remove(world: &World, effect: &Effect, crawl: &Crawl) -> io::Result<()> {
        let path = path(effect, crawl);
        if world.exists(&path) { world.remove(&path) } else { Ok(()) }
    }
}

/// What the pinned crawl came to.
#[derive(Default)]
pub struct Before {
    /// What came: servers are asked whether it is what it was.
    pub came: Entries,
    /// The bytes of what was kept, by address.
    pub kept: BTreeMap<String, String>,
    /// What was taken or led to something: it stays where its server fails.
    pub stays: BTreeSet<(Kind, String)>,
    /// Where something came from that its owner reserves by TDMRep or ai.txt, with the rule.
    pub reserved: BTreeSet<(String, String)>,
}

impl Before {
    pub fn of(objects: &Objects, was: Option<&FetchedLock>) -> Before {
        let mut before = Before::default();
        for entry in decisions(objects, was).into_iter().filter(|e| e.digest(objects).is_some()) {
            let key = (entry.kind, entry.url.clone());
            match entry.decision.as_str() {
                KEPT => {
                    before.kept.insert(entry.url.clone(), entry.digest.clone());
                    before.stays.insert(key.clone());
                }
                PASSED => drop(before.stays.insert(key.clone())),
                rule @ (TDM | AI_TXT) => {
                    let at = entry.from.clone().unwrap_or_else(|| entry.url.clone());
                    before.reserved.insert((rule.to_string(), at));
                }
                _ => {}
            }
            before.came.insert(key, Entry { decision: String::new(), say: String::new(), ..entry });
        }
        before
    }
}

fn decisions(objects: &Objects, was: Option<&FetchedLock>) -> Vec<Entry> {
    let members = was.and_then(|was| objects.members(was.digest()?)).unwrap_or_default();
    let list = members.files.iter().find(|m| m.path == DECISIONS);
    let Some(digest) = list.and_then(|m| Digest::parse(&m.digest)) else { return Vec::new() };
    let bytes = bytes(objects, digest).unwrap_or_default();
    bytes.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice::<Entry>(line).ok()).collect()
}

/// The bytes with a digest.
pub fn bytes(objects: &Objects, digest: Digest) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    objects.open(digest)?.reader()?.read_to_end(&mut out)?;
    Ok(out)
}

//! Asks for one address: after the robots.txt of its server, no sooner than the server wishes, and only where it must.
//! Addresses that redirects lead to are judged like those of links.
use super::super::get::{Miss, Try, Way, license_of, no_answer};
use super::log::{self, Entries, Entry, Kind, Log};
use crate::digest::Digest;
use crate::formats::packing::decompressor;
use crate::measure::robots::{self, Robots};
use crate::measure::urls::Url;
use crate::stage::{Crawl, Effect};
use crate::world::net::{Answer, Ask};
use serde_json::Value as Json;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::time::Duration;

/// What this robot is called in robots.txt.
const AGENT: &str = "tamis";
/// Bytes of a list of reservations.
const RESERVATIONS_MAX: u64 = 1 << 20;
/// Failures in a row after which a server is left alone.
const PATIENCE: u32 = 5;
/// Seconds between two requests, at most, whatever a robots.txt says: a day has no more than so few of them.
const DELAY_MAX: f64 = 3600.0;

/// What is known of a server.
struct Host {
    robots: Robots,
    /// Paths that are reserved from text and data mining.
    reserved: Vec<String>,
    /// How many requests failed in a row.
    failures: u32,
    /// It was asked before.
    asked: bool,
}

/// Who asks.
pub struct Visitor<'a> {
    pub way: &'a Way<'a>,
    effect: &'a Effect,
    crawl: &'a Crawl,
    log: RefCell<Log>,
    known: Entries,
    hosts: RefCell<BTreeMap<String, Host>>,
    /// robots.txt as they came, by server.
    pub texts: RefCell<BTreeMap<String, Digest>>,
}

impl<'a> Visitor<'a> {
    pub fn new(way: &'a Way<'a>, effect: &'a Effect, crawl: &'a Crawl, known: Entries) -> io::Result<Visitor<'a>> {
        let log = RefCell::new(Log::open(way, effect, crawl)?);
        Ok(Visitor { way, effect, crawl, log, known, hosts: RefCell::default(), texts: RefCell::default() })
    }

    /// Whether pages of a server are asked for.
    pub fn in_scope(&self, url: &Url) -> bool {
        self.crawl.hosts.contains(&url.authority())
    }

    /// What came of a page or a picture; from the log, if it was asked for already.
    pub fn visit(&self, kind: Kind, url: &Url) -> Result<Entry, Miss> {
        let origin = url.origin();
        let logged = self.log.borrow().entries.get(&(kind, url.to_string())).cloned();
        self.meet(url)?;
        let entry = match logged {
            Some(entry) => entry,
            None => {
                let forbidden = self.with(&origin, |host| match host {
                    host if !host.robots.allows(&url.target()) => Some(("robots.disallowed", "robots.txt forbids it")),
                    host if host.failures >= PATIENCE => Some(("host.failed", "the server failed too often")),
                    _ => None,
                });
                let entry = match forbidden.flatten() {
                    Some((rule, say)) => self.not_asked(kind, url, rule, say),
                    None => self.ask(kind, url)?,
                };
                self.note(&entry)?;
                entry
            }
        };
        self.with(&origin, |host| match entry.rule.as_str() {
            "http.failed" => host.failures += 1,
            "robots.disallowed" | "host.failed" => {}
            _ => host.failures = 0,
        });
        Ok(entry)
    }

    /// Whether a server reserves what lies at an address from text and data mining, in its list of reservations.
    pub fn is_reserved(&self, url: &Url) -> bool {
        let fits = |host: &mut Host| host.reserved.iter().any(|path| robots::fits(path, &url.target()));
        self.with(&url.origin(), fits).unwrap_or(false)
    }

    /// The site maps that robots.txt names.
    pub fn sitemaps(&self, url: &Url) -> Result<Vec<String>, Miss> {
        self.meet(url)?;
        Ok(self.with(&url.origin(), |host| host.robots.sitemaps.clone()).unwrap_or_default())
    }

    fn with<T>(&self, origin: &str, then: impl FnOnce(&mut Host) -> T) -> Option<T> {
        self.hosts.borrow_mut().get_mut(origin).map(then)
    }

    fn note(&self, entry: &Entry) -> Result<(), Miss> {
        self.log.borrow_mut().put(entry).map_err(Miss::Disk)
    }

    fn not_asked(&self, kind: Kind, url: &Url, rule: &str, say: &str) -> Entry {
        let (rule, say, fetched) = (rule.to_string(), say.to_string(), self.way.world.date());
        Entry { url: url.to_string(), kind, rule, say, fetched, ..Entry::default() }
    }

    /// Reads the robots.txt of a server, and what it reserves, before anything else is asked of it.
    fn meet(&self, url: &Url) -> Result<(), Miss> {
        let origin = url.origin();
        if self.hosts.borrow().contains_key(&origin) {
            return Ok(());
        }
        let asked = !self.log.borrow().entries.is_empty();
        let host = Host { robots: Robots::open(), reserved: Vec::new(), failures: 0, asked };
        self.hosts.borrow_mut().insert(origin.clone(), host);
        let file = self.file(Kind::Robots, &origin, "/robots.txt")?;
        let robots = match file.digest(self.way.objects) {
            Some(digest) => {
                self.texts.borrow_mut().insert(url.authority(), digest);
                Robots::parse(&self.bytes(digest)?, AGENT)
            }
            None if file.rule.starts_with("http.4") => Robots::open(),
            None => Robots::closed(),
        };
        let may = robots.allows("/.well-known/tdmrep.json");
        self.with(&origin, |host| host.robots = robots);
        if may {
            let list = self.file(Kind::Reservations, &origin, "/.well-known/tdmrep.json")?;
            let bytes = list.digest(self.way.objects).map(|digest| self.bytes(digest)).transpose()?;
            let reserved = bytes.map(|bytes| reservations(&bytes)).unwrap_or_default();
            self.with(&origin, |host| host.reserved = reserved);
        }
        Ok(())
    }

    /// A file that says what a server wishes.
    fn file(&self, kind: Kind, origin: &str, path: &str) -> Result<Entry, Miss> {
        let url = Url::parse(&format!("{origin}{path}")).map_err(Miss::Failed)?;
        if let Some(entry) = self.log.borrow().entries.get(&(kind, url.to_string())) {
            return Ok(entry.clone());
        }
        let entry = self.ask(kind, &url)?;
        self.note(&entry)?;
        Ok(entry)
    }

    pub fn bytes(&self, digest: Digest) -> Result<Vec<u8>, Miss> {
        log::bytes(self.way.objects, digest).map_err(Miss::Disk)
    }

    /// Asks, again where that may help. What does not come is an entry too.
    fn ask(&self, kind: Kind, url: &Url) -> Result<Entry, Miss> {
        match self.way.again(&|| self.once(kind, url)) {
            Err(Miss::Failed(say)) => Ok(self.not_asked(kind, url, "http.failed", &say)),
            Ok(entry) if entry.rule.is_empty() && entry.digest.is_empty() => {
                Ok(self.not_asked(kind, url, "http.empty", "nothing came"))
            }
            done => done,
        }
    }

    /// Waits as long as the server wishes that nobody asks it.
    fn pause(&self, url: &Url) -> Result<(), Try> {
        let own = self.crawl.delay as f64;
        let wait = self.with(&url.origin(), |host| {
            let asked = std::mem::replace(&mut host.asked, true);
            if asked { host.robots.delay.unwrap_or(0.0).max(own).min(DELAY_MAX) } else { 0.0 }
        });
        let milliseconds = wait.unwrap_or(own) * self.way.second as f64;
        self.way.world.wait(Duration::from_millis(milliseconds as u64), self.way.stops);
        if (self.way.stops)() { Err(Try::Not(Miss::Stopped)) } else { Ok(()) }
    }

    /// Whether a redirect may be followed; the rule and the words that say why not.
    fn may_follow(&self, kind: Kind, next: &Url) -> Result<(), (&'static str, String)> {
        if matches!(kind, Kind::Robots | Kind::Reservations) {
            return Ok(());
        }
        if !self.in_scope(next) {
            return Err(("scope.host", "another server, which `hosts` does not name".into()));
        }
        self.meet(next).map_err(|_| ("http.failed", "its robots.txt cannot be had".to_string()))?;
        match self.with(&next.origin(), |host| host.robots.allows(&next.target())) {
            Some(true) => Ok(()),
            _ => Err(("robots.disallowed", "robots.txt forbids it".into())),
        }
    }

    fn once(&self, kind: Kind, url: &Url) -> Result<Entry, Try> {
        self.pause(url)?;
        let known = self.known.get(&(kind, url.to_string())).filter(|e| e.digest(self.way.objects).is_some());
        let ask = Ask {
            contact: self.effect.contact.clone(),
            etag: known.and_then(|k| k.etag.clone()),
            modified: known.and_then(|k| k.modified.clone()),
            from: None,
        };
        let rule = Cell::new("http.refused");
        let may = |next: &Url| {
            let judged = self.may_follow(kind, next).map_err(|(own, say)| {
                rule.set(own);
                say
            });
            judged.and_then(|()| self.pause(next).map_err(|_| "somebody wishes to stop".to_string()))
        };
        let mut answer = match self.way.net.get_if(url, &ask, &may) {
            Ok(answer) => answer,
            Err(e) => match no_answer(e) {
                Try::Not(Miss::Failed(_)) if (self.way.stops)() => return Err(Try::Not(Miss::Stopped)),
                Try::Not(Miss::Failed(say)) => return Ok(self.not_asked(kind, url, rule.get(), &say)),
                other => return Err(other),
            },
        };
        match (answer.status, known) {
            (304, Some(known)) => return Ok(known.clone()),
            (200, _) => {}
            (status, _) => {
                return match self.way.refused(url, &answer) {
                    Try::Not(Miss::Failed(say)) => Ok(self.not_asked(kind, url, &format!("http.{status}"), &say)),
                    again => Err(again),
                };
            }
        }
        let max = match kind {
            Kind::Robots => robots::SIZE_MAX as u64,
            Kind::Reservations => RESERVATIONS_MAX,
            Kind::Page | Kind::Image => self.effect.size_max,
        };
        let bytes = match self.body(&mut answer, url, max, kind == Kind::Robots)? {
            Ok(bytes) => bytes,
            Err(say) => return Ok(self.not_asked(kind, url, "http.size", &say)),
        };
        (self.way.moved)(bytes.len() as u64);
        let entry = self.entry(kind, url, &answer, &bytes)?;
        // of what is the same, it is kept when it first came
        Ok(known
            .filter(|k| k.digest == entry.digest)
            .map_or(entry.clone(), |k| Entry { fetched: k.fetched.clone(), ..entry }))
    }

    /// The bytes of an answer, unpacked where the server packed them; the inner error says that there are too many.
    fn body(&self, answer: &mut Answer, url: &Url, max: u64, cut: bool) -> Result<Result<Vec<u8>, String>, Try> {
        let too_large = || format!("{url} has more than {max} bytes; `size_max` allows more");
        if !cut && answer.length().is_some_and(|length| length > max) {
            return Ok(Err(too_large()));
        }
        let packing = answer.header("content-encoding").unwrap_or_default().to_ascii_lowercase();
        let broken = |e: io::Error| Try::Again(format!("{url} broke off: {e}"), None);
        let mut bytes = Vec::new();
        answer.body().take(max + 1).read_to_end(&mut bytes).map_err(broken)?;
        match packing.as_str() {
            "" | "identity" => {}
            "gzip" | "x-gzip" => {
                let packed = Cursor::new(std::mem::take(&mut bytes));
                let mut all = decompressor("it.gz", Box::new(packed)).take(max + 1);
                all.read_to_end(&mut bytes).map_err(|e| Try::Not(Miss::Failed(format!("{url}: {e}"))))?;
            }
            other => return Ok(Err(format!("{url} came packed as `{other}`, which was not asked for"))),
        }
        if bytes.len() as u64 > max {
            if !cut {
                return Ok(Err(too_large()));
            }
            bytes.truncate(max as usize);
        }
        Ok(Ok(bytes))
    }

    fn entry(&self, kind: Kind, url: &Url, answer: &Answer, bytes: &[u8]) -> Result<Entry, Try> {
        let mut part = self.way.objects.part(&format!("crawl {} {url}", self.effect.name))?;
        self.way.objects.begin(&mut part, None)?;
        part.own.write_at(bytes, 0)?;
        let digest = Digest::of(bytes);
        self.way.objects.keep(part, digest)?;
        let from = answer.url.to_string();
        let links = answer.headers("link");
        Ok(Entry {
            url: url.to_string(),
            kind,
            from: (from != url.to_string()).then_some(from),
            media: answer.header("content-type"),
            digest: digest.hex(),
            bytes: bytes.len() as u64,
            fetched: self.way.world.date(),
            etag: answer.header("etag"),
            modified: answer.header("last-modified"),
            tags: answer.headers("x-robots-tag"),
            reservation: answer.header("tdm-reservation"),
            licenses: links.iter().filter_map(|link| license_of(link, &answer.url)).collect(),
            ..Entry::default()
        })
    }
}

/// The paths that a list of reservations reserves (TDMRep, 4).
fn reservations(bytes: &[u8]) -> Vec<String> {
    let json: Json = serde_json::from_slice(bytes).unwrap_or_default();
    let reserved = |rule: &&Json| rule.get("tdm-reservation").is_some_and(|v| v == 1 || v == "1");
    let all = json.as_array().into_iter().flatten().filter(reserved);
    all.filter_map(|rule| Some(rule.get("location")?.as_str()?.to_string())).collect()
}

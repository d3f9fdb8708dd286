//! Asks for one address: after the robots.txt of its server, no sooner than the server wishes, and only where it must.
//! Addresses that redirects lead to are judged like those of links.
use super::super::get::{Miss, Try, Way, licenses_of, no_answer};
use super::gate::Gate;
use super::judge::{Listed, is_page};
use super::log::{self, AI_TXT, Before, Entry, Kind, Log, TDM};
use super::paths::Paths;
use crate::digest::Digest;
use crate::formats::html::flag;
use crate::formats::packing::decompressor;
use crate::measure::robots::{self, ROBOT, Robots};
use crate::measure::urls::Url;
use crate::stage::{Crawl, Effect};
use crate::world::net::{Answer, Ask};
use serde_json::Value as Json;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// Bytes of a list of reservations.
const RESERVATIONS_MAX: u64 = 1 << 20;
/// Failures in a row after which a server is left alone.
const PATIENCE: u32 = 5;
/// The codings in which a body may come: what is not named here is not read.
const PACKED: &str = "gzip, zstd";
/// Seconds between two requests, at most, whatever a robots.txt says: a day has no more than so few of them.
const DELAY_MAX: f64 = 3600.0;

/// What is known of a server.
struct Host {
    robots: Robots,
    /// Why its robots.txt cannot be had: nothing may be asked for.
    unreachable: Option<String>,
    /// Paths, each with whether it is reserved from text and data mining, in the order of its list.
    reserved: Vec<(String, bool)>,
    /// What may be data by its ai.txt.
    ai: Robots,
    /// The rules whose list is there, or may be, and does not read.
    unread: Vec<&'static str>,
    /// How many requests failed in a row.
    failures: u32,
    /// The same, as it is counted ahead of the walk.
    ahead: u32,
    /// It was asked before.
    asked: bool,
}

/// Who asks.
pub struct Visitor<'a> {
    pub way: &'a Way<'a>,
    effect: &'a Effect,
    crawl: &'a Crawl,
    pub paths: Paths,
    gate: Gate,
    log: Mutex<Log>,
    pub before: Before,
    hosts: Mutex<BTreeMap<String, Host>>,
    /// robots.txt as they came, by server.
    texts: Mutex<BTreeMap<String, Digest>>,
    /// What else should be told of servers.
    told: Mutex<Told>,
}

/// What is told of servers beside what became of each address.
#[derive(Default)]
pub struct Told {
    /// Addresses that answered.
    pub answered: u64,
    /// Addresses whose servers failed, and that stay as they came before: how many, and of the first why.
    pub stale: Option<(u64, String)>,
    /// Lists of reservations that do not read.
    pub unread: Vec<String>,
}

/// Whether a rule says that a server failed, so that it may answer at another time.
fn may_pass(rule: &str) -> bool {
    matches!(rule, "http.failed" | "host.failed" | "robots.unreachable")
}

/// What a redirect to another server means while several are asked: it is followed once nobody else asks.
const LATER: &str = "later";

impl<'a> Visitor<'a> {
    /// `jobs` requests may be under way at a time.
    pub fn new(
        way: &'a Way<'a>,
        effect: &'a Effect,
        crawl: &'a Crawl,
        before: Before,
        jobs: usize,
    ) -> io::Result<Visitor<'a>> {
        let log = Mutex::new(Log::open(way, effect, crawl)?);
        let (paths, hosts, texts, told) = (Paths::of(crawl), Mutex::default(), Mutex::default(), Mutex::default());
        let gate = Gate::new(jobs);
        Ok(Visitor { way, effect, crawl, paths, gate, log, before, hosts, texts, told })
    }

    /// Whether pages of a server are asked for.
    pub fn in_scope(&self, url: &Url) -> bool {
        self.crawl.hosts.contains(&url.authority())
    }

    /// What came of a page or a picture; from the log, if it was asked for already. Where its server fails, what came of it
    /// before stays: nobody has said that it is gone.
    pub fn visit(&self, kind: Kind, url: &Url) -> Result<Entry, Miss> {
        let entry = self.come(kind, url, false)?;
        if !may_pass(&entry.rule) {
            hold(&self.told).answered += 1;
            return Ok(entry);
        }
        let key = (kind, url.to_string());
        let known = self.before.came.get(&key).filter(|k| k.digest(self.way.objects).is_some());
        let Some(known) = known.filter(|_| self.before.stays.contains(&key)) else { return Ok(entry) };
        let mut told = hold(&self.told);
        told.stale.get_or_insert_with(|| (0, format!("{url}: {}", without(&entry.say, url)))).0 += 1;
        Ok(known.clone())
    }

    /// The same ahead of the walk, while other servers are asked as well: the log then holds it.
    pub fn ahead(&self, kind: Kind, url: &Url) -> Result<(), Miss> {
        self.come(kind, url, true).map(drop)
    }

    /// The walk counts failures in its own order; what goes ahead of it goes on from there.
    pub fn begin_ahead(&self) {
        hold(&self.hosts).values_mut().for_each(|host| host.ahead = host.failures);
    }

    fn come(&self, kind: Kind, url: &Url, ahead: bool) -> Result<Entry, Miss> {
        let origin = url.origin();
        let logged = hold(&self.log).entries.get(&(kind, url.to_string())).cloned();
        self.meet(url)?;
        let entry = match logged {
            Some(entry) => entry,
            None => {
                let entry = match self.forbidden(url, ahead) {
                    Some((rule, say)) => self.not_asked(kind, url, rule, &say),
                    None => self.ask(kind, url, ahead)?,
                };
                if entry.rule == LATER {
                    return Ok(entry);
                }
                self.note(&entry)?;
                entry
            }
        };
        self.with(&origin, |host| {
            let failures = if ahead { &mut host.ahead } else { &mut host.failures };
            match entry.rule.as_str() {
                "http.failed" => *failures += 1,
                "robots.disallowed" | "robots.unreachable" | "host.failed" => {}
                _ => *failures = 0,
            }
        });
        Ok(entry)
    }

    /// Why an address may not be asked for: the rule, and words.
    fn forbidden(&self, url: &Url, ahead: bool) -> Option<(&'static str, String)> {
        let of = |host: &mut Host| match host {
            Host { unreachable: Some(say), .. } => Some(("robots.unreachable", say.clone())),
            host if !host.robots.allows(&url.target()) => Some(("robots.disallowed", "robots.txt forbids it".into())),
            host if (if ahead { host.ahead } else { host.failures }) >= PATIENCE => {
                Some(("host.failed", "the server failed too often".into()))
            }
            _ => None,
        };
        self.with(&url.origin(), of).flatten()
    }

    /// What is to be told of servers, and their robots.txt; the walk is at its end.
    pub fn account(&self) -> (Told, BTreeMap<String, Digest>) {
        (std::mem::take(&mut *hold(&self.told)), std::mem::take(&mut *hold(&self.texts)))
    }

    /// What a server reserves of an address, in its list of reservations and its ai.txt.
    pub fn listed(&self, url: &Url) -> Listed {
        let target = url.target();
        let of = |host: &mut Host| {
            // of a list that does not read, what it reserved before holds
            let was = |rule: &str| {
                host.unread.contains(&rule) && self.before.reserved.contains(&(rule.to_string(), url.to_string()))
            };
            let first = host.reserved.iter().find(|(path, _)| robots::fits(path, &target)).map(|(_, is)| *is);
            Listed { tdm: first.or(was(TDM).then_some(true)), ai: !host.ai.allows(&target) || was(AI_TXT) }
        };
        self.with(&url.origin(), of).unwrap_or_default()
    }

    /// The site maps that robots.txt names.
    pub fn sitemaps(&self, url: &Url) -> Result<Vec<String>, Miss> {
        self.meet(url)?;
        Ok(self.with(&url.origin(), |host| host.robots.sitemaps.clone()).unwrap_or_default())
    }

    fn with<T>(&self, origin: &str, then: impl FnOnce(&mut Host) -> T) -> Option<T> {
        hold(&self.hosts).get_mut(origin).map(then)
    }

    fn note(&self, entry: &Entry) -> Result<(), Miss> {
        hold(&self.log).put(entry).map_err(Miss::Disk)
    }

    fn not_asked(&self, kind: Kind, url: &Url, rule: &str, say: &str) -> Entry {
        let (rule, say, fetched) = (rule.to_string(), say.to_string(), self.way.world.date());
        Entry { url: url.to_string(), kind, rule, say, fetched, ..Entry::default() }
    }

    /// Reads the robots.txt of a server, and what it reserves, before anything else is asked of it.
    fn meet(&self, url: &Url) -> Result<(), Miss> {
        let origin = url.origin();
        if hold(&self.hosts).contains_key(&origin) {
            return Ok(());
        }
        let asked = !hold(&self.log).entries.is_empty();
        let (robots, unreachable, reserved) = (Robots::open(), None, Vec::new());
        let (ai, unread) = (Robots::open(), Vec::new());
        let host = Host { robots, unreachable, reserved, ai, unread, failures: 0, ahead: 0, asked };
        hold(&self.hosts).insert(origin.clone(), host);
        let file = self.file(Kind::Robots, &origin, "/robots.txt")?;
        let (robots, unreachable) = match file.digest(self.way.objects) {
            Some(digest) => {
                hold(&self.texts).insert(url.authority(), digest);
                (Robots::parse(&self.bytes(digest)?, ROBOT), None)
            }
            None if file.rule.starts_with("http.4") => (Robots::open(), None),
            None => (Robots::closed(), Some(format!("its robots.txt cannot be had: {}", file.say))),
        };
        let lists =
            [(TDM, "/.well-known/tdmrep.json"), (AI_TXT, "/ai.txt")].map(|(rule, at)| (rule, at, robots.allows(at)));
        self.with(&origin, |host| (host.robots, host.unreachable) = (robots, unreachable));
        for (rule, at, _) in lists.into_iter().filter(|(.., may)| *may) {
            self.list(&origin, rule, at)?;
        }
        Ok(())
    }

    /// Reads a list of what a server reserves.
    fn list(&self, origin: &str, rule: &'static str, at: &str) -> Result<(), Miss> {
        let list = self.file(Kind::Reservations, origin, at)?;
        let bytes = list.digest(self.way.objects).map(|digest| self.bytes(digest)).transpose()?;
        let reads = match bytes {
            Some(bytes) if rule == AI_TXT => {
                // a server that answers all with a page has no such file
                let is_page = is_page(list.media.as_deref(), &String::from_utf8_lossy(&bytes));
                let ai = if is_page { Robots::open() } else { Robots::parse(&bytes, ROBOT) };
                self.with(origin, |host| host.ai = ai).is_some()
            }
            Some(bytes) => {
                let reserved = reservations(&bytes);
                reserved.is_some_and(|reserved| self.with(origin, |host| host.reserved = reserved).is_some())
            }
            None => list.rule.starts_with("http.4"),
        };
        if !reads {
            self.with(origin, |host| host.unread.push(rule));
            hold(&self.told).unread.push(list.url);
        }
        Ok(())
    }

    /// A file that says what a server wishes.
    fn file(&self, kind: Kind, origin: &str, path: &str) -> Result<Entry, Miss> {
        let url = Url::parse(&format!("{origin}{path}")).map_err(Miss::Failed)?;
        if let Some(entry) = hold(&self.log).entries.get(&(kind, url.to_string())) {
            return Ok(entry.clone());
        }
        let entry = self.ask(kind, &url, false)?;
        self.note(&entry)?;
        Ok(entry)
    }

    pub fn bytes(&self, digest: Digest) -> Result<Vec<u8>, Miss> {
        log::bytes(self.way.objects, digest).map_err(Miss::Disk)
    }

    /// Asks, again where that may help. What does not come is an entry too.
    fn ask(&self, kind: Kind, url: &Url, ahead: bool) -> Result<Entry, Miss> {
        match self.way.again(&|| self.once(kind, url, ahead)) {
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
        let wait = wait.unwrap_or(own);
        let milliseconds = wait * self.way.second as f64;
        if wait >= 1.0 {
            (self.way.says)(&format!("in {wait} s: {url}"));
        }
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
        if kind == Kind::Page && self.paths.leaves_out(next) {
            return Err(("scope.path", "`exclude` names it".into()));
        }
        self.meet(next).map_err(|_| ("http.failed", "its robots.txt cannot be had".to_string()))?;
        let judged = self.with(&next.origin(), |host| match &host.unreachable {
            Some(say) => Err(("robots.unreachable", say.clone())),
            None if host.robots.allows(&next.target()) => Ok(()),
            None => Err(("robots.disallowed", "robots.txt forbids it".to_string())),
        });
        judged.unwrap_or(Ok(()))
    }

    fn once(&self, kind: Kind, url: &Url, ahead: bool) -> Result<Entry, Try> {
        self.pause(url)?;
        let _under_way = self.gate.pass();
        let known = self.before.came.get(&(kind, url.to_string())).filter(|e| e.digest(self.way.objects).is_some());
        let ask = Ask {
            contact: self.effect.contact.clone(),
            etag: known.and_then(|k| k.etag.clone()),
            modified: known.and_then(|k| k.modified.clone()),
            from: None,
            packed: PACKED,
        };
        let rule = Cell::new("http.refused");
        let may = |next: &Url| {
            let later = ahead && next.host() != url.host();
            let judged = if later { Err((LATER, String::new())) } else { self.may_follow(kind, next) };
            let judged = judged.map_err(|(own, say)| {
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
            Err((rule, say)) => return Ok(self.not_asked(kind, url, rule, &say)),
        };
        (self.way.moved)(bytes.len() as u64);
        let entry = self.entry(kind, url, &answer, &bytes)?;
        // of what is the same, it is kept when it first came
        Ok(known
            .filter(|k| k.digest == entry.digest)
            .map_or(entry.clone(), |k| Entry { fetched: k.fetched.clone(), ..entry }))
    }

    /// The bytes of an answer, unpacked where the server packed them; the inner error says why not, with its rule.
    fn body(
        &self,
        answer: &mut Answer,
        url: &Url,
        max: u64,
        cut: bool,
    ) -> Result<Result<Vec<u8>, (&'static str, String)>, Try> {
        let too_large = || ("http.size", format!("{url} has more than {max} bytes; `size_max` allows more"));
        if !cut && answer.length().is_some_and(|length| length > max) {
            return Ok(Err(too_large()));
        }
        let packing = answer.header("content-encoding").unwrap_or_default().to_ascii_lowercase();
        let broken = |e: io::Error| Try::Again(format!("{url} broke off: {e}"), None);
        let mut bytes = Vec::new();
        answer.body().take(max + 1).read_to_end(&mut bytes).map_err(broken)?;
        match packing.as_str() {
            "" | "identity" => {}
            "gzip" | "x-gzip" | "zstd" => {
                let packed = Cursor::new(std::mem::take(&mut bytes));
                let name = if packing == "zstd" { "it.zst" } else { "it.gz" };
                let mut all = decompressor(name, Box::new(packed)).take(max + 1);
                all.read_to_end(&mut bytes).map_err(|e| Try::Not(Miss::Failed(format!("{url}: {e}"))))?;
            }
            other => {
                return Ok(Err(("http.coding", format!("{url} came packed as `{other}`, which was not asked for"))));
            }
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
            licenses: links.iter().flat_map(|link| licenses_of(link, &answer.url)).collect(),
            ..Entry::default()
        })
    }
}

/// The paths of a list of reservations (TDMRep, 6.1), each with whether it is reserved, in the order of the list, of which
/// the first that fits holds; `None` where it does not read as such a list. A value that is neither 0 nor 1 says nothing.
fn reservations(bytes: &[u8]) -> Option<Vec<(String, bool)>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let json: Json = serde_json::from_slice(bytes).ok()?;
    let said = |rule: &Json| match rule.get("tdm-reservation")? {
        Json::String(text) => flag(text),
        number => flag(&number.to_string()),
    };
    let rules = json.as_array()?.iter().filter_map(|rule| Some((rule, said(rule)?)));
    rules.map(|(rule, is)| Some((rule.get("location")?.as_str()?.to_string(), is))).collect()
}

/// Words on an address that begin with it, without it.
fn without<'s>(say: &'s str, url: &Url) -> &'s str {
    say.strip_prefix(url.to_string().as_str()).map_or(say, |rest| rest.trim_start_matches([':', ' ']))
}

fn hold<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(|e| e.into_inner())
}

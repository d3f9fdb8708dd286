//! One file is brought: asked for, tried again where that may help, gone on with where it broke off, and compared with what
//! is known of it before it becomes an object.
use super::super::lock::FetchedLock;
use super::objects::{Objects, Part, sums};
use super::sniff;
use crate::digest::Digest;
use crate::formats::packing::decompressor;
use crate::measure::robots::words_of;
use crate::measure::urls::Url;
use crate::model::addresses::{secret_key, without_query};
use crate::stage::{Effect, Request};
use crate::world::World;
use crate::world::net::{Answer, Ask, Net, NoAnswer};
use serde_json::Value as Json;
use std::io::{self, Read};
use std::sync::Mutex;
use std::time::Duration;

/// Seconds that are waited before the first further try; each further one waits twice as long.
const PAUSE: u64 = 1;
/// Seconds that are waited at most, also where a server asks for more.
const PAUSE_MAX: u64 = 120;
/// Bytes that are written at a time.
const BLOCK: usize = 1 << 17;

/// How files are brought.
pub struct Way<'a> {
    pub world: &'a World,
    pub objects: &'a Objects,
    pub net: &'a Net,
    /// Whether somebody wishes to stop.
    pub stops: &'a (dyn Fn() -> bool + Sync),
    /// Told how many bytes came.
    pub moved: &'a (dyn Fn(u64) + Sync),
    /// Told what is waited for.
    pub says: &'a (dyn Fn(&str) + Sync),
    /// Held by who unpacks an archive: two sources may fetch the same one.
    pub unpacking: Mutex<()>,
    /// Further tries after one that failed for a reason that may pass.
    pub retries: u32,
    /// Milliseconds that stand for a second of waiting; tests do not wait.
    pub second: u64,
}

/// What came.
pub enum Got {
    /// The server says that it is what it was.
    Same,
    New(Box<FetchedLock>, Vec<String>),
}

/// Why nothing came.
pub enum Miss {
    Failed(String),
    Stopped,
    /// The store cannot be written.
    Disk(io::Error),
}

impl From<io::Error> for Miss {
    fn from(e: io::Error) -> Miss {
        Miss::Disk(e)
    }
}

/// Why one try failed.
pub(super) enum Try {
    /// It may help to try again, after so many seconds where the server says so.
    Again(String, Option<u64>),
    Not(Miss),
}

impl From<io::Error> for Try {
    fn from(e: io::Error) -> Try {
        Try::Not(Miss::Disk(e))
    }
}

impl Way<'_> {
    /// Brings what a request asks for. `known` is what is there of it already.
    pub fn get(&self, effect: &Effect, request: &Request, known: Option<&FetchedLock>) -> Result<Got, Miss> {
        let url = Url::parse(&request.url).map_err(Miss::Failed)?;
        self.again(&|| match self.one(&url, effect, request, known) {
            Err(Try::Not(Miss::Failed(say))) => {
                self.clear(effect, request)?; // nobody goes on with what is refused
                Err(Try::Not(Miss::Failed(say)))
            }
            done => done,
        })
    }

    /// Removes what came so far.
    fn clear(&self, effect: &Effect, request: &Request) -> io::Result<()> {
        for key in [part_key(effect, request), unpacked_key(effect, request)] {
            let part = self.objects.part(&key)?;
            self.objects.drop_part(part)?;
        }
        Ok(())
    }

    /// A small answer in JSON.
    pub fn json(&self, url: &Url, effect: &Effect, max: u64) -> Result<Json, Miss> {
        let ask = Ask { contact: effect.contact.clone(), ..Ask::default() };
        let bytes = self.again(&|| {
            let mut answer = self.net.get(url, &ask).map_err(no_answer)?;
            if answer.status != 200 {
                return Err(self.refused(url, &answer));
            }
            let mut bytes = Vec::new();
            let read = answer.body().take(max + 1).read_to_end(&mut bytes);
            read.map_err(|e| Try::Again(format!("{url} broke off: {e}"), None))?;
            Ok(bytes)
        })?;
        if bytes.len() as u64 > max {
            return Err(Miss::Failed(format!("{url}: a list of more than {max} bytes")));
        }
        serde_json::from_slice(&bytes).map_err(|e| Miss::Failed(format!("{url}: the answer is no JSON: {e}")))
    }

    /// Tries until it is done, cannot be done, or was tried often enough.
    pub(super) fn again<T>(&self, one: &dyn Fn() -> Result<T, Try>) -> Result<T, Miss> {
        let mut tried = 0;
        loop {
            let (say, asked) = match one() {
                Ok(done) => return Ok(done),
                Err(Try::Not(miss)) => return Err(miss),
                Err(Try::Again(say, after)) => (say, after),
            };
            let wait = asked.unwrap_or(PAUSE << tried.min(10)).max(PAUSE);
            let later = wait > PAUSE_MAX;
            if tried >= self.retries || later {
                let tries = if tried > 0 { format!("; tried {} times", tried + 1) } else { String::new() };
                let asks = if later { format!("; the server asks to wait {wait} seconds") } else { String::new() };
                return Err(Miss::Failed(format!("{say}{tries}{asks}")));
            }
            tried += 1;
            self.world.wait(Duration::from_millis(wait * self.second), self.stops);
            if (self.stops)() {
                return Err(Miss::Stopped);
            }
        }
    }

    fn one(&self, url: &Url, effect: &Effect, request: &Request, known: Option<&FetchedLock>) -> Result<Got, Try> {
        let mut part = self.objects.part(&part_key(effect, request))?;
        let begun = self.objects.validator(&part).filter(|_| part.len > 0);
        let ask = Ask {
            contact: effect.contact.clone(),
            etag: known.and_then(|k| k.etag.clone()),
            modified: known.and_then(|k| k.modified.clone()),
            from: begun.map(|validator| (part.len, validator)),
            packed: "",
        };
        let mut answer = self.net.get(url, &ask).map_err(no_answer)?;
        match answer.status {
            304 if known.is_some() => {
                self.objects.drop_part(part)?;
                return Ok(Got::Same);
            }
            206 if ask.from.is_some() && answer.begins() == Some(part.len) => {}
            206 | 416 => {
                self.objects.begin(&mut part, None)?;
                return Err(Try::Again(format!("{url}: the server gave another part than was asked for"), None));
            }
            200 => self.objects.begin(&mut part, validator(&answer).as_deref())?,
            _ => return Err(self.refused(url, &answer)),
        }
        self.body(&mut answer, &mut part, url, effect.size_max)?;
        self.settle(effect, request, part, &answer)
    }

    /// A status that brings nothing; some may bring something later.
    pub(super) fn refused(&self, url: &Url, answer: &Answer) -> Try {
        let say = format!("{url}: {}", status_say(answer.status));
        match answer.status {
            408 | 425 | 429 | 500 | 502..=504 => Try::Again(say, answer.retry_after(self.world.now() / 1_000_000_000)),
            _ => Try::Not(Miss::Failed(say)),
        }
    }

    /// Reads a body into its part.
    fn body(&self, answer: &mut Answer, part: &mut Part, url: &Url, size_max: u64) -> Result<(), Try> {
        let too_large = || {
            let say = format!("{url} has more than {size_max} bytes; `size_max` allows more");
            Try::Not(Miss::Failed(say))
        };
        if answer.length().is_some_and(|len| len.saturating_add(part.len) > size_max) {
            return Err(too_large());
        }
        let mut block = vec![0; BLOCK];
        loop {
            if (self.stops)() {
                return Err(Try::Not(Miss::Stopped)); // what came stays, and is gone on with
            }
            let n = match answer.body().read(&mut block) {
                Ok(0) => return Ok(()),
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(Try::Again(format!("{url} broke off after {} bytes: {e}", part.len), None)),
            };
            if part.len + n as u64 > size_max {
                return Err(too_large());
            }
            part.own.write_at(block.get(..n).unwrap_or_default(), part.len)?;
            part.len += n as u64;
            (self.moved)(n as u64);
        }
    }

    /// Compares what came with what it should be, and keeps it.
    fn settle(&self, effect: &Effect, request: &Request, part: Part, answer: &Answer) -> Result<Got, Try> {
        let part = self.unpacked(effect, request, part, answer)?;
        let head = part.own.read(part.len.min(sniff::HEAD as u64) as usize, 0)?;
        let (digest, sha256) = sums(&part.own)?;
        let wrong = match &request.sha256 {
            Some(want) if *want != sha256 => {
                Some(format!("its SHA-256 is {sha256}, and the manifest says {want}: it is not taken"))
            }
            _ => sniff::wrong(&request.path, &head),
        };
        if let Some(say) = wrong {
            return Err(Try::Not(Miss::Failed(format!("{}: {say}", answer.url))));
        }
        let (line, remarks) = self.line(request, answer, (digest, part.len, sha256));
        self.objects.keep(part, digest)?;
        Ok(Got::New(Box::new(line), remarks))
    }

    /// A server may pack what it sends although it was asked not to.
    fn unpacked(&self, effect: &Effect, request: &Request, part: Part, answer: &Answer) -> Result<Part, Try> {
        let size_max = effect.size_max;
        let own = |end: &&str| request.path.to_ascii_lowercase().ends_with(*end);
        let packing = answer.header("content-encoding").unwrap_or_default().to_ascii_lowercase();
        match packing.as_str() {
            "" | "identity" => return Ok(part),
            // some servers say so of files that are packed by themselves
            "gzip" | "x-gzip" if [".gz", ".tgz"].iter().any(own) => return Ok(part),
            "gzip" | "x-gzip" => {}
            other => {
                let say = format!("{} came packed as `{other}`, which was not asked for", answer.url);
                return Err(Try::Not(Miss::Failed(say)));
            }
        }
        let mut out = self.objects.part(&unpacked_key(effect, request))?;
        self.objects.begin(&mut out, None)?;
        let mut input = decompressor("it.gz", Box::new(io::BufReader::new(self.objects.read_part(&part)?)));
        let bound = size_max.min(part.len.saturating_mul(1100).max(1 << 20));
        let mut block = vec![0; BLOCK];
        loop {
            let n = input.read(&mut block).map_err(|e| Try::Again(format!("{}: {e}", answer.url), None))?;
            if n == 0 {
                self.objects.drop_part(part)?;
                return Ok(out);
            }
            if out.len + n as u64 > bound {
                let say = format!("{} unpacks to more than {bound} bytes; `size_max` bounds it", answer.url);
                return Err(Try::Not(Miss::Failed(say)));
            }
            out.own.write_at(block.get(..n).unwrap_or_default(), out.len)?;
            out.len += n as u64;
        }
    }

    fn line(&self, request: &Request, answer: &Answer, of: (Digest, u64, String)) -> (FetchedLock, Vec<String>) {
        let (digest, bytes, sha256) = of;
        let from = answer.url.to_string();
        let robots = opt_outs(&answer.headers("x-robots-tag"));
        let mut remarks = Vec::new();
        if let Some(robots) = &robots {
            remarks.push(format!("the server says `{robots}` (X-Robots-Tag): ask whether the data may be used"));
        }
        if bytes == 0 {
            remarks.push("it is empty".to_string());
        }
        let line = FetchedLock {
            path: request.path.clone(),
            unpack: request.unpack,
            digest: digest.hex(),
            bytes: Some(bytes),
            sha256: request.sha256.as_ref().map(|_| sha256),
            media: answer.media_type(),
            fetched: self.world.date(),
            // a signed address of a moment is nobody's to use, and none that stays
            from: (from != request.url).then(|| match secret_key(&from) {
                Some(_) => without_query(&from).to_string(),
                None => from,
            }),
            etag: answer.header("etag"),
            modified: answer.header("last-modified"),
            license: answer.headers("link").iter().flat_map(|link| licenses_of(link, &answer.url)).next(),
            robots,
            of: request.of.clone(),
            revision: None,
            globs: Vec::new(),
            left: Vec::new(),
        };
        (line, remarks)
    }
}

/// What a part is called: two sources may fetch one address at a time.
fn part_key(effect: &Effect, request: &Request) -> String {
    format!("{} {}", effect.name, request.url)
}

/// The same of what is unpacked from it.
fn unpacked_key(effect: &Effect, request: &Request) -> String {
    format!("unpacked {}", part_key(effect, request))
}

pub(super) fn no_answer(e: NoAnswer) -> Try {
    match e {
        NoAnswer::Refused(say) => Try::Not(Miss::Failed(say)),
        NoAnswer::Broken(say) => Try::Again(say, None),
    }
}

/// What the server knows a content by, so that a part of it may be gone on with: a strong tag, else the time.
fn validator(answer: &Answer) -> Option<String> {
    answer.header("etag").filter(|tag| !tag.starts_with("W/")).or_else(|| answer.header("last-modified"))
}

/// A status in words, as RFC 9110 names it.
fn status_say(status: u16) -> String {
    let say = match status {
        300..=399 => "the server sends elsewhere, which is not followed",
        401 => "the server asks who you are",
        403 => "the server forbids it",
        404 => "not found",
        410 => "gone",
        429 => "too many requests",
        451 => "not available for legal reasons",
        500..=599 => "the server failed",
        _ => "no file",
    };
    format!("{say} ({status})")
}

/// Words of `X-Robots-Tag` by which a server keeps what it serves from being used as data.
const OPT_OUTS: [&str; 6] = ["noai", "noimageai", "noml", "noindex", "noimageindex", "none"];

/// The words by which it says so, to robots as a whole or to this one; in order, once each.
pub fn opt_outs(tags: &[String]) -> Option<String> {
    let mut found = words_of(tags.iter().map(String::as_str));
    found.retain(|word| OPT_OUTS.contains(&word.as_str()));
    found.sort();
    found.dedup();
    (!found.is_empty()).then(|| found.join(", "))
}

/// The addresses of licences, of a header `Link: <address>; rel="license"` (RFC 8288). One with an `anchor` says something of
/// another page, unless it names this one.
pub fn licenses_of(link: &str, page: &Url) -> Vec<String> {
    let (mut out, mut rest) = (Vec::new(), link);
    while let Some((address, behind)) = rest.split_once('<').and_then(|(_, from)| from.split_once('>')) {
        let (own, next) = behind.split_at(unquoted(behind, ',').unwrap_or(behind.len()));
        let (mut is, mut of_page, mut own) = (false, true, own);
        while !own.is_empty() {
            let (one, more) = own.split_at(unquoted(own, ';').unwrap_or(own.len()));
            own = more.get(1..).unwrap_or_default();
            let Some((name, value)) = one.split_once('=') else { continue };
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "rel" => is = is || value.split_whitespace().any(|word| word.eq_ignore_ascii_case("license")),
                "anchor" => of_page = page.join(value).is_ok_and(|url| url == *page),
                _ => {}
            }
        }
        let address = page.join(address).ok().filter(|_| is && of_page);
        out.extend(address.map(|url| url.to_string()));
        rest = next;
    }
    out
}

/// Where a character stands outside of quotation marks.
fn unquoted(text: &str, mark: char) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (c == mark && !quoted).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opt_outs_are_heard_where_they_are_meant() {
        let of = |tags: &[&str]| opt_outs(&tags.iter().map(|t| t.to_string()).collect::<Vec<_>>());
        assert_eq!(of(&["noai, noimageai"]), Some("noai, noimageai".into()));
        assert_eq!(of(&["otherbot: noai", "max-snippet: 20"]), None);
        assert_eq!(of(&["tamis: NoAI", "noindex"]), Some("noai, noindex".into()));
        assert_eq!(of(&["noarchive"]), None);
        assert_eq!(of(&["max-snippet: 20, noimageindex"]), Some("noimageindex".into()));
        assert_eq!(of(&["none"]), Some("none".into()));
    }

    #[test]
    fn licences_of_headers() {
        let page = Url::parse("https://example.org/data/a.csv").unwrap();
        for (link, is) in [
            ("</l>; rel=\"license\"", "https://example.org/l"),
            ("<b>; rel=next, <https://x.org/by/4.0/>; rel=\"a license\"", "https://x.org/by/4.0/"),
            ("<b>; rel=next", ""),
            ("<https://x.org/a,b>;title=\"x, <y>; rel=next\" ; REL = License", "https://x.org/a,b"),
            ("<a>; rel=license, <c>; rel=license", "https://example.org/data/a https://example.org/data/c"),
            ("<a>; rel=license; anchor=\"/other\"", ""),
            ("<a>; rel=license; anchor=\"#x\"", "https://example.org/data/a"),
            ("<a", ""),
        ] {
            assert_eq!(licenses_of(link, &page).join(" "), is, "{link}");
        }
    }
}

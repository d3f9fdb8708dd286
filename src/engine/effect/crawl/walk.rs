//! The walk from page to page, one distance from the starts after the other, in the order in which links stand. It depends on
//! what the servers answer alone, and on no clock.
use super::super::super::lock::FetchedLock;
use super::super::get::{Miss, Way};
use super::account::Account;
use super::ahead::ahead;
use super::judge::{Left, Reserved, attribution, claim, is_page, may_follow};
use super::log::{Before, Entry, Kind, Log};
use super::pack::{Pack, raw};
use super::pictures::Pictures;
use super::visit::Visitor;
use crate::formats::html::{Facts, NESTING, Page, decoded, listed};
use crate::formats::packing::decompressor;
use crate::measure::urls::Url;
use crate::model::license::UNKNOWN;
use crate::stage::{Crawl, Effect};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};

/// Characters that are kept of what is no address.
const ODD: usize = 200;

/// A page as a row.
#[derive(Serialize)]
struct Row<'p> {
    /// The address that the page gives itself, else that under which it was found.
    url: String,
    /// The address under which it came.
    found: String,
    title: &'p str,
    author: &'p str,
    date: Option<&'p str>,
    text: &'p str,
    /// An SPDX expression; `NOASSERTION` where what the page says is not known.
    license: Option<&'p str>,
    license_url: Option<&'p str>,
    /// In which way the page says so, and what stands there.
    license_evidence: Option<String>,
    attribution: Option<String>,
    fetched: &'p str,
    /// The page as it came, among the files of the crawl.
    page: String,
    pictures: Vec<String>,
}

/// A walk under way.
struct Walk<'a> {
    crawl: &'a Crawl,
    effect: &'a Effect,
    visitor: Visitor<'a>,
    pack: Pack<'a>,
    pictures: Pictures,
    /// Servers that are asked at a time.
    jobs: usize,
    /// Addresses that were found.
    seen: BTreeSet<String>,
    /// Addresses that pages gave themselves.
    canonical: BTreeSet<String>,
    /// Links that name a visit, and are followed without that.
    visits: u64,
    /// Site maps that site maps list.
    maps: BTreeSet<String>,
    /// Links that are not followed since their page says so, and those that are no addresses.
    held: BTreeSet<String>,
    odd: BTreeSet<String>,
    /// What of pages could not be read as it is: of how many, and which was the first.
    lost: BTreeMap<String, (u64, String)>,
}

pub fn walk(
    way: &Way,
    (effect, crawl): (&Effect, &Crawl),
    was: Option<&FetchedLock>,
    jobs: usize,
) -> Result<(FetchedLock, Vec<String>), Miss> {
    let visitor = Visitor::new(way, effect, crawl, Before::of(way.objects, was), jobs)?;
    let pack = Pack::begin(way, effect)?;
    let (pictures, seen, canonical, visits, maps, held, odd, lost) = Default::default();
    let mut walk =
        Walk { crawl, effect, visitor, pack, pictures, jobs, seen, canonical, visits, maps, held, odd, lost };
    walk.pages()?;
    if crawl.images {
        let Walk { pictures, visitor, pack, .. } = &mut walk;
        pictures.collect(crawl, visitor, pack, jobs)?;
    }
    walk.count_links();
    Log::remove(way.world, effect, crawl)?;
    let Walk { visitor, pack, lost, .. } = walk;
    let (told, robots) = visitor.account();
    let account = Account { crawl, visitor: &visitor, pack: &pack, lost: &lost, told };
    account.check()?;
    let remarks = account.remarks();
    let line = pack.finish(crawl, &robots)?;
    Ok((line, remarks))
}

impl Walk<'_> {
    fn pages(&mut self) -> Result<(), Miss> {
        let mut level = self.starts()?;
        let mut asked = 0;
        for depth in 0..=self.crawl.depth {
            let mut next = Vec::new();
            let room = self.crawl.pages_max.saturating_sub(asked);
            let soon: Vec<(Kind, Url)> = level.iter().take(room as usize).map(|u| (Kind::Page, u.clone())).collect();
            ahead(&self.visitor, &soon, self.jobs)?;
            for url in std::mem::take(&mut level) {
                if (self.visitor.way.stops)() {
                    return Err(Miss::Stopped);
                }
                if asked >= self.crawl.pages_max {
                    self.pack.count("limit.pages_max", 1);
                    continue;
                }
                asked += 1;
                let links = self.page(&url)?;
                self.follow(links, depth, &mut next);
            }
            level = next;
        }
        Ok(())
    }

    /// Where the walk begins.
    fn starts(&mut self) -> Result<Vec<Url>, Miss> {
        let mut out = Vec::new();
        for start in &self.crawl.start {
            let url = Url::parse(start).map_err(Miss::Failed)?;
            let maps = if self.crawl.sitemaps { self.visitor.sitemaps(&url)? } else { Vec::new() };
            let maps: Vec<Url> = self.resolved(&url, &maps);
            for one in std::iter::once(url).chain(maps) {
                if !self.seen.insert(one.to_string()) {
                    continue;
                }
                // a site map may lie on another server, which is asked only if it is named
                if self.visitor.in_scope(&one) {
                    out.push(one);
                } else {
                    self.pack.count("scope.host", 1);
                }
            }
        }
        Ok(out)
    }

    /// The addresses that references on a page mean; what is none is counted.
    fn resolved(&mut self, at: &Url, references: &[String]) -> Vec<Url> {
        let mut out = Vec::new();
        for reference in references {
            match at.join(reference) {
                Ok(url) => out.push(url),
                Err(_) => drop(self.odd.insert(reference.chars().take(ODD).collect())),
            }
        }
        out
    }

    /// Puts the links of a page behind those that were found.
    fn follow(&mut self, links: Vec<Url>, depth: u32, next: &mut Vec<Url>) {
        for link in links {
            let link = match link.lasting() {
                Some(lasting) => {
                    self.visits += 1;
                    lasting
                }
                None => link,
            };
            if !self.seen.insert(link.to_string()) {
                continue;
            }
            if !self.visitor.in_scope(&link) {
                self.pack.count("scope.host", 1);
            } else if !self.visitor.paths.has(&link)
                && (!self.maps.contains(&link.to_string()) || self.visitor.paths.leaves_out(&link))
            {
                self.pack.count("scope.path", 1);
            } else if depth >= self.crawl.depth {
                self.pack.count("limit.depth", 1);
            } else {
                next.push(link);
            }
        }
    }

    /// Counts links that nobody followed.
    fn count_links(&mut self) {
        let held = self.held.difference(&self.seen).count();
        self.pack.count("scope.nofollow", held as u64);
        self.pack.count("scope.no_address", self.odd.len() as u64);
        self.pack.count("scope.session", self.visits);
    }

    fn lose(&mut self, what: &str, at: &Url) {
        self.lost.entry(what.to_string()).or_insert_with(|| (0, at.to_string())).0 += 1;
    }

    /// One page: what it gives, and where it leads.
    fn page(&mut self, url: &Url) -> Result<Vec<Url>, Miss> {
        let entry = self.visitor.visit(Kind::Page, url)?;
        let Some(digest) = entry.digest(self.visitor.way.objects) else {
            self.pack.leave(&entry, &entry.rule, "")?;
            return Ok(Vec::new());
        };
        let at = entry.from.as_deref().and_then(|from| Url::parse(from).ok()).unwrap_or_else(|| url.clone());
        if at != *url && !self.seen.insert(at.to_string()) {
            self.pack.leave(&entry, "page.duplicate", "it redirects to a page that is there")?;
            return Ok(Vec::new());
        }
        let bytes = match self.unpacked(self.visitor.bytes(digest)?) {
            Ok(bytes) => bytes,
            Err(say) => {
                self.pack.leave(&entry, "page.not_html", &say)?;
                return Ok(Vec::new());
            }
        };
        let decoded = decoded(&bytes, entry.media.as_deref(), at.host());
        if !is_page(entry.media.as_deref(), &decoded.text) {
            let Some(listed) = listed(&decoded.text) else {
                self.pack.leave(&entry, "page.not_html", "it is no page in HTML")?;
                return Ok(Vec::new());
            };
            self.pack.passed(&entry)?;
            if listed.broken || listed.full {
                let what = if listed.broken {
                    "site maps that break off"
                } else {
                    "site maps with more addresses than are read"
                };
                self.lose(what, &at);
            }
            let addresses = self.resolved(&at, &listed.addresses);
            // what `include` wants are pages, and not the site maps that list them
            let maps = addresses.iter().filter(|_| listed.maps);
            self.maps.extend(maps.map(Url::to_string));
            return Ok(addresses);
        }
        let page = Page::read(&decoded.text, &at, &Facts { licenses: entry.licenses.clone() });
        for what in page.lost.iter().copied().chain(decoded.broken.then_some("characters")) {
            self.lose(&format!("{what} that could not be read"), &at);
        }
        if let Some(guess) = decoded.guessed {
            self.lose(&format!("encodings that nothing names, read as {guess}"), &at);
        }
        self.odd.extend(page.odd.iter().map(|odd| odd.chars().take(ODD).collect()));
        self.held.extend(page.held.iter().map(Url::to_string));
        if self.visitor.paths.has(&at) {
            self.judge(&entry, &at, &page)?;
        } else {
            self.pack.passed(&entry)?;
        }
        if may_follow(&entry, &page) {
            return Ok(page.links);
        }
        self.held.extend(page.links.iter().map(Url::to_string));
        Ok(Vec::new())
    }

    /// What is packed as a file, as site maps often are, becomes what is in it.
    fn unpacked(&self, bytes: Vec<u8>) -> Result<Vec<u8>, String> {
        if !bytes.starts_with(b"\x1f\x8b") {
            return Ok(bytes);
        }
        let max = self.effect.size_max;
        let mut out = Vec::new();
        let mut all = decompressor("it.gz", Box::new(Cursor::new(bytes))).take(max.saturating_add(1));
        all.read_to_end(&mut out).map_err(|e| format!("it is packed and does not unpack: {e}"))?;
        if out.len() as u64 > max { Err(format!("it unpacks to more than {max} bytes")) } else { Ok(out) }
    }

    fn judge(&mut self, entry: &Entry, at: &Url, page: &Page) -> Result<(), Miss> {
        if page.lost.contains(&NESTING) {
            // what is not read may reserve or claim something
            return self.pack.leave(entry, "page.nesting", "its elements nest too deep to be read");
        }
        let reserved = Reserved::of(entry, Some(page), self.visitor.listed(at));
        if let Some((rule, say)) = reserved.left(self.crawl) {
            return self.pack.leave(entry, &rule, &say);
        }
        let url = page.canonical.as_ref().unwrap_or(at);
        if !self.canonical.insert(url.to_string()) {
            return self.pack.leave(entry, "page.duplicate", "a page with the same address of its own is there");
        }
        if self.crawl.images {
            self.pictures.note(page, url, entry);
            self.pack.file(&raw(entry), entry);
            return self.pack.passed(entry);
        }
        match self.row(entry, at, url, page) {
            Ok(row) => self.pack.keep(entry, &row, &raw(entry)),
            Err((rule, say)) => self.pack.leave(entry, &rule, &say),
        }
    }

    fn row<'p>(&self, entry: &'p Entry, at: &Url, url: &Url, page: &'p Page) -> Result<Row<'p>, Left> {
        if page.text.is_empty() {
            return Err(("page.empty".into(), "it has no text".into()));
        }
        let claim = claim(&page.claimed)?;
        Ok(Row {
            url: url.to_string(),
            found: at.to_string(),
            title: &page.title,
            author: &page.author,
            date: page.date.as_deref(),
            text: &page.text,
            license: claim.map(|c| c.license.as_deref().unwrap_or(UNKNOWN)),
            license_url: claim.map(|c| c.value.as_str()).filter(|value| value.contains("://")),
            license_evidence: claim.map(|c| format!("{}: {}", c.how, c.shown)),
            attribution: claim.map(|c| attribution(&page.title, &page.author, url, c)),
            fetched: &entry.fetched,
            page: raw(entry),
            pictures: page.pictures.iter().map(|p| p.address.to_string()).collect(),
        })
    }
}

//! The walk from page to page, one distance from the starts after the other, in the order in which links stand. It depends on
//! what the servers answer alone, and on no clock.
use super::super::super::lock::FetchedLock;
use super::super::get::{Miss, Way};
use super::judge::{Left, Reserved, attribution, claim, is_page, may_follow};
use super::log::{self, Entry, Kind, Log};
use super::pack::{Pack, raw};
use super::pictures::Pictures;
use super::visit::Visitor;
use crate::engine::scan::find::Wanted;
use crate::formats::html::{Facts, NESTING, Page, decoded, listed};
use crate::measure::urls::{Url, decoded as plain};
use crate::model::license::UNKNOWN;
use crate::stage::{Crawl, Effect};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

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
    /// The paths that are asked for.
    wanted: Wanted,
    visitor: Visitor<'a>,
    pack: Pack<'a>,
    pictures: Pictures,
    /// Addresses that were found.
    seen: BTreeSet<String>,
    /// Addresses that pages gave themselves.
    canonical: BTreeSet<String>,
    /// What of pages could not be read: of how many, and which was the first.
    lost: BTreeMap<&'static str, (u64, String)>,
}

pub fn walk(
    way: &Way,
    effect: &Effect,
    crawl: &Crawl,
    was: Option<&FetchedLock>,
) -> Result<(FetchedLock, Vec<String>), Miss> {
    let known = log::known(way.objects, was);
    let visitor = Visitor::new(way, effect, crawl, known)?;
    let pack = Pack::begin(way, effect)?;
    let (seen, canonical, lost) = Default::default();
    let all = ["**".to_string()];
    let wanted = Wanted::of(if crawl.include.is_empty() { &all[..] } else { &crawl.include[..] }, &crawl.exclude);
    let mut walk = Walk { crawl, wanted, visitor, pack, pictures: Pictures::default(), seen, canonical, lost };
    walk.pages()?;
    if crawl.images {
        let Walk { pictures, visitor, pack, .. } = &mut walk;
        pictures.collect(crawl, visitor, pack)?;
    }
    let Walk { visitor, pack, lost, .. } = walk;
    let robots = visitor.texts.take();
    let (line, left, kept) = pack.finish(crawl, &robots)?;
    Log::remove(way.world, effect, crawl)?;
    let told: Vec<String> = left.iter().map(|(rule, n)| format!("{n} {rule}")).collect();
    let what = if crawl.images { "pictures" } else { "pages" };
    let out = if told.is_empty() { "nothing left out".into() } else { format!("left out: {}", told.join(", ")) };
    if kept == 0 {
        return Err(Miss::Failed(format!("no {what} kept; {out}")));
    }
    let mut remarks = vec![format!("{kept} {what} kept; {out}")];
    remarks.extend(
        lost.iter().map(|(what, (n, first))| format!("{n} pages have {what} that could not be read, such as {first}")),
    );
    Ok((line, remarks))
}

impl Walk<'_> {
    fn pages(&mut self) -> Result<(), Miss> {
        let mut level = self.starts()?;
        let mut asked = 0;
        for depth in 0..=self.crawl.depth {
            let mut next = Vec::new();
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
            // a site map may lie on another server, which is asked only if it is named
            let maps = maps.iter().filter_map(|map| url.join(map).ok()).filter(|map| self.visitor.in_scope(map));
            for one in std::iter::once(url.clone()).chain(maps) {
                if self.seen.insert(one.to_string()) {
                    out.push(one);
                }
            }
        }
        Ok(out)
    }

    /// Puts the links of a page behind those that were found.
    fn follow(&mut self, links: Vec<Url>, depth: u32, next: &mut Vec<Url>) {
        for link in links {
            if !self.seen.insert(link.to_string()) {
                continue;
            }
            if !self.visitor.in_scope(&link) {
                self.pack.count("scope.host", 1);
            } else if !self.is_wanted(&link) {
                self.pack.count("scope.path", 1);
            } else if depth >= self.crawl.depth {
                self.pack.count("limit.depth", 1);
            } else {
                next.push(link);
            }
        }
    }

    /// Whether `include` and `exclude` let a page through.
    fn is_wanted(&self, url: &Url) -> bool {
        let path = plain(url.path());
        let path = path.trim_start_matches('/');
        // the page of a folder has an empty name, which no glob matches
        let index = if path.is_empty() || path.ends_with('/') { "index" } else { "" };
        self.wanted.has(&format!("{path}{index}"))
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
        let bytes = self.visitor.bytes(digest)?;
        let (text, broken) = decoded(&bytes, entry.media.as_deref());
        if !is_page(entry.media.as_deref(), &bytes) {
            let links = listed(&text);
            match &links {
                Some(_) => self.pack.passed(&entry)?,
                None => self.pack.leave(&entry, "page.not_html", "it is no page in HTML")?,
            }
            return Ok(links.into_iter().flatten().filter_map(|link| at.join(&link).ok()).collect());
        }
        let page = Page::read(&text, &at, &Facts { licenses: entry.licenses.clone() });
        for what in page.lost.iter().copied().chain(broken.then_some("characters")) {
            self.lost.entry(what).or_insert_with(|| (0, at.to_string())).0 += 1;
        }
        if self.is_wanted(&at) {
            self.judge(&entry, &at, &page)?;
        } else {
            self.pack.passed(&entry)?;
        }
        Ok(if may_follow(&entry, &page) { page.links } else { Vec::new() })
    }

    fn judge(&mut self, entry: &Entry, at: &Url, page: &Page) -> Result<(), Miss> {
        if page.lost.contains(&NESTING) {
            // what is not read may reserve or claim something
            return self.pack.leave(entry, "page.nesting", "its elements nest too deep to be read");
        }
        let reserved = Reserved::of(entry, Some(page), self.visitor.is_reserved(at));
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

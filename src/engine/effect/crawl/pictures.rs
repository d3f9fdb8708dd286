//! Pictures as samples of their own: each under the licence that is claimed of it, by what stands nearest to it. Only those
//! are asked for that may be taken.
use super::super::get::Miss;
use super::ahead::ahead;
use super::judge::{Left, Reserved, attribution, claim, picture};
use super::log::{Entry, Kind};
use super::pack::{Pack, raw};
use super::visit::Visitor;
use crate::formats::html::{Claim, Embedded, Page};
use crate::measure::urls::Url;
use crate::stage::Crawl;
use serde::Serialize;
use std::collections::BTreeMap;

/// A picture as a row.
#[derive(Serialize)]
struct Row<'p> {
    file_name: &'p str,
    url: String,
    /// The page on which it stands, and its bytes as `raw/` names them.
    page: &'p str,
    page_file: &'p str,
    title: &'p str,
    author: &'p str,
    alt: &'p str,
    caption: &'p str,
    license: &'p str,
    license_url: Option<&'p str>,
    license_evidence: String,
    attribution: String,
    fetched: &'p str,
}

/// A picture as pages show it.
struct Shown {
    url: Url,
    page: Url,
    page_file: String,
    title: String,
    author: String,
    alt: String,
    caption: String,
    /// What is claimed of it, or why it is left out.
    claim: Result<Claim, Left>,
}

/// The pictures of all pages, in the order in which they were found.
#[derive(Default)]
pub struct Pictures {
    all: Vec<Shown>,
    by_address: BTreeMap<String, usize>,
}

impl Pictures {
    /// The pictures of a page that may be collected.
    pub fn note(&mut self, page: &Page, url: &Url, entry: &Entry) {
        for one in &page.pictures {
            let claimed = match claim(&one.claimed) {
                Ok(Some(claim)) => Ok(claim.clone()),
                Ok(None) => Err(("license.missing".into(), "no page says under which licence it is".into())),
                Err(left) => Err(left),
            };
            let address = one.address.to_string();
            if let Some(shown) = self.by_address.get(&address).and_then(|at| self.all.get_mut(*at)) {
                shown.claim = together(std::mem::replace(&mut shown.claim, Err(Left::default())), claimed);
                continue;
            }
            self.by_address.insert(address, self.all.len());
            self.all.push(Shown {
                url: one.address.clone(),
                page: url.clone(),
                page_file: raw(entry),
                title: page.title.clone(),
                author: page.author.clone(),
                alt: one.alt.clone(),
                caption: one.caption.clone(),
                claim: claimed,
            });
        }
    }

    /// Asks for what may be taken.
    pub fn collect(&self, crawl: &Crawl, visitor: &Visitor, pack: &mut Pack, jobs: usize) -> Result<(), Miss> {
        let soon = self.all.iter().filter(|shown| may_take(crawl, visitor, shown).is_ok());
        let soon: Vec<(Kind, Url)> = soon.map(|shown| (Kind::Image, shown.url.clone())).collect();
        ahead(visitor, &soon, jobs)?;
        for shown in &self.all {
            if (visitor.way.stops)() {
                return Err(Miss::Stopped);
            }
            let not_asked = Entry { url: shown.url.to_string(), kind: Kind::Image, ..Entry::default() };
            match may_take(crawl, visitor, shown) {
                Err((rule, say)) => pack.leave(&not_asked, &rule, &say)?,
                Ok(claim) => one(crawl, visitor, pack, shown, claim)?,
            }
        }
        Ok(())
    }
}

/// Two claims of one picture: they must agree, and one that says nothing says nothing against the other.
fn together(first: Result<Claim, Left>, second: Result<Claim, Left>) -> Result<Claim, Left> {
    let missing = |claim: &Result<Claim, Left>| claim.as_ref().is_err_and(|left| left.0 == "license.missing");
    match (first, second) {
        (Ok(a), Ok(b)) if a.license != b.license || (a.license.is_none() && a.value != b.value) => {
            Err(("license.conflict".into(), "two pages claim different licences of it".into()))
        }
        (first, second) if missing(&first) => second,
        (first, second) if missing(&second) => first,
        (Ok(_), Err(left)) => Err(left),
        (first, _) => first,
    }
}

/// Whether a picture may be asked for.
fn may_take<'s>(crawl: &Crawl, visitor: &Visitor, shown: &'s Shown) -> Result<&'s Claim, Left> {
    let claim = shown.claim.as_ref().map_err(Clone::clone)?;
    let Some(license) = &claim.license else {
        return Err(("license.unknown".into(), format!("its licence is not known: {}", claim.value)));
    };
    if !crawl.licenses.is_empty() && !crawl.licenses.contains(license) {
        return Err(("license.not_allowed".into(), format!("{license} is not among `licenses_allowed`")));
    }
    if !visitor.in_scope(&shown.url) {
        return Err(("scope.host".into(), "another server, which `hosts` does not name".into()));
    }
    if visitor.paths.leaves_out(&shown.url) {
        return Err(("scope.path".into(), "`exclude` names it".into()));
    }
    Ok(claim)
}

fn one(crawl: &Crawl, visitor: &Visitor, pack: &mut Pack, shown: &Shown, claim: &Claim) -> Result<(), Miss> {
    let entry = visitor.visit(Kind::Image, &shown.url)?;
    let Some(digest) = entry.digest(visitor.way.objects) else {
        return pack.leave(&entry, &entry.rule, "");
    };
    let at = entry.from.as_deref().and_then(|from| Url::parse(from).ok()).unwrap_or_else(|| shown.url.clone());
    let bytes = visitor.bytes(digest)?;
    let own = Embedded::of(&bytes);
    let reserved = Reserved::of(&entry, None, visitor.listed(&at)).with(&own);
    if let Some((rule, say)) = reserved.left(crawl) {
        return pack.leave(&entry, &rule, &say);
    }
    let Some(end) = picture(&bytes) else {
        return pack.leave(&entry, "image.format", "its bytes are those of no picture that can be read");
    };
    if let Some(own) = own.licenses.iter().find(|own| claim.license.as_ref() != Some(own)) {
        let say = format!("its own metadata says {own}, and its page something else");
        return pack.leave(&entry, "license.conflict", &say);
    }
    let name = entry.digest.get(..32).unwrap_or(&entry.digest);
    let path = format!("images/{name}.{end}");
    if !pack.file(&path, &entry) {
        return pack.leave(&entry, "image.duplicate", "the same picture is there under another address");
    }
    let page = shown.page.to_string();
    let title = [&shown.caption, &shown.alt, &shown.title].into_iter().find(|t| !t.is_empty());
    let row = Row {
        file_name: &path,
        url: shown.url.to_string(),
        page: &page,
        page_file: &shown.page_file,
        title: &shown.title,
        author: &shown.author,
        alt: &shown.alt,
        caption: &shown.caption,
        license: claim.license.as_deref().unwrap_or(&claim.value),
        license_url: Some(claim.value.as_str()).filter(|value| value.contains("://")),
        license_evidence: format!("{}: {}", claim.how, claim.shown),
        attribution: attribution(title.map_or("", String::as_str), &shown.author, &shown.page, claim),
        fetched: &entry.fetched,
    };
    pack.keep(&entry, &row, &path)
}

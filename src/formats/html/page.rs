//! What is taken of a page: its address and names, its main text, where it leads, its pictures, what it forbids, and under
//! which licence it says it is.
use super::body;
use super::embedded::flag;
use super::licence::{Claimed, Claims, Look, article};
use super::marked::{self, Kind, Thing};
use super::tree::{Id, ROOT, Tree, spaced};
use crate::measure::robots::{ROBOT, words_of};
use crate::measure::urls::Url;
use crate::model::days;
use std::collections::BTreeMap;

/// Characters of a title, a caption, or a name.
const LINE_MAX: usize = 2000;
/// What is lost of a page that nests too deep: all behind that place.
pub const NESTING: &str = "nesting";
/// Links and pictures of one page, at most.
const MOST: usize = 20_000;

/// What is known of a page beside its text.
#[derive(Default)]
pub struct Facts {
    /// Addresses of `Link: <...>; rel="license"`.
    pub licenses: Vec<String>,
}

/// What is taken of a page.
#[derive(Debug, Default)]
pub struct Page {
    /// The address that the page gives itself (`rel=canonical`), where it is one of the same server.
    pub canonical: Option<Url>,
    pub title: String,
    pub author: String,
    /// The day on which it was published, `2026-01-31`.
    pub date: Option<String>,
    /// The main text, a paragraph a line.
    pub text: String,
    pub links: Vec<Url>,
    /// Links that are not to be followed (`rel=nofollow`).
    pub held: Vec<Url>,
    /// What stands in place of an address in links, and is none.
    pub odd: Vec<String>,
    pub pictures: Vec<Picture>,
    /// Words of `meta` for robots, in small letters.
    pub robots: Vec<String>,
    /// Whether the page reserves text and data mining (TDMRep), if it says so or the contrary.
    pub reserved: Option<bool>,
    pub claimed: Claimed,
    /// Links, pictures and JSON beyond what is read, or that do not read.
    pub lost: Vec<&'static str>,
}

/// A picture on a page.
#[derive(Debug)]
pub struct Picture {
    pub address: Url,
    pub alt: String,
    pub caption: String,
    pub claimed: Claimed,
}

impl Page {
    /// Reads a page that lies at an address.
    pub fn read(text: &str, url: &Url, facts: &Facts) -> Page {
        let tree = Tree::parse(text);
        let base = tree.all("base").find_map(|id| url.join(tree.attribute(id, "href")?).ok());
        let base = base.unwrap_or_else(|| url.clone());
        let (things, broken) = marked::things(&tree);
        let canonical = canonical(&tree, &base, url);
        let own: Vec<&Url> = std::iter::once(url).chain(canonical.as_ref()).collect();
        let article = article(&tree);
        let look = Look { tree: &tree, base: &base, own: &own, things: &things, headers: &facts.licenses, article };
        let claims = Claims::of(&look);
        let mut page = Page { claimed: claims.page(), ..Page::default() };
        page.robots = robots(&tree);
        page.reserved = metas(&tree, &["tdm-reservation"]).find_map(flag);
        let works: Vec<&Thing> = things.iter().filter(|t| t.kind == Kind::Work && t.is_about(&own)).collect();
        page.title = title(&tree, &works);
        page.author = author(&tree, &works);
        page.date = date(&tree, &works);
        page.text = body::text(&tree);
        (page.links, page.held, page.odd) = links(&tree, &base);
        page.pictures = pictures(&tree, &base, &claims);
        let full = [
            (tree.too_deep, NESTING),
            (broken, "JSON"),
            (page.links.len() + page.held.len() + page.odd.len() >= MOST, "links"),
            (page.pictures.len() >= MOST, "pictures"),
        ];
        page.lost = full.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect();
        page.canonical = canonical;
        page
    }
}

/// What `meta` elements of some names, or properties, say.
fn metas<'t>(tree: &'t Tree, names: &'t [&str]) -> impl Iterator<Item = &'t str> {
    let named = |id: &Id| {
        let own = ["name", "property", "itemprop", "http-equiv"].iter().find_map(|key| tree.attribute(*id, key));
        own.is_some_and(|own| names.iter().any(|name| own.trim().eq_ignore_ascii_case(name)))
    };
    tree.all("meta").filter(named).filter_map(|id| tree.attribute(id, "content"))
}

/// What is forbidden to all robots, or to this one.
fn robots(tree: &Tree) -> Vec<String> {
    words_of(metas(tree, &["robots", ROBOT, "x-robots-tag"]))
}

/// Another server cannot be named: it would give its place to somebody else's text.
fn canonical(tree: &Tree, base: &Url, url: &Url) -> Option<Url> {
    let links = tree.all("link").filter(|id| tree.says(*id, "rel", "canonical"));
    let mut all = links.filter_map(|id| base.join(tree.attribute(id, "href")?).ok());
    all.next().filter(|own| own.host() == url.host())
}

fn line(text: &str) -> String {
    spaced(text).chars().take(LINE_MAX).collect()
}

fn title(tree: &Tree, works: &[&Thing]) -> String {
    let headline = || works.iter().find_map(|work| work.text("headline"));
    let named = || metas(tree, &["og:title", "dc.title", "dcterms.title"]).next().map(String::from);
    let heading = || tree.all("h1").map(|id| tree.words(id)).find(|words| !words.is_empty());
    let head = || tree.all("title").map(|id| tree.words(id)).next();
    let found = headline().or_else(named).filter(|t| !t.trim().is_empty()).or_else(heading).or_else(head);
    line(&found.unwrap_or_default())
}

fn author(tree: &Tree, works: &[&Thing]) -> String {
    let named = || works.iter().find_map(|work| work.named("author").or_else(|| work.named("creator")));
    let attribution = || {
        let is = |id: &Id| {
            let property = tree.attribute(*id, "property").unwrap_or_default();
            property.ends_with("attributionName") || tree.says(*id, "rel", "author")
        };
        let of = |id| tree.attribute(id, "content").map_or_else(|| tree.words(id), String::from);
        tree.walk(ROOT).filter(is).map(of).next()
    };
    let meta = || metas(tree, &["author", "dc.creator", "dcterms.creator", "article:author"]).next().map(String::from);
    let found = named().or_else(meta).or_else(attribution).filter(|name| !name.contains("://"));
    line(&found.unwrap_or_default())
}

/// The first day that is said of the page, in a form that leaves nothing open.
fn date(tree: &Tree, works: &[&Thing]) -> Option<String> {
    const NAMES: [&str; 7] = [
        "article:published_time",
        "datePublished",
        "dc.date",
        "dcterms.date",
        "dcterms.created",
        "date",
        "citation_publication_date",
    ];
    let said = works.iter().filter_map(|work| work.text("datePublished"));
    let times = tree.all("time").filter_map(|id| tree.attribute(id, "datetime").map(String::from));
    let all = said.chain(metas(tree, &NAMES).map(String::from)).chain(times);
    all.filter_map(|text| day(&text)).next()
}

/// The day of `2026-01-31`, or of a moment that begins so.
fn day(text: &str) -> Option<String> {
    let day = text.trim().get(..10)?.replace('/', "-");
    days::is_day(&day).then_some(day)
}

/// The links of a page: those that are followed, those that are not to be, and what is no address.
fn links(tree: &Tree, base: &Url) -> (Vec<Url>, Vec<Url>, Vec<String>) {
    let (mut follows, mut held, mut odd) = (Vec::new(), Vec::new(), Vec::new());
    let hrefs = tree.walk(ROOT).filter_map(|id| Some((id, leads(tree, id)?)));
    for (id, href) in hrefs.filter(|(_, href)| is_of_web(href)).take(MOST) {
        match base.join(href) {
            Ok(url) if tree.says(id, "rel", "nofollow") => held.push(url),
            Ok(url) => follows.push(url),
            Err(_) => odd.push(href.to_string()),
        }
    }
    (follows, held, odd)
}

/// Where an element leads: a link, a frame, or a page that follows by itself.
fn leads(tree: &Tree, id: Id) -> Option<&str> {
    match tree.name(id) {
        "a" | "area" => tree.attribute(id, "href"),
        "link" if tree.says(id, "rel", "next") || tree.says(id, "rel", "prev") => tree.attribute(id, "href"),
        "frame" | "iframe" => tree.attribute(id, "src"),
        "meta" if tree.attribute(id, "http-equiv").is_some_and(|own| own.trim().eq_ignore_ascii_case("refresh")) => {
            let (_, rest) = tree.attribute(id, "content")?.split_once([';', ','])?;
            let rest = rest.trim_start();
            let named = rest.get(..3).is_some_and(|name| name.eq_ignore_ascii_case("url"));
            let to = if named { rest.get(3..)?.trim_start().strip_prefix('=')? } else { rest };
            Some(to.trim().trim_matches(['"', '\''])).filter(|to| !to.is_empty())
        }
        _ => None,
    }
}

/// Whether a reference leads to a page at all, and not to a script or a letter.
fn is_of_web(href: &str) -> bool {
    let end = href.trim_start().find([':', '/', '?', '#']);
    let (scheme, rest) = href.trim_start().split_at(end.unwrap_or(0));
    !rest.starts_with(':') || ["http", "https"].iter().any(|own| scheme.eq_ignore_ascii_case(own))
}

fn pictures(tree: &Tree, base: &Url, claims: &Claims) -> Vec<Picture> {
    let mut captions: BTreeMap<Id, String> = BTreeMap::new();
    let mut one = |id: Id| {
        let address = base.join(source(tree, id)?).ok()?;
        let tiny =
            |name: &str| tree.attribute(id, name).and_then(|n| n.trim().parse::<u32>().ok()).is_some_and(|n| n < 3);
        if tiny("width") || tiny("height") {
            return None; // it counts readers
        }
        let of_figure = |figure: Id| {
            let caption = tree.walk(figure).find(|id| tree.name(*id) == "figcaption");
            caption.map(|id| line(&tree.words(id))).unwrap_or_default()
        };
        let figure = tree.within(id, "figure");
        let caption = figure.map(|id| captions.entry(id).or_insert_with(|| of_figure(id)).clone());
        let caption = caption.filter(|caption| !caption.is_empty());
        let alt = line(tree.attribute(id, "alt").unwrap_or_default());
        let caption = caption.unwrap_or_else(|| line(tree.attribute(id, "title").unwrap_or_default()));
        let claimed = claims.picture(tree, id, &address.to_string(), reserves(&caption));
        Some(Picture { address, alt, caption, claimed })
    };
    tree.all("img").filter_map(&mut one).take(MOST).collect()
}

/// Where a picture lies: many pages load it late, and name it elsewhere until then.
fn source(tree: &Tree, id: Id) -> Option<&str> {
    let set = |name: &str| {
        let last = tree.attribute(id, name)?.split(", ").last()?;
        last.split_ascii_whitespace().next()
    };
    let plain = ["src", "data-src", "data-original"].iter().filter_map(|name| tree.attribute(id, name));
    let all = plain.chain(set("srcset")).map(str::trim);
    all.filter(|src| !src.is_empty() && !src.starts_with("data:")).find(|src| !src.starts_with('#'))
}

/// Whether a caption says that somebody else holds the rights.
fn reserves(caption: &str) -> bool {
    let lower = caption.to_lowercase();
    ["©", "(c)", "ⓒ", "all rights reserved", "무단", "copyright"].iter().any(|mark| lower.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_of_a_page() {
        let html = "<html><head><title>Site | X</title><link rel=canonical href=/x><meta name=robots content='NoAI, nofollow'>\
            <meta name=tdm-reservation content=1><meta property=article:published_time content=2026-01-31T10:00:00Z>\
            <meta name=author content='Kim'></head><body><h1>A <b>stone</b></h1><a href=y#z>y</a><a href=javascript:x>no</a>\
            <a rel=nofollow href=n>n</a><a href='https://u:p@b.org/'>u</a><figure><img data-src=p.png src=data:x alt='A  stone'><figcaption>Stone, 2026</figcaption></figure>\
            <img src=t.gif width=1></body>";
        let page = Page::read(html, &Url::parse("https://a.org/d/x?p=1").unwrap(), &Facts::default());
        assert_eq!(page.canonical.unwrap().to_string(), "https://a.org/x");
        assert_eq!(
            (page.title.as_str(), page.author.as_str(), page.date.as_deref()),
            ("A stone", "Kim", Some("2026-01-31"))
        );
        assert_eq!(page.links.iter().map(Url::to_string).collect::<Vec<_>>(), ["https://a.org/d/y"]);
        assert_eq!(page.held.iter().map(Url::to_string).collect::<Vec<_>>(), ["https://a.org/d/n"]);
        assert_eq!(page.odd, ["https://u:p@b.org/"], "a script is no link, and this is one that cannot be asked for");
        assert_eq!(page.robots, ["noai", "nofollow"]);
        assert_eq!(page.reserved, Some(true));
        let [picture] = page.pictures.as_slice() else { panic!("{:?}", page.pictures) };
        assert_eq!(picture.address.to_string(), "https://a.org/d/p.png");
        assert_eq!((picture.alt.as_str(), picture.caption.as_str()), ("A stone", "Stone, 2026"));
    }

    #[test]
    fn frames_and_pages_that_follow_by_themselves_are_links() {
        let of = |html: &str| {
            let page = Page::read(html, &Url::parse("https://a.org/d/x").unwrap(), &Facts::default());
            page.links.iter().map(Url::to_string).collect::<Vec<_>>().join(" ")
        };
        for (content, is) in [
            ("0; url=main.do", "https://a.org/d/main.do"),
            ("5;URL='/x y'", "https://a.org/x%20y"),
            ("0, /z", "https://a.org/z"),
            ("30", ""),
            ("0; url=", ""),
            ("0; url=javascript:x", ""),
        ] {
            assert_eq!(of(&format!("<meta http-equiv=Refresh content=\"{content}\">")), is, "{content}");
        }
        assert_eq!(
            of("<frameset cols=*><frame src=menu.htm><frame src=/main></frameset>"),
            "https://a.org/d/menu.htm https://a.org/main"
        );
        assert_eq!(of("<iframe src=view?id=1></iframe><iframe src=about:blank></iframe>"), "https://a.org/d/view?id=1");
    }

    #[test]
    fn another_server_is_not_named() {
        let page = Page::read(
            "<link rel=canonical href=https://b.org/x>",
            &Url::parse("https://a.org/x").unwrap(),
            &Facts::default(),
        );
        assert_eq!(page.canonical, None);
    }
}

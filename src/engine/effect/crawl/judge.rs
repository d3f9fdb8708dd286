//! What is kept of what came: nothing that its owner reserves, that claims two licences, or that is no page.
use super::super::get::opt_outs;
use super::log::{AI_TXT as FORBIDDEN, Entry, TDM as RESERVED};
use crate::formats::html::{Claim, Claimed, Embedded, Page, flag};
use crate::measure::robots::words_of;
use crate::measure::urls::Url;
use crate::stage::Crawl;

/// The reservation of text and data mining by TDMRep, as `ignores` names it.
const TDM: &str = "tdm";
/// The same of what ai.txt forbids, and of what a picture says in its own metadata.
const AI_TXT: &str = "ai_txt";
const MINING: &str = "data_mining";
/// Words by which a page keeps its text from being data.
const OF_TEXTS: [&str; 4] = ["noai", "noml", "noindex", "none"];
/// The same of its pictures.
const OF_IMAGES: [&str; 6] = ["noai", "noimageai", "noml", "noindex", "noimageindex", "none"];

/// Why something is left out: the rule, and words.
pub type Left = (String, String);

/// What a server reserves of an address, in files of its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Listed {
    /// `/.well-known/tdmrep.json`, where a rule of it fits.
    pub tdm: Option<bool>,
    /// `/ai.txt`.
    pub ai: bool,
}

/// What a page or a picture reserves for itself, in headers, in `meta` elements, in its metadata or in the lists of its server.
pub struct Reserved {
    words: Vec<String>,
    tdm: bool,
    ai: bool,
    mining: bool,
}

impl Reserved {
    /// `page` is what the page itself says, `listed` what its server does. Of TDMRep a header stands over the list, and what
    /// the page says over both.
    pub fn of(entry: &Entry, page: Option<&Page>, listed: Listed) -> Reserved {
        let header = opt_outs(&entry.tags).unwrap_or_default();
        let mut words: Vec<String> = header.split(", ").filter(|w| !w.is_empty()).map(String::from).collect();
        words.extend(page.into_iter().flat_map(|p| p.robots.iter().cloned()));
        let said = entry.reservation.as_deref().and_then(flag);
        let tdm = page.and_then(|p| p.reserved).or(said).or(listed.tdm).unwrap_or(false);
        Reserved { words, tdm, ai: listed.ai, mining: false }
    }

    /// The same with what a picture says itself.
    pub fn with(self, own: &Embedded) -> Reserved {
        Reserved { tdm: own.tdm.unwrap_or(self.tdm), mining: own.mining, ..self }
    }

    /// Whether it may not be used, and by which word.
    pub fn left(&self, crawl: &Crawl) -> Option<Left> {
        // `none` is `noindex` and `nofollow` in one word
        let own = |word: &str| if word == "none" { "noindex" } else { word }.to_string();
        let ignores = |word: &str| crawl.ignores.contains(&own(word));
        if self.tdm && !ignores(TDM) {
            return Some((RESERVED.into(), "text and data mining is reserved (TDMRep)".into()));
        }
        if self.ai && !ignores(AI_TXT) {
            return Some((FORBIDDEN.into(), "the ai.txt of its server forbids it".into()));
        }
        if self.mining && !ignores(MINING) {
            return Some((
                "reserved.data_mining".into(),
                "its own metadata prohibits data mining (plus:DataMining)".into(),
            ));
        }
        let words: &[&str] = if crawl.images { &OF_IMAGES } else { &OF_TEXTS };
        let word = words.iter().find(|word| self.words.iter().any(|own| own == *word) && !ignores(word))?;
        Some((format!("reserved.{word}"), format!("its owner says `{word}`")))
    }
}

/// Whether links of a page may be followed.
pub fn may_follow(entry: &Entry, page: &Page) -> bool {
    let header = words_of(entry.tags.iter().map(String::as_str));
    !header.iter().chain(&page.robots).any(|word| word == "nofollow" || word == "none")
}

/// Whether a text is a page, by what the server says, or else by how it begins.
pub fn is_page(media: Option<&str>, text: &str) -> bool {
    let media = media.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let begin: String = text.trim_start().chars().take(512).collect::<String>().to_ascii_lowercase();
    let zeros = begin.chars().filter(|c| *c == '\0').count();
    match media.as_str() {
        // what says that it is a page and is full of zeros is something else; a few of them are dirt
        "text/html" | "application/xhtml+xml" => zeros * 16 <= begin.chars().count(),
        "" | "text/plain" | "application/octet-stream" => {
            begin.starts_with("<!doctype html") || begin.starts_with("<html")
        }
        _ => false,
    }
}

/// The end of the name of a picture, by its first bytes.
pub fn picture(bytes: &[u8]) -> Option<&'static str> {
    let at = |i: usize, mark: &[u8]| bytes.get(i..).is_some_and(|rest| rest.starts_with(mark));
    let kinds: [(bool, &'static str); 7] = [
        (at(0, b"\x89PNG\r\n\x1a\n"), "png"),
        (at(0, b"\xff\xd8\xff"), "jpg"),
        (at(0, b"GIF8"), "gif"),
        (at(0, b"RIFF") && at(8, b"WEBP"), "webp"),
        (at(0, b"BM"), "bmp"),
        (at(0, b"II*\0"), "tif"),
        (at(0, b"MM\0*"), "tif"),
    ];
    kinds.into_iter().find(|(is, _)| *is).map(|(_, end)| end)
}

/// The claim that holds; a conflict is left out.
pub fn claim(claimed: &Claimed) -> Result<Option<&Claim>, Left> {
    match claimed {
        Claimed::Nothing => Ok(None),
        Claimed::One(claim) => Ok(Some(claim)),
        Claimed::Conflict(all) => {
            let mut names: Vec<&str> = all.iter().map(|c| c.license.as_deref().unwrap_or(&c.value)).collect();
            names.sort();
            names.dedup();
            Err(("license.conflict".into(), format!("it claims {}", names.join(" and "))))
        }
    }
}

/// Title, author, source and licence in one line, as licences of Creative Commons ask for them.
pub fn attribution(title: &str, author: &str, source: &Url, claim: &Claim) -> String {
    let title = if title.is_empty() { "Untitled".to_string() } else { format!("\"{title}\"") };
    let author = if author.is_empty() { String::new() } else { format!(" by {author}") };
    let license = claim.license.as_deref().unwrap_or(&claim.value);
    let address = if claim.value.contains("://") { format!(" ({})", claim.value) } else { String::new() };
    format!("{title}{author}, {source}, {license}{address}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reserved_is_left_out_unless_it_is_ignored() {
        let entry = Entry { tags: vec!["noai, noindex".into()], ..Entry::default() };
        let texts = Crawl::default();
        let rule = |reserved: &Reserved, crawl: &Crawl| reserved.left(crawl).map(|left| left.0);
        let of = |entry: &Entry, page: Option<&Page>| Reserved::of(entry, page, Listed::default());
        assert_eq!(rule(&of(&entry, None), &texts).as_deref(), Some("reserved.noai"));
        let ignores = Crawl { ignores: vec!["noai".into()], ..Crawl::default() };
        assert_eq!(rule(&of(&entry, None), &ignores).as_deref(), Some("reserved.noindex"));
        let none = Entry { tags: vec!["none".into()], ..Entry::default() };
        assert_eq!(rule(&of(&none, None), &texts).as_deref(), Some("reserved.none"));
        let ignores = Crawl { ignores: vec!["noindex".into()], ..Crawl::default() };
        assert_eq!(rule(&of(&none, None), &ignores), None, "the word that stands for it is ignored");
        let page = Page { robots: vec!["noimageai".into()], ..Page::default() };
        let images = Crawl { images: true, ..Crawl::default() };
        assert_eq!(rule(&of(&Entry::default(), Some(&page)), &texts), None);
        assert_eq!(rule(&of(&Entry::default(), Some(&page)), &images).as_deref(), Some("reserved.noimageai"));
        let tdm = Entry { reservation: Some("1".into()), ..Entry::default() };
        assert_eq!(rule(&of(&tdm, None), &texts).as_deref(), Some("reserved.tdm"));
        let listed = |tdm, ai| Reserved::of(&Entry::default(), None, Listed { tdm, ai });
        assert_eq!(rule(&listed(Some(true), false), &texts).as_deref(), Some("reserved.tdm"));
        assert_eq!(rule(&listed(None, true), &texts).as_deref(), Some("reserved.ai_txt"));
        assert_eq!(rule(&listed(Some(false), false), &texts), None);
        let ignores = Crawl { ignores: vec!["ai_txt".into()], ..Crawl::default() };
        assert_eq!(rule(&listed(None, true), &ignores), None);
        let mining = Embedded { mining: true, ..Embedded::default() };
        assert_eq!(rule(&listed(None, false).with(&mining), &images).as_deref(), Some("reserved.data_mining"));
        let tdm = Embedded { tdm: Some(false), ..Embedded::default() };
        assert_eq!(rule(&listed(Some(true), false).with(&tdm), &images), None, "what stands nearest holds");
        assert!(!may_follow(&Entry { tags: vec!["tamis: nofollow".into()], ..Entry::default() }, &Page::default()));
        assert!(may_follow(&Entry { tags: vec!["other: nofollow".into()], ..Entry::default() }, &Page::default()));
        let behind = Entry { tags: vec!["max-snippet: 20, nofollow".into()], ..Entry::default() };
        assert!(!may_follow(&behind, &Page::default()));
    }

    /// The priority of TDMRep: the list of the server, then the header, then the page; other values say nothing.
    #[test]
    fn the_nearest_reservation_holds() {
        for (list, header, page, is) in [
            (Some(true), None, None, true),
            (Some(true), Some("0"), None, false),
            (Some(true), Some("yes"), None, true),
            (Some(false), Some("1"), None, true),
            (None, Some("1"), Some(false), false),
            (None, Some(" 1 "), None, true),
            (Some(false), Some("0"), Some(true), true),
            (None, None, Some(true), true),
            (None, Some("true"), None, false),
            (None, None, None, false),
        ] {
            let entry = Entry { reservation: header.map(String::from), ..Entry::default() };
            let own = Page { reserved: page, ..Page::default() };
            let reserved = Reserved::of(&entry, Some(&own), Listed { tdm: list, ai: false });
            assert_eq!(reserved.left(&Crawl::default()).is_some(), is, "{list:?} {header:?} {page:?}");
        }
    }

    #[test]
    fn pages_and_pictures_are_known_by_their_beginnings() {
        assert!(is_page(Some("text/html; charset=utf-8"), "x") && is_page(None, " <!DOCTYPE html>"));
        assert!(
            !is_page(Some("application/pdf"), "<html>") && !is_page(Some("text/html"), "\0\0") && !is_page(None, "x")
        );
        assert!(is_page(Some("text/html"), "<html><head><title>A page with one \0 in it</title>"));
        assert_eq!((picture(b"\xff\xd8\xff\xe0"), picture(b"<html>")), (Some("jpg"), None));
    }
}

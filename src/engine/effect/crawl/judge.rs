//! What is kept of what came: nothing that its owner reserves, that claims two licences, or that is no page.
use super::super::get::opt_outs;
use super::log::{Entry, TDM as RESERVED};
use crate::formats::html::{Claim, Claimed, Page};
use crate::measure::urls::Url;
use crate::model::license::by_link;
use crate::stage::Crawl;

/// The reservation of text and data mining by TDMRep, as `ignores` names it.
const TDM: &str = "tdm";
/// Words by which a page keeps its text from being data.
const OF_TEXTS: [&str; 4] = ["noai", "noml", "noindex", "none"];
/// The same of its pictures.
const OF_IMAGES: [&str; 6] = ["noai", "noimageai", "noml", "noindex", "noimageindex", "none"];

/// Why something is left out: the rule, and words.
pub type Left = (String, String);

/// What a page or a picture reserves for itself, in headers, in `meta` elements or in the list of its server.
pub struct Reserved {
    words: Vec<String>,
    tdm: bool,
}

impl Reserved {
    /// `page` is what the page itself says, `listed` whether its server lists it.
    pub fn of(entry: &Entry, page: Option<&Page>, listed: bool) -> Reserved {
        let header = opt_outs(&entry.tags).unwrap_or_default();
        let mut words: Vec<String> = header.split(", ").filter(|w| !w.is_empty()).map(String::from).collect();
        words.extend(page.into_iter().flat_map(|p| p.robots.iter().cloned()));
        let said = entry.reservation.as_deref().is_some_and(|value| value.trim() == "1");
        Reserved { words, tdm: listed || said || page.is_some_and(|p| p.reserved) }
    }

    /// Whether it may not be used, and by which word.
    pub fn left(&self, crawl: &Crawl) -> Option<Left> {
        // `none` is `noindex` and `nofollow` in one word
        let own = |word: &str| if word == "none" { "noindex" } else { word }.to_string();
        let ignores = |word: &str| crawl.ignores.contains(&own(word));
        if self.tdm && !ignores(TDM) {
            return Some((RESERVED.into(), "text and data mining is reserved (TDMRep)".into()));
        }
        let words: &[&str] = if crawl.images { &OF_IMAGES } else { &OF_TEXTS };
        let word = words.iter().find(|word| self.words.iter().any(|own| own == *word) && !ignores(word))?;
        Some((format!("reserved.{word}"), format!("its owner says `{word}`")))
    }
}

/// Whether links of a page may be followed.
pub fn may_follow(entry: &Entry, page: &Page) -> bool {
    let tags = entry.tags.iter().filter(|tag| !tag.contains(':') || tag.trim_start().starts_with("tamis:"));
    let mut words = tags.flat_map(|tag| tag.rsplit(':').next().unwrap_or_default().split(','));
    let header = words.any(|word| matches!(word.trim().to_ascii_lowercase().as_str(), "nofollow" | "none"));
    !header && !page.robots.iter().any(|word| word == "nofollow" || word == "none")
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

/// Keys of XMP that hold the address of a licence; of a web statement it may be any page.
const XMP: [&[u8]; 3] = [b"cc:license", b"xmpRights:WebStatement", b"dcterms:license"];
/// Bytes behind such a key in which its value begins.
const XMP_NEAR: usize = 200;

/// The licence that a picture states itself, in its XMP.
pub fn embedded(bytes: &[u8]) -> Option<String> {
    let at = memchr::memmem::find(bytes, b"<x:xmpmeta")?;
    let packet = bytes.get(at..)?;
    let end = memchr::memmem::find(packet, b"</x:xmpmeta").unwrap_or(packet.len());
    let packet = packet.get(..end)?;
    let of = |key: &&[u8]| {
        let behind = packet.get(memchr::memmem::find(packet, key)? + key.len()..)?;
        let near = behind.get(..XMP_NEAR).unwrap_or(behind);
        let address = near.get(memchr::memmem::find(near, b"http")?..)?;
        let end = address.iter().position(|b| b"\"'<> ".contains(b)).unwrap_or(address.len());
        by_link(&String::from_utf8_lossy(address.get(..end)?))
    };
    XMP.iter().find_map(of)
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
        let of = |entry: &Entry, page: Option<&Page>| Reserved::of(entry, page, false);
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
        assert_eq!(rule(&Reserved::of(&Entry::default(), None, true), &texts).as_deref(), Some("reserved.tdm"));
        assert!(!may_follow(&Entry { tags: vec!["tamis: nofollow".into()], ..Entry::default() }, &Page::default()));
        assert!(may_follow(&Entry { tags: vec!["other: nofollow".into()], ..Entry::default() }, &Page::default()));
    }

    #[test]
    fn a_picture_may_state_its_licence_itself() {
        let of = |xmp: &str| embedded(format!("\u{1}JFIF <x:xmpmeta>{xmp}</x:xmpmeta> more").as_bytes());
        let cc = "http://creativecommons.org/licenses/by-sa/4.0/";
        assert_eq!(of(&format!("<cc:license rdf:resource=\"{cc}\"/>")).as_deref(), Some("CC-BY-SA-4.0"));
        assert_eq!(of(&format!("<d xmpRights:WebStatement='{cc}'>")).as_deref(), Some("CC-BY-SA-4.0"));
        assert_eq!(of("<d xmpRights:WebStatement='https://example.org/terms'>"), None);
        assert_eq!(embedded(cc.as_bytes()), None);
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

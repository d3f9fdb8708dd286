//! What is taken of the body of a record as text, and of a page in HTML as a crawl takes it.
use super::body::Payload;
use crate::formats::cut::warc::Head;
use crate::formats::encoding::{self, Wrong};
use crate::formats::html::{Claimed, Facts, Page, decoded, flag};
use crate::formats::reader::{Field, From};
use crate::measure::robots::words_of;
use crate::measure::urls::Url;

pub const USES: &[&str] = &["html5ever 0.40"];
pub const WORDS: &[&str] = &[
    "url",
    "date",
    "type",
    "record",
    "status",
    "media_type",
    "language",
    "text",
    "source",
    "title",
    "author",
    "published",
    "license",
    "reserved",
];
/// What a text is taken from where nobody says it.
pub const TEXT: &str = "text";
pub const SAY: &str = "`text`, `source`, `url`, `date`, `type`, `record`, `status`, `media_type`, `language`, of pages `title`, `author`, \
                       `published`, `license` and `reserved`; `warc:NAME` or `http:NAME` for a field of a head";

/// Words that say something of the body.
const OF_BODY: [&str; 7] = ["text", "source", "title", "author", "published", "license", "reserved"];

/// Whether a field is taken from the body.
pub fn needs(field: &Field) -> bool {
    matches!(&field.from, From::Record(word) if OF_BODY.contains(&word.as_str()))
}

/// A body that was read.
#[derive(Default)]
pub struct Read {
    source: Option<String>,
    page: Option<Page>,
    /// Why the encoding is in doubt.
    doubt: Option<String>,
    /// Why there is no text.
    none: Option<String>,
    /// What the head of the answer says to robots, and on text and data mining.
    robots: Vec<String>,
    tdm: Option<bool>,
}

impl Read {
    pub fn doubt(&self) -> Option<String> {
        self.doubt.clone()
    }

    pub fn value(&self, word: &str) -> Result<Option<String>, String> {
        if let Some(why) = self.none.as_ref().filter(|_| ["text", "source"].contains(&word)) {
            return Err(why.clone());
        }
        let some = |text: &str| Some(text.to_string()).filter(|text| !text.is_empty());
        let Some(page) = &self.page else {
            return Ok(self.source.clone().filter(|_| ["text", "source"].contains(&word)));
        };
        Ok(match word {
            "text" => Some(page.text.clone()),
            "title" => some(&page.title),
            "author" => some(&page.author),
            "published" => page.date.clone(),
            "reserved" => {
                let tdm = page.reserved.or(self.tdm).unwrap_or(false).then(|| "tdm".to_string());
                let words: Vec<String> = self.robots.iter().chain(&page.robots).cloned().chain(tdm).collect();
                some(&words.join(", "))
            }
            "license" => match &page.claimed {
                Claimed::Nothing => None,
                Claimed::One(claim) => Some(claim.license.clone().unwrap_or_else(|| claim.value.clone())),
                Claimed::Conflict(all) => {
                    let names = all.iter().map(|c| c.license.as_deref().unwrap_or(&c.value));
                    return Err(format!("the page claims {}", names.collect::<Vec<_>>().join(" and ")));
                }
            },
            _ => self.source.clone(),
        })
    }
}

/// Reads a body; where nothing else says in which encoding, in the declared one. What is neither text nor a page has no text.
pub fn read(head: &Head, payload: &Payload, declared: Option<&str>) -> Result<Read, Wrong> {
    let media = payload.media.as_str();
    let address = head.get("WARC-Target-URI").unwrap_or_default().trim_matches(['<', '>']);
    let url = Url::parse(address).ok();
    let host = url.as_ref().map(|url| url.host().to_string()).unwrap_or_default();
    let is_page = ["text/html", "application/xhtml+xml"].contains(&media);
    if !is_page && !super::body::is_text(media) {
        return Ok(Read { none: Some(format!("`{}` is no text", media.escape_default())), ..Read::default() });
    }
    let got = decoded(&payload.bytes, payload.said, &host);
    let (source, doubt) = match (got.guessed, declared) {
        (Some(_), Some(name)) => (encoding::decoded(&payload.bytes, name)?.into_owned(), None),
        (Some(guess), None) => {
            let say =
                format!("nothing says in which encoding the page is: it is read as {guess}; `encoding` can declare it");
            (got.text.into_owned(), Some(say))
        }
        (None, _) => {
            let say = got.broken.then(|| "some bytes are no characters of the encoding".to_string());
            (got.text.into_owned(), say)
        }
    };
    let page = match (is_page, url) {
        (true, Some(url)) => Some(Page::read(&source, &url, &Facts::default())),
        (true, None) => return Err(Wrong::new("warc.page", "a page without an address of the web is not read")),
        (false, _) => None,
    };
    let of_head = payload.head.as_ref();
    let robots = words_of(of_head.into_iter().flat_map(|head| head.all("X-Robots-Tag")));
    let tdm = of_head.and_then(|head| head.get("tdm-reservation")).and_then(flag);
    Ok(Read { source: Some(source), page, doubt, none: None, robots, tdm })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_page(media: &str, url: &str, body: &[u8]) -> Result<Read, Wrong> {
        let head = format!("WARC/1.0\r\nWARC-Target-URI: <{url}>\r\nContent-Type: {media}\r\n\r\n");
        let head = Head::read(head.as_bytes()).unwrap();
        read(&head, &Payload::of(&head, body, 1 << 20)?, None)
    }

    const PAGE: &str = "<!doctype html><html><head><meta charset=euc-kr><title>A walk</title><meta name=robots content=\"noai\">\
        <link rel=license href=\"https://creativecommons.org/licenses/by/4.0/\"></head><body><nav>Home News</nav><article><p>\
        \u{ac00}\u{b2e4}\u{ac00} we went along the river until it met the sea, and there we stayed for the night.</p></article></body></html>";

    #[test]
    fn a_page_gives_what_a_crawl_takes_of_it() {
        let (bytes, _, _) = encoding_rs::EUC_KR.encode(PAGE);
        let page = read_page("text/html", "https://example.org/walk", &bytes).unwrap();
        let value = |word: &str| page.value(word).unwrap().unwrap_or_default();
        assert!(
            value("text").starts_with("\u{ac00}\u{b2e4}\u{ac00} we went") && !value("text").contains("News"),
            "{}",
            value("text")
        );
        assert!(value("source").starts_with("<!doctype html>"));
        assert_eq!([value("title"), value("license"), value("reserved")], ["A walk", "CC-BY-4.0", "noai"]);
        assert_eq!(page.doubt(), None);
    }

    #[test]
    fn the_head_of_an_answer_reserves_too() {
        let of = |head: &str, page: &str| {
            let body = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{head}\r\n\r\n{page}<p>x</p>");
            let read = read_page("application/http", "https://example.org/a", body.as_bytes()).unwrap();
            read.value("reserved").unwrap().unwrap_or_default()
        };
        assert_eq!(of("X-Robots-Tag: other: noai\r\nX-Robots-Tag: noai\r\ntdm-reservation: 1", ""), "noai, tdm");
        assert_eq!(of("tdm-reservation: 1", "<meta name=tdm-reservation content=0>"), "");
        assert_eq!(of("Server: x", "<meta name=robots content=noml>"), "noml");
    }

    #[test]
    fn what_is_no_text_and_what_has_no_address_is_told() {
        let picture = read_page("image/png", "https://example.org/a.png", b"\x89PNG").unwrap();
        assert_eq!(picture.value("text"), Err("`image/png` is no text".into()));
        assert_eq!(picture.value("title"), Ok(None));
        assert_eq!(read_page("text/html", "dns:example.org", b"<p>x").err().unwrap().rule, "warc.page");
        let plain = read_page("text/plain", "https://example.org/a", b"a text").unwrap();
        assert_eq!((plain.value("text"), plain.value("title")), (Ok(Some("a text".into())), Ok(None)));
    }
}

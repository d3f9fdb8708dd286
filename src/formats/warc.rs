//! WARC 1.0 and 1.1 (ISO 28500:2017), as crawlers and archives of the web write them: a sample for each record that holds what was
//! fetched (`response`, `resource`) or made of it (`conversion`, as in the WET files of Common Crawl). Packed files (`.warc.gz`) are read as
//! they are.
//!
//! A response is taken apart: `status` and fields of its head, and its body without chunks and packing. `source` is the body as
//! text; `text` is the same of what is no page, and of a page in HTML its main text, which takes a build with the feature `crawl`, as
//! `title`, `author`, `published`, `license` and `reserved` do. A page whose encoding is guessed is told.
//!
//! Dropped: `warc.head` (a head that cannot be read), `warc.truncated` (fewer bytes than it says, or a head without its end: the file
//! breaks off), `warc.packing` (a body in a packing that is not read, or damaged), `warc.digest` (its own digest is that of other bytes),
//! `warc.page` (a page without an address). Findings: `warc.elsewhere` (records that only refer to what another file holds),
//! `warc.encoding`, `warc.cut` (the crawler cut the body off, it is a part of a record, or the file breaks off behind it), `warc.status` (an answer that is
//! no success), `warc.empty` (no text is left), `warc.digests` (a digest that is not compared).
mod body;
mod digest;
#[cfg(feature = "crawl")]
mod page;
#[cfg(not(feature = "crawl"))]
#[path = "warc/no_page.rs"]
mod page;
#[cfg(feature = "crawl")]
pub mod write;

use super::cut::warc::{HEAD_MAX, Head, MARK, head_end};
use super::cut::{Cut, Split};
use super::encoding::{ENCODING, Wrong};
use super::format::Format;
use super::lines::each_record;
use super::reader::{Ask, Offers, Reader, Record, Records, Selects, Unit, adds_nothing, as_declared, no_tokens};
use super::spelling::Spelling;
use crate::table::{Builder, Value};
use body::Payload;
use page::Read;

pub const FORMAT: Format = Format {
    options: &[ENCODING],
    reader: Some(READER),
    ..Format::new("warc", "What a crawler fetched, with the heads of requests and answers (WARC 1.0, 1.1).")
};

const READER: Reader = Reader {
    version: 2, // 1: digests are compared, and what was cut off is told; 2: heads of answers reserve, and texts end before their tails
    uses: page::USES,
    cut: |_| Cut::Text(Split::Warc),
    id: "record",
    own_id: None,
    selects: Selects::Words { words: page::WORDS, numbered: &[], keyed: &["warc", "http"], say: page::SAY },
    text: no_tokens,
    ty: as_declared,
    adds: adds_nothing,
    read,
    offers: Offers::Words(&[("text", "text"), ("url", "url")]),
};

/// What `tamis new` takes a text from: in a build that reads no pages each page as it was sent.
pub const TEXT: &str = page::TEXT;

/// Records that name what lies in another record or another file, and do not hold it.
const ELSEWHERE: [&str; 2] = ["revisit", "continuation"];

fn read(ask: &Ask, unit: &Unit, out: &mut Records) {
    for (n, own) in each_record(ask, &Split::Warc, unit.bytes) {
        out.next(own);
        match one(ask, unit, n, own, out) {
            Ok(Some(fetched)) => drop(out.take(unit, n, own, &fetched)),
            Ok(None) if breaks_off(own) => {
                out.reject(unit, n, &Wrong::new("warc.truncated", "the file breaks off within the head of a record"));
            }
            Ok(None) => out.reject(unit, n, &Wrong::new("warc.head", "a head that cannot be read")),
            Err(wrong) => out.reject(unit, n, &wrong),
        }
    }
}

/// Whether a record is nothing but the beginning of a head.
fn breaks_off(own: &[u8]) -> bool {
    let blank = own.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    let head = own.get(blank..).unwrap_or_default();
    head.starts_with(MARK) && head.len() <= HEAD_MAX && head_end(head).is_none()
}

/// What one record of the cut holds; those that lie in front of it, and that it swallowed at the end of the file, are looked through.
fn one<'u>(ask: &Ask, unit: &Unit, n: usize, own: &'u [u8], out: &mut Records) -> Result<Option<Fetched<'u>>, Wrong> {
    let (mut rest, mut found) = (own, None);
    loop {
        let blank = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        rest = rest.get(blank..).unwrap_or_default();
        if rest.is_empty() || !rest.starts_with(MARK) {
            break;
        }
        let end = head_end(rest).unwrap_or(rest.len());
        let Some(head) = rest.get(..end).and_then(Head::read) else { break };
        let Some(length) = head.length() else { break };
        let behind = rest.get(end..).unwrap_or_default();
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let body = behind.get(..length);
        if body.is_none() && found.is_some() {
            out.finding(unit, n, out.line, "warc.cut", "the file breaks off in a record behind this one");
        }
        let kind = head.get("WARC-Type").unwrap_or_default().to_ascii_lowercase();
        if ELSEWHERE.contains(&kind.as_str()) {
            let say = format!("a record `{kind}` refers to what another one holds, and is no sample");
            out.finding(unit, n, out.line, "warc.elsewhere", say);
        }
        if head.is_content() {
            let Some(body) = body else {
                let say = format!("it says that it has {length} bytes, and {} are there", behind.len());
                return Err(Wrong::new("warc.truncated", say));
            };
            found = Some((head, body));
        }
        rest = behind.get(length..).unwrap_or_default();
    }
    let Some((head, body)) = found else { return Ok(None) };
    let payload = Payload::of(&head, body, ask.record_max)?;
    if let Some(say) = digest::compared(&head, body, &payload)? {
        out.finding(unit, n, out.line, "warc.digests", say);
    }
    let encoding = Some(ask.options.text(&ENCODING)).filter(|name| *name != "utf-8");
    let page =
        if ask.fields.iter().any(page::needs) { page::read(&head, &payload, encoding)? } else { Read::default() };
    if let Some(say) = page.doubt() {
        out.finding(unit, n, out.line, "warc.encoding", say);
    }
    for (rule, say) in odd(ask, &head, &payload, &page) {
        out.finding(unit, n, out.line, rule, say);
    }
    Ok(Some(Fetched { head, payload, page }))
}

/// What speaks against a record that was read.
fn odd(ask: &Ask, head: &Head, payload: &Payload, page: &Read) -> Vec<(&'static str, String)> {
    let mut told = Vec::new();
    if let Some(why) = head.get("WARC-Truncated") {
        told.push(("warc.cut", format!("the crawler cut it off ({})", why.escape_default())));
    }
    if let Some(number) = head.get("WARC-Segment-Number") {
        told.push((
            "warc.cut",
            format!("it is segment {} of a record that goes on in others", number.escape_default()),
        ));
    }
    if let Some(status) = payload.status.filter(|status| !status.starts_with('2')) {
        let say = format!(
            "the status {} is no success: with `status` as a field, [schema] status = {{ category = {{ values = [\"200\"] }} }} drops \
             such samples",
            status.escape_default()
        );
        told.push(("warc.status", say));
    }
    let empty = |text: Option<String>| text.is_some_and(|text| text.trim().is_empty());
    if ask.selects("text") && page.value("text").is_ok_and(empty) {
        told.push(("warc.empty", "no text is left: [clean.fields.text] chars_min = 1 drops such samples".into()));
    }
    told
}

/// What a record holds, taken apart.
struct Fetched<'u> {
    head: Head<'u>,
    payload: Payload<'u>,
    page: Read,
}

impl Fetched<'_> {
    fn value(&self, selector: &str) -> Result<Option<String>, String> {
        let warc = |name: &str| self.head.get(name).map(String::from);
        Ok(match selector.split_once(':').unwrap_or((selector, "")) {
            ("url", "") => warc("WARC-Target-URI").map(|url| url.trim_matches(['<', '>']).to_string()),
            ("date", "") => warc("WARC-Date"),
            ("type", "") => warc("WARC-Type"),
            ("record", "") => warc("WARC-Record-ID").map(|id| id.trim_matches(['<', '>']).to_string()),
            ("language", "") => warc("WARC-Identified-Content-Language"),
            ("status", "") => self.payload.status.map(String::from),
            ("media_type", "") => Some(self.payload.media.clone()).filter(|media| !media.is_empty()),
            ("warc", name) => warc(name),
            ("http", name) => self.payload.head.as_ref().and_then(|head| head.get(name)).map(String::from),
            (word, _) => return self.page.value(word),
        })
    }
}

impl Record for Fetched<'_> {
    fn text(&self, selector: &str) -> Option<String> {
        self.value(selector).ok().flatten().filter(|text| !text.is_empty())
    }

    fn put(&self, selector: &str, ty: &str, to: &mut Builder) -> Result<(), String> {
        let value = match self.value(selector)? {
            Some(text) => Spelling::default().value(&text, ty)?,
            None => Value::Null,
        };
        to.value(value);
        Ok(())
    }

    fn has(&self, selector: &str) -> bool {
        match selector.split_once(':') {
            Some(_) => matches!(self.value(selector), Ok(Some(_))),
            None => true,
        }
    }

    fn names(&self) -> Vec<String> {
        let warc = self.head.names().map(|name| format!("warc:{name}"));
        let http = self.payload.head.iter().flat_map(Head::names).map(|name| format!("http:{name}"));
        warc.chain(http).collect()
    }
}

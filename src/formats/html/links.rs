//! Addresses that a document in XML lists: a site map, an index of site maps, a feed in RSS or Atom.
use crate::measure::urls::Url;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Addresses of one document, at most: what the protocol of site maps allows.
const MOST: usize = 50_000;

/// How names begin that list what is no page.
const OTHERS: [&str; 3] = ["image:", "video:", "news:"];

/// A value of an attribute, with its references.
pub fn unescaped(value: &str) -> String {
    let (mut out, mut rest) = (String::new(), value);
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        let found = behind.split_once(';').and_then(|(name, after)| Some((character(name)?, after)));
        rest = match found {
            Some((own, after)) => {
                out.push_str(&own);
                after
            }
            None => {
                out.push('&');
                behind
            }
        };
    }
    out + rest
}

/// What a site map or a feed lists.
#[derive(Debug, Default, PartialEq)]
pub struct Listed {
    pub addresses: Vec<String>,
    /// It does not read to its end: what stands behind that place is lost.
    pub broken: bool,
    /// It lists more than is taken.
    pub full: bool,
    /// What it lists are site maps.
    pub maps: bool,
}

/// What a reference in XML stands for: one of the five names of the standard, or a character by its number.
pub fn character(name: &str) -> Option<String> {
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    let one = match (name, name.strip_prefix('#')) {
        ("amp", _) => '&',
        ("lt", _) => '<',
        ("gt", _) => '>',
        ("quot", _) => '"',
        ("apos", _) => '\'',
        (_, Some(digits)) => match digits.strip_prefix(['x', 'X']) {
            Some(digits) => number(digits, 16)?,
            None => number(digits, 10)?,
        },
        _ => return None,
    };
    Some(one.to_string())
}

/// The addresses that a site map or a feed lists, or a text of addresses alone, a line each; `None` where it is none of them.
pub fn listed(text: &str) -> Option<Listed> {
    lines(text).or_else(|| elements(text))
}

/// A site map may be a text: each line is an address.
fn lines(text: &str) -> Option<Listed> {
    let all = || text.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty());
    let is = |line: &str| line.starts_with("http://") || line.starts_with("https://");
    let full = all().nth(MOST).is_some();
    let addresses: Vec<String> = all().take(MOST).map(String::from).collect();
    let whole = !addresses.is_empty() && addresses.iter().all(|line| is(line) && !line.contains(char::is_whitespace));
    whole.then_some(Listed { addresses, full, ..Listed::default() })
}

/// What a document in XML lists, as it is read.
#[derive(Default)]
struct Listing {
    kind: Option<&'static str>,
    /// Text that stands here is an address.
    inside: bool,
    said: String,
    /// What addresses of a feed are relative to.
    base: Option<Url>,
    /// Of an item of a feed: whether it has a link, and the name by which it can be asked for as well.
    linked: bool,
    name: Option<String>,
    out: Vec<String>,
}

impl Listing {
    /// `None` where the document is none that lists.
    fn begin(&mut self, e: &BytesStart) -> Option<()> {
        let name = e.local_name().as_ref().to_string();
        let value = |key: &str| Some(unescaped(&e.try_get_attribute(key).ok().flatten()?.value));
        if self.kind.is_none() {
            self.kind = ["urlset", "sitemapindex", "rss", "feed", "RDF"].into_iter().find(|k| *k == name);
            self.kind?;
            self.base = value("xml:base").and_then(|base| Url::parse(&base).ok());
        }
        // pictures and videos of a page are listed in vocabularies of their own
        let of_other = OTHERS.iter().any(|own| e.name().as_ref().starts_with(own));
        self.said.clear();
        self.inside = match self.kind {
            Some("feed") => false,
            Some("rss" | "RDF") if name == "guid" => value("isPermaLink").is_none_or(|is| is.trim() != "false"),
            Some("rss" | "RDF") => name == "link",
            _ => name == "loc" && !of_other,
        };
        if name == "item" {
            (self.linked, self.name) = (false, None);
        }
        if self.kind == Some("feed") && name == "link" && value("rel").is_none_or(|rel| rel == "alternate") {
            let href = value("href");
            let joined = || Some(self.base.as_ref()?.join(href.as_ref()?).ok()?.to_string());
            self.out.extend(joined().or(href.clone()));
        }
        Some(())
    }

    fn end(&mut self, name: &str) {
        let address = self.said.trim();
        let own = (self.inside && !address.is_empty()).then(|| address.to_string());
        match (own, name) {
            (Some(own), "guid") => self.name = Some(own).filter(|own| own.contains("://")),
            (Some(own), _) => {
                self.linked = true;
                self.out.push(own);
            }
            (None, "item") if !self.linked => self.out.extend(self.name.take()),
            (None, _) => {}
        }
        self.inside = false;
    }
}

fn elements(text: &str) -> Option<Listed> {
    let mut reader = Reader::from_str(text);
    let mut listing = Listing::default();
    let (mut broken, mut depth) = (false, 0i64);
    loop {
        // a document that breaks off gives what stands before
        let Ok(event) = reader.read_event() else {
            broken = true;
            break;
        };
        match event {
            Event::Start(e) => {
                depth += 1;
                listing.begin(&e)?;
            }
            Event::Empty(e) => {
                listing.begin(&e)?;
                listing.inside = false;
            }
            Event::Text(t) if listing.inside => listing.said.push_str(&t.xml10_content()),
            Event::CData(t) if listing.inside => listing.said.push_str(&t.xml10_content()),
            Event::GeneralRef(r) if listing.inside => {
                listing.said.push_str(&character(r.as_ref()).unwrap_or_default());
            }
            Event::End(e) => {
                depth -= 1;
                listing.end(e.local_name().as_ref());
            }
            Event::Eof => {
                broken = depth > 0;
                break;
            }
            _ => {}
        }
        if listing.out.len() > MOST {
            break;
        }
    }
    let Listing { kind, mut out, .. } = listing;
    let full = out.len() > MOST;
    out.truncate(MOST);
    kind.map(|kind| Listed { addresses: out, broken, full, maps: kind == "sitemapindex" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn site_maps_and_feeds_list_addresses() {
        let map =
            "<?xml version=\"1.0\"?><urlset xmlns=\"x\"><url><loc> https://a.org/?a=1&amp;b=2 </loc></url></urlset>";
        let of = |text: &str| listed(text).unwrap().addresses;
        assert_eq!(of(map), ["https://a.org/?a=1&b=2"]);
        let rss = "<rss><channel><link>https://a.org/</link><item><link><![CDATA[https://a.org/1]]></link></item></channel></rss>";
        assert_eq!(of(rss), ["https://a.org/", "https://a.org/1"]);
        let atom =
            "<feed><link rel='self' href='https://a.org/f'/><entry><link href='https://a.org/2'/></entry></feed>";
        assert_eq!(of(atom), ["https://a.org/2"]);
        let based = "<feed xml:base='https://a.org/b/'><entry><link href='1'/></entry><entry><link rel='edit' href='2'/></entry></feed>";
        assert_eq!(of(based), ["https://a.org/b/1"]);
        let named = "<rss><channel><atom:link href='https://a.org/f'/><item><guid>https://a.org/1</guid></item><item><link>https://a.org/2</link>\
                     <guid>https://a.org/x</guid></item><item><guid isPermaLink='false'>https://a.org/y</guid></item><item><guid>7</guid></item></channel></rss>";
        assert_eq!(of(named), ["https://a.org/1", "https://a.org/2"]);
        let index = "<sitemapindex><sitemap><loc>https://a.org/m.xml.gz</loc></sitemap></sitemapindex>";
        assert!(listed(index).is_some_and(|l| l.maps) && !listed(map).unwrap().maps);
        let pictures = "<urlset><url><loc>https://a.org/?a&#38;b&#x26;c</loc><image:image><image:loc>https://a.org/i.png</image:loc>\
                        </image:image></url></urlset>";
        assert_eq!(of(pictures), ["https://a.org/?a&b&c"]);
        let prefixed = "<sm:urlset xmlns:sm='x'><sm:url><sm:loc>https://a.org/1</sm:loc></sm:url></sm:urlset>";
        assert_eq!(of(prefixed), ["https://a.org/1"]);
        assert_eq!(listed("<html><a href='x'>y</a></html>"), None);
        assert!(!listed(map).unwrap().broken && !listed(rss).unwrap().broken);
        for cut in
            ["<urlset><url><loc>https://a.org/3</loc></url><url><lo", "<urlset><url><loc>https://a.org/3</loc></url>"]
        {
            let listed = listed(cut).unwrap();
            assert_eq!((listed.addresses, listed.broken), (vec!["https://a.org/3".to_string()], true), "{cut}");
        }
        assert_eq!(of("\u{feff}https://a.org/1\r\n\r\nhttps://a.org/2\n"), ["https://a.org/1", "https://a.org/2"]);
        assert_eq!(listed("https://a.org/1 is where it lies\n"), None);
        assert_eq!(listed(""), None);
        let many: String = (0..=MOST).map(|n| format!("https://a.org/{n}\n")).collect();
        assert!(listed(&many).is_some_and(|l| l.full && l.addresses.len() == MOST));
    }
}

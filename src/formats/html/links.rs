//! Addresses that a document in XML lists: a site map, an index of site maps, a feed in RSS or Atom.
use quick_xml::Reader;
use quick_xml::events::Event;

/// Addresses of one document, at most: what the protocol of site maps allows.
const MOST: usize = 50_000;

/// What a site map or a feed lists.
#[derive(Debug, Default, PartialEq)]
pub struct Listed {
    pub addresses: Vec<String>,
    /// It does not read to its end: what stands behind that place is lost.
    pub broken: bool,
    /// It lists more than is taken.
    pub full: bool,
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
    whole.then_some(Listed { addresses, broken: false, full })
}

fn elements(text: &str) -> Option<Listed> {
    let mut reader = Reader::from_str(text);
    let mut out: Vec<String> = Vec::new();
    let (mut kind, mut inside, mut said) = (None, false, String::new());
    let (mut broken, mut depth) = (false, 0i64);
    loop {
        // a document that breaks off gives what stands before
        let Ok(event) = reader.read_event() else {
            broken = true;
            break;
        };
        match &event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            Event::Eof => broken = depth > 0,
            _ => {}
        }
        match event {
            Event::Start(ref e) | Event::Empty(ref e) => {
                let name = e.local_name().as_ref().to_string();
                if kind.is_none() {
                    kind = ["urlset", "sitemapindex", "rss", "feed", "RDF"].into_iter().find(|k| *k == name);
                    kind?;
                }
                said.clear();
                inside = match kind {
                    Some("feed") => false,
                    Some("rss" | "RDF") => name == "link",
                    _ => name == "loc",
                };
                if kind == Some("feed") && name == "link" {
                    let get = |key: &str| e.try_get_attribute(key).ok().flatten();
                    let value = |key: &str| Some(get(key)?.value.replace("&amp;", "&"));
                    if value("rel").is_none_or(|rel| rel == "alternate") {
                        out.extend(value("href"));
                    }
                }
            }
            Event::Text(t) if inside => said.push_str(&t.xml10_content()),
            Event::CData(t) if inside => said.push_str(&t.xml10_content()),
            Event::GeneralRef(r) if inside && r.as_ref() == "amp" => said.push('&'),
            Event::End(_) => {
                let address = said.trim();
                if inside && !address.is_empty() {
                    out.push(address.to_string());
                }
                inside = false;
            }
            Event::Eof => break,
            _ => {}
        }
        if out.len() > MOST {
            break;
        }
    }
    let full = out.len() > MOST;
    out.truncate(MOST);
    kind.map(|_| Listed { addresses: out, broken, full })
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

//! Addresses that a document in XML lists: a site map, an index of site maps, a feed in RSS or Atom.
use quick_xml::Reader;
use quick_xml::events::Event;

/// Addresses of one document, at most: what the protocol of site maps allows.
const MOST: usize = 50_000;

/// The addresses that a site map or a feed lists; `None` where it is neither.
pub fn listed(text: &str) -> Option<Vec<String>> {
    let mut reader = Reader::from_str(text);
    let mut out: Vec<String> = Vec::new();
    let (mut kind, mut inside, mut said) = (None, false, String::new());
    // a document that breaks off gives what stands before
    while let Ok(event) = reader.read_event() {
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
        if out.len() >= MOST {
            break;
        }
    }
    kind.map(|_| out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn site_maps_and_feeds_list_addresses() {
        let map =
            "<?xml version=\"1.0\"?><urlset xmlns=\"x\"><url><loc> https://a.org/?a=1&amp;b=2 </loc></url></urlset>";
        assert_eq!(listed(map).unwrap(), ["https://a.org/?a=1&b=2"]);
        let rss = "<rss><channel><link>https://a.org/</link><item><link><![CDATA[https://a.org/1]]></link></item></channel></rss>";
        assert_eq!(listed(rss).unwrap(), ["https://a.org/", "https://a.org/1"]);
        let atom =
            "<feed><link rel='self' href='https://a.org/f'/><entry><link href='https://a.org/2'/></entry></feed>";
        assert_eq!(listed(atom).unwrap(), ["https://a.org/2"]);
        assert_eq!(listed("<html><a href='x'>y</a></html>"), None);
        assert_eq!(listed("<urlset><url><loc>https://a.org/3</loc></url><url><lo").unwrap(), ["https://a.org/3"]);
    }
}

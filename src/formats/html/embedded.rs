//! What a picture says of its own rights, in its XMP (ISO 16684-1) and in IPTC-IIM: licences, and whether it is reserved from
//! being mined (`plus:DataMining` of IPTC 2023.1, `tdm:reservation` of TDMRep). XMP is read wherever it stands as plain text, as
//! files of JPEG, PNG, WebP, GIF and TIFF hold it.
use super::links::{character, unescaped};
use crate::model::license::by_link;
use memchr::memmem::find;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeSet;

/// Bytes of XMP that are read.
const SIZE_MAX: usize = 1 << 20;
/// Properties that hold a licence: by its address alone, or in words.
const ADDRESSES: [&str; 4] = ["cc:license", "dcterms:license", "xmpRights:WebStatement", "xmpRights:webStatement"];
const WORDS: [&str; 4] = ["xmpRights:UsageTerms", "dc:rights", "dcterms:rights", "photoshop:Copyright"];
/// What `plus:DataMining` says begins so where mining is forbidden, for all purposes or for some.
const PROHIBITED: &str = "DMI-PROHIBITED";

/// What a picture says of its rights.
#[derive(Debug, Default, PartialEq)]
pub struct Embedded {
    pub licenses: BTreeSet<String>,
    /// `plus:DataMining` prohibits it.
    pub mining: bool,
    /// `tdm:reservation`, where it is one of its two values.
    pub tdm: Option<bool>,
    /// There is XMP, and it does not read to its end.
    pub broken: bool,
}

impl Embedded {
    pub fn of(bytes: &[u8]) -> Embedded {
        let mut out = Embedded::default();
        if let Some(packet) = packet(bytes) {
            out.xmp(&String::from_utf8_lossy(packet));
        }
        out.licenses.extend(notice(bytes).and_then(|notice| named(&notice)));
        out
    }

    fn xmp(&mut self, text: &str) {
        let mut reader = Reader::from_str(text);
        // the properties that are open, and what stands in the innermost
        let (mut open, mut said): (Vec<String>, String) = (Vec::new(), String::new());
        loop {
            let Ok(event) = reader.read_event() else {
                self.broken = true;
                return;
            };
            match event {
                Event::Start(e) => {
                    said.clear();
                    let name = e.name().as_ref().to_string();
                    self.attributes(&e, &name);
                    open.push(name);
                }
                Event::Empty(e) => {
                    let name = e.name().as_ref().to_string();
                    self.attributes(&e, &name);
                }
                Event::Text(t) => said.push_str(&t.xml10_content()),
                Event::CData(t) => said.push_str(&t.xml10_content()),
                Event::GeneralRef(r) => said.push_str(&character(r.as_ref()).unwrap_or_default()),
                Event::End(_) => {
                    // words in several languages are items of a list
                    let own = open.iter().rev().find(|name| !name.starts_with("rdf:"));
                    if let Some(name) = own.cloned() {
                        self.property(&name, &said);
                    }
                    said.clear();
                    open.pop();
                }
                Event::Eof => {
                    self.broken = self.broken || !open.is_empty();
                    return;
                }
                _ => {}
            }
        }
    }

    /// Properties may stand as attributes; a resource as one of the property itself.
    fn attributes(&mut self, e: &BytesStart, property: &str) {
        for attribute in e.attributes() {
            let Ok(attribute) = attribute else {
                self.broken = true;
                return;
            };
            let name = attribute.key.as_ref();
            let name = if name == "rdf:resource" { property } else { name };
            self.property(name, &unescaped(&attribute.value));
        }
    }

    fn property(&mut self, name: &str, value: &str) {
        let value = value.trim();
        match name {
            "plus:DataMining" => self.mining = self.mining || value.rsplit('/').next().is_some_and(prohibits),
            "tdm:reservation" => self.tdm = flag(value).or(self.tdm),
            name if ADDRESSES.contains(&name) && value.contains("://") => self.licenses.extend(by_link(value)),
            name if WORDS.contains(&name) => self.licenses.extend(named(value)),
            _ => {}
        }
    }
}

/// Whether a value of the vocabulary forbids; an unknown one that says so does as well.
fn prohibits(value: &str) -> bool {
    value.to_ascii_uppercase().starts_with(PROHIBITED)
}

/// The two values of `tdm-reservation`; all others are as if nothing was said (TDMRep, 5.1).
pub fn flag(value: &str) -> Option<bool> {
    match value.trim() {
        "1" => Some(true),
        "0" => Some(false),
        _ => None,
    }
}

/// The licence that words name: by an address among them, if there is one, or as a whole.
fn named(words: &str) -> Option<String> {
    let is_end = |c: char| c.is_whitespace() || "\"'<>()[]".contains(c);
    let mut addresses = words.split(is_end).filter(|word| word.contains("://")).peekable();
    if addresses.peek().is_none() {
        return by_link(words);
    }
    let known: BTreeSet<String> = addresses.filter_map(|a| by_link(a.trim_end_matches(['.', ',', ';']))).collect();
    let only = known.len() == 1;
    known.into_iter().next().filter(|_| only)
}

/// The first packet of XMP.
fn packet(bytes: &[u8]) -> Option<&[u8]> {
    let ends: [(&[u8], &[u8]); 2] = [(b"<x:xmpmeta", b"</x:xmpmeta>"), (b"<rdf:RDF", b"</rdf:RDF>")];
    ends.iter().find_map(|(begin, end)| {
        let packet = bytes.get(find(bytes, begin)?..)?;
        let packet = packet.get(..SIZE_MAX).unwrap_or(packet);
        Some(find(packet, end).and_then(|at| packet.get(..at + end.len())).unwrap_or(packet))
    })
}

/// The copyright notice of IPTC-IIM (2:116), in the resource 0x0404 of Photoshop.
fn notice(bytes: &[u8]) -> Option<String> {
    const MARK: &[u8] = b"8BIM\x04\x04";
    let resource = bytes.get(find(bytes, MARK)? + MARK.len()..)?;
    let name = usize::from(*resource.first()?) + 1;
    let behind = resource.get(name + name % 2..)?;
    let (size, data) = (behind.get(..4)?, behind.get(4..)?);
    let size = u32::from_be_bytes(size.try_into().ok()?) as usize;
    let mut rest = data.get(..size).unwrap_or(data);
    while let [0x1c, record, number, high, low, behind @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if (*record, *number) == (2, 116) {
            return Some(String::from_utf8_lossy(behind.get(..length)?).into_owned());
        }
        rest = behind.get(length..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const CC: &str = "http://creativecommons.org/licenses/by-sa/4.0/";

    fn xmp(inner: &str) -> Embedded {
        let text = format!(
            "\u{1}JFIF <x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='x'>{inner}</rdf:RDF></x:xmpmeta>\u{1} more"
        );
        Embedded::of(text.as_bytes())
    }

    #[test]
    fn a_picture_may_state_its_licence_itself() {
        let alt = |words: &str| {
            format!(
                "<xmpRights:UsageTerms><rdf:Alt><rdf:li xml:lang='x-default'>{words}</rdf:li></rdf:Alt></xmpRights:UsageTerms>"
            )
        };
        for (inner, is) in [
            (format!("<cc:license rdf:resource=\"{CC}\"/>"), "CC-BY-SA-4.0"),
            (format!("<rdf:Description xmpRights:WebStatement='{CC}'/>"), "CC-BY-SA-4.0"),
            (format!("<xmpRights:WebStatement>{CC}</xmpRights:WebStatement>"), "CC-BY-SA-4.0"),
            (format!("<cc:license>\n {CC}\n</cc:license>"), "CC-BY-SA-4.0"),
            (format!("<dcterms:license rdf:resource='{CC}'/>"), "CC-BY-SA-4.0"),
            (alt(&format!("This work is licensed under a &lt;a href=\"{CC}\"&gt;licence&lt;/a&gt;.")), "CC-BY-SA-4.0"),
            (alt("CC BY 4.0"), "CC-BY-4.0"),
            (alt(&format!("Licensed under {CC}.")), "CC-BY-SA-4.0"),
            (alt("All rights reserved"), ""),
            (alt(&format!("{CC} or https://creativecommons.org/licenses/by/4.0/")), ""),
            ("<rdf:Description xmpRights:WebStatement='https://example.org/terms'/>".into(), ""),
            (format!("<rdf:Description xmpRights:WebStatement='' xmlns:cc='{CC}'/>"), ""),
            (format!("<dc:description>{CC}</dc:description>"), ""),
            (format!("<dc:source>{CC}</dc:source><dc:rights/>"), ""),
        ] {
            let found: Vec<String> = xmp(&inner).licenses.into_iter().collect();
            assert_eq!(found.join(" "), is, "{inner}");
        }
        let two = xmp(&format!("<cc:license rdf:resource='{CC}'/>{}", alt("CC BY 4.0")));
        assert_eq!(two.licenses.len(), 2, "they differ, and both are told");
        assert_eq!(Embedded::of(CC.as_bytes()), Embedded::default());
        assert!(xmp("<a></b>").broken && !xmp("<a/>").broken);
    }

    #[test]
    fn a_picture_may_reserve_its_rights() {
        let plus = "http://ns.useplus.org/ldf/vocab/";
        for (value, is) in [
            ("DMI-PROHIBITED", true),
            ("DMI-PROHIBITED-AIMLTRAINING", true),
            ("DMI-PROHIBITED-GENAIMLTRAINING", true),
            ("DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING", true),
            ("DMI-PROHIBITED-SEECONSTRAINT", true),
            ("DMI-ALLOWED", false),
            ("DMI-UNSPECIFIED", false),
        ] {
            for inner in [
                format!("<plus:DataMining>{plus}{value}</plus:DataMining>"),
                format!("<rdf:Description plus:DataMining='{plus}{value}'/>"),
                format!("<plus:DataMining rdf:resource='{plus}{value}'/>"),
            ] {
                assert_eq!(xmp(&inner).mining, is, "{inner}");
            }
        }
        assert_eq!(xmp("<tdm:reservation>1</tdm:reservation>").tdm, Some(true));
        assert_eq!(xmp("<rdf:Description tdm:reservation='0'/>").tdm, Some(false));
        assert_eq!(xmp("<tdm:reservation>yes</tdm:reservation>").tdm, None);
    }

    #[test]
    fn a_notice_of_iptc_names_a_licence() {
        let iim = |words: &str| {
            let sets =
                [&b"\x1c\x02\x05\x00\x05Stone\x1c\x02\x74\x00"[..], &[words.len() as u8], words.as_bytes()].concat();
            let size = (sets.len() as u32).to_be_bytes();
            Embedded::of(&[b"\xff\xd8Photoshop 3.0\x008BIM\x04\x04\x00\x00", &size[..], &sets].concat()).licenses
        };
        assert!(iim(&format!("Kim, {CC}")).contains("CC-BY-SA-4.0") && iim("CC BY 4.0").contains("CC-BY-4.0"));
        assert!(iim("(c) Kim").is_empty() && Embedded::of(b"8BIM\x04\x04").licenses.is_empty());
    }
}

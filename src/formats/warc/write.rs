//! Records of WARC 1.1 (ISO 28500:2017) as they are written: each is a member of gzip of its own, so that tools reach one without
//! reading the others. Equal contents give equal bytes: the name of a record is a digest of what it holds.
use super::digest::base32;
use crate::digest::{Digest, others};
use crate::formats::packing::gzip;

/// The media type of named fields.
pub const FIELDS: &str = "application/warc-fields";

/// A record that is to be written.
pub struct Written<'r> {
    /// `warcinfo`, `resource`, `metadata`.
    pub ty: &'r str,
    /// The address of what it holds or speaks of.
    pub target: Option<&'r str>,
    /// RFC 3339, UTC.
    pub date: &'r str,
    pub media: &'r str,
    /// The name of the record that it speaks of.
    pub refers: Option<&'r str>,
    pub body: &'r [u8],
}

impl Written<'_> {
    /// The name of the record: `<urn:uuid:...>`, of the version for names that are made in a way of one's own (RFC 9562, 5.8).
    pub fn id(&self) -> String {
        let parts = [self.ty, self.target.unwrap_or_default(), self.date, self.media, self.refers.unwrap_or_default()];
        let text = format!("{}\n{}", parts.join("\n"), Digest::of(self.body).hex());
        let hex = Digest::derive("tamis record of WARC", text.as_bytes()).hex();
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        format!("<urn:uuid:{}-{}-8{}-8{}-{}>", part(0, 8), part(8, 12), part(12, 15), part(15, 18), part(18, 30))
    }

    /// The record, packed.
    pub fn packed(&self) -> Vec<u8> {
        let digest = format!("sha1:{}", base32(&others(self.body, false)));
        let length = self.body.len().to_string();
        let id = self.id();
        let fields = [
            ("WARC-Type", Some(self.ty)),
            ("WARC-Record-ID", Some(id.as_str())),
            ("WARC-Date", Some(self.date)),
            ("WARC-Target-URI", self.target),
            ("WARC-Refers-To", self.refers),
            ("WARC-Block-Digest", Some(&digest)),
            ("WARC-Payload-Digest", Some(digest.as_str()).filter(|_| self.ty == "resource")),
            ("Content-Type", Some(self.media)),
            ("Content-Length", Some(&length)),
        ];
        let mut out = b"WARC/1.1\r\n".to_vec();
        for (name, value) in fields {
            if let Some(value) = value {
                out.extend_from_slice(field(name, value).as_bytes());
            }
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(self.body);
        out.extend_from_slice(b"\r\n\r\n");
        gzip(&out)
    }
}

/// One named field: a value has one line, whatever it is made of.
pub fn field(name: &str, value: &str) -> String {
    let line: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("{name}: {}\r\n", line.trim())
}

#[cfg(test)]
mod tests {
    use super::super::body::Payload;
    use super::super::digest::compared;
    use super::*;
    use crate::formats::cut::warc::{Head, head_end};
    use std::io::Read as _;

    #[test]
    fn what_is_written_is_read_again() {
        let body = "<p>\u{ac00}".as_bytes();
        let target = Some("https://example.org/a");
        let written =
            Written { ty: "resource", target, date: "2026-01-31T10:00:00Z", media: "text/html", refers: None, body };
        let (mut bytes, packed) = (Vec::new(), written.packed());
        flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut bytes).unwrap();
        let end = head_end(&bytes).unwrap();
        let head = Head::read(&bytes[..end]).unwrap();
        assert!(head.is_content() && head.length() == Some(body.len() as u64) && head.get("WARC-Target-URI") == target);
        let own = &bytes[end..end + body.len()];
        let payload = Payload::of(&head, own, 100).unwrap();
        assert_eq!((&*payload.bytes, payload.media.as_str()), (body, "text/html"));
        assert_eq!(compared(&head, own, &payload).unwrap(), None);
        assert_eq!(written.packed(), packed);
        assert_eq!((written.id().len(), written.id().get(24..25)), (47, Some("8")), "{}", written.id());
        assert_eq!(field("a", "x\r\nb: y\n"), "a: x  b: y\r\n");
    }
}

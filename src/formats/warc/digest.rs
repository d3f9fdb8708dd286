//! The digests that a record says of itself: `WARC-Block-Digest` of its body, `WARC-Payload-Digest` of what was fetched. They
//! are written as `sha1:BASE32`, as most crawlers do, or in hex; SHA-256 alike.
use super::body::Payload;
use crate::digest::others;
use crate::formats::cut::warc::Head;
use crate::formats::encoding::Wrong;

/// Which digest of a record is not compared, if one is not; rule `warc.digest` where one is that of other bytes.
pub fn compared(head: &Head, body: &[u8], payload: &Payload) -> Result<Option<String>, Wrong> {
    let differs =
        |name: &str| Wrong::new("warc.digest", format!("`{name}` is that of other bytes: the record is damaged"));
    let mut unknown = None;
    let mut hold = |name: &'static str, of: &[&[u8]]| match head.get(name).map(Said::read) {
        None => Ok(()),
        Some(Some(said)) if of.iter().any(|bytes| said.is_of(bytes)) => Ok(()),
        Some(Some(_)) => Err(differs(name)),
        Some(None) => {
            unknown = Some(format!("`{name}` is not compared: it is neither SHA-1 nor SHA-256"));
            Ok(())
        }
    };
    hold("WARC-Block-Digest", &[body])?;
    // crawlers differ in whether chunks and packing belong to what they digest; of a body that the crawler cut off it is that of the whole
    if head.get("WARC-Truncated").is_none() {
        hold("WARC-Payload-Digest", &[payload.raw, payload.joined(), &payload.bytes, body])?;
    }
    Ok(unknown)
}

/// A digest as it is written.
struct Said<'h> {
    long: bool,
    text: &'h str,
}

impl<'h> Said<'h> {
    fn read(text: &'h str) -> Option<Said<'h>> {
        let (name, text) = text.split_once(':')?;
        match name.trim().to_ascii_lowercase().replace('-', "").as_str() {
            "sha1" => Some(Said { long: false, text: text.trim() }),
            "sha256" => Some(Said { long: true, text: text.trim() }),
            _ => None,
        }
    }

    fn is_of(&self, bytes: &[u8]) -> bool {
        let made = others(bytes, self.long);
        let hex: String = made.iter().map(|byte| format!("{byte:02x}")).collect();
        let text = self.text.trim_end_matches('=');
        text.eq_ignore_ascii_case(&hex) || text.eq_ignore_ascii_case(&base32(&made))
    }
}

/// The letters of RFC 4648, without padding.
pub fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut out, mut held, mut bits) = (String::new(), 0u32, 0u32);
    let letter = |five: u32| char::from(LETTERS.get((five & 31) as usize).copied().unwrap_or(b'A'));
    for byte in bytes {
        held = (held << 8 | u32::from(*byte)) & 0xffff;
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(letter(held >> bits));
        }
    }
    if bits > 0 {
        out.push(letter(held << (5 - bits)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_compared_in_both_spellings() {
        let is = |said: &str, bytes: &[u8]| Said::read(said).unwrap().is_of(bytes);
        // of no bytes, as archives have it of empty answers
        assert!(is("sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", b""));
        assert!(is("SHA-1:da39a3ee5e6b4b0d3255bfef95601890afd80709", b""));
        assert!(is("sha256:4OYMIQUY7QOBJGX36TEJS35ZEQT24QPEMSNZGTFESWMRW6CSXBKQ====", b""));
        assert!(!is("sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", b"x") && Said::read("md5:00").is_none());
    }
}

//! The body of a record: of an answer of HTTP (RFC 9112) without its head, its chunks and its packing.
use crate::formats::cut::warc::{Head, head_end};
use crate::formats::encoding::Wrong;
use std::borrow::Cow;
use std::io::Read as _;

/// What was fetched.
pub struct Payload<'b> {
    /// The head of the answer, where there is one.
    pub head: Option<Head<'b>>,
    /// `200`.
    pub status: Option<&'b str>,
    /// `text/html`, in small letters and without parameters.
    pub media: String,
    /// The same with its parameters.
    pub said: Option<&'b str>,
    pub bytes: Cow<'b, [u8]>,
    /// The same as it was sent: with its chunks and its packing.
    pub raw: &'b [u8],
    /// Without its chunks, where it had some, and with its packing.
    joined: Option<Vec<u8>>,
}

impl<'b> Payload<'b> {
    /// Takes the body of a record apart; an unpacked one has at most `most` bytes. Rule `warc.packing`.
    pub fn of(record: &Head<'b>, body: &'b [u8], most: u64) -> Result<Payload<'b>, Wrong> {
        let answer = body.starts_with(b"HTTP/").then(|| head_end(body)).flatten();
        let head = answer.and_then(|end| Head::read(body.get(..end)?));
        let (Some(end), Some(head)) = (answer, head) else {
            let said = record.get("Content-Type");
            let bytes = body.into();
            return Ok(Payload {
                head: None,
                status: None,
                media: essence(said),
                said,
                bytes,
                raw: body,
                joined: None,
            });
        };
        let raw = body.get(end..).unwrap_or_default();
        let (mut bytes, mut unchunked) = (Cow::Borrowed(raw), None);
        if head.get("Transfer-Encoding").is_some_and(|of| of.to_ascii_lowercase().contains("chunked"))
            && let Some(joined) = joined(&bytes)
        {
            unchunked = Some(joined.clone());
            bytes = Cow::Owned(joined);
        }
        for packing in head.get("Content-Encoding").unwrap_or_default().rsplit(',') {
            bytes = unpacked(bytes, packing.trim(), most)?;
        }
        let said = head.get("Content-Type");
        let status = head.first.split_whitespace().nth(1);
        Ok(Payload { status, media: essence(said), said, bytes, head: Some(head), raw, joined: unchunked })
    }

    /// What was sent, without its chunks.
    pub fn joined(&self) -> &[u8] {
        self.joined.as_deref().unwrap_or(self.raw)
    }
}

fn essence(said: Option<&str>) -> String {
    said.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether a body of this media type is text.
pub fn is_text(media: &str) -> bool {
    let forms = ["application/json", "application/xml", "application/javascript", "application/yaml"];
    media.is_empty()
        || media.starts_with("text/")
        || media.ends_with("+xml")
        || media.ends_with("+json")
        || forms.contains(&media)
}

/// The chunks of a body one after another; `None` where it has none, since some crawlers join them and keep the head as it was.
fn joined(bytes: &[u8]) -> Option<Vec<u8>> {
    let (mut out, mut rest) = (Vec::new(), bytes);
    loop {
        let end = memchr::memchr(b'\n', rest)?;
        let (line, after) = rest.split_at(end + 1);
        let size = std::str::from_utf8(line).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(out);
        }
        out.extend(after.get(..size)?);
        let behind = after.get(size..)?;
        rest = behind.strip_prefix(b"\r\n").or_else(|| behind.strip_prefix(b"\n"))?;
    }
}

/// A body without its packing; as it is where it is unpacked already, for the same reason.
fn unpacked<'b>(bytes: Cow<'b, [u8]>, packing: &str, most: u64) -> Result<Cow<'b, [u8]>, Wrong> {
    let known = match packing.to_ascii_lowercase().as_str() {
        "" | "identity" => return Ok(bytes),
        "gzip" | "x-gzip" => bytes.starts_with(&[0x1f, 0x8b]),
        "deflate" => bytes.first().is_some_and(|b| b & 0x0f == 8),
        "zstd" => bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]),
        other => {
            let readable = std::str::from_utf8(&bytes).is_ok_and(|text| !text.is_empty());
            let say = format!("a body packed as `{}` is not read", other.escape_default());
            return if readable { Ok(bytes) } else { Err(Wrong::new("warc.packing", say)) };
        }
    };
    if !known {
        return Ok(bytes);
    }
    let mut out = Vec::new();
    let damaged = |_| Wrong::new("warc.packing", format!("the {packing} stream of the body is damaged"));
    let limited = most.saturating_add(1);
    match packing.to_ascii_lowercase().as_str() {
        "deflate" => flate2::read::ZlibDecoder::new(&*bytes).take(limited).read_to_end(&mut out).map_err(damaged)?,
        "zstd" => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(&*bytes).map_err(damaged)?;
            decoder.window_log_max(27).map_err(damaged)?;
            decoder.take(limited).read_to_end(&mut out).map_err(damaged)?
        }
        _ => flate2::read::MultiGzDecoder::new(&*bytes).take(limited).read_to_end(&mut out).map_err(damaged)?,
    };
    if out.len() as u64 > most {
        return Err(Wrong::new("record.too_large", "its body is larger than `record_max` once it is unpacked"));
    }
    Ok(Cow::Owned(out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    const RECORD: &[u8] = b"WARC/1.0\r\nContent-Type: application/http\r\n\r\n";

    fn payload<'b>(body: &'b [u8], most: u64) -> Result<Payload<'b>, Wrong> {
        Payload::of(&Head::read(RECORD).unwrap(), body, most)
    }

    fn gz(text: &str) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        out.write_all(text.as_bytes()).unwrap();
        out.finish().unwrap()
    }

    #[test]
    fn chunks_and_packing_are_taken_off() {
        let packed = gz("hello");
        let (a, b) = packed.split_at(5);
        let chunk = |of: &[u8]| [format!("{:x};name=v\r\n", of.len()).as_bytes(), of, b"\r\n"].concat();
        let head = b"HTTP/1.1 200 OK\r\nContent-Type: Text/Plain; charset=x\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n";
        let body = [&head[..], &chunk(a), &chunk(b), b"0\r\n\r\n"].concat();
        let got = payload(&body, 100).unwrap();
        assert_eq!((got.status, got.media.as_str(), &*got.bytes), (Some("200"), "text/plain", &b"hello"[..]));
        // a crawler may have taken both off and left the head as it was
        let plain = [&head[..], b"hello"].concat();
        assert_eq!(&*payload(&plain, 100).unwrap().bytes, b"hello");
        assert_eq!(payload(&body, 4).err().unwrap().rule, "record.too_large");
        let damaged = [&b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"[..], &packed[..packed.len() - 6]].concat();
        assert_eq!(payload(&damaged, 100).err().unwrap().rule, "warc.packing");
        let brotli = b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n\x8b\x02\x80";
        assert_eq!(payload(brotli, 100).err().unwrap().say, "a body packed as `br` is not read");
    }

    #[test]
    fn what_is_no_answer_is_as_the_record_says() {
        let record = b"WARC/1.0\r\nContent-Type: text/plain\r\n\r\n";
        let got = Payload::of(&Head::read(record).unwrap(), b"HTTP/ is a protocol", 100).unwrap();
        assert_eq!((got.status, got.media.as_str(), &*got.bytes), (None, "text/plain", &b"HTTP/ is a protocol"[..]));
    }
}

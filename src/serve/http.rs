//! Requests and answers of HTTP/1.1 over one connection, one of each: a server for one person on this machine needs no more.
//!
//! A request has `Content-Length` or no body; chunks are refused, so that there is one way to tell where it ends. Everything is
//! bounded: the head, the body, and the time until all of it is there.
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// Bytes of a head, and of a body.
const HEAD_MAX: usize = 8 << 10;
const BODY_MAX: usize = 1 << 20;
/// Fields of a head.
const FIELDS_MAX: usize = 64;
/// How long a request may take until all of it is there, and an answer until it is taken.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much is read, and how long, of a request that was refused: what is not read resets the connection, and the answer is lost.
const REST_MAX: usize = 4 << 20;
const REST: Duration = Duration::from_millis(500);

/// A request.
#[derive(Debug, Default)]
pub struct Request {
    pub method: String,
    /// Without the query.
    pub path: String,
    pub query: Vec<(String, String)>,
    /// Names in small letters.
    fields: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// A field of the head; `None` where it is missing.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|f| f.0 == name).map(|f| f.1.as_str())
    }

    /// Whether a field stands there more than once.
    pub fn repeats(&self, name: &str) -> bool {
        self.fields.iter().filter(|f| f.0 == name).count() > 1
    }

    /// A parameter of the query.
    pub fn asked(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|q| q.0 == name).map(|q| q.1.as_str())
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The media type of the body.
    pub kind: &'static str,
    pub fields: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn html(body: String) -> Answer {
        Answer { status: 200, kind: "text/html; charset=utf-8", fields: Vec::new(), body: body.into_bytes() }
    }

    pub fn json(status: u16, value: &impl serde::Serialize) -> Answer {
        let body = serde_json::to_vec(value).unwrap_or_default();
        Answer { status, kind: "application/json", fields: Vec::new(), body }
    }

    /// Why there is no other answer, in words.
    pub fn error(status: u16, say: impl Into<String>) -> Answer {
        Answer::json(status, &serde_json::json!({ "error": say.into() }))
    }
}

/// Why there is no request: the answer to it, or nothing where nobody waits for one.
pub type Refused = Option<Answer>;

/// Reads a request; it must be there whole in time.
pub fn read(stream: &TcpStream) -> Result<Request, Refused> {
    let until = Instant::now() + PATIENCE;
    let mut bytes = Vec::new();
    let (mut request, head, length) = loop {
        if let Some(read) = head(&bytes)? {
            break read;
        }
        if bytes.len() >= HEAD_MAX {
            return Err(Some(Answer::error(431, format!("the head of a request has at most {HEAD_MAX} bytes"))));
        }
        more(stream, &mut bytes, HEAD_MAX, until)?;
    };
    if length > BODY_MAX {
        return Err(Some(Answer::error(413, format!("the body of a request has at most {BODY_MAX} bytes"))));
    }
    while bytes.len() < head + length {
        more(stream, &mut bytes, head + length, until)?;
    }
    request.body = bytes.get(head..head + length).unwrap_or_default().to_vec();
    Ok(request)
}

/// Reads what is there, up to `most` bytes in all.
fn more(mut stream: &TcpStream, bytes: &mut Vec<u8>, most: usize, until: Instant) -> Result<(), Refused> {
    let late = || Some(Answer::error(408, "the request did not come in time"));
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(late());
    }
    stream.set_read_timeout(Some(left)).map_err(|_| None)?;
    let mut block = [0; 4096];
    let room = most.saturating_sub(bytes.len()).min(block.len());
    match stream.read(block.get_mut(..room).unwrap_or_default()) {
        Ok(0) => Err(None), // whoever asked went away
        Ok(n) => {
            bytes.extend(block.get(..n).unwrap_or_default());
            Ok(())
        }
        Err(e) if e.kind() == ErrorKind::Interrupted => Ok(()),
        Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Err(late()),
        Err(_) => Err(None),
    }
}

/// The head of a request, its length, and that of the body; `None` while it is not whole.
fn head(bytes: &[u8]) -> Result<Option<(Request, usize, usize)>, Refused> {
    let wrong = |say: &str| Some(Answer::error(400, say));
    let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let mut parsed = httparse::Request::new(&mut fields);
    let len = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(len)) => len,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Some(Answer::error(431, format!("a request has at most {FIELDS_MAX} fields"))));
        }
        Err(_) => return Err(wrong("this is no request of HTTP/1.1")),
    };
    let target = parsed.path.unwrap_or_default();
    if !target.starts_with('/') || target.starts_with("//") {
        return Err(wrong("the target of a request is a path"));
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request = Request {
        method: parsed.method.unwrap_or_default().to_string(),
        path: path.to_string(),
        query: pairs(query),
        ..Request::default()
    };
    for field in parsed.headers.iter() {
        let value = std::str::from_utf8(field.value).map_err(|_| wrong("a field of the head is not UTF-8"))?;
        request.fields.push((field.name.to_ascii_lowercase(), value.trim().to_string()));
    }
    if request.field("transfer-encoding").is_some() {
        return Err(Some(Answer::error(411, "a body needs its Content-Length")));
    }
    if request.repeats("content-length") || request.repeats("host") {
        return Err(wrong("a field stands there twice"));
    }
    let length = request.field("content-length").map_or(Ok(0), str::parse::<usize>);
    let length = length.map_err(|_| wrong("Content-Length is no number"))?;
    Ok(Some((request, len, length)))
}

/// `a=b&c=d`, with escapes undone.
fn pairs(query: &str) -> Vec<(String, String)> {
    let one = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (unescaped(name), unescaped(value))
    };
    query.split('&').filter(|pair| !pair.is_empty()).map(one).collect()
}

/// A part of an address with `%XX` undone; what is no escape stays, and bytes that are no UTF-8 are shown as such.
pub fn unescaped(text: &str) -> String {
    let bytes = text.as_bytes();
    let digit = |i: usize| bytes.get(i).and_then(|b| char::from(*b).to_digit(16)).map(|d| d as u8);
    let (mut out, mut i) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(i) {
        match (byte, digit(i + 1), digit(i + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(high << 4 | low);
                i += 3;
            }
            _ => {
                out.push(if *byte == b'+' { b' ' } else { *byte });
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// What every answer says: nothing is kept, framed, guessed or read by another site.
const ALWAYS: &str = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: same-origin\r\n\
    Cross-Origin-Opener-Policy: same-origin\r\nReferrer-Policy: no-referrer\r\nX-Frame-Options: DENY\r\nConnection: close\r\n";
/// The policy of all that is no page: nothing of it runs or loads.
const CLOSED: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Writes an answer whole.
pub fn write(mut stream: &TcpStream, answer: &Answer, head_only: bool) -> io::Result<()> {
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut out = start(answer);
    out.push_str(&format!("Content-Length: {}\r\n\r\n", answer.body.len()));
    let mut bytes = out.into_bytes();
    if !head_only {
        bytes.extend(&answer.body);
    }
    stream.write_all(&bytes)?;
    stream.flush()
}

/// Begins an answer whose length nobody knows: it ends with the connection.
pub fn begin(mut stream: &TcpStream, answer: &Answer) -> io::Result<()> {
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all((start(answer) + "\r\n").as_bytes())?;
    stream.flush()
}

fn start(answer: &Answer) -> String {
    let mut out = format!("HTTP/1.1 {} {}\r\nContent-Type: {}\r\n", answer.status, reason(answer.status), answer.kind);
    out.push_str(ALWAYS);
    if !answer.fields.iter().any(|f| f.0 == POLICY) {
        out.push_str(&format!("{POLICY}: {CLOSED}\r\n"));
    }
    // no value comes from outside, and yet no line is to be ended by one
    let plain = |value: &str| value.chars().filter(|c| !c.is_control()).collect::<String>();
    answer.fields.iter().for_each(|(name, value)| out.push_str(&format!("{name}: {}\r\n", plain(value))));
    out
}

/// The field that says what a page may load and run.
pub const POLICY: &str = "Content-Security-Policy";

/// Ends a connection after an answer: what the other side still sends is read for a moment, or the answer would be lost.
pub fn finish(mut stream: &TcpStream) {
    let (until, mut read) = (Instant::now() + REST, 0);
    let _ = stream.shutdown(Shutdown::Write); // it may be closed already
    let mut block = [0; 4096];
    while read < REST_MAX && Instant::now() < until {
        let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        if stream.set_read_timeout(Some(left)).is_err() {
            return;
        }
        match stream.read(&mut block) {
            Ok(n) if n > 0 => read += n,
            _ => return,
        }
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(text: &str) -> Option<u16> {
        head(text.as_bytes()).err().flatten().map(|a| a.status)
    }

    #[test]
    fn heads_are_read_and_what_is_none_is_refused() {
        let text = "GET /samples?q=text%3A%22a+b%22&n=5 HTTP/1.1\r\nHost: localhost:1\r\nX: y \r\n\r\nrest";
        let (r, len, body) = head(text.as_bytes()).unwrap().unwrap();
        assert_eq!((r.method.as_str(), r.path.as_str(), body), ("GET", "/samples", 0));
        assert_eq!((r.asked("q"), r.asked("n"), r.asked("z")), (Some("text:\"a b\""), Some("5"), None));
        assert_eq!((r.field("host"), r.field("x"), &text[len..]), (Some("localhost:1"), Some("y"), "rest"));
        assert!(head(b"GET / HTTP/1.1\r\nHost:").unwrap().is_none());
        for (wrong, want) in [
            ("GET http://elsewhere/ HTTP/1.1\r\n\r\n", 400),
            ("GET //elsewhere HTTP/1.1\r\n\r\n", 400),
            ("\u{1}\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
            ("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        ] {
            assert_eq!(status(wrong), Some(want), "{wrong}");
        }
    }

    #[test]
    fn escapes_of_addresses_are_undone() {
        let pairs = [("a%20b+c", "a b c"), ("%EA%B0%80", "가"), ("%zz%", "%zz%"), ("%ff", "\u{fffd}"), ("%00", "\0")];
        pairs.into_iter().for_each(|(text, want)| assert_eq!(unescaped(text), want));
    }

    #[test]
    fn no_value_ends_a_line_of_the_head() {
        let mut answer = Answer::error(200, "x");
        answer.fields.push(("A", "b\r\nC: d".into()));
        assert!(start(&answer).contains("A: bC: d\r\n"));
    }
}

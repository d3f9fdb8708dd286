//! The door to the network (owner of `ureq`): one request at a time over `http` and `https`. Only `tamis update` and `tamis
//! fetch` open it. Redirects are followed one by one, and each address that is connected to is judged after its name was
//! looked up: what lies in the machine's own networks is refused unless the user names the host. No cookie is ever sent, and a credential only to
//! the endpoint of a language model that the user trusts with it (`Post`).
use super::World;
use crate::measure::urls::Url;
use crate::model::moments;
use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};
use ureq::config::Config;
use ureq::http::{HeaderMap, Uri};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// Redirects that are followed.
const REDIRECTS: usize = 10;
/// Seconds that a name may take to be looked up, a connection to stand, the head of an answer to come.
const HEAD_SECONDS: u64 = 30;
/// Seconds without a byte after which an answer is given up.
const STALL_SECONDS: u64 = 30;
/// An answer may take so long and a second more for each so many bytes: what trickles is given up.
const SLOW_SECONDS: u64 = 60;
const SLOW_BYTES: u64 = 4096;
/// Bytes of the head of an answer.
const HEAD_MAX: usize = 64 << 10;
/// Bytes of a header that is kept, and of one that may stand several times and forbid something at its end.
const HEADER_MAX: usize = 1024;
const LIST_MAX: usize = 16 << 10;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// Whom the owner of a server may write to: a part of the `User-Agent`.
    pub contact: String,
    /// What the last answer was known by: `If-None-Match` and `If-Modified-Since`.
    pub etag: Option<String>,
    pub modified: Option<String>,
    /// The bytes from here on alone, if the file is still the one with this validator.
    pub from: Option<(u64, String)>,
    /// The codings in which the body may come packed, as `Accept-Encoding` names them; none where this is empty.
    pub packed: &'static str,
}

/// What is asked of an interface that answers in JSON. Nothing is sent to where an answer redirects.
pub struct Post<'a> {
    /// Whom the owner of a server may write to.
    pub contact: &'a str,
    /// The body, as JSON.
    pub body: &'a str,
    /// Who asks, by a secret: `Authorization: Bearer`.
    pub bearer: Option<&'a str>,
    /// Seconds until the head of the answer must have come.
    pub seconds: u64,
}

/// An answer whose body has not been read.
pub struct Answer {
    pub status: u16,
    /// Where it came from in the end.
    pub url: Url,
    headers: HeaderMap,
    body: Box<dyn Read + Send>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum NoAnswer {
    /// It is not asked for: an address that is refused, a redirect that leads nowhere.
    Refused(String),
    /// It may be there later: the network, a server that breaks off.
    Broken(String),
}

impl NoAnswer {
    pub fn say(&self) -> &str {
        match self {
            NoAnswer::Refused(say) | NoAnswer::Broken(say) => say,
        }
    }
}

/// The network, used with manners.
pub struct Net {
    agent: ureq::Agent,
    private: Vec<String>,
    proxy: Option<Proxy>,
}

/// Host and port of a proxy. It may lie in a private network, as the user's own environment names it; that holds for the
/// connection to the proxy alone, and nothing else of its host is asked for its sake.
#[derive(Clone, Debug)]
struct Proxy {
    host: String,
    port: u16,
}

impl Proxy {
    fn is(&self, host: &str, port: u16) -> bool {
        self.port == port && self.host.eq_ignore_ascii_case(host)
    }
}

impl World {
    /// Opens the door to the network. Nothing is connected before something is asked. `private` are hosts, `HOST` or
    /// `HOST:PORT`, that the user lets lie in private networks.
    pub fn net(&self, private: &[String]) -> Net {
        let proxy = ureq::Proxy::try_from_env();
        let private = private.to_vec();
        let seconds = |n| Some(Duration::from_secs(n));
        let config = Config::builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_resolve(seconds(HEAD_SECONDS))
            .timeout_connect(seconds(HEAD_SECONDS))
            .timeout_recv_response(seconds(HEAD_SECONDS))
            .timeout_per_read(seconds(STALL_SECONDS))
            .timeout_per_write(seconds(STALL_SECONDS))
            .max_response_header_size(HEAD_MAX)
            .proxy(proxy.clone())
            .build();
        let proxy = proxy.map(|p| Proxy { host: p.host().to_string(), port: p.port() });
        let resolver = Guarded { inner: DefaultResolver::default(), private: private.clone(), proxy: proxy.clone() };
        let agent = ureq::Agent::with_parts(config, DefaultConnector::new(), resolver);
        Net { agent, private, proxy }
    }

    /// Waits so long, or until somebody wishes to stop.
    pub fn wait(&self, time: Duration, stops: &dyn Fn() -> bool) {
        let end = Instant::now() + time;
        while !stops() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            std::thread::sleep(left.min(Duration::from_millis(50)));
        }
    }

    /// The time now as text (RFC 3339, UTC, whole seconds).
    pub fn date(&self) -> String {
        moments::text(self.now().div_euclid(1_000_000_000) * 1_000_000)
    }
}

/// Who asks: servers and their owners can tell, and know whom to write to.
fn user_agent(contact: &str) -> String {
    let contact: String = contact.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').collect();
    format!("{AGENT} (+{})", contact.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// What tamis calls itself, and what robots.txt may call it.
pub const AGENT: &str = concat!("tamis/", env!("CARGO_PKG_VERSION"));

impl Net {
    /// Asks for what lies at an address; redirects are followed.
    pub fn get(&self, url: &Url, ask: &Ask) -> Result<Answer, NoAnswer> {
        self.get_if(url, ask, &|_| Ok(()))
    }

    /// The same; each address that a redirect leads to is judged by the asker first, whose error says why it is not asked.
    pub fn get_if(&self, url: &Url, ask: &Ask, may: &dyn Fn(&Url) -> Result<(), String>) -> Result<Answer, NoAnswer> {
        let mut at = url.clone();
        let mut passed = vec![at.clone()];
        loop {
            let answer = self.one(&at, ask)?;
            if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(answer);
            }
            let Some(to) = answer.header("location") else {
                return Err(NoAnswer::Refused(format!("{at} redirects to nowhere")));
            };
            let next = at.join(&to).map_err(|say| NoAnswer::Refused(format!("{at} redirects to `{to}`: {say}")))?;
            if at.is_secure() && !next.is_secure() {
                return Err(NoAnswer::Refused(format!("{at} redirects to {next}, which is not encrypted")));
            }
            if passed.contains(&next) {
                return Err(NoAnswer::Refused(format!("{url} redirects in a circle")));
            }
            if passed.len() > REDIRECTS {
                return Err(NoAnswer::Refused(format!("{url} redirects more than {REDIRECTS} times")));
            }
            may(&next).map_err(|say| NoAnswer::Refused(format!("{url} redirects to {next}: {say}")))?;
            passed.push(next.clone());
            at = next;
        }
    }

    /// Sends JSON to an interface. Its answer is what came from this address: redirects are not followed.
    pub fn post(&self, url: &Url, post: &Post) -> Result<Answer, NoAnswer> {
        self.judge(url)?;
        if post.bearer.is_some() && !url.is_secure() && !allowed(&self.private, url.host(), url.port()) {
            return Err(NoAnswer::Refused(format!(
                "{url} is not encrypted, and the key would be sent to be read by all"
            )));
        }
        let wait = Some(Duration::from_secs(post.seconds));
        let request = self.agent.post(url.to_string()).config();
        let mut request = request.timeout_recv_response(wait).timeout_per_read(wait).build();
        request = request.header("content-type", "application/json").header("accept", "application/json");
        request = request.header("user-agent", user_agent(post.contact)).header("accept-encoding", "identity");
        if let Some(bearer) = post.bearer {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        answered(url, request.send(post.body))
    }

    /// One request and its answer.
    fn one(&self, url: &Url, ask: &Ask) -> Result<Answer, NoAnswer> {
        self.judge(url)?;
        let mut request = self.agent.get(url.to_string()).header("accept", "*/*");
        request = request.header("user-agent", user_agent(&ask.contact));
        request = request.header("accept-encoding", if ask.packed.is_empty() { "identity" } else { ask.packed });
        if let Some((from, validator)) = &ask.from {
            request = request.header("range", format!("bytes={from}-")).header("if-range", validator);
        }
        if let Some(etag) = &ask.etag {
            request = request.header("if-none-match", etag);
        }
        if let Some(modified) = &ask.modified {
            request = request.header("if-modified-since", modified);
        }
        answered(url, request.call())
    }

    /// A host that is written as an address is judged before a proxy could look it up.
    fn judge(&self, url: &Url) -> Result<(), NoAnswer> {
        judge(&self.private, self.proxy.as_ref(), url.host(), url.port()).map_err(NoAnswer::Refused)
    }
}

/// The answer to one request, whose body has not been read.
fn answered(url: &Url, came: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, NoAnswer> {
    let (parts, body) = came.map_err(|e| said(url, e))?.into_parts();
    let body = Timely::new(body.into_with_config().limit(u64::MAX).reader());
    Ok(Answer { status: parts.status.as_u16(), url: url.clone(), headers: parts.headers, body: Box::new(body) })
}

/// Whether a host may be asked, as far as its name tells: an address in any spelling is judged here, a name is where it is
/// looked up. A proxy looks names up by itself, so names that mean a private network by their form are refused before it
/// is asked. The error says why.
fn judge(private: &[String], proxy: Option<&Proxy>, host: &str, port: u16) -> Result<(), String> {
    if allowed(private, host, port) {
        return Ok(());
    }
    if proxy.is_some_and(|proxy| proxy.is(host, port)) {
        return Err(format!("{host}:{port} is the proxy itself and is not asked for data"));
    }
    let bare = host.trim_matches(['[', ']']);
    let own = match bare.parse::<Ipv6Addr>() {
        Ok(address) => private_v6(address),
        Err(_) => match spelled_v4(bare) {
            Spelled::Address(address) => private_v4(address),
            Spelled::Wrong => return Err(format!("{host} is neither a name nor an address of IPv4")),
            Spelled::Name => proxy.is_some() && is_private_name(bare),
        },
    };
    if own { Err(private_host(host)) } else { Ok(()) }
}

/// Names that are kept for one's own machine and networks: RFC 6761 and 6762, RFC 8375, ICANN's `.internal`.
fn is_private_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    ["localhost", "localdomain", "local", "internal", "home.arpa"]
        .iter()
        .any(|own| name.strip_suffix(own).is_some_and(|before| before.is_empty() || before.ends_with('.')))
}

/// What a host's name says as an address of IPv4.
#[derive(Debug, PartialEq)]
enum Spelled {
    Address(Ipv4Addr),
    /// It ends in a number and is no address: there is no such name, and who looks it up may read it in any way.
    Wrong,
    Name,
}

/// Reads an address of IPv4 in each form that `inet_aton` and browsers read (WHATWG URL, 3.5): one to four parts, each
/// decimal, octal (`0`) or hexadecimal (`0x`), of which the last fills the bytes that are left; a dot may end it.
fn spelled_v4(host: &str) -> Spelled {
    let parts: Vec<&str> = host.strip_suffix('.').unwrap_or(host).split('.').collect();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !parts.last().is_some_and(|part| digits(part) || number(part).is_some()) {
        return Spelled::Name;
    }
    let Some(numbers) = parts.iter().map(|part| number(part)).collect::<Option<Vec<u64>>>() else {
        return Spelled::Wrong;
    };
    let Some((last, before)) = numbers.split_last().filter(|(_, before)| before.len() < 4) else {
        return Spelled::Wrong;
    };
    let left = 8 * (4 - before.len() as u32);
    if before.iter().any(|n| *n > 255) || *last >= 1u64 << left {
        return Spelled::Wrong;
    }
    let high = before.iter().fold(0u64, |all, n| all << 8 | n) << left;
    u32::try_from(high | last).map_or(Spelled::Wrong, |all| Spelled::Address(Ipv4Addr::from_bits(all)))
}

/// One part of such an address.
fn number(part: &str) -> Option<u64> {
    let (text, radix) = match part.strip_prefix("0x").or_else(|| part.strip_prefix("0X")) {
        Some("") => return Some(0),
        Some(hex) => (hex, 16),
        None if part.len() > 1 && part.starts_with('0') => (part, 8),
        None => (part, 10),
    };
    text.bytes().all(|b| b.is_ascii_alphanumeric()).then(|| u64::from_str_radix(text, radix).ok()).flatten()
}

impl Answer {
    /// A header, if it is a text of reasonable length.
    pub fn header(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?.to_str().ok()?.trim();
        (!value.is_empty() && value.len() <= HEADER_MAX).then(|| value.to_string())
    }

    /// All values of a header.
    pub fn headers(&self, name: &str) -> Vec<String> {
        let all = self.headers.get_all(name).iter().filter_map(|v| v.to_str().ok());
        all.filter(|v| v.len() <= LIST_MAX).map(|v| v.trim().to_string()).collect()
    }

    /// The media type, without its parameters, in small letters.
    pub fn media_type(&self) -> Option<String> {
        let text = self.header("content-type")?;
        let media = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let plain = |c: char| c.is_ascii_alphanumeric() || "!#$&^_.+-/".contains(c);
        (media.contains('/') && media.chars().all(plain)).then_some(media)
    }

    /// How many bytes the body has, as far as it is said.
    pub fn length(&self) -> Option<u64> {
        self.header("content-length")?.parse().ok()
    }

    /// Seconds to wait before the next request, as the server asks; `now` is in seconds after 1970.
    pub fn retry_after(&self, now: i64) -> Option<u64> {
        let text = self.header("retry-after")?;
        match text.parse::<u64>() {
            Ok(seconds) => Some(seconds),
            Err(_) => Some(u64::try_from(moments::of_http(&text)? - now).unwrap_or(0)),
        }
    }

    /// Where the bytes of a part begin, of an answer with status 206.
    pub fn begins(&self) -> Option<u64> {
        let range = self.header("content-range")?;
        range.strip_prefix("bytes ")?.split_once('-')?.0.trim().parse().ok()
    }

    pub fn body(&mut self) -> &mut dyn Read {
        &mut self.body
    }
}

/// Gives up what trickles.
struct Timely<R> {
    inner: R,
    began: Instant,
    bytes: u64,
}

impl<R: Read> Timely<R> {
    fn new(inner: R) -> Timely<R> {
        Timely { inner, began: Instant::now(), bytes: 0 }
    }
}

impl<R: Read> Read for Timely<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(to)?;
        self.bytes += n as u64;
        let may = Duration::from_secs(SLOW_SECONDS + self.bytes / SLOW_BYTES);
        if self.began.elapsed() > may {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the answer comes too slowly"));
        }
        Ok(n)
    }
}

/// Looks a name up, and leaves out what may not be connected to.
#[derive(Debug)]
struct Guarded<R> {
    inner: R,
    private: Vec<String>,
    proxy: Option<Proxy>,
}

impl<R: Resolver> Resolver for Guarded<R> {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        let host = uri.host().unwrap_or_default();
        let usual = match uri.scheme_str() {
            Some("https") => 443,
            Some("http") | None => 80,
            Some(_) => 1080, // a proxy of SOCKS
        };
        let port = uri.port_u16().unwrap_or(usual);
        // the proxy is never asked for data: `judge` refuses its address, so this is the connection to it
        if self.proxy.as_ref().is_some_and(|proxy| proxy.is(host, port)) || allowed(&self.private, host, port) {
            return Ok(found);
        }
        let mut out = self.empty();
        for address in found.iter().filter(|a: &&SocketAddr| !is_private(a.ip())) {
            out.push(*address);
        }
        if out.is_empty() { Err(ureq::Error::Other(Box::new(Private(private_host(host))))) } else { Ok(out) }
    }
}

/// A host that lies in a private network.
#[derive(Debug)]
struct Private(String);

impl std::fmt::Display for Private {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Private {}

fn private_host(host: &str) -> String {
    format!("{host} lies in a private network and is not asked; `--allow-private {host}` allows it")
}

/// Whether the user lets a host lie in a private network.
fn allowed(private: &[String], host: &str, port: u16) -> bool {
    let host = host.to_ascii_lowercase();
    let with_port = format!("{host}:{port}");
    private.iter().map(|p| p.to_ascii_lowercase()).any(|p| p == host || p == with_port)
}

/// Whether an address is one of the machine itself, of its networks, or of none that the public can reach.
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(a) => private_v4(a),
        IpAddr::V6(a) => private_v6(a),
    }
}

/// IANA's registry of special-purpose addresses, and multicast.
fn private_v4(a: Ipv4Addr) -> bool {
    let [b0, b1, b2, _] = a.octets();
    a.is_private()
        || a.is_loopback()
        || a.is_link_local()
        || a.is_broadcast()
        || a.is_documentation()
        || a.is_multicast()
        || matches!(
            (b0, b1, b2),
            (0, ..) | (100, 64..=127, _) | (192, 0, 0) | (192, 88, 99) | (198, 18..=19, _) | (240.., ..)
        )
}

/// The same for IPv6. An address that holds one of IPv4 is judged by it.
fn private_v6(a: Ipv6Addr) -> bool {
    let [s0, s1, s2, s3, s4, s5, s6, s7] = a.segments();
    let v4 = |high: u16, low: u16| {
        let ([b0, b1], [b2, b3]) = (high.to_be_bytes(), low.to_be_bytes());
        private_v4(Ipv4Addr::new(b0, b1, b2, b3))
    };
    match (s0, s1, s2, s3, s4, s5) {
        (0, 0, 0, 0, 0, 0 | 0xffff) | (0, 0, 0, 0, 0xffff, 0) => a.is_loopback() || a.is_unspecified() || v4(s6, s7),
        (0x64, 0xff9b, 0, 0, 0, 0) => v4(s6, s7),
        (0x2002, high, low, ..) => v4(high, low),
        (0x64, 0xff9b, 1, ..) | (0x100, 0, 0, 0, ..) | (0x2001, 0..=0x1ff, ..) | (0x2001, 0xdb8, ..) => true,
        (0x3fff, 0..=0xfff, ..) | (0x5f00, ..) => true,
        _ => !matches!(s0, 0x2000..=0x3fff), // all that is given out to the public lies there
    }
}

/// An error in words. What the user can do nothing about but wait is broken; what will not change is refused.
fn said(url: &Url, e: ureq::Error) -> NoAnswer {
    use ureq::Error as E;
    let host = url.host();
    match e {
        E::Other(e) if e.is::<Private>() => NoAnswer::Refused(e.to_string()),
        E::HostNotFound => NoAnswer::Broken(format!("the host {host} was not found")),
        E::Timeout(_) => NoAnswer::Broken(format!("{host} did not answer in time")),
        E::ConnectionFailed => NoAnswer::Broken(format!("{host} cannot be connected to")),
        E::Io(e) => NoAnswer::Broken(format!("{host}: {e}")),
        E::Tls(say) => NoAnswer::Refused(format!("{host}: the encryption failed: {say}")),
        E::Rustls(e) => NoAnswer::Refused(format!("{host}: the encryption failed: {e}")),
        E::LargeResponseHeader(..) => NoAnswer::Refused(format!("{host}: the head of the answer is too large")),
        E::BadUri(_) | E::Http(_) => NoAnswer::Refused(format!("{url} cannot be asked for: {e}")),
        e => NoAnswer::Broken(format!("{host}: {e}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_ones_own_networks_are_told_from_public_ones() {
        for private in [
            "127.0.0.1",
            "127.9.9.9",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2002:a00:1::",
            "2001:db8::1",
            "2001::1",
            "fec0::1",
            "100::1",
            "::ffff:0:127.0.0.1",
        ] {
            assert!(is_private(private.parse().unwrap()), "{private}");
        }
        for public in [
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            assert!(!is_private(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn a_host_is_allowed_by_name_and_perhaps_port() {
        let private = ["Localhost:8000".to_string(), "[::1]".to_string()];
        assert!(allowed(&private, "localhost", 8000) && !allowed(&private, "localhost", 80));
        assert!(allowed(&private, "[::1]", 1) && !allowed(&private, "127.0.0.1", 8000));
    }

    /// Forms of `inet_aton(3)` and of the WHATWG URL standard, 3.5 ("IPv4 parser").
    #[test]
    fn addresses_are_read_in_all_spellings() {
        for (host, is) in [
            ("169.254.169.254", "169.254.169.254"),
            ("2852039166", "169.254.169.254"),
            ("0xa9fea9fe", "169.254.169.254"),
            ("0XA9FEA9FE", "169.254.169.254"),
            ("0251.0376.0251.0376", "169.254.169.254"),
            ("169.254.43518", "169.254.169.254"),
            ("169.16689662", "169.254.169.254"),
            ("0xa9.0376.169.254.", "169.254.169.254"),
            ("2130706433", "127.0.0.1"),
            ("017700000001", "127.0.0.1"),
            ("127.1", "127.0.0.1"),
            ("0x7f.1", "127.0.0.1"),
            ("0", "0.0.0.0"),
            ("0x", "0.0.0.0"),
            ("134744072", "8.8.8.8"),
            ("4294967295", "255.255.255.255"),
        ] {
            assert_eq!(spelled_v4(host), Spelled::Address(is.parse().unwrap()), "{host}");
        }
        for wrong in ["4294967296", "1.2.3.256", "1.2.3.4.5", "256.1", "08", "1.2.3.09", "a.1", "0x1ffffffff", "1..2"] {
            assert_eq!(spelled_v4(wrong), Spelled::Wrong, "{wrong}");
        }
        for name in ["example.org", "1.2.3.com", "0xa9fea9fe.org", "0xg", "deadbeef", "1.example"] {
            assert_eq!(spelled_v4(name), Spelled::Name, "{name}");
        }
    }

    #[test]
    fn a_proxy_opens_no_private_address() {
        let proxy = Proxy { host: "10.0.0.7".into(), port: 3128 };
        let through = |host: &str, port| judge(&[], Some(&proxy), host, port);
        for host in [
            "10.0.0.7",
            "127.0.0.1",
            "2852039166",
            "0xa9fea9fe",
            "0251.0376.0251.0376",
            "169.254.43518",
            "2130706433",
            "[::ffff:a9fe:a9fe]",
            "[::ffff:127.0.0.1]",
            "127.0.0.1.",
            "localhost",
            "a.localhost",
            "metadata.google.internal",
            "printer.local",
        ] {
            assert!(through(host, 80).is_err_and(|say| say.contains("private network")), "{host}");
            assert!(judge(&[host.to_string()], Some(&proxy), host, 80).is_ok(), "{host}");
        }
        assert!(through("10.0.0.7", 3128).is_err_and(|say| say.contains("the proxy itself")));
        assert!(through("1.2.3.999", 80).is_err_and(|say| say.contains("neither")));
        for host in ["example.org", "8.8.8.8", "134744072", "notlocal", "[2606:4700::1111]"] {
            assert!(through(host, 80).is_ok(), "{host}");
        }
        assert!(judge(&[], None, "2130706433", 80).is_err() && judge(&[], None, "localhost", 80).is_ok());
    }

    /// Answers with each of some addresses in turn, as a name does that is made to lead inside at the second look.
    #[derive(Debug)]
    struct Turning(std::sync::Mutex<Vec<Vec<IpAddr>>>);

    impl Resolver for Turning {
        fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
            let port = uri.port_u16().unwrap_or(80);
            let mut out = self.empty();
            let next = self.0.lock().unwrap().pop().ok_or(ureq::Error::HostNotFound)?;
            next.into_iter().for_each(|ip| out.push(SocketAddr::new(ip, port)));
            Ok(out)
        }
    }

    #[test]
    fn a_name_that_changes_is_judged_at_each_look() {
        let of = |all: &[&str]| all.iter().map(|a| a.parse().unwrap()).collect::<Vec<IpAddr>>();
        let mut turns = vec![
            of(&["93.184.215.14"]),
            of(&["169.254.169.254"]),
            of(&["::ffff:127.0.0.1"]),
            of(&["10.0.0.1", "93.184.215.14"]),
            of(&["64:ff9b::a00:1"]),
            of(&["2002:7f00:1::"]),
            of(&["0.0.0.0"]),
        ];
        turns.reverse();
        let guarded = Guarded { inner: Turning(std::sync::Mutex::new(turns)), private: Vec::new(), proxy: None };
        let uri: Uri = "http://turning.example/x".parse().unwrap();
        let look = || {
            let next = NextTimeout {
                after: ureq::unversioned::transport::time::Duration::NotHappening,
                reason: ureq::Timeout::Resolve,
                per_read: None,
                per_write: None,
            };
            let found = guarded.resolve(&uri, &Config::builder().build(), next);
            found.map(|all| all.iter().map(|a| a.ip().to_string()).collect::<Vec<_>>().join(" ")).ok()
        };
        assert_eq!(look().as_deref(), Some("93.184.215.14"));
        assert_eq!((look(), look()), (None, None));
        assert_eq!(look().as_deref(), Some("93.184.215.14"), "of several the public ones are connected to");
        assert_eq!((look(), look(), look()), (None, None, None));
    }

    #[test]
    fn nothing_in_a_contact_leaves_its_header() {
        assert_eq!(user_agent("a@b.org\r\nHost: x"), format!("{AGENT} (+a@b.orgHost: x)"));
    }
}

//! Addresses of the web (RFC 3986), as far as data is collected from them: `http` and `https`, in one canonical form, so that
//! one page has one address. A name in another script than ASCII is written as the domain name system has it (RFC 3492). An
//! address with a user or a password is refused: it would stand in dataset.lock.
use super::names::composed;
use std::fmt;

/// Bytes of an address, at most.
const LONGEST: usize = 8192;

/// An address in canonical form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Url {
    /// `https`, else `http`.
    secure: bool,
    /// In small letters; an IPv6 address stands in brackets.
    host: String,
    port: u16,
    /// Begins with `/`.
    path: String,
    query: Option<String>,
}

impl Url {
    /// Reads an absolute address; what stands behind `#` is left out. An error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Url, String> {
        let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
        if text.len() > LONGEST {
            return Err(format!("an address has at most {LONGEST} bytes"));
        }
        if text.chars().any(|c| c.is_control()) {
            return Err("it has a control character".into());
        }
        let Some((scheme, rest)) = text.split_once(':') else { return Err("it begins with no `http://`".into()) };
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err("only `http` and `https` are fetched".into()),
        };
        let Some(rest) = rest.strip_prefix("//") else { return Err("`//` is missing behind the scheme".into()) };
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        if authority.contains('@') {
            return Err("it holds a name or a password; an address must not".into());
        }
        let (host, port) = host_and_port(authority, if secure { 443 } else { 80 })?;
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(encoded(query, QUERY))),
            None => (rest, None),
        };
        Ok(Url { secure, host, port, path: canonical_path(path), query })
    }

    /// The address that a reference on this page means (RFC 3986, 5.2).
    pub fn join(&self, reference: &str) -> Result<Url, String> {
        // lines that a page breaks are no part of its address
        let reference: String = reference.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
        let reference = reference.trim_matches(|c: char| c.is_ascii_whitespace());
        let reference = reference.split_once('#').map_or(reference, |(before, _)| before);
        let has_scheme = reference.split_once(':').is_some_and(|(scheme, _)| {
            let first = scheme.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
            first && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        });
        if has_scheme {
            return Url::parse(reference);
        }
        if let Some(rest) = reference.strip_prefix("//") {
            return Url::parse(&format!("{}://{rest}", self.scheme()));
        }
        if reference.len() > LONGEST || reference.chars().any(|c| c.is_control()) {
            return Err("this is no address".into());
        }
        let (path, query) = match reference.split_once('?') {
            Some((path, query)) => (path, Some(encoded(query, QUERY))),
            None => (reference, None),
        };
        let mut out = self.clone();
        out.query = match path {
            "" => query.or_else(|| self.query.clone()),
            _ => query,
        };
        out.path = match path {
            "" => self.path.clone(),
            path if path.starts_with('/') => canonical_path(path),
            path => {
                let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
                canonical_path(&format!("{folder}/{path}"))
            }
        };
        Ok(out)
    }

    /// The same address without what names a visit and not a page: numbers of sessions, and where a visitor came from. `None`
    /// where there is nothing of it.
    pub fn lasting(&self) -> Option<Url> {
        let path = match self.path.to_ascii_lowercase().find(";jsessionid=") {
            Some(at) => {
                let (before, behind) = self.path.split_at_checked(at)?;
                let more = behind.get(1..)?.find([';', '/']).and_then(|end| behind.get(end + 1..)).unwrap_or_default();
                format!("{before}{more}")
            }
            None => self.path.clone(),
        };
        let names_visit = |pair: &&str| {
            let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
            VISITS.contains(&name.as_str()) || VISITS_BEGIN.iter().any(|begin| name.starts_with(begin))
        };
        let query = self.query.as_ref().map(|query| {
            let kept: Vec<&str> = query.split('&').filter(|pair| !names_visit(pair)).collect();
            (kept.join("&"), kept.len() == query.split('&').count())
        });
        let same = path == self.path && query.as_ref().is_none_or(|(_, same)| *same);
        let query = query.map(|(query, _)| query).filter(|query| !query.is_empty());
        (!same).then(|| Url { path, query, ..self.clone() })
    }

    pub fn scheme(&self) -> &'static str {
        if self.secure { "https" } else { "http" }
    }

    pub fn is_secure(&self) -> bool {
        self.secure
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The host, and the port where it is not the usual one.
    pub fn authority(&self) -> String {
        let usual = if self.secure { 443 } else { 80 };
        if self.port == usual { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }

    /// Scheme, host and port: what shares one robots.txt.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme(), self.authority())
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    /// Path and query, as a request names them.
    pub fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// A name for the file that lies there: the last part of the path, decoded, without what a file system or a reader
    /// could take for anything else than a name. It is never empty, hidden, or longer than 200 bytes.
    pub fn file_name(&self) -> String {
        let last = self.path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
        safe_name(&decoded(last))
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin(), self.target())
    }
}

/// Keys of a query that name a visit, and how others begin that do.
const VISITS: [&str; 16] = [
    "phpsessid",
    "jsessionid",
    "sessionid",
    "session_id",
    "cfid",
    "cftoken",
    "zenid",
    "oscsid",
    "gclid",
    "fbclid",
    "msclkid",
    "yclid",
    "dclid",
    "mc_cid",
    "mc_eid",
    "igshid",
];
const VISITS_BEGIN: [&str; 2] = ["utm_", "aspsessionid"];

/// A text as the name of a file: one step of a path that leads down.
pub fn safe_name(text: &str) -> String {
    let keeps = |c: char| !c.is_control() && !"/\\:*?\"<>|[]{}!\u{fffd}".contains(c) && !invisible(c);
    let name: String = composed(text).chars().map(|c| if keeps(c) { c } else { '_' }).collect();
    let name = name.trim_start_matches(['.', ' ']).trim_end_matches([' ', '.']);
    let mut end = name.len().min(200);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    match name.get(..end).unwrap_or_default() {
        "" => "file".into(),
        name => name.into(),
    }
}

/// Characters that show nothing or turn the direction of a text: a name with them looks like another.
fn invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn host_and_port(authority: &str, usual: u16) -> Result<(String, u16), String> {
    let no_port = || "behind the `:` of the host there is no port".to_string();
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']').ok_or("an IPv6 address has no `]`")?;
            let address: core::net::Ipv6Addr = host.parse().map_err(|_| "this is no IPv6 address".to_string())?;
            (format!("[{address}]"), rest.strip_prefix(':').or(rest.is_empty().then_some("")).ok_or_else(no_port)?)
        }
        None => match authority.rsplit_once(':') {
            Some((host, port)) => (name_of(host)?, port),
            None => (name_of(authority)?, ""),
        },
    };
    let port = if port.is_empty() { usual } else { port.parse().map_err(|_| no_port())? };
    Ok((host, port))
}

/// A host's name, in small letters and in ASCII.
fn name_of(host: &str) -> Result<String, String> {
    let host = composed(&decoded(host)).to_lowercase().replace(['\u{3002}', '\u{ff0e}'], ".");
    let host = host.strip_suffix('.').unwrap_or(&host);
    let mut labels = Vec::new();
    for label in host.split('.') {
        let label = if label.is_ascii() { label.to_string() } else { format!("xn--{}", punycode(label)?) };
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if label.is_empty() || label.len() > 63 || !label.chars().all(plain) {
            return Err("it names no host".into());
        }
        labels.push(label);
    }
    let host = labels.join(".");
    if host.len() > 253 { Err("its host's name is too long".into()) } else { Ok(host) }
}

/// A label of a host's name as the domain name system writes it (RFC 3492, 6.3).
fn punycode(label: &str) -> Result<String, String> {
    const BASE: u32 = 36;
    let chars: Vec<u32> = label.chars().map(u32::from).collect();
    let too_long = || "its host's name is too long".to_string();
    let mut out: String = label.chars().filter(char::is_ascii).collect();
    let basic = out.len() as u32;
    if basic > 0 {
        out.push('-');
    }
    let (mut n, mut delta, mut bias, mut handled) = (128u32, 0u32, 72u32, basic);
    while (handled as usize) < chars.len() {
        let Some(next) = chars.iter().copied().filter(|c| *c >= n).min() else { break };
        let step = (next - n).checked_mul(handled + 1).and_then(|d| delta.checked_add(d));
        delta = step.ok_or_else(too_long)?;
        n = next;
        for c in &chars {
            delta += u32::from(*c < n);
            if *c != n {
                continue;
            }
            let (mut q, mut k) = (delta, BASE);
            loop {
                let t = k.saturating_sub(bias).clamp(1, 26);
                if q < t {
                    break;
                }
                out.push(digit(t + (q - t) % (BASE - t)));
                q = (q - t) / (BASE - t);
                k += BASE;
            }
            out.push(digit(q));
            bias = adapted(delta, handled + 1, handled == basic);
            delta = 0;
            handled += 1;
        }
        delta += 1;
        n += 1;
    }
    Ok(out)
}

fn digit(value: u32) -> char {
    let letters = b"abcdefghijklmnopqrstuvwxyz0123456789";
    letters.get(value as usize).map_or('a', |b| char::from(*b))
}

fn adapted(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > 455 {
        delta /= 35;
        k += 36;
    }
    k + 36 * delta / (delta + 38)
}

const PATH: &[u8] = b"!$&'()*+,;=:@/";
const QUERY: &[u8] = b"!$&'()*+,;=:@/?";

fn unreserved(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-._~".contains(&b)
}

/// Percent-encodes what may not stand there, decodes what need not be encoded, and writes the rest in capital letters.
fn encoded(text: &str, keeps: &[u8]) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(b) = bytes.get(i) {
        let escaped = (*b == b'%').then(|| hex(bytes.get(i + 1), bytes.get(i + 2))).flatten();
        match escaped {
            Some(value) if unreserved(value) => out.push(char::from(value)),
            Some(value) => out.push_str(&format!("%{value:02X}")),
            None if unreserved(*b) || keeps.contains(b) => out.push(char::from(*b)),
            None => out.push_str(&format!("%{b:02X}")),
        }
        i += if escaped.is_some() { 3 } else { 1 };
    }
    out
}

fn hex(high: Option<&u8>, low: Option<&u8>) -> Option<u8> {
    let digit = |b: Option<&u8>| char::from(*b?).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// A part of an address with its `%xx` decoded; bytes that are no UTF-8 become U+FFFD.
pub fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(b) = bytes.get(i) {
        let escaped = (*b == b'%').then(|| hex(bytes.get(i + 1), bytes.get(i + 2))).flatten();
        out.push(escaped.unwrap_or(*b));
        i += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A path that begins with `/`, encoded in one way, without `.` and `..` (RFC 3986, 5.2.4).
fn canonical_path(path: &str) -> String {
    let path = encoded(&path.replace('\\', "/"), PATH);
    let mut out: Vec<&str> = Vec::new();
    let steps: Vec<&str> = path.strip_prefix('/').unwrap_or(&path).split('/').collect();
    for (i, step) in steps.iter().enumerate() {
        let last = i + 1 == steps.len();
        match *step {
            "." | ".." => {
                if *step == ".." {
                    out.pop();
                }
                if last {
                    out.push("");
                }
            }
            step => out.push(step),
        }
    }
    format!("/{}", out.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        Url::parse(text).unwrap().to_string()
    }

    #[test]
    fn one_page_has_one_address() {
        for (given, is) in [
            ("HTTP://Example.ORG", "http://example.org/"),
            ("https://example.org:443/a/../b/./c#top", "https://example.org/b/c"),
            ("http://example.org:8080?q=a b", "http://example.org:8080/?q=a%20b"),
            ("http://example.org/%7euser/%e2%82%ac?x=%2f", "http://example.org/~user/%E2%82%AC?x=%2F"),
            ("http://example.org/한글?q=가", "http://example.org/%ED%95%9C%EA%B8%80?q=%EA%B0%80"),
            ("http://[::1]:80/a", "http://[::1]/a"),
            ("http://example.org/../../x", "http://example.org/x"),
            ("http://example.org/a/..", "http://example.org/"),
            ("http://example.org./100%", "http://example.org/100%25"),
        ] {
            assert_eq!(canonical(given), is, "{given}");
            assert_eq!(canonical(is), is, "{is}");
        }
    }

    #[test]
    fn what_names_a_visit_names_no_page() {
        for (address, is) in [
            ("http://a.org/x?PHPSESSID=1f&b=2", Some("http://a.org/x?b=2")),
            ("http://a.org/x?b=2&utm_source=n&utm_medium=m", Some("http://a.org/x?b=2")),
            ("http://a.org/x?fbclid=1", Some("http://a.org/x")),
            ("http://a.org/x;jsessionid=1F2E", Some("http://a.org/x")),
            ("http://a.org/x;JSESSIONID=1F2E/y?a=1", Some("http://a.org/x/y?a=1")),
            ("http://a.org/x;jsessionid=1;v=2", Some("http://a.org/x;v=2")),
            ("http://a.org/x?ASPSESSIONIDQQ=1", Some("http://a.org/x")),
            ("http://a.org/x?sid=100&id=2&session=3&page=4", None),
            ("http://a.org/x?b=2&b=2", None),
            ("http://a.org/x", None),
        ] {
            assert_eq!(Url::parse(address).unwrap().lasting().map(|url| url.to_string()).as_deref(), is, "{address}");
        }
    }

    /// Samples of RFC 3492, 7.1 (A, B, D, L, R), and a Korean top-level domain as IANA lists it.
    #[test]
    fn names_of_other_scripts_are_written_as_dns_has_them() {
        for (label, is) in [
            ("ليهمابتكلموشعربي؟", "egbpdaj6bu4bxfgehfvwxn"),
            ("他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye"),
            ("3年b組金八先生", "3b-ww4c5e180e575a65lsy2b"),
            ("そのスピードで", "d9juau41awczczp"),
            ("한국", "3e0b707e"),
            ("bücher", "bcher-kva"),
        ] {
            assert_eq!(punycode(label).unwrap(), is, "{label}");
        }
        assert_eq!(canonical("http://예제.한국/"), "http://xn--2j5b21b.xn--3e0b707e/");
    }

    /// RFC 3986, 5.4: all references to the page `http://a/b/c/d;p?q` that are of this scheme.
    #[test]
    fn references_lead_where_the_standard_says() {
        let base = Url::parse("http://a/b/c/d;p?q").unwrap();
        for (reference, is) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g/"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q"),
            ("g#s", "http://a/b/c/g"),
            (";x", "http://a/b/c/;x"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g.", "http://a/b/c/g."),
            ("..g", "http://a/b/c/..g"),
            ("./../g", "http://a/b/g"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
        ] {
            assert_eq!(base.join(reference).unwrap().to_string(), is, "{reference}");
        }
        for other in ["mailto:a@b", "javascript:alert(1)", "data:text/plain,x", "file:///etc/passwd"] {
            assert!(base.join(other).is_err(), "{other}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for wrong in [
            "example.org",
            "ftp://example.org/",
            "file:///etc/passwd",
            "http:/x",
            "http://",
            "http:///x",
            "http://user:secret@example.org/",
            "http://example.org:99999/",
            "http://exa mple.org/",
            "http://a..b/",
            "http://[::1/",
            "http://x/\n",
        ] {
            let read = Url::parse(wrong);
            assert!(read.is_err() || wrong.ends_with('\n'), "{wrong}: {read:?}");
        }
    }

    #[test]
    fn names_of_files_are_names() {
        for (url, is) in [
            ("http://x/data/train.jsonl?download=1", "train.jsonl"),
            ("http://x/", "file"),
            ("http://x/a%2f..%2f..%2fetc%2fpasswd", "a_.._.._etc_passwd"),
            ("http://x/.htaccess", "htaccess"),
            ("http://x/%2e%2e%2f", "_"),
            ("http://x/a%00b", "a_b"),
            ("http://x/%ED%95%9C.csv", "한.csv"),
            ("http://x/a%5Cb", "a_b"),
            ("http://x/gpj.%E2%80%AEx", "gpj._x"),
        ] {
            assert_eq!(Url::parse(url).unwrap().file_name(), is, "{url}");
        }
        assert_eq!(safe_name(&"가".repeat(100)).len(), 198);
    }
}

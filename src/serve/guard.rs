//! Who may ask. The store holds unreleased and personal data, and any page that the user visits can try to reach the port.
//!
//! The name that was asked for must be this machine's own, or a name of somebody else's that leads here would pass as the same site
//! (DNS rebinding); where a browser says which page asks, it must be our own; and who asks must know the word that was printed
//! at the start. There are no cookies: a browser would send them for every page, and to every port.
use super::http::{Answer, Request};

/// What the server knows of itself.
pub struct Guard {
    pub port: u16,
    /// 32 hex digits.
    pub token: String,
}

/// What may be asked for without the token: the shell, which holds no data.
const OPEN: &str = "/";
const METHODS: [&str; 3] = ["GET", "HEAD", "POST"];

impl Guard {
    /// Why a request is not answered; `None` where it may be.
    pub fn refuses(&self, r: &Request) -> Option<Answer> {
        let host = r.field("host").unwrap_or_default();
        if !self.hosts().iter().any(|own| own.eq_ignore_ascii_case(host)) {
            return Some(Answer::error(421, "this server answers to its own name alone"));
        }
        if !METHODS.contains(&r.method.as_str()) {
            return Some(Answer::error(405, "only GET, HEAD and POST are answered"));
        }
        if r.field("origin").is_some_and(|origin| origin != format!("http://{host}")) {
            return Some(Answer::error(403, "another page may not ask here"));
        }
        if r.field("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
            return Some(Answer::error(403, "another page may not ask here"));
        }
        if r.path == OPEN && r.method != "POST" {
            return None;
        }
        let given = r.field("authorization").and_then(|a| a.strip_prefix("Bearer ")).unwrap_or_default();
        if !same(given, &self.token) {
            return Some(Answer::error(401, "the address that tamis serve printed holds a word that is missing here"));
        }
        let json = || r.field("content-type").is_some_and(|t| t.split(';').next() == Some("application/json"));
        if r.method == "POST" && !json() {
            return Some(Answer::error(415, "what is sent is application/json"));
        }
        None
    }

    fn hosts(&self) -> [String; 3] {
        ["127.0.0.1", "localhost", "[::1]"].map(|name| format!("{name}:{}", self.port))
    }
}

/// Compares in a time that does not tell where two texts differ.
fn same(a: &str, b: &str) -> bool {
    let differ = a.bytes().zip(b.bytes()).fold(0, |all, (x, y)| all | (x ^ y));
    a.len() == b.len() && !b.is_empty() && std::hint::black_box(differ) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_or_not() {
        assert!(same("0a1b", "0a1b"));
        for (a, b) in [("0a1b", "0a1c"), ("0a1", "0a1b"), ("0a1b0", "0a1b"), ("", "")] {
            assert!(!same(a, b), "{a} {b}");
        }
    }
}

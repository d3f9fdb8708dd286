//! Names and passwords in addresses of the web: `https://user:password@host`, also a token in the place of a
//! name (`https://TOKEN@host`). The hit is the name, the password and the host.
use super::detector::Detector;
use super::hit::{Confidence, Found};
use super::marks::Kind;
use super::text::Text;

pub const DETECTOR: Detector = Detector {
    name: "url_credential",
    doc: "Names and passwords in addresses of the web, with the host behind them.",
    version: 3,
    mask: "[CREDENTIAL]",
    find,
};

/// Bytes of a name with its password.
const USER_MAX: usize = 256;

fn find(text: &Text, out: &mut Vec<Found>) {
    for at in text.places(Kind::Colon).filter(|at| text.has(*at, "://")) {
        let start = at + 3;
        let rest = super::text::head(text.plain.get(start..).unwrap_or_default(), 2 * USER_MAX);
        let ends =
            |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>' | '`' | ')' | '|');
        let authority = rest.find(ends).and_then(|end| rest.get(..end)).unwrap_or(rest);
        let Some((user, host)) = authority.rsplit_once('@').filter(|(user, _)| user.len() <= USER_MAX) else {
            continue;
        };
        let pair = user.split_once(':').filter(|(_, password)| !password.is_empty());
        // a token alone may stand in the place of a name
        let Some((name, password)) = pair.or_else(|| is_token(user).then_some(("", user))) else { continue };
        let host: usize = host
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'))
            .map(char::len_utf8)
            .sum();
        let template =
            [name, password].iter().any(|p| p.starts_with(['$', '{', '<', '%']) && p.ends_with(['}', '>', '%']));
        let confidence = if template { Confidence::Possible } else { Confidence::Certain };
        let end = start + user.len() + 1 + host;
        let end = if text.plain.get(..end).is_some_and(|t| t.ends_with('.')) { end - 1 } else { end };
        if host > 0 {
            out.push(Found { start, end, confidence });
        }
    }
}

/// Fewest bytes of a token in the place of a name.
const TOKEN_MIN: usize = 20;

/// Whether a name is a token: long, of letters and digits without a dot.
pub(super) fn is_token(user: &str) -> bool {
    let user = user.trim_end_matches(':');
    let sign = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let digits = user.bytes().filter(u8::is_ascii_digit).count();
    user.len() >= TOKEN_MIN && user.bytes().all(sign) && digits >= 2 && digits < user.len()
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::DETECTOR;

    #[test]
    fn passwords_in_addresses() {
        for (text, want) in [
            ("https://kim:s3cret@example.com/path", "kim:s3cret@example.com"),
            ("postgres://app:p%40ss@db.example.com:5432/x 로", "app:p%40ss@db.example.com:5432"),
            ("ftp://a:b@c.example.", "a:b@c.example"),
        ] {
            assert_eq!(found(&DETECTOR, text), [want]);
        }
        for text in ["https://example.com/@kim:x", "https://kim@example.com", "https://${USER}:${PASS}@host", "a://b:c"]
        {
            assert_eq!(found(&DETECTOR, text), [""; 0], "{text}");
        }
    }

    #[test]
    fn tokens_in_the_place_of_a_name() {
        assert_eq!(
            found(&DETECTOR, "https://mYAJ1V65PMvNVmzPMwLyKPNYvDNCNc@git.example.com/a.git"),
            ["mYAJ1V65PMvNVmzPMwLyKPNYvDNCNc@git.example.com"]
        );
        assert_eq!(found(&DETECTOR, "https://kim.minsu.of.the.team@example.com"), [""; 0]);
    }
}

//! The characters of a page: its byte order mark, else what the server says, else what the page says at its beginning,
//! else UTF-8; what is none of it is read as Western Windows, as browsers do.
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use std::borrow::Cow;

/// Bytes at whose beginning a page names its encoding.
const LOOKED: usize = 1024;

/// The text of a page, and whether some bytes of it are no characters. `said` is the `Content-Type` of the server.
pub fn decoded<'b>(bytes: &'b [u8], said: Option<&str>) -> (Cow<'b, str>, bool) {
    let named = said.and_then(charset).or_else(|| declared(bytes.get(..LOOKED).unwrap_or(bytes)));
    let usual = || if std::str::from_utf8(bytes).is_ok() { UTF_8 } else { WINDOWS_1252 };
    let (text, _, broken) = named.unwrap_or_else(usual).decode(bytes);
    (text, broken)
}

/// The encoding that a text names behind `charset=`.
fn charset(text: &str) -> Option<&'static Encoding> {
    let lower = text.to_ascii_lowercase();
    let (_, rest) = lower.split_once("charset")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
    let label: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_:.".contains(*c)).collect();
    Encoding::for_label(label.as_bytes())
}

/// What the head of a page names. A page that is read byte by byte is none in UTF-16, whatever it says.
fn declared(head: &[u8]) -> Option<&'static Encoding> {
    let text = String::from_utf8_lossy(head);
    let named = text.split('<').filter(|tag| tag.get(..4).is_some_and(|t| t.eq_ignore_ascii_case("meta")));
    named.filter_map(charset).next().map(Encoding::output_encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_read_as_they_are_declared() {
        let (korean, _, _) = encoding_rs::EUC_KR.encode("<meta charset=euc-kr>한글");
        assert!(decoded(&korean, None).0.ends_with("한글"));
        assert!(decoded(&korean, Some("text/html; charset=\"EUC-KR\"")).0.ends_with("한글"));
        assert_eq!(decoded("한글".as_bytes(), None).0, "한글");
        assert_eq!(decoded(b"caf\xe9", None), (Cow::from("café"), false));
        assert!(decoded(b"caf\xe9", Some("text/html; charset=utf-8")).1);
    }
}

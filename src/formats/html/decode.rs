//! The characters of a page (owner of `chardetng`). Its bytes decide over what is said of them: a byte order mark, then UTF-8
//! where they are UTF-8, then what the server or the page names, if the bytes fit it. Of a page that names nothing which fits, the
//! encoding is guessed as browsers do, and that is told.
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GBK, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;

/// Bytes at whose beginning a page names its encoding: some do so behind scripts and comments.
const LOOKED: usize = 64 << 10;
/// Bytes from which an encoding is guessed.
const GUESSED: usize = 1 << 20;
/// Characters in an encoding of several bytes that may look like UTF-8 by chance.
const CHANCE: usize = 3;

/// The text of a page, and how sure it is.
pub struct Decoded<'b> {
    pub text: Cow<'b, str>,
    /// Some bytes are no characters of the encoding.
    pub broken: bool,
    /// The encoding was guessed: nothing names one that fits.
    pub guessed: Option<&'static str>,
}

/// Reads a page. `said` is the `Content-Type` of the server, `host` the server's name, whose end helps to guess.
pub fn decoded<'b>(bytes: &'b [u8], said: Option<&str>, host: &str) -> Decoded<'b> {
    if let Some((marked, _)) = Encoding::for_bom(bytes) {
        let (text, _, broken) = marked.decode(bytes);
        return Decoded { text, broken, guessed: None };
    }
    let head = bytes.get(..LOOKED).unwrap_or(bytes);
    let mut named: Vec<&'static Encoding> = said.and_then(charset).into_iter().chain(declared(head)).collect();
    named.sort_by_key(|encoding| *encoding == WINDOWS_1252); // servers say it of all files, and all bytes fit it
    if let Some(text) = std::str::from_utf8(bytes).ok().filter(|text| is_utf8(text, &named)) {
        return Decoded { text: Cow::Borrowed(text), broken: false, guessed: None };
    }
    let fits = named.iter().find_map(|encoding| encoding.decode_without_bom_handling_and_without_replacement(bytes));
    if let Some(text) = fits {
        return Decoded { text, broken: false, guessed: None };
    }
    // what names UTF-8 and has a byte wrong is UTF-8 nevertheless, unless all of it is something else
    let own = named.first().copied();
    if let Some((text, _, _)) = own.map(|e| e.decode(bytes)).filter(|(text, ..)| is_mostly_sound(text)) {
        return Decoded { text, broken: true, guessed: None };
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes.get(..GUESSED).unwrap_or(bytes), true);
    let end = host.rsplit('.').next().filter(|end| end.bytes().all(|b| b.is_ascii_lowercase()));
    let guess = detector.guess(end.map(str::as_bytes), Utf8Detection::Allow);
    let (text, _, broken) = guess.decode(bytes);
    Decoded { text, broken, guessed: Some(guess.name()) }
}

/// Whether what is UTF-8 by its bytes is it. A few characters in an encoding of two bytes each may look so by chance.
fn is_utf8(text: &str, named: &[&'static Encoding]) -> bool {
    let is_one = |of: &[&'static Encoding]| named.first().is_some_and(|e| of.contains(e));
    if is_one(&[UTF_16LE, UTF_16BE]) {
        return !text.contains('\0');
    }
    !is_one(&[EUC_KR, EUC_JP, SHIFT_JIS, GBK, BIG5])
        || text.is_ascii()
        || text.chars().filter(|c| !c.is_ascii()).count() > CHANCE
}

/// Whether few of the characters beyond ASCII are lost.
fn is_mostly_sound(text: &str) -> bool {
    let (mut all, mut lost) = (0usize, 0usize);
    for c in text.chars().filter(|c| !c.is_ascii()) {
        all += 1;
        lost += usize::from(c == '\u{fffd}');
    }
    lost.saturating_mul(4) <= all
}

/// The encoding that a text names behind `charset=`, by the names of the Encoding Standard and those that Windows gives to the
/// same encodings.
fn charset(text: &str) -> Option<&'static Encoding> {
    let lower = text.to_ascii_lowercase();
    let (_, rest) = lower.split_once("charset")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
    let label: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_:.".contains(*c)).collect();
    match label.as_str() {
        "cp949" | "ms949" | "x-windows-949" | "uhc" | "euckr" | "euc_kr" | "ks_c_5601" => Some(EUC_KR),
        "cp932" => Some(SHIFT_JIS),
        "cp936" | "ms936" => Some(GBK),
        "cp950" | "ms950" => Some(BIG5),
        "utf8mb4" | "utf_8" => Some(UTF_8),
        label => Encoding::for_label(label.as_bytes()),
    }
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

    const KOREAN: &str = "강물은 흘러가고 돌들은 빛깔로 서로 구별된다. 물새 한 마리가 다리 밑에서 쉬고 있다. 똠방각하";

    fn read(bytes: &[u8], said: Option<&str>) -> (String, bool, Option<&'static str>) {
        let Decoded { text, broken, guessed } = decoded(bytes, said, "example.kr");
        (text.into_owned(), broken, guessed)
    }

    #[test]
    fn characters_are_read_as_they_are_declared() {
        let (korean, _, _) = EUC_KR.encode("<meta charset=euc-kr>한글");
        assert!(read(&korean, None).0.ends_with("한글"));
        for name in ["\"EUC-KR\"", "cp949", "MS949", "ks_c_5601-1987", "x-windows-949"] {
            let (text, broken, guessed) = read(&korean, Some(&format!("text/html; charset={name}")));
            assert!(text.ends_with("한글") && !broken && guessed.is_none(), "{name}: {text}");
        }
        assert_eq!(read("한글".as_bytes(), None).0, "한글");
        let late = format!("<!--{}--><meta charset=cp949>{KOREAN}", "x".repeat(9000));
        assert!(read(&EUC_KR.encode(&late).0, None).0.ends_with(KOREAN));
        let wide: Vec<u8> = KOREAN.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&wide, Some("text/html; charset=utf-16le")).0, KOREAN);
        assert_eq!(read(&[&b"\xff\xfe"[..], &wide].concat(), None).0, KOREAN);
    }

    #[test]
    fn bytes_decide_over_what_is_said_of_them() {
        let utf8 = format!("<meta charset=euc-kr>{KOREAN}");
        assert!(read(utf8.as_bytes(), Some("text/html; charset=iso-8859-1")).0.ends_with(KOREAN));
        let page = format!("<meta charset=euc-kr>{KOREAN}");
        let (korean, _, _) = EUC_KR.encode(&page);
        // the server says UTF-8, and the page what it is
        assert_eq!(read(&korean, Some("text/html; charset=utf-8")), (page.clone(), false, None));
        // a single character that is UTF-8 by chance stays what the page names
        assert_eq!(read(b"\xc2\xa9", Some("text/html; charset=euc-kr")).0, EUC_KR.decode(b"\xc2\xa9").0);
    }

    #[test]
    fn what_names_nothing_is_guessed_and_told() {
        let (korean, _, _) = EUC_KR.encode(KOREAN);
        assert_eq!(read(&korean, None), (KOREAN.to_string(), false, Some("EUC-KR")));
        assert_eq!(read(&korean, Some("text/html; charset=utf-8")), (KOREAN.to_string(), false, Some("EUC-KR")));
        let bytes = [KOREAN.as_bytes(), b"\xff"].concat();
        let (text, broken, guessed) = read(&bytes, Some("text/html; charset=utf-8"));
        assert!(text.starts_with(KOREAN) && broken && guessed.is_none(), "{text}");
    }
}

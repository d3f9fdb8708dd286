//! E-mail addresses: the common form of RFC 5321, `local@domain`.
//!
//! The local part is ASCII letters, digits and `. _ % + -`, at most 64 bytes; between letters and digits also `'`, `&`,
//! `#` and `!`, so that no half of `o'brien@example.com` is left. The domain ends at the first byte that
//! cannot be in one, so a Korean particle directly behind it stays in the text. A label of letters outside ASCII is
//! read where it cannot be a particle: between `@` or `.` and the next `.`; Latin letters with marks (`münchen`) are read
//! like ASCII. The last label is two or more ASCII letters, a punycode label, or `한국`; names of image and document files
//! are excepted (`icon@2x.png`). The list of top-level domains changes too often to be part of a build.
//!
//! Addresses written out are read, too: `kim (at) example (dot) com`, `kim [at] example.com`, `kim @ example.com`,
//! `kim[.]lee@example[.]com`, `kim골뱅이example.com`, `kim at example dot com` (of the bare word only with a dot that is written out, too); what they end in
//! must be a common top-level domain. `git@host:path` names a place of code and nobody.
//!
//! Not found: quoted local parts, letters outside ASCII in the local part, addresses without a dot (`root@localhost`).
use super::detector::Detector;
use super::hit::{Confidence, Found};
use super::marks::Kind;
use super::text::Text;
use super::url_credential::is_token;

pub const DETECTOR: Detector = Detector {
    name: "email",
    doc: "E-mail addresses, also directly before a Korean particle, and written out as `kim (at) example.com`.",
    version: 8,
    mask: "[EMAIL]",
    find,
};

/// Endings of file names that look like a domain behind `@2x`.
const FILES: [&str; 20] = [
    "png", "jpg", "jpeg", "gif", "bmp", "svg", "webp", "tif", "tiff", "ico", "pdf", "txt", "csv", "json", "xml",
    "yaml", "yml", "html", "htm", "css",
];

const LOCAL_MAX: usize = 64;
const LABEL_MAX: usize = 63;
const DOMAIN_MAX: usize = 253;

/// What stands for `@` in addresses that are written out.
const AT: [&str; 8] = ["(at)", "[at]", "{at}", "(AT)", "[AT]", "(At)", "(골뱅이)", "[골뱅이]"];
/// The same without brackets.
const SPELT_AT: &str = "골뱅이";

/// Bare words for `@`, which need a dot that is written out, too.
const BARE_AT: [&str; 3] = [" at ", " AT ", " At "];
/// The same in Hangul, behind a space.
const BARE_SPELT: &str = "앳 ";

/// What stands for a dot; the bare English word needs spaces around it.
const DOT: [&str; 9] = ["(dot)", "[dot]", "{dot}", "(점)", "[.]", "(.)", "점", "닷", "dot"];

/// Where addresses that are written out may end.
const COMMON: [&str; 58] = [
    "technology",
    "website",
    "agency",
    "digital",
    "solutions",
    "systems",
    "academy",
    "blog",
    "nz",
    "pl",
    "com",
    "net",
    "org",
    "kr",
    "edu",
    "gov",
    "io",
    "co",
    "uk",
    "de",
    "jp",
    "cn",
    "fr",
    "info",
    "biz",
    "me",
    "dev",
    "ai",
    "app",
    "us",
    "eu",
    "test",
    "xyz",
    "site",
    "online",
    "shop",
    "store",
    "tech",
    "cloud",
    "name",
    "pro",
    "museum",
    "int",
    "mil",
    "asia",
    "tv",
    "cc",
    "au",
    "ca",
    "ru",
    "br",
    "es",
    "nl",
    "se",
    "ch",
    "tw",
    "hk",
    "sg",
];

/// Words before `at` that are no names.
const VERBS: [&str; 16] = [
    "meet",
    "look",
    "looking",
    "is",
    "are",
    "was",
    "were",
    "be",
    "stay",
    "work",
    "works",
    "arrive",
    "us",
    "it",
    "held",
    "available",
];

fn find(text: &Text, out: &mut Vec<Found>) {
    each(text.plain, text.marks.of(Kind::At), &mut |start, end| {
        out.push(Found { start, end, confidence: Confidence::Certain })
    });
    text.places(Kind::At).for_each(|at| out.extend(written_out(text.plain, at, at + 1, false)));
    for (at, word) in text.words(Kind::Verb, &BARE_AT) {
        out.extend(written_out(text.plain, at, at + word.len(), true));
    }
    let mut after = 0;
    for (at, word) in text.words(Kind::SpeltAt, &[BARE_SPELT]) {
        let start = at.checked_sub(1).filter(|start| *start >= after && text.before(at) == Some(' '));
        if let Some(start) = start {
            after = at + word.len();
            out.extend(written_out(text.plain, start, after, true));
        }
    }
    let in_brackets = |at: usize, end: usize| {
        at.checked_sub(1).is_some_and(|from| AT.iter().any(|word| from + word.len() == end + 1 && text.has(from, word)))
    };
    let open =
        text.places(Kind::Open).filter_map(|at| AT.iter().find(|word| text.has(at, word)).map(|word| (at, word.len())));
    let bare = text.places(Kind::SpeltAt).filter(|at| text.has(*at, SPELT_AT)).map(|at| (at, SPELT_AT.len()));
    let bare = bare.filter(|(at, len)| !in_brackets(*at, at + len));
    open.chain(bare).for_each(|(at, len)| out.extend(written_out(text.plain, at, at + len, false)));
}

fn text_near(behind: &str) -> &str {
    super::text::head(behind, 48)
}

/// An address with something else for its `@`, which stands at `start..end`, or with spaces around it. One that is `bare` needs
/// a dot that is written out.
fn written_out(text: &str, start: usize, end: usize, bare: bool) -> Option<Found> {
    let before = text.get(..start)?;
    let local = before.strip_suffix("  ").or(before.strip_suffix(' ')).unwrap_or(before);
    let from = spelt_start(local, local.len() - local_part(local)?);
    let behind = text.get(end..)?;
    let skipped = behind.len() - behind.trim_start_matches(' ').len();
    let (mut at, mut label_at, mut spelt) = (end + skipped.min(2), None, false);
    for _ in 0..6 {
        let rest = text_near(text.get(at..)?);
        let len = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'-').count();
        if len == 0 || rest.starts_with('-') {
            break;
        }
        label_at = Some((at, at + len));
        at += len;
        match dot(text_near(text.get(at..)?)) {
            Some(width) => {
                spelt |= !text.get(at..)?.starts_with('.');
                at += width;
            }
            None => break,
        }
    }
    let (from_label, to) = label_at?;
    let name = text.get(from_label..to)?;
    // "at the dot com" speaks of a trade, and "meet at noon dot com" of a time
    let article = bare && text.get(end + skipped..).is_some_and(|rest| rest.starts_with("the "));
    let article = article || bare && VERBS.contains(&local.get(from..).unwrap_or_default());
    let common = !article
        && (spelt || !bare)
        && from_label > end + skipped
        && COMMON.iter().any(|c| c.eq_ignore_ascii_case(name));
    let code = is_code(text, from..start, to) || is_user(text, from..start);
    (common && !code).then_some(Found { start: from, end: to, confidence: Confidence::Likely })
}

/// Where the local part begins that goes on before `from` with a dot that is written out: `kim dot lee (at) example.com`.
fn spelt_start(text: &str, mut from: usize) -> usize {
    for _ in 0..3 {
        let lead = text.get(..from).unwrap_or_default();
        let inner = lead.strip_suffix(' ').unwrap_or(lead);
        let apart = inner.len() < lead.len();
        let Some((word, rest)) = DOT.iter().find_map(|word| inner.strip_suffix(word).map(|rest| (word, rest))) else {
            break;
        };
        let before = rest.strip_suffix(' ').unwrap_or(rest);
        let bare = word.starts_with('d') && !(apart && before.len() < rest.len());
        let Some(len) = local_part(before).filter(|_| !bare) else { break };
        from = before.len() - len;
    }
    from
}

/// How many bytes a dot, or what stands for one, takes at the start of a text.
fn dot(rest: &str) -> Option<usize> {
    if rest.starts_with('.') && rest.as_bytes().get(1).is_some_and(u8::is_ascii_alphanumeric) {
        return Some(1);
    }
    let inner = rest.trim_start_matches(' ');
    let led = rest.len() - inner.len();
    if led == 1 && inner.starts_with(". ") && inner.as_bytes().get(2).is_some_and(u8::is_ascii_alphanumeric) {
        return Some(3);
    }
    let is = |word: &&&str| inner.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let word = DOT.iter().find(is)?;
    let behind = inner.get(word.len()..)?;
    let followed = behind.len() - behind.trim_start_matches(' ').len();
    let bare = word.starts_with('d');
    (led <= 2 && followed <= 2 && (!bare || (led > 0 && followed > 0))).then_some(led + word.len() + followed)
}

/// Whether an address that ends at `to` is the place of some code: `git@example.com:team/code.git`, `ssh://git@example.com/a`.
fn is_code(text: &str, local: std::ops::Range<usize>, to: usize) -> bool {
    let before = text.get(..local.start).unwrap_or_default();
    let led = before.ends_with("ssh://") || before.ends_with("git+ssh://");
    text.get(local) == Some("git") && (led || text.as_bytes().get(to) == Some(&b':'))
}

/// Whether a local part is a token in an address of the web: `https://TOKEN@example.com`.
fn is_user(text: &str, local: std::ops::Range<usize>) -> bool {
    let led = text.get(..local.start).is_some_and(|lead| lead.ends_with("://"));
    led && text.get(local).is_some_and(is_token)
}

/// Tells where each address begins and ends.
fn each(text: &str, places: &[usize], tell: &mut dyn FnMut(usize, usize)) {
    let mut after = 0;
    for at in places.iter().copied() {
        let (Some(before), Some(behind)) = (text.get(after..at), text.get(at + 1..)) else { continue };
        if let (Some(local), Some(domain)) = (local_part(before), domain(behind)) {
            after = at + 1 + domain;
            if !is_code(text, at - local..at, after) && !is_user(text, at - local..at) {
                tell(at - local, after);
            }
        }
    }
}

/// Bytes of the local part at the end of `before`.
fn local_part(before: &str) -> Option<usize> {
    let bytes = before.as_bytes();
    let plain = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    let allowed = |at: &usize| match bytes.get(*at) {
        Some(b'\'' | b'&' | b'#' | b'!') => plain(at + 1) && at.checked_sub(1).is_some_and(plain),
        Some(b) => b.is_ascii_alphanumeric() || b"._%+-".contains(b),
        None => false,
    };
    let tail = (0..bytes.len()).rev().take(LOCAL_MAX + 1).take_while(allowed).count();
    let part = before.get(before.len() - tail..)?;
    let part = part.rsplit("..").next()?.trim_start_matches(['.', '-', '%', '+']);
    (!part.is_empty() && part.len() <= LOCAL_MAX && !part.ends_with('.')).then_some(part.len())
}

/// Bytes of the longest domain at the start of `behind`.
fn domain(behind: &str) -> Option<usize> {
    let (mut at, mut end) = (0, None);
    while let Some(label) = behind.get(at..).and_then(label).filter(|len| at + len <= DOMAIN_MAX) {
        let rest = behind.get(at..)?;
        if at > 0 {
            end = top_level(rest.get(..label)?).map(|len| at + len).or(end);
        }
        match rest.as_bytes().get(label) {
            Some(b'.') => at += label + 1,
            _ => break,
        }
    }
    end
}

/// Bytes of the label at the start of `rest`: ASCII letters, digits and inner hyphens, or letters outside ASCII.
fn label(rest: &str) -> Option<usize> {
    let latin = |c: char| c.is_ascii_alphanumeric() || c == '-' || matches!(c, 'À'..='ɏ' if c.is_alphabetic());
    let latin: usize = rest.chars().take_while(|c| latin(*c)).take(LABEL_MAX + 1).map(char::len_utf8).sum();
    if latin > 0 {
        let label = rest.get(..latin)?.trim_end_matches('-');
        let fits = !label.is_empty() && !label.starts_with('-') && label.chars().count() <= LABEL_MAX;
        return fits.then_some(label.len());
    }
    let letters = rest.find(|c: char| c.is_ascii() || !c.is_alphanumeric()).unwrap_or(rest.len());
    (1..=3 * LABEL_MAX).contains(&letters).then_some(letters)
}

/// Bytes of `label` that are a top-level domain.
fn top_level(label: &str) -> Option<usize> {
    if label.starts_with("한국") {
        return Some("한국".len());
    }
    let letters = label.len() >= 2 && label.bytes().all(|b| b.is_ascii_alphabetic());
    let punycode = label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--"));
    let file = FILES.iter().any(|name| name.eq_ignore_ascii_case(label));
    ((letters || punycode) && !file).then_some(label.len())
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::{AT, BARE_AT, DETECTOR};

    #[test]
    fn every_word_for_a_sign_is_seen() {
        for word in AT.iter().chain(&["골뱅이"]) {
            assert_eq!(found(&DETECTOR, &format!("kim{word}example.com")).len(), 1, "{word}");
        }
        for word in BARE_AT.iter().chain(&[" 앳 "]) {
            assert_eq!(found(&DETECTOR, &format!("kim{word}example dot com")).len(), 1, "{word}");
        }
    }

    #[test]
    fn addresses_are_found_with_what_surrounds_them_left_alone() {
        for (text, want) in [
            ("kim@example.com", "kim@example.com"),
            ("메일:kim.lee+news@mail.example.co.kr로 보내세요", "kim.lee+news@mail.example.co.kr"),
            ("kim@example.com입니다", "kim@example.com"),
            ("<kim_1@example.org>", "kim_1@example.org"),
            ("mailto:kim@example.com?subject=x", "kim@example.com"),
            ("끝은 kim@example.com.", "kim@example.com"),
            ("kim@example.com.다음 문장", "kim@example.com"),
            ("...kim@EXAMPLE.COM-", "kim@EXAMPLE.COM"),
            ("a..b@example.com", "b@example.com"),
            ("x@y@example.com", "y@example.com"),
            ("kim@example.com.123", "kim@example.com"),
            ("kim@xn--9n2bp8q.xn--3e0b707e", "kim@xn--9n2bp8q.xn--3e0b707e"),
            ("info@보기.한국으로", "info@보기.한국"),
            ("info@보기.kr은", "info@보기.kr"),
            ("user@münchen.de로", "user@münchen.de"),
            ("a@bücher-münchen.co.uk", "a@bücher-münchen.co.uk"),
            ("문의kim@example.com", "kim@example.com"),
            ("o'brien@example.com", "o'brien@example.com"),
            ("r&d.team@example.com", "r&d.team@example.com"),
            ("hong#gildong@example.com", "hong#gildong@example.com"),
            ("'kim@example.com'", "kim@example.com"),
            ("to='kim@example.com'", "kim@example.com"),
            ("&kim@example.com", "kim@example.com"),
            ("메일 hong＠example.com로", "hong＠example.com"),
            ("hong\u{ad}@exam\u{200b}ple.com.", "hong\u{ad}@exam\u{200b}ple.com"),
            ("끝。hong@naver。com", "hong@naver。com"),
            ("ｋｉｍ＠ｅｘａｍｐｌｅ．ｃｏｍ 끝", "ｋｉｍ＠ｅｘａｍｐｌｅ．ｃｏｍ"),
        ] {
            assert_eq!(found(&DETECTOR, text), [want], "{text}");
        }
        assert_eq!(found(&DETECTOR, "a@example.com,b@example.com;c@example.net").len(), 3);
        for spelt in ["kim at example dot com", "kim 앳 naver 닷 com", "kim골뱅이naver점com"] {
            assert_eq!(found(&DETECTOR, &format!("write to {spelt}, please")), [spelt]);
        }
        for spelt in ["kim @ example.com", "kim (at) example (dot) com", "kim[AT]example.co.kr", "kim골뱅이example.com"]
        {
            assert_eq!(found(&DETECTOR, &format!("메일 {spelt}로")), [spelt]);
        }
        assert_eq!(found(&DETECTOR, "meet @ noon. Then"), [""; 0]);
    }

    #[test]
    fn what_only_looks_like_one_is_left() {
        for text in [
            "git@example.com:team/code.git",
            "ssh://git@example.com/team/code.git",
            "look at example.com",
            "at noon at the dot com office",
            "@kim",
            "kim@",
            "kim@example",
            "kim@김철수.그리고",
            "kim@example.c",
            "icon@2x.png",
            "package@1.2.3",
            "kim.@example.com",
            "문의@example.com",
            "kim@-example.com",
            "kim@.com",
            "1@2",
            "@@@",
        ] {
            assert_eq!(found(&DETECTOR, text), [""; 0], "{text}");
        }
        assert_eq!(found(&DETECTOR, &format!("{}@example.com", "a".repeat(65))), [""; 0]);
        assert_eq!(found(&DETECTOR, &format!("{}@example.com", "a".repeat(64))).len(), 1);
    }

    #[test]
    fn a_token_before_a_host_is_no_local_part() {
        assert_eq!(found(&DETECTOR, "https://mYAJ1V65PMvNVmzPMwLyKPNYvDNCNc@git.example.com/a"), [""; 0]);
        assert_eq!(found(&DETECTOR, "meet at noon dot com era"), [""; 0]);
        assert_eq!(found(&DETECTOR, "kim (at) example.museum"), ["kim (at) example.museum"]);
    }
}

//! Keys and tokens of programs: by the forms that their issuers publish, by the name before them (`api_key = "..."`), and by
//! their entropy; also private keys in PEM.
//!
//! A known form is certain. Behind a name such as `token` or `password`, also with `is` or `to` between them, a value is likely
//! if it mixes letters and digits; a long value of three classes of characters and high entropy alone is likely from 40
//! characters, and possible from 24, in the path of an address of the web, and in a digest that says so. Digests and UUIDs,
//! which are hexadecimal, are none.
use super::detector::Detector;
use super::hit::{Confidence, Found};
use super::marks::Kind;
use super::secret_forms;
use super::text::Text;
use super::tokens;
use Confidence::{Certain, Likely, Possible};

pub const DETECTOR: Detector = Detector {
    name: "secret",
    doc: "Keys, tokens and passwords of programs, by published forms, by the name before them and by entropy.",
    version: 4,
    mask: "[SECRET]",
    find,
};

/// Names before a value.
const NAMES: [&str; 33] = [
    "api_key",
    "api-key",
    "apikey",
    "api key",
    "secret",
    "secret_key",
    "access_key",
    "token",
    "access_token",
    "auth_token",
    "password",
    "passwd",
    "pwd",
    "bearer",
    "client_secret",
    "private_key",
    "비밀번호",
    "비번",
    "암호",
    "인증키",
    "토큰",
    "API 키",
    "API키",
    "passphrase",
    "credential",
    "authorization",
    "pw",
    "passcode",
    "패스워드",
    "시크릿",
    "accountkey",
    "account_key",
    "sharedaccesskey",
];

/// Names behind which a value may stand without a sign, after a particle: `비밀번호는 ...입니다`.
const SPOKEN: [&str; 7] = ["비밀번호", "비번", "암호", "인증키", "토큰", "패스워드", "키"];

/// What stands before 키 where it is the key of a program: `API 키는 ...`.
const KEYS: [&str; 6] = ["api", "시크릿", "비밀", "액세스", "접근", "secret"];

/// Whether such a name may end there, by its last letters; most words before a sign or a verb end otherwise.
fn may_be_name(before: &[u8]) -> bool {
    let hangul = |last: [u8; 3]| ["호", "번", "키", "큰", "드", "릿"].iter().any(|s| s.as_bytes() == last);
    match before {
        [.., a, b, c] if !c.is_ascii() => hangul([*a, *b, *c]),
        [.., a, b, c] if a.is_ascii() && b.is_ascii() => match [a | 32, b | 32, c | 32] {
            [b'k', b'e', b'y'] | [b'r', b'e', b't'] | [b'k', b'e', b'n'] | [b'o', b'r', b'd'] => true,
            [b's' | b'p', b'w', b'd'] | [b'r', b'e', b'r'] | [b'a', b's', b'e'] | [b'i', b'a', b'l'] => true,
            [b'i', b'o', b'n'] => before.last_chunk().is_some_and(|six: &[u8; 6]| six.eq_ignore_ascii_case(b"zation")),
            [b'o', b'd', b'e'] | [_, b'p', b'w'] => true,
            _ => false,
        },
        [.., b, c] => [b | 32, c | 32] == *b"pw",
        _ => false,
    }
}

const TOKEN_MIN: usize = 16;

fn find(text: &Text, out: &mut Vec<Found>) {
    tokens::of(text, TOKEN_MIN, &tokens::TOKEN, |start, end| token(text, start, end, out));
    tokens::of(text, 40, &tokens::BASE64, |start, end| {
        let start = tokens::value_start(text.plain, start, end);
        if let Some(value) = text.plain.get(start..end).filter(|v| v.contains(['+', '/', '=']) && is_random(v)) {
            let path = value.matches('/').count() > 3 || value.starts_with('/');
            let behind_hash = text.lead(start).ends_with('-');
            if !path && !behind_hash {
                out.push(Found { start, end, confidence: Possible });
            }
        }
    });
    // many texts have none of what the others begin with
    let kinds = [Kind::Colon, Kind::Equals, Kind::Verb, Kind::Dash, Kind::Slash, Kind::Latin, Kind::Said];
    if kinds.into_iter().all(|kind| text.marks.of(kind).is_empty()) {
        return;
    }
    named(text, out);
    by_place(text, out);
    pem(text, out);
}

fn token(text: &Text, start: usize, end: usize, out: &mut Vec<Found>) {
    let Some(whole) = text.plain.get(start..end) else { return };
    let lead = whole.bytes().take_while(|b| matches!(b, b'.' | b'-' | b'_')).count();
    let trail = whole.bytes().rev().take_while(|b| matches!(b, b'.' | b'-')).count();
    let Some(value) = whole.get(lead..whole.len() - trail) else { return };
    let start = start + lead;
    let found = |confidence| Found { start, end: start + value.len(), confidence };
    if value.starts_with("eyJ") && value.matches('.').count() == 2 && value.len() >= 30 {
        return out.push(found(Certain));
    }
    for (form, least, most, capitals) in secret_forms::of(value) {
        let (Some(rest), capitals) = (value.strip_prefix(form), *capitals) else { continue };
        let capital = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
        let varied = distinct(rest) >= 8 || rest.len() > 60;
        let fits = (least..=most).contains(&&rest.len()) && (!capitals || rest.bytes().all(capital)) && varied;
        // words with dashes are no key; of issuers that set such dashes themselves each part is mixed
        let words = rest.matches('-').count() * 8 > rest.len() && rest.split('-').any(is_word);
        let mixed =
            is_mixed(rest) || (has_case(rest, u8::is_ascii_uppercase) && has_case(rest, u8::is_ascii_lowercase));
        if fits && (capitals || mixed) && !words {
            // the tokens of one issuer end in `=` and a checksum
            let sum = text.plain.get(start + value.len()..).and_then(|rest| rest.strip_prefix('='));
            let sum = sum.map_or(0, |sum| sum.bytes().take(8).take_while(u8::is_ascii_hexdigit).count());
            let more = if *form == "ATATT3" && sum == 8 { 9 } else { 0 };
            return out.push(Found { end: start + value.len() + more, ..found(Certain) });
        }
    }
    if let Some(at) = by_parts(value) {
        return out.push(Found { start: start + at, ..found(Certain) });
    }
    if is_random(value) && !value.contains('.') && value.matches(['-', '_']).count() <= 2 {
        let listed = value.starts_with("sha512-") || value.starts_with("sha384-") || value.starts_with("sha256-");
        let public = listed || is_piece(text, start);
        let confidence = if value.len() >= 40 && !public { Likely } else { Possible };
        out.push(found(confidence));
    }
}

/// Whether a part of a value is a word.
fn is_word(part: &str) -> bool {
    part.len() >= 3 && part.bytes().all(|b| b.is_ascii_lowercase())
}

/// Whether a run lies in the path of an address of the web, or in a digest of base64 that says so (`sha512-...`): the names of
/// pages and digests are as random as keys, and public.
fn is_piece(text: &Text, start: usize) -> bool {
    let lead = super::text::tail(text.plain.get(..start).unwrap_or_default(), 160);
    let own =
        lead.rsplit(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>')).next().unwrap_or_default();
    let path = own.ends_with(['/', '-', '_']) && own.contains("://") && !own.contains(['?', '=', '@']);
    path || ["sha512-", "sha384-", "sha256-"].iter().any(|sign| own.contains(sign))
}

/// Where a token begins whose parts between dots have fixed lengths: of an airtable, of a bot of chat programs.
fn by_parts(value: &str) -> Option<usize> {
    if !value.starts_with(['p', 'M', 'N', 'O']) {
        return None;
    }
    let parts: Vec<&str> = value.split('.').collect();
    let hex = |part: &str| part.bytes().all(|b| b.is_ascii_hexdigit());
    match parts.as_slice() {
        [id, key] if id.starts_with("pat") && id.len() == 17 && key.len() == 64 && hex(key) => Some(0),
        [id, time, key] if (23..=28).contains(&id.len()) && time.len() == 6 && (27..=38).contains(&key.len()) => {
            let bot = id.starts_with(['M', 'N', 'O']) && is_mixed(key) && has_case(key, u8::is_ascii_uppercase);
            bot.then_some(0)
        }
        _ => None,
    }
}

/// Values behind a name and a `:` or `=`.
fn named(text: &Text, out: &mut Vec<Found>) {
    let bytes = text.bytes();
    for at in text.places(Kind::Equals).chain(text.places(Kind::Colon)) {
        let before = bytes.get(..at).unwrap_or_default();
        let signs = before.iter().rev().take(4).take_while(|b| matches!(b, b' ' | b'"' | b'\'' | b'`')).count();
        if signs > 3 || !may_be_name(before.get(..at - signs).unwrap_or_default()) {
            continue;
        }
        let lead = super::text::tail(text.plain.get(..at).unwrap_or_default(), 40);
        let name = lead.trim_end_matches([' ', '"', '\'', '`']);
        let ends = |n: &&str| {
            let from = name.len().checked_sub(n.len());
            let led =
                from.and_then(|from| name.get(..from)).is_some_and(|l| l.ends_with(|c: char| c.is_ascii_alphabetic()));
            let same = from.and_then(|from| name.get(from..)).is_some_and(|end| end.eq_ignore_ascii_case(n));
            same && !(led && n.len() == 2)
        };
        if NAMES.iter().any(ends) {
            out.extend(value(text, at + 1));
        }
    }
    for (at, word) in text.words(Kind::Latin, &["Bearer ", "bearer "]) {
        out.extend(value(text, at + word.len()).filter(|v| v.end - v.start >= 16));
    }
    told(text, out);
    for (at, word) in text.words(Kind::Latin, &["Basic ", "basic "]) {
        let lead = super::text::tail(text.plain.get(..at).unwrap_or_default(), 24).to_ascii_lowercase();
        let base64 = |v: &Found| v.end - v.start >= 8 && bytes.get(v.start..v.end).is_some_and(all_base64);
        if lead.trim_end_matches([' ', ':', '=', '"', '\'']).ends_with("authorization") {
            out.extend(stretch(text, at + word.len()).filter(base64));
        }
    }
    for (at, name) in text.words(Kind::Said, &SPOKEN) {
        let behind = at + name.len();
        let rest = text.plain.get(behind..).unwrap_or_default();
        let particle = ["는", "은", "가", "이", "를", "을"].iter().find(|p| rest.starts_with(**p));
        let skipped = particle.map_or(0, |p| p.len());
        let lead = super::text::tail(text.plain.get(..at).unwrap_or_default(), 12).trim_end_matches(' ');
        let key = || KEYS.iter().any(|of| lead.to_ascii_lowercase().ends_with(of));
        if name == "키" && !key() {
            continue;
        }
        if rest
            .get(skipped..)
            .is_some_and(|r| r.starts_with(' ') || (skipped > 0 && r.starts_with(|c: char| c.is_ascii())))
        {
            out.extend(value(text, behind + skipped));
        }
    }
}

/// Values that a sentence gives to a name: `the password is Tr0ub4dor`, `set the token to ...`.
fn told(text: &Text, out: &mut Vec<Found>) {
    for (at, verb) in text.words(Kind::Verb, &[" is ", " to "]) {
        let before = text.bytes().get(..at).unwrap_or_default();
        if !before.last().is_some_and(u8::is_ascii) || !may_be_name(before) {
            continue;
        }
        let lead = super::text::tail(text.plain.get(..at).unwrap_or_default(), 24);
        let named = |name: &&str| {
            let from = lead.len().checked_sub(name.len());
            let end = from.and_then(|from| lead.get(from..)).is_some_and(|end| end.eq_ignore_ascii_case(name));
            let led =
                from.and_then(|from| lead.get(..from)).is_some_and(|l| l.ends_with(|c: char| c.is_alphanumeric()));
            end && !led
        };
        if NAMES.iter().any(named) {
            out.extend(value(text, at + verb.len()).filter(|v| v.end - v.start >= 8));
        }
    }
    // the token of a bot: its number, then 35 signs that begin with AA
    for (at, _) in text.words(Kind::Colon, &[":AA"]) {
        let digits =
            text.bytes().get(..at).unwrap_or_default().iter().rev().take(12).take_while(|b| b.is_ascii_digit());
        let (digits, rest) = (digits.count(), text.bytes().get(at + 1..).unwrap_or_default());
        let key = rest.iter().take(64).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')).count();
        if (8..=10).contains(&digits) && key == 35 {
            out.push(Found { start: at - digits, end: at + 1 + key, confidence: Certain });
        }
    }
}

fn all_base64(bytes: &[u8]) -> bool {
    bytes.iter().all(|b| tokens::is_base64(*b) || matches!(b, b'-' | b'_'))
}

/// Names and passwords on command lines, and addresses that are a secret themselves.
fn by_place(text: &Text, out: &mut Vec<Found>) {
    let bytes = text.bytes();
    // of `--user` the second dash is the one with a letter behind it
    for option in ["-u ", "-user ", "-user="] {
        let mut after = 0;
        for (at, _) in text.words(Kind::Dash, &[option]) {
            let led = text.plain.get(..at).unwrap_or_default();
            let before = if option == "-u " { led.strip_suffix(' ') } else { led.strip_suffix(" -") };
            // the space that ends an option begins no other
            let Some(before) = before.filter(|before| before.len() >= after) else { continue };
            after = at + option.len();
            let own = super::text::tail(before, 120).lines().next_back().unwrap_or_default();
            let pair = |v: &Found| {
                let value = text.plain.get(v.start..v.end).unwrap_or_default();
                value
                    .split_once(':')
                    .is_some_and(|(name, word)| !name.is_empty() && !word.is_empty() && !word.starts_with('$'))
            };
            if own.contains("curl") {
                out.extend(stretch(text, at + option.len()).filter(pair));
            }
        }
    }
    for (at, path) in text.words(Kind::Slash, &["/services/"]) {
        if !text.plain.get(..at).is_some_and(|lead| lead.ends_with("hooks.slack.com")) {
            continue;
        }
        let start = at + path.len();
        let is = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'/';
        let len = bytes.get(start..).unwrap_or_default().iter().take(128).take_while(is).count();
        if len >= 20 {
            out.push(Found { start, end: start + len, confidence: Certain });
        }
    }
}

/// Bytes of the longest value.
const VALUE_MAX: usize = 512;

/// What stands from `at` on: in quotes up to the closing one, else up to white space or a letter outside of ASCII.
fn stretch(text: &Text, at: usize) -> Option<Found> {
    let rest = text.plain.get(at..)?;
    let inner = rest.trim_start_matches([' ', '"', '\'', '`']);
    let start = at + rest.len() - inner.len();
    let near = super::text::head(inner, VALUE_MAX);
    let quote = rest.get(..rest.len() - inner.len())?.chars().next_back().filter(|c| *c != ' ');
    let closed = quote.and_then(|quote| near.find([quote, '\n'])).filter(|_| quote.is_some());
    let closed =
        closed.and_then(|end| near.get(..end)).filter(|v| inner.get(v.len()..).is_some_and(|r| !r.starts_with('\n')));
    let parameter = |at: usize| {
        let rest = near.get(at + 1..).unwrap_or_default();
        let name = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        near.as_bytes().get(at) == Some(&b'&') && name > 0 && rest.as_bytes().get(name) == Some(&b'=')
    };
    let open = || {
        let ends = |(at, c): &(usize, char)| {
            c.is_whitespace() || !c.is_ascii() || matches!(c, '"' | '\'' | '`' | '<') || parameter(*at)
        };
        let end = near.char_indices().find(ends).map_or(near.len(), |(at, _)| at);
        near.get(..end).unwrap_or(near).trim_end_matches(['.', ',', ';', ')', '}', ']', '?', '|'])
    };
    let value = closed.unwrap_or_else(open);
    (rest.len() - inner.len() <= 3 && !value.is_empty()).then_some(Found {
        start,
        end: start + value.len(),
        confidence: Likely,
    })
}

/// A value from `at` on, without its quotes.
fn value(text: &Text, at: usize) -> Option<Found> {
    let found = stretch(text, at)?;
    let value = text.plain.get(found.start..found.end)?;
    let template = value.starts_with(['$', '{', '<', '[', '/', '\\']) || value.contains("://") || value.contains("::");
    let template = template
        || (value.starts_with('%') && (value.len() < 12 || value.contains(['(', '{']) || value.ends_with('%')));
    let account = value.contains('\\');
    let hash = value.len() == 16 && value.bytes().all(|b| b.is_ascii_hexdigit());
    // `token = getToken(x1)` is a program
    let call = value.split_once('(').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'.'))
    });
    let strong = value.len() >= 6 && (is_mixed(value) || is_jumbled(value)) && distinct(value) >= 5;
    let confidence = if value.len() >= 7 { Likely } else { Possible };
    (!(template || account || hash || call) && strong).then_some(Found { confidence, ..found })
}

/// `-----BEGIN ... PRIVATE KEY-----` to its end.
fn pem(text: &Text, out: &mut Vec<Found>) {
    let mut after = 0;
    for (at, _) in text.words(Kind::Dash, &["-BEGIN "]) {
        let Some(start) = at.checked_sub(4).filter(|start| text.has(*start, "----")) else { continue };
        let head = super::text::head(text.plain.get(start..).unwrap_or_default(), 64);
        if start < after || !head.contains("PRIVATE KEY") {
            continue;
        }
        let rest = text.bytes().get(start + 11..).unwrap_or_default();
        let end = memchr::memmem::find(rest, b"-----END ").map(|i| start + 20 + i);
        let close =
            end.and_then(|e| text.bytes().get(e..).and_then(|r| memchr::memmem::find(r, b"-----")).map(|i| e + i + 5));
        let end = close.unwrap_or(text.plain.len());
        out.push(Found { start, end, confidence: Certain });
        after = end;
    }
}

/// Whether there are letters and digits in it.
fn is_mixed(value: &str) -> bool {
    value.bytes().any(|b| b.is_ascii_digit()) && value.bytes().any(|b| b.is_ascii_alphabetic())
}

/// Whether letters of both cases and other signs change at least every second byte, as in no word: `cSaDfkmy_hCTfA`.
fn is_jumbled(value: &str) -> bool {
    let cases = has_case(value, u8::is_ascii_uppercase) && has_case(value, u8::is_ascii_lowercase);
    value.len() >= 10 && cases && changes(value) * 2 >= value.len()
}

/// How often the class of the next byte is another one: capitals, small letters, digits, others.
fn changes(value: &str) -> usize {
    let class = |b: u8| match b {
        b'A'..=b'Z' => 0,
        b'a'..=b'z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    value.bytes().zip(value.bytes().skip(1)).filter(|(a, b)| class(*a) != class(*b)).count()
}

fn has_case(value: &str, class: fn(&u8) -> bool) -> bool {
    value.bytes().any(|b| class(&b))
}

fn distinct(value: &str) -> usize {
    let mut seen = [false; 128];
    value
        .bytes()
        .filter_map(|b| seen.get_mut(usize::from(b)).map(|s| !std::mem::replace(s, true)))
        .filter(|new| *new)
        .count()
}

/// Whether a value has three classes of characters, is not hexadecimal, and changes between them as words do not.
fn is_random(value: &str) -> bool {
    let has = |class: fn(&u8) -> bool| value.bytes().any(|b| class(&b));
    let long = value.len() >= 24;
    if !long || !has(u8::is_ascii_digit) || !has(u8::is_ascii_uppercase) || !has(u8::is_ascii_lowercase) {
        return false;
    }
    if value.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
        return false;
    }
    changes(value) * 5 >= value.len() * 2 && distinct(value) * 5 >= value.len().min(50) * 2
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::{DETECTOR, NAMES, SPOKEN};

    /// A made value of a form: nobody's.
    fn made(n: usize) -> String {
        "aB3dE5gH7jK9mN1pQ2sT4vW6xY8z".repeat(n / 28 + 1).get(..n).unwrap_or_default().to_string()
    }

    #[test]
    fn every_name_is_seen() {
        for name in NAMES {
            for name in [name.to_string(), name.to_ascii_uppercase()] {
                assert_eq!(found(&DETECTOR, &format!("{name}: Tr0ub4dor3x")), ["Tr0ub4dor3x"], "{name}");
                if name.is_ascii() {
                    assert_eq!(found(&DETECTOR, &format!("the {name} is Tr0ub4dor3x")), ["Tr0ub4dor3x"], "{name}");
                }
            }
        }
        for name in SPOKEN {
            let name = if name == "키" { "API 키" } else { name };
            assert_eq!(found(&DETECTOR, &format!("{name}는 Tr0ub4dor3x")), ["Tr0ub4dor3x"], "{name}");
        }
        for option in ["-u", "--user", "--user="] {
            let (option, value) = (option.trim_end_matches('='), if option.ends_with('=') { "=" } else { " " });
            assert_eq!(found(&DETECTOR, &format!("curl {option}{value}kim:pw")), ["kim:pw"], "{option}");
        }
    }

    #[test]
    fn known_forms_and_names() {
        for value in [
            format!("ghp_{}", made(36)),
            "AKIAQWERTYUIOPASDF12".to_string(),
            format!("AIza{}", made(35)),
            format!("xoxb-123456789012-{}", made(24)),
            format!("eyJ{}.eyJ{}.{}", made(20), made(30), made(43)),
            format!("sk-proj-{}", made(48)),
            made(44),
        ] {
            for (before, behind) in [("", ""), ("키는 ", "입니다"), ("\"", "\",")] {
                assert_eq!(found(&DETECTOR, &format!("{before}{value}{behind}")), [value.as_str()], "{value}");
            }
        }
        assert_eq!(found(&DETECTOR, "password = \"hunter2024\""), ["hunter2024"]);
        assert_eq!(found(&DETECTOR, "비밀번호: abcd1234!"), ["abcd1234!"]);
        for (text, want) in [
            ("password = \"Tr0ub4dor&3\"", "Tr0ub4dor&3"),
            ("password='pa55, (word) x'", "pa55, (word) x"),
            ("password=Tr0ub4dor&3;x", "Tr0ub4dor&3;x"),
            ("?password=Tr0ub4dor3&user=kim", "Tr0ub4dor3"),
            ("password=hunter2", "hunter2"),
            ("비밀번호는 qwer1234!입니다", "qwer1234!"),
            ("비번 hello1234 이야", "hello1234"),
            ("pw: abc12345", "abc12345"),
            ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
            ("Authorization: Bearer abc/def+ghi1234567890==", "abc/def+ghi1234567890=="),
            ("curl -u kim:secretword https://a.example.com", "kim:secretword"),
            ("https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXX", "T00000000/B00000000/XXXXXXXXXXXX"),
        ] {
            assert_eq!(found(&DETECTOR, text), [want], "{text}");
        }
        let pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----";
        assert_eq!(found(&DETECTOR, &format!("x {pem} y")), [pem]);
    }

    #[test]
    fn digests_and_words_are_left() {
        for text in [
            "fb6cc51d-c096-4b38-b78d-0fed6277096a",
            "d41d8cd98f00b204e9800998ecf8427ed41d8cd9",
            "Microsoft.PowerShell.Management.Commands2Something",
            "password: string",
            "비밀번호는 8자 이상",
            "a Basic 2024Features",
            "rpw: abc12345",
            "token = getToken(x1)",
            "sk-learn-2-something-quite-long",
            "the_quick_brown_fox_jumps_over_the_lazy_dog_2024",
        ] {
            assert_eq!(found(&DETECTOR, text), [""; 0], "{text}");
        }
    }

    #[test]
    fn further_issuers_and_sentences_that_tell_a_value() {
        let hex = |n: usize| "3f9a1c7e".repeat(n / 8 + 1).get(..n).unwrap_or_default().to_string();
        for value in [
            format!("hvs.{}", made(90)),
            format!("GOCSPX-{}", made(28)),
            format!("gsk_{}", made(52)),
            format!("dapi{}", hex(32)),
            format!("sbp_{}", hex(40)),
            format!("pat{}.{}", made(14), hex(64)),
            format!("8216449020:AA{}", made(33)),
            format!("M{}.{}.{}", made(23), made(6), made(38)),
        ] {
            assert_eq!(found(&DETECTOR, &format!("키는 {value} 입니다")), [value.as_str()], "{value}");
        }
        assert_eq!(found(&DETECTOR, "the password is Tr0ub4dor99, thanks"), ["Tr0ub4dor99"]);
        let page = made(44);
        for text in [
            format!("https://docs.example.com/document/d/{page}/edit"),
            format!("integrity sha512-{page}/{page}=="),
            "the token is expired".to_string(),
            "the password is case-sensitive".to_string(),
        ] {
            assert_eq!(found(&DETECTOR, &text), [""; 0], "{text}");
        }
    }
}

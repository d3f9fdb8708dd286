//! Surrogates: values of the form and the script of others.
//!
//! Digits and letters are drawn by the key from the canonical value, sign by sign in the same script. What would make the
//! value somebody's is set so that no such value is given out: mobile numbers continue with 0 behind their prefix, resident
//! numbers have a month from 90, cards begin with 0, addresses of mail lie at example.com and those of IP in 192.0.2.0/24 or
//! 2001:db8::/32 (RFC 2606, RFC 5737, RFC 3849). Names of people are put together of common syllables. Dates of birth are other
//! days that there are, and plates other plates; these may be somebody's.
//!
//! A surrogate is never its value: what has a letter or a digit of a script in which nothing can be drawn here, and what
//! would be drawn as it was, has none.
use super::detectors::{Canonical, PLATE_LETTERS, numeral_of, spelt};
use crate::digest::{Digest, Stream, keyed};

/// How often a value is drawn until it is another one than its original.
const ATTEMPTS: u8 = 16;

/// The surrogate of a value of a type; `None` where there is none.
pub fn surrogate(key: &Digest, kind: &str, surface: &str) -> Option<String> {
    let value = Canonical::of(kind, surface);
    let bytes = value.bytes(kind);
    let attempt = |n: u8| {
        let again: &[u8] = if n == 0 { b"" } else { &[n] };
        let Digest(bytes) = keyed(key, &[b"surrogate ".as_slice(), &bytes, again].concat());
        let made = made(Draws { stream: Stream::of_digest(&bytes), at: 0 }, kind, surface, &value)?;
        (Canonical::of(kind, &made).bytes(kind) != value.bytes(kind) && made != surface).then_some(made)
    };
    (0..ATTEMPTS).find_map(attempt)
}

fn made(draws: Draws, kind: &str, surface: &str, value: &Canonical) -> Option<String> {
    match kind {
        "email" => Some(email(draws, surface)),
        "person" => person(draws, surface),
        "ip" => Some(ip(draws, surface)),
        "kr_address" => address(draws, surface),
        "mac" => drawn(draws, surface, false, &|i, _| [0, 2].get(i).copied()),
        "birth_date" => birth_date(draws, surface),
        "kr_plate" => plate(draws, surface),
        _ => {
            let spelt = spelt(surface);
            let written = surface.chars().filter(|c| digit_of(*c, spelt).is_some()).count();
            drawn(draws, surface, spelt, &|i, d| fixed(kind, value.prefix(written), i, d))
        }
    }
}

/// Sets the digit of a place: it is told the place among the digits, and the digit that stands there.
type Fix<'f> = &'f dyn Fn(usize, u8) -> Option<u8>;

/// Numbers that one value draws, one after another.
struct Draws {
    stream: Stream,
    at: u64,
}

impl Draws {
    fn below(&mut self, n: usize) -> usize {
        self.at += 1;
        self.stream.below(self.at, n as u64) as usize
    }

    fn of(&mut self, list: &[&'static str]) -> &'static str {
        let i = self.below(list.len());
        list.get(i).copied().unwrap_or_default()
    }
}

/// Each digit and each letter drawn anew in its script; `None` where one cannot be. With `spelt` the syllables of numbers
/// (공일공) are digits.
fn drawn(mut draws: Draws, surface: &str, spelt: bool, fix: Fix) -> Option<String> {
    let mut digits = 0;
    let mut sign = |c: char| {
        let Some(digit) = digit_of(c, spelt) else { return letter(&mut draws, c) };
        let drawn = draws.below(10) as u8;
        let value = fix(digits, digit.value).unwrap_or(drawn);
        digits += 1;
        digit.script.sign(value)
    };
    surface.chars().map(&mut sign).collect()
}

/// Another letter of the same script. Signs that are neither letters nor digits stay.
fn letter(draws: &mut Draws, c: char) -> Option<char> {
    if !c.is_alphanumeric() {
        return Some(c);
    }
    let set = LETTERS.iter().find(|(first, last, _)| (*first..=*last).contains(&c)).map(|(.., set)| *set);
    let set = set.or_else(|| match c {
        'À'..='ɏ' if c.is_uppercase() => Some(CAPITALS),
        'À'..='ɏ' => Some(SMALL),
        _ => None,
    })?;
    // never the sign itself
    let others = || set.chars().filter(|other| *other != c);
    let n = draws.below(others().count());
    others().nth(n)
}

const SMALL: &str = "abcdefghijklmnopqrstuvwxyz";
const CAPITALS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const SYLLABLES: &str =
    "가나다라마바사아자차카타파하거너더러머버서어저고노도로모보소오조구누두루무부수우주기니디리미비시지강남동문";
const HAN: &str =
    "東西南北春夏秋冬山川江海天地日月金木水火土石林花草鳥魚馬牛羊虎龍竹松梅蘭菊雪雲雨風光明和平安正義信仁勇";
const HIRAGANA: &str = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわ";
const KATAKANA: &str = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワ";

/// First and last sign of a script, and what is drawn in it.
const LETTERS: [(char, char, &str); 16] = [
    ('a', 'z', SMALL),
    ('A', 'Z', CAPITALS),
    ('ａ', 'ｚ', "ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ"),
    ('Ａ', 'Ｚ', "ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ"),
    ('가', '힣', SYLLABLES),
    ('ㄱ', 'ㅎ', "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ"),
    ('ㅏ', 'ㅣ', "ㅏㅑㅓㅕㅗㅛㅜㅠㅡㅣ"),
    ('\u{1100}', '\u{1112}', "\u{1100}\u{1102}\u{1103}\u{1105}\u{1106}\u{1107}\u{1109}\u{110b}\u{110c}"),
    ('\u{1161}', '\u{1175}', "\u{1161}\u{1165}\u{1169}\u{116e}\u{1173}\u{1175}"),
    ('\u{11a8}', '\u{11c2}', "\u{11a8}\u{11ab}\u{11af}\u{11b7}\u{11b8}\u{11bc}"),
    ('一', '鿿', HAN),
    ('㐀', '䶿', HAN),
    ('ぁ', 'ん', HIRAGANA),
    ('ァ', 'ヶ', KATAKANA),
    ('α', 'ω', "αβγδεζηθικλμνξοπρστυφχψω"),
    ('а', 'я', "абвгдежзиклмнопрстуфхцчшэюя"),
];

/// A digit as it is written.
struct Written {
    value: u8,
    script: Script,
}

/// How digits are written.
enum Script {
    /// From this zero on.
    Zero(u32),
    /// From this one on, and their zero elsewhere.
    One(u32, u32),
    Hangul,
}

impl Script {
    fn sign(&self, value: u8) -> Option<char> {
        match (self, value) {
            (Script::Zero(zero), _) => char::from_u32(zero + u32::from(value)),
            (Script::One(_, zero), 0) => char::from_u32(*zero),
            (Script::One(one, _), _) => char::from_u32(one + u32::from(value) - 1),
            (Script::Hangul, _) => "공일이삼사오육칠팔구".chars().nth(usize::from(value)),
        }
    }
}

/// The digit that a sign is.
fn digit_of(c: char, spelt: bool) -> Option<Written> {
    let at = u32::from(c);
    let zeros = [0x30, 0xff10, 0x660, 0x6f0, 0x966, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6];
    if let Some(zero) = zeros.into_iter().find(|zero| (*zero..zero + 10).contains(&at)) {
        return Some(Written { value: (at - zero) as u8, script: Script::Zero(zero) });
    }
    for (one, zero) in [(0x2460, 0x24ea), (0x2776, 0x24ff), (0x2780, 0x24ea)] {
        if at == zero || (one..one + 9).contains(&at) {
            let value = if at == zero { 0 } else { (at - one + 1) as u8 };
            return Some(Written { value, script: Script::One(one, zero) });
        }
    }
    let digit = numeral_of(c).filter(|_| spelt)?;
    Some(Written { value: digit, script: Script::Hangul })
}

/// The digits that keep a value's form, or make it nobody's.
fn fixed(kind: &str, prefix: usize, at: usize, digit: u8) -> Option<u8> {
    let at_zero = |places: &[usize]| places.contains(&at).then_some(0);
    match kind {
        "phone" if at < prefix => Some(digit),
        "phone" => at_zero(&[prefix]),
        // the month
        "kr_rrn" => (at == 2).then_some(9),
        "card" | "kr_business" | "kr_health" | "kr_customs" => at_zero(&[0]),
        "kr_corporation" => at_zero(&[0, 4, 5]),
        "kr_account" => at_zero(&[0, 1, 2]),
        "us_ssn" => match at {
            0 => Some(9),
            3 | 4 => Some(0),
            _ => None,
        },
        "kr_driver" => (at == 0).then_some(9),
        "iban" => at_zero(&[0, 1]),
        _ => None,
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Another day in the same form: groups of digits as wide as they were, and another month where it is a word.
fn birth_date(mut draws: Draws, surface: &str) -> Option<String> {
    let written: Vec<(char, Option<Written>)> = surface.chars().map(|c| (c, digit_of(c, false))).collect();
    let runs: Vec<Vec<u8>> = written
        .split(|(_, digit)| digit.is_none())
        .filter(|run| !run.is_empty())
        .map(|run| run.iter().filter_map(|(_, digit)| digit.as_ref().map(|d| d.value)).collect())
        .collect();
    let mut group = |of: &[u8], least: u32, most: u32| {
        let old = of.iter().fold(0, |n, d| n * 10 + u32::from(*d));
        let most = most.min(10u32.pow(of.len() as u32) - 1);
        let drawn = least + draws.below((most - least) as usize) as u32;
        let new = if drawn >= old && (least..=most).contains(&old) { drawn + 1 } else { drawn };
        format!("{new:0width$}", width = of.len())
    };
    let mut digits = String::new();
    let lens: Vec<usize> = runs.iter().map(Vec::len).collect();
    for (at, run) in runs.iter().enumerate() {
        match (lens.as_slice(), run.as_slice()) {
            (_, [y1, y2, y3, y4, m1, m2, d1, d2]) => {
                digits.push_str(&group(&[*y1, *y2, *y3, *y4], 1940, 2009));
                digits.push_str(&group(&[*m1, *m2], 1, 12));
                digits.push_str(&group(&[*d1, *d2], 1, 28));
            }
            (_, [y1, y2, m1, m2, d1, d2]) => {
                digits.push_str(&group(&[*y1, *y2], 40, 99));
                digits.push_str(&group(&[*m1, *m2], 1, 12));
                digits.push_str(&group(&[*d1, *d2], 1, 28));
            }
            (_, [_, _, _, _]) => digits.push_str(&group(run, 1940, 2009)),
            ([2, ..], [_, _]) if at == 0 && lens.last() != Some(&4) => digits.push_str(&group(run, 40, 99)),
            // 5 March 1990, March 5, 1990
            ([_, _], [_] | [_, _]) => digits.push_str(&group(run, 1, 28)),
            // the month, or either of month and day
            (_, [_] | [_, _]) if at < 2 => digits.push_str(&group(run, 1, 12)),
            (_, [_] | [_, _]) => digits.push_str(&group(run, 1, 28)),
            _ => return None,
        }
    }
    let month = draws.below(MONTHS.len() - 1);
    let (mut digits, mut out, mut word) = (digits.bytes(), String::new(), String::new());
    for (c, digit) in &written {
        if c.is_ascii_alphabetic() {
            word.push(*c);
            continue;
        }
        out.push_str(&other_month(&std::mem::take(&mut word), month));
        match digit {
            Some(digit) => out.push(digit.script.sign(digits.next()?.checked_sub(b'0')?)?),
            None => out.push(*c),
        }
    }
    out.push_str(&other_month(&word, month));
    Some(out)
}

/// Another month in the place of a word that is one, written as it was.
fn other_month(word: &str, drawn: usize) -> String {
    let short = word.get(..3).unwrap_or_default();
    let is = |month: &&str| month.get(..3).is_some_and(|m| m.eq_ignore_ascii_case(short));
    let Some(own) = MONTHS.iter().position(is) else { return word.to_string() };
    let other = MONTHS.get(if drawn >= own { drawn + 1 } else { drawn }).copied().unwrap_or_default();
    let other = if word.len() == 3 { other.get(..3).unwrap_or_default() } else { other };
    match word.as_bytes() {
        [a, b, ..] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => other.to_ascii_uppercase(),
        [a, ..] if a.is_ascii_lowercase() => other.to_ascii_lowercase(),
        _ => other.to_string(),
    }
}

const REGIONS: [&str; 8] = ["서울", "부산", "대구", "인천", "광주", "대전", "울산", "경기"];
const OFFICES: [&str; 4] = ["외교", "영사", "협정", "대표"];

/// Another plate: its digits and its letter drawn, another region or office where one stands before it.
fn plate(mut draws: Draws, surface: &str) -> Option<String> {
    let signs: Vec<char> = surface.chars().collect();
    let hangul = |c: &char| matches!(c, '가'..='힣');
    let mut out = String::new();
    for stretch in signs.chunk_by(|a, b| hangul(a) == hangul(b)) {
        let text: String = stretch.iter().collect();
        match stretch {
            [c] if hangul(c) => {
                let others: Vec<char> = PLATE_LETTERS.chars().filter(|other| other != c).collect();
                out.push(*others.get(draws.below(others.len()))?);
            }
            [c, ..] if hangul(c) => {
                let list: &[&'static str] = if digits_behind(&signs) { &OFFICES } else { &REGIONS };
                let others: Vec<&'static str> = list.iter().copied().filter(|other| *other != text).collect();
                out.push_str(draws.of(&others));
            }
            _ => {
                for c in stretch {
                    match digit_of(*c, false) {
                        Some(digit) => out.push(digit.script.sign(draws.below(10) as u8)?),
                        None => out.push(letter(&mut draws, *c)?),
                    }
                }
            }
        }
    }
    Some(out)
}

/// Whether a plate has no letter of its own between its digits, as those of diplomats.
fn digits_behind(signs: &[char]) -> bool {
    let first = signs.iter().position(|c| digit_of(*c, false).is_some()).unwrap_or(signs.len());
    !signs.iter().skip(first).any(|c| matches!(c, '가'..='힣'))
}

/// What stays of the names in an address: what kind of place or part of a house each is.
const UNITS: [&str; 16] =
    ["시", "도", "군", "구", "읍", "면", "동", "리", "로", "길", "가", "층", "호", "번지", "번길", "지하"];

/// Numbers and Latin letters are drawn; the names of places become those of none.
fn address(mut draws: Draws, surface: &str) -> Option<String> {
    let sign = |c: char| match (digit_of(c, false), c) {
        (Some(digit), _) => digit.script.sign(draws.below(10) as u8),
        (None, '가'..='힣') => Some(c),
        (None, _) => letter(&mut draws, c),
    };
    without_names(surface).chars().map(sign).collect()
}

/// Names of places become those of none.
fn without_names(address: &str) -> String {
    let hangul = |c: char| matches!(c, '가'..='힣');
    let signs: Vec<char> = address.chars().collect();
    let mut out = String::new();
    for stretch in signs.chunk_by(|a, b| hangul(*a) == hangul(*b)) {
        let name: String = stretch.iter().collect();
        if !stretch.first().is_some_and(|c| hangul(*c)) || UNITS.contains(&name.as_str()) {
            out.push_str(&name);
            continue;
        }
        out.push_str("가온");
        let unit = UNITS.iter().find(|unit| unit.chars().count() == 1 && name.ends_with(*unit));
        out.push_str(unit.copied().unwrap_or_default());
    }
    out
}

fn email(mut draws: Draws, surface: &str) -> String {
    let n = surface.split(['@', '＠']).next().map_or(6, |local| local.chars().count().clamp(4, 10));
    let local: String = (0..n).map(|_| char::from(b'a' + draws.below(26) as u8)).collect();
    format!("{local}@example.com")
}

fn ip(mut draws: Draws, surface: &str) -> String {
    match surface.contains(':') {
        false => format!("192.0.2.{}", draws.below(254) + 1),
        true => format!("2001:db8::{:x}", draws.below(0xffff) + 1),
    }
}

const SURNAMES: [&str; 12] = ["김", "이", "박", "최", "정", "강", "조", "윤", "장", "임", "한", "오"];
const FIRST: [&str; 12] = ["민", "서", "지", "도", "하", "예", "주", "승", "유", "현", "준", "수"];
const SECOND: [&str; 12] = ["준", "연", "우", "윤", "은", "진", "호", "아", "영", "훈", "희", "원"];
const GIVEN: [&str; 10] = ["Alex", "Robin", "Sam", "Kim", "Jamie", "Casey", "Morgan", "Taylor", "Jordan", "Riley"];
const FAMILY: [&str; 10] = ["Ash", "Birch", "Cedar", "Elm", "Hazel", "Linden", "Maple", "Rowan", "Willow", "Yew"];

/// A name of as many syllables, or words.
fn person(mut draws: Draws, surface: &str) -> Option<String> {
    let hangul = surface.chars().filter(|c| matches!(c, '가'..='힣')).count();
    let latin = |c: char| c.is_ascii_alphabetic() || matches!(c, 'À'..='ɏ');
    let letters = surface.chars().filter(|c| c.is_alphanumeric());
    if hangul > 0 {
        let mut name = draws.of(&SURNAMES).to_string();
        name.push_str(draws.of(&FIRST));
        (2..hangul.min(4)).for_each(|_| name.push_str(draws.of(&SECOND)));
        return Some(name);
    }
    if !letters.clone().all(latin) {
        return drawn(draws, surface, false, &|_, _| None);
    }
    let words = surface.split_whitespace().count();
    let mut name: Vec<&str> = (1..words.min(4)).map(|_| draws.of(&GIVEN)).collect();
    name.push(draws.of(&FAMILY));
    (letters.count() > 0).then(|| name.join(" "))
}

#[cfg(test)]
mod tests {
    use super::super::detectors::{Confidence, Finder};
    use super::*;

    const KEY: Digest = Digest([7; 32]);

    #[test]
    fn surrogates_keep_form_and_script_and_belong_to_nobody() {
        for (kind, surface) in [
            ("phone", "010-1234-5678"),
            ("phone", "０１０-1234-5678"),
            ("phone", "+82-10-1234-5678"),
            ("phone", "02)123-4567"),
            ("kr_rrn", "900101-1234567"),
            ("card", "4111 1111 1111 1111"),
            ("kr_business", "124-81-00998"),
            ("kr_driver", "11-04-123456-78"),
            ("kr_plate", "12가 3456"),
            ("birth_date", "1990년 3월 5일"),
            ("kr_account", "110-123-456789"),
            ("secret", "ghp_abcDEF123"),
        ] {
            let made = surrogate(&KEY, kind, surface).unwrap();
            let form = |text: &str| -> String {
                text.chars()
                    .map(|c| {
                        if digit_of(c, false).is_some() {
                            '0'
                        } else if c.is_ascii_alphabetic() {
                            'a'
                        } else if kind == "kr_plate" && c == made.chars().nth(2).unwrap_or(c) {
                            '가'
                        } else {
                            c
                        }
                    })
                    .collect()
            };
            assert_eq!(form(&made), form(surface), "{kind} {made}");
            assert_ne!(made, surface);
            assert_eq!(made, surrogate(&KEY, kind, surface).unwrap(), "the same value has the same surrogate");
        }
        let of = |kind: &str, surface: &str| surrogate(&KEY, kind, surface).unwrap();
        assert!(of("phone", "010-1234-5678").starts_with("010-0"));
        assert!(of("phone", "+82-10-1234-5678").starts_with("+82-10-0"));
        assert!(of("email", "kim@korea.kr").ends_with("@example.com"));
        assert_eq!(of("person", "홍길동").chars().count(), 3);
        assert!(of("person", "홍길동").chars().all(|c| matches!(c, '가'..='힣')));
        assert!(of("ip", "203.0.113.9").starts_with("192.0.2."));
        let made = of("kr_address", "서울 강남구 테헤란로 152");
        assert!(made.starts_with("가온 가온구 가온로 "), "{made}");
    }

    /// What has check digits or assigned ranges fails them.
    #[test]
    fn surrogates_of_checked_numbers_are_no_certain_hits() {
        for n in 0..500 {
            for (kind, surface) in [
                ("kr_rrn", format!("9001{:02}-1{n:06}", n % 28 + 1)),
                ("card", format!("4111 1111 1111 {n:04}")),
                ("us_ssn", format!("123-45-{:04}", n + 1)),
            ] {
                let mut finder = Finder::of_regions(&[]);
                finder.detector(kind, Confidence::Possible);
                let made = surrogate(&KEY, kind, &surface).unwrap();
                assert!(finder.find(&made).is_empty(), "{kind} {made}");
            }
        }
    }

    /// In every spelling of the signs, for every type: never the value, nor a value that is read as it.
    #[test]
    fn a_surrogate_is_never_its_value() {
        let values = [
            ("phone", "010-1234-5678"),
            ("kr_rrn", "900101-1234567"),
            ("card", "0111-1111-1111-1111"),
            ("us_ssn", "900-00-1234"),
            ("kr_account", "000-123-456789"),
            ("kr_business", "024-81-00998"),
            ("kr_plate", "12가 3456"),
            ("kr_plate", "서울 1가 3456"),
            ("kr_plate", "외교 001-001"),
            ("birth_date", "1990년 3월 5일"),
            ("birth_date", "19900305"),
            ("birth_date", "900305"),
            ("birth_date", "90.03.05"),
            ("birth_date", "March 5, 1990"),
            ("birth_date", "05/03/1990"),
            ("kr_address", "서울 강남구 테헤란로 152"),
            ("kr_address", "가온구"),
            ("person", "김민준"),
            ("person", "王小明"),
            ("person", "Иван"),
            ("person", "Alex Ash"),
            ("ip", "192.0.2.1"),
            ("ip", "2001:db8::1"),
            ("mac", "00:00:00:00:00:01"),
            ("email", "abcd@example.com"),
            ("secret", "비밀문구"),
            ("case-number", "사건 가나다"),
            ("case-number", "東京-7"),
            ("case-number", "★★"),
            ("case-number", "ไทย"),
        ];
        let zeros = [0x30, 0xff10, 0x660, 0x966, 0x1d7ce, 0x1d7f6, 0];
        for (kind, value) in values {
            for zero in zeros {
                for key in 0..40 {
                    let spell = |c: char| match c.to_digit(10) {
                        Some(d) if zero > 0 => char::from_u32(zero + d).unwrap(),
                        Some(d) if d > 0 => char::from_u32(0x2460 + d - 1).unwrap(),
                        Some(_) => '⓪',
                        None => c,
                    };
                    let surface: String = value.chars().map(spell).collect();
                    let made = surrogate(&Digest([key; 32]), kind, &surface);
                    let Some(made) = made else { continue };
                    assert_ne!(made, surface);
                    assert_ne!(Canonical::of(kind, &made).bytes(kind), Canonical::of(kind, &surface).bytes(kind));
                    let digits = |text: &str| text.chars().filter(|c| digit_of(*c, false).is_some()).count();
                    if !["kr_address", "ip", "email"].contains(&kind) {
                        assert_eq!(digits(&made), digits(&surface), "{kind} {made}");
                    }
                }
            }
        }
        let spelt = surrogate(&KEY, "phone", "공일공-일이삼사-오육칠팔").unwrap();
        assert!(spelt.starts_with("공일공-공") && spelt.chars().count() == 13, "{spelt}");
        assert_eq!(surrogate(&KEY, "case-number", "★★"), None);
        assert_eq!(surrogate(&KEY, "case-number", "ไทย"), None);
    }

    #[test]
    fn dates_of_birth_become_other_days_in_the_same_form() {
        for key in 0..100 {
            let of = |surface: &str| surrogate(&Digest([key; 32]), "birth_date", surface).unwrap();
            let day = of("1990-03-05");
            assert!(crate::model::days::number(&day).is_some(), "{day}");
            let parts: Vec<&str> = day.split('-').collect();
            assert!(parts[0] != "1990" && parts[1] != "03" && parts[2] != "05", "{day}");
            assert!(!of("1990년 3월 5일").contains('0') || of("1990년 3월 5일").starts_with(['1', '2']));
            assert!(!of("5 March 1990").contains("March"));
        }
    }
}

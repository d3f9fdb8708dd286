//! Surrogates: values of the form and the script of others that belong to nobody.
//!
//! Digits and letters are drawn by the key from the canonical value, sign by sign in the same script, and what would make the
//! value somebody's is set so that no such value is given out: mobile numbers continue with 0 behind their prefix, resident
//! numbers have a month from 90, cards begin with 0, addresses of mail lie at example.com and those of IP in 192.0.2.0/24 or
//! 2001:db8::/32 (RFC 2606, RFC 5737, RFC 3849). Names of people are put together of common syllables.
use super::detectors::Canonical;
use crate::digest::{Digest, Stream, keyed};

/// The surrogate of a value of a type.
pub fn surrogate(key: &Digest, kind: &str, surface: &str) -> String {
    let value = Canonical::of(kind, surface);
    let Digest(bytes) = keyed(key, &[b"surrogate ".as_slice(), &value.bytes(kind)].concat());
    let draws = Draws { stream: Stream::of_digest(&bytes), at: 0 };
    match kind {
        "email" => email(draws, surface),
        "person" => person(draws, surface),
        "ip" => ip(draws, surface),
        "kr_address" => drawn(draws, surface, &|_, _| None).replace_names(),
        "mac" => drawn(draws, surface, &|i, _| [0, 2].get(i).copied()).text,
        "birth_date" => drawn(draws, surface, &|i, d| Some(if i < year_digits(surface) { d } else { 0 })).text,
        _ => {
            let written = surface.chars().filter(|c| digit_of(*c).is_some()).count();
            drawn(draws, surface, &|i, d| fixed(kind, value.prefix(written), i, d)).text
        }
    }
}

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

struct Drawn {
    text: String,
}

impl Drawn {
    /// Names of places become those of none.
    fn replace_names(self) -> String {
        let place = |word: &str| {
            let hangul = word.chars().any(|c| matches!(c, '가'..='힣'));
            let last = word.trim_end_matches(|c: char| !c.is_alphanumeric()).chars().next_back();
            match last {
                Some(last) if hangul && !word.starts_with(|c: char| c.is_ascii_digit()) => format!("가온{last}"),
                _ => word.to_string(),
            }
        };
        self.text.split(' ').map(place).collect::<Vec<_>>().join(" ")
    }
}

/// Each digit and each letter drawn anew in its script; `fix` sets the digit of a place (what it is told is the place among
/// the digits, and the digit).
fn drawn(mut draws: Draws, surface: &str, fix: &dyn Fn(usize, u8) -> Option<u8>) -> Drawn {
    let mut digits = 0;
    let mut sign = |c: char| {
        if let Some((zero, digit)) = digit_of(c) {
            let drawn = draws.below(10) as u8;
            let digit = fix(digits, digit).unwrap_or(drawn);
            digits += 1;
            return char::from_u32(zero + u32::from(digit)).unwrap_or('0');
        }
        let from = |draws: &mut Draws, first: u32, n: usize| char::from_u32(first + draws.below(n) as u32).unwrap_or(c);
        match c {
            'a'..='z' => from(&mut draws, u32::from('a'), 26),
            'A'..='Z' => from(&mut draws, u32::from('A'), 26),
            'ａ'..='ｚ' => from(&mut draws, u32::from('ａ'), 26),
            'Ａ'..='Ｚ' => from(&mut draws, u32::from('Ａ'), 26),
            _ => c,
        }
    };
    let text = surface.chars().map(&mut sign).collect();
    Drawn { text }
}

/// The zero of a digit's script, and its value.
fn digit_of(c: char) -> Option<(u32, u8)> {
    let at = u32::from(c);
    [0x30, 0xff10, 0x660, 0x6f0, 0x966]
        .into_iter()
        .find(|zero| (*zero..zero + 10).contains(&at))
        .map(|zero| (zero, (at - zero) as u8))
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
        "kr_plate" => Some(0),
        _ => None,
    }
}

/// How many digits of a date of birth are its year.
fn year_digits(surface: &str) -> usize {
    let first: usize =
        surface.chars().skip_while(|c| digit_of(*c).is_none()).take_while(|c| digit_of(*c).is_some()).count();
    match first {
        8 | 4 => 4,
        6 => 2,
        _ => first.min(2),
    }
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
fn person(mut draws: Draws, surface: &str) -> String {
    if surface.chars().any(|c| matches!(c, '가'..='힣')) {
        let n = surface.chars().filter(|c| matches!(c, '가'..='힣')).count();
        let mut name = draws.of(&SURNAMES).to_string();
        name.push_str(draws.of(&FIRST));
        (2..n.min(4)).for_each(|_| name.push_str(draws.of(&SECOND)));
        return name;
    }
    let words = surface.split_whitespace().count();
    let mut name: Vec<&str> = (1..words.min(4)).map(|_| draws.of(&GIVEN)).collect();
    name.push(draws.of(&FAMILY));
    name.join(" ")
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
            let made = surrogate(&KEY, kind, surface);
            let form = |text: &str| -> String {
                text.chars()
                    .map(|c| {
                        if digit_of(c).is_some() {
                            '0'
                        } else if c.is_ascii_alphabetic() {
                            'a'
                        } else {
                            c
                        }
                    })
                    .collect()
            };
            assert_eq!(form(&made), form(surface), "{kind} {made}");
            assert_ne!(made, surface);
            assert_eq!(made, surrogate(&KEY, kind, surface), "the same value has the same surrogate");
        }
        assert!(surrogate(&KEY, "phone", "010-1234-5678").starts_with("010-0"));
        assert!(surrogate(&KEY, "phone", "+82-10-1234-5678").starts_with("+82-10-0"));
        assert!(surrogate(&KEY, "email", "kim@korea.kr").ends_with("@example.com"));
        assert_eq!(surrogate(&KEY, "person", "홍길동").chars().count(), 3);
        assert!(surrogate(&KEY, "person", "홍길동").chars().all(|c| matches!(c, '가'..='힣')));
        assert_eq!(surrogate(&KEY, "birth_date", "1990년 3월 5일"), "1990년 0월 0일");
        assert!(surrogate(&KEY, "ip", "203.0.113.9").starts_with("192.0.2."));
        let made = surrogate(&KEY, "kr_address", "서울 강남구 테헤란로 152");
        assert!(made.starts_with("가온울 가온구 가온로 "), "{made}");
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
                let made = surrogate(&KEY, kind, &surface);
                assert!(finder.find(&made).is_empty(), "{kind} {made}");
            }
        }
    }
}

//! The canonical form of a value, by which equal values are known however they are spelt, and what may be said of less of it.
use super::text::{Known, read};

/// A value in its canonical form: digits and letters of numbers in capitals, addresses of mail in small letters, other texts
/// with single spaces.
pub struct Canonical(String);

impl Canonical {
    pub fn of(kind: &str, surface: &str) -> Canonical {
        let plain = read(surface, &mut Known::default());
        let text = plain.text.as_ref();
        let signs = |keep: fn(&char) -> bool| text.chars().filter(keep).collect::<String>();
        Canonical(match kind {
            "phone" => national(&signs(char::is_ascii_digit)),
            "email" => signs(|c| !c.is_whitespace()).to_lowercase(),
            "person" | "kr_address" | "secret" | "url_credential" => {
                text.split_whitespace().collect::<Vec<_>>().join(" ")
            }
            "kr_ci" | "ip" => text.to_string(),
            _ => signs(|c| c.is_alphanumeric()).to_uppercase(),
        })
    }

    /// The bytes that a keyed digest is made of.
    pub fn bytes(&self, kind: &str) -> Vec<u8> {
        [kind.as_bytes(), b"\0", self.0.as_bytes()].concat()
    }

    /// How many digits of a telephone number of so many digits, as it was written, are its prefix.
    pub fn prefix(&self, written: usize) -> usize {
        let own = match self.0.as_bytes() {
            [b'0', b'2', ..] => 2,
            [b'0', b'5', b'0', ..] | [b'1', ..] => 4,
            _ => 3,
        };
        own + written.saturating_sub(self.0.len())
    }
}

/// The number with its leading 0, without the country code of Korea; `+` stays before other codes.
fn national(digits: &str) -> String {
    let abroad = digits.strip_prefix("00").unwrap_or(digits);
    match abroad.strip_prefix("82") {
        Some(rest) if rest.len() >= 8 => format!("0{}", rest.strip_prefix('0').unwrap_or(rest)),
        _ => digits.to_string(),
    }
}

/// `1990년` of `1990년 3월 5일`, `1990` of `1990-03-05`.
pub fn year_of(surface: &str) -> Option<String> {
    let mut known = Known::default();
    let plain = read(surface, &mut known);
    let numbers = &known.numbers;
    let long = numbers.runs.iter().position(|run| matches!(run.digits.len(), 4 | 8));
    let at = long.or_else(|| numbers.runs.iter().position(|run| matches!(run.digits.len(), 2 | 6)))?;
    let run = numbers.runs.get(at)?;
    let digits = if matches!(run.digits.len(), 4 | 8) { 4 } else { 2 };
    let year = plain.text.get(run.start..run.start + digits)?;
    let unit = plain.text.get(run.end..).is_some_and(|rest| rest.starts_with('년'));
    Some(format!("{year}{}", if unit { "년" } else { "" }))
}

/// The province and the district of an address: what stands before its road or quarter.
pub fn district_of(surface: &str) -> Option<String> {
    let plain = read(surface, &mut Known::default());
    let district = |word: &&str| {
        let far = ['로', '길', '동', '리', '가', '읍', '면'].into_iter().any(|last| word.ends_with(last));
        !far && word.chars().all(|c| matches!(c, '가'..='힣'))
    };
    let names: Vec<&str> = plain
        .text
        .split(' ')
        .skip_while(|w| w.starts_with(['(', '[']) || w.bytes().all(|b| b.is_ascii_digit()))
        .collect();
    let kept: Vec<&str> = names.iter().copied().take_while(district).collect();
    (!kept.is_empty()).then(|| kept.join(" "))
}

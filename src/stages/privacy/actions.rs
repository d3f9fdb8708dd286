//! What happens to personal data that is found: the word in its place, by the type of the data and the action declared.
use super::detectors::{self, Canonical};
use super::surrogates;
use crate::digest::{Digest, keyed};
use crate::manifest::values::Short;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happens to a hit.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A word in brackets stands in its place: `[EMAIL]`. With `keep_first` or `keep_last` its own letters and digits become
    /// `*` but for so many, and its signs stay: `010-****-5678`.
    #[default]
    Mask,
    /// It is taken out of the text, and nothing stands in its place.
    Remove,
    /// A word in brackets with a number that the key gives stands in its place: `[EMAIL-0QK3M81DS7VX]`. Equal values have equal
    /// words, in all columns and releases made with the key; nobody without it can find the value.
    Pseudonymize,
    /// Another value of its form and script, drawn by the key; equal values have equal surrogates. None but dates of birth and
    /// plates can be somebody's. What cannot be drawn, as a letter of a script without surrogates, is masked.
    Surrogate,
    /// Less of it: the year of a date of birth, province and district of an address, the network of an address of IP.
    Generalize,
    /// The sample leaves the data set.
    Drop,
}

/// An action with its settings; in short its name.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// What happens to a hit.
    #[serde(default)]
    pub action: Action,
    /// With `mask`: how many of its first letters and digits stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_first: Option<u32>,
    /// With `mask`: how many of its last letters and digits stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_last: Option<u32>,
}

impl Short for Operator {
    type Text = Action;

    fn from_text(action: Action) -> Self {
        Operator { action, ..Operator::default() }
    }
}

impl Operator {
    pub fn needs_key(&self) -> bool {
        matches!(self.action, Action::Pseudonymize | Action::Surrogate)
    }

    /// Whether some of a value is kept.
    pub fn keeps(&self) -> bool {
        self.keep_first.is_some() || self.keep_last.is_some()
    }

    /// How the action is told.
    pub fn done(&self) -> &'static str {
        match self.action {
            Action::Mask => "masked",
            Action::Remove => "removed",
            Action::Pseudonymize => "pseudonymized",
            Action::Surrogate => "replaced by surrogates",
            Action::Generalize => "generalized",
            Action::Drop => "found",
        }
    }
}

/// Types of which there is something more general.
pub const GENERAL: [&str; 3] = ["birth_date", "kr_address", "ip"];

/// What stands in place of a value.
pub struct Replaced {
    pub text: String,
    /// Each character stands for the one at its place, so that a place inside of the value keeps its meaning.
    pub in_place: bool,
}

/// The word in place of a value of a type. Without the key that an action needs, the value is masked.
pub fn replace(operator: &Operator, kind: &str, surface: &str, key: Option<&Digest>) -> Replaced {
    let whole = |text: String| Replaced { text, in_place: false };
    let mask = || whole(detectors::mask(kind));
    match (operator.action, key) {
        (Action::Mask, _) if operator.keeps() => starred(operator, surface),
        (Action::Mask | Action::Drop, _) | (_, None) if operator.needs_key() || is_mask(operator) => mask(),
        (Action::Remove, _) => whole(String::new()),
        (Action::Generalize, _) => general(kind, surface).map_or_else(mask, whole),
        (Action::Pseudonymize, Some(key)) => whole(pseudonym(key, kind, surface)),
        (Action::Surrogate, Some(key)) => {
            let Some(text) = surrogates::surrogate(key, kind, surface) else { return mask() };
            Replaced { in_place: text.chars().count() == surface.chars().count(), text }
        }
        _ => mask(),
    }
}

fn is_mask(operator: &Operator) -> bool {
    matches!(operator.action, Action::Mask | Action::Drop)
}

/// Letters and digits become stars, but for the first and the last ones.
fn starred(operator: &Operator, surface: &str) -> Replaced {
    let all = surface.chars().filter(|c| c.is_alphanumeric()).count();
    let (first, last) = (operator.keep_first.unwrap_or(0) as usize, operator.keep_last.unwrap_or(0) as usize);
    // a value as short as what is kept would stay as it is
    let (first, last) = if first + last >= all { (0, 0) } else { (first, last) };
    let mut seen = 0;
    let star = |c: char| {
        if !c.is_alphanumeric() {
            return c;
        }
        seen += 1;
        if seen <= first || seen > all - last { c } else { '*' }
    };
    Replaced { text: surface.chars().map(star).collect(), in_place: true }
}

/// `[EMAIL-0QK3M81DS7VX]`: 60 bits of a keyed digest of the canonical value, in the digits of base 32 by Crockford.
fn pseudonym(key: &Digest, kind: &str, surface: &str) -> String {
    let mask = detectors::mask(kind);
    format!("{}-{}]", mask.trim_end_matches(']'), code(key, kind, &Canonical::of(kind, surface)))
}

/// Twelve digits for a canonical value that only the key gives.
pub fn code(key: &Digest, kind: &str, value: &Canonical) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let Digest(bytes) = keyed(key, &value.bytes(kind));
    let bits = bytes.iter().take(8).fold(0u64, |bits, b| bits << 8 | u64::from(*b));
    (0..12).map(|i| char::from(DIGITS[(bits >> (59 - 5 * i)) as usize & 31])).collect()
}

/// Less of a value; `None` where nothing of it may stay.
fn general(kind: &str, surface: &str) -> Option<String> {
    match kind {
        "birth_date" => detectors::year_of(surface),
        "kr_address" => detectors::district_of(surface),
        "ip" => network_of(surface),
        _ => None,
    }
}

/// The first three numbers of four, the first three groups of eight.
fn network_of(surface: &str) -> Option<String> {
    let plain: String = surface.chars().filter(char::is_ascii).collect();
    if let Some((network, _)) = plain.rsplit_once('.') {
        return Some(format!("{network}.0"));
    }
    let groups: Vec<&str> = plain.split("::").next()?.split(':').filter(|g| !g.is_empty()).take(3).collect();
    (!groups.is_empty()).then(|| format!("{}::", groups.join(":")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(operator: Operator, kind: &str, surface: &str) -> String {
        replace(&operator, kind, surface, Some(&Digest([7; 32]))).text
    }

    #[test]
    fn each_action_writes_its_word() {
        let of = |action| Operator { action, ..Operator::default() };
        let keep = |first, last| Operator { keep_first: Some(first), keep_last: Some(last), ..Operator::default() };
        assert_eq!(by(of(Action::Mask), "phone", "010-1234-5678"), "[PHONE]");
        assert_eq!(by(keep(3, 4), "phone", "010-1234-5678"), "010-****-5678");
        assert_eq!(by(keep(1, 1), "person", "김철수"), "김*수");
        assert_eq!(by(keep(2, 2), "person", "김철수"), "***", "no more is kept than there is to hide");
        assert_eq!(by(of(Action::Remove), "phone", "010-1234-5678"), "");
        assert_eq!(by(of(Action::Generalize), "birth_date", "1990년 3월 5일"), "1990년");
        assert_eq!(by(of(Action::Generalize), "kr_address", "서울 강남구 테헤란로 152"), "서울 강남구");
        assert_eq!(by(of(Action::Generalize), "ip", "192.0.2.17"), "192.0.2.0");
        assert_eq!(by(of(Action::Generalize), "ip", "2001:db8:0:1::7"), "2001:db8:0::");
        assert_eq!(by(of(Action::Generalize), "phone", "010-1234-5678"), "[PHONE]");
        let word = by(of(Action::Pseudonymize), "phone", "010-1234-5678");
        assert!(word.starts_with("[PHONE-") && word.len() == "[PHONE-]".len() + 12, "{word}");
    }

    #[test]
    fn equal_values_have_equal_pseudonyms_however_they_are_spelt() {
        let of = |kind: &str, surface: &str| by(Operator::from_text(Action::Pseudonymize), kind, surface);
        assert_eq!(of("phone", "010-1234-5678"), of("phone", "０１０ 1234.5678"));
        assert_eq!(of("phone", "010-1234-5678"), of("phone", "+82-10-1234-5678"));
        assert_eq!(of("email", "Kim@Example.com"), of("email", "kim@example.com"));
        assert_ne!(of("phone", "010-1234-5678"), of("phone", "010-1234-5679"));
        assert_ne!(of("phone", "010-1234-5678")[7..], of("kr_account", "010-1234-5678")[9..]);
        let other =
            replace(&Operator::from_text(Action::Pseudonymize), "phone", "010-1234-5678", Some(&Digest([8; 32])));
        assert_ne!(other.text, of("phone", "010-1234-5678"));
    }
}

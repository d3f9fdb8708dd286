//! Licences as SPDX expressions (owner of `spdx`): are they well formed (`expression`), what do they permit and demand
//! (`rights`, a table), may data under one be released under another (`judged`), and of which licence is a text
//! (`recognised`)?
mod expression;
mod hub;
mod judged;
mod recognised;
pub mod rights;

pub use expression::{UNKNOWN, address, check, full_name, is_unknown, spelled, terms};
pub use hub::{of_hubs, on_hubs};
pub use judged::{Rule, Use, broken, outlets, permits};
pub use recognised::{READ_FOR_NAME, by_link, by_text, by_words, of_mark, of_value};

use rights::{Answer, Right};

/// Bytes of the file that shows a licence.
pub const EVIDENCE_MAX: u64 = 16 << 20;

/// Whether every licence to choose from forbids to share a changed form.
pub fn forbids_changes(expression: &str) -> bool {
    all_say(expression, Right::Adapt, Answer::No)
}

/// Whether every licence to choose from asks for the authors' names.
pub fn asks_for_names(expression: &str) -> bool {
    all_say(expression, Right::Attribution, Answer::Yes)
}

/// Whether an answer holds whichever licence of an expression is chosen.
fn all_say(expression: &str, right: Right, answer: Answer) -> bool {
    let says = |term: String| rights::of(&term).is_some_and(|row| row.get(right) == answer);
    spdx::Expression::parse(expression).is_ok_and(|e| !e.evaluate(|term| !says(term.to_string())))
}

/// The licence of a source whose samples are each under one of several: all of them must be kept.
pub fn all_of(licenses: &[String]) -> String {
    let one = |l: &String| if l.contains(' ') { format!("({l})") } else { l.clone() };
    licenses.iter().map(one).collect::<Vec<_>>().join(" AND ")
}

/// Whether a text that was recognised as one licence is the text of a term: the GNU licences have one text with and without
/// later versions, and the ports of a licence of Creative Commons are texts of their own.
pub fn is_text_of(recognised: &str, term: &str) -> bool {
    let plain = |id: &str| {
        let id = rights::plain(id);
        id.trim_end_matches("-only").trim_end_matches("-or-later").to_string()
    };
    let (own, term) = (plain(recognised), plain(term));
    own == term || term.strip_prefix(own.as_str()).is_some_and(|port| own.starts_with("CC-") && port.starts_with('-'))
}

/// Whether an expression can be kept by choosing among some licences alone.
pub fn is_among(expression: &str, some: &[String]) -> bool {
    let known = |term: &str| some.iter().any(|own| own == term);
    some.iter().any(|own| own == expression)
        || spdx::Expression::parse(expression).is_ok_and(|e| e.evaluate(|term| known(&term.to_string())))
}

/// What the copy of a source's evidence is called in a release.
pub fn kept_as(source: &str, evidence: &str) -> String {
    format!("{source}-{}", evidence.rsplit('/').next().unwrap_or(evidence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_choice_asks_for() {
        assert!(forbids_changes("CC-BY-NC-ND-4.0") && forbids_changes("LicenseRef-KOGL-3"));
        assert!(!forbids_changes("CC-BY-ND-4.0 OR MIT") && !forbids_changes("CC-BY-4.0"));
        assert!(forbids_changes("CC-BY-ND-4.0 AND MIT"));
        assert!(asks_for_names("CC-BY-4.0") && !asks_for_names("CC-BY-4.0 OR MIT") && !asks_for_names("MIT"));
        assert!(is_text_of("GPL-3.0-only", "GPL-3.0-or-later") && is_text_of("CC-BY-3.0", "CC-BY-3.0-DE"));
        assert!(!is_text_of("CC-BY-4.0", "CC-BY-SA-4.0") && !is_text_of("MIT", "Apache-2.0"));
        let some = ["MIT".to_string(), "CC0-1.0".into()];
        assert!(is_among("MIT OR GPL-3.0-only", &some) && !is_among("MIT AND GPL-3.0-only", &some));
        assert_eq!(all_of(&["MIT".into(), "CC0-1.0 OR MIT".into()]), "MIT AND (CC0-1.0 OR MIT)");
    }
}

//! Personal data in the texts of samples: what check digits or an unmistakable form tell apart from other texts.
use super::sample::Sample;
use super::told::Told;
use crate::stages::privacy::detectors::{Confidence, Finder};
use std::collections::BTreeMap;

/// Types that are looked for, and how sure a hit must be.
const TYPES: [(&str, Confidence); 12] = [
    ("email", Confidence::Likely),
    ("kr_rrn", Confidence::Likely),
    ("card", Confidence::Certain),
    ("iban", Confidence::Certain),
    ("us_ssn", Confidence::Certain),
    ("kr_business", Confidence::Certain),
    ("kr_driver", Confidence::Certain),
    ("kr_passport", Confidence::Certain),
    ("phone", Confidence::Certain),
    ("kr_ci", Confidence::Certain),
    ("url_credential", Confidence::Likely),
    ("secret", Confidence::Certain),
];

/// Bytes of one text that are searched.
const TEXT: usize = 16 << 20;

pub struct Personal {
    finder: Finder,
    /// Texts that were searched.
    texts: u64,
    /// Hits by the field and the type.
    found: BTreeMap<(String, String), u64>,
}

impl Personal {
    pub fn new() -> Personal {
        let mut finder = Finder::of_regions(&["KR".into(), "US".into(), "GB".into()]);
        TYPES.iter().for_each(|(name, least)| finder.detector(name, *least));
        Personal { finder, texts: 0, found: BTreeMap::new() }
    }

    /// Searches the texts of a sample; what is found is not repeated.
    pub fn search(&mut self, file: &str, place: &str, sample: &Sample, told: &mut Told) {
        let joined = sample.text.as_ref().filter(|_| sample.joined);
        let own = sample.texts.iter().filter(|(field, _)| joined.is_none() || !field.contains("token"));
        let tokens = joined.map(|text| ("tokens".to_string(), text.clone()));
        let all: Vec<(&String, &String)> =
            own.map(|(f, t)| (f, t)).chain(tokens.as_ref().map(|(f, t)| (f, t))).collect();
        for (field, text) in all {
            // nothing that is looked for has neither a digit nor one of these
            if text.len() < 6 || !text.bytes().any(|b| b.is_ascii_digit() || b == b'@' || b == b':' || b >= 0x80) {
                continue;
            }
            self.texts += 1;
            let text = match text.len() > TEXT {
                true => {
                    told.unchecked(format!(
                        "{file}, {place}: only the first 16 MiB of `{field}` were searched for personal data"
                    ));
                    let end = (0..=TEXT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
                    text.get(..end).unwrap_or_default()
                }
                false => text.as_str(),
            };
            for hit in self.finder.find(text) {
                let name = self.finder.name(&hit).to_string();
                *self.found.entry((field.clone(), name.clone())).or_default() += 1;
                let at = text.get(..hit.start).map_or(0, |t| t.chars().count());
                told.fault("privacy", file, place, field, format!("holds {} at character {at}", called(&name)));
            }
        }
    }

    pub fn finish(self, told: &mut Told) {
        let names: Vec<&str> = TYPES.iter().map(|(name, _)| *name).collect();
        told.checked(format!("{} texts searched for personal data ({})", self.texts, names.join(", ")));
    }
}

fn called(name: &str) -> String {
    match name {
        "email" => "an e-mail address".into(),
        "kr_rrn" => "a Korean resident registration number".into(),
        "card" => "the number of a payment card".into(),
        "iban" => "the number of a bank account (IBAN)".into(),
        "us_ssn" => "a US social security number".into(),
        "phone" => "a telephone number".into(),
        "secret" => "a key or password of a service".into(),
        "url_credential" => "an address with a password".into(),
        other => format!("personal data of the type {other}"),
    }
}

//! Hangul in normal form D among texts in normal form C: file systems of one maker take syllables apart, and nobody sees it, but no search
//! and no tokenizer takes the two for the same.
use super::sample::Sample;
use super::told::{NAMED, Told};
use crate::measure::names::composed;
use std::collections::BTreeMap;

/// Texts of a family of files.
#[derive(Default)]
struct Texts {
    /// Those with syllables that are one character each.
    whole: u64,
    /// Those with syllables that were taken apart.
    apart: u64,
    /// The first of these: file, place, field.
    places: Vec<(String, String, String)>,
}

#[derive(Default)]
pub struct Normal {
    of: BTreeMap<String, Texts>,
}

impl Normal {
    pub fn look(&mut self, family: &str, path: &str, place: &str, sample: &Sample) {
        for (field, text) in &sample.texts {
            let jamo = text.chars().any(|c| ('\u{1100}'..='\u{11FF}').contains(&c));
            let apart = jamo && composed(text) != text.as_str();
            if !apart && !text.chars().any(|c| ('가'..='힣').contains(&c)) {
                continue;
            }
            if !self.of.contains_key(family) {
                self.of.insert(family.to_string(), Texts::default());
            }
            let Some(own) = self.of.get_mut(family) else { continue };
            own.whole += u64::from(!apart);
            own.apart += u64::from(apart);
            if apart && own.places.len() < NAMED {
                own.places.push((path.to_string(), place.to_string(), field.clone()));
            }
        }
    }

    /// Where nearly all texts have whole syllables, the others are mistakes.
    pub fn finish(self, told: &mut Told) {
        for (family, texts) in self.of {
            if texts.apart * 10 > texts.whole {
                if texts.apart > 0 {
                    told.unchecked(format!("{family}: Hangul in two normal forms, of which neither is rare"));
                }
                continue;
            }
            for (path, place, field) in &texts.places {
                let say = "holds Hangul in normal form D, and the other texts hold it in normal form C";
                told.fault("text.normal_form", path, place, field, say);
            }
            told.checked(format!("{family}: Hangul in one normal form"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_another_normal_form_is_told_where_it_is_rare() {
        let told = |apart: usize, whole: usize| {
            let (mut normal, mut told) = (Normal::default(), Told::default());
            for n in 0..apart + whole {
                let text = if n < apart { "\u{1112}\u{1161}\u{11ab}" } else { "한" };
                let sample = Sample { texts: vec![("text".into(), text.into())], ..Sample::default() };
                normal.look("f", "a.jsonl", &format!("line {n}"), &sample);
            }
            normal.finish(&mut told);
            (told.count(), told.unchecked.len())
        };
        assert_eq!((told(1, 10), told(2, 10), told(5, 0), told(0, 5)), ((1, 0), (0, 1), (0, 1), (0, 0)));
    }

    /// What no syllable is, as in texts of old Korean, cannot be put together.
    #[test]
    fn letters_that_are_no_syllable_are_no_mistake() {
        let (mut normal, mut told) = (Normal::default(), Told::default());
        for text in ["\u{1112}\u{119e}", "한", "한글"] {
            let sample = Sample { texts: vec![("text".into(), text.into())], ..Sample::default() };
            normal.look("f", "a.jsonl", "line 1", &sample);
        }
        normal.finish(&mut told);
        assert_eq!(told.count(), 0);
    }
}

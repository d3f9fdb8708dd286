//! Detectors of personal data in text: a list of values, one file each, and the reading of digits that several share.
//!
//! A detector looks for bytes that cannot be missing (an `@`, digits) and lets a hand-written validator decide at each.
//! No regular expressions: `\b` is no border before a Korean particle (`010-1234-5678로`), and a pattern says nothing of
//! dates and check digits. Full-width digits, the dashes of Unicode and zero-width characters inside numbers are read
//! here, so that a text need not be in compatibility form to be searched.
//!
//! To add one: a file with a `DETECTOR`, a line in [`DETECTORS`].
mod detector;
mod email;
mod kr_rrn;
mod numbers;
mod phone;

pub use detector::{Detector, Hit};
use std::collections::BTreeMap;

/// All detectors; where hits of equal length overlap, the earlier one wins.
pub const DETECTORS: &[Detector] = &[email::DETECTOR, phone::DETECTOR, kr_rrn::DETECTOR];

/// The hits of the named types, sorted and without overlaps. Of those that overlap the longest is taken first, then in
/// the order of [`DETECTORS`], then the leftmost. Names that are no detector find nothing.
pub fn find(text: &str, types: &[String]) -> Vec<Hit> {
    let mut all = Vec::new();
    for detector in DETECTORS.iter().filter(|d| types.iter().any(|t| t == d.name)) {
        (detector.find)(text, &mut all);
    }
    all.sort_by_key(|hit| usize::MAX - (hit.end - hit.start));
    let mut taken: BTreeMap<usize, Hit> = BTreeMap::new();
    for hit in all {
        if taken.range(..hit.end).next_back().is_none_or(|(_, before)| before.end <= hit.start) {
            taken.insert(hit.start, hit);
        }
    }
    taken.into_values().collect()
}

/// What masking writes in place of a hit of this type.
pub fn mask(hit_type: &str) -> &'static str {
    DETECTORS.iter().find(|d| d.name == hit_type).map_or("[REDACTED]", |d| d.mask)
}

#[cfg(test)]
fn found<'a>(detector: &Detector, text: &'a str) -> Vec<&'a str> {
    let mut hits = Vec::new();
    (detector.find)(text, &mut hits);
    hits.iter().map(|hit| &text[hit.start..hit.end]).collect()
}

#[cfg(test)]
mod tests {
    use super::numbers::{Mark, Numbers};
    use super::*;

    fn types(names: &[&str]) -> Vec<String> {
        names.iter().map(|n| n.to_string()).collect()
    }

    #[test]
    fn hits_of_the_named_types_in_order() {
        let text = "문의는 010-1234-5678로, 메일은 kim@example.com으로, 010-1234-5679도 됩니다";
        let hits = find(text, &types(&["phone", "email"]));
        let found: Vec<_> = hits.iter().map(|h| (h.detector, &text[h.start..h.end])).collect();
        let want = [("phone", "010-1234-5678"), ("email", "kim@example.com"), ("phone", "010-1234-5679")];
        assert_eq!(found, want);
        assert_eq!(find(text, &types(&["email"])).len(), 1);
        assert_eq!(find(text, &types(&["passport"])), []);
    }

    #[test]
    fn the_longest_of_overlapping_hits_wins() {
        let text = "01012345678@example.com 01012345678.kim@example.com";
        let hits = find(text, &types(&["email", "phone"]));
        assert_eq!(hits.iter().map(|h| h.detector).collect::<Vec<_>>(), ["email", "email"]);
    }

    #[test]
    fn names_and_masks_are_set_and_masks_are_no_hits() {
        for detector in DETECTORS {
            assert_eq!(mask(detector.name), detector.mask);
            assert!(DETECTORS.iter().all(|other| found(other, detector.mask).is_empty()));
        }
        assert_eq!([mask("email"), mask("phone"), mask("kr_rrn")], ["[EMAIL]", "[PHONE]", "[RRN]"]);
        assert_eq!(mask("other"), "[REDACTED]");
    }

    #[test]
    fn numbers_are_runs_with_gaps() {
        let text = "가１2\u{200b}3 - 4\u{200b}5)6,7";
        let numbers = Numbers::of(text, 1);
        let runs: Vec<_> = numbers.runs.iter().map(|r| &text[r.start..r.end]).collect();
        assert_eq!(runs, ["１2\u{200b}3", "4\u{200b}5", "6", "7"]);
        assert_eq!(numbers.digits(0, 1), [1, 2, 3, 4, 5]);
        let marks: Vec<_> = numbers.runs.iter().map(|r| (r.gap.mark, r.gap.tight, r.gap.closes)).collect();
        let want = [
            (Mark::Other, false, false),
            (Mark::Dash, false, false),
            (Mark::Bracket, true, true),
            (Mark::Other, false, false),
        ];
        assert!(marks == want);
    }
}

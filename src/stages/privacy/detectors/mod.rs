//! Detectors of personal data in text: a list of values, one file each, and the reading of digits that several share.
//!
//! A detector looks for bytes that cannot be missing (an `@`, digits) and lets a hand-written validator decide at each.
//! No regular expressions: `\b` is no border before a Korean particle (`010-1234-5678로`), and a pattern says nothing of
//! dates and check digits. Full-width digits, the dashes of Unicode and zero-width characters inside numbers are read
//! here, so that a text need not be in compatibility form to be searched.
//!
//! To add one: a file with a `DETECTOR`, a line in [`DETECTORS`].
use std::collections::BTreeMap;
use std::ops::Range;

mod email;
mod kr_rrn;
mod phone;

/// A kind of personal data and how to find it.
pub struct Detector {
    /// The name in `types = [...]`.
    pub name: &'static str,
    /// What is found, for the reference.
    pub doc: &'static str,
    /// Raised when the same text may give other hits.
    pub version: u32,
    /// What masking writes in place of a hit.
    pub mask: &'static str,
    /// Appends the hits in `text`, in order and without overlaps among themselves.
    pub find: fn(&str, &mut Vec<Hit>),
}

/// Something found: the bytes `start..end` of the text, on character borders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    pub start: usize,
    pub end: usize,
    pub detector: &'static str,
}

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

/// The numbers of a text: runs of digits, and what stands between each run and the one before it.
struct Numbers {
    /// The values 0 to 9 of all digits.
    digits: Vec<u8>,
    runs: Vec<Run>,
}

/// A longest run of digits (ASCII or full-width; zero-width characters inside do not end it).
struct Run {
    /// Bytes of the text.
    start: usize,
    end: usize,
    /// Indices into [`Numbers::digits`].
    digits: Range<usize>,
    /// What stands before it.
    gap: Gap,
}

/// What stands between two runs of digits.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Gap {
    mark: Mark,
    /// No space beside the mark.
    tight: bool,
    /// There is a `)` in it.
    closes: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Space,
    Dash,
    Dot,
    /// Only brackets, with or without spaces.
    Bracket,
    /// Anything that does not join two groups of one number.
    Other,
}

impl Numbers {
    /// The numbers of `text`, or none at all where it holds fewer than `least` digits: most texts end here.
    fn of(text: &str, least: usize) -> Numbers {
        let bytes = text.as_bytes();
        let mut numbers = Numbers { digits: Vec::new(), runs: Vec::new() };
        if bytes.iter().filter(|b| may_be_digit(**b)).count() < least {
            return numbers;
        }
        let mut at = 0;
        while let Some(start) = next_digit(bytes, at) {
            let first = numbers.digits.len();
            let gap = match numbers.runs.last() {
                Some(run) => gap(text.get(run.end..start).unwrap_or_default()),
                None => OTHER,
            };
            let mut end = start;
            at = start;
            while let Some((digit, width)) = digit_or_nothing(bytes, at) {
                at += width;
                if let Some(digit) = digit {
                    numbers.digits.push(digit);
                    end = at;
                }
            }
            numbers.runs.push(Run { start, end, digits: first..numbers.digits.len(), gap });
        }
        numbers
    }

    /// The digits of the runs from `first` to `last`.
    fn digits(&self, first: usize, last: usize) -> &[u8] {
        match (self.runs.get(first), self.runs.get(last)) {
            (Some(first), Some(last)) => self.digits.get(first.digits.start..last.digits.end).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The gaps inside the runs from `first` to `last`.
    fn gaps(&self, first: usize, last: usize) -> impl Iterator<Item = Gap> + Clone {
        self.runs.get(first + 1..=last).unwrap_or_default().iter().map(|run| run.gap)
    }

    /// The gap before a run; behind the last run there is none.
    fn gap(&self, run: usize) -> Gap {
        self.runs.get(run).map_or(OTHER, |run| run.gap)
    }
}

const OTHER: Gap = Gap { mark: Mark::Other, tight: false, closes: false };

/// Where the next digit begins, from `at` on.
fn next_digit(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += bytes.get(at..)?.iter().position(|b| may_be_digit(*b))?;
        if let Some((Some(_), _)) = digit_or_nothing(bytes, at) {
            return Some(at);
        }
        at += 1;
    }
}

/// An ASCII digit, or the first byte of a full-width one.
fn may_be_digit(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == 0xef
}

/// The digit at `at`, or a character that shows nothing, with its width in bytes.
fn digit_or_nothing(bytes: &[u8], at: usize) -> Option<(Option<u8>, usize)> {
    match bytes.get(at..)? {
        [digit @ b'0'..=b'9', ..] => Some((Some(digit - b'0'), 1)),
        [0xef, 0xbc, digit @ 0x90..=0x99, ..] => Some((Some(digit - 0x90), 3)),
        [0xc2, 0xad, ..] => Some((None, 2)),
        [0xe2, 0x80, 0x8b..=0x8d, ..] | [0xe2, 0x81, 0xa0, ..] | [0xef, 0xbb, 0xbf, ..] => Some((None, 3)),
        _ => None,
    }
}

/// Reads the text between two runs: at most two spaces, one dash or dot, and brackets.
fn gap(between: &str) -> Gap {
    let (mut mark, mut spaces, mut brackets, mut closes) = (None, 0, 0, false);
    if between.len() > 16 {
        return OTHER;
    }
    for c in between.chars() {
        match c {
            '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => {}
            ' ' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => spaces += 1,
            '(' | ')' | '（' | '）' => {
                brackets += 1;
                closes |= matches!(c, ')' | '）');
            }
            _ if mark.is_some() => return OTHER,
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}' => mark = Some(Mark::Dash),
            '.' | '·' | '\u{ff0e}' => mark = Some(Mark::Dot),
            _ => return OTHER,
        }
    }
    if spaces > 2 || brackets > 2 {
        return OTHER;
    }
    let bare = if brackets > 0 { Mark::Bracket } else { Mark::Space };
    Gap { mark: mark.unwrap_or(bare), tight: spaces == 0, closes }
}

#[cfg(test)]
fn found<'a>(detector: &Detector, text: &'a str) -> Vec<&'a str> {
    let mut hits = Vec::new();
    (detector.find)(text, &mut hits);
    hits.iter().map(|hit| &text[hit.start..hit.end]).collect()
}

#[cfg(test)]
mod tests {
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

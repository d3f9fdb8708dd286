//! Korean business registration numbers (사업자등록번호, 3-2-5 digits) and corporate ones (법인등록번호, 6-7 digits).
//!
//! Of a business number the last digit is `(10 - S mod 10) mod 10`, S the sum of the first nine times 1 3 7 1 3 7 1 3 5 and
//! of the tens of the ninth times 5. Of a corporate number, the weights are 1 2 1 2 ..., and the fifth and sixth digit tell
//! its kind (11-15, 21-22, 31-53, 71, 81-86). With the check digit likely, else possible; a word such as 사업자등록번호 raises
//! that. Numbers of a business in one run, and corporate numbers without the check digit, need such a word.
use super::context::Subject;
use super::detector::Detector;
use super::hit::{Confidence, Found};
use super::numbers::Mark;
use super::text::{Text, found};
use super::units;
use Confidence::{Likely, Possible};

pub const BUSINESS: Detector = Detector {
    name: "kr_business",
    doc: "Korean business registration numbers.",
    version: 4,
    mask: "[BUSINESS]",
    find: find_business,
};

pub const CORPORATION: Detector = Detector {
    name: "kr_corporation",
    doc: "Korean corporate registration numbers.",
    version: 3,
    mask: "[CORPORATION]",
    find: find_corporation,
};

fn find_business(text: &Text, out: &mut Vec<Found>) {
    for cluster in &text.numbers.clusters {
        for first in cluster.clone() {
            let Some((last, mark)) = text.numbers.layout(first, &[3, 2, 5]) else { continue };
            let digits = text.numbers.digits(first, last);
            let own = match mark {
                // the code of a tax office begins with 1 to 9
                Some(Mark::Dash) if business_check(digits) && digits.first() != Some(&0) => Likely,
                Some(Mark::Dash | Mark::Space | Mark::Dot | Mark::Odd(b'/' | b'_')) | None => Possible,
                _ => continue,
            };
            let (start, end) = text.numbers.place(first, last);
            if text.is_in_word(start, end) || units::counts(text, start, end) {
                continue;
            }
            out.push(text.judged(found(text, first, last, own), Subject::Business));
        }
    }
}

fn find_corporation(text: &Text, out: &mut Vec<Found>) {
    for cluster in &text.numbers.clusters {
        for first in cluster.clone() {
            let Some((last, mark)) = text.numbers.layout(first, &[6, 7]) else { continue };
            let digits = text.numbers.digits(first, last);
            let own = match mark {
                Some(Mark::Dash) if corporation_check(digits) && kind(digits) => Likely,
                Some(Mark::Dash | Mark::Space | Mark::Dot | Mark::Odd(b'/' | b'_')) | None => Possible,
                _ => continue,
            };
            let (start, end) = text.numbers.place(first, last);
            if !text.is_in_word(start, end) {
                out.push(text.judged(found(text, first, last, own), Subject::Corporation));
            }
        }
    }
}

/// Whether the last of ten digits is the check digit.
pub(super) fn business_check(digits: &[u8]) -> bool {
    const WEIGHTS: [u32; 9] = [1, 3, 7, 1, 3, 7, 1, 3, 5];
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(d, w)| u32::from(*d) * w).sum();
    let tens = digits.get(8).map_or(0, |d| u32::from(*d) * 5 / 10);
    digits.get(9).is_some_and(|check| u32::from(*check) == (10 - (sum + tens) % 10) % 10)
}

fn corporation_check(digits: &[u8]) -> bool {
    let sum: u32 = digits.iter().take(12).zip([1, 2].iter().cycle()).map(|(d, w)| u32::from(*d) * w).sum();
    digits.get(12).is_some_and(|check| u32::from(*check) == (10 - sum % 10) % 10)
}

fn kind(digits: &[u8]) -> bool {
    let kind = digits.get(4..6).map_or(0, |k| k.iter().fold(0, |n, d| n * 10 + d));
    matches!(kind, 11..=15 | 21..=22 | 31..=53 | 71 | 81..=86)
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::*;

    #[test]
    fn numbers_with_their_check_digits() {
        // 124-81-00998 is published by its company in every report
        assert!(business_check(&[1, 2, 4, 8, 1, 0, 0, 9, 9, 8]));
        for (detector, text, want) in [
            (&BUSINESS, "124-81-00998", 1),
            (&BUSINESS, "사업자등록번호 1248100998", 1),
            (&BUSINESS, "사업자등록번호 124-81-00997", 1),
            (&BUSINESS, "사업자등록번호 001-82-10123", 1),
            (&BUSINESS, "001-82-10123", 0),
            (&BUSINESS, "124-81-00997", 0),
            (&BUSINESS, "1248100998", 0),
            (&CORPORATION, "법인등록번호 130111-0006246", 1),
            (&CORPORATION, "법인등록번호: 1301110006246", 1),
            (&CORPORATION, "1301110006246", 0),
            (&CORPORATION, "주민등록번호 130111-3006246", 0),
        ] {
            assert_eq!(found(detector, text).len(), want, "{text}");
        }
    }
}

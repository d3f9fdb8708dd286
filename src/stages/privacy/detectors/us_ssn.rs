//! Social security numbers of the United States: 3-2-4 digits, area not 000, 666 or 900 to 999, group not 00, serial not 0000
//! (SSA); taxpayer numbers (ITIN) have an area from 900 and a group of 50-65, 70-88, 90-92 or 94-99.
//!
//! With dashes likely; with spaces or in one run possible. A word such as SSN raises that.
use super::context::Subject;
use super::detector::Detector;
use super::hit::{Confidence, Found};
use super::numbers::Mark;
use super::text::{Text, found};
use super::units;
use Confidence::{Likely, Possible};

pub const DETECTOR: Detector = Detector {
    name: "us_ssn",
    doc: "Social security and taxpayer numbers of the United States.",
    version: 3,
    mask: "[SSN]",
    find,
};

fn find(text: &Text, out: &mut Vec<Found>) {
    for cluster in &text.numbers.clusters {
        for first in cluster.clone() {
            let Some((last, mark)) = text.numbers.layout(first, &[3, 2, 4]) else { continue };
            let [a, b, c, g, h, serial @ ..] = text.numbers.digits(first, last) else { continue };
            let area = u32::from(*a) * 100 + u32::from(*b) * 10 + u32::from(*c);
            let group = g * 10 + h;
            let taxpayer = area >= 900 && matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99);
            let social = !matches!(area, 0 | 666 | 900..) && group != 0;
            if !(social || taxpayer) || serial.iter().all(|d| *d == 0) {
                continue;
            }
            let own = match mark {
                Some(Mark::Dash) => Likely,
                Some(Mark::Space | Mark::Dot | Mark::Odd(b'/' | b'_')) | None => Possible,
                _ => continue,
            };
            let (start, end) = text.numbers.place(first, last);
            if text.is_in_word(start, end) || units::counts(text, start, end) {
                continue;
            }
            out.push(text.judged(found(text, first, last, own), Subject::Ssn));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::DETECTOR;

    #[test]
    fn numbers_by_their_parts() {
        for (text, want) in [
            ("SSN: 123-45-6789", 1),
            ("it is 123-45-6789.", 1),
            ("SSN 123 45 6789", 1),
            ("SSN 123456789", 1),
            ("ITIN 912-70-1234", 1),
            ("123 45 6789", 0),
            ("000-45-6789", 0),
            ("666-45-6789", 0),
            ("912-34-5678", 0),
            ("123-00-6789", 0),
            ("123-45-0000", 0),
            ("order no. 123-45-6789", 0),
            ("1-123-45-6789", 0),
        ] {
            assert_eq!(found(&DETECTOR, text).len(), want, "{text}");
        }
    }
}

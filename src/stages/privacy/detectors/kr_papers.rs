//! Numbers of Korean papers: driver's licence, passport, health insurance, personal customs code.
//!
//! | type | shape | without a word beside it |
//! |---|---|---|
//! | `kr_driver` | 2-2-6-2 digits, the first two 11 to 26 or 28 (the region); older: 서울 04-123456-78 | likely with dashes |
//! | `kr_passport` | M, S, R, O, D or PM, PS, ... and 8 (7) digits; since December 2021 M123A4567 | likely; possible where the digits are a date |
//! | | the same with other letters | none |
//! | `kr_health` | 1-10 digits | possible |
//! | `kr_customs` | P and 12 digits | likely |
//!
//! A word such as 운전면허 before it raises that, a word for another number lowers it. None has a check digit that is public.
use super::context::Subject;
use super::detector::Detector;
use super::hit::{Confidence, Found};
use super::numbers::Mark;
use super::text::{Text, found};
use Confidence::{Certain, Likely, Possible};

pub const DRIVER: Detector = Detector {
    name: "kr_driver",
    doc: "Numbers of Korean driver's licences.",
    version: 3,
    mask: "[DRIVER]",
    find: find_driver,
};

pub const PASSPORT: Detector = Detector {
    name: "kr_passport",
    doc: "Numbers of Korean passports.",
    version: 3,
    mask: "[PASSPORT]",
    find: find_passport,
};

pub const HEALTH: Detector = Detector {
    name: "kr_health",
    doc: "Numbers of Korean health insurance cards.",
    version: 3,
    mask: "[HEALTH]",
    find: find_health,
};

pub const CUSTOMS: Detector = Detector {
    name: "kr_customs",
    doc: "Personal customs codes of Korea.",
    version: 3,
    mask: "[CUSTOMS]",
    find: find_customs,
};

/// The regions whose names stood before the numbers of older licences.
const REGIONS: [&str; 17] = [
    "서울", "부산", "경기", "강원", "충북", "충남", "전북", "전남", "경북", "경남", "제주", "대구", "인천", "광주",
    "대전", "울산", "세종",
];

fn find_driver(text: &Text, out: &mut Vec<Found>) {
    let numbers = text.numbers;
    for cluster in &numbers.clusters {
        for first in cluster.clone() {
            if let Some((last, mark)) = numbers.layout(first, &[2, 2, 6, 2]) {
                let region = matches!(numbers.digits(first, last), [1, 1..=9, ..] | [2, 0..=6 | 8, ..]);
                let own = match mark {
                    Some(Mark::Dash) => Likely,
                    Some(Mark::Bracket | Mark::Other | Mark::Odd(b':' | b'*')) => continue,
                    _ => Possible,
                };
                let (start, end) = numbers.place(first, last);
                if region && !text.is_in_word(start, end) {
                    out.push(text.judged(found(text, first, last, own), Subject::Driver));
                }
            }
            if let Some((last, Some(mark))) = numbers.layout(first, &[2, 6, 2]) {
                let (start, end) = numbers.place(first, last);
                let before = text.plain.get(..start).unwrap_or_default().trim_end_matches([' ', '-']);
                let region = REGIONS.iter().find(|r| before.ends_with(*r) && start - before.len() <= 2);
                if let Some(region) =
                    region.filter(|_| matches!(mark, Mark::Dash | Mark::Space | Mark::Dot | Mark::Odd(b'_' | b'/')))
                {
                    let found = Found { start: before.len() - region.len(), end, confidence: Likely };
                    out.push(text.judged(found, Subject::Driver));
                }
            }
        }
    }
}

fn find_passport(text: &Text, out: &mut Vec<Found>) {
    let numbers = text.numbers;
    for (at, run) in numbers.runs.iter().enumerate() {
        let len = run.digits.len();
        if !matches!(len, 3 | 7 | 8) {
            continue;
        }
        let before = text.plain.get(..run.start).unwrap_or_default();
        if len == 8 && text.subject(run.start, run.end) == Some(Subject::Passport) {
            // D 85674000: the letter apart from its digits
            let apart = before.strip_suffix(' ').and_then(|b| b.strip_suffix(['M', 'S', 'R', 'O', 'D']));
            if let Some(lead) = apart {
                passport(text, lead.len(), run.end, Likely, out);
            }
        }
        let Some(letter) = before.chars().next_back().filter(char::is_ascii_alphabetic) else { continue };
        let lead = before.strip_suffix(letter).unwrap_or_default();
        let led = lead.ends_with(|c: char| c.is_ascii_alphabetic());
        if !"MSRODmsrod".contains(letter) || (led && len == 7 && !lead.ends_with(['P', 'p'])) {
            let end = other_series(text, at, led);
            let end = end.filter(|_| text.subject(run.start, run.end) == Some(Subject::Passport));
            end.into_iter().for_each(|end| passport(text, run.start - 1 - usize::from(led), end, Possible, out));
            continue;
        }
        let own = match len {
            8 if is_date(numbers.digits(at, at)) => Possible,
            8 if letter.is_ascii_uppercase() => Likely,
            8 => Possible,
            // M123A4567
            3 => {
                let behind = text.at(run.end).filter(char::is_ascii_alphabetic);
                let next = numbers.runs.get(at + 1).filter(|n| n.start == run.end + 1 && n.digits.len() == 4);
                match (behind, next) {
                    (Some(_), Some(next)) => {
                        let confidence = if letter.is_ascii_uppercase() { Likely } else { Possible };
                        passport(text, run.start - 1, next.end, confidence, out);
                    }
                    _ => continue,
                }
                continue;
            }
            // PM1234567, of an older series
            _ if lead.ends_with(['P', 'p']) => {
                passport(text, run.start - 2, run.end, Possible, out);
                continue;
            }
            _ => continue,
        };
        passport(text, run.start - 1, run.end, own, out);
    }
}

/// Where a number of other letters ends, which a word such as 여권 must call by its name: a letter and eight digits or `X123Y4567`,
/// two letters and seven digits.
fn other_series(text: &Text, at: usize, led: bool) -> Option<usize> {
    let (run, len) = (text.numbers.runs.get(at)?, text.numbers.len(at));
    match (len, led) {
        (8, false) | (7, true) => Some(run.end),
        (3, false) => {
            let next = text.numbers.runs.get(at + 1).filter(|n| n.start == run.end + 1 && n.digits.len() == 4)?;
            text.at(run.end).filter(char::is_ascii_alphabetic).map(|_| next.end)
        }
        _ => None,
    }
}

fn passport(text: &Text, start: usize, end: usize, confidence: Confidence, out: &mut Vec<Found>) {
    let joined = text.before(start) == Some('-')
        || text.at(end) == Some('-')
        || text.at(end) == Some('.') && text.at(end + 1).is_some_and(|c| c.is_ascii_digit());
    if !text.is_in_word(start, end) && !joined {
        out.push(text.judged(Found { start, end, confidence }, Subject::Passport));
    }
}

/// Whether eight digits are a day, as numbers of documents often begin.
fn is_date(digits: &[u8]) -> bool {
    let [c, d, _, _, m, n, t, u] = *digits else { return false };
    let (century, month, day) = (c * 10 + d, m * 10 + n, t * 10 + u);
    matches!(century, 19 | 20) && (1..=12).contains(&month) && (1..=31).contains(&day)
}

fn find_health(text: &Text, out: &mut Vec<Found>) {
    for cluster in &text.numbers.clusters {
        for first in cluster.clone() {
            let Some((last, mark)) = text.numbers.layout(first, &[1, 10]) else { continue };
            let (start, end) = text.numbers.place(first, last);
            let joint = matches!(mark, None | Some(Mark::Dash | Mark::Space | Mark::Dot | Mark::Odd(b'/' | b'_')));
            let fits = text.numbers.digits(first, last).first() != Some(&0) && joint && !text.is_in_word(start, end);
            if fits {
                out.push(text.judged(found(text, first, last, Possible), Subject::Insurance));
            }
        }
    }
}

fn find_customs(text: &Text, out: &mut Vec<Found>) {
    for cluster in &text.numbers.clusters {
        for first in cluster.clone() {
            let (last, own) = match text.numbers.layout(first, &[12]) {
                Some((last, _)) => (last, Likely),
                None => match [&[4, 4, 4][..], &[3, 4, 5]].iter().find_map(|g| text.numbers.layout(first, g)) {
                    Some((last, Some(Mark::Dash | Mark::Space))) => (last, Possible),
                    _ => continue,
                },
            };
            let (begin, end) = text.numbers.place(first, last);
            let lead = text.plain.get(..begin).unwrap_or_default();
            let Some(lead) =
                lead.strip_suffix(['P', 'p']).or_else(|| lead.strip_suffix("P-").or(lead.strip_suffix("P ")))
            else {
                continue;
            };
            let start = lead.len();
            let upper = text.at(start) == Some('P');
            if !text.is_in_word(start, end) {
                let confidence = if upper { own } else { Possible };
                let found = text.judged(Found { start, end, confidence }, Subject::Customs);
                let certain = found.confidence == Certain || found.confidence == Likely;
                out.push(if certain { found } else { Found { confidence: Possible, ..found } });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::*;

    #[test]
    fn papers_with_and_without_a_word() {
        for (detector, text, want) in [
            (&DRIVER, "면허번호 11-04-123456-78입니다", "11-04-123456-78"),
            (&DRIVER, "11-04-123456-78", "11-04-123456-78"),
            (&DRIVER, "운전면허 110412345678", "110412345678"),
            (&DRIVER, "운전면허 서울 04-123456-78", "서울 04-123456-78"),
            (&DRIVER, "면허 28ㅡ04ㅡ123456ㅡ78", "28ㅡ04ㅡ123456ㅡ78"),
            (&PASSPORT, "여권번호: M12345678로", "M12345678"),
            (&PASSPORT, "M123A4567입니다", "M123A4567"),
            (&PASSPORT, "passport m12345678", "m12345678"),
            (&HEALTH, "건강보험증 번호 1-1234567890", "1-1234567890"),
            (&CUSTOMS, "통관부호 P123456789012를", "P123456789012"),
            (&CUSTOMS, "P123456789012", "P123456789012"),
        ] {
            assert_eq!(found(detector, text), [want], "{text}");
        }
        for (detector, text) in [
            (&DRIVER, "27-04-123456-78"),
            (&DRIVER, "110412345678"),
            (&DRIVER, "주문번호 11-04-123456-78"),
            (&PASSPORT, "문서 D20240131"),
            (&PASSPORT, "모델 M12345678"),
            (&PASSPORT, "XM12345678"),
            (&PASSPORT, "M1234567"),
            (&HEALTH, "1-1234567890"),
            (&CUSTOMS, "XP123456789012"),
        ] {
            assert_eq!(found(detector, text), [""; 0], "{text}");
        }
    }
}

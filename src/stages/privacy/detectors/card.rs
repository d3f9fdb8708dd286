//! Numbers of payment cards (ISO/IEC 7812-1): 13 to 19 digits that begin with the range of an issuer, in one run or in the
//! groups of a card with one mark between all of them.
//!
//! Grouped with the right check digit (Luhn) certain, the check digit alone likely, the groups alone possible. A word such as
//! 카드 raises that, a word for another number lowers it.
use super::context::Subject;
use super::detector::Detector;
use super::hit::{Confidence, Found};
use super::numbers::{CARDS, Mark, luhn};
use super::text::{Text, found};
use Confidence::{Certain, Likely, Possible};

pub const DETECTOR: Detector = Detector {
    name: "card",
    doc: "Numbers of payment cards, in one run or in groups.",
    version: 3,
    mask: "[CARD]",
    find,
};

/// The same digits as four groups and one run.
const OTHERS: [&[usize]; 4] = [&[4, 4, 4, 1], &[6, 7], &[8, 8], &[4, 4, 5]];

fn find(text: &Text, out: &mut Vec<Found>) {
    for cluster in &text.numbers.clusters {
        let mut first = cluster.start;
        while first < cluster.end {
            let hit = read(text, first);
            first = hit.map_or(first + 1, |(last, _)| last + 1);
            out.extend(hit.map(|(_, found)| found));
        }
    }
}

fn read(text: &Text, first: usize) -> Option<(usize, Found)> {
    let numbers = text.numbers;
    let len = numbers.len(first);
    if (13..=19).contains(&len) {
        let digits = numbers.digits(first, first);
        let (start, end) = numbers.place(first, first);
        let free = !text.is_in_word(start, end) && !numbers.goes_on(first, first);
        let fits = is_issued(digits) && luhn(digits) && free && usual(digits);
        let decimal = numbers.gap(first).tight && numbers.gap(first).mark == Mark::Dot;
        let found = text.judged(found(text, first, first, Likely), Subject::Card);
        return (fits && !decimal).then_some((first, found));
    }
    if !matches!(len, 4 | 6 | 8) {
        return None;
    }
    let (last, mark) = CARDS.iter().chain(&OTHERS).find_map(|groups| numbers.layout(first, groups))?;
    let digits = numbers.digits(first, last);
    let odd = matches!(mark, Some(Mark::Odd(b'*' | b'~' | b':') | Mark::Bracket));
    if !is_issued(digits) || odd {
        return None;
    }
    // six and seven digits are the form of a resident number
    if last == first + 1
        && numbers.len(first) == 6
        && text.subject(numbers.place(first, first).0, numbers.place(last, last).1) != Some(Subject::Card)
    {
        return None;
    }
    let card = CARDS.iter().any(|groups| groups.len() == last - first + 1);
    let own = match luhn(digits) {
        true if card => Certain,
        true => Likely,
        false if card => Possible,
        false => return None,
    };
    let found = text.judged(found(text, first, last, own), Subject::Card);
    // 쿠폰번호 4111-1111-1111-1111
    let confidence = if text.is_numbered_thing(found.start) { Possible } else { found.confidence };
    Some((last, Found { confidence, ..found }))
}

/// Whether the first digits are those of an issuer: Visa, Mastercard, American Express, Discover, JCB, Diners Club, UnionPay,
/// Maestro, and the cards of Korea that begin with 9.
fn is_issued(digits: &[u8]) -> bool {
    let [a, b, c, d, ..] = *digits else { return false };
    let four = u32::from(a) * 1000 + u32::from(b) * 100 + u32::from(c) * 10 + u32::from(d);
    match four {
        4000..=4999 => matches!(digits.len(), 13 | 16 | 19),
        5100..=5599 | 2221..=2720 => digits.len() == 16,
        3400..=3499 | 3700..=3799 => digits.len() == 15,
        3528..=3589 => (16..=19).contains(&digits.len()),
        3000..=3059 | 3600..=3699 | 3800..=3999 => (14..=19).contains(&digits.len()),
        5000..=5099 | 5600..=6999 => (13..=19).contains(&digits.len()) && digits.len() != 14,
        9000..=9999 => digits.len() == 16,
        _ => false,
    }
}

/// Whether a run of digits may be a card by its length; other lengths are rare, and one number in ten has their check digit.
fn usual(digits: &[u8]) -> bool {
    matches!(digits.len(), 15 | 16) || (digits.len() == 14 && matches!(digits, [3, 0 | 6 | 8, ..]))
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::DETECTOR;

    /// Numbers that issuers publish for tests.
    #[test]
    fn cards_in_every_shape() {
        for card in [
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "4111.1111.1111.1111",
            "4111111111111111",
            "5555-5555-5555-4444",
            "3782 822463 10005",
            "378282246310005",
            "6011111111111117",
            "3530111333300000",
            "4111 – 1111 – 1111 – 1111",
            "４１１１-１１１１-１１１１-１１１１",
            "4111/1111/1111/1111",
        ] {
            for (before, behind) in [("", ""), ("카드 ", "로 결제"), ("카드번호는", "입니다")] {
                assert_eq!(found(&DETECTOR, &format!("{before}{card}{behind}")), [card]);
            }
        }
    }

    #[test]
    fn what_only_looks_like_one_is_left() {
        for text in [
            "4111 1111 1111 1112",
            "주문번호 4111111111111111",
            "1111 1111 1111 1117",
            "4111-1111-1111",
            "x4111111111111111",
            "0.4111111111111111",
            "ISBN 9788936434267",
        ] {
            assert_eq!(found(&DETECTOR, text), [""; 0], "{text}");
        }
        assert_eq!(found(&DETECTOR, "카드 4111 1111 1111 1112").len(), 1, "a failed check lowers, and the word raises");
    }
}

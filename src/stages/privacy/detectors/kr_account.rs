//! Numbers of Korean bank accounts: 10 to 16 digits in the groups of a bank, or in any, beside a word such as 계좌 or the name
//! of a bank. There is no check digit that is public.
//!
//! Beside such a word likely; the groups of a bank with dashes alone possible, and likely directly behind the short name of a bank
//! that is also another word (`우리 1002-123-456789`).
use super::context::Subject;
use super::detector::Detector;
use super::hit::{Confidence, Found};
use super::numbers::Mark;
use super::text::{Text, found};
use super::units;
use Confidence::{Likely, Possible};

pub const DETECTOR: Detector = Detector {
    name: "kr_account",
    doc: "Numbers of Korean bank accounts, beside a word that says so.",
    version: 4,
    mask: "[ACCOUNT]",
    find,
};

/// How banks group their numbers.
const LAYOUTS: [&[usize]; 14] = [
    &[6, 2, 6],
    &[3, 3, 6],
    &[4, 3, 6],
    &[3, 6, 5],
    &[3, 4, 4, 2],
    &[4, 2, 7],
    &[4, 4, 4],
    &[3, 6, 2, 3],
    &[3, 2, 6, 1],
    &[3, 2, 6],
    &[3, 2, 7],
    &[6, 2, 5],
    &[3, 2, 6, 3],
    &[4, 2, 6, 1],
];

/// Short names of banks that are also other words.
const SHORT: [&str; 14] =
    ["국민", "우리", "하나", "기업", "부산", "대구", "광주", "전북", "제주", "경남", "산업", "제일", "씨티", "토스"];

/// How many groups an account may have.
const GROUPS_MAX: usize = 5;

fn find(text: &Text, out: &mut Vec<Found>) {
    let numbers = text.numbers;
    for cluster in &numbers.clusters {
        let mut first = cluster.start;
        while first < cluster.end {
            // one run of as many digits as the groups of a bank is none of these
            let dashed = numbers.gap(first + 1).mark == Mark::Dash;
            let layouts = LAYOUTS.iter().filter(|_| dashed || numbers.len(first) > 9);
            let known = layouts
                .map(|groups| numbers.layout(first, groups))
                .find_map(|layout| layout)
                .filter(|(last, mark)| *last > first && *mark == Some(Mark::Dash));
            let Some(last) = known.map(|(last, _)| last).or_else(|| whole(text, first, cluster.end)) else {
                first += 1;
                continue;
            };
            let (start, end) = numbers.place(first, last);
            let other = text.is_in_word(start, end)
                || units::counts(text, start, end)
                || is_date(numbers.digits(first, last), last - first);
            if other {
                first = last + 1;
                continue;
            }
            let lead = text.plain.get(..start).unwrap_or_default().trim_end_matches([' ', ':', '(']);
            let short = known.is_some() && start - lead.len() <= 2 && SHORT.iter().any(|bank| lead.ends_with(bank));
            let named = text.subject(start, end) == Some(Subject::Account) || short;
            if named || known.is_some() {
                out.push(found(text, first, last, if named { Likely } else { Possible }));
            }
            first = last + 1;
        }
    }
}

/// The last run of the longest number that begins here with one mark between its groups.
fn whole(text: &Text, first: usize, end: usize) -> Option<usize> {
    let numbers = text.numbers;
    let mark = numbers.gap(first + 1).mark;
    let joint = matches!(mark, Mark::Dash | Mark::Space | Mark::Dot | Mark::Odd(b'/' | b'_'));
    let joined = (first + 1..end).take_while(|run| joint && numbers.gap(*run).mark == mark).take(GROUPS_MAX).count();
    let last = (first..=first + joined).rev().find(|last| (10..=16).contains(&numbers.digits(first, *last).len()))?;
    // more than five groups are no account
    (joined < GROUPS_MAX && !numbers.goes_on(first, last)).then_some(last)
}

/// Whether the digits begin with a day and are few, as in `2024-01-31-01`.
fn is_date(digits: &[u8], joints: usize) -> bool {
    joints >= 2 && digits.len() <= 10 && matches!(digits, [1, 9, ..] | [2, 0, ..])
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::DETECTOR;

    #[test]
    fn accounts_need_a_word() {
        for (text, want) in [
            ("국민은행 123456-01-123456", "123456-01-123456"),
            ("계좌번호: 110-123-456789", "110-123-456789"),
            ("입금은 카카오뱅크 3333-01-1234567로", "3333-01-1234567"),
            ("농협 302-1234-5678-91 홍길동", "302-1234-5678-91"),
            ("계좌 1101234567890", "1101234567890"),
            ("account 1002 123 456789", "1002 123 456789"),
            ("우리 1002-123-456789", "1002-123-456789"),
            ("국민(123456-01-123456)", "123456-01-123456"),
        ] {
            assert_eq!(found(&DETECTOR, text), [want], "{text}");
        }
        for text in ["110-123-456789", "주문번호 110-123-456789", "계좌 잔액 1234567890원", "은행 2024-01-31"]
        {
            assert_eq!(found(&DETECTOR, text), [""; 0], "{text}");
        }
    }
}

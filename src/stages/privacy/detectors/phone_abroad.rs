//! National telephone numbers of other countries, as they are written there; the table is in [`super::regions`].
use super::context::Subject;
use super::hit::Confidence::{self, Likely, Possible};
use super::numbers::Mark;
use super::text::Text;
use std::ops::RangeInclusive;

/// How a region writes its numbers: groups of digits, and what the digits must be.
struct Plan {
    region: &'static str,
    groups: &'static [&'static [usize]],
    /// Whether a number may be one run of digits.
    bare: bool,
    /// With which digits a number may begin.
    first: RangeInclusive<u8>,
    is: fn(&[u8]) -> bool,
}

const PLANS: &[Plan] = &[
    Plan { region: "US", groups: &[&[3, 3, 4], &[1, 3, 3, 4]], bare: false, first: 1..=9, is: is_american },
    Plan {
        region: "GB",
        groups: &[&[3, 4, 4], &[4, 3, 4], &[5, 6], &[5, 3, 3], &[5, 5], &[4, 7]],
        bare: true,
        first: 0..=0,
        is: |d| {
            let known = matches!(d, [0, 1 | 7, 1..=9, ..] | [0, 2, 0 | 3 | 4 | 8 | 9, ..] | [0, 3 | 8, ..]);
            known && (d.len() == 11 || d.len() == 10)
        },
    },
    Plan {
        region: "JP",
        groups: &[&[2, 4, 4], &[3, 3, 4], &[4, 2, 4], &[3, 4, 4], &[4, 3, 3]],
        bare: false,
        first: 0..=0,
        is: |d| matches!(d, [0, 1..=9, ..]),
    },
    Plan {
        region: "CN",
        groups: &[&[3, 4, 4]],
        bare: true,
        first: 1..=1,
        is: |d| matches!(d, [1, 3..=9, ..]) && d.len() == 11,
    },
    Plan { region: "FR", groups: &[&[2, 2, 2, 2, 2]], bare: true, first: 0..=0, is: |d| matches!(d, [0, 1..=9, ..]) },
    Plan {
        region: "DE",
        groups: &[
            &[3, 5],
            &[3, 6],
            &[3, 7],
            &[3, 8],
            &[4, 5],
            &[4, 6],
            &[4, 7],
            &[4, 8],
            &[5, 5],
            &[5, 6],
            &[3, 3, 4],
            &[3, 4, 4],
            &[4, 3, 4],
            &[4, 4, 4],
        ],
        bare: false,
        first: 0..=0,
        is: |d| matches!(d, [0, 1..=9, ..]),
    },
];

/// Area and exchange code begin with 2 to 9, and the second and third digit of neither are both 1.
fn is_american(digits: &[u8]) -> bool {
    let code = |code: &[u8]| matches!(code, [2..=9, b, c] if !(*b == 1 && *c == 1));
    let digits = digits.strip_prefix(&[1]).unwrap_or(digits);
    digits.len() == 10 && digits.get(..3).is_some_and(code) && digits.get(3..6).is_some_and(code)
}

/// The last run of a number that begins at a run, and how sure that is before words are asked.
pub(super) fn read(text: &Text, first: usize) -> Option<(usize, Confidence)> {
    let mut best: Option<(usize, Confidence)> = None;
    let begin = text.numbers.digits(first, first).first()?;
    for plan in PLANS.iter().filter(|plan| plan.first.contains(begin)) {
        let Some((last, marked)) = plan.groups.iter().find_map(|groups| layout(text, first, groups, plan.bare)) else {
            continue;
        };
        if !(plan.is)(text.numbers.digits(first, last)) || text.numbers.within_card(first, last) {
            continue;
        }
        // three groups with spaces in a longer row of numbers are figures
        let row = plan.region == "US" && is_row(text, first, last);
        let confidence = if text.regions.has(plan.region) && marked && !row { Likely } else { Possible };
        if best.is_none_or(|(_, other)| other < confidence) {
            best = Some((last, confidence));
        }
    }
    // what is no telephone number of a declared region needs a word of its own
    best.filter(|(last, confidence)| {
        let (start, end) = text.numbers.place(first, *last);
        *confidence > Possible || text.subject(start, end) == Some(Subject::Phone)
    })
}

/// Whether spaces part the groups, and a further number stands one space before or behind them.
fn is_row(text: &Text, first: usize, last: usize) -> bool {
    let spaced = |gap: super::numbers::Gap| gap.mark == Mark::Space;
    text.numbers.gaps(first, last).all(spaced) && [first, last + 1].into_iter().any(|run| spaced(text.numbers.gap(run)))
}

/// The last run, and whether there are marks between the groups.
fn layout(text: &Text, first: usize, groups: &[usize], bare: bool) -> Option<(usize, bool)> {
    let len = text.numbers.len(first);
    if groups.first() != Some(&len) && groups.iter().sum::<usize>() != len {
        return None;
    }
    if let Some((last, mark)) = text.numbers.layout(first, groups) {
        return match mark {
            None => bare.then_some((last, false)),
            Some(Mark::Dash | Mark::Space | Mark::Dot | Mark::Bracket | Mark::Odd(b'/')) => Some((last, true)),
            Some(_) => None,
        };
    }
    // `(415) 555-2671`: brackets around the first group
    let last = first + groups.len() - 1;
    let fits = groups.iter().enumerate().all(|(i, len)| text.numbers.len(first + i) == *len);
    let closes = text.numbers.gap(first + 1).closes;
    let joins = text.numbers.gaps(first, last).all(|gap| gap.mark.joins());
    (fits && closes && joins && groups.len() > 1 && !text.numbers.goes_on(first, last)).then_some((last, true))
}

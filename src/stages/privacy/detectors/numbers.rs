//! Numbers in texts: runs of digits, and what stands between them; read once for all detectors of numbers.
use std::ops::Range;

/// The numbers of a text: runs of digits, and what stands between each run and the one before it.
pub(super) struct Numbers {
    /// The values 0 to 9 of all digits.
    pub(super) digits: Vec<u8>,
    pub(super) runs: Vec<Run>,
}

/// A longest run of digits (ASCII or full-width; zero-width characters inside do not end it).
pub(super) struct Run {
    /// Bytes of the text.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Indices into [`Numbers::digits`].
    pub(super) digits: Range<usize>,
    /// What stands before it.
    pub(super) gap: Gap,
}

/// What stands between two runs of digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) mark: Mark,
    /// No space beside the mark.
    pub(super) tight: bool,
    /// There is a `)` in it.
    pub(super) closes: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
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
    pub(super) fn of(text: &str, least: usize) -> Numbers {
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
    pub(super) fn digits(&self, first: usize, last: usize) -> &[u8] {
        match (self.runs.get(first), self.runs.get(last)) {
            (Some(first), Some(last)) => self.digits.get(first.digits.start..last.digits.end).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The gaps inside the runs from `first` to `last`.
    pub(super) fn gaps(&self, first: usize, last: usize) -> impl Iterator<Item = Gap> + Clone {
        self.runs.get(first + 1..=last).unwrap_or_default().iter().map(|run| run.gap)
    }

    /// Whether the runs from `first` to `last` lie in the number of a payment card: three groups or more with one kind of
    /// mark between all of them, 13 to 19 digits of which the first is not 0, grouped as on a card or with the right
    /// check digit (ISO/IEC 7812-1).
    pub(super) fn within_card(&self, first: usize, last: usize) -> bool {
        let Some(joint) = self.gaps(first, last).next().map(|g| g.mark).filter(|m| *m != Mark::Other) else {
            return false;
        };
        let joined = |run: &usize| self.gap(*run).mark == joint;
        let back = (1..=first).rev().take_while(joined).take(GROUPS_MAX).last().map_or(first, |run| run - 1);
        let behind = (last + 1..self.runs.len()).take_while(joined).take(GROUPS_MAX).last().unwrap_or(last);
        // two cards may stand side by side: any stretch around these runs may be one
        (back..=first).any(|from| (last..=behind).any(|to| self.is_card(from, to)))
    }

    fn is_card(&self, from: usize, to: usize) -> bool {
        let digits = self.digits(from, to);
        let groups: Vec<usize> = self.runs.get(from..=to).unwrap_or_default().iter().map(|r| r.digits.len()).collect();
        let fits = (13..=19).contains(&digits.len()) && digits.first() != Some(&0) && groups.len() > 2;
        fits && (CARDS.contains(&groups.as_slice()) || luhn(digits))
    }

    /// The gap before a run; behind the last run there is none.
    pub(super) fn gap(&self, run: usize) -> Gap {
        self.runs.get(run).map_or(OTHER, |run| run.gap)
    }
}

/// How the numbers of payment cards are grouped.
const CARDS: [&[usize]; 4] = [&[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 4, 3]];

/// Groups on either side that may belong to a card.
const GROUPS_MAX: usize = 6;

/// Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B).
fn luhn(digits: &[u8]) -> bool {
    let value = |(i, digit): (usize, &u8)| match i % 2 {
        0 => u32::from(*digit),
        _ => u32::from(*digit) * 2 - if *digit > 4 { 9 } else { 0 },
    };
    digits.iter().rev().enumerate().map(value).sum::<u32>().is_multiple_of(10)
}

pub(super) const OTHER: Gap = Gap { mark: Mark::Other, tight: false, closes: false };

/// Where the next digit begins, from `at` on.
pub(super) fn next_digit(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += bytes.get(at..)?.iter().position(|b| may_be_digit(*b))?;
        if let Some((Some(_), _)) = digit_or_nothing(bytes, at) {
            return Some(at);
        }
        at += 1;
    }
}

/// An ASCII digit, or the first byte of a full-width one.
pub(super) fn may_be_digit(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == 0xef
}

/// The digit at `at`, or a character that shows nothing, with its width in bytes.
pub(super) fn digit_or_nothing(bytes: &[u8], at: usize) -> Option<(Option<u8>, usize)> {
    match bytes.get(at..)? {
        [digit @ b'0'..=b'9', ..] => Some((Some(digit - b'0'), 1)),
        [0xef, 0xbc, digit @ 0x90..=0x99, ..] => Some((Some(digit - 0x90), 3)),
        [0xc2, 0xad, ..] => Some((None, 2)),
        [0xe2, 0x80, 0x8b..=0x8d, ..] | [0xe2, 0x81, 0xa0, ..] | [0xef, 0xbb, 0xbf, ..] => Some((None, 3)),
        _ => None,
    }
}

/// Reads the text between two runs: at most two spaces, one dash or dot, and brackets.
pub(super) fn gap(between: &str) -> Gap {
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

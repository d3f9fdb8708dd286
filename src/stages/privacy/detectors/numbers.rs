//! Numbers in texts: runs of digits, and what stands between them; read once for all detectors of numbers.
use std::ops::Range;

/// The numbers of a text: runs of digits, and what stands between each run and the one before it.
#[derive(Default)]
pub(super) struct Numbers {
    /// The values 0 to 9 of all digits.
    pub(super) digits: Vec<u8>,
    pub(super) runs: Vec<Run>,
    /// Runs that may be groups of one number and have seven digits or more together.
    pub(super) clusters: Vec<Range<usize>>,
}

/// A longest run of digits.
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
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Gap {
    pub(super) mark: Mark,
    /// No space beside the mark.
    pub(super) tight: bool,
    /// There is a `)` in it.
    pub(super) closes: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mark {
    Space,
    Dash,
    Dot,
    /// Only brackets, with or without spaces.
    Bracket,
    /// A sign that is seldom set between the groups of a number: `/`, `_`, `~`, `*`, `,`, `|`, `:`.
    Odd(u8),
    /// Anything that does not join two groups of one number.
    Other,
}

impl Mark {
    /// Whether it is a usual joint of groups.
    pub(super) fn joins(self) -> bool {
        !matches!(self, Mark::Odd(_) | Mark::Other)
    }
}

/// Digits of a cluster.
const CLUSTER_MIN: usize = 7;

/// Bytes between two groups.
const GAP_MAX: usize = 8;

/// Spaces around a dash between two groups.
const DASH_SPACES: usize = 6;

/// How many single digits one space apart are read as one run.
const SPACED_MIN: usize = 7;

/// What parts the groups of a number whose digits stand one space apart.
const WIDE: &str = "   ";

impl Numbers {
    /// Reads a text in which runs of digits begin at these places; what was read before is forgotten.
    pub(super) fn read(&mut self, text: &str, starts: &[usize]) {
        let (bytes, numbers) = (text.as_bytes(), self);
        numbers.digits.clear();
        numbers.runs.clear();
        numbers.clusters.clear();
        for start in starts.iter().copied() {
            let first = numbers.digits.len();
            let rest = bytes.get(start..).unwrap_or_default();
            let len = rest.iter().take_while(|b| b.is_ascii_digit()).count();
            numbers.digits.extend(rest.get(..len).unwrap_or_default().iter().map(|b| b - b'0'));
            let at = start + len;
            let gap = match numbers.runs.last() {
                Some(run) if start - run.end > GAP_MAX => OTHER,
                Some(run) => {
                    let between = text.get(run.end..start).unwrap_or_default();
                    let single = run.digits.len() == 1 && at - start == 1;
                    if single && between == WIDE { gap(" ") } else { gap(between) }
                }
                None => OTHER,
            };
            numbers.runs.push(Run { start, end: at, digits: first..numbers.digits.len(), gap });
        }
        numbers.cluster();
    }

    fn cluster(&mut self) {
        let mut first = 0;
        while let Some(run) = self.runs.get(first) {
            let joined = self.runs.iter().skip(first + 1).take_while(|run| run.gap.mark != Mark::Other).count();
            let last = first + joined;
            let end = self.runs.get(last).map_or(run.digits.end, |run| run.digits.end);
            if end - run.digits.start >= CLUSTER_MIN {
                self.clusters.push(first..last + 1);
            }
            first = last + 1;
        }
    }

    /// The spaces between single digits of which so many stand one after another that they are one number; of the wide ones
    /// that part its groups (`0 1 0   1 2 3 4`) one stays.
    pub(super) fn spaced(&self) -> Vec<usize> {
        let mut out = Vec::new();
        for cluster in &self.clusters {
            let runs = self.runs.get(cluster.clone()).unwrap_or_default();
            let single = |run: &Run| run.digits.len() == 1;
            if runs.iter().filter(|run| single(run)).count() < SPACED_MIN {
                continue;
            }
            for pair in runs.windows(2) {
                let [a, b] = pair else { continue };
                if single(a) && single(b) && b.gap.mark == Mark::Space {
                    match b.start - a.end {
                        1 => out.push(a.end),
                        3 => out.extend([a.end, a.end + 1]),
                        _ => {}
                    }
                }
            }
        }
        out
    }

    /// The digits of the runs from `first` to `last`.
    pub(super) fn digits(&self, first: usize, last: usize) -> &[u8] {
        match (self.runs.get(first), self.runs.get(last)) {
            (Some(first), Some(last)) => self.digits.get(first.digits.start..last.digits.end).unwrap_or_default(),
            _ => &[],
        }
    }

    /// How many digits a run has; none behind the last one.
    pub(super) fn len(&self, run: usize) -> usize {
        self.runs.get(run).map_or(0, |run| run.digits.len())
    }

    /// The bytes from the run `first` to the run `last`.
    pub(super) fn place(&self, first: usize, last: usize) -> (usize, usize) {
        let start = self.runs.get(first).map_or(0, |run| run.start);
        (start, self.runs.get(last).map_or(start, |run| run.end))
    }

    /// The gaps inside the runs from `first` to `last`.
    pub(super) fn gaps(&self, first: usize, last: usize) -> impl Iterator<Item = Gap> + Clone {
        self.runs.get(first + 1..=last).unwrap_or_default().iter().map(|run| run.gap)
    }

    /// Whether the runs from `first` on are groups of these lengths, all with the same mark between them (or one run of all
    /// these digits), and neither side goes on. The last run and the mark; no mark for one run.
    pub(super) fn layout(&self, first: usize, groups: &[usize]) -> Option<(usize, Option<Mark>)> {
        let len = self.len(first);
        if groups.first() != Some(&len) {
            let whole = len == groups.iter().sum::<usize>() && !self.goes_on(first, first);
            return whole.then_some((first, None));
        }
        if groups.len() == 1 && !self.goes_on(first, first) {
            return Some((first, None));
        }
        let last = first + groups.len() - 1;
        let fits = groups.iter().enumerate().all(|(i, len)| self.len(first + i) == *len);
        if !fits || groups.len() < 2 {
            return None;
        }
        let mark = self.gap(first + 1).mark;
        let same = mark != Mark::Other && self.gaps(first, last).all(|gap| gap.mark == mark);
        (same && !self.goes_on(first, last)).then_some((last, Some(mark)))
    }

    /// Whether a dash, or another mark that stands inside of it, joins the number to digits on either side.
    pub(super) fn goes_on(&self, first: usize, last: usize) -> bool {
        let own = self.gaps(first, last).next().map(|gap| gap.mark);
        // `010 - 1234 - 5678 - 9012` goes on, `010-1234-5678 - 9012` does not
        let loose = self.gaps(first, last).any(|gap| gap.mark == Mark::Dash && !gap.tight);
        [first, last + 1].into_iter().any(|run| {
            let gap = self.gap(run);
            let same = own == Some(gap.mark) && !matches!(gap.mark, Mark::Space | Mark::Bracket);
            (gap.tight || loose) && (gap.mark == Mark::Dash || (same && gap.mark != Mark::Other))
        })
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
pub(super) const CARDS: [&[usize]; 4] = [&[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 4, 3]];

/// Groups on either side that may belong to a card.
const GROUPS_MAX: usize = 6;

/// Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B).
pub(super) fn luhn(digits: &[u8]) -> bool {
    let value = |(i, digit): (usize, &u8)| match i % 2 {
        0 => u32::from(*digit),
        _ => u32::from(*digit) * 2 - if *digit > 4 { 9 } else { 0 },
    };
    digits.iter().rev().enumerate().map(value).sum::<u32>().is_multiple_of(10)
}

pub(super) const OTHER: Gap = Gap { mark: Mark::Other, tight: false, closes: false };

/// Reads the text between two runs: at most two spaces, one mark (a dash may be doubled, have more spaces around it, and a line
/// may end behind it), and brackets.
pub(super) fn gap(between: &str) -> Gap {
    let (mut mark, mut spaces, mut brackets, mut closes) = (None, 0, 0, false);
    if between.len() > GAP_MAX {
        return OTHER;
    }
    if matches!(between, "-\n" | "-\r\n") {
        return Gap { mark: Mark::Dash, tight: true, closes };
    }
    for byte in between.bytes() {
        let next = match byte {
            b' ' => {
                spaces += 1;
                continue;
            }
            b'\n' if mark == Some(Mark::Dash) && between.matches('\n').count() == 1 => {
                spaces += 1;
                continue;
            }
            b'(' | b')' => {
                brackets += 1;
                closes |= byte == b')';
                continue;
            }
            b'-' => Mark::Dash,
            b'.' => Mark::Dot,
            b'/' | b'_' | b'~' | b'*' | b',' | b'|' | b':' => Mark::Odd(byte),
            _ => return OTHER,
        };
        match mark {
            None => mark = Some(next),
            Some(Mark::Dash) if next == Mark::Dash && between.matches('-').count() == 2 => {}
            Some(_) => return OTHER,
        }
    }
    // a comma or a slash with spaces parts two numbers
    let parts = matches!(mark, Some(Mark::Odd(_))) && spaces > 0;
    // spaces on both sides of a dash stand in for its width
    let most = if mark == Some(Mark::Dash) { DASH_SPACES } else { 2 };
    if spaces > most || brackets > 2 || parts {
        return OTHER;
    }
    let bare = if brackets > 0 { Mark::Bracket } else { Mark::Space };
    Gap { mark: mark.unwrap_or(bare), tight: spaces == 0, closes }
}

//! Telephone numbers: Korean ones by the numbering plan, those of other countries in the form of E.164 with a `+`.
//!
//! | Korean | digits after the prefix | written |
//! |---|---|---|
//! | mobile 010; 011 016 017 018 019 | 8; 7 or 8 | 010-1234-5678, 01012345678 |
//! | area 02; 031-033 041-044 051-055 061-064 | 7 or 8 | 02-123-4567, 02)1234-5678, (031) 123-4567 |
//! | 070; 080; 050x | 8; 7 or 8; 7 or 8 | 070-1234-5678, 0505-123-4567 |
//! | nationwide 15xx 16xx 18xx | 4 | 1588-1234, 1588 1234 |
//!
//! Groups may be parted by a dash, a space, a dot or brackets, only behind the prefix and before the last four digits.
//! Behind `+82`, `82-`, `0082`, and `82` of a mobile number without separators, the leading 0 may be missing, given, or stand in brackets. Other numbers behind a `+` have 9
//! to 15 digits (E.164; 11 behind `+1`), with spaces or the like at most 13, so that a year behind one is left alone.
//!
//! `0049 30 7654321`, with two zeros in place of the `+` and the code of a country of the regions, is read where signs part it.
//! Where the words right before it announce the number of a thing (`상품코드 `, `part no. `), a number is possible at most.
//!
//! In the prefix of a mobile number letters may stand for digits (`O1O-1234-5678`).
//!
//! A mobile number may have a sign seldom set there between its groups, the same twice (`010/1234/5678`). Numbers of other
//! countries as they are written there: see [`super::regions`].
//!
//! Not hits: parts of longer runs of digits, of longer numbers whose groups are joined by dashes or dots, and of the
//! numbers of payment cards, however these are grouped; nationwide numbers beside a further group with the same mark;
//! numbers without separators inside an identifier (`x01012345678`) or made of 0 and 1 only; nationwide numbers with a
//! dot (decimals) or with a later year as the second half (`1592-1598`); ranges of prices and years.
use super::context::Subject;
use super::detector::Detector;
use super::hit::{Confidence, Found};
use super::numbers::{Gap, Mark, Numbers};
use super::phone_abroad;
use super::text::Text;
use super::units;
use Confidence::{Certain, Likely, Possible};

pub const DETECTOR: Detector = Detector {
    name: "phone",
    doc: "Telephone numbers of Korea as they are written there, those of the regions declared as they are written there, and \
          those of all countries with a leading `+`.",
    version: 8,
    mask: "[PHONE]",
    find,
};

fn find(text: &Text, out: &mut Vec<Found>) {
    lettered(text, out);
    for cluster in &text.numbers.clusters {
        let mut first = cluster.start;
        while first < cluster.end {
            if text.numbers.digits(first, cluster.end - 1).len() < DIGITS_MIN {
                break;
            }
            let candidate = Candidate { text, numbers: text.numbers, first };
            let Some((last, start, confidence)) = candidate.read() else {
                first += 1;
                continue;
            };
            let end = text.numbers.place(first, last).1;
            let found = text.judged(Found { start, end, confidence }, Subject::Phone);
            let thing = found.confidence > Possible && text.is_numbered_thing(start);
            let found = Found { confidence: if thing { Possible } else { found.confidence }, ..found };
            out.push(found);
            // a weak reading does not hide what begins inside of it
            first = if found.confidence > Possible { last + 1 } else { first + 1 };
        }
    }
}

/// Digits of the shortest number.
const DIGITS_MIN: usize = 8;

/// Mobile numbers in whose prefix letters stand for digits: `O1O-1234-5678`, `0l0 1234 5678`.
fn lettered(text: &Text, out: &mut Vec<Found>) {
    let digit = |b: &u8| match b {
        b'O' | b'o' => Some(0),
        b'l' | b'I' => Some(1),
        b'0'..=b'9' => Some(b - b'0'),
        _ => None,
    };
    let runs = &text.numbers.runs;
    let pairs = runs.iter().zip(runs.iter().skip(1));
    for (a, b) in pairs.filter(|(a, b)| a.digits.len() == 4 && b.digits.len() == 4 && b.start - a.end <= 3) {
        let joint =
            |at: std::ops::Range<usize>| text.plain.get(at).is_some_and(|t| matches!(t, "-" | " " | "." | " - "));
        let Some(start) = a.start.checked_sub(4) else { continue };
        let Some(prefix) = text.bytes().get(start..start + 3) else { continue };
        let digits: Vec<u8> = prefix.iter().filter_map(digit).collect();
        let mobile = matches!(digits.as_slice(), [0, 1, 0 | 1 | 6..=9]) && !prefix.iter().all(u8::is_ascii_digit);
        let alone = !text.before(start).is_some_and(|c| c.is_ascii_alphanumeric());
        if mobile && alone && joint(start + 3..a.start) && joint(a.end..b.start) {
            out.push(Found { start, end: b.end, confidence: Likely });
        }
    }
}

/// A number that may begin at run `first`. The methods that read one give its last run.
struct Candidate<'a> {
    text: &'a Text<'a>,
    numbers: &'a Numbers,
    first: usize,
}

impl Candidate<'_> {
    /// The last run, where the number begins, and how sure that is.
    fn read(&self) -> Option<(usize, usize, Confidence)> {
        let start = self.numbers.place(self.first, self.first).0;
        if let Some(plus) = self.plus() {
            let last = self.korean_abroad().or_else(|| self.international())?;
            let closed = last > self.first && self.numbers.gap(self.first + 1).closes;
            let opened = self.text.plain.get(..plus).is_some_and(|lead| lead.ends_with('('));
            let plus = plus - usize::from(closed && opened);
            return Some((last, plus, Certain));
        }
        let bracketed = |last: usize| self.opening(last).unwrap_or(start);
        if let Some(last) = self.national().or_else(|| self.odd()) {
            let mobile = matches!(self.digits(last), [0, 1, ..]);
            // a parameter of an address of the web (`?id=0415236876`) is seldom one
            let parameter = last == self.first && matches!(self.text.before(start), Some('=' | '/')) && {
                let lead = self.text.lead(start).rsplit([' ', '\n']).next().unwrap_or_default();
                lead.contains("://")
            };
            let confidence = match parameter {
                true => Possible,
                false if mobile && last > self.first => Certain,
                false => Likely,
            };
            return Some((last, bracketed(last), confidence));
        }
        if let Some(last) = self.nationwide().or_else(|| self.without_plus()) {
            return Some((last, start, Likely));
        }
        if let Some((last, confidence)) = self.zeros() {
            return Some((last, start, confidence));
        }
        let (last, confidence) = phone_abroad::read(self.text, self.first)?;
        let alone =
            !self.numbers.goes_on(self.first, last) && !self.text.is_in_word(start, self.numbers.place(last, last).1);
        alone.then_some((last, bracketed(last), confidence))
    }

    /// A mobile number, or one behind a word for telephones, with the same sign twice that is seldom set there.
    fn odd(&self) -> Option<usize> {
        let mobile = |digits: &[u8]| matches!(digits, [0, 1, 0 | 1 | 6..=9, ..]);
        let fits = |groups: [usize; 3]| match self.numbers.layout(self.first, &groups)? {
            (last, Some(Mark::Odd(_))) => {
                let digits = self.digits(last);
                let (start, end) = self.numbers.place(self.first, last);
                let named = || prefix(digits).is_some() && self.text.subject(start, end) == Some(Subject::Phone);
                (mobile(digits) || named()).then_some(last)
            }
            _ => None,
        };
        [[3, 4, 4], [3, 3, 4], [2, 3, 4], [2, 4, 4], [4, 3, 4], [4, 4, 4]].into_iter().find_map(fits)
    }

    /// The prefix with its 0, in one to three groups.
    fn national(&self) -> Option<usize> {
        self.longest(3, |last| {
            let digits = self.digits(last);
            let fits = prefix(digits).is_some_and(|prefix| self.groups_end_at(last, &[prefix, digits.len() - 4]));
            fits && self.stands_alone(last)
        })
    }

    /// A prefix of four digits and four more.
    fn nationwide(&self) -> Option<usize> {
        let last = self.first + 1;
        let joint = self.numbers.gap(last).mark;
        let (start, end) = self.numbers.place(self.first, last);
        let usual = || match joint {
            Mark::Dash | Mark::Space => true,
            Mark::Dot | Mark::Odd(_) => self.text.subject(start, end) == Some(Subject::Phone),
            _ => false,
        };
        let fits = matches!(self.digits(last), [1, 5 | 6 | 8, ..]) && self.groups_end_at(last, &[4]) && usual();
        let known = NATIONWIDE.contains(&number(self.numbers.digits(self.first, self.first)));
        let fits = fits && known && !units::counts(self.text, start, end);
        let eight = self.digits(last).len() == 8 && self.digits(self.first).len() == 4;
        let more = |run: usize, gap: Mark| gap == joint && self.numbers.digits(run, run).len() > 2;
        let before = self.first.checked_sub(1).is_some_and(|run| more(run, self.numbers.gap(self.first).mark));
        let longer = before || more(last + 1, self.numbers.gap(last + 1).mark);
        let alone = !longer && self.stands_alone(last);
        let years = || is_span_of_years(self.digits(last)) && self.text.subject(start, end) != Some(Subject::Phone);
        (fits && eight && alone && !years()).then_some(last)
    }

    /// `82-10-1234-5678`, `0082 10 1234 5678`, `821012345678`: the country code without its `+`.
    fn without_plus(&self) -> Option<usize> {
        let mark = self.numbers.gap(self.first + 1).mark;
        let coded = match self.digits(self.first) {
            [8, 2] => mark == Mark::Dash,
            [0, 0, 8, 2] => matches!(mark, Mark::Dash | Mark::Space),
            [0, 0, 8, 2, ..] => true,
            [8, 2, 1, 0, rest @ ..] => rest.len() == 8,
            _ => false,
        };
        self.korean_abroad().filter(|last| coded && self.stands_alone(*last))
    }

    /// `0049 30 7654321`: two zeros and the code of a country of the regions in place of a `+`; without marks only possible.
    fn zeros(&self) -> Option<(usize, Confidence)> {
        let coded = |digits: &[u8]| {
            matches!(digits, [0, 0, 1, ..] | [0, 0, 3, 3, ..] | [0, 0, 4, 4 | 9, ..] | [0, 0, 8, 1 | 6, ..])
        };
        let code = self.numbers.digits(self.first, self.first);
        let own = (3..=4).contains(&code.len()) || code.len() > 10;
        if !own || !coded(code) {
            return None;
        }
        let last = self.longest(7, |last| {
            let length = if code.starts_with(&[0, 0, 1]) { 13..=13 } else { 11..=14 };
            length.contains(&self.digits(last).len()) && self.stands_alone(last)
        })?;
        Some((last, if last > self.first { Likely } else { Possible }))
    }

    /// The country code 82, then the number with or without its leading 0.
    fn korean_abroad(&self) -> Option<usize> {
        self.longest(5, |last| {
            let digits = self.digits(last);
            let abroad = if digits.starts_with(&[0, 0]) { 2 } else { 0 };
            let Some(behind) = digits.get(abroad..).and_then(|d| d.strip_prefix(&[8, 2])) else { return false };
            let (zero, behind) = behind.strip_prefix(&[0]).map_or((0, behind), |rest| (1, rest));
            let whole = [&[0], behind].concat();
            let (country, code) = (abroad + 2, abroad + 2 + zero);
            let ends = |prefix| [abroad, country, code, code + prefix - 1, code + whole.len() - 5];
            prefix(&whole).is_some_and(|prefix| self.groups_end_at(last, &ends(prefix)))
        })
    }

    /// Any country code, by length only.
    fn international(&self) -> Option<usize> {
        self.longest(7, |last| {
            let digits = self.digits(last);
            let decimal = last == self.first + 1 && self.numbers.gap(last).mark == Mark::Dot;
            let fits = match digits {
                [0, ..] => false,
                [1, ..] => digits.len() == 11,
                _ if last == self.first => (9..=15).contains(&digits.len()),
                _ => (9..=13).contains(&digits.len()),
            };
            fits && !decimal
        })
    }

    /// The last run of the longest number of at most `groups` groups that `accept` takes.
    fn longest(&self, groups: usize, accept: impl Fn(usize) -> bool) -> Option<usize> {
        let joined = self.numbers.runs.iter().skip(self.first + 1).take(groups - 1);
        let joined = joined.take_while(|run| run.gap.mark.joins()).count();
        (self.first..=self.first + joined).rev().find(|last| accept(*last))
    }

    fn digits(&self, last: usize) -> &[u8] {
        self.numbers.digits(self.first, last)
    }

    /// Whether each group but the last ends behind one of these counts of digits.
    fn groups_end_at(&self, last: usize, ends: &[usize]) -> bool {
        let from = self.numbers.runs.get(self.first).map_or(0, |run| run.digits.start);
        let inner = self.numbers.runs.get(self.first..last).unwrap_or_default();
        inner.iter().all(|run| ends.contains(&(run.digits.end - from)))
    }

    /// Whether neither side goes on: no digits behind a dash, or behind a dot where the number is written with dots; for a
    /// number without separators also no letter. Nor may it lie in the number of a card.
    fn stands_alone(&self, last: usize) -> bool {
        let (before, behind) = (self.numbers.gap(self.first), self.numbers.gap(last + 1));
        let has = |mark| self.numbers.gaps(self.first, last).any(|gap| gap.mark == mark);
        // `010 - 1234 - 5678 - 9012` goes on, `010-1234-5678 - 9012` does not
        let loose = self.numbers.gaps(self.first, last).any(|gap| gap.mark == Mark::Dash && !gap.tight);
        let dashed = |gap: Gap| gap.mark == Mark::Dash && (gap.tight || loose);
        let dotted = |gap: Gap| gap.mark == Mark::Dot && gap.tight;
        let goes_back = dashed(before) || (dotted(before) && !has(Mark::Dash));
        let joins = dashed(behind) || (dotted(behind) && has(Mark::Dot));
        let goes_on = joins && self.numbers.digits(last + 1, last + 1).len() > 2;
        let part = goes_back || goes_on || self.numbers.within_card(self.first, last);
        !part && (last > self.first || self.is_bare_number(last))
    }

    /// Whether one run of digits is a number of its own: not a piece of a name, a decimal or a binary number.
    fn is_bare_number(&self, last: usize) -> bool {
        let Some(run) = self.numbers.runs.get(last) else { return false };
        let bytes = self.text.bytes();
        let in_word = |at: Option<usize>| {
            at.and_then(|at| bytes.get(at)).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
        };
        let named = in_word(run.start.checked_sub(1)) || in_word(Some(run.end));
        let decimal = self.numbers.gap(last + 1).mark == Mark::Dot && self.numbers.gap(last + 1).tight;
        let binary = self.digits(last).iter().all(|digit| *digit < 2);
        !named && !decimal && !binary
    }

    /// Where the `+` directly before the number stands, if no letter or digit is before it.
    fn plus(&self) -> Option<usize> {
        let before = self.text.plain.get(..self.numbers.runs.get(self.first)?.start)?;
        let rest = before.strip_suffix('+')?;
        (!rest.ends_with(|c: char| c.is_ascii_alphanumeric())).then_some(rest.len())
    }

    /// Where the bracket of `(02) 123-4567` stands.
    fn opening(&self, last: usize) -> Option<usize> {
        let before = self.text.plain.get(..self.numbers.runs.get(self.first)?.start)?;
        let closed = last > self.first && self.numbers.gap(self.first + 1).closes;
        before.strip_suffix(' ').unwrap_or(before).strip_suffix('(').filter(|_| closed).map(str::len)
    }
}

/// Digits of the prefix of a Korean number that begins with 0 and has a length its prefix allows.
fn prefix(digits: &[u8]) -> Option<usize> {
    let (prefix, behind) = match digits {
        [0, 1, 0, ..] | [0, 7, 0, ..] => (3, 8..=8),
        [0, 5, 0, ..] => (4, 7..=8),
        [0, 2, ..] => (2, 7..=8),
        [0, 1, 1 | 6..=9, ..] | [0, 8, 0, ..] => (3, 7..=8),
        [0, 3, 1..=3, ..] | [0, 4 | 6, 1..=4, ..] | [0, 5, 1..=5, ..] => (3, 7..=8),
        _ => return None,
    };
    behind.contains(&digits.len().checked_sub(prefix)?).then_some(prefix)
}

/// Prefixes of nationwide numbers that were given out.
const NATIONWIDE: [u32; 27] = [
    1522, 1533, 1544, 1551, 1555, 1566, 1577, 1588, 1599, 1600, 1601, 1611, 1644, 1660, 1661, 1666, 1668, 1670, 1688,
    1800, 1811, 1833, 1844, 1855, 1866, 1877, 1899,
];

/// Whether eight digits are two years, the second later and at most 2100.
fn is_span_of_years(digits: &[u8]) -> bool {
    digits.split_at_checked(4).is_some_and(|(from, to)| number(from) < number(to) && number(to) <= 2100)
}

fn number(digits: &[u8]) -> u32 {
    digits.iter().take(9).fold(0, |number, digit| number * 10 + u32::from(*digit))
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::DETECTOR;

    #[test]
    fn korean_numbers_in_every_shape() {
        for number in [
            "010-1234-5678",
            "010 1234 5678",
            "010.1234.5678",
            "010 - 1234 - 5678",
            "01012345678",
            "010-12345678",
            "０１０－１２３４－５６７８",
            "010\u{2013}1234\u{2013}5678",
            "010-12\u{200b}34-5678",
            "011-123-4567",
            "019-1234-5678",
            "02-123-4567",
            "02-1234-5678",
            "02)1234-5678",
            "(02) 1234-5678",
            "(031)123-4567",
            "0212345678",
            "064-123-4567",
            "070-1234-5678",
            "080-123-4567",
            "0505-123-4567",
            "0502-1234-5678",
            "1588-1234",
            "1600 0000",
            "1899-1588",
            "+82-10-1234-5678",
            "+82 10 1234 5678",
            "+821012345678",
            "+82-(0)10-1234-5678",
            "+82 (0)2 123 4567",
            "+82-010-1234-5678",
            "+82-2-123-4567",
            "82-10-1234-5678",
            "0082-10-1234-5678",
            "0082 10 1234 5678",
            "00821012345678",
            "821012345678",
        ] {
            for (before, behind) in [("", ""), ("연락처:", "로 연락"), ("전화 ", "입니다."), ("<", ">"), ("가", ", 나")]
            {
                let text = format!("{before}{number}{behind}");
                assert_eq!(found(&DETECTOR, &text), [number], "{text}");
            }
        }
    }

    #[test]
    fn numbers_of_other_countries_by_length() {
        for number in [
            "+1 202-555-0143",
            "+1 (202) 555-0143",
            "+12025550143",
            "+44 20 7946 0958",
            "+44 (0)20 7946 0958",
            "+33 1 99 00 12 34",
            "+61491570156",
            "+82 1588-1234",
        ] {
            assert_eq!(found(&DETECTOR, &format!("전화는 {number}이고")), [number]);
        }
        assert_eq!(found(&DETECTOR, "+1 202 555 0143 2024년"), ["+1 202 555 0143"]);
        assert_eq!(found(&DETECTOR, "+82 10 1234 5678 2024년"), ["+82 10 1234 5678"]);
        assert_eq!(found(&DETECTOR, "+44 20 7946 0958 2024년"), ["+44 20 7946 0958"]);
    }

    #[test]
    fn several_numbers_stand_side_by_side() {
        let text = "02-123-4567~8, 010-1234-5678/010-1234-5679 Tel.031-123-4567 H.P010-1234-5670";
        let want = ["02-123-4567", "010-1234-5678", "010-1234-5679", "031-123-4567", "010-1234-5670"];
        assert_eq!(found(&DETECTOR, text), want);
        for odd in
            ["010/1234/5678", "010_1234_5678", "010,1234,5678", "0 1 0 - 1 2 3 4 - 5 6 7 8", "공일공-일이삼사-오육칠팔"]
        {
            assert_eq!(found(&DETECTOR, odd), [odd]);
        }
        assert_eq!(found(&DETECTOR, "02-123-4567-8"), ["02-123-4567"]);
        assert_eq!(found(&DETECTOR, "010-1234-5678 010-1234-5679").len(), 2);
    }

    /// The number of a card, of an account or of an order is left whole, whatever stands between its groups.
    #[test]
    fn parts_of_longer_numbers_are_left() {
        for groups in [
            ["1588", "1234", "5678", "9012"],
            ["5678", "1588", "1234", "9012"],
            ["5678", "9012", "1588", "1234"],
            ["1600", "0000", "1234", "123"],
            ["9876", "010", "1234", "5678"],
        ] {
            for joint in [" ", "-", ".", " - ", "\u{2013}", "\u{a0}", "\u{3000}"] {
                let number = groups.join(joint);
                if groups[1] == "010" && joint.trim() != "-" && joint.trim() != "." {
                    continue; // with spaces a number of its own may stand there
                }
                for text in [number.clone(), format!("카드 {number}번"), format!("{number} {number}")] {
                    assert_eq!(found(&DETECTOR, &text), [""; 0], "{text}");
                }
            }
        }
        for text in ["010.1234.5678.9012", "3700 010123 45678", "110-02-1234567-01", "4000 0210 1234 567 123"] {
            assert_eq!(found(&DETECTOR, text), [""; 0], "{text}");
        }
    }

    /// A year, a page or another number beside it does not hide one.
    #[test]
    fn numbers_beside_it_do_not_hide_one() {
        for (text, want) in [
            ("010 1234 5678 2024년", "010 1234 5678"),
            ("3층 010-1234-5678 12명", "010-1234-5678"),
            ("1588-1234 2024년", "1588-1234"),
            ("2024 1588-1234", "1588-1234"),
            ("1588 1234, 5678 9012", "1588 1234"),
            ("1. 010-1234-5678. 2. 이름", "010-1234-5678"),
            ("1.010-1234-5678", "010-1234-5678"),
        ] {
            assert_eq!(found(&DETECTOR, text), [want], "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_left() {
        for text in [
            "2024-01-01",
            "02.12.2024",
            "010-1234-567",
            "010-1234-56789",
            "0010-1234-5678",
            "1010123456789",
            "8210123456789",
            "82101234567",
            "x01012345678",
            "01012345678a",
            "0.01012345678",
            "01010101010",
            "1-010-1234-5678",
            "010-1234-5678-9012",
            "010\n1234\n5678",
            "01-01234-5678",
            "1592-1598",
            "1588.1234",
            "15881234",
            "1,588-1234",
            "034-123-4567",
            "090-1234-5678",
            "+12345678",
            "1+123456789",
            "+1234567.89",
            "+0212345678",
            "82-10",
            "192.168.0.1",
            "3-3",
        ] {
            assert_eq!(found(&DETECTOR, text), [""; 0], "{text}");
        }
    }

    #[test]
    fn zeros_for_a_plus_ends_of_lines_and_forms_of_countries() {
        for number in [
            "0049 30 7654321",
            "0033 6 01 79 55 19",
            "0044 20 7946 0958",
            "1-415-555-2671",
            "(089) 468022",
            "0221 345 6789",
            "0120-366-374",
            "03(4715)8791",
            "010-\n1234-5678",
            "0 1 0   1 2 3 4   5 6 7 8",
        ] {
            assert_eq!(found(&DETECTOR, &format!("Tel {number}, thanks")), [number], "{number}");
        }
        for text in [
            "상품코드 010-1234-5678",
            "https://example.com/view/7?id=0415236876",
            "221 443 5958 20",
            "case no. 029323829",
        ] {
            assert_eq!(found(&DETECTOR, text), [""; 0], "{text}");
        }
        assert_eq!(found(&DETECTOR, "상품 문의 010-1234-5678").len(), 1);
    }
}

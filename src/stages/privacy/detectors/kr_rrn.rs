//! Korean resident registration numbers (주민등록번호) and, in the same shape, those of foreign residents
//! (외국인등록번호, 국내거소신고번호): `YYMMDD-SNNNNNN`.
//!
//! Six digits, a dash, a space, another joint or nothing, seven digits; neither group is part of a longer run. The seventh
//! digit S gives the century (1 2 5 6: 19xx, 3 4 7 8: 20xx, 9 0: 18xx), the first six must be a day of it. With T the sum of
//! the first twelve digits times 2 3 4 5 6 7 8 9 2 3 4 5, the last digit is `(11 - T mod 11) mod 10`, for foreigners
//! (S = 5 to 8) `(13 - T mod 11) mod 10`.
//!
//! Numbers issued since October 2020 have no check digit, and an older person can get a new number, so a failed check
//! does not clear one. How sure a number is: with a dash and its check digit certain; with a dash alone, with the check digit
//! alone, or of somebody born since then likely; else possible. A word such as 주민등록번호 before it raises that by one, a
//! word for another number lowers it (번호 alone raises it, too): a number labelled as that of a corporation (법인등록번호 has the same shape) is at most
//! possible. Inside a longer number joined by dashes, in an identifier, a decimal, or the number of a payment card it needs
//! such a word.
//!
//! Digits in other groups (`900101-12 34567`) are read where such a word stands before them or the check digit is right, if
//! only dashes and spaces tear them and the sixth digit ends a group. Commas and colons join nothing. Not
//! found: masked numbers (`900101-1******`).
//!
//! A birthday with its century (`19900101-1234567`, `1990.01.01-1234567`, fifteen digits) is read in the same way, if the century
//! is that of the digit S.
use super::context::Subject;
use super::detector::Detector;
use super::hit::{Confidence, Found};
use super::numbers::{Mark, Numbers};
use super::text::{Text, found};
use Confidence::{Certain, Likely, Possible};

pub const DETECTOR: Detector = Detector {
    name: "kr_rrn",
    doc: "Korean resident and foreign resident registration numbers.",
    version: 8, // 8: a birthday with its century
    mask: "[RRN]",
    find,
};

const WEIGHTS: [u32; 12] = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5];

/// Into how many groups the digits may be torn.
const GROUPS_MAX: usize = 6;

fn find(text: &Text, out: &mut Vec<Found>) {
    for cluster in &text.numbers.clusters {
        let mut first = cluster.start;
        while first < cluster.end {
            let numbered = [13, 15].into_iter().find_map(|digits| {
                let last = run_of(text.numbers, first, digits)?;
                Some((last, confidence(text, first, last)?))
            });
            let Some((last, confidence)) = numbered else {
                first += 1;
                continue;
            };
            let found = Some(found(text, first, last, confidence));
            first = if found.is_some() { last + 1 } else { first + 1 };
            out.extend(found);
        }
    }
}

/// The last run of so many digits.
fn run_of(numbers: &Numbers, first: usize, wanted: usize) -> Option<usize> {
    let mut digits = 0;
    for last in first..first + GROUPS_MAX {
        if last > first && matches!(numbers.gap(last).mark, Mark::Other | Mark::Odd(b',' | b':' | b'|' | b'*')) {
            return None;
        }
        digits += numbers.runs.get(last)?.digits.len();
        if digits >= wanted {
            return (digits == wanted).then_some(last);
        }
    }
    None
}

fn confidence(text: &Text, first: usize, last: usize) -> Option<Confidence> {
    let numbers = text.numbers;
    let all = numbers.digits(first, last);
    let century = all.len().saturating_sub(13); // digits of the century that stand before the year
    let digits = <&[u8; 13]>::try_from(all.get(century..)?).ok()?;
    if !has_birthday(digits) || (century > 0 && !is_of_century(all, digits)) {
        return None;
    }
    let whole = first == last || (last == first + 1 && numbers.len(first) == 6 + century);
    if !whole && !is_torn(numbers, first, last, century) {
        return None;
    }
    let (mark, tight) = (numbers.gap(last).mark, numbers.gap(last).tight);
    let checked = check_digit(digits) == digits[12];
    let own = match mark {
        _ if !whole && !checked => Possible,
        _ if !whole => Likely,
        _ if first == last => {
            if stands(digits) {
                Likely
            } else {
                Possible
            }
        }
        Mark::Dash if checked => Certain,
        Mark::Dash => Likely,
        Mark::Space => {
            if stands(digits) {
                Likely
            } else {
                Possible
            }
        }
        // the integer and the fraction of a decimal, a range, a list
        _ if tight && checked => Likely,
        _ => Possible,
    };
    let (start, end) = numbers.place(first, last);
    let part = match first == last {
        true => !is_bare(text, first),
        false => numbers.within_card(first, last) || (!checked && numbers.goes_on(first, last)),
    };
    match text.subject(start, end) {
        Some(Subject::Rrn) => Some(own.raised()),
        _ if part || !whole && own == Possible => None,
        Some(Subject::Corporation) => Some(Possible),
        _ if text.is_another(start, end, Subject::Rrn) => Some(own.lowered()),
        // `번호: 6609282971665`: of no other thing
        None if whole && is_called_number(text, start) => Some(own.raised()),
        _ => Some(own),
    }
}

/// Whether the word 번호 alone stands right before a place, that of a number or of a registration.
fn is_called_number(text: &Text, start: usize) -> bool {
    let signs = [' ', ':', '=', '\t', '|', ',', '"', '\'', '(', '[', '【', '→', '은', '는', '이', '가', '을', '를'];
    let word = text.lead(start).trim_end_matches(signs);
    let word = word.strip_suffix("등록번호").or_else(|| word.strip_suffix("번호"));
    word.is_some_and(|lead| !lead.ends_with(char::is_alphanumeric))
}

/// Whether the number is torn by dashes and spaces alone, with a joint behind its sixth digit.
fn is_torn(numbers: &Numbers, first: usize, last: usize, century: usize) -> bool {
    // a day is written with dots, too
    let joins = |mark: Mark| matches!(mark, Mark::Dash | Mark::Space) || (century > 0 && mark == Mark::Dot);
    let joints = numbers.gaps(first, last).all(|gap| joins(gap.mark));
    joints && (first..last).any(|run| numbers.digits(first, run).len() == 6 + century)
}

/// Whether the two digits before a birthday are the century that its seventh digit says.
fn is_of_century(all: &[u8], digits: &[u8; 13]) -> bool {
    all.get(..2).is_some_and(|own| own == century_of(digits[6]))
}

fn century_of(s: u8) -> [u8; 2] {
    match s {
        1 | 2 | 5 | 6 => [1, 9],
        3 | 4 | 7 | 8 => [2, 0],
        _ => [1, 8],
    }
}

/// Whether a run of digits is a number of its own: no piece of a name, of a decimal, or of a number joined by dashes.
fn is_bare(text: &Text, run: usize) -> bool {
    let (start, end) = text.numbers.place(run, run);
    let joins = |at: usize| {
        let gap = text.numbers.gap(at);
        gap.tight && matches!(gap.mark, Mark::Dash | Mark::Dot)
    };
    !text.is_in_word(start, end) && !joins(run) && !joins(run + 1)
}

/// Whether the digits alone say that this is a number.
fn stands(digits: &[u8; 13]) -> bool {
    check_digit(digits) == digits[12] || has_no_check_digit(digits)
}

/// Whether the number is of somebody born since numbers are issued without a check digit, the 5th of October 2020.
fn has_no_check_digit(digits: &[u8; 13]) -> bool {
    matches!(digits[6], 3 | 4 | 7 | 8) && digits.get(..6) >= Some(&[2, 0, 1, 0, 0, 5])
}

/// Whether the first seven digits are a day of the Gregorian calendar.
fn has_birthday(digits: &[u8; 13]) -> bool {
    let pair = |tens: u8, ones: u8| u32::from(tens) * 10 + u32::from(ones);
    let [y1, y2, m1, m2, d1, d2, s, ..] = *digits;
    let [thousands, hundreds] = century_of(s);
    let century = u32::from(thousands) * 1000 + u32::from(hundreds) * 100;
    let (year, month, day) = (century + pair(y1, y2), pair(m1, m2), pair(d1, d2));
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// The thirteenth digit that the first twelve ask for.
fn check_digit(digits: &[u8; 13]) -> u8 {
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(*digit) * weight).sum();
    let base = if (5..=8).contains(&digits[6]) { 13 } else { 11 };
    ((base - sum % 11) % 10) as u8
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::{DETECTOR, check_digit};

    /// A number made by the rule; its area digits 97 were never given out, so it is nobody's. `off` is added to the
    /// check digit.
    fn number(birthday: &str, s: u8, between: &str, off: u8) -> String {
        let mut digits = [0u8; 13];
        for (digit, byte) in digits.iter_mut().zip(birthday.bytes()) {
            *digit = byte - b'0';
        }
        digits[6..12].copy_from_slice(&[s, 9, 7, 3, 1, 2]);
        digits[12] = (check_digit(&digits) + off) % 10;
        let text: String = digits.iter().map(|d| d.to_string()).collect();
        format!("{}{between}{}", &text[..6], &text[6..])
    }

    #[test]
    fn check_digits_follow_the_rule() {
        assert_eq!(check_digit(&[0; 13]), 1);
        assert_eq!(check_digit(&[0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0]), 6);
        assert_eq!(check_digit(&[0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]), 3);
    }

    #[test]
    fn numbers_with_a_right_check_digit_are_found_in_every_shape() {
        for s in 0..=9 {
            for between in ["-", " ", "", " - ", "\u{2013}", "\u{ff0d}"] {
                let number = number("880229", s, between, 0);
                assert_eq!(found(&DETECTOR, &format!("번호{number}입니다")), [number.as_str()], "{number}");
            }
        }
        let wide: String = number("900131", 1, "-", 0)
            .chars()
            .map(|c| if c == '-' { c } else { char::from_u32(c as u32 + 0xfee0).unwrap_or(c) })
            .collect();
        assert_eq!(found(&DETECTOR, &wide), [wide.as_str()]);
    }

    #[test]
    fn without_a_check_digit_a_dash_or_a_label_decides() {
        let dashed = number("201105", 3, "-", 1);
        assert_eq!(found(&DETECTOR, &dashed), [dashed.as_str()]);
        for between in [" ", ""] {
            let older = number("191105", 4, between, 1);
            assert_eq!(found(&DETECTOR, &older), [""; 0]);
            assert_eq!(found(&DETECTOR, &format!("주민등록번호: {older}")), [older.as_str()]);
            let born_since = number("201105", 4, between, 1);
            assert_eq!(found(&DETECTOR, &born_since), [born_since.as_str()]);
            assert_eq!(found(&DETECTOR, &number("201004", 4, between, 1)), [""; 0]);
        }
    }

    #[test]
    fn the_nearest_label_decides_between_person_and_corporation() {
        let number = number("110111", 1, "-", 0);
        assert_eq!(found(&DETECTOR, &format!("법인등록번호 {number}")), [""; 0]);
        assert_eq!(found(&DETECTOR, &format!("주민번호나 법인번호 {number}")), [""; 0]);
        assert_eq!(found(&DETECTOR, &format!("법인번호 아닌 주민번호 {number}")), [number.as_str()]);
    }

    #[test]
    fn days_must_exist_in_their_century() {
        for (birthday, s) in [("901301", 1), ("900001", 1), ("900230", 1), ("900431", 2), ("900100", 1), ("000229", 1)]
        {
            assert_eq!(found(&DETECTOR, &number(birthday, s, "-", 0)), [""; 0], "{birthday} {s}");
        }
        assert_eq!(found(&DETECTOR, &number("000229", 3, "-", 0)).len(), 1);
        assert_eq!(found(&DETECTOR, &number("000229", 9, "-", 0)), [""; 0]);
    }

    #[test]
    fn neighbours_on_both_sides_are_asked() {
        let (right, wrong) = (number("900101", 2, "-", 0), number("900101", 2, "-", 1));
        let plain = right.replace('-', "");
        for text in [
            format!("12-{wrong}"),
            format!("{wrong}-34"),
            format!("id{plain}"),
            format!("{plain}x"),
            format!("0.{plain}"),
            format!("{plain}.5"),
            format!("12-{plain}"),
        ] {
            assert_eq!(found(&DETECTOR, &text), [""; 0], "{text}");
        }
        for (text, want) in [
            (format!("12-{right}-34"), &right),
            (format!("1.{wrong}"), &wrong),
            (format!("{wrong}. 2. 이름"), &wrong),
            (format!("주민등록번호 {plain}.5"), &plain),
            (format!("({plain})"), &plain),
            (format!("{plain}입니다"), &plain),
        ] {
            assert_eq!(found(&DETECTOR, &text), [want.as_str()], "{text}");
        }
    }

    #[test]
    fn a_birthday_may_stand_with_its_century() {
        for (birthday, s, before) in
            [("880229", 1, "19"), ("990101", 2, "18"), ("050505", 3, "20"), ("990101", 9, "18")]
        {
            for between in ["-", " ", "", " - "] {
                let number = format!("{before}{}", number(birthday, s, between, 0));
                let fits = (before == "19") == (s == 1) && (before != "18" || s == 9);
                let want = if fits { vec![number.clone()] } else { Vec::new() };
                assert_eq!(found(&DETECTOR, &format!("주민번호 {number}입니다")), want, "{number}");
            }
        }
        let dashed = format!("19{}", number("900101", 1, "-", 1));
        assert_eq!(found(&DETECTOR, &dashed), [dashed.as_str()], "a dash decides without a check digit, too");
        let tail = &number("900101", 1, "-", 0)[7..];
        for day in ["1990.01.01-", "1990-01-01-", "1990. 01. 01 - ", "1990 01 01 "] {
            let torn = format!("{day}{tail}");
            assert_eq!(found(&DETECTOR, &format!("주민등록번호 {torn}")), [torn.as_str()], "{torn}");
        }
        for text in ["2024-01-01 1234567", "19901301-1234567", "20900101-1234567", "접수 20240101-0000001 건"] {
            assert_eq!(found(&DETECTOR, text), [""; 0], "{text}");
        }
    }

    #[test]
    fn parts_of_longer_numbers_and_other_joints_are_left() {
        let number = number("900101", 2, "-", 0);
        for text in [format!("1{number}"), format!("{number}1"), number.replace('-', "\n"), number.replace('-', "---")]
        {
            assert_eq!(found(&DETECTOR, &text), [""; 0], "{text}");
        }
        assert_eq!(found(&DETECTOR, "2024-01-01 123456-123456 1700000000000"), [""; 0]);
        assert_eq!(found(&DETECTOR, &format!("{number}, {number}")).len(), 2);
        for joint in ["/", ".", "--", "_", "ㅡ", "~"] {
            assert_eq!(found(&DETECTOR, &number.replace('-', joint)), [number.replace('-', joint)]);
        }
        for (text, joint) in [("v0001,61,03091,2025-09-15", ""), ("900101,", ","), ("900101:", ":")] {
            let text = if joint.is_empty() { text.to_string() } else { number.replace('-', joint) };
            assert_eq!(found(&DETECTOR, &format!("주민번호 {text}")), [""; 0], "{text}");
        }
        let torn = format!("{} {}", &number[..9], &number[9..]);
        assert_eq!(found(&DETECTOR, &torn), [torn.as_str()]);
    }
}

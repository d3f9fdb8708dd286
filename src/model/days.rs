//! Days of the Gregorian calendar.

/// The date that is so many days after the first of January 1970, as `2026-01-31`.
pub fn text(days: i32) -> String {
    // by eras of 400 years, each beginning with the first of March
    let days = i64::from(days) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, late) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", year + era * 400 + late)
}

/// How many days after the first of January 1970 a date is, written as `2026-01-31`; `None` if it is none.
pub fn number(date: &str) -> Option<i32> {
    if let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = date.as_bytes() {
        let number = |digits: &[&u8]| {
            let all = digits.iter().all(|b| b.is_ascii_digit());
            all.then(|| digits.iter().fold(0, |n, b| n * 10 + i32::from(**b - b'0')))
        };
        let (year, month, day) = (number(&[y1, y2, y3, y4])?, number(&[m1, m2])?, number(&[d1, d2])?);
        return (1..=length(year, month)).contains(&day).then(|| since_1970(year, month, day));
    }
    let mut parts = date.split('-').map(|p| p.parse::<i32>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let days = since_1970(year, month, day);
    (text(days) == date).then_some(days)
}

/// How many days a month has; none where there is no such month.
fn length(year: i32, month: i32) -> i32 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

fn since_1970(year: i32, month: i32, day: i32) -> i32 {
    // the year begins with March here, so that a leap day is its last
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// What is said of a day that no calendar has, such as 2026-02-30.
pub const NO_DAY: &str = "a day that does not exist: no month, or no month of that year, has it";

/// Whether a text is written like a day, `2026-01-31`, be it one or not.
pub fn is_written(text: &str) -> bool {
    let digits = |range: std::ops::Range<usize>| {
        text.get(range).is_some_and(|own: &str| own.bytes().all(|b| b.is_ascii_digit()))
    };
    let dashes = text.as_bytes().get(4) == Some(&b'-') && text.as_bytes().get(7) == Some(&b'-');
    text.len() == 10 && dashes && digits(0..4) && digits(5..7) && digits(8..10)
}

/// Whether a text is a day, `2026-01-31`, of the years 0001 to 9999.
pub fn is_day(text: &str) -> bool {
    text.len() == 10 && !text.starts_with("0000") && number(text).is_some()
}

/// How the parts of a day are written in a pattern, and how many digits they have at most.
const PARTS: [(&str, usize, usize); 5] = [("YYYY", 0, 4), ("MM", 1, 2), ("DD", 2, 2), ("M", 1, 2), ("D", 2, 2)];

/// The part of a day that a pattern begins with: its letters, its number and its digits.
fn part_of(pattern: &str) -> Option<(&'static str, usize, usize)> {
    PARTS.iter().copied().find(|part| pattern.starts_with(part.0))
}

/// Whether a pattern says where year, month and day stand: `YYYY`, `MM` or `M`, and `DD` or `D`, each once. A part of one
/// letter has one digit or two, so that something else than a part stands behind it.
pub fn is_pattern(pattern: &str) -> bool {
    let (mut rest, mut seen) = (pattern, [0; 3]);
    while let Some(sign) = rest.chars().next() {
        let Some((letters, part, _)) = part_of(rest) else {
            if sign == 'Y' {
                return false;
            }
            rest = rest.strip_prefix(sign).unwrap_or_default();
            continue;
        };
        rest = rest.strip_prefix(letters).unwrap_or_default();
        if letters.len() == 1 && part_of(rest).is_some() {
            return false;
        }
        if let Some(n) = seen.get_mut(part) {
            *n += 1;
        }
    }
    seen == [1; 3]
}

/// The date of a text that is written by a pattern, as `2026-01-31`. Month and day may have one digit where something else
/// than a digit stands behind them in the pattern.
pub fn read(text: &str, pattern: &str) -> Option<String> {
    let (mut text, mut pattern) = (text, pattern);
    let mut of = [0u32; 3];
    while let Some(sign) = pattern.chars().next() {
        let Some((letters, part, most)) = part_of(pattern) else {
            text = text.strip_prefix(sign)?;
            pattern = pattern.strip_prefix(sign)?;
            continue;
        };
        pattern = pattern.strip_prefix(letters)?;
        let digits = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let packed = pattern.starts_with(['Y', 'M', 'D']);
        if digits < most && (part == 0 || packed || digits == 0) {
            return None;
        }
        *of.get_mut(part)? = text.get(..digits)?.parse().ok()?;
        text = text.get(digits..)?;
    }
    let [year, month, day] = of;
    let date = format!("{year:04}-{month:02}-{day:02}");
    (text.is_empty() && number(&date).is_some()).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_four_digits_are_those_that_come_back() {
        for year in [0, 1, 4, 100, 1900, 1970, 2000, 2023, 2024, 9999] {
            for month in 0..=13 {
                for day in 0..=32 {
                    let date = format!("{year:04}-{month:02}-{day:02}");
                    let is_one = (1..=12).contains(&month) && (1..=31).contains(&day);
                    let days = since_1970(year, month.clamp(1, 12), day);
                    let want = Some(days).filter(|days| is_one && text(*days) == date);
                    assert_eq!(number(&date), want, "{date}");
                }
            }
        }
        assert_eq!((number("20a6-01-31"), number("2026-1-31"), number("+026-01-31")), (None, None, None));
    }

    #[test]
    fn dates_are_read_by_a_pattern() {
        let of = |text: &str, pattern: &str| read(text, pattern);
        let day = || Some("2026-01-31".to_string());
        assert_eq!(of("31.01.2026", "DD.MM.YYYY"), day());
        assert_eq!(of("31.1.2026", "DD.MM.YYYY"), day());
        assert_eq!(of("1/31/2026", "MM/DD/YYYY"), day());
        assert_eq!(of("20260131", "YYYYMMDD"), day());
        assert_eq!(of("2026년 1월 31일", "YYYY년 MM월 DD일"), day());
        assert_eq!(of("2026.1.31", "YYYY.M.D"), day());
        assert_eq!(of("2026. 01. 31.", "YYYY. M. D."), day());
        assert_eq!(of("2026. 1. 31.", "YYYY. M. D."), day());
        for (text, pattern) in [
            ("31.01.26", "DD.MM.YYYY"),
            ("31.13.2026", "DD.MM.YYYY"),
            ("2026131", "YYYYMMDD"),
            ("31.01.2026 ", "DD.MM.YYYY"),
        ] {
            assert_eq!(of(text, pattern), None, "{text}");
        }
        for pattern in ["YYYY-MM-DD", "YYYYMMDD", "YYYY.M.D", "YYYY. M. D.", "D.M.YYYY", "YYYY년 M월 D일"] {
            assert!(is_pattern(pattern), "{pattern}");
        }
        for pattern in ["DD.MM.YY", "YYYY-MM-DD MM", "YYYY-MMM-DD", "YYYYMD", "YYYY-M-", "YYYYY-M-D", ""] {
            assert!(!is_pattern(pattern), "{pattern}");
        }
    }

    #[test]
    fn dates_are_days() {
        for days in [0, -1, 59, 20_484, 11_016, -719_162, 2_932_896] {
            assert_eq!(number(&text(days)), Some(days));
        }
        for wrong in ["2026-02-29", "2026-13-01", "2026-1-1", "x", "2026-01", "99999999999-01-01", ""] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn days_are_dates() {
        assert_eq!(
            [0, -1, 59, 20_484, 11_016].map(text),
            ["1970-01-01", "1969-12-31", "1970-03-01", "2026-01-31", "2000-02-29"]
        );
    }
}

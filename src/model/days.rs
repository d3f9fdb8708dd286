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
    let mut parts = date.split('-').map(|p| p.parse::<i32>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // the year begins with March here, so that a leap day is its last
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * month + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    (text(days) == date).then_some(days)
}

#[cfg(test)]
mod tests {
    use super::*;

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

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

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn days_are_dates() {
        assert_eq!(
            [0, -1, 59, 20_484, 11_016].map(text),
            ["1970-01-01", "1969-12-31", "1970-03-01", "2026-01-31", "2000-02-29"]
        );
    }
}

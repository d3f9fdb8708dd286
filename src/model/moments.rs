//! Points in time as texts.
use super::days;
use crate::table::Value;

/// Microseconds after the beginning of 1970 (UTC) of a day, `2026-01-31`, which counts as its midnight, or of a point in
/// time of RFC 3339, `2026-01-31T08:30:00.5+09:00`. The seconds and the zone may be missing, a blank may stand for the `T`;
/// without a zone it is UTC. `None` if it is neither.
pub fn micros(text: &str) -> Option<i64> {
    let day = text.get(..10).filter(|day| days::is_day(day))?;
    let midnight = i64::from(days::number(day)?) * 86_400_000_000;
    let rest = text.get(10..)?;
    if rest.is_empty() {
        return Some(midnight);
    }
    let (clock, zone) = parted(rest.strip_prefix(['T', 't', ' '])?);
    midnight.checked_add(of_clock(clock)?)?.checked_sub(of_zone(zone)?)
}

/// The clock and the zone, which begins with `Z` or a sign.
fn parted(text: &str) -> (&str, &str) {
    let at = text.find(['Z', 'z', '+', '-']).unwrap_or(text.len());
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// `08:30`, `08:30:00`, `08:30:00.5`. A leap second counts as the first of the next minute.
fn of_clock(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').map_or((text, None), |(whole, part)| (whole, Some(part)));
    let mut parts = whole.split(':');
    let hour = two_digits(parts.next()?, 23)?;
    let minute = two_digits(parts.next()?, 59)?;
    let second = match parts.next() {
        Some(second) => two_digits(second, 60)?,
        None if part.is_some() => return None,
        None => 0,
    };
    if parts.next().is_some() {
        return None;
    }
    let fraction = match part {
        Some(part) if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) => return None,
        // what is finer than a microsecond does not count
        Some(part) => format!("{part:0<6}").get(..6)?.parse().ok()?,
        None => 0,
    };
    Some(((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction)
}

/// `Z`, `+09:00`, `-0530`, or nothing.
fn of_zone(text: &str) -> Option<i64> {
    let sign = match text.chars().next() {
        None | Some('Z' | 'z') => return (text.len() < 2).then_some(0),
        Some('-') => -1,
        Some(_) => 1,
    };
    let digits = text.get(1..)?.replacen(':', "", 1);
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { 0 } else { two_digits(minutes, 59)? };
    Some(sign * (two_digits(hours, 23)? * 60 + minutes) * 60_000_000)
}

fn two_digits(text: &str, most: i64) -> Option<i64> {
    let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|n| digits && *n <= most)
}

/// A point in time as a text, `2026-01-31T08:30:00Z`, or the day alone where it is a midnight.
pub fn text(micros: i64) -> String {
    let (day, of_day) = (micros.div_euclid(86_400_000_000), micros.rem_euclid(86_400_000_000));
    let day = days::text(i32::try_from(day).unwrap_or(i32::MAX));
    let (second, part) = (of_day / 1_000_000, of_day % 1_000_000);
    let part = if part == 0 { String::new() } else { format!(".{part:06}") };
    match of_day {
        0 => day,
        _ => format!("{day}T{:02}:{:02}:{:02}{part}Z", second / 3600, second / 60 % 60, second % 60),
    }
}

/// Seconds after the beginning of 1970 of a time as HTTP writes it, `Fri, 31 Dec 1999 23:59:59 GMT`.
pub fn of_http(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_once(", ")?.1.split(' ');
    let (day, month, year, clock, zone) = (words.next()?, words.next()?, words.next()?, words.next()?, words.next()?);
    let month = MONTHS.iter().position(|m| *m == month)? + 1;
    if zone != "GMT" || words.next().is_some() {
        return None;
    }
    Some(micros(&format!("{year}-{month:02}-{day}T{clock}Z"))? / 1_000_000)
}

/// A number so that greater ones are greater bits; `None` for what is no number.
pub fn sortable(number: f64) -> Option<u64> {
    // both zeros are one number
    let bits = (number + 0.0).to_bits();
    (!number.is_nan()).then_some(if bits >> 63 == 0 { bits | 1 << 63 } else { !bits })
}

/// When something is, as a number that sorts: a whole number, another number, a day or a point in time; `None` for what says no time.
pub fn of_value(value: &Value) -> Option<i64> {
    match value {
        Value::Int(n) => Some(*n),
        // sortable bits as a signed number
        Value::Float(n) => sortable(*n).map(|bits| (bits ^ 1 << 63) as i64),
        Value::Text(text) => micros(text.trim()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_in_time_are_read() {
        for (written, is) in [
            ("1970-01-01", 0),
            ("1970-01-02", 86_400_000_000),
            ("1970-01-01T00:00:01Z", 1_000_000),
            ("1970-01-01 00:01", 60_000_000),
            ("1970-01-01T09:00:00+09:00", 0),
            ("1969-12-31T19:00:00-0500", 0),
            ("1970-01-01T00:00:00.1234567Z", 123_456),
            ("1969-12-31T23:59:59.5z", -500_000),
        ] {
            assert_eq!(micros(written), Some(is), "{written}");
        }
        for wrong in [
            "",
            "1970",
            "1970-13-01",
            "1970-01-01X",
            "1970-01-01T",
            "1970-01-01T24:00",
            "1970-01-01T1:00",
            "1970-01-01T01:00:00.",
            "1970-01-01T01:00:00+",
            "1970-01-01T01:00:00+25:00",
            "1970-01-01T01:00:00Zx",
            "1970-01-01T01:00.5",
            "19700101",
            "1970-01-01T00:00:00:00",
            "１970-01-01",
        ] {
            assert_eq!(micros(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times_of_http_are_read() {
        assert_eq!(of_http("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777)); // RFC 9110, 5.6.7
        assert_eq!(of_http("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        for wrong in ["Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 KST", "120", ""] {
            assert_eq!(of_http(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn points_in_time_are_written_as_they_are_read() {
        for micros_of in [0, 1, -1, 1_769_848_200_500_000, -86_400_000_000] {
            assert_eq!(micros(&text(micros_of)), Some(micros_of), "{}", text(micros_of));
        }
    }

    #[test]
    fn numbers_sort_by_their_bits() {
        let numbers = [f64::NEG_INFINITY, -2.5, -1e-300, 0.0, 1e-300, 3.0, 3.5, f64::INFINITY];
        let bits: Vec<_> = numbers.iter().map(|n| sortable(*n).unwrap()).collect();
        assert!(bits.is_sorted_by(|a, b| a < b), "{bits:?}");
        assert_eq!(sortable(-0.0), sortable(0.0));
        assert_eq!(sortable(f64::NAN), None);
    }
}

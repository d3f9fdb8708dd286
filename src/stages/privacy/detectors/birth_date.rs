//! Dates of birth: a date beside a word such as 생년월일 or born, or right before 생 or 출생.
//!
//! Dates are read as 1990-03-05 (also with dots, slashes, spaces or in one run), 90.03.05 and 900305, 1990년 3월 5일,
//! 03/05/1990, March 5, 1990 and 5 March 1990, of the years 1900 to 2099. A date alone is no hit.
use super::context::Subject;
use super::detector::Detector;
use super::hit::{Confidence, Found};
use super::numbers::Mark;
use super::text::{Text, head, tail};

pub const DETECTOR: Detector = Detector {
    name: "birth_date",
    doc: "Dates of birth, by a word beside them.",
    version: 3,
    mask: "[BIRTH_DATE]",
    find,
};

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Bytes before a date that are searched for a word.
const NEAR: usize = 60;

/// What 생 begins, where it does not mean born.
const OTHERS: [&str; 8] = ["생산", "생겼", "생긴", "생각", "생방", "생중", "생명", "생활"];

fn find(text: &Text, out: &mut Vec<Found>) {
    let mut after = 0;
    for at in 0..text.numbers.runs.len() {
        let start = text.numbers.place(at, at).0;
        if start < after {
            continue;
        }
        if let Some((start, end)) = date(text, at).filter(|(start, end)| is_birth(text, after, *start, *end)) {
            after = end;
            out.push(Found { start, end, confidence: Confidence::Likely });
        }
    }
}

/// Whether a word says so: behind the date, or before it and behind the last one.
fn is_birth(text: &Text, after: usize, start: usize, end: usize) -> bool {
    let behind = text.plain.get(end..).unwrap_or_default();
    let behind = behind.strip_prefix(' ').unwrap_or(behind);
    let born = (behind.starts_with('생') && !OTHERS.iter().any(|o| behind.starts_with(o)))
        || behind.starts_with("출생")
        || behind.starts_with("에 태어")
        || behind.starts_with("태어");
    let lead = text.plain.get(after..start).map_or("", |lead| tail(lead, NEAR));
    // 1990. 3. 5. (생일): the dot is the day's
    let dot = usize::from(text.at(end) == Some('.'));
    let bracket = text.behind_subject(end + dot) == Some(Subject::Birth);
    born || bracket || super::context::nearest(lead) == Some(Subject::Birth)
}

/// The date that begins with a run.
fn date(text: &Text, at: usize) -> Option<(usize, usize)> {
    hangul(text, at).or_else(|| grouped(text, at)).or_else(|| named(text, at))
}

fn value(text: &Text, at: usize) -> u32 {
    text.numbers.digits(at, at).iter().take(9).fold(0, |n, d| n * 10 + u32::from(*d))
}

fn is_year(year: u32) -> bool {
    (1900..2100).contains(&year)
}

fn is_day(month: u32, day: u32) -> bool {
    (1..=12).contains(&month) && (1..=31).contains(&day)
}

/// 1990년 3월 5일, 90년 3월 5일.
fn hangul(text: &Text, at: usize) -> Option<(usize, usize)> {
    let unit = |at: usize, unit: &str| {
        let end = text.numbers.place(at, at).1;
        let rest = text.plain.get(end..)?;
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        rest.starts_with(unit).then(|| text.plain.len() - rest.len() + unit.len())
    };
    let next = |at: usize, end: usize| text.numbers.runs.get(at + 1).filter(|n| n.start - end.min(n.start) <= 2);
    let len = text.numbers.len(at);
    let (end, lead) = (text.numbers.place(at, at).1, "년".as_bytes().first());
    let byte = |at: usize| text.bytes().get(at);
    if !matches!(len, 2 | 4) || byte(end) != lead && (byte(end) != Some(&b' ') || byte(end + 1) != lead) {
        return None;
    }
    let year = unit(at, "년").filter(|_| len == 2 || (len == 4 && is_year(value(text, at))))?;
    next(at, year)?;
    let month = unit(at + 1, "월")?;
    next(at + 1, month)?;
    let day = unit(at + 2, "일")?;
    is_day(value(text, at + 1), value(text, at + 2)).then_some((text.numbers.place(at, at).0, day))
}

/// Groups of digits.
fn grouped(text: &Text, at: usize) -> Option<(usize, usize)> {
    let numbers = text.numbers;
    if numbers.len(at) > 8 {
        return None;
    }
    let (start, end) = numbers.place(at, at);
    if numbers.len(at) > 4 {
        let number = value(text, at);
        let whole = match numbers.len(at) {
            8 => is_year(number / 10000) && is_day(number / 100 % 100, number % 100),
            6 => is_day(number / 100 % 100, number % 100),
            _ => false,
        };
        return (whole && !text.is_in_word(start, end) && !numbers.goes_on(at, at)).then_some((start, end));
    }
    let joint = |at: usize| match numbers.gap(at).mark {
        Mark::Dash | Mark::Dot | Mark::Space | Mark::Odd(b'/') => Some(numbers.gap(at).mark),
        _ => None,
    };
    let same = joint(at + 1).is_some() && joint(at + 1) == joint(at + 2);
    if !same || !(1..=2).contains(&numbers.len(at + 1)) {
        return None;
    }
    let (a, b, c) = (value(text, at), value(text, at + 1), value(text, at + 2));
    let fits = match [numbers.len(at), numbers.len(at + 1), numbers.len(at + 2)] {
        [4, _, 1 | 2] => is_year(a) && is_day(b, c),
        [2, 2, 2] => is_day(b, c),
        [1 | 2, _, 4] => is_year(c) && (is_day(a, b) || is_day(b, a)),
        _ => false,
    };
    (fits && !numbers.goes_on(at, at + 2)).then_some((start, numbers.place(at, at + 2).1))
}

/// March 5, 1990 and 5 March 1990, by their day.
fn named(text: &Text, at: usize) -> Option<(usize, usize)> {
    if text.numbers.len(at) > 2 || text.numbers.len(at + 1) != 4 {
        return None;
    }
    let (start, end) = text.numbers.place(at, at);
    let day = (1..=31).contains(&value(text, at)) && text.numbers.len(at) <= 2;
    let year =
        text.numbers.runs.get(at + 1).filter(|run| day && run.digits.len() == 4 && is_year(value(text, at + 1)))?;
    let between = text.plain.get(end..year.start)?;
    let between = ["st", "nd", "rd", "th"].iter().find_map(|o| between.strip_prefix(o)).unwrap_or(between);
    let is_month = |word: &str| {
        let lower = word.trim_matches(['.', ',']).to_ascii_lowercase();
        lower.len() <= 9
            && lower.get(..3).is_some_and(|m| MONTHS.contains(&m))
            && lower.bytes().all(|b| b.is_ascii_lowercase())
    };
    if matches!(between, ", " | " " | ",") {
        let lead = text.plain.get(..start)?.strip_suffix(' ')?;
        let word = lead.bytes().rev().take(10).take_while(|b| b.is_ascii_alphabetic() || *b == b'.').count();
        let begin = lead.len() - word;
        return is_month(lead.get(begin..)?).then_some((begin, year.end));
    }
    let word = head(between, 16).trim().strip_prefix("of ").unwrap_or(between.trim());
    (between.len() <= 14 && is_month(word)).then_some((start, year.end))
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::DETECTOR;

    #[test]
    fn dates_beside_a_word() {
        for (text, want) in [
            ("생년월일: 1990-03-05", "1990-03-05"),
            ("생년월일 1990.3.5.", "1990.3.5"),
            ("생년월일 900305", "900305"),
            ("1990년 3월 5일생", "1990년 3월 5일"),
            ("1990년 3월 5일에 태어났다", "1990년 3월 5일"),
            ("born on March 5, 1990 in", "March 5, 1990"),
            ("DOB: 03/05/1990", "03/05/1990"),
            ("Date of birth 5 March 1990", "5 March 1990"),
            ("생일은 90.03.05입니다", "90.03.05"),
        ] {
            assert_eq!(found(&DETECTOR, text), [want], "{text}");
        }
        for text in
            ["1990-03-05에", "2024년 3월 5일 생산", "생년월일 1990-13-05", "March 5, 1990", "회의는 2024년 1월 5일"]
        {
            assert_eq!(found(&DETECTOR, text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_word_in_brackets_behind_a_date() {
        assert_eq!(found(&DETECTOR, "1959/08/04 (birth date)"), ["1959/08/04"]);
        assert_eq!(found(&DETECTOR, "1953. 4. 27. (생일)").len(), 1);
        assert_eq!(found(&DETECTOR, "1959/08/04 (회의)"), [""; 0]);
    }
}

//! Whether a number counts or measures something: a price, a year, a number of things.
use super::text::Text;

const BEHIND: &[&str] = &[
    "원",
    "만",
    "억",
    "천",
    "백",
    "조원",
    "달러",
    "엔",
    "유로",
    "위안",
    "명",
    "개",
    "년",
    "월",
    "일",
    "권",
    "쪽",
    "페이지",
    "건",
    "%",
    "km",
    "kg",
    "킬로",
    "점",
    "회",
    "세",
    "살",
    "배",
    "위",
    "곳",
    "도",
    "미터",
    "mm",
    "cm",
    "시",
    "분",
    "초",
    "여",
    "가지",
    "차례",
    "won",
    "krw",
    "usd",
    "dollars",
    "people",
    "pages",
    "years",
    "items",
    "units",
    "mb",
    "gb",
    "px",
    "ml",
];

/// Those that count also behind a space; most single syllables may begin any word there.
const APART: &[&str] = &[
    "원",
    "달러",
    "명",
    "개",
    "유로",
    "위안",
    "페이지",
    "km",
    "kg",
    "mm",
    "cm",
    "won",
    "krw",
    "usd",
    "dollars",
    "people",
    "pages",
    "years",
    "items",
    "units",
    "mb",
    "gb",
    "px",
    "ml",
];

/// What is counted in tens of thousands; behind a number, 만 before anything else is the particle "only".
const BEHIND_MAN: &[&str] = &[
    "원",
    "달러",
    "엔",
    "유로",
    "위안",
    "파운드",
    "명",
    "개",
    "건",
    "권",
    "장",
    "톤",
    "대",
    "가구",
    "주",
    "여",
    "회",
    "표",
    "번",
    "자",
    "마리",
    "평",
    "년",
    "km",
    "㎡",
    "배럴",
    "시간",
];

/// Digits of the longest number of degrees; behind others, 도 is the particle "too".
const DEGREES_MAX: usize = 2;

/// Whether what reads as 만 or 도 right behind a number of `digits` bytes is a particle: `1588-1234만 받아요`.
fn is_particle(unit: &str, rest: &str, digits: usize) -> bool {
    let rest = rest.trim_start_matches(' ');
    match unit {
        "만" => !rest.starts_with(|c: char| c.is_ascii_digit()) && !BEHIND_MAN.iter().any(|of| rest.starts_with(of)),
        "도" => digits > DEGREES_MAX,
        _ => false,
    }
}

/// Whether a unit stands behind `start..end`, or the sign of a currency before it.
pub(super) fn counts(text: &Text, start: usize, end: usize) -> bool {
    let behind = text.plain.get(end..).unwrap_or_default();
    let (behind, units) = behind.strip_prefix(' ').map_or((behind, BEHIND), |behind| (behind, APART));
    let is = |unit: &&str| {
        let same = behind.get(..unit.len()).is_some_and(|b| b.eq_ignore_ascii_case(unit));
        let goes_on = behind.as_bytes().get(unit.len()).is_some_and(u8::is_ascii_alphanumeric);
        let rest = behind.get(unit.len()..).unwrap_or_default();
        same && !(unit.is_ascii() && goes_on) && !is_particle(unit, rest, end - start)
    };
    let money = |c: char| matches!(c, '$' | '€' | '£' | '¥' | '₩' | '\\');
    text.before(start).is_some_and(money) || units.iter().any(is)
}

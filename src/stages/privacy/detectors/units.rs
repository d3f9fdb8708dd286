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

/// Whether a unit stands behind `start..end`, or the sign of a currency before it.
pub(super) fn counts(text: &Text, start: usize, end: usize) -> bool {
    let behind = text.plain.get(end..).unwrap_or_default();
    let (behind, units) = behind.strip_prefix(' ').map_or((behind, BEHIND), |behind| (behind, APART));
    let is = |unit: &&str| {
        let same = behind.get(..unit.len()).is_some_and(|b| b.eq_ignore_ascii_case(unit));
        let goes_on = behind.as_bytes().get(unit.len()).is_some_and(u8::is_ascii_alphanumeric);
        same && !(unit.is_ascii() && goes_on)
    };
    let money = |c: char| matches!(c, '$' | '€' | '£' | '¥' | '₩' | '\\');
    text.before(start).is_some_and(money) || units.iter().any(is)
}

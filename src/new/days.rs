//! Days as tables of text write them: a pattern is proposed where the values of a column can be read in no other way.
use super::sample::{Column, Sample};
use crate::formats::spelling::Spelling;
use crate::model::days;
use crate::table::Value;

/// The patterns that are tried, besides that of days as they are kept.
const PATTERNS: &[&str] = &[
    "DD.MM.YYYY",
    "DD/MM/YYYY",
    "MM/DD/YYYY",
    "DD-MM-YYYY",
    "MM-DD-YYYY",
    "YYYY/MM/DD",
    "YYYY.MM.DD",
    "YYYY. M. D.",
    "YYYY. M. D",
];

/// The pattern in which all columns of days are written that have but one reading, if they have one in common.
pub fn pattern(sample: &Sample) -> Option<&'static str> {
    let read: Vec<Vec<&'static str>> = sample.columns.iter().map(patterns).filter(|of| of.len() == 1).collect();
    let first = read.first()?.first()?;
    read.iter().all(|of| of.contains(first)).then_some(first)
}

/// The patterns by which all values of a column can be read.
pub fn patterns(column: &Column) -> Vec<&'static str> {
    let texts = || column.there().filter_map(Value::text).map(str::trim).filter(|t| !t.is_empty());
    let reads = |pattern: &str| texts().all(|t| days::read(t, pattern).is_some());
    if texts().next().is_none() || Spelling::default().value(texts().next().unwrap_or_default(), "i64").is_ok() {
        return Vec::new();
    }
    PATTERNS.iter().copied().filter(|pattern| reads(pattern)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Column {
        let values = values.iter().map(|v| Value::Text(v.to_string())).collect();
        Column { name: "day".into(), ty: "utf8".into(), names: Vec::new(), values }
    }

    #[test]
    fn days_have_one_pattern_or_several() {
        assert_eq!(patterns(&of(&["03.01.2026", " 14.1.2026", ""])), ["DD.MM.YYYY"]);
        assert_eq!(patterns(&of(&["03/01/2026", "04/05/2026"])), ["DD/MM/YYYY", "MM/DD/YYYY"]);
        assert_eq!(patterns(&of(&["03/01/2026", "04/25/2026"])), ["MM/DD/YYYY"]);
        assert!(patterns(&of(&["2026", "20260131"])).is_empty() && patterns(&of(&["", " "])).is_empty());
        assert_eq!(patterns(&of(&["2026. 1. 3.", "2026. 11. 30."])), ["YYYY. M. D."]);
        assert_eq!(patterns(&of(&["2026.1.3", "2026.11.30"])), ["YYYY.MM.DD"]);
        let sample = |columns: Vec<Column>| pattern(&Sample { columns, ..Sample::default() });
        assert_eq!(sample(vec![of(&["03/01/2026"]), of(&["04/25/2026"])]), Some("MM/DD/YYYY"));
        assert_eq!(sample(vec![of(&["31.01.2026"]), of(&["04/25/2026"])]), None);
        assert_eq!(sample(vec![of(&["03/01/2026"])]), None);
    }
}

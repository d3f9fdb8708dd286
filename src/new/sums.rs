//! Rows of a table that sum up others, as exports of spreadsheets end: they are no samples.
use super::found::Source;
use super::kinds::recogniser::Key;
use super::sample::Sample;
use crate::formats::csv_fields::TOTALS;
use crate::table::Value;
use std::collections::BTreeSet;

/// What such a row is called, in small letters and without blanks.
const WORDS: &[&str] = &[
    "합계",
    "총계",
    "소계",
    "총합",
    "총합계",
    "누계",
    "계",
    "합",
    "전체합계",
    "total",
    "totals",
    "grandtotal",
    "subtotal",
    "sum",
];

/// The columns of numbers in which a row is the sum of the others must be so by this share: shares and decimals are rounded.
const CLOSE: f64 = 0.001;

/// Leaves out rows whose first cell is called so and of which a number is the sum of those of the other rows. One without that is
/// asked about alone.
pub fn leave_out(source: &mut Source) {
    if !source.format.options.iter().any(|own| own.name == TOTALS.name) {
        return;
    }
    let sample = &source.sample;
    let first: Vec<Option<String>> = (0..sample.rows).map(|row| first_cell(sample, row)).collect();
    let plain =
        |text: &str| text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect::<String>();
    let is_called = |text: &&String| WORDS.contains(&plain(text).trim_matches(['(', ')', '[', ']', ':', '<', '>']));
    let rows: BTreeSet<usize> = first
        .iter()
        .enumerate()
        .filter(|(_, text)| text.as_ref().filter(is_called).is_some())
        .map(|(row, _)| row)
        .collect();
    let Some(at) = rows.first().copied().filter(|_| rows.len() * 4 <= sample.rows) else { return };
    let word = first.get(at).cloned().flatten().unwrap_or_default();
    let place = rows.iter().rev().find_map(|row| sample.place(*row)).unwrap_or_default();
    if !rows.iter().any(|row| is_sum(sample, *row, &rows)) {
        source.asks.push(format!(
            "whether the row `{word}` ({place}) is a sample: it is called as a sum is, and no number of it is one; `totals` leaves out rows \
             that are called so"
        ));
        return;
    }
    let words: BTreeSet<String> = rows.iter().filter_map(|row| first.get(*row).cloned().flatten()).collect();
    let why = format!("its numbers are sums of the other rows, as its first cell says ({place})");
    source.keys.push(Key::new(TOTALS.name, words.into_iter().collect::<Vec<_>>(), why));
    forget(&mut source.sample, &rows);
}

/// The first cell of a row that holds something.
fn first_cell(sample: &Sample, row: usize) -> Option<String> {
    let texts = sample.columns.iter().filter_map(|c| c.values.get(row).and_then(Value::text));
    texts.map(str::trim).find(|text| !text.is_empty()).map(String::from)
}

fn number(value: &Value) -> Option<f64> {
    value.text()?.trim().replace(',', "").parse().ok().filter(|n: &f64| n.is_finite())
}

/// Whether a number of a row is the sum of those of the rows that are no sums, of which there are several.
fn is_sum(sample: &Sample, row: usize, sums: &BTreeSet<usize>) -> bool {
    sample.columns.iter().any(|column| {
        let own = column.values.get(row).and_then(number).filter(|n| *n != 0.0);
        let others = || column.values.iter().enumerate().filter(|(n, _)| !sums.contains(n)).map(|(_, value)| value);
        let numbers: Vec<f64> = others().filter_map(number).collect();
        let sum: f64 = numbers.iter().sum();
        own.is_some_and(|own| numbers.len() > 1 && (own - sum).abs() <= CLOSE * own.abs())
    })
}

/// Takes rows out of what was seen.
fn forget(sample: &mut Sample, rows: &BTreeSet<usize>) {
    for column in &mut sample.columns {
        let mut row = 0;
        column.values.retain(|_| {
            row += 1;
            !rows.contains(&(row - 1))
        });
    }
    let mut before = 0;
    for places in &mut sample.places {
        let own = |n: &usize| rows.contains(&(before + n));
        let gone = (0..places.rows).filter(own).count();
        let mut n = 0;
        places.lines.retain(|_| {
            n += 1;
            !rows.contains(&(before + n - 1))
        });
        before += places.rows;
        places.rows -= gone;
    }
    sample.rows -= rows.len();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::new::sample::{Column, Places};

    fn of(rows: &[&[&str]]) -> (String, usize, usize) {
        let mut source = Source::of_format(&crate::formats::csv::CSV);
        let width = rows[0].len();
        let column = |n: usize| Column {
            name: format!("c{n}"),
            ty: "utf8".into(),
            names: Vec::new(),
            values: rows.iter().map(|row| Value::Text(row[n].to_string())).collect(),
        };
        let places = vec![Places { path: "a.csv".into(), rows: rows.len(), lines: (2..).take(rows.len()).collect() }];
        source.sample =
            Sample { columns: (0..width).map(column).collect(), rows: rows.len(), places, ..Sample::default() };
        leave_out(&mut source);
        let keys: Vec<String> = source.keys.iter().map(|key| format!("{} {}", key.value, key.why)).collect();
        (keys.join(" "), source.sample.rows, source.asks.len())
    }

    #[test]
    fn rows_that_sum_up_others_are_no_samples() {
        let rows: &[&[&str]] = &[&["a", "1,000", "x"], &["b", "20", ""], &["c", "3", "y"], &["합 계", "1,023", ""]];
        let (key, left, asked) = of(rows);
        assert!(key.contains("[\"합 계\"]") && key.contains("a.csv:5"), "{key}");
        assert_eq!((left, asked), (3, 0));
        let first: Vec<&[&str]> = [rows[3], rows[0], rows[1], rows[2]].to_vec();
        assert_eq!(of(&first).1, 3, "it may stand above the others");
        for (rows, asked) in [
            (&[&["a", "1"] as &[&str], &["b", "2"], &["c", "3"], &["Total", "9"]] as &[&[&str]], 1),
            (&[&["a", "1"], &["b", "2"], &["c", "3"], &["Totally", "6"]], 0),
            (&[&["Total", "1"], &["Total", "2"], &["Total", "3"]], 0),
        ] {
            let (key, left, asks) = of(rows);
            assert_eq!((key.as_str(), left, asks), ("", rows.len(), asked), "{rows:?}");
        }
    }
}

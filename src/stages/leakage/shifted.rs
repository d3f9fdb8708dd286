//! How far the values of the splits differ.
use super::records::{Gather, Kind, decimal, of_key, of_value};
use crate::measure::shift::{Test, chi_squared, holm, kolmogorov_smirnov, parts, stability};
use crate::stage::*;
use std::collections::BTreeMap;

/// A column with more values than these has no classes.
const VALUES_MAX: usize = 1000;
/// Parts of as many numbers each, for the stability index.
const PARTS: usize = 10;
/// A corrected probability below this is a difference.
const DIFFERS: f64 = 0.05;

/// The values of a column by split.
#[derive(Default)]
struct Values {
    numbers: BTreeMap<String, Vec<f64>>,
    classes: BTreeMap<Vec<u8>, BTreeMap<String, u64>>,
}

/// What was measured of a column between the first split and another.
struct Row {
    column: String,
    split: String,
    test: &'static str,
    outcome: Option<Test>,
    psi: Option<f64>,
}

pub fn tell(p: &Gather, hits: &Hits, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
    if p.shift.is_empty() {
        return Ok(());
    }
    let mut of = read(hits, context)?;
    let mut rows: Vec<Row> = Vec::new();
    for column in &p.shift {
        let values = of.remove(column).unwrap_or_default();
        if values.classes.len() > VALUES_MAX {
            let why = format!("it has more than {VALUES_MAX} values");
            out.fact(format!("shift.psi.{column}"), Fact::Undefined(why));
            continue;
        }
        let own: Vec<Row> =
            p.splits.iter().filter(|s| **s != p.first).flat_map(|s| row(p, column, s, &values)).collect();
        let most = own.iter().filter_map(|row| row.psi).reduce(f64::max);
        let none = || Fact::Undefined("a split has no value".into());
        out.fact(format!("shift.psi.{column}"), most.map_or_else(none, |psi| Fact::Decimal(decimal(psi))));
        rows.extend(own);
    }
    let tested: Vec<f64> = rows.iter().filter_map(|row| Some(row.outcome?.p)).collect();
    let mut corrected = holm(&tested).into_iter();
    let (mut table, mut differing) = (Vec::new(), 0u64);
    for row in &rows {
        let corrected = row.outcome.and_then(|_| corrected.next());
        differing += u64::from(corrected.is_some_and(|p| p < DIFFERS));
        let shown = |value: Option<f64>| value.map_or("-".to_string(), decimal);
        table.push(vec![
            row.column.clone(),
            row.split.clone(),
            row.test.to_string(),
            shown(row.outcome.map(|t| t.statistic)),
            shown(row.outcome.map(|t| t.p)),
            shown(corrected),
            shown(row.psi),
        ]);
    }
    let columns = ["column", "split", "test", "statistic", "p", "corrected", "psi"].map(String::from).to_vec();
    out.fact("shift", Fact::Table { columns, rows: table });
    out.fact("shift.differing", differing);
    let most = rows.iter().filter_map(|row| row.psi).reduce(f64::max);
    let none = || Fact::Undefined("nothing could be compared".into());
    out.fact("shift.psi", most.map_or_else(none, |psi| Fact::Decimal(decimal(psi))));
    Ok(())
}

fn read(hits: &Hits, context: &Context) -> Result<BTreeMap<String, Values>, Fault> {
    let mut of: BTreeMap<String, Values> = BTreeMap::new();
    for (n, hit) in hits.iter().enumerate() {
        if n.is_multiple_of(1 << 14) {
            context.tools.go_on()?;
        }
        let Some((kind @ (Kind::Number | Kind::Class), column, rest)) = of_key(&hit.key) else { continue };
        let wrong = || Fact::Undefined("an entry of a summary does not read".into());
        let (split, number) = of_value(&hit.value).ok_or_else(|| Fault::Bug(wrong().to_string()))?;
        if !of.contains_key(column) {
            of.insert(column.to_string(), Values::default());
        }
        let Some(own) = of.get_mut(column) else { continue };
        if kind == Kind::Number {
            let number = number.first_chunk().map(|bytes| f64::from_le_bytes(*bytes));
            own.numbers.entry(split.to_string()).or_default().extend(number);
        } else if own.classes.len() <= VALUES_MAX || own.classes.contains_key(rest) {
            *own.classes.entry(rest.to_vec()).or_default().entry(split.to_string()).or_default() += 1;
        }
    }
    of.values_mut().flat_map(|v| v.numbers.values_mut()).for_each(|of| of.sort_by(f64::total_cmp));
    Ok(of)
}

/// What is measured of a column between the first split and another.
fn row(p: &Gather, column: &str, split: &str, values: &Values) -> Vec<Row> {
    let row = |test, outcome, psi| Row { column: column.into(), split: split.into(), test, outcome, psi };
    let count = |of: &BTreeMap<String, u64>, split: &str| of.get(split).copied().unwrap_or(0);
    let mut counts: Vec<(u64, u64)> =
        values.classes.values().map(|of| (count(of, &p.first), count(of, split))).collect();
    if values.numbers.is_empty() {
        return match counts.is_empty() {
            true => Vec::new(),
            false => vec![row("chi-squared", chi_squared(&counts), stability(&counts))],
        };
    }
    let of = |split: &str| values.numbers.get(split).map_or(&[][..], Vec::as_slice);
    let (a, b) = (of(&p.first), of(split));
    // the test is of the numbers that are there; how many are missing is a part beside theirs
    counts.extend(parts(a, b, PARTS));
    vec![row("kolmogorov-smirnov", kolmogorov_smirnov(a, b), stability(&counts))]
}

//! What answers took and what was paid for them, by annotator, where files of votes say it: `fields.time` in seconds, `fields.pay` in
//! whatever money.
//!
//! Each file's answers are added up where they are read; the gather makes the fact `spent` of them, a table with the quickest annotator
//! first, and the sums `spent_seconds` and `spent_pay`. Amounts count in millionths, so that no order changes a sum. What is not said is
//! said to be so, and never 0. With `[privacy]` annotators are numbers.
use crate::formats::reader::Told;
use crate::stage::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the two columns are called among the fields of a vote, and the rule of a value that is no amount.
pub const COLUMNS: [(&str, &str); 2] = [("seconds", "vote.time"), ("pay", "vote.pay")];

/// Before the names of annotators in keys of the summary.
const KEY: &[u8] = b"\0spent\0";

const UNIT: f64 = 1e6;

/// The greatest amount, so that sums of many keep their digits.
const MOST: f64 = 1e9;

/// What the answers of one annotator took and cost.
#[derive(Serialize, Deserialize, Default, Debug, PartialEq)]
pub struct Spent {
    answers: u64,
    /// Of each answer that says it, in millionths of a second.
    took: Vec<i64>,
    /// Answers that say what was paid, and how much that was.
    paid: u64,
    pay: i64,
    /// The same of those that say both.
    both: (i64, i64),
}

/// An amount in millionths; nothing where none is given, or why there is none.
fn amount(text: Option<&str>) -> Result<Option<i64>, &'static str> {
    let text = text.map(str::trim).unwrap_or_default();
    match text.parse::<f64>() {
        _ if text.is_empty() => Ok(None),
        Ok(x) if (0.0..=MOST).contains(&x) => Ok(Some((x * UNIT).round() as i64)),
        Ok(_) => Err("it is no amount from 0 to a thousand million"),
        Err(_) => Err("it is no number"),
    }
}

/// What an answer took and cost, by its place in the columns; what of it is no amount is told.
pub fn read(
    columns: &[Vec<Option<String>>; 2],
    n: usize,
    parent: (u32, u32),
    told: &mut Vec<Told>,
) -> [Option<i64>; 2] {
    let mut own = [None, None];
    for ((slot, (_, rule)), column) in own.iter_mut().zip(COLUMNS).zip(columns) {
        match amount(column.get(n).and_then(|text| text.as_deref())) {
            Ok(amount) => *slot = amount,
            Err(say) => {
                let (row, record) = (parent.0 as usize, parent.1 as usize);
                let (rule, say) = (rule.into(), say.into());
                told.push(Told { row, record, line: 0, drops: false, rule, say, field: None });
            }
        }
    }
    own
}

/// Whether what a reader tells is about what answers took or cost.
pub fn is_about(t: &Told) -> bool {
    COLUMNS.iter().any(|(name, _)| t.field.as_deref() == Some(name))
}

/// What is told once of each unit whose file does not have such a column, by this rule: its votes stay.
pub fn missing(told: &[Told], rule: &str) -> Vec<Told> {
    let mut out: Vec<Told> = Vec::new();
    for t in told.iter().filter(|t| t.rule == rule && is_about(t)) {
        if !out.iter().any(|o| (o.row, &o.field) == (t.row, &t.field)) {
            let (rule, say, field) = (t.rule.clone(), t.say.clone(), t.field.clone());
            out.push(Told { rule, say, field, drops: false, ..*t });
        }
    }
    out
}

impl Spent {
    /// Adds an answer.
    pub fn add(&mut self, [took, pay]: [Option<i64>; 2]) {
        self.answers += 1;
        self.took.extend(took);
        self.paid += u64::from(pay.is_some());
        self.pay += pay.unwrap_or(0);
        if let (Some(took), Some(pay)) = (took, pay) {
            self.both = (self.both.0 + took, self.both.1 + pay);
        }
    }

    fn join(&mut self, other: Spent) {
        self.answers += other.answers;
        self.took.extend(other.took);
        self.paid += other.paid;
        self.pay += other.pay;
        self.both = (self.both.0 + other.both.0, self.both.1 + other.both.1);
    }

    fn seconds(&self) -> i64 {
        self.took.iter().sum()
    }

    /// The lower one of two in the middle.
    fn median(&self) -> Option<i64> {
        let mut took = self.took.clone();
        took.sort_unstable();
        took.get(took.len().saturating_sub(1) / 2).copied()
    }

    fn cells(&self) -> Vec<String> {
        let or = |value: Option<String>, else_: &str| value.unwrap_or_else(|| else_.to_string());
        let hourly = |n: f64, seconds: i64| (seconds > 0).then(|| format!("{:.2}", n * 3600.0 * UNIT / seconds as f64));
        let pay = (self.paid > 0).then(|| decimal(self.pay, 2));
        let said = if self.took.is_empty() { "not said" } else { "no time" };
        vec![
            self.answers.to_string(),
            self.took.len().to_string(),
            or(self.median().map(|m| decimal(m, 1)), "not said"),
            or(hourly(self.took.len() as f64, self.seconds()), said),
            or(pay, "not said"),
            or(hourly(self.both.1 as f64 / UNIT, self.both.0), "not said"),
        ]
    }
}

fn decimal(micros: i64, places: usize) -> String {
    format!("{:.places$}", micros as f64 / UNIT)
}

/// Notes what was spent in a unit.
pub fn note(summary: &mut Summary, unit: usize, by: &str, spent: &Spent) {
    summary.put([KEY, by.as_bytes()].concat(), unit, serde_json::to_vec(spent).unwrap_or_default());
}

/// Whether a key of the summary is about what was spent.
pub fn is_spent(key: &[u8]) -> bool {
    key.starts_with(KEY)
}

const HEAD: [&str; 7] = ["annotator", "answers", "timed", "median seconds", "answers an hour", "pay", "pay an hour"];

/// Tells what was spent. `open`: annotators may be named.
pub fn gather(hits: &Hits, open: bool, out: &mut Verdicts) -> Result<(), Fault> {
    let mut all: BTreeMap<String, Spent> = BTreeMap::new();
    for hit in hits.iter() {
        let Some(by) = hit.key.strip_prefix(KEY) else { continue };
        let spent: Spent = serde_json::from_slice(&hit.value).map_err(|e| Fault::Bug(e.to_string()))?;
        all.entry(String::from_utf8_lossy(by).into_owned()).or_default().join(spent);
    }
    let (took, pay): (i64, i64) = all.values().fold((0, 0), |(t, p), s| (t + s.seconds(), p + s.pay));
    let timed = all.values().any(|s| !s.took.is_empty());
    let paid = all.values().any(|s| s.paid > 0);
    let none = |what: &str| Fact::Undefined(format!("no answer says {what}"));
    out.fact("spent_seconds", if timed { Fact::Decimal(decimal(took, 1)) } else { none("how long it took") });
    out.fact("spent_pay", if paid { Fact::Decimal(decimal(pay, 2)) } else { none("what was paid for it") });
    let mut lines: Vec<(Option<i64>, usize, String, &Spent)> = Vec::new();
    for (n, (by, spent)) in all.iter().enumerate() {
        let name = if open { by.clone() } else { format!("annotator {}", n + 1) };
        lines.push((spent.median(), n, name, spent));
    }
    lines.sort_by_key(|(median, n, ..)| (median.is_none(), *median, *n));
    let rows = lines.into_iter().map(|(_, _, name, spent)| [vec![name], spent.cells()].concat()).collect();
    out.fact("spent", Fact::Table { columns: HEAD.map(String::from).to_vec(), rows });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_numbers_from_0() {
        assert_eq!(
            ["12.5", " 0 ", "", "0.1"].map(|t| amount(Some(t))),
            [Ok(Some(12_500_000)), Ok(Some(0)), Ok(None), Ok(Some(100_000))]
        );
        assert_eq!(amount(None), Ok(None));
        assert!(["-1", "1:20", "nan", "inf", "1e10"].iter().all(|t| amount(Some(t)).is_err()));
    }

    #[test]
    fn what_is_not_said_is_not_0() {
        let mut spent = Spent::default();
        spent.add([None, None]);
        assert_eq!(spent.cells(), ["1", "0", "not said", "not said", "not said", "not said"]);
        let mut other = Spent::default();
        [[Some(10), Some(1)], [Some(20), None], [Some(60), Some(3)]]
            .map(|of| of.map(|n| n.map(|n: i64| n * 1_000_000)))
            .into_iter()
            .for_each(|of| other.add(of));
        spent.join(other);
        // 3 answers in 90 seconds, and 4 for 70 seconds of them
        assert_eq!(spent.cells(), ["4", "3", "20.0", "120.00", "4.00", "205.71"]);
        let mut quick = Spent::default();
        quick.add([Some(0), None]);
        assert_eq!(quick.cells()[3], "no time");
    }
}

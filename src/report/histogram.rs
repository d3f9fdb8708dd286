//! A column as bars of text: classes and short values one by one, numbers and lengths by ranges.
use super::show::short;
use super::terminal::number;
use crate::model::replies::Reply;
use crate::model::votes::each_class;
use crate::table::{Cell, DataType, Value};
use std::collections::BTreeMap;

/// Bars at most; and characters of the longest one.
const BARS: usize = 12;
const LONGEST: u64 = 40;
/// Values are counted one by one up to so many different ones, and no longer than this.
const VALUES: usize = 1000;
const CHARS: usize = 60;

/// What is counted of a column.
#[derive(Default)]
pub struct Histogram {
    rows: u64,
    nulls: u64,
    /// How often each class or value stands; `None` once there are too many.
    values: Option<BTreeMap<String, u64>>,
    /// Whole numbers, or lengths of texts and lists.
    sizes: Vec<i64>,
    floats: Vec<f64>,
    unit: &'static str,
}

impl Histogram {
    pub fn of(ty: &DataType) -> Histogram {
        let unit = match ty {
            DataType::Utf8 => "characters",
            DataType::List(_) => "items",
            DataType::Binary => "bytes",
            ty if *ty == Reply::ty() => "texts",
            _ => "",
        };
        Histogram { values: Some(BTreeMap::new()), unit, ..Histogram::default() }
    }

    pub fn add(&mut self, v: &Value) {
        self.rows += 1;
        let count = |n: usize| i64::try_from(n).ok();
        match v {
            Value::Null => self.nulls += 1,
            Value::Int(n) => self.sizes.push(*n),
            Value::Float(f) if f.is_finite() => self.floats.push(*f),
            Value::Text(t) => self.sizes.extend(count(t.chars().count())),
            Value::List(l) => self.sizes.extend(count(l.len())),
            Value::Bytes(b) => self.sizes.extend(count(b.len())),
            reply @ Value::Struct(_) => self.sizes.extend(Reply::from_value(reply).and_then(|r| count(r.text.len()))),
            _ => {}
        }
        let Some(values) = &mut self.values else { return };
        match v {
            Value::Bool(b) => *values.entry(b.to_string()).or_default() += 1,
            Value::Text(t) if t.chars().nth(CHARS).is_some() => {
                self.values = None; // long texts are told by their lengths
                return;
            }
            Value::Text(_) | Value::List(_) | Value::Struct(_) => each_class(v, &mut |class| {
                *values.entry(class.to_string()).or_default() += 1;
            }),
            _ => {}
        }
        if values.len() > VALUES {
            self.values = None;
        }
    }

    /// A line a bar.
    pub fn text(mut self) -> String {
        let mut out = format!("  {} rows, {} null\n", number(self.rows), number(self.nulls));
        let values = self.values.take().filter(|v| !v.is_empty());
        let few = |v: &BTreeMap<String, u64>| v.len() <= BARS || (v.len() as u64) * 2 <= v.values().sum::<u64>();
        if let Some(values) = values.filter(few) {
            let mut all: Vec<(String, u64)> = values.into_iter().collect();
            all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            let rest: u64 = all.iter().skip(BARS).map(|v| v.1).sum();
            let more = all.len().saturating_sub(BARS);
            all.truncate(BARS);
            out.push_str(&bars(&all));
            if more > 0 {
                out.push_str(&format!("  and {} more, {} in all\n", number(more as u64), number(rest)));
            }
        }
        if !self.sizes.is_empty() {
            out.push_str(&format!("{}{}", heading(self.unit), bars(&ranges(&self.sizes))));
        } else if !self.floats.is_empty() {
            out.push_str(&bars(&float_ranges(&mut self.floats)));
        }
        out
    }
}

fn heading(unit: &str) -> String {
    if unit.is_empty() { String::new() } else { format!("  {unit}\n") }
}

/// Whole numbers in ranges of equal width.
fn ranges(sizes: &[i64]) -> Vec<(String, u64)> {
    let (Some(min), Some(max)) = (sizes.iter().min(), sizes.iter().max()) else { return Vec::new() };
    let width = (i128::from(*max) - i128::from(*min)) / BARS as i128 + 1;
    let mut counts: BTreeMap<i128, u64> = BTreeMap::new();
    for n in sizes {
        *counts.entry((i128::from(*n) - i128::from(*min)) / width).or_default() += 1;
    }
    let last = counts.keys().next_back().copied().unwrap_or(0);
    let name = |bin: i128| {
        let from = i128::from(*min) + bin * width;
        if width == 1 { from.to_string() } else { format!("{from} to {}", (from + width - 1).min((*max).into())) }
    };
    (0..=last).map(|bin| (name(bin), counts.get(&bin).copied().unwrap_or(0))).collect()
}

/// Numbers with a point, in ranges of equal width.
fn float_ranges(floats: &mut [f64]) -> Vec<(String, u64)> {
    floats.sort_by(f64::total_cmp);
    let (Some(min), Some(max)) = (floats.first().copied(), floats.last().copied()) else { return Vec::new() };
    let width = (max - min) / BARS as f64;
    if width <= 0.0 || !width.is_finite() {
        return vec![(min.to_string(), floats.len() as u64)];
    }
    let mut from = 0;
    let mut out = Vec::new();
    for bin in 1..=BARS {
        let end = min + width * bin as f64;
        let until = if bin == BARS { floats.len() } else { floats.partition_point(|f| *f < end) };
        out.push((format!("{:.4} to {:.4}", end - width, end), (until - from) as u64));
        from = until;
    }
    out
}

fn bars(of: &[(String, u64)]) -> String {
    let names: Vec<String> = of.iter().map(|(name, _)| short(name, 32)).collect();
    let wide = names.iter().map(|n| n.chars().count()).max().unwrap_or(0);
    let most = of.iter().map(|(_, n)| *n).max().unwrap_or(0).max(1);
    let bar = |n: u64| "#".repeat(usize::try_from((n * LONGEST).div_ceil(most)).unwrap_or(0));
    let line = |(name, (_, n)): (&String, &(String, u64))| {
        let pad = " ".repeat(wide - name.chars().count());
        format!("  {name}{pad} {:>9} {}", number(*n), bar(*n)).trim_end().to_string() + "\n"
    };
    names.iter().zip(of).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::candidates::Preference;

    fn text(ty: DataType, values: impl IntoIterator<Item = Value>) -> String {
        let mut h = Histogram::of(&ty);
        values.into_iter().for_each(|v| h.add(&v));
        h.text()
    }

    #[test]
    fn few_values_are_told_one_by_one_and_numbers_by_range() {
        let short = ["b", "a", "b"].map(|t| Value::Text(t.into()));
        let told = text(DataType::Utf8, short.into_iter().chain([Value::Null]));
        assert!(told.starts_with("  4 rows, 1 null\n  b         2 ####"), "{told}");
        let told = text(DataType::Int64, (0..100).map(Value::Int));
        assert!(told.contains("  0 to 8           9 ####") && told.contains("  99 to 99"), "{told}");
        let told = text(DataType::Int64, [i64::MIN, i64::MAX].map(Value::Int));
        assert_eq!(told.lines().count(), 13, "{told}");
        let told = text(DataType::Float64, (0..10).map(|n| Value::Float(f64::from(n) / 10.0)));
        assert!(told.contains("0.0000 to 0.0750         1"), "{told}");
        assert_eq!(
            text(DataType::Float64, [Value::Float(0.5)]),
            "  1 rows, 0 null\n  0.5         1 ########################################\n"
        );
        assert_eq!(text(DataType::Utf8, [Value::Null]), "  1 rows, 1 null\n");
        let one = |text: &[&str]| Reply { text: text.iter().map(|t| t.to_string()).collect() }.into_value();
        let told = text(Reply::ty(), [one(&["a", "b"]), one(&[]), one(&["c"])]);
        assert!(told.starts_with("  3 rows, 0 null\n  texts\n  0         1 ####"), "{told}");
        let preferred = |of: &[&str]| Preference { chosen: of.iter().map(|c| c.to_string()).collect() }.into_value();
        let told = text(Preference::ty(), [preferred(&["a"]), preferred(&[]), preferred(&["a"])]);
        assert!(told.starts_with("  3 rows, 0 null\n  a           2 ####"), "{told}");
    }
}

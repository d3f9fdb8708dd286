//! What is in the columns: types, nulls, different values, lengths, the most frequent values, by split and by source.
use super::numbers::{Sizes, Spread, of_floats};
use super::seen::{Seen, living};
use crate::digest::cut_hash;
use crate::engine::state::Partition;
use crate::report::show::{Column, keyless};
use crate::stage::Fault;
use crate::table::{DataType, Value, texts, types, value_at};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Different values are counted up to here.
const DISTINCT_MAX: usize = 10_000;
/// Values are told one by one while there are at most so many, and no longer than this.
const VALUES: usize = 1000;
const VALUE_CHARS: usize = 40;
/// The most frequent values that are told.
const TOP: usize = 12;

#[derive(Serialize, schemars::JsonSchema, Debug)]
pub struct Field {
    pub name: String,
    pub r#type: String,
    pub rows: u64,
    pub nulls: u64,
    /// At least so many where `distinct_over`.
    pub distinct: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub distinct_over: bool,
    /// Nothing has masked it: its values are not told, nor how often they stand.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// `characters`, `items`, `bytes`, or nothing where it is the values themselves.
    pub unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spread: Option<Spread>,
    /// The most frequent values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub top: Vec<(String, u64)>,
    /// How many values are not among them.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: u64,
    /// Samples whose answers `[split] hide` hides: nothing is told of them here, and they are not among the rows.
    #[serde(skip_serializing_if = "is_zero")]
    pub answers_hidden: u64,
    /// Values that are there, by split and by source.
    pub by_split: BTreeMap<String, Filled>,
    pub by_source: BTreeMap<String, Filled>,
}

/// Rows, and how many of them have a value.
#[derive(Serialize, schemars::JsonSchema, Debug, Default, Clone, Copy)]
pub struct Filled {
    pub rows: u64,
    pub nulls: u64,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// What is counted of a column in some partitions.
#[derive(Default)]
struct Counted {
    rows: u64,
    veiled: u64,
    nulls: u64,
    distinct: BTreeSet<u64>,
    sizes: Sizes,
    floats: Vec<f64>,
    /// The value at hand is of a source whose samples may be shown.
    told: bool,
    /// `None` once there are too many, or one is long.
    values: Option<BTreeMap<String, u64>>,
    by_split: BTreeMap<String, Filled>,
    by_source: BTreeMap<String, Filled>,
}

pub fn of(seen: &Seen) -> Result<Vec<Field>, Fault> {
    let told = |c: &&Column| !matches!(c.name.as_str(), "id" | "source" | "split");
    let columns: Vec<&Column> = seen.plain().filter(told).collect();
    let mut out: Vec<Counted> =
        columns.iter().map(|_| Counted { values: Some(BTreeMap::new()), ..Counted::default() }).collect();
    let count =
        |_: usize, part: &Partition| columns.iter().map(|c| counted(seen, part, c)).collect::<Result<Vec<_>, _>>();
    seen.each(count, |own| out.iter_mut().zip(own).for_each(|(all, own)| all.merge(own)))?;
    Ok(columns.iter().zip(out).filter(|(_, n)| n.rows + n.veiled > 0).map(|(c, n)| n.field(c)).collect())
}

fn counted(seen: &Seen, part: &Partition, column: &Column) -> Result<Counted, Fault> {
    let mut out = Counted { values: Some(BTreeMap::new()), ..Counted::default() };
    let splits = seen.living_texts(part, "split", "none")?;
    let sources = seen.living_texts(part, "source", "none")?;
    let (array, veiled) = (seen.array(part, &column.name)?, seen.splits_without(&column.name));
    let own = array.as_ref().filter(|_| column.ty == DataType::Utf8).map(|a| texts(a.as_ref()));
    for (n, row) in living(part).enumerate() {
        if splits.get(n).is_some_and(|split| veiled.contains(split.as_str())) {
            out.veiled += 1;
            continue;
        }
        out.told = sources.get(n).is_none_or(|source| !seen.withheld.contains_key(source));
        let null = match (&own, &array) {
            (Some(texts), _) => match texts.get(row as usize).copied().flatten() {
                Some(text) => {
                    out.text(text);
                    false
                }
                None => true,
            },
            (None, Some(array)) => out.value(&value_at(array.as_ref(), row as usize)),
            (None, None) => true,
        };
        out.rows += 1;
        out.nulls += u64::from(null);
        for (of, names) in [(&mut out.by_split, &splits), (&mut out.by_source, &sources)] {
            let name = names.get(n).map_or("none", String::as_str);
            let filled = match of.get_mut(name) {
                Some(filled) => filled,
                None => of.entry(name.to_string()).or_default(),
            };
            filled.rows += 1;
            filled.nulls += u64::from(null);
        }
    }
    Ok(out)
}

impl Counted {
    fn text(&mut self, text: &str) {
        self.seen(text.as_bytes());
        self.sizes.add(text.chars().count() as i64);
        self.one(text);
    }

    /// Whether the value is null.
    fn value(&mut self, value: &Value) -> bool {
        let len = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        match value {
            Value::Null => return true,
            Value::Int(n) => self.sizes.add(*n),
            Value::Float(f) => self.floats.push(*f),
            Value::List(l) => self.sizes.add(len(l.len())),
            Value::Bytes(b) => self.sizes.add(len(b.len())),
            Value::Bool(b) => self.one(&b.to_string()),
            Value::Text(_) | Value::Blob(_) | Value::Struct(_) => {}
        }
        self.seen(value.json().to_string().as_bytes());
        false
    }

    fn seen(&mut self, bytes: &[u8]) {
        if self.distinct.len() <= DISTINCT_MAX {
            self.distinct.insert(cut_hash(bytes));
        }
    }

    fn one(&mut self, text: &str) {
        let Some(values) = self.values.as_mut().filter(|_| self.told) else { return };
        if text.chars().nth(VALUE_CHARS).is_some() {
            self.values = None;
            return;
        }
        match values.get_mut(text) {
            Some(n) => *n += 1,
            None => _ = values.insert(text.to_string(), 1),
        }
        if values.len() > VALUES {
            self.values = None;
        }
    }

    fn merge(&mut self, other: Counted) {
        self.rows += other.rows;
        self.veiled += other.veiled;
        self.nulls += other.nulls;
        for hash in other.distinct {
            if self.distinct.len() <= DISTINCT_MAX {
                self.distinct.insert(hash);
            }
        }
        self.sizes.merge(other.sizes);
        self.floats.extend(other.floats);
        self.values = match (self.values.take(), other.values) {
            (Some(mut own), Some(other)) => {
                other.into_iter().for_each(|(value, n)| *own.entry(value).or_default() += n);
                Some(own).filter(|own| own.len() <= VALUES)
            }
            _ => None,
        };
        for (own, of) in [(&mut self.by_split, other.by_split), (&mut self.by_source, other.by_source)] {
            for (name, n) in of {
                let filled = own.entry(name).or_default();
                filled.rows += n.rows;
                filled.nulls += n.nulls;
            }
        }
    }

    fn field(self, column: &Column) -> Field {
        let unit = match &column.ty {
            DataType::Utf8 => "characters",
            DataType::List(_) => "items",
            DataType::Binary => "bytes",
            _ => "",
        };
        // numbers of 64 bits may be telephone numbers: their spread would tell the least and the greatest one
        let told = !column.hidden || !unit.is_empty();
        let spread = self.sizes.spread().or_else(|| of_floats(self.floats)).filter(|_| told);
        let mut top: Vec<(String, u64)> = self.values.unwrap_or_default().into_iter().collect();
        let repeated = (top.len() as u64) * 2 <= self.rows - self.nulls || top.len() <= TOP;
        if column.hidden || !repeated {
            top.clear();
        }
        top.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let more = top.len().saturating_sub(TOP) as u64;
        top.truncate(TOP);
        Field {
            name: column.name.clone(),
            r#type: if column.hidden { keyless(&column.ty) } else { types::text(&column.ty) },
            rows: self.rows,
            nulls: self.nulls,
            distinct: self.distinct.len().min(DISTINCT_MAX) as u64,
            distinct_over: self.distinct.len() > DISTINCT_MAX,
            hidden: column.hidden,
            unit,
            spread,
            top,
            more,
            answers_hidden: self.veiled,
            by_split: self.by_split,
            by_source: self.by_source,
        }
    }
}

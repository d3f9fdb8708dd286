//! What `tamis show` prints: a table as a step left it with its numbers, labels by class and split, facts, and what the
//! step found. Values that may hold personal data stay hidden unless somebody asks for them.
use super::terminal::{number, plural};
use super::{lang, shown};
use crate::digest::cut_hash;
use crate::engine::ledger::{Reason, Times};
use crate::engine::session::Session;
use crate::engine::state::Partition;
use crate::manifest::sections::Privacy;
use crate::manifest::{self, Manifest};
use crate::model::votes::{each_class, is_nothing};
use crate::project::Project;
use crate::stage::{Fact, Fault};
use crate::stages::label::kinds;
use crate::table::{DataType, Value, types, value_at};
use std::collections::{BTreeMap, BTreeSet};

/// Different values are counted up to here.
const DISTINCT_MAX: usize = 10_000;
/// Values are told one by one if they are at most so many, and no longer than this.
const COMMON_MAX: usize = 8;
const COMMON_CHARS: usize = 40;
/// Ratings are told value by value if there are at most so many.
const RATINGS_MAX: usize = 12;
/// How much of a value a row shows, in characters.
const VALUE_CHARS: usize = 160;
/// A column of text makes room for cells up to this width.
const WIDE: usize = 48;

/// A table as a step left it.
pub struct Snapshot {
    pub table: String,
    pub columns: Vec<Column>,
    pub parts: Vec<Partition>,
}

/// A column that a step of the table wrote.
pub struct Column {
    pub name: String,
    pub ty: DataType,
    /// The steps that wrote it, of several sources all.
    pub writers: Vec<String>,
    /// It may hold personal data, and is not to be shown.
    pub hidden: bool,
}

/// Something that happened to one row.
pub struct Found {
    pub place: String,
    /// `finding`, `review`, `fail`, `dropped`, `merged`
    pub kind: &'static str,
    pub rule: String,
    pub say: String,
    pub key: String,
}

/// The key responsible with its line: `dataset.toml:24 preprocess.whitespace`.
pub fn key_at(m: &Manifest, key: &str) -> String {
    line_of(m, key).map_or(key.to_string(), |line| format!("{}:{line} {key}", m.file))
}

/// The line of the manifest at which a key stands, or the nearest table above it.
pub fn line_of(m: &Manifest, key: &str) -> Option<usize> {
    m.span_of(key).map(|span| m.line(span.start))
}

/// Columns of a table that no privacy step has covered after the first `steps` steps, without those that the manifest
/// calls harmless. Without `[privacy]`, none.
pub fn raw_columns(project: &Project, of: &str, steps: usize) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let Some((_, table)) = project.manifest.table(&["privacy"]) else { return out };
    for step in project.assembled.steps.iter().take(steps) {
        let ports = &step.plan.ports;
        if ports.into.as_ref().unwrap_or(&ports.table) == of {
            out.extend(step.unseen.iter().cloned());
            out.retain(|column| !step.plan.masks.contains(column));
        }
    }
    let privacy: Privacy = manifest::read(table).unwrap_or_default();
    for column in &privacy.harmless {
        out.remove(column.get());
    }
    out
}

impl Snapshot {
    /// Living rows; `None` where that is not known without a build.
    pub fn rows(&self) -> Option<u64> {
        self.parts.iter().map(|p| p.living.as_ref().map(|l| u64::from(l.count()))).sum()
    }

    /// Hands over the slots of a column, living rows only; `false` if they are not known.
    pub fn each(&self, s: &Session, name: &str, tell: &mut dyn FnMut(Value)) -> Result<bool, Fault> {
        for part in &self.parts {
            let Some(living) = &part.living else { return Ok(false) };
            let array = match part.columns.get(name) {
                Some(Some(digest)) => Some(s.array(*digest)?),
                Some(None) => return Ok(false),
                None => None,
            };
            for row in (0..living.rows()).filter(|r| living.is(*r)) {
                tell(array.as_ref().map_or(Value::Null, |a| value_at(a.as_ref(), row as usize)));
            }
        }
        Ok(true)
    }

    fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|c| c.name == name)
    }

    /// Each column with its type, its writers and its numbers.
    pub fn schema(&self, s: &Session) -> Result<String, Fault> {
        let mut lines = Vec::new();
        for c in &self.columns {
            let mut stats = Stats::default();
            let known = self.each(s, &c.name, &mut |v| stats.add(&v))?;
            let told = if known { stats.text(c) } else { "not built yet".to_string() };
            let told = lang::text(&told).into_owned();
            let hidden =
                if c.hidden { format!("   {}", lang::text("(raw: --raw shows values)")) } else { String::new() };
            lines.push([
                c.name.clone(),
                short(&c.type_told(), WIDE - 3),
                lang::text(&writers(&c.writers)).into_owned(),
                format!("{told}{hidden}"),
            ]);
        }
        Ok(aligned(&lines))
    }

    /// The labels of the table, by column.
    pub fn labels(&self, s: &Session) -> Result<Vec<(String, Labels)>, Fault> {
        let mut splits = Vec::new();
        if self.has("split") && !self.each(s, "split", &mut |v| splits.push(v.text().unwrap_or("none").to_string()))? {
            return Ok(Vec::new());
        }
        let mut out = Vec::new();
        for c in self.columns.iter().filter(|c| c.name.starts_with("label.")) {
            let mut labels = Labels::of(&c.ty);
            let mut at = 0;
            let mut tell = |v: Value| {
                labels.add(splits.get(at).map_or("all", String::as_str), &v);
                at += 1;
            };
            if self.each(s, &c.name, &mut tell)? {
                out.push((c.name.clone(), labels));
            }
        }
        Ok(out)
    }
}

/// A row, a column a line; values that may hold personal data are left out.
pub fn row_text(of: &Snapshot, value: impl Fn(&str) -> Value) -> String {
    let text =
        |c: &Column| if c.hidden { "(raw)".to_string() } else { short(&value_text(&value(&c.name)), VALUE_CHARS) };
    of.columns.iter().map(|c| format!("  {:<20} {}\n", c.name, text(c))).collect()
}

/// The numbers of a column.
#[derive(Default)]
struct Stats {
    rows: u64,
    nulls: u64,
    distinct: BTreeSet<u64>,
    /// Lengths of texts, lists and bytes; whole numbers themselves.
    sizes: Vec<i64>,
    /// Numbers with a point.
    floats: Vec<f64>,
    common: BTreeMap<String, u64>,
}

impl Stats {
    fn add(&mut self, v: &Value) {
        self.rows += 1;
        let text = match v {
            Value::Null => {
                self.nulls += 1;
                return;
            }
            Value::Text(t) => t.clone(),
            other => other.json().to_string(),
        };
        if self.distinct.len() <= DISTINCT_MAX {
            self.distinct.insert(cut_hash(text.as_bytes()));
        }
        self.sizes.extend(size(v));
        self.floats.extend(if let Value::Float(f) = v { Some(*f) } else { None });
        let plain = matches!(v, Value::Text(_) | Value::Bool(_));
        if plain && self.common.len() <= COMMON_MAX && text.chars().take(COMMON_CHARS + 1).count() <= COMMON_CHARS {
            *self.common.entry(text).or_default() += 1;
        }
    }

    fn text(&mut self, c: &Column) -> String {
        if self.rows == self.nulls {
            return if self.rows == 0 { "no rows".into() } else { "all null".into() };
        }
        let told: u64 = self.common.values().sum();
        let all = self.common.len() <= COMMON_MAX && told == self.rows - self.nulls;
        let few = all && !c.hidden && (self.common.len() as u64) < told;
        let over = self.distinct.len() > DISTINCT_MAX;
        let distinct =
            if over { format!("over {}", number(DISTINCT_MAX as u64)) } else { number(self.distinct.len() as u64) };
        let mut out = vec![format!("{} null", number(self.nulls)), format!("{distinct} distinct")];
        if few {
            let counts = self.common.iter().map(|(v, n)| format!("{v} {}", number(*n)));
            out.push(counts.collect::<Vec<_>>().join("  "));
        } else if let Some(unit) = unit(&c.ty).filter(|u| !(c.hidden && u.is_empty())) {
            out.extend(self.spread(unit));
        }
        out.join(", ")
    }

    /// `12 to 80 characters, median 33`
    fn spread(&mut self, unit: &str) -> Option<String> {
        self.sizes.sort();
        self.floats.sort_by(f64::total_cmp);
        if self.floats.is_empty() { spread_of(&self.sizes, unit) } else { spread_of(&self.floats, unit) }
    }
}

fn spread_of<T: std::fmt::Display>(sorted: &[T], unit: &str) -> Option<String> {
    let (min, max) = (sorted.first()?, sorted.last()?);
    let median = sorted.get((sorted.len() - 1) / 2)?;
    Some(format!("{min} to {max}{unit}, median {median}"))
}

/// What statistics are made of; `None` where there is nothing to measure.
fn size(v: &Value) -> Option<i64> {
    match v {
        Value::Text(t) => i64::try_from(t.chars().count()).ok(),
        Value::Int(i) => Some(*i),
        Value::List(l) => i64::try_from(l.len()).ok(),
        Value::Bytes(b) => i64::try_from(b.len()).ok(),
        _ => None,
    }
}

/// What the sizes of a column count; empty where they are the values themselves.
fn unit(ty: &DataType) -> Option<&'static str> {
    match ty {
        DataType::Utf8 => Some(" characters"),
        DataType::Binary => Some(" bytes"),
        DataType::List(_) => Some(" items"),
        DataType::Int32 | DataType::Int64 | DataType::UInt8 | DataType::UInt32 | DataType::Float64 => Some(""),
        _ => None,
    }
}

/// A column of labels, counted.
pub enum Labels {
    Classes(Classes),
    Ratings(Ratings),
}

impl Labels {
    fn of(ty: &DataType) -> Labels {
        match kinds::answering(ty) {
            Some(kind) if kind.scale => Labels::Ratings(Ratings::default()),
            _ => Labels::Classes(Classes::default()),
        }
    }

    fn add(&mut self, split: &str, v: &Value) {
        match self {
            Labels::Classes(of) => of.add(split, v),
            Labels::Ratings(of) => of.add(split, v),
        }
    }

    /// A line a class with the facts named after it; of ratings a line a value.
    pub fn by_class(&self, name: &str, facts: &BTreeMap<String, Fact>) -> String {
        match self {
            Labels::Classes(of) => of.by_class(name, facts),
            Labels::Ratings(of) => of.by_value(name),
        }
    }

    /// A line a split.
    pub fn by_split(&self, name: &str) -> String {
        match self {
            Labels::Classes(of) => of.by_split(name),
            Labels::Ratings(of) => of.by_split(name),
        }
    }
}

/// Classes counted by split.
#[derive(Default)]
pub struct Classes {
    /// class -> split -> (annotations, samples)
    classes: BTreeMap<String, BTreeMap<String, (u64, u64)>>,
    /// split -> samples
    splits: BTreeMap<String, Held>,
}

#[derive(Default, Clone, Copy)]
struct Held {
    samples: u64,
    /// Nobody labelled them.
    unlabelled: u64,
    /// Somebody looked and found nothing.
    empty: u64,
}

impl Classes {
    fn add(&mut self, split: &str, v: &Value) {
        let held = self.splits.entry(split.to_string()).or_default();
        held.samples += 1;
        held.unlabelled += u64::from(*v == Value::Null);
        held.empty += u64::from(is_nothing(v));
        let mut seen = BTreeSet::new();
        each_class(v, &mut |class| {
            let of = self.classes.entry(class.to_string()).or_default().entry(split.to_string()).or_default();
            of.0 += 1;
            of.1 += u64::from(seen.insert(class.to_string()));
        });
    }

    /// A line a class: annotations, samples, annotations in each split, and facts named after the class.
    fn by_class(&self, name: &str, facts: &BTreeMap<String, Fact>) -> String {
        let mut lines = vec![vec![name.to_string(), "annotations".into(), "samples".into()]];
        let splits: Vec<&String> = self.splits.keys().filter(|s| *s != "all").collect();
        lines.iter_mut().for_each(|l| l.extend(splits.iter().map(|s| s.to_string())));
        for (class, of) in &self.classes {
            let sum = |pick: fn(&(u64, u64)) -> u64| number(of.values().map(pick).sum());
            let mut line = vec![class.clone(), sum(|c| c.0), sum(|c| c.1)];
            line.extend(splits.iter().map(|s| number(of.get(*s).map_or(0, |c| c.0))));
            let annotations = Fact::from(of.values().map(|c| c.0).sum::<u64>());
            let named = |f: &str| f.rsplit_once('.').is_some_and(|(_, last)| last == class);
            let own = facts.iter().filter(|(f, v)| named(f) && **v != annotations);
            line.extend(own.map(|(f, v)| format!("{} {v}", f.trim_end_matches(class.as_str()).trim_end_matches('.'))));
            lines.push(line);
        }
        let total = |pick: fn(&Held) -> u64| self.splits.values().map(pick).sum::<u64>();
        let none = format!(
            "unlabelled {}, looked at and empty {}",
            number(total(|h| h.unlabelled)),
            number(total(|h| h.empty))
        );
        format!("{}  {none}\n", grid(&lines))
    }

    /// A line a split: its samples, those without a label, and the annotations of each class.
    fn by_split(&self, name: &str) -> String {
        let mut head = vec![name.to_string(), "samples".into(), "unlabelled".into(), "empty".into()];
        head.extend(self.classes.keys().cloned());
        let mut lines = vec![head];
        for (split, held) in &self.splits {
            let mut line = vec![split.clone(), number(held.samples), number(held.unlabelled), number(held.empty)];
            line.extend(self.classes.values().map(|of| number(of.get(split).map_or(0, |c| c.0))));
            lines.push(line);
        }
        grid(&lines)
    }
}

/// Ratings by split.
#[derive(Default)]
pub struct Ratings(BTreeMap<String, Rated>);

#[derive(Default)]
struct Rated {
    samples: u64,
    /// Of the samples that have one.
    values: Vec<f64>,
}

impl Rated {
    fn unlabelled(&self) -> u64 {
        self.samples - self.values.len() as u64
    }

    fn count(&self, value: f64) -> u64 {
        self.values.iter().filter(|v| **v == value).count() as u64
    }

    /// Mean to two decimals, least, median (the lower of two) and greatest.
    fn spread(&self) -> [String; 4] {
        let mut sorted = self.values.clone();
        sorted.sort_by(f64::total_cmp);
        let median = sorted.get(sorted.len().saturating_sub(1) / 2);
        let (Some(min), Some(median), Some(max)) = (sorted.first(), median, sorted.last()) else {
            return ["-"; 4].map(String::from);
        };
        let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
        [format!("{mean:.2}"), min.to_string(), median.to_string(), max.to_string()]
    }
}

impl Ratings {
    fn add(&mut self, split: &str, v: &Value) {
        let rated = self.0.entry(split.to_string()).or_default();
        rated.samples += 1;
        if let Value::Float(value) = v {
            rated.values.push(*value);
        }
    }

    /// The different values, from the least; none where they are too many to be told one by one.
    fn values(&self) -> Vec<f64> {
        let mut all: Vec<f64> = self.0.values().flat_map(|r| r.values.iter().copied()).collect();
        all.sort_by(f64::total_cmp);
        all.dedup();
        if all.len() > RATINGS_MAX { Vec::new() } else { all }
    }

    /// A line a value: samples, and samples in each split.
    fn by_value(&self, name: &str) -> String {
        let values = self.values();
        if values.is_empty() {
            return self.by_split(name);
        }
        let splits: Vec<&String> = self.0.keys().filter(|s| *s != "all").collect();
        let head = [name, "samples"].into_iter().chain(splits.iter().map(|s| s.as_str()));
        let mut lines: Vec<Vec<String>> = vec![head.map(String::from).collect()];
        for value in values {
            let mut line = vec![value.to_string(), number(self.0.values().map(|r| r.count(value)).sum())];
            line.extend(splits.iter().map(|s| number(self.0.get(*s).map_or(0, |r| r.count(value)))));
            lines.push(line);
        }
        format!("{}  unlabelled {}\n", grid(&lines), number(self.0.values().map(Rated::unlabelled).sum()))
    }

    /// A line a split: its samples, those without a rating, numbers of the ratings, and how many there are of each.
    fn by_split(&self, name: &str) -> String {
        let values = self.values();
        let mut head = [name, "samples", "unlabelled", "mean", "min", "median", "max"].map(String::from).to_vec();
        head.extend(values.iter().map(f64::to_string));
        let mut lines = vec![head];
        for (split, rated) in &self.0 {
            let mut line = vec![split.clone(), number(rated.samples), number(rated.unlabelled())];
            line.extend(rated.spread());
            line.extend(values.iter().map(|v| number(rated.count(*v))));
            lines.push(line);
        }
        grid(&lines)
    }
}

/// `STEP.NAME` and value, a line each.
pub fn facts(of: &BTreeMap<String, Fact>) -> String {
    let line = |(name, fact): (&String, &Fact)| {
        let own = format!("  {:<34} {}\n", shown::line(name), lang::text(&fact.to_string()));
        let Fact::Table { columns, rows } = fact else { return own };
        let more = rows.len().saturating_sub(TABLE_ROWS);
        let rows = rows.iter().take(TABLE_ROWS).cloned();
        let table = grid(&std::iter::once(columns.clone()).chain(rows).collect::<Vec<_>>());
        let more = if more > 0 { format!("  and {more} more\n") } else { String::new() };
        own + &(table + &more).lines().map(|line| format!("    {line}\n")).collect::<String>()
    };
    of.iter().map(line).collect()
}

/// How many rows are shown of a table of facts.
const TABLE_ROWS: usize = 20;

/// What happened, by what was done, rule and key: how many samples, and how often where that is more.
pub fn tally(m: &Manifest, of: &BTreeMap<Reason, Times>) -> String {
    let line = |((act, rule, key), n): (&Reason, &Times)| {
        let often = match *n {
            Times { samples: 0, times } => number(times),
            Times { samples, times } if samples == times => number(samples),
            Times { samples, times } => format!("{} ({} times)", number(samples), number(times)),
        };
        [often, act.to_string(), shown::line(rule).into_owned(), key_at(m, key)]
    };
    aligned(&of.iter().map(line).collect::<Vec<_>>())
}

/// Each finding: where, what, and the key responsible; and how many are not told.
pub fn findings(m: &Manifest, list: &[Found], total: u64) -> String {
    let cells = |f: &Found| [f.place.clone(), format!("{} {}", f.kind, f.rule), f.say.clone(), key_at(m, &f.key)];
    let line = |f: &Found| cells(f).map(|cell| shown::line(&cell).into_owned());
    let mut out = aligned(&list.iter().map(line).collect::<Vec<_>>());
    let more = total.saturating_sub(list.len() as u64);
    if total == 0 {
        out.push_str("  no findings\n");
    }
    if more > 0 {
        out.push_str(&format!("  and {} more (--limit N)\n", number(more)));
    }
    out
}

/// The head of a page: the step, its table and rows.
pub fn head(step: &str, snapshot: &Snapshot) -> String {
    let rows = snapshot.rows().map_or("rows not known before a build".into(), |n| plural(n, "row"));
    format!("{step}   {}   {rows}\n", snapshot.table)
}

impl Column {
    /// Its type; of a column that is not to be shown without the keys of its objects, which files name.
    pub fn type_told(&self) -> String {
        if self.hidden { keyless(&self.ty) } else { type_text(&self.ty) }
    }
}

/// A type in which objects tell how many keys they have.
pub fn keyless(ty: &DataType) -> String {
    match ty {
        DataType::List(f) => format!("list<{}>", keyless(f.data_type())),
        DataType::Struct(fields) => format!("struct<{}>", plural(fields.len() as u64, "key")),
        other => types::text(other),
    }
}

/// A type as people write it: `list<struct<class utf8, start u32>>`.
pub fn type_text(ty: &DataType) -> String {
    match ty {
        DataType::List(f) => format!("list<{}>", type_text(f.data_type())),
        DataType::Struct(fields) => {
            let inner = fields.iter().map(|f| format!("{} {}", f.name(), type_text(f.data_type())));
            format!("struct<{}>", inner.collect::<Vec<_>>().join(", "))
        }
        other => types::text(other),
    }
}

/// Two writers by name, of more the number.
fn writers(of: &[String]) -> String {
    match of {
        [first, second, _, ..] => format!("{first}, {second} and {} more", of.len() - 2),
        _ => of.join(", "),
    }
}

/// A value as text: texts as they are, bytes as their number, the rest as JSON.
pub fn value_text(v: &Value) -> String {
    match v {
        Value::Null => "null".into(),
        Value::Text(t) => t.clone(),
        Value::Bytes(b) => plural(b.len() as u64, "byte"),
        other => other.json().to_string(),
    }
}

/// One line of at most `chars` characters.
pub fn short(text: &str, chars: usize) -> String {
    let line = shown::line(text);
    match line.char_indices().nth(chars) {
        Some((at, _)) => format!("{}...", line.get(..at).unwrap_or(&line)),
        None => line.into_owned(),
    }
}

/// Columns of text as wide as they must be, the last one free.
fn aligned<const N: usize>(lines: &[[String; N]]) -> String {
    let widths = widths(lines.iter().map(|l| l.as_slice()));
    let mut out = String::new();
    for line in lines {
        let mut text = String::from(" ");
        for (i, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let width = if i + 1 < N { (*width).min(WIDE) } else { 0 };
            text.push_str(&format!(" {cell}{} ", pad(cell, width)));
        }
        out.push_str(&format!("{}\n", text.trim_end()));
    }
    out
}

/// A table of numbers: the first column to the left, the others to the right.
pub fn grid(lines: &[Vec<String>]) -> String {
    let cells = |line: &Vec<String>| line.iter().map(|cell| shown::line(cell).into_owned()).collect();
    let lines: Vec<Vec<String>> = lines.iter().map(cells).collect();
    let widths = widths(lines.iter().map(Vec::as_slice));
    let mut out = String::new();
    for line in &lines {
        let mut text = String::from(" ");
        for (i, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let pad = pad(cell, *width);
            text.push_str(&if i == 0 { format!(" {cell}{pad}") } else { format!("  {pad}{cell}") });
        }
        out.push_str(&format!("{}\n", text.trim_end()));
    }
    out
}

/// The widest cell of each column, in characters.
fn widths<'l>(lines: impl Iterator<Item = &'l [String]>) -> Vec<usize> {
    let mut out: Vec<usize> = Vec::new();
    for line in lines {
        out.resize(out.len().max(line.len()), 0);
        out.iter_mut().zip(line).for_each(|(w, cell)| *w = (*w).max(cell.chars().count()));
    }
    out
}

fn pad(cell: &str, width: usize) -> String {
    " ".repeat(width.saturating_sub(cell.chars().count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(ty: DataType, hidden: bool) -> Column {
        Column { name: "c".into(), ty, writers: Vec::new(), hidden }
    }

    fn stats(values: &[Value], c: &Column) -> String {
        let mut stats = Stats::default();
        values.iter().for_each(|v| stats.add(v));
        stats.text(c)
    }

    #[test]
    fn numbers_of_columns() {
        let text = |t: &str| Value::Text(t.into());
        let splits = [text("train"), text("train"), text("test"), Value::Null];
        assert_eq!(stats(&splits, &column(DataType::Utf8, false)), "1 null, 2 distinct, test 1  train 2");
        assert_eq!(stats(&splits, &column(DataType::Utf8, true)), "1 null, 2 distinct, 4 to 5 characters, median 5");
        let numbers = [Value::Int(3), Value::Int(1), Value::Int(9)];
        assert_eq!(stats(&numbers, &column(DataType::Int64, false)), "0 null, 3 distinct, 1 to 9, median 3");
        let exact = [Value::Int(i64::MAX), Value::Int(i64::MIN), Value::Int((1 << 53) + 1)];
        let told = stats(&exact, &column(DataType::Int64, false));
        assert!(told.ends_with("-9223372036854775808 to 9223372036854775807, median 9007199254740993"), "{told}");
        let floats = [Value::Float(0.5), Value::Float(-2.0)];
        assert_eq!(stats(&floats, &column(DataType::Float64, false)), "0 null, 2 distinct, -2 to 0.5, median -2");
        assert_eq!(stats(&[Value::Null], &column(DataType::Utf8, false)), "all null");
        assert_eq!(stats(&[], &column(DataType::Utf8, false)), "no rows");
    }

    #[test]
    fn labels_by_class_and_split() {
        let span = |class: &str| Value::Struct(vec![("class".into(), Value::Text(class.into()))]);
        let mut labels = Classes::default();
        labels.add("train", &Value::List(vec![span("PS"), span("PS"), span("LC")]));
        labels.add("test", &Value::List(vec![span("PS")]));
        labels.add("test", &Value::List(Vec::new()));
        labels.add("test", &Value::Null);
        let facts = BTreeMap::from([("agreement.PS".to_string(), Fact::Decimal("0.4".into()))]);
        let text = labels.by_class("label.ner", &facts);
        assert!(text.contains("  PS                   3        2     1      2  agreement 0.4\n"), "{text}");
        assert!(text.ends_with("  unlabelled 1, looked at and empty 1\n"), "{text}");
        let text = labels.by_split("label.ner");
        assert!(text.contains("  test             3           1      1   0   1\n"), "{text}");
    }

    #[test]
    fn ratings_by_value_and_split() {
        let mut ratings = Labels::of(&DataType::Float64);
        for (split, value) in [("train", 3.0), ("train", 0.5), ("train", 3.0), ("valid", 3.0)] {
            ratings.add(split, &Value::Float(value));
        }
        ratings.add("train", &Value::Null);
        ratings.add("test", &Value::Null);
        let split = ratings.by_split("label.x");
        let mut lines = split.lines().map(|l| l.split_whitespace().collect::<Vec<_>>());
        let head = ["label.x", "samples", "unlabelled", "mean", "min", "median", "max", "0.5", "3"];
        assert_eq!(lines.next().unwrap(), head);
        assert_eq!(lines.next().unwrap(), ["test", "1", "1", "-", "-", "-", "-", "0", "0"]);
        assert_eq!(lines.next().unwrap(), ["train", "4", "1", "2.17", "0.5", "3", "3", "1", "2"]);
        let value = ratings.by_class("label.x", &BTreeMap::new());
        assert!(value.contains("  0.5            1     0      1      0\n"), "{value}");
        assert!(value.ends_with("  unlabelled 2\n"), "{value}");
        (0..13).for_each(|i| ratings.add("valid", &Value::Float(f64::from(i) / 10.0)));
        assert_eq!(ratings.by_class("label.x", &BTreeMap::new()), ratings.by_split("label.x"));
        assert!(!ratings.by_split("label.x").contains("0.1"), "values are not told one by one");
    }

    #[test]
    fn long_values_are_cut() {
        assert_eq!(short("가나다라", 3), "가나다...");
        assert_eq!(short("a\nb", 9), "a\\nb");
    }
}

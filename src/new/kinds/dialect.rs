//! The dialect of a table in text: each dialect that is met in the wild is tried with the reader itself, and the one in
//! which most records are read without a word has it.
use super::header::{self, First};
use super::recogniser::{Key, encoding, options};
use crate::formats::encoding::{decoded, lines};
use crate::formats::spelling::{DATE, Spelling};
use crate::formats::{csv, named};
use crate::new::days;
use crate::new::folder::Beginning;
use crate::new::sample::{self, Column, Sample};
use crate::table::Value;
use std::collections::BTreeSet;

/// Which dialects a format may have; of each the first is its default.
pub struct Choices {
    pub format: &'static str,
    pub delimiters: &'static [&'static str],
    pub quotes: &'static [&'static str],
}

/// The keys of the dialect that reads the file best; `None` if it is no table.
pub fn of(b: &Beginning, c: &Choices) -> Option<Vec<Key>> {
    let encoding = encoding(b)?;
    let text = encoding.as_ref().map_or("utf-8", |key| key.value.as_str().unwrap_or("utf-8"));
    let lines = lines(&b.bytes, b.whole);
    // where some lines are damaged, the others show how values are parted
    let text = decoded(lines, text).unwrap_or_else(|_| String::from_utf8_lossy(lines));
    let mut best: Option<(Score, Vec<Key>)> = None;
    let quotes = Quotes::of(&text, c);
    let unquoted = |keys: &Vec<Key>| keys.iter().any(|key| key.name == "quote" && key.value == "");
    for keys in dialects(&text, c, quotes.open).into_iter().filter(|keys| !(quotes.most_quote() && unquoted(keys))) {
        let keys: Vec<Key> = encoding.iter().cloned().chain(keys).collect();
        let dialect = csv::declared(&options(named(c.format)?, &keys), c.format == "tsv");
        let keys = [keys, header::skipped(&text, &dialect).into_iter().collect()].concat();
        let Some(score) = score(b, c, &keys) else { continue };
        if best.as_ref().is_none_or(|(most, _)| score > *most) {
            best = Some((score, keys));
        }
    }
    let (score, mut keys) = best?;
    if score.columns < 2 && b.file.extension() != "csv" {
        return None; // called otherwise, and nothing in it parts values
    }
    for own in names(b, c, &keys).unwrap_or_default() {
        keys.retain(|key| key.name != own.name);
        keys.push(own);
    }
    if let Some(decimal) = decimal(b, c, &keys) {
        keys.push(decimal);
    }
    if let Some(null) = nulls(b, c, &keys) {
        keys.push(null);
    }
    if let Some(pattern) = sampled(b, c, &keys).and_then(|sample| days::pattern(&sample)) {
        keys.push(Key::new(DATE.name, pattern, "days are written so"));
    }
    Some(keys)
}

/// The dialects to try, the usual one first.
fn dialects(text: &str, c: &Choices, open: Option<usize>) -> Vec<Vec<Key>> {
    let escapes: &[&str] = if text.contains("\\\"") { &["", "\\"] } else { &[""] };
    let mut all = Vec::new();
    for (n, delimiter) in c.delimiters.iter().enumerate() {
        for (m, quote) in c.quotes.iter().enumerate() {
            for escape in escapes {
                let mut keys = Vec::new();
                if n > 0 {
                    keys.push(Key::new("delimiter", *delimiter, "so the lines come apart into equally many values"));
                }
                if m > 0 {
                    let why = match (quote.is_empty(), open) {
                        (true, Some(line)) => format!("quotes stand within values, the first in line {line}"),
                        (true, None) => "quotes stand within values".into(),
                        (false, _) => "values stand in quotes".into(),
                    };
                    keys.push(Key::new("quote", *quote, why));
                }
                if !escape.is_empty() {
                    keys.push(Key::new("escape", *escape, "it stands in front of quotes"));
                }
                all.push(keys);
            }
        }
    }
    all
}

/// What the quotes of a text are, line by line.
struct Quotes {
    /// Values that begin and end with one.
    closed: usize,
    /// Lines with one that is opened and not closed, or that stands within a value; and the first of them, from 1.
    stray: usize,
    open: Option<usize>,
}

impl Quotes {
    fn of(text: &str, c: &Choices) -> Quotes {
        let mut out = Quotes { closed: 0, stray: 0, open: None };
        for (n, line) in text.lines().enumerate().filter(|(_, line)| line.contains('"')) {
            let odd = line.matches('"').count() % 2 == 1;
            let begins = |value: &str| value.len() > 1 && value.starts_with('"');
            let ends = |value: &str| value.len() > 1 && value.ends_with('"');
            let closed = |mark: &&str| {
                let values = || line.split(*mark);
                values().filter(|v| begins(v)).count().min(values().filter(|v| ends(v)).count())
            };
            out.closed += if odd { 0 } else { c.delimiters.iter().map(closed).max().unwrap_or(0) };
            if odd {
                out.stray += 1;
                out.open.get_or_insert(n + 1);
            }
        }
        out
    }

    /// Whether quotes part values from each other in so many lines that those where they do not are mistakes.
    fn most_quote(&self) -> bool {
        self.closed > 2 && self.closed > self.stray * 3
    }
}

/// How well a dialect reads a file; the greater the better.
#[derive(PartialEq, PartialOrd)]
struct Score {
    /// Whether there are several columns.
    several: bool,
    /// The share of records that are read, in thousandths.
    read: usize,
    /// Those of which nothing is to be said.
    silent: usize,
    columns: usize,
}

fn score(b: &Beginning, c: &Choices, keys: &[Key]) -> Option<Score> {
    let sample = sampled(b, c, keys)?;
    let all = (sample.rows + sample.rejected).max(1);
    let columns = sample.columns.len();
    let read = sample.rows * 1000 / all;
    let told = sample.told.min(sample.rows);
    let silent = (sample.rows - told) * 1000 / all;
    (columns > 0).then_some(Score { several: columns > 1 && read > 500, read, silent, columns })
}

fn sampled(b: &Beginning, c: &Choices, keys: &[Key]) -> Option<Sample> {
    let format = named(c.format)?;
    let own = options(format, keys);
    if let Ok(sample) = sample::of(b, format, &own, &[]) {
        return Some(sample);
    }
    // a header that repeats a name is none: with names of its own the file may be read
    let names = Key::new("names", numbered(c, keys, b)?, "");
    let own = options(format, &[keys, &[names]].concat());
    sample::of(b, format, &own, &[]).ok()
}

/// Names for as many columns as the first record has values.
fn numbered(c: &Choices, keys: &[Key], b: &Beginning) -> Option<Vec<String>> {
    let options = options(named(c.format)?, keys);
    let (rows, _) = csv::top(&options, c.format == "tsv", &b.bytes, 1)?;
    Some((1..=rows.first()?.len()).map(|n| format!("column-{n}")).collect())
}

/// The names of the columns, where the first record is data as those behind it are, or where it says a name twice.
fn names(b: &Beginning, c: &Choices, keys: &[Key]) -> Option<Vec<Key>> {
    let own = options(named(c.format)?, keys);
    let read = sample::of(b, named(c.format)?, &own, &[]);
    let sample = sampled(b, c, keys)?;
    let columns = if read.is_ok() { header::named(&sample.columns) } else { header::above_values(&sample.columns) };
    match header::judged(&columns, NULLS) {
        First::Names if read.is_ok() => {
            let units = header::units(&columns)?;
            header::above_units(&own, c.format == "tsv", &b.bytes, &units)
        }
        First::Names => {
            let records = 1 + usize::from(header::is_second(&columns));
            header::told_apart(&own, c.format == "tsv", &b.bytes, records)
        }
        First::Data(why) => {
            let why = format!("{why}, so it names no columns: give them names of your own");
            Some(vec![Key::new("names", numbered(c, keys, b)?, why)])
        }
    }
}

/// Whether numbers have a comma before their fraction: a column of them shows it, in which not every comma stands before
/// three digits, as it would between thousands.
fn decimal(b: &Beginning, c: &Choices, keys: &[Key]) -> Option<Key> {
    let sample = sampled(b, c, keys)?;
    let key = Key::new("decimal", ",", "numbers are written so");
    let spelling = Spelling::of(&options(named(c.format)?, std::slice::from_ref(&key)));
    let fraction = |t: &str| t.split_once(',').map(|(_, f)| f.len());
    let shows = |column: &Column| {
        let texts: Vec<&str> =
            column.there().filter_map(Value::text).map(str::trim).filter(|t| !t.is_empty()).collect();
        let numbers = texts.iter().all(|t| spelling.value(t, "f64").is_ok());
        numbers && texts.iter().any(|t| fraction(t).is_some_and(|len| len != 3))
    };
    sample.columns.iter().any(shows).then_some(key)
}

/// What stands for no value among numbers.
const NULLS: &[&str] = &["NA", "N/A", "na", "n/a", "NaN", "nan", "NULL", "null", "None", "\\N", "?", "-", "."];

/// The spellings of no value, by the columns that hold numbers otherwise.
fn nulls(b: &Beginning, c: &Choices, keys: &[Key]) -> Option<Key> {
    let sample = sampled(b, c, keys)?;
    let plain = Spelling::of(&options(named(c.format)?, keys));
    let mut found = BTreeSet::new();
    for column in &sample.columns {
        let texts: Vec<&str> = column.there().filter_map(Value::text).filter(|t| !t.trim().is_empty()).collect();
        let others: Vec<&str> = texts.iter().filter(|t| plain.value(t, "f64").is_err()).copied().collect();
        let known = others.iter().all(|t| NULLS.contains(&t.trim()));
        if !others.is_empty() && known && others.len() * 2 < texts.len() {
            found.extend(others.into_iter().map(|t| t.trim().to_string()));
        }
    }
    let all: Vec<String> = found.into_iter().collect();
    let why = "it stands among numbers; in columns of text it is no value either";
    (!all.is_empty()).then(|| Key::new("null", all, why))
}

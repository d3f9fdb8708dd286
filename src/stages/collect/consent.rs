//! `collect/consent`: samples of people who have withdrawn their consent leave the data set.
//!
//! ```toml
//! [collect.patients]
//! consent = { file = "secure/withdrawn.txt", on = "patient_id" }
//! ```
//!
//! Stands there where a source names such a list. Reads `source` and the columns of the lists. A sample whose value is on the
//! list of its source is dropped (`consent.withdrawn`) before any other step sees it: all its columns are emptied, and its id
//! becomes `withdrawn:DIGEST`, so that no later step, no queue and no list of votes holds anything of it; what else names the
//! old id is told there as meeting no sample. The list itself is in no recipe and no ledger: they hold digests, which are
//! keyed where the manifest has `[privacy] key`. Finding: `consent.unmet`, the numbers of the lines of
//! a list that meet no sample of the source.
//! Limits: a list of at most 4 MiB; values are compared as whole texts in one normal form (NFC), without white space around
//! them; a number is also met by its other spelling (`2` and `2.0`), and a truth value by `true` and `True`. A `#` behind a value is
//! part of it. A list that meets nothing fails the build, unless `min_met = 0` says that this may be.
//! The user's own files are not changed: while a file still lies there that is named like a sample, the table of files
//! in the store names it.
use crate::diag::Diagnostic;
use crate::digest::{Digest, keyed};
use crate::manifest::sources::{Consent, terms};
use crate::measure::names::{self, composed};
use crate::stage::*;
use crate::table::value::column;
use crate::table::{DataType, Value, types, value_at};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub const ENTRY: Entry = Entry::row::<Withdrawn>(CONSENT, "collect", declare);

/// Why a sample is dropped. What it held is told by no verb.
pub const WITHDRAWN: &str = "consent.withdrawn";

/// What recipes call the step.
pub const CONSENT: &str = "collect/consent";

/// Whole numbers below it are exact as floating-point numbers: 2^53.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;
/// So many ranges of lines are named that meet nothing.
const RANGES: usize = 20;
/// Bytes of a list.
const LIST_MAX: u64 = 4 << 20;
/// The purpose of the key.
const CONTEXT: &str = "tamis withdrawn 1";
/// Columns that stay as they are: which source a sample was of is no secret.
const KEPT: [&str; 2] = ["id", "source"];

fn declare(check: &mut Check) -> Vec<Plan> {
    let lists: Vec<(String, Consent)> =
        terms(check.manifest).into_iter().filter_map(|s| Some((s.name, s.consent?))).collect();
    let Some((_, first)) = lists.first() else { return Vec::new() };
    let asked = first.file.span();
    let secret = match check.manifest.table(&["privacy", "key"]) {
        Some(_) => check.secret(asked, CONTEXT),
        None => None,
    };
    let key = secret.as_ref().and_then(key_of);
    let mut map = Map { fingerprint: secret.as_ref().map(Secret::fingerprint), ..Map::default() };
    let mut reads = KEPT.map(String::from).to_vec();
    let (mut listed_lines, mut gates) = (Listed::default(), Vec::new());
    for (source, consent) in lists {
        let Some(values) = listed(check, &consent) else { continue };
        if !check_column(check, &consent) {
            continue;
        }
        reads.push(consent.on.get().clone());
        gates.push(gate(&source, &consent, values.len()));
        let lines: BTreeMap<String, u64> =
            values.iter().map(|(value, line)| (mark(key.as_ref(), &source, value), *line)).collect();
        let marks = lines.keys().cloned().collect();
        listed_lines.lines.insert(source.clone(), lines);
        map.lists.insert(source, List { on: consent.on.get().clone(), marks });
    }
    let known = check.columns.get("samples").into_iter().flatten();
    let written: Vec<(String, Column)> = known
        .filter(|(name, _)| *name != "source")
        .map(|(name, column)| (name.clone(), written(name, column)))
        .collect();
    reads.sort();
    reads.dedup();
    let mut apply_reads: Vec<String> = written.iter().map(|(name, _)| name.clone()).collect();
    apply_reads.push("source".into());
    let ports = Ports { table: "samples".into(), reads, apply_reads, writes: written, drops: true, ..Ports::default() };
    let plan = Plan::row::<Withdrawn>(ports, &map, &listed_lines, &Nothing {}).word("consent");
    vec![Plan { secret, gates, ..plan }]
}

/// Notes a column that is not there, or whose values no line of a text can name.
fn check_column(check: &mut Check, consent: &Consent) -> bool {
    if consent.on.as_str() == "id" {
        return true;
    }
    let Some(column) = check.known(&consent.on) else { return false };
    let mut ty = &column.ty;
    while let DataType::List(item) = ty {
        ty = item.data_type();
    }
    let named = matches!(ty, DataType::Utf8 | DataType::Boolean) || (ty.is_numeric() && !ty.is_temporal());
    if !named {
        let message = format!("no line of a list can name a value of `{}`", consent.on.get());
        let problem = Diagnostic::error("T0451", consent.on.span(), message);
        let problem = problem.label(format!("it holds {}", types::text(&column.ty)));
        check.bad(problem.help("a column of texts, whole numbers, numbers or truth values, or a list of these"));
    }
    named
}

/// A list that meets no sample names another column, or writes its values otherwise: who is on it would stay.
fn gate(source: &str, consent: &Consent, values: usize) -> Gate {
    let (least, span) = match &consent.min_met {
        Some(least) => (*least.get(), least.span()),
        None => (1.min(values as u64), consent.file.span()),
    };
    let key = format!("collect.{source}.consent.min_met");
    Gate::at_least(key, format!("{CONSENT}.met.{source}"), least.into(), span)
        .say(format!("the list of withdrawn consent meets too few samples of collect.{source}"))
        .look(format!("tamis show {CONSENT} --findings; `min_met = 0` allows a list that meets nothing"))
}

/// An id has rules of its own, as where it was collected.
fn written(name: &str, column: &Column) -> Column {
    if name == "id" { column.clone().harmless() } else { column.clone() }
}

/// The values of a list, each with the number of its first line; `None` with the problem noted.
fn listed(check: &mut Check, consent: &Consent) -> Option<BTreeMap<String, u64>> {
    let bytes = check.world.read(&consent.file, LIST_MAX).ok();
    let size = check.world.stat(&consent.file)?.size; // that it is not there is told by the source
    let text = bytes.filter(|_| size <= LIST_MAX).and_then(|bytes| String::from_utf8(bytes).ok());
    let Some(text) = text else {
        let say = if size > LIST_MAX { format!("it has {size} bytes") } else { "it is not UTF-8".to_string() };
        let problem = Diagnostic::error("T0450", consent.file.span(), "this list cannot be read").label(say);
        check.bad(problem.help(format!("a text file of at most {} MiB, one value a line", LIST_MAX >> 20)));
        return None;
    };
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim).zip(1..);
    let mut out = BTreeMap::new();
    for (line, number) in lines.filter(|(l, _)| !l.is_empty() && !l.starts_with('#')) {
        out.entry(composed(line).to_string()).or_insert(number);
    }
    Some(out)
}

/// The key as the kernel is given it.
fn key_of(secret: &Secret) -> Option<Digest> {
    let given: Given = serde_json::from_str(&secret.added("{}")).ok()?;
    Digest::parse(&given.secret?)
}

#[derive(Deserialize)]
struct Given {
    secret: Option<String>,
}

/// What stands for a value of a source: nobody can read the value out of it, and with a key nobody can try values either.
fn mark(key: Option<&Digest>, source: &str, value: &str) -> String {
    let bytes = serde_json::to_vec(&(source, composed(value.trim()))).unwrap_or_default();
    let digest = key.map_or_else(|| Digest::derive(CONTEXT, &bytes), |key| keyed(key, &bytes));
    digest.hex().chars().take(32).collect()
}

/// The id of a withdrawn sample, from what the step's kernel was given; `None` where the text is no such thing.
pub fn withdrawn_id(given: &str, id: &str) -> Option<String> {
    let p: Map = serde_json::from_str(given).ok()?;
    Some(hidden(p.key().as_ref(), id))
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    lists: BTreeMap<String, List>,
    /// Of the key, so that another key is another result.
    #[serde(default, skip_serializing_if = "is_default")]
    fingerprint: Option<String>,
    /// The key in hex digits; it is added where the kernel is called.
    #[serde(default, skip_serializing_if = "is_default")]
    secret: Option<String>,
}

impl Map {
    fn key(&self) -> Option<Digest> {
        Digest::parse(self.secret.as_ref()?)
    }
}

/// The list of a source.
#[derive(Serialize, Deserialize, Default, PartialEq)]
struct List {
    on: String,
    #[serde(default, skip_serializing_if = "is_default")]
    marks: BTreeSet<String>,
}

/// The texts that a cell may be known by: its own, or each of a list. Tables of Python write whole numbers as `2.0` where a
/// column lacks a value, and truth values as `True`.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::Int(n) => vec![n.to_string(), format!("{n}.0")],
        Value::Float(x) if x.fract() == 0.0 && x.abs() < WHOLE_MAX => words(&Value::Int(*x as i64)),
        Value::Float(x) => vec![x.to_string()],
        Value::Bool(yes) => [["false", "False"], ["true", "True"]][usize::from(*yes)].map(String::from).to_vec(),
        Value::List(all) => all.iter().flat_map(words).collect(),
        other => other.text().map(str::to_string).into_iter().collect(),
    }
}

struct Withdrawn;

impl RowStage for Withdrawn {
    const USES: &'static [&'static str] = names::USES;
    const MAP: u32 = 2;
    const GATHER: Option<GatherPart<Self>> = Some((2, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Map;
    type Gather = Listed;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let key = p.key();
        let (sources, ids) = (rows.texts("source")?, rows.texts("id")?);
        for (source, list) in &p.lists {
            let own = |row: &usize| sources.get(*row).is_some_and(|s| s.as_ref() == Some(source));
            if !(0..rows.len()).any(|row| own(&row)) {
                continue;
            }
            let on = rows.column(&list.on)?;
            for row in (0..rows.len()).filter(own) {
                let marks = words(&value_at(on.as_ref(), row)).into_iter().map(|w| mark(key.as_ref(), source, &w));
                for met in marks.filter(|mark| list.marks.contains(mark)) {
                    let id = ids.get(row).and_then(Option::as_deref).unwrap_or_default();
                    summary.put(format!("{source}\t{met}"), row, hidden(key.as_ref(), id));
                }
            }
        }
        Ok(Delta::default())
    }
}

/// The id of a withdrawn sample.
fn hidden(key: Option<&Digest>, id: &str) -> String {
    format!("withdrawn:{}", mark(key, "", id))
}

/// What the gather needs to know of the lists.
#[derive(Serialize, Deserialize, Default)]
struct Listed {
    /// Of each source the lines of its list, by what stands for their values.
    #[serde(default, skip_serializing_if = "is_default")]
    lines: BTreeMap<String, BTreeMap<String, u64>>,
}

impl Withdrawn {
    /// Decides about the samples, and tells which lines of each list meet none.
    fn gather(p: &Listed, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut met: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for hit in hits.iter() {
            out.put(hit.at, &hit.value);
            let key = String::from_utf8_lossy(&hit.key);
            let Some((source, mark)) = key.split_once('\t') else { continue };
            if !met.get(source).is_some_and(|own| own.contains(mark)) {
                met.entry(source.to_string()).or_default().insert(mark.to_string());
            }
        }
        for (source, lines) in &p.lines {
            let met = met.remove(source).unwrap_or_default();
            let unmet: BTreeSet<u64> = lines.iter().filter(|l| !met.contains(l.0)).map(|l| *l.1).collect();
            out.fact(format!("listed.{source}"), lines.len() as u64);
            out.fact(format!("met.{source}"), met.len() as u64);
            if !unmet.is_empty() {
                let (n, of, at) = (unmet.len(), lines.len(), ranges(&unmet));
                let say = format!("{n} of {of} values of the list meet no sample of the source: {at}");
                out.remark(format!("collect.{source}.consent"), "consent.unmet", say);
            }
        }
        Ok(())
    }

    /// Drops the samples, empties their columns, and gives them other ids.
    fn apply(_: &Nothing, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        if slice.rows.is_empty() {
            return Ok(delta);
        }
        let bug = |say: String| Fault::Bug(format!("a column cannot be emptied: {say}"));
        let sources = rows.texts("source")?;
        for row in slice.rows.keys() {
            let source = sources.get(*row as usize).cloned().flatten().unwrap_or_default();
            let say = "whose sample it is has withdrawn consent";
            delta.event(*row as usize, Act::DROP, format!("collect.{source}.consent"), WITHDRAWN, say);
        }
        for name in rows.names().filter(|name| *name != "source").map(String::from).collect::<Vec<_>>() {
            let before = rows.column(&name)?;
            let value = |row: usize| match slice.rows.get(&(row as u32)) {
                Some(id) if name == "id" => Value::Text(String::from_utf8_lossy(id).into_owned()),
                Some(_) => Value::Null,
                None => value_at(before.as_ref(), row),
            };
            let values: Vec<Value> = (0..rows.len()).map(value).collect();
            delta.write(name, column(before.data_type(), &values).map_err(bug)?);
        }
        Ok(delta)
    }
}

/// `lines 3, 5-9 and 12 more`.
fn ranges(lines: &BTreeSet<u64>) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for line in lines {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *line => *last = *line,
            _ => ranges.push((*line, *line)),
        }
    }
    let more: u64 = ranges.iter().skip(RANGES).map(|(first, last)| last - first + 1).sum();
    let word = |(first, last): &(u64, u64)| if first == last { first.to_string() } else { format!("{first}-{last}") };
    let named: Vec<String> = ranges.iter().take(RANGES).map(word).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{} {}{more}", if lines.len() == 1 { "line" } else { "lines" }, named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_tell_nothing_without_the_key_and_one_value_in_two_spellings_is_one() {
        let key = Digest::of(b"a key");
        assert_eq!(mark(None, "a", " kim\u{301} "), mark(None, "a", "ki\u{1e3f}"));
        assert_ne!(mark(None, "a", "kim"), mark(None, "b", "kim"));
        assert_ne!(mark(Some(&key), "a", "kim"), mark(None, "a", "kim"));
        assert_eq!(mark(None, "a", "kim").len(), 32);
        let given = withdrawn_id("{}", "kim").unwrap();
        assert!(given.starts_with("withdrawn:") && !given.contains("kim"));
        assert_eq!(words(&Value::List(vec![Value::Int(7), Value::Text("x".into())])), ["7", "7.0", "x"]);
    }

    #[test]
    fn numbers_and_truth_values_are_met_in_their_spellings() {
        assert_eq!(words(&Value::Float(2.0)), ["2", "2.0"]);
        assert_eq!(words(&Value::Float(-0.0)), ["0", "0.0"]);
        assert_eq!(words(&Value::Float(2.5)), ["2.5"]);
        assert_eq!(words(&Value::Bool(true)), ["true", "True"]);
        assert!(words(&Value::Null).is_empty());
    }

    #[test]
    fn lines_are_named_as_ranges() {
        assert_eq!(ranges(&[3].into()), "line 3");
        assert_eq!(ranges(&[3, 5, 6, 7].into()), "lines 3, 5-7");
        assert!(ranges(&(0..50).map(|n| 2 * n).collect()).ends_with(", 38 and 30 more"));
    }
}

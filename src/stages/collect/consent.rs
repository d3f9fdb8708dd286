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
//! keyed where the manifest has `[privacy] key`. Finding: `consent.unmet`, lines of a list that meet no sample of the source.
//! Limits: a list of at most 4 MiB; values are compared as whole texts in one normal form (NFC), without white space around
//! them. The user's own files are not changed: while a file still lies there that is named like a sample, the table of files
//! in the store names it.
use crate::diag::Diagnostic;
use crate::digest::{Digest, keyed};
use crate::manifest::sources::{Consent, terms};
use crate::measure::names::{self, composed};
use crate::stage::*;
use crate::table::value::column;
use crate::table::{Value, value_at};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub const ENTRY: Entry = Entry::row::<Withdrawn>(CONSENT, "collect", declare);

/// Why a sample is dropped. What it held is told by no verb.
pub const WITHDRAWN: &str = "consent.withdrawn";

/// What recipes call the step.
pub const CONSENT: &str = "collect/consent";

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
    for (source, consent) in lists {
        let Some(values) = listed(check, &consent) else { continue };
        if consent.on.as_str() != "id" && check.known(&consent.on).is_none() {
            continue;
        }
        reads.push(consent.on.get().clone());
        let marks = values.iter().map(|value| mark(key.as_ref(), &source, value)).collect();
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
    let count = |(source, list): (&String, &List)| (source.clone(), list.marks.len() as u64);
    let listed = Listed { values: map.lists.iter().map(count).collect() };
    vec![Plan { secret, ..Plan::row::<Withdrawn>(ports, &map, &listed, &Nothing {}).word("consent") }]
}

/// An id has rules of its own, as where it was collected.
fn written(name: &str, column: &Column) -> Column {
    if name == "id" { column.clone().harmless() } else { column.clone() }
}

/// The values of a list; `None` with the problem noted.
fn listed(check: &mut Check, consent: &Consent) -> Option<BTreeSet<String>> {
    let bytes = check.world.read(&consent.file, LIST_MAX).ok();
    let size = check.world.stat(&consent.file)?.size; // that it is not there is told by the source
    let text = bytes.filter(|_| size <= LIST_MAX).and_then(|bytes| String::from_utf8(bytes).ok());
    let Some(text) = text else {
        let say = if size > LIST_MAX { format!("it has {size} bytes") } else { "it is not UTF-8".to_string() };
        let problem = Diagnostic::error("T0450", consent.file.span(), "this list cannot be read").label(say);
        check.bad(problem.help(format!("a text file of at most {} MiB, one value a line", LIST_MAX >> 20)));
        return None;
    };
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    Some(lines.filter(|l| !l.is_empty() && !l.starts_with('#')).map(|l| composed(l).to_string()).collect())
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

/// The texts that a cell may be known by: its own, or each of a list.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::Int(n) => vec![n.to_string()],
        Value::List(all) => all.iter().flat_map(words).collect(),
        other => other.text().map(str::to_string).into_iter().collect(),
    }
}

struct Withdrawn;

impl RowStage for Withdrawn {
    const USES: &'static [&'static str] = names::USES;
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
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
    /// Of each source, how many values its list has.
    #[serde(default, skip_serializing_if = "is_default")]
    values: BTreeMap<String, u64>,
}

impl Withdrawn {
    /// Decides about the samples, and tells how many lines of each list meet none.
    fn gather(p: &Listed, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let (mut met, mut last): (BTreeMap<String, u64>, Vec<u8>) = (BTreeMap::new(), Vec::new());
        for hit in hits.iter() {
            out.put(hit.at, &hit.value);
            if hit.key.as_ref() != last.as_slice() {
                let source = String::from_utf8_lossy(&hit.key).split('\t').next().unwrap_or_default().to_string();
                *met.entry(source).or_default() += 1;
                last = hit.key.to_vec();
            }
        }
        for (source, values) in &p.values {
            let met = met.get(source).copied().unwrap_or(0);
            out.fact(format!("listed.{source}"), *values);
            out.fact(format!("met.{source}"), met);
            if met < *values {
                let say = format!("{} of {values} values of the list meet no sample of the source", values - met);
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
        assert_eq!(words(&Value::List(vec![Value::Int(7), Value::Text("x".into())])), ["7", "x"]);
    }
}

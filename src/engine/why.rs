//! Why a step would run, against the record of the last build: a changed head is told line by line, a changed input
//! descends from column to partition to rows. Two hashes are not a reason.
use super::build::{Built, StepRun};
use super::record::{PartRecord, Record, heads};
use super::session::Session;
use super::{Step, ledger};
use crate::digest::Digest;
use crate::table::{self, Value, value_at};
use std::collections::{BTreeMap, BTreeSet};

/// What changed for one step.
#[derive(Debug, Default)]
pub struct Why {
    /// The step was not in the last build, or there was none.
    pub new: bool,
    /// Lines of heads: (before, now).
    pub heads: Vec<(String, String)>,
    /// Columns, with the rows in which each changed.
    pub columns: BTreeMap<String, Vec<RowChange>>,
    pub added: Vec<(String, Option<String>)>,
    pub removed: Vec<String>,
    /// Partitions that the step was not given before.
    pub partitions: usize,
    pub of: usize,
    /// Only which rows live changed.
    pub living: bool,
    /// Something that it reads must be built first.
    pub unknown: bool,
}

/// A row whose value changed; the values are `None` where the bytes are gone.
#[derive(Debug, Clone)]
pub struct RowChange {
    pub id: String,
    pub place: Option<String>,
    pub before: Option<Value>,
    pub now: Option<Value>,
}

impl Why {
    pub fn nothing(&self) -> bool {
        !self.new && self.heads.is_empty() && self.partitions == 0 && !self.living && !self.unknown
    }
}

/// Compares a step with the last build.
pub fn why(s: &Session, built: &Built, index: usize, last: Option<&Record>) -> Why {
    let (step, run) = (&s.steps[index], &built.runs[index]);
    let mut out = Why { of: run.parts.len(), unknown: run.may, ..Why::default() };
    let Some(before) = last.and_then(|l| l.steps.get(&step.name)) else {
        out.new = true;
        return out;
    };
    out.heads = changed_heads(&before.heads, &heads(step));
    let was: BTreeSet<&PartRecord> = before.parts.iter().collect();
    let now: Vec<(usize, PartRecord)> = run.parts.iter().enumerate().map(|(i, p)| (i, super::record::part_record(step, p))).collect();
    let changed: Vec<&(usize, PartRecord)> = now.iter().filter(|(_, p)| !was.iter().any(|w| w.reads == p.reads)).collect();
    let gone: Vec<&&PartRecord> = was.iter().filter(|w| !now.iter().any(|(_, p)| p.reads == w.reads)).collect();
    out.partitions = changed.len();
    out.living = changed.is_empty() && now.iter().any(|(_, p)| !was.iter().any(|w| w.living == p.living && w.reads == p.reads));
    compare(s, built, step, run, &changed, &gone, &mut out);
    out
}

/// Lines that differ, head by head; a changed version stands first.
fn changed_heads(before: &[String], now: &[String]) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for (b, n) in before.iter().zip(now) {
        let part = n.lines().nth(1).unwrap_or_default();
        for (b, n) in b.lines().zip(n.lines()).filter(|(b, n)| b != n) {
            out.extend(changed_params(part, b, n));
        }
    }
    if before.len() != now.len() {
        out.push((format!("{} kernels", before.len()), format!("{} kernels", now.len())));
    }
    out
}

/// Parameters key by key, other lines as they are.
fn changed_params(part: &str, before: &str, now: &str) -> Vec<(String, String)> {
    let object = |line: &str| -> Option<serde_json::Map<String, serde_json::Value>> {
        serde_json::from_str(line.strip_prefix("params ")?).ok()
    };
    let (Some(b), Some(n)) = (object(before), object(now)) else { return vec![(format!("{part}: {before}"), now.to_string())] };
    let keys: BTreeSet<&String> = b.keys().chain(n.keys()).collect();
    let show = |v: Option<&serde_json::Value>| v.map_or("default".to_string(), ToString::to_string);
    let differ = keys.into_iter().filter(|k| b.get(*k) != n.get(*k));
    differ.map(|k| (format!("{k} = {}", show(b.get(k))), format!("{k} = {}", show(n.get(k))))).collect()
}

/// Rows by id: where each stands, and its values.
type Rows = BTreeMap<String, BTreeMap<String, Option<Value>>>;

fn compare(s: &Session, built: &Built, step: &Step, run: &StepRun, changed: &[&(usize, PartRecord)], gone: &[&&PartRecord], out: &mut Why) {
    let names: BTreeSet<&String> = changed.iter().flat_map(|c| c.1.reads.keys()).chain(gone.iter().flat_map(|g| g.reads.keys())).collect();
    let names: Vec<&String> = names.into_iter().filter(|n| *n != "id").collect();
    let mut before = Rows::new();
    gone.iter().for_each(|g| rows_of(s, &g.reads, &names, &mut before));
    let mut now = Rows::new();
    let mut places: BTreeMap<String, (usize, u32)> = BTreeMap::new();
    for (i, p) in changed {
        rows_of(s, &p.reads, &names, &mut now);
        for (row, id) in ids(s, &p.reads).into_iter().enumerate() {
            places.insert(id, (*i, row as u32));
        }
    }
    let place = |id: &String| {
        let (i, row) = places.get(id)?;
        let part = &run.parts.get(*i)?.before;
        ledger::origin(s, built, part, *row).or_else(|| {
            let scan = step.plan.scan.is_some();
            scan.then(|| ledger::place(s, built, built.runs.iter().position(|r| std::ptr::eq(r, run))?, &part.uid, *row, 0)).flatten()
        })
    };
    for (id, values) in &now {
        let Some(old) = before.get(id) else {
            out.added.push((id.clone(), place(id)));
            continue;
        };
        for name in &names {
            let (b, n) = (old.get(*name).cloned().flatten(), values.get(*name).cloned().flatten());
            if b != n {
                let change = RowChange { id: id.clone(), place: place(id), before: b, now: n };
                out.columns.entry((*name).clone()).or_default().push(change);
            }
        }
    }
    out.removed = before.into_keys().filter(|id| !now.contains_key(id)).collect();
}

fn ids(s: &Session, reads: &BTreeMap<String, Digest>) -> Vec<String> {
    let Some(array) = reads.get("id").and_then(|d| s.array(*d).ok()) else { return Vec::new() };
    table::texts(array.as_ref()).into_iter().map(|t| t.unwrap_or_default().to_string()).collect()
}

/// Adds the rows of one partition; bytes of an older build that are gone leave values unknown.
fn rows_of(s: &Session, reads: &BTreeMap<String, Digest>, names: &[&String], out: &mut Rows) {
    let columns: Vec<_> = names.iter().map(|n| (n, reads.get(n.as_str()).and_then(|d| s.array(*d).ok()))).collect();
    for (row, id) in ids(s, reads).into_iter().enumerate() {
        let values = columns.iter().map(|(n, c)| ((***n).clone(), c.as_ref().map(|c| value_at(c.as_ref(), row)))).collect();
        out.insert(id, values);
    }
}

//! Why a step would run, against the record of the last build: a changed head is told line by line, a changed input
//! descends from column to partition to rows. Two hashes are not a reason.
use super::record::{PartRecord, Record, heads};
use super::session::Session;
use super::state::{Built, StepRun};
use super::{Step, ledger};
use crate::digest::Digest;
use crate::stage::Fault;
use crate::table::{self, Living, Value, value_at};
use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, ArrayRef};
use std::collections::{BTreeMap, BTreeSet, HashMap};

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

/// So many rows of a kind are told with their place; finding one costs reading its unit.
pub const EXAMPLES: usize = 3;

/// Compares a step with the last build, row by row if at most so many partitions changed.
pub fn why(s: &Session, built: &Built, index: usize, last: Option<&Record>, most: usize) -> Result<Why, Fault> {
    let (step, run) = (&s.steps[index], &built.runs[index]);
    let mut out = Why { of: run.parts.len(), unknown: run.may, ..Why::default() };
    let Some(before) = last.and_then(|l| l.steps.get(&step.name)) else {
        out.new = true;
        return Ok(out);
    };
    out.heads = changed_heads(&before.heads, &heads(step));
    let open = unknown(run);
    let known = |p: PartRecord| PartRecord {
        reads: p.reads.into_iter().filter(|r| !open.contains(r.0.as_str())).collect(),
        ..p
    };
    let now: Vec<(usize, PartRecord)> =
        run.parts.iter().enumerate().map(|(i, p)| (i, known(super::record::part_record(step, p)))).collect();
    let before: Vec<PartRecord> = before.parts.iter().cloned().map(known).collect();
    let was_given: BTreeMap<&BTreeMap<String, Digest>, Digest> = before.iter().map(|p| (&p.reads, p.living)).collect();
    let is_given: BTreeMap<&BTreeMap<String, Digest>, Digest> = now.iter().map(|(_, p)| (&p.reads, p.living)).collect();
    out.partitions = now.iter().filter(|(_, p)| !was_given.contains_key(&p.reads)).count();
    // where it is not known yet which rows live, columns alone are compared
    let counted = run.parts.iter().all(|p| p.before.living.is_some());
    let unlike = |of: Option<&Digest>, p: &PartRecord| of.is_none_or(|living| counted && *living != p.living);
    let changed: Vec<&(usize, PartRecord)> = now.iter().filter(|(_, p)| unlike(was_given.get(&p.reads), p)).collect();
    let gone: Vec<&PartRecord> = before.iter().filter(|p| unlike(is_given.get(&p.reads), p)).collect();
    out.living = out.partitions == 0 && !changed.is_empty();
    if changed.len().max(gone.len()) <= most {
        compare(s, built, step, run, &changed, &gone, &mut out)?;
    }
    Ok(out)
}

/// Columns that must be built before anything can be said of them.
fn unknown(run: &StepRun) -> BTreeSet<&str> {
    let reads = run.parts.iter().flat_map(|p| &p.reads).filter(|r| r.1.is_none()).map(|r| r.0.as_str());
    let ids = run.parts.iter().filter(|p| p.before.columns.get("id").is_none_or(Option::is_none)).map(|_| "id");
    reads.chain(ids).collect()
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
    let object = |line: &str| -> Option<Object> { serde_json::from_str(line.strip_prefix("params ")?).ok() };
    let (Some(b), Some(n)) = (object(before), object(now)) else {
        return vec![(format!("{part}: {before}"), now.to_string())];
    };
    let mut out = Vec::new();
    changed_keys("", &b, &n, &mut out);
    out
}

/// The keys whose values differ, of tables within tables too.
fn changed_keys(above: &str, before: &Object, now: &Object, out: &mut Vec<(String, String)>) {
    let keys: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let show = |v: Option<&serde_json::Value>| v.map_or("default".to_string(), ToString::to_string);
    for key in keys {
        let name = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        match (before.get(key), now.get(key)) {
            (Some(serde_json::Value::Object(b)), Some(serde_json::Value::Object(n))) => changed_keys(&name, b, n, out),
            (b, n) if b != n => out.push((format!("{name} = {}", show(b)), format!("{name} = {}", show(n)))),
            _ => {}
        }
    }
}

type Object = serde_json::Map<String, serde_json::Value>;

/// The columns of one partition of a step, in this build or in the last one.
struct Given {
    columns: BTreeMap<String, Digest>,
    ids: Option<ArrayRef>,
    /// Which rows are samples ([`Living::bits`]).
    bits: String,
}

impl Given {
    /// Bytes of an older build that are gone leave its rows unknown.
    fn new(s: &Session, columns: BTreeMap<String, Digest>, bits: String) -> Given {
        let ids = columns.get("id").and_then(|d| s.array(*d).ok());
        Given { columns, ids, bits }
    }

    fn ids(&self) -> Vec<&str> {
        let Some(ids) = &self.ids else { return Vec::new() };
        table::texts(ids.as_ref()).into_iter().map(Option::unwrap_or_default).collect()
    }
}

/// Where the sample of each id lies: which partition, and which row of it. Of rows with one id the last one counts.
fn places(of: &[Given]) -> HashMap<&str, (usize, usize)> {
    let mut out = HashMap::new();
    for (n, given) in of.iter().enumerate() {
        let rows = given.ids().into_iter().enumerate().filter(|(row, _)| Living::is_in(&given.bits, *row));
        out.extend(rows.map(|(row, id)| (id, (n, row))));
    }
    out
}

/// A column of a partition of the last build beside the same one of this build.
struct Pair<'n> {
    name: &'n str,
    before: Option<ArrayRef>,
    now: Option<ArrayRef>,
    /// Both hold the same bytes, so that the n-th row of one is the n-th row of the other.
    same: bool,
}

/// The columns in which two partitions can differ. Where ids and bytes are the same, nothing is read.
fn pairs<'n>(s: &Session, names: &[&'n str], before: &Given, now: &Given) -> Vec<Pair<'n>> {
    let same = |name: &str| before.columns.get(name) == now.columns.get(name);
    let aligned = same("id");
    let array = |of: &Given, name: &str| of.columns.get(name).and_then(|d| s.array(*d).ok());
    let unlike = names.iter().filter(|name| !(aligned && same(name)));
    unlike.map(|name| Pair { name, before: array(before, name), now: array(now, name), same: same(name) }).collect()
}

impl Pair<'_> {
    fn differ(&self, before: usize, now: usize) -> bool {
        match (&self.before, &self.now) {
            _ if self.same && before == now => false,
            (Some(b), Some(n)) => match (b.as_string_opt::<i32>(), n.as_string_opt::<i32>()) {
                (Some(b), Some(n)) if b.is_valid(before) && n.is_valid(now) => b.value(before) != n.value(now),
                _ => value_at(b.as_ref(), before) != value_at(n.as_ref(), now),
            },
            (None, None) => false,
            _ => true,
        }
    }
}

/// A row that is told of: its id, and its partition and row in this build.
type Found<'i> = (&'i str, usize, usize);

fn compare(
    s: &Session,
    built: &Built,
    step: &Step,
    run: &StepRun,
    changed: &[&(usize, PartRecord)],
    gone: &[&PartRecord],
    out: &mut Why,
) -> Result<(), Fault> {
    // what a reader is given are bytes; its rows are those that it bears. A step that groups rows anew bears what it is given.
    let born = step.plan.ports.into.is_some() && step.plan.regroup.is_none();
    let pick = |p: &'_ PartRecord| match born {
        true => Given::new(s, p.writes.clone(), String::new()),
        false => Given::new(s, p.reads.clone(), p.bits.clone()),
    };
    let before: Vec<Given> = gone.iter().map(|g| pick(g)).collect();
    let now: Vec<Given> = changed.iter().map(|(_, p)| pick(p)).collect();
    let names: BTreeSet<&str> = before.iter().chain(&now).flat_map(|g| g.columns.keys()).map(String::as_str).collect();
    let names: Vec<&str> = names.into_iter().filter(|n| *n != "id").collect();
    let (was, is) = (places(&before), places(&now));
    let (mut added, mut unlike) = (Vec::<Found>::new(), BTreeMap::<&str, Vec<(Found, RowChange)>>::new());
    let mut read = BTreeMap::new();
    for (&id, &(n, row)) in &is {
        let Some(&(b, old)) = was.get(id) else {
            added.push((id, n, row));
            continue;
        };
        let pairs = read.entry((b, n)).or_insert_with(|| pairs(s, &names, &before[b], &now[n]));
        for pair in pairs.iter().filter(|p| p.differ(old, row)) {
            let value = |of: &Option<ArrayRef>, row| of.as_ref().map(|a| value_at(a.as_ref(), row));
            let (before, now) = (value(&pair.before, old), value(&pair.now, row));
            let change = RowChange { id: id.to_string(), place: None, before, now };
            unlike.entry(pair.name).or_default().push(((id, n, row), change));
        }
    }
    let place = |(_, n, row): Found, told: usize| match changed.get(n).filter(|_| told < EXAMPLES) {
        Some((i, _)) => place(s, built, step, run, *i, row as u32),
        None => Ok(None),
    };
    added.sort_unstable();
    for (told, found) in added.into_iter().enumerate() {
        out.added.push((found.0.to_string(), place(found, told)?));
    }
    for (name, mut rows) in unlike {
        rows.sort_unstable_by_key(|(found, _)| *found);
        let rows = rows.into_iter().enumerate();
        let placed = rows.map(|(told, (found, change))| Ok(RowChange { place: place(found, told)?, ..change }));
        out.columns.insert(name.to_string(), placed.collect::<Result<_, Fault>>()?);
    }
    out.removed = was.into_keys().filter(|id| !is.contains_key(id)).map(String::from).collect();
    out.removed.sort_unstable();
    Ok(())
}

/// File and line of a row of the step's `i`-th partition.
fn place(s: &Session, built: &Built, step: &Step, run: &StepRun, i: usize, row: u32) -> Result<Option<String>, Fault> {
    if let Some(into) = &step.plan.ports.into {
        let uid = format!("{}:{i}", step.name);
        let born = built.tables.get(into).and_then(|table| table.parts.iter().find(|p| p.uid == uid));
        return born.map_or(Ok(None), |part| ledger::origin(s, built, part, row));
    }
    run.parts.get(i).map_or(Ok(None), |part| ledger::origin(s, built, &part.before, row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_told_line_by_line_and_key_by_key() {
        let head =
            |version: u32, params: &str| format!("stage s\npart map\nversion {version}\nparams {params}\nreads id\n");
        let same = [head(1, "{}")];
        assert!(changed_heads(&same, &same).is_empty());
        let raised = changed_heads(&same, &[head(2, "{}")]);
        assert_eq!(raised, [("part map: version 1".to_string(), "version 2".to_string())]);
        let params = changed_heads(&[head(1, "{\"a\":1,\"b\":2}")], &[head(1, "{\"a\":1,\"b\":3,\"c\":4}")]);
        let want = [("b = 2", "b = 3"), ("c = default", "c = 4")];
        assert_eq!(params, want.map(|(a, b)| (a.to_string(), b.to_string())));
        let params = changed_heads(&[head(1, "{\"f\":{\"a\":1,\"b\":2}}")], &[head(1, "{\"f\":{\"a\":1,\"b\":3}}")]);
        assert_eq!(params, [("f.b = 2".to_string(), "f.b = 3".to_string())]);
    }
}

//! Rows that meet: by sample (each row remembered by itself), by key (a join's right rows brought to the left
//! partitions that ask for them), by value (living rows of each group cut anew). Only the first may run kernels, and not
//! in a plan; the others are the engine's own work.
use super::Step;
use super::recipe;
use super::session::{Producer, Session, Take, TakeRows, Task, parents_bytes, parents_of};
use super::state::{BornRows, Outcome, Part, Table};
use super::{contract, gather, order};
use crate::digest::{Digest, cut_hash};
use crate::stage::{Event, Fault, Kernel, Regroup, Right, Rows, Summary};
use crate::table::cutting::{self, Window};
use crate::table::{self, ArrayRef, DataType, Value, value_at};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

// ---- by sample -------------------------------------------------------------------------------------------------------

/// Maps the living rows of a partition one by one, each under its own key. Without `run`, `None` if a row is unknown.
pub fn by_sample(s: &Session, task: &Task, run: bool) -> Result<Option<Outcome>, Fault> {
    let head = recipe::head(&s.steps[task.step], Kernel::Map);
    let living: Vec<u32> = (0..task.rows).filter(|r| task.living.as_ref().is_none_or(|l| l.is(*r))).collect();
    let tasks = one_row_tasks(s, task, &living)?;
    let slots: Vec<Mutex<Option<Result<Outcome, Fault>>>> = tasks.iter().map(|_| Mutex::new(None)).collect();
    let keys: Vec<Digest> = tasks.iter().map(|t| s.key(&head, t)).collect();
    let whole = |o: &Outcome| o.objects().all(|d| s.store.has(d));
    let missing: Vec<usize> = (0..tasks.len()).filter(|i| !s.known_part(keys[*i]).is_some_and(|o| whole(&o))).collect();
    if !run && !missing.is_empty() {
        return Ok(None);
    }
    s.exec.each(missing.len(), &|k| {
        let i = missing[k];
        let called = s.go_on().and_then(|()| s.call(&tasks[i]));
        let done = called.and_then(|(delta, summary)| s.finish(&tasks[i], delta, summary));
        if let Ok(outcome) = &done {
            s.remember_part(keys[i], outcome, s.steps[task.step].tells_raw());
        }
        *slots[i].lock().unwrap_or_else(|e| e.into_inner()) = Some(done);
    });
    let mut outcomes = Vec::with_capacity(tasks.len());
    for (i, slot) in slots.into_iter().enumerate() {
        outcomes.push(match slot.into_inner().unwrap_or_else(|e| e.into_inner()) {
            Some(done) => done?,
            None => s.known_part(keys[i]).ok_or_else(|| Fault::Bug("a sample's result vanished".into()))?,
        });
    }
    for (own, outcome) in tasks.into_iter().zip(&outcomes) {
        s.adopt(&Arc::new(own), outcome);
    }
    let mut out = Rowwise { s, task, living: &living, outcomes: &outcomes }.assemble()?;
    contract::conserved_outcome(s, task, &out)?;
    let keys: Vec<u8> = keys.iter().flat_map(|k| k.0).collect();
    out.samples = Some(s.put(&keys, s.steps[task.step].raw)?);
    Ok(Some(out))
}

/// A task of one row for each living row. Its columns are named to the session with what they are taken from, so that
/// they can be taken again when memory was short.
fn one_row_tasks(s: &Session, task: &Task, living: &[u32]) -> Result<Vec<Task>, Fault> {
    let mut columns = Vec::new();
    for (name, digest) in &task.reads {
        columns.push((name, *digest, s.array(*digest)?));
    }
    let one = |row: u32| {
        let read = |(name, from, array): &(&String, Digest, ArrayRef)| {
            let digest = s.keep_column(&table::take(array, &[row]));
            s.know(digest, || {
                let rows = TakeRows::Held([(0, row)].into());
                Producer::Take(Arc::new(Take { ty: array.data_type().clone(), sources: [*from].into(), rows }))
            });
            ((*name).clone(), digest)
        };
        let reads = columns.iter().map(read).collect();
        Task { reads, rows: 1, living: None, records: None, one_row: true, ..task.clone() }
    };
    Ok(living.iter().map(|row| one(*row)).collect())
}

/// The outcomes of a partition's living rows, to be put together as the outcome of the partition.
struct Rowwise<'r, 'a> {
    s: &'r Session<'a>,
    task: &'r Task,
    living: &'r [u32],
    outcomes: &'r [Outcome],
}

impl Rowwise<'_, '_> {
    fn assemble(&self) -> Result<Outcome, Fault> {
        let step = &self.s.steps[self.task.step];
        let mut out = Outcome::default();
        for (name, column) in &step.plan.ports.writes {
            if let Some(column) = self.column(name, &column.ty)? {
                let over = self.task.reads.iter().find(|r| r.0 == *name).map(|r| r.1);
                out.columns.push((name.clone(), self.s.put_column(&column, over, step.apart.contains(name))?));
            }
        }
        let mut events: Vec<Event> = Vec::new();
        for (row, o) in self.rows() {
            out.counts.findings += o.counts.findings;
            out.counts.changes += o.counts.changes;
            out.counts.fails += o.counts.fails;
            out.counts.drops += o.counts.drops;
            out.acts.extend(o.acts.iter().map(|(_, act)| (row, *act)));
            events.extend(self.s.events(o)?.into_iter().map(|e| Event { row, ..e }));
        }
        if !events.is_empty() {
            out.events = Some(self.s.put(&super::events::encode(&events), step.raw)?);
        }
        out.summary = self.summary()?;
        out.born = self.born()?;
        let blobs: BTreeMap<Digest, u64> = self.outcomes.iter().flat_map(|o| o.blobs.iter().copied()).collect();
        out.blobs = blobs.into_iter().collect();
        Ok(out)
    }

    fn rows(&self) -> impl Iterator<Item = (u32, &Outcome)> {
        self.living.iter().copied().zip(self.outcomes)
    }

    /// A column that some row wrote. Rows that wrote nothing keep what the step was given of it, or are null where the
    /// column is new.
    fn column(&self, name: &str, ty: &DataType) -> Result<Option<ArrayRef>, Fault> {
        let before = match self.task.reads.iter().find(|r| r.0 == name) {
            Some((_, digest)) => self.s.array(*digest)?,
            None => table::nulls(ty, self.task.rows as usize),
        };
        let mut sources = vec![before];
        let mut rows: Vec<(u32, u32)> = (0..self.task.rows).map(|r| (0, r)).collect();
        for (row, o) in self.rows() {
            if let Some((_, digest)) = o.columns.iter().find(|c| c.0 == name)
                && let Some(slot) = rows.get_mut(row as usize)
            {
                *slot = (sources.len() as u32, 0);
                sources.push(self.s.array(*digest)?);
            }
        }
        if sources.len() == 1 {
            return Ok(None);
        }
        table::interleave(ty, &sources, &rows).map(Some).map_err(Fault::Bug)
    }

    /// The summary of the partition, if the step has a gather.
    fn summary(&self) -> Result<Option<Digest>, Fault> {
        let step = &self.s.steps[self.task.step];
        if !step.entry.card.has(Kernel::Gather) {
            return Ok(None);
        }
        let mut summary = Summary::default();
        for (row, o) in self.rows() {
            let Some(digest) = o.summary else { continue };
            let bytes = self.s.bytes(digest)?;
            let entries = gather::decode(&bytes).ok_or_else(|| Fault::Bug("a stored summary does not read".into()))?;
            entries.into_iter().for_each(|(key, _, value)| summary.put(key, row as usize, value));
        }
        self.s.put(&gather::encode(&summary), step.raw).map(Some)
    }

    /// The rows born by all rows, in the order of their parents.
    fn born(&self) -> Result<Option<BornRows>, Fault> {
        let step = &self.s.steps[self.task.step];
        let mut parents: Vec<(u32, u32)> = Vec::new();
        let mut columns: BTreeMap<String, Vec<ArrayRef>> = BTreeMap::new();
        let mut bearing = 0;
        for (row, o) in self.rows() {
            let Some(born) = &o.born else { continue };
            bearing += 1;
            parents.extend(parents_of(&self.s.bytes(born.parents)?).into_iter().map(|(_, record)| (row, record)));
            for (name, digest) in &born.columns {
                columns.entry(name.clone()).or_default().push(self.s.array(*digest)?);
            }
        }
        if bearing == 0 {
            return Ok(None);
        }
        let mut kept = Vec::new();
        for (name, arrays) in columns {
            let first = arrays.first().filter(|_| arrays.len() == bearing);
            let ty =
                first.ok_or_else(|| Fault::Bug(format!("gave only some of the rows born a `{name}`")))?.data_type();
            let apart = step.apart.contains(&name) || name == "id";
            let column = table::concat(ty, &arrays).map_err(Fault::Bug)?;
            kept.push((name, self.s.put_column(&column, None, apart)?));
        }
        let rows = parents.len() as u32;
        let parents = self.s.put(&parents_bytes(&parents), step.raw)?;
        Ok(Some(BornRows { rows, columns: kept, parents }))
    }
}

// ---- by key ----------------------------------------------------------------------------------------------------------

/// Which right rows go to which left partition.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Exchange {
    /// For each left partition: how many right rows, and the digests of their columns.
    pub buckets: Vec<(u32, Vec<Digest>)>,
    /// Right rows that match nothing: (partition, row).
    pub unmatched: Vec<(u32, u32)>,
    /// The right rows themselves: (partition, row), for each left partition.
    rows: Vec<Vec<(u32, u32)>>,
}

/// The columns of a right row that travel: its key, and what the kernel reads.
pub fn right_columns(right: &Right) -> Vec<String> {
    let mut names = right.reads.clone();
    names.extend((!right.reads.contains(&right.key)).then(|| right.key.clone()));
    names
}

/// Brings the living right rows to the left partitions; `None` if either side is unknown.
pub fn exchange(s: &Session, step: &Step, left: &Table, right: &Table) -> Result<Option<Exchange>, Fault> {
    let Some(r) = &step.plan.ports.right else { return Err(Fault::Bug("joins nothing".into())) };
    let columns = right_columns(r);
    let Some(on) = column(s, left, &r.on) else { return Ok(None) };
    let mut inputs = on.clone();
    let mut sources = Vec::new();
    for name in columns.iter().chain([&"id".to_string()]) {
        let Some(digests) = column(s, right, name) else { return Ok(None) };
        inputs.extend(&digests);
        sources.push(digests);
    }
    for p in &right.parts {
        let Some(living) = &p.living else { return Ok(None) };
        inputs.push(living.digest());
    }
    let key = recipe::key(&format!("exchange 1 {} {} {}", r.on, r.key, columns.join(" ")), inputs);
    let types: Vec<DataType> = columns.iter().map(|c| right.types.get(c).cloned().unwrap_or(DataType::Utf8)).collect();
    let found = match s.known::<Exchange>(key) {
        Some(e) => e,
        None => {
            let e = meet(s, r, &columns, &types, &on, &sources, right)?;
            s.remember(key, &e, step.raw);
            e
        }
    };
    for (rows, (_, digests)) in found.rows.iter().zip(&found.buckets) {
        let shared: Arc<[(u32, u32)]> = rows.as_slice().into();
        for ((digest, ty), sources) in digests.iter().zip(&types).zip(&sources) {
            let rows = || TakeRows::Held(shared.clone());
            let take = || Arc::new(Take { ty: ty.clone(), sources: sources.as_slice().into(), rows: rows() });
            s.know(*digest, || Producer::Take(take()));
        }
    }
    Ok(Some(found))
}

/// The digest of a column in every partition of a table.
pub fn column(s: &Session, table: &Table, name: &str) -> Option<Vec<Digest>> {
    table.parts.iter().map(|p| digest_of(s, table, p, name)).collect()
}

/// The digest of a column of a partition: its own, or that of nulls where it has none; `None` if it is unknown.
pub fn digest_of(s: &Session, table: &Table, part: &Part, name: &str) -> Option<Digest> {
    match part.columns.get(name) {
        Some(d) => *d,
        None => Some(s.nulls(table.types.get(name)?, part.rows?)),
    }
}

fn meet(
    s: &Session,
    r: &Right,
    columns: &[String],
    types: &[DataType],
    on: &[Digest],
    sources: &[Vec<Digest>],
    right: &Table,
) -> Result<Exchange, Fault> {
    let at = columns.iter().position(|c| *c == r.key).unwrap_or(0);
    let mut by_key: HashMap<String, Vec<(String, u32, u32)>> = HashMap::new();
    for (p, part) in right.parts.iter().enumerate() {
        let keys = s.array(sources[at][p])?;
        let ids = s.array(sources[columns.len()][p])?;
        let (keys, ids) = (table::texts(keys.as_ref()), table::texts(ids.as_ref()));
        for (row, key) in keys.iter().enumerate() {
            let alive = part.living.as_ref().is_some_and(|l| l.is(row as u32));
            if let (true, Some(key)) = (alive, key) {
                let id = ids.get(row).copied().flatten().unwrap_or_default().to_string();
                by_key.entry(key.to_string()).or_default().push((id, p as u32, row as u32));
            }
        }
    }
    by_key.values_mut().for_each(|v| v.sort());
    let mut met: std::collections::HashSet<String> = Default::default();
    let mut out = Exchange::default();
    for digest in on {
        let left = s.array(*digest)?;
        let wanted: std::collections::BTreeSet<String> = (0..left.len()).flat_map(|i| keys_at(&left, i)).collect();
        let mut rows = Vec::new();
        for key in wanted {
            if let Some(hits) = by_key.get(&key) {
                rows.extend(hits.iter().map(|(_, p, r)| (*p, *r)));
                met.insert(key);
            }
        }
        let mut digests = Vec::new();
        for (sources, ty) in sources.iter().zip(types) {
            let take = Take {
                ty: ty.clone(),
                sources: sources.as_slice().into(),
                rows: TakeRows::Held(rows.as_slice().into()),
            };
            digests.push(s.keep_column(&s.take(&take)?));
        }
        out.buckets.push((rows.len() as u32, digests));
        out.rows.push(rows);
    }
    let lost = by_key.iter().filter(|(k, _)| !met.contains(*k)).flat_map(|(_, v)| v.iter().map(|(_, p, r)| (*p, *r)));
    out.unmatched = lost.collect();
    out.unmatched.sort();
    Ok(out)
}

/// The join keys of a left row: its text, or each text of its list.
fn keys_at(array: &ArrayRef, row: usize) -> Vec<String> {
    match value_at(array.as_ref(), row) {
        Value::Text(t) => vec![t],
        Value::List(l) => l.iter().filter_map(|v| v.text().map(Into::into)).collect(),
        _ => Vec::new(),
    }
}

/// For each left row the rows of the bucket that belong to it.
pub fn matches(step: &Step, left: &Rows, bucket: &Rows) -> Result<Vec<Vec<usize>>, Fault> {
    let Some(r) = &step.plan.ports.right else { return Err(Fault::Bug("joins nothing".into())) };
    let mut by_key: HashMap<String, Vec<usize>> = HashMap::new();
    for (i, key) in bucket.texts(&r.key)?.into_iter().enumerate() {
        by_key.entry(key.unwrap_or_default()).or_default().push(i);
    }
    let on = left.column(&r.on)?;
    let row = |i| keys_at(&on, i).iter().flat_map(|k| by_key.get(k).cloned().unwrap_or_default()).collect();
    Ok((0..left.len()).map(row).collect())
}

// ---- by value --------------------------------------------------------------------------------------------------------

#[derive(Serialize, Deserialize)]
struct Layout {
    pieces: Vec<Piece>,
}

/// A piece: which rows of which partitions. The rows are read when somebody takes them.
#[derive(Serialize, Deserialize)]
struct Piece {
    group: String,
    n: u32,
    /// The partitions that rows come from.
    sources: Vec<u32>,
    /// Over the rows.
    digest: Digest,
    /// (index among `sources`, row) of each, as JSON.
    rows: Box<RawValue>,
}

impl Piece {
    fn of(group: String, rows: &[(u32, u32)]) -> Result<Piece, Fault> {
        let bug = |e: serde_json::Error| Fault::Bug(e.to_string());
        let mut index: BTreeMap<u32, u32> = rows.iter().map(|r| (r.0, 0)).collect();
        index.values_mut().enumerate().for_each(|(i, v)| *v = i as u32);
        let local: Vec<(u32, u32)> = rows.iter().map(|(p, r)| (index.get(p).copied().unwrap_or(0), *r)).collect();
        let text = serde_json::to_string(&local).map_err(bug)?;
        let digest = Digest::of(text.as_bytes());
        let rows = RawValue::from_string(text).map_err(bug)?;
        Ok(Piece { group, n: local.len() as u32, sources: index.into_keys().collect(), digest, rows })
    }
}

/// The living rows of each value of a column, in table order, cut anew by the hash of their ids, so that pieces do not
/// know partitions. A null value leaves a row out, as does the column `only`. `None` if anything is unknown. `then` is told
/// of each piece of which a column was not known.
pub fn regroup(
    s: &Session,
    step: &Step,
    by: &Regroup,
    from: &Table,
    then: &(dyn Fn(&Part) + Sync),
) -> Result<Option<Table>, Fault> {
    // a table without ids could not be regrouped or joined again
    let mut columns = step.plan.ports.reads.clone();
    columns.extend((!columns.iter().any(|c| c == "id")).then(|| "id".to_string()));
    let mut inputs = Vec::new();
    for name in ["id"].into_iter().chain(by.only.as_deref()).chain(by.by.as_deref()) {
        match column(s, from, name) {
            Some(digests) => inputs.extend(digests),
            None => return Ok(None),
        }
    }
    for p in &from.parts {
        let Some(living) = &p.living else { return Ok(None) };
        inputs.push(living.digest());
    }
    let Some(born) = order::inputs(from) else { return Ok(None) };
    inputs.extend(born);
    let key = recipe::key(&regroup_head(by), inputs);
    let layout = match s.known::<Layout>(key) {
        Some(l) => l,
        None => {
            let l = lay_out(s, by, from)?;
            s.remember(key, &l, false);
            l
        }
    };
    let types = columns.iter().filter_map(|c| Some((c.clone(), from.types.get(c)?.clone()))).collect();
    let mut out = Table { types, parts: Vec::new() };
    let mut wanted = Vec::new();
    for (i, piece) in layout.pieces.into_iter().enumerate() {
        out.parts.push(Part {
            uid: format!("{}:{i}", piece.group),
            rows: Some(piece.n),
            living: Some(table::Living::All(piece.n)),
            group: Some(piece.group),
            near: piece.sources.first().copied().unwrap_or(0),
            ..Part::default()
        });
        let rows = TakeRows::Text(Arc::from(piece.rows));
        for (name, ty) in &out.types {
            let of = |p: &u32| from.parts.get(*p as usize).and_then(|part| digest_of(s, from, part, name));
            let sources: Option<Vec<Digest>> = piece.sources.iter().map(of).collect();
            let take = sources.map(|of| Take { ty: ty.clone(), sources: of.into(), rows: rows.clone() });
            let key = take.as_ref().map(|t| recipe::key("take 2", t.sources.iter().copied().chain([piece.digest])));
            wanted.push(Wanted {
                piece: i,
                column: name.clone(),
                raw: step.apart.contains(name),
                take: key.zip(take.map(Arc::new)),
            });
        }
    }
    gather_columns(s, wanted, &mut out.parts, then)?;
    Ok(Some(out))
}

/// A column of a piece: rows taken of others, and the key of their digest. `None` where a source is not known.
struct Wanted {
    piece: usize,
    column: String,
    /// It holds what nothing has masked.
    raw: bool,
    take: Option<(Digest, Arc<Take>)>,
}

/// The digests of rows taken from columns; not stored, since they are cheap to make again. Pieces with near numbers are
/// taken one after another: they share what they are taken from. `then` is told of each piece of which something was
/// taken, while that is in memory.
fn gather_columns(
    s: &Session,
    wanted: Vec<Wanted>,
    parts: &mut [Part],
    then: &(dyn Fn(&Part) + Sync),
) -> Result<(), Fault> {
    let mut missing: BTreeMap<(u32, usize), Vec<Wanted>> = BTreeMap::new();
    for w in wanted {
        let Some(part) = parts.get_mut(w.piece) else { continue };
        let known = w.take.as_ref().and_then(|(key, take)| Some((s.known::<Digest>(*key)?, take.clone())));
        if let Some((digest, take)) = &known {
            s.know(*digest, || Producer::Take(take.clone()));
        }
        part.columns.insert(w.column.clone(), known.as_ref().map(|k| k.0));
        if known.is_none() && w.take.is_some() {
            missing.entry((part.near, w.piece)).or_default().push(w);
        }
    }
    let missing: Vec<((u32, usize), Vec<Wanted>)> = missing.into_iter().collect();
    let slots: Vec<Mutex<Option<Result<Part, Fault>>>> = missing.iter().map(|_| Mutex::new(None)).collect();
    s.exec.each(missing.len(), &|m| {
        let ((_, piece), wanted) = &missing[m];
        let done = s.go_on().and_then(|()| taken(s, parts[*piece].clone(), wanted));
        if let Ok(part) = &done {
            then(part);
        }
        *slots[m].lock().unwrap_or_else(|e| e.into_inner()) = Some(done);
    });
    for (((_, piece), _), slot) in missing.iter().zip(slots) {
        let done = slot.into_inner().unwrap_or_else(|e| e.into_inner());
        parts[*piece] = done.ok_or_else(|| Fault::Bug("a piece was lost".into()))??;
    }
    Ok(())
}

/// A piece with columns that were not known.
fn taken(s: &Session, mut part: Part, wanted: &[Wanted]) -> Result<Part, Fault> {
    for w in wanted {
        let Some((key, take)) = &w.take else { continue };
        let digest = s.keep_column(&s.take(take)?);
        s.remember(*key, &digest, w.raw);
        s.know(digest, || Producer::Take(take.clone()));
        part.columns.insert(w.column.clone(), Some(digest));
    }
    Ok(part)
}

/// The head of a layout's recipe: what it depends on besides ids, groups and living rows.
fn regroup_head(by: &Regroup) -> String {
    let all = if by.only.is_some() { "" } else { " all" };
    format!("regroup 3 {} {}{all}", by.window, by.by.is_some())
}

/// Of each row of a partition its group and the hash that it is cut by; `None` for a row that belongs to no group.
type Grouped = Vec<Option<(String, u64)>>;

fn lay_out(s: &Session, by: &Regroup, from: &Table) -> Result<Layout, Fault> {
    let mut lists: BTreeMap<String, Vec<(u64, u32, u32)>> = BTreeMap::new();
    let mut add = |p: usize, row: u32, of: Option<(String, u64)>| {
        if let Some((group, hash)) = of {
            lists.entry(group).or_default().push((hash, p as u32, row));
        }
    };
    match order::rows(s, from)? {
        None => {
            for (p, part) in from.parts.iter().enumerate() {
                let rows = grouped(s, by, from, part)?.into_iter().enumerate();
                rows.for_each(|(row, of)| add(p, row as u32, of));
            }
        }
        Some(order) => {
            let parts: Result<Vec<Grouped>, Fault> = from.parts.iter().map(|p| grouped(s, by, from, p)).collect();
            let mut parts = parts?;
            for (p, row) in order {
                let own = parts.get_mut(p as usize).and_then(|rows| rows.get_mut(row as usize));
                add(p as usize, row, own.and_then(Option::take));
            }
        }
    }
    let mut pieces = Vec::new();
    for (group, list) in lists {
        let hashes: Vec<u64> = list.iter().map(|l| l.0).collect();
        let mut start = 0;
        for end in cutting::cut(&hashes, &[], Window(by.window)) {
            let rows: Vec<(u32, u32)> = list[start..end].iter().map(|l| (l.1, l.2)).collect();
            pieces.push(Piece::of(group.clone(), &rows)?);
            start = end;
        }
    }
    Ok(Layout { pieces })
}

/// The living rows of a partition that belong to a group.
fn grouped(s: &Session, by: &Regroup, from: &Table, part: &Part) -> Result<Grouped, Fault> {
    let get = |name: &str| -> Result<ArrayRef, Fault> {
        let unknown = || Fault::Bug(format!("`{name}` is not known"));
        s.array(digest_of(s, from, part, name).ok_or_else(unknown)?)
    };
    let ids = get("id")?;
    let only = by.only.as_ref().map(|only| get(only)).transpose()?;
    let groups = by.by.as_ref().map(|by| get(by)).transpose()?;
    let mut out = Grouped::with_capacity(ids.len());
    for (row, id) in table::texts(ids.as_ref()).into_iter().enumerate() {
        let alive = part.living.as_ref().is_some_and(|l| l.is(row as u32));
        let group = match &groups {
            Some(g) => value_at(g.as_ref(), row).text().map(str::to_string),
            None => Some("all".to_string()),
        };
        let within = only.as_ref().is_none_or(|only| value_at(only.as_ref(), row) == Value::Bool(true));
        out.push(match (alive && within, group) {
            (true, Some(group)) => Some((group, cut_hash(id.unwrap_or_default().as_bytes()))),
            _ => None,
        });
    }
    Ok(out)
}

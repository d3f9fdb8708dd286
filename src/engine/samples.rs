//! Sample grain: each row of a partition is mapped by itself and remembered under a key of its own. What the rows gave is
//! put together as the partition's outcome.
use super::session::Session;
use super::state::{BornRows, Outcome, parents_bytes, parents_of};
use super::tasks::{Producer, Take, TakeRows, Task};
use super::{contract, recipe};
use crate::digest::Digest;
use crate::stage::{Event, Fault, Kernel, Summary, entries, events};
use crate::table::{self, ArrayRef, DataType};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Maps the living rows of a partition one by one, each under its own key. Without `run`, `None` if a row is unknown.
pub fn by_sample(s: &Session, task: &Task, run: bool) -> Result<Option<Outcome>, Fault> {
    let head = recipe::head(&s.steps[task.step], Kernel::Map);
    let living: Vec<u32> = (0..task.rows).filter(|r| task.living.as_ref().is_none_or(|l| l.is(*r))).collect();
    let tasks = one_row_tasks(s, task, &living)?;
    let slots: Vec<Mutex<Option<Result<Outcome, Fault>>>> = tasks.iter().map(|_| Mutex::new(None)).collect();
    let keys: Vec<Digest> = tasks.iter().map(|t| s.key(&head, t)).collect();
    // once something in the store was found damaged, what stands in its index is no longer believed unread: a row that
    // cannot be read is mapped again, for its object may be known as taken from the very column that is made here
    let doubts = s.store.doubts();
    let whole = |o: &Outcome| o.objects().all(|d| if doubts { s.store.get(d).is_some() } else { s.store.promises(d) });
    let missing: Vec<usize> = (0..tasks.len()).filter(|i| !s.known_part(keys[*i]).is_some_and(|o| whole(&o))).collect();
    if !run && !missing.is_empty() {
        return Ok(None);
    }
    let work: Vec<&Task> = missing.iter().map(|i| &tasks[*i]).collect();
    s.run(&work, &|k, done| {
        let i = missing[k];
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
            out.counts.found += o.counts.found;
            out.acts.extend(o.acts.iter().map(|(_, act)| (row, *act)));
            events.extend(self.s.events(o)?.into_iter().map(|e| Event { row, ..e }));
        }
        if !events.is_empty() {
            out.events = Some(self.s.put(&events::encode(&events), step.raw)?);
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
            let entries = entries(&bytes).ok_or_else(|| Fault::Bug("a stored summary does not read".into()))?;
            entries.into_iter().for_each(|(key, _, value)| summary.put(key, row as usize, value));
        }
        self.s.put(&summary.encode(), step.raw).map(Some)
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

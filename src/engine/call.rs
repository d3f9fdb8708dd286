//! One kernel called on one partition: its key, its rows, and what it gave, checked against the contract and kept.
use super::ledger::codec;
use super::meet::join;
use super::session::Session;
use super::state::{BornRows, Outcome, parents_bytes};
use super::step::Step;
use super::tasks::Task;
use super::{contract, gather, recipe};
use crate::digest::Digest;
use crate::stage::{Act, Delta, Fault, Kernel, Kernels, Rows, Slice, Summary};
use crate::table::Living;

impl Session<'_> {
    /// The key of a task.
    pub fn key(&self, head: &str, task: &Task) -> Digest {
        let bucket = task.bucket.iter().flat_map(|(_, c)| c.iter().map(|c| c.1));
        let living = task.living.as_ref().map(Living::digest);
        // the digest of a column says how many rows there are; without one the number is an input of its own
        let rows = task.reads.is_empty().then(|| Digest::of(format!("rows {}", task.rows).as_bytes()));
        let living = rows.into_iter().chain(living);
        recipe::key(head, task.reads.iter().map(|r| r.1).chain(living).chain(task.slice).chain(task.all).chain(bucket))
    }

    pub(super) fn rows(&self, n: u32, reads: &[(String, Digest)]) -> Rows<'_> {
        Rows::new(n as usize, reads.iter().map(|(n, d)| (n.clone(), (*d, None))).collect(), self)
    }

    /// Runs a kernel on rows that are in memory.
    pub fn call(&self, task: &Task) -> Result<(Delta, Option<Summary>), Fault> {
        let step = &self.steps[task.step];
        let meter = &self.meters[task.step];
        let rows = self.rows(task.rows, &task.reads).of_living(task.living.as_ref());
        let params = |kernel| step.plan.given(kernel);
        match (&step.entry.kernels, task.part) {
            (Kernels::Row { map, .. }, Some(Kernel::Map)) => {
                let mut summary = Summary::default();
                let delta = map(meter, &params(Kernel::Map), &rows, &mut summary)?;
                let gathers = step.entry.card.has(Kernel::Gather);
                Ok((delta, gathers.then_some(summary)))
            }
            (Kernels::Row { apply, .. }, Some(Kernel::Apply)) => {
                let slice = task.slice.ok_or_else(|| Fault::Bug("apply without a slice".into()))?;
                let all = task.all.map(|d| self.bytes(d)).transpose()?.unwrap_or_default();
                let slice = Slice { all, rows: crate::stage::slice_of(&self.bytes(slice)?) };
                Ok((apply(meter, &params(Kernel::Apply), &rows, &slice)?, None))
            }
            (Kernels::Join { join }, Some(Kernel::Join)) => {
                let (n, columns) = task.bucket.clone().unwrap_or_default();
                let right = self.rows(n, &columns);
                let matches = join::matches(step, &rows, &right)?;
                Ok((join(meter, &params(Kernel::Join), &rows, &matches, &right)?, None))
            }
            _ => Err(Fault::Bug("has no such kernel".into())),
        }
    }

    /// Checks a delta against the contract and turns it into an outcome whose bytes are stored.
    pub fn finish(&self, task: &Task, delta: Delta, summary: Option<Summary>) -> Result<Outcome, Fault> {
        let step = &self.steps[task.step];
        let records = task.records.unwrap_or(u64::from(task.rows));
        contract::check(step, task.rows, (!task.one_row).then_some(records), &delta)?;
        let mut out = Outcome::default();
        for (name, array) in &delta.columns {
            let stays = step.is_dear() || self.read_later(task.step, name);
            let over = task.reads.iter().find(|r| r.0 == *name).map(|r| r.1);
            let apart = step.apart.contains(name) || name == "id"; // who is asked about may be named by it
            let digest = if stays { self.put_column(array, over, apart)? } else { self.keep_column(array) };
            out.columns.push((name.clone(), digest));
        }
        for (digest, bytes) in &delta.blobs {
            self.put_as(*digest, bytes, step.raw)?;
            out.blobs.push((*digest, bytes.len() as u64));
        }
        let into = step.plan.ports.into.is_some();
        for e in &delta.events {
            out.counts.add(&e.act);
            match e.act {
                Act::Drop { .. } if !into => out.acts.push((e.row, 'd')),
                Act::Merge(_) if !into => out.acts.push((e.row, 'm')),
                Act::Review if !into => out.acts.push((e.row, 'r')),
                Act::Hold if !into => out.acts.push((e.row, 'h')),
                _ => {}
            }
        }
        out.acts.sort();
        out.counts.found = super::ledger::found(into, &delta.events);
        if !delta.events.is_empty() {
            out.events = Some(self.put(&codec::encode(&delta.events), step.raw)?);
        }
        if let Some(summary) = summary {
            out.summary = Some(self.put(&gather::encode(&summary), step.raw)?);
        }
        if !delta.born.parents.is_empty() {
            let mut columns = Vec::new();
            for (name, array) in &delta.born.columns {
                let apart = step.apart.contains(name) || name == "id";
                columns.push((name.clone(), self.put_column(array, None, apart)?));
            }
            let parents = self.put(&parents_bytes(&delta.born.parents), step.raw)?;
            out.born = Some(BornRows { rows: delta.born.parents.len() as u32, columns, parents });
        }
        Ok(out)
    }

    /// Whether a step behind this one reads a column that it writes; what nobody reads is not stored, and is made
    /// again when a person asks.
    fn read_later(&self, step: usize, column: &str) -> bool {
        let table = self.steps.get(step).map(|s| s.plan.ports.table.as_str());
        let reads = |s: &Step| {
            let ports = &s.plan.ports;
            let own = Some(ports.table.as_str()) == table
                && (ports.reads.iter().chain(&ports.apply_reads).any(|c| c == column)
                    || ports.right.as_ref().is_some_and(|r| r.on == column));
            let right = ports.right.as_ref().filter(|r| Some(r.table.as_str()) == table);
            let regroup = s.plan.regroup.as_ref().filter(|r| Some(r.table.as_str()) == table);
            own || right.is_some_and(|r| r.key == column || r.reads.iter().any(|c| c == column))
                || regroup.is_some_and(|r| {
                    r.only.as_deref() == Some(column)
                        || r.by.as_deref() == Some(column)
                        || ports.reads.iter().any(|c| c == column)
                })
        };
        self.steps.iter().skip(step + 1).any(reads)
    }
}

pub(super) fn named(step: &Step, fault: Fault) -> Fault {
    match fault {
        Fault::Bug(say) => Fault::Bug(format!("{}: {say}", step.name)),
        other => other,
    }
}

//! Kernels called on partitions: their keys, their jobs, and what they gave, checked against the contract and kept.
use super::session::Session;
use super::state::{BornRows, Outcome, parents_bytes};
use super::step::Step;
use super::tasks::Task;
use super::{contract, recipe};
use crate::digest::Digest;
use crate::stage::{Act, Batch, Bucket, Delta, Fault, Job, Kernel, Made, Meter, Rows, Summary, Tools, events};
use crate::table::Living;
use std::borrow::Cow;

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

    /// Has tasks of one kernel of one step done, and tells what each gave once that is checked and kept.
    pub(super) fn run(&self, tasks: &[&Task], done: &(dyn Fn(usize, Result<Outcome, Fault>) + Sync)) {
        let Some(first) = tasks.first() else { return };
        let step = &self.steps[first.step];
        let params = first.part.map_or_else(Default::default, |kernel| step.plan.given(kernel));
        self.exec.run(&Work { s: self, step, meter: &self.meters[first.step], params, tasks, done });
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
            out.events = Some(self.put(&events::encode(&delta.events), step.raw)?);
        }
        if let Some(summary) = summary {
            out.summary = Some(self.put(&summary.encode(), step.raw)?);
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

/// Tasks of one kernel of one step as the executor is given them.
struct Work<'w, 'a> {
    s: &'w Session<'a>,
    step: &'w Step,
    meter: &'w Meter,
    params: Cow<'w, str>,
    tasks: &'w [&'w Task],
    done: &'w (dyn Fn(usize, Result<Outcome, Fault>) + Sync),
}

impl Batch for Work<'_, '_> {
    fn jobs(&self) -> usize {
        self.tasks.len()
    }

    fn job(&self, i: usize) -> Option<Job<'_>> {
        let (step, task) = (self.step, *self.tasks.get(i)?);
        let kernel = task.part?;
        let ports = &step.plan.ports;
        let right = ports.right.as_ref().zip(task.bucket.as_ref());
        let right = right.map(|(right, (rows, columns))| Bucket {
            on: right.on.as_str().into(),
            key: right.key.as_str().into(),
            rows: *rows,
            columns: columns.as_slice().into(),
        });
        Some(Job {
            entry: step.entry.name.into(),
            kernel,
            version: step.entry.card.version(kernel),
            params: Cow::Borrowed(&self.params),
            rows: task.rows,
            reads: task.reads.as_slice().into(),
            living: task.living.as_ref().map(Cow::Borrowed),
            slice: task.slice,
            all: task.all,
            right,
            sums_up: kernel == Kernel::Map && step.entry.card.has(Kernel::Gather),
            leaves: step.leaves(),
        })
    }

    fn tools(&self) -> &dyn Tools {
        self.s
    }

    fn here(&self, i: usize) -> Result<Made, Fault> {
        self.s.go_on()?;
        let job = self.job(i).ok_or_else(|| Fault::Bug("has no such kernel".into()))?;
        job.call(&self.step.entry.kernels, self.meter, self.s)
    }

    fn done(&self, i: usize, made: Result<Made, Fault>) {
        let Some(task) = self.tasks.get(i) else { return };
        if let (Ok(Made { far: true, .. }), Some(job)) = (&made, self.job(i)) {
            self.meter.count(job.kernel, job.counted());
        }
        let kept = made.and_then(|made| self.s.finish(task, made.delta, made.summary));
        (self.done)(i, kept.map_err(|f| named(self.step, f)));
    }
}

pub(super) fn named(step: &Step, fault: Fault) -> Fault {
    match fault {
        Fault::Bug(say) => Fault::Bug(format!("{}: {say}", step.name)),
        other => other,
    }
}

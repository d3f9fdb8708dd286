//! Tasks run: a partition's kernel, row by row where the step has Sample grain; a gather over all summaries; a whole
//! stage. And bytes made again by running the task that made them.
use super::call::named;
use super::gather::{self, Bytes, Run};
use super::session::{Make, SUMMARIES, Session, held};
use super::state::Outcome;
use super::step::Step;
use super::tasks::{GatherTask, GivenRows, Producer, RunTask, Task, Whole};
use super::{contract, order, samples};
use crate::digest::cut_hash;
use crate::stage::{Context, Fault, Grain, Kernel, Kernels, Piece};
use crate::table::weight::weight;
use crate::table::{self, ArrayRef};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Makes bytes again by running the task that made them.
pub struct Maker;

impl Make for Maker {
    fn make(&self, s: &Session, producer: &Producer) -> Option<Result<(), Fault>> {
        match producer {
            Producer::Task(task) => Some(s.execute(task).map(drop)),
            Producer::Gather(task) => Some(s.execute_gather(task).map(drop)),
            Producer::Run(task) => Some(s.execute_run(task).map(drop)),
            Producer::Nulls(..) | Producer::Literal(_) | Producer::Units(..) => None,
            Producer::Take(_) | Producer::Born(..) => None,
        }
    }
}

impl Session<'_> {
    /// Runs tasks of one kernel of one step, checks what they gave against the contract, and keeps it. `done` is told of
    /// each.
    pub fn execute_all(&self, tasks: &[&Task], done: &(dyn Fn(usize, Result<Outcome, Fault>) + Sync)) {
        let by_sample = |task: &&Task| {
            let grain = self.steps[task.step].entry.card.grain;
            grain == Grain::Sample && task.part == Some(Kernel::Map) && task.living.is_some()
        };
        if !tasks.first().is_some_and(by_sample) {
            return self.run(tasks, done);
        }
        let mapped = |task: &Task| {
            self.go_on()?;
            samples::by_sample(self, task, true)?.ok_or_else(|| Fault::Bug("a sample was not mapped".into()))
        };
        self.exec.each(tasks.len(), &|k| {
            let gave = tasks.get(k).map(|task| mapped(task));
            done(k, gave.unwrap_or_else(|| Err(Fault::Bug("a task was lost".into()))));
        });
    }

    /// Runs one task.
    pub fn execute(&self, task: &Task) -> Result<Outcome, Fault> {
        let gave = Mutex::new(None);
        self.execute_all(&[task], &|_, outcome| *held(&gave) = Some(outcome));
        let gave = gave.into_inner().unwrap_or_else(|e| e.into_inner());
        gave.unwrap_or_else(|| Err(Fault::Bug("a task was lost".into())))
    }

    /// Merges the summaries and runs the gather.
    pub fn execute_gather(&self, task: &GatherTask) -> Result<gather::Decided, Fault> {
        let step = &self.steps[task.step];
        let Kernels::Row { gather: kernel, .. } = step.entry.kernels else {
            return Err(Fault::Bug("has no gather".into()));
        };
        let runs = self.runs(task)?;
        let mut verdicts = crate::stage::Verdicts::default();
        let broken = gather::Broken::default();
        let stream = || gather::merge(&runs, &broken);
        let hits = crate::stage::Hits(&stream);
        let n = gather::count(&runs, &broken);
        let context = Context::new(self, &task.facts);
        let done = kernel(&self.meters[task.step], step.plan.params(Kernel::Gather), n, &hits, &context, &mut verdicts);
        // what a gather says of entries that broke off is no answer, nor is its own complaint
        broken.check().and(done).map_err(|f| named(step, f))?;
        let mut out = gather::Decided::default();
        for part in verdicts.parts() {
            out.slices.insert(part, self.put(&gather::encode_slice(&verdicts.slice(part).rows), step.raw)?);
        }
        if let Some(all) = verdicts.conclusion() {
            out.all = Some(self.put(all, step.raw)?);
            out.none = Some(self.put(&[], step.raw)?);
        }
        out.facts = verdicts.facts;
        out.told = verdicts.told;
        Ok(out)
    }

    /// Summaries, held where they fit into a share of the memory, else read as they are merged.
    fn runs(&self, task: &GatherTask) -> Result<Vec<Run<'_>>, Fault> {
        let mut runs = Vec::with_capacity(task.inputs.len());
        let mut held = 0;
        let mut ranks = match &task.table {
            Some(table) => order::ranks(self, table)?,
            None => None,
        };
        for ((digest, living), k) in task.inputs.iter().zip(&task.of) {
            let bytes = self.bytes(*digest)?; // verified, or made again
            held += bytes.len() as u64;
            let bytes = match held > self.memory / SUMMARIES {
                true => {
                    let digest = *digest;
                    let read = move |at, len| self.store.stretch(digest, at, len);
                    Bytes::Read(bytes.len() as u64, Box::new(read))
                }
                false => Bytes::Held(bytes),
            };
            let ranks = ranks.as_mut().and_then(|r| r.get_mut(*k)).map(std::mem::take);
            runs.push(Run { bytes, living: living.clone(), ranks });
        }
        Ok(runs)
    }

    /// Runs a whole stage; the bytes of its files become objects. Also names the object with the keys of its files' sums.
    pub fn execute_run(&self, task: &RunTask) -> Result<Whole, Fault> {
        let step = &self.steps[task.step];
        let Kernels::Whole { run, seal } = step.entry.kernels else { return Err(Fault::Bug("has no run".into())) };
        let pieces: Vec<Piece> =
            task.pieces.iter().map(|(g, n, reads)| Piece { group: g.clone(), rows: self.rows(*n, reads) }).collect();
        let params = step.plan.params(Kernel::Run);
        let context = Context::new(self, &task.facts);
        let mut output = run(&self.meters[task.step], params, &pieces, &context).map_err(|f| named(step, f))?;
        let mut keys = self.keep_files(&mut output.files, step.raw)?;
        if let Some((mut seals, root)) = seal(params, &output.files, &output.told).map_err(|f| named(step, f))? {
            keys.extend(self.keep_files(&mut seals, step.raw)?);
            output.files.extend(seals);
            output.files_root = Some(root);
        }
        let keys: Vec<u8> = keys.iter().flat_map(|k| k.0).collect();
        let sums = self.put(&keys, step.raw)?;
        let table = match output.table.take() {
            Some(table) => self.keep_table(step, &table)?,
            None => Vec::new(),
        };
        Ok(Whole { output, sums, table })
    }

    /// Checks the table that a whole stage gave, and cuts it into partitions by the hash of its ids, and by the bytes of its
    /// rows where these are long.
    fn keep_table(&self, step: &Step, columns: &BTreeMap<String, ArrayRef>) -> Result<Vec<GivenRows>, Fault> {
        let ids = contract::check_table(step, columns).map_err(|f| named(step, f))?;
        let hashes: Vec<u64> = ids.iter().map(|id| cut_hash(id.as_bytes())).collect();
        let mut bytes = vec![0; hashes.len()];
        for array in columns.values() {
            bytes.iter_mut().enumerate().for_each(|(row, sum)| *sum += weight(array, row, row + 1));
        }
        let (mut out, mut start) = (Vec::new(), 0u32);
        for end in table::cutting::cut(&hashes, &bytes, table::cutting::Window::lines(self.target)) {
            let rows: Vec<u32> = (start..end as u32).collect();
            let mut kept = Vec::with_capacity(columns.len());
            for (name, array) in columns {
                let apart = step.apart.contains(name) || name == "id";
                kept.push((name.clone(), self.put_column(&table::take(array, &rows), None, apart)?));
            }
            out.push(GivenRows { rows: rows.len() as u32, columns: kept });
            start = end as u32;
        }
        Ok(out)
    }
}

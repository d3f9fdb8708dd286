//! A join step: right rows brought to the left partitions, then a kernel on each.
use super::turn::Turn;
use crate::engine::meet::join;
use crate::engine::state::{Exchange, PartRun, StepRun, Table, Tables};
use crate::engine::tasks::Task;
use crate::stage::{Fault, Kernel};

impl Turn<'_, '_> {
    pub(super) fn join(&self, tables: &mut Tables, run: &mut StepRun) -> Result<(), Fault> {
        let ports = &self.step.plan.ports;
        let Some(right) = &ports.right else { return Err(Fault::Bug("joins nothing".into())) };
        let mut table = tables.remove(&ports.table).unwrap_or_default();
        let other = tables.get(&right.table).cloned().unwrap_or_default();
        self.declare(&mut table);
        let mut names = ports.reads.clone();
        names.extend((!names.contains(&right.on)).then(|| right.on.clone()));
        let met = join::exchange(self.s, self.step, &table, &other);
        let done = met.and_then(|met| self.join_over(&mut table, &other, &names, met, run));
        tables.insert(ports.table.clone(), table);
        done
    }

    fn join_over(
        &self,
        table: &mut Table,
        right: &Table,
        names: &[String],
        met: Option<Exchange>,
        run: &mut StepRun,
    ) -> Result<(), Fault> {
        let Some(r) = &self.step.plan.ports.right else { return Err(Fault::Bug("joins nothing".into())) };
        let columns = join::right_columns(r);
        let mut tasks = Vec::new();
        for (k, part) in table.parts.iter().enumerate() {
            let reads = self.reads(table, part, names);
            let bucket = met.as_ref().and_then(|m| m.buckets.get(k));
            let bucket =
                bucket.map(|(n, digests)| (*n, columns.iter().cloned().zip(digests.iter().copied()).collect()));
            let task = self.task(part, Kernel::Join, &reads).filter(|_| bucket.is_some());
            tasks.push(task.map(|t| Task { bucket, ..t }));
            run.parts.push(PartRun { uid: part.uid.clone(), reads, before: part.clone(), ..PartRun::default() });
        }
        if let (Some(met), true) = (&met, r.unmatched.is_some() && self.s.sample.is_none()) {
            let name = |p: u32| right.parts.get(p as usize).map_or(String::new(), |p| p.uid.clone());
            run.unmatched = met.unmatched.iter().map(|(p, row)| (name(*p), *row)).collect();
        }
        run.met = met;
        let joined = self.outcomes(Kernel::Join, &tasks, run, &|_, _| ())?;
        for (k, outcome) in joined.into_iter().enumerate() {
            self.settle(&mut table.parts[k], outcome.as_ref().map(|o| &*o.1), &mut run.parts[k])?;
            run.parts[k].outcomes.extend(outcome.map(|(key, o)| (Kernel::Join, key, o)));
        }
        Ok(())
    }
}

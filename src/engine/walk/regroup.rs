//! A regroup step: the engine's own, without a kernel.
use super::turn::Turn;
use crate::engine::ahead;
use crate::engine::meet::regroup;
use crate::engine::state::{Mode, Outcome, Partition, StepRun, Table, Tables};
use crate::stage::Fault;

impl Turn<'_, '_> {
    pub(super) fn regroup(&self, tables: &mut Tables, run: &mut StepRun) -> Result<(), Fault> {
        let ports = &self.step.plan.ports;
        let Some(by) = &self.step.plan.regroup else { return Err(Fault::Bug("regroups nothing".into())) };
        let from = tables.get(&by.table).cloned().unwrap_or_default();
        let then = |part: &Partition| {
            if self.mode == Mode::Build {
                ahead::go(self.s, self.i, self.wanted, part, &Outcome::default());
            }
        };
        let table = match regroup::regroup(self.s, self.step, by, &from, &then)? {
            Some(table) => table,
            None => {
                run.may = true;
                let types = ports.reads.iter().filter_map(|c| Some((c.clone(), from.types.get(c)?.clone()))).collect();
                Table { types, parts: vec![Partition::unknown(self.step.name.clone())] }
            }
        };
        tables.insert(ports.table.clone(), table);
        Ok(())
    }
}

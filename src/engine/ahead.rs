//! While the columns of a partition are in memory, the steps behind the one that made them are run on it too, as far as
//! they need nothing else: a column is then read from the store once instead of once a step. What comes out stands
//! under the same keys as if each step had waited for its turn; the walk finds it there.
use super::recipe;
use super::session::Session;
use super::state::{Outcome, Partition};
use super::step::Step;
use super::tasks::Task;
use crate::digest::Digest;
use crate::stage::{Kernel, Kernels};
use std::collections::{BTreeMap, BTreeSet};

/// Goes ahead from a map of step `i` on a partition. An error is left to the step's own turn, where it is told.
pub fn go(s: &Session, i: usize, wanted: &BTreeSet<usize>, part: &Partition, outcome: &Outcome) {
    let Some(step) = s.steps.get(i).filter(|_| s.sample.is_none()) else { return };
    if step.plan.scan.as_ref().is_some_and(|source| source.cut.cut_anew()) {
        return; // its rows become other partitions
    }
    let ports = &step.plan.ports;
    let (table, rows, mut columns) = match (&ports.into, &outcome.born) {
        (Some(into), Some(born)) => (into, born.rows, born.columns.iter().cloned().collect()),
        (None, _) => {
            let Some(rows) = part.rows else { return };
            let known = part.columns.iter().filter_map(|(n, d)| Some((n.clone(), (*d)?)));
            (&ports.table, rows, known.chain(outcome.columns.iter().cloned()).collect())
        }
        _ => return,
    };
    after(s, i, &mut columns);
    for j in i + 1..s.steps.len() {
        let Some(step) = s.steps.get(j) else { return };
        let stops = !wanted.contains(&j) || s.go_on().is_err();
        let regroups = step.plan.regroup.as_ref().is_some_and(|r| r.table == *table);
        if stops || regroups || matches!(step.entry.kernels, Kernels::Whole { .. }) {
            return;
        }
        if step.plan.ports.table != *table {
            continue;
        }
        match map(s, j, rows, &columns) {
            Some(done) => {
                columns.extend(done.columns);
                after(s, j, &mut columns);
            }
            None => forget(step, &mut columns),
        }
    }
}

/// What a step's map gives on the partition, if it needs these columns alone.
fn map(s: &Session, j: usize, rows: u32, columns: &BTreeMap<String, Digest>) -> Option<Outcome> {
    let step = s.steps.get(j)?;
    let plain = matches!(step.entry.kernels, Kernels::Row { .. }) && !step.maps_living();
    if !plain || step.plan.scan.is_some() || step.plan.ports.into.is_some() {
        return None;
    }
    let read = |name: &String| Some((name.clone(), *columns.get(name)?));
    let reads = step.plan.ports.reads.iter().map(read).collect::<Option<Vec<_>>>()?;
    let task = Task { step: j, part: Some(Kernel::Map), rows, reads, ..Task::default() };
    let key = s.key(&recipe::head(step, Kernel::Map), &task);
    if let Some(known) = s.known(key) {
        return Some(known);
    }
    let done = s.execute(&task).ok()?;
    s.remember(key, &done, step.tells_raw());
    Some(done)
}

/// Forgets columns that this step's `apply` may still rewrite.
fn after(s: &Session, i: usize, columns: &mut BTreeMap<String, Digest>) {
    if let Some(step) = s.steps.get(i).filter(|step| step.entry.card.has(Kernel::Apply)) {
        forget(step, columns);
    }
}

fn forget(step: &Step, columns: &mut BTreeMap<String, Digest>) {
    columns.retain(|name, _| step.plan.ports.writes.iter().all(|w| w.0 != *name));
}

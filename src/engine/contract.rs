//! What the engine demands of every kernel, checked on each delta before anything of it is kept.
use super::session::Session;
use super::state::{Outcome, parents_of};
use super::step::Step;
use super::tasks::Task;
use crate::stage::{Act, Delta, Fault};
use crate::table::{ArrayRef, DataType, texts};
use std::collections::{BTreeMap, BTreeSet};

/// Checks a delta for so many rows, made of so many records, if that is known: only declared columns, of their types and
/// lengths; no drop without a key; no row lost.
pub fn check(step: &Step, rows: u32, records: Option<u64>, delta: &Delta) -> Result<(), Fault> {
    let ports = &step.plan.ports;
    let bug = |say: String| Err(Fault::Bug(say));
    let typed = |name: &String, array: &ArrayRef, n: usize| -> Result<(), Fault> {
        let own = if name == "id" && ports.into.is_some() { Some(&DataType::Utf8) } else { None };
        let ty = ports.writes.iter().find(|w| w.0 == *name).map(|w| &w.1.ty).or(own);
        match ty {
            None => bug(format!("wrote the column `{name}`, which it did not declare")),
            Some(ty) if ty != array.data_type() => bug(format!("wrote `{name}` as {}, not as {ty}", array.data_type())),
            Some(_) if array.len() != n => bug(format!("wrote {} rows of `{name}` for {n}", array.len())),
            Some(_) => Ok(()),
        }
    };
    if ports.into.is_some() && !delta.columns.is_empty() {
        return bug("wrote columns of a table whose rows it turns into others".into());
    }
    for (name, array) in &delta.columns {
        typed(name, array, rows as usize)?;
    }
    for e in &delta.events {
        if e.row >= rows {
            return bug(format!("spoke of row {} of {}", e.row, rows));
        }
        let leaves = matches!(e.act, Act::Drop { .. } | Act::Merge(_) | Act::Review | Act::Hold);
        if leaves && e.key.is_empty() {
            return bug("dropped a row without naming the key responsible".into());
        }
        if leaves && !ports.drops && ports.into.is_none() {
            return bug("dropped a row without declaring that it may".into());
        }
    }
    let born = &delta.born;
    if born.parents.iter().any(|p| p.0 >= rows) || !born.parents.is_sorted() {
        return bug("gave born rows a parent that is not there, or out of order".into());
    }
    if !born.parents.is_empty() && ports.into.is_none() && !ports.bears {
        return bug("bore rows without declaring that it may".into());
    }
    if !born.parents.is_empty() && !born.columns.contains_key("id") {
        return bug("bore rows without an id".into());
    }
    for (name, array) in born.columns.iter().filter(|(n, _)| *n != "id") {
        typed(name, array, born.parents.len())?;
    }
    let wrong = |a: &ArrayRef| a.len() != born.parents.len() || a.null_count() > 0 || *a.data_type() != DataType::Utf8;
    if born.columns.get("id").is_some_and(wrong) {
        return bug("bore rows with missing ids, or with ids that are no text".into());
    }
    let dropped = delta.events.iter().filter(|e| matches!(e.act, Act::Drop { .. }));
    let dropped = dropped.map(|e| (e.row, e.record));
    records.map_or(Ok(()), |records| conserved(step, records, &delta.born.parents, dropped))
}

/// The same of the outcome of a partition that was put together from those of its rows.
pub fn conserved_outcome(s: &Session, task: &Task, outcome: &Outcome) -> Result<(), Fault> {
    let step = &s.steps[task.step];
    if step.plan.ports.into.is_none() {
        return Ok(());
    }
    let parents = outcome.born.as_ref().map(|b| s.bytes(b.parents)).transpose()?;
    let parents = parents.map(|b| parents_of(&b)).unwrap_or_default();
    let events = s.events(outcome)?;
    let dropped = events.iter().filter(|e| matches!(e.act, Act::Drop { .. })).map(|e| (e.row, e.record));
    let living = task.living.as_ref().map_or(task.rows, |l| l.count());
    conserved(step, task.records.unwrap_or(u64::from(living)), &parents, dropped)
}

/// Into another table: every record bears a row or is dropped, none neither, and none both unless the ports say so.
fn conserved(
    step: &Step,
    records: u64,
    parents: &[(u32, u32)],
    dropped: impl Iterator<Item = (u32, u32)>,
) -> Result<(), Fault> {
    if step.plan.ports.into.is_none() {
        return Ok(());
    }
    let mut seen: BTreeMap<(u32, u32), (bool, bool)> = BTreeMap::new();
    for p in parents {
        seen.entry(*p).or_default().0 = true;
    }
    for record in dropped {
        seen.entry(record).or_default().1 = true;
    }
    if !step.plan.ports.traces && seen.values().any(|(born, dropped)| *born && *dropped) {
        return Err(Fault::Bug("both bore and dropped a record".into()));
    }
    // of a document its reader alone knows how many records there are
    let counted = step.plan.scan.as_ref().is_some_and(|source| source.cut.counted_by_reader());
    if !counted && seen.len() as u64 != records {
        let say = format!("lost rows: {records} in, {} born or dropped", seen.len());
        return Err(Fault::Bug(say));
    }
    Ok(())
}

/// Checks the table that a whole stage gave: declared columns of their types and of one length, and an id for each row
/// that no other row has. Gives the ids.
pub fn check_table(step: &Step, columns: &BTreeMap<String, ArrayRef>) -> Result<Vec<String>, Fault> {
    let bug = |say: String| Err(Fault::Bug(say));
    let ports = &step.plan.ports;
    if ports.into.is_none() {
        return bug("gave a table without declaring where it goes".into());
    }
    let Some(ids) = columns.get("id").filter(|ids| *ids.data_type() == DataType::Utf8) else {
        return bug("gave a table without ids".into());
    };
    for (name, array) in columns.iter().filter(|c| c.0 != "id") {
        match ports.writes.iter().find(|w| w.0 == *name) {
            None => return bug(format!("gave the column `{name}`, which it did not declare")),
            Some((_, c)) if c.ty != *array.data_type() => {
                return bug(format!("gave `{name}` as {}, not as {}", array.data_type(), c.ty));
            }
            Some(_) if array.len() != ids.len() => {
                return bug(format!("gave {} rows of `{name}` for {}", array.len(), ids.len()));
            }
            Some(_) => {}
        }
    }
    let ids: Option<Vec<String>> = texts(ids.as_ref()).into_iter().map(|id| id.map(String::from)).collect();
    let Some(ids) = ids else { return bug("gave a row without an id".into()) };
    let different: BTreeSet<&String> = ids.iter().collect();
    if different.len() < ids.len() {
        return bug("gave two rows of one id".into());
    }
    Ok(ids)
}

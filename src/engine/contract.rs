//! What the engine demands of every kernel, checked on each delta before anything of it is kept.
use super::Step;
use crate::stage::{Act, Delta, Fault};
use crate::table::{ArrayRef, DataType};
use std::collections::BTreeMap;

/// A delta for so many rows, made of so many records: only declared columns, of their types and lengths; no drop without
/// a key; no row lost.
pub fn check(step: &Step, rows: u32, records: u64, delta: &Delta) -> Result<(), Fault> {
    let ports = &step.plan.ports;
    let bug = |say: String| Err(Fault::Bug(say));
    let typed = |name: &String, array: &ArrayRef, n: usize| -> Result<(), Fault> {
        let own = if name == "id" && ports.into.is_some() { Some(&DataType::Utf8) } else { None };
        let ty = ports.writes.iter().find(|w| w.0 == *name).map(|w| &w.1).or(own);
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
        let leaves = matches!(e.act, Act::Drop | Act::Merge(_) | Act::Review);
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
    if !born.parents.is_empty() && !born.columns.contains_key("id") {
        return bug("bore rows without an id".into());
    }
    for (name, array) in born.columns.iter().filter(|(n, _)| *n != "id") {
        typed(name, array, born.parents.len())?;
    }
    if born.columns.get("id").is_some_and(|a| a.len() != born.parents.len() || a.null_count() > 0) {
        return bug("bore rows with missing ids".into());
    }
    conserved(step, records, delta)
}

/// Into another table: every record bears a row or is dropped, none both and none neither.
fn conserved(step: &Step, records: u64, delta: &Delta) -> Result<(), Fault> {
    if step.plan.ports.into.is_none() {
        return Ok(());
    }
    let mut seen: BTreeMap<(u32, u32), (bool, bool)> = BTreeMap::new();
    for p in &delta.born.parents {
        seen.entry(*p).or_default().0 = true;
    }
    for e in delta.events.iter().filter(|e| e.act == Act::Drop) {
        seen.entry((e.row, e.record)).or_default().1 = true;
    }
    if seen.values().any(|(born, dropped)| *born && *dropped) {
        return Err(Fault::Bug("both bore and dropped a record".into()));
    }
    if seen.len() as u64 != records {
        let say = format!("lost rows: {records} in, {} born or dropped", seen.len());
        return Err(Fault::Bug(say));
    }
    Ok(())
}

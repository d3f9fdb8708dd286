//! The order of a table's rows. Partitions stand in the order of the data, but rows that a step bore stand in partitions
//! of their own behind their parents', and where those end depends on how large partitions are. So whatever depends on
//! the order of rows asks here: each row born stands directly behind its parent, whatever partition it lies in.
use super::session::Session;
use super::state::{Table, parents_of};
use crate::digest::Digest;
use crate::stage::Fault;
use std::collections::BTreeMap;

/// The partitions of rows born in their own table, by the index of their parents' partition; of one parent, those of
/// earlier steps first.
type Children = BTreeMap<usize, Vec<usize>>;

/// Which partitions hold children of which.
fn children(table: &Table) -> Children {
    let own = |k: usize| table.parts.get(k).and_then(|p| p.origin.as_ref()).filter(|o| o.same_table);
    if (0..table.parts.len()).all(|k| own(k).is_none()) {
        return Children::new();
    }
    let at: BTreeMap<&str, usize> = table.parts.iter().enumerate().map(|(k, p)| (p.uid.as_str(), k)).collect();
    let mut out = Children::new();
    for k in 0..table.parts.len() {
        if let Some(parent) = own(k).and_then(|o| at.get(o.uid.as_str())) {
            out.entry(*parent).or_default().push(k);
        }
    }
    for list in out.values_mut() {
        list.sort_by_key(|k| own(*k).map(|o| o.step));
    }
    out
}

/// Inputs of a recipe for whatever depends on the order of rows: who is whose child. Empty where no row was born in the
/// table; `None` if it is not known yet.
pub fn inputs(table: &Table) -> Option<Vec<Digest>> {
    let mut out = Vec::new();
    for (parent, list) in children(table) {
        for k in list {
            out.push(Digest::of(format!("rows born {parent} {k}").as_bytes()));
            out.push(table.parts.get(k)?.origin.as_ref()?.parents?);
        }
    }
    Some(out)
}

/// All rows as (partition, row) in the order of the data; `None` where one partition after the other is that order.
pub fn rows(s: &Session, table: &Table) -> Result<Option<Vec<(u32, u32)>>, Fault> {
    let children = children(table);
    if children.is_empty() {
        return Ok(None);
    }
    let mut parents = BTreeMap::new();
    for k in children.values().flatten() {
        let unknown = || Fault::Bug("the parents of rows born are not known".into());
        let origin = table.parts.get(*k).and_then(|p| p.origin.as_ref()).and_then(|o| o.parents);
        parents.insert(*k, parents_of(&s.bytes(origin.ok_or_else(unknown)?)?));
    }
    let mut walk = Walk { children: &children, parents: &parents, next: BTreeMap::new(), out: Vec::new() };
    let born: std::collections::BTreeSet<usize> = children.values().flatten().copied().collect();
    for (k, part) in table.parts.iter().enumerate().filter(|(k, _)| !born.contains(k)) {
        (0..part.rows.unwrap_or(0)).for_each(|row| walk.row(k, row));
    }
    Ok(Some(walk.out))
}

/// Where each row stands in the order of the data, by partition; `None` where one partition after the other is that
/// order.
pub fn ranks(s: &Session, table: &Table) -> Result<Option<Vec<Vec<u32>>>, Fault> {
    let Some(order) = rows(s, table)? else { return Ok(None) };
    let mut out: Vec<Vec<u32>> = table.parts.iter().map(|p| vec![0; p.rows.unwrap_or(0) as usize]).collect();
    for (rank, (k, row)) in order.into_iter().enumerate() {
        if let Some(slot) = out.get_mut(k as usize).and_then(|p| p.get_mut(row as usize)) {
            *slot = rank as u32;
        }
    }
    Ok(Some(out))
}

struct Walk<'w> {
    children: &'w Children,
    parents: &'w BTreeMap<usize, Vec<(u32, u32)>>,
    /// The next row of each partition of children: their parents ascend, as the rows are walked.
    next: BTreeMap<usize, usize>,
    out: Vec<(u32, u32)>,
}

impl Walk<'_> {
    /// A row, then its children of each step, each with its own.
    fn row(&mut self, part: usize, row: u32) {
        self.out.push((part as u32, row));
        for child in self.children.get(&part).into_iter().flatten() {
            let parents = self.parents.get(child).map(Vec::as_slice).unwrap_or_default();
            loop {
                let at = self.next.get(child).copied().unwrap_or(0);
                if parents.get(at).is_none_or(|p| p.0 != row) {
                    break;
                }
                self.next.insert(*child, at + 1);
                self.row(*child, at as u32);
            }
        }
    }
}

//! Local recoding by Mondrian: the table is cut again and again along the quasi-identifier that varies most, as long as both
//! sides hold what is asked; each part is generalised as far as its own rows need, and no further.
//!
//! Numbers are cut at their median; values of a hierarchy into the groups one level down, all of which must hold. Of quasi-
//! identifiers that vary equally the first that was declared is tried first. It is greedy: what it gives is anonymous, and
//! usually loses far less than one level for all, but it need not be the best.
use super::classes::{Classes, NONE, references};
use super::held::Own;
use super::models::{Model, Reference};
use super::table::Table;
use std::collections::BTreeMap;

/// What stands in the cells of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// What this value is on this level.
    Level { leaf: u32, level: usize },
    /// All from the one value to the other.
    Range { low: u32, high: u32 },
}

/// Parts, and which of them each tuple is in.
#[derive(Clone, Debug, PartialEq)]
pub struct Boxed {
    pub classes: Classes,
    /// For each class what stands in the column of each attribute.
    pub cells: Vec<Vec<Cell>>,
    /// How many values of the hierarchy the cells of each attribute stand for, suppressed rows counted as all of them.
    pub sums: Vec<u64>,
}

/// Cuts the table. Rows that can be in no class, because their kept values alone are too rare, are in none.
pub fn mondrian(table: &Table, model: &Model) -> Boxed {
    let reference = references(table, |_| true);
    let cut = Cut { table, model, reference: &reference };
    let mut of = vec![NONE; table.len()];
    let (mut cells, mut classes) = (Vec::new(), 0u32);
    let mut open = cut.kept_apart();
    open.reverse();
    while let Some(part) = open.pop() {
        let own = cut.cells(&part);
        match cut.parts(&part, &own) {
            Some(mut parts) => {
                parts.reverse();
                open.extend(parts);
            }
            None => {
                for tuple in &part {
                    if let Some(slot) = of.get_mut(*tuple as usize) {
                        *slot = classes;
                    }
                }
                cells.push(own);
                classes += 1;
            }
        }
    }
    let classes = Classes::new(table, of, classes);
    let sums = cut.sums(&classes, &cells);
    Boxed { classes, cells, sums }
}

struct Cut<'t> {
    table: &'t Table,
    model: &'t Model,
    reference: &'t [Reference],
}

impl Cut<'_> {
    fn holds(&self, part: &[u32]) -> bool {
        self.model.holds(&Own::of(self.table, part), self.reference)
    }

    /// Values that are never generalised part the table from the first.
    fn kept_apart(&self) -> Vec<Vec<u32>> {
        let kept = |n: &usize| self.table.attributes.get(*n).is_some_and(|a| a.levels.len() < 2 && !a.ordered);
        let kept: Vec<usize> = (0..self.table.attributes.len()).filter(kept).collect();
        let mut parts: BTreeMap<Vec<u32>, Vec<u32>> = BTreeMap::new();
        for tuple in 0..self.table.len() {
            let key = kept.iter().map(|n| self.table.leaf(tuple, *n)).collect();
            parts.entry(key).or_default().push(tuple as u32);
        }
        parts.into_values().filter(|part| self.holds(part)).collect()
    }

    /// What stands in the cells of a part: each attribute no more general than its rows need.
    fn cells(&self, part: &[u32]) -> Vec<Cell> {
        let cell = |n: usize| {
            let leaves = || part.iter().map(|t| self.table.leaf(*t as usize, n));
            let Some(attribute) = self.table.attributes.get(n) else { return Cell::Level { leaf: 0, level: 0 } };
            let (low, high) = (leaves().min().unwrap_or(0), leaves().max().unwrap_or(0));
            if attribute.ordered {
                return Cell::Range { low, high };
            }
            let one =
                |level: &usize| leaves().all(|leaf| attribute.group(*level, leaf) == attribute.group(*level, low));
            let level = (0..attribute.levels.len()).find(one).unwrap_or(attribute.levels.len().saturating_sub(1));
            Cell::Level { leaf: low, level }
        };
        (0..self.table.attributes.len()).map(cell).collect()
    }

    /// How many values of its hierarchy a cell stands for.
    fn width(&self, n: usize, cell: Cell) -> u32 {
        match cell {
            Cell::Level { leaf, level } => self.table.attributes.get(n).map_or(1, |a| a.holds(level, leaf)),
            Cell::Range { low, high } => high - low + 1,
        }
    }

    /// The parts of a part, along the first attribute that can be cut, the one that varies most first.
    fn parts(&self, part: &[u32], cells: &[Cell]) -> Option<Vec<Vec<u32>>> {
        let mut order: Vec<(usize, Cell)> = cells.iter().copied().enumerate().collect();
        order.retain(|(n, cell)| self.width(*n, *cell) > 1);
        let share = |n: usize, cell: Cell| {
            let domain = self.table.attributes.get(n).map_or(1, |a| a.domain.max(1));
            (u64::from(self.width(n, cell)), u64::from(domain))
        };
        order.sort_by(|a, b| {
            let ((v, d), (w, e)) = (share(a.0, a.1), share(b.0, b.1));
            (w * d).cmp(&(v * e)).then(a.0.cmp(&b.0))
        });
        order.into_iter().find_map(|(n, cell)| {
            let parts = match cell {
                Cell::Range { .. } => self.halves(part, n),
                Cell::Level { level, .. } => self.groups(part, n, level.checked_sub(1)?),
            };
            (parts.len() > 1 && parts.iter().all(|p| self.holds(p))).then_some(parts)
        })
    }

    /// The rows up to the median of an attribute, and those above.
    fn halves(&self, part: &[u32], n: usize) -> Vec<Vec<u32>> {
        let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
        for tuple in part {
            *counts.entry(self.table.leaf(*tuple as usize, n)).or_default() +=
                u64::from(self.table.rows(*tuple as usize));
        }
        let total: u64 = counts.values().sum();
        let last = counts.keys().next_back().copied();
        let mut sum = 0;
        let mut cut = None;
        for (leaf, rows) in counts.iter().filter(|(leaf, _)| Some(**leaf) != last) {
            if cut.is_some() && sum * 2 >= total {
                break;
            }
            sum += rows;
            cut = Some(*leaf);
        }
        let Some(cut) = cut else { return Vec::new() };
        let (low, high) = part.iter().partition(|t| self.table.leaf(**t as usize, n) <= cut);
        vec![low, high]
    }

    fn groups(&self, part: &[u32], n: usize, level: usize) -> Vec<Vec<u32>> {
        let Some(attribute) = self.table.attributes.get(n) else { return Vec::new() };
        let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for tuple in part {
            groups.entry(attribute.group(level, self.table.leaf(*tuple as usize, n))).or_default().push(*tuple);
        }
        groups.into_values().collect()
    }

    fn sums(&self, classes: &Classes, cells: &[Vec<Cell>]) -> Vec<u64> {
        let held = |n: usize, domain: u32, tuple: usize| {
            let class = classes.of.get(tuple).filter(|c| **c != NONE);
            let cell = class.and_then(|c| cells.get(*c as usize)?.get(n));
            u64::from(cell.map_or(domain, |cell| self.width(n, *cell))) * u64::from(self.table.rows(tuple))
        };
        let of = |(n, a): (usize, &super::table::Attribute)| (0..self.table.len()).map(|t| held(n, a.domain, t)).sum();
        self.table.attributes.iter().enumerate().map(of).collect()
    }
}

//! Units placed into splits, and those of each split into folds.
use super::records::Gather;
use super::units::{Unit, Units};
use crate::digest::{Draws, mix};
use crate::measure::apportion::{Row, apportion};
use crate::measure::placing::{self, Lot};
use std::collections::BTreeMap;

/// Where each unit is, by its number.
pub struct Placed {
    pub splits: Vec<u32>,
    /// Of each drawing of folds, from 1; empty without folds.
    pub folds: Vec<Vec<u32>>,
    /// Strata (by `balanced`: classes) of the units that are not given to a split, and those with one unit alone.
    pub strata: usize,
    pub alone: usize,
}

pub fn place(p: &Gather, units: &Units) -> Placed {
    let free: Vec<&Unit> = units.all.iter().filter(|unit| unit.given.is_none()).collect();
    let weights: Vec<u64> = p.weights.values().copied().collect();
    let mut splits = vec![0; units.all.len()];
    let mut set = |number: u32, split: u32| {
        splits.get_mut(number as usize).iter_mut().for_each(|s| **s = split);
    };
    units.all.iter().for_each(|unit| set(unit.number, unit.given.map_or(0, u32::from)));
    let kept = |unit: &Unit| unit.kept.map(u32::from);
    let shares = Shares { weights: &weights, kept: &kept, purpose: "split stratum".into(), repeat: 0 };
    let (strata, alone) = match &p.time {
        None => shares.place(p, units, &free, &mut set),
        Some(order) => {
            super::timed::place(p, order, &free, &mut set);
            (0, 0)
        }
    };
    let mut folds = Vec::new();
    for repeat in 0..if p.folds > 0 { u64::from(p.repeats.max(1)) } else { 0 } {
        let mut own_folds = vec![0; units.all.len()];
        let weights = vec![1; p.folds as usize];
        let purpose = if repeat == 0 { "split fold".to_string() } else { format!("split fold {repeat}") };
        for split in 0..p.weights.len() as u32 {
            let own = |unit: &&Unit| splits.get(unit.number as usize) == Some(&split);
            let own: Vec<&Unit> = units.all.iter().filter(own).collect();
            let kept = |unit: &Unit| units.kept_fold(unit, repeat).filter(|fold| *fold < p.folds);
            let shares = Shares { weights: &weights, kept: &kept, purpose: purpose.clone(), repeat };
            shares.place(p, units, &own, &mut |number, fold| {
                own_folds.get_mut(number as usize).iter_mut().for_each(|f| **f = fold + 1);
            });
        }
        folds.push(own_folds);
    }
    Placed { splits, folds, strata, alone }
}

/// What is shared out.
struct Shares<'w> {
    weights: &'w [u64],
    kept: &'w dyn Fn(&Unit) -> Option<u32>,
    /// What the odd ones are drawn for.
    purpose: String,
    /// Another drawing of the same units: 0 is the first.
    repeat: u64,
}

impl Shares<'_> {
    /// What is drawn for a unit in this drawing.
    fn rank(&self, unit: &Unit) -> u64 {
        if self.repeat == 0 { unit.rank } else { mix(unit.rank ^ mix(self.repeat)) }
    }

    /// Places units; gives the number of strata and of those with one unit.
    fn place(&self, p: &Gather, units: &Units, of: &[&Unit], set: &mut dyn FnMut(u32, u32)) -> (usize, usize) {
        let draws = Draws::new(p.seed, &self.purpose);
        match p.balanced {
            true => self.balanced(&draws, units, of, set),
            false => self.ranked(&draws, units, of, set),
        }
    }

    fn balanced(&self, draws: &Draws, units: &Units, of: &[&Unit], set: &mut dyn FnMut(u32, u32)) -> (usize, usize) {
        let lot = |unit: &&Unit| Lot {
            size: u64::from(unit.size),
            classes: units.classes_of(unit).into(),
            draw: self.rank(unit),
            kept: (self.kept)(unit),
        };
        let lots: Vec<Lot> = of.iter().map(lot).collect();
        let drawn: Vec<u64> = units.classes.iter().map(|name| draws.of(name)).collect();
        let placed = placing::place(&lots, &drawn, self.weights);
        of.iter().zip(placed).for_each(|(unit, split)| set(unit.number, split));
        let mut of_class = vec![0u32; units.classes.len()];
        for (class, _) in of.iter().flat_map(|unit| units.classes_of(unit)) {
            of_class.get_mut(*class as usize).iter_mut().for_each(|n| **n += 1);
        }
        (of_class.iter().filter(|n| **n > 0).count(), of_class.iter().filter(|n| **n == 1).count())
    }

    /// Cuts the strata. What was kept stays; the others take each split's share in the order of their ranks.
    fn ranked(&self, draws: &Draws, units: &Units, of: &[&Unit], set: &mut dyn FnMut(u32, u32)) -> (usize, usize) {
        let mut strata: BTreeMap<Vec<&str>, Vec<&Unit>> = BTreeMap::new();
        let name = |class: &(u32, u64)| units.classes.get(class.0 as usize).map(String::as_str);
        for unit in of {
            strata.entry(units.classes_of(unit).iter().filter_map(name).collect()).or_default().push(unit);
        }
        let columns = self.weights.len();
        let row = |(classes, units): (&Vec<&str>, &Vec<&Unit>)| {
            let mut kept = vec![0; if units.iter().any(|u| (self.kept)(u).is_some()) { columns } else { 0 }];
            for split in units.iter().filter_map(|u| (self.kept)(u)) {
                kept.get_mut(split as usize).iter_mut().for_each(|k| **k += 1);
            }
            let name = serde_json::to_string(classes).unwrap_or_default();
            Row { total: units.len() as u64, kept, draw: draws.of(&name) }
        };
        let rows: Vec<Row> = strata.iter().map(row).collect();
        let mut free = apportion(&rows, self.weights);
        for (units, free) in strata.values_mut().zip(free.chunks_mut(columns.max(1))) {
            units.sort_unstable_by_key(|u| (self.rank(u), u.number));
            let mut next = 0;
            for unit in units {
                let split = (self.kept)(unit).unwrap_or_else(|| {
                    while free.get(next) == Some(&0) {
                        next += 1;
                    }
                    free.get_mut(next).iter_mut().for_each(|left| **left -= 1);
                    next as u32
                });
                set(unit.number, split);
            }
        }
        (strata.len(), strata.values().filter(|units| units.len() == 1).count())
    }
}

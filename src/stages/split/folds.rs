//! Folds that nothing is in.
use super::place::Placed;
use super::records::Gather;
use super::units::Units;
use crate::stage::Verdicts;
use std::collections::BTreeSet;

/// Tells of each split whose units are fewer than its folds: who trains on all folds but one would validate on nothing. With the
/// fact `folds.empty`, the folds of all splits and drawings that no unit is in.
pub fn tell(p: &Gather, units: &Units, placed: &Placed, out: &mut Verdicts) {
    if placed.folds.is_empty() {
        return;
    }
    let mut empty = 0u64;
    for (split, name) in (0u32..).zip(p.weights.keys()) {
        let is_own = |number: &usize| placed.splits.get(*number) == Some(&split);
        let own: Vec<usize> = units.all.iter().map(|unit| unit.number as usize).filter(is_own).collect();
        if own.is_empty() {
            continue; // a split without a sample is told by itself
        }
        let lacking = |of: &Vec<u32>| {
            let there: BTreeSet<u32> = own.iter().filter_map(|number| of.get(*number).copied()).collect();
            u64::from(p.folds).saturating_sub(there.len() as u64)
        };
        let all: Vec<u64> = placed.folds.iter().map(lacking).collect();
        empty += all.iter().sum::<u64>();
        if let Some(most) = all.iter().max().filter(|most| **most > 0) {
            let say = format!(
                "{most} of the {} folds of `{name}` hold nothing: it has {} samples or groups",
                p.folds,
                own.len()
            );
            out.remark("split.folds", "split.folds", say);
        }
    }
    out.fact("folds.empty", empty);
}

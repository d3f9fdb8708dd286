//! Classes of which a split has none.
use super::records::Gather;
use super::units::Units;
use crate::stage::Verdicts;

/// Classes that are told one by one.
const TOLD: usize = 8;

/// Counts classes and splits that do not meet, where a class has at least as many units as there are splits; and tells those of
/// which the ratio of the split asks for a whole unit.
pub fn tell(p: &Gather, units: &Units, splits: &[u32], out: &mut Verdicts) {
    let there: Vec<(usize, &String, u64)> =
        p.weights.iter().enumerate().filter(|(_, (_, w))| **w > 0).map(|(n, (name, w))| (n, name, *w)).collect();
    if units.classes.is_empty() || there.len() < 2 {
        return;
    }
    let mut met = vec![0u64; units.classes.len() * p.weights.len()];
    for unit in &units.all {
        let Some(split) = splits.get(unit.number as usize) else { continue };
        for (class, _) in units.classes_of(unit) {
            let at = *class as usize * p.weights.len() + *split as usize;
            met.get_mut(at).iter_mut().for_each(|n| **n += 1);
        }
    }
    let whole: u64 = p.weights.values().sum();
    let (mut absent, mut told) = (0u64, 0);
    for (class, counts) in units.classes.iter().zip(met.chunks(p.weights.len().max(1))) {
        let all: u64 = counts.iter().sum();
        if (all as usize) < there.len() {
            continue;
        }
        for (_, name, weight) in there.iter().filter(|(n, ..)| counts.get(*n) == Some(&0)) {
            absent += 1;
            if u128::from(all) * u128::from(*weight) < u128::from(whole) || told == TOLD {
                continue;
            }
            told += 1;
            // of several columns a class has the name of its own before it
            let class = class.rsplit('\0').next().unwrap_or_default();
            let class = if p.private { "a class".to_string() } else { format!("the class `{class}`") };
            let say = format!("{class} stands in {all} groups or samples, and none of them is in `{name}`");
            out.remark("split.stratify", "split.absent", say);
        }
    }
    out.fact("absent", absent);
}

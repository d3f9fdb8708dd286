//! Units placed by `[split] time`.
//!
//! Units come in the order of their latest sample. The first split of the order takes the earliest ones until its share
//! of the samples is reached, then the next. Samples of the same time are never parted, so shares may miss the ratios by
//! what has one time; of two ends of such a run the one is taken that is nearer to the ratio, of equally near ones the
//! later. With `gap_days` samples leave the data set whose time is less than so many days before the first of any later
//! split.
use super::records::Gather;
use super::time::Order;
use super::units::Unit;

/// Puts units into splits; numbers of splits are those of the weights.
pub fn place(p: &Gather, order: &Order, units: &[&Unit], set: &mut dyn FnMut(u32, u32)) {
    let mut timed: Vec<(i64, &Unit)> = units.iter().filter_map(|unit| Some((unit.latest?, *unit))).collect();
    timed.sort_unstable_by_key(|(time, unit)| (*time, unit.number));
    let splits: Vec<(u32, u64)> = order.splits.iter().filter_map(|name| numbered(p, name)).collect();
    let ends = ends(&timed, &splits);
    let mut split = 0;
    for (place, (_, unit)) in timed.iter().enumerate() {
        while ends.get(split).is_some_and(|end| place >= *end) {
            split += 1;
        }
        if let Some((number, _)) = splits.get(split) {
            set(unit.number, *number);
        }
    }
    // units without a time fail the build or leave the data set; until then they are where the order begins
    for unit in units.iter().filter(|unit| unit.latest.is_none()) {
        splits.first().iter().for_each(|(number, _)| set(unit.number, *number));
    }
}

/// The number of a split, and its weight.
fn numbered(p: &Gather, name: &str) -> Option<(u32, u64)> {
    let number = p.weights.keys().position(|key| key == name)?;
    Some((number as u32, *p.weights.get(name)?))
}

/// Behind which unit each split ends.
fn ends(timed: &[(i64, &Unit)], splits: &[(u32, u64)]) -> Vec<usize> {
    let total: u128 = timed.iter().map(|(_, unit)| u128::from(unit.size)).sum();
    let weights: u128 = splits.iter().map(|(_, weight)| u128::from(*weight)).sum();
    // places between runs of one time, each with the samples before it
    let mut between = vec![(0usize, 0u128)];
    let mut before = 0u128;
    for run in timed.chunk_by(|a, b| a.0 == b.0) {
        before += run.iter().map(|(_, unit)| u128::from(unit.size)).sum::<u128>();
        between.push((between.last().map_or(0, |last| last.0) + run.len(), before));
    }
    let (mut share, mut ends) = (0u128, Vec::with_capacity(splits.len()));
    for (_, weight) in splits {
        share += u128::from(*weight);
        // shares are compared times the sum of the weights, so that they stay whole numbers
        let wanted = total.saturating_mul(share);
        let off = |samples: u128| samples.saturating_mul(weights).abs_diff(wanted);
        let least = ends.last().copied().unwrap_or(0);
        let nearest =
            between.iter().filter(|(end, _)| *end >= least).min_by_key(|(end, n)| (off(*n), usize::MAX - end));
        ends.push(nearest.map_or(least, |(end, _)| *end));
    }
    ends.last_mut().iter_mut().for_each(|last| **last = timed.len());
    ends
}

/// What is known of the splits once all units have one: from which time on samples leave, and when each begins.
pub struct Timeline {
    /// For each split, by its number: samples from this time on are too near to a later split.
    until: Vec<Option<i64>>,
    /// For each split, by its number: the latest unit of the splits before it.
    after: Vec<Option<i64>>,
}

impl Timeline {
    pub fn of(p: &Gather, order: &Order, units: &[Unit], splits: &[u32]) -> Timeline {
        let mut of = vec![None::<(i64, i64)>; p.weights.len()];
        for unit in units.iter().filter(|unit| unit.given.is_none()) {
            let (Some(time), Some(split)) = (unit.latest, splits.get(unit.number as usize)) else { continue };
            if let Some(slot) = of.get_mut(*split as usize) {
                *slot = Some(slot.map_or((time, time), |(a, b)| (a.min(time), b.max(time))));
            }
        }
        let numbers: Vec<usize> = order.splits.iter().filter_map(|name| Some(numbered(p, name)?.0 as usize)).collect();
        let (mut until, mut after) = (vec![None; of.len()], vec![None; of.len()]);
        let mut latest = None;
        for number in &numbers {
            after.get_mut(*number).iter_mut().for_each(|slot| **slot = latest);
            latest = latest.max(of.get(*number).copied().flatten().map(|(_, last)| last));
        }
        let mut first: Option<i64> = None;
        for number in numbers.iter().rev() {
            let end = first.filter(|_| order.gap > 0).map(|first| first.saturating_sub(order.gap));
            until.get_mut(*number).iter_mut().for_each(|slot| **slot = end);
            if let Some((begins, _)) = of.get(*number).copied().flatten() {
                first = Some(first.map_or(begins, |first| first.min(begins)));
            }
        }
        Timeline { until, after }
    }

    /// Whether a sample of a split is too near to a later split.
    pub fn is_near(&self, split: usize, time: i64) -> bool {
        self.until.get(split).copied().flatten().is_some_and(|until| time > until)
    }

    /// Whether a sample of a split is not later than all of the splits before; its group has a later one.
    pub fn is_early(&self, split: usize, time: i64) -> bool {
        self.after.get(split).copied().flatten().is_some_and(|after| time <= after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(of: &[(i64, u32)]) -> Vec<Unit> {
        let unit = |(number, (time, size)): (usize, &(i64, u32))| Unit::timed(number as u32, *size, *time);
        of.iter().enumerate().map(unit).collect()
    }

    fn gather(weights: &[(&str, u64)]) -> (Gather, Order) {
        let order = Order { splits: weights.iter().map(|w| w.0.to_string()).collect(), ..Order::default() };
        (Gather { weights: weights.iter().map(|(n, w)| (n.to_string(), *w)).collect(), ..Gather::default() }, order)
    }

    fn placed(weights: &[(&str, u64)], of: &[(i64, u32)]) -> Vec<String> {
        let (p, order) = gather(weights);
        let units = units(of);
        let mut splits = vec![String::new(); units.len()];
        let all: Vec<&Unit> = units.iter().collect();
        place(&p, &order, &all, &mut |number, split| {
            splits[number as usize] = p.weights.keys().nth(split as usize).unwrap().clone()
        });
        splits
    }

    #[test]
    fn splits_follow_each_other_and_one_time_is_not_parted() {
        let ratios = [("train", 6), ("valid", 2), ("test", 2)];
        let days: Vec<(i64, u32)> = (0..10).rev().map(|n| (n, 1)).collect();
        let splits = placed(&ratios, &days);
        assert_eq!(splits.iter().filter(|s| *s == "train").count(), 6);
        assert_eq!((&splits[0][..], &splits[2][..], &splits[4][..]), ("test", "valid", "train"));
        // seven samples of one time: six or nothing for training; six of ten is nearer to seven than to none
        assert_eq!(placed(&ratios, &[(0, 7), (1, 1), (2, 2)]), ["train", "valid", "test"]);
        assert_eq!(placed(&ratios, &[(5, 1), (5, 1), (5, 1)]), ["train"; 3]);
        assert_eq!(placed(&[("train", 0), ("test", 1)], &[(1, 1), (2, 1)]), ["test"; 2]);
        assert!(placed(&ratios, &[]).is_empty());
    }

    #[test]
    fn gaps_reach_back_over_splits_that_are_short() {
        let (p, mut order) = gather(&[("train", 6), ("valid", 2), ("test", 2)]);
        order.gap = 5;
        let units = units(&[(0, 1), (3, 1), (7, 1), (9, 1)]);
        // numbers of splits are in the order of their names: test 0, train 1, valid 2
        let line = Timeline::of(&p, &order, &units, &[1, 1, 2, 0]);
        assert_eq!([0, 2, 3].map(|time| line.is_near(1, time)), [false, false, true]);
        assert!(line.is_near(2, 7) && !line.is_near(2, 4) && !line.is_near(0, 9));
        assert!(line.is_early(0, 7) && !line.is_early(0, 8) && line.is_early(2, 3) && !line.is_early(1, 0));
    }
}

//! Intervals by the percentile bootstrap over items (Efron 1979): items are drawn with their answers, as many as there
//! are, and the coefficient is computed anew.
//!
//! What is drawn depends on the seed and on what the items are, not on the order in which they came: equal items are one,
//! and the different ones stand in an order of their own.
use crate::digest::Draws;

/// An interval, and how many of the resamples gave no value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
    /// Resamples without a value, such as those in which all answers were the same. They are left out.
    pub undefined: u64,
}

/// The share of resamples that lie outside of the interval at either end: 2.5 % leave 95 %.
const TAIL: f64 = 0.025;

/// The interval that holds 95 % of the values of `resamples` resamples; `None` if none of them has a value.
///
/// `times` says how often each different item is there; `value` is told how often each was drawn.
pub fn interval(
    times: &[u64],
    resamples: u32,
    seed: u64,
    value: &mut dyn FnMut(&[u64]) -> Option<f64>,
) -> Option<Interval> {
    let each = times.iter().enumerate().flat_map(|(i, n)| std::iter::repeat_n(i, *n as usize));
    let items: Vec<usize> = each.collect();
    let draws = Draws::new(seed, "agreement");
    let (mut values, mut undefined) = (Vec::with_capacity(resamples as usize), 0);
    let mut drawn = vec![0u64; times.len()];
    for resample in 0..resamples {
        drawn.fill(0);
        let numbers = draws.stream(&resample.to_string());
        for at in 0..items.len() as u64 {
            let item = items.get(numbers.below(at, items.len() as u64) as usize);
            if let Some(n) = item.and_then(|i| drawn.get_mut(*i)) {
                *n += 1;
            }
        }
        match value(&drawn) {
            Some(value) => values.push(value),
            None => undefined += 1,
        }
    }
    values.sort_by(f64::total_cmp);
    // the nearest rank: always the value of a resample
    let rank = |share: f64| ((share * values.len() as f64).ceil() as usize).max(1) - 1;
    let (low, high) = (values.get(rank(TAIL))?, values.get(rank(1.0 - TAIL))?);
    Some(Interval { low: *low, high: *high, undefined })
}

#[cfg(test)]
mod tests {
    use super::super::{Coefficient, Level, Units};
    use super::*;

    fn of(units: &Units, resamples: u32, seed: u64) -> Option<Interval> {
        let alpha = Coefficient::Alpha(Level::Nominal);
        interval(&units.times(), resamples, seed, &mut |times| alpha.weighed(units, times).ok())
    }

    #[test]
    fn the_order_of_items_does_not_matter() {
        let pairs = [[0, 0], [1, 1], [0, 1], [1, 1], [0, 0], [2, 2], [2, 1], [0, 0]];
        let (mut forth, mut back) = (Units::of(3), Units::of(3));
        pairs.iter().for_each(|p| forth.add(*p));
        pairs.iter().rev().for_each(|p| back.add(*p));
        let one = of(&forth, 200, 7).unwrap();
        assert_eq!(Some(one), of(&back, 200, 7));
        assert_ne!(Some(one), of(&forth, 200, 8));
        let value = Coefficient::Alpha(Level::Nominal).of(&forth).unwrap();
        assert!(one.low < value && value < one.high, "{one:?} {value}");
    }

    #[test]
    fn resamples_without_a_value_are_counted() {
        let mut units = Units::of(2);
        [[0, 0], [1, 1]].iter().for_each(|p| units.add(*p));
        let one = of(&units, 400, 1).unwrap();
        // both draws are the same item in half of the resamples, and then nothing varies
        assert!((150..250).contains(&one.undefined), "{one:?}");
        let mut same = Units::of(2);
        same.add([0, 0]);
        assert_eq!(of(&same, 50, 1), None);
    }
}

//! How many labels are wrong: an estimate with an interval.
use super::{Labelled, likeliest};
use crate::measure::agreement::interval;
use std::collections::BTreeMap;

/// An estimated share of wrong labels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    pub share: f64,
    /// The ends of the interval that holds 95 % of the resamples.
    pub low: f64,
    pub high: f64,
}

/// Of one item, by given class: its labels, those that have a confident class, and those of which it is another one.
pub type Counted = Vec<(usize, [u64; 3])>;

/// Counts the (given, confident class) of the labels of an item.
pub fn counted(labels: impl Iterator<Item = (usize, Option<usize>)>) -> Counted {
    let mut out: BTreeMap<usize, [u64; 3]> = BTreeMap::new();
    for (given, found) in labels {
        let own = out.entry(given).or_default();
        own[0] += 1;
        own[1] += u64::from(found.is_some());
        own[2] += u64::from(found.is_some_and(|k| k != given));
    }
    out.into_iter().collect()
}

/// The share of labels whose true class is another one: of each class the share of its confident samples that are confident
/// of another, weighed by how many samples the class has. The bootstrap draws items, which may hold several labels each (the
/// tokens of a sentence); the thresholds of the classes stay as they are. `None` without a label.
pub fn noise(classes: usize, items: &[Counted], resamples: u32, seed: u64) -> Option<Noise> {
    // equal items are one, so that their order does not matter
    let mut kinds: BTreeMap<&Counted, u64> = BTreeMap::new();
    items.iter().for_each(|item| *kinds.entry(item).or_default() += 1);
    let (kinds, times): (Vec<&Counted>, Vec<u64>) = kinds.into_iter().unzip();
    let mut of = |times: &[u64]| share(classes, &kinds, times);
    let all = of(&times)?;
    let ends = interval(&times, resamples, seed, &mut of)?;
    Some(Noise { share: all, low: ends.low.min(all), high: ends.high.max(all) })
}

fn share(classes: usize, kinds: &[&Counted], times: &[u64]) -> Option<f64> {
    let mut counts = vec![[0u64; 3]; classes];
    for (kind, n) in kinds.iter().zip(times).filter(|(_, n)| **n > 0) {
        for (given, own) in *kind {
            let Some(sums) = counts.get_mut(*given) else { continue };
            sums.iter_mut().zip(own).for_each(|(sum, own)| *sum += own * n);
        }
    }
    let all: u64 = counts.iter().map(|c| c[0]).sum();
    let wrong = |[labels, sure, other]: &[u64; 3]| *labels as f64 * *other as f64 / (*sure).max(1) as f64;
    (all > 0).then(|| counts.iter().map(wrong).sum::<f64>() / all as f64)
}

impl Labelled {
    /// The likeliest class of a sample.
    pub fn likeliest(&self, at: usize) -> Option<usize> {
        likeliest(self.row(at))
    }
}

//! Lots placed into splits, so that the shares of the samples and of every class hold, though a lot is never divided.
//!
//! A lot is a group of samples. Of the samples and of each class every split has a whole number that it should get
//! ([`apportion`]). The lots are gone through, those first that hold most of something, and each goes where it brings the
//! counts nearest to what they should be: where Pearson's statistic, the sum of (has - should)^2 / should over all
//! classes and splits, grows least. What came early could not know what would be lacking in the end: so all are gone through
//! again, and each moves where that makes the statistic less, until none does. For lots of one sample this is Sainte-Laguë's method; for samples of several classes
//! it is an iterative stratification (Sechidis, Tsoumakas, Vlahavas 2011) of groups.
use super::apportion::{Row, apportion};
use std::borrow::Cow;
use std::cmp::Reverse;

/// A group of samples that stay together.
#[derive(Clone, Debug, Default)]
pub struct Lot<'c> {
    /// How many samples it has.
    pub size: u64,
    /// What it has of each class, by the number of the class; each class once, in their order.
    pub classes: Cow<'c, [(u32, u64)]>,
    /// What is drawn for it: it decides in which order lots of like size come.
    pub draw: u64,
    /// The split in which it must be.
    pub kept: Option<u32>,
}

/// Gives the split of each lot. `draws` has a number for each class: it decides where the odd one of a class falls.
///
/// The weights are as [`apportion`] has them. A split of weight 0 gets only lots that are kept there. Without classes no
/// split gets more samples above its number than `size * (1 + greatest weight / least weight) / 2` of the largest lot.
/// The same lots in another order are placed alike where their draws differ.
pub fn place(lots: &[Lot], draws: &[u64], weights: &[u64]) -> Vec<u32> {
    let totals = totals(lots, draws.len());
    let mut turns = Turns::of(lots, &totals, weights.len());
    let mut counts = Counts::of(lots, &totals, draws, weights);
    let mut gains = vec![0.0; weights.len()];
    turns.each(|turn, parts| {
        counts.gains(parts, None, &mut gains);
        turn.split = counts.best(&gains, (turn.draw % weights.len().max(1) as u64) as usize);
        counts.take(parts, turn.split);
    });
    for _ in 0..PASSES {
        let mut moved = false;
        turns.each(|turn, parts| {
            counts.gains(parts, Some(turn.split), &mut gains);
            let better = counts.best(&gains, turn.split);
            if better != turn.split {
                counts.give_back(parts, turn.split);
                counts.take(parts, better);
                (turn.split, moved) = (better, true);
            }
        });
        if !moved {
            break;
        }
    }
    let mut splits: Vec<u32> = lots.iter().map(|lot| lot.kept.unwrap_or(0)).collect();
    for turn in &turns.all {
        splits.get_mut(turn.number).iter_mut().for_each(|split| **split = turn.split as u32);
    }
    splits
}

/// How often lots are moved at most. Mostly none moves after the first time.
const PASSES: usize = 8;

/// What there is of the samples (first) and of each class.
fn totals(lots: &[Lot], classes: usize) -> Vec<u64> {
    let mut totals = vec![0; classes + 1];
    for (class, n) in lots.iter().flat_map(of_lot) {
        totals.get_mut(class).iter_mut().for_each(|total| **total += n);
    }
    totals
}

/// The lots that are not kept, in the order in which they are placed. What they hold stands in the same order in one list, since
/// every pass goes through all of it.
struct Turns {
    all: Vec<Turn>,
    parts: Vec<Part>,
}

/// A lot that is placed.
struct Turn {
    /// Its place among the lots.
    number: usize,
    draw: u64,
    split: usize,
    /// How many parts it has.
    parts: usize,
}

/// What a lot holds of its samples or of one class.
struct Part {
    /// Where the row of the class begins in [`Counts::lacks`].
    row: usize,
    n: f64,
    /// `n` of all that there is of the class.
    share: f64,
}

impl Turns {
    fn of(lots: &[Lot], totals: &[u64], columns: usize) -> Turns {
        let mut order: Vec<(Reverse<u32>, u64, usize)> = Vec::with_capacity(lots.len());
        for (number, lot) in lots.iter().enumerate().filter(|(_, lot)| lot.kept.is_none()) {
            order.push((Reverse(level(lot, totals)), lot.draw, number));
        }
        order.sort_unstable();
        let (mut all, mut parts) = (Vec::with_capacity(order.len()), Vec::with_capacity(2 * order.len()));
        for (_, draw, number) in order {
            let before = parts.len();
            let of_class = |(class, n): (usize, u64)| Part {
                row: class * columns,
                n: n as f64,
                share: n as f64 / totals.get(class).copied().unwrap_or(1).max(1) as f64,
            };
            parts.extend(lots.get(number).into_iter().flat_map(of_lot).map(of_class));
            all.push(Turn { number, draw, split: 0, parts: parts.len() - before });
        }
        Turns { all, parts }
    }

    fn each(&mut self, mut visit: impl FnMut(&mut Turn, &[Part])) {
        let mut rest = self.parts.as_slice();
        for turn in &mut self.all {
            let (own, next) = rest.split_at_checked(turn.parts).unwrap_or_default();
            visit(turn, own);
            rest = next;
        }
    }
}

/// How much a lot holds of what it holds most of, in powers of two: 64 is all, 63 a half.
fn level(lot: &Lot, totals: &[u64]) -> u32 {
    let part = |(class, n): (usize, u64)| {
        let of = totals.get(class)?.checked_div(n)?;
        Some(64 - of.checked_ilog2()?)
    };
    of_lot(lot).filter_map(part).max().unwrap_or(0)
}

/// What each split lacks.
struct Counts {
    /// By class, then by split: what it should still get; below 0 where it has more than it should. They are whole numbers, which
    /// a float of 64 bits holds exactly below 2^53.
    lacks: Vec<f64>,
    /// By split; 0 where nothing may be placed.
    shares: Vec<f64>,
}

impl Counts {
    fn of(lots: &[Lot], totals: &[u64], draws: &[u64], weights: &[u64]) -> Counts {
        let columns = weights.len();
        let mut kept: Vec<Vec<u64>> = vec![Vec::new(); totals.len()];
        for (lot, split) in lots.iter().filter_map(|lot| Some((lot, lot.kept?))) {
            for (class, n) in of_lot(lot) {
                if let Some(kept) = kept.get_mut(class) {
                    kept.resize(columns, 0);
                    kept.get_mut(split as usize).iter_mut().for_each(|k| **k += n);
                }
            }
        }
        let row = |(class, kept): (usize, Vec<u64>)| Row {
            total: totals.get(class).copied().unwrap_or(0),
            kept,
            draw: class.checked_sub(1).and_then(|c| draws.get(c)).copied().unwrap_or(0),
        };
        let mut rows: Vec<Row> = kept.into_iter().enumerate().map(row).collect();
        let classes = rows.split_off(1);
        let free = [apportion(&rows, weights), apportion(&classes, weights)].concat();
        let sum = weights.iter().sum::<u64>().max(1) as f64;
        let shares = weights.iter().map(|w| *w as f64 / sum).collect();
        Counts { lacks: free.into_iter().map(|n| n as f64).collect(), shares }
    }

    /// By how much the statistic shrinks in each split, times its share and by half, if what is in the split `own` were taken out
    /// of it first; each sum runs in the order of the classes.
    fn gains(&self, parts: &[Part], own: Option<usize>, gains: &mut [f64]) {
        gains.fill(0.0);
        for part in parts {
            let half = part.n / 2.0;
            let lacks = self.lacks.get(part.row..).unwrap_or_default();
            gains.iter_mut().zip(lacks).for_each(|(gain, lacks)| *gain += part.share * (*lacks - half));
        }
        if let Some((own, gain)) = own.and_then(|own| Some((own, gains.get_mut(own)?))) {
            let lacks = |part: &Part| self.lacks.get(part.row + own).copied().unwrap_or_default() + part.n;
            *gain = parts.iter().fold(0.0, |sum, part| sum + part.share * (lacks(part) - part.n / 2.0));
        }
    }

    /// The split with the greatest gain; of equal ones the first from `first` on.
    fn best(&self, gains: &[f64], first: usize) -> usize {
        let mut best: Option<(f64, usize)> = None;
        for split in (first..gains.len()).chain(0..first.min(gains.len())) {
            let share = self.shares.get(split).copied().unwrap_or(0.0);
            if share <= 0.0 {
                continue;
            }
            let gain = gains.get(split).copied().unwrap_or(0.0) / share;
            if best.is_none_or(|(most, _)| gain > most) {
                best = Some((gain, split));
            }
        }
        best.map_or(0, |b| b.1)
    }

    fn take(&mut self, parts: &[Part], split: usize) {
        self.each(parts, split, |lacks, n| *lacks -= n);
    }

    fn give_back(&mut self, parts: &[Part], split: usize) {
        self.each(parts, split, |lacks, n| *lacks += n);
    }

    fn each(&mut self, parts: &[Part], split: usize, change: impl Fn(&mut f64, f64)) {
        for part in parts {
            self.lacks.get_mut(part.row + split).iter_mut().for_each(|lacks| change(lacks, part.n));
        }
    }
}

/// What a lot holds: its samples as class 0, then each class with its number and 1.
fn of_lot<'l>(lot: &'l Lot<'_>) -> impl Iterator<Item = (usize, u64)> + 'l {
    std::iter::once((0, lot.size)).chain(lot.classes.iter().map(|(class, n)| (*class as usize + 1, *n)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::draw;
    use crate::measure::apportion::largest_remainder;

    fn of(seed: u64, what: &str, n: u64) -> u64 {
        draw(seed, what, &n.to_string())
    }

    fn sums(lots: &[Lot], splits: &[u32], columns: usize, of: impl Fn(&Lot) -> u64) -> Vec<u64> {
        let mut sums = vec![0; columns];
        lots.iter().zip(splits).for_each(|(lot, split)| sums[*split as usize] += of(lot));
        sums
    }

    fn weights(seed: u64) -> Vec<u64> {
        [vec![8, 1, 1], vec![1, 1], vec![7, 2, 1], vec![1, 1, 1, 1, 1], vec![90, 9, 1], vec![3, 0, 1]]
            [(of(seed, "weights", 0) % 6) as usize]
            .clone()
    }

    /// Lots of one sample and one class are what the strata would be: every share is the number below or above the exact
    /// one, in each class and over the whole.
    #[test]
    fn samples_of_one_class_have_exact_shares() {
        for seed in 0..200 {
            let weights = weights(seed);
            let classes = 1 + of(seed, "classes", 0) % 30;
            let lot = |n| Lot {
                size: 1,
                classes: vec![((of(seed, "class", n) % classes) as u32, 1)].into(),
                draw: of(seed, "lot", n),
                kept: None,
            };
            let lots: Vec<Lot> = (0..of(seed, "n", 0) % 300).map(lot).collect();
            let draws: Vec<u64> = (0..classes).map(|c| of(seed, "draw", c)).collect();
            let splits = place(&lots, &draws, &weights);
            let rows: Vec<Row> = (0..classes)
                .map(|c| Row {
                    total: lots.iter().filter(|l| u64::from(l.classes[0].0) == c).count() as u64,
                    kept: Vec::new(),
                    draw: draws[c as usize],
                })
                .collect();
            let want = apportion(&rows, &weights);
            for (class, want) in want.chunks(weights.len()).enumerate() {
                let own = |lot: &Lot| u64::from(lot.classes[0].0 == class as u32);
                assert_eq!(sums(&lots, &splits, weights.len(), own), want, "seed {seed} class {class}");
            }
        }
    }

    /// The bound that the documentation gives: what a split lacks is placed there, or the least of what is too much.
    #[test]
    fn shares_of_samples_are_within_the_bound() {
        for seed in 0..400 {
            let weights = weights(seed);
            let most = 1 + of(seed, "most", 0) % 40;
            let lot = |n| Lot { size: 1 + of(seed, "size", n) % most, draw: of(seed, "lot", n), ..Lot::default() };
            let lots: Vec<Lot> = (0..1 + of(seed, "n", 0) % 200).map(lot).collect();
            let splits = place(&lots, &[], &weights);
            let want = largest_remainder(lots.iter().map(|l| l.size).sum(), &weights);
            let largest = lots.iter().map(|l| l.size).max().unwrap() as f64;
            let least = weights.iter().filter(|w| **w > 0).min().unwrap();
            let bound = largest * (1.0 + *weights.iter().max().unwrap() as f64 / *least as f64) / 2.0;
            for ((has, want), weight) in sums(&lots, &splits, weights.len(), |l| l.size).iter().zip(want).zip(&weights)
            {
                assert!(*has as f64 - want as f64 <= bound, "seed {seed}: {has} for {want}, lots of {largest}");
                assert!(*weight > 0 || *has == 0, "seed {seed}");
            }
        }
    }

    /// Against all ways of placing few lots: few are better.
    #[test]
    fn few_lots_are_placed_nearly_as_well_as_can_be() {
        let weights = [6u64, 2, 2];
        let mut parts = Vec::new();
        for seed in 0..40 {
            let lot = |n| Lot {
                size: 1 + of(seed, "size", n) % 5,
                classes: vec![(0, 1 + of(seed, "a", n) % 4), (1, of(seed, "b", n) % 3)].into(),
                draw: of(seed, "lot", n),
                kept: None,
            };
            let lots: Vec<Lot> = (0..7).map(lot).collect();
            let totals = totals(&lots, 2);
            let should = Counts::of(&lots, &totals, &[1, 2], &weights);
            // Pearson's statistic, by the book
            let statistic = |splits: &[u32]| -> f64 {
                let cell = |class: usize, split: usize| -> f64 {
                    let here = lots.iter().zip(splits).filter(|(_, s)| **s == split as u32);
                    let has: u64 = here.flat_map(|(lot, _)| of_lot(lot)).filter(|c| c.0 == class).map(|c| c.1).sum();
                    let off = has as f64 - should.lacks[class * 3 + split];
                    off * off / (weights[split] as f64 / 10.0 * totals[class].max(1) as f64)
                };
                (0..9).map(|at| cell(at / 3, at % 3)).sum()
            };
            let ours = statistic(&place(&lots, &[1, 2], &weights));
            let all = (0..3u32.pow(7)).map(|code| (0..7).map(|n| code / 3u32.pow(n) % 3).collect::<Vec<u32>>());
            let better = all.filter(|splits| statistic(splits) < ours - 1e-9).count();
            parts.push(better as f64 / 2187.0);
        }
        let mean = parts.iter().sum::<f64>() / parts.len() as f64;
        println!(
            "{mean:.4} of all ways are better in the mean, {:.4} at most",
            parts.iter().copied().fold(0.0, f64::max)
        );
        assert!(mean < 0.02, "{mean}");
    }

    /// 100,000 samples in groups of five or so, 20 classes by Zipf's law, most samples of a group of one class; with one class
    /// a sample, or with more. Every class is within two of its exact share. Run it with `--nocapture` to see.
    #[test]
    fn many_groups_and_rare_classes() {
        let below = |seed: u64, n: u64| crate::digest::mix(seed) % n;
        let zipf: Vec<u64> = (1..=20u64).map(|k| 1_000_000_000 / (k * k * k * 1_000_000).isqrt()).collect();
        let sum: u64 = zipf.iter().sum();
        let class = |seed: u64| {
            let mut left = below(seed, sum);
            zipf.iter()
                .position(|w| {
                    left.checked_sub(*w).is_none_or(|rest| {
                        left = rest;
                        false
                    })
                })
                .unwrap() as u32
        };
        for several in [false, true] {
            let (mut lots, mut samples) = (Vec::new(), 0u64);
            while samples < 100_000 {
                let group = lots.len() as u64 + 1;
                let size = (1..40).find(|n| below(group << 8 | n, 5) == 0).unwrap_or(40);
                let mut classes = std::collections::BTreeMap::new();
                for sample in 0..size {
                    let own = (group << 8 | sample) << 20;
                    let one = if below(own, 10) < 7 { class(group << 40) } else { class(own + 1) };
                    let more =
                        (0..20u32).filter(|k| several && below(own + 2 + u64::from(*k), sum) < zipf[*k as usize]);
                    let all: std::collections::BTreeSet<u32> = more.chain([one]).collect();
                    all.into_iter().for_each(|k| *classes.entry(k).or_insert(0) += 1);
                }
                samples += size;
                let classes: Vec<_> = classes.into_iter().collect();
                lots.push(Lot { size, classes: classes.into(), draw: crate::digest::mix(group), kept: None });
            }
            let draws: Vec<u64> = (0..20).collect();
            let splits = place(&lots, &draws, &[1, 8, 1]);
            let mut points: f64 = 0.0;
            for k in 0..20u32 {
                let own = |lot: &Lot| lot.classes.iter().filter(|c| c.0 == k).map(|c| c.1).sum();
                let has = sums(&lots, &splits, 3, own);
                let total = has.iter().sum::<u64>() as f64;
                for (has, share) in has.iter().zip([0.1, 0.8, 0.1]) {
                    points = points.max((*has as f64 / total - share).abs() * 100.0);
                    assert!((*has as f64 - total * share).abs() <= 2.0, "class {k}: {has} of {total} at {share}");
                }
            }
            println!("several classes: {several}; the worst class is {points:.3} points off");
        }
    }

    #[test]
    fn what_is_kept_stays_and_the_others_fill_what_is_missing() {
        let lot = |n: u64| Lot {
            size: 1 + n % 5,
            classes: vec![((n % 3) as u32, 1 + n % 5)].into(),
            draw: of(9, "lot", n),
            kept: (n < 100).then_some(u32::from(n.is_multiple_of(10))),
        };
        let lots: Vec<Lot> = (0..400).map(lot).collect();
        let splits = place(&lots, &[5, 6, 7], &[8, 2]);
        assert!(lots.iter().zip(&splits).all(|(lot, split)| lot.kept.is_none_or(|k| k == *split)));
        let want = largest_remainder(1200, &[8, 2]);
        let has = sums(&lots, &splits, 2, |l| l.size);
        assert!(has.iter().zip(&want).all(|(has, want)| has.abs_diff(*want) <= 5), "{has:?} for {want:?}");
    }

    #[test]
    fn another_order_of_the_lots_changes_nothing() {
        let lot = |n: u64| Lot {
            size: 1 + of(3, "size", n) % 9,
            classes: vec![((of(3, "class", n) % 4) as u32, 1)].into(),
            draw: of(3, "lot", n),
            kept: None,
        };
        let lots: Vec<Lot> = (0..500).map(lot).collect();
        let turned: Vec<Lot> = lots.iter().rev().cloned().collect();
        let (a, mut b) = (place(&lots, &[1, 2, 3, 4], &[8, 1, 1]), place(&turned, &[1, 2, 3, 4], &[8, 1, 1]));
        b.reverse();
        assert_eq!(a, b);
    }
}

//! Coefficients of any number of annotators and of gaps: percent agreement, Fleiss' kappa generalised, Krippendorff's
//! alpha, Gwet's AC1 and AC2, and Brennan and Prediger's coefficient.
use super::Undefined;
use super::units::{Counts, Units, total};
use std::sync::Arc;

/// A coefficient of any number of annotators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coefficient {
    /// The mean over items of the share of pairs of answers that agree.
    Percent,
    /// Fleiss' kappa for varying numbers of annotators (Gwet 2014).
    Fleiss(Weights),
    /// Krippendorff's alpha.
    Alpha(Level),
    /// Gwet's AC1, and with weights AC2.
    Gwet(Weights),
    /// Brennan and Prediger; for any number of annotators also Randolph's free-marginal kappa.
    BrennanPrediger(Weights),
}

/// How much of an agreement two different categories are, by their numbers; 1 if they are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    Identity,
    Linear,
    Quadratic,
}

/// The level of measurement of Krippendorff's alpha.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Nominal,
    Ordinal,
    Interval,
    Ratio,
    /// Sets, by the distance of MASI; the units have the distances.
    Masi,
    /// Sets, by the distance of Jaccard; the units have the distances.
    Jaccard,
}

/// Of so many different sets the distances are compared at most.
pub const SETS_MAX: usize = 2048;

/// So many different values are compared at most, where each is compared with each.
const EACH_MAX: usize = 4096;

/// The weights of so many categories are kept, rather than made whenever one is asked for.
const KEPT_MAX: usize = 256;

impl Weights {
    /// The weight of two of the categories.
    pub fn of(self, values: &[f64], k: usize, l: usize) -> f64 {
        let value = |i: usize| values.get(i).copied().unwrap_or(0.0);
        let range = values.last().copied().unwrap_or(0.0) - value(0);
        let apart = (value(k) - value(l)).abs() / if range > 0.0 { range } else { 1.0 };
        match self {
            Weights::Identity => f64::from(u8::from(k == l)),
            Weights::Linear => 1.0 - apart,
            Weights::Quadratic => 1.0 - apart * apart,
        }
    }
}

impl Coefficient {
    /// The coefficient of all items.
    pub fn of(self, units: &Units) -> Result<f64, Undefined> {
        self.weighed(units, &units.times())
    }

    /// The coefficient as if each different item were there so often.
    pub fn weighed(self, units: &Units, times: &[u64]) -> Result<f64, Undefined> {
        self.over(&units.patterns(times), units)
    }

    /// The coefficient of things that two annotators answered: what both said, and how often. The categories are those of the units.
    pub fn of_pairs(self, units: &Units, said: impl Iterator<Item = (u32, u32, u64)>) -> Result<f64, Undefined> {
        let mut said: Vec<(u32, u32, u64)> = said.map(|(a, b, n)| (a.min(b), a.max(b), n)).collect();
        said.sort_unstable();
        let both = |(a, b): (u32, u32)| if a == b { vec![(a, 2)] } else { vec![(a, 1), (b, 1)] };
        let same = said.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1));
        let mut counts: Vec<(Counts, u64)> = same
            .filter_map(|all| Some((both(all.first().map(|c| (c.0, c.1))?), all.iter().map(|c| c.2).sum())))
            .collect();
        counts.sort_unstable();
        self.over(&counts.iter().map(|(counts, n)| (counts, *n)).collect::<Vec<_>>(), units)
    }

    fn over(self, patterns: &[(&Counts, u64)], units: &Units) -> Result<f64, Undefined> {
        if !patterns.iter().any(|(counts, _)| total(counts) > 1) {
            return Err(Undefined::NoOverlap);
        }
        let values = units.values();
        match self {
            Coefficient::Percent => Ok(observed(patterns, &Table::new(Weights::Identity, values))),
            Coefficient::Alpha(level) => alpha(patterns, units, level),
            Coefficient::Fleiss(w) | Coefficient::Gwet(w) | Coefficient::BrennanPrediger(w) => {
                let varied = patterns.iter().flat_map(|(counts, _)| counts.iter().map(|c| c.0));
                let (least, most) = varied.fold((u32::MAX, 0), |(a, b), k| (a.min(k), b.max(k)));
                if least >= most {
                    return Err(Undefined::NoVariation);
                }
                if w != Weights::Identity && values.len() > EACH_MAX {
                    return Err(Undefined::ManyValues);
                }
                let table = Table::new(w, values);
                let expected = self.expected(patterns, &table);
                if expected >= 1.0 {
                    return Err(Undefined::NoVariation);
                }
                Ok((observed(patterns, &table) - expected) / (1.0 - expected))
            }
        }
    }

    /// What chance alone would give, by the shares of the categories over all units.
    fn expected(self, patterns: &[(&Counts, u64)], table: &Table) -> f64 {
        let q = table.q as f64;
        match self {
            Coefficient::BrennanPrediger(_) => table.sum() / (q * q),
            Coefficient::Gwet(_) => {
                let spread: f64 = shares(patterns, table.q).iter().map(|p| p * (1.0 - p)).sum();
                table.sum() / (q * (q - 1.0)) * spread
            }
            _ => {
                let shares = shares(patterns, table.q);
                if table.of == Weights::Identity {
                    return shares.iter().map(|own| own * own).sum();
                }
                let mut sum = 0.0;
                for (k, own) in shares.iter().enumerate() {
                    for (l, other) in shares.iter().enumerate() {
                        sum += table.at(k, l) * own * other;
                    }
                }
                sum
            }
        }
    }
}

/// Weights of all pairs of categories.
struct Table<'v> {
    q: usize,
    of: Weights,
    values: &'v [f64],
    /// Of few categories, row by row.
    kept: Vec<f64>,
}

impl Table<'_> {
    fn new(of: Weights, values: &[f64]) -> Table<'_> {
        let q = values.len();
        let kept = if q <= KEPT_MAX { (0..q * q).map(|i| of.of(values, i / q, i % q)).collect() } else { Vec::new() };
        Table { q, of, values, kept }
    }

    fn at(&self, k: usize, l: usize) -> f64 {
        self.kept.get(k * self.q + l).copied().unwrap_or_else(|| self.of.of(self.values, k, l))
    }

    fn sum(&self) -> f64 {
        match self.of {
            Weights::Identity => self.q as f64,
            _ => (0..self.q).flat_map(|k| (0..self.q).map(move |l| (k, l))).map(|(k, l)| self.at(k, l)).sum(),
        }
    }
}

/// The mean over units with two answers of the weighted share of agreeing pairs.
fn observed(patterns: &[(&Counts, u64)], table: &Table) -> f64 {
    let (mut sum, mut n) = (0.0, 0u64);
    for (counts, times) in patterns.iter().filter(|(counts, _)| total(counts) > 1) {
        let r = total(counts) as f64;
        let near =
            |k: u32| -> f64 { counts.iter().map(|(l, n)| table.at(k as usize, *l as usize) * f64::from(*n)).sum() };
        let agreeing: f64 = counts.iter().map(|(k, n)| f64::from(*n) * (near(*k) - 1.0)).sum();
        sum += agreeing / (r * (r - 1.0)) * *times as f64;
        n += times;
    }
    sum / n as f64
}

/// The mean over all units, also those with one answer, of the share of each category.
fn shares(patterns: &[(&Counts, u64)], q: usize) -> Vec<f64> {
    let n: u64 = patterns.iter().map(|p| p.1).sum();
    let mut out = vec![0.0; q];
    for (counts, times) in patterns {
        let r = total(counts) as f64;
        for (k, own) in counts.iter() {
            if let Some(share) = out.get_mut(*k as usize) {
                *share += f64::from(*own) / r * *times as f64;
            }
        }
    }
    out.iter().map(|sum| sum / n as f64).collect()
}

/// Krippendorff's alpha: 1 - observed / expected disagreement, over the values of units that have two of them.
fn alpha(patterns: &[(&Counts, u64)], units: &Units, level: Level) -> Result<f64, Undefined> {
    let values = units.values();
    let pairable = || patterns.iter().filter(|(counts, _)| total(counts) > 1);
    let mut margins = vec![0u64; values.len()];
    for (counts, times) in pairable() {
        for (k, own) in counts.iter() {
            if let Some(n) = margins.get_mut(*k as usize) {
                *n += u64::from(*own) * times;
            }
        }
    }
    let used = margins.iter().filter(|n| **n > 0).count();
    if used < 2 {
        return Err(Undefined::NoVariation);
    }
    let scale = Scale::new(level, units, &margins)?;
    let mut observed = 0.0;
    for (counts, times) in pairable() {
        observed += scale.within(counts) / (total(counts) as f64 - 1.0) * *times as f64;
    }
    let n: u64 = margins.iter().sum();
    let all =
        scale.within(&margins.iter().enumerate().filter(|(_, n)| **n > 0).map(|(k, n)| (k, *n)).collect::<Vec<_>>());
    if all <= 0.0 {
        return Err(Undefined::NoVariation);
    }
    Ok(1.0 - (n as f64 - 1.0) * observed / all)
}

/// What the distance of two values is.
enum Scale {
    /// 1 unless they are the same.
    Same,
    /// The square of the difference of these numbers.
    Squares(Vec<f64>),
    /// The square of the difference over the sum.
    Ratios(Vec<f64>),
    /// What stands in a table of so many categories.
    Table(usize, Arc<Vec<f64>>),
}

/// A category and how often it was given.
trait Counted: Copy {
    fn counted(self) -> (usize, f64);
}

impl Counted for (u32, u32) {
    fn counted(self) -> (usize, f64) {
        (self.0 as usize, f64::from(self.1))
    }
}

impl Counted for (usize, u64) {
    fn counted(self) -> (usize, f64) {
        (self.0, self.1 as f64)
    }
}

impl Scale {
    fn new(level: Level, units: &Units, margins: &[u64]) -> Result<Scale, Undefined> {
        let values = units.values();
        let used = margins.iter().filter(|n| **n > 0).count();
        Ok(match level {
            Level::Nominal => Scale::Same,
            Level::Ordinal => Scale::Squares(centred(&ranks(margins), margins)),
            Level::Interval => Scale::Squares(centred(values, margins)),
            Level::Ratio if values.iter().zip(margins).any(|(v, n)| *v < 0.0 && *n > 0) => {
                return Err(Undefined::Negative);
            }
            Level::Ratio if used > EACH_MAX => return Err(Undefined::ManyValues),
            Level::Ratio => Scale::Ratios(values.to_vec()),
            Level::Masi | Level::Jaccard if values.len() > SETS_MAX => return Err(Undefined::ManyValues),
            Level::Masi | Level::Jaccard => Scale::Table(values.len(), Arc::clone(units.distances())),
        })
    }

    /// The sum of the distances of all ordered pairs of values.
    fn within<C: Counted>(&self, counts: &[C]) -> f64 {
        let counted = || counts.iter().map(|c| c.counted());
        let n: f64 = counted().map(|c| c.1).sum();
        match self {
            Scale::Same => n * n - counted().map(|c| c.1 * c.1).sum::<f64>(),
            Scale::Squares(at) => {
                let of = |k: usize| at.get(k).copied().unwrap_or(0.0);
                let sum: f64 = counted().map(|(k, n)| n * of(k)).sum();
                let squares: f64 = counted().map(|(k, n)| n * of(k) * of(k)).sum();
                2.0 * (n * squares - sum * sum)
            }
            Scale::Ratios(at) => {
                let of = |k: usize| at.get(k).copied().unwrap_or(0.0);
                let apart = |k: usize, l: usize| match of(k) + of(l) {
                    sum if sum > 0.0 => (of(k) - of(l)) / sum,
                    _ => 0.0,
                };
                let mut sum = 0.0;
                for (k, n) in counted() {
                    for (l, m) in counted() {
                        sum += n * m * apart(k, l) * apart(k, l);
                    }
                }
                sum
            }
            Scale::Table(q, distances) => {
                let apart = |k: usize, l: usize| distances.get(k * q + l).copied().unwrap_or(1.0);
                let of = |(k, n): (usize, f64)| counted().map(|(l, m)| n * m * apart(k, l)).sum::<f64>();
                counted().map(of).sum()
            }
        }
    }
}

/// The place of each category among all answers, in their order: answers of lower categories, and half of its own.
fn ranks(margins: &[u64]) -> Vec<f64> {
    let mut before = 0u64;
    let rank = |n: &u64| {
        let rank = before as f64 + *n as f64 / 2.0;
        before += n;
        rank
    };
    margins.iter().map(rank).collect()
}

/// The numbers less their mean, so that squares of them lose no digits.
fn centred(values: &[f64], margins: &[u64]) -> Vec<f64> {
    let n: u64 = margins.iter().sum();
    let sum: f64 = values.iter().zip(margins).map(|(v, n)| v * *n as f64).sum();
    let mean = sum / n.max(1) as f64;
    values.iter().map(|v| v - mean).collect()
}

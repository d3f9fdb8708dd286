//! Confident learning (Northcutt, Jiang, Chuang 2021): which given labels are probably wrong, by probabilities that a model
//! gave to samples which it had not been trained on. The rules are those of cleanlab 2.9.
//!
//! A class is *confident* for a sample if its probability reaches the mean probability of that class among the samples that
//! are labelled with it. The counts of (given class, confident class) estimate how often each class was mistaken for each
//! other one. Where several samples are equally suspicious and not all of them are taken, the earlier ones are.
mod filters;
mod noise;
mod objects;
mod scores;
#[cfg(test)]
mod vector_tests;

pub use filters::Filter;
pub use noise::{Counted, Noise, counted, noise};
pub use objects::{Boxed, Placed, Qualities, Trust, least_likeness};
pub use scores::{Quality, entropy, sentence};

/// A little less than a threshold reaches it, too.
const NEARLY: f64 = 1e-6;
/// The least threshold of a class.
const THRESHOLD_MIN: f64 = 2e-6;
/// The threshold of a class that no sample is labelled with: nothing reaches it.
const UNREACHED: f64 = 2.0;
/// A class with no more samples than this is never suspected.
const KEPT_MIN: u64 = 1;

/// Given labels and the probabilities of all classes, row after row.
#[derive(Clone, Debug, Default)]
pub struct Labelled {
    classes: usize,
    given: Vec<usize>,
    probabilities: Vec<f64>,
}

/// How often each class was given where each class is likely: `[given][likely]`.
pub type Counts = Vec<Vec<u64>>;

/// What the counts say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Joint {
    /// Samples with a confident class, as they were counted; the diagonal is at least 1.
    pub counts: Counts,
    /// The same as if every sample had been counted: each row sums to the samples of its class.
    pub calibrated: Counts,
    /// Samples whose confident class is another one than the given.
    pub off_diagonal: Vec<usize>,
}

impl Labelled {
    /// Nothing yet, of so many classes.
    pub fn new(classes: usize) -> Labelled {
        Labelled { classes, ..Labelled::default() }
    }

    /// Adds a sample; one whose label is no class, or which has another number of probabilities, is refused.
    pub fn add(&mut self, given: usize, probabilities: &[f64]) -> bool {
        let fits = given < self.classes && probabilities.len() == self.classes;
        if fits {
            self.given.push(given);
            self.probabilities.extend_from_slice(probabilities);
        }
        fits
    }

    pub fn len(&self) -> usize {
        self.given.len()
    }

    pub fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The given class of each sample.
    pub fn labels(&self) -> &[usize] {
        &self.given
    }

    /// The given class and the probabilities of each sample.
    pub fn rows(&self) -> impl Iterator<Item = (usize, &[f64])> {
        self.given.iter().copied().zip(self.probabilities.chunks_exact(self.classes.max(1)))
    }

    fn row(&self, at: usize) -> &[f64] {
        &self.probabilities[at * self.classes..(at + 1) * self.classes]
    }

    /// How many samples are labelled with each class.
    pub fn given(&self) -> Vec<u64> {
        let mut out = vec![0; self.classes];
        self.given.iter().for_each(|k| out[*k] += 1);
        out
    }

    /// The mean probability of each class among the samples that are labelled with it.
    pub fn thresholds(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.classes];
        self.rows().for_each(|(k, row)| sums[k] += row[k]);
        let mean = |(sum, n): (f64, u64)| if n == 0 { UNREACHED } else { (sum / n as f64).max(THRESHOLD_MIN) };
        sums.into_iter().zip(self.given()).map(mean).collect()
    }

    /// The confident class of each sample, if it has one. Where several are, it is the likeliest of all.
    pub fn confident(&self, thresholds: &[f64]) -> Vec<Option<usize>> {
        let of = |row: &[f64]| {
            let reached = |k: &usize| row[*k] >= thresholds[*k] - NEARLY;
            let mut found = (0..self.classes).filter(reached);
            match (found.next(), found.next()) {
                (Some(_), Some(_)) => likeliest(row),
                (one, _) => one,
            }
        };
        self.rows().map(|(_, row)| of(row)).collect()
    }

    /// The counts of given and confident classes.
    pub fn joint(&self) -> Joint {
        let confident = self.confident(&self.thresholds());
        let mut counts = vec![vec![0; self.classes]; self.classes];
        let mut off_diagonal = Vec::new();
        for (at, (given, found)) in self.given.iter().zip(&confident).enumerate() {
            let Some(found) = found else { continue };
            counts[*given][*found] += 1;
            if found != given {
                off_diagonal.push(at);
            }
        }
        (0..self.classes).for_each(|k| counts[k][k] = counts[k][k].max(1));
        let calibrated = calibrated(&counts, &self.given());
        Joint { counts, calibrated, off_diagonal }
    }

    /// Whether the given label of a sample is the likeliest class, or nearly so.
    fn is_likeliest(&self, at: usize) -> bool {
        let given = self.given[at];
        let mut row = self.row(at).to_vec();
        row[given] += NEARLY;
        likeliest(&row) == Some(given)
    }
}

/// The place of the greatest number; the first of equal ones.
pub fn likeliest(row: &[f64]) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (k, p) in row.iter().enumerate() {
        if best.is_none_or(|(_, most)| *p > most) {
            best = Some((k, *p));
        }
    }
    best.map(|(k, _)| k)
}

/// Counts as if every sample had been counted: each row in proportion, in whole numbers.
fn calibrated(counts: &[Vec<u64>], given: &[u64]) -> Counts {
    let scale = |(row, n): (&Vec<u64>, &u64)| -> Vec<f64> {
        let all = (row.iter().sum::<u64>() as f64).max(1e-100);
        row.iter().map(|c| *c as f64 / all * *n as f64).collect()
    };
    // the rows sum to the samples of their classes, so the whole needs no more scaling
    counts.iter().zip(given).map(|of| rounded(&scale(of))).collect()
}

/// Whole numbers whose sum is that of the given ones, rounded: each is rounded (half to even), and where the sum is not met
/// those change that are furthest from what they were. Of equal ones the last is raised first, the first lowered first.
fn rounded(of: &[f64]) -> Vec<u64> {
    let mut whole: Vec<f64> = of.iter().map(|x| x.round_ties_even()).collect();
    let want = of.iter().sum::<f64>().round_ties_even();
    loop {
        let lacks = want - whole.iter().sum::<f64>();
        if lacks.abs() < 0.5 || of.is_empty() {
            break;
        }
        let mut order: Vec<usize> = (0..of.len()).collect();
        let rest = |i: &usize| of[*i] - whole[*i];
        order.sort_by(|a, b| rest(a).total_cmp(&rest(b)));
        if lacks > 0.0 {
            order.reverse();
        }
        for i in order.into_iter().take(lacks.abs() as usize) {
            whole[i] += lacks.signum();
        }
    }
    whole.into_iter().map(|x| x.max(0.0) as u64).collect()
}

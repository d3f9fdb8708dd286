//! How far a label can be trusted: 0 (hardly) to 1, by the probabilities of the classes.
use super::{Labelled, THRESHOLD_MIN};

/// What the quality of a label is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    /// The probability of the given class.
    SelfConfidence,
    /// By how much it is above the greatest probability of another class, from -1..1 to 0..1.
    NormalizedMargin,
    /// Falls with the entropy of the probabilities, divided by the probability of the given class. A row in which one
    /// class has the probability 1 has no entropy and the value 0, whatever class was given.
    ConfidenceWeightedEntropy,
}

impl Quality {
    /// Of each sample. With the thresholds of the classes, classes that a model underrates as a whole are raised first.
    pub fn of(self, labelled: &Labelled, thresholds: Option<&[f64]>) -> Vec<f64> {
        let one = |(given, row): (usize, &[f64])| match thresholds {
            Some(thresholds) => self.one(given, &adjusted(row, thresholds)),
            None => self.one(given, row),
        };
        labelled.rows().map(one).collect()
    }

    /// Of one sample.
    pub fn one(self, given: usize, row: &[f64]) -> f64 {
        let own = row.get(given).copied().unwrap_or(0.0);
        match self {
            Quality::SelfConfidence => own,
            Quality::NormalizedMargin => {
                let others = row.iter().enumerate().filter(|(k, _)| *k != given).map(|(_, p)| *p);
                (own - others.fold(0.0, f64::max) + 1.0) / 2.0
            }
            Quality::ConfidenceWeightedEntropy => {
                let weighted = entropy(row) / libm::log(row.len().max(2) as f64) / own.max(1e-6);
                libm::log(weighted + 1.0) / weighted.max(1e-6)
            }
        }
    }
}

/// The entropy of probabilities in nats.
pub fn entropy(row: &[f64]) -> f64 {
    row.iter().filter(|p| **p > 0.0).map(|p| -p * libm::log(*p)).sum()
}

/// Probabilities with those of each class raised by how far its threshold is below the greatest, and scaled to a sum of 1.
fn adjusted(row: &[f64], thresholds: &[f64]) -> Vec<f64> {
    let most = thresholds.iter().copied().fold(THRESHOLD_MIN, f64::max);
    let raised: Vec<f64> = row.iter().zip(thresholds).map(|(p, t)| p - t + most).collect();
    let sum: f64 = raised.iter().sum();
    raised.iter().map(|p| p / sum).collect()
}

/// The quality of a sentence by that of its tokens: the least of them; 1 for a sentence without tokens.
pub fn sentence(tokens: &[f64]) -> f64 {
    tokens.iter().copied().fold(1.0, f64::min)
}

//! How far probabilities can be trusted.
use crate::measure::confident::likeliest;
use serde::{Deserialize, Serialize};

/// Samples of a tenth of confidence.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq)]
struct Tenth {
    samples: u64,
    right: u64,
    confidence: f64,
}

/// What is summed over samples, or tokens.
#[derive(Serialize, Deserialize, Clone, Debug, Default)]
pub struct Reliability {
    samples: u64,
    loss: f64,
    squares: f64,
    tenths: [Tenth; 10],
}

/// The values. All are 0 for predictions that are certain and right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trust {
    /// The mean of -ln p of the given class; a probability below 1e-15 counts as that.
    pub log_loss: f64,
    /// The mean squared distance of the probabilities from 1 for the given class and 0 for each other (Brier 1950): 0 to 2.
    pub brier: f64,
    /// How far the confidence in the likeliest class is from how often it is right, in ten parts of equal width weighed by
    /// their samples (Naeini et al. 2015).
    pub calibration_error: f64,
}

/// What a probability is at least where its logarithm is taken.
const LEAST: f64 = 1e-15;

impl Reliability {
    pub fn add(&mut self, given: usize, row: &[f64]) {
        let own = row.get(given).copied().unwrap_or(0.0);
        self.samples += 1;
        self.loss -= libm::log(own.clamp(LEAST, 1.0));
        for (k, p) in row.iter().enumerate() {
            let far = p - f64::from(u8::from(k == given));
            self.squares += far * far;
        }
        let Some((found, sure)) = likeliest(row).and_then(|k| Some((k, *row.get(k)?))) else { return };
        // each tenth holds its upper end, the first its lower end, too
        let place = ((sure * 10.0).ceil() as usize).clamp(1, 10) - 1;
        if let Some(tenth) = self.tenths.get_mut(place) {
            tenth.samples += 1;
            tenth.right += u64::from(found == given);
            tenth.confidence += sure;
        }
    }

    /// The same of more.
    pub fn join(&mut self, more: &Reliability) {
        self.samples += more.samples;
        self.loss += more.loss;
        self.squares += more.squares;
        for (own, more) in self.tenths.iter_mut().zip(&more.tenths) {
            own.samples += more.samples;
            own.right += more.right;
            own.confidence += more.confidence;
        }
    }

    /// `None` without a sample.
    pub fn trust(&self) -> Option<Trust> {
        let n = self.samples as f64;
        let far = |t: &Tenth| (t.confidence - t.right as f64).abs();
        (self.samples > 0).then(|| Trust {
            log_loss: self.loss / n,
            brier: self.squares / n,
            calibration_error: self.tenths.iter().map(far).sum::<f64>() / n,
        })
    }
}

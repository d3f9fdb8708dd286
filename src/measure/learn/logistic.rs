//! Multinomial logistic regression on sparse vectors, learned by stochastic gradient steps with a step that falls to 0.
use super::shuffled;

/// A sparse vector: places, ascending, and values.
pub type Sparse = Vec<(u32, f64)>;

/// What was learned.
pub struct Regression {
    classes: usize,
    /// By place, then by class.
    weights: Vec<f64>,
    /// By class; these are not held small.
    bias: Vec<f64>,
    scale: f64,
}

const SCALE_MIN: f64 = 1e-6;
const ROUNDS: u64 = 20;
const STEP: f64 = 1.0;
/// The inverse of the weight of the squared norm, as scikit-learn has it.
const C: f64 = 10.0;

/// Learns of vectors, their classes and keys that order them; `space` is how many places there are. `None` where `go_on` says so
/// before a round.
pub fn regression(
    classes: usize,
    space: usize,
    samples: &[(&Sparse, usize, u64)],
    go_on: &mut dyn FnMut() -> bool,
) -> Option<Regression> {
    let mut learned = Regression { classes, weights: vec![0.0; space * classes], bias: vec![0.0; classes], scale: 1.0 };
    let keys: Vec<u64> = samples.iter().map(|s| s.2).collect();
    let steps = (ROUNDS * samples.len() as u64).max(1) as f64;
    let decay = 1.0 / (C * samples.len().max(1) as f64);
    let mut done = 0u64;
    for round in 0..ROUNDS {
        if !go_on() {
            return None;
        }
        for at in shuffled(&keys, round) {
            let step = STEP * (1.0 - done as f64 / steps);
            done += 1;
            learned.scale *= 1.0 - step * decay;
            let (sample, class, _) = samples[at as usize];
            learned.learn(sample, class, step);
            if learned.scale < SCALE_MIN {
                learned.settle();
            }
        }
    }
    learned.settle();
    Some(learned)
}

impl Regression {
    fn settle(&mut self) {
        let scale = self.scale;
        self.weights.iter_mut().for_each(|w| *w *= scale);
        self.scale = 1.0;
    }

    fn learn(&mut self, sample: &Sparse, class: usize, step: f64) {
        let mut by = self.probabilities(sample);
        by.iter_mut().enumerate().for_each(|(k, p)| *p = step * (f64::from(u8::from(k == class)) - *p));
        self.bias.iter_mut().zip(&by).for_each(|(b, by)| *b += by);
        for (place, value) in sample {
            let value = value / self.scale;
            self.of(*place).iter_mut().zip(&by).for_each(|(w, by)| *w += by * value);
        }
    }

    fn of(&mut self, place: u32) -> &mut [f64] {
        let at = place as usize * self.classes;
        &mut self.weights[at..at + self.classes]
    }

    /// The probability of each class.
    pub fn probabilities(&self, sample: &Sparse) -> Vec<f64> {
        let mut sums = vec![0.0; self.classes];
        for (place, value) in sample {
            let at = *place as usize * self.classes;
            let own = &self.weights[at..at + self.classes];
            sums.iter_mut().zip(own).for_each(|(sum, w)| *sum += w * value);
        }
        sums.iter_mut().zip(&self.bias).for_each(|(sum, b)| *sum = *sum * self.scale + b);
        let most = sums.iter().copied().fold(f64::MIN, f64::max);
        sums.iter_mut().for_each(|s| *s = libm::exp(*s - most));
        let all: f64 = sums.iter().sum();
        sums.iter_mut().for_each(|s| *s /= all);
        sums
    }
}

#[cfg(test)]
impl Regression {
    /// With these weights of each class.
    pub(super) fn by_hand(coefficients: &[Vec<f64>], bias: &[f64]) -> Regression {
        let classes = bias.len();
        let weights = (0..coefficients[0].len()).flat_map(|place| coefficients.iter().map(move |c| c[place])).collect();
        Regression { classes, weights, bias: bias.to_vec(), scale: 1.0 }
    }
}

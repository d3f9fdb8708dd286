//! Classes that were predicted against those that were given.
use super::Found;

/// How often each class was predicted where each was given: `[given][predicted]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Confusion(pub Vec<Vec<u64>>);

impl Confusion {
    pub fn new(classes: usize) -> Confusion {
        Confusion(vec![vec![0; classes]; classes])
    }

    pub fn add(&mut self, given: usize, predicted: usize, times: u64) {
        if let Some(n) = self.0.get_mut(given).and_then(|row| row.get_mut(predicted)) {
            *n += times;
        }
    }

    pub fn samples(&self) -> u64 {
        self.0.iter().flatten().sum()
    }

    /// The counts of a class.
    pub fn of(&self, class: usize) -> Found {
        let own = self.0.get(class);
        Found {
            right: own.and_then(|row| row.get(class)).copied().unwrap_or(0),
            predicted: self.0.iter().filter_map(|row| row.get(class)).sum(),
            given: own.map_or(0, |row| row.iter().sum()),
        }
    }

    /// The share of samples whose class is right; `None` without a sample. It is also the F1 score over all samples.
    pub fn accuracy(&self) -> Option<f64> {
        let right: u64 = (0..self.0.len()).map(|k| self.of(k).right).sum();
        let all = self.samples();
        (all > 0).then(|| right as f64 / all as f64)
    }

    /// The mean F1 score of the classes that were predicted or given.
    pub fn macro_f1(&self) -> Option<f64> {
        mean((0..self.0.len()).filter_map(|k| self.of(k).f1()))
    }
}

/// The mean of some numbers; `None` if there are none.
pub(super) fn mean(of: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = of.fold((0.0, 0u64), |(sum, n), x| (sum + x, n + 1));
    (n > 0).then(|| sum / n as f64)
}

/// The mean F1 score of classes that were predicted or given.
impl Found {
    pub fn macro_f1<'f>(of: impl Iterator<Item = &'f Found>) -> Option<f64> {
        mean(of.filter_map(Found::f1))
    }
}

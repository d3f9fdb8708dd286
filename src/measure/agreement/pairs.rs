//! Coefficients of two annotators on the items that both answered: Cohen's kappa, plain or weighted, and Scott's pi.
use super::{Undefined, Weights};
use std::collections::BTreeMap;

/// How often one annotator gave a category where the other gave another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    counts: BTreeMap<(u32, u32), u64>,
}

impl Pair {
    /// Adds items that the first annotator gave `a` and the second `b`.
    pub fn add(&mut self, a: u32, b: u32, times: u64) {
        *self.counts.entry((a, b)).or_default() += times;
    }

    /// How many items both answered.
    pub fn len(&self) -> u64 {
        self.counts.values().sum()
    }

    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// How many items both answered alike.
    pub fn same(&self) -> u64 {
        self.counts.iter().filter(|((a, b), _)| a == b).map(|(_, n)| n).sum()
    }

    /// Each pair of categories and how often it was given.
    pub fn iter(&self) -> impl Iterator<Item = ((u32, u32), u64)> {
        self.counts.iter().map(|(pair, n)| (*pair, *n))
    }

    /// Cohen's kappa: chance by the shares of each annotator. `values` are the numbers of all categories.
    pub fn cohen(&self, weights: Weights, values: &[f64]) -> Result<f64, Undefined> {
        let (a, b) = self.margins(values.len());
        self.corrected(weights, values, &a, &b)
    }

    /// Scott's pi: chance by the shares of both annotators together.
    pub fn scott(&self, values: &[f64]) -> Result<f64, Undefined> {
        let (a, b) = self.margins(values.len());
        let both: Vec<f64> = a.iter().zip(&b).map(|(a, b)| (a + b) / 2.0).collect();
        self.corrected(Weights::Identity, values, &both, &both)
    }

    /// How often each annotator gave each category.
    fn margins(&self, q: usize) -> (Vec<f64>, Vec<f64>) {
        let mut out = (vec![0.0; q], vec![0.0; q]);
        for ((a, b), n) in &self.counts {
            for (margin, k) in [(&mut out.0, a), (&mut out.1, b)] {
                if let Some(sum) = margin.get_mut(*k as usize) {
                    *sum += *n as f64;
                }
            }
        }
        out
    }

    fn corrected(&self, weights: Weights, values: &[f64], a: &[f64], b: &[f64]) -> Result<f64, Undefined> {
        if self.is_empty() {
            return Err(Undefined::NoOverlap);
        }
        let n = self.len() as f64;
        let weight = |k: usize, l: usize| weights.of(values, k, l);
        let cell = |((k, l), times): (&(u32, u32), &u64)| weight(*k as usize, *l as usize) * *times as f64;
        let observed: f64 = self.counts.iter().map(cell).sum::<f64>() / n;
        let mut expected = 0.0;
        for (k, a) in a.iter().enumerate().filter(|(_, n)| **n > 0.0) {
            for (l, b) in b.iter().enumerate().filter(|(_, n)| **n > 0.0) {
                expected += weight(k, l) * (a / n) * (b / n);
            }
        }
        let alone = self.counts.keys().all(|(k, l)| k == l) && self.counts.len() == 1;
        if alone || expected >= 1.0 {
            return Err(Undefined::NoVariation);
        }
        Ok((observed - expected) / (1.0 - expected))
    }
}

//! Small models that learn from labelled samples and give probabilities: a linear chain for tags of tokens, logistic
//! regression for classes of texts, and windows for objects on pictures. They are there to compare data with data, not to win against large models.
//!
//! The same samples and the same seed give the same bits: sums run in a fixed order, `exp` and `log` are those of `libm`, and one
//! model is learned by one thread. Which samples come first does not matter: their order is drawn from keys made of their ids.
mod chain;
mod features;
#[cfg(test)]
mod learn_tests;
mod logistic;
mod terms;
mod windows;

pub use chain::{Chain, Learned, Learning, Tagging, decode};
pub use features::{of_characters, of_words};
pub use logistic::{Regression, Sparse, regression};
pub use terms::{SPACE, Terms, Weighing, terms};
pub use windows::{Detector, Marked, Scene, Seen};

use crate::digest::mix;
use std::collections::HashMap;

/// The numbers of features: those of all hashes in ascending order, whatever came first.
#[derive(Default)]
pub struct Numbers(HashMap<u64, u32>);

impl Numbers {
    /// Numbers the different hashes. Their list is sorted.
    pub fn of(hashes: &mut Vec<u64>) -> Numbers {
        hashes.sort_unstable();
        hashes.dedup();
        Numbers(hashes.iter().enumerate().map(|(n, hash)| (*hash, n as u32)).collect())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn get(&self, hash: u64) -> Option<u32> {
        self.0.get(&hash).copied()
    }
}

/// The order of a round: the places of the keys, shuffled by them.
fn shuffled(keys: &[u64], round: u64) -> Vec<u32> {
    let mut order: Vec<(u64, u64, u32)> =
        keys.iter().enumerate().map(|(i, key)| (mix(key ^ mix(round + 1)), *key, i as u32)).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, _, i)| i).collect()
}

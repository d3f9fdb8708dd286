//! What the truth may be where several annotators answered, some of them better than others.
//!
//! Every method learns a [`Model`]: how often each class is the true one, and what each annotator says where it is. With a model
//! the answers to an item give a probability to each class. Items with equal answers are one, in an order of their own, and sums
//! run in that order, so that neither the order of rows nor of threads changes a bit. Products are scaled as they grow, so that
//! no logarithm is needed and many answers to one item make none of them 0.
mod dawid_skene;
mod mace;

pub use dawid_skene::{dawid_skene, one_coin};
pub use mace::mace;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The answers to one item: (annotator, class), ascending.
pub type Answers = Vec<(u32, u32)>;

/// The answers to all items.
#[derive(Clone, Debug, Default)]
pub struct Ballots {
    pub annotators: usize,
    pub classes: usize,
    items: BTreeMap<Answers, u64>,
}

impl Ballots {
    pub fn new(annotators: usize, classes: usize) -> Ballots {
        Ballots { annotators, classes, items: BTreeMap::new() }
    }

    /// Adds the answers to an item; one without any says nothing.
    pub fn add(&mut self, mut answers: Answers) {
        answers.sort_unstable();
        if !answers.is_empty() {
            *self.items.entry(answers).or_default() += 1;
        }
    }

    /// Different items, and how often each is there.
    fn iter(&self) -> impl Iterator<Item = (&Answers, f64)> {
        self.items.iter().map(|(answers, n)| (answers, *n as f64))
    }

    /// The share of the answers to each item that each class has.
    fn shares(&self) -> Vec<Vec<f64>> {
        let share = |answers: &Answers| {
            let mut out = vec![0.0; self.classes];
            for (_, class) in answers {
                add(&mut out, *class as usize, 1.0 / answers.len() as f64);
            }
            out
        };
        self.items.keys().map(share).collect()
    }
}

/// What a method learned.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Model {
    classes: usize,
    /// How often each class is the true one.
    prior: Vec<f64>,
    /// By annotator, true class and class said: how likely that is. The numbers of one annotator may have any scale.
    says: Vec<f64>,
    /// How likely it is that an annotator says the true class, 0 to 1.
    pub skills: Vec<f64>,
    pub rounds: u32,
    /// The probabilities no longer changed when it ended.
    pub converged: bool,
}

impl Model {
    /// The probability of each class; all alike where the answers cannot be.
    pub fn posterior(&self, answers: &[(u32, u32)]) -> Vec<f64> {
        let mut out = self.prior.clone();
        scale(&mut out);
        for (annotator, said) in answers {
            let from = (*annotator as usize) * self.classes * self.classes + *said as usize;
            for (k, p) in out.iter_mut().enumerate() {
                *p *= self.says.get(from + k * self.classes).copied().unwrap_or(1.0);
            }
            scale(&mut out);
        }
        let sum: f64 = out.iter().sum();
        out.iter().map(|p| p / sum).collect()
    }

    /// The posterior of every item.
    fn posteriors(&self, ballots: &Ballots) -> Vec<Vec<f64>> {
        ballots.items.keys().map(|answers| self.posterior(answers)).collect()
    }
}

/// Makes the greatest number 1; numbers that are all 0 become all 1.
fn scale(of: &mut [f64]) {
    let most = of.iter().copied().fold(0.0, f64::max);
    of.iter_mut().for_each(|p| *p = if most > 0.0 { *p / most } else { 1.0 });
}

fn add(of: &mut [f64], at: usize, more: f64) {
    if let Some(sum) = of.get_mut(at) {
        *sum += more;
    }
}

/// The greatest change between two rounds.
fn change(before: &[Vec<f64>], after: &[Vec<f64>]) -> f64 {
    let pairs = before.iter().flatten().zip(after.iter().flatten());
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// Weights of a vote where each annotator counts as often as the majority agrees with them (Wawa).
pub fn weights(ballots: &Ballots) -> Vec<f64> {
    let (mut right, mut all) = (vec![0.0; ballots.annotators], vec![0.0; ballots.annotators]);
    for ((answers, times), shares) in ballots.iter().zip(ballots.shares()) {
        // the first of the classes with most votes
        let most = shares.iter().copied().fold(0.0, f64::max);
        let winner = shares.iter().position(|s| *s >= most);
        for (annotator, class) in answers {
            add(&mut all, *annotator as usize, times);
            add(&mut right, *annotator as usize, if Some(*class as usize) == winner { times } else { 0.0 });
        }
    }
    right.iter().zip(&all).map(|(r, n)| if *n > 0.0 { r / n } else { 0.0 }).collect()
}

#[cfg(test)]
mod crowd_tests;

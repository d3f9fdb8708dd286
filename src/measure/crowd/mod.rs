//! What the truth may be where several annotators answered, some of them better than others.
//!
//! Every method learns a [`Model`]: how often each class is the true one, and what each annotator says where it is. With a model
//! the answers to an item give a probability to each class. Items with equal answers are one, in an order of their own, and sums
//! run in that order, so that neither the order of rows nor of threads changes a bit. Products that become too small are scaled
//! as they grow, so that no logarithm is needed and many answers to one item make none of them 0.
mod dawid_skene;
mod mace;

pub use dawid_skene::{dawid_skene, one_coin};
pub use mace::mace;
use serde::{Deserialize, Serialize};

/// The answers to one item: (annotator, class), ascending.
pub type Answers = Vec<(u32, u32)>;

/// The answers to all items, one after another, as they came.
#[derive(Clone, Debug, Default)]
pub struct Ballots {
    pub annotators: usize,
    pub classes: usize,
    answers: Answers,
    /// Where the answers to each item end.
    ends: Vec<usize>,
}

impl Ballots {
    pub fn new(annotators: usize, classes: usize) -> Ballots {
        Ballots { annotators, classes, answers: Vec::new(), ends: Vec::new() }
    }

    /// Adds the answers to an item; one without any says nothing.
    pub fn add(&mut self, answers: impl IntoIterator<Item = (u32, u32)>) {
        let from = self.answers.len();
        self.answers.extend(answers);
        if let Some(own) = self.answers.get_mut(from..).filter(|own| !own.is_empty()) {
            own.sort_unstable();
            self.ends.push(self.answers.len());
        }
    }

    /// The answers to each item, in the order in which they came.
    fn each(&self) -> impl Iterator<Item = &[(u32, u32)]> {
        let from = std::iter::once(0).chain(self.ends.iter().copied());
        from.zip(&self.ends).map(|(from, to)| self.answers.get(from..*to).unwrap_or_default())
    }

    /// The different items in an order of their own.
    fn items(&self) -> Items {
        let first = |own: &[(u32, u32)]| own.first().map_or(0, |(by, said)| u64::from(*by) << 32 | u64::from(*said));
        let mut all: Vec<(u64, &[(u32, u32)])> = self.each().map(|own| (first(own), own)).collect();
        all.sort_unstable();
        let mut out = Items { annotators: self.annotators, classes: self.classes, ..Items::default() };
        for same in all.chunk_by(|a, b| a == b) {
            out.answers.extend(same.first().into_iter().flat_map(|(_, own)| own.iter().copied()));
            out.ends.push(out.answers.len());
            out.times.push(same.len() as f64);
        }
        out
    }
}

/// Different items, and how often each is there.
#[derive(Default)]
struct Items {
    annotators: usize,
    classes: usize,
    answers: Answers,
    ends: Vec<usize>,
    times: Vec<f64>,
}

impl Items {
    fn iter(&self) -> impl Iterator<Item = (&[(u32, u32)], f64)> {
        let from = std::iter::once(0).chain(self.ends.iter().copied());
        let own = from.zip(&self.ends).map(|(from, to)| self.answers.get(from..*to).unwrap_or_default());
        own.zip(self.times.iter().copied())
    }

    /// The share of the answers to each item that each class has, item by item.
    fn shares(&self) -> Vec<f64> {
        let mut out = vec![0.0; self.times.len() * self.classes];
        for ((answers, _), out) in self.iter().zip(out.chunks_mut(self.classes.max(1))) {
            for (_, class) in answers {
                add(out, *class as usize, 1.0 / answers.len() as f64);
            }
        }
        out
    }
}

/// What a method learned.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Model {
    classes: usize,
    /// How often each class is the true one.
    prior: Vec<f64>,
    /// By annotator, class said and true class: how likely that is. The numbers of one annotator may have any scale.
    says: Vec<f64>,
    /// How likely it is that an annotator says the true class, 0 to 1.
    pub skills: Vec<f64>,
    pub rounds: u32,
    /// The probabilities no longer changed when it ended.
    pub converged: bool,
}

/// Where the greatest product of probabilities is less, some may have been too small for a number.
const TINY: f64 = 1e-250;

impl Model {
    /// The probability of each class; all alike where the answers cannot be.
    pub fn posterior(&self, answers: &[(u32, u32)]) -> Vec<f64> {
        let mut out = vec![0.0; self.prior.len()];
        self.tell(answers, &mut out);
        out
    }

    /// Writes the probability of each class.
    fn tell(&self, answers: &[(u32, u32)], out: &mut [f64]) {
        out.copy_from_slice(&self.prior);
        answers.iter().for_each(|answer| self.weigh(*answer, out));
        let most = out.iter().copied().fold(0.0, f64::max);
        if most < TINY {
            out.copy_from_slice(&self.prior);
            scale(out);
            for answer in answers {
                self.weigh(*answer, out);
                scale(out);
            }
        }
        let sum: f64 = out.iter().sum();
        out.iter_mut().for_each(|p| *p /= sum);
    }

    /// Multiplies by how likely each true class makes an answer.
    fn weigh(&self, (annotator, said): (u32, u32), out: &mut [f64]) {
        let from = (annotator as usize * self.classes + said as usize) * self.classes;
        let likely = self.says.get(from..from + self.classes).unwrap_or_default();
        out.iter_mut().zip(likely).for_each(|(p, likely)| *p *= likely);
    }

    /// The posterior of every item, one after another.
    fn posteriors(&self, items: &Items) -> Vec<f64> {
        let mut out = vec![0.0; items.times.len() * self.classes];
        for ((answers, _), out) in items.iter().zip(out.chunks_mut(self.classes.max(1))) {
            self.tell(answers, out);
        }
        out
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
fn change(before: &[f64], after: &[f64]) -> f64 {
    before.iter().zip(after).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// Weights of a vote where each annotator counts as often as the majority agrees with them (Wawa).
pub fn weights(ballots: &Ballots) -> Vec<f64> {
    let items = ballots.items();
    let (mut right, mut all) = (vec![0.0; ballots.annotators], vec![0.0; ballots.annotators]);
    for ((answers, times), shares) in items.iter().zip(items.shares().chunks(items.classes.max(1))) {
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

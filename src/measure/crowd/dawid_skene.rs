//! Dawid and Skene 1979: what each annotator says for each true class, learned together with the truth by expectation and
//! maximisation from vote shares on. And the same where an annotator is right equally often for every class (one coin).
use super::{Ballots, Model, add, change};

/// Less than so much change between two rounds is none.
const CONVERGED: f64 = 1e-10;

/// Dawid and Skene. `smoothing` is added to each count of what an annotator says, so that one with few answers is not
/// believed too much.
pub fn dawid_skene(ballots: &Ballots, rounds: u32, smoothing: f64) -> Model {
    let says = |truth: &[Vec<f64>]| {
        let k = ballots.classes;
        let mut counts = vec![smoothing; ballots.annotators * k * k];
        for ((answers, times), truth) in ballots.iter().zip(truth) {
            for (annotator, said) in answers {
                for (class, p) in truth.iter().enumerate() {
                    add(&mut counts, (*annotator as usize * k + class) * k + *said as usize, p * times);
                }
            }
        }
        for row in counts.chunks_mut(k.max(1)) {
            let sum: f64 = row.iter().sum();
            row.iter_mut().for_each(|n| *n = if sum > 0.0 { *n / sum } else { 0.0 });
        }
        counts
    };
    learned(ballots, rounds, true, &says)
}

/// One coin: an annotator is right with one probability, and each wrong class is as likely as another. The true classes are
/// taken for equally frequent unless `prior` is to be learned, too, which may turn annotators around where there are few.
pub fn one_coin(ballots: &Ballots, rounds: u32, prior: bool) -> Model {
    let says = |truth: &[Vec<f64>]| {
        let k = ballots.classes;
        let (mut right, mut all) = (vec![0.0; ballots.annotators], vec![0.0; ballots.annotators]);
        for ((answers, times), truth) in ballots.iter().zip(truth) {
            for (annotator, said) in answers {
                add(&mut all, *annotator as usize, times);
                add(&mut right, *annotator as usize, truth.get(*said as usize).copied().unwrap_or(0.0) * times);
            }
        }
        let mut out = Vec::with_capacity(ballots.annotators * k * k);
        for (right, all) in right.iter().zip(&all) {
            let p = if *all > 0.0 { right / all } else { 1.0 / k as f64 };
            let wrong = (1.0 - p) / (k.max(2) - 1) as f64;
            out.extend((0..k * k).map(|i| if i / k == i % k { p } else { wrong }));
        }
        out
    };
    learned(ballots, rounds, prior, &says)
}

/// Turns between what annotators say and what is true.
fn learned(ballots: &Ballots, rounds: u32, prior: bool, says: &dyn Fn(&[Vec<f64>]) -> Vec<f64>) -> Model {
    let mut truth = ballots.shares();
    let even = vec![1.0 / ballots.classes.max(1) as f64; ballots.classes];
    let mut model = Model {
        classes: ballots.classes,
        prior: even,
        says: Vec::new(),
        skills: Vec::new(),
        rounds: 0,
        converged: false,
    };
    while model.rounds < rounds && !model.converged {
        if prior {
            model.prior = mean(ballots, &truth);
        }
        model.says = says(&truth);
        let next = model.posteriors(ballots);
        model.converged = change(&truth, &next) < CONVERGED;
        (truth, model.rounds) = (next, model.rounds + 1);
    }
    model.skills = skills(ballots, &truth);
    model
}

/// How often each class is the true one.
fn mean(ballots: &Ballots, truth: &[Vec<f64>]) -> Vec<f64> {
    let (mut out, mut n) = (vec![0.0; ballots.classes], 0.0);
    for ((_, times), truth) in ballots.iter().zip(truth) {
        truth.iter().enumerate().for_each(|(k, p)| add(&mut out, k, p * times));
        n += times;
    }
    out.iter().map(|sum| if n > 0.0 { sum / n } else { 0.0 }).collect()
}

/// The share of the answers of each annotator that are true.
fn skills(ballots: &Ballots, truth: &[Vec<f64>]) -> Vec<f64> {
    let (mut right, mut all) = (vec![0.0; ballots.annotators], vec![0.0; ballots.annotators]);
    for ((answers, times), truth) in ballots.iter().zip(truth) {
        for (annotator, said) in answers {
            add(&mut all, *annotator as usize, times);
            add(&mut right, *annotator as usize, truth.get(*said as usize).copied().unwrap_or(0.0) * times);
        }
    }
    right.iter().zip(&all).map(|(r, n)| if *n > 0.0 { r / n } else { 0.0 }).collect()
}

//! Dawid and Skene 1979: what each annotator says for each true class, learned together with the truth by expectation and
//! maximisation from vote shares on. And the same where an annotator is right equally often for every class (one coin).
use super::{Ballots, Items, Model, change};

/// Less than so much change between two rounds is none.
const CONVERGED: f64 = 1e-10;

/// Dawid and Skene. `smoothing` is added to each count of what an annotator says, so that one with few answers is not
/// believed too much.
pub fn dawid_skene(ballots: &Ballots, rounds: u32, smoothing: f64) -> Model {
    learned(&ballots.items(), rounds, true, &|items, truth| {
        let k = items.classes;
        let mut counts = vec![smoothing; items.annotators * k * k];
        for ((answers, times), truth) in items.iter().zip(truth.chunks(k.max(1))) {
            for (annotator, said) in answers {
                let from = (*annotator as usize * k + *said as usize) * k;
                let own = counts.get_mut(from..from + k).unwrap_or_default();
                own.iter_mut().zip(truth).for_each(|(n, p)| *n += p * times);
            }
        }
        for own in counts.chunks_mut((k * k).max(1)) {
            let mut sums = vec![0.0; k];
            for said in own.chunks(k) {
                sums.iter_mut().zip(said).for_each(|(sum, n)| *sum += n);
            }
            for said in own.chunks_mut(k) {
                said.iter_mut().zip(&sums).for_each(|(n, sum)| *n = if *sum > 0.0 { *n / sum } else { 0.0 });
            }
        }
        counts
    })
}

/// One coin: an annotator is right with one probability, and each wrong class is as likely as another. The true classes are
/// taken for equally frequent unless `prior` is to be learned, too, which may turn annotators around where there are few.
pub fn one_coin(ballots: &Ballots, rounds: u32, prior: bool) -> Model {
    learned(&ballots.items(), rounds, prior, &|items, truth| {
        let k = items.classes;
        let mut out = Vec::with_capacity(items.annotators * k * k);
        for (right, all) in rightness(items, truth) {
            let p = if all > 0.0 { right / all } else { 1.0 / k as f64 };
            let wrong = (1.0 - p) / (k.max(2) - 1) as f64;
            out.extend((0..k * k).map(|i| if i / k == i % k { p } else { wrong }));
        }
        out
    })
}

/// What each annotator says, where these probabilities are the truth.
type Says<'s> = &'s dyn Fn(&Items, &[f64]) -> Vec<f64>;

/// Turns between what annotators say and what is true.
fn learned(items: &Items, rounds: u32, prior: bool, says: Says) -> Model {
    let mut truth = items.shares();
    let even = vec![1.0 / items.classes.max(1) as f64; items.classes];
    let mut model = Model {
        classes: items.classes,
        prior: even,
        says: Vec::new(),
        skills: Vec::new(),
        rounds: 0,
        converged: false,
    };
    while model.rounds < rounds && !model.converged {
        if prior {
            model.prior = mean(items, &truth);
        }
        model.says = says(items, &truth);
        let next = model.posteriors(items);
        model.converged = change(&truth, &next) < CONVERGED;
        (truth, model.rounds) = (next, model.rounds + 1);
    }
    let skill = |(right, all): (f64, f64)| if all > 0.0 { right / all } else { 0.0 };
    model.skills = rightness(items, &truth).into_iter().map(skill).collect();
    model
}

/// How often each class is the true one.
fn mean(items: &Items, truth: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; items.classes];
    for (times, truth) in items.times.iter().zip(truth.chunks(items.classes.max(1))) {
        out.iter_mut().zip(truth).for_each(|(sum, p)| *sum += p * times);
    }
    let n: f64 = items.times.iter().sum();
    out.iter().map(|sum| if n > 0.0 { sum / n } else { 0.0 }).collect()
}

/// How many answers of each annotator are true, and how many there are.
fn rightness(items: &Items, truth: &[f64]) -> Vec<(f64, f64)> {
    let mut out = vec![(0.0, 0.0); items.annotators];
    for ((answers, times), truth) in items.iter().zip(truth.chunks(items.classes.max(1))) {
        for (annotator, said) in answers {
            if let Some((right, all)) = out.get_mut(*annotator as usize) {
                *right += truth.get(*said as usize).copied().unwrap_or(0.0) * times;
                *all += times;
            }
        }
    }
    out
}

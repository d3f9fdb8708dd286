//! Which samples to label next: how unsure one model is of a sample, or how far several models disagree (Settles 2009). Every
//! score is higher for samples that should be labelled sooner. Logarithms are natural.
use crate::measure::confident::{entropy, likeliest};

/// 1 less the probability of the likeliest class (Lewis and Gale 1994).
pub fn least_confidence(row: &[f64]) -> f64 {
    1.0 - row.iter().copied().fold(0.0, f64::max)
}

/// By how much the likeliest class is likelier than the second one (Scheffer et al. 2001): lower is less sure.
pub fn margin(row: &[f64]) -> f64 {
    let (mut first, mut second) = (0.0, 0.0);
    for p in row.iter().copied() {
        if p > first {
            (first, second) = (p, first);
        } else if p > second {
            second = p;
        }
    }
    first - second
}

/// The entropy of the votes of several models, each for its likeliest class (Dagan and Engelson 1995).
pub fn vote_entropy(rows: &[&[f64]]) -> f64 {
    let classes = rows.first().map_or(0, |row| row.len());
    let mut votes = vec![0u64; classes];
    rows.iter().filter_map(|row| likeliest(row)).for_each(|k| votes.iter_mut().skip(k).take(1).for_each(|n| *n += 1));
    let shares: Vec<f64> = votes.iter().map(|n| *n as f64 / rows.len().max(1) as f64).collect();
    entropy(&shares)
}

/// The mean of the probabilities that several models give.
pub fn consensus(rows: &[&[f64]]) -> Vec<f64> {
    let classes = rows.first().map_or(0, |row| row.len());
    let mut out = vec![0.0; classes];
    rows.iter().for_each(|row| out.iter_mut().zip(*row).for_each(|(sum, p)| *sum += p));
    out.iter_mut().for_each(|sum| *sum /= rows.len().max(1) as f64);
    out
}

/// The entropy of the mean probabilities.
pub fn consensus_entropy(rows: &[&[f64]]) -> f64 {
    entropy(&consensus(rows))
}

/// How far each model is from the mean of all (Kullback-Leibler divergence).
fn divergences<'r>(rows: &'r [&'r [f64]]) -> impl Iterator<Item = f64> + 'r {
    let mean = consensus(rows);
    rows.iter().map(move |row| {
        let both = row.iter().zip(&mean).filter(|(p, _)| **p > 0.0);
        both.map(|(p, m)| p * libm::log(p / m)).sum()
    })
}

/// The mean divergence from the mean (McCallum and Nigam 1998).
pub fn mean_divergence(rows: &[&[f64]]) -> f64 {
    divergences(rows).sum::<f64>() / rows.len().max(1) as f64
}

/// The greatest divergence from the mean.
pub fn max_divergence(rows: &[&[f64]]) -> f64 {
    divergences(rows).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn numbers(of: &Value) -> Vec<f64> {
        of.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
    }

    fn rows(of: &Value) -> Vec<Vec<f64>> {
        of.as_array().unwrap().iter().map(numbers).collect()
    }

    fn near(got: &[f64], want: &Value) {
        let want = numbers(want);
        assert_eq!(got.len(), want.len());
        got.iter().zip(&want).for_each(|(a, b)| assert!((a - b).abs() < 1e-9, "{got:?} {want:?}"));
    }

    /// The places from the highest score to the lowest; of equal ones the lower first.
    fn order(of: &[f64]) -> Vec<f64> {
        let mut places: Vec<usize> = (0..of.len()).collect();
        places.sort_by(|a, b| of[*b].total_cmp(&of[*a]).then(a.cmp(b)));
        places.into_iter().map(|i| i as f64).collect()
    }

    /// Values of modAL and SciPy (`tests/fixtures/models/README.md`).
    #[test]
    fn scores_are_those_of_other_programs() {
        let path = format!("{}/tests/fixtures/models/label-errors.json", env!("CARGO_MANIFEST_DIR"));
        let all: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let want = &all["active_learning"];
        let of = |f: fn(&[f64]) -> f64| rows(&want["P"]).iter().map(|row| f(row)).collect::<Vec<_>>();
        near(&of(least_confidence), &want["least_confidence"]);
        near(&of(margin), &want["margin"]);
        near(&of(entropy), &want["entropy"]);
        near(&order(&of(least_confidence)), &want["order"]["least_confidence"]);
        near(&order(&of(|row| -margin(row))), &want["order"]["margin"]);
        near(&order(&of(entropy)), &want["order"]["entropy"]);
        let members: Vec<Vec<Vec<f64>>> = want["committee"].as_array().unwrap().iter().map(rows).collect();
        let of = |f: fn(&[&[f64]]) -> f64| {
            let one = |i: usize| f(&members.iter().map(|m| m[i].as_slice()).collect::<Vec<_>>());
            (0..members[0].len()).map(one).collect::<Vec<_>>()
        };
        near(&of(vote_entropy), &want["vote_entropy"]);
        near(&of(consensus_entropy), &want["consensus_entropy"]);
        near(&of(max_divergence), &want["max_disagreement_kl"]);
        near(&of(mean_divergence), &want["mean_kl"]);
        near(&order(&of(consensus_entropy)), &want["order"]["consensus_entropy"]);
        near(&order(&of(max_divergence)), &want["order"]["max_disagreement_kl"]);
        assert_eq!((vote_entropy(&[]), max_divergence(&[]), margin(&[])), (0.0, 0.0, 0.0));
    }
}

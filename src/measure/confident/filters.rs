//! The ways to choose samples whose label is probably wrong.
use super::scores::Quality;
use super::{Counts, Joint, KEPT_MIN, Labelled, likeliest};
use std::collections::BTreeSet;

/// How samples are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Of each class, for each other one, as many samples as were probably mistaken: those that are most the other.
    PruneByNoiseRate,
    /// Of each class as many samples as are probably wrong: those that the class is least likely for.
    PruneByClass,
    /// Those that both of these choose.
    Both,
    /// Samples whose confident class is another one.
    ConfidentLearning,
    /// Samples whose likeliest class is another one.
    PredictedNeqGiven,
    /// As many samples as `ConfidentLearning` chooses, of the lowest normalised margin.
    LowNormalizedMargin,
    /// The same number, of the lowest probability of the given class.
    LowSelfConfidence,
}

impl Filter {
    /// The places of the chosen samples, ascending.
    pub fn choose(self, of: &Labelled, joint: &Joint) -> Vec<usize> {
        let least = |quality: Quality| lowest(of, quality, certain(of, &joint.off_diagonal).len());
        let chosen: Vec<usize> = match self {
            Filter::PruneByNoiseRate => certain(of, &by_noise_rate(of, joint)),
            Filter::PruneByClass => certain(of, &by_class(of, joint)),
            Filter::Both => {
                let other: BTreeSet<usize> = by_class(of, joint).into_iter().collect();
                let both: Vec<usize> = by_noise_rate(of, joint).into_iter().filter(|at| other.contains(at)).collect();
                certain(of, &both)
            }
            Filter::ConfidentLearning => certain(of, &joint.off_diagonal),
            Filter::PredictedNeqGiven => {
                let other =
                    |(at, (given, row)): (usize, (usize, &[f64]))| (likeliest(row) != Some(given)).then_some(at);
                certain(of, &of.rows().enumerate().filter_map(other).collect::<Vec<_>>())
            }
            Filter::LowNormalizedMargin => least(Quality::NormalizedMargin),
            Filter::LowSelfConfidence => least(Quality::SelfConfidence),
        };
        let given = of.given();
        let mut chosen: Vec<usize> = chosen.into_iter().filter(|at| given[of.given[*at]] > KEPT_MIN).collect();
        chosen.sort_unstable();
        chosen
    }
}

/// Without those whose given label is the likeliest class after all.
fn certain(of: &Labelled, chosen: &[usize]) -> Vec<usize> {
    chosen.iter().copied().filter(|at| !of.is_likeliest(*at)).collect()
}

/// So many samples of the lowest quality.
fn lowest(of: &Labelled, quality: Quality, n: usize) -> Vec<usize> {
    let scores = quality.of(of, None);
    let mut order: Vec<usize> = (0..of.len()).collect();
    order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]).then(a.cmp(b)));
    order.truncate(n);
    order
}

/// How many samples to choose: `[true][given]`, where each class keeps at least one sample.
fn to_prune(calibrated: &Counts) -> Counts {
    let classes = calibrated.len();
    let mut out = vec![vec![0.0; classes]; classes];
    for given in 0..classes {
        let own = calibrated[given][given];
        let kept = own.max(KEPT_MIN);
        let others = calibrated[given].iter().filter(|n| **n > 0).count() as f64 - 1.0;
        let less = (kept - own) as f64 / others.max(1.0);
        for truth in 0..classes {
            out[truth][given] = (calibrated[given][truth] as f64 - less).max(0.0);
        }
        out[given][given] = kept as f64;
    }
    out.into_iter().map(|row| row.into_iter().map(|x| x as u64).collect()).collect()
}

/// The samples of each class, in their order.
fn by_given(of: &Labelled) -> Vec<Vec<usize>> {
    let mut out = vec![Vec::new(); of.classes()];
    of.given.iter().enumerate().for_each(|(at, k)| out[*k].push(at));
    out
}

fn by_class(of: &Labelled, joint: &Joint) -> Vec<usize> {
    let prune = to_prune(&joint.calibrated);
    let mut out = Vec::new();
    for (k, mut own) in by_given(of).into_iter().enumerate() {
        let wrong = (own.len() as u64).saturating_sub(prune[k][k]);
        own.sort_by(|a, b| of.row(*a)[k].total_cmp(&of.row(*b)[k]).then(a.cmp(b)));
        out.extend(own.into_iter().take(wrong as usize));
    }
    out
}

fn by_noise_rate(of: &Labelled, joint: &Joint) -> Vec<usize> {
    let prune = to_prune(&joint.calibrated);
    let mut out = BTreeSet::new();
    for (k, own) in by_given(of).into_iter().enumerate() {
        for other in (0..of.classes()).filter(|other| *other != k && prune[*other][k] > 0) {
            let margin = |at: &usize| of.row(*at)[other] - of.row(*at)[k];
            let mut own = own.clone();
            own.sort_by(|a, b| margin(b).total_cmp(&margin(a)).then(a.cmp(b)));
            out.extend(own.into_iter().take(prune[other][k] as usize));
        }
    }
    out.into_iter().collect()
}

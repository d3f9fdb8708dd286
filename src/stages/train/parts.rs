//! Which samples a model learns of, and which it predicts.
use crate::digest::Draws;
use std::collections::BTreeMap;

/// The split that is learned of.
pub const LEARNED_OF: &str = "train";

/// What is asked of a sample here.
pub struct Own<'a> {
    /// What is put into one part: its group, or its id.
    pub unit: &'a str,
    pub split: Option<&'a str>,
    /// It has a label.
    pub labelled: bool,
    /// It can be learned of and predicted.
    pub usable: bool,
}

/// What one model learns of, and what it predicts: places of samples.
pub struct Part {
    pub learns: Vec<usize>,
    pub predicts: Vec<usize>,
}

/// The parts of samples: so many, or, where `folds` is 0, one by the split of each sample.
pub fn parts(folds: u32, seed: u64, samples: &[Own]) -> Vec<Part> {
    let places = |wanted: &dyn Fn(usize, &Own) -> bool| {
        samples.iter().enumerate().filter(|(i, s)| s.usable && wanted(*i, s)).map(|(i, _)| i).collect::<Vec<usize>>()
    };
    if folds == 0 {
        let own = |s: &Own| s.split == Some(LEARNED_OF);
        return vec![Part { learns: places(&|_, s| own(s) && s.labelled), predicts: places(&|_, s| !own(s)) }];
    }
    let mut units: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    samples.iter().enumerate().for_each(|(i, s)| units.entry(s.unit).or_default().push(i));
    let draws = Draws::new(seed, "folds");
    let mut ranked: Vec<(u64, &str)> = units.keys().map(|unit| (draws.of(unit), *unit)).collect();
    ranked.sort_unstable();
    let folds = (folds as usize).min(ranked.len());
    let mut fold = vec![0; samples.len()];
    for (place, (_, unit)) in ranked.iter().enumerate() {
        let own = units.get(unit).into_iter().flatten();
        own.for_each(|i| fold.get_mut(*i).into_iter().for_each(|f| *f = place % folds));
    }
    let in_fold = |i: usize, n: usize| fold.get(i) == Some(&n);
    let part = |n: usize| Part {
        learns: places(&|i, s| !in_fold(i, n) && s.labelled),
        predicts: places(&|i, _| in_fold(i, n)),
    };
    (0..folds).map(part).collect()
}

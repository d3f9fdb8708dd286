//! Which samples a model learns of, and which it predicts.
use crate::digest::Draws;
use crate::stage::Verdicts;
use std::collections::{BTreeMap, BTreeSet};

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
    /// The classes that its label has.
    pub classes: BTreeSet<&'a str>,
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

/// Classes that are told of by name, at most.
const CLASSES_TOLD: usize = 10;

/// Tells why nothing is predicted, where that is so, and which classes a model is asked about that it has learned nothing of.
pub fn remarks(path: &str, parts: &[Part], samples: &[Own], nothing: bool, out: &mut Verdicts) {
    let key = format!("{path}.task");
    let taught = || parts.iter().filter(|p| !p.learns.is_empty());
    if nothing && !samples.is_empty() {
        let (rule, say) = match taught().next().is_some() && parts.iter().all(|p| p.predicts.is_empty()) {
            true => (
                "train.untested",
                "no sample is of a split that is not learned of: nothing is predicted, and nothing is scored",
            ),
            false => ("train.few", "there are too few labelled samples to learn of; nothing is predicted"),
        };
        out.remark(key.clone(), rule, say);
    }
    let mut unseen: BTreeMap<&str, u64> = BTreeMap::new();
    for part in taught() {
        let of = |places: &[usize]| places.iter().filter_map(|i| samples.get(*i)).collect::<Vec<&Own>>();
        let learned: BTreeSet<&str> = of(&part.learns).into_iter().flat_map(|s| s.classes.iter().copied()).collect();
        for class in of(&part.predicts).into_iter().flat_map(|s| s.classes.difference(&learned)) {
            *unseen.entry(class).or_default() += 1;
        }
    }
    if unseen.is_empty() {
        return;
    }
    let told = unseen.iter().take(CLASSES_TOLD).map(|(class, n)| format!("`{class}` ({n})")).collect::<Vec<_>>();
    let more = unseen.len().saturating_sub(CLASSES_TOLD);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let say = "classes of samples that are predicted by a model which learned of none of that class, so that it cannot be right";
    out.remark(key, "train.unseen", format!("{say}: {}{more}", told.join(", ")));
}

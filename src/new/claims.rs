//! What the README of a folder says of its splits, held against the files.
use super::names::slug;
use super::plan::{Guess, Plan};
use crate::report::terminal::plural;

/// How many samples a source has, and whether that is all; nothing where its values were not looked at.
fn samples(g: &Guess) -> Option<(u64, bool)> {
    let s = &g.source;
    if s.is_images() {
        return Some((s.images.len() as u64, true));
    }
    let whole = s.sample.whole && s.sample.places.len() == s.files.len();
    (s.sample.rows > 0).then_some((s.sample.rows as u64, whole))
}

/// What is asked of a source that has another number of samples than the README says.
pub fn of_source(g: &Guess, plan: &Plan) -> Option<String> {
    let examples = plan.front.examples(plan.config.as_deref());
    let lone = || (plan.guesses.len() == 1 && examples.len() == 1).then(|| examples.keys().next().cloned()).flatten();
    let split = g.source.split.clone().or_else(lone)?;
    let said = *examples.iter().find(|(name, _)| slug(name) == slug(&split))?.1;
    let (found, whole) = samples(g)?;
    let differs = if whole { found != said } else { found > said };
    let found = format!("{}{found}", if whole { "" } else { "more than " });
    differs.then(|| {
        format!(
            "whether all of collect.{} is here: {} says that the split `{split}` has {said} samples, and its files have {found}",
            g.source.name, plan.front.file
        )
    })
}

/// Splits that the README speaks of, and of which no file is.
pub fn missing(plan: &Plan) -> Vec<String> {
    let examples = plan.front.examples(plan.config.as_deref());
    let splits: Vec<String> = plan.guesses.iter().filter_map(|g| g.source.split.as_deref().map(slug)).collect();
    let absent = examples.iter().filter(|(name, n)| **n > 0 && !splits.is_empty() && !splits.contains(&slug(name)));
    let say = |(name, n): (&String, &u64)| {
        format!(
            "where the split `{name}` is: {} says that it has {}, and no file is of it",
            plan.front.file,
            plural(*n, "sample")
        )
    };
    absent.map(say).collect()
}

//! Is the test fair? Shares that were asked for beside those that were reached, classes in each split, groups and seed.
use super::labels::Task;
use super::numbers::share;
use super::seen::{Seen, living};
use crate::engine::state::Partition;
use crate::manifest;
use crate::stage::{Fact, Fault};
use crate::stages::split::declaration::Declaration;
use crate::table::value_at;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Splits {
    pub line: usize,
    pub seed: u64,
    /// Columns that are spread evenly, and columns whose equal values stay together.
    pub stratify: Vec<String>,
    pub group: Vec<String>,
    pub given: Option<String>,
    pub shares: Vec<Share>,
    /// Of each group column: values that stand in more than one split. None may.
    pub leaks: BTreeMap<String, u64>,
    pub facts: BTreeMap<String, Fact>,
    /// What `[leakage]` measured between the splits.
    pub leakage: BTreeMap<String, Fact>,
}

#[derive(Serialize, schemars::JsonSchema, Debug)]
pub struct Share {
    /// A split, or a class of a task within one.
    pub what: String,
    pub split: String,
    /// Hundredths of a percent.
    pub wanted: u64,
    pub reached: u64,
    pub samples: u64,
}

/// Classes that are told.
const CLASSES: usize = 24;

pub fn of(seen: &Seen, labels: &[Task]) -> Result<Option<Splits>, Fault> {
    let Some((span, table)) = seen.project.manifest.table(&["split"]) else { return Ok(None) };
    let Ok(declared) = manifest::read::<Declaration>(table) else { return Ok(None) };
    if seen.column("split").is_none() {
        return Ok(None);
    }
    let wanted: BTreeMap<&String, u64> = declared
        .ratios
        .iter()
        .map(|(split, ratio)| (split, (ratio.get().to_f64() * 10_000.0).round() as u64))
        .collect();
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut met: BTreeMap<String, BTreeMap<u64, BTreeSet<String>>> = BTreeMap::new();
    let group = declared.group.as_ref().map(|g| g.names()).unwrap_or_default();
    let look = |_: usize, part: &Partition| looked(seen, part, &group);
    seen.each(look, |(own, groups)| {
        own.into_iter().for_each(|(split, n)| *counts.entry(split).or_default() += n);
        for (column, values) in groups {
            let all = met.entry(column).or_default();
            values.into_iter().for_each(|(hash, splits)| all.entry(hash).or_default().extend(splits));
        }
    })?;
    let total: u64 = counts.values().sum();
    let mut shares = Vec::new();
    let names: BTreeSet<&String> = wanted.keys().copied().chain(counts.keys()).collect();
    for split in &names {
        let samples = counts.get(*split).copied().unwrap_or(0);
        let wanted = wanted.get(*split).copied().unwrap_or(0);
        shares.push(Share {
            what: String::new(),
            split: (*split).clone(),
            wanted,
            reached: share(samples, total),
            samples,
        });
    }
    let stratify = declared.stratify.as_ref().map(|s| s.names()).unwrap_or_default();
    for task in labels.iter().filter(|t| stratify.iter().any(|s| *s == format!("label.{}", t.task))) {
        for class in task.classes.iter().take(CLASSES).filter(|c| c.annotations > 0) {
            for split in &names {
                let samples = class.by_split.get(*split).copied().unwrap_or(0);
                shares.push(Share {
                    what: class.class.clone(),
                    split: (*split).clone(),
                    wanted: wanted.get(*split).copied().unwrap_or(0),
                    reached: share(samples, class.annotations),
                    samples,
                });
            }
        }
    }
    let facts_of = |name: &str| {
        let step = seen.s.steps.iter().position(|s| s.name == name);
        step.and_then(|i| seen.built.runs.get(i)).map(|run| run.facts.clone()).unwrap_or_default()
    };
    let leaks = |values: BTreeMap<u64, BTreeSet<String>>| values.values().filter(|s| s.len() > 1).count() as u64;
    Ok(Some(Splits {
        line: seen.project.manifest.line(span.start),
        seed: declared.seed.as_ref().map_or(0, |seed| *seed.get()),
        stratify,
        group,
        given: declared.given.map(|g| g.get().clone()),
        shares,
        leaks: met.into_iter().map(|(column, values)| (column, leaks(values))).collect(),
        facts: facts_of("split"),
        leakage: facts_of("leakage"),
    }))
}

/// Samples by split; and of each group column the hashes of its values, with the splits in which they stand.
type Looked = (BTreeMap<String, u64>, BTreeMap<String, BTreeMap<u64, BTreeSet<String>>>);

fn looked(seen: &Seen, part: &Partition, group: &[String]) -> Result<Looked, Fault> {
    let (mut counts, mut groups): Looked = Default::default();
    let splits = seen.living_texts(part, "split", "none")?;
    splits.iter().for_each(|split| match counts.get_mut(split) {
        Some(n) => *n += 1,
        None => _ = counts.insert(split.clone(), 1),
    });
    for column in group {
        let own: &mut BTreeMap<u64, BTreeSet<String>> = groups.entry(column.clone()).or_default();
        let Some(array) = seen.array(part, column)? else { continue };
        for (row, split) in living(part).zip(&splits) {
            if let Some(key) = value_at(array.as_ref(), row as usize).key_text() {
                own.entry(crate::digest::cut_hash(key.as_bytes())).or_default().insert(split.clone());
            }
        }
    }
    Ok((counts, groups))
}

//! Is the test fair? Shares that were asked for beside those that were reached, classes in each split, groups and seed.
use super::labels::Task;
use super::numbers::share;
use super::seen::{Seen, living};
use crate::engine::ledger;
use crate::engine::state::Partition;
use crate::manifest;
use crate::stage::{Fact, Fault};
use crate::stages::split::declaration::Declaration;
use crate::table::{ArrayRef, texts, value_at};
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
    /// The first samples that have something in common with one of another split; none where ids may not be shown.
    pub leaked: Vec<Leaked>,
    /// How many such findings there are.
    pub leaked_all: u64,
}

#[derive(Serialize, schemars::JsonSchema, Debug)]
pub struct Leaked {
    pub id: String,
    pub split: String,
    pub rule: String,
    /// What it has in common, and with which sample of which split.
    pub say: String,
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

/// Samples that leak, as many as are told.
const LEAKED: usize = 20;

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
    of_classes(labels, &stratify, &names, &wanted, &mut shares);
    let facts_of = |name: &str| {
        let step = seen.s.steps.iter().position(|s| s.name == name);
        step.and_then(|i| seen.built.runs.get(i)).map(|run| run.facts.clone()).unwrap_or_default()
    };
    let (leaked, leaked_all) = leaked(seen)?;
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
        leaked,
        leaked_all,
    }))
}

/// Shares of each class that is spread evenly. Of splits whose answers are hidden nothing is told; what was wanted of the others is their
/// part of what is told.
fn of_classes(
    labels: &[Task],
    stratify: &[String],
    names: &BTreeSet<&String>,
    wanted: &BTreeMap<&String, u64>,
    shares: &mut Vec<Share>,
) {
    for task in labels.iter().filter(|t| stratify.iter().any(|s| *s == format!("label.{}", t.task))) {
        let told = |split: &&&String| task.splits.get(split.as_str()).is_none_or(|held| held.hidden == 0);
        let told: Vec<&&String> = names.iter().filter(told).collect();
        let whole: u64 = told.iter().filter_map(|split| wanted.get(**split)).sum();
        for class in task.classes.iter().take(CLASSES).filter(|c| c.annotations > 0) {
            for split in &told {
                let samples = class.by_split.get(split.as_str()).copied().unwrap_or(0);
                shares.push(Share {
                    what: class.class.clone(),
                    split: split.to_string(),
                    wanted: share(wanted.get(**split).copied().unwrap_or(0), whole),
                    reached: share(samples, class.annotations),
                    samples,
                });
            }
        }
    }
}

/// What `[leakage]` told of samples: the first of them, and how many there are.
fn leaked(seen: &Seen) -> Result<(Vec<Leaked>, u64), Fault> {
    let (mut out, mut all) = (Vec::new(), 0);
    let runs = seen.s.steps.iter().zip(&seen.built.runs).filter(|(step, _)| step.name == "leakage");
    for part in runs.flat_map(|(_, run)| &run.parts).filter(|p| p.outcomes.iter().any(|o| o.2.events.is_some())) {
        let events = ledger::events(seen.s, part)?;
        all += events.len() as u64;
        if out.len() >= LEAKED || seen.ids_hidden {
            continue;
        }
        let (ids, splits) = (seen.array(&part.before, "id")?, seen.array(&part.before, "split")?);
        let of = |array: &Option<ArrayRef>, row: u32| {
            let array = array.as_ref()?;
            texts(array.as_ref()).get(row as usize).copied().flatten().map(String::from)
        };
        for e in events.into_iter().take(LEAKED - out.len()) {
            let (Some(id), Some(split)) = (of(&ids, e.row), of(&splits, e.row)) else { continue };
            out.push(Leaked { id, split, rule: e.rule, say: e.say });
        }
    }
    Ok((out, all))
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

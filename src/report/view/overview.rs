//! May this be released? The state, gates, splits, what waits, and how to make it again.
use super::seen::{Seen, living};
use crate::engine::ledger::Balance;
use crate::engine::lock::Lock;
use crate::project::Failure;
use crate::report::standing;
use crate::report::status::Measured;
use crate::report::terminal;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Overview {
    pub name: String,
    pub version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    pub languages: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// All steps were built, so that nothing here is left unknown.
    pub whole: bool,
    /// Gates and goals.
    pub gates: Vec<Measured>,
    /// By release, or under `-` where none is declared.
    pub balance: BTreeMap<String, Balance>,
    /// Living samples by split; all under `all` where nothing is split.
    pub splits: BTreeMap<String, u64>,
    /// Samples that wait for a decision, by step.
    pub review: BTreeMap<String, u64>,
    /// Decisions that no waiting sample met, by step.
    pub unmet: BTreeMap<String, u64>,
    pub findings: u64,
    pub releases: Vec<Root>,
    /// Columns that are not shown, since nothing has masked them.
    pub hidden: Vec<String>,
}

/// The roots of a candidate.
#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Root {
    pub name: String,
    pub content_root: Option<String>,
    pub files_root: Option<String>,
}

impl Overview {
    pub fn failing(&self) -> usize {
        self.gates.iter().filter(|g| g.pass == Some(false)).count()
    }

    pub fn waiting(&self) -> u64 {
        self.review.values().sum()
    }
}

pub fn of(seen: &Seen, lock: &Lock) -> Result<Overview, Failure> {
    let status = standing::gather(seen.project, lock, seen.s, seen.built)?;
    let dataset = terminal::dataset(seen.project);
    let mut splits: BTreeMap<String, u64> = BTreeMap::new();
    let split = seen.column("split").is_some();
    let count = |_: usize, part: &crate::engine::state::Partition| {
        let mut own: BTreeMap<String, u64> = BTreeMap::new();
        match split {
            true => seen.living_texts(part, "split", "none")?.into_iter().for_each(|s| *own.entry(s).or_default() += 1),
            false => _ = own.insert("all".into(), living(part).count() as u64),
        }
        Ok(own)
    };
    seen.each(count, |own| own.into_iter().for_each(|(split, n)| *splits.entry(split).or_default() += n))?;
    let candidates = status.releases.into_iter().filter(|r| !r.frozen);
    Ok(Overview {
        name: status.name,
        version: status.version,
        license: dataset.license.map(|l| l.get().clone()),
        languages: dataset.languages,
        description: dataset.description,
        whole: status.fresh,
        gates: status.gates,
        balance: status.balance,
        splits,
        review: status.review,
        unmet: status.unmet.into_iter().map(|(step, ids)| (step, ids.len() as u64)).collect(),
        findings: status.findings.values().sum(),
        releases: candidates
            .map(|r| Root { name: r.name, content_root: r.content_root, files_root: r.files_root })
            .collect(),
        hidden: seen.plain().filter(|c| c.hidden).map(|c| c.name.clone()).collect(),
    })
}

//! A stage as configured in this manifest, and what people decided in review.
use crate::stage::{Entry, Grain, Leaves, Plan};
use std::collections::BTreeSet;
use std::ops::Range;

/// A stage as configured in this manifest, named by its key path; a node of the graph.
pub struct Step {
    pub name: String,
    /// The key path of its table, without the inner word.
    pub path: String,
    pub entry: Entry,
    pub plan: Plan,
    /// What it makes besides columns, and columns that `apart` names, may hold personal data that no privacy step has
    /// seen, with or without `[privacy]`: such bytes are stored apart from the first day.
    pub raw: bool,
    /// It is given something that nothing has masked: digests of that are in the keys of its results.
    pub reads_raw: bool,
    /// Columns that it writes and whose bytes are stored apart.
    pub apart: BTreeSet<String>,
    /// With `[privacy]`: columns that it writes and that no release may hold, nor any report show unasked.
    pub unseen: BTreeSet<String>,
    pub span: Range<usize>,
}

impl Step {
    /// Whether what it makes is kept although nobody reads it: making it again costs much, or runs a program of the user's.
    pub fn is_dear(&self) -> bool {
        self.entry.card.grain == Grain::Sample || self.plan.program.is_some()
    }

    /// Whether its map is given living rows alone.
    pub fn maps_living(&self) -> bool {
        self.entry.card.grain == Grain::Sample || self.plan.ports.living_only
    }

    /// Whether its jobs may be done outside of this process.
    pub fn leaves(&self) -> Leaves {
        match self.plan.secret.is_some() || self.plan.program.is_some() {
            true => Leaves::Never,
            false if self.reads_raw => Leaves::Raw,
            false => Leaves::Freely,
        }
    }

    /// Whether anything that it makes tells of what nothing has masked.
    pub fn tells_raw(&self) -> bool {
        self.raw || self.reads_raw || !self.apart.is_empty()
    }
}

/// `[review]`: what waits is held back, and what a person decided.
#[derive(Default, Debug)]
pub struct Review {
    pub hold: bool,
    /// By the step that waits and the id of the sample.
    pub decisions: std::collections::BTreeMap<(String, String), Decision>,
}

impl Review {
    /// What was decided of a sample that a step wants a person to look at.
    pub fn of(&self, step: &Step, id: &str) -> Option<&Decision> {
        let of = |path: &String| self.decisions.get(&(path.clone(), id.to_string()));
        let decision = of(&step.path).or_else(|| of(step.plan.answered_by.as_ref()?))?;
        Some(decision).filter(|d| !(d.labels && step.plan.reopens))
    }
}

/// What a person decided of a sample. Who it was, and why, is told by `trace` alone: no result depends on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub keep: bool,
    /// It says which label the sample has.
    pub labels: bool,
    pub by: String,
    pub note: Option<String>,
}

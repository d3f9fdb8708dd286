//! What waits for people: samples without a decision, and decisions without a sample.
use crate::engine::open::asked;
use crate::engine::session::Session;
use crate::engine::state::Built;
use crate::stage::Fault;
use std::collections::{BTreeMap, BTreeSet};

/// Samples and decisions, as far as a walk knows them.
#[derive(Default)]
pub struct Waiting {
    /// Samples that a step wants a person to look at and nobody decided on, by step.
    pub open: BTreeMap<String, u64>,
    /// Ids of decisions that no waiting sample met, by the step that they were made for.
    pub unmet: BTreeMap<String, Vec<String>>,
}

/// Compares what waits with what people decided.
pub fn waiting(s: &Session, built: &Built) -> Result<Waiting, Fault> {
    let mut out = Waiting::default();
    let mut met: BTreeSet<(String, String)> = BTreeSet::new();
    for (step, run) in s.steps.iter().zip(&built.runs) {
        let asked = asked(s, step, run)?;
        let open = asked.iter().filter(|(_, id)| s.review.of(step, id).is_none()).count() as u64;
        if open > 0 {
            out.open.insert(step.name.clone(), open);
        }
        let also = step.plan.answered_by.iter().flat_map(|path| asked.iter().map(|(_, id)| (path.clone(), id.clone())));
        met.extend(also);
        met.extend(asked);
    }
    // a label holds whether or not the sample waits for one
    let unmet = s.review.decisions.iter().filter(|(of, d)| !d.labels && !met.contains(*of));
    for ((step, id), _) in unmet {
        out.unmet.entry(step.clone()).or_default().push(id.clone());
    }
    Ok(out)
}

//! What waits for a person: each sample that a step wants somebody to look at, with all that steps say of it, and where the
//! answer to it is written.
use crate::engine::Step;
use crate::engine::ledger;
use crate::engine::session::Session;
use crate::engine::state::{Built, PartRun};
use crate::stage::{Act, Event, Fault};
use crate::table::texts;
use std::collections::{BTreeMap, BTreeSet};

/// A sample about which somebody is asked.
#[derive(Debug)]
pub struct Asked {
    /// The table that a decision names as its `step`: `label.ner`, `clean.fields`.
    pub path: String,
    pub id: String,
    /// The partition of the samples by its name within this build, and the row there.
    pub uid: String,
    pub row: u32,
    /// What steps say, in their order.
    pub reasons: Vec<Reason>,
}

/// Why somebody is asked.
#[derive(Debug)]
pub struct Reason {
    pub step: String,
    pub rule: String,
    pub say: String,
    /// The key of the manifest that asks.
    pub key: String,
}

/// The step that chooses samples for labelling, and its rule: its findings wait although nothing holds them.
const CHOOSES: &str = "active";
const CHOSEN: &str = "active.chosen";

/// The table that an answer to a step's question names: what doubts a label, or wants one, is answered at the label.
pub fn answered_at(step: &Step) -> String {
    let label = || step.plan.ports.reads.iter().find(|name| name.starts_with("label."));
    match &step.plan.answered_by {
        Some(path) => path.clone(),
        None if step.path == CHOOSES => label().unwrap_or(&step.path).clone(),
        None => step.path.clone(),
    }
}

/// All samples that steps of a kind ask about and that nobody decided on, in the order of the steps and of the data.
pub fn asked(s: &Session, built: &Built, of: impl Fn(&Step) -> bool) -> Result<Vec<Asked>, Fault> {
    let mut out: Vec<Asked> = Vec::new();
    let mut place: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (step, run) in s.steps.iter().zip(&built.runs) {
        let samples = step.plan.ports.table == "samples" && step.plan.ports.into.is_none();
        if !samples || !of(step) {
            continue;
        }
        let path = answered_at(step);
        for part in run.parts.iter().filter(|p| may_ask(step, p)) {
            let Some(ids) = part.before.columns.get("id").copied().flatten() else { continue };
            let ids = s.array(ids)?;
            let ids = texts(ids.as_ref());
            for e in ledger::events(s, part)?.into_iter().filter(asks) {
                let id = ids.get(e.row as usize).copied().flatten().unwrap_or_default();
                if s.review.of(step, id).is_some() {
                    continue;
                }
                let reason = Reason { step: step.name.clone(), rule: e.rule, say: e.say, key: e.key };
                let key = (path.clone(), id.to_string());
                if let Some(known) = place.get(&key).and_then(|n| out.get_mut(*n)) {
                    known.reasons.push(reason);
                    continue;
                }
                place.insert(key, out.len());
                let (uid, row) = (part.uid.clone(), e.row);
                out.push(Asked { path: path.clone(), id: id.into(), uid, row, reasons: vec![reason] });
            }
        }
    }
    Ok(out)
}

/// The samples whose label a step doubts that looks for errors in it, whatever it does about them, and on which nobody decided.
pub fn doubted(s: &Session, built: &Built, path: &str) -> Result<BTreeSet<String>, Fault> {
    let mut out = BTreeSet::new();
    for (step, run) in
        s.steps.iter().zip(&built.runs).filter(|(step, _)| step.plan.answered_by.as_deref() == Some(path))
    {
        for part in run.parts.iter().filter(|p| p.outcomes.iter().any(|o| o.2.events.is_some())) {
            let Some(ids) = part.before.columns.get("id").copied().flatten() else { continue };
            let ids = s.array(ids)?;
            let ids = texts(ids.as_ref());
            let rows = ledger::events(s, part)?.into_iter().filter(|e| e.rule.starts_with("label."));
            let own = rows.filter_map(|e| ids.get(e.row as usize).copied().flatten());
            out.extend(own.filter(|id| s.review.of(step, id).is_none()).map(str::to_string));
        }
    }
    Ok(out)
}

/// Whether events of a partition can ask: they are read only then.
fn may_ask(step: &Step, part: &PartRun) -> bool {
    let acts = |o: &crate::engine::state::Outcome| o.acts.iter().any(|a| matches!(a.1, 'r' | 'h'));
    let chooses = step.path == CHOOSES;
    part.outcomes.iter().any(|o| acts(&o.2) || (chooses && o.2.events.is_some()))
}

fn asks(e: &Event) -> bool {
    matches!(e.act, Act::Review | Act::Hold) || e.rule == CHOSEN
}

//! What waits for a person: the samples about which a step asks, and how many of a release nobody has decided on.
use super::ledger;
use super::session::Session;
use super::state::{Built, StepRun};
use super::step::Step;
use crate::stage::{Act, Fault};
use crate::table::{self, Value, value_at};
use std::collections::BTreeSet;

/// The (path, id) of each living sample that a step wants a person to look at.
pub fn asked(s: &Session, step: &Step, run: &StepRun) -> Result<Vec<(String, String)>, Fault> {
    let mut out = Vec::new();
    for part in
        run.parts.iter().filter(|p| p.outcomes.iter().any(|o| o.2.acts.iter().any(|a| matches!(a.1, 'r' | 'h'))))
    {
        let Some(ids) = part.before.columns.get("id").copied().flatten() else { continue };
        let ids = s.array(ids)?;
        let ids = table::texts(ids.as_ref());
        let reviews = ledger::events(s, part)?.into_iter().filter(|e| matches!(e.act, Act::Review | Act::Hold));
        let rows: BTreeSet<u32> = reviews.map(|e| e.row).collect();
        let id = |row: u32| ids.get(row as usize).copied().flatten().unwrap_or_default().to_string();
        out.extend(rows.into_iter().map(|row| (step.path.clone(), id(row))));
    }
    Ok(out)
}

/// How many of the samples that a column marks wait for a decision at some step; `None` where the marks are not known.
pub fn waiting(s: &Session, built: &Built, marker: &str) -> Result<Option<u64>, Fault> {
    let mut open: BTreeSet<String> = BTreeSet::new();
    for (step, run) in s.steps.iter().zip(&built.runs) {
        open.extend(asked(s, step, run)?.into_iter().filter(|of| s.review.of(step, &of.1).is_none()).map(|of| of.1));
    }
    let parts = built.tables.get("samples").map(|t| t.parts.as_slice()).unwrap_or_default();
    let mut n = 0;
    for part in parts.iter().filter(|_| !open.is_empty()) {
        let column = |name: &str| part.columns.get(name).copied().flatten();
        let (Some(living), Some(ids), Some(marks)) = (&part.living, column("id"), column(marker)) else {
            return Ok(None);
        };
        let (ids, marks) = (s.array(ids)?, s.array(marks)?);
        let ids = table::texts(ids.as_ref());
        let waits = |row: &u32| ids.get(*row as usize).copied().flatten().is_some_and(|id| open.contains(id));
        let rows = (0..living.rows()).filter(|row| living.is(*row)).filter(waits);
        n += rows.filter(|row| value_at(marks.as_ref(), *row as usize) == Value::Bool(true)).count() as u64;
    }
    Ok(Some(n))
}

//! Where a finding stands: the file and line of a record, the id of a sample and where it was collected, or the row of the
//! file of votes that it is about.
use crate::engine::ledger;
use crate::engine::session::Session;
use crate::engine::state::{Built, PartRun, Partition};
use crate::engine::step::Step;
use crate::measure::names::composed;
use crate::model::votes::Vote;
use crate::stage::{Event, Fault};
use crate::stages::collect::consent::WITHDRAWN;
use crate::table::{Value, value_at};

/// Finds the places of what a build said.
pub struct Places<'p, 'a> {
    pub s: &'p Session<'a>,
    pub built: &'p Built,
}

impl Places<'_, '_> {
    /// A record by file and line, a sample by its id and where it was collected, or where the vote stands that is meant.
    pub fn of(&self, i: usize, (k, part): (usize, &PartRun), e: &Event) -> Result<String, Fault> {
        let Some(step) = self.s.steps.get(i) else { return Ok("?".into()) };
        if step.plan.scan.is_some() {
            let told = ledger::place(self.s, self.built, i, &part.uid, e.row, (e.record, e.line))?;
            return Ok(told.unwrap_or("?".into()));
        }
        if e.rule == WITHDRAWN {
            // nobody's id is told who has asked to be forgotten
            return Ok(ledger::origin(self.s, self.built, &part.before, e.row)?.unwrap_or("?".into()));
        }
        let vote = match e.record.checked_sub(1) {
            Some(n) if step.plan.ports.right.is_some() => self.right_row(i, k, n)?,
            Some(n) => self.vote(step, part, e.row, n)?,
            None => None,
        };
        match vote {
            Some(file) => {
                let id = ledger::id(self.s, &part.before, e.row)?.unwrap_or("?".into());
                Ok(format!("{id}  {file}"))
            }
            None => self.row(&part.before, e.row),
        }
    }

    /// Where the `n`-th right row stands that a join brought to its `k`-th partition.
    fn right_row(&self, i: usize, k: usize, n: u32) -> Result<Option<String>, Fault> {
        let (Some(step), Some(run)) = (self.s.steps.get(i), self.built.runs.get(i)) else { return Ok(None) };
        let right = step.plan.ports.right.as_ref().and_then(|right| self.built.tables.get(&right.table));
        let met = run.met.as_ref().and_then(|met| met.right_row(k, n as usize));
        let Some((table, (p, row))) = right.zip(met) else { return Ok(None) };
        table.parts.get(p as usize).map_or(Ok(None), |of| ledger::origin(self.s, self.built, of, row))
    }

    /// Where the `n`-th of a row's votes stands, as the step read them, if its source is files. An annotator who answered
    /// several times has several places.
    fn vote(&self, step: &Step, part: &PartRun, row: u32, n: u32) -> Result<Option<String>, Fault> {
        let read = part.reads.iter().find(|read| read.0.starts_with("votes."));
        let Some(digest) = read.and_then(|read| read.1) else { return Ok(None) };
        let votes = Vote::list(&value_at(self.s.array(digest)?.as_ref(), row as usize)).unwrap_or_default();
        let Some(vote) = votes.get(n as usize) else { return Ok(None) };
        let join = format!("{}/from.{}", step.path, vote.origin);
        let Some(i) = self.s.steps.iter().position(|own| own.name == join) else { return Ok(None) };
        let (Some(step), Some(run)) = (self.s.steps.get(i), self.built.runs.get(i)) else { return Ok(None) };
        let Some(right) = &step.plan.ports.right else { return Ok(None) };
        let k = run.parts.iter().position(|p| p.uid == part.uid);
        let met = k.and_then(|k| run.met.as_ref()?.rows.get(k));
        let (Some(met), Some(table)) = (met, self.built.tables.get(&right.table)) else { return Ok(None) };
        let keys = keys_of(&self.value(&part.before, &right.on, row)?);
        let mut found = Vec::new();
        for (p, own) in met {
            let Some(of) = table.parts.get(*p as usize) else { continue };
            let text = |name: &str| Ok::<_, Fault>(self.value(of, name, *own)?.text().unwrap_or_default().to_string());
            let item = text(&right.key)?;
            if text("annotator")? == vote.annotator && keys.iter().any(|key| *key == composed(&item)) {
                found.extend(ledger::origin(self.s, self.built, of, *own)?);
            }
        }
        Ok((!found.is_empty()).then(|| found.join(", ")))
    }

    fn value(&self, part: &Partition, name: &str, row: u32) -> Result<Value, Fault> {
        match part.columns.get(name).copied().flatten() {
            Some(digest) => Ok(value_at(self.s.array(digest)?.as_ref(), row as usize)),
            None => Ok(Value::Null),
        }
    }

    /// The id of a row and where it was collected.
    fn row(&self, part: &Partition, row: u32) -> Result<String, Fault> {
        let told = [ledger::id(self.s, part, row)?, ledger::origin(self.s, self.built, part, row)?];
        let told: Vec<String> = told.into_iter().flatten().collect();
        Ok(if told.is_empty() { "?".into() } else { told.join("  ") })
    }

    /// Where a right row that matched nothing comes from; its id, which may be made of names, only if `raw`.
    pub fn unmatched(&self, step: &Step, uid: &str, row: u32, raw: bool) -> Result<Option<String>, Fault> {
        let Some(right) = step.plan.ports.right.as_ref() else { return Ok(None) };
        let literal = step.plan.literal.as_ref().filter(|l| l.table == right.table);
        if let Some(line) = literal.and_then(|l| l.lines.get(row as usize)) {
            return Ok(Some(line.clone()));
        }
        let part = self.built.tables.get(&right.table).and_then(|t| t.parts.iter().find(|p| p.uid == uid));
        let Some(part) = part else { return Ok(None) };
        if raw { self.row(part, row).map(Some) } else { ledger::origin(self.s, self.built, part, row) }
    }
}

/// The join keys of a value, in one normal form: its text or its number, or those of its list.
fn keys_of(value: &Value) -> Vec<String> {
    let key = |v: &Value| v.key_text().map(|key| composed(&key).into_owned());
    match value {
        Value::List(items) => items.iter().filter_map(key).collect(),
        own => key(own).into_iter().collect(),
    }
}

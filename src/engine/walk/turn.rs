//! A step's turn in the walk: its context, and how its tasks are looked up, run and settled.
use crate::digest::Digest;
use crate::engine::columns::digest_of;
use crate::engine::recipe;
use crate::engine::samples;
use crate::engine::scan::Scanned;
use crate::engine::session::Session;
use crate::engine::state::{Bin, Mode, Outcome, PartRun, Partition, StepRun, Table, Tables};
use crate::engine::step::Step;
use crate::engine::tasks::{Producer, Task};
use crate::engine::told::{Event, Sink};
use crate::stage::{Fact, Fault, Grain, Kernel};
use crate::table::{self, Living};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// What a task gave and under which key; `None` is unknown.
pub(super) type Given = Option<(Digest, Arc<Outcome>)>;

/// A step's turn in the walk: its context, and how its tasks are looked up, run and settled.
pub(super) struct Turn<'w, 'a> {
    pub(super) s: &'w Session<'a>,
    pub(super) mode: Mode,
    pub(super) wanted: &'w BTreeSet<usize>,
    pub(super) i: usize,
    pub(super) step: &'w Step,
    pub(super) sink: Sink<'w>,
    /// The facts that it reads, if all of them are known.
    pub(super) facts: Option<BTreeMap<String, Fact>>,
}

impl Turn<'_, '_> {
    pub(super) fn literal(&self, literal: &crate::stage::Literal, tables: &mut Tables) {
        let rows = literal.columns.values().next().map_or(0, |c| c.len()) as u32;
        let mut part = Partition {
            uid: literal.table.clone(),
            rows: Some(rows),
            living: Some(Living::All(rows)),
            ..Partition::default()
        };
        let mut types = BTreeMap::new();
        for (name, array) in &literal.columns {
            let digest = table::column_digest(array.as_ref());
            self.s.know(digest, || Producer::Literal(array.clone()));
            types.insert(name.clone(), array.data_type().clone());
            part.columns.insert(name.clone(), Some(digest));
        }
        tables.insert(literal.table.clone(), Table { types, parts: vec![part] });
    }

    pub(super) fn units(&self, scanned: &Arc<Scanned>, name: &str, tables: &mut Tables) {
        let mut table = Table { types: crate::stage::unit_types().into_iter().collect(), parts: Vec::new() };
        for (k, head) in scanned.parts.iter().enumerate() {
            let n = head.units;
            let mut part = Partition {
                uid: format!("{name}:{k}"),
                rows: Some(n),
                living: Some(Living::All(n)),
                ..Partition::default()
            };
            for (name, digest) in head.columns() {
                self.s.know(digest, || Producer::Units(scanned.clone(), k));
                part.columns.insert(name.to_string(), Some(digest));
            }
            table.parts.push(part);
        }
        tables.insert(name.to_string(), table);
    }

    /// What a step is given of a partition.
    pub(super) fn reads(&self, table: &Table, part: &Partition, names: &[String]) -> Vec<(String, Option<Digest>)> {
        names.iter().map(|n| (n.clone(), digest_of(self.s, table, part, n))).collect()
    }

    /// A task if all of its inputs are known.
    pub(super) fn task(&self, part: &Partition, kernel: Kernel, reads: &[(String, Option<Digest>)]) -> Option<Task> {
        let reads: Option<Vec<(String, Digest)>> = reads.iter().map(|(n, d)| Some((n.clone(), (*d)?))).collect();
        let living = match kernel == Kernel::Map && self.step.maps_living() {
            true => Some(part.living.clone()?),
            false => None,
        };
        let (rows, near) = (part.rows?, part.near);
        Some(Task { step: self.i, part: Some(kernel), rows, reads: reads?, living, near, ..Task::default() })
    }

    /// Looks the tasks up and, in a build, runs those that are not known; `then` is told of each that ran.
    pub(super) fn outcomes(
        &self,
        kernel: Kernel,
        tasks: &[Option<Task>],
        run: &mut StepRun,
        then: &(dyn Fn(usize, &Outcome) + Sync),
    ) -> Result<Vec<Given>, Fault> {
        let head = recipe::head(self.step, kernel);
        let s = self.s;
        let mut out: Vec<Given> = vec![None; tasks.len()];
        let mut missing = Vec::new();
        for (k, task) in tasks.iter().enumerate() {
            let Some(task) = task else {
                run.may = true;
                continue;
            };
            let key = s.key(&head, task);
            match self.look_up(key, task)? {
                Some(o) => out[k] = Some((key, self.adopt(task, o))),
                None => missing.push((k, key)),
            }
        }
        // equal inputs are one task, however many partitions have them
        let mut first: BTreeMap<Digest, usize> = BTreeMap::new();
        for (k, key) in &missing {
            first.entry(*key).or_insert(*k);
        }
        run.runs += first.len();
        let runs = match self.mode {
            Mode::Plan => false,
            Mode::Look => self.step.plan.scan.is_some(),
            Mode::Build => true,
        };
        if !runs || missing.is_empty() {
            return Ok(out);
        }
        let mut work: Vec<(Digest, usize)> = first.into_iter().collect();
        work.sort_by_key(|(_, k)| (tasks[*k].as_ref().map(|t| t.near), *k));
        (self.sink)(Event::Running { step: self.step.name.clone(), tasks: work.len() });
        let slots: Vec<Mutex<Option<Result<Outcome, Fault>>>> = work.iter().map(|_| Mutex::new(None)).collect();
        let jobs: Vec<&Task> = work.iter().filter_map(|(_, k)| tasks[*k].as_ref()).collect();
        s.execute_all(&jobs, &|w, done| {
            let (key, k) = work[w];
            if let Ok(o) = &done {
                s.remember(key, o, self.step.tells_raw());
                then(k, o);
            }
            *slots[w].lock().unwrap_or_else(|e| e.into_inner()) = Some(done);
            (self.sink)(Event::Task { step: self.step.name.clone() });
        });
        let mut done: BTreeMap<Digest, Arc<Outcome>> = BTreeMap::new();
        for ((key, k), slot) in work.iter().zip(slots) {
            let result = slot.into_inner().unwrap_or_else(|e| e.into_inner());
            let outcome = result.unwrap_or_else(|| Err(Fault::Bug("a task was lost".into())))?;
            if let Some(task) = &tasks[*k] {
                done.insert(*key, self.adopt(task, outcome));
            }
        }
        for (k, key) in missing {
            out[k] = done.get(&key).map(|o| (key, o.clone()));
        }
        Ok(out)
    }

    pub(super) fn look_up(&self, key: Digest, task: &Task) -> Result<Option<Outcome>, Fault> {
        if let Some(o) = self.s.known(key) {
            return Ok(Some(o));
        }
        if self.step.entry.card.grain == Grain::Sample && task.living.is_some() {
            // every row may be known although the partition is not: then no kernel runs
            let found = samples::by_sample(self.s, task, false)?;
            if let Some(o) = &found {
                self.s.remember(key, o, self.step.tells_raw());
            }
            return Ok(found);
        }
        Ok(None)
    }

    pub(super) fn adopt(&self, task: &Task, outcome: Outcome) -> Arc<Outcome> {
        self.s.adopt(&Arc::new(task.clone()), &outcome);
        Arc::new(outcome)
    }

    /// Columns that a step writes are known by type from here on.
    pub(super) fn declare(&self, table: &mut Table) {
        for (name, ty) in &self.step.plan.ports.writes {
            table.types.insert(name.clone(), ty.ty.clone());
        }
    }

    /// Lets an outcome take effect on a partition; what it says of dead rows is forgotten.
    pub(super) fn settle(
        &self,
        part: &mut Partition,
        outcome: Option<&Outcome>,
        run: &mut PartRun,
    ) -> Result<(), Fault> {
        let ports = &self.step.plan.ports;
        let Some(outcome) = outcome else {
            part.columns.extend(ports.writes.iter().map(|w| (w.0.clone(), None)));
            part.living = part.living.take().filter(|_| !ports.drops && !ports.bears);
            return Ok(());
        };
        for (name, digest) in &outcome.columns {
            part.columns.insert(name.clone(), Some(*digest));
        }
        let Some(living) = part.living.clone() else { return Ok(()) };
        let mut dead: BTreeMap<u32, Bin> = BTreeMap::new();
        let kept = self.decisions(part, outcome)?;
        for (row, act) in outcome.acts.iter().filter(|a| living.is(a.0)) {
            let bin = match act {
                'd' => Some(Bin::Dropped),
                'm' => Some(Bin::Merged),
                _ => match kept.get(row) {
                    Some(true) => None,
                    Some(false) => Some(Bin::Dropped),
                    None => (*act == 'h' || self.s.review.hold).then_some(Bin::Held),
                },
            };
            if let Some(bin) = bin {
                dead.entry(*row).or_insert(bin);
            }
        }
        if !dead.is_empty() {
            part.living = Some(living.without(dead.keys().copied()));
            run.dead.extend(dead);
        }
        Ok(())
    }

    /// What people decided of the rows that wait for review at this step.
    pub(super) fn decisions(&self, part: &Partition, outcome: &Outcome) -> Result<BTreeMap<u32, bool>, Fault> {
        let mut out = BTreeMap::new();
        let waits: Vec<u32> = outcome.acts.iter().filter(|a| matches!(a.1, 'r' | 'h')).map(|a| a.0).collect();
        if waits.is_empty() || self.s.review.decisions.is_empty() {
            return Ok(out);
        }
        let Some(Some(ids)) = part.columns.get("id") else { return Ok(out) };
        let ids = self.s.array(*ids)?;
        let ids = table::texts(ids.as_ref());
        for row in waits {
            let id = ids.get(row as usize).copied().flatten().unwrap_or_default().to_string();
            if let Some(decision) = self.s.review.of(self.step, &id) {
                out.insert(row, decision.keep);
            }
        }
        Ok(out)
    }
}

pub(super) fn digest_of_fact((name, fact): (&String, &Fact)) -> Digest {
    Digest::of(format!("{name} {}", serde_json::to_string(fact).unwrap_or_default()).as_bytes())
}

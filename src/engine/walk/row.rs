//! A row step: maps of all partitions, rows born, one gather, applies.
use super::turn::{Given, Turn, digest_of_fact};
use crate::digest::Digest;
use crate::engine::gather::Decided;
use crate::engine::state::{
    Bin, BornRows, Mode, Origin, Outcome, PartRun, Partition, StepRun, Table, Tables, parents_bytes, parents_of,
};
use crate::engine::tasks::{GatherTask, Producer, Take, TakeRows, Task};
use crate::engine::{ahead, anew, order, recipe};
use crate::stage::{Fault, Grain, Kernel};
use crate::table::{self, DataType, Living};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Turn<'_, '_> {
    pub(super) fn row(&self, tables: &mut Tables, run: &mut StepRun) -> Result<(), Fault> {
        let ports = &self.step.plan.ports;
        let mut table = tables.remove(&ports.table).unwrap_or_default();
        let done = self.row_over(&mut table, tables, run);
        tables.insert(ports.table.clone(), table);
        done
    }

    fn row_over(&self, table: &mut Table, tables: &mut Tables, run: &mut StepRun) -> Result<(), Fault> {
        let ports = &self.step.plan.ports;
        self.check_grain(table)?;
        self.declare(table);
        let mut tasks = Vec::new();
        for part in &table.parts {
            let reads = self.reads(table, part, &ports.reads);
            let mut task = self.task(part, Kernel::Map, &reads);
            let records = run.scanned.as_ref().and_then(|s| s.parts.get(run.parts.len())).map(|h| h.records);
            if let Some(t) = &mut task {
                t.records = records;
            }
            tasks.push(task);
            run.parts.push(PartRun {
                uid: part.uid.clone(),
                reads,
                before: part.clone(),
                records,
                ..PartRun::default()
            });
        }
        let mapped = self.outcomes(Kernel::Map, &tasks, run, &|k, o| {
            if self.mode == Mode::Build {
                ahead::go(self.s, self.i, self.wanted, &table.parts[k], o);
            }
        })?;
        if let Some(into) = &ports.into {
            self.born_into(into, table, tables, &mapped, run)?;
            return match self.step.entry.card.has(Kernel::Gather) {
                true => self.gather(table, mapped, run),
                false => Ok(()),
            };
        }
        let mut next = Vec::with_capacity(table.parts.len());
        for (k, (mut part, outcome)) in std::mem::take(&mut table.parts).into_iter().zip(&mapped).enumerate() {
            self.settle(&mut part, outcome.as_ref().map(|o| &*o.1), &mut run.parts[k])?;
            run.parts[k].outcomes.extend(outcome.clone().map(|(key, o)| (Kernel::Map, key, o)));
            let child = self.child(&part, outcome.as_ref().map(|o| &*o.1))?;
            next.push(part);
            next.extend(child);
        }
        table.parts = next;
        if self.step.entry.card.has(Kernel::Gather) {
            self.gather(table, mapped, run)?;
        }
        Ok(())
    }

    /// A kernel of Sample grain may leave a sample as it is. What it does not read, the engine could only make null there.
    fn check_grain(&self, table: &Table) -> Result<(), Fault> {
        let ports = &self.step.plan.ports;
        if self.step.entry.card.grain != Grain::Sample || ports.into.is_some() {
            return Ok(());
        }
        let over = ports.writes.iter().find(|w| table.types.contains_key(&w.0) && !ports.reads.contains(&w.0));
        over.map_or(Ok(()), |(name, _)| {
            let step = &self.step.name;
            Err(Fault::Bug(format!("{step}: writes `{name}` sample by sample over a column that it does not read")))
        })
    }

    fn born_into(
        &self,
        into: &str,
        from: &Table,
        tables: &mut Tables,
        mapped: &[Given],
        run: &mut StepRun,
    ) -> Result<(), Fault> {
        if from.parts.iter().any(|p| p.origin.as_ref().is_some_and(|o| o.same_table)) {
            // their order of rows would be that of partitions
            return Err(Fault::Bug(format!(
                "{}: bears rows of rows that were born in their own table",
                self.step.name
            )));
        }
        let target = tables.entry(into.to_string()).or_default();
        target.types.insert("id".into(), DataType::Utf8);
        self.declare(target);
        for (k, (parent, outcome)) in from.parts.iter().zip(mapped.iter().cloned()).enumerate() {
            let uid = format!("{}:{k}", self.step.name);
            let origin = |outcome: &Given, parents| Origin {
                step: self.i,
                table: self.step.plan.ports.table.clone(),
                uid: parent.uid.clone(),
                parents,
                first: 0,
                same_table: false,
                alive: outcome.as_ref().and_then(|o| o.1.born.as_ref()).map_or(0, |b| b.rows),
            };
            let Some((key, outcome)) = outcome else {
                target.parts.push(Partition { origin: Some(origin(&None, None)), ..Partition::unknown(uid) });
                continue;
            };
            if let Some(born) = &outcome.born {
                let living = self.living_at_birth(parent, born)?;
                let origin =
                    Origin { alive: living.count(), ..origin(&Some((key, outcome.clone())), Some(born.parents)) };
                let part = Partition {
                    uid,
                    rows: Some(born.rows),
                    columns: born.columns.iter().map(|(n, d)| (n.clone(), Some(*d))).collect(),
                    living: Some(living),
                    origin: Some(origin),
                    group: None,
                    near: 0,
                };
                match self.s.sample {
                    Some((table, bound)) if table == into => {
                        target.parts.push(self.sampled(part, born.parents, bound, &mut run.parts[k])?);
                    }
                    _ => target.parts.extend(anew::cut_anew(self.s, self.step, &target.types, part)?),
                }
            }
            if self.step.plan.scan.as_ref().is_some_and(|source| source.cut.counted_by_reader()) {
                let born = outcome.born.as_ref().map_or(0, |b| u64::from(b.rows));
                run.parts[k].records = Some(born + u64::from(outcome.counts.drops));
            }
            run.parts[k].outcomes.push((Kernel::Map, key, outcome));
        }
        Ok(())
    }

    /// Only the rows whose ids hash below the bound: a partition of its own, so that all that follows is quick.
    fn sampled(&self, part: Partition, parents: Digest, bound: u64, run: &mut PartRun) -> Result<Partition, Fault> {
        let Some(Some(ids)) = part.columns.get("id") else { return Ok(part) };
        let ids = self.s.array(*ids)?;
        let keep = |id: &Option<&str>| crate::digest::cut_hash(id.unwrap_or_default().as_bytes()) <= bound;
        let (kept, left): (Vec<_>, Vec<_>) =
            table::texts(ids.as_ref()).iter().enumerate().map(|(r, id)| (r as u32, keep(id))).partition(|r| r.1);
        run.dead.extend(left.into_iter().map(|(row, _)| (row, Bin::Sampled)));
        let rows: Vec<u32> = kept.into_iter().map(|r| r.0).collect();
        let mut columns = BTreeMap::new();
        for (name, digest) in part.columns {
            let Some(digest) = digest else { continue };
            let ty = self.s.array(digest)?.data_type().clone();
            let take =
                Take { ty, sources: [digest].into(), rows: TakeRows::Held(rows.iter().map(|r| (0, *r)).collect()) };
            let own = self.s.keep_column(&self.s.take(&take)?);
            self.s.know(own, || Producer::Take(Arc::new(take)));
            columns.insert(name, Some(own));
        }
        let all = parents_of(&self.s.bytes(parents)?);
        let of: Vec<(u32, u32)> = rows.iter().filter_map(|r| all.get(*r as usize).copied()).collect();
        let parents = self.s.put(&parents_bytes(&of), self.step.raw)?;
        let n = rows.len() as u32;
        let origin = part.origin.map(|o| Origin { parents: Some(parents), alive: n, ..o });
        Ok(Partition { rows: Some(n), columns, living: Some(Living::All(n)), origin, ..part })
    }

    /// The digest of a column of the parents, taken for each row born. It is remembered, so that a build that has nothing
    /// to do takes nothing.
    fn of_parents(&self, name: &str, column: Digest, born: &BornRows) -> Result<Digest, Fault> {
        let key = recipe::key("take born 1", [column, born.parents]);
        if let Some(known) = self.s.known::<Digest>(key) {
            self.s.know(known, || Producer::Born(column, born.parents));
            return Ok(known);
        }
        let own = self.s.keep_column(&self.s.take_born(column, born.parents)?);
        self.s.know(own, || Producer::Born(column, born.parents));
        self.s.remember(key, &own, self.step.apart.contains(name) || self.step.tells_raw());
        Ok(own)
    }

    /// Which rows live when they are born: those of living parents.
    fn living_at_birth(&self, parent: &Partition, born: &BornRows) -> Result<Living, Fault> {
        let Some(living @ Living::Some(_)) = &parent.living else { return Ok(Living::All(born.rows)) };
        let parents = parents_of(&self.s.bytes(born.parents)?);
        let dead = parents.iter().zip(0u32..).filter(|(p, _)| !living.is(p.0)).map(|(_, row)| row);
        Ok(Living::All(born.rows).without(dead))
    }

    /// Rows born in the same table: a partition of their own behind the parent's, with the parent's other columns.
    fn child(&self, parent: &Partition, outcome: Option<&Outcome>) -> Result<Option<Partition>, Fault> {
        let uid = format!("{}+{}", parent.uid, self.step.name);
        let Some(outcome) = outcome else {
            // whether rows are born is not known yet
            return Ok(self.step.plan.ports.bears.then(|| Partition::unknown(uid)));
        };
        let Some(born) = &outcome.born else { return Ok(None) };
        let living = self.living_at_birth(parent, born)?;
        let mut columns: BTreeMap<String, Option<Digest>> =
            born.columns.iter().map(|(n, d)| (n.clone(), Some(*d))).collect();
        for (name, digest) in &parent.columns {
            if columns.contains_key(name) {
                continue;
            }
            let Some(digest) = digest else {
                columns.insert(name.clone(), None);
                continue;
            };
            let own = self.of_parents(name, *digest, born)?;
            columns.insert(name.clone(), Some(own));
        }
        let table = self.step.plan.ports.table.clone();
        let alive = living.count();
        let (of, parents) = (parent.uid.clone(), Some(born.parents));
        let origin = Some(Origin { step: self.i, table, uid: of, parents, first: 0, same_table: true, alive });
        let (living, group) = (Some(living), parent.group.clone());
        Ok(Some(Partition { uid, rows: Some(born.rows), columns, living, origin, group, near: parent.near }))
    }

    /// Merges what the maps said of all partitions, and lets the decisions take effect. Rows that this step bore were not
    /// mapped by it, so they say nothing here.
    fn gather(&self, table: &mut Table, mapped: Vec<Given>, run: &mut StepRun) -> Result<(), Fault> {
        let own: BTreeSet<&str> = run.parts.iter().map(|p| p.uid.as_str()).collect();
        let mut inputs = Vec::new();
        let mine: Vec<usize> = (0..table.parts.len()).filter(|k| own.contains(table.parts[*k].uid.as_str())).collect();
        for (k, outcome) in mine.iter().zip(&mapped) {
            let summary = outcome.as_ref().and_then(|o| o.1.summary);
            inputs.push(summary.zip(table.parts[*k].living.clone()));
        }
        let decided = match inputs.into_iter().collect::<Option<Vec<_>>>() {
            Some(inputs) => self.decide(table, &mine, inputs, run)?,
            None => {
                run.may = true;
                None
            }
        };
        let Some((key, decided)) = decided else {
            let applies = self.step.entry.card.has(Kernel::Apply);
            for k in mine.into_iter().filter(|_| applies) {
                self.settle(&mut table.parts[k], None, &mut PartRun::default())?;
            }
            return Ok(());
        };
        run.facts.extend(decided.facts.clone());
        self.apply(table, &mine, &decided, run)?;
        run.decided = Some((key, decided));
        Ok(())
    }

    fn decide(
        &self,
        table: &Table,
        of: &[usize],
        inputs: Vec<(Digest, Living)>,
        run: &mut StepRun,
    ) -> Result<Option<(Digest, Decided)>, Fault> {
        let mut digests: Vec<Digest> = inputs.iter().flat_map(|(d, l)| [*d, l.digest()]).collect();
        let (Some(born), Some(facts)) = (order::inputs(table), self.facts.clone()) else {
            run.may = true;
            return Ok(None);
        };
        let ordered = (!born.is_empty()).then(|| table.clone());
        digests.extend(born);
        digests.extend(facts.iter().map(digest_of_fact));
        let key = recipe::key(&recipe::head(self.step, Kernel::Gather), digests);
        let task = Arc::new(GatherTask { step: self.i, inputs, of: of.to_vec(), table: ordered, facts });
        let decided = match self.s.known::<Decided>(key) {
            Some(d) => d,
            None => {
                run.runs += 1;
                if self.mode != Mode::Build {
                    return Ok(None);
                }
                let d = self.s.execute_gather(&task)?;
                self.s.remember(key, &d, self.step.raw);
                d
            }
        };
        for digest in decided.slices.values().chain(&decided.all).chain(&decided.none) {
            self.s.know(*digest, || Producer::Gather(task.clone()));
        }
        Ok(Some((key, decided)))
    }

    fn apply(&self, table: &mut Table, mine: &[usize], decided: &Decided, run: &mut StepRun) -> Result<(), Fault> {
        let mut tasks = Vec::new();
        let mut targets = Vec::new();
        for (n, k) in mine.iter().enumerate() {
            let Some(slice) = decided.slices.get(&(n as u32)).or(decided.none.as_ref()) else { continue };
            let part = &table.parts[*k];
            let reads = self.reads(table, part, &self.step.plan.ports.apply_reads);
            tasks.push(self.task(part, Kernel::Apply, &reads).map(|t| Task {
                slice: Some(*slice),
                all: decided.all,
                ..t
            }));
            targets.push((n, *k));
        }
        let applied = self.outcomes(Kernel::Apply, &tasks, run, &|_, _| ())?;
        for ((n, k), outcome) in targets.into_iter().zip(applied) {
            self.settle(&mut table.parts[k], outcome.as_ref().map(|o| &*o.1), &mut run.parts[n])?;
            run.parts[n].outcomes.extend(outcome.map(|(key, o)| (Kernel::Apply, key, o)));
        }
        Ok(())
    }
}

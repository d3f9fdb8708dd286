//! The walk over the steps, in registry order. A plan and a build are the same walk: a plan looks every key up and
//! leaves unknown what a kernel would have to say; a build runs exactly what the look-up did not find.
use super::ahead;
use super::event::{Answer, Event, Sink};
use super::exchange::{self, digest_of};
use super::recipe;
use super::scan::{self, Scanned};
use super::session::{GatherTask, GivenRows, Producer, RunTask, Session, TakeRows, Task, Whole, parents_of};
use super::state::{Bin, Counts, Origin, Outcome, Part, Table};
use super::{Step, gate, gather::Decided, order};
use crate::digest::Digest;
use crate::stage::{Chunk, Content, Fact, Fault, Grain, Kernel, Kernels, OutFile, Output};
use crate::table::{self, DataType, Living};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

pub type Tables = BTreeMap<String, Table>;

/// What a task gave and under which key; `None` is unknown.
type Given = Option<(Digest, Arc<Outcome>)>;

/// How a step went on one partition.
#[derive(Clone, Debug, Default)]
pub struct PartRun {
    pub uid: String,
    /// The columns that the step was given, as they were; `None` is unknown.
    pub reads: Vec<(String, Option<Digest>)>,
    pub before: Part,
    /// What each of its kernels gave.
    pub outcomes: Vec<(Kernel, Digest, Arc<Outcome>)>,
    pub dead: Vec<(u32, Bin)>,
    /// Records that a reader was given.
    pub records: Option<u64>,
}

impl PartRun {
    pub fn counts(&self) -> Counts {
        super::session::total(self.outcomes.iter().map(|o| o.2.as_ref()))
    }
}

/// How a step went.
#[derive(Default)]
pub struct StepRun {
    pub skipped: bool,
    pub parts: Vec<PartRun>,
    /// Tasks that were not known.
    pub runs: usize,
    /// Something that it reads is unknown.
    pub may: bool,
    pub facts: BTreeMap<String, Fact>,
    pub decided: Option<(Digest, Decided)>,
    pub files: Vec<OutFile>,
    pub roots: Option<(Digest, Digest)>,
    pub scanned: Option<Arc<Scanned>>,
    /// Right rows that matched nothing: (partition's name, row).
    pub unmatched: Vec<(String, u32)>,
    pub fault: Option<Fault>,
    /// Its tasks have run, so that its facts are known.
    pub settled: bool,
}

impl StepRun {
    pub fn answer(&self) -> Answer {
        match (self.runs, self.may) {
            (0, false) => Answer::Fresh,
            (0, true) => Answer::May,
            _ => Answer::Runs,
        }
    }

    /// Columns as they were for a partition, by name.
    pub fn part(&self, uid: &str) -> Option<&PartRun> {
        self.parts.iter().find(|p| p.uid == uid)
    }
}

/// What a walk came to.
#[derive(Default)]
pub struct Built {
    pub tables: Tables,
    pub runs: Vec<StepRun>,
}

impl Built {
    pub fn fresh(&self) -> bool {
        self.runs.iter().all(|r| r.answer() == Answer::Fresh && r.fault.is_none())
    }
}

/// Whether kernels may run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// None.
    Plan,
    /// Those that read files, so that a person can be told which records changed; in memory alone.
    Look,
    /// All.
    Build,
}

/// Walks the steps. After each, `judge` may stop the walk (a gate failed, a world failed); the rest is skipped.
pub fn walk(
    s: &Session,
    mode: Mode,
    wanted: &BTreeSet<usize>,
    sink: Sink,
    judge: &mut dyn FnMut(usize, &Built) -> bool,
) -> Built {
    let mut built = Built::default();
    let mut stopped = false;
    for (i, step) in s.steps.iter().enumerate() {
        let mut run = StepRun { skipped: stopped || !wanted.contains(&i), ..StepRun::default() };
        if !run.skipped {
            let facts = facts(s, step, &built);
            let done = Walk { s, mode, wanted, i, step, sink, facts }.step(&mut built.tables, &mut run);
            run.fault = done.err();
            run.settled = mode == Mode::Build;
            if run.fault.is_some() {
                unknown_from(step, &mut built.tables);
                run.may = true;
            }
        }
        let skipped = run.skipped;
        built.runs.push(run);
        stopped = stopped || (!skipped && !judge(i, &built));
    }
    built
}

/// The facts that a step reads; `None` if one is not known before another step has run.
fn facts(s: &Session, step: &Step, built: &Built) -> Option<BTreeMap<String, Fact>> {
    let of = |name: &String| {
        let giver = gate::giver(s, name).and_then(|i| built.runs.get(i));
        let known = giver.is_none_or(|run| run.answer() == Answer::Fresh || run.settled);
        known.then(|| (name.clone(), gate::fact_or_none(s, built, name)))
    };
    step.plan.ports.facts.iter().map(of).collect()
}

/// What a step that failed would have written is unknown.
fn unknown_from(step: &Step, tables: &mut Tables) {
    let ports = &step.plan.ports;
    if let Some(into) = &ports.into {
        tables.entry(into.clone()).or_default().parts.push(Part::unknown(step.name.clone()));
    }
    for part in tables.get_mut(&ports.table).map(|t| t.parts.iter_mut()).into_iter().flatten() {
        if ports.into.is_none() {
            part.columns.extend(ports.writes.iter().map(|w| (w.0.clone(), None)));
            part.living = part.living.take().filter(|_| !ports.drops);
        }
    }
}

/// One step of the walk.
struct Walk<'w, 'a> {
    s: &'w Session<'a>,
    mode: Mode,
    wanted: &'w BTreeSet<usize>,
    i: usize,
    step: &'w Step,
    sink: Sink<'w>,
    /// The facts that it reads, if all of them are known.
    facts: Option<BTreeMap<String, Fact>>,
}

impl Walk<'_, '_> {
    fn step(&self, tables: &mut Tables, run: &mut StepRun) -> Result<(), Fault> {
        for (path, digest, len) in &self.step.plan.files {
            self.s.know_file(&scan::Unit::whole(path, *digest, *len));
        }
        if let Some(literal) = &self.step.plan.literal {
            self.literal(literal, tables);
        }
        if let Some(source) = &self.step.plan.scan {
            let scanned = self.s.scan(self.i, source)?;
            self.s.go_on()?;
            self.units(&scanned, &source.table, tables);
            run.scanned = Some(scanned);
        }
        match self.step.entry.kernels {
            Kernels::Row { .. } => self.row(tables, run),
            Kernels::Join { .. } => self.join(tables, run),
            Kernels::Whole { .. } => self.whole(tables, run),
            Kernels::Regroup => self.regroup(tables, run),
        }
    }

    fn literal(&self, literal: &crate::stage::Literal, tables: &mut Tables) {
        let rows = literal.columns.values().next().map_or(0, |c| c.len()) as u32;
        let mut part =
            Part { uid: literal.table.clone(), rows: Some(rows), living: Some(Living::All(rows)), ..Part::default() };
        let mut types = BTreeMap::new();
        for (name, array) in &literal.columns {
            let digest = table::column_digest(array.as_ref());
            self.s.know(digest, || Producer::Literal(array.clone()));
            types.insert(name.clone(), array.data_type().clone());
            part.columns.insert(name.clone(), Some(digest));
        }
        tables.insert(literal.table.clone(), Table { types, parts: vec![part] });
    }

    fn units(&self, scanned: &Arc<Scanned>, name: &str, tables: &mut Tables) {
        let mut table = Table { types: crate::stage::unit_types().into_iter().collect(), parts: Vec::new() };
        for (k, head) in scanned.parts.iter().enumerate() {
            let n = head.units;
            let mut part =
                Part { uid: format!("{name}:{k}"), rows: Some(n), living: Some(Living::All(n)), ..Part::default() };
            for (name, digest) in head.columns() {
                self.s.know(digest, || Producer::Units(scanned.clone(), k));
                part.columns.insert(name.to_string(), Some(digest));
            }
            table.parts.push(part);
        }
        tables.insert(name.to_string(), table);
    }

    // ---- tasks ---------------------------------------------------------------------------------------------------

    /// What a step is given of a partition.
    fn reads(&self, table: &Table, part: &Part, names: &[String]) -> Vec<(String, Option<Digest>)> {
        names.iter().map(|n| (n.clone(), digest_of(self.s, table, part, n))).collect()
    }

    /// A task if all of its inputs are known.
    fn task(&self, part: &Part, kernel: Kernel, reads: &[(String, Option<Digest>)]) -> Option<Task> {
        let reads: Option<Vec<(String, Digest)>> = reads.iter().map(|(n, d)| Some((n.clone(), (*d)?))).collect();
        let card = &self.step.entry.card;
        let living = match kernel == Kernel::Map && card.grain == Grain::Sample {
            true => Some(part.living.clone()?),
            false => None,
        };
        let (rows, near) = (part.rows?, part.near);
        Some(Task { step: self.i, part: Some(kernel), rows, reads: reads?, living, near, ..Task::default() })
    }

    /// Looks the tasks up and, in a build, runs those that are not known; `then` is told of each that ran.
    fn outcomes(
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
        s.exec.each(work.len(), &|w| {
            let (key, k) = work[w];
            let Some(task) = &tasks[k] else { return };
            let done = s.go_on().and_then(|()| s.execute(task));
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

    fn look_up(&self, key: Digest, task: &Task) -> Result<Option<Outcome>, Fault> {
        if let Some(o) = self.s.known(key) {
            return Ok(Some(o));
        }
        if self.step.entry.card.grain == Grain::Sample && task.living.is_some() {
            // every row may be known although the partition is not: then no kernel runs
            let found = exchange::by_sample(self.s, task, false)?;
            if let Some(o) = &found {
                self.s.remember(key, o, self.step.tells_raw());
            }
            return Ok(found);
        }
        Ok(None)
    }

    fn adopt(&self, task: &Task, outcome: Outcome) -> Arc<Outcome> {
        self.s.adopt(&Arc::new(task.clone()), &outcome);
        Arc::new(outcome)
    }

    // ---- kinds of step -------------------------------------------------------------------------------------------

    fn row(&self, tables: &mut Tables, run: &mut StepRun) -> Result<(), Fault> {
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
            return self.born_into(into, table, tables, mapped, run);
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

    /// Columns that a step writes are known by type from here on.
    fn declare(&self, table: &mut Table) {
        for (name, ty) in &self.step.plan.ports.writes {
            table.types.insert(name.clone(), ty.ty.clone());
        }
    }

    fn born_into(
        &self,
        into: &str,
        from: &Table,
        tables: &mut Tables,
        mapped: Vec<Given>,
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
        for (k, (parent, outcome)) in from.parts.iter().zip(mapped).enumerate() {
            let uid = format!("{}:{k}", self.step.name);
            let origin = |outcome: &Given, parents| Origin {
                step: self.i,
                table: self.step.plan.ports.table.clone(),
                uid: parent.uid.clone(),
                parents,
                same_table: false,
                alive: outcome.as_ref().and_then(|o| o.1.born.as_ref()).map_or(0, |b| b.rows),
            };
            let Some((key, outcome)) = outcome else {
                target.parts.push(Part { origin: Some(origin(&None, None)), ..Part::unknown(uid) });
                continue;
            };
            if let Some(born) = &outcome.born {
                let part = Part {
                    uid,
                    rows: Some(born.rows),
                    columns: born.columns.iter().map(|(n, d)| (n.clone(), Some(*d))).collect(),
                    living: Some(Living::All(born.rows)),
                    origin: Some(origin(&Some((key, outcome.clone())), Some(born.parents))),
                    group: None,
                    near: 0,
                };
                target.parts.push(match self.s.sample {
                    Some((table, bound)) if table == into => {
                        self.sampled(part, born.parents, bound, &mut run.parts[k])?
                    }
                    _ => part,
                });
            }
            run.parts[k].outcomes.push((Kernel::Map, key, outcome));
        }
        Ok(())
    }

    /// Only the rows whose ids hash below the bound: a partition of its own, so that all that follows is quick.
    fn sampled(&self, part: Part, parents: Digest, bound: u64, run: &mut PartRun) -> Result<Part, Fault> {
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
            let take = super::session::Take {
                ty,
                sources: [digest].into(),
                rows: TakeRows::Held(rows.iter().map(|r| (0, *r)).collect()),
            };
            let own = self.s.keep_column(&self.s.take(&take)?);
            self.s.know(own, || Producer::Take(Arc::new(take)));
            columns.insert(name, Some(own));
        }
        let all = parents_of(&self.s.bytes(parents)?);
        let of: Vec<(u32, u32)> = rows.iter().filter_map(|r| all.get(*r as usize).copied()).collect();
        let parents = self.s.put(&super::session::parents_bytes(&of), self.step.raw)?;
        let n = rows.len() as u32;
        let origin = part.origin.map(|o| Origin { parents: Some(parents), alive: n, ..o });
        Ok(Part { rows: Some(n), columns, living: Some(Living::All(n)), origin, ..part })
    }

    /// Rows born in the same table: a partition of their own behind the parent's, with the parent's other columns.
    fn child(&self, parent: &Part, outcome: Option<&Outcome>) -> Result<Option<Part>, Fault> {
        let Some(born) = outcome.and_then(|o| o.born.as_ref()) else { return Ok(None) };
        let parents = parents_of(&self.s.bytes(born.parents)?);
        let alive: Vec<bool> = parents.iter().map(|p| parent.living.as_ref().is_none_or(|l| l.is(p.0))).collect();
        let dead = (0..born.rows).filter(|r| !alive.get(*r as usize).copied().unwrap_or(true));
        let mut columns: BTreeMap<String, Option<Digest>> =
            born.columns.iter().map(|(n, d)| (n.clone(), Some(*d))).collect();
        let rows: Arc<[(u32, u32)]> = parents.iter().map(|p| (0, p.0)).collect();
        for (name, digest) in &parent.columns {
            if columns.contains_key(name) {
                continue;
            }
            let Some(digest) = digest else {
                columns.insert(name.clone(), None);
                continue;
            };
            let ty = self.s.array(*digest)?.data_type().clone();
            let take = super::session::Take { ty, sources: [*digest].into(), rows: TakeRows::Held(rows.clone()) };
            let own = self.s.keep_column(&self.s.take(&take)?);
            self.s.know(own, || Producer::Take(Arc::new(take)));
            columns.insert(name.clone(), Some(own));
        }
        let living = Living::All(born.rows).without(dead);
        let (uid, table) = (format!("{}+{}", parent.uid, self.step.name), self.step.plan.ports.table.clone());
        let alive = living.count();
        let (of, parents) = (parent.uid.clone(), Some(born.parents));
        let origin = Some(Origin { step: self.i, table, uid: of, parents, same_table: true, alive });
        let (living, group) = (Some(living), parent.group.clone());
        Ok(Some(Part { uid, rows: Some(born.rows), columns, living, origin, group, near: parent.near }))
    }

    /// Lets an outcome take effect on a partition; what it says of dead rows is forgotten.
    fn settle(&self, part: &mut Part, outcome: Option<&Outcome>, run: &mut PartRun) -> Result<(), Fault> {
        let ports = &self.step.plan.ports;
        let Some(outcome) = outcome else {
            part.columns.extend(ports.writes.iter().map(|w| (w.0.clone(), None)));
            part.living = part.living.take().filter(|_| !ports.drops);
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
                    None => self.s.review.hold.then_some(Bin::Held),
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
    fn decisions(&self, part: &Part, outcome: &Outcome) -> Result<BTreeMap<u32, bool>, Fault> {
        let mut out = BTreeMap::new();
        let waits: Vec<u32> = outcome.acts.iter().filter(|a| a.1 == 'r').map(|a| a.0).collect();
        if waits.is_empty() || self.s.review.decisions.is_empty() {
            return Ok(out);
        }
        let Some(Some(ids)) = part.columns.get("id") else { return Ok(out) };
        let ids = self.s.array(*ids)?;
        let ids = table::texts(ids.as_ref());
        for row in waits {
            let id = ids.get(row as usize).copied().flatten().unwrap_or_default().to_string();
            if let Some(keep) = self.s.review.decisions.get(&(self.step.path.clone(), id)) {
                out.insert(row, *keep);
            }
        }
        Ok(out)
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

    fn join(&self, tables: &mut Tables, run: &mut StepRun) -> Result<(), Fault> {
        let ports = &self.step.plan.ports;
        let Some(right) = &ports.right else { return Err(Fault::Bug("joins nothing".into())) };
        let mut table = tables.remove(&ports.table).unwrap_or_default();
        let other = tables.get(&right.table).cloned().unwrap_or_default();
        self.declare(&mut table);
        let mut names = ports.reads.clone();
        names.extend((!names.contains(&right.on)).then(|| right.on.clone()));
        let met = exchange::exchange(self.s, self.step, &table, &other);
        let done = met.and_then(|met| self.join_over(&mut table, &other, &names, met, run));
        tables.insert(ports.table.clone(), table);
        done
    }

    fn join_over(
        &self,
        table: &mut Table,
        right: &Table,
        names: &[String],
        met: Option<exchange::Exchange>,
        run: &mut StepRun,
    ) -> Result<(), Fault> {
        let Some(r) = &self.step.plan.ports.right else { return Err(Fault::Bug("joins nothing".into())) };
        let columns = exchange::right_columns(r);
        let mut tasks = Vec::new();
        for (k, part) in table.parts.iter().enumerate() {
            let reads = self.reads(table, part, names);
            let bucket = met.as_ref().and_then(|m| m.buckets.get(k));
            let bucket =
                bucket.map(|(n, digests)| (*n, columns.iter().cloned().zip(digests.iter().copied()).collect()));
            let task = self.task(part, Kernel::Join, &reads).filter(|_| bucket.is_some());
            tasks.push(task.map(|t| Task { bucket, ..t }));
            run.parts.push(PartRun { uid: part.uid.clone(), reads, before: part.clone(), ..PartRun::default() });
        }
        if let (Some(met), true) = (&met, r.unmatched.is_some() && self.s.sample.is_none()) {
            let name = |p: u32| right.parts.get(p as usize).map_or(String::new(), |p| p.uid.clone());
            run.unmatched = met.unmatched.iter().map(|(p, row)| (name(*p), *row)).collect();
        }
        let joined = self.outcomes(Kernel::Join, &tasks, run, &|_, _| ())?;
        for (k, outcome) in joined.into_iter().enumerate() {
            self.settle(&mut table.parts[k], outcome.as_ref().map(|o| &*o.1), &mut run.parts[k])?;
            run.parts[k].outcomes.extend(outcome.map(|(key, o)| (Kernel::Join, key, o)));
        }
        Ok(())
    }

    fn regroup(&self, tables: &mut Tables, run: &mut StepRun) -> Result<(), Fault> {
        let ports = &self.step.plan.ports;
        let Some(by) = &self.step.plan.regroup else { return Err(Fault::Bug("regroups nothing".into())) };
        let from = tables.get(&by.table).cloned().unwrap_or_default();
        let then = |part: &Part| {
            if self.mode == Mode::Build {
                ahead::go(self.s, self.i, self.wanted, part, &Outcome::default());
            }
        };
        let table = match exchange::regroup(self.s, self.step, by, &from, &then)? {
            Some(table) => table,
            None => {
                run.may = true;
                let types = ports.reads.iter().filter_map(|c| Some((c.clone(), from.types.get(c)?.clone()))).collect();
                Table { types, parts: vec![Part::unknown(self.step.name.clone())] }
            }
        };
        tables.insert(ports.table.clone(), table);
        Ok(())
    }

    fn whole(&self, tables: &mut Tables, run: &mut StepRun) -> Result<(), Fault> {
        let ports = &self.step.plan.ports;
        if let Some(into) = ports.into.as_ref().filter(|into| tables.contains_key(*into)) {
            return Err(Fault::Bug(format!("{}: gives rows of `{into}`, which is there already", self.step.name)));
        }
        let done = self.whole_over(tables, run)?;
        if let Some(into) = &ports.into {
            let mut table = Table::default();
            table.types.insert("id".into(), DataType::Utf8);
            self.declare(&mut table);
            table.parts = match done {
                Some(rows) => rows.iter().enumerate().map(|(k, rows)| given(into, k, rows)).collect(),
                None => vec![Part::unknown(self.step.name.clone())],
            };
            tables.insert(into.clone(), table);
        }
        Ok(())
    }

    /// The partitions of the table that the stage gave; `None` if they are not known.
    fn whole_over(&self, tables: &Tables, run: &mut StepRun) -> Result<Option<Vec<GivenRows>>, Fault> {
        let ports = &self.step.plan.ports;
        let empty = Table::default();
        let table = tables.get(&ports.table).unwrap_or(&empty);
        let mut pieces = Vec::new();
        for part in &table.parts {
            let reads: Option<Vec<(String, Digest)>> =
                self.reads(table, part, &ports.reads).into_iter().map(|(n, d)| Some((n, d?))).collect();
            let (Some(reads), Some(rows)) = (reads, part.rows) else {
                run.may = true;
                return Ok(None);
            };
            pieces.push((part.group.clone().unwrap_or_default(), rows, reads));
        }
        let Some(facts) = self.facts.clone() else {
            run.may = true;
            return Ok(None);
        };
        let task = Arc::new(RunTask { step: self.i, pieces, facts });
        let names = task.pieces.iter().flat_map(|p| {
            [Digest::of(format!("{} {}", p.0, p.1).as_bytes())].into_iter().chain(p.2.iter().map(|r| r.1))
        });
        let names = names.chain(task.facts.iter().map(digest_of_fact));
        let key = recipe::key(&recipe::head(self.step, Kernel::Run), names);
        let kept = match self.s.known::<Kept>(key) {
            Some(kept) => kept,
            None => {
                run.runs += 1;
                if self.mode != Mode::Build {
                    return Ok(None);
                }
                (self.sink)(Event::Running { step: self.step.name.clone(), tasks: 1 });
                let kept = Kept::of(self.s.execute_run(&task)?);
                self.s.remember(key, &kept, self.step.tells_raw());
                kept
            }
        };
        let files = kept.files.iter().flat_map(|f| stored(&f.content));
        for digest in files.chain(kept.table.iter().flat_map(|rows| rows.columns.iter().map(|c| c.1))) {
            self.s.know(digest, || Producer::Run(task.clone()));
        }
        run.roots = kept.content_root.zip(kept.files_root);
        run.files = kept.files;
        run.facts.extend(kept.facts);
        Ok(Some(kept.table))
    }
}

/// A partition of rows that a whole stage gave.
fn given(into: &str, k: usize, rows: &GivenRows) -> Part {
    Part {
        uid: format!("{into}:{k}"),
        rows: Some(rows.rows),
        columns: rows.columns.iter().map(|(name, digest)| (name.clone(), Some(*digest))).collect(),
        living: Some(Living::All(rows.rows)),
        ..Part::default()
    }
}

fn digest_of_fact((name, fact): (&String, &Fact)) -> Digest {
    Digest::of(format!("{name} {}", serde_json::to_string(fact).unwrap_or_default()).as_bytes())
}

/// The objects that a whole stage's file is made of, and that it alone makes.
fn stored(content: &Content) -> Vec<Digest> {
    match content {
        Content::Stored(d, _) => vec![*d],
        Content::Joined(chunks) => {
            chunks.iter().filter_map(|c| if let Chunk::Stored(d, _) = c { Some(*d) } else { None }).collect()
        }
        Content::Bytes(_) | Content::Blob(..) => Vec::new(),
    }
}

/// A whole stage's output in the index.
#[derive(serde::Serialize, serde::Deserialize)]
struct Kept {
    files: Vec<OutFile>,
    facts: BTreeMap<String, Fact>,
    content_root: Option<Digest>,
    files_root: Option<Digest>,
    /// The object with the keys of its files' sums, found as those of an outcome's samples are.
    #[serde(default, rename = "samples")]
    sums: Option<Digest>,
    /// Partitions of the table that it gave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    table: Vec<GivenRows>,
}

impl Kept {
    fn of(whole: Whole) -> Kept {
        let Output { files, facts, content_root, files_root, .. } = whole.output;
        Kept { files, facts, content_root, files_root, sums: Some(whole.sums), table: whole.table }
    }
}

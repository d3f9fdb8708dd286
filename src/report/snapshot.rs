//! The table of a step as the step left it: which columns there are, and its partitions.
use crate::engine::Step;
use crate::engine::gather::Decided;
use crate::engine::state::{Built, PartRun, Partition, StepRun, Table};
use crate::project::Project;
use crate::report::show::{self, Column, Snapshot};
use crate::stage::{Kernel, Kernels};
use crate::table::{DataType, Living, utf8};
use std::collections::BTreeMap;

pub fn snapshot(project: &Project, built: &Built, i: usize, raw: bool) -> Snapshot {
    let ports = &project.assembled.steps[i].plan.ports;
    let table = ports.into.as_ref().unwrap_or(&ports.table).clone();
    let columns = columns(project, built, i, &table, raw);
    Snapshot { columns, parts: parts(&project.assembled.steps[i], built, i), table }
}

/// The rows that a step is given, of which no column is named.
pub fn entered(steps: &[Step], built: &Built, i: usize) -> Snapshot {
    let table = steps.get(i).map_or(String::new(), |step| step.plan.ports.table.clone());
    let parts = built.runs.get(i).map(|run| run.parts.iter().map(|p| p.before.clone()).collect());
    Snapshot { columns: Vec::new(), parts: parts.unwrap_or_default(), table }
}

/// The columns with those hidden, too, that may hold personal data before one of the steps: what a step said of a row is told
/// with what the row held before it.
pub fn before(project: &Project, steps: &[usize], columns: &[Column], raw: bool) -> Vec<Column> {
    let table = |i: &usize| project.assembled.steps.get(*i).map(|step| step.plan.ports.table.clone());
    let unseen = |i: &usize| table(i).map(|table| show::raw_columns(project, &table, *i)).unwrap_or_default();
    let unseen: Vec<_> = steps.iter().map(unseen).collect();
    let column = |c: &Column| {
        let hidden = c.hidden || !raw && unseen.iter().any(|names| names.contains(&c.name));
        Column { name: c.name.clone(), ty: c.ty.clone(), writers: c.writers.clone(), hidden }
    };
    columns.iter().map(column).collect()
}

/// The columns that steps up to this one wrote; of a source's own step, those that it wrote itself.
fn columns(project: &Project, built: &Built, i: usize, table: &str, raw: bool) -> Vec<Column> {
    let steps = &project.assembled.steps;
    let source = steps[i].plan.ports.into.is_some();
    let mut known: BTreeMap<String, (DataType, Vec<String>)> = BTreeMap::new();
    for (_, step) in steps.iter().enumerate().take(i + 1).filter(|(k, _)| !source || *k == i) {
        let ports = &step.plan.ports;
        if ports.into.as_ref().unwrap_or(&ports.table) != table {
            continue;
        }
        for (name, ty) in written(step, built.tables.get(table)) {
            let entry = known.entry(name).or_insert((ty.clone(), Vec::new()));
            entry.0 = ty;
            if ports.into.is_none() {
                entry.1.clear();
            }
            entry.1.push(step.name.clone());
        }
    }
    let hidden = hidden(project, i, table);
    let column = |(name, (ty, writers)): (String, (DataType, Vec<String>))| {
        let hidden = !raw && hidden(&name);
        Column { name, ty, writers, hidden }
    };
    known.into_iter().map(column).collect()
}

/// The first step that wrote each column of a table. What left the table at an earlier step has no value there.
pub fn since(steps: &[Step], table: &str) -> BTreeMap<String, usize> {
    let mut out = BTreeMap::new();
    for (i, step) in steps.iter().enumerate() {
        let ports = &step.plan.ports;
        if ports.into.as_ref().unwrap_or(&ports.table) == table {
            written(step, None).into_iter().for_each(|(name, _)| _ = out.entry(name).or_insert(i));
        }
    }
    out
}

/// The columns that a step gives to its table.
fn written(step: &Step, table: Option<&Table>) -> Vec<(String, DataType)> {
    let ports = &step.plan.ports;
    let mut out: Vec<(String, DataType)> = ports.writes.iter().map(|w| (w.0.clone(), w.1.ty.clone())).collect();
    if ports.into.is_some() {
        out.push(("id".into(), utf8()));
    }
    if step.plan.regroup.is_some() {
        let ty = |name: &String| table.and_then(|t| t.types.get(name)).cloned();
        out.extend(ports.reads.iter().filter_map(|name| Some((name.clone(), ty(name)?))));
    }
    out
}

/// Whether a column of a table may hold personal data after a step. Other tables than the samples hold what was
/// collected.
fn hidden(project: &Project, i: usize, table: &str) -> impl Fn(&str) -> bool {
    let steps = &project.assembled.steps;
    let raw = show::raw_columns(project, table, i + 1);
    let of_samples =
        |s: &Step| s.plan.ports.table == table && s.plan.regroup.as_ref().is_some_and(|r| r.table == "samples");
    let samples = table == "samples" || steps.iter().any(of_samples);
    // units of files are what was collected, and ids beside those of samples are made of it
    let units = steps.iter().any(|s| s.plan.scan.as_ref().is_some_and(|source| source.table == table));
    let private = project.manifest.table(&["privacy"]).is_some();
    move |name: &str| raw.contains(name) || (private && (units || (name == "id" && !samples)))
}

fn parts(step: &Step, built: &Built, i: usize) -> Vec<Partition> {
    let run = &built.runs[i];
    let ports = &step.plan.ports;
    if let Some(into) = &ports.into {
        let Some(table) = built.tables.get(into) else { return Vec::new() };
        return run
            .parts
            .iter()
            .enumerate()
            .filter_map(|(k, p)| born(table, &format!("{}:{k}", step.name), p))
            .collect();
    }
    match step.entry.kernels {
        Kernels::Whole { .. } | Kernels::Regroup => {
            built.tables.get(&ports.table).map(|t| t.parts.clone()).unwrap_or_default()
        }
        _ => run.parts.iter().enumerate().map(|(n, p)| after(step, run, n, p)).collect(),
    }
}

/// A partition as it was born.
fn born(table: &Table, uid: &str, p: &PartRun) -> Option<Partition> {
    // the rows of a long file were cut anew: what was born is shown as it was before
    let own = |x: &&Partition| x.uid.strip_prefix(uid).is_some_and(|piece| piece.is_empty() || piece.starts_with('.'));
    let part = table.parts.iter().find(own)?;
    let born = || p.outcomes.iter().filter_map(|o| o.2.born.as_ref());
    let columns = born().flat_map(|b| &b.columns).map(|(name, digest)| (name.clone(), Some(*digest))).collect();
    let rows = if born().next().is_some() { Some(born().map(|b| b.rows).sum()) } else { part.rows };
    Some(Partition { columns, rows, living: rows.map(Living::All), ..part.clone() })
}

/// Whether a step told everything of its `n`-th partition.
pub fn complete(step: &Step, run: &StepRun, n: usize) -> bool {
    let outcomes = run.parts.get(n).map(|p| p.outcomes.as_slice()).unwrap_or_default();
    if !step.entry.card.has(Kernel::Gather) {
        return !outcomes.is_empty();
    }
    let applied = outcomes.iter().any(|o| o.0 == Kernel::Apply);
    let untouched = |d: &Decided| d.all.is_none() && !d.slices.contains_key(&(n as u32));
    run.decided.as_ref().is_some_and(|(_, d)| applied || untouched(d))
}

/// A partition behind a step; what the step did not tell yet is unknown.
fn after(step: &Step, run: &StepRun, n: usize, p: &PartRun) -> Partition {
    let mut part = p.before.clone();
    if !complete(step, run, n) {
        part.columns.extend(step.plan.ports.writes.iter().map(|w| (w.0.clone(), None)));
        part.living = part.living.filter(|_| !step.plan.ports.drops);
        return part;
    }
    for (_, _, outcome) in &p.outcomes {
        part.columns.extend(outcome.columns.iter().map(|(name, digest)| (name.clone(), Some(*digest))));
    }
    part.living = part.living.map(|l| l.without(p.dead.iter().map(|d| d.0)));
    part
}

//! What stands as far as a walk knows it: gathered for `tamis status` and for reports.
use super::freeze::freeze;
use super::status::{Measured, Raw, Release, Status};
use super::{review, terminal};
use crate::engine::gate;
use crate::engine::ledger::{self, Balance};
use crate::engine::lock::Lock;
use crate::engine::record::Record;
use crate::engine::session::Session;
use crate::engine::state::Built;
use crate::engine::told::Answer;
use crate::engine::{lost, out};
use crate::project::{Failure, Project};
use crate::stage::{Fact, Fault, Gate};
use std::collections::BTreeMap;

/// Gates, balance, findings and releases; nothing runs.
pub fn gather(project: &Project, lock: &Lock, s: &Session, built: &Built) -> Result<Status, Failure> {
    let dataset = terminal::dataset(project);
    let runs = s.steps.iter().zip(&built.runs);
    let waits = runs.clone().filter(|(_, r)| r.answer() != Answer::Fresh);
    let fresh = runs.clone().filter(|(_, r)| r.answer() == Answer::Fresh);
    let waiting = review::waiting(s, built)?;
    let record = Record::load(&project.world);
    let known = built.runs.iter().any(|r| r.parts.iter().any(|p| !p.outcomes.is_empty()));
    let mut status = Status {
        name: dataset.name.get().clone(),
        version: dataset.version.get().clone(),
        builds: record.as_ref().map_or(0, |r| r.number),
        // after an edit of the first step nothing of the last build may be of use, and yet it was built
        built: known || record.is_some() || s.store.results() > 0,
        fresh: built.fresh(),
        runs: waits.map(|(step, r)| (step.name.clone(), r.answer())).collect(),
        findings: fresh
            .map(|(step, r)| Ok((step.name.clone(), ledger::findings(s, step, r)?)))
            .collect::<Result<_, Fault>>()?,
        dropped: dropped_of(built, s)?,
        review: waiting.open,
        raw: raw(project, s, built)?,
        ..Status::default()
    };
    status.releases = releases(project, lock, s, built, &status.version);
    status.undeclared = out::undeclared(s.world, s.steps.iter().filter_map(|step| step.plan.folder.as_deref()));
    if status.fresh {
        status.balance = balances(s, built);
        status.unmet = waiting.unmet;
    }
    let gates = s.steps.iter().flat_map(|step| &step.plan.gates).chain(&project.assembled.goals);
    status.gates = gates.map(|g| measured(project, s, built, g)).collect::<Result<_, _>>()?;
    Ok(status)
}

/// What was dropped, by step and rule.
fn dropped_of(built: &Built, s: &Session) -> Result<BTreeMap<String, BTreeMap<String, u64>>, Fault> {
    let mut out = BTreeMap::new();
    for (step, run) in s.steps.iter().zip(&built.runs).filter(|(_, r)| r.answer() == Answer::Fresh) {
        let dropped = lost::dropped(s, run)?;
        if !dropped.is_empty() {
            out.insert(step.name.clone(), dropped);
        }
    }
    Ok(out)
}

fn balances(s: &Session, built: &Built) -> BTreeMap<String, Balance> {
    let mut out = BTreeMap::new();
    for (step, run) in s.steps.iter().zip(&built.runs) {
        if let (Some(name), Some(Fact::Int(n))) = (&step.plan.folder, run.facts.get("samples")) {
            let released = u64::try_from(*n).unwrap_or(0);
            out.insert(name.clone(), ledger::balance(s.steps, built, "samples", released));
        }
    }
    if out.is_empty() {
        out.insert("-".into(), ledger::balance(s.steps, built, "samples", 0));
    }
    out
}

/// Candidates, then what was frozen.
fn releases(project: &Project, lock: &Lock, s: &Session, built: &Built, version: &str) -> Vec<Release> {
    let there = |path: &str| s.world.is_file(&format!("{path}/release.json"));
    let mut out = Vec::new();
    for (step, run) in s.steps.iter().zip(&built.runs) {
        let Some(name) = &step.plan.folder else { continue };
        let path = format!("out/{name}");
        let state = run.roots.map(|roots| freeze(&project.manifest, lock, name, version, roots));
        out.push(Release {
            name: name.clone(),
            version: version.into(),
            there: there(&path),
            next: state.and_then(|state| state.next(name)),
            path,
            frozen: false,
            content_root: run.roots.map(|r| r.0.hex()),
            files_root: run.roots.map(|r| r.1.hex()),
        });
    }
    out.extend(lock.release.iter().map(|l| {
        let path = format!("releases/{}-{}", l.name, l.version);
        Release {
            name: l.name.clone(),
            version: l.version.clone(),
            there: there(&path),
            next: None,
            path,
            frozen: true,
            content_root: Some(l.content_root.clone()),
            files_root: Some(l.files_root.clone()),
        }
    }));
    out
}

/// A gate is measured only where the step that gives its fact is fresh.
fn measured(project: &Project, s: &Session, built: &Built, gate: &Gate) -> Result<Measured, Fault> {
    let judged = gate::judge(s, built, gate)?;
    let known =
        gate::giver(s.steps, &gate.fact).and_then(|i| built.runs.get(i)).is_none_or(|r| r.answer() == Answer::Fresh);
    Ok(Measured {
        key: gate.key.clone(),
        fact: gate.fact.clone(),
        want: judged.want(),
        got: known.then(|| judged.got.to_string()),
        pass: known.then_some(judged.pass),
        line: project.manifest.line(gate.span.start),
        look: gate.look.clone(),
    })
}

/// Where raw data lies, if the manifest speaks of privacy.
fn raw(project: &Project, s: &Session, built: &Built) -> Result<Option<Raw>, Failure> {
    if project.manifest.table(&["privacy"]).is_none() {
        return Ok(None);
    }
    let (stored_bytes, _) = s.store.size().map_err(|e| Failure::World(format!("the store: {e}")))?;
    let scanned = || built.runs.iter().filter_map(|r| r.scanned.as_ref());
    let files = scanned().map(|x| x.files).sum();
    Ok(Some(Raw { files, bytes: scanned().map(|x| x.bytes).sum(), stored_bytes }))
}

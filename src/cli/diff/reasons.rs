//! Why samples stand in one of two releases alone, where the other is what the project builds now: its ledger tells which
//! step and key took them out.
use super::folder::Folder;
use crate::cli::Context;
use crate::engine::ledger;
use crate::engine::session::Session;
use crate::engine::state::{Built, Partition};
use crate::project::{Failure, Options, Project};
use crate::report::difference::{Difference, Reason};
use crate::report::show::line_of;
use crate::stage::{Fault, Kernel};
use crate::stages::collect::consent::{CONSENT, withdrawn_id};
use crate::table::{self, Value, value_at};
use std::collections::{BTreeMap, BTreeSet};

/// Ids that only one side has, and what is said of them.
type Alone<'f> = (&'f Folder, BTreeSet<String>, &'static str);

/// Adds the reasons where the present build is one of the sides. Whatever hinders it is told as a note.
pub fn tell(c: &Context, [removed, added]: [Alone; 2], out: &mut Difference) {
    // removed samples were in the old release, so the new one's build knows why they are gone, and the other way round
    let (old, gone, change_gone) = removed;
    let (new, come, change_come) = added;
    if (gone.is_empty() && come.is_empty()) || crate::project::find(c.dir.as_deref()).is_err() {
        return;
    }
    let asked = [(new, gone, change_gone), (old, come, change_come)];
    if asked.iter().all(|(f, ids, _)| ids.is_empty() || f.page.ids.as_deref().is_some_and(|ids| ids != "source")) {
        return;
    }
    let told = Project::open(c.dir.as_deref()).and_then(|project| {
        project.plan(&Options::default(), |s, built| reasons(&project, s, built, &asked))?.map_err(Failure::from)
    });
    match told {
        Ok(reasons) => out.reasons = reasons,
        Err(failure) => {
            let why = failure.words().unwrap_or("dataset.toml has problems: tamis check".into());
            out.notes.push(format!("why samples are gone is not told: {why}"));
        }
    }
}

fn reasons(project: &Project, s: &Session, built: &Built, asked: &[Alone; 2]) -> Result<Vec<Reason>, Fault> {
    let mut counted: BTreeMap<Reason, u64> = BTreeMap::new();
    for (folder, ids, change) in asked.iter().filter(|(_, ids, _)| !ids.is_empty()) {
        let of = |(step, run): &(&crate::engine::Step, &crate::engine::state::StepRun)| {
            let own = step.plan.folder.as_deref() == Some(folder.page.release.as_str());
            own && run.roots.is_some_and(|(content, _)| content.hex() == folder.page.content_root)
        };
        let Some((release, _)) = s.steps.iter().zip(&built.runs).find(of) else { continue };
        let mut teller = Teller { project, s, built, release: &release.path, change, counted: &mut counted };
        teller.all(ids)?;
    }
    let mut out: Vec<Reason> = counted.into_iter().map(|(r, samples)| Reason { samples, ..r }).collect();
    out.sort_by(|a, b| b.samples.cmp(&a.samples).then_with(|| a.cmp(b)));
    Ok(out)
}

struct Teller<'t, 'a> {
    project: &'t Project,
    s: &'t Session<'a>,
    built: &'t Built,
    /// The table of the release, as `release.public`.
    release: &'t str,
    change: &'static str,
    counted: &'t mut BTreeMap<Reason, u64>,
}

impl Teller<'_, '_> {
    fn all(&mut self, ids: &BTreeSet<String>) -> Result<(), Fault> {
        let mut left: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
        let hidden = self.withdrawn(&left);
        let parts = self.built.tables.get("samples").map(|t| t.parts.as_slice()).unwrap_or_default();
        for part in parts {
            let Some(digest) = part.columns.get("id").copied().flatten() else { continue };
            let array = self.s.array(digest)?;
            let mut rows = BTreeSet::new();
            for (row, id) in table::texts(array.as_ref()).into_iter().enumerate() {
                let known = id.map(|id| hidden.get(id).copied().unwrap_or(id));
                if known.is_some_and(|id| left.remove(id)) {
                    rows.insert(row as u32);
                }
            }
            if !rows.is_empty() {
                self.gone(part, &mut rows)?;
                rows.iter().try_for_each(|row| self.excluded(part, *row))?;
            }
        }
        let n = left.len() as u64;
        if n > 0 {
            self.add("not collected".into(), "", "", n);
        }
        Ok(())
    }

    /// Ids by what they would be called had consent to them been withdrawn: such samples have lost their own ids.
    fn withdrawn<'i>(&self, ids: &BTreeSet<&'i str>) -> BTreeMap<String, &'i str> {
        let Some(step) = self.s.steps.iter().find(|step| step.entry.name == CONSENT) else { return BTreeMap::new() };
        let given = step.plan.given(Kernel::Map);
        ids.iter().filter_map(|id| Some((withdrawn_id(&given, id)?, *id))).collect()
    }

    /// Takes out of `rows` those that a step dropped, merged or held.
    fn gone(&mut self, part: &Partition, rows: &mut BTreeSet<u32>) -> Result<(), Fault> {
        for (step, run) in self.s.steps.iter().zip(&self.built.runs).filter(|(s, _)| s.plan.ports.table == "samples") {
            let Some(own) = run.part(&part.uid).filter(|p| p.dead.iter().any(|d| rows.contains(&d.0))) else {
                continue;
            };
            let events = ledger::events(self.s, own)?;
            let mut of: BTreeMap<u32, Vec<&crate::stage::Event>> = BTreeMap::new();
            for e in events.iter().filter(|e| rows.contains(&e.row)) {
                of.entry(e.row).or_default().push(e);
            }
            for (row, bin) in &own.dead {
                if rows.remove(row) {
                    let said = of.get(row).map(Vec::as_slice).unwrap_or_default();
                    let key = ledger::decisive(said, *bin).map_or("", |e| e.key.as_str());
                    let how = if step.entry.name == CONSENT { "withdrawn" } else { ledger::bin_name(*bin) };
                    self.add(how.into(), &step.name, key, 1);
                }
            }
        }
        Ok(())
    }

    /// A sample that lives and is not in the release.
    fn excluded(&mut self, part: &Partition, row: u32) -> Result<(), Fault> {
        let marks = |s: &&crate::engine::Step| s.plan.ports.writes.iter().any(|w| w.0 == self.release);
        let Some(step) = self.s.steps.iter().find(marks) else { return Ok(()) };
        for column in &step.plan.ports.reads {
            let Some(digest) = part.columns.get(column).copied().flatten() else { continue };
            if value_at(self.s.array(digest)?.as_ref(), row as usize) == Value::Null {
                self.add(format!("excluded, it has no `{column}`"), &step.name, self.release, 1);
                return Ok(());
            }
        }
        self.add("excluded by its licence".into(), &step.name, &format!("{}.licenses", self.release), 1);
        Ok(())
    }

    fn add(&mut self, how: String, step: &str, key: &str, n: u64) {
        let line = line_of(&self.project.manifest, key).unwrap_or(0);
        let (step, key) = (step.to_string(), key.to_string());
        let reason = Reason { change: self.change, how, step, key, line, samples: 0 };
        *self.counted.entry(reason).or_default() += n;
    }
}

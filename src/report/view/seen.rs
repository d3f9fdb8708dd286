//! The samples as they stand behind the last step that is known whole, and what columns of them may be shown.
use crate::engine::session::Session;
use crate::engine::state::{Built, Partition};
use crate::manifest;
use crate::manifest::hidden::{Hidden, answering};
use crate::manifest::sections::Privacy;
use crate::model::license;
use crate::project::Project;
use crate::report::show::{Column, Snapshot, line_of};
use crate::report::snapshot::{complete, since, snapshot};
use crate::stage::{Fault, Role};
use crate::table::{ArrayRef, texts};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

/// What a report looks at.
pub struct Seen<'a, 's> {
    pub project: &'a Project,
    pub s: &'a Session<'s>,
    pub built: &'a Built,
    /// The samples; no partition of them where no step is known whole.
    pub samples: Snapshot,
    /// What each column of the samples means.
    pub roles: BTreeMap<String, Role>,
    /// Columns that serve other steps alone.
    pub inner: BTreeSet<String>,
    /// The first step that wrote each column: a sample that left before it has no value there.
    pub since: BTreeMap<String, usize>,
    /// `[privacy]` is declared.
    pub private: bool,
    /// Columns whose values name nobody: those of types and steps that cannot, and those that the manifest calls harmless.
    pub harmless: BTreeSet<String>,
    /// `[privacy]` is declared, and nothing says that ids and places of samples hold nothing personal.
    pub ids_hidden: bool,
    /// Sources whose licence forbids to show their samples, and why.
    pub withheld: BTreeMap<String, &'static str>,
    /// Of each split the columns of a benchmark's answers: the hidden ones, and those that they were collected in.
    veiled: BTreeMap<String, BTreeSet<String>>,
}

impl<'a, 's> Seen<'a, 's> {
    pub fn new(project: &'a Project, s: &'a Session<'s>, built: &'a Built) -> Seen<'a, 's> {
        let of_samples = |i: &usize| {
            let (Some(step), Some(run)) = (s.steps.get(*i), built.runs.get(*i)) else { return false };
            let ports = &step.plan.ports;
            let own = ports.table == "samples" && ports.into.is_none() && !run.skipped && run.fault.is_none();
            own && !run.parts.is_empty() && (0..run.parts.len()).all(|n| complete(step, run, n))
        };
        let last = (0..s.steps.len()).rev().find(of_samples);
        let none = || Snapshot { table: "samples".into(), columns: Vec::new(), parts: Vec::new() };
        let mut samples = last.map_or_else(none, |i| snapshot(project, built, i, false));
        let privacy = project.manifest.table(&["privacy"]);
        let private = privacy.is_some();
        let named: Privacy = privacy.and_then(|(_, table)| manifest::read(table).ok()).unwrap_or_default();
        let declared: BTreeSet<String> = named.harmless.iter().map(|name| name.get().clone()).collect();
        let mut harmless = declared.clone();
        let (mut roles, mut inner) = (BTreeMap::new(), BTreeSet::new());
        for step in s.steps {
            let ports = &step.plan.ports;
            if ports.into.as_deref().unwrap_or(&ports.table) != "samples" {
                continue;
            }
            for (name, column) in &ports.writes {
                roles.insert(name.clone(), column.role.clone());
                if !column.may_name_somebody() {
                    harmless.insert(name.clone());
                } else if !declared.contains(name) {
                    harmless.remove(name);
                }
                if column.inner {
                    inner.insert(name.clone())
                } else {
                    inner.remove(name)
                };
            }
        }
        let ids_hidden = private && !ids_are_harmless(project, &declared);
        for column in samples.columns.iter_mut().filter(|c| c.name == "id") {
            column.hidden = ids_hidden;
        }
        let (since, withheld) = (since(s.steps, "samples"), withheld(project));
        let veiled = veiled(project, samples.columns.iter().map(|c| c.name.clone()).collect());
        Seen { project, s, built, samples, roles, inner, since, private, harmless, ids_hidden, withheld, veiled }
    }

    /// Shows samples and answers to whoever has the project itself: no licence forbids to look at them here, and who works on the
    /// labels sees them.
    pub fn show_sources(&mut self) {
        self.withheld.clear();
        self.veiled.clear();
    }

    /// The columns of a split that hold answers which are not to be told.
    pub fn veiled(&self, split: &str) -> impl Iterator<Item = &str> {
        self.veiled.get(split).into_iter().flatten().map(String::as_str)
    }

    /// The splits of which a column is not to be told. No count over all splits is told of it either: the difference to the others
    /// would be the answers.
    pub fn splits_without(&self, column: &str) -> BTreeSet<&str> {
        self.veiled.iter().filter(|(_, of)| of.contains(column)).map(|(split, _)| split.as_str()).collect()
    }

    /// Whether the label of a task is hidden in some split.
    pub fn veils(&self, task: &str) -> bool {
        !self.splits_without(&format!("label.{task}")).is_empty()
    }

    /// Shows what may hold personal data, too.
    pub fn show_raw(&mut self) {
        self.samples.columns.iter_mut().for_each(|c| c.hidden = false);
        (self.private, self.ids_hidden) = (false, false);
    }

    /// The line of a key in the manifest; 0 where it has none.
    pub fn line(&self, key: &str) -> usize {
        line_of(&self.project.manifest, key).unwrap_or(0)
    }

    /// Columns of a sample that people read, in the order of `[schema]` and then by name: no labels, no columns that serve other steps.
    pub fn plain(&self) -> impl Iterator<Item = &Column> {
        let own = |c: &&Column| !c.name.contains('.') && !self.inner.contains(&c.name);
        let mut all: Vec<&Column> = self.samples.columns.iter().filter(own).collect();
        let declared = self.project.manifest.table(&["schema"]);
        let schema = declared.and_then(|(_, table)| table.get_ref().as_table());
        let place = |name: &str| schema.and_then(|t| Some(t.get_key_value(name)?.0.span().start));
        all.sort_by_key(|c| (place(&c.name).unwrap_or(usize::MAX), &c.name));
        all.into_iter()
    }

    pub fn column(&self, name: &str) -> Option<&Column> {
        self.samples.columns.iter().find(|c| c.name == name)
    }

    /// A column of a partition; `None` where every row is null.
    pub fn array(&self, part: &Partition, name: &str) -> Result<Option<ArrayRef>, Fault> {
        part.columns.get(name).copied().flatten().map(|digest| self.s.array(digest)).transpose()
    }

    /// Asks each partition, on all threads, and hands the answers on in their order.
    pub fn each<T: Send>(
        &self,
        ask: impl Fn(usize, &Partition) -> Result<T, Fault> + Sync,
        mut take: impl FnMut(T),
    ) -> Result<(), Fault> {
        let parts = &self.samples.parts;
        for (block, own) in parts.chunks(BLOCK).enumerate() {
            let slots: Vec<Mutex<Option<Result<T, Fault>>>> = own.iter().map(|_| Mutex::new(None)).collect();
            self.s.exec.each(own.len(), &|i| {
                let (Some(part), Some(slot)) = (own.get(i), slots.get(i)) else { return };
                let answer = self.s.go_on().and_then(|()| ask(block * BLOCK + i, part));
                *slot.lock().unwrap_or_else(|e| e.into_inner()) = Some(answer);
            });
            for slot in slots {
                if let Some(answer) = slot.into_inner().unwrap_or_else(|e| e.into_inner()) {
                    take(answer?);
                }
            }
        }
        Ok(())
    }

    /// The texts of a column, a text a living row; `none` where there is none.
    pub fn living_texts(&self, part: &Partition, name: &str, none: &str) -> Result<Vec<String>, Fault> {
        let array = self.array(part, name)?;
        let all = array.as_ref().map(|a| texts(a.as_ref())).unwrap_or_default();
        let text = |row: u32| all.get(row as usize).copied().flatten().unwrap_or(none).to_string();
        Ok(living(part).map(text).collect())
    }
}

/// What `[split] hide` hides of which split.
fn veiled(project: &Project, columns: Vec<String>) -> BTreeMap<String, BTreeSet<String>> {
    let hidden = Hidden::of(&project.manifest);
    let told = answering(&project.manifest);
    let of = |split: &String| {
        let hides = |name: &&String| {
            let label =
                |(from, label): &(String, String)| from == *name && hidden.hides(&project.manifest, split, label);
            hidden.hides(&project.manifest, split, name) || told.iter().any(label)
        };
        columns.iter().filter(hides).cloned().collect::<BTreeSet<String>>()
    };
    hidden.splits().map(|split| (split.clone(), of(split))).filter(|(_, of)| !of.is_empty()).collect()
}

/// Partitions that are looked at before their answers are put together.
const BLOCK: usize = 64;

/// The rows of a partition that live; none where that is not known.
pub fn living(part: &Partition) -> impl Iterator<Item = u32> + '_ {
    let all = part.living.as_ref().map_or(0, |l| l.rows());
    (0..all).filter(|row| part.living.as_ref().is_some_and(|l| l.is(*row)))
}

/// Text `key` of each `[collect.NAME]`.
pub fn collected(project: &Project, name: &str, key: &str) -> Option<String> {
    let (_, table) = project.manifest.table(&["collect", name])?;
    Some(table.get_ref().as_table()?.get(key)?.get_ref().as_str()?.to_string())
}

/// Whether the manifest says that ids hold nothing personal: of `id` itself, or of the fields that the ids of each source
/// are taken from.
fn ids_are_harmless(project: &Project, declared: &BTreeSet<String>) -> bool {
    if declared.contains("id") {
        return true;
    }
    let sources = project.manifest.instances(&["collect"]);
    let of_source = |name: &String, table: &crate::manifest::Declared| {
        let Some(id) = collected(project, name, "id") else { return false };
        let fields = table.get_ref().as_table().and_then(|t| t.get("fields")?.get_ref().as_table());
        let Some(fields) = fields else { return declared.contains(&id) };
        let from_id = |value: &crate::manifest::Declared| value.get_ref().as_str() == Some(id.as_str());
        let mut same =
            fields.iter().filter(|(_, selector)| from_id(selector)).map(|(name, _)| name.get_ref()).peekable();
        same.peek().is_some() && same.all(|name| declared.contains(name.as_ref()))
    };
    !sources.is_empty() && sources.iter().all(|(name, _, table)| of_source(name, table))
}

fn withheld(project: &Project) -> BTreeMap<String, &'static str> {
    let mut out = BTreeMap::new();
    for (name, _, _) in project.manifest.instances(&["collect"]) {
        let licence = collected(project, &name, "license").unwrap_or_default();
        if licence.is_empty() || license::is_unknown(&licence) {
            out.insert(name, "unknown");
        } else if license::forbids_changes(&licence) {
            out.insert(name, "no_derivatives");
        } else if license::permits(&licence, license::Use::Share) == license::rights::Answer::No {
            out.insert(name, "no_sharing");
        }
    }
    out
}

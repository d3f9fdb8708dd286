//! Tells one sample's whole story, made again from the versions of its columns; nothing of it is stored.
use super::show::{line_of, raw_columns, value_text};
use super::snapshot::complete;
use super::terminal;
use super::trace::{Change, Collected, Decided, Gone, LeftOut, RAW, Released, Said, Story, Told, answer, votes};
use crate::diag::nearest;
use crate::engine::Step;
use crate::engine::ledger;
use crate::engine::session::Session;
use crate::engine::state::{Bin, Partition, parents_of};
use crate::engine::state::{Built, PartRun, StepRun};
use crate::formats::FORMATS;
use crate::formats::writer::{Place, split_of};
use crate::manifest::sources;
use crate::model::synthetic::BY;
use crate::model::votes::classes_of;
use crate::project::{Failure, Project};
use crate::stage::{Act, Event, Fault, Kernel, OutFile};
use crate::stages::collect::consent::{CONSENT, withdrawn_id};
use crate::stages::release::RELEASED_ID;
use crate::table::{self, DataType, Value, value_at};
use std::collections::{BTreeMap, BTreeSet};

/// The rows that have the id, living ones first, or that had it before consent was withdrawn; else what was perhaps meant.
pub fn find<'b>(s: &Session, built: &'b Built, id: &str) -> Result<Vec<(&'b Partition, u32)>, Failure> {
    let (found, known) = rows_of(s, built, id)?;
    if !found.is_empty() {
        return Ok(found);
    }
    let consent = s.steps.iter().find(|step| step.entry.name == CONSENT);
    if let Some(hidden) = consent.and_then(|step| withdrawn_id(&step.plan.given(Kernel::Map), id)) {
        let (found, _) = rows_of(s, built, &hidden)?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    let help = match nearest(id, known.iter().map(String::as_str)) {
        _ if known.is_empty() => "nothing is built here yet: tamis build".to_string(),
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "{} are known; records that were rejected: tamis show STEP --findings",
            terminal::plural(known.len() as u64, "id")
        ),
    };
    Err(Failure::Usage(format!("there is no sample `{id}`; {help}")))
}

/// Rows of the samples, each with its partition.
type Found<'b> = Vec<(&'b Partition, u32)>;

/// The rows that have an id, living ones first, and the other ids.
fn rows_of<'b>(s: &Session, built: &'b Built, id: &str) -> Result<(Found<'b>, BTreeSet<String>), Failure> {
    let parts = built.tables.get("samples").map(|t| t.parts.as_slice()).unwrap_or_default();
    let mut found = Vec::new();
    let mut known: BTreeSet<String> = BTreeSet::new();
    for part in parts {
        let Some(ids) = part.columns.get("id").copied().flatten() else { continue };
        let ids = s.array(ids)?;
        for (row, own) in table::texts(ids.as_ref()).into_iter().enumerate() {
            if own == Some(id) {
                found.push((part, row as u32));
            } else if found.is_empty() {
                known.extend(own.map(str::to_string));
            }
        }
    }
    found.sort_by_key(|(part, row)| !part.living.as_ref().is_none_or(|l| l.is(*row)));
    Ok((found, known))
}

/// Tells the stories of rows.
pub struct Teller<'t, 'a> {
    pub project: &'t Project,
    pub s: &'t Session<'a>,
    pub built: &'t Built,
    /// Values that may hold personal data are told.
    pub raw: bool,
}

impl Teller<'_, '_> {
    pub fn story(&self, id: &str, part: &Partition, row: u32) -> Result<Story, Fault> {
        let mut story = Story { id: id.into(), collected: self.collected(part, row)?, ..Story::default() };
        story.steps.extend(self.read(part, row)?);
        let chain = self.chain(part, row)?;
        for (i, (step, run)) in self.s.steps.iter().zip(&self.built.runs).enumerate() {
            let place = |uid: &String| run.parts.iter().position(|p| p.uid == *uid);
            let own = chain.iter().find_map(|(uid, row)| Some((place(uid)?, *row)));
            let Some((n, row)) = own.filter(|_| step.plan.ports.table == "samples") else { continue };
            let Some(p) = run.parts.get(n).filter(|_| complete(step, run, n)) else {
                story.unbuilt = Some(step.name.clone());
                break;
            };
            let told = self.told(i, step, p, row, id)?;
            if !told.is_empty() {
                story.steps.push(told);
            }
            if let Some((_, bin)) = p.dead.iter().find(|d| d.0 == row) {
                story.gone = Some(self.gone(step, p, row, *bin)?);
                if step.entry.name == CONSENT {
                    // what earlier steps made of it is not told
                    story.steps.iter_mut().for_each(|told| (told.values, told.changes) = Default::default());
                    story.steps.retain(|told| !told.is_empty());
                }
                break;
            }
        }
        if story.gone.is_none() && story.unbuilt.is_none() {
            self.releases(part, row, &mut story)?;
        }
        Ok(story)
    }

    /// The row itself, and those that it was born of in the same table.
    fn chain(&self, part: &Partition, row: u32) -> Result<Vec<(String, u32)>, Fault> {
        let mut out = vec![(part.uid.clone(), row)];
        if let Some(origin) = part.origin.as_ref().filter(|o| o.table == "samples")
            && let Some(parents) = origin.parents
            && let Some((parent, _)) = parents_of(&self.s.bytes(parents)?).get((origin.first + row) as usize)
        {
            out.push((origin.uid.clone(), *parent));
        }
        Ok(out)
    }

    /// A column of a partition at a row; null where there is none.
    fn value(&self, part: &Partition, name: &str, row: u32) -> Result<Value, Fault> {
        match part.columns.get(name).copied().flatten() {
            Some(digest) => Ok(value_at(self.s.array(digest)?.as_ref(), row as usize)),
            None => Ok(Value::Null),
        }
    }

    fn collected(&self, part: &Partition, row: u32) -> Result<Collected, Fault> {
        let source = self.value(part, "source", row)?.text().map(str::to_string);
        let terms = sources::terms(&self.project.manifest).into_iter().find(|t| source.as_ref() == Some(&t.name));
        let own = terms.as_ref().is_some_and(|t| t.allowed.is_some());
        let own = if own { self.value(part, "license", row)?.text().map(str::to_string) } else { None };
        let license = own.or_else(|| Some(terms.as_ref()?.license.clone()));
        let attribution = terms.and_then(|t| t.attribution.words());
        let place = ledger::origin(self.s, self.built, part, row)?;
        Ok(Collected { place, license, attribution, source: source.map(|name| format!("collect.{name}")) })
    }

    /// What the reader said of the record that the row was born of.
    fn read(&self, part: &Partition, row: u32) -> Result<Option<Told>, Fault> {
        let Some(origin) = part.origin.as_ref().filter(|o| o.table != "samples") else { return Ok(None) };
        let Some(parents) = origin.parents else { return Ok(None) };
        let Some((unit, record)) = parents_of(&self.s.bytes(parents)?).get((origin.first + row) as usize).copied()
        else {
            return Ok(None);
        };
        let (Some(step), Some(run)) = (self.s.steps.get(origin.step), self.built.runs.get(origin.step)) else {
            return Ok(None);
        };
        let Some(p) = run.part(&origin.uid) else { return Ok(None) };
        let own = ledger::events(self.s, p)?.into_iter().filter(|e| (e.row, e.record) == (unit, record));
        let events: Vec<Said> = own.map(|e| self.said(e)).collect();
        Ok((!events.is_empty()).then(|| Told { step: step.name.clone(), events, ..Told::default() }))
    }

    fn said(&self, e: Event) -> Said {
        let line = line_of(&self.project.manifest, &e.key);
        Said { act: ledger::act_name(&e.act), rule: e.rule, say: e.say, key: e.key, line, decided: None }
    }

    /// What a step said, and what a person decided where it asked for that.
    fn waited(&self, step: &Step, id: &str, e: Event) -> Said {
        let asks = matches!(e.act, Act::Review | Act::Hold);
        let decided = self.s.review.of(step, id).filter(|_| asks).map(|d| Decided {
            decision: match (d.labels, d.keep) {
                (true, _) => "label",
                (_, true) => "keep",
                _ => "drop",
            },
            by: d.by.clone(),
            note: d.note.clone(),
        });
        Said { decided, ..self.said(e) }
    }

    // ---- one step ------------------------------------------------------------------------------------------------

    fn told(&self, i: usize, step: &Step, p: &PartRun, row: u32, id: &str) -> Result<Told, Fault> {
        let mut told = Told { step: step.name.clone(), ..Told::default() };
        let own = ledger::events(self.s, p)?.into_iter().filter(|e| e.row == row);
        told.events = own.map(|e| self.waited(step, id, e)).collect();
        if step.entry.name == CONSENT {
            return Ok(told); // what it took away is not told
        }
        told.favoured_over = self.favoured(i, id)?;
        let mut written = BTreeMap::new();
        for (_, _, outcome) in &p.outcomes {
            written.extend(outcome.columns.iter().map(|(name, digest)| (name.as_str(), *digest)));
        }
        for (name, digest) in written {
            if p.before.columns.get(name).copied().flatten() == Some(digest) {
                continue;
            }
            let before = self.value(&p.before, name, row)?;
            let array = self.s.array(digest)?;
            let after = value_at(array.as_ref(), row as usize);
            if before != after {
                self.column(i, p, row, (name, array.data_type()), (before, after), &mut told)?;
            }
        }
        Ok(told)
    }

    /// A column that is new is told in words, a changed one with what it was. Columns of the machinery are not told.
    fn column(
        &self,
        i: usize,
        p: &PartRun,
        row: u32,
        (name, ty): (&str, &DataType),
        values: (Value, Value),
        told: &mut Told,
    ) -> Result<(), Fault> {
        let (before, after) = values;
        let words = match name.split_once('.') {
            Some(("label" | "votes" | "decided", _)) if !self.shown(i + 1, name) => RAW.into(),
            Some(("label", _)) => answer(ty, &after),
            Some(("votes" | "decided", _)) => votes(ty, &after),
            Some(("status", _)) => value_text(&after),
            Some(_) => return Ok(()),
            None if name == "split" => format!("{}{}", value_text(&after), self.stratum(p, row)?),
            None => {
                self.field(i, (name, ty), (before, after), told);
                return Ok(());
            }
        };
        told.values.push((name.to_string(), words));
        Ok(())
    }

    /// Whether a column may be shown as it is behind the first `steps` steps.
    fn shown(&self, steps: usize, name: &str) -> bool {
        self.raw || !raw_columns(self.project, "samples", steps).contains(name)
    }

    /// A field of the sample; raw values only where they are asked for.
    fn field(&self, i: usize, (name, ty): (&str, &DataType), (before, after): (Value, Value), told: &mut Told) {
        let shown = |steps: usize| self.shown(steps, name);
        if before == Value::Null {
            let text = if shown(i + 1) { answer(ty, &after) } else { RAW.into() };
            told.values.push((name.to_string(), text));
            return;
        }
        let before = shown(i).then(|| value_text(&before));
        let after = shown(i + 1).then(|| value_text(&after));
        told.changes.push(Change { column: name.into(), before, after });
    }

    /// What the split looked at: the classes of the stratum, of each column that it is of.
    fn stratum(&self, p: &PartRun, row: u32) -> Result<String, Fault> {
        let declared = self.project.manifest.table(&["split"]);
        let Some(stratify) = declared.and_then(|(_, t)| t.get_ref().as_table()?.get("stratify")) else {
            return Ok(String::new());
        };
        let columns: Vec<&str> = match (stratify.get_ref().as_str(), stratify.get_ref().as_array()) {
            (Some(column), _) => vec![column],
            (None, list) => {
                list.iter().flat_map(|list| list.iter()).filter_map(|column| column.get_ref().as_str()).collect()
            }
        };
        let of = |column: &&str| -> Result<String, Fault> {
            let classes = classes_of(&self.value(&p.before, column, row)?);
            Ok(if classes.is_empty() { "none".to_string() } else { classes.join("+") })
        };
        Ok(format!("   stratum {}", columns.iter().map(of).collect::<Result<Vec<_>, Fault>>()?.join(", ")))
    }

    /// Samples that left at a step because this one stayed.
    fn favoured(&self, i: usize, id: &str) -> Result<Vec<String>, Fault> {
        let (Some(step), Some(run)) = (self.s.steps.get(i), self.built.runs.get(i)) else { return Ok(Vec::new()) };
        let mut out = Vec::new();
        if !step.plan.ports.drops {
            return Ok(out);
        }
        for p in run.parts.iter().filter(|p| p.counts().drops > 0) {
            for e in ledger::events(self.s, p)? {
                let favours = match &e.act {
                    Act::Merge(into) => into == id,
                    Act::Drop { kept } => kept.as_deref() == Some(id),
                    _ => false,
                };
                if favours {
                    out.extend(ledger::id(self.s, &p.before, e.row)?.filter(|other| other != id));
                }
            }
        }
        Ok(out)
    }

    fn gone(&self, step: &Step, p: &PartRun, row: u32, bin: Bin) -> Result<Gone, Fault> {
        let events = ledger::events(self.s, p)?;
        let own: Vec<&Event> = events.iter().filter(|e| e.row == row).collect();
        let e = ledger::decisive(&own, bin);
        let how = ledger::bin_name(bin);
        let (say, key) = e.map(|e| (e.say.clone(), e.key.clone())).unwrap_or_default();
        let line = line_of(&self.project.manifest, &key);
        Ok(Gone { how, step: step.name.clone(), say, key, line })
    }

    // ---- releases ------------------------------------------------------------------------------------------------

    fn releases(&self, part: &Partition, row: u32, story: &mut Story) -> Result<(), Fault> {
        let version = terminal::dataset(self.project).version.get().clone();
        for (step, run) in self.s.steps.iter().zip(&self.built.runs) {
            let Some(release) = step.plan.folder.clone() else { continue };
            if !part.columns.get(&step.path).is_some_and(Option::is_some) {
                story.unbuilt = Some(step.path.clone());
                continue;
            }
            let by = self.s.steps.iter().filter(|s| s.path == step.path).find_map(|s| s.plan.regroup.as_ref());
            let split = match by.and_then(|r| r.by.as_ref()) {
                Some(by) => self.value(part, by, row)?.text().map(str::to_string),
                None => Some(crate::stage::ONE_GROUP.to_string()),
            };
            match (self.value(part, &step.path, row)?, split) {
                (Value::Bool(true), Some(split)) => {
                    let places = self.places(step, run, &split, &story.id)?;
                    story.released.push(Released { release, version: version.clone(), split, places });
                }
                _ => {
                    let why = self.why_left_out(step, part, row, story)?;
                    story.left_out.push(LeftOut { release, why });
                }
            }
        }
        Ok(())
    }

    /// The first column that the release chose by and that does not let the sample in.
    fn why_left_out(&self, page: &Step, part: &Partition, row: u32, story: &Story) -> Result<String, Fault> {
        let marks = |s: &&Step| s.plan.ports.writes.iter().any(|w| w.0 == page.path);
        let Some(step) = self.s.steps.iter().find(marks) else { return Ok("not chosen".into()) };
        // a later step that says something of the sample took it out
        let later =
            self.s.steps.iter().filter(marks).skip(1).find(|s| story.steps.iter().any(|told| told.step == s.name));
        if let Some(later) = later {
            return Ok(format!("{} says why", later.name));
        }
        for column in &step.plan.ports.reads {
            match self.value(part, column, row)? {
                Value::Text(by) if column == BY => {
                    return Ok(format!("[{by}] made it, and `augment` does not name that"));
                }
                _ if column == BY => {}
                Value::Null => return Ok(format!("it has no `{column}`")),
                Value::Bool(false) if column.starts_with("sample.") => {
                    return Ok(format!("[{column}] did not choose it"));
                }
                _ => {}
            }
        }
        Ok("the licence of its source is not among `licenses`".into())
    }

    /// Where the sample stands in the files of a release.
    fn places(&self, page: &Step, run: &StepRun, split: &str, id: &str) -> Result<Vec<String>, Fault> {
        let Some((n, id)) = self.position(&page.plan.ports.table, split, id)? else { return Ok(Vec::new()) };
        let mut out = Vec::new();
        for writer in FORMATS.iter().filter_map(|f| f.writer.as_ref()) {
            let mut before = 0; // samples in the files passed so far
            for f in run.files.iter().filter(|f| split_of(writer.files, &f.path) == Some(split)) {
                let own = n.checked_sub(before).filter(|own| *own < f.rows);
                before += f.rows;
                out.extend(match (writer.place, own) {
                    (Place::Row, Some(own)) => Some(format!("{} row {own}", f.path)),
                    (Place::File, Some(_)) => Some(f.path.clone()),
                    (Place::Line, Some(own)) => Some(format!("{}:{}", f.path, own + 1)),
                    (Place::Search(find), Some(_)) => {
                        self.searched(f, &id, find)?.map(|line| format!("{}:{line}", f.path))
                    }
                    _ => None,
                });
            }
        }
        Ok(out)
    }

    /// The row of a sample among those of its split, from 0, and what it is called in the release.
    fn position(&self, rows: &str, split: &str, id: &str) -> Result<Option<(u64, String)>, Fault> {
        let parts = self.built.tables.get(rows).map(|t| t.parts.as_slice()).unwrap_or_default();
        let mut before = 0;
        for part in parts.iter().filter(|p| p.group.as_deref() == Some(split)) {
            let Some(ids) = part.columns.get("id").copied().flatten() else { return Ok(None) };
            let ids = self.s.array(ids)?;
            if let Some(k) = table::texts(ids.as_ref()).iter().position(|own| *own == Some(id)) {
                let named = self.value(part, RELEASED_ID, k as u32)?;
                return Ok(Some((before + k as u64, named.text().unwrap_or(id).to_string())));
            }
            before += u64::from(part.rows.unwrap_or(0));
        }
        Ok(None)
    }

    /// The line of a sample that a format looks for by its id.
    fn searched(
        &self,
        file: &OutFile,
        id: &str,
        find: fn(&[u8], &str) -> Option<usize>,
    ) -> Result<Option<usize>, Fault> {
        let mut bytes: Vec<u8> = Vec::new();
        self.s.content(&file.content, &mut |b| {
            bytes.extend(b);
            Ok(())
        })?;
        Ok(find(&bytes, id))
    }
}

//! The samples of a task with the answers that annotators gave: what is shown to people, and what goes to labelling tools.
use super::Picture;
use crate::engine::session::Session;
use crate::engine::state::Built;
use crate::manifest;
use crate::model::images::Image;
use crate::model::votes::Vote;
use crate::project::{Failure, Project};
use crate::report::show::Snapshot;
use crate::report::snapshot::{entered, snapshot};
use crate::stage::Fault;
use crate::stages::label::agreement::Looking;
use crate::stages::label::decided;
use crate::stages::label::declaration::Declaration;
use crate::stages::label::kinds::kind::Kind;
use crate::table::{Cell, DataType, Value, value_at};
use std::collections::BTreeSet;

/// A sample and what was answered.
pub struct Answered {
    pub id: String,
    /// What people look at: a text, or the digest of an image.
    pub content: Value,
    /// What the declared candidates say, where the samples have texts of their names.
    pub candidates: Vec<(String, String)>,
    /// The picture, where the samples have one of known sides.
    pub picture: Option<Picture>,
    /// The label of shapes or spans that the answers are about; null where they are about the sample.
    pub shapes: Value,
    /// What a decision is made on, where the project reads decisions about labels.
    pub seen: Option<String>,
    /// Empty where nobody was asked.
    pub votes: Vec<Vote>,
    /// How far the answers agree, 0 to 1 as a decimal; `None` if there are fewer than two, or nothing is measured.
    pub agreement: Option<String>,
    /// A person decided what the label is.
    pub decided: bool,
}

/// Where a task stands among the steps.
pub struct Task {
    pub name: String,
    /// `label.TASK/agreement`, if it is declared.
    pub agreement: Option<usize>,
    /// The last step before a decision that changes votes: people see what a decision is held against, and no gold answer.
    pub votes: usize,
    /// `label.TASK/decided`, if it is there.
    pub decided: Option<usize>,
    /// What the manifest declares of it.
    pub declared: Declaration,
    /// The task whose shapes or spans it is about: the column of their label, and what the manifest declares of it.
    pub target: Option<(String, Declaration)>,
}

impl Task {
    /// A task by its name, or by its key path.
    pub fn find(project: &Project, name: &str) -> Result<Task, Failure> {
        let name = name.strip_prefix("label.").unwrap_or(name);
        let steps = &project.assembled.steps;
        let at = |word: &str| steps.iter().position(|s| s.name == format!("label.{name}/{word}"));
        let Some(votes) = ["rules", "gold", "check"].into_iter().find_map(at) else {
            let tasks = steps.iter().filter_map(|s| s.name.strip_prefix("label.").filter(|t| !t.contains('/')));
            let help = crate::diag::suggest(name, tasks);
            return Err(Failure::Usage(format!("there is no task `{name}`; {help}")));
        };
        let table = project.manifest.table(&["label", name]).map(|(_, table)| manifest::read::<Declaration>(table));
        let Some(Ok(declared)) = table else {
            return Err(Failure::Bug(format!("[label.{name}] made steps and does not read")));
        };
        let of = |label: &String| {
            let table = project.manifest.table(&["label", label.strip_prefix("label.")?]);
            Some((label.clone(), manifest::read(table?.1).ok()?))
        };
        let target = declared.target.as_ref().and_then(|label| of(label.get()));
        let (name, agreement, decided) = (name.to_string(), at("agreement"), at("decided"));
        Ok(Task { name, agreement, votes, decided, declared, target })
    }

    /// The ids of the living samples, as they are known without a build: where votes have changed since, those behind the last step
    /// whose rows are known, which are a few more where a later one drops some. `None` before the first build.
    pub fn ids(&self, project: &Project, s: &Session, built: &Built) -> Result<Option<BTreeSet<String>>, Fault> {
        let own = |step: &usize| s.steps.get(*step).is_some_and(|own| own.plan.ports.table == "samples");
        let before = (0..=self.votes).rev().filter(own).map(|step| entered(s.steps, built, step));
        for found in [self.snapshot(project, built, true)].into_iter().chain(before) {
            let mut ids = BTreeSet::new();
            let tell = &mut |v: Value| _ = v.text().map(|id| ids.insert(id.to_string()));
            if !found.parts.is_empty() && found.each(s, "id", tell)? {
                return Ok(Some(ids));
            }
        }
        Ok(None)
    }

    /// The living samples in the order of the data; `None` if they are not known before a build.
    pub fn samples(&self, project: &Project, s: &Session, built: &Built) -> Result<Option<Vec<Answered>>, Fault> {
        let looking = self.agreement.map(|i| Looking::of(&s.steps[i].plan)).transpose()?;
        let snapshot = self.snapshot(project, built, true);
        let mut out: Vec<Answered> = Vec::new();
        let mut tell = |v: Value| {
            let id = v.text().unwrap_or_default().to_string();
            out.push(Answered {
                id,
                content: Value::Null,
                candidates: Vec::new(),
                picture: None,
                shapes: Value::Null,
                seen: None,
                votes: Vec::new(),
                agreement: None,
                decided: false,
            });
        };
        if !snapshot.each(s, "id", &mut tell)? {
            return Ok(None);
        }
        if let Some(name) = self.content(s, &snapshot) {
            let mut at = 0;
            snapshot.each(s, &name, &mut |v| {
                if let Some(sample) = out.get_mut(at) {
                    sample.content = v;
                }
                at += 1;
            })?;
        }
        self.pictures(s, &snapshot, &mut out)?;
        self.aims(s, &snapshot, &mut out)?;
        for name in self.candidates(&snapshot) {
            let mut at = 0;
            snapshot.each(s, &name, &mut |v| {
                if let (Some(sample), Some(text)) = (out.get_mut(at), v.text()) {
                    sample.candidates.push((name.clone(), text.to_string()));
                }
                at += 1;
            })?;
        }
        let path = format!("label.{}", self.name);
        for sample in &mut out {
            let decision = s.review.decisions.get(&(path.clone(), sample.id.clone()));
            sample.decided = decision.is_some_and(|d| d.labels);
        }
        let mut lengths: Vec<Option<u32>> = Vec::new();
        if let Some(text) = looking.as_ref().and_then(Looking::text) {
            let chars = |v: Value| v.text().map(|t| t.chars().count() as u32);
            snapshot.each(s, text, &mut |v| lengths.push(chars(v)))?;
        }
        let mut at = 0;
        let known = snapshot.each(s, &format!("votes.{}", self.name), &mut |v| {
            if let Some(sample) = out.get_mut(at) {
                sample.seen = self.decided.map(|_| decided::seen_now(&sample.content, &sample.shapes, &v));
                sample.votes = Vote::list(&v).unwrap_or_default();
                let chars = lengths.get(at).copied().flatten();
                sample.agreement = looking.as_ref().and_then(|l| l.alone(&sample.votes, chars));
            }
            at += 1;
        })?;
        Ok(known.then_some(out))
    }

    /// Gives the samples the shapes or spans that answers are about.
    fn aims(&self, s: &Session, snapshot: &Snapshot, out: &mut [Answered]) -> Result<(), Fault> {
        let Some(name) = self.shapes(snapshot) else { return Ok(()) };
        let mut at = 0;
        snapshot.each(s, name, &mut |v| {
            if let Some(sample) = out.get_mut(at) {
                sample.shapes = v;
            }
            at += 1;
        })?;
        Ok(())
    }

    /// Gives the samples their pictures.
    fn pictures(&self, s: &Session, snapshot: &Snapshot, out: &mut [Answered]) -> Result<(), Fault> {
        let has = |name: &str| snapshot.columns.iter().any(|c| c.name == name);
        if !["image", "width", "height"].into_iter().all(has) {
            return Ok(());
        }
        let mut sides: [Vec<Option<u32>>; 2] = Default::default();
        for (name, of) in ["width", "height"].into_iter().zip(&mut sides) {
            snapshot.each(s, name, &mut |v| of.push(u32::from_value(&v)))?;
        }
        let side = |of: &[Option<u32>], at: usize| of.get(at).copied().flatten();
        let mut at = 0;
        snapshot.each(s, "image", &mut |v| {
            let size = side(&sides[0], at).zip(side(&sides[1], at));
            if let (Some(sample), Some(image), Some((w, h))) = (out.get_mut(at), Image::from_value(&v), size) {
                sample.picture = Some(Picture { image, size: [w, h], path: String::new() });
            }
            at += 1;
        })?;
        Ok(())
    }

    /// The candidates of which the samples have texts.
    pub fn candidates(&self, snapshot: &Snapshot) -> Vec<String> {
        let is_text = |name: &str| snapshot.columns.iter().any(|c| c.name == name && c.ty == DataType::Utf8);
        self.declared.candidates.iter().map(|c| c.get().clone()).filter(|name| is_text(name)).collect()
    }

    /// The kind of what is looked at: the shapes or spans that answers are about, or the answers themselves.
    pub fn drawn(&self) -> &'static Kind {
        self.target.as_ref().map_or(self.declared.task, |(_, of)| of.task)
    }

    /// The column of the shapes or spans that answers are about.
    fn shapes(&self, snapshot: &Snapshot) -> Option<&str> {
        let label = self.target.as_ref().map(|(label, _)| label.as_str());
        label.filter(|label| snapshot.columns.iter().any(|c| c.name == **label))
    }

    /// What is asked about one sample.
    pub fn looked<'t>(&'t self, project: &Project, s: &Session, built: &Built) -> Result<Looked<'t>, Fault> {
        let snapshot = self.snapshot(project, built, true);
        let content = self.content(s, &snapshot);
        let looking = self.agreement.map(|i| Looking::of(&s.steps[i].plan)).transpose()?;
        Ok(Looked { task: self, snapshot, content, looking })
    }

    /// The text that people read where no step says which it is.
    fn text(&self, snapshot: &Snapshot) -> Option<String> {
        let is_text = |name: &str| snapshot.columns.iter().any(|c| c.name == name && c.ty == DataType::Utf8);
        Some("text".to_string()).filter(|name| is_text(name))
    }

    /// The column that people look at.
    pub fn content(&self, s: &Session, snapshot: &Snapshot) -> Option<String> {
        self.decided.and_then(|i| decided::content(&s.steps[i].plan)).or_else(|| self.text(snapshot))
    }

    /// The table as it stands once all answers are checked, those that measure annotators are out, and rules have been applied.
    pub fn snapshot(&self, project: &Project, built: &Built, raw: bool) -> Snapshot {
        snapshot(project, built, self.votes, raw)
    }
}

/// The samples of a task, to be asked for one by one.
pub struct Looked<'t> {
    task: &'t Task,
    snapshot: Snapshot,
    content: Option<String>,
    looking: Option<Looking>,
}

impl Looked<'_> {
    /// A sample by its partition and its row there; `None` if it is not known before a build.
    pub fn one(&self, s: &Session, uid: &str, row: u32) -> Result<Option<Answered>, Fault> {
        let Some(part) = self.snapshot.parts.iter().find(|p| p.uid == uid) else { return Ok(None) };
        let value = |name: &str| -> Result<Option<Value>, Fault> {
            match part.columns.get(name) {
                Some(Some(digest)) => Ok(Some(value_at(s.array(*digest)?.as_ref(), row as usize))),
                Some(None) => Ok(None),
                None => Ok(Some(Value::Null)),
            }
        };
        let (Some(id), Some(votes)) = (value("id")?, value(&format!("votes.{}", self.task.name))?) else {
            return Ok(None);
        };
        let of = |name: Option<&str>| name.map_or(Ok(Some(Value::Null)), value);
        let Some(content) = of(self.content.as_deref())? else { return Ok(None) };
        let Some(shapes) = of(self.task.shapes(&self.snapshot))? else { return Ok(None) };
        let text = of(self.looking.as_ref().and_then(Looking::text))?;
        let mut candidates = Vec::new();
        for name in self.task.candidates(&self.snapshot) {
            let text = value(&name)?.as_ref().and_then(Value::text).map(str::to_string);
            candidates.extend(text.map(|text| (name, text)));
        }
        let chars = text.as_ref().and_then(Value::text).map(|t| t.chars().count() as u32);
        let all = Vote::list(&votes).unwrap_or_default();
        let id = id.text().unwrap_or_default().to_string();
        let decision = s.review.decisions.get(&(format!("label.{}", self.task.name), id.clone()));
        Ok(Some(Answered {
            seen: self.task.decided.map(|_| decided::seen_now(&content, &shapes, &votes)),
            agreement: self.looking.as_ref().and_then(|l| l.alone(&all, chars)),
            decided: decision.is_some_and(|d| d.labels),
            id,
            content,
            candidates,
            picture: None,
            shapes,
            votes: all,
        }))
    }
}

//! A task as a record: its own keys, and what annotators said by each control that a field names.
use super::answer::{self, Answer};
use crate::formats::json::{Json, select};
use crate::formats::reader::{Ask, From, Record};
use crate::model::votes::Said;
use crate::table::{Builder, Cell, Value};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// A list of annotations of a task: what people said, or what models did.
#[derive(Clone, Copy, Debug)]
pub struct Gives {
    /// What stands in front of the name of a control in a selector.
    pub prefix: &'static str,
    /// The keys of the list; the second is of old exports.
    keys: &'static [&'static str],
    /// Who gave an annotation.
    who: fn(&Json) -> Option<String>,
    /// Who gave it where it does not say so.
    nobody: &'static str,
    /// It is about relations between the spans of a control.
    relates: bool,
}

pub const ANSWERS: Gives = Gives {
    prefix: "answers.",
    keys: &["annotations", "completions"],
    who: annotator,
    nobody: "unknown",
    relates: false,
};

pub const RELATIONS: Gives = Gives { prefix: "relations.", relates: true, ..ANSWERS };

pub const PREDICTIONS: Gives = Gives {
    prefix: "predictions.",
    keys: &["predictions"],
    who: |prediction| text(prediction, "model_version"),
    nobody: "prediction",
    relates: false,
};

/// What stands in front of the name of a control, and the control.
pub fn said(selector: &str) -> Option<(Gives, &str)> {
    let of = |gives: Gives| Some((gives, selector.strip_prefix(gives.prefix)?));
    of(ANSWERS).or_else(|| of(PREDICTIONS)).or_else(|| of(RELATIONS)).filter(|(_, control)| !control.is_empty())
}

/// An address, a name, or the number of an account.
fn annotator(annotation: &Json) -> Option<String> {
    let by = || select(annotation, "completed_by");
    let of = |key: &str| text(by()?, key);
    text(annotation, "completed_by").or_else(|| of("email")).or_else(|| of("username")).or_else(|| of("id"))
}

/// A text or a number of an object, as text.
fn text(of: &Json, key: &str) -> Option<String> {
    Record::text(of, key)
}

fn list<'j, 'l>(of: &'j Json<'l>, key: &str) -> &'j [Json<'l>] {
    if let Some(Json::Array(items)) = select(of, key) { items } else { &[] }
}

impl Gives {
    fn of<'j, 'l>(self, task: &'j Json<'l>) -> &'j [Json<'l>] {
        self.keys.iter().map(|key| list(task, key)).find(|all| !all.is_empty()).unwrap_or_default()
    }

    /// The controls that were used in some tasks.
    pub fn controls(self, tasks: &[Json]) -> BTreeSet<String> {
        let annotations = tasks.iter().flat_map(|task| self.of(task));
        if self.relates {
            return annotations.flat_map(|one| answer::related(list(one, "result"))).collect();
        }
        let results = annotations.flat_map(|one| list(one, "result"));
        results.filter_map(|result| text(result, "from_name")).collect()
    }
}

/// Whether an annotator passed the task over.
fn is_skipped(annotation: &Json) -> bool {
    ["was_cancelled", "skipped"].iter().any(|key| select(annotation, key) == Some(&Json::Bool(true)))
}

/// A task whose answers were read.
pub struct Task<'t, 'l> {
    of: &'t Json<'l>,
    /// By selector: what was said, or that nobody was asked.
    said: BTreeMap<&'t str, Option<Vec<Said>>>,
    /// By rule: how often it met, and words on it.
    told: BTreeMap<&'static str, (usize, &'static str)>,
}

impl<'t, 'l> Task<'t, 'l> {
    pub fn of(ask: &'t Ask, of: &'t Json<'l>) -> Self {
        let mut task = Task { of, said: BTreeMap::new(), told: BTreeMap::new() };
        for field in &ask.fields {
            let From::Record(selector) = &field.from else { continue };
            let Some((gives, control)) = said(selector) else { continue };
            if !task.said.contains_key(selector.as_str()) {
                let all = task.answers(gives, control);
                task.said.insert(selector, all);
            }
        }
        let related = ask.fields.iter().any(|f| matches!(&f.from, From::Record(s) if s.starts_with(RELATIONS.prefix)));
        task.of_task(related);
        task
    }

    fn tell(&mut self, rule: &'static str, times: usize, say: &'static str) {
        if times > 0 {
            self.told.entry(rule).or_insert((0, say)).0 += times;
        }
    }

    /// What is told of a task whatever is read of it.
    fn of_task(&mut self, related: bool) {
        let annotations = ANSWERS.of(self.of);
        self.tell(
            "studio.skipped",
            annotations.iter().filter(|a| is_skipped(a)).count(),
            "annotations that were skipped, which are no answers",
        );
        let is_relation = |result: &&Json| text(result, "type").as_deref() == Some("relation");
        let relations = annotations.iter().flat_map(|a| list(a, "result")).filter(is_relation).count();
        let relations = if related { 0 } else { relations };
        self.tell("studio.relations", relations, "relations between regions, which no field takes");
    }

    /// What each annotator said by a control.
    fn answers(&mut self, gives: Gives, control: &str) -> Option<Vec<Said>> {
        let (mut all, mut nameless) = (Vec::new(), 0);
        for annotation in gives.of(self.of).iter().filter(|a| !is_skipped(a)) {
            let annotator = (gives.who)(annotation).unwrap_or_else(|| {
                nameless += 1;
                if nameless > 1 { format!("{}-{nameless}", gives.nobody) } else { gives.nobody.into() }
            });
            let Some(Json::Array(results)) = select(annotation, "result") else {
                self.tell("studio.annotation", 1, "annotations without a list of results, which are lost");
                all.push(Said { annotator, answer: None, lost: 1 });
                continue;
            };
            let own: Vec<&Json> = results.iter().filter(|r| text(r, "from_name").as_deref() == Some(control)).collect();
            let Answer { answer, lost } =
                if gives.relates { answer::of_relations(results, &own) } else { answer::of(&own) };
            let count: usize = lost.iter().map(|(_, times, _)| times).sum();
            lost.into_iter().for_each(|(rule, times, say)| self.tell(rule, times, say));
            all.push(Said { annotator, answer, lost: u32::try_from(count).unwrap_or(u32::MAX) });
        }
        if gives.nobody == ANSWERS.nobody && !gives.relates {
            self.tell("studio.annotator", nameless, "annotations that do not say whose they are");
        }
        (!all.is_empty()).then_some(all)
    }

    /// What is to be told of the task, by rule.
    pub fn told(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.told.iter().map(|(rule, (times, say))| (*rule, format!("{say}: {times}")))
    }
}

impl Record for Task<'_, '_> {
    fn text(&self, selector: &str) -> Option<String> {
        Record::text(self.of, selector)
    }

    fn put(&self, selector: &str, ty: &str, to: &mut Builder) -> Result<(), String> {
        match self.said.get(selector) {
            Some(said) => to.value(said.clone().map_or(Value::Null, Vec::into_value)),
            None => return self.of.put(selector, ty, to),
        }
        Ok(())
    }

    fn has(&self, selector: &str) -> bool {
        let Some((gives, control)) = said(selector) else { return self.of.has(selector) };
        gives.controls(std::slice::from_ref(self.of)).contains(control)
    }

    fn content<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        self.of.content(bytes)
    }

    fn names(&self) -> Vec<String> {
        let own = self.of.names().into_iter().filter(|name| name != "data");
        let data = select(self.of, "data").map(Record::names).unwrap_or_default();
        let controls = [ANSWERS, PREDICTIONS, RELATIONS].into_iter().flat_map(|gives| {
            let names = gives.controls(std::slice::from_ref(self.of)).into_iter();
            names.map(move |name| format!("{}{name}", gives.prefix))
        });
        let data = data.into_iter().map(|name| format!("data.{name}"));
        controls.chain(data).chain(own).collect()
    }
}

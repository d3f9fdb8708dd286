//! Which names of `from.X.map` the answers of a source have. A name that no answer has is a finding (`map.unmet`); if none
//! has any of them, the table is a mistake and the build fails.
use super::declaration::{Answers, Task};
use super::kinds::kind::{Kind, class_name, class_of, items, json, named, whole};
use super::spent;
use crate::measure::names::composed;
use crate::model::attributes::flagged;
use crate::stage::*;
use crate::table::{Cell, Value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The names that a source maps.
#[derive(Serialize, Deserialize, Default)]
pub struct Names {
    /// The key path of the map.
    #[serde(default, skip_serializing_if = "is_default")]
    key: String,
    #[serde(default, skip_serializing_if = "is_default")]
    names: Vec<String>,
    /// Answers say what they took or cost; and whether annotators may be named there.
    #[serde(default, skip_serializing_if = "is_default")]
    spent: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    open: bool,
}

impl Names {
    pub fn of(task: &Task, source: &str, answers: &Answers) -> Names {
        let key = if answers.map.is_empty() { String::new() } else { task.key(&format!("from.{source}.map")) };
        Names { key, names: answers.map.keys().cloned().collect(), ..Names::default() }
    }

    /// The same, of a source whose answers may say what they took or cost. `open`: annotators may be named.
    pub fn with_spent(self, spent: bool, open: bool) -> Names {
        Names { spent, open: open && spent, ..self }
    }

    /// Some answer must have one of the names.
    pub fn gate(check: &Check, task: &Task, source: &str, answers: &Answers, word: &str) -> Option<Gate> {
        let key = task.key(&format!("from.{source}.map"));
        let span = check.manifest.span_of(&key).unwrap_or(check.span.clone());
        let step = format!("{}/{word}", task.path);
        let gate = Gate::at_least(&key, format!("{step}.mapped"), 1u64.into(), span)
            .say(format!("no answer has any of the names that {key} maps"))
            .look(format!("tamis show {step} --findings"));
        (!answers.map.is_empty()).then_some(gate)
    }

    /// Facts: `mapped`, how many of the names some answer has.
    pub fn gather(&self, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        if self.spent {
            spent::gather(hits, self.open, out)?;
        }
        if self.names.is_empty() {
            return Ok(());
        }
        let keys = hits.iter().map(|hit| hit.key.to_vec());
        let met: BTreeSet<Vec<u8>> = keys.filter(|key| !spent::is_spent(key)).collect();
        for name in self.names.iter().filter(|name| !met.contains(name.as_bytes())) {
            out.remark(&self.key, "map.unmet", format!("`{name}` is mapped, and no answer has it"));
        }
        out.fact("mapped", met.len() as u64);
        Ok(())
    }
}

/// The names that the answers of a partition have.
#[derive(Default)]
pub struct Met {
    /// What numbers stand for.
    names: Vec<String>,
    /// What stands between the classes of a text.
    separator: Option<String>,
    seen: BTreeSet<String>,
}

impl Met {
    /// Nothing yet, of a source in which numbers stand for these names.
    pub fn of(names: &[String], separator: Option<&String>) -> Met {
        Met { names: names.to_vec(), separator: separator.cloned(), seen: BTreeSet::new() }
    }

    /// Adds the values of an attribute of the shapes in a cell.
    pub fn see_attribute(&mut self, name: &str, cell: &Value) {
        for shape in items(cell).iter().flat_map(|all| all.iter()) {
            let flags: Vec<String> = Vec::from_value(shape.field("flags")).unwrap_or_default();
            flagged(&flags, name).into_iter().for_each(|value| self.add(value));
        }
    }

    /// Adds the names in an answer as its source wrote it.
    pub fn see(&mut self, kind: &Kind, answer: &Value) {
        match answer {
            Value::Text(text) if kind.is_list() => {
                if let Some(answer @ (Value::List(_) | Value::Struct(_))) = json(text) {
                    self.see(kind, &answer);
                } else if kind.is_set() {
                    let separator = self.separator.clone();
                    let parts = separator.map_or(vec![text.as_str()], |sign| text.split(sign.as_str()).collect());
                    parts.into_iter().for_each(|class| self.add(class.trim()));
                }
            }
            Value::List(classes) if kind.is_set() => {
                classes.iter().filter_map(class_name).for_each(|class| self.add(&class));
            }
            other if kind.is_list() => {
                items(other).iter().flat_map(|of| of.iter()).for_each(|item| self.see_item(item))
            }
            other if kind.candidates.is_some() => self.see_candidates(other),
            Value::List(classes) => classes.iter().filter_map(class_name).for_each(|class| self.add(&class)),
            other => other.key_text().iter().for_each(|name| self.add(name)),
        }
    }

    /// The names in an answer that holds candidates against each other, in whatever form.
    fn see_candidates(&mut self, answer: &Value) {
        match answer {
            Value::Text(text) => match json(text) {
                Some(answer @ (Value::List(_) | Value::Struct(_))) => self.see_candidates(&answer),
                _ => {
                    let separator = self.separator.clone().unwrap_or(">".into());
                    let parts = text.split(separator.as_str()).flat_map(|group| group.split('='));
                    [text.trim()].into_iter().chain(parts.map(str::trim)).for_each(|name| self.add(name));
                }
            },
            Value::List(items) => items.iter().for_each(|item| self.see_candidates(item)),
            Value::Struct(fields) => {
                for (name, value) in fields {
                    self.add(name);
                    self.see_candidates(value);
                }
            }
            other => class_name(other).iter().for_each(|name| self.add(name)),
        }
    }

    /// The class of an annotation: its field, a text in it, or what stands behind the sign of a tag.
    fn see_item(&mut self, item: &Value) {
        match item {
            Value::Text(_) | Value::Int(_) | Value::Float(_) => {
                let tag = item.key_text().unwrap_or_default();
                let tag = named(&self.names, &tag).to_string();
                self.add(tag.split_once('-').map_or(tag.as_str(), |t| t.1));
            }
            Value::List(parts) => parts.iter().filter_map(class_name).for_each(|class| self.add(&class)),
            other => {
                class_of(other).iter().for_each(|class| self.add(class));
                // the ends of a relation are annotations with classes of their own
                if let Value::Struct(fields) = other {
                    let ends = fields.iter().filter(|(_, end)| matches!(end, Value::Struct(_)));
                    ends.filter_map(|(_, end)| class_of(end)).for_each(|class| self.add(&class));
                }
            }
        }
    }

    fn add(&mut self, name: &str) {
        let name = named(&self.names, name);
        self.seen.insert(name.to_string());
        self.seen.extend(whole(name).map(str::to_string));
    }

    /// Notes those that are mapped.
    pub fn note<'n>(&self, mapped: impl Iterator<Item = &'n String>, summary: &mut Summary) {
        let has = |name: &String| self.seen.contains(name) || self.seen.iter().any(|met| *name == composed(met));
        mapped.filter(|name| has(name)).for_each(|name| summary.put(name, 0, []));
    }
}

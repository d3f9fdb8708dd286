//! `label.TASK/rules`: answers that can be right are held against what the guideline demands.
//!
//! ```toml
//! [label.cells.rules]
//! box_side = { min = 4, action = "drop" }
//! overlap = { max = 0.9, action = "review" }
//! ```
//!
//! There is such a step where rules are declared. It stands behind the check of answers, and so before agreement is measured.
//! Reads `votes.TASK`, the text that spans count in, and the columns that a declared rule reads; writes `votes.TASK` and
//! `classes.TASK`. Each annotation that breaks a rule is an event `rule.NAME` of its sample, whatever then happens to it. An
//! annotation that is dropped counts as lost, so that `on_incomplete` says what happens to the sample, unless the rule says
//! that nothing is missing without it: an object too small to be labelled, one of two that mark the same.
//!
//! Facts: for each declared rule `NAME`, how many annotations of the living samples broke it, and `NAME.unjudged`, how many
//! answers could not be held against it (an image of unknown size). Limits: what two rules say of one annotation is told twice.
use super::check::all_classes;
use super::declaration::{Task, checked, place};
use super::kinds::kind::Kind;
use super::rows::{Note, attribute, optional, slot, tell};
use super::rules::rule::{Action, Asked, Broken, Demand, Rule};
use super::rules::spans::in_order;
use crate::manifest::Decimal;
use crate::model::votes::{Vote, VotesColumn};
use crate::stage::*;
use crate::table::{ArrayRef, Value, array_of, list, utf8};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub const ENTRY: Entry = Entry::row::<Stage>("label/rules", "label.*", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(task) = checked(check) else { return Vec::new() };
    let demands = task.declared.rules.demands(task.kind(), task.declared.keypoints.as_ref());
    if demands.is_empty() {
        return Vec::new();
    }
    let map = Map {
        task: task.name.clone(),
        kind: task.kind(),
        text: task.text.clone().filter(|_| task.kind().on_text),
        open: check.manifest.table(&["privacy"]).is_none(),
        demands: demands.iter().map(|(_, demand)| demand.clone()).collect(),
        target: task.aimed_at(check),
    };
    let columns: BTreeSet<&str> = demands.iter().flat_map(|(rule, _)| rule.columns).copied().collect();
    let (votes, classes) = (task.votes(), format!("classes.{}", task.name));
    let mut reads = vec![votes.0.clone(), classes.clone()];
    reads.extend(map.text.clone().into_iter().chain(map.target.clone()));
    reads.extend(columns.into_iter().map(String::from));
    let ports = Ports {
        table: "samples".into(),
        reads,
        writes: writes([votes, (classes, Column::new(list(utf8())).inner())]),
        drops: demands.iter().any(|(_, d)| d.action == Action::Review),
        ..Ports::default()
    };
    let gather = Gather { names: demands.iter().map(|(rule, _)| rule.name.to_string()).collect() };
    let gates =
        demands.iter().filter(|(_, d)| d.action == Action::Fail).map(|(rule, _)| gate(check, &task, rule)).collect();
    vec![Plan { gates, ..Plan::row::<Stage>(ports, &map, &gather, &Nothing {}) }.word("rules")]
}

/// A rule whose action is `fail` may be broken by no annotation.
fn gate(check: &Check, task: &Task, rule: &Rule) -> Gate {
    let own = format!("rules.{}", rule.name);
    let step = format!("{}/rules", task.path);
    Gate::at_most(task.key(&own), format!("{step}.{}", rule.name), Decimal::default(), place(check, &own))
        .say(format!("annotations of {} break the rule `{}`", task.path, rule.name))
        .look(format!("tamis show {step} --findings"))
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    task: String,
    #[serde(default, skip_serializing_if = "is_default")]
    kind: &'static Kind,
    #[serde(default, skip_serializing_if = "is_default")]
    text: Option<String>,
    /// Words of the data may be told: there is no `[privacy]`.
    #[serde(default, skip_serializing_if = "is_default")]
    open: bool,
    /// In the order in which they are asked.
    #[serde(default, skip_serializing_if = "is_default")]
    demands: Vec<Demand>,
    /// The label whose shapes or spans answers are about.
    #[serde(default, skip_serializing_if = "is_default")]
    target: Option<String>,
}

#[derive(Serialize, Deserialize, Default)]
struct Gather {
    /// The names of the declared rules.
    #[serde(default, skip_serializing_if = "is_default")]
    names: Vec<String>,
}

struct Stage;

impl RowStage for Stage {
    const MAP: u32 = 1;
    const USES: &'static [&'static str] = crate::measure::words::USES;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    type Map = Map;
    type Gather = Gather;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let name = format!("votes.{}", p.task);
        let before = rows.column(&name)?;
        let texts = match &p.text {
            Some(text) => rows.texts(text)?,
            None => Vec::new(),
        };
        let beside = p.columns(rows)?;
        let target = p.target.as_ref().map_or(Ok(None), |name| optional(rows, name))?;
        let mut delta = Delta::default();
        let all = VotesColumn::of(before.as_ref());
        let (mut after, mut classes, mut changed) = (Vec::new(), Vec::new(), false);
        for row in 0..rows.len() {
            let Some(old) = all.list(row) else {
                after.push(None);
                classes.push(None);
                continue;
            };
            // no text has no place for a span
            let text = p.text.as_ref().map(|_| texts.get(row).and_then(|t| t.as_deref()).unwrap_or_default());
            let shapes = match slot(&target, row) {
                Value::List(all) => Some(all.len()),
                _ => None,
            };
            let (notes, counts) = (Vec::new(), BTreeMap::new());
            let mut held = Held { rules: p, text, beside: &beside, shapes, row, notes, counts };
            let votes: Vec<Vote> = old.iter().cloned().enumerate().map(|(n, vote)| held.vote(n, vote)).collect();
            let Held { notes, counts, .. } = held;
            tell(&mut delta, row, notes);
            counts.into_iter().for_each(|(key, n)| summary.put(key.as_bytes(), row, n.to_be_bytes()));
            classes.push(Some(all_classes(&votes)));
            changed |= votes != old;
            after.push(Some(votes));
        }
        if changed {
            delta.write(name, Vote::column(&(p.kind.answer)(), after).map_err(Fault::Bug)?);
            delta.write(format!("classes.{}", p.task), array_of(classes));
        }
        Ok(delta)
    }
}

impl Stage {
    fn gather(p: &Gather, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut all: BTreeMap<String, u64> = BTreeMap::new();
        for hit in hits.iter() {
            let n = hit.value.as_ref().try_into().map_or(0, u64::from_be_bytes);
            *all.entry(String::from_utf8_lossy(hit.key.as_ref()).into_owned()).or_default() += n;
        }
        for name in &p.names {
            out.fact(name, all.get(name).copied().unwrap_or(0));
            if let Some(n) = all.get(&unjudged(name)) {
                out.fact(unjudged(name), *n);
            }
        }
        Ok(())
    }
}

/// The fact of answers that could not be held against a rule.
fn unjudged(name: &str) -> String {
    format!("{name}.unjudged")
}

impl Map {
    /// The declared rules with what they demand.
    fn rules(&self) -> impl Iterator<Item = (&'static Rule, &Demand)> {
        let rule = |demand: &Demand| self.kind.rules.iter().find(|r| r.name == demand.name);
        self.demands.iter().filter_map(move |demand| Some((rule(demand)?, demand)))
    }

    /// The columns of numbers that the rules read.
    fn columns(&self, rows: &Rows) -> Result<BTreeMap<&'static str, Option<ArrayRef>>, Fault> {
        let names = self.rules().flat_map(|(rule, _)| rule.columns);
        names.map(|name| Ok((*name, optional(rows, name)?))).collect()
    }
}

/// The answers of one row, held against the rules one after another.
struct Held<'h> {
    rules: &'h Map,
    text: Option<&'h str>,
    beside: &'h BTreeMap<&'static str, Option<ArrayRef>>,
    shapes: Option<usize>,
    row: usize,
    notes: Vec<Note>,
    /// How many annotations broke each rule, and how many answers could not be judged.
    counts: BTreeMap<String, u64>,
}

impl Held<'_> {
    fn vote(&mut self, n: usize, vote: Vote) -> Vote {
        if vote.answer == Value::Null {
            return vote;
        }
        let (mut answer, mut lost) = (Some(vote.answer.clone()), 0);
        let rules = self.rules;
        for (rule, demand) in rules.rules() {
            let Some(before) = answer.clone() else { break };
            let Some(broken) = self.broken(rule, demand, &before) else {
                *self.counts.entry(unjudged(rule.name)).or_default() += 1;
                continue;
            };
            if broken.is_empty() {
                continue;
            }
            *self.counts.entry(rule.name.to_string()).or_default() += broken.len() as u64;
            self.note(n, &vote.annotator, rule, demand, &before, &broken);
            let (after, gone) = acted(before, demand.action, broken);
            answer = after;
            lost += gone;
        }
        vote.left(answer, lost)
    }

    fn broken(&self, rule: &Rule, demand: &Demand, answer: &Value) -> Option<Vec<Broken>> {
        let number = |name: &&str| super::kinds::kind::number(&slot(self.beside.get(name).unwrap_or(&None), self.row));
        let numbers: Vec<Option<f64>> = rule.columns.iter().map(number).collect();
        (rule.broken)(&Asked { demand, answer, text: self.text, numbers: &numbers, shapes: self.shapes })
    }

    /// Notes each annotation that breaks a rule: about which vote, and, where that may be told, by whom and what it says.
    fn note(&mut self, vote: usize, by: &str, rule: &Rule, demand: &Demand, answer: &Value, broken: &[Broken]) {
        let key = format!("label.{}.rules.{}", self.rules.task, rule.name);
        let note = |b: &Broken| Note {
            vote: Some(vote),
            item: if b.whole { 0 } else { b.item + 1 },
            ..Note::new(
                demand.action.act(),
                key.clone(),
                rule.finding,
                format!("{}{}", b.say, becomes(demand.action, b)),
            )
        };
        let mut notes: Vec<Note> = broken.iter().map(note).collect();
        if self.rules.open {
            let words = self.rules.kind.words;
            attribute(&mut notes, by, |note| match answer {
                Value::List(items) => {
                    items.get(note.item.checked_sub(1)?).map(|i| words(&Value::List(vec![i.clone()])))
                }
                _ => None,
            });
        }
        self.notes.extend(notes);
    }
}

/// What becomes of an annotation, in words.
fn becomes(action: Action, broken: &Broken) -> &'static str {
    match (action, &broken.fixed) {
        (Action::Drop, _) if broken.whole => "; the answer is dropped",
        (Action::Drop, _) => "; it is dropped",
        (Action::Fix, Some(_)) => "; it is mended",
        (Action::Fix, None) => "; nothing would be left of it, and it is dropped",
        (Action::Review | Action::Fail, _) => "",
    }
}

/// What is left of an answer, and how many annotations of it are lost.
fn acted(answer: Value, action: Action, broken: Vec<Broken>) -> (Option<Value>, u32) {
    let mends = action == Action::Fix;
    if !mends && action != Action::Drop {
        return (Some(answer), 0);
    }
    let Value::List(items) = answer else { return (None, 1) };
    if broken.iter().any(|b| b.whole) {
        return (None, 1);
    }
    let lost = broken.iter().filter(|b| b.lost && !(mends && b.fixed.is_some())).count() as u32;
    let mut by_item: BTreeMap<usize, Option<Value>> =
        broken.into_iter().map(|b| (b.item, b.fixed.filter(|_| mends))).collect();
    let left = items.into_iter().enumerate().filter_map(|(i, item)| match by_item.remove(&i) {
        None => Some(item),
        Some(fixed) => fixed,
    });
    let left = Value::List(left.collect());
    (Some(if mends { in_order(left) } else { left }), lost)
}

#[cfg(test)]
mod tests {
    use super::super::kinds::named;
    use super::super::testing::{Bytes, pixels, rows, rules, spans, vote, votes, written};
    use super::*;
    use crate::stage::testing::gathered;
    use crate::table::{Cell, cells, value_at};
    use arrow_array::Int64Array;
    use std::sync::Arc;

    fn demand(name: &str, action: Action) -> Demand {
        Demand { name: name.into(), action, ..Demand::default() }
    }

    fn facts(names: &[&str], summary: &Summary) -> Vec<(String, Fact)> {
        let names = names.iter().map(|n| n.to_string()).collect();
        gathered::<Stage>(&Gather { names }, summary).facts.into_iter().collect()
    }

    #[test]
    fn a_small_box_goes_and_nothing_is_lost() {
        let side = Demand { min: Some(Decimal::from(4u64)), ..demand("box_side", Action::Drop) };
        let share = Demand { max: Decimal::parse("0.5").ok(), ..demand("area_share", Action::Review) };
        let kind = named("object_detection").unwrap();
        let p = Map { task: "t".into(), kind, demands: vec![side, share], ..Map::default() };
        let small = || vec![pixels("A", [0.0, 0.0, 3.0, 9.0], &[])];
        let large = vec![pixels("A", [0.0, 0.0, 3.0, 9.0], &[]), pixels("B", [0.0, 0.0, 9.0, 9.0], &[])];
        let answers = [small(), large, small()].map(|a| Some(vec![vote("a", "x", a.into_value())]));
        let size = |of: [Option<i64>; 4]| Arc::new(Int64Array::from(of.to_vec())) as ArrayRef;
        let size = || size([Some(10), Some(10), None, None]);
        let column = votes(kind, answers.into_iter().chain([None]).collect());
        let bytes = Bytes::default();
        let table = rows(&bytes, vec![("votes.t", column), ("width", size()), ("height", size())]);
        let mut summary = Summary::default();
        let delta = Stage::map(&p, &table, &mut summary).unwrap();
        assert_eq!(
            rules(&delta),
            [(0, "rule.box_side"), (1, "rule.box_side"), (1, "rule.area_share"), (2, "rule.box_side")]
        );
        assert_eq!((&delta.events[0].act, &delta.events[2].act), (&Act::Finding, &Act::Review));
        let left = written(&delta, "votes.t", 0).unwrap();
        assert_eq!(left, [("a".into(), Value::List(Vec::new()))], "nothing of the size that is labelled is there");
        let kept = vec![pixels("B", [0.0, 0.0, 9.0, 9.0], &[])].into_value();
        assert_eq!(written(&delta, "votes.t", 1).unwrap(), [("a".into(), kept)]);
        let classes: Vec<Option<Vec<String>>> = cells(delta.columns["classes.t"].as_ref());
        assert_eq!(classes, [Some(vec![]), Some(vec!["B".into()]), Some(vec![]), None]);
        let told = facts(&["box_side", "area_share", "aspect"], &summary);
        let want = [("area_share", 1u64), ("area_share.unjudged", 1), ("aspect", 0), ("box_side", 3)];
        assert_eq!(told, want.map(|(name, n)| (name.to_string(), Fact::from(n))));
    }

    #[test]
    fn spans_are_mended_one_rule_after_another() {
        let kind = named("ner").unwrap();
        let demands =
            vec![demand("space", Action::Fix), demand("particle", Action::Fix), demand("nested", Action::Fail)];
        let p = Map { task: "t".into(), kind, text: Some("text".into()), demands, open: true, target: None };
        let run = |answer: Value| {
            let column = votes(kind, vec![Some(vec![vote("a", "x", answer)])]);
            let text = array_of([Some(" 김철수는 간다".to_string())]);
            Stage::map(&p, &rows(&Bytes::default(), vec![("votes.t", column), ("text", text)]), &mut Summary::default())
                .unwrap()
        };
        let delta = run(spans(&[("PS", 0, 5), ("PS", 0, 1)]));
        assert_eq!(rules(&delta), [(0, "rule.space"), (0, "rule.space"), (0, "rule.particle")]);
        assert_eq!(
            delta.events[0].say,
            "span 1 (0..5) begins or ends with white space; it is mended; by `a`, who answered `PS 0..5`"
        );
        let vote = Vote::list(&value_at(delta.columns["votes.t"].as_ref(), 0)).unwrap().remove(0);
        assert_eq!((vote.answer, vote.lost), (spans(&[("PS", 1, 4)]), 1), "white space alone is no name");
        let delta = run(spans(&[("PS", 1, 4), ("PS", 1, 3)]));
        assert_eq!((rules(&delta), &delta.events[0].act), (vec![(0, "rule.nested")], &Act::Fail));
        assert!(!delta.columns.contains_key("votes.t"), "it stays");
    }

    #[test]
    fn an_answer_that_is_no_list_goes_as_a_whole() {
        let kind = named("transcription").unwrap();
        let length = Demand { min: Some(Decimal::from(3u64)), ..demand("length", Action::Drop) };
        let p = Map { task: "t".into(), kind, demands: vec![length], ..Map::default() };
        let said = |text: &str| {
            Value::Struct(vec![("text".into(), Value::Text(text.into())), ("segments".into(), Value::Null)])
        };
        let column = votes(kind, vec![Some(vec![vote("a", "x", said("so")), vote("b", "x", said("so so"))])]);
        let delta =
            Stage::map(&p, &rows(&Bytes::default(), vec![("votes.t", column)]), &mut Summary::default()).unwrap();
        let left = Vote::list(&value_at(delta.columns["votes.t"].as_ref(), 0)).unwrap();
        assert_eq!(left.iter().map(|v| (v.answer == Value::Null, v.lost)).collect::<Vec<_>>(), [(true, 1), (false, 0)]);
        assert_eq!(text(&Map::default()), "{}");
    }
}

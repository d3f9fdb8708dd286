//! `label.TASK/gold`: how often each annotator is right where the right answer is known, and whose answers do not count.
//!
//! ```toml
//! [label.topic]
//! from.crowd = { files = ["labels/crowd.csv"] }
//! from.expert = { files = ["labels/gold.csv"] }
//! gold = { from = "expert", min_accuracy = 0.8, min_items = 10 }
//! ```
//!
//! Stands behind the check. Reads and writes `votes.TASK` and `classes.TASK`: the answers of the gold source measure the others
//! and make no label, so they go, and with `on_low = "drop"` so do all answers of annotators who are right too seldom. A sample
//! that has no other answer keeps one that counts as lost, so that it is incomplete and never one in which nothing is there.
//!
//! An answer is right by its kind: of a class, 1 where it is the same, else 0; of a rating, 1 where it is no further from the gold one
//! than `tolerance`, which is 0 where nothing is declared; of spans F1 of those that have the
//! same place and class; of boxes and other shapes F1 of those that have the same class and at least half of their union in common; of
//! transcriptions 1 - edits / length of the longer text. An annotator's accuracy is the mean over the gold samples that they answered.
//!
//! Facts: `met` (samples with a gold answer and another one), `unmet` (those with a gold answer alone), `answers`, `accuracy` (the mean over
//! answers), `below` and `judged` (annotators, the latter with `min_accuracy` alone), and the table `by_annotator`, those below first and those who
//! cannot be judged last. Findings: `gold.dropped`, the answers that a sample loses; `gold.few`, annotators who answered too few gold samples to be
//! judged. With `on_low = "fail"` somebody must be judged.
//! Limits: with `[privacy]` annotators are numbers.
use super::check::all_classes;
use super::declaration::{Unlabelled, checked};
use super::kinds::kind::Kind;
use super::metric::Metric;
use super::truth::OnLow;
use crate::manifest::Decimal;
use crate::manifest::values::At;
use crate::model::votes::{Vote, VotesColumn};
use crate::stage::*;
use crate::table::{Cell, Value, array_of, list, utf8};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub const ENTRY: Entry = Entry::row::<Stage>("label/gold", "label.*", declare);

/// So few gold samples say nothing of an annotator, if nothing else is said.
const ITEMS: u32 = 5;

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(task) = checked(check) else { return Vec::new() };
    let Some(gold) = &task.declared.gold else { return Vec::new() };
    let on_low = gold.on_low.unwrap_or_default();
    let tolerance = gold.tolerance.as_ref().map(|t| *t.get());
    let map = Map { task: task.name.clone(), kind: task.kind(), from: gold.from.get().clone(), tolerance };
    let gather = Gather {
        task: task.name.clone(),
        min: gold.min_accuracy.as_ref().map(|min| *min.get()),
        items: gold.min_items.as_ref().map_or(ITEMS, |items| *items.get()),
        drops: on_low == OnLow::Drop,
        open: check.manifest.table(&["privacy"]).is_none(),
    };
    let negative = task.declared.unlabelled == Unlabelled::Negative;
    let apply = Apply { map: Map { ..map.clone() }, negative };
    let (votes, classes) = (task.votes(), format!("classes.{}", task.name));
    let reads = vec![votes.0.clone()];
    let apply_reads = reads.clone();
    let writes = vec![votes, (classes, Column::new(list(utf8())).inner())];
    let ports = Ports { table: "samples".into(), reads, apply_reads, writes, ..Ports::default() };
    let step = format!("{}/gold", task.path);
    let met = Gate::at_least(task.key("gold.from"), format!("{step}.met"), 1u64.into(), gold.from.span());
    let met = met.say(format!("no gold answer of {} meets an answer of an annotator", task.path));
    let mut gates = vec![met.look(format!("tamis show {step}"))];
    if let Some(min) = gold.min_accuracy.as_ref().filter(|_| on_low == OnLow::Fail) {
        // where nobody is judged, nobody is below, which says nothing
        let span = gold.min_items.as_ref().map_or(min.span(), At::span);
        let judged = Gate::at_least(task.key("gold.min_items"), format!("{step}.judged"), 1u64.into(), span);
        let say = format!("no annotator of {} answered enough gold samples to be judged", task.path);
        gates.push(judged.say(say).beside(format!("{step}.by_annotator")).look(format!("tamis show {step}")));
        let below =
            Gate::at_most(task.key("gold.min_accuracy"), format!("{step}.below"), Decimal::default(), min.span());
        let say = format!("annotators of {} are right too seldom", task.path);
        gates.push(below.say(say).beside(format!("{step}.by_annotator")).look(format!("tamis show {step}")));
    }
    vec![Plan { gates, ..Plan::row::<Stage>(ports, &map, &gather, &apply) }.word("gold")]
}

#[derive(Serialize, Deserialize, Default, Clone)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    task: String,
    #[serde(default, skip_serializing_if = "is_default")]
    kind: &'static Kind,
    /// The source of the gold answers.
    #[serde(default, skip_serializing_if = "is_default")]
    from: String,
    /// How far a rating may lie from the gold one.
    #[serde(default, skip_serializing_if = "is_default")]
    tolerance: Option<Decimal>,
}

#[derive(Serialize, Deserialize, Default)]
struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    task: String,
    #[serde(default, skip_serializing_if = "is_default")]
    min: Option<Decimal>,
    #[serde(default, skip_serializing_if = "is_default")]
    items: u32,
    /// Who is below loses all answers.
    #[serde(default, skip_serializing_if = "is_default")]
    drops: bool,
    /// Annotators may be named: there is no `[privacy]`.
    #[serde(default, skip_serializing_if = "is_default")]
    open: bool,
}

#[derive(Serialize, Deserialize, Default)]
struct Apply {
    #[serde(flatten)]
    map: Map,
    /// Where nobody was asked, nothing is there.
    #[serde(default, skip_serializing_if = "is_default")]
    negative: bool,
}

/// How right the answers to one gold sample are, by annotator; none where nobody else answered.
type Scores = Vec<(String, f64)>;

impl Map {
    /// The gold answer that can be used, and those of the others, each annotator once.
    fn scores(&self, votes: &[Vote]) -> Option<Scores> {
        let used = |v: &&Vote| v.answer != Value::Null;
        let gold = votes.iter().filter(used).find(|v| v.origin == self.from)?;
        let mut out = Scores::new();
        for vote in votes.iter().filter(used).filter(|v| v.origin != self.from) {
            if !out.iter().any(|(by, _)| *by == vote.annotator) {
                out.push((vote.annotator.clone(), self.score(&gold.answer, &vote.answer)));
            }
        }
        Some(out)
    }

    /// How right an answer is, 0 to 1.
    fn score(&self, gold: &Value, answer: &Value) -> f64 {
        if let (Some(tolerance), Some(a), Some(b)) = (self.tolerance, f64::from_value(gold), f64::from_value(answer)) {
            // the difference of two decimals, without what their binary forms add to it
            let apart = ((a - b).abs() * 1e9).round() / 1e9;
            return if apart <= tolerance.to_f64() { 1.0 } else { 0.0 };
        }
        let usual = [Metric::SpanF1, Metric::IouF1, Metric::CharSimilarity, Metric::TokenF1];
        let metric = usual.into_iter().find(|m| self.kind.metrics.contains(m)).unwrap_or(Metric::Percent);
        let compared = (self.kind.compare)(&[gold, answer], metric, None);
        let same = |unit: &[Option<String>]| matches!(unit, [Some(a), Some(b)] if a == b);
        let units = compared.units.iter().map(|u| (if same(&u.0) { u.1 } else { 0 }, u.1));
        let all = units.chain(compared.shares.iter().map(|s| (s.got, s.of)));
        let (got, of) = all.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        // where neither has an annotation, they agree
        if of == 0 { 1.0 } else { got as f64 / of as f64 }
    }
}

struct Stage;

impl RowStage for Stage {
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((3, Self::gather)); // who cannot be judged stands last, and is told
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Map;
    type Gather = Gather;
    type Apply = Apply;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let votes = rows.column(&format!("votes.{}", p.task))?;
        let all = VotesColumn::of(votes.as_ref());
        for row in 0..rows.len() {
            let votes = all.list(row).unwrap_or_default();
            if let Some(scores) = p.scores(&votes) {
                summary.put(b"", row, serde_json::to_vec(&scores).map_err(|e| Fault::Bug(e.to_string()))?);
            }
        }
        Ok(Delta::default())
    }
}

impl Stage {
    fn gather(p: &Gather, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let (mut met, mut unmet) = (0u64, 0u64);
        let mut all: BTreeMap<String, (u64, f64)> = BTreeMap::new();
        for hit in hits.iter() {
            let scores: Scores = serde_json::from_slice(&hit.value).map_err(|e| Fault::Bug(e.to_string()))?;
            met += u64::from(!scores.is_empty());
            unmet += u64::from(scores.is_empty());
            for (by, score) in scores {
                let sum = all.entry(by).or_default();
                *sum = (sum.0 + 1, sum.1 + score);
            }
        }
        let answers: u64 = all.values().map(|sum| sum.0).sum();
        let right: f64 = all.values().map(|sum| sum.1).sum();
        for (name, n) in [("met", met), ("unmet", unmet), ("answers", answers)] {
            out.fact(name, n);
        }
        if answers > 0 {
            out.fact("accuracy", Fact::Decimal(share(right, answers)));
        }
        let (table, below) = p.table(&all);
        out.fact("by_annotator", table);
        out.fact("below", below.len() as u64);
        if p.min.is_some() {
            p.tell_judged(&all, out);
        }
        let gone = if p.drops { below } else { BTreeSet::new() };
        out.conclude(serde_json::to_vec(&gone).map_err(|e| Fault::Bug(e.to_string()))?);
        Ok(())
    }

    fn apply(p: &Apply, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let wrong = |e| Fault::Bug(format!("what was concluded does not read back: {e}"));
        let gone: BTreeSet<String> = serde_json::from_slice(&slice.all).map_err(wrong)?;
        let name = format!("votes.{}", p.map.task);
        let before = rows.column(&name)?;
        let all = VotesColumn::of(before.as_ref());
        let (mut after, mut classes) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        let (mut delta, mut changed) = (Delta::default(), false);
        for row in 0..rows.len() {
            let old = all.list(row);
            let left = old.clone().map(|votes| p.left(votes, &gone, row, &mut delta)).filter(|left| !left.is_empty());
            classes.push(left.as_deref().map(all_classes));
            changed |= left != old;
            after.push(left);
        }
        if changed {
            delta.write(name, Vote::column(&(p.map.kind.answer)(), after).map_err(Fault::Bug)?);
            delta.write(format!("classes.{}", p.map.task), array_of(classes));
        }
        Ok(delta)
    }
}

impl Apply {
    /// The votes that make a label.
    fn left(&self, votes: Vec<Vote>, gone: &BTreeSet<String>, row: usize, delta: &mut Delta) -> Vec<Vote> {
        let others: Vec<Vote> = votes.iter().filter(|v| v.origin != self.map.from).cloned().collect();
        let left: Vec<Vote> = others.iter().filter(|v| !gone.contains(&v.annotator)).cloned().collect();
        if left.len() < others.len() {
            let say = format!(
                "{} of {} answers: of annotators who are right too seldom",
                others.len() - left.len(),
                others.len()
            );
            delta.event(row, Act::Finding, format!("label.{}.gold.min_accuracy", self.map.task), "gold.dropped", say);
        }
        let one = if others.is_empty() && self.negative { votes } else { others };
        if left.is_empty() {
            return one.into_iter().take(1).map(|v| Vote { answer: Value::Null, lost: v.lost.max(1), ..v }).collect();
        }
        left
    }
}

/// A mean with six decimals.
fn share(sum: f64, of: u64) -> String {
    format!("{:.6}", sum / of as f64)
}

impl Gather {
    /// Tells how many annotators answered enough gold samples to be judged, and that others did not.
    fn tell_judged(&self, all: &BTreeMap<String, (u64, f64)>, out: &mut Verdicts) {
        let judged = all.values().filter(|(items, _)| *items >= u64::from(self.items)).count();
        out.fact("judged", judged as u64);
        let most = all.values().map(|(items, _)| *items).max().unwrap_or(0);
        if judged < all.len() {
            let say = match judged {
                0 => format!("nobody is judged: the most gold samples that an annotator answered are {most}"),
                _ => format!("{} of {} annotators are not judged", all.len() - judged, all.len()),
            };
            let say = format!("{say}, and `min_items` asks for {}", self.items);
            out.remark(format!("label.{}.gold.min_items", self.task), "gold.few", say);
        }
    }

    /// The annotators with what they answered and how right they were: those below the limit, then the others, then those who
    /// answered too few, the least right first. And who is below.
    fn table(&self, all: &BTreeMap<String, (u64, f64)>) -> (Fact, BTreeSet<String>) {
        let (mut lines, mut below) = (Vec::new(), BTreeSet::new());
        for (n, (by, (items, sum))) in all.iter().enumerate() {
            let accuracy = share(*sum, *items);
            let low = self.min.is_some_and(|min| Decimal::parse(&accuracy).is_ok_and(|own| own < min));
            let judged = *items >= u64::from(self.items);
            let state = match (self.min, judged, low) {
                (None, ..) => "",
                (_, false, _) => "too few to judge",
                (_, _, true) if self.drops => "below, dropped",
                (_, _, true) => "below",
                _ => "holds",
            };
            if low && judged {
                below.insert(by.clone());
            }
            let name = if self.open { by.clone() } else { format!("annotator {}", n + 1) };
            let place = match (self.min, judged, low) {
                (Some(_), true, true) => 0,
                (Some(_), false, _) => 2,
                _ => 1,
            };
            lines.push((place, accuracy, name, items.to_string(), state.to_string()));
        }
        lines.sort();
        let columns = ["annotator", "samples", "min_accuracy", "accuracy"].map(String::from).to_vec();
        let rows =
            lines.into_iter().map(|(_, accuracy, name, items, state)| vec![name, items, state, accuracy]).collect();
        (Fact::Table { columns, rows }, below)
    }
}

#[cfg(test)]
mod tests {
    use super::super::kinds::named;
    use super::super::testing::{Bytes, pixels, rows, rules, spans, vote, votes, written};
    use super::*;
    use crate::stage::testing::gathered;

    fn map(kind: &str) -> Map {
        Map { task: "t".into(), kind: named(kind).unwrap(), from: "gold".into(), tolerance: None }
    }

    fn class(by: &str, origin: &str, class: &str) -> Vote {
        vote(by, origin, Value::Text(class.into()))
    }

    #[test]
    fn an_answer_is_right_by_its_kind() {
        let score = |kind: &str, gold: Value, answer: Value| map(kind).score(&gold, &answer);
        let text = |t: &str| Value::Text(t.into());
        assert_eq!(score("classification", text("x"), text("x")), 1.0);
        assert_eq!(score("classification", text("x"), text("y")), 0.0);
        assert_eq!(score("rating", Value::Float(2.0), Value::Float(2.0)), 1.0);
        let gold = spans(&[("A", 0, 2), ("B", 4, 6)]);
        // one of two is found, and one is of another class: 2 * 1 / (2 + 2)
        assert_eq!(score("ner", gold.clone(), spans(&[("A", 0, 2), ("A", 4, 6)])), 0.5);
        assert_eq!(score("ner", gold, Value::List(Vec::new())), 0.0);
        assert_eq!(
            score("ner", Value::List(Vec::new()), Value::List(Vec::new())),
            1.0,
            "both saw that nothing is there"
        );
        let boxes = |x: f64| vec![pixels("c", [x, 0.0, x + 10.0, 10.0], &[])].into_value();
        assert_eq!(score("object_detection", boxes(0.0), boxes(2.0)), 1.0, "8 / 12 of the union");
        assert_eq!(score("object_detection", boxes(0.0), boxes(6.0)), 0.0);
    }

    #[test]
    fn a_rating_is_right_within_the_tolerance() {
        let within = Map { tolerance: Some(Decimal::parse("0.1").unwrap()), ..map("rating") };
        let score = |a: f64, b: f64| within.score(&Value::Float(a), &Value::Float(b));
        assert_eq!([score(1.0, 1.1), score(1.1, 1.0), score(2.0, 2.0), score(2.0, 2.2)], [1.0, 1.0, 1.0, 0.0]);
        assert_eq!(map("rating").score(&Value::Float(1.0), &Value::Float(1.1)), 0.0, "nothing is declared");
    }

    /// `good` is right four times of four, `bad` once of four, `new` answered one gold sample wrongly.
    fn answered() -> Vec<Option<Vec<Vote>>> {
        let sample = |truth: &str, bad: &str| {
            Some(vec![class("bad", "crowd", bad), class("gold", "gold", truth), class("good", "crowd", truth)])
        };
        let mut all = vec![sample("x", "y"), sample("x", "x"), sample("y", "x"), sample("y", "x")];
        if let Some(Some(first)) = all.first_mut() {
            first.push(class("new", "crowd", "y"));
        }
        all.push(Some(vec![class("bad", "crowd", "x")]));
        all.push(Some(vec![class("gold", "gold", "x")]));
        all.push(None);
        all
    }

    fn decided(gather: Gather, negative: bool) -> (Verdicts, Delta) {
        let bytes = Bytes::default();
        let p = map("classification");
        let table = rows(&bytes, vec![("votes.t", votes(p.kind, answered()))]);
        let mut summary = Summary::default();
        Stage::map(&p, &table, &mut summary).unwrap();
        let out = gathered::<Stage>(&gather, &summary);
        let delta = Stage::apply(&Apply { map: p, negative }, &table, &out.slice(0)).unwrap();
        (out, delta)
    }

    fn gather(min: Option<&str>, drops: bool) -> Gather {
        Gather { task: "t".into(), min: min.map(|m| Decimal::parse(m).unwrap()), items: 2, drops, open: true }
    }

    #[test]
    fn who_is_right_too_seldom_does_not_count() {
        let (out, delta) = decided(gather(Some("0.5"), true), false);
        let Fact::Table { rows, .. } = &out.facts["by_annotator"] else { panic!() };
        let want = [
            ["bad", "4", "below, dropped", "0.250000"],
            ["good", "4", "holds", "1.000000"],
            ["new", "1", "too few to judge", "0.000000"],
        ];
        assert_eq!(*rows, want.map(|row| row.map(String::from).to_vec()));
        assert_eq!((&out.facts["judged"], out.told.len()), (&Fact::from(2u64), 1));
        assert!(out.told[0].say.starts_with("1 of 3 annotators are not judged"), "{}", out.told[0].say);
        assert_eq!(out.facts["met"], Fact::from(4u64));
        assert_eq!(out.facts["unmet"], Fact::from(1u64));
        assert_eq!(out.facts["accuracy"], Fact::Decimal("0.555556".into()));
        let by = |row| written(&delta, "votes.t", row).map(|v| v.into_iter().map(|(by, _)| by).collect::<Vec<_>>());
        assert_eq!(by(0), Some(vec!["good".to_string(), "new".to_string()]));
        assert_eq!(
            written(&delta, "votes.t", 4),
            Some(vec![("bad".into(), Value::Null)]),
            "incomplete, and not unasked"
        );
        assert_eq!((by(5), by(6)), (None, None), "nobody was asked");
        assert_eq!(rules(&delta), [0, 1, 2, 3, 4].map(|row| (row, "gold.dropped")));
        // where nobody asked means that nothing is there, a gold answer alone does not say so
        let (_, delta) = decided(gather(Some("0.5"), true), true);
        assert_eq!(written(&delta, "votes.t", 5), Some(vec![("gold".into(), Value::Null)]));
        assert_eq!(written(&delta, "votes.t", 6), None);
    }

    #[test]
    fn that_nobody_is_judged_is_told() {
        let gather = Gather { items: 50, ..gather(Some("0.5"), false) };
        let (out, _) = decided(gather, false);
        assert_eq!((&out.facts["below"], &out.facts["judged"]), (&Fact::from(0u64), &Fact::from(0u64)));
        let say =
            "nobody is judged: the most gold samples that an annotator answered are 4, and `min_items` asks for 50";
        assert_eq!((out.told[0].rule.as_str(), out.told[0].say.as_str()), ("gold.few", say));
        let (out, _) = decided(self::gather(None, false), false);
        assert!(out.told.is_empty() && !out.facts.contains_key("judged"));
    }

    #[test]
    fn without_a_limit_gold_answers_alone_go() {
        for gather in [gather(None, true), gather(Some("0.5"), false)] {
            let below = u64::from(gather.min.is_some());
            let (out, delta) = decided(gather, false);
            assert_eq!(out.facts["below"], Fact::from(below));
            assert_eq!(written(&delta, "votes.t", 1).unwrap().len(), 2);
            assert!(delta.events.is_empty());
        }
    }
}

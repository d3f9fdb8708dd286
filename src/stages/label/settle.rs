//! `label.TASK`: the votes of each sample become its label.
//!
//! ```toml
//! [label.similarity]
//! aggregate = { method = "median" }
//! unlabelled = "missing"
//! ```
//!
//! Reads `votes.TASK`; writes `label.TASK` and `status.TASK`: `source` (one answer, from a column), `aggregated`
//! (votes), `tied` (of several classes with most votes the one declared first stands, of two ratings in the middle the lower one), `held` (answers that should agree and
//! do not), `decided` (a person decided, see `label.TASK/decided`), `incomplete` (an annotation was lost, or every answer was, or answers were that may have decided; what then
//! happens says `on_incomplete`). Without answers the label is null; with `unlabelled = "negative"` a
//! sample that nobody was asked about has the label `[]`. Findings: `label.disagreement`, `label.incomplete`,
//! `label.tie` (of several classes with most votes the one declared first stands, of two ratings in the middle the lower one; with `on_tie = "review"` a review),
//! `label.none` (some say that there is no answer, and others give one), `label.outvoted` (annotations that fewer than half of the annotators gave), `class.unused` (declared classes
//! that no label has). Facts: `labelled`, `unlabelled`, `votes`, `incomplete` (of the samples that stay), `ties`, and
//! `count.CLASS`, the annotations (or labels) of a class; `agreement` where `[label.TASK.agreement]` is declared. Limits: ratings are counted where they are whole numbers.
use super::aggregate::OnTie;
use super::counted::{Gather, count};
use super::decided::{DecidedColumn, column_of};
use super::declaration::{OnIncomplete, Unlabelled, checked};
use super::kinds::kind::{Kind, Method};
use super::ranked::Borda;
use super::rows::{Note, optional, short, slot, tell};
use super::voted::Voted;
use super::weighed;
use super::worded;
use crate::measure::aggregate::{majority, majority_holds, median_holds, middle};
use crate::model::votes::{TIED, Vote, VotesColumn, is_nothing};
use crate::stage::*;
use crate::table::value::column;
use crate::table::{Cell, Value, utf8};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

pub const ENTRY: Entry = Entry::row::<Stage>("label", "label.*", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(task) = checked(check) else { return Vec::new() };
    let method = task.method();
    let sources: Vec<String> = task.columns().map(|(name, _, _)| name.clone()).collect();
    let may_differ = task.annotated().count() > 1 || task.annotated().any(|answers| answers.files.is_some());
    let on_incomplete = task.declared.on_incomplete;
    let classes = match method {
        Method::Borda => task.names(),
        // somebody may have said what nobody else did
        Method::Majority if task.kind().prose => vec![String::new()],
        method if method == Method::Majority || method.learns() => task.categories(),
        _ => Vec::new(),
    };
    let map = Map {
        task: task.name.clone(),
        kind: task.kind(),
        method,
        classes,
        sources,
        unlabelled: task.declared.unlabelled,
        on_incomplete,
        open: check.manifest.table(&["privacy"]).is_none(),
        on_tie: task.on_tie(),
        decided: check.column("samples", &column_of(&task.name)).is_some(),
        target: task.aimed_at(check),
    };
    let mut gates = Vec::new();
    if !task.may_lose_all() {
        let least =
            Gate::at_least(task.key("from"), format!("{}.labelled", task.path), 1u64.into(), check.span.clone());
        let say = format!("no sample has a label of {}", task.path);
        gates.push(least.say(say).look(format!("tamis show {} --findings", task.path)));
    }
    let ports = Ports {
        table: "samples".into(),
        reads: [
            Some(task.votes().0),
            map.decided.then(|| column_of(&task.name)),
            method.learns().then(|| weighed::column_of(&task.name)),
            map.target.clone(),
        ]
        .into_iter()
        .flatten()
        .collect(),
        writes: writes([
            (format!("label.{}", task.name), task.label()),
            (format!("status.{}", task.name), Column::new(utf8()).inner().harmless()),
        ]),
        drops: on_incomplete != OnIncomplete::Keep
            || method == Method::Single && may_differ
            || task.on_tie() == OnTie::Review,
        facts: task.declared.agreement.iter().map(|_| format!("{}/agreement.value", task.path)).collect(),
        ..Ports::default()
    };
    let measured = task.declared.agreement.is_some();
    let gather =
        Gather { task: task.name.clone(), classes: task.names(), ranked: task.kind().candidates.is_some(), measured };
    vec![Plan { gates, ..Plan::row::<Stage>(ports, &map, &gather, &Nothing {}) }]
}

/// The rule by which votes become a label.
#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    task: String,
    #[serde(default, skip_serializing_if = "is_default")]
    kind: &'static Kind,
    #[serde(default, skip_serializing_if = "is_default")]
    method: Method,
    /// The classes in the declared order, which decides ties.
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
    /// The names of sources that are columns.
    #[serde(default, skip_serializing_if = "is_default")]
    sources: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    unlabelled: Unlabelled,
    #[serde(default, skip_serializing_if = "is_default")]
    on_incomplete: OnIncomplete,
    /// Words of the data may be told: there is no `[privacy]`.
    #[serde(default, skip_serializing_if = "is_default")]
    open: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    on_tie: OnTie,
    /// People may have decided about labels.
    #[serde(default, skip_serializing_if = "is_default")]
    decided: bool,
    /// The label whose shapes or spans answers are about.
    #[serde(default, skip_serializing_if = "is_default")]
    target: Option<String>,
}

/// So many answers are told of a sample whose answers differ.
const TOLD: usize = 4;

struct Stage;

impl RowStage for Stage {
    const MAP: u32 = 5; // 4: who says that there is no answer; 5: two ratings in the middle are a tie
    const GATHER: Option<GatherPart<Self>> = Some((3, Gather::gather));
    type Map = Map;
    type Gather = Gather;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let votes = rows.column(&format!("votes.{}", p.task))?;
        let decided = DecidedColumn::read(rows, &p.task)?;
        let weighed = optional(rows, &weighed::column_of(&p.task))?;
        let target = p.target.as_ref().map_or(Ok(None), |name| optional(rows, name))?;
        let nothing = |row: usize| slot(&target, row) == Value::List(Vec::new());
        let mut delta = Delta::default();
        let all = VotesColumn::of(votes.as_ref());
        let (mut labels, mut states) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for row in 0..rows.len() {
            let votes = all.list(row);
            let mut notes = Vec::new();
            let (label, status) = match decided.of(row) {
                Some(label) => (label, Some(DECIDED)),
                None => match p.settle(votes.as_deref(), &slot(&weighed, row), &mut notes) {
                    // where there is no shape, nothing is to be said of one
                    (Value::Null, None) if nothing(row) => (Value::List(Vec::new()), Some("source")),
                    settled => settled,
                },
            };
            count(summary, row, votes.as_deref().unwrap_or_default(), &label, &notes);
            tell(&mut delta, row, notes);
            labels.push(label);
            states.push(status.map_or(Value::Null, |s| Value::Text(s.into())));
        }
        if states.iter().any(|s| *s != Value::Null) {
            delta.write(format!("label.{}", p.task), column(&(p.kind.answer)(), &labels).map_err(Fault::Bug)?);
            delta.write(format!("status.{}", p.task), column(&utf8(), &states).map_err(Fault::Bug)?);
        }
        Ok(delta)
    }
}

const INCOMPLETE: &str = "incomplete";

/// A person decided what the label is.
const DECIDED: &str = "decided";

impl Map {
    /// Returns the label and the status of a row.
    fn settle(&self, votes: Option<&[Vote]>, weighed: &Value, notes: &mut Vec<Note>) -> (Value, Option<&'static str>) {
        let Some(votes) = votes else {
            return match self.unlabelled {
                Unlabelled::Negative => (Value::List(Vec::new()), Some("source")),
                Unlabelled::Missing => (Value::Null, None),
            };
        };
        let given: Vec<&Vote> = votes.iter().filter(|v| v.answer != Value::Null).collect();
        let Some((first, others)) = given.split_first() else {
            let lost: u32 = votes.iter().map(|v| v.lost).sum();
            if lost > 0 {
                self.incomplete("no answer is left of which something could be used".into(), votes, notes);
            }
            return (Value::Null, (lost > 0).then_some(INCOMPLETE));
        };
        let (label, status) = self.aggregate(votes, weighed, notes);
        let Some(label) = label else { return (Value::Null, None) };
        let lost: u32 = given.iter().map(|v| v.lost).sum();
        let unread = votes.iter().filter(|v| v.answer == Value::Null && v.lost > 0).count();
        let incomplete = lost > 0 || !self.holds(&given, unread);
        if lost > 0 {
            let annotations = if lost == 1 { "1 annotation was".into() } else { format!("{lost} annotations were") };
            self.incomplete(format!("{annotations} lost; the label has what is left"), votes, notes);
        } else if incomplete {
            let answers = if unread == 1 { "1 answer".into() } else { format!("{unread} answers") };
            let say = format!("{answers} of {} could not be used and may have decided", votes.len());
            self.incomplete(say, votes, notes);
        }
        let source = others.is_empty() && self.sources.contains(&first.origin);
        let status = match status {
            "aggregated" | TIED if incomplete => INCOMPLETE,
            "aggregated" if source => "source",
            own => own,
        };
        (label, Some(status))
    }

    /// Whether the label would be the same whatever the answers were that could not be used.
    fn holds(&self, given: &[&Vote], unread: usize) -> bool {
        match self.method {
            _ if unread == 0 => true,
            Method::Single => true,
            Method::Vote | Method::BoxFusion => self.vote(given).is_some_and(|voted| voted.holds(unread)),
            Method::All | Method::Longest => false,
            // what is not known weighs what nobody knows
            method if method.learns() => false,
            Method::Borda => self.borda(given).is_some_and(|borda| borda.holds(unread)),
            Method::Majority => {
                let words = self.words_given(given);
                majority_holds(&words.iter().map(String::as_str).collect::<Vec<_>>(), &self.classes, unread)
            }
            _ => median_holds(&ratings_given(given), unread),
        }
    }

    /// Notes that something of the label is missing.
    fn incomplete(&self, say: String, votes: &[Vote], notes: &mut Vec<Note>) {
        let act = match self.on_incomplete {
            OnIncomplete::Review => Act::Hold,
            OnIncomplete::Drop => Act::DROP,
            OnIncomplete::Keep => Act::Finding,
        };
        let key = format!("label.{}.on_incomplete", self.task);
        let vote = votes.iter().position(|v| v.lost > 0);
        let by = vote.and_then(|n| votes.get(n)).filter(|_| self.open);
        let by = by.map_or(String::new(), |v| format!("; by `{}`", short(&v.annotator)));
        notes.push(Note { vote, ..Note::new(act, key, "label.incomplete", format!("{say}{by}")) });
    }

    /// Notes that answers differ: about the first vote that says something else than the label.
    fn differ(&self, votes: &[Vote], label: Option<&Value>, note: Note, notes: &mut Vec<Note>) {
        let other = |v: &Vote| v.answer != Value::Null && Some(&v.answer) != label;
        let say = if self.open { format!("{}: {}", note.say, self.answers(votes)) } else { note.say };
        notes.push(Note { say, vote: votes.iter().position(other), ..note });
    }

    /// `a` says `x`, `b` says `y`: the first answers.
    fn answers(&self, votes: &[Vote]) -> String {
        let given: Vec<&Vote> = votes.iter().filter(|v| v.answer != Value::Null).collect();
        let says = |v: &&Vote| format!("`{}` says `{}`", short(&v.annotator), short(&(self.kind.words)(&v.answer)));
        let told: Vec<String> = given.iter().take(TOLD).map(says).collect();
        let more = given.len() - told.len();
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        format!("{}{more}", told.join(", "))
    }

    /// Makes one label of the answers that count.
    fn aggregate(&self, votes: &[Vote], weighed: &Value, notes: &mut Vec<Note>) -> (Option<Value>, &'static str) {
        let key = || format!("label.{}.aggregate", self.task);
        let given: Vec<&Vote> = votes.iter().filter(|v| v.answer != Value::Null).collect();
        let first = given.first().map(|v| v.answer.clone());
        match self.method {
            Method::Single if given.iter().any(|v| Some(&v.answer) != first.as_ref()) => {
                let say = format!("{} answers differ; the first annotator's stands", given.len());
                let note = Note::new(Act::Review, key(), "label.disagreement", say);
                self.differ(votes, first.as_ref(), note, notes);
                (first, "held")
            }
            Method::Single => (first, "aggregated"),
            Method::Majority => self.majority(votes, &given, notes),
            Method::All | Method::Longest => {
                self.unanswered(votes, &given, notes);
                let join = if self.method == Method::All { worded::all } else { worded::longest };
                (join(&answers(&given)), "aggregated")
            }
            Method::Borda => self.ranked(votes, &given, notes),
            method if method.learns() => self.weighed(votes, weighed, notes),
            method if method.votes() => self.voted(votes, &given, notes),
            _ => self.rated(votes, &given, notes),
        }
    }
}

impl Map {
    /// The class with most votes.
    fn majority(&self, votes: &[Vote], given: &[&Vote], notes: &mut Vec<Note>) -> (Option<Value>, &'static str) {
        let words = self.words_given(given);
        let answers: Vec<&str> = words.iter().map(String::as_str).collect();
        let label = majority(&answers, &self.classes);
        let times = |class: &str| answers.iter().filter(|a| **a == class).count();
        let most = label.as_deref().map_or(0, times);
        let tied: BTreeSet<&str> = answers.iter().copied().filter(|a| times(a) == most).collect();
        let own = |v: &&&Vote| self.kind.word(&v.answer) == label;
        let label = given.iter().find(own).map(|v| v.answer.clone());
        let is_tied = tied.len() > 1;
        if is_tied {
            let each = if most == 1 { "1 vote".to_string() } else { format!("{most} votes") };
            let what = if self.kind.classes { "classes" } else { "answers" };
            let first = if self.kind.prose { "first in the order of letters" } else { "one declared first" };
            let say = format!("{} {what} have {each} each; the {first} stands", tied.len());
            self.tie(votes, label.as_ref(), say, notes);
        }
        (label, if is_tied { TIED } else { "aggregated" })
    }

    /// The rating in the middle.
    fn rated(&self, votes: &[Vote], given: &[&Vote], notes: &mut Vec<Note>) -> (Option<Value>, &'static str) {
        let Some((low, high)) = middle(&mut ratings_given(given)) else { return (None, "aggregated") };
        if low == high {
            return (Some(Value::Float(low)), "aggregated");
        }
        let label = Some(Value::Float(low));
        let say = format!("{low} and {high} are both in the middle of {} ratings; the lower one stands", given.len());
        self.tie(votes, label.as_ref(), say, notes);
        (label, TIED)
    }

    /// Notes that some say that there is no answer where others give one, which the label then has.
    fn unanswered(&self, votes: &[Vote], given: &[&Vote], notes: &mut Vec<Note>) {
        let none = given.iter().filter(|v| is_nothing(&v.answer)).count();
        if none > 0 && none < given.len() {
            let say =
                format!("{none} of {} say that there is no answer; the label has what the others say", given.len());
            let note = Note::new(Act::Finding, format!("label.{}.aggregate", self.task), "label.none", say);
            self.differ(votes, None, note, notes);
        }
    }

    /// The class that was found most likely.
    fn weighed(&self, votes: &[Vote], found: &Value, notes: &mut Vec<Note>) -> (Option<Value>, &'static str) {
        let label = Some(found.field("class").clone()).filter(|class| *class != Value::Null);
        let tied = *found.field("tied") == Value::Bool(true);
        if tied {
            let say = "several classes are as likely; the one declared first stands".to_string();
            self.tie(votes, label.as_ref(), say, notes);
        }
        (label, if tied { TIED } else { "aggregated" })
    }

    /// What the answers say, of which most may have said the same.
    fn words_given(&self, given: &[&Vote]) -> Vec<String> {
        given.iter().filter_map(|v| self.kind.word(&v.answer)).collect()
    }

    fn borda(&self, given: &[&Vote]) -> Option<Borda> {
        Borda::of(&answers(given), &self.classes)
    }

    /// The candidates by the sum of their ranks.
    fn ranked(&self, votes: &[Vote], given: &[&Vote], notes: &mut Vec<Note>) -> (Option<Value>, &'static str) {
        let Some(borda) = self.borda(given) else { return (None, "aggregated") };
        let (label, ties) = (borda.label(), borda.ties());
        if given.len() > 1 && ties > 0 {
            let say = format!("{ties} candidates have the same sum of ranks as another one; they share a rank");
            self.tie(votes, Some(&label), say, notes);
            return (Some(label), TIED);
        }
        (Some(label), "aggregated")
    }

    fn vote(&self, given: &[&Vote]) -> Option<Voted> {
        self.kind.vote.map(|vote| vote(&answers(given)))
    }

    /// The annotations that most annotators gave.
    fn voted(&self, votes: &[Vote], given: &[&Vote], notes: &mut Vec<Note>) -> (Option<Value>, &'static str) {
        let Some(Voted { label, ties, outvoted, .. }) = self.vote(given) else { return (None, "aggregated") };
        if outvoted > 0 {
            let key = format!("label.{}.aggregate", self.task);
            let say =
                format!("{outvoted} annotations that fewer than half of {} annotators gave are left out", given.len());
            notes.push(Note::new(Act::Finding, key, "label.outvoted", say));
        }
        if ties > 0 {
            let say =
                format!("{ties} annotations were given by half of {} annotators; the first one's stand", given.len());
            self.tie(votes, Some(&label), say, notes);
        }
        (Some(label), if ties > 0 { TIED } else { "aggregated" })
    }

    /// Notes a tie, which may wait for a person.
    fn tie(&self, votes: &[Vote], label: Option<&Value>, say: String, notes: &mut Vec<Note>) {
        let act = if self.on_tie == OnTie::Review { Act::Review } else { Act::Finding };
        let note = Note::new(act, format!("label.{}.aggregate", self.task), "label.tie", say);
        self.differ(votes, label, note, notes);
    }
}

fn answers<'v>(given: &[&'v Vote]) -> Vec<&'v Value> {
    given.iter().map(|v| &v.answer).collect()
}

/// The ratings that the answers give.
fn ratings_given(given: &[&Vote]) -> Vec<f64> {
    given.iter().filter_map(|v| f64::from_value(&v.answer)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::kinds::named;
    use super::super::testing::{Bytes, rows, rules, spans, vote, votes};
    use super::*;
    use crate::table::{ArrayRef, texts, value_at};

    fn map(kind: &str, method: Method) -> Map {
        let kind = named(kind).unwrap();
        Map { task: "t".into(), kind, method, sources: names(&["col"]), ..Map::default() }
    }

    /// Labels and states of rows of (annotator, source, answer).
    fn run(p: &Map, of: Vec<Option<Vec<Vote>>>) -> (Vec<Value>, Vec<Option<String>>, Delta, Summary) {
        let mut summary = Summary::default();
        let blobs = Bytes::default();
        let n = of.len();
        let delta = Stage::map(p, &rows(&blobs, vec![("votes.t", votes(p.kind, of))]), &mut summary).unwrap();
        let label = delta.columns.get("label.t");
        let labels: Vec<Value> = (0..n).map(|i| label.map_or(Value::Null, |a| value_at(a.as_ref(), i))).collect();
        let text = |a: &ArrayRef| texts(a.as_ref()).into_iter().map(|t| t.map(str::to_string)).collect::<Vec<_>>();
        let states = delta.columns.get("status.t").map(text).unwrap_or_default();
        (labels, states, delta, summary)
    }

    fn status(of: &[&str]) -> Vec<Option<String>> {
        of.iter().map(|s| Some(s.to_string()).filter(|s| !s.is_empty())).collect()
    }

    #[test]
    fn the_lower_median_of_ratings() {
        let votes = |of: &[f64]| Some(of.iter().map(|x| vote(&format!("a{x}"), "crowd", Value::Float(*x))).collect());
        let rows = vec![votes(&[4.0, 1.0]), votes(&[5.0, 2.0, 5.0, 3.0]), votes(&[]), None, votes(&[1.0])];
        let (labels, states, delta, _) = run(&map("rating", Method::Median), rows);
        let want = [Value::Float(1.0), Value::Float(3.0), Value::Null, Value::Null, Value::Float(1.0)];
        assert_eq!(labels, want);
        assert_eq!(states, status(&["tied", "tied", "", "", "aggregated"]));
        assert_eq!(rules(&delta), [(0, "label.tie"), (1, "label.tie")]);
        let (_, states, delta, _) =
            run(&map("rating", Method::Median), vec![votes(&[2.0, 5.0, 1.0]), votes(&[3.0, 3.0])]);
        assert_eq!((states, delta.events.len()), (status(&["aggregated", "aggregated"]), 0));
    }

    #[test]
    fn the_class_with_most_votes_and_ties_in_declared_order() {
        let votes = |of: &[&str]| Some(of.iter().map(|c| vote("a", "crowd", Value::Text(c.to_string()))).collect());
        let p = Map { classes: names(&["B", "A"]), ..map("classification", Method::Majority) };
        let (labels, _, _, _) = run(&p, vec![votes(&["A", "B"]), votes(&["A", "B", "A"])]);
        assert_eq!(labels, [Value::Text("B".into()), Value::Text("A".into())]);
    }

    #[test]
    fn answers_that_differ_are_held() {
        let (one, two) = (spans(&[("A", 0, 1)]), spans(&[]));
        let rows = vec![
            Some(vec![vote("a", "col", one.clone()), vote("b", "w", two.clone())]),
            Some(vec![vote("a", "col", one.clone()), vote("b", "w", one.clone())]),
            Some(vec![vote("a", "col", two.clone())]),
            Some(vec![vote("a", "w", Value::Null)]),
        ];
        let (labels, states, delta, _) = run(&map("ner", Method::Single), rows);
        assert_eq!(labels, [one.clone(), one, two, Value::Null]);
        assert_eq!(states, status(&["held", "aggregated", "source", ""]));
        assert_eq!(rules(&delta), [(0, "label.disagreement")]);
        assert_eq!(delta.events[0].act, Act::Review);
    }

    #[test]
    fn nobody_asked_is_null_or_negative() {
        let (labels, _, delta, _) = run(&map("ner", Method::Single), vec![None]);
        assert_eq!((labels, delta.columns.len()), (vec![Value::Null], 0));
        let p = Map { unlabelled: Unlabelled::Negative, ..map("ner", Method::Single) };
        let (labels, states, _, _) = run(&p, vec![None]);
        assert_eq!((labels, states), (vec![Value::List(vec![])], status(&["source"])));
        assert_eq!(text(&Map::default()), "{}");
    }

    #[test]
    fn what_was_lost_is_incomplete_and_never_negative() {
        let lost = |answer, lost| Vote { lost, ..vote("a", "col", answer) };
        let rows = || {
            vec![
                Some(vec![lost(Value::Null, 1)]),
                Some(vec![lost(spans(&[("A", 0, 1)]), 2)]),
                Some(vec![lost(Value::Null, 1), vote("b", "w", spans(&[]))]),
            ]
        };
        for (on_incomplete, act) in
            [(OnIncomplete::Review, Act::Hold), (OnIncomplete::Drop, Act::DROP), (OnIncomplete::Keep, Act::Finding)]
        {
            let p = Map { unlabelled: Unlabelled::Negative, on_incomplete, ..map("ner", Method::Single) };
            let (labels, states, delta, _) = run(&p, rows());
            assert_eq!(labels, [Value::Null, spans(&[("A", 0, 1)]), spans(&[])]);
            assert_eq!(states, status(&["incomplete", "incomplete", "aggregated"]));
            assert_eq!(rules(&delta), [(0, "label.incomplete"), (1, "label.incomplete")]);
            assert!(delta.events.iter().all(|e| e.act == act));
        }
    }

    #[test]
    fn a_tie_is_told() {
        let votes = |of: &[&str]| Some(of.iter().map(|c| vote("a", "crowd", Value::Text(c.to_string()))).collect());
        let p = Map { classes: names(&["B", "A"]), ..map("classification", Method::Majority) };
        let (_, _, delta, _) = run(&p, vec![votes(&["A", "B"]), votes(&["A", "B", "A"]), votes(&["A"])]);
        assert_eq!(rules(&delta), [(0, "label.tie")]);
    }

    #[test]
    fn a_lost_answer_that_may_have_decided_leaves_the_label_incomplete() {
        let class = |c: &str| vote("a", "crowd", Value::Text(c.into()));
        let lost = || Vote { lost: 1, ..vote("b", "crowd", Value::Null) };
        let p = Map { classes: names(&["neg", "pos"]), ..map("classification", Method::Majority) };
        let rows = vec![
            Some(vec![class("neg"), lost(), lost()]),
            Some(vec![class("neg"), lost()]),
            Some(vec![class("pos"), class("pos"), class("pos"), lost()]),
        ];
        let (labels, states, delta, _) = run(&p, rows);
        assert_eq!(labels, ["neg", "neg", "pos"].map(|c| Value::Text(c.into())));
        assert_eq!(states, status(&["incomplete", "aggregated", "aggregated"]));
        assert_eq!(rules(&delta), [(0, "label.incomplete")]);
        assert_eq!(delta.events[0].act, Act::Hold);
    }

    #[test]
    fn facts_count_rows_votes_and_classes() {
        let rows = vec![Some(vec![vote("a", "col", spans(&[("A", 0, 1), ("A", 2, 3), ("B", 4, 5)]))]), None];
        let (_, _, _, summary) = run(&map("ner", Method::Single), rows);
        let out = crate::stage::testing::gathered::<Stage>(&Gather::default(), &summary);
        let facts: Vec<(String, String)> = out.facts.into_iter().map(|(n, f)| (n, f.to_string())).collect();
        let want = [
            ("count.A", "2"),
            ("count.B", "1"),
            ("incomplete", "0"),
            ("labelled", "1"),
            ("ties", "0"),
            ("unlabelled", "1"),
            ("votes", "1"),
        ];
        assert_eq!(facts, want.map(|(n, f)| (n.to_string(), f.to_string())));
    }
}

//! `label.TASK/decided`: what people decided about the labels of single samples, brought to the samples.
//!
//! ```toml
//! [review]
//! files = ["reviews/*.jsonl"]
//! on_stale = "reopen"
//! ```
//!
//! A line `{"id":"a","step":"label.topic","decision":"label","value":"law","by":"kim"}` says that the sample `a` has the label
//! `law`, whatever its annotators said. The lines are the right side of a join on `id`: one more runs one partition again. The
//! step is there with `[review] files`, or once a line decides about a label of the task. It writes `decided.TASK`, a list with the
//! decision as a vote, or null.
//!
//! Reviews: `review.stale` (the text or the answers have changed since somebody decided; with `on_stale = "keep"` it is a
//! finding and the decision holds), `review.value` (the label cannot be right: a place outside of the text or the image, a shape
//! without an area; the decision does not count), `review.contradiction` (two people say different things; a line with `over = [...]`
//! that names the others settles it). Diagnostic: `T0605`, a value that is no answer to the task. Limits: places of a decided
//! label count in the text behind all preprocessing.
use super::declaration::{Declaration, Task, checked};
use super::kinds::answer::is_taken;
use super::kinds::kind::{Judge, Kind, Reading, number};
use super::kinds::unparted;
use super::rows::{optional, slot};
use crate::diag::{Diagnostic, suggest};
use crate::manifest::Decimal;
use crate::manifest::sections::{OnStale, Review};
use crate::model::attributes::Attribute;
use crate::model::decisions::{Decided, Verdict, seen};
use crate::model::votes::{Vote, classes_of};
use crate::stage::*;
use crate::table::value::column;
use crate::table::{ArrayRef, Cell, Value, array_of, value_at};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

pub const ENTRY: Entry = Entry::join::<Stage>("label/decided", "label.*", declare);

/// What a decided label says that it came from.
pub const ORIGIN: &str = "review";

/// The column of the decisions about a task.
pub fn column_of(task: &str) -> String {
    format!("decided.{task}")
}

/// The column that is the content of a sample for people who decide: the text of spans, or else the image.
pub fn content_of(check: &Check, task: &Task) -> Option<String> {
    let image = || Some("image".to_string()).filter(|name| check.column("samples", name).is_some());
    task.text.clone().or_else(image)
}

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(task) = checked(check) else { return Vec::new() };
    let review: Review = check.section(&["review"]);
    let own = |told: &&DecidedAt| told.decided.step == task.path && told.decided.decision == Verdict::Label;
    let told: Vec<DecidedAt> = check.decided.iter().filter(own).cloned().collect();
    if review.files.is_empty() && told.is_empty() {
        return Vec::new();
    }
    for one in &told {
        let value = one.decided.value.as_ref().unwrap_or(&Json::Null);
        if let Err(say) = judged(&task.declared, &task.path, value) {
            let message = format!("{}: the value is no answer to {}", one.place, task.path);
            check.bad(Diagnostic::error("T0605", one.span.clone(), message).label(say));
        }
    }
    let content = content_of(check, &task);
    let all = task.kind().bounds.iter().all(|name| check.column("samples", name).is_some());
    let bounds: Vec<String> = task.kind().bounds.iter().filter(|_| all).map(|name| name.to_string()).collect();
    let target = task.aimed_at(check);
    let (table, votes) = (format!("{}/decided", task.path), task.votes().0);
    let right = Right {
        table: table.clone(),
        key: "item".into(),
        on: "id".into(),
        reads: names(&["value", "by", "seen", "over"]),
        unmatched: Some(("review.unmatched".into(), "review.files".into())),
    };
    let answers = Column::new(Vote::list_of(&(task.kind().answer)())).inner();
    let ports = Ports {
        table: "samples".into(),
        reads: [votes].into_iter().chain(content.clone()).chain(bounds.iter().cloned()).chain(target.clone()).collect(),
        writes: writes([(column_of(&task.name), if task.kind().prose { answers } else { answers.harmless() })]),
        drops: true,
        right: Some(right),
        ..Ports::default()
    };
    let points = task.declared.keypoints.as_ref().map_or(0, |p| p.names.len());
    let candidates = task.declared.candidates.iter().map(|c| c.get().clone()).collect();
    let gate = met(check, &task.path);
    let (task, kind) = (task.name.clone(), task.kind());
    let join = Join { task, kind, content, on_stale: review.on_stale, bounds, target, points, candidates };
    vec![Plan {
        literal: Some(literal(table, &told)),
        gates: vec![gate],
        reopens: true,
        ..Plan::join::<Stage>(ports, &join).word("decided")
    }]
}

/// Decisions of which none is about a sample are those of other data, or name samples in another way.
fn met(check: &Check, task: &str) -> Gate {
    let place = ["review.files", "review.file", "review"].iter().find_map(|key| check.manifest.span_of(key));
    let (step, all_but_one) = (format!("{task}/decided"), Decimal::parse("0.999999").unwrap_or_default());
    let fact = format!("{step}.unmatched_share");
    Gate::at_most("review.files", fact, all_but_one, place.unwrap_or(check.span.clone()))
        .say(format!("none of what was decided of {task} is about a sample"))
        .look(format!("tamis show {step} --findings"))
}

/// The lines as a table; of several by one person about one sample the last counts.
fn literal(table: String, told: &[DecidedAt]) -> Literal {
    let mut last: BTreeMap<(&str, &str), &DecidedAt> = BTreeMap::new();
    told.iter().for_each(|one| {
        last.insert((&one.decided.id, &one.decided.by), one);
    });
    let all: Vec<&DecidedAt> = last.into_values().collect();
    let of = |f: fn(&Decided) -> Option<String>| array_of(all.iter().map(|one| f(&one.decided)));
    let columns = [
        ("id", of(|d| Some(format!("{}\t{}", d.id, d.by)))),
        ("item", of(|d| Some(d.id.clone()))),
        ("value", of(|d| d.value.as_ref().map(answer_text))),
        ("by", of(|d| Some(d.by.clone()))),
        ("seen", of(|d| d.seen.clone())),
        ("over", of(|d| Some(d.over.join("\t")).filter(|over| !over.is_empty()))),
    ];
    let columns = columns.map(|(name, array)| (name.to_string(), array)).into();
    Literal { table, columns, lines: all.iter().map(|one| one.place.clone()).collect() }
}

/// A value as the text of an answer: a class as it is, the rest as JSON.
pub fn answer_text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

/// Reads the text of an answer that was given in tamis's own form; or why it is none.
pub fn answer(kind: &Kind, text: &str) -> Result<Value, String> {
    let nothing = BTreeMap::new();
    let mut reading = Reading {
        task: "",
        source: ORIGIN,
        map: &nothing,
        names: &[],
        separator: None,
        scheme: Default::default(),
        bio: Default::default(),
        tokens: Vec::new(),
        edits: Vec::new(),
        text: None,
        unit: Default::default(),
        tiled: false,
        frame: None,
        target: None,
        attribute: None,
        unplaced: false,
        open: false,
        notes: Vec::new(),
        lost: 0,
    };
    let answer = kind.read_text(text, &mut reading);
    match (answer, reading.notes.iter().find(|note| !is_taken(note.rule))) {
        (Some(answer), None) => Ok(answer),
        (_, Some(note)) => Err(note.say.clone()),
        (None, None) => Err("this is no answer".into()),
    }
}

/// Reads a value that is an answer to a task: in its form, with its classes and on its scale. Or says why it is none.
pub fn judged(task: &Declaration, path: &str, value: &Json) -> Result<Value, String> {
    let answer = answer(task.task, &answer_text(value))?;
    let known = |class: &String| task.classes.iter().any(|c| c.get() == class);
    if task.task.classes
        && let Some(other) = classes_of(&answer).iter().find(|class| !known(class))
    {
        let near = || suggest(other, task.classes.iter().map(|c| c.as_str()));
        let several = unparted(other, |part| task.classes.iter().any(|c| c.get() == part));
        let help = several.filter(|_| task.task.is_set()).unwrap_or_else(near);
        return Err(format!("`{other}` is not a class of {path}: {help}"));
    }
    if task.task.candidates.is_some() || task.task.is_free() {
        let (names, nothing) = (task.candidates.iter().map(|c| c.get().clone()).collect::<Vec<_>>(), BTreeMap::new());
        let mut judge = Judge::unbound(path, &names, &nothing);
        judge.open = true;
        let judged = (task.task.judge)(&answer, &mut judge);
        return match judge.notes.first() {
            Some(note) => Err(note.say.clone()),
            None => judged.ok_or_else(|| "this is no answer".to_string()),
        };
    }
    let outside = |x: f64| task.scale.as_ref().is_some_and(|s| x < s.min.to_f64() || x > s.max.to_f64());
    match f64::from_value(&answer) {
        Some(x) if task.task.scale && outside(x) => Err(format!("{x} lies outside of the scale")),
        _ => Ok(answer),
    }
}

/// The column whose values people decide by, if the plan is one of this step.
pub fn content(plan: &Plan) -> Option<String> {
    serde_json::from_str::<Join>(plan.params(Kernel::Join)).ok()?.content
}

#[derive(Serialize, Deserialize, Default)]
struct Join {
    #[serde(default, skip_serializing_if = "is_default")]
    task: String,
    #[serde(default, skip_serializing_if = "is_default")]
    kind: &'static Kind,
    /// The column that people look at.
    #[serde(default, skip_serializing_if = "is_default")]
    content: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    on_stale: OnStale,
    /// The columns of numbers that bound an answer, where they are known.
    #[serde(default, skip_serializing_if = "is_default")]
    bounds: Vec<String>,
    /// The label whose shapes or spans the answers are about.
    #[serde(default, skip_serializing_if = "is_default")]
    target: Option<String>,
    /// How many points the task names.
    #[serde(default, skip_serializing_if = "is_default")]
    points: usize,
    /// The declared candidates.
    #[serde(default, skip_serializing_if = "is_default")]
    candidates: Vec<String>,
}

struct Stage;

/// A decision about a row.
struct Line {
    value: String,
    by: String,
    seen: Option<String>,
    over: Vec<String>,
}

impl JoinStage for Stage {
    const JOIN: u32 = 4; // 4: who decided differently is named; 3: what cannot be right is no decision; how an answer in free words is taken is no fault of it
    type Join = Join;

    fn join(p: &Join, left: &Rows, matches: &[Vec<usize>], right: &Rows) -> Result<Delta, Fault> {
        let votes = left.column(&format!("votes.{}", p.task))?;
        let content = p.content.as_ref().map_or(Ok(None), |name| optional(left, name))?;
        let target = p.target.as_ref().map_or(Ok(None), |name| optional(left, name))?;
        let bounds = p.bounds.iter().map(|name| left.column(name)).collect::<Result<Vec<_>, Fault>>()?;
        let lines = Lines::read(right)?;
        let (mut delta, mut decided) = (Delta::default(), Vec::with_capacity(left.len()));
        for (row, hits) in matches.iter().enumerate() {
            let own: Vec<Line> = hits.iter().filter_map(|hit| lines.line(*hit)).collect();
            let now = (!own.is_empty())
                .then(|| seen_now(&slot(&content, row), &slot(&target, row), &value_at(votes.as_ref(), row)));
            let line = p.settled(row, &own, now.as_deref().unwrap_or_default(), &mut delta);
            let vote = line.map(|line| p.vote(line)).transpose()?;
            let bounds: Vec<Option<f64>> = bounds.iter().map(|array| number(&value_at(array.as_ref(), row))).collect();
            let vote = vote.and_then(|vote| {
                p.aimed(row, &vote.answer, &slot(&target, row), &mut delta)?;
                let answer = p.may_be(row, &vote.answer, &slot(&content, row), &bounds, &mut delta)?;
                Some(Vote { answer, ..vote })
            });
            decided.push(vote.map_or(Value::Null, |vote| Value::List(vec![vote.into_value()])));
        }
        if decided.iter().any(|d| *d != Value::Null) {
            let ty = Vote::list_of(&(p.kind.answer)());
            delta.write(column_of(&p.task), column(&ty, &decided).map_err(Fault::Bug)?);
        }
        Ok(delta)
    }
}

/// The columns of the lines.
struct Lines([Vec<Option<String>>; 4]);

impl Lines {
    fn read(right: &Rows) -> Result<Lines, Fault> {
        Ok(Lines([right.texts("value")?, right.texts("by")?, right.texts("seen")?, right.texts("over")?]))
    }

    fn line(&self, hit: usize) -> Option<Line> {
        let at = |i: usize| self.0.get(i)?.get(hit).cloned().flatten();
        let over = at(3).map(|o| o.split('\t').map(str::to_string).collect()).unwrap_or_default();
        Some(Line { value: at(0)?, by: at(1)?, seen: at(2), over })
    }
}

/// What somebody sees who decides now: the content, the shapes or spans that the answers are about, and the answers.
pub fn seen_now(content: &Value, shapes: &Value, votes: &Value) -> String {
    let mut content = match content {
        Value::Bytes(digest) => digest.iter().map(|b| format!("{b:02x}")).collect(),
        other => other.key_text().unwrap_or_default(),
    };
    if *shapes != Value::Null {
        content = format!("{content}\n{}", shapes.json());
    }
    let votes = Vote::list(votes).unwrap_or_default();
    seen(&content, votes.into_iter().map(|v| (v.annotator, v.answer.json())))
}

impl Join {
    /// The decision that holds for a row, if there is one.
    fn settled<'l>(&self, row: usize, own: &'l [Line], now: &str, delta: &mut Delta) -> Option<&'l Line> {
        let others = |line: &Line| own.iter().filter(|o| o.value != line.value).all(|o| line.over.contains(&o.by));
        let Some(line) = own.iter().find(|line| others(line)) else {
            if !own.is_empty() {
                let by: Vec<&str> = own.iter().map(|line| line.by.as_str()).collect();
                let n = own.len();
                let say = format!("{n} people decided differently ({}); a line with `over` settles it", by.join(", "));
                delta.event(row, Act::Review, "review.files", "review.contradiction", say);
            }
            return None;
        };
        let stale = line.seen.as_deref().is_some_and(|seen| seen != now);
        if stale {
            let reopen = self.on_stale == OnStale::Reopen;
            let (act, then) = match reopen {
                true => (Act::Review, "the decision does not count"),
                false => (Act::Finding, "the decision holds"),
            };
            let say = format!("the text or the answers have changed since somebody decided; {then}");
            delta.event(row, act, "review.on_stale", "review.stale", say);
            return (!reopen).then_some(line);
        }
        Some(line)
    }

    /// Whether each shape that a label is about is there; else it is told.
    fn aimed(&self, row: usize, answer: &Value, shapes: &Value, delta: &mut Delta) -> Option<()> {
        let all = match shapes {
            Value::List(all) => all.len(),
            _ => 0,
        };
        let own = Vec::<Attribute>::from_value(answer).filter(|_| self.target.is_some()).unwrap_or_default();
        let Some(beyond) = own.iter().map(|one| one.shape).find(|shape| *shape as usize >= all) else {
            return Some(());
        };
        let say = format!(
            "the decided label cannot be right: there is no shape {beyond} among the {all} of {}; the decision does not count",
            self.target.as_deref().unwrap_or_default()
        );
        delta.event(row, Act::Review, "review.files", "review.value", say);
        None
    }

    /// A label that can be right of its sample: what an annotator's answer would be dropped for is told, and is none.
    fn may_be(
        &self,
        row: usize,
        answer: &Value,
        content: &Value,
        bounds: &[Option<f64>],
        delta: &mut Delta,
    ) -> Option<Value> {
        let chars = content.text().filter(|_| self.kind.on_text).map(|text| text.chars().count() as u32);
        let classes = if self.candidates.is_empty() { classes_of(answer) } else { self.candidates.clone() };
        let nothing = BTreeMap::new();
        let mut judge = Judge { points: self.points, chars, bounds, ..Judge::unbound(&self.task, &classes, &nothing) };
        let judged = (self.kind.judge)(answer, &mut judge);
        let Some(note) = judge.notes.first() else {
            // who chooses all candidates chooses none
            return judged.filter(|_| !self.candidates.is_empty()).or_else(|| Some(answer.clone()));
        };
        let say = format!("the decided label cannot be right: {}; the decision does not count", note.say);
        delta.event(row, Act::Review, "review.files", "review.value", say);
        None
    }

    fn vote(&self, line: &Line) -> Result<Vote, Fault> {
        let answer =
            answer(self.kind, &line.value).map_err(|e| Fault::Bug(format!("a decided label does not read: {e}")))?;
        let (annotator, origin, guideline) = (line.by.clone(), ORIGIN.to_string(), String::new());
        Ok(Vote { annotator, origin, guideline, answer, lost: 0 })
    }
}

/// The decided label of each row, read from the column of decisions.
pub struct DecidedColumn(Option<ArrayRef>);

impl DecidedColumn {
    pub fn read(rows: &Rows, task: &str) -> Result<DecidedColumn, Fault> {
        optional(rows, &column_of(task)).map(DecidedColumn)
    }

    pub fn of(&self, row: usize) -> Option<Value> {
        Vote::list(&slot(&self.0, row))?.into_iter().next().map(|v| v.answer)
    }
}

#[cfg(test)]
mod tests {
    use super::super::kinds::named;
    use super::super::testing::{Bytes, rows, rules, vote, votes, written};
    use super::*;

    /// A value, who decided it, what was seen, and over whom.
    type Written<'w> = (&'w str, &'w str, Option<&'w str>, Option<&'w str>);

    fn run(on_stale: OnStale, lines: &[Written]) -> (Delta, String) {
        let kind = named("classification").unwrap();
        let own = vec![vote("a", "crowd", Value::Text("x".into()))];
        let bytes = Bytes::default();
        let column = votes(kind, vec![Some(own)]);
        let now = seen_now(&Value::Text("words".into()), &Value::Null, &value_at(column.as_ref(), 0));
        let left = rows(&bytes, vec![("votes.t", column), ("text", array_of([Some("words".to_string())]))]);
        let text = |f: fn(&Written) -> Option<String>| array_of(lines.iter().map(f));
        let seen = array_of(lines.iter().map(|l| l.2.map(|s| if s == "now" { now.clone() } else { s.into() })));
        let right = rows(
            &bytes,
            vec![
                ("value", text(|l| Some(l.0.into()))),
                ("by", text(|l| Some(l.1.into()))),
                ("seen", seen),
                ("over", text(|l| l.3.map(str::to_string))),
            ],
        );
        let p = Join { task: "t".into(), kind, content: Some("text".into()), on_stale, ..Join::default() };
        let delta = Stage::join(&p, &left, &[(0..lines.len()).collect()], &right).unwrap();
        let label = written(&delta, "decided.t", 0).map_or(String::new(), |v| v[0].1.text().unwrap().to_string());
        (delta, label)
    }

    #[test]
    fn a_label_that_cannot_be_right_is_no_decision() {
        let kind = named("ner").unwrap();
        let p = Join { task: "t".into(), kind, content: Some("text".into()), ..Join::default() };
        let may_be = |text: &str| {
            let mut delta = Delta::default();
            let good =
                p.may_be(0, &answer(kind, text).unwrap(), &Value::Text("Mina lives".into()), &[], &mut delta).is_some();
            assert_eq!(good, delta.events.is_empty());
            good
        };
        assert!(may_be(r#"[{"class":"PS","start":0,"end":4}]"#) && may_be("[]"));
        assert!(!may_be(r#"[{"class":"PS","start":0,"end":400}]"#));
        assert!(!may_be(r#"[{"class":"PS","start":9,"end":4}]"#) && !may_be(r#"[{"class":"PS","start":3,"end":3}]"#));
    }

    #[test]
    fn an_answer_in_free_words_is_a_decision_however_it_is_spelt() {
        let free = |value: Json| {
            let declared = serde_json::json!({ "task": "answer", "from": {} });
            judged(&serde_json::from_value(declared).unwrap(), "label.t", &value)
        };
        let text = |of: &[&str]| {
            Value::Struct(vec![("text".into(), of.iter().map(|t| t.to_string()).collect::<Vec<_>>().into_value())])
        };
        assert_eq!(free(Json::from("cafe\u{301}")), Ok(text(&["caf\u{e9}"])));
        assert_eq!(free(serde_json::json!({ "text": ["a", "a"] })), Ok(text(&["a"])));
        assert_eq!((free(Json::from("[]")), free(Json::from("[1]"))), (Ok(text(&[])), Ok(text(&["[1]"]))));
        assert!(free(serde_json::json!({ "text": ["a", " "] })).is_err_and(|say| say.contains("white space")));
        assert!(free(serde_json::json!({ "text": "a", "answer_start": 3 })).is_err_and(|say| say.contains("left out")));
    }

    #[test]
    fn a_decision_is_a_vote_of_its_own() {
        let (delta, label) = run(OnStale::Reopen, &[("y", "kim", Some("now"), None)]);
        assert_eq!((rules(&delta), label.as_str()), (vec![], "y"));
        assert_eq!(run(OnStale::Reopen, &[("y", "kim", None, None)]).1, "y", "an older line says not what it saw");
        assert!(run(OnStale::Reopen, &[]).0.columns.is_empty());
        assert_eq!(text(&Join::default()), "{}");
    }

    #[test]
    fn what_has_changed_since_is_asked_again() {
        let (delta, label) = run(OnStale::Reopen, &[("y", "kim", Some("0000000000000000"), None)]);
        assert_eq!((rules(&delta), label.as_str()), (vec![(0, "review.stale")], ""));
        assert_eq!(delta.events[0].act, Act::Review);
        let (delta, label) = run(OnStale::Keep, &[("y", "kim", Some("0000000000000000"), None)]);
        assert_eq!(
            (rules(&delta), label.as_str(), &delta.events[0].act),
            (vec![(0, "review.stale")], "y", &Act::Finding)
        );
    }

    #[test]
    fn two_who_differ_need_a_third() {
        let (delta, label) = run(OnStale::Reopen, &[("y", "kim", None, None), ("z", "lee", None, None)]);
        assert_eq!((rules(&delta), label.as_str()), (vec![(0, "review.contradiction")], ""));
        let three = [("y", "kim", None, None), ("z", "lee", None, None), ("z", "ann", None, Some("kim\tlee"))];
        assert_eq!(run(OnStale::Reopen, &three).1, "z");
        assert_eq!(run(OnStale::Reopen, &[("y", "kim", None, None), ("y", "lee", None, None)]).1, "y", "two who agree");
    }
}

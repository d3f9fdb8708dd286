//! `label.TASK/check`: no annotation that cannot be right gets past this step.
//!
//! ```toml
//! [label.cells.problems]
//! degenerate = "drop"
//! class = "review"
//! outside = "fix"
//! ```
//!
//! Reads `votes.TASK`, of spans the text, of boxes `width` and `height` where they are known. Writes `votes.TASK` and
//! `classes.TASK`, the sorted set of classes in all votes (of ratings their numbers). Findings: `class.undeclared`,
//! `span.empty`, `span.outside`, `box.degenerate`, `box.outside`, `rating.outside`, `guideline.major`. A class or a
//! rating that goes takes its vote with it. Limits: an image of unknown size has no outside.
use super::declaration::{OnMajor, Respond, Task, checked};
use super::{Note, optional, slot, tell};
use crate::diag::nearest;
use crate::manifest::Decimal;
use crate::model::boxes::Box2;
use crate::model::kind::Kind;
use crate::model::spans::Span;
use crate::model::votes::{Vote, classes_of};
use crate::stage::*;
use crate::table::value::column;
use crate::table::{ArrayRef, Cell, Value, array_of, list, utf8, value_at};
use serde::{Deserialize, Serialize};

pub const ENTRY: Entry = Entry::row::<Stage>("label/check", "label.*", declare);

/// The problems that this step looks for.
const PROBLEMS: [&str; 4] = ["class", "outside", "degenerate", "empty"];

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(task) = checked(check) else { return Vec::new() };
    let judge = judge(check, &task);
    let (votes, classes) = (task.votes(), format!("classes.{}", task.name));
    let mut reads = vec![votes.0.clone()];
    reads.extend(judge.text.clone());
    reads.extend(judge.sized.then(|| names(&["width", "height"])).into_iter().flatten());
    let reviews = PROBLEMS.iter().any(|p| task.declared.problems.of(p) == Respond::Review);
    vec![Plan {
        gates: task.gates(check, "check", &PROBLEMS),
        ..Plan::map::<Stage>(
            Ports {
                table: "samples".into(),
                reads,
                writes: vec![votes, (classes, Column::new(list(utf8())).inner())],
                drops: reviews || judge.major.is_some(),
                ..Ports::default()
            },
            &judge,
        )
        .word("check")
    }]
}

fn judge(check: &Check, task: &Task) -> Judge {
    let known = |name: &str| check.column("samples", name).is_some();
    let scale = task.declared.scale.as_ref();
    let guideline = task.declared.guideline.as_ref().filter(|g| g.on_major == Some(OnMajor::Review));
    let problems = &task.declared.problems;
    Judge {
        task: task.name.clone(),
        kind: task.kind(),
        classes: task.classes(),
        min: scale.map(|s| *s.min.get()),
        max: scale.map(|s| *s.max.get()),
        text: task.text.clone().filter(|_| task.kind() == Kind::Ner),
        sized: task.kind() == Kind::ObjectDetection && known("width") && known("height"),
        major: guideline.map(|g| major(g.version.get()).to_string()),
        class: problems.of("class"),
        outside: problems.of("outside"),
        degenerate: problems.of("degenerate"),
        empty: problems.of("empty"),
    }
}

fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or(version)
}

/// What answers are held against.
#[derive(Serialize, Deserialize, Default)]
struct Judge {
    #[serde(default, skip_serializing_if = "is_default")]
    task: String,
    #[serde(default, skip_serializing_if = "is_default")]
    kind: Kind,
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    min: Option<Decimal>,
    #[serde(default, skip_serializing_if = "is_default")]
    max: Option<Decimal>,
    /// The text that spans are set on.
    #[serde(default, skip_serializing_if = "is_default")]
    text: Option<String>,
    /// Width and height of images are known.
    #[serde(default, skip_serializing_if = "is_default")]
    sized: bool,
    /// The guideline's major version, where answers under another one wait for review.
    #[serde(default, skip_serializing_if = "is_default")]
    major: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    class: Respond,
    #[serde(default, skip_serializing_if = "is_default")]
    outside: Respond,
    #[serde(default, skip_serializing_if = "is_default")]
    degenerate: Respond,
    #[serde(default, skip_serializing_if = "is_default")]
    empty: Respond,
}

/// What of a row bounds its annotations.
#[derive(Clone, Copy, Default)]
struct Bounds {
    /// Characters of the text.
    chars: Option<u32>,
    /// Width and height in pixels.
    size: Option<(f64, f64)>,
}

struct Stage;

impl RowStage for Stage {
    const MAP: u32 = 1;
    type Map = Judge;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Judge, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let name = format!("votes.{}", p.task);
        let before = rows.column(&name)?;
        let bounds = bounds(p, rows)?;
        let mut delta = Delta::default();
        let (mut after, mut classes, mut changed) = (Vec::new(), Vec::new(), false);
        for row in 0..rows.len() {
            let old = value_at(before.as_ref(), row);
            let Some(votes) = Vote::list(&old) else {
                after.push(old);
                classes.push(None);
                continue;
            };
            let mut notes = Vec::new();
            p.judge_version(&votes, &mut notes);
            let votes = p.votes(votes, bounds.get(row).copied().unwrap_or_default(), &mut notes);
            tell(&mut delta, row, notes);
            classes.push(Some(all_classes(&votes)));
            let new = Value::List(votes.into_iter().map(Vote::into_value).collect());
            changed |= new != old;
            after.push(new);
        }
        if changed {
            delta.write(name, column(&Vote::list_of(&p.kind.answer()), &after).map_err(Fault::Bug)?);
        }
        if classes.iter().any(Option::is_some) {
            delta.write(format!("classes.{}", p.task), array_of(classes));
        }
        Ok(delta)
    }
}

fn bounds(p: &Judge, rows: &Rows) -> Result<Vec<Bounds>, Fault> {
    if let Some(text) = &p.text {
        let count = |t: Option<String>| t.map(|t| t.chars().count() as u32);
        return Ok(rows.texts(text)?.into_iter().map(|t| Bounds { chars: count(t), size: None }).collect());
    }
    let (width, height) = (optional(rows, "width")?, optional(rows, "height")?);
    let pixels = |column: &Option<ArrayRef>, row| match slot(column, row) {
        Value::Int(n) => Some(n as f64),
        Value::Float(x) => Some(x),
        _ => None,
    };
    let of = |row| Bounds { chars: None, size: pixels(&width, row).zip(pixels(&height, row)) };
    Ok((0..rows.len()).map(of).collect())
}

/// The classes named in any of the votes, sorted, each once.
fn all_classes(votes: &[Vote]) -> Vec<String> {
    let mut all: Vec<String> = votes.iter().flat_map(|v| classes_of(&v.answer)).collect();
    all.sort();
    all.dedup();
    all
}

impl Judge {
    fn note(&self, problem: &str, respond: Respond, rule: &'static str, say: String) -> Note {
        Note::new(respond.act(), format!("label.{}.problems.{problem}", self.task), rule, say)
    }

    /// Answers given under another major version of the guideline.
    fn judge_version(&self, votes: &[Vote], notes: &mut Vec<Note>) {
        let Some(current) = &self.major else { return };
        let old = votes.iter().filter(|v| major(&v.guideline) != current).count();
        if old > 0 {
            let say = format!("{old} of {} answers were given under another major version", votes.len());
            let key = format!("label.{}.guideline.on_major", self.task);
            notes.push(Note::new(Act::Review, key, "guideline.major", say));
        }
    }

    /// The votes with nothing in them that cannot be right; one of which nothing is left goes.
    fn votes(&self, votes: Vec<Vote>, bounds: Bounds, notes: &mut Vec<Note>) -> Vec<Vote> {
        let judged = votes.into_iter().filter_map(|vote| {
            let answer = match &vote.answer {
                Value::Null => Value::Null,
                answer => self.answer(answer, bounds, notes)?,
            };
            Some(Vote { answer, ..vote })
        });
        judged.collect()
    }

    fn answer(&self, answer: &Value, bounds: Bounds, notes: &mut Vec<Note>) -> Option<Value> {
        match self.kind {
            Kind::Ner => {
                let spans = Vec::<Span>::from_value(answer)?.into_iter().enumerate();
                let mut good: Vec<Span> = spans.filter_map(|(i, s)| self.span(i + 1, s, bounds.chars, notes)).collect();
                good.sort();
                Some(good.into_value())
            }
            Kind::ObjectDetection => {
                let boxes = Vec::<Box2>::from_value(answer)?.into_iter().enumerate();
                let good: Vec<Box2> = boxes.filter_map(|(i, b)| self.pixels(i + 1, b, bounds.size, notes)).collect();
                Some(good.into_value())
            }
            Kind::Classification => {
                let class = self.class("the answer", answer.text()?, notes)?;
                Some(Value::Text(class))
            }
            Kind::Rating => {
                let rating = f64::from_value(answer)?;
                let bound = |of: Option<Decimal>, other: f64| of.map_or(other, |d| d.to_f64());
                if rating >= bound(self.min, f64::NEG_INFINITY) && rating <= bound(self.max, f64::INFINITY) {
                    return Some(Value::Float(rating));
                }
                let say = "a rating lies outside the scale; the vote does not count".to_string();
                notes.push(self.note("outside", self.outside, "rating.outside", say));
                None
            }
        }
    }

    /// The declared class that is meant.
    fn class(&self, what: &str, name: &str, notes: &mut Vec<Note>) -> Option<String> {
        if self.classes.iter().any(|c| c == name) {
            return Some(name.to_string());
        }
        let folded = name.trim().to_lowercase();
        let mut same = self.classes.iter().filter(|c| c.to_lowercase() == folded);
        let meant = same.next().filter(|_| same.next().is_none());
        let near = meant.map(String::as_str).or_else(|| nearest(name, self.classes.iter().map(String::as_str)));
        let near = near.map_or(String::new(), |c| format!("; the nearest one that is: `{c}`"));
        let say = format!("{what} has a class that is not declared{near}");
        notes.push(self.note("class", self.class, "class.undeclared", say));
        meant.filter(|_| self.class != Respond::Drop).cloned()
    }

    fn span(&self, n: usize, s: Span, chars: Option<u32>, notes: &mut Vec<Note>) -> Option<Span> {
        let class = self.class(&format!("span {n}"), &s.class, notes)?;
        let s = Span { class, ..s };
        if s.start >= s.end {
            let say = format!("span {n} ({}..{}) holds no character", s.start, s.end);
            notes.push(self.note("empty", self.empty, "span.empty", say));
            return None;
        }
        let Some(len) = chars.filter(|len| s.end > *len) else { return Some(s) };
        let say = format!("span {n} ({}..{}) passes the end of a text of {len} characters", s.start, s.end);
        notes.push(self.note("outside", self.outside, "span.outside", say));
        (self.outside != Respond::Drop && s.start < len).then_some(Span { end: len, ..s })
    }

    fn pixels(&self, n: usize, b: Box2, size: Option<(f64, f64)>, notes: &mut Vec<Note>) -> Option<Box2> {
        let class = self.class(&format!("box {n}"), &b.class, notes)?;
        let b = Box2 { class, ..b };
        if b.flags.iter().any(|f| f == "degenerate") || !has_area(&b) {
            let say = format!("box {n} has no area, or its corners are exchanged");
            notes.push(self.note("degenerate", self.degenerate, "box.degenerate", say));
            return None;
        }
        let Some((w, h)) = size.filter(|(w, h)| b.x1 < 0.0 || b.y1 < 0.0 || b.x2 > *w || b.y2 > *h) else {
            return Some(b);
        };
        let cut = Box2 { x1: b.x1.max(0.0), y1: b.y1.max(0.0), x2: b.x2.min(w), y2: b.y2.min(h), ..b };
        let how = if has_area(&cut) { "partly" } else { "wholly" };
        let say = format!("box {n} lies {how} outside of the image of {w} x {h}");
        notes.push(self.note("outside", self.outside, "box.outside", say));
        (self.outside != Respond::Drop && has_area(&cut)).then_some(cut)
    }
}

/// Whether all coordinates are numbers and enclose something.
fn has_area(b: &Box2) -> bool {
    [b.x1, b.y1, b.x2, b.y2].iter().all(|c| c.is_finite()) && b.x1 < b.x2 && b.y1 < b.y2
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Bytes, pixels, rows, rules, spans, vote, votes, written};
    use super::*;
    use crate::table::cells;
    use arrow_array::Int64Array;
    use std::sync::Arc;

    fn judge(kind: Kind) -> Judge {
        Judge { task: "t".into(), kind, classes: names(&["RBC", "WBC"]), ..Judge::default() }
    }

    fn run(p: &Judge, columns: Vec<(&str, ArrayRef)>) -> Delta {
        Stage::map(p, &rows(&Bytes::default(), columns), &mut Summary::default()).unwrap()
    }

    fn classes(delta: &Delta) -> Vec<Option<Vec<String>>> {
        cells(delta.columns["classes.t"].as_ref())
    }

    fn ner(p: Judge, answer: Value) -> (Value, Delta) {
        let p = Judge { text: Some("text".into()), ..p };
        let votes = votes(Kind::Ner, vec![Some(vec![vote("a", "x", answer.clone())]), None]);
        let text = array_of([Some("김철수 x".to_string()), None]);
        let delta = run(&p, vec![("votes.t", votes), ("text", text)]);
        let after = written(&delta, "votes.t", 0).map_or(answer, |v| v[0].1.clone());
        (after, delta)
    }

    #[test]
    fn spans_are_judged_one_by_one() {
        let answer = spans(&[("RBC", 0, 3), ("rbc", 1, 2), ("WBC", 2, 2), ("WBC", 4, 9), ("RBC", 5, 7)]);
        let (after, delta) = ner(judge(Kind::Ner), answer.clone());
        assert_eq!(after, spans(&[("RBC", 0, 3)]));
        assert_eq!(
            rules(&delta),
            [(0, "class.undeclared"), (0, "span.empty"), (0, "span.outside"), (0, "span.outside")]
        );
        assert_eq!(delta.events[0].key, "label.t.problems.class");
        assert!(delta.events[0].say.contains("`RBC`"));
        assert_eq!(classes(&delta), [Some(vec!["RBC".to_string()]), None]);
        let mend = Judge { outside: Respond::Fix, class: Respond::Review, ..judge(Kind::Ner) };
        let (after, delta) = ner(mend, answer);
        assert_eq!(after, spans(&[("RBC", 0, 3), ("RBC", 1, 2), ("WBC", 4, 5)]));
        assert_eq!(delta.events[0].act, Act::Review);
    }

    #[test]
    fn what_is_right_is_not_written_again() {
        let (_, delta) = ner(judge(Kind::Ner), spans(&[("WBC", 0, 5)]));
        assert!(!delta.columns.contains_key("votes.t") && delta.events.is_empty());
        let nobody = run(&judge(Kind::Rating), vec![("votes.t", votes(Kind::Rating, vec![None, None]))]);
        assert!(nobody.columns.is_empty());
    }

    #[test]
    fn boxes_are_cut_or_dropped() {
        let boxes = vec![
            pixels("RBC", [-1.0, 2.0, 5.0, 12.0], &["difficult"]),
            pixels("RBC", [20.0, 20.0, 30.0, 30.0], &[]),
            pixels("WBC", [1.0, 1.0, 2.0, 2.0], &["degenerate"]),
            pixels("WBC", [3.0, 3.0, 3.0, 4.0], &[]),
            pixels("WBC", [f64::NAN, 3.0, 3.0, 4.0], &[]),
            pixels("Sickle", [1.0, 1.0, 2.0, 2.0], &[]),
            pixels("WBC", [0.0, 0.0, 10.0, 10.0], &[]),
        ];
        let answered = |p: Judge| {
            let votes = votes(p.kind, vec![Some(vec![vote("a", "x", boxes.clone().into_value())])]);
            let side = || Arc::new(Int64Array::from(vec![10])) as ArrayRef;
            let delta = run(&p, vec![("votes.t", votes), ("width", side()), ("height", side())]);
            let after = written(&delta, "votes.t", 0).unwrap();
            (Vec::<Box2>::from_value(&after[0].1).unwrap(), delta)
        };
        let whole = pixels("WBC", [0.0, 0.0, 10.0, 10.0], &[]);
        let p = Judge { sized: true, ..judge(Kind::ObjectDetection) };
        let (after, delta) = answered(p);
        assert_eq!(after, std::slice::from_ref(&whole));
        let found: Vec<&str> = rules(&delta).into_iter().map(|r| r.1).collect();
        let want =
            ["box.outside", "box.outside", "box.degenerate", "box.degenerate", "box.degenerate", "class.undeclared"];
        assert_eq!(found, want);
        let p = Judge { sized: true, outside: Respond::Fix, ..judge(Kind::ObjectDetection) };
        assert_eq!(answered(p).0, [pixels("RBC", [0.0, 2.0, 5.0, 10.0], &["difficult"]), whole]);
    }

    #[test]
    fn ratings_and_classes_take_their_votes_with_them() {
        let scale = |n: i64| Some(Decimal::from(n));
        let p = Judge { min: scale(0), max: scale(5), outside: Respond::Fail, ..judge(Kind::Rating) };
        let row =
            vec![vote("a", "x", Value::Float(5.0)), vote("b", "x", Value::Float(9.0)), vote("c", "x", Value::Null)];
        let delta = run(&p, vec![("votes.t", votes(Kind::Rating, vec![Some(row)]))]);
        assert_eq!(
            written(&delta, "votes.t", 0),
            Some(vec![("a".into(), Value::Float(5.0)), ("c".into(), Value::Null)])
        );
        assert_eq!((rules(&delta), &delta.events[0].act), (vec![(0, "rating.outside")], &Act::Fail));
        assert_eq!(classes(&delta), [Some(vec!["5".to_string()])]);
        let row = vec![vote("a", "x", Value::Text("what".into())), vote("b", "x", Value::Text("WBC".into()))];
        let delta = run(&judge(Kind::Classification), vec![("votes.t", votes(Kind::Classification, vec![Some(row)]))]);
        assert_eq!(written(&delta, "votes.t", 0), Some(vec![("b".into(), Value::Text("WBC".into()))]));
        assert_eq!(rules(&delta), [(0, "class.undeclared")]);
    }

    #[test]
    fn another_major_version_waits_for_review() {
        let p = Judge { major: Some("2".into()), ..judge(Kind::Classification) };
        let row = vec![vote("a", "x", Value::Text("WBC".into()))];
        let delta = run(&p, vec![("votes.t", votes(Kind::Classification, vec![Some(row), None]))]);
        assert_eq!((rules(&delta), &delta.events[0].act), (vec![(0, "guideline.major")], &Act::Review));
        assert_eq!(text(&Judge::default()), "{}");
    }
}

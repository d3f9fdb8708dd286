//! `label.TASK/check`: no annotation that cannot be right gets past this step.
//!
//! ```toml
//! [label.cells.problems]
//! degenerate = "drop"
//! class = "review"
//! outside = "fix"
//! ```
//!
//! Reads `votes.TASK` and the columns that bound an answer: the text for kinds that count in one, else the columns of
//! `Kind::bounds` (`width`, `height`; `duration`) if all of them are there. Writes `votes.TASK` and `classes.TASK`, the
//! sorted set of classes in all votes (of ratings their numbers). Findings: `guideline.major`, and those of the kind,
//! which its file lists (`box.outside`), `annotation.twice` and `box.shares`. A vote counts the annotations that it lost; one that lost all of them has no
//! answer. Limits: an image of unknown size has no outside.
use super::declaration::{Task, checked};
use super::elements::OnMajor;
use super::kinds::kind::{Judge, Kind, Respond, number};
use super::odd;
use super::rows::{Note, attribute, optional, short, slot, tell};
use crate::manifest::Decimal;
use crate::model::votes::{Vote, VotesColumn, annotations, each_class};
use crate::stage::*;
use crate::table::{ArrayRef, DataType, Value, array_of, list, utf8};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub const ENTRY: Entry = Entry::row::<Stage>("label/check", "label.*", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(task) = checked(check) else { return Vec::new() };
    let map = map(check, &task);
    let (votes, classes) = (task.votes(), format!("classes.{}", task.name));
    let mut reads = vec![votes.0.clone()];
    reads.extend(map.text.clone());
    reads.extend(map.bounded.then(|| names(map.kind.bounds)).into_iter().flatten());
    let lost = "more answers or annotations are lost than may be: they cannot be read, or cannot be right";
    let mut gates = task.gates(check, "check", false);
    let gate = task.lost_gate(check, &format!("{}/check", task.path), "lost_share", lost);
    gates.push(gate.look(format!("{}; `max_lost` allows more", losses(check, &task))));
    vec![Plan {
        gates,
        ..Plan::map::<Stage>(
            Ports {
                table: "samples".into(),
                reads,
                writes: vec![votes, (classes, Column::new(list(utf8())).inner())],
                drops: task.reviews(false) || map.major.is_some(),
                ..Ports::default()
            },
            &map,
        )
        .word("check")
    }]
}

/// Where annotations are lost: in the steps of the task, and where files beside images are read.
fn losses(check: &Check, task: &Task) -> String {
    let sources = check.manifest.instances(&["collect"]).into_iter().map(|(name, ..)| format!("collect.{name}"));
    let objects = task.columns().any(|(_, _, column)| column.as_str() == "objects" || column.starts_with("objects."));
    let places = sources.filter(|_| objects).chain([task.path.clone()]);
    places.map(|place| format!("tamis show {place} --findings")).collect::<Vec<_>>().join(", ")
}

fn map(check: &Check, task: &Task) -> Map {
    let kind = task.kind();
    let is_number = |name: &&str| check.column("samples", name).is_some_and(DataType::is_numeric);
    let scale = task.declared.scale.as_ref();
    let guideline = task.declared.guideline.as_ref().filter(|g| g.on_major == Some(OnMajor::Review));
    let problems = task.problems(false).filter(|p| p.1 != Respond::Drop);
    Map {
        task: task.name.clone(),
        kind,
        classes: task.names(),
        min: scale.map(|s| *s.min.get()),
        max: scale.map(|s| *s.max.get()),
        points: task.declared.keypoints.as_ref().map_or(0, |points| points.names.len()),
        text: task.text.clone().filter(|_| kind.on_text),
        bounded: !kind.bounds.is_empty() && kind.bounds.iter().all(is_number),
        major: guideline.map(|g| major(g.version.get()).to_string()),
        open: check.manifest.table(&["privacy"]).is_none(),
        problems: problems.map(|(p, respond)| (p.name.to_string(), respond)).collect(),
    }
}

fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or(version)
}

/// The rules that answers are judged by.
#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    task: String,
    #[serde(default, skip_serializing_if = "is_default")]
    kind: &'static Kind,
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    min: Option<Decimal>,
    #[serde(default, skip_serializing_if = "is_default")]
    max: Option<Decimal>,
    /// How many points each object has.
    #[serde(default, skip_serializing_if = "is_default")]
    points: usize,
    /// The text whose characters answers count in.
    #[serde(default, skip_serializing_if = "is_default")]
    text: Option<String>,
    /// All columns that bound this kind's answers are there. Keys call it `sized`, as they did when boxes alone had
    /// bounds.
    #[serde(default, rename = "sized", skip_serializing_if = "is_default")]
    bounded: bool,
    /// The guideline's major version, if answers under another one wait for review.
    #[serde(default, skip_serializing_if = "is_default")]
    major: Option<String>,
    /// The response to each problem, a field each. The default, `drop`, is left out.
    #[serde(flatten)]
    problems: BTreeMap<String, Respond>,
    /// Words of the data may be told: there is no `[privacy]`.
    #[serde(default, skip_serializing_if = "is_default")]
    open: bool,
}

struct Stage;

impl RowStage for Stage {
    const MAP: u32 = 7; // several classes in one text; numbers and other normal forms as classes; annotations that stand twice, shares; no answer is no annotation
    const USES: &'static [&'static str] = crate::measure::names::USES;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    type Map = Map;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let name = format!("votes.{}", p.task);
        let before = rows.column(&name)?;
        let limits = Limits::read(p, rows)?;
        let mut delta = Delta::default();
        let all = VotesColumn::of(before.as_ref());
        let (mut after, mut classes, mut changed) = (Vec::new(), Vec::new(), false);
        for row in 0..rows.len() {
            let Some(old) = all.list(row) else {
                after.push(None);
                classes.push(None);
                continue;
            };
            let mut judge = p.judge(&limits, row);
            p.judge_version(&old, &mut judge.notes);
            let votes = p.judged(old.clone(), &mut judge);
            tell(&mut delta, row, judge.notes);
            summary.put(b"", row, serde_json::to_vec(&Lost::of(&votes)).unwrap_or_default());
            classes.push(Some(all_classes(&votes)));
            changed |= votes != old;
            after.push(Some(votes));
        }
        if changed {
            delta.write(name, Vote::column(&(p.kind.answer)(), after).map_err(Fault::Bug)?);
        }
        if classes.iter().any(Option::is_some) {
            delta.write(format!("classes.{}", p.task), array_of(classes));
        }
        Ok(delta)
    }
}

/// How many answers and annotations there are, and how many were lost, here or while they were read.
#[derive(Serialize, Deserialize, Default)]
struct Lost {
    answers: u64,
    answers_lost: u64,
    annotations: u64,
    annotations_lost: u64,
}

impl Lost {
    fn of(votes: &[Vote]) -> Lost {
        let lost = |v: &&Vote| v.answer == Value::Null && v.lost > 0;
        let annotations_lost: u64 = votes.iter().map(|v| u64::from(v.lost)).sum();
        Lost {
            answers: votes.len() as u64,
            answers_lost: votes.iter().filter(lost).count() as u64,
            annotations: votes.iter().map(|v| annotations(&v.answer) as u64).sum::<u64>() + annotations_lost,
            annotations_lost,
        }
    }
}

impl Stage {
    /// Facts: `lost` (annotations), and `lost_share`, the larger of the shares of answers and of annotations.
    fn gather(_: &Nothing, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut all = Lost::default();
        for hit in hits.iter() {
            let own: Lost = serde_json::from_slice(&hit.value).map_err(|e| Fault::Bug(e.to_string()))?;
            all.answers += own.answers;
            all.answers_lost += own.answers_lost;
            all.annotations += own.annotations;
            all.annotations_lost += own.annotations_lost;
        }
        let share = millionths(all.answers_lost, all.answers).max(millionths(all.annotations_lost, all.annotations));
        out.fact("lost", all.annotations_lost);
        out.fact("lost_share", Fact::Decimal(format!("{}.{:06}", share / 1_000_000, share % 1_000_000)));
        Ok(())
    }
}

/// A share in millionths, rounded up, so that a limit is never passed by rounding.
fn millionths(part: u64, whole: u64) -> u64 {
    if whole == 0 { 0 } else { (part * 1_000_000).div_ceil(whole) }
}

/// The bounds of the answers in each row of a partition.
struct Limits {
    /// The number of characters of each text; empty for kinds that do not count in one.
    chars: Vec<Option<u32>>,
    /// The values of the kind's bounds, row after row; each row has `each` of them.
    numbers: Vec<Option<f64>>,
    each: usize,
}

impl Limits {
    fn read(p: &Map, rows: &Rows) -> Result<Limits, Fault> {
        // no text has no place for a span
        let count = |t: Option<String>| Some(t.map_or(0, |t| t.chars().count() as u32));
        let chars = match &p.text {
            Some(text) => rows.texts(text)?.into_iter().map(count).collect(),
            None => Vec::new(),
        };
        let columns = p.kind.bounds.iter().map(|name| optional(rows, name));
        let columns: Vec<Option<ArrayRef>> = columns.collect::<Result<_, Fault>>()?;
        let of_row = |row| columns.iter().map(move |c| number(&slot(c, row)));
        let numbers = (0..rows.len()).flat_map(of_row).collect();
        Ok(Limits { chars, numbers, each: columns.len() })
    }
}

/// Returns the classes that any of the votes names, sorted, each once.
pub fn all_classes(votes: &[Vote]) -> Vec<String> {
    let mut all = BTreeSet::new();
    for vote in votes {
        each_class(&vote.answer, &mut |class| {
            if !all.contains(class) {
                all.insert(class.to_string());
            }
        });
    }
    all.into_iter().collect()
}

impl Map {
    /// Makes the judge of the answers in a row.
    fn judge<'j>(&'j self, limits: &'j Limits, row: usize) -> Judge<'j> {
        Judge {
            task: &self.task,
            classes: &self.classes,
            min: self.min,
            max: self.max,
            points: self.points,
            problems: &self.problems,
            chars: limits.chars.get(row).copied().flatten(),
            bounds: limits.numbers.get(row * limits.each..(row + 1) * limits.each).unwrap_or_default(),
            open: self.open,
            item: 0,
            notes: Vec::new(),
        }
    }

    /// Notes answers that were given under another major version of the guideline.
    fn judge_version(&self, votes: &[Vote], notes: &mut Vec<Note>) {
        let Some(current) = &self.major else { return };
        let old: Vec<(usize, &Vote)> =
            votes.iter().enumerate().filter(|(_, v)| major(&v.guideline) != current).collect();
        let Some((first, vote)) = old.first() else { return };
        let by = if self.open { format!("; the first by `{}`", short(&vote.annotator)) } else { String::new() };
        let say = format!("{} of {} answers were given under another major version{by}", old.len(), votes.len());
        let key = format!("label.{}.guideline.on_major", self.task);
        notes.push(Note { vote: Some(*first), ..Note::new(Act::Review, key, "guideline.major", say) });
    }

    /// Removes or repairs impossible annotations, and counts those that each vote lost.
    fn judged(&self, votes: Vec<Vote>, judge: &mut Judge) -> Vec<Vote> {
        let judged = votes.into_iter().enumerate().map(|(n, vote)| {
            if vote.answer == Value::Null {
                return vote;
            }
            let before = judge.notes.len();
            let answer = (self.kind.judge)(&vote.answer, judge);
            answer.iter().for_each(|answer| odd::tell(answer, judge));
            let new = judge.notes.get_mut(before..).unwrap_or_default();
            new.iter_mut().for_each(|note| note.vote = Some(n));
            if self.open {
                attribute(new, &vote.annotator, |note| self.words(&vote.answer, note));
            }
            let lost = annotations(&vote.answer).saturating_sub(answer.as_ref().map_or(0, annotations));
            vote.left(answer, lost as u32)
        });
        judged.collect()
    }

    /// What a note is about: an annotation of an answer, or the answer if it is one word or number.
    fn words(&self, answer: &Value, note: &Note) -> Option<String> {
        match answer {
            Value::List(items) => {
                let item = items.get(note.item.checked_sub(1)?)?;
                Some((self.kind.words)(&Value::List(vec![item.clone()])))
            }
            other => other.key_text(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kinds::named;
    use super::super::testing::{Bytes, pixels, rows, rules, spans, vote, votes, written};
    use super::*;
    use crate::table::{Cell, cells};
    use arrow_array::Int64Array;
    use std::sync::Arc;

    fn map(kind: &str) -> Map {
        Map { task: "t".into(), kind: named(kind).unwrap(), classes: names(&["RBC", "WBC"]), ..Map::default() }
    }

    fn run(p: &Map, columns: Vec<(&str, ArrayRef)>) -> Delta {
        Stage::map(p, &rows(&Bytes::default(), columns), &mut Summary::default()).unwrap()
    }

    fn classes(delta: &Delta) -> Vec<Option<Vec<String>>> {
        cells(delta.columns["classes.t"].as_ref())
    }

    fn ner(answer: Value) -> (Value, Delta) {
        let p = Map { text: Some("text".into()), ..map("ner") };
        let votes = votes(p.kind, vec![Some(vec![vote("a", "x", answer.clone())]), None]);
        let text = array_of([Some("김철수 x".to_string()), None]);
        let delta = run(&p, vec![("votes.t", votes), ("text", text)]);
        let after = written(&delta, "votes.t", 0).map_or(answer, |v| v[0].1.clone());
        (after, delta)
    }

    #[test]
    fn votes_without_what_is_wrong_and_the_classes_that_are_left() {
        let (after, delta) = ner(spans(&[("RBC", 0, 3), ("WBC", 4, 9)]));
        assert_eq!(after, spans(&[("RBC", 0, 3)]));
        assert_eq!(rules(&delta), [(0, "span.outside")]);
        assert_eq!(classes(&delta), [Some(vec!["RBC".to_string()]), None]);
    }

    #[test]
    fn what_is_right_is_not_written_again() {
        let (_, delta) = ner(spans(&[("WBC", 0, 5)]));
        assert!(!delta.columns.contains_key("votes.t") && delta.events.is_empty());
        let p = map("rating");
        let nobody = run(&p, vec![("votes.t", votes(p.kind, vec![None, None]))]);
        assert!(nobody.columns.is_empty());
    }

    #[test]
    fn answers_are_bounded_by_the_columns_of_their_kind() {
        let p = Map { bounded: true, ..map("object_detection") };
        let answer = || Some(vec![vote("a", "x", vec![pixels("WBC", [0.0, 0.0, 10.0, 10.0], &[])].into_value())]);
        let votes = || votes(p.kind, vec![answer(), answer(), answer()]);
        let side = |of: [Option<i64>; 3]| Arc::new(Int64Array::from(of.to_vec())) as ArrayRef;
        let (width, height) = (side([Some(10), Some(9), Some(9)]), side([Some(10), Some(10), None]));
        let delta = run(&p, vec![("votes.t", votes()), ("width", width), ("height", height)]);
        assert_eq!(rules(&delta), [(1, "box.outside")]);
        assert!(rules(&run(&p, vec![("votes.t", votes())])).is_empty());
    }

    #[test]
    fn a_rating_or_class_that_goes_leaves_its_vote_without_an_answer() {
        let scale = |n: i64| Some(Decimal::from(n));
        let problems = [("outside".to_string(), Respond::Fail)].into();
        let p = Map { min: scale(0), max: scale(5), problems, ..map("rating") };
        let row =
            vec![vote("a", "x", Value::Float(5.0)), vote("b", "x", Value::Float(9.0)), vote("c", "x", Value::Null)];
        let delta = run(&p, vec![("votes.t", votes(p.kind, vec![Some(row)]))]);
        assert_eq!(
            written(&delta, "votes.t", 0),
            Some(vec![("a".into(), Value::Float(5.0)), ("b".into(), Value::Null), ("c".into(), Value::Null)])
        );
        assert_eq!((rules(&delta), &delta.events[0].act), (vec![(0, "rating.outside")], &Act::Fail));
        assert_eq!(classes(&delta), [Some(vec!["5".to_string()])]);
        let row = vec![vote("a", "x", Value::Text("what".into())), vote("b", "x", Value::Text("WBC".into()))];
        let p = map("classification");
        let delta = run(&p, vec![("votes.t", votes(p.kind, vec![Some(row)]))]);
        let want = [("a".into(), Value::Null), ("b".into(), Value::Text("WBC".into()))];
        assert_eq!(written(&delta, "votes.t", 0), Some(want.to_vec()));
        assert_eq!(rules(&delta), [(0, "class.undeclared")]);
    }

    #[test]
    fn another_major_version_waits_for_review() {
        let p = Map { major: Some("2".into()), ..map("classification") };
        let row = vec![vote("a", "x", Value::Text("WBC".into()))];
        let delta = run(&p, vec![("votes.t", votes(p.kind, vec![Some(row), None]))]);
        assert_eq!((rules(&delta), &delta.events[0].act), (vec![(0, "guideline.major")], &Act::Review));
    }

    /// Keys of earlier versions hold this text; other text would run every task again.
    #[test]
    fn parameters_are_written_as_they_always_were() {
        assert_eq!(text(&Map::default()), "{}");
        let problems = [("outside".to_string(), Respond::Review)].into();
        let (min, bounded) = (Some(Decimal::from(1i64)), true);
        let p = Map { min, bounded, problems, ..map("object_detection") };
        let written = text(&p);
        let want = r#"{"classes":["RBC","WBC"],"kind":"object_detection","min":"1","outside":"review","sized":true,"task":"t"}"#;
        assert_eq!(written, want);
        assert_eq!(text(&serde_json::from_str::<Map>(&written).unwrap()), written);
    }
}

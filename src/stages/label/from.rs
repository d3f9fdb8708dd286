//! `label.TASK/from.X`: each source's answers become votes.
//!
//! ```toml
//! [label.ner]
//! from.klue = { column = "ner", annotator = "klue", scheme = "bio" }
//! from.crowd = { files = ["raw/round*.jsonl"], on = "id", map = { person = "PS" } }
//! ```
//!
//! Reads the column, or joins the rows of `label.TASK/from.X` by `on`; of spans also `tokens` (for tags) and the edit
//! list of the text, through which spans set on the collected text are moved. Adds to `votes.TASK`, sorted by
//! (annotator, source). Null: nobody was asked. Findings: `bio.malformed`, `bio.tokens` (tags and tokens differ in
//! number), `span.lost` (the text under an end was replaced), `vote.shape`, `vote.number`, `vote.empty`,
//! `vote.repeated`, `vote.contradiction` (the first stays), `vote.unmatched`. Limits: of one annotator's answers in
//! one source only the first counts.
use super::declaration::{Answers, Offsets, Respond, TagScheme, Task, checked, is_tags};
use super::read::{box_of, number, plain};
use super::{Note, optional, slot, tell};
use crate::formats::conll::{self, Scheme, TagSpan};
use crate::model::boxes::Box2;
use crate::model::edits::{Edit, Moved, move_span};
use crate::model::kind::Kind;
use crate::model::spans::Span;
use crate::model::tokens::Token;
use crate::model::votes::Vote;
use crate::stage::*;
use crate::table::value::column;
use crate::table::{ArrayRef, Cell, Value, value_at};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

pub const COLUMN: Entry = Entry::row::<FromColumn>("label/column", "label.*", declare_columns);

pub const JOIN: Entry = Entry::join::<FromFiles>("label/join", "label.*", declare_files);

fn declare_columns(check: &mut Check) -> Vec<Plan> {
    let Some(task) = checked(check) else { return Vec::new() };
    let mut plans: Vec<Plan> = Vec::new();
    for (name, answers, column) in task.columns() {
        let tags = check.column("samples", column).is_some_and(is_tags);
        let annotator = answers.annotator.clone().unwrap_or_else(|| name.clone());
        let way = Way { column: column.get().clone(), annotator, ..way(check, &task, name, answers) };
        let mut reads = vec![way.column.clone()];
        reads.extend(tags.then(|| "tokens".to_string()));
        let ports = ports(&task, &way, reads, !plans.is_empty());
        let mut plan = Plan::map::<FromColumn>(ports, &way).word(format!("from.{name}"));
        if tags {
            plan.ports.drops = task.declared.problems.of("bio") == Respond::Review;
            plan.gates = task.gates(check, &plan.word, &["bio"]);
        }
        plans.push(plan);
    }
    plans
}

fn declare_files(check: &mut Check) -> Vec<Plan> {
    let Some(task) = checked(check) else { return Vec::new() };
    let columns = task.columns().count();
    let mut plans: Vec<Plan> = Vec::new();
    for (name, answers, _) in task.files() {
        let way = way(check, &task, name, answers);
        let key = way.key();
        let mut ports = ports(&task, &way, Vec::new(), columns + plans.len() > 0);
        ports.right = Some(Right {
            table: format!("{}/from.{name}", task.path),
            key: "item".into(),
            on: answers.on.as_ref().map_or_else(|| "id".to_string(), |on| on.get().clone()),
            reads: names(&["annotator", "answer"]),
            unmatched: Some(("vote.unmatched".into(), key)),
        });
        plans.push(Plan::join::<FromFiles>(ports, &way).word(format!("from.{name}")));
    }
    plans
}

fn way(check: &Check, task: &Task, name: &str, answers: &Answers) -> Way {
    let moves = task.kind() == Kind::Ner && answers.offsets.unwrap_or_default() == Offsets::Collected;
    let edits = task.text.as_ref().map(|t| format!("edits.{t}"));
    Way {
        task: task.name.clone(),
        source: name.to_string(),
        kind: task.kind(),
        guideline: task.version_of(answers),
        map: answers.map.iter().map(|(from, to)| (from.clone(), to.get().clone())).collect(),
        scheme: answers.scheme.unwrap_or_default(),
        bio: task.declared.problems.of("bio"),
        edits: edits.filter(|e| moves && check.column("samples", e).is_some()),
        ..Way::default()
    }
}

/// The ports of a step that adds votes; all but the first of a task read those before.
fn ports(task: &Task, way: &Way, mut reads: Vec<String>, later: bool) -> Ports {
    let votes = task.votes();
    reads.extend(way.edits.clone());
    reads.extend(later.then(|| votes.0.clone()));
    Ports { table: "samples".into(), reads, writes: vec![votes], ..Ports::default() }
}

/// How a source's answers are read.
#[derive(Serialize, Deserialize, Default)]
struct Way {
    #[serde(default, skip_serializing_if = "is_default")]
    task: String,
    /// The name below `from`.
    #[serde(default, skip_serializing_if = "is_default")]
    source: String,
    #[serde(default, skip_serializing_if = "is_default")]
    kind: Kind,
    #[serde(default, skip_serializing_if = "is_default")]
    column: String,
    #[serde(default, skip_serializing_if = "is_default")]
    annotator: String,
    #[serde(default, skip_serializing_if = "is_default")]
    guideline: String,
    #[serde(default, skip_serializing_if = "is_default")]
    map: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "is_default")]
    scheme: TagScheme,
    #[serde(default, skip_serializing_if = "is_default")]
    bio: Respond,
    /// The column of the edit list that spans are moved through.
    #[serde(default, skip_serializing_if = "is_default")]
    edits: Option<String>,
}

/// What of a row decides where its spans lie.
#[derive(Default)]
struct Ground {
    tokens: Vec<Token>,
    edits: Vec<Edit>,
}

struct FromColumn;

impl RowStage for FromColumn {
    const MAP: u32 = 2;
    type Map = Way;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Way, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let cells = rows.column(&p.column)?;
        let beside = Beside::read(p, rows)?;
        let mut delta = Delta::default();
        let mut votes = Vec::with_capacity(rows.len());
        for row in 0..rows.len() {
            let mut notes = Vec::new();
            let answer = p.of_value(&value_at(cells.as_ref(), row), &beside.ground(row), &mut notes);
            votes.push(answer.map(|a| vec![p.vote(&p.annotator, a)]));
            tell(&mut delta, row, notes);
        }
        p.write(&mut delta, &beside, votes)?;
        Ok(delta)
    }
}

struct FromFiles;

impl JoinStage for FromFiles {
    const JOIN: u32 = 1;
    type Join = Way;

    fn join(p: &Way, left: &Rows, matches: &[Vec<usize>], right: &Rows) -> Result<Delta, Fault> {
        let beside = Beside::read(p, left)?;
        let (annotators, answers) = (right.texts("annotator")?, right.texts("answer")?);
        let mut delta = Delta::default();
        let mut votes = Vec::with_capacity(left.len());
        for (row, hits) in matches.iter().enumerate() {
            let (mut notes, mut own) = (Vec::new(), Vec::new());
            let ground = if hits.is_empty() { Ground::default() } else { beside.ground(row) };
            for hit in hits {
                let (Some(Some(annotator)), Some(Some(answer))) = (annotators.get(*hit), answers.get(*hit)) else {
                    continue;
                };
                if let Some(answer) = p.of_text(answer, &ground, &mut notes) {
                    p.cast(&mut own, p.vote(annotator, answer), &mut notes);
                }
            }
            votes.push((!hits.is_empty()).then_some(own));
            tell(&mut delta, row, notes);
        }
        p.write(&mut delta, &beside, votes)?;
        Ok(delta)
    }
}

/// The columns beside the answers, where they are read.
struct Beside {
    votes: Option<ArrayRef>,
    tokens: Option<ArrayRef>,
    edits: Option<ArrayRef>,
}

impl Beside {
    fn read(p: &Way, rows: &Rows) -> Result<Beside, Fault> {
        Ok(Beside {
            votes: optional(rows, &format!("votes.{}", p.task))?,
            tokens: optional(rows, "tokens")?,
            edits: p.edits.as_ref().map_or(Ok(None), |name| optional(rows, name))?,
        })
    }

    fn ground(&self, row: usize) -> Ground {
        Ground {
            tokens: Vec::from_value(&slot(&self.tokens, row)).unwrap_or_default(),
            edits: Vec::from_value(&slot(&self.edits, row)).unwrap_or_default(),
        }
    }
}

impl Way {
    fn key(&self) -> String {
        format!("label.{}.from.{}", self.task, self.source)
    }

    fn note(&self, rule: &'static str, say: impl Into<String>) -> Note {
        Note::new(Act::Finding, self.key(), rule, say)
    }

    fn vote(&self, annotator: &str, answer: Value) -> Vote {
        let (annotator, origin, guideline) = (annotator.to_string(), self.source.clone(), self.guideline.clone());
        Vote { annotator, origin, guideline, answer }
    }

    /// A vote counts unless its annotator has answered before.
    fn cast(&self, own: &mut Vec<Vote>, vote: Vote, notes: &mut Vec<Note>) {
        match own.iter().find(|v| v.annotator == vote.annotator) {
            None => own.push(vote),
            Some(first) if first.answer == vote.answer => {
                notes.push(self.note("vote.repeated", "one annotator gave the same answer again"));
            }
            Some(_) => {
                let say = "one annotator gave two different answers; the first one counts";
                notes.push(self.note("vote.contradiction", say));
            }
        }
    }

    /// Adds the votes of each row to those before; writes nothing where no row was asked.
    fn write(&self, delta: &mut Delta, beside: &Beside, votes: Vec<Option<Vec<Vote>>>) -> Result<(), Fault> {
        if votes.iter().all(Option::is_none) {
            return Ok(());
        }
        let all = votes.into_iter().enumerate().map(|(row, new)| added(slot(&beside.votes, row), new));
        let all: Vec<Value> = all.collect();
        let array = column(&Vote::list_of(&self.kind.answer()), &all).map_err(Fault::Bug)?;
        delta.write(format!("votes.{}", self.task), array);
        Ok(())
    }

    fn mapped(&self, name: &str) -> String {
        self.map.get(name).map_or(name, String::as_str).to_string()
    }

    /// The answer that a cell holds; `None` for null and for what is none.
    fn of_value(&self, value: &Value, ground: &Ground, notes: &mut Vec<Note>) -> Option<Value> {
        match (self.kind, value) {
            (_, Value::Null) => None,
            (Kind::Ner, Value::List(items)) => Some(self.spans(items, ground, notes).into_value()),
            (Kind::ObjectDetection, Value::List(items)) => Some(self.boxes(items, notes).into_value()),
            (_, Value::Text(text)) => self.of_text(text, ground, notes),
            (_, Value::Int(_) | Value::Bool(_) | Value::Float(_)) => {
                self.of_text(&value.json().to_string(), ground, notes)
            }
            _ => None,
        }
    }

    /// The answer that a text is: a class, a number, or a JSON list of annotations.
    fn of_text(&self, text: &str, ground: &Ground, notes: &mut Vec<Note>) -> Option<Value> {
        if text.is_empty() {
            notes.push(self.note("vote.empty", "the answer is an empty text"));
            return None;
        }
        match self.kind {
            Kind::Classification => Some(Value::Text(self.mapped(text))),
            Kind::Rating => {
                let number = number(&self.mapped(text));
                notes.extend(number.is_none().then(|| self.note("vote.number", "the answer is not a number")));
                number.map(Value::Float)
            }
            Kind::Ner | Kind::ObjectDetection => match serde_json::from_str(text) {
                Ok(Json::Array(items)) => {
                    let items = Value::List(items.iter().map(plain).collect());
                    self.of_value(&items, ground, notes)
                }
                _ => {
                    notes.push(self.note("vote.shape", "the answer is not a JSON list"));
                    None
                }
            },
        }
    }

    /// Spans in the present text, in the order of (start, end, class).
    fn spans(&self, items: &[Value], ground: &Ground, notes: &mut Vec<Note>) -> Vec<Span> {
        let tags: Option<Vec<String>> = items.iter().map(|v| v.text().map(str::to_string)).collect();
        let mut spans = match tags {
            Some(tags) if !tags.is_empty() => self.tagged(&tags, &ground.tokens, notes),
            _ => self.shaped(items, Span::from_value, notes),
        };
        spans.iter_mut().for_each(|s| s.class = self.mapped(&s.class));
        let mut moved = self.moved(spans, &ground.edits, notes);
        moved.sort();
        moved
    }

    fn boxes(&self, items: &[Value], notes: &mut Vec<Note>) -> Vec<Box2> {
        let boxes = self.shaped(items, box_of, notes).into_iter();
        boxes.map(|b| Box2 { class: self.mapped(&b.class), ..b }).collect()
    }

    /// The items that have the form of an annotation; how many have not is a finding.
    fn shaped<T>(&self, items: &[Value], read: fn(&Value) -> Option<T>, notes: &mut Vec<Note>) -> Vec<T> {
        let good: Vec<T> = items.iter().filter_map(read).collect();
        if good.len() < items.len() {
            let say = format!("{} of {} annotations lack a field", items.len() - good.len(), items.len());
            notes.push(self.note("vote.shape", say));
        }
        good
    }

    /// Spans of characters from one tag for each token.
    fn tagged(&self, tags: &[String], tokens: &[Token], notes: &mut Vec<Note>) -> Vec<Span> {
        if tags.len() != tokens.len() {
            notes.push(self.note("bio.tokens", format!("{} tags for {} tokens", tags.len(), tokens.len())));
            return Vec::new();
        }
        let scheme = match self.scheme {
            TagScheme::Bio => Scheme::Bio,
            TagScheme::Iob1 => Scheme::Iob1,
            TagScheme::Bioes => Scheme::Bioes,
        };
        let (found, problems) = conll::spans(tags, scheme);
        for problem in &problems {
            let key = format!("label.{}.problems.bio", self.task);
            let say = format!("token {}: {}", problem.token + 1, problem.say);
            notes.push(Note::new(self.bio.act(), key, "bio.malformed", say));
        }
        let goes = |s: &TagSpan| problems.iter().any(|p| (s.start_token..s.end_token).contains(&p.token));
        let kept = found.into_iter().filter(|s| self.bio != Respond::Drop || !goes(s));
        kept.filter_map(|s| characters(s, tokens)).collect()
    }

    /// The spans in the present text; those without a place there are findings.
    fn moved(&self, spans: Vec<Span>, edits: &[Edit], notes: &mut Vec<Note>) -> Vec<Span> {
        let mut out = Vec::with_capacity(spans.len());
        for s in spans {
            if edits.is_empty() || s.start >= s.end {
                out.push(s);
                continue;
            }
            match move_span(edits, s.start, s.end) {
                Moved::At(start, end) => out.push(Span { start, end, ..s }),
                Moved::Lost => {
                    let say = format!("the text under the span {}..{} (as collected) was replaced", s.start, s.end);
                    notes.push(self.note("span.lost", say));
                }
            }
        }
        out
    }
}

fn characters(s: TagSpan, tokens: &[Token]) -> Option<Span> {
    let (first, last) = (tokens.get(s.start_token)?, tokens.get(s.end_token.checked_sub(1)?)?);
    Some(Span { class: s.class, start: first.start, end: last.end })
}

/// The votes of a row with new ones, by (annotator, source).
fn added(before: Value, new: Option<Vec<Vote>>) -> Value {
    let Some(new) = new else { return before };
    let mut all = Vote::list(&before).unwrap_or_default();
    all.extend(new);
    all.sort_by(|a, b| (&a.annotator, &a.origin).cmp(&(&b.annotator, &b.origin)));
    Value::List(all.into_iter().map(Vote::into_value).collect())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Bytes, pixels, rows, rules, spans, vote, votes, written};
    use super::*;
    use crate::table::array_of;

    fn way(kind: Kind) -> Way {
        let name = |n: &str| n.to_string();
        Way { task: name("t"), source: name("x"), kind, column: name("c"), annotator: name("a"), ..Way::default() }
    }

    fn texts(of: &[&str]) -> ArrayRef {
        array_of(of.iter().map(|t| Some(t.to_string())))
    }

    /// Tags of three tokens of two characters each; the second token became one character.
    fn tagged(p: &Way, tags: &[&str]) -> Delta {
        let tags: Vec<String> = tags.iter().map(|t| t.to_string()).collect();
        let tokens: Vec<Token> = (0..3).map(|i| Token { start: 2 * i, end: 2 * i + 2 }).collect();
        let columns = vec![
            ("c", array_of([Some(tags), None])),
            ("tokens", array_of([Some(tokens), None])),
            ("edits.text", array_of([Some(vec![Edit { start: 2, end: 4, len: 1 }]), None])),
        ];
        FromColumn::map(p, &rows(&Bytes::default(), columns), &mut Summary::default()).unwrap()
    }

    #[test]
    fn tags_become_spans_that_move_with_the_text() {
        let p = Way { edits: Some("edits.text".into()), ..way(Kind::Ner) };
        let delta = tagged(&p, &["B-A", "I-A", "B-B"]);
        assert_eq!(written(&delta, "votes.t", 0), Some(vec![("a".into(), spans(&[("A", 0, 3), ("B", 3, 5)]))]));
        assert_eq!(written(&delta, "votes.t", 1), None);
        assert!(rules(&delta).is_empty());
        let still = tagged(&way(Kind::Ner), &["O", "O", "B-B"]);
        assert_eq!(written(&still, "votes.t", 0), Some(vec![("a".into(), spans(&[("B", 4, 6)]))]));
    }

    #[test]
    fn broken_tags_are_dropped_or_mended() {
        let answer = |bio, tags: &[&str]| {
            let delta = tagged(&Way { bio, ..way(Kind::Ner) }, tags);
            let acts: Vec<Act> = delta.events.iter().map(|e| e.act.clone()).collect();
            (written(&delta, "votes.t", 0).unwrap()[0].1.clone(), acts)
        };
        let tags = ["B-A", "I-B", "B-A"];
        assert_eq!(answer(Respond::Drop, &tags), (spans(&[("A", 0, 2), ("A", 4, 6)]), vec![Act::Finding]));
        assert_eq!(answer(Respond::Fix, &tags).0, spans(&[("A", 0, 2), ("B", 2, 4), ("A", 4, 6)]));
        assert_eq!(answer(Respond::Review, &tags).1, [Act::Review]);
        assert_eq!(answer(Respond::Fail, &["O", "x", "O"]), (spans(&[]), vec![Act::Fail]));
    }

    #[test]
    fn a_span_in_replaced_text_is_lost() {
        let (p, mut notes) = (way(Kind::Ner), Vec::new());
        let ground = Ground { tokens: Vec::new(), edits: vec![Edit { start: 1, end: 4, len: 2 }] };
        let json = r#"[{"class": "B", "start": 5, "end": 6}, {"class": "A", "start": 2, "end": 5}, {"class": "A"}]"#;
        assert_eq!(p.of_text(json, &ground, &mut notes), Some(spans(&[("B", 4, 5)])));
        assert_eq!(notes.iter().map(|n| n.rule).collect::<Vec<_>>(), ["vote.shape", "span.lost"]);
        assert_eq!(p.of_text("nothing", &ground, &mut notes), None);
        assert_eq!(p.of_text("[]", &ground, &mut notes), Some(spans(&[])));
    }

    #[test]
    fn boxes_and_classes_are_mapped() {
        let map: BTreeMap<String, String> = [("dog".to_string(), "D".to_string())].into();
        let p = Way { map: map.clone(), ..way(Kind::ObjectDetection) };
        let cell = vec![pixels("dog", [0.0, 0.0, 2.0, 2.0], &["difficult"]), pixels("cat", [1.0, 1.0, 2.0, 2.0], &[])];
        let columns = vec![("c", array_of([Some(cell), None, Some(vec![])]))];
        let delta = FromColumn::map(&p, &rows(&Bytes::default(), columns), &mut Summary::default()).unwrap();
        let first = &written(&delta, "votes.t", 0).unwrap()[0].1;
        let classes: Vec<String> = Vec::<Box2>::from_value(first).unwrap().into_iter().map(|b| b.class).collect();
        assert_eq!(classes, ["D", "cat"]);
        assert_eq!(written(&delta, "votes.t", 1), None);
        assert_eq!(written(&delta, "votes.t", 2), Some(vec![("a".into(), Value::List(vec![]))]));
        let class = Way { map, ..way(Kind::Classification) };
        let mut notes = Vec::new();
        assert_eq!(class.of_text("dog", &Ground::default(), &mut notes), Some(Value::Text("D".into())));
        assert_eq!(class.of_text("", &Ground::default(), &mut notes), None);
        assert_eq!(notes[0].rule, "vote.empty");
    }

    #[test]
    fn rows_of_votes_meet_their_samples() {
        let (p, blobs) = (way(Kind::Rating), Bytes::default());
        let before = votes(Kind::Rating, vec![Some(vec![vote("m", "w", Value::Float(9.0))]), None, None]);
        let left = rows(&blobs, vec![("votes.t", before)]);
        let right =
            vec![("annotator", texts(&["z", "b", "b", "z", "q"])), ("answer", texts(&["3", "2.5", "2.50", "4", "x"]))];
        let matches = [vec![0, 1, 2, 3], vec![4], vec![]];
        let delta = FromFiles::join(&p, &left, &matches, &rows(&blobs, right)).unwrap();
        let want = [("b", 2.5), ("m", 9.0), ("z", 3.0)].map(|(a, x)| (a.to_string(), Value::Float(x)));
        assert_eq!(written(&delta, "votes.t", 0), Some(want.to_vec()));
        assert_eq!(written(&delta, "votes.t", 1), Some(vec![]), "somebody was asked");
        assert_eq!(written(&delta, "votes.t", 2), None);
        assert_eq!(rules(&delta), [(0, "vote.repeated"), (0, "vote.contradiction"), (1, "vote.number")]);
    }

    #[test]
    fn where_nobody_is_asked_nothing_is_written() {
        assert_eq!(text(&Way::default()), "{}");
        let nobody = vec![("c", array_of::<String>([None, None]))];
        let delta =
            FromColumn::map(&way(Kind::Rating), &rows(&Bytes::default(), nobody), &mut Summary::default()).unwrap();
        assert!(delta.columns.is_empty() && delta.events.is_empty());
    }
}

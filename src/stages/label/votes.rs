//! `label.TASK/from.X`: each source's answers become votes.
//!
//! ```toml
//! [label.ner]
//! from.klue = { column = "ner", annotator = "klue", scheme = "bio" }
//! from.crowd = { files = ["raw/round*.jsonl"], on = "id", map = { person = "PS" } }
//! ```
//!
//! Reads the column, or joins the rows of `label.TASK/from.X` by `on`; of spans also `tokens` (for tags) and the edit
//! list of the text, through which spans set on the collected text are moved; of shapes `frame`, with which they move. Adds to `votes.TASK`, sorted by
//! (annotator, source). Null: nobody was asked. Findings: `bio.malformed`, `bio.tokens` (tags and tokens differ in
//! number), `bio.number`, `span.lost` (the text under an end was replaced), `span.text` (a span does not cover the text that
//! its source says), `span.unit` (an end is no place in the text), `vote.shape`, `vote.number`, `vote.empty`,
//! `vote.text` (it was given to another text than the sample has),
//! `vote.repeated`, `vote.contradiction` and `vote.replaced` ([`cast`]), `vote.unmatched`, `crop.cut`, `crop.outside`, `crop.lost`, `image.drawn_on`.
use super::cast::cast;
use super::declaration::{Answers, Offsets, Task, checked};
use super::kinds::aim::Aim;
use super::kinds::kind::{Kind, Reading, Respond, Take};
use super::kinds::same_words;
use super::mapped::{Met, Names};
use super::read::{GIVEN, given_of};
use super::rows::{attribute, optional, slot, tell};
use super::target::aims;
use crate::model::edits::{Edit, edits_of};
use crate::model::frames::{Frame, TILE_OF};
use crate::model::spans::{Scheme, Span, Unit};
use crate::model::votes::{Said, Vote, VotesColumn};
use crate::stage::*;
use crate::table::{ArrayRef, Cell, DataType, Value, list, value_at};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub const COLUMN: Entry = Entry::row::<FromColumn>("label/column", "label.*", declare_columns);

pub const JOIN: Entry = Entry::join::<FromFiles>("label/join", "label.*", declare_files);

fn declare_columns(check: &mut Check) -> Vec<Plan> {
    let Some(task) = checked(check) else { return Vec::new() };
    let mut plans: Vec<Plan> = Vec::new();
    for (name, answers, column) in task.columns() {
        let takes = check.column("samples", column).map(task.kind().takes);
        let tags = takes == Some(Take::WithTokens);
        let written = task.kind().on_text && check.column("samples", column) == Some(&DataType::Utf8);
        let may_be_tags = tags || (written && check.column("samples", "tokens").is_some());
        let annotator = answers.annotator.clone().unwrap_or_else(|| name.clone());
        let lost = format!("{}_lost", column.get());
        let shapes = column.as_str() == "objects" || column.starts_with("objects.");
        let lost = Some(lost).filter(|lost| shapes && check.column("samples", lost).is_some());
        let source = map(check, &task, name, answers);
        let text = source.text.clone().filter(|_| !tags);
        let source = Map { column: column.get().clone(), annotator, lost, text, ..source };
        let mut reads = vec![source.column.clone()];
        reads.extend(may_be_tags.then(|| "tokens".to_string()));
        reads.extend(source.lost.clone());
        let ports = ports(&task, &source, reads, !plans.is_empty());
        let mut plan = Plan::row::<FromColumn>(ports, &source, &Names::of(&task, name, answers), &Nothing {})
            .word(format!("from.{name}"));
        plan.gates = Names::gate(check, &task, name, answers, &plan.word).into_iter().collect();
        if may_be_tags {
            plan.ports.drops = task.reviews(true);
            plan.gates.extend(task.gates(check, &plan.word, true));
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
        let given = given_of(answers, task.kind()).and(task.text.clone());
        let edited = given.as_ref().is_some_and(|text| check.column("samples", &edits_of(text)).is_some());
        let source = Map { given, edited, ..map(check, &task, name, answers) };
        let key = source.key();
        // an answer about a picture is one about each of its tiles
        let usual = if check.column("samples", TILE_OF).is_some() { TILE_OF } else { "id" };
        let mut ports = ports(&task, &source, Vec::new(), columns + plans.len() > 0);
        ports.right = Some(Right {
            table: format!("{}/from.{name}", task.path),
            key: "item".into(),
            on: answers.on.as_ref().map_or_else(|| usual.to_string(), |on| on.get().clone()),
            reads: ["annotator", "answer"]
                .into_iter()
                .chain(source.given.as_ref().map(|_| GIVEN))
                .map(String::from)
                .collect(),
            unmatched: Some(("vote.unmatched".into(), key)),
        });
        let step = format!("{}/from.{name}", task.path);
        let say = format!("more votes of {} belong to no sample than may be lost", source.key());
        let mut gates = vec![task.lost_gate(check, &step, "unmatched_share", &say)];
        if task.declared.max_lost.is_none() {
            gates.extend(task.negative_gate(
                check,
                format!("{step}.unmatched_share"),
                "a sample whose vote names it wrongly would become one where nothing is there",
                format!("tamis show {step} --findings; `max_lost` says that votes may belong to no sample"),
            ));
        }
        plans.push(Plan { gates, ..Plan::join::<FromFiles>(ports, &source).word(format!("from.{name}")) });
    }
    plans
}

fn map(check: &Check, task: &Task, name: &str, answers: &Answers) -> Map {
    let moves = task.kind().on_text && answers.offsets.unwrap_or_default() == Offsets::Collected;
    let edits = task.text.as_ref().map(|t| format!("edits.{t}"));
    let found_reading = task.problems(true).map(|p| p.1).next();
    let target = task.aimed_at(check);
    let aimed =
        |spans: bool| target.as_ref().is_some_and(|t| (check.column("samples", t) == Some(&list(Span::ty()))) == spans);
    let moves = moves || (aimed(true) && answers.offsets.unwrap_or_default() == Offsets::Collected);
    let drawn =
        (task.kind().moves.is_some() || aimed(false)) && answers.offsets.unwrap_or_default() == Offsets::Collected;
    Map {
        task: task.name.clone(),
        source: name.to_string(),
        kind: task.kind(),
        guideline: task.version_of(answers),
        map: answers.map.iter().map(|(from, to)| (from.clone(), to.get().clone())).collect(),
        class_names: answers.class_names.clone(),
        separator: answers.separator.clone(),
        scheme: answers.scheme.unwrap_or_default(),
        bio: found_reading.unwrap_or(Respond::Fix),
        open: check.manifest.table(&["privacy"]).is_none(),
        edits: edits.filter(|e| moves && check.column("samples", e).is_some()),
        text: task.text.clone().filter(|_| task.kind().on_text || aimed(true)),
        attribute: answers.attribute.clone(),
        unit: answers.unit.unwrap_or_default(),
        frame: drawn && check.column("samples", FRAME).is_some(),
        tiled: drawn && check.column("samples", TILE_OF).is_some(),
        target,
        gold: task.declared.gold.as_ref().map(|gold| gold.from.get().clone()),
        ..Map::default()
    }
}

/// Returns the ports of a step that adds votes. All but the first of a task read the votes of those before.
fn ports(task: &Task, source: &Map, mut reads: Vec<String>, later: bool) -> Ports {
    let votes = task.votes();
    reads.extend(source.edits.clone());
    reads.extend(source.target.clone());
    reads.extend(source.text.clone());
    if let Some(text) = &source.given {
        let edits = edits_of(text);
        reads.extend([text.clone()].into_iter().chain(Some(edits).filter(|_| source.edited)));
    }
    reads.extend(source.frame.then(|| FRAME.to_string()));
    reads.extend(source.tiled.then(|| TILE_OF.to_string()));
    reads.extend(later.then(|| votes.0.clone()));
    Ports { table: "samples".into(), reads, writes: vec![votes], ..Ports::default() }
}

/// The column that says how a picture came of the one that was collected.
const FRAME: &str = "frame";

/// How the answers of a source are read.
#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    task: String,
    /// The name below `from`.
    #[serde(default, skip_serializing_if = "is_default")]
    source: String,
    #[serde(default, skip_serializing_if = "is_default")]
    kind: &'static Kind,
    #[serde(default, skip_serializing_if = "is_default")]
    column: String,
    #[serde(default, skip_serializing_if = "is_default")]
    annotator: String,
    #[serde(default, skip_serializing_if = "is_default")]
    guideline: String,
    #[serde(default, skip_serializing_if = "is_default")]
    map: BTreeMap<String, String>,
    /// What whole numbers stand for.
    #[serde(default, skip_serializing_if = "is_default")]
    class_names: Vec<String>,
    /// What stands between the classes of a text.
    #[serde(default, skip_serializing_if = "is_default")]
    separator: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    scheme: Scheme,
    /// The response to tags that the scheme does not allow; kinds without tags have `fix`.
    #[serde(default, skip_serializing_if = "is_default")]
    bio: Respond,
    /// The column of the edit list by which answers are moved.
    #[serde(default, skip_serializing_if = "is_default")]
    edits: Option<String>,
    /// The text that spans are held against, where they may say what they cover.
    #[serde(default, skip_serializing_if = "is_default")]
    text: Option<String>,
    /// The text that answers are held against which say to which text they were given, and whether it was changed since.
    #[serde(default, skip_serializing_if = "is_default")]
    given: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    edited: bool,
    /// What spans count in.
    #[serde(default, skip_serializing_if = "is_default")]
    unit: Unit,
    /// The label whose shapes or spans answers are about, and the attribute of shapes that is the answer.
    #[serde(default, skip_serializing_if = "is_default")]
    target: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    attribute: Option<String>,
    /// Shapes are moved with their pictures.
    #[serde(default, skip_serializing_if = "is_default")]
    frame: bool,
    /// Pictures are tiles of others.
    #[serde(default, skip_serializing_if = "is_default")]
    tiled: bool,
    /// The source whose answers measure and are no votes.
    #[serde(default, skip_serializing_if = "is_default")]
    gold: Option<String>,
    /// The column that counts the annotations which the reader of the column could not keep.
    #[serde(default, skip_serializing_if = "is_default")]
    lost: Option<String>,
    /// Words of the data may be told: there is no `[privacy]`.
    #[serde(default, skip_serializing_if = "is_default")]
    open: bool,
}

/// The parameters of joining files of votes are those of mapping a column.
type Join = Map;

struct FromColumn;

impl RowStage for FromColumn {
    const MAP: u32 = 9; // 9: answers that contradict each other are named; 8: which field of an annotation is wrong; an empty list is no answer, and fields besides are told
    const USES: &'static [&'static str] = crate::measure::names::USES;
    const GATHER: Option<GatherPart<Self>> = Some((1, Names::gather));
    type Map = Map;
    type Gather = Names;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let cells = rows.column(&p.column)?;
        let others = Others::read(p, rows)?;
        let votes_before = others.votes();
        let mut delta = Delta::default();
        let mut votes = Vec::with_capacity(rows.len());
        let mut met = Met::of(&p.class_names, p.separator.as_ref());
        let several = *cells.data_type() == list(Said::ty());
        for row in 0..rows.len() {
            let mut reading = p.reading(&others, row);
            reading.lost = u32::from_value(&slot(&others.lost, row)).unwrap_or_default();
            let cell = value_at(cells.as_ref(), row);
            if several {
                votes.push(p.each_said(&cell, before(&votes_before, row), &mut reading, &mut met));
                tell(&mut delta, row, reading.notes);
                continue;
            }
            let answer = p.kind.read_cell(&cell, &mut reading);
            match &p.attribute {
                _ if p.map.is_empty() => {}
                Some(name) => met.see_attribute(name, &cell),
                None => met.see(p.kind, &cell),
            }
            let asked = answer.is_some() || reading.lost > 0;
            votes.push(asked.then(|| {
                let (mut own, vote) = (before(&votes_before, row), p.vote(&p.annotator, answer, reading.lost));
                cast(p.kind, p.gold.as_deref(), &mut own, vote, &mut reading);
                own
            }));
            tell(&mut delta, row, reading.notes);
        }
        met.note(p.map.keys(), summary);
        p.write(&mut delta, &others, votes)?;
        Ok(delta)
    }
}

struct FromFiles;

impl JoinStage for FromFiles {
    const JOIN: u32 = 9; // 9: answers that contradict each other are named; 8: which field of an annotation is wrong; an empty list is no answer, and fields besides are told
    const USES: &'static [&'static str] = crate::measure::names::USES;
    type Join = Join;

    fn join(p: &Join, left: &Rows, matches: &[Vec<usize>], right: &Rows) -> Result<Delta, Fault> {
        let others = Others::read(p, left)?;
        let votes_before = others.votes();
        let (annotators, answers) = (right.texts("annotator")?, right.texts("answer")?);
        let given = if p.given.is_some() { right.texts(GIVEN)? } else { Vec::new() };
        let texts = p.given.as_ref().map_or(Ok(None), |name| optional(left, name))?;
        let edits = p.given.as_ref().filter(|_| p.edited).map_or(Ok(None), |name| optional(left, &edits_of(name)))?;
        let mut delta = Delta::default();
        let mut votes = Vec::with_capacity(left.len());
        for (row, hits) in matches.iter().enumerate() {
            if hits.is_empty() {
                votes.push(None);
                continue;
            }
            let (mut reading, mut own) = (p.reading(&others, row), before(&votes_before, row));
            for hit in hits {
                let (Some(Some(annotator)), Some(Some(answer))) = (annotators.get(*hit), answers.get(*hit)) else {
                    continue;
                };
                let before = reading.notes.len();
                reading.lost = 0;
                let said_of =
                    given.get(*hit).and_then(Option::as_deref).zip(slot(&texts, row).text().map(str::to_string));
                let other = said_of.is_some_and(|(given, text)| {
                    !same_text(given, &text, &Vec::from_value(&slot(&edits, row)).unwrap_or_default())
                });
                if other {
                    reading.lose("vote.text", OTHER_TEXT);
                }
                let read = if other { None } else { p.kind.read_text(answer, &mut reading) };
                if read.is_some() || reading.lost > 0 {
                    let vote = p.vote(annotator, read, reading.lost);
                    cast(p.kind, p.gold.as_deref(), &mut own, vote, &mut reading);
                }
                let new = reading.notes.get_mut(before..).unwrap_or_default();
                new.iter_mut().for_each(|note| note.vote = Some(*hit));
                if p.open {
                    attribute(new, annotator, |_| Some(answer.clone()));
                }
            }
            votes.push(Some(own));
            tell(&mut delta, row, reading.notes);
        }
        p.write(&mut delta, &others, votes)?;
        Ok(delta)
    }
}

const OTHER_TEXT: &str = "the answer was given to another text than the sample has, whose id it names: the ids of the file may not be \
                          those of the samples; `on` with the name of the text and `fields.item = \"text\"` meet them by it";

/// Whether a text is the one that an answer was given to, as far as changes since collecting leave it to be seen: what stands in
/// front of the first of them and behind the last.
fn same_text(given: &str, text: &str, edits: &[Edit]) -> bool {
    let (Some(first), Some(last)) = (edits.first(), edits.last()) else { return same_words(text.chars(), given) };
    let (given, text): (Vec<char>, Vec<char>) = (given.chars().collect(), text.chars().collect());
    let (start, behind) = (first.start as usize, given.len().checked_sub(last.end as usize));
    let Some(tail) = behind.and_then(|n| Some((given.len() - n, text.len().checked_sub(n)?))) else { return false };
    given.get(..start).is_some_and(|own| text.starts_with(own)) && given.get(tail.0..) == text.get(tail.1..)
}

/// The columns that a source reads besides its answers.
struct Others {
    votes: Option<ArrayRef>,
    tokens: Option<ArrayRef>,
    edits: Option<ArrayRef>,
    lost: Option<ArrayRef>,
    text: Option<ArrayRef>,
    frame: Option<ArrayRef>,
    tile_of: Option<ArrayRef>,
    target: Option<ArrayRef>,
}

impl Others {
    fn read(p: &Map, rows: &Rows) -> Result<Others, Fault> {
        Ok(Others {
            votes: optional(rows, &format!("votes.{}", p.task))?,
            tokens: optional(rows, "tokens")?,
            edits: p.edits.as_ref().map_or(Ok(None), |name| optional(rows, name))?,
            lost: p.lost.as_ref().map_or(Ok(None), |name| optional(rows, name))?,
            text: p.text.as_ref().map_or(Ok(None), |name| optional(rows, name))?,
            frame: if p.frame { optional(rows, FRAME)? } else { None },
            target: p.target.as_ref().map_or(Ok(None), |name| optional(rows, name))?,
            tile_of: if p.tiled { optional(rows, TILE_OF)? } else { None },
        })
    }

    /// The shapes or spans that answers are about.
    fn aims(&self, row: usize) -> Vec<Aim> {
        let of = |label: &ArrayRef| aims(label.data_type(), &value_at(label.as_ref(), row));
        self.target.as_ref().map(of).unwrap_or_default()
    }

    /// The votes of the sources before.
    fn votes(&self) -> Option<VotesColumn<'_>> {
        self.votes.as_ref().map(|array| VotesColumn::of(array.as_ref()))
    }
}

/// The votes that a row has from the sources before.
fn before(votes: &Option<VotesColumn>, row: usize) -> Vec<Vote> {
    votes.as_ref().and_then(|votes| votes.list(row)).unwrap_or_default()
}

impl Map {
    fn key(&self) -> String {
        format!("label.{}.from.{}", self.task, self.source)
    }

    /// Collects what the answers of a row are read with.
    fn reading(&self, others: &Others, row: usize) -> Reading<'_> {
        let frame = Frame::from_value(&slot(&others.frame, row));
        Reading {
            task: &self.task,
            source: &self.source,
            map: &self.map,
            names: &self.class_names,
            separator: self.separator.as_deref(),
            scheme: self.scheme,
            bio: self.bio,
            tokens: Vec::from_value(&slot(&others.tokens, row)).unwrap_or_default(),
            edits: Vec::from_value(&slot(&others.edits, row)).unwrap_or_default(),
            text: slot(&others.text, row).text().map(str::to_string),
            unit: self.unit,
            unplaced: others.frame.is_some() && frame.is_none(),
            frame: frame.filter(|frame| !frame.is_still()),
            tiled: slot(&others.tile_of, row) != Value::Null,
            target: self.target.as_ref().map(|_| others.aims(row)),
            attribute: self.attribute.as_deref(),
            open: self.open,
            notes: Vec::new(),
            lost: 0,
        }
    }

    fn vote(&self, annotator: &str, answer: Option<Value>, lost: u32) -> Vote {
        let (annotator, origin, guideline) = (annotator.to_string(), self.source.clone(), self.guideline.clone());
        Vote { annotator, origin, guideline, answer: Value::Null, lost: 0 }.left(answer, lost)
    }

    /// The votes of a row whose cell has the answers of several annotators, with those before; `None` where nobody was asked. Who looked and
    /// gave no annotation says that there is none; who gave nothing else than annotations are asked for did not answer.
    fn each_said(&self, cell: &Value, mut own: Vec<Vote>, reading: &mut Reading, met: &mut Met) -> Option<Vec<Vote>> {
        let mut asked = false;
        for said in Vec::<Said>::from_value(cell)? {
            let before = reading.notes.len();
            reading.lost = said.lost;
            let answer = match &said.answer {
                Some(text) => self.kind.read_text(text, reading),
                None => (self.kind.is_list() && said.lost == 0).then(|| Value::List(Vec::new())),
            };
            if let Some(text) = said.answer.filter(|_| !self.map.is_empty()) {
                met.see(self.kind, &Value::Text(text));
            }
            if answer.is_some() || reading.lost > 0 {
                let vote = self.vote(&said.annotator, answer, reading.lost);
                cast(self.kind, self.gold.as_deref(), &mut own, vote, reading);
                asked = true;
            }
            if self.open {
                let new = reading.notes.get_mut(before..).unwrap_or_default();
                attribute(new, &said.annotator, |_| None);
            }
        }
        asked.then_some(own)
    }

    /// Writes the votes of each row, those before among them; nothing where no row was asked.
    fn write(&self, delta: &mut Delta, others: &Others, votes: Vec<Option<Vec<Vote>>>) -> Result<(), Fault> {
        if votes.iter().all(Option::is_none) {
            return Ok(());
        }
        let before = others.votes();
        let own = |row| before.as_ref().and_then(|votes: &VotesColumn| votes.list(row));
        let all = votes.into_iter().enumerate().map(|(row, all)| all.map(ordered).or_else(|| own(row)));
        let array = Vote::column(&(self.kind.answer)(), all.collect()).map_err(Fault::Bug)?;
        delta.write(format!("votes.{}", self.task), array);
        Ok(())
    }
}

/// The votes of a row in the order of (annotator, source).
fn ordered(mut all: Vec<Vote>) -> Vec<Vote> {
    all.sort_by(|a, b| (&a.annotator, &a.origin).cmp(&(&b.annotator, &b.origin)));
    all
}

#[cfg(test)]
mod tests {
    use super::super::kinds::named;
    use super::super::testing::{Bytes, pixels, rows, rules, spans, vote, votes, written};
    use super::*;
    use crate::model::boxes::Box2;
    use crate::model::tokens::Token;
    use crate::table::array_of;

    fn map(kind: &str) -> Map {
        let name = |n: &str| n.to_string();
        let kind = named(kind).unwrap();
        Map { task: name("t"), source: name("x"), kind, column: name("c"), annotator: name("a"), ..Map::default() }
    }

    fn texts(of: &[&str]) -> ArrayRef {
        array_of(of.iter().map(|t| Some(t.to_string())))
    }

    fn mapped(p: &Map, columns: Vec<(&str, ArrayRef)>) -> Delta {
        FromColumn::map(p, &rows(&Bytes::default(), columns), &mut Summary::default()).unwrap()
    }

    #[test]
    fn tags_are_read_with_their_tokens_and_the_edits_of_the_text() {
        let p = Map { edits: Some("edits.text".into()), ..map("ner") };
        let tokens: Vec<Token> = (0..3).map(|i| Token { start: 2 * i, end: 2 * i + 2 }).collect();
        let tags = ["B-A", "I-A", "B-B"].map(String::from).to_vec();
        let columns = vec![
            ("c", array_of([Some(tags), None])),
            ("tokens", array_of([Some(tokens), None])),
            ("edits.text", array_of([Some(vec![Edit { start: 2, end: 4, len: 1 }]), None])),
        ];
        let delta = mapped(&p, columns);
        assert_eq!(written(&delta, "votes.t", 0), Some(vec![("a".into(), spans(&[("A", 0, 3), ("B", 3, 5)]))]));
        assert_eq!(written(&delta, "votes.t", 1), None);
        assert!(rules(&delta).is_empty());
    }

    #[test]
    fn null_is_nobody_and_an_empty_list_is_an_answer() {
        let p = Map { map: [("dog".to_string(), "D".to_string())].into(), ..map("object_detection") };
        let cell = vec![pixels("dog", [0.0, 0.0, 2.0, 2.0], &["difficult"]), pixels("cat", [1.0, 1.0, 2.0, 2.0], &[])];
        let delta = mapped(&p, vec![("c", array_of([Some(cell), None, Some(vec![])]))]);
        let first = &written(&delta, "votes.t", 0).unwrap()[0].1;
        let classes: Vec<String> = Vec::<Box2>::from_value(first).unwrap().into_iter().map(|b| b.class).collect();
        assert_eq!(classes, ["D", "cat"]);
        assert_eq!(written(&delta, "votes.t", 1), None);
        assert_eq!(written(&delta, "votes.t", 2), Some(vec![("a".into(), Value::List(vec![]))]));
    }

    #[test]
    fn answers_are_held_against_the_text_that_they_were_given_to() {
        assert!(same_text("so it  is", "so it is", &[]) && !same_text("so it is", "so", &[]));
        let edits = [Edit { start: 3, end: 6, len: 1 }, Edit { start: 8, end: 9, len: 0 }];
        assert!(same_text("ab cde fg h", "ab * f h", &edits), "what was changed is not compared");
        assert!(!same_text("xb cde fg h", "ab * f h", &edits) && !same_text("ab cde fg i", "ab * f h", &edits));
        assert!(!same_text("ab", "ab * f h", &edits), "it ends before a change");
    }

    #[test]
    fn rows_of_votes_meet_their_samples() {
        let (p, blobs) = (map("rating"), Bytes::default());
        let before = votes(p.kind, vec![Some(vec![vote("m", "w", Value::Float(9.0))]), None, None]);
        let left = rows(&blobs, vec![("votes.t", before)]);
        let right =
            vec![("annotator", texts(&["z", "b", "b", "z", "q"])), ("answer", texts(&["3", "2.5", "2.50", "4", "x"]))];
        let matches = [vec![0, 1, 2, 3], vec![4], vec![]];
        let delta = FromFiles::join(&p, &left, &matches, &rows(&blobs, right)).unwrap();
        let want = [("b", 2.5), ("m", 9.0), ("z", 3.0)].map(|(a, x)| (a.to_string(), Value::Float(x)));
        assert_eq!(written(&delta, "votes.t", 0), Some(want.to_vec()));
        assert_eq!(written(&delta, "votes.t", 1), Some(vec![("q".into(), Value::Null)]), "somebody was asked");
        assert_eq!(written(&delta, "votes.t", 2), None);
        assert_eq!(rules(&delta), [(0, "vote.repeated"), (0, "vote.contradiction"), (1, "vote.number")]);
    }

    #[test]
    fn where_nobody_is_asked_nothing_is_written() {
        assert_eq!(text(&Map::default()), "{}");
        let delta = mapped(&map("rating"), vec![("c", array_of::<String>([None, None]))]);
        assert!(delta.columns.is_empty() && delta.events.is_empty());
    }
}

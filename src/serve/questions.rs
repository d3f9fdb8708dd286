//! What waits for a person, one question after another, and what was decided. A decision is on disk before it is answered.
//!
//! A question is named by a word that this server makes of it, so that no id stands in an address, and an answer to it fits
//! however often the data set is built in between. The file of decisions is compared with what the page has seen of it: where
//! somebody else changed it, nothing is written, and the page reads it again.
use super::entry::Entry;
use super::http::{Answer, Request};
use super::snapshot::Ground;
use super::{Server, asked, held};
use crate::digest::Digest;
use crate::model::decisions::{Decided, Verdict};
use crate::model::predictions::Predicted;
use crate::model::spans::Span;
use crate::model::votes::classes_of;
use crate::project::Failure;
use crate::report::filter::Filter;
use crate::report::html::live::{self, Choice, Question};
use crate::report::rows::Looking;
use crate::report::show::raw_columns;
use crate::report::snapshot::since;
use crate::report::view::drawn::{Drawn, shapes};
use crate::report::view::samples::{Pictures, cards, classes};
use crate::review::ask;
use crate::review::file::{self, Held, Key};
use crate::review::queue::item;
use crate::review::task::{Answered, Task};
use crate::review::{Back, Item, Said, choices, is_class, is_spans, marked, said};
use crate::stage::{Fault, Role};
use crate::stages::label::decided::{answer, answer_text, judged};
use crate::stages::label::guideline::said as said_of;
use crate::table::{Cell, value_at};
use crate::world::World;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Questions that a page is told of at once.
const TOLD: usize = 500;

impl Ground<'_, '_> {
    /// All questions, found when somebody first asks.
    pub fn entries(&self) -> Result<&[Entry], Failure> {
        match self.found.get_or_init(|| entries(self, &self.token)) {
            Ok(entries) => Ok(entries),
            Err(fault) => Err(fault.clone().into()),
        }
    }
}

/// All questions of a build, those first that are worth most; equal ones in the order of the data.
fn entries(ground: &Ground, token: &str) -> Result<Vec<Entry>, Fault> {
    let seen = &ground.seen;
    let places: BTreeMap<&str, usize> =
        seen.samples.parts.iter().enumerate().map(|(n, p)| (p.uid.as_str(), n)).collect();
    let mut out = Vec::new();
    for asked in ask::asked(seen.s, seen.built, |_| true)? {
        let key = word(token, &asked.path, &asked.id);
        let place = places.get(asked.uid.as_str()).map(|n| (*n, asked.row));
        let worth = place.map_or(Ok(0.0), |at| worth(ground, &asked.path, at))?;
        out.push(Entry { key, asked, place, worth });
    }
    out.sort_by(|a, b| b.worth.partial_cmp(&a.worth).unwrap_or(Ordering::Equal));
    Ok(out)
}

/// What speaks against the label that the sample has: the less it is to be trusted, the more.
fn worth(ground: &Ground, path: &str, (n, row): (usize, u32)) -> Result<f64, Fault> {
    let Some(task) = path.strip_prefix("label.") else { return Ok(0.0) };
    let Some(part) = ground.seen.samples.parts.get(n) else { return Ok(0.0) };
    let Some(array) = ground.seen.array(part, &format!("label_quality.{task}"))? else { return Ok(0.0) };
    Ok(f64::from_value(&value_at(array.as_ref(), row as usize)).map_or(0.0, |quality| 1.0 - quality))
}

/// Whether a person decided about it since the build that is shown: what that build knew of and asks again is open.
fn is_done(ground: &Ground, mine: &Held, entry: &Entry) -> bool {
    let key = key_of(entry);
    let line = mine.lines.get(&key);
    line.is_some() && (ground.mine.get(&key) != line || !file::is_read(ground.project, &mine.path))
}

fn key_of(entry: &Entry) -> Key {
    (entry.asked.path.clone(), entry.asked.id.clone())
}

/// `GET /queue?q=FILTER`
pub fn queue(server: &Arc<Server>, r: &Request) -> Answer {
    let filter = r.asked("q").unwrap_or_default().to_string();
    let (by, world, build) = (server.setup.by.clone(), server.world.clone(), server.snapshot().number);
    let session = held(&server.done).len();
    asked::ask(server, move |ground| {
        let mine = match by.as_ref().map(|by| file::read(&world, by)).transpose() {
            Ok(mine) => mine.unwrap_or_default(),
            Err(failure) => return Answer::error(409, super::words(&failure)),
        };
        let listed = || -> Result<Answer, Failure> {
            let fits = matching(ground, &filter)?;
            let all = ground.entries()?;
            let open = all.iter().filter(|e| fits.as_ref().is_none_or(|f| e.place.is_some_and(|at| f.contains(&at))));
            let open: Vec<&Entry> = open.filter(|e| !is_done(ground, &mine, e)).collect();
            let told: Vec<Json> = open
                .iter()
                .take(TOLD)
                .map(
                    |e| json!({ "key": e.key, "step": e.asked.path, "rule": e.asked.reasons.first().map(|r| &r.rule) }),
                )
                .collect();
            let unbuilt = mine.lines.iter().filter(|(key, line)| ground.mine.get(*key) != Some(*line)).count();
            Ok(Answer::json(
                200,
                &json!({
                    "unbuilt": unbuilt, "build": build, "path": mine.path, "digest": mine.digest, "waiting": open.len(), "lines": mine.lines.len(),
                    "done": session, "items": told,
                }),
            ))
        };
        listed().unwrap_or_else(|failure| match failure {
            Failure::Usage(say) => Answer::error(422, say.trim_start_matches("--where, ")),
            other => asked::gone(other),
        })
    })
}

/// The samples that a filter lets through, those that left too; `None` lets all through.
fn matching(ground: &Ground, filter: &str) -> Result<Option<BTreeSet<(usize, u32)>>, Failure> {
    if filter.trim().is_empty() {
        return Ok(None);
    }
    let seen = &ground.seen;
    let filter = Filter::parse(filter, &seen.samples.columns).map_err(Failure::Usage)?;
    let step = seen.s.steps.len().saturating_sub(1);
    let looking = Looking { s: seen.s, built: seen.built, snapshot: &seen.samples, filter, step, left: true };
    let since = since(seen.s.steps, &seen.samples.table);
    let mut out = BTreeSet::new();
    let parts: BTreeSet<usize> = ground.entries()?.iter().filter_map(|e| Some(e.place?.0)).collect();
    for n in parts {
        looking.part((n, 0), &BTreeSet::new(), &since, &mut |at, _| {
            out.insert(at);
            Ok(true)
        })?;
    }
    Ok(Some(out))
}

/// `GET /question?key=KEY`
pub fn question(server: &Arc<Server>, r: &Request) -> Answer {
    let key = r.asked("key").unwrap_or_default().to_string();
    let (lang, by, raw) = (server.language(r), server.setup.by.clone(), server.setup.raw);
    asked::ask(server, move |ground| {
        live::speak(lang);
        match told(ground, &key, by.as_deref(), raw) {
            Ok(Some(html)) => Answer::html(html),
            Ok(None) => Answer::error(410, "this is asked no more"),
            Err(failure) => asked::gone(failure),
        }
    })
}

fn told(ground: &Ground, key: &str, by: Option<&str>, raw: bool) -> Result<Option<String>, Failure> {
    let Some(entry) = ground.entries()?.iter().find(|e| e.key == key) else { return Ok(None) };
    let seen = &ground.seen;
    let rows: Vec<(usize, u32)> = entry.place.into_iter().collect();
    let mut shown = cards(seen, &rows, Pictures::Named)?.pop();
    if let Some((_, card)) = &mut shown {
        // why somebody is asked stands above the sample already
        card.said.retain(|s| !entry.asked.reasons.iter().any(|r| r.step == s.step && r.rule == s.rule));
    }
    ground.name(shown.as_ref().and_then(|(_, card)| card.picture.as_ref()).map(|p| p.blob));
    let picture = shown.as_ref().and_then(|(_, card)| card.picture.clone());
    let asked = Label::of(ground, entry)?;
    let hidden = asked.as_ref().is_some_and(|label| label.hidden && !raw);
    let reasons = entry.asked.reasons.iter();
    // words of a step may name other samples
    let say = |r: &'_ ask::Reason| if seen.ids_hidden { String::new() } else { r.say.clone() };
    let said: Vec<String> = reasons.clone().map(say).collect();
    let mut question = Question {
        key,
        step: &entry.asked.path,
        reasons: reasons
            .zip(&said)
            .map(|(r, say)| (r.rule.as_str(), say.as_str(), r.key.as_str(), seen.line(&r.key)))
            .collect(),
        card: shown.map(|(_, card)| live::card(&card, &classes(seen))).unwrap_or_default(),
        closed: by.is_none() || hidden,
        ..Question::default()
    };
    let Some(label) = asked.as_ref().filter(|_| !hidden) else { return Ok(Some(live::question(&question))) };
    question.seen = label.item.seen.as_deref();
    question.edits = Some(label.edits());
    question.text = label.item.text.as_deref().filter(|_| is_spans(label.task.declared.task));
    question.classes = &label.classes;
    question.agreement = label.item.agreement.as_deref();
    question.choices = label.choices();
    question.picture = picture;
    question.guideline = label.guideline(&ground.project.world);
    question.before = before(ground, entry, by.unwrap_or_default())?;
    Ok(Some(live::question(&question)))
}

/// What people decided about a sample before, which did not settle it.
fn before(ground: &Ground, entry: &Entry, by: &str) -> Result<Vec<String>, Failure> {
    let key = key_of(entry);
    let others = file::others(&ground.project.world, by)?.remove(&key).unwrap_or_default();
    let all = ground.mine.get(&key).into_iter().chain(&others);
    let value = |d: &Decided| d.value.as_ref().map_or(String::new(), |v| format!(" {}", answer_text(v)));
    let verdict = |d: &Decided| match d.decision {
        Verdict::Keep => "keep",
        Verdict::Drop => "drop",
        Verdict::Label => "label",
    };
    Ok(all.map(|d| format!("{}: {}{}", d.by, verdict(d), value(d))).collect())
}

/// What is asked about the label of a task.
struct Label {
    task: Task,
    item: Item,
    classes: Vec<String>,
    /// What a model gives.
    suggested: Option<Json>,
    /// What is asked about may hold personal data.
    hidden: bool,
}

impl Label {
    /// Nothing where the sample only stays or leaves.
    fn of(ground: &Ground, entry: &Entry) -> Result<Option<Label>, Failure> {
        let Some(name) = entry.asked.path.strip_prefix("label.") else { return Ok(None) };
        let (project, seen) = (ground.project, &ground.seen);
        let task = Task::find(project, name)?;
        let looked = task.looked(project, seen.s, seen.built)?;
        let Some(answered): Option<Answered> = looked.one(seen.s, &entry.asked.uid, entry.asked.row)? else {
            return Ok(None);
        };
        let snapshot = task.snapshot(project, seen.built, true);
        let content = task.content(seen.s, &snapshot);
        let unseen = raw_columns(project, "samples", task.votes + 1);
        let hidden = content
            .into_iter()
            .chain([format!("votes.{name}")])
            .chain(task.candidates(&snapshot))
            .any(|column| unseen.contains(&column));
        let item = item(&answered, !seen.private);
        let classes: Vec<String> = task.declared.classes.iter().map(|c| c.get().clone()).collect();
        let suggested = entry.place.map_or(Ok(None), |at| suggested(ground, &task, &classes, at))?;
        Ok(Some(Label { item, classes, suggested, hidden, task }))
    }

    /// How an answer is made by hand.
    fn edits(&self) -> &'static str {
        match self.task.declared.task {
            kind if is_spans(kind) => "spans",
            kind if is_class(kind) => "class",
            _ => "value",
        }
    }

    /// What the guideline says of the classes that the answers name.
    fn guideline(&self, world: &World) -> Vec<(String, String)> {
        let Some(guideline) = &self.task.declared.guideline else { return Vec::new() };
        let kind = self.task.declared.task;
        let given = self.item.votes.iter().map(|(_, answer)| answer).chain(&self.suggested);
        let read = given.filter_map(|value| answer(kind, &answer_text(value)).ok());
        let named: BTreeSet<String> = read.flat_map(|value| classes_of(&value)).collect();
        said_of(world, guideline, &self.classes, &named)
    }

    /// The shapes of an answer, to be drawn, and the answer in words; nothing where it has none.
    fn drawn(&self, value: &Json) -> Option<(Vec<Drawn>, String)> {
        let kind = self.task.declared.task;
        let read = answer(kind, &answer_text(value)).ok()?;
        let own = shapes(&(kind.answer)(), &read).filter(|own| !own.is_empty())?;
        Some((own, (kind.words)(&read)))
    }

    /// Answers that were given, then what a model suggests, then the other classes.
    fn choices(&self) -> Vec<Choice> {
        let spans = is_spans(self.task.declared.task);
        let words = |value: &Json| if spans { marked(&self.item, value) } else { said(self.task.declared.task, value) };
        let mut out: Vec<(Json, usize, String)> = Vec::new();
        out.extend(choices(&self.item).into_iter().map(|(value, by)| (value.clone(), by.len(), by.join(", "))));
        let mut add = |value: Json| {
            if !out.iter().any(|(known, ..)| *known == value) {
                out.push((value, 0, String::new()));
            }
        };
        self.suggested.clone().into_iter().for_each(&mut add);
        if is_class(self.task.declared.task) {
            self.classes.iter().map(|class| Json::from(class.as_str())).for_each(&mut add);
        }
        // who is better, or nobody; a ranking is typed
        if self.task.declared.task.candidates.is_some_and(|own| !own.separated) {
            let names = self.task.declared.candidates.iter().map(|c| vec![c.get().clone()]);
            names.chain([Vec::new()]).map(|chosen| serde_json::json!({ "chosen": chosen })).for_each(&mut add);
        }
        let choice = |(value, times, by): (Json, usize, String)| {
            let (shapes, words) = self.drawn(&value).unwrap_or_else(|| (Vec::new(), words(&value)));
            let suggested = self.suggested.as_ref() == Some(&value);
            Choice { words, shapes, suggested, value: value.to_string(), times, by }
        };
        out.into_iter().map(choice).collect()
    }
}

/// What the last model of a task says of a sample, as an answer; nothing where no model does, or where it may not be shown.
fn suggested(ground: &Ground, task: &Task, classes: &[String], (n, row): (usize, u32)) -> Result<Option<Json>, Fault> {
    let seen = &ground.seen;
    let predicts = |name: &String| match seen.roles.get(name) {
        Some(Role::Predictions { task: of }) => *of == task.name,
        _ => false,
    };
    let column = seen.samples.columns.iter().rev().find(|c| !c.hidden && predicts(&c.name));
    let (Some(column), Some(part)) = (column, seen.samples.parts.get(n)) else { return Ok(None) };
    let Some(array) = seen.array(part, &column.name)? else { return Ok(None) };
    let predicted = Predicted::from_value(&value_at(array.as_ref(), row as usize));
    Ok(predicted.and_then(|p| answer_of(&p, classes, is_spans(task.declared.task))))
}

/// The likeliest answer.
fn answer_of(of: &Predicted, classes: &[String], spans: bool) -> Option<Json> {
    let best = |row: &[f64]| (0..row.len()).reduce(|a, b| if row.get(b) > row.get(a) { b } else { a });
    if !spans {
        return best(&of.probabilities).and_then(|k| classes.get(k)).map(|class| Json::from(class.as_str()));
    }
    let mut out: Vec<(usize, Span)> = Vec::new();
    let mut open = false;
    for (token, row) in of.tokens.iter().zip(of.rows(1 + 2 * classes.len())) {
        let tag = best(row)?;
        let Some(class) = tag.checked_sub(1).map(|t| t / 2) else {
            open = false;
            continue;
        };
        match out.last_mut() {
            Some((of, span)) if open && tag % 2 == 0 && *of == class => span.end = token.end,
            _ => out.push((class, Span { class: classes.get(class)?.clone(), start: token.start, end: token.end })),
        }
        open = true;
    }
    Some(out.into_iter().map(|(_, span)| span.into_value().json()).collect())
}

/// What a page sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    key: String,
    decision: Verdict,
    #[serde(default)]
    value: Option<Json>,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    seen: Option<String>,
}

/// Characters of a note.
const NOTE_MAX: usize = 2000;

/// `POST /decisions` with `If-Match`: the digest of the file as the page knows it.
pub fn decide(server: &Arc<Server>, r: &Request) -> Answer {
    let Some(by) = server.setup.by.clone() else {
        return Answer::error(403, "tamis serve was started without --by NAME: nobody decides here");
    };
    let sent: Sent = match serde_json::from_slice(&r.body) {
        Ok(sent) => sent,
        Err(e) => return Answer::error(422, format!("this is no decision: {e}")),
    };
    let Some(known) = matched(r) else { return Answer::error(422, "If-Match says which state of the file is known") };
    let raw = server.setup.raw;
    let snapshot = server.snapshot();
    let line = snapshot.ask({
        let by = by.clone();
        move |ground| line(ground, sent, &by, raw).map_err(|refused| *refused)
    });
    let line = match line.unwrap_or_else(|| Err(Answer::error(500, "this could not be decided; tamis has a fault"))) {
        Ok(line) => line,
        Err(refused) => return refused,
    };
    let key = (line.step.clone(), line.id.clone());
    let written = file::edit(&server.world, &by, |held| {
        unmoved(held, &known)?;
        Ok(held.lines.insert(key.clone(), line.clone()))
    });
    settled(
        server,
        written.map(|(was, held)| {
            super::held(&server.done).push((key.clone(), was, line));
            (key, held)
        }),
    )
}

/// `POST /undo` with `If-Match`: takes back what was decided last in this session.
pub fn undo(server: &Arc<Server>, r: &Request) -> Answer {
    let Some(by) = server.setup.by.clone() else {
        return Answer::error(403, "tamis serve was started without --by NAME: nobody decides here");
    };
    let Some(known) = matched(r) else { return Answer::error(422, "If-Match says which state of the file is known") };
    let mut done = held(&server.done);
    let Some((key, was, is)) = done.last().cloned() else {
        return Answer::error(422, "nothing was decided in this session");
    };
    let written = file::edit(&server.world, &by, |held| {
        unmoved(held, &known)?;
        if held.lines.get(&key) != Some(&is) {
            return Err(Failure::Differs("somebody else changed this decision; it stays as it is".into()));
        }
        match was {
            Some(was) => held.lines.insert(key.clone(), was),
            None => held.lines.remove(&key),
        };
        Ok(())
    });
    if written.is_ok() {
        done.pop();
    }
    drop(done);
    settled(server, written.map(|((), held)| (key, held)))
}

/// The digest in `If-Match`, with or without its quotes.
fn matched(r: &Request) -> Option<String> {
    r.field("if-match").map(|text| text.trim_matches('"').to_string())
}

fn unmoved(held: &Held, known: &str) -> Result<(), Failure> {
    match held.digest == known {
        true => Ok(()),
        false => Err(Failure::Differs(format!("{} was changed by somebody else", held.path))),
    }
}

/// What became of the file: its state is told also where nothing was written.
fn settled(server: &Arc<Server>, written: Result<(Key, Held), Failure>) -> Answer {
    match written {
        Ok((key, held)) => {
            if server.setup.watch {
                server.build_soon();
            }
            let line = held.lines.contains_key(&key).then(|| held.line(&key));
            let done = super::held(&server.done).len();
            let word = server.question_key(&key);
            Answer::json(
                200,
                &json!({ "digest": held.digest, "path": held.path, "line": line, "done": done, "key": word }),
            )
        }
        Err(failure @ Failure::Differs(_)) => Answer::error(409, super::words(&failure)),
        Err(failure) => Answer::error(500, super::words(&failure)),
    }
}

/// The line that a decision becomes, or why it is none.
fn line(ground: &Ground, sent: Sent, by: &str, raw: bool) -> Result<Decided, Box<Answer>> {
    let refused = |status: u16, say: &str| Box::new(Answer::error(status, say));
    let failed = |e: Failure| Box::new(asked::gone(e));
    let entries = ground.entries().map_err(failed)?;
    let Some(entry) = entries.iter().find(|e| e.key == sent.key) else {
        return Err(refused(410, "this is asked no more; nothing was written"));
    };
    let label = Label::of(ground, entry).map_err(failed)?;
    if label.as_ref().is_some_and(|label| label.hidden && !raw) {
        return Err(refused(403, "what is asked about is hidden; start tamis serve with --raw"));
    }
    let seen = label.as_ref().and_then(|label| label.item.seen.clone());
    if seen != sent.seen {
        return Err(refused(409, "the sample is not what it was when the page showed it; nothing was written"));
    }
    let said = match (sent.decision, sent.value, &label) {
        (Verdict::Keep, None, _) => Said::Keep,
        (Verdict::Drop, None, _) => Said::Drop,
        (Verdict::Label, Some(value), Some(label)) => {
            let path = &entry.asked.path;
            judged(&label.task.declared, path, &value).map_err(|say| refused(422, &say))?;
            Said::Label(value)
        }
        (Verdict::Label, _, None) => return Err(refused(422, "this sample only stays or leaves")),
        (Verdict::Label, None, _) => return Err(refused(422, "a label needs its `value`")),
        (_, Some(_), _) => return Err(refused(422, "only a label has a `value`")),
    };
    let note = sent.note.map(|note| note.trim().chars().take(NOTE_MAX).collect::<String>()).filter(|n| !n.is_empty());
    let over = match entry.asked.reasons.iter().any(|r| r.rule == "review.contradiction") {
        true => {
            let others = file::others(&ground.project.world, by).map_err(failed)?;
            others.get(&key_of(entry)).map(|all| all.iter().map(|d| d.by.clone()).collect()).unwrap_or_default()
        }
        false => Vec::new(),
    };
    let back = Back { id: entry.asked.id.clone(), seen, said, note, by: None };
    Ok(file::decided(&back, &entry.asked.path, by, over))
}

impl Server {
    /// The word that names a question on pages of this server.
    fn question_key(&self, (path, id): &Key) -> String {
        word(&self.guard.token, path, id)
    }
}

fn word(token: &str, path: &str, id: &str) -> String {
    let name = format!("{token}\n{path}\n{id}");
    Digest::derive("tamis serve question 1", name.as_bytes()).hex().chars().take(24).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tokens::Token;

    #[test]
    fn the_likeliest_answer_is_a_class_or_spans() {
        let classes = ["A", "B"].map(String::from);
        let one = Predicted { tokens: Vec::new(), probabilities: vec![0.25, 0.75] };
        assert_eq!(answer_of(&one, &classes, false), Some(json!("B")));
        let token = |start, end| Token { start, end };
        let row = |tag: usize| (0..5).map(move |k| if k == tag { 0.9 } else { 0.025 });
        let tags = [1, 2, 0, 4, 4, 1];
        let tokens = vec![token(0, 2), token(2, 3), token(4, 5), token(6, 7), token(7, 9), token(9, 10)];
        let many = Predicted { tokens, probabilities: tags.into_iter().flat_map(row).collect() };
        let want = json!([
            {"class": "A", "start": 0, "end": 3},
            {"class": "B", "start": 6, "end": 9},
            {"class": "A", "start": 9, "end": 10},
        ]);
        let got = answer_of(&many, &classes, true).unwrap();
        for (a, b) in got.as_array().unwrap().iter().zip(want.as_array().unwrap()) {
            assert_eq!((&a["class"], &a["start"], &a["end"]), (&b["class"], &b["start"], &b["end"]));
        }
        assert_eq!(got.as_array().unwrap().len(), 3);
    }
}

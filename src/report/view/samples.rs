//! The samples themselves, as far as they may be shown: texts with their spans, pictures with their boxes, labels, and
//! what steps said of them.
use super::drawn::{self, Drawn};
use super::pick;
use super::seen::Seen;
use crate::digest::Digest;
use crate::engine::ledger;
use crate::engine::state::Partition;
use crate::formats::pixels;
use crate::model::boxes::Box2;
use crate::model::relations::Relation;
use crate::model::spans::Span;
use crate::report::show::Column;
use crate::stage::{Act, Fault, Role};
use crate::stages::label::kinds;
use crate::table::{Cell, Value, list, value_at};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Characters of a text that are shown.
const CHARS: usize = 2000;
/// Messages of a conversation that are shown.
const MESSAGES: usize = 20;
/// Shapes that are drawn on a picture.
pub const SHAPES: usize = 300;
/// The longer side of a picture, in pixels, and how many are shown at most.
pub const THUMBNAIL: u32 = 224;
const PICTURES: usize = 60;
/// Pixels of a picture that is decoded.
const PIXELS: u64 = 100_000_000;

#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Samples {
    /// Living samples, and how many samples are chosen, dropped and held ones too.
    pub total: u64,
    pub chosen: u64,
    pub cards: Vec<Card>,
    /// Columns that nothing has masked.
    pub hidden: Vec<String>,
    /// Sources whose samples are not shown, and why: `unknown` (no licence is stated), `no_derivatives` or `no_sharing`.
    pub withheld: BTreeMap<String, &'static str>,
    /// Whom the sources that are shown ask to be named.
    pub attribution: Vec<String>,
    /// What the filter offers: splits, sources, classes in the order of the manifest, rules.
    pub splits: BTreeSet<String>,
    pub sources: BTreeSet<String>,
    pub classes: Vec<String>,
    pub rules: BTreeSet<String>,
}

#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Card {
    /// Nothing where ids may not be shown.
    pub id: Option<String>,
    pub source: String,
    pub split: String,
    /// `living`, `dropped`, `merged` or `held`.
    pub status: &'static str,
    pub fields: Vec<Shown>,
    pub picture: Option<Picture>,
    pub labels: Vec<Labelled>,
    /// Columns that `[split] hide` keeps from who reads the report.
    pub hidden: Vec<String>,
    pub said: Vec<Said>,
    /// File and line that it was collected at.
    pub origin: Option<String>,
    /// Where its story is told, in a page that is served.
    #[serde(skip)]
    pub story: Option<String>,
}

/// A column of a sample.
#[derive(Serialize, schemars::JsonSchema, Debug)]
pub struct Shown {
    pub name: String,
    pub value: Content,
}

#[derive(Serialize, schemars::JsonSchema, Debug)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// A text from the character `from` on, and how many it has in all; spans count in the whole text.
    Text { text: String, from: u32, chars: u32, spans: Vec<Marked> },
    /// Roles and what they said.
    Talk(Vec<(String, String)>),
    /// Anything else in words.
    Words(String),
}

/// A span of a text.
#[derive(Serialize, schemars::JsonSchema, Debug, Clone, PartialEq)]
pub struct Marked {
    pub start: u32,
    pub end: u32,
    pub class: String,
}

#[derive(Serialize, schemars::JsonSchema, Debug, Clone)]
pub struct Picture {
    /// Pixels of the picture itself.
    pub width: u32,
    pub height: u32,
    /// JPEG, as it is shown; empty where it is asked for by its digest.
    #[serde(skip)]
    pub jpeg: Vec<u8>,
    /// The picture as it is stored.
    #[serde(skip)]
    pub blob: Digest,
    pub boxes: Vec<Drawn>,
    /// Shapes that are not drawn.
    pub more: u64,
}

#[derive(Serialize, schemars::JsonSchema, Debug)]
pub struct Labelled {
    pub task: String,
    /// Nobody labelled it.
    pub missing: bool,
    /// In words, where it is drawn nowhere.
    pub words: Option<String>,
    pub classes: Vec<String>,
}

#[derive(Serialize, schemars::JsonSchema, Debug)]
pub struct Said {
    pub step: String,
    pub act: &'static str,
    pub rule: String,
    pub key: String,
    pub line: usize,
    /// Nothing where it could name a sample whose id may not be shown.
    pub say: Option<String>,
}

pub fn of(seen: &Seen, most: usize) -> Result<Samples, Fault> {
    let picked = pick::of(seen, most)?;
    let mut out = Samples {
        total: picked.total,
        hidden: seen
            .samples
            .columns
            .iter()
            .filter(|c| c.hidden && !seen.inner.contains(&c.name))
            .map(|c| c.name.clone())
            .collect(),
        withheld: seen.withheld.clone(),
        ..Samples::default()
    };
    out.classes = classes(seen);
    for (_, card) in cards(seen, &picked.rows, Pictures::Drawn)? {
        out.splits.extend(Some(card.split.clone()).filter(|s| !s.is_empty()));
        out.sources.insert(card.source.clone());
        out.rules.extend(card.said.iter().map(|s| s.rule.clone()));
        out.cards.push(card);
    }
    out.chosen = out.cards.len() as u64;
    out.attribution = attribution(seen, &out.sources);
    Ok(out)
}

/// The classes of all labels, in the order of the manifest: what gives each its colour.
pub fn classes(seen: &Seen) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for column in &seen.samples.columns {
        if let Some(Role::Label { classes, .. }) = seen.roles.get(&column.name) {
            classes.iter().for_each(|c| {
                if !out.contains(c) {
                    out.push(c.clone())
                }
            });
        }
    }
    out
}

/// Whom sources ask to be named.
pub fn attribution(seen: &Seen, sources: &BTreeSet<String>) -> Vec<String> {
    let named = |source: &String| super::seen::collected(seen.project, source, "attribution");
    let all: BTreeSet<String> = sources.iter().filter_map(named).collect();
    all.into_iter().collect()
}

/// How pictures come to a page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Pictures {
    /// In it, made smaller, up to a number.
    Drawn,
    /// By their digests: they are asked for.
    Named,
    /// Not at all.
    Left,
}

/// A partition and a row, with its card.
pub type Dealt = ((usize, u32), Card);

/// Rows as cards, in their order; rows whose source forbids to show them are left out. Files are read for the places of those that
/// stand first, and of those that steps spoke of.
pub fn cards(seen: &Seen, rows: &[(usize, u32)], pictures: Pictures) -> Result<Vec<Dealt>, Fault> {
    let said = said(seen, rows)?;
    let origins = origins(seen, rows, &said)?;
    let (mut out, mut drawn) = (Vec::new(), 0);
    for (n, row) in rows {
        let Some(part) = seen.samples.parts.get(*n) else { continue };
        let spoken = said.get(&(*n, *row));
        let left = spoken.and_then(|s| s.gone).map(|g| g.1);
        let card = Reading { seen, part, row: *row, left, pictures }.card(spoken, &mut drawn)?;
        let Some(mut card) = card else { continue };
        card.origin = origins.get(&(*n, *row)).cloned();
        out.push(((*n, *row), card));
    }
    Ok(out)
}

/// Where samples were collected: of those that stand first, and of those that steps spoke of. Files are read for it.
fn origins(
    seen: &Seen,
    rows: &[(usize, u32)],
    said: &BTreeMap<(usize, u32), Spoken>,
) -> Result<BTreeMap<(usize, u32), String>, Fault> {
    let mut wanted: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    let told = |(n, at): &(usize, &(usize, u32))| *n < pick::FIRST || said.contains_key(*at);
    for (_, (n, row)) in rows.iter().enumerate().filter(told).filter(|_| !seen.ids_hidden) {
        wanted.entry(*n).or_default().push(*row);
    }
    let mut out = BTreeMap::new();
    let find = |n: usize, part: &Partition| {
        let Some(rows) = wanted.get(&n) else { return Ok(Vec::new()) };
        let places = ledger::origins(seen.s, seen.built, part, rows)?;
        Ok(rows.iter().map(|row| (n, *row)).zip(places).collect::<Vec<_>>())
    };
    seen.each(find, |own| out.extend(own.into_iter().filter_map(|(at, place)| Some((at, place?)))))?;
    Ok(out)
}

/// What steps said of rows, and what became of them.
#[derive(Default)]
struct Spoken {
    said: Vec<Said>,
    /// How, and at which step.
    gone: Option<(&'static str, usize)>,
}

fn said(seen: &Seen, rows: &[(usize, u32)]) -> Result<BTreeMap<(usize, u32), Spoken>, Fault> {
    let mut wanted: BTreeMap<&str, (usize, BTreeSet<u32>)> = BTreeMap::new();
    for (n, row) in rows {
        if let Some(part) = seen.samples.parts.get(*n) {
            wanted.entry(&part.uid).or_insert((*n, BTreeSet::new())).1.insert(*row);
        }
    }
    let mut out: BTreeMap<(usize, u32), Spoken> = BTreeMap::new();
    for (i, (step, run)) in seen.s.steps.iter().zip(&seen.built.runs).enumerate() {
        let own = step.plan.ports.table == "samples" && step.plan.ports.into.is_none();
        for part in run.parts.iter().filter(|_| own) {
            let Some((n, rows)) = wanted.get(part.uid.as_str()) else { continue };
            for (row, bin) in part.dead.iter().filter(|d| rows.contains(&d.0)) {
                out.entry((*n, *row)).or_default().gone = Some((ledger::bin_name(*bin), i));
            }
            if part.outcomes.iter().all(|o| o.2.events.is_none()) {
                continue;
            }
            let events = ledger::events(seen.s, part)?.into_iter();
            for e in events.filter(|e| e.act != Act::Change && rows.contains(&e.row)) {
                let say = Some(e.say).filter(|_| !seen.ids_hidden);
                let (act, line) = (ledger::act_name(&e.act), seen.line(&e.key));
                let said = Said { step: step.name.clone(), act, rule: e.rule, key: e.key, line, say };
                out.entry((*n, e.row)).or_default().said.push(said);
            }
        }
    }
    Ok(out)
}

/// One row.
struct Reading<'r, 'a, 's> {
    seen: &'r Seen<'a, 's>,
    part: &'r Partition,
    row: u32,
    /// The step at which it left.
    left: Option<usize>,
    pictures: Pictures,
}

impl Reading<'_, '_, '_> {
    /// Whether the sample was still there when the column was first written.
    fn met(&self, name: &str) -> bool {
        self.left.is_none_or(|left| self.seen.since.get(name).is_none_or(|since| *since <= left))
    }

    fn value(&self, name: &str) -> Result<Value, Fault> {
        if !self.met(name) {
            return Ok(Value::Null);
        }
        let array = self.seen.array(self.part, name)?;
        Ok(array.map_or(Value::Null, |a| value_at(a.as_ref(), self.row as usize)))
    }

    fn text(&self, name: &str) -> Result<String, Fault> {
        Ok(self.value(name)?.text().unwrap_or_default().to_string())
    }

    /// Nothing where the licence of the source forbids to show it.
    fn card(&self, spoken: Option<&Spoken>, pictures: &mut usize) -> Result<Option<Card>, Fault> {
        let source = self.text("source")?;
        if self.seen.withheld.contains_key(&source) {
            return Ok(None);
        }
        let id = if self.seen.ids_hidden { None } else { Some(self.text("id")?) };
        let lives = self.part.living.as_ref().is_some_and(|l| l.is(self.row));
        let gone = spoken.and_then(|s| s.gone).map_or("dropped", |g| g.0);
        let mut card = Card {
            id,
            source,
            split: self.text("split")?,
            status: if lives { "living" } else { gone },
            said: spoken.map(|s| s.said.iter().map(Said::again).collect()).unwrap_or_default(),
            ..Card::default()
        };
        card.hidden = self.seen.veiled(&card.split).map(String::from).collect();
        let (mut spans, mut boxes) = (Vec::new(), Vec::new());
        let shown = |c: &&Column| !c.hidden && self.met(&c.name) && !card.hidden.contains(&c.name);
        for column in self.seen.samples.columns.iter().filter(shown) {
            if let Some(Role::Label { task, .. }) = self.seen.roles.get(&column.name) {
                card.labels.push(label(task, column, &self.value(&column.name)?, &mut spans, &mut boxes));
            }
        }
        self.fields(&mut card, spans)?;
        if let Some(image) = self.image().filter(|_| self.pictures != Pictures::Left) {
            card.picture = self.picture(&image, boxes, pictures)?;
        }
        Ok(Some(card))
    }

    fn fields(&self, card: &mut Card, mut spans: Vec<Marked>) -> Result<(), Fault> {
        let named = |c: &Column| matches!(c.name.as_str(), "id" | "source" | "split" | "tokens");
        let bytes = |c: &Column| matches!(self.seen.roles.get(&c.name), Some(Role::Image | Role::Audio));
        let veiled = card.hidden.clone();
        let shown = |c: &&Column| !c.hidden && !named(c) && !bytes(c) && !veiled.contains(&c.name);
        let mut columns: Vec<&Column> = self.seen.plain().filter(shown).collect();
        let is_text = |c: &&&Column| matches!(self.seen.roles.get(&c.name), Some(Role::Text));
        let first = columns.iter().find(is_text).or_else(|| columns.iter().find(|c| c.name == "text"));
        let marked = first.map(|c| c.name.clone());
        columns.sort_by_key(|c| marked.as_ref() != Some(&c.name)); // the text itself stands first
        for column in columns {
            let value = match self.value(&column.name)? {
                Value::Null | Value::Blob(_) | Value::Bytes(_) => continue,
                Value::Text(text) if marked.as_ref() == Some(&column.name) => cut(&text, std::mem::take(&mut spans)),
                Value::Text(text) => cut(&text, Vec::new()),
                other => match talk(&other) {
                    Some(talk) => Content::Talk(talk),
                    None => Content::Words(short(&other.json().to_string())),
                },
            };
            card.fields.push(Shown { name: column.name.clone(), value });
        }
        Ok(())
    }

    /// The column of the picture, if it may be shown.
    fn image(&self) -> Option<String> {
        let is = |c: &&Column| matches!(self.seen.roles.get(&c.name), Some(Role::Image)) && !c.hidden;
        let one = self.seen.samples.columns.iter().find(is)?;
        // no step looks into pictures: with [privacy] one is shown only where the manifest calls it harmless
        (!self.seen.private || self.harmless(&one.name)).then(|| one.name.clone())
    }

    fn harmless(&self, column: &str) -> bool {
        let table = self.seen.project.manifest.table(&["privacy"]);
        let declared = table.and_then(|(_, t)| {
            t.get_ref()
                .as_table()?
                .get("harmless")?
                .get_ref()
                .as_array()
                .map(|a| a.iter().any(|name| name.get_ref().as_str() == Some(column)))
        });
        declared.unwrap_or(false)
    }

    fn picture(&self, name: &str, boxes: Vec<Drawn>, pictures: &mut usize) -> Result<Option<Picture>, Fault> {
        let value = self.value(name)?;
        let Value::Blob(digest) = *value.field("blob") else { return Ok(None) };
        if self.pictures == Pictures::Drawn && *pictures >= PICTURES {
            return Ok(None);
        }
        let more = boxes.len().saturating_sub(SHAPES) as u64;
        let boxes = boxes.into_iter().take(SHAPES).collect();
        let blob = digest;
        if let Some([width, height]) = self.size()?.filter(|_| self.pictures == Pictures::Named) {
            return Ok(Some(Picture { width, height, jpeg: Vec::new(), blob, boxes, more }));
        }
        let Ok(made) = pixels::thumbnail(&self.seen.s.open(digest)?, PIXELS, THUMBNAIL) else { return Ok(None) };
        *pictures += 1;
        let jpeg = if self.pictures == Pictures::Drawn { made.jpeg } else { Vec::new() };
        Ok(Some(Picture { width: made.width, height: made.height, jpeg, blob, boxes, more }))
    }

    /// The size of the picture, where columns tell it.
    fn size(&self) -> Result<Option<[u32; 2]>, Fault> {
        let of = |name: &str| match self.value(name)? {
            Value::Int(n) => Ok(u32::try_from(n).ok().filter(|n| *n > 0)),
            _ => Ok::<_, Fault>(None),
        };
        Ok(of("width")?.zip(of("height")?).map(|(width, height)| [width, height]))
    }
}

impl Said {
    fn again(&self) -> Said {
        let Said { step, act, rule, key, line, say } = self;
        Said { step: step.clone(), act, rule: rule.clone(), key: key.clone(), line: *line, say: say.clone() }
    }
}

/// A label as chips; spans and boxes are drawn where they lie.
fn label(task: &str, column: &Column, value: &Value, spans: &mut Vec<Marked>, boxes: &mut Vec<Drawn>) -> Labelled {
    let mut classes = Vec::new();
    if kinds::answering(&column.ty).is_some_and(|k| k.classes) {
        classes = crate::model::votes::classes_of(value);
    }
    let mut words = None;
    let items = if let Value::List(items) = value { items.as_slice() } else { &[] };
    if column.ty == list(Span::ty()) {
        let own = items.iter().filter_map(Span::from_value);
        spans.extend(own.map(|s| Marked { start: s.start, end: s.end, class: s.class }));
    } else if *value != Value::Null {
        if column.ty == list(Relation::ty()) {
            // what it says in words names the places of its ends: they are marked in the text
            let ends = items.iter().filter_map(Relation::from_value).flat_map(|r| [r.from, r.to]);
            spans.extend(ends.map(|s| Marked { start: s.start, end: s.end, class: s.class }));
        }
        let own = drawn::shapes(&column.ty, value);
        // boxes say no more in words than where they lie
        let told = column.ty != list(Box2::ty());
        boxes.extend(own.into_iter().flatten());
        words = told.then(|| kinds::words(&column.ty, value)).flatten().map(|w| short(&w));
    }
    Labelled { task: task.into(), missing: *value == Value::Null, words, classes }
}

/// At most [`CHARS`] characters of a text, from its beginning or from a little before the first span.
fn cut(text: &str, mut spans: Vec<Marked>) -> Content {
    let chars = text.chars().count();
    spans.retain(|s| s.start < s.end);
    spans.sort_by(|a, b| (a.start, a.end, &a.class).cmp(&(b.start, b.end, &b.class)));
    spans.dedup(); // a span may be the end of relations, too
    let first = spans.first().map_or(0, |s| s.start as usize);
    let last = spans.first().map_or(0, |s| s.end as usize);
    let from = if chars > CHARS && last > CHARS { first.saturating_sub(CHARS / 10) } else { 0 };
    let until = from + CHARS;
    spans.retain(|s| (s.end as usize) > from && (s.start as usize) < until);
    Content::Text { text: text.chars().skip(from).take(CHARS).collect(), from: from as u32, chars: chars as u32, spans }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(CHARS / 4) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_string(),
    }
}

/// A list of messages: who spoke, and what was said.
fn talk(value: &Value) -> Option<Vec<(String, String)>> {
    let Value::List(items) = value else { return None };
    let message = |item: &Value| {
        let said = item.field("content").text().map(short);
        Some((item.field("role").text()?.to_string(), said.unwrap_or_default()))
    };
    let all: Option<Vec<(String, String)>> = items.iter().take(MESSAGES).map(message).collect();
    all.filter(|all| !all.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_around_their_first_span() {
        let span = |start, end| Marked { start, end, class: "A".into() };
        let text = "가".repeat(10_000);
        let Content::Text { text: shown, from, chars, spans } = cut(&text, vec![span(1, 1), span(9000, 9002)]) else {
            panic!()
        };
        assert_eq!((from, spans.len(), shown.chars().count(), chars), (8800, 1, 1200, 10_000));
    }

    #[test]
    fn ends_of_relations_are_marked_once() {
        let span = |start, end| Span { class: "P".into(), start, end };
        let of = |to| Relation { class: "knows".into(), from: span(0, 3), to };
        let column =
            Column { name: "label.links".into(), ty: list(Relation::ty()), writers: Vec::new(), hidden: false };
        let value = vec![of(span(4, 7)), of(span(8, 9))].into_value();
        let (mut spans, mut boxes) = (Vec::new(), Vec::new());
        let told = label("links", &column, &value, &mut spans, &mut boxes);
        assert!(told.words.unwrap().contains("knows P 0..3 -> P 4..7") && boxes.is_empty());
        let Content::Text { spans, .. } = cut("Kim Lee !", spans) else { panic!() };
        assert_eq!(spans.iter().map(|s| (s.start, s.end)).collect::<Vec<_>>(), [(0, 3), (4, 7), (8, 9)]);
    }

    #[test]
    fn conversations_are_messages() {
        let field = |name: &str, text: &str| (name.to_string(), Value::Text(text.into()));
        let message = Value::Struct(vec![field("role", "user"), field("content", "hello")]);
        assert_eq!(talk(&Value::List(vec![message])), Some(vec![("user".into(), "hello".into())]));
        assert_eq!(talk(&Value::List(vec![Value::Int(1)])), None);
    }
}

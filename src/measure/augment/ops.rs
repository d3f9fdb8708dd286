//! Operations that make one text of another: each gives changes, under which spans and tokens move.
//!
//! Replacement of mentions, label-wise replacement of tokens and shuffling within segments follow Dai and Adel (2020, "An
//! Analysis of Simple Data Augmentation for Named Entity Recognition"); synonyms and deletion Wei and Zou (2019, EDA). Each share
//! is the chance of each place.
use super::doc::{Change, Doc, Unit, changed, units};
use super::hits;
use super::korean::{agreed, is_hangul, is_particle, swapped};
use super::pool::Pool;
use super::typing::slip;
use crate::digest::Stream;
use crate::model::edits::{Edit, compose};
use crate::model::spans::Span;
use crate::model::tokens::Token;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is done to a text. Shares are in millionths.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// The text as it is: the control that others are measured against.
    Plain,
    /// A sentence of the list, its places filled with mentions of the text and of others.
    Templates(Vec<Template>),
    /// Spans become other mentions of their class, of all classes or of these; a particle behind one takes its form.
    ReplaceMentions { share: u64, classes: Vec<String> },
    /// Words become others of the same tag, as frequent as they are met.
    ReplaceTokens { share: u64 },
    /// Words outside of spans become words of the list.
    Synonyms { share: u64, words: BTreeMap<String, Vec<String>> },
    /// Words of a segment (a span, or what lies between two) change places.
    ShuffleSegments { share: u64 },
    /// Words outside of spans are left out.
    DeleteWords { share: u64 },
    /// Particles behind spans become others of like use.
    SwapParticles { share: u64 },
    /// Slips of the fingers, and blanks that are missing or too many.
    Noise(Noise),
}

impl Op {
    /// The key of the manifest.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Plain => "plain",
            Op::Templates(_) => "templates",
            Op::ReplaceMentions { .. } => "replace_mentions",
            Op::ReplaceTokens { .. } => "replace_tokens",
            Op::Synonyms { .. } => "synonyms",
            Op::ShuffleSegments { .. } => "shuffle_segments",
            Op::DeleteWords { .. } => "delete_words",
            Op::SwapParticles { .. } => "swap_particles",
            Op::Noise(_) => "noise",
        }
    }
}

/// Chances in millionths: of each character to be mistyped, of each blank between words to be left out, of each border within a
/// word of Hangul to get one.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Default)]
pub struct Noise {
    pub typos: u64,
    pub join_words: u64,
    pub split_words: u64,
}

/// A sentence with places for mentions.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Template(Vec<Piece>);

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Piece {
    Text(String),
    Slot(String),
}

impl Template {
    /// Reads `{PS}은 {LC}에 갔다`; `{{` and `}}` are braces. `None` for a brace that nothing closes, or without a place.
    pub fn parse(line: &str) -> Option<Template> {
        let (mut pieces, mut text) = (Vec::new(), String::new());
        let mut rest = line.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '{' | '}' if rest.peek() == Some(&c) => {
                    text.push(c);
                    rest.next();
                }
                '{' => {
                    let mut class = String::new();
                    loop {
                        match rest.next()? {
                            '}' => break,
                            c => class.push(c),
                        }
                    }
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                    pieces.push(Piece::Slot(class));
                }
                '}' => return None,
                c => text.push(c),
            }
        }
        pieces.push(Piece::Text(text));
        let template = Template(pieces);
        let placed = template.classes().next().is_some();
        placed.then_some(template)
    }

    pub fn classes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|p| match p {
            Piece::Slot(class) => Some(class.as_str()),
            Piece::Text(_) => None,
        })
    }
}

/// What operations take from other samples.
#[derive(Default)]
pub struct Shared {
    /// Mentions by class.
    pub mentions: Pool,
    /// Words by tag.
    pub words: Pool,
}

/// A text that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    pub doc: Doc,
    /// How it came of its parent's text.
    pub edits: Vec<Edit>,
    /// The ids of other samples that gave something.
    pub parents: BTreeSet<String>,
    /// How often each operation did something.
    pub how: BTreeMap<&'static str, u64>,
    /// Nothing of the parent's text is left but a mention: what other tasks say of it is not true of this.
    pub fresh: bool,
}

/// What an operation would do.
#[derive(Default)]
struct Wish {
    changes: Vec<Change>,
    times: u64,
    parents: BTreeSet<String>,
}

/// Does the operations one after another; `draw` gives the numbers of each by its name. `None` where a span would lose its place.
pub fn made(doc: &Doc, task: usize, ops: &[Op], shared: &Shared, draw: &dyn Fn(&str) -> Stream) -> Option<Made> {
    let mut out =
        Made { doc: doc.clone(), edits: Vec::new(), parents: BTreeSet::new(), how: BTreeMap::new(), fresh: false };
    for op in ops {
        let drawn = draw(op.name());
        let wish = match op {
            Op::Plain => {
                out.how.insert(op.name(), 1);
                continue;
            }
            Op::Templates(all) => {
                let Some((doc, parents)) = filled(&out.doc, task, all, shared, drawn) else { continue };
                let (end, len) = (out.doc.text.len() as u32, doc.text.len() as u32);
                out.edits = vec![Edit { start: 0, end, len }];
                out.doc = doc;
                out.parents.extend(parents);
                out.how.insert(op.name(), 1);
                out.fresh = true;
                continue;
            }
            Op::ReplaceMentions { share, classes } => mentions(&out.doc, task, *share, classes, shared, drawn),
            Op::ReplaceTokens { share } => words(&out.doc, task, *share, shared, drawn),
            Op::Synonyms { share, words } => synonyms(&out.doc, task, *share, words, drawn),
            Op::ShuffleSegments { share } => shuffled(&out.doc, task, *share, drawn),
            Op::DeleteWords { share } => deleted(&out.doc, task, *share, drawn),
            Op::SwapParticles { share } => particles(&out.doc, task, *share, drawn),
            Op::Noise(noise) => noisy(&out.doc, *noise, drawn),
        };
        if wish.changes.is_empty() {
            continue;
        }
        let (doc, edits) = changed(&out.doc, &wish.changes)?;
        out.edits = compose(&out.edits, &edits);
        out.doc = doc;
        out.parents.extend(wish.parents);
        *out.how.entry(op.name()).or_default() += wish.times;
    }
    Some(out)
}

/// Spans of a task that overlap no other of it, in order.
fn alone(doc: &Doc, task: usize) -> Vec<&Span> {
    let mut spans: Vec<&Span> = doc.spans.get(task).into_iter().flatten().collect();
    spans.sort_by_key(|s| (s.start, s.end));
    let overlaps = |a: &Span, b: &Span| a.start < b.end && b.start < a.end;
    let all = spans.clone();
    spans.retain(|s| all.iter().filter(|o| overlaps(o, s)).count() == 1);
    spans
}

/// The particle right behind a place, in the form that its new last character asks for.
fn particle_behind(doc: &Doc, task: usize, at: u32, last: Option<char>) -> Option<Change> {
    let begins = |at: u32| doc.spans.get(task).into_iter().flatten().any(|s| s.start == at);
    let mut end = at;
    while doc.text.get(end as usize).is_some_and(|c| is_hangul(*c)) && !(end > at && begins(end)) {
        end += 1;
    }
    let own = doc.string(at, end);
    let form = agreed(last?, &own).filter(|_| !begins(at))?;
    (form != own).then(|| Change::new(at, end, form))
}

fn mentions(doc: &Doc, task: usize, share: u64, classes: &[String], shared: &Shared, drawn: Stream) -> Wish {
    let mut wish = Wish::default();
    for (n, span) in alone(doc, task).into_iter().enumerate() {
        let n = 2 * n as u64;
        if !hits(drawn.at(n), share) || !(classes.is_empty() || classes.contains(&span.class)) {
            continue;
        }
        let old = doc.string(span.start, span.end);
        let Some(entry) = shared.mentions.other(&span.class, drawn.at(n + 1), &old) else { continue };
        wish.changes.push(Change::new(span.start, span.end, &entry.text));
        wish.changes.extend(particle_behind(doc, task, span.end, entry.text.chars().next_back()));
        wish.parents.extend((!entry.owner.is_empty()).then(|| entry.owner.clone()));
        wish.times += 1;
    }
    wish
}

/// Whether a piece is a word or a number, not a mark.
fn is_word(doc: &Doc, unit: &Unit) -> bool {
    doc.part(unit.start, unit.end).iter().any(|c| c.is_alphanumeric())
}

fn words(doc: &Doc, task: usize, share: u64, shared: &Shared, drawn: Stream) -> Wish {
    let mut wish = Wish::default();
    let ends = |at: u32| doc.spans.get(task).into_iter().flatten().any(|s| s.end == at);
    for (n, unit) in units(doc, task).into_iter().enumerate() {
        let n = 2 * n as u64;
        if unit.tag == "+O" || !is_word(doc, &unit) || !hits(drawn.at(n), share) {
            continue;
        }
        let old = doc.string(unit.start, unit.end);
        let Some(entry) = shared.words.other(&unit.tag, drawn.at(n + 1), &old) else { continue };
        wish.changes.push(Change::new(unit.start, unit.end, &entry.text));
        if ends(unit.end) {
            wish.changes.extend(particle_behind(doc, task, unit.end, entry.text.chars().next_back()));
        }
        wish.parents.insert(entry.owner.clone());
        wish.times += 1;
    }
    wish
}

fn synonyms(doc: &Doc, task: usize, share: u64, list: &BTreeMap<String, Vec<String>>, drawn: Stream) -> Wish {
    let mut wish = Wish::default();
    for (n, unit) in units(doc, task).into_iter().enumerate().filter(|(_, u)| u.tag == "O") {
        let n = 2 * n as u64;
        let word = doc.string(unit.start, unit.end);
        // a word of Korean may have a particle behind it
        let ends = word.char_indices().map(|(at, _)| at).skip(1).chain([word.len()]);
        let known = ends.filter_map(|at| {
            let (own, behind) = word.split_at_checked(at)?;
            let others = list.get(own)?;
            (behind.is_empty() || is_particle(behind)).then_some((others, behind))
        });
        let Some((others, behind)) = known.last() else { continue };
        if !hits(drawn.at(n), share) {
            continue;
        }
        let at = drawn.below(n + 1, others.len().max(1) as u64) as usize;
        let Some(other) = others.get(at) else { continue };
        let behind = other.chars().next_back().and_then(|c| agreed(c, behind)).unwrap_or(behind);
        wish.changes.push(Change::new(unit.start, unit.end, &format!("{other}{behind}")));
        wish.times += 1;
    }
    wish
}

fn shuffled(doc: &Doc, task: usize, share: u64, drawn: Stream) -> Wish {
    let mut wish = Wish::default();
    let all = units(doc, task);
    let mut segments: Vec<Vec<&Unit>> = Vec::new();
    let mut open = false;
    for unit in &all {
        let moves = unit.tag != "+O" && is_word(doc, unit);
        let goes_on = unit.tag.starts_with("I-")
            || (unit.tag == "O" && segments.last().and_then(|s| s.last()).is_some_and(|u| u.tag == "O"));
        match segments.last_mut() {
            Some(own) if moves && open && goes_on => own.push(unit),
            _ if moves => segments.push(vec![unit]),
            _ => {}
        }
        open = moves;
    }
    for (n, segment) in segments.iter().enumerate().filter(|s| s.1.len() > 1) {
        let n = n as u64 * 1000;
        if !hits(drawn.at(n), share) {
            continue;
        }
        let mut order: Vec<(u64, usize)> = (0..segment.len()).map(|i| (drawn.at(n + 1 + i as u64), i)).collect();
        order.sort_unstable();
        let before = wish.changes.len();
        for (own, (_, from)) in segment.iter().zip(order) {
            let Some(other) = segment.get(from) else { continue };
            let (old, new) = (doc.string(own.start, own.end), doc.string(other.start, other.end));
            wish.changes.extend((old != new).then(|| Change::new(own.start, own.end, &new)));
        }
        wish.times += u64::from(wish.changes.len() > before);
    }
    wish
}

fn deleted(doc: &Doc, task: usize, share: u64, drawn: Stream) -> Wish {
    let mut wish = Wish::default();
    let blank = |at: Option<u32>| at.and_then(|at| doc.text.get(at as usize)).is_none_or(|c| c.is_whitespace());
    let all = units(doc, task);
    let mut left = all.iter().filter(|u| is_word(doc, u)).count();
    let mut done = 0;
    for (n, unit) in all.iter().enumerate() {
        let whole = blank(unit.start.checked_sub(1)) && blank(Some(unit.end)) && unit.tag == "O" && is_word(doc, unit);
        if !whole || left < 2 || !hits(drawn.at(n as u64), share) {
            continue;
        }
        // with the blank before it, or, where that is gone, the one behind it
        let first = unit.start == done;
        let start = if first { unit.start } else { unit.start - 1 };
        let end = if first { (unit.end + 1).min(doc.text.len() as u32) } else { unit.end };
        done = end;
        left -= 1;
        wish.changes.push(Change::new(start, end, ""));
        wish.times += 1;
    }
    wish
}

fn particles(doc: &Doc, task: usize, share: u64, drawn: Stream) -> Wish {
    let mut wish = Wish::default();
    for (n, unit) in units(doc, task).into_iter().enumerate().filter(|(_, u)| u.tag == "+O") {
        let n = 2 * n as u64;
        let before = unit.start.checked_sub(1).and_then(|at| doc.text.get(at as usize));
        let own = doc.string(unit.start, unit.end);
        let other = before.and_then(|c| swapped(*c, &own, drawn.at(n + 1)));
        if let Some(other) = other.filter(|_| hits(drawn.at(n), share)) {
            wish.changes.push(Change::new(unit.start, unit.end, other));
            wish.times += 1;
        }
    }
    wish
}

fn noisy(doc: &Doc, noise: Noise, drawn: Stream) -> Wish {
    let mut wish = Wish::default();
    let at = |i: usize| doc.text.get(i).copied();
    let begins = |i: usize| doc.spans.iter().flatten().any(|s| s.start as usize == i);
    for (i, c) in doc.text.iter().enumerate() {
        let (n, place) = (4 * i as u64, i as u32);
        let before = i.checked_sub(1).and_then(at);
        let within = is_hangul(*c) && before.is_some_and(is_hangul) && !begins(i);
        if within && hits(drawn.at(n), noise.split_words) {
            wish.changes.push(Change::new(place, place, " "));
        }
        let between = *c == ' ' && [before, at(i + 1)].iter().all(|c| c.is_some_and(|c| !c.is_whitespace()));
        if between && hits(drawn.at(n + 1), noise.join_words) {
            wish.changes.push(Change::new(place, place + 1, ""));
        } else if let Some(other) = slip(*c, drawn.at(n + 3)).filter(|_| hits(drawn.at(n + 2), noise.typos)) {
            wish.changes.push(Change { start: place, end: place + 1, with: vec![other] });
        }
    }
    wish.times = wish.changes.len() as u64;
    wish
}

/// A template that has a place for a mention of the text, filled, and the ids of those who gave the other mentions.
fn filled(doc: &Doc, task: usize, all: &[Template], shared: &Shared, drawn: Stream) -> Option<(Doc, BTreeSet<String>)> {
    let own = alone(doc, task);
    let has = |t: &&Template| t.classes().any(|class| own.iter().any(|s| s.class == class));
    let fits: Vec<&Template> = all.iter().filter(has).collect();
    let template = fits.get(drawn.below(0, fits.len().max(1) as u64) as usize)?;
    let (mut text, mut spans, mut parents): (Vec<char>, Vec<Span>, _) = Default::default();
    let mut placed = false;
    for (n, piece) in template.0.iter().enumerate() {
        let number = drawn.at(1 + n as u64);
        match piece {
            Piece::Text(part) => {
                let run: String = part.chars().take_while(|c| is_hangul(*c)).collect();
                let form = text.last().filter(|_| n > 0).and_then(|c| agreed(*c, &run));
                text.extend(form.unwrap_or(&run).chars());
                text.extend(part.chars().skip_while(|c| is_hangul(*c)));
            }
            Piece::Slot(class) => {
                let mine: Vec<&&Span> = own.iter().filter(|s| s.class == *class).collect();
                let mention = match mine.get((number % mine.len().max(1) as u64) as usize) {
                    Some(span) if !placed => {
                        placed = true;
                        doc.string(span.start, span.end)
                    }
                    _ => {
                        let entry = shared.mentions.other(class, number, "")?;
                        parents = with(parents, &entry.owner);
                        entry.text.clone()
                    }
                };
                let start = text.len() as u32;
                text.extend(mention.chars());
                spans.push(Span { start, end: text.len() as u32, class: class.clone() });
            }
        }
    }
    let words = |text: &[char]| {
        let text: String = text.iter().collect();
        let token = |(a, b): (usize, usize)| Token { start: a as u32, end: b as u32 };
        crate::measure::words::words(&text).into_iter().map(token).collect()
    };
    let tokens = doc.tokens.as_ref().map(|_| words(&text));
    let mut of_tasks = vec![Vec::new(); doc.spans.len()];
    of_tasks.get_mut(task)?.extend(spans);
    Some((Doc { text, spans: of_tasks, tokens }, parents))
}

fn with(mut ids: BTreeSet<String>, id: &str) -> BTreeSet<String> {
    ids.extend((!id.is_empty()).then(|| id.to_string()));
    ids
}

#[cfg(test)]
mod tests {
    use super::super::pool::Entry;
    use super::*;
    use crate::digest::{Draws, mix};

    const ALL: u64 = super::super::ONE;

    fn doc(text: &str, marked: &[(&str, &str)]) -> Doc {
        let place = |(mention, class): &(&str, &str)| {
            let at = text.find(mention).unwrap();
            let start = text[..at].chars().count() as u32;
            Span { start, end: start + mention.chars().count() as u32, class: class.to_string() }
        };
        Doc { text: text.chars().collect(), spans: vec![marked.iter().map(place).collect()], tokens: None }
    }

    fn shared(mentions: &[(&str, &str)]) -> Shared {
        let entry = |(text, class): &(&str, &str)| {
            (class.to_string(), Entry { text: text.to_string(), owner: format!("of-{text}") })
        };
        Shared { mentions: Pool::distinct(7, "m", mentions.iter().map(entry)), words: Pool::default() }
    }

    fn stream(_: &str) -> Stream {
        Draws::new(7, "test").stream("a")
    }

    /// The text with its spans in brackets.
    fn told(doc: &Doc) -> String {
        let mut out = String::new();
        for (at, c) in doc.text.iter().enumerate() {
            for s in &doc.spans[0] {
                out.push_str(if s.start as usize == at { "[" } else { "" });
            }
            out.push(*c);
            for s in &doc.spans[0] {
                out.push_str(if s.end as usize == at + 1 { "]" } else { "" });
            }
        }
        out
    }

    fn one(doc: &Doc, op: Op, shared: &Shared) -> Made {
        made(doc, 0, &[op], shared, &stream).unwrap()
    }

    #[test]
    fn mentions_change_with_their_particles_and_name_who_gave_them() {
        let d = doc("철수는 서울로 갔다", &[("철수", "PS"), ("서울", "LC")]);
        let made = one(
            &d,
            Op::ReplaceMentions { share: ALL, classes: Vec::new() },
            &shared(&[("길동", "PS"), ("부산", "LC")]),
        );
        assert_eq!(told(&made.doc), "[길동]은 [부산]으로 갔다");
        assert_eq!(made.how, [("replace_mentions", 2)].into());
        assert_eq!(made.parents.into_iter().collect::<Vec<_>>(), ["of-길동", "of-부산"]);
        let only = Op::ReplaceMentions { share: ALL, classes: vec!["LC".into()] };
        assert_eq!(told(&one(&d, only, &shared(&[("길동", "PS"), ("부산", "LC")])).doc), "[철수]는 [부산]으로 갔다");
        let none = one(&d, Op::ReplaceMentions { share: ALL, classes: Vec::new() }, &shared(&[("철수", "PS")]));
        assert!(none.how.is_empty() && none.doc == d, "there is no other mention");
    }

    #[test]
    fn words_of_a_segment_change_places_and_marks_stay() {
        let d = doc("one two, three New York four", &[("New York", "LC")]);
        let made = one(&d, Op::ShuffleSegments { share: ALL }, &Shared::default());
        let text = told(&made.doc);
        assert!(text.contains("[New York]") || text.contains("[York New]"), "{text}");
        let mut words: Vec<&str> = text.split([' ', ',', '[', ']']).filter(|w| !w.is_empty()).collect();
        words.sort_unstable();
        assert_eq!(words, ["New", "York", "four", "one", "three", "two"]);
    }

    #[test]
    fn words_are_left_out_with_their_blanks() {
        let d = doc("나는 어제 철수를 길에서 봤다", &[("철수", "PS")]);
        let made = one(&d, Op::DeleteWords { share: ALL }, &Shared::default());
        assert_eq!(told(&made.doc), "[철수]를", "particles stay with their names");
    }

    #[test]
    fn synonyms_keep_particles() {
        let d = doc("집은 크다 house", &[]);
        let words = BTreeMap::from([
            ("집".to_string(), vec!["주택".to_string(), "가옥".into()]),
            ("house".into(), vec!["home".into()]),
        ]);
        let made = one(&d, Op::Synonyms { share: ALL, words }, &Shared::default());
        assert!(["주택은 크다 home", "가옥은 크다 home"].contains(&told(&made.doc).as_str()), "{}", told(&made.doc));
        let to_vowel = BTreeMap::from([("집".to_string(), vec!["가구".to_string()])]);
        let made = one(&d, Op::Synonyms { share: ALL, words: to_vowel }, &Shared::default());
        assert_eq!(told(&made.doc), "가구는 크다 house");
    }

    #[test]
    fn templates_are_filled_and_their_particles_agree() {
        let template = Template::parse("어제 {PS}은 {LC}으로 {{갔다}}").unwrap();
        assert_eq!(template.classes().collect::<Vec<_>>(), ["PS", "LC"]);
        assert_eq!((Template::parse("{PS"), Template::parse("no place"), Template::parse("a}")), (None, None, None));
        let d = doc("철수가 왔다", &[("철수", "PS")]);
        let made = one(&d, Op::Templates(vec![template]), &shared(&[("제주", "LC"), ("길동", "PS")]));
        assert_eq!(told(&made.doc), "어제 [철수]는 [제주]로 {갔다}");
        assert!(made.fresh && made.parents.contains("of-제주") && made.parents.len() == 1);
    }

    #[test]
    fn particles_are_swapped_and_blanks_come_and_go() {
        let d = doc("철수는 서울에 갔다", &[("철수", "PS"), ("서울", "LC")]);
        let made = one(&d, Op::SwapParticles { share: ALL }, &Shared::default());
        assert_eq!(told(&made.doc), "[철수]가 [서울]에 갔다");
        let noise = Noise { typos: 0, join_words: ALL, split_words: ALL };
        let made = one(&d, Op::Noise(noise), &Shared::default());
        assert_eq!(told(&made.doc), "[철 수] 는[서 울] 에갔 다");
    }

    /// What no operation may do, for many draws of all of them: each span keeps its class, holds no blank at its ends, and a span that
    /// nothing replaced holds the same characters but for typing errors.
    #[test]
    fn labels_hold_whatever_is_drawn() {
        let d = doc(
            "김철수는 어제 서울 역에서 이영희를 2시에 봤다",
            &[("김철수", "PS"), ("서울 역", "LC"), ("이영희", "PS"), ("2시", "TI")],
        );
        let shared = shared(&[("박민", "PS"), ("제갈공명", "PS"), ("부산", "LC"), ("3시", "TI")]);
        let ops = [
            Op::ReplaceMentions { share: ALL / 2, classes: Vec::new() },
            Op::ShuffleSegments { share: ALL / 2 },
            Op::DeleteWords { share: ALL / 4 },
            Op::SwapParticles { share: ALL / 2 },
            Op::Noise(Noise { typos: ALL / 50, join_words: ALL / 10, split_words: ALL / 50 }),
        ];
        let mut kinds = BTreeSet::new();
        for n in 0..2000 {
            let draw = |name: &str| Draws::new(mix(n), name).stream("a");
            let Some(made) = made(&d, 0, &ops, &shared, &draw) else { continue };
            let classes: Vec<&str> = made.doc.spans[0].iter().map(|s| s.class.as_str()).collect();
            assert_eq!(classes, ["PS", "LC", "PS", "TI"]);
            for s in &made.doc.spans[0] {
                let own = made.doc.string(s.start, s.end);
                assert_eq!(own.trim(), own, "{}", told(&made.doc));
            }
            kinds.insert(told(&made.doc));
        }
        assert!(kinds.len() > 500, "{}", kinds.len());
    }
}

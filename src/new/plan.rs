//! What is known of a folder, put together: its sources with their fields, ids and licences, its tasks and its splits.
use super::answered;
use super::columns::{self, Field, Fields, Id, Type};
use super::folder::Folder;
use super::found::{self, Found, Source};
use super::hub::{self, Front};
use super::labels::{self, Label, Read};
use super::licence::{self, Known};
use super::names::{rank, slug, split_of};
use super::sample::Column;
use super::votes;
use crate::formats::infer::settled;
use crate::manifest::values::is_name;
use crate::table::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a source besides its files.
pub struct Guess {
    pub source: Source,
    pub fields: Fields,
    pub id: Id,
    pub prefix: Option<String>,
    pub license: Known,
}

/// All that is written.
pub struct Plan {
    pub guesses: Vec<Guess>,
    pub labels: Vec<Label>,
    pub types: BTreeMap<String, Type>,
    pub given: Given,
    pub front: Front,
    /// All paths of the folder.
    pub all: Vec<String>,
}

/// How the data says which split a sample is in.
pub enum Given {
    Nowhere,
    Sources(Vec<String>),
    /// Sources that are called as splits are, and so many samples of others that a build would refuse them as given.
    Partly(Vec<String>, Vec<String>),
    /// A column names splits, and so many of the values that were seen name none.
    Column(String, Vec<String>, usize),
    /// A column has words for splits that a build does not take as they are written, as the first of them.
    Unclear(String, String),
}

/// Words for splits in Korean.
const KOREAN: &[&str] = &["학습", "훈련", "검증", "평가", "테스트", "시험"];

pub fn plan(folder: &Folder, found: Found, answers: Vec<Label>, unread: &mut Vec<(String, String)>) -> Plan {
    let stated = licence::stated(folder);
    let front = hub::front(folder);
    let mut guesses: Vec<Guess> = found
        .sources
        .into_iter()
        .map(|source| {
            let license = licence::of(&stated, &found::top(source.paths()));
            let id = columns::id(&source);
            Guess { fields: columns::fields(&source, &id), id, prefix: None, license, source }
        })
        .collect();
    guesses.sort_by(|a, b| {
        let of = |g: &Guess| (g.source.split.as_deref().map_or(usize::MAX, rank), g.source.name.clone());
        of(a).cmp(&of(b))
    });
    let types = types(&mut guesses, unread);
    prefixes(&mut guesses, &answers);
    let reads: Vec<Read> = guesses.iter().map(|g| Read { source: &g.source, fields: &g.fields }).collect();
    let own = if answers.is_empty() {
        labels::labels(folder, &reads, &front.classes, answered::labels(&reads), unread)
    } else {
        answers
    };
    let given = given(&guesses);
    Plan { labels: own, types, given, front, all: folder.files.iter().map(|f| f.path.clone()).collect(), guesses }
}

/// The type of each field. One that sources have in several types gets a name of its own in the later ones; a source
/// that takes all columns as they are called cannot stand beside one that has them otherwise.
fn types(guesses: &mut Vec<Guess>, unread: &mut Vec<(String, String)>) -> BTreeMap<String, Type> {
    let mut out: BTreeMap<String, (Type, String)> = BTreeMap::new();
    let mut stay = Vec::new();
    for mut g in std::mem::take(guesses) {
        let exact = |g: &Guess, f: &Field| match f.ty {
            Type::Nested | Type::Messages => {
                g.source.sample.columns.get(f.column).map_or(String::new(), |c| settled(c.ty.clone()))
            }
            _ => String::new(),
        };
        let number = |ty: Type| matches!(ty, Type::Int | Type::Float);
        let fits = |out: &BTreeMap<String, (Type, String)>, g: &Guess, f: &Field| {
            let own = out.get(&f.name);
            own.is_none_or(|(ty, text)| *ty == f.ty && *text == exact(g, f) || number(*ty) && number(f.ty))
        };
        let clash = g.fields.all.iter().find(|f| !fits(&out, &g, f)).map(|f| f.name.clone());
        if let Some(name) = clash.filter(|_| !g.fields.named) {
            let say = format!(
                "its column `{name}` is of another type than that of another source: make it a project of its own"
            );
            unread.extend(g.source.paths().map(|f| (f.clone(), say.clone())));
            continue;
        }
        let own = g.source.name.replace('-', "_");
        let new: Vec<String> = g
            .fields
            .all
            .iter()
            .map(|f| if fits(&out, &g, f) { f.name.clone() } else { format!("{}_{own}", f.name) })
            .collect();
        g.fields.all.iter_mut().zip(new).for_each(|(f, name)| f.name = name);
        for f in &g.fields.all {
            let (ty, text) = out.entry(f.name.clone()).or_insert((f.ty, exact(&g, f)));
            if *ty != f.ty && text.is_empty() {
                *ty = Type::Float;
            }
        }
        stay.push(g);
    }
    *guesses = stay;
    out.into_iter().map(|(name, (ty, _))| (name, ty)).collect()
}

/// Gives sources whose ids may be those of another a prefix.
fn prefixes(guesses: &mut [Guess], answers: &[Label]) {
    let mut seen: Vec<(usize, BTreeSet<String>, bool)> = Vec::new();
    for n in 0..guesses.len() {
        let Some(g) = guesses.get(n) else { continue };
        let ids = columns::ids(&g.source, &g.id);
        let numbers = !ids.is_empty() && ids.iter().all(|i| i.bytes().all(|b| b.is_ascii_digit()));
        let content = g.id == Id::Content;
        let clash = seen.iter().any(|(_, theirs, plain)| {
            !theirs.is_disjoint(&ids) || (numbers && *plain) || (content && theirs.is_empty() && *plain)
        });
        seen.push((n, ids, numbers || content));
        let met = answers.iter().any(|v| votes::meets(v, &g.id)) && n == 0;
        if clash
            && !met
            && let Some(g) = guesses.get_mut(n)
        {
            g.prefix = Some(format!("{}/", g.source.name));
        }
    }
}

/// The splits that a column names, and how many values name none: at most a tenth, which is a cell that was left empty or a
/// name in another spelling.
fn splits_in(column: &Column) -> Option<(Vec<String>, usize)> {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    column.there().filter_map(Value::text).for_each(|v| *times.entry(v.trim()).or_default() += 1);
    let names: BTreeMap<&str, usize> =
        times.iter().filter(|(v, _)| is_name(v) && split_of(v).is_some()).map(|(v, n)| (*v, *n)).collect();
    // of two spellings the usual one
    let usual =
        |v: &str, n: usize| names.iter().all(|(w, m)| *w == v || !w.eq_ignore_ascii_case(v) || (*m, *w) < (n, v));
    let taken: Vec<(&str, usize)> = names.iter().filter(|(v, n)| usual(v, **n)).map(|(v, n)| (*v, *n)).collect();
    let others = column.values.len() - taken.iter().map(|(_, n)| n).sum::<usize>();
    let good = taken.len() > 1 && taken.len() < 8 && others * 10 <= column.values.len();
    good.then(|| (taken.into_iter().map(|(v, _)| v.to_string()).collect(), others))
}

/// Which samples came in which split.
fn given(guesses: &[Guess]) -> Given {
    let named: Vec<String> =
        guesses.iter().filter(|g| g.source.split.is_some()).map(|g| g.source.name.clone()).collect();
    let own = |g: &&Guess| g.source.split.as_ref().is_some_and(|split| slug(split) == g.source.name);
    let size = |g: &Guess| if g.source.is_images() { g.source.images.len() } else { g.source.sample.rows };
    let (called, others): (Vec<&Guess>, Vec<&Guess>) = guesses.iter().partition(own);
    if named.len() > 1 && others.iter().map(|g| size(g)).sum::<usize>() * 10 > guesses.iter().map(size).sum() {
        let names = |of: &[&Guess]| of.iter().map(|g| g.source.name.clone()).collect();
        return Given::Partly(names(&called), names(&others));
    }
    if named.len() > 1 {
        return Given::Sources(
            guesses
                .iter()
                .filter_map(|g| g.source.split.as_deref().map(slug))
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
        );
    }
    const NAMES: &[&str] = &["split", "subset", "partition", "part", "set"];
    let mut unclear = None;
    for g in guesses {
        for field in &g.fields.all {
            let Some(column) = g.source.sample.columns.get(field.column) else { continue };
            if !NAMES.contains(&column.name.trim().to_lowercase().as_str()) || field.ty != Type::Text {
                continue;
            }
            if let Some((names, others)) = splits_in(column) {
                return Given::Column(field.name.clone(), names, others);
            }
            if let Some(first) = speaks_of_splits(column) {
                unclear.get_or_insert(Given::Unclear(field.name.clone(), first));
            }
        }
    }
    unclear.unwrap_or(Given::Nowhere)
}

/// The first word that a build does not take for a split, of a column that has words for several.
fn speaks_of_splits(column: &Column) -> Option<String> {
    let words: BTreeSet<&str> = column.there().filter_map(Value::text).map(str::trim).collect();
    let means = words.iter().filter(|w| split_of(w).is_some() || KOREAN.contains(w)).count();
    let odd = words.iter().filter(|w| !w.is_empty()).find(|w| !is_name(w) || split_of(w).is_none());
    (means > 1).then(|| odd.map_or("null".into(), |w| w.chars().take(40).collect()))
}

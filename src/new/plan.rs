//! What is known of a folder, put together: its sources with their fields, ids and licences, its tasks and its splits.
use super::answered;
use super::columns::{self, Field, Id, Type};
use super::folder::Folder;
use super::found::{self, Found};
use super::given::{Given, given};
pub use super::guess::Guess;
use super::hub::Front;
use super::labels::{self, Label, Read};
use super::licence;
use super::lists::lists;
use super::names::rank;
use super::questions;
use super::splits;
use super::votes;
use super::wide;
use crate::formats::infer::settled;
use std::collections::{BTreeMap, BTreeSet};

/// All that is written.
pub struct Plan {
    pub guesses: Vec<Guess>,
    pub labels: Vec<Label>,
    pub types: BTreeMap<String, Type>,
    pub given: Given,
    pub front: Front,
    /// The configuration of the front matter whose files these are.
    pub config: Option<String>,
    /// The field whose equal values stay in one split, and two places of one that stands in several.
    pub group: Option<(String, Option<[String; 2]>)>,
    /// How many samples have the same texts as one of another split in which they came, with two places.
    pub shared: Option<(usize, [String; 2])>,
    /// All paths of the folder.
    pub all: Vec<String>,
    /// Files that could not be read.
    pub broken: BTreeSet<String>,
}

pub fn plan(
    folder: &Folder,
    found: Found,
    answers: Vec<Label>,
    front: Front,
    unread: &mut Vec<(String, String)>,
) -> Plan {
    let stated = licence::stated(folder);
    let (config, broken) = (found.config.clone(), found.broken.clone());
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
        labels::labels(folder, &reads, &front.classes, answers_in(&reads), questions::label(&reads), unread)
    } else {
        answers
    };
    let given = match given(&guesses) {
        Given::Nowhere => lists(folder, &guesses, unread).map_or(Given::Nowhere, Given::Lists),
        given => given,
    };
    let (group, shared) = (questions::group(&guesses, &given), splits::shared(&guesses, &given));
    Plan {
        labels: own,
        types,
        given,
        front,
        config,
        broken,
        group,
        shared,
        all: folder.files.iter().map(|f| f.path.clone()).collect(),
        guesses,
    }
}

/// Tasks whose answers stand in columns that say who answered.
fn answers_in(reads: &[Read]) -> Vec<Label> {
    answered::labels(reads).into_iter().chain(wide::label(reads)).collect()
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

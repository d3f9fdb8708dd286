//! What the splits have in common in which the data came: samples with the same texts.
use super::columns::{Field, Type};
use super::given::Given;
use super::guess::Guess;
use super::names::slug;
use crate::table::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The split that a sample came in.
pub fn split_of(g: &Guess, given: &Given, row: usize) -> Option<String> {
    match given {
        Given::Sources(_) => g.source.split.as_deref().map(slug),
        Given::Column(named) => {
            let field = g.fields.all.iter().find(|f| f.name == named.column)?;
            let text = g.source.sample.columns.get(field.column)?.values.get(row)?.text()?.trim();
            let mapped = named.map.iter().find(|(from, _)| from == text).map(|(_, to)| to.as_str());
            Some(mapped.unwrap_or(text)).filter(|split| named.splits.iter().any(|s| s == split)).map(String::from)
        }
        Given::Nowhere | Given::Lists(..) | Given::Partly(..) | Given::Unclear(..) => None,
    }
}

/// Texts that tell samples apart: of at least this many characters on average, and most of them different.
const CHARS: usize = 8;

/// The fields of free text that all sources have.
fn texts(guesses: &[Guess]) -> Vec<String> {
    let free = |g: &Guess, f: &Field| {
        let Some(column) = g.source.sample.columns.get(f.column).filter(|_| f.ty == Type::Text) else { return false };
        let all: Vec<&str> = column.there().filter_map(Value::text).collect();
        let distinct: BTreeSet<&&str> = all.iter().collect();
        let chars: usize = all.iter().map(|t| t.chars().count()).sum();
        distinct.len() * 2 > all.len() && chars >= CHARS * all.len().max(1)
    };
    let of = |g: &Guess| g.fields.all.iter().filter(|f| free(g, f)).map(|f| f.name.clone()).collect::<BTreeSet<_>>();
    let mut all = guesses.iter().filter(|g| g.source.sample.rows > 0).map(of);
    let first = all.next().unwrap_or_default();
    all.fold(first, |common, own| common.intersection(&own).cloned().collect()).into_iter().collect()
}

/// How many samples have the same texts as one of another split, and the places of the first two.
pub fn shared(guesses: &[Guess], given: &Given) -> Option<(usize, [String; 2])> {
    let names = texts(guesses);
    if names.is_empty() {
        return None;
    }
    let mut seen: BTreeMap<Vec<&str>, (String, String)> = BTreeMap::new();
    let (mut n, mut first) = (0, None);
    for g in guesses {
        let column = |name: &String| {
            let field = g.fields.all.iter().find(|f| f.name == *name)?;
            g.source.sample.columns.get(field.column)
        };
        let columns: Vec<_> = names.iter().filter_map(column).collect();
        for row in (0..g.source.sample.rows).filter(|_| columns.len() == names.len()) {
            let key: Option<Vec<&str>> = columns.iter().map(|c| c.values.get(row).and_then(Value::text)).collect();
            let (Some(key), Some(split)) = (key, split_of(g, given, row)) else { continue };
            let place = || g.source.sample.place(row).unwrap_or_default();
            let (theirs, at) = seen.entry(key).or_insert_with(|| (split.clone(), place()));
            if *theirs != split {
                n += 1;
                first.get_or_insert_with(|| [at.clone(), place()]);
            }
        }
    }
    first.map(|first| (n, first))
}

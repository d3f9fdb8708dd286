//! From the rows of a release to the tuples that are measured: each value is a number, in an order that does not depend on the
//! order of the rows.
use super::params::{Gather, Measured};
use super::ways::tree;
use crate::measure::anonymity::{Attribute, Distance, Table, Tuple, Way};
use crate::stage::{Fault, Hits, Tools};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a row: the value of its split (where it counts), of each quasi-identifier, of each sensitive column.
pub type Key = (Option<String>, Vec<Option<String>>, Vec<Option<String>>);

/// A quasi-identifier with its values in order.
pub struct Quasi {
    pub way: Way,
    pub values: Vec<Option<String>>,
}

/// The table of a release, and what its numbers stand for.
pub struct Rows {
    pub table: Table,
    /// In the order of the attributes, but for the split, which is the last.
    pub quasi: Vec<Quasi>,
    /// The numbers of each distinct row, in the order of the summaries.
    pub leaves: Vec<Vec<u32>>,
    /// Of each sensitive column how far its values are from one another.
    pub distances: Vec<Distance>,
    /// For each quasi-identifier, then for each sensitive column, how many rows have a value that its hierarchy or its order
    /// does not have.
    pub unknown: Vec<u64>,
    /// Rows that say of no person whom they tell of.
    pub nobody: u64,
}

/// Reads the summaries, which come in the order of their keys.
pub fn read(p: &Gather, hits: &Hits, tools: &dyn Tools) -> Result<Rows, Fault> {
    let mut keys: Vec<(Key, BTreeMap<u32, u32>)> = Vec::new();
    let mut persons: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
    let (mut before, mut nobody): (Vec<u8>, u64) = (Vec::new(), 0);
    for hit in hits.iter() {
        if keys.is_empty() || before != *hit.key {
            keys.push((key(&hit.key)?, BTreeMap::new()));
            before = hit.key.to_vec();
        }
        nobody += u64::from(p.unit.is_some() && hit.value.is_empty());
        let next = persons.len() as u32;
        let person = *persons.entry(hit.value.to_vec()).or_insert(next);
        if let Some((_, of)) = keys.last_mut() {
            *of.entry(if p.unit.is_some() { person } else { 0 }).or_default() += 1;
        }
    }
    tools.go_on()?;
    let rows = |of: &BTreeMap<u32, u32>| of.values().map(|n| u64::from(*n)).sum::<u64>();
    let (mut quasi, mut numbers, mut attributes, mut unknown) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (n, (_, way)) in p.quasi.iter().enumerate() {
        let own = Quasi::of(way.way(tools)?, keys.iter().filter_map(|(key, _)| key.1.get(n)));
        let misses =
            |key: &Key| key.1.get(n).and_then(Option::as_deref).map_or(own.needs_value(), |v| !own.way.knows(v));
        unknown.push(keys.iter().filter(|(key, _)| misses(key)).map(|(_, of)| rows(of)).sum());
        numbers.push(own.values.iter().cloned().zip(0..).collect::<BTreeMap<Option<String>, u32>>());
        attributes.push(own.attribute());
        quasi.push(own);
    }
    let splits: BTreeSet<&Option<String>> = keys.iter().map(|(key, _)| &key.0).collect();
    let splits: BTreeMap<&Option<String>, u32> = splits.into_iter().zip(0..).collect();
    if p.parts {
        attributes.push(Attribute { parts: true, ..Attribute::kept(splits.len() as u32) });
    }
    let (mut sensitive, mut distances) = (Vec::new(), Vec::new());
    for (n, of) in p.sensitive.iter().enumerate() {
        let present: BTreeSet<&Option<String>> = keys.iter().filter_map(|(key, _)| key.2.get(n)).collect();
        let (values, distance, known) = measured(of, present, tools)?;
        let values: BTreeMap<Option<String>, u32> = values.into_iter().zip(0..).collect();
        let misses = |key: &Key| key.2.get(n).and_then(|v| values.get(v)).is_none_or(|at| *at >= known);
        unknown.push(keys.iter().filter(|(key, _)| misses(key)).map(|(_, of)| rows(of)).sum());
        sensitive.push(values);
        distances.push(distance);
    }
    let number = |of: &[BTreeMap<Option<String>, u32>], values: &[Option<String>]| -> Vec<u32> {
        of.iter().zip(values).map(|(numbers, v)| numbers.get(v).copied().unwrap_or(0)).collect()
    };
    let (mut tuples, mut leaves): (BTreeMap<Tuple, u32>, Vec<Vec<u32>>) = Default::default();
    for (key, of) in &keys {
        let mut own = number(&numbers, &key.1);
        own.extend(p.parts.then(|| splits.get(&key.0).copied().unwrap_or(0)));
        for (person, n) in of {
            let tuple = Tuple { leaves: own.clone(), person: *person, sensitive: number(&sensitive, &key.2) };
            *tuples.entry(tuple).or_default() += n;
        }
        leaves.push(own);
    }
    let counts: Vec<u32> = sensitive.iter().map(|v| v.len() as u32).collect();
    let table = Table::of(attributes, &counts, p.unit.is_some(), &tuples);
    Ok(Rows { table, quasi, leaves, distances, unknown, nobody })
}

fn key(bytes: &[u8]) -> Result<Key, Fault> {
    serde_json::from_slice(bytes).map_err(|e| Fault::Bug(format!("a row of an anonymous release does not read: {e}")))
}

/// Numbers in their order where all are numbers, else texts in theirs; what is missing first.
fn in_order<'v>(values: impl Iterator<Item = &'v Option<String>>) -> Vec<Option<String>> {
    let all: BTreeSet<&Option<String>> = values.collect();
    let number = |v: &&Option<String>| v.as_ref().map(|v| v.parse::<f64>().ok().filter(|n| n.is_finite()));
    let numbers: Option<Vec<f64>> = all.iter().filter_map(number).collect();
    let mut out: Vec<Option<String>> = all.into_iter().cloned().collect();
    if numbers.is_some() {
        let value = |v: &Option<String>| v.as_ref().and_then(|v| v.parse::<f64>().ok()).unwrap_or(f64::NEG_INFINITY);
        out.sort_by(|a, b| value(a).total_cmp(&value(b)).then_with(|| a.cmp(b)));
    }
    out
}

impl Quasi {
    /// The values of a hierarchy in its order and those that it does not have, or else all that there are.
    fn of<'v>(way: Way, present: impl Iterator<Item = &'v Option<String>>) -> Quasi {
        let present = in_order(present);
        let values = match &way {
            Way::Tree(tree) => {
                let own = tree.leaves.iter().cloned().map(Some);
                let more = present.into_iter().filter(|v| v.as_deref().is_none_or(|v| tree.place(v).is_none()));
                own.chain(more).collect()
            }
            _ => present,
        };
        Quasi { way, values }
    }

    fn needs_value(&self) -> bool {
        self.way == Way::Range
    }

    fn attribute(&self) -> Attribute {
        if matches!(self.way, Way::Keep | Way::Range) {
            let ordered = self.way == Way::Range;
            return Attribute { ordered, ..Attribute::kept(self.values.len() as u32) };
        }
        // what is missing is a value of its own on the first level, which no text is
        let text = |v: &Option<String>, level| {
            let own = self.way.at(v.as_deref(), level);
            own.map_or_else(|| "-".to_string(), |own| format!("+{own}"))
        };
        let level = |level| self.values.iter().map(|v| text(v, level)).collect();
        Attribute::of(&(0..self.way.levels()).map(level).collect::<Vec<Vec<String>>>())
    }
}

/// The values of a sensitive column in order, how far they are from one another, and how many of them are known.
fn measured(
    of: &Measured,
    present: BTreeSet<&Option<String>>,
    tools: &dyn Tools,
) -> Result<(Vec<Option<String>>, Distance, u32), Fault> {
    let all = in_order(present.into_iter());
    let first = |known: &[String]| -> (Vec<Option<String>>, u32) {
        let own: BTreeSet<&str> = known.iter().map(String::as_str).collect();
        let more = all.iter().filter(|v| v.as_deref().is_none_or(|v| !own.contains(v))).cloned();
        (known.iter().cloned().map(Some).chain(more).collect(), known.len() as u32)
    };
    if !of.file.is_empty() {
        let tree = tree(&of.file, tools)?;
        let (values, known) = first(&tree.leaves);
        let way = Way::Tree(tree);
        let level = |level: usize| -> Vec<u32> {
            let mut groups: BTreeMap<String, u32> = BTreeMap::new();
            let number = |v: &Option<String>| {
                let next = groups.len() as u32;
                *groups.entry(way.at(v.as_deref(), level).unwrap_or_default()).or_insert(next)
            };
            values.iter().map(number).collect()
        };
        let levels = (1..way.levels()).map(level).collect();
        return Ok((values, Distance::Tree(levels), known));
    }
    if !of.ordered {
        let known = all.len() as u32;
        return Ok((all, Distance::Equal, known));
    }
    if of.order.is_empty() {
        let known = all.len() as u32;
        return Ok((all, Distance::Ordered, known));
    }
    let (values, known) = first(&of.order);
    Ok((values, Distance::Ordered, known))
}

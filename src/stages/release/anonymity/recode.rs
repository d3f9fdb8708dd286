//! What becomes of the rows of a release: the best level of each quasi-identifier, or parts of the table.
use super::declared::{Goal, Method};
use super::params::{Gather, Measured};
use super::tuples::Rows;
use super::ways::{Word, rows_of};
use crate::digest::Digest;
use crate::manifest::Decimal;
use crate::measure::anonymity::*;
use crate::stage::{Fault, Tools};
use std::collections::{BTreeMap, HashMap};

/// What becomes of each tuple.
pub struct Recoded {
    /// The class of each combination of quasi-identifiers, or none.
    places: HashMap<Vec<u32>, Option<u32>>,
    pub classes: Classes,
    pub model: Model,
    pub loss: f64,
    /// By quasi-identifier its level, where there is one for all.
    pub levels: Option<Vec<(String, usize)>>,
    /// For each class what stands in the generalised columns, where each has its own.
    cells: Vec<Vec<Option<String>>>,
    /// Nothing holds what is asked: what is told is of the most general table.
    pub failed: bool,
    /// Combinations of levels that were looked at.
    pub looked: u64,
    /// How many of the population are in each class.
    pub population: Option<Vec<u64>>,
}

impl Recoded {
    pub fn of(&self, leaves: &[u32]) -> Option<u32> {
        self.places.get(leaves).copied().flatten()
    }

    pub fn texts(&self, class: u32) -> &[Option<String>] {
        self.cells.get(class as usize).map(Vec::as_slice).unwrap_or_default()
    }
}

pub fn ratio(of: &Decimal) -> Ratio {
    let over = of.numerator_over(of.scale()).and_then(|n| u128::try_from(n).ok()).unwrap_or(0);
    Ratio { over, under: 10u128.pow(of.scale().min(36)) }
}

fn diversity(m: &Measured, distance: &Distance) -> Diversity {
    Diversity {
        distinct: m.distinct,
        entropy: m.entropy.as_ref().map(ratio),
        recursive: m.recursive.as_ref().map(|r| (ratio(&r.c), r.l as usize)),
        t: m.t.as_ref().map(ratio),
        distance: distance.clone(),
    }
}

pub fn recoded(p: &Gather, rows: &Rows, tools: &dyn Tools) -> Result<Recoded, Fault> {
    let sensitive = p.sensitive.iter().zip(&rows.distances).map(|(m, d)| diversity(m, d)).collect();
    let model = Model { k: p.k, sensitive };
    match p.method {
        Method::Optimal => optimal(p, rows, model, tools),
        Method::Mondrian => Ok(local(p, rows, model)),
    }
}

fn places(table: &Table, classes: &Classes) -> HashMap<Vec<u32>, Option<u32>> {
    let of = |t: usize| (table.leaves(t).to_vec(), classes.of.get(t).copied().filter(|c| *c != NONE));
    (0..table.len()).map(of).collect()
}

fn optimal(p: &Gather, rows: &Rows, model: Model, tools: &dyn Tools) -> Result<Recoded, Fault> {
    let objective = match p.objective {
        Goal::Loss => Objective::Loss,
        Goal::Discernibility => Objective::Discernibility,
        Goal::AverageClass => Objective::AverageClass,
    };
    let nodes = Lattice::of(&rows.table).len();
    if nodes > 1 << 24 {
        return Err(Fault::Bug(format!("{nodes} combinations of levels were to be searched")));
    }
    let found = search(&rows.table, &model, ratio(&p.suppressed), objective);
    let failed = found.is_none();
    let found = found.unwrap_or_else(|| {
        let levels: Vec<usize> = rows.table.attributes.iter().map(|a| a.levels.len().saturating_sub(1)).collect();
        let (of, n) = rows.table.grouped(&levels);
        let classes = Classes::new(&rows.table, of, n);
        Found { levels, classes, loss: 1.0, nodes, looked: nodes }
    });
    let named = p.quasi.iter().zip(&found.levels).map(|(q, level)| (q.0.clone(), *level)).collect();
    let population = p.population.as_ref().map(|file| population(p, rows, &found, file, tools)).transpose()?;
    Ok(Recoded {
        places: places(&rows.table, &found.classes),
        classes: found.classes,
        model,
        loss: found.loss,
        levels: Some(named),
        cells: Vec::new(),
        failed,
        looked: found.looked as u64,
        population,
    })
}

/// How many of the population would be in each class.
fn population(p: &Gather, rows: &Rows, found: &Found, file: &str, tools: &dyn Tools) -> Result<Vec<u64>, Fault> {
    let digest = Digest::parse(file).ok_or_else(|| Fault::Bug("the population has no digest".into()))?;
    let all = rows_of(&tools.blob(digest)?).map_err(|wrong| Fault::Bug(wrong.1))?;
    let (Some(header), people) = (all.first(), all.get(1..).unwrap_or_default()) else { return Ok(Vec::new()) };
    let place = |(name, _): &(String, super::ways::WayOf)| header.iter().position(|h| h == name);
    let columns: Vec<Option<usize>> = p.quasi.iter().map(place).collect();
    let general = |n: usize, value: Option<&str>| {
        let (quasi, level) = (rows.quasi.get(n)?, found.levels.get(n)?);
        quasi.way.at(value, *level)
    };
    let mut counts: BTreeMap<Vec<Option<String>>, u64> = BTreeMap::new();
    for person in people {
        let value = |c: &Option<usize>| c.and_then(|c| person.get(c)).map(String::as_str).filter(|v| !v.is_empty());
        let key = columns.iter().enumerate().map(|(n, c)| general(n, value(c))).collect();
        *counts.entry(key).or_default() += 1;
    }
    let mut out = vec![0; found.classes.all.len()];
    for (tuple, class) in found.classes.of.iter().enumerate() {
        let Some(own) = out.get_mut(*class as usize).filter(|n| **n == 0) else { continue };
        let text = |n: usize| {
            let leaf = *rows.table.leaves(tuple).get(n)? as usize;
            general(n, rows.quasi.get(n)?.values.get(leaf)?.as_deref())
        };
        let key: Vec<Option<String>> = (0..columns.len()).map(text).collect();
        *own = counts.get(&key).copied().unwrap_or(0);
    }
    Ok(out)
}

fn local(p: &Gather, rows: &Rows, model: Model) -> Recoded {
    let cut = mondrian(&rows.table, &model);
    let lost = u128::from(rows.table.total - cut.classes.rows());
    let most = ratio(&p.suppressed);
    let failed = lost * most.under > most.over * u128::from(rows.table.total);
    let written: Vec<usize> =
        p.quasi.iter().enumerate().filter(|q| q.1.1.word != Some(Word::Keep)).map(|q| q.0).collect();
    let texts = |cells: &Vec<Cell>| -> Vec<Option<String>> {
        written.iter().map(|n| cells.get(*n).and_then(|cell| text(rows, *n, *cell))).collect()
    };
    let cells = cut.cells.iter().map(texts).collect();
    let loss = loss(&rows.table, &cut.sums);
    let classes = if failed { whole(rows) } else { cut.classes };
    Recoded {
        places: places(&rows.table, &classes),
        classes,
        model,
        loss: if failed { 1.0 } else { loss },
        levels: None,
        cells,
        failed,
        looked: 0,
        population: None,
    }
}

/// The most general table: what is told where nothing holds what is asked.
fn whole(rows: &Rows) -> Classes {
    let kept = |a: &Attribute| if a.ordered { Attribute { levels: Vec::new(), ..a.clone() } } else { a.clone() };
    let mut table = rows.table.clone();
    table.attributes = rows.table.attributes.iter().map(kept).collect();
    let levels: Vec<usize> = table.attributes.iter().map(|a| a.levels.len().saturating_sub(1)).collect();
    let (of, n) = table.grouped(&levels);
    Classes::new(&table, of, n)
}

fn text(rows: &Rows, n: usize, cell: Cell) -> Option<String> {
    let quasi = rows.quasi.get(n)?;
    let value = |leaf: u32| quasi.values.get(leaf as usize).and_then(Option::as_deref);
    match cell {
        Cell::Level { leaf, level } => quasi.way.at(value(leaf), level),
        Cell::Range { low, high } if low == high => value(low).map(str::to_string),
        Cell::Range { low, high } => Some(format!("{} to {}", value(low).unwrap_or("*"), value(high).unwrap_or("*"))),
    }
}

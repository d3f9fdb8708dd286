//! Adversarial validation: how well a small model tells samples of one split from those of another. Where both were drawn alike it
//! guesses, and the area under its curve is about 0.5.
use super::records::{Gather, Kind, classes, decimal, of_key, of_value};
use crate::digest::{cut_hash, mix};
use crate::measure::learn::{SPACE, Sparse, Terms, regression};
use crate::measure::shift::area_under_curve;
use crate::stage::*;
use crate::table::Value;
use std::collections::BTreeMap;

/// Features of a sample that are kept at most: of each column those of the least hashes, which are the same ones in every sample.
const FEATURES: usize = 64;
/// Samples of one split that are learned of: those that are drawn first.
const SAMPLES: usize = 4000;
/// With fewer samples than these nothing is said.
const SAMPLES_MIN: usize = 30;
/// Each sample is judged by a model that has not seen it.
const FOLDS: usize = 3;
/// Characters of a text that are looked at.
const CHARS: usize = 2000;

/// The features of a row as bytes: four a feature. A long text leaves the other columns theirs.
pub fn features(cells: &[(&String, Value)], terms: &dyn Fn(&str) -> Terms) -> Vec<u8> {
    let mut columns: Vec<Vec<u32>> = cells.iter().map(|(column, value)| of_cell(column, value, terms)).collect();
    columns.sort_by_key(Vec::len);
    let (mut all, mut left): (Vec<u32>, usize) = (Vec::new(), columns.len());
    for own in columns {
        let share = FEATURES.saturating_sub(all.len()) / left.max(1);
        all.extend(own.into_iter().take(share));
        left = left.saturating_sub(1);
    }
    all.sort_unstable();
    all.dedup();
    all.iter().flat_map(|bucket| bucket.to_le_bytes()).collect()
}

/// The features of a cell, those of the least hashes first.
fn of_cell(column: &str, value: &Value, terms: &dyn Fn(&str) -> Terms) -> Vec<u32> {
    let mut all: Vec<u32> = Vec::new();
    let place = |text: String| (cut_hash(text.as_bytes()) % SPACE as u64) as u32;
    match value {
        Value::Text(text) => {
            let text: String = text.chars().take(CHARS).collect();
            all.extend(terms(&text).into_iter().map(|(bucket, _)| bucket));
            all.push(place(format!("{column}\0words\0{}", text.split_whitespace().count().ilog2_or_zero())));
        }
        // numbers of about the same size are one feature
        Value::Int(n) => all.push(place(format!("{column}\0{}", (*n as f64).to_bits() >> 50))),
        Value::Float(n) => all.push(place(format!("{column}\0{}", n.to_bits() >> 50))),
        other => classes(other).iter().for_each(|class| all.push(place(format!("{column}\0{class}")))),
    }
    all.sort_unstable();
    all.dedup();
    all.sort_unstable_by_key(|bucket| (mix(u64::from(*bucket)), *bucket));
    all
}

trait Ilog2 {
    fn ilog2_or_zero(self) -> u32;
}

impl Ilog2 for usize {
    fn ilog2_or_zero(self) -> u32 {
        self.checked_ilog2().unwrap_or(0)
    }
}

pub fn tell(p: &Gather, hits: &Hits, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
    if !p.kinds.contains(&Kind::Seen) {
        return Ok(());
    }
    let mut of: BTreeMap<String, Vec<(Sparse, u64)>> = BTreeMap::new();
    for (n, hit) in hits.iter().enumerate() {
        if n.is_multiple_of(1 << 14) {
            context.tools.go_on()?;
        }
        let Some((Kind::Seen, _, rank)) = of_key(&hit.key) else { continue };
        let (Some((split, seen)), Some(rank)) = (of_value(&hit.value), rank.first_chunk()) else {
            return Err(Fault::Bug("an entry of a summary does not read".into()));
        };
        let own = of.entry(split.to_string()).or_default();
        if own.len() < SAMPLES {
            own.push((sparse(seen), u64::from_be_bytes(*rank)));
        }
    }
    let mut most: Option<f64> = None;
    let few = || Fact::Undefined(format!("a split has fewer than {SAMPLES_MIN} samples"));
    let empty = Vec::new();
    let first = of.get(&p.first).unwrap_or(&empty);
    for split in p.splits.iter().filter(|split| **split != p.first) {
        let own = of.get(split).unwrap_or(&empty);
        let area = match first.len().min(own.len()) >= SAMPLES_MIN {
            true => told_apart(first, own, context)?,
            false => None,
        };
        most = [most, area].into_iter().flatten().reduce(f64::max);
        out.fact(format!("adversarial.{split}"), area.map_or_else(few, |area| Fact::Decimal(decimal(area))));
    }
    out.fact("adversarial", most.map_or_else(few, |area| Fact::Decimal(decimal(area))));
    Ok(())
}

/// The features of a sample as a vector of length 1.
fn sparse(seen: &[u8]) -> Sparse {
    let (all, _) = seen.as_chunks::<4>();
    let length = (all.len().max(1) as f64).sqrt();
    all.iter().map(|bytes| (u32::from_le_bytes(*bytes), 1.0 / length)).collect()
}

/// How well the second set is told from the first, each sample by a model that was learned of the others.
fn told_apart(first: &[(Sparse, u64)], second: &[(Sparse, u64)], context: &Context) -> Result<Option<f64>, Fault> {
    let of = |set: &[(Sparse, u64)], class: usize| -> Vec<(usize, usize, usize)> {
        (0..set.len()).map(|n| (class, n, n % FOLDS)).collect()
    };
    let all = [of(first, 0), of(second, 1)].concat();
    let get = |(class, n, _): &(usize, usize, usize)| if *class == 0 { first.get(*n) } else { second.get(*n) };
    let mut scores: Vec<(f64, bool)> = Vec::with_capacity(all.len());
    for fold in 0..FOLDS {
        let others: Vec<(&Sparse, usize, u64)> = all
            .iter()
            .filter(|row| row.2 != fold)
            .filter_map(|row| get(row).map(|(sparse, rank)| (sparse, row.0, *rank)))
            .collect();
        let Some(model) = regression(2, SPACE, &others, &mut || context.tools.go_on().is_ok()) else {
            context.tools.go_on()?;
            return Ok(None);
        };
        for row in all.iter().filter(|row| row.2 == fold) {
            let Some((sparse, _)) = get(row) else { continue };
            scores.push((model.probabilities(sparse).get(1).copied().unwrap_or(0.5), row.0 == 1));
        }
    }
    Ok(area_under_curve(&mut scores))
}

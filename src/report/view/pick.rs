//! Which samples are shown. Within each stratum (source, split and class) samples stand in the order of the hashes of their
//! ids; the first of each stratum are taken, then the second ones, and so on. So each class is there, and a sample more
//! moves at most one. Beside them stand samples with a finding, samples that wait, and what stayed of duplicates.
use super::seen::{Seen, living};
use crate::digest::cut_hash;
use crate::engine::ledger;
use crate::engine::state::Partition;
use crate::model::votes::each_class;
use crate::stage::{Act, Fault, Role};
use crate::stages::label::kinds;
use crate::table::{texts, value_at};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Samples with a finding, samples that wait, and samples with duplicates that are shown at most.
const FOUND: usize = 200;
const WAITING: usize = 200;
const KEPT: usize = 50;
/// Entries that are held at most, for each sample that is asked for, while strata are filled.
const HELD: usize = 50;
/// Samples of the strata that stand before those that steps spoke of.
pub const FIRST: usize = 24;

/// A row: the hash of its id, the partition and the row there.
pub type Row = (u64, usize, u32);

#[derive(Debug, Default)]
pub struct Picked {
    /// Living samples in all.
    pub total: u64,
    /// In the order of their rank.
    pub rows: Vec<(usize, u32)>,
}

/// Strata with the rows of least hash.
#[derive(Default)]
struct Strata {
    of: BTreeMap<(String, String, String), BTreeSet<Row>>,
    cap: usize,
}

impl Strata {
    fn add(&mut self, key: (String, String, String), row: Row) {
        let own = self.of.entry(key).or_default();
        own.insert(row);
        if own.len() > self.cap {
            own.pop_last();
        }
    }

    /// Strata that are too many for so many rows each keep fewer; what is left out is of no rank that could be reached.
    fn bound(&mut self, most: usize) {
        while self.cap > 1 && self.of.values().map(BTreeSet::len).sum::<usize>() > most.saturating_mul(HELD) {
            self.cap = self.cap.div_ceil(2);
            for own in self.of.values_mut() {
                while own.len() > self.cap {
                    own.pop_last();
                }
            }
        }
    }

    /// The first of each, then the second ones: the first `most`.
    fn ranked(self, most: usize) -> Vec<Row> {
        let mut rank: HashMap<Row, usize> = HashMap::new();
        for own in self.of.into_values() {
            for (n, row) in own.into_iter().enumerate() {
                let best = rank.entry(row).or_insert(n);
                *best = (*best).min(n);
            }
        }
        let mut all: Vec<(usize, Row)> = rank.into_iter().map(|(row, n)| (n, row)).collect();
        all.sort_unstable();
        all.into_iter().take(most).map(|(_, row)| row).collect()
    }
}

pub fn of(seen: &Seen, most: usize) -> Result<Picked, Fault> {
    let labels: Vec<&str> = seen
        .samples
        .columns
        .iter()
        .filter(|c| !c.hidden && matches!(seen.roles.get(&c.name), Some(Role::Label { .. })))
        .filter(|c| kinds::answering(&c.ty).is_some_and(|k| k.classes))
        .map(|c| c.name.as_str())
        .collect();
    let mut strata = Strata { cap: most.max(1), ..Strata::default() };
    let mut total = 0;
    seen.each(
        |n, part| own(seen, (n, part), &labels, most),
        |(own, rows)| {
            total += rows;
            own.of.into_iter().for_each(|(key, rows)| rows.into_iter().for_each(|r| strata.add(key.clone(), r)));
            strata.bound(most);
        },
    )?;
    let ranked = strata.ranked(most);
    let spoken = spoken(seen)?;
    let (first, rest) = ranked.split_at(ranked.len().min(FIRST));
    let (mut rows, mut met) = (Vec::new(), BTreeSet::new());
    for (_, part, row) in first.iter().chain(&spoken).chain(rest) {
        if met.insert((*part, *row)) {
            rows.push((*part, *row));
        }
    }
    Ok(Picked { total, rows })
}

fn own(seen: &Seen, (n, part): (usize, &Partition), labels: &[&str], most: usize) -> Result<(Strata, u64), Fault> {
    let mut out = Strata { cap: most.max(1), ..Strata::default() };
    let ids = seen.living_texts(part, "id", "")?;
    let splits = seen.living_texts(part, "split", "")?;
    let sources = seen.living_texts(part, "source", "")?;
    let mut arrays = Vec::new();
    for name in labels {
        arrays.extend(seen.array(part, name)?);
    }
    let mut total = 0;
    for (k, row) in living(part).enumerate() {
        total += 1;
        let at = |of: &[String]| of.get(k).cloned().unwrap_or_default();
        let mut classes = BTreeSet::new();
        for array in &arrays {
            each_class(&value_at(array.as_ref(), row as usize), &mut |class| _ = classes.insert(class.to_string()));
        }
        if classes.is_empty() {
            classes.insert(String::new());
        }
        let own = (cut_hash(at(&ids).as_bytes()), n, row);
        for class in classes {
            out.add((at(&sources), at(&splits), class), own);
        }
    }
    out.bound(most);
    Ok((out, total))
}

/// Samples that steps spoke of: a share of each sort, those of least hash.
fn spoken(seen: &Seen) -> Result<Vec<Row>, Fault> {
    let place: HashMap<&str, usize> = seen.samples.parts.iter().enumerate().map(|(n, p)| (p.uid.as_str(), n)).collect();
    let (mut found, mut waiting): (BTreeSet<Row>, BTreeSet<Row>) = Default::default();
    let mut stayed: BTreeSet<(u64, String)> = BTreeSet::new();
    for (step, run) in seen.s.steps.iter().zip(&seen.built.runs) {
        let ports = &step.plan.ports;
        if ports.table != "samples" || ports.into.is_some() {
            continue;
        }
        for part in run.parts.iter().filter(|p| p.outcomes.iter().any(|o| o.2.events.is_some())) {
            let Some(n) = place.get(part.uid.as_str()).copied() else { continue };
            let ids = part.before.columns.get("id").copied().flatten().map(|d| seen.s.array(d)).transpose()?;
            let ids = ids.as_ref().map(|a| texts(a.as_ref())).unwrap_or_default();
            for e in ledger::events(seen.s, part)?.into_iter().filter(|e| e.act != Act::Change) {
                let id = ids.get(e.row as usize).copied().flatten().unwrap_or_default();
                let row = (cut_hash(id.as_bytes()), n, e.row);
                match e.act {
                    Act::Review | Act::Hold => least(&mut waiting, row, WAITING),
                    Act::Drop { kept: Some(id) } | Act::Merge(id) => {
                        least(&mut stayed, (cut_hash(id.as_bytes()), id), KEPT);
                        least(&mut found, row, FOUND);
                    }
                    _ => least(&mut found, row, FOUND),
                }
            }
        }
    }
    let mut out: Vec<Row> = waiting.into_iter().chain(found).collect();
    out.extend(rows_of(seen, &stayed)?);
    Ok(out)
}

fn least<T: Ord>(of: &mut BTreeSet<T>, one: T, most: usize) {
    of.insert(one);
    if of.len() > most {
        of.pop_last();
    }
}

/// Where samples stand that are known by their ids.
fn rows_of(seen: &Seen, wanted: &BTreeSet<(u64, String)>) -> Result<Vec<Row>, Fault> {
    let ids: BTreeMap<&str, u64> = wanted.iter().map(|(hash, id)| (id.as_str(), *hash)).collect();
    let mut out = Vec::new();
    if ids.is_empty() {
        return Ok(out);
    }
    let find = |n: usize, part: &Partition| {
        let Some(array) = seen.array(part, "id")? else { return Ok(Vec::new()) };
        let all = texts(array.as_ref());
        let own = living(part).filter_map(|row| Some((*ids.get(all.get(row as usize).copied().flatten()?)?, n, row)));
        Ok(own.collect::<Vec<Row>>())
    };
    seen.each(find, |own| out.extend(own))?;
    out.sort_unstable();
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranked(rows: &[(&str, u64)], most: usize) -> Vec<u64> {
        let mut strata = Strata { cap: most, ..Strata::default() };
        for (class, hash) in rows {
            strata.add((String::new(), String::new(), class.to_string()), (*hash, 0, *hash as u32));
            strata.bound(most);
        }
        strata.ranked(most).into_iter().map(|r| r.0).collect()
    }

    #[test]
    fn each_stratum_is_there_and_one_more_sample_moves_at_most_one() {
        let mut rows: Vec<(&str, u64)> = (0..40).map(|n| ("common", n * 10)).collect();
        rows.extend([("rare", 7), ("rare", 900)]);
        let before = ranked(&rows, 6);
        assert_eq!(before, [0, 7, 10, 900, 20, 30]);
        rows.push(("common", 15));
        let after = ranked(&rows, 6);
        assert_eq!(before.iter().filter(|r| !after.contains(r)).count(), 1);
        rows.reverse();
        assert_eq!(ranked(&rows, 6), after, "the order of the data does not matter");
    }

    #[test]
    fn many_strata_are_bounded_and_the_choice_stays_the_same() {
        let names: Vec<String> = (0..700).map(|n| format!("c{n}")).collect();
        let rows: Vec<(&str, u64)> = (0..5000u64).map(|n| (names[(n % 700) as usize].as_str(), n)).collect();
        let all = ranked(&rows, 10);
        assert_eq!(all, (0..10).collect::<Vec<u64>>());
    }
}

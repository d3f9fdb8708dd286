//! Units: samples, or groups of samples that stay together; with what is known of each.
use super::records::{Gather, Known};
use crate::digest::Draws;
use crate::measure::disjoint::Disjoint;
use crate::stage::{Fault, Hit, Hits};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What is held of a unit.
pub struct Unit {
    /// What is drawn for (seed, unit).
    pub rank: u64,
    /// Its number in the order of names.
    pub number: u32,
    /// How many samples it has.
    pub size: u32,
    /// What it has of each class: the number of that set of classes.
    set: u32,
    /// Where the data puts it; then it counts for no ratio.
    pub given: Option<u16>,
    /// Where the last release put it.
    pub kept: Option<u16>,
    /// When the latest of its samples is, where splits follow each other in time.
    pub latest: Option<i64>,
}

impl Unit {
    #[cfg(test)]
    pub fn timed(number: u32, size: u32, latest: i64) -> Unit {
        Unit { rank: 0, number, size, set: 0, given: None, kept: None, latest: Some(latest) }
    }
}

/// All units, in the order of their numbers.
#[derive(Default)]
pub struct Units {
    pub all: Vec<Unit>,
    /// The names of the classes, sorted.
    pub classes: Vec<String>,
    /// In which fold the last release had each unit, of each drawing; nothing where it had none. Empty if it had none of any.
    kept_folds: Vec<Vec<u32>>,
    /// What units have of each class, by the numbers of the classes in their order. Many units have the same.
    sets: Vec<Vec<(u32, u64)>>,
}

impl Units {
    /// The fold, from 0, that the last release had a unit in.
    pub fn kept_fold(&self, unit: &Unit, drawing: u64) -> Option<u32> {
        self.kept_folds.get(unit.number as usize)?.get(usize::try_from(drawing).ok()?)?.checked_sub(1)
    }

    /// What a unit has of each class, by the number of the class.
    pub fn classes_of(&self, unit: &Unit) -> &[(u32, u64)] {
        self.sets.get(unit.set as usize).map_or(&[], Vec::as_slice)
    }
}

/// Reads what the map told of all rows.
pub fn read<'h>(p: &Gather, names: &[&str], hits: &Hits<'h>) -> Result<(Units, Numbers<'h>), Fault> {
    let bins = Bins::of(p, hits)?;
    let mut numbers = Numbers::of(p, hits);
    let mut building = Building { draws: Draws::new(p.seed, "split"), units: Units::default(), sets: BTreeMap::new() };
    let named = |name: Option<String>| u16::try_from(names.iter().position(|n| Some(*n) == name.as_deref())?).ok();
    let mut open: BTreeMap<u32, Coming> = BTreeMap::new();
    for hit in hits.iter().filter(is_row) {
        let row = Known::of(&hit.value)?;
        let number = numbers.number(&hit.key);
        if !p.joined && !open.contains_key(&number) {
            // the rows of a unit follow each other, so the unit before is complete
            std::mem::take(&mut open).into_iter().for_each(|(number, unit)| building.close(number, unit));
        }
        let of = open.entry(number).or_insert_with(|| Coming { key: hit.key.to_vec(), ..Coming::default() });
        of.size += 1;
        bins.classes(&row).for_each(|class| *of.classes.entry(class).or_default() += 1);
        of.given = of.given.or_else(|| named(row.given));
        of.kept = of.kept.or_else(|| named(row.kept));
        of.latest = of.latest.max(row.time);
        if of.folds.is_empty() {
            of.folds = kept_folds(p, &row.folds).unwrap_or_default().to_vec();
        }
    }
    open.into_iter().for_each(|(number, unit)| building.close(number, unit));
    numbers.again();
    Ok((building.done(), numbers))
}

/// The folds of a sample in the last release, if it had as many as there are now: of another number all are drawn anew.
pub fn kept_folds<'f>(p: &Gather, folds: &'f [u32]) -> Option<&'f [u32]> {
    folds.split_first().filter(|(of, _)| p.folds > 0 && **of == p.folds).map(|(_, own)| own)
}

/// Whether an entry is about a row; the others say that two groups share a sample.
pub fn is_row(hit: &Hit) -> bool {
    hit.value.first() != Some(&LINK)
}

/// How the value of an entry begins that says that its group shares a sample with another; the other's name follows.
pub const LINK: u8 = b'+';

/// A unit whose rows are still coming.
#[derive(Default)]
struct Coming {
    key: Vec<u8>,
    size: u32,
    classes: BTreeMap<String, u64>,
    given: Option<u16>,
    kept: Option<u16>,
    latest: Option<i64>,
    folds: Vec<u32>,
}

struct Building {
    draws: Draws,
    units: Units,
    /// Sets of classes, numbered as they came.
    sets: BTreeMap<BTreeMap<String, u64>, u32>,
}

impl Building {
    fn close(&mut self, number: u32, of: Coming) {
        let rank = self.draws.of(&String::from_utf8_lossy(&of.key));
        let next = self.sets.len() as u32;
        let set = *self.sets.entry(of.classes).or_insert(next);
        let Coming { size, given, kept, latest, folds, .. } = of;
        if !folds.is_empty() || !self.units.kept_folds.is_empty() {
            self.units.kept_folds.resize(self.units.all.len(), Vec::new());
            self.units.kept_folds.push(folds);
        }
        self.units.all.push(Unit { rank, number, size, set, given, kept, latest });
    }

    /// The units, and classes numbered in the order of their names.
    fn done(self) -> Units {
        let names: BTreeSet<&String> = self.sets.keys().flat_map(BTreeMap::keys).collect();
        let classes: Vec<String> = names.into_iter().cloned().collect();
        let mut sets = vec![Vec::new(); self.sets.len()];
        for (set, number) in &self.sets {
            let of = |(name, n): (&String, &u64)| Some((classes.binary_search(name).ok()? as u32, *n));
            sets.get_mut(*number as usize).iter_mut().for_each(|s| **s = set.iter().filter_map(of).collect());
        }
        Units { classes, sets, ..self.units }
    }
}

/// Gives each key the number of its unit.
pub enum Numbers<'h> {
    /// Each key is a unit; they come in order, each as often as it has rows.
    Runs { last: Option<Cow<'h, [u8]>>, next: u32 },
    /// Groups, sorted, with the number of the unit that each belongs to.
    Joined { keys: Vec<Vec<u8>>, units: Vec<u32> },
}

impl<'h> Numbers<'h> {
    fn of(p: &Gather, hits: &Hits<'h>) -> Numbers<'h> {
        if !p.joined {
            return Numbers::Runs { last: None, next: 0 };
        }
        let mut keys: Vec<Vec<u8>> = Vec::new();
        for hit in hits.iter() {
            if keys.last().map(Vec::as_slice) != Some(hit.key.as_ref()) {
                keys.push(hit.key.into_owned());
            }
        }
        let at = |key: &[u8]| keys.binary_search_by(|k| k.as_slice().cmp(key)).ok();
        let mut sets = Disjoint::new(keys.len());
        for hit in hits.iter().filter(|hit| !is_row(hit)) {
            if let (Some(a), Some(b)) = (at(&hit.key), at(hit.value.get(1..).unwrap_or_default())) {
                sets.join(a, b);
            }
        }
        let mut units: Vec<u32> = Vec::with_capacity(keys.len());
        let mut next = 0;
        for key in 0..keys.len() {
            // a set is known by its first key, which has its number already
            let first = sets.least(key);
            units.push(units.get(first).copied().unwrap_or(next));
            next += u32::from(first == key);
        }
        Numbers::Joined { keys, units }
    }

    #[expect(clippy::ptr_arg, reason = "a key that is borrowed is kept without a copy")]
    pub fn number(&mut self, key: &Cow<'h, [u8]>) -> u32 {
        match self {
            Numbers::Runs { last, next } => {
                if last.as_ref() != Some(key) {
                    *last = Some(key.clone());
                    *next += 1;
                }
                *next - 1
            }
            Numbers::Joined { keys, units } => {
                let at = keys.binary_search_by(|k| k.as_slice().cmp(key)).ok();
                at.and_then(|at| units.get(at)).copied().unwrap_or_default()
            }
        }
    }

    /// Begins anew with the first key.
    fn again(&mut self) {
        if let Numbers::Runs { last, next } = self {
            (*last, *next) = (None, 0);
        }
    }
}

/// The numbers of each column that is cut at its quantiles, sorted.
struct Bins {
    columns: Vec<(String, u64, Vec<u64>)>,
}

impl Bins {
    fn of(p: &Gather, hits: &Hits) -> Result<Bins, Fault> {
        let mut columns: Vec<_> =
            p.quantiles.iter().map(|(name, parts)| (name.clone(), u64::from(*parts), Vec::new())).collect();
        if !columns.is_empty() {
            for hit in hits.iter().filter(is_row) {
                for (name, number) in Known::of(&hit.value)?.numbers {
                    columns.iter_mut().filter(|c| c.0 == name).for_each(|c| c.2.push(number));
                }
            }
            columns.iter_mut().for_each(|c| c.2.sort_unstable());
        }
        Ok(Bins { columns })
    }

    /// The classes of a row, and the parts in which its numbers are. A number is in the part that the count of lesser ones
    /// says, so equal ones are together.
    fn classes<'r>(&'r self, row: &'r Known) -> impl Iterator<Item = String> + 'r {
        let part = |(name, number): &(String, u64)| {
            let (_, parts, sorted) = self.columns.iter().find(|c| c.0 == *name)?;
            let below = sorted.partition_point(|n| n < number) as u64;
            Some(format!("{name}\0{}", u128::from(below) * u128::from(*parts) / sorted.len().max(1) as u128))
        };
        row.classes.iter().cloned().chain(row.numbers.iter().filter_map(part))
    }
}

//! Units: samples, or groups of samples that stay together; with what is known of each.
use super::records::{Gather, Known};
use crate::digest::Draws;
use crate::measure::disjoint::Disjoint;
use crate::stage::{Fault, Hit, Hits, Spot};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

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

/// What was read of all rows.
pub struct Read<'h> {
    pub units: Units,
    pub numbers: Numbers<'h>,
    /// Each row with the number of its unit, where these are few and nothing else of a row is asked for: then rows need not be
    /// merged again.
    pub spots: Option<Vec<(Spot, u32)>>,
}

/// Rows whose places are remembered at most: 24 bytes each.
const SPOTS: usize = 1 << 22;

/// Reads what the map told of all rows.
pub fn read<'h>(p: &Gather, names: &[&str], hits: &Hits<'h>) -> Result<Read<'h>, Fault> {
    let mut numbers = Numbers::of(p, hits);
    let mut building = Building::of(p, Rows::of(p, names, hits)?);
    let mut spots = if p.tells_rows() { None } else { Some(Vec::new()) };
    let mut joined: BTreeMap<u32, Coming> = BTreeMap::new();
    let (mut last, mut one): (Option<u32>, Coming) = Default::default();
    for hit in hits.iter().filter(is_row) {
        let row = building.rows.row(&hit.value)?;
        let number = numbers.number(&hit.key);
        let of = match p.joined {
            true => joined.entry(number).or_default(),
            false => {
                // the rows of a unit follow each other, so the unit before is complete
                if let Some(before) = last.filter(|before| *before != number) {
                    building.close(before, &mut one);
                }
                last = Some(number);
                &mut one
            }
        };
        of.add(&hit.key, &row);
        spots = spots.filter(|spots| spots.len() < SPOTS);
        spots.iter_mut().for_each(|spots| spots.push((hit.at, number)));
    }
    last.iter().for_each(|number| building.close(*number, &mut one));
    joined.iter_mut().for_each(|(number, unit)| building.close(*number, unit));
    numbers.again();
    Ok(Read { units: building.done(), numbers, spots })
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
    /// The number of each class as often as it came.
    classes: Vec<u32>,
    given: Option<u16>,
    kept: Option<u16>,
    latest: Option<i64>,
    folds: Vec<u32>,
}

impl Coming {
    fn add(&mut self, key: &[u8], row: &Row) {
        if self.size == 0 {
            self.key.extend_from_slice(key);
        }
        self.size += 1;
        self.classes.extend(&row.classes);
        self.given = self.given.or(row.given);
        self.kept = self.kept.or(row.kept);
        self.latest = self.latest.max(row.time);
        if self.folds.is_empty() {
            self.folds.extend(&row.folds);
        }
    }
}

/// What a value says of a row.
struct Row {
    /// The numbers of its classes.
    classes: Vec<u32>,
    given: Option<u16>,
    kept: Option<u16>,
    time: Option<i64>,
    folds: Vec<u32>,
}

/// Values that are remembered with what they say: those of classes alone are few.
const VALUES: usize = 1 << 12;

/// Reads the values of rows. What stands in a map here is looked up alone: no order depends on it.
struct Rows<'p> {
    p: &'p Gather,
    names: &'p [&'p str],
    bins: Bins,
    known: HashMap<Vec<u8>, Rc<Row>>,
    /// The value that was read last: those of a unit are mostly alike.
    last: Option<(Vec<u8>, Rc<Row>)>,
    /// Classes, numbered as they came.
    classes: HashMap<String, u32>,
}

impl<'p> Rows<'p> {
    fn of(p: &'p Gather, names: &'p [&'p str], hits: &Hits) -> Result<Rows<'p>, Fault> {
        Ok(Rows { p, names, bins: Bins::of(p, hits)?, known: HashMap::new(), last: None, classes: HashMap::new() })
    }

    fn row(&mut self, value: &[u8]) -> Result<Rc<Row>, Fault> {
        if let Some((_, row)) = self.last.as_ref().filter(|(last, _)| last == value) {
            return Ok(row.clone());
        }
        let row = match self.known.get(value) {
            Some(row) => row.clone(),
            None => self.read(value)?,
        };
        let (last, known) = self.last.get_or_insert_with(|| (Vec::new(), row.clone()));
        last.clear();
        last.extend_from_slice(value);
        known.clone_from(&row);
        Ok(row)
    }

    fn read(&mut self, value: &[u8]) -> Result<Rc<Row>, Fault> {
        let row = Known::of(value)?;
        let named =
            |name: &Option<String>| u16::try_from(self.names.iter().position(|n| Some(*n) == name.as_deref())?).ok();
        let (given, kept, time) = (named(&row.given), named(&row.kept), row.time);
        let folds = kept_folds(self.p, &row.folds).unwrap_or_default().to_vec();
        let mut classes = Vec::new();
        for class in self.bins.classes(&row) {
            let next = self.classes.len() as u32;
            classes.push(*self.classes.entry(class).or_insert(next));
        }
        let row = Rc::new(Row { classes, given, kept, time, folds });
        if self.known.len() < VALUES {
            self.known.insert(value.to_vec(), row.clone());
        }
        Ok(row)
    }
}

struct Building<'p> {
    rows: Rows<'p>,
    draws: Draws,
    units: Units,
    /// Sets of classes, with how often each stands there, numbered as they came.
    sets: HashMap<Vec<(u32, u64)>, u32>,
}

impl<'p> Building<'p> {
    fn of(p: &Gather, rows: Rows<'p>) -> Building<'p> {
        Building { rows, draws: Draws::new(p.seed, "split"), units: Units::default(), sets: HashMap::new() }
    }

    /// Notes a unit whose rows have all come, and leaves room for another.
    fn close(&mut self, number: u32, of: &mut Coming) {
        let rank = self.draws.of(&String::from_utf8_lossy(&of.key));
        of.classes.sort_unstable();
        let counted: Vec<(u32, u64)> =
            of.classes.chunk_by(|a, b| a == b).filter_map(|run| Some((*run.first()?, run.len() as u64))).collect();
        let next = self.sets.len() as u32;
        let set = *self.sets.entry(counted).or_insert(next);
        if !of.folds.is_empty() || !self.units.kept_folds.is_empty() {
            self.units.kept_folds.resize(self.units.all.len(), Vec::new());
            self.units.kept_folds.push(std::mem::take(&mut of.folds));
        }
        let (size, given, kept, latest) = (of.size, of.given, of.kept, of.latest);
        self.units.all.push(Unit { rank, number, size, set, given, kept, latest });
        of.key.clear();
        of.classes.clear();
        *of =
            Coming { key: std::mem::take(&mut of.key), classes: std::mem::take(&mut of.classes), ..Coming::default() };
    }

    /// The units, and classes numbered in the order of their names.
    fn done(self) -> Units {
        let mut named: Vec<(String, u32)> = self.rows.classes.into_iter().collect();
        named.sort_unstable();
        let mut place = vec![0u32; named.len()];
        for (at, (_, number)) in (0u32..).zip(&named) {
            place.get_mut(*number as usize).iter_mut().for_each(|p| **p = at);
        }
        let mut sets = vec![Vec::new(); self.sets.len()];
        for (set, number) in self.sets {
            let of = |(class, n): (u32, u64)| Some((*place.get(class as usize)?, n));
            let mut own: Vec<(u32, u64)> = set.into_iter().filter_map(of).collect();
            own.sort_unstable();
            sets.get_mut(number as usize).iter_mut().for_each(|slot| **slot = std::mem::take(&mut own));
        }
        Units { classes: named.into_iter().map(|(name, _)| name).collect(), sets, ..self.units }
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

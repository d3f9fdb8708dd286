//! A table as numbers: the distinct combinations of its quasi-identifiers, how often each stands there, and with which
//! sensitive values. All that follows costs what there are of those, not what there are of rows.
use std::collections::BTreeMap;

/// A quasi-identifier: what each value is on each level.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attribute {
    /// From level 0, where each value is a group of its own.
    pub levels: Vec<Level>,
    /// How many values the hierarchy has.
    pub domain: u32,
    /// It parts the table (a split) and is no value that could be lost.
    pub parts: bool,
    /// Its values are cut where that serves, in their order.
    pub ordered: bool,
}

/// A level of generalisation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Level {
    /// The group of each value.
    pub group: Vec<u32>,
    /// How many groups there are.
    pub groups: u32,
    /// How many values of the hierarchy each group holds.
    pub holds: Vec<u32>,
}

impl Attribute {
    /// From what each value is on each level, as texts.
    pub fn of(levels: &[Vec<String>]) -> Attribute {
        let domain = levels.first().map_or(0, Vec::len) as u32;
        Attribute { levels: levels.iter().map(|l| Level::of(l)).collect(), domain, ..Attribute::default() }
    }

    /// One level with so many values.
    pub fn kept(values: u32) -> Attribute {
        let level = Level { group: (0..values).collect(), groups: values, holds: vec![1; values as usize] };
        Attribute { levels: vec![level], domain: values, ..Attribute::default() }
    }

    pub(super) fn group(&self, level: usize, leaf: u32) -> u32 {
        self.levels.get(level).and_then(|l| l.group.get(leaf as usize)).copied().unwrap_or(0)
    }

    /// How many values of the hierarchy stand behind a value on a level.
    pub(super) fn holds(&self, level: usize, leaf: u32) -> u32 {
        let level = self.levels.get(level);
        level.and_then(|l| l.holds.get(*l.group.get(leaf as usize)? as usize)).copied().unwrap_or(1)
    }
}

impl Level {
    fn of(texts: &[String]) -> Level {
        let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
        let (mut group, mut holds) = (Vec::with_capacity(texts.len()), Vec::new());
        for text in texts {
            let next = numbers.len() as u32;
            let own = *numbers.entry(text).or_insert(next);
            if own == next {
                holds.push(0);
            }
            if let Some(n) = holds.get_mut(own as usize) {
                *n += 1;
            }
            group.push(own);
        }
        Level { group, groups: holds.len() as u32, holds }
    }
}

/// A sensitive column: which of its values stand with each tuple.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sensitive {
    /// How many values it has.
    pub values: u32,
    /// Where the entries of each tuple begin, and where those of the last end.
    starts: Vec<u32>,
    /// A value and how many rows of the tuple have it.
    entries: Vec<(u32, u32)>,
}

impl Sensitive {
    pub(super) fn of(&self, tuple: usize) -> &[(u32, u32)] {
        let bounds = self.starts.get(tuple).zip(self.starts.get(tuple + 1));
        bounds.and_then(|(from, to)| self.entries.get(*from as usize..*to as usize)).unwrap_or_default()
    }
}

/// A row, or several that are the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tuple {
    /// The value of each quasi-identifier.
    pub leaves: Vec<u32>,
    /// Who it tells of, where that is not each row's own.
    pub person: u32,
    /// The value of each sensitive column.
    pub sensitive: Vec<u32>,
}

/// The distinct combinations of quasi-identifiers (and persons).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    pub attributes: Vec<Attribute>,
    pub sensitive: Vec<Sensitive>,
    /// The value of each attribute, tuple by tuple; and attribute by attribute.
    leaves: Vec<u32>,
    columns: Vec<Vec<u32>>,
    rows: Vec<u32>,
    /// Who each tuple tells of, where persons are counted and not rows.
    persons: Option<Vec<u32>>,
    pub total: u64,
}

impl Table {
    /// From the tuples and how many rows each has, sorted. `values` says how many values each sensitive column has.
    pub fn of(attributes: Vec<Attribute>, values: &[u32], persons: bool, tuples: &BTreeMap<Tuple, u32>) -> Table {
        let sensitive = values.iter().map(|n| Sensitive { values: *n, ..Sensitive::default() }).collect();
        let columns = vec![Vec::new(); attributes.len()];
        let mut table = Table { attributes, sensitive, columns, persons: persons.then(Vec::new), ..Table::default() };
        let mut before: Option<&Tuple> = None;
        let mut own: Vec<BTreeMap<u32, u32>> = vec![BTreeMap::new(); values.len()];
        for (tuple, n) in tuples {
            let same = before.is_some_and(|b| b.leaves == tuple.leaves && b.person == tuple.person);
            if !same {
                table.close(&mut own);
                table.leaves.extend(&tuple.leaves);
                table.columns.iter_mut().zip(&tuple.leaves).for_each(|(column, leaf)| column.push(*leaf));
                table.rows.push(0);
                table.persons.iter_mut().for_each(|of| of.push(tuple.person));
            }
            if let Some(rows) = table.rows.last_mut() {
                *rows += n;
            }
            table.total += u64::from(*n);
            for (counts, value) in own.iter_mut().zip(&tuple.sensitive) {
                *counts.entry(*value).or_default() += n;
            }
            before = Some(tuple);
        }
        table.close(&mut own);
        table
    }

    /// Writes down the sensitive values of the tuple that was read last.
    fn close(&mut self, own: &mut [BTreeMap<u32, u32>]) {
        let first = self.rows.is_empty();
        for (sensitive, counts) in self.sensitive.iter_mut().zip(own) {
            if !first {
                sensitive.entries.extend(std::mem::take(counts));
            }
            sensitive.starts.push(sensitive.entries.len() as u32);
        }
    }

    /// How many tuples there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn leaf(&self, tuple: usize, attribute: usize) -> u32 {
        self.leaves.get(tuple * self.attributes.len() + attribute).copied().unwrap_or(0)
    }

    /// The values of a tuple.
    pub fn leaves(&self, tuple: usize) -> &[u32] {
        let n = self.attributes.len();
        self.leaves.get(tuple * n..(tuple + 1) * n).unwrap_or_default()
    }

    pub(super) fn rows(&self, tuple: usize) -> u32 {
        self.rows.get(tuple).copied().unwrap_or(0)
    }

    pub(super) fn person(&self, tuple: usize) -> Option<u32> {
        self.persons.as_ref().and_then(|p| p.get(tuple)).copied()
    }

    /// Whether people are counted and not rows.
    pub fn counts_persons(&self) -> bool {
        self.persons.is_some()
    }

    /// For each tuple the number of its class where each attribute is at a level. Classes are numbered as they come.
    pub fn grouped(&self, levels: &[usize]) -> (Vec<u32>, u32) {
        let (mut keys, mut bound) = (vec![0u64; self.len()], 1u64);
        let mut classes = (vec![0u32; self.len()], 1);
        for (n, attribute) in self.attributes.iter().enumerate() {
            let level = levels.get(n).copied().unwrap_or(0);
            let Some(of) = attribute.levels.get(level).filter(|l| l.groups > 1) else { continue };
            if bound.checked_mul(u64::from(of.groups)).is_none() {
                classes = numbered(&keys, bound);
                keys = classes.0.iter().map(|c| u64::from(*c)).collect();
                bound = u64::from(classes.1);
            }
            let own = self.columns.get(n).into_iter().flatten();
            for (key, leaf) in keys.iter_mut().zip(own) {
                *key = *key * u64::from(of.groups) + u64::from(of.group.get(*leaf as usize).copied().unwrap_or(0));
            }
            bound = bound.saturating_mul(u64::from(of.groups));
        }
        if bound > 1 {
            classes = numbered(&keys, bound);
        }
        classes
    }
}

const UNSEEN: u32 = u32::MAX;

/// Numbers for keys below a bound, in the order in which they come.
fn numbered(keys: &[u64], bound: u64) -> (Vec<u32>, u32) {
    let mut next = 0;
    let mut number = |slot: &mut u32| {
        if *slot == UNSEEN {
            *slot = next;
            next += 1;
        }
        *slot
    };
    if bound <= (keys.len() as u64 * 8).max(1 << 12) {
        let mut known = vec![UNSEEN; bound as usize];
        let of = |key: &u64| known.get_mut(*key as usize).map_or(0, &mut number);
        let all: Vec<u32> = keys.iter().map(of).collect();
        return (all, next);
    }
    let size = (keys.len() * 2).next_power_of_two().max(2);
    let mut slots: Vec<(u64, u32)> = vec![(0, UNSEEN); size];
    let mut all = Vec::with_capacity(keys.len());
    for key in keys {
        let mut at = crate::digest::mix(*key) as usize & (size - 1);
        while let Some(slot) = slots.get_mut(at) {
            if slot.1 == UNSEEN {
                slot.0 = *key;
            }
            if slot.0 == *key {
                all.push(number(&mut slot.1));
                break;
            }
            at = (at + 1) & (size - 1);
        }
    }
    (all, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_numbered_alike_whatever_their_bound() {
        let keys: Vec<u64> = (0..5000u64).map(|n| crate::digest::mix(n % 700) % 1_000_003).collect();
        let (dense, n) = numbered(&keys, 1_000_003);
        let (hashed, m) = numbered(&keys, u64::MAX);
        assert_eq!((&dense, n), (&hashed, m));
        let wide = numbered(&keys.iter().map(|k| k % 4000).collect::<Vec<_>>(), 4000);
        assert_eq!(wide.0.first(), Some(&0));
        assert_eq!(n, 700);
    }

    /// Attributes whose product passes 64 bits are joined step by step and give the same classes.
    #[test]
    fn many_wide_attributes_are_grouped_too() {
        let mut wide = Attribute::kept(10);
        wide.levels[0].groups = 4_000_000_000; // as if there were so many more
        let attributes = vec![wide.clone(), wide.clone(), wide];
        let tuple = |n: u32| Tuple { leaves: vec![n % 3, n % 2, n % 5], ..Tuple::default() };
        let tuples: BTreeMap<Tuple, u32> = (0..30).map(|n| (tuple(n), 2)).collect();
        let table = Table::of(attributes, &[], false, &tuples);
        let (classes, n) = table.grouped(&[0, 0, 0]);
        assert_eq!((classes.len(), n, table.total), (30, 30, 60));
    }
}

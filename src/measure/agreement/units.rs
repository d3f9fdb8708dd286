//! Answers as counts: how often each category was given to each thing that was judged.
use std::collections::BTreeMap;
use std::sync::Arc;

/// How often each category was given to one unit: (category, times), ascending by category, none of them 0 times.
pub type Counts = Vec<(u32, u32)>;

/// What one item adds: different patterns of counts, and how many of its units have each. A sample with one label is one
/// unit; a text whose characters are judged is many.
type Bag = Vec<(Counts, u64)>;

/// The answers of all items. Equal items are held once, in an order that is theirs alone.
#[derive(Clone, Debug)]
pub struct Units {
    /// The number of each category on its scale, ascending; of categories without order their positions.
    values: Vec<f64>,
    /// The distances of all pairs of categories, row by row, where no numbers say them.
    distances: Arc<Vec<f64>>,
    items: BTreeMap<Bag, u64>,
}

impl Units {
    /// No items yet, of categories that have these numbers. There are as many categories as numbers.
    pub fn new(values: Vec<f64>) -> Units {
        Units { values, distances: Arc::default(), items: BTreeMap::new() }
    }

    /// No items yet, of so many categories without numbers.
    pub fn of(categories: usize) -> Units {
        Units::new((0..categories).map(|k| k as f64).collect())
    }

    /// The same categories with the distances of all pairs of them, row by row.
    pub fn with_distances(self, distances: Arc<Vec<f64>>) -> Units {
        Units { distances, ..self }
    }

    pub fn distances(&self) -> &Arc<Vec<f64>> {
        &self.distances
    }

    /// Adds an item of one unit: the category that each annotator gave it.
    pub fn add(&mut self, answers: impl IntoIterator<Item = u32>) {
        self.add_all([(answers, 1)]);
    }

    /// Adds an item of several units: the categories that each was given, and how many units were given the same.
    pub fn add_all<A: IntoIterator<Item = u32>>(&mut self, units: impl IntoIterator<Item = (A, u64)>) {
        let mut bag: BTreeMap<Counts, u64> = BTreeMap::new();
        for (answers, times) in units {
            let counts = counts(answers);
            if !counts.is_empty() {
                *bag.entry(counts).or_default() += times;
            }
        }
        if !bag.is_empty() {
            *self.items.entry(bag.into_iter().collect()).or_default() += 1;
        }
    }

    /// The same items with two categories: this one, and all others.
    pub fn against(&self, category: u32) -> Units {
        self.against_all(&|k| k == category)
    }

    /// The same items with two categories: those for which this holds, and all others.
    pub fn against_all(&self, is: &dyn Fn(u32) -> bool) -> Units {
        let mut out = Units::of(2);
        for (bag, times) in &self.items {
            let mut merged: BTreeMap<Counts, u64> = BTreeMap::new();
            for (counts, n) in bag {
                *merged.entry(binary(counts, is)).or_default() += n;
            }
            *out.items.entry(merged.into_iter().collect()).or_default() += times;
        }
        out
    }

    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// How many items there are.
    pub fn len(&self) -> u64 {
        self.items.values().sum()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many items have a unit that two annotators answered.
    pub fn shared(&self) -> u64 {
        let shared = |bag: &Bag| bag.iter().any(|(counts, _)| total(counts) > 1);
        self.items.iter().filter(|(bag, _)| shared(bag)).map(|(_, n)| n).sum()
    }

    /// How often each different item is there.
    pub fn times(&self) -> Vec<u64> {
        self.items.values().copied().collect()
    }

    /// The different patterns of units, and how many units have each if each different item is there so often.
    pub fn patterns(&self, times: &[u64]) -> Vec<(&Counts, u64)> {
        let mut all: BTreeMap<&Counts, u64> = BTreeMap::new();
        for (bag, times) in self.items.keys().zip(times).filter(|(_, n)| **n > 0) {
            for (counts, n) in bag {
                *all.entry(counts).or_default() += n * times;
            }
        }
        all.into_iter().collect()
    }
}

/// How many answers a unit has.
pub fn total(counts: &Counts) -> u64 {
    counts.iter().map(|(_, n)| u64::from(*n)).sum()
}

fn counts(answers: impl IntoIterator<Item = u32>) -> Counts {
    let mut out: BTreeMap<u32, u32> = BTreeMap::new();
    for category in answers {
        *out.entry(category).or_default() += 1;
    }
    out.into_iter().collect()
}

/// Counts of the categories 0 (all others) and 1 (those for which this holds).
fn binary(counts: &Counts, is: &dyn Fn(u32) -> bool) -> Counts {
    let sum = |this: bool| counts.iter().filter(|c| is(c.0) == this).map(|c| c.1).sum::<u32>();
    [(0, sum(false)), (1, sum(true))].into_iter().filter(|c| c.1 > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_items_are_held_once_whatever_their_order() {
        let mut units = Units::of(3);
        units.add([2, 0, 2]);
        units.add([0, 2, 2]);
        units.add([1]);
        units.add([]);
        assert_eq!((units.len(), units.shared(), units.times()), (3, 2, vec![2, 1]));
        let patterns = units.patterns(&units.times());
        assert_eq!(patterns, [(&vec![(0, 1), (2, 2)], 2), (&vec![(1, 1)], 1)]);
        let two = units.against(2);
        assert_eq!(two.patterns(&two.times()), [(&vec![(0, 1)], 1), (&vec![(0, 1), (1, 2)], 2)]);
    }

    #[test]
    fn items_of_many_units() {
        let mut units = Units::of(2);
        units.add_all([(vec![0, 0], 7), (vec![0, 1], 1), (vec![0, 0], 3)]);
        assert_eq!(units.len(), 1);
        assert_eq!(units.patterns(&[2]), [(&vec![(0, 1), (1, 1)], 2), (&vec![(0, 2)], 20)]);
    }
}

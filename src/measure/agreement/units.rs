//! Answers as counts: how often each category was given to each thing that was judged.
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, OnceLock};

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
    /// Items of one unit with few answers.
    counted: Counted,
    others: BTreeMap<Bag, u64>,
    /// All of them, once somebody asks.
    all: OnceLock<BTreeMap<Bag, u64>>,
}

impl Units {
    /// No items yet, of categories that have these numbers. There are as many categories as numbers.
    pub fn new(values: Vec<f64>) -> Units {
        let counted = Counted::of(values.len());
        Units { values, distances: Arc::default(), counted, others: BTreeMap::new(), all: OnceLock::new() }
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
        self.add_one(&answers.into_iter().collect::<Vec<_>>());
    }

    /// The same of answers that stand in a row.
    pub fn add_one(&mut self, answers: &[u32]) {
        if self.all.get().is_some() {
            self.all = OnceLock::new();
        }
        if !self.counted.add(answers) && !answers.is_empty() {
            *self.others.entry(vec![(counts(answers.iter().copied()), 1)]).or_default() += 1;
        }
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
            self.all = OnceLock::new();
            *self.others.entry(bag.into_iter().collect()).or_default() += 1;
        }
    }

    fn items(&self) -> &BTreeMap<Bag, u64> {
        self.all.get_or_init(|| {
            let mut all = self.others.clone();
            for (counts, times) in self.counted.items() {
                *all.entry(vec![(counts, 1)]).or_default() += times;
            }
            all
        })
    }

    /// The same items with two categories: this one, and all others.
    #[cfg(test)]
    pub fn against(&self, category: u32) -> Units {
        self.against_all(&|k| k == category)
    }

    /// The same items with two categories: those for which this holds, and all others.
    pub fn against_all(&self, is: &dyn Fn(u32) -> bool) -> Units {
        let mut items: BTreeMap<Bag, u64> = BTreeMap::new();
        for (bag, times) in self.items() {
            let mut merged: BTreeMap<Counts, u64> = BTreeMap::new();
            for (counts, n) in bag {
                *merged.entry(binary(counts, is)).or_default() += n;
            }
            *items.entry(merged.into_iter().collect()).or_default() += times;
        }
        Units { others: items, ..Units::of(2) }
    }

    /// What is made of each category and all others, one category after another. It takes the time of the answers, and not that of all
    /// items for each category.
    pub fn against_each<T>(&self, of: impl Fn(&Units) -> T) -> Vec<T> {
        let merged = |bag: &Bag, is: &dyn Fn(u32) -> bool| -> Bag {
            let mut out: BTreeMap<Counts, u64> = BTreeMap::new();
            bag.iter().for_each(|(counts, n)| *out.entry(binary(counts, is)).or_default() += n);
            out.into_iter().collect()
        };
        // each item as it is where the category was not given, and the items of each category
        let mut without: BTreeMap<Bag, u64> = BTreeMap::new();
        let mut items: Vec<(&Bag, u64, Bag)> = Vec::new();
        let mut own: Vec<Vec<usize>> = vec![Vec::new(); self.values.len()];
        for (n, (bag, times)) in self.items().iter().enumerate() {
            let plain = merged(bag, &|_| false);
            *without.entry(plain.clone()).or_default() += times;
            items.push((bag, *times, plain));
            let mut met: Vec<u32> = bag.iter().flat_map(|(counts, _)| counts.iter().map(|c| c.0)).collect();
            met.sort_unstable();
            met.dedup();
            met.into_iter().filter_map(|k| usize::try_from(k).ok()).for_each(|k| {
                own.get_mut(k).into_iter().for_each(|own| own.push(n));
            });
        }
        let each = |(k, own): (usize, &Vec<usize>)| {
            let mut all = without.clone();
            for (bag, times, plain) in own.iter().filter_map(|n| items.get(*n)) {
                all.get_mut(plain).into_iter().for_each(|left| *left -= times);
                *all.entry(merged(bag, &|other| other as usize == k)).or_default() += times;
            }
            all.retain(|_, n| *n > 0);
            of(&Units { others: all, ..Units::of(2) })
        };
        own.iter().enumerate().map(each).collect()
    }

    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// How many items there are.
    pub fn len(&self) -> u64 {
        self.items().values().sum()
    }

    pub fn is_empty(&self) -> bool {
        self.items().is_empty()
    }

    /// How many items have a unit that two annotators answered.
    pub fn shared(&self) -> u64 {
        let shared = |bag: &Bag| bag.iter().any(|(counts, _)| total(counts) > 1);
        self.items().iter().filter(|(bag, _)| shared(bag)).map(|(_, n)| n).sum()
    }

    /// How often each different item is there.
    pub fn times(&self) -> Vec<u64> {
        self.items().values().copied().collect()
    }

    /// The different patterns of units, and how many units have each if each different item is there so often.
    pub fn patterns(&self, times: &[u64]) -> Vec<(&Counts, u64)> {
        let mut all: BTreeMap<&Counts, u64> = BTreeMap::new();
        for (bag, times) in self.items().keys().zip(times).filter(|(_, n)| **n > 0) {
            for (counts, n) in bag {
                *all.entry(counts).or_default() += n * times;
            }
        }
        all.into_iter().collect()
    }
}

/// Items of one unit, counted without their order: the counts of all categories stand side by side in one number, so that an
/// answer is one addition, and equal items are found by one look.
#[derive(Clone, Debug, Default)]
struct Counted {
    /// So wide is the count of one category.
    bits: u32,
    /// One answer of each category.
    ones: Vec<u64>,
    items: HashMap<u64, u64, BuildHasherDefault<Mixed>>,
}

/// The least width of a count that is worth it: an item may have so many answers as fit.
const BITS_MIN: u32 = 2;

impl Counted {
    /// Nothing yet, of so many categories; where they are many, `add` takes nothing.
    fn of(categories: usize) -> Counted {
        let few = u32::try_from(categories).ok().filter(|k| *k <= 64 / BITS_MIN).unwrap_or(0);
        let bits = (64 / few.max(1)).min(31);
        Counted { bits, ones: (0..few).map(|k| 1 << (k * bits)).collect(), items: HashMap::default() }
    }

    /// The different items, and how often each is there.
    fn items(&self) -> impl Iterator<Item = (Counts, u64)> + '_ {
        let mask = (1u64 << self.bits) - 1;
        let of = move |packed: u64, k: u32| (k, (packed >> (k * self.bits) & mask) as u32);
        self.items.iter().map(move |(packed, times)| {
            let counts = (0..self.ones.len() as u32).map(|k| of(*packed, k));
            (counts.filter(|(_, n)| *n > 0).collect(), *times)
        })
    }

    /// Counts an item of one unit, and says whether it could: one without answers, with more than fit, or with a category that is
    /// not known, is not counted.
    fn add(&mut self, answers: &[u32]) -> bool {
        if answers.is_empty() || answers.len() as u64 >= 1 << self.bits {
            return false;
        }
        let Some(packed) = answers.iter().try_fold(0, |sum, k| Some(sum + self.ones.get(*k as usize)?)) else {
            return false;
        };
        *self.items.entry(packed).or_default() += 1;
        true
    }
}

/// A hash of one number: the multiplication spreads what differs over the upper half, which then stands below.
#[derive(Clone, Copy, Debug, Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.write_u64(u64::from(*b)));
    }

    fn write_u64(&mut self, n: u64) {
        let spread = (self.0 ^ n).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = spread ^ (spread >> 32);
    }
}

/// How many answers a unit has.
pub fn total(counts: &Counts) -> u64 {
    counts.iter().map(|(_, n)| u64::from(*n)).sum()
}

fn counts(answers: impl IntoIterator<Item = u32>) -> Counts {
    let mut all: Vec<u32> = answers.into_iter().collect();
    all.sort_unstable();
    all.chunk_by(|a, b| a == b).filter_map(|same| Some((*same.first()?, same.len() as u32))).collect()
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
    fn items_of_few_answers_are_the_same_items() {
        for categories in [1, 2, 5, 32, 33] {
            let (mut quick, mut slow) = (Units::of(categories), Units::of(categories));
            for n in 0..500usize {
                let item: Vec<u32> = (0..n % 9).map(|a| ((n * 7 + a * a * 5) % categories) as u32).collect();
                quick.add_one(&item);
                slow.add_all([(item, 1)]);
            }
            assert_eq!(quick.items(), slow.items(), "{categories}");
            let counted: u64 = quick.counted.items.values().sum();
            // of 32 categories an item has at most three answers, of more none
            assert_eq!(
                counted,
                match categories {
                    33 => 0,
                    32 => 168,
                    _ => 444,
                },
                "{categories}"
            );
            quick.add([0, 0]);
            assert_eq!(quick.len(), slow.len() + 1);
        }
    }

    #[test]
    fn each_category_against_all_others() {
        let mut units = Units::of(6);
        for n in 0..200u32 {
            units.add((0..n % 5).map(|a| (n * 7 + a * a * 3) % 5));
            units.add_all([(vec![n % 3, 1], 2), (vec![n % 5], u64::from(n % 4)), (vec![2, 2], 1)]);
        }
        let each = units.against_each(Units::clone);
        assert_eq!(each.len(), 6);
        for (k, own) in each.iter().enumerate() {
            assert_eq!(own.items(), units.against(k as u32).items(), "{k}");
        }
    }

    #[test]
    fn items_of_many_units() {
        let mut units = Units::of(2);
        units.add_all([(vec![0, 0], 7), (vec![0, 1], 1), (vec![0, 0], 3)]);
        assert_eq!(units.len(), 1);
        assert_eq!(units.patterns(&[2]), [(&vec![(0, 1), (1, 1)], 2), (&vec![(0, 2)], 20)]);
    }
}

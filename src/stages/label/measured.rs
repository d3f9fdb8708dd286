//! The agreement of a task over all samples: as a whole, by class, by annotator and by pair of annotators.
use super::compared::{Compared, Unit, pairs};
use super::metric::{Chance, Family};
use crate::measure::agreement::{
    Coefficient, Interval, Level, Pair, SETS_MAX, Undefined, Units, Weights, all_apart, apart, interval, set_of,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A value, or why there is none.
pub type Value = Result<f64, Undefined>;

/// The names that answers hold: who answered, and the categories with their numbers.
pub struct Names {
    annotators: Vec<String>,
    categories: Vec<String>,
    values: Vec<f64>,
    /// Of answers that are several classes.
    sets: Option<Sets>,
}

/// Categories that are sets of classes.
struct Sets {
    classes: Vec<String>,
    /// The places of the classes that each category holds.
    of: Vec<Vec<u32>>,
    /// The distances of all pairs of categories.
    apart: Arc<Vec<f64>>,
}

/// The names that are met while samples are read for the first time.
#[derive(Default, Clone)]
pub struct Met {
    annotators: BTreeSet<String>,
    categories: BTreeSet<String>,
}

impl Met {
    pub fn see(&mut self, sample: &Compared) {
        for by in &sample.by {
            if !self.annotators.contains(by) {
                self.annotators.insert(by.clone());
            }
        }
        let units = sample.units.iter().flat_map(|u| u.0.iter().flatten());
        for category in units.chain(sample.shares.iter().map(|s| &s.class)) {
            if !self.categories.contains(category) {
                self.categories.insert(category.clone());
            }
        }
    }

    /// The names in order: of classes as they are declared, then others; of ratings by their numbers, and all whole numbers of
    /// a scale of such.
    pub fn names(self, declared: &[String], scale: Option<(f64, f64)>) -> Names {
        let annotators = self.annotators.into_iter().collect();
        let Some((min, max)) = scale else {
            let others = self.categories.into_iter().filter(|c| !declared.contains(c));
            let categories: Vec<String> = declared.iter().cloned().chain(others).collect();
            let values = (0..categories.len()).map(|k| k as f64).collect();
            return Names { annotators, categories, values, sets: None };
        };
        let met = self.categories.iter().filter_map(|c| c.parse::<f64>().ok());
        let mut values: Vec<f64> = met.collect();
        let whole = |x: &f64| x.fract() == 0.0;
        if [min, max].iter().chain(&values).all(whole) && max - min < 1000.0 {
            values = (0..=(max - min) as u32).map(|k| min + f64::from(k)).collect();
        }
        values.sort_by(f64::total_cmp);
        values.dedup();
        Names { annotators, categories: values.iter().map(f64::to_string).collect(), values, sets: None }
    }

    /// The names where answers are sets of the declared classes.
    pub fn sets(self, declared: &[String], level: Level) -> Names {
        let categories: Vec<String> = self.categories.into_iter().collect();
        let place = |class: String| declared.iter().position(|c| *c == class).map(|k| k as u32);
        let places = |text: &String| {
            let mut own: Vec<u32> = set_of(text).into_iter().filter_map(place).collect();
            own.sort_unstable();
            own
        };
        let of: Vec<Vec<u32>> = categories.iter().map(places).collect();
        let few = of.get(..of.len().min(SETS_MAX)).unwrap_or_default();
        let apart = Arc::new(if few.len() == of.len() { all_apart(level, few) } else { Vec::new() });
        let values = (0..categories.len()).map(|k| k as f64).collect();
        let sets = Some(Sets { classes: declared.to_vec(), of, apart });
        Names { annotators: self.annotators.into_iter().collect(), categories, values, sets }
    }
}

impl Names {
    fn category(&self, name: &str) -> Option<u32> {
        if self.sets.is_some() {
            return self.categories.binary_search_by(|c| c.as_str().cmp(name)).ok().map(|k| k as u32);
        }
        self.categories.iter().position(|c| c == name).map(|k| k as u32)
    }

    /// No items yet, of these categories.
    fn units(&self) -> Units {
        let units = Units::new(self.values.clone());
        match &self.sets {
            Some(sets) => units.with_distances(Arc::clone(&sets.apart)),
            None => units,
        }
    }

    fn annotator(&self, name: &str) -> u32 {
        self.annotators.partition_point(|a| a.as_str() < name) as u32
    }
}

/// The order of answers, where one sample is looked at alone: declared classes, or a scale.
pub struct Order {
    pub classes: Vec<String>,
    pub scale: Option<(f64, f64)>,
}

impl Order {
    /// How near two answers are: 1 if they are the same.
    fn near(&self, weights: Weights, a: &str, b: &str) -> f64 {
        let place = |name: &str| match self.scale {
            Some((min, max)) => name.parse::<f64>().ok().map(|x| (x - min) / (max - min)),
            None => {
                let steps = self.classes.len().max(2) as f64 - 1.0;
                self.classes.iter().position(|c| c == name).map(|k| k as f64 / steps)
            }
        };
        match (place(a), place(b)) {
            (Some(x), Some(y)) if a != b => weights.of(&[0.0, (x - y).abs(), 1.0], 0, 1),
            _ => f64::from(u8::from(a == b)),
        }
    }
}

/// What a pair of annotators has in common: the categories that they gave, or sums of shares by class.
#[derive(Clone, Default)]
struct Common {
    table: Pair,
    shares: BTreeMap<u32, (u64, u64)>,
    samples: u64,
}

/// What one sample adds to the pairs: the place of the pair, the two categories, and how often.
type Answered = Vec<(u32, u32, u32, u64)>;

/// All samples.
pub struct Measured {
    pub names: Names,
    family: Family,
    units: Units,
    common: BTreeMap<(u32, u32), Common>,
    /// Of means over pairs: different samples, and how often each is there. Empty if there are too many to draw from.
    answered: BTreeMap<Answered, u64>,
    /// Of shares: different sums of samples, and how often each is there.
    sums: BTreeMap<(u64, u64), u64>,
    /// How often each category was given.
    given: BTreeMap<u32, u64>,
    /// Annotators of a sample are compared all together, not only in pairs.
    together: bool,
    /// Samples with one answer, and with several.
    pub single: u64,
    pub shared: u64,
}

/// So many pairs of answers are kept to be drawn from.
const DRAWN_MAX: usize = 20_000;

/// A row of a table: what it is about, how many samples or answers, its agreement and the share of pairs that agree.
pub struct Line {
    pub names: Vec<String>,
    pub n: u64,
    pub value: Value,
}

impl Measured {
    pub fn new(names: Names, family: Family) -> Measured {
        let units = names.units();
        let (common, answered, sums, given) = Default::default();
        Measured { names, family, units, common, answered, sums, given, together: false, single: 0, shared: 0 }
    }

    pub fn add(&mut self, sample: &Compared) {
        match sample.by.len() {
            0 => return,
            1 => self.single += 1,
            _ => self.shared += 1,
        }
        let by: Vec<u32> = sample.by.iter().map(|name| self.names.annotator(name)).collect();
        for (a, b) in pairs(by.len()) {
            if let (Some(a), Some(b)) = (by.get(a), by.get(b)) {
                self.common.entry((*a, *b)).or_default().samples += 1;
            }
        }
        self.add_units(&by, sample);
        self.add_shares(&by, sample);
    }

    fn add_units(&mut self, by: &[u32], sample: &Compared) {
        let category = |c: &Option<String>| c.as_deref().and_then(|c| self.names.category(c));
        let units: Vec<(Vec<Option<u32>>, u64)> =
            sample.units.iter().map(|Unit(of, n)| (of.iter().map(category).collect(), *n)).collect();
        let mut answered = Vec::new();
        for (answers, times) in &units {
            answers.iter().flatten().for_each(|c| *self.given.entry(*c).or_default() += times);
            for (a, b) in pairs(answers.len()) {
                let (Some(Some(x)), Some(Some(y))) = (answers.get(a), answers.get(b)) else { continue };
                let (Some(a), Some(b)) = (by.get(a), by.get(b)) else { continue };
                self.common.entry((*a, *b)).or_default().table.add(*x, *y, *times);
                answered.push((a * self.names.annotators.len() as u32 + b, *x, *y, *times));
            }
        }
        if matches!(self.family, Family::Pairs(..)) && !answered.is_empty() && self.answered.len() < DRAWN_MAX {
            answered.sort_unstable();
            *self.answered.entry(answered).or_default() += 1;
        }
        match units.as_slice() {
            [(one, 1)] => self.units.add(one.iter().copied().flatten()),
            _ => self.units.add_all(units.into_iter().map(|(of, n)| (of.into_iter().flatten(), n))),
        }
    }

    fn add_shares(&mut self, by: &[u32], sample: &Compared) {
        let (mut got, mut of) = sample.together.unwrap_or_default();
        for share in &sample.shares {
            if sample.together.is_none() {
                (got, of) = (got + share.got, of + share.of);
            }
            let pair = (by.get(share.pair.0 as usize), by.get(share.pair.1 as usize));
            let (Some(class), (Some(a), Some(b))) = (self.names.category(&share.class), pair) else { continue };
            let sum = self.common.entry((*a, *b)).or_default().shares.entry(class).or_default();
            (sum.0, sum.1) = (sum.0 + share.got, sum.1 + share.of);
        }
        self.together |= sample.together.is_some();
        if of > 0 {
            *self.sums.entry((got, of)).or_default() += 1;
        }
    }

    /// The agreement over all samples.
    pub fn value(&self) -> Value {
        if self.together {
            let of = self.sums.iter().map(|((got, of), times)| (got * times, of * times)).collect::<Vec<_>>();
            return share(of.iter());
        }
        self.over(self.family, &self.common.values().collect::<Vec<_>>(), &self.units, &self.names.values)
    }

    /// The agreement by another measure of the same answers.
    pub fn by(&self, coefficient: Coefficient) -> Value {
        coefficient.of(&self.units)
    }

    fn over(&self, family: Family, common: &[&Common], units: &Units, values: &[f64]) -> Value {
        match family {
            Family::Counts(coefficient) => coefficient.of(units),
            Family::Pairs(..) => mean(family, common.iter().map(|c| &c.table), values),
            Family::Shares => share(common.iter().flat_map(|c| c.shares.values())),
        }
    }

    /// The interval that holds 95 % of the values of so many resamples.
    pub fn interval(&self, resamples: u32, seed: u64) -> Option<Interval> {
        match self.family {
            Family::Counts(coefficient) => {
                interval(&self.units.times(), resamples, seed, &mut |t| coefficient.weighed(&self.units, t).ok())
            }
            Family::Shares => {
                let times: Vec<u64> = self.sums.values().copied().collect();
                let sum = |drawn: &[u64], f: fn(&(u64, u64)) -> u64| -> u128 {
                    self.sums.keys().zip(drawn).map(|(s, n)| u128::from(f(s)) * u128::from(*n)).sum()
                };
                interval(&times, resamples, seed, &mut |t| Some(sum(t, |s| s.0) as f64 / sum(t, |s| s.1) as f64))
            }
            Family::Pairs(..) if self.answered.len() >= DRAWN_MAX => None,
            Family::Pairs(..) => {
                let times: Vec<u64> = self.answered.values().copied().collect();
                interval(&times, resamples, seed, &mut |drawn| {
                    let mut tables: BTreeMap<u32, Pair> = BTreeMap::new();
                    for (sample, n) in self.answered.keys().zip(drawn).filter(|(_, n)| **n > 0) {
                        sample.iter().for_each(|(p, a, b, t)| tables.entry(*p).or_default().add(*a, *b, t * n));
                    }
                    mean(self.family, tables.values(), &self.names.values).ok()
                })
            }
        }
    }

    /// Each category against all others, the lowest agreement first.
    pub fn by_class(&self) -> Vec<Line> {
        if let Some(sets) = &self.names.sets {
            return ordered(
                sets.classes.iter().enumerate().map(|(k, name)| self.of_member(sets, k as u32, name)).collect(),
            );
        }
        let family = self.family.of_class();
        let line = |(k, name): (usize, &String)| {
            let k = k as u32;
            let value = match family {
                Family::Counts(coefficient) => coefficient.of(&self.units.against(k)),
                Family::Pairs(..) => {
                    let tables: Vec<Pair> = self.common.values().map(|c| against(&c.table, k)).collect();
                    mean(family, tables.iter(), &[0.0, 1.0])
                }
                Family::Shares => share(self.common.values().filter_map(|c| c.shares.get(&k))),
            };
            Line { names: vec![name.clone()], n: self.count(k), value }
        };
        ordered(self.names.categories.iter().enumerate().map(line).collect())
    }

    /// A class of sets: who gave it, and who did not.
    fn of_member(&self, sets: &Sets, class: u32, name: &str) -> Line {
        let holds = |k: u32| sets.of.get(k as usize).is_some_and(|set| set.contains(&class));
        let value = Coefficient::Alpha(Level::Nominal).of(&self.units.against_all(&holds));
        let n = self.given.iter().filter(|(k, _)| holds(**k)).map(|(_, n)| n).sum();
        Line { names: vec![name.to_string()], n, value }
    }

    /// How often a category was given; of shares how many annotations of it were compared.
    fn count(&self, k: u32) -> u64 {
        let shares = || self.common.values().filter_map(|c| c.shares.get(&k)).map(|s| s.1).sum::<u64>();
        match self.family {
            Family::Shares => shares() / super::compared::WHOLE,
            _ => self.given.get(&k).copied().unwrap_or(0),
        }
    }

    /// Each annotator with all others, the lowest agreement first.
    pub fn by_annotator(&self) -> Vec<Line> {
        let line = |(i, name): (usize, &String)| {
            let own = |pair: &(u32, u32)| pair.0 == i as u32 || pair.1 == i as u32;
            let common: Vec<&Common> = self.common.iter().filter(|(pair, _)| own(pair)).map(|c| c.1).collect();
            let units = self.pairwise(&common);
            let n = common.iter().map(|c| c.samples).sum();
            Line { names: vec![name.clone()], n, value: self.over(self.family, &common, &units, &self.names.values) }
        };
        ordered(self.names.annotators.iter().enumerate().map(line).collect())
    }

    /// Each pair of annotators, the lowest agreement first.
    pub fn by_pair(&self) -> Vec<Line> {
        let name = |i: u32| self.names.annotators.get(i as usize).cloned().unwrap_or_default();
        let line = |((a, b), common): (&(u32, u32), &Common)| {
            let units = self.pairwise(&[common]);
            let value = self.over(self.family, &[common], &units, &self.names.values);
            Line { names: vec![name(*a), name(*b)], n: common.samples, value }
        };
        ordered(self.common.iter().map(line).collect())
    }

    /// The answers of pairs as units of two answers each.
    fn pairwise(&self, common: &[&Common]) -> Units {
        let mut units = self.names.units();
        for ((a, b), n) in common.iter().flat_map(|c| c.table.iter()) {
            units.add_all([([a, b], n)]);
        }
        units
    }

    /// Where an annotator stands among all of them, from 1.
    pub fn ranks(&self) -> impl Fn(&str) -> usize + '_ {
        |name| self.names.annotator(name) as usize + 1
    }

    pub fn annotators(&self) -> usize {
        self.names.annotators.len()
    }

    /// How many pairs of annotators have a sample in common.
    pub fn pairs(&self) -> usize {
        self.common.len()
    }
}

/// How far the answers to one sample agree, 0 to 1; `None` if there are fewer than two.
pub fn alone(sample: &Compared, order: &Order, family: Family) -> Option<f64> {
    if sample.by.len() < 2 {
        return None;
    }
    let weights = family.nearness();
    let near = |a: &str, b: &str| match family.of_sets() {
        Some(level) => 1.0 - apart(level, &set_of(a), &set_of(b)),
        None => order.near(weights, a, b),
    };
    let (mut got, mut of) = (0.0, 0.0);
    for Unit(answers, times) in &sample.units {
        for (a, b) in pairs(answers.len()) {
            if let (Some(Some(a)), Some(Some(b))) = (answers.get(a), answers.get(b)) {
                (got, of) = (got + near(a, b) * *times as f64, of + *times as f64);
            }
        }
    }
    let pairs_of = sample.shares.iter().filter(|_| sample.together.is_none()).map(|s| (s.got, s.of));
    for share in pairs_of.chain(sample.together) {
        (got, of) = (got + share.0 as f64, of + share.1 as f64);
    }
    // nothing here and nothing there agree
    Some(if of > 0.0 { got / of } else { 1.0 })
}

/// The mean over pairs of annotators, of those that have a value.
fn mean<'p>(family: Family, tables: impl Iterator<Item = &'p Pair>, values: &[f64]) -> Value {
    let Family::Pairs(weights, chance) = family else { return Err(Undefined::NoOverlap) };
    let of = |table: &Pair| match chance {
        Chance::Each => table.cohen(weights, values),
        Chance::Both => table.scott(values),
    };
    let (mut sum, mut n, mut why) = (0.0, 0u64, Undefined::NoOverlap);
    for value in tables.filter(|t| !t.is_empty()).map(of) {
        match value {
            Ok(value) => (sum, n) = (sum + value, n + 1),
            Err(reason) => why = reason,
        }
    }
    if n > 0 { Ok(sum / n as f64) } else { Err(why) }
}

fn against(table: &Pair, k: u32) -> Pair {
    let mut out = Pair::default();
    table.iter().for_each(|((a, b), n)| out.add(u32::from(a == k), u32::from(b == k), n));
    out
}

fn share<'s>(sums: impl Iterator<Item = &'s (u64, u64)>) -> Value {
    let add = |(got, of): (u128, u128), s: &(u64, u64)| (got + u128::from(s.0), of + u128::from(s.1));
    let (got, of) = sums.fold((0, 0), add);
    if of > 0 { Ok(got as f64 / of as f64) } else { Err(Undefined::NoOverlap) }
}

/// The lowest first, those without a value last; equal ones by name.
fn ordered(mut lines: Vec<Line>) -> Vec<Line> {
    let rank = |line: &Line| line.value.unwrap_or(f64::INFINITY);
    lines.sort_by(|a, b| rank(a).total_cmp(&rank(b)).then_with(|| a.names.cmp(&b.names)));
    lines
}

#[cfg(test)]
mod tests {
    use super::super::compared::rankings;
    use super::super::metric::{Metric, Nearness, Scale};
    use super::*;
    use crate::measure::agreement::set_text;
    use crate::model::candidates::Ranking;

    /// The answers of the file, by annotators who are named by their place in each item.
    fn samples(of: &serde_json::Value) -> Vec<Compared> {
        let sets: Vec<Vec<u64>> = serde_json::from_value(of["sets"].clone()).unwrap();
        let items: Vec<Vec<usize>> = serde_json::from_value(of["items"].clone()).unwrap();
        let text = |k: &usize| set_text(sets[*k].iter().map(u64::to_string).collect());
        let sample = |item: &Vec<usize>| Compared {
            by: (0..item.len()).map(|n| format!("a{n}")).collect(),
            ..Compared::one(item.iter().map(text).collect())
        };
        items.iter().map(sample).collect()
    }

    #[test]
    fn lists_of_classes_agree_as_nltk_says() {
        let path = format!("{}/tests/fixtures/agreement/sets.json", env!("CARGO_MANIFEST_DIR"));
        let case: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let declared: Vec<String> = (0..5).map(|k| k.to_string()).collect();
        for (metric, name) in [(Metric::MasiAlpha, "masi"), (Metric::JaccardAlpha, "jaccard")] {
            let family = metric.family(Scale::Nominal, Nearness::None);
            let (mut met, samples) = (Met::default(), samples(&case));
            samples.iter().for_each(|sample| met.see(sample));
            let mut measured = Measured::new(met.sets(&declared, family.of_sets().unwrap()), family);
            samples.iter().for_each(|sample| measured.add(sample));
            let near = |got: Value, want: &serde_json::Value| (got.unwrap() - want.as_f64().unwrap()).abs() < 1e-12;
            assert!(near(measured.value(), &case[name]), "{name}");
            let classes = measured.by_class();
            let one = classes.iter().find(|line| line.names == ["1"]).unwrap();
            assert!(near(one.value, &case["holds_1"]), "the class alone");
            assert!(classes.len() == 5 && measured.interval(50, 1).is_some_and(|i| i.low < i.high));
        }
    }

    /// The answers to each item of the file, by annotators who are named by their place in it.
    fn ranked(of: &serde_json::Value, metric: Metric) -> Compared {
        let rows: Vec<Vec<u64>> = serde_json::from_value(of["doubled"].clone()).unwrap();
        let ranking = |row: &Vec<u64>| {
            let name = |i: usize| format!("c{i}");
            Ranking::of(
                crate::measure::ranks::groups(row).into_iter().map(|g| g.into_iter().map(name).collect()).collect(),
            )
        };
        let all: Vec<Ranking> = rows.iter().map(ranking).collect();
        Compared { by: (0..rows.len()).map(|n| format!("a{n}")).collect(), ..rankings(&all, metric) }
    }

    #[test]
    fn rankings_agree_as_other_programs_say() {
        let path = format!("{}/tests/fixtures/agreement/rankings.json", env!("CARGO_MANIFEST_DIR"));
        let case: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let declared: Vec<String> = (1..=5).map(|rank| rank.to_string()).collect();
        for (metric, name) in [(Metric::KrippendorffAlpha, "alpha_ordinal"), (Metric::KendallW, "mean_w")] {
            let (mut met, family) = (Met::default(), metric.family(Scale::Ordinal, Nearness::None));
            let samples: Vec<Compared> =
                case["items"].as_array().unwrap().iter().map(|item| ranked(item, metric)).collect();
            samples.iter().for_each(|sample| met.see(sample));
            let mut measured = Measured::new(met.names(&declared, None), family);
            samples.iter().for_each(|sample| measured.add(sample));
            let (got, want) = (measured.value().unwrap(), case[name].as_f64().unwrap());
            assert!((got - want).abs() < 1e-9, "{name}: {got} {want}");
            assert!(measured.interval(50, 1).is_some_and(|i| i.low < i.high));
            assert!(measured.by_pair().iter().all(|line| line.value.is_ok()) && measured.pairs() == 6);
        }
        // two who rank the other way round, and one who agrees with the first: pairs are told by themselves
        let order = Order { classes: declared, scale: None };
        let three = serde_json::json!({ "doubled": [[2, 4, 6], [6, 4, 2], [2, 4, 6]] });
        let family = Metric::KendallW.family(Scale::Ordinal, Nearness::None);
        let got = alone(&ranked(&three, Metric::KendallW), &order, family).unwrap();
        assert!((got - 1.0 / 9.0).abs() < 1e-9, "{got}");
    }

    #[test]
    fn two_lists_agree_by_what_they_share() {
        let of = |a: &[&str], b: &[&str]| {
            let text = |of: &[&str]| set_text(of.iter().map(|c| c.to_string()).collect());
            let sample = Compared { by: vec!["p".into(), "q".into()], ..Compared::one(vec![text(a), text(b)]) };
            let order = Order { classes: Vec::new(), scale: None };
            alone(&sample, &order, Metric::JaccardAlpha.family(Scale::Nominal, Nearness::None))
        };
        assert_eq!((of(&["a"], &["a", "b"]), of(&[], &[])), (Some(0.5), Some(1.0)));
    }
}

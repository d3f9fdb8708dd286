//! The agreement of a task over all samples: as a whole, by class, by annotator and by pair of annotators.
use super::common::{Common, Commons, Log, Shares, Two};
use super::compared::{Compared, Unit, pairs};
use super::known::{Names, Order, Sets};
use super::metric::{Chance, Family};
use super::sampled::{Plain, Sample};
use crate::measure::agreement::{Coefficient, Interval, Level, Pair, Undefined, Units, apart, interval, set_of};
use std::collections::BTreeMap;

/// A value, or why there is none.
pub type Value = Result<f64, Undefined>;

/// What one sample adds to the pairs: the place of the pair, the two categories, and how often.
type Answered = Vec<(u64, u32, u32, u64)>;

/// All samples, while they come.
pub struct Measuring {
    of: Measured,
    log: Log,
    shares: BTreeMap<Two, Shares>,
}

/// All samples.
pub struct Measured {
    pub names: Names,
    family: Family,
    units: Units,
    common: Commons,
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

impl Measuring {
    pub fn new(names: Names, family: Family) -> Measuring {
        let units = names.units();
        let common = Log::default().done(BTreeMap::new(), 0);
        let (answered, sums, given) = Default::default();
        let of =
            Measured { names, family, units, common, answered, sums, given, together: false, single: 0, shared: 0 };
        Measuring { of, log: Log::default(), shares: BTreeMap::new() }
    }

    /// All samples that were added.
    pub fn done(self) -> Measured {
        let annotators = self.of.names.annotators.len();
        Measured { common: self.log.done(self.shares, annotators), ..self.of }
    }

    pub fn add(&mut self, sample: &Sample) {
        let answers = match sample {
            Sample::Plain(plain) => plain.by.len(),
            Sample::Whole(whole) => whole.by.len(),
        };
        match answers {
            0 => return,
            1 => self.of.single += 1,
            _ => self.of.shared += 1,
        }
        match sample {
            Sample::Plain(plain) => self.add_plain(plain),
            Sample::Whole(whole) => self.add_whole(whole),
        }
    }

    fn add_plain(&mut self, sample: &Plain) {
        let names = &self.of.names;
        let answers: Vec<(u32, u32)> = sample
            .by
            .iter()
            .zip(&sample.said)
            .filter_map(|(by, said)| Some((names.annotator(by), names.category(said)?)))
            .collect();
        let mut answered = Vec::new();
        let draws = matches!(self.of.family, Family::Pairs(..)) && self.of.answered.len() < DRAWN_MAX;
        for (n, (a, x)) in answers.iter().enumerate() {
            for (b, y) in answers.iter().skip(n + 1) {
                self.log.one((*a, *b), (*x, *y));
                if draws {
                    answered.push((self.of.names.pair(*a, *b), *x, *y, 1));
                }
            }
        }
        self.of.draw(answered);
        let said: Vec<u32> = answers.iter().map(|(_, said)| *said).collect();
        said.iter().for_each(|k| *self.of.given.entry(*k).or_default() += 1);
        self.of.units.add_one(&said);
    }

    fn add_whole(&mut self, sample: &Compared) {
        let by: Vec<u32> = sample.by.iter().map(|name| self.of.names.annotator(name)).collect();
        for (a, b) in pairs(by.len()) {
            if let (Some(a), Some(b)) = (by.get(a), by.get(b)) {
                self.log.sample((*a, *b));
            }
        }
        self.add_units(&by, sample);
        self.add_shares(&by, sample);
    }

    fn add_units(&mut self, by: &[u32], sample: &Compared) {
        let category = |c: &Option<String>| c.as_deref().and_then(|c| self.of.names.category(c));
        let units: Vec<(Vec<Option<u32>>, u64)> =
            sample.units.iter().map(|Unit(of, n)| (of.iter().map(category).collect(), *n)).collect();
        let mut answered = Vec::new();
        for (answers, times) in &units {
            answers.iter().flatten().for_each(|c| *self.of.given.entry(*c).or_default() += times);
            for (a, b) in pairs(answers.len()) {
                let (Some(Some(x)), Some(Some(y))) = (answers.get(a), answers.get(b)) else { continue };
                let (Some(a), Some(b)) = (by.get(a), by.get(b)) else { continue };
                self.log.said((*a, *b), (*x, *y), *times);
                answered.push((self.of.names.pair(*a, *b), *x, *y, *times));
            }
        }
        self.of.draw(answered);
        match units.as_slice() {
            [(one, 1)] => self.of.units.add(one.iter().copied().flatten()),
            _ => self.of.units.add_all(units.into_iter().map(|(of, n)| (of.into_iter().flatten(), n))),
        }
    }

    fn add_shares(&mut self, by: &[u32], sample: &Compared) {
        let (mut got, mut of) = sample.together.unwrap_or_default();
        for share in &sample.shares {
            if sample.together.is_none() {
                (got, of) = (got + share.got, of + share.of);
            }
            let pair = (by.get(share.pair.0 as usize), by.get(share.pair.1 as usize));
            let (Some(class), (Some(a), Some(b))) = (self.of.names.category(&share.class), pair) else { continue };
            let sum = self.shares.entry((*a, *b)).or_default().entry(class).or_default();
            (sum.0, sum.1) = (sum.0 + share.got, sum.1 + share.of);
        }
        self.of.together |= sample.together.is_some();
        if of > 0 {
            *self.of.sums.entry((got, of)).or_default() += 1;
        }
    }
}

impl Measured {
    /// Keeps what a sample adds to the pairs, to be drawn from.
    fn draw(&mut self, mut answered: Answered) {
        if matches!(self.family, Family::Pairs(..)) && !answered.is_empty() && self.answered.len() < DRAWN_MAX {
            answered.sort_unstable();
            *self.answered.entry(answered).or_default() += 1;
        }
    }

    /// The agreement over all samples.
    pub fn value(&self) -> Value {
        if self.together {
            let of = self.sums.iter().map(|((got, of), times)| (got * times, of * times)).collect::<Vec<_>>();
            return share(of.iter());
        }
        match self.family {
            Family::Counts(coefficient) => coefficient.of(&self.units),
            _ => self.over(self.family, &self.common.all()),
        }
    }

    /// The agreement by another measure of the same answers.
    pub fn by(&self, coefficient: Coefficient) -> Value {
        coefficient.of(&self.units)
    }

    /// The agreement of some pairs.
    fn over(&self, family: Family, common: &[&Common]) -> Value {
        match family {
            Family::Counts(coefficient) => {
                coefficient.of_pairs(&self.units, common.iter().flat_map(|c| c.cells().iter().copied()))
            }
            Family::Pairs(..) => mean(family, common.iter().map(|c| c.table()), &self.names.values),
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
                    let mut tables: BTreeMap<u64, Pair> = BTreeMap::new();
                    for (sample, n) in self.answered.keys().zip(drawn).filter(|(_, n)| **n > 0) {
                        sample.iter().for_each(|(p, a, b, t)| tables.entry(*p).or_default().add(*a, *b, t * n));
                    }
                    mean(self.family, tables.into_values(), &self.names.values).ok()
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
        let (family, n) = (self.family.of_class(), self.names.categories.len());
        let values: Vec<Value> = match family {
            Family::Counts(coefficient) => self.units.against_each(|units| coefficient.of(units)),
            _ => {
                let own = self.pairs_of_classes();
                let of = |k: u32| -> &[&Common] { own.get(k as usize).map_or(&[], Vec::as_slice) };
                (0..n as u32)
                    .map(|k| match family {
                        Family::Pairs(..) => self.of_class(family, k, of(k)),
                        _ => share(of(k).iter().filter_map(|c| c.shares.get(&k))),
                    })
                    .collect()
            }
        };
        let line = |((k, name), value): ((usize, &String), Value)| Line {
            names: vec![name.clone()],
            n: self.count(k as u32),
            value,
        };
        ordered(self.names.categories.iter().enumerate().zip(values).map(line).collect())
    }

    /// By category: the pairs that gave it or have shares of it.
    fn pairs_of_classes(&self) -> Vec<Vec<&Common>> {
        let mut out: Vec<Vec<&Common>> = vec![Vec::new(); self.names.categories.len()];
        for (_, common) in self.common.iter() {
            let mut own: Vec<u32> = common.cells().iter().flat_map(|(a, b, _)| [*a, *b]).collect();
            own.extend(common.shares.keys());
            own.sort_unstable();
            own.dedup();
            for k in own {
                out.get_mut(k as usize).into_iter().for_each(|pairs| pairs.push(common));
            }
        }
        out
    }

    /// A class against all others. Pairs in which nobody gave it say one thing alone, and have no value.
    fn of_class(&self, family: Family, k: u32, own: &[&Common]) -> Value {
        let value = mean(family, own.iter().map(|c| c.against(k)), &[0.0, 1.0]);
        let others = self.common.iter().any(|(_, c)| !c.cells().is_empty());
        match value {
            Err(Undefined::NoOverlap) if others => Err(Undefined::NoVariation),
            value => value,
        }
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
        let shares = || self.common.iter().filter_map(|(_, c)| c.shares.get(&k)).map(|s| s.1).sum::<u64>();
        match self.family {
            Family::Shares => shares() / super::compared::WHOLE,
            _ => self.given.get(&k).copied().unwrap_or(0),
        }
    }

    /// Each annotator with all others, the lowest agreement first.
    pub fn by_annotator(&self) -> Vec<Line> {
        let line = |(i, name): (usize, &String)| {
            let common = self.common.of(i);
            let n = common.iter().map(|c| c.samples).sum();
            Line { names: vec![name.clone()], n, value: self.over(self.family, &common) }
        };
        ordered(self.names.annotators.iter().enumerate().map(line).collect())
    }

    /// So many pairs of annotators, the lowest agreement first.
    pub fn by_pair(&self, most: usize) -> Vec<Line> {
        let name = |i: u32| self.names.annotators.get(i as usize).cloned().unwrap_or_default();
        // names are in order, so numbers say which of two is the first one
        let mut values: Vec<(Two, &Common, Value)> =
            self.common.iter().map(|(pair, common)| (pair, common, self.over(self.family, &[common]))).collect();
        values.sort_by(|a, b| rank(&a.2).total_cmp(&rank(&b.2)).then_with(|| a.0.cmp(&b.0)));
        let line = |((a, b), common, value): (Two, &Common, Value)| Line {
            names: vec![name(a), name(b)],
            n: common.samples,
            value,
        };
        values.into_iter().take(most).map(line).collect()
    }

    /// Where an annotator stands among all of them, from 1.
    pub fn ranks(&self) -> impl Fn(&str) -> usize + '_ {
        |name| self.names.annotator(name) as usize + 1
    }

    /// The names of the annotators, in order.
    pub fn annotators(&self) -> &[String] {
        &self.names.annotators
    }

    /// How many pairs of annotators have a sample in common.
    pub fn pairs(&self) -> usize {
        self.common.count()
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
fn mean(family: Family, tables: impl Iterator<Item = Pair>, values: &[f64]) -> Value {
    let Family::Pairs(weights, chance) = family else { return Err(Undefined::NoOverlap) };
    let of = |table: Pair| match chance {
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

fn share<'s>(sums: impl Iterator<Item = &'s (u64, u64)>) -> Value {
    let add = |(got, of): (u128, u128), s: &(u64, u64)| (got + u128::from(s.0), of + u128::from(s.1));
    let (got, of) = sums.fold((0, 0), add);
    if of > 0 { Ok(got as f64 / of as f64) } else { Err(Undefined::NoOverlap) }
}

/// The lowest first, those without a value last; equal ones by name.
fn ordered(mut lines: Vec<Line>) -> Vec<Line> {
    lines.sort_by(|a, b| rank(&a.value).total_cmp(&rank(&b.value)).then_with(|| a.names.cmp(&b.names)));
    lines
}

fn rank(value: &Value) -> f64 {
    value.unwrap_or(f64::INFINITY)
}

#[cfg(test)]
mod tests {
    use super::super::compared::rankings;
    use super::super::known::Met;
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
            let samples: Vec<Sample> = samples.into_iter().map(Sample::Whole).collect();
            samples.iter().for_each(|sample| met.see(sample));
            let mut measured = Measuring::new(met.sets(&declared, family.of_sets().unwrap()), family);
            samples.iter().for_each(|sample| measured.add(sample));
            let measured = measured.done();
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
            let samples: Vec<Sample> =
                case["items"].as_array().unwrap().iter().map(|item| Sample::Whole(ranked(item, metric))).collect();
            samples.iter().for_each(|sample| met.see(sample));
            let mut measured = Measuring::new(met.names(&declared, None), family);
            samples.iter().for_each(|sample| measured.add(sample));
            let measured = measured.done();
            let (got, want) = (measured.value().unwrap(), case[name].as_f64().unwrap());
            assert!((got - want).abs() < 1e-9, "{name}: {got} {want}");
            assert!(measured.interval(50, 1).is_some_and(|i| i.low < i.high));
            assert!(measured.by_pair(100).iter().all(|line| line.value.is_ok()) && measured.pairs() == 6);
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

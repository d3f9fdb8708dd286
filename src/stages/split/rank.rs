//! Decides in which split each sample is, and tells what that came to.
use super::absent;
use super::deviation;
use super::folds;
use super::map;
use super::place::{Placed, place};
use super::records::{Gather, Known, Verdict};
use super::time::{Missing, Order};
use super::timed::Timeline;
use super::units::{self, Read, Units};
use crate::measure::names::composed;
use crate::stage::{Fact, Fault, Hit, Hits, Spot, Verdicts};
use std::collections::BTreeSet;

/// Decides for every unit, and tells rows that are not in the usual split.
pub fn assign(p: &Gather, hits: &Hits, out: &mut Verdicts) -> Result<(), Fault> {
    let names: Vec<&str> = p.weights.keys().map(String::as_str).collect();
    let Read { units, mut numbers, spots } = units::read(p, &names, hits)?;
    let placed = place(p, &units);
    let zeros = || vec![0; names.len()];
    let seen = Seen { counts: zeros(), free: zeros(), strata: placed.strata, alone: placed.alone, ..Seen::default() };
    let line = p.time.as_ref().map(|order| (order, Timeline::of(p, order, &units.all, &placed.splits)));
    let mut deciding = Deciding { p, names: &names, units: &units, placed: &placed, line, seen };
    match spots {
        Some(spots) => spots.into_iter().for_each(|(at, number)| deciding.plain(at, number as usize, out)),
        None => {
            for Hit { key, value, at } in hits.iter().filter(units::is_row) {
                let number = numbers.number(&key) as usize;
                match p.tells_rows() {
                    true => deciding.row(at, number, Known::of(&value)?, out),
                    false => deciding.plain(at, number, out),
                }
            }
        }
    }
    let seen = deciding.seen;
    tell_kept(p, &seen, out);
    if p.measured || (p.equal && units.all.iter().any(|unit| unit.size > 1)) {
        deviation::tell(
            p,
            (&seen.counts, &seen.free),
            units.all.iter().map(|unit| u64::from(unit.size)).max().unwrap_or(0),
            out,
        );
    }
    if p.time.is_some() {
        out.fact("time.missing", seen.timeless);
        out.fact("time.near", seen.near);
        out.fact("time.early", seen.early);
    }
    absent::tell(p, &units, &placed.splits, out);
    folds::tell(p, &units, &placed, out);
    tell(p, &names, seen, units.all.len(), out);
    Ok(())
}

/// Rows as they are decided.
struct Deciding<'a> {
    p: &'a Gather,
    names: &'a [&'a str],
    units: &'a Units,
    placed: &'a Placed,
    line: Option<(&'a Order, Timeline)>,
    seen: Seen,
}

impl Deciding<'_> {
    /// A row of which nothing is known but its unit.
    fn plain(&mut self, at: Spot, number: usize, out: &mut Verdicts) {
        let split = self.placed.splits.get(number).map_or(0, |s| *s as usize);
        if !self.placed.folds.is_empty() {
            return self.put(at, number, split, Verdict::default(), out);
        }
        let Some(name) = self.names.get(split) else { return };
        self.count(number, split);
        if *name != self.p.usual {
            out.put(at, name); // as `Verdict::bytes` has it
        }
    }

    /// A row that the data, a list, a time or the last release tells something of.
    fn row(&mut self, at: Spot, number: usize, mut row: Known, out: &mut Verdicts) {
        let of_unit = self.placed.splits.get(number).map_or(0, |s| *s as usize);
        let (time, kept, old_folds) = (row.time, row.kept.take(), std::mem::take(&mut row.folds));
        self.seen.mapped.extend(row.mapped.take());
        let mut verdict = Verdict::default();
        let split;
        (split, verdict.told) = own_split(self.p, self.names, of_unit, row, &mut self.seen);
        let follows = self.units.all.get(number).is_some_and(|unit| unit.given.is_none());
        if let Some((order, line)) = self.line.as_ref().filter(|_| follows) {
            own_time(order, line, split, time, &mut verdict, &mut self.seen);
        }
        let name = self.names.get(split).copied().unwrap_or_default();
        if let Some(before) = kept.filter(|before| before.as_str() != name) {
            let say = format!("the last release had it in `{before}`, and it is in `{name}` now");
            verdict.told.push(("split.keep".to_string(), "split.moved".to_string(), say));
            self.seen.moved += 1;
        }
        let folds = self.placed.folds.iter().filter_map(|of| of.get(number).copied());
        own_folds(self.p, &old_folds, folds, &mut verdict, &mut self.seen);
        self.put(at, number, split, verdict, out);
    }

    fn put(&mut self, at: Spot, number: usize, split: usize, mut verdict: Verdict, out: &mut Verdicts) {
        let Some(name) = self.names.get(split) else { return };
        match verdict.gone {
            Some(_) => self.seen.gone += 1,
            None => self.count(number, split),
        }
        let mut folds = self.placed.folds.iter().filter_map(|of| of.get(number).copied());
        (verdict.split, verdict.fold) = (name.to_string(), folds.next());
        verdict.more = folds.collect();
        if *name != self.p.usual || verdict.fold.is_some() || !verdict.told.is_empty() || verdict.gone.is_some() {
            out.put(at, verdict.bytes());
        }
    }

    /// Counts a row that stays.
    fn count(&mut self, number: usize, split: usize) {
        self.seen.counts.get_mut(split).iter_mut().for_each(|n| **n += 1);
        if self.units.all.get(number).is_some_and(|unit| unit.given.is_none()) {
            self.seen.free.get_mut(split).iter_mut().for_each(|n| **n += 1);
        }
    }
}

/// Facts about what the last release had elsewhere.
fn tell_kept(p: &Gather, seen: &Seen, out: &mut Verdicts) {
    if p.keeps {
        out.fact("moved", seen.moved);
    }
    if p.keeps && p.folds > 0 {
        out.fact("folds.moved", seen.refolded);
        for before in &seen.folds_before {
            let say = format!("the last release had {before} folds, and now there are {}: all are drawn anew", p.folds);
            out.remark("split.folds", "split.folds", say);
        }
    }
}

/// Tells of a row that is in another fold than the last release had it in.
fn own_folds(p: &Gather, before: &[u32], now: impl Iterator<Item = u32>, verdict: &mut Verdict, seen: &mut Seen) {
    let Some(own) = units::kept_folds(p, before) else {
        seen.folds_before.extend(before.first().filter(|_| p.folds > 0));
        return;
    };
    let moved = own.iter().zip(now).find(|(was, is)| **was > 0 && *was != is);
    if let Some((was, is)) = moved {
        let say = format!("the last release had it in fold {was}, and it is in fold {is} now");
        verdict.told.push(("split.keep".to_string(), "split.moved".to_string(), say));
        seen.refolded += 1;
    }
}

/// What time says of a row that follows the ratios.
fn own_time(order: &Order, line: &Timeline, split: usize, time: Option<i64>, verdict: &mut Verdict, seen: &mut Seen) {
    let told = |key: &str, rule: &str, say: String| (key.to_string(), rule.to_string(), say);
    match time {
        None => {
            let say = format!("`{}` says no time", order.field);
            let told = told("split.time", "split.time", say);
            match order.missing {
                Missing::Drop => verdict.gone = Some(told),
                Missing::Fail => verdict.told.push(told),
            }
            seen.timeless += 1;
        }
        Some(time) if line.is_near(split, time) => {
            let say = "too near to the first sample of a later split".to_string();
            verdict.gone = Some(told("split.time.gap_days", "split.gap", say));
            seen.near += 1;
        }
        Some(time) if line.is_early(split, time) => {
            let say = "not later than all samples of the splits before: its group has a later one".to_string();
            verdict.told.push(told("split.time", "split.early", say));
            seen.early += 1;
        }
        Some(_) => {}
    }
}

/// What the rows came to.
#[derive(Default)]
struct Seen {
    /// Rows of each split.
    counts: Vec<u64>,
    /// Those of them whose unit was not given to a split.
    free: Vec<u64>,
    /// Rows that were given to a declared split.
    given: u64,
    /// Mapped values that were met.
    mapped: BTreeSet<String>,
    /// Rows that were given to another split than their group.
    apart: u64,
    /// Rows that the last release had in another split.
    moved: u64,
    /// Rows that the last release had in another fold of any drawing.
    refolded: u64,
    /// How many folds the last release had, where there is another number of them now.
    folds_before: BTreeSet<u32>,
    /// Rows whose value names no split.
    unnamed: u64,
    /// Rows whose value is a split in another spelling.
    misspelt: u64,
    /// Rows without a time, those that are too near to a later split, and those whose group alone is later.
    timeless: u64,
    near: u64,
    early: u64,
    /// Rows that leave the data set.
    gone: u64,
    /// Values that name no split, a few of them.
    unknown: BTreeSet<String>,
    /// Strata, and those of one unit alone.
    strata: usize,
    alone: usize,
}

/// Values that are told at most.
const VALUES: usize = 8;

/// Fewer values than these that name no split are a finding alone, whatever their share.
const MANY: u64 = 10;

/// The split that a row was given to, else that of its unit; with what there is to tell.
fn own_split(
    p: &Gather,
    names: &[&str],
    of_unit: usize,
    row: Known,
    seen: &mut Seen,
) -> (usize, Vec<(String, String, String)>) {
    let Some(given) = row.given else { return (of_unit, Vec::new()) };
    let column = p.given.as_deref().unwrap_or("lists");
    let by = if p.given.is_some() && p.listed { format!("`{column}` or a list") } else { format!("`{column}`") };
    match names.iter().position(|n| *n == given) {
        Some(split) => {
            seen.given += 1;
            let apart = || {
                let other = names.get(of_unit).copied().unwrap_or_default();
                let say = format!("{by} gives it to `{given}` and another sample of its group to `{other}`");
                vec![("split.given".to_string(), "split.group".to_string(), say)]
            };
            seen.apart += u64::from(split != of_unit);
            (split, if split == of_unit { Vec::new() } else { apart() })
        }
        None => {
            let value = if p.private { String::new() } else { format!(" {given:?}") };
            let say = format!("the value{value} of `{column}` names no split; declared are {}", names.join(", "));
            seen.unnamed += 1;
            let plain = |name: &str| composed(name.trim()).to_lowercase();
            seen.misspelt += u64::from(names.iter().any(|n| plain(n) == plain(&given)));
            if seen.unknown.len() < VALUES {
                seen.unknown.insert(given);
            }
            (of_unit, vec![("split.given".to_string(), "split.given".to_string(), say)])
        }
    }
}

/// Facts, and declared splits that nothing fell to.
fn tell(p: &Gather, names: &[&str], seen: Seen, units: usize, out: &mut Verdicts) {
    let total: u64 = seen.counts.iter().sum();
    map::tell(p, &seen.mapped, total, out);
    let what = if units as u64 == total + seen.gone { "samples" } else { "groups" };
    let mut empty = Vec::new();
    for (name, n) in names.iter().zip(&seen.counts) {
        out.fact(format!("{name}.samples"), *n);
        out.fact(format!("{name}.share"), share(*n, total));
        let wanted = p.weights.get(*name).is_some_and(|w| *w > 0) || p.given.is_some() || p.listed;
        if *n == 0 && wanted {
            let say = format!("the split `{name}` has 0 samples: there are {units} {what} in all");
            empty.push((format!("split.ratios.{name}"), "split.empty", say));
        }
    }
    // units that are given count for no stratum
    if let Some(column) = p.stratify.as_ref().filter(|_| seen.alone > 1 && 2 * seen.alone > units) {
        let say =
            format!("`{column}` parts {units} {what} into {} strata, and {} hold one alone", seen.strata, seen.alone);
        empty.push(("split.stratify".to_string(), "split.strata", say));
    }
    if total + seen.gone > 0 {
        empty.into_iter().for_each(|(key, rule, say)| out.remark(key, rule, say));
    }
    if p.given.is_some() || p.listed {
        let shown = |v: &String| format!("{v:?}");
        let why = match seen.unknown.iter().map(shown).collect::<Vec<_>>().join(", ") {
            _ if seen.given > 0 || total == 0 => None,
            seen if seen.is_empty() => Some("it is null everywhere".to_string()),
            _ if p.private => Some("its values are other ones, which [privacy] does not let be shown".to_string()),
            seen => Some(format!("seen: {seen}; declared are {}", names.join(", "))),
        };
        out.fact("given.missing", why.map_or(Fact::Int(0), Fact::Undefined));
        out.fact("given.unknown", seen.unnamed);
        out.fact("given.unknown_of_many", if seen.unnamed < MANY { Fact::Int(0) } else { share(seen.unnamed, total) });
        out.fact("given.misspelt", seen.misspelt);
        out.fact("given.apart", seen.apart);
    }
}

/// `n / total` to four decimals.
fn share(n: u64, total: u64) -> Fact {
    if total == 0 {
        return Fact::Undefined("there are no samples".into());
    }
    let ten_thousandths = (u128::from(n) * 20_000 / u128::from(total)).div_ceil(2);
    Fact::Decimal(format!("{}.{:04}", ten_thousandths / 10_000, ten_thousandths % 10_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const RATIOS: [(&str, u64); 2] = [("test", 2), ("train", 8)];

    fn known(class: &str) -> Known {
        Known { classes: vec![class.into()], ..Known::default() }
    }

    /// The verdicts of samples, each a unit of its own unless `unit` names another.
    fn decide(
        ratios: &[(&str, u64)],
        given: bool,
        n: u32,
        unit: impl Fn(u32) -> u32,
        of: impl Fn(u32) -> Known,
    ) -> Verdicts {
        let weights = ratios.iter().map(|(name, w)| (name.to_string(), *w)).collect();
        let given = given.then(|| "part".to_string());
        let p = Gather { seed: 7, weights, usual: "train".into(), given, keeps: true, ..Gather::default() };
        let hit = |i: u32| Hit {
            key: format!("s{:04}", unit(i)).into_bytes().into(),
            value: of(i).bytes().into(),
            at: Spot::plain(0, i),
        };
        let hits: Vec<Hit> = (0..n).map(hit).collect();
        let again = || -> Box<dyn Iterator<Item = Hit>> { Box::new(hits.iter().cloned()) };
        let mut out = Verdicts::default();
        assign(&p, &Hits(&again), &mut out).unwrap();
        out
    }

    /// By row, what is not usual.
    fn run(n: u32, kept: impl Fn(u32) -> Option<&'static str>) -> BTreeMap<u32, String> {
        let class = |i: u32| known(if i.is_multiple_of(3) { "a" } else { "b" });
        let out = decide(&RATIOS, false, n, |i| i, |i| Known { kept: kept(i).map(String::from), ..class(i) });
        out.slice(0).rows.into_iter().map(|(r, s)| (r, Verdict::of(&s).unwrap().split)).collect()
    }

    /// The rules that were told of each row.
    fn told(out: &Verdicts) -> Vec<(u32, String)> {
        let rows = out.slice(0).rows.into_iter();
        rows.flat_map(|(r, s)| Verdict::of(&s).unwrap().told.into_iter().map(move |t| (r, t.1))).collect()
    }

    #[test]
    fn small_strata_reach_every_split() {
        let ratios = [("test", 1), ("train", 8), ("valid", 1)];
        let out = decide(&ratios, false, 200, |i| i, |i| known(&format!("{}", i / 5)));
        let counts = ["test", "train", "valid"].map(|s| out.facts[&format!("{s}.samples")].clone());
        assert_eq!(counts, [20u64, 160, 20].map(Fact::from));
        assert_eq!(told(&out), []);
    }

    #[test]
    fn what_is_given_stays_and_counts_for_no_ratio() {
        let part = |i: u32| match i {
            0..10 => Some("test".to_string()),
            10..20 => Some("dev".to_string()),
            _ => None,
        };
        let out = decide(&RATIOS, true, 110, |i| i, |i| Known { given: part(i), ..known("a") });
        let test: Vec<u32> =
            out.slice(0).rows.into_iter().filter(|r| Verdict::of(&r.1).unwrap().split == "test").map(|r| r.0).collect();
        assert_eq!((test.len(), &test[..10]), (30, &(0..10).collect::<Vec<_>>()[..]));
        assert_eq!(told(&out), (10..20).map(|i| (i, "split.given".to_string())).collect::<Vec<_>>());
        assert_eq!(out.facts["given.missing"], Fact::Int(0));
        let out = decide(&RATIOS, true, 30, |i| i, |i| Known { given: Some("dev".into()), ..known(&i.to_string()) });
        let why = Fact::Undefined("seen: \"dev\"; declared are test, train".into());
        assert_eq!(out.facts["given.missing"], why);
    }

    #[test]
    fn a_group_follows_what_is_given_and_is_told_if_that_is_two_splits() {
        let part = |i: u32| [None, Some("test".to_string()), Some("train".to_string())][(i % 3) as usize].clone();
        let out = decide(&RATIOS, true, 3, |_| 0, |i| Known { given: part(i), ..known("a") });
        let splits: Vec<(u32, String)> =
            out.slice(0).rows.into_iter().map(|(r, s)| (r, Verdict::of(&s).unwrap().split)).collect();
        assert_eq!(splits, [(0, "test".to_string()), (1, "test".to_string()), (2, "train".to_string())]);
        assert_eq!(told(&out), [(2, "split.group".to_string())]);
    }

    #[test]
    fn a_split_without_a_sample_is_told_of_no_sample() {
        let remarks = |out: &Verdicts| out.told.iter().map(|r| (r.key.clone(), r.rule.clone())).collect::<Vec<_>>();
        let out = decide(&RATIOS, false, 2, |i| i, |_| known("a"));
        let empty = ("split.ratios.test".to_string(), "split.empty".to_string());
        assert_eq!((out.facts["test.samples"].clone(), told(&out), remarks(&out)), (Fact::Int(0), vec![], vec![empty]));
        assert_eq!(remarks(&decide(&[("test", 0), ("train", 1)], false, 2, |i| i, |_| known("a"))), []);
        assert_eq!(remarks(&decide(&RATIOS, false, 0, |i| i, |_| known("a"))), []);
    }

    #[test]
    fn quotas_are_exact_and_one_more_moves_few() {
        let a = run(300, |_| None);
        assert_eq!(a.len(), 60);
        assert_eq!(a.keys().filter(|r| *r % 3 == 0).count(), 20);
        let b = run(301, |_| None);
        let moved = a.keys().filter(|r| !b.contains_key(r)).count()
            + b.keys().filter(|r| **r < 300 && !a.contains_key(r)).count();
        assert!(moved <= 2, "{moved}");
    }

    #[test]
    fn what_was_kept_stays() {
        let a = run(300, |i| Some(if i < 40 { "test" } else { "train" }));
        assert_eq!(a.keys().copied().collect::<Vec<_>>(), (0..40).collect::<Vec<_>>());
    }

    #[test]
    fn what_cannot_stay_is_told() {
        let part = |i: u32| ["test", "train", "gone"].get(i as usize).map(|s| s.to_string());
        let out = decide(&RATIOS, false, 4, |_| 0, |i| Known { kept: part(i), ..known("a") });
        let moved = |r: u32| (r, "split.moved".to_string());
        assert_eq!((told(&out), &out.facts["moved"]), (vec![moved(1), moved(2)], &Fact::Int(2)));
    }

    #[test]
    fn shares_round_half_up() {
        assert_eq!(share(1, 3), Fact::Decimal("0.3333".into()));
        assert_eq!(share(2, 3), Fact::Decimal("0.6667".into()));
        assert_eq!(share(3, 3), Fact::Decimal("1.0000".into()));
    }
}

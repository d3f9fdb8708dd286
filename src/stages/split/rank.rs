//! Shares of a ranking: units of a stratum in the order of a number drawn for (seed, unit), cut where the shares of all
//! strata together say.
use crate::digest::Draws;
use crate::measure::apportion::{Row, apportion};
use crate::measure::names::composed;
use crate::stage::{Fact, Fault, Hit, Hits, Spot, Verdicts, is_default};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// How the units of a ranking are shared out.
#[derive(Serialize, Deserialize, Default)]
pub struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    pub seed: u64,
    /// On a common scale.
    #[serde(default, skip_serializing_if = "is_default")]
    pub weights: BTreeMap<String, u64>,
    /// The split that every sample is in unless a verdict says otherwise.
    #[serde(default, skip_serializing_if = "is_default")]
    pub usual: String,
    /// The column that names the split of a sample.
    #[serde(default, skip_serializing_if = "is_default")]
    pub given: Option<String>,
    /// The column whose values are spread evenly.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stratify: Option<String>,
    /// With `[privacy]` no value of the data is told.
    #[serde(default, skip_serializing_if = "is_default")]
    pub private: bool,
}

/// What is known of a row.
#[derive(Serialize, Deserialize, Default)]
pub struct Known {
    #[serde(default, skip_serializing_if = "is_default")]
    pub classes: Vec<String>,
    /// The split that the data names.
    #[serde(default, skip_serializing_if = "is_default")]
    pub given: Option<String>,
    /// The split of the last release.
    #[serde(default, skip_serializing_if = "is_default")]
    pub kept: Option<String>,
}

impl Known {
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    fn of(bytes: &[u8]) -> Result<Known, Fault> {
        serde_json::from_slice(bytes).map_err(|e| Fault::Bug(e.to_string()))
    }
}

/// What was decided of a row: its split, and findings as (key, rule, words).
#[derive(Serialize, Deserialize, Default)]
pub struct Verdict {
    pub split: String,
    pub told: Vec<(String, String, String)>,
}

impl Verdict {
    /// A row of which there is nothing to tell has the name of its split alone.
    fn bytes(&self) -> Vec<u8> {
        match self.told.is_empty() {
            true => self.split.clone().into_bytes(),
            false => serde_json::to_vec(self).unwrap_or_default(),
        }
    }

    pub fn of(bytes: &[u8]) -> Result<Verdict, Fault> {
        match bytes.first() {
            Some(b'{') => serde_json::from_slice(bytes).map_err(|e| Fault::Bug(e.to_string())),
            _ => Ok(Verdict { split: String::from_utf8_lossy(bytes).into_owned(), told: Vec::new() }),
        }
    }
}

/// What is held of a unit: its rank, its number in the order of names, and where it was kept; no name, no rows.
struct Unit {
    rank: u64,
    number: u32,
    kept: Option<u32>,
}

/// Decides for every unit, and tells rows that are not in the usual split.
pub fn assign(p: &Gather, hits: &Hits, out: &mut Verdicts) -> Result<(), Fault> {
    let names: Vec<&str> = p.weights.keys().map(String::as_str).collect();
    let Units { strata, mut split_of } = units(p, &names, hits)?;
    let alone = strata.values().filter(|units| units.len() == 1).count();
    let mut seen = Seen { counts: vec![0; names.len()], strata: strata.len(), alone, ..Seen::default() };
    place(p, &names, strata, &mut split_of);
    let mut number = Numbers::default();
    for Hit { key, value, at } in hits.iter() {
        let of_unit = split_of.get(number.of(key) as usize).map_or(0, |s| *s as usize);
        let (split, told) = match p.given.is_some() {
            true => own_split(p, &names, of_unit, Known::of(&value)?, &mut seen),
            false => (of_unit, Vec::new()),
        };
        let (Some(n), Some(name)) = (seen.counts.get_mut(split), names.get(split)) else { continue };
        *n += 1;
        let verdict = Verdict { split: name.to_string(), told };
        if *name != p.usual || !verdict.told.is_empty() {
            out.put(at, verdict.bytes());
        }
        if seen.first.as_ref().is_none_or(|(first, _)| at < *first) {
            seen.first = Some((at, verdict));
        }
    }
    tell(p, &names, seen, split_of.len(), out);
    Ok(())
}

/// What the rows came to.
#[derive(Default)]
struct Seen {
    /// Rows of each split.
    counts: Vec<u64>,
    /// The first row of the data, and what was decided of it.
    first: Option<(Spot, Verdict)>,
    /// Rows that were given to a declared split.
    given: u64,
    /// Rows that were given to another split than their group.
    apart: u64,
    /// Rows whose value names no split.
    unnamed: u64,
    /// Rows whose value is a split in another spelling.
    misspelt: u64,
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
    let column = p.given.as_deref().unwrap_or_default();
    match names.iter().position(|n| *n == given) {
        Some(split) => {
            seen.given += 1;
            let apart = || {
                let other = names.get(of_unit).copied().unwrap_or_default();
                let say = format!("`{column}` gives it to `{given}` and another sample of its group to `{other}`");
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
    let what = if units as u64 == total { "samples" } else { "groups" };
    let mut empty = Vec::new();
    for (name, n) in names.iter().zip(&seen.counts) {
        out.fact(format!("{name}.samples"), *n);
        out.fact(format!("{name}.share"), share(*n, total));
        let wanted = p.weights.get(*name).is_some_and(|w| *w > 0) || p.given.is_some();
        if *n == 0 && wanted {
            let say = format!("the split `{name}` has 0 samples: there are {units} {what} in all");
            empty.push((format!("split.ratios.{name}"), "split.empty".to_string(), say));
        }
    }
    // units that are given count for no stratum
    if let Some(column) = p.stratify.as_ref().filter(|_| seen.alone > 1 && 2 * seen.alone > units) {
        let say =
            format!("`{column}` parts {units} {what} into {} strata, and {} hold one alone", seen.strata, seen.alone);
        empty.push(("split.stratify".to_string(), "split.strata".to_string(), say));
    }
    if let Some((at, mut verdict)) = seen.first
        && !empty.is_empty()
    {
        verdict.told.extend(empty);
        out.put(at, verdict.bytes());
    }
    if p.given.is_some() {
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

/// Numbers keys that come in order, each as often as it has rows.
#[derive(Default)]
struct Numbers<'h> {
    last: Option<Cow<'h, [u8]>>,
    next: u32,
}

impl<'h> Numbers<'h> {
    fn of(&mut self, key: Cow<'h, [u8]>) -> u32 {
        if self.last.as_ref() != Some(&key) {
            self.last = Some(key);
            self.next += 1;
        }
        self.next - 1
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

type Strata = BTreeMap<Vec<String>, Vec<Unit>>;

/// A unit whose rows are still coming.
struct Coming<'h> {
    key: Cow<'h, [u8]>,
    classes: BTreeSet<String>,
    given: Option<u32>,
    kept: Option<u32>,
}

/// Units by stratum, the union of the classes of a unit's rows; and the split of each unit, as far as it was given.
struct Units {
    strata: Strata,
    split_of: Vec<u32>,
}

fn units(p: &Gather, names: &[&str], hits: &Hits) -> Result<Units, Fault> {
    let mut out = Units { strata: Strata::new(), split_of: Vec::new() };
    let draws = Draws::new(p.seed, "split");
    let mut close = |done: Option<Coming>| {
        let Some(Coming { key, classes, given, kept }) = done else { return };
        let number = out.split_of.len() as u32;
        out.split_of.push(given.unwrap_or(0));
        if given.is_some() {
            return; // it counts for no ratio
        }
        let unit = Unit { rank: draws.of(&String::from_utf8_lossy(&key)), number, kept };
        let classes: Vec<String> = classes.into_iter().collect();
        match out.strata.get_mut(&classes) {
            Some(units) => units.push(unit),
            None => drop(out.strata.insert(classes, vec![unit])),
        }
    };
    let named = |name: Option<String>| Some(names.iter().position(|n| Some(*n) == name.as_deref())? as u32);
    let mut open: Option<Coming> = None;
    for hit in hits.iter() {
        let row = Known::of(&hit.value)?;
        if open.as_ref().is_none_or(|o| o.key != hit.key) {
            close(open.take());
        }
        let start = || Coming { key: hit.key, classes: BTreeSet::new(), given: None, kept: None };
        let of = open.get_or_insert_with(start);
        of.classes.extend(row.classes);
        of.given = of.given.or_else(|| named(row.given));
        of.kept = of.kept.or_else(|| named(row.kept));
    }
    close(open.take());
    Ok(out)
}

/// Cuts the strata. What was kept stays; the others take each split's share in the order of their ranks.
fn place(p: &Gather, names: &[&str], mut strata: Strata, split_of: &mut [u32]) {
    let draws = Draws::new(p.seed, "split stratum");
    let row = |(classes, units): (&Vec<String>, &Vec<Unit>)| {
        let mut kept = vec![0; if units.iter().any(|u| u.kept.is_some()) { names.len() } else { 0 }];
        for split in units.iter().filter_map(|u| u.kept) {
            kept[split as usize] += 1;
        }
        let name = serde_json::to_string(classes).unwrap_or_default();
        Row { total: units.len() as u64, kept, draw: draws.of(&name) }
    };
    let rows: Vec<Row> = strata.iter().map(row).collect();
    let weights: Vec<u64> = p.weights.values().copied().collect();
    let mut free = apportion(&rows, &weights);
    for (units, free) in strata.values_mut().zip(free.chunks_mut(names.len().max(1))) {
        units.sort_unstable_by_key(|u| (u.rank, u.number));
        let mut next = 0;
        for unit in units {
            let split = unit.kept.unwrap_or_else(|| {
                while free.get(next) == Some(&0) {
                    next += 1;
                }
                free.get_mut(next).iter_mut().for_each(|left| **left -= 1);
                next as u32
            });
            if let Some(slot) = split_of.get_mut(unit.number as usize) {
                *slot = split;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::Spot;

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
        let p = Gather { seed: 7, weights, usual: "train".into(), given, ..Gather::default() };
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
    fn a_split_without_a_sample_is_told_at_the_first_row() {
        let out = decide(&RATIOS, false, 2, |i| i, |_| known("a"));
        assert_eq!(
            (out.facts["test.samples"].clone(), told(&out)),
            (Fact::Int(0), vec![(0, "split.empty".to_string())])
        );
        assert_eq!(told(&decide(&[("test", 0), ("train", 1)], false, 2, |i| i, |_| known("a"))), []);
        assert_eq!(told(&decide(&RATIOS, false, 0, |i| i, |_| known("a"))), []);
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
    fn shares_round_half_up() {
        assert_eq!(share(1, 3), Fact::Decimal("0.3333".into()));
        assert_eq!(share(2, 3), Fact::Decimal("0.6667".into()));
        assert_eq!(share(3, 3), Fact::Decimal("1.0000".into()));
    }
}

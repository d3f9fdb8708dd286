//! Shares of a ranking: units of a stratum in the order of a number drawn for (seed, unit), cut by largest remainder.
use crate::digest::Draws;
use crate::measure::apportion::largest_remainder;
use crate::stage::{Fact, Hit, Hits, Verdicts, is_default};
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
}

const SEPARATOR: char = '\u{1f}';

/// A row's stratum and its kept split as bytes.
pub fn encode(classes: &[String], kept: Option<&str>) -> Vec<u8> {
    format!("{}\u{1e}{}", classes.join(&SEPARATOR.to_string()), kept.unwrap_or_default()).into_bytes()
}

fn decode(value: &[u8]) -> (Vec<String>, String) {
    let text = String::from_utf8_lossy(value);
    let (classes, kept) = text.split_once('\u{1e}').unwrap_or((&text, ""));
    (classes.split(SEPARATOR).filter(|c| !c.is_empty()).map(Into::into).collect(), kept.to_string())
}

/// What is held of a unit: its rank, its number in the order of names, and where it was kept; no name, no rows.
struct Unit {
    rank: u64,
    number: u32,
    kept: Option<u16>,
}

/// Decides for every unit, and tells rows that are not in the usual split.
pub fn assign(p: &Gather, hits: &Hits, out: &mut Verdicts) {
    let names: Vec<&str> = p.weights.keys().map(String::as_str).collect();
    let (strata, units) = strata(p, &names, hits);
    let mut split_of: Vec<u16> = vec![0; units];
    for units in pool(strata, names.len()).into_values() {
        place(p, &names, units, &mut split_of);
    }
    let mut counts = vec![0u64; names.len()];
    let mut number = Numbers::default();
    for Hit { key, at, .. } in hits.iter() {
        let split = split_of.get(number.of(key) as usize).map_or(0, |s| usize::from(*s));
        let (Some(n), Some(name)) = (counts.get_mut(split), names.get(split)) else { continue };
        *n += 1;
        if *name != p.usual {
            out.put(at, name);
        }
    }
    let total: u64 = counts.iter().sum();
    for (name, n) in names.into_iter().zip(counts) {
        out.fact(format!("{name}.samples"), n);
        out.fact(format!("{name}.share"), share(n, total));
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
    kept: Option<u16>,
}

/// Units by stratum, the union of the classes of a unit's rows; and how many there are.
fn strata(p: &Gather, names: &[&str], hits: &Hits) -> (Strata, usize) {
    let (mut strata, mut n) = (Strata::new(), 0u32);
    let draws = Draws::new(p.seed, "split");
    let mut close = |done: Option<Coming>| {
        let Some(Coming { key, classes, kept }) = done else { return };
        let rank = draws.of(&String::from_utf8_lossy(&key));
        let classes: Vec<String> = classes.into_iter().collect();
        let unit = Unit { rank, number: n, kept };
        n += 1;
        match strata.get_mut(&classes) {
            Some(units) => units.push(unit),
            None => drop(strata.insert(classes, vec![unit])),
        }
    };
    let mut open: Option<Coming> = None;
    for hit in hits.iter() {
        let (classes, kept) = decode(&hit.value);
        if open.as_ref().is_none_or(|o| o.key != hit.key) {
            close(open.take());
        }
        let of = open.get_or_insert_with(|| Coming { key: hit.key, classes: BTreeSet::new(), kept: None });
        of.classes.extend(classes);
        if of.kept.is_none() {
            of.kept = names.iter().position(|n| *n == kept).map(|i| i as u16);
        }
    }
    close(open.take());
    (strata, n as usize)
}

/// Strata with fewer units than there are splits go together.
fn pool(strata: Strata, splits: usize) -> BTreeMap<Option<Vec<String>>, Vec<Unit>> {
    let mut out: BTreeMap<Option<Vec<String>>, Vec<Unit>> = BTreeMap::new();
    for (classes, units) in strata {
        let name = (units.len() >= splits).then_some(classes);
        out.entry(name).or_default().extend(units);
    }
    out
}

/// Cuts one stratum. What was kept stays; the others fill each split's quota in rank order.
fn place(p: &Gather, names: &[&str], mut units: Vec<Unit>, split_of: &mut [u16]) {
    units.sort_unstable_by_key(|u| (u.rank, u.number));
    let weights: Vec<(String, u128)> = p.weights.iter().map(|(n, w)| (n.clone(), u128::from(*w))).collect();
    let mut free: Vec<u64> = largest_remainder(units.len() as u64, &weights);
    for (split, quota) in free.iter_mut().enumerate() {
        let kept = units.iter().filter(|u| u.kept.map(usize::from) == Some(split)).count() as u64;
        *quota = quota.saturating_sub(kept);
    }
    let usual = names.iter().position(|n| *n == p.usual).unwrap_or(0);
    let mut next = 0;
    for unit in units {
        let split = unit.kept.map(usize::from).unwrap_or_else(|| {
            while free.get(next) == Some(&0) {
                next += 1;
            }
            match free.get_mut(next) {
                Some(left) => {
                    *left -= 1;
                    next
                }
                None => usual,
            }
        });
        if let Some(slot) = split_of.get_mut(unit.number as usize) {
            *slot = split as u16;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::Spot;

    fn run(n: u32, kept: impl Fn(u32) -> Option<&'static str>) -> BTreeMap<u32, String> {
        let weights = [("test".to_string(), 2), ("train".to_string(), 8)].into();
        let p = Gather { seed: 7, weights, usual: "train".into() };
        let hits: Vec<Hit> = (0..n)
            .map(|i| Hit {
                key: format!("s{i:04}").into_bytes().into(),
                value: encode(&[if i % 3 == 0 { "a".into() } else { "b".into() }], kept(i)).into(),
                at: Spot::plain(0, i),
            })
            .collect();
        let again = || -> Box<dyn Iterator<Item = Hit>> { Box::new(hits.iter().cloned()) };
        let mut out = Verdicts::default();
        assign(&p, &Hits(&again), &mut out);
        let slice = out.slice(0);
        slice.rows.into_iter().map(|(r, s)| (r, String::from_utf8(s).unwrap())).collect()
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

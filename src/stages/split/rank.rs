//! Shares of a ranking: units of a stratum in the order of a number drawn for (seed, unit), cut by largest remainder.
use super::Shares;
use crate::digest::draw;
use crate::measure::apportion::largest_remainder;
use crate::stage::{Fact, Hit, Hits, Verdicts};
use std::collections::{BTreeMap, BTreeSet};

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

/// What is held of a unit while strata are made: its number and where it was kept, no rows.
struct Unit {
    rank: u64,
    name: String,
    kept: Option<String>,
}

/// Decides for every unit, and tells rows that are not in the usual split.
pub fn assign(p: &Shares, hits: &Hits, out: &mut Verdicts) {
    let strata = pool(strata(p, hits), p.weights.len());
    let mut split_of: BTreeMap<String, String> = BTreeMap::new();
    for units in strata.into_values() {
        place(p, units, &mut split_of);
    }
    let mut counts: BTreeMap<&str, u64> = p.weights.keys().map(|n| (n.as_str(), 0)).collect();
    for Hit { key, at, .. } in hits.iter() {
        let unit = String::from_utf8_lossy(&key);
        let Some(split) = split_of.get(unit.as_ref()) else { continue };
        if let Some(n) = counts.get_mut(split.as_str()) {
            *n += 1;
        }
        if *split != p.usual {
            out.put(at, split);
        }
    }
    let total: u64 = counts.values().sum();
    for (name, n) in counts {
        out.fact(format!("{name}.samples"), n);
        out.fact(format!("{name}.share"), share(n, total));
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

/// Units by stratum: the union of the classes of a unit's rows.
fn strata(p: &Shares, hits: &Hits) -> BTreeMap<Vec<String>, Vec<Unit>> {
    let mut strata: BTreeMap<Vec<String>, Vec<Unit>> = BTreeMap::new();
    let mut open: Option<(Vec<u8>, BTreeSet<String>, Option<String>)> = None;
    let mut close = |done: Option<(Vec<u8>, BTreeSet<String>, Option<String>)>| {
        if let Some((key, classes, kept)) = done {
            let name = String::from_utf8_lossy(&key).into_owned();
            let unit = Unit { rank: draw(p.seed, "split", &name), name, kept };
            strata.entry(classes.into_iter().collect()).or_default().push(unit);
        }
    };
    for hit in hits.iter() {
        if open.as_ref().is_none_or(|o| o.0 != hit.key) {
            close(open.take());
            open = Some((hit.key.clone(), BTreeSet::new(), None));
        }
        let (classes, kept) = decode(&hit.value);
        if let Some((_, all, first)) = &mut open {
            all.extend(classes);
            if first.is_none() && p.weights.contains_key(&kept) {
                *first = Some(kept);
            }
        }
    }
    close(open.take());
    strata
}

/// Strata with fewer units than there are splits go together.
fn pool(strata: BTreeMap<Vec<String>, Vec<Unit>>, splits: usize) -> BTreeMap<Option<Vec<String>>, Vec<Unit>> {
    let mut out: BTreeMap<Option<Vec<String>>, Vec<Unit>> = BTreeMap::new();
    for (classes, units) in strata {
        let name = (units.len() >= splits).then_some(classes);
        out.entry(name).or_default().extend(units);
    }
    out
}

/// Cuts one stratum. What was kept stays; the others fill each split's quota in rank order.
fn place(p: &Shares, mut units: Vec<Unit>, split_of: &mut BTreeMap<String, String>) {
    units.sort_by(|a, b| (a.rank, &a.name).cmp(&(b.rank, &b.name)));
    let weights: Vec<(String, u128)> = p.weights.iter().map(|(n, w)| (n.clone(), u128::from(*w))).collect();
    let mut free: BTreeMap<&str, u64> = BTreeMap::new();
    for ((name, _), quota) in weights.iter().zip(largest_remainder(units.len() as u64, &weights)) {
        let kept = units.iter().filter(|u| u.kept.as_deref() == Some(name)).count() as u64;
        free.insert(name, quota.saturating_sub(kept));
    }
    let mut names = weights.iter().map(|w| w.0.as_str()).peekable();
    for unit in units {
        if let Some(kept) = unit.kept {
            split_of.insert(unit.name, kept);
            continue;
        }
        while names.peek().is_some_and(|n| free.get(n).copied().unwrap_or(0) == 0) {
            names.next();
        }
        let name = names.peek().copied().unwrap_or(&p.usual);
        if let Some(left) = free.get_mut(name) {
            *left = left.saturating_sub(1);
        }
        split_of.insert(unit.name, name.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::Spot;

    fn run(n: u32, kept: impl Fn(u32) -> Option<&'static str>) -> BTreeMap<u32, String> {
        let weights = [("test".to_string(), 2), ("train".to_string(), 8)].into();
        let p = Shares { seed: 7, weights, usual: "train".into() };
        let hits: Vec<Hit> = (0..n)
            .map(|i| Hit {
                key: format!("s{i:04}").into_bytes(),
                value: encode(&[if i % 3 == 0 { "a".into() } else { "b".into() }], kept(i)),
                at: Spot { part: 0, row: i },
            })
            .collect();
        let again = || -> Box<dyn Iterator<Item = Hit>> { Box::new(hits.clone().into_iter()) };
        let mut out = Verdicts::default();
        assign(&p, &Hits(&again), &mut out);
        let slice = out.slices.remove(&0).unwrap_or_default();
        slice.into_iter().map(|(r, s)| (r, String::from_utf8(s).unwrap())).collect()
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

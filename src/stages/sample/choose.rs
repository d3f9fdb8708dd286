//! Decides which samples are chosen, and what each weighs.
use super::declaration::UNIT;
use crate::digest::Draws;
use crate::measure::apportion::largest_remainder;
use crate::measure::quotas::{power, quotas, waiting};
use crate::stage::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How samples are chosen.
#[derive(Serialize, Deserialize, Default)]
pub struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    pub seed: u64,
    /// The key path of the table.
    #[serde(default, skip_serializing_if = "is_default")]
    pub path: String,
    /// With `[privacy]` no value of the data is told.
    #[serde(default, skip_serializing_if = "is_default")]
    pub private: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub size: Option<u64>,
    /// In millionths.
    #[serde(default, skip_serializing_if = "is_default")]
    pub share: Option<u64>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub way: Way,
    /// How many samples of one group are chosen at most; 0 for any number.
    #[serde(default, skip_serializing_if = "is_default")]
    pub cap: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    pub weighted: bool,
}

/// What the strata get.
#[derive(Serialize, Deserialize, Default, Clone, Debug, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// There are none.
    #[default]
    Whole,
    /// As many each.
    Equal,
    /// In proportion to what they have.
    Proportional,
    /// In proportion to what they have to a power, in millionths.
    Power(u64),
    /// By weights, in millionths.
    Declared(BTreeMap<String, u64>),
}

/// What is known of a sample.
#[derive(Serialize, Deserialize, Default)]
pub struct Known {
    /// No release of what is chosen would hold it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unreleased: bool,
    /// The strata that it may stand for; `None` where its column has no value.
    #[serde(default, skip_serializing_if = "is_default")]
    pub strata: Option<Vec<String>>,
    /// The value that `cap` counts.
    #[serde(default, skip_serializing_if = "is_default")]
    pub group: Option<String>,
    /// The number that it is drawn by, if samples are.
    #[serde(default, skip_serializing_if = "is_default")]
    pub drawn: Option<f64>,
    /// The classes that it is weighed by.
    #[serde(default, skip_serializing_if = "is_default")]
    pub classes: Vec<String>,
}

impl Known {
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    fn of(bytes: &[u8]) -> Result<Known, Fault> {
        serde_json::from_slice(bytes).map_err(|e| Fault::Bug(e.to_string()))
    }
}

/// Names with numbers, as they come.
#[derive(Default)]
struct Names(BTreeMap<String, u32>);

impl Names {
    fn number(&mut self, name: String) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry(name).or_insert(next)
    }
}

/// A sample that may be chosen.
struct Candidate {
    rank: u64,
    at: Spot,
    /// By number; those that its column names, before one of them is settled on.
    strata: Vec<u32>,
    group: Option<u32>,
    classes: Vec<u32>,
}

pub fn choose(p: &Gather, hits: &Hits, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
    let (mut strata, mut groups, mut classes) = (Names::default(), Names::default(), Names::default());
    let mut candidates = Vec::new();
    let (mut without, mut unreleased, draws) = (0u64, 0u64, Draws::new(p.seed, "sample"));
    for (n, hit) in hits.iter().enumerate() {
        if n.is_multiple_of(1024) {
            context.tools.go_on()?;
        }
        let known = Known::of(&hit.value)?;
        if known.unreleased {
            unreleased += 1;
            continue;
        }
        let own = match (known.strata, &p.way) {
            (Some(names), _) => names,
            (None, Way::Equal | Way::Power(_) | Way::Declared(_)) => {
                without += 1;
                continue;
            }
            (None, Way::Whole | Way::Proportional) => vec![String::new()],
        };
        let rank = draws.of(&String::from_utf8_lossy(&hit.key));
        let rank = match known.drawn {
            None => rank,
            Some(weight) if weight > 0.0 => waiting(rank, weight),
            Some(_) => {
                without += 1;
                continue;
            }
        };
        candidates.push(Candidate {
            rank,
            at: hit.at,
            strata: own.into_iter().map(|name| strata.number(name)).collect(),
            group: known.group.map(|name| groups.number(name)),
            classes: known.classes.into_iter().map(|name| classes.number(name)).collect(),
        });
    }
    let total = candidates.len() as u64 + without;
    // equal numbers are as good as never drawn; then the order of the data decides
    candidates.sort_unstable_by_key(|c| (c.rank, c.at));
    let before = frequencies(&candidates, p, strata.0.len().max(classes.0.len()));
    let capped = cap(p, groups.0.len(), &mut candidates);
    let chosen = of_strata(p, &strata, candidates, total, out);
    tell(p, &chosen, before, strata.0.len().max(classes.0.len()), out);
    out.fact("of", total);
    out.fact("capped", capped);
    out.fact("without", without);
    out.fact("unreleased", unreleased);
    Ok(())
}

/// Leaves out what is too many of a group, and tells how many that are.
fn cap(p: &Gather, groups: usize, candidates: &mut Vec<Candidate>) -> u64 {
    if p.cap == 0 {
        return 0;
    }
    let (all, mut seen) = (candidates.len(), vec![0u64; groups]);
    candidates.retain(|c| match c.group.and_then(|group| seen.get_mut(group as usize)) {
        Some(n) => {
            *n += 1;
            *n <= p.cap
        }
        None => true,
    });
    (all - candidates.len()) as u64
}

/// Takes from each stratum what it is to give, in the order of what was drawn.
fn of_strata(p: &Gather, names: &Names, candidates: Vec<Candidate>, total: u64, out: &mut Verdicts) -> Vec<Candidate> {
    let mut by_name: Vec<(&String, u32)> = names.0.iter().map(|(name, number)| (name, *number)).collect();
    by_name.sort_unstable();
    // the place of each stratum in the order of the names, which does not depend on the order of the data
    let mut place = vec![0usize; by_name.len()];
    by_name
        .iter()
        .enumerate()
        .for_each(|(at, (_, number))| place.get_mut(*number as usize).iter_mut().for_each(|p| **p = at));
    let place_of = |number: &u32| place.get(*number as usize).copied().unwrap_or(0);
    let mut any = vec![0u64; by_name.len()];
    for stratum in candidates.iter().flat_map(|c| &c.strata) {
        any.get_mut(place_of(stratum)).iter_mut().for_each(|n| **n += 1);
    }
    let rarest = |c: &Candidate| {
        c.strata.iter().map(place_of).min_by_key(|at| (any.get(*at).copied().unwrap_or(0), *at)).unwrap_or(0)
    };
    let own: Vec<usize> = candidates.iter().map(rarest).collect();
    let mut room = vec![0u64; by_name.len()];
    own.iter().for_each(|at| room.get_mut(*at).iter_mut().for_each(|n| **n += 1));
    let weights: Vec<u64> = by_name.iter().zip(&room).map(|((name, _), n)| weight(&p.way, name, *n)).collect();
    let all = room.iter().sum::<u64>();
    let wanted = match (p.size, p.share) {
        (Some(size), _) => size,
        (None, Some(share)) => ((u128::from(total) * u128::from(share) * 2 / u128::from(UNIT)).div_ceil(2)) as u64,
        (None, None) if p.way == Way::Equal => {
            let least = room.iter().filter(|n| **n > 0).min().copied().unwrap_or(0);
            least * room.iter().filter(|n| **n > 0).count() as u64
        }
        (None, None) => all,
    };
    let mut seats = quotas(wanted, &weights, &room);
    let named: Vec<&String> = by_name.iter().map(|(name, _)| *name).collect();
    tell_mix(p, &named, &largest_remainder(wanted, &weights), &seats, out);
    let mut take = |at: &usize| match seats.get_mut(*at) {
        Some(left) if *left > 0 => {
            *left -= 1;
            true
        }
        _ => false,
    };
    let taken: Vec<bool> = own.iter().map(&mut take).collect();
    candidates.into_iter().zip(taken).filter_map(|(candidate, taken)| taken.then_some(candidate)).collect()
}

/// Tells where a mix is not what was declared: values with fewer samples than their share, and weights that meet nothing.
fn tell_mix(p: &Gather, names: &[&String], shares: &[u64], seats: &[u64], out: &mut Verdicts) {
    let key = format!("{}.mix", p.path);
    if !matches!(p.way, Way::Power(_) | Way::Declared(_)) {
        return;
    }
    for ((name, share), seats) in names.iter().zip(shares).zip(seats).filter(|((_, share), seats)| seats < share) {
        // what the manifest names may be told, what only the data has may not
        let declared = matches!(&p.way, Way::Declared(weights) if weights.contains_key(*name));
        let name = if declared || !p.private { format!("`{name}`") } else { "a value".to_string() };
        let say = format!("{name} has {seats} samples where its share is {share}: others take its place");
        out.remark(key.clone(), "sample.short", say);
    }
    if let Way::Declared(weights) = &p.way {
        for name in weights.keys().filter(|name| !names.contains(name)) {
            out.remark(format!("{key}.weights.{name}"), "sample.unmet", format!("no sample has the value `{name}`"));
        }
    }
}

/// What a stratum of so many samples weighs.
fn weight(way: &Way, name: &str, n: u64) -> u64 {
    match way {
        Way::Whole | Way::Proportional => n,
        Way::Equal => 1,
        Way::Power(alpha) => power(n, *alpha),
        Way::Declared(weights) => weights.get(name).copied().unwrap_or(0),
    }
}

/// How often each class stands there: those that samples are weighed by, else their strata.
fn frequencies(candidates: &[Candidate], p: &Gather, n: usize) -> Vec<u64> {
    let mut out = vec![0; n];
    for class in candidates.iter().flat_map(|c| if p.weighted { &c.classes } else { &c.strata }) {
        out.get_mut(*class as usize).iter_mut().for_each(|n| **n += 1);
    }
    out
}

/// The chosen samples with their weights, and facts.
fn tell(p: &Gather, chosen: &[Candidate], before: Vec<u64>, n: usize, out: &mut Verdicts) {
    let after = frequencies(chosen, p, n);
    let all: u64 = after.iter().sum();
    let there = after.iter().filter(|n| **n > 0).count() as f64;
    for candidate in chosen {
        let of = |class: &u32| Some(all as f64 / (there * *after.get(*class as usize)? as f64));
        let own: Vec<f64> = candidate.classes.iter().filter_map(of).collect();
        match p.weighted {
            // a sample without a class is drawn as often as one of a class that is neither rare nor frequent
            true if own.is_empty() => out.put(candidate.at, 1f64.to_le_bytes()),
            true => out.put(candidate.at, (own.iter().sum::<f64>() / own.len() as f64).to_le_bytes()),
            false => out.put(candidate.at, []),
        }
    }
    out.fact("samples", chosen.len() as u64);
    if p.weighted || p.way == Way::Equal {
        out.fact("imbalance.before", imbalance(&before, &before));
        out.fact("imbalance.after", imbalance(&before, &after));
    }
}

/// The most frequent class against the rarest, of those that were there before.
fn imbalance(there: &[u64], counts: &[u64]) -> Fact {
    let own = || there.iter().zip(counts).filter(|(there, _)| **there > 0).map(|(_, n)| *n);
    match (own().max(), own().min()) {
        (Some(_), Some(0)) => Fact::Undefined("a class is gone".into()),
        (Some(most), Some(least)) => {
            let hundredths = (u128::from(most) * 200 / u128::from(least)).div_ceil(2);
            Fact::Decimal(format!("{}.{:02}", hundredths / 100, hundredths % 100))
        }
        _ => Fact::Undefined("there are no classes".into()),
    }
}

//! Who is given which samples, so that agreement can be measured: some samples go to several annotators, and the work is even.
use crate::cli::warn;
use crate::digest::draw;
use crate::manifest::Decimal;
use crate::report::terminal::plural;
use std::str::FromStr;

/// How much is labelled several times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Overlap {
    /// So many annotators answer each sample.
    Each(u32),
    /// So much of the samples, in thousandths, is answered by all annotators, and the rest by one.
    Share(u32),
}

impl FromStr for Overlap {
    type Err = String;

    fn from_str(text: &str) -> Result<Overlap, String> {
        let wrong = || format!("`{text}` is neither a number of annotators nor a share: `2`, `20%`");
        match text.strip_suffix('%') {
            Some(percent) => {
                let share = Decimal::parse(percent.trim()).ok().and_then(|d| d.numerator_over(1)).ok_or_else(wrong)?;
                let share = u32::try_from(share).ok().filter(|share| (1..=1000).contains(share));
                share.map(Overlap::Share).ok_or_else(wrong)
            }
            None => text.parse().ok().filter(|n| *n > 0).map(Overlap::Each).ok_or_else(wrong),
        }
    }
}

impl Overlap {
    /// Tells where each sample shall be answered by more annotators than there are.
    pub fn tell_capped(self, annotators: usize) {
        if let Overlap::Each(n) = self
            && n as usize > annotators
        {
            let there = plural(annotators as u64, "annotator");
            warn(&format!("tamis: --overlap {n} asks for more than there are: each sample goes to {there}\n"));
        }
    }
}

/// Who answers what.
#[derive(Debug, PartialEq)]
pub struct Shares {
    /// The places of the samples that each annotator is given, in their order.
    pub of: Vec<Vec<usize>>,
    /// Samples that several annotators answer.
    pub shared: usize,
    /// The fewest samples that two annotators have in common, gold samples apart.
    pub pair_least: usize,
}

/// Gives samples to annotators. Those of `gold` go to all of them. The same ids give the same shares, in whatever order they come.
pub fn shares(ids: &[&str], gold: &[bool], annotators: usize, overlap: Overlap) -> Shares {
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_by_key(|i| ids.get(*i).map(|id| (draw(0, "label shares", id), *id)));
    let is_gold = |i: usize| gold.get(i).copied().unwrap_or(false);
    let plain: Vec<usize> = order.iter().copied().filter(|i| !is_gold(*i)).collect();
    let all = annotators.max(1);
    let many = match overlap {
        Overlap::Each(_) => plain.len(),
        Overlap::Share(share) => (plain.len() * share as usize).div_ceil(1000).min(plain.len()),
    };
    let times = match overlap {
        Overlap::Each(n) => (n as usize).min(all),
        Overlap::Share(_) => all,
    };
    let mut of: Vec<Vec<usize>> = vec![Vec::new(); all];
    let mut pairs = vec![vec![0usize; all]; all];
    for (n, place) in plain.iter().enumerate() {
        let own = chosen(&of, &pairs, if n < many { times } else { 1 });
        for a in &own {
            for b in own.iter().filter(|b| *b != a) {
                pairs.get_mut(*a).and_then(|row| row.get_mut(*b)).into_iter().for_each(|n| *n += 1);
            }
            of.get_mut(*a).into_iter().for_each(|own| own.push(*place));
        }
    }
    for place in order.iter().copied().filter(|i| is_gold(*i)) {
        of.iter_mut().for_each(|own| own.push(place));
    }
    of.iter_mut().for_each(|own| own.sort_unstable());
    let in_common = pairs.iter().enumerate().flat_map(|(a, row)| row.iter().skip(a + 1)).copied().min();
    Shares { of, shared: if times > 1 { many } else { 0 }, pair_least: in_common.unwrap_or(0) }
}

/// The annotators of a sample: who has least to do, then whoever has least in common with those chosen before.
fn chosen(of: &[Vec<usize>], pairs: &[Vec<usize>], times: usize) -> Vec<usize> {
    let mut own: Vec<usize> = Vec::new();
    let least = of.iter().map(Vec::len).min().unwrap_or(0);
    while own.len() < times {
        let common = |a: usize| -> usize { own.iter().filter_map(|b| pairs.get(a)?.get(*b)).sum() };
        let load = |a: usize| of.get(a).map_or(0, Vec::len);
        // nobody runs ahead of the others by more than two samples
        let key = |a: &usize| (load(*a) > least + 2, if own.is_empty() { load(*a) } else { common(*a) }, load(*a), *a);
        let next = (0..of.len()).filter(|a| !own.contains(a)).min_by_key(key);
        let Some(next) = next else { break };
        own.push(next);
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(n: usize) -> Vec<String> {
        (0..n).map(|i| format!("s{i:04}")).collect()
    }

    fn given(n: usize, annotators: usize, overlap: Overlap) -> Shares {
        let ids = ids(n);
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        shares(&ids, &[], annotators, overlap)
    }

    #[test]
    fn each_sample_goes_to_so_many_and_every_pair_meets() {
        for (n, annotators, times) in [(100, 3, 2), (300, 5, 2), (300, 7, 3), (1000, 12, 2), (50, 2, 2)] {
            let got = given(n, annotators, Overlap::Each(times));
            let loads: Vec<usize> = got.of.iter().map(Vec::len).collect();
            assert_eq!(loads.iter().sum::<usize>(), n * times as usize);
            assert!(loads.iter().max().unwrap() - loads.iter().min().unwrap() <= 4, "{loads:?}");
            let even = n * (times * (times - 1)) as usize / (annotators * (annotators - 1));
            assert!(got.pair_least * 3 >= even * 2, "{n} {annotators} {times}: {} of {even}", got.pair_least);
            assert!((0..n).all(|s| got.of.iter().filter(|own| own.contains(&s)).count() == times as usize));
        }
    }

    #[test]
    fn a_share_goes_to_all_and_gold_to_everybody() {
        let got = given(1000, 4, Overlap::Share(200));
        assert_eq!((got.shared, got.pair_least), (200, 200));
        assert!(got.of.iter().all(|own| own.len() == 400 && own.is_sorted()));
        let ids = ids(10);
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let gold: Vec<bool> = (0..10).map(|i| i == 3).collect();
        let got = shares(&ids, &gold, 3, Overlap::Each(1));
        assert!(got.of.iter().all(|own| own.contains(&3)));
        assert_eq!((got.of.iter().map(Vec::len).sum::<usize>(), got.shared, got.pair_least), (12, 0, 0));
        assert_eq!(given(5, 1, Overlap::Each(9)).of, [[0, 1, 2, 3, 4]]);
        assert!(given(0, 3, Overlap::Share(1000)).of.iter().all(Vec::is_empty));
    }

    #[test]
    fn the_same_ids_give_the_same_shares_in_any_order() {
        let ids = ids(40);
        let forth: Vec<&str> = ids.iter().map(String::as_str).collect();
        let back: Vec<&str> = forth.iter().rev().copied().collect();
        let names = |ids: &[&str]| -> Vec<Vec<String>> {
            let of = shares(ids, &[], 3, Overlap::Each(2)).of;
            let own = |own: Vec<usize>| own.into_iter().map(|i| ids[i].to_string()).collect::<Vec<_>>();
            of.into_iter()
                .map(own)
                .map(|mut own| {
                    own.sort();
                    own
                })
                .collect()
        };
        assert_eq!(names(&forth), names(&back));
    }

    #[test]
    fn words_for_overlap() {
        let read = |text: &str| text.parse::<Overlap>();
        assert_eq!(
            (read("2"), read("20%"), read("12.5 %")),
            (Ok(Overlap::Each(2)), Ok(Overlap::Share(200)), Ok(Overlap::Share(125)))
        );
        assert!(["0", "0%", "101%", "x", "-1", "0.01%", ""].iter().all(|text| read(text).is_err()));
    }
}

//! Which sets are alike: all that have a Jaccard similarity of at least a threshold with one that stays, found exactly.
//!
//! Two sets of so many members can only be that similar if they share one of the first few in any order that is the same
//! for all sets (the prefix filter; Chaudhuri, Ganti and Kaushik 2006, Bayardo, Ma and Srikant 2007). With rare members
//! first, most sets share none of them and are looked at no further. The others are compared member by member, so no
//! pair is missed and none is taken for what it is not. The order needs no exact counts: they are kept by hash,
//! one byte each, and ties are broken by the members themselves.
use super::disjoint::Disjoint;
use std::cmp::Ordering;
use std::collections::HashMap;

/// The least similarity, a fraction above 0 and at most 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold {
    pub num: u64,
    pub den: u64,
}

/// How similar two sets are: the members that they share, and all that they have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jaccard {
    pub shared: u64,
    pub all: u64,
}

impl PartialOrd for Jaccard {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let product = |a: u64, b: u64| u128::from(a) * u128::from(b);
        Some(product(self.shared, other.all).cmp(&product(other.shared, self.all)))
    }
}

impl Jaccard {
    /// In thousandths, rounded down.
    pub fn thousandths(&self) -> u64 {
        (u128::from(self.shared) * 1000 / u128::from(self.all.max(1))) as u64
    }
}

impl Threshold {
    /// Whether two sets of these sizes may be similar at all.
    fn may(&self, a: usize, b: usize) -> bool {
        let (small, large) = (a.min(b) as u128, a.max(b) as u128);
        small * u128::from(self.den) >= large * u128::from(self.num)
    }

    /// How many members two sets of these sizes must share.
    fn least_shared(&self, a: usize, b: usize) -> usize {
        let (num, den) = (u128::from(self.num), u128::from(self.den));
        ((a + b) as u128 * num).div_ceil(num + den) as usize
    }

    /// How many members of a set must be looked at: a similar set has one of them, too, among its own so many.
    pub fn prefix(&self, len: usize) -> usize {
        let shared = (len as u128 * u128::from(self.num)).div_ceil(u128::from(self.den)) as usize;
        (len + 1).saturating_sub(shared.max(1))
    }

    /// The similarity of two ascending sets, if it reaches the threshold.
    pub fn reached(&self, a: &[u64], b: &[u64]) -> Option<Jaccard> {
        let least = self.least_shared(a.len(), b.len());
        let (mut i, mut j, mut shared) = (0, 0, 0usize);
        while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
            match x.cmp(y) {
                Ordering::Less => i += 1,
                Ordering::Greater => j += 1,
                Ordering::Equal => (i, j, shared) = (i + 1, j + 1, shared + 1),
            }
            if shared + (a.len() - i).min(b.len() - j) < least {
                return None;
            }
        }
        let all = a.len() + b.len() - shared;
        let alike = shared as u128 * u128::from(self.den) >= all as u128 * u128::from(self.num);
        (alike && shared > 0).then_some(Jaccard { shared: shared as u64, all: all as u64 })
    }
}

/// How often each member stands in all sets together: kept by hash, so that it may be told too high, never too low.
pub struct Counts(Vec<u8>);

impl Counts {
    /// For so many members of all sets together; at most 256 MiB.
    pub fn of(members: u64) -> Counts {
        Counts(vec![0; members.saturating_mul(4).clamp(1 << 10, 1 << 28).next_power_of_two() as usize])
    }

    fn place(&self, member: u64) -> usize {
        member as usize & (self.0.len() - 1)
    }

    pub fn add(&mut self, member: u64) {
        let at = self.place(member);
        if let Some(count) = self.0.get_mut(at) {
            *count = count.saturating_add(1);
        }
    }

    fn get(&self, member: u64) -> u8 {
        self.0.get(self.place(member)).copied().unwrap_or(u8::MAX)
    }

    /// The rarest members of a set, as many as the threshold asks for, without those that no other set has.
    fn telling(&self, set: &[u64], threshold: Threshold) -> Vec<u64> {
        let n = threshold.prefix(set.len());
        let mut ranked: Vec<(u8, u64)> = set.iter().map(|member| (self.get(*member), *member)).collect();
        if n < ranked.len() {
            ranked.select_nth_unstable(n);
        }
        let first = ranked.into_iter().take(n).filter(|(count, _)| *count > 1);
        first.map(|(_, member)| member).collect()
    }
}

/// Sets that share rare members with others, found one by one.
pub struct Index<'c> {
    counts: &'c Counts,
    threshold: Threshold,
    /// A member and the number of a set that has it.
    postings: Vec<(u64, u32)>,
    sets: u32,
}

/// The sets that share a rare member with another: for each of them, the numbers of its groups.
pub struct Groups {
    of: HashMap<u32, Vec<u32>>,
    groups: usize,
}

impl<'c> Index<'c> {
    pub fn new(counts: &'c Counts, threshold: Threshold) -> Index<'c> {
        Index { counts, threshold, postings: Vec::new(), sets: 0 }
    }

    /// Takes the next set; sets are numbered from 0 in the order in which they come.
    pub fn add(&mut self, set: &[u64]) {
        let number = self.sets;
        self.sets += 1;
        self.postings.extend(self.counts.telling(set, self.threshold).into_iter().map(|member| (member, number)));
    }

    pub fn groups(mut self) -> Groups {
        self.postings.sort_unstable();
        let mut of: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut groups = 0;
        for group in self.postings.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
            group.iter().for_each(|(_, set)| of.entry(*set).or_default().push(groups));
            groups += 1;
        }
        Groups { of, groups: groups as usize }
    }
}

impl Groups {
    /// Whether a set may be similar to another.
    pub fn has(&self, set: u32) -> bool {
        self.of.contains_key(&set)
    }

    /// Goes through sets in the order of preference and lets each stay that is not similar to one which stays already.
    /// Tells of each other set which of the `sets` it is most similar to, of equals the one that is preferred. The numbers
    /// that are told are places in `sets`, each of which is the number of a set and the set itself.
    pub fn settle(&self, sets: &[(u32, Vec<u64>)], threshold: Threshold, mut gone: impl FnMut(usize, usize, Jaccard)) {
        let mut kept: Vec<Vec<u32>> = vec![Vec::new(); self.groups];
        let mut compared = vec![u32::MAX; sets.len()];
        for (place, (number, set)) in sets.iter().enumerate() {
            let own = self.of.get(number).map(Vec::as_slice).unwrap_or_default();
            let mut best: Option<(usize, Jaccard)> = None;
            for other in own.iter().filter_map(|group| kept.get(*group as usize)).flatten() {
                let other = *other as usize;
                let fresh = compared.get_mut(other).filter(|last| **last != place as u32);
                let Some(((_, rival), last)) = sets.get(other).zip(fresh) else { continue };
                *last = place as u32;
                let near = threshold.may(set.len(), rival.len()).then(|| threshold.reached(set, rival)).flatten();
                let is_better =
                    |near: &Jaccard| best.is_none_or(|(held, most)| *near > most || (*near == most && other < held));
                if let Some(near) = near.filter(is_better) {
                    best = Some((other, near));
                }
            }
            match best {
                Some((other, near)) => gone(place, other, near),
                None => own.iter().for_each(|group| {
                    if let Some(kept) = kept.get_mut(*group as usize) {
                        kept.push(place as u32);
                    }
                }),
            }
        }
    }

    /// Which sets hang together: two do that are similar, and so do all that are similar to one of those. Gives for each of
    /// the `sets`, as [`Groups::settle`] takes them, the first place among those that it hangs together with.
    pub fn linked(&self, sets: &[(u32, Vec<u64>)], threshold: Threshold) -> Vec<usize> {
        let mut seen: Vec<Vec<u32>> = vec![Vec::new(); self.groups];
        let mut joined = Disjoint::new(sets.len());
        for (place, (number, set)) in sets.iter().enumerate() {
            let own = self.of.get(number).map(Vec::as_slice).unwrap_or_default();
            for other in own.iter().filter_map(|group| seen.get(*group as usize)).flatten() {
                let other = *other as usize;
                let Some((_, rival)) = sets.get(other) else { continue };
                // what hangs together already need not be compared
                let may = threshold.may(set.len(), rival.len()) && joined.least(other) != joined.least(place);
                if may && threshold.reached(set, rival).is_some() {
                    joined.join(other, place);
                }
            }
            for group in own {
                seen.get_mut(*group as usize).iter_mut().for_each(|seen| seen.push(place as u32));
            }
        }
        (0..sets.len()).map(|place| joined.least(place)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::mix;

    /// Families of sets that differ from each other by a few members, of many sizes.
    fn families(seed: u64) -> Vec<Vec<u64>> {
        let mut state = seed;
        let mut draw = |below: u64| {
            state = mix(state.wrapping_add(0x9E37_79B9_7F4A_7C15));
            state % below
        };
        let mut out = Vec::new();
        for family in 0..40u64 {
            let len = 1 + draw(60);
            let mut base: Vec<u64> = (0..len).map(|i| family * 1000 + i).collect();
            base.extend((0..draw(20)).map(|i| 1_000_000 + i)); // what many have in common
            for _ in 0..1 + draw(6) {
                let mut set = base.clone();
                (0..draw(12)).for_each(|_| {
                    let at = draw(set.len() as u64) as usize;
                    set[at] = 2_000_000 + draw(300);
                });
                set.sort_unstable();
                set.dedup();
                out.push(set);
            }
        }
        out
    }

    /// The same by comparing all pairs.
    fn by_all_pairs(sets: &[(u32, Vec<u64>)], threshold: Threshold) -> Vec<(usize, usize, Jaccard)> {
        let (mut kept, mut gone) = (Vec::<usize>::new(), Vec::new());
        for (place, (_, set)) in sets.iter().enumerate() {
            let near = kept.iter().filter_map(|k| {
                let shared = set.iter().filter(|x| sets[*k].1.contains(x)).count() as u64;
                let near = Jaccard { shared, all: set.len() as u64 + sets[*k].1.len() as u64 - shared };
                let reaches = near.shared * threshold.den >= near.all * threshold.num;
                reaches.then_some((*k, near))
            });
            let best = near.fold(None::<(usize, Jaccard)>, |best, (k, near)| match best {
                Some((_, most)) if near <= most => best,
                _ => Some((k, near)),
            });
            match best {
                Some((k, near)) => gone.push((place, k, near)),
                None => kept.push(place),
            }
        }
        gone
    }

    #[test]
    fn what_is_found_is_what_all_pairs_say() {
        let mut found = 0;
        for seed in 0..20 {
            let sets: Vec<(u32, Vec<u64>)> = (0..).zip(families(seed)).collect();
            for (num, den) in [(1, 1), (9, 10), (4, 5), (7, 10), (1, 2), (1, 5), (1, 100)] {
                let threshold = Threshold { num, den };
                let mut counts = Counts::of(sets.iter().map(|s| s.1.len() as u64).sum());
                sets.iter().flat_map(|s| &s.1).for_each(|member| counts.add(*member));
                let mut index = Index::new(&counts, threshold);
                sets.iter().for_each(|s| index.add(&s.1));
                let groups = index.groups();
                let near: Vec<(u32, Vec<u64>)> = sets.iter().filter(|s| groups.has(s.0)).cloned().collect();
                let mut gone = Vec::new();
                groups.settle(&near, threshold, |a, b, j| gone.push((near[a].0 as usize, near[b].0 as usize, j)));
                assert_eq!(gone, by_all_pairs(&sets, threshold), "seed {seed}, {num}/{den}");
                let linked: Vec<u32> = groups.linked(&near, threshold).into_iter().map(|first| near[first].0).collect();
                let mut all = Disjoint::new(sets.len());
                for (a, b) in (0..sets.len()).flat_map(|a| (0..a).map(move |b| (a, b))) {
                    if threshold.reached(&sets[a].1, &sets[b].1).is_some() {
                        all.join(a, b);
                    }
                }
                for ((number, _), first) in near.iter().zip(linked) {
                    assert_eq!(first as usize, all.least(*number as usize), "seed {seed}, {num}/{den}");
                }
                found += gone.len();
            }
        }
        assert!(found > 1000, "{found}");
    }

    #[test]
    fn similarity_reaches_a_threshold_exactly() {
        let (a, b) = ((0..9).collect::<Vec<u64>>(), (1..10).collect::<Vec<u64>>());
        let exact = Threshold { num: 4, den: 5 };
        assert_eq!(exact.reached(&a, &b), Some(Jaccard { shared: 8, all: 10 }));
        assert_eq!(Threshold { num: 801, den: 1000 }.reached(&a, &b), None);
        assert_eq!(exact.reached(&[], &[]), None);
        assert_eq!(Jaccard { shared: 2, all: 3 }.thousandths(), 666);
        assert_eq!((exact.prefix(10), exact.prefix(1), exact.prefix(0)), (3, 1, 0));
    }
}

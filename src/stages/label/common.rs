//! What each pair of annotators has in common: the categories that they gave to the same things, or sums of shares by class.
use crate::measure::agreement::Pair;
use std::collections::BTreeMap;

/// Sums of shares by class.
pub type Shares = BTreeMap<u32, (u64, u64)>;

/// Two annotators by their numbers.
pub type Two = (u32, u32);

/// Two categories that a pair of annotators gave, and how often.
type Cell = (u32, u32, u64);

/// No category: the entry counts a sample alone.
const NOTHING: u64 = u64::MAX;

/// So many entries are kept before equal ones are put together for the first time.
const FEW: usize = 1 << 16;

/// What samples say of pairs, as they come. Equal entries are put together whenever there are twice as many as before, so that it grows
/// with what is different among them.
#[derive(Default)]
pub struct Log {
    entries: Vec<Entry>,
    settled: usize,
}

#[derive(Clone, Copy)]
struct Entry {
    pair: u64,
    said: u64,
    times: u64,
    samples: u64,
}

fn packed(of: Two) -> u64 {
    u64::from(of.0) << 32 | u64::from(of.1)
}

fn unpacked(of: u64) -> Two {
    ((of >> 32) as u32, of as u32)
}

impl Log {
    /// Adds a sample that both answered.
    pub fn sample(&mut self, pair: Two) {
        self.put(Entry { pair: packed(pair), said: NOTHING, times: 0, samples: 1 });
    }

    /// Adds what both said of things that were given the same.
    pub fn said(&mut self, pair: Two, said: Two, times: u64) {
        self.put(Entry { pair: packed(pair), said: packed(said), times, samples: 0 });
    }

    /// Adds a sample that is one thing, and what both said of it.
    pub fn one(&mut self, pair: Two, said: Two) {
        self.put(Entry { pair: packed(pair), said: packed(said), times: 1, samples: 1 });
    }

    fn put(&mut self, entry: Entry) {
        if self.entries.len() >= 2 * self.settled.max(FEW) {
            self.settle();
        }
        self.entries.push(entry);
    }

    fn settle(&mut self) {
        self.entries.sort_unstable_by_key(|e| (e.pair, e.said));
        self.entries.dedup_by(|later, first| {
            let same = (later.pair, later.said) == (first.pair, first.said);
            if same {
                (first.times, first.samples) = (first.times + later.times, first.samples + later.samples);
            }
            same
        });
        self.settled = self.entries.len();
    }

    /// All pairs, with the shares that they have in common.
    pub fn done(mut self, mut shares: BTreeMap<Two, Shares>, annotators: usize) -> Commons {
        self.settle();
        let mut pairs = Vec::new();
        for own in self.entries.chunk_by(|a, b| a.pair == b.pair) {
            let pair = own.first().map_or((0, 0), |e| unpacked(e.pair));
            let said = own.iter().filter(|e| e.said != NOTHING);
            let cells = said.map(|e| (unpacked(e.said).0, unpacked(e.said).1, e.times)).collect();
            let samples = own.iter().map(|e| e.samples).sum();
            pairs.push((pair, Common { cells, shares: shares.remove(&pair).unwrap_or_default(), samples }));
        }
        let mut of = vec![Vec::new(); annotators];
        for (place, ((a, b), _)) in pairs.iter().enumerate() {
            for by in [a, b] {
                of.get_mut(*by as usize).into_iter().for_each(|own: &mut Vec<usize>| own.push(place));
            }
        }
        Commons { pairs, of }
    }
}

/// What a pair of annotators has in common.
#[derive(Default)]
pub struct Common {
    /// Ascending, each pair of categories once.
    cells: Vec<Cell>,
    pub shares: Shares,
    pub samples: u64,
}

impl Common {
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    pub fn table(&self) -> Pair {
        let mut out = Pair::default();
        self.cells.iter().for_each(|(a, b, n)| out.add(*a, *b, *n));
        out
    }

    /// The table of one category and all others.
    pub fn against(&self, k: u32) -> Pair {
        let mut out = Pair::default();
        self.cells.iter().for_each(|(a, b, n)| out.add(u32::from(*a == k), u32::from(*b == k), *n));
        out
    }
}

/// All pairs of annotators that have a sample in common, ascending.
pub struct Commons {
    pairs: Vec<(Two, Common)>,
    /// By annotator: the places of their pairs.
    of: Vec<Vec<usize>>,
}

impl Commons {
    pub fn count(&self) -> usize {
        self.pairs.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = (Two, &Common)> {
        self.pairs.iter().map(|(pair, common)| (*pair, common))
    }

    pub fn all(&self) -> Vec<&Common> {
        self.pairs.iter().map(|(_, common)| common).collect()
    }

    /// Those of one annotator.
    pub fn of(&self, annotator: usize) -> Vec<&Common> {
        let own = self.of.get(annotator).into_iter().flatten();
        own.filter_map(|place| self.pairs.get(*place)).map(|(_, common)| common).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_entries_are_one_however_often_they_are_put_together() {
        let mut log = Log::default();
        for n in 0..400_000u64 {
            let (a, k) = ((n % 7) as u32, (n % 3) as u32);
            log.one((a, a + 1), (k, 0));
            assert!(log.entries.len() <= 2 * FEW);
        }
        log.sample((8, 9));
        log.said((8, 9), (1, 2), 5);
        log.said((8, 9), (1, 1), 1);
        let shares = BTreeMap::from([((8, 9), BTreeMap::from([(1, (1, 2))]))]);
        let all = log.done(shares, 9);
        assert_eq!((all.count(), all.of(3).len(), all.of(8).len(), all.of(9).len()), (8, 2, 1, 0));
        let (pair, last) = all.iter().last().unwrap();
        assert_eq!((pair, last.cells(), last.samples), ((8, 9), [(1, 1, 1), (1, 2, 5)].as_slice(), 1));
        assert_eq!(
            (last.shares[&1], last.against(2).iter().collect::<Vec<_>>()),
            ((1, 2), vec![((0, 0), 1), ((0, 1), 5)])
        );
        let times: u64 = all.iter().take(7).flat_map(|(_, own)| own.cells()).map(|(_, _, n)| n).sum();
        assert_eq!((times, all.iter().take(7).map(|(_, own)| own.samples).sum::<u64>()), (400_000, 400_000));
    }
}

//! Summaries of all partitions, merged in key order as a stream, as often as a gather asks; memory grows with the
//! encoded summaries, and not with them where they are read as they are merged.
use crate::stage::{Fact, Fault, Hit, Remark, Spot};
use crate::table::Living;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// The summary of one partition and which of its rows live.
pub struct Run<'s> {
    pub bytes: Bytes<'s>,
    pub living: Living,
    /// Where each row stands in the order of the data, if that is not the order of the partitions.
    pub ranks: Option<Vec<u32>>,
}

/// The first fault that reading a summary met. A stream of entries ends there; what a gather made of such a stream is
/// thrown away.
#[derive(Default)]
pub struct Broken(Mutex<Option<Fault>>);

impl Broken {
    fn tell(&self, fault: Fault) {
        self.0.lock().unwrap_or_else(|e| e.into_inner()).get_or_insert(fault);
    }

    /// An error if any summary could not be read to its end.
    pub fn check(&self) -> Result<(), Fault> {
        match &*self.0.lock().unwrap_or_else(|e| e.into_inner()) {
            Some(fault) => Err(fault.clone()),
            None => Ok(()),
        }
    }
}

/// An encoded summary: held, or read block by block as often as it is asked for.
pub enum Bytes<'s> {
    Held(Vec<u8>),
    /// Length, and what gives the bytes from an offset on.
    Read(u64, Box<dyn Fn(u64, usize) -> Option<Vec<u8>> + 's>),
}

/// How much is read at a time of a summary that is not held.
const BLOCK: usize = 16 << 10;

/// An entry as it is read: borrowed where the summary is held, else a copy.
type Pulled<'a> = (Cow<'a, [u8]>, u32, Cow<'a, [u8]>);

struct Cursor<'a> {
    of: &'a Bytes<'a>,
    living: &'a Living,
    ranks: Option<&'a [u32]>,
    broken: &'a Broken,
    /// Where `block` ends in the summary.
    end: u64,
    block: Vec<u8>,
    /// The next byte in it.
    at: usize,
}

impl<'a> Cursor<'a> {
    fn new(run: &'a Run<'a>, broken: &'a Broken) -> Cursor<'a> {
        let ranks = run.ranks.as_deref();
        Cursor { of: &run.bytes, living: &run.living, ranks, broken, end: 0, block: Vec::new(), at: 0 }
    }

    /// Whether all entries were read.
    fn is_over(&self) -> bool {
        match self.of {
            Bytes::Held(all) => self.at == all.len(),
            Bytes::Read(len, _) => self.end == *len && self.at == self.block.len(),
        }
    }

    fn entry(&mut self) -> Option<Pulled<'a>> {
        Some((self.text()?, self.u32()?, self.text()?))
    }

    /// Where a row of partition `part` stands.
    fn spot(&self, part: u32, row: u32) -> Spot {
        match self.ranks {
            Some(ranks) => Spot { rank: ranks.get(row as usize).copied().unwrap_or(0).into(), part, row },
            None => Spot::plain(part, row),
        }
    }

    /// The next `n` bytes; a copy only where they are not held.
    fn pull(&mut self, n: usize) -> Option<Cow<'a, [u8]>> {
        match self.of {
            Bytes::Held(all) => {
                let found = all.get(self.at..self.at.checked_add(n)?)?;
                self.at += n;
                Some(Cow::Borrowed(found))
            }
            Bytes::Read(len, read) => {
                if self.block.len() - self.at < n {
                    self.block.drain(..self.at);
                    self.at = 0;
                    let want = n.saturating_sub(self.block.len()).max(BLOCK).min((len - self.end) as usize);
                    self.block.extend(read(self.end, want)?);
                    self.end += want as u64;
                }
                let found = self.block.get(self.at..self.at.checked_add(n)?)?.to_vec();
                self.at += n;
                Some(Cow::Owned(found))
            }
        }
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.pull(4)?.as_ref().try_into().ok()?))
    }

    fn text(&mut self) -> Option<Cow<'a, [u8]>> {
        let n = self.u32()? as usize;
        self.pull(n)
    }
}

impl<'a> Iterator for Cursor<'a> {
    type Item = Pulled<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.is_over() {
                return None;
            }
            let Some((key, row, value)) = self.entry() else {
                self.broken
                    .tell(Fault::World("a summary in the store could not be read to its end; build again".into()));
                return None;
            };
            if self.living.is(row) {
                return Some((key, row, value));
            }
        }
    }
}

/// The merged stream: by key, then in the order of the data.
pub fn merge<'a>(runs: &'a [Run<'a>], broken: &'a Broken) -> Box<dyn Iterator<Item = Hit<'a>> + 'a> {
    let heads = runs.iter().enumerate().filter_map(|(part, run)| Head::of(part as u32, Cursor::new(run, broken)));
    let mut heap = Heap::default();
    heads.for_each(|head| heap.push(head));
    Box::new(std::iter::from_fn(move || heap.next()))
}

/// A run and its next entry.
struct Head<'a> {
    /// The first bytes of the key: most comparisons need no more.
    prefix: u64,
    hit: Hit<'a>,
    rest: Cursor<'a>,
}

impl<'a> Head<'a> {
    fn of(part: u32, mut rest: Cursor<'a>) -> Option<Head<'a>> {
        let entry = rest.next()?;
        let hit = hit(rest.spot(part, entry.1), entry);
        Some(Head { prefix: prefix(&hit.key), hit, rest })
    }

    /// Gives the entry and moves on to the next; without one the run is over.
    fn step(&mut self) -> (Hit<'a>, bool) {
        match self.rest.next() {
            Some(entry) => {
                let next = hit(self.rest.spot(self.hit.at.part, entry.1), entry);
                self.prefix = prefix(&next.key);
                (std::mem::replace(&mut self.hit, next), true)
            }
            None => (self.hit.clone(), false),
        }
    }
}

fn hit<'a>(at: Spot, (key, _, value): Pulled<'a>) -> Hit<'a> {
    Hit { key, value, at }
}

fn prefix(key: &[u8]) -> u64 {
    let mut first = [0; 8];
    key.iter().zip(&mut first).for_each(|(b, slot)| *slot = *b);
    u64::from_be_bytes(first)
}

/// A binary heap of runs with the least entry on top. The top is replaced in place, since the next entry of the same run
/// is often the least again.
#[derive(Default)]
struct Heap<'a> {
    heads: Vec<Head<'a>>,
    /// Numbers of heads, as a heap.
    order: Vec<usize>,
}

impl<'a> Heap<'a> {
    fn before(&self, a: usize, b: usize) -> bool {
        let head = |at: usize| self.order.get(at).and_then(|h| self.heads.get(*h));
        let (Some(a), Some(b)) = (head(a), head(b)) else { return false };
        let keys = || a.hit.key.cmp(&b.hit.key);
        a.prefix.cmp(&b.prefix).then_with(keys).then_with(|| a.hit.at.cmp(&b.hit.at)) == Ordering::Less
    }

    fn push(&mut self, head: Head<'a>) {
        let mut at = self.heads.len();
        self.order.push(at);
        self.heads.push(head);
        while at > 0 && self.before(at, (at - 1) / 2) {
            self.order.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    fn next(&mut self) -> Option<Hit<'a>> {
        let (hit, more) = self.heads.get_mut(*self.order.first()?)?.step();
        if !more {
            self.order.swap_remove(0);
        }
        let mut at = 0;
        loop {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            let least = if self.before(right, left) { right } else { left };
            if !self.before(least, at) {
                return Some(hit);
            }
            self.order.swap(at, least);
            at = least;
        }
    }
}

/// How many entries a gather is given.
pub fn count(runs: &[Run], broken: &Broken) -> usize {
    runs.iter().map(|r| Cursor::new(r, broken).count()).sum()
}

/// What a gather decided, as kept in the index: an object for each partition with a decision.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Decided {
    pub slices: BTreeMap<u32, crate::digest::Digest>,
    /// The object with what was concluded of the whole table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all: Option<crate::digest::Digest>,
    /// The object of a slice without decisions, for partitions that have none beside a conclusion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub none: Option<crate::digest::Digest>,
    pub facts: BTreeMap<String, Fact>,
    /// Findings about the table as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<Remark>,
}

/// A slice's bytes: `row u32, len u32, what was decided`, in row order.
pub fn encode_slice(slice: &BTreeMap<u32, Vec<u8>>) -> Vec<u8> {
    let mut out = Vec::new();
    for (row, say) in slice {
        out.extend(row.to_le_bytes());
        out.extend((say.len() as u32).to_le_bytes());
        out.extend(say);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::{Summary, entries};

    #[test]
    fn merged_by_key_then_in_table_order_without_the_dead() {
        let run = |entries: &[(&str, usize)], dead: &[u32]| {
            let mut s = Summary::default();
            entries.iter().for_each(|(k, r)| s.put(k, *r, [*r as u8]));
            let bytes = s.encode();
            let living = Living::All(9).without(dead.iter().copied());
            if dead.is_empty() {
                return Run { bytes: Bytes::Held(bytes), living, ranks: None };
            }
            let read = move |at: u64, n: usize| bytes.get(at as usize..at as usize + n).map(<[u8]>::to_vec);
            Run { bytes: Bytes::Read(s.encode().len() as u64, Box::new(read)), living, ranks: None }
        };
        let runs = [run(&[("b", 1), ("a", 2), ("b", 0)], &[]), run(&[("a", 0), ("b", 5), ("c", 6)], &[5])];
        let broken = Broken::default();
        let seen: Vec<(String, u32, u32)> =
            merge(&runs, &broken).map(|h| (String::from_utf8(h.key.into()).unwrap(), h.at.part, h.at.row)).collect();
        let want = [("a", 0, 2), ("a", 1, 0), ("b", 0, 0), ("b", 0, 1), ("c", 1, 6)];
        assert_eq!(seen, want.map(|(k, p, r)| (k.to_string(), p, r)));
        assert_eq!(count(&runs, &broken), 5);
        assert_eq!(broken.check(), Ok(()));
    }

    #[test]
    fn of_equal_keys_the_rows_born_follow_their_parents() {
        let run = |rows: usize, ranks: &[u32]| {
            let mut s = Summary::default();
            (0..rows).for_each(|r| s.put("k", r, []));
            Run { bytes: Bytes::Held(s.encode()), living: Living::All(9), ranks: Some(ranks.to_vec()) }
        };
        // two parents, the children of the first and of the second, a third parent
        let runs = [run(2, &[0, 3]), run(3, &[1, 2, 4]), run(1, &[5])];
        let broken = Broken::default();
        let seen: Vec<(u32, u32)> = merge(&runs, &broken).map(|h| (h.at.part, h.at.row)).collect();
        assert_eq!(seen, [(0, 0), (1, 0), (1, 1), (0, 1), (1, 2), (2, 0)]);
    }

    /// A summary of which only the beginning can be read must not pass for a short one.
    #[test]
    fn a_failed_read_is_told() {
        let mut s = Summary::default();
        (0..10_000).for_each(|r| s.put(format!("key {r}"), r, "value"));
        let bytes = s.encode();
        let len = bytes.len() as u64;
        for readable in [0, 1, BLOCK as u64, 64 << 10, len - 1, len] {
            let bytes = &bytes;
            let read = move |at: u64, n: usize| {
                let end = at as usize + n;
                bytes.get(at as usize..end).filter(|_| end as u64 <= readable).map(<[u8]>::to_vec)
            };
            let runs = [Run { bytes: Bytes::Read(len, Box::new(read)), living: Living::All(10_000), ranks: None }];
            let broken = Broken::default();
            let seen = merge(&runs, &broken).count();
            assert_eq!((seen == 10_000, broken.check().is_ok()), (readable == len, readable == len), "{readable}");
        }
        for cut in 1..50 {
            let runs = [Run { bytes: Bytes::Held(bytes[..cut].to_vec()), living: Living::All(10_000), ranks: None }];
            let broken = Broken::default();
            let whole = merge(&runs, &broken).count();
            assert_eq!(broken.check().is_ok(), entries(&bytes[..cut]).is_some_and(|e| e.len() == whole), "{cut}");
        }
    }

    #[test]
    fn slices_and_back() {
        let s: BTreeMap<u32, Vec<u8>> = [(3, b"drop".to_vec()), (9, vec![])].into();
        assert_eq!(crate::stage::slice_of(&encode_slice(&s)), s);
    }
}

//! Summaries of all partitions, merged in key order as a stream, as often as a gather asks; memory grows with the
//! encoded summaries, not with decoded entries.
use crate::stage::{Entry3, Fact, Hit, Slice, Spot, Summary, Verdicts};
use crate::table::Living;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Sorted by (key, row, value): `klen u32, key, row u32, vlen u32, value`.
pub fn encode(summary: &mut Summary) -> Vec<u8> {
    summary.0.sort();
    let mut out = Vec::new();
    for (key, row, value) in &summary.0 {
        out.extend((key.len() as u32).to_le_bytes());
        out.extend(key);
        out.extend(row.to_le_bytes());
        out.extend((value.len() as u32).to_le_bytes());
        out.extend(value);
    }
    out
}

/// The summary of one partition and which of its rows live.
pub struct Run<'s> {
    pub bytes: Bytes<'s>,
    pub living: Living,
}

/// An encoded summary: held, or read block by block as often as it is asked for.
pub enum Bytes<'s> {
    Held(Vec<u8>),
    /// Length, and what gives the bytes from an offset on.
    Read(u64, Box<dyn Fn(u64, usize) -> Option<Vec<u8>> + 's>),
}

/// How much is read at a time of a summary that is not held.
const BLOCK: usize = 16 << 10;

struct Cursor<'a> {
    of: &'a Bytes<'a>,
    living: &'a Living,
    /// Where `block` ends in the summary.
    end: u64,
    block: Vec<u8>,
    /// The next byte in it.
    at: usize,
}

impl<'a> Cursor<'a> {
    fn new(run: &'a Run<'a>) -> Cursor<'a> {
        Cursor { of: &run.bytes, living: &run.living, end: 0, block: Vec::new(), at: 0 }
    }

    /// The next `n` bytes.
    fn pull(&mut self, n: usize) -> Option<&[u8]> {
        match self.of {
            Bytes::Held(all) => {
                let found = all.get(self.at..self.at.checked_add(n)?)?;
                self.at += n;
                Some(found)
            }
            Bytes::Read(len, read) => {
                if self.block.len() - self.at < n {
                    self.block.drain(..self.at);
                    self.at = 0;
                    let want = n.saturating_sub(self.block.len()).max(BLOCK).min((len - self.end) as usize);
                    self.block.extend(read(self.end, want)?);
                    self.end += want as u64;
                }
                let found = self.block.get(self.at..self.at.checked_add(n)?)?;
                self.at += n;
                Some(found)
            }
        }
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.pull(4)?.try_into().ok()?))
    }

    /// The living entries that are left; nothing of them is kept.
    fn count_all(mut self) -> usize {
        let mut n = 0;
        let mut pass = || {
            let key = self.u32()? as usize;
            self.pull(key)?;
            let row = self.u32()?;
            let value = self.u32()? as usize;
            self.pull(value)?;
            Some(self.living.is(row))
        };
        while let Some(lives) = pass() {
            n += usize::from(lives);
        }
        n
    }

    fn text(&mut self) -> Option<Vec<u8>> {
        let n = self.u32()? as usize;
        self.pull(n).map(<[u8]>::to_vec)
    }
}

impl Iterator for Cursor<'_> {
    type Item = Entry3;

    fn next(&mut self) -> Option<Entry3> {
        loop {
            let (key, row, value) = (self.text()?, self.u32()?, self.text()?);
            if self.living.is(row) {
                return Some((key, row, value));
            }
        }
    }
}

/// The merged stream: by key, then in table order.
pub fn merge<'a>(runs: &'a [Run<'a>]) -> Box<dyn Iterator<Item = Hit> + 'a> {
    let mut cursors: Vec<Cursor> = runs.iter().map(Cursor::new).collect();
    let mut heap = BinaryHeap::new();
    for (part, c) in cursors.iter_mut().enumerate() {
        heap.extend(c.next().map(|(key, row, value)| Reverse((key, part as u32, row, value))));
    }
    Box::new(std::iter::from_fn(move || {
        let Reverse((key, part, row, value)) = heap.pop()?;
        let next = cursors.get_mut(part as usize).and_then(Iterator::next);
        heap.extend(next.map(|(key, row, value)| Reverse((key, part, row, value))));
        Some(Hit { key, value, at: Spot { part, row } })
    }))
}

/// How many entries a gather is given.
pub fn count(runs: &[Run]) -> usize {
    runs.iter().map(|r| Cursor::new(r).count_all()).sum()
}

/// What a gather decided, as kept in the index: an object for each partition with a decision.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Decided {
    pub slices: BTreeMap<u32, crate::digest::Digest>,
    pub facts: BTreeMap<String, Fact>,
}

/// A slice's bytes: `row u32, len u32, what was decided`, in row order.
pub fn encode_slice(slice: &Slice) -> Vec<u8> {
    let mut out = Vec::new();
    for (row, say) in slice {
        out.extend(row.to_le_bytes());
        out.extend((say.len() as u32).to_le_bytes());
        out.extend(say);
    }
    out
}

pub fn decode_slice(bytes: &[u8]) -> Slice {
    let run = Run { bytes: Bytes::Held(bytes.to_vec()), living: Living::All(0) };
    let mut c = Cursor::new(&run);
    std::iter::from_fn(|| Some((c.u32()?, c.text()?))).collect()
}

/// The slices and facts of a gather's verdicts.
pub fn split(verdicts: Verdicts) -> (BTreeMap<u32, Slice>, BTreeMap<String, Fact>) {
    (verdicts.slices, verdicts.facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merged_by_key_then_in_table_order_without_the_dead() {
        let run = |entries: &[(&str, usize)], dead: &[u32]| {
            let mut s = Summary::default();
            entries.iter().for_each(|(k, r)| s.put(k, *r, [*r as u8]));
            let bytes = encode(&mut s);
            let living = Living::All(9).without(dead.iter().copied());
            if dead.is_empty() {
                return Run { bytes: Bytes::Held(bytes), living };
            }
            let read = move |at: u64, n: usize| bytes.get(at as usize..at as usize + n).map(<[u8]>::to_vec);
            Run { bytes: Bytes::Read(encode(&mut s).len() as u64, Box::new(read)), living }
        };
        let runs = [run(&[("b", 1), ("a", 2), ("b", 0)], &[]), run(&[("a", 0), ("b", 5), ("c", 6)], &[5])];
        let seen: Vec<(String, u32, u32)> =
            merge(&runs).map(|h| (String::from_utf8(h.key).unwrap(), h.at.part, h.at.row)).collect();
        let want = [("a", 0, 2), ("a", 1, 0), ("b", 0, 0), ("b", 0, 1), ("c", 1, 6)];
        assert_eq!(seen, want.map(|(k, p, r)| (k.to_string(), p, r)));
        assert_eq!(count(&runs), 5);
    }

    #[test]
    fn slices_and_back() {
        let s: Slice = [(3, b"drop".to_vec()), (9, vec![])].into();
        assert_eq!(decode_slice(&encode_slice(&s)), s);
    }
}

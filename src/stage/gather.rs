//! Decisions that need all rows: summaries of partitions, their entries merged as a stream, and verdicts.
use super::{Fact, Fault};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Entries (key, row, value) of one partition; the engine sorts and merges those of all partitions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Keys and values one after another.
    bytes: Vec<u8>,
    /// Where each entry begins, the length of its key, its row, the length of its value.
    places: Vec<(usize, u32, u32, u32)>,
}

impl Summary {
    pub fn put(&mut self, key: impl AsRef<[u8]>, row: usize, value: impl AsRef<[u8]>) {
        let (key, value) = (key.as_ref(), value.as_ref());
        self.places.push((self.bytes.len(), key.len() as u32, row as u32, value.len() as u32));
        self.bytes.extend(key);
        self.bytes.extend(value);
    }

    /// Key, row and value of each entry, sorted.
    pub fn sorted(&self) -> Vec<(&[u8], u32, &[u8])> {
        let of = |&(at, key, row, value): &(usize, u32, u32, u32)| {
            let rest = self.bytes.get(at..).unwrap_or_default();
            let (key, rest) = rest.split_at_checked(key as usize).unwrap_or_default();
            (key, row, rest.get(..value as usize).unwrap_or_default())
        };
        let mut out: Vec<_> = self.places.iter().map(of).collect();
        out.sort_unstable();
        out
    }

    /// Sorted by (key, row, value): `klen u32, key, row u32, vlen u32, value`.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (key, row, value) in self.sorted() {
            out.extend((key.len() as u32).to_le_bytes());
            out.extend(key);
            out.extend(row.to_le_bytes());
            out.extend((value.len() as u32).to_le_bytes());
            out.extend(value);
        }
        out
    }

    /// What a gather is given of a table of this one partition.
    #[cfg(test)]
    pub(crate) fn hits(&self) -> Box<dyn Iterator<Item = Hit<'_>> + '_> {
        Box::new(self.sorted().into_iter().map(|(key, row, value)| Hit {
            key: key.into(),
            value: value.into(),
            at: Spot::plain(0, row),
        }))
    }
}

/// An entry of a summary: key, row, value.
pub type Entry<'b> = (&'b [u8], u32, &'b [u8]);

/// The entries of an encoded summary; `None` if the bytes are none.
pub fn entries(bytes: &[u8]) -> Option<Vec<Entry<'_>>> {
    let mut rest = bytes;
    let mut take = |n: usize| {
        let (own, after) = rest.split_at_checked(n)?;
        rest = after;
        Some(own)
    };
    let number = |b: &[u8]| Some(u32::from_le_bytes(b.try_into().ok()?));
    let mut out = Vec::new();
    while let Some(len) = take(4) {
        let key = take(number(len)? as usize)?;
        let row = number(take(4)?)?;
        let len = number(take(4)?)?;
        out.push((key, row, take(len as usize)?));
    }
    rest.is_empty().then_some(out)
}

/// One entry of all summaries merged by (key, order of the data). `at` is opaque: decisions may not depend on where
/// partitions end.
#[derive(Clone, Debug)]
pub struct Hit<'h> {
    pub key: Cow<'h, [u8]>,
    pub value: Cow<'h, [u8]>,
    pub at: Spot,
}

/// A row of the table. Spots are ordered as the rows are in the data, whatever partitions these lie in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spot {
    /// Where the row stands in the order of the data.
    pub(crate) rank: u64,
    pub(crate) part: u32,
    pub(crate) row: u32,
}

impl Spot {
    /// A row of a table whose partitions stand in the order of the data.
    pub(crate) fn plain(part: u32, row: u32) -> Spot {
        Spot { rank: u64::from(part) << 32 | u64::from(row), part, row }
    }
}

/// Makes the merged stream anew.
pub type Merge<'a> = dyn Fn() -> Box<dyn Iterator<Item = Hit<'a>> + 'a> + 'a;

/// The merged stream, as often as wanted: first counts, then decisions; never a collection of all of them. A stream that
/// cannot be read to its end makes the gather fail once it returns, whatever it decided.
pub struct Hits<'a>(pub(crate) &'a Merge<'a>);

impl<'a> Hits<'a> {
    pub fn iter(&self) -> Box<dyn Iterator<Item = Hit<'a>> + 'a> {
        (self.0)()
    }
}

/// What a gather decided: of single samples, sparse; of the table as a whole; and the facts of the step.
#[derive(Default, Debug)]
pub struct Verdicts {
    /// By partition: `row u32, length u32, what was decided`, as they came.
    slices: BTreeMap<u32, Vec<u8>>,
    conclusion: Option<Vec<u8>>,
    pub(crate) facts: BTreeMap<String, Fact>,
    pub(crate) told: Vec<Remark>,
}

/// A finding about the table as a whole, such as a class that no label has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Remark {
    /// The TOML key responsible.
    pub key: String,
    pub rule: String,
    pub say: String,
}

/// What `apply` is given of the decisions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slice {
    /// What was concluded of the whole table: quantiles, class weights, a model. Empty if nothing was.
    pub all: Vec<u8>,
    /// Decisions about single rows of the partition.
    pub rows: BTreeMap<u32, Vec<u8>>,
}

impl Slice {
    /// What was decided of each row, as [`Verdicts::put_json`] wrote it.
    pub fn each<T: DeserializeOwned>(&self) -> impl Iterator<Item = Result<(usize, T), Fault>> {
        self.rows.iter().map(|(row, said)| {
            let wrong = |e| Fault::Bug(format!("a decision does not read back: {e}"));
            Ok((*row as usize, serde_json::from_slice(said).map_err(wrong)?))
        })
    }
}

/// Reads decisions about rows: `row u32, length u32, what was decided`, in any order.
pub(crate) fn slice_of(bytes: &[u8]) -> BTreeMap<u32, Vec<u8>> {
    let mut rest = bytes;
    let next = move || {
        let (row, after) = rest.split_first_chunk::<4>()?;
        let (len, after) = after.split_first_chunk::<4>()?;
        let (say, after) = after.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        rest = after;
        Some((u32::from_le_bytes(*row), say.to_vec()))
    };
    std::iter::from_fn(next).collect()
}

impl Verdicts {
    pub fn put(&mut self, at: Spot, say: impl AsRef<[u8]>) {
        let (slice, say) = (self.slices.entry(at.part).or_default(), say.as_ref());
        slice.extend(at.row.to_le_bytes());
        slice.extend((say.len() as u32).to_le_bytes());
        slice.extend(say);
    }

    /// Decides something of all entries whose key stands several times, and says nothing more of them.
    pub fn put_repeated(&mut self, hits: &Hits) {
        let mut last: Option<Hit> = None;
        for hit in hits.iter() {
            if let Some(before) = last.filter(|l| l.key == hit.key) {
                self.put(before.at, []);
                self.put(hit.at, []);
            }
            last = Some(hit);
        }
    }

    /// Decides something that [`Slice::each`] reads back.
    pub fn put_json(&mut self, at: Spot, said: &impl Serialize) -> Result<(), Fault> {
        let bytes = serde_json::to_vec(said).map_err(|e| Fault::Bug(format!("a decision cannot be written: {e}")))?;
        self.put(at, bytes);
        Ok(())
    }

    /// Decides something of the table as a whole. `apply` then runs on every partition and is given these bytes.
    pub fn conclude(&mut self, bytes: impl Into<Vec<u8>>) {
        self.conclusion = Some(bytes.into());
    }

    pub(crate) fn conclusion(&self) -> Option<&[u8]> {
        self.conclusion.as_deref()
    }

    /// The partitions on which something was decided.
    pub(crate) fn parts(&self) -> impl Iterator<Item = u32> {
        self.slices.keys().copied()
    }

    /// What was decided of a partition's rows; of several decisions on one row the last.
    pub(crate) fn slice(&self, part: u32) -> Slice {
        let rows = self.slices.get(&part).map(|b| slice_of(b)).unwrap_or_default();
        Slice { all: self.conclusion.clone().unwrap_or_default(), rows }
    }

    /// Adds a finding about the table as a whole.
    pub fn remark(&mut self, key: impl Into<String>, rule: impl Into<String>, say: impl Into<String>) {
        self.told.push(Remark { key: key.into(), rule: rule.into(), say: say.into() });
    }

    pub fn fact(&mut self, name: impl Into<String>, fact: impl Into<Fact>) {
        self.facts.insert(name.into(), fact.into());
    }
}

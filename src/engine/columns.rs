//! Columns and other bytes by digest: from memory, from the store, or made again by whoever made them first. Bytes may be
//! absent everywhere.
use super::scan::{self, Scanned, Unit};
use super::session::{CACHE, PIECES, Session, UNITS, held};
use super::state::{Outcome, Partition, Table, parents_of};
use super::tasks::{Producer, Take, TakeRows};
use crate::digest::Digest;
use crate::stage::{Event, Fault, events};
use crate::table::{self, ArrayRef, DataType, column_digest, encode};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// How often a thread may be asked for an object while it makes that object.
const DEEPEST: u32 = 16;

impl Session<'_> {
    /// The columns of a source's partition; from now on it is known where its units lie.
    fn units(&self, scanned: &Scanned, part: usize, digest: Digest) -> Result<ArrayRef, Fault> {
        let units = scanned.units(part)?;
        let mut of = None;
        let digests = scanned.parts.get(part).into_iter().flat_map(|h| h.columns());
        for ((_, d), (_, array)) in digests.zip(scanned.columns(self.world, &units)?) {
            self.cache(d, &array);
            of = if d == digest { Some(array) } else { of };
        }
        let mut known = held(&self.units);
        if known.len() > UNITS {
            known.clear(); // found again by the sources' tables
        }
        known.extend(units.into_iter().map(|u| (u.stretch.digest, u)));
        of.ok_or_else(|| Fault::Bug("a partition of files has no such column".into()))
    }

    /// The digest of a column in memory, which need not be stored.
    pub fn keep_column(&self, array: &ArrayRef) -> Digest {
        let digest = column_digest(array.as_ref());
        self.cache(digest, array);
        digest
    }

    pub(super) fn cache(&self, digest: Digest, array: &ArrayRef) {
        held(&self.cache).put(digest, array, self.memory / CACHE);
    }

    pub(super) fn cached(&self, digest: Digest) -> Option<ArrayRef> {
        held(&self.cache).get(digest, self.memory / CACHE)
    }

    /// A column of nulls as a digest.
    pub fn nulls(&self, ty: &DataType, rows: u32) -> Digest {
        let mut known = held(&self.nulls);
        if let Some(digest) = known.get(&(ty.clone(), rows)) {
            return *digest;
        }
        let digest = column_digest(table::nulls(ty, rows as usize).as_ref());
        self.know(digest, || Producer::Nulls(ty.clone(), rows));
        known.insert((ty.clone(), rows), digest);
        digest
    }

    /// The bytes of an object, made again if they are absent.
    pub fn bytes(&self, digest: Digest) -> Result<Vec<u8>, Fault> {
        if let Some(b) = self.store.get(digest) {
            return Ok(b);
        }
        self.make_again(digest)?;
        self.store
            .get(digest)
            .ok_or_else(|| Fault::World(format!("the object {} cannot be made again", digest.short())))
    }

    fn make_again(&self, digest: Digest) -> Result<(), Fault> {
        let producer = held(&self.producers).get(&digest).cloned();
        let mark = (std::thread::current().id(), digest);
        let depth = {
            let mut making = held(&self.making);
            let depth = making.entry(mark).or_default();
            *depth += 1;
            *depth
        };
        // a thread that waits may take up other work that needs the same object; a circle would go on for ever
        if depth > DEEPEST {
            return Err(Fault::Bug(format!("the object {} is needed to make itself again", digest.short())));
        }
        let nobody = || Fault::World(format!("the object {} is absent and nobody makes it", digest.short()));
        let done = producer.and_then(|p| self.make.make(self, &p)).unwrap_or_else(|| Err(nobody()));
        if let Some(depth) = held(&self.making).get_mut(&mark) {
            *depth = depth.saturating_sub(1);
        }
        done
    }

    /// A column by digest.
    pub fn array(&self, digest: Digest) -> Result<ArrayRef, Fault> {
        if let Some(array) = self.cached(digest) {
            return Ok(array);
        }
        let producer = held(&self.producers).get(&digest).cloned();
        let array = match producer {
            Some(Producer::Nulls(ty, n)) => table::nulls(&ty, n as usize),
            Some(Producer::Literal(array)) => array,
            Some(Producer::Take(take)) => self.take(&take)?,
            Some(Producer::Born(column, parents)) => self.take_born(column, parents)?,
            Some(Producer::Units(scanned, part)) => return self.units(&scanned, part, digest),
            _ => self.stored(digest)?,
        };
        self.cache(digest, &array);
        Ok(array)
    }

    /// Which rows; those of the last few pieces are not read again for each of their columns.
    fn rows_of(&self, of: &TakeRows) -> Result<Arc<[(u32, u32)]>, Fault> {
        let text = match of {
            TakeRows::Held(rows) => return Ok(rows.clone()),
            TakeRows::Text(text) => text,
        };
        if let Some((_, rows)) = held(&self.pieces).iter().find(|(own, _)| Arc::ptr_eq(own, text)) {
            return Ok(rows.clone());
        }
        let rows: Vec<(u32, u32)> =
            serde_json::from_str(text.get()).map_err(|e| Fault::Bug(format!("rows of a piece do not read: {e}")))?;
        let rows: Arc<[(u32, u32)]> = rows.into();
        let mut pieces = held(&self.pieces);
        pieces.truncate(PIECES - 1);
        pieces.insert(0, (text.clone(), rows.clone()));
        Ok(rows)
    }

    /// A column that a kernel wrote: stored, or made again, and then perhaps in memory alone.
    pub(super) fn stored(&self, digest: Digest) -> Result<ArrayRef, Fault> {
        let bytes = match self.store.get(digest) {
            Some(bytes) => bytes,
            None => {
                self.make_again(digest)?;
                if let Some(array) = self.cached(digest) {
                    return Ok(array);
                }
                self.bytes(digest)?
            }
        };
        table::decode(bytes).map_err(|e| Fault::Bug(format!("a stored column does not decode: {e}")))
    }

    /// A column of parents, taken for each row born.
    pub fn take_born(&self, column: Digest, parents: Digest) -> Result<ArrayRef, Fault> {
        let rows: Vec<u32> = parents_of(&self.bytes(parents)?).iter().map(|p| p.0).collect();
        Ok(table::take(&self.array(column)?, &rows))
    }

    /// Rows of several columns as one. Where they follow the sources, one source is held at a time.
    pub fn take(&self, t: &Take) -> Result<ArrayRef, Fault> {
        let rows = self.rows_of(&t.rows)?;
        if !rows.is_sorted_by_key(|r| r.0) {
            let sources: Vec<ArrayRef> = t.sources.iter().map(|d| self.array(*d)).collect::<Result<_, _>>()?;
            return table::interleave(&t.ty, &sources, &rows).map_err(Fault::Bug);
        }
        let mut taken = Vec::new();
        for of in rows.chunk_by(|a, b| a.0 == b.0) {
            let unknown = || Fault::Bug("a source of rows is not there".into());
            let source = of.first().and_then(|(s, _)| t.sources.get(*s as usize)).ok_or_else(unknown)?;
            let own: Vec<u32> = of.iter().map(|r| r.1).collect();
            taken.push(table::take(&self.array(*source)?, &own));
        }
        match taken.as_slice() {
            [one] => Ok(one.clone()),
            many => table::concat(&t.ty, many).map_err(Fault::Bug),
        }
    }

    /// A column as an object; of one written over another, the difference from it is kept where that saves.
    pub fn put_column(&self, array: &ArrayRef, over: Option<Digest>, raw: bool) -> Result<Digest, Fault> {
        let bytes = encode(array.as_ref());
        let digest = table::codec::bytes_digest(&bytes);
        self.cache(digest, array);
        if self.store.has(digest) || self.put_difference(digest, array, &bytes, over, raw)? {
            return Ok(digest);
        }
        self.put_as(digest, &bytes, raw)?;
        Ok(digest)
    }

    fn put_difference(
        &self,
        digest: Digest,
        array: &ArrayRef,
        bytes: &[u8],
        over: Option<Digest>,
        raw: bool,
    ) -> Result<bool, Fault> {
        let Some(over) = over.filter(|o| self.store.has(*o) && *array.data_type() == DataType::Utf8) else {
            return Ok(false);
        };
        // what cannot be read is no reason to lose what was made of it: that is kept whole
        let steps = self.array(over).ok().and_then(|over| table::difference::difference(&over, array, bytes));
        let Some(steps) = steps else { return Ok(false) };
        self.store.put_difference(digest, over, &steps, raw).map_err(|e| Fault::World(format!("the store: {e}")))
    }

    /// The bytes of a blob: of a file, of a member of a packed file, or made by a kernel.
    pub fn open(&self, digest: Digest) -> Result<Vec<u8>, Fault> {
        if let Some(b) = self.store.get(digest) {
            return Ok(b);
        }
        if held(&self.producers).contains_key(&digest) {
            return self.bytes(digest);
        }
        let of = |m: &Mutex<HashMap<Digest, Unit>>| held(m).get(&digest).cloned();
        let scans: Vec<Arc<Scanned>> = held(&self.scans).values().cloned().collect();
        let found = of(&self.files).or_else(|| of(&self.units));
        let unit = found.or_else(|| scans.iter().find_map(|s| s.find(digest)));
        let unit = unit.ok_or_else(|| Fault::World(format!("no file holds the blob {}", digest.short())))?;
        scan::open_unit(self.world, &unit)
    }

    /// The events of an outcome.
    pub fn events(&self, outcome: &Outcome) -> Result<Vec<Event>, Fault> {
        let Some(d) = outcome.events else { return Ok(Vec::new()) };
        events::decode(&self.bytes(d)?).ok_or_else(|| Fault::Bug("stored events do not read".into()))
    }
}

/// The digest of a column in every partition of a table.
pub fn column(s: &Session, table: &Table, name: &str) -> Option<Vec<Digest>> {
    table.parts.iter().map(|p| digest_of(s, table, p, name)).collect()
}

/// The digest of a column of a partition: its own, or that of nulls where it has none; `None` if it is unknown.
pub fn digest_of(s: &Session, table: &Table, part: &Partition, name: &str) -> Option<Digest> {
    match part.columns.get(name) {
        Some(d) => *d,
        None => Some(s.nulls(table.types.get(name)?, part.rows?)),
    }
}

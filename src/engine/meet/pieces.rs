//! The pieces of a regrouped table: rows of each group as they were laid out, and the columns that are taken of them. A
//! piece of few but long rows is cut again by their bytes, so that what is held of it at once is bounded.
use crate::digest::{Digest, cut_hash};
use crate::engine::columns::digest_of;
use crate::engine::recipe;
use crate::engine::session::Session;
use crate::engine::state::{Partition, Table};
use crate::engine::step::Step;
use crate::engine::tasks::{Producer, Take, TakeRows};
use crate::stage::Fault;
use crate::table::cutting::{self, PIECE_MAX, Window};
use crate::table::weight::weight;
use crate::table::{self, ArrayRef, DataType};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// A piece as it is laid out: which rows of which partitions. The rows are read when somebody takes them.
#[derive(Serialize, Deserialize, Clone)]
pub struct LaidOut {
    group: String,
    n: u32,
    /// The partitions that rows come from.
    sources: Vec<u32>,
    /// Over the rows.
    digest: Digest,
    /// (index among `sources`, row) of each, as JSON.
    rows: Box<RawValue>,
}

impl LaidOut {
    pub fn of(group: String, rows: &[(u32, u32)]) -> Result<LaidOut, Fault> {
        let bug = |e: serde_json::Error| Fault::Bug(e.to_string());
        let mut index: BTreeMap<u32, u32> = rows.iter().map(|r| (r.0, 0)).collect();
        index.values_mut().enumerate().for_each(|(i, v)| *v = i as u32);
        let local: Vec<(u32, u32)> = rows.iter().map(|(p, r)| (index.get(p).copied().unwrap_or(0), *r)).collect();
        let text = serde_json::to_string(&local).map_err(bug)?;
        let digest = Digest::of(text.as_bytes());
        let rows = RawValue::from_string(text).map_err(bug)?;
        Ok(LaidOut { group, n: local.len() as u32, sources: index.into_keys().collect(), digest, rows })
    }

    /// Its rows by the partitions of the whole table.
    fn rows(&self) -> Result<Vec<(u32, u32)>, Fault> {
        let wrong = |e: serde_json::Error| Fault::Bug(format!("rows of a piece do not read: {e}"));
        let local: Vec<(u32, u32)> = serde_json::from_str(self.rows.get()).map_err(wrong)?;
        let part = |source: u32| self.sources.get(source as usize).copied().unwrap_or(0);
        Ok(local.into_iter().map(|(source, row)| (part(source), row)).collect())
    }

    /// The same rows as several pieces.
    fn cut(&self, ends: &[usize]) -> Result<Vec<LaidOut>, Fault> {
        let rows = self.rows()?;
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let own = starts.zip(ends).map(|(start, end)| rows.get(start..*end).unwrap_or_default());
        own.map(|rows| LaidOut::of(self.group.clone(), rows)).collect()
    }
}

/// What pieces are taken from and how.
pub struct Pieces<'r, 'a> {
    pub s: &'r Session<'a>,
    pub step: &'r Step,
    pub from: &'r Table,
    /// The columns wanted, with their types.
    pub types: &'r BTreeMap<String, DataType>,
    pub window: Window,
    /// The columns whose bytes count, besides the ids.
    pub weighed: &'r [String],
}

/// A column of a piece: rows taken of others, and the key of what came of it. `None` where a source is not known.
struct Wanted {
    name: String,
    take: Option<(Digest, Arc<Take>)>,
    known: Option<Taken>,
}

/// A column of a piece that was taken: its digest, and how many bytes its rows are.
type Taken = (Digest, u64);

impl Pieces<'_, '_> {
    /// The partitions of the pieces. Columns that are not known yet are computed; they are not stored, since they are
    /// cheap to make again. Pieces from the same source are computed in a row, so that the source is read once. Calls
    /// `then(piece)` while the columns of such a piece are in memory.
    pub fn partitions(
        &self,
        pieces: Vec<LaidOut>,
        then: &(dyn Fn(&Partition) + Sync),
    ) -> Result<Vec<Partition>, Fault> {
        let asked: Vec<(LaidOut, Vec<Wanted>)> =
            pieces.into_iter().map(|p| (self.wanted(&p), p)).map(|(w, p)| (p, w)).collect();
        let mut order: Vec<usize> = (0..asked.len()).filter(|i| asked[*i].1.iter().any(missing)).collect();
        order.sort_by_key(|i| (asked[*i].0.sources.first().copied(), *i));
        let slots: Vec<Slot> = asked.iter().map(|_| Mutex::new(None)).collect();
        let keep = |i: usize, done| *slots[i].lock().unwrap_or_else(|e| e.into_inner()) = Some(done);
        self.s.exec.each(order.len(), &|k| {
            let (i, (piece, wanted)) = (order[k], &asked[order[k]]);
            keep(i, self.s.go_on().and_then(|()| self.taken(format!("{}:{i}", piece.group), piece, wanted, then)));
        });
        let mut out = Vec::with_capacity(asked.len());
        for (i, ((piece, wanted), slot)) in asked.iter().zip(&slots).enumerate() {
            match slot.lock().unwrap_or_else(|e| e.into_inner()).take() {
                Some(done) => out.extend(done?),
                None => out.push(self.partition(format!("{}:{i}", piece.group), piece, wanted)),
            }
        }
        Ok(out)
    }

    fn wanted(&self, piece: &LaidOut) -> Vec<Wanted> {
        let rows = TakeRows::Text(Arc::from(piece.rows.clone()));
        let column = |(name, ty): (&String, &DataType)| {
            let of =
                |p: &u32| self.from.parts.get(*p as usize).and_then(|part| digest_of(self.s, self.from, part, name));
            let sources: Option<Vec<Digest>> = piece.sources.iter().map(of).collect();
            let take = sources.map(|of| Take { ty: ty.clone(), sources: of.into(), rows: rows.clone() });
            let key = take.as_ref().map(|t| recipe::key("take 3", t.sources.iter().copied().chain([piece.digest])));
            let known = key.and_then(|key| self.s.known(key));
            Wanted { name: name.clone(), take: key.zip(take.map(Arc::new)), known }
        };
        self.types.iter().map(column).collect()
    }

    /// A piece with the columns that are known.
    fn partition(&self, uid: String, piece: &LaidOut, wanted: &[Wanted]) -> Partition {
        let column = |w: &Wanted| {
            if let (Some((digest, _)), Some((_, take))) = (w.known, &w.take) {
                self.s.know(digest, || Producer::Take(take.clone()));
            }
            (w.name.clone(), w.known.map(|k| k.0))
        };
        Partition {
            uid,
            rows: Some(piece.n),
            living: Some(table::Living::All(piece.n)),
            group: Some(piece.group.clone()),
            near: piece.sources.first().copied().unwrap_or(0),
            columns: wanted.iter().map(column).collect(),
            ..Partition::default()
        }
    }

    /// A piece of which a column is not known: with that column, or cut again if its rows are long.
    fn taken(
        &self,
        uid: String,
        piece: &LaidOut,
        wanted: &[Wanted],
        then: &(dyn Fn(&Partition) + Sync),
    ) -> Result<Vec<Partition>, Fault> {
        let ends = self.ends(piece, wanted)?;
        if ends.len() < 2 {
            return Ok(vec![self.computed(uid, piece, wanted, then)?]);
        }
        let mut out = Vec::with_capacity(ends.len());
        for (n, own) in piece.cut(&ends)?.into_iter().enumerate() {
            let wanted = self.wanted(&own);
            let uid = format!("{uid}.{n}");
            out.push(match wanted.iter().any(missing) {
                true => self.computed(uid, &own, &wanted, then)?,
                false => self.partition(uid, &own, &wanted),
            });
        }
        Ok(out)
    }

    fn computed(
        &self,
        uid: String,
        piece: &LaidOut,
        wanted: &[Wanted],
        then: &(dyn Fn(&Partition) + Sync),
    ) -> Result<Partition, Fault> {
        let mut part = self.partition(uid, piece, wanted);
        for w in wanted.iter().filter(|w| missing(w)) {
            let Some((key, take)) = &w.take else { continue };
            let array = self.s.take(take)?;
            let digest = self.s.keep_column(&array);
            // ids are raw whatever they are read from
            let raw = self.step.apart.contains(&w.name) || w.name == "id";
            self.s.remember(*key, &(digest, weight(&array, 0, array.len())), raw);
            self.s.know(digest, || Producer::Take(take.clone()));
            part.columns.insert(w.name.clone(), Some(digest));
        }
        then(&part);
        Ok(part)
    }

    /// Where a piece is cut again: nowhere as long as its rows together are no more than [`PIECE_MAX`] bytes. That is a
    /// matter of its rows alone, whatever partitions they come from, and whatever else is read of them.
    fn ends(&self, piece: &LaidOut, wanted: &[Wanted]) -> Result<Vec<usize>, Fault> {
        let weighed = || wanted.iter().filter(|w| w.name == "id" || self.weighed.contains(&w.name));
        let takes: Option<Vec<&(Digest, Arc<Take>)>> = weighed().map(|w| w.take.as_ref()).collect();
        let Some(takes) = takes else { return Ok(Vec::new()) };
        let key = recipe::key(&format!("ends 2 {}", self.window.0), takes.iter().map(|t| t.0));
        if let Some(ends) = self.s.known(key) {
            return Ok(ends);
        }
        let rows = piece.rows()?;
        let known: u64 = weighed().filter_map(|w| w.known).map(|k| k.1).sum();
        let mut bytes = vec![0; rows.len()];
        self.weigh(&rows, weighed().filter(|w| missing(w)), &mut bytes)?;
        if known.saturating_add(bytes.iter().sum()) <= PIECE_MAX {
            return Ok(Vec::new());
        }
        self.weigh(&rows, weighed().filter(|w| !missing(w)), &mut bytes)?;
        let hashes = self.hashes(&rows)?;
        let ends = cutting::cut(&hashes, &bytes, self.window.smaller());
        self.s.remember(key, &ends, true);
        Ok(ends)
    }

    /// Adds the bytes of each row in some columns.
    fn weigh<'w>(
        &self,
        rows: &[(u32, u32)],
        of: impl Iterator<Item = &'w Wanted>,
        bytes: &mut [u64],
    ) -> Result<(), Fault> {
        for w in of {
            self.each_row(rows, &w.name, |array, row, k| {
                bytes.get_mut(k).iter_mut().for_each(|b| **b += weight(array, row, row + 1));
            })?;
        }
        Ok(())
    }

    /// The hashes that rows are cut by.
    fn hashes(&self, rows: &[(u32, u32)]) -> Result<Vec<u64>, Fault> {
        let mut out = Vec::with_capacity(rows.len());
        self.each_row(rows, "id", |array, row, _| {
            let one = array.slice(row, 1);
            let id = table::texts(one.as_ref()).first().copied().flatten().unwrap_or_default().to_string();
            out.push(cut_hash(id.as_bytes()));
        })?;
        Ok(out)
    }

    /// Visits a column's cells row by row; one source is held at a time.
    fn each_row(
        &self,
        rows: &[(u32, u32)],
        name: &str,
        mut visit: impl FnMut(&ArrayRef, usize, usize),
    ) -> Result<(), Fault> {
        let mut k = 0;
        for run in rows.chunk_by(|a, b| a.0 == b.0) {
            let part = run.first().and_then(|r| self.from.parts.get(r.0 as usize));
            let digest = part.and_then(|part| digest_of(self.s, self.from, part, name));
            let array = self.s.array(digest.ok_or_else(|| Fault::Bug(format!("`{name}` is not known")))?)?;
            for (_, row) in run {
                visit(&array, *row as usize, k);
                k += 1;
            }
        }
        Ok(())
    }
}

/// What came of a piece, once it was worked on.
type Slot = Mutex<Option<Result<Vec<Partition>, Fault>>>;

fn missing(w: &Wanted) -> bool {
    w.known.is_none() && w.take.is_some()
}

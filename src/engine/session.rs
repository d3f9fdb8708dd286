//! A session: columns by digest (from memory, from the store, or made again), and kernels run, checked and recorded.
//! Bytes may be absent everywhere: whoever made a digest is remembered and asked again.
use super::contract;
use super::events;
use super::gather::{self, Bytes, Run};
use super::recipe;
use super::scan::{self, Scanned, Unit};
use super::state::{BornRows, Counts, Outcome, Table};
use super::store::Store;
use super::{Review, Step, order};
use crate::digest::{BothSums, Digest, cut_hash};
use crate::stage::{
    Act, Chunk, Content, Context, Delta, Event, Executor, Fact, Fault, Grain, Kernel, Kernels, Meter, OutFile, Output,
    Piece, Program, Rows, Slice, Source, Summary, Sums, Tools,
};
use crate::table::{self, ArrayRef, DataType, Living, column_digest, encode};
use crate::world::World;
use arrow_array::Array;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::ThreadId;

/// A wish to stop, made from outside: the exit code that it wants, or 0. Copies are one wish.
#[derive(Clone, Debug, Default)]
pub struct Stop(pub Arc<std::sync::atomic::AtomicUsize>);

impl Stop {
    pub fn asked(&self) -> usize {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }
}

/// Summaries that a gather holds: one byte in so many of the memory.
const SUMMARIES: u64 = 4;
/// Memory that a build may use where nobody says otherwise.
const MEMORY: u64 = 1 << 30;
/// Pieces whose rows are remembered.
const PIECES: usize = 16;
/// Units whose places are remembered at a time.
const UNITS: usize = 65_536;
/// Decoded columns kept in memory: one byte in so many of the memory that a build may use.
const CACHE: u64 = 8;

/// Everything that a walk over the steps needs.
pub struct Session<'a> {
    pub world: &'a World,
    pub store: &'a Store,
    pub exec: &'a dyn Executor,
    pub steps: &'a [Step],
    pub review: &'a Review,
    pub target: usize,
    /// Bytes of memory that a build may use.
    pub memory: u64,
    /// Asked before each task.
    pub stop: Stop,
    /// For quick work: rows of this table whose ids' cut hash is below the bound, and no others.
    pub sample: Option<(&'static str, u64)>,
    /// One for each step.
    pub meters: Vec<Meter>,
    cache: Mutex<Cache>,
    producers: Mutex<HashMap<Digest, Producer>>,
    /// What each thread makes again just now: nothing may be needed to make itself.
    making: Mutex<HashSet<(ThreadId, Digest)>>,
    units: Mutex<HashMap<Digest, Unit>>,
    /// Files that the manifest names.
    files: Mutex<HashMap<Digest, Unit>>,
    /// The rows of the pieces that were taken last.
    pieces: Mutex<Vec<PieceRows>>,
    /// Sources as they were scanned, by step: once in a process, so that plan and build see the same.
    scans: Mutex<BTreeMap<usize, Arc<Scanned>>>,
}

/// Columns in two generations: what nobody asked for while one filled up goes.
#[derive(Default)]
struct Cache {
    young: HashMap<Digest, ArrayRef>,
    old: HashMap<Digest, ArrayRef>,
    /// Of the young.
    bytes: u64,
}

impl Cache {
    fn get(&mut self, digest: Digest, most: u64) -> Option<ArrayRef> {
        if let Some(array) = self.young.get(&digest) {
            return Some(array.clone());
        }
        let array = self.old.remove(&digest)?;
        self.put(digest, &array, most);
        Some(array)
    }

    /// Keeps a column; both generations together stay below `most` bytes, but for one column.
    fn put(&mut self, digest: Digest, array: &ArrayRef, most: u64) {
        if self.bytes > most / 2 {
            (self.old, self.young, self.bytes) = (std::mem::take(&mut self.young), HashMap::new(), 0);
        }
        if self.young.insert(digest, array.clone()).is_none() {
            self.bytes += array.get_array_memory_size() as u64;
        }
    }
}

/// Who can make a digest's bytes again.
#[derive(Clone)]
pub enum Producer {
    Nulls(DataType, u32),
    Literal(ArrayRef),
    /// Columns of a source's partition.
    Units(Arc<Scanned>, usize),
    Task(Arc<Task>),
    Gather(Arc<GatherTask>),
    Run(Arc<RunTask>),
    /// Rows of other columns, in an order of their own.
    Take(Arc<Take>),
}

/// A kernel's work on one partition: a recipe's inputs, and what finds their bytes.
#[derive(Clone, Default)]
pub struct Task {
    pub step: usize,
    pub part: Option<Kernel>,
    pub rows: u32,
    pub reads: Vec<(String, Digest)>,
    /// Living rows, where the kernel is given only those.
    pub living: Option<Living>,
    pub slice: Option<Digest>,
    /// What a gather concluded of the whole table; then there is a slice too, if only an empty one.
    pub all: Option<Digest>,
    /// The columns of the right rows that match.
    pub bucket: Option<(u32, Vec<(String, Digest)>)>,
    /// Records in the partition's units, for readers.
    pub records: Option<u64>,
    /// The one row of a larger task, at Sample grain; in no key.
    pub one_row: bool,
    /// Tasks that read the same have near numbers; in no key.
    pub near: u32,
}

/// A gather's inputs: the summary of each partition and its living rows, and the table, whose order of rows is theirs.
pub struct GatherTask {
    pub step: usize,
    pub inputs: Vec<(Digest, Living)>,
    /// Which partition of the table each input is of.
    pub of: Vec<usize>,
    /// The table, where its order of rows is not that of its partitions.
    pub table: Option<Table>,
    pub facts: BTreeMap<String, Fact>,
}

/// A whole stage's inputs: each piece's group, row count and columns.
pub struct RunTask {
    pub step: usize,
    pub pieces: Vec<PieceTask>,
    pub facts: BTreeMap<String, Fact>,
}

/// What a whole stage gave: its output, the object with the keys of its files' sums, and the partitions of its table.
pub struct Whole {
    pub output: Output,
    pub sums: Digest,
    pub table: Vec<GivenRows>,
}

/// A partition of the table that a whole stage gave.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct GivenRows {
    pub rows: u32,
    pub columns: Vec<(String, Digest)>,
}

/// A piece of a whole stage's input: its group, its rows, its columns.
pub type PieceTask = (String, u32, Vec<(String, Digest)>);

/// `rows` of the concatenation named by (source, row).
pub struct Take {
    pub ty: DataType,
    pub sources: Arc<[Digest]>,
    pub rows: TakeRows,
}

/// Which rows: (source, row), held or as JSON that is read when they are taken.
#[derive(Clone)]
pub enum TakeRows {
    Held(Arc<[(u32, u32)]>),
    Text(Arc<RawValue>),
}

/// The rows of a piece as text, and read.
type PieceRows = (Arc<RawValue>, Arc<[(u32, u32)]>);

impl<'a> Session<'a> {
    pub fn new(
        world: &'a World,
        store: &'a Store,
        exec: &'a dyn Executor,
        steps: &'a [Step],
        review: &'a Review,
        target: usize,
    ) -> Session<'a> {
        let meters = steps.iter().map(|_| Meter::default()).collect();
        let (cache, producers, units, files) = Default::default();
        let (pieces, scans, making) = Default::default();
        let stop = Stop::default();
        Session {
            world,
            store,
            exec,
            steps,
            review,
            target,
            memory: MEMORY,
            stop,
            sample: None,
            meters,
            cache,
            producers,
            making,
            units,
            files,
            pieces,
            scans,
        }
    }

    /// An error once somebody asked to stop.
    pub fn go_on(&self) -> Result<(), Fault> {
        match self.stop.asked() {
            0 => Ok(()),
            exit => Err(Fault::Stopped(exit as i32)),
        }
    }

    // ---- bytes ---------------------------------------------------------------------------------------------------

    /// Says where the bytes of a file lie that the manifest names.
    pub fn know_file(&self, unit: &Unit) {
        held(&self.files).entry(unit.stretch.digest).or_insert_with(|| unit.clone());
    }

    /// A source as it is now, or as it was when this process first asked.
    pub fn scan(&self, step: usize, source: &Source) -> Result<Arc<Scanned>, Fault> {
        if let Some(s) = held(&self.scans).get(&step) {
            return Ok(s.clone());
        }
        let scanned = Arc::new(scan::scan(self.world, self.store, self.exec, source, self.target)?);
        held(&self.scans).insert(step, scanned.clone());
        Ok(scanned)
    }

    /// The columns of a source's partition; from now on it is known where its units lie.
    fn units(&self, scanned: &Scanned, part: usize, digest: Digest) -> Result<ArrayRef, Fault> {
        let units = scanned.units(part)?;
        let mut of = None;
        let digests = scanned.parts.get(part).into_iter().flat_map(|h| h.columns());
        for ((_, d), (_, array)) in digests.zip(scan::columns(&units)) {
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

    /// Says who makes a digest.
    pub fn know(&self, digest: Digest, producer: impl FnOnce() -> Producer) {
        held(&self.producers).entry(digest).or_insert_with(producer);
    }

    /// The digest of a column in memory, which need not be stored.
    pub fn keep_column(&self, array: &ArrayRef) -> Digest {
        let digest = column_digest(array.as_ref());
        self.cache(digest, array);
        digest
    }

    fn cache(&self, digest: Digest, array: &ArrayRef) {
        held(&self.cache).put(digest, array, self.memory / CACHE);
    }

    fn cached(&self, digest: Digest) -> Option<ArrayRef> {
        held(&self.cache).get(digest, self.memory / CACHE)
    }

    /// A column of nulls as a digest.
    pub fn nulls(&self, ty: &DataType, rows: u32) -> Digest {
        let digest = column_digest(table::nulls(ty, rows as usize).as_ref());
        self.know(digest, || Producer::Nulls(ty.clone(), rows));
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
        if !held(&self.making).insert(mark) {
            return Err(Fault::Bug(format!("the object {} is needed to make itself again", digest.short())));
        }
        let done = match producer {
            Some(Producer::Task(task)) => self.execute(&task).map(drop),
            Some(Producer::Gather(task)) => self.execute_gather(&task).map(drop),
            Some(Producer::Run(task)) => self.execute_run(&task).map(drop),
            _ => Err(Fault::World(format!("the object {} is absent and nobody makes it", digest.short()))),
        };
        held(&self.making).remove(&mark);
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
    fn stored(&self, digest: Digest) -> Result<ArrayRef, Fault> {
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

    // ---- results -------------------------------------------------------------------------------------------------

    /// What a key gave, if it is known.
    pub fn known<T: serde::de::DeserializeOwned>(&self, key: Digest) -> Option<T> {
        serde_json::from_slice(&self.store.result(key)?).ok()
    }

    /// The same of one sample or one file, for which a larger result speaks when garbage is collected.
    pub fn known_part<T: serde::de::DeserializeOwned>(&self, key: Digest) -> Option<T> {
        serde_json::from_slice(&self.store.peek(key)?).ok()
    }

    /// Remembers what a key gave. `raw`: the key or the value tells of what nothing has masked.
    pub fn remember<T: serde::Serialize>(&self, key: Digest, value: &T, raw: bool) {
        self.store.put_result(key, &serde_json::to_vec(value).unwrap_or_default(), raw);
    }

    pub fn remember_part<T: serde::Serialize>(&self, key: Digest, value: &T, raw: bool) {
        self.store.put_part(key, &serde_json::to_vec(value).unwrap_or_default(), raw);
    }

    /// Keeps bytes under their own digest.
    pub fn put(&self, bytes: &[u8], raw: bool) -> Result<Digest, Fault> {
        let digest = Digest::of(bytes);
        self.put_as(digest, bytes, raw)?;
        Ok(digest)
    }

    fn put_as(&self, digest: Digest, bytes: &[u8], raw: bool) -> Result<(), Fault> {
        self.store.put(digest, bytes, raw).map_err(|e| Fault::World(format!("the store: {e}")))
    }

    /// Names the producers of all that an outcome speaks of.
    pub fn adopt(&self, task: &Arc<Task>, outcome: &Outcome) {
        for d in outcome.objects() {
            self.know(d, || Producer::Task(task.clone()));
        }
    }

    // ---- kernels -------------------------------------------------------------------------------------------------

    /// The key of a task.
    pub fn key(&self, head: &str, task: &Task) -> Digest {
        let bucket = task.bucket.iter().flat_map(|(_, c)| c.iter().map(|c| c.1));
        let living = task.living.as_ref().map(Living::digest);
        // the digest of a column says how many rows there are; without one the number is an input of its own
        let rows = task.reads.is_empty().then(|| Digest::of(format!("rows {}", task.rows).as_bytes()));
        let living = rows.into_iter().chain(living);
        recipe::key(head, task.reads.iter().map(|r| r.1).chain(living).chain(task.slice).chain(task.all).chain(bucket))
    }

    fn rows(&self, n: u32, reads: &[(String, Digest)]) -> Rows<'_> {
        Rows::new(n as usize, reads.iter().map(|(n, d)| (n.clone(), (*d, None))).collect(), self)
    }

    /// Runs a task's kernel, checks what it gave against the contract, and keeps it.
    pub fn execute(&self, task: &Task) -> Result<Outcome, Fault> {
        let step = &self.steps[task.step];
        if step.entry.card.grain == Grain::Sample && matches!(task.part, Some(Kernel::Map)) && task.living.is_some() {
            return super::exchange::by_sample(self, task, true)?
                .ok_or_else(|| Fault::Bug("a sample was not mapped".into()));
        }
        let (delta, summary) = self.call(task).map_err(|f| named(step, f))?;
        self.finish(task, delta, summary).map_err(|f| named(step, f))
    }

    /// Runs a kernel on rows that are in memory.
    pub fn call(&self, task: &Task) -> Result<(Delta, Option<Summary>), Fault> {
        let step = &self.steps[task.step];
        let meter = &self.meters[task.step];
        let rows = self.rows(task.rows, &task.reads);
        let params = |kernel| step.plan.params(kernel);
        match (&step.entry.kernels, task.part) {
            (Kernels::Row { map, .. }, Some(Kernel::Map)) => {
                let mut summary = Summary::default();
                let delta = map(meter, params(Kernel::Map), &rows, &mut summary)?;
                let gathers = step.entry.card.has(Kernel::Gather);
                Ok((delta, gathers.then_some(summary)))
            }
            (Kernels::Row { apply, .. }, Some(Kernel::Apply)) => {
                let slice = task.slice.ok_or_else(|| Fault::Bug("apply without a slice".into()))?;
                let all = task.all.map(|d| self.bytes(d)).transpose()?.unwrap_or_default();
                let slice = Slice { all, rows: crate::stage::slice_of(&self.bytes(slice)?) };
                Ok((apply(meter, params(Kernel::Apply), &rows, &slice)?, None))
            }
            (Kernels::Join { join }, Some(Kernel::Join)) => {
                let (n, columns) = task.bucket.clone().unwrap_or_default();
                let right = self.rows(n, &columns);
                let matches = super::exchange::matches(step, &rows, &right)?;
                Ok((join(meter, params(Kernel::Join), &rows, &matches, &right)?, None))
            }
            _ => Err(Fault::Bug("has no such kernel".into())),
        }
    }

    /// Checks a delta against the contract and turns it into an outcome whose bytes are stored.
    pub fn finish(&self, task: &Task, delta: Delta, summary: Option<Summary>) -> Result<Outcome, Fault> {
        let step = &self.steps[task.step];
        let records = task.records.unwrap_or(u64::from(task.rows));
        contract::check(step, task.rows, (!task.one_row).then_some(records), &delta)?;
        let mut out = Outcome::default();
        for (name, array) in &delta.columns {
            let stays = step.entry.card.grain == Grain::Sample || self.read_later(task.step, name);
            let over = task.reads.iter().find(|r| r.0 == *name).map(|r| r.1);
            let apart = step.apart.contains(name);
            let digest = if stays { self.put_column(array, over, apart)? } else { self.keep_column(array) };
            out.columns.push((name.clone(), digest));
        }
        for (digest, bytes) in &delta.blobs {
            self.put_as(*digest, bytes, step.raw)?;
            out.blobs.push((*digest, bytes.len() as u64));
        }
        let into = step.plan.ports.into.is_some();
        for e in &delta.events {
            out.counts.add(&e.act);
            match e.act {
                Act::Drop { .. } if !into => out.acts.push((e.row, 'd')),
                Act::Merge(_) if !into => out.acts.push((e.row, 'm')),
                Act::Review if !into => out.acts.push((e.row, 'r')),
                _ => {}
            }
        }
        out.acts.sort();
        if !delta.events.is_empty() {
            out.events = Some(self.put(&events::encode(&delta.events), step.raw)?);
        }
        if let Some(summary) = summary {
            out.summary = Some(self.put(&gather::encode(&summary), step.raw)?);
        }
        if !delta.born.parents.is_empty() {
            let mut columns = Vec::new();
            for (name, array) in &delta.born.columns {
                let apart = step.apart.contains(name) || name == "id";
                columns.push((name.clone(), self.put_column(array, None, apart)?));
            }
            let parents = self.put(&parents_bytes(&delta.born.parents), step.raw)?;
            out.born = Some(BornRows { rows: delta.born.parents.len() as u32, columns, parents });
        }
        Ok(out)
    }

    /// Whether a step behind this one reads a column that it writes; what nobody reads is not stored, and is made
    /// again when a person asks.
    fn read_later(&self, step: usize, column: &str) -> bool {
        let table = self.steps.get(step).map(|s| s.plan.ports.table.as_str());
        let reads = |s: &Step| {
            let ports = &s.plan.ports;
            let own = Some(ports.table.as_str()) == table
                && (ports.reads.iter().chain(&ports.apply_reads).any(|c| c == column)
                    || ports.right.as_ref().is_some_and(|r| r.on == column));
            let right = ports.right.as_ref().filter(|r| Some(r.table.as_str()) == table);
            let regroup = s.plan.regroup.as_ref().filter(|r| Some(r.table.as_str()) == table);
            own || right.is_some_and(|r| r.key == column || r.reads.iter().any(|c| c == column))
                || regroup.is_some_and(|r| {
                    r.only.as_deref() == Some(column)
                        || r.by.as_deref() == Some(column)
                        || ports.reads.iter().any(|c| c == column)
                })
        };
        self.steps.iter().skip(step + 1).any(reads)
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

    /// Merges the summaries and runs the gather.
    pub fn execute_gather(&self, task: &GatherTask) -> Result<gather::Decided, Fault> {
        let step = &self.steps[task.step];
        let Kernels::Row { gather: kernel, .. } = step.entry.kernels else {
            return Err(Fault::Bug("has no gather".into()));
        };
        let runs = self.runs(task)?;
        let mut verdicts = crate::stage::Verdicts::default();
        let broken = gather::Broken::default();
        let stream = || gather::merge(&runs, &broken);
        let hits = crate::stage::Hits(&stream);
        let n = gather::count(&runs, &broken);
        let context = Context::new(self, &task.facts);
        let done = kernel(&self.meters[task.step], step.plan.params(Kernel::Gather), n, &hits, &context, &mut verdicts);
        // what a gather says of entries that broke off is no answer, nor is its own complaint
        broken.check().and(done).map_err(|f| named(step, f))?;
        let mut out = gather::Decided::default();
        for part in verdicts.parts() {
            out.slices.insert(part, self.put(&gather::encode_slice(&verdicts.slice(part).rows), step.raw)?);
        }
        if let Some(all) = verdicts.conclusion() {
            out.all = Some(self.put(all, step.raw)?);
            out.none = Some(self.put(&[], step.raw)?);
        }
        out.facts = verdicts.facts;
        Ok(out)
    }

    /// Summaries, held where they fit into a share of the memory, else read as they are merged.
    fn runs(&self, task: &GatherTask) -> Result<Vec<Run<'_>>, Fault> {
        let mut runs = Vec::with_capacity(task.inputs.len());
        let mut held = 0;
        let mut ranks = match &task.table {
            Some(table) => order::ranks(self, table)?,
            None => None,
        };
        for ((digest, living), k) in task.inputs.iter().zip(&task.of) {
            let bytes = self.bytes(*digest)?; // verified, or made again
            held += bytes.len() as u64;
            let bytes = match held > self.memory / SUMMARIES {
                true => {
                    let digest = *digest;
                    let read = move |at, len| self.store.stretch(digest, at, len);
                    Bytes::Read(bytes.len() as u64, Box::new(read))
                }
                false => Bytes::Held(bytes),
            };
            let ranks = ranks.as_mut().and_then(|r| r.get_mut(*k)).map(std::mem::take);
            runs.push(Run { bytes, living: living.clone(), ranks });
        }
        Ok(runs)
    }

    /// Runs a whole stage; the bytes of its files become objects. Also names the object with the keys of its files' sums.
    pub fn execute_run(&self, task: &RunTask) -> Result<Whole, Fault> {
        let step = &self.steps[task.step];
        let Kernels::Whole { run, seal } = step.entry.kernels else { return Err(Fault::Bug("has no run".into())) };
        let pieces: Vec<Piece> =
            task.pieces.iter().map(|(g, n, reads)| Piece { group: g.clone(), rows: self.rows(*n, reads) }).collect();
        let params = step.plan.params(Kernel::Run);
        let context = Context::new(self, &task.facts);
        let mut output = run(&self.meters[task.step], params, &pieces, &context).map_err(|f| named(step, f))?;
        let mut keys = self.keep_files(&mut output.files, step.raw)?;
        if let Some((mut seals, root)) = seal(params, &output.files).map_err(|f| named(step, f))? {
            keys.extend(self.keep_files(&mut seals, step.raw)?);
            output.files.extend(seals);
            output.files_root = Some(root);
        }
        let keys: Vec<u8> = keys.iter().flat_map(|k| k.0).collect();
        let sums = self.put(&keys, step.raw)?;
        let table = match output.table.take() {
            Some(table) => self.keep_table(step, &table)?,
            None => Vec::new(),
        };
        Ok(Whole { output, sums, table })
    }

    /// Checks the table that a whole stage gave, and cuts it into partitions by the hash of its ids.
    fn keep_table(&self, step: &Step, columns: &BTreeMap<String, ArrayRef>) -> Result<Vec<GivenRows>, Fault> {
        let ids = contract::check_table(step, columns).map_err(|f| named(step, f))?;
        let hashes: Vec<u64> = ids.iter().map(|id| cut_hash(id.as_bytes())).collect();
        let (mut out, mut start) = (Vec::new(), 0u32);
        for end in table::cutting::cut(&hashes, &[], table::cutting::Window::lines(self.target)) {
            let rows: Vec<u32> = (start..end as u32).collect();
            let mut kept = Vec::with_capacity(columns.len());
            for (name, array) in columns {
                kept.push((name.clone(), self.put_column(&table::take(array, &rows), None, step.raw)?));
            }
            out.push(GivenRows { rows: rows.len() as u32, columns: kept });
            start = end as u32;
        }
        Ok(out)
    }

    /// Turns bytes of files into objects, and finds out the sums of all that have none; gives the keys of these.
    fn keep_files(&self, files: &mut [OutFile], raw: bool) -> Result<Vec<Digest>, Fault> {
        let mut kept = Vec::with_capacity(files.len());
        for file in files.iter() {
            kept.push(self.keep_content(&file.content, raw)?);
        }
        let unknown: Vec<usize> = (0..files.len()).filter(|i| files[*i].sums.is_none()).collect();
        type Found = (Digest, Sums);
        let slots: Vec<Mutex<Option<Result<Found, Fault>>>> = unknown.iter().map(|_| Mutex::new(None)).collect();
        self.exec.each(unknown.len(), &|n| {
            let i = unknown[n];
            let done = self.go_on().and_then(|()| self.sums(&files[i].content, &kept[i]));
            *held(&slots[n]) = Some(done);
        });
        for (file, content) in files.iter_mut().zip(kept) {
            file.content = content;
        }
        let mut keys = Vec::with_capacity(unknown.len());
        for (i, slot) in unknown.into_iter().zip(slots) {
            let found = slot.into_inner().unwrap_or_else(|e| e.into_inner()).transpose()?;
            let (key, sums) = found.ok_or_else(|| Fault::Bug("the sums of a file were lost".into()))?;
            files[i].sums = Some(sums);
            keys.push(key);
        }
        Ok(keys)
    }

    /// The same content with objects in the place of bytes.
    fn keep_content(&self, of: &Content, raw: bool) -> Result<Content, Fault> {
        let chunk = |c: &Chunk| match c {
            Chunk::Bytes(bytes) => Ok(Chunk::Stored(self.put(bytes, raw)?, bytes.len() as u64)),
            other => Ok(other.clone()),
        };
        match of {
            Content::Bytes(bytes) => Ok(Content::Stored(self.put(bytes, raw)?, bytes.len() as u64)),
            Content::Joined(chunks) => Ok(Content::Joined(chunks.iter().map(chunk).collect::<Result<_, Fault>>()?)),
            other => Ok(other.clone()),
        }
    }

    /// The sums of a file, remembered by what it is made of: the result of the whole stage speaks for that key.
    fn sums(&self, of: &Content, kept: &Content) -> Result<(Digest, Sums), Fault> {
        let made_of = serde_json::to_vec(kept).map_err(|e| Fault::Bug(e.to_string()))?;
        let key = recipe::key("sums 1", [Digest::of(&made_of)]);
        if let Some(known) = self.known_part(key) {
            return Ok((key, known));
        }
        let mut both = BothSums::new();
        self.content(of, &mut |bytes| {
            both.update(bytes);
            Ok(())
        })?;
        let (blake3, sha256) = both.finish();
        let sums = Sums { blake3, sha256 };
        self.remember_part(key, &sums, false);
        Ok((key, sums))
    }

    /// Hands over the bytes of an output, chunk by chunk.
    pub fn content(&self, of: &Content, each: &mut dyn FnMut(&[u8]) -> Result<(), Fault>) -> Result<(), Fault> {
        match of {
            Content::Bytes(bytes) => each(bytes),
            Content::Stored(digest, _) => each(&self.bytes(*digest)?),
            Content::Blob(digest, _) => each(&self.open(*digest)?),
            Content::Joined(chunks) => chunks.iter().try_for_each(|c| self.chunk(c, each)),
        }
    }

    fn chunk(&self, of: &Chunk, each: &mut dyn FnMut(&[u8]) -> Result<(), Fault>) -> Result<(), Fault> {
        match of {
            Chunk::Bytes(bytes) => each(bytes),
            Chunk::Stored(digest, _) => each(&self.bytes(*digest)?),
            Chunk::Cell(column, from, len) => {
                // read once: worth no place in the cache, but it may have been made just now
                let array = self.cached(*column).map_or_else(|| self.stored(*column), Ok)?;
                let cell = table::bytes_at(array.as_ref(), 0).unwrap_or_default();
                let own = cell.get(*from as usize..(from + len) as usize);
                each(own.ok_or_else(|| Fault::Bug("a chunk names bytes that its column does not have".into()))?)
            }
        }
    }

    /// The events of an outcome.
    pub fn events(&self, outcome: &Outcome) -> Result<Vec<Event>, Fault> {
        let Some(d) = outcome.events else { return Ok(Vec::new()) };
        events::decode(&self.bytes(d)?).ok_or_else(|| Fault::Bug("stored events do not read".into()))
    }
}

impl Session<'_> {
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
}

impl Tools for Session<'_> {
    fn blob(&self, digest: Digest) -> Result<Vec<u8>, Fault> {
        self.open(digest)
    }

    fn column(&self, digest: Digest) -> Result<ArrayRef, Fault> {
        self.array(digest)
    }

    fn program(&self, program: &Program, input: &[u8]) -> Result<Vec<u8>, Fault> {
        self.go_on()?;
        self.world.program(program, input).map_err(Fault::World)
    }

    fn each(&self, n: usize, work: &(dyn Fn(usize) + Sync)) {
        self.exec.each(n, work);
    }

    fn go_on(&self) -> Result<(), Fault> {
        Session::go_on(self)
    }
}

fn held<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(|e| e.into_inner())
}

fn named(step: &Step, fault: Fault) -> Fault {
    match fault {
        Fault::Bug(say) => Fault::Bug(format!("{}: {say}", step.name)),
        other => other,
    }
}

/// The parents of born rows as bytes: row and record, u32 each.
pub fn parents_bytes(parents: &[(u32, u32)]) -> Vec<u8> {
    parents.iter().flat_map(|(a, b)| [a.to_le_bytes(), b.to_le_bytes()].concat()).collect()
}

pub fn parents_of(bytes: &[u8]) -> Vec<(u32, u32)> {
    let pair = |b: &[u8; 8]| {
        let [a, b, c, d, e, f, g, h] = *b;
        (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]))
    };
    bytes.as_chunks::<8>().0.iter().map(pair).collect()
}

/// Sum of counts over outcomes.
pub fn total<'o>(outcomes: impl IntoIterator<Item = &'o Outcome>) -> Counts {
    outcomes.into_iter().fold(Counts::default(), |mut t, o| {
        t.findings += o.counts.findings;
        t.changes += o.counts.changes;
        t.fails += o.counts.fails;
        t.drops += o.counts.drops;
        t
    })
}

//! A session: what a walk over the steps needs, what it knows of results and of who makes which bytes. How columns are
//! found and kernels run is said in `columns`, `call`, `samples`, `run` and `files`.
use super::programs::Programs;
use super::rooms::Rooms;
use super::scan::{self, Scanned, Unit};
use super::state::Outcome;
use super::step::{Review, Step};
use super::store::Store;
use super::tasks::{Producer, Task};
use crate::digest::Digest;
use crate::stage::{Executor, Fault, Meter, Source};
use crate::table::DataType;
use crate::table::cache::Cache;
use crate::world::World;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap};
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

/// A gather keeps at most this share of `memory` (1 / SUMMARIES) in RAM; further summaries are read block by block.
pub(super) const SUMMARIES: u64 = 4;
/// Memory that a build may use where nobody says otherwise.
const MEMORY: u64 = 1 << 30;
/// Pieces whose rows are remembered.
pub(super) const PIECES: usize = 16;
/// Units whose places are remembered at a time.
pub(super) const UNITS: usize = 65_536;
/// Decoded columns take at most this share of `memory` (1 / CACHE).
pub(super) const CACHE: u64 = 8;

/// Makes bytes again that are absent. The session is given a maker, since whoever makes bytes needs the session.
pub trait Make: Sync {
    /// Runs what made the bytes; `None` if they are not made by running anything.
    fn make(&self, s: &Session, producer: &Producer) -> Option<Result<(), Fault>>;
}

/// Everything that a walk over the steps needs.
pub struct Session<'a> {
    pub world: &'a World,
    pub store: &'a Store,
    pub exec: &'a dyn Executor,
    pub make: &'a dyn Make,
    pub steps: &'a [Step],
    pub review: &'a Review,
    pub target: usize,
    /// Bytes of memory that a build may use.
    pub memory: u64,
    /// Every file of a source is read and compared, also where it looks as it did.
    pub compare: bool,
    /// Asked before each task.
    pub stop: Stop,
    /// For quick work: rows of this table whose ids' cut hash is below the bound, and no others.
    pub sample: Option<(&'static str, u64)>,
    /// One for each step.
    pub meters: Vec<Meter>,
    pub(super) cache: Mutex<Cache>,
    /// Digests of columns of nulls: most partitions have the same few.
    pub(super) nulls: Mutex<HashMap<(DataType, u32), Digest>>,
    pub(super) rooms: Rooms,
    pub(super) programs: Programs,
    pub(super) producers: Mutex<HashMap<Digest, Producer>>,
    /// What each thread makes again just now, and how often: nothing may be needed to make itself.
    pub(super) making: Mutex<HashMap<(ThreadId, Digest), u32>>,
    pub(super) units: Mutex<HashMap<Digest, Unit>>,
    /// Files that the manifest names.
    pub(super) files: Mutex<HashMap<Digest, Unit>>,
    /// The rows of the pieces that were taken last.
    pub(super) pieces: Mutex<Vec<PieceRows>>,
    /// Sources as they were scanned, by step: once in a process, so that plan and build see the same.
    pub(super) scans: Mutex<BTreeMap<usize, Arc<Scanned>>>,
}

/// The rows of a piece as text, and read.
pub(super) type PieceRows = (Arc<RawValue>, Arc<[(u32, u32)]>);

impl<'a> Session<'a> {
    pub fn new(
        world: &'a World,
        store: &'a Store,
        exec: &'a dyn Executor,
        make: &'a dyn Make,
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
            make,
            steps,
            review,
            target,
            memory: MEMORY,
            compare: false,
            stop,
            sample: None,
            meters,
            cache,
            nulls: Mutex::default(),
            rooms: Rooms::default(),
            programs: Programs::default(),
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

    /// Says where the bytes of a file lie that the manifest names.
    pub fn know_file(&self, unit: &Unit) {
        held(&self.files).entry(unit.stretch.digest).or_insert_with(|| unit.clone());
    }

    /// A source as it is now, or as it was when this process first asked.
    pub fn scan(&self, step: usize, source: &Source) -> Result<Arc<Scanned>, Fault> {
        if let Some(s) = held(&self.scans).get(&step) {
            return Ok(s.clone());
        }
        let way = scan::Way { target: self.target, compare: self.compare };
        let scanned = Arc::new(scan::scan(self.world, self.store, self.exec, source, way)?);
        held(&self.scans).insert(step, scanned.clone());
        Ok(scanned)
    }

    /// Says who makes a digest.
    pub fn know(&self, digest: Digest, producer: impl FnOnce() -> Producer) {
        held(&self.producers).entry(digest).or_insert_with(producer);
    }

    /// What a key gave, if it is known.
    pub fn known<T: serde::de::DeserializeOwned>(&self, key: Digest) -> Option<T> {
        serde_json::from_slice(&self.store.result(key)?).ok()
    }

    /// Like `known`, for one sample or one file: the larger result that lists its key keeps it alive in the store.
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

    pub(super) fn put_as(&self, digest: Digest, bytes: &[u8], raw: bool) -> Result<(), Fault> {
        self.store.put(digest, bytes, raw).map_err(|e| Fault::World(format!("the store: {e}")))
    }

    /// Names the producers of all that an outcome speaks of.
    pub fn adopt(&self, task: &Arc<Task>, outcome: &Outcome) {
        for d in outcome.objects() {
            self.know(d, || Producer::Task(task.clone()));
        }
    }
}

/// Locks, whatever a thread that panicked left behind.
pub(super) fn held<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(|e| e.into_inner())
}

//! What remotes hold, as far as this build needs it: segments are read once and kept beside the project, results are looked
//! up in memory, objects are fetched when somebody needs them, with their neighbours. Everything is verified; what is not
//! as it was written is a miss, and is told.
use super::segment::{self, SEGMENT_MAX, SEGMENTS, pack_path, segment_path};
use crate::digest::Digest;
use crate::engine::store::folder::FOLDER;
use crate::engine::store::index::{Map, Set};
use crate::engine::store::place::sound;
use crate::world::{How, Remote, World};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard};

/// So many bytes are fetched at a time from where a wanted object begins: its neighbours were made beside it.
const WINDOW: u64 = 1 << 20;
/// Entries of all remotes that are held in memory, some 60 bytes each.
const ENTRIES: usize = 4 << 20;
/// Failures in a row after which a remote is not asked again by this process.
const PATIENCE: u32 = 3;
/// Requests at a time.
pub(super) const WORKERS: usize = 4;
/// Reasons that are told.
const REASONS: usize = 5;

/// What was asked of remotes, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Met {
    /// Results that were found and are now here.
    pub results: u64,
    /// Results that were looked for and are not there; those that tell of raw data never are.
    pub missing: u64,
    /// Objects that were fetched, with neighbours of those that were wanted.
    pub objects: u64,
    pub bytes: u64,
    /// Objects and segments that are not as they were written, or gone: made again here where they are needed.
    pub damaged: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Why, and which remotes were given up.
    pub why: Vec<String>,
}

/// Where the bytes of a segment are: kept beside the project, or in memory where that cannot be written.
enum Kept {
    File(Digest),
    Held(Vec<u8>),
}

struct Source {
    remote: Box<dyn Remote>,
    /// Failures in a row.
    failures: AtomicU32,
}

pub(super) struct Pack {
    source: usize,
    pub(super) name: Digest,
    pub(super) dataset: String,
    pub(super) objects: Vec<(u64, u32, Digest)>,
}

#[derive(Default)]
pub(super) struct Known {
    segments: Vec<(Kept, String)>,
    /// Segment, and where the JSON lies in it.
    results: Map<(u32, u32, u32)>,
    /// Pack and number in the pack; of several places the first.
    objects: Map<(u32, u32)>,
    others: HashMap<Digest, Vec<(u32, u32)>>,
    packs: Vec<Pack>,
    missed: Set,
    met: Met,
}

/// The remotes of this process: the first is written to, all are read.
pub struct Far {
    project: World,
    sources: Vec<Source>,
    known: Mutex<Known>,
}

impl std::fmt::Debug for Far {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_list().entries(self.sources.iter().map(|s| s.remote.name())).finish()
    }
}

impl Far {
    /// Asks all remotes what they hold. One that cannot be asked is told in [`Far::met`], and left out.
    pub fn open(project: &World, remotes: Vec<Box<dyn Remote>>) -> Far {
        let sources: Vec<Source> =
            remotes.into_iter().map(|remote| Source { remote, failures: AtomicU32::new(0) }).collect();
        let far = Far { project: project.clone(), sources, known: Mutex::default() };
        let mut listed = BTreeSet::new();
        let mut all = true;
        for source in 0..far.sources.len() {
            match far.list(source) {
                Ok(names) => far.learn(source, names, &mut listed),
                Err(e) => {
                    all = false;
                    far.give_up(source, &e);
                }
            }
        }
        if all {
            far.forget(&listed);
        }
        far
    }

    /// What the first remote is called.
    pub fn name(&self) -> &str {
        self.sources.first().map_or("", |s| s.remote.name())
    }

    pub fn met(&self) -> Met {
        let known = self.known();
        Met { missing: known.missed.len() as u64, ..known.met.clone() }
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub(super) fn first(&self) -> Option<&dyn Remote> {
        self.sources.first().map(|s| &*s.remote)
    }

    /// Whether the remote that is written to may be asked.
    pub(super) fn is_up(&self, source: usize) -> bool {
        self.sources.get(source).is_some_and(|s| s.failures.load(Ordering::Relaxed) < PATIENCE)
    }

    fn list(&self, source: usize) -> io::Result<Vec<(Digest, u64)>> {
        let of = self.sources.get(source).ok_or_else(|| io::Error::other("there is no such remote"))?;
        let names = of.remote.list(SEGMENTS)?;
        Ok(names.into_iter().filter_map(|(name, len)| Some((Digest::parse(&name)?, len))).collect())
    }

    /// Reads the segments of a remote, those that are not here at several at a time.
    fn learn(&self, source: usize, mut names: Vec<(Digest, u64)>, listed: &mut BTreeSet<Digest>) {
        names.retain(|(name, _)| listed.insert(*name));
        names.sort();
        let todo = Mutex::new(names.iter());
        let read = Mutex::new(BTreeMap::new());
        std::thread::scope(|s| {
            for _ in 0..WORKERS.min(names.len()) {
                s.spawn(|| {
                    while let Some((name, len)) = held(&todo).next() {
                        if let Some(found) = self.segment(source, *name, *len) {
                            held(&read).insert(*name, found);
                        }
                    }
                });
            }
        });
        let read = read.into_inner().unwrap_or_else(|e| e.into_inner());
        let mut known = self.known();
        for (segment, kept) in read.into_values() {
            known.add(source, segment, kept);
        }
    }

    /// A segment, from beside the project or from its remote.
    fn segment(&self, source: usize, name: Digest, len: u64) -> Option<(segment::Segment, Kept)> {
        let cached = self.project.read_own(&cache_path(name), SEGMENT_MAX).ok();
        if let Some(bytes) = cached.filter(|bytes| Digest::of(bytes) == name) {
            return Some((segment::read(&bytes)?, Kept::File(name)));
        }
        let of = self.sources.get(source).filter(|_| self.is_up(source))?;
        let path = segment_path(name);
        if len > SEGMENT_MAX {
            self.damage(&format!("{path} is too long for a segment and is left out"));
            return None;
        }
        let bytes = match of.remote.read(&path, 0, len) {
            Ok(bytes) => bytes,
            Err(e) => {
                self.failed(source, &path, &e);
                return None;
            }
        };
        self.answered(source, bytes.len());
        let found = (Digest::of(&bytes) == name).then(|| segment::read(&bytes)).flatten();
        let Some(found) = found else {
            self.damage(&format!("{path} is not as it was written: `tamis push` where it was made writes it again"));
            return None;
        };
        // it is a copy: what cannot be kept is read again next time
        let kept = self.project.replace_with(&cache_path(name), false, |f| f.write_all(&bytes));
        Some((found, if kept.is_ok() { Kept::File(name) } else { Kept::Held(bytes) }))
    }

    /// Removes copies of segments that no remote has any more.
    fn forget(&self, listed: &BTreeSet<Digest>) {
        for name in self.project.names(CACHE).unwrap_or_default() {
            if Digest::parse(&name).is_some_and(|name| !listed.contains(&name)) {
                let _ = self.project.remove(&format!("{CACHE}/{name}")); // it takes room, and nothing else
            }
        }
    }

    /// What a recipe gave, where some remote knows it.
    pub fn result(&self, key: Digest) -> Option<Vec<u8>> {
        let mut known = self.known();
        let Some((segment, at, len)) = known.results.get(&key).copied() else {
            known.missed.insert(key);
            return None;
        };
        let found = match known.segments.get(segment as usize).map(|s| &s.0) {
            Some(Kept::Held(bytes)) => bytes.get(at as usize..(at + len) as usize).map(<[u8]>::to_vec),
            Some(Kept::File(name)) => {
                let file = self.project.own(&cache_path(*name), How::Read);
                file.and_then(|f| f.read(len as usize, u64::from(at))).ok()
            }
            None => None,
        };
        match &found {
            Some(_) => known.met.results += 1,
            None => {
                known.results.remove(&key);
                known.met.damaged += 1;
                known.met.tell(format!("a copy in {CACHE} is not as it was: it is read again next time"));
            }
        }
        found
    }

    /// Whether a result may be had.
    pub fn has_result(&self, key: Digest) -> bool {
        self.known().results.contains_key(&key)
    }

    /// Whether an object may be had.
    pub fn has(&self, digest: Digest) -> bool {
        let known = self.known();
        let place = known.objects.get(&digest).and_then(|(pack, _)| known.packs.get(*pack as usize));
        place.is_some_and(|pack| self.is_up(pack.source))
    }

    /// The bytes of an object, verified, and those of its neighbours that are wanted too; nothing if it is not to be had.
    pub fn get(&self, digest: Digest, wanted: &dyn Fn(Digest) -> bool) -> Vec<(Digest, Vec<u8>)> {
        loop {
            let place = self.known().objects.get(&digest).copied();
            let Some((pack, at)) = place else { return Vec::new() };
            let range = self.known().window(pack, at, &|d| d == digest || wanted(d));
            match self.fetch(pack, range) {
                Some(got) if got.iter().any(|(d, _)| *d == digest) => return got,
                Some(_) => {} // not as it was written: there may be another place
                None => return Vec::new(),
            }
        }
    }

    /// Fetches objects that lie one behind the other in a pack; those that are as they were written. `None` if the remote
    /// cannot be asked.
    pub(super) fn fetch(&self, pack: u32, range: Range<usize>) -> Option<Vec<(Digest, Vec<u8>)>> {
        let (source, name, objects) = {
            let known = self.known();
            let of = known.packs.get(pack as usize)?;
            (of.source, of.name, of.objects.get(range.clone())?.to_vec())
        };
        let (first, last) = (objects.first()?, objects.last()?);
        let (from, end) = (first.0, last.0 + u64::from(last.1));
        let of = self.sources.get(source).filter(|_| self.is_up(source))?;
        let path = pack_path(name);
        let bytes = match of.remote.read(&path, from, end - from) {
            Ok(bytes) => bytes,
            // a pack that is shorter than it was, or gone: its first objects may be whole
            Err(e) if is_damage(&e) && objects.len() > 1 => return self.fetch(pack, range.start..range.start + 1),
            Err(e) if is_damage(&e) => {
                self.lose(pack, range.start, &format!("{path} is shorter than it was, or gone"));
                return Some(Vec::new());
            }
            Err(e) => {
                self.failed(source, &path, &e);
                return None;
            }
        };
        self.answered(source, bytes.len());
        let mut out = Vec::with_capacity(objects.len());
        for (n, (offset, len, digest)) in objects.into_iter().enumerate() {
            let start = (offset - from) as usize;
            match bytes.get(start..start + len as usize).filter(|own| sound(digest, own)) {
                Some(own) => out.push((digest, own.to_vec())),
                None => self.lose(pack, range.start + n, &format!("an object in {path} is not as it was written")),
            }
        }
        self.known().met.objects += out.len() as u64;
        Some(out)
    }

    /// An object is not where it should be: it may be had elsewhere, and is sent again by who has it.
    fn lose(&self, pack: u32, at: usize, why: &str) {
        self.damage(why);
        let mut known = self.known();
        let Some(digest) = known.packs.get(pack as usize).and_then(|p| Some(p.objects.get(at)?.2)) else { return };
        let gone = (pack, at as u32);
        if let Some(others) = known.others.get_mut(&digest) {
            others.retain(|place| *place != gone);
        }
        if known.objects.get(&digest) == Some(&gone) {
            match known.others.get_mut(&digest).and_then(Vec::pop) {
                Some(other) => drop(known.objects.insert(digest, other)),
                None => drop(known.objects.remove(&digest)),
            }
        }
    }

    /// Whether something that was read is not as it was written, or is gone.
    pub(super) fn met_damage(&self) -> bool {
        self.known().met.damaged > 0
    }

    fn damage(&self, why: &str) {
        let mut known = self.known();
        known.met.damaged += 1;
        known.met.tell(why.to_string());
    }

    fn answered(&self, source: usize, bytes: usize) {
        if let Some(of) = self.sources.get(source) {
            of.failures.store(0, Ordering::Relaxed);
        }
        self.known().met.bytes += bytes as u64;
    }

    /// A request failed: after some in a row its remote is left alone.
    fn failed(&self, source: usize, path: &str, e: &io::Error) {
        let Some(of) = self.sources.get(source) else { return };
        let mut known = self.known();
        known.met.failed += 1;
        known.met.tell(format!("{}: {path}: {e}", of.remote.name()));
        drop(known);
        if of.failures.fetch_add(1, Ordering::Relaxed) + 1 == PATIENCE {
            self.known().met.tell(format!("{} is not asked any more", of.remote.name()));
        }
    }

    fn give_up(&self, source: usize, e: &io::Error) {
        let Some(of) = self.sources.get(source) else { return };
        of.failures.store(PATIENCE, Ordering::Relaxed);
        let mut known = self.known();
        known.met.failed += 1;
        known.met.tell(format!("{} cannot be asked: {e}", of.remote.name()));
    }

    /// The digests of objects of a pack.
    pub(super) fn digests(&self, pack: u32, range: Range<usize>) -> Vec<Digest> {
        let known = self.known();
        let of = known.packs.get(pack as usize).and_then(|p| p.objects.get(range)).unwrap_or_default();
        of.iter().map(|o| o.2).collect()
    }

    /// The keys of all results of a data set, or of all.
    pub(super) fn keys(&self, dataset: Option<&str>) -> Vec<Digest> {
        let known = self.known();
        let of = |segment: u32| known.segments.get(segment as usize).map(|s| s.1.as_str());
        let ours = |(segment, ..): &(u32, u32, u32)| dataset.is_none() || of(*segment) == dataset;
        let mut keys: Vec<Digest> = known.results.iter().filter(|r| ours(r.1)).map(|r| *r.0).collect();
        keys.sort();
        keys
    }
}

/// Where copies of segments lie.
const CACHE: &str = ".tamis/remote";

fn cache_path(name: Digest) -> String {
    debug_assert!(CACHE.starts_with(FOLDER));
    format!("{CACHE}/{}", name.hex())
}

/// What says that a file is not what it was, while its remote can be asked.
fn is_damage(e: &io::Error) -> bool {
    matches!(e.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::NotFound)
}

fn held<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(|e| e.into_inner())
}

impl Met {
    fn tell(&mut self, why: String) {
        if self.why.len() < REASONS && !self.why.contains(&why) {
            self.why.push(why);
        }
    }
}

impl Known {
    fn add(&mut self, source: usize, segment: segment::Segment, kept: Kept) {
        if self.results.len() + self.objects.len() > ENTRIES {
            self.met
                .tell(format!("the remotes hold more than {ENTRIES} entries: what lies behind them is not looked at"));
            return;
        }
        let at = self.segments.len() as u32;
        for (key, from, len) in &segment.results {
            self.results.entry(*key).or_insert((at, *from, *len));
        }
        if !segment.objects.is_empty() {
            let pack = self.packs.len() as u32;
            for (n, (_, _, digest)) in segment.objects.iter().enumerate() {
                let place = (pack, n as u32);
                let first = *self.objects.entry(*digest).or_insert(place);
                if first != place {
                    self.others.entry(*digest).or_default().push(place);
                }
            }
            let (name, dataset, objects) = (segment.pack, segment.dataset.clone(), segment.objects);
            self.packs.push(Pack { source, name, dataset, objects });
        }
        self.segments.push((kept, segment.dataset));
    }

    /// Objects of a pack from a number on, as long as they are wanted and lie in the window.
    fn window(&self, pack: u32, at: u32, wanted: &dyn Fn(Digest) -> bool) -> Range<usize> {
        let at = at as usize;
        let objects = self.packs.get(pack as usize).and_then(|p| p.objects.get(at..)).unwrap_or_default();
        let start = objects.first().map_or(0, |o| o.0);
        let near =
            |(offset, len, digest): &&(u64, u32, Digest)| offset + u64::from(*len) - start <= WINDOW && wanted(*digest);
        at..at + objects.iter().take_while(near).count().max(1)
    }

    pub(super) fn packs(&self) -> &[Pack] {
        &self.packs
    }
}

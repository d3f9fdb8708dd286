//! What a checkout's results lead to goes to the remote, unless it is raw: first objects, in packs with a segment each, then
//! results. Names are digests of contents, so that two writers never meet, and who is stopped goes on where it stood.
use super::far::{Far, WORKERS};
use super::segment::{Draft, pack_path, segment_path};
use crate::digest::Digest;
use crate::engine::store::collect::{digests_in, samples_of};
use crate::engine::store::index::Set;
use crate::engine::store::objects::Store;
use crate::world::Remote;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, MutexGuard};

/// A pack ends with the object that makes it this long, or holds so many.
const PACK: usize = 8 << 20;
const PACK_OBJECTS: u64 = 20_000;
/// A segment of results ends with the one that makes it this long.
const RESULTS: usize = 4 << 20;
/// A result longer than this stays here.
const RESULT_MAX: usize = 32 << 20;

/// What was sent, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Pushed {
    pub results: u64,
    pub objects: u64,
    pub bytes: u64,
    /// What the remotes had.
    pub known_results: u64,
    pub known_objects: u64,
    /// What is raw, and stays here.
    pub raw_results: u64,
    pub raw_objects: u64,
    /// Objects that are damaged here, and were not sent.
    pub damaged: u64,
    /// Results that are too long.
    pub long: u64,
}

/// A push that did not come to its end. What was sent stays sent.
#[derive(Debug)]
pub struct Unpushed {
    pub pushed: Pushed,
    pub why: io::Error,
}

/// What may go.
struct Offer {
    results: Vec<Digest>,
    objects: Vec<Digest>,
}

/// Sends what these keys lead to and the remotes do not have; with `anew` also what they have. Nothing with the raw mark goes.
pub fn push(
    store: &Store,
    keys: Vec<Digest>,
    far: &Far,
    dataset: &str,
    anew: bool,
    stops: &(dyn Fn() -> bool + Sync),
) -> Result<Pushed, Unpushed> {
    let mut pushed = Pushed::default();
    let Some(remote) = far.first() else { return Ok(pushed) };
    if !far.is_up(0) {
        let why = io::Error::other(format!("{} cannot be asked", remote.name()));
        return Err(Unpushed { pushed, why });
    }
    let offer = offer(store, keys, &mut pushed);
    let (results, objects): (Vec<Digest>, Vec<Digest>) = match anew {
        true => (offer.results, offer.objects),
        false => {
            let results: Vec<Digest> = offer.results.iter().copied().filter(|k| !far.has_result(*k)).collect();
            let objects: Vec<Digest> = offer.objects.iter().copied().filter(|d| !far.has(*d)).collect();
            pushed.known_results = (offer.results.len() - results.len()) as u64;
            pushed.known_objects = (offer.objects.len() - objects.len()) as u64;
            (results, objects)
        }
    };
    let sending = Sending { store, far, remote, dataset, anew, stops, pushed: Mutex::new(pushed) };
    let done = remote.sweep().and_then(|()| sending.objects(objects)).and_then(|()| sending.results(results));
    let pushed = sending.pushed.into_inner().unwrap_or_else(|e| e.into_inner());
    match done {
        Ok(()) => Ok(pushed),
        Err(why) => Err(Unpushed { pushed, why }),
    }
}

/// What keys lead to. A raw result is followed, since what it speaks of need not be raw, and stays here; what it alone speaks
/// of is made by whoever reads the raw files, so that it stays as well.
fn offer(store: &Store, keys: Vec<Digest>, pushed: &mut Pushed) -> Offer {
    let inner = store.lock();
    let index = &inner.index;
    let mut seen = Set::default();
    let mut results = Vec::new();
    let mut objects: BTreeMap<(u32, u64), Digest> = BTreeMap::new(); // in the order in which they lie
    let mut raw = Set::default();
    let mut todo = keys;
    while let Some(key) = todo.pop() {
        let Some(bytes) = index.result(key).filter(|_| seen.insert(key)) else { continue };
        todo.extend(samples_of(&store.home, index, Default::default(), bytes));
        let is_raw = index.is_raw(key);
        match is_raw {
            true => pushed.raw_results += 1,
            false if bytes.len() > RESULT_MAX => pushed.long += 1,
            false => results.push(key),
        }
        for digest in digests_in(bytes) {
            todo.push(digest);
            match index.objects.get(&digest) {
                Some(place) if place.raw => drop(raw.insert(digest)),
                Some(place) if !is_raw => drop(objects.insert((place.pack, place.offset), digest)),
                _ => {}
            }
        }
    }
    pushed.raw_objects = raw.len() as u64;
    results.sort();
    Offer { results, objects: objects.into_values().collect() }
}

/// The bytes of a pack, and its objects with their lengths.
type Packed = (Vec<u8>, Vec<(Digest, u32)>);

struct Sending<'s> {
    store: &'s Store,
    far: &'s Far,
    remote: &'s dyn Remote,
    dataset: &'s str,
    anew: bool,
    stops: &'s (dyn Fn() -> bool + Sync),
    pushed: Mutex<Pushed>,
}

impl Sending<'_> {
    /// Objects in the order in which they lie here, a pack at a time for each of some workers.
    fn objects(&self, objects: Vec<Digest>) -> io::Result<()> {
        let todo = Mutex::new(objects.into_iter());
        let broken: Mutex<Option<io::Error>> = Mutex::new(None);
        std::thread::scope(|s| {
            for _ in 0..WORKERS {
                s.spawn(|| {
                    while held(&broken).is_none() {
                        let Some((pack, objects)) = self.pack(&todo) else { return };
                        if let Err(e) = self.go_on().and_then(|()| self.send_pack(pack, &objects)) {
                            held(&broken).get_or_insert(e);
                        }
                    }
                });
            }
        });
        broken.into_inner().unwrap_or_else(|e| e.into_inner()).map_or(Ok(()), Err)
    }

    fn go_on(&self) -> io::Result<()> {
        if (self.stops)() { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
    }

    /// The next objects, verified, one behind the other.
    fn pack(&self, todo: &Mutex<std::vec::IntoIter<Digest>>) -> Option<Packed> {
        let mut todo = held(todo); // packs are the same whoever makes them: others wait
        let (mut bytes, mut objects) = (Vec::new(), Vec::new());
        while bytes.len() < PACK && (objects.len() as u64) < PACK_OBJECTS {
            let Some(digest) = todo.next() else { break };
            match self.store.get(digest) {
                Some(own) => {
                    objects.push((digest, own.len() as u32));
                    bytes.extend(own);
                }
                None => held(&self.pushed).damaged += 1,
            }
        }
        (!objects.is_empty()).then_some((bytes, objects))
    }

    fn send_pack(&self, bytes: Vec<u8>, objects: &[(Digest, u32)]) -> io::Result<()> {
        let (name, len) = (Digest::of(&bytes), bytes.len() as u64);
        let mut segment = Draft::new(self.dataset, name, len);
        let mut offset = 0;
        for (digest, len) in objects {
            segment.object(*digest, offset, *len);
            offset += u64::from(*len);
        }
        // who met damage there writes over what bears these names: a length alone does not say that it is sound
        let over = self.anew || self.far.met_damage();
        let sent = if self.remote.put(&pack_path(name), bytes, over)? { len } else { 0 };
        let sent = sent + self.send_segment(segment)?;
        let mut pushed = held(&self.pushed);
        pushed.objects += objects.len() as u64;
        pushed.bytes += sent;
        Ok(())
    }

    fn send_segment(&self, segment: Draft) -> io::Result<u64> {
        let (name, bytes) = segment.done();
        let len = bytes.len() as u64;
        Ok(if self.remote.put(&segment_path(name), bytes, self.anew || self.far.met_damage())? { len } else { 0 })
    }

    /// Results, once all objects are there.
    fn results(&self, results: Vec<Digest>) -> io::Result<()> {
        let none = || Draft::new(self.dataset, Digest([0; 32]), 0);
        let mut segment = none();
        let mut keys = results.into_iter().peekable();
        while let Some(key) = keys.next() {
            if let Some(json) = self.store.peek_open(key) {
                segment.result(key, &json);
            }
            if segment.entries > 0 && (segment.len() >= RESULTS || keys.peek().is_none()) {
                self.go_on()?;
                let done = std::mem::replace(&mut segment, none());
                let entries = done.entries;
                let sent = self.send_segment(done)?;
                let mut pushed = held(&self.pushed);
                pushed.results += entries;
                pushed.bytes += sent;
            }
        }
        Ok(())
    }
}

fn held<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(|e| e.into_inner())
}

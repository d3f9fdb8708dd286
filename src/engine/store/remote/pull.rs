//! What remotes hold of a data set comes into the store at once, so that later builds need no connection.
use super::far::{Far, WORKERS};
use crate::digest::Digest;
use crate::engine::store::objects::Store;
use std::io;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard};

/// So many bytes are fetched at a time, with gaps of what is here already.
const SPAN: u64 = 8 << 20;
const GAP: u64 = 64 << 10;

/// What came, and what was here.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Pulled {
    pub results: u64,
    pub objects: u64,
    pub known_results: u64,
    pub known_objects: u64,
    /// Objects that did not come: why is told with what the remotes answered.
    pub absent: u64,
}

/// Brings what the remotes hold of a data set, or of all, and is not here.
pub fn pull(store: &Store, far: &Far, dataset: Option<&str>, stops: &(dyn Fn() -> bool + Sync)) -> io::Result<Pulled> {
    let mut pulled = Pulled::default();
    let runs = runs(store, far, dataset, &mut pulled);
    let todo = Mutex::new(runs.into_iter());
    let came = Mutex::new((&mut pulled, None::<io::Error>));
    std::thread::scope(|s| {
        for _ in 0..WORKERS {
            s.spawn(|| {
                while held(&came).1.is_none() && !stops() {
                    let Some((pack, range, wanted)) = held(&todo).next() else { return };
                    let (kept, broken) = bring(store, far, pack, range);
                    let mut came = held(&came);
                    came.0.objects += kept;
                    came.0.absent += wanted.saturating_sub(kept);
                    if came.1.is_none() {
                        came.1 = broken;
                    }
                }
            });
        }
    });
    let (_, broken) = came.into_inner().unwrap_or_else(|e| e.into_inner());
    broken.map_or(Ok(()), Err)?;
    if stops() {
        store.commit()?;
        return Err(io::ErrorKind::Interrupted.into());
    }
    for key in far.keys(dataset) {
        match store.peek(key) {
            Some(_) => pulled.known_results += 1,
            None => {
                let Some(json) = far.result(key) else { continue };
                store.put_part(key, &json, false);
                pulled.results += 1;
            }
        }
    }
    store.commit()?;
    Ok(pulled)
}

/// Brings a stretch of a pack, and what of it was damaged from wherever else it lies; how many objects came.
fn bring(store: &Store, far: &Far, pack: u32, range: Range<usize>) -> (u64, Option<io::Error>) {
    let (mut kept, mut broken) = (0, None);
    let mut keep = |got: Vec<(Digest, Vec<u8>)>| {
        for (digest, bytes) in got.into_iter().filter(|(d, _)| !store.has(*d)) {
            match store.put(digest, &bytes, false) {
                Ok(()) => kept += 1,
                Err(e) => drop(broken.get_or_insert(e)),
            }
        }
    };
    let all = far.digests(pack, range.clone());
    keep(far.fetch(pack, range).unwrap_or_default());
    for digest in all.into_iter().filter(|d| !store.has(*d)) {
        keep(far.get(digest, &|_| false));
    }
    (kept, broken)
}

/// Objects that are not here, as stretches of packs: the pack, the numbers of its objects, how many of them are wanted.
fn runs(store: &Store, far: &Far, dataset: Option<&str>, pulled: &mut Pulled) -> Vec<(u32, Range<usize>, u64)> {
    let known = far.known();
    let mut out: Vec<(u32, Range<usize>, u64)> = Vec::new();
    let mut seen = crate::engine::store::index::Set::default();
    let ours = known.packs().iter().zip(0u32..).filter(|(p, _)| dataset.is_none_or(|name| p.dataset == name));
    for (pack, at) in ours {
        let mut open: Option<(Range<usize>, u64, u64, u64)> = None; // numbers, wanted, first byte, end
        for (n, (offset, len, digest)) in pack.objects.iter().enumerate() {
            if !seen.insert(*digest) {
                continue;
            }
            if store.has(*digest) {
                pulled.known_objects += 1;
                continue;
            }
            let end = offset + u64::from(*len);
            match &mut open {
                Some((range, wanted, first, last)) if end - *first <= SPAN && offset.saturating_sub(*last) <= GAP => {
                    (range.end, *wanted, *last) = (n + 1, *wanted + 1, end);
                }
                _ => {
                    out.extend(open.take().map(|(range, wanted, ..)| (at, range, wanted)));
                    open = Some((n..n + 1, 1, *offset, end));
                }
            }
        }
        out.extend(open.map(|(range, wanted, ..)| (at, range, wanted)));
    }
    out
}

fn held<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(|e| e.into_inner())
}

//! Reads a store whole: is every object as it was written? That a result speaks of an object that is not there is no
//! damage: what is cheap to make again is not kept.
use super::{Store, StoreError};
use crate::world::World;

/// What a store holds and how well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    pub objects: u64,
    pub bytes: u64,
    pub results: u64,
    /// Objects that are not as they were written, or whose pack is gone.
    pub damaged: u64,
    /// Bytes behind the last whole commit of the index.
    pub torn: u64,
}

/// Reads everything; changes nothing.
pub fn verify(project: &World) -> Result<Verified, StoreError> {
    let store = Store::read(project)?;
    let places: Vec<_> = store.lock().index.objects.iter().map(|(d, p)| (*d, *p)).collect();
    let mut out = Verified { objects: places.len() as u64, ..Verified::default() };
    for (digest, place) in places {
        out.bytes += u64::from(place.len);
        if store.get(digest).is_none() {
            out.damaged += 1; // and no longer in the index that this process has
        }
    }
    let inner = store.lock();
    out.results = inner.index.keys().count() as u64;
    out.torn = store.home.stat(super::INDEX).map_or(0, |s| s.size.saturating_sub(inner.index.len));
    Ok(out)
}

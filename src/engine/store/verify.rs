//! Reads a store whole: is every object as it was written? That a result speaks of an object that is not there is no
//! damage: what is cheap to make again is not kept.
use super::folder::{StoreError, home};
use super::objects::Store;
use super::place::{INDEX, LOCK};
use crate::world::{How, Own, World};
use std::io;

/// What a store holds and how well.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Verified {
    pub objects: u64,
    pub bytes: u64,
    pub results: u64,
    /// Objects that are not as they were written, or whose pack is gone.
    pub damaged: u64,
    /// Bytes behind the last whole commit of the index.
    pub torn: u64,
}

/// Reads everything; changes nothing. Waits while garbage is collected: what goes then is no damage.
pub fn verify(project: &World) -> Result<Verified, StoreError> {
    let home = home(project)?;
    let held = |name: &str| -> io::Result<Option<Own>> {
        let file = if home.exists(name) { Some(home.own(name, How::Read)?) } else { None };
        file.as_ref().map_or(Ok(()), Own::lock_shared)?;
        Ok(file)
    };
    let _packs_stay = held(LOCK)?;
    let no_commit = held(INDEX)?;
    let store = Store::read(project)?;
    let torn = home.stat(INDEX).map_or(0, |s| s.size.saturating_sub(store.lock().index.len));
    drop(no_commit);
    let places: Vec<_> = store.lock().index.objects.iter().map(|(d, p)| (*d, *p)).collect();
    let mut out = Verified { objects: places.len() as u64, torn, ..Verified::default() };
    for (digest, place) in places {
        out.bytes += u64::from(place.len);
        if store.get(digest).is_none() {
            out.damaged += 1; // and no longer in the index that this process has
        }
    }
    out.results = store.lock().index.keys().count() as u64;
    Ok(out)
}
